//! Points in time as .NET's `DateTime` has them: ISO 8601 on the command line, extension values on the wire.

use std::fmt;

/// MessagePack's own extension type for a point in time: a UTC `DateTime`.
const TIMESTAMP: i8 = -1;
/// The wire's extension type for a `DateTime` that is not UTC: a byte (1 unspecified, 2 local) and eight of ticks.
const WITH_KIND: i8 = isolator_abi::numbers::extension::DATE_TIME_WITH_KIND;
const UNSPECIFIED: u8 = 1;
const LOCAL: u8 = 2;

/// Ticks (of 100 ns) in a second.
const SECOND: i64 = 10_000_000;
const DAY: i64 = 86_400;
/// Seconds from 0001-01-01, where .NET's ticks begin, to 1970-01-01.
const EPOCH: i64 = 62_135_596_800;
/// The year 10000 begins here, in seconds from 1970.
const END: i64 = 253_402_300_800;

/// A point in time with the resolution of .NET's ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instant {
    /// Seconds from 1970-01-01.
    seconds: i64,
    /// Ticks into that second.
    ticks: u32,
    /// Whether it is UTC. Otherwise it is the time on some clock that is not known (`DateTimeKind.Unspecified`).
    utc: bool,
}

impl Instant {
    /// Reads an extension value; none if it is no point in time.
    pub fn from_extension(kind: i8, bytes: &[u8]) -> Option<Self> {
        let (seconds, nanoseconds) = match (kind, bytes.len()) {
            (TIMESTAMP, 4) => (i64::from(u32::from_be_bytes(bytes.try_into().ok()?)), 0),
            (TIMESTAMP, 8) => {
                let both = u64::from_be_bytes(bytes.try_into().ok()?);
                (
                    i64::try_from(both & 0x3_ffff_ffff).ok()?,
                    u32::try_from(both >> 34).ok()?,
                )
            }
            (TIMESTAMP, 12) => {
                let (nanoseconds, seconds) = bytes.split_first_chunk()?;
                (
                    i64::from_be_bytes(seconds.try_into().ok()?),
                    u32::from_be_bytes(*nanoseconds),
                )
            }
            (WITH_KIND, 9) => {
                let (kind, ticks) = bytes.split_first()?;
                let ticks = i64::from_be_bytes(ticks.try_into().ok()?);
                let seconds = ticks.div_euclid(SECOND).checked_sub(EPOCH)?;
                // The wire has a local time's instant in UTC.
                let time = Self {
                    seconds,
                    ticks: u32::try_from(ticks.rem_euclid(SECOND)).ok()?,
                    utc: *kind == LOCAL,
                };
                return (matches!(*kind, UNSPECIFIED | LOCAL) && time.is_valid()).then_some(time);
            }
            _ => return None,
        };
        let time = Self {
            seconds,
            ticks: nanoseconds / 100,
            utc: true,
        };
        (nanoseconds < 1_000_000_000 && time.is_valid()).then_some(time)
    }

    fn is_valid(self) -> bool {
        (-EPOCH..END).contains(&self.seconds)
    }

    /// The extension value: its type and its bytes.
    pub fn to_extension(self) -> (i8, Vec<u8>) {
        if self.utc {
            let mut bytes = (self.ticks * 100).to_be_bytes().to_vec();
            bytes.extend(self.seconds.to_be_bytes());
            (TIMESTAMP, bytes)
        } else {
            let ticks = (self.seconds + EPOCH) * SECOND + i64::from(self.ticks);
            let mut bytes = vec![UNSPECIFIED];
            bytes.extend(ticks.to_be_bytes());
            (WITH_KIND, bytes)
        }
    }

    /// Reads `YYYY-MM-DDTHH:MM:SS[.fffffff][Z|±HH:MM]`, or a date alone. With an offset or `Z` it is UTC, without one it is
    /// a clock's time.
    ///
    /// # Errors
    /// One sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is not a time such as 2026-01-31T23:59:59.5Z or 2026-01-31");
        Self::read(text)
            .filter(|time| time.is_valid())
            .ok_or_else(wrong)
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
            u32::try_from(number(&format!("{fraction:0<7}"), 7)?).ok()?
        };
        let seconds = days * DAY + hour * 3600 + minute * 60 + second - offset.unwrap_or(0);
        Some(Self {
            seconds,
            ticks,
            utc: offset.is_some(),
        })
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.seconds.div_euclid(DAY));
        let second = self.seconds.rem_euclid(DAY);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}",
            second / 3600,
            second / 60 % 60,
            second % 60
        )?;
        if self.ticks != 0 {
            write!(f, ".{}", format!("{:07}", self.ticks).trim_end_matches('0'))?;
        }
        f.write_str(if self.utc { "Z" } else { "" })
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
            let (kind, bytes) = time.to_extension();
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
            Instant::parse("1970-01-02T00:00:01Z").unwrap().seconds,
            DAY + 1
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
