using System;
using System.Runtime.CompilerServices;

namespace DotNetIsolator.Interop;

/// <content>Settings that are numbers.</content>
internal sealed unsafe partial class NativeHost
{
    /// <summary>Tells a builder what the options say beyond the guest and the callbacks.</summary>
    private static void SetNumbers(nint builder, IsolatedRuntimeHostOptions options, Utf8Texts texts)
    {
        Switch(HostNumber.OnDemandAllocation, options.AllocateOnDemand);
        Number(HostNumber.KeepResident, options.KeepResident, 0);
        Number(HostNumber.StackSize, options.StackSize, 1);
        Number(HostNumber.MaxCallbackDepth, options.MaxCallbackDepth, 0);
        Switch(HostNumber.MeterFuel, options.MeterFuel);
        Set(HostNumber.Compiled, (ulong)options.Compiled);
        Number(HostNumber.Memory, options.MaxMemory, 0);
        Number(HostNumber.RunningCalls, options.MaxRunningCalls, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.QueueTimeout, TimeSpan.Zero);
        UInt128 nanoseconds = (UInt128)options.QueueTimeout.Ticks * TimeSpan.NanosecondsPerTick;
        Set(HostNumber.QueueTimeout, (ulong)UInt128.Min(nanoseconds, ulong.MaxValue));
        if (options.CacheDirectory is { } cache)
        {
            NativeErrors.Check(NativeMethods.isolator_host_builder_set_text(builder, HostText.CacheDirectory, texts.Add(cache)));
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
