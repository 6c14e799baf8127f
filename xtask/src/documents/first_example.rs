//! The first example of the C# guide, as a reader makes it: the packages in a folder, its commands, its program, and what that prints.

use super::Workshop;
use super::text::{Block, Document, is_script};
use anyhow::{Context, Result, ensure};
use isolator_guest_shim::tools;
use std::path::PathBuf;
use std::process::Command;

const GUIDE: &str = "bindings/dotnet/README.md";

/// A home without anybody's settings: packages come from here and from the feed alone.
const SETTINGS: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<configuration>
  <packageSources>
    <clear />
    <add key="feed" value="FEED" />
  </packageSources>
</configuration>
"#;

/// As `dotnet new console` makes it.
const CONSOLE: &str = r#"<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <Nullable>enable</Nullable>
  </PropertyGroup>
</Project>
"#;

/// Follows the guide.
pub fn follow(workshop: &Workshop<'_>, documents: &[Document]) -> Result<()> {
    let guide = documents
        .iter()
        .find(|document| document.path == GUIDE)
        .with_context(|| format!("{GUIDE} is gone"))?;
    let mut blocks = guide.blocks().into_iter();
    let mut next = |what: &str, fits: &dyn Fn(&Block<'_>) -> bool| {
        let found = blocks.find(|block| fits(block));
        found.with_context(|| format!("{GUIDE} has no {what}"))
    };
    let script = next("script that makes a project", &|block| {
        is_script(&block.text)
    })?;
    let program = next("program after it", &|block| block.language == "csharp")?;
    let session = next("session after that", &|block| block.language == "console")?;

    let folder = tempfile::tempdir()?;
    let packages = folder.path().join("packages");
    std::fs::create_dir(&packages)?;
    for package in workshop.packages.read_dir()? {
        let package = package?;
        std::fs::copy(package.path(), packages.join(package.file_name()))?;
    }
    let home = folder.path().join("home");
    // Where there is no feed of ours, the SDK writes settings of its own, with the public gallery.
    if let Some(feed) = &workshop.sdk.tools.feed {
        let settings = home.join(".nuget/NuGet");
        std::fs::create_dir_all(&settings)?;
        std::fs::write(
            settings.join("NuGet.Config"),
            SETTINGS.replace("FEED", &feed.to_string_lossy()),
        )?;
    } else {
        std::fs::create_dir(&home)?;
    }

    // Machine code that was compiled before serves again.
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| std::env::home_dir().map(|home| home.join(".cache")));

    let shell = |line: &str, within: &std::path::Path| -> Result<String> {
        println!("$ {}", line.trim().replace('\n', "\n$ "));
        let mut shell = Command::new("sh");
        tools::dotnet_environment(&mut shell, folder.path());
        shell
            .args(["-e", "-c", line])
            .current_dir(within)
            .env("PATH", workshop.search_path()?)
            .env("HOME", &home)
            .env("DOTNET_CLI_HOME", &home)
            .env_remove("DOTNET_CLI_UI_LANGUAGE")
            .env_remove("ISOLATOR_GUEST")
            .env_remove("ISOLATOR_NATIVE");
        if let Some(cache) = &cache {
            shell.env("XDG_CACHE_HOME", cache);
        }
        Ok(tools::run("follow the C# guide", &mut shell)?)
    };
    let project = folder.path().join("Hello");
    let root = workshop.sdk.tools.dotnet.parent();
    if root.is_some_and(|root| root.join("templates").is_dir()) {
        shell(&script.text, folder.path())?;
    } else {
        // An SDK that was cut down has no templates: the project is what the first command would make.
        let rest = script.text.strip_prefix("dotnet new console -n Hello && ");
        let rest =
            rest.with_context(|| format!("the script of {GUIDE} begins with another command"))?;
        std::fs::create_dir(&project)?;
        std::fs::write(project.join("Hello.csproj"), CONSOLE)?;
        shell(rest, folder.path())?;
    }
    std::fs::write(project.join("Program.cs"), &program.text)?;
    let (command, due) = session
        .text
        .split_once('\n')
        .context("the session is empty")?;
    let command = command
        .strip_prefix("$ ")
        .context("the session has no command")?;
    let printed = shell(command, &project)?;
    // The guide was written on one processor, and is followed on others.
    let here = match std::env::consts::ARCH {
        "aarch64" => "Arm64",
        _ => "X64",
    };
    let due = due.replace("X64", here);
    ensure!(
        printed == due,
        "the program of {GUIDE} printed {printed:?} instead of {due:?}"
    );
    Ok(())
}
