//! Runs the program itself on C# programs: what it prints, its exit codes, and that it does as `dotnet` does.
//!
//! `cargo xtask test` compiles the programs from `tests/fixtures/Cli*` and says where they are and where `dotnet` is.

mod calls;
mod compile;
mod errors;
mod http;
mod inspect;
mod limits;
#[cfg(unix)]
mod loading;
mod mcp;
mod playground;
mod printing;
mod programs;
mod repl;
mod script;
mod snapshot;
mod surroundings;

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

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

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// What is run often gets fast, as the log says, unless that is off.
#[track_caller]
fn gets_hot(log: &Path, hot: bool, mut run: impl FnMut()) {
    let told = || {
        let log = std::fs::read_to_string(log).unwrap();
        log.contains("a script that runs often was loaded once for all")
    };
    for _ in 0..4 {
        run();
    }
    let began = Instant::now();
    while hot && !told() {
        assert!(began.elapsed() < Duration::from_secs(100));
        std::thread::sleep(Duration::from_millis(20));
    }
    for _ in 0..4 {
        run();
    }
    assert_eq!(told(), hot);
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
