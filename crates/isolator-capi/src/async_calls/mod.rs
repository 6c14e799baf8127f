//! Asynchronous calls: queued from any thread, made and awaited by a driver of the library, which holds no thread while the guest waits.
//!
//! One task of a tokio runtime of the library drives each isolated runtime that has such calls, for as long as it has. It takes the
//! runtime as any other caller does, and holds no thread while it waits for its turn.

mod driver;
mod executor;
mod interface;
mod told;

pub use interface::*;

use crate::error::CError;
use crate::runtime::SharedRuntime;
use crate::streams::Stream;
use ::isolator_host::{
    IsolatedAssembly, IsolatedMethod, IsolatedObject, IsolatedRuntime, IsolatedTask,
};
use driver::{Running, drive};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use told::{Done, Told, Turn, freed};

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
    /// What somebody has taken from here, and is not yet among what runs, or told.
    under_way: u32,
    last: u64,
}

impl Waiting {
    /// Whether nothing is queued, and nobody has to be told.
    fn is_empty(&self) -> bool {
        self.starts.is_empty() && self.urgent.is_empty() && self.told.is_empty()
    }
}

/// A wish that a call end.
struct Cancel {
    id: u64,
    /// Nobody waits for how it ends.
    abandon: bool,
}

/// What is queued: a call that is to be made, or the wish for a turn.
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

/// What a call does.
enum What {
    Invoke {
        method: IsolatedMethod,
        target: Option<IsolatedObject>,
        args: Vec<u8>,
    },
    Next(Stream),
    /// Awaits a task that was kept under a name.
    Kept(String),
    /// Awaits the task of a call that was under way when the runtime was copied, by its number there.
    Unfinished(u64),
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
            Self::Kept(name) => runtime.kept(name)?,
            Self::Unfinished(number) => {
                let task = runtime.take_up(*number)?;
                // From now on it has a number of this runtime's.
                runtime.note_unfinished(*number, None);
                task
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

impl Queue {
    /// That of a runtime which is used from now on, and goes on with calls of another one.
    pub(crate) fn of(runtime: &IsolatedRuntime) -> Self {
        let queue = Self::default();
        queue.waiting().last = runtime.unfinished_calls().last().copied().unwrap_or(0);
        queue
    }

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
        let _hold = self.hold(&mut self.waiting());
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
                    runtime.note_unfinished(id, None);
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

    /// The task of a call that is under way, for the owner of the runtime.
    fn task_of(&self, call: u64) -> Option<IsolatedTask> {
        self.running()
            .get(&call)
            .map(|running| running.task.clone())
    }

    /// Whether calls are queued or under way, for the owner of the runtime.
    pub(crate) fn is_busy(&self) -> bool {
        let waiting = self.waiting();
        !waiting.starts.is_empty() || !waiting.urgent.is_empty() || !self.running().is_empty()
    }

    /// Has the driver tell somebody.
    fn tell(&self, told: Told) {
        self.waiting().told.push(told);
    }

    /// The next that is to begin; the driver does not end before what holds it is dropped.
    fn next(&self) -> Option<(Start, Hold<'_>)> {
        let mut waiting = self.waiting();
        let start = waiting
            .urgent
            .pop_front()
            .or_else(|| waiting.starts.pop_front())?;
        Some((start, self.hold(&mut waiting)))
    }

    fn hold(&self, waiting: &mut Waiting) -> Hold<'_> {
        waiting.under_way += 1;
        Hold(self)
    }
}

/// Keeps the driver from ending, which would find nothing to do: the runtime's owner, who need not be the driver, is moving a call.
struct Hold<'a>(&'a Queue);

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.0.waiting().under_way -= 1;
    }
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
            Start::Call { done, .. } => done.forget(),
            Start::Turn { turn, .. } => turn.forget(),
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
