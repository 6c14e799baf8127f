//! Batches: many calls of one method of numbers with one crossing.

use crate::CALLS;
use isolator_host::{
    BatchColumn, BatchResults, Error, IsolatedMethod, IsolatedRuntime, LimitKind, Limits,
    MethodQuery,
};
use isolator_tests::{host, runtime};
use std::fmt::Debug;
use std::time::Duration;

const BATCHES: &str = "Calls.Batches";

fn method(runtime: &mut IsolatedRuntime, name: &str) -> IsolatedMethod {
    runtime.find_method(CALLS, BATCHES, name).unwrap()
}

fn arithmetic(runtime: &mut IsolatedRuntime, name: &str) -> IsolatedMethod {
    runtime
        .find_method(CALLS, "Calls.Arithmetic", name)
        .unwrap()
}

/// A batch gives what as many calls give.
fn as_single<T>(runtime: &mut IsolatedRuntime, name: &str, numbers: &[T])
where
    T: serde::Serialize + serde::de::DeserializeOwned + Copy + PartialEq + Debug + Default,
    for<'a> &'a [T]: Into<BatchColumn<'a>>,
    for<'a> &'a mut [T]: Into<BatchResults<'a>>,
{
    let method = arithmetic(runtime, name);
    let singly: Vec<T> = numbers
        .iter()
        .map(|number| runtime.invoke(&method, (*number,)).unwrap())
        .collect();
    let mut results = vec![T::default(); numbers.len()];
    runtime
        .invoke_batch(&method, None, (numbers,), &mut results[..])
        .unwrap();
    assert_eq!(results, singly, "{name}");
}

#[test]
fn every_type_of_number_crosses_in_a_batch_as_it_does_alone() {
    let runtime = &mut runtime();
    as_single(runtime, "Not", &[true, false, true]);
    as_single(runtime, "Next", &[0u16, 0x61, 0xd800, 0xffff]);
    as_single(runtime, "SByte", &[i8::MIN, -1, 0, i8::MAX]);
    as_single(runtime, "Byte", &[0u8, 1, u8::MAX]);
    as_single(runtime, "Int16", &[i16::MIN, -1, i16::MAX]);
    as_single(runtime, "UInt16", &[0u16, u16::MAX]);
    as_single(runtime, "Int32", &[i32::MIN, -1, 0, i32::MAX]);
    as_single(runtime, "UInt32", &[0u32, u32::MAX]);
    as_single(runtime, "Int64", &[i64::MIN, -1, i64::MAX]);
    as_single(runtime, "UInt64", &[0u64, u64::MAX]);
    as_single(
        runtime,
        "Single",
        &[0f32, -0.0, f32::MIN_POSITIVE, f32::MAX, f32::INFINITY],
    );
    as_single(
        runtime,
        "Double",
        &[0f64, -0.0, 1e-320, f64::MAX, f64::NEG_INFINITY],
    );
    let double = arithmetic(runtime, "Double");
    let mut result = [0.0f64];
    runtime
        .invoke_batch(&double, None, (&[f64::NAN],), &mut result)
        .unwrap();
    assert!(result[0].is_nan());
}

