//! Static methods: found by name, called with numbers or records.

use crate::CALLS;
use isolator_host::{Error, IsolatedRuntime, MethodQuery};
use isolator_tests::runtime;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// A `DateTime` on the wire: MessagePack's timestamp.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename = "_ExtStruct")]
pub struct Timestamp(pub (i8, serde_bytes::ByteBuf));

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Order {
    pub id: i32,
    pub name: String,
    pub price: f64,
    pub paid: bool,
    pub placed: Timestamp,
}

pub fn order() -> Order {
    let seconds = 1_700_000_000_u32.to_be_bytes().to_vec();
    Order {
        id: 7,
        name: "käse".into(),
        price: 12.5,
        paid: false,
        placed: Timestamp((-1, seconds.into())),
    }
}

#[test]
fn the_base_class_library_is_there() {
    let mut runtime = runtime();
    assert_eq!(
        runtime
            .call::<i32>("System.Private.CoreLib", "System.Math", "Max", (3, 4))
            .unwrap(),
        4
    );
    assert_eq!(
        runtime
            .call::<String>("System.Runtime", "System.String", "Concat", ("a", "b"))
            .unwrap(),
        "ab"
    );
    let architecture: i32 = runtime
        .call(
            "System.Runtime.InteropServices.RuntimeInformation",
            "System.Runtime.InteropServices.RuntimeInformation",
            "get_OSArchitecture",
            (),
        )
        .unwrap();
    assert_eq!(
        architecture, 4,
        "System.Runtime.InteropServices.Architecture.Wasm"
    );
}

#[test]
fn a_record_of_five_members_crosses_each_way() {
    let mut runtime = runtime();
    let sent = order();
    let expected = Order {
        id: 8,
        name: "KÄSE".into(),
        paid: true,
        ..sent.clone()
    };
    assert_eq!(
        runtime
            .call::<Order>(CALLS, "Calls.Echo", "Order", (&sent,))
            .unwrap(),
        expected
    );
}

/// Calls through the scalar path, and with the result kept inside, where arguments and result are serialized.
fn both_paths<T>(runtime: &mut IsolatedRuntime, name: &str, value: T, expected: T)
where
    T: Serialize + DeserializeOwned + PartialEq + Debug + Copy,
{
    let method = runtime
        .find_method(CALLS, "Calls.Arithmetic", name)
        .unwrap();
    assert_eq!(
        runtime.invoke::<T>(&method, (value,)).unwrap(),
        expected,
        "{name}"
    );
    let object = runtime
        .invoke_object(&method, None, (value,))
        .unwrap()
        .unwrap();
    assert_eq!(
        runtime.value_of::<T>(&object).unwrap(),
        expected,
        "{name}, serialized"
    );
}

#[test]
fn numbers_without_serialization_are_the_same_as_with_it() {
    let runtime = &mut runtime();
    both_paths(runtime, "Not", true, false);
    // A `char` is a number on the wire, as MessagePack-CSharp has it; only the scalar path knows that it is one.
    both_paths(runtime, "Next", 0x61_u16, 0x62);
    assert_eq!(
        runtime
            .call::<char>(CALLS, "Calls.Arithmetic", "Next", ('a',))
            .unwrap(),
        'b'
    );
    both_paths(runtime, "SByte", i8::MIN, i8::MIN / 2);
    both_paths(runtime, "Byte", u8::MAX, u8::MAX / 2);
    both_paths(runtime, "Int16", i16::MIN, i16::MIN / 2);
    both_paths(runtime, "UInt16", u16::MAX, u16::MAX / 2);
    both_paths(runtime, "Int32", i32::MIN, i32::MIN / 2);
    both_paths(runtime, "UInt32", u32::MAX, u32::MAX / 2);
    both_paths(runtime, "Int64", i64::MIN, i64::MIN / 2);
    both_paths(runtime, "UInt64", u64::MAX, u64::MAX / 2);
    both_paths(
        runtime,
        "Single",
        f32::MIN_POSITIVE,
        f32::MIN_POSITIVE / 2.0,
    );
    both_paths(runtime, "Double", f64::MAX, f64::MAX / 2.0);
    let arguments = (-1_i8, 2_u8, -3_i16, 4_u16, -5, 6_u32, -7_i64, 0.5);
    assert_eq!(
        runtime
            .call::<f64>(CALLS, "Calls.Arithmetic", "Eight", arguments)
            .unwrap(),
        -3.5
    );
    let nine = (1, 2, 3, 4, 5, 6, 7, 8, 9);
    assert_eq!(
        runtime
            .call::<i64>(CALLS, "Calls.Arithmetic", "Nine", nine)
            .unwrap(),
        45
    );
    runtime
        .call::<()>(CALLS, "Calls.Arithmetic", "Nothing", (17,))
        .unwrap();
    assert_eq!(
        runtime
            .call::<i32>(CALLS, "Calls.Arithmetic", "get_Last", ())
            .unwrap(),
        17
    );
}

