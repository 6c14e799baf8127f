//! Sources that are made to harm: each has its typed outcome, and the host works on.

use crate::compiled::has_compiled_code;
use crate::{errors, scripts, source, with};
use isolator_host::{Error as HostError, LimitKind, Limits};
use isolator_script::{Diagnostics, Error, Globals, Options, ScriptHost};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// A host whose compiler may do little.
fn strict() -> &'static ScriptHost {
    static HOST: LazyLock<ScriptHost> = LazyLock::new(|| {
        limited(
            Limits::default()
                .memory(128 << 20)
                .call_timeout(Duration::from_secs(3)),
        )
    });
    &HOST
}

/// A host whose compiler has the memory that it has without a word, and little time: for what would take all of the half minute.
fn brief() -> &'static ScriptHost {
    static HOST: LazyLock<ScriptHost> = LazyLock::new(|| {
        limited(
            Limits::default()
                .memory(512 << 20)
                .call_timeout(Duration::from_secs(1)),
        )
    });
    &HOST
}

fn limited(limits: Limits) -> ScriptHost {
    ScriptHost::builder()
        .host(scripts().host())
        .compile_limits(limits)
        .build()
        .unwrap()
}

/// A word for what came of a compilation.
fn outcome<T>(compiled: Result<T, Error>) -> String {
    match compiled {
        Ok(_) => "compiled".into(),
        Err(Error::Compile(found)) => {
            let first = found
                .iter()
                .find(|found| found.severity == isolator_script::Severity::Error);
            first.unwrap().id.clone()
        }
        Err(Error::TooDeep { .. }) => "too deep".into(),
        Err(Error::CompileLimit { limit, .. }) => format!("{limit:?}"),
        Err(other) => panic!("{other:?}"),
    }
}

#[track_caller]
fn comes_to(name: &str, text: &str, expected: &[&str]) {
    let began = Instant::now();
    let found = outcome(strict().compile(&source(text)));
    println!("{name}: {found}, {:?}", began.elapsed());
    assert!(expected.contains(&&*found), "{name}: {found}");
    works();
}

/// What comes of a program with the limits that there are without a word.
#[track_caller]
fn program(name: &str, text: &str, expected: &str) {
    pinned(name, expected, || outcome(scripts().compile(&source(text))));
}

/// A program that is stopped by the limit of time.
#[track_caller]
fn endless(name: &str, text: &str) {
    pinned(name, "CallTimeout", || {
        outcome(brief().compile(&source(text)))
    });
}

/// As [`program`], of an expression, in which `n` is a number.
#[track_caller]
fn expression(name: &str, text: &str, expected: &str) {
    let globals = Globals::new().set("n", 1).unwrap();
    pinned(name, expected, || {
        outcome(scripts().compile_expression(text, &globals))
    });
}

/// As [`endless`], of an expression.
#[track_caller]
fn endless_expression(name: &str, text: &str) {
    let globals = Globals::new().set("n", 1).unwrap();
    pinned(name, "CallTimeout", || {
        outcome(brief().compile_expression(text, &globals))
    });
}

#[track_caller]
fn pinned(name: &str, expected: &str, compile: impl FnOnce() -> String) {
    let began = Instant::now();
    let found = compile();
    println!("{name}: {found}, {:?}", began.elapsed());
    // A compiler that is interpreted has less of a stack, and takes longer.
    let is_slow = !has_compiled_code() && ["too deep", "CallTimeout", "Memory"].contains(&&*found);
    assert!(
        found == expected || is_slow,
        "{name}: {found} instead of {expected}"
    );
    works();
}

#[track_caller]
fn works() {
    let compilation = strict()
        .compiler()
        .unwrap()
        .compile(&source("Console.Write(1);"));
    let ran = strict()
        .run_compiled(&compilation.unwrap(), &[], |builder| builder)
        .unwrap();
    assert_eq!((ran.result.unwrap(), &*ran.stdout), (0, &b"1"[..]));
}

/// How deep or long something is that no compiler has to bear.
const DEEP: usize = 20_000;

fn nested(open: &str, middle: &str, close: &str) -> String {
    nested_so(DEEP, open, middle, close)
}

fn nested_so(deep: usize, open: &str, middle: &str, close: &str) -> String {
    open.repeat(deep) + middle + &close.repeat(deep)
}

/// So many pieces, each with its number.
fn listed(many: usize, piece: impl Fn(usize) -> String) -> String {
    (0..many).map(piece).collect()
}

