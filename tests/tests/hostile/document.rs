//! `docs/security.md` names for each promise the tests that show it: those that it names are there, and no attack goes unnamed.

use std::collections::BTreeSet;
use std::path::Path;

/// Names of functions and modules of the tests, and the names of the bench's rows and the fuzz targets.
fn known(root: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for folder in [
        "crates",
        "tests/tests",
        "fuzz/src",
        "fuzz/tests",
        "xtask/src",
        "bindings/dotnet/DotNetIsolator.Tests",
        "guest-dotnet/Isolator.Runtime.Tests",
    ] {
        sources(&root.join(folder), &mut names);
    }
    names
}

fn sources(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, names);
            continue;
        }
        let kind = path.extension().unwrap_or_default();
        if kind != "rs" && kind != "cs" {
            continue;
        }
        names.extend(
            path.file_stem()
                .map(|stem| stem.to_string_lossy().into_owned()),
        );
        let text = std::fs::read_to_string(&path).unwrap();
        for part in text.split("fn ").skip(1) {
            let end = part
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(part.len());
            names.insert(part[..end].to_owned());
        }
        for part in text.split('"').skip(1).step_by(2) {
            names.insert(part.to_owned());
        }
    }
}

/// What stands between backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// A test's own name, behind where it is.
fn last(test: &str) -> &str {
    test.rsplit("::").next().unwrap()
}

/// `loop_*` is whatever begins so.
fn matches(name: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

fn is_known(known: &BTreeSet<String>, test: &str) -> bool {
    known.iter().any(|known| matches(known, last(test)))
}

#[test]
fn each_promise_names_tests_that_are_there() {
    let root = isolator_tests::workspace();
    let text = std::fs::read_to_string(root.join("docs/security.md")).unwrap();
    let mut known = known(&root);
    // The attacks' tests are made by a macro.
    let attacks: BTreeSet<String> = super::ATTACKS
        .iter()
        .map(|name| name.replace('-', "_"))
        .collect();
    known.extend(attacks.iter().cloned());
    for (name, there) in [
        ("attacks::loop_*", true),
        ("each_promise_names_tests_that_are_there", true),
        ("WireTests", true),
        ("attacks::loop_nowhere", false),
        (concat!("No", "SuchTests"), false),
    ] {
        assert_eq!(is_known(&known, name), there, "{name}");
    }
    let (_, promises) = text.split_once("## What is promised").unwrap();
    let (promises, _) = promises.split_once("\n## ").unwrap();
    let rows: Vec<&str> = promises
        .lines()
        .filter(|line| line.starts_with("| **"))
        .collect();
    assert!(rows.len() > 15, "{} promises", rows.len());
    let mut named = BTreeSet::new();
    for row in rows {
        let tests = row.rsplit(" | ").next().unwrap();
        let mut some = false;
        for test in quoted(tests) {
            // A name of a place says where they are, and is none.
            if test == "isolator-host" || test == "bindings/dotnet" {
                continue;
            }
            let name = last(test);
            assert!(
                is_known(&known, test),
                "docs/security.md names `{test}`, which is not there: {row}"
            );
            named.extend(
                attacks
                    .iter()
                    .filter(|attack| matches(attack, name))
                    .cloned(),
            );
            some = true;
        }
        // A few are shown by every attack.
        assert!(some || row.contains("checked after every attack"), "{row}");
    }
    let unnamed: Vec<_> = attacks.difference(&named).collect();
    assert!(
        unnamed.is_empty(),
        "attacks that no promise in docs/security.md names: {unnamed:?}"
    );
}

#[test]
fn each_rule_of_http_names_tests_that_are_there() {
    let root = isolator_tests::workspace();
    let text = std::fs::read_to_string(root.join("docs/guide.md")).unwrap();
    let known = known(&root);
    let (_, rules) = text.split_once("\n| rule | tests |\n|---|---|\n").unwrap();
    let rows: Vec<&str> = rules
        .lines()
        .take_while(|line| line.starts_with("| "))
        .collect();
    assert!(rows.len() > 15, "{} rules", rows.len());
    for row in rows {
        let tests = row.rsplit(" | ").next().unwrap();
        assert!(quoted(tests).next().is_some(), "{row}");
        for test in quoted(tests) {
            assert!(
                is_known(&known, test),
                "docs/guide.md names `{test}`, which is not there: {row}"
            );
        }
    }
}
