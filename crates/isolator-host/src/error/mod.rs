//! What can go wrong, each with what the caller needs to know and to do.

mod limit;
mod limit_kinds;
mod trap_kind;

pub(crate) use limit::{LimitHit, Stop};
pub use limit_kinds::LimitKind;
pub use trap_kind::TrapKind;

use crate::settings::Setting;
use isolator_abi::stamp::StampError;
use isolator_abi::wire::{ExceptionInfo, Failure, FailureKind};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// The result of everything that can fail here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong.
///
/// After [`Error::Trap`], [`Error::Exit`], [`Error::BadGuestBehavior`], [`Error::Cancelled`], [`Error::Dead`] and a fatal
/// [`Error::Limit`] the runtime in question is of no more use; after every other error it works as before. The host is usable after all of them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Guest code threw an exception that nothing in the guest caught.
    #[error("{0}")]
    GuestException(Box<IsolatedException>),

    /// No such assembly, neither in the base class library nor from a loader.
    #[error("{message}")]
    AssemblyNotFound {
        /// The name that was asked for.
        assembly: String,
        /// The whole sentence.
        message: String,
    },

    /// The bytes of an assembly are not a .NET image.
    #[error("{message}")]
    BadImage {
        /// The whole sentence, with the reason.
        message: String,
    },

    /// No such type.
    #[error("{message}{}", list(candidates))]
    TypeNotFound {
        /// The assembly that was searched.
        assembly: String,
        /// The name that was asked for.
        type_name: String,
        /// Full names of types that were probably meant, nearest first.
        candidates: Vec<String>,
        /// The whole sentence.
        message: String,
    },

    /// No such method, constructor or field, or none that takes these arguments.
    #[error("{message}{}", list(candidates))]
    MethodNotFound {
        /// The type that was searched.
        type_name: String,
        /// The name that was asked for.
        method: String,
        /// Signatures of the members of that name.
        candidates: Vec<String>,
        /// The whole sentence.
        message: String,
    },

    /// Several methods fit: say which with [`MethodQuery`](crate::MethodQuery).
    #[error("{message}{}", list(candidates))]
    Ambiguous {
        /// The type that was searched.
        type_name: String,
        /// The name that was asked for.
        method: String,
        /// Signatures of those that fit.
        candidates: Vec<String>,
        /// The whole sentence.
        message: String,
    },

    /// An argument cannot be read as its parameter's type, or their number is wrong.
    #[error("{message}{}", list(candidates))]
    Argument {
        /// The whole sentence.
        message: String,
        /// Signatures that came into question.
        candidates: Vec<String>,
    },

    /// A call of a batch failed, which ended the batch. The calls before it were made, and their results are where they belong; those
    /// after it were not made.
    #[error("element {element} of the batch: {error}")]
    InBatch {
        /// Its place in the batch, counted from 0.
        element: usize,
        /// What it failed with: mostly an exception.
        error: Box<Error>,
    },

    /// A value cannot cross: it cannot be serialized, or is not of the type that was asked for.
    #[error("{message}")]
    Value {
        /// What was to cross, from where, and why it cannot.
        message: String,
    },

    /// The handle was released, or names something of another kind.
    #[error("{message}")]
    BadHandle {
        /// The whole sentence.
        message: String,
    },

    /// A handle of one runtime was used with another.
    #[error(
        "{what} belongs to another runtime: handles work only with the runtime that gave them \
         (runtime {expected} was called, the handle is of runtime {found})"
    )]
    ForeignHandle {
        /// What the handle names.
        what: &'static str,
        /// Number of the runtime that was called.
        expected: u64,
        /// Number of the runtime that the handle belongs to.
        found: u64,
    },

    /// The method returns a task, which this call does not wait for: use `call_task` or `start_task`.
    #[error("{message}")]
    Async {
        /// The whole sentence.
        message: String,
    },

    /// Waiting for a task would last for ever: nothing that it could wait for is under way.
    #[error(
        "the task cannot finish: it waits, and the guest has no timer, work item or host call under way that could complete it. \
         Look for an await on something that only this caller could have completed"
    )]
    Deadlock,

    /// Waiting here would last for ever: the task waits for a future of the host, and this thread is the only one that the
    /// executor has to finish it.
    #[error(
        "the task waits for an asynchronous callback, which this thread would have to finish itself: it belongs to a \
         current-thread executor. Use the runtime's asynchronous calls (`IsolatedRuntime::into_async`), or wait inside \
         `tokio::task::spawn_blocking(|| isolator_host::allow_blocking(…))`"
    )]
    MustNotWait,

    /// The guest's own machinery reports a fault in itself.
    #[error(
        "the guest reports a fault of its own: {message}. This is a bug in the guest image, please report it"
    )]
    Internal {
        /// What the guest says.
        message: String,
    },

    /// The runtime was stopped by a trap: an access outside its memory, a stack overflow, `Environment.FailFast`.
    #[error("the runtime trapped: {message}; it can no longer be used{}", if backtrace.is_empty() { String::new() } else { format!("\n{backtrace}") })]
    Trap {
        /// Which kind of end it was.
        kind: TrapKind,
        /// What happened.
        message: String,
        /// What it last wrote to standard error, and the functions of the guest module that were running, innermost first;
        /// may be empty.
        backtrace: String,
    },

    /// Guest code ended its process (`Environment.Exit`).
    #[error("the guest ended its process with exit code {code}; the runtime can no longer be used")]
    Exit {
        /// The exit code.
        code: i32,
    },

    /// The runtime reached one of its [`Limits`](crate::Limits). Whether it can still be used says
    /// [`LimitKind::is_fatal`].
    #[error("{}", limit.sentence(*allowed, *used))]
    Limit {
        /// Which one.
        limit: LimitKind,
        /// The limit: bytes, nanoseconds or a number, as [`LimitKind`] says of each.
        allowed: u64,
        /// What was used, or asked for, when it was reached; in the same unit.
        used: u64,
    },

    /// The runtime was stopped by its [`CancelHandle`](crate::CancelHandle).
    #[error("the runtime was cancelled; it can no longer be used")]
    Cancelled,

    /// The runtime died earlier.
    #[error("the runtime can no longer be used: {why}. Create another one")]
    Dead {
        /// What ended it.
        why: Arc<str>,
    },

    /// The guest broke the contract: a pointer outside its memory, text that is not UTF-8, bytes that are not MessagePack.
    /// The runtime is stopped.
    #[error(
        "the guest broke the contract in `{function}`: {problem}; the runtime can no longer be used"
    )]
    BadGuestBehavior {
        /// The function of the contract.
        function: &'static str,
        /// What it did.
        problem: String,
    },

    /// The call would nest deeper than allowed, or ran on another stack than the call around it.
    #[error("{message}")]
    Nesting {
        /// The whole sentence.
        message: String,
    },

    /// The guest image was built for another contract.
    #[error(
        "the guest image `{}` cannot be used: {problem}. Build it again with `cargo xtask build-guest`, or use the host that it was built for",
        path.display()
    )]
    IncompatibleGuest {
        /// The image's directory.
        path: PathBuf,
        /// Both versions or both hashes.
        problem: StampError,
    },

    /// No guest image was found.
    #[error(
        "no guest image was found. Looked in:{}\nBuild one with `cargo xtask build-guest`, or name one with the environment variable ISOLATOR_GUEST or {}",
        list(looked),
        Setting::Guest
    )]
    GuestNotFound {
        /// Each place, and why there is none.
        looked: Vec<String>,
    },

    /// What was found is no guest image, or a broken one. All that is wrong with it is listed.
    #[error("`{}` is not a guest image that can be used:{}", path.display(), list(problems))]
    BadGuest {
        /// The image's directory or file.
        path: PathBuf,
        /// Everything that is wrong.
        problems: Vec<String>,
    },

    /// A runtime cannot be made a snapshot of: something of it is not in its memory. It works as before.
    #[error(
        "the runtime cannot be frozen, since not all of it would come along:{}",
        list(problems)
    )]
    NotFrozen {
        /// What that is.
        problems: Vec<String>,
    },

    /// What was found is no snapshot of this host's guest image, or a broken one. All that is wrong with it is listed.
    #[error(
        "`{}` is not a snapshot that can be used:{}\nMake it again with the guest image that is used now",
        path.display(),
        list(problems)
    )]
    BadSnapshot {
        /// The file.
        path: PathBuf,
        /// Everything that is wrong.
        problems: Vec<String>,
    },

    /// What was found is no runtime that was suspended with this host's guest image, or a broken one.
    #[error(
        "{} cannot go on:{}",
        match path {
            Some(path) => format!("the suspended runtime in `{}`", path.display()),
            None => "the suspended runtime".into(),
        },
        list(problems)
    )]
    BadSuspended {
        /// The file, if it was read from one.
        path: Option<PathBuf>,
        /// Everything that is wrong.
        problems: Vec<String>,
    },

    /// The operating system refused something.
    #[error("cannot {what} `{}`: {source}", path.display())]
    Io {
        /// What was tried, such as `read`.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },

    /// No more runtimes can live at once.
    #[error(
        "the host cannot hold another runtime: {max} may live at once. Drop some, or raise {}",
        Setting::MaxRuntimes
    )]
    TooManyRuntimes {
        /// The number that the host was built for.
        max: u32,
    },

    /// A setting cannot be used.
    #[error("{message}")]
    Config {
        /// What is wrong with it.
        message: String,
    },

    /// WebAssembly engine trouble that is none of the above.
    #[error("cannot {what}: {message}")]
    Engine {
        /// What was tried.
        what: &'static str,
        /// What the engine says.
        message: String,
    },
}

