//! No culture is silently another one: of those that a native .NET knows, each says inside what it says there, or is refused with an exception.

use isolator_tests::{fixture, host, native_dotnet, workspace};
use std::collections::BTreeMap;

const FIXTURE: &str = "Cultured";
const PROGRAM: &str = "Cultured.Program";

/// What each culture says natively, by its name.
fn natively(args: &[&str]) -> BTreeMap<String, Vec<String>> {
    let output = native_dotnet()
        .arg(fixture(FIXTURE).join(format!("{FIXTURE}.dll")))
        .args(args)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    lines(String::from_utf8(output.stdout).unwrap().lines())
}

fn lines<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeMap<String, Vec<String>> {
    let fields = lines.map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>());
    fields
        .map(|fields| (fields[0].clone(), fields[1..].to_vec()))
        .collect()
}

fn ask<T: serde::de::DeserializeOwned>(method: &str, argument: impl serde::Serialize) -> T {
    host()
        .create_runtime()
        .unwrap()
        .call(FIXTURE, PROGRAM, method, (argument,))
        .unwrap()
}

fn ask_nothing(method: &str) -> Vec<String> {
    host()
        .create_runtime()
        .unwrap()
        .call(FIXTURE, PROGRAM, method, ())
        .unwrap()
}

fn inside(names: &[&String]) -> BTreeMap<String, Vec<String>> {
    let found: Vec<String> = ask("Lines", names);
    lines(found.iter().map(String::as_str))
}

/// What is compared: signs and groups of numbers, names of months and days, an order of words. The rest differs between versions of the locale data.
const FIELDS: [usize; 6] = [0, 1, 2, MONTHS, 6, ORDER];
const MONTHS: usize = 5;
const ORDER: usize = 41;

/// Cultures whose calendar's months have no names in the data: its own words for them come from elsewhere.
const UNNAMED_MONTHS: &[&str] = &["ar-SA", "fa", "fa-IR"];

#[test]
fn no_culture_is_silently_another_one() {
    let native = natively(&[]);
    assert!(
        native.len() > 700,
        "{} cultures are known natively",
        native.len()
    );
    let isolated = inside(&native.keys().collect::<Vec<_>>());
    let listed: Vec<String> = ask_nothing("Names");
    let all_data = listed.len() > 700;
    let (mut known, mut other, mut unnamed) = (0, Vec::new(), Vec::new());
    for (name, expected) in &native {
        let found = &isolated[name];
        if let Some(text) = found[0].strip_prefix('!') {
            let lower = name.to_ascii_lowercase();
            let why = format!(
                "name {lower} Culture is not supported: this guest image has no data of '{lower}', and would format as another culture does."
            );
            assert!(text.starts_with(&why), "{text}");
            continue;
        }
        known += 1;
        for field in FIELDS
            .into_iter()
            .filter(|field| expected[*field] != found[*field])
        {
            match field {
                MONTHS if UNNAMED_MONTHS.contains(&name.as_str()) => unnamed.push(name.as_str()),
                // Chinese characters sort by their numbers.
                ORDER if name.starts_with("zh") && !all_data => {}
                _ => other.push(format!(
                    "{name}: {} in place of {}",
                    found[field], expected[field]
                )),
            }
        }
    }
    assert!(
        other.is_empty(),
        "another culture's, or a name that cultures.def lacks:\n{}",
        other.join("\n")
    );
    assert!(
        listed.len() > 200 && known > 300,
        "{known} cultures are taken, {} listed",
        listed.len()
    );
    assert_eq!(unnamed, if all_data { &[][..] } else { UNNAMED_MONTHS });
}

/// The version of ICU that the guest's tables of names were made of (`names.def`, `zone_names.def`): by it, natively, all names must be the same.
const TABLES: &str = "72";

/// What has another name all the same: .NET names this zone before it asks for any names (`zones by name` in `replaced.rs` has what it is).
const OWN_NAME: &str = "UTC";

/// Of a hundred names so many may be others than natively, where that has another version of the locale data.
const OTHER_NAMES: usize = 5;

/// What is called otherwise all the same. Zones whose standard time changed in 2026, of which the pack's tz database knows and an older one of the system does not. Cultures of
/// `en-US`, which names such places without a dot.
const OTHERWISE: [&str; 10] = [
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "America/Edmonton",
    "America/Inuvik",
    "America/Vancouver",
    "America/Winnipeg",
    "en-KN for en-US",
    "en-LC for en-US",
    "en-SH for en-US",
    "en-VC for en-US",
];

