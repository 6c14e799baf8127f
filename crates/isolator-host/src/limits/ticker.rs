//! The clock that guests are interrupted by: a thread that moves the engine's epoch on about every millisecond, while anything
//! runs that has a limit of time or can be cancelled.
//!
//! Guest code compares the epoch at loop heads and function entries; one that is behind calls the store's callback, which
//! looks at the clocks. So a call pays two atomic additions for it and reads no clock.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;
use std::time::Duration;
use wasmtime::{Engine, EngineWeak};

/// Time between two ticks.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// Ticks without anything running after which the thread waits to be woken. Waking it costs some microseconds, which a series of
/// short calls should not pay each time.
const IDLE_TICKS: u32 = 50;

/// An engine's ticker. The thread ends when it is dropped.
pub(crate) struct Ticker {
    inner: Arc<Inner>,
    engine: EngineWeak,
    /// None where it could not be started.
    thread: OnceLock<Option<Thread>>,
}

#[derive(Default)]
struct Inner {
    running: AtomicUsize,
    parked: AtomicBool,
    ticks: AtomicU64,
    over: AtomicBool,
}

impl Ticker {
    pub(crate) fn new(engine: &Engine) -> Self {
        Self {
            inner: Arc::default(),
            engine: engine.weak(),
            thread: OnceLock::new(),
        }
    }

    /// Number of ticks so far.
    #[inline]
    pub(crate) fn ticks(&self) -> u64 {
        self.inner.ticks.load(Ordering::Relaxed)
    }

    /// Ticks until the result is dropped.
    #[inline]
    pub(crate) fn run(&self) -> Running<'_> {
        let thread = match self.thread.get() {
            Some(thread) => thread,
            None => self.start(),
        };
        let thread = thread.as_ref();
        self.inner.running.fetch_add(1, Ordering::SeqCst);
        // Either the thread sees that something runs, or this sees that it parked.
        if let Some(thread) = thread
            && self.inner.parked.load(Ordering::SeqCst)
        {
            thread.unpark();
        }
        Running(&self.inner)
    }

    /// Lets guest code that runs look at the clocks now.
    pub(crate) fn nudge(&self) {
        if let Some(engine) = self.engine.upgrade() {
            engine.increment_epoch();
        }
    }

    /// Whether the thread is there: without it no limit of time holds.
    pub(crate) fn is_there(&self) -> bool {
        let thread = self.thread.get().unwrap_or_else(|| self.start());
        thread.is_some()
    }

    #[cold]
    fn start(&self) -> &Option<Thread> {
        self.thread.get_or_init(|| {
            let (inner, engine) = (self.inner.clone(), self.engine.clone());
            let spawned = std::thread::Builder::new()
                .name("isolator-ticker".into())
                .stack_size(64 << 10)
                .spawn(move || tick(&inner, &engine));
            match spawned {
                Ok(thread) => Some(thread.thread().clone()),
                Err(error) => {
                    tracing::error!(%error, "the thread that watches limits of time cannot be started");
                    None
                }
            }
        })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.inner.over.store(true, Ordering::SeqCst);
        if let Some(Some(thread)) = self.thread.get() {
            thread.unpark();
        }
    }
}

/// Something runs that has a limit.
pub(crate) struct Running<'a>(&'a Inner);

impl Drop for Running<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Release);
    }
}

fn tick(inner: &Inner, engine: &EngineWeak) {
    let mut idle = 0;
    loop {
        std::thread::park_timeout(TICK);
        if inner.running.load(Ordering::SeqCst) > 0 {
            idle = 0;
        } else {
            idle += 1;
        }
        if idle > IDLE_TICKS {
            inner.parked.store(true, Ordering::SeqCst);
            while inner.running.load(Ordering::SeqCst) == 0 && !inner.over.load(Ordering::SeqCst) {
                std::thread::park();
            }
            inner.parked.store(false, Ordering::SeqCst);
            idle = 0;
        }
        let Some(engine) = engine.upgrade() else {
            return;
        };
        if inner.over.load(Ordering::SeqCst) {
            return;
        }
        inner.ticks.fetch_add(1, Ordering::Relaxed);
        engine.increment_epoch();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
        let began = Instant::now();
        while !done() {
            assert!(began.elapsed() < Duration::from_secs(20), "{what}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn it_ticks_while_something_runs_and_parks_afterwards() {
        let engine = Engine::default();
        let ticker = Ticker::new(&engine);
        assert!(
            ticker.thread.get().is_none(),
            "no thread before it is needed"
        );
        let running = ticker.run();
        let before = ticker.ticks();
        wait_for("ticks", || ticker.ticks() > before + 3);
        drop(running);
        let parked = || ticker.inner.parked.load(Ordering::SeqCst);
        wait_for("it parks", parked);
        let before = ticker.ticks();
        let again = ticker.run();
        wait_for("it wakes", || ticker.ticks() > before);
        drop(again);
    }

    #[test]
    fn the_thread_ends_with_it() {
        let engine = Engine::default();
        let ticker = Ticker::new(&engine);
        drop(ticker.run());
        let inner = ticker.inner.clone();
        drop(ticker);
        wait_for("the thread lets go", || Arc::strong_count(&inner) == 1);
    }
}
