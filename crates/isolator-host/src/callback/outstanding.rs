//! Calls that guests started and that are under way: futures of the embedder, polled by whoever drives the runtime.
//!
//! No executor is needed for that and no thread is held: a future that is woken puts its call into a queue and wakes the
//! driver, which polls what is in the queue and nothing else.

use super::{CallFuture, Completion, PendingCall, Truth, failure, guarded, refused};
use crate::engine::state::State;
use crate::error::Error;
use crate::limits::log::LogBudget;
use crate::limits::{Call, LimitKind, Woken};
use crate::stdio::waiting::Executor;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Most calls of one runtime that may be under way or done and not yet taken.
const MOST: usize = isolator_abi::numbers::MAX_CALLS;

/// Longest failure that is handed over however full the buffers are: there must be a way to say that they are.
const SMALL_FAILURE: u64 = 4096;

/// The calls of a runtime.
pub(crate) struct Outstanding {
    running: HashMap<u64, Running>,
    /// Calls that were under way where this runtime was copied from, and that nobody runs here.
    waiting: BTreeMap<u64, PendingCall>,
    /// Done, for the next pump.
    done: VecDeque<Completion>,
    /// Bytes of arguments of those that run.
    arguments: u64,
    /// Bytes of results of those that are done.
    results: u64,
    woken: Arc<Woken>,
    /// Lines of the log that the guest may cause.
    log: LogBudget,
}

struct Running {
    name: Arc<str>,
    future: CallFuture,
    executor: Executor,
    call: Arc<Call>,
    waker: Waker,
    args: Vec<u8>,
}

impl Outstanding {
    pub(crate) fn new(log: LogBudget) -> Self {
        Self {
            running: HashMap::new(),
            waiting: BTreeMap::new(),
            done: VecDeque::new(),
            arguments: 0,
            results: 0,
            woken: Arc::default(),
            log,
        }
    }

    /// Whether another call may be started; else the most that there may be.
    pub(crate) fn room(&self) -> Result<(), usize> {
        let all = [self.running.len(), self.waiting.len(), self.done.len()];
        if all.iter().sum::<usize>() < MOST {
            Ok(())
        } else {
            Err(MOST)
        }
    }

    /// Names of the calls whose result is not there.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let running = self.running.values().map(|running| &*running.name);
        running.chain(self.waiting.values().map(|call| &*call.name))
    }

    /// All calls whose result is not there, as a copy of the runtime has them.
    pub(crate) fn pending(&self) -> Vec<PendingCall> {
        let running = self.running.iter().map(|(id, running)| PendingCall {
            id: *id,
            name: running.name.to_string(),
            args: running.args.clone(),
        });
        let mut all: Vec<_> = running.chain(self.waiting.values().cloned()).collect();
        all.sort_by_key(|call| call.id);
        all
    }

    /// Results that were not taken yet.
    pub(crate) fn done(&self) -> impl Iterator<Item = &Completion> {
        self.done.iter()
    }

    /// Calls that nobody runs.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &PendingCall> {
        self.waiting.values()
    }

    /// Goes on where another runtime was.
    pub(crate) fn go_on(&mut self, pending: Vec<PendingCall>, done: Vec<Completion>) {
        for call in pending {
            self.wait(call);
        }
        for completion in done {
            self.finish(completion);
        }
    }

    /// A call that nobody runs.
    pub(crate) fn wait(&mut self, call: PendingCall) {
        self.arguments = self.arguments.saturating_add(call.args.len() as u64);
        self.waiting.insert(call.id, call);
    }

    /// Takes a call that nobody runs.
    pub(crate) fn take_waiting(&mut self, id: u64) -> Option<PendingCall> {
        let call = self.waiting.remove(&id)?;
        self.arguments = self.arguments.saturating_sub(call.args.len() as u64);
        Some(call)
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

    fn finish(&mut self, completion: Completion) {
        self.results = self.results.saturating_add(size(&completion.outcome));
        self.done.push_back(completion);
    }

    /// Takes a call that is done.
    pub(crate) fn take_done(&mut self) -> Option<Completion> {
        let completion = self.done.pop_front()?;
        self.results = self.results.saturating_sub(size(&completion.outcome));
        Some(completion)
    }

    /// Bytes of arguments of calls that run and of results that wait to be taken.
    pub(crate) fn bytes(&self) -> u64 {
        self.arguments.saturating_add(self.results)
    }

    /// Adds a call that is under way. It is first polled by the next pump.
    pub(crate) fn start(
        &mut self,
        id: u64,
        name: Arc<str>,
        future: CallFuture,
        executor: Executor,
        args: Vec<u8>,
    ) {
        // An id that is taken: the guest broke its own bookkeeping, and gets the later call's result only.
        if let Some(replaced) = self.running.remove(&id) {
            self.give_up_one(replaced);
        }
        self.take_waiting(id);
        self.arguments = self.arguments.saturating_add(args.len() as u64);
        let call = Call::start(id, self.woken.clone());
        let running = Running {
            name,
            future,
            executor,
            waker: call.clone().into(),
            call,
            args,
        };
        self.running.insert(id, running);
    }

    /// Gives all calls up: the runtime is dead.
    pub(crate) fn give_up(&mut self) {
        drop(self.woken.take());
        for (_, running) in std::mem::take(&mut self.running) {
            self.give_up_one(running);
        }
        self.waiting.clear();
        self.done.clear();
        self.arguments = 0;
        self.results = 0;
    }

    /// Gives a call up: its future is dropped, and its result, if there is one already, too.
    pub(crate) fn cancel(&mut self, id: u64) {
        if let Some(running) = self.running.remove(&id) {
            self.give_up_one(running);
        }
        self.take_waiting(id);
        let results = &mut self.results;
        self.done.retain(|completion| {
            let other = completion.id != id;
            if !other {
                *results = results.saturating_sub(size(&completion.outcome));
            }
            other
        });
    }

    /// Ends a call that no longer runs, and drops its future. What the embedder's destructors do must not unwind through a guest.
    fn give_up_one(&mut self, running: Running) {
        let Running {
            name,
            future,
            executor,
            call,
            args,
            ..
        } = running;
        self.arguments = self.arguments.saturating_sub(args.len() as u64);
        call.end();
        let dropped = catch_unwind(AssertUnwindSafe(|| executor.enter(|| drop(future))));
        if dropped.is_err() && self.log.allows() {
            tracing::error!(callback = &*name, "a cancelled callback panicked");
        }
    }
}

