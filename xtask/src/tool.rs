//! The command line as a .NET tool: `dotnet tool install Isolator.DotNet.Tool`. One package says which platforms there are, and one for each platform has the
//! program, which is no .NET program.

use crate::nupkg::{self, Entry};
use crate::repository::Repository;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use zip::DateTime;

/// The id under which it is installed.
const ID: &str = "Isolator.DotNet.Tool";

const DESCRIPTION: &str = "The command `isolator`: runs .NET programs in a WebAssembly sandbox with limits, with no access to the machine but what they are given. \
    Calls single methods, and shows what is in an assembly.";

/// Writes both packages. `files`: the program and what lies beside it, by path.
pub fn pack(
    workspace: &Path,
    platform: &str,
    files: Vec<(String, PathBuf)>,
    out: &Path,
    date: DateTime,
    repository: Option<&Repository>,
) -> Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    let one = format!("{ID}.{platform}");
    let write = |id: &str, kind: &str, mut entries: Vec<Entry>| {
        for name in ["LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY-NOTICES.md"] {
            entries.push(Entry::new(name, read(&workspace.join(name))?));
        }
        entries.push(Entry::new("README.md", README));
        let manifest = Entry::new(
            format!("{id}.nuspec"),
            manifest(id, version, kind, repository),
        );
        let path = out.join(format!("{id}.{version}.nupkg"));
        nupkg::create(&path, manifest, entries, date)
    };
    let settings = format!(
        r#"<RuntimeIdentifierPackages><RuntimeIdentifierPackage RuntimeIdentifier="{platform}" Id="{one}" /></RuntimeIdentifierPackages>"#
    );
    let choice = Entry::new(
        "tools/any/any/DotnetToolSettings.xml",
        tool(r#"Name="isolator""#, &settings),
    );
    write(ID, "DotnetTool", vec![choice])?;

    let folder = format!("tools/any/{platform}");
    let mut entries = vec![Entry::new(
        format!("{folder}/DotnetToolSettings.xml"),
        tool(
            r#"Name="isolator" EntryPoint="isolator" Runner="executable""#,
            "",
        ),
    )];
    for (name, path) in files {
        entries.push(Entry::new(format!("{folder}/{name}"), read(&path)?));
    }
    write(&one, "DotnetToolRidPackage", entries)
}

const README: &str = "# isolator\n\
    Runs .NET programs in a WebAssembly sandbox, with no access to the machine but what they are given.\n\n\
    ```sh\n\
    dotnet tool install --global Isolator.DotNet.Tool\n\
    isolator run App.dll --timeout 5s --memory 64MiB\n\
    ```\n\n\
    `isolator --help` says the rest. It needs Linux on x86-64.\n";

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("read {}", path.display()))
}

fn tool(command: &str, more: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?><DotNetCliTool Version="2"><Commands><Command {command} /></Commands>{more}</DotNetCliTool>"#
    )
}

fn manifest(id: &str, version: &str, kind: &str, repository: Option<&Repository>) -> String {
    let repository = repository.map_or_else(String::new, |Repository { url, commit }| {
        format!("\n    <repository type=\"git\" url=\"{url}\" commit=\"{commit}\" />")
    });
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
  <metadata>
    <id>{id}</id>
    <version>{version}</version>
    <title>isolator</title>
    <authors>Isolator contributors</authors>
    <license type="expression">MIT OR Apache-2.0</license>
    <readme>README.md</readme>
    <description>{DESCRIPTION}</description>
    <tags>sandbox webassembly wasm isolation tool</tags>{repository}
    <packageTypes><packageType name="{kind}" /></packageTypes>
  </metadata>
</package>
"#
    )
}
