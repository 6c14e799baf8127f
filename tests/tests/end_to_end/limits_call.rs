//! Limits of single calls.

use crate::CALLS;
use isolator_host::{CallLimits, Error, IsolatedRuntime, IsolatedRuntimeHost, LimitKind, Limits};
use isolator_tests::{builder, host};
use std::sync::LazyLock;
use std::time::Duration;

const LIMITS: &str = "Calls.Limits";

fn metered() -> &'static IsolatedRuntimeHost {
    static HOST: LazyLock<IsolatedRuntimeHost> =
        LazyLock::new(|| builder().meter_fuel().max_runtimes(2).build().unwrap());
    &HOST
}

fn work(runtime: &mut IsolatedRuntime, turns: i32) -> Result<i64, Error> {
    runtime.call(CALLS, LIMITS, "Work", (turns,))
}

fn fuel(runtime: &IsolatedRuntime) -> u64 {
    runtime.stats().fuel.unwrap()
}

#[test]
fn each_call_has_its_own_fuel_and_the_rest_is_there_again() {
    const WHOLE: u64 = 1 << 40;
    let limits = Limits::none().fuel(WHOLE);
    let mut runtime = metered().runtime().limits(limits).create().unwrap();
    // Translated, and its method found.
    for _ in 0..3 {
        work(&mut runtime, 10_000).unwrap();
        runtime
            .call_task::<i32>(CALLS, LIMITS, "DelayAsync", (1,))
            .unwrap();
    }
    let before = fuel(&runtime);
    work(&mut runtime, 10_000).unwrap();
    let once = fuel(&runtime) - before;
    let limits = CallLimits::none().fuel(once * 3);
    assert_eq!(limits.get_fuel(), Some(once * 3));
    runtime
        .with_call_limits(limits, |runtime| {
            for _ in 0..10 {
                work(runtime, 10_000).unwrap();
            }
            // A wait is one call, whatever it enters the guest for.
            runtime
                .call_task::<i32>(CALLS, LIMITS, "DelayAsync", (1,))
                .unwrap();
        })
        .unwrap();
    assert!(fuel(&runtime) > before + 9 * once);
    work(&mut runtime, 100_000).unwrap();
    let used = fuel(&runtime);
    let ended = runtime
        .with_call_limits(limits, |runtime| work(runtime, 1_000_000))
        .unwrap();
    assert!(
        matches!(ended, Err(Error::Limit { limit: LimitKind::Fuel, allowed, .. }) if allowed == once * 3),
        "{ended:?}"
    );
    assert!(!runtime.is_alive());
    assert_eq!(fuel(&runtime), used + once * 3, "no more was taken");

    // What the runtime has left is less.
    let limits = Limits::none().fuel(used);
    let mut runtime = metered().runtime().limits(limits).create().unwrap();
    let _ = runtime
        .set_call_limits(CallLimits::none().fuel(u64::MAX))
        .unwrap();
    let ended = work(&mut runtime, 100_000_000);
    assert!(
        matches!(ended, Err(Error::Limit { limit: LimitKind::Fuel, allowed, .. }) if allowed == used),
        "{ended:?}"
    );
    assert_eq!(fuel(&runtime), used);
}

#[test]
fn each_call_has_its_own_time_and_limits_end_with_their_scope() {
    let new = || host().runtime().limits(Limits::none()).create().unwrap();
    let quick = CallLimits::none().timeout(Duration::from_millis(200));
    let mut runtime = new();
    assert_eq!(runtime.set_call_limits(quick).unwrap(), CallLimits::none());
    assert_eq!(runtime.set_call_limits(CallLimits::none()).unwrap(), quick);
    let slept: Result<(), Error> = runtime.call(CALLS, LIMITS, "Sleep", (1000,));
    slept.unwrap();
    let ended = runtime
        .with_call_limits(quick, |runtime| {
            runtime.call::<()>(CALLS, LIMITS, "Sleep", (600_000,))
        })
        .unwrap();
    assert!(
        matches!(
            ended,
            Err(Error::Limit {
                limit: LimitKind::CallTimeout,
                allowed: 200_000_000,
                ..
            })
        ),
        "{ended:?}"
    );
    let mut runtime = new();
    let ended = runtime
        .with_call_limits(quick, |runtime| {
            runtime.call::<i32>(CALLS, LIMITS, "Spin", ())
        })
        .unwrap();
    assert!(
        matches!(
            ended,
            Err(Error::Limit {
                limit: LimitKind::CallTimeout,
                ..
            })
        ),
        "{ended:?}"
    );
    // The smaller of both counts.
    let limits = Limits::none().call_timeout(Duration::from_millis(200));
    let mut runtime = host().runtime().limits(limits).create().unwrap();
    let long = CallLimits::none().timeout(Duration::from_secs(600));
    let ended = runtime
        .with_call_limits(long, |runtime| {
            runtime.call::<i32>(CALLS, LIMITS, "Spin", ())
        })
        .unwrap();
    assert!(
        matches!(
            ended,
            Err(Error::Limit {
                limit: LimitKind::CallTimeout,
                allowed: 200_000_000,
                ..
            })
        ),
        "{ended:?}"
    );
}

#[test]
fn fuel_that_nobody_counts_cannot_be_limited() {
    let mut runtime = host().create_runtime().unwrap();
    assert!(!runtime.counts_fuel() && metered().create_runtime().unwrap().counts_fuel());
    let refused = runtime.with_call_limits(CallLimits::none().fuel(5), |_| panic!("it ran"));
    assert!(
        matches!(&refused, Err(Error::Config { message }) if message.contains("meter_fuel")),
        "{:?}",
        refused.err()
    );
    assert_eq!(work(&mut runtime, 1).unwrap(), 0);
}
