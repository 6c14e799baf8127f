//! Guest code that waits: queued work and timers run meanwhile, and what can never end says so.

use crate::CALLS;
use crate::async_calls::{one_thread, several_threads};
use isolator_host::{
    Access, CallContext, Error, IsolatedException, IsolatedRuntime, LimitKind, Limits, NextRun,
    Stdin, Stdio, TrapKind,
};
use isolator_tests::{host, runtime};
use std::time::{Duration, Instant};

const WAITING: &str = "Calls.Waiting";
const NOT_SUPPORTED: &str = "System.PlatformNotSupportedException";
const INVALID: &str = "System.InvalidOperationException";

/// What a call throws, as far in as exceptions are only wrapped.
fn thrown(runtime: &mut IsolatedRuntime, method: &str) -> IsolatedException {
    let error = runtime.call::<()>(CALLS, WAITING, method, ()).unwrap_err();
    let Error::GuestException(mut exception) = error else {
        panic!("{method}: {error}")
    };
    while exception.type_name == "System.AggregateException" {
        assert!(!exception.inner.is_empty(), "{method}: {exception:?}");
        exception = exception.inner.swap_remove(0).into();
    }
    *exception
}

fn refused(method: &str, type_name: &str, words: &str) {
    let mut runtime = runtime();
    let exception = thrown(&mut runtime, method);
    assert_eq!(exception.type_name, type_name, "{method}: {exception:?}");
    assert!(
        exception.message.contains(words),
        "{method}: {}",
        exception.message
    );
    let trace = exception.stack_trace.unwrap_or_default();
    assert!(!trace.contains("Isolator"), "{method}: {trace}");
    assert_eq!(works(&mut runtime), 3, "after {method}");
}

fn works(runtime: &mut IsolatedRuntime) -> i32 {
    runtime.call(CALLS, WAITING, "Result", (3,)).unwrap()
}

