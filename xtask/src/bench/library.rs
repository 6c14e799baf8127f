//! Rows `bcl_*`: small programs that each do one thing that everybody uses of the base library, inside and natively.

use super::stats::{Row, sample, scaled};
use crate::managed::Sdk;
use anyhow::{Context, Result, ensure};
use isolator_host::{IsolatedRuntime, IsolatedRuntimeHost};
use std::collections::BTreeMap;
use std::path::Path;

/// How often each is timed inside.
const SAMPLES: usize = 15;

const CLASS: &str = "Bench.Library.Pieces";

/// One piece, both ways.
pub struct Piece {
    name: String,
    /// Inside.
    pub inside: Row,
    /// By a native .NET.
    pub native: Row,
}

impl Piece {
    fn ratio(&self) -> f64 {
        self.inside.median / self.native.median
    }
}

/// Measures all pieces, or those whose names begin with one of these. The results must agree, or the times mean nothing.
pub fn pieces(sdk: &Sdk, image: &Path, out: &Path, only: &[String]) -> Result<Vec<Piece>> {
    let native = natively(sdk, out)?;
    let host = IsolatedRuntimeHost::builder()
        .guest(image)
        .assembly_directory(out)?
        .build()?;
    let names: Vec<String> = host.create_runtime()?.call("Bench", CLASS, "Names", ())?;
    let wanted = |name: &String| only.is_empty() || only.iter().any(|o| name.starts_with(o));
    names
        .into_iter()
        .filter(wanted)
        .map(|name| {
            let &(time, expected) = native
                .get(&name)
                .with_context(|| format!("the native program did not run {name}"))?;
            let mut runtime = host.create_runtime()?;
            let times = inside(&mut runtime, &name, expected)?;
            let key = name.replace('-', "_");
            Ok(Piece {
                inside: Row::of(
                    &format!("bcl_{key}_inside_ms"),
                    &format!("base library: {name}, inside"),
                    "ms",
                    times,
                ),
                native: Row::of(
                    &format!("bcl_{key}_native_ms"),
                    &format!("base library: {name}, native .NET"),
                    "ms",
                    vec![time],
                ),
                name,
            })
        })
        .collect()
}

/// Milliseconds of each run but the first.
fn inside(runtime: &mut IsolatedRuntime, name: &str, expected: f64) -> Result<Vec<f64>> {
    let run = runtime.find_method("Bench", CLASS, "Run")?;
    let result: f64 = runtime.invoke(&run, (name,))?;
    ensure!(
        result == expected,
        "{name} gives {result} inside and {expected} natively"
    );
    let times = sample(SAMPLES, || Ok(runtime.invoke::<f64>(&run, (name,))?))?;
    Ok(scaled(times, 1e-3))
}

/// Milliseconds and result of each, in one process.
fn natively(sdk: &Sdk, out: &Path) -> Result<BTreeMap<String, (f64, f64)>> {
    super::native(sdk, out, &["--library"])?
        .lines()
        .map(|line| {
            let mut words = line.split_whitespace();
            let mut next = || {
                words
                    .next()
                    .context("the native program printed too little")
            };
            Ok((next()?.to_owned(), (next()?.parse()?, next()?.parse()?)))
        })
        .collect()
}

/// The table, in Markdown, by ratio.
pub fn print(mut pieces: Vec<&Piece>) {
    pieces.sort_by(|a, b| b.ratio().total_cmp(&a.ratio()));
    println!("| piece of the base library | inside | native .NET | inside to native |");
    println!("|---|---:|---:|---:|");
    for piece in &pieces {
        println!(
            "| {} | {:.3} ms | {:.3} ms | {:.1}× |",
            piece.name,
            piece.inside.median,
            piece.native.median,
            piece.ratio()
        );
    }
    let mean = pieces.iter().map(|piece| piece.ratio().ln()).sum::<f64>() / pieces.len() as f64;
    println!(
        "\nThe geometric mean of the {} pieces is {:.1} times native.",
        pieces.len(),
        mean.exp()
    );
}
