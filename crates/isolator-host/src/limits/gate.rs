//! So many may be in at once; who finds it full waits for a while, or is told.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A counter with a most, and a queue.
pub(crate) struct Gate {
    pub max: u32,
    patience: Duration,
    taken: AtomicU32,
    waiting: AtomicU32,
    queue: Mutex<()>,
    freed: Condvar,
}

impl Gate {
    pub(crate) fn new(max: u32, patience: Duration) -> Self {
        Self {
            max,
            patience,
            taken: AtomicU32::new(0),
            waiting: AtomicU32::new(0),
            queue: Mutex::new(()),
            freed: Condvar::new(),
        }
    }

    /// How many are in.
    pub(crate) fn taken(&self) -> u32 {
        self.taken.load(Ordering::Acquire)
    }

    fn try_take(&self) -> bool {
        let one_more = |taken: u32| (taken < self.max).then_some(taken.saturating_add(1));
        self.taken
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_more)
            .is_ok()
    }

    /// Takes a place, waiting for one if that is allowed. False if there is none.
    pub(crate) fn take(&self) -> bool {
        self.try_take() || (!self.patience.is_zero() && self.wait())
    }

    #[cold]
    fn wait(&self) -> bool {
        let until = Instant::now().checked_add(self.patience);
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let taken = loop {
            if self.try_take() {
                break true;
            }
            let left = match until {
                None => Duration::MAX,
                Some(until) => until.saturating_duration_since(Instant::now()),
            };
            if left.is_zero() {
                break false;
            }
            let waited = self.freed.wait_timeout(queue, left);
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        };
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        taken
    }

    /// Gives a place back.
    pub(crate) fn give_back(&self) {
        self.taken.fetch_sub(1, Ordering::SeqCst);
        if self.waiting.load(Ordering::SeqCst) > 0 {
            // Under the lock, so that nobody who found it full and is about to wait misses it.
            let _queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            self.freed.notify_one();
        }
    }
}

/// A place that was taken; dropping it gives it back.
pub(crate) struct Passed<'a>(&'a Gate);

impl Gate {
    /// Takes a place for as long as the result lives. None if there is none.
    pub(crate) fn pass(&self) -> Option<Passed<'_>> {
        self.take().then_some(Passed(self))
    }
}

impl Drop for Passed<'_> {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn who_finds_it_full_is_told_or_waits() {
        let strict = Gate::new(1, Duration::ZERO);
        let first = strict.pass().unwrap();
        assert!(strict.pass().is_none());
        drop(first);
        assert!(strict.pass().is_some());

        let patient = Arc::new(Gate::new(1, Duration::from_secs(60)));
        assert!(patient.take());
        let other = patient.clone();
        let waiting = std::thread::spawn(move || other.take());
        while patient.waiting.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        patient.give_back();
        assert!(waiting.join().unwrap());
        assert_eq!(patient.taken(), 1);

        let hasty = Gate::new(1, Duration::from_millis(5));
        assert!(hasty.take() && !hasty.take());
    }
}
