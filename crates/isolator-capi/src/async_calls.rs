//! Asynchronous calls: queued from any thread, made and awaited by a driver of the library, which holds no thread while the guest waits.
//!
//! One task of a tokio runtime of the library drives each isolated runtime that has such calls, for as long as it has. It takes the
//! runtime as any other caller does, and holds no thread while it waits for its turn.

use crate::error::CError;
use crate::guard::{guard, guard_out, text_of};
use crate::handle::{self, isolator_handle};
use crate::isolator_error;
use crate::runtime::{Ownership, SharedRuntime, isolator_runtime, shared};
use crate::streams::Stream;
use crate::types::{isolator_buffer, isolator_bytes};
use ::isolator_host::{
    CallDeadline, IsolatedAssembly, IsolatedMethod, IsolatedObject, IsolatedRuntime, IsolatedTask,
    NextRun, TURN,
};
use std::collections::{HashMap, VecDeque};
use std::ffi::c_void;
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// Called once when an asynchronous call is done, on a thread of the library. Exactly one of both says how: `value`, one MessagePack value, if
/// `error` is null. Both belong to the callee: `isolator_buffer_free` for what `value` points to (which itself lives only during the
/// call), `isolator_error_free` for `error`. It may call the runtime, and should not wait for other calls of it.
pub type isolator_complete_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        value: *mut isolator_buffer,
        error: *mut isolator_error,
    ),
>;

/// Called once when a runtime is free for whoever queued this, on a thread of the library. If `error` is null, the function is the runtime's caller until
/// it returns: it may call the runtime, on this thread, as if it came from outside, and calls that it queues come before all that are queued. Otherwise `error`
/// says why nothing will come of it, and belongs to the callee. It should not wait for others who use the runtime.
pub type isolator_turn_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, error: *mut isolator_error)>;

/// Stack of the library's threads, in bytes: the embedder's callbacks run on it.
const STACK: usize = 8 << 20;

/// MessagePack for an array without elements.
const EMPTY_ARRAY: u8 = 0x90;

/// Calls that wait for the driver, and those that it awaits.
#[derive(Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    /// Calls that are pending in the guest. Only the owner of the runtime locks this, and not while the guest runs.
    running: Mutex<HashMap<u64, Running>>,
    /// There are some in `waiting`.
    cancels: AtomicBool,
    kicked: Notify,
}

#[derive(Default)]
struct Waiting {
    /// What whoever has been lent the runtime queued: it comes first.
    urgent: VecDeque<Start>,
    starts: VecDeque<Start>,
    cancels: Vec<Cancel>,
    /// Whom the driver is to tell.
    told: Vec<Told>,
    /// Whether a driver runs, which looks here before it ends.
    driven: bool,
    last: u64,
}

/// Somebody, and what to tell. It is told without the runtime, which the embedder's function may want.
enum Told {
    Call(Done, Result<Vec<u8>, CError>),
    Turn(Turn, CError),
}

impl Told {
    fn tell(self) {
        match self {
            Self::Call(done, outcome) => done.tell(outcome),
            Self::Turn(turn, error) => turn.refuse(error),
        }
    }
}

/// A wish that a call end.
struct Cancel {
    id: u64,
    /// Nobody waits for how it ends.
    abandon: bool,
}

enum Start {
    Call {
        id: u64,
        /// Time that the call has of its own.
        timeout: Option<Duration>,
        what: What,
        done: Done,
    },
    Turn {
        id: u64,
        turn: Turn,
    },
}

impl Start {
    fn id(&self) -> u64 {
        match self {
            Self::Call { id, .. } | Self::Turn { id, .. } => *id,
        }
    }

    /// To tell that nothing comes of it.
    fn refused(self, error: CError) -> Told {
        match self {
            Self::Call { done, .. } => Told::Call(done, Err(error)),
            Self::Turn { turn, .. } => Told::Turn(turn, error),
        }
    }
}

/// A function that wants the runtime for itself. Called once, also if this is dropped.
struct Turn(
    Option<(
        unsafe extern "C" fn(*mut c_void, *mut isolator_error),
        *mut c_void,
    )>,
);

