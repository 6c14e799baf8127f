// Made by `cargo xtask codegen` from crates/isolator-abi/src/limits.rs: do not edit.

//! The kinds of limits.

use super::limit::Unit;
use crate::settings::Setting;

/// Which limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitKind {
    /// Memory of the runtime beyond its snapshot, in bytes: [`Limits::memory`](crate::Limits::memory).
    Memory,
    /// Wall time of one call: [`Limits::call_timeout`](crate::Limits::call_timeout); or time that a call waited whose fuel or CPU
    /// time is limited, and not its wall time.
    CallTimeout,
    /// Wall time since the runtime was created: [`Limits::lifetime`](crate::Limits::lifetime).
    Lifetime,
    /// CPU time of one call: [`Limits::call_cpu`](crate::Limits::call_cpu).
    CallCpu,
    /// CPU time of all calls together: [`Limits::total_cpu`](crate::Limits::total_cpu).
    TotalCpu,
    /// Fuel, about one a WebAssembly instruction: [`Limits::fuel`](crate::Limits::fuel).
    Fuel,
    /// Bytes written to standard output and error: [`Limits::max_output`](crate::Limits::max_output).
    Output,
    /// Calls of the host: [`Limits::max_callbacks`](crate::Limits::max_callbacks).
    Callbacks,
    /// Calls of the host in a second: [`Limits::callback_rate`](crate::Limits::callback_rate).
    CallbackRate,
    /// Handles that the host holds: [`Limits::max_handles`](crate::Limits::max_handles). Not fatal.
    Handles,
    /// Bytes of one value that crosses: [`Limits::max_value`](crate::Limits::max_value). Not fatal.
    Value,
    /// Bytes of the host's memory that a value takes once it is read: [`Limits::max_value_memory`](crate::Limits::max_value_memory).
    /// Not fatal.
    ValueMemory,
    /// Bytes of calls of the host that are under way: [`Limits::max_buffers`](crate::Limits::max_buffers). Not fatal: the guest gets
    /// an exception.
    Buffers,
    /// Disk space taken in granted directories: [`Limits::directory_bytes`](crate::Limits::directory_bytes). Not fatal: the guest
    /// gets an `IOException`.
    DirectoryBytes,
    /// Files and directories made: [`Limits::max_files`](crate::Limits::max_files). Not fatal: the guest gets an `IOException`.
    Files,
    /// Files open at once: [`Limits::max_open_files`](crate::Limits::max_open_files). Not fatal: the guest gets an `IOException`.
    OpenFiles,
    /// Memory of all runtimes of the host: [`HostLimits::memory`](crate::HostLimits::memory).
    HostMemory,
    /// Calls that run at once in all runtimes of the host: [`HostLimits::running_calls`](crate::HostLimits::running_calls). Not
    /// fatal.
    RunningCalls,
}

impl LimitKind {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Memory,
        Self::CallTimeout,
        Self::Lifetime,
        Self::CallCpu,
        Self::TotalCpu,
        Self::Fuel,
        Self::Output,
        Self::Callbacks,
        Self::CallbackRate,
        Self::Handles,
        Self::Value,
        Self::ValueMemory,
        Self::Buffers,
        Self::DirectoryBytes,
        Self::Files,
        Self::OpenFiles,
        Self::HostMemory,
        Self::RunningCalls,
    ];

    pub(crate) fn unit(self) -> Unit {
        match self {
            Self::Memory
            | Self::Output
            | Self::Value
            | Self::ValueMemory
            | Self::Buffers
            | Self::DirectoryBytes
            | Self::HostMemory => Unit::Bytes,
            Self::CallTimeout | Self::Lifetime | Self::CallCpu | Self::TotalCpu => Unit::Time,
            Self::Fuel
            | Self::Callbacks
            | Self::CallbackRate
            | Self::Handles
            | Self::Files
            | Self::OpenFiles
            | Self::RunningCalls => Unit::Number,
        }
    }

    /// Whether a runtime that reached the limit can no longer be used.
    #[must_use]
    pub fn is_fatal(self) -> bool {
        !matches!(
            self,
            Self::Handles
                | Self::Value
                | Self::ValueMemory
                | Self::Buffers
                | Self::DirectoryBytes
                | Self::Files
                | Self::OpenFiles
                | Self::RunningCalls
        )
    }

    /// What ran out, and the setting that raises it.
    pub(super) fn words(self) -> (&'static str, Setting) {
        match self {
            Self::Memory => ("memory beyond the snapshot", Setting::Memory),
            Self::CallTimeout => ("time of one call", Setting::CallTimeout),
            Self::Lifetime => ("time that the runtime may live", Setting::Lifetime),
            Self::CallCpu => ("CPU time of one call", Setting::CallCpu),
            Self::TotalCpu => ("CPU time of the runtime", Setting::TotalCpu),
            Self::Fuel => ("fuel", Setting::Fuel),
            Self::Output => (
                "bytes written to standard output and error",
                Setting::MaxOutput,
            ),
            Self::Callbacks => ("calls of the host", Setting::MaxCallbacks),
            Self::CallbackRate => ("calls of the host in a second", Setting::CallbackRate),
            Self::Handles => ("handles that the host holds", Setting::MaxHandles),
            Self::Value => ("size of one value", Setting::MaxValue),
            Self::ValueMemory => ("memory of the host for one value", Setting::MaxValueMemory),
            Self::Buffers => (
                "bytes of calls of the host that are under way",
                Setting::MaxBuffers,
            ),
            Self::DirectoryBytes => (
                "bytes written in granted directories",
                Setting::DirectoryBytes,
            ),
            Self::Files => ("files and directories made", Setting::MaxFiles),
            Self::OpenFiles => ("files open at once", Setting::MaxOpenFiles),
            Self::HostMemory => ("memory of all runtimes of the host", Setting::HostMemory),
            Self::RunningCalls => (
                "calls that run at once in all runtimes of the host",
                Setting::RunningCalls,
            ),
        }
    }
}
