//! One page to write C# in and run it, served on loopback: an editor that says what is wrong while one types, and each run in a fresh sandbox, whose output
//! is shown as it comes.
//!
//! Nothing of the page comes from another host, and nothing that runs leaves its sandbox. Whoever knows the address, which holds a random token, can run code
//! within the limits and grants that the embedder gives.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use isolator_host::IsolatedRuntimeHost;
//! use isolator_playground::{Playground, RUNTIMES};
//! use isolator_script::ScriptHost;
//!
//! let host = IsolatedRuntimeHost::builder().max_runtimes(RUNTIMES).build()?;
//! let scripts = ScriptHost::builder().host(&host).build()?;
//! let server = Playground::new(&scripts).bind(None)?;
//! println!("{}", server.url());
//! server.serve()?;
//! # Ok(()) }
//! ```

mod assets;
mod check;
mod door;
mod examples;
mod pipe;
mod reply;
mod routes;
mod run;
mod server;

pub use check::CHECKS_AT_ONCE;
pub use run::RUNS_AT_ONCE;
pub use server::{DEFAULT_PORT, Server, Shutdown};

use isolator_host::{Limits, RuntimeBuilder};
use isolator_script::{Kind, Options, ScriptHost};
use std::sync::Arc;
use std::time::Duration;

/// Runtimes that a playground may have at once: the host that it is given needs room for them.
pub const RUNTIMES: u32 = (RUNS_AT_ONCE + CHECKS_AT_ONCE + LOADS_AT_ONCE) as u32;
/// Programs that run often are loaded in the background.
const LOADS_AT_ONCE: usize = 1;

/// Time that a run may take, unless something else is said.
const RUN_TIME: Duration = Duration::from_secs(10);
/// Bytes that it may write.
const RUN_OUTPUT: u64 = 1 << 20;

/// Grants a run what it may have, or says why that is not possible.
type Grant = Arc<dyn Fn(RuntimeBuilder) -> Result<RuntimeBuilder, String> + Send + Sync>;

/// What is served, and what its runs may have.
#[derive(Clone)]
pub struct Playground {
    scripts: ScriptHost,
    limits: Limits,
    grant: Grant,
    granted: Vec<String>,
}

impl std::fmt::Debug for Playground {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Playground")
            .field("limits", &self.limits)
            .field("granted", &self.granted)
            .finish_non_exhaustive()
    }
}

impl Playground {
    /// One whose runs are granted nothing, and have [`Playground::default_limits`].
    #[must_use]
    pub fn new(scripts: &ScriptHost) -> Self {
        Self {
            scripts: scripts.with_options(Options::default().kind(Kind::Program)),
            limits: Self::default_limits(),
            grant: Arc::new(Ok),
            granted: Vec::new(),
        }
    }

    /// The limits of a run without others: the library's, 10 seconds in all, and 1 MiB of output.
    pub fn default_limits() -> Limits {
        Limits::default()
            .call_timeout(None)
            .lifetime(RUN_TIME)
            .max_output(RUN_OUTPUT)
    }

    /// The most that a run may use. Who uses the page may choose less time and less memory.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// What each run is granted: called before each of them. Its error is what the page shows. `granted` says it in sentences, for the page.
    #[must_use]
    pub fn grant(
        mut self,
        granted: Vec<String>,
        grant: impl Fn(RuntimeBuilder) -> Result<RuntimeBuilder, String> + Send + Sync + 'static,
    ) -> Self {
        self.granted = granted;
        self.grant = Arc::new(grant);
        self
    }
}
