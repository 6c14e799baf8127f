//! NuGet packages that a build takes things from: restored by `dotnet restore`, pinned by version, checked by hash.

use crate::error::{BuildError, Context};
use crate::tools::{Tools, dotnet_environment, run};
use isolator_abi::contract::hex;
use sha2::{Digest, Sha512};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A package of NuGet's, by its name, in words, and the SHA-512 of the versions that this recipe was tested with.
#[derive(Debug)]
pub struct Package {
    /// NuGet's name.
    pub id: &'static str,
    /// What it is, for messages.
    pub what: &'static str,
    /// Versions and their hashes, in hex.
    pub known: &'static [(&'static str, &'static str)],
}

/// A restored package.
#[derive(Debug)]
pub struct Restored {
    /// The folder that it was unpacked in.
    pub root: PathBuf,
    /// SHA-512 of the package, in hex.
    pub sha512: String,
}

impl Package {
    /// Whether that version is one of those that this recipe was tested with.
    #[must_use]
    pub fn knows(&self, version: &str) -> bool {
        self.known.iter().any(|(known, _)| *known == version)
    }

    /// Restores the package, unless it is there already.
    ///
    /// # Errors
    /// If `dotnet restore` fails, or the package is not the known one.
    pub fn restore(
        &self,
        tools: &Tools,
        workspace: &Path,
        version: &str,
    ) -> Result<Restored, BuildError> {
        let toolchain = workspace.join("target/toolchain");
        let id = self.id.to_lowercase();
        let root = toolchain.join("nuget-packages").join(&id).join(version);
        let file = root.join(format!("{id}.{version}.nupkg"));
        if !file.is_file() {
            self.download(tools, &toolchain, version)?;
        }
        let bytes = std::fs::read(&file).at("read", &file)?;
        let sha512 = hex(&Sha512::digest(&bytes));
        match self.known.iter().find(|(known, _)| *known == version) {
            Some((_, expected)) if *expected != sha512 => {
                return Err(BuildError::Recipe(format!(
                    "{} has the SHA-512 {sha512}, and {expected} is expected. Delete {} and try again; if it stays so, the feed serves another package",
                    file.display(),
                    root.display()
                )));
            }
            Some(_) => {}
            None => tracing::warn!(
                version,
                sha512,
                "this version of {} is not pinned: the package is taken as it is",
                self.what
            ),
        }
        Ok(Restored { root, sha512 })
    }

    fn download(&self, tools: &Tools, toolchain: &Path, version: &str) -> Result<(), BuildError> {
        let folder = toolchain
            .join("restore")
            .join(format!("{}-{version}", self.id.to_lowercase()));
        std::fs::create_dir_all(&folder).at("create", &folder)?;
        let project = folder.join("pack.csproj");
        let text = format!(
            "<Project Sdk=\"Microsoft.NET.Sdk\">\n  <PropertyGroup>\n    <TargetFramework>net10.0</TargetFramework>\n    <DisableImplicitNuGetFallbackFolder>true</DisableImplicitNuGetFallbackFolder>\n  </PropertyGroup>\n  <ItemGroup>\n    <PackageDownload Include=\"{}\" Version=\"[{version}]\" />\n  </ItemGroup>\n</Project>\n",
            self.id
        );
        std::fs::write(&project, text).at("write", &project)?;
        let mut restore = Command::new(&tools.dotnet);
        restore.arg("restore").arg(&project);
        if let Some(feed) = &tools.feed {
            restore.arg("--source").arg(feed);
        }
        run(
            &format!("restore {}", self.what),
            dotnet_environment(&mut restore, toolchain),
        )?;
        Ok(())
    }
}

/// Whether the text is a version, and so may be part of a path and of a project file.
#[must_use]
pub fn is_version(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || ".-".contains(c))
}