/// A list under a sentence; nothing if there is nothing to list.
fn list(items: &[String]) -> String {
    // An item is one line, whatever the names in it are.
    let lines = items.iter();
    lines
        .map(|item| format!("\n  - {}", crate::printable::line(item)))
        .collect()
}

impl Error {
    /// The guest exception, if that is what it is.
    #[must_use]
    pub fn exception(&self) -> Option<&IsolatedException> {
        match self {
            Self::GuestException(exception) => Some(exception),
            Self::InBatch { error, .. } => error.exception(),
            _ => None,
        }
    }

    /// Whether the runtime is of no more use.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        match self {
            Self::Trap { .. }
            | Self::Exit { .. }
            | Self::Dead { .. }
            | Self::Cancelled
            | Self::BadGuestBehavior { .. } => true,
            Self::Limit { limit, .. } => limit.is_fatal(),
            Self::InBatch { error, .. } => error.is_fatal(),
            _ => false,
        }
    }

    pub(crate) fn io(
        what: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { what, path, source }
    }

    pub(crate) fn engine(what: &'static str) -> impl FnOnce(wasmtime::Error) -> Self {
        move |error| Self::Engine {
            what,
            message: format!("{error:#}"),
        }
    }

    pub(crate) fn bad_guest(path: impl Into<PathBuf>, problem: impl Into<String>) -> Self {
        Self::BadGuest {
            path: path.into(),
            problems: vec![problem.into()],
        }
    }

    /// The error for what a guest answered.
    pub(crate) fn from_failure(failure: Failure) -> Self {
        let Failure {
            kind,
            message,
            assembly,
            type_name,
            member,
            candidates,
            exception,
            ..
        } = failure;
        let (assembly, type_name, method) = (
            assembly.unwrap_or_default(),
            type_name.unwrap_or_default(),
            member.unwrap_or_default(),
        );
        match (kind, exception) {
            (FailureKind::Exception, exception) => {
                let info = exception.unwrap_or_else(|| ExceptionInfo {
                    message,
                    ..Default::default()
                });
                Self::GuestException(Box::new(info.into()))
            }
            (FailureKind::AssemblyNotFound, _) => Self::AssemblyNotFound { assembly, message },
            (FailureKind::BadImage, _) => Self::BadImage { message },
            (FailureKind::TypeNotFound, _) => Self::TypeNotFound {
                assembly,
                type_name,
                candidates,
                message,
            },
            (FailureKind::MemberNotFound, _) => Self::MethodNotFound {
                type_name,
                method,
                candidates,
                message,
            },
            (FailureKind::Ambiguous, _) => Self::Ambiguous {
                type_name,
                method,
                candidates,
                message,
            },
            (FailureKind::Argument, _) => Self::Argument {
                message,
                candidates,
            },
            (FailureKind::Value, _) => Self::Value { message },
            (FailureKind::BadHandle, _) => Self::BadHandle { message },
            (FailureKind::Async, _) => Self::Async { message },
            (_, Some(exception)) => Self::GuestException(Box::new(exception.into())),
            (_, None) => Self::Internal { message },
        }
    }
}

