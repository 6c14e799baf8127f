//! What a runtime may use up: memory, time, output and so on. What is reached is a typed error, and the host goes on.

mod cancel;
mod cpu;
mod kind;
mod memory;
mod meter;
mod ticker;

pub use cancel::CancelHandle;
pub(crate) use cancel::Control;
pub use kind::LimitKind;
pub(crate) use kind::{LimitHit, Stop};
pub(crate) use meter::{Meter, tick};
pub(crate) use ticker::Ticker;

use crate::error::{Error, Result};
use std::time::Duration;

/// Memory that a runtime may take beyond its snapshot, unless it is given other limits: 256 MiB. A guest image's snapshot holds some
/// tens of megabytes, so this is room for a program that a 512 MiB container would be given.
pub const DEFAULT_MEMORY: u64 = 256 << 20;

/// Wall time that a call may take, unless a runtime is given other limits: 60 seconds. It is what a web server or a job queue waits
/// for an answer; code that nobody waits for any more should not hold a thread.
pub const DEFAULT_CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// What a runtime may use up. [`Limits::default`] is safe for code that is not trusted; [`Limits::none`] has no limits.
///
/// Set for all runtimes of a host ([`HostBuilder::limits`](crate::HostBuilder::limits)) or for one
/// ([`RuntimeBuilder::limits`](crate::RuntimeBuilder::limits)). Each setter takes a number, or `None` for no limit. A limit that is
/// reached is an [`Error::Limit`] that says which, and what was used.
///
/// ```
/// use isolator_host::Limits;
/// use std::time::Duration;
/// let limits = Limits::default()
///     .memory(64 << 20)
///     .call_timeout(Duration::from_secs(2))
///     .lifetime(None);
/// assert_eq!(limits.get_memory(), Some(64 << 20));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "limits do nothing until they are set on a host or a runtime"]
pub struct Limits {
    memory: Option<u64>,
    call_timeout: Option<Duration>,
    lifetime: Option<Duration>,
    call_cpu: Option<Duration>,
    total_cpu: Option<Duration>,
    measure_cpu: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self::none()
            .memory(DEFAULT_MEMORY)
            .call_timeout(DEFAULT_CALL_TIMEOUT)
    }
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident / $get:ident: $ty:ty;)*) => {
        impl Limits {
            $(
                $(#[$doc])*
                pub fn $name(mut self, limit: impl Into<Option<$ty>>) -> Self {
                    self.$name = limit.into();
                    self
                }

                #[doc = concat!("What [`", stringify!($name), "`](Self::", stringify!($name), ") was set to; none for no limit.")]
                #[must_use]
                pub fn $get(&self) -> Option<$ty> {
                    self.$name
                }
            )*
        }
    };
}

setters! {
    /// Memory that the runtime may take beyond its snapshot, in bytes, rounded down to 64 KiB; 256 MiB by default. The guest sees an
    /// `OutOfMemoryException` where .NET can make one; where it cannot, the call is [`LimitKind::Memory`] and the runtime dead.
    memory / get_memory: u64;
    /// Wall time of one call, with all that it waits for; 60 seconds by default. Guest code that runs is stopped within a few
    /// milliseconds, and a sleep, a read of standard input or an asynchronous callback at once. A synchronous callback of the host
    /// cannot be interrupted: the error comes when it returns. What runs between calls ([`run_pending`](crate::IsolatedRuntime::run_pending)) is
    /// a call, too.
    call_timeout / get_call_timeout: Duration;
    /// Wall time from the runtime's creation. After it every call fails, and one that is under way is stopped.
    lifetime / get_lifetime: Duration;
    /// CPU time of one call: what the threads that ran it spent in the guest and in callbacks. Unix only. With this or
    /// [`total_cpu`](Self::total_cpu) each entry into the guest reads the thread's CPU clock, which takes a fraction of a microsecond.
    call_cpu / get_call_cpu: Duration;
    /// CPU time of all calls of the runtime together. Unix only.
    total_cpu / get_total_cpu: Duration;
}

impl Limits {
    /// No limits at all, but those of the WebAssembly engine: 4 GiB of memory, the native stack.
    pub const fn none() -> Self {
        Self {
            memory: None,
            call_timeout: None,
            lifetime: None,
            call_cpu: None,
            total_cpu: None,
            measure_cpu: false,
        }
    }

    /// Whether [`RuntimeStats::cpu`](crate::RuntimeStats::cpu) is measured at each entry into the guest, as with a limit of CPU time. Otherwise it is sampled.
    pub fn measure_cpu(mut self, exactly: bool) -> Self {
        self.measure_cpu = exactly;
        self
    }

    /// Whether a clock has to be looked at while guest code runs.
    pub(crate) fn of_time(&self) -> bool {
        self.call_timeout.is_some() || self.lifetime.is_some() || self.reads_cpu()
    }

    /// Whether the thread's CPU clock is read at each entry.
    pub(crate) fn reads_cpu(&self) -> bool {
        self.measure_cpu || self.call_cpu.is_some() || self.total_cpu.is_some()
    }

    /// Refuses what this system cannot do.
    pub(crate) fn check(&self) -> Result<()> {
        if self.reads_cpu() && cpu::thread_cpu().is_none() {
            return Err(Error::Config {
                message: "limits of CPU time (`call_cpu`, `total_cpu`, `measure_cpu`) need a CPU clock per thread, which this system \
                          does not have: use `call_timeout`"
                    .into(),
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
        assert!(none.get_memory().is_none() && !none.of_time());
        assert_eq!(safe.memory(None).call_timeout(None), none);
    }
}
