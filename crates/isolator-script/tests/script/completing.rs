//! Completion.

use crate::{scripts, source};
use isolator_script::{Completion, Position, Range, Source};

/// What can stand at the bar.
fn at(text: &str) -> Vec<Completion> {
    let position = text.find('|').unwrap();
    let text = text.replacen('|', "", 1);
    let mut compiler = scripts().compiler().unwrap();
    compiler.complete(&source(&text), 0, position).unwrap()
}

fn names(text: &str) -> Vec<String> {
    at(text)
        .into_iter()
        .map(|completion| completion.text)
        .collect()
}

#[track_caller]
fn offers(text: &str, expected: &[&str], not: &[&str]) {
    let names = names(text);
    for name in expected {
        assert!(
            names.iter().any(|found| found == name),
            "{text}: {name} is not among {names:?}"
        );
    }
    for name in not {
        assert!(
            !names.iter().any(|found| found == name),
            "{text}: {name} is among {names:?}"
        );
    }
}

#[test]
fn members_of_what_stands_before_a_point() {
    offers(
        "Console.Wr|",
        &["Write", "WriteLine"],
        &["ReadLine", "Equals"],
    );
    offers(
        "var x = 5;\nx.|",
        &["ToString", "CompareTo"],
        &["MaxValue", "Parse"],
    );
    offers("int.|", &["MaxValue", "Parse"], &["CompareTo"]);
    offers(
        "var list = new List<string>();\nlist[0].|",
        &["Length", "Trim", "Select"],
        &["Add"],
    );
    offers("var list = new List<string>();\nlist.Wh|", &["Where"], &[]);
    offers("string? s = null;\ns?.Le|", &["Length"], &[]);
    offers("int? n = null;\nn?.Comp|", &["CompareTo"], &[]);
    offers("System.Te|", &["Text"], &["Console"]);
    offers("global::Sys|", &["System"], &[]);
    offers(
        "var numbers = new int[3];\nnumbers.|\nfoo",
        &["Length"],
        &[],
    );
    offers("DayOfWeek.|", &["Monday"], &["GetHashCode"]);
    offers(
        "foreach (var n in new[] { \"a\" }) n.Sub|",
        &["Substring"],
        &[],
    );
    offers("new[] { 1 }.Select(n => n.Comp|", &["CompareTo"], &[]);
    offers(
        "Console.WriteLine($\"{DateTime.Now.Ye|}\");",
        &["Year"],
        &[],
    );
    offers(
        "class A { public int X; private int Y; protected int Z; static void F(A a) { a.| } }",
        &["X", "Y", "Z"],
        &[],
    );
    offers(
        "class A { public int X; private int Y; } class B { static void F(A a) { a.| } }",
        &["X"],
        &["Y"],
    );
    offers("wrong.|", &[], &["ToString"]);
}

#[test]
fn names_that_are_in_scope() {
    offers("int index = 0; ind|", &["index"], &[]);
    offers("void F(string parameter) { par| }", &["parameter"], &[]);
    offers("Con|", &["Console", "Convert"], &["Write"]);
    offers("var x = ne|", &["new"], &["namespace"]);
    offers("nam|", &["namespace"], &[]);
    offers("var d = new Dict|", &["Dictionary"], &[]);
    offers("using System.Te|", &["Text"], &[]);
    offers(
        "var p = new Point { |\n}; class Point { public int X { get; set; } public int Y { get; } public readonly int Z; }",
        &["X"],
        &["Y", "Z", "ToString"],
    );
    offers("int @class = 1; @cl|", &["@class"], &[]);
}

