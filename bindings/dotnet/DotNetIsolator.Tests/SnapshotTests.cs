using DotNetIsolator.Interop;
using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>Runtimes that start where one that was prepared was.</summary>
public sealed class SnapshotTests
{
    private static int s_value;

    private static IsolatedRuntimeHost Host => SharedHost.Instance;

    [Fact]
    public void Runtimes_start_where_the_prepared_one_was()
    {
        using AppSnapshot snapshot = Host.Snapshot(static runtime =>
        {
            runtime.Invoke(static () => { s_value = 77; });
            IsolatedObject counter = runtime.CreateObject<ObjectTests.Counter>();
            counter.InvokeVoid("Add", 5);
            runtime.Keep("counter", counter);
            runtime.Keep("square", runtime.GetMethod(typeof(SnapshotTests), nameof(Square)));
            runtime.Keep("describe", runtime.GetMethod(typeof(SnapshotTests), nameof(Describe)));
            runtime.Keep("assembly", runtime.LoadAssembly(typeof(SnapshotTests).Assembly.GetName().Name!));
            runtime.Keep("greeter", runtime.Get<IGreeter, Greeter>("hello"));
        });
        Assert.Equal(["assembly", "counter", "describe", "greeter", "square"], snapshot.KeptNames);
        Assert.InRange(snapshot.MemorySize, 1 << 20, 1L << 32);
        IsolatedRuntime[] runtimes = [.. Enumerable.Range(0, 4).Select(_ => new IsolatedRuntime(Host, new IsolatedRuntimeOptions { Snapshot = snapshot }))];
        for (int i = 0; i < runtimes.Length; i++)
        {
            IsolatedRuntime runtime = runtimes[i];
            int number = i;
            Assert.Equal(77, runtime.Invoke(static () => s_value));
            runtime.Invoke(() => { s_value = number; });
            var counter = runtime.Kept<IsolatedObject>("counter");
            counter.InvokeVoid("Add", i);
            Assert.Equal(5 + i, runtime.Kept<IsolatedObject>("counter").Invoke<int>("get_Total"));
            var square = runtime.Kept<IsolatedMethod>("square");
            Assert.Equal((i * i, nameof(Square)), (square.Invoke<int, int>(null, i), square.Name));
            Assert.Equal(new Fact(i, "x"), runtime.Kept<IsolatedMethod>("describe").Invoke<Fact, Fact>(null, new Fact(i - 1, "x")));
            Assert.Equal(81, runtime.Kept<IsolatedAssembly>("assembly").GetMethod(typeof(SnapshotTests).FullName!, nameof(Square)).Invoke<int, int>(null, 9));
            Assert.Equal($"hello {i}", runtime.Kept<IGreeter>("greeter").Greet($"{i}"));
        }

        // What one changed, no other saw, and a runtime of the image knows nothing of it.
        Assert.Equal([0, 1, 2, 3], runtimes.Select(runtime => runtime.Invoke(static () => s_value)));
        using var cold = new IsolatedRuntime(Host);
        Assert.Equal(0, cold.Invoke(static () => s_value));
        Array.ForEach(runtimes, runtime => runtime.Dispose());
    }

