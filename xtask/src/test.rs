//! `cargo xtask test`: builds guests and fixtures, runs every test, and counts them.

use crate::codegen::Codegen;
use crate::documents::Workshop;
use crate::guest::BuildGuest;
use crate::managed::Sdk;
use crate::pack::Parts;
use crate::sample;
use anyhow::{Context, Result};
use clap::Args;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// Arguments of `test`.
#[derive(Args)]
pub struct Test {
    /// Install missing tools with the system's package manager.
    #[arg(long)]
    install_deps: bool,
    /// Run everything also in the guest without compiled code, and in one whose interpreter optimizes every method at once.
    #[arg(long)]
    every_tier: bool,
    /// Passed to `cargo test`, such as the name of a test.
    #[arg(last = true)]
    cargo: Vec<String>,
}

/// What of the tests runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// All of them.
    Whole,
    /// C# programs, which run inside as they do natively.
    Programs,
}

/// Tests of programs that take minutes, and that `--every-tier` alone runs in every guest: a collection before every allocation, the depth of recursions, calls of
/// all of the base library, copies in other processes, and what is compiled in any case.
const LONG: [&str; 6] = [
    "survive_a_collection",
    "depth::",
    "hunt::",
    "copies::",
    "compiled::",
    "training::",
];

/// The images that tests run in.
struct Guests {
    ordinary: PathBuf,
    /// Collects before every allocation.
    stress: PathBuf,
    /// Without compiled code, for tests that only need one to load.
    small: Option<PathBuf>,
}

/// How many tests passed and failed.
#[derive(Default, Clone, Copy)]
pub struct Count {
    /// Those that passed.
    pub passed: u64,
    /// Those that failed.
    pub failed: u64,
}

impl Test {
    /// Builds what the tests need and runs them all, also when some fail.
    pub fn run(&self, workspace: &Path) -> Result<ExitCode> {
        Codegen::checking().run(workspace)?;
        let ordinary = BuildGuest::ordinary(self.install_deps);
        let (interpreted, untiered) = (ordinary.interpreted(), ordinary.without_tiering());
        let mut tiers = vec![("", ordinary, Extent::Whole)];
        match self.every_tier {
            true => tiers.extend([
                (", interpreted", interpreted.clone(), Extent::Whole),
                (", without tiering", untiered, Extent::Whole),
            ]),
            false if self.cargo.is_empty() => {
                tiers.push((", interpreted", interpreted.clone(), Extent::Programs));
            }
            false => {}
        }
        if self.install_deps {
            crate::page::install_browser(workspace)?;
        }
        let (mut suites, mut fine) = (Vec::new(), true);
        // Before all tests: those of the cache have the engine compile a guest again and again, for which this one is the soonest.
        let small = self.cargo.is_empty().then(|| interpreted.run(workspace));
        let small = small.transpose()?.map(|guest| guest.folder);
        for (name, tier, extent) in tiers {
            let guests = Guests {
                ordinary: tier.run(workspace)?.folder,
                stress: tier.collecting().run(workspace)?.folder,
                small: small.clone(),
            };
            let (passed, counts) = self.suites(workspace, &guests, extent)?;
            fine &= passed;
            suites.extend(counts.into_iter().map(|suite| Suite {
                name: suite.name + name,
                ..suite
            }));
        }
        let (mut passed, mut failed) = (0, 0);
        for Suite { name, count, took } in suites {
            println!(
                "{name}: {} passed, {} failed, {} s",
                count.passed,
                count.failed,
                took.as_secs()
            );
            passed += count.passed;
            failed += count.failed;
        }
        println!("{passed} passed, {failed} failed");
        Ok(if fine && failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    /// Runs every suite with these guests.
    fn suites(
        &self,
        workspace: &Path,
        guests: &Guests,
        extent: Extent,
    ) -> Result<(bool, Vec<Suite>)> {
        let guest = &*guests.ordinary;
        let mut ran = Ran::new();
        let sdk = Sdk::find(workspace)?;
        eprintln!("compiling the fixtures");
        sdk.build(&workspace.join("tests/fixtures/Fixtures.proj"), None)?;
        crate::example::compile(&sdk, workspace)?;

        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo
            .current_dir(workspace)
            .args(["test", "--workspace", "--no-fail-fast"])
            .args(&self.cargo)
            .env("ISOLATOR_GUEST", guest)
            .env("ISOLATOR_GC_STRESS_GUEST", &guests.stress)
            .env("ISOLATOR_FIXTURES", workspace.join("target/fixtures"))
            .env("ISOLATOR_DOTNET", &sdk.tools.dotnet);
        if let Some(small) = &guests.small {
            cargo.env("ISOLATOR_INTERPRETED_GUEST", small);
        }
        if extent == Extent::Programs {
            cargo.args(["--test", "programs", "--"]);
            for name in LONG {
                cargo.args(["--skip", name]);
            }
            let (fine, programs) = count(&mut cargo, cargo_line)?;
            ran.add("programs", programs);
            return Ok((fine && programs.passed > 0, ran.suites));
        }
        let (rust_ok, rust) = count(&mut cargo, cargo_line)?;
        ran.add("Rust", rust);

        let managed = dotnet_test(&mut sdk.command(
            "test",
            &workspace.join("guest-dotnet/Isolator.Runtime.Tests/Isolator.Runtime.Tests.csproj"),
        ))?;
        ran.add("C# inside", managed);

        // The C# host library, over the native library as it was built for the tests above.
        let library = native_library(workspace)?;
        let host = dotnet_test(
            sdk.command(
                "test",
                &workspace.join("bindings/dotnet/DotNetIsolator.Tests/DotNetIsolator.Tests.csproj"),
            )
            .env("ISOLATOR_NATIVE", &library)
            .env("ISOLATOR_GUEST", guest)
            .env(
                "ISOLATOR_SCRIPTING",
                crate::scripting_package::folder(workspace),
            ),
        )?;
        ran.add("C# host library", host);
        let parts = Parts {
            built: workspace.join("target/debug"),
            guest: guest.into(),
            compiler: crate::scripting_package::folder(workspace),
        };
        let packages = tempfile::tempdir()?;
        let packaged = sample::pack_and_run(&sdk, workspace, &parts, packages.path());
        ran.add("packages", one("the package sample", packaged));

        // What the documents say and what is published, where all tests were asked for.
        if self.cargo.is_empty() {
            let real = crate::mcp::Clients {
                workspace,
                guest,
                install: self.install_deps,
            };
            ran.add("clients of the Model Context Protocol", real.count());
            ran.add("the page's files", page_files(workspace));
            let workshop = Workshop::new(workspace, &sdk, guest, packages.path());
            let (passed, failed) = workshop.try_all()?;
            ran.add("documents", Count { passed, failed });
            let crates = match crate::crates::check(workspace) {
                Ok(passed) => Count { passed, failed: 0 },
                Err(error) => one("the crates", Err(error)),
            };
            ran.add("crates", crates);
        }

        // A suite that ran nothing has not passed: its runner's output has changed, or its tests are gone.
        let counted =
            (rust.passed > 0 || !self.cargo.is_empty()) && managed.passed > 0 && host.passed > 0;
        Ok((rust_ok && counted, ran.suites))
    }
}

/// What a suite came to.
struct Suite {
    name: String,
    count: Count,
    /// From the end of the one before, with what it needed to be built.
    took: Duration,
}

/// The suites that ran, one after the other.
struct Ran {
    suites: Vec<Suite>,
    since: Instant,
}

impl Ran {
    fn new() -> Ran {
        Ran {
            suites: Vec::new(),
            since: Instant::now(),
        }
    }

    fn add(&mut self, name: &str, count: Count) {
        let took = std::mem::replace(&mut self.since, Instant::now()).elapsed();
        self.suites.push(Suite {
            name: name.into(),
            count,
            took,
        });
    }
}

/// What a single test came to; says why it failed.
fn one(name: &str, result: Result<()>) -> Count {
    let (passed, failed) = match result {
        Ok(()) => (1, 0),
        Err(error) => {
            eprintln!("error: {name}: {error:#}");
            (0, 1)
        }
    };
    Count { passed, failed }
}

/// Looks whether the page's files are what its sources make, where that can be seen.
fn page_files(workspace: &Path) -> Count {
    match crate::page::check(workspace) {
        Ok(false) => {
            eprintln!("the page's files were not made again: npm is not here");
            Count::default()
        }
        made => one("the page's files", made.map(drop)),
    }
}

/// What the native library's file is called on this system.
pub fn library_file() -> String {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    format!("{DLL_PREFIX}isolator_capi{DLL_SUFFIX}")
}

/// The native library of the build that the tests are of.
pub fn native_library(workspace: &Path) -> Result<PathBuf> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace).args(["build", "--workspace"]);
    anyhow::ensure!(
        cargo.status()?.success(),
        "the native library's build failed"
    );
    let library = workspace.join("target/debug").join(library_file());
    anyhow::ensure!(library.is_file(), "{} was not built", library.display());
    Ok(library)
}

