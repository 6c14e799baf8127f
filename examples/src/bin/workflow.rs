//! A workflow that outlives its process: an order that waits for a payment, and for a person who has only so much time. It is written down each time that it
//! waits; the process is then killed, and another goes on from the file.
//!
//! ```text
//! workflow FOLDER                           shows two orders, each step in a process of its own, which is killed
//! workflow FOLDER start  FILE WHAT PATIENCE begins an order; patience is in milliseconds
//! workflow FOLDER paid   FILE AMOUNT        the bank says so
//! workflow FOLDER approve FILE NAME         a person says so
//! workflow FOLDER look   FILE               does what is due by now
//! ```

use anyhow::{Context, Result, bail};
use isolator_host::{
    IsolatedRuntime, IsolatedRuntimeHost, IsolatedTask, NextRun, PendingCall, Suspended,
};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The name under which the order's task is found again.
const ORDER: &str = "order";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *arguments {
        [folder] => show(folder),
        [folder, "start", file, what, patience] => {
            let host = host(folder)?;
            let mut runtime = host.create_runtime()?;
            register(&mut runtime);
            let process = runtime.find_method("Orders", "Order", "Process")?;
            let patience: i32 = patience.parse().context("PATIENCE")?;
            let order = runtime.start_task(&process, None, (what, patience))?;
            runtime.keep(ORDER, &order)?;
            go_on(runtime, file)
        }
        [folder, "paid", file, amount] => {
            let (mut runtime, call) = wake(folder, file, "pay")?;
            runtime.answer_call(call.id, amount)?;
            go_on(runtime, file)
        }
        [folder, "approve", file, name] => {
            let (mut runtime, call) = wake(folder, file, "approve")?;
            runtime.answer_call(call.id, name)?;
            go_on(runtime, file)
        }
        [folder, "look", file] => {
            let mut runtime = host(folder)?.resume(&Suspended::load(file)?)?;
            register(&mut runtime);
            go_on(runtime, file)
        }
        _ => bail!("say FOLDER, or FOLDER start|paid|approve|look FILE …"),
    }
}

fn host(folder: &str) -> Result<IsolatedRuntimeHost> {
    let host = IsolatedRuntimeHost::builder().assembly_directory(folder)?;
    Ok(host.build()?)
}

/// What guest code calls. A real one would send the customer to a bank, and a mail to a person; neither waits for the answer, which comes to another process.
fn register(runtime: &mut IsolatedRuntime) {
    runtime.register_async_callback("pay", |_what: String, _amount: String| {
        std::future::pending::<String>()
    });
    runtime.register_async_callback("approve", |_what: String| std::future::pending::<String>());
}

/// An order that waits for an answer, and the call that wants it.
fn wake(folder: &str, file: &str, name: &str) -> Result<(IsolatedRuntime, PendingCall)> {
    let mut runtime = host(folder)?.resume(&Suspended::load(file)?)?;
    register(&mut runtime);
    let waiting = runtime.pending_calls();
    let call = waiting.into_iter().find(|call| call.name == name);
    let call = call.with_context(|| format!("the order does not wait for `{name}`"))?;
    Ok((runtime, call))
}

/// Has the order do all that it can do now, writes it down if it waits, and then does nothing any more.
fn go_on(mut runtime: IsolatedRuntime, file: &str) -> Result<()> {
    while runtime.run_turn()? == NextRun::Now {}
    let log: String = runtime.call("Orders", "Order", "Log", ())?;
    let order: IsolatedTask = runtime.kept(ORDER)?;
    match runtime.poll_task::<String>(&order)? {
        Some(result) => {
            if Path::new(file).exists() {
                std::fs::remove_file(file)?;
            }
            println!("{log}: {result}");
        }
        None => {
            let suspended = runtime.suspend()?;
            suspended.save(file)?;
            println!("{log}: waits");
            std::io::stdout().flush()?;
            // Whatever happens to this process now, the order is in the file.
            std::thread::sleep(Duration::from_secs(3600));
        }
    }
    Ok(())
}

/// Two orders: one that is approved, and one that nobody looks at in time.
fn show(folder: &str) -> Result<()> {
    let place = std::env::temp_dir().join(format!("isolator-orders-{}", std::process::id()));
    std::fs::create_dir_all(&place)?;
    for (what, patience) in [("book", 172_800_000), ("pen", 1000)] {
        let file = place.join(format!("{what}.sleep"));
        let file = file.to_string_lossy();
        let patience_in_words = patience.to_string();
        step(&[folder, "start", &file, what, &patience_in_words])?;
        step(&[folder, "paid", &file, "12.50"])?;
        if patience > 10_000 {
            step(&[folder, "approve", &file, "Ada"])?;
        } else {
            std::thread::sleep(Duration::from_millis(patience + 100));
            step(&[folder, "look", &file])?;
        }
    }
    std::fs::remove_dir(&place)?;
    Ok(())
}

/// One step in a process of its own, which is killed when it has said what there is to say.
fn step(arguments: &[&str]) -> Result<()> {
    let mut process = Command::new(std::env::current_exe()?)
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut said = String::new();
    let out = process.stdout.take().context("the process has no output")?;
    BufReader::new(out).read_line(&mut said)?;
    process.kill()?;
    process.wait()?;
    if said.is_empty() {
        bail!("the process {arguments:?} said nothing");
    }
    print!("{said}");
    Ok(())
}