#[test]
fn deep_nesting() {
    // Brackets are counted before the compiler looks ahead over them.
    for (name, text) in [
        ("parentheses", format!("int x = {};", nested("(", "1", ")"))),
        ("blocks", nested("{", "", "}")),
        ("calls", format!("int x = {};", nested("F(", "1", ")"))),
        (
            "arrays",
            format!("var x = {};", nested("new[] { ", "1", " }")),
        ),
        ("types", nested("class A { ", "", " }")),
        (
            "strings",
            format!("var x = {};", nested("$\"{", "1", "}\"")),
        ),
    ] {
        program(name, &text, "too deep");
    }
    comes_to(
        "brackets in a text",
        &format!(
            "Console.Write(\"{}\"); // {}",
            "(".repeat(DEEP),
            "{".repeat(DEEP)
        ),
        &["compiled"],
    );
    comes_to(
        "blocks beside each other",
        &"{}".repeat(3_000),
        &["compiled"],
    );
    let generics = format!("{} x;", nested("List<", "int", ">"));
    program("generics", &generics, "compiled");
    let lambdas = format!("object x = {};", nested("() => ", "1", ""));
    endless("lambdas", &lambdas);
    let branches = format!("int n = 1; {} ;", "if (n == 1) ; else ".repeat(DEEP));
    endless("else", &branches);
    let tuples = format!("var x = {};", nested_so(1_900, "(1, ", "1", ")"));
    endless("tuples", &tuples);
    let anonymous = format!("var x = {};", nested_so(1_900, "new { A = ", "1", " }"));
    endless("anonymous types", &anonymous);
}

#[test]
fn deep_directives() {
    let after = "\n#endif\nConsole.Write(1);";
    let condition = |text: &str| format!("#if {text}{after}");
    program(
        "parentheses",
        &condition(&nested("(", "true", ")")),
        "compiled",
    );
    program("open ones", &condition(&"(".repeat(DEEP)), "CS1517");
    program("not", &condition(&nested("!", "true", "")), "compiled");
    program("or", &condition(&nested("a || ", "true", "")), "compiled");
    let directives = nested("#if true\n", "Console.Write(1);\n", "#endif\n");
    program("directives", &directives, "compiled");
    let regions = nested("#region a\n", "Console.Write(1);\n", "#endregion\n");
    program("regions", &regions, "compiled");
    expression(
        "in an expression",
        &format!("#if {}\n1", "(".repeat(DEEP)),
        "CS1733",
    );
}

#[test]
fn deep_operators() {
    let number = |text: &str| format!("int n = 1; int m = {text};");
    program("minus", &number(&nested("- ", "n", "")), "compiled");
    let not = format!("bool n = true; bool m = {};", nested("!", "n", ""));
    program("not", &not, "compiled");
    let patterns = |pattern: &str| {
        format!(
            "object n = 1; bool m = n is {};",
            nested(pattern, "null", "")
        )
    };
    program("is not", &patterns("not "), "compiled");
    endless("is or", &patterns("1 or "));
    let choices = |deep| number(&nested_so(deep, "n == 1 ? 1 : ", "0", ""));
    program("2,000 choices", &choices(2_000), "compiled");
    let choices = |deep| number(&nested_so(deep, "n == 1 ? ", "0", " : 1"));
    program("500 choices in choices", &choices(500), "compiled");
    endless("choices in choices", &choices(DEEP));
    let text = format!(
        "string? n = null; string m = {};",
        nested("n ?? ", "\"\"", "")
    );
    endless("??", &text);
    expression("minus", &nested_so(1_000, "- ", "n", ""), "compiled");
    expression("not", &nested_so(2_000, "!", "(n == 1)", ""), "compiled");
    expression(
        "is not",
        &format!("n is {}", nested("not ", "1", "")),
        "compiled",
    );
    endless_expression("is or", &format!("n is {}", nested("1 or ", "2", "")));
    expression("parentheses", &nested("(", "n", ")"), "too deep");
}

