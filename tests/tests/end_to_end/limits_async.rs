//! Limits of time where calls are futures.

use crate::CALLS;
use isolator_host::{AsyncRuntime, Error, IsolatedRuntime, LimitKind, Limits};
use isolator_tests::host;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

const LIMITS: &str = "Calls.Limits";
/// Time that guest code would need, were it not stopped.
const LONG: i32 = 600_000;

fn executors() -> [Runtime; 2] {
    let several = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let one = Builder::new_current_thread().enable_all().build();
    [several.unwrap(), one.unwrap()]
}

fn with(limits: Limits) -> IsolatedRuntime {
    let mut runtime = host().runtime().limits(limits).create().unwrap();
    runtime.register_async_callback("never", || async {
        std::future::pending::<()>().await;
        1
    });
    runtime
}

fn delay(runtime: &AsyncRuntime) -> impl Future<Output = Result<i32, Error>> + use<> {
    runtime.call(CALLS, LIMITS, "DelayAsync", (LONG,))
}

fn is_timeout<T>(ended: &Result<T, Error>) -> bool {
    matches!(
        ended,
        Err(Error::Limit {
            limit: LimitKind::CallTimeout,
            ..
        })
    )
}

#[test]
fn what_waits_and_what_runs_ends_at_the_deadline() {
    for executor in executors() {
        executor.block_on(async {
            let limits = Limits::none().call_timeout(Duration::from_millis(300));
            let waiting = with(limits.clone()).into_async().unwrap();
            let ended = delay(&waiting).await;
            assert!(is_timeout(&ended), "{ended:?}");
            let calling = with(limits.clone()).into_async().unwrap();
            let ended = calling
                .call::<i32>(CALLS, LIMITS, "CallHostAsync", ("never",))
                .await;
            assert!(is_timeout(&ended), "{ended:?}");
            let running = with(limits).into_async().unwrap();
            let ended = running.call::<i32>(CALLS, LIMITS, "Spin", ()).await;
            assert!(is_timeout(&ended), "{ended:?}");
            let after = running.call::<i32>(CALLS, LIMITS, "Spin", ()).await;
            assert!(matches!(after, Err(Error::Dead { .. })), "{after:?}");
        });
    }
}

#[test]
fn a_call_that_began_later_ends_with_the_first() {
    let [executor, _] = executors();
    executor.block_on(async {
        let limits = Limits::none().call_timeout(Duration::from_millis(500));
        let runtime = with(limits).into_async().unwrap();
        let (first, second) = tokio::join!(delay(&runtime), async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            delay(&runtime).await
        });
        assert!(
            is_timeout(&first) && is_timeout(&second),
            "{first:?} {second:?}"
        );
    });
}

#[test]
fn a_handle_cancels_all_calls() {
    for executor in executors() {
        executor.block_on(async {
            for method in ["waits", "runs"] {
                let mut runtime = with(Limits::none());
                let cancel = runtime.cancel_handle();
                let runtime = runtime.into_async().unwrap();
                let call = runtime.clone();
                let task = tokio::spawn(async move {
                    match method {
                        "waits" => delay(&call).await,
                        _ => call.call(CALLS, LIMITS, "Spin", ()).await,
                    }
                });
                tokio::time::sleep(Duration::from_millis(100)).await;
                cancel.cancel();
                let ended = task.await.unwrap();
                assert!(
                    matches!(ended, Err(Error::Cancelled)),
                    "{method}: {ended:?}"
                );
            }
        });
    }
}

#[test]
fn dropping_the_future_of_code_that_runs_on_stops_it() {
    let [executor, _] = executors();
    executor.block_on(async {
        let runtime = with(Limits::none()).into_async().unwrap();
        let began = Instant::now();
        let call = runtime.call::<i32>(CALLS, LIMITS, "Spin", ());
        let ended = tokio::time::timeout(Duration::from_millis(300), call).await;
        assert!(ended.is_err(), "it runs for ever");
        let after = runtime.call::<i32>(CALLS, LIMITS, "SpinFor", (0,)).await;
        assert!(
            matches!(&after, Err(Error::Dead { why }) if why.contains("cancelled")),
            "{after:?}"
        );
        assert!(began.elapsed() < Duration::from_secs(60));
    });
}

#[test]
fn dropping_the_future_of_code_that_waits_harms_nothing() {
    let [executor, _] = executors();
    executor.block_on(async {
        let runtime = with(Limits::none()).into_async().unwrap();
        let ended = tokio::time::timeout(Duration::from_millis(300), delay(&runtime)).await;
        assert!(ended.is_err(), "it waits for long");
        tokio::time::sleep(Duration::from_millis(300)).await;
        let sum: i32 = runtime
            .call(CALLS, "Calls.Arithmetic", "Add", (1, 2))
            .await
            .unwrap();
        assert_eq!(sum, 3);
    });
}
