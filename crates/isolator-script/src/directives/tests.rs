//! What is asked for, what the compiler sees of it, and what is refused.

use super::*;
use crate::loading::Loadable;

fn asked_of(text: &str, offered: &Offered, form: Form) -> Result<Asked, String> {
    apply(
        &Options::default(),
        &[Source::new("a.cs", text)],
        offered,
        form,
    )
    .map_err(|error| error.to_string())
}

fn applied(text: &str) -> Result<Options, String> {
    asked_of(text, &Offered::default(), Form::Program).map(|asked| asked.options)
}

/// Lines, names and versions of the packages that are asked for.
fn packages(asked: &Asked) -> Vec<(usize, &str, Option<&str>)> {
    let packages = asked.packages.iter();
    packages
        .map(|asked| (asked.line, &*asked.name, asked.version.as_deref()))
        .collect()
}

#[test]
fn properties_are_options() {
    let text = "#!/usr/bin/env isolator run\n// first\n/* a\n#:property Nullable=enable */\n#:property Nullable=disable\n#:sdk Microsoft.NET.Sdk\n\
                #:property allowunsafeblocks = TRUE\n#:property LangVersion=13\nConsole.WriteLine();\n#:package Late@1\n";
    let options = Options::default()
        .nullable(false)
        .allow_unsafe(true)
        .language_version("13");
    assert_eq!(applied(text), Ok(options));
    assert_eq!(applied("int x = 1;"), Ok(Options::default()));
}

