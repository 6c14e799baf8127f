//! MessagePack extension values, and points in time in them.

use super::dynamic::Extension;
use super::time::{DateTime, DateTimeKind, TICKS_PER_SECOND, UNIX_EPOCH_TICKS};
use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use serde::ser::{Serialize, Serializer};
use std::fmt;

/// MessagePack's own type of a point in time.
pub(super) const TIMESTAMP: i8 = -1;
/// A `DateTime` that is not of kind UTC.
pub(super) const DATE_TIME_WITH_KIND: i8 = isolator_abi::numbers::extension::DATE_TIME_WITH_KIND;

impl Serialize for Extension {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let parts = (self.kind, serde_bytes::Bytes::new(&self.bytes));
        serializer.serialize_newtype_struct(rmp_serde::MSGPACK_EXT_STRUCT_NAME, &parts)
    }
}

impl<'de> Deserialize<'de> for Extension {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parts;
        impl<'de> Visitor<'de> for Parts {
            type Value = Extension;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a MessagePack extension value")
            }
            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                deserializer: D,
            ) -> Result<Extension, D::Error> {
                let (kind, bytes) = <(i8, serde_bytes::ByteBuf)>::deserialize(deserializer)?;
                let bytes = bytes.into_vec();
                Ok(Extension { kind, bytes })
            }
        }
        deserializer.deserialize_any(Parts)
    }
}

/// Ticks since .NET's beginning of time, of a MessagePack timestamp.
fn timestamp(bytes: &[u8]) -> Option<i64> {
    let (nanoseconds, seconds) = if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        (0, i64::from(u32::from_be_bytes(four)))
    } else if let Ok(eight) = <[u8; 8]>::try_from(bytes) {
        let both = u64::from_be_bytes(eight);
        let seconds = i64::try_from(both & ((1 << 34) - 1)).ok()?;
        (both >> 34, seconds)
    } else {
        let (nanoseconds, seconds) = bytes.split_first_chunk::<4>()?;
        let seconds = i64::from_be_bytes(seconds.try_into().ok()?);
        (u64::from(u32::from_be_bytes(*nanoseconds)), seconds)
    };
    if nanoseconds >= 1_000_000_000 {
        return None;
    }
    let rest = i64::try_from(nanoseconds).ok()? / 100;
    seconds
        .checked_mul(TICKS_PER_SECOND)?
        .checked_add(rest)?
        .checked_add(UNIX_EPOCH_TICKS)
}

impl From<DateTime> for Extension {
    fn from(value: DateTime) -> Self {
        let kind = match value.kind() {
            DateTimeKind::Utc => {
                let since = value.ticks() - UNIX_EPOCH_TICKS;
                let seconds = since.div_euclid(TICKS_PER_SECOND);
                // Below a second, so it fits.
                let nanoseconds = (since.rem_euclid(TICKS_PER_SECOND) * 100).unsigned_abs();
                let bytes = match u64::try_from(seconds) {
                    Ok(seconds) if seconds >> 34 == 0 => {
                        let both = nanoseconds << 34 | seconds;
                        match u32::try_from(both) {
                            Ok(four) => four.to_be_bytes().to_vec(),
                            Err(_) => both.to_be_bytes().to_vec(),
                        }
                    }
                    _ => {
                        let mut bytes = (nanoseconds as u32).to_be_bytes().to_vec();
                        bytes.extend(seconds.to_be_bytes());
                        bytes
                    }
                };
                return Self {
                    kind: TIMESTAMP,
                    bytes,
                };
            }
            DateTimeKind::Unspecified => 1,
            DateTimeKind::Local => 2,
        };
        let mut bytes = vec![kind];
        bytes.extend(value.ticks().to_be_bytes());
        Self {
            kind: DATE_TIME_WITH_KIND,
            bytes,
        }
    }
}

impl TryFrom<&Extension> for DateTime {
    type Error = super::ConversionError;

    fn try_from(value: &Extension) -> Result<Self, Self::Error> {
        let found = match (value.kind, &*value.bytes) {
            (TIMESTAMP, bytes) => timestamp(bytes).map(|ticks| (ticks, DateTimeKind::Utc)),
            (DATE_TIME_WITH_KIND, [kind @ (1 | 2), ticks @ ..]) => {
                let kind = if *kind == 1 {
                    DateTimeKind::Unspecified
                } else {
                    DateTimeKind::Local
                };
                let ticks = ticks.try_into().ok().map(i64::from_be_bytes);
                ticks.map(|ticks| (ticks, kind))
            }
            _ => None,
        };
        let Some((ticks, kind)) = found else {
            return Err(super::ConversionError(format!(
                "an extension value of type {} and {} bytes is no point in time",
                value.kind,
                value.bytes.len()
            )));
        };
        Self::new(ticks, kind)
    }
}

impl Serialize for DateTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Extension::from(*self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for DateTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(&Extension::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use isolator_abi::wire;
    use proptest::prelude::*;

    #[test]
    fn timestamps_have_the_shortest_form() {
        let bytes = |ticks| {
            let value = DateTime::new(ticks, DateTimeKind::Utc).unwrap();
            wire::to_bytes(&value).unwrap()
        };
        let second = UNIX_EPOCH_TICKS + TICKS_PER_SECOND;
        assert_eq!(bytes(second), [0xd6, 0xff, 0, 0, 0, 1]);
        assert_eq!(bytes(second + 1), [0xd7, 0xff, 0, 0, 1, 0x90, 0, 0, 0, 1]);
        assert_eq!(
            bytes(UNIX_EPOCH_TICKS - 1),
            [
                0xc7, 12, 0xff, 0x3b, 0x9a, 0xc9, 0x9c, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                0xff
            ]
        );
    }

    proptest! {
        #[test]
        fn points_in_time_survive(ticks in 0..=DateTime::MAX_TICKS, kind in 0..3) {
            let kind = [DateTimeKind::Utc, DateTimeKind::Unspecified, DateTimeKind::Local][kind as usize];
            let value = DateTime::new(ticks, kind).unwrap();
            let bytes = wire::to_bytes(&value).unwrap();
            prop_assert_eq!(wire::from_bytes::<DateTime>(&bytes).unwrap(), value);
        }

        #[test]
        fn no_extension_makes_reading_panic(kind in any::<i8>(), bytes in proptest::collection::vec(any::<u8>(), 0..16)) {
            for kind in [kind, TIMESTAMP, DATE_TIME_WITH_KIND] {
                let _ = DateTime::try_from(&Extension { kind, bytes: bytes.clone() });
            }
        }
    }
}
