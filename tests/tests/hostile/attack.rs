//! Runs one attack, and looks at what came of it.

use crate::aftermath::{every_call, host_works, pump, runtime_answers};
use crate::directory::Traps;
use crate::expect::{Before, Expect, LimitSet, Then};
use crate::outcome::name;
use isolator_host::values::Value;
use isolator_host::{
    AppSnapshot, CallContext, Error, HostBuilder, IsolatedRuntime, IsolatedRuntimeHost, Limits,
    RuntimeBuilder, Stdio,
};
use isolator_tests::{builder, fixture_file};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// The assembly of all attacks.
pub const HOSTILE: &str = "Hostile";

/// What the runtime before an attacker kept in memory; see the attack `read-snapshot`.
const TENANTS_SECRET: &str = "TENANT\rS";

/// What callbacks a hostile guest finds: those of an ordinary embedder.
pub fn with_callbacks(builder: HostBuilder) -> HostBuilder {
    builder
        .callback("add", |a: i32, b: i32| a.wrapping_add(b))
        .callback("echo", |text: String| text)
        .fallible_callback(
            "call-back",
            |context: &mut CallContext<'_>, of_type: String, method: String| {
                context.call::<Value>(HOSTILE, &of_type, &method, ())
            },
        )
        .async_callback("never", |_: i32| std::future::pending::<i32>())
}

/// One host for all attacks.
fn host() -> &'static IsolatedRuntimeHost {
    static HOST: LazyLock<IsolatedRuntimeHost> =
        LazyLock::new(|| with_callbacks(builder()).max_runtimes(50).build().unwrap());
    &HOST
}

/// The limits that an attack runs under: the default ones, but for what it sets.
pub fn limits(set: LimitSet) -> Limits {
    let mut limits = Limits::default();
    if let Some(timeout) = set.timeout_ms {
        limits = limits.call_timeout(Duration::from_millis(timeout));
    }
    if let Some(memory) = set.memory_mib {
        limits = limits.memory(memory << 20);
    }
    if let Some(output) = set.output_kib {
        limits = limits.max_output(output << 10);
    }
    if let Some(disk) = set.disk_mib {
        limits = limits.directory_bytes(disk << 20);
    }
    if let Some(files) = set.files {
        limits = limits.max_files(files);
    }
    limits
}

/// Runs an attack as often as it wants.
pub fn run(attack: &str) {
    run_in(attack, false);
}

/// The same in a runtime that goes on where another was.
pub fn run_in_a_copy(attack: &str) {
    run_in(attack, true);
}

fn run_in(attack: &str, copy: bool) {
    let expect = Expect::of(attack);
    match expect.rounds {
        None => once(attack, &expect, None, copy),
        Some(rounds) => (0..rounds).for_each(|round| once(attack, &expect, Some(round), copy)),
    }
}

/// The attacker's assembly, loaded.
fn snapshot() -> &'static AppSnapshot {
    static SNAPSHOT: LazyLock<AppSnapshot> = LazyLock::new(|| {
        host()
            .snapshot(|runtime| runtime.load_assembly(HOSTILE).map(|_| ()))
            .unwrap()
    });
    &SNAPSHOT
}

/// A fork of a runtime from a snapshot, after it slept.
fn copy_of(new: &dyn Fn() -> RuntimeBuilder) -> IsolatedRuntime {
    let mut first = new().from(snapshot()).create().unwrap();
    let mut fork = first.fork().unwrap();
    let suspended = fork.suspend().unwrap();
    new().from(snapshot()).resume(&suspended).unwrap()
}

/// `read-snapshot` is the class `Hostile.ReadSnapshot.Attack`.
pub fn class_of(attack: &str) -> String {
    let capital = |part: &str| {
        let mut letters = part.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect::<String>())
            .unwrap_or_default()
    };
    let name: String = attack.split('-').map(capital).collect();
    format!("Hostile.{name}.Attack")
}

