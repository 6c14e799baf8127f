//! Runtimes that end while they read standard input leave no thread behind, and what comes later is the next one's.

use isolator_host::{Error, LimitKind, Limits, Stdin};
use isolator_tests::builder;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

const INNER: &str = "ISOLATOR_READERS_INNER";
const TEST: &str = "readers::runtimes_that_ended_while_they_read_leave_one_thread";
const READY: &str = "all of them ended";
const CONSOLE: &str = "System.Console";

/// In a process of its own, which has an input of its own.
#[test]
fn runtimes_that_ended_while_they_read_leave_one_thread() {
    if std::env::var_os(INNER).is_some() {
        return inner();
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture"])
        .env(INNER, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    while !said.contains(READY) && lines.read_line(&mut said).unwrap() > 0 {}
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"first\nsecond\n").unwrap();
    drop(input);
    std::io::Read::read_to_string(&mut lines, &mut said).unwrap();
    assert!(child.wait().unwrap().success(), "{said}");
}

fn inner() {
    let host = builder().max_runtimes(4).build().unwrap();
    for _ in 0..100 {
        let limits = Limits::default().call_timeout(Duration::from_millis(1));
        let runtime = host.runtime().stdin(Stdin::Inherit).limits(limits);
        let mut runtime = runtime.create().unwrap();
        let read = runtime.call::<Option<String>>(CONSOLE, "System.Console", "ReadLine", ());
        assert!(
            matches!(
                read,
                Err(Error::Limit {
                    limit: LimitKind::CallTimeout,
                    ..
                })
            ),
            "{read:?}"
        );
    }
    let readers = || {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        let names = tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")));
        names
            .filter(|name| {
                name.as_ref()
                    .is_ok_and(|name| name.trim() == "isolator-stdin")
            })
            .count()
    };
    // The time may have been over before the first had got so far as to read.
    let mut runtime = host
        .runtime()
        .stdin(Stdin::Inherit)
        .limits(Limits::default().call_timeout(Duration::from_secs(2)))
        .create()
        .unwrap();
    let read = runtime.call::<Option<String>>(CONSOLE, "System.Console", "ReadLine", ());
    assert!(matches!(read, Err(Error::Limit { .. })), "{read:?}");
    assert_eq!(readers(), 1);
    println!("\n{READY}");
    let mut runtime = host.runtime().stdin(Stdin::Inherit).create().unwrap();
    for wanted in [Some("first"), Some("second"), None] {
        let read = runtime.call::<Option<String>>(CONSOLE, "System.Console", "ReadLine", ());
        assert_eq!(read.unwrap().as_deref(), wanted);
    }
    assert_eq!(readers(), 1);
}
