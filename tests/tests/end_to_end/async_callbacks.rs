//! Callbacks that take their time: futures of the embedder that guest code awaits, or waits for where a thread may.

use crate::CALLS;
use crate::async_calls::{log, one_thread, several_threads};
use isolator_host::{AsyncRuntime, Error, IsolatedRuntime, allow_blocking};
use isolator_tests::{builder, host, runtime};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Builder;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

const AWAITING: &str = "Calls.Awaiting";
const SAFE: &str =
    "Failed: Call to host failed: The call failed. See host console logs for details.";

/// Counts the futures that live.
struct Alive(Arc<AtomicU32>);

impl Alive {
    fn new(count: &Arc<AtomicU32>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count.clone())
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn with_fetch() -> IsolatedRuntime {
    let mut runtime = runtime();
    runtime.register_async_callback("fetch", |key: String| async move {
        sleep(Duration::from_millis(20)).await;
        format!("value of {key}")
    });
    runtime
}

#[test]
fn guest_code_awaits_its_host() {
    for executor in [one_thread(), several_threads()] {
        executor.block_on(async {
            let runtime = with_fetch().into_async().unwrap();
            let (a, b) = tokio::join!(
                runtime.call::<String>(CALLS, AWAITING, "Fetch", ("a",)),
                runtime.call::<String>(CALLS, AWAITING, "Fetch", ("b",)),
            );
            assert_eq!((&*a.unwrap(), &*b.unwrap()), ("value of a", "value of b"));
        });
    }
}

#[test]
fn the_blocking_calls_await_it_too() {
    // On a thread of its own: the futures use the executor that the callback was registered on.
    let executor = several_threads();
    let mut runtime = executor.block_on(async { with_fetch() });
    assert_eq!(
        runtime
            .call_task::<String>(CALLS, AWAITING, "Fetch", ("a",))
            .unwrap(),
        "value of a"
    );
    // Without any executor.
    let (send, receive) = tokio::sync::oneshot::channel::<i32>();
    let receive = std::sync::Mutex::new(Some(receive));
    runtime.register_async_callback("later", move |i: i32| {
        let receive = receive.lock().unwrap().take();
        async move { i + receive.unwrap().await.unwrap() }
    });
    let sending = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        send.send(5).unwrap();
    });
    assert_eq!(
        runtime
            .call_task::<i32>(CALLS, AWAITING, "FetchAll", (1,))
            .unwrap(),
        5
    );
    sending.join().unwrap();
}

#[test]
fn a_thousand_calls_of_a_hundred_runtimes_wait_on_one_thread() {
    // And one more, for guest code that runs.
    let executor = Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .build()
        .unwrap();
    executor.block_on(async {
        let gate = Arc::new(Semaphore::new(0));
        let waiting = Arc::new(AtomicU32::new(0));
        let (opened, counted) = (gate.clone(), waiting.clone());
        let host = builder()
            .max_runtimes(104)
            .async_callback("later", move |i: i32| {
                let (gate, alive) = (opened.clone(), Alive::new(&counted));
                async move {
                    gate.acquire().await.unwrap().forget();
                    drop(alive);
                    i
                }
            })
            .build()
            .unwrap();
        let runtimes: Vec<AsyncRuntime> = (0..100)
            .map(|_| host.create_runtime().unwrap().into_async().unwrap())
            .collect();
        let calls: Vec<_> = runtimes
            .iter()
            .map(|runtime| tokio::spawn(runtime.call::<i32>(CALLS, AWAITING, "FetchAll", (10,))))
            .collect();
        let began = Instant::now();
        while waiting.load(Ordering::SeqCst) < 1000 {
            assert!(began.elapsed() < Duration::from_secs(60));
            sleep(Duration::from_millis(5)).await;
        }
        let turns: u64 = runtimes.iter().map(AsyncRuntime::turns).sum();
        sleep(Duration::from_millis(100)).await;
        let after: u64 = runtimes.iter().map(AsyncRuntime::turns).sum();
        assert_eq!(turns, after, "nothing runs while all wait");
        gate.add_permits(1000);
        for call in calls {
            assert_eq!(call.await.unwrap().unwrap(), 45);
        }
    });
}

#[test]
fn what_is_cancelled_is_dropped() {
    let alive = Arc::new(AtomicU32::new(0));
    let mut runtime = runtime();
    let counted = alive.clone();
    runtime.register_async_callback("never", move || {
        let alive = Alive::new(&counted);
        async move {
            std::future::pending::<()>().await;
            drop(alive);
            String::new()
        }
    });
    one_thread().block_on(async {
        let runtime = runtime.into_async().unwrap();
        let call = runtime.call::<String>(CALLS, AWAITING, "FetchOrCancel", ());
        assert!(timeout(Duration::from_millis(100), call).await.is_err());
        assert_eq!(log(&runtime).await, "cancelled");
        assert_eq!(alive.load(Ordering::SeqCst), 0);
        // And with the runtime.
        let call = runtime.call::<String>(CALLS, AWAITING, "FetchOrCancel", ());
        let call = tokio::spawn(call);
        while alive.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        drop(runtime.into_blocking().await.unwrap());
        assert_eq!(alive.load(Ordering::SeqCst), 0);
        assert!(matches!(call.await.unwrap(), Err(Error::Dead { .. })));
    });
}