#[test]
fn a_result_is_waited_for_in_a_call_and_in_a_task() {
    let mut runtime = runtime();
    let began = Instant::now();
    assert_eq!(
        runtime
            .call::<i32>(CALLS, WAITING, "Result", (30,))
            .unwrap(),
        30
    );
    assert!(
        began.elapsed() >= Duration::from_millis(29),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(
        runtime
            .call_task::<i32>(CALLS, WAITING, "WaitInsideAsync", (5,))
            .unwrap(),
        10
    );
    assert_eq!(
        runtime.run_pending(Duration::ZERO).unwrap(),
        NextRun::WhenCalled,
        "nothing is left"
    );
}

#[test]
fn tasks_of_the_host_go_on_while_guest_code_waits() {
    let mut runtime = runtime();
    let method = runtime
        .find_method(CALLS, WAITING, "WaitInsideAsync")
        .unwrap();
    let slow = runtime.start_task(&method, None, (20,)).unwrap();
    let fast = runtime.start_task(&method, None, (10,)).unwrap();
    assert_eq!(
        runtime
            .call::<i32>(CALLS, WAITING, "Result", (60,))
            .unwrap(),
        60
    );
    assert_eq!(
        runtime.poll_task(&slow).unwrap(),
        Some(40),
        "it ran inside the wait"
    );
    assert_eq!(runtime.poll_task(&fast).unwrap(), Some(20));
}

#[test]
fn a_wait_that_nothing_can_end_is_an_exception() {
    for method in ["Unfinished", "Handle", "Sleep", "Join"] {
        refused(method, INVALID, "Await instead of waiting");
    }
}

#[test]
fn a_wait_that_only_code_below_could_end_is_an_exception() {
    refused("Phases", NOT_SUPPORTED, "waits end innermost first");
    refused("Bounded", NOT_SUPPORTED, "Use await in that work");
}

#[test]
fn waits_nest_to_a_limit() {
    let mut runtime = runtime();
    assert_eq!(
        runtime.call::<i32>(CALLS, WAITING, "Deep", (140,)).unwrap(),
        140
    );
    let error = runtime
        .call::<i32>(CALLS, WAITING, "Deep", (5000,))
        .unwrap_err();
    assert!(
        matches!(&error, Error::GuestException(e) if e.message.contains("waits are under way inside each other")),
        "{error}"
    );
    assert_eq!(works(&mut runtime), 3);
}

#[test]
fn an_event_is_of_use_after_a_wait_for_it_was_ended() {
    let mut runtime = runtime();
    thrown(&mut runtime, "Handle");
    assert!(
        runtime
            .call::<bool>(CALLS, WAITING, "HandleAgain", ())
            .unwrap()
    );
}

/// A runtime whose callback `sum` takes so long.
fn with_sum(milliseconds: u64) -> IsolatedRuntime {
    let mut runtime = runtime();
    runtime.register_async_callback("sum", move |a: i32, b: i32| async move {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        a + b
    });
    runtime
}

fn call<T: serde::de::DeserializeOwned>(runtime: &mut IsolatedRuntime, method: &str) -> T {
    runtime.call(CALLS, WAITING, method, ()).unwrap()
}

#[test]
fn a_wait_for_the_host_waits_in_the_host() {
    let executor = several_threads();
    let mut runtime = executor.block_on(async { with_sum(30) });
    assert_eq!(call::<i32>(&mut runtime, "Host"), 3);
    assert_eq!(call::<String>(&mut runtime, "HostMeanwhile"), "11 True");
    for how in ["sleep", "yield", "spin"] {
        let sum: i32 = runtime.call(CALLS, WAITING, "HostPolled", (how,)).unwrap();
        assert_eq!(sum, 3, "{how}");
    }
    assert_eq!(call::<i32>(&mut runtime, "HostInThread"), 3);
    runtime.register_callback("in", |context: &mut CallContext<'_>| {
        context.call::<i32>(CALLS, WAITING, "Host", ()).unwrap() * 2
    });
    assert_eq!(call::<i32>(&mut runtime, "HostInCallback"), 6);
    // One that is done at once, and one that is not there.
    runtime.register_callback("sum", |a: i32, b: i32| a + b);
    assert_eq!(call::<i32>(&mut runtime, "Host"), 3);
    assert_eq!(
        call::<String>(&mut runtime, "HostFails"),
        "HostCallException"
    );
    assert_eq!(works(&mut runtime), 3);
}

#[test]
fn a_wait_for_the_host_waits_on_the_workers_of_an_executor() {
    let executor = several_threads();
    executor.block_on(async {
        let mut runtime = with_sum(20);
        let sum = tokio::spawn(async move { call::<i32>(&mut runtime, "Host") });
        assert_eq!(sum.await.unwrap(), 3);
    });
    for executor in [one_thread(), several_threads()] {
        executor.block_on(async {
            let runtime = with_sum(20).into_async().unwrap();
            let sum = runtime.call::<i32>(CALLS, WAITING, "Host", ());
            assert_eq!(sum.await.unwrap(), 3);
        });
    }
}

#[test]
fn a_wait_for_the_host_ends_with_its_time_out_and_its_token() {
    let executor = several_threads();
    let mut runtime = executor.block_on(async { with_sum(60_000) });
    let began = Instant::now();
    let in_time: bool = runtime.call(CALLS, WAITING, "HostInTime", (5,)).unwrap();
    assert!(!in_time);
    let first: i32 = runtime.call(CALLS, WAITING, "HostAndTimer", (5,)).unwrap();
    assert_eq!(first, 1, "the timer ends it");
    assert_eq!(
        call::<String>(&mut runtime, "HostCancelled"),
        "TaskCanceledException"
    );
    assert!(began.elapsed() < Duration::from_secs(30));
    assert_eq!(works(&mut runtime), 3);
    let mut soon = executor.block_on(async { with_sum(1) });
    let in_time: bool = soon.call(CALLS, WAITING, "HostInTime", (60_000,)).unwrap();
    assert!(in_time);
    let first: i32 = soon
        .call(CALLS, WAITING, "HostAndTimer", (60_000,))
        .unwrap();
    assert_eq!(first, 0, "the call ends it");
}

