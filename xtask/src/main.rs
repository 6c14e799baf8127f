//! The project's own commands: `cargo xtask build-guest`, `demo`, `example`, `test`, `documents`, `codegen`, `pack`, `bench`, `fuzz`, `train`.

mod bench;
mod codegen;
mod crates;
mod demo;
mod documents;
mod example;
mod fuzz;
mod guest;
#[cfg(unix)]
mod hot;
mod limits;
mod made;
mod managed;
mod mcp;
mod numbers;
mod nupkg;
#[cfg(test)]
mod one_engine;
mod overloads;
mod pack;
mod page;
mod pinned;
mod progress;
mod record;
mod repository;
mod sample;
mod scripting;
mod scripting_package;
mod test;
mod tool;
mod train;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Builds, tests, measures and shows the project.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds the guest image: links .NET's runtime pack for WASI, boots it, snapshots it, precompiles it; and the C# compiler for inside.
    BuildGuest(guest::BuildGuest),
    /// Builds what is needed and shows C# running inside sandboxes, with the time that each step took.
    Demo(demo::Demo),
    /// Builds what one of the examples for Rust needs, and runs it.
    Example(example::Example),
    /// Builds what is needed and runs every test, Rust and C#.
    Test(test::Test),
    /// Does what the documents tell their readers: runs their commands in a short form, compiles their C#.
    Documents(documents::Documents),
    /// Writes the files that are made from others: the C header.
    Codegen(codegen::Codegen),
    /// Makes the NuGet packages, with what is native in release.
    Pack(pack::Pack),
    /// Makes the files of the playground's page of its sources.
    Page(page::Page),
    /// Measures speed and memory, beside what they are compared with.
    Bench(bench::Bench),
    /// Fuzzes whatever reads bytes of guests or text of users, guided by coverage.
    Fuzz(fuzz::Fuzz),
    /// Looks which functions most runtimes call by pointer, and writes the list of those that come first in the table.
    #[cfg(unix)]
    Hot(hot::Hot),
    /// Runs the training programs and writes the list of methods that are compiled ahead of time.
    Train(train::Train),
}

fn main() -> ExitCode {
    if let Some(code) = fuzz::compile_if_asked() {
        return code;
    }
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| "warn,cbindgen=error".into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .without_time()
        .init();
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(e) => {
            eprintln!("error: {e:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    let workspace = workspace();
    match command {
        Command::BuildGuest(command) => command.run(&workspace).map(|_| ExitCode::SUCCESS),
        Command::Demo(command) => command.run(&workspace).map(|()| ExitCode::SUCCESS),
        Command::Example(command) => command.run(&workspace).map(|()| ExitCode::SUCCESS),
        Command::Test(command) => command.run(&workspace),
        Command::Documents(command) => command.run(&workspace),
        Command::Codegen(command) => command.run(&workspace).map(|()| ExitCode::SUCCESS),
        Command::Pack(command) => command.run(&workspace).map(|()| ExitCode::SUCCESS),
        Command::Page(command) => command.run(&workspace).map(|()| ExitCode::SUCCESS),
        Command::Bench(command) => command.run(&workspace).map(|()| ExitCode::SUCCESS),
        Command::Fuzz(command) => command.run(&workspace).map(|()| ExitCode::SUCCESS),
        #[cfg(unix)]
        Command::Hot(command) => command.run(&workspace).map(|()| ExitCode::SUCCESS),
        Command::Train(command) => command.run(&workspace).map(|()| ExitCode::SUCCESS),
    }
}

/// Root of the workspace that this program was built from.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
        .to_owned()
}
