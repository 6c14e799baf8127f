//! Console programs print inside a sandbox what a native .NET of the same version prints.

use isolator_host::{IsolatedRuntimeHost, Stdio};
use isolator_tests::{assert_same_text, fixture, host, native_dotnet, workspace};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio as Process;

const FIXTURE: &str = "Programs";

/// A line that differs, and why it may.
struct Difference {
    program: &'static str,
    native: &'static str,
    isolated: &'static str,
    #[expect(dead_code, reason = "for whoever reads the table")]
    reason: &'static str,
}

/// All differences that are expected: each occurs, exactly so.
const DIFFERENCES: &[Difference] = &[
    Difference {
        program: "exceptions",
        native: "InvalidCastException: Unable to cast object of type 'System.String' to type 'System.Int32'. [80004002] ",
        isolated: "InvalidCastException: Specified cast is not valid. [80004002] ",
        reason: "Mono's message for an unboxing that fails does not name the types",
    },
    Difference {
        program: "exceptions",
        native: "MissingMethodException: Cannot dynamically create an instance of type 'System.IDisposable'. \
                 Reason: Cannot create an instance of an interface. [80131513] ",
        isolated: "MissingMethodException: No parameterless constructor defined for type 'System.IDisposable'. [80131513] ",
        reason: "Mono's message",
    },
    Difference {
        program: "cultures",
        native: "66692065CC81",
        isolated: "`NormalizationForm.FormKC` and `NormalizationForm.FormKD` are not supported in browser environments or WebAssembly.",
        reason: "the pack's ICU data is without the compatibility forms",
    },
    Difference {
        program: "time",
        native: "00:00:00 True W. Europe Standard Time",
        isolated: "00:00:00 False ",
        reason: "the pack's ICU data is without the table of Windows' names of time zones",
    },
    Difference {
        program: "streams",
        native: "brotli True True",
        isolated: "System.IO.Compression.Brotli is not supported on this platform.",
        reason: "the pack's base class library has no Brotli streams",
    },
];

struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

fn natively(program: &str) -> Ran {
    let output = native_dotnet()
        .arg(fixture(FIXTURE).join("Programs.dll"))
        .arg(program)
        .stdin(Process::null())
        .output()
        .unwrap_or_else(|error| panic!("dotnet: {error}"));
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn isolated(host: &IsolatedRuntimeHost, program: &str) -> Ran {
    let mut runtime = host
        .runtime()
        .stdout(Stdio::Capture)
        .stderr(Stdio::Capture)
        .create()
        .unwrap();
    let assembly = runtime.load_assembly(FIXTURE).unwrap();
    let ran = runtime.run_main(&assembly, &[program]);
    let (stdout, stderr) = (runtime.stdout_utf8(), runtime.stderr_utf8());
    match ran {
        Ok(code) => Ran {
            code,
            stdout,
            stderr,
        },
        Err(error) => panic!("`{program}` failed: {error}\nIt had printed:\n{stdout}{stderr}"),
    }
}

fn compare(host: &IsolatedRuntimeHost, program: &str) {
    let (mut native, isolated) = (natively(program), isolated(host, program));
    for difference in DIFFERENCES
        .iter()
        .filter(|difference| difference.program == program)
    {
        let line = format!("{}\n", difference.native);
        assert!(
            native.stdout.contains(&line),
            "a difference that is expected does not exist: {line}"
        );
        native.stdout = native
            .stdout
            .replace(&line, &format!("{}\n", difference.isolated));
    }
    assert_same_text(
        &format!("standard output of `{program}`"),
        &native.stdout,
        &isolated.stdout,
    );
    assert_same_text(
        &format!("standard error of `{program}`"),
        &native.stderr,
        &isolated.stderr,
    );
    assert_eq!(native.code, isolated.code, "exit code of `{program}`");
}

macro_rules! programs {
    ($($name:ident = $argument:literal),* $(,)?) => {
        $(#[test]
        fn $name() {
            compare(host(), $argument);
        })*

        const PROGRAMS: &[&str] = &[$($argument),*];

        #[test]
        fn every_program_has_a_test() {
            let usage = natively("--help");
            assert_eq!(usage.code, 2);
            let listed: BTreeSet<&str> = usage.stderr.trim().trim_start_matches("usage: Programs ").split('|').collect();
            assert_eq!(listed, PROGRAMS.iter().copied().collect::<BTreeSet<_>>());
        }
    };
}

programs! {
    collections = "collections",
    cultures = "cultures",
    regular_expressions = "regex",
    json = "json",
    asynchronous = "async",
    exceptions = "exceptions",
    generics = "generics",
    reflection = "reflection",
    numbers = "numbers",
    garbage_collection = "memory",
    time = "time",
    streams = "streams",
    spans = "spans",
    waiting = "waiting",
}

/// The image that collects garbage before every allocation finds references that nothing keeps alive.
fn stress_host() -> IsolatedRuntimeHost {
    let path = std::env::var_os("ISOLATOR_GC_STRESS_GUEST").map_or_else(
        || workspace().join("target/guest/10.0.12-gc-debug"),
        PathBuf::from,
    );
    assert!(
        path.join("guest.json").is_file(),
        "there is no image for the garbage collector's stress test in `{}`: `cargo xtask test` builds it \
         (`cargo xtask build-guest --gc-debug collect-before-allocs`)",
        path.display()
    );
    isolator_tests::builder()
        .guest(path)
        .build()
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Slow ones among the programs take a second longer; all of them run.
#[test]
fn programs_survive_a_collection_before_every_allocation() {
    let host = stress_host();
    let mut runtime = host.create_runtime().unwrap();
    let before = runtime.statistics().unwrap().collections;
    let joined: String = runtime
        .call(
            "System.Private.CoreLib",
            "System.String",
            "Concat",
            ("a", "b"),
        )
        .unwrap();
    assert_eq!(joined, "ab");
    let collections = runtime.statistics().unwrap().collections - before;
    assert!(
        collections > 10,
        "the image does not collect before every allocation: {collections} times in a call"
    );
    drop(runtime);
    for program in PROGRAMS {
        compare(&host, program);
    }
}