// SAFETY: the interface says that function pointers are called, with their values, on any thread.
unsafe impl Send for Turn {}

impl Turn {
    fn take(mut self) {
        self.call(ptr::null_mut());
    }

    fn refuse(mut self, error: CError) {
        self.call(error.into_raw());
    }

    fn call(&mut self, error: *mut isolator_error) {
        if let Some((function, value)) = self.0.take() {
            // SAFETY: the embedder gave both together, and this is the only time; an error belongs to the callee.
            unsafe { function(value, error) };
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.0.is_some() {
            self.call(freed().into_raw());
        }
    }
}

enum What {
    Invoke {
        method: IsolatedMethod,
        target: Option<IsolatedObject>,
        args: Vec<u8>,
    },
    Next(Stream),
    /// Ends a stream, and awaits its end.
    Close(Stream),
    Main {
        assembly: IsolatedAssembly,
        args: Vec<String>,
    },
}

impl What {
    /// None: there is nothing to wait for.
    fn start(&self, runtime: &mut IsolatedRuntime) -> Result<Option<IsolatedTask>, CError> {
        Ok(Some(match self {
            Self::Invoke {
                method,
                target,
                args,
            } => runtime.start_task_bytes(method, target.as_ref(), args)?,
            Self::Next(stream) => {
                let stream = stream.open(runtime)?;
                runtime.start_next_element(stream)?
            }
            Self::Close(stream) => match stream.to_close() {
                Some(stream) => {
                    runtime.close_stream(stream)?;
                    // Of one that is closed it is the end, and comes when the enumerator is disposed.
                    runtime.start_next_element(stream)?
                }
                None => return Ok(None),
            },
            Self::Main { assembly, args } => {
                let args: Vec<&str> = args.iter().map(String::as_str).collect();
                runtime.start_main(assembly, &args)?
            }
        }))
    }
}

/// Whom to tell. Told once, also if it is dropped.
struct Done(
    Option<(
        unsafe extern "C" fn(*mut c_void, *mut isolator_buffer, *mut isolator_error),
        *mut c_void,
    )>,
);

// SAFETY: the interface says that function pointers are called, with their values, on any thread.
unsafe impl Send for Done {}

impl Done {
    fn tell(mut self, outcome: Result<Vec<u8>, CError>) {
        self.tell_once(outcome);
    }

    fn tell_once(&mut self, outcome: Result<Vec<u8>, CError>) {
        let Some((function, value)) = self.0.take() else {
            return;
        };
        let (mut buffer, error) = match outcome {
            Ok(bytes) => (bytes.into(), ptr::null_mut()),
            Err(error) => (isolator_buffer::EMPTY, error.into_raw()),
        };
        // SAFETY: the embedder gave both together, and this is the only time; what the pointers name belongs to the callee.
        unsafe { function(value, &raw mut buffer, error) };
    }
}

impl Drop for Done {
    fn drop(&mut self) {
        self.tell_once(Err(freed()));
    }
}

fn freed() -> CError {
    CError::dead("the runtime was freed before the call was done")
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn running(&self) -> MutexGuard<'_, HashMap<u64, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the driver look again.
    pub(crate) fn kick(&self) {
        self.kicked.notify_one();
    }

    /// Whether a call is to be cancelled.
    #[inline]
    pub(crate) fn has_cancels(&self) -> bool {
        self.cancels.load(Ordering::Acquire)
    }

    /// Cancels what is to be, as the owner of the runtime. Whoever has to be told is so by the driver.
    #[cold]
    pub(crate) fn cancel_wanted(&self, runtime: &mut IsolatedRuntime) {
        let cancels = {
            let mut waiting = self.waiting();
            self.cancels.store(false, Ordering::Release);
            std::mem::take(&mut waiting.cancels)
        };
        for Cancel { id, abandon } in cancels {
            let mut waiting = self.waiting();
            let Waiting { urgent, starts, .. } = &mut *waiting;
            let queued = [urgent, starts].into_iter().find_map(|queue| {
                let at = queue.iter().position(|start| start.id() == id)?;
                queue.remove(at)
            });
            drop(waiting);
            if let Some(start) = queued {
                self.tell(start.refused(CError::cancelled()));
            } else if abandon {
                let removed = self.running().remove(&id);
                if let Some(Running { task, done, .. }) = removed {
                    // Only a dead runtime refuses. The handle is given back with the next entry.
                    let _ = runtime.cancel_task(&task);
                    self.tell(Told::Call(done, Err(CError::cancelled())));
                }
            } else {
                let task = self.running().get(&id).map(|running| running.task.clone());
                if let Some(task) = task {
                    // As above; then the call ends with its reason.
                    let _ = runtime.cancel_task(&task);
                }
            }
        }
    }

    /// Has the driver tell somebody.
    fn tell(&self, told: Told) {
        self.waiting().told.push(told);
    }

    /// The next that is to begin.
    fn next(&self) -> Option<Start> {
        let mut waiting = self.waiting();
        waiting
            .urgent
            .pop_front()
            .or_else(|| waiting.starts.pop_front())
    }
}

/// The library's own executor. Its threads live as long as the process.
fn executor() -> Result<&'static Runtime, CError> {
    static EXECUTOR: OnceLock<Runtime> = OnceLock::new();
    static STARTING: Mutex<()> = Mutex::new(());
    executor_in(&EXECUTOR, &STARTING, || {
        Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("isolator")
            .thread_stack_size(STACK)
            .enable_time()
            .build()
    })
}

