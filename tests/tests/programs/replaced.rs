//! Every function of the runtime and of the base library that a guest answers itself, reached through the library's callers.

use isolator_host::{Limits, Stdin};
use isolator_tests::{host, workspace};
use std::collections::BTreeMap;

const FIXTURE: &str = "Crossings";
const REPLACED: &str = "Crossings.Replaced";

const INPUT: &str = "line\nand the rest\n";

/// Of a wait that nothing can end.
const NEVER: &str = "InvalidOperationException: This wait would never end: no work is queued, no timer is set and no call to the host is under way, so nothing is left that could end it. Await instead of waiting, or wait with a time-out.";

/// What is asked, what is answered, and the replaced functions that the answer comes from.
const ANSWERS: &[(&str, &str, &[&str])] = &[
    (
        "assembly location",
        "''",
        &["System.Reflection.RuntimeAssembly.get_Location"],
    ),
    (
        "assembly resolver",
        "/tmp/component.dll '' '' ArgumentException: The component assembly '/tmp/none.dll' does not exist. (Parameter 'componentAssemblyPath')",
        &[
            "System.Runtime.Loader.AssemblyDependencyResolver..ctor",
            "System.Runtime.Loader.AssemblyDependencyResolver.ResolveAssemblyToPath",
            "System.Runtime.Loader.AssemblyDependencyResolver.ResolveUnmanagedDllToPath",
        ],
    ),
    (
        "cast",
        "InvalidCastException: Unable to cast object of type 'System.String' to type 'System.Version'.",
        &["interp_get_exception_invalid_cast"],
    ),
    (
        "cast in the library",
        "InvalidCastException: Unable to cast object of type 'System.Int32' to type 'System.Collections.Generic.List`1[System.Int32]'.",
        &[
            "mono_object_castclass_with_cache",
            "mono_object_castclass_unbox",
        ],
    ),
    (
        "clock",
        "ranranran",
        &[
            "SystemNative_GetTimestamp",
            "SystemNative_GetLowResolutionTimestamp",
            "SystemNative_GetSystemTimeAsTicks",
        ],
    ),
    (
        "collector modes",
        "Interactive LowLatency",
        &[
            "System.Runtime.GCSettings.get_LatencyMode",
            "System.Runtime.GCSettings.SetGCLatencyMode",
        ],
    ),
    (
        "collector notifications",
        "nothing thrown NotApplicable NotApplicable nothing thrown",
        &[
            "System.GC._RegisterForFullGCNotification",
            "System.GC._CancelFullGCNotification",
            "System.GC._WaitForFullGCApproach",
            "System.GC._WaitForFullGCComplete",
        ],
    ),
    (
        "collector regions",
        "InvalidOperationException: NoGCRegion mode must be set. True NoGCRegion InvalidOperationException: The NoGCRegion mode was already in progress. InvalidOperationException: NoGCRegion mode must be set. InvalidOperationException: NoGCRegion mode must be set.",
        &[
            "System.GC.StartNoGCRegion",
            "System.GC.EndNoGCRegion",
            "System.GC.RegisterNoGCRegionCallback",
        ],
    ),
    (
        "collector regions with a callback",
        "ArgumentOutOfRangeException: totalSize ('0') must be a non-negative and non-zero value. (Parameter 'totalSize')\nActual value was 0.; ArgumentNullException: Value cannot be null. (Parameter 'callback'); True; InvalidOperationException: Allocated memory exceeds specified memory for NoGCRegion mode.; nothing thrown; InvalidOperationException: A NoGCRegion callback is already registered.",
        &["System.GC.RegisterNoGCRegionCallback"],
    ),
    (
        "collector regions, wrong",
        "ArgumentOutOfRangeException: totalSize ('-5') must be a non-negative and non-zero value. (Parameter 'totalSize')\nActual value was -5.; ArgumentOutOfRangeException: lohSize ('200') must be less than or equal to '100'. (Parameter 'lohSize')\nActual value was 200.; ArgumentOutOfRangeException: totalSize is too large. For more information about setting the maximum size, see \"Latency Modes\" in http://go.microsoft.com/fwlink/?LinkId=522706. (Parameter 'totalSize'); False Interactive",
        &["System.GC.StartNoGCRegion"],
    ),
    (
        "collector kinds",
        "ArgumentOutOfRangeException: Argument must be between Any and Background. (Parameter 'kind'); True True",
        &["System.GC.GetGCMemoryInfo"],
    ),
    (
        "collector memory",
        "256 True True True True",
        &[
            "ves_icall_System_GC_GetGCMemoryInfo",
            "System.GC.RefreshMemoryLimit",
            "System.GC.GetGCMemoryInfo",
        ],
    ),
    (
        "compatibility forms",
        "fi False",
        &[
            "GlobalizationNative_NormalizeString",
            "GlobalizationNative_IsNormalized",
            "System.Globalization.Normalization.ValidateArguments",
        ],
    ),
    (
        "console control",
        "False",
        &[
            "System.ConsolePal.get_TreatControlCAsInput",
            "System.ConsolePal.set_TreatControlCAsInput",
        ],
    ),
    (
        "console beep and keys",
        "beeped (0, 0) True L 17 InvalidOperationException: Cannot read keys when either application does not have a console or when console input has been redirected. Try Console.Read. InvalidOperationException: Cannot see if a key has been pressed when either application does not have a console or when console input has been redirected from a file. Try Console.In.Peek.",
        &[
            "System.Console.get_KeyAvailable",
            "System.ConsolePal.Beep",
            "System.ConsolePal.GetCursorPosition",
            "System.ConsolePal.ReadKey",
        ],
    ),
    (
        "console cursor place",
        "0 0 100",
        &[
            "System.Console.get_CursorLeft",
            "System.Console.get_CursorTop",
            "System.ConsolePal.get_CursorSize",
        ],
    ),
    (
        "console largest",
        "80 24",
        &[
            "System.ConsolePal.get_LargestWindowWidth",
            "System.ConsolePal.get_LargestWindowHeight",
        ],
    ),
    (
        "culture without data",
        "CultureNotFoundException: Culture is not supported: this guest image has no data of 'ast-es', and would format as another culture does. CultureInfo.GetCultures tells which it has; an image that is built with `--icu-data` has those of its file. (Parameter 'name')\nast-ES is an invalid culture identifier.",
        &[
            "GlobalizationNative_GetLocaleName",
            "System.Globalization.CultureInfo.GetCultureNotSupportedExceptionMessage",
        ],
    ),
    (
        "debugger",
        "written",
        &["System.Diagnostics.DebugProvider.WriteToDebugger"],
    ),
    (
        "file share",
        "IOException: The process cannot access the file '/tmp/alone' because it is being used by another process.",
        &["Microsoft.Win32.SafeHandles.SafeFileHandle.get_DisableFileLocking"],
    ),
    (
        "hashes",
        "82228E706DBA0DDF721373304DFE326A9C702AA806EE992BA30E70C2C9C53ACA DF77AA6754BC3C31D955698483D929A2DD940FE102E603C62327E7E964157D0C0A3A82AA3DB19C156F9E495F72ADC194 E4A3D99B742C80F4A502904AA5DBD7336054890BE5C7A795A8C5181280F390A7F5A788AD7327FEC63F871F66C031472E6511FF982715D4657391578AD279BB07",
        &[
            "System.Security.Cryptography.SHAManagedHashProvider/SHA256ManagedImplementation.SHATransform",
            "System.Security.Cryptography.SHAManagedHashProvider/SHA384ManagedImplementation.SHATransform",
            "System.Security.Cryptography.SHAManagedHashProvider/SHA512ManagedImplementation.SHATransform",
        ],
    ),
    (
        "lock",
        "False True True SynchronizationLockException: Object synchronization method was called from an unsynchronized block of code.",
        &[
            "System.Threading.Monitor.ReliableEnterTimeout",
            "System.Threading.Monitor.Exit",
        ],
    ),
    (
        "parameters",
        "False",
        &["ves_icall_System_Reflection_MonoMethodInfo_get_parameter_info_raw"],
    ),
    (
        "pointer to a method",
        "True",
        &["ves_icall_RuntimeMethodHandle_GetFunctionPointer_raw"],
    ),
    (
        "process",
        "True . False System.Diagnostics.Process (name) True True True True True True True 0 0 Normal '' 0 False True True True 00:00:00 Local True True True",
        &[
            "System.Diagnostics.Process.GetCurrentProcess",
            "System.Diagnostics.Process.get_Id",
            "System.Diagnostics.Process.get_ProcessName",
            "System.Diagnostics.Process.get_MachineName",
            "System.Diagnostics.Process.get_HasExited",
            "System.Diagnostics.Process.get_WorkingSet64",
            "System.Diagnostics.Process.get_PeakWorkingSet64",
            "System.Diagnostics.Process.get_PrivateMemorySize64",
            "System.Diagnostics.Process.get_VirtualMemorySize64",
            "System.Diagnostics.Process.get_PagedMemorySize64",
            "System.Environment.get_WorkingSet",
            "System.Diagnostics.Process.get_PeakPagedMemorySize64",
            "System.Diagnostics.Process.get_PeakVirtualMemorySize64",
            "System.Diagnostics.Process.get_StartTime",
            "System.Diagnostics.Process.get_TotalProcessorTime",
            "System.Diagnostics.Process.get_UserProcessorTime",
            "System.Diagnostics.Process.get_PrivilegedProcessorTime",
            "System.Diagnostics.Process.get_Responding",
            "System.Diagnostics.Process.get_SessionId",
            "System.Diagnostics.Process.get_BasePriority",
            "System.Diagnostics.Process.get_PriorityClass",
            "System.Diagnostics.Process.get_MainWindowTitle",
            "System.Diagnostics.Process.get_MainWindowHandle",
            "System.Diagnostics.Process.get_EnableRaisingEvents",
            "System.Diagnostics.Process.Refresh",
            "System.Diagnostics.Process.Close",
            "System.Diagnostics.Process.Dispose",
            "System.Diagnostics.Process.ToString",
        ],
    ),
    (
        "process as it is told",
        "True True 1 True 1 True True True True 1 0 1 1 1 True ArgumentException: Process with an Id of 43 is not running.",
        &[
            "System.Diagnostics.Process.get_HandleCount",
            "System.Diagnostics.Process.get_MainModule",
            "System.Diagnostics.Process.get_Threads",
            "System.Diagnostics.ProcessThreadCollection.get_Item",
            "System.Diagnostics.ProcessThread.get_Id",
            "System.Diagnostics.Process.GetProcessById",
            "System.Diagnostics.Process.GetProcesses",
            "System.Diagnostics.Process.GetProcessesByName",
        ],
    ),
    (
        "thread pool",
        "True False True False",
        &[
            "System.Threading.ThreadPool.SetMinThreads",
            "System.Threading.ThreadPool.SetMaxThreads",
        ],
    ),
    (
        "strings",
        "'' xxx 2000 2001 40000 1",
        &["ves_icall_System_String_FastAllocateString_raw"],
    ),
    (
        "synchronized method",
        "3",
        &["ves_icall_RuntimeMethodHandle_GetFunctionPointer_raw"],
    ),
    ("thread spin", "ran", &["System.Threading.Thread.SpinWait"]),
    (
        "assembly not found",
        "FileNotFoundException: Could not load file or assembly 'No.Such, Culture=neutral, PublicKeyToken=null'. The system cannot find the file specified.\n",
        &["System.IO.FileLoadException.FormatFileLoadExceptionMessage"],
    ),
    (
        "assembly of a type not found",
        "FileNotFoundException: Could not load file or assembly 'No.Such, Culture=neutral, PublicKeyToken=null'. The system cannot find the file specified.\n",
        &["mono_error_set_simple_file_not_found"],
    ),
    (
        "assembly of bytes",
        "BadImageFormatException: Bad IL format.",
        &[
            "mono_error_set_bad_image_by_name",
            "mono_error_set_generic_error",
        ],
    ),
    (
        "unsigned longs of a vector",
        "NotSupportedException: Specified method is not supported. 4",
        &[
            "System.Runtime.Intrinsics.Wasm.PackedSimd.CompareLessThan",
            "System.Runtime.Intrinsics.Wasm.PackedSimd.CompareLessThanOrEqual",
            "System.Runtime.Intrinsics.Wasm.PackedSimd.CompareGreaterThan",
            "System.Runtime.Intrinsics.Wasm.PackedSimd.CompareGreaterThanOrEqual",
            "emit_sri_packedsimd",
        ],
    ),
    (
        "type not found",
        "TypeLoadException: Could not resolve type 'None' in assembly 'Crossings, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null'.",
        &["mono_error_set_type_load_name"],
    ),
    (
        "barrier",
        NEVER,
        &["System.Threading.Barrier.DiscontinuousWait"],
    ),
    (
        "console background",
        "12",
        &[
            "System.ConsolePal.get_BackgroundColor",
            "System.ConsolePal.set_BackgroundColor",
        ],
    ),
    (
        "console buffer",
        "80 24",
        &[
            "System.ConsolePal.get_BufferWidth",
            "System.ConsolePal.get_BufferHeight",
        ],
    ),
    ("console clear", "cleared", &["System.ConsolePal.Clear"]),
    (
        "console cursor",
        "hidden",
        &["System.ConsolePal.set_CursorVisible"],
    ),
    (
        "console cursor position",
        "moved",
        &["System.ConsolePal.SetCursorPosition"],
    ),
    (
        "console foreground",
        "9",
        &[
            "System.ConsolePal.get_ForegroundColor",
            "System.ConsolePal.set_ForegroundColor",
        ],
    ),
    (
        "console input",
        "line a nd the rest",
        &["System.ConsolePal.GetOrCreateReader"],
    ),
    (
        "console input encoding",
        "iso-8859-1",
        &[
            "System.ConsolePal.get_InputEncoding",
            "System.ConsolePal.SetConsoleInputEncoding",
        ],
    ),
    (
        "console redirected",
        "True True True",
        &[
            "System.Console.get_IsInputRedirected",
            "System.Console.get_IsOutputRedirected",
            "System.Console.get_IsErrorRedirected",
        ],
    ),
    ("console reset", "reset", &["System.ConsolePal.ResetColor"]),
    (
        "console stream",
        "True",
        &["System.ConsolePal.OpenStandardInput"],
    ),
    ("console title", "set", &["System.ConsolePal.set_Title"]),
    (
        "console window",
        "80 24",
        &[
            "System.ConsolePal.get_WindowWidth",
            "System.ConsolePal.get_WindowHeight",
        ],
    ),
    (
        "culture names",
        "German (Switzerland) Deutsch (Schweiz)",
        &[
            "GlobalizationNative_GetLocaleInfoString",
            "System.Globalization.CultureData.JSInitLocaleInfo",
            "System.Globalization.CultureData.JSGetNativeDisplayName",
        ],
    ),
    (
        "zones by name",
        "Europe/Berlin America/Toronto Eastern Standard Time 01:00:00 | Central European Standard Time Central European Summer Time (UTC+01:00) Central European Time (Berlin) | (UTC) UTC",
        &[
            "System.TimeZoneInfo.PopulateStandardDisplayName",
            "System.TimeZoneInfo.PopulateDaylightDisplayName",
            "System.TimeZoneInfo.PopulateDisplayName",
            "System.TimeZoneInfo.TryConvertWindowsIdToIanaId",
            "System.TimeZoneInfo.TryConvertIanaIdToWindowsId",
            "System.TimeZoneInfo.GetAlternativeId",
        ],
    ),
    (
        "finalizers",
        "True",
        &["System.GC.WaitForPendingFinalizers"],
    ),
    (
        "finalizers by a delegate",
        "True",
        &["System.GC.WaitForPendingFinalizers"],
    ),
    (
        "finalizers by reflection",
        "True",
        &["System.GC.WaitForPendingFinalizers"],
    ),
    (
        "http",
        "HttpRequestException: HTTP to http://localhost/ was not granted: the host gave this runtime no HTTP at all. Whoever runs it has to allow the address: HttpGrant::allow in Rust, --allow-http on the command line, options.Http.Allow in C#.",
        &[
            "System.Net.Http.HttpConnectionPool.GetSslOptionsForRequest",
            "System.Net.Http.HttpConnectionPool.SendWithVersionDetectionAndRetryAsync",
        ],
    ),
    (
        "http handler",
        "True",
        &["System.Net.Http.SocketsHttpHandler.get_IsSupported"],
    ),
    (
        "secure streams",
        "PlatformNotSupportedException: An isolated runtime has no TLS and no Kerberos of its own. HttpClient works, where the host grants it: the host encrypts.; PlatformNotSupportedException: An isolated runtime has no TLS and no Kerberos of its own. HttpClient works, where the host grants it: the host encrypts.",
        &[
            "System.Net.Security.SslStream..ctor",
            "System.Net.Security.NegotiateStream..ctor",
        ],
    ),
    (
        "monitor",
        "pulses, True True, pulses all, True False",
        &[
            "System.Threading.Monitor.Monitor_wait",
            "System.Threading.Monitor.Monitor_pulse",
            "System.Threading.Monitor.Monitor_pulse_all",
        ],
    ),
    (
        "monitor by delegates",
        "False",
        &[
            "System.Threading.Monitor.Monitor_wait",
            "System.Threading.Monitor.Monitor_pulse",
            "System.Threading.Monitor.Monitor_pulse_all",
        ],
    ),
    (
        "monitor that nothing ends",
        NEVER,
        &["System.Threading.Monitor.Monitor_wait"],
    ),
    (
        "monitor without the lock",
        "SynchronizationLockException: Object synchronization method was called from an unsynchronized block of code.; SynchronizationLockException: Object synchronization method was called from an unsynchronized block of code.; SynchronizationLockException: Object synchronization method was called from an unsynchronized block of code.",
        &["System.Threading.Monitor.Monitor_wait"],
    ),
    (
        "parallel loop",
        "55CrossedException: in a loop",
        &["System.Threading.Tasks.TaskReplicator.Run"],
    ),
    (
        "parallel query",
        "5050",
        &["System.Linq.ParallelEnumerable.WithDegreeOfParallelism"],
    ),
    (
        "script",
        "PlatformNotSupportedException: This needs what an isolated runtime has not: sockets, without which there are no WebSockets, or the functions of a browser. HTTP requests are there, where the host grants them (HttpClient); for anything else call a function of the host (DotNetIsolatorHost.InvokeAsync).",
        &["Interop/Runtime.BindJSImportST"],
    ),
    (
        "signal",
        "PosixSignalRegistration",
        &["System.Runtime.InteropServices.PosixSignalRegistration.Register"],
    ),
    (
        "signal of the console",
        "registered",
        &["System.Runtime.InteropServices.PosixSignalRegistration.Register"],
    ),
    ("sleep", "True", &["SystemNative_LowLevelMonitor_TimedWait"]),
    (
        "sleep that nothing ends",
        NEVER,
        &["SystemNative_LowLevelMonitor_Wait"],
    ),
    (
        "thread join",
        "False; ThreadStateException: Thread has not been started.; InvalidOperationException: This wait would never end: no work is queued, no timer is set and no call to the host is under way, so nothing is left that could end it. Await instead of waiting, or wait with a time-out.",
        &["System.Threading.Thread.JoinInternal"],
    ),
    (
        "thread start",
        "nothing thrown; nothing thrown",
        &[
            "System.Threading.Thread.StartCore",
            "System.Threading.Thread.ThrowIfNoThreadStart",
        ],
    ),
    (
        "thread yield",
        "True True",
        &["System.Threading.Thread.YieldInternal"],
    ),
    (
        "timer that waits",
        "True True",
        &["System.Threading.TimerQueue.FireNextTimers"],
    ),
    (
        "wait handle that nothing ends",
        NEVER,
        &["SystemNative_LowLevelMonitor_Wait"],
    ),
    (
        "wait handles",
        "True False 258",
        &[
            "SystemNative_LowLevelMonitor_Wait",
            "SystemNative_LowLevelMonitor_TimedWait",
        ],
    ),
    (
        "waits of tasks",
        "5 True False",
        &["System.Threading.Monitor.Monitor_wait"],
    ),
];

