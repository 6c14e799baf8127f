//! Entering the guest: the canonical ABI by hand, for the few shapes that the contract has.
//!
//! Every pointer and length that comes from the guest is checked against its memory, text is checked to be UTF-8, and the
//! function that takes a result's memory back is always called. What is wrong costs the guest its runtime.

use crate::border::contract::Export;
use crate::engine::instance::{Instance, Slot};
use crate::engine::state::{Fatal, State};
use crate::engine::trap::{self, TrapKind};
use crate::error::{Error, Result};
use crate::limits::{LARGEST_VALUE, LimitHit, LimitKind, Stop};
use crate::wasi::ExitRequest;
use isolator_abi::wire::{self, Failure};
use std::cell::Cell;
use std::sync::Arc;
use wasmtime::{StoreContextMut, WasmBacktrace, WasmParams, WasmResults};

/// The guest, entered: one call after the other.
pub(crate) struct Entry<'a> {
    pub store: StoreContextMut<'a, State>,
    pub instance: &'a Instance,
}

/// Most values in a failure: texts, candidates, inner exceptions. Each can be hundreds of times as large here as it is there.
const MOST_OF_A_FAILURE: usize = 200_000;

/// Longest failure, in bytes. The guest cuts each text at 64 Ki characters and the list of inner exceptions at 32.
const LARGEST_FAILURE: usize = 32 << 20;

/// What a guest did that the contract forbids.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault(pub String);

/// Bytes that cross into the guest: pointer and length.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Lowered {
    pub at: u32,
    pub len: u32,
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

impl<'a> Entry<'a> {
    /// Calls a function of the guest.
    #[inline]
    pub(crate) fn call<P: WasmParams, R: WasmResults>(
        &mut self,
        slot: &Slot<P, R>,
        params: P,
    ) -> Result<R> {
        let function = match slot.get(&mut self.store, self.instance) {
            Ok(function) => function,
            Err(error) => return Err(self.died(error)),
        };
        function
            .call(&mut self.store, params)
            .map_err(|error| self.died(error))
    }

    /// Calls a function that returns through memory, and reads what it returned.
    pub(crate) fn call_for<P: WasmParams, T>(
        &mut self,
        slot: &Slot<P, u32>,
        params: P,
        read: impl FnOnce(&Lifting<'_>, u32) -> Result<Result<T, Error>, Fault>,
    ) -> Result<T> {
        let at = self.call(slot, params)?;
        let largest = self.store.data().meter.limits.largest_value();
        let memory = Lifting::new(self.instance.memory.data(&self.store), largest);
        let outcome = read(&memory, at);
        let read = memory.read.get();
        let meter = &mut self.store.data_mut().meter;
        meter.bytes_out = meter.bytes_out.saturating_add(read);
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(fault) => return Err(self.broke(slot.export, fault)),
        };
        self.take_back(slot.export, at)?;
        outcome
    }

    /// As `call_for`, for a function that returns a handle, unless the host holds as many as it may.
    pub(crate) fn call_for_handle<P: WasmParams>(
        &mut self,
        slot: &Slot<P, u32>,
        params: P,
    ) -> Result<u64> {
        let state = self.store.data();
        if let Some(allowed) = state.meter.limits.get_max_handles() {
            let used = state.releases.live();
            if used >= allowed {
                self.store.data_mut().meter.note_reached(LimitKind::Handles);
                return Err(Error::Limit {
                    limit: LimitKind::Handles,
                    allowed,
                    used: used.saturating_add(1),
                });
            }
        }
        self.call_for(slot, params, shape::handle)
    }

    fn take_back(&mut self, export: Export, at: u32) -> Result<()> {
        let post = match self.instance.post(&mut self.store, export) {
            Ok(post) => post,
            Err(error) => return Err(self.died(error)),
        };
        match post {
            Some(function) => function
                .call(&mut self.store, (at,))
                .map_err(|error| self.died(error)),
            None => Ok(()),
        }
    }

    /// Copies bytes into guest memory. The callee owns them.
    pub(crate) fn lower(&mut self, data: &[u8]) -> Result<Lowered> {
        self.lower_with(data.len(), |to| to.copy_from_slice(data))
    }

