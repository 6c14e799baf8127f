//! Sources that load others, and libraries that scripts name.

use crate::{errors, scripts};
use isolator_host::AssemblyImage;
use isolator_script::{
    Error, Globals, Kind, Options, Position, ScriptHost, ScriptHostBuilder, Session, Source,
};
use std::path::Path;

fn builder() -> ScriptHostBuilder {
    ScriptHost::builder().host(scripts().host())
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// A folder of sources, and a host that loads from it.
fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, ScriptHost) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        write(folder.path(), name, text);
    }
    let host = builder().load_folder(folder.path()).build().unwrap();
    (folder, host)
}

fn main(text: &str) -> [Source; 1] {
    [Source::new("dir/main.cs", text)]
}

#[track_caller]
fn prints(host: &ScriptHost, text: &str, expected: &str) {
    let ran = host.run(&main(text), &[], |builder| builder);
    let ran = ran.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(ran.stdout_utf8(), expected, "{:?}", ran.result);
    ran.result.unwrap();
}

#[test]
fn types_and_statements_of_loaded_sources_are_the_programs() {
    let (folder, host) = folder(&[
        (
            "types.cs",
            "namespace Shop;\npublic record Item(string Name);",
        ),
        (
            "lib/tools.csx",
            "#load \"more.csx\"\nusing System.Text;\nusing static System.Math;\nint Twice(int n) => 2 * n;\nConsole.Write($\"tools {Max(1, 2)} \");\nclass Tool { }",
        ),
        (
            "lib/more.csx",
            "using System.Text;\nvar more = new StringBuilder(\"more\");\nConsole.Write(\"first \");",
        ),
    ]);
    prints(
        &host,
        "#!/usr/bin/env isolator\n#:property Nullable=enable\n#load \"types.cs\"\n#load \"lib/tools.csx\"\n#load \"lib/more.csx\"\nusing Shop;\nConsole.Write($\"{new Item(\"lamp\")} {Twice(4)} {more} {typeof(Tool)} {new Own()}\");\nrecord Own;",
        "first tools 2 Item { Name = lamp } 8 more Tool Own { }",
    );
    prints(
        &host,
        "#load \"types.cs\"\nConsole.Write(new Shop.Item(\"lamp\").Name);",
        "lamp",
    );
    write(
        folder.path(),
        "either.cs",
        "#if NOWHERE\nint either = 2;\n#else\nint either = 3;\n#endif\n",
    );
    prints(&host, "#load \"either.cs\"\nConsole.Write(either);", "3");
    // A program of loaded sources alone.
    prints(&host, "#load \"lib/more.csx\"\n", "first ");
}

#[test]
fn what_is_wrong_with_a_loaded_source_is_told_of_it() {
    let (folder, host) = folder(&[
        ("types.cs", "class A\n{\n    int x = wrong;\n}\n"),
        (
            "tools.cs",
            "using System.Text;\n\n\tint F() => missing;   int g = F(1);\nclass B { int y = gone; }",
        ),
        (
            "throws.cs",
            "\nvoid Fail()\n{\n    throw new InvalidOperationException(\"no\");\n}\n",
        ),
    ]);
    let check = |text: &str| host.check(&main(text)).unwrap().to_string();
    assert_eq!(
        check("#load \"types.cs\"\nConsole.Write(own);"),
        "dir/main.cs(2,15): error CS0103: The name 'own' does not exist in the current context\n\
         dir/types.cs(3,13): error CS0103: The name 'wrong' does not exist in the current context"
    );
    assert_eq!(
        check("#load \"tools.cs\"\n\nConsole.Write(own);\nclass C { int z = far; }"),
        "dir/main.cs(3,15): error CS0103: The name 'own' does not exist in the current context\n\
         dir/main.cs(4,19): error CS0103: The name 'far' does not exist in the current context\n\
         dir/tools.cs(3,13): error CS0103: The name 'missing' does not exist in the current context\n\
         dir/tools.cs(3,32): error CS1501: No overload for method 'F' takes 1 arguments\n\
         dir/tools.cs(4,19): error CS0103: The name 'gone' does not exist in the current context"
    );
    let ran = host
        .run(&main("#load \"throws.cs\"\n\nFail();"), &[], |builder| {
            builder
        })
        .unwrap();
    let trace = ran.result.unwrap_err().to_string();
    assert!(trace.contains("dir/throws.cs:line 4"), "{trace}");
    assert!(trace.contains("dir/main.cs:line 3"), "{trace}");

    // What was compiled is forgotten when what it loaded has changed.
    write(folder.path(), "throws.cs", "void Fail() { }");
    prints(&host, "#load \"throws.cs\"\n\nFail();", "");
    let refused = host.compile(&main("#load \"../other.cs\"")).unwrap_err();
    assert!(
        refused.to_string().starts_with(
            "dir/main.cs(1,1): error: `#load \"../other.cs\"`: it leads out of the folder"
        ),
        "{refused}"
    );
    let expression = host.eval::<i32>("#load \"throws.cs\"\n1", &Globals::new());
    assert!(matches!(expression, Err(Error::Directive { .. })));
}

