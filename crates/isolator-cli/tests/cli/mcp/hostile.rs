//! What clients do that mean no good, or change their mind.

use super::server::{CURRENT, Server, ended, text};
use serde_json::{Value, json};
use std::time::Instant;

fn error(answer: &Value) -> i64 {
    answer["error"]["code"].as_i64().unwrap()
}

#[test]
fn what_is_no_request_is_an_error_of_the_protocol() {
    let mut server = Server::shaken(&[]);
    for (line, code, id) in [
        ("{", -32700, Value::Null),
        ("no json", -32700, Value::Null),
        ("\"\\ud80\"", -32700, Value::Null),
        // JSON, with half of a character, and no message.
        ("\"\\ud800\"", -32600, Value::Null),
        ("[]", -32600, Value::Null),
        ("{}", -32600, Value::Null),
        ("7", -32600, Value::Null),
        (
            r#"{"jsonrpc":"1.0","id":5,"method":"tools/list"}"#,
            -32600,
            json!(5),
        ),
        (r#"{"jsonrpc":"2.0","id":6,"method":7}"#, -32600, json!(6)),
        (
            r#"{"jsonrpc":"2.0","id":7,"method":"no/such"}"#,
            -32601,
            json!(7),
        ),
        (
            r#"{"jsonrpc":"2.0","id":8,"method":"resources/read","params":{"uri":"x"}}"#,
            -32601,
            json!(8),
        ),
        (
            r#"{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":5}}"#,
            -32602,
            json!(9),
        ),
        (
            r#"{"jsonrpc":"2.0","id":10,"method":"tools/call","params":{"name":"execute_csharp","arguments":[]}}"#,
            -32602,
            json!(10),
        ),
        (
            r#"{"jsonrpc":"2.0","id":11,"method":"tools/call","params":{"name":"no_such_tool","arguments":{}}}"#,
            -32602,
            json!(11),
        ),
        (
            r#"{"jsonrpc":"2.0","id":12,"method":"tools/call"}"#,
            -32602,
            json!(12),
        ),
    ] {
        server.say(line);
        let answer = server.message();
        assert_eq!(
            (error(&answer), &answer["id"]),
            (code, &id),
            "{line}: {answer}"
        );
    }
    // Neither of these is answered.
    server.say("");
    server.say(r#"{"jsonrpc":"2.0","method":"no/such/notification"}"#);
    server.say(
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":12345}}"#,
    );
    assert_eq!(ended(&server.execute("1 + 1"), "completed")["result"], 2);
}

#[test]
fn arguments_that_are_wrong_are_told_to_the_model() {
    let mut server = Server::start(&[]);
    for (tool, arguments, part) in [
        ("execute_csharp", json!({}), "missing field `code`"),
        ("execute_csharp", json!({"code": 5}), "`code` is wrong"),
        (
            "execute_csharp",
            json!({"code": "1", "args": "a"}),
            "`args` is wrong",
        ),
        (
            "execute_csharp",
            json!({"code": "1", "timeout_ms": "5"}),
            "`timeout_ms` is wrong",
        ),
        (
            "check_csharp",
            json!({"source": "1"}),
            "unknown field `source`",
        ),
    ] {
        let refused = server.call(tool, arguments);
        assert_eq!(refused["isError"], true);
        assert!(text(&refused).contains(part), "{refused}");
    }
}

/// A call that writes what C# makes of half of a character, a whole one, and a NUL, in texts and in what it reads: as JSON that JavaScript or Python writes.
pub const HALVES: &str = r#"{"name":"execute_csharp","arguments":{"code":"foreach (var text in new[] { \"\ud800\", \"\ud83d\ude00\", \"\u0000\", \"\\ud800\", Console.In.ReadToEnd(), args[0] }) foreach (char unit in text) Console.Write($\"{(int)unit:x} \");","stdin":"\udc00\u0000","args":["\ude00\ud83d"]}}"#;
/// What it writes.
pub const OF_HALVES: &str = "fffd d83d de00 0 d800 fffd 0 fffd fffd ";

#[test]
fn halves_of_characters_are_read_and_the_call_is_answered() {
    let mut server = Server::shaken(&[]);
    server.say(&format!(
        r#"{{"jsonrpc":"2.0","id":60,"method":"tools/call","params":{HALVES}}}"#
    ));
    let answer = server.message();
    assert_eq!(answer["id"], 60);
    assert_eq!(ended(&answer["result"], "completed")["stdout"], OF_HALVES);
    // Outside of texts neither is C#, which the model is told.
    for code in [r"int \ud800 = 1;", r"int \u0000 = 1;"] {
        server.say(&format!(
            r#"{{"jsonrpc":"2.0","id":61,"method":"tools/call","params":{{"name":"check_csharp","arguments":{{"code":"{code}"}}}}}}"#
        ));
        let answer = server.message();
        assert_eq!(answer["id"], 61);
        let told = answer["result"]["structuredContent"]["diagnostics"].as_array();
        let is_told = told.unwrap().iter().any(|told| told["id"] == "CS1056");
        assert!(is_told, "{answer}");
    }
}

#[test]
fn a_huge_message_is_refused_and_the_next_is_served() {
    let mut server = Server::shaken(&[]);
    let mut request = json!({"jsonrpc": "2.0", "id": 50, "method": "tools/call", "params": {"name": "check_csharp", "arguments": {"code": ""}}});
    request["params"]["arguments"]["code"] = "x".repeat(5 << 20).into();
    // Some clients write the id behind all else, where it is found, too.
    let params = &request["params"];
    let id_last =
        format!(r#"{{"method":"tools/call","params":{params},"jsonrpc":"2.0","id":"last"}}"#);
    for (line, id) in [(request.to_string(), json!(50)), (id_last, json!("last"))] {
        server.say(&line);
        let answer = server.message();
        assert_eq!((error(&answer), &answer["id"]), (-32600, &id));
        assert!(
            answer["error"]["message"]
                .as_str()
                .unwrap()
                .contains("4194304 bytes"),
            "{answer}"
        );
    }
    let many = format!(
        r#"{{"jsonrpc":"2.0","method":"ping","params":{{"x":[{}0]}},"id":51}}"#,
        "0,".repeat(100_000)
    );
    server.say(&many);
    let answer = server.message();
    assert_eq!((error(&answer), &answer["id"]), (-32600, &json!(51)));
    assert_eq!(ended(&server.execute("1 + 1"), "completed")["result"], 2);
}

#[test]
fn nested_without_end_is_refused() {
    let mut server = Server::shaken(&[]);
    server.say(&"[".repeat(1_000_000));
    assert_eq!(error(&server.message()), -32600);
    server.say(&"[".repeat(10_000));
    assert_eq!(error(&server.message()), -32700);
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}1{}}}"#,
        "[".repeat(5000),
        "]".repeat(5000)
    );
    server.say(&deep);
    let answer = server.message();
    assert_eq!((error(&answer), &answer["id"]), (-32700, &json!(1)));
    assert_eq!(ended(&server.execute("1 + 1"), "completed")["result"], 2);
}

