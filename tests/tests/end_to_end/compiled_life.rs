//! Programs that are compiled ahead, over time and beside others: what is given back, what stops them, versions, contexts, plug-ins, hosts that share
//! a cache.

use crate::compiled::{NAME, assembly, image, limited, other_version};
use isolator_compile::Training;
use isolator_host::{
    AssemblyImage, Compiled, Error, IsolatedRuntimeHost, LimitKind, Limits, RuntimeStats,
};
use isolator_tests::compiled::{compile_with, compiled, load_compiled, runs_compiled};
use isolator_tests::{builder, fixture, fixture_file, host, native_dotnet};
use serde_bytes::Bytes;
use std::collections::BTreeMap;
use std::time::Duration;

const CALLED: &str = "Compiled.Called";
const LOADING: &str = "Compiled.Loading";

/// In a process of its own: other tests take memory meanwhile.
#[cfg(target_os = "linux")]
#[test]
fn a_thousand_compiled_runtimes_leave_nothing_behind() {
    const INNER: &str = "ISOLATOR_COMPILED_CYCLES_INNER";
    const MOST: u64 = 12 << 20;
    if !runs_compiled() {
        return;
    }
    if std::env::var_os(INNER).is_none() {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "compiled_life::a_thousand_compiled_runtimes_leave_nothing_behind",
                "--nocapture",
            ])
            .env(INNER, "1")
            .output()
            .unwrap();
        let out = String::from_utf8_lossy(&output.stdout);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && out.contains("1 passed"),
            "{out}{error}"
        );
        return;
    }
    let fitting = image(assembly(), &compiled(NAME));
    let host = builder().max_runtimes(2).build().unwrap();
    // What a runtime begins with, what its table has with the program, and what that says.
    let cycle = || {
        let mut runtime = host.runtime().compiled(Compiled::Require).create().unwrap();
        let (table, memory) = (runtime.function_table_size(), runtime.memory_size());
        runtime.load_assembly_image(&fitting).unwrap();
        let sum: i64 = runtime.call(NAME, CALLED, "Sum", (1000,)).unwrap();
        (table, memory, runtime.function_table_size(), sum)
    };
    let first = cycle();
    assert!(
        first.2 > first.0,
        "the program's functions are in its table"
    );
    for _ in 0..300 {
        assert_eq!(cycle(), first);
    }
    let before = crate::memory::anonymous();
    for _ in 0..1000 {
        assert_eq!(cycle(), first);
    }
    assert_eq!(host.live_runtimes(), 0);
    let grown = crate::memory::anonymous().saturating_sub(before);
    // What an allocator keeps in reserve, and not what each runtime leaves.
    assert!(grown < MOST, "{grown} bytes more than {before}");
}

#[test]
fn another_thread_cancels_a_compiled_program() {
    if !runs_compiled() {
        return;
    }
    for method in ["Spin", "Endless"] {
        let mut runtime = limited(Limits::none());
        let cancel = runtime.cancel_handle();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            cancel.cancel();
        });
        let ended = runtime.call::<()>(NAME, CALLED, method, ());
        assert!(
            matches!(ended, Err(Error::Cancelled)),
            "{method}: {ended:?}"
        );
        assert!(!runtime.is_alive());
        thread.join().unwrap();
    }
}

#[cfg(unix)]
#[test]
fn cpu_time_is_limited_in_compiled_programs() {
    if !runs_compiled() {
        return;
    }
    let ended_by = |ended: Result<(), Error>, kind: LimitKind| match ended {
        Err(Error::Limit { limit, .. }) => assert_eq!(limit, kind),
        other => panic!("{other:?}"),
    };
    let mut runtime = limited(Limits::none().call_cpu(Duration::from_millis(200)));
    ended_by(runtime.call(NAME, CALLED, "Spin", ()), LimitKind::CallCpu);
    assert!(!runtime.is_alive());

    // Calls that are short, each of them.
    let mut runtime = limited(Limits::none().total_cpu(Duration::from_millis(500)));
    let mut calls = 0;
    let ended = loop {
        match runtime.call::<i64>(NAME, CALLED, "Sum", (5_000_000,)) {
            Ok(_) => calls += 1,
            Err(error) => break error,
        }
    };
    ended_by(Err(ended), LimitKind::TotalCpu);
    assert!(calls > 1, "{calls}");
}

