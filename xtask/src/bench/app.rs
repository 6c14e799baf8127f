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
pub fn rows(sdk: &Sdk, workspace: &Path, image: &Path, samples: usize) -> Result<Vec<Row>> {
    let out = workspace.join("target/bench-app");
    sdk.build(&workspace.join("xtask/bench-app/App.csproj"), Some(&out))?;
    let host = IsolatedRuntimeHost::builder()
        .guest(image)
        .assembly_directory(&out)?
        .max_runtimes(LIVE + 8)
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
    let target = 1.5 * row.median + 100.0;
    rows.push(row);
    drop(runtime);

    let first = |runtime: &mut IsolatedRuntime| -> Result<()> {
        let method: IsolatedMethod = runtime.kept("answer")?;
        let text: String = runtime.invoke(&method, (&order,))?;
        ensure!(text == answer, "another answer: {text}");
        Ok(())
    };
    let fresh = sample(samples, || {
        let mut runtime = host.runtime().from(&snapshot).create()?;
        first(&mut runtime)?;
        Ok(runtime)
    })?;
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
