//! The C# compiler of scripts as a package of its own, which who runs no scripts need not have: `Isolator.DotNet.Scripting`.

use crate::nupkg::{Manifest, PackageFile};
use crate::repository::Repository;
use crate::scripting::ROSLYN;
pub use crate::scripting::folder;
use anyhow::{Context, Result, ensure};
use isolator_abi::side::SIDE_SUFFIX;
use std::path::{Path, PathBuf};
use zip::DateTime;

/// The id.
const ID: &str = "Isolator.DotNet.Scripting";
/// What the folder is called in the package, and where the library and the program look for it.
const FOLDER: &str = "isolator-scripting";
/// What is written by hand.
const SOURCES: &str = "bindings/dotnet/Scripting";
/// What the compiler's own package says of others' work, in every version of it.
const NOTICES: &str = "ThirdPartyNotices.rtf";

const DESCRIPTION: &str = "The C# compiler inside an Isolator sandbox: with it, Isolator.DotNet compiles and runs C# source - scripts, expressions, sessions - \
    in isolated .NET runtimes.";

/// The compiler's files, with the texts that go along, each by its path beside an application or program.
pub fn files(workspace: &Path, compiler: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(compiler).with_context(|| {
        format!(
            "read {}, which `cargo xtask build-guest` makes",
            compiler.display()
        )
    })? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".dll") || name.ends_with(SIDE_SUFFIX) {
            files.push((format!("{FOLDER}/{name}"), path.clone()));
        }
    }
    for name in ROSLYN {
        let file = format!("{FOLDER}/{name}.dll");
        ensure!(
            files.iter().any(|(path, _)| *path == file),
            "{} has no {name}.dll",
            compiler.display()
        );
    }
    let license = workspace.join(SOURCES).join("roslyn-LICENSE.txt");
    files.push((format!("{FOLDER}/roslyn-LICENSE.txt"), license));
    files.push((format!("{FOLDER}/roslyn-{NOTICES}"), notices(workspace)?));
    files.sort();
    Ok(files)
}

/// The notices as they came with the compiler.
fn notices(workspace: &Path) -> Result<PathBuf> {
    let package = workspace
        .join("target/toolchain/nuget-packages")
        .join(ROSLYN[1].to_lowercase());
    let mut found: Vec<PathBuf> = std::fs::read_dir(&package)
        .with_context(|| format!("read {}", package.display()))?
        .map(|entry| Ok(entry?.path().join(NOTICES)))
        .collect::<Result<_>>()?;
    found.retain(|path| path.is_file());
    found.sort();
    found
        .pop()
        .with_context(|| format!("{} has no {NOTICES}", package.display()))
}

/// Writes the package.
pub fn pack(
    workspace: &Path,
    files: &[(String, PathBuf)],
    out: &Path,
    date: DateTime,
    repository: Option<&Repository>,
) -> Result<()> {
    let sources = workspace.join(SOURCES);
    let mut entries = Vec::new();
    for (name, path) in files {
        entries.push(PackageFile::read(name, path)?);
    }
    let targets = format!("{ID}.targets");
    for folder in ["build", "buildTransitive"] {
        entries.push(PackageFile::read(
            format!("{folder}/{targets}"),
            &sources.join(&targets),
        )?);
    }
    // Nothing to refer to, and made for this .NET.
    entries.push(PackageFile::new("lib/net10.0/_._", ""));
    let readme = std::fs::read_to_string(sources.join("Package.md"))?;
    let more = format!(
        "<dependencies><group targetFramework=\"net10.0\"><dependency id=\"Isolator.DotNet\" version=\"[{}]\" /></group></dependencies>",
        env!("CARGO_PKG_VERSION")
    );
    let manifest = Manifest {
        id: ID,
        title: "C# scripts in isolated .NET runtimes",
        description: DESCRIPTION,
        tags: "sandbox webassembly isolation csharp scripting roslyn",
        license: "(MIT OR Apache-2.0) AND MIT",
        more: &more,
        repository,
    };
    manifest.write(workspace, &readme, entries, out, date)
}
