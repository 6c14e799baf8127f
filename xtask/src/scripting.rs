//! The C# compiler for inside: built beside the guest image, for `isolator-script`, and compiled ahead for that image.

use crate::managed::Sdk;
use crate::progress::Steps as Progress;
use anyhow::Result;
use isolator_abi::side::SIDE_SUFFIX;
use isolator_compile::{
    Compiled, Compiler, Guest, SIDE_SOURCES, Selection, ToolLimits, Tools, stamped_for,
};
use isolator_guest_shim::BuiltGuest;
use isolator_guest_shim::error::{BuildError, Context};
use isolator_guest_shim::steps::{Inputs, Steps};
use isolator_host::GuestImage;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The lists of Roslyn's methods that are compiled ahead: `cargo xtask train --compiler` writes them.
pub const LIST: &str = "guest-dotnet/compiled-scripting";
/// Roslyn's assemblies, each after those that it refers to.
pub const ROSLYN: [&str; 2] = ["Microsoft.CodeAnalysis", "Microsoft.CodeAnalysis.CSharp"];

const NAME: &str = "scripting";
const OWN: &str = "Isolator.Scripting";

/// Where it is.
pub fn folder(workspace: &Path) -> PathBuf {
    workspace.join("target").join(NAME)
}

/// Builds it into `target/scripting`, unless it is there already, and its compiled code for this guest, where there are the tools for that.
pub fn build(workspace: &Path, guest: &BuiltGuest, progress: &Progress) -> Result<()> {
    let sdk = Sdk::find(workspace)?;
    let out = folder(workspace);
    let source = workspace.join("guest-dotnet/Isolator.Scripting");
    let is_source = |path: &Path| {
        path.extension()
            .is_some_and(|e| ["cs", "csproj"].iter().any(|x| e == *x))
    };
    let inputs = Inputs::default()
        .value(&sdk.tools.sdk_version)
        .folder(&source, &is_source)?
        .file(&workspace.join("guest-dotnet/Directory.Build.props"))?;
    let [first, second] = ROSLYN;
    let outputs = [OWN, first, second].map(|name| assembly(&out, name));
    let outputs: Vec<&Path> = outputs.iter().map(|path| &**path).collect();
    let report = |name: &str, state| progress.report(name, state);
    let steps = Steps::new(out.join(".keys"), &report)?;
    steps.run("C# compiler", inputs, &outputs, || {
        sdk.build(&source.join("Isolator.Scripting.csproj"), Some(&out))
            .map_err(|error| BuildError::Recipe(format!("{error:#}")))
    })?;
    compile_ahead(workspace, &sdk, guest, &steps)
}

/// The list of one assembly.
pub fn list(workspace: &Path, name: &str) -> PathBuf {
    workspace.join(LIST).join(format!("{name}.txt"))
}

fn assembly(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.dll"))
}

/// Compiles its assemblies ahead: of Roslyn's what is listed, of ours all.
fn compile_ahead(workspace: &Path, sdk: &Sdk, built: &BuiltGuest, steps: &Steps<'_>) -> Result<()> {
    if built.manifest.compiled_methods == 0 {
        return Ok(());
    }
    let packages = [workspace.join("target/toolchain/nuget-packages")];
    let tools = match Tools::find(&built.manifest.dotnet_version, &packages) {
        Ok(tools) => tools,
        Err(error) => {
            tracing::warn!("the C# compiler of scripts stays interpreted: {error}");
            return Ok(());
        }
    };
    let (code, state) = GuestImage::open(&built.folder)?.read_modules()?;
    let guest = Guest::new(&built.manifest, &code, &state)?;
    let compiler = Compiler {
        guest: &guest,
        tools: &tools,
        // The largest takes two minutes of a processor that others may want, too.
        limits: ToolLimits {
            time: Duration::from_secs(1800),
            memory: 8 << 30,
        },
    };
    let out = folder(workspace);
    let mut before: Vec<PathBuf> = Vec::new();
    for name in ROSLYN.into_iter().chain([OWN]) {
        let path = assembly(&out, name);
        let mut inputs = Inputs::default()
            .value(guest.key())
            .value(&sdk.tools.clang_version)
            .value(SIDE_SOURCES.concat())
            .value(isolator_compile::CLANG.join(" "))
            .file(&path)?;
        let selection = match name {
            OWN => None,
            _ => Some(Selection::read(&list(workspace, name))?),
        };
        if let Some(selection) = &selection {
            inputs = inputs.value(selection.text());
        }
        for other in &before {
            inputs = inputs.file(other)?;
        }
        let made = out.join(format!(".keys/{name}.wasm"));
        let key = steps.run(&format!("{name} ahead"), inputs, &[&made], || {
            let bytes = std::fs::read(&path).at("read", &path)?;
            let others = before
                .iter()
                .map(|path| std::fs::read(path).at("read", path))
                .collect::<Result<Vec<_>, _>>()?;
            let others: Vec<&[u8]> = others.iter().map(Vec::as_slice).collect();
            let compiled = match &selection {
                None => compiler.compile(&bytes, &others)?,
                Some(selection) => compiler.compile_selected(&bytes, &others, selection)?,
            };
            tell(&compiled);
            std::fs::write(&made, compiled.wasm).at("write", &made)
        })?;
        let beside = out.join(format!("{name}.{SIDE_SUFFIX}"));
        let inputs = Inputs::default().value(key).value(&built.manifest.digest);
        steps.run(&format!("{name} stamped"), inputs, &[&beside], || {
            let bytes = std::fs::read(&made).at("read", &made)?;
            let stamped = stamped_for(&bytes, &built.manifest.digest)?;
            std::fs::write(&beside, stamped).at("write", &beside)
        })?;
        before.push(path);
    }
    Ok(())
}

fn tell(compiled: &Compiled) {
    let [first, second, third] = compiled.times.map(|time| time.as_secs_f32());
    eprintln!(
        "    {}: {} methods, {} of its own, {:.1} MB of code; compiler {first:.0} s, clang {second:.0} s, linker {third:.0} s",
        compiled.assembly,
        compiled.methods,
        compiled.own,
        compiled.wasm.len() as f64 / 1e6,
    );
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, reason) in &compiled.interpreted {
        *reasons.entry(reason).or_default() += 1;
    }
    for (reason, number) in reasons {
        eprintln!("    {number} stay interpreted: {reason}");
    }
    if !compiled.lost.is_empty() {
        tracing::warn!(
            "{} of the methods in {LIST} are not in {}:\n  {}",
            compiled.lost.len(),
            compiled.assembly,
            compiled.lost.join("\n  ")
        );
    }
}
