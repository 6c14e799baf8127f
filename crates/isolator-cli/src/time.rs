//! Points in time as ISO 8601 on the command line; what they are on the wire, the library knows.

use isolator_host::values::{DateTime, DateTimeKind, Extension, Value};
use std::fmt;

/// Ticks (of 100 ns) in a second.
const SECOND: i64 = 10_000_000;
const DAY: i64 = 86_400;
/// Seconds from 0001-01-01, where .NET's ticks begin, to 1970-01-01.
const EPOCH: i64 = 62_135_596_800;

/// A point in time: in UTC, or on some clock that is not known (`DateTimeKind.Unspecified`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instant(DateTime);

impl From<Instant> for Value {
    fn from(time: Instant) -> Self {
        Self::Extension(time.0.into())
    }
}

impl Instant {
    /// Reads an extension value; none if it is no point in time.
    pub fn from_extension(kind: i8, bytes: &[u8]) -> Option<Self> {
        // The longest that is one has 12 bytes.
        let bytes = bytes.get(..13).unwrap_or(bytes).to_vec();
        DateTime::try_from(&Extension { kind, bytes })
            .ok()
            .map(Self)
    }

    /// Reads `YYYY-MM-DDTHH:MM:SS[.fffffff][Z|±HH:MM]`, or a date alone. With an offset or `Z` it is UTC, without one it is
    /// a clock's time.
    ///
    /// # Errors
    /// One sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is not a time such as 2026-01-31T23:59:59.5Z or 2026-01-31");
        Self::read(text).ok_or_else(wrong)
    }

    fn read(text: &str) -> Option<Self> {
        let (date, time) = match text.split_once('T') {
            Some((date, time)) => (date, time),
            None => (text, "00:00:00"),
        };
        let mut parts = date.split('-');
        let (year, month, day) = (
            number(parts.next()?, 4)?,
            number(parts.next()?, 2)?,
            number(parts.next()?, 2)?,
        );
        if parts.next().is_some() || !(1..=9999).contains(&year) || !(1..=12).contains(&month) {
            return None;
        }
        let days = days_from_civil(year, month, day);
        if day < 1 || civil_from_days(days) != (year, month, day) {
            return None;
        }
        let (clock, offset) = if let Some(clock) = time.strip_suffix('Z') {
            (clock, Some(0))
        } else if let Some(at) = time.find(['+', '-']) {
            let (hours, minutes) = time.get(at + 1..)?.split_once(':')?;
            let offset = number(hours, 2)? * 3600 + number(minutes, 2)? * 60;
            (
                time.get(..at)?,
                Some(if time.get(at..=at)? == "-" {
                    -offset
                } else {
                    offset
                }),
            )
        } else {
            (time, None)
        };
        let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
        let mut parts = clock.split(':');
        let (hour, minute, second) = (
            number(parts.next()?, 2)?,
            number(parts.next()?, 2)?,
            number(parts.next().unwrap_or("00"), 2)?,
        );
        if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 || fraction.len() > 7 {
            return None;
        }
        let ticks = if fraction.is_empty() {
            0
        } else {
            number(&format!("{fraction:0<7}"), 7)?
        };
        let seconds = days * DAY + hour * 3600 + minute * 60 + second - offset.unwrap_or(0);
        let kind = match offset {
            Some(_) => DateTimeKind::Utc,
            None => DateTimeKind::Unspecified,
        };
        let ticks = (seconds + EPOCH) * SECOND + ticks;
        DateTime::new(ticks, kind).ok().map(Self)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ticks = self.0.ticks();
        let (seconds, ticks) = (ticks.div_euclid(SECOND) - EPOCH, ticks.rem_euclid(SECOND));
        let (year, month, day) = civil_from_days(seconds.div_euclid(DAY));
        let second = seconds.rem_euclid(DAY);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}",
            second / 3600,
            second / 60 % 60,
            second % 60
        )?;
        if ticks != 0 {
            write!(f, ".{}", format!("{ticks:07}").trim_end_matches('0'))?;
        }
        // The wire has a local time's instant in UTC.
        let of_a_clock = self.0.kind() == DateTimeKind::Unspecified;
        f.write_str(if of_a_clock { "" } else { "Z" })
    }
}

