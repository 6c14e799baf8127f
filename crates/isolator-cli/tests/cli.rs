//! Runs the program itself on C# programs: what it prints, its exit codes, and that it does as `dotnet` does.
//!
//! `cargo xtask test` compiles the programs from `tests/fixtures/Cli*` and says where they are and where `dotnet` is.

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a process left behind.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn fixture(name: &str) -> PathBuf {
    let fixtures = std::env::var_os("ISOLATOR_FIXTURES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/fixtures"),
        PathBuf::from,
    );
    let path = fixtures.join(name).join(format!("{name}.dll"));
    assert!(
        path.is_file(),
        "`{}` is not there: `cargo xtask test` compiles it",
        path.display()
    );
    path
}

fn finish(mut command: Command, input: &str) -> Outcome {
    // Nothing of the machine's settings may decide what a test sees.
    command
        .env_remove("ISOLATOR_LOG")
        .env_remove("RUST_LOG")
        .env("NO_COLOR", "1");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    // Both ends at once: a pipe holds only so much. A program that does not read may be gone by now.
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join();
    Outcome {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn isolator(args: &[&str]) -> Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isolator"));
    command.args(args);
    finish(command, "")
}

/// Runs a fixture with options before and arguments after the two dashes.
fn run_with(name: &str, options: &[&str], args: &[&str], input: &str) -> Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isolator"));
    command
        .arg("run")
        .args(options)
        .arg(fixture(name))
        .arg("--")
        .args(args);
    finish(command, input)
}

fn run(name: &str, args: &[&str]) -> Outcome {
    run_with(name, &[], args, "")
}

/// Runs a fixture as .NET itself does.
fn native(name: &str, args: &[&str], input: &str) -> Outcome {
    let dotnet = std::env::var_os("ISOLATOR_DOTNET").unwrap_or_else(|| "dotnet".into());
    let mut command = Command::new(&dotnet);
    command
        .arg(fixture(name))
        .args(args)
        .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")
        .env("DOTNET_DbgEnableMiniDump", "0");
    assert!(
        Command::new(&dotnet)
            .arg("--list-runtimes")
            .output()
            .is_ok(),
        "`{}` cannot be started: `cargo xtask test` says where dotnet is, otherwise set ISOLATOR_DOTNET",
        Path::new(&dotnet).display()
    );
    let mut outcome = finish(command, input);
    // An aborted process has a signal where ours has the code that a shell makes of it.
    outcome.code = outcome.code.or(Some(134));
    outcome
}

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

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The call fails with this code, and says all of this.
#[track_caller]
fn fails(outcome: &Outcome, code: i32, expected: &[&str]) {
    assert_eq!(outcome.code, Some(code), "{outcome:?}");
    for text in expected {
        assert!(
            outcome.stderr.contains(text),
            "{text:?} is not in:\n{}",
            outcome.stderr
        );
    }
    assert_eq!(outcome.stdout, "");
}

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

#[test]
fn directories_are_seen_only_where_they_are_granted() {
    let root = tempfile::tempdir().unwrap();
    let granted = root.path().join("granted");
    std::fs::create_dir(&granted).unwrap();
    std::fs::write(granted.join("a.txt"), "content").unwrap();
    std::fs::write(root.path().join("secret.txt"), "secret").unwrap();
    let host = granted.display().to_string();

    let denied = run("CliApp", &["files", "/data"]);
    assert_eq!(
        (denied.code, &*denied.stdout),
        (Some(1), "System.IO.DirectoryNotFoundException\n")
    );
    assert_ne!(
        run("CliApp", &["files", &host]).code,
        Some(0),
        "nor by its real path"
    );

    let read_only = format!("{host}::/data:ro");
    let seen = run_with("CliApp", &["--dir", &read_only], &["files", "/data"], "");
    assert_eq!(
        (seen.code, &*seen.stdout),
        (Some(0), "/data/a.txt: content\n")
    );
    assert_eq!(
        run_with("CliApp", &["--dir", &read_only], &["files", "/data/.."], "").stdout,
        "",
        "nothing above it"
    );
    assert_eq!(
        run_with(
            "CliApp",
            &["--dir", &read_only],
            &["write", "/data/new.txt"],
            ""
        )
        .code,
        Some(1)
    );
    assert!(!granted.join("new.txt").exists());

    let writable = format!("{host}::/data");
    assert_eq!(
        run_with(
            "CliApp",
            &["--dir", &writable],
            &["write", "/data/new.txt"],
            ""
        )
        .code,
        Some(0)
    );
    assert_eq!(
        std::fs::read_to_string(granted.join("new.txt")).unwrap(),
        "written inside"
    );
    assert_ne!(
        run_with(
            "CliApp",
            &["--dir", &writable],
            &["write", "/data/../out.txt"],
            ""
        )
        .code,
        Some(0)
    );
    assert!(!root.path().join("out.txt").exists());
}

