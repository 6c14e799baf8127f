//! What the tools do.

use super::server::{BEFORE, CURRENT, Server, ended, handshake, result, text};
use crate::{fixture, gets_hot};
use serde_json::{Value, json};

#[test]
fn both_versions_begin_as_they_should() {
    let mut server = Server::silent(&[]);
    let answer = result(server.request("server/discover", json!({})));
    let versions = answer["supportedVersions"].as_array().unwrap();
    assert!(versions.contains(&CURRENT.into()) && versions.contains(&BEFORE.into()));
    assert!(answer["instructions"].as_str().unwrap().contains("C#"));
    assert_eq!(server.end(), Some(0));

    let mut server = Server::silent(&[]);
    server.say(
        &json!({"jsonrpc": "2.0", "id": "a", "method": "initialize", "params": handshake(BEFORE)})
            .to_string(),
    );
    let answer = server.message();
    assert_eq!(answer["id"], "a");
    let answer = result(answer);
    assert_eq!(answer["protocolVersion"], BEFORE);
    assert_eq!(answer["serverInfo"]["name"], "isolator");
    assert_eq!(answer["capabilities"], json!({"tools": {}}));
    assert_eq!(server.end(), Some(0));
}

#[test]
fn tools_say_what_they_take_and_give() {
    let mut server = Server::start(&["--timeout", "7s"]);
    let listed = result(server.request("tools/list", json!({})));
    let tools = listed["tools"].as_array().unwrap();
    let named = |name: &str| tools.iter().find(|tool| tool["name"] == name).unwrap();
    for tool in tools {
        for schema in ["inputSchema", "outputSchema"] {
            assert_eq!(tool[schema]["type"], "object", "{tool}");
        }
        assert_eq!(tool["inputSchema"]["additionalProperties"], false, "{tool}");
        for (name, property) in tool["inputSchema"]["properties"]
            .as_object()
            .into_iter()
            .flatten()
        {
            assert!(property["description"].is_string(), "{name} of {tool}");
        }
        assert_eq!(tool["annotations"]["openWorldHint"], false, "{tool}");
    }
    let execute = named("execute_csharp");
    assert_eq!(execute["inputSchema"]["required"], json!(["code"]));
    assert_eq!(execute["annotations"]["readOnlyHint"], false);
    assert!(execute["description"].as_str().unwrap().contains("7s"));
    assert_eq!(tools.len(), 5);
    let check = named("check_csharp");
    assert_eq!(check["annotations"]["readOnlyHint"], true);
}