#[test]
fn failures_are_exceptions_that_tell_nothing_of_the_host() {
    let mut runtime = runtime();
    runtime.register_fallible_async_callback("fail", |_: i32, _: String| async {
        tokio::task::yield_now().await;
        Err::<String, _>("the password is 1234")
    });
    runtime.register_async_callback("panic", |_: i32, _: String| async {
        tokio::task::yield_now().await;
        let cause = "the password is 5678".to_owned();
        assert!(cause.is_empty(), "{cause}");
    });
    runtime.register_async_callback("panic at once", |i: i32, _: String| {
        assert_ne!(i, 1, "the password is 9");
        async {}
    });
    runtime.register_async_callback("typed", |_: String, _: String| async {});
    let missing =
        "UnknownName: Call to host failed: No callback is registered under the name 'missing'.";
    one_thread().block_on(async {
        let runtime = runtime.into_async().unwrap();
        for (name, expected) in [
            ("fail", SAFE),
            ("panic", SAFE),
            ("panic at once", SAFE),
            ("typed", SAFE),
            ("missing", missing),
        ] {
            let tried = runtime
                .call::<String>(CALLS, AWAITING, "Try", (name,))
                .await;
            assert_eq!(tried.unwrap(), expected, "{name}");
        }
    });
}

/// Calls an asynchronous callback synchronously.
fn fetch_now(runtime: &mut IsolatedRuntime) -> String {
    runtime
        .call(CALLS, AWAITING, "FetchNow", ("fetch", "a"))
        .unwrap()
}

#[test]
fn a_synchronous_call_waits_where_the_thread_may() {
    let several = several_threads();
    let mut runtime = several.block_on(async {
        let mut runtime = with_fetch();
        assert_eq!(fetch_now(&mut runtime), "value of a", "in `block_on`");
        let task = tokio::spawn(async move {
            assert_eq!(fetch_now(&mut runtime), "value of a", "on a worker");
            runtime
        });
        task.await.unwrap()
    });
    assert_eq!(fetch_now(&mut runtime), "value of a", "on a thread without");
    one_thread().block_on(async {
        // Registered here, so that the timer is this executor's.
        let mut runtime = with_fetch();
        let refused = fetch_now(&mut runtime);
        assert!(
            refused.starts_with(
                "Asynchronous: Call to host failed: The host's function 'fetch' is asynchronous"
            ) && refused.contains("InvokeAsync"),
            "{refused}"
        );
        let error = runtime
            .call_task::<String>(CALLS, AWAITING, "Fetch", ("a",))
            .unwrap_err();
        assert!(matches!(error, Error::MustNotWait), "{error}");
        assert!(error.to_string().contains("into_async"));
        let blocking = tokio::task::spawn_blocking(move || {
            assert_eq!(
                allow_blocking(|| fetch_now(&mut runtime)),
                "value of a",
                "where the embedder says so"
            );
            runtime
        });
        let runtime = blocking.await.unwrap().into_async().unwrap();
        let fetched = runtime.call::<String>(CALLS, AWAITING, "FetchNow", ("fetch", "b"));
        assert_eq!(
            fetched.await.unwrap(),
            "value of b",
            "`into_async` sees to it"
        );
        let local = tokio::task::LocalSet::new();
        local
            .run_until(async {
                let fetched = runtime.call::<String>(CALLS, AWAITING, "FetchNow", ("fetch", "c"));
                assert_eq!(fetched.await.unwrap(), "value of c");
            })
            .await;
    });
}

#[test]
fn a_callback_calls_its_own_runtime() {
    one_thread().block_on(async {
        let runtime = host().create_runtime().unwrap().into_async().unwrap();
        let weak = runtime.downgrade();
        runtime
            .with(move |runtime| {
                runtime.register_fallible_async_callback("fetch", move |key: String| {
                    let runtime = weak.upgrade();
                    async move {
                        let runtime = runtime.ok_or("it is gone")?;
                        let sum = runtime.call::<i32>(CALLS, "Calls.Arithmetic", "Add", (1, 2));
                        sum.await
                            .map(|sum| format!("{key} {sum}"))
                            .map_err(|_| "it failed")
                    }
                });
            })
            .await
            .unwrap();
        let fetched = runtime.call::<String>(CALLS, AWAITING, "Fetch", ("a",));
        assert_eq!(fetched.await.unwrap(), "a 3");
    });
}
