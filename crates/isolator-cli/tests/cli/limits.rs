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

/// The guest sees a full disk, and what it does not catch ends it as any exception does.
#[test]
fn disk_and_files_are_limited() {
    let granted = tempfile::tempdir().unwrap();
    let dir = format!("{}::/data", granted.path().display());
    let write = |name: &str, option: [&str; 2]| {
        let options = ["--dir", &dir, option[0], option[1]];
        run_with("CliApp", &options, &["write", name], "")
    };
    let written = "written inside".len();
    assert_eq!(
        write("/data/fits", ["--max-disk", &written.to_string()]).code,
        Some(0)
    );
    assert_ne!(
        write("/data/more", ["--max-disk", &(written - 1).to_string()]).code,
        Some(0)
    );
    assert_eq!(write("/data/one", ["--max-files", "1"]).code, Some(0));
    assert_ne!(write("/data/none", ["--max-files", "0"]).code, Some(0));
    assert!(granted.path().join("fits").exists() && !granted.path().join("none").exists());
}
