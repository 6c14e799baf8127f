//! Calls as futures: several at once in one runtime, timers without spinning, cancellation, streams, on both kinds of executor.

use crate::CALLS;
use isolator_host::{Access, AsyncRuntime, Error, IsolatedRuntime, Stdio};
use isolator_tests::{host, runtime};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{sleep, timeout};

const TASKS: &str = "Calls.Tasks";
const AWAITING: &str = "Calls.Awaiting";
/// Far more than anything here takes.
const LONG: Duration = Duration::from_secs(60);

pub(crate) fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

pub(crate) fn several_threads() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// Runs a test on both kinds of executor, as a task of it.
fn on_both<F: Future<Output = ()> + Send + 'static>(test: impl Fn() -> F) {
    for executor in [one_thread(), several_threads()] {
        executor.block_on(async {
            let test = tokio::spawn(test());
            timeout(LONG, test).await.expect("it hangs").unwrap();
        });
    }
}

async fn log_now(runtime: &AsyncRuntime) -> String {
    runtime.call(CALLS, AWAITING, "Log", ()).await.unwrap()
}

/// What happened, once something did: what a signalled token sets off runs when the guest comes to it.
pub(crate) async fn log(runtime: &AsyncRuntime) -> String {
    let began = Instant::now();
    loop {
        let log = log_now(runtime).await;
        if !log.is_empty() || began.elapsed() > Duration::from_secs(10) {
            return log;
        }
        sleep(Duration::from_millis(2)).await;
    }
}

#[test]
fn tasks_of_every_kind_are_awaited() {
    on_both(|| async {
        let runtime = runtime().into_async().unwrap();
        let delayed = runtime.call::<i32>(CALLS, TASKS, "Delayed", (20, 7));
        assert_eq!(delayed.await.unwrap(), 7);
        let values = runtime.call::<String>(CALLS, TASKS, "Values", (4,));
        assert_eq!(values.await.unwrap(), "0,1,2,3", "a ValueTask");
        let sum = runtime.call::<i32>(CALLS, "Calls.Arithmetic", "Add", (1, 2));
        assert_eq!(sum.await.unwrap(), 3, "no task at all");
        let error = runtime
            .call::<i32>(CALLS, TASKS, "FailLater", ("later",))
            .await;
        assert!(
            matches!(&error, Err(Error::GuestException(exception)) if exception.message == "later"),
            "{error:?}"
        );
        let error = runtime.call::<i32>(CALLS, TASKS, "Absent", ()).await;
        assert!(
            matches!(error, Err(Error::MethodNotFound { .. })),
            "{error:?}"
        );
        let error = runtime.call::<i32>(CALLS, TASKS, "Delayed", 5).await;
        assert!(
            matches!(error, Err(Error::Value { .. })),
            "no tuple: {error:?}"
        );
        let error = runtime
            .call::<String>(CALLS, TASKS, "Delayed", (1, 5))
            .await;
        assert!(
            matches!(error, Err(Error::Value { .. })),
            "no string: {error:?}"
        );
        let counter = runtime
            .with(|runtime| runtime.create_object(CALLS, "Calls.Counter"))
            .await
            .unwrap()
            .unwrap();
        let count = runtime.call_on::<i32>(&counter, "Increment", ());
        assert_eq!(count.await.unwrap(), 1);
    });
}

#[test]
fn calls_of_one_runtime_wait_side_by_side() {
    on_both(|| async {
        let runtime = runtime().into_async().unwrap();
        let began = Instant::now();
        let calls = (0..20).map(|i| {
            let runtime = runtime.clone();
            tokio::spawn(
                async move { runtime.call::<i32>(CALLS, TASKS, "Delayed", (500, i)).await },
            )
        });
        for (i, call) in calls.collect::<Vec<_>>().into_iter().enumerate() {
            assert_eq!(call.await.unwrap().unwrap(), i32::try_from(i).unwrap());
        }
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "twenty times half a second, but together: {:?}",
            began.elapsed()
        );
        let waiting = {
            let runtime = runtime.clone();
            let wait = runtime.call::<String>(CALLS, TASKS, "WaitForGate", ("one",));
            tokio::spawn(wait)
        };
        // One call completes what the other waits for.
        runtime
            .call::<()>(CALLS, TASKS, "OpenGate", ("open",))
            .await
            .unwrap();
        assert_eq!(waiting.await.unwrap().unwrap(), "one open");
    });
}

