//! Tasks: several at once in one runtime, timers, cancellation, streams.

use crate::CALLS;
use isolator_host::{Error, NextRun};
use isolator_tests::runtime;
use std::time::{Duration, Instant};

const TASKS: &str = "Calls.Tasks";

#[test]
fn a_task_is_awaited() {
    let mut runtime = runtime();
    assert_eq!(
        runtime
            .call_task::<i32>(CALLS, TASKS, "Delayed", (20, 7))
            .unwrap(),
        7
    );
    assert_eq!(
        runtime
            .call_task::<String>(CALLS, TASKS, "Values", (4,))
            .unwrap(),
        "0,1,2,3"
    );
    assert_eq!(
        runtime
            .call_task::<i32>(CALLS, "Calls.Arithmetic", "Add", (1, 2))
            .unwrap(),
        3,
        "what is no task counts as done"
    );
    let error = runtime
        .call_task::<i32>(CALLS, TASKS, "FailLater", ("later",))
        .unwrap_err();
    assert!(
        matches!(&error, Error::GuestException(exception) if exception.message == "later"),
        "{error}"
    );
    let error = runtime
        .call::<i32>(CALLS, TASKS, "Delayed", (1, 1))
        .unwrap_err();
    assert!(matches!(error, Error::Async { .. }), "{error}");
}

#[test]
fn two_tasks_wait_at_once_and_go_on_together() {
    let mut runtime = runtime();
    let wait = runtime.find_method(CALLS, TASKS, "WaitForGate").unwrap();
    let one = runtime.start_task(&wait, None, ("one",)).unwrap();
    let two = runtime.start_task(&wait, None, ("two",)).unwrap();
    while runtime.run_pending(Duration::ZERO).unwrap() == NextRun::Now {}
    assert_eq!(runtime.poll_task::<String>(&one).unwrap(), None);
    assert_eq!(runtime.poll_task::<String>(&two).unwrap(), None);
    runtime
        .call::<()>(CALLS, TASKS, "OpenGate", ("open",))
        .unwrap();
    while runtime.run_pending(Duration::ZERO).unwrap() == NextRun::Now {}
    assert_eq!(
        runtime.poll_task::<String>(&one).unwrap().as_deref(),
        Some("one open")
    );
    assert_eq!(
        runtime.poll_task::<String>(&two).unwrap().as_deref(),
        Some("two open")
    );
    assert_eq!(
        runtime.poll_task::<String>(&one).unwrap().as_deref(),
        Some("one open"),
        "asked again"
    );
}

#[test]
fn timers_of_two_tasks_run_side_by_side() {
    let mut runtime = runtime();
    let delayed = runtime.find_method(CALLS, TASKS, "Delayed").unwrap();
    let slow = runtime.start_task(&delayed, None, (10_000, 1)).unwrap();
    let fast = runtime.start_task(&delayed, None, (30, 2)).unwrap();
    let began = Instant::now();
    assert_eq!(runtime.wait::<i32>(&fast).unwrap(), 2);
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "it does not wait for the other"
    );
    assert_eq!(runtime.poll_task::<i32>(&slow).unwrap(), None);
    let NextRun::After(next) = runtime.run_pending(Duration::ZERO).unwrap() else {
        panic!("the slow timer is due later")
    };
    assert!(next <= Duration::from_secs(10), "{next:?}");
}

#[test]
fn a_task_that_nothing_can_complete_is_a_deadlock() {
    let mut runtime = runtime();
    let idle = runtime.run_pending(Duration::ZERO).unwrap();
    assert_eq!(
        idle,
        NextRun::WhenCalled,
        "nothing is under way in a fresh runtime"
    );
    let error = runtime
        .call_task::<i32>(CALLS, TASKS, "Never", ())
        .unwrap_err();
    assert!(matches!(error, Error::Deadlock), "{error}");
    assert_eq!(
        runtime
            .call_task::<i32>(CALLS, TASKS, "Delayed", (1, 5))
            .unwrap(),
        5,
        "the runtime works on"
    );
}

#[test]
fn a_task_is_cancelled_through_its_token() {
    let mut runtime = runtime();
    let method = runtime.find_method(CALLS, TASKS, "UntilCancelled").unwrap();
    let task = runtime.start_task(&method, None, ()).unwrap();
    assert_eq!(runtime.poll_task::<String>(&task).unwrap(), None);
    runtime.cancel_task(&task).unwrap();
    assert_eq!(runtime.wait::<String>(&task).unwrap(), "cancelled");
}

#[test]
fn a_sequence_is_read_on_a_thread_that_waits() {
    let mut runtime = runtime();
    let ticks = runtime
        .find_method(CALLS, "Calls.Awaiting", "Ticks")
        .unwrap();
    let mut open = |count: i32| {
        let source = runtime.invoke_object(&ticks, None, (count, 2)).unwrap();
        runtime.open_stream(&source.unwrap()).unwrap()
    };
    let (short, long) = (open(2), open(1000));
    for expected in [Some(0), Some(1), None, None] {
        assert_eq!(
            runtime.next_element::<i32>(&short).unwrap(),
            expected,
            "to the end"
        );
    }
    assert_eq!(runtime.next_element::<i32>(&long).unwrap(), Some(0));
    let log = |runtime: &mut isolator_host::IsolatedRuntime| -> String {
        while runtime.run_pending(Duration::ZERO).unwrap() == NextRun::Now {}
        runtime.call(CALLS, "Calls.Awaiting", "Log", ()).unwrap()
    };
    assert_eq!(log(&mut runtime), "disposed", "the first");
    runtime.close_stream(&long).unwrap();
    assert_eq!(log(&mut runtime), "disposed", "the second, by closing it");
    runtime.close_stream(&long).unwrap();
    assert_eq!(log(&mut runtime), "", "once is enough");
    assert!(runtime.is_alive());
}
