//! The path of calls whose arguments and result are all numbers: 64-bit words, no serialization, no allocation.

use super::arguments::{Each, No, Refused, Takes, refuse};
use serde::de::{self, Visitor};
use serde::ser::{self, Serialize};
use std::fmt;

/// Most parameters that a scalar call has.
pub(crate) const MAX_PARAMETERS: usize = isolator_abi::numbers::MAX_SCALARS;

/// A method's scalar signature, in the contract's letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scalars {
    pub result: u8,
    params: [u8; MAX_PARAMETERS],
    count: u8,
}

impl Scalars {
    /// Reads what `scalar-signature` answered. None: these are not its letters, or too many.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (result, params) = text.as_bytes().split_first()?;
        if !b"vzcbBsSiIlLfd".contains(result)
            || params.len() > MAX_PARAMETERS
            || !params.iter().all(|p| b"zcbBsSiIlLfd".contains(p))
        {
            return None;
        }
        let mut scalars = Self {
            result: *result,
            params: [0; MAX_PARAMETERS],
            count: u8::try_from(params.len()).ok()?,
        };
        for (to, from) in scalars.params.iter_mut().zip(params) {
            *to = *from;
        }
        Some(scalars)
    }

    /// Number of parameters.
    #[inline]
    pub(crate) fn count(&self) -> usize {
        usize::from(self.count)
    }

    /// The parameters' letters.
    pub(crate) fn params(&self) -> &[u8] {
        self.params.get(..self.count()).unwrap_or_default()
    }

    /// The letters.
    pub(crate) fn text(&self) -> String {
        let params = self.params.iter().take(usize::from(self.count));
        std::iter::once(&self.result)
            .chain(params)
            .map(|letter| char::from(*letter))
            .collect()
    }

    /// The arguments as words. None: they do not fit the signature, and the general path will say why.
    #[inline]
    pub(crate) fn encode<A: Serialize>(&self, args: &A) -> Option<[u64; MAX_PARAMETERS]> {
        let mut encoder = Encoder {
            scalars: self,
            words: [0; MAX_PARAMETERS],
            next: 0,
        };
        args.serialize(Each(&mut encoder)).ok()?;
        (encoder.next == usize::from(self.count)).then_some(encoder.words)
    }
}

struct Encoder<'a> {
    scalars: &'a Scalars,
    words: [u64; MAX_PARAMETERS],
    next: usize,
}

/// One argument for a parameter with this letter.
struct Word(u8);

impl Takes for Encoder<'_> {
    #[inline]
    fn argument<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        if self.next >= usize::from(self.scalars.count) {
            return Err(Refused);
        }
        let letter = self.scalars.params.get(self.next).ok_or(Refused)?;
        let word = self.words.get_mut(self.next).ok_or(Refused)?;
        *word = value.serialize(Word(*letter))?;
        self.next += 1;
        Ok(())
    }
}

impl Word {
    #[inline]
    fn signed(&self, value: i64) -> Result<u64, Refused> {
        let fits = match self.0 {
            b'b' => i8::try_from(value).is_ok(),
            b's' => i16::try_from(value).is_ok(),
            b'i' => i32::try_from(value).is_ok(),
            b'l' => true,
            b'B' => u8::try_from(value).is_ok(),
            b'S' => u16::try_from(value).is_ok(),
            b'I' => u32::try_from(value).is_ok(),
            b'L' => value >= 0,
            _ => false,
        };
        if fits {
            Ok(value.cast_unsigned())
        } else {
            Err(Refused)
        }
    }

    #[inline]
    fn unsigned(&self, value: u64) -> Result<u64, Refused> {
        match (self.0, i64::try_from(value)) {
            (b'L', _) => Ok(value),
            (_, Ok(value)) => self.signed(value),
            _ => Err(Refused),
        }
    }
}

