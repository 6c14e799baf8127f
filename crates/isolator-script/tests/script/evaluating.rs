//! Expressions.

use crate::{errors, scripts, with};
use isolator_host::values::Value;
use isolator_host::{Error as HostError, LimitKind, Limits};
use isolator_script::{Error, Globals, Options, Position, Range, ScriptHost};
use std::collections::BTreeMap;
use std::time::Duration;

fn eval<T: serde::de::DeserializeOwned>(expression: &str) -> T {
    scripts().eval(expression, &Globals::new()).unwrap()
}

#[test]
fn values_come_out_as_what_they_are() {
    assert_eq!(eval::<i32>("6 * 7"), 42);
    assert_eq!(eval::<f64>("Math.Sqrt(2)"), 2_f64.sqrt());
    assert_eq!(eval::<String>("\"a\" + 'b' + 1"), "ab1");
    assert_eq!(
        eval::<Vec<i32>>("Enumerable.Range(1, 4).Select(n => n * n)"),
        [1, 4, 9, 16]
    );
    assert_eq!(eval::<(i32, String)>("(1, \"two\")"), (1, "two".into()));
    assert_eq!(eval::<Option<i32>>("null"), None);
    assert!(eval::<bool>("new[] { 1, 2 } is [1, ..]"));
    assert_eq!(eval::<i64>("await Task.FromResult(5L) + 1"), 6);
    assert_eq!(
        eval::<String>("  \"several\"\n  // a remark\n  + \" lines\" // another"),
        "several lines"
    );
    eval::<()>("Console.WriteLine(1)");
    assert_eq!(
        eval::<BTreeMap<String, i32>>("new Dictionary<string, int> { [\"a\"] = 1 }"),
        BTreeMap::from([("a".into(), 1)])
    );
    let named = eval::<Value>("new { A = 1, B = \"x\" }");
    assert_eq!(
        (named["A"].as_i64(), named["B"].as_str()),
        (Some(1), Some("x"))
    );
}

#[test]
fn globals_are_parameters() {
    let globals = Globals::new()
        .set("numbers", [1, 2, 3, 4])
        .unwrap()
        .set("limit", 2)
        .unwrap()
        .set("name", "ä😀")
        .unwrap()
        .typed("price", "decimal", "9.95")
        .unwrap()
        .typed("order", "(int Id, double Price)", (7, 0.5))
        .unwrap()
        .typed("lines", "List<KeyValuePair<string, int>>", [("a", 1)])
        .unwrap()
        .set("class", true)
        .unwrap();
    let sum: i32 = scripts()
        .eval("numbers.Where(n => n > limit).Sum()", &globals)
        .unwrap();
    assert_eq!(sum, 7);
    let text: String = scripts()
        .eval(
            "$\"{name} {price * 2} {order.Id} {lines[0].Value} {@class}\"",
            &globals,
        )
        .unwrap();
    assert_eq!(text, "ä😀 19.90 7 1 True");
    // Another value of the same type needs no compiler.
    let known = scripts().compile_expression("limit + 1", &globals).unwrap();
    let other = globals.set("limit", 40).unwrap();
    let again = scripts().compile_expression("limit + 1", &other).unwrap();
    assert!(std::sync::Arc::ptr_eq(known.assembly(), again.assembly()));
    assert_eq!(scripts().eval::<i32>("limit + 1", &other).unwrap(), 41);
}

#[test]
fn what_is_wrong_is_told_in_the_expressions_own_lines() {
    let found = errors(scripts().eval::<i32>("1 +\n  wrong", &Globals::new()));
    assert_eq!(
        found.to_string(),
        "expression(2,3): error CS0103: The name 'wrong' does not exist in the current context"
    );
    let at = |character| Position { line: 1, character };
    assert_eq!(
        found[0].range,
        Range {
            start: at(2),
            end: at(7)
        }
    );
    let message =
        |expression: &str| errors(scripts().eval::<i32>(expression, &Globals::new())).to_string();
    assert_eq!(
        message("1 +"),
        "expression(1,4): error CS1733: Expected expression"
    );
    assert!(message("").contains("error CS1733"), "{}", message(""));
    let globals = Globals::new().typed("x", "Nowhere", 1).unwrap();
    assert_eq!(
        errors(scripts().eval::<i32>("x", &globals)).to_string(),
        "globals(1,1): error CS0246: The type or namespace name 'Nowhere' could not be found (are you missing a using directive or an assembly reference?)"
    );
}

#[test]
fn nothing_but_an_expression_is_evaluated() {
    for text in [
        "1; } static int More() { return 2",
        "1; } public static void Evil() { } public static object Other() => 1",
        "1;\n}\n}\nclass Evil { static Evil() { } object X() { return 1",
        "1; int x = 2",
        "int x = 5;",
        "/*",
        "1 /*",
        "\"open",
        "#if true\n1",
        "1\n#endif",
        "}",
        "{ return 1; }",
    ] {
        let found = errors(scripts().eval::<i32>(text, &Globals::new()));
        assert!(found.has_errors(), "{text}: {found:?}");
    }
    for (name, of) in [
        ("a b", "int"),
        ("1x", "int"),
        ("x", "int y, int"),
        ("x", "int) { } //"),
        ("", "int"),
    ] {
        let globals = Globals::new().typed(name, of, 1).unwrap();
        let outcome = scripts().eval::<i32>("1", &globals);
        assert!(
            matches!(outcome, Err(Error::Options { .. })),
            "{name} {of}: {outcome:?}"
        );
    }
}

