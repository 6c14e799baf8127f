//! Tests of the host against hand-made guests: one that behaves, and those that lie.

use crate::testing::test_guest::TestGuest;
use crate::*;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Person {
    name: String,
    age: u8,
}

fn releases(runtime: &mut IsolatedRuntime) -> u32 {
    // The guest counts them at 512.
    runtime
        .enter(|entry| Ok(entry.instance.memory.data(&entry.store)[512]))
        .unwrap()
        .into()
}

#[test]
fn values_cross_and_come_back() {
    let mut runtime = TestGuest::echo().runtime();
    let method = runtime.find_method("A", "T", "Echo").unwrap();
    let person = Person {
        name: "Ada".into(),
        age: 36,
    };
    let back: (Person, Option<i32>, String) = runtime
        .invoke(&method, (&person, None::<i32>, "é😀"))
        .unwrap();
    assert_eq!(back, (person, None, "é😀".into()));
    let nothing: [u8; 0] = runtime.call("A", "T", "Echo", ()).unwrap();
    assert!(nothing.is_empty());
    let bytes: (serde_bytes::ByteBuf,) = runtime
        .call("A", "T", "Echo", (serde_bytes::Bytes::new(&[0, 255]),))
        .unwrap();
    assert_eq!(*bytes.0, [0, 255]);
}

#[test]
fn scalars_are_added_without_serialization() {
    let mut runtime = TestGuest::echo().runtime();
    let method = runtime.find_method("A", "T", "Add").unwrap();
    let sum: i32 = method.invoke(&mut runtime, (20, -22)).unwrap();
    assert_eq!(sum, -2);
    // Not scalars: this guest gives them back.
    let back: (i64, i64) = runtime.invoke(&method, (1i64 << 40, 2)).unwrap();
    assert_eq!(back, (1 << 40, 2));
}

#[test]
fn what_is_no_tuple_and_what_is_another_type_are_named() {
    let mut runtime = TestGuest::echo().runtime();
    let error = runtime
        .call::<i32>("A", "T", "M", 5)
        .unwrap_err()
        .to_string();
    assert!(error.contains("`(1,)`") && error.contains("i32"), "{error}");
    let error = runtime.call::<u8>("A", "T", "M", ("text",)).unwrap_err();
    assert!(
        matches!(error, Error::Value { .. }) && error.to_string().contains("`u8`"),
        "{error}"
    );
    assert!(runtime.is_alive());
}

#[test]
fn handles_are_released_on_the_next_entry_and_belong_to_their_runtime() {
    let guest = TestGuest::echo();
    let (_root, host) = guest.host_with(|builder| builder);
    let (mut one, mut other) = (
        host.create_runtime().unwrap(),
        host.create_runtime().unwrap(),
    );
    let object = one.create_object("A", "T").unwrap();
    let before = releases(&mut one);
    std::thread::spawn({
        let object = object.clone();
        move || drop(object)
    })
    .join()
    .unwrap();
    assert_eq!(releases(&mut one), before, "a clone is left");
    let error = other.call_on::<i32>(&object, "M", ()).unwrap_err();
    assert!(matches!(error, Error::ForeignHandle { .. }), "{error}");
    let method = one.find_method("A", "T", "Echo").unwrap();
    assert!(matches!(
        other.invoke::<i32>(&method, (1,)),
        Err(Error::ForeignHandle { .. })
    ));
    let error = other
        .call::<i32>("A", "T", "M", (&object,))
        .unwrap_err()
        .to_string();
    assert!(error.contains("another runtime"), "{error}");
    let before = releases(&mut one);
    drop(object);
    assert_eq!(releases(&mut one), before + 1);
    drop(one);
    drop(method);
}

#[test]
fn a_host_holds_so_many_runtimes_and_says_so() {
    let (_root, host) = TestGuest::echo().host_with(|builder| builder.max_runtimes(2));
    let mut all = Vec::new();
    let error = loop {
        match host.create_runtime() {
            Ok(runtime) => all.push(runtime),
            Err(error) => break error,
        }
        assert!(all.len() < 10);
    };
    assert!(
        matches!(error, Error::TooManyRuntimes { max: 2 }),
        "{error}"
    );
    assert_eq!((all.len(), host.live_runtimes()), (2, 2));
    assert!(
        host.copy_on_write().is_ok(),
        "the host has room for its own probes"
    );
    all.clear();
    assert!(host.create_runtime().is_ok());
    let (_root, host) = TestGuest::echo().host_with(HostBuilder::on_demand_allocation);
    assert!(
        (0..20)
            .map(|_| host.create_runtime())
            .collect::<Result<Vec<_>>>()
            .is_ok()
    );
}

