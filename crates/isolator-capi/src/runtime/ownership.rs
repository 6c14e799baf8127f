//! Who is in a runtime: one thread at a time, which waits until another has left.

use super::SharedRuntime;
use crate::error::CError;
use ::isolator_host::{Error, IsolatedRuntime};
use std::cell::Cell;
use std::ptr;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Marks the owner as the thread that drives asynchronous calls.
const DRIVER: u64 = 1 << 63;

/// How long a caller waits for one that is in a function of the embedder's, which may itself wait for this caller: then both would wait for
/// ever. Guest code needs no such time, since its limits end it.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long one wait lasts at most before its reason is looked at again.
const STEP: Duration = Duration::from_millis(2);

/// Numbers of threads.
static NEXT_THREAD: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static THREAD: Cell<u64> = const { Cell::new(0) };
    /// The innermost runtime that this thread is in.
    pub(super) static ENTERED: Cell<*const SharedRuntime> = const { Cell::new(ptr::null()) };
}

#[inline]
fn this_thread() -> u64 {
    match THREAD.get() {
        0 => {
            let thread = NEXT_THREAD.fetch_add(1, Ordering::Relaxed);
            THREAD.set(thread);
            thread
        }
        thread => thread,
    }
}

/// How the owner is taken.
pub(super) enum Entrance<'a> {
    /// From outside.
    Outer(Ownership<'a>),
    /// From a callback, on the thread that is in the runtime already.
    Nested,
    /// On the thread that is in the runtime already, which has no reference to it now.
    Lent(Lent<'a>),
}

/// Uses a runtime that is lent, until it is dropped.
pub(super) struct Lent<'a>(&'a SharedRuntime);

impl Lent<'_> {
    pub(super) fn runtime(&mut self) -> Result<&mut IsolatedRuntime, CError> {
        // SAFETY: this thread is the owner, and whoever lent the runtime has no reference meanwhile; neither has another borrower, as `lent` is
        // false while this lives.
        unsafe { self.0.runtime_of_owner() }
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.0.lent.set(true);
    }
}

/// Owns the runtime until it is dropped.
pub(crate) struct Ownership<'a> {
    shared: &'a SharedRuntime,
    entered_before: *const SharedRuntime,
}

impl Ownership<'_> {
    #[inline]
    pub(crate) fn runtime(&mut self) -> Result<&mut IsolatedRuntime, CError> {
        // SAFETY: this thread is the owner and came from outside, so there is no other reference: calls from callbacks go
        // through the context, and this one borrows the ownership.
        unsafe { self.shared.runtime_of_owner() }
    }

    /// Runs `f`, which may call in on this thread as if it came from outside.
    pub(crate) fn lend<T>(&mut self, f: impl FnOnce() -> T) -> T {
        struct Reset<'a>(&'a SharedRuntime);
        impl Drop for Reset<'_> {
            fn drop(&mut self) {
                self.0.lent.set(false);
            }
        }
        self.shared.lent.set(true);
        let _reset = Reset(self.shared);
        f()
    }
}

impl Drop for Ownership<'_> {
    #[inline]
    fn drop(&mut self) {
        ENTERED.set(self.entered_before);
        self.shared.release();
    }
}