/// A decimal number of exactly so many digits.
fn number(digits: &str, count: usize) -> Option<i64> {
    (digits.len() == count && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| digits.parse().ok())?
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. Years are counted from March, so that a leap day ends one.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let before = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    before + (153 * month + 2) / 5 + day - 1 - 719_468
}

/// The date that so many days from 1970-01-01 give.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    // Near enough to be off by one at most; then corrected.
    let mut year = (days * 400).div_euclid(146_097) + 1970;
    while days_from_civil(year, 1, 1) > days {
        year -= 1;
    }
    while days_from_civil(year + 1, 1, 1) <= days {
        year += 1;
    }
    let month = (1..=12)
        .rev()
        .find(|month| days_from_civil(year, *month, 1) <= days)
        .unwrap_or(1);
    (year, month, days - days_from_civil(year, month, 1) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use isolator_abi::numbers::extension::DATE_TIME_WITH_KIND as WITH_KIND;

    const TIMESTAMP: i8 = -1;
    const LOCAL: u8 = 2;

    #[test]
    fn times_are_written_as_they_were_read() {
        for text in [
            "0001-01-01T00:00:00Z",
            "1969-12-31T23:59:59.9999999Z",
            "1970-01-01T00:00:00",
            "2000-02-29T12:00:00.25Z",
            "2026-01-31T23:59:59Z",
            "9999-12-31T23:59:59.9999999",
        ] {
            let time = Instant::parse(text).unwrap();
            assert_eq!(time.to_string(), text);
            let Extension { kind, bytes } = time.0.into();
            assert_eq!(Instant::from_extension(kind, &bytes), Some(time), "{text}");
        }
        assert_eq!(
            Instant::parse("2026-01-01T01:30:00+02:00")
                .unwrap()
                .to_string(),
            "2025-12-31T23:30:00Z"
        );
        assert_eq!(
            Instant::parse("2026-01-01").unwrap().to_string(),
            "2026-01-01T00:00:00"
        );
        assert_eq!(
            Instant::parse("1970-01-02T00:00:01Z").unwrap().0.ticks(),
            (EPOCH + DAY + 1) * SECOND
        );
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "x",
            "2026-02-29",
            "2026-13-01",
            "2026-01-01T24:00:00",
            "26-01-01",
            "2026-01-01T1:00",
            "2026-01-01T00:00:00.12345678",
            "0000-01-01",
            "2026-01-01T00:00:00+é",
        ] {
            let message = Instant::parse(text).unwrap_err();
            assert!(message.contains(text), "{message}");
        }
    }

    #[test]
    fn the_three_sizes_of_a_timestamp_are_read() {
        let time =
            |bytes: &[u8]| Instant::from_extension(TIMESTAMP, bytes).map(|time| time.to_string());
        assert_eq!(
            time(&[0, 0, 0, 60]).as_deref(),
            Some("1970-01-01T00:01:00Z")
        );
        assert_eq!(
            time(&(((500_000_000u64) << 34) | 1).to_be_bytes()).as_deref(),
            Some("1970-01-01T00:00:01.5Z")
        );
        assert_eq!(time(&[255; 12]), None, "more nanoseconds than a second has");
        assert_eq!(time(&[0; 5]), None);
        assert_eq!(
            Instant::from_extension(WITH_KIND, &[LOCAL, 0, 0, 0, 0, 0, 0, 0, 0])
                .unwrap()
                .to_string(),
            "0001-01-01T00:00:00Z"
        );
        assert_eq!(
            Instant::from_extension(WITH_KIND, &[9, 0, 0, 0, 0, 0, 0, 0, 0]),
            None
        );
        assert_eq!(
            Instant::from_extension(WITH_KIND, &[1, 255, 255, 255, 255, 255, 255, 255, 255]),
            None
        );
    }
}
