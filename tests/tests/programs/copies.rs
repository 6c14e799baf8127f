//! Programs do in copies of a runtime what they do in the runtime itself, and take the memory that they take there: from snapshots of both forms, here
//! and in another process, in forks, in runtimes that slept.

use crate::{FIXTURE, PROGRAMS, VARIABLES};
use isolator_host::{
    AppSnapshot, IsolatedRuntime, IsolatedRuntimeHost, RuntimeBuilder, SnapshotForm, Stdio,
    Suspended,
};
use isolator_tests::{assert_same_text, host};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the other process finds the snapshots, and writes what came.
const FOLDER: &str = "ISOLATOR_TEST_SNAPSHOTS";
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

/// What a runtime has of memory, as its programs and its host can tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Memory {
    /// Of the guest, in bytes.
    size: u64,
    /// The most beyond what it began with, in bytes.
    peak: u64,
    /// `GC.GetTotalMemory`.
    heap: u64,
    /// `GC.CollectionCount` of the youngest generation, and of the oldest one.
    collections: [u64; 2],
}

impl Memory {
    fn of(runtime: &mut IsolatedRuntime) -> Self {
        // Before anything is called.
        let (size, peak) = (runtime.memory_size(), runtime.stats().peak_memory);
        let statistics = runtime.guest_statistics().unwrap();
        let oldest: u64 = runtime
            .call(
                "System.Private.CoreLib",
                "System.GC",
                "CollectionCount",
                (2,),
            )
            .unwrap();
        Self {
            size: size as u64,
            peak,
            heap: statistics.heap_bytes,
            collections: [statistics.collections, oldest],
        }
    }

    /// What is the same wherever a copy begins, whatever of it is mapped there.
    fn inside(&self) -> (u64, u64, [u64; 2]) {
        (self.size, self.heap, self.collections)
    }
}

/// What came of a program.
#[derive(Debug, Serialize, Deserialize)]
struct Ran {
    printed: String,
    began: Memory,
    /// Once all was collected.
    ended: Memory,
}

impl Ran {
    fn new(runtime: &mut IsolatedRuntime, program: &str) -> Self {
        let began = Memory::of(runtime);
        let printed = run(runtime, program);
        for _ in 0..2 {
            runtime.collect(2).unwrap();
        }
        Self {
            began,
            printed,
            ended: Memory::of(runtime),
        }
    }

    /// Where two began with the same memory, they have as much of it in the end. Programs that wait, or draw lots, take some more or less.
    fn assert_took_what(&self, other: &Self, what: &str) {
        const OF_HEAP: u64 = 1 << 20;
        const OF_MEMORY: u64 = 4 << 20;
        const COLLECTIONS: u64 = 3;
        let near = |one: u64, other: u64, most: u64| one.abs_diff(other) <= most;
        let growth = |ran: &Self| {
            let grown = ran.ended.size - ran.began.size;
            let peak = ran.ended.peak - ran.began.peak;
            let collected: Vec<u64> = ran
                .ended
                .collections
                .iter()
                .zip(ran.began.collections)
                .map(|(ended, began)| ended - began)
                .collect();
            (grown, peak, collected)
        };
        let (mine, its) = (growth(self), growth(other));
        assert!(
            near(mine.0, its.0, OF_MEMORY)
                && near(mine.1, its.1, OF_MEMORY)
                && near(mine.2[0], its.2[0], COLLECTIONS)
                && near(mine.2[1], its.2[1], COLLECTIONS)
                && near(self.ended.heap, other.ended.heap, OF_HEAP),
            "{what}: {self:#?}\n{other:#?}"
        );
        // Those that were asked for.
        assert!(mine.2.iter().all(|collected| *collected >= 2), "{mine:?}");
    }
}

/// Has run some of them before.
fn prepare(runtime: &mut IsolatedRuntime) {
    for program in some().step_by(5) {
        run(runtime, program);
    }
}

/// The forms of snapshots, with their files in a folder.
fn forms(folder: &Path) -> [(SnapshotForm, PathBuf); 2] {
    [
        (SnapshotForm::Mapped, folder.join("mapped.isolate")),
        (SnapshotForm::Delta, folder.join("delta.isolate")),
    ]
}

/// What came in the other process, by form and program.
type Elsewhere = Vec<Vec<(String, Ran)>>;

