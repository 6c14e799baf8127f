//! The snapshot that runs begin with: a program has run in it that uses what scripts use most of the base library.

use crate::compilation::Compilation;
use crate::error::{Error, Result};
use crate::options::Source;
use crate::prepare::{Shelf, add_part};
use isolator_host::{AppSnapshot, Limits};
use std::time::Duration;

/// The program, which prints a few lines and returns 0.
const PROGRAM: &str = include_str!("warm.cs");

/// The program as a source.
pub(crate) fn source() -> Source {
    Source::new("warm.cs", PROGRAM)
}

/// Loads the snapshot that an earlier process made, or makes it with what `compile` makes of the program.
///
/// # Errors
/// If the program does not compile, or does not run to its end.
pub(crate) fn snapshot(
    shelf: &Shelf<'_>,
    compile: impl FnOnce() -> Result<Compilation>,
) -> Result<AppSnapshot> {
    const TIME: Duration = Duration::from_secs(300);
    let host = shelf.host;
    let mut digest = shelf.digest();
    add_part(&mut digest, PROGRAM.as_bytes());
    shelf.snapshot(&digest, "runs of C# scripts were prepared", || {
        let program = compile()?;
        let runtime = host.runtime().limits(Limits::default().call_timeout(TIME));
        let mut code = 0;
        let snapshot = runtime.snapshot(|runtime| {
            let assembly = runtime.load_assembly_image(&program.image())?;
            // Twice: what runs for the second time is prepared in other ways than what runs once.
            for _ in 0..2 {
                code = runtime.run_main(&assembly, &[] as &[&str])?;
            }
            Ok(())
        })?;
        match code {
            0 => Ok(snapshot),
            code => Err(Error::CompilerFault {
                message: format!("the program that prepares runs returned {code}"),
            }),
        }
    })
}