/// Bytes of a result.
fn size(outcome: &Result<Vec<u8>, Vec<u8>>) -> u64 {
    let (Ok(bytes) | Err(bytes)) = outcome;
    bytes.len() as u64
}

/// Most bytes of arguments and results.
fn allowed(state: &State) -> u64 {
    let limits = &state.meter.limits;
    limits.get_max_buffers().unwrap_or(u64::MAX)
}

/// What of an outcome is kept where there are so many bytes already: a failure instead of what is too large.
fn fitting(
    state: &mut State,
    outcome: Result<Vec<u8>, Vec<u8>>,
    beside: u64,
) -> Result<Vec<u8>, Vec<u8>> {
    let (allowed, size) = (allowed(state), size(&outcome));
    let used = beside.saturating_add(size);
    if used <= allowed || (outcome.is_err() && size <= SMALL_FAILURE) {
        return outcome;
    }
    let limit = LimitKind::Buffers;
    Err(refused(
        state,
        &Error::Limit {
            limit,
            allowed,
            used,
        },
    ))
}

/// Adds a call that was done as soon as it was started.
pub(crate) fn finish(state: &mut State, id: u64, outcome: Result<Vec<u8>, Vec<u8>>) {
    let beside = state.outstanding.bytes();
    let outcome = fitting(state, outcome, beside);
    state.outstanding.finish(Completion { id, outcome });
}

