//! Guest code calls its host, which may call back in.

use crate::CALLS;
use crate::calls::{Order, order};
use isolator_host::{CallContext, Error, MAX_CALLBACK_DEPTH, Stdio};
use isolator_tests::{builder, runtime};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

const CALLBACKS: &str = "Calls.Callbacks";
const SAFE: &str = "Call to host failed: The call failed. See host console logs for details.";

#[test]
fn arguments_and_results_are_typed() {
    let mut runtime = runtime();
    runtime.register_callback("greet", |name: String| format!("hello {name}"));
    runtime.register_callback("sum", |a: i32, b: i32| a + b);
    runtime.register_callback("order", |order: Order| Order {
        price: order.price * 2.0,
        ..order
    });
    runtime.register_raw_callback("raw", |_, bytes| {
        Ok::<_, Error>(bytes.iter().rev().copied().collect())
    });
    assert_eq!(
        runtime
            .call::<String>(CALLS, CALLBACKS, "Greet", ("wörld",))
            .unwrap(),
        "hello wörld"
    );
    assert_eq!(
        runtime
            .call::<i32>(CALLS, CALLBACKS, "Sum", (40, 2))
            .unwrap(),
        42
    );
    let back: Order = runtime.call(CALLS, CALLBACKS, "Order", (order(),)).unwrap();
    assert_eq!(
        back,
        Order {
            price: 25.0,
            ..order()
        }
    );
    let raw = runtime.find_method(CALLS, CALLBACKS, "Raw").unwrap();
    assert_eq!(
        runtime.invoke_raw(&raw, None, &[1, 2, 3]).unwrap(),
        [3, 2, 1]
    );
}

#[test]
fn failures_are_exceptions_that_tell_nothing_of_the_host() {
    let mut runtime = runtime();
    runtime.register_fallible_callback("fail", || Err::<(), _>("the password is 1234"));
    runtime.register_callback("panic", || -> i32 { panic!("the password is 5678") });
    runtime.register_callback("typed", |_: i32| 1);
    let cases = [
        ("fail", SAFE.to_owned()),
        ("panic", SAFE.to_owned()),
        ("typed", SAFE.to_owned()),
        (
            "missing",
            "Call to host failed: No callback is registered under the name 'missing'.".to_owned(),
        ),
    ];
    for (name, expected) in cases {
        assert_eq!(
            runtime
                .call::<String>(CALLS, CALLBACKS, "Try", (name,))
                .unwrap(),
            expected,
            "{name}"
        );
    }
    assert_eq!(
        runtime
            .call::<String>(CALLS, CALLBACKS, "Finally", ())
            .unwrap(),
        "try finally catch"
    );
    assert_eq!(
        runtime
            .call::<String>(CALLS, CALLBACKS, "Reflected", ("fail",))
            .unwrap(),
        "HostCallException"
    );
    let error = runtime
        .call::<String>(CALLS, CALLBACKS, "Greet", ("x",))
        .unwrap_err();
    let Error::GuestException(exception) = error else {
        panic!("{error}")
    };
    assert_eq!(exception.type_name, "DotNetIsolator.HostCallException");
    assert_eq!(
        exception.message,
        "Call to host failed: No callback is registered under the name 'greet'."
    );
}

#[test]
fn details_are_shown_where_the_host_wants_it() {
    let host = builder()
        .callback_error_details(true)
        .max_runtimes(4)
        .fallible_callback("fail", || Err::<(), _>("no such customer"))
        .callback("shared", || 1)
        .build()
        .unwrap();
    let mut runtime = host.create_runtime().unwrap();
    runtime.register_callback("panic", || -> i32 { panic!("at the disco") });
    assert_eq!(
        runtime
            .call::<String>(CALLS, CALLBACKS, "Try", ("fail",))
            .unwrap(),
        "Call to host failed: no such customer"
    );
    assert!(
        runtime
            .call::<String>(CALLS, CALLBACKS, "Try", ("panic",))
            .unwrap()
            .contains("at the disco")
    );
    assert_eq!(
        runtime
            .call::<String>(CALLS, CALLBACKS, "Try", ("shared",))
            .unwrap(),
        "nothing was thrown"
    );
}

fn nest(context: &mut CallContext<'_>, depth: i32) -> Result<i32, Error> {
    context.call(CALLS, CALLBACKS, "Nest", (depth,))
}

fn nest_reason(context: &mut CallContext<'_>, depth: i32) -> Result<String, Error> {
    context.call(CALLS, CALLBACKS, "NestReason", (depth,))
}