    [Fact]
    public async Task What_it_was_given_is_not_in_it()
    {
        using AppSnapshot snapshot = await Host.SnapshotAsync(
            async runtime =>
            {
                runtime.RegisterCallback("name", () => "prepared");
                Assert.Equal("prepared secret", await runtime.InvokeAsync(async () =>
                {
                    await Task.Yield();
                    return $"{DotNetIsolatorHost.Invoke<string>("name")} {Environment.GetEnvironmentVariable("SECRET")}";
                }));
            },
            new IsolatedRuntimeOptions { Environment = { ["SECRET"] = "secret" } });
        using var runtime = new IsolatedRuntime(Host, new IsolatedRuntimeOptions { Snapshot = snapshot, Environment = { ["OTHER"] = "own" } });
        Assert.Equal("- own", runtime.Invoke(() => $"{Environment.GetEnvironmentVariable("SECRET") ?? "-"} {Environment.GetEnvironmentVariable("OTHER")}"));
        var e = Assert.Throws<IsolatedException>(() => runtime.Invoke(() => DotNetIsolatorHost.Invoke<string>("name")));
        Assert.Contains("No callback is registered under the name 'name'", e.Message, StringComparison.Ordinal);
        runtime.RegisterCallback("name", () => "own");
        Assert.Equal("own", runtime.Invoke(() => DotNetIsolatorHost.Invoke<string>("name")));

        // Objects cross as they do in other runtimes.
        var fact = new Fact(3, "three");
        Assert.Equal(fact with { Number = 4 }, runtime.Invoke(() => Describe(fact)));
    }