/// Each lie, and what the error must tell.
#[test]
fn a_lying_guest_costs_its_own_runtime() {
    let ok = "(i32.store8 (i32.const 1024) (i32.const 0))";
    let cases: &[(&'static str, &str, &str)] = &[
        // Pointer and length outside memory, or around its end.
        (
            "invoke",
            &format!(
                "{ok} (i32.store (i32.const 1028) (i32.const -16)) (i32.store (i32.const 1032) (i32.const 32)) (i32.const 1024)"
            ),
            "32 bytes at 0xfffffff0",
        ),
        (
            "invoke",
            &format!(
                "{ok} (i32.store (i32.const 1028) (i32.const 0)) (i32.store (i32.const 1032) (i32.const -1)) (i32.const 1024)"
            ),
            "4294967295 bytes",
        ),
        // Results that lie nowhere.
        ("invoke", "(i32.const -1)", "at 0xffffffff"),
        ("invoke", "(i32.const 262143)", "its memory ends at 0x40000"),
        // No tag.
        (
            "invoke",
            "(i32.store8 (i32.const 1024) (i32.const 77)) (i32.const 1024)",
            "tag Some(77)",
        ),
        // A failure that is no MessagePack, or empty.
        (
            "invoke",
            "(i32.store8 (i32.const 1024) (i32.const 1)) (i32.store (i32.const 1028) (i32.const 256)) (i32.store (i32.const 1032) (i32.const 3)) (i32.const 1024)",
            "failure cannot be read",
        ),
        (
            "invoke",
            "(i32.store8 (i32.const 1024) (i32.const 1)) (i32.store (i32.const 1028) (i32.const 1)) (i32.store (i32.const 1032) (i32.const 0)) (i32.const 1024)",
            "failure cannot be read",
        ),
        // Its allocator.
        (
            "cabi_realloc",
            "(i32.const 262140)",
            "allocator gave 0x3fffc",
        ),
        ("cabi_realloc", "(i32.const 0)", "allocator gave 0x0"),
        (
            "cabi_realloc",
            "(i32.const -1)",
            "allocator gave 0xffffffff",
        ),
        // A signature with letters that do not exist.
        (
            "scalar-signature",
            &format!(
                "{ok} (i32.store8 (i32.const 1028) (i32.const 1)) (i32.store (i32.const 1032) (i32.const 2048)) (i32.store (i32.const 1036) (i32.const 3)) (i32.const 1024)"
            ),
            "letters",
        ),
    ];
    for (function, body, expected) in cases {
        let mut runtime = TestGuest::with(&[(*function, *body)]).runtime();
        let error = runtime.call::<Person>("A", "T", "M", ("x",)).unwrap_err();
        assert!(
            matches!(error, Error::BadGuestBehavior { .. }),
            "{function}: {error}"
        );
        assert!(error.to_string().contains(expected), "{function}: {error}");
        assert!(!runtime.is_alive());
        let after = runtime.call::<Person>("A", "T", "M", ("x",)).unwrap_err();
        assert!(
            matches!(after, Error::Dead { .. }) && after.to_string().contains(expected),
            "{after}"
        );
    }
}

#[test]
fn bad_message_pack_as_a_result_is_an_error_and_nothing_more() {
    let ok = "(i32.store8 (i32.const 1024) (i32.const 0)) (i32.store (i32.const 1028) (i32.const 4096)) (i32.store (i32.const 1032) (i32.const 5)) (i32.const 1024)";
    // array of 2^32-1, string of 2^32-1, nested for ever, an extension, a reserved byte
    for bytes in [
        0xffff_ffddu32,
        0xffff_ffdb,
        0x9191_9191,
        0x5002_50d5,
        0xc1c1_c1c1,
    ] {
        let body = format!(
            "(i32.store (i32.const 4096) (i32.const {})) {ok}",
            bytes.cast_signed()
        );
        let mut runtime = TestGuest::with(&[("invoke", &body)]).runtime();
        assert!(
            matches!(
                runtime.call::<Vec<String>>("A", "T", "M", ("x",)),
                Err(Error::Value { .. })
            ),
            "{bytes:x}"
        );
        assert!(
            matches!(
                runtime.call::<String>("A", "T", "M", ("x",)),
                Err(Error::Value { .. })
            ),
            "{bytes:x}"
        );
        assert!(runtime.is_alive());
    }
}

#[test]
fn traps_and_exits_are_told_apart_and_remembered() {
    let mut runtime = TestGuest::with(&[("collect", "(call $exit (i32.const 3))")]).runtime();
    assert!(matches!(runtime.collect(0), Err(Error::Exit { code: 3 })));
    let after = runtime.collect(0).unwrap_err();
    assert!(
        matches!(&after, Error::Dead { why } if why.contains("exit code 3")),
        "{after}"
    );

    let mut runtime = TestGuest::with(&[("collect", "(drop (i32.load (i32.const -4)))")]).runtime();
    let error = runtime.collect(0).unwrap_err();
    assert!(
        matches!(error, Error::Trap { .. }) && error.to_string().contains("outside its memory"),
        "{error}"
    );

    let last_words = "(i32.store (i32.const 4096) (i32.const 256)) (i32.store (i32.const 4100) (i32.const 3)) \
         (drop (call $fd_write (i32.const 2) (i32.const 4096) (i32.const 1) (i32.const 2048))) unreachable";
    let mut runtime = TestGuest::with(&[("collect", last_words)]).runtime();
    let error = runtime.collect(0).unwrap_err().to_string();
    assert!(error.contains("standard error:\niii"), "{error}");
    assert_eq!(runtime.last_words(), "iii");

    let mut runtime = TestGuest::with(&[("start", "unreachable")]).runtime();
    assert!(matches!(runtime.collect(0), Err(Error::Trap { .. })));
    assert!(matches!(runtime.start(), Err(Error::Dead { .. })));
}

#[test]
fn guest_code_that_recurses_for_ever_ends_in_an_error_on_every_thread() {
    let (_root, host) = TestGuest::with(&[("collect", "(drop (call $recurse (local.get 0)))")])
        .host_with(|builder| builder);
    let overflow = move || {
        for _ in 0..2 {
            let error = host.create_runtime().unwrap().collect(0).unwrap_err();
            assert!(
                matches!(error, Error::Trap { .. }) && error.to_string().contains("stack overflow"),
                "{error}"
            );
        }
    };
    for size in [128 << 10, 1 << 20, 2 << 20, 16 << 20] {
        std::thread::Builder::new()
            .stack_size(size)
            .spawn(overflow.clone())
            .unwrap()
            .join()
            .unwrap();
    }
}

#[test]
fn callbacks_get_arguments_and_may_call_back_in() {
    let mut runtime = TestGuest::echo().runtime();
    let method = runtime.find_method("A", "T", "Call").unwrap();
    runtime.register_raw_callback("reverse", |_, bytes| {
        Ok::<_, Error>(bytes.iter().rev().copied().collect())
    });
    assert_eq!(
        runtime.invoke_raw(&method, None, b"reverse").unwrap(),
        b"esrever"
    );
    let inner = method.clone();
    runtime.register_raw_callback("nested", move |context, _| {
        let sum: i32 = context.call("A", "T", "Add", (1, 2))?;
        let text = context.invoke_raw(&inner, None, b"reverse")?;
        Ok::<_, Error>([text, vec![u8::try_from(sum).unwrap()]].concat())
    });
    assert_eq!(
        runtime.invoke_raw(&method, None, b"nested").unwrap(),
        b"esrever\x03"
    );
}

fn host_failure(runtime: &mut IsolatedRuntime, name: &str) -> String {
    let method = runtime.find_method("A", "T", "Call").unwrap();
    runtime
        .invoke_raw(&method, None, name.as_bytes())
        .unwrap_err()
        .to_string()
}

#[test]
fn a_failing_callback_tells_the_guest_only_what_it_may_know() {
    let fail = |_: &mut CallContext<'_>, _: &[u8]| Err::<Vec<u8>, _>("the password is hunter2");
    let panic = |_: &mut CallContext<'_>, _: &[u8]| -> Result<Vec<u8>> {
        panic!("the password is hunter2")
    };
    let guest = TestGuest::echo();
    for (details, expected) in [
        (false, "See host console logs for details."),
        (true, "hunter2"),
    ] {
        let (_root, host) = guest.host_with(|builder| builder.callback_error_details(details));
        let mut runtime = host.create_runtime().unwrap();
        runtime.register_raw_callback("fail", fail);
        runtime.register_raw_callback("panic", panic);
        for name in ["fail", "panic"] {
            let text = host_failure(&mut runtime, name);
            assert!(text.contains(expected), "{text}");
            assert_eq!(text.contains("hunter2"), details, "{text}");
        }
        let text = host_failure(&mut runtime, "missing");
        assert!(text.contains("'missing'"), "{text}");
        assert!(runtime.is_alive());
    }
}

