//! What a program may use up: exit codes, and the line that says which limit it was.

use crate::{fails, fixture, isolator, run_with};

fn call(method: &str, args: &str, options: &[&str]) -> crate::Outcome {
    let calls = fixture("Calls");
    let mut line = vec![
        "call",
        calls.to_str().unwrap(),
        "Calls.Limits",
        method,
        args,
    ];
    line.extend(options);
    isolator(&line)
}

#[test]
fn time_is_124() {
    fails(
        &call("Spin", "[]", &["--timeout", "1500ms"]),
        124,
        &["--timeout", "1.5s allowed"],
    );
    fails(
        &call("Sleep", "[600000]", &["--timeout", "1500ms"]),
        124,
        &["--timeout"],
    );
    if cfg!(unix) {
        fails(
            &call("Spin", "[]", &["--cpu", "500ms"]),
            124,
            &["--cpu", "500ms allowed"],
        );
    }
}

#[test]
fn fuel_is_124() {
    let outcome = call("Spin", "[]", &["--fuel", "100000000"]);
    fails(&outcome, 124, &["--fuel", "100000000 allowed"]);
}

#[test]
fn memory_is_137() {
    for (method, args) in [("Hold", "[64]"), ("TakeNative", "[1048576]")] {
        let outcome = call(method, args, &["--memory", "32MiB"]);
        fails(&outcome, 137, &["stopped by --memory: 32 MiB allowed"]);
    }
}

#[test]
fn output_is_limited() {
    let outcome = call("Write", "[100000]", &["--max-output", "10KiB"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(
        outcome
            .stderr
            .contains("stopped by --max-output: 10 KiB allowed")
    );
}

#[test]
fn what_was_used_is_told() {
    let outcome = run_with("CliHello", &["--stats", "--timeout", "10m"], &[], "");
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    for word in ["peak memory", "cpu time", "wall time", "calls"] {
        assert!(outcome.stderr.contains(word), "{word}: {}", outcome.stderr);
    }
}

#[test]
fn what_is_no_size_or_time_is_refused() {
    fails(
        &call("Spin", "[]", &["--memory", "lots"]),
        2,
        &["`lots` is no size", "64MiB"],
    );
    fails(
        &call("Spin", "[]", &["--timeout", "soon"]),
        2,
        &["`soon` is no time", "500ms"],
    );
}
