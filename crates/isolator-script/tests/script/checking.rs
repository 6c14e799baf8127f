//! Diagnostics, and what is compiled.

use crate::{check, errors, scripts, source, with};
use isolator_script::{
    Diagnostic, Error, Kind, MappedPlace, Options, Position, Range, Severity, Source,
};

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let text = "Console.WriteLine(\"äöü😀\" + wrong);\nint x = \"text\";\n";
    let found = scripts().check(&source(text)).unwrap();
    let at = |line, character| Position { line, character };
    let expected = [
        Diagnostic {
            id: "CS0103".into(),
            severity: Severity::Error,
            file: Some("script.cs".into()),
            range: Range {
                start: at(0, 28),
                end: at(0, 33),
            },
            message: "The name 'wrong' does not exist in the current context".into(),
            mapped: None,
        },
        Diagnostic {
            id: "CS0029".into(),
            severity: Severity::Error,
            file: Some("script.cs".into()),
            range: Range {
                start: at(1, 8),
                end: at(1, 14),
            },
            message: "Cannot implicitly convert type 'string' to 'int'".into(),
            mapped: None,
        },
    ];
    assert_eq!(*found, expected);
    assert_eq!(found.more, 0);
    assert_eq!(
        found.to_string(),
        "script.cs(1,29): error CS0103: The name 'wrong' does not exist in the current context\n\
         script.cs(2,9): error CS0029: Cannot implicitly convert type 'string' to 'int'"
    );
}

#[test]
fn a_line_directive_names_another_place_beside_the_own_one() {
    let wrong = |place: &str| {
        format!("{place}: error CS0103: The name 'wrong' does not exist in the current context")
    };
    let text = "int a = wrong;\n#line 42 \"other.cs\"\nint b = wrong;\n#line hidden\nint c = wrong;\n#line 7\nint d = wrong;\n#line default\nint e = wrong;\n#line (3,10)-(3,15) 8 \"span.cs\"\nint f = wrong;\nint g = wrong;\n";
    let expected = [
        ("script.cs(1,9)", 0, false),
        ("other.cs(42,9)", 2, true),
        // Hidden from debuggers, and from nobody else.
        ("other.cs(44,9)", 4, true),
        ("other.cs(7,9)", 6, true),
        ("script.cs(9,9)", 8, false),
        ("span.cs(3,10)", 10, true),
        ("span.cs(4,9)", 11, true),
    ];
    let found = scripts().check(&source(text)).unwrap();
    assert_eq!(found.len(), expected.len(), "{found}");
    for (told, (place, line, is_mapped)) in found.iter().zip(expected) {
        assert_eq!(told.to_string(), wrong(place));
        let at = |character| Position { line, character };
        let own = Range {
            start: at(8),
            end: at(13),
        };
        assert_eq!((told.file.as_deref(), told.range), (Some("script.cs"), own));
        assert_eq!(told.mapped.is_some(), is_mapped, "{place}");
    }
    let at = |line, character| Position { line, character };
    let mapped = MappedPlace {
        file: "span.cs".into(),
        range: Range {
            start: at(2, 9),
            end: at(2, 14),
        },
    };
    assert_eq!(found[5].mapped, Some(mapped));

    // A file lies beside the source that names it. A line may be another one of the same source.
    for (directive, place) in [
        ("#line 3 \"b.cs\"", "dir/sub/b.cs(3,9)"),
        ("#line 3 \"./b.cs\"", "dir/sub/b.cs(3,9)"),
        ("#line 3 \"../../b.cs\"", "b.cs(3,9)"),
        ("#line 3 \"../../../b.cs\"", "../b.cs(3,9)"),
        ("#line 3 \"/other/b.cs\"", "/other/b.cs(3,9)"),
        ("#line 3", "dir/sub/a.cs(3,9)"),
        // What it says already.
        ("#line 2", "dir/sub/a.cs(2,9)"),
    ] {
        let text = format!("{directive}\nint x = wrong;");
        let found = scripts()
            .check(&[Source::new("dir/sub/a.cs", text)])
            .unwrap();
        assert_eq!(found.to_string(), wrong(place), "{directive}");
        assert_eq!(found[0].mapped.is_some(), directive != "#line 2");
    }
}

