using System;
using System.IO;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Tasks;

namespace DotNetIsolator.Interop;

/// <summary>A runtime of the native library. It is given back once nothing uses it any more, on whatever thread.</summary>
internal sealed unsafe partial class NativeRuntime : SafeHandle
{
    private const uint StandardOutput = 1;
    private const uint StandardError = 2;

    /// <summary>Most bytes of a captured stream that are kept, as many as the engine keeps.</summary>
    private const int MostCaptured = 64 << 20;

    private readonly MemoryStream _output = new();
    private readonly MemoryStream _error = new();
    private ulong _id;

    public NativeRuntime()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>A number that no other runtime of this process has.</summary>
    public ulong Id => _id;

    /// <summary>Makes a runtime.</summary>
    /// <param name="host">The host.</param>
    /// <param name="options">What the runtime is given.</param>
    /// <param name="snapshot">What it starts from; null: the guest image.</param>
    /// <param name="suspended">What it goes on from; null: it starts.</param>
    /// <param name="source">Its own assemblies.</param>
    /// <param name="failures">Told of what its streams throw.</param>
    public static NativeRuntime Create(
        NativeHost host, IsolatedRuntimeOptions options, NativeSnapshot? snapshot, NativeSuspended? suspended, AssemblySource? source, FailureLog failures)
    {
        NativeRuntime runtime = new();
        using Utf8Texts texts = new();
        nint builder;
        using (NativeUse hosting = new(host))
        {
            builder = NativeMethods.isolator_runtime_builder_new(hosting.Pointer);
        }

        try
        {
            From(builder, snapshot);
            Configure(builder, options, texts, graphs: true, IsolatedOutput.Discard);
            runtime._held = runtime._links = RuntimeLinks.Attach(builder, options, source, failures);
            nint made;
            if (suspended is null)
            {
                NativeErrors.Check(NativeMethods.isolator_runtime_builder_create(builder, &made));
            }
            else
            {
                using NativeUse sleeping = new(suspended);
                NativeErrors.Check(NativeMethods.isolator_runtime_builder_resume(builder, sleeping.Pointer, &made));
            }

            runtime.Begin(made);
            return runtime;
        }
        finally
        {
            NativeMethods.isolator_runtime_builder_free(builder);
        }
    }

