//! Runtimes of one host do not see each other, and do not repeat each other's random numbers.

use crate::CALLS;
use isolator_host::IsolatedRuntime;
use isolator_tests::{host, runtime};
use std::collections::HashSet;

#[test]
fn two_runtimes_have_their_own_statics() {
    let (mut one, mut two) = (runtime(), runtime());
    one.call::<i32>(CALLS, "Calls.State", "Set", (1,)).unwrap();
    two.call::<i32>(CALLS, "Calls.State", "Set", (2,)).unwrap();
    assert_eq!(one.call::<i32>(CALLS, "Calls.State", "Get", ()).unwrap(), 1);
    assert_eq!(two.call::<i32>(CALLS, "Calls.State", "Get", ()).unwrap(), 2);
    assert_eq!(
        runtime()
            .call::<i32>(CALLS, "Calls.State", "Get", ())
            .unwrap(),
        0
    );
}

#[test]
fn random_numbers_differ_between_runtimes_and_calls() {
    let mut seen = HashSet::new();
    let mut numbers = |runtime: &mut IsolatedRuntime| {
        let line: String = runtime
            .call(CALLS, "Calls.Surroundings", "Random", ())
            .unwrap();
        for (place, number) in line.split('|').enumerate() {
            assert!(
                seen.insert((place, number.to_owned())),
                "number {place} came twice: {number}"
            );
        }
    };
    for _ in 0..20 {
        let mut runtime = host().create_runtime().unwrap();
        numbers(&mut runtime);
        numbers(&mut runtime);
    }
}

#[test]
fn nothing_is_left_for_the_next_runtime() {
    // The pool gives the same slots again: what the runtime before wrote is gone.
    for round in 0..5 {
        let mut runtime = runtime();
        assert_eq!(
            runtime
                .call::<i32>(CALLS, "Calls.State", "Get", ())
                .unwrap(),
            0,
            "round {round}"
        );
        runtime
            .call::<i32>(CALLS, "Calls.State", "Set", (99,))
            .unwrap();
        runtime
            .call::<()>(CALLS, "Calls.Surroundings", "Print", ("trace",))
            .unwrap();
        assert_eq!(runtime.stdout(), b"trace");
    }
}
