//! Forks: runtimes that go on from where a live one is.

use crate::CALLS;
use isolator_host::{
    Access, Compiled, Error, HostLimits, IsolatedMethod, IsolatedObject, IsolatedRuntime,
    IsolatedTask, LimitKind, Limits, SnapshotForm, Stdin, Stdio,
};
use isolator_tests::compiled::{load_compiled, runs_compiled};
use isolator_tests::{builder, host, runtime};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

pub(crate) const ORDERS: &str = "Calls.Orders";

pub(crate) fn call<T: serde::de::DeserializeOwned>(
    runtime: &mut IsolatedRuntime,
    method: &str,
    args: impl serde::Serialize,
) -> T {
    runtime
        .call(CALLS, ORDERS, method, args)
        .unwrap_or_else(|error| panic!("{method}: {error}"))
}

#[test]
fn forks_go_on_each_on_its_own() {
    let mut parent = runtime();
    parent
        .call::<i32>(CALLS, "Calls.State", "Set", (77,))
        .unwrap();
    let counter = parent.create_object(CALLS, "Calls.Counter").unwrap();
    parent.call_on::<i32>(&counter, "Increment", (5,)).unwrap();
    let get = parent.find_method(CALLS, "Calls.State", "Get").unwrap();
    parent.keep("get", &get).unwrap();
    let mut forks = parent.fork_many(5).unwrap();
    forks.push(parent.fork().unwrap());
    for (number, fork) in (0..).zip(&mut forks) {
        let get: IsolatedMethod = fork.kept("get").unwrap();
        assert_eq!(fork.invoke::<i32>(&get, ()).unwrap(), 77);
        fork.call::<i32>(CALLS, "Calls.State", "Set", (number,))
            .unwrap();
        let own: IsolatedObject = fork.inherit(&counter).unwrap();
        assert_eq!(
            fork.call_on::<i32>(&own, "Increment", (number,)).unwrap(),
            5 + number
        );
    }
    // Neither sees what another did, nor does the parent.
    for (number, fork) in (0..).zip(&mut forks) {
        let get: IsolatedMethod = fork.kept("get").unwrap();
        assert_eq!(fork.invoke::<i32>(&get, ()).unwrap(), number);
        let own: IsolatedObject = fork.inherit(&counter).unwrap();
        assert_eq!(
            fork.call_on::<i32>(&own, "Increment", (0,)).unwrap(),
            5 + number
        );
    }
    assert_eq!(parent.invoke::<i32>(&get, ()).unwrap(), 77);
    assert_eq!(
        parent.call_on::<i32>(&counter, "Increment", (0,)).unwrap(),
        5
    );
    // They live on without it, and a fork of a fork is one like any.
    drop(parent);
    let mut again = forks[3].fork().unwrap();
    drop(forks);
    let get: IsolatedMethod = again.kept("get").unwrap();
    assert_eq!(again.invoke::<i32>(&get, ()).unwrap(), 3);
    let error = again
        .call::<i32>(CALLS, "Calls.Failing", "Nested", ())
        .unwrap_err();
    assert!(matches!(error, Error::GuestException(_)), "{error}");
}

#[test]
fn a_fork_of_a_runtime_that_was_never_called_is_one_that_was_never_called() {
    let mut parent = host().runtime().env("NAME", "value").create().unwrap();
    let mut fork = parent.fork().unwrap();
    for runtime in [&mut parent, &mut fork] {
        assert_eq!(
            runtime
                .call::<String>(
                    "System.Private.CoreLib",
                    "System.Environment",
                    "GetEnvironmentVariable",
                    ("NAME",)
                )
                .unwrap(),
            "value"
        );
    }
}

