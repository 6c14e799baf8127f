//! What is said when a limit is reached. `limit_kinds.rs` has which there are.

use super::LimitKind;
use crate::settings::Setting;
use std::fmt;
use std::time::Duration;

/// What a number of a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Bytes,
    /// Nanoseconds.
    Time,
    Number,
}

impl LimitKind {
    /// Whether the limit is one of time: wall clock, CPU, or fuel.
    #[must_use]
    pub fn is_time(self) -> bool {
        self.unit() == Unit::Time || self == Self::Fuel
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
