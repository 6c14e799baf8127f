using System;
using System.Buffers;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Reflection;
using System.Text;
using Isolator.Runtime.Wire;

namespace Isolator.Runtime.Hosting;

/// <summary>Turns the snapshot into a particular runtime.</summary>
/// <remarks>
/// This is on the way into the first call of every runtime, so an empty configuration costs only its reading: nothing is
/// looked up, and what a snapshot must not freeze is dropped before the snapshot rather than renewed here.
/// </remarks>
internal static unsafe class Startup
{
    // In the order in which the host writes them.
    private static readonly WireKey[] Keys =
    [
        new("Environment"), new("Arguments"), new("HasDirectories"), new("WorkingDirectory"), new("Culture"),
        new("TimeZone"), new("HeapLimit"), new("Properties"), new("BaseDirectory"), new("ValueGraphs"),
    ];

    private const string TimeZoneVariable = "TZ";

    private static readonly FieldInfo? SharedRandom =
        typeof(Random).GetNestedType("ThreadSafeRandom", BindingFlags.NonPublic)?.GetField("t_random", BindingFlags.Static | BindingFlags.NonPublic);

    /// <summary>Before the snapshot, and before anything else: an environment without anything of the build's.</summary>
    public static void Prepare()
    {
        ClearEnvironment(null);
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
        CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.InvariantCulture;
        SetBaseDirectory("/");
        Console.SetIn(StandardInput.GetReader());
    }

    /// <summary>Immediately before the snapshot: drops what two runtimes must not share.</summary>
    /// <remarks>
    /// <c>Random.Shared</c> makes its generator anew, from the system's entropy, when it finds none. <c>new Random()</c>,
    /// <c>Guid</c> and <c>RandomNumberGenerator</c> ask for entropy each time. The seeds of string hashes and of
    /// <c>HashCode</c> stay: tables that are in the snapshot hold hashes made with them.
    /// </remarks>
    public static void DropRandomness()
    {
        if (SharedRandom is null)
        {
            throw new FailureException(FailureKind.Internal, "This .NET keeps the state of Random.Shared elsewhere: every runtime would get the same numbers.");
        }

        SharedRandom.SetValue(null, null);
    }

    /// <summary>Before other runtimes begin with this memory: drops what this one was granted. Its culture and its time zone stay.</summary>
    public static void Forget()
    {
        ClearEnvironment(TimeZoneVariable);
        SetCommandLine("isolator", []);
        if (Environment.CurrentDirectory != "/")
        {
            Environment.CurrentDirectory = "/";
        }

        ForgetPooled<byte>();
        ForgetPooled<char>();
    }

    /// <summary>Arrays that were given back hold what they were used for, such as paths.</summary>
    private static void ForgetPooled<T>()
    {
        object pool = ArrayPool<T>.Shared;
        Type type = pool.GetType();
        FieldInfo? ofThread = type.GetField("t_tlsBuckets", BindingFlags.Static | BindingFlags.NonPublic);
        FieldInfo? shared = type.GetField("_buckets", BindingFlags.Instance | BindingFlags.NonPublic);
        if (ofThread is null || shared?.GetValue(pool) is not Array all)
        {
            throw new FailureException(FailureKind.Internal, "This .NET keeps pooled arrays elsewhere: a snapshot could hold what they held.");
        }

        ofThread.SetValue(null, null);
        Array.Clear(all);
    }

