//! Limits of everything that is neither memory nor time: output, callbacks, values, handles, files, fuel. And the accounts.

use crate::CALLS;
use isolator_host::{
    Access, Error, IsolatedRuntime, IsolatedRuntimeHost, LimitKind, Limits, OutputOverflow, Stdio,
};
use isolator_tests::{builder, host};
use std::sync::LazyLock;
use std::time::Duration;

const LIMITS: &str = "Calls.Limits";

fn with(limits: Limits) -> IsolatedRuntime {
    host()
        .runtime()
        .limits(limits)
        .stdout(Stdio::Capture)
        .stderr(Stdio::Capture)
        .create()
        .unwrap()
}

#[track_caller]
fn assert_limit<T: std::fmt::Debug>(ended: Result<T, Error>, kind: LimitKind) -> (u64, u64) {
    match ended {
        Err(Error::Limit {
            limit,
            allowed,
            used,
        }) => {
            assert_eq!(limit, kind);
            (allowed, used)
        }
        other => panic!("{other:?}"),
    }
}

fn assert_alive(runtime: &mut IsolatedRuntime) {
    let sum: i32 = runtime
        .call(CALLS, "Calls.Arithmetic", "Add", (1, 2))
        .unwrap();
    assert_eq!(sum, 3);
}

#[test]
fn output_fails_or_is_cut() {
    let mut strict = with(Limits::default().max_output(10_000));
    let ended = strict.call::<i32>(CALLS, LIMITS, "Write", (20_480,));
    assert_eq!(assert_limit(ended, LimitKind::Output).0, 10_000);
    assert!(!strict.is_alive());
    assert!(strict.stdout().len() <= 10_000, "what came before is there");

    let cut = Limits::default()
        .max_output(10_000)
        .output_overflow(OutputOverflow::Truncate);
    let mut runtime = with(cut);
    assert_eq!(
        runtime
            .call::<i32>(CALLS, LIMITS, "Write", (20_480,))
            .unwrap(),
        20_480
    );
    assert_eq!(runtime.stdout().len(), 10_000);
    let stats = runtime.stats();
    assert_eq!(stats.output_bytes, 20_480);
    assert_eq!(stats.reached, [LimitKind::Output]);
    assert_alive(&mut runtime);
}

#[test]
fn callbacks_are_counted() {
    let mut runtime = with(Limits::default().max_callbacks(10));
    runtime.register_callback("one", || 1);
    let sum: i32 = runtime
        .call(CALLS, LIMITS, "CallHostTimes", ("one", 10))
        .unwrap();
    assert_eq!(sum, 10);
    let ended = runtime.call::<i32>(CALLS, LIMITS, "CallHost", ("one",));
    assert_eq!(assert_limit(ended, LimitKind::Callbacks), (10, 11));
    assert!(!runtime.is_alive());

    let mut runtime = with(Limits::default().callback_rate(100));
    runtime.register_callback("one", || 1);
    // So many that no machine needs a second for each hundred.
    let ended = runtime.call::<i32>(CALLS, LIMITS, "CallHostTimes", ("one", 1_000_000));
    assert_limit(ended, LimitKind::CallbackRate);
}

#[test]
fn values_have_a_size() {
    let mut runtime = with(Limits::default().max_value(1 << 20));
    let small: String = runtime.call(CALLS, LIMITS, "Text", (1000,)).unwrap();
    assert_eq!(small.len(), 1000);
    let out = runtime.call::<String>(CALLS, LIMITS, "Text", (2 << 20,));
    assert_eq!(assert_limit(out, LimitKind::Value).0, 1 << 20);
    assert_alive(&mut runtime);
    let long = "x".repeat(2 << 20);
    assert_limit(
        runtime.call::<i32>(CALLS, LIMITS, "Length", (&long,)),
        LimitKind::Value,
    );
    // What a callback gives is refused in the guest, which gets an exception.
    runtime.register_callback("long", move || long.clone());
    let method = "Try";
    let said: String = runtime
        .call(CALLS, "Calls.Callbacks", method, ("long",))
        .unwrap();
    assert!(said.contains("size of one value"), "{said}");
    assert_alive(&mut runtime);
}

#[test]
fn handles_are_counted_and_dropping_them_makes_room() {
    let mut runtime = with(Limits::default().max_handles(50));
    let mut objects = Vec::new();
    let ended = loop {
        match runtime.create_object("System.Private.CoreLib", "System.Object") {
            Ok(object) => objects.push(object),
            Err(error) => break error,
        }
    };
    assert_eq!(assert_limit::<()>(Err(ended), LimitKind::Handles), (50, 51));
    assert!((40..=50).contains(&objects.len()), "{}", objects.len());
    // What was needed only to find the type is given back.
    let held = runtime.stats().handles;
    assert!((45..=50).contains(&held), "{held}");
    objects.truncate(5);
    runtime
        .create_object("System.Private.CoreLib", "System.Object")
        .unwrap();
    assert_alive(&mut runtime);
}

