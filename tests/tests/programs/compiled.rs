//! Programs that are compiled ahead print what a native .NET prints, as interpreted ones do.

use crate::{FIXTURE, compare_programs, native::natively};
use isolator_host::{Compiled, IsolatedRuntimeHost, Limits, Stdio};
use isolator_tests::compiled::{compiled, load_compiled, names_of, runs_compiled};
use isolator_tests::{assert_same_text, workspace};
use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::Duration;

/// Programs that are not the same compiled, as the guide says.
const OTHERWISE: &[&str] = &[
    // They count or print frames of the current stack, or lines of compiled ones: of compiled methods there are none.
    "exceptions",
    "exceptions-reflected",
    "tiers-exceptions",
    "tiers-stack",
    "traces",
    "traces-async",
    "traces-callers",
    "traces-exceptions",
    // The text of a failed cast names no types.
    "exceptions-casts",
    "habits-exceptions",
    // It ends the runtime: delegates of array accessors.
    "memory-array-accessors",
    // It asks which assembly calls.
    "world-variables",
];

/// A host that loads no fixture without compiled code.
fn compiled_host() -> &'static IsolatedRuntimeHost {
    static HOST: LazyLock<IsolatedRuntimeHost> = LazyLock::new(|| {
        IsolatedRuntimeHost::builder()
            .assembly_loader(load_compiled)
            .compiled(Compiled::Require)
            // The engine compiles ten megabytes while the first program loads.
            .limits(Limits::default().call_timeout(Duration::from_secs(300)))
            .build()
            .unwrap_or_else(|error| panic!("{error}"))
    });
    &HOST
}

fn all(fixture: &str) {
    if !runs_compiled() {
        return;
    }
    // Before a call whose time is limited.
    let _ = compiled(fixture);
    let mut failed = Vec::new();
    for program in natively(fixture).keys() {
        if OTHERWISE.contains(&program.as_str()) {
            continue;
        }
        let compared =
            std::panic::catch_unwind(|| compare_programs(compiled_host(), fixture, program));
        if compared.is_err() {
            failed.push(program.clone());
        }
    }
    assert!(failed.is_empty(), "{fixture}: {failed:?}");
}

#[test]
fn programs_are_the_same_compiled() {
    all(FIXTURE);
}

#[test]
fn crossings_are_the_same_compiled() {
    all("Crossings");
}

#[test]
fn pieces_of_every_kind_are_the_same_compiled_interpreted_and_natively() {
    if !runs_compiled() {
        return;
    }
    let _ = compiled("Compiled");
    let run = |mode| {
        let mut runtime = compiled_host()
            .runtime()
            .compiled(mode)
            .stdout(Stdio::Capture)
            .create()
            .unwrap();
        let assembly = runtime.load_assembly("Compiled").unwrap();
        assert_eq!(runtime.run_main(&assembly, &[]).unwrap(), 0);
        (runtime.stdout_utf8(), runtime.stats().compiled)
    };
    let (of_compiled, which) = run(Compiled::Require);
    assert_eq!(which, ["Compiled"]);
    let (interpreted, which) = run(Compiled::Off);
    assert_eq!(which, [] as [&str; 0]);
    assert_same_text("compiled", &interpreted, &of_compiled);
    let path = isolator_tests::fixture("Compiled").join("Compiled.dll");
    let native = isolator_tests::native_dotnet()
        .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")
        .arg(path)
        .output()
        .unwrap();
    assert_same_text(
        "native",
        &String::from_utf8_lossy(&native.stdout),
        &of_compiled,
    );
    assert_eq!(of_compiled.lines().count(), 12);
}

/// The list of what is compiled of the base library was written by the runtime's own profiler: what is read from metadata must have the same names
/// and signatures, or the compiler would not find it.
#[test]
fn methods_are_named_as_the_runtime_names_them() {
    if !runs_compiled() {
        return;
    }
    let list = isolator_compile::methods::read(&workspace().join("guest-dotnet/compiled")).unwrap();
    let mut compared = 0;
    for assembly in [
        "System.Private.CoreLib",
        "System.Linq",
        "System.Text.Json",
        "System.Collections",
        "Isolator.Runtime",
    ] {
        let named: BTreeSet<_> = names_of(assembly).into_iter().collect();
        // Arrays among type arguments are lost in the profiler's records.
        let generic: BTreeSet<_> = named
            .iter()
            .filter(|method| !method.arguments.is_empty())
            .map(|method| (&method.owner.name, &method.name))
            .collect();
        let plain = list.iter().filter(|method| {
            // Of types in types in types the profiler leaves the outermost out.
            let is_deep = method.owner.name.contains('/') && method.owner.name.starts_with('.');
            let is_plain = method.owner.arguments.is_empty() && method.arguments.is_empty();
            let is_generic = generic.contains(&(&method.owner.name, &method.name));
            method.owner.assembly == assembly && is_plain && !is_deep && !is_generic
        });
        let lost: Vec<_> = plain
            .inspect(|_| compared += 1)
            .filter(|method| !named.contains(*method))
            .map(ToString::to_string)
            .collect();
        assert!(
            lost.is_empty(),
            "{} are named otherwise:\n{}",
            lost.len(),
            lost.join("\n")
        );
    }
    assert!(compared > 5000, "{compared}");
}
