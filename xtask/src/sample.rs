//! The packages as users have them: a program that refers to them, and the tool, in folders that are not part of the repository.

use crate::managed::Sdk;
use crate::nupkg;
use crate::pack::{self, Parts};
use crate::repository::Repository;
use anyhow::{Context, Result, ensure};
use isolator_guest_shim::tools;
use std::path::Path;
use std::process::Command;

/// What the sample prints. The machine code came with the package: the first start is no other than later ones.
const PRINTS: &[&str] = &[
    "the machine code that came with the guest image is used",
    "inside Wasm",
    "captured 42",
    "hello host",
];

/// Packs twice, the first time into `packages`, and compares; runs the sample with the packages, and installs the tool.
pub fn pack_and_run(sdk: &Sdk, workspace: &Path, parts: &Parts, packages: &Path) -> Result<()> {
    let again = tempfile::tempdir()?;
    let first = pack::pack(sdk, workspace, parts, packages)?;
    let second = pack::pack(sdk, workspace, parts, again.path())?;
    for (first, second) in first.iter().zip(&second) {
        ensure!(
            std::fs::read(first)? == std::fs::read(second)?,
            "{} was packed twice, and is not the same",
            first.display()
        );
    }
    sources_are_named(sdk, workspace)?;
    run(sdk, workspace, packages)?;
    install(sdk, workspace, packages)
}

/// Packs a project with an address and without one: package and symbols say where their sources are, and say nothing.
fn sources_are_named(sdk: &Sdk, workspace: &Path) -> Result<()> {
    let url = "https://github.com/example/isolator";
    // Sources outside of a repository have nothing to name.
    let Some(repository) = Repository::at(workspace, url.into()) else {
        return Ok(());
    };
    let commit = &repository.commit;
    let wanted = [
        (
            "nupkg",
            ".nuspec",
            "<repository ",
            format!(r#"<repository type="git" url="{url}" commit="{commit}" />"#),
        ),
        // Paths of sources begin with `/_/` in the symbols. A debugger takes the rest of one for the asterisk in the address.
        (
            "snupkg",
            ".pdb",
            r#"{"documents":"#,
            format!(
                r#"{{"documents":{{"/_/*":"https://raw.githubusercontent.com/example/isolator/{commit}/*"}}}}"#
            ),
        ),
    ];
    let place = tempfile::tempdir()?;
    let project = workspace.join(pack::GUEST_PROJECT);
    for (folder, repository) in [("with", Some(&repository)), ("without", None)] {
        let out = place.path().join(folder);
        pack::pack_project(sdk, &project, &place.path().join("files"), &out, repository)?;
        for (kind, file, begins, whole) in &wanted {
            let package = out.join(format!(
                "Isolator.DotNet.Guest.{}.{kind}",
                env!("CARGO_PKG_VERSION")
            ));
            let entry = nupkg::read(&package)?
                .into_iter()
                .find(|entry| entry.name.ends_with(file))
                .with_context(|| format!("{} has no {file}", package.display()))?;
            let text = String::from_utf8_lossy(&entry.content);
            let right = match repository {
                Some(_) => text.contains(whole),
                None => !text.contains(begins),
            };
            ensure!(
                right,
                "{} in a package that was made {folder} an address should have {} `{whole}`",
                entry.name,
                if repository.is_some() { "this:" } else { "no" }
            );
        }
    }
    Ok(())
}

/// Has `dotnet run` build the sample with the packages of a folder, and run it.
pub fn run(sdk: &Sdk, workspace: &Path, packages: &Path) -> Result<()> {
    let place = tempfile::tempdir()?;
    let project = place.path().join("PackageSample");
    std::fs::create_dir(&project)?;
    for name in ["PackageSample.csproj", "Program.cs"] {
        let from = workspace.join("tests/package-sample").join(name);
        std::fs::copy(&from, project.join(name))
            .with_context(|| format!("copy {}", from.display()))?;
    }

    let cache = place.path().join("cache");
    let mut sample = sdk.run(&project.join("PackageSample.csproj"));
    sample
        .args(["-c", "Release", "-v", "quiet"])
        .arg(format!(
            "-p:RestoreAdditionalProjectSources={}",
            packages.display()
        ))
        // Not the ordinary one, which may hold packages of the same version that were made before.
        .env("NUGET_PACKAGES", place.path().join("nuget-packages"))
        .env("ISOLATOR_CACHE", &cache)
        .env_remove("ISOLATOR_GUEST")
        .env_remove("ISOLATOR_NATIVE")
        .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
    let printed = tools::run("run the package sample", &mut sample)?;
    for part in PRINTS {
        ensure!(
            printed.contains(part),
            "the package sample did not print `{part}`, but:\n{printed}"
        );
    }
    let took = printed
        .lines()
        .find(|line| line.starts_with("first result"));
    eprintln!("package sample: {}", took.unwrap_or("no time was printed"));
    ensure!(
        !cache.exists(),
        "the package sample has made machine code, in {}",
        cache.display()
    );
    Ok(())
}

/// Installs the tool from a folder, and has it load its guest image.
pub fn install(sdk: &Sdk, workspace: &Path, packages: &Path) -> Result<()> {
    let place = tempfile::tempdir()?;
    let at = place.path().join("tools");
    let config = place.path().join("NuGet.config");
    std::fs::write(
        &config,
        format!(
            "<configuration><packageSources><clear /><add key=\"made\" value=\"{}\" /></packageSources></configuration>",
            packages.display()
        ),
    )?;
    let mut install = Command::new(&sdk.tools.dotnet);
    install
        .args([
            "tool",
            "install",
            "Isolator.DotNet.Tool",
            "--version",
            env!("CARGO_PKG_VERSION"),
        ])
        .arg("--tool-path")
        .arg(&at)
        .arg("--configfile")
        .arg(&config);
    tools::dotnet_environment(&mut install, &workspace.join("target/toolchain"));
    install.env("NUGET_PACKAGES", place.path().join("nuget-packages"));
    tools::run("install the tool", &mut install)?;

    let cache = place.path().join("cache");
    let mut info = Command::new(at.join("isolator"));
    info.args(["info", "--json"])
        .env("ISOLATOR_CACHE", &cache)
        .env_remove("ISOLATOR_GUEST");
    let printed = tools::run("run the tool", &mut info)?;
    let info: serde_json::Value =
        serde_json::from_str(&printed).with_context(|| format!("the tool printed `{printed}`"))?;
    ensure!(
        info["copy_on_write"] == true && info["guest"]["precompiled"] == true,
        "the tool printed `{printed}`"
    );
    ensure!(
        !cache.exists(),
        "the tool has made machine code, in {}",
        cache.display()
    );
    Ok(())
}
