//! Lies in what exports return, in the allocator, and in the functions that take results back.

use super::assert_contained;
use super::marionette::{MISCHIEFS, Mischief, Orders, host};
use crate::engine::contract::EXPORTS;
use crate::testing::test_guest::TestGuest;
use crate::values::Value;
use crate::values::handle::{
    IsolatedAssembly, IsolatedMethod, IsolatedObject, IsolatedStream, IsolatedTask, IsolatedType,
};
use crate::{Error, IsolatedRuntime, MethodQuery, Result};
use std::time::{Duration, Instant};

/// The call that leads into an export.
fn through(runtime: &mut IsolatedRuntime, export: &str) -> Result<()> {
    let releases = runtime.enter(|entry| Ok(entry.store.data().releases.clone()))?;
    let object = IsolatedObject::new(11, &releases);
    let of_type = IsolatedType::new(12, &releases);
    let method = IsolatedMethod::new(13, &releases);
    let assembly = IsolatedAssembly::new(14, &releases);
    let task = IsolatedTask::new(15, &releases);
    let stream = IsolatedStream::new(16, &releases);
    let result = match export {
        "load-assembly" => runtime.load_assembly("A").map(drop),
        "load-image" => runtime.load_image(b"MZ", Some(b"pdb")).map(drop),
        "find-type" => runtime.find_type_in(&assembly, "T").map(drop),
        "find-method" => runtime
            .find_method_of(&of_type, "M", &MethodQuery::default())
            .map(drop),
        "get-field" => runtime
            .get_field::<Value>(&of_type, Some(&object), "f")
            .map(drop),
        "set-field" => runtime.set_field(&of_type, Some(&object), "f", "value"),
        "inspect" => runtime.inspect(&of_type).map(drop),
        "create-object" => runtime.create_object_of(&of_type, (1, "two")).map(drop),
        "copy-object" => runtime.copy_object(&of_type, "value").map(drop),
        "type-of" => runtime.type_of(&object).map(drop),
        "get-value" => runtime.value_of::<Value>(&object).map(drop),
        "invoke" | "scalar-signature" => runtime.invoke::<Value>(&method, ("x",)).map(drop),
        "invoke-raw" => runtime.invoke_raw(&method, None, b"raw").map(drop),
        "invoke-handle" => runtime.invoke_object(&method, None, ("x",)).map(drop),
        "invoke-batch" => {
            let _ = method
                .inner()
                .scalars
                .set(crate::values::scalar::Scalars::parse("iii"));
            let called = runtime.invoke_batch(&method, None, (&[1, 2], &[3, 4]), &mut [0; 2]);
            called.and_then(|()| runtime.invoke_batch(&method, None, (&[1], &[3]), &mut [0; 1]))
        }
        "invoke-scalar" | "describe-exception" => {
            let _ = method
                .inner()
                .scalars
                .set(crate::values::scalar::Scalars::parse("iii"));
            runtime.invoke::<i32>(&method, (1, 2)).map(drop)
        }
        "invoke-async" => runtime.start_task(&method, None, (1,)).map(drop),
        "poll-task" => runtime.poll_task::<Value>(&task).map(drop),
        "cancel-task" => runtime.cancel_task(&task),
        "open-stream" => runtime.open_stream(&object).map(drop),
        "next-element" => runtime.next_element::<Value>(&stream).map(drop),
        "run-main" => runtime.run_main(&assembly, &["a"]).map(drop),
        "run-pending" | "complete-call" => runtime.run_pending(Duration::ZERO).map(drop),
        "collect" => runtime.collect(2),
        "freeze" => runtime.enter(|entry| entry.freeze(true)).map(drop),
        "statistics" => runtime.guest_statistics().map(drop),
        "release" => {
            drop(IsolatedObject::new(17, &releases));
            runtime.run_pending(Duration::ZERO).map(drop)
        }
        other => panic!("`{other}` is an export without a call that leads into it"),
    };
    // The next call would release them, and meet the same lie.
    std::mem::forget((object, of_type, method, assembly, task, stream));
    result
}

