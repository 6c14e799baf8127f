//! What limits cost, and how late they come: the same work with and without them, measured in turns.

use super::stats::{Row, micros, sample, sample_batches, scaled};
use anyhow::{Context, Result, ensure};
use isolator_host::{
    Error, HostLimits, IsolatedMethod, IsolatedRuntime, IsolatedRuntimeHost, LimitKind, Limits,
    OutputOverflow,
};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Calls that are timed together.
const BATCH: u32 = 1000;

/// The program of the compute rows.
const PROGRAM: &str = "sieve";

/// Time that a call is given before it is stopped: enough for the calls before it, which load an assembly.
const DEADLINE: Duration = Duration::from_millis(100);

/// Limits of memory and wall time, as a runtime has by default.
fn ordinary() -> Limits {
    Limits::default()
}

/// Every limit that there is, but fuel, which is another host's.
fn all() -> Limits {
    let limits = Limits::default()
        .memory(64 << 20)
        .call_timeout(Duration::from_secs(10))
        .lifetime(Duration::from_secs(3600))
        .max_output(1 << 20)
        .output_overflow(OutputOverflow::Truncate)
        .max_callbacks(1_000_000)
        .callback_rate(1_000_000)
        .max_callback_depth(8)
        .max_handles(10_000)
        .max_value(1 << 20)
        .max_buffers(1 << 20)
        .directory_bytes(1 << 20)
        .max_files(100)
        .max_open_files(10)
        .coarse_clock(Duration::from_millis(1));
    if cfg!(unix) {
        limits
            .call_cpu(Duration::from_secs(5))
            .total_cpu(Duration::from_secs(60))
    } else {
        limits
    }
}

/// A runtime with the methods that are measured.
struct Measured {
    runtime: IsolatedRuntime,
    add: IsolatedMethod,
    run: IsolatedMethod,
}

impl Measured {
    fn new(host: &IsolatedRuntimeHost, limits: Limits) -> Result<Self> {
        let mut runtime = host.runtime().limits(limits).create()?;
        let add = runtime.find_method("Bench", "Bench.Calls", "Add")?;
        let run = runtime.find_method("Bench", "Bench.Compute", "Run")?;
        let _: f64 = runtime.invoke(&run, (PROGRAM,))?;
        Ok(Self { runtime, add, run })
    }

    /// Microseconds of a call, over a batch.
    fn call(&mut self) -> Result<f64> {
        let times = sample_batches(1, BATCH, || {
            let sum: i32 = self.runtime.invoke(&self.add, (1, 2))?;
            ensure!(sum == 3, "Add(1, 2) gave {sum}");
            Ok(())
        })?;
        times.first().copied().context("no time")
    }

    /// Microseconds of the program.
    fn compute(&mut self) -> Result<f64> {
        let began = Instant::now();
        let _: f64 = self.runtime.invoke(&self.run, (PROGRAM,))?;
        Ok(micros(began.elapsed()))
    }
}

/// Measures all rows.
pub fn rows(image: &Path, assemblies: &Path, samples: usize) -> Result<Vec<Row>> {
    let builder = || -> Result<_> {
        Ok(IsolatedRuntimeHost::builder()
            .guest(image)
            .assembly_directory(assemblies)?
            .max_runtimes(64))
    };
    let host = builder()?.build()?;
    let fueled = builder()?.meter_fuel().build()?;
    let kinds = [
        (
            "unlimited",
            "no limits",
            Measured::new(&host, Limits::none())?,
        ),
        (
            "limited",
            "limits of memory and wall time",
            Measured::new(&host, ordinary())?,
        ),
        (
            "all_limits",
            "all limits, of CPU time too",
            Measured::new(&host, all())?,
        ),
        (
            "fueled",
            "fuel counted",
            Measured::new(&fueled, Limits::none().fuel(u64::MAX / 2))?,
        ),
    ];
    let mut rows = Vec::new();
    let mut measured: Vec<_> = kinds
        .into_iter()
        .map(|(key, what, runtime)| (key, what, runtime, Vec::new(), Vec::new()))
        .collect();
    // In turns, so that all meet the same moods of the machine.
    for round in 0..samples {
        for (_, _, runtime, calls, compute) in &mut measured {
            calls.push(runtime.call()?);
            if round < 20 {
                compute.push(runtime.compute()?);
            }
        }
    }
    for (key, what, _, calls, compute) in measured {
        rows.push(Row::of(
            &format!("scalar_{key}_ns"),
            &format!("(int, int) → int call, {what}"),
            "ns",
            scaled(calls, 1000.0),
        ));
        rows.push(Row::of(
            &format!("{PROGRAM}_{key}_ms"),
            &format!("compute: {PROGRAM}, {what}"),
            "ms",
            scaled(compute, 1e-3),
        ));
    }

    let full = builder()?
        .limits(all())
        .host_limits(HostLimits::default().memory(1 << 30).running_calls(64))
        .build()?;
    rows.push(
        Row::of(
            "create_all_limits_us",
            "create a runtime with all limits set",
            "µs",
            sample(samples, || Ok(full.create_runtime()?))?,
        )
        .target(25.0),
    );
    rows.extend(overrun(&host, samples)?);
    Ok(rows)
}

