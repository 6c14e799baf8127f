//! What the runtimes of a host share: memory, places, calls that run at once.

use crate::CALLS;
use isolator_host::{Error, HostLimits, LimitKind, Limits};
use isolator_tests::builder;
use std::time::Duration;

const LIMITS: &str = "Calls.Limits";

#[test]
fn runtimes_share_the_memory_of_their_host() {
    let host = builder()
        .max_runtimes(4)
        .limits(Limits::none())
        .host_limits(HostLimits::default().memory(64 << 20))
        .build()
        .unwrap();
    let mut first = host.create_runtime().unwrap();
    first.call::<i32>(CALLS, LIMITS, "Hold", (40,)).unwrap();
    let mut second = host.create_runtime().unwrap();
    let ended = second.call::<i32>(CALLS, LIMITS, "Hold", (40,));
    match ended {
        Err(Error::GuestException(exception)) => {
            assert_eq!(exception.type_name, "System.OutOfMemoryException");
        }
        Err(Error::Limit {
            limit: LimitKind::HostMemory,
            ..
        }) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(second.stats().reached, [LimitKind::HostMemory]);
    drop(first);
    let mut third = host.create_runtime().unwrap();
    third.call::<i32>(CALLS, LIMITS, "Hold", (40,)).unwrap();
}

#[test]
fn a_dead_runtime_makes_room_before_it_is_dropped() {
    let host = builder().max_runtimes(1).build().unwrap();
    let mut runtime = host.create_runtime().unwrap();
    assert!(matches!(
        host.create_runtime(),
        Err(Error::TooManyRuntimes { max: 1 })
    ));
    runtime.cancel_handle().cancel();
    let ended = runtime.call::<i32>(CALLS, "Calls.Arithmetic", "Add", (1, 2));
    assert!(matches!(ended, Err(Error::Cancelled)), "{ended:?}");
    assert_eq!(host.live_runtimes(), 0);
    host.create_runtime().unwrap();
}

#[test]
fn who_finds_the_host_full_waits_for_a_place() {
    let host = builder()
        .max_runtimes(1)
        .host_limits(HostLimits::default().queue_timeout(Duration::from_secs(120)))
        .build()
        .unwrap();
    let first = host.create_runtime().unwrap();
    let other = host.clone();
    let waiting = std::thread::spawn(move || other.create_runtime().map(drop));
    std::thread::sleep(Duration::from_millis(50));
    assert!(!waiting.is_finished());
    drop(first);
    waiting.join().unwrap().unwrap();
}

#[test]
fn so_many_calls_run_at_once() {
    let host = builder()
        .max_runtimes(4)
        .host_limits(HostLimits::default().running_calls(1))
        .build()
        .unwrap();
    let mut busy = host.create_runtime().unwrap();
    let mut other = host.create_runtime().unwrap();
    let (entered, inside) = std::sync::mpsc::channel();
    let (leave, left) = std::sync::mpsc::channel::<()>();
    let (entered, left) = (std::sync::Mutex::new(entered), std::sync::Mutex::new(left));
    busy.register_callback("one", move || {
        entered.lock().unwrap().send(()).unwrap();
        left.lock().unwrap().recv().unwrap();
        1
    });
    let thread = std::thread::spawn(move || busy.call::<i32>(CALLS, LIMITS, "CallHost", ("one",)));
    inside.recv().unwrap();
    match other.call::<i32>(CALLS, "Calls.Arithmetic", "Add", (1, 2)) {
        Err(Error::Limit {
            limit: LimitKind::RunningCalls,
            allowed: 1,
            used: 2,
        }) => {}
        ended => panic!("{ended:?}"),
    }
    assert!(other.is_alive());
    leave.send(()).unwrap();
    assert_eq!(thread.join().unwrap().unwrap(), 1);
    let sum: i32 = other
        .call(CALLS, "Calls.Arithmetic", "Add", (1, 2))
        .unwrap();
    assert_eq!(sum, 3);
}