#[test]
fn limits_and_cancelling_end_a_wait_for_the_host() {
    let executor = several_threads();
    let make = |limits: Limits| {
        executor.block_on(async {
            let mut runtime = host().runtime().limits(limits).create().unwrap();
            runtime.register_async_callback("sum", |_: i32, _: i32| std::future::pending::<i32>());
            runtime
        })
    };
    let mut limited = make(Limits::default().call_timeout(Duration::from_millis(100)));
    let error = limited.call::<i32>(CALLS, WAITING, "Host", ()).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Limit {
                limit: LimitKind::CallTimeout,
                ..
            }
        ),
        "{error}"
    );
    let mut cancelled = make(Limits::default());
    let cancel = cancelled.cancel_handle();
    let cancelling = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        cancel.cancel();
    });
    let error = cancelled
        .call::<i32>(CALLS, WAITING, "Host", ())
        .unwrap_err();
    assert!(matches!(error, Error::Cancelled), "{error}");
    cancelling.join().unwrap();
}

#[test]
fn a_wait_that_only_its_own_thread_could_end_is_an_exception() {
    one_thread().block_on(async {
        let mut runtime = with_sum(1);
        let exception = thrown(&mut runtime, "Host");
        assert_eq!(exception.type_name, NOT_SUPPORTED);
        let message = exception.message;
        assert!(message.contains("the only one that could"), "{message}");
        // A time-out is not refused.
        let in_time: bool = runtime.call(CALLS, WAITING, "HostInTime", (5,)).unwrap();
        assert!(!in_time);
        assert_eq!(works(&mut runtime), 3);
    });
}

#[test]
fn a_copy_waits_in_vain_for_a_call_that_nobody_runs() {
    let executor = several_threads();
    let mut runtime = executor.block_on(async {
        let mut runtime = runtime();
        runtime.register_async_callback("sum", |_: i32, _: i32| std::future::pending::<i32>());
        runtime
    });
    runtime.call::<()>(CALLS, WAITING, "HostBegin", ()).unwrap();
    let mut copy = runtime.fork().unwrap();
    let exception = thrown(&mut copy, "HostEnd");
    assert_eq!(exception.type_name, NOT_SUPPORTED);
    assert!(
        exception.message.contains("nobody runs them"),
        "{}",
        exception.message
    );
    let pending = copy.pending_calls();
    assert_eq!(pending.len(), 1, "{pending:?}");
    copy.answer_call(pending[0].id, 7).unwrap();
    assert_eq!(call::<i32>(&mut copy, "HostEnd"), 7);
}

#[test]
fn a_callback_waits_in_the_guest_inside_a_wait() {
    let mut runtime = runtime();
    runtime.register_callback("again", |context: &mut CallContext<'_>, x: i32| {
        context.call::<i32>(CALLS, WAITING, "Result", (x,)).unwrap() * 10
    });
    assert_eq!(
        runtime
            .call::<i32>(CALLS, WAITING, "BackAndWait", ())
            .unwrap(),
        40
    );
}

#[test]
fn threads_run_when_somebody_waits_or_comes_again() {
    let mut runtime = runtime();
    assert_eq!(
        runtime
            .call::<i32>(CALLS, WAITING, "Threaded", (41,))
            .unwrap(),
        42
    );
    for ran in 1..=2 {
        runtime
            .call::<()>(CALLS, WAITING, "StartThread", ())
            .unwrap();
        let seen: i32 = runtime.call(CALLS, WAITING, "ThreadsThatRan", ()).unwrap();
        assert_eq!(seen, ran);
    }
    refused(
        "JoinUnstarted",
        "System.Threading.ThreadStateException",
        "not been started",
    );
    let joined: bool = runtime.call(CALLS, WAITING, "JoinInTime", ()).unwrap();
    assert!(!joined);
}