/// `word`, little-endian, after a tag.
fn tagged(tag: u8, words: &[u32]) -> Vec<u8> {
    let mut area = vec![tag, 0xee, 0xee, 0xee];
    for word in words {
        area.extend(word.to_le_bytes());
    }
    area
}

/// Areas of results: tags that are none, lists that end outside, overlap each other and the area, or are no MessagePack.
fn areas() -> Vec<Vec<u8>> {
    let mut areas = vec![vec![], vec![0xff; 64]];
    for tag in [0, 1, 2, 3, 0x80, 0xff] {
        for (at, len) in [
            (0, 0),
            (0, u32::MAX),
            (u32::MAX, 1),
            (u32::MAX, u32::MAX),
            (1 << 31, 1 << 31),
            (262_144, 1),
            (262_140, 8),
            (262_143, 1),
            (1024, 16),
            (1026, 300_000),
            (0, 262_144),
            (256, 3),
            (2048, 40),
        ] {
            areas.push(tagged(tag, &[at, len, at, len]));
            // An option inside a result.
            areas.push(tagged(tag, &[u32::from(tag), at, len, len]));
        }
    }
    areas
}

#[test]
fn every_export_may_return_anything() {
    let (_root, host) = host();
    let mut seen = [0u32; 2];
    for export in EXPORTS.iter().filter(|export| export.name != "start") {
        let places = [0, 1, 1024, 262_130, 262_143, 262_144, 1 << 31, u32::MAX];
        for (number, area) in areas().iter().enumerate() {
            for answer in places {
                if answer != 1024 && number > 0 {
                    continue;
                }
                let mut runtime = host.create_runtime().unwrap();
                Orders {
                    answer,
                    ..Orders::GOOD
                }
                .give(&mut runtime, area);
                let result = through(&mut runtime, export.name);
                seen[usize::from(result.is_err())] += 1;
                let lie = format!("{} returns {area:?} at {answer:#x}", export.name);
                assert_contained(&mut runtime, result, &lie);
            }
        }
    }
    assert!(
        seen[0] > 100 && seen[1] > 1000,
        "both kinds of answers: {seen:?}"
    );
}

#[test]
fn every_export_may_do_anything() {
    let (_root, host) = host();
    for export in EXPORTS.iter().filter(|export| export.name != "start") {
        for mischief in MISCHIEFS {
            for (who, orders) in [
                (
                    "itself",
                    Orders {
                        export: mischief,
                        ..Orders::GOOD
                    },
                ),
                (
                    "its allocator",
                    Orders {
                        allocator: mischief,
                        ..Orders::GOOD
                    },
                ),
                (
                    "its post-return",
                    Orders {
                        post: mischief,
                        ..Orders::GOOD
                    },
                ),
                (
                    "everything",
                    Orders {
                        export: Mischief::CallBack,
                        allocator: mischief,
                        post: Mischief::CallHost,
                        ..Orders::GOOD
                    },
                ),
            ] {
                let mut runtime = host.create_runtime().unwrap();
                // A good answer: a handle, and no text.
                orders.give(&mut runtime, &tagged(0, &[1, 0, 1, 0]));
                let began = Instant::now();
                let result = through(&mut runtime, export.name);
                let lie = format!("{}: {who} does {mischief:?}", export.name);
                assert!(
                    began.elapsed() < Duration::from_secs(5),
                    "{lie} took {:?}",
                    began.elapsed()
                );
                if who == "itself" && mischief == Mischief::Loop {
                    assert!(
                        matches!(result, Err(Error::Limit { .. })),
                        "{lie} did not end in its deadline: {result:?}"
                    );
                }
                if export.name == "run-main" && result.is_ok() && !runtime.is_alive() {
                    // A program that ends itself has an exit code, which is its result.
                    continue;
                }
                assert_contained(&mut runtime, result, &lie);
            }
        }
    }
}

