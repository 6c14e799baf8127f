//! Reading with errors whose texts are short.
//!
//! serde's errors quote what they found where they wanted something else. What is found is a guest's: a string of 250 MiB that
//! stands where a struct is due would become a text several times as long, since control characters are escaped. So whatever
//! reads goes through here, and each text ends after [`LONGEST_TEXT`] bytes while it is made.

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};
use std::cell::Cell;
use std::fmt::{self, Display, Write};

/// Longest text that an error takes from what was read, in bytes; what is longer is cut, and ends in `…`.
pub const LONGEST_TEXT: usize = 4096;

/// Why bytes could not be read. Its text has at most [`LONGEST_TEXT`] bytes, and a mark that it was cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError(Box<str>);

impl Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReadError {}

impl serde::de::Error for ReadError {
    #[cold]
    fn custom<T: Display>(text: T) -> Self {
        let mut cut = Cut::default();
        // An error means that it was cut, or that what it shows has none for itself: there is nobody to tell.
        let _ = write!(cut, "{text}");
        Self(cut.text.into())
    }
}

/// Takes text until there is enough, and then refuses, which ends the formatting.
#[derive(Default)]
struct Cut {
    text: String,
    full: bool,
}

impl Write for Cut {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        if self.full {
            return Err(fmt::Error);
        }
        let room = LONGEST_TEXT.saturating_sub(self.text.len());
        let fits = more.floor_char_boundary(room);
        self.text.push_str(more.get(..fits).unwrap_or_default());
        if fits < more.len() {
            self.full = true;
            self.text.push('…');
            return Err(fmt::Error);
        }
        Ok(())
    }
}

/// What an allocation costs beside what is in it.
const CONTAINER: usize = 32;

/// How much memory may be taken by what is read. A byte on the wire can be hundreds here, as an empty list is, or a nil in a `Value`:
/// so each element counts by the size that its type has, and each text, list and map by its content.
///
/// What a growing list has in reserve is not counted: it is at most as much again.
#[derive(Debug)]
pub(crate) struct Room {
    left: Cell<usize>,
    full: Cell<bool>,
}

impl Room {
    /// So many bytes.
    pub(crate) fn of(bytes: usize) -> Self {
        Self {
            left: Cell::new(bytes),
            full: Cell::new(false),
        }
    }

    /// Whether more was wanted than there is.
    pub(crate) fn is_full(&self) -> bool {
        self.full.get()
    }

    #[inline]
    fn take(&self, bytes: usize) -> Result<(), ReadError> {
        match self.left.get().checked_sub(bytes) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(self.refuse()),
        }
    }

    #[cold]
    fn refuse(&self) -> ReadError {
        self.full.set(true);
        ReadError("it would take more memory than it may".into())
    }
}

/// Anything of serde's, with [`ReadError`] in the place of its errors.
///
/// Texts are made in two places: by types that are read, with the error type of their deserializer, and by visitors, with one that is
/// given to each function. Both are ours then.
pub(crate) struct Short<'b, T>(pub T, pub &'b Room);

macro_rules! forward {
    ($($function:ident)*) => {$(
        #[inline]
        fn $function<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
            self.0.$function(Short(visitor, self.1)).map_err(ReadError::custom)
        }
    )*};
}

impl<'de, 'b, D: Deserializer<'de>> Deserializer<'de> for Short<'b, D> {
    type Error = ReadError;

    forward! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64
        deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf deserialize_option
        deserialize_unit deserialize_seq deserialize_map deserialize_identifier deserialize_ignored_any
    }

    #[inline]
    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        (self.0)
            .deserialize_unit_struct(name, Short(visitor, self.1))
            .map_err(ReadError::custom)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        (self.0)
            .deserialize_newtype_struct(name, Short(visitor, self.1))
            .map_err(ReadError::custom)
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        (self.0)
            .deserialize_tuple(len, Short(visitor, self.1))
            .map_err(ReadError::custom)
    }

    #[inline]
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        (self.0)
            .deserialize_tuple_struct(name, len, Short(visitor, self.1))
            .map_err(ReadError::custom)
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        (self.0)
            .deserialize_struct(name, fields, Short(visitor, self.1))
            .map_err(ReadError::custom)
    }

    #[inline]
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        (self.0)
            .deserialize_enum(name, variants, Short(visitor, self.1))
            .map_err(ReadError::custom)
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

