//! Any value that crosses.

use super::{ConversionError, DateTime};
use isolator_abi::wire;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::ops::Index;

/// Any value that crosses: for results whose type is not known before, and arguments that are put together at run time.
///
/// ```
/// use isolator_host::values::Value;
/// let order: Value = [("Id", Value::from(7)), ("Lines", vec![1, 2].into())].into_iter().collect();
/// assert_eq!(order["Lines"][1].as_i64(), Some(2));
/// assert_eq!(order.to_string(), r#"{"Id": 7, "Lines": [1, 2]}"#);
/// assert!(order["Absent"].is_nil());
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Null.
    #[default]
    Nil,
    /// `bool`.
    Bool(bool),
    /// An integer that fits `i64`; `char` and enums, too.
    Int(i64),
    /// An integer above `i64::MAX`. Smaller ones are [`Int`](Self::Int): `From` sees to it.
    UInt(u64),
    /// `float` and `double`.
    Float(f64),
    /// Text; `decimal`, `Guid` and others that cross as text.
    String(String),
    /// `byte[]`.
    Bytes(Vec<u8>),
    /// Arrays, lists, sets, tuples.
    Array(Vec<Value>),
    /// Dictionaries, and objects by the names of their members. In the order in which they were written.
    Map(Vec<(Value, Value)>),
    /// An extension value: a `DateTime`, above all (see [`as_date_time`](Self::as_date_time)).
    Extension(Extension),
}

/// A MessagePack extension value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Extension {
    /// Its type.
    pub kind: i8,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// What indexing finds where there is nothing.
static NIL: Value = Value::Nil;

impl Value {
    /// The value of anything that can be serialized.
    ///
    /// # Errors
    /// If it cannot be, or nests deeper than 128 levels.
    pub fn of<T: Serialize>(value: &T) -> Result<Self, ConversionError> {
        let bytes = wire::to_bytes(value).map_err(|error| ConversionError(error.to_string()))?;
        wire::from_bytes(&bytes).map_err(|error| ConversionError(error.to_string()))
    }

    /// The value as any type that can be deserialized.
    ///
    /// # Errors
    /// If it is none of that type.
    pub fn to<T: DeserializeOwned>(&self) -> Result<T, ConversionError> {
        let bytes = wire::to_bytes(self).map_err(|error| ConversionError(error.to_string()))?;
        wire::from_bytes(&bytes).map_err(|error| ConversionError(error.to_string()))
    }

    /// Whether it is null.
    #[must_use]
    pub const fn is_nil(&self) -> bool {
        matches!(self, Self::Nil)
    }

    /// The bool that it is.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The integer that it is, if that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            Self::UInt(value) => i64::try_from(*value).ok(),
            _ => None,
        }
    }

    /// The integer that it is, if that fits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Int(value) => u64::try_from(*value).ok(),
            Self::UInt(value) => Some(*value),
            _ => None,
        }
    }

    /// The number that it is, an integer rounded.
    #[must_use]
    pub const fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::UInt(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            _ => None,
        }
    }

    /// The text that it is.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(value) => Some(value),
            _ => None,
        }
    }

    /// The bytes that it is.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(value) => Some(value),
            _ => None,
        }
    }

    /// The elements of the array that it is.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Self::Array(values) => Some(values),
            _ => None,
        }
    }

    /// The pairs of the map that it is.
    #[must_use]
    pub fn as_map(&self) -> Option<&[(Value, Value)]> {
        match self {
            Self::Map(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// The point in time that it is.
    #[must_use]
    pub fn as_date_time(&self) -> Option<DateTime> {
        match self {
            Self::Extension(extension) => extension.try_into().ok(),
            _ => None,
        }
    }

    /// The value of this name in a map.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        let mut pairs = self.as_map()?.iter();
        pairs
            .find(|(key, _)| key.as_str() == Some(name))
            .map(|(_, value)| value)
    }
}

impl Index<&str> for Value {
    type Output = Value;

    /// The value of this name in a map; nil if there is none.
    fn index(&self, name: &str) -> &Value {
        self.get(name).unwrap_or(&NIL)
    }
}

impl Index<usize> for Value {
    type Output = Value;

    /// An element of an array; nil if there is none.
    fn index(&self, position: usize) -> &Value {
        self.as_array()
            .and_then(|values| values.get(position))
            .unwrap_or(&NIL)
    }
}

impl fmt::Display for Value {
    /// Like JSON; bytes as `h'00ff'`, points in time and other extension values by their type.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::UInt(value) => value.fmt(f),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::String(value) => write!(f, "{value:?}"),
            Self::Bytes(bytes) => hex(f, bytes),
            Self::Array(values) => {
                f.write_str("[")?;
                for (position, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if position == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Self::Map(pairs) => {
                f.write_str("{")?;
                for (position, (key, value)) in pairs.iter().enumerate() {
                    write!(f, "{}{key}: {value}", if position == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
            Self::Extension(extension) => {
                if let Some(time) = self.as_date_time() {
                    return write!(f, "DateTime({}, {:?})", time.ticks(), time.kind());
                }
                write!(f, "extension {} ", extension.kind)?;
                hex(f, &extension.bytes)
            }
        }
    }
}

fn hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    f.write_str("h'")?;
    for byte in bytes {
        write!(f, "{byte:02x}")?;
    }
    f.write_str("'")
}

macro_rules! from {
    ($($ty:ty => |$value:ident| $made:expr;)*) => {
        $(impl From<$ty> for Value {
            fn from($value: $ty) -> Self {
                $made
            }
        })*
    };
}
from! {
    () => |_value| Self::Nil;
    bool => |value| Self::Bool(value);
    i8 => |value| Self::Int(value.into());
    i16 => |value| Self::Int(value.into());
    i32 => |value| Self::Int(value.into());
    i64 => |value| Self::Int(value);
    u8 => |value| Self::Int(value.into());
    u16 => |value| Self::Int(value.into());
    u32 => |value| Self::Int(value.into());
    u64 => |value| i64::try_from(value).map_or(Self::UInt(value), Self::Int);
    f32 => |value| Self::Float(value.into());
    f64 => |value| Self::Float(value);
    &str => |value| Self::String(value.into());
    String => |value| Self::String(value);
    Extension => |value| Self::Extension(value);
    DateTime => |value| Self::Extension(value.into());
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nil, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(values: Vec<T>) -> Self {
        values.into_iter().collect()
    }
}

impl<K: Into<Value>, V: Into<Value>> FromIterator<(K, V)> for Value {
    /// A map.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self::Map(
            pairs
                .into_iter()
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
        )
    }
}

impl<T: Into<Value>> FromIterator<T> for Value {
    /// An array.
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Self::Array(values.into_iter().map(Into::into).collect())
    }
}
