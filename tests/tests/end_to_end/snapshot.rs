//! App snapshots: runtimes that start where one that was prepared was.

use crate::CALLS;
use isolator_host::{
    Access, AppSnapshot, Compiled, Error, IsolatedMethod, IsolatedObject, IsolatedRuntime,
    IsolatedRuntimeHost, IsolatedType, Limits, SnapshotForm, Stdin, Stdio,
};
use isolator_tests::compiled::{load_compiled, runs_compiled};
use isolator_tests::{builder, host};
use std::collections::HashSet;
use std::time::Duration;

const SNAPSHOTS: &str = "Calls.Snapshots";

pub(crate) fn call<T: serde::de::DeserializeOwned>(
    runtime: &mut IsolatedRuntime,
    method: &str,
    args: impl serde::Serialize,
) -> T {
    runtime
        .call(CALLS, SNAPSHOTS, method, args)
        .unwrap_or_else(|error| panic!("{method}: {error}"))
}

fn snapshot(prepare: impl FnOnce(&mut IsolatedRuntime)) -> AppSnapshot {
    host()
        .snapshot(|runtime| {
            prepare(runtime);
            Ok(())
        })
        .unwrap()
}

pub(crate) fn from(snapshot: &AppSnapshot) -> IsolatedRuntime {
    host().runtime().from(snapshot).create().unwrap()
}

/// A host without loaders.
fn bare() -> IsolatedRuntimeHost {
    IsolatedRuntimeHost::builder().build().unwrap()
}

#[test]
fn runtimes_start_where_the_prepared_one_was() {
    let snapshot = host()
        .snapshot(|runtime| {
            runtime.call::<i32>(CALLS, "Calls.State", "Set", (77,))?;
            call::<()>(runtime, "CountWords", ("to be or not to be",));
            let get = runtime.find_method(CALLS, "Calls.State", "Get")?;
            let of_type = runtime.find_type(CALLS, "Calls.Counter")?;
            let counter = runtime.create_object(CALLS, "Calls.Counter")?;
            runtime.call_on::<i32>(&counter, "Increment", (5,))?;
            runtime.keep("get", &get)?;
            runtime.keep("type", &of_type)?;
            runtime.keep("counter", &counter)
        })
        .unwrap();
    assert_eq!(
        snapshot.kept().collect::<Vec<_>>(),
        ["counter", "get", "type"]
    );
    let mut runtimes: Vec<_> = (0..4).map(|_| from(&snapshot)).collect();
    for (number, runtime) in (0..).zip(&mut runtimes) {
        let get: IsolatedMethod = runtime.kept("get").unwrap();
        assert_eq!(runtime.invoke::<i32>(&get, ()).unwrap(), 77);
        assert_eq!(call::<i32>(runtime, "CountOf", ("be",)), 2);
        runtime
            .call::<i32>(CALLS, "Calls.State", "Set", (number,))
            .unwrap();
        let counter: IsolatedObject = runtime.kept("counter").unwrap();
        assert_eq!(
            runtime
                .call_on::<i32>(&counter, "Increment", (number,))
                .unwrap(),
            5 + number
        );
        let again: IsolatedObject = runtime.kept("counter").unwrap();
        drop(counter);
        assert_eq!(
            runtime.call_on::<i32>(&again, "Increment", (0,)).unwrap(),
            5 + number
        );
        let of_type: IsolatedType = runtime.kept("type").unwrap();
        drop(of_type);
        let error = runtime.kept::<IsolatedMethod>("counter").unwrap_err();
        assert!(error.to_string().contains("is an object"), "{error}");
    }
    for (number, runtime) in (0..).zip(&mut runtimes) {
        let get: IsolatedMethod = runtime.kept("get").unwrap();
        assert_eq!(runtime.invoke::<i32>(&get, ()).unwrap(), number);
    }
}

