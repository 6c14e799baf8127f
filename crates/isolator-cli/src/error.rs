//! How a command fails: what is printed, and the exit code.

use crate::limits::{line, of_compilation};
use isolator_host::{Error, IsolatedException, LimitKind, Setting, printable};
use std::fmt;

/// The exit code after a guest exception that nothing caught, or after guest code aborted: what a shell says of a .NET
/// process that aborted (128 + SIGABRT).
pub const UNHANDLED: i32 = 134;

/// The exit code of what was stopped by a limit of time: that of the command `timeout`.
pub const TIME: i32 = 124;

/// The exit code of what was stopped by a limit of memory: what a shell says of a process that was killed (128 + SIGKILL).
pub const MEMORY: i32 = 137;

/// The result of a command.
pub type Result<T, E = CliError> = std::result::Result<T, E>;

/// Why a command failed.
#[derive(Debug)]
pub enum CliError {
    /// The host library says it.
    Host(Box<Error>),
    /// The program met a limit of memory as an exception, and let it escape.
    OutOfMemory {
        /// The exception.
        error: Box<Error>,
        /// Bytes allowed.
        allowed: u64,
        /// Bytes used.
        used: u64,
    },
    /// A limit ended the compilation of what was to run.
    Compilation {
        /// Which one.
        limit: LimitKind,
        /// What was allowed.
        allowed: u64,
        /// What was used, or asked for.
        used: u64,
    },
    /// We say it: a sentence without `error:` before it.
    Message(String),
    /// It was told already, where it came up.
    Told,
    /// Another failure, and a sentence of ours about it, which is printed below.
    Noted {
        /// The failure.
        error: Box<CliError>,
        /// The sentence.
        note: String,
    },
}

impl CliError {
    /// A failure with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self::Message(message.into())
    }

    /// This failure with a sentence below it.
    pub fn noted(self, note: impl Into<String>) -> Self {
        Self::Noted {
            error: Box::new(self),
            note: note.into(),
        }
    }

    /// What the host library said of it, if it did.
    pub fn of_host(&self) -> Option<&Error> {
        match self {
            Self::Host(error) | Self::OutOfMemory { error, .. } => Some(error),
            Self::Noted { error, .. } => error.of_host(),
            Self::Compilation { .. } | Self::Message(_) | Self::Told => None,
        }
    }

    /// The exit code that it gives: the guest's own, [`UNHANDLED`], or 1.
    pub fn exit_code(&self) -> i32 {
        match self {
            Self::Host(error) => match **error {
                Error::Exit { code } => code,
                Error::GuestException(_) | Error::Trap { .. } => UNHANDLED,
                Error::Limit { limit, .. } => of_limit(limit),
                _ => 1,
            },
            Self::Compilation { limit, .. } => of_limit(*limit),
            Self::OutOfMemory { .. } => MEMORY,
            Self::Message(_) | Self::Told => 1,
            // What there is something to say about did not succeed, whatever a guest says.
            Self::Noted { error, .. } if error.is_exit() => 1,
            Self::Noted { error, .. } => error.exit_code(),
        }
    }

    /// Logs what is of use to those who work on the guest itself.
    pub fn log(&self) {
        if let Some(Error::Trap { backtrace, .. }) = self.of_host() {
            tracing::debug!("the guest's frames:");
            for line in backtrace.lines() {
                tracing::debug!("{line}");
            }
        }
    }

    /// Whether it says in our words alone that a limit was reached: nothing in it is a guest's.
    pub fn is_limit(&self) -> bool {
        match self {
            Self::Host(error) => matches!(**error, Error::Limit { .. }),
            Self::Compilation { .. } => true,
            // The sentence is ours, too.
            Self::Noted { error, .. } => error.is_limit(),
            _ => false,
        }
    }

    /// Whether there is nothing more to say.
    pub fn is_told(&self) -> bool {
        matches!(self, Self::Told)
    }

    /// Whether there is anything to say: an exit is no error.
    pub fn is_exit(&self) -> bool {
        matches!(self, Self::Host(error) if matches!(**error, Error::Exit { .. }))
    }
}

/// The exit code of what a limit ended.
fn of_limit(limit: LimitKind) -> i32 {
    match limit {
        LimitKind::Memory | LimitKind::HostMemory => MEMORY,
        limit if limit.is_time() => TIME,
        _ => 1,
    }
}

