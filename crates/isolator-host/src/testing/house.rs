//! The house's rules, as `docs/architecture.md` has them: what reads a guest's bytes stands at the border, and no file uses what stands
//! above it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Ways up that are left, each with its reason. One that is not needed any more fails the test.
const WAYS_UP: &[(&str, &str)] = &[
    // A store holds what each floor has of a runtime.
    ("engine/state.rs", "callback"),
    // A callback is given the way back in.
    ("callback/mod.rs", "runtime"),
];

/// Floors that may read and write a guest's memory.
const BORDER: [&str; 3] = ["border", "wasi", "testing"];

/// What reads or writes guest memory, as wasmtime calls it: `Memory::data` takes a store, a store's own `data` nothing.
const READS: [&str; 6] = [
    "memory.data(",
    "memory.data_mut(",
    "memory.read(",
    "memory.write(",
    ".data_and_store_mut(",
    ".data_ptr(",
];

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Files by their path below `src`, without comments and the tests in them.
fn files() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![src()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(src()).unwrap().to_str().unwrap();
            let name = name.replace('\\', "/");
            let text = std::fs::read_to_string(&path).unwrap();
            found.insert(name, code_of(&text));
        }
    }
    assert!(found.len() > 80, "{} files", found.len());
    found
}

/// A file without comments, uses for documentation only, and the tests at its end.
fn code_of(text: &str) -> String {
    let text = text
        .split_once("#[cfg(test)]\nmod tests {")
        .map_or(text, |(code, _)| code);
    let mut lines = text.lines().peekable();
    let mut code = String::new();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(doc)]" {
            lines.next();
        } else if !line.trim_start().starts_with("//") {
            code.push_str(line);
            code.push('\n');
        }
    }
    code
}

/// The floors from the top down, as the document's table has them.
fn floors() -> Vec<Vec<String>> {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/architecture.md");
    let text = std::fs::read_to_string(document).unwrap();
    let (_, table) = text
        .split_once("### The library, from the top down")
        .unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    table
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .map(|row| {
            let (names, _) = row.split_once(" | ").unwrap();
            names
                .split(", ")
                .map(|name| {
                    name.trim_matches('`')
                        .trim_end_matches('/')
                        .trim_end_matches(".rs")
                })
                .map(str::to_owned)
                .collect()
        })
        .collect()
}

fn top(name: &str) -> &str {
    let (first, _) = name.split_once('/').unwrap_or((name, ""));
    first.trim_end_matches(".rs")
}

/// What a file names after `crate::`, and what the crate's root has of it from which floor.
fn used<'a>(code: &'a str, root: &'a BTreeMap<String, String>) -> BTreeSet<&'a str> {
    code.split("crate::")
        .skip(1)
        .map(|rest| {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            let name = &rest[..end.unwrap_or(rest.len())];
            root.get(name).map_or(name, String::as_str)
        })
        .collect()
}

/// Names that the crate's root gives out, and the floor of each.
fn root(lib: &str) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for use_ in lib.split("pub use ").skip(1) {
        let (path, _) = use_.split_once(';').unwrap();
        let (floor, _) = path.split_once("::").unwrap();
        let last = match path.split_once('{') {
            Some((_, list)) => list.trim_end_matches('}'),
            None => path.rsplit("::").next().unwrap(),
        };
        for name in last.split(',') {
            names.insert(name.trim().to_owned(), floor.to_owned());
        }
    }
    names
}

#[test]
fn no_file_uses_what_stands_above_it() {
    let floors = floors();
    let level = |name: &str| {
        floors
            .iter()
            .position(|floor| floor.iter().any(|on| on == name))
    };
    let files = files();
    let root = root(&files["lib.rs"]);
    let (mut wrong, mut needed) = (Vec::new(), BTreeSet::new());
    for (name, code) in &files {
        if name == "lib.rs" || name.contains("test") || name.contains("fuzzing") {
            continue;
        }
        let here = level(top(name)).unwrap_or_else(|| {
            panic!("docs/architecture.md has no floor for {name}");
        });
        for other in used(code, &root) {
            // Names of modules alone: what else stands there is of another crate, or the root's own.
            let Some(there) = level(other) else { continue };
            if there < here {
                match WAYS_UP.iter().find(|way| **way == (name, other)) {
                    Some(way) => {
                        needed.insert(way);
                    }
                    None => wrong.push(format!("{name} uses {other}, which stands above it")),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let left: Vec<_> = WAYS_UP.iter().filter(|way| !needed.contains(way)).collect();
    assert!(left.is_empty(), "no longer needed: {left:?}");
}

#[test]
fn what_reads_a_guests_bytes_stands_at_the_border() {
    let (mut wrong, mut right) = (Vec::new(), 0);
    for (name, code) in files() {
        for (at, line) in code.lines().enumerate() {
            if !READS.iter().any(|read| line.contains(read)) {
                continue;
            }
            // It asks the kernel about pages, and reads none of them.
            if BORDER.contains(&top(&name)) || name == "engine/copy_on_write.rs" {
                right += 1;
            } else {
                wrong.push(format!("{name}, about line {at}: {}", line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(right > 5, "the border itself reads: {right}");
}