#[test]
fn interpolated_strings_in_each_other() {
    let strings = |deep, inner: &str| nested_so(deep, "$\"{", inner, "}\"");
    let written = |text: &str| format!("Console.Write({text});");
    // Each level takes the compiler twice as long as the one inside.
    program("12", &written(&strings(12, "1")), "compiled");
    for deep in [13, 15, 20, 30, 100, 101, 1_000] {
        let text = strings(deep, "1");
        program(&deep.to_string(), &written(&text), "too deep");
        expression(&deep.to_string(), &text, "too deep");
    }
    program("of strings", &written(&strings(30, "\"a\"")), "too deep");
    let raw = nested_so(13, "$\"\"\"{", "1", "}\"\"\"");
    program("raw", &written(&raw), "too deep");
    let verbatim = nested_so(13, "$@\"{(1, ", "1", ")}\"");
    program("verbatim", &written(&verbatim), "too deep");
    // Many that stand beside each other are not deep, and neither is what only looks so.
    let beside = format!("$\"{}\"", "{$\"{1}\"} ".repeat(150));
    program("beside", &written(&beside), "compiled");
    let dollars = format!("\"{}\" + {}", "$".repeat(200), strings(3, "1"));
    program("dollars", &written(&dollars), "compiled");
    match scripts().compile(&source(&written(&strings(13, "1")))) {
        Err(error @ Error::TooDeep { .. }) => assert_eq!(
            error.to_string(),
            "the sources cannot be compiled: interpolated strings nest more than 12 levels deep, each of which doubles the time. Break what nests deepest into parts"
        ),
        other => panic!("{other:?}"),
    }
    let mut session = scripts().session(|builder| builder).unwrap();
    let outcome = session.execute(&strings(13, "1"));
    assert!(matches!(outcome, Err(Error::TooDeep { .. })), "{outcome:?}");
    let submission = session.execute("$\"{$\"{1}\"}\"").unwrap();
    assert_eq!(submission.value_text.as_deref(), Some("\"1\""));
}

#[test]
fn queries_of_many_clauses() {
    let query = |clauses: &str| format!("from a in new[] {{ 1 }} {clauses}select a");
    let written = |clauses: &str| format!("var x = {};", query(clauses));
    let filters = |many| "where a > 0 ".repeat(many);
    program("200 filters", &written(&filters(200)), "compiled");
    endless("filters", &written(&filters(DEEP)));
    let lets = listed(DEEP, |number| format!("let a{number} = a "));
    endless("lets", &written(&lets));
    let sources = listed(2_000, |number| format!("from a{number} in new[] {{ 1 }} "));
    endless("sources", &written(&sources));
    endless_expression("filters", &query(&filters(DEEP)));
}

#[test]
fn huge_numbers() {
    const DIGITS: usize = 100_000;
    let number = |text: &str| format!("var n = {text};");
    let digits = "9".repeat(DIGITS);
    program("digits", &number(&digits), "CS1021");
    program("bits", &number(&format!("0x{digits}")), "CS1021");
    program(
        "zeros",
        &number(&format!("0x{}1", "0".repeat(DIGITS))),
        "compiled",
    );
    program("a fraction", &number(&format!("0.{digits}")), "compiled");
    program("a decimal", &number(&format!("{digits}m")), "CS0594");
    program("an exponent", &number(&format!("1e{digits}")), "CS0594");
    expression("digits", &digits, "CS1021");
}

#[test]
fn long_lists() {
    const MANY: usize = 100_000;
    let arms = listed(MANY, |number| format!("{number} => {number}, "));
    endless(
        "arms",
        &format!("int n = 1; int m = n switch {{ {arms}_ => 0 }};"),
    );
    let cases = listed(MANY, |number| format!("case {number}: break; "));
    endless("cases", &format!("int n = 1; switch (n) {{ {cases} }}"));
    let entries = listed(MANY, |number| format!("[{number}] = 1, "));
    endless(
        "entries",
        &format!("var a = new Dictionary<int, int> {{ {entries} }};"),
    );
    let elements = |many| format!("int[] a = {{ {} }};", "1, ".repeat(many));
    program("20,000 elements", &elements(20_000), "compiled");
    let elements = format!("List<object> a = [ {} ];", "1, ".repeat(MANY));
    endless("elements", &elements);
}

#[test]
fn endless_instances_are_stopped_as_they_run() {
    let text = "Console.Write(F<int>()); static int F<T>() => F<List<T>>() + 1;";
    let limits = Limits::default()
        .memory(256 << 20)
        .call_timeout(Duration::from_secs(1));
    let ran = scripts()
        .run(&source(text), &[], |builder| builder.limits(limits.clone()))
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
    assert_eq!(ran.stdout_utf8(), "");
    works();
}

