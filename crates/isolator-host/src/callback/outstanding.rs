//! Calls that guests started and that are under way: futures of the embedder, polled by whoever drives the runtime.
//!
//! No executor is needed for that and no thread is held: a future that is woken puts its call into a queue and wakes the
//! driver, which polls what is in the queue and nothing else.

use super::{CallFuture, Completion, Truth, failure, guarded};
use crate::state::State;
use crate::waiting::Executor;
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

/// Most calls of one runtime that may be under way or done and not yet taken.
const MOST: usize = 10_000;

/// The calls of a runtime.
#[derive(Default)]
pub(crate) struct Outstanding {
    running: HashMap<u64, Running>,
    /// Done, for the next pump.
    done: VecDeque<Completion>,
    /// Bytes of arguments of those that run and of results of those that are done.
    bytes: u64,
    woken: Arc<Woken>,
}

struct Running {
    name: Arc<str>,
    future: CallFuture,
    executor: Executor,
    call: Arc<Call>,
    waker: Waker,
    /// Bytes of its arguments.
    bytes: u64,
}

/// What a future wakes.
struct Call {
    id: u64,
    queued: AtomicBool,
    woken: Arc<Woken>,
}

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            self.woken.push(self.id);
        }
    }
}

/// Calls whose futures want to be polled, and who waits for some.
#[derive(Default)]
pub(crate) struct Woken {
    queue: Mutex<Queue>,
    arrived: Condvar,
}

#[derive(Default)]
struct Queue {
    ids: Vec<u64>,
    driver: Option<Waker>,
    /// Whether who waits shall look at something else, for once.
    poked: bool,
}

