//! Runtimes that sleep and go on: what waits is written down, and goes on from that.

use crate::CALLS;
use crate::forks::{ORDERS, call};
use isolator_host::{
    Access, AsyncRuntime, Error, IsolatedRuntime, IsolatedStream, IsolatedTask, LimitKind, Limits,
    Suspended,
};
use isolator_tests::{builder, host, runtime};
use std::time::{Duration, Instant};

/// One that waits for a payment.
fn ordered() -> IsolatedRuntime {
    let mut runtime = runtime();
    runtime.register_async_callback("pay", |_: String, _: f64| async {
        std::future::pending::<()>().await;
        true
    });
    let process = runtime.find_method(CALLS, ORDERS, "Process").unwrap();
    let order = runtime.start_task(&process, None, ("book", 300)).unwrap();
    runtime.keep("order", &order).unwrap();
    runtime
}

#[test]
fn an_order_goes_on_from_a_file_at_each_of_its_waits() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("order.sleep");
    let mut runtime = ordered();
    runtime.suspend().unwrap().save(&path).unwrap();
    drop(runtime);

    // In another host, which has no loader: what was loaded is in the memory.
    let bare = isolator_host::IsolatedRuntimeHost::builder()
        .build()
        .unwrap();
    let suspended = Suspended::load(&path).unwrap();
    assert_eq!(suspended.kept().collect::<Vec<_>>(), ["order"]);
    assert_eq!(suspended.pending_calls()[0].name, "pay");
    let mut runtime = bare.resume(&suspended).unwrap();
    let pay = &runtime.pending_calls()[0];
    assert_eq!(
        pay.arguments::<(String, f64)>().unwrap(),
        ("book".into(), 12.5)
    );
    runtime.register_async_callback("approve", |_: String| async {
        std::future::pending::<()>().await;
        String::new()
    });
    runtime.answer_call(pay.id, true).unwrap();
    while runtime.run_turn().unwrap() == isolator_host::NextRun::Now {}
    assert_eq!(
        call::<String>(&mut runtime, "Log", ()),
        "ordered book, paid"
    );
    runtime.suspend().unwrap().save(&path).unwrap();
    drop(runtime);

    // A person approves: the callback is begun again, by another that has the name now.
    let mut runtime = bare.resume(&Suspended::load(&path).unwrap()).unwrap();
    let [approve] = &runtime.pending_calls()[..] else {
        panic!("{:?}", runtime.pending_calls())
    };
    let error = runtime.restart_call(approve.id).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no callback is registered as `approve`"),
        "{error}"
    );
    runtime.register_async_callback(
        "approve",
        |what: String| async move { format!("me ({what})") },
    );
    runtime.restart_call(approve.id).unwrap();
    assert!(runtime.pending_calls().is_empty());
    for _ in 0..10 {
        runtime.run_turn().unwrap();
    }
    assert_eq!(
        call::<String>(&mut runtime, "Log", ()),
        "ordered book, paid, approved by me (book)"
    );
    // It waits for a timer now, which is due while it sleeps.
    let bytes = runtime.suspend().unwrap().as_bytes().to_vec();
    drop(runtime);
    std::thread::sleep(Duration::from_millis(400));
    let mut runtime = bare.resume(&Suspended::from_bytes(bytes).unwrap()).unwrap();
    let order: IsolatedTask = runtime.kept("order").unwrap();
    let began = Instant::now();
    assert_eq!(
        runtime.wait::<String>(&order).unwrap(),
        "ordered book, paid, approved by me (book), sent"
    );
    assert!(
        began.elapsed() < Duration::from_millis(250),
        "the timer was due: {:?}",
        began.elapsed()
    );
}

#[test]
fn one_is_woken_as_often_as_wanted_and_the_first_works_on() {
    let mut runtime = ordered();
    let suspended = runtime.suspend().unwrap();
    let mut copies: Vec<_> = (0..3).map(|_| host().resume(&suspended).unwrap()).collect();
    for (number, copy) in (0..).zip(&mut copies) {
        copy.register_async_callback("approve", |what: String| async move { what });
        let [pay] = &copy.pending_calls()[..] else {
            panic!("no call")
        };
        copy.answer_call(pay.id, number == 1).unwrap();
        let order: IsolatedTask = copy.kept("order").unwrap();
        let paid = if number == 1 { "paid" } else { "not paid" };
        assert_eq!(
            copy.wait::<String>(&order).unwrap(),
            format!("ordered book, {paid}, approved by book, sent")
        );
    }
    assert_eq!(call::<String>(&mut runtime, "Log", ()), "ordered book");
}

