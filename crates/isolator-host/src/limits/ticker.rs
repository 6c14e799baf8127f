//! The clock that guests are interrupted by: a thread that moves the engine's epoch on about every millisecond, while anything
//! runs that has a limit of time or can be cancelled.
//!
//! Guest code compares the epoch at loop heads and function entries; one that is behind calls the store's callback, which
//! looks at the clocks. So a call reads no clock. It says in a byte of its runtime's own that it runs, which costs no more than
//! the store: a counter that all runtimes share would cost two locked additions a call, and more with each further core.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering, compiler_fence};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread::Thread;
use std::time::Duration;
use wasmtime::{Engine, EngineWeak};

/// Time between two ticks.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// Ticks without anything running after which the thread waits to be woken. Waking it costs some microseconds, which a series of
/// short calls should not pay each time.
const IDLE_TICKS: u32 = 50;

/// Runtimes that are listed before those which are gone are looked for.
const FEW: usize = 64;

/// An engine's ticker. The thread ends when it is dropped.
pub(crate) struct Ticker {
    inner: Arc<Inner>,
    engine: EngineWeak,
    /// None where it could not be started.
    thread: OnceLock<Option<Thread>>,
}

struct Inner {
    /// It waits to be woken, or was not started.
    parked: AtomicBool,
    ticks: AtomicU64,
    over: AtomicBool,
    listed: Mutex<Listed>,
}

/// The runtimes, some of which may be gone.
#[derive(Default)]
struct Listed {
    all: Vec<Weak<Activity>>,
    /// Number at which those that are gone are taken out.
    full: usize,
}

impl Inner {
    fn listed(&self) -> MutexGuard<'_, Listed> {
        self.listed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether anything runs, or ran since this was last asked.
    fn active(&self) -> bool {
        // All are asked: those that ran are to say so once.
        self.listed()
            .all
            .iter()
            .filter_map(Weak::upgrade)
            .filter(|one| one.active())
            .count()
            > 0
    }
}

/// Whether a runtime runs: written by the thread that runs it, without waiting for others, and read by the ticker.
#[derive(Debug, Default)]
pub(crate) struct Activity(AtomicU8);

const IDLE: u8 = 0;
/// It ran since the ticker last looked.
const RAN: u8 = 1;
const RUNS: u8 = 2;

impl Activity {
    fn active(&self) -> bool {
        // One that begins meanwhile stays what it is.
        let ran = (self.0).compare_exchange(RAN, IDLE, Ordering::SeqCst, Ordering::SeqCst);
        ran != Err(IDLE)
    }
}

impl Ticker {
    pub(crate) fn new(engine: &Engine) -> Self {
        Self {
            inner: Arc::new(Inner {
                parked: AtomicBool::new(true),
                ticks: AtomicU64::new(0),
                over: AtomicBool::new(false),
                listed: Mutex::default(),
            }),
            engine: engine.weak(),
            thread: OnceLock::new(),
        }
    }

    /// Number of ticks so far.
    #[inline]
    pub(crate) fn ticks(&self) -> u64 {
        self.inner.ticks.load(Ordering::Relaxed)
    }

    /// Lists a runtime, as long as it keeps the result.
    pub(crate) fn list(&self) -> Arc<Activity> {
        let activity = Arc::new(Activity::default());
        let mut listed = self.inner.listed();
        if listed.all.len() >= listed.full.max(FEW) {
            listed.all.retain(|one| one.strong_count() > 0);
            listed.full = listed.all.len() * 2;
        }
        listed.all.push(Arc::downgrade(&activity));
        activity
    }

    /// Ticks until the result is dropped. `activity` was listed here.
    #[inline]
    pub(crate) fn run<'a>(&self, activity: &'a Activity) -> Running<'a> {
        activity.0.store(RUNS, Ordering::Release);
        // Either this sees that the thread parked, or the thread sees that something runs: it looks again a tick after
        // it said so, when this store has long arrived there. A processor may make others wait for a store for
        // nanoseconds, and a fence would make each call wait for it. The compiler alone is told to keep the order, which
        // costs nothing.
        compiler_fence(Ordering::SeqCst);
        if self.inner.parked.load(Ordering::Acquire) {
            self.wake();
        }
        Running(activity)
    }

    #[cold]
    fn wake(&self) {
        if let Some(thread) = self.thread.get_or_init(|| self.start()) {
            thread.unpark();
        }
    }

    /// Lets guest code that runs look at the clocks now.
    pub(crate) fn nudge(&self) {
        if let Some(engine) = self.engine.upgrade() {
            engine.increment_epoch();
        }
    }

    /// Whether the thread is there: without it no limit of time holds.
    pub(crate) fn is_there(&self) -> bool {
        self.thread.get_or_init(|| self.start()).is_some()
    }

    fn start(&self) -> Option<Thread> {
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
pub(crate) struct Running<'a>(&'a Activity);