    private static void ClearEnvironment(string? except)
    {
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            if ((string)variable.Key != except)
            {
                Environment.SetEnvironmentVariable((string)variable.Key, null);
            }
        }
    }

    /// <summary>Applies a <c>StartConfig</c>.</summary>
    public static void Apply(WireReader reader)
    {
        string workingDirectory = string.Empty;
        int next = 0;
        for (int left = reader.ReadMapHeader(); left > 0; left--)
        {
            int key = next < Keys.Length && Keys[next].TryTake(reader) ? next++ : FindKey(reader);
            switch (key)
            {
                case 0:
                    ReadPairs(reader, static (name, value) => Environment.SetEnvironmentVariable(name, value));
                    break;
                case 1:
                    ReadArguments(reader);
                    break;
                case 2:
                    if (reader.ReadBoolean())
                    {
                        Bridge.Current.Preopens();
                    }

                    break;
                case 3:
                    workingDirectory = reader.ReadString() ?? string.Empty;
                    break;
                case 4:
                    SetCulture(reader.ReadString());
                    break;
                case 5:
                    SetTimeZone(reader.ReadString());
                    break;
                case 6:
                    if (reader.ReadUInt64() is > 0 and ulong limit)
                    {
                        Bridge.Current.LimitHeap(limit);
                    }

                    break;
                case 7:
                    ReadPairs(reader, static (name, value) => AppContext.SetData(name, value));
                    break;
                case 8:
                    if (reader.ReadString() is { Length: > 0 } directory)
                    {
                        SetBaseDirectory(directory);
                    }

                    break;
                case 9:
                    Wire.Graph.Values.AreGraphs = reader.ReadBoolean();
                    break;
                default:
                    // Keys of a newer host.
                    reader.Skip();
                    break;
            }
        }

        reader.ExpectEnd();
        if (workingDirectory.Length > 0)
        {
            SetWorkingDirectory(workingDirectory);
        }
    }

    /// <summary>Sets what <see cref="Environment.GetCommandLineArgs"/> gives.</summary>
    public static void SetCommandLine(string program, string[] args)
    {
        StringBuilder text = new();
        text.Append(program).Append('\0');
        foreach (string arg in args)
        {
            text.Append(arg).Append('\0');
        }

        byte[] bytes = Encoding.UTF8.GetBytes(text.ToString());
        fixed (byte* p = bytes)
        {
            Bridge.Current.SetArguments(p, args.Length + 1);
        }
    }

    private static int FindKey(WireReader reader)
    {
        for (int i = 0; i < Keys.Length; i++)
        {
            if (Keys[i].TryTake(reader))
            {
                return i;
            }
        }

        reader.Skip();
        return -1;
    }

    private static void ReadPairs(WireReader reader, Action<string, string> set)
    {
        for (int left = reader.ReadMapHeader(); left > 0; left--)
        {
            string name = reader.ReadString() ?? string.Empty;
            set(name, reader.ReadString() ?? string.Empty);
        }
    }

    private static void ReadArguments(WireReader reader)
    {
        int count = reader.ReadArrayHeader();
        if (count == 0)
        {
            return;
        }

        string[] args = new string[count];
        for (int i = 0; i < count; i++)
        {
            args[i] = reader.ReadString() ?? string.Empty;
        }

        SetCommandLine("isolator", args);
    }

    private static void SetCulture(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            return;
        }

        try
        {
            // Without data a name of any kind would be a culture that speaks English, and fails where its region is asked for.
            CultureInfo culture = CultureInfo.GetCultureInfo(name, predefinedOnly: true);
            CultureInfo.DefaultThreadCurrentCulture = culture;
            CultureInfo.DefaultThreadCurrentUICulture = culture;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Its data is not there: the base class library says that in several ways, a null reference among them.
            throw new FailureException(
                FailureKind.Argument,
                $"The culture '{name}' is not known in this guest image. Use a name such as de-CH.{NearNames.Hint(name, Cultures())}",
                e);
        }
    }

    private static void SetTimeZone(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            return;
        }

        try
        {
            _ = TimeZoneInfo.FindSystemTimeZoneById(name);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new FailureException(
                FailureKind.Argument,
                $"The time zone '{name}' is not known in this guest image. Use an IANA name such as Europe/Zurich.{NearNames.Hint(name, TimeZones())}",
                e);
        }

        Environment.SetEnvironmentVariable(TimeZoneVariable, name);
        TimeZoneInfo.ClearCachedData();
    }

    private static IEnumerable<string> Cultures()
    {
        foreach (CultureInfo culture in CultureInfo.GetCultures(CultureTypes.AllCultures))
        {
            yield return culture.Name;
        }
    }

    private static IEnumerable<string> TimeZones()
    {
        foreach (TimeZoneInfo zone in TimeZoneInfo.GetSystemTimeZones())
        {
            yield return zone.Id;
        }
    }

    private static void SetWorkingDirectory(string directory)
    {
        try
        {
            Environment.CurrentDirectory = directory;
        }
        catch (Exception e) when (e is System.IO.IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new FailureException(
                FailureKind.Argument,
                $"The working directory '{directory}' cannot be entered: {e.Message} Grant it, or a folder that contains it, first.",
                e);
        }
    }

    private static void SetBaseDirectory(string directory) =>
        AppContext.SetData("APP_CONTEXT_BASE_DIRECTORY", directory.EndsWith('/') ? directory : directory + "/");
}