#[test]
fn calls_of_the_host_hold_so_many_bytes() {
    let mut runtime = with(Limits::default().max_buffers(4));
    runtime.register_async_callback("one", || async { 1 });
    // An empty list of arguments is one byte, and so is the result.
    for _ in 0..10 {
        let one: i32 = runtime
            .call_task(CALLS, LIMITS, "CallHostAsync", ("one",))
            .unwrap();
        assert_eq!(one, 1);
    }
    let mut runtime = with(Limits::default().max_buffers(0));
    runtime.register_async_callback("one", || async { 1 });
    let refused = runtime.call_task::<i32>(CALLS, LIMITS, "CallHostAsync", ("one",));
    match refused {
        Err(Error::GuestException(exception)) => {
            assert!(exception.message.contains("under way"), "{exception}")
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(runtime.stats().reached, [LimitKind::Buffers]);
    assert_alive(&mut runtime);
}

#[test]
fn a_runtime_may_nest_less_deep_than_its_host() {
    let mut runtime = with(Limits::default().max_callback_depth(0));
    runtime.register_callback("one", || 1);
    let said: String = runtime
        .call(CALLS, "Calls.Callbacks", "Try", ("one",))
        .unwrap();
    assert!(said.contains("nest deeper than 0"), "{said}");
}

#[test]
fn files_have_a_quota() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("there"), b"1").unwrap();
    let open = |limits: Limits| {
        host()
            .runtime()
            .limits(limits)
            .directory(directory.path(), "/d", Access::ReadWrite)
            .create()
            .unwrap()
    };
    let mut runtime = open(Limits::default().directory_bytes(10_000));
    let call = |runtime: &mut IsolatedRuntime, method: &str, path: &str, bytes: i32| {
        runtime
            .call::<String>(CALLS, LIMITS, method, (path, bytes))
            .unwrap()
    };
    assert_eq!(call(&mut runtime, "WriteFile", "/d/a", 6_000), "written");
    assert_eq!(
        call(&mut runtime, "AppendFile", "/d/a", 6_000),
        "IOException"
    );
    assert_eq!(
        call(&mut runtime, "WriteFile", "/d/b", 6_000),
        "IOException"
    );
    assert_eq!(call(&mut runtime, "AppendFile", "/d/a", 3_000), "written");
    let grown: String = runtime
        .call(CALLS, LIMITS, "SetLength", ("/d/a", 1i64 << 40))
        .unwrap();
    assert_eq!(grown, "IOException");
    assert_eq!(runtime.stats().reached, [LimitKind::DirectoryBytes]);
    assert!(runtime.stats().file_bytes <= 10_000);

    let mut runtime = open(Limits::default().max_files(7));
    let made: i32 = runtime
        .call(CALLS, LIMITS, "MakeFiles", ("/d", 20))
        .unwrap();
    assert_eq!(made, 7);
    // What is there already may be written.
    assert_eq!(call(&mut runtime, "WriteFile", "/d/there", 10), "written");

    let mut runtime = open(Limits::default().max_open_files(5));
    for _ in 0..3 {
        let opened: i32 = runtime
            .call(CALLS, LIMITS, "OpenFiles", ("/d/there", 20))
            .unwrap();
        assert_eq!(opened, 5, "closing makes room");
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_in_a_granted_directory_cannot_block_the_host() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe");
    let made = std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .unwrap();
    assert!(made.success());
    let mut runtime = host()
        .runtime()
        .directory(directory.path(), "/d", Access::ReadOnly)
        .create()
        .unwrap();
    let ended = runtime.call::<i32>(CALLS, LIMITS, "OpenFiles", ("/d/pipe", 1));
    assert!(matches!(ended, Err(Error::GuestException(_))), "{ended:?}");
    assert_alive(&mut runtime);
}

#[test]
fn coarse_clocks_are_coarse() {
    let step = Duration::from_millis(250);
    let mut runtime = with(Limits::default().coarse_clock(step));
    for _ in 0..3 {
        // 100 nanoseconds each.
        let ticks: i64 = runtime.call(CALLS, LIMITS, "Ticks", ()).unwrap();
        assert_eq!(ticks % 2_500_000, 0);
        let nanoseconds: i64 = runtime.call(CALLS, LIMITS, "Timestamp", ()).unwrap();
        assert_eq!(nanoseconds % 250_000_000, 0);
    }
    // Time passes all the same.
    runtime
        .call::<i32>(CALLS, LIMITS, "SpinFor", (300,))
        .unwrap();
}

/// A host that counts fuel: other machine code, compiled once.
static FUELED: LazyLock<IsolatedRuntimeHost> =
    LazyLock::new(|| builder().meter_fuel().build().unwrap());

/// Instructions of the guest that loading an assembly may take: twice what it took when this was written.
const LOADING_FUEL: u64 = 8_000_000;

#[test]
fn fuel_runs_out_at_the_same_place_each_time() {
    let run = |limits: Limits| {
        let mut runtime = FUELED.runtime().limits(limits).create().unwrap();
        let ended = runtime.call::<i64>(CALLS, LIMITS, "Work", (100_000,));
        (ended, runtime)
    };
    let (done, runtime) = run(Limits::none());
    done.unwrap();
    let needed = runtime.stats().fuel.unwrap();
    assert!(needed > 100_000, "{needed}");
    let (again, runtime) = run(Limits::none());
    again.unwrap();
    assert_eq!(
        runtime.stats().fuel,
        Some(needed),
        "the same work takes the same"
    );
    let (ended, runtime) = run(Limits::none().fuel(needed / 2));
    assert_limit(ended, LimitKind::Fuel);
    assert!(!runtime.is_alive());
    assert_eq!(runtime.stats().fuel, Some(needed / 2));

    let refused = host().runtime().limits(Limits::none().fuel(1)).create();
    match refused {
        Err(Error::Config { message }) => assert!(message.contains("meter_fuel"), "{message}"),
        other => panic!("{other:?}"),
    }
}

/// A fresh runtime's first call into an assembly that the host gives: what the image is warm with is not done again.
#[test]
fn loading_an_assembly_is_little_work() {
    let mut runtime = FUELED.create_runtime().unwrap();
    runtime
        .call::<i32>("System.Private.CoreLib", "System.Math", "Abs", (1,))
        .unwrap();
    let before = runtime.stats().fuel.unwrap();
    runtime.call::<i64>(CALLS, LIMITS, "Work", (1,)).unwrap();
    let used = runtime.stats().fuel.unwrap() - before;
    assert!((100_000..LOADING_FUEL).contains(&used), "{used}");
}

#[test]
fn a_runtime_has_accounts() {
    let mut runtime = with(Limits::default().measure_cpu(cfg!(unix)));
    runtime.register_callback("one", || 1);
    let before = runtime.stats();
    assert_eq!(
        (before.calls, before.host_calls, before.peak_memory),
        (0, 0, 0)
    );
    runtime
        .call::<i32>(CALLS, LIMITS, "CallHostTimes", ("one", 3))
        .unwrap();
    runtime
        .call::<String>(CALLS, LIMITS, "Text", (1000,))
        .unwrap();
    runtime
        .call::<i32>(CALLS, LIMITS, "SpinFor", (20,))
        .unwrap();
    runtime.call::<i32>(CALLS, LIMITS, "Hold", (8,)).unwrap();
    let stats = runtime.stats();
    assert_eq!((stats.calls, stats.host_calls), (4, 3));
    assert!(stats.bytes_in > 4096, "the assembly: {stats:?}");
    assert!(stats.bytes_out >= 1000);
    // Some of it was free within the snapshot.
    assert!(
        (4 << 20..64 << 20).contains(&stats.peak_memory),
        "{stats:?}"
    );
    assert!(stats.wall >= Duration::from_millis(20));
    if cfg!(unix) {
        assert!(
            stats.cpu >= Duration::from_millis(1) && stats.cpu <= stats.wall,
            "{stats:?}"
        );
    }
    assert!(stats.fuel.is_none() && stats.reached.is_empty());
}

#[test]
fn a_dead_runtime_keeps_its_accounts_and_its_output() {
    let mut runtime = with(Limits::none().call_timeout(Duration::from_millis(500)));
    runtime
        .call::<i32>(CALLS, LIMITS, "Write", (2048,))
        .unwrap();
    assert_limit(
        runtime.call::<i32>(CALLS, LIMITS, "Spin", ()),
        LimitKind::CallTimeout,
    );
    let stats = runtime.stats();
    assert_eq!((stats.calls, stats.output_bytes), (2, 2048));
    assert!(stats.cpu > Duration::ZERO, "sampled: {stats:?}");
    assert_eq!(runtime.stdout().len(), 2048);
    std::thread::sleep(Duration::from_millis(2));
    assert_eq!(runtime.stats(), stats, "its time stands still");
}
