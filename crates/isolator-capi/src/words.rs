//! Messages in the words of this interface: settings have the names that C code uses.

use crate::setting_names::setting_name;
use crate::types::isolator_bytes;
use ::isolator_host::{Error, Setting};

/// A text of the engine's, with the settings that it names called what they are in `isolator.h`.
pub(crate) fn in_c(text: &str) -> String {
    Setting::rename_in(text, setting_name)
}

/// The message of an error.
pub(crate) fn message(error: &Error) -> String {
    match error {
        // An exception's text is the guest's own.
        Error::GuestException(exception) => exception.to_string(),
        // The engine's own advice is for Rust programs.
        Error::MustNotWait => "the task waits for an asynchronous callback, which this thread would have to finish itself. Call the method with \
             `isolator_runtime_invoke_async`"
            .into(),
        // So is this one's.
        Error::BadSuspended { .. } => in_c(&error.to_string())
            .replace("`from`", "`isolator_runtime_builder_from`")
            .replace("`cold`", "`isolator_runtime_builder_cold`"),
        error => in_c(&error.to_string()),
    }
}

/// The names of settings as messages of errors and of the log spell them (between backticks), for bindings that put their own language's in
/// their place: the name of number `index`, which lives as long as the process; empty if there are not so many.
#[unsafe(no_mangle)]
pub extern "C" fn isolator_setting_name(index: usize) -> isolator_bytes {
    match Setting::ALL.get(index) {
        Some(setting) => isolator_bytes::of(setting_name(*setting).as_bytes()),
        None => isolator_bytes::none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::isolator_host::LimitKind;
    use std::path::PathBuf;

    #[test]
    fn every_setting_is_one_of_the_header() {
        let header = include_str!("../include/isolator.h");
        for setting in Setting::ALL {
            let name = setting_name(*setting);
            assert!(header.contains(&format!("{name} =")), "{setting}: {name}");
        }
        // SAFETY: the texts live as long as the process.
        let texts: Vec<_> = (0..=Setting::ALL.len())
            .map(|index| unsafe { isolator_setting_name(index).get() })
            .collect();
        assert_eq!(texts.last().map(|text| text.len()), Some(0));
        assert_eq!(texts.iter().filter(|text| text.is_empty()).count(), 1);
    }

    /// One error of each kind that the engine words itself.
    fn errors() -> Vec<Error> {
        let text = || "it".to_owned();
        let mut errors: Vec<Error> = LimitKind::ALL
            .iter()
            .map(|&limit| Error::Limit {
                limit,
                allowed: 1,
                used: 2,
            })
            .collect();
        errors.extend([
            Error::ForeignHandle {
                what: "the object",
                expected: 1,
                found: 2,
            },
            Error::Deadlock,
            Error::MustNotWait,
            Error::Internal { message: text() },
            Error::Trap {
                kind: ::isolator_host::TrapKind::Other,
                message: text(),
                backtrace: String::new(),
            },
            Error::Exit { code: 3 },
            Error::Cancelled,
            Error::Dead { why: "it".into() },
            Error::BadGuestBehavior {
                function: "invoke",
                problem: text(),
            },
            Error::GuestNotFound {
                looked: vec![text()],
            },
            Error::BadGuest {
                path: PathBuf::from("x"),
                problems: vec![text()],
            },
            Error::Io {
                what: "read",
                path: PathBuf::from("x"),
                source: std::io::Error::other("no"),
            },
            Error::NotFrozen {
                problems: vec![text()],
            },
            Error::BadSnapshot {
                path: PathBuf::from("x"),
                problems: vec![text()],
            },
            Error::BadSuspended {
                path: None,
                problems: vec![text()],
            },
            Error::TooManyRuntimes { max: 3 },
            Error::Engine {
                what: "start",
                message: text(),
            },
        ]);
        errors
    }

    #[test]
    fn no_message_speaks_rust() {
        for error in errors() {
            let text = message(&error);
            for rust in [
                "::",
                "builder()",
                "Limits",
                "IsolatedRuntime",
                "into_async",
                "tokio",
            ] {
                assert!(!text.contains(rust), "{text}");
            }
        }
        let text = message(&Error::TooManyRuntimes { max: 3 });
        assert!(text.contains("`ISOLATOR_HOST_MAX_RUNTIMES`"), "{text}");
    }
}