#[test]
fn a_program_runs_and_an_expression_has_a_value() {
    let mut server = Server::start(&[]);
    let ran =
        server.execute("int Twice(int n) => 2 * n;\nConsole.WriteLine($\"twice: {Twice(21)}\");");
    let structured = ended(&ran, "completed");
    assert_eq!(structured["stdout"], "twice: 42\n");
    assert_eq!(
        (&structured["result"], &structured["error"]),
        (&json!(0), &Value::Null)
    );
    assert!(structured["usage"]["wall_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(text(&ran), "twice: 42\n");

    let value = server.execute("new { Sum = Enumerable.Range(1, 4).Sum(), Name = \"é\", At = new DateTime(2026, 1, 31, 12, 0, 0, DateTimeKind.Utc), Bytes = new byte[] { 1, 2, 3 } }");
    assert_eq!(
        ended(&value, "completed")["result"],
        json!({"Sum": 10, "Name": "é", "At": "2026-01-31T12:00:00Z", "Bytes": "AQID"})
    );
    let void = server.execute("Console.Write(\"written\")");
    assert_eq!(ended(&void, "completed")["result"], Value::Null);
    assert_eq!(text(&void), "written");
    assert_eq!(text(&server.execute("6 * 7")), "[result] 42");
}

#[test]
fn a_program_has_its_input_and_arguments() {
    let mut server = Server::shaken(&[]);
    let arguments = json!({
        "code": "string? line; while ((line = Console.ReadLine()) != null) Console.WriteLine(line.ToUpper());\nConsole.Error.Write(string.Join('|', args));\nreturn args.Length;",
        "stdin": "one\ntwo\n",
        "args": ["a b", "--c"],
    });
    let ran = server.call("execute_csharp", arguments);
    let structured = ended(&ran, "exit_code");
    assert_eq!(structured["stdout"], "ONE\nTWO\n");
    assert_eq!(structured["stderr"], "a b|--c");
    assert_eq!(structured["result"], 2);
    assert_eq!(text(&ran), "ONE\nTWO\n[stderr] a b|--c\n[exit code] 2");
}

#[test]
fn faults_of_the_code_are_results() {
    let mut server = Server::start(&[]);
    let wrong = server.execute("int x = 1;\nConsole.WriteLine(x + wrong);");
    let structured = ended(&wrong, "compile_error");
    let first = &structured["diagnostics"][0];
    assert_eq!(first["id"], "CS0103");
    assert_eq!((&first["line"], &first["column"]), (&json!(2), &json!(23)));
    assert_eq!(
        (&first["severity"], &structured["usage"]),
        (&json!("error"), &Value::Null)
    );

    let thrown = server
        .execute("Console.WriteLine(\"before\");\nthrow new InvalidOperationException(\"no\");");
    let structured = ended(&thrown, "exception");
    let error = structured["error"].as_str().unwrap();
    assert!(
        error.starts_with("System.InvalidOperationException: no\n"),
        "{error}"
    );
    assert!(error.ends_with("code.cs:line 2"), "{error}");
    assert_eq!(structured["stdout"], "before\n");

    let thrown = server.execute("1 + ((Func<string, int>)(text =>\n    int.Parse(text)))(\"x\")");
    let error = ended(&thrown, "exception")["error"].as_str().unwrap();
    assert!(error.contains(" in expression:line 2\n"), "{error}");
    assert!(error.contains(" in expression:line 1"), "{error}");

    let exited = server.execute("Environment.Exit(7);");
    assert_eq!(ended(&exited, "exit_code")["result"], 7);
    let aborted = server.execute("Environment.FailFast(\"over\");");
    assert!(
        ended(&aborted, "failed")["error"]
            .as_str()
            .unwrap()
            .contains("over")
    );
    // The next call is none the worse for it.
    assert_eq!(ended(&server.execute("1 + 1"), "completed")["result"], 2);
}

#[test]
fn checking_runs_nothing() {
    let mut server = Server::start(&[]);
    let fine = server.call("check_csharp", json!({"code": "while (true) { }"}));
    assert_eq!(fine["isError"], false);
    assert_eq!(fine["structuredContent"]["compiles"], true);
    let wrong = server.call("check_csharp", json!({"code": "string s = 1;"}));
    assert_eq!(wrong["isError"], true);
    assert_eq!(wrong["structuredContent"]["diagnostics"][0]["id"], "CS0029");
    assert!(text(&wrong).contains("(1,12): error CS0029"), "{wrong}");
}

#[test]
fn limits_are_named() {
    let mut server = Server::start(&["--memory", "32MiB", "--timeout", "1s"]);
    let slow = json!({"code": "while (true) { }", "timeout_ms": 200});
    let slow = server.call("execute_csharp", slow);
    let error = ended(&slow, "timeout")["error"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        error.contains("200ms allowed, which is this call's `timeout_ms`"),
        "{error}"
    );

    let slower = json!({"code": "Console.Write(1); while (true) { }", "timeout_ms": 60000});
    let slower = server.call("execute_csharp", slower);
    let structured = ended(&slower, "timeout");
    let error = structured["error"].as_str().unwrap();
    assert!(
        error.contains("1s allowed, which is all that the server grants"),
        "{error}"
    );
    assert_eq!(structured["stdout"], "1");

    let large =
        server.execute("var all = new List<byte[]>(); while (true) all.Add(new byte[1 << 20]);");
    let error = ended(&large, "limit")["error"].as_str().unwrap();
    assert!(error.contains("limit of memory"), "{error}");
}

#[test]
fn much_output_is_cut_and_marked() {
    let mut server = Server::start(&["--shown", "100"]);
    let ran = server.execute("for (int i = 0; i < 1000; i++) Console.Write(\"0123456789\");");
    let structured = ended(&ran, "completed");
    let half = "0123456789".repeat(5);
    assert_eq!(
        structured["stdout"],
        format!("{half}\n… 9900 bytes left out …\n{half}")
    );
    assert_eq!(structured["stdout_bytes_left_out"], 9900);
    assert_eq!(structured["stderr_bytes_left_out"], 0);

    // What went wrong is cut alike, in a session, too.
    let throw = "throw new Exception(new string('x', 1000) + \"end\");";
    let session = server.call("session_create", json!({}));
    let session = session["structuredContent"]["session_id"].clone();
    let of_session = json!({"session_id": session, "code": throw});
    for thrown in [
        server.execute(throw),
        server.call("session_execute", of_session),
    ] {
        let error = ended(&thrown, "exception")["error"].as_str().unwrap();
        let (first, rest) = error.split_once("\n… ").unwrap();
        let (left_out, last) = rest.split_once(" bytes left out …\n").unwrap();
        let begin = format!("System.Exception: {}", "x".repeat(50 - 18));
        assert_eq!(first, begin);
        assert_eq!(last.len(), 50);
        assert!(left_out.parse::<usize>().unwrap() > 900, "{error}");
    }
    let name = "x".repeat(500);
    let wrong = server.call(
        "check_csharp",
        json!({"code": format!("int a = {name};\nint b = {name};")}),
    );
    let checked = &wrong["structuredContent"];
    let told = checked["diagnostics"].as_array().unwrap();
    assert_eq!((told.len(), &checked["more_diagnostics"]), (1, &json!(1)));
    assert_eq!(told[0]["id"], "CS0103");
    let message = told[0]["message"].as_str().unwrap();
    let first = format!("The name '{}", "x".repeat(40));
    let last = format!(
        "{}' does not exist in the current context",
        "x".repeat(50 - 39)
    );
    assert_eq!(message, format!("{first}\n… 449 bytes left out …\n{last}"));

    let value = server.execute("new string('x', 1000)");
    let error = ended(&value, "limit")["error"].as_str().unwrap();
    assert!(
        error.contains("1002 bytes as JSON, and 100 are shown"),
        "{error}"
    );
}

#[test]
fn texts_of_code_command_no_terminal() {
    let mut server = Server::start(&[]);
    let code = "Console.Write(\"a\\u001b[2J\\tb\\r\\nc\\u202ed\\n\"); throw new Exception(\"\\u001b]0;title\\u0007\");";
    let ran = server.execute(code);
    let structured = ended(&ran, "exception");
    assert_eq!(structured["stdout"], "a\u{1b}[2J\tb\r\nc\u{202e}d\n");
    let error = structured["error"].as_str().unwrap();
    assert!(
        error.starts_with("System.Exception: \u{1b}]0;title\u{7}\n"),
        "{error}"
    );
    let told = text(&ran);
    let begin = "a\\u001b[2J\tb\nc\\u202ed\n[error]\nSystem.Exception: \\u001b]0;title\\u0007\n";
    assert!(told.starts_with(begin), "{told}");
    let value = server.execute("\"\\u009b2J\"");
    assert_eq!(ended(&value, "completed")["result"], "\u{9b}2J");
    assert_eq!(text(&value), "[result] \"\\u009b2J\"");
    let wrong = server.call("check_csharp", json!({"code": "#error \u{1b}[2J\n"}));
    assert!(
        text(&wrong).contains("error CS1029: #error: '\\u001b[2J'"),
        "{wrong}"
    );
}

#[test]
fn each_call_has_a_fresh_sandbox() {
    let mut server = Server::start(&[]);
    let first = server.execute(
        "File.WriteAllText(\"/tmp/left\", \"x\"); Console.Write(File.Exists(\"/tmp/left\"));",
    );
    assert_eq!(ended(&first, "completed")["stdout"], "True");
    let second = server.execute("File.Exists(\"/tmp/left\")");
    assert_eq!(ended(&second, "completed")["result"], false);
}

#[test]
fn what_is_granted_is_granted_by_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("word"), "granted").unwrap();
    let read = "File.ReadAllText(\"/data/word\") + Environment.GetEnvironmentVariable(\"MODE\")";
    let grant = format!("{}::/data:ro", folder.path().display());
    let mut server = Server::start(&["--dir", &grant, "--env", "MODE=test"]);
    assert_eq!(
        ended(&server.execute(read), "completed")["result"],
        "grantedtest"
    );
    let written = server.execute("File.WriteAllText(\"/data/word\", \"x\");");
    let error = ended(&written, "exception")["error"].as_str().unwrap();
    assert!(
        error.contains("UnauthorizedAccessException") || error.contains("IOException"),
        "{error}"
    );
    let about = result(server.request("server/discover", json!({})));
    let about = about["instructions"].as_str().unwrap();
    assert!(
        about.contains("The directory `/data` can be read. There are no other files but"),
        "{about}"
    );
    assert!(!about.contains(folder.path().to_str().unwrap()), "{about}");

    let mut server = Server::start(&[]);
    ended(&server.execute(read), "exception");
    for grant in ["dir", "env", "memory", "limits"] {
        let refused = server.call("execute_csharp", json!({"code": "1", grant: "x"}));
        assert_eq!(refused["isError"], true);
        assert!(
            text(&refused).contains(&format!("unknown field `{grant}`")),
            "{refused}"
        );
    }
}

