//! What a runtime that attacks costs those beside it: the slowest hundredth of their answers, with and without it.

use super::stats::{Row, micros};
use anyhow::{Result, ensure};
use isolator_host::{IsolatedRuntime, IsolatedRuntimeHost, Limits};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Runtimes that answer, all on one thread, one call after the other.
const NEIGHBOURS: i32 = 100;
/// How often all of them answer in one round. Each round gives one 99th percentile.
const TURNS: usize = 20;
const ROUNDS: usize = 15;

/// Measures both rows.
pub fn rows(host: &IsolatedRuntimeHost) -> Result<[Row; 2]> {
    let mut neighbours = Vec::new();
    for _ in 0..NEIGHBOURS {
        neighbours.push(host.create_runtime()?);
    }
    round(&mut neighbours)?;
    let alone = (0..ROUNDS)
        .map(|_| round(&mut neighbours))
        .collect::<Result<Vec<_>>>()?;
    let done = AtomicBool::new(false);
    let attacked = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for method in ["Loop", "Allocate", "Recurse", "Throw"] {
                    drop(attack(host, method));
                }
            }
        });
        let measured = (0..ROUNDS)
            .map(|_| round(&mut neighbours))
            .collect::<Result<Vec<_>>>();
        done.store(true, Ordering::Relaxed);
        measured
    })?;
    Ok([
        Row::of(
            "neighbours_p99_us",
            "call into one of 100 runtimes: 99th percentile",
            "µs",
            alone,
        ),
        Row::of(
            "attacked_p99_us",
            "the same, while a runtime attacks: 99th percentile",
            "µs",
            attacked,
        ),
    ])
}

/// The 99th percentile of a round, in microseconds.
fn round(neighbours: &mut [IsolatedRuntime]) -> Result<f64> {
    let mut took = Vec::new();
    for turn in 0..TURNS {
        for (number, runtime) in (0..).zip(neighbours.iter_mut()) {
            let began = Instant::now();
            let sum: i32 = runtime.call("Bench", "Bench.Calls", "Add", (number, turn as i32))?;
            took.push(micros(began.elapsed()));
            ensure!(sum == number + turn as i32, "Add gave {sum}");
        }
    }
    took.sort_by(f64::total_cmp);
    Ok(took.get(took.len() * 99 / 100).copied().unwrap_or(f64::NAN))
}

fn attack(host: &IsolatedRuntimeHost, method: &str) -> Result<()> {
    let limits = Limits::default()
        .call_timeout(Duration::from_millis(100))
        .memory(64 << 20);
    let mut runtime = host.runtime().limits(limits).create()?;
    Ok(runtime.call("Bench", "Bench.Attacks", method, ())?)
}
