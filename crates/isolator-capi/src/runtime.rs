//! A runtime, and who is in it.

use crate::async_calls::Queue;
use crate::error::CError;
use crate::guard::{guard, guard_out, quietly};
use crate::isolator_error;
use crate::limits::ISOLATOR_NO_LIMIT;
use crate::types::{isolator_buffer, isolator_bytes};
use ::isolator_host::{
    CallContext, CallLimits, CallSignal, Calls, CancelHandle, Error, IsolatedRuntime,
};
use std::cell::{Cell, UnsafeCell};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// One isolated .NET runtime. One caller at a time; code that it calls may call it again, on the same thread.
pub struct isolator_runtime(pub(crate) Arc<SharedRuntime>);

/// Marks the owner as the thread that drives asynchronous calls.
const DRIVER: u64 = 1 << 63;

/// How long a caller waits for one that is in a function of the embedder's, which may itself wait for this caller: then both would wait for
/// ever. Guest code needs no such time, since its limits end it.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long one wait lasts at most before its reason is looked at again.
const STEP: Duration = Duration::from_millis(2);

/// A runtime, shared by the embedder, the calls that are running and the driver of asynchronous calls.
pub(crate) struct SharedRuntime {
    id: u64,
    /// Who is in the runtime: a thread's number, or 0.
    owner: AtomicU64,
    /// Threads that wait until `owner` is 0.
    waiters: AtomicU32,
    lock: Mutex<()>,
    released: Condvar,
    /// The driver was kept out, and comes next.
    driver_waits: AtomicBool,
    /// Told when the runtime is free and `driver_waits`.
    freed: Notify,
    /// Functions of the embedder that are running inside one another: callbacks, loaders, streams.
    callbacks: AtomicU32,
    /// The embedder gave it back. Whoever is the owner last drops the runtime.
    closed: AtomicBool,
    /// Only the owner touches it, and only on the way in from outside.
    runtime: UnsafeCell<Option<IsolatedRuntime>>,
    /// Of the innermost callback that is running; null while it calls in. Only the owner touches it.
    context: Cell<*mut CallContext<'static>>,
    /// The owner lets a function of the embedder call in as if from outside. Only the owner touches it.
    lent: Cell<bool>,
    /// Nanoseconds and fuel that each call may take; `u64::MAX`: no limit of its own.
    call_timeout: AtomicU64,
    call_fuel: AtomicU64,
    /// Whether the runtime was told of any. Only the owner touches it.
    limited: Cell<bool>,
    counts_fuel: bool,
    pub(crate) cancel: CancelHandle,
    pub(crate) signal: CallSignal,
    pub(crate) queue: Queue,
}

// SAFETY: `runtime`, `context`, `lent` and `limited` are touched by the owner only; `owner` is taken with acquire and given up with release
// ordering. `IsolatedRuntime` may be sent between threads; a context is used only by the thread that put it there.
unsafe impl Send for SharedRuntime {}
// SAFETY: as above.
unsafe impl Sync for SharedRuntime {}

/// Numbers of threads.
static NEXT_THREAD: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static THREAD: Cell<u64> = const { Cell::new(0) };
    /// The innermost runtime that this thread is in.
    static ENTERED: Cell<*const SharedRuntime> = const { Cell::new(ptr::null()) };
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
enum Entrance<'a> {
    /// From outside.
    Outer(Ownership<'a>),
    /// From a callback, on the thread that is in the runtime already.
    Nested,
    /// On the thread that is in the runtime already, which has no reference to it now.
    Lent(Lent<'a>),
}

/// Uses a runtime that is lent, until it is dropped.
struct Lent<'a>(&'a SharedRuntime);

impl Lent<'_> {
    fn runtime(&mut self) -> Result<&mut IsolatedRuntime, CError> {
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
    pub(crate) fn new(mut runtime: IsolatedRuntime) -> Arc<Self> {
        Arc::new(Self {
            id: runtime.id(),
            owner: AtomicU64::new(0),
            waiters: AtomicU32::new(0),
            lock: Mutex::new(()),
            released: Condvar::new(),
            driver_waits: AtomicBool::new(false),
            freed: Notify::new(),
            callbacks: AtomicU32::new(0),
            call_timeout: AtomicU64::new(ISOLATOR_NO_LIMIT),
            call_fuel: AtomicU64::new(ISOLATOR_NO_LIMIT),
            limited: Cell::new(false),
            counts_fuel: runtime.counts_fuel(),
            closed: AtomicBool::new(false),
            cancel: runtime.cancel_handle(),
            signal: runtime.call_signal(),
            runtime: UnsafeCell::new(Some(runtime)),
            context: Cell::new(ptr::null_mut()),
            lent: Cell::new(false),
            queue: Queue::default(),
        })
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

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
            None => Err(CError::dead("the runtime was freed. Create another one")),
        }
    }

    /// Whether this thread is the owner and has lent the runtime to the code that asks.
    pub(crate) fn is_lent_here(&self) -> bool {
        self.owner.load(Ordering::Acquire) & !DRIVER == this_thread() && self.lent.get()
    }

    /// Takes the runtime for a caller, who waits until it is free.
    #[inline]
    fn take(&self) -> Result<Entrance<'_>, CError> {
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
    fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.drop_runtime();
        self.queue.kick();
    }

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
}