/// The executor in a cell, which is built if there is none yet. Building panics where the system gives no threads; a later call tries again.
fn executor_in<'a>(
    cell: &'a OnceLock<Runtime>,
    starting: &Mutex<()>,
    build: impl FnOnce() -> std::io::Result<Runtime>,
) -> Result<&'a Runtime, CError> {
    if let Some(executor) = cell.get() {
        return Ok(executor);
    }
    let starting = starting.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(executor) = cell.get() {
        return Ok(executor);
    }
    let why = match catch_unwind(AssertUnwindSafe(build)) {
        Ok(Ok(built)) => {
            let executor = cell.get_or_init(|| built);
            drop(starting);
            return Ok(executor);
        }
        Ok(Err(error)) => error.to_string(),
        Err(panic) => text_of(&*panic),
    };
    Err(CError::config(format!(
        "the threads that drive asynchronous calls cannot be started: {why}"
    )))
}

/// Queues something, and sees to it that a driver runs. It takes the executor, so that nothing that may fail or panic comes between `done`, which
/// tells when it is dropped, and the queue.
fn submit(
    executor: &Runtime,
    shared: Arc<SharedRuntime>,
    start: impl FnOnce(u64) -> Start,
) -> Result<u64, CError> {
    let mut waiting = shared.queue.waiting();
    waiting.last += 1;
    let id = waiting.last;
    if shared.is_closed() {
        drop(waiting);
        let mut start = start(id);
        // The caller gets the error, so nobody is told.
        match &mut start {
            Start::Call { done, .. } => done.0 = None,
            Start::Turn { turn, .. } => turn.0 = None,
        }
        return Err(freed());
    }
    if shared.is_lent_here() {
        waiting.urgent.push_back(start(id));
    } else {
        waiting.starts.push_back(start(id));
    }
    let driven = std::mem::replace(&mut waiting.driven, true);
    drop(waiting);
    if driven {
        shared.queue.kick();
    } else {
        executor.spawn(drive(shared));
    }
    Ok(id)
}

/// Queues a call, which has the time that calls of the runtime are given now.
///
/// # Safety
/// `runtime` points to a runtime of this library; the function and its value as the interface says.
unsafe fn submit_call(
    runtime: *mut isolator_runtime,
    what: What,
    done: isolator_complete_fn,
    user_data: *mut c_void,
) -> Result<u64, CError> {
    let executor = executor()?;
    let done = done_of(done, user_data)?;
    // SAFETY: the caller says so.
    let shared = unsafe { shared(runtime) };
    let timeout = shared.call_timeout();
    submit(executor, shared, |id| Start::Call {
        id,
        timeout,
        what,
        done,
    })
}

/// A call that is pending.
struct Running {
    task: IsolatedTask,
    done: Done,
    due: Option<CallDeadline>,
}

