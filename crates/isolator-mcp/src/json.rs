//! Values of C# as JSON, for a model to read.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use isolator_host::values::Value;
use serde_json::{Map, Value as Json};

/// The value as JSON. For what JSON has no word for, text: base64 for bytes, ISO 8601 for points in time, `NaN`.
pub(crate) fn of(value: Value) -> Json {
    if let Some(time) = value.as_date_time() {
        return time.to_string().into();
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
                    other => match other.as_date_time() {
                        Some(time) => time.to_string(),
                        None => other.to_string(),
                    },
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

#[cfg(test)]
mod tests {
    use super::*;
    use isolator_host::values::{DateTime, DateTimeKind};
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
    fn points_in_time_are_iso_8601_also_as_keys() {
        let time = |kind| Value::from(DateTime::new(0, kind).unwrap());
        assert_eq!(of(time(DateTimeKind::Utc)), json!("0001-01-01T00:00:00Z"));
        assert_eq!(of(time(DateTimeKind::Local)), json!("0001-01-01T00:00:00Z"));
        assert_eq!(
            of(time(DateTimeKind::Unspecified)),
            json!("0001-01-01T00:00:00")
        );
        let keys = Value::Map(vec![(time(DateTimeKind::Local), 1.into())]);
        assert_eq!(of(keys), json!({"0001-01-01T00:00:00Z": 1}));
    }
}