#[test]
fn a_snapshot_of_a_runtime_from_a_snapshot_has_both() {
    let first = host()
        .snapshot(|runtime| {
            runtime.call::<i32>(CALLS, "Calls.State", "Set", (1,))?;
            let get = runtime.find_method(CALLS, "Calls.State", "Get")?;
            runtime.keep("get", &get)
        })
        .unwrap();
    let second = host()
        .runtime()
        .from(&first)
        .snapshot(|runtime| {
            runtime
                .call::<i32>(CALLS, "Calls.State", "Set", (2,))
                .map(|_| ())
        })
        .unwrap();
    for (snapshot, value) in [(&first, 1), (&second, 2)] {
        let mut runtime = from(snapshot);
        let get: IsolatedMethod = runtime.kept("get").unwrap();
        assert_eq!(runtime.invoke::<i32>(&get, ()).unwrap(), value);
    }
}

#[test]
fn a_host_can_warm_all_of_its_runtimes() {
    let host = builder()
        .warm(|runtime| {
            runtime
                .call::<i32>(CALLS, "Calls.State", "Set", (5,))
                .map(|_| ())
        })
        .build()
        .unwrap();
    let get = |mut runtime: IsolatedRuntime| {
        runtime
            .call::<i32>(CALLS, "Calls.State", "Get", ())
            .unwrap()
    };
    assert_eq!(get(host.create_runtime().unwrap()), 5);
    assert_eq!(get(host.runtime().env("A", "b").create().unwrap()), 5);
    assert_ne!(get(host.runtime().cold().create().unwrap()), 5);
    let Err(error) = builder()
        .warm(|runtime| runtime.call::<()>(CALLS, "Calls.State", "Nothing", ()))
        .build()
    else {
        panic!("it cannot be prepared")
    };
    assert!(matches!(error, Error::MethodNotFound { .. }), "{error}");
}

#[test]
fn a_host_starts_from_a_snapshot_that_was_loaded() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("app.isolate");
    let made = host()
        .snapshot(|runtime| {
            runtime
                .call::<i32>(CALLS, "Calls.State", "Set", (6,))
                .map(|_| ())
        })
        .unwrap();
    made.save(&path).unwrap();
    let cold = bare();
    assert!(!cold.is_warm());
    let warm = cold
        .starting_from(&cold.load_snapshot(&path).unwrap())
        .unwrap();
    assert!(warm.is_warm() && !cold.is_warm());
    let mut runtime = warm.create_runtime().unwrap();
    assert_eq!(
        runtime
            .call::<i32>(CALLS, "Calls.State", "Get", ())
            .unwrap(),
        6
    );
    // Of the image alone it would not know the assembly.
    let error = warm
        .runtime()
        .cold()
        .create()
        .unwrap()
        .call::<i32>(CALLS, "Calls.State", "Get", ())
        .unwrap_err();
    assert!(matches!(error, Error::AssemblyNotFound { .. }), "{error}");
    assert_eq!(cold.live_runtimes(), 1);
    drop(runtime);
    let Err(error) = cold.starting_from(&made) else {
        panic!("it is another host's")
    };
    assert!(error.to_string().contains("another host"), "{error}");
}

#[test]
fn it_is_saved_and_loaded_in_another_host_that_has_no_loader() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("app.isolate");
    let made = host()
        .snapshot(|runtime| {
            runtime.call::<i32>(CALLS, "Calls.State", "Set", (77,))?;
            let get = runtime.find_method(CALLS, "Calls.State", "Get")?;
            runtime.keep("get", &get)
        })
        .unwrap();
    made.save(&path).unwrap();
    drop(made);
    let other = bare();
    for _ in 0..2 {
        let loaded = other.load_snapshot(&path).unwrap();
        let mut runtime = other.runtime().from(&loaded).create().unwrap();
        let get: IsolatedMethod = runtime.kept("get").unwrap();
        assert_eq!(runtime.invoke::<i32>(&get, ()).unwrap(), 77);
        // Lines of its symbols, which were not asked for before.
        let error = runtime
            .call::<()>(CALLS, SNAPSHOTS, "Throw", ())
            .unwrap_err();
        let trace = error.exception().unwrap().to_string();
        assert!(trace.contains("Snapshots.cs:line "), "{trace}");
    }
    let error = host()
        .runtime()
        .from(&other.load_snapshot(&path).unwrap())
        .create()
        .unwrap_err();
    assert!(error.to_string().contains("another host"), "{error}");
}

