//! Programs.

use crate::{scripts, source};
use isolator_host::{Access, Error as HostError, LimitKind, Limits, RuntimeBuilder, Stdin};
use isolator_script::{ScriptHost, Source};
use std::time::Duration;

#[track_caller]
fn output(text: &str) -> String {
    let ran = scripts()
        .run(&source(text), &[], |builder| builder)
        .unwrap();
    let stderr = ran.stderr_utf8();
    assert_eq!((ran.result.unwrap(), stderr), (0, String::new()));
    String::from_utf8(ran.stdout).unwrap()
}

#[test]
fn statements_are_a_program() {
    let text = r#"
        var numbers = new List<int> { 5, 3, 8 };
        foreach (var (n, i) in numbers.Order().Select((n, i) => (n, i))) Console.WriteLine($"{i}: {n}");
        await Task.Delay(1);
        Console.WriteLine(Fib(20));
        static int Fib(int n) => n < 2 ? n : Fib(n - 1) + Fib(n - 2);
        record Point(int X, int Y);
    "#;
    assert_eq!(output(text), "0: 3\n1: 5\n2: 8\n6765\n");
}

#[test]
fn the_library_is_there() {
    let text = r#"
        using System.Numerics;
        using System.Text;
        using System.Text.Json;
        using System.Text.RegularExpressions;
        using System.Xml.Linq;
        Console.WriteLine(JsonSerializer.Serialize(new Dictionary<string, int[]> { ["a"] = [1, 2] }));
        Console.WriteLine(Regex.Replace("a1b22", @"\d+", m => $"<{m.Value}>"));
        Console.WriteLine(XElement.Parse("<a><b>1</b></a>").Element("b")!.Value);
        Console.WriteLine(BigInteger.Pow(2, 100));
        Console.WriteLine(Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes("abc"))));
        Console.WriteLine(string.Join(",", new HashSet<string> { "x" }.Concat(new SortedSet<string> { "z", "y" })));
        dynamic d = 20; Console.WriteLine(d + 1);
    "#;
    assert_eq!(
        output(text),
        "{\"a\":[1,2]}\na<1>b<22>\n1\n1267650600228229401496703205376\n\
         BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD\nx,y,z\n21\n"
    );
}

#[test]
fn exit_codes_arguments_and_streams_are_the_programs() {
    let text = "Console.Error.Write(\"to \" + args[1]); Console.Write(args.Length); return 7;";
    let ran = scripts()
        .run(&source(text), &["one", "two"], |builder| builder)
        .unwrap();
    assert_eq!(
        (ran.result.unwrap(), &*ran.stdout, &*ran.stderr),
        (7, &b"2"[..], &b"to two"[..])
    );
    let text = "Console.Write(\"before\"); Environment.Exit(3); Console.Write(\"after\");";
    let ran = scripts()
        .run(&source(text), &[], |builder| builder)
        .unwrap();
    assert_eq!((ran.result.unwrap(), &*ran.stdout), (3, &b"before"[..]));
    let text = "string? line; while ((line = Console.ReadLine()) != null) Console.WriteLine($\"[{line}]\");";
    let ran = scripts()
        .run(&source(text), &[], |builder| {
            builder.stdin(Stdin::Bytes(b"one\ntwo".to_vec()))
        })
        .unwrap();
    assert_eq!(ran.stdout_utf8(), "[one]\n[two]\n");
    let text = "Console.Write(Console.ReadLine() ?? \"nothing\");";
    assert_eq!(output(text), "nothing");
}

#[test]
fn an_exception_names_the_lines_of_the_script() {
    let text = "Outer(3);\n\nvoid Outer(int n)\n{\n    Inner(n);\n}\n\nstatic void Inner(int n)\n{\n    if (n > 2)\n        throw new InvalidOperationException(\"too many\");\n}\n";
    let ran = scripts()
        .run(&source(text), &[], |builder| builder)
        .unwrap();
    let Err(HostError::GuestException(exception)) = ran.result else {
        panic!("{:?}", ran.result);
    };
    assert_eq!(exception.type_name, "System.InvalidOperationException");
    assert_eq!(exception.message, "too many");
    let trace = exception.stack_trace.unwrap();
    let lines: Vec<&str> = trace
        .lines()
        .filter_map(|line| line.split_once(" in ").map(|(_, place)| place))
        .collect();
    assert_eq!(
        lines,
        ["script.cs:line 11", "script.cs:line 5", "script.cs:line 1"],
        "{trace}"
    );
}