#[test]
fn programs_do_in_copies_what_they_do_where_they_were_prepared() {
    assert!(some().count() >= 25, "{}", some().count());
    let place = tempfile::tempdir().unwrap();
    let results = place.path().join("results.json");
    let snapshots = forms(place.path()).map(|(form, file)| {
        let snapshot = new(host())
            .snapshot_form(form)
            .snapshot(|runtime| {
                prepare(runtime);
                Ok(())
            })
            .unwrap();
        assert_eq!(snapshot.form(), form);
        snapshot.save(file).unwrap();
        snapshot
    });
    let other = Command::new(std::env::current_exe().unwrap())
        .args([
            "copies::in_another_process",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .env(FOLDER, place.path())
        .env(RESULTS, &results)
        .output()
        .unwrap();
    assert!(
        other.status.success(),
        "{}",
        String::from_utf8_lossy(&other.stdout)
    );
    let elsewhere: Elsewhere = serde_json::from_slice(&std::fs::read(&results).unwrap()).unwrap();
    let [mapped, delta] = &elsewhere[..] else {
        panic!("{} forms", elsewhere.len())
    };

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
    let from = |snapshot: &AppSnapshot| new(host()).from(snapshot).create().unwrap();
    for ran in [mapped, delta] {
        let names: Vec<&str> = ran.iter().map(|(program, _)| &**program).collect();
        assert_eq!(names, some().collect::<Vec<_>>());
    }
    // One that is mapped grows by nothing to begin with, in either process; one that is a delta by what it is longer.
    let began = Memory::of(&mut from(&snapshots[0]));
    assert_eq!(began, mapped[0].1.began);
    assert_eq!((began.size, began.peak), (snapshots[0].memory_size(), 0));
    let image = host().manifest().initial_memory_pages << 16;
    for ((program, of_mapped), (_, of_delta)) in mapped.iter().zip(delta) {
        let mut fork = prepared.fork().unwrap();
        let forked = Ran::new(&mut fork, program);
        assert!(
            forked.printed.ends_with("Ok(0)\n") && forked.printed.len() > "Ok(0)\n".len(),
            "`{program}`: {forked:?}"
        );
        let slept = Ran::new(&mut woken(), program);
        let copied = Ran::new(&mut from(&snapshots[1]), program);
        let what = |copy: &str| format!("`{program}` in {copy}");
        for (copy, ran) in [
            ("a runtime that slept", &slept),
            ("one from a delta", &copied),
            ("another process, from a snapshot", of_mapped),
            ("another process, from a delta that was saved", of_delta),
        ] {
            assert_same_text(&what(copy), &forked.printed, &ran.printed);
        }
        // What goes on is as large as what it is a copy of, and so is what begins.
        assert_eq!(slept.began, forked.began, "{program}");
        slept.assert_took_what(&forked, &what("a runtime that slept"));
        assert_eq!(of_mapped.began, began, "{program}");
        assert_eq!(of_delta.began.inside(), copied.began.inside(), "{program}");
        assert_eq!(
            (of_delta.began.peak, copied.began.peak),
            (0, copied.began.size - image),
            "{program}"
        );
        copied.assert_took_what(of_delta, &what("one from a delta"));
        // All live objects of one are in the other.
        let (heap, forked) = (of_mapped.ended.heap, forked.ended.heap);
        assert!(
            heap.abs_diff(forked) <= 2 << 20,
            "{program}: {heap} bytes from a snapshot, {forked} in a fork"
        );
    }
    // And in the runtime itself, one after the other.
    let mut last = prepared.fork().unwrap();
    let (program, _) = &mapped[0];
    let (own, forked) = (
        Ran::new(&mut prepared, program),
        Ran::new(&mut last, program),
    );
    assert_eq!(own.printed, forked.printed);
    assert_eq!(own.began.inside(), forked.began.inside());
    own.assert_took_what(&forked, program);
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn in_another_process() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    // What they load is in the snapshot.
    let host = IsolatedRuntimeHost::builder().build().unwrap();
    let results: Elsewhere = forms(&folder)
        .iter()
        .map(|(_, file)| {
            let snapshot = host.load_snapshot(file).unwrap();
            some()
                .map(|program| {
                    let mut runtime = new(&host).from(&snapshot).create().unwrap();
                    (program.to_owned(), Ran::new(&mut runtime, program))
                })
                .collect()
        })
        .collect();
    let results = serde_json::to_vec(&results).unwrap();
    std::fs::write(std::env::var_os(RESULTS).unwrap(), results).unwrap();
}