#[test]
fn every_number_of_arguments_works_and_the_parts_of_a_long_batch_meet() {
    let runtime = &mut runtime();
    let none = method(runtime, "None");
    let mut results = vec![0; 10_000];
    runtime.invoke_batch(&none, None, (), &mut results).unwrap();
    assert_eq!(results, (1..=10_000).collect::<Vec<i32>>());
    let nothing = method(runtime, "Nothing");
    runtime
        .invoke_batch(&nothing, None, (&[5, 6],), BatchResults::Void(2))
        .unwrap();
    let calls: i32 = runtime.call(CALLS, BATCHES, "get_Calls", ()).unwrap();
    assert_eq!(calls, 10_011);

    let column: Vec<i32> = (0..10_000).collect();
    let add = arithmetic(runtime, "Add");
    let mut sums = vec![0; 10_000];
    runtime
        .invoke_batch(&add, None, (&column, &column), &mut sums)
        .unwrap();
    assert_eq!(sums, (0..10_000).map(|n| 2 * n).collect::<Vec<_>>());

    let three = method(runtime, "Three");
    let mut doubles = [0.0; 2];
    runtime
        .invoke_batch(
            &three,
            None,
            (&[1, 2], &[0.5f32, 1.5], &[0.25, 0.125]),
            &mut doubles,
        )
        .unwrap();
    assert_eq!(doubles, [1.75, 3.625]);
    let four = method(runtime, "Four");
    let mut longs = [0i64; 2];
    runtime
        .invoke_batch(
            &four,
            None,
            (
                &[1i64, -5],
                &[2u8, 255],
                &[true, false],
                &[b'a'.into(), 0u16],
            ),
            &mut longs,
        )
        .unwrap();
    assert_eq!(longs, [1 + 2 + 1000 + 97, 250]);
    let (a, mut ints) = ([1, -7], [0; 2]);
    let many = method(runtime, "Many");
    runtime
        .invoke_batch(&many, None, (&a, &a, &a, &a, &a), &mut ints)
        .unwrap();
    assert_eq!(ints, [5, -35]);
    let six = method(runtime, "Six");
    runtime
        .invoke_batch(&six, None, (&a, &a, &a, &a, &a, &a), &mut ints)
        .unwrap();
    assert_eq!(ints, [6, -42]);
    let seven = method(runtime, "Seven");
    runtime
        .invoke_batch(&seven, None, (&a, &a, &a, &a, &a, &a, &a), &mut ints)
        .unwrap();
    assert_eq!(ints, [7, -49]);
    let eight = arithmetic(runtime, "Eight");
    runtime
        .invoke_batch(
            &eight,
            None,
            (
                &[-1i8, 1],
                &[2u8, 1],
                &[3i16, 1],
                &[4u16, 1],
                &[5, 1],
                &[6u32, 1],
                &[7i64, 1],
                &[0.5, 1.0],
            ),
            &mut doubles,
        )
        .unwrap();
    assert_eq!(doubles, [26.5, 8.0]);
    let query = MethodQuery {
        parameter_types: Some(vec!["double".into()]),
        ..Default::default()
    };
    let sqrt = runtime
        .find_method_with("System.Private.CoreLib", "System.Math", "Sqrt", &query)
        .unwrap();
    runtime
        .invoke_batch(&sqrt, None, (&[4.0, 2.25],), &mut doubles)
        .unwrap();
    assert_eq!(doubles, [2.0, 1.5]);
    let columns = [BatchColumn::from(&[1, 2]), BatchColumn::from(&[10, 20])];
    runtime
        .invoke_batch(&add, None, &columns[..], &mut ints)
        .unwrap();
    assert_eq!(ints, [11, 22]);
}

#[test]
fn objects_overrides_interfaces_and_structs_are_called_in_batches() {
    let runtime = &mut runtime();
    let object = runtime.create_object(CALLS, BATCHES).unwrap();
    let add = method(runtime, "Add");
    let mut results = [0; 3];
    runtime
        .invoke_batch(&add, Some(&object), (&[1, 2, 3],), &mut results)
        .unwrap();
    assert_eq!(results, [1, 3, 6], "one object, in order");
    let two = method(runtime, "AddTwo");
    runtime
        .invoke_batch(
            &two,
            Some(&object),
            (&[1, 2, 3], &[1, 10, 100]),
            &mut results,
        )
        .unwrap();
    assert_eq!(results, [7, 27, 327]);
    let now = method(runtime, "Now");
    runtime
        .invoke_batch(&now, Some(&object), (), &mut results)
        .unwrap();
    assert_eq!(results, [327, 328, 329]);
    let locked = method(runtime, "Locked");
    runtime
        .invoke_batch(&locked, Some(&object), (&[1, 2, 3],), &mut results)
        .unwrap();
    assert_eq!(results, [2, 4, 6]);

    let derived = runtime
        .create_object(CALLS, "Calls.DerivedBatches")
        .unwrap();
    let reached = method(runtime, "Virtual");
    for (target, expected) in [(&object, [1, 2, 3]), (&derived, [-1, -2, -3])] {
        runtime
            .invoke_batch(&reached, Some(target), (&[1, 2, 3],), &mut results)
            .unwrap();
        assert_eq!(results, expected);
        let alone: i32 = runtime.invoke_on(&reached, target, (1,)).unwrap();
        assert_eq!(alone, expected[0]);
    }
    let through = runtime
        .find_method(CALLS, "Calls.IBatched", "Through")
        .unwrap();
    let default = runtime
        .find_method(CALLS, "Calls.IBatched", "Default")
        .unwrap();
    let boxed = runtime.create_object(CALLS, "Calls.StructBatches").unwrap();
    for (target, expected) in [(&derived, [3, 6, 9]), (&boxed, [1, 3, 6])] {
        runtime
            .invoke_batch(&through, Some(target), (&[1, 2, 3],), &mut results)
            .unwrap();
        assert_eq!(results, expected);
        runtime
            .invoke_batch(&default, Some(target), (&[1, 2, 3],), &mut results)
            .unwrap();
        assert_eq!(results, [8, 9, 10]);
    }
    let alone: i32 = runtime.invoke_on(&through, &boxed, (4,)).unwrap();
    assert_eq!(
        alone, 10,
        "a struct keeps what its methods did, and is called alone as well"
    );

    let error = runtime
        .invoke_batch(&add, None, (&[1],), &mut results[..1])
        .unwrap_err();
    assert!(
        matches!(&error, Error::Argument { message, .. } if message.contains("needs an object")),
        "{error}"
    );
    let text = runtime
        .create_object("System.Private.CoreLib", "System.Text.StringBuilder")
        .unwrap();
    let error = runtime
        .invoke_batch(&add, Some(&text), (&[1],), &mut results[..1])
        .unwrap_err();
    assert!(
        matches!(&error, Error::Argument { message, .. } if message.contains("StringBuilder")),
        "{error}"
    );
}

