//! Values that `serde` has no type for, as they cross: [`Value`] for anything, and .NET's times, `Guid` and `decimal`.
//!
//! Each converts to and from the types of the crates that people use, where the feature of that name is on: `chrono`, `uuid`,
//! `rust_decimal`. As arguments and results they are used as they are; in a field of a struct, [`As`] lets the crate's own type stand:
//!
//! ```
//! use isolator_host::values::{As, DateTime, TimeSpan};
//! # use std::time::Duration;
//! #[derive(serde::Serialize, serde::Deserialize)]
//! #[serde(rename_all = "PascalCase")]
//! struct Appointment {
//!     begins: DateTime,
//!     #[serde(with = "As::<TimeSpan>")]
//!     lasts: Duration,
//! }
//! ```
//!
//! What has a plain form already: strings for `Version` and `Uri`, floats for `Half`, [`serde_bytes`] for `byte[]` and
//! `BigInteger` (little-endian), `u16` for `char`. [`int128`] is for `Int128` and `UInt128`.

mod arguments;
#[cfg(feature = "chrono")]
mod chrono;
mod decimal;
mod dynamic;
mod dynamic_serde;
mod extension;
mod guid;
pub(crate) mod handle;
mod iso;
mod json;
pub(crate) mod kept;
pub(crate) mod overloads;
pub(crate) mod scalar;
mod time;

pub use decimal::Decimal;
pub use dynamic::{Extension, Value};
pub use guid::Guid;
pub use time::{DateOnly, DateTime, DateTimeKind, DateTimeOffset, TimeOnly, TimeSpan};

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, Serializer};
use std::fmt::Display;
use std::marker::PhantomData;

/// A value that cannot be converted: it is out of the other type's range, or of another kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConversionError(pub(crate) String);

/// Says as what a field crosses: `#[serde(with = "As::<Wire>")]`, where the field's type and `Wire` convert into each other
/// (`TryInto` both ways).
#[derive(Debug)]
pub struct As<Wire>(PhantomData<Wire>);

impl<Wire> As<Wire> {
    /// Writes a value as `Wire`.
    ///
    /// # Errors
    /// If it cannot be converted or written.
    pub fn serialize<T, S>(value: &T, serializer: S) -> Result<S::Ok, S::Error>
    where
        T: Clone + TryInto<Wire, Error: Display>,
        Wire: Serialize,
        S: Serializer,
    {
        let wire: Wire = value.clone().try_into().map_err(S::Error::custom)?;
        wire.serialize(serializer)
    }

    /// Reads a value that was written as `Wire`.
    ///
    /// # Errors
    /// If it cannot be read or converted.
    pub fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        Wire: Deserialize<'de> + TryInto<T, Error: Display>,
        D: Deserializer<'de>,
    {
        let wire = Wire::deserialize(deserializer)?;
        wire.try_into().map_err(D::Error::custom)
    }
}

/// `Int128` and `UInt128`, for fields of type `i128` and `u128`: `#[serde(with = "isolator_host::values::int128")]`. They
/// cross as text.
pub mod int128 {
    use serde::de::{Deserialize, Deserializer, Error as _};
    use serde::ser::Serializer;
    use std::fmt::Display;
    use std::str::FromStr;

    /// Writes the number.
    ///
    /// # Errors
    /// If the serializer fails.
    pub fn serialize<T: Display, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    /// Reads the number.
    ///
    /// # Errors
    /// If it is none, or out of range.
    pub fn deserialize<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|error| D::Error::custom(format_args!("`{text}` is no number: {error}")))
    }
}
