//! [`Value`] from and to JSON.

use super::{ConversionError, Value};
use serde_json::Value as Json;

impl From<Json> for Value {
    fn from(json: Json) -> Self {
        match json {
            Json::Null => Self::Nil,
            Json::Bool(value) => value.into(),
            Json::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(value), _) => value.into(),
                (None, Some(value)) => value.into(),
                (None, None) => number.as_f64().into(),
            },
            Json::String(text) => text.into(),
            Json::Array(values) => values.into_iter().collect(),
            Json::Object(members) => Self::Map(
                members
                    .into_iter()
                    .map(|(name, value)| (name.into(), value.into()))
                    .collect(),
            ),
        }
    }
}

impl TryFrom<Value> for Json {
    type Error = ConversionError;

    /// What JSON does not have is refused: bytes, points in time, infinities and NaN, keys that are no text.
    fn try_from(value: Value) -> Result<Self, ConversionError> {
        let wrong = |what: &dyn std::fmt::Display| ConversionError(format!("JSON has no {what}"));
        Ok(match value {
            Value::Nil => Self::Null,
            Value::Bool(value) => value.into(),
            Value::Int(value) => value.into(),
            Value::UInt(value) => value.into(),
            Value::Float(value) => serde_json::Number::from_f64(value)
                .ok_or_else(|| wrong(&value))?
                .into(),
            Value::String(text) => text.into(),
            Value::Array(values) => values
                .into_iter()
                .map(Self::try_from)
                .collect::<Result<_, _>>()?,
            Value::Map(pairs) => {
                let mut members = serde_json::Map::new();
                for (key, value) in pairs {
                    let Value::String(name) = key else {
                        return Err(wrong(&format_args!("key {key}")));
                    };
                    members.insert(name, value.try_into()?);
                }
                members.into()
            }
            Value::Bytes(_) => return Err(wrong(&"bytes")),
            Value::Extension(_) => return Err(wrong(&value)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_comes_and_goes() {
        let json: Json = serde_json::from_str(
            r#"{"a": [1, -2, 18446744073709551615, 1.5, null, true, "x"], "b": {}}"#,
        )
        .unwrap();
        let value = Value::from(json.clone());
        assert_eq!(value["a"][2].as_u64(), Some(u64::MAX));
        assert_eq!(Json::try_from(value), Ok(json));
        for wrong in [
            Value::Bytes(vec![1]),
            Value::Float(f64::NAN),
            Value::Map(vec![(1.into(), 2.into())]),
        ] {
            assert!(Json::try_from(wrong).is_err());
        }
    }
}
