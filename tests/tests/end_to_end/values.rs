//! What Rust sends and gets back through the guest is equal: every width, text, bytes, collections, records.

use crate::CALLS;
use isolator_host::values::Value;
use isolator_host::{Error, IsolatedMethod, IsolatedRuntime, LimitKind, Limits};
use isolator_tests::{host, runtime};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Leaf {
    number: i32,
    text: Option<String>,
    #[serde(with = "serde_bytes")]
    bytes: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tree {
    name: String,
    leaves: Vec<Leaf>,
    branches: BTreeMap<String, Option<Tree>>,
    weight: Option<i64>,
}

fn leaf() -> impl Strategy<Value = Leaf> {
    (any::<i32>(), any::<Option<String>>(), any::<Vec<u8>>()).prop_map(|(number, text, bytes)| {
        Leaf {
            number,
            text,
            bytes,
        }
    })
}

fn tree() -> impl Strategy<Value = Tree> {
    let bare = (
        any::<String>(),
        proptest::collection::vec(leaf(), 0..4),
        any::<Option<i64>>(),
    )
        .prop_map(|(name, leaves, weight)| Tree {
            name,
            leaves,
            branches: BTreeMap::new(),
            weight,
        });
    bare.prop_recursive(4, 24, 3, |inner| {
        let branches =
            proptest::collection::btree_map(any::<String>(), proptest::option::of(inner), 0..3);
        (
            any::<String>(),
            proptest::collection::vec(leaf(), 0..3),
            branches,
            any::<Option<i64>>(),
        )
            .prop_map(|(name, leaves, branches, weight)| Tree {
                name,
                leaves,
                branches,
                weight,
            })
    })
}

/// Sends values to a method of `Calls.Echo`, and compares what comes back: as a result, and as an object's value.
fn echoes<T>(name: &str, strategy: impl Strategy<Value = T>)
where
    T: Debug + PartialEq + Serialize + DeserializeOwned,
{
    let mut runtime = runtime();
    let method = runtime.find_method(CALLS, "Calls.Echo", name).unwrap();
    let guest: RefCell<(IsolatedRuntime, IsolatedMethod)> = RefCell::new((runtime, method));
    TestRunner::new(Config {
        cases: 64,
        failure_persistence: None,
        ..Config::default()
    })
    .run(&strategy, |value| {
        let (runtime, method) = &mut *guest.borrow_mut();
        let back: T = runtime
            .invoke(method, (&value,))
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&back, &value);
        // An object stays inside: its value is always serialized, where a number's would not be.
        let object = runtime
            .invoke_object(method, None, (&value,))
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        if let Some(object) = object {
            let back: T = runtime
                .value_of(&object)
                .map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(&back, &value);
        }
        Ok(())
    })
    .unwrap();
}

macro_rules! echo_tests {
    ($($test:ident: $name:literal, $strategy:expr;)*) => {
        $(#[test]
        fn $test() {
            echoes($name, $strategy);
        })*
    };
}

echo_tests! {
    sbyte: "SByte", any::<i8>();
    byte: "Byte", any::<u8>();
    short: "Int16", any::<i16>();
    ushort: "UInt16", any::<u16>();
    int: "Int32", any::<i32>();
    uint: "UInt32", any::<u32>();
    long: "Int64", any::<i64>();
    ulong: "UInt64", any::<u64>();
    float: "Single", any::<f32>();
    double: "Double", any::<f64>();
    boolean: "Boolean", any::<bool>();
    string: "String", any::<String>();
    optional_string: "String", any::<Option<String>>();
    bytes: "Bytes", any::<Vec<u8>>().prop_map(serde_bytes::ByteBuf::from);
    nullable: "Nullable", any::<Option<i32>>();
    longs: "Longs", any::<Vec<i64>>();
    strings: "Strings", any::<Vec<Option<String>>>();
    doubles: "Doubles", any::<BTreeMap<String, f64>>();
    lists: "Lists", any::<BTreeMap<i32, Vec<String>>>();
    records: "Tree", tree();
    tuples: "Tuple", any::<(i32, String, Vec<bool>)>();
    time_spans: "TimeSpan", any::<i64>();
}