#[test]
fn guest_and_host_call_each_other_in_turn() {
    let mut runtime = runtime();
    let calls = Arc::new(AtomicU32::new(0));
    let seen = calls.clone();
    runtime.register_fallible_callback("nest", move |context: &mut CallContext<'_>, depth: i32| {
        seen.fetch_add(1, Ordering::Relaxed);
        nest(context, depth)
    });
    let deepest = i32::try_from(MAX_CALLBACK_DEPTH).unwrap();
    assert_eq!(
        runtime
            .call::<i32>(CALLS, CALLBACKS, "Nest", (deepest,))
            .unwrap(),
        deepest
    );
    assert_eq!(calls.swap(0, Ordering::Relaxed), MAX_CALLBACK_DEPTH);
    let error = runtime
        .call::<i32>(CALLS, CALLBACKS, "Nest", (deepest + 1,))
        .unwrap_err();
    assert!(
        matches!(&error, Error::GuestException(exception) if exception.type_name == "DotNetIsolator.HostCallException"),
        "{error}"
    );
    assert_eq!(calls.load(Ordering::Relaxed), MAX_CALLBACK_DEPTH);
    assert_eq!(
        runtime.call::<i32>(CALLS, CALLBACKS, "Nest", (3,)).unwrap(),
        3,
        "the runtime works on"
    );
}

#[test]
fn a_failure_in_the_middle_of_nested_calls_unwinds_both_sides() {
    let mut runtime = runtime();
    runtime.register_fallible_callback("nest", |context: &mut CallContext<'_>, depth: i32| {
        if depth == 0 {
            Err(Error::Deadlock)
        } else {
            context.call::<i32>(CALLS, CALLBACKS, "NestCatching", (depth,))
        }
    });
    // The innermost callback fails; the guest frame above it catches, and everything outside goes on.
    assert_eq!(
        runtime
            .call::<i32>(CALLS, CALLBACKS, "NestCatching", (10,))
            .unwrap(),
        9
    );
}

#[test]
fn a_callback_has_the_whole_api() {
    let mut runtime = runtime();
    runtime.register_fallible_callback(
        "greet",
        |context: &mut CallContext<'_>, name: String| -> Result<String, Error> {
            let counter =
                context.create_object_with(CALLS, "Calls.Counter", (name.len() as i32,))?;
            let count: i32 = context.call_on(&counter, "Increment", ())?;
            let error = context
                .call::<i32>(CALLS, "Calls.Failing", "Simple", ("inside",))
                .unwrap_err();
            context.collect(2)?;
            Ok(format!(
                "{count} {}",
                matches!(error, Error::GuestException(_))
            ))
        },
    );
    assert_eq!(
        runtime
            .call::<String>(CALLS, CALLBACKS, "Greet", ("four",))
            .unwrap(),
        "5 true"
    );
}

#[test]
fn exit_inside_a_callback_ends_the_outer_call_too() {
    let mut runtime = isolator_tests::host()
        .runtime()
        .stdout(Stdio::Capture)
        .create()
        .unwrap();
    runtime.register_fallible_callback(
        "greet",
        |context: &mut CallContext<'_>, _: String| -> Result<String, Error> {
            let inner = context
                .call::<()>(CALLS, "Calls.Surroundings", "Exit", (7,))
                .unwrap_err();
            assert!(matches!(inner, Error::Exit { code: 7 }), "{inner}");
            let dead = context
                .call::<i32>(CALLS, "Calls.State", "Get", ())
                .unwrap_err();
            assert!(matches!(dead, Error::Dead { .. }), "{dead}");
            Err(inner)
        },
    );
    let outer = runtime
        .call::<String>(CALLS, CALLBACKS, "Greet", ("x",))
        .unwrap_err();
    assert!(
        matches!(outer, Error::Exit { code: 7 } | Error::Dead { .. }),
        "{outer}"
    );
    assert!(!runtime.is_alive());
}

#[test]
fn closures_take_none_to_eight_arguments() {
    let mut runtime = runtime();
    macro_rules! register {
        ($($name:literal: $($arg:ident)*;)*) => {$(
            runtime.register_callback(concat!("take", $name), |$($arg: u8),*| Vec::<u8>::from([$($arg),*]));
        )*};
    }
    register! {
        0: ; 1: a; 2: a b; 3: a b c; 4: a b c d; 5: a b c d e; 6: a b c d e f; 7: a b c d e f g; 8: a b c d e f g h;
    }
    let expect = |count: u8| {
        (1..=count)
            .map(|i| i.to_string())
            .collect::<Vec<_>>()
            .join("|")
    };
    for count in 0..=8 {
        let said: String = runtime
            .call(CALLS, "Calls.Awaiting", "Arities", (count,))
            .unwrap();
        assert_eq!(said, expect(count));
        let said: String = runtime
            .call_task(CALLS, "Calls.Awaiting", "AritiesAsync", (count,))
            .unwrap();
        assert_eq!(said, expect(count), "a callback that answers at once");
    }
    macro_rules! register_async {
        ($($name:literal: $($arg:ident)*;)*) => {$(
            runtime.register_async_callback(concat!("take", $name), async |$($arg: u8),*| Vec::<u8>::from([$($arg),*]));
        )*};
    }
    register_async! {
        0: ; 1: a; 2: a b; 3: a b c; 4: a b c d; 5: a b c d e; 6: a b c d e f; 7: a b c d e f g; 8: a b c d e f g h;
    }
    for count in 0..=8 {
        for method in ["Arities", "AritiesAsync"] {
            let said: String = runtime
                .call_task(CALLS, "Calls.Awaiting", method, (count,))
                .unwrap();
            assert_eq!(said, expect(count), "{method}");
        }
    }
}

