//! Programs compiled ahead, beside the same interpreted and native.

use super::native_program;
use super::stats::{Row, micros, sample};
use crate::managed::Sdk;
use anyhow::{Context, Result, ensure};
use isolator_compile::{Compiler, Guest, ToolLimits, Tools};
use isolator_host::{
    AssemblyImage, Compiled, GuestImage, IsolatedRuntime, IsolatedRuntimeHost, Limits, Stdio,
};
use std::path::Path;
use std::time::Instant;

/// The seven kinds, by the fixture's names, in words, and how many times as long as native they may take at most.
const KINDS: [(&str, &str, f64); 7] = [
    ("integers", "integer loop", 1.1),
    ("bodies", "objects with doubles", 1.6),
    ("spectral", "double arrays", 2.4),
    ("fannkuch", "permutations", 1.3),
    ("words", "dictionary and strings", 2.3),
    ("linq", "LINQ and sorting", 2.9),
    ("json", "JSON both ways", 3.5),
];

/// The same of their geometric mean.
const MOST_OF_ALL: f64 = 1.9;

/// Seconds that compiling the program may take.
const MOST_TO_COMPILE: f64 = 5.0;

/// Microseconds that a side module may add to a runtime's beginning.
const MOST_TO_LINK: f64 = 12.0;

/// Runs in one process or runtime, of which the shortest counts: so much when it is quick, and when it is interpreted.
const TIMES: (u32, u32) = (15, 7);

/// How often a runtime and a process are begun for a row.
const PROCESSES: usize = 3;

/// Measures all rows.
pub fn rows(sdk: &Sdk, workspace: &Path, image: &Path, samples: usize) -> Result<Vec<Row>> {
    let out = workspace.join("target/bench-ahead");
    sdk.build(
        &workspace.join("tests/fixtures/Compiled/Compiled.csproj"),
        Some(&out),
    )?;
    let program = out.join("Compiled.dll");
    let assembly =
        std::fs::read(&program).with_context(|| format!("read {}", program.display()))?;
    let (compiled, row) = compile(workspace, image, &assembly)?;
    let mut rows = vec![row];
    let host = IsolatedRuntimeHost::builder()
        .guest(image)
        .limits(Limits::none())
        .build()?;
    let image = AssemblyImage::new(assembly).with_compiled(compiled);
    host.prepare_compiled(&image)?;
    rows.extend(starts(&host, &image, samples)?);
    rows.extend(kinds(sdk, &host, &image, &program)?);
    Ok(rows)
}

/// Compiles the program as `isolator compile` does: the image is read each time.
fn compile(workspace: &Path, image: &Path, assembly: &[u8]) -> Result<(Vec<u8>, Row)> {
    let image = GuestImage::open(image)?;
    let packages = [workspace.join("target/toolchain/nuget-packages")];
    let tools = Tools::find(&image.manifest().dotnet_version, &packages)?;
    let mut made = Vec::new();
    let mut times = Vec::new();
    for _ in 0..PROCESSES {
        let began = Instant::now();
        let (code, state) = image.read_modules()?;
        let compiler = Compiler {
            guest: &Guest::new(image.manifest(), &code, &state)?,
            tools: &tools,
            limits: ToolLimits::default(),
        };
        made = compiler.compile(assembly, &[])?.wasm;
        times.push(micros(began.elapsed()) / 1e6);
    }
    let what = format!(
        "compile a program of {} KB ahead, into {} KB",
        assembly.len().div_ceil(1024),
        made.len().div_ceil(1024)
    );
    let row = Row::of("ahead_compile_s", &what, "s", times).target(MOST_TO_COMPILE);
    Ok((made, row))
}

fn runtime(host: &IsolatedRuntimeHost, mode: Compiled) -> Result<IsolatedRuntime> {
    Ok(host
        .runtime()
        .compiled(mode)
        .stdout(Stdio::Capture)
        .create()?)
}

/// What the side module costs at first, and what it gives at first.
fn starts(host: &IsolatedRuntimeHost, image: &AssemblyImage, samples: usize) -> Result<Vec<Row>> {
    let measured = |mode, key: &str, how: &str| -> Result<[Row; 2]> {
        let load = sample(samples, || {
            let mut runtime = runtime(host, mode)?;
            runtime.load_assembly_image(image)?;
            Ok(runtime)
        })?;
        let load = Row::of(
            &format!("ahead_load_{key}_us"),
            &format!("create a runtime and load a program, {how}"),
            "µs",
            load,
        );
        // Each in a runtime of its own, from the call to its result.
        let mut first = Vec::new();
        for _ in 0..samples {
            let mut runtime = runtime(host, mode)?;
            let assembly = runtime.load_assembly_image(image)?;
            let called = runtime.find_type_in(&assembly, "Compiled.Called")?;
            let sum = runtime.find_method_of(&called, "Sum", &Default::default())?;
            let began = Instant::now();
            let result: i64 = runtime.invoke(&sum, (1000,))?;
            first.push(micros(began.elapsed()));
            ensure!(result > 0, "Sum gave {result}");
        }
        let first = Row::of(
            &format!("ahead_first_call_{key}_us"),
            &format!("first call of a method of it, a loop of 1,000 turns, {how}"),
            "µs",
            first,
        );
        Ok([load, first])
    };
    let [loaded, called] = measured(Compiled::Off, "interpreted", "interpreted")?;
    let [load, first] = measured(Compiled::Require, "compiled", "with its side module")?;
    let load = load.target((loaded.median + MOST_TO_LINK).round());
    let first = first.target(called.median.round());
    Ok(vec![loaded, called, load, first])
}