macro_rules! visit {
    ($($function:ident: $ty:ty;)*) => {$(
        #[inline]
        fn $function<E: serde::de::Error>(self, value: $ty) -> Result<V::Value, E> {
            self.0.$function::<ReadError>(value).map_err(E::custom)
        }
    )*};
}

macro_rules! visit_long {
    ($($function:ident: $ty:ty;)*) => {$(
        #[inline]
        fn $function<E: serde::de::Error>(self, value: $ty) -> Result<V::Value, E> {
            self.1.take(value.len() + CONTAINER).map_err(E::custom)?;
            self.0.$function::<ReadError>(value).map_err(E::custom)
        }
    )*};
}

impl<'de, 'b, V: Visitor<'de>> Visitor<'de> for Short<'b, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    visit! {
        visit_bool: bool;
        visit_i8: i8;
        visit_i16: i16;
        visit_i32: i32;
        visit_i64: i64;
        visit_i128: i128;
        visit_u8: u8;
        visit_u16: u16;
        visit_u32: u32;
        visit_u64: u64;
        visit_u128: u128;
        visit_f32: f32;
        visit_f64: f64;
        visit_char: char;
    }

    visit_long! {
        visit_str: &str;
        visit_borrowed_str: &'de str;
        visit_string: String;
        visit_bytes: &[u8];
        visit_borrowed_bytes: &'de [u8];
        visit_byte_buf: Vec<u8>;
    }

    #[inline]
    fn visit_none<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.0.visit_none::<ReadError>().map_err(E::custom)
    }

    #[inline]
    fn visit_unit<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit::<ReadError>().map_err(E::custom)
    }

    #[inline]
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        let read = self.0.visit_some(Short(deserializer, self.1));
        read.map_err(D::Error::custom)
    }

    #[inline]
    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<V::Value, D::Error> {
        let read = self.0.visit_newtype_struct(Short(deserializer, self.1));
        read.map_err(D::Error::custom)
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<V::Value, A::Error> {
        self.1.take(CONTAINER).map_err(A::Error::custom)?;
        let read = self.0.visit_seq(Short(seq, self.1));
        read.map_err(A::Error::custom)
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.1.take(CONTAINER).map_err(A::Error::custom)?;
        let read = self.0.visit_map(Short(map, self.1));
        read.map_err(A::Error::custom)
    }

    #[inline]
    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<V::Value, A::Error> {
        self.0
            .visit_enum(Short(data, self.1))
            .map_err(A::Error::custom)
    }
}

impl<'de, 'b, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Short<'b, S> {
    type Value = S::Value;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        let read = self.0.deserialize(Short(deserializer, self.1));
        read.map_err(D::Error::custom)
    }
}

impl<'de, 'b, A: SeqAccess<'de>> SeqAccess<'de> for Short<'b, A> {
    type Error = ReadError;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ReadError> {
        self.1.take(size_of::<S::Value>())?;
        (self.0)
            .next_element_seed(Short(seed, self.1))
            .map_err(ReadError::custom)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        SeqAccess::size_hint(&self.0)
    }
}

impl<'de, 'b, A: MapAccess<'de>> MapAccess<'de> for Short<'b, A> {
    type Error = ReadError;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ReadError> {
        self.1.take(size_of::<S::Value>())?;
        (self.0)
            .next_key_seed(Short(seed, self.1))
            .map_err(ReadError::custom)
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, ReadError> {
        self.1.take(size_of::<S::Value>())?;
        (self.0)
            .next_value_seed(Short(seed, self.1))
            .map_err(ReadError::custom)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        MapAccess::size_hint(&self.0)
    }
}

