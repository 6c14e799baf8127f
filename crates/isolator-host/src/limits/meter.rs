//! What a runtime has used, and whether that is too much.

use super::LimitKind;
use super::cpu::thread_cpu;
use super::memory::MemoryMeter;
use super::stats::RuntimeStats;
use super::ticker::TICK;
use super::{
    CallLimits, Control, HostMemory, Limits, OutputAccount, OutputOverflow, Reserve, Ticker,
};
use super::{LimitHit, Stop};
use std::sync::Arc;
#[cfg(feature = "tokio")]
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long guest code runs on after the futures of all its calls were dropped: time to see its cancellation token, or to end.
#[cfg(feature = "tokio")]
const GRACE: Duration = Duration::from_secs(1);

/// The accounts of a runtime.
pub(crate) struct Meter {
    pub limits: Arc<Limits>,
    /// What each call may use up besides.
    pub call: CallLimits,
    /// Fuel that the open call may not have.
    pub(super) reserve: Option<Reserve>,
    pub control: Arc<Control>,
    pub memory: MemoryMeter,
    pub ticker: Arc<Ticker>,
    /// Whether clocks are looked at while guest code runs.
    watched: bool,
    exact_cpu: bool,
    /// Calls of the API that are open inside one another: a wait holds one, and each entry of it another.
    pub(super) open: u32,
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
    /// As `cpu_read`, at the last tick in this entry.
    ticked: Option<Duration>,
    /// When the runtime died.
    died: Option<Instant>,
    /// Calls from outside so far.
    calls: u64,
    host_calls: u64,
    /// The second in which calls of the host are counted, and how many.
    rate: Option<(Instant, u32)>,
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub output: OutputAccount,
    reached: Vec<LimitKind>,
    /// Fuel that is left, noted when the store is dropped.
    pub fuel_left: Option<u64>,
    /// Fuel that is left while a function of the host's runs that uses some.
    pub fuel: Option<u64>,
    /// How long the open call waited so far, where that is limited by itself.
    waited: Duration,
    /// When a wait began that has not been added to it.
    waits: Option<Instant>,
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
    pub(crate) fn new(
        limits: Arc<Limits>,
        control: Arc<Control>,
        ticker: Arc<Ticker>,
        host_memory: Option<Arc<HostMemory>>,
    ) -> Self {
        Self {
            memory: MemoryMeter::new(limits.memory, host_memory),
            watched: limits.of_time(),
            exact_cpu: limits.reads_cpu(),
            limits,
            call: CallLimits::none(),
            reserve: None,
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
            ticked: None,
            died: None,
            calls: 0,
            host_calls: 0,
            rate: None,
            bytes_in: 0,
            bytes_out: 0,
            output: OutputAccount::default(),
            reached: Vec::new(),
            fuel_left: None,
            fuel: None,
            waited: Duration::ZERO,
            waits: None,
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
            self.waited = Duration::ZERO;
            self.waits = None;
            self.memory.begin_call();
        }
        self.open += 1;
    }

    /// It ends.
    #[inline]
    pub(crate) fn close(&mut self) {
        self.open = self.open.saturating_sub(1);
        self.ticked = None;
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
        // Within a wait the time may be over although no guest code runs that would look. A lifetime ends between calls.
        if self.open > 1 || self.due.is_some() || self.limits.lifetime.is_some() {
            self.check(Instant::now())?;
        }
        if self.exact_cpu {
            self.cpu_read = thread_cpu();
        }
        Ok(())
    }

    /// Adds what the thread has used since the clock was last read.
    fn read_cpu(&mut self) {
        // The clock is a system call: it is not read where nothing is to be added.
        let Some(before) = self.cpu_read else {
            return;
        };
        let Some(now) = thread_cpu() else {
            return;
        };
        let used = now.saturating_sub(before);
        self.cpu_read = Some(now);
        self.call_cpu = self.call_cpu.saturating_add(used);
        self.total_cpu = self.total_cpu.saturating_add(used);
    }

