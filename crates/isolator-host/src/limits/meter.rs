//! What a runtime has used, and whether that is too much.

use super::cpu::thread_cpu;
use super::kind::{LimitHit, LimitKind, Stop};
use super::memory::MemoryMeter;
use super::{Control, Limits, Ticker};
use crate::state::State;
use std::sync::Arc;
#[cfg(feature = "tokio")]
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use wasmtime::{StoreContextMut, UpdateDeadline};

/// How long guest code runs on after the futures of all its calls were dropped: time to see its cancellation token, or to end.
#[cfg(feature = "tokio")]
const GRACE: Duration = Duration::from_millis(100);

/// The accounts of a runtime.
pub(crate) struct Meter {
    pub limits: Arc<Limits>,
    pub control: Arc<Control>,
    pub memory: MemoryMeter,
    pub ticker: Arc<Ticker>,
    /// Whether clocks are looked at while guest code runs.
    watched: bool,
    exact_cpu: bool,
    /// Calls of the API that are open inside one another: a wait holds one, and each entry of it another.
    open: u32,
    /// When the open call began: noted by the first who looks, which is a tick after it at most.
    began: Option<Instant>,
    /// When what runs must be over for other reasons: the calls of an asynchronous runtime have their own beginnings.
    due: Option<(Instant, Duration)>,
    /// Whether the futures of the calls that run were dropped; empty where no future stands for what runs.
    #[cfg(feature = "tokio")]
    interest: Vec<Arc<AtomicBool>>,
    /// Since when nobody wants what runs.
    #[cfg(feature = "tokio")]
    unwanted: Option<Instant>,
    created: Instant,
    /// CPU clock of this thread when it was last read in this entry.
    cpu_read: Option<Duration>,
    call_cpu: Duration,
    total_cpu: Duration,
    /// Calls from outside so far.
    calls: u64,
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn stop(kind: LimitKind, allowed: Duration, used: Duration) -> Stop {
    Stop::Limit(LimitHit {
        kind,
        allowed: nanoseconds(allowed),
        used: nanoseconds(used),
    })
}

impl Meter {
    pub(crate) fn new(limits: Arc<Limits>, control: Arc<Control>, ticker: Arc<Ticker>) -> Self {
        Self {
            memory: MemoryMeter::new(limits.memory),
            watched: limits.of_time(),
            exact_cpu: limits.reads_cpu(),
            limits,
            control,
            ticker,
            open: 0,
            began: None,
            due: None,
            #[cfg(feature = "tokio")]
            interest: Vec::new(),
            #[cfg(feature = "tokio")]
            unwanted: None,
            created: Instant::now(),
            cpu_read: None,
            call_cpu: Duration::ZERO,
            total_cpu: Duration::ZERO,
            calls: 0,
        }
    }

    /// Whether clocks are looked at while guest code runs.
    #[inline]
    pub(crate) fn watched(&self) -> bool {
        self.watched
    }

    /// Somebody may cancel the runtime from now on.
    pub(crate) fn watch(&mut self) {
        self.watched = true;
    }

    /// A call begins, or a part of one.
    #[inline]
    pub(crate) fn open(&mut self) {
        if self.open == 0 {
            self.calls += 1;
            self.began = None;
            self.call_cpu = Duration::ZERO;
            self.memory.begin_call();
        }
        self.open += 1;
    }

    /// It ends.
    #[inline]
    pub(crate) fn close(&mut self) {
        self.open = self.open.saturating_sub(1);
        if self.exact_cpu {
            self.read_cpu();
            self.cpu_read = None;
        }
    }

    /// The guest is about to be entered by a watched runtime.
    pub(crate) fn enter(&mut self) -> Result<(), Stop> {
        if self.control.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        if self.exact_cpu {
            self.cpu_read = thread_cpu();
        }
        // Within a wait the time may be over although no guest code runs that would look. A lifetime ends between calls.
        if self.open > 1 || self.due.is_some() || self.limits.lifetime.is_some() {
            self.check(Instant::now())?;
        }
        Ok(())
    }

    /// Adds what the thread has used since the clock was last read.
    fn read_cpu(&mut self) {
        let (Some(before), Some(now)) = (self.cpu_read, thread_cpu()) else {
            return;
        };
        let used = now.saturating_sub(before);
        self.cpu_read = Some(now);
        self.call_cpu = self.call_cpu.saturating_add(used);
        self.total_cpu = self.total_cpu.saturating_add(used);
    }

    /// Notes when the open call began, unless that is known.
    pub(crate) fn note_time(&mut self) {
        if self.watched && self.began.is_none() {
            self.began = Some(Instant::now());
        }
    }

