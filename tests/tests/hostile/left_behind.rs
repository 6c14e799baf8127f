//! Runtimes that were attacked leave nothing: no memory, no descriptors, no threads.
//!
//! `ISOLATOR_CYCLES` says how many are created, attacked and dropped; without it some thousand.

use crate::attack::{HOSTILE, class_of, with_callbacks};
use isolator_host::values::Value;
use isolator_host::{Access, Error, IsolatedRuntime, IsolatedRuntimeHost, Limits, Stdio};
use isolator_tests::{builder, fixture_file};
use std::time::{Duration, Instant};

const CYCLES: &str = "ISOLATOR_CYCLES";
const INNER: &str = "ISOLATOR_CYCLES_INNER";

/// Attacks that end soon, each in another way, by what the base library alone offers.
type Attack = fn(&mut IsolatedRuntime) -> Result<(), Error>;

const LIBRARY: &str = "System.Private.CoreLib";
const MARSHAL: &str = "System.Runtime.InteropServices.Marshal";

const ATTACKS: [Attack; 8] = [
    |runtime| runtime.call(LIBRARY, "System.Environment", "Exit", (3,)),
    |runtime| runtime.call(LIBRARY, "System.Environment", "FailFast", ("the end",)),
    |runtime| runtime.call(LIBRARY, MARSHAL, "WriteByte", (0x7fff_fff0_i64, 1u8)),
    |runtime| {
        runtime
            .call::<i64>(LIBRARY, MARSHAL, "AllocHGlobal", (1 << 28,))
            .map(drop)
    },
    |runtime| runtime.call(LIBRARY, "System.Threading.Thread", "Sleep", (10_000,)),
    |runtime| {
        runtime
            .call::<i32>(LIBRARY, "System.Int32", "Parse", ("no number",))
            .map(drop)
    },
    |runtime| {
        let kept = runtime.create_object_with(LIBRARY, "System.Text.StringBuilder", (100_000,))?;
        runtime.call_on::<()>(&kept, "NoSuchMethod", ())
    },
    |runtime| {
        runtime
            .call::<Value>(
                LIBRARY,
                "System.IO.File",
                "ReadAllText",
                ("/data/../secret",),
            )
            .map(drop)
    },
];

/// Attacks of the hostile suite, which take longer, now and then.
const PROGRAMS: [&str; 6] = [
    "exception-lies",
    "loop-plain",
    "bomb-native",
    "return-cycle",
    "type-names",
    "recursion-getter",
];

/// What this process holds: anonymous memory in bytes, open descriptors, threads.
#[derive(Debug, Clone, Copy)]
struct Held {
    memory: u64,
    descriptors: usize,
    threads: usize,
}

impl Held {
    fn now() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let number = |name: &str| {
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .unwrap();
            line.split_whitespace()
                .next()
                .unwrap()
                .parse::<u64>()
                .unwrap()
        };
        Self {
            memory: number("RssAnon:") << 10,
            descriptors: std::fs::read_dir("/proc/self/fd").unwrap().count(),
            threads: number("Threads:") as usize,
        }
    }
}

fn cycle(host: &IsolatedRuntimeHost, number: usize, granted: &std::path::Path) {
    let limits =
        Limits::default().call_timeout(Duration::from_millis(if number % ATTACKS.len() == 4 {
            1
        } else {
            200
        }));
    let mut new = host
        .runtime()
        .limits(limits.memory(8 << 20))
        .stdout(Stdio::Capture)
        .stderr(Stdio::Capture);
    if number.is_multiple_of(3) {
        new = new.directory(granted, "/data", Access::ReadOnly);
    }
    let mut runtime = new.create().unwrap();
    if number % 50 == 49 {
        let class = class_of(PROGRAMS[number / 50 % PROGRAMS.len()]);
        drop(runtime.call::<Value>(HOSTILE, &class, "Run", ()));
    } else {
        let attack = ATTACKS[number % ATTACKS.len()];
        assert!(
            attack(&mut runtime).is_err(),
            "attack {} succeeded",
            number % ATTACKS.len()
        );
    }
}

/// In a process of its own: other tests take memory, descriptors and threads meanwhile.
#[test]
fn nothing_is_left_behind() {
    if std::env::var_os(INNER).is_none() {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "left_behind::nothing_is_left_behind",
                "--nocapture",
            ])
            .env(INNER, "1")
            .output()
            .unwrap();
        let (out, error) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(output.status.success(), "{out}{error}");
        eprintln!("{}", error.lines().last().unwrap_or_default());
        return;
    }
    let cycles: usize = std::env::var(CYCLES).map_or(3000, |cycles| cycles.parse().expect(CYCLES));
    // Read once: a loader that reads a file each time would be most of what is measured.
    let image = fixture_file(HOSTILE, "Hostile.dll");
    let host = with_callbacks(builder())
        .assembly_loader(move |request: &isolator_host::AssemblyRequest| {
            (request.name == HOSTILE).then(|| isolator_host::AssemblyImage::new(image.clone()))
        })
        .max_runtimes(4)
        .build()
        .unwrap();
    let granted = tempfile::tempdir().unwrap();
    let warm = (cycles / 4).clamp(800, 2000);
    (0..warm).for_each(|number| cycle(&host, number, granted.path()));
    let before = Held::now();
    let began = Instant::now();
    (0..cycles).for_each(|number| cycle(&host, number, granted.path()));
    let (after, took) = (Held::now(), began.elapsed());
    assert_eq!(host.live_runtimes(), 0);
    assert!(
        after.descriptors <= before.descriptors,
        "{before:?} {after:?}"
    );
    assert!(after.threads <= before.threads, "{before:?} {after:?}");
    let grown = after.memory.saturating_sub(before.memory);
    // What an allocator keeps in reserve, and not what each cycle leaves: that would be more with more cycles.
    assert!(
        grown < 12 << 20,
        "{grown} bytes more after {cycles} cycles: {before:?} {after:?}"
    );
    eprintln!("{cycles} cycles in {took:?}: {before:?} before, {after:?} after");
}
