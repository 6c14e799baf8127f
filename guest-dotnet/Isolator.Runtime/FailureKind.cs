// Made by `cargo xtask codegen` from crates/isolator-abi/src/wire.rs: do not edit.
namespace Isolator.Runtime;

/// <summary>The kinds of failure, spelled as they cross.</summary>
internal static class FailureKind
{
    public const string Exception = "exception";
    public const string AssemblyNotFound = "assembly-not-found";
    public const string BadImage = "bad-image";
    public const string TypeNotFound = "type-not-found";
    public const string MemberNotFound = "member-not-found";
    public const string Ambiguous = "ambiguous";
    public const string Argument = "argument";
    public const string Value = "value";
    public const string BadHandle = "bad-handle";
    public const string Async = "async";
    public const string Host = "host";
    public const string UnknownCallback = "unknown-callback";
    public const string CallbackDepth = "callback-depth";
    public const string CallbackBlocked = "callback-blocked";
    public const string Internal = "internal";
}
