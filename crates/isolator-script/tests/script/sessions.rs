//! Submissions whose state goes from one to the next.

use crate::{errors, scripts, with};
use isolator_host::values::Value;
use isolator_host::{Access, Error as HostError, LimitKind, Limits, Stdin, Stdio};
use isolator_script::{Cancellation, Error, Options, ScriptHost, Session, Submission};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

fn session() -> Session {
    scripts().session(|builder| builder).unwrap()
}

#[track_caller]
fn run(session: &mut Session, source: &str) -> Submission {
    match session.execute(source) {
        Ok(submission) => submission,
        Err(error) => panic!("{source}: {error}"),
    }
}

/// What a submission's value is shown as; nothing if it has none.
#[track_caller]
fn shown(session: &mut Session, source: &str) -> Option<String> {
    let submission = run(session, source);
    if let Err(error) = submission.result {
        panic!("{source}: {error}");
    }
    submission.value_text
}

#[track_caller]
fn shows(session: &mut Session, source: &str, expected: &str) {
    assert_eq!(
        shown(session, source).as_deref(),
        Some(expected),
        "{source}"
    );
}

#[track_caller]
fn does(session: &mut Session, source: &str) {
    assert_eq!(shown(session, source), None, "{source}");
}

#[track_caller]
fn throws(session: &mut Session, source: &str) -> String {
    match run(session, source).result {
        Err(HostError::GuestException(exception)) => exception.type_name.clone(),
        other => panic!("{source}: {other:?}"),
    }
}

#[test]
fn state_goes_on() {
    let mut session = session();
    does(&mut session, "int x = 5;");
    shows(&mut session, "x + 1", "6");
    does(&mut session, "x = 9; var twice = x * 2;");
    shows(&mut session, "twice", "18");
    does(&mut session, "int Add(int a, int b) => a + b;");
    does(
        &mut session,
        "record Point(int X, int Y) { public int Sum => X + Y; }",
    );
    shows(&mut session, "new Point(Add(x, 1), 2).Sum", "12");
    does(&mut session, "using System.Text;");
    shows(
        &mut session,
        "new StringBuilder(\"ab\").Append(x).ToString()",
        "\"ab9\"",
    );
    does(&mut session, "static int Twice(this int n) => 2 * n;");
    shows(&mut session, "4.Twice()", "8");
    // A name that is declared again is another one from then on; what was compiled with the old one keeps that.
    does(&mut session, "int OfX() => x;");
    does(&mut session, "string x = \"new\";");
    shows(&mut session, "x + OfX()", "\"new9\"");
    does(
        &mut session,
        "enum Color { Red, Green } class Box<T> { public T? Value; }",
    );
    shows(
        &mut session,
        "new Box<Color> { Value = Color.Green }.Value",
        "Green",
    );
    assert_eq!(session.submissions(), 16);
}

#[test]
fn await_and_statements_are_as_at_a_prompt() {
    let mut session = session();
    shows(
        &mut session,
        "await Task.Delay(1); await Task.FromResult(5)",
        "5",
    );
    does(
        &mut session,
        "async Task<int> Later(int n) { await Task.Yield(); return n; }",
    );
    shows(&mut session, "await Later(7)", "7");
    does(
        &mut session,
        "var sum = 0; foreach (var n in new[] { 1, 2, 3 }) sum += await Later(n);",
    );
    shows(&mut session, "sum", "6");
    shows(&mut session, "return sum + 1;", "7");
    shows(
        &mut session,
        "if (sum > 5) { return \"big\"; } else { return \"small\"; }",
        "\"big\"",
    );
    does(&mut session, "Func<int> f = () => { return 3; };");
    does(&mut session, "");
    does(&mut session, "// nothing");
    does(&mut session, "Console.WriteLine(1)");
    shows(&mut session, "int.TryParse(\"8\", out var parsed)", "true");
    shows(&mut session, "parsed", "8");
    does(
        &mut session,
        "await foreach (var n in Numbers()) Console.Write(n); async IAsyncEnumerable<int> Numbers() { yield return 1; await Task.Yield(); yield return 2; }",
    );
}

