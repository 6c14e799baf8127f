//! .NET's types of time, as numbers: no zones, and of the calendar what `iso.rs` has.

use super::ConversionError;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::time::{Duration, SystemTime};

pub(super) const TICKS_PER_SECOND: i64 = 10_000_000;
/// Ticks of midnight of 1 January 1970.
pub(super) const UNIX_EPOCH_TICKS: i64 = 621_355_968_000_000_000;
const NANOSECONDS_PER_TICK: u128 = 100;

fn out_of_range(what: &str, value: impl std::fmt::Display) -> ConversionError {
    ConversionError(format!("{value} is out of the range of a {what}"))
}

/// What a [`DateTime`] is relative to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DateTimeKind {
    /// `Unspecified`: the time that a clock shows, nobody says where.
    Unspecified,
    /// `Utc`.
    Utc,
    /// `Local`: in the guest's time zone.
    Local,
}

/// `System.DateTime`. It is shown and read as ISO 8601.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DateTime {
    ticks: i64,
    kind: DateTimeKind,
}

impl DateTime {
    /// Ticks of the last point in time: the end of the year 9999.
    pub const MAX_TICKS: i64 = 3_155_378_975_999_999_999;

    /// A point in time in ticks of 100 ns since midnight of 1 January of the year 1: of the clock time for kind
    /// `Unspecified`, of the instant in UTC otherwise.
    ///
    /// # Errors
    /// If there is no such time in .NET: ticks go from 0 to [`MAX_TICKS`](Self::MAX_TICKS).
    pub fn new(ticks: i64, kind: DateTimeKind) -> Result<Self, ConversionError> {
        if (0..=Self::MAX_TICKS).contains(&ticks) {
            Ok(Self { ticks, kind })
        } else {
            Err(out_of_range("DateTime", ticks))
        }
    }

    /// See [`new`](Self::new).
    #[must_use]
    pub const fn ticks(self) -> i64 {
        self.ticks
    }

    /// What it is relative to.
    #[must_use]
    pub const fn kind(self) -> DateTimeKind {
        self.kind
    }
}

impl TryFrom<SystemTime> for DateTime {
    type Error = ConversionError;

    /// Of kind UTC; what is below a tick of 100 ns is cut off.
    fn try_from(value: SystemTime) -> Result<Self, ConversionError> {
        let since = value
            .duration_since(SystemTime::UNIX_EPOCH)
            .map(TimeSpan::try_from);
        let ticks = match since {
            Ok(after) => after?.0,
            Err(before) => -TimeSpan::try_from(before.duration())?.0,
        };
        let ticks = ticks.checked_add(UNIX_EPOCH_TICKS);
        Self::new(ticks.unwrap_or(-1), DateTimeKind::Utc)
    }
}

impl TryFrom<DateTime> for SystemTime {
    type Error = ConversionError;

    /// Only of a time of kind UTC or local: what is unspecified is no instant.
    fn try_from(value: DateTime) -> Result<Self, ConversionError> {
        if value.kind == DateTimeKind::Unspecified {
            return Err(ConversionError(
                "a DateTime of kind Unspecified is no instant".into(),
            ));
        }
        let ticks = value.ticks - UNIX_EPOCH_TICKS;
        let duration = TimeSpan(ticks.saturating_abs()).try_into()?;
        let instant = if ticks < 0 {
            Self::UNIX_EPOCH.checked_sub(duration)
        } else {
            Self::UNIX_EPOCH.checked_add(duration)
        };
        instant.ok_or_else(|| out_of_range("SystemTime", value.ticks))
    }
}

/// `System.DateTimeOffset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DateTimeOffset {
    ticks: i64,
    offset_minutes: i16,
}

impl DateTimeOffset {
    /// From the ticks of the clock time where it is, and that place's offset from UTC in minutes.
    ///
    /// # Errors
    /// If there is no such time in .NET: offsets go to 14 hours, and the instant must be one, too.
    pub fn new(ticks: i64, offset_minutes: i16) -> Result<Self, ConversionError> {
        DateTime::new(ticks, DateTimeKind::Unspecified)?;
        let value = Self {
            ticks,
            offset_minutes,
        };
        if offset_minutes.unsigned_abs() > 14 * 60 {
            return Err(out_of_range("DateTimeOffset's offset", offset_minutes));
        }
        DateTime::new(value.utc_ticks(), DateTimeKind::Utc)?;
        Ok(value)
    }

