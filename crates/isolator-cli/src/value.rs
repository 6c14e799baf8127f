//! A value of any shape: what lies between the JSON of the command line and the MessagePack of a guest.

use crate::time::Instant;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_bytes::{ByteBuf, Bytes};
use std::fmt;

/// A value. It reads from JSON and from MessagePack, and writes itself as MessagePack; see [`crate::json`] for the way back.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    /// An integer that is too large for [`Value::Int`].
    UInt(u64),
    Single(f32),
    Double(f64),
    Text(String),
    Bytes(Vec<u8>),
    Time(Instant),
    Array(Vec<Value>),
    /// In the order in which the entries came.
    Map(Vec<(Value, Value)>),
    /// A MessagePack extension that is none of the above: its type and its bytes.
    Extension(i8, Vec<u8>),
}

impl Value {
    /// What it is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) | Self::UInt(_) | Self::Single(_) | Self::Double(_) => "a number",
            Self::Text(_) => "a string",
            Self::Bytes(_) => "bytes",
            Self::Time(_) => "a time",
            Self::Array(_) => "an array",
            Self::Map(_) => "an object",
            Self::Extension(..) => "an extension value",
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let extension = |serializer: S, kind: i8, bytes: &[u8]| {
            serializer.serialize_newtype_struct(
                rmp_serde::MSGPACK_EXT_STRUCT_NAME,
                &(kind, Bytes::new(bytes)),
            )
        };
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::UInt(value) => serializer.serialize_u64(*value),
            Self::Single(value) => serializer.serialize_f32(*value),
            Self::Double(value) => serializer.serialize_f64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::Bytes(value) => serializer.serialize_bytes(value),
            Self::Time(value) => {
                let (kind, bytes) = value.to_extension();
                extension(serializer, kind, &bytes)
            }
            Self::Array(values) => serializer.collect_seq(values),
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
            Self::Extension(kind, bytes) => extension(serializer, *kind, bytes),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // How deep values may nest is limited by both formats' readers.
        deserializer.deserialize_any(AnyVisitor)
    }
}

struct AnyVisitor;

impl<'de> Visitor<'de> for AnyVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::UInt(value), Value::Int))
    }
    fn visit_f32<E>(self, value: f32) -> Result<Value, E> {
        Ok(Value::Single(value))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Double(value))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::Text(value))
    }
    fn visit_bytes<E>(self, value: &[u8]) -> Result<Value, E> {
        Ok(Value::Bytes(value.to_vec()))
    }
    fn visit_byte_buf<E>(self, value: Vec<u8>) -> Result<Value, E> {
        Ok(Value::Bytes(value))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = access.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Value::Map(entries))
    }
    /// This is how `rmp-serde` shows an extension value.
    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<Value, D::Error> {
        struct ExtensionVisitor;
        impl<'de> Visitor<'de> for ExtensionVisitor {
            type Value = (i8, ByteBuf);
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an extension value")
            }
            fn visit_seq<A: SeqAccess<'de>>(
                self,
                mut access: A,
            ) -> Result<(i8, ByteBuf), A::Error> {
                let kind = access
                    .next_element()?
                    .ok_or_else(|| de::Error::invalid_length(0, &self))?;
                let bytes = access
                    .next_element()?
                    .ok_or_else(|| de::Error::invalid_length(1, &self))?;
                Ok((kind, bytes))
            }
        }
        let (kind, bytes) = deserializer.deserialize_tuple(2, ExtensionVisitor)?;
        Ok(match Instant::from_extension(kind, &bytes) {
            Some(time) => Value::Time(time),
            None => Value::Extension(kind, bytes.into_vec()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use isolator_abi::wire::{from_bytes, to_bytes};

    #[test]
    fn everything_survives_messagepack() {
        let value = Value::Array(vec![
            Value::Null,
            Value::Bool(true),
            Value::Int(-3),
            Value::UInt(u64::MAX),
            Value::Single(1.5),
            Value::Double(f64::INFINITY),
            Value::Text("é".into()),
            Value::Bytes(vec![0, 255]),
            Value::Map(vec![
                (Value::Int(2), Value::Text("b".into())),
                (Value::Int(1), Value::Null),
            ]),
            Value::Time(Instant::parse("2026-02-03T04:05:06.7Z").unwrap()),
            Value::Time(Instant::parse("2026-02-03T04:05:06").unwrap()),
            Value::Extension(7, vec![1, 2, 3]),
        ]);
        assert_eq!(
            from_bytes::<Value>(&to_bytes(&value).unwrap()).unwrap(),
            value
        );
    }

    #[test]
    fn depth_is_limited() {
        let mut deep = vec![0x91u8; 100_000];
        deep.push(0xc0);
        assert!(from_bytes::<Value>(&deep).is_err());
        assert!(serde_json::from_str::<Value>(&"[".repeat(100_000)).is_err());
    }
}
