//! Values of C# as JSON, for a model to read.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use isolator_host::values::{DateTime, DateTimeKind, Value};
use serde_json::{Map, Value as Json};

const TICKS_PER_SECOND: i64 = 10_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// The value as JSON. For what JSON has no word for, text: base64 for bytes, ISO 8601 for points in time, `NaN`.
pub(crate) fn of(value: Value) -> Json {
    if let Some(time) = value.as_date_time() {
        return iso(&time).into();
    }
    match value {
        Value::Float(number) if !number.is_finite() => number.to_string().into(),
        Value::Bytes(bytes) => STANDARD.encode(bytes).into(),
        Value::Array(values) => values.into_iter().map(of).collect(),
        Value::Map(pairs) => {
            let mut members = Map::new();
            for (key, value) in pairs {
                let name = match key {
                    Value::String(name) => name,
                    other => other.to_string(),
                };
                members.insert(name, of(value));
            }
            members.into()
        }
        Value::Extension(_) => value.to_string().into(),
        // What is left has its word.
        scalar => Json::try_from(scalar).unwrap_or_default(),
    }
}

fn iso(time: &DateTime) -> String {
    let ticks = time.ticks();
    let (seconds, fraction) = (ticks / TICKS_PER_SECOND, ticks % TICKS_PER_SECOND);
    let (year, month, day) = date(seconds / SECONDS_PER_DAY);
    let second = seconds % SECONDS_PER_DAY;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let mut text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    if fraction != 0 {
        text += format!(".{fraction:07}").trim_end_matches('0');
    }
    if time.kind() == DateTimeKind::Utc {
        text.push('Z');
    }
    text
}

/// The date so many days after 0001-01-01, in years of 400 that are all the same, which are counted from March, so that a leap day comes last.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 306;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_have_their_json() {
        let value: Value = [
            ("number", Value::from(7)),
            ("list", vec![1.5, 2.0].into()),
            ("bytes", Value::Bytes(vec![1, 2, 3])),
            ("none", Value::Nil),
            ("nan", Value::Float(f64::NAN)),
            ("text", "é\u{1b}".into()),
        ]
        .into_iter()
        .collect();
        assert_eq!(
            of(value),
            json!({"number": 7, "list": [1.5, 2.0], "bytes": "AQID", "none": null, "nan": "NaN", "text": "é\u{1b}"})
        );
        let keys = Value::Map(vec![(1.into(), "a".into()), (true.into(), "b".into())]);
        assert_eq!(of(keys), json!({"1": "a", "true": "b"}));
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (days, expected) in [
            (0, (1, 1, 1)),
            (58, (1, 2, 28)),
            (59, (1, 3, 1)),
            (719_162, (1970, 1, 1)),
            (730_178, (2000, 2, 29)),
            (738_944, (2024, 2, 29)),
            (3_652_058, (9999, 12, 31)),
        ] {
            assert_eq!(date(days), expected, "{days}");
        }
    }

    #[test]
    fn points_in_time_are_iso_8601() {
        let noon = (719_162 * SECONDS_PER_DAY + 12 * 3600 + 5) * TICKS_PER_SECOND;
        let utc = DateTime::new(noon, DateTimeKind::Utc).unwrap();
        assert_eq!(iso(&utc), "1970-01-01T12:00:05Z");
        let local = DateTime::new(noon + 1_230_000, DateTimeKind::Unspecified).unwrap();
        assert_eq!(iso(&local), "1970-01-01T12:00:05.123");
    }
}
