//! `isolator compile`, and `isolator run` with what it made.

use super::{Outcome, finish, fixture};
use std::path::{Path, PathBuf};
use std::process::Command;

fn isolator(arguments: &[&str], directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isolator"));
    command.args(arguments).current_dir(directory);
    // Where this repository's build restored the compiler.
    let packages =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/toolchain/nuget-packages");
    if packages.is_dir() {
        command.env("NUGET_PACKAGES", packages.canonicalize().unwrap());
    }
    command
}

fn run(arguments: &[&str], directory: &Path) -> Outcome {
    finish(isolator(arguments, directory), "")
}

/// A program in a folder of its own; none where the guest image runs no compiled programs.
fn place(program: &str) -> Option<(tempfile::TempDir, PathBuf)> {
    let info = run(&["info", "--json"], Path::new("."));
    let info: serde_json::Value = serde_json::from_str(&info.stdout).unwrap();
    if info["guest"]["compiled_methods"].as_u64() == Some(0) {
        return None;
    }
    let root = tempfile::tempdir().unwrap();
    for extension in ["dll", "pdb", "runtimeconfig.json"] {
        let to = root.path().join(program).with_extension(extension);
        std::fs::copy(fixture(program).with_extension(extension), to).unwrap();
    }
    let path = root.path().to_path_buf();
    Some((root, path))
}

#[test]
fn a_compiled_program_does_as_before_and_says_that_it_is_compiled() {
    let Some((_root, at)) = place("CliHello") else {
        return;
    };
    let interpreted = run(&["run", "CliHello.dll", "one", "two"], &at);
    let refused = run(&["run", "--compiled", "require", "CliHello.dll"], &at);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(
        refused.stderr.contains("no compiled code beside it"),
        "{refused:?}"
    );

    let compiled = run(&["compile", "CliHello.dll"], &at);
    assert_eq!(compiled.code, Some(0), "{compiled:?}");
    assert!(
        compiled.stdout.starts_with("CliHello.isolated.wasm: ")
            && compiled.stdout.contains("methods of its own"),
        "{compiled:?}"
    );
    let first = std::fs::read(at.join("CliHello.isolated.wasm")).unwrap();
    run(&["compile", "CliHello.dll", "-o", "again"], &at);
    let again = std::fs::read(at.join("again/CliHello.isolated.wasm")).unwrap();
    assert!(first == again, "the same input gives the same bytes");

    let ran = run(
        &["run", "--compiled", "require", "CliHello.dll", "one", "two"],
        &at,
    );
    assert_eq!(
        (ran.code, &ran.stdout),
        (interpreted.code, &interpreted.stdout),
        "{ran:?}"
    );
    let told = run(
        &["run", "--stats", "--compiled", "auto", "CliHello.dll"],
        &at,
    );
    assert!(told.stderr.contains("compiled     CliHello"), "{told:?}");
    let told = run(&["run", "--stats", "CliHello.dll"], &at);
    assert!(told.stderr.contains("compiled     CliHello"), "{told:?}");
    let told = run(
        &["run", "--stats", "--compiled", "off", "CliHello.dll"],
        &at,
    );
    assert!(!told.stderr.contains("compiled "), "{told:?}");

    // Another build of it.
    let path = at.join("CliHello.dll");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.push(0);
    std::fs::write(&path, bytes).unwrap();
    let ran = run(
        &["run", "--compiled", "auto", "CliHello.dll", "one", "two"],
        &at,
    );
    assert_eq!(
        (ran.code, &ran.stdout),
        (interpreted.code, &interpreted.stdout),
        "{ran:?}"
    );
    assert!(
        ran.stderr
            .contains("is left alone: it was compiled for the assembly"),
        "{ran:?}"
    );
}

