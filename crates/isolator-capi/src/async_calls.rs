//! Asynchronous calls: queued from any thread, made and awaited by a driver of the library, which holds no thread while the guest waits.
//!
//! One task of a tokio runtime of the library drives each isolated runtime that has such calls, for as long as it has. It takes the
//! runtime as any other caller does, but waits its turn; others wait for it while it is in.

use crate::error::Failure;
use crate::guard::{guard, guard_out, text_of};
use crate::handle::{self, isolator_handle};
use crate::isolator_error;
use crate::runtime::{Shared, isolator_runtime, shared};
use crate::streams::Stream;
use crate::types::{isolator_buffer, isolator_bytes};
use ::isolator_host::{
    CallDeadline, IsolatedMethod, IsolatedObject, IsolatedRuntime, IsolatedTask, NextRun,
};
use std::collections::{HashMap, VecDeque};
use std::ffi::c_void;
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
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

/// How long the guest runs before the driver looks for new calls again.
const BUDGET: Duration = Duration::from_millis(10);

/// Stack of the library's threads, in bytes: what a call needs is there, so that it does not switch stacks under the embedder's callbacks.
const STACK: usize = 8 << 20;

/// MessagePack for an array without elements.
const EMPTY_ARRAY: u8 = 0x90;

/// Calls that wait for the driver.
#[derive(Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    kicked: Notify,
}

#[derive(Default)]
struct Waiting {
    starts: VecDeque<Start>,
    cancels: Vec<u64>,
    /// Whether a driver runs, which looks here before it ends.
    driven: bool,
    last: u64,
}

struct Start {
    id: u64,
    what: What,
    done: Done,
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
}

