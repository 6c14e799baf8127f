using Xunit;

namespace DotNetIsolator.Tests.RealCopies;

/// <summary>From guest to host only what the call declares, what that leads to, and what was registered is made.</summary>
[Collection(RealCopyFixture.Name)]
public sealed class RealCopyTestsBorder : IDisposable
{
    private static int s_ran;

    private readonly IsolatedRuntime _runtime = new(SharedHost.Instance);

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public void A_derived_class_that_is_not_declared_is_an_error_that_names_it_and_says_what_to_do()
    {
        Refused<Dog>(() => _runtime.Invoke<Animal>(() => new Dog { Name = "Rex" }));
        Refused<Dog>(() => _runtime.Invoke<object>(() => new Dog { Name = "Rex" }));
        Refused<Dog>(() => _runtime.Invoke<IAnimal>(() => new Dog { Name = "Rex" }));
        Refused<Dog>(() => _runtime.Invoke<object[]>(() => [1, new Dog { Name = "Rex" }]));
        Refused<Dog>(() => _runtime.Invoke(() => new List<Animal> { new Dog { Name = "Rex" } }));
        Refused<Dog>(() => _runtime.Invoke(() => new Dictionary<string, object> { ["a"] = new Dog { Name = "Rex" } }));
        Refused<Dog>(() => _runtime.Invoke(() => new Cage { Content = new Dog { Name = "Rex" } }));
        Refused<Dog>(() => _runtime.Invoke(() => ((object)1, (IAnimal)new Dog { Name = "Rex" })));
        Refused<Point>(() => _runtime.Invoke<object>(() => new Point(1, 2)));
        Refused<Kind>(() => _runtime.Invoke<object>(() => Kind.Second));
        Refused<Point>(() => _runtime.Invoke<object>(() => new Point[] { new(1, 2) }));
        Refused<Point>(() => _runtime.Invoke<object>(() => new List<Point> { new(1, 2) }));
        Refused<NamedList>(() => _runtime.Invoke(() => (List<int>)new NamedList { Name = "n" }));
        Assert.Equal(1, _runtime.Invoke(() => 1));
    }

    [Fact]
    public void A_type_that_was_registered_arrives()
    {
        using var host = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader()
            .WithWireType<Dog>().WithWireType<Point>().WithWireType<Kind>().WithWireType<Point[]>().WithWireType<List<Point>>().WithWireType<NamedList>();
        using var runtime = new IsolatedRuntime(host);
        Assert.Equal("Rex", Assert.IsType<Dog>(runtime.Invoke<Animal>(() => new Dog { Name = "Rex" })).Name);
        Assert.Equal("Rex", Assert.IsType<Dog>(runtime.Invoke<object>(() => new Dog { Name = "Rex" })).Name);
        Assert.Equal("Rex", Assert.IsType<Dog>(runtime.Invoke<IAnimal>(() => new Dog { Name = "Rex" })).Name);
        Assert.Equal("Rex", Assert.IsType<Dog>(runtime.Invoke<object[]>(() => [1, new Dog { Name = "Rex" }])[1]).Name);
        Assert.Equal("Rex", Assert.IsType<Dog>(runtime.Invoke(() => new List<Animal> { new Dog { Name = "Rex" } })[0]).Name);
        Assert.Equal("Rex", Assert.IsType<Dog>(runtime.Invoke(() => new Cage { Content = new Dog { Name = "Rex" } }).Content).Name);
        Assert.Equal(new Point(1, 2), Assert.IsType<Point>(runtime.Invoke<object>(() => new Point(1, 2))));
        Assert.Equal(Kind.Second, Assert.IsType<Kind>(runtime.Invoke<object>(() => Kind.Second)));
        Assert.Equal([new Point(1, 2)], Assert.IsType<Point[]>(runtime.Invoke<object>(() => new Point[] { new(1, 2) })));
        Assert.Equal([new Point(1, 2)], Assert.IsType<List<Point>>(runtime.Invoke<object>(() => new List<Point> { new(1, 2) })));
        NamedList list = Assert.IsType<NamedList>(runtime.Invoke(() => (List<int>)new NamedList { Name = "n" }));
        Assert.Equal("n", list.Name);
        Assert.Empty(list);

        // One does not open the door to others.
        Refused<Cat>(() => runtime.Invoke<Animal>(() => new Cat { Lives = 9 }));
    }

    [Fact]
    public void A_registered_type_leads_on_to_what_it_declares()
    {
        using var host = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader().WithWireType<Kennel>();
        using var runtime = new IsolatedRuntime(host);
        Kennel kennel = Assert.IsType<Kennel>(runtime.Invoke<object>(() => new Kennel { Best = new Dog { Name = "Rex" }, Places = [new Point(3, 4)] }));
        Assert.Equal(("Rex", new Point(3, 4)), (kennel.Best!.Name, kennel.Places![0]));
    }

    [Fact]
    public void Types_that_the_declared_one_leads_to_arrive()
    {
        Zoo zoo = _runtime.Invoke(() => new Zoo { First = new Dog { Name = "Rex" }, Any = new Cat { Lives = 9 }, Known = new Cat { Lives = 8 } });
        Assert.Equal("Rex", Assert.IsType<Dog>(zoo.First).Name);
        Assert.Equal(9, Assert.IsType<Cat>(zoo.Any).Lives);
        Assert.Equal(8, zoo.Known!.Lives);
    }