#[test]
fn http_is_granted_by_the_command_line() {
    let port = crate::http::server();
    let ask = |path: &str| {
        format!(
            "Console.Write(await new HttpClient().GetStringAsync(\"http://127.0.0.1:{port}/{path}\"));"
        )
    };
    let mut server = Server::start(&[]);
    let refused = server.execute(&ask("v1/a"));
    let error = ended(&refused, "exception")["error"].as_str().unwrap();
    assert!(
        error.contains("was not granted: the host gave this runtime no HTTP"),
        "{error}"
    );

    let pattern = format!("http://127.0.0.1:{port}/v1/*");
    let mut server = Server::start(&["--allow-http", &pattern]);
    let refused = server.execute(&ask("v1/a"));
    let error = ended(&refused, "exception")["error"].as_str().unwrap();
    assert!(
        error.contains("its address is not one of the public network"),
        "{error}"
    );

    let granted = ["--allow-http", &*pattern, "--allow-address", "127.0.0.1"];
    let mut server = Server::start(&granted);
    let session = server.call("session_create", json!({}));
    let session = session["structuredContent"]["session_id"].clone();
    let of_session = json!({"session_id": session, "code": ask("v1/b")});
    for (answer, begin) in [
        (server.execute(&ask("v1/a")), "get /v1/a http/1.1|"),
        (
            server.call("session_execute", of_session),
            "get /v1/b http/1.1|",
        ),
    ] {
        let stdout = ended(&answer, "completed")["stdout"].as_str().unwrap();
        assert!(stdout.starts_with(begin), "{stdout}");
    }
    let refused = server.execute(&ask("v2"));
    let error = ended(&refused, "exception")["error"].as_str().unwrap();
    assert!(
        error.contains("was not granted: no address that the host allows is like it"),
        "{error}"
    );
}

