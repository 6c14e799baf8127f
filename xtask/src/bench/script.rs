//! C# scripts: compiled in a sandbox, run in a fresh one.

use super::stats::{Row, sample, scaled};
use anyhow::{Result, ensure};
use isolator_host::IsolatedRuntimeHost;
use isolator_script::{Globals, ScriptHost, Source};
use std::fmt::Write;
use std::path::Path;

/// Twenty lines, as a person or an agent writes them.
const PROGRAM: &str = r#"using System.Text;

var items = new List<Item> { new(1, "lamp", 40.5), new(2, "chair", 12), new(3, "table", 99) };
int limit = args.Length > 0 ? int.Parse(args[0]) : 50;
var cheap = from item in items where item.Price < limit orderby item.Price select item;
foreach (var item in cheap)
{
    Console.WriteLine($"{item.Id}: {item.Name} {item.Price:F2}");
}
var text = new StringBuilder();
for (int i = 0; i < 5; i++)
{
    text.Append(i % 2 == 0 ? "even " : "odd ");
}
Console.WriteLine(text.ToString().Trim());
Console.WriteLine(Fib(15));

static int Fib(int n) => n < 2 ? n : Fib(n - 1) + Fib(n - 2);

record Item(int Id, string Name, double Price);
"#;
const PRINTED: &str = "2: chair 12.00\n1: lamp 40.50\neven odd even odd even\n610\n";

/// Two hundred lines, of which every tenth has an error.
fn with_errors(number: usize) -> String {
    let mut text = format!("class Checked{number}\n{{\n");
    for line in 0..198 {
        let _ = match line % 10 {
            9 => writeln!(text, "    int Wrong{line} => missing{number} + {line};"),
            _ => writeln!(
                text,
                "    string Line{line}(int n) => n > {line} ? $\"{{n}} is more\" : string.Join(\", \", new[] {{ n, {line} }});"
            ),
        };
    }
    text.push_str("}\n");
    text
}

/// Measures all rows.
pub fn rows(image: &Path, samples: usize) -> Result<Vec<Row>> {
    let host = IsolatedRuntimeHost::builder().guest(image).build()?;
    let times = (samples / 10).clamp(3, 30);
    let scripts = ScriptHost::builder().host(&host).build()?;
    let mut rows = Vec::new();
    let milliseconds = |times| scaled(times, 0.001);

    let mut number = 0;
    let mut sources = || {
        number += 1;
        [Source::new("script.cs", format!("{PROGRAM}// {number}\n"))]
    };
    let run = |source: &[Source]| -> Result<()> {
        let ran = scripts.run(source, &[], |builder| builder)?;
        ensure!(
            ran.result? == 0 && ran.stdout == PRINTED.as_bytes(),
            "{:?}",
            String::from_utf8_lossy(&ran.stdout)
        );
        Ok(())
    };
    let fresh = sample(times, || run(&sources()))?;
    rows.push(
        Row::of(
            "script_fresh_ms",
            "compile a program of 20 lines in a fresh sandbox, and run it in another",
            "ms",
            milliseconds(fresh),
        )
        .target(40.0),
    );
    let known = sources();
    let cached = sample(samples, || run(&known))?;
    rows.push(
        Row::of(
            "script_cached_ms",
            "the same program again, in another sandbox",
            "ms",
            milliseconds(cached),
        )
        .target(1.0),
    );

    let mut compiler = scripts.compiler()?;
    let mut number = 0;
    let checked = sample(times, || {
        number += 1;
        let found = compiler.check(&[Source::new("checked.cs", with_errors(number))])?;
        ensure!(found.len() == 19, "{found}");
        Ok(())
    })?;
    rows.push(
        Row::of(
            "script_check_ms",
            "check 200 lines with 19 errors, in a live compiler",
            "ms",
            milliseconds(checked),
        )
        .target(25.0),
    );
    let mut number = 0;
    let evaluated = sample(times, || {
        number += 1;
        let globals = Globals::new().set("numbers", [1, 2, 3])?;
        let sum: i32 = scripts.eval(
            &format!("numbers.Where(n => n > 1).Sum() + {number}"),
            &globals,
        )?;
        ensure!(sum == 5 + number, "{sum}");
        Ok(())
    })?;
    rows.push(
        Row::of(
            "script_eval_ms",
            "compile an expression in a fresh sandbox, and evaluate it in another",
            "ms",
            milliseconds(evaluated),
        )
        .target(10.0),
    );
    Ok(rows)
}
