//! .NET's types of time as those of `chrono`.

use super::time::{TICKS_PER_SECOND, UNIX_EPOCH_TICKS};
use super::{
    ConversionError, DateOnly, DateTime, DateTimeKind, DateTimeOffset, TimeOnly, TimeSpan,
};
use chrono::{
    DateTime as Chrono, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Offset,
    TimeDelta, TimeZone, Timelike, Utc,
};

const TICKS_PER_DAY: i64 = 86_400 * TICKS_PER_SECOND;

fn error(what: &str, value: impl std::fmt::Debug) -> ConversionError {
    ConversionError(format!("{value:?} cannot be a {what}"))
}

/// Ticks of what a clock shows; below a tick of 100 ns, and in a leap second, it is cut off.
fn ticks(clock: NaiveDateTime) -> Option<i64> {
    let clock = clock.and_utc();
    let below = i64::from(clock.timestamp_subsec_nanos().min(999_999_999) / 100);
    clock
        .timestamp()
        .checked_mul(TICKS_PER_SECOND)?
        .checked_add(below)?
        .checked_add(UNIX_EPOCH_TICKS)
}

fn clock(ticks: i64) -> Option<NaiveDateTime> {
    let since = ticks.checked_sub(UNIX_EPOCH_TICKS)?;
    let seconds = since.div_euclid(TICKS_PER_SECOND);
    let nanoseconds = u32::try_from(since.rem_euclid(TICKS_PER_SECOND) * 100).ok()?;
    Some(Chrono::from_timestamp(seconds, nanoseconds)?.naive_utc())
}

impl TryFrom<Chrono<Utc>> for DateTime {
    type Error = ConversionError;

    fn try_from(value: Chrono<Utc>) -> Result<Self, ConversionError> {
        let ticks = ticks(value.naive_utc()).ok_or_else(|| error("DateTime", value))?;
        Self::new(ticks, DateTimeKind::Utc)
    }
}

impl TryFrom<DateTime> for Chrono<Utc> {
    type Error = ConversionError;

    /// Only of kind UTC or local.
    fn try_from(value: DateTime) -> Result<Self, ConversionError> {
        if value.kind() == DateTimeKind::Unspecified {
            return Err(error("DateTime<Utc>", value));
        }
        clock(value.ticks())
            .map(|clock| clock.and_utc())
            .ok_or_else(|| error("DateTime<Utc>", value))
    }
}

impl TryFrom<NaiveDateTime> for DateTime {
    type Error = ConversionError;

    /// Of kind unspecified.
    fn try_from(value: NaiveDateTime) -> Result<Self, ConversionError> {
        let ticks = ticks(value).ok_or_else(|| error("DateTime", value))?;
        Self::new(ticks, DateTimeKind::Unspecified)
    }
}

impl TryFrom<DateTime> for NaiveDateTime {
    type Error = ConversionError;

    /// Of kind unspecified or UTC: what a local clock shows, the host does not know.
    fn try_from(value: DateTime) -> Result<Self, ConversionError> {
        if value.kind() == DateTimeKind::Local {
            return Err(error("NaiveDateTime", value));
        }
        clock(value.ticks()).ok_or_else(|| error("NaiveDateTime", value))
    }
}

impl TryFrom<Chrono<FixedOffset>> for DateTimeOffset {
    type Error = ConversionError;

    /// Offsets of whole minutes only, as in .NET.
    fn try_from(value: Chrono<FixedOffset>) -> Result<Self, ConversionError> {
        let wrong = || error("DateTimeOffset", value);
        let seconds = value.offset().fix().local_minus_utc();
        if seconds % 60 != 0 {
            return Err(wrong());
        }
        let offset = i16::try_from(seconds / 60).map_err(|_| wrong())?;
        Self::new(ticks(value.naive_local()).ok_or_else(wrong)?, offset)
    }
}

impl TryFrom<DateTimeOffset> for Chrono<FixedOffset> {
    type Error = ConversionError;

    fn try_from(value: DateTimeOffset) -> Result<Self, ConversionError> {
        let offset = FixedOffset::east_opt(i32::from(value.offset_minutes()) * 60);
        offset
            .zip(clock(value.utc_ticks()))
            .map(|(offset, clock)| offset.from_utc_datetime(&clock))
            .ok_or_else(|| error("DateTime<FixedOffset>", value))
    }
}

impl TryFrom<TimeDelta> for TimeSpan {
    type Error = ConversionError;

