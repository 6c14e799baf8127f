//! Sources that are made to harm: each has its typed outcome, and the host works on.

use crate::compiled::has_compiled_code;
use crate::{errors, scripts, source, with};
use isolator_host::{LimitKind, Limits};
use isolator_script::{Error, Globals, Options, ScriptHost};
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
    pinned(name, expected, || {
        outcome(scripts().compile(&source(text)))
    });
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

#[test]
fn deep_nesting() {
    const DEEP: usize = 20_000;
    let nested =
        |open: &str, middle: &str, close: &str| open.repeat(DEEP) + middle + &close.repeat(DEEP);
    let all = ["compiled", "CS8078", "too deep", "CallTimeout", "Memory"];
    // Brackets are counted before the compiler looks ahead over them.
    let at_once = ["too deep"];
    comes_to(
        "parentheses",
        &format!("int x = {};", nested("(", "1", ")")),
        &at_once,
    );
    comes_to("blocks", &nested("{", "", "}"), &at_once);
    comes_to(
        "calls",
        &format!("int x = {};", nested("F(", "1", ")")),
        &at_once,
    );
    comes_to(
        "arrays",
        &format!("var x = {};", nested("new[] { ", "1", " }")),
        &at_once,
    );
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
    comes_to(
        "lambdas",
        &format!("object x = {};", nested("() => ", "1", "")),
        &all,
    );
    comes_to("types", &nested("class A { ", "", " }"), &at_once);
    comes_to(
        "generics",
        &format!("{} x;", nested("List<", "int", ">")),
        &all,
    );
    comes_to(
        "strings",
        &format!("var x = {};", nested("$\"{", "1", "}\"")),
        &all,
    );
    comes_to(
        "else",
        &format!("int n = 1; {} ;", "if (n == 1) ; else ".repeat(DEEP)),
        &all,
    );
    comes_to(
        "minus",
        &format!("int n = 1; int m = {}n;", "- ".repeat(DEEP)),
        &all,
    );
}

#[test]
fn long_chains() {
    let sum = format!("int n = 1; Console.Write({}n);", "n + ".repeat(5_000));
    comes_to(
        "sum",
        &sum,
        &["compiled", "CS8078", "too deep", "CallTimeout"],
    );
    let text = format!("string s = {}\"\";", "\"a\" + ".repeat(20_000));
    comes_to(
        "text",
        &text,
        &["compiled", "CS8078", "too deep", "CallTimeout"],
    );
    let calls = format!("object o = 1; o{};", ".ToString()".repeat(20_000));
    comes_to(
        "chain",
        &calls,
        &["compiled", "CS8078", "too deep", "CallTimeout"],
    );
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
    comes_to(
        "doubled",
        &doubled,
        &["Memory", "CallTimeout", "CS8095", "CS8103"],
    );
}

#[test]
fn endless_types() {
    let all = [
        "compiled",
        "CS0146",
        "CS0523",
        "CS0266",
        "too deep",
        "CallTimeout",
        "Memory",
    ];
    comes_to("bases", "class C<T> : C<C<C<T>>> { }", &all);
    comes_to(
        "interfaces",
        "interface I<T> { } class C<T> : I<C<C<C<T>>>> { void M() { I<C<T>> x = new C<T>(); } }",
        &all,
    );
    comes_to("fields", "struct S<T> { S<S<S<T>>> s; }", &all);
    let methods = "class P { static int F<T>(int n) => n == 0 ? 0 : F<List<T>>(n - 1) + F<T[]>(n - 1); static void Main() { Console.Write(F<int>(3)); } }";
    comes_to("methods", methods, &["compiled"]);
    // Overloads that fit in many ways, for lambdas in lambdas.
    let mut overloads = "class P {\n".to_owned();
    for of in ["int", "string", "double", "object", "long", "decimal"] {
        overloads += &format!(
            "static void F(Func<{of}, int> f) {{ }}\nstatic int F(Func<{of}, string> f) => 0;\n"
        );
    }
    overloads += &format!(
        "static void Main() {{ {}{}; }} }}",
        "F(x => F(y => ".repeat(6),
        "1".to_owned() + &"))".repeat(6)
    );
    comes_to(
        "overloads",
        &overloads,
        &[
            "CS0121",
            "CS1593",
            "CS1503",
            "CS1660",
            "CS1662",
            "CS0136",
            "CallTimeout",
            "Memory",
        ],
    );
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
    let errors = found
        .iter()
        .filter(|found| found.severity == isolator_script::Severity::Error);
    // Errors come before warnings, where not all are told.
    assert_eq!((found.len(), errors.count()), (3, 3), "{found}");
    assert!(found.more >= 299, "{}", found.more);
    comes_to(
        "a million",
        &"wrong;\n".repeat(1_000_000),
        &["Memory", "CallTimeout"],
    );
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

    let short = ScriptHost::builder()
        .host(scripts().host())
        .compile_limits(
            Limits::default()
                .memory(1 << 30)
                .call_timeout(Duration::from_millis(400)),
        )
        .build()
        .unwrap();
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
    let short = Limits::default()
        .memory(1 << 30)
        .call_timeout(Duration::from_millis(200));
    let limited = ScriptHost::builder()
        .host(scripts().host())
        .compile_limits(short)
        .build()
        .unwrap();
    let mut compiler = limited.compiler().unwrap();
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
        let limits = Limits::default().memory(1 << 30).call_timeout(time);
        let short = ScriptHost::builder()
            .host(scripts().host())
            .compile_limits(limits)
            .build()
            .unwrap();
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
