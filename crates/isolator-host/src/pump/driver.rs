//! The task that owns a runtime and enters it.

use super::Start;
use crate::border::packing::Bytes;
use crate::callback::poll_woken;
use crate::error::Result;
use crate::limits::Woken;
use crate::runtime::IsolatedRuntime;
use crate::runtime::calls::NextRun;
use crate::stdio::waiting::allow_blocking;
use crate::values::handle::IsolatedTask;
use crate::values::handle::sealed::Sealed;
use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::runtime::RuntimeFlavor;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

/// Most commands that one entry takes.
const MOST: usize = 256;

/// What the driver is asked for.
pub(super) enum Command {
    /// Starts a call; its outcome goes to `done`.
    Start {
        id: u64,
        start: Start,
        /// Becomes true when the call's future is dropped.
        dropped: Arc<AtomicBool>,
        done: oneshot::Sender<Result<Vec<u8>>>,
    },
    /// Nobody wants the outcome of this call any more.
    Cancel(u64),
    /// Runs a closure, which does not panic.
    With(Box<dyn FnOnce(&mut IsolatedRuntime) + Send>),
    /// Gives the runtime back and ends.
    GiveBack(oneshot::Sender<IsolatedRuntime>),
}

/// A call that is pending.
struct Pending {
    task: IsolatedTask,
    done: oneshot::Sender<Result<Vec<u8>>>,
    dropped: Arc<AtomicBool>,
    due: Due,
}

/// When a call must be over, and the time that it had.
type Due = Option<(std::time::Instant, Duration)>;

/// A runtime, and what waits for it.
pub(super) struct Driver {
    runtime: IsolatedRuntime,
    pending: HashMap<u64, Pending>,
    /// Commands that the next turn takes.
    batch: Vec<Command>,
    /// When the guest wants to run.
    next: NextRun,
    back: Option<oneshot::Sender<IsolatedRuntime>>,
    turns: Arc<AtomicU64>,
}

impl Driver {
    pub(super) fn new(runtime: IsolatedRuntime, turns: Arc<AtomicU64>) -> Self {
        Self {
            runtime,
            pending: HashMap::new(),
            batch: Vec::new(),
            next: NextRun::WhenCalled,
            back: None,
            turns,
        }
    }

    /// Enters the guest: takes commands, lets it run for a while, and hands out what is done. May hold the thread.
    fn turn(&mut self) {
        self.turns.fetch_add(1, Ordering::Relaxed);
        for command in std::mem::take(&mut self.batch) {
            self.take(command);
        }
        if self.back.is_some() {
            return;
        }
        let (due, interest) = (self.due(), self.interest());
        self.runtime.state_mut().meter.run_for(due, interest);
        // One that is dead says so to all who wait: `hand_out`.
        self.next = self.runtime.run_turn().unwrap_or(NextRun::WhenCalled);
        self.hand_out();
    }

    /// When the first of the pending calls must be over.
    fn due(&self) -> Due {
        self.pending
            .values()
            .filter_map(|pending| pending.due)
            .min()
    }

    /// Which futures want what runs.
    fn interest(&self) -> Vec<Arc<AtomicBool>> {
        let dropped = |pending: &Pending| pending.dropped.clone();
        self.pending.values().map(dropped).collect()
    }

    /// When a pending call or the runtime must be over.
    fn deadline(&mut self) -> Option<Instant> {
        let due = self.due().map(|(due, _)| due);
        let end = match &self.pending {
            none if none.is_empty() => None,
            _ => self.runtime.state_mut().meter.life_due(),
        };
        due.into_iter().chain(end).min().map(Instant::from_std)
    }