impl From<Error> for CliError {
    fn from(error: Error) -> Self {
        Self::Host(Box::new(error))
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(message) => write!(f, "error: {message}"),
            Self::Compilation {
                limit,
                allowed,
                used,
            } => write!(f, "error: {}", of_compilation(*limit, *allowed, *used)),
            Self::Told => Ok(()),
            Self::Noted { error, note } => write!(f, "{error}\n{note}"),
            Self::OutOfMemory {
                error,
                allowed,
                used,
            } => write!(
                f,
                "Unhandled exception. {}\n{}",
                printable::without_runner(&error.to_string()),
                line(LimitKind::Memory, *allowed, *used)
            ),
            Self::Host(error) => match &**error {
                Error::Limit {
                    limit,
                    allowed,
                    used,
                } => f.write_str(&line(*limit, *allowed, *used)),
                Error::GuestException(exception) => {
                    let text = exception.to_string();
                    write!(
                        f,
                        "Unhandled exception. {}",
                        printable::without_runner(&text)
                    )?;
                    match is_refused_http(exception, 0) {
                        true => f.write_str(HTTP_HINT),
                        false => Ok(()),
                    }
                }
                // Frames of the guest's own machinery say nothing about the program; they are logged.
                Error::Trap { message, .. } => write!(
                    f,
                    "error: the program was stopped inside its sandbox: {message}"
                ),
                // Here nobody has a handle.
                Error::Value { message } => {
                    let message = message
                        .replace(" Keep it as a handle.", OF_RUNTIME)
                        .replace(" Pass or keep it as a handle.", OF_RUNTIME);
                    write!(f, "error: {message}")
                }
                error => write!(
                    f,
                    "error: {}",
                    Setting::rename_in(&error.to_string(), option)
                ),
            },
        }
    }
}

/// What to do with a value that only .NET itself has a use for.
const OF_RUNTIME: &str = " Have its text, with `ToString()`, or one of its properties.";

/// How HTTP is granted.
const HTTP_HINT: &str = "\nHTTP is granted with --allow-http, such as --allow-http 'https://example.com/*'; addresses that are not of the public network with --allow-address, too.";

/// Whether HTTP that was not granted is the reason, or a part of it.
fn is_refused_http(exception: &IsolatedException, depth: usize) -> bool {
    /// Guests choose how deep they nest.
    const DEEPEST: usize = 16;
    exception.type_name == "System.Net.Http.HttpRequestException"
        && exception.message.starts_with("HTTP to ")
        && exception.message.contains(" was not granted: ")
        || depth < DEEPEST
            && exception
                .inner
                .iter()
                .any(|inner| is_refused_http(inner, depth + 1))
}

/// A setting as the command line has it; what it has no option for as the library calls it.
fn option(setting: Setting) -> &'static str {
    match setting {
        Setting::Memory => "--memory",
        Setting::CallTimeout | Setting::Lifetime => "--timeout",
        Setting::CallCpu | Setting::TotalCpu => "--cpu",
        Setting::Fuel | Setting::MeterFuel => "--fuel",
        Setting::MaxOutput => "--max-output",
        Setting::DirectoryBytes => "--max-disk",
        Setting::MaxFiles => "--max-files",
        Setting::Guest => "--guest",
        other => other.name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use isolator_host::TrapKind;

    #[test]
    fn settings_are_called_as_options_are() {
        let error = Error::GuestNotFound {
            looked: vec!["/nope: there is no such file".into()],
        };
        let text = CliError::from(error).to_string();
        assert!(text.contains("or `--guest`"), "{text}");
        assert!(!text.contains("builder()"), "{text}");
        let error = Error::Value {
            message:
                "A value of type T cannot cross: it is part of the runtime. Keep it as a handle."
                    .into(),
        };
        let text = CliError::from(error).to_string();
        assert!(
            text.contains("`ToString()`") && !text.contains("handle"),
            "{text}"
        );
    }

    #[test]
    fn exit_codes() {
        assert_eq!(CliError::from(Error::Exit { code: 7 }).exit_code(), 7);
        assert_eq!(
            CliError::from(Error::Trap {
                kind: TrapKind::Other,
                message: "m".into(),
                backtrace: String::new()
            })
            .exit_code(),
            UNHANDLED
        );
        assert_eq!(CliError::from(Error::Deadlock).exit_code(), 1);
        for (limit, code) in [
            (LimitKind::Lifetime, TIME),
            (LimitKind::TotalCpu, TIME),
            (LimitKind::Fuel, TIME),
            (LimitKind::Memory, MEMORY),
            (LimitKind::Output, 1),
        ] {
            let (allowed, used) = (1, 2);
            let error = Error::Limit {
                limit,
                allowed,
                used,
            };
            assert_eq!(CliError::from(error).exit_code(), code);
            let error = CliError::Compilation {
                limit,
                allowed,
                used,
            };
            assert_eq!((error.exit_code(), error.is_limit()), (code, true));
        }
        assert_eq!(CliError::new("m").exit_code(), 1);
    }
}