    public GuestHandle FindType(string assembly, string name)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        nint found;
        NativeErrors.Check(NativeMethods.isolator_runtime_find_type(use.Pointer, texts.Add(assembly), texts.Add(name), &found));
        return new GuestHandle(found);
    }

    public GuestHandle FindMethod(GuestHandle type, string name, int count, string[]? parameters, string[]? typeArguments)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        using NativeUse of = new(type);
        MethodQuery query = new() { ArgumentCount = count };
        if (parameters is not null)
        {
            query.ParameterTypes = texts.Add(parameters);
            query.ParameterTypesLength = (nuint)parameters.Length;
        }

        if (typeArguments is not null)
        {
            query.GenericArguments = texts.Add(typeArguments);
            query.GenericArgumentsLength = (nuint)typeArguments.Length;
        }

        nint found;
        NativeErrors.Check(NativeMethods.isolator_runtime_find_method(use.Pointer, of.Pointer, texts.Add(name), &query, &found));
        return new GuestHandle(found);
    }

    /// <summary>The letters of a method that is called without serialization; null for any other.</summary>
    public byte[]? ScalarSignature(GuestHandle method)
    {
        byte* signature = stackalloc byte[16];
        using NativeUse use = new(this);
        using NativeUse of = new(method);
        NativeErrors.Check(NativeMethods.isolator_runtime_scalar_signature(use.Pointer, of.Pointer, signature));
        int length = new ReadOnlySpan<byte>(signature, 10).IndexOf((byte)0);
        return length <= 0 ? null : new ReadOnlySpan<byte>(signature, length).ToArray();
    }

    public GuestHandle CreateObject(GuestHandle type, ArgumentWriter args)
    {
        using NativeUse use = new(this);
        using NativeUse of = new(type);
        nint made;
        NativeErrors.Check(NativeMethods.isolator_runtime_create_object(use.Pointer, of.Pointer, BytesOf(args), &made));
        return new GuestHandle(made);
    }

    public GuestHandle CopyObject(GuestHandle type, ArgumentWriter value)
    {
        using NativeUse use = new(this);
        using NativeUse of = new(type);
        nint made;
        NativeErrors.Check(NativeMethods.isolator_runtime_copy_object(use.Pointer, of.Pointer, BytesOf(value), &made));
        return new GuestHandle(made);
    }

    public GuestHandle TypeOf(GuestHandle target)
    {
        using NativeUse use = new(this);
        using NativeUse of = new(target);
        nint found;
        NativeErrors.Check(NativeMethods.isolator_runtime_type_of(use.Pointer, of.Pointer, &found));
        return new GuestHandle(found);
    }

    public NativeBytes GetValue(GuestHandle target)
    {
        using NativeUse use = new(this);
        using NativeUse of = new(target);
        NativeBytes value;
        NativeErrors.Check(NativeMethods.isolator_runtime_get_value(use.Pointer, of.Pointer, &value));
        return value;
    }

    public NativeBytes Invoke(GuestHandle method, GuestHandle? target, ArgumentWriter args)
    {
        using NativeUse use = new(this);
        using NativeUse code = new(method);
        using NativeUse on = new(target);
        NativeBytes result;
        NativeErrors.Check(NativeMethods.isolator_runtime_invoke(use.Pointer, code.Pointer, on.Pointer, BytesOf(args), &result));
        return result;
    }

    public GuestHandle? InvokeObject(GuestHandle method, GuestHandle? target, ArgumentWriter args)
    {
        using NativeUse use = new(this);
        using NativeUse code = new(method);
        using NativeUse on = new(target);
        nint result;
        NativeErrors.Check(NativeMethods.isolator_runtime_invoke_object(use.Pointer, code.Pointer, on.Pointer, BytesOf(args), &result));
        return result == 0 ? null : new GuestHandle(result);
    }

    [SkipLocalsInit]
    public ulong InvokeScalar(GuestHandle method, GuestHandle? target, ulong a0, ulong a1, ulong a2, ulong a3, int count)
    {
        ulong* words = stackalloc ulong[4];
        words[0] = a0;
        words[1] = a1;
        words[2] = a2;
        words[3] = a3;
        using NativeUse use = new(this);
        using NativeUse code = new(method);
        using NativeUse on = new(target);
        ulong result;
        NativeErrors.Check(NativeMethods.isolator_runtime_invoke_scalar(use.Pointer, code.Pointer, on.Pointer, words, (nuint)count, &result));
        return result;
    }

    public ulong InvokeScalar(GuestHandle method, GuestHandle? target, ReadOnlySpan<ulong> arguments, int count)
    {
        using NativeUse use = new(this);
        using NativeUse code = new(method);
        using NativeUse on = new(target);
        ulong result;
        fixed (ulong* words = arguments)
        {
            NativeErrors.Check(NativeMethods.isolator_runtime_invoke_scalar(use.Pointer, code.Pointer, on.Pointer, words, (nuint)count, &result));
        }

        return result;
    }

    /// <summary>The number under which guest code reads an object as an argument.</summary>
    public ulong ObjectId(GuestHandle target)
    {
        using NativeUse of = new(target);
        ulong id;
        NativeErrors.Check(NativeMethods.isolator_handle_object_id(of.Pointer, _id, &id));
        return id;
    }

    /// <summary>What was written to a captured stream so far, as far as it is kept.</summary>
    public byte[] Captured(bool error)
    {
        MemoryStream all = error ? _error : _output;
        NativeBytes more;
        using (NativeUse use = new(this))
        {
            NativeErrors.Check(NativeMethods.isolator_runtime_take_output(use.Pointer, error ? StandardError : StandardOutput, &more));
        }

        try
        {
            lock (all)
            {
                ReadOnlySpan<byte> bytes = more.Span;
                all.Write(bytes[..Math.Min(bytes.Length, MostCaptured - (int)all.Length)]);
                return all.ToArray();
            }
        }
        finally
        {
            more.Dispose();
        }
    }

    /// <summary>What the runtime has used so far.</summary>
    public IsolatedRuntimeUsage Usage()
    {
        using NativeUse use = new(this);
        nint runtime = use.Pointer;
        return Usage(
            which =>
            {
                ulong value;
                NativeErrors.Check(NativeMethods.isolator_runtime_statistic(runtime, which, &value));
                return value;
            },
            index =>
            {
                NativeBytes name;
                NativeErrors.Check(NativeMethods.isolator_runtime_compiled_assembly(runtime, index, &name));
                try
                {
                    return System.Text.Encoding.UTF8.GetString(name.Span);
                }
                finally
                {
                    name.Dispose();
                }
            });
    }

    /// <summary>What a runtime has used, of figures by number, and of the names of assemblies that run compiled.</summary>
    public static IsolatedRuntimeUsage Usage(Func<uint, ulong> figure, Func<nuint, string> compiled)
    {
        // So many there are at least: no name is taken away again.
        string[] names = new string[(int)figure(Statistic.CompiledAssemblies)];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = compiled((nuint)i);
        }

        return new()
        {
            PeakMemory = Bytes(Statistic.PeakMemory),
            CpuTime = Time(Statistic.CpuTime),
            WallTime = Time(Statistic.WallTime),
            Fuel = figure(Statistic.Fuel),
            Calls = Bytes(Statistic.Calls),
            HostCalls = Bytes(Statistic.HostCalls),
            BytesIn = Bytes(Statistic.BytesIn),
            BytesOut = Bytes(Statistic.BytesOut),
            OutputBytes = Bytes(Statistic.OutputBytes),
            FileBytes = Bytes(Statistic.FileBytes),
            HttpRequests = Bytes(Statistic.HttpRequests),
            HttpBytesSent = Bytes(Statistic.HttpSent),
            HttpBytesReceived = Bytes(Statistic.HttpReceived),
            CompiledAssemblies = names.Length,
            CompiledNames = names,
        };

        long Bytes(uint which) => (long)Math.Min(figure(which), long.MaxValue);

        TimeSpan Time(uint which) => TimeSpan.FromTicks((long)(figure(which) / TimeSpan.NanosecondsPerTick));
    }

    /// <summary>Whether it was stopped for good.</summary>
    public bool IsCancelled { get; private set; }

    /// <summary>Stops the runtime for good.</summary>
    public void Cancel()
    {
        IsCancelled = true;
        using NativeUse use = new(this);
        NativeErrors.Check(NativeMethods.isolator_runtime_cancel(use.Pointer));
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.isolator_runtime_free(handle);
        IsolatorTelemetry.RuntimeGone();
        NativeLog.Remove(_id);
        Registry?.Remove(_id);
        return true;
    }

    private static BorrowedBytes BytesOf(ArgumentWriter writer) => new(writer.Start, (nuint)writer.Length);

    /// <summary>Tells a builder what the options say.</summary>
    /// <param name="builder">The native builder.</param>
    /// <param name="options">The options.</param>
    /// <param name="texts">Keeps the texts.</param>
    /// <param name="graphs">Whether the guest writes objects as graphs, which name their types.</param>
    /// <param name="otherwise">Where output goes that the options send nowhere.</param>
    public static void Configure(nint builder, IsolatedRuntimeOptions options, Utf8Texts texts, bool graphs, IsolatedOutput otherwise)
    {
        NativeErrors.Check(NativeMethods.isolator_runtime_builder_set_number(builder, RuntimeNumber.ValueGraphs, graphs ? 1UL : 0));
        foreach (IsolatedDirectory directory in options.Directories)
        {
            NativeErrors.Check(NativeMethods.isolator_runtime_builder_directory(
                builder, texts.Add(directory.HostPath), texts.Add(directory.GuestPath), directory.Writable ? (byte)1 : (byte)0));
        }

        if (options.LoadFromWritableDirectories)
        {
            NativeErrors.Check(NativeMethods.isolator_runtime_builder_load_from_writable(builder));
        }

        foreach ((string name, string value) in options.Environment)
        {
            NativeErrors.Check(NativeMethods.isolator_runtime_builder_set_pair(builder, RuntimePair.Environment, texts.Add(name), texts.Add(value)));
        }

        options.Http.ApplyTo(builder, texts);
        foreach (string argument in options.Arguments)
        {
            Text(RuntimeText.Argument, argument);
        }

        Text(RuntimeText.WorkingDirectory, options.WorkingDirectory);
        Text(RuntimeText.Culture, options.Culture);
        Text(RuntimeText.TimeZone, options.TimeZone);
        if (options.Compiled is { } compiled)
        {
            NativeErrors.Check(NativeMethods.isolator_runtime_builder_set_number(builder, RuntimeNumber.Compiled, (ulong)compiled));
        }

        if (options.HeapLimit > 0)
        {
            NativeErrors.Check(NativeMethods.isolator_runtime_builder_set_number(builder, RuntimeNumber.HeapLimit, (ulong)options.HeapLimit));
        }

        foreach ((IsolatedLimit which, ulong value) in options.GivenLimits())
        {
            NativeErrors.Check(NativeMethods.isolator_runtime_builder_set_limit(builder, (uint)which, value));
        }

        if (options.StandardInput is { } input)
        {
            fixed (byte* bytes = input)
            {
                NativeErrors.Check(NativeMethods.isolator_runtime_builder_input_bytes(builder, new BorrowedBytes(bytes, (nuint)input.Length)));
            }
        }

        Output(StandardOutput, options.StandardOutput);
        Output(StandardError, options.StandardError);

        void Output(uint stream, IsolatedOutput to) => NativeErrors.Check(
            NativeMethods.isolator_runtime_builder_output(builder, stream, (uint)(to == IsolatedOutput.Discard ? otherwise : to), 0));

        void Text(uint which, string? value)
        {
            if (value is not null)
            {
                NativeErrors.Check(NativeMethods.isolator_runtime_builder_set_text(builder, which, texts.Add(value)));
            }
        }
    }
}

/// <summary>Keeps a handle from being given back while it is used.</summary>
internal readonly ref struct NativeUse
{
    private readonly SafeHandle? _handle;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public NativeUse(SafeHandle? handle)
    {
        if (handle is not null)
        {
            if (handle.IsClosed)
            {
                Refuse(handle);
            }

            bool added = false;
            handle.DangerousAddRef(ref added);
            _handle = handle;
            Pointer = handle.DangerousGetHandle();
        }
    }

    /// <summary>What was disposed, as callers know it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Refuse(SafeHandle handle) => throw new ObjectDisposedException(handle switch
    {
        NativeRuntime => nameof(IsolatedRuntime),
        NativeHost => nameof(IsolatedRuntimeHost),
        NativeSnapshot => nameof(AppSnapshot),
        NativeSuspended => nameof(SuspendedRuntime),
        NativeScriptHost => nameof(IsolatedScriptHost),
        NativeScriptSession => nameof(ScriptSession),
        _ => nameof(IsolatedObject),
    });

    /// <summary>The pointer; 0 for no handle.</summary>
    public nint Pointer { get; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Dispose() => _handle?.DangerousRelease();
}