#[test]
fn values_come_out_as_values_and_as_text() {
    let mut session = session();
    let mut value = |source: &str| {
        let submission = run(&mut session, source);
        (submission.result.unwrap(), submission.value_text.unwrap())
    };
    for (source, json, text) in [
        ("6 * 7", json!(42), "42"),
        (
            "\"a\\n\\\"b\\\"\\u0001\\u202e\"",
            json!("a\n\"b\"\u{1}\u{202e}"),
            "\"a\\n\\\"b\\\"\\u0001\u{202e}\"",
        ),
        ("'c'", json!(99), "'c'"),
        ("1.5", json!(1.5), "1.5"),
        ("true", json!(true), "true"),
        ("null", json!(null), "null"),
        ("9.95m", json!("9.95"), "9.95"),
        ("new[] { 1, 2 }", json!([1, 2]), "int[2] { 1, 2 }"),
        (
            "new List<string> { \"a\" }",
            json!(["a"]),
            "List<string>(1) { \"a\" }",
        ),
        (
            "new Dictionary<string, int> { [\"a\"] = 1 }",
            json!({ "a": 1 }),
            "Dictionary<string, int>(1) { { \"a\", 1 } }",
        ),
        ("(1, \"two\")", json!([1, "two"]), "(1, \"two\")"),
        (
            "new { A = 1, B = new[] { \"x\", null } }",
            json!({ "A": 1, "B": ["x", null] }),
            "{ A = 1, B = string[2] { \"x\", null } }",
        ),
        ("new List<int>()", json!([]), "List<int>(0) { }"),
    ] {
        assert_eq!(value(source), (Some(json), text.to_owned()), "{source}");
    }
    let (json, text) = value("Enumerable.Range(1, 3).Where(n => n > 1)");
    assert_eq!(json, Some(json!([2, 3])));
    assert!(text.ends_with("{ 2, 3 }"), "{text}");
    // What has no end is text alone, and no more of it than a screen or two; the session works on.
    does(
        &mut session,
        "IEnumerable<int> All() { for (int i = 0; ; i++) yield return i; }",
    );
    let submission = run(&mut session, "All()");
    assert_eq!((submission.result.unwrap(), submission.value), (None, None));
    let text = submission.value_text.unwrap();
    assert!(
        text.contains("{ 0, 1, 2, ") && text.ends_with(", 99, … }"),
        "{text}"
    );
    let text = shown(&mut session, "new string('x', 1_000_000)").unwrap();
    assert_eq!(text.chars().count(), 10_001);
    // What holds itself is not shown for ever.
    does(
        &mut session,
        "class Node { public Node? Next; public int Broken => throw new InvalidOperationException(); } var node = new Node(); node.Next = node;",
    );
    shows(
        &mut session,
        "node",
        "Node { Broken = <InvalidOperationException>, Next = { … } }",
    );
    shows(
        &mut session,
        "typeof(Dictionary<string, List<int?>[]>)",
        "typeof(Dictionary<string, List<int?>[]>)",
    );
    shows(
        &mut session,
        "new int[2][] { new int[1], new int[] { 2 } }",
        "int[2][] { int[1] { 0 }, int[1] { 2 } }",
    );
    shows(
        &mut session,
        "new HashSet<int> { 1 }",
        "HashSet<int>(1) { 1 }",
    );
    does(
        &mut session,
        "class Outer<T> { public class Inner<U> { public T? First; public U? Second; } }",
    );
    shows(
        &mut session,
        "new Outer<int>.Inner<string>()",
        "Outer<int>.Inner<string> { First = 0, Second = null }",
    );
    let bytes = run(&mut session, "new byte[] { 1, 2 }");
    assert_eq!(
        (bytes.result.unwrap(), bytes.value),
        (None, Some(Value::Bytes(vec![1, 2])))
    );
    shows(
        &mut session,
        "Task.FromResult(1).GetType().Name.Length > 0",
        "true",
    );
    let task = run(&mut session, "Task.FromResult(1)");
    assert!(task.value_text.unwrap().starts_with("Task<int>"));
    assert_eq!(task.result.unwrap(), None);
    // A half of a character.
    shows(&mut session, "\"\\ud800\".Length", "1");
    run(&mut session, "\"\\ud800\"").result.unwrap();
    shows(&mut session, "\"a\\0b\"", "\"a\\0b\"");
}

