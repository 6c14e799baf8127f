//! Exceptions with everything .NET knows of them, and code that ends its runtime; the host is fine after all of it.

use crate::CALLS;
use isolator_host::{Error, IsolatedException, IsolatedRuntime, TrapKind};
use isolator_tests::{host, runtime};

const FAILING: &str = "Calls.Failing";
const SURROUNDINGS: &str = "Calls.Surroundings";

fn thrown(error: Error) -> IsolatedException {
    match error {
        Error::GuestException(exception) => *exception,
        other => panic!("no exception: {other}"),
    }
}

/// The runtime can no longer be used, says why each time, and others can be created and used.
fn assert_dead(runtime: &mut IsolatedRuntime, why: &str) {
    assert!(!runtime.is_alive());
    for _ in 0..2 {
        let error = runtime
            .call::<i32>(CALLS, "Calls.State", "Get", ())
            .unwrap_err();
        assert!(
            matches!(&error, Error::Dead { .. }) && error.to_string().contains(why),
            "{error}"
        );
    }
    let mut next = host().create_runtime().unwrap();
    assert_eq!(
        next.call::<i32>(CALLS, "Calls.Arithmetic", "Add", (1, 1))
            .unwrap(),
        2
    );
}

#[test]
fn an_exception_has_its_type_message_stack_file_and_line() {
    let mut runtime = runtime();
    let error = runtime
        .call::<i32>(CALLS, FAILING, "Simple", ("the message",))
        .unwrap_err();
    assert!(error.to_string().starts_with("System.InvalidOperationException: the message\n   at Calls.Failing.Simple(String message)"), "{error}");
    let exception = thrown(error);
    assert_eq!(exception.type_name, "System.InvalidOperationException");
    assert_eq!(exception.message, "the message");
    assert_eq!(exception.h_result, 0x8013_1509_u32.cast_signed());
    assert_eq!(
        exception.stack_trace.unwrap(),
        "   at Calls.Failing.Simple(String message) in /fixtures/Calls/Failing.cs:line 16"
    );
}

#[test]
fn inner_exceptions_and_properties_cross() {
    let mut runtime = runtime();
    let exception = thrown(
        runtime
            .call::<i32>(CALLS, FAILING, "Nested", ())
            .unwrap_err(),
    );
    assert_eq!(
        (
            exception.type_name.as_str(),
            exception.properties["Code"].as_str()
        ),
        ("Calls.OrderException", "42")
    );
    assert!(
        exception
            .stack_trace
            .unwrap()
            .contains("Failing.cs:line 26")
    );
    let inner = &exception.inner[0];
    assert_eq!(inner.type_name, "System.DivideByZeroException");
    let trace = inner.stack_trace.as_deref().unwrap();
    let lines: Vec<&str> = trace.lines().collect();
    assert!(
        lines[0].contains("Calls.Failing.Deeper(Int32 zero)")
            && lines[0].contains("Failing.cs:line 30"),
        "{trace}"
    );
    assert!(lines[1].contains("Calls.Failing.Nested()"), "{trace}");
    assert!(
        exception
            .text
            .contains(" ---> System.DivideByZeroException"),
        "{}",
        exception.text
    );

    let several = thrown(
        runtime
            .call::<i32>(CALLS, FAILING, "Aggregate", ())
            .unwrap_err(),
    );
    let types: Vec<&str> = several
        .inner
        .iter()
        .map(|inner| inner.type_name.as_str())
        .collect();
    assert_eq!(types, ["System.FormatException", "System.TimeoutException"]);
}

#[test]
fn exceptions_pass_native_frames() {
    let mut runtime = runtime();
    let cases = [
        ("Reflection", "finally;reflected"),
        ("Sort", "cannot compare"),
        (
            "StaticConstructor",
            "Broken: broken type; Broken: broken type",
        ),
        ("Lazy", "lazy,lazy"),
    ];
    for (method, expected) in cases {
        assert_eq!(
            runtime.call::<String>(CALLS, FAILING, method, ()).unwrap(),
            expected,
            "{method}"
        );
    }
    let sort = thrown(
        runtime
            .call::<i32>(CALLS, FAILING, "SortUncaught", ())
            .unwrap_err(),
    );
    assert_eq!(
        (sort.type_name.as_str(), sort.inner[0].message.as_str()),
        ("System.InvalidOperationException", "cannot compare")
    );
    let dynamic = thrown(
        runtime
            .call::<i32>(CALLS, FAILING, "DynamicInvoke", ())
            .unwrap_err(),
    );
    assert_eq!(
        dynamic.type_name,
        "System.Reflection.TargetInvocationException"
    );
    assert_eq!(dynamic.inner[0].message, "dynamic");
    let layers = thrown(
        runtime
            .call::<i32>(CALLS, FAILING, "Layers", (50,))
            .unwrap_err(),
    );
    assert_eq!(layers.message, "innermost");
    assert_eq!(
        runtime
            .call::<i32>(CALLS, FAILING, "get_Unwound", ())
            .unwrap(),
        50,
        "every finally ran"
    );
}

