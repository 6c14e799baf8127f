//! No call of the base library ends the runtime: its public members are called, with default and odd arguments, in runtimes that are thrown away.

use isolator_host::{Error, IsolatedRuntime, LimitKind, Limits, Stdio, TrapKind};
use isolator_tests::host;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const FIXTURE: &str = "Hunt";
const MEMBERS: &str = "Hunt.Members";

/// How many types one runtime calls members of: what they leave behind is met by those after them.
const AT_ONCE: i32 = 40;

/// For all members of one type. What waits for as long as its arguments say is not called: see `Exceptions.cs` of the fixture.
const TYPE_TIME: Duration = Duration::from_secs(20);

/// Each of these makes a key when it is first used, which may take longer than that, as it does natively.
const SLOW: &[&str] = &["System.Security.Cryptography.DSAOpenSsl: "];

/// Fewer would say that it is not the base library which is called.
const LEAST_CALLS: usize = 80_000;

fn runtime() -> IsolatedRuntime {
    let limits = Limits::default().memory(512 << 20).call_timeout(TYPE_TIME);
    host()
        .runtime()
        .limits(limits)
        .stdout(Stdio::Capture)
        .stderr(Stdio::Capture)
        .create()
        .unwrap()
}

/// The last member of a type that was begun.
fn last_begun(runtime: &mut IsolatedRuntime, ty: i32) -> Option<i32> {
    let written = runtime.stdout_utf8();
    let marks = written
        .lines()
        .filter_map(|line| line.strip_prefix('\u{1}'));
    let last = marks.filter_map(|mark| mark.split_once(' ')).next_back()?;
    (last.0.parse() == Ok(ty)).then(|| last.1.parse().ok())?
}

/// Whether the runtime died of a fault: it did not if it was told to end, if no memory was left, or if what it was given to call threw an
/// exception where nobody could catch it.
fn is_fault(error: &Error) -> bool {
    !matches!(
        error,
        Error::Exit { .. }
            | Error::GuestException(_)
            | Error::Trap {
                kind: TrapKind::StackOverflow
                    | TrapKind::UnhandledException
                    | TrapKind::OutOfMemory,
                ..
            }
    ) && !matches!(error, Error::Limit { limit, .. } if *limit != LimitKind::CallTimeout)
}

/// Calls the members of some types of an assembly, and says what ended a runtime.
fn hunt(assembly: &str, types: std::ops::Range<i32>) -> (i32, Vec<String>) {
    let (mut calls, mut faults) = (0, Vec::new());
    let (mut used, mut fresh) = (runtime(), true);
    for ty in types {
        let mut from = 0;
        loop {
            let error = match used.call::<i32>(FIXTURE, MEMBERS, "Call", (assembly, ty, from)) {
                Ok(count) => {
                    (calls, fresh) = (calls + count, false);
                    break;
                }
                Err(error) => error,
            };
            let last = last_begun(&mut used, ty);
            // What comes before any member of this type is of what others left to run; if there were none, it is the type itself.
            let by_type = last.is_none() && fresh;
            (used, fresh) = (runtime(), true);
            if by_type || is_fault(&error) {
                let member = (assembly, ty, last.unwrap_or_default());
                let name = runtime().call::<String>(FIXTURE, MEMBERS, "Name", member);
                let is_slow = name
                    .as_ref()
                    .is_ok_and(|name| SLOW.iter().any(|slow| name.starts_with(slow)));
                if let (true, Error::Limit { .. }, Some(last)) = (is_slow, &error, last) {
                    from = last + 1;
                    continue;
                }
                faults.push(format!("{member:?} {}: {error}", name.unwrap_or_default()));
            }
            if by_type {
                break;
            }
            from = last.map_or(from, |last| last + 1);
        }
    }
    (calls, faults)
}

/// Hunts in all of these, on as many threads as there are processors.
fn hunt_all(parts: &[(String, std::ops::Range<i32>)]) {
    let (next, calls) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let faults = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((assembly, types)) = parts.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let (count, found) = hunt(assembly, types.clone());
                    calls.fetch_add(count as usize, Ordering::Relaxed);
                    faults.lock().unwrap().extend(found);
                }
            });
        }
    });
    let (faults, calls) = (faults.into_inner().unwrap(), calls.into_inner());
    assert!(
        faults.is_empty(),
        "{} of {calls} calls:\n{}",
        faults.len(),
        faults.join("\n")
    );
    assert!(calls > LEAST_CALLS, "{calls} calls were made");
}

/// All types, in parts for one runtime each.
fn parts() -> Vec<(String, std::ops::Range<i32>)> {
    let mut used = runtime();
    let assemblies: Vec<String> = used.call(FIXTURE, MEMBERS, "Names", ()).unwrap();
    let mut all = Vec::new();
    for assembly in assemblies {
        let count: i32 = used.call(FIXTURE, MEMBERS, "Types", (&assembly,)).unwrap();
        let starts = (0..count).step_by(AT_ONCE as usize);
        all.extend(starts.map(|from| (assembly.clone(), from..(from + AT_ONCE).min(count))));
    }
    all
}

#[test]
fn no_call_of_the_base_library_ends_the_runtime() {
    hunt_all(&parts());
}

#[test]
fn large_values_are_refused_before_anything_runs() {
    let mut runtime = host().create_runtime().unwrap();
    let answers: Vec<String> = runtime.call(FIXTURE, "Hunt.Large", "Ask", ()).unwrap();
    let expected = [
        "argument: NotSupportedException 0",
        "result: NotSupportedException 0",
        "field stored: NotSupportedException 0",
        "field loaded: NotSupportedException 0",
        "static stored: NotSupportedException 0",
        "array: TypeLoadException 0",
        "object: 5",
    ];
    assert_eq!(answers, expected);
}

/// Fewer would say that the functions are not found any more.
const LEAST_FUNCTIONS: usize = 200;

/// Who holds on to a handle that is none gets an error of it, and the runtime lives.
#[test]
fn no_function_of_cryptography_takes_what_is_none() {
    let functions = "Hunt.Exports";
    let names: Vec<String> = runtime().call(FIXTURE, functions, "Names", ()).unwrap();
    assert!(names.len() > LEAST_FUNCTIONS, "{} are found", names.len());
    let (mut faults, mut used) = (Vec::new(), runtime());
    for (number, name) in names.iter().enumerate() {
        match used.call::<String>(FIXTURE, functions, "Call", (number as i32,)) {
            Ok(nothing) if nothing.is_empty() => {}
            Ok(fault) => faults.push(format!("{name} {fault}")),
            Err(error) => {
                faults.push(format!("{name}: {error}"));
                used = runtime();
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