#[test]
fn nothing_in_texts_comments_and_numbers() {
    for text in [
        "// Con|",
        "/* Con| */ int x;",
        "var s = \"Con|\";",
        "var s = \"Con|",
        "var s = $\"Con|\";",
        "var c = 'C|",
        "var n = 12|",
        "#if DEB|",
        "var s = \"\"\"\nCon|\n\"\"\";",
    ] {
        assert_eq!(names(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn what_is_offered_says_what_it_is_and_what_it_replaces() {
    let found = at("var text = \"ä😀\"; // ä\ntext.Tri|;");
    let trim = found
        .iter()
        .find(|completion| completion.text == "Trim")
        .unwrap();
    assert_eq!(&*trim.kind, "method");
    let detail = trim.detail.as_deref().unwrap();
    // The number depends on the base library.
    assert!(detail.starts_with("string Trim() (+ "), "{detail}");
    let at_column = |character| Position { line: 1, character };
    assert_eq!(
        trim.replaces,
        Range {
            start: at_column(5),
            end: at_column(8)
        }
    );
    // What begins as it is written comes first, and what is nearest.
    let found = at("int consoleCount = 1; con|");
    assert_eq!(
        (&*found[0].text, &*found[0].kind, found[0].detail.as_deref()),
        ("consoleCount", "variable", Some("int consoleCount"))
    );
    assert!(at("|").len() <= 200);
}

#[test]
fn places_that_are_none_are_no_harm() {
    let mut compiler = scripts().compiler().unwrap();
    let sources = [
        Source::new("a.cs", "class A { public static int Value; }"),
        Source::new("b.cs", "A.V"),
    ];
    let found = compiler.complete(&sources, 1, 3).unwrap();
    assert_eq!(found[0].text, "Value");
    assert_eq!(
        compiler.complete(&sources, 1, 1_000).unwrap()[0].text,
        "Value"
    );
    assert!(compiler.complete(&sources, 7, 0).unwrap().is_empty());
    let strange = [Source::new("a.cs", "😀\0\u{202e}x.")];
    for position in 0..9 {
        compiler.complete(&strange, 0, position).unwrap();
    }
}

#[test]
fn a_session_completes_what_submissions_declared() {
    let mut session = scripts().session(|builder| builder).unwrap();
    session.execute("var customers = new List<string>(); record Point(int X, int Y); var point = new Point(1, 2);").unwrap();
    let mut texts = |source: &str| -> Vec<String> {
        let found = session.complete(source, source.len()).unwrap();
        found
            .into_iter()
            .map(|completion| completion.text)
            .collect()
    };
    assert_eq!(texts("cust"), ["customers"]);
    assert_eq!(texts("point.X"), ["X"]);
    assert!(texts("new Poi").contains(&"Point".to_owned()));
    assert!(texts("Subm").is_empty());
    // It is asked between two submissions, and changes nothing.
    session
        .execute("customers.Add(\"a\");")
        .unwrap()
        .result
        .unwrap();
    let found = session.complete("customers.Cou", 13).unwrap();
    assert_eq!((&*found[0].text, &*found[0].kind), ("Count", "property"));
    assert_eq!(
        session
            .execute("customers.Count")
            .unwrap()
            .value_text
            .as_deref(),
        Some("1")
    );
}

#[test]
fn types_that_no_using_brings_come_with_it() {
    let found = |text: &str, name: &str| {
        let of_name = at(text).into_iter().filter(|found| found.text == name);
        of_name
            .map(|found| found.using.unwrap_or_default())
            .collect::<Vec<String>>()
    };
    assert_eq!(found("var w = Stopw|", "Stopwatch"), ["System.Diagnostics"]);
    assert_eq!(
        found("var w = new stringB|", "StringBuilder"),
        ["System.Text"]
    );
    assert_eq!(
        found("using System.Diagnostics;\nStopw|", "Stopwatch"),
        [""]
    );
    // Of one that is used, another of the same name is not offered.
    assert_eq!(found("Timer|", "Timer"), [""]);
    // Not where only members can stand, or when hardly anything is there.
    for text in [
        "Console.Stopw|",
        "St|",
        "\"Stopw|",
        "// Stopw|",
        "using Stopw|",
    ] {
        assert_eq!(found(text, "Stopwatch"), [""; 0], "{text}");
    }
    // What has no instance is nothing to make, and what is not public is not there.
    assert_eq!(found("new Marsha|", "Marshal"), [""; 0]);
    assert_eq!(
        found("Marsha|", "Marshal"),
        ["System.Runtime.InteropServices"]
    );
    let all = at("Con|");
    let first_foreign = all.iter().position(|found| found.using.is_some());
    let last_known = all.iter().rposition(|found| found.using.is_none());
    assert!(first_foreign > last_known, "{all:?}");
    assert!(all.iter().any(|found| found.text == "ConcurrentDictionary"));
    let one = at("Stopw|").remove(0);
    assert_eq!(one.qualified(), "System.Diagnostics.Stopwatch");
    assert_eq!(one.detail.as_deref(), Some("System.Diagnostics.Stopwatch"));

    let mut session = scripts().session(|builder| builder).unwrap();
    let mut foreign = |text: &str| {
        let found = session.complete(text, text.len()).unwrap();
        found.into_iter().find_map(|found| found.using)
    };
    assert_eq!(foreign("Stopw").as_deref(), Some("System.Diagnostics"));
    session.execute("int x = 1;").unwrap();
    session.execute("int y = x;").unwrap();
    let found = session.complete("Stopw", 5).unwrap();
    assert_eq!(found[0].qualified(), "System.Diagnostics.Stopwatch");
    session.execute("using System.Diagnostics;").unwrap();
    let found = session.complete("Stopw", 5).unwrap();
    assert_eq!((&*found[0].text, &found[0].using), ("Stopwatch", &None));
}
