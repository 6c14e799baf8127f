//! The sample that uses the packages as an application does, from a folder that is not part of the repository.

use crate::managed::Sdk;
use crate::pack;
use anyhow::{Context, Result, ensure};
use isolator_guest_shim::tools;
use std::path::Path;
use std::process::Command;

/// What the sample prints.
const PRINTS: &[&str] = &["inside Wasm", "captured 42", "hello host"];

/// Packs with this library and image, and runs the sample with the packages.
pub fn pack_and_run(sdk: &Sdk, workspace: &Path, library: &Path, guest: &Path) -> Result<()> {
    let packages = tempfile::tempdir()?;
    pack::pack(sdk, workspace, library, guest, packages.path())?;
    run(sdk, workspace, packages.path())
}

/// Builds the sample with the packages of a folder, and runs it.
pub fn run(sdk: &Sdk, workspace: &Path, packages: &Path) -> Result<()> {
    let place = tempfile::tempdir()?;
    let project = place.path().join("PackageSample");
    std::fs::create_dir(&project)?;
    for name in ["PackageSample.csproj", "Program.cs"] {
        let from = workspace.join("tests/package-sample").join(name);
        std::fs::copy(&from, project.join(name))
            .with_context(|| format!("copy {}", from.display()))?;
    }

    let out = place.path().join("out");
    let mut build = sdk.command("build", &project.join("PackageSample.csproj"));
    build
        .args(["-c", "Release", "-v", "quiet", "--nologo", "-o"])
        .arg(&out)
        .arg(format!(
            "-p:RestoreAdditionalProjectSources={}",
            packages.display()
        ))
        // Not the ordinary one, which may hold packages of the same version that were made before.
        .env("NUGET_PACKAGES", place.path().join("nuget-packages"));
    tools::run("build the package sample", &mut build)?;

    let mut program = Command::new(&sdk.tools.dotnet);
    program
        .arg(out.join("PackageSample.dll"))
        .env_remove("ISOLATOR_GUEST")
        .env_remove("ISOLATOR_NATIVE")
        .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
    let printed = tools::run("run the package sample", &mut program)?;
    for part in PRINTS {
        ensure!(
            printed.contains(part),
            "the package sample did not print `{part}`, but:\n{printed}"
        );
    }
    Ok(())
}
