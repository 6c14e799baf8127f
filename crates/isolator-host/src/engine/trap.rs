//! What stopped a runtime, told apart by the engine's trap and by what the guest last wrote to standard error.

use crate::error::TrapKind;
use wasmtime::Trap;

/// The kind and a sentence for it.
pub(crate) fn cause(error: &wasmtime::Error, last_words: &str) -> (TrapKind, String) {
    let (kind, text) = match error.downcast_ref::<Trap>() {
        Some(Trap::UnreachableCodeReached) => return aborted(last_words),
        Some(Trap::StackOverflow) => return stack_overflow(),
        Some(Trap::MemoryOutOfBounds) => {
            (TrapKind::OutOfBounds, "an access outside its memory".into())
        }
        Some(Trap::Interrupt) => (TrapKind::Other, "it was interrupted".into()),
        Some(trap) => (TrapKind::Other, trap.to_string()),
        None if error.is::<wasmtime::ThrownException>() => (
            TrapKind::UnhandledException,
            "a native exception that nothing caught".into(),
        ),
        None => (TrapKind::Other, error.root_cause().to_string()),
    };
    (kind, text)
}

/// One of the guest's stacks is used up.
pub(crate) fn stack_overflow() -> (TrapKind, String) {
    (
        TrapKind::StackOverflow,
        "stack overflow: guest code recursed too deep".into(),
    )
}

/// What the runtime said before it aborted. The last that is known counts.
fn aborted(last_words: &str) -> (TrapKind, String) {
    let lines: Vec<&str> = last_words.lines().map(str::trim_end).collect();
    for (at, line) in lines.iter().enumerate().rev() {
        let next = lines.get(at + 1).copied().unwrap_or_default();
        if line.starts_with(TERMINATED) {
            return fail_fast(lines.get(at..).unwrap_or_default(), &[]);
        }
        // What the guest's own machinery says of an exception of a thread, a timer or queued work.
        if let Some(exception) = line.strip_prefix("Unhandled exception. ") {
            return (
                TrapKind::UnhandledException,
                with("an exception that nothing caught", exception),
            );
        }
        if line.starts_with("Unhandled Exception:") {
            let earlier = lines.get(..at).unwrap_or_default();
            let terminated = earlier
                .iter()
                .rposition(|line| line.starts_with(TERMINATED));
            return match next {
                name if name.ends_with("StackOverflowException") => stack_overflow(),
                name if name.contains("OutOfMemoryException") => {
                    (TrapKind::OutOfMemory, with("out of memory", name))
                }
                name => match terminated {
                    // `Environment.FailFast` was given an exception, or something asserted: it stands below what they say.
                    Some(from) => fail_fast(
                        earlier.get(from..).unwrap_or_default(),
                        lines.get(at + 1..).unwrap_or_default(),
                    ),
                    None => (
                        TrapKind::UnhandledException,
                        with("an exception that nothing could catch", name),
                    ),
                },
            };
        }
        if says_out_of_memory(line) {
            return (TrapKind::OutOfMemory, with("out of memory", line));
        }
    }
    (
        TrapKind::Aborted,
        "the guest aborted (`unreachable`), as after a failed allocation or a fault in its runtime"
            .into(),
    )
}

/// What the runtime begins with where it was asked to abort.
const TERMINATED: &str = "Process terminated.";

/// What `Environment.FailFast` said, in lines that begin with [`TERMINATED`], and the exception that it was given.
fn fail_fast(said: &[&str], exception: &[&str]) -> (TrapKind, String) {
    let first = said.first().and_then(|line| line.strip_prefix(TERMINATED));
    let source = first.unwrap_or_default().trim();
    let message = said.get(1..).unwrap_or_default().join("\n");
    let mut text = match source {
        "" => with("Environment.FailFast", message.trim()),
        source => with(source.trim_end_matches('.'), message.trim()),
    };
    let exception = exception.join("\n");
    let exception = exception.trim();
    // What asserts gives its own words once more.
    if source.is_empty() && !exception.is_empty() {
        text += "\n";
        text += exception;
    }
    (TrapKind::FailFast, text)
}

/// Whether the runtime said that it has no memory.
pub(crate) fn out_of_memory(last_words: &str) -> bool {
    last_words.lines().any(says_out_of_memory)
}

fn says_out_of_memory(line: &str) -> bool {
    ["Could not allocate", "could not allocate", "out of memory"]
        .iter()
        .any(|words| line.contains(words))
}

fn with(what: &str, detail: &str) -> String {
    if detail.is_empty() {
        what.into()
    } else {
        format!("{what}: {detail}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_guest_said_last_tells_the_kind() {
        let kind = |words: &str| aborted(words).0;
        assert_eq!(
            aborted("noise\nProcess terminated.\nthe reactor is hot\n"),
            (
                TrapKind::FailFast,
                "Environment.FailFast: the reactor is hot".into()
            )
        );
        assert_eq!(kind("Process terminated."), TrapKind::FailFast);
        assert_eq!(
            aborted(
                "Process terminated.\nthe reactor\n\nUnhandled Exception:\nSystem.InvalidOperationException: is hot\n   at A.B()\n"
            ),
            (
                TrapKind::FailFast,
                "Environment.FailFast: the reactor\nSystem.InvalidOperationException: is hot\n   at A.B()"
                    .into()
            )
        );
        assert_eq!(
            aborted(
                "Process terminated. Assertion failed.\none is no more\n   at A.B()\n\nUnhandled Exception:\n\
                 System.Diagnostics.DebugProvider+DebugAssertException: one is no more\n   at A.B()\n"
            ),
            (
                TrapKind::FailFast,
                "Assertion failed: one is no more\n   at A.B()".into()
            )
        );
        assert_eq!(
            kind("\nUnhandled Exception:\nStackOverflowException\n"),
            TrapKind::StackOverflow
        );
        assert_eq!(
            aborted("Unhandled Exception:\nSystem.InvalidOperationException: no\n   at A.B()"),
            (
                TrapKind::UnhandledException,
                "an exception that nothing could catch: System.InvalidOperationException: no"
                    .into()
            )
        );
        assert_eq!(
            kind("Unhandled Exception:\nSystem.OutOfMemoryException: x"),
            TrapKind::OutOfMemory
        );
        assert_eq!(
            kind("* Error: Could not allocate 4096 bytes\n"),
            TrapKind::OutOfMemory
        );
        assert_eq!(kind("bye"), TrapKind::Aborted);
        assert_eq!(kind(""), TrapKind::Aborted);
    }

    #[test]
    fn the_engines_traps_have_kinds() {
        let kind = |trap: Trap| cause(&wasmtime::Error::from(trap), "").0;
        assert_eq!(kind(Trap::StackOverflow), TrapKind::StackOverflow);
        assert_eq!(kind(Trap::MemoryOutOfBounds), TrapKind::OutOfBounds);
        assert_eq!(kind(Trap::UnreachableCodeReached), TrapKind::Aborted);
        assert_eq!(kind(Trap::IntegerDivisionByZero), TrapKind::Other);
    }
}