/// An exception that guest code threw. It displays as .NET prints one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct IsolatedException {
    /// Full name of its type, such as `System.InvalidOperationException`.
    pub type_name: String,
    /// `Exception.Message`.
    pub message: String,
    /// `Exception.StackTrace`: the guest's frames, innermost first, one a line.
    pub stack_trace: Option<String>,
    /// `InnerException`, or all that an `AggregateException` holds.
    pub inner: Vec<IsolatedException>,
    /// `Exception.HResult`.
    pub h_result: i32,
    /// Public properties that the exception's own type declares, as text.
    pub properties: std::collections::BTreeMap<String, String>,
    /// `Exception.ToString()`.
    pub text: String,
}

impl fmt::Display for IsolatedException {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.text.is_empty() {
            return f.write_str(&self.text);
        }
        f.write_str(if self.type_name.is_empty() {
            "guest exception"
        } else {
            &self.type_name
        })?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        if let Some(trace) = &self.stack_trace {
            write!(f, "\n{trace}")?;
        }
        Ok(())
    }
}

impl std::error::Error for IsolatedException {}

impl From<ExceptionInfo> for IsolatedException {
    fn from(info: ExceptionInfo) -> Self {
        // The wire limits how deep values nest, so this recursion is bounded.
        Self {
            type_name: info.type_name,
            message: info.message,
            stack_trace: info.stack_trace,
            inner: info.inner.into_iter().map(Self::from).collect(),
            h_result: info.h_result,
            properties: info.properties,
            text: info.text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_failure_has_its_error() {
        let failure = |kind| Failure {
            kind,
            message: "m".into(),
            candidates: vec!["int A()".into()],
            ..Default::default()
        };
        assert!(matches!(
            Error::from_failure(failure(FailureKind::TypeNotFound)),
            Error::TypeNotFound { .. }
        ));
        assert!(matches!(
            Error::from_failure(failure(FailureKind::Internal)),
            Error::Internal { .. }
        ));
        let ambiguous = Error::from_failure(failure(FailureKind::Ambiguous));
        assert_eq!(ambiguous.to_string(), "m\n  - int A()");
    }

    #[test]
    fn an_exception_prints_like_dotnet_even_without_its_text() {
        let exception = IsolatedException {
            type_name: "System.Exception".into(),
            message: "no".into(),
            stack_trace: Some("   at A.B()".into()),
            ..Default::default()
        };
        assert_eq!(exception.to_string(), "System.Exception: no\n   at A.B()");
    }
}