macro_rules! integers {
    ($($method:ident $ty:ty as $wide:ident;)*) => {
        $(#[inline] fn $method(self, value: $ty) -> Result<u64, Refused> { self.$wide(value.into()) })*
    };
}

impl ser::Serializer for Word {
    type Ok = u64;
    type Error = Refused;
    type SerializeSeq = No<u64>;
    type SerializeTuple = No<u64>;
    type SerializeTupleStruct = No<u64>;
    type SerializeTupleVariant = No<u64>;
    type SerializeMap = No<u64>;
    type SerializeStruct = No<u64>;
    type SerializeStructVariant = No<u64>;

    integers! {
        serialize_i8 i8 as signed; serialize_i16 i16 as signed; serialize_i32 i32 as signed; serialize_i64 i64 as signed;
        serialize_u8 u8 as unsigned; serialize_u16 u16 as unsigned; serialize_u32 u32 as unsigned; serialize_u64 u64 as unsigned;
    }
    fn serialize_bool(self, value: bool) -> Result<u64, Refused> {
        if self.0 == b'z' {
            Ok(value.into())
        } else {
            Err(Refused)
        }
    }
    fn serialize_f32(self, value: f32) -> Result<u64, Refused> {
        match self.0 {
            b'f' => Ok(value.to_bits().into()),
            b'd' => Ok(f64::from(value).to_bits()),
            _ => Err(Refused),
        }
    }
    fn serialize_f64(self, value: f64) -> Result<u64, Refused> {
        if self.0 == b'd' {
            Ok(value.to_bits())
        } else {
            Err(Refused)
        }
    }
    fn serialize_char(self, value: char) -> Result<u64, Refused> {
        // A C# char is one UTF-16 unit.
        if self.0 == b'c' {
            u16::try_from(u32::from(value))
                .map(u64::from)
                .map_err(|_| Refused)
        } else {
            Err(Refused)
        }
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<u64, Refused> {
        if name == rmp_serde::MSGPACK_EXT_STRUCT_NAME {
            Err(Refused)
        } else {
            value.serialize(self)
        }
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<u64, Refused> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<u64, Refused> {
        Err(Refused)
    }
    refuse! { u64;
        serialize_str(&str); serialize_bytes(&[u8]); serialize_none(); serialize_unit(); serialize_unit_struct(&'static str);
        serialize_unit_variant(&'static str, u32, &'static str);
    }
    refuse! { No<u64>;
        serialize_seq(Option<usize>); serialize_tuple(usize); serialize_tuple_struct(&'static str, usize);
        serialize_tuple_variant(&'static str, u32, &'static str, usize); serialize_map(Option<usize>);
        serialize_struct(&'static str, usize); serialize_struct_variant(&'static str, u32, &'static str, usize);
    }
}

/// Why a result is not of the type that was asked for.
#[derive(Debug)]
pub(crate) struct Mismatch(String);

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for Mismatch {}
impl de::Error for Mismatch {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// A result word with its letter, as something to deserialize from.
pub(crate) struct Result64 {
    pub letter: u8,
    pub word: u64,
}

impl<'de> de::Deserializer<'de> for Result64 {
    type Error = Mismatch;

    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the guest extended the narrow integers, and its upper bits carry nothing"
    )]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        let word = self.word;
        match self.letter {
            b'v' => visitor.visit_unit(),
            b'z' => visitor.visit_bool(word & 0xff != 0),
            b'b' => visitor.visit_i8(word as i8),
            b's' => visitor.visit_i16(word as i16),
            b'i' => visitor.visit_i32(word as i32),
            b'l' => visitor.visit_i64(word.cast_signed()),
            b'B' => visitor.visit_u8(word as u8),
            b'S' | b'c' => visitor.visit_u16(word as u16),
            b'I' => visitor.visit_u32(word as u32),
            b'L' => visitor.visit_u64(word),
            b'f' => visitor.visit_f32(f32::from_bits(word as u32)),
            b'd' => visitor.visit_f64(f64::from_bits(word)),
            _ => Err(Mismatch("an unknown kind of scalar".into())),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        if self.letter == b'v' {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    #[expect(clippy::cast_possible_truncation, reason = "a C# char has 16 bits")]
    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match (self.letter, char::from_u32(u32::from(self.word as u16))) {
            (b'c', Some(value)) => visitor.visit_char(value),
            (b'c', None) => Err(Mismatch(format!(
                "the C# char U+{:04X} is half of a surrogate pair, which no Rust char is: ask for u16",
                self.word as u16
            ))),
            _ => self.deserialize_any(visitor),
        }
    }
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        self.deserialize_char(visitor)
    }
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        self.deserialize_char(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
        enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    fn words<A: Serialize>(signature: &str, args: A) -> Option<Vec<u64>> {
        let scalars = Scalars::parse(signature)?;
        scalars
            .encode(&args)
            .map(|words| words.iter().take(signature.len() - 1).copied().collect())
    }

    #[test]
    fn numbers_become_words_and_what_does_not_fit_does_not() {
        assert_eq!(words("iii", (1i32, -1i32)), Some(vec![1, u64::MAX]));
        assert_eq!(words("vB", (255i64,)), Some(vec![255]));
        assert_eq!(words("vB", (256i64,)), None);
        assert_eq!(words("vL", (u64::MAX,)), Some(vec![u64::MAX]));
        assert_eq!(words("vl", (u64::MAX,)), None);
        assert_eq!(words("vL", (-1,)), None);
        assert_eq!(words("vd", (1.5f32,)), Some(vec![1.5f64.to_bits()]));
        assert_eq!(
            words("vf", (1.5f64,)),
            None,
            "it may lose digits: the guest decides"
        );
        assert_eq!(words("vc", ('é',)), Some(vec![0xe9]));
        assert_eq!(words("vc", ('😀',)), None);
        assert_eq!(words("vz", (true,)), Some(vec![1]));
        assert_eq!(words("vi", ("1",)), None);
        assert_eq!(words("v", ()), Some(vec![]));
        assert_eq!(words("vii", [1, 2]), Some(vec![1, 2]));
        assert_eq!(words("vii", vec![1, 2]), Some(vec![1, 2]));
    }

    #[test]
    fn another_number_of_arguments_is_not_scalar() {
        assert_eq!(words("vi", (1, 2)), None);
        assert_eq!(words("vi", ()), None);
        assert_eq!(
            words("viiiiiiii", (1, 2, 3, 4, 5, 6, 7, 8)),
            Some((1..=8).collect())
        );
    }

    #[test]
    fn signatures_from_a_lying_guest_are_refused() {
        for text in ["", "x", "iv", "iiiiiiiiii", "i\0", "ié"] {
            assert_eq!(Scalars::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn words_become_values() {
        fn value<'a, T: Deserialize<'a>>(letter: u8, word: u64) -> Result<T, String> {
            T::deserialize(Result64 { letter, word }).map_err(|e| e.to_string())
        }
        assert_eq!(value(b'i', u64::MAX), Ok(-1i32));
        assert_eq!(value(b'i', u64::MAX), Ok(-1i64));
        assert!(value::<u8>(b'i', 256).is_err());
        assert_eq!(value(b'v', 0), Ok(()));
        assert_eq!(value(b'c', 0xe9), Ok('é'));
        assert_eq!(value(b'c', 0xd800), Ok(0xd800u16));
        assert!(value::<char>(b'c', 0xd800).unwrap_err().contains("U+D800"));
        assert_eq!(value(b'i', 3), Ok(Some(3)));
        assert_eq!(value(b'f', 1.5f32.to_bits().into()), Ok(1.5f32));
        assert!(value::<String>(b'i', 3).is_err());
    }
}
