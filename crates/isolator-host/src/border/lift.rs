//! Lifting: the canonical ABI's way out of guest memory, by hand, for the few shapes that the contract has. Results of exports and
//! arguments of imports are read here alike.
//!
//! Every pointer and length that comes from the guest is checked against its memory, and text is checked to be UTF-8.

use crate::engine::instance::GuestInstance;
use crate::engine::state::State;
use crate::error::{Error, Result};
use crate::limits::LimitKind;
use isolator_abi::wire::{self, Failure};
use std::cell::Cell;
use wasmtime::{Memory, StoreContext};

/// Most values in a failure: texts, candidates, inner exceptions. Each can be hundreds of times as large here as it is there.
const MOST_OF_A_FAILURE: usize = 200_000;

/// Longest failure, in bytes. The guest cuts each text at 64 Ki characters and the list of inner exceptions at 32.
const LARGEST_FAILURE: usize = 32 << 20;

/// What a guest did that the contract forbids.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault(pub String);

/// All of a guest's memory.
pub(crate) fn memory<'a>(
    store: impl Into<StoreContext<'a, State>>,
    instance: &GuestInstance,
) -> &'a [u8] {
    instance.memory.data(store)
}

/// All of a memory that no code runs on.
pub(crate) fn at_rest<'a>(store: impl Into<StoreContext<'a, State>>, memory: Memory) -> &'a [u8] {
    memory.data(store)
}

/// The part of guest memory from `at`, `len` bytes long.
#[inline]
pub(crate) fn bytes(memory: &[u8], at: u32, len: u32) -> Result<&[u8], Fault> {
    let end = u64::from(at) + u64::from(len);
    usize::try_from(end)
        .ok()
        .and_then(|end| memory.get(at as usize..end))
        .ok_or_else(|| {
            Fault(format!(
                "it returned {len} bytes at {at:#x}, and its memory ends at {:#x}",
                memory.len()
            ))
        })
}

/// UTF-8 text in guest memory.
pub(crate) fn text(memory: &[u8], at: u32, len: u32) -> Result<&str, Fault> {
    std::str::from_utf8(bytes(memory, at, len)?)
        .map_err(|error| Fault(format!("its text is not UTF-8: {error}")))
}

#[inline]
fn word(memory: &[u8], at: u32, offset: u32) -> Result<u32, Fault> {
    let at = at
        .checked_add(offset)
        .ok_or_else(|| Fault(format!("its result lies at {at:#x}")))?;
    let bytes: &[u8; 4] = bytes(memory, at, 4)?
        .first_chunk()
        .ok_or_else(|| Fault("its result is too short".into()))?;
    Ok(u32::from_le_bytes(*bytes))
}

#[inline]
fn double_word(memory: &[u8], at: u32, offset: u32) -> Result<u64, Fault> {
    let at = at
        .checked_add(offset)
        .ok_or_else(|| Fault(format!("its result lies at {at:#x}")))?;
    let bytes: &[u8; 8] = bytes(memory, at, 8)?
        .first_chunk()
        .ok_or_else(|| Fault("its result is too short".into()))?;
    Ok(u64::from_le_bytes(*bytes))
}

/// A discriminant: 0 or 1.
#[inline]
fn tag(memory: &[u8], at: u32, offset: u32) -> Result<bool, Fault> {
    let at = at
        .checked_add(offset)
        .ok_or_else(|| Fault(format!("its result lies at {at:#x}")))?;
    match bytes(memory, at, 1)?.first() {
        Some(0) => Ok(false),
        Some(1) => Ok(true),
        other => Err(Fault(format!(
            "its result has the tag {other:?}, and only 0 and 1 exist"
        ))),
    }
}

/// The guest's memory as results are read from it, and what was read.
pub(crate) struct Lifting<'a> {
    memory: &'a [u8],
    /// Most bytes of one value.
    largest: u64,
    /// Bytes that were read.
    pub read: Cell<u64>,
}

impl<'a> Lifting<'a> {
    pub(crate) fn new(memory: &'a [u8], largest: u64) -> Self {
        Self {
            memory,
            largest,
            read: Cell::new(0),
        }
    }

