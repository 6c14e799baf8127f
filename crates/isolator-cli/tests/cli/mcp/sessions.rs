//! Sessions: state that goes from one call to the next.

use super::hostile::slow_to_compile;
use super::http::Site;
use super::server::{Server, ended, result, text};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

impl Server {
    fn session(&mut self) -> String {
        let created = self.call("session_create", json!({}));
        assert_eq!(created["isError"], false, "{created}");
        let id = created["structuredContent"]["session_id"].as_str().unwrap();
        assert!(text(&created).contains(id), "{created}");
        id.to_owned()
    }

    fn submit(&mut self, session: &str, code: &str) -> Value {
        self.call(
            "session_execute",
            json!({"session_id": session, "code": code}),
        )
    }
}

#[test]
fn state_goes_from_one_call_to_the_next() {
    let mut server = Server::start(&[]);
    let session = server.session();
    let first = server.submit(
        &session,
        "using System.Text;\nvar words = new List<string> { \"a\" };\nint Twice(int n) => 2 * n;",
    );
    assert_eq!(ended(&first, "completed")["result"], Value::Null);
    assert_eq!(text(&first), "(no output)");
    let second = server.submit(
        &session,
        "words.Add(\"b\"); Console.Write(Twice(21)); await Task.Yield(); words",
    );
    let structured = ended(&second, "completed");
    assert_eq!(
        (&structured["result"], &structured["stdout"]),
        (&json!(["a", "b"]), &json!("42"))
    );
    assert_eq!(text(&second), "42\n[result] [\"a\",\"b\"]");
    // Another session has other variables.
    let other = server.session();
    assert_ne!(session, other);
    assert_eq!(
        ended(&server.submit(&other, "words"), "compile_error")["diagnostics"][0]["id"],
        "CS0103"
    );
}

#[test]
fn a_session_lives_on_after_what_does_not_stop_it() {
    let mut server = Server::start(&[]);
    let session = server.session();
    server.submit(&session, "var x = 1;");
    let wrong = server.submit(&session, "x = wrong;");
    assert_eq!(ended(&wrong, "compile_error")["diagnostics"][0]["line"], 1);
    let thrown = server.submit(
        &session,
        "x = 2; throw new InvalidOperationException(\"no\");",
    );
    let error = ended(&thrown, "exception")["error"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        error.starts_with("System.InvalidOperationException: no\n"),
        "{error}"
    );
    assert!(!error.contains("Isolator."), "{error}");
    assert_eq!(
        ended(&server.submit(&session, "x"), "completed")["result"],
        2
    );
    // What cannot come out of the sandbox is there as text.
    let inside = server.submit(&session, "new Action(() => { })");
    assert!(
        ended(&inside, "completed")["result"].is_string(),
        "{inside}"
    );
}

#[test]
fn what_stops_a_session_ends_it_and_says_so() {
    let mut server = Server::start(&["--timeout", "2s"]);
    for (arguments, outcome, part) in [
        (
            json!({"code": "while (true) { }", "timeout_ms": 300}),
            "timeout",
            "300ms allowed, which is this call's `timeout_ms`",
        ),
        (
            json!({"code": "while (true) { }"}),
            "timeout",
            "2s allowed, which is all that the server grants",
        ),
        (
            json!({"code": "Environment.Exit(3);"}),
            "exit_code",
            "exit code 3",
        ),
    ] {
        let session = server.session();
        server.submit(&session, "var x = 1;");
        let mut arguments = arguments;
        arguments["session_id"] = session.clone().into();
        let stopped = server.call("session_execute", arguments);
        let error = ended(&stopped, outcome)["error"].as_str().unwrap();
        assert!(
            error.contains(part) && error.contains("The session has ended"),
            "{error}"
        );
        let gone = server.submit(&session, "x");
        assert!(text(&gone).contains("there is no such session"), "{gone}");
    }
}

#[test]
fn a_call_in_a_session_is_taken_back() {
    let mut server = Server::shaken(&["--at-once", "1", "--timeout", "10m"]);
    let session = server.session();
    let params = json!({"name": "session_execute", "arguments": {"session_id": session, "code": "while (true) { }"}, "_meta": {"progressToken": 1}});
    let id = server.send("tools/call", params);
    while server.message()["params"]["message"] != "running, 2 s" {}
    server.cancel(id);
    let began = Instant::now();
    assert_eq!(ended(&server.execute("2 * 2"), "completed")["result"], 4);
    assert!(began.elapsed().as_secs() < 60);
}

#[test]
fn a_call_in_a_session_is_taken_back_while_it_compiles() {
    let mut server = Server::shaken(&["--at-once", "1", "--timeout", "10m"]);
    let session = server.session();
    ended(&server.submit(&session, "var kept = 6 * 7;"), "completed");
    let params = json!({"name": "session_execute", "arguments": {"session_id": session, "code": slow_to_compile()}, "_meta": {"progressToken": 1}});
    let id = server.send("tools/call", params);
    while server.message()["params"]["message"] != "running, 2 s" {}
    server.cancel(id);
    let began = Instant::now();
    // The compiler began anew, and nothing of the session is lost.
    let after = server.submit(&session, "kept");
    assert_eq!(ended(&after, "completed")["result"], 42);
    assert!(began.elapsed().as_secs() < 60);
}

