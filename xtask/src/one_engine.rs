//! The engine takes ten minutes to compile, and cargo compiles it anew for every set of features that it or something below it has. So
//! `cargo xtask`, which is this package alone, and the tests, which are the whole workspace, must give it the same.

use std::collections::BTreeSet;
use std::process::Command;

/// What `cargo tree` prints, each package once.
fn tree(arguments: &[&str]) -> BTreeSet<String> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(crate::workspace())
        .args(["tree", "--locked", "--offline", "--prefix", "none"])
        .args(arguments)
        .output()
        .expect("cargo starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text.lines()
        .map(|line| line.replace(" (*)", "").replace(" (proc-macro)", ""))
        .filter(|line| !line.is_empty())
        .collect()
}

#[test]
fn the_engine_is_built_once() {
    let below = tree(&[
        "--package",
        "wasmtime",
        "--package",
        "wasmtime-wasi",
        "--edges",
        "normal,build",
        "--format",
        "{p}",
    ]);
    assert!(below.len() > 100, "{below:?}");
    let features = |selected: &[&str]| -> BTreeSet<String> {
        let rest = ["--edges", "normal,build,dev", "--format", "{p} [{f}]"];
        let mut all = tree(&[selected, &rest].concat());
        all.retain(|line| {
            line.split_once(" [")
                .is_some_and(|(package, _)| below.contains(package))
        });
        all
    };
    let (workspace, alone) = (
        features(&["--workspace"]),
        features(&["--package", "xtask"]),
    );
    let different: Vec<&String> = workspace.symmetric_difference(&alone).collect();
    assert!(
        different.is_empty(),
        "these have other features in the whole workspace than in `cargo xtask` alone, so the engine would be built twice; add what is \
         missing to xtask/Cargo.toml, or leave it out elsewhere: {different:#?}"
    );
}