/// Runs a C# suite. One that fails without a failed test (it does not compile, or its runner ends) has failed once.
fn dotnet_test(command: &mut Command) -> Result<Count> {
    command.args([
        "--nologo",
        "-v",
        "quiet",
        "--logger",
        "console;verbosity=normal",
    ]);
    let (fine, mut total) = count(command, dotnet_line)?;
    if !fine && total.failed == 0 {
        total.failed = 1;
    }
    Ok(total)
}

/// Runs a test runner, lets its output through, and adds up what its summary lines say.
pub fn count(command: &mut Command, read: fn(&str) -> Option<Count>) -> Result<(bool, Count)> {
    let shown = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("start {shown}"))?;
    let mut total = Count::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = line.with_context(|| format!("read the output of {shown}"))?;
            let line = String::from_utf8_lossy(&line);
            writeln!(std::io::stdout(), "{line}")?;
            if let Some(count) = read(&line) {
                total.passed += count.passed;
                total.failed += count.failed;
            }
        }
    }
    Ok((child.wait()?.success(), total))
}

/// `test result: ok. 3 passed; 0 failed; …`
fn cargo_line(line: &str) -> Option<Count> {
    let rest = line.strip_prefix("test result: ")?;
    let number = |unit: &str| {
        rest.split(['.', ';'])
            .find_map(|part| part.trim().strip_suffix(unit)?.trim().parse().ok())
    };
    Some(Count {
        passed: number("passed")?,
        failed: number("failed")?,
    })
}

/// `     Passed: 3` and `     Failed: 0`
fn dotnet_line(line: &str) -> Option<Count> {
    let number = |name: &str| line.trim().strip_prefix(name)?.trim().parse().ok();
    match (number("Passed:"), number("Failed:")) {
        (Some(passed), _) => Some(Count { passed, failed: 0 }),
        (_, Some(failed)) => Some(Count { passed: 0, failed }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_are_read() {
        let cargo = cargo_line("test result: ok. 12 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s").unwrap();
        assert_eq!((cargo.passed, cargo.failed), (12, 1));
        assert_eq!(dotnet_line("     Passed: 7").unwrap().passed, 7);
        assert_eq!(dotnet_line("     Failed: 2").unwrap().failed, 2);
        assert!(
            cargo_line("running 3 tests").is_none()
                && dotnet_line("  Passed Some.Test [1 ms]").is_none()
        );
    }
}
