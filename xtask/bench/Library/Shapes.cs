using System.ComponentModel;
using System.Reflection;

namespace Bench.Library;

/// <summary>Types of programs: how they compare, and what is asked of them at run time.</summary>
internal static class Shapes
{
    private record Point(int X, int Y);

    private record Named(string Name, double Value, DateTime At);

    private readonly record struct Cell(int Row, int Column);

    private struct Plain : IEquatable<Plain>
    {
        public int A;

        public long B;

        public readonly bool Equals(Plain other) => A == other.A && B == other.B;

        public override readonly bool Equals(object? obj) => obj is Plain other && Equals(other);

        public override readonly int GetHashCode() => HashCode.Combine(A, B);
    }

    private struct Unequal
    {
        public int A;

        public string Text;
    }

    private enum Color
    {
        Red,
        Green,
        Blue,
    }

    [Flags]
    private enum Rights
    {
        None = 0,
        Read = 1,
        Write = 2,
        All = 3,
    }

    public static double Tuples()
    {
        long sum = 0;
        HashSet<(int, string)> seen = [];
        for (int i = 0; i < 2000; i++)
        {
            (int X, string Name) a = (i % 100, "n"), b = (i % 90, "n");
            sum += a == b ? 1 : 0;
            sum += a.Equals(b) ? 1 : 0;
            sum += a.CompareTo(b) > 0 ? 1 : 0;
            sum += seen.Add(a) ? 1 : 0;
            (int min, int max) = Math.DivRem(i, 7);
            sum += min + max;
        }

        return sum + (1, 2, "x").ToString().Length + Tuple.Create(1, "a").Equals(Tuple.Create(1, "a")).GetHashCode();
    }

    public static double Records()
    {
        long sum = 0;
        Dictionary<Point, int> at = [];
        Dictionary<Cell, int> cells = [];
        for (int i = 0; i < 1000; i++)
        {
            Point point = new(i % 30, i % 20);
            at[point] = at.GetValueOrDefault(point) + 1;
            Cell cell = new(i % 30, i % 20);
            cells[cell] = cells.GetValueOrDefault(cell) + 1;
            Named named = new("n" + i % 3, i, DateTime.UnixEpoch);
            sum += named == (named with { Value = i }) ? 1 : 0;
            sum += point.ToString().Length;
        }

        return sum + at.Count + cells.Count;
    }

    public static double Structs()
    {
        long sum = 0;
        Plain[] all = new Plain[300];
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = new Plain { A = i % 50, B = i };
            object boxed = new Unequal { A = i, Text = "t" };
            sum += boxed.Equals(new Unequal { A = i, Text = "t" }) ? 1 : 0;
        }

        sum += all.Distinct().Count() + Array.IndexOf(all, new Plain { A = 49, B = 299 }) + all.ToHashSet().Count;
        List<Plain> list = [.. all];
        list.Sort((x, y) => x.A != y.A ? x.A.CompareTo(y.A) : x.B.CompareTo(y.B));
        int? maybe = null;
        for (int i = 0; i < 2000; i++)
        {
            maybe = i % 3 == 0 ? null : i;
            sum += maybe ?? 1;
            sum += maybe.HasValue ? maybe.GetValueOrDefault() & 1 : 0;
        }

        return sum + list[7].B;
    }

    public static double Enums()
    {
        long sum = 0;
        for (int i = 0; i < 1000; i++)
        {
            Color color = (Color)(i % 3);
            sum += color.ToString().Length + (Enum.TryParse("Blue", out Color parsed) ? (int)parsed : 0) + (int)Enum.Parse<Color>("green", ignoreCase: true);
            Rights rights = (Rights)(i % 4);
            sum += rights.HasFlag(Rights.Write) ? 1 : 0;
            sum += rights.ToString().Length + (Enum.IsDefined(color) ? 1 : 0) + $"{color}".Length;
        }

        return sum + Enum.GetValues<Color>().Length + Enum.GetNames<Rights>().Length;
    }

    private static event Action<int>? Changed;

    private static int s_changed;

    public static double Delegates()
    {
        Func<int, int> twice = x => x * 2;
        Func<int, Func<int, int>> adder = a => b => a + b;
        int calls = 0;
        Action count = () => calls++;
        count += () => calls += 2;
        Changed = null;
        s_changed = 0;
        Changed += n => s_changed += n;
        Changed += static n => s_changed += n & 1;
        long sum = 0;
        for (int i = 0; i < 5000; i++)
        {
            sum += twice(i) + adder(i)(1);
            count();
            Changed?.Invoke(i & 3);
        }

        return sum + calls + s_changed;
    }

    private sealed class OrderException(string message, Exception? inner = null) : Exception(message, inner);

    public static double Exceptions()
    {
        long sum = 0;
        for (int i = 0; i < 100; i++)
        {
            try
            {
                try
                {
                    throw new InvalidOperationException("inner " + i);
                }
                catch (InvalidOperationException e)
                {
                    throw new OrderException("outer", e);
                }
                finally
                {
                    sum++;
                }
            }
            catch (OrderException e) when (e.InnerException is not null)
            {
                sum += e.Message.Length + e.InnerException!.Message.Length;
            }

            try
            {
                sum += int.Parse("no");
            }
            catch (FormatException e)
            {
                sum += e.Message.Length > 5 ? 1 : 0;
            }
        }

        return sum;
    }

    [Description("a thing")]
    private sealed class Thing
    {
        public int Number { get; set; }

        [Category("texts")]
        public string? Text { get; set; }

        public int Add(int by) => Number += by;

        public static string Join(string a, string b) => a + b;
    }

    public static double Reflection()
    {
        Thing thing = new();
        MethodInfo add = typeof(Thing).GetMethod(nameof(Thing.Add))!, join = typeof(Thing).GetMethod(nameof(Thing.Join))!;
        PropertyInfo number = typeof(Thing).GetProperty(nameof(Thing.Number))!;
        long sum = 0;
        for (int i = 0; i < 400; i++)
        {
            sum += (int)add.Invoke(thing, [i])! & 3;
            sum += ((string)join.Invoke(null, ["a", "b"])!).Length;
            number.SetValue(thing, i);
            sum += (int)number.GetValue(thing)!;
            sum += typeof(Thing).GetProperties().Length + typeof(Thing).GetMethod("Add")!.GetParameters().Length + typeof(Thing).Name.Length;
        }

        return sum;
    }

    public static double Attributes()
    {
        long sum = 0;
        for (int i = 0; i < 60; i++)
        {
            sum += typeof(Thing).GetCustomAttribute<DescriptionAttribute>()!.Description.Length;
            foreach (PropertyInfo property in typeof(Thing).GetProperties())
            {
                sum += property.GetCustomAttribute<CategoryAttribute>()?.Category.Length ?? 1;
                sum += property.IsDefined(typeof(CategoryAttribute)) ? 1 : 0;
            }
        }

        return sum;
    }

    private static T Make<T>()
        where T : new() => new();

    public static double Activation()
    {
        long sum = 0;
        Type list = typeof(List<>).MakeGenericType(typeof(int));
        for (int i = 0; i < 500; i++)
        {
            sum += ((Thing)Activator.CreateInstance(typeof(Thing))!).Number + Activator.CreateInstance<Thing>().Number + Make<Thing>().Number;
            sum += ((List<int>)Activator.CreateInstance(list)!).Count + ((Version)Activator.CreateInstance(typeof(Version), 1, 2)!).Major;
            sum += ((int[])Array.CreateInstance(typeof(int), 5)).Length;
        }

        return sum;
    }
}