#[test]
fn what_is_no_snapshot_is_refused_with_the_reason() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("app.isolate");
    let load = || host().load_snapshot(&path).unwrap_err();
    assert!(matches!(load(), Error::Io { .. }));
    for (content, words) in [
        (&b"no module"[..], "no WebAssembly module"),
        (b"\0asm\x01\0\0\0", "no section `isolator.app`"),
    ] {
        std::fs::write(&path, content).unwrap();
        let error = load();
        assert!(matches!(error, Error::BadSnapshot { .. }), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    // A guest's own state is none either.
    let (_, state) = isolator_host::GuestImage::find(None)
        .unwrap()
        .read_modules()
        .unwrap();
    std::fs::write(&path, state).unwrap();
    assert!(load().to_string().contains("no section `isolator.app`"));

    snapshot(|runtime| call(runtime, "CountWords", ("one two",)))
        .save(&path)
        .unwrap();
    let whole = std::fs::read(&path).unwrap();
    for end in [whole.len() - 1, whole.len() / 2, 100] {
        std::fs::write(&path, &whole[..end]).unwrap();
        assert!(matches!(load(), Error::BadSnapshot { .. }));
    }
    // Another image's.
    let stamp = whole
        .windows(64)
        .rposition(|window| window == host().manifest().code.sha256.as_bytes())
        .unwrap();
    let mut other = whole.clone();
    other[stamp] = if other[stamp] == b'0' { b'1' } else { b'0' };
    std::fs::write(&path, &other).unwrap();
    assert!(
        load()
            .to_string()
            .contains("it belongs to the code with digest")
    );
}

/// Whatever the bytes are: an error, or a guest in its sandbox.
#[test]
fn a_crafted_memory_is_an_error_or_a_guest_like_any_other() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("app.isolate");
    snapshot(|runtime| call(runtime, "CountWords", ("one two",)))
        .save(&path)
        .unwrap();
    let whole = std::fs::read(&path).unwrap();
    let host = builder()
        .limits(Limits::default().call_timeout(Duration::from_secs(5)))
        .cache_directory(place.path().join("cache"))
        .build()
        .unwrap();
    let mut ran = 0;
    for number in 0..24_usize {
        let mut bytes = whole.clone();
        // Some pages are overwritten, at places that lie apart.
        for part in 0..64 {
            let at = (number * 7919 + part * 104_729 * 64) % (bytes.len() - 5000) + 2000;
            let with = (number * 31 + part) as u8;
            bytes[at..at + 16].fill(with);
        }
        std::fs::write(&path, &bytes).unwrap();
        let Ok(snapshot) = host.load_snapshot(&path) else {
            continue;
        };
        ran += 1;
        let mut runtime = host.runtime().from(&snapshot).create().unwrap();
        let _ = runtime.call::<i32>(CALLS, SNAPSHOTS, "CountOf", ("one",));
        let _ = runtime.call::<()>(CALLS, SNAPSHOTS, "Throw", ());
    }
    assert!(ran > 0, "none was taken for a snapshot: nothing was tried");
    let mut runtime = host.create_runtime().unwrap();
    call::<()>(&mut runtime, "CountWords", ("one two",));
    assert_eq!(call::<i32>(&mut runtime, "CountOf", ("one",)), 1);
}

#[test]
fn random_numbers_differ_between_a_thousand_copies() {
    let snapshot = snapshot(|runtime| {
        call::<()>(runtime, "UseShared", ());
        call::<Vec<String>>(runtime, "Randoms", ());
        call::<()>(runtime, "MakeRandom", (-1,));
    });
    let mut seen = HashSet::new();
    let mut kept = HashSet::new();
    for _ in 0..1000 {
        let mut runtime = from(&snapshot);
        for (kind, value) in call::<Vec<String>>(&mut runtime, "Randoms", ())
            .into_iter()
            .enumerate()
        {
            assert!(seen.insert((kind, value)), "two copies have the same");
        }
        kept.insert(call::<i32>(&mut runtime, "NextOfKept", ()));
    }
    assert_eq!(
        kept.len(),
        1,
        "an object that was there before goes on as it would have"
    );
}

