//! What `isolator mcp` and `isolator playground` share: the command line says once what each of many runtimes gets.

use crate::args::Surroundings;
use crate::error::{CliError, Result};
use crate::program::{builder_within, host_within};
use isolator_host::{DEFAULT_MEMORY, IsolatedRuntimeHost, Limits, RuntimeBuilder};
use isolator_script::ScriptHost;

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

/// Limits of each compilation: no more time than a run has. Who is served gets no more than the library's own, whatever runs may take.
pub fn compile_limits(surroundings: &Surroundings) -> Limits {
    let otherwise = ScriptHost::default_compile_limits();
    let most = otherwise.get_call_timeout();
    let time = surroundings.limits.timeout.or(most).min(most);
    otherwise.call_timeout(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn compilations_have_no_more_time_than_runs() {
        let of = |seconds: Option<u64>| {
            let mut surroundings = Surroundings::default();
            surroundings.limits.timeout = seconds.map(Duration::from_secs);
            surroundings.limits.memory = Some(1 << 20);
            let limits = compile_limits(&surroundings);
            (limits.get_call_timeout(), limits.get_memory())
        };
        for (given, expected) in [(None, 30), (Some(2), 2), (Some(600), 30)] {
            let time = Duration::from_secs(expected);
            assert_eq!(of(given), (Some(time), Some(512 << 20)), "{given:?}");
        }
    }
}
