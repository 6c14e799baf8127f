//! For `cargo xtask train --compiler`, which looks at which of the compiler's methods run.

use crate::compiler::Compiler;
use crate::error::Result;
use crate::options::Options;
use crate::prepare::{
    CHECK_SUBMISSION, COMPLETE_SUBMISSION, IS_COMPLETE, RESTORE_SESSION, SUBMISSION, prepare,
    references,
};
use crate::wire::{Completions, Outcome, Settings};
use isolator_host::{AssemblyImage, IsolatedRuntime, IsolatedRuntimeHost};

/// A compiler in a runtime that the caller made, and that is given the compiler's assemblies.
///
/// # Errors
/// If it does not work there.
pub fn compiler(
    host: &IsolatedRuntimeHost,
    mut runtime: IsolatedRuntime,
    libraries: &[AssemblyImage],
    options: Options,
) -> Result<Compiler> {
    prepare(&mut runtime, &references(host)?, libraries, true)?;
    Ok(Compiler::new(runtime, options))
}

/// The runtime of it.
#[must_use]
pub fn runtime(compiler: Compiler) -> IsolatedRuntime {
    compiler.into_runtime()
}

/// The same compiler, with other options.
#[must_use]
pub fn with_options(compiler: Compiler, options: Options) -> Compiler {
    Compiler::new(compiler.into_runtime(), options)
}

/// A session of these submissions: each is checked, completed at its end and compiled, and those that compile count as run.
///
/// # Errors
/// If the compiler fails; what is wrong with a submission is none.
pub fn session(compiler: &mut Compiler, submissions: &[&str]) -> Result<()> {
    let options = compiler.options().clone();
    let settings = || Settings::of(&options, None, &[]);
    let nothing: &[&str] = &[];
    let _: Outcome = compiler.call(RESTORE_SESSION, (nothing, settings()))?;
    let mut ran = false;
    for text in submissions {
        let _: bool = compiler.call(IS_COMPLETE, (text, settings()))?;
        let _: Outcome = compiler.call(CHECK_SUBMISSION, (text, settings(), ran))?;
        let end = text.encode_utf16().count();
        let _: Completions = compiler.call(COMPLETE_SUBMISSION, (text, end, settings(), false))?;
        let mut outcome: Outcome = compiler.call(SUBMISSION, (text, settings(), false))?;
        ran = outcome.image().is_some();
    }
    let _: Outcome = compiler.call(RESTORE_SESSION, (nothing, settings()))?;
    Ok(())
}