    /// When a call that begins now must be over, and the time that it has.
    #[cfg(feature = "tokio")]
    pub(crate) fn call_due(&self) -> Option<(Instant, Duration)> {
        let allowed = self.limits.call_timeout?;
        Some((Instant::now().checked_add(allowed)?, allowed))
    }

    /// When the runtime must be over.
    pub(crate) fn life_due(&self) -> Option<Instant> {
        let allowed = self.limits.lifetime?;
        self.created.checked_add(allowed)
    }

    /// Sets for what runs next when it must be over at the latest, with the time that it had, and which futures want it.
    #[cfg(feature = "tokio")]
    pub(crate) fn run_for(
        &mut self,
        due: Option<(Instant, Duration)>,
        interest: Vec<Arc<AtomicBool>>,
    ) {
        self.due = due;
        self.interest = interest;
        self.unwanted = None;
    }

    /// Whether what runs is stopped since nobody wants it, for some time now.
    #[cfg(feature = "tokio")]
    fn unwanted(&mut self, now: Instant) -> bool {
        let dropped = |interest: &Arc<AtomicBool>| interest.load(Ordering::Relaxed);
        if self.interest.is_empty() || !self.interest.iter().all(dropped) {
            self.unwanted = None;
            return false;
        }
        let since = *self.unwanted.get_or_insert(now);
        now.saturating_duration_since(since) >= GRACE
    }

    #[cfg(not(feature = "tokio"))]
    fn unwanted(&mut self, _now: Instant) -> bool {
        false
    }

    /// Whether something is used up, or somebody cancelled.
    pub(crate) fn check(&mut self, now: Instant) -> Result<(), Stop> {
        if self.control.is_cancelled() || self.unwanted(now) {
            return Err(Stop::Cancelled);
        }
        let began = *self.began.get_or_insert(now);
        if let Some(allowed) = self.limits.call_timeout {
            let used = now.saturating_duration_since(began);
            if used >= allowed {
                return Err(stop(LimitKind::CallTimeout, allowed, used));
            }
        }
        if let Some((due, allowed)) = self.due
            && now >= due
        {
            let used = allowed.saturating_add(now.saturating_duration_since(due));
            return Err(stop(LimitKind::CallTimeout, allowed, used));
        }
        if let Some(allowed) = self.limits.lifetime {
            let used = now.saturating_duration_since(self.created);
            if used >= allowed {
                return Err(stop(LimitKind::Lifetime, allowed, used));
            }
        }
        self.check_cpu()
    }

    fn check_cpu(&mut self) -> Result<(), Stop> {
        if !self.exact_cpu {
            return Ok(());
        }
        self.read_cpu();
        for (kind, allowed, used) in [
            (LimitKind::CallCpu, self.limits.call_cpu, self.call_cpu),
            (LimitKind::TotalCpu, self.limits.total_cpu, self.total_cpu),
        ] {
            if let Some(allowed) = allowed
                && used >= allowed
            {
                return Err(stop(kind, allowed, used));
            }
        }
        Ok(())
    }

    /// Sleeps on this thread, no longer than the call may last.
    pub(crate) fn sleep(&mut self, time: Duration) {
        if !self.watched {
            std::thread::sleep(time);
            return;
        }
        let wanted = Instant::now().checked_add(time);
        let deadline = self.deadline();
        self.control.sleep(match (wanted, deadline) {
            (Some(wanted), Some(deadline)) => Some(wanted.min(deadline)),
            (wanted, deadline) => wanted.or(deadline),
        });
    }

    /// Looks whether guest code may run on, after an import that may have waited.
    pub(crate) fn check_after_waiting(&mut self) -> wasmtime::Result<()> {
        if self.watched {
            self.check(Instant::now()).map_err(wasmtime::Error::new)?;
        }
        Ok(())
    }

    /// When the open call must be over; none if it may last.
    pub(crate) fn deadline(&mut self) -> Option<Instant> {
        if !self.watched {
            return None;
        }
        let now = Instant::now();
        let began = *self.began.get_or_insert(now);
        let call = self
            .limits
            .call_timeout
            .and_then(|time| began.checked_add(time));
        [call, self.life_due(), self.due.map(|(due, _)| due)]
            .into_iter()
            .flatten()
            .min()
    }
}

/// What a store does when the epoch moves on while guest code runs in it.
pub(crate) fn tick(mut store: StoreContextMut<'_, State>) -> wasmtime::Result<UpdateDeadline> {
    match store.data_mut().meter.check(Instant::now()) {
        Ok(()) => Ok(UpdateDeadline::Continue(1)),
        Err(stop) => Err(wasmtime::Error::new(stop)),
    }
}
