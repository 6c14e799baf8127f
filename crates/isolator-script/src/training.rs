//! For `cargo xtask train --compiler`, which looks at which of the compiler's methods run.

use crate::compiler::Compiler;
use crate::error::Result;
use crate::options::Options;
use crate::prepare::{prepare, references};
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
