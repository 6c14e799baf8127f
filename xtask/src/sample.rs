//! The packages as users have them: a program that refers to them, and the tool, in folders that are not part of the repository.

use crate::managed::Sdk;
use crate::nupkg;
use crate::pack::{self, Parts};
use crate::repository::Repository;
use anyhow::{Context, Result, bail, ensure};
use isolator_guest_shim::tools;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the sample of scripts prints, with the package of the compiler and without it.
const SCRIPTS_PRINT: &str = "sum 12\nhello packages\nscript.cs(1,9): error CS0103: The name 'wrong' does not exist in the current context\n";
const WITHOUT_COMPILER: &str = "Add the package Isolator.DotNet.Scripting";

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
    scripts(sdk, workspace, packages)?;
    install(sdk, workspace, packages)?;
    compile_ahead(sdk, workspace, parts, packages)
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
    let cache = place.path().join("cache");
    let mut sample = application(sdk, workspace, packages, place.path(), "PackageSample")?;
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

/// A copy of a project of `tests`, in a folder that is no part of the repository, that `dotnet run` builds with the packages.
fn application(
    sdk: &Sdk,
    workspace: &Path,
    packages: &Path,
    place: &Path,
    name: &str,
) -> Result<Command> {
    let folder = match name {
        "PackageSample" => "package-sample",
        _ => "package-scripts",
    };
    let project = place.join(name);
    std::fs::create_dir(&project)?;
    for file in [&*format!("{name}.csproj"), "Program.cs"] {
        let from = workspace.join("tests").join(folder).join(file);
        std::fs::copy(&from, project.join(file))
            .with_context(|| format!("copy {}", from.display()))?;
    }
    let mut sample = sdk.run(&project.join(format!("{name}.csproj")));
    sample
        .args(["-c", "Release", "-v", "quiet"])
        .arg(format!(
            "-p:RestoreAdditionalProjectSources={}",
            packages.display()
        ))
        // Not the ordinary one, which may hold packages of the same version that were made before.
        .env("NUGET_PACKAGES", place.join("nuget-packages"))
        .env("ISOLATOR_CACHE", place.join("cache"))
        .env_remove("ISOLATOR_GUEST")
        .env_remove("ISOLATOR_NATIVE")
        .env_remove("ISOLATOR_SCRIPTING")
        .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
    Ok(sample)
}

