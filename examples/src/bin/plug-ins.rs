//! A host for plug-ins that it does not trust: every assembly of a folder becomes a plug-in, each in a .NET runtime of its own. One that
//! throws, hangs, takes too much memory or ends itself costs that plug-in its answer or its runtime, and nobody else anything.
//!
//! `cargo xtask example plug-ins`, or with a folder of your own: `cargo run --bin plug-ins -- FOLDER TEXT...`

use anyhow::{Context, Result};
use isolator_host::{
    Error, IsolatedMethod, IsolatedRuntime, IsolatedRuntimeHost, Limits, Stdio, printable,
};
use std::path::Path;
use std::time::Duration;

/// A plug-in that was loaded.
struct PlugIn {
    name: String,
    /// A WebAssembly sandbox with a whole .NET in it. It is created in microseconds, and dropping it is all there is to unloading.
    runtime: IsolatedRuntime,
    /// Found once, called often. It names the method inside `runtime`, and works with that one only.
    handle: IsolatedMethod,
}

impl PlugIn {
    fn load(host: &IsolatedRuntimeHost, name: &str) -> isolator_host::Result<Self> {
        let mut runtime = host.runtime().stdout(Stdio::Discard).create()?;
        let handle = runtime.find_method(name, "PlugIn", "Handle")?;
        Ok(Self {
            name: name.into(),
            runtime,
            handle,
        })
    }

    /// Asks the plug-in. What it answers is its own word: `printable` escapes what would command a terminal.
    fn ask(&mut self, text: &str) -> isolator_host::Result<String> {
        let answer: String = self.handle.invoke(&mut self.runtime, (text,))?;
        Ok(printable::line(&answer).into_owned())
    }
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments
        .next()
        .context("the first argument is the folder of the plug-ins")?;
    let host = IsolatedRuntimeHost::builder()
        // A plug-in's `Assembly.Load("X")` ends at this folder, too. It never sees a path, and reads no file.
        .assembly_directory(&folder)?
        // For each plug-in by itself.
        .limits(
            Limits::default()
                .memory(64 << 20)
                .call_timeout(Duration::from_secs(2))
                .max_output(1 << 20),
        )
        .build()?;

    let mut plug_ins = Vec::new();
    for name in assemblies(Path::new(&folder))? {
        match PlugIn::load(&host, &name) {
            Ok(plug_in) => plug_ins.push(plug_in),
            // Not every assembly is a plug-in: some are what plug-ins use.
            Err(error) => println!("{name} is no plug-in: {}", first_line(&error)),
        }
    }

    for text in arguments {
        println!("> {text}");
        for plug_in in &mut plug_ins {
            match plug_in.ask(&text) {
                Ok(answer) => println!("  {}: {answer}", plug_in.name),
                // An exception, for example: the plug-in failed, and works on.
                Err(error) if !error.is_fatal() => {
                    println!("  {} failed: {}", plug_in.name, first_line(&error));
                }
                // A limit, a crash, `Environment.Exit`: its runtime is of no more use. A new one takes its place, without memories.
                Err(error) => {
                    println!(
                        "  {} is started anew: {}",
                        plug_in.name,
                        what_ended_it(&error)
                    );
                    *plug_in = PlugIn::load(&host, &plug_in.name.clone())?;
                }
            }
        }
    }
    Ok(())
}

/// The names of a folder's assemblies, in order.
fn assemblies(folder: &Path) -> Result<Vec<String>> {
    let entries = folder
        .read_dir()
        .with_context(|| format!("read the folder {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "dll")
            && let Some(name) = path.file_stem().and_then(|name| name.to_str())
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Errors are typed: a host decides by their kind, and does not read sentences.
fn what_ended_it(error: &Error) -> String {
    match error {
        Error::Limit { limit, allowed, .. } => {
            format!("it reached its limit of {limit}, {}", limit.show(*allowed))
        }
        Error::Trap { kind, .. } => format!("it crashed ({kind:?})"),
        Error::Exit { code } => format!("it ended itself with code {code}"),
        other => first_line(other),
    }
}

/// Without the guest's stack trace, which is for its author.
fn first_line(error: &Error) -> String {
    let text = error.to_string();
    printable::line(text.lines().next().unwrap_or_default()).into_owned()
}