    /// The list of bytes whose pointer and length are at `at` + `offset`. The inner error says that it is too long.
    fn list(&self, at: u32, offset: u32) -> Result<Result<&'a [u8], Error>, Fault> {
        let start = word(self.memory, at, offset)?;
        let len = word(self.memory, at, offset.saturating_add(4))?;
        let list = bytes(self.memory, start, len)?;
        if u64::from(len) > self.largest {
            return Ok(Err(Error::Limit {
                limit: LimitKind::Value,
                allowed: self.largest,
                used: len.into(),
            }));
        }
        self.read.set(self.read.get().saturating_add(len.into()));
        Ok(Ok(list))
    }
}

impl std::ops::Deref for Lifting<'_> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.memory
    }
}

fn failure(memory: &Lifting<'_>, at: u32, offset: u32) -> Result<Error, Fault> {
    match memory.list(at, offset)? {
        Ok(bytes) => read_failure(bytes),
        Err(too_large) => Ok(too_large),
    }
}

/// Reads a `Failure`. One that is too long is another error.
pub(crate) fn read_failure(bytes: &[u8]) -> Result<Error, Fault> {
    if bytes.len() > LARGEST_FAILURE {
        return Ok(Error::Value {
            message: format!(
                "the guest failed, and says why in {} bytes: {LARGEST_FAILURE} are the most. Shorten its exceptions' texts",
                bytes.len()
            ),
        });
    }
    if !wire::holds_at_most(bytes, MOST_OF_A_FAILURE) {
        return Err(Fault(format!(
            "its failure holds more than {MOST_OF_A_FAILURE} values"
        )));
    }
    let failure: Failure = wire::from_bytes(bytes)
        .map_err(|error| Fault(format!("its failure cannot be read: {error}")))?;
    Ok(Error::from_failure(failure))
}

/// The shapes that results have in memory: what the guest answered, or its failure.
pub(crate) mod shape {
    use super::{Error, Fault, Lifting, double_word, failure, tag};

    /// `result<u64, list<u8>>`
    pub(crate) fn handle(memory: &Lifting<'_>, at: u32) -> Result<Result<u64, Error>, Fault> {
        Ok(if tag(memory, at, 0)? {
            Err(failure(memory, at, 8)?)
        } else {
            Ok(double_word(memory, at, 8)?)
        })
    }

    /// `result<_, list<u8>>`
    pub(crate) fn unit(memory: &Lifting<'_>, at: u32) -> Result<Result<(), Error>, Fault> {
        Ok(if tag(memory, at, 0)? {
            Err(failure(memory, at, 4)?)
        } else {
            Ok(())
        })
    }