#[test]
fn line_directives_of_loaded_sources_are_about_their_own_lines() {
    let (_folder, host) = folder(&[
        (
            "lib/tools.cs",
            "#line 10 \"page.txt\"\nint F() => missing;\n#line default\nint G() => gone + F();\n#line (3,10)-(3,14) 11 \"span.txt\"\nint H() => lost + G();",
        ),
        (
            "lib/throws.cs",
            "using System.Text;\n#line 20 \"../page.txt\"\nvoid Fail() { throw new InvalidOperationException(\"no\"); }\n#line default\nvoid Call() { Fail(); }",
        ),
        // Types alone stay in their own source.
        (
            "lib/types.cs",
            "#line 30 \"page.txt\"\nstatic class Loaded { public static void Fail() => throw new Exception(); }",
        ),
    ]);
    let found = host
        .check(&main("#load \"lib/tools.cs\"\nConsole.Write(own + H());"))
        .unwrap();
    assert_eq!(
        found.to_string(),
        "dir/lib/page.txt(10,12): error CS0103: The name 'missing' does not exist in the current context\n\
         dir/lib/tools.cs(4,12): error CS0103: The name 'gone' does not exist in the current context\n\
         dir/lib/span.txt(3,10): error CS0103: The name 'lost' does not exist in the current context\n\
         dir/main.cs(2,15): error CS0103: The name 'own' does not exist in the current context"
    );
    let places: Vec<_> = found
        .iter()
        .map(|told| (told.file.as_deref().unwrap(), told.range.start.line))
        .collect();
    let expected = [
        ("dir/lib/tools.cs", 1),
        ("dir/lib/tools.cs", 3),
        ("dir/lib/tools.cs", 5),
        ("dir/main.cs", 1),
    ];
    assert_eq!(places, expected);
    let thrown = |text: &str| {
        let ran = host.run(&main(text), &[], |builder| builder).unwrap();
        ran.result.unwrap_err().to_string()
    };
    let trace = thrown("#load \"lib/throws.cs\"\n#line 50\nCall();");
    for place in [
        "dir/page.txt:line 20",
        "dir/lib/throws.cs:line 5",
        "dir/main.cs:line 50",
    ] {
        assert!(trace.contains(place), "{trace}");
    }
    let trace = thrown("#load \"lib/throws.cs\"\n#load \"lib/types.cs\"\n\nLoaded.Fail();");
    for place in ["dir/lib/page.txt:line 30", "dir/main.cs:line 4"] {
        assert!(trace.contains(place), "{trace}");
    }
}

#[test]
fn names_of_loaded_sources_are_completed() {
    let (_folder, host) = folder(&[
        ("types.cs", "public class Unusual { public int Rare; }"),
        ("tools.cs", "int Twice(int n) => 2 * n;"),
    ]);
    let text = "#load \"types.cs\"\n#load \"tools.cs\"\nnew Unusual().Ra";
    let found = host
        .compiler()
        .unwrap()
        .complete(&main(text), 0, text.len())
        .unwrap();
    assert_eq!(found[0].text, "Rare");
    let at = |character| Position { line: 2, character };
    assert_eq!(found[0].replaces.start, at(14));
}

#[track_caller]
fn shown(session: &mut Session, text: &str) -> Option<String> {
    let submission = session
        .execute(text)
        .unwrap_or_else(|error| panic!("{text}: {error}"));
    submission.result.unwrap();
    submission.value_text
}

