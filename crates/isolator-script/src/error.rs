//! What can go wrong.

use crate::diagnostic::{Diagnostic, Diagnostics, Range, Severity};
use isolator_host::LimitKind;

/// The result of everything that can fail here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong. The host is usable after all of them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The sources have errors.
    #[error("{0}")]
    Compile(Diagnostics),

    /// A line of a source, `#:`, `#r` or `#load`, asks for what there is not.
    #[error("{file}({line},1): error: {message}")]
    Directive {
        /// The source.
        file: String,
        /// Its line, counted from 1.
        line: usize,
        /// What it asks for, and what to do.
        message: String,
    },

    /// An option cannot be understood.
    #[error("{message}")]
    Options {
        /// Which one, and what would do.
        message: String,
    },

    /// The sources nest too deep for the compiler.
    #[error("the sources cannot be compiled: {message}. Break what nests deepest into parts")]
    TooDeep {
        /// What the compiler says.
        message: String,
    },

    /// The compiler reached one of its limits.
    #[error(
        "the compiler was stopped by a limit ({limit}): {} allowed, {} used or asked for. Give it less to compile, or more with `ScriptHostBuilder::compile_limits`",
        limit.show(*allowed), limit.show(*used)
    )]
    CompileLimit {
        /// Which one.
        limit: LimitKind,
        /// The limit: bytes, nanoseconds or a number.
        allowed: u64,
        /// What was used, or asked for, in the same unit.
        used: u64,
    },

    /// The compiler was stopped by its [`CancelHandle`](isolator_host::CancelHandle).
    #[error("the compiler was cancelled")]
    Cancelled,

    /// The [`Compiler`](crate::Compiler) was ended by an earlier call: by a limit, by its [`CancelHandle`](isolator_host::CancelHandle), by a source that it could not bear.
    #[error(
        "the compiler was ended by an earlier call: {why}. Take another one, with `ScriptHost::compiler`"
    )]
    CompilerEnded {
        /// What ended it.
        why: String,
    },

    /// The compiler failed on these sources in a way that it should not.
    #[error("the compiler failed on these sources: {message}")]
    CompilerFault {
        /// What it says.
        message: String,
    },

    /// There is no compiler.
    #[error(
        "no C# compiler was found. Looked in:{}\nBuild it with `cargo xtask build-guest`, or name its folder with the environment variable ISOLATOR_SCRIPTING or `ScriptHostBuilder::compiler`",
        looked.iter().map(|place| format!("\n  {place}")).collect::<String>()
    )]
    CompilerNotFound {
        /// Each place, and why there is none.
        looked: Vec<String>,
    },

    /// A session was ended: by a limit of its run, by a cancellation, by its own `Environment.Exit`.
    #[error(
        "the session has ended: {why}. Begin it anew with `Session::reset`, or create another one"
    )]
    SessionEnded {
        /// What ended it.
        why: String,
    },

    /// A session has had as many submissions as it may.
    #[error(
        "the session has had {most} submissions, which is its limit. Begin it anew with `Session::reset`, or allow more with `ScriptHostBuilder::max_submissions`"
    )]
    TooManySubmissions {
        /// How many it may have.
        most: u32,
    },

    /// A value cannot be a global.
    #[error("the global `{name}` cannot be passed: {message}")]
    Global {
        /// Its name.
        name: String,
        /// Why not.
        message: String,
    },

    /// A file cannot be read.
    #[error("cannot read `{path}`: {message}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why not.
        message: String,
    },

    /// What the host says: an exception that the script let escape, a limit of its run.
    #[error(transparent)]
    Host(#[from] isolator_host::Error),
}

impl Error {
    /// What is wrong with the sources, told as the compiler tells it, where that is what the error is about: its own diagnostics; `ISO0002`, a line that asks for what there is
    /// not; `ISO0003`, what nests too deep; `ISO0004`, what took more than a compilation may; `ISO0005`, an option that cannot be understood, such as a version of the language. None for all other errors.
    #[must_use]
    pub fn diagnostics(&self) -> Option<Diagnostics> {
        let id = match self {
            Self::Compile(diagnostics) => return Some(diagnostics.clone()),
            Self::Directive {
                file,
                line,
                message,
            } => return Some(Diagnostics::of_directive(file, *line, message)),
            Self::TooDeep { .. } => "ISO0003",
            Self::CompileLimit { .. } => "ISO0004",
            Self::Options { .. } => "ISO0005",
            _ => return None,
        };
        let told = Diagnostic {
            id: id.into(),
            severity: Severity::Error,
            file: None,
            range: Range::default(),
            message: self.to_string(),
            mapped: None,
        };
        Some(Diagnostics {
            list: vec![told],
            more: 0,
        })
    }

    /// Whether it is that somebody asked for the end, of a compilation or of a run.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(
            self,
            Self::Cancelled | Self::Host(isolator_host::Error::Cancelled)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Position;

    #[test]
    fn what_is_wrong_with_sources_is_told_as_the_compiler_tells() {
        let directive = Error::Directive {
            file: "a.cs".into(),
            line: 3,
            message: "no".into(),
        };
        let limit = Error::CompileLimit {
            limit: LimitKind::Memory,
            allowed: 1 << 20,
            used: 2 << 20,
        };
        let deep = Error::TooDeep {
            message: "it nests".into(),
        };
        let option = Error::Options {
            message: "`x` is no version".into(),
        };
        let told = |error: &Error| error.diagnostics().unwrap().to_string();
        assert_eq!(told(&directive), "a.cs(3,1): error ISO0002: no");
        assert_eq!(told(&deep), format!("error ISO0003: {deep}"));
        assert_eq!(told(&limit), format!("error ISO0004: {limit}"));
        assert_eq!(told(&option), "error ISO0005: `x` is no version");
        let all = directive.diagnostics().unwrap();
        let at = |line, character| Position { line, character };
        let expected = Range {
            start: at(2, 0),
            end: at(2, 2),
        };
        assert_eq!((all.len(), all[0].range, all.more), (1, expected, 0));
        let compiled = Error::Compile(all.clone());
        assert_eq!(compiled.diagnostics(), Some(all));
        assert_eq!(Error::Cancelled.diagnostics(), None);
    }
}
