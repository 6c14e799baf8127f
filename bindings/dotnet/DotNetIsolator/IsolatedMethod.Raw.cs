using System;

namespace DotNetIsolator;

/// <content>Calls of bytes, and looking into the method.</content>
public sealed partial class IsolatedMethod
{
    /// <summary>
    /// Calls a method that takes one <c>byte[]</c> or <c>ReadOnlySpan&lt;byte&gt;</c> (or nothing) and returns a <c>byte[]</c> (or nothing),
    /// without serialization: the bytes arrive as they are, whatever they look like.
    /// </summary>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="bytes">The argument.</param>
    /// <returns>The result; empty where the method returns null or nothing.</returns>
    /// <exception cref="IsolatedException">The method threw, or takes or gives something else.</exception>
    public byte[] InvokeRaw(IsolatedObject? instance, ReadOnlySpan<byte> bytes) => Runtime.InvokeRaw(this, instance, bytes);

    /// <summary>Tells the method's signature.</summary>
    /// <returns>The method as data.</returns>
    /// <exception cref="IsolatedException">The runtime can no longer be used.</exception>
    public IsolatedMember Inspect() => Runtime.Inspect(Handle);
}

/// <content>Calls of bytes.</content>
public sealed partial class IsolatedObject
{
    /// <summary>
    /// Finds a method by name, and calls it without serialization: it takes one <c>byte[]</c> or <c>ReadOnlySpan&lt;byte&gt;</c> and returns a
    /// <c>byte[]</c> (or nothing).
    /// </summary>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="bytes">The argument.</param>
    /// <returns>The result; empty where the method returns null or nothing.</returns>
    /// <exception cref="IsolatedException">There is no such method, it threw, or takes or gives something else.</exception>
    public byte[] InvokeRaw(string methodName, ReadOnlySpan<byte> bytes) => FindForCall(methodName, 1, typeof(byte[])).InvokeRaw(this, bytes);
}

/// <content>Calls of bytes.</content>
public sealed partial class IsolatedRuntime
{
    internal byte[] InvokeRaw(IsolatedMethod method, IsolatedObject? instance, ReadOnlySpan<byte> bytes)
    {
        CheckOwner(instance);
        Measured? measured = IsolatorTelemetry.BeginCall(this, "bytes", method.KnownName);
        try
        {
            byte[] result = _native.InvokeRaw(method.Handle, instance?.Handle, bytes);
            GC.KeepAlive(this);
            return result;
        }
        catch (System.Exception e) when (measured?.Fails(e) == true)
        {
            throw;
        }
        finally
        {
            measured?.End();
        }
    }
}
