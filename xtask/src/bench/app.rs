//! A prepared application, beside the same without a snapshot and a process.

use super::guest::anonymous_kb;
use super::native_program;
use super::stats::{Row, micros, sample};
use crate::managed::Sdk;
use anyhow::{Result, ensure};
use isolator_host::{IsolatedMethod, IsolatedRuntime, IsolatedRuntimeHost};
use std::path::Path;
use std::time::Instant;

/// Calls before the snapshot: what is called often has been translated again by then.
const WARM: u32 = 2000;

/// Runtimes that live at once for the row of memory.
const LIVE: u32 = 500;

const APP: &str = "App";
const ENDPOINT: &str = "App.Endpoint";

/// Measures all rows.
pub fn rows(
    sdk: &Sdk,
    workspace: &Path,
    image: &Path,
    samples: usize,
    with_many: bool,
) -> Result<Vec<Row>> {
    let out = workspace.join("target/bench-app");
    sdk.build(&workspace.join("xtask/bench-app/App.csproj"), Some(&out))?;
    let host = IsolatedRuntimeHost::builder()
        .guest(image)
        .assembly_directory(&out)?
        .max_runtimes(1100)
        .build()?;
    let mut rows = Vec::new();
    let times = (samples / 20).clamp(3, 15);

    // The whole of it without a snapshot.
    let mut answer = String::new();
    let cold = sample(times, || {
        let mut runtime = host.create_runtime()?;
        load(&mut runtime)?;
        let order: String = runtime.call(APP, ENDPOINT, "Sample", ())?;
        answer = runtime.call(APP, ENDPOINT, "Answer", (&order,))?;
        Ok(runtime)
    })?;
    let what = "an application (two libraries, ten types): create, load, read the settings, first answer, without a snapshot";
    rows.push(Row::of("app_cold_call_us", what, "µs", cold));

    let mut order = String::new();
    let mut made = Vec::new();
    let mut snapshot = None;
    for _ in 0..times {
        let mut done = Instant::now();
        let one = host.snapshot(|runtime| {
            order = prepare(runtime)?;
            done = Instant::now();
            Ok(())
        })?;
        // The first runtime of a state has the engine make its image.
        drop(host.runtime().from(&one).create()?);
        made.push(micros(done.elapsed()) / 1000.0);
        snapshot = Some(one);
    }
    let Some(snapshot) = snapshot else {
        anyhow::bail!("there is no sample")
    };
    rows.push(
        Row::of(
            "snapshot_ms",
            "make a snapshot of the prepared application",
            "ms",
            made,
        )
        .target(200.0),
    );

    let place = tempfile::tempdir()?;
    let file = place.path().join("app.isolate");
    snapshot.save(&file)?;
    drop(host.load_snapshot(&file)?);
    let load = sample(times, || Ok(host.load_snapshot(&file)?))?;
    let load = super::stats::scaled(load, 0.001);
    rows.push(
        Row::of(
            "snapshot_load_ms",
            "load a saved snapshot that was loaded before",
            "ms",
            load,
        )
        .target(3.0),
    );

    let mut runtime = host.runtime().from(&snapshot).create()?;
    let method: IsolatedMethod = runtime.kept("answer")?;
    let faults = page_faults()?;
    let repeated = sample(samples, || {
        let text: String = runtime.invoke(&method, (&order,))?;
        ensure!(text == answer, "another answer: {text}");
        Ok(())
    })?;
    let row = Row::of(
        "app_repeated_call_us",
        "an answer of a live runtime, again",
        "µs",
        repeated,
    );
    let repeated_faults = (page_faults()? - faults) / samples as f64;
    let target = 1.5 * row.median + 100.0;
    rows.push(row);
    drop(runtime);

    let first = |runtime: &mut IsolatedRuntime| -> Result<()> {
        let method: IsolatedMethod = runtime.kept("answer")?;
        let text: String = runtime.invoke(&method, (&order,))?;
        ensure!(text == answer, "another answer: {text}");
        Ok(())
    };
    let faults = page_faults()?;
    let fresh = sample(samples, || {
        let mut runtime = host.runtime().from(&snapshot).create()?;
        first(&mut runtime)?;
        Ok(runtime)
    })?;
    let fresh_faults = (page_faults()? - faults) / samples as f64;
    let create = sample(samples, || Ok(host.runtime().from(&snapshot).create()?))?;
    let second = {
        let mut times = Vec::new();
        for _ in 0..samples {
            let mut runtime = host.runtime().from(&snapshot).create()?;
            first(&mut runtime)?;
            let began = Instant::now();
            first(&mut runtime)?;
            times.push(micros(began.elapsed()));
        }
        times
    };
    rows.push(Row::of(
        "app_create_us",
        "create a runtime from the snapshot",
        "µs",
        create,
    ));
    rows.push(Row::of(
        "app_second_call_us",
        "a fresh runtime's second answer",
        "µs",
        second,
    ));
    rows.push(Row::of(
        "app_fresh_faults",
        "page faults of a fresh runtime with its first answer",
        "",
        vec![fresh_faults],
    ));
    rows.push(Row::of(
        "app_repeated_faults",
        "page faults of an answer of a live runtime",
        "",
        vec![repeated_faults],
    ));
    let what = "create a runtime from the snapshot, first answer";
    rows.push(Row::of("app_fresh_call_us", what, "µs", fresh).target(target.round()));

    let before = anonymous_kb()?;
    let mut live = Vec::new();
    for _ in 0..LIVE {
        let mut runtime = host.runtime().from(&snapshot).create()?;
        first(&mut runtime)?;
        live.push(runtime);
    }
    let each = (anonymous_kb()? - before) / f64::from(LIVE);
    drop(live);
    let what =
        format!("private memory of a live runtime from the snapshot after its answer, {LIVE} live");
    rows.push(Row::of("app_private_kb", &what, "KB", vec![each]).target(1000.0));

    rows.extend(small(&host, samples)?);
    if with_many {
        rows.extend(many(image, &file, &order, &answer)?);
    }

    let program = out.join("App.dll");
    let process = sample(times, || {
        let said = native_program(sdk, &program, &["1"])?;
        ensure!(
            said.trim() == answer.chars().count().to_string(),
            "the process said {said}"
        );
        Ok(())
    })?;
    let process = super::stats::scaled(process, 0.001);
    let what = "a `dotnet` process of the application, one answer";
    rows.push(Row::of("app_process_ms", what, "ms", process));
    Ok(rows)
}

