//! C# for agents: a server of the [Model Context Protocol](https://modelcontextprotocol.io), whose tools check and run C#, each call in a sandbox.
//!
//! What code may do is said by who starts the server, in [`Settings`], and never by a client: there is no argument of a tool for it. A fault of the code is a result of
//! the tool, for the model to read, and no error of the protocol.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use isolator_host::{Access, IsolatedRuntimeHost, Limits};
//! use isolator_mcp::{Settings, Topic, serve_stdio};
//! use isolator_script::ScriptHost;
//!
//! let host = IsolatedRuntimeHost::builder().max_runtimes(Settings::runtimes(4, 16)).build()?;
//! let scripts = ScriptHost::builder().host(&host).build()?;
//! let settings = Settings::new(scripts)
//!     .at_once(4)
//!     .limits(Limits::default().memory(64 << 20))
//!     .grant(|runtime| Ok(runtime.directory("/srv/data", "/data", Access::ReadOnly)))
//!     .note(Topic::Files, "The directory `/data` can be read.");
//! serve_stdio(settings)?;
//! # Ok(()) }
//! ```

mod arguments;
mod error;
mod execute;
mod guard;
mod json;
mod kept;
mod message;
mod report;
mod server;
mod sessions;
mod settings;
mod stdio;
mod tools;
mod web;
mod work;

pub use error::{Error, Result};
pub use guard::HttpSettings;
pub use settings::{Settings, Topic, default_at_once};
pub use web::url;

use server::Shared;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::runtime::Runtime;

/// Threads beside those of calls: for standard input and output, and for reading large messages.
const OTHER_THREADS: usize = 8;

/// Serves one client over standard input and output, until input ends. Nothing but the protocol must be written to standard output.
///
/// When input ends, calls that are under way have five seconds; then they are stopped.
///
/// # Errors
/// A client that does not speak the protocol.
pub fn serve_stdio(settings: Settings) -> Result<()> {
    let (runtime, shared) = begin(settings)?;
    let served = runtime.block_on(stdio::serve(
        &shared,
        tokio::io::stdin(),
        tokio::io::stdout(),
    ));
    // A read of standard input cannot be given up.
    runtime.shutdown_background();
    served
}

/// Serves clients over streamable HTTP, for as long as the process lives. `listening` is told the address: that of the settings, or with the port that the system chose for 0.
///
/// # Errors
/// An address that cannot be listened at, or is reached by others without a token.
pub fn serve_http(
    settings: Settings,
    http: HttpSettings,
    listening: impl FnOnce(SocketAddr),
) -> Result<()> {
    let (runtime, shared) = begin(settings)?;
    runtime.block_on(web::serve(&shared, http, listening))
}

/// The threads, and what all clients share; sessions that nobody uses end from now on.
fn begin(settings: Settings) -> Result<(Runtime, Arc<Shared>)> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(settings.at_once.saturating_add(OTHER_THREADS))
        .thread_name("isolator-mcp")
        .enable_all()
        .build()
        .map_err(|error| Error::Start {
            message: error.to_string(),
        })?;
    let shared = Shared::new(settings);
    let tidying = shared.clone();
    runtime.spawn(async move { tidying.sessions.tidy().await });
    Ok((runtime, shared))
}
