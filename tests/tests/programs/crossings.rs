//! Calls between the base library and a program: both ways, of every kind, with every kind of value.
//!
//! Each case is a line that begins with its name, so that what differs from a native .NET says which case it is.

use crate::{compare_programs, isolated, native::natively, stress_host};
use isolator_tests::host;

const FIXTURE: &str = "Crossings";

/// Programs whose cases are too many to run with a collection before every allocation; they collect by themselves in each.
const WITHOUT_STRESS: &[&str] = &[
    "values-numbers",
    "values-optional",
    "values-references",
    "values-sizes",
    "values-structs",
];

macro_rules! crossings {
    ($($name:ident = $argument:literal, at least $cases:literal cases);* $(;)?) => {
        $(#[test]
        fn $name() {
            compare($argument, $cases);
        })*

        #[test]
        fn every_crossing_has_a_test() {
            let listed: Vec<_> = natively(FIXTURE).keys().cloned().collect();
            assert_eq!(listed, [$($argument),*]);
        }

        #[test]
        fn crossings_survive_a_collection_before_every_allocation() {
            let host = stress_host();
            for program in [$($argument),*] {
                if !WITHOUT_STRESS.contains(&program) {
                    compare_programs(&host, FIXTURE, program);
                }
            }
        }
    };
}

crossings! {
    callers = "callers", at least 400 cases;
    callers_async = "callers-async", at least 100 cases;
    delegates = "delegates", at least 50 cases;
    implementations = "implementations", at least 40 cases;
    implementations_streams = "implementations-streams", at least 7 cases;
    parameters = "parameters", at least 170 cases;
    parameters_mixed = "parameters-mixed", at least 8 cases;
    parameters_places = "parameters-places", at least 19 cases;
    throwing = "throwing", at least 100 cases;
    throwing_async = "throwing-async", at least 8 cases;
    traces = "traces", at least 20 cases;
    traces_async = "traces-async", at least 6 cases;
    traces_callers = "traces-callers", at least 12 cases;
    traces_exceptions = "traces-exceptions", at least 18 cases;
    values_numbers = "values-numbers", at least 2000 cases;
    values_optional = "values-optional", at least 800 cases;
    values_references = "values-references", at least 1300 cases;
    values_sizes = "values-sizes", at least 3500 cases;
    values_structs = "values-structs", at least 2000 cases;
}

fn compare(program: &str, least: usize) {
    let native = natively(FIXTURE);
    let cases = native[program].stdout.lines().count();
    assert!(cases >= least, "{program} has {cases} lines");
    compare_programs(host(), FIXTURE, program);
}

#[test]
fn a_crossing_that_is_not_there_is_told() {
    assert_eq!(isolated(host(), FIXTURE, "none").code, 2);
}