/// A runtime in which an exception escaped ends as a process does: told to the handler, and why.
fn ended(method: &str, argument: Option<&str>) -> (String, String, String) {
    let mut runtime = host()
        .runtime()
        .stdout(Stdio::Capture)
        .stderr(Stdio::Capture)
        .create()
        .unwrap();
    let error = match argument {
        Some(argument) => runtime.call::<()>(CALLS, WAITING, method, (argument,)),
        None => runtime.call::<()>(CALLS, WAITING, method, ()),
    }
    .unwrap_err();
    let Error::Trap { kind, message, .. } = error else {
        panic!("{method}: {error}")
    };
    assert_eq!(kind, TrapKind::UnhandledException, "{message}");
    (message, runtime.stdout_utf8(), runtime.stderr_utf8())
}

#[test]
fn an_exception_that_nobody_handles_is_told_and_ends_the_runtime() {
    for from in ["thread", "async void", "work item", "timer"] {
        let (message, stdout, stderr) = ended("Escape", Some(from));
        let said = format!("System.FormatException: escaped from {from}");
        assert!(message.contains(&said), "{message}");
        assert_eq!(stdout, "handler FormatException True\n", "{from}");
        assert!(
            stderr.starts_with(&format!("Unhandled exception. {said}\n")),
            "{stderr}"
        );
        assert!(stderr.contains("at Calls.Waiting."), "{stderr}");
        assert!(!stderr.contains("Isolator"), "{stderr}");
    }
}

#[test]
fn a_thread_that_waits_for_code_below_it_ends_the_runtime() {
    let (message, _, _) = ended("StuckThread", None);
    assert!(
        message.contains("waits end innermost first") || message.contains("would never end"),
        "{message}"
    );
}

#[test]
fn sleeping_takes_its_time() {
    let slept: f64 = runtime().call(CALLS, WAITING, "SleepFor", (30,)).unwrap();
    assert!((29.0..5000.0).contains(&slept), "{slept} ms");
}

#[test]
fn what_needs_a_network_or_a_process_says_so() {
    let exception = thrown(&mut runtime(), "Get");
    assert_eq!(exception.type_name, "System.Net.Http.HttpRequestException");
    assert!(
        exception
            .message
            .contains("HTTP to http://localhost/ was not granted"),
        "{exception:?}"
    );
    refused("WebSocket", NOT_SUPPORTED, "HTTP requests are there");
    refused("Socket", NOT_SUPPORTED, "System.Net.Sockets");
    refused("Resolve", NOT_SUPPORTED, "System.Net.NameResolution");
    refused("Process", NOT_SUPPORTED, "System.Diagnostics.Process");
    let own: String = runtime()
        .call(CALLS, WAITING, "GetThroughOwnHandler", ())
        .unwrap();
    assert_eq!(own, "/path");
}

#[test]
fn the_console_is_one_without_a_terminal() {
    let said: String = runtime().call(CALLS, WAITING, "Terminal", ()).unwrap();
    assert_eq!(said, "-1 80 True True True utf-8");
}

#[test]
fn standard_input_is_a_reader_and_a_stream() {
    let with_input = |text: &str| {
        host()
            .runtime()
            .stdin(Stdin::Bytes(text.to_owned().into()))
            .create()
            .unwrap()
    };
    let text: String = with_input("one\ntwo\nrest of it\n")
        .call(CALLS, WAITING, "Input", ())
        .unwrap();
    assert_eq!(text, "one|two|r|est of it\n");
    let all: String = with_input("bytes ä\n")
        .call(CALLS, WAITING, "InputStream", ())
        .unwrap();
    assert_eq!(all, "bytes ä\n");
}

