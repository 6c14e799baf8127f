//! All programs of a fixture, run by a native .NET: in one process, once.

use crate::{DATA, VARIABLES};
use isolator_tests::{fixture, native_dotnet};
use std::collections::{BTreeMap, HashMap};
use std::process::Stdio;
use std::sync::{Arc, LazyLock, Mutex};

/// What a program did.
#[derive(Default)]
pub struct Ran {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Each program by its name.
pub type Programs = BTreeMap<String, Ran>;

/// What stands before the name of each program, on both streams.
const MARK: char = '\u{1e}';

static RAN: LazyLock<Mutex<HashMap<String, Arc<Programs>>>> = LazyLock::new(Mutex::default);

/// What each program of a fixture does natively.
pub fn natively(fixture: &str) -> Arc<Programs> {
    // The lock is held meanwhile, so that tests that come at the same time wait for the one process.
    let mut ran = RAN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    ran.entry(fixture.to_owned())
        .or_insert_with(|| Arc::new(run(fixture)))
        .clone()
}

fn run(name: &str) -> Programs {
    let data = tempfile::tempdir().unwrap();
    let output = native_dotnet()
        .arg(fixture(name).join(format!("{name}.dll")))
        .arg("--all")
        .envs(VARIABLES.iter().copied())
        .env(DATA, data.path())
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("dotnet: {error}"));
    let (stdout, stderr) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert!(
        output.status.success(),
        "a program of `{name}` fails natively: {}\n{stderr}",
        output.status
    );
    let mut programs = Programs::new();
    for (program, text) in parts(&stdout) {
        programs.entry(program).or_default().stdout = text;
    }
    for (program, text) in parts(&stderr) {
        programs.entry(program).or_default().stderr = text;
    }
    programs
}

fn parts(text: &str) -> impl Iterator<Item = (String, String)> {
    text.split(MARK).skip(1).map(|part| {
        let (name, rest) = part.split_once('\n').unwrap_or((part, ""));
        (name.to_owned(), rest.to_owned())
    })
}