/// Polls the calls that were woken, once each. Whether any is done.
///
/// Where results fill the buffers, the other calls stay woken until the guest has taken those: only the last may take more than
/// there is room for beside others, and none may that has no room by itself.
pub(crate) fn poll_woken(state: &mut State) -> bool {
    let mut woken = state.outstanding.woken.take();
    let allowed = allowed(state);
    let mut any = false;
    while let Some(id) = woken.pop_front() {
        if state.outstanding.any_done() && state.outstanding.bytes() >= allowed {
            woken.push_front(id);
            any = true;
            break;
        }
        let Some(mut running) = state.outstanding.running.remove(&id) else {
            continue;
        };
        running.call.polled();
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
        state.outstanding.give_up_one(running);
        let beside = state.outstanding.arguments;
        let outcome = fitting(state, outcome, beside);
        state.outstanding.finish(Completion { id, outcome });
        any = true;
    }
    state.outstanding.woken.put_back(woken);
    any
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use isolator_abi::wire::{self, Failure};
    use std::future::{pending, poll_fn, ready};
    use std::sync::Mutex;
    use std::time::{Duration, Instant};

    fn start(state: &mut State, id: u64, future: CallFuture) {
        state
            .outstanding
            .start(id, "test".into(), future, Executor::here(), vec![0; 10]);
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
    #[test]
    fn what_was_cancelled_or_replaced_is_not_queued() {
        let mut state = State::for_tests();
        let wakers = Arc::new(Mutex::new(Vec::new()));
        let waits = |wakers: &Arc<Mutex<Vec<Waker>>>| -> CallFuture {
            let wakers = wakers.clone();
            Box::pin(poll_fn(move |context| {
                wakers.lock().unwrap().push(context.waker().clone());
                Poll::Pending
            }))
        };
        for _ in 0..100_000 {
            start(&mut state, 1, Box::pin(pending()));
            state.outstanding.cancel(1);
            start(&mut state, 2, Box::pin(pending()));
        }
        assert_eq!(state.outstanding.woken.take(), [2]);
        // Nor is what wakes after its end.
        start(&mut state, 3, waits(&wakers));
        start(&mut state, 4, waits(&wakers));
        assert!(!poll_woken(&mut state));
        state.outstanding.cancel(3);
        start(&mut state, 4, Box::pin(pending()));
        assert_eq!(wakers.lock().unwrap().len(), 2);
        for waker in wakers.lock().unwrap().iter() {
            waker.wake_by_ref();
        }
        assert_eq!(state.outstanding.woken.take(), [4]);
        // Nor what wakes itself and is done.
        let eager = poll_fn(|context| {
            context.waker().wake_by_ref();
            Poll::Ready(Ok(Vec::new()))
        });
        start(&mut state, 5, Box::pin(eager));
        assert!(poll_woken(&mut state));
        assert!(state.outstanding.woken.take().is_empty());
    }

    fn refuses(outcome: &Result<Vec<u8>, Vec<u8>>) -> bool {
        let failure = outcome.as_ref().unwrap_err();
        let failure: Failure = wire::from_bytes(failure).unwrap();
        failure.message.contains("under way")
    }

    #[test]
    fn results_wait_until_there_is_room_for_them() {
        let mut state = State::for_tests();
        state.meter.limits = Arc::new(Limits::none().max_buffers(10_000));
        for id in 0..100 {
            start(&mut state, id, Box::pin(ready(Ok(vec![7; 1000]))));
        }
        let mut taken = Vec::new();
        while taken.len() < 100 {
            assert!(poll_woken(&mut state));
            let results = state.outstanding.results;
            assert!((1000..=10_000).contains(&results), "{results}");
            // Full, and so nothing more is polled, but at the end; that something is done it says again.
            assert!(taken.len() == 90 || poll_woken(&mut state));
            assert_eq!(state.outstanding.results, results);
            while let Some(done) = state.outstanding.take_done() {
                assert_eq!(done.outcome.unwrap().len(), 1000);
                taken.push(done.id);
            }
        }
        assert_eq!(taken, (0..100).collect::<Vec<_>>());
        assert_eq!(state.outstanding.bytes(), 0);
    }

    #[test]
    fn a_result_that_no_buffer_can_hold_is_refused() {
        let mut state = State::for_tests();
        state.meter.limits = Arc::new(Limits::none().max_buffers(10_000));
        start(&mut state, 1, Box::pin(pending()));
        start(&mut state, 2, Box::pin(ready(Ok(vec![7; 9_970]))));
        start(&mut state, 3, Box::pin(ready(Ok(vec![7; 9_991]))));
        poll_woken(&mut state);
        // Those that are done at once, in a loop of the guest.
        finish(&mut state, 4, Ok(vec![7; 1000]));
        finish(&mut state, 5, Err(vec![7; 10_001]));
        let done = |state: &mut State| state.outstanding.take_done().unwrap().outcome;
        assert_eq!(done(&mut state).unwrap().len(), 9_970);
        for _ in 0..3 {
            assert!(refuses(&done(&mut state)));
        }
        assert_eq!(state.outstanding.bytes(), 10);
        assert_eq!(state.stats().reached, [LimitKind::Buffers]);
    }
}
