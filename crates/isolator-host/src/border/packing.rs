//! How arguments are written and results read: as values of Rust, or as the bytes that they are. Every call is written once for both.

use crate::error::{Error, Result};
use crate::limits::LimitKind;
use crate::values::handle::encoding_for;
use crate::values::overloads::Arguments;
use isolator_abi::wire::{self, Unread};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::borrow::Cow;

/// What goes into the guest.
pub(crate) trait Input {
    /// A call's arguments: a MessagePack array, for the runtime with this number.
    fn arguments(&self, runtime: u64) -> Result<Cow<'_, [u8]>>;
    /// One MessagePack value.
    fn value(&self, runtime: u64) -> Result<Cow<'_, [u8]>>;
}

/// What comes out of the guest.
pub(crate) trait Output: Sized {
    /// Reads a value, which may take this much memory of the host.
    fn read(bytes: &[u8], most: u64) -> Result<Self>;
}

/// A value of Rust, serialized on its way in.
pub(crate) struct Typed<'a, T>(pub &'a T);

/// MessagePack as it came.
pub(crate) struct Packed<'a>(pub &'a [u8]);

/// A value of Rust, read on its way out.
pub(crate) struct Read<R>(pub R);

/// MessagePack as the guest wrote it, unchecked.
pub(crate) struct Bytes(pub Vec<u8>);

impl<T: Serialize> Input for Typed<'_, T> {
    fn arguments(&self, runtime: u64) -> Result<Cow<'_, [u8]>> {
        encode_arguments(runtime, self.0).map(Cow::Owned)
    }

    fn value(&self, runtime: u64) -> Result<Cow<'_, [u8]>> {
        let bytes = encoding_for(runtime, || wire::to_bytes(self.0));
        bytes.map(Cow::Owned).map_err(|error| Error::Value {
            message: format!("the value cannot be serialized: {error}"),
        })
    }
}

impl Input for Packed<'_> {
    fn arguments(&self, _: u64) -> Result<Cow<'_, [u8]>> {
        array(self.0).map(Cow::Borrowed)
    }

    fn value(&self, _: u64) -> Result<Cow<'_, [u8]>> {
        Ok(Cow::Borrowed(self.0))
    }
}

impl<R: DeserializeOwned> Output for Read<R> {
    fn read(bytes: &[u8], most: u64) -> Result<Self> {
        read_value(bytes, most).map(Self)
    }
}

impl Output for Bytes {
    fn read(bytes: &[u8], _: u64) -> Result<Self> {
        Ok(Self(bytes.to_vec()))
    }
}

/// Reads a call's result as a value of the host, which may take this much memory.
pub(crate) fn read_value<R: DeserializeOwned>(bytes: &[u8], most: u64) -> Result<R> {
    let room = usize::try_from(most).unwrap_or(usize::MAX);
    wire::from_bytes_within(bytes, room).map_err(|error| match error {
        Unread::Wrong(error) => unreadable::<R>(&error),
        Unread::TooLarge => Error::Limit {
            limit: LimitKind::ValueMemory,
            allowed: most,
            used: most.saturating_add(1),
        },
    })
}

/// A result that is not what was asked for.
pub(crate) fn unreadable<R>(error: &dyn std::fmt::Display) -> Error {
    Error::Value {
        message: format!(
            "the guest's result cannot be read as `{}`: {error}",
            std::any::type_name::<R>()
        ),
    }
}

/// Arguments that are no tuple.
fn no_tuple<A>() -> Error {
    Error::Value {
        message: format!(
            "the arguments of a call are a tuple with one element per argument, such as `()`, `(1,)` or `(1, \"two\")`, and not a `{}`",
            std::any::type_name::<A>()
        ),
    }
}

/// Number and kinds of a call's arguments.
pub(crate) fn arguments_of<A: Serialize>(args: &A) -> Result<Arguments> {
    Arguments::of(args).ok_or_else(no_tuple::<A>)
}

/// A call's arguments as MessagePack, for the runtime with this number.
pub(crate) fn encode_arguments<A: Serialize>(runtime: u64, args: &A) -> Result<Vec<u8>> {
    let bytes = encoding_for(runtime, || wire::to_bytes(args)).map_err(|error| Error::Value {
        message: format!("the arguments cannot be serialized: {error}"),
    })?;
    match bytes.first() {
        // `()` is nil to serde, and no arguments to a call.
        Some(0xc0) if bytes.len() == 1 => Ok(vec![0x90]),
        Some(0x90..=0x9f | 0xdc | 0xdd) => Ok(bytes),
        _ => Err(no_tuple::<A>()),
    }
}

/// Arguments as they came: an array.
fn array(args: &[u8]) -> Result<&[u8]> {
    match args.first() {
        None => Ok(&[0x90]),
        Some(0x90..=0x9f | 0xdc | 0xdd) => Ok(args),
        Some(first) => Err(Error::Value {
            message: format!(
                "the arguments of a call are a MessagePack array with one element per argument, and these bytes begin with {first:#04x}"
            ),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_an_array() {
        assert_eq!(array(&[]).unwrap(), [0x90]);
        assert_eq!(array(&[0x91, 1]).unwrap(), [0x91, 1]);
        assert!(array(&[0xdd, 0, 0, 0, 0]).is_ok());
        let error = array(&[0x80]).unwrap_err();
        assert!(error.to_string().contains("0x80"), "{error}");
    }

    #[test]
    fn values_and_bytes_go_in_alike() {
        let typed = Typed(&(5, "x"));
        let packed = typed.arguments(1).unwrap();
        assert_eq!(Packed(&packed).arguments(1).unwrap(), packed);
        assert_eq!(Typed(&()).arguments(1).unwrap(), [0x90].as_slice());
        assert!(Typed(&5).arguments(1).is_err());
        let Read(read) = Read::<(i32, String)>::read(&packed, 1000).unwrap();
        assert_eq!(read, (5, "x".to_owned()));
        assert_eq!(Bytes::read(&packed, 0).unwrap().0, &*packed);
    }
}