#[test]
fn a_message_before_the_first_request_is_passed_over() {
    let mut server = Server::silent(&[]);
    server.say(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    server.say(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
    server.say("nonsense");
    assert_eq!(error(&server.message()), -32700);
    assert_eq!(ended(&server.execute("1 + 1"), "completed")["result"], 2);
}

#[test]
fn a_version_that_nobody_knows_is_refused() {
    let mut server = Server::silent(&[]);
    let mut params = json!({"name": "check_csharp", "arguments": {"code": "1"}});
    super::server::with_meta(&mut params);
    params["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2099-01-01".into();
    server.say(
        &json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).to_string(),
    );
    let answer = server.message();
    let supported = answer["error"]["data"]["supported"].as_array().unwrap();
    assert!(supported.contains(&CURRENT.into()), "{answer}");
}

/// With room for one call, the next is served when the one before has really ended.
#[track_caller]
fn next_is_served(mut server: Server, cancelled: i64) {
    let began = Instant::now();
    server.cancel(cancelled);
    let next = server.begin("execute_csharp", json!({"code": "2 * 2"}));
    let answer = server.message();
    assert_eq!(
        answer["id"], next,
        "the call that was taken back is answered: {answer}"
    );
    assert_eq!(answer["result"]["structuredContent"]["result"], 4);
    // Its limit of time is 10 minutes.
    assert!(began.elapsed().as_secs() < 60);
}

#[test]
fn a_call_that_is_taken_back_stops_the_code() {
    for code in [
        "while (true) { }",
        "Thread.Sleep(600_000);",
        "Console.ReadLine(); await Task.Delay(600_000);",
    ] {
        let mut server = Server::shaken(&["--at-once", "1", "--timeout", "10m"]);
        let params = json!({"name": "execute_csharp", "arguments": {"code": code}, "_meta": {"progressToken": 1}});
        let id = server.send("tools/call", params);
        while server.message()["params"]["message"] != "running" {}
        next_is_served(server, id);
    }
}

/// Code that takes the compiler longer than any test: each level doubles its work.
pub fn slow_to_compile() -> String {
    let depth = 40;
    let code = format!(
        "void M(Func<int, int> f) {{ }}\nvoid N(Func<string, string> f) {{ }}\n{}1{};",
        "C.M(x => ".repeat(depth),
        ")".repeat(depth)
    );
    format!(
        "{code}\nstatic class C {{ public static int M(Func<int, int> f) => 1; public static string M(Func<string, string> f) => \"\"; public static double M(Func<double, double> f) => 1; }}"
    )
}

#[test]
fn a_call_that_is_taken_back_stops_the_compiler() {
    let mut server = Server::start(&["--at-once", "1", "--timeout", "10m"]);
    let code = slow_to_compile();
    let params =
        json!({"name": "check_csharp", "arguments": {"code": code}, "_meta": {"progressToken": 1}});
    let id = server.send("tools/call", params);
    // Two seconds on, it is in the middle.
    while server.message()["params"]["message"] != "compiling, 2 s" {}
    next_is_served(server, id);
}

#[test]
fn a_call_that_waits_is_taken_back_without_having_run() {
    let mut server = Server::shaken(&["--at-once", "1", "--timeout", "2s"]);
    let first = server.begin("execute_csharp", json!({"code": "while (true) { }"}));
    let waiting = server.begin("execute_csharp", json!({"code": "1"}));
    server.cancel(waiting);
    assert_eq!(server.message()["id"], first);
    assert_eq!(ended(&server.execute("2"), "completed")["result"], 2);
}

/// What comes next, but for news of calls that are under way.
fn next_answer(server: &mut Server) -> Value {
    loop {
        let message = server.message();
        if message["method"] != "notifications/progress" {
            return message;
        }
    }
}

#[test]
fn calls_beyond_those_that_may_wait_are_refused() {
    const WAITING: usize = 256;
    let mut server = Server::shaken(&["--at-once", "1", "--timeout", "10m"]);
    let endless = json!({"name": "execute_csharp", "arguments": {"code": "while (true) { }"}, "_meta": {"progressToken": 1}});
    let running = server.send("tools/call", endless);
    while server.message()["params"]["message"] != "running" {}
    let begun: Vec<i64> = (0..=WAITING)
        .map(|_| server.begin("execute_csharp", json!({"code": "Console.Write(2 * 2);"})))
        .collect();
    // One of them, and at once: which one, the server's threads decide.
    let refused = next_answer(&mut server);
    assert_eq!(
        ended(&refused["result"], "failed")["error"],
        "the server has too many calls to work on. Try again later"
    );
    // The others have their turn.
    server.cancel(running);
    let mut answered = vec![refused["id"].as_i64().unwrap()];
    while answered.len() < begun.len() {
        let answer = next_answer(&mut server);
        assert_eq!(ended(&answer["result"], "completed")["stdout"], "4");
        answered.push(answer["id"].as_i64().unwrap());
    }
    answered.sort_unstable();
    assert_eq!(answered, begun);
}

#[test]
fn the_end_of_input_is_the_end() {
    let mut server = Server::shaken(&["--timeout", "10m"]);
    server.begin("execute_csharp", json!({"code": "while (true) { }"}));
    let began = Instant::now();
    assert_eq!(server.end(), Some(0));
    assert!(began.elapsed().as_secs() < 60);
    // Nothing was said at all.
    assert_eq!(Server::silent(&[]).end(), Some(0));
}