impl What {
    /// None: there is nothing to wait for.
    fn start(&self, runtime: &mut IsolatedRuntime) -> Result<Option<IsolatedTask>, Failure> {
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
    fn tell(mut self, outcome: Result<Vec<u8>, Failure>) {
        self.tell_once(outcome);
    }

    fn tell_once(&mut self, outcome: Result<Vec<u8>, Failure>) {
        let Some((function, value)) = self.0.take() else {
            return;
        };
        let (mut buffer, error) = match outcome {
            Ok(bytes) => (bytes.into(), ptr::null_mut()),
            Err(failure) => (isolator_buffer::EMPTY, failure.into_raw()),
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

fn freed() -> Failure {
    Failure::dead("the runtime was freed before the call was done")
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the driver look again.
    pub(crate) fn kick(&self) {
        self.kicked.notify_one();
    }
}

/// The library's own executor. Its threads live as long as the process.
fn executor() -> Result<&'static Runtime, Failure> {
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
) -> Result<&'a Runtime, Failure> {
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
    Err(Failure::config(format!(
        "the threads that drive asynchronous calls cannot be started: {why}"
    )))
}

/// Queues a call, and sees to it that a driver runs. It takes the executor, so that nothing that may fail or panic comes between `done`, which
/// tells when it is dropped, and the queue.
fn submit(executor: &Runtime, shared: Arc<Shared>, what: What, done: Done) -> Result<u64, Failure> {
    let mut waiting = shared.queue.waiting();
    if shared.is_closed() {
        drop(waiting);
        return refuse(done, freed());
    }
    waiting.last += 1;
    let id = waiting.last;
    waiting.starts.push_back(Start { id, what, done });
    let driven = std::mem::replace(&mut waiting.driven, true);
    drop(waiting);
    if driven {
        shared.queue.kick();
    } else {
        executor.spawn(drive(shared));
    }
    Ok(id)
}

/// The caller gets the error, so nobody is told.
fn refuse(mut done: Done, failure: Failure) -> Result<u64, Failure> {
    done.0 = None;
    Err(failure)
}

/// A call that is pending.
struct Running {
    task: IsolatedTask,
    done: Done,
    due: Option<CallDeadline>,
}

/// What a turn left.
struct Turn {
    next: NextRun,
    /// When one of the calls, or the runtime, must be over.
    deadline: Option<std::time::Instant>,
    told: Vec<(Done, Result<Vec<u8>, Failure>)>,
}

async fn drive(shared: Arc<Shared>) {
    let mut running: HashMap<u64, Running> = HashMap::new();
    let mut next = NextRun::Now;
    let mut deadline = None;
    loop {
        let due = match next {
            NextRun::Now => Some(Instant::now()),
            NextRun::After(time) => Instant::now().checked_add(time),
            NextRun::WhenCalled => None,
        };
        if next != NextRun::Now {
            tokio::select! {
                () = shared.queue.kicked.notified() => {}
                () = poll_fn(|context| shared.signal.poll(context)) => {}
                () = until(due) => {}
                // The turn says so to those who wait.
                () = until(deadline) => {}
            }
        }
        (next, deadline) = tokio::task::block_in_place(|| {
            let turn = catch_unwind(AssertUnwindSafe(|| turn(&shared, &mut running)));
            match turn {
                Ok(turn) => {
                    for (done, outcome) in turn.told {
                        done.tell(outcome);
                    }
                    (turn.next, turn.deadline.map(Instant::from_std))
                }
                Err(panic) => {
                    let text = text_of(&*panic);
                    for (_, running) in running.drain() {
                        running.done.tell(Err(Failure::panic(text.clone())));
                    }
                    (NextRun::WhenCalled, None)
                }
            }
        });
        if running.is_empty() {
            let mut waiting = shared.queue.waiting();
            if waiting.starts.is_empty() {
                waiting.cancels.clear();
                waiting.driven = false;
                return;
            }
            next = NextRun::Now;
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

/// Enters the guest: starts calls, lets it run for a while, and gathers what is done.
fn turn(shared: &Shared, running: &mut HashMap<u64, Running>) -> Turn {
    let mut told = Vec::new();
    let next = shared.enter_as_driver(|runtime| {
        // Taken inside: what was queued until now is started in this turn.
        let (mut starts, cancels) = {
            let mut waiting = shared.queue.waiting();
            (
                std::mem::take(&mut waiting.starts),
                std::mem::take(&mut waiting.cancels),
            )
        };
        for id in cancels {
            if let Some(at) = starts.iter().position(|start| start.id == id) {
                if let Some(Start { done, .. }) = starts.remove(at) {
                    let failure = Failure::cancelled();
                    told.push((done, Err(failure)));
                }
            } else if let Some(Running { task, .. }) = running.get(&id) {
                // Only a dead runtime refuses, and then the call ends below.
                let _ = runtime.cancel_task(task);
            }
        }
        for Start { id, what, done } in starts {
            let due = runtime.call_deadline();
            match runtime.until(due, |runtime| what.start(runtime)) {
                Ok(Some(task)) => drop(running.insert(id, Running { task, done, due })),
                Ok(None) => told.push((done, Ok(vec![EMPTY_ARRAY]))),
                Err(failure) => told.push((done, Err(failure))),
            }
        }
        let due = running.values().filter_map(|running| running.due).min();
        let next = match runtime.until(due, |runtime| runtime.run_pending(BUDGET)) {
            Ok(_) if runtime.has_deliveries() => NextRun::Now,
            Ok(next) => next,
            Err(error) => {
                // The reason goes to one of those who wait; polling tells the others that the runtime is dead, and why.
                if let Some(id) = running.keys().next().copied()
                    && let Some(Running { done, .. }) = running.remove(&id)
                {
                    told.push((done, Err(error.into())));
                }
                NextRun::WhenCalled
            }
        };
        let ended: Vec<(u64, Result<Vec<u8>, Failure>)> = running
            .iter()
            .filter_map(|(id, Running { task, .. })| {
                let polled = runtime.poll_task_bytes(task).transpose()?;
                Some((*id, polled.map_err(Failure::from)))
            })
            .collect();
        for (id, outcome) in ended {
            if let Some(Running { done, .. }) = running.remove(&id) {
                told.push((done, outcome));
            }
        }
        let due = running.values().filter_map(|running| running.due).min();
        let due = due.map(|due| due.at());
        (next, due.into_iter().chain(runtime.life_deadline()).min())
    });
    if next.is_none() || shared.is_closed() {
        let starts = std::mem::take(&mut shared.queue.waiting().starts);
        told.extend(starts.into_iter().map(|start| (start.done, Err(freed()))));
        told.extend(
            running
                .drain()
                .map(|(_, running)| (running.done, Err(freed()))),
        );
    }
    let (next, deadline) = next.unwrap_or((NextRun::WhenCalled, None));
    Turn {
        next,
        deadline,
        told,
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
            let executor = executor()?;
            submit(executor, shared(runtime), what, done_of(done, user_data)?)
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
            let executor = executor()?;
            submit(executor, shared(runtime), what, done_of(done, user_data)?)
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
            let executor = executor()?;
            submit(executor, shared(runtime), what, done_of(done, user_data)?)
        })
    }
}

fn done_of(done: isolator_complete_fn, user_data: *mut c_void) -> Result<Done, Failure> {
    match done {
        Some(done) => Ok(Done(Some((done, user_data)))),
        None => Err(Failure::config(
            "the function that a call ends with is null",
        )),
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
    guard(|| {
        // SAFETY: the caller says so.
        let shared = unsafe { shared(runtime) };
        let mut waiting = shared.queue.waiting();
        if waiting.driven {
            waiting.cancels.push(call);
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
        let said = |failure: Failure| format!("{failure:?}");
        let panics = || panic!("OS can't spawn worker thread");
        let failure = said(executor_in(&cell, &starting, panics).unwrap_err());
        assert!(failure.contains("OS can't spawn"), "{failure}");
        let fails = || Err(std::io::Error::other("no epoll"));
        let failure = said(executor_in(&cell, &starting, fails).unwrap_err());
        assert!(failure.contains("no epoll"), "{failure}");
        let build = || Builder::new_current_thread().build();
        assert!(executor_in(&cell, &starting, build).is_ok());
        assert!(executor_in(&cell, &starting, || panic!("it is there")).is_ok());
    }
}
