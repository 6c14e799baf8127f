//! The command line as a .NET tool: `dotnet tool install Isolator.DotNet.Tool`. One package says which platforms there are, and one for each platform has the
//! program, which is no .NET program.

use crate::nupkg::{Manifest, PackageFile};
use crate::repository::Repository;
use anyhow::Result;
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
    let one = format!("{ID}.{platform}");
    let write = |id: &str, kind: &str, entries: Vec<PackageFile>| {
        let more = format!("<packageTypes><packageType name=\"{kind}\" /></packageTypes>");
        let manifest = Manifest {
            id,
            title: "isolator",
            description: DESCRIPTION,
            tags: "sandbox webassembly wasm isolation tool",
            license: "MIT OR Apache-2.0",
            more: &more,
            repository,
        };
        manifest.write(workspace, README, entries, out, date)
    };
    let settings = format!(
        r#"<RuntimeIdentifierPackages><RuntimeIdentifierPackage RuntimeIdentifier="{platform}" Id="{one}" /></RuntimeIdentifierPackages>"#
    );
    let choice = PackageFile::new(
        "tools/any/any/DotnetToolSettings.xml",
        tool(r#"Name="isolator""#, &settings),
    );
    write(ID, "DotnetTool", vec![choice])?;

    let folder = format!("tools/any/{platform}");
    let mut entries = vec![PackageFile::new(
        format!("{folder}/DotnetToolSettings.xml"),
        tool(
            r#"Name="isolator" EntryPoint="isolator" Runner="executable""#,
            "",
        ),
    )];
    for (name, path) in files {
        entries.push(PackageFile::read(format!("{folder}/{name}"), &path)?);
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

fn tool(command: &str, more: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?><DotNetCliTool Version="2"><Commands><Command {command} /></Commands>{more}</DotNetCliTool>"#
    )
}
