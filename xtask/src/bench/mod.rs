//! `cargo xtask bench`: speed and memory, beside what they are compared with, all measured in one run.

mod ahead;
mod app;
mod calls;
mod component;
mod csharp;
mod floor;
mod guest;
mod library;
mod limits;
mod neighbours;
mod script;
mod stats;

use crate::guest::BuildGuest;
use crate::managed::Sdk;
use anyhow::{Context, Result, bail};
use clap::Args;
use isolator_guest_shim::BuiltGuest;
use serde::Serialize;
use stats::{Row, sample, scaled};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Programs of the compute rows.
const PROGRAMS: &[&str] = &[
    "sieve",
    "matrix",
    "words",
    "json",
    "linq",
    "strings",
    "regex",
    "bigint",
    "utf8",
    "split",
    "sort",
    "formatting",
    "sha256",
    "pbkdf2_600k",
    "loop",
    "bodies",
];

/// Arguments of `bench`.
#[derive(Args)]
pub struct Bench {
    /// Also write the rows as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// How often each row is measured.
    #[arg(long, default_value_t = 300)]
    samples: usize,
    /// Measure machine code that was made for this machine's processor alone, instead of common ones.
    #[arg(long)]
    native: bool,
    /// Leave out the guest without compiled code.
    #[arg(long)]
    ordinary_only: bool,
    /// Measure with this build, also if it is not a release build: for a quick look while developing.
    #[arg(long)]
    this_build: bool,
    /// Measure pieces of the base library alone: all, or those whose names begin so.
    #[arg(long, value_name = "PIECE", num_args = 0..)]
    library: Option<Vec<String>>,
    /// Measure an application that is prepared in a snapshot, and nothing else.
    #[arg(long)]
    only_app: bool,
    /// Have ten thousand runtimes of that application live at once, too: it takes 10 GiB of memory, and some minutes.
    #[arg(long)]
    many: bool,
    /// Measure programs that are compiled ahead, and nothing else.
    #[arg(long)]
    only_ahead: bool,
    /// Measure C# scripts, and nothing else.
    #[arg(long)]
    only_script: bool,
}

/// Content of the JSON file.
#[derive(Serialize)]
struct Report<'a> {
    dotnet: &'a str,
    guest: &'a str,
    rows: &'a [Row],
}

impl Bench {
    /// Measures and prints.
    pub fn run(&self, workspace: &Path) -> Result<()> {
        if cfg!(debug_assertions) && !self.this_build {
            return self.again_in_release(workspace);
        }
        let mut guest = BuildGuest::ordinary(false);
        guest.native = self.native;
        let built = guest.run(workspace)?;
        if self.only_app {
            let sdk = Sdk::find(workspace)?;
            let rows = app::rows(&sdk, workspace, &built.folder, self.samples, self.many)?;
            print_table(&rows);
            return self.write_json(&built, &rows);
        }
        if self.only_script {
            let sdk = Sdk::find(workspace)?;
            let rows = script::rows(&sdk, workspace, &built.folder, self.samples)?;
            print_table(&rows);
            return self.write_json(&built, &rows);
        }
        if self.only_ahead {
            let sdk = Sdk::find(workspace)?;
            let rows = ahead::rows(&sdk, workspace, &built.folder, self.samples)?;
            print_table(&rows);
            return self.write_json(&built, &rows);
        }
        let interpreted = match self.ordinary_only || self.library.is_some() {
            true => None,
            false => Some(guest.interpreted().run(workspace)?.folder),
        };
        let sdk = Sdk::find(workspace)?;
        let out = workspace.join("target/bench");
        sdk.build(&workspace.join("xtask/bench/Bench.csproj"), Some(&out))?;
        if let Some(only) = &self.library {
            let pieces = library::pieces(&sdk, &built.folder, &out, only)?;
            library::print(pieces.iter().collect());
            return Ok(());
        }

        let mut rows = floor::rows(built.manifest.initial_memory_pages, self.samples)?;
        rows.extend(guest::rows(&built.folder, &out, self.samples)?);
        rows.extend(limits::rows(&built.folder, &out, self.samples)?);
        rows.extend(component::rows(
            &built.folder,
            built.manifest.needs,
            self.samples,
        )?);
        rows.extend(csharp::rows(&sdk, workspace, &built.folder)?);
        rows.push(process_per_job(&sdk, &out)?);
        for name in PROGRAMS {
            rows.extend(compute(
                &sdk,
                (&built.folder, interpreted.as_deref()),
                &out,
                name,
            )?);
        }
        rows.extend(ahead::rows(&sdk, workspace, &built.folder, self.samples)?);
        rows.extend(app::rows(
            &sdk,
            workspace,
            &built.folder,
            self.samples,
            self.many,
        )?);
        print(&rows);
        let pieces = library::pieces(&sdk, &built.folder, &out, &[])?;
        println!();
        library::print(pieces.iter().collect());
        rows.extend(
            pieces
                .into_iter()
                .flat_map(|piece| [piece.inside, piece.native]),
        );
        self.write_json(&built, &rows)
    }

    fn write_json(&self, built: &BuiltGuest, rows: &[Row]) -> Result<()> {
        let Some(path) = &self.json else {
            return Ok(());
        };
        let report = Report {
            dotnet: &built.manifest.dotnet_version,
            guest: &built.manifest.digest,
            rows,
        };
        std::fs::write(path, serde_json::to_vec_pretty(&report)?)
            .with_context(|| format!("write {}", path.display()))
    }

