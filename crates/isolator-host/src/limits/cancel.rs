//! Stopping a runtime from another thread.

use super::Woken;
use super::ticker::Ticker;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;
use std::time::Instant;

/// Stops a runtime from any thread: guest code that runs is interrupted within about a millisecond, a wait (`Thread.Sleep`, standard
/// input, an asynchronous callback) at once. The call that is under way is [`Error::Cancelled`](crate::Error::Cancelled), or else the next one;
/// those after it are [`Error::Dead`](crate::Error::Dead). A synchronous callback cannot be interrupted: the error comes when it returns.
///
/// Made by [`IsolatedRuntime::cancel_handle`](crate::IsolatedRuntime::cancel_handle). It does not keep the runtime alive.
///
/// ```no_run
/// # fn main() -> isolator_host::Result<()> {
/// # let host = isolator_host::IsolatedRuntimeHost::new()?;
/// let mut runtime = host.create_runtime()?;
/// let cancel = runtime.cancel_handle();
/// std::thread::spawn(move || cancel.cancel());
/// let ended = runtime.call::<()>("App", "App.Program", "RunForEver", ());
/// assert!(matches!(ended, Err(isolator_host::Error::Cancelled)));
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct CancelHandle {
    control: Arc<Control>,
    ticker: Arc<Ticker>,
}

impl CancelHandle {
    pub(crate) fn new(control: Arc<Control>, ticker: Arc<Ticker>) -> Self {
        Self { control, ticker }
    }

    /// Stops the runtime. More than once is as once; after the runtime's end it does nothing.
    pub fn cancel(&self) {
        self.control.cancel();
        self.ticker.nudge();
    }

    /// Whether [`cancel`](Self::cancel) was called.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.control.is_cancelled()
    }
}

impl std::fmt::Debug for CancelHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CancelHandle(cancelled: {})", self.is_cancelled())
    }
}

/// What a runtime shares with those who may stop it.
pub(crate) struct Control {
    cancelled: AtomicBool,
    /// What the driver of the runtime, or a thread that waits for callbacks, waits for.
    woken: Arc<Woken>,
    waiting: Mutex<Option<Thread>>,
    changed: Condvar,
}

impl Control {
    pub(crate) fn new(woken: Arc<Woken>) -> Arc<Self> {
        Arc::new(Self {
            cancelled: AtomicBool::new(false),
            woken,
            waiting: Mutex::new(None),
            changed: Condvar::new(),
        })
    }

    #[inline]
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    fn waiting(&self) -> MutexGuard<'_, Option<Thread>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        // Under the lock, so that nobody who is about to wait misses it.
        if let Some(thread) = &*self.waiting() {
            thread.unpark();
        }
        self.changed.notify_all();
        self.woken.poke();
    }

    /// Sleeps on this thread until then, or until it is cancelled.
    pub(crate) fn sleep(&self, until: Option<Instant>) {
        let mut waiting = self.waiting();
        while !self.is_cancelled() {
            waiting = match until {
                None => self
                    .changed
                    .wait(waiting)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return;
                    }
                    let waited = self.changed.wait_timeout(waiting, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Runs `f`, during which a cancellation unparks this thread.
    pub(crate) fn parking<R>(&self, f: impl FnOnce() -> R) -> R {
        struct Reset<'a>(&'a Control, Option<Thread>);
        impl Drop for Reset<'_> {
            fn drop(&mut self) {
                *self.0.waiting() = self.1.take();
            }
        }
        let outer = self.waiting().replace(std::thread::current());
        let _reset = Reset(self, outer);
        f()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_cancellation_ends_sleep_and_parking() {
        let control = Control::new(Arc::default());
        let began = Instant::now();
        control.sleep(Some(began + Duration::from_millis(5)));
        assert!(began.elapsed() >= Duration::from_millis(5));
        let other = control.clone();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            other.cancel();
        });
        control.parking(|| {
            while !control.is_cancelled() {
                std::thread::park();
            }
        });
        // At once from now on.
        control.sleep(None);
        thread.join().unwrap();
        assert!(control.waiting().is_none());
    }
}
