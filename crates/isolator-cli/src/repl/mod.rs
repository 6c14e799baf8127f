//! `isolator repl`: C# one submission after the other, at a prompt or from a pipe.

mod colours;
mod editor;
mod history;

use crate::args::ReplArgs;
use crate::error::{CliError, Result};
use crate::limits::LimitArgs;
use crate::output;
use crate::script::{explain, granted, of_session, tell_apart, told};
use editor::{Editor, Typed};
use isolator_host::{Error as HostError, LimitKind, RuntimeBuilder, Stdin, printable};
use isolator_script::{Error as ScriptError, Session, Severity, Source, Submission};
use std::io::{BufRead, IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes of one submission from a pipe.
const LONGEST_SUBMISSION: usize = 1 << 20;

const HELP: &str = "\
C# is run when it is complete; the value of an expression without a semicolon is shown.
  Tab        completes              Alt-Enter  a new line in any case
  Up, Ctrl-R  earlier submissions   Ctrl-C     stops what runs, or throws the line away
  #help      shows this             #reset     forgets all variables, methods and types
  #quit      ends this, as Ctrl-D does
";

/// A session that the line editor uses, too.
type Shared = Arc<Mutex<Session>>;

fn locked(session: &Shared) -> MutexGuard<'_, Session> {
    session.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs submissions until there are no more. The result is the exit code.
///
/// # Errors
/// What keeps it from beginning, or what ended the session.
pub fn repl(command: &ReplArgs) -> Result<i32> {
    let surroundings = &command.surroundings;
    let is_interactive = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let scripts = of_session(command)?;
    let limits = surroundings.limits.of_submissions();
    let streams = |builder: RuntimeBuilder| {
        // What comes through a pipe are the submissions themselves.
        let stdin = match is_interactive {
            true => Stdin::Inherit,
            false => Stdin::Empty,
        };
        builder.inherit_stdio().stdin(stdin).limits(limits.clone())
    };
    let session = granted(scripts.host(), surroundings, streams, |grant| {
        scripts.session(grant)
    })?;
    let session = Arc::new(Mutex::new(session));
    count(&session, &surroundings.limits);
    check_namespaces(&session, &command.using)?;
    let ended = match is_interactive {
        true => at_prompt(&session, &surroundings.limits),
        false => from_pipe(&session, &surroundings.limits),
    };
    surroundings.limits.tell(&locked(&session).stats());
    ended
}

/// Looks that there are the namespaces that the command line names, before each submission says so.
fn check_namespaces(session: &Shared, namespaces: &[String]) -> Result<()> {
    if namespaces.is_empty() {
        return Ok(());
    }
    let found = locked(session).check("0").map_err(explain)?;
    match found.iter().find(|told| told.severity == Severity::Error) {
        Some(error) => Err(CliError::new(format!(
            "a namespace that --using names cannot be used: {}",
            printable::line(&error.message)
        ))),
        None => Ok(()),
    }
}

fn at_prompt(session: &Shared, limits: &LimitArgs) -> Result<i32> {
    let cancel = locked(session).cancel_handle();
    ctrlc::set_handler(move || cancel.cancel())
        .map_err(|error| CliError::new(format!("cannot have Ctrl-C stop a submission: {error}")))?;
    let mut editor = Editor::new(session);
    say(&format!(
        "C# in a sandbox, isolator {}. #help says more.\n",
        env!("CARGO_PKG_VERSION")
    ));
    loop {
        let text = match editor.read()? {
            Typed::Text(text) => text,
            Typed::Nothing => continue,
            Typed::End => return Ok(0),
        };
        match text.trim() {
            "" => {}
            "#quit" | "#exit" => return Ok(0),
            "#help" => say(HELP),
            "#reset" => reset(session, limits)?,
            _ => {
                if let Err(error) = run(session, limits, &text) {
                    if let Some(code) = exit_code(&error) {
                        return Ok(code);
                    }
                    show(&error);
                }
                if !locked(session).is_alive() || output::is_full() {
                    say_apart("The session's variables are gone: it begins anew.\n");
                    reset(session, limits)?;
                }
            }
        }
    }
}

/// Runs what comes through a pipe. What fails does not keep the rest from running, unless it ended the session; the exit code is that of the first failure.
fn from_pipe(session: &Shared, limits: &LimitArgs) -> Result<i32> {
    let mut input = std::io::stdin().lock();
    let mut code = 0;
    let mut text = String::new();
    loop {
        let mut line = Vec::new();
        let room = (LONGEST_SUBMISSION - text.len()) as u64 + 1;
        let read = std::io::Read::take(&mut input, room)
            .read_until(b'\n', &mut line)
            .map_err(|error| CliError::new(format!("cannot read standard input: {error}")))?;
        let line = String::from_utf8(line)
            .map_err(|_| CliError::new("cannot read standard input: it is not UTF-8 text"))?;
        text += &line;
        if text.len() > LONGEST_SUBMISSION {
            return Err(CliError::new(format!(
                "a submission has more than {LONGEST_SUBMISSION} bytes, or is not complete after so many"
            )));
        }
        let is_end = read == 0;
        match text.trim() {
            "" if is_end => return Ok(code),
            "" => {
                text.clear();
                continue;
            }
            "#quit" | "#exit" => return Ok(code),
            "#help" => {
                say(HELP);
                text.clear();
                continue;
            }
            "#reset" => {
                reset(session, limits)?;
                text.clear();
                continue;
            }
            _ => {}
        }
        // What cannot be looked at is told when it is run.
        if !is_end && !locked(session).is_complete(&text).unwrap_or(true) {
            continue;
        }
        let whole = std::mem::take(&mut text);
        // Without the line's end, which would be a line more under what is wrong.
        if let Err(error) = run(session, limits, whole.trim_end()) {
            if !locked(session).is_alive() || output::is_full() {
                return Err(error);
            }
            show(&error);
            if code == 0 {
                code = error.exit_code();
            }
            // What went wrong was more than may be printed.
            if output::is_full() {
                return Ok(code);
            }
        }
    }
}

/// Whether it is for the prompt, and not C#.
fn is_command(text: &str) -> bool {
    ["#quit", "#exit", "#help", "#reset"].contains(&text.trim())
}

fn reset(session: &Shared, limits: &LimitArgs) -> Result<()> {
    locked(session).reset().map_err(explain)?;
    count(session, limits);
    Ok(())
}

/// Has what is printed because of submissions count as what they print themselves.
fn count(session: &Shared, limits: &LimitArgs) {
    output::count(locked(session).output_account(), limits.max_output);
}

/// Runs a submission and prints what comes of it.
fn run(session: &Shared, limits: &LimitArgs, text: &str) -> Result<()> {
    let name = format!("submission{}", locked(session).submissions() + 1);
    let submission = match locked(session).execute(text) {
        Ok(submission) => submission,
        Err(ScriptError::Cancelled) => {
            say_apart("\nCancelled before it ran: what was declared is kept.\n");
            return Err(CliError::Told);
        }
        Err(error) => {
            told(error, &[Source::new(name, text)])?;
            return Err(CliError::Told);
        }
    };
    let Submission {
        diagnostics,
        result,
        value_text,
        stats,
        ..
    } = submission;
    tell_apart(&diagnostics, &[Source::new(name, text)]);
    if matches!(result, Err(HostError::Cancelled)) {
        // Behind `^C`, or in the middle of a line that it wrote.
        say_apart("\nCancelled.\n");
        return Err(CliError::Told);
    }
    result.map_err(|error| limits.with_memory(&stats, named(error).into()))?;
    if let Some(value) = value_text {
        let text = format!("{}\n", printable::text(&value));
        output::take(text.len() as u64)?;
        say(&text);
    }
    Ok(())
}

/// A limit by the option that sets it: here that is for each submission.
fn named(error: HostError) -> HostError {
    match error {
        HostError::Limit {
            limit,
            allowed,
            used,
        } => HostError::Limit {
            limit: match limit {
                LimitKind::CallTimeout => LimitKind::Lifetime,
                LimitKind::CallCpu => LimitKind::TotalCpu,
                other => other,
            },
            allowed,
            used,
        },
        other => other,
    }
}

/// The exit code of a session that ended itself.
fn exit_code(error: &CliError) -> Option<i32> {
    error.is_exit().then(|| error.exit_code())
}

fn show(error: &CliError) {
    error.log();
    if !error.is_told() {
        say_apart(&format!("{}\n", output::shown(error)));
    }
}

/// Where nobody reads, nobody is told.
fn say(text: &str) {
    let mut out = std::io::stdout();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}

fn say_apart(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}
