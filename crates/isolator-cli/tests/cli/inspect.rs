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

fn inspect_loud(args: &[&str]) -> Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isolator"));
    command.arg("inspect").arg(fixture("Inspected")).args(args);
    finish(command, "")
}

/// The fixture says on standard error whatever of it runs.
#[test]
fn nothing_of_an_assembly_runs() {
    let outcome = inspect_loud(&["--all"]);
    assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""));
    for line in [
        "enum Inspected.Choice",
        "interface Inspected.IOutline<T>",
        "class Inspected.Holder",
        "  const int Constant",
        "  static int Field",
        "  (not public) int _kept",
        "  Holder(int kept = 3)",
        "  (not public) static Holder()",
        "  int Property { get; }",
        "  int Item { get; }",
        "  int Defaults(object a = default, System.DateTime m = 01/01/2000 00:00:00, int b = 5, System.DateTime c = default, decimal d = -1.50, Inspected.Choice e = Some, \
         Inspected.Choice f = 77, System.DayOfWeek g = Friday, string h = \"text\", char i = x, double j = 0.25, Inspected.Choice? k = default, \
         long? l = 7, params int[] n)",
        "  object Marshalled(object a)",
        "  static ref int Access(Inspected.Holder holder)",
        "  static T Generic<T, TOther>(ref T a, out TOther[] b, ref System.ValueTuple<int, string>[,] c, System.Func<T?, TOther> d = null)",
        "  static int* Pointers(void** a, delegate*<int, ref string, void> b, nint c)",
        "  static int op_Implicit(Inspected.Holder holder)",
        "class Inspected.Holder.Nested<T>",
        "struct Inspected.Holder.Nested<T>.Deeper<TOther>",
        "  System.Collections.Generic.Dictionary<T, Inspected.Holder.Nested<int>.Deeper<TSome[]>> Of<TSome>()",
    ] {
        let there = outcome.stdout.lines().any(|each| each == line);
        assert!(there, "{line:?} is not in:\n{}", outcome.stdout);
    }
    assert!(outcome.stdout.ends_with('\n'));
    let json_of = inspect_loud(&["Inspected.Holder", "--json"]);
    assert_eq!((json_of.code, &*json_of.stderr), (Some(0), ""));
    assert_eq!(json(&json_of.stdout)["signature"], "class Inspected.Holder");
    let named = inspect_loud(&["Inspected.Holder, Inspected"]);
    assert_eq!((named.code, &*named.stderr), (Some(0), ""));
    let missing = inspect_loud(&["Inspected.holder"]);
    assert!(
        missing
            .stderr
            .contains("Did you mean:\n  - Inspected.Holder")
            && !missing.stderr.contains("RAN"),
        "{missing:?}"
    );
}

/// The file's metadata is damaged in ten places at a time: a list or an error, and no end of this process's.
#[test]
fn damaged_metadata_is_an_error() {
    let whole = std::fs::read(fixture("Inspected")).unwrap();
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("Damaged.dll");
    let metadata = whole
        .windows(4)
        .position(|four| four == b"BSJB")
        .expect("metadata");
    let mut random = 7u64;
    let mut next = move |below: usize| {
        // A linear congruential generator is random enough to hit tables.
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % below
    };
    let mut errors = 0;
    for round in 0..12 {
        let mut damaged = whole.clone();
        for _ in 0..10 {
            let at = metadata + 100 + next(3000);
            damaged[at] = if round % 2 == 0 {
                0xff
            } else {
                next(256) as u8
            };
        }
        std::fs::write(&path, &damaged).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_isolator"));
        command.arg("inspect").arg(&path);
        let outcome = finish(command, "");
        match outcome.code {
            Some(0) => assert_eq!(outcome.stderr, ""),
            Some(1) => {
                errors += 1;
                assert!(outcome.stderr.starts_with("error: "), "{outcome:?}");
            }
            other => panic!("{other:?}: {outcome:?}"),
        }
    }
    assert!(errors > 0);
}

#[test]
fn time_and_memory_of_inspecting_are_limited() {
    // An assembly with much after its end, as installers have.
    let root = tempfile::tempdir().unwrap();
    let large = root.path().join("Large.dll");
    let mut bytes = std::fs::read(fixture("CliLibrary")).unwrap();
    bytes.resize(40 << 20, 0);
    std::fs::write(&large, bytes).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_isolator"));
    command
        .arg("inspect")
        .arg(&large)
        .args(["--memory", "16MiB"]);
    let outcome = finish(command, "");
    assert_eq!(outcome.code, Some(137), "{outcome:?}");
    assert!(
        outcome.stderr.contains("stopped by --memory"),
        "{outcome:?}"
    );
    let outcome = inspect(&["--timeout", "1ms"]);
    assert_eq!(outcome.code, Some(124), "{outcome:?}");
    assert!(
        outcome.stderr.contains("stopped by --timeout: 1ms allowed"),
        "{outcome:?}"
    );
}
