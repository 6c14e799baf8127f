// Made by `cargo xtask codegen` from crates/isolator-abi/src/limits.rs: do not edit.

//! What C code calls the settings that messages name.

use ::isolator_host::Setting;

/// The name in `isolator.h`.
pub(crate) fn setting_name(setting: Setting) -> &'static str {
    match setting {
        Setting::Memory => "ISOLATOR_LIMIT_MEMORY",
        Setting::CallTimeout => "ISOLATOR_LIMIT_CALL_TIMEOUT",
        Setting::Lifetime => "ISOLATOR_LIMIT_LIFETIME",
        Setting::CallCpu => "ISOLATOR_LIMIT_CALL_CPU",
        Setting::TotalCpu => "ISOLATOR_LIMIT_TOTAL_CPU",
        Setting::Fuel => "ISOLATOR_LIMIT_FUEL",
        Setting::MaxOutput => "ISOLATOR_LIMIT_OUTPUT",
        Setting::MaxCallbacks => "ISOLATOR_LIMIT_CALLBACKS",
        Setting::CallbackRate => "ISOLATOR_LIMIT_CALLBACK_RATE",
        Setting::MaxCallbackDepth => "ISOLATOR_LIMIT_CALLBACK_DEPTH",
        Setting::MaxHandles => "ISOLATOR_LIMIT_HANDLES",
        Setting::MaxValue => "ISOLATOR_LIMIT_VALUE",
        Setting::MaxValueMemory => "ISOLATOR_LIMIT_VALUE",
        Setting::MaxBuffers => "ISOLATOR_LIMIT_BUFFERS",
        Setting::DirectoryBytes => "ISOLATOR_LIMIT_DIRECTORY_BYTES",
        Setting::MaxFiles => "ISOLATOR_LIMIT_FILES",
        Setting::MaxOpenFiles => "ISOLATOR_LIMIT_OPEN_FILES",
        Setting::CoarseClock => "ISOLATOR_LIMIT_COARSE_CLOCK",
        Setting::HostMemory => "ISOLATOR_HOST_MEMORY",
        Setting::RunningCalls => "ISOLATOR_HOST_RUNNING_CALLS",
        Setting::OutputOverflow => "ISOLATOR_LIMIT_OUTPUT_TRUNCATES",
        Setting::MeasureCpu => "ISOLATOR_LIMIT_MEASURES_CPU",
        Setting::MeterFuel => "ISOLATOR_HOST_METER_FUEL",
        Setting::MaxRuntimes => "ISOLATOR_HOST_MAX_RUNTIMES",
        Setting::StackSize => "ISOLATOR_HOST_STACK_SIZE",
        Setting::Guest => "ISOLATOR_HOST_GUEST",
        _ => "a setting of the engine",
    }
}
