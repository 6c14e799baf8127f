//! The rows of the C# host library: a C# program measures them, over the native library of this build.

use super::stats::Row;
use crate::managed::Sdk;
use anyhow::{Context, Result, ensure};
use isolator_guest_shim::tools;
use serde::Deserialize;
use std::path::Path;
use std::process::Command;

const PROJECT: &str = "bindings/dotnet/DotNetIsolator.Bench/DotNetIsolator.Bench.csproj";
const PROGRAM: &str =
    "target/dotnet/bin/DotNetIsolator.Bench/Release/net10.0/DotNetIsolator.Bench.dll";

/// Processes that make a first call.
const PROCESSES: usize = 15;

/// A line that the program prints; times are nanoseconds.
#[derive(Deserialize)]
struct Line {
    name: String,
    /// Instead of the one that the name makes.
    key: Option<String>,
    median: f64,
    p10: f64,
    p90: f64,
    samples: usize,
    target: Option<f64>,
}

/// Builds the program, and has it measure.
pub fn rows(sdk: &Sdk, workspace: &Path, guest: &Path) -> Result<Vec<Row>> {
    let profile = if cfg!(debug_assertions) {
        "debug"
    } else {
        "release"
    };
    let library = workspace
        .join("target")
        .join(profile)
        .join(crate::test::library_file());
    ensure!(library.is_file(), "{} was not built", library.display());
    sdk.build(&workspace.join(PROJECT), None)?;
    let program = || {
        let mut program = Command::new(&sdk.tools.dotnet);
        program
            .arg(workspace.join(PROGRAM))
            .env("ISOLATOR_NATIVE", &library)
            .env("ISOLATOR_GUEST", guest)
            .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
        program
    };
    let mut first = Vec::new();
    for _ in 0..PROCESSES {
        let printed = tools::run("measure a first call from C#", program().arg("--first"))?;
        let nanoseconds: f64 = printed
            .trim()
            .parse()
            .with_context(|| format!("the C# program printed {printed:?}"))?;
        first.push(nanoseconds / 1e6);
    }
    let mut rows = vec![
        Row::of(
            "csharp_first_call_of_a_process",
            "C#: from the start of a program to the first call's answer",
            "ms",
            first,
        )
        .target(50.0),
    ];
    let printed = tools::run("measure the C# library", &mut program())?;
    let lines: Vec<Row> = printed.lines().map(row).collect::<Result<_>>()?;
    ensure!(!lines.is_empty(), "the C# program measured nothing");
    rows.extend(lines);
    Ok(rows)
}

fn row(line: &str) -> Result<Row> {
    let line: Line =
        serde_json::from_str(line).with_context(|| format!("the C# program printed {line:?}"))?;
    // Microseconds where that reads better; a row of each kind has the same unit in every run, since the target decides.
    let (unit, factor) = match line.target {
        Some(target) if target >= 1_000_000.0 => ("ms", 1e-6),
        Some(target) if target < 1_000.0 => ("ns", 1.0),
        _ => ("µs", 1e-3),
    };
    Ok(Row {
        key: line.key.unwrap_or_else(|| key(&line.name)),
        what: line.name.replacen("csharp/", "C#: ", 1),
        unit,
        median: line.median * factor,
        low: line.p10 * factor,
        high: line.p90 * factor,
        samples: line.samples,
        target: line.target.map(|target| target * factor),
    })
}

/// The name as a key: letters and digits, joined by underscores.
fn key(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_becomes_a_row() {
        let row = row(r#"{"name":"csharp/int to int","unit":"ns","median":500.0,"p10":490,"p90":550.5,"samples":100,"target":600}"#).unwrap();
        assert_eq!(
            (row.key.as_str(), row.unit, row.median),
            ("csharp_int_to_int", "ns", 500.0)
        );
        assert_eq!(row.reached(), Some(true));
        assert!(super::row("not JSON").is_err());
    }
}