#[test]
fn numbers_at_their_edges() {
    let mut runtime = runtime();
    macro_rules! edges {
        ($($ty:ty, $name:literal;)*) => {
            $(for value in [<$ty>::MIN, <$ty>::MAX, 0 as $ty, 1 as $ty] {
                assert_eq!(runtime.call::<$ty>(CALLS, "Calls.Echo", $name, (value,)).unwrap(), value);
            })*
        };
    }
    edges! {
        i8, "SByte"; u8, "Byte"; i16, "Int16"; u16, "UInt16"; i32, "Int32"; u32, "UInt32"; i64, "Int64"; u64, "UInt64";
        f32, "Single"; f64, "Double";
    }
    for value in [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        -0.0,
        f64::MIN_POSITIVE,
    ] {
        let back: f64 = runtime
            .call(CALLS, "Calls.Echo", "Double", (value,))
            .unwrap();
        assert_eq!(back.to_bits(), value.to_bits());
    }
}

#[test]
fn types_without_a_rust_twin_have_a_plain_form() {
    let mut runtime = runtime();
    let guid = "6f9619ff-8b86-d011-b42d-00c04fc964ff";
    assert_eq!(
        runtime
            .call::<String>(CALLS, "Calls.Echo", "Guid", (guid,))
            .unwrap(),
        guid
    );
    for decimal in ["79228162514264337593543950335", "-0.10", "1.5"] {
        assert_eq!(
            runtime
                .call::<String>(CALLS, "Calls.Echo", "Decimal", (decimal,))
                .unwrap(),
            decimal
        );
    }
    assert_eq!(
        runtime
            .call::<u8>(CALLS, "Calls.Echo", "Level", (200,))
            .unwrap(),
        200
    );
    let point = BTreeMap::from([("X".to_owned(), 3), ("Y".to_owned(), -4)]);
    assert_eq!(
        runtime
            .call::<BTreeMap<String, i32>>(CALLS, "Calls.Echo", "Point", (&point,))
            .unwrap(),
        point
    );
    assert_eq!(
        runtime
            .call::<Option<i32>>(CALLS, "Calls.Echo", "Object", (None::<i32>,))
            .unwrap(),
        None
    );
}

#[test]
fn sixty_four_megabytes_cross_without_serialization() {
    let mut runtime = runtime();
    let method = runtime.find_method(CALLS, "Calls.Echo", "Bytes").unwrap();
    let bytes: Vec<u8> = (0..64_u32 << 20).map(|i| (i ^ (i >> 13)) as u8).collect();
    assert!(runtime.invoke_raw(&method, None, &bytes).unwrap() == bytes);
    assert!(runtime.invoke_raw(&method, None, &[]).unwrap().is_empty());
}

/// A nil is a byte on the wire and 32 in a `Value`: what is read counts, and not what crosses.
#[test]
fn memory_of_a_value_is_limited() {
    let mut runtime = host()
        .runtime()
        .limits(Limits::default().max_value_memory(1 << 20))
        .create()
        .unwrap();
    let objects = runtime
        .find_method(CALLS, "Calls.WireForms", "Objects")
        .unwrap();
    let nils: Vec<Option<u8>> = vec![None; 40_000];
    let error = runtime.invoke::<Value>(&objects, (&nils,)).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Limit {
                limit: LimitKind::ValueMemory,
                allowed: 0x10_0000,
                ..
            }
        ),
        "{error}"
    );
    assert!(
        error.to_string().contains("Limits::max_value_memory"),
        "{error}"
    );
    // Read as what it is, it fits; and the runtime is as good as before.
    assert_eq!(
        runtime
            .invoke::<Vec<Option<u8>>>(&objects, (&nils,))
            .unwrap(),
        nils
    );
    let few = runtime.invoke::<Value>(&objects, (&nils[..1000],)).unwrap();
    assert_eq!(few.as_array().map(<[Value]>::len), Some(1000));
}