#[test]
fn what_is_missing_is_named_with_how_to_get_it() {
    let Some((_root, at)) = place("CliHello") else {
        return;
    };
    let nothing = tempfile::tempdir().unwrap();
    let mut command = isolator(&["compile", "CliHello.dll"], &at);
    command
        .env("PATH", nothing.path())
        .env("NUGET_PACKAGES", nothing.path())
        .env("ISOLATOR_COMPILER", nothing.path())
        .env_remove("WASI_SDK_PATH");
    let outcome = finish(command, "");
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    for expected in [
        "ahead-of-time compiler for .NET",
        "ISOLATOR_COMPILER names",
        "clang 20 or newer: no clang is on PATH",
        "wasm-ld 20 or newer",
        "apt-get install lld",
    ] {
        assert!(
            outcome.stderr.contains(expected),
            "{expected}: {}",
            outcome.stderr
        );
    }
    std::fs::write(at.join("Text.dll"), "text").unwrap();
    let outcome = run(&["compile", "Text.dll"], &at);
    assert!(
        outcome.stderr.contains("is not a .NET assembly"),
        "{outcome:?}"
    );
    let outcome = run(&["compile", "Missing.dll"], &at);
    assert!(
        outcome.stderr.contains("cannot read `Missing.dll`"),
        "{outcome:?}"
    );
    // Tools may not take what they want.
    for (limit, value) in [("--memory", "1MiB"), ("--timeout", "1ms")] {
        let outcome = run(
            &["compile", limit, value, "CliHello.dll", "-o", "limited"],
            &at,
        );
        assert_eq!(outcome.code, Some(1), "{limit}: {outcome:?}");
        assert!(
            !at.join("limited/CliHello.isolated.wasm").exists(),
            "{limit}"
        );
    }
}

#[test]
fn a_program_runs_compiled_with_what_it_depends_on() {
    let Some((_root, at)) = place("CliApp") else {
        return;
    };
    let beside = fixture("CliApp").with_file_name("CliLibrary.dll");
    std::fs::copy(beside, at.join("CliLibrary.dll")).unwrap();
    let said = "int 5\nCliLibrary\n";
    let required = |options: &[&str]| {
        let arguments = [
            &["run", "--compiled", "require"][..],
            options,
            &["CliApp.dll", "depend"],
        ];
        run(&arguments.concat(), &at)
    };

    // The program alone: what it depends on would be interpreted.
    let compiled = run(&["compile", "CliApp.dll"], &at);
    assert_eq!(compiled.code, Some(0), "{compiled:?}");
    assert!(!at.join("CliLibrary.isolated.wasm").exists());
    let refused = required(&[]);
    assert_ne!(refused.code, Some(0), "{refused:?}");
    assert_ne!(refused.stdout, said, "{refused:?}");

    let compiled = run(&["compile", "CliApp.dll", "--with-dependencies"], &at);
    assert_eq!(compiled.code, Some(0), "{compiled:?}");
    for name in ["CliApp", "CliLibrary"] {
        let line = format!("{name}.isolated.wasm: ");
        assert!(
            compiled.stdout.lines().any(|said| said.starts_with(&line)),
            "{compiled:?}"
        );
        assert!(at.join(format!("{name}.isolated.wasm")).is_file(), "{name}");
    }
    let ran = required(&["--stats"]);
    assert_eq!((ran.code, &*ran.stdout), (Some(0), said), "{ran:?}");
    assert!(
        ran.stderr.contains("compiled     CliApp, CliLibrary"),
        "{ran:?}"
    );
    let interpreted = run(&["run", "--compiled", "off", "CliApp.dll", "depend"], &at);
    assert_eq!(
        (interpreted.code, &*interpreted.stdout),
        (Some(0), said),
        "{interpreted:?}"
    );
}

/// Builds have what a program refers to anywhere, and say where.
#[test]
fn what_does_not_lie_beside_is_listed() {
    let Some((_root, at)) = place("CliApp") else {
        return;
    };
    let beside = fixture("CliApp").with_file_name("CliLibrary.dll");
    let compile = |arguments: &[&str]| {
        let outcome = run(&[&["compile", "CliApp.dll"][..], arguments].concat(), &at);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        std::fs::read(at.join("CliApp.isolated.wasm")).unwrap()
    };
    let list = format!(
        "# one that is not there, and one that is\nnowhere/Other.dll\n{}\n",
        beside.display()
    );
    std::fs::write(at.join("list.txt"), list).unwrap();
    let listed = compile(&["--references", "list.txt"]);
    std::fs::copy(&beside, at.join("CliLibrary.dll")).unwrap();
    assert!(listed == compile(&[]), "it is compiled as with one beside");
    // What is listed is somebody else's to compile.
    std::fs::remove_file(at.join("CliLibrary.dll")).unwrap();
    compile(&["--references", "list.txt", "--with-dependencies"]);
    assert!(!at.join("CliLibrary.isolated.wasm").exists());

    let missing = run(&["compile", "CliApp.dll", "--references", "none.txt"], &at);
    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert!(
        missing.stderr.contains("cannot read `none.txt`"),
        "{missing:?}"
    );
    // A list that names what is not there.
    std::fs::write(at.join("list.txt"), "gone/CliLibrary.dll").unwrap();
    let warned = run(&["compile", "CliApp.dll", "--references", "list.txt"], &at);
    assert_eq!(warned.code, Some(0), "{warned:?}");
    assert!(
        warned
            .stderr
            .contains("the dependency CliLibrary is left out"),
        "{warned:?}"
    );
}

