//! Ways into a runtime: from outside, from a callback, from a function that was lent it; and out to the embedder's functions.

use super::SharedRuntime;
use super::ownership::{ENTERED, Entrance};
use crate::error::CError;
use crate::limits::ISOLATOR_NO_LIMIT;
use ::isolator_host::{CallContext, CallLimits, Calls, Error, IsolatedRuntime};
use std::ptr;
use std::sync::atomic::Ordering;
use std::time::Duration;

impl SharedRuntime {
    /// Calls into the runtime, from outside or from a callback.
    #[inline]
    pub(crate) fn enter<T>(
        &self,
        f: impl FnOnce(&mut Calls<'_>) -> Result<T, CError>,
    ) -> Result<T, CError> {
        match self.take()? {
            Entrance::Outer(mut owned) => f(self.limit_call(owned.runtime()?)?),
            Entrance::Nested => self.nested(|context| f(context)),
            Entrance::Lent(mut lent) => f(self.limit_call(lent.runtime()?)?),
        }
        .map_err(|error| self.why(error))
    }

    /// The limit of time that a call which begins now has of its own.
    pub(crate) fn call_timeout(&self) -> Option<Duration> {
        let nanoseconds = self.call_timeout.load(Ordering::Relaxed);
        (nanoseconds != ISOLATOR_NO_LIMIT).then(|| Duration::from_nanos(nanoseconds))
    }

    /// Tells the runtime what the call that begins may use up.
    #[inline]
    fn limit_call<'a>(
        &self,
        runtime: &'a mut IsolatedRuntime,
    ) -> Result<&'a mut IsolatedRuntime, CError> {
        let fuel = self.call_fuel.load(Ordering::Relaxed);
        let timeout = self.call_timeout();
        if timeout.is_some() || fuel != ISOLATOR_NO_LIMIT || self.limited.get() {
            let fuel = (fuel != ISOLATOR_NO_LIMIT).then_some(fuel);
            let limits = CallLimits::none().timeout(timeout).fuel(fuel);
            let _ = runtime.set_call_limits(limits)?;
            self.limited.set(limits != CallLimits::none());
        }
        Ok(runtime)
    }

    /// Limits the calls that begin from now on.
    pub(crate) fn set_call_limits(&self, timeout: u64, fuel: u64) -> Result<(), CError> {
        if fuel != ISOLATOR_NO_LIMIT && !self.counts_fuel {
            return Err(CError::config(
                "the calls of this runtime cannot have a limit of fuel, since its host does not count any: the host needs to be made so",
            ));
        }
        self.call_timeout.store(timeout, Ordering::Relaxed);
        self.call_fuel.store(fuel, Ordering::Relaxed);
        Ok(())
    }

    /// As [`enter`](Self::enter), from outside only, with the runtime itself.
    pub(crate) fn enter_outer<T>(
        &self,
        f: impl FnOnce(&mut IsolatedRuntime) -> Result<T, CError>,
    ) -> Result<T, CError> {
        match self.take()? {
            Entrance::Outer(mut owned) => f(owned.runtime()?),
            Entrance::Lent(mut lent) => f(self.limit_call(lent.runtime()?)?),
            Entrance::Nested => Err(CError::nesting(
                "this cannot be done from within a callback of the same runtime",
            )),
        }
        .map_err(|error| self.why(error))
    }

    /// As [`enter_outer`](Self::enter_outer), once the asynchronous calls that were queued have begun: for copies of the runtime, in which they are to be.
    pub(crate) fn enter_settled<T>(
        &self,
        f: impl FnOnce(&mut IsolatedRuntime) -> Result<T, CError>,
    ) -> Result<T, CError> {
        match self.take()? {
            Entrance::Outer(mut owned) => {
                self.begin_queued(&mut owned, None);
                self.queue.kick();
                f(owned.runtime()?)
            }
            Entrance::Lent(mut lent) => f(lent.runtime()?),
            Entrance::Nested => Err(CError::nesting(
                "a runtime cannot be copied from within a callback of its own: its guest's code is in the middle of a call",
            )),
        }
        .map_err(|error| self.why(error))
    }

    /// The failure as it is told: every call of a runtime that was cancelled ends with that, and not only the first.
    pub(crate) fn why(&self, error: CError) -> CError {
        match error {
            CError::Engine(Error::Dead { .. }) if self.cancel.is_cancelled() => {
                CError::Engine(Error::Cancelled)
            }
            error => error,
        }
    }

    fn nested<T>(
        &self,
        f: impl FnOnce(&mut CallContext<'static>) -> Result<T, CError>,
    ) -> Result<T, CError> {
        struct Reset<'a>(&'a SharedRuntime, *mut CallContext<'static>);
        impl Drop for Reset<'_> {
            fn drop(&mut self) {
                self.0.context.set(self.1);
            }
        }
        let context = self.context.replace(ptr::null_mut());
        if context.is_null() {
            return Err(CError::nesting(
                "the runtime cannot be called from here: only callbacks may call the runtime that called them, and not an assembly \
                 loader, or what takes the output of a runtime",
            ));
        }
        let _reset = Reset(self, context);
        // SAFETY: the callback that put it there is still running, further up on this thread's stack, and does not touch its
        // context meanwhile; nobody else has the pointer now, since it was taken out.
        f(unsafe { &mut *context })
    }

    /// The runtime that this thread is in, for a callback; while `f` runs, calls go through the callback's context.
    pub(crate) fn with_context<T>(context: &mut CallContext<'_>, f: impl FnOnce() -> T) -> T {
        struct Reset<'a>(&'a SharedRuntime, *mut CallContext<'static>);
        impl Drop for Reset<'_> {
            fn drop(&mut self) {
                self.0.context.set(self.1);
                self.0.callbacks.fetch_sub(1, Ordering::Release);
            }
        }
        let shared = ENTERED.get();
        // SAFETY: null, or a runtime that a frame further up on this thread's stack has entered and keeps alive.
        match unsafe { shared.as_ref() } {
            Some(shared) if shared.id == context.id() => {
                shared.callbacks.fetch_add(1, Ordering::Release);
                // The lifetime is let go of here, and taken up again by `Reset`, which ends before the context does.
                let pointer = ptr::from_mut(context).cast::<CallContext<'static>>();
                let _reset = Reset(shared, shared.context.replace(pointer));
                f()
            }
            _ => f(),
        }
    }

    /// Runs a function of the embedder's that the runtime which this thread is in asks for something other than a callback: a loader, a stream.
    pub(crate) fn with_embedder<T>(f: impl FnOnce() -> T) -> T {
        struct Reset<'a>(&'a SharedRuntime);
        impl Drop for Reset<'_> {
            fn drop(&mut self) {
                self.0.callbacks.fetch_sub(1, Ordering::Release);
            }
        }
        // SAFETY: null, or a runtime that a frame further up on this thread's stack has entered and keeps alive.
        let _reset = unsafe { ENTERED.get().as_ref() }.map(|shared| {
            shared.callbacks.fetch_add(1, Ordering::Release);
            Reset(shared)
        });
        f()
    }

    /// Number of the innermost runtime that this thread is in; 0: none.
    pub(crate) fn entered_id() -> u64 {
        let entered = ENTERED.get();
        // SAFETY: null, or a runtime that a frame further up on this thread's stack has entered and keeps alive.
        unsafe { entered.as_ref() }.map_or(0, |shared| shared.id)
    }
}
