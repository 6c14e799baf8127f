//! `isolator inspect`: what is in an assembly, without running it.

use crate::{Outcome, finish, fixture, json};
use std::process::Command;

fn inspect(args: &[&str]) -> Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isolator"));
    command.arg("inspect").arg(fixture("CliLibrary")).args(args);
    finish(command, "")
}

#[test]
fn types_are_listed_with_their_members() {
    let outcome = inspect(&[]);
    assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""));
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert!(lines[0].starts_with("CliLibrary, Version="), "{lines:?}");
    for line in [
        "static class CliLibrary.Calls",
        "  static int Add(int a, int b)",
        "  static string TypeOf<T>(T value)",
        "  int X { get; set; }",
    ] {
        assert!(lines.contains(&line), "{line} is not in {lines:#?}");
    }
    assert!(
        !outcome.stdout.contains("get_X") && !outcome.stdout.contains("_count"),
        "{}",
        outcome.stdout
    );
    let all = inspect(&["--all"]);
    assert!(
        all.stdout.contains("  (not public) int _count"),
        "{}",
        all.stdout
    );
}

#[test]
fn one_type_is_listed_as_json() {
    let outcome = inspect(&["CliLibrary.Calls", "--json"]);
    assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""));
    let tree = json(&outcome.stdout);
    assert_eq!(tree["kind"], "type");
    assert_eq!(tree["documentation_id"], "T:CliLibrary.Calls");
    let add = tree["members"]
        .as_array()
        .unwrap()
        .iter()
        .find(|member| member["name"] == "Add")
        .unwrap();
    assert_eq!(
        *add,
        json(
            r#"{"name": "Add", "kind": "method", "signature": "static int Add(int a, int b)",
                 "documentation_id": "M:CliLibrary.Calls.Add(System.Int32,System.Int32)", "public": true}"#
        )
    );
}

#[test]
fn a_type_that_is_not_there_is_told_with_those_that_are() {
    let outcome = inspect(&["CliLibrary.calls"]);
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome
            .stderr
            .contains("Did you mean:\n  - CliLibrary.Calls"),
        "{}",
        outcome.stderr
    );
    let outcome = inspect(&["System.Math, System.Private.CoreLib"]);
    assert!(
        outcome
            .stdout
            .contains("  static int Max(int val1, int val2)"),
        "{}",
        outcome.stdout
    );
}
