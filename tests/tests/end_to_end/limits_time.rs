//! Limits of time, and stopping a runtime from outside. How late something is stopped is the bench's business: a machine that tests
//! run on may have none to spare. That it is stopped at all, long before it would have ended, is tested here.

use crate::{CALLS, standard_output};
use isolator_host::{Error, IsolatedRuntime, LimitKind, Limits, Stdin, Stdio};
use isolator_tests::host;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

const LIMITS: &str = "Calls.Limits";
/// Time that guest code would need, were it not stopped; far more than any machine is slow.
const LONG: i32 = 600_000;

fn with(limits: Limits) -> IsolatedRuntime {
    host().runtime().limits(limits).create().unwrap()
}

fn timeout(milliseconds: u64) -> Limits {
    Limits::none().call_timeout(Duration::from_millis(milliseconds))
}

/// The runtime is dead, says so, holds nothing any more, and the host works.
fn assert_over(runtime: &mut IsolatedRuntime, why: &str) {
    assert!(!runtime.is_alive());
    assert_eq!(runtime.memory_size(), 0, "its memory is gone");
    match runtime.call::<i32>(CALLS, "Calls.Arithmetic", "Add", (1, 2)) {
        Err(Error::Dead { why: said }) => assert!(said.contains(why), "{said}"),
        other => panic!("{other:?}"),
    }
    let sum: i32 = isolator_tests::runtime()
        .call(CALLS, "Calls.Arithmetic", "Add", (1, 2))
        .unwrap();
    assert_eq!(sum, 3, "the host is usable");
}

fn assert_limit<T: std::fmt::Debug>(ended: Result<T, Error>, kind: LimitKind) {
    match ended {
        Err(Error::Limit {
            limit,
            allowed,
            used,
        }) => {
            assert_eq!(limit, kind);
            assert!(used >= allowed, "{used} of {allowed}");
        }
        other => panic!("{other:?}"),
    }
}

/// Takes a millisecond for each KiB.
struct Slow;

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        std::thread::sleep(Duration::from_millis(bytes.len() as u64 >> 10));
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn one_long_write_ends_at_the_deadline_of_its_call() {
    // 64 seconds of it.
    const BYTES: i64 = 64 << 20;
    let new = host().runtime().stdout(Stdio::writer(Slow));
    let mut runtime = new.limits(timeout(3000)).create().unwrap();
    let stream = standard_output(&mut runtime);
    let bytes = runtime
        .create_object("System.Private.CoreLib", "System.IO.MemoryStream")
        .unwrap();
    runtime
        .call_on::<()>(&bytes, "SetLength", (BYTES,))
        .unwrap();
    let began = Instant::now();
    let ended = runtime.call_on::<()>(&bytes, "WriteTo", (&stream,));
    assert_limit(ended, LimitKind::CallTimeout);
    let took = began.elapsed();
    assert!(took < Duration::from_secs(20), "{took:?}");
    let written = runtime.stats().output_bytes;
    assert!(0 < written && written < BYTES as u64 / 2, "{written} bytes");
    assert_over(&mut runtime, "time of one call");
}

#[test]
fn a_loop_ends_at_the_deadline_of_its_call() {
    let mut runtime = with(timeout(50));
    assert_limit(
        runtime.call::<i32>(CALLS, LIMITS, "Spin", ()),
        LimitKind::CallTimeout,
    );
    assert_over(&mut runtime, "time of one call");
}

#[test]
fn each_call_has_its_own_time() {
    let mut runtime = with(timeout(2_000));
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(2_500) {
        runtime
            .call::<i32>(CALLS, LIMITS, "SpinFor", (100,))
            .unwrap();
    }
    assert!(runtime.is_alive());
}

#[test]
fn a_sleep_ends_at_the_deadline() {
    let mut runtime = with(timeout(50));
    let began = Instant::now();
    assert_limit(
        runtime.call::<()>(CALLS, LIMITS, "Sleep", (LONG,)),
        LimitKind::CallTimeout,
    );
    assert!(began.elapsed() < Duration::from_secs(60));
    assert_over(&mut runtime, "time of one call");
}

#[test]
fn waiting_for_a_task_ends_at_the_deadline() {
    for (method, arguments) in [("DelayAsync", Some(LONG)), ("SpinLater", None)] {
        let mut runtime = with(timeout(50));
        let ended = match arguments {
            Some(time) => runtime
                .call_task::<i32>(CALLS, LIMITS, method, (time,))
                .map(|_| ()),
            None => runtime.call_task::<()>(CALLS, LIMITS, method, ()),
        };
        assert_limit(ended, LimitKind::CallTimeout);
        assert_over(&mut runtime, "time of one call");
    }
}

#[test]
fn an_asynchronous_callback_is_cut_off_at_the_deadline() {
    for (method, awaited) in [("CallHost", false), ("CallHostAsync", true)] {
        let mut runtime = with(timeout(50));
        let (dropped, was_dropped) = std::sync::mpsc::channel::<()>();
        runtime.register_async_callback("never", move || {
            let dropped = dropped.clone();
            async move {
                let _dropped = dropped;
                std::future::pending::<()>().await;
                1
            }
        });
        let ended = if awaited {
            runtime.call_task::<i32>(CALLS, LIMITS, method, ("never",))
        } else {
            runtime.call::<i32>(CALLS, LIMITS, method, ("never",))
        };
        assert_limit(ended, LimitKind::CallTimeout);
        assert_over(&mut runtime, "time of one call");
        drop(runtime);
        was_dropped.recv().unwrap_err();
    }
}

