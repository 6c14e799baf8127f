//! What goes wrong with scripts, as errors of the interface.

use super::isolator_script_diagnostics;
use crate::error::{CError, isolator_error_kind};
use isolator_script::{Diagnostics, Error};

use isolator_error_kind::*;

impl From<Error> for CError {
    fn from(error: Error) -> Self {
        let message = in_c(&error.to_string());
        match error {
            Error::Host(error) => error.into(),
            Error::Compile(diagnostics) => {
                Self::compilation(message, isolator_script_diagnostics(diagnostics))
            }
            Error::Directive {
                file,
                line,
                message: problem,
            } => {
                let told = Diagnostics::of_directive(file, line, in_c(&problem));
                Self::compilation(message, isolator_script_diagnostics(told))
            }
            Error::TooDeep { .. } => Self::Own(ISOLATOR_ERROR_COMPILATION, message),
            Error::CompileLimit {
                limit,
                allowed,
                used,
            } => Self::limit(message, limit, allowed, used),
            Error::SessionEnded { .. } | Error::CompilerEnded { .. } => Self::dead(message),
            Error::TooManySubmissions { .. } => Self::config(message),
            Error::Cancelled => Self::Own(
                ISOLATOR_ERROR_CANCELLED,
                "the work with scripts was cancelled".into(),
            ),
            Error::CompilerNotFound { .. } => Self::Own(ISOLATOR_ERROR_COMPILER_NOT_FOUND, message),
            Error::Options { .. } => Self::config(message),
            Error::Global { .. } => Self::Own(ISOLATOR_ERROR_ARGUMENT, message),
            Error::Unreadable { .. } => Self::Own(ISOLATOR_ERROR_IO, message),
            _ => Self::Own(ISOLATOR_ERROR_OTHER, message),
        }
    }
}

/// A message in the words of this interface.
pub(super) fn in_c(text: &str) -> String {
    crate::words::in_c(text)
        .replace(
            "`ScriptHostBuilder::compile_limits`",
            "`isolator_script_host_builder_set_compile_limit`",
        )
        .replace(
            "`ScriptHostBuilder::compiler`",
            "`ISOLATOR_SCRIPT_COMPILER`",
        )
        .replace(
            "`ScriptHostBuilder::library`",
            "`isolator_script_host_builder_library`",
        )
        .replace(
            "`ScriptHostBuilder::max_submissions`",
            "`ISOLATOR_SCRIPT_MAX_SUBMISSIONS`",
        )
        .replace(
            "`ScriptHostBuilder::package_folder`",
            "`ISOLATOR_SCRIPT_PACKAGE_FOLDER`",
        )
        .replace(
            "`ScriptHostBuilder::allow_package`",
            "`ISOLATOR_SCRIPT_ALLOW_PACKAGE`",
        )
        .replace(
            "`ScriptHostBuilder::load_folder`",
            "`ISOLATOR_SCRIPT_LOAD_FOLDER`",
        )
        .replace("`Session::reset`", "`isolator_script_session_reset`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::isolator_host::LimitKind;

    /// One of each kind that is worded for people.
    fn errors() -> Vec<Error> {
        let text = || "it".to_owned();
        vec![
            Error::Compile(Diagnostics::default()),
            Error::Directive {
                file: text(),
                line: 1,
                message: "give it to the host with `ScriptHostBuilder::library`".into(),
            },
            Error::Options { message: text() },
            Error::TooDeep { message: text() },
            Error::CompileLimit {
                limit: LimitKind::Memory,
                allowed: 1,
                used: 2,
            },
            Error::SessionEnded { why: text() },
            Error::TooManySubmissions { most: 3 },
            Error::Cancelled,
            Error::CompilerFault { message: text() },
            Error::CompilerNotFound {
                looked: vec![text()],
            },
            Error::Global {
                name: text(),
                message: text(),
            },
            Error::Unreadable {
                path: text(),
                message: text(),
            },
        ]
    }

    #[test]
    fn no_message_speaks_rust() {
        for error in errors() {
            let rust = error.to_string();
            let told = CError::from(error).into_error();
            assert!(!told.message().contains("::"), "{rust}: {}", told.message());
        }
    }
}