#[test]
fn long_chains() {
    let sum = |many| format!("int n = 1; Console.Write({}n);", "n + ".repeat(many));
    program("2,000 summands", &sum(2_000), "compiled");
    endless("sum", &sum(DEEP));
    let text = format!("string s = {}\"\";", "\"a\" + ".repeat(DEEP));
    endless("text", &text);
    let calls = format!("object o = 1; o{};", ".ToString()".repeat(DEEP));
    endless("chain", &calls);
}

#[test]
fn giant_literals() {
    let literal = format!("string s = \"{}\";", "a".repeat(60 << 20));
    comes_to("60 MB", &literal, &["Memory", "CallTimeout"]);
    drop(literal);
    let giant = format!("string s = \"{}\";", "a".repeat(300 << 20));
    comes_to("300 MB", &giant, &["Value"]);
    drop(giant);
    let mut doubled = format!("const string a0 = \"{}\";\n", "x".repeat(1 << 10));
    for number in 1..=21 {
        doubled += &format!("const string a{number} = a{0} + a{0};\n", number - 1);
    }
    doubled += "Console.Write(a21.Length);";
    program("doubled", &doubled, "CS8095");
}

#[test]
fn endless_types() {
    program("bases", "class C<T> : C<C<C<T>>> { }", "CS0146");
    program(
        "interfaces",
        "interface I<T> { } class C<T> : I<C<C<C<T>>>> { void M() { I<C<T>> x = new C<T>(); } }",
        "CS0266",
    );
    program(
        "variance",
        "interface N<in Z> { } interface C<X> : N<N<C<C<X>>>> { } class T { void M(C<object> x) { N<C<object>> y = x; } }",
        "CS0266",
    );
    program("fields", "struct S<T> { S<S<S<T>>> s; }", "CS0523");
    let methods = "class P { static int F<T>(int n) => n == 0 ? 0 : F<List<T>>(n - 1) + F<T[]>(n - 1); static void Main() { Console.Write(F<int>(3)); } }";
    program("methods", methods, "compiled");
    // Each `.B` is a type with six times as many arguments as the one before.
    let nested = |more: &str| {
        format!(
            "class A<T1, T2, T3, T4, T5, T6> {{ class B : A<B, B, B, B, B, B> {{ B{more} x; }} }}"
        )
    };
    program("three nested ones", &nested(".B.B"), "compiled");
    endless("nine nested ones", &nested(&".B".repeat(8)));
}

#[test]
fn overloads_that_fit_in_many_ways() {
    let mut methods = String::new();
    for of in ["int", "string", "double", "object", "long", "decimal"] {
        methods += &format!(
            "static void F(Func<{of}, int> f) {{ }}\nstatic int F(Func<{of}, string> f) => 0;\n"
        );
    }
    let calls = |deep, inner: &str| {
        let open = listed(deep, |number| format!("F(x{number} => "));
        format!(
            "static void Main() {{ {open}{inner}{}; }}",
            ")".repeat(deep)
        )
    };
    let class = |methods: &str, main: String| format!("class P {{ {methods} {main} }}");
    program("two lambdas", &class(&methods, calls(2, "1")), "CS0121");
    endless("six lambdas", &class(&methods, calls(6, "1")));
    // Which of two each lambda is decides whether the innermost fits.
    let methods =
        "static int F(Func<int, int> f) => 0; static string F(Func<string, string> f) => \"\";";
    endless("fifteen lambdas", &class(methods, calls(15, "x0")));
}

#[test]
fn strange_characters() {
    comes_to("NUL", "int \0x = 1;", &["CS1056", "CS1001"]);
    comes_to(
        "NUL in text",
        "Console.Write(\"a\0b\".Length);",
        &["compiled"],
    );
    comes_to(
        "a half in text",
        "Console.Write(\"\\ud800\".Length);",
        &["compiled"],
    );
    comes_to(
        "a half as a name",
        "int \\ud800 = 1;",
        &["CS1056", "CS1009", "CS1001"],
    );
    comes_to(
        "a half in an attribute",
        "[Obsolete(\"\\udfff\")] class A { } class P { static void Main() { } }",
        &["compiled"],
    );
    comes_to("a half in an error", "#error \u{fffd}\n", &["CS1029"]);
    comes_to(
        "a half that is told",
        "[Obsolete(\"\\ud800\", true)] class A { } class P { static void Main() { new A(); } }",
        &["CS0619"],
    );
    let strange: String = (0..=0x2fff_u32).filter_map(char::from_u32).collect();
    comes_to(
        "all characters",
        &strange,
        &["CS1056", "CS1040", "CS1024", "CS1525"],
    );
    comes_to(
        "all characters in text",
        &format!("var s = @\"{}\";", strange.replace('"', "")),
        &["compiled"],
    );
    let ran = scripts()
        .run(
            &source("Console.Write((int)\"\\ud800\"[0]);"),
            &[],
            |builder| builder,
        )
        .unwrap();
    assert_eq!(ran.stdout_utf8(), "55296");
}

