//! A runtime, and who is in it.

mod entering;
mod interface;
mod ownership;
mod statistics;

pub use interface::*;
pub(crate) use ownership::Ownership;
pub(crate) use statistics::figure_of;
pub use statistics::isolator_statistic;

use crate::async_calls::Queue;
use crate::limits::ISOLATOR_NO_LIMIT;
use ::isolator_host::{CallContext, CallSignal, CancelHandle, IsolatedRuntime};
use std::cell::{Cell, UnsafeCell};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use tokio::sync::Notify;

/// One isolated .NET runtime. One caller at a time; code that it calls may call it again, on the same thread.
pub struct isolator_runtime(pub(crate) Arc<SharedRuntime>);

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

impl SharedRuntime {
    pub(crate) fn new(mut runtime: IsolatedRuntime) -> Arc<Self> {
        let queue = Queue::of(&runtime);
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
            queue,
        })
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
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