#[test]
fn clocks_go_on_and_timers_and_tasks_come_along() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("app.isolate");
    snapshot(|runtime| {
        // Its own clock is far ahead of a fresh runtime's.
        std::thread::sleep(Duration::from_millis(300));
        call::<()>(runtime, "StartClocks", ());
        call::<()>(runtime, "StartTimer", (200,));
        call::<()>(runtime, "StartDelay", (100,));
    })
    .save(&path)
    .unwrap();
    let snapshot = host().load_snapshot(&path).unwrap();
    let early = call::<Vec<i64>>(&mut from(&snapshot), "Clocks", ());
    std::thread::sleep(Duration::from_millis(250));
    let mut runtime = from(&snapshot);
    let late = call::<Vec<i64>>(&mut runtime, "Clocks", ());
    for (early, late) in early.iter().zip(&late) {
        assert!(*early >= 0 && *late >= early + 200, "{early} {late}");
    }
    // Both are overdue.
    let began = std::time::Instant::now();
    let delayed: i32 = runtime.call_task(CALLS, SNAPSHOTS, "Delay", ()).unwrap();
    let fired: i32 = runtime
        .call_task(CALLS, SNAPSHOTS, "TimerFired", ())
        .unwrap();
    assert_eq!((delayed, fired), (100, 1));
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[test]
fn what_the_prepared_one_was_granted_is_not_in_the_file() {
    const CANARIES: [&str; 6] = [
        "canary-of-the-environment",
        "canary-of-the-arguments",
        "canary-of-the-directory",
        "canary-of-standard-input",
        "canary-of-a-dropped-text",
        "canary-of-the-stack",
    ];
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("app.isolate");
    let snapshot = host()
        .runtime()
        .env("SECRET", CANARIES[0])
        .arg(CANARIES[1])
        .directory(place.path(), format!("/{}", CANARIES[2]), Access::ReadOnly)
        .stdin(Stdin::Bytes(CANARIES[3].into()))
        .stdout(Stdio::Capture)
        .snapshot(|runtime| {
            assert!(call::<i32>(runtime, "Forget", (CANARIES[4],)) != 0);
            assert!(call::<i32>(runtime, "Deep", (2000, CANARIES[5])) > 0);
            // Something that is kept, so that it is known to be found.
            call::<()>(runtime, "CountWords", ("what-is-kept",));
            Ok(())
        })
        .unwrap();
    snapshot.save(&path).unwrap();
    let file = std::fs::read(&path).unwrap();
    // What is around each place where it is.
    let places = |text: &str| {
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        [text.as_bytes(), &wide]
            .into_iter()
            .flat_map(|bytes| find(&file, bytes))
            .map(|at| {
                String::from_utf8_lossy(&file[at.saturating_sub(80)..file.len().min(at + 160)])
                    .escape_debug()
                    .to_string()
            })
            .collect::<Vec<_>>()
    };
    assert!(!places("what-is-kept").is_empty());
    for canary in CANARIES {
        let reversed: String = canary.chars().rev().collect();
        for text in [canary, &reversed] {
            let places = places(text);
            assert!(places.is_empty(), "{text} is there: {places:#?}");
        }
    }

    let surroundings = |runtime: &mut IsolatedRuntime| call::<String>(runtime, "Surroundings", ());
    assert_eq!(surroundings(&mut from(&snapshot)), "none||False|/|-1");
    let mut granted = host()
        .runtime()
        .from(&snapshot)
        .env("SECRET", "another")
        .arg("one")
        .directory(place.path(), "/granted", Access::ReadOnly)
        .working_directory("/granted")
        .stdin(Stdin::Bytes(b"x".into()))
        .create()
        .unwrap();
    assert_eq!(surroundings(&mut granted), "another|one|True|/granted|120");
}

fn find(file: &[u8], bytes: &[u8]) -> Vec<usize> {
    let first = |at: &usize| file[*at] == bytes[0];
    (0..file.len())
        .filter(first)
        .filter(|at| file[*at..].starts_with(bytes))
        .collect()
}