#[test]
fn what_does_not_compile_changes_nothing() {
    let mut session = session();
    does(&mut session, "int x = 1;");
    let found = errors(session.execute("int y = wrong;\nstring x = 5;"));
    assert_eq!(
        found.to_string(),
        "submission2(1,9): error CS0103: The name 'wrong' does not exist in the current context\n\
         submission2(2,12): error CS0029: Cannot implicitly convert type 'int' to 'string'"
    );
    assert_eq!(
        errors(session.execute("y")).to_string(),
        "submission2(1,1): error CS0103: The name 'y' does not exist in the current context"
    );
    shows(&mut session, "x", "1");
    assert_eq!(session.check("x + nothing").unwrap().len(), 1);
    assert_eq!(session.check("var other = x;").unwrap().to_string(), "");
    assert_eq!(errors(session.execute("other"))[0].id, "CS0103");
    for refused in ["namespace A { }", "unsafe { int* p = null; }"] {
        assert!(errors(session.execute(refused)).has_errors(), "{refused}");
    }
    for refused in ["#r \"Other.dll\"", "#load \"other.csx\""] {
        let outcome = session.execute(refused);
        assert!(matches!(outcome, Err(Error::Directive { .. })), "{refused}");
    }
    shows(&mut session, "x", "1");
}

#[test]
fn a_submission_that_throws_keeps_what_it_did() {
    let mut session = session();
    does(&mut session, "int before = 1;");
    let submission = run(
        &mut session,
        "before = 2;\nint first = 3; if (before == 2) throw new InvalidOperationException(\"no\");\nint second = 4;",
    );
    let Err(HostError::GuestException(exception)) = submission.result else {
        panic!("{:?}", submission.result);
    };
    assert_eq!(
        (&*exception.type_name, &*exception.message),
        ("System.InvalidOperationException", "no")
    );
    assert!(
        exception
            .stack_trace
            .as_deref()
            .unwrap()
            .contains("in submission2:line 2"),
        "{exception}"
    );
    assert!(session.is_alive());
    shows(&mut session, "(before, first, second)", "(2, 3, 0)");
    assert_eq!(
        throws(&mut session, "int.Parse(\"x\")"),
        "System.FormatException"
    );
    shows(&mut session, "before", "2");
}

#[test]
fn a_line_directive_in_a_submission_counts() {
    let mut session = session();
    let found = errors(session.execute("#line 42 \"cell.txt\"\nint x = wrong;"));
    assert_eq!(
        found.to_string(),
        "cell.txt(42,9): error CS0103: The name 'wrong' does not exist in the current context"
    );
    assert_eq!(
        (found[0].file.as_deref(), found[0].range.start.line),
        (Some("submission1"), 1)
    );
    let thrown = run(&mut session, "#line 42 \"cell.txt\"\nint.Parse(\"x\");");
    let trace = thrown.result.unwrap_err().to_string();
    assert!(trace.contains(" in cell.txt:line 42"), "{trace}");
}

