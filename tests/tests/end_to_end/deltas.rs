//! App snapshots that are kept as what they differ by from what the prepared runtime began with.

use crate::CALLS;
use crate::snapshot::{call, from};
use isolator_host::{
    AppSnapshot, Error, IsolatedMethod, IsolatedRuntime, LimitKind, Limits, RuntimeBuilder,
    SnapshotForm, Suspended,
};
use isolator_tests::{builder, host};

fn count(runtime: &mut IsolatedRuntime, text: &str) {
    call(runtime, "CountWords", (text,))
}

fn count_of(runtime: &mut IsolatedRuntime, word: &str) -> i32 {
    call(runtime, "CountOf", (word,))
}

fn delta(builder: RuntimeBuilder, prepare: impl FnOnce(&mut IsolatedRuntime)) -> AppSnapshot {
    builder
        .snapshot_form(SnapshotForm::Delta)
        .snapshot(|runtime| {
            prepare(runtime);
            Ok(())
        })
        .unwrap()
}

#[test]
fn runtimes_start_from_it_as_from_one_that_is_mapped() {
    let prepare = |runtime: &mut IsolatedRuntime| {
        runtime
            .call::<i32>(CALLS, "Calls.State", "Set", (77,))
            .unwrap();
        count(runtime, "to be or not to be");
        let get = runtime.find_method(CALLS, "Calls.State", "Get").unwrap();
        runtime.keep("get", &get).unwrap();
    };
    let copied = delta(host().runtime(), prepare);
    let mapped = host()
        .snapshot(|runtime| {
            prepare(runtime);
            Ok(())
        })
        .unwrap();
    assert_eq!(copied.form(), SnapshotForm::Delta);
    assert_eq!(mapped.form(), SnapshotForm::Mapped);
    assert_eq!(mapped.copied(), 0);
    assert!(
        (1..4 << 20).contains(&copied.copied()),
        "{}",
        copied.copied()
    );
    assert_eq!(copied.memory_size(), mapped.memory_size());
    for snapshot in [&copied, &mapped] {
        let mut runtimes: Vec<_> = (0..3).map(|_| from(snapshot)).collect();
        for (number, runtime) in (0..).zip(&mut runtimes) {
            let get: IsolatedMethod = runtime.kept("get").unwrap();
            assert_eq!(runtime.invoke::<i32>(&get, ()).unwrap(), 77);
            assert_eq!(count_of(runtime, "be"), 2);
            runtime
                .call::<i32>(CALLS, "Calls.State", "Set", (number,))
                .unwrap();
        }
        for (number, runtime) in (0..).zip(&mut runtimes) {
            let now: i32 = runtime.call(CALLS, "Calls.State", "Get", ()).unwrap();
            assert_eq!(now, number);
            // Its own, and that of a fork of it.
            count(runtime, "be");
            assert_eq!(count_of(&mut runtime.fork().unwrap(), "be"), 3 - 2);
        }
    }
}

#[test]
fn it_lies_over_another_snapshot() {
    let base = host()
        .snapshot(|runtime| {
            runtime.call::<i32>(CALLS, "Calls.State", "Set", (5,))?;
            Ok(())
        })
        .unwrap();
    let over = delta(host().runtime().from(&base), |runtime| {
        count(runtime, "a b a")
    });
    // And over one of its own form.
    let twice = delta(host().runtime().from(&over), |runtime| {
        assert_eq!(count_of(runtime, "a"), 2);
        runtime
            .call::<i32>(CALLS, "Calls.State", "Set", (6,))
            .unwrap();
    });
    // One that is mapped again.
    let flat = host().runtime().from(&twice).snapshot(|_| Ok(())).unwrap();
    for (snapshot, state) in [(&over, 5), (&twice, 6), (&flat, 6)] {
        let mut runtime = from(snapshot);
        assert_eq!(count_of(&mut runtime, "a"), 2);
        let now: i32 = runtime.call(CALLS, "Calls.State", "Get", ()).unwrap();
        assert_eq!(now, state);
    }
    assert_eq!(flat.form(), SnapshotForm::Mapped);
}

#[test]
fn it_is_saved_whole_and_what_sleeps_wakes_with_either() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("app.isolate");
    let host = builder().build().unwrap();
    let copied = delta(host.runtime(), |runtime| count(runtime, "x y x"));
    copied.save(&path).unwrap();
    let loaded = host.load_snapshot(&path).unwrap();
    assert_eq!(loaded.form(), SnapshotForm::Mapped);
    assert_eq!(loaded.id(), copied.id());
    assert_eq!(loaded.memory_size(), copied.memory_size());
    for began in [&copied, &loaded] {
        let mut runtime = host.runtime().from(began).create().unwrap();
        runtime
            .call::<i32>(CALLS, "Calls.State", "Set", (9,))
            .unwrap();
        let suspended = runtime.suspend().unwrap();
        let size = suspended.as_bytes().len();
        assert!(size < 400 << 10, "{size}");
        let suspended = Suspended::from_bytes(suspended.as_bytes()).unwrap();
        for goes_on in [&copied, &loaded] {
            let mut awake = host.runtime().from(goes_on).resume(&suspended).unwrap();
            let now: i32 = awake.call(CALLS, "Calls.State", "Get", ()).unwrap();
            assert_eq!((now, count_of(&mut awake, "x")), (9, 2));
            // And sleeps again.
            let again = awake.suspend().unwrap();
            let mut awake = host.runtime().from(began).resume(&again).unwrap();
            assert_eq!(count_of(&mut awake, "y"), 1);
        }
    }
}

#[test]
fn what_it_has_grown_by_counts_as_a_runtimes_memory() {
    let snapshot = delta(host().runtime(), |runtime| {
        runtime
            .call::<i32>(CALLS, "Calls.State", "Set", (1,))
            .unwrap();
        let _: serde_json::Value = runtime.call(CALLS, "Calls.Limits", "Hold", (16,)).unwrap();
    });
    let create = |memory: u64| {
        let limits = Limits::default().memory(memory);
        host().runtime().from(&snapshot).limits(limits).create()
    };
    let refused = create(1 << 20).unwrap_err();
    assert!(
        matches!(
            refused,
            Error::Limit {
                limit: LimitKind::Memory,
                ..
            }
        ),
        "{refused}"
    );
    let mut runtime = create(64 << 20).unwrap();
    let now: i32 = runtime.call(CALLS, "Calls.State", "Get", ()).unwrap();
    assert_eq!(now, 1);
    assert!(runtime.stats().peak_memory >= 4 << 20);
}
