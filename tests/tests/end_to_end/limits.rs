//! Memory: what a runtime may take beyond its snapshot, and what happens where it wants more.

use crate::CALLS;
use isolator_host::{Error, IsolatedRuntime, LimitKind, Limits};
use isolator_tests::host;

const LIMITS: &str = "Calls.Limits";

fn with(limits: Limits) -> IsolatedRuntime {
    host().runtime().limits(limits).create().unwrap()
}

fn works() {
    let sum: i32 = isolator_tests::runtime()
        .call(CALLS, "Calls.Arithmetic", "Add", (1, 2))
        .unwrap();
    assert_eq!(sum, 3, "the host is usable");
}

#[test]
fn memory_that_no_collector_knows_of_is_limited() {
    let allowed = 32 << 20;
    let mut runtime = with(Limits::default().memory(allowed));
    let error = runtime
        .call::<i64>(CALLS, LIMITS, "TakeNative", (1 << 20,))
        .unwrap_err();
    match &error {
        // .NET makes an exception of it…
        Error::GuestException(exception) => {
            assert_eq!(exception.type_name, "System.OutOfMemoryException");
        }
        // …or cannot, and then it is typed.
        Error::Limit {
            limit: LimitKind::Memory,
            allowed: limit,
            used,
        } => {
            assert_eq!(*limit, allowed);
            assert!(*used > allowed);
            assert!(!runtime.is_alive());
        }
        other => panic!("{other}"),
    }
    works();
}

#[test]
fn managed_memory_is_limited_by_default() {
    let mut runtime = with(Limits::default());
    let before = runtime.memory_size();
    let error = runtime
        .call::<i64>(CALLS, "Calls.Surroundings", "TakeAll", (1 << 20,))
        .unwrap_err();
    assert!(
        matches!(&error, Error::GuestException(exception) if exception.type_name == "System.OutOfMemoryException")
            || matches!(
                error,
                Error::Limit {
                    limit: LimitKind::Memory,
                    ..
                }
            ),
        "{error}"
    );
    let grown = runtime.memory_size().saturating_sub(before) as u64;
    assert!(grown <= isolator_host::DEFAULT_MEMORY, "{grown}");
    works();
}

#[test]
fn garbage_is_collected_before_memory_runs_out() {
    for (method, megabytes) in [("Churn", 500), ("ChurnSmall", 200)] {
        let mut runtime = with(Limits::default().memory(24 << 20));
        let made: i64 = runtime.call(CALLS, LIMITS, method, (megabytes,)).unwrap();
        assert!(made > 0);
        assert!(runtime.stats().peak_memory <= 24 << 20);
    }
}

#[test]
fn net_sees_that_memory_ran_out_and_goes_on() {
    for block in [1000, 100_000, 1 << 20, 10 << 20] {
        let mut runtime = with(Limits::default().memory(32 << 20));
        let first: i32 = runtime
            .call(CALLS, LIMITS, "TakeAndLetGo", (block,))
            .unwrap();
        let again: i32 = runtime
            .call(CALLS, LIMITS, "TakeAndLetGo", (block,))
            .unwrap();
        assert!(
            first > 0 && again > first / 4,
            "{block}: {first}, then {again}"
        );
        assert_eq!(runtime.stats().reached, [LimitKind::Memory]);
    }
}

#[test]
fn a_limit_that_is_too_small_to_run_in_is_typed() {
    // An assembly that it could not hold is not read for it.
    let mut runtime = with(Limits::default().memory(0));
    let ended = runtime.call::<i32>(CALLS, LIMITS, "Hold", (8,));
    assert!(
        matches!(&ended, Err(Error::AssemblyNotFound { assembly, .. }) if assembly == CALLS),
        "{ended:?}"
    );
    let stream = "System.IO.MemoryStream";
    let ended = runtime.create_object_with("System.Private.CoreLib", stream, (8 << 20,));
    match ended {
        Err(Error::Limit {
            limit: LimitKind::Memory,
            allowed: 0,
            ..
        }) => assert!(!runtime.is_alive()),
        Err(Error::GuestException(exception)) => {
            assert_eq!(exception.type_name, "System.OutOfMemoryException");
        }
        other => panic!("{other:?}"),
    }
    works();
}