fn once(attack: &str, expect: &Expect, round: Option<i32>, copy: bool) {
    let traps = expect.grant.map(|grant| (grant, Traps::new()));
    let small;
    let host = match expect.before {
        None => host(),
        Some(Before::Tenant) => {
            small = with_callbacks(builder()).max_runtimes(1).build().unwrap();
            tenant(&small, attack);
            &small
        }
    };
    let new = || {
        let new = host
            .runtime()
            .stdout(Stdio::Capture)
            .stderr(Stdio::Capture)
            .limits(limits(expect.limits));
        match &traps {
            Some((grant, traps)) => traps.grant(new, *grant),
            None => new,
        }
    };
    let mut runtime = match copy {
        true => copy_of(&new),
        false => new().create().unwrap(),
    };
    runtime.register_raw_callback("image", |_, _| {
        Ok::<_, Error>(fixture_file("CliHello", "CliHello.dll"))
    });
    let peak = expect.host_mib.map(|_| peak_memory());
    let began = Instant::now();
    let attempt = |runtime: &mut IsolatedRuntime| attempt(runtime, attack, expect, round);
    let result = match &traps {
        Some((_, traps)) if expect.race => traps.racing(|| attempt(&mut runtime)),
        _ => attempt(&mut runtime),
    };
    let took = began.elapsed();
    let outcome = name(&result);
    let shown = match &result {
        Ok(value) => value.to_string(),
        Err(error) => error.to_string(),
    };
    let shown: String = shown.chars().take(3000).collect();
    let what = format!("`{attack}` (round {round:?}) ended in {outcome} after {took:?}: {shown}");
    assert!(
        expect.allows(&outcome),
        "{what}\nexpected was {:?}",
        expect.outcome
    );
    if let Some(text) = &expect.text
        && result.is_ok()
    {
        assert!(shown.contains(text), "{what}\nwithout `{text}`");
    }
    let all = format!("{shown}{}{}", runtime.stdout_utf8(), runtime.stderr_utf8());
    for absent in &expect.absent {
        let absent = if absent == "$HOST" {
            &host_name()
        } else {
            absent
        };
        assert!(!all.contains(absent.as_str()), "{what}\nwith `{absent}`");
    }
    if let Some(alive) = expect.alive {
        assert_eq!(runtime.is_alive(), alive, "{what}");
    }
    if let Some(timeout) = expect.limits.timeout_ms {
        // Generous, since other tests keep the processor busy. How exact deadlines are is measured elsewhere.
        let most = Duration::from_millis(timeout) + Duration::from_secs(10);
        assert!(took < most, "{what}\nover its deadline of {timeout} ms");
    }
    if expect.descriptors {
        let files: Result<Vec<_>, _> = (0..200).map(|_| std::fs::File::open("/dev/null")).collect();
        assert!(files.is_ok(), "{what}\nthe process has no descriptors left");
        let open = std::fs::read_dir("/proc/self/fd").unwrap().count();
        assert!(open < 2000, "{what}\n{open} descriptors are open");
    }
    if expect.then == Some(Then::Calls) {
        every_call(&mut runtime);
    }
    runtime_answers(&mut runtime, attack);
    if let Some(most) = expect.limits.memory_mib {
        let peak = runtime.stats().peak_memory;
        assert!(peak <= most << 20, "{what}\nit had {peak} bytes of memory");
    }
    drop(runtime);
    if let (Some(before), Some(most)) = (peak, expect.host_mib) {
        let grown = peak_memory().saturating_sub(before) >> 20;
        assert!(grown < most, "{what}\nthe host took {grown} MiB for it");
    }
    if let Some((_, traps)) = &traps {
        if !expect.race {
            traps.assert_untouched();
        }
        if let Some(most) = expect.disk_mib {
            let occupied = traps.occupied();
            assert!(occupied <= most, "{what}\n{occupied} MiB on disk");
        }
    }
    host_works(host);
}

fn attempt(
    runtime: &mut IsolatedRuntime,
    attack: &str,
    expect: &Expect,
    round: Option<i32>,
) -> Result<Value, Error> {
    let class = class_of(attack);
    let result = match (expect.task, round) {
        (true, None) => runtime.call_task(HOSTILE, &class, "Run", ()),
        (true, Some(round)) => runtime.call_task(HOSTILE, &class, "Run", (round,)),
        (false, None) => runtime.call(HOSTILE, &class, "Run", ()),
        (false, Some(round)) => runtime.call(HOSTILE, &class, "Run", (round,)),
    };
    match (expect.then, result) {
        (Some(Then::Collect), Ok(value)) => runtime.collect(2).map(|()| value),
        (Some(Then::Pump), Ok(value)) => pump(runtime).map(|()| value),
        (_, result) => result,
    }
}

/// Another tenant in the only place of the host, with a secret in memory that the attacker can find while it is there.
fn tenant(host: &IsolatedRuntimeHost, attack: &str) {
    let mut tenant = host.runtime().limits(Limits::none()).create().unwrap();
    let kept = tenant
        .create_object_with(
            "System.Private.CoreLib",
            "System.Text.StringBuilder",
            (TENANTS_SECRET.repeat(50),),
        )
        .unwrap();
    let seen: String = tenant.call(HOSTILE, &class_of(attack), "Run", ()).unwrap();
    assert!(seen.starts_with("found ") && seen != "found 0", "{seen}");
    drop(kept);
}

fn host_name() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// The most memory that this process ever had, in bytes.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok())
        .unwrap_or_default()
        << 10
}
