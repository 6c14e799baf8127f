using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using DotNetIsolator.Streams;

namespace DotNetIsolator.Interop;

/// <content>What a runtime is given that is of this side: loaders, and what is at its standard streams.</content>
internal sealed unsafe partial class NativeRuntime
{
    /// <summary>Kept as long as this, and by nothing that the native library holds: what they lead to may well lead back here.</summary>
    private object? _held;

    private RuntimeLinks? _links;

    /// <summary>Where the runtime is listed.</summary>
    public RuntimeRegistry? Registry { get; set; }

    protected override void Dispose(bool disposing)
    {
        if (disposing && _links is not null)
        {
            _links.IsDisposed = true;
        }

        base.Dispose(disposing);
    }
}

/// <summary>What a runtime is given that is of this side. It is to live as long as the runtime: what the native library holds leads here weakly.</summary>
internal sealed unsafe class RuntimeLinks
{
    private const uint StandardOutput = 1;
    private const uint StandardError = 2;

    private readonly List<object> _held = [];
    private readonly List<OutputLink> _outputs = [];

    /// <summary>Whether the runtime was disposed, or soon is, rather than forgotten.</summary>
    public bool IsDisposed
    {
        set
        {
            foreach (OutputLink output in _outputs)
            {
                output.IsDisposed = value;
            }
        }
    }

    /// <summary>Gives a runtime that is built what the options name.</summary>
    public static RuntimeLinks Attach(nint builder, IsolatedRuntimeOptions options, AssemblySource? source, FailureLog failures)
    {
        RuntimeLinks links = new();
        links.Add(builder, options, source, failures);
        return links;
    }

    private void Add(nint builder, IsolatedRuntimeOptions options, AssemblySource? source, FailureLog failures)
    {
        if (source is not null)
        {
            _held.Add(source);
            NativeErrors.Check(NativeMethods.isolator_runtime_builder_assembly_loader(
                builder, &Load, UserData.New(new WeakReference<AssemblySource>(source)), &UserData.Drop));
        }

        Output(StandardOutput, "standard output", options.OutputSink);
        Output(StandardError, "standard error", options.ErrorSink);
        if (options.InputSource is { } input)
        {
            InputSource made = input();
            _held.Add(made);
            NativeErrors.Check(NativeMethods.isolator_runtime_builder_input_from(
                builder, &ReadInput, UserData.New(new InputLink(made, failures)), &UserData.Drop));
        }

        void Output(uint stream, string name, Func<OutputSink>? make)
        {
            if (make is not null)
            {
                OutputSink sink = make();
                OutputLink link = new(sink, name, failures);
                _held.Add(sink);
                _outputs.Add(link);
                NativeErrors.Check(NativeMethods.isolator_runtime_builder_output_to(builder, stream, &WriteOutput, UserData.New(link), &EndOutput));
            }
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Load(nint userData, nint request)
    {
        try
        {
            if (UserData.Get<WeakReference<AssemblySource>>(userData).TryGetTarget(out AssemblySource? source))
            {
                NativeHost.Answer(source, request);
            }
        }
        catch (Exception)
        {
            // Loaders' own exceptions were told already. The frames below are not .NET's, and no answer is one: there is no such assembly.
            return;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte WriteOutput(nint userData, BorrowedBytes bytes) => UserData.Get<OutputLink>(userData).Write(bytes.Span) ? (byte)1 : (byte)0;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void EndOutput(nint userData)
    {
        OutputLink link = UserData.Get<OutputLink>(userData);
        UserData.Free(userData);
        link.End();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long ReadInput(nint userData, byte* into, nuint length) =>
        UserData.Get<InputLink>(userData).Read(new Span<byte>(into, (int)nuint.Min(length, int.MaxValue)));

    /// <summary>Leads from the native library to a sink. It throws nothing: the frames below it are not .NET's.</summary>
    private sealed class OutputLink(OutputSink sink, string stream, FailureLog failures)
    {
        // The last line comes when the runtime, which holds the sink, may have been found to be garbage.
        private readonly WeakReference<OutputSink> _sink = new(sink, trackResurrection: true);
        private readonly LogBudget _budget = new(FailureLog.LinesPerSecond);

        /// <summary>Whether the runtime was disposed, rather than forgotten.</summary>
        public volatile bool IsDisposed;

        public bool Write(ReadOnlySpan<byte> bytes)
        {
            try
            {
                if (_sink.TryGetTarget(out OutputSink? target))
                {
                    // A runtime and its forks write to the same, on any threads.
                    lock (target)
                    {
                        target.Write(bytes);
                    }
                }

                return true;
            }
            catch (Exception e)
            {
                failures.StreamFailed(_budget, stream, e);
                return false;
            }
        }

        public void End()
        {
            if (!_sink.TryGetTarget(out OutputSink? target))
            {
                return;
            }

            if (IsDisposed)
            {
                Finish(target);
            }
            else
            {
                // On the thread of the finalizers, which must not run the embedder's code: it may block.
                ThreadPool.UnsafeQueueUserWorkItem(static both => both.Link.Finish(both.Target), (Link: this, Target: target), preferLocal: false);
            }
        }

        private void Finish(OutputSink target)
        {
            try
            {
                target.Finish();
            }
            catch (Exception e)
            {
                failures.StreamFailed(_budget, stream, e);
            }
        }
    }

    /// <summary>Leads from the native library to a source. It throws nothing: the frames below it are not .NET's.</summary>
    private sealed class InputLink(InputSource source, FailureLog failures)
    {
        private readonly WeakReference<InputSource> _source = new(source);
        private readonly LogBudget _budget = new(FailureLog.LinesPerSecond);

        public long Read(Span<byte> into)
        {
            try
            {
                return _source.TryGetTarget(out InputSource? target) ? target.Read(into) : 0;
            }
            catch (Exception e)
            {
                failures.StreamFailed(_budget, "standard input", e);
                return -1;
            }
        }
    }
}
