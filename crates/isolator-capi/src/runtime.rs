//! A runtime, and who is in it.

use crate::async_calls::Queue;
use crate::error::Failure;
use crate::guard::{guard, guard_out, quietly};
use crate::guest::Guest;
use crate::isolator_error;
use crate::types::{isolator_buffer, isolator_bytes};
use ::isolator_host::{CallContext, CallSignal, CancelHandle, IsolatedRuntime};
use std::cell::{Cell, UnsafeCell};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// One isolated .NET runtime. One caller at a time; code that it calls may call it again, on the same thread.
pub struct isolator_runtime(pub(crate) Arc<Shared>);

/// Marks the owner as the thread that drives asynchronous calls: others wait for it rather than fail.
const DRIVER: u64 = 1 << 63;

/// A runtime, shared by the embedder, the calls that are running and the driver of asynchronous calls.
pub(crate) struct Shared {
    id: u64,
    /// Who is in the runtime: a thread's number, or 0.
    owner: AtomicU64,
    /// Threads that wait until `owner` is 0.
    waiters: AtomicU32,
    lock: Mutex<()>,
    released: Condvar,
    /// Callbacks that are running inside one another.
    callbacks: AtomicU32,
    /// The embedder gave it back. Whoever is the owner last drops the runtime.
    closed: AtomicBool,
    /// Only the owner touches it, and only on the way in from outside.
    runtime: UnsafeCell<Option<IsolatedRuntime>>,
    /// Of the innermost callback that is running; null while it calls in. Only the owner touches it.
    context: Cell<*mut CallContext<'static>>,
    pub(crate) cancel: CancelHandle,
    pub(crate) signal: CallSignal,
    pub(crate) queue: Queue,
}

// SAFETY: `runtime` and `context` are touched by the owner only; `owner` is taken with acquire and given up with release
// ordering. `IsolatedRuntime` may be sent between threads; a context is used only by the thread that put it there.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

/// Numbers of threads.
static NEXT_THREAD: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static THREAD: Cell<u64> = const { Cell::new(0) };
    /// The innermost runtime that this thread is in.
    static ENTERED: Cell<*const Shared> = const { Cell::new(ptr::null()) };
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
    Outer(Owned<'a>),
    /// From a callback, on the thread that is in the runtime already.
    Nested,
}

/// Owns the runtime until it is dropped.
struct Owned<'a> {
    shared: &'a Shared,
    entered_before: *const Shared,
}

impl Owned<'_> {
    #[inline]
    fn runtime(&mut self) -> Result<&mut IsolatedRuntime, Failure> {
        // SAFETY: this thread is the owner and came from outside, so there is no other reference: calls from callbacks go
        // through the context, and this one borrows the ownership.
        match unsafe { &mut *self.shared.runtime.get() } {
            Some(runtime) => Ok(runtime),
            None => Err(Failure::dead("the runtime was freed. Create another one")),
        }
    }
}

impl Drop for Owned<'_> {
    #[inline]
    fn drop(&mut self) {
        ENTERED.set(self.entered_before);
        self.shared.release();
    }
}

impl Shared {
    pub(crate) fn new(mut runtime: IsolatedRuntime) -> Arc<Self> {
        Arc::new(Self {
            id: runtime.id(),
            owner: AtomicU64::new(0),
            waiters: AtomicU32::new(0),
            lock: Mutex::new(()),
            released: Condvar::new(),
            callbacks: AtomicU32::new(0),
            closed: AtomicBool::new(false),
            cancel: runtime.cancel_handle(),
            signal: runtime.call_signal(),
            runtime: UnsafeCell::new(Some(runtime)),
            context: Cell::new(ptr::null_mut()),
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
    fn owned(&self) -> Owned<'_> {
        Owned {
            shared: self,
            entered_before: ENTERED.replace(self),
        }
    }

    #[inline]
    fn try_take(&self, as_owner: u64) -> Result<Owned<'_>, u64> {
        self.owner
            .compare_exchange(0, as_owner, Ordering::Acquire, Ordering::Acquire)
            .map(|_| self.owned())
    }

    /// Takes the runtime for a caller, who may wait for the driver but for nobody else.
    #[inline]
    fn take(&self) -> Result<Entrance<'_>, Failure> {
        let me = this_thread();
        loop {
            match self.try_take(me) {
                Ok(owned) => return Ok(Entrance::Outer(owned)),
                Err(owner) if owner & !DRIVER == me => return Ok(Entrance::Nested),
                // The driver in a callback may itself wait for this thread.
                Err(owner)
                    if owner & DRIVER != 0 && self.callbacks.load(Ordering::Acquire) == 0 =>
                {
                    self.wait_for_release();
                }
                Err(0) => {}
                Err(_) => return Err(Failure::busy()),
            }
        }
    }

    /// Takes the runtime for the driver, which waits for everybody.
    fn take_for_driver(&self) -> Owned<'_> {
        let me = this_thread() | DRIVER;
        loop {
            match self.try_take(me) {
                Ok(owned) => return owned,
                Err(_) => self.wait_for_release(),
            }
        }
    }

    /// Waits until the runtime may be free. May return early.
    #[cold]
    fn wait_for_release(&self) {
        let guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiters.fetch_add(1, Ordering::SeqCst);
        if self.owner.load(Ordering::SeqCst) != 0 {
            // Not for ever: a driver that is called back by its guest ends the wait without a release.
            let waited = self.released.wait_timeout(guard, Duration::from_millis(2));
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
        f: impl FnOnce(&mut dyn Guest) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        match self.take()? {
            Entrance::Outer(mut owned) => f(owned.runtime()?),
            Entrance::Nested => self.nested(|context| f(context)),
        }
    }

    /// As [`enter`](Self::enter), from outside only, with the runtime itself.
    pub(crate) fn enter_outer<T>(
        &self,
        f: impl FnOnce(&mut IsolatedRuntime) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        match self.take()? {
            Entrance::Outer(mut owned) => f(owned.runtime()?),
            Entrance::Nested => Err(Failure::nesting(
                "this cannot be done from within a callback of the same runtime",
            )),
        }
    }

    /// Enters as the driver. None: the runtime is gone.
    pub(crate) fn enter_as_driver<T>(
        &self,
        f: impl FnOnce(&mut IsolatedRuntime) -> T,
    ) -> Option<T> {
        let mut owned = self.take_for_driver();
        owned.runtime().ok().map(f)
    }

    fn nested<T>(
        &self,
        f: impl FnOnce(&mut CallContext<'static>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        struct Reset<'a>(&'a Shared, *mut CallContext<'static>);
        impl Drop for Reset<'_> {
            fn drop(&mut self) {
                self.0.context.set(self.1);
            }
        }
        let context = self.context.replace(ptr::null_mut());
        if context.is_null() {
            return Err(Failure::nesting(
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
        struct Reset<'a>(&'a Shared, *mut CallContext<'static>);
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
}

impl Shared {
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
pub(crate) unsafe fn shared(runtime: *const isolator_runtime) -> Arc<Shared> {
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
                _ => Err(Failure::config(format!(
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
                    let statistics = guest.statistics()?;
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
                _ => Err(Failure::config(format!("there is no statistic {which}"))),
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