#[test]
fn many_diagnostics_are_counted_and_not_all_told() {
    let text = "wrong;\n".repeat(2_000);
    let found = scripts().check(&source(&text)).unwrap();
    // Two of each line: no such name, and no statement.
    assert_eq!((found.len(), found.more), (100, 3_900));
    assert_eq!(found[0].range.start.line, 0);
    let text = "string s = null;\n".repeat(300) + "wrong;\n";
    let few = with(Options::default().max_diagnostics(3));
    let found = few.check(&source(&text)).unwrap();
    // Errors come before warnings, where not all are told.
    assert_eq!(found.len(), 3, "{found}");
    let are_errors = found
        .iter()
        .all(|found| found.severity == isolator_script::Severity::Error);
    assert!(are_errors, "{found}");
    assert!(found.more >= 299, "{}", found.more);
    // To the last one, whoever asks.
    let wrong = |many| "#error a\n".repeat(many) + "class A { }";
    let found = scripts().check(&source(&wrong(50_000))).unwrap();
    assert_eq!((found.len(), found.more), (100, 49_900));
    assert!(found.iter().all(|found| found.id == "CS1029"), "{found}");
    let found = errors(scripts().compile(&source(&wrong(5_000))));
    assert_eq!((found.len(), found.more), (100, 4_900));
    let mut session = scripts().session(|builder| builder).unwrap();
    let found = errors(session.execute(&wrong(5_000)));
    assert_eq!((found.len(), found.more), (100, 4_900));
    endless("a million", &wrong(1_000_000));
}

#[test]
fn nuls_and_halves_of_characters_are_told_and_carried() {
    let ids = |found: &Diagnostics| -> Vec<String> {
        let mut ids: Vec<String> = found.iter().map(|found| found.id.clone()).collect();
        ids.sort();
        ids
    };
    let host = scripts();
    // As they are, and as C# escapes them; the end of a text, for the compiler, is U+FFFF.
    for name in ["\0x", "\u{ffff}x"] {
        let text = format!("int {name} = 1;");
        let found = host.check(&source(&text)).unwrap();
        assert_eq!(ids(&found), ["CS1001", "CS1056"], "{name:?}: {found}");
        let found = errors(host.compile(&source(&text)));
        assert_eq!(ids(&found), ["CS1001", "CS1056"], "{name:?}: {found}");
    }
    for text in ["a\0b", "a\u{ffff}b", "a\\ud800b", "a\\0b"] {
        let ran = host
            .run(
                &source(&format!("Console.Write(\"{text}\".Length); // {text}")),
                &[],
                |builder| builder,
            )
            .unwrap();
        assert_eq!((ran.result.unwrap(), &*ran.stdout), (0, &b"3"[..]));
    }

    // What a text of Rust cannot be comes as U+FFFD.
    let none = Globals::new();
    let value = |expression: &str| -> String { host.eval(expression, &none).unwrap() };
    assert_eq!(value("\"a\0b\""), "a\0b");
    assert_eq!(value("\"a\\0b\""), "a\0b");
    assert_eq!(value("\"\\ud800\""), "\u{fffd}");
    assert_eq!(value("$\"{\"\\udc00\"}\\ud800\""), "\u{fffd}\u{fffd}");
    let length: i32 = host.eval("\"\\ud800\0\".Length", &none).unwrap();
    assert_eq!(length, 2);
    let globals = Globals::new().set("text", "a\0b").unwrap();
    let length: i32 = host.eval("text.Length", &globals).unwrap();
    assert_eq!(length, 3);
    let found = errors(host.eval::<i32>("\\ud800", &none));
    assert_eq!(ids(&found), ["CS1056", "CS1073", "CS1525"], "{found}");
    match host.eval::<i32>("throw new Exception(\"\\ud800\\0\")", &none) {
        Err(Error::Host(error)) => {
            let exception = error.exception().unwrap();
            assert_eq!(exception.message, "\u{fffd}\0");
        }
        other => panic!("{other:?}"),
    }

    let mut session = host.session(|builder| builder).unwrap();
    let mut shown = |text: &str| {
        session
            .execute(text)
            .map(|submission| submission.value_text.unwrap_or_default())
    };
    assert_eq!(shown("var s = \"a\0b\"; s").unwrap(), "\"a\\0b\"");
    assert_eq!(shown("\"\\ud800\"").unwrap(), "\"\u{fffd}\"");
    assert_eq!(shown("\"\\ud800\".Length").unwrap(), "1");
    assert_eq!(ids(&errors(shown("\\ud800"))), ["CS1056"]);
    let found = errors(shown("int \0x = 1;"));
    assert_eq!(ids(&found), ["CS0103", "CS1056", "CS1519"], "{found}");
    assert_eq!(shown("s.Length").unwrap(), "3");
    let found = session.check("int \0x = 1;").unwrap();
    assert_eq!(ids(&found), ["CS0103", "CS1056", "CS1519"], "{found}");
}

