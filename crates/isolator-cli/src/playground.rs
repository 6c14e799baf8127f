//! `isolator playground`: a page on loopback to write C# in and run it.

use crate::args::{PackageArgs, Surroundings};
use crate::error::{CliError, Result};
use crate::script::{configured, explain};
use crate::serving;
use clap::Args;
use isolator_host::Limits;
use isolator_playground::{Playground, RUNTIMES};
use std::io::Write;

/// Serve a page to write C# in and run it, for this machine's browser.
///
/// The page has an editor that says what is wrong while one types, and shows output as it comes. Each run is in a fresh sandbox, with what is granted here and no more; the page can ask for
/// less time and memory. Without options a run sees no file and no variable, and has 10 seconds, 256 MiB of memory and 1 MiB of output.
///
/// The address is printed. It holds a token, new each time: whoever knows it can run code in these sandboxes. It is served on 127.0.0.1 alone, until this program is ended (Ctrl-C).
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  isolator playground
  isolator playground --port 8080 --timeout 30s --memory 512MiB
  isolator playground --dir ./data::/data:ro
  isolator playground --allow-package Newtonsoft.Json@13.0.4 --packages ./feed")]
pub struct PlaygroundArgs {
    /// The port [default: 7247, or another one if that is taken].
    #[arg(long, value_name = "NUMBER")]
    pub port: Option<u16>,
    /// Leave programs that run often as they are. Without this they are made faster in the background: see docs/scripting.md.
    #[arg(long)]
    pub no_hot_scripts: bool,
    #[command(flatten)]
    pub packages: PackageArgs,
    #[command(flatten)]
    pub surroundings: Surroundings,
}

/// Serves until the process ends.
///
/// # Errors
/// What cannot be granted; a port that cannot be had.
pub fn playground(command: &PlaygroundArgs) -> Result<i32> {
    let surroundings = &command.surroundings;
    let host = serving::host(surroundings, RUNTIMES, "the page shows what each run used")?;
    let scripts = configured(&host, &command.packages, None)?
        .compile_limits(serving::compile_limits(surroundings))
        .hot_scripts(!command.no_hot_scripts)
        .build()
        .map_err(explain)?;
    let server = Playground::new(&scripts)
        .limits(limits(surroundings))
        .grant(
            [surroundings.grants.notes().all(), command.packages.notes()].concat(),
            serving::grant(surroundings),
        )
        .bind(command.port)
        .map_err(|error| cannot_serve(command.port, &error))?;
    writeln!(std::io::stdout(), "{}", server.url())
        .map_err(|error| CliError::new(format!("cannot write to standard output: {error}")))?;
    // Where nobody reads this, nobody misses it.
    let _ = writeln!(
        std::io::stderr(),
        "Open this address in a browser of this machine. Whoever knows it can run code in these sandboxes; Ctrl-C ends it."
    );
    server
        .serve()
        .map_err(|error| CliError::new(format!("the page can no longer be served: {error}")))?;
    Ok(0)
}

fn cannot_serve(port: Option<u16>, error: &std::io::Error) -> CliError {
    let port = port.map_or_else(|| "a port".into(), |port| format!("port {port}"));
    CliError::new(format!(
        "cannot listen on {port} of 127.0.0.1: {error}. Choose another one with --port"
    ))
}

/// Those of the command line; time, memory and output are limited also where nothing is said.
fn limits(surroundings: &Surroundings) -> Limits {
    let limits = &surroundings.limits;
    let otherwise = Playground::default_limits();
    serving::limits(surroundings)
        .call_timeout(None)
        .lifetime(limits.timeout.or(otherwise.get_lifetime()))
        .max_output(limits.max_output.or(otherwise.get_max_output()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn there_are_limits_where_none_is_given() {
        let mut surroundings = Surroundings::default();
        let none = limits(&surroundings);
        assert_eq!(
            (
                none.get_memory(),
                none.get_lifetime(),
                none.get_max_output()
            ),
            (
                Some(256 << 20),
                Some(Duration::from_secs(10)),
                Some(1 << 20)
            )
        );
        surroundings.limits.timeout = Some(Duration::from_secs(90));
        surroundings.limits.memory = Some(1 << 30);
        let given = limits(&surroundings);
        assert_eq!(
            (
                given.get_memory(),
                given.get_lifetime(),
                given.get_call_timeout()
            ),
            (Some(1 << 30), Some(Duration::from_secs(90)), None)
        );
    }
}