    /// `result<list<u8>, list<u8>>`, its value read by `read`.
    pub(crate) fn value<T>(
        read: impl FnOnce(&[u8]) -> Result<T, Error>,
    ) -> impl FnOnce(&Lifting<'_>, u32) -> Result<Result<T, Error>, Fault> {
        move |memory: &Lifting<'_>, at| {
            Ok(if tag(memory, at, 0)? {
                Err(failure(memory, at, 4)?)
            } else {
                memory.list(at, 4)?.and_then(read)
            })
        }
    }

    /// `result<option<list<u8>>, list<u8>>`
    pub(crate) fn optional<T>(
        read: impl FnOnce(&[u8]) -> Result<T, Error>,
    ) -> impl FnOnce(&Lifting<'_>, u32) -> Result<Result<Option<T>, Error>, Fault> {
        move |memory: &Lifting<'_>, at| {
            Ok(if tag(memory, at, 0)? {
                Err(failure(memory, at, 4)?)
            } else if tag(memory, at, 4)? {
                memory.list(at, 8)?.and_then(read).map(Some)
            } else {
                Ok(None)
            })
        }
    }

    /// `list<u8>`
    pub(crate) fn plain<T>(
        read: impl FnOnce(&[u8]) -> Result<T, Fault>,
    ) -> impl FnOnce(&Lifting<'_>, u32) -> Result<Result<T, Error>, Fault> {
        move |memory: &Lifting<'_>, at| {
            Ok(match memory.list(at, 0)? {
                Ok(bytes) => Ok(read(bytes)?),
                Err(too_large) => Err(too_large),
            })
        }
    }

    /// `result<list<u8>, list<u8>>`, where bytes that are not what they must be are a fault.
    pub(crate) fn checked<T>(
        read: impl FnOnce(&[u8]) -> Result<T, Fault>,
    ) -> impl FnOnce(&Lifting<'_>, u32) -> Result<Result<T, Error>, Fault> {
        move |memory: &Lifting<'_>, at| {
            Ok(if tag(memory, at, 0)? {
                Err(failure(memory, at, 4)?)
            } else {
                match memory.list(at, 4)? {
                    Ok(bytes) => Ok(read(bytes)?),
                    Err(too_large) => Err(too_large),
                }
            })
        }
    }

    /// `result<u64, u64>`
    #[inline]
    pub(crate) fn scalar(memory: &[u8], at: u32) -> Result<Result<u64, u64>, Fault> {
        let word = double_word(memory, at, 8)?;
        Ok(if tag(memory, at, 0)? {
            Err(word)
        } else {
            Ok(word)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges_at_the_edges() {
        let memory = [7u8; 8];
        assert_eq!(bytes(&memory, 8, 0), Ok(&[][..]));
        assert_eq!(bytes(&memory, 0, 8).map(<[u8]>::len), Ok(8));
        assert!(bytes(&memory, 1, 8).is_err());
        assert!(bytes(&memory, u32::MAX, u32::MAX).is_err());
        assert!(tag(&memory, 0, 0).is_err(), "7 is no tag");
        assert!(word(&memory, u32::MAX, 4).is_err());
    }

    #[test]
    fn a_failure_of_a_million_exceptions_is_refused() {
        let mut bytes = b"\x81\xa9Exception\x81\xa5Inner\xdd\x00\x0f\x42\x40".to_vec();
        bytes.resize(bytes.len() + 1_000_000, 0x80);
        let fault = read_failure(&bytes).unwrap_err();
        assert!(fault.0.contains("200000 values"), "{fault:?}");
    }

    /// A string where a struct is due.
    fn controls(len: usize) -> Vec<u8> {
        let mut bytes = vec![0xdb];
        bytes.extend_from_slice(&(len as u32).to_be_bytes());
        bytes.resize(5 + len, 1);
        bytes
    }

    #[test]
    fn what_a_guest_says_instead_of_a_failure_is_not_repeated() {
        let fault = read_failure(&controls(8 << 20)).unwrap_err();
        let short = wire::LONGEST_TEXT + 100;
        assert!(fault.0.len() < short, "{} bytes", fault.0.len());
        let error =
            crate::border::packing::read_value::<(u8,)>(&controls(8 << 20), u64::MAX).unwrap_err();
        assert!(error.to_string().len() < short + 100);
        let error = read_failure(&controls(LARGEST_FAILURE)).unwrap();
        assert!(
            matches!(&error, Error::Value { message } if message.contains("are the most")),
            "{error}"
        );
    }

    proptest! {
        #[test]
        fn no_memory_makes_the_readers_panic(memory in proptest::collection::vec(any::<u8>(), 0..64), at in any::<u32>(), near in 0u32..64) {
            let memory = Lifting::new(&memory, u64::MAX);
            for at in [at, near] {
                let _ = shape::handle(&memory, at);
                let _ = shape::unit(&memory, at);
                let _ = shape::scalar(&memory, at);
                let _ = shape::value(|b| Ok(b.len()))(&memory, at);
                let _ = shape::checked(|b| Ok(b.len()))(&memory, at);
                let _ = shape::optional(|b| Ok(b.len()))(&memory, at);
                let _ = shape::plain(|b| Ok(b.len()))(&memory, at);
                let _ = text(&memory, at, near);
            }
        }

        #[test]
        fn no_bytes_make_reading_a_failure_panic(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _ = read_failure(&bytes);
        }
    }
}
