//! Checks, and questions that are none.

use crate::{Client, order, playing, refused, run, written};
use serde_json::{Value, json};
use std::io::Write;

fn check(client: &Client, text: &str) -> Value {
    let mut checked = client.ask("check", &json!({ "text": text }));
    let time = checked["milliseconds"].take();
    assert!(time.as_f64().is_some_and(|time| time > 0.0));
    checked
}

#[test]
fn what_is_wrong_is_told_with_its_range() {
    let server = playing();
    let expected = json!({
        "list": [{
            "id": "CS0103",
            "severity": "error",
            "file": "script.cs",
            "range": { "start": { "line": 1, "character": 12 }, "end": { "line": 1, "character": 17 } },
            "message": "The name 'wrong' does not exist in the current context",
        }],
        "more": 0,
        "problem": null,
        "milliseconds": null,
    });
    let text = "var s = \"😀\";\nvar x = s + wrong;\n";
    assert_eq!(check(&server, text), expected);
    let nothing = json!({ "list": [], "more": 0, "problem": null, "milliseconds": null });
    assert_eq!(check(&server, "Console.WriteLine(1);"), nothing);
    // The same compiler, and nothing of the sources before.
    assert_eq!(check(&server, text), expected);
    // A program is what is run.
    assert_eq!(check(&server, "class A;")["list"][0]["id"], "CS5001");
}

#[test]
fn what_can_be_written_is_told_with_what_it_replaces() {
    let server = playing();
    let text = "var s = \"😀\"; s.ToUp";
    let position = text.encode_utf16().count();
    let completed = server.ask("complete", &json!({ "text": text, "position": position }));
    let first = &completed["completions"][0];
    assert_eq!(
        (&first["text"], &first["kind"]),
        (&json!("ToUpper"), &json!("method"))
    );
    assert_eq!(
        first["replaces"],
        json!({ "start": { "line": 0, "character": 16 }, "end": { "line": 0, "character": 20 } })
    );
    // In a text there is nothing to be completed.
    let nothing = json!({ "completions": [] });
    assert_eq!(
        server.ask("complete", &json!({ "text": text, "position": 10 })),
        nothing
    );
}

#[test]
fn a_line_that_asks_for_what_there_is_not_is_marked() {
    let server = playing();
    let checked = check(
        &server,
        "#:package Newtonsoft.Json@13.0.3\nConsole.Write(1);",
    );
    let first = &checked["list"][0];
    assert_eq!(
        first["range"],
        json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 1, "character": 0 } })
    );
    assert_eq!(
        (&first["id"], &first["severity"], &checked["problem"]),
        (&json!("ISO0002"), &json!("error"), &Value::Null)
    );
    let events = run(
        &server,
        &order("#:package Newtonsoft.Json@13.0.3\nConsole.Write(1);"),
    );
    let end = crate::end(&events);
    assert_eq!(end["outcome"], "errors");
    assert_eq!(end["diagnostics"]["list"], checked["list"]);
}

#[test]
fn a_source_that_ends_a_compiler_costs_nobody_else_anything() {
    let server = playing();
    let deep = format!("int x = {}1{};", "(".repeat(100_000), ")".repeat(100_000));
    let checked = check(&server, &deep);
    assert!(
        checked["problem"].is_string() || checked["list"][0]["severity"] == "error",
        "{checked}"
    );
    assert_eq!(check(&server, "int x = wrong;")["list"][0]["id"], "CS0103");
}

#[test]
fn many_at_once_are_answered_or_refused() {
    let server = playing();
    let askers: Vec<_> = (0..24)
        .map(|number| {
            let client = server.clone();
            std::thread::spawn(move || {
                let answer = client.post(
                    "check",
                    &json!({ "text": format!("int x{number} = wrong{number};") }),
                );
                let status = answer.status;
                let said: Value = serde_json::from_slice(&answer.body()).unwrap();
                match status {
                    200 => assert_eq!(
                        said["list"][0]["message"],
                        format!("The name 'wrong{number}' does not exist in the current context")
                    ),
                    other => assert_eq!(
                        (other, &said["error"]),
                        (429, &json!("too many sources wait to be checked"))
                    ),
                }
                status
            })
        })
        .collect();
    let statuses: Vec<u16> = askers
        .into_iter()
        .map(|asker| asker.join().unwrap())
        .collect();
    // Two are looked at and eight wait, whatever comes.
    assert!(
        statuses.iter().filter(|status| **status == 200).count() >= 10,
        "{statuses:?}"
    );
}

#[test]
fn what_is_no_question_is_refused() {
    let server = playing();
    for body in [
        "",
        "{",
        "[]",
        "{\"text\": 1}",
        "{}",
        "{\"text\": \"\", \"other\": 1}",
        "{\"text\": \"\\ud80\"}",
    ] {
        refused(server.post_text("check", body), 400, "not understood");
    }
    refused(
        server.post_text("run", "{\"text\": \"\", \"time\": -1}"),
        400,
        "not understood",
    );
    refused(
        server.post_text("stop", "{\"run\": \"1\"}"),
        400,
        "not understood",
    );
    let found = server.ask("stop", &json!({ "run": 77 }));
    assert_eq!(found, json!({ "stopped": false }));
}