/// Each kind three ways. The results must agree, or the times mean nothing.
fn kinds(
    sdk: &Sdk,
    host: &IsolatedRuntimeHost,
    image: &AssemblyImage,
    program: &Path,
) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut ratios = [Vec::new(), Vec::new()];
    for (kind, what, most) in KINDS {
        let inside = |mode, times: u32| {
            several(kind, || {
                let mut runtime = runtime(host, mode)?;
                let assembly = runtime.load_assembly_image(image)?;
                let compiled = runtime.stats().compiled.len();
                ensure!(
                    compiled == usize::from(mode == Compiled::Require),
                    "{compiled} assemblies run compiled"
                );
                let code = runtime.run_main(&assembly, &[kind, &times.to_string()])?;
                ensure!(code == 0, "{kind} ended with {code}");
                Ok(runtime.stdout_utf8())
            })
        };
        let (interpreted, first) = inside(Compiled::Off, TIMES.1)?;
        let (compiled, second) = inside(Compiled::Require, TIMES.0)?;
        let (native, third) = several(kind, || {
            native_program(sdk, program, &[kind, &TIMES.0.to_string()])
        })?;
        ensure!(
            first == third && second == third,
            "{kind} gives {first} interpreted, {second} compiled and {third} natively"
        );
        let all = [
            ("interpreted", "interpreted", interpreted),
            ("compiled", "compiled ahead", compiled),
            ("native", "native .NET", native),
        ]
        .map(|(key, how, times)| {
            Row::of(
                &format!("ahead_{kind}_{key}_ms"),
                &format!("{what}: {how}"),
                "ms",
                times,
            )
        });
        for (ratios, row) in ratios.iter_mut().zip(&all) {
            ratios.push(row.median / all[2].median);
        }
        let [interpreted, compiled, native] = all;
        // As many digits as a table has.
        let target = (native.median * most * 100.0).round() / 100.0;
        rows.extend([interpreted, compiled.target(target), native]);
    }
    let mean = |ratios: &[f64], key: &str, how: &str| {
        Row::of(
            &format!("ahead_geomean_{key}"),
            &format!("geometric mean of the seven, {how}, to native"),
            "×",
            vec![geometric_mean(ratios)],
        )
    };
    rows.push(mean(&ratios[0], "interpreted", "interpreted"));
    rows.push(mean(&ratios[1], "compiled", "compiled ahead").target(MOST_OF_ALL));
    Ok(rows)
}

fn geometric_mean(ratios: &[f64]) -> f64 {
    (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp()
}

/// Milliseconds that each of some runs says, and the result that all say.
fn several(kind: &str, mut run: impl FnMut() -> Result<String>) -> Result<(Vec<f64>, String)> {
    let mut times = Vec::new();
    let mut result = None;
    for _ in 0..PROCESSES {
        let (said, time) = parse(kind, &run()?)?;
        times.push(time);
        let first = result.get_or_insert_with(|| said.clone());
        ensure!(*first == said, "{kind} gives {first}, and then {said}");
    }
    Ok((times, result.unwrap_or_default()))
}

/// `KIND RESULT 1.5 ms`
fn parse(kind: &str, printed: &str) -> Result<(String, f64)> {
    let parts = || {
        let line = printed.trim().strip_prefix(kind)?.strip_suffix(" ms")?;
        let (result, time) = line.rsplit_once(' ')?;
        Some((result.trim().to_owned(), time.parse().ok()?))
    };
    parts().with_context(|| format!("{kind} printed `{printed}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_fixture_prints_is_read() {
        assert_eq!(
            parse("json", "json 12 of 3 4.5 ms\n").unwrap(),
            ("12 of 3".into(), 4.5)
        );
        assert!(parse("json", "json 12\n").is_err());
        assert!(parse("json", "words 12 4.5 ms").is_err());
        assert!((geometric_mean(&[2.0, 8.0]) - 4.0).abs() < 1e-9);
    }
}
