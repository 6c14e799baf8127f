//! How deep recursion goes, by program code alone and by turns with the base library, and that what goes deeper is contained.

use isolator_host::{Error, Limits, TrapKind};
use isolator_tests::host;
use std::time::Duration;

const FIXTURE: &str = "Crossings";
const DEPTH: &str = "Crossings.Depth";

/// Deeper than any stack: what it ends with must be one of the ways below.
const TOO_DEEP: i32 = 3_000_000;

/// What came of a recursion.
#[derive(Debug, PartialEq)]
enum Outcome {
    Reached,
    /// The stack ended, in one of the ways in which that is contained.
    Contained(String),
}

/// Each in a runtime of its own, since one whose stack ended is dead.
fn reach(kind: &str, levels: i32) -> Outcome {
    let limits = Limits::default()
        .memory(1 << 30)
        .call_timeout(Duration::from_secs(60));
    let mut runtime = host().runtime().limits(limits).create().unwrap();
    match runtime.call::<i32>(FIXTURE, DEPTH, "Reach", (kind, levels)) {
        Ok(reached) => {
            assert_eq!(reached, levels, "{kind} gave another number back");
            Outcome::Reached
        }
        Err(error) => Outcome::Contained(contained(kind, levels, &error)),
    }
}

/// The name of the way in which a recursion ended; anything else fails the test.
fn contained(kind: &str, levels: i32, error: &Error) -> String {
    match error {
        Error::GuestException(exception) => {
            let innermost = format!("{exception:?}");
            let name = [
                "StackOverflowException",
                "InsufficientExecutionStackException",
                "OutOfMemoryException",
            ]
            .into_iter()
            .find(|name| innermost.contains(name));
            name.unwrap_or_else(|| panic!("{kind} {levels} levels deep: {error}"))
                .to_owned()
        }
        Error::Trap {
            kind: TrapKind::StackOverflow,
            ..
        } => "trap".to_owned(),
        Error::Limit { limit, .. } => format!("{limit:?}"),
        _ => panic!("{kind} {levels} levels deep: {error}"),
    }
}

/// What is promised where the base library is compiled.
const PROMISED: &[(&str, i32)] = &[
    ("async-yield", 5000),
    ("comparer", 5000),
    ("interpolation", 5000),
    ("invoke", 5000),
    ("json-converter", 5000),
    ("linq", 5000),
    ("method", 50_000),
];

/// What every guest reaches, as a native .NET does on its main thread.
const AS_NATIVELY: &[(&str, i32)] = &[("json", 15_000), ("linq", 20_000), ("method", 200_000)];

/// What every guest reaches, with or without compiled code: what the interpreted one did while its stack had a megabyte (`the_depth_of_each_kind` measures), less a tenth.
const FLOORS: &[(&str, i32)] = &[
    ("activator", 1400),
    ("async", 3650),
    ("async-yield", 1200),
    ("comparer", 2050),
    ("delegate", 19450),
    ("dictionary", 3700),
    ("enumerator", 8650),
    ("equality", 14700),
    ("expression", 2800),
    ("formatting", 1950),
    ("generics", 19800),
    ("hash", 6450),
    ("interface", 19450),
    ("interpolation", 2300),
    ("invoke", 2300),
    ("join", 3750),
    ("json", 1900),
    ("json-converter", 1700),
    ("json-node", 5450),
    ("json-read", 1050),
    ("large-frame", 4650),
    ("lazy", 2400),
    ("linq", 3350),
    ("linq-chain", 19450),
    ("linq-filters", 19450),
    ("list", 4750),
    ("many-arguments", 7350),
    ("method", 19450),
    ("query-to-list", 3100),
    ("record", 7050),
    ("record-text", 5750),
    ("regex-evaluator", 1350),
    ("task-run", 1300),
    ("try-finally", 14550),
    ("virtual", 19450),
    ("visitor", 10000),
    ("visitor-own", 7550),
];

#[test]
fn every_kind_of_recursion_reaches_its_floor() {
    let mut runtime = host().create_runtime().unwrap();
    let kinds: Vec<String> = runtime.call(FIXTURE, DEPTH, "Kinds", ()).unwrap();
    let listed: Vec<&str> = FLOORS.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(listed, kinds, "every kind has a floor");
    let promised = match host().manifest().compiled_methods {
        0 => &[],
        _ => PROMISED,
    };
    for (kind, floor) in FLOORS.iter().chain(promised).chain(AS_NATIVELY) {
        assert_eq!(reach(kind, *floor), Outcome::Reached, "{kind} {floor}");
    }
}

/// Kinds that are made of objects, which take memory before they take the stack, are left to the floors.
#[test]
fn what_goes_deeper_is_contained() {
    for kind in [
        "activator",
        "comparer",
        "delegate",
        "dictionary",
        "formatting",
        "generics",
        "interface",
        "interpolation",
        "invoke",
        "join",
        "large-frame",
        "lazy",
        "linq",
        "list",
        "many-arguments",
        "method",
        "query-to-list",
        "task-run",
        "virtual",
    ] {
        let outcome = reach(kind, TOO_DEEP);
        assert_ne!(outcome, Outcome::Reached, "{kind}");
    }
    assert_eq!(
        reach("method", 100),
        Outcome::Reached,
        "the host goes on working"
    );
}

/// The collector knows of each word of the interpreter's stack whether it may be a reference.
#[test]
fn what_is_alive_deep_in_a_recursion_survives_a_collection() {
    let mut runtime = host().create_runtime().unwrap();
    for levels in [100, 2000, 4000] {
        let text: String = runtime
            .call("Calls", "Calls.Allocations", "CollectAt", (levels,))
            .unwrap();
        assert_eq!(text, format!("<{levels}"));
    }
}

/// Prints the table: `cargo test --test programs -- --ignored the_depth_of_each_kind --nocapture`.
#[test]
#[ignore = "measures, and takes minutes"]
fn the_depth_of_each_kind() {
    let mut runtime = host().create_runtime().unwrap();
    let kinds: Vec<String> = runtime.call(FIXTURE, DEPTH, "Kinds", ()).unwrap();
    for kind in kinds {
        let (deepest, end) = deepest(&kind);
        println!("    (\"{kind}\", {deepest}), // {end}");
    }
}

/// The largest depth that is reached, to one part in fifty, and how the next one ends.
fn deepest(kind: &str) -> (i32, String) {
    let (mut reached, mut ended, mut end) = (0, 200_000, "more".to_owned());
    let mut next = 1000;
    while ended - reached > (reached / 50).max(10) {
        match reach(kind, next) {
            Outcome::Reached => reached = next,
            Outcome::Contained(how) => (ended, end) = (next, how),
        }
        next = if ended == 200_000 {
            (next * 4).min(199_999)
        } else {
            reached + (ended - reached) / 2
        };
        if reached == 199_999 {
            break;
        }
    }
    (reached, end)
}