#[test]
fn the_stack_is_as_it_was_after_ten_thousand_exceptions() {
    let mut runtime = runtime();
    let divide = runtime
        .find_method(CALLS, "Calls.Arithmetic", "Divide")
        .unwrap();
    for _ in 0..10_000 {
        assert!(matches!(
            runtime.invoke::<i32>(&divide, (1, 0)),
            Err(Error::GuestException(_))
        ));
    }
    assert_eq!(runtime.invoke::<i32>(&divide, (8, 2)).unwrap(), 4);
}

#[test]
fn an_exception_that_lies_about_itself_is_reported_all_the_same() {
    let mut runtime = runtime();
    let exception = thrown(
        runtime
            .call::<i32>(CALLS, FAILING, "Hostile", ())
            .unwrap_err(),
    );
    assert!(
        exception.type_name.contains("HostileException"),
        "{exception:?}"
    );
    let null = thrown(
        runtime
            .call::<i32>(CALLS, FAILING, "ThrowNull", ())
            .unwrap_err(),
    );
    assert_eq!(null.type_name, "System.NullReferenceException");
    assert_eq!(
        runtime
            .call::<i32>(CALLS, "Calls.Arithmetic", "Add", (1, 1))
            .unwrap(),
        2
    );
}

#[test]
fn exit_ends_the_runtime_with_its_code() {
    for (method, code) in [("Exit", 3), ("ExitInFinally", -1), ("Exit", 0)] {
        let mut runtime = runtime();
        let error = runtime
            .call::<()>(CALLS, SURROUNDINGS, method, (code,))
            .unwrap_err();
        assert!(
            matches!(error, Error::Exit { code: found } if found == code),
            "{error}"
        );
        assert_dead(&mut runtime, &format!("exit code {code}"));
    }
}

#[test]
fn fail_fast_ends_the_runtime_with_its_message() {
    let mut runtime = runtime();
    let error = runtime
        .call::<()>(CALLS, SURROUNDINGS, "FailFast", ("the reactor is hot",))
        .unwrap_err();
    assert!(
        matches!(&error, Error::Trap { kind: TrapKind::FailFast, message, .. } if message == "Environment.FailFast: the reactor is hot"),
        "{error}"
    );
    assert_dead(&mut runtime, "trapped");
}

#[test]
fn endless_recursion_is_an_error() {
    let mut runtime = runtime();
    let error = runtime
        .call::<i32>(CALLS, SURROUNDINGS, "Forever", (0,))
        .unwrap_err();
    match error {
        // A stack overflow that .NET notices is an exception, which guest code may survive.
        Error::GuestException(exception) => {
            assert_eq!(exception.type_name, "System.StackOverflowException")
        }
        Error::Trap { kind, message, .. } => {
            assert_eq!(kind, TrapKind::StackOverflow, "{message}");
            assert_dead(&mut runtime, "trapped");
        }
        other => panic!("{other}"),
    }
    assert_eq!(
        isolator_tests::runtime()
            .call::<i32>(CALLS, SURROUNDINGS, "Recurse", (1000,))
            .unwrap(),
        1000
    );
}

#[test]
fn taking_all_memory_is_an_error() {
    for (method, block) in [
        ("TakeAll", 1 << 20),
        ("TakeAll", 64 << 20),
        ("TakeAll", 1000),
    ] {
        let mut runtime = host().runtime().heap_limit(64 << 20).create().unwrap();
        let error = runtime
            .call::<i64>(CALLS, SURROUNDINGS, method, (block,))
            .unwrap_err();
        match error {
            Error::GuestException(exception) => assert_eq!(
                exception.type_name, "System.OutOfMemoryException",
                "{exception}"
            ),
            Error::Trap { .. } => assert_dead(&mut runtime, "trapped"),
            other => panic!("{other}"),
        }
    }
    let mut runtime = host().runtime().heap_limit(64 << 20).create().unwrap();
    assert!(
        runtime
            .call::<bool>(CALLS, SURROUNDINGS, "TakeAllAndRecover", (1 << 20,))
            .unwrap()
    );
    assert_eq!(
        runtime
            .call::<i32>(CALLS, "Calls.Arithmetic", "Add", (1, 1))
            .unwrap(),
        2,
        "the guest recovers"
    );
}

#[test]
fn a_guest_without_limits_ends_at_four_gigabytes() {
    let unlimited = isolator_host::Limits::none();
    let mut runtime = host().runtime().limits(unlimited).create().unwrap();
    let error = runtime
        .call::<i64>(CALLS, SURROUNDINGS, "TakeAll", (256 << 20,))
        .unwrap_err();
    assert!(
        matches!(&error, Error::GuestException(exception) if exception.type_name == "System.OutOfMemoryException")
            || matches!(
                error,
                Error::Limit {
                    limit: isolator_host::LimitKind::Memory,
                    ..
                }
            ),
        "{error}"
    );
    assert!(runtime.memory_size() <= 4 << 30);
}

#[test]
fn deep_recursion_that_ends_is_no_error() {
    let mut runtime = runtime();
    assert_eq!(
        runtime
            .call::<i32>(CALLS, SURROUNDINGS, "Recurse", (5000,))
            .unwrap(),
        5000
    );
}
