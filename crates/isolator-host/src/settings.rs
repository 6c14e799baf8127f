//! Names of settings as messages spell them. A binding for another language puts that language's names in their place.

use std::fmt;

macro_rules! settings {
    ($($(#[$doc:meta])* $setting:ident = $name:literal,)*) => {
        /// A setting that a message of this library names: what to change where something does not suit.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Setting {
            $($(#[$doc])* $setting,)*
        }

        impl Setting {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$setting,)*];

            /// The name in Rust.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$setting => $name,)*
                }
            }
        }
    };
}

settings! {
    /// [`Limits::memory`](crate::Limits::memory).
    Memory = "Limits::memory",
    /// [`Limits::call_timeout`](crate::Limits::call_timeout).
    CallTimeout = "Limits::call_timeout",
    /// [`Limits::lifetime`](crate::Limits::lifetime).
    Lifetime = "Limits::lifetime",
    /// [`Limits::call_cpu`](crate::Limits::call_cpu).
    CallCpu = "Limits::call_cpu",
    /// [`Limits::total_cpu`](crate::Limits::total_cpu).
    TotalCpu = "Limits::total_cpu",
    /// [`Limits::measure_cpu`](crate::Limits::measure_cpu).
    MeasureCpu = "Limits::measure_cpu",
    /// [`Limits::fuel`](crate::Limits::fuel).
    Fuel = "Limits::fuel",
    /// [`Limits::max_output`](crate::Limits::max_output).
    MaxOutput = "Limits::max_output",
    /// [`Limits::max_callbacks`](crate::Limits::max_callbacks).
    MaxCallbacks = "Limits::max_callbacks",
    /// [`Limits::callback_rate`](crate::Limits::callback_rate).
    CallbackRate = "Limits::callback_rate",
    /// [`Limits::max_handles`](crate::Limits::max_handles).
    MaxHandles = "Limits::max_handles",
    /// [`Limits::max_value`](crate::Limits::max_value).
    MaxValue = "Limits::max_value",
    /// [`Limits::max_value_memory`](crate::Limits::max_value_memory).
    MaxValueMemory = "Limits::max_value_memory",
    /// [`Limits::max_buffers`](crate::Limits::max_buffers).
    MaxBuffers = "Limits::max_buffers",
    /// [`Limits::directory_bytes`](crate::Limits::directory_bytes).
    DirectoryBytes = "Limits::directory_bytes",
    /// [`Limits::max_files`](crate::Limits::max_files).
    MaxFiles = "Limits::max_files",
    /// [`Limits::max_open_files`](crate::Limits::max_open_files).
    MaxOpenFiles = "Limits::max_open_files",
    /// [`HostLimits::memory`](crate::HostLimits::memory).
    HostMemory = "HostLimits::memory",
    /// [`HostLimits::running_calls`](crate::HostLimits::running_calls).
    RunningCalls = "HostLimits::running_calls",
    /// [`HostBuilder::meter_fuel`](crate::HostBuilder::meter_fuel).
    MeterFuel = "IsolatedRuntimeHost::builder().meter_fuel()",
    /// [`HostBuilder::max_runtimes`](crate::HostBuilder::max_runtimes).
    MaxRuntimes = "IsolatedRuntimeHost::builder().max_runtimes(…)",
    /// [`HostBuilder::stack_size`](crate::HostBuilder::stack_size).
    StackSize = "IsolatedRuntimeHost::builder().stack_size(…)",
    /// [`HostBuilder::guest`](crate::HostBuilder::guest).
    Guest = "IsolatedRuntimeHost::builder().guest(…)",
}

impl fmt::Display for Setting {
    /// As messages spell it: the name between backticks.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.name())
    }
}

impl Setting {
    /// A text with the settings that it names called something else.
    #[must_use]
    pub fn rename_in(text: &str, name: impl Fn(Self) -> &'static str) -> String {
        let mut renamed = text.to_owned();
        for setting in Self::ALL {
            let old = setting.to_string();
            if renamed.contains(&old) {
                renamed = renamed.replace(&old, &format!("`{}`", name(*setting)));
            }
        }
        renamed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_put_in_place_of_names() {
        let text = format!(
            "raise {} or {}; `Limits` stays",
            Setting::Memory,
            Setting::HostMemory
        );
        let renamed = Setting::rename_in(&text, |setting| match setting {
            Setting::Memory => "A",
            _ => "B",
        });
        assert_eq!(renamed, "raise `A` or `B`; `Limits` stays");
    }
}