#[test]
fn what_is_not_in_the_memory_is_named() {
    let refused = |runtime: isolator_host::RuntimeBuilder,
                   prepare: &dyn Fn(&mut IsolatedRuntime)| {
        runtime
            .snapshot(|runtime| {
                prepare(runtime);
                Ok(())
            })
            .unwrap_err()
            .to_string()
    };
    let place = tempfile::tempdir().unwrap();
    let with_files = || {
        host()
            .runtime()
            .directory(place.path(), "/data", Access::ReadWrite)
    };
    let error = refused(with_files(), &|runtime| {
        call(runtime, "Open", ("/data/open",))
    });
    assert!(error.contains("1 files or directories are open"), "{error}");
    assert!(error.contains("`/data/open`"), "{error}");
    let error = refused(host().runtime(), &|runtime| {
        call(runtime, "Open", ("/tmp/open",))
    });
    assert!(error.contains("open: `/tmp/open`"), "{error}");
    let error = refused(
        host().runtime().stdin(Stdin::Bytes(b"one\ntwo\n".into())),
        &|runtime| {
            let line: Option<String> = runtime
                .call(CALLS, "Calls.Surroundings", "ReadLine", ())
                .unwrap();
            assert_eq!(line.as_deref(), Some("one"));
        },
    );
    assert!(error.contains("read of its standard input"), "{error}");
    let error = refused(host().runtime(), &|runtime| {
        runtime.register_async_callback("later", |_: String| std::future::pending::<String>());
        call(runtime, "StartHostCall", ())
    });
    assert!(
        error.contains("a call of the host's `later` is under way"),
        "{error}"
    );
    // What was closed and deleted does not matter.
    with_files()
        .snapshot(|runtime| {
            call::<()>(runtime, "Open", ("/data/open",));
            call::<()>(runtime, "Close", ());
            Ok(())
        })
        .unwrap();
}

#[test]
fn temporary_files_come_along() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("app.isolate");
    let prepare = |runtime: &mut IsolatedRuntime| {
        call::<()>(runtime, "WriteTemporary", ());
        runtime.call::<()>(CALLS, "Calls.Orders", "Arrange", ())
    };
    let made = host().snapshot(prepare).unwrap();
    let delta = host()
        .runtime()
        .snapshot_form(SnapshotForm::Delta)
        .snapshot(prepare)
        .unwrap();
    made.save(&path).unwrap();
    let loaded = host().load_snapshot(&path).unwrap();
    // Of one that is known only what stands before its memory is read.
    let known = host().load_snapshot(&path).unwrap();
    let read = |runtime: &mut IsolatedRuntime| {
        runtime.call::<String>(CALLS, "Calls.Orders", "ReadAll", ("/tmp/left.txt",))
    };
    let gone = |outcome: Result<String, Error>| {
        let error = outcome.unwrap_err();
        assert_eq!(
            error.exception().unwrap().type_name,
            "System.IO.FileNotFoundException"
        );
    };
    let arranged = |runtime: &mut IsolatedRuntime| {
        runtime
            .call::<String>(CALLS, "Calls.Orders", "Arranged", ())
            .unwrap()
    };
    let expected = arranged(&mut from(&made));
    assert!(
        expected.contains("/tmp/folder/file.txt 4 2001-02-03T04:05:06"),
        "{expected}"
    );
    for snapshot in [&made, &loaded, &known] {
        // What each does with them is its own affair.
        for _ in 0..2 {
            let mut runtime = from(snapshot);
            let taken = runtime.stats().peak_memory;
            assert!((8 << 10..32 << 10).contains(&taken), "{taken}");
            assert_eq!(arranged(&mut runtime), expected);
            assert_eq!(read(&mut runtime).unwrap(), "left");
            call::<()>(&mut runtime, "DeleteTemporary", ());
            gone(read(&mut runtime));
        }
    }
    assert_eq!(read(&mut from(&delta)).unwrap(), "left");
    // A snapshot of one that starts there has what is left.
    let second = host()
        .runtime()
        .from(&made)
        .snapshot(|runtime| {
            call::<()>(runtime, "DeleteTemporary", ());
            Ok(())
        })
        .unwrap();
    let mut runtime = from(&second);
    gone(read(&mut runtime));
    assert!(!arranged(&mut runtime).contains("left.txt"));
    // A granted directory takes their place.
    let granted = tempfile::tempdir().unwrap();
    let mut runtime = host()
        .runtime()
        .from(&made)
        .directory(granted.path(), "/tmp", Access::ReadWrite)
        .create()
        .unwrap();
    assert_eq!(runtime.stats().peak_memory, 0);
    assert_eq!(arranged(&mut runtime), "");
}

