namespace DotNetIsolator.Interop;

/// <content>Callbacks that are taken back.</content>
internal sealed unsafe partial class NativeRuntime
{
    /// <summary>Takes a callback back.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Unregister(string name)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        byte removed;
        NativeErrors.Check(NativeMethods.isolator_runtime_unregister_callback(use.Pointer, texts.Add(name), &removed));
        return removed != 0;
    }
}