#[test]
fn output_and_grants_are_those_of_the_session() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("in.txt"), "hello").unwrap();
    let mut session = scripts()
        .session(|builder| {
            builder
                .directory(folder.path(), "/data", Access::ReadOnly)
                .env("MODE", "test")
                .stdin(Stdin::Bytes(b"one\ntwo\n".to_vec()))
        })
        .unwrap();
    let submission = run(
        &mut session,
        "Console.Write(File.ReadAllText(\"/data/in.txt\")); Console.Error.Write(Console.ReadLine());",
    );
    assert_eq!(
        (submission.stdout_utf8(), submission.stderr_utf8()),
        ("hello".into(), "one".into())
    );
    let submission = run(
        &mut session,
        "Console.Write(Environment.GetEnvironmentVariable(\"MODE\") + Console.ReadLine());",
    );
    assert_eq!(
        (submission.stdout_utf8(), submission.stderr_utf8()),
        ("testtwo".into(), String::new())
    );
    assert!(submission.stats.calls > 0 && submission.running > Duration::ZERO);
    assert!(
        throws(&mut session, "File.WriteAllText(\"/data/out.txt\", \"\");").ends_with("Exception")
    );
    shows(&mut session, "Directory.Exists(\"/etc\")", "false");
    shows(
        &mut session,
        "AppDomain.CurrentDomain.GetAssemblies().Any(a => a.FullName!.Contains(\"CodeAnalysis\"))",
        "false",
    );
    session.reset().unwrap();
    assert_eq!(
        run(
            &mut session,
            "Console.Write(File.Exists(\"/data/in.txt\"));"
        )
        .stdout_utf8(),
        "True"
    );
}

#[test]
fn sessions_do_not_meet() {
    let (mut one, mut other) = (session(), session());
    does(
        &mut one,
        "static class Shared { public static int Value = 1; }",
    );
    does(
        &mut other,
        "static class Shared { public static int Value = 2; }",
    );
    does(&mut one, "Shared.Value = 10;");
    shows(&mut other, "Shared.Value", "2");
    shows(&mut one, "Shared.Value", "10");
    one.reset().unwrap();
    assert_eq!(one.submissions(), 0);
    assert!(errors(one.execute("Shared.Value")).has_errors());
    does(&mut one, "int fresh = 1;");
    shows(&mut one, "fresh", "1");
}

#[test]
fn a_limit_of_time_ends_the_session_and_says_so() {
    let mut session = scripts()
        .session(|builder| builder.limits(Limits::default().call_timeout(Duration::from_secs(2))))
        .unwrap();
    does(&mut session, "int x = 1;");
    let submission = run(&mut session, "Console.Write(x); while (true) { }");
    assert_eq!(submission.stdout, b"1");
    assert!(
        matches!(
            submission.result,
            Err(HostError::Limit {
                limit: LimitKind::CallTimeout,
                ..
            })
        ),
        "{:?}",
        submission.result
    );
    assert!(!session.is_alive());
    let message = session.execute("x").unwrap_err().to_string();
    assert!(
        message.starts_with("the session has ended: ") && message.contains("`Session::reset`"),
        "{message}"
    );
    // The compiler is there all the same.
    assert_eq!(session.check("x").unwrap().to_string(), "");
    session.reset().unwrap();
    assert!(errors(session.execute("x")).has_errors());
    shows(&mut session, "1 + 1", "2");
    // Time is each submission's own.
    for _ in 0..3 {
        does(&mut session, "Thread.Sleep(900);");
    }
    // Reading a value is part of it.
    does(
        &mut session,
        "class Slow { public int Value { get { while (true) { } } } }",
    );
    let slow = run(&mut session, "new Slow()");
    assert!(
        matches!(slow.result, Err(HostError::Limit { .. })),
        "{:?}",
        slow.result
    );
}

#[test]
fn memory_is_the_sessions() {
    let mut session = scripts()
        .session(|builder| builder.limits(Limits::default().memory(48 << 20)))
        .unwrap();
    does(&mut session, "var all = new List<byte[]>();");
    let submission = run(&mut session, "while (true) all.Add(new byte[1 << 20]);");
    match submission.result {
        Err(HostError::GuestException(exception)) => {
            assert_eq!(exception.type_name, "System.OutOfMemoryException")
        }
        Err(HostError::Limit { limit, .. }) => assert_eq!(limit, LimitKind::Memory),
        other => panic!("{other:?}"),
    }
    if session.is_alive() {
        does(&mut session, "all = null!;");
        shows(&mut session, "new byte[1 << 20].Length", "1048576");
    }
}

