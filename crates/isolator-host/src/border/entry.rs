//! Entering the guest: calls of its exports, with what goes in lowered and what comes out lifted, and how a call can end.
//!
//! The function that takes a result's memory back is always called. What is wrong costs the guest its runtime.

use crate::border::lift::{Fault, Lifting, shape};
use crate::border::lower::{self, Lowered, Unlowered};
use crate::engine::contract::Export;
use crate::engine::instance::{GuestInstance, Slot};
use crate::engine::stack;
use crate::engine::state::{Fatal, State};
use crate::engine::trap;
use crate::error::TrapKind;
use crate::error::{Error, Result};
use crate::limits::{LARGEST_VALUE, LimitHit, LimitKind, Stop};
use crate::wasi::ExitRequest;
use std::sync::Arc;
use wasmtime::{StoreContextMut, WasmBacktrace, WasmParams, WasmResults};

/// The guest, entered: one call after the other.
pub(crate) struct Entry<'a> {
    pub store: StoreContextMut<'a, State>,
    pub instance: &'a GuestInstance,
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
        let outcome = stack::in_guest(&mut self.store, |store| function.call(store, params))?;
        outcome.map_err(|error| self.died(error))
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
            Some(function) => {
                let outcome =
                    stack::in_guest(&mut self.store, |store| function.call(store, (at,)))?;
                outcome.map_err(|error| self.died(error))
            }
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
        if let Ok(len) = u32::try_from(size)
            && u64::from(len) <= LARGEST_VALUE
        {
            if let Some(error) = self.store.data().too_large(len.into()) {
                return Err(error);
            }
            return lower::bytes(&mut self.store, self.instance, len, fill)
                .map_err(|failed| self.unlowered(failed));
        }
        Err(Error::Value {
            message: format!(
                "{size} bytes cannot cross at once: 1 GiB is the most. Send it in parts"
            ),
        })
    }

    /// The error for what was not written.
    #[cold]
    pub(crate) fn unlowered(&mut self, failed: Unlowered) -> Error {
        match failed {
            Unlowered::Guest(error) => self.died(error),
            Unlowered::Refused(error) => error,
            Unlowered::Fault(problem) => self.fatal(Fatal::BadGuest {
                function: lower::ALLOCATOR,
                problem,
            }),
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
        let (mut kind, mut message) = trap::cause(&error, &last_words);
        if kind == TrapKind::OutOfBounds && self.instance.has_used_up_its_stack(&mut self.store) {
            (kind, message) = trap::stack_overflow();
        }
        let state = self.store.data();
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