#[test]
fn an_exception_says_where_it_came_and_what_came_before_is_there() {
    let runtime = &mut runtime();
    let divide = arithmetic(runtime, "Divide");
    // Beyond the first part, in the middle of another; and the first of all; and the last.
    for at in [0, 1, 6000, 9999] {
        let mut divisors = vec![2; 10_000];
        divisors[at] = 0;
        let mut results = vec![-1; 10_000];
        let before = runtime.guest_statistics().unwrap().live_handles;
        let error = runtime
            .invoke_batch(&divide, None, (&vec![10; 10_000], &divisors), &mut results)
            .unwrap_err();
        let Error::InBatch {
            element,
            error: inner,
        } = &error
        else {
            panic!("{error}")
        };
        assert_eq!(*element, at);
        assert_eq!(
            inner.exception().unwrap().type_name,
            "System.DivideByZeroException"
        );
        assert!(
            inner
                .exception()
                .unwrap()
                .stack_trace
                .as_ref()
                .unwrap()
                .contains("Divide")
        );
        assert!(
            error
                .to_string()
                .starts_with(&format!("element {at} of the batch: System.DivideByZero")),
            "{error}"
        );
        assert!(!error.is_fatal() && error.exception().is_some());
        assert!(results[..at].iter().all(|result| *result == 5));
        assert!(results[at..].iter().all(|result| *result == -1));
        assert_eq!(
            runtime.guest_statistics().unwrap().live_handles,
            before,
            "the exception is not kept"
        );
    }
    let derived = runtime
        .create_object(CALLS, "Calls.DerivedBatches")
        .unwrap();
    let reached = method(runtime, "Virtual");
    let mut results = [7; 3];
    let error = runtime
        .invoke_batch(&reached, Some(&derived), (&[1, 101, 2],), &mut results)
        .unwrap_err();
    assert!(
        matches!(error, Error::InBatch { element: 1, .. }),
        "{error}"
    );
    assert_eq!(results, [-1, 7, 7], "the one after it was not called");
}