#[test]
fn packages_and_libraries_are_granted_by_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let packages = folder.path().display().to_string();
    crate::script::package(folder.path(), "CliLibrary", &fixture("CliLibrary"));
    let use_it = "Console.Write(CliLibrary.Calls.Label(1, \"two\"));";
    let with_package = format!("#:package CliLibrary@1.0.0\n{use_it}");
    let mut server = Server::start(&[
        "--packages",
        &packages,
        "--allow-package",
        "CliLibrary",
        "--allow-package",
        "Other",
    ]);
    let ran = server.execute(&with_package);
    assert_eq!(ended(&ran, "completed")["stdout"], "1: two");
    let session = server.call("session_create", json!({}));
    let session = session["structuredContent"]["session_id"].clone();
    let code = format!("#r \"nuget: CliLibrary\"\n{use_it}");
    let ran = server.call(
        "session_execute",
        json!({"session_id": session, "code": code}),
    );
    assert_eq!(ended(&ran, "completed")["stdout"], "1: two");
    // What is not there, or broken, is told without a path of the machine.
    std::fs::write(folder.path().join("Other.2.0.0.nupkg"), "no archive").unwrap();
    for (line, expected) in [
        (
            "#:package Third@1.0.0",
            "`#:package Third@1.0.0`: `Third` is not among the packages that scripts may use, by the server's settings",
        ),
        (
            "#:package Other@1.0.0",
            "`#:package Other@1.0.0`: of `Other` there is no version 1.0.0 in the folders of packages that there are, but 2.0.0",
        ),
        (
            "#:package Other@2.0.0",
            "`#:package Other@2.0.0`: `Other.2.0.0.nupkg` cannot be used: it is no archive",
        ),
    ] {
        let refused = server.execute(&format!("{line}\n1"));
        let told = &ended(&refused, "compile_error")["diagnostics"];
        let message = told[0]["message"].as_str().unwrap();
        assert!(message.starts_with(expected), "{message}");
        assert!(!refused.to_string().contains(&packages), "{refused}");
    }

    let library = fixture("CliLibrary").display().to_string();
    let mut server = Server::start(&["--library", &library]);
    let ran = server.execute(use_it);
    assert_eq!(ended(&ran, "completed")["stdout"], "1: two");
    let refused = server.execute(&with_package);
    let told = &ended(&refused, "compile_error")["diagnostics"][0];
    assert_eq!(
        (&told["id"], &told["line"], &told["column"]),
        (&json!("ISO0002"), &json!(1), &json!(1))
    );
    let mut server = Server::start(&[]);
    let refused = server.execute(use_it);
    assert_eq!(
        ended(&refused, "compile_error")["diagnostics"][0]["id"],
        "CS0103"
    );
}

