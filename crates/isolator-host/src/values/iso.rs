//! Points in time as ISO 8601, in the Gregorian calendar: the one form in which they are shown and read.

use super::time::TICKS_PER_SECOND;
use super::{ConversionError, DateTime, DateTimeKind};
use std::fmt;
use std::str::FromStr;

const SECONDS_PER_DAY: i64 = 86_400;
const DAYS_PER_ERA: i64 = 146_097;
/// Days from 1 March of the year 0, where the count of years that begin in March begins, to 1 January of the year 1.
const DAYS_BEFORE: i64 = 306;

impl fmt::Display for DateTime {
    /// As ISO 8601: `2026-01-31T23:59:59.5Z` for an instant, which is in UTC also where its kind is local, and without the `Z` for a clock's time.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ticks = self.ticks();
        let (seconds, ticks) = (ticks / TICKS_PER_SECOND, ticks % TICKS_PER_SECOND);
        let (year, month, day) = date(seconds / SECONDS_PER_DAY);
        let second = seconds % SECONDS_PER_DAY;
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
        f.write_str(match self.kind() {
            DateTimeKind::Utc | DateTimeKind::Local => "Z",
            DateTimeKind::Unspecified => "",
        })
    }
}

impl FromStr for DateTime {
    type Err = ConversionError;

    /// Reads `YYYY-MM-DDTHH:MM:SS[.fffffff][Z|±HH:MM]`, or a date alone. With `Z` or an offset it is of kind UTC, without one unspecified.
    fn from_str(text: &str) -> Result<Self, ConversionError> {
        read(text).ok_or_else(|| {
            ConversionError(format!(
                "`{text}` is not a time such as 2026-01-31T23:59:59.5Z or 2026-01-31"
            ))
        })
    }
}

fn read(text: &str) -> Option<DateTime> {
    let (date_part, time) = text.split_once('T').unwrap_or((text, "00:00:00"));
    let mut parts = date_part.split('-');
    let (year, month, day) = (
        number(parts.next()?, 4)?,
        number(parts.next()?, 2)?,
        number(parts.next()?, 2)?,
    );
    if parts.next().is_some() || !(1..=9999).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    let days = days(year, month, day);
    if day < 1 || date(days) != (year, month, day) {
        return None;
    }
    let (clock, offset) = if let Some(clock) = time.strip_suffix('Z') {
        (clock, Some(0))
    } else if let Some(at) = time.find(['+', '-']) {
        let (hours, minutes) = time.get(at + 1..)?.split_once(':')?;
        let offset = number(hours, 2)? * 3600 + number(minutes, 2)? * 60;
        let sign = if time.get(at..=at)? == "-" { -1 } else { 1 };
        (time.get(..at)?, Some(sign * offset))
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
    let ticks = match fraction {
        "" => 0,
        fraction => number(&format!("{fraction:0<7}"), 7)?,
    };
    let seconds = days * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second - offset.unwrap_or(0);
    let kind = match offset {
        Some(_) => DateTimeKind::Utc,
        None => DateTimeKind::Unspecified,
    };
    DateTime::new(seconds * TICKS_PER_SECOND + ticks, kind).ok()
}

/// A decimal number of exactly so many digits.
fn number(digits: &str, count: usize) -> Option<i64> {
    (digits.len() == count && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| digits.parse().ok())?
}

/// Days from 1 January of the year 1 to a date.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - DAYS_BEFORE
}

/// The date so many days after 1 January of the year 1, which are no fewer than none: in spans of 400 years that are all the same, counted from March, so that a leap day comes last.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + DAYS_BEFORE;
    let (era, of_era) = (days / DAYS_PER_ERA, days % DAYS_PER_ERA);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (number, of_calendar) in [
            (0, (1, 1, 1)),
            (58, (1, 2, 28)),
            (59, (1, 3, 1)),
            (719_162, (1970, 1, 1)),
            (730_178, (2000, 2, 29)),
            (738_944, (2024, 2, 29)),
            (3_652_058, (9999, 12, 31)),
        ] {
            assert_eq!(date(number), of_calendar, "{number}");
        }
        for number in 0..=3_652_058 {
            let (year, month, day) = date(number);
            assert_eq!(days(year, month, day), number);
        }
    }

    #[test]
    fn an_instant_says_that_it_is_one_whatever_its_kind() {
        let ticks = (719_162 * SECONDS_PER_DAY + 12 * 3600 + 5) * TICKS_PER_SECOND + 1_230_000;
        let shown = |kind| DateTime::new(ticks, kind).unwrap().to_string();
        assert_eq!(shown(DateTimeKind::Utc), "1970-01-01T12:00:05.123Z");
        assert_eq!(shown(DateTimeKind::Local), "1970-01-01T12:00:05.123Z");
        assert_eq!(shown(DateTimeKind::Unspecified), "1970-01-01T12:00:05.123");
    }

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
            let time: DateTime = text.parse().unwrap();
            assert_eq!(time.to_string(), text);
        }
        let read = |text: &str| text.parse::<DateTime>().unwrap().to_string();
        assert_eq!(read("2026-01-01T01:30:00+02:00"), "2025-12-31T23:30:00Z");
        assert_eq!(read("2026-01-01T01:30:00-02:00"), "2026-01-01T03:30:00Z");
        assert_eq!(read("2026-01-01"), "2026-01-01T00:00:00");
        let second: DateTime = "1970-01-02T00:00:01Z".parse().unwrap();
        assert_eq!(
            second.ticks(),
            super::super::time::UNIX_EPOCH_TICKS + (SECONDS_PER_DAY + 1) * TICKS_PER_SECOND
        );
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "x",
            "2026-02-29",
            "2026-13-01",
            "2026-04-31",
            "2026-01-00",
            "2026-01-01T24:00:00",
            "26-01-01",
            "2026-01-01T1:00",
            "2026-01-01T00:00:00.12345678",
            "0000-01-01",
            "0001-01-01T00:00:00+00:01",
            "2026-01-01T00:00:00+é",
        ] {
            let message = text.parse::<DateTime>().unwrap_err().to_string();
            assert!(message.contains(text), "{message}");
        }
    }
}
