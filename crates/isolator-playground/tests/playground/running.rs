//! Runs: their events, their limits, their end by whoever wants it.

use crate::{
    Answer, end, for_so_long, names, order, playing, refused, run, serve, within, written,
};
use isolator_playground::{Playground, RUNS_AT_ONCE};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const ENDLESS: &str = "Console.Write(\"begun\"); while (true);";

/// Reads events until there is output, which it gives with the run's number.
fn until_output(events: &mut impl Iterator<Item = Value>) -> (u64, String) {
    let run = events.next().unwrap()["run"].as_u64().unwrap();
    let output = events.find(|event| event["event"] == "output").unwrap();
    (run, output["text"].as_str().unwrap().into())
}

#[test]
fn a_run_tells_its_steps_and_its_end() {
    let server = playing();
    let text = "var line = Console.ReadLine(); Console.Error.Write(\"to \"); Console.Write($\"[{line}]\"); string? s = null; Console.Write(s.Length); return 3;";
    let text = text.replace(
        "Console.Write(s.Length);",
        "if (line == null) Console.Write(s.Length);",
    );
    let events = run(&server, &json!({ "text": text, "input": "one\ntwo\n" }));
    assert_eq!(
        names(&events),
        ["begin", "compiled", "loaded", "output", "end"]
    );
    assert_eq!(
        (&*written(&events, "stdout"), &*written(&events, "stderr")),
        ("[one]", "to ")
    );
    assert_eq!(events[1]["diagnostics"]["list"][0]["id"], "CS8602");
    let end = end(&events);
    assert_eq!(
        (
            &end["outcome"],
            &end["code"],
            &end["message"],
            &end["used"]["output"]
        ),
        (
            &json!("exit"),
            &json!(3),
            &json!("ended with exit code 3"),
            &json!(8)
        )
    );
    for time in [
        &events[1]["milliseconds"],
        &events[2]["create"],
        &events[2]["load"],
        &end["milliseconds"],
        &end["used"]["cpu"],
    ] {
        assert!(time.as_f64().is_some_and(|time| time > 0.0), "{events:?}");
    }
    let events = run(&server, &order("Environment.Exit(7);"));
    assert_eq!(
        (
            &crate::end(&events)["outcome"],
            &crate::end(&events)["code"]
        ),
        (&json!("exit"), &json!(7))
    );
}

#[test]
fn what_does_not_compile_is_told_and_not_run() {
    let server = playing();
    let events = run(&server, &order("Console.Write(wrong);"));
    assert_eq!(names(&events), ["begin", "end"]);
    let end = end(&events);
    assert_eq!(
        (&end["outcome"], &end["diagnostics"]["list"][0]["id"]),
        (&json!("errors"), &json!("CS0103"))
    );
}

#[test]
fn an_exception_is_told_with_the_lines_of_the_source_and_not_ours() {
    let server = playing();
    let events = run(
        &server,
        &order("void F() => throw new InvalidOperationException(\"no\");\nF();"),
    );
    let end = end(&events);
    assert_eq!(end["outcome"], "exception");
    let message = end["message"].as_str().unwrap();
    assert!(
        message.starts_with("System.InvalidOperationException: no\n"),
        "{message}"
    );
    assert!(
        message.contains("script.cs:line 1") && message.contains("script.cs:line 2"),
        "{message}"
    );
    assert!(!message.contains("Isolator.Runtime"), "{message}");
}

#[test]
fn output_comes_while_it_runs_and_stop_ends_it() {
    let server = playing();
    let mut events = server.post("run", &order(ENDLESS)).events();
    let (number, text) = until_output(&mut events);
    assert_eq!(text, "begun");
    assert_eq!(
        server.ask("stop", &json!({ "run": number + 1 })),
        json!({ "stopped": false })
    );
    assert_eq!(
        server.ask("stop", &json!({ "run": number })),
        json!({ "stopped": true })
    );
    let rest: Vec<Value> = events.collect();
    assert_eq!(end(&rest)["outcome"], "stopped");
    assert_eq!(
        server.ask("stop", &json!({ "run": number })),
        json!({ "stopped": false })
    );
}

#[test]
fn a_wait_is_stopped_too() {
    let server = playing();
    let text = "Console.Write(\"begun\"); Thread.Sleep(3600_000);";
    let mut events = server.post("run", &order(text)).events();
    let (number, _) = until_output(&mut events);
    server.ask("stop", &json!({ "run": number }));
    assert_eq!(events.last().unwrap()["outcome"], "stopped");
}

#[test]
fn a_compilation_is_stopped_in_the_middle() {
    let server = playing();
    let long = "{ int x = 1; Console.Write(x + \"text\"); }\n".repeat(20_000);
    let mut events = server.post("run", &order(&long)).events();
    let number = events.next().unwrap()["run"].as_u64().unwrap();
    server.ask("stop", &json!({ "run": number }));
    let rest: Vec<Value> = events.collect();
    assert_eq!(names(&rest), ["end"]);
    assert_eq!(end(&rest)["outcome"], "stopped");
}

