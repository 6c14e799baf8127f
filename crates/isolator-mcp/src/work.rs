//! Work for clients: so much at once, in turn, stopped when the client says so, with news of it while it lasts.

use isolator_script::{Cancellation, SessionCancelHandle};
use rmcp::RoleServer;
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RequestContext};
use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

/// Calls that may wait for their turn; those beyond are told to come back.
const WAITING: usize = 256;
/// Time between two pieces of news.
const NEWS: Duration = Duration::from_secs(1);
/// Time between two attempts to stop something.
const AGAIN: Duration = Duration::from_millis(20);

/// What is worked on at once, of all clients.
#[derive(Debug)]
pub(crate) struct Workplace {
    places: Arc<Semaphore>,
    doors: Semaphore,
    at_once: usize,
}

/// One client's turns: a client that sends many calls has as many of them in the common queue as there are places, so another one's call waits behind those and not
/// behind all.
#[derive(Debug, Clone)]
pub(crate) struct Turns(Arc<Semaphore>);

/// A piece of work, for those who do it.
pub(crate) struct Job {
    stop: Stop,
    stage: watch::Sender<Stage>,
}

/// What stops a piece of work.
#[derive(Debug, Clone, Default)]
struct Stop {
    fresh: Cancellation,
    session: Option<SessionCancelHandle>,
}

/// A time after which a piece of work is stopped, until this is dropped.
pub(crate) struct Deadline {
    missed: Arc<AtomicBool>,
    timer: AbortHandle,
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Waiting,
    Compiling,
    Running,
}

/// Why work was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Undone {
    /// Too many wait.
    Busy,
    /// The client took it back.
    Cancelled,
    /// This program is at fault.
    Fault(String),
}

impl Job {
    /// Says what is being done from now on.
    pub fn at(&self, stage: Stage) {
        self.stage.send_replace(stage);
    }

    /// Stops what begins in fresh sandboxes.
    pub fn cancellation(&self) -> &Cancellation {
        &self.stop.fresh
    }

    /// Whether it is to be stopped.
    pub fn is_stopped(&self) -> bool {
        self.stop.fresh.is_cancelled()
    }

    /// Has it stopped after this time.
    pub fn stop_after(&self, time: Duration) -> Deadline {
        let (stop, missed) = (self.stop.clone(), Arc::new(AtomicBool::new(false)));
        let noted = missed.clone();
        // Work is done on threads of the server's runtime.
        let timer = Handle::current().spawn(async move {
            tokio::time::sleep(time).await;
            noted.store(true, Ordering::Release);
            stop.until_it_has().await;
        });
        Deadline {
            missed,
            timer: timer.abort_handle(),
        }
    }
}

impl Stop {
    fn stop(&self) {
        self.fresh.cancel();
        if let Some(session) = &self.session {
            session.cancel();
        }
    }

    /// Stops it again and again: between two steps of a session there is nothing that could be.
    async fn until_it_has(&self) -> Infallible {
        loop {
            self.stop();
            tokio::time::sleep(AGAIN).await;
        }
    }
}

impl Deadline {
    /// Whether the work came before it.
    pub fn is_met(&self) -> bool {
        !self.missed.load(Ordering::Acquire)
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        self.timer.abort();
    }
}

impl Stage {
    fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting for its turn",
            Self::Compiling => "compiling",
            Self::Running => "running",
        }
    }
}

impl std::fmt::Display for Undone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Busy => f.write_str("the server has too many calls to work on. Try again later"),
            Self::Cancelled => f.write_str("the call was cancelled"),
            Self::Fault(message) => write!(f, "the server failed: {message}"),
        }
    }
}

impl Workplace {
    pub fn new(at_once: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(at_once)),
            doors: Semaphore::new(at_once.saturating_add(WAITING).min(Semaphore::MAX_PERMITS)),
            at_once,
        }
    }

    /// For one more client.
    pub fn turns(&self) -> Turns {
        Turns(Arc::new(Semaphore::new(self.at_once)))
    }

    /// Does blocking work for a client on a thread of its own, when what it needs is there and it is its turn.
    ///
    /// # Errors
    /// Why it was not done. Work that had begun has ended then.
    pub async fn run<N: Send + 'static, T: Send + 'static>(
        &self,
        turns: &Turns,
        context: &RequestContext<RoleServer>,
        session: Option<SessionCancelHandle>,
        needed: impl Future<Output = N>,
        work: impl FnOnce(&Job, N) -> T + Send + 'static,
    ) -> Result<T, Undone> {
        let Ok(_inside) = self.doors.try_acquire() else {
            return Err(Undone::Busy);
        };
        let (stage, mut news) = News::of(context);
        let stop = Stop {
            session,
            ..Stop::default()
        };
        let job = Job {
            stop: stop.clone(),
            stage,
        };
        let held = async {
            let needed = needed.await;
            let turn = place(&turns.0).await?;
            Ok::<_, Undone>((needed, turn, place(&self.places).await?))
        };
        let (needed, turn, place) = tokio::select! {
            held = held => held?,
            () = context.ct.cancelled() => return Err(Undone::Cancelled),
            never = news.tell_on() => match never {},
        };
        let working = tokio::task::spawn_blocking(move || {
            // Given back when the work has ended, whatever the client does in the meantime.
            let _held = (turn, place);
            work(&job, needed)
        });
        let stopping = async {
            context.ct.cancelled().await;
            stop.until_it_has().await
        };
        tokio::select! {
            done = working => done.map_err(|error| Undone::Fault(error.to_string())),
            never = stopping => match never {},
            never = news.tell_on() => match never {},
        }
    }
}

async fn place(places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Undone> {
    let place = places.clone().acquire_owned().await;
    place.map_err(|closed| Undone::Fault(closed.to_string()))
}

/// Tells a client how far its call is, if it wants to know.
struct News<'a> {
    to: Option<(ProgressToken, &'a Peer<RoleServer>)>,
    stages: watch::Receiver<Stage>,
    ticks: Interval,
    began: Instant,
}

impl<'a> News<'a> {
    fn of(context: &'a RequestContext<RoleServer>) -> (watch::Sender<Stage>, Self) {
        let (stage, stages) = watch::channel(Stage::Waiting);
        let began = Instant::now();
        let mut ticks = interval_at(began + NEWS, NEWS);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let token = context.meta.get_progress_token();
        let news = Self {
            to: token.map(|token| (token, &context.peer)),
            stages,
            ticks,
            began,
        };
        (stage, news)
    }

    /// Tells what is new, each time that something is.
    async fn tell_on(&mut self) -> Infallible {
        let Some((token, peer)) = &self.to else {
            return pending().await;
        };
        loop {
            tokio::select! {
                // No stage comes any more when the work is done.
                Ok(()) = self.stages.changed() => {}
                _ = self.ticks.tick() => {}
            }
            let stage = *self.stages.borrow_and_update();
            let seconds = self.began.elapsed().as_secs_f64();
            let message = match seconds as u64 {
                0 => stage.word().to_owned(),
                whole => format!("{}, {whole} s", stage.word()),
            };
            let news = ProgressNotificationParam::new(token.clone(), seconds);
            // A client that is gone needs no news.
            let _ = peer.notify_progress(news.with_message(message)).await;
        }
    }
}
