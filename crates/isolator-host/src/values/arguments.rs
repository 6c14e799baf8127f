//! A call's arguments one by one: a serializer that hands each element of a tuple, array or sequence to whoever takes them, and refuses everything else.

use serde::ser::{self, Impossible, Serialize};
use std::fmt;

/// Not what is looked for. Says nothing, since another way is taken instead.
#[derive(Debug)]
pub(super) struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not what is looked for")
    }
}
impl std::error::Error for Refused {}
impl ser::Error for Refused {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

pub(super) type No<T> = Impossible<T, Refused>;

/// Methods of a serializer that refuse.
macro_rules! refuse {
    ($ok:ty; $($method:ident($($ty:ty),*);)*) => {
        $(fn $method(self $(, _: $ty)*) -> Result<$ok, $crate::values::arguments::Refused> { Err($crate::values::arguments::Refused) })*
    };
}
pub(super) use refuse;

/// Takes arguments.
pub(super) trait Takes {
    /// The next one.
    fn argument<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused>;
}

/// Serializes into whoever takes arguments.
pub(super) struct Each<'a, S>(pub &'a mut S);

impl<S: Takes> ser::Serializer for Each<'_, S> {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = No<()>;
    type SerializeMap = No<()>;
    type SerializeStruct = No<()>;
    type SerializeStructVariant = No<()>;

    fn serialize_unit(self) -> Result<(), Refused> {
        Ok(())
    }
    #[inline]
    fn serialize_tuple(self, _: usize) -> Result<Self, Refused> {
        Ok(self)
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Refused> {
        Ok(self)
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Refused> {
        Ok(self)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: &T,
    ) -> Result<(), Refused> {
        Err(Refused)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<(), Refused> {
        Err(Refused)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Refused> {
        Err(Refused)
    }
    refuse! { ();
        serialize_bool(bool); serialize_i8(i8); serialize_i16(i16); serialize_i32(i32); serialize_i64(i64);
        serialize_u8(u8); serialize_u16(u16); serialize_u32(u32); serialize_u64(u64); serialize_f32(f32); serialize_f64(f64);
        serialize_char(char); serialize_str(&str); serialize_bytes(&[u8]); serialize_none(); serialize_unit_struct(&'static str);
        serialize_unit_variant(&'static str, u32, &'static str);
    }
    refuse! { No<()>;
        serialize_tuple_variant(&'static str, u32, &'static str, usize); serialize_map(Option<usize>);
        serialize_struct(&'static str, usize); serialize_struct_variant(&'static str, u32, &'static str, usize);
    }
}

macro_rules! elements {
    ($($trait:ident $method:ident),*) => {$(
        impl<S: Takes> ser::$trait for Each<'_, S> {
            type Ok = ();
            type Error = Refused;
            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
                self.0.argument(value)
            }
            fn end(self) -> Result<(), Refused> { Ok(()) }
        }
    )*};
}
elements!(SerializeSeq serialize_element, SerializeTuple serialize_element, SerializeTupleStruct serialize_field);