fn compile_trained(arguments: &[&str], directory: &Path) -> Outcome {
    run(
        &[&["compile", "CliTrained.dll"][..], arguments].concat(),
        directory,
    )
}

/// What a run took, the same each time.
fn fuel(directory: &Path) -> (u64, String) {
    let options = ["run", "--fuel", "100000000000", "--stats"];
    let ran = run(
        &[&options[..], &["CliTrained.dll", "5000000"]].concat(),
        directory,
    );
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let line = ran.stderr.lines().find(|line| line.starts_with("fuel"));
    let used = line.and_then(|line| line.split_whitespace().last());
    (used.unwrap().parse().unwrap(), ran.stdout)
}

#[test]
fn a_training_run_shows_instances_that_metadata_do_not_tell() {
    let Some((_root, at)) = place("CliTrained") else {
        return;
    };
    let compile = |arguments: &[&str]| {
        let outcome = compile_trained(arguments, &at);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        outcome
    };
    let wasm = |folder: &str| {
        let path = at.join(folder).join("CliTrained.isolated.wasm");
        std::fs::read(path).unwrap()
    };
    let alone = compile(&[]);
    assert!(!alone.stdout.contains("training"), "{alone:?}");
    let (interpreted, said) = fuel(&at);

    let trained = compile(&["--train", "\"10\""]);
    assert!(
        trained.stdout.lines().count() > 1,
        "the program's output, too: {trained:?}"
    );
    assert!(
        trained.stdout.contains(", of which training showed ")
            && !trained.stdout.contains("training showed 0"),
        "{trained:?}"
    );
    let first = wasm("");
    let (compiled, said_now) = fuel(&at);
    assert_eq!(said_now, said);
    assert!(
        compiled < interpreted / 2,
        "{compiled} of {interpreted}: the instance is still interpreted"
    );

    // What lies beside hides nothing, whatever shows the same gives the same, and a program may end as it likes.
    compile(&["--train", "exit", "-o", "exit"]);
    let failed = compile(&["--train", "fail", "-o", "fail"]);
    assert!(
        failed.stderr.contains("`fail` ended with exit code 3"),
        "{failed:?}"
    );
    compile(&["--call", "CliTrained.Program.Run=[10]", "-o", "call"]);
    for folder in ["exit", "fail", "call"] {
        assert!(wasm(folder) == first, "{folder}");
    }
}

#[test]
fn a_training_run_that_is_stopped_compiles_nothing() {
    let Some((_root, at)) = place("CliTrained") else {
        return;
    };
    let compile = |arguments: &[&str]| {
        let outcome = compile_trained(arguments, &at);
        assert!(!at.join("CliTrained.isolated.wasm").exists(), "{outcome:?}");
        outcome
    };
    for (arguments, code, words) in [
        (
            &["--train", "forever", "--timeout", "2s"][..],
            124,
            &[
                "stopped by --timeout: 2s allowed",
                "Nothing was compiled: this was the training run with the arguments `forever`",
            ][..],
        ),
        (
            &["--call", "CliTrained.Program.Missing"],
            1,
            &[
                "Missing",
                "the training call of `CliTrained.Program.Missing`",
            ],
        ),
        // No arguments: `Main` looks for its first.
        (
            &["--train", ""],
            134,
            &["IndexOutOfRangeException", "with the arguments ``"],
        ),
        (
            &["--compiled", "auto"],
            1,
            &["`--compiled` is for what runs a program"],
        ),
        (&["--train", "'a"], 2, &["is not closed"]),
    ] {
        let outcome = compile(arguments);
        assert_eq!(outcome.code, Some(code), "{outcome:?}");
        for words in words {
            assert!(outcome.stderr.contains(words), "{words}: {outcome:?}");
        }
    }
}