/// What it differs by from what it began with, and nothing else: an assembly that it loaded is a part of that, unless its snapshot has it.
#[test]
fn one_takes_as_much_room_as_it_has_changed() {
    let kilobytes =
        |runtime: &mut IsolatedRuntime| runtime.suspend().unwrap().as_bytes().len() >> 10;
    let mut fresh = host().create_runtime().unwrap();
    let nothing = kilobytes(&mut fresh);
    assert!(nothing < 60, "{nothing} KB of one that did nothing");
    let loaded = kilobytes(&mut ordered());
    assert!(
        (85..1500).contains(&loaded),
        "{loaded} KB of one that loaded 85 KB"
    );
    let snapshot = host()
        .snapshot(|runtime| runtime.load_assembly(CALLS).map(|_| ()))
        .unwrap();
    let mut small = host().runtime().from(&snapshot).create().unwrap();
    call::<String>(&mut small, "Log", ());
    let changed = kilobytes(&mut small);
    assert!(
        changed < loaded / 2,
        "{changed} KB of one whose snapshot has the assembly, {loaded} without"
    );
    call::<i32>(&mut small, "Grow", (3,));
    let grown = kilobytes(&mut small);
    // Three megabytes of zeros.
    assert!(grown < changed + 200, "{changed} KB, {grown} KB");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_were_under_way_are_taken_up_by_their_numbers() {
    let begun = ordered().into_async().unwrap();
    let count =
        |runtime: &AsyncRuntime| runtime.call::<String>(CALLS, ORDERS, "Process", ("pen", 1));
    let first = count(&begun);
    let number = first.number();
    let waits = tokio::spawn(first);
    // Until the call is there.
    while begun
        .with(|runtime| runtime.unfinished_calls().is_empty())
        .await
        .unwrap()
    {
        tokio::task::yield_now().await;
    }
    let suspended = begun.suspend().await.unwrap();
    drop(begun);
    waits.abort();

    let woken = host().resume(&suspended).unwrap();
    assert_eq!(woken.unfinished_calls(), [number]);
    let woken = woken.into_async().unwrap();
    woken
        .with(|runtime| {
            runtime.register_async_callback("approve", |what: String| async move { what });
            for call in runtime.pending_calls() {
                runtime.answer_call(call.id, true).unwrap();
            }
        })
        .await
        .unwrap();
    let taken = woken.take_up::<String>(number);
    assert_eq!(taken.number(), number);
    let log = taken.await.unwrap();
    assert!(
        log.contains("ordered pen") && log.ends_with("sent"),
        "{log}"
    );
    // It is over, and new ones have other numbers.
    let error = woken.take_up::<String>(number).await.unwrap_err();
    assert!(matches!(error, Error::BadHandle { .. }), "{error}");
    assert!(count(&woken).number() > number);
}

#[test]
fn a_stream_that_was_half_read_is_read_on() {
    let mut runtime = runtime();
    let count = runtime.find_method(CALLS, ORDERS, "Count").unwrap();
    let source = runtime.invoke_object(&count, None, (5,)).unwrap().unwrap();
    let stream = runtime.open_stream(&source).unwrap();
    for expected in 1..=2 {
        let element: Option<i32> = runtime.next_element(&stream).unwrap();
        assert_eq!(element, Some(expected));
    }
    runtime.keep("stream", &stream).unwrap();
    let mut woken = host().resume(&runtime.suspend().unwrap()).unwrap();
    let stream: IsolatedStream = woken.kept("stream").unwrap();
    for expected in 3..=5 {
        assert_eq!(woken.next_element::<i32>(&stream).unwrap(), Some(expected));
    }
    assert_eq!(woken.next_element::<i32>(&stream).unwrap(), None);
}

#[test]
fn environment_and_directories_are_as_they_were() {
    let place = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let mut runtime = host()
        .runtime()
        .env("SECRET", "kept")
        .arg("one")
        .directory(place.path(), "/granted", Access::ReadWrite)
        .working_directory("/granted")
        .create()
        .unwrap();
    let surroundings = |runtime: &mut IsolatedRuntime| {
        runtime
            .call::<String>(CALLS, "Calls.Snapshots", "Surroundings", ())
            .unwrap()
    };
    assert_eq!(surroundings(&mut runtime), "kept|one|True|/granted|-1");
    call::<()>(&mut runtime, "WriteAll", ("/granted/a.txt", "a"));
    let suspended = runtime.suspend().unwrap();
    let granted = |folder: &std::path::Path, access| {
        host()
            .runtime()
            .directory(folder, "/granted", access)
            .resume(&suspended)
    };
    let mut woken = granted(place.path(), Access::ReadWrite).unwrap();
    assert_eq!(
        call::<String>(&mut woken, "ReadAll", ("/granted/a.txt",)),
        "a"
    );
    assert_eq!(surroundings(&mut woken), "kept|one|True|/granted|-1");
    // The host says which folder that is now.
    let mut woken = granted(elsewhere.path(), Access::ReadWrite).unwrap();
    call::<()>(&mut woken, "WriteAll", ("/granted/b.txt", "b"));
    assert_eq!(
        std::fs::read_to_string(elsewhere.path().join("b.txt")).unwrap(),
        "b"
    );
    let text = |outcome: Result<IsolatedRuntime, Error>| {
        let error = outcome.unwrap_err();
        assert!(matches!(error, Error::BadSuspended { .. }), "{error}");
        error.to_string()
    };
    let error = text(granted(place.path(), Access::ReadOnly));
    assert!(error.contains("`/granted` (read and write)"), "{error}");
    assert!(error.contains("`/granted` (read only)"), "{error}");
    let error = text(host().resume(&suspended));
    assert!(error.contains("Granted are now: none"), "{error}");
    let error = text(
        host()
            .runtime()
            .directory(place.path(), "/granted", Access::ReadWrite)
            .directory(place.path(), "/more", Access::ReadOnly)
            .resume(&suspended),
    );
    assert!(error.contains("`/more` (read only)"), "{error}");
    let error = host()
        .runtime()
        .env("OTHER", "x")
        .culture("de-CH")
        .resume(&suspended)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("cannot be given environment variables, a culture"),
        "{error}"
    );
}

