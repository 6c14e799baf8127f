//! The kinds of limits, and what is said when one is reached.

use crate::settings::Setting;
use std::fmt;
use std::time::Duration;

/// Which limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitKind {
    /// Memory of the runtime beyond its snapshot, in bytes: [`Limits::memory`](crate::Limits::memory).
    Memory,
    /// Wall time of one call: [`Limits::call_timeout`](crate::Limits::call_timeout); or time that a call waited whose fuel or CPU time is
    /// limited, and not its wall time.
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
    /// Bytes of the host's memory that a value takes once it is read: [`Limits::max_value_memory`](crate::Limits::max_value_memory). Not
    /// fatal.
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
    /// Calls that run at once in all runtimes of the host: [`HostLimits::running_calls`](crate::HostLimits::running_calls). Not fatal.
    RunningCalls,
}

/// What a number of a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Bytes,
    /// Nanoseconds.
    Time,
    Number,
}

impl LimitKind {
    pub(crate) fn unit(self) -> Unit {
        match self {
            Self::Memory
            | Self::HostMemory
            | Self::Output
            | Self::Value
            | Self::ValueMemory
            | Self::Buffers
            | Self::DirectoryBytes => Unit::Bytes,
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

    /// Whether the limit is one of time: wall clock, CPU, or fuel.
    #[must_use]
    pub fn is_time(self) -> bool {
        self.unit() == Unit::Time || self == Self::Fuel
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
    fn words(self) -> (&'static str, Setting) {
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

    /// The setting that raises it.
    #[must_use]
    pub fn setting(self) -> Setting {
        self.words().1
    }

    /// The sentence of the error.
    pub(crate) fn sentence(self, allowed: u64, used: u64) -> String {
        let dead = if self.is_fatal() {
            "; the runtime can no longer be used"
        } else {
            ""
        };
        format!(
            "{}{dead}. Raise it with {}",
            self.fact(allowed, used),
            self.setting()
        )
    }

    /// What guest code may be told: it has no settings.
    pub(crate) fn fact(self, allowed: u64, used: u64) -> String {
        format!(
            "limit reached: {self}. {} allowed, {} used or asked for",
            self.show(allowed),
            self.show(used)
        )
    }

    /// A number of this limit with its unit, such as `64 MiB` or `2 s`.
    #[must_use]
    pub fn show(self, number: u64) -> String {
        match self.unit() {
            Unit::Bytes => show_bytes(number),
            Unit::Time => format!("{:?}", round(Duration::from_nanos(number))),
            Unit::Number => number.to_string(),
        }
    }
}

/// Less digits than a clock has: three that count are enough to read.
fn round(time: Duration) -> Duration {
    let unit = match time.as_nanos() {
        0..1_000_000 => 1_000,
        1_000_000..1_000_000_000 => 10_000,
        _ => 1_000_000,
    };
    let nanoseconds = time.as_nanos() / unit * unit;
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
}

fn show_bytes(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    for (size, unit) in UNITS {
        if bytes >= size {
            if bytes.is_multiple_of(size) {
                return format!("{} {unit}", bytes / size);
            }
            #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
            return format!("{:.2} {unit}", bytes as f64 / size as f64);
        }
    }
    format!("{bytes} bytes")
}

impl fmt::Display for LimitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words().0)
    }
}

/// A limit that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LimitHit {
    pub kind: LimitKind,
    pub allowed: u64,
    pub used: u64,
}

/// Why guest code that runs is stopped from outside. As an error it unwinds all frames of the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    Limit(LimitHit),
    Cancelled,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit(LimitHit {
                kind,
                allowed,
                used,
            }) => f.write_str(&kind.sentence(*allowed, *used)),
            Self::Cancelled => f.write_str("the runtime was cancelled"),
        }
    }
}

impl std::error::Error for Stop {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_units() {
        assert_eq!(LimitKind::Memory.show(64 << 20), "64 MiB");
        assert_eq!(LimitKind::Memory.show(1000), "1000 bytes");
        assert_eq!(LimitKind::Memory.show((64 << 20) + (1 << 19)), "64.50 MiB");
        assert_eq!(LimitKind::CallTimeout.show(2_000_000_000), "2s");
        assert_eq!(LimitKind::CallTimeout.show(2_003_456_789), "2.003s");
        assert_eq!(LimitKind::CallCpu.show(1_234_567), "1.23ms");
    }

    #[test]
    fn a_sentence_says_which_limit_how_much_and_what_raises_it() {
        let text = LimitKind::CallTimeout.sentence(2_000_000_000, 2_001_000_000);
        for part in ["time of one call", "2s", "2.001s", "Limits::call_timeout"] {
            assert!(text.contains(part), "{text}");
        }
    }
}