/// When the driver has to do something again.
struct Left {
    next: NextRun,
    /// When one of the calls, or the runtime, must be over.
    deadline: Option<std::time::Instant>,
}

async fn drive(shared: Arc<SharedRuntime>) {
    let mut left = Left {
        next: NextRun::Now,
        deadline: None,
    };
    loop {
        if left.next != NextRun::Now {
            let due = match left.next {
                NextRun::Now => Some(Instant::now()),
                NextRun::After(time) => Instant::now().checked_add(time),
                NextRun::WhenCalled => None,
            };
            tokio::select! {
                () = shared.queue.kicked.notified() => {}
                () = poll_fn(|context| shared.signal.poll(context)) => {}
                () = until(due) => {}
                // The turn says so to those who wait.
                () = until(left.deadline.map(Instant::from_std)) => {}
            }
        }
        left = loop {
            let turned = tokio::task::block_in_place(|| {
                let turned = catch_unwind(AssertUnwindSafe(|| {
                    let owned = shared.take_for_driver()?;
                    Some(turn(&shared, owned))
                }));
                let turned = turned.unwrap_or_else(|panic| {
                    give_up(&shared, || CError::panic(text_of(&*panic)));
                    Some(Left {
                        next: NextRun::WhenCalled,
                        deadline: None,
                    })
                });
                // Without the runtime: whoever is told may use it.
                let told = std::mem::take(&mut shared.queue.waiting().told);
                told.into_iter().for_each(Told::tell);
                turned
            });
            match turned {
                Some(left) => break left,
                None => shared.free().await,
            }
        };
        if shared.queue.running().is_empty() {
            let mut waiting = shared.queue.waiting();
            if waiting.starts.is_empty() && waiting.urgent.is_empty() && waiting.told.is_empty() {
                waiting.cancels.clear();
                shared.queue.cancels.store(false, Ordering::Release);
                waiting.driven = false;
                return;
            }
            left.next = NextRun::Now;
        }
        tokio::task::yield_now().await;
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => pending().await,
    }
}

/// Nothing comes of the calls that are queued or under way.
fn give_up(shared: &SharedRuntime, why: impl Fn() -> CError) {
    let running = std::mem::take(&mut *shared.queue.running());
    let mut waiting = shared.queue.waiting();
    let Waiting {
        urgent,
        starts,
        told,
        ..
    } = &mut *waiting;
    told.extend(
        running
            .into_values()
            .map(|running| Told::Call(running.done, Err(why()))),
    );
    let queued = urgent.drain(..).chain(starts.drain(..));
    told.extend(queued.map(|start| start.refused(why())));
}

/// Enters the guest: starts calls, lets it run for a while, and gathers what is done.
fn turn(shared: &SharedRuntime, mut owned: Ownership<'_>) -> Left {
    let queue = &shared.queue;
    let began = std::time::Instant::now();
    let mut more = false;
    loop {
        match owned.runtime() {
            Err(_) => break,
            Ok(_) if shared.is_closed() => break,
            Ok(runtime) if queue.has_cancels() => queue.cancel_wanted(runtime),
            Ok(_) => {}
        }
        if began.elapsed() >= TURN {
            more = true;
            break;
        }
        let Some(start) = queue.next() else { break };
        match start {
            Start::Turn { turn, .. } => owned.lend(|| turn.take()),
            Start::Call {
                id,
                timeout,
                what,
                done,
            } => {
                let Ok(runtime) = owned.runtime() else {
                    queue.tell(Told::Call(done, Err(freed())));
                    break;
                };
                let due = runtime.call_deadline(timeout);
                match runtime.until(due, |runtime| what.start(runtime)) {
                    Ok(Some(task)) => drop(queue.running().insert(id, Running { task, done, due })),
                    Ok(None) => queue.tell(Told::Call(done, Ok(vec![EMPTY_ARRAY]))),
                    Err(error) => queue.tell(Told::Call(done, Err(shared.why(error)))),
                }
            }
        }
    }
    let left = match owned.runtime() {
        Ok(runtime) if !shared.is_closed() => run(shared, runtime, more),
        _ => {
            give_up(shared, freed);
            Left {
                next: NextRun::WhenCalled,
                deadline: None,
            }
        }
    };
    drop(owned);
    if shared.is_closed() {
        give_up(shared, freed);
    }
    left
}