fn answers() -> BTreeMap<String, String> {
    let mut names = host().create_runtime().unwrap();
    let names: Vec<String> = names.call(FIXTURE, REPLACED, "Names", ()).unwrap();
    names
        .into_iter()
        .map(|name| {
            let mut runtime = host()
                .runtime()
                .stdin(Stdin::Bytes(INPUT.into()))
                .create()
                .unwrap();
            let answer = runtime
                .call(FIXTURE, REPLACED, "Ask", (name.as_str(),))
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, answer)
        })
        .collect()
}

#[test]
fn what_is_replaced_answers_the_librarys_callers() {
    let expected: BTreeMap<String, String> = ANSWERS
        .iter()
        .map(|(name, answer, _)| ((*name).to_owned(), (*answer).to_owned()))
        .collect();
    assert_eq!(answers(), expected);
}

/// How many MiB a runtime says that it may still have.
fn available(limits: Limits) -> u64 {
    let mut runtime = host().runtime().limits(limits).create().unwrap();
    let answer: String = runtime
        .call(FIXTURE, REPLACED, "Ask", ("collector memory",))
        .unwrap();
    answer.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn available_memory_is_what_the_limits_leave() {
    for mebibytes in [64_u64, 100] {
        let limits = Limits::default().memory(mebibytes << 20);
        assert_eq!(available(limits), mebibytes);
    }
    let unlimited = available(Limits::none());
    assert!((1024..4096).contains(&unlimited), "{unlimited}");
}

/// The methods that the C side names (`TYPE::METHOD`, to register what answers them), and the functions that the linker puts in the place of others.
fn replaced_in_c() -> Vec<String> {
    let folder = workspace().join("crates/isolator-guest-shim/c/mono");
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "c") {
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        for (at, _) in text.match_indices("::") {
            let before = text[..at].rsplit('"').next().unwrap_or_default();
            let after = text[at..].split('"').next().unwrap_or_default();
            let name = format!("{before}{after}");
            let known = |c| is_name(c) || "./:(),".contains(c);
            // What is ours stands in the place of nothing.
            if name.chars().all(known) && !name.starts_with("Isolator.") {
                let name = name.split('(').next().unwrap_or_default();
                names.push(name.replace("::", "."));
            }
        }
        for wrapped in text.split("__wrap_").skip(1) {
            let name = wrapped.split(|c| !is_name(c)).next().unwrap_or_default();
            names.push(name.to_owned());
        }
    }
    names
}