#[test]
fn how_deep_calls_nest_is_the_hosts_choice() {
    for most in [0, 1, 3, 200] {
        let host = builder()
            .max_runtimes(2)
            .max_callback_depth(most)
            .stack_size(16 << 20)
            .fallible_callback("nest", nest)
            .fallible_callback("nestReason", nest_reason)
            .build()
            .unwrap();
        let mut runtime = host.create_runtime().unwrap();
        let deepest = i32::try_from(most).unwrap();
        let reached: i32 = runtime.call(CALLS, CALLBACKS, "Nest", (deepest,)).unwrap();
        assert_eq!(reached, deepest);
        let error = runtime
            .call::<i32>(CALLS, CALLBACKS, "Nest", (deepest + 1,))
            .unwrap_err();
        let exception = error.exception().unwrap();
        assert_eq!(exception.type_name, "DotNetIsolator.HostCallException");
        // The innermost call says so itself; outside of that it is a callback that failed.
        let reason = if most == 0 { "TooDeep" } else { "Failed" };
        assert_eq!(exception.properties["Reason"], reason);
        let reason: String = runtime
            .call(CALLS, CALLBACKS, "NestReason", (deepest + 1,))
            .unwrap();
        assert_eq!(
            reason,
            format!(
                "TooDeep: Call to host failed: Calls between host and guest nest deeper than {most}."
            )
        );
    }
}

#[test]
fn the_guest_knows_why_a_call_failed() {
    let mut runtime = runtime();
    runtime.register_fallible_callback("fail", |_: String| Err::<String, _>("no"));
    for (name, reason) in [("fail", "Failed: "), ("missing", "UnknownName: ")] {
        let said: String = runtime
            .call(CALLS, "Calls.Awaiting", "FetchNow", (name, "a"))
            .unwrap();
        assert!(said.starts_with(reason), "{said}");
    }
}

/// What is logged while `f` runs on this thread.
fn logged(f: impl FnOnce()) -> String {
    logged_at(tracing::Level::INFO, f)
}

/// What is logged of at least so much importance while `f` runs on this thread.
fn logged_at(level: tracing::Level, f: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    // Another test may meet a place that logs first, and with nobody listening it would be switched off for good.
    static LISTENED_TO: std::sync::Once = std::sync::Once::new();
    LISTENED_TO.call_once(|| {
        let everything = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(std::io::sink)
            .finish();
        tracing::subscriber::set_global_default(everything).unwrap();
    });
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(level)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, f);
    let lines = lines.0.lock().unwrap();
    String::from_utf8_lossy(&lines).into_owned()
}

#[test]
fn the_hosts_log_tells_the_truth() {
    let mut runtime = runtime();
    runtime.register_fallible_callback("fail", || Err::<(), _>("the password is 1234"));
    runtime.register_callback("panic", || -> i32 { panic!("the password is 5678") });
    runtime.register_fallible_async_callback("later", || async { Err::<(), _>("it is 9") });
    for (name, truth) in [
        ("fail", "the password is 1234"),
        ("panic", "the password is 5678"),
        ("later", "it is 9"),
    ] {
        let id = format!("runtime={}", runtime.id());
        let log = logged(|| {
            let shown: String = runtime.call(CALLS, CALLBACKS, "Try", (name,)).unwrap();
            assert_eq!(shown, SAFE);
        });
        assert!(
            log.contains(truth)
                && log.contains(&id)
                && log.contains(&format!("callback=\"{name}\"")),
            "{name}: {log}"
        );
    }
}

#[test]
fn neither_failures_nor_requests_of_guests_flood_the_log() {
    let count = |log: &str, part: &str| log.lines().filter(|line| line.contains(part)).count();
    let mut runtime = runtime();
    let long = "x".repeat(100_000);
    runtime.register_fallible_callback("fail", move || Err::<(), _>(long.clone()));
    let start = Instant::now();
    let log = logged(|| {
        for _ in 0..2000 {
            let _: String = runtime.call(CALLS, CALLBACKS, "Try", ("fail",)).unwrap();
        }
    });
    let seconds = 2 + usize::try_from(start.elapsed().as_secs()).unwrap();
    let failures = count(&log, "a callback failed");
    assert!((100..=100 * seconds).contains(&failures), "{failures}");
    assert!(log.contains("more failures than are logged in a second"));
    assert!(log.lines().all(|line| line.len() < 20_000));
    let start = Instant::now();
    let log = logged_at(tracing::Level::DEBUG, || {
        for n in 0..5000 {
            let missing = runtime.find_type(&format!("Invented{n}"), "C");
            assert!(matches!(missing, Err(Error::AssemblyNotFound { .. })));
        }
    });
    let seconds = 2 + usize::try_from(start.elapsed().as_secs()).unwrap();
    let requests = count(&log, "resolve assembly");
    assert!((1000..=1000 * seconds).contains(&requests), "{requests}");
}
