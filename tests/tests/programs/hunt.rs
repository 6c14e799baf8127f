//! No call of the base library ends the runtime: all that can be called without an object is called, with default and odd arguments, in runtimes
//! that are thrown away.

use isolator_host::{Error, Limits, Stdio, TrapKind};
use isolator_tests::host;
use std::time::Duration;

const FIXTURE: &str = "Hunt";
const MEMBERS: &str = "Hunt.Members";

/// How many members one runtime calls: what they leave behind is met by those after them.
const AT_ONCE: i32 = 400;

/// Calls members until one of them ends the runtime; which that was, and how.
fn call(from: i32, to: i32) -> Option<(i32, Error)> {
    let limits = Limits::default()
        .memory(512 << 20)
        .call_timeout(Duration::from_secs(20));
    let mut runtime = host()
        .runtime()
        .limits(limits)
        .stdout(Stdio::Capture)
        .stderr(Stdio::Capture)
        .create()
        .unwrap();
    let error = runtime
        .call::<i32>(FIXTURE, MEMBERS, "Call", (from, to))
        .err()?;
    let written = runtime.stdout_utf8();
    // Members write, too; a number alone on its line, that is no smaller than the last one, is ours.
    let last = written
        .lines()
        .filter_map(|line| line.parse().ok())
        .filter(|number| (from..to).contains(number))
        .fold(from, |last: i32, number| last.max(number));
    Some((last, error))
}

/// Whether the runtime died of a fault: it did not of a limit, or when it was told to end.
fn is_fault(error: &Error) -> bool {
    !matches!(
        error,
        Error::Limit { .. }
            | Error::Exit { .. }
            | Error::GuestException(_)
            | Error::Trap {
                kind: TrapKind::StackOverflow,
                ..
            }
    )
}

#[test]
#[ignore = "finds what still ends the runtime"]
fn no_call_of_the_base_library_ends_the_runtime() {
    let mut runtime = host().create_runtime().unwrap();
    let count: i32 = runtime.call(FIXTURE, MEMBERS, "Count", ()).unwrap();
    assert!(count > 5000, "{count} members were found");
    let mut faults = Vec::new();
    let mut from = 0;
    while from < count {
        let to = (from + AT_ONCE).min(count);
        match call(from, to) {
            None => from = to,
            Some((last, error)) => {
                if is_fault(&error) {
                    let name: String = runtime.call(FIXTURE, MEMBERS, "Name", (last,)).unwrap();
                    faults.push(format!("{last} {name}: {error}"));
                }
                from = last + 1;
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn large_values_are_refused_before_anything_runs() {
    let mut runtime = host().create_runtime().unwrap();
    let answers: Vec<String> = runtime.call(FIXTURE, "Hunt.Large", "Ask", ()).unwrap();
    let expected = [
        "argument: NotSupportedException 0",
        "result: NotSupportedException 0",
        "field stored: NotSupportedException 0",
        "field loaded: NotSupportedException 0",
        "static stored: NotSupportedException 0",
        "array: TypeLoadException 0",
        "object: 5",
    ];
    assert_eq!(answers, expected);
}