#[test]
fn an_allocator_may_give_anything() {
    let (_root, host) = host();
    for export in EXPORTS.iter().filter(|export| export.name != "start") {
        // Outside, at the end, over the place of results, over the orders themselves, everything at one place.
        for allocated in [
            u32::MAX,
            262_144,
            262_143,
            262_142,
            1024,
            600,
            4,
            1 << 31,
            1,
        ] {
            for export_does in [
                Mischief::None,
                Mischief::CallHost,
                Mischief::CallBack,
                Mischief::Resolve,
            ] {
                let mut runtime = host.create_runtime().unwrap();
                let orders = Orders {
                    allocated,
                    export: export_does,
                    ..Orders::GOOD
                };
                orders.give(&mut runtime, &tagged(0, &[1, 0, 1, 0]));
                let result = through(&mut runtime, export.name);
                let lie = format!("{}: memory at {allocated:#x}, {export_does:?}", export.name);
                assert_contained(&mut runtime, result, &lie);
            }
        }
    }
}

#[test]
fn a_start_that_lies_leaves_a_dead_runtime() {
    let cases = [
        ("(i32.const -1)", "at 0xffffffff"),
        (
            "(i32.store8 (i32.const 1024) (i32.const 9)) (i32.const 1024)",
            "tag Some(9)",
        ),
        (
            "(i32.store8 (i32.const 1024) (i32.const 1)) (i32.const 1024)",
            "cannot be read",
        ),
        ("unreachable", "trap"),
        ("(call $exit (i32.const 1)) (i32.const 1024)", "exit code 1"),
        (
            "(drop (call $recurse (i32.const 1))) (i32.const 1024)",
            "stack overflow",
        ),
    ];
    for (body, expected) in cases {
        let mut runtime = TestGuest::with(&[("start", body)]).runtime();
        let error = runtime.collect(0).unwrap_err().to_string();
        assert!(error.contains(expected), "{body}: {error}");
        let after = runtime.collect(0).unwrap_err();
        assert!(matches!(after, Error::Dead { .. }), "{body}: {after}");
    }
}

/// A result that covers the guest's whole memory, of 64 MiB, as values of several types.
#[test]
fn a_huge_result_is_read_or_refused() {
    let huge = |first: u32| {
        format!(
            "(drop (memory.grow (i32.const 1020))) (memory.fill (i32.const 4096) (i32.const {}) (i32.const 60000000)) \
             (i32.store (i32.const 4096) (i32.const {})) (i32.store8 (i32.const 4100) (i32.const 255)) \
             (i32.store8 (i32.const 1024) (i32.const 0)) (i32.store (i32.const 1028) (i32.const 4096)) \
             (i32.store (i32.const 1032) (i32.const 60000000)) (i32.const 1024)",
            first >> 24,
            (first & 0x00ff_ffff).cast_signed()
        )
    };
    // Arrays and maps of four billion elements, of nil, of empty arrays, of strings; binary data; one string.
    for body in [
        0xc0ff_ffdd_u32,
        0x90ff_ffdd,
        0xa0ff_ffdf,
        0x41ff_ffdb,
        0x91ff_ffdd,
        0x41ff_ffc6,
    ] {
        let guest = TestGuest::with(&[("invoke", &huge(body))]);
        let ask = |read: &dyn Fn(&mut IsolatedRuntime) -> Result<()>| {
            let mut runtime = guest.runtime();
            let result = read(&mut runtime);
            assert_contained(&mut runtime, result, &format!("{body:x}"));
        };
        ask(&|runtime| runtime.call::<Vec<String>>("A", "T", "M", ("x",)).map(drop));
        ask(&|runtime| runtime.call::<Value>("A", "T", "M", ("x",)).map(drop));
        ask(&|runtime| {
            runtime
                .call::<serde_bytes::ByteBuf>("A", "T", "M", ("x",))
                .map(drop)
        });
    }
}