#[test]
fn a_session_that_is_destroyed_is_gone_and_stops() {
    let mut server = Server::start(&["--at-once", "2", "--timeout", "10m"]);
    let session = server.session();
    let params = json!({"name": "session_execute", "arguments": {"session_id": session, "code": "while (true) { }"}, "_meta": {"progressToken": 1}});
    let running = server.send("tools/call", params);
    while server.message()["params"]["message"] != "running, 2 s" {}
    let destroy = server.begin("session_destroy", json!({"session_id": session}));
    let mut answers: Vec<Value> = Vec::new();
    while answers.len() < 2 {
        let message = server.message();
        if message["id"].is_number() {
            answers.push(message);
        }
    }
    answers.sort_by_key(|answer| answer["id"].as_i64());
    let destroyed = result(answers.pop().unwrap());
    assert_eq!(destroyed["structuredContent"]["destroyed"], true);
    let stopped = answers.pop().unwrap();
    assert_eq!(
        (stopped["id"].as_i64(), destroy > running),
        (Some(running), true)
    );
    ended(&result(stopped), "cancelled");
    let again = server.call("session_destroy", json!({"session_id": session}));
    assert_eq!(
        (&again["isError"], &again["structuredContent"]["destroyed"]),
        (&json!(true), &json!(false))
    );
}

#[test]
fn sessions_are_bounded_in_number_and_by_idle_time() {
    let mut server = Server::start(&["--max-sessions", "2", "--session-idle", "1s"]);
    let (first, second) = (server.session(), server.session());
    let refused = server.call("session_create", json!({}));
    assert_eq!(refused["isError"], true);
    assert!(
        text(&refused).contains("there are 2 sessions, which is the most"),
        "{refused}"
    );
    let destroyed = server.call("session_destroy", json!({"session_id": first}));
    assert_eq!(destroyed["isError"], false);
    server.session();
    // Nobody uses them until one is gone, the older one first.
    let began = Instant::now();
    while server.call("session_create", json!({}))["isError"] == true {
        assert!(began.elapsed().as_secs() < 100);
        std::thread::sleep(Duration::from_millis(200));
    }
    let gone = server.submit(&second, "1");
    assert!(text(&gone).contains("there is no such session"), "{gone}");

    let mut server = Server::start(&["--max-sessions", "0"]);
    let listed = result(server.request("tools/list", json!({})));
    assert_eq!(listed["tools"].as_array().unwrap().len(), 2);
    let id = server.begin("session_create", json!({}));
    assert_eq!(server.answer(id)["error"]["code"], -32602);
}

#[test]
fn a_session_has_what_was_granted_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("word"), "granted").unwrap();
    let grant = format!("{}::/data:ro", folder.path().display());
    let mut server = Server::start(&["--dir", &grant, "--shown", "100", "--memory", "64MiB"]);
    let session = server.session();
    let read = server.submit(&session, "File.ReadAllText(\"/data/word\")");
    assert_eq!(ended(&read, "completed")["result"], "granted");
    ended(
        &server.submit(&session, "File.ReadAllText(\"/etc/passwd\")"),
        "exception",
    );
    let much = server.submit(
        &session,
        "for (int i = 0; i < 100; i++) Console.Write(\"0123456789\");",
    );
    assert_eq!(ended(&much, "completed")["stdout_bytes_left_out"], 900);
    let large = server.submit(
        &session,
        "var all = new List<byte[]>(); while (true) all.Add(new byte[1 << 20]);",
    );
    ended(&large, "limit");
}

#[test]
fn a_session_belongs_to_who_made_it() {
    let site = Site::start(&["--max-sessions", "2"]);
    let (one, other) = (site.session(), site.session());
    let call = |client: Option<&str>, tool: &str, arguments: Value| {
        let params = json!({"name": tool, "arguments": arguments});
        let reply = match client {
            Some(client) => site.in_session(client, 5, "tools/call", params),
            None => site.request("tools/call", params),
        };
        reply.message()["result"].clone()
    };
    let name = |created: &Value| {
        created["structuredContent"]["session_id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let of_one = name(&call(Some(&one), "session_create", json!({})));
    let of_none = name(&call(None, "session_create", json!({})));
    assert!(
        of_one.len() == 32 && of_one.chars().all(|c| c.is_ascii_hexdigit()),
        "{of_one}"
    );
    for (client, session, may) in [
        (Some(&*one), &of_one, true),
        (Some(&*other), &of_one, false),
        (None, &of_one, false),
        (None, &of_none, true),
        (Some(&*one), &of_none, false),
    ] {
        let ran = call(
            client,
            "session_execute",
            json!({"session_id": session, "code": "1 + 1"}),
        );
        assert_eq!(ran["isError"], !may, "{client:?}: {ran}");
        let elsewhere = call(
            client,
            "session_destroy",
            json!({"session_id": if may { "0" } else { session }}),
        );
        assert_eq!(elsewhere["structuredContent"]["destroyed"], false);
    }
    // With the client goes what it made.
    assert_eq!(
        call(Some(&other), "session_create", json!({}))["isError"],
        true
    );
    assert_eq!(site.leave(&one), 202);
    let began = Instant::now();
    while call(Some(&other), "session_create", json!({}))["isError"] == true {
        assert!(began.elapsed().as_secs() < 100);
        std::thread::sleep(Duration::from_millis(100));
    }
}
