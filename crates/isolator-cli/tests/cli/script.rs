//! C# source on the command line.

use crate::{Outcome, fails, finish, fixture, isolator, json};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use zip::write::{SimpleFileOptions, ZipWriter};

fn written(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn with_input(args: &[&str], input: &str) -> Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isolator"));
    command.args(args);
    finish(command, input)
}

fn prints(stdout: &str) -> Outcome {
    Outcome {
        code: Some(0),
        stdout: stdout.into(),
        stderr: String::new(),
    }
}

#[test]
fn a_script_runs_as_a_program_does() {
    let folder = tempfile::tempdir().unwrap();
    let script = written(
        folder.path(),
        "hello.cs",
        "#!/usr/bin/env -S isolator run\n#:property Nullable=disable\nConsole.WriteLine(\"hello \" + string.Join(\"|\", args));\n\
         Console.Error.WriteLine(Console.ReadLine());\nreturn args.Length;\n",
    );
    let outcome = with_input(&["run", &script, "--", "one", "-x"], "from stdin\n");
    let expected = Outcome {
        code: Some(2),
        stdout: "hello one|-x\n".into(),
        stderr: "from stdin\n".into(),
    };
    assert_eq!(outcome, expected);
    let outcome = with_input(&["run", "-", "a"], "Console.Write(args[0]);");
    assert_eq!(outcome, prints("a"));
}

#[test]
fn what_is_wrong_prints_as_a_build_prints_it() {
    let folder = tempfile::tempdir().unwrap();
    let script = written(
        folder.path(),
        "wrong.cs",
        "string s = null;\nint x = wrong;\nConsole.WriteLine(s.Length + x);\n",
    );
    let expected = format!(
        "{script}(1,12): warning CS8600: Converting null literal or possible null value to non-nullable type.\n\
         {script}(2,9): error CS0103: The name 'wrong' does not exist in the current context\n\
         {script}(3,19): warning CS8602: Dereference of a possibly null reference.\n"
    );
    let outcome = isolator(&["run", &script]);
    let told = Outcome {
        code: Some(1),
        stdout: String::new(),
        stderr: expected.clone(),
    };
    assert_eq!(outcome, told);
    let outcome = isolator(&["check", &script]);
    let told = Outcome {
        code: Some(1),
        stdout: expected,
        stderr: String::new(),
    };
    assert_eq!(outcome, told);

    let outcome = isolator(&["check", &script, "--json"]);
    assert_eq!((outcome.code, &*outcome.stderr), (Some(1), ""));
    let found = json(&outcome.stdout);
    assert_eq!(found["more"], 0);
    assert_eq!(
        found["list"][1],
        serde_json::json!({
            "id": "CS0103", "severity": "error", "file": script,
            "range": { "start": { "line": 1, "character": 8 }, "end": { "line": 1, "character": 13 } },
            "message": "The name 'wrong' does not exist in the current context",
        })
    );
    let right = written(folder.path(), "right.cs", "Console.WriteLine(1);");
    assert_eq!(isolator(&["check", &right]), prints(""));
    // What a terminal would obey is escaped.
    let strange = written(folder.path(), "strange.cs", "#error \u{1b}[31m\n");
    let outcome = isolator(&["check", &strange]);
    assert_eq!(
        outcome.stdout,
        format!("{strange}(1,8): error CS1029: #error: '\\u001b[31m'\n")
    );
}

