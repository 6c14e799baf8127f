//! What a runtime may use up: memory, time, output and so on. What is reached is a typed error, and the host goes on.

mod call;
mod cancel;
mod cpu;
mod gate;
mod host;
mod kind;
mod memory;
mod meter;
mod output;
mod stats;
mod ticker;

pub use call::CallLimits;
use call::Reserve;
pub use cancel::CancelHandle;
pub(crate) use cancel::Control;
pub(crate) use gate::Gate;
pub use host::HostLimits;
pub(crate) use host::HostMemory;
pub use kind::LimitKind;
pub(crate) use kind::{LimitHit, Stop};
pub(crate) use meter::{Meter, tick};
pub use output::OutputAccount;
pub use stats::RuntimeStats;
pub(crate) use ticker::{Activity, Ticker};

use crate::error::{Error, Result};
use crate::settings::Setting;
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
    fuel: Option<u64>,
    max_output: Option<u64>,
    output_overflow: OutputOverflow,
    max_callbacks: Option<u64>,
    callback_rate: Option<u32>,
    max_callback_depth: Option<u32>,
    max_handles: Option<u64>,
    max_value: Option<u64>,
    max_value_memory: Option<u64>,
    max_buffers: Option<u64>,
    directory_bytes: Option<u64>,
    max_files: Option<u64>,
    max_open_files: Option<u64>,
    coarse_clock: Option<Duration>,
}

/// What happens to output beyond [`Limits::max_output`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutputOverflow {
    /// The call ends with [`LimitKind::Output`], and the runtime is dead.
    #[default]
    Fail,
    /// It is dropped; the guest does not notice. [`RuntimeStats::reached`] tells.
    Truncate,
}

/// Handles that the host may hold of a runtime, unless it is given other limits.
pub const DEFAULT_MAX_HANDLES: u64 = 1_000_000;

/// Bytes of one value that may cross, of the host's memory that it may take there, and of all calls of the host that are under way,
/// unless a runtime is given other limits.
pub const DEFAULT_MAX_VALUE: u64 = 256 << 20;

/// Most bytes that cross at once, whatever the limits are; the guest's writer has the same limit.
pub(crate) const LARGEST_VALUE: u64 = 1 << 30;

/// Files that a runtime may have open at once, unless it is given other limits: a quarter of what a process often may.
pub const DEFAULT_MAX_OPEN_FILES: u64 = 256;

/// Files, directories and links that a runtime may make, unless it is given other limits: a directory of so many is listed, and all of
/// it removed, in moments.
pub const DEFAULT_MAX_FILES: u64 = 100_000;

impl Default for Limits {
    fn default() -> Self {
        Self::none()
            .memory(DEFAULT_MEMORY)
            .call_timeout(DEFAULT_CALL_TIMEOUT)
            .max_handles(DEFAULT_MAX_HANDLES)
            .max_value(DEFAULT_MAX_VALUE)
            .max_value_memory(DEFAULT_MAX_VALUE)
            .max_buffers(DEFAULT_MAX_VALUE)
            .max_files(DEFAULT_MAX_FILES)
            .max_open_files(DEFAULT_MAX_OPEN_FILES)
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
    /// [`total_cpu`](Self::total_cpu) each entry into the guest reads the thread's CPU clock twice, which takes about a microsecond.
    ///
    /// Who waits uses no CPU time: `Thread.Sleep`, `Console.ReadLine`. So with a limit of CPU time or fuel, and without one of wall
    /// time (`call_timeout`, `lifetime`), a call may wait for 60 seconds in all, and ends with [`LimitKind::CallTimeout`] then.
    call_cpu / get_call_cpu: Duration;
    /// CPU time of all calls of the runtime together. Unix only.
    total_cpu / get_total_cpu: Duration;
    /// Fuel for all calls of the runtime together: about one for each WebAssembly instruction, so that the same work always takes the
    /// same. What the host does for the guest costs one a byte (files, output, random bytes), and some for each path and each name of a
    /// listing. The host must count it ([`HostBuilder::meter_fuel`](crate::HostBuilder::meter_fuel)), which makes guest code slower.
    /// Waiting costs none, and is limited as under [`call_cpu`](Self::call_cpu).
    fuel / get_fuel: u64;
    /// Bytes written to standard output and standard error together, and what the embedder adds to the runtime's
    /// [account](crate::IsolatedRuntime::output_account). What happens then says
    /// [`output_overflow`](Self::output_overflow). No limit by default; [`Stdio::Capture`](crate::Stdio::Capture) has one of its own.
    max_output / get_max_output: u64;
    /// Calls of the host over the runtime's life.
    max_callbacks / get_max_callbacks: u64;
    /// Calls of the host in a second, counted in seconds that begin with the first call.
    callback_rate / get_callback_rate: u32;
    /// How deep calls may nest from guest to host, if that is less than the host's
    /// [`max_callback_depth`](crate::HostBuilder::max_callback_depth). One that goes deeper throws in the guest.
    max_callback_depth / get_max_callback_depth: u32;
    /// Objects, methods, tasks and so on inside the runtime that the host holds handles of; a million by default. A call that would
    /// return another is [`LimitKind::Handles`].
    max_handles / get_max_handles: u64;
    /// Bytes of one value that crosses, in either direction, serialized; 256 MiB by default. A call with more is
    /// [`LimitKind::Value`]; a callback with more throws in the guest. Never more than 1 GiB.
    max_value / get_max_value: u64;
    /// Bytes of the host's memory that a result may take once it is read; 256 MiB by default. A byte on the wire can be many here: as a
    /// [`Value`](crate::values::Value) each element takes 32, and a list, a map or a text 32 more and its content; as types of your own, an
    /// element takes the size that its type has. (What a growing list has in reserve is not counted: at most as much again.) A result
    /// that would take more is [`LimitKind::ValueMemory`]. Arguments of callbacks may take 256 MiB, whatever this is. Calls that give
    /// bytes take as much as [`max_value`](Self::max_value) says.
    max_value_memory / get_max_value_memory: u64;
    /// Bytes of arguments and results of all asynchronous calls of the host that are under way; 256 MiB by default. One more throws in
    /// the guest. Where results fill it, the other calls are polled when the guest has taken those; so the last of them may go
    /// beyond it once, by its own size.
    max_buffers / get_max_buffers: u64;
    /// Disk space that the runtime may take in directories granted to it, over its whole life. A file takes its length at its longest, with
    /// holes in it; writing again what is there is free, deleting gives nothing back. Beside these bytes, blocks are counted: 4 KiB for
    /// each that a file, a directory or a long link has a part of, and 1 KiB for each name that is made or moved. They may take as much,
    /// and 16 KiB more. The guest sees a full disk.
    directory_bytes / get_directory_bytes: u64;
    /// Files, directories and links that the runtime may make in directories granted to it, over its whole life; 100,000 by default. The
    /// guest sees a full disk.
    max_files / get_max_files: u64;
    /// Files and directories that the runtime may have open at once; 256 by default. A directory that is being listed counts twice. The
    /// guest sees an `IOException`.
    max_open_files / get_max_open_files: u64;
    /// Rounds the clocks that the guest sees down to multiples of this: a defence in depth against measuring what happens beside it.
    coarse_clock / get_coarse_clock: Duration;
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
            fuel: None,
            max_output: None,
            output_overflow: OutputOverflow::Fail,
            max_callbacks: None,
            callback_rate: None,
            max_callback_depth: None,
            max_handles: None,
            max_value: None,
            max_value_memory: None,
            max_buffers: None,
            directory_bytes: None,
            max_files: None,
            max_open_files: None,
            coarse_clock: None,
        }
    }

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
