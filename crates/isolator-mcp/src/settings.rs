//! What a server grants to code, and how much of it.

use isolator_host::{Limits, RuntimeBuilder};
use isolator_script::ScriptHost;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Time that a call's code may run.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of each stream, of a result, of an error and of diagnostics that an answer holds.
const SHOWN: usize = 64 << 10;
/// Sessions at once.
const SESSIONS: usize = 16;
/// Time after which a session that nobody uses is gone.
const SESSION_IDLE: Duration = Duration::from_secs(15 * 60);

/// What a sentence about a grant is about. What no sentence is about, the model is told that there is nothing of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Files and directories.
    Files,
    /// The network.
    Network,
    /// Libraries and packages.
    Libraries,
    /// Anything else.
    Other,
}

type Grant = Arc<dyn Fn(RuntimeBuilder) -> Result<RuntimeBuilder, String> + Send + Sync>;

/// What a server grants to the code that its clients send: all of it is said here, and none of it by a client.
#[derive(Clone)]
pub struct Settings {
    pub(crate) scripts: ScriptHost,
    pub(crate) grant: Grant,
    pub(crate) notes: Vec<(Topic, String)>,
    pub(crate) limits: Limits,
    pub(crate) timeout: Duration,
    pub(crate) shown: usize,
    pub(crate) at_once: usize,
    pub(crate) sessions: usize,
    pub(crate) session_idle: Duration,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("scripts", &self.scripts)
            .field("notes", &self.notes)
            .field("limits", &self.limits)
            .field("timeout", &self.timeout)
            .field("shown", &self.shown)
            .field("at_once", &self.at_once)
            .field("sessions", &self.sessions)
            .field("session_idle", &self.session_idle)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// Grants nothing but 256 MiB of memory and 30 seconds for each call. The host of the scripts must have room for
    /// [`runtimes`](Self::runtimes). Where scripts may have packages, clients are told in which folders they are not, unless these are not to be named:
    /// [`ScriptHostBuilder::name_folders`](isolator_script::ScriptHostBuilder::name_folders).
    #[must_use]
    pub fn new(scripts: ScriptHost) -> Self {
        Self {
            scripts,
            grant: Arc::new(Ok),
            notes: Vec::new(),
            limits: Limits::default(),
            timeout: TIMEOUT,
            shown: SHOWN,
            at_once: default_at_once(),
            sessions: SESSIONS,
            session_idle: SESSION_IDLE,
        }
    }

    /// What each runtime of a client's code gets, such as directories. A failure is told to the client.
    #[must_use]
    pub fn grant(
        mut self,
        grant: impl Fn(RuntimeBuilder) -> Result<RuntimeBuilder, String> + Send + Sync + 'static,
    ) -> Self {
        self.grant = Arc::new(grant);
        self
    }

    /// A sentence about what is granted, for the model that writes the code, such as ``The directory `/data` can be read.`` What there is of files, network, libraries and
    /// limits without a word, the model is told in any case.
    #[must_use]
    pub fn note(mut self, topic: Topic, sentence: impl Into<String>) -> Self {
        self.notes.push((topic, sentence.into()));
        self
    }

    /// What is said of this, in one text; none if nothing is.
    pub(crate) fn told(&self, topic: Topic) -> Option<String> {
        let of_topic = self.notes.iter().filter(|(about, _)| *about == topic);
        let sentences: Vec<&str> = of_topic.map(|(_, sentence)| &**sentence).collect();
        (!sentences.is_empty()).then(|| sentences.join(" "))
    }

    /// Limits of each run, but for the time, which is [`timeout`](Self::timeout).
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Wall time of each run. A call may ask for less.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Bytes that an answer holds of standard output, of standard error, of a result, of an error, and of the messages of diagnostics. Of more the beginning and the end are in it; of a result nothing.
    #[must_use]
    pub fn shown(mut self, bytes: usize) -> Self {
        self.shown = bytes;
        self
    }

    /// Calls that are worked on at once, of all clients. Others wait for their turn.
    #[must_use]
    pub fn at_once(mut self, calls: usize) -> Self {
        self.at_once = calls.max(1);
        self
    }

    /// Sessions that there may be at once, of all clients, and the time after which one that nobody uses is gone. With 0 there are none.
    #[must_use]
    pub fn sessions(mut self, most: usize, idle: Duration) -> Self {
        self.sessions = most;
        self.session_idle = idle;
        self
    }

    /// Runtimes that so many calls at once and sessions have at most, for
    /// [`HostBuilder::max_runtimes`](isolator_host::HostBuilder::max_runtimes): a call has one at a time, a session three, and what
    /// runs often is loaded in one more.
    #[must_use]
    pub fn runtimes(at_once: usize, sessions: usize) -> u32 {
        let most = at_once
            .saturating_add(sessions.saturating_mul(3))
            .saturating_add(3);
        u32::try_from(most).unwrap_or(u32::MAX)
    }

    /// A runtime's builder with what is granted. What cannot be is noted; then nothing is to come of it.
    pub(crate) fn granted(
        &self,
        builder: RuntimeBuilder,
        refused: &mut Option<String>,
    ) -> RuntimeBuilder {
        (self.grant)(builder).unwrap_or_else(|error| {
            *refused = Some(format!(
                "the server cannot grant what it was started with: {error}"
            ));
            self.scripts.host().runtime()
        })
    }

    /// The limits of a session, whose submissions have their time each.
    pub(crate) fn session_limits(&self) -> Limits {
        let limits = self.limits.clone().lifetime(None);
        limits.call_timeout(self.timeout).measure_cpu(true)
    }

    /// The limits of a program, which may live so long.
    pub(crate) fn run_limits(&self, timeout: Duration) -> Limits {
        let limits = self.limits.clone().call_timeout(None);
        limits.lifetime(timeout).measure_cpu(true)
    }
}

/// As many calls as there are processors.
#[must_use]
pub fn default_at_once() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}
