//! Work for clients: so much at once, in turn, stopped when the client says so, with news of it while it lasts.

use isolator_script::Cancellation;
use rmcp::RoleServer;
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RequestContext};
use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

/// Calls that may wait for their turn; those beyond are told to come back.
const WAITING: usize = 256;
/// Time between two pieces of news.
const NEWS: Duration = Duration::from_secs(1);

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
    /// Stops it.
    pub cancellation: Cancellation,
    stage: watch::Sender<Stage>,
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
        needed: impl Future<Output = N>,
        work: impl FnOnce(&Job, N) -> T + Send + 'static,
    ) -> Result<T, Undone> {
        let Ok(_inside) = self.doors.try_acquire() else {
            return Err(Undone::Busy);
        };
        let (stage, mut news) = News::of(context);
        let job = Job {
            cancellation: Cancellation::new(),
            stage,
        };
        let cancellation = job.cancellation.clone();
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
        let mut working = tokio::task::spawn_blocking(move || {
            // Given back when the work has ended, whatever the client does in the meantime.
            let _held = (turn, place);
            work(&job, needed)
        });
        let mut cancelled = false;
        loop {
            tokio::select! {
                done = &mut working => return done.map_err(|error| Undone::Fault(error.to_string())),
                () = context.ct.cancelled(), if !cancelled => {
                    cancelled = true;
                    cancellation.cancel();
                }
                never = news.tell_on(), if !cancelled => match never {},
            }
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