/// The guest's runtime finds compiled code by an assembly's name: another version of it must not get it.
#[test]
fn another_version_in_a_context_of_its_own_does_not_get_the_code_of_the_first() {
    if !runs_compiled() {
        return;
    }
    let other = other_version();
    let mut runtime = limited(Limits::none());
    let version = |runtime: &mut isolator_host::IsolatedRuntime| {
        runtime.call::<i32>(NAME, CALLED, "Version", ()).unwrap()
    };
    assert_eq!(version(&mut runtime), 11_223_344);
    for _ in 0..2 {
        let said: String = runtime
            .call(
                NAME,
                LOADING,
                "InContext",
                (Bytes::new(&other), CALLED, "Version"),
            )
            .unwrap();
        assert_eq!(said, "44332211");
        assert_eq!(version(&mut runtime), 11_223_344);
    }
    let said: String = runtime
        .call(
            NAME,
            LOADING,
            "InCollectible",
            (Bytes::new(&other), CALLED, "Version"),
        )
        .unwrap();
    assert_eq!(said, "44332211 1");
    // The same version again, in a context: interpreted there, and nothing else.
    let again = assembly();
    let said: String = runtime
        .call(
            NAME,
            LOADING,
            "InContext",
            (Bytes::new(&again), CALLED, "Version"),
        )
        .unwrap();
    assert_eq!(said, "11223344");
    assert_eq!(version(&mut runtime), 11_223_344);
    assert_eq!(runtime.stats().compiled, [NAME]);
}

#[test]
fn an_assembly_that_is_loaded_late_brings_its_compiled_code() {
    const LATE: &str = "Plugin";
    if !runs_compiled() {
        return;
    }
    // Before a call whose time is limited.
    let _ = (compiled(NAME), compiled(LATE));
    let host = IsolatedRuntimeHost::builder()
        .assembly_loader(load_compiled)
        .build()
        .unwrap();
    for (mode, before, after) in [
        (Compiled::Require, &[NAME][..], &[NAME, LATE][..]),
        (Compiled::Auto, &[NAME], &[NAME, LATE]),
        (Compiled::Off, &[], &[]),
    ] {
        let mut runtime = host.runtime().compiled(mode).create().unwrap();
        let sum: i32 = runtime.call(NAME, CALLED, "Add", (1, 2)).unwrap();
        assert_eq!(sum, 3);
        assert_eq!(runtime.stats().compiled, before);
        let said: String = runtime
            .call(NAME, LOADING, "Late", (LATE, "Plugin.Works", "Version"))
            .unwrap();
        assert_eq!(said, "plug-in 1");
        assert_eq!(runtime.stats().compiled, after);
    }
}

/// What a program with a plug-in says, with the compiled code that there is of each.
fn together(program: Option<&[u8]>, plugin: Option<&[u8]>) -> (String, RuntimeStats) {
    let mut runtime = host().runtime().compiled(Compiled::Auto).create().unwrap();
    for (name, code) in [("Plugin", plugin), ("Plugged", program)] {
        let image = AssemblyImage::new(fixture_file(name, &format!("{name}.dll")));
        let image = match code {
            Some(code) => image.with_compiled(code),
            None => image,
        };
        runtime.load_assembly_image(&image).unwrap();
    }
    let said = runtime
        .call("Plugged", "Plugged.Called", "Run", ())
        .unwrap();
    (said, runtime.stats())
}

