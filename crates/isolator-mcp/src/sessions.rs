//! Sessions of C#, by names that nobody can guess.

use crate::arguments::{self, SessionExecute};
use crate::execute::{compiler_failure, failure, fitting, limited_value, not_compiled};
use crate::json;
use crate::kept::Kept;
use crate::report::{Execution, Outcome, Told, Usage};
use crate::settings::Settings;
use crate::work::{Job, Stage};
use isolator_host::RuntimeBuilder;
use isolator_script::{Session, SessionCancelHandle, Submission};
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

/// Random bytes of a name.
const NAME_BYTES: usize = 16;
/// What is said of a session that is not there, or not this client's.
pub(crate) const NONE: &str = "there is no such session: it never was, was destroyed or has ended. Make one with session_create";

/// Who made a session: a connection, or a session of the protocol. None where the protocol has none; then the name alone tells.
pub(crate) type Owner = Option<u64>;

/// All sessions of a server.
#[derive(Debug)]
pub(crate) struct Sessions {
    open: Mutex<HashMap<String, Arc<Open>>>,
    places: Arc<Semaphore>,
    most: usize,
    idle: Duration,
}

/// A session.
#[derive(Debug)]
pub(crate) struct Open {
    owner: Owner,
    held: Arc<AsyncMutex<Held>>,
    cancel: SessionCancelHandle,
    used: Mutex<Instant>,
    /// Given back with the last that holds the session.
    _place: OwnedSemaphorePermit,
}

/// What a call works with, one at a time.
#[derive(Debug)]
pub(crate) struct Held {
    session: Session,
    stdout: Kept,
    stderr: Kept,
    /// What the submissions before used.
    cpu: Duration,
}

impl Sessions {
    pub fn new(most: usize, idle: Duration) -> Self {
        Self {
            open: Mutex::default(),
            places: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))),
            most,
            idle,
        }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<String, Arc<Open>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for one more.
    ///
    /// # Errors
    /// That there is none.
    pub fn place(&self) -> Result<OwnedSemaphorePermit, String> {
        let place = self.places.clone().try_acquire_owned();
        place.map_err(|_| {
            format!(
                "there are {} sessions, which is the most. Destroy one with session_destroy; one that nobody uses is gone after {} s",
                self.most,
                self.idle.as_secs()
            )
        })
    }

    /// Keeps a session under a new name.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn add(
        &self,
        owner: Owner,
        place: OwnedSemaphorePermit,
        held: Held,
    ) -> Result<String, String> {
        let mut random = [0; NAME_BYTES];
        getrandom::fill(&mut random)
            .map_err(|error| format!("the system has no random numbers: {error}"))?;
        let name: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let open = Open {
            owner,
            cancel: held.session.cancel_handle(),
            held: Arc::new(AsyncMutex::new(held)),
            used: Mutex::new(Instant::now()),
            _place: place,
        };
        self.open().insert(name.clone(), Arc::new(open));
        Ok(name)
    }

    /// The session of this name, if it is this client's.
    pub fn find(&self, owner: Owner, name: &str) -> Option<Arc<Open>> {
        let open = self.open();
        open.get(name).filter(|open| open.owner == owner).cloned()
    }

    /// Ends the session of this name, if it is this client's. A call that it works on is stopped.
    pub fn destroy(&self, owner: Owner, name: &str) -> bool {
        let found = self.find(owner, name);
        if let Some(open) = &found {
            self.open().remove(name);
            open.cancel.cancel();
        }
        found.is_some()
    }

    /// Ends all sessions of a client that is gone.
    pub fn destroy_all(&self, owner: u64) {
        self.open().retain(|_, open| {
            let stays = open.owner != Some(owner);
            if !stays {
                open.cancel.cancel();
            }
            stays
        });
    }

    /// Ends those that nobody used for too long, for ever.
    pub async fn tidy(&self) {
        let step = (self.idle / 4).clamp(Duration::from_millis(100), Duration::from_secs(30));
        loop {
            tokio::time::sleep(step).await;
            // What is at work is held.
            self.open()
                .retain(|_, open| open.last_used().elapsed() < self.idle || open.is_busy());
        }
    }
}

impl Open {
    /// Waits until no other call works with it.
    pub async fn hold(&self) -> OwnedMutexGuard<Held> {
        self.held.clone().lock_owned().await
    }

