//! Mono's ahead-of-time compiler for WebAssembly: a package beside the runtime pack, one for each kind of build machine.

use crate::error::{BuildError, MissingTool};
use crate::package::{Package, Restored};
use crate::tools::Tools;
use std::path::{Path, PathBuf};

/// The package for this machine; none where .NET has no such compiler.
#[must_use]
pub fn package() -> Option<Package> {
    Some(Package {
        id: isolator_compile::package()?,
        what: "the ahead-of-time compiler",
        known: isolator_compile::pinned(),
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