#[test]
fn what_is_not_in_the_memory_is_named() {
    let place = tempfile::tempdir().unwrap();
    let mut runtime = host()
        .runtime()
        .directory(place.path(), "/data", Access::ReadWrite)
        .stdin(isolator_host::Stdin::Bytes(b"one\ntwo\n".to_vec()))
        .create()
        .unwrap();
    call::<()>(&mut runtime, "Open", ("/data/open.txt",));
    // What is closed comes along.
    call::<()>(&mut runtime, "WriteAll", ("/tmp/left.txt", "left"));
    call::<String>(&mut runtime, "Line", ());
    let error = runtime.suspend().unwrap_err();
    assert!(matches!(error, Error::NotFrozen { .. }), "{error}");
    let error = error.to_string();
    for part in [
        "1 files or directories are open: `/data/open.txt`",
        "standard input",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
    assert!(!error.contains("/tmp"), "{error}");
    // It works on.
    call::<()>(&mut runtime, "Write", ("more",));
    call::<()>(&mut runtime, "Close", ());
    assert_eq!(
        std::fs::read_to_string(place.path().join("open.txt")).unwrap(),
        "more"
    );
    // One that is open in memory is open all the same.
    let mut runtime = host().create_runtime().unwrap();
    call::<()>(&mut runtime, "Open", ("/tmp/open.txt",));
    let error = runtime.suspend().unwrap_err().to_string();
    assert!(error.contains("open: `/tmp/open.txt`"), "{error}");
    call::<()>(&mut runtime, "Write", ("closed",));
    call::<()>(&mut runtime, "Close", ());
    let mut woken = host().resume(&runtime.suspend().unwrap()).unwrap();
    assert_eq!(
        call::<String>(&mut woken, "ReadAll", ("/tmp/open.txt",)),
        "closed"
    );
}

#[test]
fn temporary_files_come_along() {
    let mut runtime = runtime();
    call::<()>(&mut runtime, "Arrange", ());
    let arranged: String = call(&mut runtime, "Arranged", ());
    assert!(
        arranged.contains("/tmp/folder/empty/")
            && arranged.contains("/tmp/folder/file.txt 4 2001-02-03T04:05:06")
            && arranged.contains("/tmp/sparse 1048576 ")
            && arranged.contains("/tmp/link "),
        "{arranged}"
    );
    let bytes = runtime.suspend().unwrap().as_bytes().to_vec();
    let suspended = Suspended::from_bytes(bytes).unwrap();
    let mut woken = host().resume(&suspended).unwrap();
    assert_eq!(call::<String>(&mut woken, "Arranged", ()), arranged);
    // They are its own from then on, and sleep again.
    let file = "/tmp/folder/file.txt";
    call::<()>(&mut woken, "WriteAll", (file, "changed"));
    let mut again = host().resume(&woken.suspend().unwrap()).unwrap();
    for (runtime, text) in [
        (&mut runtime, "kept"),
        (&mut woken, "changed"),
        (&mut again, "changed"),
    ] {
        assert_eq!(call::<String>(runtime, "ReadAll", (file,)), text);
        assert_eq!(call::<String>(runtime, "ReadAll", ("/tmp/link",)), text);
    }
}

#[test]
fn temporary_files_count_as_the_memory_of_what_goes_on() {
    let mut runtime = runtime();
    call::<()>(&mut runtime, "Fill", ("/tmp/large", 40));
    let suspended = runtime.suspend().unwrap();
    let within = |memory: u64| {
        let limits = Limits::default().memory(memory);
        host().runtime().limits(limits).resume(&suspended)
    };
    let error = within(38 << 20).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Limit {
                limit: LimitKind::Memory,
                allowed,
                used,
            } if allowed == 38 << 20 && used > 40 << 20
        ),
        "{error}"
    );
    let mut woken = within(200 << 20).unwrap();
    let peak = woken.stats().peak_memory;
    assert!((40 << 20..100 << 20).contains(&peak), "{peak}");
    let arranged: String = call(&mut woken, "Arranged", ());
    assert!(arranged.starts_with("/tmp/large 41943040 "), "{arranged}");
    assert_eq!(call::<String>(&mut runtime, "Arranged", ()), arranged);
}