#[test]
fn handles_are_inherited_if_they_were_made_before() {
    let mut parent = runtime();
    let before = parent.create_object(CALLS, "Calls.Counter").unwrap();
    let mut fork = parent.fork().unwrap();
    let after = parent.create_object(CALLS, "Calls.Counter").unwrap();
    // A handle is its runtime's.
    let error = fork.call_on::<i32>(&before, "Increment", (1,)).unwrap_err();
    assert!(matches!(error, Error::ForeignHandle { .. }), "{error}");
    let error = fork.inherit(&after).unwrap_err();
    assert!(matches!(error, Error::BadHandle { .. }), "{error}");
    assert!(error.to_string().contains("after runtime"), "{error}");
    let other = runtime().create_object(CALLS, "Calls.Counter").unwrap();
    let error = fork.inherit(&other).unwrap_err();
    assert!(matches!(error, Error::ForeignHandle { .. }), "{error}");
    let error = parent.inherit(&other).unwrap_err();
    assert!(matches!(error, Error::ForeignHandle { .. }), "{error}");

    let inherited = fork.inherit(&before).unwrap();
    let again = fork.inherit(&before).unwrap();
    drop(inherited);
    assert_eq!(
        fork.call_on::<i32>(&again, "Increment", (2,)).unwrap(),
        2,
        "one of two clones was dropped"
    );
    // Its own, and those of its parent's parent through the one between.
    let own = fork.inherit(&again).unwrap();
    assert_eq!(fork.call_on::<i32>(&own, "Increment", (2,)).unwrap(), 4);
    let mut third = fork.fork().unwrap();
    assert!(third.inherit(&before).is_err());
    let through = third.inherit(&again).unwrap();
    assert_eq!(
        third.call_on::<i32>(&through, "Increment", (2,)).unwrap(),
        6
    );
}

#[test]
fn random_numbers_differ_between_forks() {
    let mut parent = runtime();
    let randoms = |runtime: &mut IsolatedRuntime| {
        runtime
            .call::<Vec<String>>(CALLS, "Calls.Snapshots", "Randoms", ())
            .unwrap()
    };
    randoms(&mut parent);
    let mut seen = HashSet::new();
    let mut forks = parent.fork_many(100).unwrap();
    for runtime in forks.iter_mut().chain([&mut parent]) {
        for (kind, value) in randoms(runtime).into_iter().enumerate() {
            assert!(seen.insert((kind, value)), "two have the same");
        }
    }
}

#[test]
fn streams_files_and_callbacks_go_along() {
    let place = tempfile::tempdir().unwrap();
    let written = Arc::new(std::sync::Mutex::new(Vec::new()));
    struct Shared(Arc<std::sync::Mutex<Vec<u8>>>);
    impl std::io::Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut parent = host()
        .runtime()
        .directory(place.path(), "/data", Access::ReadWrite)
        .stdin(Stdin::Bytes(b"one\ntwo\nthree\n".to_vec()))
        .stdout(Stdio::Capture)
        .stderr(Stdio::writer(Shared(written.clone())))
        .create()
        .unwrap();
    let calls = Arc::new(AtomicU32::new(0));
    let counted = calls.clone();
    parent.register_callback("count", move |by: u32| {
        counted.fetch_add(by, Ordering::Relaxed) + by
    });
    call::<()>(&mut parent, "Say", ("parent",));
    call::<()>(&mut parent, "Open", ("/data/log.txt",));
    call::<()>(&mut parent, "Write", ("begun ",));
    call::<()>(&mut parent, "WriteAll", ("/tmp/note.txt", "of the parent"));
    let mut fork = parent.fork().unwrap();

    call::<()>(&mut fork, "Say", ("fork",));
    assert_eq!(fork.stdout_utf8(), "fork\n");
    assert_eq!(parent.stdout_utf8(), "parent\n");
    // Both write where the file was, each at its own place.
    call::<()>(&mut fork, "Write", ("by the fork",));
    let path = place.path().join("log.txt");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "begun by the fork");
    call::<()>(&mut parent, "Write", ("BY",));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "begun BY the fork");
    call::<()>(&mut parent, "Close", ());
    call::<()>(&mut fork, "Write", ("!",));
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        "begun BY the fork!"
    );
    // Temporary files are a copy.
    call::<()>(&mut fork, "WriteAll", ("/tmp/note.txt", "of the fork"));
    for (runtime, text) in [(&mut parent, "of the parent"), (&mut fork, "of the fork")] {
        assert_eq!(call::<String>(runtime, "ReadAll", ("/tmp/note.txt",)), text);
    }
    for runtime in [&mut parent, &mut fork] {
        let line: String = call(runtime, "Line", ());
        assert_eq!(line, "one");
    }
    let count = |runtime: &mut IsolatedRuntime| {
        runtime
            .call::<u32>(CALLS, "Calls.Callbacks", "Count", (3,))
            .unwrap()
    };
    let (first, second) = (count(&mut fork), count(&mut parent));
    assert_eq!((first, second), (3, 6));
    drop(parent);
    assert_eq!(count(&mut fork), 9);
    assert!(written.lock().unwrap().is_empty());
}