#[test]
fn what_was_granted_and_is_gone_is_told_by_its_path_inside() {
    let folder = tempfile::tempdir().unwrap();
    let host = folder.path().display().to_string();
    let mut server = Server::start(&["--dir", &format!("{host}::/data:ro")]);
    assert_eq!(
        ended(&server.execute("Directory.Exists(\"/data\")"), "completed")["result"],
        true
    );
    folder.close().unwrap();
    let expected = "the server cannot grant what it was started with: the directory `/data`, of --dir, is not there any more";
    let refused = server.execute("1");
    assert_eq!(ended(&refused, "failed")["error"], expected);
    let created = server.call("session_create", json!({}));
    assert_eq!(created["structuredContent"]["error"], expected);
    assert!(!format!("{refused}{created}").contains(&host));

    // What cannot be granted at all is told to who starts the server.
    let compiler = isolator_script::compiler_folder()
        .unwrap()
        .display()
        .to_string();
    let refused = crate::isolator(&["mcp", "--dir", &format!("{compiler}::/data")]);
    crate::fails(&refused, 1, &["cannot be granted for writing", &compiler]);
}

#[test]
fn models_are_told_what_there_is_and_what_there_is_not() {
    let told = |options: &[&str]| {
        let mut server = Server::start(options);
        let about = result(server.request("server/discover", json!({})));
        let tools = result(server.request("tools/list", json!({})));
        let tools = tools["tools"].as_array().unwrap().clone();
        let is_open = |tool: &Value| tool["annotations"]["openWorldHint"] == true;
        let open: Vec<String> = tools
            .iter()
            .filter(|tool| is_open(tool))
            .map(|tool| tool["name"].as_str().unwrap().to_owned())
            .collect();
        (about["instructions"].as_str().unwrap().to_owned(), open)
    };
    let (nothing, open) = told(&[]);
    for part in [
        "There are no files but those that the code makes in /tmp",
        "There is no network.",
        "and no other library or NuGet package.",
        "may run for 30s and take 256 MiB of memory.",
        "64 KiB each are shown",
    ] {
        assert!(nothing.contains(part), "{part}: {nothing}");
    }
    assert_eq!(open, [""; 0]);
    let (http, open) = told(&[
        "--allow-http",
        "https://a.test/v1/*=GET,POST",
        "--env",
        "MODE=test",
        "--max-output",
        "1MiB",
    ]);
    for part in [
        "There are no files but those that the code makes in /tmp",
        "HttpClient can send requests to `https://a.test/v1/*` with GET or POST. There is no other network.",
        "The environment variable `MODE` is set.",
        "1 MiB.",
    ] {
        assert!(http.contains(part), "{part}: {http}");
    }
    assert!(!http.contains("There is no network"), "{http}");
    assert_eq!(open, ["execute_csharp", "session_execute"]);
    let (library, _) = told(&["--allow-package", "Some.Package", "--max-sessions", "0"]);
    for part in [
        "The NuGet package `Some.Package` can be used",
        "There is no other library or NuGet package.",
        "There is no network.",
    ] {
        assert!(library.contains(part), "{part}: {library}");
    }
    assert!(!library.contains("session"), "{library}");
}

