//! Mono's ahead-of-time compiler for WebAssembly: a package beside the runtime pack, one for each kind of build machine.

use crate::error::{BuildError, MissingTool};
use crate::package::{Package, Restored};
use crate::tools::Tools;
use std::path::{Path, PathBuf};

/// The package for this machine; none where .NET has no such compiler.
#[must_use]
pub fn package() -> Option<Package> {
    let (id, known): (_, &[_]) = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => (
            "Microsoft.NETCore.App.Runtime.AOT.linux-x64.Cross.browser-wasm",
            &[
                (
                    "10.0.15",
                    "d3938b82bd08f990cfa1b8c373bdaac18b9281a4836efbc078ab9ff5d05122d854f96cb97253f6e4231a2d67d35f53c7620c88f33a40468fd0f8cbf2c7f4aa51",
                ),
                (
                    "11.0.0",
                    "75cb0eea492349a5002b662f70ad8871fc28f519f68b9ce0e5b61e15f70fe1d38c5e501d643bcdd5e78808fd26dd7021f849e41877acf437bd9255c62d273308",
                ),
            ],
        ),
        ("linux", "aarch64") => (
            "Microsoft.NETCore.App.Runtime.AOT.linux-arm64.Cross.browser-wasm",
            &[],
        ),
        ("macos", "x86_64") => (
            "Microsoft.NETCore.App.Runtime.AOT.osx-x64.Cross.browser-wasm",
            &[],
        ),
        ("macos", "aarch64") => (
            "Microsoft.NETCore.App.Runtime.AOT.osx-arm64.Cross.browser-wasm",
            &[],
        ),
        ("windows", "x86_64") => (
            "Microsoft.NETCore.App.Runtime.AOT.win-x64.Cross.browser-wasm",
            &[],
        ),
        _ => return None,
    };
    Some(Package {
        id,
        what: "the ahead-of-time compiler",
        known,
    })
}

/// An unpacked compiler.
#[derive(Debug, Clone)]
pub struct Compiler {
    /// The program.
    pub program: PathBuf,
    /// Folder of the shared libraries that it wants.
    pub libraries: PathBuf,
    /// SHA-512 of the package, in hex.
    pub sha512: String,
}

/// Restores the compiler of a version. None, with a warning, where there is none: the guest is then interpreted.
///
/// # Errors
/// If it is one that is known to exist and cannot be had, or is not what it should be.
pub fn restore(
    tools: &Tools,
    workspace: &Path,
    version: &str,
) -> Result<Option<Compiler>, BuildError> {
    let Some(package) = package() else {
        tracing::warn!(
            "there is no ahead-of-time compiler for this kind of machine: the guest will be interpreted"
        );
        return Ok(None);
    };
    match package.restore(tools, workspace, version) {
        Ok(restored) => of_package(&package, &restored, version).map(Some),
        Err(BuildError::Command { output, .. }) if !package.knows(version) => {
            tracing::warn!(
                version,
                package = package.id,
                reason = output.trim(),
                "no ahead-of-time compiler of this version can be restored: the guest will be interpreted"
            );
            Ok(None)
        }
        Err(BuildError::Command { output, .. }) => Err(BuildError::Tools(vec![MissingTool {
            name: format!("{} {version}", package.id),
            problem: format!("`dotnet restore` does not find it: {}", output.trim()),
            remedy: "Put the package into the NuGet feed that this build uses, or build the guest with `--interpreted`".into(),
        }])),
        Err(other) => Err(other),
    }
}

fn of_package(
    package: &Package,
    restored: &Restored,
    version: &str,
) -> Result<Compiler, BuildError> {
    let libraries = restored.root.join("tools");
    let program = libraries.join(format!("mono-aot-cross{}", std::env::consts::EXE_SUFFIX));
    if !program.is_file() {
        return Err(BuildError::Recipe(format!(
            "{} {version} has no {}: its layout is not the one this recipe knows",
            package.id,
            program.display()
        )));
    }
    Ok(Compiler {
        program,
        libraries,
        sha512: restored.sha512.clone(),
    })
}
