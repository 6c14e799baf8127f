//! Copies of runtimes with exchanges under way: forks, runtimes that sleep, snapshots. None holds a secret.

use crate::server::Server;
use crate::{HOST, WEB, all_of, ask, runtime};
use isolator_host::IsolatedRuntime;

const SECRET: &str = "hunter22-is-secret";

fn more(runtime: &mut IsolatedRuntime) -> String {
    runtime.call(WEB, "Web.Asking", "More", (10,)).unwrap()
}

#[test]
fn a_fork_has_the_grant_and_none_of_the_exchanges() {
    let server = Server::start();
    let grant = all_of(&server)
        .secret("key", SECRET)
        .header_secret("Authorization", "{key}");
    let mut parent = runtime(Some(grant));
    let url = server.url();
    parent
        .call::<()>(WEB, "Web.Asking", "Start", (format!("{url}later"),))
        .unwrap();
    let began: String = parent
        .call(WEB, "Web.Asking", "Begin", (format!("{url}large"),))
        .unwrap();
    assert_eq!(began, "OK");
    let mut fork = parent.fork().unwrap();
    // What it asks for is put the same secret into.
    assert!(ask(&mut fork, &format!("{url}hello"), &[]).starts_with("200 hello"));
    assert_eq!(
        server.seen().last().unwrap().header("authorization"),
        [SECRET]
    );
    let told = more(&mut fork);
    assert!(
        told.starts_with("HttpIOException") && told.contains("not there any more"),
        "{told}"
    );
    let told = more(&mut parent);
    assert!(told.starts_with("10 "), "{told}");
    // The request that was under way goes on in the parent, and waits in the fork until it is made again.
    assert_eq!(
        parent
            .call_task::<String>(WEB, "Web.Asking", "Outcome", ())
            .unwrap(),
        "later"
    );
    let pending = fork.pending_calls();
    let names: Vec<&str> = pending.iter().map(|call| &*call.name).collect();
    assert_eq!(names, ["isolator.http.send"]);
    let args = String::from_utf8_lossy(&pending[0].args).into_owned();
    assert!(args.contains("/later") && !args.contains(SECRET), "{args}");
    fork.restart_call(pending[0].id).unwrap();
    assert_eq!(
        fork.call_task::<String>(WEB, "Web.Asking", "Outcome", ())
            .unwrap(),
        "later"
    );
    assert_eq!(fork.stats().http_requests, 2);
}

#[test]
fn a_runtime_that_sleeps_takes_no_secret_along_and_gets_a_grant_again() {
    let server = Server::start();
    let grant = all_of(&server)
        .secret("key", SECRET)
        .header_secret("Authorization", "{key}");
    let url = format!("{}hello", server.url());
    let mut first = runtime(Some(grant.clone()));
    assert!(ask(&mut first, &url, &[]).starts_with("200"));
    let suspended = first.suspend().unwrap();
    // What the guest has as text is there, as UTF-16; of the secret there is nothing in any form.
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let holds = |what: &[u8]| {
        suspended
            .as_bytes()
            .windows(what.len())
            .any(|window| window == what)
    };
    assert!(holds(&wide(&url)));
    assert!(!holds(SECRET.as_bytes()) && !holds(&wide(SECRET)));
    let mut without = HOST.resume(&suspended).unwrap();
    assert!(ask(&mut without, &url, &[]).contains("was not granted"));
    let mut with = HOST.runtime().http(grant).resume(&suspended).unwrap();
    assert!(ask(&mut with, &url, &[]).starts_with("200"));
}

#[test]
fn a_snapshot_holds_no_grant() {
    let server = Server::start();
    let url = format!("{}hello", server.url());
    let snapshot = HOST
        .runtime()
        .http(all_of(&server))
        .snapshot(|runtime| {
            assert!(ask(runtime, &url, &[]).starts_with("200"));
            Ok(())
        })
        .unwrap();
    let mut without = HOST.runtime().from(&snapshot).create().unwrap();
    assert!(ask(&mut without, &url, &[]).contains("was not granted"));
    let mut with = HOST
        .runtime()
        .from(&snapshot)
        .http(all_of(&server))
        .create()
        .unwrap();
    assert!(ask(&mut with, &url, &[]).starts_with("200"));
}
