//! Rust's types for every kind of value that crosses: what is sent and comes back is equal, and what cannot cross is told.

use crate::CALLS;
use chrono::{FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use isolator_host::values::{
    As, DateOnly, DateTime, DateTimeKind, DateTimeOffset, Decimal, Guid, TimeOnly, TimeSpan, Value,
    int128,
};
use isolator_host::{Error, IsolatedMethod, IsolatedRuntime};
use isolator_tests::runtime;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::time::Duration;

const FORMS: &str = "Calls.WireForms";

/// Sends values to a method that gives them back.
fn echoes<T>(name: &str, strategy: impl Strategy<Value = T>)
where
    T: Debug + PartialEq + Serialize + DeserializeOwned,
{
    let mut runtime = runtime();
    let method = runtime.find_method(CALLS, FORMS, name).unwrap();
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
        Ok(())
    })
    .unwrap();
}

fn ticks() -> impl Strategy<Value = i64> {
    prop_oneof![Just(0), Just(DateTime::MAX_TICKS), 0..=DateTime::MAX_TICKS]
}

fn date_time() -> impl Strategy<Value = DateTime> {
    let kinds = [
        DateTimeKind::Utc,
        DateTimeKind::Unspecified,
        DateTimeKind::Local,
    ];
    (ticks(), proptest::sample::select(kinds.to_vec()))
        .prop_map(|(ticks, kind)| DateTime::new(ticks, kind).unwrap())
}

fn date_time_offset() -> impl Strategy<Value = DateTimeOffset> {
    (ticks(), -840..=840_i16).prop_filter_map("an instant that .NET has", |(ticks, offset)| {
        DateTimeOffset::new(ticks, offset).ok()
    })
}

fn decimal() -> impl Strategy<Value = rust_decimal::Decimal> {
    let edges = [
        rust_decimal::Decimal::MAX,
        rust_decimal::Decimal::MIN,
        rust_decimal::Decimal::ZERO,
    ];
    let any = (
        any::<u32>(),
        any::<u32>(),
        any::<u32>(),
        any::<bool>(),
        0..=28_u32,
    )
        .prop_map(|(lo, mid, hi, negative, scale)| {
            rust_decimal::Decimal::from_parts(lo, mid, hi, negative, scale)
        });
    prop_oneof![proptest::sample::select(edges.to_vec()), any]
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Wide(#[serde(with = "int128")] i128);

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Unsigned(#[serde(with = "int128")] u128);

/// A value as `object` gives it back: .NET keeps numbers and text, and makes arrays and dictionaries of the rest.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Nil),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<f32>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        any::<Vec<u8>>().prop_map(Value::Bytes),
        date_time().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        let map = proptest::collection::btree_map(any::<String>(), inner.clone(), 0..5);
        prop_oneof![
            proptest::collection::vec(inner, 0..6).prop_map(Value::from),
            map.prop_map(|map| map.into_iter().collect()),
        ]
    })
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
    date_times: "DateTime", date_time();
    date_time_offsets: "DateTimeOffset", date_time_offset();
    time_spans: "TimeSpan", any::<i64>().prop_map(TimeSpan);
    dates: "DateOnly", (0..=3_652_058).prop_map(DateOnly);
    times: "TimeOnly", (0..864_000_000_000_i64).prop_map(TimeOnly);
    guids: "Guid", any::<[u8; 16]>().prop_map(Guid);
    decimals: "Decimal", decimal().prop_map(Decimal::from);
    halves: "Half", any::<i16>().prop_map(|i| f32::from(i >> 5));
    big_integers: "BigInteger", any::<i128>().prop_map(|i| {
        // The shortest form in two's complement, as .NET writes it.
        let mut bytes = i.to_le_bytes().to_vec();
        while let [.., before, last] = bytes[..] && (last == 0 && before < 128 || last == 255 && before >= 128) {
            bytes.pop();
        }
        serde_bytes::ByteBuf::from(bytes)
    });
    int128s: "Int128", any::<i128>().prop_map(Wide);
    uint128s: "UInt128", any::<u128>().prop_map(Unsigned);
    versions: "Version", any::<[u16; 4]>().prop_map(|v| v.map(|part| part.to_string()).join("."));
    uris: "Uri", "https://[a-z]{1,10}\\.example/[a-z]{0,10}";
    chars: "Char", any::<u16>();
    flags: "Rights", any::<u64>();
    jagged: "Jagged", any::<Vec<Vec<i32>>>();
    matrices: "Matrix", (0..4_u32, 0..4_u32).prop_flat_map(|(rows, columns)| {
        let all = proptest::collection::vec(any::<i32>(), (rows * columns) as usize);
        (Just((rows, columns)), all).prop_map(|((rows, columns), all)| (rows, columns, all))
    });
    sets: "Set", any::<BTreeSet<String>>().prop_map(|set| set.into_iter().collect::<Vec<_>>());
    pairs: "Pair", any::<(String, Option<i32>)>();
    complex: "Complex", any::<(f64, f64)>();
    anything: "Object", value();
    lists_of_anything: "Objects", proptest::collection::vec(value(), 0..5).prop_map(Value::from);
}