/// A program that runs scripts, with the package of the compiler, and without it.
pub fn scripts(sdk: &Sdk, workspace: &Path, packages: &Path) -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut sample = application(sdk, workspace, packages, place.path(), "PackageScripts")?;
    let printed = tools::run("run the sample of scripts", &mut sample)?;
    ensure!(
        printed == SCRIPTS_PRINT,
        "the sample of scripts should print:\n{SCRIPTS_PRINT}\nand printed:\n{printed}"
    );
    let without = tempfile::tempdir()?;
    let mut sample = application(sdk, workspace, packages, without.path(), "PackageScripts")?;
    sample.arg("-p:WithoutCompiler=true");
    // A library of this workspace would find the one that was built here.
    sample.env("ISOLATOR_SCRIPTING", without.path().join("none"));
    let printed = tools::run("run the sample of scripts without a compiler", &mut sample)?;
    ensure!(
        printed.contains(WITHOUT_COMPILER),
        "without the compiler, the sample of scripts should print `{WITHOUT_COMPILER}`, and printed:\n{printed}"
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

/// A program and its plug-in that are compiled ahead by their builds (`IsolatorCompile`): once, and again after a change.
pub fn compile_ahead(sdk: &Sdk, workspace: &Path, parts: &Parts, packages: &Path) -> Result<()> {
    let place = tempfile::tempdir()?;
    for file in [
        "App/App.csproj",
        "App/Program.cs",
        "PlugIn/PlugIn.csproj",
        "PlugIn/Rule.cs",
    ] {
        let from = workspace.join("tests/package-ahead").join(file);
        let to = place.path().join(file);
        std::fs::create_dir_all(to.parent().unwrap_or(place.path()))?;
        std::fs::copy(&from, &to).with_context(|| format!("copy {}", from.display()))?;
    }
    let project = place.path().join("App/App.csproj");
    let out = place.path().join("App/bin/Release/net10.0");
    let with = |mut command: Command| {
        command
            .args(["-c", "Release"])
            .arg(format!(
                "-p:RestoreAdditionalProjectSources={}",
                packages.display()
            ))
            .env("NUGET_PACKAGES", place.path().join("nuget-packages"))
            .env("ISOLATOR_CACHE", place.path().join("cache"))
            // What a plug-in without the package with the image is compiled for.
            .env("ISOLATOR_GUEST", &parts.guest)
            .env(
                "ISOLATOR_COMPILER",
                compiler(&workspace.join("target/toolchain/nuget-packages"))?,
            )
            .env_remove("ISOLATOR_NATIVE")
            .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
        anyhow::Ok(command)
    };
    let tool = format!("-p:IsolatorTool={}", parts.built.join("isolator").display());
    let build = |properties: &[&str]| {
        let mut command = with(sdk.command("build", &project))?;
        command
            .args(["--nologo", "-v", "minimal", "--disable-build-servers"])
            .args(properties);
        tools::run("build the sample that is compiled ahead", &mut command)
            .map_err(anyhow::Error::from)
    };

    // Without the tool, a build says what to do.
    for (properties, code, remedy) in [
        (
            "-p:IsolatorTool=nowhere/isolator",
            "ISOLATOR001",
            "nowhere/isolator', which does not exist",
        ),
        (
            "-p:PATH=nowhere",
            "ISOLATOR002",
            "dotnet tool install --global Isolator.DotNet.Tool",
        ),
    ] {
        let Err(error) = build(&[properties]) else {
            bail!("a project was compiled ahead with {properties}");
        };
        let said = format!("{error:#}");
        ensure!(
            said.contains(code) && said.contains(remedy),
            "the build with {properties} did not say {code}, but: {said}"
        );
    }

    let compiled = |said: &str, project: &str| {
        said.contains(&format!("{project}: compiling {project}.dll ahead"))
    };
    let content = |project: &str| {
        let path = out.join(format!("{project}.isolated.wasm"));
        std::fs::read(&path).with_context(|| format!("read {}", path.display()))
    };
    let projects = ["PlugIn", "App"];
    let first = build(&[&tool])?;
    let before = projects.map(content);
    for (project, content) in projects.iter().zip(before) {
        ensure!(
            content?.starts_with(b"\0asm") && compiled(&first, project),
            "{project} was not compiled ahead:\n{first}"
        );
    }
    let second = build(&[&tool])?;
    ensure!(
        projects.iter().all(|project| !compiled(&second, project)),
        "what had not changed was compiled again:\n{second}"
    );
    let source = place.path().join("PlugIn/Rule.cs");
    let text = std::fs::read_to_string(&source)?;
    std::fs::write(&source, text.replace("3L", "4L"))?;
    let third = build(&[&tool])?;
    ensure!(
        projects.iter().all(|project| compiled(&third, project)),
        "after a change, not all that is concerned was compiled again:\n{third}"
    );

    let mut run = with(sdk.run(&project))?;
    run.args(["--no-build", "-v", "quiet"]);
    let printed = tools::run("run the sample that is compiled ahead", &mut run)?;
    ensure!(
        printed.contains("1998000, with 2 assemblies compiled"),
        "the sample that is compiled ahead printed:\n{printed}"
    );

    let published = place.path().join("published");
    let mut publish = with(sdk.command("publish", &project))?;
    publish
        .args(["--nologo", "-v", "quiet", "--disable-build-servers", &tool])
        .arg("-o")
        .arg(&published);
    tools::run("publish the sample that is compiled ahead", &mut publish)?;
    for project in projects {
        ensure!(
            published.join(format!("{project}.isolated.wasm")).is_file(),
            "what was published has no compiled code of {project}"
        );
    }

    let mut clean = with(sdk.command("clean", &project))?;
    clean.args(["--nologo", "-v", "quiet"]);
    tools::run("clean the sample that is compiled ahead", &mut clean)?;
    ensure!(
        content("App").is_err(),
        "`dotnet clean` has left compiled code"
    );
    Ok(())
}

/// The folder of the compiler's package, as the guest image was built with it.
fn compiler(packages: &Path) -> Result<PathBuf> {
    let id = isolator_compile::package().context("there is no compiler for this machine")?;
    let at = packages
        .join(id.to_lowercase())
        .join(isolator_guest_shim::pack::DEFAULT_VERSION);
    ensure!(at.is_dir(), "{} is not there", at.display());
    Ok(at)
}