#[test]
fn submissions_load_what_they_name() {
    let (folder, host) = folder(&[
        (
            "tools.csx",
            "#load \"lib/more.csx\"\nusing System.Text;\nint Twice(int n) => 2 * n + more;",
        ),
        ("lib/more.csx", "#load \"../tools.csx\"\nvar more = 1;"),
        ("wrong.csx", "\nint x = wrong;"),
        ("throws.csx", "\nthrow new Exception(\"no\");"),
    ]);
    let mut session = host.session(|builder| builder).unwrap();
    assert_eq!(
        shown(
            &mut session,
            "// first\n#load \"tools.csx\"\nTwice(4) + more"
        )
        .as_deref(),
        Some("10")
    );
    // Declared once, it is there.
    assert_eq!(shown(&mut session, "Twice(1)").as_deref(), Some("3"));
    let text = "#load \"tools.csx\"\nTwi";
    let found = session.complete(text, text.len()).unwrap();
    assert!(found.iter().any(|found| found.text == "Twice"));
    let told = errors(session.execute("#load \"wrong.csx\"\nint y = 1;"));
    assert_eq!(
        told.to_string(),
        "wrong.csx(2,9): error CS0103: The name 'wrong' does not exist in the current context"
    );
    let told = errors(session.execute("#load \"wrong.csx\"\nint y = own;"));
    assert_eq!(told.iter().count(), 2, "{told}");
    let thrown = session.execute("#load \"throws.csx\"").unwrap();
    let trace = thrown.result.unwrap_err().to_string();
    assert!(trace.contains("throws.csx:line 2"), "{trace}");
    // Alone it is a submission, too.
    assert_eq!(shown(&mut session, "#load \"lib/more.csx\"\n"), None);
    assert_eq!(shown(&mut session, "more").as_deref(), Some("1"));
    // A compiler that takes the session up does so with what was loaded then.
    write(folder.path(), "tools.csx", "int Twice(int n) => 100;");
    let _ = errors(session.execute("wrong;"));
    assert!(matches!(
        session.check(&format!(
            "var a = {}1{};",
            "(".repeat(100_000),
            ")".repeat(100_000)
        )),
        Ok(_) | Err(_)
    ));
    assert_eq!(shown(&mut session, "Twice(1)").as_deref(), Some("3"));
    assert_eq!(
        shown(&mut session, "#load \"tools.csx\"\nTwice(1)").as_deref(),
        Some("100")
    );
    let late = errors(session.execute("int z = 1;\n#load \"tools.csx\""));
    assert!(late.to_string().contains("CS8098"), "{late}");
}

#[test]
fn libraries_are_named_or_not() {
    let library = scripts()
        .with_options(Options::default().kind(Kind::Library))
        .compile(&[Source::new(
            "shop.cs",
            "public static class Shop { public static int Price => 7; }",
        )])
        .unwrap();
    let name = isolator_name(library.assembly());
    let host = builder()
        .library(AssemblyImage::new(library.assembly().clone()))
        .build()
        .unwrap();
    for line in [
        String::new(),
        format!("#r \"{name}\"\n"),
        format!("#r \"../bin/{name}.dll\" // there\n"),
        "#r \"System.Collections.dll\"\n".into(),
    ] {
        prints(&host, &format!("{line}Console.Write(Shop.Price);"), "7");
        let value: i32 = host
            .eval(&format!("{line}Shop.Price"), &Globals::new())
            .unwrap();
        assert_eq!(value, 7);
        let mut session = host.session(|builder| builder).unwrap();
        assert_eq!(
            shown(&mut session, &format!("{line}Shop.Price")).as_deref(),
            Some("7")
        );
    }
    let refused = host.compile(&main("#r \"Other.dll\"\n")).unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!(
            "dir/main.cs(1,1): error: `#r \"Other.dll\"`: scripts may not refer to a library `Other`, but to `{name}`. One is given with `ScriptHostBuilder::library`"
        )
    );
    // Of the image's own, what no script may have.
    for name in [
        "Isolator.Runtime",
        "Isolator.Scripting",
        "Microsoft.CodeAnalysis",
    ] {
        let refused = host.compile(&main(&format!("#r \"{name}\"\n")));
        assert!(matches!(refused, Err(Error::Directive { .. })), "{name}");
    }
}

fn isolator_name(assembly: &[u8]) -> String {
    isolator_compile::name(assembly).unwrap()
}
