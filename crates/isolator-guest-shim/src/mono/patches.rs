//! Methods of the base class library that must do something else in a runtime that waits by running queued work.
//!
//! The pack's assemblies are those of a browser, which cannot wait; most of that is decided in C, which `waiting.c`
//! answers. What is decided in IL is changed here, in place, so that nothing moves: each change says what it expects to
//! find, and a pack that has something else fails the build.

use crate::crypto;
use crate::error::{BuildError, Context};
use crate::metadata::{Metadata, Method};
use std::path::{Path, PathBuf};

/// `MethodImplAttributes.InternalCall`.
const INTERNAL_CALL: u16 = 0x1000;
const CALL: u8 = 0x28;
const CALL_VIRTUAL: u8 = 0x6f;
const POP: u8 = 0x26;
const LOAD_0: u8 = 0x16;
const NOP: u8 = 0x00;
const LOAD_ARGUMENT_0: u8 = 0x02;
const LOAD_ARGUMENT_1: u8 = 0x03;
const LOAD_NULL: u8 = 0x14;
const THROW: u8 = 0x7a;
const RETURN: u8 = 0x2a;

/// A method: its type and its name, which no other method of the type has.
type Name = (&'static str, &'static str);

enum Change {
    /// Has no body any more: C answers it.
    InternalCall(Name),
    /// The same for the one of several methods of that name that has so many parameters.
    InternalCallWithParameters(Name, usize),
    /// The same for the first of these that is there.
    FirstInternalCall(&'static [Name]),
    /// Calls another method with the same arguments.
    CallOther {
        within: Name,
        instead_of: Name,
        callee: Name,
    },
    /// Does not call a method of one argument that says whether it did something: it did not.
    NoCall { within: Name, callee: Name },
    /// Calls nothing but itself for this type of number (an element type), and throws what another method does instead.
    Throws {
        within: Name,
        element: u8,
        helper: Name,
    },
    /// Is other code altogether, which needs a stack of so many values.
    OtherCode {
        within: Name,
        stack: u16,
        code: &'static [Piece],
    },
    /// Takes itself not to be in a browser: every `OperatingSystem.IsBrowser` in it says no.
    NotInBrowser(Name),
    /// Has other bytes in its IL, in the one place where the old ones are: those of one of these pairs of old and new.
    OtherBytes {
        within: Name,
        choices: &'static [(&'static [u8], &'static [u8])],
    },
}

/// A part of a method's code.
enum Piece {
    /// Instructions without names in them.
    Bytes(&'static [u8]),
    /// A call.
    Call(Name),
    /// A call through the object's type.
    CallVirtual(Name),
    /// Makes the object that another method makes of what such a call gives it.
    NewAfter { within: Name, callee: Name },
}

/// The changes, by the file that they are made in.
const CHANGES: &[(&str, &[Change])] = &[
    ("System.Private.CoreLib.dll", CORE),
    ("System.Threading.dll", BARRIER),
    ("System.Linq.Parallel.dll", PARALLEL_QUERIES),
    ("System.Threading.Tasks.Parallel.dll", PARALLEL_LOOPS),
    ("System.Console.dll", CONSOLE),
    ("System.Net.Http.dll", HTTP),
    ("System.Net.Security.dll", SECURE_STREAMS),
    ("System.Security.Cryptography.dll", HASHES),
    ("System.Diagnostics.Process.dll", PROCESS),
];

/// `ELEMENT_TYPE_U8`.
const UNSIGNED_LONG: u8 = 0x0b;

/// WebAssembly has no instruction for these, and the method that stands for one calls itself.
const fn no_instruction(within: Name) -> Change {
    Change::Throws {
        within,
        element: UNSIGNED_LONG,
        helper: ("System.ThrowHelper", "ThrowNotSupportedException"),
    }
}

const CORE: &[Change] = &[
    no_instruction((
        "System.Runtime.Intrinsics.Wasm.PackedSimd",
        "CompareLessThan",
    )),
    no_instruction((
        "System.Runtime.Intrinsics.Wasm.PackedSimd",
        "CompareLessThanOrEqual",
    )),
    no_instruction((
        "System.Runtime.Intrinsics.Wasm.PackedSimd",
        "CompareGreaterThan",
    )),
    no_instruction((
        "System.Runtime.Intrinsics.Wasm.PackedSimd",
        "CompareGreaterThanOrEqual",
    )),
    // `Thread.Start` asks one of these first, .NET 10 the one and .NET 11 the other, which all waits ask there, too.
    Change::FirstInternalCall(&[
        (
            "System.Runtime.CompilerServices.RuntimeFeature",
            "ThrowIfMultithreadingIsNotSupported",
        ),
        ("System.Threading.Thread", "ThrowIfNoThreadStart"),
    ]),
    Change::InternalCall(("System.Threading.Thread", "StartCore")),
    // Whoever spins waits for other code.
    Change::InternalCall(("System.Threading.Thread", "SpinWait")),
    // Managed code takes and leaves locks that nobody contends for; here C does, which counts them: see monitors.c.
    Change::NoCall {
        within: ("System.Threading.Monitor", "ReliableEnterTimeout"),
        callee: ("System.Threading.ObjectHeader", "TryEnterFast"),
    },
    Change::NoCall {
        within: ("System.Threading.Monitor", "Exit"),
        callee: ("System.Threading.ObjectHeader", "TryExitChecked"),
    },
    // `Console.CancelKeyPress` and whoever wants to hear of a signal: none ever comes, which is no reason to fail.
    Change::InternalCall((
        "System.Runtime.InteropServices.PosixSignalRegistration",
        "Register",
    )),
    // Mono gives no text at all for an assembly that `Assembly.Load` does not find: see missing.c.
    Change::InternalCall((
        "System.IO.FileLoadException",
        "FormatFileLoadExceptionMessage",
    )),
    // Who opens a file is asked for a lock, which a browser has not: see compat/locks.c.
    Change::InternalCall((
        "Microsoft.Win32.SafeHandles.SafeFileHandle",
        "get_DisableFileLocking",
    )),
    // What a debugger would show goes nowhere without one: the browser's console is none of a program's outputs.
    Change::InternalCall(("System.Diagnostics.DebugProvider", "WriteToDebugger")),
    // What programs ask the collector for, of which this one can do as much as is asked or nothing: collector.c.
    Change::InternalCall(("System.GC", "StartNoGCRegion")),
    Change::InternalCall(("System.GC", "EndNoGCRegion")),
    Change::InternalCall(("System.GC", "RegisterNoGCRegionCallback")),
    Change::InternalCall(("System.GC", "RefreshMemoryLimit")),
    // A browser knows of no memory that it takes: process.c.
    Change::InternalCall(("System.Environment", "get_WorkingSet")),
    Change::InternalCallWithParameters(("System.GC", "GetGCMemoryInfo"), 1),
    Change::InternalCall(("System.GC", "_RegisterForFullGCNotification")),
    Change::InternalCall(("System.GC", "_CancelFullGCNotification")),
    Change::InternalCall(("System.GC", "_WaitForFullGCApproach")),
    Change::InternalCall(("System.GC", "_WaitForFullGCComplete")),
    Change::InternalCall(("System.Runtime.GCSettings", "get_LatencyMode")),
    Change::InternalCall(("System.Runtime.GCSettings", "SetGCLatencyMode")),
    // How many threads the pool may have is accepted, as everywhere.
    Change::InternalCall(("System.Threading.ThreadPool", "SetMinThreads")),
    Change::InternalCall(("System.Threading.ThreadPool", "SetMaxThreads")),
    // A browser has no compatibility forms, and refuses them (`brtrue` beyond that): see normalization.c. .NET 11 does not.
    Change::OtherBytes {
        within: ("System.Globalization.Normalization", "ValidateArguments"),
        choices: &[
            (&[0x17, 0x2d, 0x00, 0x03], &[0x17, 0x2d, 0x13, 0x03]),
            (&[LOAD_ARGUMENT_0, CALL], &[LOAD_ARGUMENT_0, CALL]),
        ],
    },
    // What is said of a culture that there is no data of: see cultures.c.
    Change::InternalCall((
        "System.Globalization.CultureInfo",
        "GetCultureNotSupportedExceptionMessage",
    )),
    // A browser is asked for names of cultures: see names.c.
    Change::InternalCall(("System.Globalization.CultureData", "JSInitLocaleInfo")),
    Change::InternalCall(("System.Globalization.CultureData", "JSGetNativeDisplayName")),
    // It knows no names of zones, Windows' included: see zone_names.c.
    Change::InternalCall(("System.TimeZoneInfo", "PopulateStandardDisplayName")),
    Change::InternalCall(("System.TimeZoneInfo", "PopulateDaylightDisplayName")),
    Change::InternalCall(("System.TimeZoneInfo", "PopulateDisplayName")),
    Change::InternalCallWithParameters(("System.TimeZoneInfo", "TryConvertWindowsIdToIanaId"), 4),
    Change::InternalCallWithParameters(("System.TimeZoneInfo", "TryConvertIanaIdToWindowsId"), 3),
    Change::InternalCall(("System.TimeZoneInfo", "GetAlternativeId")),
    // Where a program's assemblies are, for the program: see answers.c.
    Change::InternalCall(("System.Reflection.RuntimeAssembly", "get_Location")),
    Change::InternalCall(("System.Runtime.Loader.AssemblyDependencyResolver", ".ctor")),
    Change::InternalCall((
        "System.Runtime.Loader.AssemblyDependencyResolver",
        "ResolveAssemblyToPath",
    )),
    Change::InternalCall((
        "System.Runtime.Loader.AssemblyDependencyResolver",
        "ResolveUnmanagedDllToPath",
    )),
    // The first timer that is due runs inside the enumeration of all. If it waits, and so runs timers, that fails.
    Change::CallOther {
        within: ("System.Threading.TimerQueue", "FireNextTimers"),
        instead_of: ("System.Threading.TimerQueueTimer", "Fire"),
        callee: (
            "System.Threading.ThreadPool",
            "UnsafeQueueUserWorkItemInternal",
        ),
    },
];

/// `Barrier` waits for ever in steps of 100 ms and more: without a longest step (`ldloc.0`), but for what its caller said
/// (`ldarg.2`), it is seen that such a wait can never end.
const BARRIER: &[Change] = &[Change::OtherBytes {
    within: ("System.Threading.Barrier", "DiscontinuousWait"),
    choices: &[(&[0x2b, 0x01, 0x06, 0x0c], &[0x2b, 0x01, 0x04, 0x0c])],
}];

/// The partitions of a parallel query wait for each other, which only threads can: there is one partition (`ldc.i4.1`)
/// whatever degree (`ldarg.1`) a query asks for. Without being asked that is so anyway, as there is one processor.
const PARALLEL_QUERIES: &[Change] = &[Change::OtherBytes {
    within: ("System.Linq.ParallelEnumerable", "WithDegreeOfParallelism"),
    choices: &[(&[0x12, 0x00, 0x03, 0x73], &[0x12, 0x00, 0x17, 0x73])],
}];

/// In a browser a parallel loop runs in its caller, and its exceptions leave as they are. The ordinary way (`pop` instead of
/// `brtrue`) wraps them as everywhere; it is made to start no second worker (`ldc.i4 1` whatever is asked for), since two that
/// wait would do so inside each other, and a thousand cannot.
const PARALLEL_LOOPS: &[Change] = &[
    Change::OtherBytes {
        within: ("System.Threading.Tasks.TaskReplicator", "Run"),
        choices: &[
            (&[0x2d, 0x07, 0x28], &[0x26, 0x00, 0x28]),
            // .NET 11 asks the other way round, whether there are threads: `brfalse`.
            (&[0x2d, 0x2b, 0x21], &[0x2c, 0x2b, 0x21]),
        ],
    },
    Change::OtherBytes {
        within: ("System.Threading.Tasks.TaskReplicator", "Run"),
        choices: &[(
            &[0x16, 0x30, 0x07, 0x20, 0xff, 0xff, 0xff, 0x7f],
            &[0x16, 0x26, 0x26, 0x20, 0x01, 0x00, 0x00, 0x00],
        )],
    },
];

/// What the browser's console refuses and one whose streams are redirected does not: see console.c.
const CONSOLE: &[Change] = &[
    Change::InternalCall(("System.Console", "get_IsInputRedirected")),
    Change::InternalCall(("System.Console", "get_IsOutputRedirected")),
    Change::InternalCall(("System.Console", "get_IsErrorRedirected")),
    Change::InternalCall(("System.ConsolePal", "OpenStandardInput")),
    Change::InternalCall(("System.ConsolePal", "GetOrCreateReader")),
    Change::InternalCall(("System.ConsolePal", "get_InputEncoding")),
    Change::InternalCall(("System.ConsolePal", "SetConsoleInputEncoding")),
    Change::InternalCall(("System.ConsolePal", "get_ForegroundColor")),
    Change::InternalCall(("System.ConsolePal", "set_ForegroundColor")),
    Change::InternalCall(("System.ConsolePal", "get_BackgroundColor")),
    Change::InternalCall(("System.ConsolePal", "set_BackgroundColor")),
    Change::InternalCall(("System.ConsolePal", "ResetColor")),
    Change::InternalCall(("System.ConsolePal", "set_Title")),
    Change::InternalCall(("System.ConsolePal", "set_CursorVisible")),
    Change::InternalCall(("System.ConsolePal", "SetCursorPosition")),
    Change::InternalCall(("System.ConsolePal", "get_WindowWidth")),
    Change::InternalCall(("System.ConsolePal", "get_WindowHeight")),
    Change::InternalCall(("System.ConsolePal", "get_BufferWidth")),
    Change::InternalCall(("System.ConsolePal", "get_BufferHeight")),
    Change::InternalCall(("System.ConsolePal", "get_LargestWindowWidth")),
    Change::InternalCall(("System.ConsolePal", "get_LargestWindowHeight")),
    Change::InternalCall(("System.ConsolePal", "get_CursorSize")),
    Change::InternalCall(("System.ConsolePal", "get_TreatControlCAsInput")),
    Change::InternalCall(("System.ConsolePal", "set_TreatControlCAsInput")),
    Change::InternalCall(("System.ConsolePal", "ReadKey")),
    Change::InternalCall(("System.Console", "get_KeyAvailable")),
    Change::InternalCall(("System.ConsolePal", "GetCursorPosition")),
    Change::InternalCallWithParameters(("System.ConsolePal", "Beep"), 0),
    Change::InternalCall(("System.Console", "get_CursorLeft")),
    Change::InternalCall(("System.Console", "get_CursorTop")),
];

/// What a program asks of its own process, as far as it can be told: see process.c. The rest of the pack's type only throws.
const PROCESS: &[Change] = &[
    Change::InternalCall(("System.Diagnostics.Process", "GetCurrentProcess")),
    Change::InternalCall(("System.Diagnostics.Process", "get_Id")),
    Change::InternalCall(("System.Diagnostics.Process", "get_ProcessName")),
    Change::InternalCall(("System.Diagnostics.Process", "get_MachineName")),
    Change::InternalCall(("System.Diagnostics.Process", "get_HasExited")),
    Change::InternalCall(("System.Diagnostics.Process", "get_WorkingSet64")),
    Change::InternalCall(("System.Diagnostics.Process", "get_PeakWorkingSet64")),
    Change::InternalCall(("System.Diagnostics.Process", "get_PrivateMemorySize64")),
    Change::InternalCall(("System.Diagnostics.Process", "get_VirtualMemorySize64")),
    Change::InternalCall(("System.Diagnostics.Process", "get_PagedMemorySize64")),
    Change::InternalCall(("System.Diagnostics.Process", "get_PeakPagedMemorySize64")),
    Change::InternalCall(("System.Diagnostics.Process", "get_PeakVirtualMemorySize64")),
    Change::InternalCall(("System.Diagnostics.Process", "get_StartTime")),
    Change::InternalCall(("System.Diagnostics.Process", "get_TotalProcessorTime")),
    Change::InternalCall(("System.Diagnostics.Process", "get_UserProcessorTime")),
    Change::InternalCall(("System.Diagnostics.Process", "get_PrivilegedProcessorTime")),
    Change::InternalCall(("System.Diagnostics.Process", "get_Responding")),
    Change::InternalCall(("System.Diagnostics.Process", "get_SessionId")),
    Change::InternalCall(("System.Diagnostics.Process", "get_BasePriority")),
    Change::InternalCall(("System.Diagnostics.Process", "get_PriorityClass")),
    Change::InternalCall(("System.Diagnostics.Process", "get_MainWindowTitle")),
    Change::InternalCall(("System.Diagnostics.Process", "get_MainWindowHandle")),
    Change::InternalCall(("System.Diagnostics.Process", "get_EnableRaisingEvents")),
    Change::InternalCall(("System.Diagnostics.Process", "get_HandleCount")),
    Change::InternalCall(("System.Diagnostics.Process", "get_MainModule")),
    Change::InternalCall(("System.Diagnostics.Process", "get_Threads")),
    Change::InternalCall(("System.Diagnostics.ProcessThreadCollection", "get_Item")),
    Change::InternalCall(("System.Diagnostics.ProcessThread", "get_Id")),
    Change::InternalCallWithParameters(("System.Diagnostics.Process", "GetProcessById"), 1),
    Change::InternalCallWithParameters(("System.Diagnostics.Process", "GetProcessById"), 2),
    Change::InternalCallWithParameters(("System.Diagnostics.Process", "GetProcesses"), 0),
    Change::InternalCallWithParameters(("System.Diagnostics.Process", "GetProcesses"), 1),
    Change::InternalCallWithParameters(("System.Diagnostics.Process", "GetProcessesByName"), 1),
    Change::InternalCallWithParameters(("System.Diagnostics.Process", "GetProcessesByName"), 2),
    Change::InternalCall(("System.Diagnostics.Process", "Refresh")),
    Change::InternalCall(("System.Diagnostics.Process", "Close")),
    Change::InternalCall(("System.Diagnostics.Process", "Dispose")),
    Change::InternalCall(("System.Diagnostics.Process", "ToString")),
];

/// Where a request of `HttpClient` would go to JavaScript: it says that there is no network instead.
const HTTP_OF_BROWSERS: &[Change] = &[Change::InternalCall((
    "System.Net.Http.BrowserHttpInterop",
    "CreateController",
))];

/// Where a request, after redirects, cookies' rules and credentials, would get a connection of its pool: a handler of ours gets it, see
/// `Http/HostHandler.cs`. One method, which only connections called, becomes the internal call that makes the handler.
const HTTP: &[Change] = &[
    Change::InternalCall((
        "System.Net.Http.HttpConnectionPool",
        "GetSslOptionsForRequest",
    )),
    Change::InternalCall(("System.Net.Http.SocketsHttpHandler", "get_IsSupported")),
    Change::OtherCode {
        within: (
            "System.Net.Http.HttpConnectionPool",
            "SendWithVersionDetectionAndRetryAsync",
        ),
        stack: 4,
        code: &[
            // The handler, of the pool and the request; then the request and its token (`ldarg.s 4`).
            Piece::Bytes(&[LOAD_ARGUMENT_0, LOAD_ARGUMENT_1]),
            Piece::Call((
                "System.Net.Http.HttpConnectionPool",
                "GetSslOptionsForRequest",
            )),
            Piece::Bytes(&[LOAD_ARGUMENT_1, 0x0e, 0x04]),
            // Whether it is asynchronous (`ldarg.2`): then over the next eleven bytes.
            Piece::Bytes(&[0x04, 0x2d, 0x0b]),
            Piece::CallVirtual(("System.Net.Http.HttpMessageHandler", "Send")),
            Piece::NewAfter {
                within: ("System.Net.Http.Metrics.MetricsHandler", "SendAsync"),
                callee: ("System.Net.Http.HttpMessageHandler", "Send"),
            },
            Piece::Bytes(&[RETURN]),
            Piece::CallVirtual(("System.Net.Http.HttpMessageHandler", "SendAsync")),
            Piece::NewAfter {
                within: ("System.Net.Http.Metrics.MetricsHandler", "SendAsync"),
                callee: ("System.Net.Http.HttpMessageHandler", "SendAsync"),
            },
            Piece::Bytes(&[RETURN]),
        ],
    },
];

/// What would need the system's TLS or Kerberos says that it is not there.
const SECURE_STREAMS: &[Change] = &[
    Change::InternalCallWithParameters(("System.Net.Security.SslStream", ".ctor"), 5),
    Change::InternalCallWithParameters(("System.Net.Security.NegotiateStream", ".ctor"), 2),
];

/// The flavour for Linux leaves out what a browser has not (MD5, RC2, encryption with passwords), where it finds itself in one.
const LINUX_CRYPTOGRAPHY: &[Change] = &[
    Change::NotInBrowser(("Internal.Cryptography.Helpers", ".cctor")),
    Change::NotInBrowser(("Internal.Cryptography.Helpers", "get_IsRC2Supported")),
];

/// What computes a block of a hash, in C#, in the flavour for browsers: see hashes.c.
const HASHES: &[Change] = &[
    Change::InternalCall((
        "System.Security.Cryptography.SHAManagedHashProvider/SHA256ManagedImplementation",
        "SHATransform",
    )),
    Change::InternalCall((
        "System.Security.Cryptography.SHAManagedHashProvider/SHA384ManagedImplementation",
        "SHATransform",
    )),
    Change::InternalCall((
        "System.Security.Cryptography.SHAManagedHashProvider/SHA512ManagedImplementation",
        "SHATransform",
    )),
];

/// Writes the assemblies that a guest boots from into a folder: these, changed.
///
/// # Errors
/// If a file cannot be read or written, or [`apply`] fails.
pub fn write_all(assemblies: &[PathBuf], out: &Path) -> Result<(), BuildError> {
    let _ = std::fs::remove_dir_all(out);
    std::fs::create_dir_all(out).at("create", out)?;
    for path in assemblies {
        let name = path.file_name().unwrap_or_default();
        let mut image = std::fs::read(path).at("read", path)?;
        apply(&name.to_string_lossy(), &mut image)?;
        let changed = out.join(name);
        std::fs::write(&changed, image).at("write", &changed)?;
    }
    Ok(())
}

/// Makes all changes to the assembly of that file name, if there are any.
///
/// # Errors
/// If it is no assembly, or a method is missing or not as expected.
pub fn apply(name: &str, file: &mut [u8]) -> Result<(), BuildError> {
    for change in changes_of(name, file) {
        let (at, bytes) = {
            let metadata = Metadata::read(file)
                .ok_or_else(|| BuildError::Recipe(format!("{name} is not an assembly")))?;
            change.plan(&metadata, file).map_err(|e| {
                BuildError::Recipe(format!(
                    "{name} of this runtime pack is not as patches.rs expects: {e}. Look at what it does now, and adapt the changes there."
                ))
            })?
        };
        file[at..at + bytes.len()].copy_from_slice(&bytes);
    }
    Ok(())
}

/// The changes to an assembly. Of some there is another flavour in packs of other versions.
fn changes_of(name: &str, file: &[u8]) -> &'static [Change] {
    let has = |ty: &str, method: &str| {
        Metadata::read(file).is_some_and(|metadata| !metadata.methods(ty, method).is_empty())
    };
    match name {
        "System.Net.Http.dll" if has("System.Net.Http.BrowserHttpInterop", "CreateController") => {
            HTTP_OF_BROWSERS
        }
        // It computes nothing in C#.
        crypto::ASSEMBLY if !crypto::imports(file).is_empty() => LINUX_CRYPTOGRAPHY,
        // A browser's throws anyway.
        "System.Net.Security.dll" if !has("System.Net.NegotiateAuthenticationPal", "Create") => &[],
        _ => {
            let changes = CHANGES.iter().find(|(of, _)| *of == name);
            changes.map_or(&[], |(_, changes)| changes)
        }
    }
}

impl Change {
    /// What to write, and where.
    fn plan(&self, metadata: &Metadata<'_>, file: &[u8]) -> Result<(usize, Vec<u8>), String> {
        match self {
            Self::InternalCall(name) | Self::InternalCallWithParameters(name, _) => {
                let method = match self {
                    Self::InternalCallWithParameters(_, number) => {
                        with_parameters(metadata, *name, *number)?
                    }
                    _ => only(metadata, *name)?,
                };
                let flags = method.row + 4;
                if method.il.is_none() || file[flags..flags + 2] != [0, 0] {
                    return Err(format!("{} is not plain IL", show(*name)));
                }
                let mut row = vec![0; 4];
                row.extend(INTERNAL_CALL.to_le_bytes());
                Ok((method.row, row))
            }
            Self::FirstInternalCall(names) => {
                let found = names
                    .iter()
                    .find(|(ty, method)| !metadata.methods(ty, method).is_empty());
                match found {
                    Some(name) => Self::InternalCall(*name).plan(metadata, file),
                    None => Err(format!(
                        "there is none of {}",
                        names
                            .iter()
                            .map(|n| show(*n))
                            .collect::<Vec<_>>()
                            .join(", ")
                    )),
                }
            }
            Self::CallOther {
                within,
                instead_of,
                callee,
            } => {
                let at = one_call(metadata, file, *within, *instead_of)?;
                let mut call = vec![CALL];
                call.extend(only(metadata, *callee)?.token.to_le_bytes());
                Ok((at, call))
            }
            Self::NoCall { within, callee } => {
                let at = one_call(metadata, file, *within, *callee)?;
                Ok((at, vec![POP, LOAD_0, NOP, NOP, NOP]))
            }
            Self::Throws {
                within,
                element,
                helper,
            } => {
                let found = metadata
                    .methods(within.0, within.1)
                    .into_iter()
                    .find(|method| method.last == Some(*element))
                    .ok_or_else(|| format!("{} has no overload of that type", show(*within)))?;
                let il = body(metadata, &found, *within)?;
                let mut expected = vec![LOAD_ARGUMENT_0, LOAD_ARGUMENT_1, CALL];
                expected.extend(found.token.to_le_bytes());
                expected.push(RETURN);
                if file[il.clone()] != expected {
                    return Err(format!("{} does not call itself", show(*within)));
                }
                let mut thrown = vec![CALL];
                thrown.extend(with_parameters(metadata, *helper, 0)?.token.to_le_bytes());
                // It does not come back, and what follows has to be code all the same.
                thrown.extend([LOAD_NULL, THROW, NOP]);
                Ok((il.start, thrown))
            }
            Self::OtherCode {
                within,
                stack,
                code,
            } => {
                let il = body(metadata, &only(metadata, *within)?, *within)?;
                let mut new = Vec::new();
                for piece in *code {
                    new.extend(piece.code(metadata, file)?);
                }
                // A fat header has the size of the stack, and then eight bytes that stay, before the code.
                const BEFORE: usize = 10;
                const FAT: u8 = 3;
                let header = il.start.checked_sub(BEFORE + 2);
                if new.len() + 2 > il.len() || header.is_none_or(|at| file[at] & FAT != FAT) {
                    return Err(format!("{} has no room for other code", show(*within)));
                }
                new.resize(il.len() - 2, NOP);
                new.extend([LOAD_NULL, THROW]);
                let mut all = stack.to_le_bytes().to_vec();
                all.extend(&file[il.start - BEFORE + 2..il.start]);
                all.extend(new);
                Ok((il.start - BEFORE, all))
            }
            Self::NotInBrowser(within) => {
                let il = body(metadata, &only(metadata, *within)?, *within)?;
                let token = metadata
                    .foreign("System.OperatingSystem", "IsBrowser")
                    .ok_or("nothing asks whether this is a browser")?;
                let mut question = vec![CALL];
                question.extend(token.to_le_bytes());
                let mut code = file[il.clone()].to_vec();
                let asked: Vec<usize> = (0..code.len().saturating_sub(4))
                    .filter(|at| code[*at..*at + 5] == question)
                    .collect();
                if asked.is_empty() {
                    return Err(format!("{} asks no such thing", show(*within)));
                }
                for at in asked {
                    code[at..at + 5].copy_from_slice(&[LOAD_0, NOP, NOP, NOP, NOP]);
                }
                Ok((il.start, code))
            }
            Self::OtherBytes { within, choices } => {
                let il = body(metadata, &only(metadata, *within)?, *within)?;
                let places = |old: &[u8]| -> Vec<usize> {
                    let windows = file[il.clone()].windows(old.len()).enumerate();
                    windows
                        .filter_map(|(at, window)| (window == old).then_some(at))
                        .collect()
                };
                for (old, new) in *choices {
                    if let [at] = places(old)[..] {
                        return Ok((il.start + at, new.to_vec()));
                    }
                }
                Err(format!(
                    "{} has none of the expected instructions in one place",
                    show(*within)
                ))
            }
        }
    }
}

impl Piece {
    fn code(&self, metadata: &Metadata<'_>, file: &[u8]) -> Result<Vec<u8>, String> {
        const NEW: u8 = 0x73;
        /// Of an instruction with a token.
        const LENGTH: usize = 5;
        let call = |instruction: u8, callee: Name| {
            let token = only(metadata, callee)?.token.to_le_bytes();
            Ok([&[instruction], &token[..]].concat())
        };
        match self {
            Self::Bytes(bytes) => Ok(bytes.to_vec()),
            Self::Call(callee) => call(CALL, *callee),
            Self::CallVirtual(callee) => call(CALL_VIRTUAL, *callee),
            Self::NewAfter { within, callee } => {
                let at = one_call(metadata, file, *within, *callee)? + LENGTH;
                match file.get(at..at + LENGTH) {
                    Some(new) if new[0] == NEW => Ok(new.to_vec()),
                    _ => Err(format!(
                        "{} makes no object of what {} gives it",
                        show(*within),
                        show(*callee)
                    )),
                }
            }
        }
    }
}

fn with_parameters(metadata: &Metadata<'_>, name: Name, number: usize) -> Result<Method, String> {
    metadata
        .methods(name.0, name.1)
        .into_iter()
        .find(|method| method.parameters == number)
        .ok_or_else(|| match number {
            0 => format!("there is no {} without parameters", show(name)),
            _ => format!("there is no {} with {number} parameters", show(name)),
        })
}

/// Where the one call of a method is, within another.
fn one_call(
    metadata: &Metadata<'_>,
    file: &[u8],
    within: Name,
    callee: Name,
) -> Result<usize, String> {
    let il = body(metadata, &only(metadata, within)?, within)?;
    let token = only(metadata, callee)?.token;
    let code = &file[il.clone()];
    let is_call = |window: &[u8]| {
        (window[0] == CALL || window[0] == CALL_VIRTUAL) && window[1..] == token.to_le_bytes()
    };
    let calls: Vec<usize> = (0..code.len().saturating_sub(4))
        .filter(|at| is_call(&code[*at..*at + 5]))
        .collect();
    match calls[..] {
        [at] => Ok(il.start + at),
        _ => Err(format!(
            "{} calls {} {} times, not once",
            show(within),
            show(callee),
            calls.len()
        )),
    }
}

fn only(metadata: &Metadata<'_>, name: Name) -> Result<Method, String> {
    let mut found = metadata.methods(name.0, name.1);
    match found.len() {
        1 => Ok(found.remove(0)),
        count => Err(format!("there are {count} methods {}, not one", show(name))),
    }
}

fn body(
    metadata: &Metadata<'_>,
    method: &Method,
    name: Name,
) -> Result<std::ops::Range<usize>, String> {
    let il = method
        .il
        .clone()
        .ok_or_else(|| format!("{} has no body", show(name)))?;
    // Methods whose IL is the same may share it.
    match metadata.methods_at(&il) {
        1 => Ok(il),
        count => Err(format!(
            "{} has its body in common with {} others",
            show(name),
            count - 1
        )),
    }
}

fn show((ty, method): Name) -> String {
    format!("{ty}.{method}")
}
