//! What a runtime may use up: memory, time, output and so on. What is reached is a typed error, and the host goes on.

mod call_limits;
mod cancel;
mod cpu;
mod gate;
mod host;
pub(crate) mod log;
mod memory;
mod meter;
mod output;
mod set;
mod stats;
mod ticker;
mod woken;

pub use call_limits::CallLimits;
use call_limits::Reserve;
pub use cancel::CancelHandle;
pub(crate) use cancel::Control;
pub(crate) use gate::Gate;
pub use host::HostLimits;
pub(crate) use host::HostMemory;
pub(crate) use meter::Meter;
pub use output::OutputAccount;
pub use set::Limits;
pub use stats::RuntimeStats;
pub(crate) use ticker::{Activity, Ticker};
pub(crate) use woken::{Call, Woken};

pub use crate::error::LimitKind;
pub(crate) use crate::error::{LimitHit, Stop};

#[doc(inline)]
pub use isolator_abi::limits::{
    DEFAULT_CALL_TIMEOUT, DEFAULT_MAX_FILES, DEFAULT_MAX_HANDLES, DEFAULT_MAX_OPEN_FILES,
    DEFAULT_MAX_VALUE, DEFAULT_MEMORY,
};
pub(crate) use isolator_abi::numbers::LARGEST_VALUE;

use crate::error::{Error, Result};
use crate::settings::Setting;
use std::time::Duration;

/// What happens to output beyond [`Limits::max_output`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutputOverflow {
    /// The call ends with [`LimitKind::Output`], and the runtime is dead.
    #[default]
    Fail,
    /// It is dropped; the guest does not notice. [`RuntimeStats::reached`] tells.
    Truncate,
}

impl Limits {
    /// Whether [`RuntimeStats::cpu`](crate::RuntimeStats::cpu) is measured at each entry into the guest, as with a limit of CPU time. Otherwise it is sampled.
    pub fn measure_cpu(mut self, exactly: bool) -> Self {
        self.measure_cpu = exactly;
        self
    }

    /// What happens to output beyond [`max_output`](Self::max_output).
    pub fn output_overflow(mut self, overflow: OutputOverflow) -> Self {
        self.output_overflow = overflow;
        self
    }

    /// What [`output_overflow`](Self::output_overflow) was set to.
    #[must_use]
    pub fn get_output_overflow(&self) -> OutputOverflow {
        self.output_overflow
    }

    /// Most bytes of one value.
    pub(crate) fn largest_value(&self) -> u64 {
        self.max_value
            .map_or(LARGEST_VALUE, |most| most.min(LARGEST_VALUE))
    }

    /// Most bytes of the host's memory for one value.
    pub(crate) fn most_memory(&self) -> u64 {
        self.max_value_memory.unwrap_or(u64::MAX)
    }

    /// Whether a clock has to be looked at while guest code runs.
    pub(crate) fn of_time(&self) -> bool {
        self.call_timeout.is_some()
            || self.lifetime.is_some()
            || self.reads_cpu()
            || self.waiting().is_some()
    }

    /// How long a call may wait in all, where nothing else ends a wait: who limits work by what it uses wants it to end, and a wait
    /// uses nothing.
    pub(crate) fn waiting(&self) -> Option<Duration> {
        let of_work = self.fuel.is_some() || self.call_cpu.is_some() || self.total_cpu.is_some();
        let of_wall = self.call_timeout.is_some() || self.lifetime.is_some();
        (of_work && !of_wall).then_some(DEFAULT_CALL_TIMEOUT)
    }

    /// Whether the thread's CPU clock is read at each entry.
    pub(crate) fn reads_cpu(&self) -> bool {
        self.measure_cpu || self.call_cpu.is_some() || self.total_cpu.is_some()
    }

    /// Refuses what this system cannot do.
    pub(crate) fn check(&self) -> Result<()> {
        if self.reads_cpu() && cpu::thread_cpu().is_none() {
            return Err(Error::Config {
                message: format!(
                    "limits of CPU time ({}, {}, {}) need a CPU clock per thread, which this system does not have: use {}",
                    Setting::CallCpu,
                    Setting::TotalCpu,
                    Setting::MeasureCpu,
                    Setting::CallTimeout
                ),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_is_safe_and_none_is_none() {
        let safe = Limits::default();
        assert_eq!(safe.get_memory(), Some(DEFAULT_MEMORY));
        assert_eq!(safe.get_call_timeout(), Some(DEFAULT_CALL_TIMEOUT));
        assert!(safe.of_time() && !safe.reads_cpu());
        let none = Limits::none();
        assert_eq!(none.largest_value(), LARGEST_VALUE);
        assert_eq!(none.max_value(u64::MAX).largest_value(), LARGEST_VALUE);
        assert_eq!(Limits::none().max_value(5).largest_value(), 5);
        let none = Limits::none();
        assert!(none.get_memory().is_none() && !none.of_time());
        let all = safe.memory(None).call_timeout(None).max_handles(None);
        let all = all.max_value(None).max_value_memory(None);
        let all = all.max_buffers(None);
        let all = all.max_files(None).max_open_files(None);
        assert_eq!(all, none);
    }

    #[test]
    fn who_limits_work_limits_waiting() {
        let minute = Some(DEFAULT_CALL_TIMEOUT);
        let second = Duration::from_secs(1);
        for limits in [
            Limits::none().fuel(1),
            Limits::none().call_cpu(second),
            Limits::none().total_cpu(second),
        ] {
            assert_eq!(limits.waiting(), minute);
            assert!(limits.of_time());
            assert_eq!(limits.clone().call_timeout(second).waiting(), None);
            assert_eq!(limits.lifetime(second).waiting(), None);
        }
        assert_eq!(Limits::none().waiting(), None);
        assert_eq!(Limits::default().waiting(), None);
    }
}
