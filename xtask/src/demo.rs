//! `cargo xtask demo`: the README's first example, on C# compiled on the spot.

use crate::guest::BuildGuest;
use crate::managed::Sdk;
use anyhow::{Context, Result, bail};
use clap::Args;
use isolator_host::{Error, IsolatedRuntimeHost};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::{Duration, Instant};

/// Arguments of `demo`.
#[derive(Args)]
pub struct Demo {
    /// Install missing tools with the system's package manager.
    #[arg(long)]
    install_deps: bool,
}

/// The C# record of the same name.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Order {
    id: i32,
    item: String,
    price: f64,
    paid: bool,
    stamp: i64,
}

/// Runs a step and prints what it gave and how long it took.
fn step<T>(
    what: &str,
    run: impl FnOnce() -> Result<T>,
    show: impl FnOnce(&T) -> String,
) -> Result<T> {
    let began = Instant::now();
    let value = run().with_context(|| what.to_owned())?;
    let took = began.elapsed();
    println!("{:>10}  {what}: {}", duration(took), show(&value));
    Ok(value)
}

fn duration(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    match micros {
        m if m < 1000.0 => format!("{m:.1} µs"),
        m if m < 1e6 => format!("{:.1} ms", m / 1e3),
        m => format!("{:.1} s", m / 1e6),
    }
}

impl Demo {
    /// Builds and shows.
    pub fn run(&self, workspace: &Path) -> Result<()> {
        BuildGuest::ordinary(self.install_deps).run(workspace)?;
        let out = workspace.join("target/demo");
        eprintln!("compiling the demo's C#");
        Sdk::find(workspace)?.build(&workspace.join("xtask/demo/Demo.csproj"), Some(&out))?;
        show(&out)
    }
}

fn show(assemblies: &Path) -> Result<()> {
    println!("host: {} {}", std::env::consts::OS, std::env::consts::ARCH);
    let host = step(
        "load .NET",
        || {
            Ok(IsolatedRuntimeHost::builder()
                .assembly_directory(assemblies)?
                .build()?)
        },
        |host| {
            format!(
                ".NET {}, copy-on-write {}",
                host.dotnet_version(),
                if host.copy_on_write().unwrap_or(false) {
                    "on"
                } else {
                    "OFF"
                }
            )
        },
    )?;
    let mut first = step(
        "create a runtime",
        || Ok(host.create_runtime()?),
        |_| "a sandbox of its own".into(),
    )?;
    step(
        "start it and call the base class library",
        || Ok(first.call::<i32>("System.Private.CoreLib", "System.Math", "Max", (3, 4))?),
        |n| format!("Math.Max(3, 4) = {n}"),
    )?;
    step(
        "load our assembly and ask it where it is",
        || Ok(first.call::<String>("Demo", "Demo.Environment", "Architecture", ())?),
        Clone::clone,
    )?;
    step(
        "the same again",
        || Ok(first.call::<String>("Demo", "Demo.Environment", "Framework", ())?),
        Clone::clone,
    )?;

    let add = first.find_method("Demo", "Demo.Shop", "Add")?;
    first.invoke::<i32>(&add, (1, 2))?;
    const CALLS: u32 = 10_000;
    step(
        "call a method 10,000 times",
        || (0..CALLS).try_fold(0, |sum, _| Ok(first.invoke::<i32>(&add, (sum, 1))?)),
        |sum| format!("the sum is {sum}"),
    )?;
    let order = Order {
        id: 7,
        item: "lamp".into(),
        price: 40.0,
        paid: false,
        stamp: 1,
    };
    step(
        "pass a record and get one back",
        || Ok(first.call::<Order>("Demo", "Demo.Shop", "Discount", (&order,))?),
        |o| format!("{o:?}"),
    )?;

    let mut second = step(
        "create a second runtime",
        || Ok(host.create_runtime()?),
        |_| "with statics of its own".into(),
    )?;
    let sold = [
        first.call::<i32>("Demo", "Demo.Shop", "Sell", (5,))?,
        second.call::<i32>("Demo", "Demo.Shop", "Sell", (1,))?,
        first.call::<i32>("Demo", "Demo.Shop", "Sell", (5,))?,
    ];
    println!(
        "{:>10}  static state: the first sold 5, then {}; the second {}",
        "", sold[2], sold[1]
    );

    second.register_callback("ask", |question: String| format!("{question} 42!"));
    step(
        "call C#, which calls back into Rust",
        || Ok(second.call::<String>("Demo", "Demo.Shop", "AskHost", ("The answer?",))?),
        Clone::clone,
    )?;

    let counter = second.create_object("Demo", "Demo.Counter")?;
    second.call_on::<i32>(&counter, "Increment", (2,))?;
    step(
        "keep an object inside and call it twice",
        || Ok(second.call_on::<i32>(&counter, "Increment", (3,))?),
        |n| format!("it counts {n}"),
    )?;

    let began = Instant::now();
    match second.call::<()>("Demo", "Demo.Shop", "Deliver", ("",)) {
        Err(Error::GuestException(exception)) => {
            println!(
                "{:>10}  an exception comes out with its stack:",
                duration(began.elapsed())
            );
            for line in exception.to_string().lines() {
                println!("{:>12}{line}", "");
            }
        }
        other => bail!("Demo.Shop.Deliver should have thrown, and gave {other:?}"),
    }
    // The image was warmed up with `Abs`; a method that nobody has looked up costs reflection, in each runtime anew.
    for (method, what) in [
        ("Abs", "create a runtime, call it, throw it away"),
        (
            "Sign",
            "the same with a method that the image was not warmed with",
        ),
    ] {
        const LIVES: u32 = 200;
        let began = Instant::now();
        for _ in 0..LIVES {
            let math = ("System.Private.CoreLib", "System.Math");
            let result: i32 = host.create_runtime()?.call(math.0, math.1, method, (1,))?;
            anyhow::ensure!(result == 1, "Math.{method}(1) gave {result}");
        }
        println!(
            "{:>10}  {what} (average of {LIVES})",
            duration(began.elapsed() / LIVES)
        );
    }
    Ok(())
}