/// The methods that `patches.rs` changes: each is named in a pair.
fn patched() -> Vec<String> {
    let path = workspace().join("crates/isolator-guest-shim/src/mono/patches.rs");
    let text = std::fs::read_to_string(path).unwrap();
    let tables = text
        .split("const CORE: &[Change]")
        .nth(1)
        .and_then(|rest| rest.split("\npub fn ").next())
        .expect("the tables of patches.rs");
    let quoted: Vec<&str> = tables
        .split('"')
        .skip(1)
        .step_by(2)
        .filter(|text| !text.is_empty())
        .collect();
    quoted
        .chunks(2)
        .map(|pair| pair.join("."))
        .filter(|name| !NOT_CHANGED.contains(&name.as_str()))
        .collect()
}

/// Named in a change without being what is changed.
const NOT_CHANGED: &[&str] = &[
    "System.Threading.TimerQueueTimer.Fire",
    "System.Threading.ObjectHeader.TryEnterFast",
    "System.Threading.ObjectHeader.TryExitChecked",
    "System.Threading.ThreadPool.UnsafeQueueUserWorkItemInternal",
    "System.Net.Http.HttpMessageHandler.Send",
    "System.Net.Http.HttpMessageHandler.SendAsync",
    "System.Net.Http.Metrics.MetricsHandler.SendAsync",
];

