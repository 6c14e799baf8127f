using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.ExceptionServices;
using System.Threading.Tasks;

namespace Training.Language;

/// <summary>Exceptions of every usual kind, thrown, filtered, wrapped and shown.</summary>
internal static class Exceptions
{
    public static void Flow(Checksum sum)
    {
        foreach (Action action in Actions())
        {
            try
            {
                try
                {
                    action();
                }
                catch (Exception e) when (e.Message.Length > 1000)
                {
                    sum.Add("never");
                }
                finally
                {
                    sum.Add("finally");
                }
            }
            catch (Exception e) when (e is not StackOverflowException)
            {
                sum.Add(e.GetType().FullName);
                sum.Add(e.StackTrace is not null && e.ToString().Length > 0 && e.GetBaseException() is not null && e.HResult != 0);
            }
        }

        try
        {
            try
            {
                Deep(5);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException("outer", e) { Data = { ["k"] = 1 }, Source = "training", HelpLink = "x" };
            }
        }
        catch (InvalidOperationException e) when (e.InnerException is ArgumentException { ParamName: "deep" })
        {
            sum.Add(e.Message + e.Data["k"] + e.InnerException.Message.Length);
        }

        try
        {
            ExceptionDispatchInfo captured = ExceptionDispatchInfo.Capture(new TimeoutException("captured"));
            captured.Throw();
        }
        catch (TimeoutException e)
        {
            sum.Add(e.Message);
        }

        AggregateException aggregate = new("all", new ArgumentException("a"), new AggregateException(new IOException("b")));
        sum.Add(aggregate.Flatten().InnerExceptions.Count);
        sum.AddThrown(() => aggregate.Handle(e => e is ArgumentException));
        sum.Add(new OwnException("own", 5).ToString().Contains("OwnException"));
        sum.Add(Environment.StackTrace.Length > 0);
    }

    private static IEnumerable<Action> Actions()
    {
        yield return () => throw new OwnException("own", 5);
        yield return () => ArgumentNullException.ThrowIfNull((object?)null);
        yield return () => ArgumentException.ThrowIfNullOrEmpty("");
        yield return () => ArgumentOutOfRangeException.ThrowIfNegative(-1);
        yield return () => ObjectDisposedException.ThrowIf(true, typeof(Exceptions));
        yield return () => _ = new int[2].GetValue(5);
        yield return () => _ = Array.Empty<int>()[int.Parse("3")];
        yield return () => _ = new List<int>()[3];
        yield return () => _ = new Dictionary<string, int>()["x"];
        yield return () => _ = (string)Boxed(5);
        yield return () => _ = (int)Boxed("x");
        yield return () => Boxed(null!).ToString();
        yield return () => _ = 5 / Zero();
        yield return () => _ = checked(int.MaxValue - Zero() + One());
        yield return () => _ = new int[Zero() - 1];
        yield return () => int.Parse("x");
        yield return () => Enum.Parse<DayOfWeek>("x");
        yield return () => _ = "abc".Substring(5);
        yield return () => ((object[])["x"])[0] = Array.Empty<int>().First();
        yield return () => new List<int> { 1, 2 }.Single();
        yield return () => throw new NotSupportedException();
        yield return () => throw new NotImplementedException();
        yield return () => Task.Run(() => throw new FormatException()).Wait();
        yield return () => Convert.FromBase64String("*");
        yield return () => new MemoryStream([], false).SetLength(5);
        yield return () => ((object[])new string[1])[0] = 5;
        yield return () => throw (Exception)Activator.CreateInstance(typeof(UnauthorizedAccessException))!;
        yield return () => new Queue<int>().Dequeue();
        yield return () => _ = None()!.Value;
    }

    private static object Boxed(object value) => value;

    private static int? None() => null;

    private static int One() => Zero() + 1;

    private static int Zero() => DateTime.UnixEpoch.Hour;

    private static void Deep(int depth)
    {
        if (depth == 0)
        {
            throw new ArgumentException("bottom", nameof(depth).Replace("th", "").Insert(0, "").Replace("dep", "deep"));
        }

        try
        {
            Deep(depth - 1);
        }
        catch (ArgumentException)
        {
            throw;
        }
    }

    private sealed class OwnException(string message, int code) : Exception(message)
    {
        public int Code => code;
    }
}