#[test]
fn calls_of_the_host_that_are_under_way_are_listed_and_answered() {
    let mut parent = runtime();
    parent.register_async_callback("pay", |_: String, _: f64| async {
        std::future::pending::<()>().await;
        true
    });
    parent.register_async_callback("approve", |what: String| async move { format!("{what}'s") });
    let process = parent.find_method(CALLS, ORDERS, "Process").unwrap();
    let order = parent.start_task(&process, None, ("book", 1)).unwrap();
    parent.keep("order", &order).unwrap();
    assert!(parent.pending_calls().is_empty(), "it is being run here");

    let mut fork = parent.fork().unwrap();
    let calls = fork.pending_calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].name, "pay");
    assert_eq!(
        calls[0].arguments::<(String, f64)>().unwrap(),
        ("book".into(), 12.5)
    );
    let kept: IsolatedTask = fork.kept("order").unwrap();
    let error = fork.wait::<String>(&kept).unwrap_err();
    assert!(matches!(error, Error::Deadlock), "{error}");
    // One that there is none of.
    let error = fork.answer_call(calls[0].id + 1, true).unwrap_err();
    assert!(error.to_string().contains("(`pay`)"), "{error}");
    let mut failed = fork.fork().unwrap();
    fork.answer_call(calls[0].id, true).unwrap();
    assert!(fork.answer_call(calls[0].id, true).is_err(), "twice");
    assert_eq!(
        fork.wait::<String>(&kept).unwrap(),
        "ordered book, paid, approved by book's, sent"
    );
    // A fork of a fork has it pending as well; here it fails.
    let kept: IsolatedTask = failed.kept("order").unwrap();
    failed.fail_call(calls[0].id, "the bank is closed").unwrap();
    let error = failed.wait::<String>(&kept).unwrap_err();
    assert!(error.to_string().contains("the bank is closed"), "{error}");
    // Begun again, with a callback that answers at once.
    let mut again = parent.fork().unwrap();
    again.register_callback("pay", |what: String, _: f64| what == "book");
    again.restart_call(calls[0].id).unwrap();
    let kept: IsolatedTask = again.kept("order").unwrap();
    assert_eq!(
        again.wait::<String>(&kept).unwrap(),
        "ordered book, paid, approved by book's, sent"
    );
    // The parent waits still.
    assert_eq!(parent.poll_task::<String>(&order).unwrap(), None);
    assert_eq!(call::<String>(&mut parent, "Log", ()), "ordered book");
}

#[test]
fn programs_that_run_compiled_run_compiled_in_forks() {
    if !runs_compiled() {
        return;
    }
    let host = isolator_host::IsolatedRuntimeHost::builder()
        .assembly_loader(load_compiled)
        .compiled(Compiled::Require)
        .limits(Limits::default().call_timeout(Duration::from_secs(300)))
        .build()
        .unwrap();
    let run = |runtime: &mut IsolatedRuntime| {
        let assembly = runtime.load_assembly("Compiled").unwrap();
        assert_eq!(runtime.run_main(&assembly, &[]).unwrap(), 0);
        runtime.take_stdout()
    };
    let mut parent = host.runtime().stdout(Stdio::Capture).create().unwrap();
    let expected = run(&mut parent);
    assert!(!expected.is_empty());
    let snapshot = host
        .runtime()
        .snapshot(|runtime| runtime.load_assembly("Compiled").map(|_| ()))
        .unwrap();
    let of_snapshot = host
        .runtime()
        .from(&snapshot)
        .stdout(Stdio::Capture)
        .create()
        .unwrap();
    for mut parent in [parent, of_snapshot] {
        for mut fork in parent.fork_many(3).unwrap() {
            assert_eq!(run(&mut fork), expected);
            assert_eq!(fork.stats().compiled, ["Compiled"]);
            // And once more after it slept.
            let suspended = fork.suspend().unwrap();
            let mut builder = host.runtime().stdout(Stdio::Capture);
            if suspended.snapshot().is_some() {
                builder = builder.from(&snapshot);
            }
            let mut woken = builder.resume(&suspended).unwrap();
            assert_eq!(run(&mut woken), expected);
            assert_eq!(woken.stats().compiled, ["Compiled"]);
        }
    }
}