/// Lets the guest run, and gathers what is done.
fn run(shared: &SharedRuntime, runtime: &mut IsolatedRuntime, more: bool) -> Left {
    let queue = &shared.queue;
    let earliest = || {
        queue
            .running()
            .values()
            .filter_map(|running| running.due)
            .min()
    };
    let next = match runtime.until(earliest(), |runtime| runtime.run_turn()) {
        Ok(_) if more => NextRun::Now,
        Ok(next) => next,
        Err(error) => {
            // The reason goes to one of those who wait; polling tells the others that the runtime is dead, and why.
            let mut running = queue.running();
            let first = running.keys().next().copied();
            let first = first.and_then(|id| running.remove(&id));
            drop(running);
            if let Some(Running { done, .. }) = first {
                queue.tell(Told::Call(done, Err(shared.why(error.into()))));
            }
            NextRun::WhenCalled
        }
    };
    // Polling enters the guest, which may call the embedder.
    let tasks: Vec<_> = queue
        .running()
        .iter()
        .map(|(id, running)| (*id, running.task.clone()))
        .collect();
    for (id, task) in tasks {
        if let Some(outcome) = runtime.poll_task_bytes(&task).transpose() {
            let removed = queue.running().remove(&id);
            if let Some(Running { done, .. }) = removed {
                let outcome = outcome.map_err(|error| shared.why(error.into()));
                queue.tell(Told::Call(done, outcome));
            }
        }
    }
    let due = earliest().map(|due| due.at());
    Left {
        next,
        deadline: due.into_iter().chain(runtime.life_deadline()).min(),
    }
}

/// Calls a method and awaits the task that it returns (a method that returns none is done at once). The call is queued, so the runtime may be in use,
/// and this returns without waiting; `done` is called later, exactly once. While the guest waits, no thread is held. If this function gives an error, `done`
/// is not called. `out` gets the call's number, for `isolator_runtime_cancel_async`. Objects that `args` pass by reference must live until the call is
/// done.
///
/// # Safety
/// `runtime` points to a runtime of this library, `method` to a handle, `target` (nullable) to one; `args`, the function and its value as the interface says; `out` points
/// to a place for the number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_invoke_async(
    runtime: *mut isolator_runtime,
    method: *const isolator_handle,
    target: *const isolator_handle,
    args: isolator_bytes,
    done: isolator_complete_fn,
    user_data: *mut c_void,
    out: *mut u64,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, 0, || {
            let what = What::Invoke {
                method: handle::method(method)?.clone(),
                target: handle::target(target)?.cloned(),
                args: args.get().to_vec(),
            };
            submit_call(runtime, what, done, user_data)
        })
    }
}

/// Fetches the next element of a stream, as `isolator_runtime_invoke_async` calls a method. The result is an array: the element, or nothing at the
/// end.
///
/// # Safety
/// As `isolator_runtime_invoke_async`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_next_element_async(
    runtime: *mut isolator_runtime,
    stream: *const isolator_handle,
    done: isolator_complete_fn,
    user_data: *mut c_void,
    out: *mut u64,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, 0, || {
            let what = What::Next(handle::stream(stream)?.clone());
            submit_call(runtime, what, done, user_data)
        })
    }
}

/// Ends reading a stream before its end, as `isolator_runtime_invoke_async` calls a method. It is done when the guest has disposed the enumerator, so
/// that `finally` blocks have run; an exception of theirs is the error. One whose element is still being fetched ends after that; one that was not opened
/// yet ends at once.
///
/// # Safety
/// As `isolator_runtime_invoke_async`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_close_stream_async(
    runtime: *mut isolator_runtime,
    stream: *const isolator_handle,
    done: isolator_complete_fn,
    user_data: *mut c_void,
    out: *mut u64,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, 0, || {
            let what = What::Close(handle::stream(stream)?.clone());
            submit_call(runtime, what, done, user_data)
        })
    }
}

