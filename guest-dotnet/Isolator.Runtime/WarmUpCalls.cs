using System;
using System.Collections.Generic;
using System.Reflection;
using System.Runtime.InteropServices;
using Isolator.Runtime.Members;
using Isolator.Runtime.Wire;
using Isolator.Runtime.Wire.Graph;

namespace Isolator.Runtime;

/// <summary>
/// Goes through the exports from this side before the snapshot: often enough that the interpreter optimizes what every
/// call passes through, and through what C's own warm-up does not reach.
/// </summary>
internal static unsafe class WarmUpCalls
{
    /// <summary>The interpreter optimizes a method after 1,000 entries.</summary>
    private const int Rounds = 1100;

    private static readonly int[] Numbers = [1, 2, 3];

    /// <summary>A class with every way to make and fill an object.</summary>
    private sealed class Shapes
    {
        private string _coded = string.Empty;

        public int Number { get; set; }

        public string Coded
        {
            get => _coded;
            set => _coded = value;
        }

        public List<WarmUp.Sample>? Samples { get; set; }

        public Dictionary<string, int>? Counts { get; set; }

        public int? Maybe { get; set; }

        public DateTime When { get; set; }

        public Checked? Checked { get; set; }

        public Place Place { get; set; }
    }

    private sealed class Checked
    {
        public Checked(int value) => Value = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value));

        public int Value { get; }
    }

    private readonly record struct Place(double X, double Y);

    /// <summary>Does it.</summary>
    public static void Run()
    {
        byte[] start = Pack(WriteEmptyConfig);
        byte[] byCount = Pack(w => WriteQuery(w, 2, null));
        byte[] byType = Pack(w => WriteQuery(w, -1, ["System.Int32", "int"]));
        byte[] byBoth = Pack(w => WriteQuery(w, 1, ["int"]));
        byte[] one = Pack(w => WriteQuery(w, 1, null));
        byte[] sample = Pack(w =>
        {
            w.WriteArrayHeader(1);
            Plans.For(typeof(WarmUp.Sample)).WriteBoxed(w, new WarmUp.Sample(70_000, "a sample", 1.5, true, 1L << 40));
        });
        byte[] graph = Pack(w =>
        {
            w.WriteArrayHeader(1);
            Values.WriteRoot(w, new WarmUp.Sample(70_000, "a sample", 1.5, true, 1L << 40), string.Empty);
            w.FinishGraph();
        });
        byte[] graphs = Pack(w =>
        {
            w.WriteArrayHeader(1);
            Values.WriteRoot(w, new[] { new WarmUp.Sample(70_000, "a sample", 1.5, true, 1L << 40) }, string.Empty);
            w.FinishGraph();
        });
        byte[] plain = Pack(w =>
        {
            w.WriteArrayHeader(1);
            Values.WriteAny(w, Plans.For(typeof(WarmUp.Sample)), new WarmUp.Sample(70_000, "a sample", 1.5, true, 1L << 40), string.Empty, alone: true);
        });
        byte[] block = Pack(w =>
        {
            w.WriteArrayHeader(1);
            Values.WriteAny(w, Plans.For(typeof(int[])), Numbers, string.Empty, alone: true);
        });
        byte[] text = [0x91, 0xa5, .. "world"u8];
        byte[] numbers = [0x91, 0x93, 1, 2, 3];
        byte[] two = [0x92, 1, 2];
        byte[] none = [0x90];

        ulong assembly = Give(Entry.LoadAssembly, 0, 0, "Isolator.Runtime"u8);
        ulong type = Give(Entry.FindType, assembly, 0, "Isolator.Runtime.WarmUp"u8);
        ulong add = Give(Entry.FindMethod, type, 0, "Add"u8, byCount);
        ulong echo = Give(Entry.FindMethod, type, 0, "Echo"u8, one);
        ulong echoAll = Give(Entry.FindMethod, type, 0, "EchoAll"u8, one);
        ulong greet = Give(Entry.FindMethod, type, 0, "Greet"u8, one);
        ulong echoNumbers = Give(Entry.FindMethod, type, 0, "EchoNumbers"u8, one);
        ulong echoBytes = Give(Entry.FindMethod, type, 0, "EchoBytes"u8, one);
        ulong increment = Give(Entry.FindMethod, type, 0, "Increment"u8, one);
        ulong nextHandle = Give(Entry.FindMethod, type, 0, "Next"u8, byBoth);
        MethodInfo next = typeof(WarmUp).GetMethod(nameof(WarmUp.Next), [typeof(int)])!;
        for (int i = 0; i < Rounds; i++)
        {
            MethodLookup.Forget();
            Call(Entry.Start, 0, 0, start);
            Release(Give(Entry.LoadAssembly, 0, 0, "Isolator.Runtime"u8));
            Release(Give(Entry.FindType, assembly, 0, "Isolator.Runtime.WarmUp"u8));
            Release(Give(Entry.FindMethod, type, 0, "Add"u8, byCount));
            ulong found = Give(Entry.FindMethod, type, 0, "Add"u8, byType);
            Call(Entry.ScalarSignature, found, 0, default);
            Release(Give(Entry.FindMethod, type, 0, "Next"u8, byBoth));
            Release(found);
            Call(Entry.Invoke, add, 0, two);
            Call(Entry.Invoke, echo, 0, sample);
            Values.AreGraphs = true;
            Call(Entry.Invoke, echo, 0, graph);
            Call(Entry.Invoke, echo, 0, plain);
            Call(Entry.Invoke, echoAll, 0, graphs);
            Call(Entry.Invoke, echoNumbers, 0, block);
            Call(Entry.Invoke, greet, 0, text);
            Values.AreGraphs = false;
            Call(Entry.Invoke, echoNumbers, 0, numbers);
            Call(Entry.InvokeRaw, echoBytes, 0, text);
            ulong created = Give(Entry.CreateObject, type, 0, none);
            Call(Entry.Invoke, increment, created, [0x91, 1]);
            CallScalar(next);
            CallBatch(nextHandle, 0, 1);
            CallBatch(add, 0, 2);
            CallBatch(increment, created, 1);
            Release(created);
        }

        RunLibrary(byBoth);
        RunRarer(type, none);
        foreach (ulong handle in new[] { assembly, type, add, echo, echoAll, greet, echoNumbers, echoBytes, increment, nextHandle })
        {
            Release(handle);
        }
    }

    /// <summary>A method of the base class library, found and called as a host does at first.</summary>
    private static void RunLibrary(byte[] intQuery)
    {
        ulong core = Give(Entry.LoadAssembly, 0, 0, "System.Private.CoreLib"u8);
        ulong math = Give(Entry.FindType, core, 0, "System.Math"u8);
        ulong abs = Give(Entry.FindMethod, math, 0, "Abs"u8, intQuery);
        Call(Entry.ScalarSignature, abs, 0, default);
        Call(Entry.Invoke, abs, 0, [0x91, 1]);
        CallScalar(typeof(Math).GetMethod(nameof(Math.Abs), [typeof(int)])!);
        Release(abs);
        Release(math);
        Release(core);
    }

    private static void CallScalar(MethodInfo method)
    {
        ScalarFrame frame = default;
        frame.Function = method.MethodHandle.GetFunctionPointer();
        frame.Arguments[0] = 1;
        frame.Count = 1;
        Entry.CallScalar((nint)(&frame));
    }

    /// <summary>Two calls in a batch, with as many arguments each.</summary>
    private static void CallBatch(ulong method, ulong target, int arguments)
    {
        ulong* words = stackalloc ulong[2 * arguments];
        Frame frame = default;
        frame.A = method;
        frame.B = target;
        frame.Value = 2;
        frame.P = (byte*)words;
        frame.PLength = (uint)(2 * arguments * sizeof(ulong));
        Entry.InvokeBatch((nint)(&frame));
        if (frame.Code != FrameCode.Ok || ((ulong*)frame.Result)[0] != 2)
        {
            throw new InvalidOperationException("Warm-up: a batch failed.");
        }

        NativeMemory.Free(frame.Result);
    }

    /// <summary>What a runtime does now and then: once is enough to have it translated.</summary>
    private static void RunRarer(ulong type, byte[] none)
    {
        for (int i = 0; i < 3; i++)
        {
            ulong throws = Give(Entry.FindMethod, type, 0, "Throw"u8, default);
            Call(Entry.Invoke, throws, 0, none);
            Release(throws);
            ulong later = Give(Entry.FindMethod, type, 0, "LaterAsync"u8, default);
            ulong task = Give(Entry.InvokeAsync, later, 0, [0x91, 1]);
            Call(Entry.PollTask, task, 0, default);
            Release(task);
            Release(later);
            Call(Entry.FindMethod, type, 0, "NoSuchMethod"u8, default);

            // What is not in the image is asked of the host: here it has nothing to give.
            Call(Entry.LoadAssembly, 0, 0, "Isolator.NoSuchAssembly"u8);
            Hosting.Assemblies.TryNoImage();
            Call(Entry.Statistics, 0, 0, default);
            Round(new Shapes
            {
                Coded = "coded",
                Samples = [new WarmUp.Sample(1, "a", 2, false, 3)],
                Counts = new Dictionary<string, int> { ["a"] = 1 },
                Maybe = 1,
                When = DateTime.UnixEpoch,
                Checked = new Checked(1),
                Place = new Place(1, 2),
            });
            Round(new object?[] { 1, 2L, "three", 4.5, true, null, new Dictionary<string, object?> { ["a"] = 1 } });
            Round(new Dictionary<string, object?> { ["a"] = 1 });
            Round(Guid.Empty);
            Round(1.5m);
            Round(TimeSpan.Zero);
            Round((1, "a"));
            Round(DayOfWeek.Friday);
            RoundGraphs();
        }

        _ = Signatures.Of(typeof(WarmUp).GetMethod(nameof(WarmUp.Echo))!);
    }

    private static void Round(object value)
    {
        WireWriter writer = new();
        TypePlan plan = Plans.For(value.GetType());
        plan.WriteBoxed(writer, value);
        plan.ReadBoxed(new WireReader(writer.Start, writer.Length));
        writer.Free();
    }

    /// <summary>The same as graphs, which hosts in C# write and read.</summary>
    private static void RoundGraphs()
    {
        WireWriter writer = new();
        object[] values =
        [
            new Shapes
            {
                Coded = "coded",
                Samples = [new WarmUp.Sample(1, "a", 2, false, 3)],
                Counts = new Dictionary<string, int> { ["a"] = 1 },
                Maybe = 1,
                When = DateTime.UnixEpoch,
                Checked = new Checked(1),
                Place = new Place(1, 2),
            },
            new object?[] { 1, 2L, "three", 4.5, true, null, 'c', 1f, new object() },
            new Dictionary<string, object?>(StringComparer.OrdinalIgnoreCase) { ["a"] = 1 },
            new HashSet<string> { "a" },
            new List<int> { 1, 2 },
            new List<string> { "a" },
            new[] { "a", "b" },
            new[] { new Place(1, 2) },
            Guid.Empty,
            1.5m,
            TimeSpan.Zero,
            DateTimeOffset.UnixEpoch,
            (1, "a"),
            DayOfWeek.Friday,
            new InvalidOperationException("warm-up"),
        ];
        writer.WriteArrayHeader(values.Length);
        foreach (object value in values)
        {
            Values.WriteAny(writer, Plans.For(typeof(object)), value, string.Empty, alone: false);
        }

        writer.FinishGraph();
        WireReader reader = new(writer.Start, writer.Length);
        for (int left = reader.ReadArrayHeader(); left > 0; left--)
        {
            Values.ReadBoxed(reader, Plans.For(typeof(object)));
        }

        writer.Free();
    }

    private static void Release(ulong handle) => Bridge.Current.ReleaseHandle(handle);

    private static ulong Give(Action<nint> entry, ulong a, ulong b, ReadOnlySpan<byte> p, ReadOnlySpan<byte> q = default)
    {
        (int code, ulong value) = Call(entry, a, b, p, q);
        return code == FrameCode.Ok ? value : throw new InvalidOperationException($"Warm-up: {entry.Method.Name} failed.");
    }

    private static (int Code, ulong Value) Call(Action<nint> entry, ulong a, ulong b, ReadOnlySpan<byte> p, ReadOnlySpan<byte> q = default)
    {
        Frame frame = default;
        frame.A = a;
        frame.B = b;
        fixed (byte* first = p, second = q)
        {
            frame.P = first;
            frame.PLength = (uint)p.Length;
            frame.Q = second;
            frame.QLength = (uint)q.Length;
            entry((nint)(&frame));
        }

        NativeMemory.Free(frame.Result);
        return (frame.Code, frame.Value);
    }

    private static byte[] Pack(Action<WireWriter> write)
    {
        WireWriter writer = new();
        write(writer);
        byte[] bytes = writer.Written.ToArray();
        writer.Free();
        return bytes;
    }

    private static void WriteQuery(WireWriter w, int count, string[]? types)
    {
        w.WriteMapHeader(3);
        w.WriteString("ArgumentCount");
        if (count < 0)
        {
            w.WriteNil();
        }
        else
        {
            w.WriteInt64(count);
        }

        w.WriteString("ParameterTypes");
        Plans.For(typeof(string[])).WriteBoxed(w, types);
        w.WriteString("GenericArguments");
        w.WriteNil();
    }

    /// <summary>A configuration that grants nothing, as a host writes it.</summary>
    private static void WriteEmptyConfig(WireWriter w)
    {
        w.WriteMapHeader(9);
        w.WriteString("Environment");
        w.WriteMapHeader(0);
        w.WriteString("Arguments");
        w.WriteArrayHeader(0);
        w.WriteString("HasDirectories");
        w.WriteBoolean(false);
        w.WriteString("WorkingDirectory");
        w.WriteString(string.Empty);
        w.WriteString("Culture");
        w.WriteNil();
        w.WriteString("TimeZone");
        w.WriteNil();
        w.WriteString("HeapLimit");
        w.WriteInt64(0);
        w.WriteString("Properties");
        w.WriteMapHeader(0);
        w.WriteString("BaseDirectory");
        w.WriteString(string.Empty);
    }
}