impl Drop for Running<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.0.store(RAN, Ordering::Release);
    }
}

/// Asks the scheduler for short turns, which come sooner: where all cores compute, a thread that wakes otherwise waits until another
/// has used up its turn of some milliseconds. Linux 6.12 and later grant that to everyone, earlier ones ignore it.
#[cfg(target_os = "linux")]
fn ask_for_short_turns() {
    const SHORTEST: Duration = Duration::from_micros(100);
    let size = size_of::<libc::sched_attr>() as u32;
    let mut attributes = libc::sched_attr {
        size,
        sched_policy: 0,
        sched_flags: 0,
        sched_nice: 0,
        sched_priority: 0,
        sched_runtime: 0,
        sched_deadline: 0,
        sched_period: 0,
    };
    // SAFETY: the kernel writes no more than `size` bytes of the structure; 0 is this thread.
    let mut failed =
        unsafe { libc::syscall(libc::SYS_sched_getattr, 0, &raw mut attributes, size, 0) };
    // What else the process was given, such as its niceness, stays.
    if failed == 0 && attributes.sched_policy == libc::SCHED_OTHER as u32 {
        attributes.sched_runtime = SHORTEST.as_nanos() as u64;
        // SAFETY: the kernel reads the structure, whose size is in it.
        failed = unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attributes, 0) };
    }
    if failed != 0 {
        tracing::debug!(error = %std::io::Error::last_os_error(), "no short turns for the thread that watches limits of time");
    }
}

#[cfg(not(target_os = "linux"))]
fn ask_for_short_turns() {}

fn tick(inner: &Inner, engine: &EngineWeak) {
    ask_for_short_turns();
    inner.parked.store(false, Ordering::SeqCst);
    let mut until_asked = IDLE_TICKS;
    loop {
        std::thread::park_timeout(TICK);
        until_asked -= 1;
        if until_asked == 0 {
            if !inner.active() {
                park(inner);
            }
            until_asked = IDLE_TICKS;
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

/// Waits until something runs.
fn park(inner: &Inner) {
    inner.parked.store(true, Ordering::SeqCst);
    // Who began before that was seen is seen now.
    std::thread::sleep(TICK);
    while !inner.active() && !inner.over.load(Ordering::SeqCst) {
        std::thread::park();
    }
    inner.parked.store(false, Ordering::SeqCst);
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
        assert!(ticker.is_there());
        let activity = ticker.list();
        let running = ticker.run(&activity);
        let before = ticker.ticks();
        // More than the time after which it looks whether anything runs.
        wait_for("ticks", || {
            ticker.ticks() > before + u64::from(3 * IDLE_TICKS)
        });
        drop(running);
        let parked = || ticker.inner.parked.load(Ordering::SeqCst);
        wait_for("it parks", parked);
        let before = ticker.ticks();
        let again = ticker.run(&activity);
        wait_for("it wakes", || ticker.ticks() > before);
        drop(again);
    }

    /// Whoever begins while the thread is about to park is not forgotten.
    #[test]
    fn no_beginning_is_missed() {
        let engine = Engine::default();
        let ticker = Ticker::new(&engine);
        assert!(ticker.is_there());
        let activity = ticker.list();
        for delay in 0..40 {
            drop(ticker.run(&activity));
            std::thread::sleep(TICK * (IDLE_TICKS - 10) + Duration::from_micros(777) * delay);
            let running = ticker.run(&activity);
            let before = ticker.ticks();
            wait_for("ticks", || ticker.ticks() > before + 2);
            drop(running);
        }
    }

    #[test]
    fn runtimes_that_are_gone_are_taken_off_the_list() {
        let ticker = Ticker::new(&Engine::default());
        let kept: Vec<_> = (0..10).map(|_| ticker.list()).collect();
        for _ in 0..10_000 {
            drop(ticker.list());
        }
        assert!(ticker.inner.listed().all.len() <= FEW + 1);
        let running = ticker.run(&kept[3]);
        assert!(ticker.inner.active() && ticker.inner.active());
        drop(running);
        assert!(ticker.inner.active(), "it ran");
        assert!(!ticker.inner.active(), "and not since");
    }

    /// Niceness stays what it was, which without a right to it could not be had back.
    #[cfg(target_os = "linux")]
    #[test]
    fn short_turns_change_nothing_else() {
        let nice = || {
            // SAFETY: both are numbers; 0 is this thread.
            unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) }
        };
        std::thread::spawn(move || {
            // SAFETY: as above.
            assert_eq!(unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 7) }, 0);
            ask_for_short_turns();
            assert_eq!(nice(), 7);
        })
        .join()
        .unwrap();
    }

    #[test]
    fn the_thread_ends_with_it() {
        let engine = Engine::default();
        let ticker = Ticker::new(&engine);
        assert!(ticker.is_there());
        let inner = ticker.inner.clone();
        drop(ticker);
        wait_for("the thread lets go", || Arc::strong_count(&inner) == 1);
    }
}