/// Runs an assembly's entry point, as `isolator_runtime_invoke_async` calls a method. The result is the exit code that `Main` returns; a program that ends with
/// `Environment.Exit` is an error of kind `ISOLATOR_ERROR_EXIT`, whose code is that one.
///
/// # Safety
/// As `isolator_runtime_invoke_async`; `args` (nullable if `args_len` is 0) points to so many texts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_run_main_async(
    runtime: *mut isolator_runtime,
    assembly: *const isolator_handle,
    args: *const isolator_bytes,
    args_len: usize,
    done: isolator_complete_fn,
    user_data: *mut c_void,
    out: *mut u64,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, 0, || {
            let args = isolator_bytes::texts(args, args_len, "an argument of the program")?;
            let what = What::Main {
                assembly: handle::assembly(assembly)?.clone(),
                args: args.into_iter().map(str::to_owned).collect(),
            };
            submit_call(runtime, what, done, user_data)
        })
    }
}

fn done_of(done: isolator_complete_fn, user_data: *mut c_void) -> Result<Done, CError> {
    match done {
        Some(done) => Ok(Done(Some((done, user_data)))),
        None => Err(CError::config("the function that a call ends with is null")),
    }
}

/// Has `turn` called when the runtime is free, to do what has to come before asynchronous calls (finding methods, copying objects) without waiting for others
/// who use it. This returns at once. `turn` is called later, exactly once; if this function gives an error, it is not called. `out` gets a number for
/// `isolator_runtime_abandon_async`.
///
/// # Safety
/// `runtime` points to a runtime of this library; the function and its value as the interface says; `out` points to a place for the number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_queue_turn(
    runtime: *mut isolator_runtime,
    turn: isolator_turn_fn,
    user_data: *mut c_void,
    out: *mut u64,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, 0, || {
            let Some(function) = turn else {
                return Err(CError::config("the function that wants a turn is null"));
            };
            let executor = executor()?;
            let turn = Turn(Some((function, user_data)));
            submit(executor, shared(runtime), |id| Start::Turn { id, turn })
        })
    }
}

/// Signals the `CancellationToken` that the method of an asynchronous call takes, if it takes one. One that has not begun does not begin, and ends
/// with an error of kind `ISOLATOR_ERROR_CANCELLED`; any other ends as the method does. The runtime may be in use. A call that is done: nothing happens.
///
/// # Safety
/// `runtime` points to a runtime of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_cancel_async(
    runtime: *mut isolator_runtime,
    call: u64,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe { cancel(runtime, call, false) }
}

/// As `isolator_runtime_cancel_async`, and gives up the call (or the turn that was queued): it ends with an error of kind `ISOLATOR_ERROR_CANCELLED` as soon as the
/// runtime is free, however the method goes on. What that still awaits goes on with later calls of the runtime; what it computes is cut off by the limits.
///
/// # Safety
/// `runtime` points to a runtime of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_abandon_async(
    runtime: *mut isolator_runtime,
    call: u64,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe { cancel(runtime, call, true) }
}

/// # Safety
/// `runtime` points to a runtime of this library.
unsafe fn cancel(runtime: *mut isolator_runtime, id: u64, abandon: bool) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let shared = unsafe { shared(runtime) };
        let mut waiting = shared.queue.waiting();
        if waiting.driven {
            waiting.cancels.push(Cancel { id, abandon });
            shared.queue.cancels.store(true, Ordering::Release);
        }
        drop(waiting);
        shared.queue.kick();
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_executor_without_threads_is_an_error_and_the_next_try_may_succeed() {
        let (cell, starting) = (OnceLock::new(), Mutex::new(()));
        let said = |error: CError| format!("{error:?}");
        let panics = || panic!("OS can't spawn worker thread");
        let error = said(executor_in(&cell, &starting, panics).unwrap_err());
        assert!(error.contains("OS can't spawn"), "{error}");
        let fails = || Err(std::io::Error::other("no epoll"));
        let error = said(executor_in(&cell, &starting, fails).unwrap_err());
        assert!(error.contains("no epoll"), "{error}");
        let build = || Builder::new_current_thread().build();
        assert!(executor_in(&cell, &starting, build).is_ok());
        assert!(executor_in(&cell, &starting, || panic!("it is there")).is_ok());
    }
}
