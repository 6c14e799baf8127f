//! What the program says of itself, of wrong command lines and of wrong files.

use crate::{fails, fixture, isolator, json};
use std::path::Path;

#[test]
fn info_tells_what_is_used() {
    let outcome = isolator(&["info", "--json"]);
    assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""));
    let info = json(&outcome.stdout);
    assert_eq!(info["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(info["contract"]["version"], isolator_abi::ABI_VERSION);
    assert_eq!(info["contract"]["hash"], isolator_abi::contract_hash());
    assert_eq!(info["guest"]["digest"].as_str().unwrap().len(), 64);
    assert!(
        info["dotnet"].as_str().unwrap().starts_with("10."),
        "{info}"
    );
    assert!(
        info["guest"]["memory_bytes"].as_u64().unwrap()
            >= info["guest"]["snapshot_bytes"].as_u64().unwrap(),
        "{info}"
    );
    assert_eq!(info["copy_on_write"], true);
    let manifest = Path::new(info["guest"]["origin"].as_str().unwrap()).join("guest.json");
    let manifest = json(&std::fs::read_to_string(manifest).unwrap());
    assert_eq!(manifest["digest"], info["guest"]["digest"]);

    let text = isolator(&["info"]).stdout;
    assert!(
        text.contains("copy-on-write  active")
            && text.contains(info["guest"]["digest"].as_str().unwrap()),
        "{text}"
    );
}

#[test]
fn a_command_line_that_cannot_be_understood_ends_with_2() {
    let app = fixture("CliApp").display().to_string();
    let library = fixture("CliLibrary").display().to_string();
    let cases: &[(&[&str], &[&str])] = &[
        (&[], &["Usage: isolator", "Examples:"]),
        (&["walk"], &["unrecognized subcommand 'walk'"]),
        (&["run"], &["<APP.dll>"]),
        (&["run", &app, "--one"], &["unexpected argument '--one'"]),
        (
            &["run", &app, "--dir", "/tmp"],
            &["'/tmp'", "`/tmp::/data`"],
        ),
        (
            &["run", &app, "--dir", "/tmp::data"],
            &["does not begin with `/`"],
        ),
        (&["run", &app, "--env", "=x"], &["name is missing"]),
        (
            &["call", &library, "CliLibrary.Calls", "Add", "[1 2]"],
            &[
                "not JSON: expected `,` or `]` (column 4)",
                "[1 2]\n       ^",
            ],
        ),
        (
            &["call", &library, "CliLibrary.Calls", "Add", "1"],
            &["JSON array", "this is a number"],
        ),
        (
            &["call", &library, "CliLibrary.Calls", "Add("],
            &["no name of a method"],
        ),
    ];
    for (args, expected) in cases {
        fails(&isolator(args), 2, expected);
    }
}

#[test]
fn what_cannot_be_run_says_what_it_is_instead() {
    let root = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = root.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    };
    let app = fixture("CliApp").display().to_string();
    let library = fixture("CliLibrary").display().to_string();
    let whole = std::fs::read(&app).unwrap();
    fails(
        &isolator(&["run", "missing.dll"]),
        1,
        &["cannot read `missing.dll`", "dotnet build"],
    );
    fails(
        &isolator(&["run", &library]),
        1,
        &["it is a library", "isolator call"],
    );
    fails(
        &isolator(&["run", &write("App", b"\x7fELF...")]),
        1,
        &["native program", "Name the .dll"],
    );
    fails(
        &isolator(&["run", &write("note.txt", b"hello")]),
        1,
        &["not a .NET assembly"],
    );
    fails(
        &isolator(&["run", &write("Cut.dll", &whole[..300])]),
        1,
        &["cut off or damaged"],
    );
    let mut broken = whole.clone();
    broken.truncate(whole.len() * 3 / 4);
    fails(
        &isolator(&["run", &write("Broken.dll", &broken)]),
        1,
        &["cut off or damaged"],
    );
    fails(
        &isolator(&["run", &app, "--dir", "/no/such/directory::/data"]),
        1,
        &["cannot grant `/no/such/directory`", "no such directory"],
    );
    fails(
        &isolator(&["run", &app, "--culture", "no culture!", "--", "env", "X"]),
        1,
        &["no culture!"],
    );
    fails(
        &isolator(&["run", &app, "--time-zone", "No/Where", "--", "env", "X"]),
        1,
        &["No/Where"],
    );
    fails(
        &isolator(&["run", &app, "--cwd", "/nowhere", "--", "env", "X"]),
        1,
        &["/nowhere"],
    );
    fails(
        &isolator(&["run", &app, "--guest", "/no/such/guest"]),
        1,
        &["/no/such/guest"],
    );

    let copy = write("App.dll", &whole);
    write("App.runtimeconfig.json", br#"{"runtimeOptions": {"framework": {"name": "Microsoft.AspNetCore.App", "version": "10.0.0"}}}"#);
    fails(
        &isolator(&["run", &copy]),
        1,
        &["Microsoft.AspNetCore.App 10.0.0"],
    );
    write("App.runtimeconfig.json", b"{ not json");
    fails(
        &isolator(&["run", &copy]),
        1,
        &["App.runtimeconfig.json", "line 1"],
    );
}

#[test]
fn help_and_version_are_there() {
    assert_eq!(
        isolator(&["--version"]).stdout,
        format!("isolator {}\n", env!("CARGO_PKG_VERSION"))
    );
    for command in ["run", "call", "info"] {
        let help = isolator(&[command, "--help"]);
        assert_eq!(help.code, Some(0));
        assert!(help.stdout.contains("--guest"), "{}", help.stdout);
        if command != "info" {
            assert!(
                help.stdout.contains("standard output") || help.stdout.contains("Standard input"),
                "{}",
                help.stdout
            );
        }
    }
    assert!(isolator(&["--help"]).stdout.contains("134"));
}