#[test]
fn a_compilation_is_stopped_in_the_middle() {
    let long = source(&"{ int x = 1; Console.Write(x + \"text\"); }\n".repeat(200_000));
    let mut compiler = scripts().compiler().unwrap();
    let cancel = compiler.cancel_handle();
    let began = Instant::now();
    let stopper = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        cancel.cancel();
    });
    let outcome = compiler.compile(&long);
    stopper.join().unwrap();
    assert!(matches!(outcome, Err(Error::Cancelled)), "{outcome:?}");
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );

    let short = limited(
        Limits::default()
            .memory(1 << 30)
            .call_timeout(Duration::from_millis(400)),
    );
    match short.compile(&long) {
        Err(Error::CompileLimit {
            limit: LimitKind::CallTimeout,
            allowed,
            used,
        }) => {
            assert_eq!(allowed, 400_000_000);
            assert!(used >= allowed);
        }
        other => panic!("{other:?}"),
    }
    let message = short.compile(&long).unwrap_err().to_string();
    assert!(
        message.starts_with("the compiler was stopped by a limit ("),
        "{message}"
    );
    assert!(
        message.contains("`ScriptHostBuilder::compile_limits`"),
        "{message}"
    );
}

#[test]
fn a_compiler_that_was_ended_says_so_and_why() {
    let long = source(&"{ int x = 1; Console.Write(x + \"text\"); }\n".repeat(200_000));
    let short = limited(
        Limits::default()
            .memory(1 << 30)
            .call_timeout(Duration::from_millis(200)),
    );
    let mut compiler = short.compiler().unwrap();
    let first = compiler.compile(&long).unwrap_err();
    assert!(matches!(first, Error::CompileLimit { .. }), "{first:?}");
    let small = source("int x = 1;");
    let expected = format!(
        "the compiler was ended by an earlier call: {first}. Take another one, with `ScriptHost::compiler`"
    );
    let answers = [
        compiler.compile(&small).map(drop),
        compiler.check(&small).map(drop),
        compiler.complete(&small, 0, 0).map(drop),
        compiler.compile_expression("1", &Globals::new()).map(drop),
    ];
    for answer in answers {
        let error = answer.unwrap_err();
        assert!(matches!(error, Error::CompilerEnded { .. }), "{error:?}");
        assert_eq!(error.to_string(), expected);
    }

    let mut compiler = scripts().compiler().unwrap();
    compiler.cancel_handle().cancel();
    let first = compiler.check(&small).unwrap_err();
    assert!(matches!(first, Error::Cancelled), "{first:?}");
    let second = compiler.check(&small).unwrap_err().to_string();
    assert!(second.contains("the compiler was cancelled."), "{second}");
}

#[test]
fn what_ends_the_compiler_in_its_first_milliseconds_is_told() {
    let long = source(&"{ int x = 1; Console.Write(x + \"text\"); }\n".repeat(20_000));
    for milliseconds in [1, 2, 3, 5, 8, 13] {
        let time = Duration::from_millis(milliseconds);
        let short = limited(Limits::default().memory(1 << 30).call_timeout(time));
        match short.compile(&long) {
            Err(Error::CompileLimit {
                limit: LimitKind::CallTimeout,
                ..
            }) => {}
            other => panic!("{other:?}"),
        }
        let mut compiler = scripts().compiler().unwrap();
        let cancel = compiler.cancel_handle();
        let stopper = std::thread::spawn(move || {
            std::thread::sleep(time);
            cancel.cancel();
        });
        let outcome = compiler.compile(&long);
        stopper.join().unwrap();
        assert!(matches!(outcome, Err(Error::Cancelled)), "{outcome:?}");
    }
}