#[test]
fn a_runtime_that_waits_does_not_spin() {
    on_both(|| async {
        let runtime = runtime().into_async().unwrap();
        runtime
            .call::<i32>(CALLS, TASKS, "Delayed", (1, 1))
            .await
            .unwrap();
        let before = runtime.turns();
        let delayed = runtime.call::<i32>(CALLS, TASKS, "Delayed", (700, 1));
        delayed.await.unwrap();
        let turns = runtime.turns() - before;
        assert!(turns <= 10, "{turns} entries for one timer");
        let before = runtime.turns();
        let never = runtime.call::<i32>(CALLS, TASKS, "Never", ());
        assert!(timeout(Duration::from_millis(200), never).await.is_err());
        let turns = runtime.turns() - before;
        assert!(turns <= 5, "{turns} entries for nothing at all");
    });
}

#[test]
fn dropping_a_pending_future_signals_its_token_and_nothing_else() {
    on_both(|| async {
        let runtime = runtime().into_async().unwrap();
        let delay = runtime.call::<String>(CALLS, AWAITING, "Delay", (60_000,));
        assert!(timeout(Duration::from_millis(50), delay).await.is_err());
        assert_eq!(log(&runtime).await, "cancelled");
        // One that was never polled has not begun, and one that is done has nothing to cancel.
        drop(runtime.call::<String>(CALLS, AWAITING, "Delay", (1,)));
        let waited = runtime.call::<String>(CALLS, AWAITING, "Delay", (1,)).await;
        assert_eq!(waited.unwrap(), "waited");
        assert_eq!(log(&runtime).await, "waited");
        let never = runtime.call::<i32>(CALLS, TASKS, "Never", ());
        assert!(timeout(Duration::from_millis(20), never).await.is_err());
        let sum = runtime.call::<i32>(CALLS, "Calls.Arithmetic", "Add", (1, 2));
        assert_eq!(sum.await.unwrap(), 3, "the runtime lives on");
    });
}

#[test]
fn work_goes_on_between_calls_and_ends_with_the_last_handle() {
    on_both(|| async {
        let runtime = runtime().into_async().unwrap();
        runtime
            .call::<()>(CALLS, AWAITING, "Later", (30,))
            .await
            .unwrap();
        sleep(Duration::from_millis(300)).await;
        let before = runtime.turns();
        assert_eq!(log_now(&runtime).await, "waited");
        assert!(runtime.turns() - before <= 2, "it had run before");
        let weak = runtime.downgrade();
        assert!(weak.upgrade().is_some());
        drop(runtime);
        assert!(weak.upgrade().is_none());
    });
}

#[test]
fn an_asynchronous_sequence_is_a_stream() {
    on_both(|| async {
        let runtime = runtime().into_async().unwrap();
        let mut ticks = runtime.call_stream::<i32>(CALLS, AWAITING, "Ticks", (3, 5));
        let mut seen = Vec::new();
        while let Some(tick) = ticks.next().await {
            seen.push(tick.unwrap());
        }
        assert_eq!(seen, [0, 1, 2]);
        assert!(ticks.next().await.is_none());
        assert_eq!(log(&runtime).await, "disposed");

        // Two at once, over the object.
        let numbers = runtime
            .with(|runtime| {
                let method = runtime.find_method(CALLS, TASKS, "Numbers")?;
                runtime.invoke_object(&method, None, (2,))
            })
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        let (mut one, mut two) = (runtime.stream::<i32>(&numbers), runtime.stream(&numbers));
        for expected in [Some(0), Some(1), None] {
            let both = tokio::join!(one.next(), two.next());
            assert_eq!(
                (both.0.transpose().unwrap(), both.1.transpose().unwrap()),
                (expected, expected)
            );
        }

        let mut failing = runtime.call_stream::<String>(CALLS, AWAITING, "Fail", ("broken",));
        assert_eq!(failing.next().await.unwrap().unwrap(), "first");
        let error = failing.next().await.unwrap().unwrap_err();
        assert!(
            error.exception().is_some_and(|e| e.message == "broken"),
            "{error}"
        );
        assert!(failing.next().await.is_none());
        let mut none = runtime.call_stream::<i32>(CALLS, "Calls.Arithmetic", "Add", (1, 2));
        assert!(none.next().await.unwrap().is_err(), "a number is no stream");
    });
}