/// What no caller in a program's reach leads to, with the reason.
const UNREACHABLE: &[(&str, &str)] = &[
    (
        "System.Runtime.CompilerServices.RuntimeFeature.ThrowIfMultithreadingIsNotSupported",
        "of .NET 11",
    ),
    (
        "System.Net.Http.BrowserHttpInterop.CreateController",
        "of .NET 11",
    ),
    ("Internal.Cryptography.Helpers..cctor", CRYPTOGRAPHY),
    (
        "Internal.Cryptography.Helpers.get_IsRC2Supported",
        CRYPTOGRAPHY,
    ),
    ("mini_parse_debug_option", STARTING),
    (
        "sgen_client_array_fill_range",
        "leaves memory empty that nothing has",
    ),
    ("mono_error_set_method_missing", RECOMPILED),
    ("mono_error_set_field_missing", RECOMPILED),
    ("mono_error_set_for_class_failure", RECOMPILED),
    ("mono_class_set_type_load_failure", RECOMPILED),
];

/// What the programs and tests of these names ask: functions of the runtime that answer no method of the base library alone.
const ELSEWHERE: &[(&str, &[&str])] = &[
    (
        "collector",
        &[
            "ves_icall_System_GC_GetMaxGeneration",
            "ves_icall_System_GC_GetCollectionCount",
            "ves_icall_System_GC_GetGeneration_raw",
            "ves_icall_System_GC_InternalCollect",
        ],
    ),
    (
        "memory-handles",
        &[
            "ves_icall_RuntimeMethodInfo_MakeGenericMethod_impl_raw",
            "ves_icall_RuntimeType_MakeGenericType_raw",
            "ves_icall_System_TypedReference_ToObject_raw",
        ],
    ),
    (
        "no_call_of_the_base_library_ends_the_runtime",
        &[
            "ves_icall_System_Runtime_CompilerServices_RuntimeHelpers_GetUninitializedObjectInternal_raw",
            "ves_icall_System_Runtime_CompilerServices_RuntimeHelpers_GetSpanDataFrom_raw",
            "ves_icall_mono_delegate_ctor",
            "ves_icall_mono_delegate_ctor_interp",
            "ves_icall_MonoCustomAttrs_GetCustomAttributesInternal_raw",
            "ves_icall_MonoCustomAttrs_GetCustomAttributesDataInternal_raw",
            "ves_icall_MonoCustomAttrs_IsDefinedInternal_raw",
            "mono_runtime_try_invoke_byrefs",
        ],
    ),
    (
        "language-stack",
        &["ves_icall_System_Runtime_CompilerServices_RuntimeHelpers_SufficientExecutionStack"],
    ),
    (
        "language-unmanaged",
        &[
            "pthread_getschedparam",
            "pthread_setschedparam",
            "do_icall_wrapper",
            "ves_pinvoke_method",
            "mono_wasm_install_get_native_to_interp_tramp",
            "ves_icall_System_Runtime_InteropServices_Marshal_GetFunctionPointerForDelegateInternal_raw",
            "ves_icall_System_Runtime_InteropServices_Marshal_GetDelegateForFunctionPointerInternal_raw",
        ],
    ),
    (
        "memory-bulk-copies",
        &["mono_gc_memmove_aligned", "mono_gc_memmove_atomic"],
    ),
    (
        "memory-bulk-fills",
        &["mono_gc_bzero_aligned", "mono_gc_bzero_atomic"],
    ),
    (
        "numbers-saturating",
        &[
            "mono_fconv_u4",
            "mono_rconv_u4",
            "mono_fconv_u8",
            "mono_rconv_u8",
        ],
    ),
    ("numbers-rounded-once", &["interp_add_conv"]),
    (
        "strings-constructed",
        &["interp_add_ins_explicit", "interp_create_var_explicit"],
    ),
    ("language-nullables", &["interp_handle_box_patterns"]),
    ("exceptions-filters", &["interp_run_filter"]),
    (
        "traces",
        &[
            "ves_icall_System_Diagnostics_StackFrame_GetFrameInfo",
            "ves_icall_System_Diagnostics_StackTrace_GetTrace",
            "interp_method_check_inlining",
        ],
    ),
    (
        "delegates",
        &[
            "get_virtual_method",
            "mono_aot_get_method",
            "mono_marshal_get_delegate_invoke",
            "mono_mb_emit_ldarg_addr",
        ],
    ),
    (
        "parameters",
        &[
            "mini_install_interp_callbacks",
            "mini_llvmonly_load_method_ftndesc",
            "init_jit_call_info",
        ],
    ),
    ("memory-array-accessors", &["mono_compile_method_checked"]),
    ("memory-large-fields", &["interp_field_from_token"]),
    (
        "memory-large-locals",
        &[
            "mono_interp_transform_method",
            "generate_code",
            "interp_method_compute_offsets",
            "interp_emit_ldobj",
            "interp_emit_stobj",
            "load_local",
            "store_local",
            "push_type_explicit",
        ],
    ),
    (
        "threads-sleeping",
        &[
            "ves_icall_System_Threading_Monitor_Monitor_Enter_raw",
            "ves_icall_System_Threading_Monitor_Monitor_try_enter_with_atomic_var_raw",
            "mono_monitor_enter_internal",
            "mono_monitor_enter_fast",
            "mono_monitor_enter_v4_internal",
            "mono_monitor_enter_v4_fast",
            "mono_monitor_exit_icall_raw",
        ],
    ),
    (
        "net_sees_that_memory_ran_out_and_goes_on",
        &[
            "sgen_memgov_try_alloc_space",
            "sgen_need_major_collection",
            "sgen_los_alloc_large_inner",
        ],
    ),
    (
        "programs_survive_a_collection_before_every_allocation",
        &[
            "mono_gc_alloc_vector",
            "mono_gc_alloc_array",
            "mono_gc_alloc_string",
        ],
    ),
    (
        "zones_are_found_by_every_name_and_show_the_same_time",
        &["SystemNative_GetTimeZoneData"],
    ),
];

