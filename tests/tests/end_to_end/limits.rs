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
