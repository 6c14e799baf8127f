//! Programs do in copies of a runtime what they do in the runtime itself: from a snapshot in another process, in forks, in runtimes that slept.

use crate::{FIXTURE, PROGRAMS, VARIABLES};
use isolator_host::{IsolatedRuntime, IsolatedRuntimeHost, RuntimeBuilder, Stdio, Suspended};
use isolator_tests::{assert_same_text, host};
use std::process::Command;

/// Where the other process finds the snapshot, and writes what came.
const FILE: &str = "ISOLATOR_TEST_SNAPSHOT";
const RESULTS: &str = "ISOLATOR_TEST_RESULTS";

/// Programs of all kinds.
fn some() -> impl Iterator<Item = &'static str> {
    let kinds = [
        "async",
        "collections",
        "exceptions",
        "generics",
        "habits",
        "json",
        "language",
        "numbers",
        "reflection",
        "regex",
        "strings",
        "streams",
        "time",
        "xml",
        "memory-weak",
        "memory-handles",
        "channels",
        "cultures",
    ];
    let is_of = move |program: &&str| kinds.iter().any(|kind| program.starts_with(kind));
    // Each third, so that the many of one kind do not take all the time.
    PROGRAMS.iter().copied().filter(is_of).step_by(3)
}

fn new(host: &IsolatedRuntimeHost) -> RuntimeBuilder {
    let streams = host.runtime().stdout(Stdio::Capture).stderr(Stdio::Capture);
    streams.envs(VARIABLES.iter().copied())
}

/// What a program prints, and how it ends.
fn run(runtime: &mut IsolatedRuntime, program: &str) -> String {
    let assembly = runtime.load_assembly(FIXTURE).unwrap();
    let ran = runtime.run_main(&assembly, &[program]);
    let (out, error) = (runtime.take_stdout(), runtime.take_stderr());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    format!("{}{}{ran:?}\n", text(out), text(error))
}

/// Has run some of them before.
fn prepare(runtime: &mut IsolatedRuntime) {
    for program in some().step_by(5) {
        run(runtime, program);
    }
}

#[test]
fn programs_do_in_copies_what_they_do_where_they_were_prepared() {
    assert!(some().count() >= 25, "{}", some().count());
    let place = tempfile::tempdir().unwrap();
    let (file, results) = (
        place.path().join("app.isolate"),
        place.path().join("results.json"),
    );
    let snapshot = new(host())
        .snapshot(|runtime| {
            prepare(runtime);
            Ok(())
        })
        .unwrap();
    snapshot.save(&file).unwrap();
    let other = Command::new(std::env::current_exe().unwrap())
        .args([
            "copies::in_another_process",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .env(FILE, &file)
        .env(RESULTS, &results)
        .output()
        .unwrap();
    assert!(
        other.status.success(),
        "{}",
        String::from_utf8_lossy(&other.stdout)
    );
    let elsewhere: Vec<(String, String)> =
        serde_json::from_slice(&std::fs::read(&results).unwrap()).unwrap();

    let mut prepared = new(host()).create().unwrap();
    prepare(&mut prepared);
    let bytes = prepared.suspend().unwrap().as_bytes().to_vec();
    let suspended = Suspended::from_bytes(bytes).unwrap();
    let woken = || {
        let streams = host()
            .runtime()
            .stdout(Stdio::Capture)
            .stderr(Stdio::Capture);
        streams.resume(&suspended).unwrap()
    };
    let names: Vec<&str> = elsewhere.iter().map(|(program, _)| &**program).collect();
    assert_eq!(names, some().collect::<Vec<_>>());
    for (program, from_snapshot) in &elsewhere {
        let mut fork = prepared.fork().unwrap();
        let forked = run(&mut fork, program);
        assert!(
            forked.ends_with("Ok(0)\n") && forked.len() > "Ok(0)\n".len(),
            "`{program}`: {forked}"
        );
        let what = |copy: &str| format!("`{program}` in {copy}");
        assert_same_text(
            &what("a runtime that slept"),
            &forked,
            &run(&mut woken(), program),
        );
        assert_same_text(
            &what("another process, from a snapshot"),
            &forked,
            from_snapshot,
        );
    }
    // And in the runtime itself, one after the other.
    let mut last = prepared.fork().unwrap();
    let program = names[0];
    assert_eq!(run(&mut prepared, program), run(&mut last, program));
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn in_another_process() {
    let file = std::env::var_os(FILE).unwrap();
    // What they load is in the snapshot.
    let host = IsolatedRuntimeHost::builder().build().unwrap();
    let snapshot = host.load_snapshot(file).unwrap();
    let results: Vec<(String, String)> = some()
        .map(|program| {
            let mut runtime = new(&host).from(&snapshot).create().unwrap();
            (program.to_owned(), run(&mut runtime, program))
        })
        .collect();
    let results = serde_json::to_vec(&results).unwrap();
    std::fs::write(std::env::var_os(RESULTS).unwrap(), results).unwrap();
}