#[test]
fn warnings_are_no_errors() {
    let text = "string name = null;\nConsole.WriteLine(name.Length);\n";
    assert_eq!(
        check(text),
        "script.cs(1,15): warning CS8600: Converting null literal or possible null value to non-nullable type.\n\
         script.cs(2,19): warning CS8602: Dereference of a possibly null reference."
    );
    let compilation = scripts().compile(&source(text)).unwrap();
    assert_eq!(compilation.diagnostics().len(), 2);
    assert!(compilation.is_program());
    assert_eq!(
        with(Options::default().nullable(false))
            .check(&source(text))
            .unwrap()
            .to_string(),
        ""
    );
}

#[test]
fn several_sources_belong_together() {
    let sources = [
        Source::new("main.cs", "Console.WriteLine(Shapes.Square.Area(3));"),
        Source::new(
            "square.cs",
            "namespace Shapes;\npublic static class Square\n{\n    public static int Area(int side) => side * wrong;\n}\n",
        ),
    ];
    assert_eq!(
        scripts().check(&sources).unwrap().to_string(),
        "square.cs(4,48): error CS0103: The name 'wrong' does not exist in the current context"
    );
    let mut right = sources.clone();
    right[1].text = right[1].text.replace("wrong", "side");
    let ran = scripts().run(&right, &[], |builder| builder).unwrap();
    assert_eq!((ran.result.unwrap(), &*ran.stdout), (0, &b"9\n"[..]));
}

#[test]
fn options_are_obeyed() {
    let pointers = "unsafe { int x = 5; int* p = &x; Console.WriteLine(*p); }";
    assert_eq!(
        check(pointers),
        "script.cs(1,1): error CS0227: Unsafe code may only appear if compiling with /unsafe"
    );
    let allowed = with(Options::default().allow_unsafe(true));
    let ran = allowed
        .run(&source(pointers), &[], |builder| builder)
        .unwrap();
    assert_eq!(ran.stdout_utf8(), "5\n");

    let list = "int[] few = [1, 2];\nConsole.WriteLine(few.Length);";
    let older = with(Options::default().language_version("11"));
    let message = older.check(&source(list)).unwrap().to_string();
    assert!(
        message.starts_with("script.cs(1,13): error CS9058: Feature 'collection expressions' is not available in C# 11.0."),
        "{message}"
    );
    let unknown = with(Options::default().language_version("eleven"));
    match unknown.check(&source(list)) {
        Err(Error::Options { message }) => assert_eq!(
            message,
            "`eleven` is no version of C#: name a number such as 13, `latest` or `preview`"
        ),
        other => panic!("{other:?}"),
    }

    let bare = with(Options::default().implicit_usings(false));
    assert_eq!(
        bare.check(&source("Console.WriteLine(1);"))
            .unwrap()
            .to_string(),
        "script.cs(1,1): error CS0103: The name 'Console' does not exist in the current context"
    );
    let json = "Console.WriteLine(JsonSerializer.Serialize(new { A = 1 }));";
    let more = with(Options::default().using("System.Text.Json"));
    let ran = more.run(&source(json), &[], |builder| builder).unwrap();
    assert_eq!(ran.stdout_utf8(), "{\"A\":1}\n");
    let strange = with(Options::default().using("System; class X { }"));
    assert!(matches!(
        strange.check(&source(json)),
        Err(Error::Options { .. })
    ));
}

#[test]
fn lines_of_a_file_based_program_are_read() {
    let text = "#!/usr/bin/env -S isolator run\n#:property AllowUnsafeBlocks=true\n#:property Nullable=disable\nunsafe { string s = null; int x = 1; int* p = &x; Console.WriteLine(*p + (s ?? \"\")); }\n";
    let ran = scripts()
        .run(&source(text), &[], |builder| builder)
        .unwrap();
    assert_eq!(
        (ran.stdout_utf8(), ran.diagnostics.len()),
        ("1\n".into(), 0)
    );
    let package = "#:package Humanizer@2.14.1\nConsole.WriteLine(1);";
    let error = scripts().check(&source(package)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "script.cs(1,1): error: `#:package Humanizer@2.14.1`: `Humanizer` is not among the packages that scripts may use. `ScriptHostBuilder::allow_package` allows it"
    );
}

