//! `isolator run`.

use crate::app::{App, Purpose};
use crate::args::RunArgs;
use crate::error::{CliError, Result};
use crate::script;

/// Runs a program to its end. The result is its exit code.
///
/// # Errors
/// What keeps it from starting, or an exception that it let escape.
pub fn run(command: &RunArgs) -> Result<i32> {
    if script::is_source(&command.app) {
        return script::run(command);
    }
    if !command.packages.is_empty() {
        return Err(CliError::new(format!(
            "`--library`, `--packages` and `--allow-package` are for C# scripts: `{}` has its libraries by its `.deps.json`, or beside it",
            command.app.display()
        )));
    }
    let app = App::open(&command.app, Purpose::Run)?;
    let mut started = app.start(&command.surroundings, |builder| builder.inherit_stdio())?;
    let args = command.args();
    let ran = started
        .program()
        .and_then(|program| Ok(started.runtime.run_main(&program, &args)?));
    started.conclude(&command.surroundings.limits, ran)
}
