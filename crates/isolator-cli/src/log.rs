//! Logging to standard error, and the note that the first use of a guest image takes a while.

use crate::args::LogArgs;
use crate::output;
use isolator_host::printable;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use tracing::span::{Attributes, Id};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, filter};

static QUIETLY: AtomicBool = AtomicBool::new(false);

/// Whether errors alone are wanted.
pub fn is_quiet() -> bool {
    QUIETLY.load(Ordering::Relaxed)
}

/// Starts to log as the command line and the environment say.
pub fn start(args: &LogArgs) {
    QUIETLY.store(args.quiet, Ordering::Relaxed);
    let (filter, problem) = filter(args);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(Line::default)
        // Colours are escape sequences, and what is in a line may be others' words: none is let through.
        .with_ansi(false)
        .with_target(args.verbose > 1)
        .without_time()
        .with_filter(filter);
    let note = (std::io::stderr().is_terminal() && !args.quiet)
        .then(|| FirstUse.with_filter(filter::filter_fn(|metadata| long_work(metadata).is_some())));
    // An embedder's subscriber cannot be there: this is the program.
    let _ = tracing_subscriber::registry()
        .with(lines)
        .with(note)
        .try_init();
    if let Some(problem) = problem {
        tracing::warn!("{problem}");
    }
}

/// What is logged without a word. What the library of the Model Context Protocol complains of is what clients do, and they are told.
const QUIET: &str = "warn,rmcp=error,rmcp::service=off";

/// The command line comes first, then the variables. A variable that cannot be read is told about.
fn filter(args: &LogArgs) -> (EnvFilter, Option<String>) {
    let level = match (args.quiet, args.verbose) {
        (true, _) => Some("error"),
        (_, 0) => None,
        (_, 1) => Some("info"),
        (_, 2) => Some("debug"),
        _ => Some("trace"),
    };
    if let Some(level) = level {
        // The compiler and the engine have much to say that is of use to nobody here.
        let ours = ["isolator", "isolator_host", "isolator::guest"]
            .map(|target| format!("{target}={level}"))
            .join(",");
        return (EnvFilter::new(format!("{QUIET},{ours}")), None);
    }
    for variable in ["ISOLATOR_LOG", "RUST_LOG"] {
        if let Some(directives) = std::env::var_os(variable).filter(|value| !value.is_empty()) {
            return match EnvFilter::try_new(directives.to_string_lossy()) {
                Ok(filter) => (filter, None),
                Err(error) => (
                    EnvFilter::new(QUIET),
                    Some(format!("{variable} cannot be used: {error}")),
                ),
            };
        }
    }
    (EnvFilter::new(QUIET), None)
}

/// One line on its way to standard error: without what a terminal would obey, and only if there is room for it.
#[derive(Default)]
struct Line(Vec<u8>);

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        static FULL: AtomicBool = AtomicBool::new(false);
        let text = String::from_utf8_lossy(&self.0);
        let line = printable::line(text.trim_end_matches('\n'));
        // Where even standard error is gone, nobody can be told.
        let _ = if output::take(line.len() as u64 + 1).is_ok() {
            writeln!(std::io::stderr(), "{line}")
        } else if !FULL.swap(true, Ordering::Relaxed) {
            writeln!(
                std::io::stderr(),
                " WARN --max-output is reached: lines of the log are left out from here on"
            )
        } else {
            Ok(())
        };
    }
}

/// What is done once and takes long, by the span that it is done in.
fn long_work(metadata: &Metadata<'_>) -> Option<Work> {
    let is = |name: &str, of: &str| {
        metadata.is_span() && metadata.name() == name && metadata.target().starts_with(of)
    };
    if is("compile", "isolator_host") {
        Some(Work::Guest)
    } else if is("prepare", "isolator_script") {
        Some(Work::Compiler)
    } else {
        None
    }
}

/// What takes long at the first use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Guest,
    Compiler,
}

impl Work {
    /// What is said of it, the first time that it is done.
    fn note(self) -> Option<&'static str> {
        static TOLD: [AtomicBool; 2] = [const { AtomicBool::new(false) }; 2];
        let [guest, compiler] = &TOLD;
        let (told, text) = match self {
            Self::Guest => (
                guest,
                "isolator: compiling the guest image for this machine; this is done once and takes some seconds …",
            ),
            Self::Compiler => (
                compiler,
                "isolator: preparing the C# compiler; this is done once for each guest image, and can take a minute …",
            ),
        };
        (!told.swap(true, Ordering::Relaxed)).then_some(text)
    }
}

/// Says why nothing seems to happen when a guest image, or its compiler of C#, is used for the first time.
struct FirstUse;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for FirstUse {
    fn on_new_span(&self, span: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        if let Some(note) = long_work(span.metadata()).and_then(Work::note) {
            eprintln!("{note}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_long_is_told_once() {
        assert!(Work::Compiler.note().unwrap().contains("C# compiler"));
        assert_eq!(Work::Compiler.note(), None);
        assert!(Work::Guest.note().unwrap().contains("guest image"));
        assert_eq!(Work::Guest.note(), None);
    }
}