    [Fact]
    public void Callbacks_arguments_are_under_the_same_rule()
    {
        int called = 0;
        _runtime.RegisterCallback("animal", (Animal _) => called++);
        _runtime.RegisterCallback("any", (object _) => called++);
        _runtime.RegisterCallback("dog", (Dog dog) => dog.Name);
        foreach (string name in new[] { "animal", "any" })
        {
            Assert.Equal("caught", _runtime.Invoke(() =>
            {
                try
                {
                    DotNetIsolatorHost.Invoke(name, new Dog { Name = "Rex" });
                    return "nothing";
                }
                catch (HostCallException)
                {
                    return "caught";
                }
            }));
        }

        Assert.Equal(0, called);
        Assert.Equal("Rex", _runtime.Invoke(() => DotNetIsolatorHost.Invoke<string>("dog", new Dog { Name = "Rex" })));
    }

    [Fact]
    public async Task Results_of_tasks_are_under_the_same_rule()
    {
        IsolatedException e = await Assert.ThrowsAsync<IsolatedException>(() => _runtime.InvokeAsync<Animal>(async () =>
        {
            await Task.Yield();
            return new Dog { Name = "Rex" };
        }));
        Names<Dog>(e);
    }

    [Fact]
    public void Kept_objects_are_under_the_same_rule()
    {
        using IsolatedObject dog = _runtime.CreateObject<Dog>();
        Refused<Dog>(() => dog.GetValue<Animal>());
        Refused<Dog>(() => dog.GetValue<object>());
        Assert.NotNull(dog.GetValue<Dog>());
    }

    [Fact]
    public void What_a_guest_may_say_without_leave()
    {
        object?[] all = _runtime.Invoke<object?[]>(() =>
        [
            null, true, 'c', (byte)1, (sbyte)-1, (short)-2, (ushort)2, 3, 3u, 4L, 4ul, 1.5f, 2.5, 1.10m, "text", Guid.Empty, new DateTime(5, DateTimeKind.Utc), TimeSpan.FromTicks(7),
            new DateTimeOffset(9, TimeSpan.Zero), new byte[] { 1 }, new object[] { 1, "a" },
        ]);
        object?[] expected =
        [
            null, true, 'c', (byte)1, (sbyte)-1, (short)-2, (ushort)2, 3, 3u, 4L, 4ul, 1.5f, 2.5, 1.10m, "text", Guid.Empty, new DateTime(5, DateTimeKind.Utc), TimeSpan.FromTicks(7),
            new DateTimeOffset(9, TimeSpan.Zero), new byte[] { 1 }, new object[] { 1, "a" },
        ];
        Assert.Null(GraphComparer.FirstDifference(expected, all));
    }

    [Fact]
    public void Types_of_the_framework_that_do_things_are_never_made()
    {
        foreach (string name in new[] { "stream", "process", "delegate", "thread", "type builder", "pointer", "timer", "file info" })
        {
            IsolatedException e = Assert.Throws<IsolatedException>(() => _runtime.GetMethod(typeof(RealCopyTestsBorder), nameof(Dangerous)).Invoke<string, object>(null, name));
            Assert.False(e.IsFatal);
        }

        Assert.Equal(1, _runtime.Invoke(() => 1));
    }

    [Fact]
    public void No_code_of_this_process_runs_for_what_is_refused()
    {
        s_ran = 0;
        Assert.ThrowsAny<IsolatedException>(() => _runtime.Invoke<object>(() => new Trap { Value = 5 }));
        Assert.ThrowsAny<IsolatedException>(() => _runtime.Invoke<object>(() => new Dictionary<Trap, int> { [new Trap()] = 1 }));
        Assert.Equal(0, s_ran);

        // And where it is declared, nothing but its fields is set.
        Assert.Equal(5, _runtime.Invoke(() => new Trap { Value = 5 }).Read());
        Assert.Equal(0, s_ran);
    }

    private static object Dangerous(string name) => name switch
    {
        "stream" => new MemoryStream(),
        "process" => new System.Diagnostics.ProcessStartInfo("sh"),
        "delegate" => (Func<int>)(() => s_ran++),
        "thread" => Thread.CurrentThread,
        "type builder" => typeof(string).Assembly,
        "pointer" => new Dictionary<nint, string> { [5] = "x" }.GetEnumerator(),
        "timer" => new Timer(_ => { }),
        _ => new FileInfo("/x"),
    };

    private static void Refused<T>(Func<object?> call) => Names<T>(Assert.Throws<IsolatedException>(call));

    private static void Names<T>(IsolatedException e)
    {
        Assert.Equal(IsolatedErrorKind.Value, e.Kind);
        Assert.False(e.IsFatal);
        Assert.Contains(typeof(T).Name, e.Message, StringComparison.Ordinal);
        Assert.Contains("WithWireType", e.Message, StringComparison.Ordinal);
    }

    internal interface IAnimal
    {
        string? Name { get; }
    }

    internal abstract class Animal : IAnimal
    {
        public string? Name { get; set; }
    }

    internal sealed class Dog : Animal
    {
    }

    internal sealed class Cat : Animal
    {
        public int Lives { get; set; }
    }

    internal sealed class Cage
    {
        public object? Content { get; set; }
    }

    internal sealed class Kennel
    {
        public Dog? Best { get; set; }

        public Point[]? Places { get; set; }
    }

    internal sealed class Zoo
    {
        public Animal? First { get; set; }

        public object? Any { get; set; }

        public Cat? Known { get; set; }

        public Dog? Other { get; set; }
    }

    internal readonly record struct Point(int X, int Y);

    internal enum Kind
    {
        First,
        Second,
    }

    internal sealed class NamedList : List<int>
    {
        public string? Name { get; init; }
    }

    internal sealed class Trap
    {
        private int _value;

        public Trap() => s_ran++;

        public int Value
        {
            get => _value + (s_ran++ * 0);
            set
            {
                s_ran++;
                _value = value;
            }
        }

        public int Read() => _value;

        public override int GetHashCode() => s_ran++;

        public override bool Equals(object? obj) => s_ran++ == 0;
    }
}