#[test]
fn exceptions_and_limits_are_typed() {
    match scripts().eval::<i32>("int.Parse(\"x\")", &Globals::new()) {
        Err(Error::Host(HostError::GuestException(exception))) => {
            assert_eq!(exception.type_name, "System.FormatException");
        }
        other => panic!("{other:?}"),
    }
    let endless = "((Func<int>)(() => { while (true) { } }))()";
    let compilation = scripts()
        .compile_expression(endless, &Globals::new())
        .unwrap();
    let mut evaluation = scripts()
        .evaluation(&compilation, &Globals::new(), |builder| {
            builder.limits(Limits::default().lifetime(Duration::from_millis(300)))
        })
        .unwrap();
    match evaluation.value::<i32>() {
        Err(HostError::Limit {
            limit: LimitKind::Lifetime,
            ..
        }) => {}
        other => panic!("{other:?}"),
    }
    assert!(!evaluation.runtime.is_alive());
}

/// Lines of an expression in the trace of the exception that it lets escape, the innermost first.
fn thrown_at(scripts: &ScriptHost, expression: &str) -> Vec<String> {
    match scripts.eval::<Value>(expression, &Globals::new()) {
        Err(Error::Host(HostError::GuestException(exception))) => {
            let trace = exception.stack_trace.as_deref().unwrap_or_default();
            let own = trace
                .lines()
                .filter_map(|line| line.trim_start().strip_prefix("at Evaluation."));
            own.filter_map(|frame| frame.split_once(" in "))
                .map(|(_, place)| place.to_owned())
                .collect()
        }
        other => panic!("{expression}: {other:?}"),
    }
}

#[test]
fn an_exception_names_the_lines_of_the_expression() {
    for (expression, lines) in [
        ("int.Parse(\"x\")", &[1][..]),
        ("\n\nint.Parse(\n  \"x\")", &[3]),
        (
            "// why\n\n((Func<string, int>)(text =>\n    int.Parse(text)))(\"x\")",
            &[4, 3],
        ),
        // Without a value.
        ("\nConsole.WriteLine(int.Parse(\"x\"))", &[2]),
        ("#:property Nullable=disable\nint.Parse(\"x\")", &[2]),
    ] {
        let expected: Vec<String> = lines
            .iter()
            .map(|line| format!("expression:line {line}"))
            .collect();
        assert_eq!(thrown_at(scripts(), expression), expected, "{expression}");
    }
    let awaited = thrown_at(scripts(), "\nint.Parse(await Task.FromResult(\"x\"))");
    assert_eq!(awaited[0], "expression:line 2");
    let bare = with(Options::default().symbols(false));
    assert_eq!(thrown_at(&bare, "int.Parse(\"x\")"), [""; 0]);
}

#[test]
fn a_line_directive_in_an_expression_counts() {
    let wrong = |place: &str| {
        format!("{place}: error CS0103: The name 'wrong' does not exist in the current context")
    };
    for (expression, place, line, is_mapped) in [
        (
            "1 +\n#line 42 \"sheet.txt\"\n  wrong",
            "sheet.txt(42,3)",
            2,
            true,
        ),
        (
            "1 +\n#line 42 \"sheet.txt\"\n2 +\n#line default\n  wrong",
            "expression(5,3)",
            4,
            false,
        ),
        (
            "1 +\n#line (3,1)-(3,6) \"sheet.txt\"\n2 +\n#line hidden\n  wrong",
            "expression(5,3)",
            4,
            false,
        ),
        ("#line 9\n  wrong", "expression(9,3)", 1, true),
    ] {
        let found = errors(scripts().eval::<i32>(expression, &Globals::new()));
        assert_eq!(found.to_string(), wrong(place), "{expression}");
        assert_eq!(found[0].range.start.line, line, "{expression}");
        assert_eq!(found[0].mapped.is_some(), is_mapped, "{expression}");
    }
    let mapped = "((Func<string, int>)(text =>\n#line 42 \"sheet.txt\"\n  int.Parse(text)))(\"x\")";
    assert_eq!(
        thrown_at(scripts(), mapped),
        ["sheet.txt:line 42", "expression:line 1"]
    );
    let unmapped = mapped.replace("  int.Parse", "#line default\n  int.Parse");
    assert_eq!(
        thrown_at(scripts(), &unmapped),
        ["expression:line 4", "expression:line 1"]
    );
}

#[test]
fn options_hold_for_expressions() {
    let with_json = with(Options::default().using("System.Text.Json"));
    let text: String = with_json
        .eval("JsonSerializer.Serialize(1)", &Globals::new())
        .unwrap();
    assert_eq!(text, "1");
    assert!(
        errors(scripts().eval::<String>("JsonSerializer.Serialize(1)", &Globals::new()))
            .has_errors()
    );
}

#[test]
fn an_expression_says_how_it_is_compiled() {
    let sum = "int.MaxValue + Math.Abs(1)";
    assert_eq!(eval::<i32>(sum), i32::MIN);
    let checked = format!("#:property CheckForOverflowUnderflow=true\n{sum}");
    match scripts().eval::<i32>(&checked, &Globals::new()) {
        Err(Error::Host(HostError::GuestException(exception))) => {
            assert_eq!(exception.type_name, "System.OverflowException");
        }
        other => panic!("{other:?}"),
    }
    let strict = "#:property TreatWarningsAsErrors=true\n((string)null)";
    let found = errors(scripts().eval::<Option<String>>(strict, &Globals::new()));
    assert_eq!((&*found[0].id, found[0].range.start.line), ("CS8600", 1));
    let quiet = format!("#:property NoWarn=CS8600\n{strict}");
    assert_eq!(eval::<Option<String>>(&quiet), None);
}