#[test]
fn what_there_is_not_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let package = written(
        folder.path(),
        "package.cs",
        "#:package Humanizer@2.14.1\nConsole.WriteLine(1);",
    );
    fails(
        &isolator(&["run", &package]),
        1,
        &[&format!(
            "{package}(1,1): error ISO0002: `#:package Humanizer@2.14.1`: `Humanizer` is not among the packages that scripts may use. `--allow-package` allows it"
        )],
    );
    // Who reads JSON finds it there.
    let outcome = isolator(&["check", "--json", &package]);
    assert_eq!((outcome.code, &*outcome.stderr), (Some(1), ""));
    assert_eq!(
        json(&outcome.stdout),
        serde_json::json!({
            "list": [{
                "id": "ISO0002", "severity": "error", "file": package,
                "range": { "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 2 } },
                "message": "`#:package Humanizer@2.14.1`: `Humanizer` is not among the packages that scripts may use. `--allow-package` allows it",
            }],
            "more": 0,
        })
    );
    let deep = written(
        folder.path(),
        "deep.cs",
        &format!("int x = {}1{};", "(".repeat(5_000), ")".repeat(5_000)),
    );
    let outcome = isolator(&["check", "--json", &deep]);
    assert_eq!((outcome.code, &*outcome.stderr), (Some(1), ""));
    assert_eq!(json(&outcome.stdout)["list"][0]["id"], "ISO0003");
    fails(
        &isolator(&["run", "missing.cs"]),
        1,
        &["error: cannot read `missing.cs`"],
    );
    let path = folder.path().join("latin.cs");
    std::fs::write(&path, b"// \xe4").unwrap();
    fails(
        &isolator(&["check", path.to_str().unwrap()]),
        1,
        &["it is not UTF-8 text, from byte 3 on"],
    );
    let library = written(folder.path(), "library.cs", "class A { }");
    fails(
        &isolator(&["run", &library]),
        1,
        &["error CS5001: Program does not contain a static 'Main' method"],
    );
    let mut command = Command::new(env!("CARGO_BIN_EXE_isolator"));
    command
        .args(["eval", "1"])
        .env("ISOLATOR_SCRIPTING", folder.path());
    fails(
        &finish(command, ""),
        1,
        &[
            "error: no C# compiler was found",
            "which has no `Isolator.Scripting.dll`",
        ],
    );
}

/// A package that has a library.
pub fn package(folder: &Path, name: &str, library: &Path) {
    let file = std::fs::File::create(folder.join(format!("{name}.1.0.0.nupkg"))).unwrap();
    let mut writer = ZipWriter::new(file);
    let specification =
        format!("<package><metadata><id>{name}</id><version>1.0.0</version></metadata></package>");
    for (entry, bytes) in [
        (format!("{name}.nuspec"), specification.into_bytes()),
        (
            format!("lib/net10.0/{name}.dll"),
            std::fs::read(library).unwrap(),
        ),
    ] {
        writer
            .start_file(entry, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(&bytes).unwrap();
    }
    writer.finish().unwrap();
}

#[test]
fn packages_are_those_that_are_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let packages = folder.path().display().to_string();
    package(folder.path(), "CliLibrary", &fixture("CliLibrary"));
    let script = written(
        folder.path(),
        "package.cs",
        "#:package CliLibrary@1.0.0\nConsole.Write(CliLibrary.Calls.Label(1, \"two\"));",
    );
    let allowed = ["--packages", &*packages, "--allow-package", "clilibrary"];
    let outcome = isolator(&[&["run", &*script], &allowed[..]].concat());
    assert_eq!(outcome, prints("1: two"));
    let outcome = isolator(&[&["check", &*script], &allowed[..]].concat());
    assert_eq!(outcome, prints(""));
    // As scripts ask, and in one version.
    let known = written(
        folder.path(),
        "known.cs",
        "#r \"nuget: CliLibrary, 1.0.0\"\nConsole.Write(CliLibrary.Calls.Label(1, \"two\"));",
    );
    let one = ["run", &*known, "--packages", &*packages, "--allow-package"];
    let outcome = isolator(&[&one[..], &["CliLibrary@1.0.0"]].concat());
    assert_eq!(outcome, prints("1: two"));
    fails(
        &isolator(&[&one[..], &["CliLibrary@2.0.0"]].concat()),
        1,
        &[&format!(
            "{known}(1,1): error ISO0002: `#r \"nuget: CliLibrary, 1.0.0\"`: scripts may use it in version 2.0.0, and not in 1.0.0. `--allow-package` allows it"
        )],
    );
    fails(
        &isolator(&[&one[..], &["CliLibrary@x"]].concat()),
        1,
        &[
            "the package `CliLibrary@x` cannot be allowed, with `--allow-package`: `x` is no version",
        ],
    );
    // Without a folder it is the user's own.
    let mut command = Command::new(env!("CARGO_BIN_EXE_isolator"));
    command
        .args(["run", &script, "--allow-package", "CliLibrary"])
        .env("NUGET_PACKAGES", folder.path());
    assert_eq!(finish(command, ""), prints("1: two"));
    fails(
        &isolator(&["run", &script, "--packages", &packages]),
        1,
        &[&format!(
            "{script}(1,1): error ISO0002: `#:package CliLibrary@1.0.0`: `CliLibrary` is not among the packages that scripts may use. `--allow-package` allows it"
        )],
    );
    let program = fixture("CliHello").display().to_string();
    fails(
        &isolator(&["run", &program, "--allow-package", "CliLibrary"]),
        1,
        &["`--library`, `--packages` and `--allow-package` are for C# scripts"],
    );
}

