//! The driver: makes the calls that were queued, lets the guest run in turns, and tells what is done.

use super::told::{Done, Told, freed};
use super::{Start, Waiting};
use crate::error::CError;
use crate::guard::text_of;
use crate::runtime::{Ownership, SharedRuntime};
use ::isolator_host::{CallDeadline, IsolatedRuntime, IsolatedTask, NextRun, TURN};
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// MessagePack for an array without elements.
const EMPTY_ARRAY: u8 = 0x90;

/// A call that is pending.
pub(super) struct Running {
    pub(super) task: IsolatedTask,
    pub(super) done: Done,
    due: Option<CallDeadline>,
}

/// When the driver has to do something again.
struct Left {
    next: NextRun,
    /// When one of the calls, or the runtime, must be over.
    deadline: Option<std::time::Instant>,
}

/// Drives a runtime's calls until there are none.
pub(super) async fn drive(shared: Arc<SharedRuntime>) {
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
        {
            let mut waiting = shared.queue.waiting();
            // Looked at last: what is moved there is no longer held then.
            let idle = waiting.under_way == 0 && shared.queue.running().is_empty();
            if idle && waiting.is_empty() {
                waiting.cancels.clear();
                shared.queue.cancels.store(false, Ordering::Release);
                waiting.driven = false;
                return;
            }
            if shared.queue.running().is_empty() {
                left.next = NextRun::Now;
            }
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

impl SharedRuntime {
    /// Begins what is queued, for so long at most. Whether it took longer, and something may be left.
    pub(crate) fn begin_queued(&self, owned: &mut Ownership<'_>, most: Option<Duration>) -> bool {
        let queue = &self.queue;
        let began = std::time::Instant::now();
        loop {
            match owned.runtime() {
                Err(_) => return false,
                Ok(_) if self.is_closed() => return false,
                Ok(runtime) if queue.has_cancels() => queue.cancel_wanted(runtime),
                Ok(_) => {}
            }
            if most.is_some_and(|most| began.elapsed() >= most) {
                return true;
            }
            let Some((start, _hold)) = queue.next() else {
                return false;
            };
            match start {
                Start::Turn { turn, .. } => owned.lend(|| turn.take()),
                Start::Call {
                    id,
                    timeout,
                    what,
                    done,
                } => {
                    let Ok(runtime) = owned.runtime() else {
                        queue.tell(Told::Call(done, Err(self.ended())));
                        return false;
                    };
                    let due = runtime.call_deadline(timeout);
                    match runtime.until(due, |runtime| what.start(runtime)) {
                        Ok(Some(task)) => {
                            runtime.note_unfinished(id, Some(&task));
                            drop(queue.running().insert(id, Running { task, done, due }));
                        }
                        Ok(None) => queue.tell(Told::Call(done, Ok(vec![EMPTY_ARRAY]))),
                        Err(error) => queue.tell(Told::Call(done, Err(self.why(error)))),
                    }
                }
            }
        }
    }
}

/// Enters the guest: starts calls, lets it run for a while, and gathers what is done.
fn turn(shared: &SharedRuntime, mut owned: Ownership<'_>) -> Left {
    let more = shared.begin_queued(&mut owned, Some(TURN));
    let left = match owned.runtime() {
        Ok(runtime) if !shared.is_closed() => run(shared, runtime, more),
        _ => {
            give_up(shared, || shared.ended());
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
                runtime.note_unfinished(id, None);
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