#[test]
fn a_program_and_its_plug_in_go_together_whichever_is_compiled() {
    if !runs_compiled() {
        return;
    }
    let plugin = compiled("Plugin");
    let program = compile_with(
        &fixture_file("Plugged", "Plugged.dll"),
        &[&fixture_file("Plugin", "Plugin.dll")],
    )
    .wasm;
    let native = native_dotnet()
        .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")
        .arg(fixture("Plugged").join("Plugged.dll"))
        .output()
        .unwrap();
    let native = String::from_utf8(native.stdout).unwrap();
    assert!(native.contains("even 2"), "{native}");
    for (program, plugin, expected) in [
        (Some(&*program), None, &["Plugged"][..]),
        (None, None, &[]),
        (None, Some(&*plugin), &["Plugin"]),
        (Some(&*program), Some(&*plugin), &["Plugin", "Plugged"]),
    ] {
        let (said, stats) = together(program, plugin);
        assert_eq!(stats.compiled, expected);
        assert_eq!(said, native.trim_end(), "compiled: {expected:?}");
    }
}

/// What is in a cache of machine code of programs: when each file was written.
fn kept(cache: &std::path::Path) -> BTreeMap<std::ffi::OsString, std::time::SystemTime> {
    let found = std::fs::read_dir(cache.join("programs")).unwrap();
    found
        .map(|found| found.unwrap())
        .filter(|found| found.path().extension().is_some_and(|kind| kind == "cwasm"))
        .map(|found| {
            let written = found.metadata().unwrap().modified().unwrap();
            (found.file_name(), written)
        })
        .collect()
}

#[test]
fn a_second_host_makes_no_machine_code_of_a_program() {
    if !runs_compiled() {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let cache = place.path().join("cache");
    let fitting = image(assembly(), &compiled(NAME));
    let run = || {
        let host = builder()
            .cache_directory(&cache)
            .max_runtimes(2)
            .build()
            .unwrap();
        let mut runtime = host.runtime().compiled(Compiled::Require).create().unwrap();
        runtime.load_assembly_image(&fitting).unwrap();
        assert_eq!(runtime.stats().compiled, [NAME]);
        runtime.call::<i32>(NAME, CALLED, "Add", (2, 3)).unwrap()
    };
    assert_eq!(run(), 5);
    let first = kept(&cache);
    assert_eq!(first.len(), 1);
    std::thread::sleep(Duration::from_millis(30));
    assert_eq!(run(), 5);
    assert_eq!(kept(&cache), first, "it was made once");
}

#[test]
fn a_training_goes_on_behind_the_end_of_a_program_and_ends_with_its_work() {
    const TRAINED: &str = "CliTrained";
    let file = |name: &str| AssemblyImage::new(fixture_file(name, &format!("{name}.dll")));
    let mut runtime = host().runtime().compiled(Compiled::Off).create().unwrap();
    let hello = runtime.load_assembly_image(&file("CliHello")).unwrap();
    runtime.load_assembly_image(&file(TRAINED)).unwrap();
    let arguments: [&str; 0] = [];
    let mut training = Training::default();
    let watched = training.watch(&mut runtime, |runtime| {
        assert_eq!(runtime.run_main(&hello, &arguments)?, 0);
        runtime.call::<i32>(TRAINED, "CliTrained.Program", "Run", (10,))
    });
    watched.unwrap();
    // Rows of the program's own types stand behind its name.
    assert!(format!("{training:?}").contains(TRAINED), "{training:?}");
    // Nobody watches any more, in this runtime or in what is made of it; or another one does.
    assert_eq!(runtime.run_main(&hello, &arguments).unwrap(), 0);
    let mut fork = runtime.fork().unwrap();
    let hello_there = fork.inherit(&hello).unwrap();
    assert_eq!(fork.run_main(&hello_there, &arguments).unwrap(), 0);
    let again = training.watch(&mut runtime, |runtime| runtime.run_main(&hello, &arguments));
    assert_eq!(again.unwrap(), 0);
}
