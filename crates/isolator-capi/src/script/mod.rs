//! Scripts: C# source in, result out. The compiler runs in sandboxes, and so does what it compiles.

mod builder;
mod cancellation;
mod compiled;
mod completions;
mod diagnostics;
mod errors;
mod evaluating;
mod functions;
mod result;
mod running;
mod session;
#[cfg(test)]
mod tests;

pub use builder::*;
pub use cancellation::*;
pub use compiled::*;
pub use completions::*;
pub use diagnostics::*;
pub use evaluating::*;
pub use functions::*;
pub use result::*;
pub use running::*;
pub use session::*;

use crate::error::CError;
use crate::types::{isolator_bytes, list};
use isolator_script::{ScriptHost, Source};

/// Compiles and runs C#, each in sandboxes of their own. May be used by any number of threads.
pub struct isolator_script_host(pub(crate) ScriptHost);

/// A source: what diagnostics and stack traces call it, and its text.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct isolator_script_source {
    /// Its name, such as `hello.cs`. Nothing is looked for there.
    pub name: isolator_bytes,
    /// Its text.
    pub text: isolator_bytes,
}

/// The host, with what stops its work.
///
/// # Safety
/// `scripts` points to a host of this library, `cancellation`, nullable, to a cancellation.
unsafe fn host(
    scripts: *const isolator_script_host,
    cancellation: *const isolator_script_cancellation,
) -> ScriptHost {
    // SAFETY: the caller says so.
    let (host, cancellation) = unsafe { (&(*scripts).0, cancellation.as_ref()) };
    match cancellation {
        Some(cancellation) => host.with_cancellation(&cancellation.0),
        None => host.clone(),
    }
}

/// The sources.
///
/// # Safety
/// `sources` points to so many sources whose bytes are as the interface says.
unsafe fn sources(
    sources: *const isolator_script_source,
    len: usize,
) -> Result<Vec<Source>, CError> {
    // SAFETY: the caller says so.
    let sources = unsafe { list(sources, len) };
    if sources.is_empty() {
        return Err(CError::config("there is no source to compile"));
    }
    let read = sources.iter().map(|source| {
        // SAFETY: as above.
        let (name, text) = unsafe {
            (
                source.name.text("a source's name")?,
                source.text.text("a source")?,
            )
        };
        Ok(Source::new(name, text))
    });
    read.collect()
}