#[test]
fn dates_mean_the_same_on_both_sides() {
    let mut runtime = runtime();
    let clock = NaiveDate::from_ymd_opt(2024, 2, 29)
        .and_then(|date| date.and_hms_nano_opt(23, 59, 59, 123_456_700))
        .unwrap();
    let mut kind =
        |value: DateTime| -> String { runtime.call(CALLS, FORMS, "Kind", (value,)).unwrap() };
    assert_eq!(
        kind(clock.try_into().unwrap()),
        "Unspecified 2024-02-29T23:59:59.1234567"
    );
    assert_eq!(
        kind(clock.and_utc().try_into().unwrap()),
        "Utc 2024-02-29T23:59:59.1234567Z"
    );
    let there = FixedOffset::east_opt(5400).unwrap();
    let there = there.from_local_datetime(&clock).unwrap();
    let offset = DateTimeOffset::try_from(there).unwrap();
    let said: String = runtime.call(CALLS, FORMS, "Offset", (offset,)).unwrap();
    assert_eq!(said, "2024-02-29T23:59:59.1234567+01:30");
    let local = isolator_tests::host().runtime().time_zone("Europe/Zurich");
    let instant = DateTime::try_from(clock.and_utc()).unwrap();
    let instant = DateTime::new(instant.ticks(), DateTimeKind::Local).unwrap();
    let said: String = local
        .create()
        .unwrap()
        .call(CALLS, FORMS, "Kind", (instant,))
        .unwrap();
    assert_eq!(said, "Local 2024-03-01T00:59:59.1234567+01:00");
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Fields {
    #[serde(with = "As::<DateTime>")]
    utc: chrono::DateTime<Utc>,
    #[serde(with = "As::<DateTime>")]
    naive: NaiveDateTime,
    #[serde(with = "As::<DateTimeOffset>")]
    offset: chrono::DateTime<FixedOffset>,
    #[serde(with = "As::<DateOnly>")]
    date: NaiveDate,
    #[serde(with = "As::<TimeOnly>")]
    time: NaiveTime,
    #[serde(with = "As::<TimeSpan>")]
    delta: TimeDelta,
    #[serde(with = "As::<TimeSpan>")]
    duration: Duration,
    #[serde(with = "As::<Guid>")]
    id: uuid::Uuid,
    #[serde(with = "As::<Decimal>")]
    price: rust_decimal::Decimal,
}

fn fields() -> impl Strategy<Value = Fields> {
    // As exact as .NET is.
    let clock = (-60_000_000_000..200_000_000_000_i64, 0..10_000_000_u32).prop_map(|(s, ticks)| {
        let utc = chrono::DateTime::from_timestamp(s, ticks * 100);
        utc.unwrap()
    });
    let any = (
        clock,
        -840..=840_i32,
        any::<i64>(),
        any::<[u8; 16]>(),
        decimal(),
    );
    any.prop_map(|(utc, offset, ticks, id, price)| Fields {
        utc,
        naive: utc.naive_utc(),
        offset: utc.with_timezone(&FixedOffset::east_opt(offset * 60).unwrap()),
        date: utc.date_naive(),
        time: utc.time(),
        delta: TimeSpan(ticks).try_into().unwrap(),
        duration: TimeSpan(ticks.saturating_abs()).try_into().unwrap(),
        id: uuid::Uuid::from_bytes(id),
        price,
    })
}

#[test]
fn fields_of_other_crates_types_cross() {
    echoes("Object", fields());
}

#[test]
fn what_a_guest_returns_is_read_without_its_type() {
    let mut runtime = runtime();
    let times: Value = runtime.call(CALLS, FORMS, "Times", ()).unwrap();
    let epoch = times[0].as_date_time().unwrap();
    assert_eq!(
        chrono::DateTime::<Utc>::try_from(epoch).unwrap(),
        chrono::DateTime::UNIX_EPOCH
    );
    assert_eq!(
        times[1].as_date_time().map(DateTime::kind),
        Some(DateTimeKind::Unspecified)
    );
    let link: Value = runtime.call(CALLS, FORMS, "Deep", (2,)).unwrap();
    assert!(link["Next"]["Next"].is_nil());
    assert!(
        link.get("Next")
            .is_some_and(|next| next.get("Next").is_some())
    );
    let text: String = runtime.call(CALLS, FORMS, "LoneSurrogate", ()).unwrap();
    assert_eq!(text, "a\u{fffd}b");
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Link {
    next: Option<Box<Link>>,
}

/// A value of Rust that nests as deep.
fn deep(depth: usize) -> Link {
    (1..depth).fold(Link::default(), |link, _| Link {
        next: Some(Box::new(link)),
    })
}

#[test]
fn what_is_cyclic_or_too_deep_is_told_on_either_side() {
    let mut runtime = runtime();
    // From the guest.
    let error = runtime
        .call::<Value>(CALLS, FORMS, "Cycle", ())
        .unwrap_err();
    assert!(
        matches!(&error, Error::Value { message } if message.contains("128 levels")),
        "{error}"
    );
    let error = runtime
        .call::<Value>(CALLS, FORMS, "Deep", (129,))
        .unwrap_err();
    assert!(matches!(&error, Error::Value { .. }), "{error}");
    for depth in [1, 64, 100] {
        let link: Value = runtime.call(CALLS, FORMS, "Deep", (depth,)).unwrap();
        assert!(!link.is_nil());
    }
    // From the host: as an argument it lies in the array of arguments.
    let link: Value = runtime.call(CALLS, FORMS, "Link", (deep(100),)).unwrap();
    assert_eq!(link, Value::of(&deep(100)).unwrap().with_numbers());
    for depth in [130, 2000, 20_000] {
        let error = runtime
            .call::<Value>(CALLS, FORMS, "Link", (deep(depth),))
            .unwrap_err();
        assert!(
            matches!(&error, Error::Value { .. } | Error::Argument { .. }),
            "{depth}: {error}"
        );
    }
    assert!(Value::of(&deep(200)).is_err());
    let sum: i32 = runtime
        .call(CALLS, "Calls.Arithmetic", "Add", (1, 2))
        .unwrap();
    assert_eq!(sum, 3, "the runtime works on");
}

/// What the guest's `Link` has besides.
trait WithNumbers {
    fn with_numbers(self) -> Self;
}

impl WithNumbers for Value {
    fn with_numbers(self) -> Self {
        match self {
            Value::Map(pairs) => {
                let mut pairs: Vec<_> = pairs
                    .into_iter()
                    .map(|(key, value)| (key, value.with_numbers()))
                    .collect();
                pairs.push(("Numbers".into(), Value::Nil));
                Value::Map(pairs)
            }
            other => other,
        }
    }
}

#[test]
fn what_is_too_large_is_told_before_it_is_sent() {
    let mut runtime = runtime();
    let method = runtime.find_method(CALLS, "Calls.Echo", "Bytes").unwrap();
    // Never touched, so it takes no memory.
    let large = vec![0; (1 << 30) + 1];
    let error = runtime.invoke_raw(&method, None, &large).unwrap_err();
    assert!(
        matches!(&error, Error::Value { message } if message.contains("1 GiB")),
        "{error}"
    );
    assert_eq!(runtime.invoke_raw(&method, None, &[7]).unwrap(), [7]);
}

#[test]
fn sixty_four_megabytes_cross_as_an_ordinary_argument() {
    let mut runtime = runtime();
    let bytes: Vec<u8> = (0..64_u32 << 20).map(|i| (i ^ (i >> 13)) as u8).collect();
    let sent = serde_bytes::Bytes::new(&bytes);
    let back: serde_bytes::ByteBuf = runtime.call(CALLS, "Calls.Echo", "Bytes", (sent,)).unwrap();
    assert!(*back == *bytes);
}