#[test]
fn half_a_character_in_a_source_is_read_as_a_replacement() {
    let server = playing();
    // Raw, as JSON that a browser writes: half a pair, a whole one, a NUL, and an escape that C# reads itself.
    let text = r#"Console.Write((int)\"\ud800\"[0] + \" \" + \"\ud83d\ude00\".Length + \" \" + (int)\"\u0000\"[0] + \" \" + (int)\"\\ud800\"[0]);"#;
    let body = format!("{{\"text\": \"{text}\"}}");
    let events: Vec<Value> = server.post_text("run", &body).events().collect();
    assert_eq!(written(&events, "stdout"), "65533 2 0 55296");
    let checked = server.post_text("check", &body);
    assert_eq!(checked.status, 200);
    let checked: Value = serde_json::from_slice(&checked.body()).unwrap();
    assert_eq!(
        (&checked["list"], &checked["problem"]),
        (&json!([]), &Value::Null)
    );
    // Positions are those of the page: a half is one unit, as what stands in its place.
    let body = r#"{"text": "var s = \"\ud83d\"; s.ToUp", "position": 19}"#;
    let completed = server.post_text("complete", body);
    assert_eq!(completed.status, 200);
    let completed: Value = serde_json::from_slice(&completed.body()).unwrap();
    assert_eq!(completed["completions"][0]["text"], "ToUpper");
}

#[test]
fn large_questions_are_refused_before_they_are_read() {
    let server = playing();
    let large = format!("{{\"text\": \"{}\"}}", "x".repeat(1 << 20));
    refused(
        server.post_text("run", &large),
        413,
        "more than 1048576 bytes",
    );
    // One that does not say how large it is, and does not end.
    let mut stream = server.connect();
    let head = format!(
        "POST {}check HTTP/1.1\r\n{}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        server.place,
        server.host_line()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    for _ in 0..17 {
        if stream.write_all(chunk.as_bytes()).is_err() {
            break;
        }
    }
    refused(crate::Answer::read(stream), 413, "more than 1048576 bytes");
    // A head that does not end.
    let head = format!(
        "GET {} HTTP/1.1\r\nX: {}",
        server.place,
        "x".repeat(1 << 20)
    );
    assert_eq!(server.raw(head.as_bytes()).status, 431);
    assert_eq!(
        written(&run(&server, &order("Console.Write(1);")), "stdout"),
        "1"
    );
}

#[test]
fn a_question_that_breaks_off_is_no_large_one() {
    let server = playing();
    let head = |length: &str| {
        format!(
            "POST {}check HTTP/1.1\r\n{}\r\nContent-Type: application/json\r\n{length}\r\n\r\n",
            server.place,
            server.host_line()
        )
    };
    let chunked = "Transfer-Encoding: chunked";
    for (length, body) in [
        (chunked, "no number\r\n{}"),
        (chunked, "2\r\n{}and more\r\n"),
        (chunked, "ffff\r\n{\"text\""),
        ("Content-Length: 100", "{\"text\": \"int"),
    ] {
        let mut stream = server.connect();
        stream.write_all(head(length).as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        // Nothing more comes, but an answer is awaited.
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        refused(
            crate::Answer::read(stream),
            400,
            "the question cannot be read to its end: ",
        );
    }
}

#[test]
fn the_page_is_told_what_there_is() {
    let server = playing();
    let answer = server.get(&format!("{}about", server.place));
    let about: Value = serde_json::from_slice(&answer.body()).unwrap();
    assert_eq!(
        (
            &about["version"],
            &about["time"],
            &about["memory"],
            &about["granted"]
        ),
        (
            &json!(env!("CARGO_PKG_VERSION")),
            &json!(10_000),
            &json!(256 << 20),
            &json!([])
        )
    );
    assert_eq!(about["dotnet"], crate::scripts().host().dotnet_version());
}

#[test]
fn the_examples_are_right() {
    let server = playing();
    let answer = server.get(&format!("{}about", server.place));
    let about: Value = serde_json::from_slice(&answer.body()).unwrap();
    let examples = about["examples"].as_array().unwrap();
    let expected = [
        ("Hello", "exit", 0),
        ("Queries and records", "exit", 0),
        ("Output as it comes", "exit", 0),
        ("Standard input", "exit", 0),
        ("Patterns", "exit", 0),
        ("What is out of reach", "exit", 0),
        ("A loop without an end", "limit", 0),
        ("All of the memory", "limit", 0),
        ("An exception", "exception", 0),
    ];
    assert_eq!(examples.len(), expected.len());
    let quick = crate::for_so_long(4_000);
    let server = crate::within(quick);
    for (example, (name, outcome, code)) in examples.iter().zip(expected) {
        assert_eq!(example["name"], name);
        let text = example["text"].as_str().unwrap();
        assert_eq!(check(&server, text)["list"], json!([]), "{name}");
        let order = json!({ "text": text, "input": example["input"] });
        let events = run(&server, &order);
        let end = crate::end(&events);
        assert_eq!(end["outcome"], outcome, "{name}: {end}");
        if outcome == "exit" {
            assert_eq!(end["code"], code, "{name}");
        }
    }
    let reach = examples[5]["text"].as_str().unwrap();
    assert_eq!(
        written(&run(&server, &order(reach)), "stdout"),
        "read a file: DirectoryNotFoundException\nlist the root: 1\nread the environment: 0\nstart a process: PlatformNotSupportedException\n\
         write a temporary file: 30\n"
    );
    let input = &examples[3];
    let events = run(
        &server,
        &json!({ "text": input["text"], "input": input["input"] }),
    );
    assert_eq!(
        written(&events, "stdout"),
        "apple      3\npear       5\nplum       8\ntotal     16\n"
    );
}
