// Made by `cargo xtask codegen` from crates/isolator-abi/src/limits.rs: do not edit.

//! The settings.

/// A setting that a message of this library names: what to change where something does not suit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Setting {
    /// [`Limits::memory`](crate::Limits::memory).
    Memory,
    /// [`Limits::call_timeout`](crate::Limits::call_timeout).
    CallTimeout,
    /// [`Limits::lifetime`](crate::Limits::lifetime).
    Lifetime,
    /// [`Limits::call_cpu`](crate::Limits::call_cpu).
    CallCpu,
    /// [`Limits::total_cpu`](crate::Limits::total_cpu).
    TotalCpu,
    /// [`Limits::fuel`](crate::Limits::fuel).
    Fuel,
    /// [`Limits::max_output`](crate::Limits::max_output).
    MaxOutput,
    /// [`Limits::max_callbacks`](crate::Limits::max_callbacks).
    MaxCallbacks,
    /// [`Limits::callback_rate`](crate::Limits::callback_rate).
    CallbackRate,
    /// [`Limits::max_callback_depth`](crate::Limits::max_callback_depth).
    MaxCallbackDepth,
    /// [`Limits::max_handles`](crate::Limits::max_handles).
    MaxHandles,
    /// [`Limits::max_value`](crate::Limits::max_value).
    MaxValue,
    /// [`Limits::max_value_memory`](crate::Limits::max_value_memory).
    MaxValueMemory,
    /// [`Limits::max_buffers`](crate::Limits::max_buffers).
    MaxBuffers,
    /// [`Limits::directory_bytes`](crate::Limits::directory_bytes).
    DirectoryBytes,
    /// [`Limits::max_files`](crate::Limits::max_files).
    MaxFiles,
    /// [`Limits::max_open_files`](crate::Limits::max_open_files).
    MaxOpenFiles,
    /// [`Limits::coarse_clock`](crate::Limits::coarse_clock).
    CoarseClock,
    /// [`Limits::output_overflow`](crate::Limits::output_overflow).
    OutputOverflow,
    /// [`Limits::measure_cpu`](crate::Limits::measure_cpu).
    MeasureCpu,
    /// [`HostLimits::memory`](crate::HostLimits::memory).
    HostMemory,
    /// [`HostLimits::running_calls`](crate::HostLimits::running_calls).
    RunningCalls,
    /// [`HostBuilder::meter_fuel`](crate::HostBuilder::meter_fuel).
    MeterFuel,
    /// [`HostBuilder::max_runtimes`](crate::HostBuilder::max_runtimes).
    MaxRuntimes,
    /// [`HostBuilder::stack_size`](crate::HostBuilder::stack_size).
    StackSize,
    /// [`HostBuilder::guest`](crate::HostBuilder::guest).
    Guest,
}

impl Setting {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Memory,
        Self::CallTimeout,
        Self::Lifetime,
        Self::CallCpu,
        Self::TotalCpu,
        Self::Fuel,
        Self::MaxOutput,
        Self::MaxCallbacks,
        Self::CallbackRate,
        Self::MaxCallbackDepth,
        Self::MaxHandles,
        Self::MaxValue,
        Self::MaxValueMemory,
        Self::MaxBuffers,
        Self::DirectoryBytes,
        Self::MaxFiles,
        Self::MaxOpenFiles,
        Self::CoarseClock,
        Self::OutputOverflow,
        Self::MeasureCpu,
        Self::HostMemory,
        Self::RunningCalls,
        Self::MeterFuel,
        Self::MaxRuntimes,
        Self::StackSize,
        Self::Guest,
    ];

    /// The name in Rust.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Memory => "Limits::memory",
            Self::CallTimeout => "Limits::call_timeout",
            Self::Lifetime => "Limits::lifetime",
            Self::CallCpu => "Limits::call_cpu",
            Self::TotalCpu => "Limits::total_cpu",
            Self::Fuel => "Limits::fuel",
            Self::MaxOutput => "Limits::max_output",
            Self::MaxCallbacks => "Limits::max_callbacks",
            Self::CallbackRate => "Limits::callback_rate",
            Self::MaxCallbackDepth => "Limits::max_callback_depth",
            Self::MaxHandles => "Limits::max_handles",
            Self::MaxValue => "Limits::max_value",
            Self::MaxValueMemory => "Limits::max_value_memory",
            Self::MaxBuffers => "Limits::max_buffers",
            Self::DirectoryBytes => "Limits::directory_bytes",
            Self::MaxFiles => "Limits::max_files",
            Self::MaxOpenFiles => "Limits::max_open_files",
            Self::CoarseClock => "Limits::coarse_clock",
            Self::OutputOverflow => "Limits::output_overflow",
            Self::MeasureCpu => "Limits::measure_cpu",
            Self::HostMemory => "HostLimits::memory",
            Self::RunningCalls => "HostLimits::running_calls",
            Self::MeterFuel => "IsolatedRuntimeHost::builder().meter_fuel()",
            Self::MaxRuntimes => "IsolatedRuntimeHost::builder().max_runtimes(…)",
            Self::StackSize => "IsolatedRuntimeHost::builder().stack_size(…)",
            Self::Guest => "IsolatedRuntimeHost::builder().guest(…)",
        }
    }
}