#[test]
fn a_synchronous_callback_ends_first() {
    let mut runtime = with(timeout(1_000));
    runtime.register_callback("slow", || {
        std::thread::sleep(Duration::from_millis(1_200));
        1
    });
    // What the first call of a kind does is done before.
    let unknown = runtime.call::<i32>(CALLS, LIMITS, "CallHost", ("unknown",));
    assert!(matches!(unknown, Err(Error::GuestException(_))));
    let began = Instant::now();
    assert_limit(
        runtime.call::<i32>(CALLS, LIMITS, "CallHost", ("slow",)),
        LimitKind::CallTimeout,
    );
    assert!(began.elapsed() >= Duration::from_millis(1_200));
    assert_over(&mut runtime, "time of one call");
}

#[test]
fn a_lifetime_ends_calls_and_what_comes_after() {
    let mut runtime = with(Limits::none().lifetime(Duration::from_millis(100)));
    assert_limit(
        runtime.call::<i32>(CALLS, LIMITS, "Spin", ()),
        LimitKind::Lifetime,
    );
    assert_over(&mut runtime, "time that the runtime may live");

    let mut idle = with(Limits::none().lifetime(Duration::from_millis(20)));
    std::thread::sleep(Duration::from_millis(30));
    assert_limit(
        idle.call::<i32>(CALLS, LIMITS, "SpinFor", (0,)),
        LimitKind::Lifetime,
    );
    assert_over(&mut idle, "time that the runtime may live");
}

#[cfg(unix)]
#[test]
fn cpu_time_is_limited_and_sleep_is_not_counted() {
    let mut runtime = with(Limits::none().call_cpu(Duration::from_millis(100)));
    runtime.call::<()>(CALLS, LIMITS, "Sleep", (150,)).unwrap();
    assert_limit(
        runtime.call::<i32>(CALLS, LIMITS, "Spin", ()),
        LimitKind::CallCpu,
    );
    assert_over(&mut runtime, "CPU time of one call");

    let mut runtime = with(Limits::none().total_cpu(Duration::from_millis(200)));
    let mut calls = 0;
    let ended = loop {
        calls += 1;
        match runtime.call::<i64>(CALLS, LIMITS, "Work", (20_000,)) {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_limit::<()>(Err(ended), LimitKind::TotalCpu);
    assert!(calls > 1, "the calls were short");
    assert_over(&mut runtime, "CPU time of the runtime");
}

#[test]
fn another_thread_cancels_what_runs_or_waits() {
    type Run = fn(&mut IsolatedRuntime) -> Result<(), Error>;
    let runs: [Run; 4] = [
        |runtime| runtime.call::<i32>(CALLS, LIMITS, "Spin", ()).map(drop),
        |runtime| runtime.call::<()>(CALLS, LIMITS, "Sleep", (LONG,)),
        |runtime| {
            runtime
                .call_task::<i32>(CALLS, LIMITS, "DelayAsync", (LONG,))
                .map(drop)
        },
        |runtime| {
            runtime
                .call::<i32>(CALLS, LIMITS, "CallHost", ("never",))
                .map(drop)
        },
    ];
    for run in runs {
        let mut runtime = with(Limits::none());
        runtime.register_async_callback("never", || async {
            std::future::pending::<()>().await;
            1
        });
        let cancel = runtime.cancel_handle();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            cancel.cancel();
            assert!(cancel.is_cancelled());
        });
        let ended = run(&mut runtime);
        assert!(matches!(ended, Err(Error::Cancelled)), "{ended:?}");
        assert_over(&mut runtime, "cancelled");
        thread.join().unwrap();
    }
}

#[test]
fn a_runtime_that_was_cancelled_before_its_call_does_not_run() {
    let mut runtime = with(Limits::default());
    runtime.cancel_handle().cancel();
    let ended = runtime.call::<i32>(CALLS, "Calls.Arithmetic", "Add", (1, 2));
    assert!(matches!(ended, Err(Error::Cancelled)), "{ended:?}");
    assert_over(&mut runtime, "cancelled");
}

#[test]
fn standard_input_is_not_waited_for_longer_than_the_deadline() {
    /// Gives nothing until its sender is dropped.
    struct Silent(std::sync::mpsc::Receiver<u8>);
    impl Read for Silent {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            match (self.0.recv(), into.first_mut()) {
                (Ok(byte), Some(to)) => {
                    *to = byte;
                    Ok(1)
                }
                _ => Ok(0),
            }
        }
    }
    let (_keep, silence) = std::sync::mpsc::channel();
    let silent = std::sync::Mutex::new(Silent(silence));
    struct Shared(std::sync::Mutex<Silent>);
    impl Read for Shared {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().read(into)
        }
    }
    let mut runtime = host()
        .runtime()
        .limits(timeout(100))
        .stdin(Stdin::Reader(Box::new(Shared(silent))))
        .create()
        .unwrap();
    assert_limit(
        runtime.call::<Option<String>>(CALLS, LIMITS, "ReadLine", ()),
        LimitKind::CallTimeout,
    );
    assert_over(&mut runtime, "time of one call");
}