    /// Adds what guest code has used that is not measured exactly: it runs at a tick of the clock.
    fn sample_cpu(&mut self) {
        let now = thread_cpu();
        let used = match (self.ticked, now) {
            (Some(before), Some(now)) => now.saturating_sub(before),
            _ => TICK,
        };
        self.ticked = now;
        self.total_cpu = self.total_cpu.saturating_add(used);
    }

    /// The host does work that the guest's numbers make it do: takes fuel for it, and looks whether the guest may run on. Who has more
    /// to do than takes a millisecond or so does it in steps.
    pub(crate) fn step(&mut self, fuel: u64) -> Result<(), Stop> {
        if let Some(left) = &mut self.fuel {
            let enough = left.checked_sub(fuel);
            *left = enough.unwrap_or_default();
            if enough.is_none() {
                let allowed = self.limits.fuel.unwrap_or(u64::MAX);
                return Err(Stop::Limit(LimitHit {
                    kind: LimitKind::Fuel,
                    allowed,
                    used: allowed,
                }));
            }
        }
        if self.watched {
            self.check(Instant::now())?;
        }
        Ok(())
    }

    /// The guest calls the host.
    pub(crate) fn host_call(&mut self) -> Result<(), Stop> {
        self.host_calls += 1;
        let hit = |kind, allowed, used| {
            Stop::Limit(LimitHit {
                kind,
                allowed,
                used,
            })
        };
        if let Some(allowed) = self.limits.max_callbacks
            && self.host_calls > allowed
        {
            return Err(hit(LimitKind::Callbacks, allowed, self.host_calls));
        }
        if let Some(allowed) = self.limits.callback_rate {
            let now = Instant::now();
            let (second, number) = match self.rate {
                Some((second, number)) if now.saturating_duration_since(second).as_secs() == 0 => {
                    (second, number.saturating_add(1))
                }
                _ => (now, 1),
            };
            self.rate = Some((second, number));
            if number > allowed {
                return Err(hit(LimitKind::CallbackRate, allowed.into(), number.into()));
            }
        }
        Ok(())
    }

    /// The guest writes to standard output or error. How much of it is passed on.
    pub(crate) fn output(&mut self, bytes: usize) -> Result<usize, Stop> {
        let used = self.output.add(bytes as u64);
        match self.limits.max_output {
            Some(allowed) if used > allowed => match self.limits.output_overflow {
                OutputOverflow::Fail => Err(Stop::Limit(LimitHit {
                    kind: LimitKind::Output,
                    allowed,
                    used,
                })),
                OutputOverflow::Truncate => {
                    self.note_reached(LimitKind::Output);
                    let before = used.saturating_sub(bytes as u64);
                    let room = allowed.saturating_sub(before);
                    Ok(usize::try_from(room).unwrap_or(bytes).min(bytes))
                }
            },
            _ => Ok(bytes),
        }
    }

    /// The guest ran into a limit that is not fatal.
    pub(crate) fn note_reached(&mut self, kind: LimitKind) {
        if !self.reached.contains(&kind) {
            self.reached.push(kind);
        }
    }

    /// The runtime died.
    pub(crate) fn note_death(&mut self) {
        self.died.get_or_insert_with(Instant::now);
        self.memory.give_back();
    }

    /// The accounts, as far as they are kept here.
    pub(crate) fn stats(&self) -> RuntimeStats {
        let until = self.died.unwrap_or_else(Instant::now);
        RuntimeStats {
            peak_memory: self.memory.peak(),
            refused_memory: self.memory.asked(),
            cpu: self.total_cpu,
            wall: until.saturating_duration_since(self.created),
            fuel: None,
            calls: self.calls,
            host_calls: self.host_calls,
            bytes_in: self.bytes_in,
            bytes_out: self.bytes_out,
            output_bytes: self.output.used(),
            file_bytes: 0,
            http_requests: 0,
            http_sent: 0,
            http_received: 0,
            handles: 0,
            compiled: Vec::new(),
            reached: self
                .memory
                .ever_hit()
                .into_iter()
                .chain(self.reached.iter().copied())
                .collect(),
        }
    }