#[test]
fn a_batch_that_does_not_fit_calls_nothing() {
    let runtime = &mut runtime();
    let none = method(runtime, "None");
    let text = method(runtime, "Text");
    let add = arithmetic(runtime, "Add");
    let nine = arithmetic(runtime, "Nine");
    let refused = |outcome: Result<(), Error>, why: &str| match outcome {
        Err(Error::Argument { message, .. }) => assert!(message.contains(why), "{message}"),
        other => panic!("{other:?}"),
    };
    let mut out = [0; 2];
    refused(
        runtime.invoke_batch(&text, None, (&[1, 2],), &mut out),
        "static int Text(string text) cannot be called in batches",
    );
    refused(
        runtime.invoke_batch(&nine, None, (&[1i64, 2],), &mut out),
        "cannot be called in batches",
    );
    refused(
        runtime.invoke_batch(&none, None, (&[1, 2],), &mut out),
        "takes 0 arguments, and the batch has 1 columns",
    );
    refused(
        runtime.invoke_batch(&add, None, (&[1, 2], &[1]), &mut out),
        "argument 2 of the batch has 1 elements",
    );
    refused(
        runtime.invoke_batch(&add, None, (&[1, 2], &[1u32, 2]), &mut out),
        "argument 2 of the batch is of type uint, and the method has int there",
    );
    refused(
        runtime.invoke_batch(&none, None, (), &mut [0i64; 2]),
        "the result of the batch is of type long",
    );
    refused(
        runtime.invoke_batch(&none, None, (), BatchResults::Void(2)),
        "the result of the batch is of type void",
    );
    assert_eq!(
        runtime
            .call::<i32>(CALLS, BATCHES, "get_Calls", ())
            .unwrap(),
        0
    );
    runtime
        .invoke_batch(&add, None, (&[0; 0], &[0; 0]), &mut [0; 0])
        .unwrap();
    let other = &mut isolator_tests::runtime();
    let foreign = other.invoke_batch(&add, None, (&[1, 2], &[1, 2]), &mut out);
    assert!(
        matches!(foreign, Err(Error::ForeignHandle { .. })),
        "{foreign:?}"
    );
}

#[test]
fn limits_hold_within_a_batch() {
    let numbers: Vec<i32> = (0..10).collect();
    let mut out = [0; 10];
    let limits = |limits: Limits| host().runtime().limits(limits).create().unwrap();
    let runtime = &mut limits(Limits::none().call_timeout(Duration::from_secs(2)));
    let spin = method(runtime, "Spin");
    let ended = runtime.invoke_batch(&spin, None, (&numbers,), &mut out);
    assert!(
        matches!(
            ended,
            Err(Error::Limit {
                limit: LimitKind::CallTimeout,
                ..
            })
        ),
        "{ended:?}"
    );
    assert!(!runtime.is_alive());

    let runtime = &mut limits(Limits::default().memory(16 << 20));
    let exhaust = method(runtime, "Exhaust");
    let ended = runtime.invoke_batch(&exhaust, None, (&[1, 1, 64],), &mut out[..3]);
    match ended {
        Err(Error::InBatch { element: 2, error }) => assert_eq!(
            error.exception().unwrap().type_name,
            "System.OutOfMemoryException"
        ),
        Err(Error::Limit {
            limit: LimitKind::Memory,
            ..
        }) => {}
        other => panic!("{other:?}"),
    }

    // Values may be so small that the batch crosses in parts of a few.
    let runtime = &mut limits(Limits::none().max_value(64));
    let add = runtime
        .find_method("Calls", "Calls.Arithmetic", "Add")
        .unwrap();
    runtime
        .invoke_batch(&add, None, (&numbers, &numbers), &mut out)
        .unwrap();
    assert_eq!(
        out.to_vec(),
        numbers.iter().map(|n| 2 * n).collect::<Vec<_>>()
    );

    let runtime = &mut limits(Limits::none());
    let leave = method(runtime, "Leave");
    let ended = runtime.invoke_batch(&leave, None, (&numbers,), &mut out);
    assert!(matches!(ended, Err(Error::Exit { code: 7 })), "{ended:?}");
    assert!(!runtime.is_alive());
}

#[test]
fn calls_of_a_batch_may_call_the_host_which_calls_a_batch() {
    let runtime = &mut runtime();
    let add = arithmetic(runtime, "Add");
    let host = method(runtime, "Host");
    let inner = add.clone();
    runtime.register_raw_callback("next", move |context, args| {
        let [_, number] = args else {
            panic!("{args:?}")
        };
        let number = i32::from(*number);
        let mut sum = [0; 2];
        context.invoke_batch(&inner, None, (&[number, 0], &[1, 1]), &mut sum)?;
        Ok::<_, Error>(vec![u8::try_from(sum[0]).unwrap()])
    });
    let mut results = [0; 3];
    runtime
        .invoke_batch(&host, None, (&[1, 20, 30],), &mut results)
        .unwrap();
    assert_eq!(results, [2, 21, 31]);
}