#[test]
fn the_environment_is_empty_but_for_what_is_granted() {
    let env = |options: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_isolator"));
        command
            .arg("run")
            .args(options)
            .arg(fixture("CliApp"))
            .args(["--", "env", "GREETING"])
            .env("GREETING", "from the host");
        finish(command, "").stdout
    };
    assert_eq!(env(&[]), "GREETING=(none)\n0 variables\n");
    assert_eq!(
        env(&["--env", "GREETING=hi=there"]),
        "GREETING=hi=there\n1 variables\n"
    );
    assert_eq!(
        env(&["--env", "GREETING", "--env", "OTHER=x"]),
        "GREETING=from the host\n2 variables\n"
    );
    assert_eq!(
        env(&["--env", "A_VARIABLE_THAT_IS_NOT_SET"]),
        "GREETING=(none)\n0 variables\n"
    );
}

#[test]
fn a_program_finds_its_surroundings() {
    let default = run("CliApp", &["around", "x"]);
    assert_eq!(
        default.stdout,
        "base: /\ncurrent: /\narguments: around|x\nprogram: CliApp.dll\nzone: UTC\nculture: ''\n"
    );
    let fixtures = fixture("CliApp")
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .display()
        .to_string();
    let set = run_with(
        "CliApp",
        &[
            "--dir",
            &format!("{fixtures}::/srv:ro"),
            "--cwd",
            "/srv",
            "--culture",
            "de-CH",
            "--time-zone",
            "Europe/Zurich",
        ],
        &["around"],
        "",
    );
    assert_eq!(
        set.stdout,
        "base: /srv/CliApp/\ncurrent: /srv\narguments: around\nprogram: CliApp.dll\nzone: Europe/Zurich\nculture: 'de-CH'\n"
    );
}

#[test]
fn dependencies_satellites_and_settings_are_found_beside_the_program() {
    for args in [&["depend"][..], &["property"]] {
        let inside = run("CliApp", args);
        assert_eq!(inside, native("CliApp", args, ""));
        assert_eq!(inside.code, Some(0));
    }
    assert_eq!(
        run("CliApp", &["property"]).stdout,
        "set by the runtime configuration\nTrue\n17\n"
    );
    let resources = run_with("CliApp", &["--culture", "de-CH"], &["resource"], "");
    assert_eq!(
        resources.stdout,
        "'': Good day\n'de': Guten Tag\n'de-CH': Guten Tag\n'fr': Good day\ncurrent: Guten Tag\n"
    );
}

#[test]
fn a_dependency_is_found_in_a_package_folder_that_the_deps_file_points_into() {
    let root = tempfile::tempdir().unwrap();
    let (app, packages) = (root.path().join("app"), root.path().join("packages"));
    let folder = packages.join("clilibrary/1.0.0/lib/net10.0");
    std::fs::create_dir_all(&app).unwrap();
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(fixture("CliApp"), app.join("CliApp.dll")).unwrap();
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_isolator"));
        command
            .arg("run")
            .arg(app.join("CliApp.dll"))
            .args(["--", "depend"])
            .env("NUGET_PACKAGES", &packages);
        finish(command, "")
    };
    fails(
        &start(),
        134,
        &["System.IO.FileNotFoundException", "CliLibrary"],
    );

    std::fs::copy(fixture("CliLibrary"), folder.join("CliLibrary.dll")).unwrap();
    let deps = r#"{"runtimeTarget": {"name": "net"}, "targets": {"net": {"CliLibrary/1.0.0": {"runtime": {"lib/net10.0/CliLibrary.dll": {}}}}},
        "libraries": {"CliLibrary/1.0.0": {"type": "package", "path": "clilibrary/1.0.0"}}}"#;
    std::fs::write(app.join("CliApp.deps.json"), deps).unwrap();
    assert_eq!(start().stdout, "int 5\nCliLibrary\n");
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
    assert_eq!(result("Nothing", "[]"), Value::Null);
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
        (&["run", &app, "one"], &["unexpected argument 'one'"]),
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