#[test]
fn an_exit_ends_the_session() {
    let mut session = session();
    let submission = run(
        &mut session,
        "Console.Write(1); Environment.Exit(7); Console.Write(2);",
    );
    assert!(
        matches!(submission.result, Err(HostError::Exit { code: 7 })),
        "{:?}",
        submission.result
    );
    assert_eq!(submission.stdout, b"1");
    assert!(matches!(
        session.execute("1"),
        Err(Error::SessionEnded { .. })
    ));
    session.reset().unwrap();
    assert!(matches!(
        run(&mut session, "Environment.FailFast(\"over\");").result,
        Err(HostError::Trap { .. })
    ));
    session.reset().unwrap();
    shows(&mut session, "1", "1");
}

/// What compiles for long is cancelled meanwhile.
#[track_caller]
fn is_stopped(session: &mut Session) {
    let cancel = session.cancel_handle();
    let stopper = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        cancel.cancel();
    });
    let long = "{ int y = 1; Console.Write(y + \"text\"); }\n".repeat(100_000);
    let outcome = session.execute(&long);
    stopper.join().unwrap();
    assert!(matches!(outcome, Err(Error::Cancelled)), "{outcome:?}");
}

#[test]
fn a_session_is_cancelled_whatever_it_does() {
    let runs = Arc::new(AtomicBool::new(false));
    let begun = runs.clone();
    let mut session = scripts()
        .session(|builder| {
            builder.stdout(Stdio::lines(move |_| begun.store(true, Ordering::Release)))
        })
        .unwrap();
    does(&mut session, "int x = 1;");
    let cancel = session.cancel_handle();
    // Where nothing is done, nothing happens.
    cancel.cancel();
    shows(&mut session, "x", "1");
    let began = Instant::now();
    is_stopped(&mut session);
    assert!(began.elapsed() < Duration::from_secs(5));
    // What was compiled before is known to the next compiler.
    shows(&mut session, "x", "1");
    assert!(!runs.load(Ordering::Acquire));
    let stopper = std::thread::spawn(move || {
        while !runs.load(Ordering::Acquire) {
            std::thread::sleep(Duration::from_millis(1));
        }
        cancel.cancel();
    });
    let submission = run(&mut session, "Console.WriteLine(x); while (true) { }");
    stopper.join().unwrap();
    assert!(
        matches!(submission.result, Err(HostError::Cancelled)),
        "{:?}",
        submission.result
    );
    assert!(matches!(
        session.execute("x"),
        Err(Error::SessionEnded { .. })
    ));
    session.reset().unwrap();
    shows(&mut session, "2", "2");
}

#[test]
fn what_stops_a_piece_of_work_stops_its_session_too() {
    let cancellation = Cancellation::new();
    let runs = cancellation.clone();
    let mut session = scripts()
        .with_cancellation(&cancellation)
        .session(|builder| builder.stdout(Stdio::lines(move |_| runs.cancel())))
        .unwrap();
    let submission = run(&mut session, "Console.WriteLine(1); while (true) { }");
    assert!(
        matches!(submission.result, Err(HostError::Cancelled)),
        "{:?}",
        submission.result
    );
    assert!(session.reset().unwrap_err().is_cancelled());
}

#[test]
fn a_submission_is_complete_or_wants_more_lines() {
    let mut session = session();
    for (source, expected) in [
        ("int x = 5;", true),
        ("x", true),
        ("", true),
        ("int x = ", false),
        ("if (true) {", false),
        ("class A", false),
        ("foo(1,", false),
        ("/* a", false),
        ("@\"open", false),
        ("#if true", false),
        ("int F() { return 1; }", true),
        (")", true),
    ] {
        assert_eq!(session.is_complete(source).unwrap(), expected, "{source}");
    }
    assert_eq!(session.submissions(), 0);
    // It is asked between submissions, and changes nothing.
    does(&mut session, "int x = 5;");
    assert!(!session.is_complete("x +").unwrap());
    assert!(session.is_complete("x + 1").unwrap());
    shows(&mut session, "x + 1", "6");
}