#[test]
fn what_changes_nothing_is_taken_and_what_is_not_known_is_a_warning() {
    let text = "#:property PublishAot=false\n#:property TargetFramework=net10.0\n#:property OutputType=Exe\n\
                #:property RootNamespace=Shop\n#:property UserSecretsId=1\n#:property Version = 1.2.3\n";
    let asked = asked_of(text, &Offered::default(), Form::Program).unwrap();
    assert_eq!(asked.judge(Diagnostics::default()), Diagnostics::default());
    assert_eq!(asked.options, Options::default());
    assert_eq!(asked.said, Said::default());
    assert_eq!(
        applied("#:property TargetFramework=netstandard2.0"),
        Ok(Options::default())
    );
    let asked = asked_of(
        "\n#:property Colour=red",
        &Offered::default(),
        Form::Program,
    )
    .unwrap();
    assert_eq!(
        asked.judge(Diagnostics::default()).to_string(),
        "a.cs(2,1): warning ISOLATOR1: the property `Colour` has no effect here. Those that have one are Nullable, AllowUnsafeBlocks, LangVersion, ImplicitUsings, Optimize, CheckForOverflowUnderflow, DefineConstants, TreatWarningsAsErrors, WarningsAsErrors, \
         WarningsNotAsErrors and NoWarn"
    );
    for (text, expected) in [
        ("TargetFramework=net11.0", "it is `net10.0` or an older one"),
        ("TargetFramework=net48", "it is `net10.0` or an older one"),
        (
            "TargetFramework=net10.0-windows",
            "it is `net10.0` or an older one",
        ),
        ("OutputType=Library", "it is `Exe`: a script is a program"),
        (
            "CheckForOverflowUnderflow=perhaps",
            "it is `true` or `false`",
        ),
        (
            "DefineConstants=A;B-C",
            "it is names with `;` between them, such as `TRACE;MINE`",
        ),
        ("DefineConstants=A=1", "it is names with `;` between them"),
        ("DefineConstants=true", "it is names with `;` between them"),
    ] {
        let message = applied(&format!("#:property {text}")).unwrap_err();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn warnings_are_taken_as_the_source_says() {
    let told = |id: &str, severity| Diagnostic {
        id: id.into(),
        severity,
        file: None,
        range: Range::default(),
        message: "m".into(),
        mapped: None,
    };
    let judged = |text: &str| {
        let asked = asked_of(text, &Offered::default(), Form::Program).unwrap();
        let diagnostics = Diagnostics {
            list: vec![
                told("CS0168", Severity::Warning),
                told("CS8600", Severity::Warning),
            ],
            more: 0,
        };
        asked.judge(diagnostics).to_string()
    };
    assert_eq!(judged(""), "warning CS0168: m\nwarning CS8600: m");
    assert_eq!(
        judged("#:property NoWarn=$(NoWarn);168"),
        "warning CS8600: m"
    );
    assert_eq!(
        judged("#:property TreatWarningsAsErrors=true\n#:property NoWarn=cs8600"),
        "error CS0168: m"
    );
    assert_eq!(
        judged("#:property WarningsAsErrors=$(WarningsAsErrors);CS0168"),
        "error CS0168: m\nwarning CS8600: m"
    );
    assert_eq!(
        judged("#:property WarningsAsErrors=Nullable"),
        "warning CS0168: m\nerror CS8600: m"
    );
    assert_eq!(judged("#:property NoWarn=nullable"), "warning CS0168: m");
    assert_eq!(
        judged("#:property TreatWarningsAsErrors=true\n#:property WarningsNotAsErrors=168"),
        "warning CS0168: m\nerror CS8600: m"
    );
    // What this program has no use for is not wrong.
    let vain = judged(
        "#:property TreatWarningsAsErrors=true\n#:property Colour=red\n#:property NoWarn=168;8600",
    );
    assert!(vain.starts_with("a.cs(2,1): warning ISOLATOR1: "), "{vain}");
}

#[test]
fn what_no_option_says_is_said() {
    let said = |text: &str| {
        let asked = asked_of(text, &Offered::default(), Form::Program);
        asked.unwrap().said
    };
    let text = "#:property Nullable=Warnings\n#:property CheckForOverflowUnderflow=true\n#:property DefineConstants=$(DefineConstants);A, B_1;_Ä\n\
                #:property NoWarn=1;cs0168;XYZ01\n";
    let expected = Said {
        nullable: Some("warnings"),
        check_overflow: true,
        preprocessor_symbols: vec!["A".into(), "B_1".into(), "_Ä".into()],
        no_warn: vec!["CS0001".into(), "CS0168".into(), "XYZ01".into()],
        ..Said::default()
    };
    assert_eq!(said(text), expected);
    let annotations = said("#:property Nullable=annotations");
    assert_eq!(annotations.nullable, Some("annotations"));
    assert_eq!(said("#:property Nullable=disable"), Said::default());
}

#[test]
fn what_is_said_twice_is_refused_as_the_sdk_does() {
    for (text, expected) in [
        (
            "#:package A@1\n\n#:package a",
            "a.cs(3,1): error: `#:package a`: line 1 is about the same. Leave one of them out",
        ),
        (
            "#:property Nullable=enable\n#:property nullable = disable",
            "a.cs(2,1): error: `#:property nullable = disable`: line 1 is about the same. Leave one of them out",
        ),
        (
            "#:sdk Microsoft.NET.Sdk\n#:sdk Microsoft.NET.Sdk@10",
            "a.cs(2,1): error: `#:sdk Microsoft.NET.Sdk@10`: line 1 is about the same. Leave one of them out",
        ),
    ] {
        assert_eq!(applied(text), Err(expected.into()));
    }
    let different =
        "#:package A@1\n#:package B@1\n#:property Nullable=enable\n#:property Optimize=true";
    assert_eq!(applied(different), Ok(Options::default()));
    // Scripts, of which one loads another, may well say both.
    let text = "#r \"nuget: A\"\n#r \"nuget: A\"\n";
    let asked = asked_of(text, &Offered::default(), Form::Program).unwrap();
    assert_eq!(packages(&asked), [(1, "A", None), (2, "A", None)]);
}

#[test]
fn lines_end_where_code_begins_and_not_where_a_comment_does() {
    let asked = |text: &str| -> Vec<usize> {
        let asked = asked_of(text, &Offered::default(), Form::Program).unwrap();
        asked.packages.into_iter().map(|asked| asked.line).collect()
    };
    let none: Vec<usize> = Vec::new();
    for (text, lines) in [
        ("/* a */\n#:package A", vec![2]),
        (
            "/* a */ // b\n/* c */ /* d\n#:package B\n*/\n#:package A",
            vec![5],
        ),
        ("/*/\n#:package B\n*/ /**/\n#:package A", vec![4]),
        ("/* a */ int x;\n#:package A", none.clone()),
        ("/* a\n*/ int x;\n#:package A", none.clone()),
        ("/* a */ /* b */ int x; /*\n#:package A", none.clone()),
        ("/* a */ #:package A\n#:package B", none),
    ] {
        assert_eq!(asked(text), lines, "{text}");
    }
}

#[test]
fn packages_are_asked_for_by_name_and_version() {
    let text = "#:package Newtonsoft.Json@13.0.3\n\n#:package  Humanizer \n#:package A @ *\nint x;";
    let asked = asked_of(text, &Offered::default(), Form::Program).unwrap();
    assert_eq!(
        packages(&asked),
        [
            (1, "Newtonsoft.Json", Some("13.0.3")),
            (3, "Humanizer", None),
            (4, "A", Some("*"))
        ]
    );
}

#[test]
fn what_there_is_not_is_named_with_its_line() {
    for (text, expected) in [
        (
            "\n#:package Newtonsoft.Json@\n",
            "a.cs(2,1): error: `#:package Newtonsoft.Json@` has no name, or no version behind `@`: write `#:package NAME@VERSION`",
        ),
        (
            "#:packages x",
            "a.cs(1,1): error: `#:packages` is not known. There are `#:package NAME@VERSION`, and `#:property NAME=VALUE` with Nullable, AllowUnsafeBlocks, LangVersion, ImplicitUsings, Optimize, CheckForOverflowUnderflow, DefineConstants, TreatWarningsAsErrors, WarningsAsErrors, \
             WarningsNotAsErrors and NoWarn",
        ),
        (
            "#:property Nullable=perhaps",
            "a.cs(1,1): error: `#:property Nullable=perhaps`: it is `enable`, `disable`, `warnings` or `annotations`",
        ),
        (
            "#:property Nullable",
            "a.cs(1,1): error: `#:property Nullable` has no `=` between the property's name and its value",
        ),
        (
            "#:sdk Microsoft.NET.Sdk.Web",
            "a.cs(1,1): error: `#:sdk Microsoft.NET.Sdk.Web`: a script has Microsoft.NET.Sdk, and no other one",
        ),
    ] {
        assert_eq!(applied(text), Err(expected.into()), "{text}");
    }
    let second = [
        Source::new("a.cs", "int x;"),
        Source::new("b.cs", "#:property Nullable=enable"),
    ];
    let message = apply(
        &Options::default(),
        &second,
        &Offered::default(),
        Form::Program,
    )
    .unwrap_err()
    .to_string();
    assert_eq!(
        message,
        "b.cs(1,1): error: `#:property Nullable=enable` stands in a source that is not the first one. Put it there, `a.cs`"
    );
}

#[test]
fn what_scripts_know_of_packages_is_the_same() {
    let text = "#r \"nuget: Newtonsoft.Json, 13.0.3\"\n#r\"NuGet:Humanizer\" // later\n# r \"nuget:A,*\"\nint x;\n#r \"nuget: Late\"";
    let asked = asked_of(text, &Offered::default(), Form::Program).unwrap();
    assert_eq!(
        packages(&asked),
        [
            (1, "Newtonsoft.Json", Some("13.0.3")),
            (2, "Humanizer", None),
            (3, "A", Some("*"))
        ]
    );
    assert_eq!(asked.packages[1].asked, "#r \"NuGet:Humanizer\" // later");
    // The compiler sees comments, and each column where it was.
    assert_eq!(
        asked.sources[0].text,
        "// \"nuget: Newtonsoft.Json, 13.0.3\"\n//\"NuGet:Humanizer\" // later\n//r \"nuget:A,*\"\nint x;\n#r \"nuget: Late\""
    );
}

#[test]
fn libraries_are_those_that_the_host_has() {
    let offered = Offered {
        libraries: vec!["Shop".into()],
        ..Offered::default()
    };
    for name in [
        "Shop",
        "shop.dll",
        "../bin/Shop.DLL",
        "lib\\Shop.exe",
        "Shop, Version=1.0.0.0, Culture=neutral",
    ] {
        let text = format!("#r \"{name}\"\n");
        assert!(
            asked_of(&text, &offered, Form::Submission).is_ok(),
            "{name}"
        );
    }
    assert_eq!(
        asked_of("\n#r \"lib/Other.dll\"", &offered, Form::Program).unwrap_err(),
        "a.cs(2,1): error: `#r \"lib/Other.dll\"`: scripts may not refer to a library `Other`, but to `Shop`. One is given with `ScriptHostBuilder::library`"
    );
    assert_eq!(
        asked_of("#r \"Other\"", &Offered::default(), Form::Program).unwrap_err(),
        "a.cs(1,1): error: `#r \"Other\"`: scripts may not refer to a library `Other`. One is given with `ScriptHostBuilder::library`"
    );
}

#[test]
fn lines_are_csharps() {
    for end in ["\n", "\r\n", "\r", "\u{85}", "\u{2028}"] {
        let text = format!("#!{end}// a{end}\t #r \"nuget: A\"{end}int x;{end}#r \"x\"");
        let asked = asked_of(&text, &Offered::default(), Form::Program).unwrap();
        assert_eq!(asked.packages[0].line, 3, "{end:?}");
    }
    let text = "\u{feff}#r \"nuget: A\"";
    let asked = asked_of(text, &Offered::default(), Form::Program).unwrap();
    assert_eq!(asked.sources[0].text, "\u{feff}// \"nuget: A\"");
}

#[test]
fn what_is_no_directive_of_these_is_let_alone() {
    let text = "#region r\n#nullable enable\n#regular \"x\"\n#loader \"y\"\n#endregion\n/* #r \"x\"\n#load \"y\" */\nint x;";
    let asked = asked_of(text, &Offered::default(), Form::Program).unwrap();
    assert_eq!(asked.sources[0].text, text);
    assert!(asked.packages.is_empty() && asked.loaded.is_empty());
}

fn folder() -> (tempfile::TempDir, Offered) {
    let folder = tempfile::tempdir().unwrap();
    let offered = Offered {
        loadable: Loadable::new(Some(folder.path().into())),
        ..Offered::default()
    };
    (folder, offered)
}

#[test]
fn sources_are_loaded_each_once_after_what_they_load() {
    let (folder, offered) = folder();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "lib/one.cs",
        "\u{feff}#load \"two.cs\"\n#load \"../lib/../three.csx\"\n#r \"nuget: A, 1.0\"\nint one;",
    );
    write("lib/two.cs", "#load \"one.cs\"\nint two;");
    write("three.csx", "#load \"lib/two.cs\"\nint three;");
    let text = "#!/usr/bin/env isolator\n#:property Nullable=disable\n#load \"lib/one.cs\"\n#load \"three.csx\"\nint x;";
    let source = [Source::new("scripts/a.cs", text)];
    let loaded = |form| apply(&Options::default(), &source, &offered, form).unwrap();
    let asked = loaded(Form::Program);
    let texts: Vec<(&str, &str)> = asked
        .loaded
        .iter()
        .map(|source| (&*source.name, &*source.text))
        .collect();
    assert_eq!(
        texts,
        [
            ("scripts/lib/two.cs", "//oad \"one.cs\"\nint two;"),
            ("scripts/three.csx", "//oad \"lib/two.cs\"\nint three;"),
            (
                "scripts/lib/one.cs",
                "//oad \"two.cs\"\n//oad \"../lib/../three.csx\"\n// \"nuget: A, 1.0\"\nint one;"
            ),
        ]
    );
    assert_eq!(
        asked.sources[0].text,
        "///usr/bin/env isolator\n//property Nullable=disable\n//oad \"lib/one.cs\"\n//oad \"three.csx\"\nint x;"
    );
    assert_eq!((asked.packages.len(), asked.options.nullable), (1, false));
    assert_eq!(asked.packages[0].file, "scripts/lib/one.cs");
    // Roslyn knows it in scripts, and is told where it leads.
    let asked = loaded(Form::Submission);
    assert_eq!(asked.sources[0].text, text);
    assert_eq!(asked.loaded[0].text, "#load \"one.cs\"\nint two;");
    let links: Vec<(&str, &str, &str)> = asked
        .links
        .iter()
        .map(|link| (&*link.from, &*link.path, &*link.name))
        .collect();
    assert!(links.contains(&("", "three.csx", "scripts/three.csx")));
    assert!(links.contains(&("scripts/lib/two.cs", "one.cs", "scripts/lib/one.cs")));
    assert_eq!(links.len(), 6);
}

#[test]
fn what_cannot_be_loaded_says_where_and_why() {
    let (folder, offered) = folder();
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("folder.cs")).unwrap();
    std::fs::write(path("text.cs"), b"ab\xff").unwrap();
    let large = std::fs::File::create(path("large.cs")).unwrap();
    large.set_len((16 << 20) + 1).unwrap();
    std::fs::write(path("half.cs"), "x".repeat(9 << 20)).unwrap();
    std::fs::write(path("other.cs"), "x".repeat(9 << 20)).unwrap();
    std::fs::write(path("project.cs"), "\n#:property Nullable=disable").unwrap();
    std::fs::write(path("deep.cs"), "//\n#load \"none.cs\"").unwrap();
    let message = |text: &str| asked_of(text, &offered, Form::Program).unwrap_err();
    for (text, expected) in [
        (
            "#load \"none.cs\"",
            "a.cs(1,1): error: `#load \"none.cs\"`: there is no such file",
        ),
        (
            "\n#load \"deep.cs\"",
            "deep.cs(2,1): error: `#load \"none.cs\"`: ",
        ),
        ("#load \"../a.cs\"", "it leads out of the folder"),
        ("#load \"folder.cs\"", "directory"),
        (
            "#load \"text.cs\"",
            "it is not UTF-8 text, from byte 2 on. Save it as UTF-8",
        ),
        (
            "#load \"large.cs\"",
            "it has 16777217 bytes, and 16777216 are the most here",
        ),
        (
            "#load \"half.cs\"\n#load \"other.cs\"",
            "a.cs(2,1): error: `#load \"other.cs\"`: with it, what is loaded has more than 16777216 bytes",
        ),
        (
            "#load \"project.cs\"",
            "project.cs(2,1): error: `#:property Nullable=disable` stands in a source that another one loads. Put it where the program begins",
        ),
        (
            "#load none.cs",
            "`#load none.cs` is not understood: write `#load \"FILE.cs\"`",
        ),
        ("#load \"none.cs\" x", "is not understood"),
        (
            "#r \"a",
            "is not understood: write `#r \"nuget: NAME, VERSION\"` or `#r \"NAME.dll\"`",
        ),
        (
            "#r \"nuget: , 1\"",
            "has no name, or no version behind the comma",
        ),
        (
            "#r \"nuget: A,\"",
            "has no name, or no version behind the comma",
        ),
        (
            "#if X\n#load \"none.cs\"\n#endif",
            "a.cs(2,1): error: `#load \"none.cs\"` stands behind `#if`",
        ),
        (
            "#if false\n#:package A\n#endif",
            "a.cs(2,1): error: `#:package A` stands behind `#if`, where it cannot be: what a source asks for depends on no symbol",
        ),
        (
            "#if DEBUG\n#:property Nullable=disable",
            "a.cs(2,1): error: `#:property Nullable=disable` stands behind `#if`",
        ),
    ] {
        let told = message(text);
        assert!(told.contains(expected), "{text}: {told}");
    }
    assert!(asked_of("#if X\n#endif\n#r \"nuget: A\"", &offered, Form::Program).is_ok());
    let told = asked_of("#load \"none.cs\"", &offered, Form::Expression).unwrap_err();
    assert!(told.contains("an expression loads nothing"), "{told}");
    let told = asked_of("#load \"none.cs\"", &Offered::default(), Form::Program).unwrap_err();
    assert_eq!(
        told,
        "a.cs(1,1): error: `#load \"none.cs\"`: there is no folder that sources may be loaded from. Name one, with `ScriptHostBuilder::load_folder`"
    );
}

