using System.Runtime.InteropServices;

namespace DotNetIsolator.Interop;

/// <summary>Names something in a guest. It may be given back on any thread, so the finalizer's will do; also after the runtime.</summary>
internal sealed class GuestHandle : SafeHandle
{
    public GuestHandle(nint handle)
        : base(0, ownsHandle: true) => SetHandle(handle);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        NativeMethods.isolator_handle_free(handle);
        return true;
    }
}