/// How often this process has met a page that was not there.
fn page_faults() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // After the name, which may hold blanks: state, parent, group, session, terminal, its group, flags, faults.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let faults = fields.split_whitespace().nth(7).unwrap_or_default();
    Ok(faults.parse()?)
}

/// Copies of a small live runtime, and the same written down.
fn small(host: &IsolatedRuntimeHost, samples: usize) -> Result<Vec<Row>> {
    const SMALL: &str = "App.Small";
    let snapshot = host.snapshot(|runtime| {
        let count = runtime.find_method(APP, SMALL, "Count")?;
        let wait = runtime.find_method(APP, SMALL, "Wait")?;
        for _ in 0..WARM {
            let _words: i32 = runtime.invoke(&count, ("to be",))?;
        }
        runtime.start_task(&wait, None, ("or not",))?;
        runtime.run_turn()?;
        runtime.keep("count", &count)?;
        runtime.keep("wait", &wait)
    })?;
    let count = |runtime: &mut IsolatedRuntime| -> Result<i32> {
        let method: IsolatedMethod = runtime.kept("count")?;
        Ok(runtime.invoke(&method, ("that is the question",))?)
    };
    let mut parent = host.runtime().from(&snapshot).create()?;
    let expected = count(&mut parent)?;
    let wait: IsolatedMethod = parent.kept("wait")?;
    let task = parent.start_task(&wait, None, ("whether it is nobler",))?;
    parent.run_turn()?;
    parent.keep("task", &task)?;
    let expected = expected + 3;

    let fork = sample(samples, || Ok(parent.fork()?))?;
    let called = sample(samples, || {
        let mut fork = parent.fork()?;
        ensure!(count(&mut fork)? == expected, "another count");
        Ok(fork)
    })?;
    let mut many = Vec::new();
    for _ in 0..(samples / 20).clamp(3, 15) {
        let began = Instant::now();
        let forks = parent.fork_many(1000)?;
        many.push(micros(began.elapsed()) / 1000.0);
        drop(forks);
    }
    let mut bytes = Vec::new();
    let suspend = sample(samples, || {
        let suspended = parent.suspend()?;
        bytes.push(suspended.as_bytes().len() as f64 / 1024.0);
        Ok(suspended)
    })?;
    let suspended = parent.suspend()?;
    let resume = sample(samples, || {
        let mut woken = host.runtime().from(&snapshot).resume(&suspended)?;
        ensure!(count(&mut woken)? == expected, "another count");
        Ok(woken)
    })?;
    Ok(vec![
        Row::of("fork_us", "fork a small live runtime", "µs", fork).target(150.0),
        Row::of(
            "fork_called_us",
            "fork a small live runtime, first call of the fork",
            "µs",
            called,
        ),
        Row::of(
            "fork_many_us",
            "fork a small live runtime a thousand times, each",
            "µs",
            many,
        )
        .target(20.0),
        Row::of(
            "suspend_us",
            "write a small runtime that waits down",
            "µs",
            suspend,
        )
        .target(1000.0),
        Row::of("suspended_kb", "its size", "KB", bytes).target(150.0),
        Row::of("resume_us", "have it go on, first call", "µs", resume).target(300.0),
    ])
}