impl SharedRuntime {
    #[inline]
    fn owned(&self) -> Ownership<'_> {
        Ownership {
            shared: self,
            entered_before: ENTERED.replace(self),
        }
    }

    #[inline]
    fn try_take(&self, as_owner: u64) -> Result<Ownership<'_>, u64> {
        self.owner
            .compare_exchange(0, as_owner, Ordering::Acquire, Ordering::Acquire)
            .map(|_| self.owned())
    }

    /// The runtime itself.
    ///
    /// # Safety
    /// This thread is the owner, and there is no other reference while the result lives.
    #[inline]
    #[expect(
        clippy::mut_from_ref,
        reason = "the owner alone may ask, as the contract above says"
    )]
    unsafe fn runtime_of_owner(&self) -> Result<&mut IsolatedRuntime, CError> {
        // SAFETY: the caller says so.
        match unsafe { &mut *self.runtime.get() } {
            Some(runtime) => Ok(runtime),
            None => Err(self.ended()),
        }
    }

    /// Whether this thread is the owner and has lent the runtime to the code that asks.
    pub(crate) fn is_lent_here(&self) -> bool {
        self.owner.load(Ordering::Acquire) & !DRIVER == this_thread() && self.lent.get()
    }

    /// Takes the runtime for a caller, who waits until it is free.
    #[inline]
    pub(super) fn take(&self) -> Result<Entrance<'_>, CError> {
        let me = this_thread();
        if !self.driver_waits.load(Ordering::Relaxed)
            && let Ok(owned) = self.try_take(me)
        {
            return self.arrived(owned);
        }
        self.take_in_turn(me)
    }

    /// As [`take`](Self::take), where somebody else is in the runtime, or comes first.
    #[cold]
    fn take_in_turn(&self, me: u64) -> Result<Entrance<'_>, CError> {
        if self.owner.load(Ordering::Acquire) & !DRIVER != me
            && self.driver_waits.load(Ordering::Acquire)
        {
            // Callers that come again and again would never let it in otherwise.
            self.wait_for_release();
        }
        let mut patience = None;
        loop {
            match self.try_take(me) {
                Ok(owned) => return self.arrived(owned),
                Err(owner) if owner & !DRIVER == me => {
                    return Ok(if self.lent.replace(false) {
                        Entrance::Lent(Lent(self))
                    } else {
                        Entrance::Nested
                    });
                }
                Err(0) => continue,
                Err(_) if self.callbacks.load(Ordering::Acquire) == 0 => patience = None,
                Err(_) => {
                    let until = *patience.get_or_insert_with(|| Instant::now() + PATIENCE);
                    if Instant::now() >= until {
                        return Err(CError::busy());
                    }
                }
            }
            self.wait_for_release();
        }
    }

    /// The runtime was taken from outside: what was cancelled until now is so before anything else happens in the guest.
    #[inline]
    fn arrived<'a>(&self, mut owned: Ownership<'a>) -> Result<Entrance<'a>, CError> {
        if self.queue.has_cancels() {
            self.queue.cancel_wanted(owned.runtime()?);
        }
        Ok(Entrance::Outer(owned))
    }

    /// Why there is no runtime any more.
    #[cold]
    pub(crate) fn ended(&self) -> CError {
        CError::dead(if self.is_closed() {
            "the runtime was freed. Create another one"
        } else {
            "the runtime ended when a snapshot was made of it. Create another one, from the snapshot"
        })
    }

    /// Takes the runtime out for good, for whoever makes something else of it.
    pub(crate) fn take_out(&self) -> Result<IsolatedRuntime, CError> {
        let Entrance::Outer(mut owned) = self.take()? else {
            return Err(CError::nesting(
                "a snapshot cannot be made of a runtime from within a callback of its own, or a turn in it",
            ));
        };
        owned.runtime()?;
        if self.queue.is_busy() {
            return Err(CError::Engine(Error::NotFrozen {
                problems: vec!["asynchronous calls of its methods are queued or under way".into()],
            }));
        }
        // SAFETY: this thread is the owner, and came from outside.
        let taken = unsafe { (*self.runtime.get()).take() };
        taken.ok_or_else(|| self.ended())
    }

    /// Takes the runtime for the driver, if it is free.
    pub(crate) fn take_for_driver(&self) -> Option<Ownership<'_>> {
        let owned = self.try_take(this_thread() | DRIVER).ok()?;
        self.driver_waits.store(false, Ordering::SeqCst);
        Some(owned)
    }

    /// Waits until the runtime may be free, without holding a thread.
    pub(crate) async fn free(&self) {
        self.driver_waits.store(true, Ordering::SeqCst);
        // Whoever leaves either was gone before this looks, or sees that somebody waits.
        if self.owner.load(Ordering::SeqCst) != 0 {
            self.freed.notified().await;
        }
    }

    /// Waits until the runtime may be free. May return early.
    #[cold]
    fn wait_for_release(&self) {
        let guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiters.fetch_add(1, Ordering::SeqCst);
        if self.owner.load(Ordering::SeqCst) != 0 || self.driver_waits.load(Ordering::SeqCst) {
            // Not for ever: an owner that is in a callback ends the wait without a release.
            let waited = self.released.wait_timeout(guard, STEP);
            drop(waited);
        }
        self.waiters.fetch_sub(1, Ordering::SeqCst);
    }

    #[inline]
    fn release(&self) {
        self.owner.store(0, Ordering::SeqCst);
        if self.waiters.load(Ordering::SeqCst) != 0 {
            drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
            self.released.notify_all();
        }
        if self.driver_waits.load(Ordering::SeqCst) {
            self.freed.notify_one();
        }
        if self.is_closed() {
            self.drop_runtime();
        }
    }

    /// Drops the runtime, if nobody is in it; otherwise whoever is does so afterwards.
    #[cold]
    fn drop_runtime(&self) {
        let me = this_thread();
        if self
            .owner
            .compare_exchange(0, me, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
        {
            // SAFETY: this thread is the owner, and came from outside.
            let runtime = unsafe { (*self.runtime.get()).take() };
            self.owner.store(0, Ordering::SeqCst);
            self.released.notify_all();
            self.freed.notify_one();
            drop(runtime);
        }
    }

    /// Gives the runtime up: it is dropped now, or when the call that is running ends.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.drop_runtime();
        self.queue.kick();
    }
}