#[test]
fn properties_change_what_is_compiled() {
    let output = |text: &str| {
        let ran = scripts().run(&source(text), &[], |builder| builder);
        ran.unwrap().stdout_utf8()
    };
    let sum = "int most = int.MaxValue;\ntry { Console.Write(most + args.Length + 1); } catch (OverflowException) { Console.Write(\"over\"); }\n";
    let checked = format!("#:property CheckForOverflowUnderflow=true\n{sum}");
    assert_eq!((&*output(sum), &*output(&checked)), ("-2147483648", "over"));
    let symbols = "#:property DefineConstants=$(DefineConstants);MINE\n#if MINE && NET10_0\nConsole.Write(\"mine\");\n#else\nConsole.Write(\"none\");\n#endif\n";
    assert_eq!(output(symbols), "mine");
    let ids = |nullable: &str| -> Vec<String> {
        let text = format!(
            "#:property Nullable={nullable}\nstring? s = args.Length > 0 ? \"\" : null;\nConsole.WriteLine(s.Length);"
        );
        let found = scripts().check(&source(&text)).unwrap();
        found.iter().map(|told| told.id.clone()).collect()
    };
    assert_eq!(ids("enable"), ["CS8602"]);
    assert_eq!(ids("warnings"), ["CS8632", "CS8602"]);
    assert_eq!(ids("annotations"), [""; 0]);
    assert_eq!(ids("disable"), ["CS8632"]);
    // A warning that is not told takes no place among those that are.
    let many = format!(
        "#:property NoWarn=CS0168\n{}string s = null;\nConsole.Write(s);",
        (0..150)
            .map(|number| format!("int x{number};\n"))
            .collect::<String>()
    );
    let found = scripts().check(&source(&many)).unwrap();
    assert_eq!((found.len(), found.more), (1, 0), "{found}");
    assert_eq!(found[0].id, "CS8600");
    let text = "#:property WarningsAsErrors=nullable\nint x;\nstring s = null;\nConsole.Write(s);";
    assert_eq!(
        errors(scripts().run(&source(text), &[], |builder| builder)).to_string(),
        "script.cs(2,5): warning CS0168: The variable 'x' is declared but never used\n\
         script.cs(3,12): error CS8600: Converting null literal or possible null value to non-nullable type."
    );
}

#[test]
fn a_program_has_an_entry_point_and_a_library_has_none() {
    let library = "public static class Twice { public static int Of(int n) => n * 2; }";
    let compiled = scripts().compile(&source(library)).unwrap();
    assert!(!compiled.is_program());
    assert_eq!(
        errors(scripts().run(&source(library), &[], |builder| builder)).to_string(),
        "error CS5001: Program does not contain a static 'Main' method suitable for an entry point"
    );
    let mut started = scripts().start(&compiled, |builder| builder).unwrap();
    let of_type = started
        .runtime
        .find_type_in(&started.assembly, "Twice")
        .unwrap();
    let method = started
        .runtime
        .find_method_of(&of_type, "Of", &Default::default())
        .unwrap();
    assert_eq!(started.runtime.invoke::<i32>(&method, (21,)).unwrap(), 42);

    let main =
        "namespace A.B { class P { class Q { static int Main(string[] args) => args.Length; } } }";
    assert!(scripts().compile(&source(main)).unwrap().is_program());
    let forced = with(Options::default().kind(Kind::Library));
    assert!(!forced.compile(&source(main)).unwrap().is_program());
}

#[test]
fn the_same_sources_give_the_same_bytes() {
    let text = source("Console.WriteLine(new { A = 1, B = \"two\" });");
    let first = scripts().compiler().unwrap().compile(&text).unwrap();
    let second = scripts().compiler().unwrap().compile(&text).unwrap();
    assert_eq!(first.assembly(), second.assembly());
    assert_eq!(first.symbols(), second.symbols());
    assert!(first.symbols().is_some());
    let without = with(Options::default().symbols(false));
    assert!(without.compile(&text).unwrap().symbols().is_none());
    // What was compiled is remembered, with its options.
    let known = scripts().compile(&text).unwrap();
    let again = scripts().compile(&text).unwrap();
    assert!(std::sync::Arc::ptr_eq(known.assembly(), again.assembly()));
}

#[test]
fn a_live_compiler_checks_again_and_again() {
    let mut compiler = scripts().compiler().unwrap();
    for number in 0..5 {
        let text = format!("int x{number} = wrong{number};");
        assert_eq!(
            compiler.check(&source(&text)).unwrap().to_string(),
            format!(
                "script.cs(1,10): error CS0103: The name 'wrong{number}' does not exist in the current context"
            )
        );
        assert_eq!(
            compiler
                .check(&source("int y = 1; _ = y;"))
                .unwrap()
                .to_string(),
            ""
        );
    }
}