/// How much later than its deadline a call ends that computes for ever, with as many of them as there are cores; and, in turns with
/// it, how late native code is that is stopped in the same way: that is what the machine itself adds.
fn overrun(host: &IsolatedRuntimeHost, samples: usize) -> Result<[Row; 4]> {
    let cores = std::thread::available_parallelism()?.get();
    let (mut guests, mut natives) = (Vec::new(), Vec::new());
    // A 99th percentile wants some hundreds.
    for _ in 0..(2 * samples).div_ceil(cores) {
        guests.extend(on_all(cores, || late_guest(host))?);
        natives.extend(on_all(cores, || Ok(late_native()))?);
    }
    let p99 = |late: &[f64]| {
        let mut late = late.to_vec();
        late.sort_by(f64::total_cmp);
        late.get(late.len() * 99 / 100)
            .copied()
            .into_iter()
            .collect()
    };
    let (guest_p99, native_p99) = (p99(&guests), p99(&natives));
    Ok([
        Row::of(
            "deadline_overrun_ms",
            "end of a call that computes for ever, after its deadline, on all cores",
            "ms",
            guests,
        ),
        Row::of(
            "deadline_overrun_p99_ms",
            "the same, 99th percentile",
            "ms",
            guest_p99,
        )
        .target(10.0),
        Row::of(
            "native_overrun_ms",
            "a native loop that another thread tells to end at the same deadline, on all cores: how late it ends",
            "ms",
            natives,
        ),
        Row::of(
            "native_overrun_p99_ms",
            "the same, 99th percentile: pauses of the machine",
            "ms",
            native_p99,
        ),
    ])
}

/// What each of as many threads as there are cores gives.
fn on_all(cores: usize, one: impl Fn() -> Result<f64> + Sync) -> Result<Vec<f64>> {
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(&one)).collect();
        workers
            .into_iter()
            .map(|worker| {
                worker
                    .join()
                    .map_err(|_| anyhow::anyhow!("a worker panicked"))?
            })
            .collect()
    })
}

/// Milliseconds after its deadline at which a call ends.
fn late_guest(host: &IsolatedRuntimeHost) -> Result<f64> {
    let limits = Limits::default().call_timeout(DEADLINE);
    // On a machine that is busy otherwise, loading the assembly may take as long as a call may.
    let mut tries = 0;
    let (mut runtime, spin) = loop {
        let mut runtime = host.runtime().limits(limits.clone()).create()?;
        match runtime.find_method("Bench", "Bench.Calls", "Spin") {
            Ok(spin) => break (runtime, spin),
            Err(error @ Error::Limit { .. }) if tries >= 100 => return Err(error.into()),
            Err(Error::Limit { .. }) => tries += 1,
            Err(error) => return Err(error.into()),
        }
    };
    let began = Instant::now();
    let ended = runtime.invoke::<()>(&spin, ());
    let time = began.elapsed();
    ensure!(
        matches!(
            &ended,
            Err(Error::Limit {
                limit: LimitKind::CallTimeout,
                ..
            })
        ),
        "Spin ended with {ended:?}"
    );
    Ok((time.as_secs_f64() - DEADLINE.as_secs_f64()) * 1e3)
}

/// The same of a native loop that another thread tells to end, which wakes every millisecond and looks at the clock.
fn late_native() -> f64 {
    let (began, over) = (Instant::now(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while began.elapsed() < DEADLINE {
                std::thread::park_timeout(Duration::from_millis(1));
            }
            over.store(true, Ordering::Relaxed);
        });
        while !over.load(Ordering::Relaxed) {
            std::hint::spin_loop();
        }
        (began.elapsed().as_secs_f64() - DEADLINE.as_secs_f64()) * 1e3
    })
}