#[test]
fn an_exception_names_what_line_directives_name() {
    let text = "Outer();\n#line 42 \"page.txt\"\nvoid Outer()\n{\n    Inner();\n}\n#line default\nstatic void Inner()\n{\n    Console.Write(\"a\");\n#line hidden\n    throw new InvalidOperationException(\"no\");\n}\n";
    let program = [Source::new("dir/script.cs", text)];
    let ran = scripts().run(&program, &[], |builder| builder).unwrap();
    let Err(HostError::GuestException(exception)) = ran.result else {
        panic!("{:?}", ran.result);
    };
    let trace = exception.stack_trace.unwrap();
    let lines: Vec<&str> = trace
        .lines()
        .filter_map(|line| line.split_once(" in ").map(|(_, place)| place))
        .collect();
    // What is hidden has the line before it.
    let expected = [
        "dir/script.cs:line 10",
        "dir/page.txt:line 44",
        "dir/script.cs:line 1",
    ];
    assert_eq!(lines, expected, "{trace}");
}

#[test]
fn a_script_has_what_it_is_granted_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("in.txt"), "hello").unwrap();
    let text = r#"
        Console.Write(File.ReadAllText("/data/in.txt") + Environment.GetEnvironmentVariable("MODE"));
        try { File.WriteAllText("/data/out.txt", ""); } catch (Exception e) { Console.Write(" " + e.GetType().Name); }
        Console.Write(" " + Directory.Exists("/etc") + " " + AppDomain.CurrentDomain.GetAssemblies().Any(a => a.FullName!.Contains("CodeAnalysis")));
    "#;
    let ran = scripts()
        .run(&source(text), &[], |builder| {
            builder
                .directory(folder.path(), "/data", Access::ReadOnly)
                .env("MODE", "test")
        })
        .unwrap();
    assert_eq!(ran.result.unwrap(), 0);
    let found = String::from_utf8(ran.stdout).unwrap();
    let (start, rest) = found.split_once(' ').unwrap();
    assert_eq!(start, "hellotest");
    assert!(rest.ends_with("Exception False False"), "{rest}");
}

#[test]
fn what_scripts_are_compiled_with_is_not_written_whatever_builder_is_given() {
    let packages = tempfile::tempdir().unwrap();
    let host = ScriptHost::builder()
        .host(scripts().host())
        .package_folder(packages.path())
        .build()
        .unwrap();
    for is_another in [false, true] {
        let configure = |builder: RuntimeBuilder| {
            let builder = match is_another {
                true => host.host().runtime(),
                false => builder,
            };
            builder.directory(packages.path(), "/packages", Access::ReadWrite)
        };
        let run = host.run(&source("Console.Write(1);"), &[], configure);
        let session = host.session(configure);
        for refused in [run.unwrap_err(), session.unwrap_err()] {
            let refused = refused.to_string();
            assert!(
                refused.contains("later scripts are compiled with what is in"),
                "{refused}"
            );
        }
    }
}

#[test]
fn a_run_has_limits_of_its_own() {
    let text = "Console.Write(1); while (true) { }";
    let ran = scripts()
        .run(&source(text), &[], |builder| {
            builder.limits(Limits::default().call_timeout(Duration::from_millis(300)))
        })
        .unwrap();
    assert!(
        matches!(
            ran.result,
            Err(HostError::Limit {
                limit: LimitKind::CallTimeout,
                ..
            })
        ),
        "{:?}",
        ran.result
    );
    assert_eq!(ran.stdout, b"1");
    assert!(ran.stats.wall >= Duration::from_millis(300));
    let text = "var all = new List<byte[]>(); while (true) all.Add(new byte[1 << 20]);";
    let ran = scripts()
        .run(&source(text), &[], |builder| {
            builder.limits(Limits::default().memory(32 << 20))
        })
        .unwrap();
    match ran.result {
        Err(HostError::GuestException(exception)) => {
            assert_eq!(exception.type_name, "System.OutOfMemoryException");
        }
        Err(HostError::Limit { limit, .. }) => assert_eq!(limit, LimitKind::Memory),
        other => panic!("{other:?}"),
    }
}