#[test]
fn calls_nest_to_a_depth_and_no_deeper() {
    let (_root, host) = TestGuest::echo().host_with(|builder| builder);
    let nest = move || {
        let mut runtime = host.create_runtime().unwrap();
        let method = runtime.find_method("A", "T", "Call").unwrap();
        let (inner, deepest) = (method.clone(), Arc::new(AtomicU32::new(0)));
        let count = deepest.clone();
        runtime.register_raw_callback("deeper", move |context, _| {
            count.fetch_add(1, Ordering::Relaxed);
            context.invoke_raw(&inner, None, b"deeper")
        });
        assert!(runtime.invoke_raw(&method, None, b"deeper").is_err());
        assert_eq!(deepest.load(Ordering::Relaxed), MAX_CALLBACK_DEPTH);
        assert!(runtime.is_alive());
    };
    for size in [256 << 10, 1 << 20, 2 << 20] {
        std::thread::Builder::new()
            .stack_size(size)
            .spawn(nest.clone())
            .unwrap()
            .join()
            .unwrap();
    }
}

#[test]
fn a_runtime_that_dies_in_a_nested_call_is_dead_outside_too() {
    let mut runtime =
        TestGuest::with(&[("collect", "(drop (call $recurse (local.get 0)))")]).runtime();
    let method = runtime.find_method("A", "T", "Call").unwrap();
    runtime.register_raw_callback("die", |context, _| {
        let error = context.collect(0).unwrap_err();
        assert!(matches!(error, Error::Trap { .. }), "{error}");
        assert!(matches!(context.collect(0), Err(Error::Dead { .. })));
        Ok::<_, Error>(b"all is well".to_vec())
    });
    let error = runtime.invoke_raw(&method, None, b"die").unwrap_err();
    assert!(
        matches!(error, Error::Trap { .. }) && error.to_string().contains("stack overflow"),
        "{error}"
    );
    assert!(!runtime.is_alive());
}

