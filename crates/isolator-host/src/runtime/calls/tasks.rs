//! Tasks and streams, and what runs between calls.

use crate::border::ops::MethodPlace;
use crate::border::packing::{Read, Typed};
use crate::error::{Error, Result};
use crate::runtime::Calls;
use crate::runtime::calls::raw_of;
use crate::stdio::waiting;
use crate::values::handle::sealed::Sealed;
use crate::values::handle::{
    IsolatedAssembly, IsolatedMethod, IsolatedObject, IsolatedStream, IsolatedTask,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::{Duration, Instant};

/// How long a guest runs at a time, before whoever drives it looks whether there is something else to do.
pub const TURN: Duration = Duration::from_millis(10);

/// When a guest wants to run next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextRun {
    /// At once: there is more to do.
    Now,
    /// After this time: a timer is due then.
    After(Duration),
    /// Not until something comes from outside: a completion, a new call.
    WhenCalled,
}

impl NextRun {
    pub(crate) fn from_milliseconds(milliseconds: i64) -> Self {
        match u64::try_from(milliseconds) {
            Ok(0) => Self::Now,
            Ok(milliseconds) => Self::After(Duration::from_millis(milliseconds)),
            Err(_) => Self::WhenCalled,
        }
    }
}

impl Calls<'_> {
    /// Calls a static method that returns a task (or anything else), and waits on this thread until it is done.
    /// Timers and continuations of the guest run meanwhile.
    ///
    /// # Errors
    /// As `call`; [`Error::Deadlock`] if nothing could ever complete it.
    pub fn call_task<R: DeserializeOwned>(
        &mut self,
        assembly: &str,
        type_name: &str,
        method: &str,
        args: impl Serialize,
    ) -> Result<R> {
        let _span = tracing::debug_span!("call", runtime = self.id(), assembly, type_name, method)
            .entered();
        self.in_one_call(|this| {
            let task = this.enter(|entry| {
                let place = MethodPlace::Type {
                    assembly,
                    name: type_name,
                };
                let method = entry.method_for(place, method, &args)?;
                entry.invoke_async(method.raw(entry.runtime())?, 0, &Typed(&args))
            })?;
            this.wait_for(&task)
        })
    }

    /// Invokes a method that returns a task, without waiting. `target` is none for a static method.
    ///
    /// # Errors
    /// As `invoke`.
    pub fn start_task(
        &mut self,
        method: &IsolatedMethod,
        target: Option<&IsolatedObject>,
        args: impl Serialize,
    ) -> Result<IsolatedTask> {
        self.enter(|entry| {
            let (method, target) = (
                method.raw(entry.runtime())?,
                raw_of(target, entry.runtime())?,
            );
            entry.invoke_async(method, target, &Typed(&args))
        })
    }

    /// The outcome of a task; none while it is pending.
    ///
    /// # Errors
    /// What the task failed with.
    pub fn poll_task<R: DeserializeOwned>(&mut self, task: &IsolatedTask) -> Result<Option<R>> {
        self.enter(|entry| {
            let task = task.raw(entry.runtime())?;
            let polled = entry.poll_task(task)?;
            Ok(polled.map(|Read(value)| value))
        })
    }

    /// Signals a task's cancellation token, if it has one.
    ///
    /// # Errors
    /// [`Error::ForeignHandle`].
    pub fn cancel_task(&mut self, task: &IsolatedTask) -> Result<()> {
        self.enter(|entry| {
            let task = task.raw(entry.runtime())?;
            entry.cancel_task(task)
        })
    }

    /// Waits on this thread until a task is done, running what the guest has to run meanwhile: on tokio's
    /// multi-thread runtime as `block_in_place` does. Calls that do not hold a thread are those of
    /// [`into_async`](crate::IsolatedRuntime::into_async).
    ///
    /// # Errors
    /// What the task failed with; [`Error::Deadlock`] if nothing could ever complete it; [`Error::MustNotWait`] if it
    /// waits for a future of the host, on the only thread of an executor.
    pub fn wait<R: DeserializeOwned>(&mut self, task: &IsolatedTask) -> Result<R> {
        self.in_one_call(|this| this.wait_for(task))
    }

    fn wait_for<R: DeserializeOwned>(&mut self, task: &IsolatedTask) -> Result<R> {
        self.wait_until(|guest| guest.poll_task(task))
    }

    /// Waits as `wait` does, for what `poll` gives.
    pub(crate) fn wait_until<T>(
        &mut self,
        poll: impl Fn(&mut Self) -> Result<Option<T>>,
    ) -> Result<T> {
        loop {
            if let Some(value) = poll(self)? {
                return Ok(value);
            }
            let next = self.run_turn()?;
            if next == NextRun::Now {
                continue;
            }
            // What ran just now may have finished the task: a timer that is far away is then no reason to wait.
            if let Some(value) = poll(self)? {
                return Ok(value);
            }
            let (done, running, woken, deadline) = self.enter(|entry| {
                let state = entry.store.data_mut();
                let outstanding = &state.outstanding;
                let (done, running) = (outstanding.any_done(), outstanding.any_running());
                Ok((done, running, outstanding.woken(), state.meter.deadline()))
            })?;
            let time = match next {
                _ if done => continue,
                NextRun::Now => continue,
                NextRun::After(time) => Some(time),
                NextRun::WhenCalled if running => None,
                NextRun::WhenCalled => return Err(Error::Deadlock),
            };
            // The next entry says that the time of the call is over.
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let most = match (time, left) {
                (Some(time), Some(left)) => Some(time.min(left)),
                (time, left) => time.or(left),
            };
            if waiting::where_allowed(|| woken.wait(most)).is_err() {
                // A timer of the guest needs no executor. A future of the host may need the one that this thread is.
                match time {
                    Some(_) => woken.wait(most),
                    None => return Err(Error::MustNotWait),
                }
            }
        }
    }

    /// Starts to read an `IAsyncEnumerable<T>`.
    ///
    /// # Errors
    /// [`Error::Argument`] or [`Error::BadHandle`] if the object is none.
    pub fn open_stream(&mut self, source: &IsolatedObject) -> Result<IsolatedStream> {
        self.enter(|entry| {
            let raw = entry.open_stream(source.raw(entry.runtime())?)?;
            Ok(IsolatedStream::new(raw, &entry.store.data().releases))
        })
    }

    /// Waits on this thread for the next element of a stream; none at its end.
    ///
    /// # Errors
    /// What the sequence failed with; [`Error::Deadlock`].
    pub fn next_element<R: DeserializeOwned>(
        &mut self,
        stream: &IsolatedStream,
    ) -> Result<Option<R>> {
        self.in_one_call(|this| {
            let task = this.enter(|entry| {
                let raw = entry.next_element(stream.raw(entry.runtime())?)?;
                Ok(IsolatedTask::new(raw, &entry.store.data().releases))
            })?;
            this.wait_for::<Vec<R>>(&task)
                .map(|elements| elements.into_iter().next())
        })
    }

    /// Ends reading a stream before its end: its token is signalled, and what its `finally` blocks do is done with the
    /// next calls or [`run_pending`](Self::run_pending). Only dropping the handle does not run them.
    ///
    /// # Errors
    /// [`Error::ForeignHandle`].
    pub fn close_stream(&mut self, stream: &IsolatedStream) -> Result<()> {
        self.enter(|entry| {
            let stream = stream.raw(entry.runtime())?;
            entry.cancel_task(stream)
        })
    }

    /// Runs what is ready in the guest (work items, continuations, timers that are due) for about `budget` at most
    /// (zero: one round), and says when it wants to run again.
    ///
    /// # Errors
    /// What ends a runtime.
    pub fn run_pending(&mut self, budget: Duration) -> Result<NextRun> {
        let microseconds = u64::try_from(budget.as_micros()).unwrap_or(u64::MAX);
        self.enter(|entry| entry.run_pending(microseconds))
            .map(NextRun::from_milliseconds)
    }

    /// One turn, as whoever drives a guest makes them: runs what is ready for [`TURN`] at most. Where callbacks have something to
    /// deliver by then, it wants to run again at once.
    ///
    /// # Errors
    /// What ends a runtime.
    pub fn run_turn(&mut self) -> Result<NextRun> {
        let next = self.run_pending(TURN)?;
        // A callback that answered at once while the guest ran.
        Ok(if self.has_deliveries() {
            NextRun::Now
        } else {
            next
        })
    }

    /// Runs an assembly's entry point to its end and returns its exit code: what `Main` returned, or what it passed
    /// to `Environment.Exit`, after which the runtime can no longer be used. An asynchronous `Main` is awaited.
    ///
    /// # Errors
    /// [`Error::GuestException`] for an exception that `Main` let escape; [`Error::Deadlock`].
    pub fn run_main(&mut self, assembly: &IsolatedAssembly, args: &[&str]) -> Result<i32> {
        let _span = tracing::debug_span!("main", runtime = self.id(), ?assembly).entered();
        let ran = self.in_one_call(|this| {
            let task = this.enter(|entry| {
                let raw = entry.run_main(assembly.raw(entry.runtime())?, args)?;
                Ok(IsolatedTask::new(raw, &entry.store.data().releases))
            })?;
            this.wait_for(&task)
        });
        match ran {
            Err(Error::Exit { code }) => Ok(code),
            other => other,
        }
    }
}