impl SharedRuntime {
    /// Number of the innermost runtime that this thread is in; 0: none.
    pub(crate) fn entered_id() -> u64 {
        let entered = ENTERED.get();
        // SAFETY: null, or a runtime that a frame further up on this thread's stack has entered and keeps alive.
        unsafe { entered.as_ref() }.map_or(0, |shared| shared.id)
    }
}

/// What a function of the interface gets.
///
/// # Safety
/// `runtime` points to a runtime of this library.
#[inline]
pub(crate) unsafe fn shared(runtime: *const isolator_runtime) -> Arc<SharedRuntime> {
    // A clone, since a callback may give the runtime back while a call is running.
    // SAFETY: the caller says so.
    unsafe { (*runtime).0.clone() }
}

/// A number that no other runtime of this process has. The runtime may be in use.
///
/// # Safety
/// `runtime` points to a runtime of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_id(runtime: *const isolator_runtime) -> u64 {
    // SAFETY: the caller says so.
    unsafe { (*runtime).0.id() }
}

/// Gives a runtime back, on any thread. If a call is running in it, it ends with that call. Handles that are left over do
/// nothing any more; asynchronous calls that are under way end with an error of kind `ISOLATOR_ERROR_DEAD`.
///
/// # Safety
/// `runtime`, nullable, is a runtime of this library that was not given back before, and no call starts with it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_free(runtime: *mut isolator_runtime) {
    if !runtime.is_null() {
        // SAFETY: it came from `Box::into_raw`.
        let runtime = unsafe { Box::from_raw(runtime) };
        quietly((), || runtime.0.close());
    }
}

/// Runs the guest's start-up now rather than in the first call.
///
/// # Safety
/// `runtime` points to a runtime of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_start(
    runtime: *mut isolator_runtime,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let shared = unsafe { shared(runtime) };
        shared.enter_outer(|runtime| Ok(runtime.start()?))
    })
}

/// Whether the runtime can still be used: false once it trapped, exited or broke the contract. An error if it is in use.
///
/// # Safety
/// `runtime` points to a runtime of this library, `out` to a place for the answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_is_alive(
    runtime: *mut isolator_runtime,
    out: *mut bool,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, false, || {
            shared(runtime).enter_outer(|runtime| Ok(runtime.is_alive()))
        })
    }
}

/// Takes what a captured stream holds (1: standard output, 2: standard error), and makes room for more. Empty if the stream is not
/// captured.
///
/// # Safety
/// `runtime` points to a runtime of this library, `out` to a place for the buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_take_output(
    runtime: *mut isolator_runtime,
    stream: u32,
    out: *mut isolator_buffer,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, isolator_buffer::EMPTY, || {
            shared(runtime).enter_outer(|runtime| match stream {
                1 => Ok(runtime.take_stdout().into()),
                2 => Ok(runtime.take_stderr().into()),
                _ => Err(CError::config(format!(
                    "there is no output stream {stream}: 1 is standard output, 2 standard error"
                ))),
            })
        })
    }
}

/// The end of what the guest wrote to standard error, wherever that went: at most 2 KiB.
///
/// # Safety
/// `runtime` points to a runtime of this library, `out` to a place for the buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_last_words(
    runtime: *mut isolator_runtime,
    out: *mut isolator_buffer,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, isolator_buffer::EMPTY, || {
            shared(runtime).enter_outer(|runtime| Ok(runtime.last_words().into_bytes().into()))
        })
    }
}

/// Which figure of a runtime.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum isolator_statistic {
    /// Bytes in use on the managed heap.
    ISOLATOR_STATISTIC_HEAP_BYTES = 1,
    /// Collections of generation 0 so far.
    ISOLATOR_STATISTIC_COLLECTIONS = 2,
    /// Handles that were not given back, those that are waiting to be released not among them.
    ISOLATOR_STATISTIC_LIVE_HANDLES = 3,
    /// Size of the guest's memory, in bytes; most of it may be shared or never touched. Not from within callbacks.
    ISOLATOR_STATISTIC_MEMORY_BYTES = 4,
    /// The most memory that it had beyond its snapshot, in bytes. This and those that follow are known of dead runtimes, too; not from
    /// within callbacks.
    ISOLATOR_STATISTIC_PEAK_MEMORY = 5,
    /// CPU time in the guest and in callbacks, in nanoseconds; sampled, unless CPU time is limited.
    ISOLATOR_STATISTIC_CPU_TIME = 6,
    /// Time since it was created, or until it died, in nanoseconds.
    ISOLATOR_STATISTIC_WALL_TIME = 7,
    /// Fuel that it used; 0 if the host does not count it.
    ISOLATOR_STATISTIC_FUEL = 8,
    /// Calls from outside.
    ISOLATOR_STATISTIC_CALLS = 9,
    /// Calls of the host by the guest.
    ISOLATOR_STATISTIC_HOST_CALLS = 10,
    /// Bytes that were copied into the guest.
    ISOLATOR_STATISTIC_BYTES_IN = 11,
    /// Bytes that were read from the guest.
    ISOLATOR_STATISTIC_BYTES_OUT = 12,
    /// Bytes that it wrote to standard output and standard error.
    ISOLATOR_STATISTIC_OUTPUT_BYTES = 13,
    /// Bytes that it wrote to files.
    ISOLATOR_STATISTIC_FILE_BYTES = 14,
}