    /// What is below a tick is cut off.
    fn try_from(value: TimeDelta) -> Result<Self, ConversionError> {
        value
            .num_seconds()
            .checked_mul(TICKS_PER_SECOND)
            .and_then(|ticks| ticks.checked_add(i64::from(value.subsec_nanos() / 100)))
            .map(Self)
            .ok_or_else(|| error("TimeSpan", value))
    }
}

impl TryFrom<TimeSpan> for TimeDelta {
    type Error = ConversionError;

    fn try_from(value: TimeSpan) -> Result<Self, ConversionError> {
        let seconds = value.0.div_euclid(TICKS_PER_SECOND);
        u32::try_from(value.0.rem_euclid(TICKS_PER_SECOND) * 100)
            .ok()
            .and_then(|nanoseconds| Self::new(seconds, nanoseconds))
            .ok_or_else(|| error("TimeDelta", value))
    }
}

impl TryFrom<NaiveDate> for DateOnly {
    type Error = ConversionError;

    fn try_from(value: NaiveDate) -> Result<Self, ConversionError> {
        let day = value.num_days_from_ce() - 1;
        if (0..=3_652_058).contains(&day) {
            Ok(Self(day))
        } else {
            Err(error("DateOnly", value))
        }
    }
}

impl TryFrom<DateOnly> for NaiveDate {
    type Error = ConversionError;

    fn try_from(value: DateOnly) -> Result<Self, ConversionError> {
        let day = value.0.checked_add(1);
        day.and_then(Self::from_num_days_from_ce_opt)
            .ok_or_else(|| error("NaiveDate", value))
    }
}

impl From<NaiveTime> for TimeOnly {
    /// What is below a tick, and a leap second, is cut off.
    fn from(value: NaiveTime) -> Self {
        let below = i64::from(value.nanosecond().min(999_999_999) / 100);
        Self(i64::from(value.num_seconds_from_midnight()) * TICKS_PER_SECOND + below)
    }
}

impl TryFrom<TimeOnly> for NaiveTime {
    type Error = ConversionError;

    fn try_from(value: TimeOnly) -> Result<Self, ConversionError> {
        let wrong = || error("NaiveTime", value);
        if !(0..TICKS_PER_DAY).contains(&value.0) {
            return Err(wrong());
        }
        let seconds = u32::try_from(value.0 / TICKS_PER_SECOND).map_err(|_| wrong())?;
        let below = u32::try_from(value.0 % TICKS_PER_SECOND * 100).map_err(|_| wrong())?;
        Self::from_num_seconds_from_midnight_opt(seconds, below).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_times_have_known_ticks() {
        let date = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
        let clock = date.and_hms_nano_opt(23, 59, 59, 123_456_700).unwrap();
        // `new DateTime(2024, 2, 29, 23, 59, 59).AddTicks(1234567).Ticks`
        let ticks = 638_448_479_991_234_567;
        let utc = DateTime::try_from(clock.and_utc()).unwrap();
        assert_eq!((utc.ticks(), utc.kind()), (ticks, DateTimeKind::Utc));
        assert_eq!(Chrono::try_from(utc), Ok(clock.and_utc()));
        let naive = DateTime::try_from(clock).unwrap();
        assert_eq!(naive.kind(), DateTimeKind::Unspecified);
        assert_eq!(NaiveDateTime::try_from(naive), Ok(clock));
        assert!(Chrono::<Utc>::try_from(naive).is_err());
        let zone = FixedOffset::east_opt(3600).unwrap();
        let there = zone.from_local_datetime(&clock).unwrap();
        let offset = DateTimeOffset::try_from(there).unwrap();
        assert_eq!((offset.ticks(), offset.offset_minutes()), (ticks, 60));
        assert_eq!(Chrono::<FixedOffset>::try_from(offset), Ok(there));
        assert_eq!(
            NaiveDate::from_ymd_opt(1, 1, 1).unwrap().try_into(),
            Ok(DateOnly(0))
        );
        assert_eq!(DateOnly::try_from(date), Ok(DateOnly(738_944)));
        assert_eq!(NaiveDate::try_from(DateOnly(738_944)), Ok(date));
        let time = TimeOnly::from(clock.time());
        assert_eq!(NaiveTime::try_from(time), Ok(clock.time()));
        assert!(NaiveTime::try_from(TimeOnly(-1)).is_err());
        for ticks in [i64::MIN, -1, 0, 1, 10_000_001, i64::MAX] {
            let delta = TimeDelta::try_from(TimeSpan(ticks)).unwrap();
            assert_eq!(TimeSpan::try_from(delta), Ok(TimeSpan(ticks)), "{delta:?}");
        }
    }
}
