//! `isolator run`.

use crate::args::RunArgs;
use crate::error::Result;
use crate::program::{Program, Purpose};

/// Runs a program to its end. The result is its exit code.
///
/// # Errors
/// What keeps it from starting, or an exception that it let escape.
pub fn run(command: &RunArgs) -> Result<i32> {
    let program = Program::open(&command.app, Purpose::Run)?;
    let (mut runtime, assembly) =
        program.start(&command.surroundings, |builder| builder.inherit_stdio())?;
    let args: Vec<&str> = command.args.iter().map(String::as_str).collect();
    let ran = runtime.run_main(&assembly, &args).map_err(Into::into);
    command.surroundings.limits.conclude(&runtime, ran)
}