/// What it says of its files is looked at before anything is made of it.
#[test]
fn crafted_temporary_files_are_refused_with_the_reason() {
    let mut runtime = runtime();
    call::<()>(&mut runtime, "Arrange", ());
    let whole = runtime.suspend().unwrap().as_bytes().to_vec();
    for (found, with, words) in [
        // A file that is shorter, or longer, than all that it holds; in MessagePack.
        (
            &b"\xa3len\xce\x00\x10\x00\x00"[..],
            &b"\xa3len\xce\x00\x00\x10\x00"[..],
            "a part of a file lies beyond its end",
        ),
        (
            b"\xa8file.txt",
            b"\xa8file/txt",
            "one has a name that none can have",
        ),
        (
            b"folder/file.txt",
            b"folder\0file.txt",
            "a link leads to what is no path",
        ),
    ] {
        let at = whole
            .windows(found.len())
            .position(|window| window == found)
            .unwrap_or_else(|| panic!("not found, to test: {words}"));
        let mut bytes = whole.clone();
        bytes[at..at + with.len()].copy_from_slice(with);
        let error = Suspended::from_bytes(bytes).unwrap_err();
        assert!(matches!(error, Error::BadSuspended { .. }), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn what_began_with_a_snapshot_goes_on_with_that() {
    let snapshot = host()
        .snapshot(|runtime| {
            runtime
                .call::<i32>(CALLS, "Calls.State", "Set", (5,))
                .map(|_| ())
        })
        .unwrap();
    let other = host().snapshot(|_| Ok(())).unwrap();
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("app.isolate");
    snapshot.save(&path).unwrap();
    let mut runtime = host().runtime().from(&snapshot).create().unwrap();
    runtime
        .call::<i32>(CALLS, "Calls.State", "Set", (6,))
        .unwrap();
    let suspended = runtime.suspend().unwrap();
    assert!(
        suspended.as_bytes().len() < 300 << 10,
        "what the snapshot has is in it: {} bytes",
        suspended.as_bytes().len()
    );
    let get = |runtime: &mut IsolatedRuntime| {
        runtime
            .call::<i32>(CALLS, "Calls.State", "Get", ())
            .unwrap()
    };
    let mut woken = host().runtime().from(&snapshot).resume(&suspended).unwrap();
    assert_eq!(get(&mut woken), 6);
    // In another host, with the snapshot that was saved.
    let another = builder().build().unwrap();
    let loaded = another.load_snapshot(&path).unwrap();
    let mut woken = another.runtime().from(&loaded).resume(&suspended).unwrap();
    assert_eq!(get(&mut woken), 6);
    for (outcome, words) in [
        (host().resume(&suspended), "it began with a snapshot"),
        (
            host().runtime().from(&other).resume(&suspended),
            "another snapshot",
        ),
        (
            host()
                .runtime()
                .from(&snapshot)
                .resume(&ordered().suspend().unwrap()),
            "began with the guest image",
        ),
    ] {
        let error = outcome.unwrap_err();
        assert!(matches!(error, Error::BadSuspended { .. }), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn what_is_no_sleeper_is_refused_with_the_reason() {
    let whole = ordered().suspend().unwrap().as_bytes().to_vec();
    let wake = |bytes: &[u8]| -> Result<IsolatedRuntime, Error> {
        host().resume(&Suspended::from_bytes(bytes)?)
    };
    assert!(wake(&whole).is_ok());
    for end in [0, 7, 19, 20, 60, whole.len() / 2, whole.len() - 1] {
        let error = wake(&whole[..end]).unwrap_err();
        assert!(
            matches!(error, Error::BadSuspended { .. }),
            "{end}: {error}"
        );
    }
    let mut longer = whole.clone();
    longer.push(0);
    let error = wake(&longer).unwrap_err().to_string();
    assert!(error.contains("1 bytes follow"), "{error}");
    let place = tempfile::tempdir().unwrap();
    let error = Suspended::load(place.path().join("none")).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
    let path = place.path().join("text");
    std::fs::write(&path, "no sleeper").unwrap();
    let error = Suspended::load(&path).unwrap_err().to_string();
    assert!(error.contains("it is no suspended runtime"), "{error}");
    assert!(error.contains("text"), "{error}");
    // Another guest image's.
    let digest = host().manifest().digest.as_bytes();
    let at = whole
        .windows(digest.len())
        .position(|window| window == digest)
        .unwrap();
    let mut other = whole.clone();
    other[at] = if other[at] == b'0' { b'1' } else { b'0' };
    let error = wake(&other).unwrap_err().to_string();
    assert!(error.contains("it is of the guest image"), "{error}");
    // What it would take is looked at before.
    let mut grown = runtime();
    call::<i32>(&mut grown, "Grow", (60,));
    let suspended = grown.suspend().unwrap();
    let error = host()
        .runtime()
        .limits(Limits::default().memory(20 << 20))
        .resume(&suspended)
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::BadSuspended { .. }
                | Error::Limit {
                    limit: LimitKind::Memory,
                    ..
                }
        ),
        "{error}"
    );
    assert!(host().resume(&suspended).is_ok());
}

/// Whatever the bytes are: an error, or a guest in its sandbox.
#[test]
fn crafted_bytes_are_an_error_or_a_guest_like_any_other() {
    let host = builder()
        .limits(Limits::default().call_timeout(Duration::from_secs(5)))
        .build()
        .unwrap();
    let mut sleeps = ordered();
    call::<()>(&mut sleeps, "Arrange", ());
    let whole = sleeps.suspend().unwrap().as_bytes().to_vec();
    let mut woken = 0;
    for number in 0..200_usize {
        let mut bytes = whole.clone();
        for part in 0..=number % 9 {
            let at = (number * 7919 + part * 104_729) % bytes.len();
            bytes[at] = (number * 31 + part) as u8;
        }
        let Ok(suspended) = Suspended::from_bytes(bytes) else {
            continue;
        };
        let Ok(mut runtime) = host.resume(&suspended) else {
            continue;
        };
        woken += 1;
        for call in runtime.pending_calls() {
            let _ = runtime.answer_call(call.id, true);
        }
        let _ = runtime.run_turn();
        let _ = runtime.call::<String>(CALLS, ORDERS, "Log", ());
        let _ = runtime.call::<String>(CALLS, ORDERS, "Arranged", ());
        let _ = runtime.call::<i32>(CALLS, "Calls.Failing", "Nested", ());
        let _ = runtime.fork();
    }
    assert!(woken > 20, "{woken}: next to nothing was tried");
    let mut runtime = host.create_runtime().unwrap();
    assert_eq!(call::<String>(&mut runtime, "Log", ()), "");
}