#[test]
fn an_exception_of_a_scalar_call_is_that_of_a_serialized_one() {
    let mut runtime = runtime();
    let method = runtime
        .find_method(CALLS, "Calls.Arithmetic", "Divide")
        .unwrap();
    let scalar = runtime.invoke::<i32>(&method, (1, 0)).unwrap_err();
    let serialized = runtime.invoke_object(&method, None, (1, 0)).unwrap_err();
    let (Error::GuestException(scalar), Error::GuestException(serialized)) = (scalar, serialized)
    else {
        panic!("no exceptions")
    };
    assert_eq!(scalar.type_name, "System.DivideByZeroException");
    assert_eq!(
        (&scalar.type_name, &scalar.message, scalar.h_result),
        (
            &serialized.type_name,
            &serialized.message,
            serialized.h_result
        )
    );
    // The scalar call has no managed frames around it; the method's own frame is the same.
    let first = |exception: &isolator_host::IsolatedException| {
        exception
            .stack_trace
            .as_deref()
            .unwrap_or_default()
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    assert!(
        first(&scalar).contains("Calls.Arithmetic.Divide"),
        "{scalar}"
    );
    assert_eq!(first(&scalar), first(&serialized));
    assert_eq!(
        runtime.invoke::<i32>(&method, (7, 2)).unwrap(),
        3,
        "the runtime works on"
    );
}

#[test]
fn overloads_are_chosen_by_number_then_by_type() {
    let runtime = &mut runtime();
    let take =
        |runtime: &mut IsolatedRuntime,
         args: &dyn Fn(&mut IsolatedRuntime) -> isolator_host::Result<String>| {
            args(runtime).unwrap()
        };
    let overloads = "Calls.Overloads";
    assert_eq!(
        take(runtime, &|r| r.call(CALLS, overloads, "Take", (1_i32,))),
        "int 1"
    );
    assert_eq!(
        take(runtime, &|r| r.call(CALLS, overloads, "Take", (1_i64,))),
        "long 1"
    );
    assert_eq!(
        take(runtime, &|r| r.call(CALLS, overloads, "Take", (1.5,))),
        "double 1.5"
    );
    assert_eq!(
        take(runtime, &|r| r.call(CALLS, overloads, "Take", ("x",))),
        "string x"
    );
    assert_eq!(
        take(runtime, &|r| r.call(CALLS, overloads, "Take", (1, 2))),
        "two 1 2"
    );
    let query = MethodQuery {
        parameter_types: Some(vec!["long".into()]),
        ..Default::default()
    };
    let method = runtime
        .find_method_with(CALLS, overloads, "Take", &query)
        .unwrap();
    assert_eq!(runtime.invoke::<String>(&method, (1,)).unwrap(), "long 1");
    let query = MethodQuery {
        generic_arguments: Some(vec!["System.String".into()]),
        ..Default::default()
    };
    let method = runtime
        .find_method_with(CALLS, overloads, "Generic", &query)
        .unwrap();
    assert_eq!(runtime.invoke::<String>(&method, ("g",)).unwrap(), "g");
}

#[test]
fn assemblies_come_from_loaders_in_order_and_as_bytes() {
    use isolator_host::{AssemblyImage, AssemblyRequest, IsolatedRuntimeHost};
    use isolator_tests::{fixture, fixture_file};
    let empty = tempfile::tempdir().unwrap();
    let host = IsolatedRuntimeHost::builder()
        .assembly_directory(empty.path())
        .unwrap()
        .assembly_loader(|request: &AssemblyRequest| {
            (request.name == "Alias").then(|| AssemblyImage::new(fixture_file(CALLS, "Calls.dll")))
        })
        .assembly_directory(fixture(CALLS))
        .unwrap()
        .max_runtimes(4)
        .build()
        .unwrap();
    let mut runtime = host.create_runtime().unwrap();
    assert_eq!(
        runtime
            .call::<i32>(CALLS, "Calls.Arithmetic", "Add", (1, 2))
            .unwrap(),
        3
    );

    let mut other = host.create_runtime().unwrap();
    let assembly = other
        .load_image(
            &fixture_file(CALLS, "Calls.dll"),
            Some(&fixture_file(CALLS, "Calls.pdb")),
        )
        .unwrap();
    let of_type = other.find_type_in(&assembly, "Calls.Arithmetic").unwrap();
    let add = other
        .find_method_of(&of_type, "Add", &MethodQuery::default())
        .unwrap();
    assert_eq!(other.invoke::<i32>(&add, (20, 22)).unwrap(), 42);
    let again = other
        .load_image(&fixture_file(CALLS, "Calls.dll"), None)
        .unwrap();
    let same = other.find_type_in(&again, "Calls.State").unwrap();
    let set = other
        .find_method_of(&same, "Set", &MethodQuery::default())
        .unwrap();
    other.invoke::<i32>(&set, (5,)).unwrap();
    assert_eq!(
        other.call::<i32>(CALLS, "Calls.State", "Get", ()).unwrap(),
        5,
        "one assembly, however it was loaded"
    );
}

#[test]
fn inspection_lists_what_there_is() {
    let mut runtime = runtime();
    let counter = runtime.find_type(CALLS, "Calls.Counter").unwrap();
    let inspection = runtime.inspect(&counter).unwrap();
    assert_eq!(
        (inspection.name.as_str(), inspection.kind.as_str()),
        ("Calls.Counter", "type")
    );
    for (name, public) in [("Increment", true), ("Secret", false)] {
        assert!(
            inspection
                .members
                .iter()
                .any(|member| member.name.contains(name) && member.is_public == public),
            "{name}: {inspection:?}"
        );
    }
    let assembly = runtime.load_assembly(CALLS).unwrap();
    let types = runtime.inspect(&assembly).unwrap();
    assert!(
        types
            .members
            .iter()
            .any(|member| member.name == "Calls.Counter"),
        "{types:?}"
    );
}

#[test]
fn static_constructors_run_before_a_scalar_call() {
    let mut runtime = runtime();
    let plus = runtime
        .find_method(CALLS, "Calls.Initialized", "Plus")
        .unwrap();
    let count = runtime
        .find_method(CALLS, "Calls.InitializerCount", "Get")
        .unwrap();
    assert_eq!(
        runtime.invoke::<i32>(&count, ()).unwrap(),
        0,
        "finding a method runs nothing"
    );
    assert_eq!(runtime.invoke::<i32>(&plus, (2,)).unwrap(), 42);
    assert_eq!(runtime.invoke::<i32>(&plus, (3,)).unwrap(), 43);
    assert_eq!(runtime.invoke::<i32>(&count, ()).unwrap(), 1);
}

#[test]
fn a_static_constructor_that_fails_fails_every_scalar_call() {
    let mut runtime = runtime();
    let get = runtime
        .find_method(CALLS, "Calls.NeverInitialized", "Get")
        .unwrap();
    for _ in 0..3 {
        let error = runtime.invoke::<i32>(&get, (1,)).unwrap_err();
        let exception = error.exception().unwrap();
        assert_eq!(exception.type_name, "System.TypeInitializationException");
        assert_eq!(exception.inner[0].message, "no luck");
    }
}

#[test]
fn scalar_calls_of_instance_methods() {
    let mut runtime = runtime();
    let counter = runtime.create_object(CALLS, "Calls.Tally").unwrap();
    let count = runtime.find_method(CALLS, "Calls.Tally", "Count").unwrap();
    let reset = runtime.find_method(CALLS, "Calls.Tally", "Reset").unwrap();
    let half = runtime.find_method(CALLS, "Calls.Tally", "Half").unwrap();
    for i in 1..=1500i64 {
        assert_eq!(
            runtime.invoke_on::<i64>(&count, &counter, (2,)).unwrap(),
            i * 2
        );
    }
    runtime.invoke_on::<()>(&reset, &counter, ()).unwrap();
    assert_eq!(
        runtime.invoke_on::<i64>(&count, &counter, (-1,)).unwrap(),
        -1
    );
    assert_eq!(
        runtime.invoke_on::<f32>(&half, &counter, (3f32,)).unwrap(),
        1.5
    );

    let square = runtime.create_object(CALLS, "Calls.Square").unwrap();
    let corners = runtime
        .find_method(CALLS, "Calls.Shape", "Corners")
        .unwrap();
    let sides = runtime.find_method(CALLS, "Calls.Shape", "Sides").unwrap();
    assert_eq!(
        runtime.invoke_on::<i32>(&corners, &square, (2,)).unwrap(),
        8
    );
    assert_eq!(runtime.invoke_on::<i32>(&sides, &square, (3,)).unwrap(), 12);
}

#[test]
fn what_parameters_by_reference_hold_comes_with_the_result() {
    const TYPE: &str = "Calls.References";
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Range {
        from: i32,
        to: i32,
    }
    let mut runtime = runtime();
    let swapped: (i32, i32) = runtime.call(CALLS, TYPE, "Swap", (1, 2)).unwrap();
    assert_eq!(swapped, (2, 1));
    let halved: (bool, i32, Option<String>) = runtime.call(CALLS, TYPE, "TryHalve", (7,)).unwrap();
    assert_eq!(halved, (false, 3, Some("one".into())));
    let halved: (bool, i32, Option<String>) = runtime.call(CALLS, TYPE, "TryHalve", (8,)).unwrap();
    assert_eq!(halved, (true, 4, None));
    let length: i32 = runtime
        .call(CALLS, TYPE, "Length", (Range { from: 2, to: 9 },))
        .unwrap();
    assert_eq!(length, 7, "an `in` parameter gives nothing back");
    let wider: (Range,) = runtime
        .call(CALLS, TYPE, "Widen", (Range { from: 2, to: 9 }, 1))
        .unwrap();
    assert_eq!(wider, (Range { from: 1, to: 10 },));
    let joined: (String, String) = runtime.call(CALLS, TYPE, "Join", ("a", "b", "c")).unwrap();
    assert_eq!(joined, ("abc".into(), "abc".into()));
    assert_eq!(runtime.call::<i32>(CALLS, TYPE, "Kept", ()).unwrap(), 7);
    let parsed: (bool, i32) = runtime
        .call("System.Runtime", "System.Int32", "TryParse", ("42",))
        .unwrap();
    assert_eq!(parsed, (true, 42));
}

#[test]
fn an_overload_with_an_out_parameter_is_named_by_its_types() {
    let mut runtime = runtime();
    let both = runtime
        .find_method(CALLS, "Calls.References", "Overloaded")
        .unwrap_err();
    assert!(
        matches!(both, Error::Ambiguous { ref candidates, .. } if candidates.len() == 2),
        "{both}"
    );
    let query = MethodQuery {
        parameter_types: Some(vec!["int".into(), "out int".into()]),
        ..MethodQuery::default()
    };
    let method = runtime
        .find_method_with(CALLS, "Calls.References", "Overloaded", &query)
        .unwrap();
    assert_eq!(runtime.invoke::<(i32, i32)>(&method, (4,)).unwrap(), (9, 8));
}

/// A runtime with compiled code looks for such code where a pointer is wanted, and must do without.
#[test]
fn pointers_to_methods_without_code_of_their_own_are_made() {
    let mut runtime = runtime();
    let all: std::collections::BTreeMap<String, String> =
        runtime.call("Calls", "Calls.Pointers", "All", ()).unwrap();
    // Where there is compiled code the runtime looks for some before it comes to what the method would say.
    let unsupported = match isolator_tests::host().manifest().compiled_methods {
        0 => "PlatformNotSupportedException",
        _ => "ExecutionEngineException",
    };
    let expected = [
        ("BeginInvoke", "a pointer"),
        ("EndInvoke", "a pointer"),
        ("abstract", "a pointer"),
        ("call of a synchronized one", "42"),
        ("delegate of BeginInvoke", unsupported),
        ("delegate of a synchronized one", "42"),
        ("interface", "a pointer"),
        ("library's abstract", "a pointer"),
        ("synchronized", "a pointer"),
    ];
    assert_eq!(
        all,
        expected
            .map(|(kind, outcome)| (kind.to_owned(), outcome.to_owned()))
            .into()
    );
}
