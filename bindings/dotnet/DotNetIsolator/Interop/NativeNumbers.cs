// Made by `cargo xtask codegen` from crates/isolator-capi/include/isolator.h: do not edit.
namespace DotNetIsolator.Interop;

/// <summary>Kinds of the native library's errors.</summary>
internal enum NativeErrorKind
{
    Other = 0,
    Exception = 1,
    AssemblyNotFound = 2,
    BadImage = 3,
    TypeNotFound = 4,
    MethodNotFound = 5,
    Ambiguous = 6,
    Argument = 7,
    Value = 8,
    BadHandle = 9,
    ForeignHandle = 10,
    Async = 11,
    Deadlock = 12,
    Internal = 13,
    Trap = 14,
    Exit = 15,
    Dead = 16,
    BadGuestBehavior = 17,
    Nesting = 18,
    GuestImage = 19,
    Io = 20,
    TooManyRuntimes = 21,
    Config = 22,
    Busy = 23,
    Cancelled = 24,
    Panic = 25,
    Limit = 26,
    NotFrozen = 27,
    BadSnapshot = 28,
    Compilation = 29,
    CompilerNotFound = 30,
}

/// <summary><c>isolator_host_number</c>.</summary>
internal static class HostNumber
{
    public const uint MaxRuntimes = 1;
    public const uint OnDemandAllocation = 2;
    public const uint KeepResident = 3;
    public const uint StackSize = 4;
    public const uint MaxCallbackDepth = 5;
    public const uint CallbackErrorDetails = 6;
    public const uint MeterFuel = 7;
    public const uint Memory = 8;
    public const uint RunningCalls = 9;
    public const uint QueueTimeout = 10;
    public const uint Compiled = 11;
}

/// <summary><c>isolator_host_text</c>.</summary>
internal static class HostText
{
    public const uint Guest = 1;
    public const uint CacheDirectory = 2;
    public const uint AssemblyDirectory = 3;
}

/// <summary><c>isolator_runtime_number</c>.</summary>
internal static class RuntimeNumber
{
    public const uint HeapLimit = 1;
    public const uint ValueGraphs = 2;
    public const uint Compiled = 3;
}

/// <summary><c>isolator_runtime_text</c>.</summary>
internal static class RuntimeText
{
    public const uint Argument = 1;
    public const uint WorkingDirectory = 2;
    public const uint BaseDirectory = 3;
    public const uint Culture = 4;
    public const uint TimeZone = 5;
}

/// <summary><c>isolator_runtime_pair</c>.</summary>
internal static class RuntimePair
{
    public const uint Environment = 1;
    public const uint Property = 2;
}

/// <summary><c>isolator_http_number</c>.</summary>
internal static class HttpNumber
{
    public const uint MaxRequests = 1;
    public const uint MaxConcurrent = 2;
    public const uint MaxRequest = 3;
    public const uint MaxResponse = 4;
    public const uint Timeout = 5;
    public const uint ShowCookies = 6;
    public const uint MaskSecrets = 7;
}

/// <summary><c>isolator_http_pair</c>.</summary>
internal static class HttpPair
{
    public const uint Allow = 1;
    public const uint Secret = 2;
    public const uint Header = 3;
}

/// <summary><c>isolator_statistic</c>.</summary>
internal static class Statistic
{
    public const uint HeapBytes = 1;
    public const uint Collections = 2;
    public const uint LiveHandles = 3;
    public const uint MemoryBytes = 4;
    public const uint PeakMemory = 5;
    public const uint CpuTime = 6;
    public const uint WallTime = 7;
    public const uint Fuel = 8;
    public const uint Calls = 9;
    public const uint HostCalls = 10;
    public const uint BytesIn = 11;
    public const uint BytesOut = 12;
    public const uint OutputBytes = 13;
    public const uint FileBytes = 14;
    public const uint CompiledAssemblies = 15;
    public const uint HttpRequests = 16;
    public const uint HttpSent = 17;
    public const uint HttpReceived = 18;
}

/// <summary><c>isolator_handle_kind</c>.</summary>
internal static class HandleKind
{
    public const uint Object = 1;
    public const uint Type = 2;
    public const uint Method = 3;
    public const uint Assembly = 4;
    public const uint Task = 5;
    public const uint Stream = 6;
}

/// <summary><c>isolator_script_number</c>.</summary>
internal static class ScriptNumber
{
    public const uint Nullable = 1;
    public const uint AllowUnsafe = 2;
    public const uint ImplicitUsings = 3;
    public const uint Optimize = 4;
    public const uint Symbols = 5;
    public const uint MaxDiagnostics = 6;
    public const uint Kind = 7;
    public const uint MaxSubmissions = 8;
    public const uint HotScripts = 9;
}

/// <summary><c>isolator_script_text</c>.</summary>
internal static class ScriptText
{
    public const uint Compiler = 1;
    public const uint CacheDirectory = 2;
    public const uint LanguageVersion = 3;
    public const uint Using = 4;
    public const uint PackageFolder = 5;
    public const uint AllowPackage = 6;
    public const uint LoadFolder = 7;
}
