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

mod api;
mod assemblies;
#[cfg(feature = "tokio")]
mod async_runtime;
mod batch;
mod bytes;
mod callback;
mod contract;
mod copy_on_write;
mod engine;
mod entry;
mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod grants;
mod guest_log;
mod handle;
mod host;
mod image;
mod imports;
mod inspection;
mod instance;
mod limits;
mod loader;
#[cfg(test)]
mod lying;
mod methods;
mod nearest;
mod ops;
pub mod printable;
mod runtime;
mod scalar;
mod settings;
mod stack;
mod state;
mod stdin;
mod stdio;
mod symbols;
#[cfg(test)]
mod test_guest;
#[cfg(test)]
mod tests;
mod trap;
mod validate;
pub mod values;
mod waiting;
mod wasi;

pub use api::NextRun;
pub use assemblies::{AssemblyFolder, LARGEST_ASSEMBLY, read_named_file};
#[cfg(feature = "tokio")]
pub use async_runtime::{AsyncCall, AsyncRuntime, AsyncStream, WeakAsyncRuntime};
pub use batch::{BatchArguments, BatchColumn, BatchResults};
#[cfg(feature = "tokio")]
pub use bytes::CallDeadline;
pub use bytes::CallSignal;
pub use callback::{
    CallContext, CallbackFailure, IntoAsyncCallback, IntoCallback, IntoFallibleAsyncCallback,
    IntoFallibleCallback, MAX_CALLBACK_DEPTH,
};
pub use engine::{DEFAULT_MAX_RUNTIMES, DEFAULT_WASM_STACK, Processors};
pub use error::{Error, IsolatedException, Result};
pub use grants::{Access, RuntimeBuilder};
pub use handle::{
    Handle, IsolatedAssembly, IsolatedMethod, IsolatedObject, IsolatedStream, IsolatedTask,
    IsolatedType,
};
pub use host::{HostBuilder, IsolatedRuntimeHost};
pub use image::{GuestImage, validate_guest};
pub use isolator_abi::wire::{GuestStatistics, Inspection, MethodQuery};
pub use limits::{
    CallLimits, CancelHandle, DEFAULT_CALL_TIMEOUT, DEFAULT_MAX_FILES, DEFAULT_MAX_HANDLES,
    DEFAULT_MAX_OPEN_FILES, DEFAULT_MAX_VALUE, DEFAULT_MEMORY, HostLimits, LimitKind, Limits,
    OutputAccount, OutputOverflow, RuntimeStats,
};
pub use loader::{AssemblyImage, AssemblyLoader, AssemblyRequest};
pub use runtime::IsolatedRuntime;
pub use settings::Setting;
pub use stdio::{DEFAULT_CAPTURE_LIMIT, Stdin, Stdio};
pub use trap::TrapKind;
pub use waiting::allow_blocking;