#[test]
fn one_too_many_is_refused_and_a_page_that_is_gone_makes_room() {
    let server = playing();
    let mut going: Vec<_> = (0..RUNS_AT_ONCE)
        .map(|_| server.post("run", &order(ENDLESS)).events())
        .collect();
    let numbers: Vec<u64> = going
        .iter_mut()
        .map(|events| until_output(events).0)
        .collect();
    refused(server.post("run", &order(ENDLESS)), 429, "too many runs");
    // Two are stopped, and the pages of the others go away.
    for (events, number) in going.iter_mut().zip(numbers).take(2) {
        server.ask("stop", &json!({ "run": number }));
        assert_eq!(events.last().unwrap()["outcome"], "stopped");
    }
    drop(going);
    let until = Instant::now() + Duration::from_secs(30);
    let again: Vec<Answer> = loop {
        let answers: Vec<Answer> = (0..RUNS_AT_ONCE)
            .map(|_| server.post("run", &order(ENDLESS)))
            .collect();
        if answers.iter().all(|answer| answer.status == 200) {
            break answers;
        }
        assert!(Instant::now() < until, "runs of pages that are gone go on");
        drop(answers);
        std::thread::sleep(Duration::from_millis(100));
    };
    drop(again);
}

#[test]
fn a_page_that_does_not_read_holds_no_run() {
    let server = within(for_so_long(1_000).max_output(None));
    let flood = order("var line = new string('x', 1000); while (true) Console.WriteLine(line);");
    let deaf: Vec<Answer> = (0..RUNS_AT_ONCE)
        .map(|_| server.post("run", &flood))
        .collect();
    let until = Instant::now() + Duration::from_secs(8);
    while server.post("run", &order("Console.Write(1);")).status != 200 {
        assert!(
            Instant::now() < until,
            "runs whose output nobody reads go on"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    for answer in deaf {
        // What was read by then, and the end, come all the same.
        let events: Vec<Value> = answer.events().collect();
        assert_eq!(end(&events)["outcome"], "limit", "{}", end(&events));
    }
}

#[test]
fn a_head_that_does_not_come_ends_its_connection() {
    use std::io::{Read, Write};
    let server = playing();
    let mut stream = server.connect();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: ").unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    assert!(
        rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"),
        "{}",
        String::from_utf8_lossy(&rest)
    );
}

#[test]
fn limits_end_runs_and_are_named() {
    let limits = for_so_long(700).memory(64 << 20).max_output(1000);
    let server = within(limits);
    let message = |order: &Value| {
        let events = run(&server, order);
        let end = end(&events);
        assert_eq!(end["outcome"], "limit", "{end}");
        end["message"].as_str().unwrap().to_owned()
    };
    let said = message(&order(ENDLESS));
    assert!(said.contains("700ms allowed"), "{said}");
    let said = message(&json!({ "text": ENDLESS, "time": 150 }));
    assert!(said.contains("150ms allowed"), "{said}");
    // More than there is cannot be had.
    let said = message(&json!({ "text": ENDLESS, "time": u64::MAX }));
    assert!(said.contains("700ms allowed"), "{said}");
    let greedy = "var all = new List<byte[]>(); while (true) all.Add(new byte[1 << 20]);";
    for (asked, allowed) in [
        (16 << 20, "16 MiB allowed"),
        (1_u64 << 40, "64 MiB allowed"),
    ] {
        let said = message(&json!({ "text": greedy, "memory": asked }));
        assert!(said.contains(allowed), "{said}");
    }
    let flood = order("while (true) Console.WriteLine(\"0123456789\");");
    let events = run(&server, &flood);
    assert_eq!(end(&events)["outcome"], "limit");
    assert!(written(&events, "stdout").len() <= 1000);
}

#[test]
fn output_is_text_whatever_it_is() {
    let server = playing();
    let text = r#"
        var bytes = new byte[] { (byte)'<', 0xff, 0xc3, 0xa9, 0xed, 0xa0, 0x80, 0, 27, (byte)'[', (byte)'2', (byte)'J', (byte)'\n', (byte)'"', (byte)'\\', 0xf0, 0x9f };
        using var stdout = Console.OpenStandardOutput();
        foreach (var b in bytes) stdout.WriteByte(b);
        Console.Error.Write("</script><script>alert(1)</script>\u2028\u202e{\"event\":\"end\"}\n");
    "#;
    let events = run(&server, &order(text));
    assert_eq!(
        written(&events, "stdout"),
        "<\u{fffd}é\u{fffd}\u{fffd}\u{fffd}\0\u{1b}[2J\n\"\\\u{fffd}"
    );
    assert_eq!(
        written(&events, "stderr"),
        "</script><script>alert(1)</script>\u{2028}\u{202e}{\"event\":\"end\"}\n"
    );
    assert_eq!(end(&events)["outcome"], "exit");
}

#[test]
fn grants_are_the_command_lines() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("note.txt"), "granted").unwrap();
    let path = folder.path().to_owned();
    let granting = Playground::new(crate::scripts()).grant(vec!["/data".into()], move |builder| {
        Ok(builder.directory(&path, "/data", isolator_host::Access::ReadOnly))
    });
    let server = serve(granting);
    let read = order("Console.Write(File.ReadAllText(\"/data/note.txt\"));");
    assert_eq!(written(&run(&server, &read), "stdout"), "granted");
    let refusing =
        Playground::new(crate::scripts()).grant(vec![], |_| Err("the folder is gone".into()));
    let events = run(&serve(refusing), &read);
    let end = end(&events);
    assert_eq!(
        (&end["outcome"], &end["message"]),
        (&json!("fault"), &json!("the folder is gone"))
    );
}