#[test]
fn a_stream_that_is_dropped_is_ended_inside() {
    on_both(|| async {
        let runtime = runtime().into_async().unwrap();
        // Between two elements.
        let mut ticks = runtime.call_stream::<i32>(CALLS, AWAITING, "Ticks", (100, 1));
        assert_eq!(ticks.next().await.unwrap().unwrap(), 0);
        drop(ticks);
        assert_eq!(log(&runtime).await, "disposed");
        // While one is being fetched.
        let mut ticks = runtime.call_stream::<i32>(CALLS, AWAITING, "Ticks", (100, 60_000));
        assert!(
            timeout(Duration::from_millis(50), ticks.next())
                .await
                .is_err()
        );
        drop(ticks);
        assert_eq!(log(&runtime).await, "disposed");
        drop(runtime.call_stream::<i32>(CALLS, AWAITING, "Ticks", (100, 1)));
        assert_eq!(log_now(&runtime).await, "", "it was never polled");
    });
}

/// A runtime with output and a file.
fn granted() -> (tempfile::TempDir, IsolatedRuntime) {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("a.txt"), "a file").unwrap();
    let runtime = host()
        .runtime()
        .stdout(Stdio::Capture)
        .directory(directory.path(), "/data", Access::ReadOnly)
        .create()
        .unwrap();
    (directory, runtime)
}