#[test]
fn a_callback_may_call_in_from_another_stack() {
    let mut runtime = TestGuest::echo().runtime();
    let method = runtime.find_method("A", "T", "Call").unwrap();
    runtime.register_raw_callback("elsewhere", |context, _| {
        stacker::grow(4 << 20, || context.collect(0))?;
        context.collect(0).map(|()| Vec::new())
    });
    assert_eq!(
        runtime.invoke_raw(&method, None, b"elsewhere").unwrap(),
        b""
    );
}

#[test]
fn an_embedders_code_runs_on_the_stack_of_the_call() {
    fn here() -> usize {
        let marker = 0u8;
        std::hint::black_box(&raw const marker) as usize
    }
    let top = here();
    let near = move || top.abs_diff(here()) < 256 << 10;
    let mut runtime = TestGuest::echo().runtime();
    let method = runtime.find_method("A", "T", "Call").unwrap();
    runtime.register_raw_callback("near", move |context, _| {
        assert!(near());
        context.collect(0)?;
        Ok::<_, Error>(vec![near().into()])
    });
    assert_eq!(runtime.invoke_raw(&method, None, b"near").unwrap(), [1]);
}

#[test]
fn nothing_that_was_not_granted_can_be_opened_and_wild_pointers_are_faults() {
    // Each leaves its error number where the runtime reads it.
    let keep = |call: &str| format!("(i32.store8 (i32.const 513) {call})");
    let cases = [
        ("(call $fd_prestat_get (i32.const 4) (i32.const 2048))", 8),
        (
            "(call $path_open (i32.const 4) (i32.const 0) (i32.const 256) (i32.const 3) (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 2048))",
            8,
        ),
        (
            "(call $fd_write (i32.const 1) (i32.const -8) (i32.const 1) (i32.const 2048))",
            21,
        ),
        (
            "(call $fd_write (i32.const 1) (i32.const 4096) (i32.const 1) (i32.const -1))",
            21,
        ),
        (
            "(call $fd_write (i32.const 7) (i32.const 4096) (i32.const 1) (i32.const 2048))",
            8,
        ),
        (
            "(call $fd_write (i32.const 1) (i32.const 4096) (i32.const -1) (i32.const 2048))",
            28,
        ),
        (
            "(call $fd_read (i32.const 1) (i32.const 4096) (i32.const 1) (i32.const 2048))",
            8,
        ),
    ];
    for (call, errno) in cases {
        let mut runtime = TestGuest::with(&[("collect", &keep(call))]).runtime();
        runtime.collect(0).unwrap();
        let found = runtime
            .enter(|entry| Ok(entry.instance.memory.data(&entry.store)[513]))
            .unwrap();
        assert_eq!(found, errno, "{call}");
    }
}

