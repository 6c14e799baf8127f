//! Calls of every kind but the plainest: objects, callbacks, bytes, types that are met first, awaited host calls.

use super::stats::{Row, micros, sample, sample_batches, scaled};
use crate::record::Sample;
use anyhow::{Context, Result, ensure};
use isolator_host::IsolatedRuntimeHost;
use std::time::Instant;

/// Host calls that one measured guest call makes.
const CALLBACKS: i32 = 1000;

/// Calls of a measured batch.
const BATCH: i32 = 10_000;

/// Bytes of the large payload.
const LARGE: usize = 1 << 20;

/// Runtimes and awaited calls in each, all outstanding at once on one thread.
const WAITING: (usize, i32) = (100, 10);

/// Measures all rows.
pub fn rows(host: &IsolatedRuntimeHost, samples: usize) -> Result<Vec<Row>> {
    let mut rows = vec![
        handle(host, samples)?,
        batch(host, samples)?,
        callback(host, samples)?,
        new_type(host, samples)?,
    ];
    rows.extend(large(host, samples)?);
    rows.push(awaited(host, samples)?);
    Ok(rows)
}

fn handle(host: &IsolatedRuntimeHost, samples: usize) -> Result<Row> {
    let mut runtime = host.create_runtime()?;
    let counter = runtime.create_object("Bench", "Bench.Counter")?;
    let increment = runtime.find_method("Bench", "Bench.Counter", "Increment")?;
    let mut expected = 0;
    let calls = sample_batches(samples, 1000, || {
        expected += 1;
        let value: i32 = runtime.invoke_on(&increment, &counter, (1,))?;
        ensure!(value == expected, "Increment gave {value}");
        Ok(())
    })?;
    Ok(Row::of(
        "handle_call_ns",
        "call of an object's method, int → int",
        "ns",
        scaled(calls, 1000.0),
    )
    .target(600.0))
}

fn batch(host: &IsolatedRuntimeHost, samples: usize) -> Result<Row> {
    let mut runtime = host.create_runtime()?;
    let counter = runtime.create_object("Bench", "Bench.Counter")?;
    let increment = runtime.find_method("Bench", "Bench.Counter", "Increment")?;
    let size = usize::try_from(BATCH)?;
    let (ones, mut counts) = (vec![1; size], vec![0; size]);
    let mut last = 0;
    let times = sample(samples, || {
        runtime.invoke_batch(&increment, Some(&counter), (&ones,), &mut counts)?;
        last += BATCH;
        ensure!(counts.last() == Some(&last), "Increment gave {counts:?}");
        Ok(())
    })?;
    Ok(Row::of(
        "batch_element_ns",
        "element of a batch of 10,000 calls of an object's method, int → int",
        "ns",
        scaled(times, 1000.0 / f64::from(BATCH)),
    )
    .target(42.0))
}

fn callback(host: &IsolatedRuntimeHost, samples: usize) -> Result<Row> {
    let mut runtime = host.create_runtime()?;
    runtime.register_callback("next", |value: i32| value + 1);
    let call = runtime.find_method("Bench", "Bench.Calls", "CallHost")?;
    // Beyond the count at which the interpreter optimizes a method.
    let _: i32 = runtime.invoke(&call, (2 * CALLBACKS,))?;
    let times = sample(samples, || {
        let value: i32 = runtime.invoke(&call, (CALLBACKS,))?;
        ensure!(value == CALLBACKS, "CallHost gave {value}");
        Ok(())
    })?;
    Ok(Row::of(
        "callback_us",
        "callback, int → int",
        "µs",
        scaled(times, 1.0 / f64::from(CALLBACKS)),
    )
    .target(1.5))
}

fn new_type(host: &IsolatedRuntimeHost, samples: usize) -> Result<Row> {
    let record = Sample::new();
    let mut times = Vec::new();
    for _ in 0..samples {
        let mut runtime = host.create_runtime()?;
        let echo = runtime.find_method("Bench", "Bench.Calls", "Echo")?;
        let began = Instant::now();
        let back: Sample = runtime.invoke(&echo, (&record,))?;
        times.push(micros(began.elapsed()));
        ensure!(back.id == 2, "Echo gave {back:?}");
    }
    Ok(Row::of(
        "new_type_ms",
        "first call with a 5-field type that the runtime has not met",
        "ms",
        scaled(times, 1e-3),
    )
    .target(5.0))
}

fn large(host: &IsolatedRuntimeHost, samples: usize) -> Result<[Row; 2]> {
    let mut runtime = host.create_runtime()?;
    let echo = runtime.find_method("Bench", "Bench.Calls", "EchoBytes")?;
    let payload = vec![7u8; LARGE];
    let times = sample(samples, || {
        let back = runtime.invoke_raw(&echo, None, &payload)?;
        ensure!(back.len() == LARGE, "{} bytes came back", back.len());
        Ok(back)
    })?;
    let (mut there, mut back) = (vec![0u8; LARGE], vec![0u8; LARGE]);
    let copies = sample(samples, || {
        there.copy_from_slice(std::hint::black_box(&payload));
        back.copy_from_slice(std::hint::black_box(&there));
        std::hint::black_box(&back);
        Ok(())
    })?;
    Ok([
        Row::of("megabyte_us", "1 MB of bytes each way", "µs", times),
        Row::of("megabyte_memcpy_us", "memcpy of 1 MB, twice", "µs", copies),
    ])
}

/// Time per awaited host call, when all of all runtimes wait at once on one thread.
fn awaited(host: &IsolatedRuntimeHost, samples: usize) -> Result<Row> {
    let executor = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .build()
        .context("start an executor")?;
    let (runtimes, calls) = WAITING;
    let times = executor.block_on(async {
        let mut all = Vec::new();
        for _ in 0..runtimes {
            let mut runtime = host.create_runtime()?;
            runtime.register_async_callback("later", |value: i32| async move {
                tokio::task::yield_now().await;
                value
            });
            all.push(runtime.into_async()?);
        }
        let mut times = Vec::new();
        for _ in 0..(samples / 10).max(5) {
            let began = Instant::now();
            let tasks: Vec<_> = all
                .iter()
                .map(|runtime| {
                    tokio::spawn(runtime.call::<i32>("Bench", "Bench.Calls", "AwaitHost", (calls,)))
                })
                .collect();
            for task in tasks {
                let sum = task.await.context("a call's task")??;
                ensure!(sum == calls * (calls - 1) / 2, "AwaitHost gave {sum}");
            }
            times.push(micros(began.elapsed()) / (runtimes as f64 * f64::from(calls)));
        }
        Ok(times)
    })?;
    Ok(Row::of(
        "awaited_call_us",
        "awaited host call, 1,000 at once over 100 runtimes on one thread",
        "µs",
        times,
    ))
}
