//! Functions of the host, as scripts call them.

use crate::{errors, scripts, source};
use isolator_host::Error as HostError;
use isolator_script::{Error, Globals, ScriptHost, ScriptHostBuilder, Source};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    sku: String,
    count: i32,
}

fn builder() -> ScriptHostBuilder {
    ScriptHost::builder().host(scripts().host())
}

fn shop() -> &'static ScriptHost {
    static SHOP: LazyLock<ScriptHost> = LazyLock::new(|| {
        builder()
            .prelude(Source::new(
                "shop.cs",
                "namespace Shop;\npublic record Item(string Sku, int Count);",
            ))
            .function("decimal Price(string sku)", |sku: String| {
                if sku == "lamp" { "40.50" } else { "9.95" }
            })
            .function(
                "/// <summary>Doubles.</summary>\nShop.Item Twice(Shop.Item item, int times = 2);",
                |item: Item, times: i32| Item {
                    count: item.count * times,
                    ..item
                },
            )
            .fallible_function("int Checked(int number)", |number: i32| match number {
                0 => Err("zero"),
                other => Ok(other),
            })
            .async_function(
                "Task<int> StockAsync(string sku, CancellationToken token = default)",
                |sku: String| async move { sku.len() },
            )
            .fallible_async_function("Task Ping()", || async { Err::<(), _>("nobody") })
            .function(
                "string Join(params string[] parts)",
                |parts: Vec<String>| parts.join("+"),
            )
            .function("int @class(int x)", |x: i32| x + 1)
            .build()
            .unwrap()
    });
    &SHOP
}

#[test]
fn scripts_expressions_and_sessions_call_them_as_methods() {
    let text: String = shop()
        .eval("$\"{Price(\"lamp\") * 2} {Price(\"x\")}\"", &Globals::new())
        .unwrap();
    assert_eq!(text, "81.00 9.95");
    let program = "var item = Twice(new Shop.Item(\"lamp\", 3));\nConsole.Write($\"{item} {await StockAsync(\"four\")} {Join(\"a\", \"b\")} {@class(1)} {Twice(item, times: 10).Count}\");";
    let ran = shop()
        .run(&source(program), &[], |builder| builder)
        .unwrap();
    assert_eq!(
        (ran.result.unwrap(), &*ran.stdout),
        (0, &b"Item { Sku = lamp, Count = 6 } 4 a+b 2 60"[..])
    );
    let mut session = shop().session(|builder| builder).unwrap();
    session
        .execute("using Shop; var item = new Item(\"lamp\", 1);")
        .unwrap()
        .result
        .unwrap();
    let shown = |submission: isolator_script::Submission| {
        (submission.result.is_ok(), submission.value_text)
    };
    assert_eq!(
        shown(session.execute("Twice(item)").unwrap()),
        (true, Some("Item { Sku = lamp, Count = 2 }".into()))
    );
    assert_eq!(
        shown(session.execute("await StockAsync(item.Sku)").unwrap()),
        (true, Some("4".into()))
    );
    session.reset().unwrap();
    assert_eq!(
        shown(session.execute("Price(\"lamp\")").unwrap()),
        (true, Some("40.50".into()))
    );
}

#[test]
fn their_types_are_checked_and_completed() {
    let found = shop()
        .check(&source("int price = Price(3);\nPrice();"))
        .unwrap();
    assert_eq!(
        found.to_string(),
        "script.cs(1,19): error CS1503: Argument 1: cannot convert from 'int' to 'string'\n\
         script.cs(2,1): error CS7036: There is no argument given that corresponds to the required parameter 'sku' of 'Functions.Price(string)'"
    );
    let mut compiler = shop().compiler().unwrap();
    let found = compiler.complete(&source("var x = Pri"), 0, 11).unwrap();
    assert_eq!(
        (&*found[0].text, &*found[0].kind, found[0].detail.as_deref()),
        ("Price", "method", Some("decimal Price(string sku)"))
    );
    // Nobody else has them.
    assert!(errors(scripts().eval::<String>("Price(\"lamp\")", &Globals::new())).has_errors());
}

#[test]
fn failures_are_exceptions_of_the_script() {
    let thrown = |expression: &str| match shop().eval::<i32>(expression, &Globals::new()) {
        Err(Error::Host(HostError::GuestException(exception))) => exception.type_name.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        shop().eval::<i32>("Checked(3)", &Globals::new()).unwrap(),
        3
    );
    assert_eq!(thrown("Checked(0)"), "DotNetIsolator.HostCallException");
    assert_eq!(
        thrown("await new Func<Task<int>>(async () => { await Ping(); return 1; })()"),
        "DotNetIsolator.HostCallException"
    );
}

#[test]
fn closures_keep_what_they_have() {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = calls.clone();
    let host = builder()
        .function("int Next()", move || {
            counted.fetch_add(1, Ordering::Relaxed)
        })
        .build()
        .unwrap();
    for expected in 0..3 {
        assert_eq!(
            host.eval::<u32>("Next()", &Globals::new()).unwrap(),
            expected
        );
    }
    assert_eq!(calls.load(Ordering::Relaxed), 3);
}

#[test]
fn what_is_no_declaration_is_refused() {
    let refused = |declaration: &str| match builder().function(declaration, || 1).build() {
        Err(error) => error.to_string(),
        Ok(_) => panic!("{declaration}"),
    };
    for declaration in [
        "",
        "int F",
        "F()",
        "class A { }",
        "int F() { return 1; }",
        "int F(); int G()",
        "int F() => 1; } class B { int G()",
        "public int F()",
        "int F<T>(T x)",
        "[Obsolete] int F()",
    ] {
        let message = refused(declaration);
        assert!(
            message.contains("cannot be declared: it "),
            "{declaration}: {message}"
        );
    }
    for declaration in ["int F(ref int x)", "int F(out int x)", "void F(in int x)"] {
        assert!(
            refused(declaration).contains("is passed by reference"),
            "{declaration}"
        );
    }
    assert!(refused("ValueTask<int> F()").contains("Let it be a value, a `Task` or a `Task<…>`"));
    assert!(
        refused("int F(CancellationToken token)")
            .contains("only what returns a task takes a cancellation token")
    );
    let unknown = refused("Nowhere F()");
    assert_eq!(
        unknown.lines().next().unwrap(),
        "Nowhere F()(4,15): error CS0246: The type or namespace name 'Nowhere' could not be found (are you missing a using directive or an assembly reference?)"
    );
    let twice = builder()
        .function("int F()", || 1)
        .function("int F(int x)", |x: i32| x)
        .build();
    assert!(
        twice
            .unwrap_err()
            .to_string()
            .contains("`F` is declared twice")
    );
    let broken = builder()
        .prelude(Source::new("broken.cs", "public record"))
        .build();
    assert!(broken.unwrap_err().to_string().starts_with("broken.cs(1,"));
}