#[test]
fn so_many_sources_and_no_more_are_loaded() {
    let (folder, offered) = folder();
    for number in 0..=200 {
        let text = format!("#load \"{}.cs\"", number + 1);
        std::fs::write(folder.path().join(format!("{number}.cs")), text).unwrap();
    }
    let told = asked_of("#load \"0.cs\"", &offered, Form::Program).unwrap_err();
    assert_eq!(
        told,
        "199.cs(1,1): error: `#load \"200.cs\"`: more than 200 sources would be loaded"
    );
    std::fs::write(folder.path().join("199.cs"), "").unwrap();
    let asked = asked_of("#load \"0.cs\"", &offered, Form::Program).unwrap();
    assert_eq!(asked.loaded.len(), 200);
}

#[cfg(unix)]
#[test]
fn no_link_and_no_pipe_is_loaded() {
    use std::os::unix::fs::symlink;
    let (folder, offered) = folder();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret.cs"), "int secret;").unwrap();
    let path = |name: &str| folder.path().join(name);
    symlink(outside.path().join("secret.cs"), path("link.cs")).unwrap();
    symlink(outside.path(), path("linked")).unwrap();
    symlink(".", path("here")).unwrap();
    symlink("loop.cs", path("loop.cs")).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(path("pipe.cs"))
        .status();
    assert!(made.unwrap().success());
    for (name, expected) in [
        ("link.cs", "is a link"),
        ("linked/secret.cs", "is a link"),
        ("here/link.cs", "is a link"),
        ("loop.cs", "is a link"),
        ("pipe.cs", "it is a pipe"),
    ] {
        let text = format!("#load \"{name}\"");
        let told = asked_of(&text, &offered, Form::Program).unwrap_err();
        assert!(told.contains(expected), "{name}: {told}");
        assert!(!told.contains("secret;"), "{told}");
    }
}

#[test]
fn lines_that_ask_are_bounded_in_number_and_length() {
    let lines = |count: usize| -> String {
        (0..count)
            .map(|number| format!("#:property P{number}=1\n"))
            .collect()
    };
    assert_eq!(
        asked_of(&lines(MOST), &Offered::default(), Form::Program)
            .unwrap()
            .warnings
            .len(),
        MOST
    );
    let refused = applied(&lines(MOST + 1)).unwrap_err();
    assert!(refused.contains("501"), "{refused}");
    assert!(refused.contains("one line too many"), "{refused}");
    let long = format!("#:property NoWarn={}\n", "CS1;".repeat(LONGEST / 4));
    let refused = applied(&long).unwrap_err();
    assert!(refused.contains("may have 4096"), "{refused}");
}
