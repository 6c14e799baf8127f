//! Training runs of `isolator compile`: which instances of generic methods the program is seen to need.

use crate::app::{App, Purpose};
use crate::args::{CompileArgs, CompiledArg, Surroundings};
use crate::call::make_all;
use crate::error::{CliError, Result};
use isolator_compile::Training;
use isolator_host::{IsolatedAssembly, IsolatedRuntime, printable};

/// A program's arguments in one word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// As it was written.
    text: String,
    args: Vec<String>,
}

impl CommandLine {
    /// Splits it at white space, as a shell does: what stands between quotes, or behind a backslash, is taken as it is.
    ///
    /// # Errors
    /// What is not closed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut args = Vec::new();
        let mut word: Option<String> = None;
        let mut quote = None;
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match (quote, c) {
                (None, c) if c.is_whitespace() => args.extend(word.take()),
                (None, '\'' | '"') => {
                    quote = Some(c);
                    // An argument that is empty is one, too.
                    word.get_or_insert_default();
                }
                (Some(open), c) if c == open => quote = None,
                (None | Some('"'), '\\') => {
                    let Some(next) = chars.next() else {
                        return Err(format!(
                            "`{text}` ends with a backslash, which takes the next character as it is: write two for one"
                        ));
                    };
                    let word = word.get_or_insert_default();
                    if quote.is_some() && !matches!(next, '"' | '\\' | '$' | '`') {
                        word.push(c);
                    }
                    word.push(next);
                }
                _ => word.get_or_insert_default().push(c),
            }
        }
        if let Some(open) = quote {
            return Err(format!(
                "`{text}` has a {open} that is not closed: write a second one, or a backslash before it"
            ));
        }
        args.extend(word);
        Ok(Self {
            text: text.into(),
            args,
        })
    }
}

/// Runs the program, and makes the calls, that the command line names: each run in a sandbox of its own, all calls in another one. Empty if it names nothing.
///
/// # Errors
/// What keeps the program from running; a limit, a trap, an exception.
pub fn train(command: &CompileArgs) -> Result<Training> {
    let mut training = Training::default();
    for line in &command.trainings {
        let args: Vec<&str> = line.args.iter().map(String::as_str).collect();
        let text = printable::line(&line.text);
        let code = once(command, Purpose::Run, &mut training, |runtime, program| {
            Ok(runtime.run_main(program, &args)?)
        })
        .map_err(|error| {
            error.noted(format!(
                "Nothing was compiled: this was the training run with the arguments `{text}`"
            ))
        })?;
        if code != 0 {
            tracing::warn!(
                "the training run with the arguments `{text}` ended with exit code {code}: what it did until then counts"
            );
        }
    }
    if !command.calls.is_empty() {
        once(command, Purpose::Call, &mut training, |runtime, program| {
            let note = "Nothing was compiled: this was the training call";
            make_all(&command.calls, runtime, program, note)
        })?;
    }
    Ok(training)
}

/// One sandbox, with what is granted.
fn once<T>(
    command: &CompileArgs,
    purpose: Purpose,
    training: &mut Training,
    work: impl FnOnce(&mut IsolatedRuntime, &IsolatedAssembly) -> Result<T>,
) -> Result<T> {
    let surroundings = Surroundings {
        // What an earlier compilation made would not be seen to be needed.
        compiled: Some(CompiledArg::Off),
        ..command.surroundings.clone()
    };
    let app = App::open(&command.app, purpose)?;
    let mut started = app.start(&surroundings, |builder| builder.inherit_stdio())?;
    let program = started.program()?;
    let worked: Result<T, CliError> =
        training.watch(&mut started.runtime, |runtime| work(runtime, &program));
    started.conclude(&surroundings.limits, worked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_split_as_a_shell_splits_them() {
        for (text, args) in [
            ("one two", &["one", "two"][..]),
            ("", &[]),
            ("  ", &[]),
            ("a \"b c\"", &["a", "b c"]),
            ("'a \"b c\"'", &["a \"b c\""]),
            (" --name=\"x y\"'z' \t b ", &["--name=x yz", "b"]),
            ("'' \"\"", &["", ""]),
            (r"a\ b \' \\", &["a b", "'", r"\"]),
            (r#""\" \\ \n" '\n'"#, &[r#"" \ \n"#, r"\n"]),
            ("é—", &["é—"]),
        ] {
            let line = CommandLine::parse(text).unwrap();
            assert_eq!(line.args, args, "{text}");
        }
        for (text, words) in [
            ("a 'b", "has a ' that is not closed"),
            ("\"b' c", "has a \" that is not closed"),
            ("a\\", "ends with a backslash"),
            ("\"a\\", "ends with a backslash"),
        ] {
            let message = CommandLine::parse(text).unwrap_err();
            assert!(message.contains(words), "{text}: {message}");
        }
    }
}
