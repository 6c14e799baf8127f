//! After an attack: the attacked runtime answers or says why not, the host works, a fresh runtime works.

use isolator_host::values::Value;
use isolator_host::{Error, IsolatedRuntime, IsolatedRuntimeHost, MethodQuery, NextRun};
use isolator_tests::fixture_file;
use std::time::{Duration, Instant};

const LIBRARY: &str = "System.Private.CoreLib";

/// A fresh runtime of this host works.
pub fn host_works(host: &IsolatedRuntimeHost) {
    let mut fresh = host
        .create_runtime()
        .unwrap_or_else(|error| panic!("the host is harmed: {error}"));
    let largest: i32 = fresh
        .call(LIBRARY, "System.Math", "Max", (3, 4))
        .unwrap_or_else(|error| panic!("a fresh runtime is harmed: {error}"));
    assert_eq!(largest, 4);
    let text: String = fresh
        .call(LIBRARY, "System.String", "Concat", ("a", "b"))
        .unwrap_or_else(|error| panic!("a fresh runtime is harmed: {error}"));
    assert_eq!(text, "ab");
}

/// A runtime that is dead says so, and why, to every call; one that is alive need not be of use, but its calls return.
pub fn runtime_answers(runtime: &mut IsolatedRuntime, attack: &str) {
    if runtime.is_alive() {
        return;
    }
    for error in [
        runtime
            .call::<i32>(LIBRARY, "System.Math", "Max", (3, 4))
            .unwrap_err(),
        runtime.collect(0).unwrap_err(),
    ] {
        let Error::Dead { why } = &error else {
            panic!("`{attack}`: a dead runtime answers with {error:?}")
        };
        assert!(!why.is_empty(), "`{attack}`");
    }
}

/// Calls of every kind into a runtime that may be in any state. Each returns, whatever it returns.
pub fn every_call(runtime: &mut IsolatedRuntime) {
    let began = Instant::now();
    drop(runtime.guest_statistics());
    drop(runtime.call::<Value>(LIBRARY, "System.Math", "Max", (1, 2)));
    drop(runtime.call::<Value>("Calls", "Calls.Arithmetic", "Add", (1, 2)));
    drop(runtime.call::<Value>("Calls", "Calls.Arithmetic", "No such method", ("x",)));
    let object = runtime.create_object(LIBRARY, "System.Text.StringBuilder");
    if let Ok(object) = &object {
        drop(runtime.call_on::<Value>(object, "Append", ("text",)));
        drop(runtime.value_of::<Value>(object));
        drop(runtime.type_of(object));
    }
    if let Ok(of_type) = runtime.find_type(LIBRARY, "System.String") {
        drop(runtime.find_method_of(&of_type, "Join", &MethodQuery::default()));
        drop(runtime.get_field::<Value>(&of_type, None, "Empty"));
        drop(runtime.inspect(&of_type));
        drop(runtime.create_object_of(&of_type, ('x', 5)));
    }
    if let Ok(method) = runtime.find_method("Calls", "Calls.Callbacks", "Raw") {
        drop(runtime.invoke_raw(&method, None, b"raw"));
        drop(runtime.invoke_object(&method, None, (1,)));
    }
    drop(object);
    drop(runtime.load_image(&fixture_file("Calls", "Calls.dll"), None));
    drop(runtime.call_task::<Value>("Calls", "Calls.Callbacks", "SumLater", (1, 2)));
    drop(pump(runtime));
    drop(runtime.collect(2));
    assert!(
        began.elapsed() < Duration::from_secs(60),
        "calls into a harmed runtime take {:?}",
        began.elapsed()
    );
}

/// Runs timers and continuations, for a while.
pub fn pump(runtime: &mut IsolatedRuntime) -> Result<(), Error> {
    for _ in 0..20 {
        if let NextRun::WhenCalled = runtime.run_pending(Duration::from_millis(10))? {
            break;
        }
    }
    Ok(())
}
