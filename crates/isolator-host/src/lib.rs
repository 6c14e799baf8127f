//! Runs many isolated .NET runtimes inside one process, each in a WebAssembly sandbox.
//!
//! An [`IsolatedRuntimeHost`] loads a guest image once. Each [`IsolatedRuntime`] that it creates, in microseconds, is a .NET
//! of its own: own memory, no files, no network, no environment, unless granted by its [`RuntimeBuilder`]. Values cross as
//! [`serde`] types; what stays inside is named by handles such as [`IsolatedObject`].
//!
//! ```no_run
//! # fn main() -> isolator_host::Result<()> {
//! use isolator_host::{IsolatedRuntimeHost, Stdio};
//!
//! let host = IsolatedRuntimeHost::builder().assembly_directory("bin/Debug/net10.0")?.build()?;
//! let mut runtime = host.runtime().stdout(Stdio::Capture).create()?;
//! runtime.register_callback("greet", |name: String| format!("hello {name}"));
//! let counter = runtime.create_object("App", "App.Counter")?;
//! let count: i32 = runtime.call_on(&counter, "Increment", (5,))?;
//! println!("{count} {}", runtime.stdout_utf8());
//! # Ok(()) }
//! ```

mod assemblies;
mod border;
mod callback;
mod engine;
mod error;
mod host;
#[cfg(feature = "http")]
pub mod http;
mod image;
mod limits;
mod nearest;
pub mod printable;
#[cfg(feature = "tokio")]
mod pump;
mod runtime;
mod settings;
mod side;
mod signature;
mod snapshot;
mod stdio;
#[cfg(any(test, feature = "fuzzing"))]
mod testing;
pub mod values;
mod wasi;

pub use assemblies::loader::{AssemblyImage, AssemblyLoader, AssemblyRequest};
pub use assemblies::{AssemblyFolder, LARGEST_ASSEMBLY, read_file_below, read_named_file};
pub use border::batch::{BatchArguments, BatchColumn, BatchResults};
pub use callback::{
    CallContext, CallbackFailure, HostFunction, IntoAsyncCallback, IntoCallback,
    IntoFallibleAsyncCallback, IntoFallibleCallback, MAX_CALLBACK_DEPTH, PendingCall,
};
pub use engine::{DEFAULT_MAX_RUNTIMES, DEFAULT_WASM_STACK, Processors};
pub use error::{Error, IsolatedException, LimitKind, Result, TrapKind};
pub use host::grants::{Access, RuntimeBuilder};
pub use host::{HostBuilder, IsolatedRuntimeHost};
#[doc(hidden)]
pub use image::{
    CACHE_VARIABLE, cache_directory, cache_folder, check_cached, check_found,
    make_private_directory,
};
pub use image::{GuestImage, validate_guest};
pub use isolator_abi::wire::{GuestStatistics, Inspection, MethodQuery};
pub use limits::{
    CallLimits, CancelHandle, DEFAULT_CALL_TIMEOUT, DEFAULT_MAX_FILES, DEFAULT_MAX_HANDLES,
    DEFAULT_MAX_OPEN_FILES, DEFAULT_MAX_VALUE, DEFAULT_MEMORY, HostLimits, Limits, OutputAccount,
    OutputOverflow, RuntimeStats,
};
#[cfg(feature = "tokio")]
pub use pump::{AsyncCall, AsyncRuntime, AsyncStream, WeakAsyncRuntime};
#[cfg(feature = "tokio")]
pub use runtime::calls::CallDeadline;
pub use runtime::calls::{CallSignal, NextRun, TURN};
pub use runtime::{Calls, IsolatedRuntime};
pub use settings::Setting;
pub use side::Compiled;
pub use snapshot::{AppSnapshot, SnapshotForm, SnapshotInfo, Suspended};
pub use stdio::waiting::allow_blocking;
pub use stdio::{DEFAULT_CAPTURE_LIMIT, Stdin, Stdio};
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub use testing::fuzzing;
pub use values::handle::{
    Handle, IsolatedAssembly, IsolatedMethod, IsolatedObject, IsolatedStream, IsolatedTask,
    IsolatedType,
};