#[test]
fn a_script_loads_what_lies_beside_it_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let scripts = folder.path().join("scripts");
    std::fs::create_dir_all(scripts.join("lib")).unwrap();
    written(folder.path(), "outside.cs", "int outside = 1;");
    written(
        &scripts,
        "lib/tools.cs",
        "#load \"../more.csx\"\nint Twice(int n) => 2 * n;",
    );
    written(&scripts, "more.csx", "Console.Write(\"more \");");
    let script = written(
        &scripts,
        "main.cs",
        "#load \"lib/tools.cs\"\nConsole.Write(Twice(int.Parse(args[0])));",
    );
    assert_eq!(isolator(&["run", &script, "21"]), prints("more 42"));
    assert_eq!(isolator(&["check", &script]), prints(""));
    let mut beside = Command::new(env!("CARGO_BIN_EXE_isolator"));
    beside.current_dir(&scripts).args(["run", "main.cs", "4"]);
    assert_eq!(finish(beside, ""), prints("more 8"));
    let mut prompt = Command::new(env!("CARGO_BIN_EXE_isolator"));
    prompt.current_dir(&scripts).arg("repl");
    let typed = "#load \"lib/tools.cs\"\nTwice(5)\n";
    assert_eq!(finish(prompt, typed), prints("more 10\n"));

    let wrong = written(&scripts, "wrong.cs", "\n#load \"../outside.cs\"\n");
    fails(
        &isolator(&["run", &wrong]),
        1,
        &[&format!(
            "{wrong}(2,1): error ISO0002: `#load \"../outside.cs\"`: it leads out of the folder that sources may be loaded from"
        )],
    );
    let piped = with_input(&["run", "-"], "#load \"main.cs\"\n");
    fails(
        &piped,
        1,
        &[
            "stdin.cs(1,1): error ISO0002: `#load \"main.cs\"`: there is no folder that sources may be loaded from: a script in a file has one, and what is typed at the prompt",
        ],
    );
    written(&scripts, "lib/bad.cs", "\nint x = missing;");
    let loads = written(&scripts, "loads.cs", "#load \"lib/bad.cs\"\n");
    let outcome = isolator(&["check", &loads]);
    assert_eq!(outcome.code, Some(1));
    let told = format!("{}/lib/bad.cs(2,9): error CS0103", scripts.display());
    assert!(outcome.stdout.contains(&told), "{}", outcome.stdout);
}

#[test]
fn libraries_are_those_that_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let library = fixture("CliLibrary").display().to_string();
    let text = "#r \"CliLibrary.dll\"\nConsole.Write(CliLibrary.Calls.Label(1, \"two\"));";
    let script = written(folder.path(), "library.cs", text);
    let outcome = isolator(&["run", "--library", &library, &script]);
    assert_eq!(outcome, prints("1: two"));
    let outcome = isolator(&[
        "eval",
        "--library",
        &library,
        "#r \"CliLibrary\"\nCliLibrary.Calls.Label(1, \"two\")",
    ]);
    assert_eq!(outcome, prints("\"1: two\"\n"));
    fails(
        &isolator(&["run", &script]),
        1,
        &[&format!(
            "{script}(1,1): error ISO0002: `#r \"CliLibrary.dll\"`: scripts may not refer to a library `CliLibrary`. One is given with `--library`"
        )],
    );
}

