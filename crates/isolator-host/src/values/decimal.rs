//! `System.Decimal`.

use serde::{Deserialize, Serialize};
use std::fmt;

/// `System.Decimal`, as its text: digits with an optional sign and point (`-1.50`; trailing zeros count). It crosses as that.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Decimal(
    /// The text.
    pub String,
);

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(feature = "rust_decimal")]
mod interop {
    use super::super::ConversionError;
    use super::Decimal;

    impl From<rust_decimal::Decimal> for Decimal {
        fn from(value: rust_decimal::Decimal) -> Self {
            Self(value.to_string())
        }
    }

    impl TryFrom<Decimal> for rust_decimal::Decimal {
        type Error = ConversionError;

        fn try_from(value: Decimal) -> Result<Self, ConversionError> {
            Self::from_str_exact(&value.0)
                .map_err(|error| ConversionError(format!("`{value}` is no decimal: {error}")))
        }
    }
}
