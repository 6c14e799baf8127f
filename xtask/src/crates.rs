//! The crates that are to be published: `cargo package` makes them, and each holds what it needs when it stands alone.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A crate, what it must hold besides its sources, and how large it may be, compressed.
struct Published {
    name: &'static str,
    holds: &'static [&'static str],
    most_bytes: u64,
}

const PUBLISHED: &[Published] = &[
    Published {
        name: "isolator-abi",
        holds: &["wit/isolator.wit"],
        most_bytes: 60_000,
    },
    Published {
        name: "isolator-snapshot",
        holds: &[],
        most_bytes: 40_000,
    },
    Published {
        name: "isolator-compile",
        holds: &["src/side.c", "src/side.S"],
        most_bytes: 200_000,
    },
    Published {
        name: "isolator-host",
        // The guest image of the feature `embedded-guest` is no part of it: it is found where ISOLATOR_GUEST_DIR says.
        holds: &["build.rs"],
        most_bytes: 600_000,
    },
    Published {
        name: "isolator-script",
        holds: &[],
        most_bytes: 160_000,
    },
    Published {
        name: "isolator-mcp",
        holds: &[],
        most_bytes: 90_000,
    },
    Published {
        name: "isolator-playground",
        holds: &[
            "web/src/index.html",
            "web/dist/app.js",
            "web/dist/THIRD-PARTY-NOTICES.md",
            "examples/hello.cs",
        ],
        most_bytes: 250_000,
    },
    Published {
        name: "isolator-cli",
        holds: &[],
        most_bytes: 300_000,
    },
    Published {
        name: "isolator-capi",
        holds: &["include/isolator.h"],
        most_bytes: 300_000,
    },
];

const ALWAYS: &[&str] = &["Cargo.toml", "README.md", "LICENSE-MIT", "LICENSE-APACHE"];

/// Packages every crate, and looks at each; how many there are.
pub fn check(workspace: &Path) -> Result<u64> {
    eprintln!("packaging the crates");
    // Nothing is compiled: what is inside was compiled for the tests, and below it is looked at whether all of that is inside.
    let mut package = cargo(workspace);
    package.args([
        "package",
        "--no-verify",
        "--locked",
        "--allow-dirty",
        "--quiet",
    ]);
    for published in PUBLISHED {
        package.args(["--package", published.name]);
    }
    let output = package.output().context("start cargo")?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(
        output.status.success() && !said.contains("warning:"),
        "`cargo package` is not content: {said}"
    );
    for published in PUBLISHED {
        published
            .check(workspace)
            .with_context(|| format!("the crate {}", published.name))?;
    }
    Ok(PUBLISHED.len() as u64)
}

impl Published {
    fn check(&self, workspace: &Path) -> Result<()> {
        let output = cargo(workspace)
            .args(["package", "--list", "--allow-dirty", "--package", self.name])
            .output()
            .context("start cargo")?;
        let listed = String::from_utf8_lossy(&output.stdout).into_owned();
        let files: Vec<&str> = listed.lines().collect();
        for name in ALWAYS.iter().chain(self.holds) {
            ensure!(files.contains(name), "`{name}` is not inside");
        }
        let folder = workspace.join("crates").join(self.name);
        for file in files.iter().filter(|file| file.ends_with(".rs")) {
            let text = std::fs::read_to_string(folder.join(file))?;
            for included in included(Path::new(file), &text) {
                ensure!(
                    files.iter().any(|file| Path::new(file) == included),
                    "{file} includes {}, which is not inside",
                    included.display()
                );
            }
        }
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml"))?;
        for field in ["description", "keywords", "categories", "license.workspace"] {
            let mut lines = manifest.lines();
            ensure!(
                lines.any(|line| line.starts_with(&format!("{field} ="))),
                "Cargo.toml has no `{field}`"
            );
        }
        let version = env!("CARGO_PKG_VERSION");
        let package = workspace.join(format!("target/package/{}-{version}.crate", self.name));
        let bytes = std::fs::metadata(&package)
            .with_context(|| format!("look at {}", package.display()))?
            .len();
        ensure!(
            bytes <= self.most_bytes,
            "it has {bytes} bytes, and {} are its budget",
            self.most_bytes
        );
        Ok(())
    }
}

/// The files that a source includes by a plain path, from the crate's root.
fn included(file: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for name in ["include_str!(\"", "include_bytes!(\"", "#[path = \""] {
        for part in text.split(name).skip(1) {
            let Some((path, _)) = part.split_once('"') else {
                continue;
            };
            let mut resolved = file.parent().map(Path::to_path_buf).unwrap_or_default();
            for step in path.split('/') {
                match step {
                    ".." => {
                        // Above the root: a path that is never inside.
                        if resolved.ends_with("..") || !resolved.pop() {
                            resolved.push("..");
                        }
                    }
                    step => resolved.push(step),
                }
            }
            found.push(resolved);
        }
    }
    found
}

fn cargo(workspace: &Path) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace);
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_included_is_found() {
        let text = "const A: &str = include_str!(\"../wit/a.wit\");\n#[path = \"b.rs\"]\nmod b; include_bytes!(\"../../../c\")";
        let found = included(Path::new("src/a.rs"), text);
        assert_eq!(
            found,
            [
                Path::new("wit/a.wit"),
                Path::new("../../c"),
                Path::new("src/b.rs")
            ]
        );
    }
}
