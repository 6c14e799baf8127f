//! The managed side: built by the SDK, gathered with the base class library into the bundle that a guest boots from.

use crate::error::{BuildError, Context};
use crate::framework;
use crate::pack::Pack;
use crate::steps::{Inputs, files_under};
use crate::tools::{Tools, dotnet_environment, run};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Our assemblies inside every guest.
pub const OWN_ASSEMBLIES: &[&str] = &["DotNetIsolator.Guest.dll", "Isolator.Runtime.dll"];

/// Assemblies of ours that stand in for the runtime pack's of the same name.
///
/// The flavours for browsers only throw, though the pack has the codec of Brotli, and files can be watched by looking at them.
pub const REPLACED: &[&str] = &[
    "System.IO.Compression.Brotli.dll",
    "System.IO.FileSystem.Watcher.dll",
];

/// What is compiled, with all that it refers to.
const PROJECTS: &[&str] = &[
    "DotNetIsolator.Guest",
    "System.IO.Compression.Brotli",
    "System.IO.FileSystem.Watcher",
];

/// All that goes into the managed side, for the step's key.
///
/// # Errors
/// If a source cannot be read.
pub fn inputs(tools: &Tools, pack: &Pack, workspace: &Path) -> Result<Inputs, BuildError> {
    let source = |path: &Path| {
        path.extension().is_some_and(|e| {
            ["cs", "csproj", "props", "snk", "targets"]
                .iter()
                .any(|x| e == *x)
        })
    };
    let others = ["Isolator.Runtime.Tests", "Isolator.Scripting", "training"]
        .map(|name| workspace.join("guest-dotnet").join(name));
    let mut inputs = Inputs::default().value(include_str!("framework.rs"));
    for name in framework::TAKEN {
        if let Some(file) = framework::find(tools, pack, name)? {
            inputs = inputs.file(&file)?;
        }
    }
    inputs
        .value(&tools.sdk_version)
        .folder(&workspace.join("guest-dotnet"), &|path| {
            source(path) && !others.iter().any(|other| path.starts_with(other))
        })
}

/// Builds our assemblies into `out`, and takes those of the SDK's own .NET that stand in for the pack's.
///
/// # Errors
/// If the compiler finds something to say; it is in the error.
pub fn build(tools: &Tools, pack: &Pack, workspace: &Path, out: &Path) -> Result<(), BuildError> {
    for project in PROJECTS {
        compile(tools, workspace, project, out)?;
    }
    framework::take(tools, pack, out)
}

fn compile(tools: &Tools, workspace: &Path, project: &str, out: &Path) -> Result<(), BuildError> {
    let project = workspace
        .join("guest-dotnet")
        .join(project)
        .join(format!("{project}.csproj"));
    let mut dotnet = Command::new(&tools.dotnet);
    dotnet.arg("build").arg(&project).args([
        "-c",
        "Release",
        "-v",
        "quiet",
        "--nologo",
        "-p:ContinuousIntegrationBuild=true",
    ]);
    dotnet.arg("-o").arg(out);
    if let Some(feed) = &tools.feed {
        dotnet.arg("--source").arg(feed);
    }
    run(
        "build the managed side",
        dotnet_environment(&mut dotnet, &workspace.join("target/toolchain")),
    )?;
    Ok(())
}

/// The files of the bundle, sorted by name: the base class library and our own assemblies.
///
/// # Errors
/// If a folder cannot be listed, or an assembly of ours is missing.
pub fn bundle(pack: &Pack, own: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let is_assembly = |path: &Path| path.extension().is_some_and(|e| e == "dll");
    let mut files = files_under(&pack.libraries, &is_assembly)?;
    files.push(pack.native.join("System.Private.CoreLib.dll"));
    // They are made for the base class library of one version of .NET: another one's stays as it is.
    let mut replaced = if pack.version.starts_with("10.") {
        REPLACED.to_vec()
    } else {
        Vec::new()
    };
    let taken = framework::TAKEN.iter().copied();
    replaced.extend(taken.filter(|name| own.join(name).is_file()));
    files.retain(|path| !replaced.iter().any(|name| path.ends_with(name)));
    for name in OWN_ASSEMBLIES.iter().chain(&replaced) {
        let path = own.join(name);
        std::fs::metadata(&path).at("find", &path)?;
        files.push(path);
    }
    files.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundled(version: &str) -> Vec<PathBuf> {
        let root = tempfile::tempdir().unwrap();
        let folder = |name: &str, files: &[&str]| {
            let folder = root.path().join(name);
            std::fs::create_dir_all(&folder).unwrap();
            for file in files {
                std::fs::write(folder.join(file), "").unwrap();
            }
            folder
        };
        let own = OWN_ASSEMBLIES.iter().chain(REPLACED);
        let own: Vec<&str> = own.chain(framework::TAKEN).copied().collect();
        let own = folder("own", &own);
        let pack = Pack {
            version: version.into(),
            native: folder("native", &["System.Private.CoreLib.dll"]),
            libraries: folder(
                "libraries",
                &["System.IO.Compression.Brotli.dll", "System.Linq.dll"],
            ),
            root: root.path().into(),
            sha512: String::new(),
        };
        bundle(&pack, &own)
            .unwrap()
            .iter()
            .map(|path| path.strip_prefix(root.path()).unwrap().to_owned())
            .collect()
    }

    #[test]
    fn our_assemblies_stand_in_for_the_packs_of_the_version_they_are_made_for() {
        let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(
            bundled("10.0.15"),
            paths(&[
                "own/DotNetIsolator.Guest.dll",
                "own/Isolator.Runtime.dll",
                "own/System.Diagnostics.FileVersionInfo.dll",
                "own/System.Formats.Tar.dll",
                "own/System.IO.Compression.Brotli.dll",
                "own/System.IO.FileSystem.Watcher.dll",
                "own/System.IO.IsolatedStorage.dll",
                "libraries/System.Linq.dll",
                "own/System.Net.Http.dll",
                "own/System.Net.Requests.dll",
                "own/System.Net.Security.dll",
                "own/System.Net.WebClient.dll",
                "native/System.Private.CoreLib.dll",
                "own/System.Security.Cryptography.dll",
            ])
        );
        assert!(
            bundled("11.0.0")
                .contains(&PathBuf::from("libraries/System.IO.Compression.Brotli.dll"))
        );
    }
}
