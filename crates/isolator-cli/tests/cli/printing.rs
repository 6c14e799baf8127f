//! What is printed because of a guest: escaped, bounded, and at no cost but that of its length.

use crate::{Outcome, fixture, isolator, json};
use std::time::{Duration, Instant};

fn call(method: &str, args: &str, options: &[&str]) -> Outcome {
    let library = fixture("CliLibrary");
    let library = library.to_str().unwrap();
    let mut line = vec!["call", library, "CliLibrary.Prints", method, args];
    line.extend(options);
    isolator(&line)
}

/// What a terminal obeys or a reader does not see, as the fixture has it.
const HOSTILE: &str = "\u{1b}[2J\u{9b}31m\u{7f}\r\u{202e}\u{2066}\u{200b}\u{61c}\u{2028}\u{e0041}";
const ESCAPED: &str = r"\u001b[2J\u009b31m\u007f\r\u202e\u2066\u200b\u061c\u2028";

fn is_clean(text: &str) -> bool {
    !text.contains(|c: char| c != '\n' && c != '\t' && isolator_host::printable::is_hidden(c))
}

#[test]
fn exceptions_results_and_lines_of_the_log_command_no_terminal() {
    let thrown = call("Throw", "[]", &[]);
    assert_eq!(thrown.code, Some(134), "{thrown:?}");
    assert!(is_clean(&thrown.stderr), "{:?}", thrown.stderr);
    let expected =
        format!(r"Unhandled exception. System.InvalidOperationException: a{ESCAPED}\U000e0041b");
    assert!(thrown.stderr.starts_with(&expected), "{:?}", thrown.stderr);

    let result = call("Text", "[]", &[]);
    assert_eq!((result.code, &*result.stderr), (Some(0), ""));
    assert!(is_clean(&result.stdout), "{:?}", result.stdout);
    assert_eq!(
        json(&result.stdout),
        serde_json::json!({ HOSTILE: [HOSTILE] })
    );

    // A name that the log shows.
    let asked = call("Load", "[]", &["-vv"]);
    assert!(is_clean(&asked.stderr), "{:?}", asked.stderr);
    assert!(asked.stderr.contains(r"\u001b[2J"), "{:?}", asked.stderr);

    // Its own output is its own.
    let written = call("Write", "[1]", &[]);
    assert_eq!((written.code, &*written.stderr), (Some(0), HOSTILE));
}

#[test]
fn a_key_that_comes_twice_is_told() {
    let outcome = call("Twice", "[]", &[]);
    assert_eq!((outcome.code, &*outcome.stdout), (Some(1), ""));
    assert!(
        outcome.stderr.contains(r#"the key "1" twice"#),
        "{outcome:?}"
    );
}

/// Each way in which a guest makes something be printed, alone and after others.
#[test]
fn max_output_bounds_whatever_is_printed() {
    const ALLOWED: usize = 4096;
    // What the program says in words of its own: which limit it was, and with -vv where its machine code is from.
    const OWN_WORDS: usize = 700;
    for (method, args, options) in [
        ("Write", "[1000000]", &[][..]),
        ("ThrowLong", "[1000000]", &[]),
        ("WriteAndThrow", "[3000]", &[]),
        ("Long", "[1000000]", &[]),
        ("WriteAndReturn", "[3000]", &[]),
        ("LoadMany", "[500]", &["-vv"]),
        ("LoadManyAndWrite", "[500]", &["-vv"]),
    ] {
        let mut line = vec!["--max-output", "4KiB"];
        line.extend(options);
        let outcome = call(method, args, &line);
        assert_ne!(outcome.code, Some(0), "{method}");
        let printed = outcome.stdout.len() + outcome.stderr.len();
        assert!(printed <= ALLOWED + OWN_WORDS, "{method}: {printed} bytes");
        assert!(
            outcome.stderr.contains("--max-output"),
            "{method}: {}",
            outcome.stderr
        );
    }
    // What fits is not touched.
    let outcome = call("WriteAndReturn", "[100]", &["--max-output", "4KiB"]);
    assert_eq!(
        (outcome.code, outcome.stdout.len(), outcome.stderr.len()),
        (Some(0), 103, 100)
    );
}

/// Megabytes of one-byte values: whatever they stand for, nothing is built of them.
#[test]
fn a_result_costs_what_is_printed() {
    for (method, args) in [
        ("Nils", "[1]"),
        ("Nested", "[1]"),
        ("Maps", "[1]"),
        ("Letters", "[1]"),
    ] {
        let outcome = call(method, args, &["--timeout", "60s"]);
        assert_eq!(outcome.code, Some(0), "{method}: {}", outcome.stderr);
        assert!(outcome.stdout.len() > 1 << 20, "{method}");
        serde_json::from_str::<serde::de::IgnoredAny>(&outcome.stdout).unwrap();
    }
}

/// Nobody reads what is printed, and the pipe is full: the time of the call is over all the same.
#[test]
#[cfg(unix)]
fn printing_ends_with_the_time_of_the_call() {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_isolator"));
    let mut child = command
        .args(["call", fixture("CliLibrary").to_str().unwrap()])
        .args(["CliLibrary.Prints", "Long", "[4000000]", "--timeout", "3s"])
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // The pipe is held and not read. Only an end that never comes would fail this.
    let unread = child.stdout.take();
    let begun = Instant::now();
    let code = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        assert!(begun.elapsed() < Duration::from_secs(300), "it goes on");
        std::thread::sleep(Duration::from_millis(50));
    };
    drop(unread);
    assert_eq!(code, Some(124));
    let mut stderr = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut stderr).unwrap();
    assert!(stderr.contains("stopped by --timeout"), "{stderr}");
}