#[test]
fn handles_of_the_collector_and_finalizers_work_after() {
    let snapshot = snapshot(|runtime| call(runtime, "Pin", (41,)));
    for _ in 0..2 {
        let mut runtime = from(&snapshot);
        let pinned = call::<String>(&mut runtime, "Pinned", ());
        assert!(pinned.starts_with("41 42 42 "), "{pinned}");
        assert!(pinned.ends_with(" True"), "{pinned}");
    }
}

#[test]
fn limits_count_what_comes_on_top() {
    let host = builder()
        .limits(Limits::default().memory(64 << 20))
        .build()
        .unwrap();
    let large = host
        .snapshot(|runtime| {
            runtime
                .call::<i32>(CALLS, "Calls.State", "Set", (1,))
                .map(|_| ())
        })
        .unwrap();
    let mut runtime = host.runtime().from(&large).create().unwrap();
    assert_eq!(runtime.stats().peak_memory, 0);
    assert_eq!(
        runtime
            .call::<i32>(CALLS, "Calls.State", "Get", ())
            .unwrap(),
        1
    );
    let error = runtime
        .call::<i64>(CALLS, "Calls.Surroundings", "TakeAll", (1 << 20,))
        .unwrap_err();
    assert_eq!(
        error.exception().unwrap().type_name,
        "System.OutOfMemoryException"
    );
    assert!(
        (40 << 20..=64 << 20).contains(&runtime.stats().peak_memory),
        "{:?}",
        runtime.stats()
    );
    assert_eq!(runtime.stats().calls, 2);
}

#[test]
fn compiled_programs_come_along() {
    if !runs_compiled() {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("app.isolate");
    let host = IsolatedRuntimeHost::builder()
        .assembly_loader(load_compiled)
        .compiled(Compiled::Require)
        .limits(Limits::default().call_timeout(Duration::from_secs(300)))
        .build()
        .unwrap();
    let run = |which: &str, runtime: &mut IsolatedRuntime| {
        let assembly = runtime.load_assembly("Compiled").unwrap();
        let ran = runtime.run_main(&assembly, &[]);
        assert_eq!(ran.unwrap_or_else(|error| panic!("{which}: {error}")), 0);
        let text = String::from_utf8(runtime.take_stdout()).unwrap();
        (text, runtime.stats().compiled)
    };
    let mut first = host.runtime().stdout(Stdio::Capture).create().unwrap();
    let expected = run("first", &mut first);
    assert_eq!(expected.1, ["Compiled"]);
    assert_eq!(run("again", &mut first), expected);
    let snapshot = host
        .runtime()
        .stdout(Stdio::Capture)
        .snapshot(|runtime| {
            assert_eq!(run("prepared", runtime), expected);
            Ok(())
        })
        .unwrap();
    snapshot.save(&path).unwrap();
    let other = bare();
    let loaded = other.load_snapshot(&path).unwrap();
    for (host, snapshot) in [(&host, &snapshot), (&other, &loaded)] {
        for _ in 0..2 {
            let mut runtime = host
                .runtime()
                .from(snapshot)
                .stdout(Stdio::Capture)
                .create()
                .unwrap();
            let (text, compiled) = run("copy", &mut runtime);
            assert_eq!(text, expected.0);
            assert_eq!(compiled, ["Compiled"]);
        }
    }
    // And one more on top of them.
    let mut runtime = host
        .runtime()
        .from(&snapshot)
        .stdout(Stdio::Capture)
        .create()
        .unwrap();
    let _ = runtime.load_assembly("Calls").unwrap();
    assert_eq!(
        runtime
            .call::<i32>(CALLS, "Calls.State", "Get", ())
            .unwrap(),
        0
    );
    assert_eq!(runtime.stats().compiled, ["Compiled", "Calls"]);
    assert_eq!(run("with another", &mut runtime).0, expected.0);
}