    fn take(&mut self, command: Command) {
        match command {
            Command::Start {
                id,
                start,
                dropped,
                done,
            } => {
                let meter = &mut self.runtime.state_mut().meter;
                let due = meter.call_due();
                meter.run_for(due, vec![dropped.clone()]);
                let started = start(&mut self.runtime);
                self.runtime.state_mut().meter.run_for(None, Vec::new());
                match started {
                    Ok(task) => {
                        self.runtime.note_unfinished(id, Some(&task));
                        let pending = Pending {
                            task,
                            done,
                            dropped,
                            due,
                        };
                        self.pending.insert(id, pending);
                    }
                    // A caller that is gone needs no error.
                    Err(error) => drop(done.send(Err(error))),
                }
            }
            Command::Cancel(id) => {
                self.runtime.note_unfinished(id, None);
                if let Some(Pending { task, .. }) = self.pending.remove(&id) {
                    // Only a dead runtime refuses, and it runs nothing any more.
                    let _ = self.runtime.cancel_task(&task);
                }
            }
            Command::With(run) => run(&mut self.runtime),
            Command::GiveBack(back) => self.back = Some(back),
        }
    }

    /// Looks which calls are done.
    fn hand_out(&mut self) {
        let runtime = &mut self.runtime;
        self.pending.retain(|id, Pending { task, done, .. }| {
            let polled = match &runtime.state_mut().fatal {
                // All of them ended with it: each gets the reason itself, not only that there was one.
                Some(fatal) => Err(fatal.error()),
                None => runtime.enter(|entry| {
                    let task = task.raw(entry.runtime())?;
                    let polled = entry.poll_task(task)?;
                    Ok(polled.map(|Bytes(value)| value))
                }),
            };
            let Some(outcome) = polled.transpose() else {
                return true;
            };
            runtime.note_unfinished(*id, None);
            let (unused, _) = oneshot::channel();
            // A caller that is gone needs no outcome.
            let _ = std::mem::replace(done, unused).send(outcome);
            false
        });
    }
}

/// Drives a runtime until nobody holds it.
pub(super) async fn drive(
    mut driver: Driver,
    mut commands: mpsc::UnboundedReceiver<Command>,
    flavor: RuntimeFlavor,
) {
    let woken = driver.runtime.state_mut().outstanding.woken();
    // A future that is dropped stops what runs for it.
    driver.runtime.state_mut().meter.watch();
    // One that was used before may have timers and work already.
    let mut wants_to_run = true;
    let mut due = None;
    loop {
        if !wants_to_run {
            let deadline = driver.deadline();
            tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => driver.batch.push(command),
                    None => return,
                },
                () = any_woken(&woken) => {}
                () = until(due) => wants_to_run = true,
                // The turn says so.
                () = until(deadline) => wants_to_run = true,
            }
        }
        while driver.batch.len() < MOST {
            match commands.try_recv() {
                Ok(command) => driver.batch.push(command),
                Err(TryRecvError::Disconnected) if driver.batch.is_empty() => return,
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        // Here, not in the turn: futures belong on the executor.
        let any_done = poll_woken(driver.runtime.state_mut());
        let cancelled = driver.runtime.state_mut().meter.control.is_cancelled();
        if wants_to_run || any_done || cancelled || !driver.batch.is_empty() {
            driver = match flavor {
                RuntimeFlavor::CurrentThread => {
                    let turn = move || {
                        allow_blocking(|| driver.turn());
                        driver
                    };
                    match tokio::task::spawn_blocking(turn).await {
                        Ok(driver) => driver,
                        // The executor ends, and the runtime with it.
                        Err(_) => return,
                    }
                }
                _ => {
                    tokio::task::block_in_place(|| driver.turn());
                    driver
                }
            };
            if let Some(back) = driver.back.take() {
                // Who asked may be gone; then so is the runtime.
                let _ = back.send(driver.runtime);
                return;
            }
            wants_to_run = driver.next == NextRun::Now;
            due = match driver.next {
                NextRun::After(time) => Instant::now().checked_add(time),
                NextRun::Now | NextRun::WhenCalled => None,
            };
        }
        // A guest that always has more to do must not keep other tasks of this thread from running, nor must futures that
        // spend the executor's budget.
        tokio::task::yield_now().await;
    }
}

async fn any_woken(woken: &Woken) {
    poll_fn(|context| woken.poll(context)).await;
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}