/// Other tasks of the executor go on while `calls` run.
async fn beside<T>(calls: impl Future<Output = T>) -> (T, u32) {
    let (beats, stop) = (
        Arc::new(AtomicU32::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let (counted, stopped) = (beats.clone(), stop.clone());
    let heart = tokio::spawn(async move {
        while !stopped.load(Ordering::Relaxed) {
            sleep(Duration::from_millis(2)).await;
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    let result = calls.await;
    stop.store(true, Ordering::Relaxed);
    heart.await.unwrap();
    (result, beats.load(Ordering::Relaxed))
}

#[test]
fn nothing_that_holds_a_thread_holds_the_executor() {
    on_both(|| async {
        let (_directory, runtime) = granted();
        let runtime = runtime.into_async().unwrap();
        let sleeping = runtime.call::<i64>(CALLS, "Calls.Surroundings", "Sleep", (300,));
        let (slept, beats) = beside(sleeping).await;
        assert!(slept.unwrap() >= 299);
        assert!(beats >= 20, "{beats} beats in Thread.Sleep(300)");

        // As much as takes about as long, on any machine.
        let mut rounds = 100_000;
        let beats = loop {
            let began = Instant::now();
            let compute = runtime.call::<i64>(CALLS, AWAITING, "Compute", (rounds,));
            let (result, beats) = beside(compute).await;
            result.unwrap();
            if began.elapsed() >= Duration::from_millis(200) {
                break beats;
            }
            rounds *= 2;
        };
        assert!(beats >= 10, "{beats} beats in a long computation");

        let print = runtime.call::<()>(CALLS, "Calls.Surroundings", "Print", ("printed",));
        print.await.unwrap();
        let read = runtime.call::<String>(CALLS, "Calls.Files", "Read", ("/data/a.txt",));
        assert_eq!(read.await.unwrap(), "a file");
        let printed = runtime.with(IsolatedRuntime::take_stdout).await.unwrap();
        assert_eq!(printed, b"printed");
    });
}

#[test]
fn a_runtime_that_dies_ends_every_call_with_the_reason() {
    on_both(|| async {
        let runtime = runtime().into_async().unwrap();
        let never = tokio::spawn(runtime.call::<i32>(CALLS, TASKS, "Never", ()));
        tokio::task::yield_now().await;
        let exit = runtime.call::<()>(CALLS, "Calls.Surroundings", "Exit", (7,));
        let error = exit.await.unwrap_err();
        assert!(matches!(error, Error::Exit { code: 7 }), "{error}");
        let error = never.await.unwrap().unwrap_err();
        assert!(
            matches!(error, Error::Exit { code: 7 } | Error::Dead { .. }),
            "{error}"
        );
        let error = runtime.call::<i32>(CALLS, TASKS, "Delayed", (1, 1)).await;
        assert!(matches!(error, Err(Error::Dead { .. })), "{error:?}");
    });
}

#[test]
fn a_runtime_goes_back_and_forth() {
    on_both(|| async {
        let asynchronous = runtime().into_async().unwrap();
        let set = asynchronous.call::<i32>(CALLS, "Calls.State", "Set", (5,));
        set.await.unwrap();
        let other = asynchronous.clone();
        let never = tokio::spawn(other.call::<i32>(CALLS, TASKS, "Never", ()));
        tokio::task::yield_now().await;
        let mut blocking = asynchronous.into_blocking().await.unwrap();
        assert_eq!(
            blocking
                .call::<i32>(CALLS, "Calls.State", "Get", ())
                .unwrap(),
            5
        );
        assert!(matches!(never.await.unwrap(), Err(Error::Dead { .. })));
        assert!(matches!(other.with(|_| ()).await, Err(Error::Dead { .. })));
        let again = blocking.into_async().unwrap();
        let get = again.call::<i32>(CALLS, "Calls.State", "Get", ());
        assert_eq!(get.await.unwrap(), 5);
    });
}

/// Calls with an object whose handles are dropped before the calls begin. The number of handles left after it.
async fn pass_and_drop(runtime: &AsyncRuntime) -> u64 {
    let create =
        |runtime: &mut IsolatedRuntime| runtime.create_object_with(CALLS, "Calls.Counter", (41,));
    let counter = runtime.with(create).await.unwrap().unwrap();
    let echo = runtime.with(|runtime| runtime.find_method(CALLS, AWAITING, "Same"));
    let echo = echo.await.unwrap().unwrap();
    let by_name = runtime.call::<bool>(CALLS, AWAITING, "Same", (&counter, &counter));
    let found = runtime.invoke::<bool>(&echo, (&counter, counter.clone()));
    let of_object = runtime.call_on::<i32>(&counter, "Increment", ());
    drop(counter);
    // Releases go out with the next entry.
    runtime
        .with(|runtime| runtime.start())
        .await
        .unwrap()
        .unwrap();
    assert!(by_name.await.unwrap());
    assert!(found.await.unwrap());
    assert_eq!(of_object.await.unwrap(), 42);
    drop(echo);
    let statistics = runtime.with(|runtime| runtime.guest_statistics());
    statistics.await.unwrap().unwrap().live_handles
}

#[test]
fn an_object_that_is_passed_lives_until_the_call_and_no_longer() {
    on_both(|| async {
        let runtime = runtime().into_async().unwrap();
        let left = pass_and_drop(&runtime).await;
        // What a call by an object's method remembers is one handle a round.
        assert_eq!(pass_and_drop(&runtime).await, left + 1);
    });
}

#[test]
fn a_panic_of_the_embedder_is_the_embedders() {
    on_both(|| async {
        let runtime = runtime().into_async().unwrap();
        let other = runtime.clone();
        let panicking = tokio::spawn(async move { other.with(|_| panic!("mine")).await });
        assert!(panicking.await.unwrap_err().is_panic());
        let sum = runtime.call::<i32>(CALLS, "Calls.Arithmetic", "Add", (1, 2));
        assert_eq!(sum.await.unwrap(), 3);
    });
}

#[test]
fn a_program_is_run_and_its_calls_end_with_the_executor() {
    on_both(|| async {
        let runtime = host().create_runtime().unwrap().into_async().unwrap();
        let assembly = runtime.with(|runtime| runtime.load_assembly("CliAsync"));
        let assembly = assembly.await.unwrap().unwrap();
        let code = runtime.run_main(&assembly, &["5"]).await;
        assert!(code.is_ok(), "{code:?}");
    });
    let executor = several_threads();
    let runtime = executor.block_on(async { runtime().into_async().unwrap() });
    drop(executor);
    let result = one_thread().block_on(runtime.call::<i32>(CALLS, TASKS, "Delayed", (1, 1)));
    assert!(matches!(result, Err(Error::Dead { .. })), "{result:?}");
}

#[test]
fn outside_of_an_executor_there_is_nothing_to_drive_it() {
    let error = runtime().into_async().unwrap_err();
    assert!(matches!(&error, Error::Config { message } if message.contains("tokio")));
}