#[test]
fn grants_limits_and_exit_codes_are_as_for_a_program() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("in.txt"), "content").unwrap();
    let script = written(
        folder.path(),
        "read.cs",
        "Console.Write(File.ReadAllText(\"/data/in.txt\") + Environment.GetEnvironmentVariable(\"MODE\"));",
    );
    let grant = format!("{}::/data:ro", folder.path().display());
    let outcome = isolator(&["run", &script, "--dir", &grant, "--env", "MODE=x"]);
    assert_eq!(outcome, prints("contentx"));
    let endless = written(folder.path(), "endless.cs", "while (true) { }");
    fails(
        &isolator(&["run", &endless, "--timeout", "300ms"]),
        124,
        &["stopped by --timeout: 300ms allowed"],
    );
    let greedy = written(
        folder.path(),
        "greedy.cs",
        "var all = new List<byte[]>(); while (true) all.Add(new byte[1 << 20]);",
    );
    fails(
        &isolator(&["run", &greedy, "--memory", "32MiB"]),
        137,
        &["stopped by --memory: 32 MiB allowed"],
    );
    let exit = written(folder.path(), "exit.cs", "Environment.Exit(9);");
    assert_eq!(isolator(&["run", &exit]).code, Some(9));
    let thrown = written(
        folder.path(),
        "thrown.cs",
        "\nthrow new InvalidOperationException(\"no\");",
    );
    let outcome = isolator(&["run", &thrown]);
    fails(
        &outcome,
        134,
        &[
            "Unhandled exception. System.InvalidOperationException: no",
            &format!("in {thrown}:line 2"),
        ],
    );
}

#[test]
fn a_limit_bounds_the_compilation_and_ends_it_with_its_code() {
    let folder = tempfile::tempdir().unwrap();
    let long = "{ int x = 1; Console.Write(x + \"text\"); }\n".repeat(200_000);
    let long = written(folder.path(), "long.cs", &long);
    let stopped = "the compilation was stopped by --timeout: 400ms allowed, ";
    fails(
        &isolator(&["run", "--timeout", "400ms", &long]),
        124,
        &[
            &format!("error: {stopped}"),
            "used or asked for. Give it less to compile, or more with --timeout",
        ],
    );
    let outcome = isolator(&["check", "--json", "--timeout", "400ms", &long]);
    assert_eq!((outcome.code, &*outcome.stderr), (Some(124), ""));
    let told = &json(&outcome.stdout)["list"][0];
    assert_eq!(told["id"], "ISO0004");
    assert_eq!(told["file"], serde_json::Value::Null);
    let message = told["message"].as_str().unwrap();
    assert!(message.starts_with(stopped), "{message}");
    let expression = format!("new[] {{ {} }}.Length", "1 + 2, ".repeat(10_000));
    fails(
        &isolator(&["eval", "--timeout", "1ms", &expression]),
        124,
        &["error: the compilation was stopped by --timeout: 1ms allowed"],
    );
    let large = format!("Console.Write(\"{}\");", "a".repeat(12 << 20));
    let large = written(folder.path(), "large.cs", &large);
    let outcome = isolator(&["check", "--memory", "16MiB", &large]);
    assert_eq!((outcome.code, &*outcome.stderr), (Some(137), ""));
    assert!(
        outcome.stdout.starts_with(
            "error ISO0004: the compilation was stopped by --memory: 16 MiB allowed, "
        ),
        "{}",
        outcome.stdout
    );
    // What a run may take says nothing of what the compiler needs.
    let small = written(
        folder.path(),
        "small.cs",
        "Console.Write(string.Join(\", \", Enumerable.Range(1, 3).Select(n => $\"{n}: {n * n}\")));",
    );
    let outcome = isolator(&["run", "--memory", "16MiB", &small]);
    assert_eq!(outcome, prints("1: 1, 2: 4, 3: 9"));
}