    [Fact]
    public void A_file_is_loaded_in_another_host_that_has_no_loader()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "app.isolate");
        using (AppSnapshot made = Host.Snapshot(static runtime =>
        {
            runtime.Invoke(static () => { s_value = 5; });
            runtime.Keep("square", runtime.GetMethod(typeof(SnapshotTests), nameof(Square)));
        }))
        {
            made.Save(path);
        }

        using var other = new IsolatedRuntimeHost();
        for (int i = 0; i < 2; i++)
        {
            using AppSnapshot loaded = other.LoadSnapshot(path);
            Assert.Equal(["square"], loaded.KeptNames);
            using var runtime = new IsolatedRuntime(other, new IsolatedRuntimeOptions { Snapshot = loaded });
            Assert.Equal(49, runtime.Kept<IsolatedMethod>("square").Invoke<int, int>(null, 7));
            Assert.Equal(5, runtime.Invoke(static () => s_value));
        }
    }

    [Fact]
    public void A_snapshot_of_a_runtime_from_a_snapshot_has_both()
    {
        using AppSnapshot first = Host.Snapshot(static runtime =>
        {
            runtime.Invoke(static () => { s_value = 1; });
            runtime.Keep("square", runtime.GetMethod(typeof(SnapshotTests), nameof(Square)));
        });
        using AppSnapshot second = Host.Snapshot(
            static runtime => runtime.Invoke(static () => { s_value++; }), new IsolatedRuntimeOptions { Snapshot = first });
        foreach ((AppSnapshot snapshot, int value) in new[] { (first, 1), (second, 2) })
        {
            using var runtime = new IsolatedRuntime(Host, new IsolatedRuntimeOptions { Snapshot = snapshot });
            Assert.Equal(value, runtime.Invoke(static () => s_value));
            Assert.Equal(4, runtime.Kept<IsolatedMethod>("square").Invoke<int, int>(null, 2));
        }
    }

    [Fact]
    public async Task Either_form_holds_what_was_prepared()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "app.isolate");
        using AppSnapshot mapped = Host.Snapshot(Prepare);
        using AppSnapshot delta = Host.Snapshot(Prepare, form: SnapshotForm.Delta);
        using AppSnapshot awaited = await Host.SnapshotAsync(
            static runtime => runtime.InvokeAsync(static async () =>
            {
                await Task.Yield();
                s_value = 78;
            }),
            new IsolatedRuntimeOptions { Snapshot = delta },
            SnapshotForm.Delta);
        delta.Save(path);
        using AppSnapshot loaded = Host.LoadSnapshot(path);
        Assert.Equal(
            [SnapshotForm.Mapped, SnapshotForm.Delta, SnapshotForm.Delta, SnapshotForm.Mapped],
            new[] { mapped.Form, delta.Form, awaited.Form, loaded.Form });
        Assert.Equal((0L, 0L), (mapped.CopiedBytes, loaded.CopiedBytes));
        Assert.InRange(delta.CopiedBytes, 1, delta.MemorySize / 2);
        Assert.InRange(awaited.CopiedBytes, 1, awaited.MemorySize / 2);
        Assert.Equal(delta.MemorySize, loaded.MemorySize);
        foreach ((AppSnapshot snapshot, int value) in new[] { (mapped, 77), (delta, 77), (awaited, 78), (loaded, 77) })
        {
            Assert.Equal(["square"], snapshot.KeptNames);
            for (int i = 0; i < 2; i++)
            {
                // What one changes, the next one does not see.
                using var runtime = new IsolatedRuntime(Host, new IsolatedRuntimeOptions { Snapshot = snapshot });
                Assert.Equal(value, runtime.Invoke(static () => s_value));
                runtime.Invoke(static () => { s_value = 1; });
                Assert.Equal(49, runtime.Kept<IsolatedMethod>("square").Invoke<int, int>(null, 7));
            }
        }

        Assert.Equal("form", Assert.Throws<ArgumentOutOfRangeException>(() => Host.Snapshot(Prepare, form: (SnapshotForm)7)).ParamName);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Host.SnapshotAsync(static _ => Task.CompletedTask, form: (SnapshotForm)7));
    }

    [Fact]
    public void Notes_are_in_the_file_which_says_what_it_is()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "app.isolate");
        using AppSnapshot plain = Host.Snapshot(Prepare);
        using AppSnapshot noted = plain.WithNote("version", "1.2");
        using AppSnapshot twice = noted.WithNote("made by", "über");
        using AppSnapshot changed = twice.WithNote("version", string.Empty);
        Assert.Empty(plain.Notes);
        Assert.Equal([("version", "1.2")], Of(noted.Notes));
        Assert.Equal([("made by", "über"), ("version", "1.2")], Of(twice.Notes));
        Assert.Equal([("made by", "über"), ("version", string.Empty)], Of(changed.Notes));

        // It is the same snapshot, with what was found in it.
        plain.Dispose();
        using (var runtime = new IsolatedRuntime(Host, new IsolatedRuntimeOptions { Snapshot = twice }))
        {
            Assert.Equal(77, runtime.Invoke(static () => s_value));
        }

        twice.Save(path);
        using AppSnapshot loaded = Host.LoadSnapshot(path);
        Assert.Equal(Of(twice.Notes), Of(loaded.Notes));
        SnapshotInfo info = SnapshotInfo.Read(path);
        Assert.Equal(Of(twice.Notes), Of(info.Notes));
        Assert.Equal((Host.DotNetVersion, 64), (info.DotNetVersion, info.CodeDigest.Length));
        Assert.Equal((new FileInfo(path).Length, loaded.MemorySize), (info.FileSize, info.MemorySize));
        Assert.Equal(["square"], info.KeptNames);
        Assert.Empty(info.CompiledNames);

        Assert.Throws<ArgumentNullException>(() => noted.WithNote(null!, "x"));
        Assert.Throws<ArgumentNullException>(() => noted.WithNote("x", null!));
        Assert.Throws<ArgumentException>(() => noted.WithNote("half \ud800", "x"));
        Assert.Equal("AppSnapshot", Assert.Throws<ObjectDisposedException>(() => plain.WithNote("x", "y")).ObjectName);
        File.WriteAllText(path, "nothing of the kind");
        var e = Assert.Throws<IsolatedException>(() => SnapshotInfo.Read(path));
        Assert.Equal(IsolatedErrorKind.BadSnapshot, e.Kind);
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Equal(IsolatedErrorKind.Host, Assert.Throws<IsolatedException>(() => SnapshotInfo.Read(path + "x")).Kind);

        static IEnumerable<(string, string)> Of(IReadOnlyDictionary<string, string> notes) => notes.Select(note => (note.Key, note.Value));
    }

    [Fact]
    public void What_is_no_snapshot_is_refused()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "app.isolate");
        var e = Assert.Throws<IsolatedException>(() => Host.LoadSnapshot(path));
        Assert.Equal(IsolatedErrorKind.Host, e.Kind);
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        File.WriteAllText(path, "nothing of the kind");
        e = Assert.Throws<IsolatedException>(() => Host.LoadSnapshot(path));
        Assert.Equal(IsolatedErrorKind.BadSnapshot, e.Kind);
        Assert.Contains(path, e.Message, StringComparison.Ordinal);

        using AppSnapshot snapshot = Host.Snapshot(static _ => { });
        snapshot.Save(path);
        byte[] whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, whole[..(whole.Length / 2)]);
        Assert.Equal(IsolatedErrorKind.BadSnapshot, Assert.Throws<IsolatedException>(() => Host.LoadSnapshot(path)).Kind);
        Assert.Equal(
            IsolatedErrorKind.Host, Assert.Throws<IsolatedException>(() => snapshot.Save(Path.Combine(folder.Path, "nowhere", "app.isolate"))).Kind);
    }

    [Fact]
    public void Misuse_is_told()
    {
        AppSnapshot snapshot = Host.Snapshot(static _ => { });
        using var other = new IsolatedRuntimeHost();
        Assert.Contains(
            "another host",
            Assert.Throws<ArgumentException>(() => new IsolatedRuntime(other, new IsolatedRuntimeOptions { Snapshot = snapshot })).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "both set",
            Assert.Throws<ArgumentException>(() => new IsolatedRuntime(Host, new IsolatedRuntimeOptions { Snapshot = snapshot, Cold = true })).Message,
            StringComparison.Ordinal);
        using var early = new IsolatedRuntime(Host, new IsolatedRuntimeOptions { Snapshot = snapshot });
        snapshot.Dispose();
        snapshot.Dispose();
        Assert.Equal("AppSnapshot", Assert.Throws<ObjectDisposedException>(() => new IsolatedRuntime(Host, new IsolatedRuntimeOptions { Snapshot = snapshot })).ObjectName);
        Assert.Equal("AppSnapshot", Assert.Throws<ObjectDisposedException>(() => snapshot.Save("x")).ObjectName);
        Assert.Equal(1, early.Invoke(() => 1));

        // The prepared runtime ends with its preparation.
        IsolatedRuntime? kept = null;
        using AppSnapshot second = Host.Snapshot(runtime => kept = runtime);
        Assert.Equal("IsolatedRuntime", Assert.Throws<ObjectDisposedException>(() => kept!.Invoke(() => 1)).ObjectName);

        // What was kept is something else, or nothing, or of somebody else.
        using var runtime = new IsolatedRuntime(Host);
        using IsolatedObject counter = runtime.CreateObject<ObjectTests.Counter>();
        Assert.Contains(
            "belongs to another runtime", Assert.Throws<IsolatedException>(() => early.Keep("counter", counter)).Message, StringComparison.Ordinal);
        runtime.Keep("counter", counter);
        var e = Assert.Throws<IsolatedException>(() => runtime.Kept<IsolatedMethod>("counter"));
        Assert.Equal(IsolatedErrorKind.BadHandle, e.Kind);
        Assert.Contains("is an object, and a method was asked for", e.Message, StringComparison.Ordinal);
        Assert.Contains("`counter`", Assert.Throws<IsolatedException>(() => runtime.Kept<IsolatedObject>("countre")).Message, StringComparison.Ordinal);
        Assert.Contains("names nothing in a guest", Assert.Throws<ArgumentException>(() => runtime.Kept<string>("counter")).Message, StringComparison.Ordinal);
        Assert.Contains("names nothing in a guest", Assert.Throws<ArgumentException>(() => runtime.Keep("text", "text")).Message, StringComparison.Ordinal);
        counter.Dispose();
        Assert.Throws<ObjectDisposedException>(() => runtime.Keep("disposed", counter));
        Assert.Equal(0, runtime.Kept<IsolatedObject>("counter").Invoke<int>("get_Total"));
    }

    [Fact]
    public async Task What_cannot_come_along_is_named()
    {
        using var folder = new TemporaryFolder();
        var options = new IsolatedRuntimeOptions { Directories = { new IsolatedDirectory(folder.Path, "/data", Writable: true) } };
        var e = Assert.Throws<IsolatedException>(() => Host.Snapshot(static runtime => runtime.Invoke(static () => { Opened.File = File.Create("/data/open"); }), options));
        Assert.Equal(IsolatedErrorKind.NotFrozen, e.Kind);
        Assert.Contains("files or directories are open", e.Message, StringComparison.Ordinal);

        var never = new TaskCompletionSource<int>();
        Task<int>? call = null;
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        e = await Assert.ThrowsAsync<IsolatedException>(() => Host.SnapshotAsync(async runtime =>
        {
            runtime.RegisterCallback("never", () =>
            {
                begun.SetResult();
                return never.Task;
            });
            call = runtime.InvokeAsync(static async () => await DotNetIsolatorHost.InvokeAsync<int>("never"));
            // One that has not begun would end with the runtime, as another exception.
            await begun.Task;
        }));
        Assert.Equal(IsolatedErrorKind.NotFrozen, e.Kind);
        Assert.Contains("asynchronous calls", e.Message, StringComparison.Ordinal);
        Assert.Equal(IsolatedErrorKind.Dead, (await Assert.ThrowsAsync<IsolatedException>(() => call!)).Kind);

        // What is thrown there comes out here.
        Assert.Throws<InvalidTimeZoneException>(() => Host.Snapshot(static _ => throw new InvalidTimeZoneException()));
        Assert.Throws<ArgumentNullException>(() => Host.Snapshot(null!));
    }

    [Fact]
    public void A_runtime_that_is_in_use_is_no_snapshot()
    {
        using var runtime = new IsolatedRuntime(Host);
        runtime.RegisterCallback("freeze", () => Assert.Throws<InvalidOperationException>(() => runtime.Native.Freeze()).Message);
        Assert.Contains("callback", runtime.Invoke(static () => DotNetIsolatorHost.Invoke<string>("freeze")), StringComparison.Ordinal);
        Assert.Equal(1, runtime.Invoke(() => 1));
        using NativeSnapshot frozen = runtime.Native.Freeze();
        var e = Assert.Throws<IsolatedException>(() => runtime.Invoke(() => 1));
        Assert.Equal((IsolatedErrorKind.Dead, true), (e.Kind, e.IsFatal));
        Assert.Contains("a snapshot was made of it", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Threads_make_runtimes_of_one_snapshot_at_once()
    {
        using AppSnapshot snapshot = Host.Snapshot(static runtime => runtime.Invoke(static () => { s_value = 100; }));
        Parallel.For(0, 16, i =>
        {
            for (int round = 0; round < 10; round++)
            {
                using var runtime = new IsolatedRuntime(Host, new IsolatedRuntimeOptions { Snapshot = snapshot });
                Assert.Equal(100 + i, runtime.Invoke(() => s_value += i));
            }
        });
    }

    public static int Square(int value) => value * value;

    private static void Prepare(IsolatedRuntime runtime)
    {
        runtime.Invoke(static () => { s_value = 77; });
        runtime.Keep("square", runtime.GetMethod(typeof(SnapshotTests), nameof(Square)));
    }

    public static Fact Describe(Fact fact) => fact with { Number = fact.Number + 1 };

    public sealed record Fact(int Number, string Text);

    public interface IGreeter
    {
        string Greet(string name);
    }

    public sealed class Greeter(string word) : IGreeter
    {
        public string Greet(string name) => $"{word} {name}";
    }

    private static class Opened
    {
        public static FileStream? File { get; set; }
    }
}

/// <summary>A folder that is gone afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("isolator-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