/// The texts of the tests that other functions are asked by.
fn other_tests() -> String {
    let tests = workspace().join("tests/tests");
    [
        "programs/main.rs",
        "programs/crossings.rs",
        "programs/cultures.rs",
        "programs/hunt.rs",
        "end_to_end/limits.rs",
    ]
    .map(|file| std::fs::read_to_string(tests.join(file)).unwrap())
    .concat()
}

const CRYPTOGRAPHY: &str = "asked by the programs of `Cryptography`";
const STARTING: &str = "asked as the runtime is made, before there is a program";
const RECOMPILED: &str = "asked by the program `exceptions-missing-recompiled`";

#[test]
fn every_replaced_function_is_asked() {
    let mut replaced = replaced_in_c();
    replaced.extend(patched());
    assert!(replaced.len() > 40, "{replaced:?}");
    let asked: Vec<&str> = ANSWERS
        .iter()
        .flat_map(|(_, _, functions)| functions.iter().copied())
        .chain(UNREACHABLE.iter().map(|(name, _)| *name))
        .chain(
            ELSEWHERE
                .iter()
                .flat_map(|(_, functions)| functions.iter().copied()),
        )
        .collect();
    let tests = other_tests();
    for (test, functions) in ELSEWHERE {
        let is_there = [format!("\"{test}\""), format!("fn {test}(")]
            .iter()
            .any(|text| tests.contains(text));
        assert!(is_there, "there is no test `{test}`, for {functions:?}");
    }
    for name in &replaced {
        assert!(
            asked.iter().any(|asked| plain(asked) == plain(name)),
            "nothing asks `{name}`"
        );
    }
    for name in asked {
        assert!(
            replaced.iter().any(|other| plain(other) == plain(name)),
            "`{name}` is not replaced"
        );
    }
}

/// A method's name in whichever way its replacement is named: the managed one, or that of the runtime's C function for it.
fn plain(name: &str) -> String {
    let name = name.strip_prefix("ves_icall_").unwrap_or(name);
    let name = name.strip_suffix("_raw").unwrap_or(name);
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}