    /// Fuel that the open call was given, if it has a limit of its own.
    pub(crate) fn call_fuel(&self) -> Option<u64> {
        self.reserve.map(|reserve| reserve.given)
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
        let allowed = self.call_timeout()?;
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
        if let Some(allowed) = self.call_timeout() {
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
        if let Some(began) = self.waits.take() {
            let waited = now.saturating_duration_since(began);
            self.waited = self.waited.saturating_add(waited);
            if let Some(allowed) = self.limits.waiting()
                && self.waited >= allowed
            {
                return Err(stop(LimitKind::CallTimeout, allowed, self.waited));
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

    /// When the open call must be over, which now waits; none if it may last.
    pub(crate) fn deadline(&mut self) -> Option<Instant> {
        if !self.watched {
            return None;
        }
        let now = Instant::now();
        let began = *self.began.get_or_insert(now);
        let call = self.call_timeout().and_then(|time| began.checked_add(time));
        let waiting = self.limits.waiting().and_then(|allowed| {
            let began = *self.waits.get_or_insert(now);
            began.checked_add(allowed.saturating_sub(self.waited))
        });
        [call, self.life_due(), self.due.map(|(due, _)| due), waiting]
            .into_iter()
            .flatten()
            .min()
    }

    /// The clock moved on while guest code runs.
    pub(crate) fn tick(&mut self) -> Result<(), Stop> {
        if !self.exact_cpu {
            self.sample_cpu();
        }
        self.check(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::state::State;
    use crate::limits::DEFAULT_CALL_TIMEOUT;

    fn meter(limits: Limits) -> Meter {
        let state = State::for_tests();
        let (control, ticker) = (state.meter.control.clone(), state.meter.ticker.clone());
        let mut meter = Meter::new(Arc::new(limits), control, ticker, None);
        meter.open();
        meter
    }

    #[test]
    fn who_is_limited_in_work_waits_for_a_minute_in_all() {
        let mut meter = meter(Limits::none().fuel(1));
        assert!(meter.watched());
        let hours = Duration::from_secs(3 * 3600);
        assert_eq!(meter.check(Instant::now() + hours), Ok(()), "it worked");
        let part = DEFAULT_CALL_TIMEOUT * 3 / 5;
        let until = meter.deadline().unwrap();
        assert!(until > Instant::now() + part);
        assert_eq!(meter.check(Instant::now() + part), Ok(()));
        assert_eq!(
            meter.check(Instant::now() + hours),
            Ok(()),
            "it worked again"
        );
        let until = meter.deadline().unwrap();
        assert!(until < Instant::now() + part, "that has been used");
        let Err(Stop::Limit(hit)) = meter.check(until) else {
            panic!("the wait does not end");
        };
        assert_eq!(hit.kind, LimitKind::CallTimeout);
        assert_eq!(hit.allowed, nanoseconds(DEFAULT_CALL_TIMEOUT));
        // Another call has as much again.
        meter.close();
        meter.open();
        assert!(meter.deadline().unwrap() > Instant::now() + part);
    }

    #[test]
    fn a_limit_of_wall_time_is_the_only_one() {
        let hours = Duration::from_secs(3 * 3600);
        for limits in [
            Limits::none().fuel(1).call_timeout(hours),
            Limits::none().fuel(1).lifetime(hours),
        ] {
            let mut meter = meter(limits);
            assert!(meter.deadline().unwrap() > Instant::now() + DEFAULT_CALL_TIMEOUT * 2);
            let later = Instant::now() + DEFAULT_CALL_TIMEOUT * 2;
            assert_eq!(meter.check(later), Ok(()));
        }
    }

    #[test]
    fn work_of_the_host_takes_fuel() {
        let mut meter = meter(Limits::none().fuel(100));
        assert_eq!(meter.step(1000), Ok(()), "this host counts none");
        meter.fuel = Some(100);
        assert_eq!(meter.step(60), Ok(()));
        let Err(Stop::Limit(hit)) = meter.step(41) else {
            panic!("there was enough");
        };
        assert_eq!((hit.kind, hit.allowed), (LimitKind::Fuel, 100));
        assert_eq!(meter.fuel, Some(0));
    }
}