/// A figure of the runtime; `which` is an `isolator_statistic`.
///
/// # Safety
/// `runtime` points to a runtime of this library, `out` to a place for the number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_statistic(
    runtime: *mut isolator_runtime,
    which: u32,
    out: *mut u64,
) -> *mut isolator_error {
    use isolator_statistic::*;
    const HEAP: u32 = ISOLATOR_STATISTIC_HEAP_BYTES as u32;
    const COLLECTIONS: u32 = ISOLATOR_STATISTIC_COLLECTIONS as u32;
    const HANDLES: u32 = ISOLATOR_STATISTIC_LIVE_HANDLES as u32;
    const MEMORY: u32 = ISOLATOR_STATISTIC_MEMORY_BYTES as u32;
    const PEAK_MEMORY: u32 = ISOLATOR_STATISTIC_PEAK_MEMORY as u32;
    const CPU_TIME: u32 = ISOLATOR_STATISTIC_CPU_TIME as u32;
    const WALL_TIME: u32 = ISOLATOR_STATISTIC_WALL_TIME as u32;
    const FUEL: u32 = ISOLATOR_STATISTIC_FUEL as u32;
    const CALLS: u32 = ISOLATOR_STATISTIC_CALLS as u32;
    const HOST_CALLS: u32 = ISOLATOR_STATISTIC_HOST_CALLS as u32;
    const BYTES_IN: u32 = ISOLATOR_STATISTIC_BYTES_IN as u32;
    const BYTES_OUT: u32 = ISOLATOR_STATISTIC_BYTES_OUT as u32;
    const OUTPUT_BYTES: u32 = ISOLATOR_STATISTIC_OUTPUT_BYTES as u32;
    const FILE_BYTES: u32 = ISOLATOR_STATISTIC_FILE_BYTES as u32;
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, 0, || {
            let shared = shared(runtime);
            match which {
                MEMORY => shared.enter_outer(|runtime| Ok(runtime.memory_size() as u64)),
                HEAP | COLLECTIONS | HANDLES => shared.enter(|guest| {
                    let statistics = guest.guest_statistics()?;
                    Ok(match which {
                        HEAP => statistics.heap_bytes,
                        COLLECTIONS => statistics.collections,
                        _ => statistics.live_handles,
                    })
                }),
                PEAK_MEMORY..=FILE_BYTES => shared.enter_outer(|runtime| {
                    let stats = runtime.stats();
                    let nanoseconds =
                        |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
                    Ok(match which {
                        PEAK_MEMORY => stats.peak_memory,
                        CPU_TIME => nanoseconds(stats.cpu),
                        WALL_TIME => nanoseconds(stats.wall),
                        FUEL => stats.fuel.unwrap_or_default(),
                        CALLS => stats.calls,
                        HOST_CALLS => stats.host_calls,
                        BYTES_IN => stats.bytes_in,
                        BYTES_OUT => stats.bytes_out,
                        OUTPUT_BYTES => stats.output_bytes,
                        _ => stats.file_bytes,
                    })
                }),
                _ => Err(CError::config(format!("there is no statistic {which}"))),
            }
        })
    }
}

/// Runs the garbage collector for generation 0 to 2, and the finalizers that it made ready.
///
/// # Safety
/// `runtime` points to a runtime of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_collect(
    runtime: *mut isolator_runtime,
    generation: u32,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let shared = unsafe { shared(runtime) };
        shared.enter(|guest| Ok(guest.collect(generation)?))
    })
}

/// Runs an assembly's entry point to its end. The result is its exit code: what `Main` returned, or what it passed to
/// `Environment.Exit`, after which the runtime is dead. An asynchronous `Main` is awaited.
///
/// # Safety
/// `runtime` points to a runtime of this library, `assembly` to a handle, `args` (nullable if `args_len` is 0) to so many
/// texts, `out` to a place for the exit code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_run_main(
    runtime: *mut isolator_runtime,
    assembly: *const crate::isolator_handle,
    args: *const isolator_bytes,
    args_len: usize,
    out: *mut i32,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, 0, || {
            let assembly = crate::handle::assembly(assembly)?;
            let args = isolator_bytes::texts(args, args_len, "an argument of the program")?;
            shared(runtime).enter(|guest| Ok(guest.run_main(assembly, &args)?))
        })
    }
}