#[test]
fn scripts_of_other_names_are_sources() {
    let folder = tempfile::tempdir().unwrap();
    let script = written(folder.path(), "a.csx", "Console.Write(args.Length);");
    assert_eq!(isolator(&["run", &script, "x"]), prints("1"));
    let text = "#!/usr/bin/env -S isolator run\n#:property Nullable=disable\nConsole.Write(string.Join(\"|\", args));\nreturn 4;\n";
    let script = written(folder.path(), "script", text);
    let expected = Outcome {
        code: Some(4),
        stdout: "one|-x".into(),
        stderr: String::new(),
    };
    assert_eq!(isolator(&["run", &script, "one", "-x"]), expected);
    let other = written(folder.path(), "other", "Console.Write(1);");
    fails(
        &isolator(&["run", &other]),
        1,
        &["or a C# script, whose name ends in `.cs` or `.csx`, or which begins with `#!`"],
    );
    #[cfg(unix)]
    {
        // Another process writes it: what this one had open for writing, a child that another test starts may have, too, and then the system does not start it.
        let program = folder.path().join("hello");
        let mut install = Command::new("install");
        let installed = install.args(["-m", "755", &script]).arg(&program).status();
        assert!(installed.unwrap().success());
        let own = Path::new(env!("CARGO_BIN_EXE_isolator")).parent().unwrap();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let all = std::iter::once(own.to_path_buf()).chain(std::env::split_paths(&path));
        let mut command = Command::new(&program);
        command
            .args(["one", "-x"])
            .env("PATH", std::env::join_paths(all).unwrap());
        assert_eq!(finish(command, ""), expected);
    }
}

#[test]
fn an_expression_prints_its_value() {
    assert_eq!(isolator(&["eval", "6 * 7"]), prints("42\n"));
    let outcome = isolator(&["eval", "new { A = 1, B = new[] { \"x\", null } }"]);
    assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""));
    let expected = serde_json::json!({ "A": 1, "B": ["x", null] });
    assert_eq!(json(&outcome.stdout), expected);
    assert_eq!(isolator(&["eval", "-5"]), prints("-5\n"));
    assert_eq!(
        isolator(&["eval", "await Task.FromResult(true)"]),
        prints("true\n")
    );
    assert_eq!(
        isolator(&[
            "eval",
            "--using",
            "System.Text.Json",
            "JsonSerializer.Serialize(1)"
        ]),
        prints("\"1\"\n")
    );
    let outcome = isolator(&["eval", "Console.Write(\"said\")"]);
    assert_eq!(
        (outcome.code, &*outcome.stdout, &*outcome.stderr),
        (Some(0), "", "said")
    );
    fails(
        &isolator(&["eval", "1 + wrong"]),
        1,
        &[
            "expression(1,5): error CS0103: The name 'wrong' does not exist in the current context\n",
        ],
    );
    let exit = isolator(&["eval", "Environment.Exit(3)"]);
    let expected = Outcome {
        code: Some(3),
        stdout: String::new(),
        stderr: String::new(),
    };
    assert_eq!(exit, expected);
    fails(
        &isolator(&["eval", "\nint.Parse(\"x\")"]),
        134,
        &[
            "Unhandled exception. System.FormatException",
            " in expression:line 2",
        ],
    );
    fails(
        &isolator(&[
            "eval",
            "--timeout",
            "300ms",
            "((Func<int>)(() => { while (true) { } }))()",
        ]),
        124,
        &["stopped by --timeout"],
    );
}

#[test]
fn a_line_directive_counts_as_it_does_for_a_build() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.txt").display().to_string();
    let made = written(
        folder.path(),
        "made.cs",
        "#line 42 \"page.txt\"\nint x = wrong;",
    );
    let error = "error CS0103: The name 'wrong' does not exist in the current context\n";
    let told = format!("{page}(42,9): {error}");
    fails(&isolator(&["run", &made]), 1, &[&told]);
    let checked = isolator(&["check", &made]);
    assert_eq!((checked.code, checked.stdout), (Some(1), told));
    // Who edits the source finds both places.
    let checked = isolator(&["check", "--json", &made]);
    let all = json(&checked.stdout);
    let told = &all["list"][0];
    let range = |line: u32| {
        serde_json::json!({
            "start": { "line": line, "character": 8 }, "end": { "line": line, "character": 13 },
        })
    };
    assert_eq!((&told["file"], &told["range"]), (&made.into(), &range(1)));
    assert_eq!(
        told["mapped"],
        serde_json::json!({ "file": page, "range": range(41) })
    );
    let throws = written(
        folder.path(),
        "throws.cs",
        "#line 42 \"page.txt\"\nint.Parse(\"x\");",
    );
    fails(
        &isolator(&["run", &throws]),
        134,
        &[&format!(" in {page}:line 42")],
    );
    fails(
        &isolator(&["eval", "#line 42 \"page.txt\"\nint.Parse(\"x\")"]),
        134,
        &[" in page.txt:line 42"],
    );
}

