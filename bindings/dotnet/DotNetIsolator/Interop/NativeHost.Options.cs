using System;
using System.Runtime.CompilerServices;

namespace DotNetIsolator.Interop;

/// <content>Settings that are numbers.</content>
internal sealed unsafe partial class NativeHost
{
    /// <summary>Tells a builder what the options say beyond the guest and the callbacks.</summary>
    private static void SetNumbers(nint builder, IsolatedRuntimeHostOptions options, Utf8Texts texts)
    {
        // The numbers are those of `isolator_host_number` and `isolator_host_text` in isolator.h.
        const uint OnDemand = 2;
        const uint KeepResident = 3;
        const uint StackSize = 4;
        const uint CallbackDepth = 5;
        const uint MeterFuel = 7;
        const uint Memory = 8;
        const uint RunningCalls = 9;
        const uint QueueTimeout = 10;
        const uint CacheDirectory = 2;
        Switch(OnDemand, options.AllocateOnDemand);
        Number(KeepResident, options.KeepResident, 0);
        Number(StackSize, options.StackSize, 1);
        Number(CallbackDepth, options.MaxCallbackDepth, 0);
        Switch(MeterFuel, options.MeterFuel);
        Number(Memory, options.MaxMemory, 0);
        Number(RunningCalls, options.MaxRunningCalls, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.QueueTimeout, TimeSpan.Zero);
        UInt128 nanoseconds = (UInt128)options.QueueTimeout.Ticks * TimeSpan.NanosecondsPerTick;
        Set(QueueTimeout, (ulong)UInt128.Min(nanoseconds, ulong.MaxValue));
        if (options.CacheDirectory is { } cache)
        {
            NativeErrors.Check(NativeMethods.isolator_host_builder_set_text(builder, CacheDirectory, texts.Add(cache)));
        }

        foreach ((IsolatedLimit which, ulong value) in options.Limits)
        {
            NativeErrors.Check(NativeMethods.isolator_host_builder_set_limit(builder, (uint)which, value));
        }

        void Set(uint which, ulong value) => NativeErrors.Check(NativeMethods.isolator_host_builder_set_number(builder, which, value));

        void Switch(uint which, bool value)
        {
            if (value)
            {
                Set(which, 1);
            }
        }

        void Number(uint which, long? value, long least, [CallerArgumentExpression(nameof(value))] string name = "")
        {
            if (value is { } number)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(number, least, name);
                Set(which, (ulong)number);
            }
        }
    }
}
