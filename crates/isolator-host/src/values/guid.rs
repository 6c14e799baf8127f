//! `System.Guid`.

use super::ConversionError;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// `System.Guid`: its 16 bytes in the order in which they are printed. It crosses as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Guid(
    /// The bytes, as printed (RFC 9562's order).
    pub [u8; 16],
);

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, byte) in self.0.iter().enumerate() {
            if matches!(position, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl FromStr for Guid {
    type Err = ConversionError;

    /// 32 digits, with or without hyphens and braces.
    fn from_str(text: &str) -> Result<Self, ConversionError> {
        let wrong = || ConversionError(format!("`{text}` is no Guid"));
        let inner = text
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        let mut bytes = [0; 16];
        let mut digits = inner.unwrap_or(text).chars().filter(|char| *char != '-');
        for byte in &mut bytes {
            let mut digit = || digits.next().and_then(|digit| digit.to_digit(16));
            let (Some(high), Some(low)) = (digit(), digit()) else {
                return Err(wrong());
            };
            *byte = u8::try_from(high << 4 | low).map_err(|_| wrong())?;
        }
        if digits.next().is_some() {
            return Err(wrong());
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Guid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Guid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

#[cfg(feature = "uuid")]
mod uuid {
    use super::Guid;
    use uuid::Uuid;

    impl From<Uuid> for Guid {
        fn from(value: Uuid) -> Self {
            Self(value.into_bytes())
        }
    }

    impl From<Guid> for Uuid {
        fn from(value: Guid) -> Self {
            Self::from_bytes(value.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_print_and_parse_in_one_order() {
        let text = "6f9619ff-8b86-d011-b42d-00c04fc964ff";
        let guid: Guid = text.parse().unwrap();
        assert_eq!(guid.to_string(), text);
        assert_eq!(format!("{{{text}}}").parse(), Ok(guid));
        assert_eq!(guid.0[0], 0x6f);
        for wrong in ["", "6f9619ff", &text[1..], &format!("{text}0"), "zz"] {
            assert!(wrong.parse::<Guid>().is_err(), "{wrong}");
        }
    }
}
