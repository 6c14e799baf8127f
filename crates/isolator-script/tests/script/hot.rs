//! Scripts that run again and again get fast, and differ in nothing else.

use crate::{scripts, source};
use isolator_compile::Tools;
use isolator_host::{Compiled, IsolatedRuntimeHost};
use isolator_script::{Compilation, Globals, Kind, Options, Ran, ScriptHost};
use std::time::{Duration, Instant};

/// A host of its own: what a script was used, no other test adds to.
fn own() -> ScriptHost {
    let host = IsolatedRuntimeHost::new().unwrap();
    ScriptHost::builder().host(&host).build().unwrap()
}

fn compile(scripts: &ScriptHost, text: &str) -> Compilation {
    scripts
        .with_options(Options::default().kind(Kind::Program))
        .compile(&source(text))
        .unwrap()
}

fn run(scripts: &ScriptHost, compilation: &Compilation, args: &[&str]) -> Ran {
    scripts
        .run_compiled(compilation, args, |builder| {
            builder.env("WHO", args.join("+"))
        })
        .unwrap()
}

/// Waits for what the background does.
#[track_caller]
fn wait(done: impl Fn() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < Duration::from_secs(120), "it never comes");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn one_that_runs_often_begins_where_it_is_loaded_and_does_the_same() {
    let scripts = own();
    let program = compile(
        &scripts,
        r#"
        using System.Runtime.CompilerServices;
        Counter.Count++;
        Console.WriteLine($"{Counter.Count} {Counter.Began} {string.Join(",", args)} {Environment.GetEnvironmentVariable("WHO")} {typeof(Counter).Assembly.GetName().Name!.Length}");
        var thrown = args.Length > 1;
        if (thrown) throw new InvalidOperationException("two are too many");
        return args.Length;
        class Counter
        {
            public static int Count = 41;
            public static readonly string Began = Environment.GetEnvironmentVariable("WHO") ?? "nobody";
            [ModuleInitializer]
            internal static void Begin() => Console.WriteLine("begins " + Environment.GetEnvironmentVariable("WHO"));
        }
        "#,
    );
    let tell = |args: &[&str]| {
        let ran = run(&scripts, &program, args);
        let ended = match &ran.result {
            Ok(code) => code.to_string(),
            Err(error) => {
                let exception = error.exception().unwrap();
                format!(
                    "{exception} {}",
                    exception.stack_trace.as_deref().unwrap_or_default()
                )
            }
        };
        (ran.stdout_utf8(), ran.stderr_utf8(), ended)
    };
    let first = [tell(&["a"]), tell(&["b", "c"])];
    assert_eq!(
        first[0].0.lines().collect::<Vec<_>>(),
        ["begins a", "42 a a a 23"]
    );
    assert!(first[1].2.contains("script.cs:line 6"), "{}", first[1].2);
    tell(&[]);
    wait(|| program.is_hot());
    for _ in 0..3 {
        assert_eq!([tell(&["a"]), tell(&["b", "c"])], first);
    }
    // And somebody's own snapshot is begun with, in which it is not.
    let bare = scripts.host().snapshot(|_| Ok(())).unwrap();
    let ran = scripts
        .run_compiled(&program, &["a"], |builder| {
            builder.from(&bare).env("WHO", "a")
        })
        .unwrap();
    assert_eq!(ran.stdout_utf8(), first[0].0);
}

#[test]
fn expressions_that_are_evaluated_often_are_too() {
    let scripts = own();
    let globals = |n: i32| Globals::new().set("n", n).unwrap();
    let expression = scripts.compile_expression("n * n", &globals(1)).unwrap();
    for n in 0..3 {
        assert_eq!(scripts.eval::<i32>("n * n", &globals(n)).unwrap(), n * n);
    }
    wait(|| expression.is_hot());
    assert_eq!(scripts.eval::<i32>("n * n", &globals(12)).unwrap(), 144);
}

#[test]
fn one_that_computes_is_compiled_ahead_where_the_tools_are() {
    let scripts = own();
    if let Err(why) = Tools::at_hand(scripts.host().dotnet_version(), &[]) {
        eprintln!("skipped: {why}");
        return;
    }
    let program = compile(
        &scripts,
        r#"
        long sum = 0;
        for (int i = 0; i < 60_000_000; i++) sum = unchecked(sum * 31 + (i ^ (sum >> 7)));
        Console.WriteLine(sum);
        "#,
    );
    let first = run(&scripts, &program, &[]);
    assert!(first.stats.compiled.is_empty(), "{:?}", first.stats);
    assert!(
        first.stats.cpu > Duration::from_secs(1),
        "{:?}",
        first.stats
    );
    wait(|| !run(&scripts, &program, &[]).stats.compiled.is_empty());
    let second = run(&scripts, &program, &[]);
    assert_eq!(second.stdout_utf8(), first.stdout_utf8());
    assert_eq!(second.result.unwrap(), 0);
    assert_eq!(second.stats.compiled.len(), 1);
}

#[test]
fn one_that_was_compiled_and_throws_has_its_lines_again() {
    let scripts = own();
    if let Err(why) = Tools::at_hand(scripts.host().dotnet_version(), &[]) {
        eprintln!("skipped: {why}");
        return;
    }
    let program = compile(
        &scripts,
        r#"
        long sum = 0;
        for (int i = 0; i < 60_000_000; i++) sum = unchecked(sum * 31 + (i ^ (sum >> 7)));
        if (args.Length > 0) throw new InvalidOperationException(args[0]);
        "#,
    );
    run(&scripts, &program, &[]).result.unwrap();
    wait(|| !run(&scripts, &program, &[]).stats.compiled.is_empty());
    run(&scripts, &program, &["first"]).result.unwrap_err();
    let ran = run(&scripts, &program, &["second"]);
    assert!(ran.stats.compiled.is_empty(), "{:?}", ran.stats);
    let error = ran.result.unwrap_err();
    let exception = error.exception().unwrap();
    assert_eq!(exception.message, "second");
    let trace = exception.stack_trace.as_deref().unwrap_or_default();
    assert!(trace.contains("script.cs:line 4"), "{trace}");
    // It stays so.
    assert!(run(&scripts, &program, &[]).stats.compiled.is_empty());
}

#[test]
fn nothing_of_it_happens_where_nobody_wants_it() {
    let host = scripts().host();
    let scripts = ScriptHost::builder()
        .host(host)
        .hot_scripts(false)
        .build()
        .unwrap();
    let program = compile(&scripts, "Console.WriteLine(1);");
    let others = own();
    let other = compile(&others, "Console.WriteLine(1);");
    for _ in 0..8 {
        assert_eq!(run(&scripts, &program, &[]).stdout_utf8(), "1\n");
        run(&others, &other, &[]);
    }
    wait(|| other.is_hot());
    assert!(!program.is_hot());
    // What another host made of it is that one's.
    assert_eq!(run(&scripts, &other, &[]).stdout_utf8(), "1\n");
    let third = own();
    for _ in 0..3 {
        assert_eq!(run(&third, &other, &[]).stdout_utf8(), "1\n");
    }
    // Nor is it used by whom another way of running is asked for.
    let ran = others
        .run_compiled(&other, &[], |builder| builder.compiled(Compiled::Off))
        .unwrap();
    assert_eq!(ran.stdout_utf8(), "1\n");
}