#[test]
fn what_the_host_does_in_a_granted_directory_is_watched() {
    let granted = tempfile::tempdir().unwrap();
    let mut runtime = host()
        .runtime()
        .directory(granted.path(), "/data", Access::ReadOnly)
        .create()
        .unwrap();
    let made = granted.path().join("made");
    let making = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        std::fs::write(made, "by the host").unwrap();
    });
    let seen: String = runtime.call(CALLS, WAITING, "Watch", ("/data",)).unwrap();
    assert_eq!(seen, "Created made False");
    making.join().unwrap();
}

#[test]
fn a_watcher_of_accesses_does_not_hear_itself() {
    let granted = tempfile::tempdir().unwrap();
    let sub = granted.path().join("sub");
    std::fs::create_dir(&sub).unwrap();
    std::fs::write(sub.join("file"), "text").unwrap();
    // File systems keep the time of a reading where that of the last one is old: so listing it gives it another.
    let past = std::time::SystemTime::now() - Duration::from_secs(3 * 24 * 60 * 60);
    let times = std::fs::FileTimes::new().set_accessed(past);
    std::fs::File::open(&sub).unwrap().set_times(times).unwrap();
    let mut runtime = host()
        .runtime()
        .directory(granted.path(), "/data", Access::ReadWrite)
        .create()
        .unwrap();
    let seen: String = runtime
        .call(CALLS, WAITING, "WatchAccess", ("/data",))
        .unwrap();
    assert_eq!(seen, "sub/file");
}

#[test]
fn keys_are_what_standard_input_has() {
    let with_input = |text: &str| {
        let stdin = Stdin::Bytes(text.to_owned().into());
        host().runtime().stdin(stdin).create().unwrap()
    };
    let keys: String = with_input("yA1é\n \t\u{1b}[A\u{1b}[1;5C\u{1b}OP\u{1b}[3~\u{3}\u{7f}")
        .call(CALLS, WAITING, "Keys", ())
        .unwrap();
    assert_eq!(
        keys,
        "y:Y A:A/Shift 1:D1 é:None ^13:Enter  :Spacebar ^9:Tab ^0:UpArrow ^0:RightArrow/Control ^0:F1 ^0:Delete \
         ^3:C/Control ^127:Backspace InvalidOperationException InvalidOperationException"
    );
    // Of the rest of a line nothing is lost, whoever reads it.
    let mixed: String = with_input("name\nx rest\n")
        .call(CALLS, WAITING, "KeysAndLines", ())
        .unwrap();
    assert_eq!(mixed, "name x [ rest]");
    // A key that is not there yet.
    let (reader, mut writer) = std::io::pipe().unwrap();
    let mut runtime = host()
        .runtime()
        .stdin(Stdin::Reader(Box::new(reader)))
        .create()
        .unwrap();
    let typing = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        std::io::Write::write_all(&mut writer, b"k").unwrap();
        std::thread::sleep(Duration::from_millis(100));
    });
    let waited: String = runtime.call(CALLS, WAITING, "KeyLater", ()).unwrap();
    assert_eq!(waited, "False K");
    typing.join().unwrap();
}

#[test]
fn what_is_queued_runs_while_input_is_awaited() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let mut runtime = host()
        .runtime()
        .stdin(Stdin::Reader(Box::new(reader)))
        .create()
        .unwrap();
    let typing = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        std::io::Write::write_all(&mut writer, b"typed\n").unwrap();
    });
    let said: String = runtime.call(CALLS, WAITING, "InputMeanwhile", ()).unwrap();
    assert_eq!(said, "typed True True");
    typing.join().unwrap();
}

#[test]
fn the_platform_is_what_the_documentation_says() {
    let said: String = runtime().call(CALLS, WAITING, "Platform", ()).unwrap();
    assert_eq!(
        said,
        "True False False Browser Wasm Wasm wasi-wasm Other 1.0.0.0 1 Browser localhost"
    );
}