#[test]
fn a_session_has_so_many_submissions_and_no_more() {
    let few = ScriptHost::builder()
        .host(scripts().host())
        .max_submissions(3)
        .build()
        .unwrap();
    let mut session = few.session(|builder| builder).unwrap();
    for number in 0..3 {
        does(&mut session, &format!("int x{number} = {number};"));
        // What does not compile is none.
        assert!(session.execute("wrong").is_err());
    }
    let message = session.execute("x2").unwrap_err().to_string();
    assert!(
        message.starts_with("the session has had 3 submissions, which is its limit.")
            && message.contains("max_submissions"),
        "{message}"
    );
    session.reset().unwrap();
    shows(&mut session, "1", "1");
}

#[test]
fn many_submissions_take_bounded_memory() {
    let mut session = scripts()
        .session(|builder| builder.limits(Limits::default().memory(64 << 20)))
        .unwrap();
    does(&mut session, "int n = 0;");
    let began = Instant::now();
    for number in 0..100 {
        does(&mut session, &format!("n += {number}; int x{number} = n;"));
    }
    shows(&mut session, "n", "4950");
    let stats = run(&mut session, "x99").stats;
    println!(
        "100 submissions: {:?}, {} KiB",
        began.elapsed(),
        stats.peak_memory >> 10
    );
    assert!(stats.peak_memory < 32 << 20, "{}", stats.peak_memory);
}

#[test]
fn options_hold_for_sessions() {
    let json = with(Options::default().using("System.Text.Json").nullable(false));
    let mut session = json.session(|builder| builder).unwrap();
    shows(&mut session, "JsonSerializer.Serialize(1)", "\"1\"");
    let warned = run(&mut session, "string s = null;");
    assert_eq!(warned.diagnostics.to_string(), "");
    let mut session = scripts().session(|builder| builder).unwrap();
    let warned = run(&mut session, "string s = null;");
    assert_eq!(
        warned.diagnostics.to_string(),
        "submission1(1,12): warning CS8625: Cannot convert null literal to non-nullable reference type."
    );
}

#[test]
fn what_a_submission_says_of_its_compilation_is_obeyed() {
    let mut session = session();
    let quiet = run(
        &mut session,
        "#:property NoWarn=CS8625\nstring quiet = null;",
    );
    assert_eq!(quiet.diagnostics.to_string(), "");
    let strict = "#:property TreatWarningsAsErrors=true\nstring strict = null;";
    let expected = "submission2(2,17): error CS8625: Cannot convert null literal to non-nullable reference type.";
    assert_eq!(session.check(strict).unwrap().to_string(), expected);
    assert_eq!(errors(session.execute(strict)).to_string(), expected);
    // It did not run.
    assert_eq!(errors(session.execute("strict"))[0].id, "CS0103");
    let vain = session.check("#:property Colour=red\n1").unwrap();
    assert_eq!((vain.len(), &*vain[0].id), (1, "ISOLATOR1"));
    let mine = "#:property DefineConstants=MINE\n#if MINE\nint mine = 1;\n#endif";
    does(&mut session, mine);
    shows(&mut session, "mine", "1");
    // Another compiler takes up the session with the same symbols.
    is_stopped(&mut session);
    shows(&mut session, "mine", "1");
}