#[test]
fn what_a_project_would_say_is_taken_or_told() {
    let folder = tempfile::tempdir().unwrap();
    let script = written(
        folder.path(),
        "a.cs",
        "#:property PublishAot=false\n#:property TargetFramework=net10.0\n#:property OutputType=Exe\nConsole.Write(1);",
    );
    assert_eq!(isolator(&["run", &script]), prints("1"));
    let script = written(
        folder.path(),
        "b.cs",
        "#:property Colour=red\nConsole.Write(1);",
    );
    let outcome = isolator(&["run", &script]);
    assert_eq!((outcome.code, &*outcome.stdout), (Some(0), "1"));
    let expected =
        format!("{script}(1,1): warning ISOLATOR1: the property `Colour` has no effect here");
    assert!(outcome.stderr.starts_with(&expected), "{outcome:?}");
    assert_eq!(isolator(&["run", "-q", &script]), prints("1"));
    let script = written(
        folder.path(),
        "c.cs",
        "#:property TreatWarningsAsErrors=true\nstring s = null;\nConsole.Write(s);",
    );
    fails(&isolator(&["run", &script]), 1, &["error CS8600"]);
}

#[test]
fn what_a_newcomer_writes_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let one = written(folder.path(), "one.cs", "Console.Write(Other.Name);");
    let other = written(folder.path(), "other.cs", "static class Other { }");
    fails(
        &isolator(&["run", &one, &other]),
        1,
        &["error CS0103", "hint: `", "#load"],
    );
    for expression in ["6 * 7;", "var x = 3;"] {
        fails(
            &isolator(&["eval", expression]),
            1,
            &[
                "error CS",
                "hint: an expression has no `;`",
                "isolator repl",
            ],
        );
    }
    fails(
        &isolator(&["run", "missing.cs"]),
        1,
        &["cannot read `missing.cs`: there is no such file"],
    );
    fails(&isolator(&["eval", "typeof(int)"]), 1, &["`ToString()`"]);
    fails(
        &isolator(&["run", &one, "--packages", "/no/such/folder"]),
        1,
        &[
            "cannot look for packages in `/no/such/folder`",
            "there is no such folder",
        ],
    );
    fails(
        &isolator(&["repl", "--using", "Nope.X"]),
        1,
        &["--using", "Nope"],
    );
    let data = format!("{}::/data", folder.path().display());
    fails(
        &isolator(&["eval", "1", "--dir", &data, "--dir", &data]),
        1,
        &["are granted as `/data`"],
    );
    fails(
        &isolator(&["run", &one, "--guest", "/no/such/guest"]),
        1,
        &["/no/such/guest"],
    );
    let get = "new System.Net.Http.HttpClient().GetStringAsync(\"http://example.com/\").Result";
    fails(
        &isolator(&["eval", get]),
        134,
        &["was not granted", "--allow-http"],
    );
}

#[test]
fn memory_that_runs_out_ends_with_137() {
    fails(
        &isolator(&["eval", "--memory", "20MiB", "new byte[500_000_000].Length"]),
        137,
        &[
            "stopped by --memory: 20 MiB allowed, 4",
            "MiB used or asked for",
        ],
    );
    fails(
        &isolator(&[
            "eval",
            "--memory",
            "64MiB",
            "Enumerable.Range(0, 400_000_000).Select(n => (object)n).ToList().Count",
        ]),
        137,
        &["stopped by --memory: 64 MiB allowed"],
    );
}

#[test]
fn what_fails_fast_says_so() {
    let program =
        "Environment.FailFast(\"the reactor\", new InvalidOperationException(\"is hot\"));";
    fails(
        &with_input(&["run", "-"], program),
        134,
        &[
            "inside its sandbox: Environment.FailFast: the reactor\nSystem.InvalidOperationException: is hot",
        ],
    );
    let program =
        "#define DEBUG\nusing System.Diagnostics;\nDebug.Assert(1 > 2, \"one is no more\");";
    fails(
        &with_input(&["run", "-"], program),
        134,
        &["inside its sandbox: Assertion failed: one is no more"],
    );
}