#[test]
fn limits_hold_for_forks_as_for_their_parent() {
    let host = builder()
        .limits(Limits::default().memory(100 << 20))
        .host_limits(HostLimits::default().memory(90 << 20))
        .max_runtimes(4)
        .build()
        .unwrap();
    let mut parent = host.create_runtime().unwrap();
    call::<i32>(&mut parent, "Grow", (30,));
    let mut fork = parent.fork().unwrap();
    let (of_parent, of_fork) = (parent.stats().peak_memory, fork.stats().peak_memory);
    assert_eq!(of_fork, of_parent, "what it grew by counts");
    assert!(of_fork > 20 << 20, "{of_fork}");
    call::<i32>(&mut fork, "Grow", (20,));
    // What both have is the host's.
    let error = fork.fork().unwrap_err();
    let is_memory = |error: &Error| {
        matches!(
            error,
            Error::Limit {
                limit: LimitKind::HostMemory,
                ..
            }
        )
    };
    assert!(is_memory(&error), "{error}");
    let error = parent.fork_many(3).unwrap_err();
    assert!(is_memory(&error), "{error}");
    drop(parent);
    assert_eq!(host.live_runtimes(), 1);
    assert!(call::<i32>(&mut fork, "Grow", (1,)) > 0);
    // As many as there may be.
    let mut small = host.create_runtime().unwrap();
    let error = small.fork_many(5).unwrap_err();
    assert!(matches!(error, Error::TooManyRuntimes { .. }), "{error}");
    assert_eq!(host.live_runtimes(), 2, "those that were made are gone");
}

/// Whatever was called before: the parent, its fork, the same one after it slept, and what starts from a snapshot of it give the same from then on;
/// and so do copies of such a copy in the middle of it.
#[test]
fn copies_do_what_their_parent_does() {
    let step = || (0..9_i32, -40..40_i32);
    let steps = || proptest::collection::vec(step(), 0..12);
    let config = Config {
        cases: 24,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&(steps(), steps()), |(before, after)| {
            let mut parent = runtime();
            let run = |runtime: &mut IsolatedRuntime, steps: &[(i32, i32)]| -> Vec<i64> {
                steps
                    .iter()
                    .map(|step| call(runtime, "Mix", *step))
                    .collect()
            };
            run(&mut parent, &before);
            let mut fork = parent.fork().unwrap();
            let suspended = parent.suspend().unwrap();
            let mut of_fork = host().resume(&fork.suspend().unwrap()).unwrap();
            let mut woken = host().resume(&suspended).unwrap();
            let frozen = |runtime: IsolatedRuntime| {
                let snapshot = runtime.into_snapshot_as(SnapshotForm::Delta);
                let snapshot = snapshot.unwrap();
                assert_eq!(snapshot.form(), SnapshotForm::Delta);
                snapshot
            };
            let snapshot = frozen(parent.fork().unwrap());
            let from = || host().runtime().from(&snapshot);
            let mut fresh = from().create().unwrap();
            let expected = run(&mut parent, &after);
            let sum = call::<i64>(&mut parent, "Sum", ());
            for other in [&mut fork, &mut woken, &mut of_fork, &mut fresh] {
                prop_assert_eq!(&run(other, &after), &expected);
                prop_assert_eq!(call::<i64>(other, "Sum", ()), sum);
            }
            // From the same snapshot, and copied once more on the way.
            let (first, rest) = after.split_at(after.len() / 2);
            let mut halfway = from().create().unwrap();
            prop_assert_eq!(run(&mut halfway, first), &expected[..first.len()]);
            let over = frozen(halfway.fork().unwrap());
            let mut others = [
                from().resume(&halfway.suspend().unwrap()).unwrap(),
                host().runtime().from(&over).create().unwrap(),
                halfway.fork().unwrap(),
                halfway,
            ];
            for other in &mut others {
                prop_assert_eq!(run(other, rest), &expected[first.len()..]);
                prop_assert_eq!(call::<i64>(other, "Sum", ()), sum);
            }
            Ok(())
        })
        .unwrap();
}
