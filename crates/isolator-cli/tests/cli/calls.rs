//! `isolator call`: results as JSON, and what it says when a call cannot be made.

use crate::{Outcome, fails, finish, fixture, json};
use serde_json::Value;
use std::process::Command;

fn call(type_and_method: &[&str]) -> Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isolator"));
    command
        .arg("call")
        .arg(fixture("CliLibrary"))
        .args(type_and_method);
    finish(command, "")
}

/// The result of a static method of `CliLibrary.Calls`.
fn result(method: &str, args: &str) -> Value {
    let outcome = call(&["CliLibrary.Calls", method, args]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    serde_json::from_str(&outcome.stdout).unwrap()
}

#[test]
fn calls_give_their_result_as_json() {
    assert_eq!(result("Add", "[1, 2]"), json("3"));
    assert_eq!(result("Which", "[5]"), json(r#""int 5""#));
    assert_eq!(result("Which", r#"["a"]"#), json(r#""string a""#));
    assert_eq!(result("Which", "[1.5]"), json(r#""double 1.5""#));
    assert_eq!(result("Which(double)", "[1]"), json(r#""double 1""#));
    assert_eq!(result("Clash(int[])", "[[1, 2]]"), json(r#""ints 2""#));
    assert_eq!(result("TypeOf<string>", r#"["x"]"#), json(r#""String x""#));
    assert_eq!(
        result("Mirror", r#"[{"X": 1, "Y": 2, "Label": "a"}]"#),
        json(r#"{"X": 2, "Y": 1, "Label": "a!"}"#)
    );
    assert_eq!(result("Names", "[]"), json(r#"{"2": "two", "1": "one"}"#));
    assert_eq!(
        result("Odd", "[]"),
        json(r#"["NaN", "Infinity", "-Infinity", 0.5]"#)
    );
    assert_eq!(
        result("Reverse", r#"[{"$bytes": "AQID"}]"#),
        json(r#""AwIB""#)
    );
    assert_eq!(result("Reverse", "[[1, 2, 3]]"), json(r#""AwIB""#));
    assert_eq!(
        result("Later", r#"[{"$time": "2026-01-31T23:30:00Z"}]"#),
        json(r#""2026-02-01T00:30:00Z""#)
    );
    assert_eq!(
        result("Later", r#"["2026-01-31T23:30:00Z"]"#),
        json(r#""2026-02-01T00:30:00Z""#)
    );
}

#[test]
fn of_a_method_without_a_result_nothing_is_printed() {
    let outcome = call(&["CliLibrary.Calls", "Nothing"]);
    assert_eq!((outcome.code, &*outcome.stdout), (Some(0), ""));
}

#[test]
fn a_task_is_awaited_and_the_result_stands_alone_on_standard_output() {
    let outcome = call(&["CliLibrary.Calls", "Slowly", r#"["abc"]"#]);
    let expected = Outcome {
        code: Some(0),
        stdout: "\"ABC\"\n".into(),
        stderr: "this is no result\n".into(),
    };
    assert_eq!(outcome, expected);
    let pretty = call(&[
        "CliLibrary.Calls",
        "Mirror",
        r#"[{"X": 1, "Y": 2}]"#,
        "--pretty",
    ]);
    assert_eq!(
        pretty.stdout,
        "{\n  \"X\": 2,\n  \"Y\": 1,\n  \"Label\": \"none\"\n}\n"
    );
}

#[test]
fn instance_methods_get_an_object_and_other_assemblies_can_be_named() {
    assert_eq!(call(&["CliLibrary.Counter", "Next", "[2]"]).stdout, "42\n");
    assert_eq!(
        call(&["System.Math, System.Private.CoreLib", "Max", "[1.5, 2.5]"]).stdout,
        "2.5\n"
    );
    fails(
        &call(&["CliLibrary.Named", "Greet"]),
        1,
        &["Named(string name)", "parameterless constructor"],
    );
}

#[test]
fn calls_that_throw_or_leave_say_so() {
    let thrown = call(&["CliLibrary.Calls", "Fail", r#"["why"]"#]);
    fails(
        &thrown,
        134,
        &[
            "Unhandled exception. System.ArgumentException: why\n   at CliLibrary.Calls.Fail(String message)",
        ],
    );
    assert!(!thrown.stderr.contains("Isolator.Runtime"), "{thrown:?}");
    let left = call(&["CliLibrary.Calls", "Leave", "[5]"]);
    assert_eq!(
        left,
        Outcome {
            code: Some(5),
            stdout: String::new(),
            stderr: String::new()
        }
    );
}

#[test]
fn calls_that_cannot_be_made_say_what_there_is() {
    let calls = "CliLibrary.Calls";
    fails(
        &call(&[calls, "Missing"]),
        1,
        &["Missing", "static int Add(int a, int b)"],
    );
    fails(
        &call(&[calls, "Add", "[1]"]),
        1,
        &["Add", "static int Add(int a, int b)"],
    );
    fails(
        &call(&[calls, "Add", r#"["x", 1]"#]),
        1,
        &["Argument 1 (a)", "int"],
    );
    fails(
        &call(&[calls, "Clash", "[[1]]"]),
        1,
        &["static string Clash(int[] values)", "'Clash(int, string)'"],
    );
    fails(
        &call(&[calls, "TypeOf", "[1]"]),
        1,
        &["is generic", "'TypeOf<int>'"],
    );
    fails(
        &call(&["Calls", "Add", "[1, 2]"]),
        1,
        &["'Calls'", "Did you mean:\n  - CliLibrary.Calls"],
    );
    fails(
        &call(&["Other.Type", "Add"]),
        1,
        &["'Other.Type'", "  - CliLibrary.Point"],
    );
    fails(&call(&["Type, Nowhere", "Add"]), 1, &["'Nowhere'"]);
}
