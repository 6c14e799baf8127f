namespace DotNetIsolator;

/// <summary>What went wrong; see <see cref="IsolatedException.Kind"/>.</summary>
public enum IsolatedErrorKind
{
    /// <summary>Something else; the message says what.</summary>
    Other,

    /// <summary>Guest code threw an exception that nothing in the guest caught.</summary>
    GuestException,

    /// <summary>No such assembly, neither in the base class library nor from a loader.</summary>
    AssemblyNotFound,

    /// <summary>The bytes of an assembly are not a .NET image, or one for a newer .NET than the guest's.</summary>
    BadImage,

    /// <summary>No such type.</summary>
    TypeNotFound,

    /// <summary>No such method, constructor or field, or none that takes these arguments.</summary>
    MethodNotFound,

    /// <summary>Several methods fit.</summary>
    Ambiguous,

    /// <summary>An argument cannot be read as its parameter's type, or their number is wrong.</summary>
    Argument,

    /// <summary>A value cannot cross.</summary>
    Value,

    /// <summary>An object or method was used with another runtime, or after it was disposed.</summary>
    BadHandle,

    /// <summary>The method returns a task: call it with <c>InvokeAsync</c>.</summary>
    Async,

    /// <summary>Waiting would last for ever: nothing that the task could wait for is under way.</summary>
    Deadlock,

    /// <summary>A limit of the runtime was reached. Whether that ended it says <see cref="IsolatedException.IsFatal"/>.</summary>
    Limit,

    /// <summary>Guest code ended its process, with <see cref="IsolatedException.ExitCode"/>. The runtime is dead.</summary>
    Exit,

    /// <summary>The sandbox trapped: a stack overflow, <c>FailFast</c>, an unhandled exception of a finalizer. The runtime is dead.</summary>
    Trap,

    /// <summary>The runtime has died before, for the reason that the message says.</summary>
    Dead,

    /// <summary>The host lacks something: the native library, the guest image, the resources for another runtime.</summary>
    Host,

    /// <summary>Something of a runtime is not in its memory, and cannot come along when it is copied; the message names it.</summary>
    NotFrozen,

    /// <summary>A file or bytes are no snapshot of this guest image.</summary>
    BadSnapshot,

    /// <summary>A script does not compile: see <see cref="ScriptCompilationException"/>.</summary>
    Compilation,
}
