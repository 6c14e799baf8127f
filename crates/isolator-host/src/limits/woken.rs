//! Which calls want to be polled, and who waits for some.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

/// What a future wakes.
pub(crate) struct Call {
    id: u64,
    /// It is in the queue, about to be put there, or over.
    queued: AtomicBool,
    /// It is over. Written and read under the queue's lock.
    over: AtomicBool,
    woken: Arc<Woken>,
}

impl Call {
    /// A call that wants to be polled for the first time.
    pub(crate) fn start(id: u64, woken: Arc<Woken>) -> Arc<Self> {
        let call = Arc::new(Self {
            id,
            queued: AtomicBool::new(true),
            over: AtomicBool::new(false),
            woken,
        });
        call.woken.push(&call);
        call
    }

    /// It was taken from the queue, and is about to be polled.
    pub(crate) fn polled(&self) {
        self.queued.store(false, Ordering::Release);
    }

    /// It is done or given up: it is no longer in the queue, and never will be.
    pub(crate) fn end(&self) {
        // Who wakes it from now on finds it queued. Who did so before has put it there, or is about to.
        if self.queued.swap(true, Ordering::AcqRel) {
            let mut queue = self.woken.queue();
            self.over.store(true, Ordering::Relaxed);
            if let Some(at) = queue.ids.iter().rposition(|id| *id == self.id) {
                queue.ids.remove(at);
            }
        }
    }
}

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            self.woken.push(self);
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
    /// Calls that are under way, each at most once.
    ids: VecDeque<u64>,
    driver: Option<Waker>,
    /// Whether who waits shall look at something else, for once.
    poked: bool,
}

impl Woken {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, call: &Call) {
        let mut queue = self.queue();
        if call.over.load(Ordering::Relaxed) {
            return;
        }
        queue.ids.push_back(call.id);
        let driver = queue.driver.take();
        drop(queue);
        self.arrived.notify_all();
        if let Some(driver) = driver {
            driver.wake();
        }
    }

    /// Takes all that is in the queue.
    pub(crate) fn take(&self) -> VecDeque<u64> {
        std::mem::take(&mut self.queue().ids)
    }

    /// Puts calls that were not polled back to where they were.
    pub(crate) fn put_back(&self, mut ids: VecDeque<u64>) {
        if !ids.is_empty() {
            let mut queue = self.queue();
            ids.append(&mut queue.ids);
            queue.ids = ids;
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

    /// Waits on this thread until a call wants to be polled, until then at the latest, or until it is to stop, which is looked at when somebody pokes.
    /// Others may wait or poll at the same time, and miss nothing.
    pub(crate) fn wait_for_calls(&self, until: Option<Instant>, stop: impl Fn() -> bool) {
        self.wait_until(until, |_| stop());
    }

    /// Waits on this thread until a call wants to be polled or somebody pokes, for so long at most.
    pub(crate) fn wait(&self, most: Option<Duration>) {
        let until = most.and_then(|most| Instant::now().checked_add(most));
        self.wait_until(until, |queue| std::mem::take(&mut queue.poked));
    }

    fn wait_until(&self, until: Option<Instant>, stop: impl Fn(&mut Queue) -> bool) {
        let mut queue = self.queue();
        while queue.ids.is_empty() && !stop(&mut queue) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_for_calls_ends_in_its_time_with_a_call_and_with_a_poke_that_is_to_stop_it() {
        let woken = Arc::new(Woken::default());
        let began = Instant::now();
        woken.wait_for_calls(Some(began + Duration::from_millis(5)), || false);
        assert!(began.elapsed() >= Duration::from_millis(5));
        let (other, stopped) = (woken.clone(), Arc::new(AtomicBool::new(false)));
        let stopping = stopped.clone();
        let thread = std::thread::spawn(move || {
            other.poke();
            std::thread::sleep(Duration::from_millis(5));
            stopping.store(true, Ordering::Release);
            other.poke();
        });
        woken.wait_for_calls(None, || stopped.load(Ordering::Acquire));
        thread.join().unwrap();
        // Who else waits is still told of the poke.
        woken.wait(None);
        let call = Call::start(7, woken.clone());
        woken.wait_for_calls(None, || false);
        assert_eq!(woken.take(), [7]);
        call.end();
    }
}
