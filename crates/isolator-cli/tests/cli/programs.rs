//! `isolator run`: output, exit codes and events, compared with .NET itself.

use crate::{fails, fixture, native, run, run_with};

#[test]
fn a_program_runs_as_under_dotnet() {
    for (args, input) in [
        (&[][..], ""),
        (
            &["one", "two words", "--three", "ü"],
            "line 1\nzwei ä\n\nlast",
        ),
    ] {
        let inside = run_with("CliHello", &[], args, input);
        assert_eq!(inside, native("CliHello", args, input));
        assert_eq!(inside.code, Some(i32::try_from(args.len()).unwrap()));
        assert!(inside.stdout.starts_with("Hello from ?!\n"), "{inside:?}");
    }
}

#[test]
fn long_input_is_read_to_its_end() {
    let input: String = (0..30_000).map(|n| format!("line {n}\n")).collect();
    let inside = run_with("CliHello", &[], &[], &input);
    assert!(
        inside.stdout.contains("read: line 29999\n"),
        "{}",
        inside.stdout.len()
    );
}

#[test]
fn an_asynchronous_main_is_pumped_to_its_end() {
    let inside = run("CliAsync", &[]);
    assert_eq!(inside, native("CliAsync", &[], ""));
    assert_eq!(inside.code, Some(5));
    let inside = run("CliAsync", &["throw"]);
    assert_eq!(inside.code, Some(134));
    assert!(inside.stderr.starts_with("Unhandled exception. System.InvalidOperationException: after an await\n   at CliAsync.Program.Main"), "{inside:?}");
    // A task that nothing can complete would make .NET wait for ever.
    let inside = run("CliAsync", &["forever"]);
    assert_eq!(inside.code, Some(1));
    assert!(
        inside.stderr.starts_with("error: the task cannot finish"),
        "{inside:?}"
    );
}

#[test]
fn a_synchronous_main_waits_for_asynchronous_code() {
    let input = "one\ntwo\nthree\n";
    let inside = run_with("CliWaiting", &[], &[], input);
    assert_eq!(inside, native("CliWaiting", &[], input));
    assert_eq!(inside.code, Some(3));
    assert_eq!(
        inside.stdout,
        "3 sync-over-async 4950 45\na foreground thread ends first\n"
    );
    // .NET would hang.
    let inside = run("CliWaiting", &["forever"]);
    assert_eq!(inside.code, Some(134));
    assert!(
        inside.stderr.starts_with(
            "Unhandled exception. System.InvalidOperationException: This wait would never end"
        ),
        "{inside:?}"
    );
}

#[test]
fn unhandled_exceptions_are_printed_as_dotnet_prints_them() {
    let inside = run("CliApp", &["throw"]);
    assert_eq!(inside, native("CliApp", &["throw"], ""));
    assert_eq!(inside.code, Some(134));
    assert!(inside.stderr.starts_with("Unhandled exception. System.InvalidOperationException: the outer one\n ---> System.FormatException"), "{inside:?}");
}

#[test]
fn exit_codes_are_the_programs() {
    for (name, args) in [
        ("CliApp", &["exit", "7"][..]),
        ("CliApp", &["exit", "0"]),
        ("CliApp", &["exit", "-1"]),
        ("CliApp", &["unknown"]),
        ("CliVoid", &[]),
        ("CliVoid", &["x"]),
    ] {
        assert_eq!(run(name, args), native(name, args, ""), "{args:?}");
    }
    assert_eq!(run("CliApp", &["exit", "7"]).code, Some(7));
    assert_eq!(run("CliVoid", &["x"]).code, Some(9));
}

#[test]
fn what_aborts_the_process_natively_aborts_the_sandbox_only() {
    let inside = run("CliApp", &["fail-fast"]);
    fails(
        &inside,
        134,
        &[
            "the end is near",
            "error: the program was stopped inside its sandbox",
        ],
    );
    let inside = run("CliApp", &["recurse"]);
    fails(
        &inside,
        134,
        &[
            "StackOverflowException",
            "error: the program was stopped inside its sandbox",
        ],
    );
    assert!(
        inside.stderr.len() < 10_000,
        "not a line for each frame: {} bytes",
        inside.stderr.len()
    );
}

#[test]
fn events_of_the_process_are_raised() {
    for args in [&["at-exit"][..], &["at-exit", "throw"]] {
        assert_eq!(run("CliApp", args), native("CliApp", args, ""));
    }
    assert_eq!(run("CliApp", &["at-exit"]).stdout, "process exit\n");
    assert_eq!(
        run("CliApp", &["at-exit", "throw"]).stdout,
        "unhandled: System.InvalidOperationException\n"
    );
}

/// `isolator run App.dll a b` is what `dotnet App.dll a b` is.
#[test]
fn arguments_after_the_program_are_the_programs() {
    let app = fixture("CliApp").display().to_string();
    let after = crate::isolator(&["run", &app, "around", "one", "--two", "--"]);
    assert_eq!(after.code, Some(0), "{after:?}");
    assert!(
        after.stdout.contains("arguments: around|one|--two|--\n"),
        "{}",
        after.stdout
    );
    let dashes = crate::isolator(&["run", &app, "--", "around", "one", "--two", "--"]);
    assert_eq!(after, dashes);
}