#[test]
fn what_a_guest_writes_is_captured_on_any_executor() {
    let write = "(i32.store (i32.const 4096) (i32.const 256)) (i32.store (i32.const 4100) (i32.const 3)) \
                 (drop (call $fd_write (i32.const 1) (i32.const 4096) (i32.const 1) (i32.const 2048)))";
    let (_root, host) = TestGuest::with(&[("collect", write)]).host_with(|builder| builder);
    let run = || {
        let mut runtime = host.runtime().stdout(Stdio::Capture).create().unwrap();
        runtime.collect(0).unwrap();
        assert_eq!(runtime.stdout(), b"iii");
    };
    run();
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(async { run() });
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap()
        .block_on(async { run() });
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let (root, host) = TestGuest::echo().host_with(|builder| builder);
    let refused = |builder: RuntimeBuilder| builder.create().unwrap_err().to_string();
    assert!(refused(host.runtime().env("A=B", "c")).contains("A=B"));
    assert!(refused(host.runtime().arg("a\0b")).contains("NUL"));
    assert!(
        refused(
            host.runtime()
                .directory(root.path(), "data", Access::ReadOnly)
        )
        .contains("absolute")
    );
    assert!(
        refused(
            host.runtime()
                .directory(root.path(), "/../x", Access::ReadOnly)
        )
        .contains("..")
    );
    let missing = refused(host.runtime().directory(
        root.path().join("missing"),
        "/data",
        Access::ReadOnly,
    ));
    assert!(
        missing.contains("missing") && missing.contains("open the directory"),
        "{missing}"
    );
    assert!(
        IsolatedRuntimeHost::builder()
            .max_runtimes(0)
            .build()
            .unwrap_err()
            .to_string()
            .contains("max_runtimes")
    );
    assert!(
        IsolatedRuntimeHost::builder()
            .stack_size(1)
            .build()
            .unwrap_err()
            .to_string()
            .contains("stack_size")
    );
}

#[test]
fn the_copy_on_write_image_is_active_and_its_absence_would_be_seen() {
    let (_root, host) = TestGuest::echo().host_with(|builder| builder);
    assert!(host.copy_on_write().unwrap());
}

/// A guest whose every answer lies where, and is what, the test wrote into its memory.
fn puppet() -> TestGuest {
    let answer = "(i32.load (i32.const 600))";
    let functions = [
        "load-assembly",
        "find-type",
        "find-method",
        "get-field",
        "set-field",
        "inspect",
        "create-object",
        "get-value",
        "invoke",
        "invoke-raw",
        "invoke-handle",
        "invoke-scalar",
        "invoke-batch",
        "scalar-signature",
        "describe-exception",
        "poll-task",
        "statistics",
    ];
    TestGuest::with(&functions.map(|name| (name, answer)))
}