impl<'de, 'b, A: EnumAccess<'de>> EnumAccess<'de> for Short<'b, A> {
    type Error = ReadError;
    type Variant = Short<'b, A::Variant>;

    #[inline]
    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), ReadError> {
        let room = self.1;
        let (value, variant) = (self.0)
            .variant_seed(Short(seed, self.1))
            .map_err(ReadError::custom)?;
        Ok((value, Short(variant, room)))
    }
}

impl<'de, 'b, A: VariantAccess<'de>> VariantAccess<'de> for Short<'b, A> {
    type Error = ReadError;

    #[inline]
    fn unit_variant(self) -> Result<(), ReadError> {
        self.0.unit_variant().map_err(ReadError::custom)
    }

    #[inline]
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, ReadError> {
        (self.0)
            .newtype_variant_seed(Short(seed, self.1))
            .map_err(ReadError::custom)
    }

    #[inline]
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, ReadError> {
        (self.0)
            .tuple_variant(len, Short(visitor, self.1))
            .map_err(ReadError::custom)
    }

    #[inline]
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        (self.0)
            .struct_variant(fields, Short(visitor, self.1))
            .map_err(ReadError::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::LONGEST_TEXT;
    use crate::wire::{Failure, MethodQuery, Unread, from_bytes, from_bytes_within, to_bytes};
    use serde::Deserialize;
    use serde::de::{Deserializer, Visitor};
    use std::cell::Cell;
    use std::fmt;

    /// A string of a length that a guest may choose, each byte of which serde shows in five.
    fn controls() -> Vec<u8> {
        let len = 4 << 20;
        let mut bytes = vec![0xdb];
        bytes.extend_from_slice(&u32::to_be_bytes(len));
        bytes.resize(5 + len as usize, 1);
        bytes
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Strict {
        #[expect(dead_code, reason = "only to be read")]
        a: u8,
    }

    #[derive(Debug, Deserialize)]
    enum Choice {
        Unit,
        Number(u8),
        Pair(u8, u8),
        Named { a: u8 },
    }

    #[test]
    fn a_long_string_in_the_wrong_place_makes_a_short_error() {
        fn error<T: fmt::Debug + serde::de::DeserializeOwned>(bytes: &[u8]) -> String {
            from_bytes::<T>(bytes).unwrap_err().to_string()
        }
        let top = controls();
        let inside = [&[0x91], &*top].concat();
        let value = [b"\x81\xa4Kind\x81", &*top, &[1]].concat();
        let key = [&[0x81], &*top, &[1]].concat();
        for text in [
            error::<Failure>(&top),
            error::<(u8,)>(&top),
            error::<[u8; 3]>(&top),
            error::<Vec<u8>>(&top),
            error::<f64>(&inside),
            error::<(bool,)>(&inside),
            error::<Option<Vec<MethodQuery>>>(&inside),
            error::<Vec<Option<Box<(char,)>>>>(&inside),
            error::<Failure>(&value),
            error::<Strict>(&key),
            error::<Choice>(&top),
            error::<Choice>(&key),
            error::<std::net::IpAddr>(&top),
            error::<std::collections::BTreeMap<u8, u8>>(&key),
        ] {
            assert!(
                !text.is_empty() && text.len() <= LONGEST_TEXT + '…'.len_utf8(),
                "{} bytes: {:.200}",
                text.len(),
                text
            );
        }
        // Without it each byte is shown in five.
        let raw = rmp_serde::from_slice::<Failure>(&top).unwrap_err();
        assert!(raw.to_string().len() > 4 * top.len());
        let text = error::<Failure>(&top);
        assert!(
            text.starts_with("invalid type: string \"\\u{1}") && text.ends_with('…'),
            "{text:.200}"
        );
    }

    /// A text that is cut is not made first: what makes it is told to stop.
    #[test]
    fn a_text_is_not_made_beyond_its_end() {
        thread_local!(static WRITTEN: Cell<usize> = const { Cell::new(0) });
        #[derive(Debug)]
        struct Wordy;
        impl<'de> Deserialize<'de> for Wordy {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Any;
                impl<'de> Visitor<'de> for Any {
                    type Value = Wordy;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        for _ in 0..10_000 {
                            f.write_str("something else, ")?;
                            WRITTEN.set(WRITTEN.get() + 16);
                        }
                        Ok(())
                    }
                }
                deserializer.deserialize_any(Any)
            }
        }
        for bytes in [&b"\xa1x"[..], b"\x91\xa1x", b"\x81\x01\x02", b"\x07"] {
            WRITTEN.set(0);
            assert!(from_bytes::<Wordy>(bytes).is_err());
            let written = WRITTEN.get();
            assert!((1..=LONGEST_TEXT).contains(&written), "{written} bytes");
        }
    }

    #[test]
    fn every_shape_is_read_as_before() {
        assert!(matches!(
            from_bytes(&to_bytes(&"Unit").unwrap()),
            Ok(Choice::Unit)
        ));
        assert!(matches!(
            from_bytes(b"\x81\xa6Number\x07"),
            Ok(Choice::Number(7))
        ));
        assert!(matches!(
            from_bytes(b"\x81\xa4Pair\x92\x01\x02"),
            Ok(Choice::Pair(1, 2))
        ));
        assert!(matches!(
            from_bytes(b"\x81\xa5Named\x81\xa1a\x03"),
            Ok(Choice::Named { a: 3 })
        ));
        let all = (
            (true, -5i8, 300u16, u64::MAX, i128::MIN, 1.5f32),
            ('ß', "text", Some(()), None::<u8>, vec![1, 2]),
        );
        type Owned = (
            (bool, i8, u16, u64, i128, f32),
            (char, String, Option<()>, Option<u8>, Vec<i32>),
        );
        // Nil is none: `Some(())` is one of the values that MessagePack has no form for.
        let read: Owned = from_bytes(&to_bytes(&all).unwrap()).unwrap();
        assert_eq!(read.0, all.0);
        assert_eq!(read.1, ('ß', "text".into(), None, None, vec![1, 2]));
        assert!(from_bytes::<Strict>(b"\x81\xa1a\x09").is_ok());
        let error = from_bytes::<(u8,)>(b"\x91\xa2no").unwrap_err();
        assert_eq!(error.to_string(), "wrong msgpack marker FixStr(2)");
    }

    #[test]
    fn what_is_read_takes_no_more_memory_than_it_may() {
        fn reads<T: serde::de::DeserializeOwned>(bytes: &[u8], most: usize) -> bool {
            match from_bytes_within::<T>(bytes, most) {
                Ok(_) => true,
                Err(Unread::TooLarge) => false,
                Err(Unread::Wrong(error)) => panic!("{error}"),
            }
        }
        let array = |count: u16, element: &[u8]| {
            let mut bytes = vec![0xdc];
            bytes.extend_from_slice(&count.to_be_bytes());
            bytes.extend(element.repeat(count.into()));
            bytes
        };
        let numbers = array(1000, &[1]);
        assert!(reads::<Vec<u64>>(&numbers, 8500) && !reads::<Vec<u64>>(&numbers, 7999));
        let empty = array(1000, &[0x90]);
        assert!(reads::<Vec<Vec<u8>>>(&empty, 100_000));
        assert!(!reads::<Vec<Vec<u8>>>(&empty, 1000 * (24 + 32) - 1));
        let texts = array(1000, b"\xa5texts");
        assert!(reads::<Vec<String>>(&texts, 100_000));
        assert!(!reads::<Vec<String>>(&texts, 1000 * (24 + 5 + 32) - 1));
        let maps = array(1000, &[0x81, 1, 2]);
        type Maps = Vec<std::collections::BTreeMap<u64, u64>>;
        assert!(reads::<Maps>(&maps, 200_000));
        assert!(!reads::<Maps>(&maps, 1000 * (24 + 32 + 16) - 1));
        // What nobody keeps costs next to nothing, and no room is no room for one number.
        assert!(reads::<serde::de::IgnoredAny>(&numbers, 100));
        assert!(reads::<u8>(&[7], 0) && !reads::<(u8,)>(&[0x91, 7], 0));
    }
}
