//! What `isolator mcp` and `isolator playground` share: the command line says once what each of many runtimes gets.

use crate::args::Surroundings;
use crate::error::{CliError, Result};
use crate::program::{builder_within, host_within};
use isolator_host::{DEFAULT_MEMORY, IsolatedRuntimeHost, Limits, RuntimeBuilder};

/// A host with room for so many runtimes. `used` says who tells what a run used, which `--stats` does not.
///
/// # Errors
/// `--stats`; what cannot be granted.
pub fn host(surroundings: &Surroundings, runtimes: u32, used: &str) -> Result<IsolatedRuntimeHost> {
    if surroundings.limits.stats {
        return Err(CliError::new(format!(
            "--stats has nothing to do here: {used}. Leave it out"
        )));
    }
    let host = host_within(surroundings)?.max_runtimes(runtimes).build()?;
    // What cannot be granted is told now, and not to who is served.
    let granted = builder_within(host.runtime(), surroundings)?;
    drop(granted.limits(Limits::default()).create()?);
    Ok(host)
}

/// Gives each runtime what the command line does. What cannot be any more is told without a path of this machine, which is in the log.
pub fn grant(
    surroundings: &Surroundings,
) -> impl Fn(RuntimeBuilder) -> Result<RuntimeBuilder, String> + Send + Sync + use<> {
    let granted = surroundings.clone();
    move |builder| {
        builder_within(builder, &granted).map_err(|error| {
            tracing::error!("{error}");
            match granted.grants.gone() {
                Some(directory) => {
                    format!("the directory `{directory}`, of --dir, is not there any more")
                }
                None => "its log says more".to_owned(),
            }
        })
    }
}

/// The limits of the command line; memory is limited also where nothing is said.
pub fn limits(surroundings: &Surroundings) -> Limits {
    let limits = &surroundings.limits;
    limits
        .given()
        .memory(limits.memory.unwrap_or(DEFAULT_MEMORY))
}