#[test]
fn code_that_is_run_often_gets_fast_unless_that_is_off() {
    let folder = tempfile::tempdir().unwrap();
    for (options, hot) in [(&[][..], true), (&["--no-hot-scripts"][..], false)] {
        let log = folder.path().join(hot.to_string());
        let mut server = Server::logging(options, "isolator_script=debug", &log);
        gets_hot(&log, hot, || {
            let answer = server.execute("Console.Write(6 * 7);");
            assert_eq!(answer["structuredContent"]["stdout"], "42", "{answer}");
        });
    }
}

#[test]
fn code_of_a_call_loads_nothing() {
    let mut server = Server::start(&[]);
    let session = server.call("session_create", json!({}));
    let session = session["structuredContent"]["session_id"].clone();
    let load = "#load \"tools.cs\"\n1";
    for (tool, arguments) in [
        ("execute_csharp", json!({"code": load})),
        ("check_csharp", json!({"code": load})),
        (
            "session_execute",
            json!({"code": load, "session_id": session}),
        ),
    ] {
        let answer = server.call(tool, arguments);
        assert_eq!(answer["isError"], true, "{answer}");
        let told = text(&answer);
        assert!(
            told.contains("(1,1): error ISO0002: `#load \"tools.cs\"`: there is no folder that sources may be loaded from: put all of the code into the call"),
            "{told}"
        );
        let told = &answer["structuredContent"]["diagnostics"];
        assert_eq!(
            (&told[0]["id"], &told[0]["severity"], &told[0]["line"]),
            (&json!("ISO0002"), &json!("error"), &json!(1))
        );
        assert_eq!(told[1], Value::Null);
    }
    let other = server.execute("#r \"Shop.dll\"\nConsole.Write(1);");
    let told = &ended(&other, "compile_error")["diagnostics"][0]["message"];
    let told = told.as_str().unwrap();
    assert!(
        told.ends_with(
            "scripts may not refer to a library `Shop`. One is given with the server's settings"
        ),
        "{told}"
    );
    let other = server.execute("#r \"System.Linq\"\nConsole.Write(1);");
    assert_eq!(ended(&other, "completed")["stdout"], "1");
}

#[test]
fn calls_that_come_at_once_are_all_answered() {
    let mut server = Server::start(&["--at-once", "2"]);
    let begun: Vec<i64> = (0..12)
        .map(|n| server.begin("execute_csharp", json!({"code": format!("{n} * {n}")})))
        .collect();
    let mut results: Vec<(i64, Value)> = (0..12)
        .map(|_| server.message())
        .map(|answer| {
            (
                answer["id"].as_i64().unwrap(),
                answer["result"]["structuredContent"]["result"].clone(),
            )
        })
        .collect();
    results.sort_by_key(|(id, _)| *id);
    let expected: Vec<(i64, Value)> = begun
        .iter()
        .zip(0..)
        .map(|(id, n)| (*id, json!(n * n)))
        .collect();
    assert_eq!(results, expected);
}

#[test]
fn a_long_call_tells_how_far_it_is() {
    let mut server = Server::start(&[]);
    let params = json!({
        "name": "execute_csharp",
        "arguments": {"code": "Thread.Sleep(2500); Console.Write(\"done\");"},
        "_meta": {"progressToken": "news"},
    });
    let id = server.send("tools/call", params);
    let (mut told, mut last) = (Vec::new(), -1.0);
    let answer = loop {
        let message = server.message();
        if message["id"] == id {
            break message;
        }
        assert_eq!(message["method"], "notifications/progress");
        let params = &message["params"];
        assert_eq!(params["progressToken"], "news");
        let progress = params["progress"].as_f64().unwrap();
        assert!(progress > last, "{progress} after {last}");
        last = progress;
        told.push(params["message"].as_str().unwrap().to_owned());
    };
    assert_eq!(ended(&result(answer), "completed")["stdout"], "done");
    assert!(
        told.iter().any(|news| news.starts_with("compiling")),
        "{told:?}"
    );
    assert!(
        told.iter().any(|news| news.starts_with("running, 2 s")),
        "{told:?}"
    );
    // Who does not ask is told nothing.
    let id = server.begin("execute_csharp", json!({"code": "Thread.Sleep(1500);"}));
    assert_eq!(server.message()["id"], id);
}