    /// Ticks of the clock time.
    #[must_use]
    pub const fn ticks(self) -> i64 {
        self.ticks
    }

    /// Offset of the clock time from UTC, in minutes.
    #[must_use]
    pub const fn offset_minutes(self) -> i16 {
        self.offset_minutes
    }

    /// Ticks of the instant in UTC.
    #[must_use]
    pub const fn utc_ticks(self) -> i64 {
        self.ticks - self.offset_minutes as i64 * 60 * TICKS_PER_SECOND
    }
}

impl Serialize for DateTimeOffset {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let clock = DateTime {
            ticks: self.ticks,
            kind: DateTimeKind::Utc,
        };
        (clock, self.offset_minutes).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for DateTimeOffset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (clock, offset) = <(DateTime, i16)>::deserialize(deserializer)?;
        Self::new(clock.ticks, offset).map_err(D::Error::custom)
    }
}

/// `System.TimeSpan`, in ticks of 100 ns.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct TimeSpan(
    /// The ticks.
    pub i64,
);

impl TryFrom<Duration> for TimeSpan {
    type Error = ConversionError;

    /// What is below a tick is cut off.
    fn try_from(value: Duration) -> Result<Self, ConversionError> {
        i64::try_from(value.as_nanos() / NANOSECONDS_PER_TICK)
            .map(Self)
            .map_err(|_| out_of_range("TimeSpan", format_args!("{value:?}")))
    }
}

impl TryFrom<TimeSpan> for Duration {
    type Error = ConversionError;

    /// Not of a negative one.
    fn try_from(value: TimeSpan) -> Result<Self, ConversionError> {
        let ticks = u64::try_from(value.0).map_err(|_| out_of_range("Duration", value.0))?;
        let per_second = TICKS_PER_SECOND.unsigned_abs();
        // Below a second, so it fits.
        let nanoseconds = (ticks % per_second * 100) as u32;
        Ok(Self::new(ticks / per_second, nanoseconds))
    }
}

/// `System.TimeOnly`: ticks of 100 ns since midnight.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct TimeOnly(
    /// The ticks: less than a day's.
    pub i64,
);

/// `System.DateOnly`: days since 1 January of the year 1.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct DateOnly(
    /// The day number: 0 to 3,652,058.
    pub i32,
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn durations_and_system_times_survive(seconds in 0..250_000_000_000_u64, ticks in 0..10_000_000_u32) {
            let duration = Duration::new(seconds, ticks * 100);
            let span = TimeSpan::try_from(duration).unwrap();
            prop_assert_eq!(Duration::try_from(span), Ok(duration));
            let time = SystemTime::UNIX_EPOCH + duration;
            let date = DateTime::try_from(time).unwrap();
            prop_assert_eq!(SystemTime::try_from(date), Ok(time));
            let before = SystemTime::UNIX_EPOCH - duration / 100;
            let back = DateTime::try_from(before).and_then(SystemTime::try_from).unwrap();
            prop_assert!(back.duration_since(before).unwrap_or_default() < Duration::from_nanos(100));
        }
    }

    #[test]
    fn what_dotnet_does_not_have_is_refused() {
        assert!(DateTime::new(-1, DateTimeKind::Utc).is_err());
        assert!(DateTime::new(DateTime::MAX_TICKS + 1, DateTimeKind::Utc).is_err());
        assert!(DateTimeOffset::new(UNIX_EPOCH_TICKS, 15 * 60).is_err());
        assert!(DateTimeOffset::new(0, 60).is_err(), "before the beginning");
        assert!(TimeSpan::try_from(Duration::MAX).is_err());
        assert!(Duration::try_from(TimeSpan(-1)).is_err());
        let unspecified = DateTime::new(0, DateTimeKind::Unspecified).unwrap();
        assert!(SystemTime::try_from(unspecified).is_err());
    }
}