    /// Fills so many bytes of guest memory. The callee owns them.
    pub(crate) fn lower_with(
        &mut self,
        size: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> Result<Lowered> {
        if size == 0 {
            // A pointer that is neither null (which would be "none") nor read.
            return Ok(Lowered { at: 1, len: 0 });
        }
        let len = match u32::try_from(size) {
            Ok(len) if u64::from(len) <= LARGEST_VALUE => len,
            _ => {
                return Err(Error::Value {
                    message: format!(
                        "{size} bytes cannot cross at once: 1 GiB is the most. Send it in parts"
                    ),
                });
            }
        };
        if let Some(error) = self.store.data().too_large(len.into()) {
            return Err(error);
        }
        let meter = &mut self.store.data_mut().meter;
        meter.bytes_in = meter.bytes_in.saturating_add(len.into());
        let realloc = match self.instance.realloc(&mut self.store) {
            Ok(realloc) => realloc,
            Err(error) => return Err(self.died(error)),
        };
        let at = realloc
            .call(&mut self.store, (0, 0, 1, len))
            .map_err(|error| self.died(error))?;
        let memory = self.instance.memory.data_mut(&mut self.store);
        let end = at as usize + size;
        match memory.get_mut(at as usize..end) {
            Some(to) if at != 0 => {
                fill(to);
                Ok(Lowered { at, len })
            }
            _ => {
                let fault = format!("its allocator gave {at:#x} for {len} bytes");
                Err(self.fatal(Fatal::BadGuest {
                    function: "cabi_realloc",
                    problem: fault,
                }))
            }
        }
    }

    /// The guest did what the contract forbids.
    #[cold]
    pub(crate) fn broke(&mut self, export: Export, fault: Fault) -> Error {
        self.fatal(Fatal::BadGuest {
            function: export.name(),
            problem: fault.0,
        })
    }

    /// The runtime is dead from now on.
    #[cold]
    pub(crate) fn fatal(&mut self, fatal: Fatal) -> Error {
        let state = self.store.data_mut();
        tracing::debug!(runtime = state.runtime(), ?fatal, "a runtime died");
        let fatal = state.fatal.get_or_insert_with(|| Arc::new(fatal));
        fatal.error()
    }

    /// A call ended in a trap, an exit, or an exception that nothing caught.
    #[cold]
    fn died(&mut self, error: wasmtime::Error) -> Error {
        let state = self.store.data();
        let last_words = state.wasi.last_words.text();
        if let Some(ExitRequest(code)) = error.downcast_ref::<ExitRequest>() {
            // The collector exits where it has no memory to collect with.
            return match state.meter.memory.hit() {
                Some(hit) if trap::out_of_memory(&last_words) => self.fatal(Fatal::Limit(hit)),
                _ => self.fatal(Fatal::Exit(*code)),
            };
        }
        if error.downcast_ref::<wasmtime::Trap>() == Some(&wasmtime::Trap::OutOfFuel) {
            let whole = state.meter.limits.get_fuel().unwrap_or(u64::MAX);
            let allowed = state.meter.call_fuel().unwrap_or(whole).min(whole);
            return self.fatal(Fatal::Limit(LimitHit {
                kind: LimitKind::Fuel,
                allowed,
                used: allowed,
            }));
        }
        if let Some(stop) = error.downcast_ref::<Stop>() {
            return self.fatal((*stop).into());
        }
        let state = self.store.data();
        let (kind, message) = trap::cause(&error, &last_words);
        let gave_up = matches!(kind, TrapKind::OutOfMemory | TrapKind::Aborted);
        // It wanted memory that it may not have, and gave up: that is the reason.
        let fatal = match state.meter.memory.hit() {
            Some(hit) if gave_up => Fatal::Limit(hit),
            _ => Fatal::Trap {
                kind,
                message,
                backtrace: circumstances(&error, &last_words),
            },
        };
        self.fatal(fatal)
    }

    /// The runtime is entered from outside: starts its clocks, and looks whether it may run at all.
    #[inline]
    pub(crate) fn begin(&mut self) -> Result<()> {
        let meter = &mut self.store.data_mut().meter;
        meter.open();
        if meter.begins_with_fuel() {
            self.limit_fuel();
        }
        let meter = &mut self.store.data_mut().meter;
        if meter.watched() {
            let checked = meter.enter();
            self.store.set_epoch_deadline(1);
            if let Err(stop) = checked {
                return Err(self.fatal(stop.into()));
            }
        }
        Ok(())
    }
}

impl Entry<'_> {
    /// Leaves the call that begins as much fuel as it may use.
    #[cold]
    fn limit_fuel(&mut self) {
        if let Ok(left) = self.store.get_fuel()
            && let Some(given) = self.store.data_mut().meter.put_aside(left)
        {
            // It is counted, or there would be none left.
            let _ = self.store.set_fuel(given);
        }
    }

    /// Gives the runtime the fuel again that the call which ended was not to have.
    #[cold]
    pub(crate) fn unlimit_fuel(&mut self) {
        if let Some(aside) = self.store.data_mut().meter.take_reserve()
            && let Ok(left) = self.store.get_fuel()
        {
            let _ = self.store.set_fuel(left.saturating_add(aside));
        }
    }
}

/// What the guest last said, and where it was.
fn circumstances(error: &wasmtime::Error, last_words: &str) -> String {
    let backtrace = backtrace(error);
    match (last_words.is_empty(), backtrace.is_empty()) {
        (true, _) => backtrace,
        (false, true) => format!("Its last lines on standard error:\n{last_words}"),
        (false, false) => {
            format!("Its last lines on standard error:\n{last_words}\nRunning were:\n{backtrace}")
        }
    }
}

/// Names of the guest's functions that were running, innermost first.
fn backtrace(error: &wasmtime::Error) -> String {
    const MOST: usize = 32;
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else {
        return String::new();
    };
    let mut lines: Vec<String> = backtrace
        .frames()
        .iter()
        .take(MOST)
        .map(|frame| {
            format!(
                "  at {}",
                frame
                    .func_name()
                    .map_or_else(|| format!("function {}", frame.func_index()), str::to_owned)
            )
        })
        .collect();
    if backtrace.frames().len() > MOST {
        lines.push(format!("  … {} more", backtrace.frames().len() - MOST));
    }
    lines.join("\n")
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
            crate::border::ops::read_value::<(u8,)>(&controls(8 << 20), u64::MAX).unwrap_err();
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
