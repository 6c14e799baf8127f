//! The rows of the product itself.

use super::stats::{Row, micros, sample, sample_batches, scaled};
use crate::record::Sample;
use anyhow::{Context, Result};
use isolator_host::{IsolatedRuntime, IsolatedRuntimeHost};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Live runtimes whose memory is measured.
const LIVE: u32 = 1000;

fn host(image: &Path, assemblies: &Path) -> Result<IsolatedRuntimeHost> {
    Ok(IsolatedRuntimeHost::builder()
        .guest(image)
        .assembly_directory(assemblies)?
        .max_runtimes(LIVE + 64)
        .build()?)
}

fn first_call(runtime: &mut IsolatedRuntime) -> Result<()> {
    let sum: i32 = runtime.call("System.Private.CoreLib", "System.Math", "Abs", (-3,))?;
    anyhow::ensure!(sum == 3, "Math.Abs(-3) gave {sum}");
    Ok(())
}

/// Measures all rows.
pub fn rows(image: &Path, assemblies: &Path, samples: usize) -> Result<Vec<Row>> {
    let load = sample(samples, || host(image, assemblies))?;
    let host = host(image, assemblies)?;
    let mut rows = vec![
        Row::of(
            "host_load_ms",
            "load a precompiled guest",
            "ms",
            scaled(load, 1e-3),
        )
        .target(3.0),
        Row::of(
            "create_us",
            "create a runtime",
            "µs",
            sample(samples, || Ok(host.create_runtime()?))?,
        )
        .target(20.0),
    ];
    let fresh = sample(samples, || {
        let mut runtime = host.create_runtime()?;
        first_call(&mut runtime)?;
        Ok(runtime)
    })?;
    rows.push(
        Row::of(
            "fresh_call_us",
            "create, start, first call of a BCL method that the image is warmed with",
            "µs",
            fresh,
        )
        .target(70.0),
    );
    let fresh = sample(samples, || {
        let mut runtime = host.create_runtime()?;
        let sign: i32 = runtime.call("System.Private.CoreLib", "System.Math", "Sign", (-3,))?;
        anyhow::ensure!(sign == -1, "Math.Sign(-3) gave {sign}");
        Ok(runtime)
    })?;
    rows.push(Row::of(
        "fresh_unwarmed_call_us",
        "the same of a BCL method that no runtime has called",
        "µs",
        fresh,
    ));

    let mut runtime = host.create_runtime()?;
    let add = runtime.find_method("Bench", "Bench.Calls", "Add")?;
    let calls = sample_batches(samples, 1000, || {
        let sum: i32 = runtime.invoke(&add, (1, 2))?;
        anyhow::ensure!(sum == 3, "Add(1, 2) gave {sum}");
        Ok(())
    })?;
    rows.push(
        Row::of(
            "scalar_call_ns",
            "(int, int) → int call",
            "ns",
            scaled(calls, 1000.0),
        )
        .target(250.0),
    );

    let echo = runtime.find_method("Bench", "Bench.Calls", "Echo")?;
    let record = Sample::new();
    let calls = sample_batches(samples, 50, || {
        let back: Sample = runtime.invoke(&echo, (&record,))?;
        anyhow::ensure!(back.id == 2, "Echo gave {back:?}");
        Ok(())
    })?;
    rows.push(
        Row::of(
            "record_call_us",
            "call with a 5-field record each way",
            "µs",
            calls,
        )
        .target(30.0),
    );
    drop(runtime);

    rows.extend(super::calls::rows(&host, samples)?);
    rows.extend(super::neighbours::rows(&host)?);
    rows.push(
        Row::of(
            "private_kb",
            "private memory of a live runtime, 1,000 live",
            "KB",
            private_memory(&host)?,
        )
        .target(120.0),
    );
    rows.push(
        Row::of(
            "cycles_per_s",
            "create + call + drop, all cores",
            "/s",
            cycles(Arc::new(host), samples)?,
        )
        .target(20_000.0),
    );

    let host = IsolatedRuntimeHost::builder()
        .guest(image)
        .max_runtimes(64)
        .keep_resident(0)
        .build()?;
    let fresh = sample(samples, || {
        let mut runtime = host.create_runtime()?;
        first_call(&mut runtime)?;
        Ok(runtime)
    })?;
    rows.push(Row::of(
        "fresh_call_unmapped_us",
        "create, start, first call, with `keep_resident(0)`",
        "µs",
        fresh,
    ));
    let rates = cycles(Arc::new(host), samples)?;
    rows.push(Row::of(
        "cycles_unmapped_per_s",
        "create + call + drop, all cores, with `keep_resident(0)`",
        "/s",
        rates,
    ));
    Ok(rows)
}

/// Private bytes per runtime, as the process' anonymous memory grows over 1,000 of them.
fn private_memory(host: &IsolatedRuntimeHost) -> Result<Vec<f64>> {
    let before = anonymous_kb()?;
    let mut live = Vec::with_capacity(LIVE as usize);
    for i in 0..LIVE {
        let mut runtime = host
            .create_runtime()
            .with_context(|| format!("live runtime {i}"))?;
        first_call(&mut runtime)?;
        live.push(runtime);
    }
    Ok(vec![(anonymous_kb()? - before) / f64::from(LIVE)])
}

/// Kilobytes of anonymous memory in use. Only Linux says it without a library.
pub(super) fn anonymous_kb() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")
        .context("the memory row needs Linux's /proc")?;
    let line = status
        .lines()
        .find(|line| line.starts_with("RssAnon:"))
        .context("/proc/self/status has no RssAnon")?;
    line.split_whitespace()
        .nth(1)
        .and_then(|kb| kb.parse().ok())
        .context("RssAnon is not a number")
}

/// Runtimes made, called and dropped per second, by one thread per core, in slices of 50 ms.
fn cycles(host: Arc<IsolatedRuntimeHost>, samples: usize) -> Result<Vec<f64>> {
    let cores = std::thread::available_parallelism()?.get();
    let slices = (samples / 5).clamp(10, 60);
    let done = AtomicU64::new(0);
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores)
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    while !stop.load(Ordering::Relaxed) {
                        first_call(&mut host.create_runtime()?)?;
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(())
                })
            })
            .collect();
        let mut rates = Vec::with_capacity(slices);
        let (mut last, mut began) = (done.load(Ordering::Relaxed), Instant::now());
        for _ in 0..slices {
            std::thread::sleep(Duration::from_millis(50));
            let (now, count) = (Instant::now(), done.load(Ordering::Relaxed));
            rates.push((count - last) as f64 * 1e6 / micros(now - began));
            (last, began) = (count, now);
        }
        stop.store(true, Ordering::Relaxed);
        for worker in workers {
            worker
                .join()
                .map_err(|_| anyhow::anyhow!("a worker panicked"))??;
        }
        Ok(rates)
    })
}

/// Compute: each program inside, in milliseconds, with its result.
pub fn compute(
    image: &Path,
    assemblies: &Path,
    name: &str,
    samples: usize,
) -> Result<(Vec<f64>, f64)> {
    let host = host(image, assemblies)?;
    let mut runtime = host.create_runtime()?;
    let run = runtime.find_method("Bench", "Bench.Compute", "Run")?;
    let result: f64 = runtime.invoke(&run, (name,))?;
    let times = sample(samples, || Ok(runtime.invoke::<f64>(&run, (name,))?))?;
    Ok((scaled(times, 1e-3), result))
}