/// Ten thousand runtimes of the application that live at once. Half of them have thrown.
fn many(image: &Path, file: &Path, order: &str, answer: &str) -> Result<Vec<Row>> {
    const MANY: u32 = 10_000;
    let host = IsolatedRuntimeHost::builder()
        .guest(image)
        .max_runtimes(MANY)
        .build()?;
    let snapshot = host.load_snapshot(file)?;
    drop(host.runtime().from(&snapshot).create()?);
    let before = anonymous_kb()?;
    let began = Instant::now();
    let mut live = Vec::new();
    for number in 0..MANY {
        match host.runtime().from(&snapshot).create() {
            Ok(runtime) => live.push(runtime),
            Err(error) => {
                println!("only {number} runtimes live at once here: {error}");
                break;
            }
        }
    }
    let created = micros(began.elapsed()) / 1e6;
    for (number, runtime) in (0..).zip(&mut live) {
        let method: IsolatedMethod = runtime.kept("answer")?;
        let text: String = runtime.invoke(&method, (order,))?;
        ensure!(text == answer, "another answer: {text}");
        if number % 2 == 0 {
            let caught: bool = runtime.call(APP, "App.Small", "Catch", ())?;
            ensure!(caught, "nothing was caught");
        }
    }
    let gigabytes = (anonymous_kb()? - before) / f64::from(1 << 20);
    let status = std::fs::read_to_string("/proc/self/status")?;
    let of_status = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<f64>().ok()
    };
    let maps = std::fs::read_to_string("/proc/self/maps")?.lines().count();
    println!(
        "{} runtimes: {maps} mappings (vm.max_map_count is {}), {:.1} TiB of address space, {:.0} MiB of page tables",
        live.len(),
        std::fs::read_to_string("/proc/sys/vm/max_map_count")?.trim(),
        of_status("VmSize:").unwrap_or_default() / f64::from(1 << 30),
        of_status("VmPTE:").unwrap_or_default() / 1024.0,
    );
    let count = live.len() as f64;
    drop(live);
    Ok(vec![
        Row::of(
            "app_many_live",
            "runtimes of the application that live at once",
            "",
            vec![count],
        ),
        Row::of("app_many_s", "create them", "s", vec![created]).target(5.0),
        Row::of(
            "app_many_gb",
            "their private memory, after an answer of each, half of them with an exception",
            "GiB",
            vec![gigabytes],
        )
        .target(16.0),
    ])
}

fn load(runtime: &mut IsolatedRuntime) -> isolator_host::Result<()> {
    let _rules: i32 = runtime.call(APP, ENDPOINT, "Load", ())?;
    Ok(())
}

/// Reads the settings and answers often; the result is the order.
fn prepare(runtime: &mut IsolatedRuntime) -> isolator_host::Result<String> {
    load(runtime)?;
    let order: String = runtime.call(APP, ENDPOINT, "Sample", ())?;
    let method = runtime.find_method(APP, ENDPOINT, "Answer")?;
    for _ in 0..WARM {
        let _answer: String = runtime.invoke(&method, (&order,))?;
    }
    runtime.keep("answer", &method)?;
    Ok(order)
}