#[test]
fn whatever_a_guest_answers_the_host_survives_it() {
    use crate::values::handle::{
        IsolatedAssembly, IsolatedMethod, IsolatedObject, IsolatedTask, IsolatedType,
    };
    use crate::values::scalar::Scalars;
    use proptest::test_runner::{Config, TestRunner};
    let (_root, host) = puppet().host_with(|builder| builder);
    // Tags and small numbers often, so that more than the first check is reached.
    let byte = proptest::prop_oneof![4 => 0u8..4, 2 => 0x80u8..0xa0, 3 => proptest::num::u8::ANY];
    let pointer = proptest::prop_oneof![6 => proptest::strategy::Just(1024u32), 1 => 262_120u32..262_160, 1 => proptest::num::u32::ANY];
    let (answers, survived) = (AtomicU32::new(0), AtomicU32::new(0));
    TestRunner::new(Config {
        cases: 400,
        ..Config::default()
    })
    .run(
        &(proptest::collection::vec(byte, 64), pointer),
        |(area, at)| {
            for function in 0..15 {
                let mut runtime = host.create_runtime().unwrap();
                runtime
                    .enter(|entry| {
                        let memory = entry.instance.memory.data_mut(&mut entry.store);
                        memory[1024..1024 + area.len()].copy_from_slice(&area);
                        // Lists point back into what was written.
                        memory[1024 + 5..1024 + 8].fill(0);
                        memory[1024 + 9..1024 + 12].fill(0);
                        memory[1024 + 13..1024 + 16].fill(0);
                        memory[600..604].copy_from_slice(&at.to_le_bytes());
                        Ok(())
                    })
                    .unwrap();
                let releases = runtime
                    .enter(|entry| Ok(entry.store.data().releases.clone()))
                    .unwrap();
                let (object, of_type) = (
                    IsolatedObject::new(1, &releases),
                    IsolatedType::new(2, &releases),
                );
                let method = IsolatedMethod::new(3, &releases);
                let result = match function {
                    0 => runtime.load_assembly("A").map(drop),
                    1 => runtime
                        .find_type_in(&IsolatedAssembly::new(4, &releases), "T")
                        .map(drop),
                    2 => runtime
                        .find_method_of(&of_type, "M", &MethodQuery::default())
                        .map(drop),
                    3 => runtime
                        .get_field::<Vec<Option<String>>>(&of_type, Some(&object), "f")
                        .map(drop),
                    4 => runtime.set_field(&of_type, None, "f", 1),
                    5 => runtime.inspect(&of_type).map(drop),
                    6 => runtime.create_object_of(&of_type, ()).map(drop),
                    7 => runtime
                        .value_of::<std::collections::HashMap<String, f64>>(&object)
                        .map(drop),
                    8 => runtime.invoke::<String>(&method, (1,)).map(drop),
                    9 => runtime.invoke_raw(&method, None, &[1]).map(drop),
                    10 => runtime.invoke_object(&method, None, ()).map(drop),
                    11 => runtime
                        .poll_task::<serde_bytes::ByteBuf>(&IsolatedTask::new(5, &releases))
                        .map(drop),
                    12 => runtime
                        .enter(|entry| entry.invoke::<_, u8>(&method, 0, &()))
                        .map(drop),
                    13 => {
                        let _ = method.inner().scalars.set(Scalars::parse("iii"));
                        runtime.invoke_batch(&method, None, (&[1, 2], &[3, 4]), &mut [0; 2])
                    }
                    _ => runtime.guest_statistics().map(drop),
                };
                answers.fetch_add(1, Ordering::Relaxed);
                if result.is_ok() {
                    survived.fetch_add(1, Ordering::Relaxed);
                }
                let dead = matches!(
                    result,
                    Err(Error::BadGuestBehavior { .. } | Error::Trap { .. })
                );
                assert_eq!(runtime.is_alive(), !dead, "{result:?}");
            }
            Ok(())
        },
    )
    .unwrap();
    let (answers, survived) = (answers.into_inner(), survived.into_inner());
    assert!(
        survived > answers / 50 && survived < answers,
        "both kinds of answer were given: {survived} of {answers}"
    );
}

/// A wait of a callback that a cancellation woke enters the guest to see why, and must not come back to wait again.
#[test]
fn a_cancellation_is_seen_by_a_nested_call_before_the_next_tick() {
    let seen = Arc::new(AtomicU32::new(0));
    let noted = seen.clone();
    let cancel = move |context: &mut CallContext<'_>, _: &[u8]| -> Result<Vec<u8>> {
        // As `CancelHandle::cancel`, which moves the guests' clock on after that.
        context.state().meter.control.cancel();
        if let Err(Error::Cancelled) = context.collect(0) {
            noted.fetch_add(1, Ordering::Relaxed);
        }
        Ok(Vec::new())
    };
    let (_root, host) =
        TestGuest::echo().host_with(|builder| builder.raw_callback("cancel", cancel));
    // No clock ticks that would show it.
    let new = host.runtime().limits(Limits::none());
    let mut runtime = new.create().unwrap();
    let method = runtime.find_method("A", "T", "M").unwrap();
    let outcome = runtime.invoke_raw(&method, None, b"cancel");
    assert_eq!(seen.load(Ordering::Relaxed), 1);
    assert!(matches!(outcome, Err(Error::Cancelled)), "{outcome:?}");
    assert!(!runtime.is_alive());
}
