//! The managed side: built by the SDK, gathered with the base class library into the bundle that a guest boots from.

use crate::error::{BuildError, Context};
use crate::il_only;
use crate::pack::Pack;
use crate::steps::{Inputs, files_under};
use crate::tools::{Tools, dotnet_environment, run};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Our assemblies inside every guest.
pub const OWN_ASSEMBLIES: &[&str] = &["DotNetIsolator.Guest.dll", "Isolator.Runtime.dll"];

/// Assemblies of ours that stand in for the runtime pack's of the same name.
///
/// The flavour for browsers of `System.IO.Compression.Brotli` only throws, though the pack has the codec.
pub const REPLACED: &[&str] = &["System.IO.Compression.Brotli.dll"];

/// Assemblies of the SDK's own shared framework that stand in for the runtime pack's, without their machine code.
///
/// A browser's `HttpClient` hands requests to JavaScript, and lacks what that does by itself: redirects, cookies, credentials, decompression. The
/// ordinary one has all of it in C#, above a bottom that opens connections, which asks the host here (`mono/patches.rs`). It keeps its settings
/// in types of `System.Net.Security`, which only throw in a browser's.
pub const OF_THE_FRAMEWORK: &[&str] = &["System.Net.Http.dll", "System.Net.Security.dll"];

/// The folder of the SDK's newest shared framework of a major version.
///
/// # Errors
/// If there is none.
pub fn framework(dotnet: &Path, major: &str) -> Result<PathBuf, BuildError> {
    let dotnet = dotnet.canonicalize().at("find", dotnet)?;
    let all = dotnet
        .parent()
        .unwrap_or(&dotnet)
        .join("shared/Microsoft.NETCore.App");
    let number = |path: &Path| -> Option<Vec<u32>> {
        let name = path.file_name()?.to_str()?;
        name.split('.').map(|part| part.parse().ok()).collect()
    };
    let found = std::fs::read_dir(&all)
        .at("list", &all)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter_map(|path| Some((number(&path)?, path)))
        .filter(|(number, _)| number.first().map(u32::to_string).as_deref() == Some(major))
        .max();
    match found {
        Some((_, path)) => Ok(path),
        None => Err(BuildError::Recipe(format!(
            "{} has no framework of .NET {major}, from which the guest takes {}",
            all.display(),
            OF_THE_FRAMEWORK.join(" and ")
        ))),
    }
}

/// Writes those assemblies into `out`, without machine code.
///
/// # Errors
/// If one is missing, or is no assembly.
pub fn take(framework: &Path, out: &Path) -> Result<(), BuildError> {
    std::fs::create_dir_all(out).at("create", out)?;
    for name in OF_THE_FRAMEWORK {
        let from = framework.join(name);
        let file = std::fs::read(&from).at("read", &from)?;
        let lean = il_only::il_only(&file)
            .ok_or_else(|| BuildError::Recipe(format!("{} is not an assembly", from.display())))?;
        let to = out.join(name);
        std::fs::write(&to, lean).at("write", &to)?;
    }
    Ok(())
}

/// All that goes into the managed side, for the step's key.
///
/// # Errors
/// If a source cannot be read.
pub fn inputs(tools: &Tools, workspace: &Path) -> Result<Inputs, BuildError> {
    let source = |path: &Path| {
        path.extension().is_some_and(|e| {
            ["cs", "csproj", "props", "snk", "targets"]
                .iter()
                .any(|x| e == *x)
        })
    };
    let others = ["Isolator.Runtime.Tests", "Isolator.Scripting", "training"]
        .map(|name| workspace.join("guest-dotnet").join(name));
    Inputs::default()
        .value(&tools.sdk_version)
        .folder(&workspace.join("guest-dotnet"), &|path| {
            source(path) && !others.iter().any(|other| path.starts_with(other))
        })
}

/// Builds our assemblies into `out`.
///
/// # Errors
/// If the compiler finds something to say; it is in the error.
pub fn build(tools: &Tools, workspace: &Path, out: &Path) -> Result<(), BuildError> {
    for project in ["DotNetIsolator.Guest", "System.IO.Compression.Brotli"] {
        compile(tools, workspace, project, out)?;
    }
    Ok(())
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

/// Whether the assemblies that stand in for the pack's are made for its version of .NET: another one's stay as they are.
#[must_use]
pub fn replaces(pack: &Pack) -> bool {
    pack.major() == "10"
}

/// The files of the bundle, sorted by name: the base class library, what stands in for some of it (`taken` is the folder of
/// [`OF_THE_FRAMEWORK`]) and our own assemblies.
///
/// # Errors
/// If a folder cannot be listed, or an assembly of ours is missing.
pub fn bundle(pack: &Pack, own: &Path, taken: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let is_assembly = |path: &Path| path.extension().is_some_and(|e| e == "dll");
    let mut files = files_under(&pack.libraries, &is_assembly)?;
    files.push(pack.native.join("System.Private.CoreLib.dll"));
    let (replaced, of_the_framework) = match replaces(pack) {
        true => (REPLACED, OF_THE_FRAMEWORK),
        false => (&[][..], &[][..]),
    };
    files.retain(|path| {
        let mut others = replaced.iter().chain(of_the_framework);
        !others.any(|name| path.ends_with(name))
    });
    let own = OWN_ASSEMBLIES
        .iter()
        .chain(replaced)
        .map(|name| own.join(name));
    for path in own.chain(of_the_framework.iter().map(|name| taken.join(name))) {
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
        let own: Vec<&str> = OWN_ASSEMBLIES.iter().chain(REPLACED).copied().collect();
        let own = folder("own", &own);
        let taken = folder("taken", OF_THE_FRAMEWORK);
        let pack = Pack {
            version: version.into(),
            native: folder("native", &["System.Private.CoreLib.dll"]),
            libraries: folder(
                "libraries",
                &[
                    "System.IO.Compression.Brotli.dll",
                    "System.Linq.dll",
                    "System.Net.Http.dll",
                ],
            ),
            root: root.path().into(),
            sha512: String::new(),
        };
        bundle(&pack, &own, &taken)
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
                "own/System.IO.Compression.Brotli.dll",
                "libraries/System.Linq.dll",
                "taken/System.Net.Http.dll",
                "taken/System.Net.Security.dll",
                "native/System.Private.CoreLib.dll",
            ])
        );
        for name in ["System.IO.Compression.Brotli.dll", "System.Net.Http.dll"] {
            assert!(bundled("11.0.0").contains(&PathBuf::from("libraries").join(name)));
        }
    }
}