impl Woken {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, id: u64) {
        let mut queue = self.queue();
        queue.ids.push(id);
        let driver = queue.driver.take();
        drop(queue);
        self.arrived.notify_all();
        if let Some(driver) = driver {
            driver.wake();
        }
    }

    /// Ends one wait although no call wants to be polled.
    pub(crate) fn poke(&self) {
        let mut queue = self.queue();
        queue.poked = true;
        let driver = queue.driver.take();
        drop(queue);
        self.arrived.notify_all();
        if let Some(driver) = driver {
            driver.wake();
        }
    }

    /// Ready once a call wants to be polled, or somebody pokes.
    #[cfg_attr(
        not(feature = "tokio"),
        expect(dead_code, reason = "only an executor polls")
    )]
    pub(crate) fn poll(&self, context: &Context<'_>) -> Poll<()> {
        let mut queue = self.queue();
        if std::mem::take(&mut queue.poked) || !queue.ids.is_empty() {
            return Poll::Ready(());
        }
        match &mut queue.driver {
            Some(driver) => driver.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
        Poll::Pending
    }

    /// Waits on this thread until a call wants to be polled or somebody pokes, for so long at most.
    pub(crate) fn wait(&self, most: Option<Duration>) {
        let until = most.and_then(|most| Instant::now().checked_add(most));
        let mut queue = self.queue();
        while queue.ids.is_empty() && !std::mem::take(&mut queue.poked) {
            queue = match until {
                None => self
                    .arrived
                    .wait(queue)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return;
                    }
                    let waited = self.arrived.wait_timeout(queue, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}

impl Outstanding {
    /// Whether another call may be started; else the most that there may be.
    pub(crate) fn room(&self) -> Result<(), usize> {
        if self.running.len().saturating_add(self.done.len()) < MOST {
            Ok(())
        } else {
            Err(MOST)
        }
    }

    /// Whether a call is under way.
    pub(crate) fn any_running(&self) -> bool {
        !self.running.is_empty()
    }

    /// Whether a call is done and not yet taken.
    pub(crate) fn any_done(&self) -> bool {
        !self.done.is_empty()
    }

    /// What futures wake.
    pub(crate) fn woken(&self) -> Arc<Woken> {
        self.woken.clone()
    }

    /// Adds a call that is done.
    pub(crate) fn finish(&mut self, completion: Completion) {
        self.bytes = self.bytes.saturating_add(size(&completion));
        self.done.push_back(completion);
    }

    /// Takes a call that is done.
    pub(crate) fn take_done(&mut self) -> Option<Completion> {
        let completion = self.done.pop_front()?;
        self.bytes = self.bytes.saturating_sub(size(&completion));
        Some(completion)
    }

    /// Bytes of arguments of calls that run and of results that wait to be taken.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Adds a call that is under way. It is first polled by the next pump.
    pub(crate) fn start(
        &mut self,
        id: u64,
        name: Arc<str>,
        future: CallFuture,
        executor: Executor,
        bytes: usize,
    ) {
        let bytes = bytes as u64;
        self.bytes = self.bytes.saturating_add(bytes);
        let call = Arc::new(Call {
            id,
            queued: AtomicBool::new(true),
            woken: self.woken.clone(),
        });
        let running = Running {
            name,
            future,
            executor,
            waker: call.clone().into(),
            call,
            bytes,
        };
        // An id that is taken: the guest broke its own bookkeeping, and gets the later call's result only.
        if let Some(replaced) = self.running.insert(id, running) {
            self.bytes = self.bytes.saturating_sub(replaced.bytes);
            give_up(replaced);
        }
        self.woken.push(id);
    }

    /// Gives all calls up: the runtime is dead.
    pub(crate) fn give_up(&mut self) {
        for (_, running) in self.running.drain() {
            give_up(running);
        }
        self.done.clear();
        self.bytes = 0;
    }

    /// Gives a call up: its future is dropped, and its result, if there is one already, too.
    pub(crate) fn cancel(&mut self, id: u64) {
        if let Some(running) = self.running.remove(&id) {
            self.bytes = self.bytes.saturating_sub(running.bytes);
            give_up(running);
        }
        let bytes = &mut self.bytes;
        self.done.retain(|completion| {
            let other = completion.id != id;
            if !other {
                *bytes = bytes.saturating_sub(size(completion));
            }
            other
        });
    }
}

/// Bytes of a result.
fn size(completion: &Completion) -> u64 {
    let (Ok(bytes) | Err(bytes)) = &completion.outcome;
    bytes.len() as u64
}

/// Drops a future. What the embedder's destructors do must not unwind through a guest.
fn give_up(running: Running) {
    let Running {
        name,
        future,
        executor,
        ..
    } = running;
    if catch_unwind(AssertUnwindSafe(|| executor.enter(|| drop(future)))).is_err() {
        tracing::error!(callback = &*name, "a cancelled callback panicked");
    }
}

/// Polls the calls that were woken, once each. Whether any is done since.
pub(crate) fn poll_woken(state: &mut State) -> bool {
    let ids = std::mem::take(&mut state.outstanding.woken.queue().ids);
    let mut any = false;
    for id in ids {
        let Some(mut running) = state.outstanding.running.remove(&id) else {
            continue;
        };
        running.call.queued.store(false, Ordering::Release);
        let mut context = Context::from_waker(&running.waker);
        let polled = guarded(|| {
            let future = running.future.as_mut();
            match running.executor.enter(|| future.poll(&mut context)) {
                Poll::Pending => Ok(None),
                Poll::Ready(outcome) => outcome.map(Some),
            }
        });
        let outcome: Result<Vec<u8>, Truth> = match polled {
            Ok(None) => {
                state.outstanding.running.insert(id, running);
                continue;
            }
            Ok(Some(bytes)) => Ok(bytes),
            Err(truth) => Err(truth),
        };
        let outcome = outcome.map_err(|truth| failure(state, &running.name, truth));
        state.outstanding.bytes = state.outstanding.bytes.saturating_sub(running.bytes);
        give_up(running);
        state.outstanding.finish(Completion { id, outcome });
        any = true;
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, poll_fn, ready};

    fn start(state: &mut State, id: u64, future: CallFuture) {
        state
            .outstanding
            .start(id, "test".into(), future, Executor::here(), 10);
    }

    #[test]
    fn only_what_was_woken_is_polled() {
        let mut state = State::for_tests();
        let polls = Arc::new(Mutex::new((0, None::<Waker>)));
        let seen = polls.clone();
        let future = poll_fn(move |context| {
            let mut seen = seen.lock().unwrap();
            seen.0 += 1;
            if seen.0 == 2 {
                return Poll::Ready(Ok(vec![7]));
            }
            seen.1 = Some(context.waker().clone());
            Poll::Pending
        });
        start(&mut state, 1, Box::pin(future));
        start(&mut state, 2, Box::pin(pending()));
        assert!(!poll_woken(&mut state));
        assert!(!poll_woken(&mut state), "nothing was woken");
        assert_eq!(polls.lock().unwrap().0, 1);
        let waker = polls.lock().unwrap().1.take().unwrap();
        let waiter = state.outstanding.woken();
        let thread = std::thread::spawn(move || waiter.wait(None));
        waker.wake_by_ref();
        waker.wake();
        thread.join().unwrap();
        assert!(poll_woken(&mut state));
        let done = state.outstanding.take_done().unwrap();
        assert_eq!((done.id, done.outcome), (1, Ok(vec![7])));
        assert!(state.outstanding.any_running() && !state.outstanding.any_done());
    }

    #[test]
    fn what_is_cancelled_is_dropped_even_if_that_panics() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("dropped");
            }
        }
        let mut state = State::for_tests();
        let bomb = Bomb;
        let future = async move {
            pending::<()>().await;
            drop(bomb);
            Ok(Vec::new())
        };
        start(&mut state, 1, Box::pin(future));
        start(&mut state, 2, Box::pin(ready(Ok(Vec::new()))));
        poll_woken(&mut state);
        state.outstanding.cancel(1);
        state.outstanding.cancel(2);
        assert_eq!(state.outstanding.bytes(), 0);
        assert!(!state.outstanding.any_running() && !state.outstanding.any_done());
    }

    #[test]
    fn a_future_that_panics_fails_with_the_safe_sentence() {
        let mut state = State::for_tests();
        let future = async { panic!("the password is 1234") };
        start(&mut state, 1, Box::pin(future));
        assert!(poll_woken(&mut state));
        let failure = state.outstanding.take_done().unwrap().outcome.unwrap_err();
        let text = String::from_utf8_lossy(&failure).into_owned();
        assert!(text.contains("See host console logs") && !text.contains("1234"));
    }

    #[test]
    fn there_is_an_end_to_how_many_may_be_started() {
        let mut state = State::for_tests();
        for id in 0..MOST as u64 {
            assert_eq!(state.outstanding.room(), Ok(()));
            start(&mut state, id, Box::pin(pending()));
        }
        assert_eq!(state.outstanding.room(), Err(MOST));
        let waited = Instant::now();
        poll_woken(&mut state);
        state
            .outstanding
            .woken()
            .wait(Some(Duration::from_millis(5)));
        assert!(waited.elapsed() >= Duration::from_millis(5));
    }
}