#[test]
fn cultures_and_zones_are_called_what_they_are_called_natively() {
    let native = natively(&["named"]);
    let version = natively(&["version"])["ICU"].join("");
    let cultures: Vec<String> = ask_nothing("Names");
    let mut called: Vec<String> = ask("Named", &cultures);
    assert!(called.len() > 400, "{} are named", called.len());
    let zones: Vec<String> = ask_nothing("Zones");
    assert!(zones.len() > 400, "{} zones are named", zones.len());
    called.extend(zones);
    let isolated = lines(called.iter().map(String::as_str));
    let mut other = Vec::new();
    let compared = isolated
        .iter()
        .filter(|(name, _)| *name != OWN_NAME && !OTHERWISE.contains(&name.as_str()));
    for (name, found) in compared {
        if let Some(expected) = native.get(name).filter(|expected| *expected != found) {
            other.push(format!("{name}: {found:?} in place of {expected:?}"));
        }
    }
    let allowed = if version == TABLES {
        0
    } else {
        isolated.len() * OTHER_NAMES / 100
    };
    assert!(
        other.len() <= allowed,
        "{} of {}, and with ICU {version} there may be {allowed}:\n{}",
        other.len(),
        isolated.len(),
        other.join("\n")
    );
}

#[test]
fn zones_are_listed_as_natively() {
    let mut isolated = ask_nothing("Listed");
    isolated.sort_unstable();
    let native: Vec<String> = natively(&["listed"]).into_keys().collect();
    let lacking: Vec<_> = native
        .iter()
        .filter(|zone| !isolated.contains(zone))
        .collect();
    let more: Vec<_> = isolated
        .iter()
        .filter(|zone| !native.contains(zone))
        .collect();
    assert!(native.contains(&"Europe/Stockholm".to_owned()));
    assert_eq!(
        isolated, native,
        "not listed: {lacking:?}; listed beside: {more:?}"
    );
}

/// Every name of the tz database that the guest has a name for, those without a slash included.
fn zone_names() -> Vec<String> {
    let path = workspace().join("crates/isolator-guest-shim/c/mono/zone_names.def");
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .filter_map(|line| line.strip_prefix("ZONE(\""))
        .filter_map(|rest| rest.split_once('"'))
        .map(|(name, _)| name.to_owned())
        .collect()
}

#[test]
fn zones_are_found_by_every_name_and_show_the_same_time() {
    let names = zone_names();
    for name in ["GMT", "CET", "EST5EDT", "Japan", "Zulu", "W-SU", "GMT+0"] {
        assert!(names.iter().any(|other| other == name), "{name}");
    }
    let mut arguments = vec!["offsets"];
    arguments.extend(names.iter().map(String::as_str));
    let mut native = natively(&arguments);
    // What an older database does not know cannot be compared.
    native.retain(|_, offsets| offsets.len() == 3);
    assert!(native.len() > 590, "{} are known natively", native.len());
    let known: Vec<&String> = native.keys().collect();
    let isolated: Vec<String> = ask("Offsets", known);
    let isolated = lines(isolated.iter().map(String::as_str));
    let other: Vec<_> = native
        .iter()
        .filter(|(name, offsets)| isolated.get(*name) != Some(*offsets))
        .map(|(name, offsets)| format!("{name}: {:?} in place of {offsets:?}", isolated.get(name)))
        .collect();
    assert!(
        other.is_empty(),
        "{} of {}:\n{}",
        other.len(),
        native.len(),
        other.join("\n")
    );
}

#[test]
fn a_culture_without_data_is_refused_however_it_is_asked_for() {
    let listed: Vec<String> = ask_nothing("Names");
    if listed.iter().any(|name| name == "ast-ES") {
        return;
    }
    let refused =
        "CultureNotFoundException: Culture is not supported: this guest image has no data of ";
    for (name, lacking) in [
        ("ast-ES", "ast-es"),
        ("AST-es", "ast-es"),
        ("ast", "ast"),
        ("ast-AR", "ast"),
        ("es-AR", "es-ar"),
        ("af_ZA", "af"),
    ] {
        let ways: Vec<String> = ask("Ways", name);
        for way in [0, 1, 5] {
            assert!(
                ways[way].starts_with(&format!("{refused}'{lacking}'")),
                "{name}: {ways:?}"
            );
        }
        // With what stands above it, if that is there.
        assert!(
            ways[2].starts_with(refused) || lacking == "es-ar" && ways[2] == "es-ES",
            "{ways:?}"
        );
    }
    // What nobody has data of is taken as everywhere.
    let own: Vec<String> = ask("Ways", "de-XX");
    assert_eq!(own[0], "de-XX");
    assert_eq!(own[5], "Samstag, 9. März 2024");
}