    /// Numbers of a debug build say nothing.
    fn again_in_release(&self, workspace: &Path) -> Result<()> {
        // Together with this program, which then is not built again.
        crate::pack::release_library(workspace)?;
        // Not `cargo run`, which takes one package: its features alone would make the engine a second build.
        let program = workspace
            .join("target/release")
            .join(format!("xtask{}", std::env::consts::EXE_SUFFIX));
        let mut again = Command::new(&program);
        again.current_dir(workspace).arg("bench");
        again.arg("--samples").arg(self.samples.to_string());
        for (wanted, flag) in [
            (self.native, "--native"),
            (self.ordinary_only, "--ordinary-only"),
            (self.only_ahead, "--only-ahead"),
            (self.only_script, "--only-script"),
            (self.only_app, "--only-app"),
            (self.many, "--many"),
        ] {
            if wanted {
                again.arg(flag);
            }
        }
        if let Some(only) = &self.library {
            again.arg("--library").args(only);
        }
        if let Some(path) = &self.json {
            again.arg("--json").arg(std::path::absolute(path)?);
        }
        if again
            .status()
            .with_context(|| format!("start {}", program.display()))?
            .success()
        {
            Ok(())
        } else {
            bail!("the release build's bench failed")
        }
    }
}

/// A `dotnet` process per job, start to end.
fn process_per_job(sdk: &Sdk, out: &Path) -> Result<Row> {
    let samples = sample(30, || {
        let output = native(sdk, out, &[])?;
        anyhow::ensure!(output.trim() == "3", "the job printed {output}");
        Ok(())
    })?;
    Ok(Row::of(
        "dotnet_process_ms",
        "a `dotnet` process per job (no sandbox)",
        "ms",
        scaled(samples, 1e-3),
    ))
}

fn native(sdk: &Sdk, out: &Path, args: &[&str]) -> Result<String> {
    native_program(sdk, &out.join("Bench.dll"), args)
}

fn native_program(sdk: &Sdk, program: &Path, args: &[&str]) -> Result<String> {
    let mut command = Command::new(&sdk.tools.dotnet);
    command
        .arg(program)
        .args(args)
        .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
    let output = command.output().context("start dotnet")?;
    anyhow::ensure!(
        output.status.success(),
        "dotnet failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A program inside, in the guest without compiled code if there is one, and native. The results must agree, or the times mean nothing.
fn compute(
    sdk: &Sdk,
    (image, interpreted): (&Path, Option<&Path>),
    out: &Path,
    name: &str,
) -> Result<Vec<Row>> {
    let (inside, result) = guest::compute(image, out, name, 20)?;
    let mut rows = Vec::new();
    if let Some(interpreted) = interpreted {
        let (times, same) = guest::compute(interpreted, out, name, 10)?;
        anyhow::ensure!(
            same == result,
            "{name} gives {result} inside, and {same} in the guest without compiled code"
        );
        rows.push(Row::of(
            &format!("{name}_interpreted_ms"),
            &format!("compute: {name}, all interpreted"),
            "ms",
            times,
        ));
    }
    let mut times = Vec::new();
    for _ in 0..5 {
        let printed = native(sdk, out, &[name])?;
        let (time, value) = printed
            .trim()
            .split_once(' ')
            .context("the native program printed no time")?;
        anyhow::ensure!(
            value.parse::<f64>()? == result,
            "{name} gives {result} inside and {value} natively"
        );
        times.push(time.parse()?);
    }
    rows.extend([
        Row::of(
            &format!("{name}_inside_ms"),
            &format!("compute: {name}, inside"),
            "ms",
            inside,
        ),
        Row::of(
            &format!("{name}_native_ms"),
            &format!("compute: {name}, native .NET"),
            "ms",
            times,
        ),
    ]);
    Ok(rows)
}

/// The table, in Markdown.
fn print_table(rows: &[Row]) {
    println!("| what | key | median | 10 % – 90 % | samples | target |");
    println!("|---|---|---:|---:|---:|---|");
    for row in rows {
        let target = match (row.target, row.reached()) {
            (Some(target), Some(true)) => format!("{target} reached"),
            (Some(target), _) => format!("{target} **missed** ({:.2}×)", row.median / target),
            (None, _) => String::new(),
        };
        let Row {
            what,
            key,
            unit,
            median,
            low,
            high,
            samples,
            ..
        } = row;
        println!(
            "| {what} | `{key}` | {} {unit} | {} – {} | {samples} | {target} |",
            figure(*median),
            figure(*low),
            figure(*high)
        );
    }
}

/// The table, and what follows from it.
fn print(rows: &[Row]) {
    print_table(rows);
    let value = |key: &str| {
        rows.iter()
            .find(|row| row.key == key)
            .map_or(f64::NAN, |row| row.median)
    };
    println!(
        "\nRatios: create {:.1}× a bare instance, {:.2}× the component form; a fresh call {:.0}× faster than a `dotnet` process.",
        value("create_us") / value("bare_create_us"),
        value("create_us") / value("component_create_us"),
        value("dotnet_process_ms") * 1e3 / value("fresh_call_us")
    );
    for name in PROGRAMS {
        let native = value(&format!("{name}_native_ms"));
        println!(
            "{name}: {:.1}× native",
            value(&format!("{name}_inside_ms")) / native
        );
    }
}

/// Three significant digits.
fn figure(value: f64) -> String {
    match value.abs() {
        v if v >= 1000.0 => format!("{value:.0}"),
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