    pub fn cancel_handle(&self) -> SessionCancelHandle {
        self.cancel.clone()
    }

    fn is_busy(&self) -> bool {
        self.held.try_lock().is_err()
    }

    fn used(&self) -> MutexGuard<'_, Instant> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn last_used(&self) -> Instant {
        *self.used()
    }

    /// Notes that it was used now.
    pub fn touch(&self) {
        *self.used() = Instant::now();
    }
}

/// Begins a session with what the server grants.
///
/// # Errors
/// Why it cannot begin.
pub(crate) fn begin(settings: &Settings, job: &Job) -> Result<Held, String> {
    job.at(Stage::Compiling);
    let (stdout, stderr) = (Kept::new(settings.shown), Kept::new(settings.shown));
    let limits = limited_value(settings.session_limits());
    let mut refused = None;
    let session = settings.scripts.session(|builder: RuntimeBuilder| {
        settings
            .granted(builder, &mut refused)
            .limits(limits)
            .stdout(stdout.stream())
            .stderr(stderr.stream())
    });
    if let Some(error) = refused {
        return Err(error);
    }
    Ok(Held {
        session: session.map_err(|error| compiler_failure(error, settings).1)?,
        stdout,
        stderr,
        cpu: Duration::ZERO,
    })
}

/// Runs a submission. The second is whether the session goes on.
pub(crate) fn execute(
    settings: &Settings,
    job: &Job,
    held: &mut Held,
    asked: &SessionExecute,
) -> (Execution, bool) {
    if job.is_stopped() {
        return (
            Execution::failed(Outcome::Cancelled, "the call was cancelled"),
            true,
        );
    }
    job.at(Stage::Running);
    let began = Instant::now();
    let timeout = arguments::timeout(asked.timeout_ms, settings.timeout);
    let limited = asked.timeout_ms.is_some() && timeout < settings.timeout;
    let deadline = limited.then(|| job.stop_after(timeout));
    let submission = held.session.execute(&asked.code);
    let in_time = deadline.is_none_or(|deadline| deadline.is_met());
    let mut execution = match submission {
        Ok(submission) => held.conclude(settings, submission),
        Err(error) => not_compiled(error, settings),
    };
    if execution.outcome == Outcome::Cancelled && !in_time {
        execution.outcome = Outcome::Timeout;
        execution.error = Some(format!(
            "stopped by the limit of time: {timeout:?} allowed, which is this call's `timeout_ms`; {:?} used",
            Duration::from_millis(u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX))
        ));
    }
    let alive = held.session.is_alive();
    if !alive {
        let error = execution.error.take().unwrap_or_default();
        execution.error = Some(format!(
            "{error}\nThe session has ended with that. Make a new one with session_create"
        ));
    }
    (execution, alive)
}

impl Held {
    fn conclude(&mut self, settings: &Settings, submission: Submission) -> Execution {
        let stats = submission.stats;
        let text = submission.value_text;
        let value = match (submission.value, &text) {
            (Some(value), _) => json::of(value),
            // What cannot come out of the sandbox is there as C# writes it.
            (None, Some(text)) => text.clone().into(),
            (None, None) => Json::Null,
        };
        let (outcome, result, error) = match submission.result {
            Ok(_) => fitting(Outcome::Completed, value, settings.shown),
            Err(error) => {
                let (outcome, message) = failure(&error, &stats, settings);
                (outcome, Json::Null, Some(message))
            }
        };
        let (stdout, stdout_bytes_left_out) = self.stdout.take();
        let (stderr, stderr_bytes_left_out) = self.stderr.take();
        let (diagnostics, more_diagnostics) = Told::all(&submission.diagnostics, settings.shown);
        let cpu = std::mem::replace(&mut self.cpu, stats.cpu);
        Execution {
            is_value: outcome == Outcome::Completed && text.is_some(),
            outcome,
            result,
            stdout,
            stdout_bytes_left_out,
            stderr,
            stderr_bytes_left_out,
            error,
            diagnostics,
            more_diagnostics,
            usage: Some(Usage::new(
                submission.compiling,
                submission.running,
                stats.cpu.saturating_sub(cpu),
                stats.peak_memory,
            )),
        }
    }
}