#[test]
fn a_compile_bomb_changes_nothing() {
    let strict = ScriptHost::builder()
        .host(scripts().host())
        .compile_limits(
            Limits::default()
                .memory(128 << 20)
                .call_timeout(Duration::from_secs(3)),
        )
        .build()
        .unwrap();
    let mut session = strict.session(|builder| builder).unwrap();
    does(&mut session, "int x = 5;");
    const DEEP: usize = 20_000;
    for (name, bomb) in [
        (
            "parentheses",
            format!("int y = {}1{};", "(".repeat(DEEP), ")".repeat(DEEP)),
        ),
        (
            "generics",
            format!(
                "void F() {{ {}int{} y; }}",
                "List<".repeat(DEEP),
                ">".repeat(DEEP)
            ),
        ),
        (
            "strings",
            format!("var y = {}1{};", "$\"{".repeat(30), "}\"".repeat(30)),
        ),
        ("a million errors", "wrong;\n".repeat(1_000_000)),
        (
            "a long program",
            "{ int y = 1; Console.Write(y + \"text\"); }\n".repeat(200_000),
        ),
        ("NULs", "\0".repeat(100_000)),
        ("half a character", "int \\ud800 = 1;".into()),
    ] {
        let began = Instant::now();
        match session.execute(&bomb) {
            Err(
                error @ (Error::Compile(_) | Error::TooDeep { .. } | Error::CompileLimit { .. }),
            ) => {
                let text = error.to_string();
                println!(
                    "{name}: {:?}, {}",
                    began.elapsed(),
                    &text[..text.floor_char_boundary(80)]
                );
            }
            // What a fast compiler can bear is no harm: it is never called.
            Ok(submission) => {
                assert_eq!(submission.result.unwrap(), None, "{name}");
                // But it stays, and would be read again with each compiler that a later one ends.
                session.reset().unwrap();
                does(&mut session, "int x = 5;");
            }
            other => panic!("{name}: {other:?}"),
        }
        shows(&mut session, "x", "5");
        // To be asked of it is no harm, either.
        let _ = session.check(&bomb).map(|found| found.len());
        let _ = session.is_complete(&bomb);
        let _ = session
            .complete(&bomb, bomb.len() / 2)
            .map(|found| found.len());
        shows(&mut session, "x", "5");
    }
}

mod tampering {
    use super::*;

    const RUNNER: &str =
        "Type.GetType(\"Isolator.Scripting.Submissions, Isolator.Scripting\", true)!";

    #[test]
    fn the_array_of_states_is_the_scripts_own_to_break() {
        let mut session = session();
        does(&mut session, "int x = 5;");
        does(
            &mut session,
            &format!(
                "var states = {RUNNER}.GetField(\"s_states\", System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)!; \
                 var old = (object?[])states.GetValue(null)!;"
            ),
        );
        // Others in the place of what was there, nothing, and no array at all.
        does(&mut session, "old[1] = \"other\";");
        assert_eq!(throws(&mut session, "x"), "System.InvalidCastException");
        shows(&mut session, "1 + 1", "2");
        does(&mut session, "Array.Clear(old);");
        assert_eq!(throws(&mut session, "x"), "System.NullReferenceException");
        let mut session = super::session();
        does(
            &mut session,
            &format!(
                "int x = 5; {RUNNER}.GetField(\"s_states\", System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)!.SetValue(null, null);"
            ),
        );
        assert_eq!(throws(&mut session, "x"), "System.NullReferenceException");
        assert!(session.is_alive());
        session.reset().unwrap();
        shows(&mut session, "3", "3");
    }

    #[test]
    fn the_names_of_the_session_can_be_taken() {
        let mut session = session();
        does(
            &mut session,
            "class Submissions { } class Submission1 { } int Factory() => 1; class Isolator { class Scripting { } }",
        );
        does(
            &mut session,
            "class Console { public static int WriteLine => 3; }",
        );
        shows(&mut session, "Console.WriteLine", "3");
        shows(
            &mut session,
            "new Submissions().GetType().Name",
            "\"Submissions\"",
        );
        does(
            &mut session,
            "AppDomain.CurrentDomain.AssemblyResolve += (_, _) => throw new Exception(\"mine\");",
        );
        shows(&mut session, "Factory()", "1");
        // What a value does when it is shown and read is its own affair.
        does(
            &mut session,
            "class Evil { public override string ToString() => throw new Exception(\"evil\"); public int Get => Get; }",
        );
        let evil = run(&mut session, "new Evil()");
        println!("{:?} {:?}", evil.result, evil.value_text);
    }
}
