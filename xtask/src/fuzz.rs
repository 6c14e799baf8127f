//! `cargo xtask fuzz`: builds the fuzz targets with coverage counters, on the ordinary compiler, and runs them.
//!
//! The compiler that every release of Rust contains can insert LLVM's coverage counters (`-C passes=sancov-module`), and the loop that
//! uses them is a page of code (`fuzz/src/main.rs`): so no nightly compiler and no further tool is needed. This program stands in
//! for rustc (`RUSTC_WORKSPACE_WRAPPER`) and adds the flags to the crates of the workspace only; the engine is not built again.

use anyhow::{Context, Result, bail};
use clap::Args;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode};

/// Set while this program stands in for rustc.
const STANDS_IN: &str = "ISOLATOR_FUZZ_STANDS_IN_FOR_RUSTC";

/// Crates whose code is counted: what is tested, and not what tests it.
const COUNTED: [&str; 6] = [
    "isolator_abi",
    "isolator_compile",
    "isolator_host",
    "isolator_script",
    "isolator_snapshot",
    "isolator_fuzz",
];

const FLAGS: [&str; 4] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=3",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Ccodegen-units=1",
];

/// Arguments of `fuzz`.
#[derive(Args)]
pub struct Fuzz {
    /// One target; without this all of them, one after the other.
    target: Option<String>,
    /// How long each target runs.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Where the targets' decisions start; without this another place each time.
    #[arg(long)]
    seed: Option<u64>,
    /// Adds inputs that covered something new to the corpus.
    #[arg(long)]
    save: bool,
    /// Afterwards takes inputs out of the corpus that cover nothing which smaller ones do not cover.
    #[arg(long)]
    minimize: bool,
}

/// Compiles, if this process was started in place of rustc.
pub fn compile_if_asked() -> Option<ExitCode> {
    std::env::var_os(STANDS_IN)?;
    let mut arguments = std::env::args_os().skip(1);
    let rustc = arguments.next()?;
    let arguments: Vec<OsString> = arguments.collect();
    let of_a_counted_crate = arguments
        .windows(2)
        .any(|two| two[0] == "--crate-name" && COUNTED.iter().any(|name| two[1] == *name));
    // The program's own file has the library's name, and is not counted.
    let is_library = arguments
        .iter()
        .any(|argument| argument == "lib" || argument == "rlib");
    let mut command = Command::new(rustc);
    command.args(&arguments);
    if of_a_counted_crate {
        if is_library {
            command.args(FLAGS);
        } else {
            // The linker would drop the counters of functions, since only they themselves name them.
            command.arg("-Clink-arg=-Wl,--no-gc-sections");
        }
    }
    let status = command.status().ok()?;
    Some(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

impl Fuzz {
    /// Builds and runs the targets.
    pub fn run(&self, workspace: &Path) -> Result<()> {
        eprintln!("compiling the fuzz targets with coverage counters");
        let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .current_dir(workspace)
            // All of the workspace is chosen, so that the engine is built with the features that it has everywhere.
            .args(["build", "--quiet", "--workspace", "--bin", "isolator-fuzz"])
            .env("RUSTC_WORKSPACE_WRAPPER", std::env::current_exe()?)
            .env(STANDS_IN, "1")
            .status()
            .context("start cargo")?;
        if !status.success() {
            bail!("the fuzz targets do not compile");
        }
        let program = workspace.join("target/debug/isolator-fuzz");
        let names: Vec<&str> = match &self.target {
            Some(target) => vec![target],
            None => isolator_fuzz_names(),
        };
        let now = || {
            std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .map_or(1, |since| since.as_secs())
        };
        let mut failed = Vec::new();
        for name in names {
            let seed = self.seed.unwrap_or_else(now);
            let mut run = Command::new(&program);
            run.arg(name).args([
                "--seconds",
                &self.seconds.to_string(),
                "--seed",
                &seed.to_string(),
            ]);
            if self.save {
                run.arg("--save");
            }
            if self.minimize {
                run.arg("--minimize");
            }
            if !run
                .status()
                .with_context(|| format!("start {}", program.display()))?
                .success()
            {
                eprintln!("{name} failed; `cargo xtask fuzz {name} --seed {seed}` repeats it");
                failed.push(name);
            }
        }
        if failed.is_empty() {
            Ok(())
        } else {
            bail!("failed: {}", failed.join(", "))
        }
    }
}

/// The targets of `fuzz/src/targets.rs`; a test compares them.
fn isolator_fuzz_names() -> Vec<&'static str> {
    vec![
        "lifting", "failure", "values", "scalars", "wasi", "names", "image", "side", "copies",
        "http", "cli", "package", "assembly",
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_run() {
        let written: Vec<&str> = include_str!("../../fuzz/src/targets.rs")
            .split("name: \"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert_eq!(isolator_fuzz_names(), written);
    }
}
