//! The C# compiler for inside: built beside the guest image, for `isolator-script`.

use crate::managed::Sdk;
use crate::progress::Steps as Progress;
use anyhow::Result;
use isolator_guest_shim::error::BuildError;
use isolator_guest_shim::steps::{Inputs, Steps};
use std::path::Path;

const NAME: &str = "scripting";
const FILES: [&str; 3] = [
    "Isolator.Scripting.dll",
    "Microsoft.CodeAnalysis.dll",
    "Microsoft.CodeAnalysis.CSharp.dll",
];

/// Builds it into `target/scripting`, unless it is there already.
pub fn build(workspace: &Path, progress: &Progress) -> Result<()> {
    let sdk = Sdk::find(workspace)?;
    let out = workspace.join("target").join(NAME);
    let source = workspace.join("guest-dotnet/Isolator.Scripting");
    let is_source = |path: &Path| {
        path.extension()
            .is_some_and(|e| ["cs", "csproj"].iter().any(|x| e == *x))
    };
    let inputs = Inputs::default()
        .value(&sdk.tools.sdk_version)
        .folder(&source, &is_source)?
        .file(&workspace.join("guest-dotnet/Directory.Build.props"))?;
    let outputs = FILES.map(|file| out.join(file));
    let outputs: Vec<&Path> = outputs.iter().map(|path| &**path).collect();
    let report = |name: &str, state| progress.report(name, state);
    let steps = Steps::new(out.join(".keys"), &report)?;
    steps.run("C# compiler", inputs, &outputs, || {
        sdk.build(&source.join("Isolator.Scripting.csproj"), Some(&out))
            .map_err(|error| BuildError::Recipe(format!("{error:#}")))
    })?;
    Ok(())
}
