//! The .NET runtime pack: restored by `dotnet restore`, pinned by version, checked by hash.

use crate::error::{BuildError, Context};
use crate::tools::{Tools, dotnet_environment, run};
use isolator_abi::contract::hex;
use sha2::{Digest, Sha512};
use std::path::{Path, PathBuf};
use std::process::Command;

/// NuGet's name of the pack.
pub const PACKAGE: &str = "Microsoft.NETCore.App.Runtime.Mono.browser-wasm";

pub use isolator_abi::DEFAULT_DOTNET_VERSION as DEFAULT_VERSION;

/// SHA-512 of the packages that this recipe was tested with.
const KNOWN: &[(&str, &str)] = &[
    (
        "10.0.15",
        "7fce864dd1215aea4f1491c3a1e65d72a220f020255fb339ed411fc840776d634ef37bd9410b4f8ab3a1747c4ce77dd1551b64b7fce3b4fa9a4c3cd9f8459358",
    ),
    (
        "11.0.0",
        "96f86cec018905006c31788d864a5c003d850d0a144a49e5ab3f2622a58d624c9f74dda3a1eae7d39ea57e82815759ec02378c90527a0c9f28cbfea27c34d194",
    ),
];

/// An unpacked runtime pack.
#[derive(Debug, Clone)]
pub struct Pack {
    /// Its version.
    pub version: String,
    /// Folder with the static libraries, headers, ICU data and CoreLib.
    pub native: PathBuf,
    /// Folder with the rest of the base class library.
    pub libraries: PathBuf,
    /// Licence and third-party notices, at the pack's root.
    pub root: PathBuf,
    /// SHA-512 of the package, in hex.
    pub sha512: String,
}

impl Pack {
    /// The first number of its version.
    #[must_use]
    pub fn major(&self) -> &str {
        self.version.split('.').next().unwrap_or_default()
    }
}

/// Restores a pack, unless it is there already.
///
/// # Errors
/// If `dotnet restore` fails, the package is not the known one, or its layout is another.
pub fn restore(tools: &Tools, workspace: &Path, version: &str) -> Result<Pack, BuildError> {
    if version.is_empty()
        || !version
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || ".-".contains(c))
    {
        return Err(BuildError::Recipe(format!(
            "`{version}` is not a version of a runtime pack, such as {DEFAULT_VERSION}"
        )));
    }
    let toolchain = workspace.join("target/toolchain");
    let id = PACKAGE.to_lowercase();
    let root = toolchain.join("nuget-packages").join(&id).join(version);
    let package = root.join(format!("{id}.{version}.nupkg"));
    if !package.is_file() {
        download(tools, &toolchain, version)?;
    }
    let bytes = std::fs::read(&package).at("read", &package)?;
    let sha512 = hex(&Sha512::digest(&bytes));
    match KNOWN.iter().find(|(known, _)| *known == version) {
        Some((_, expected)) if *expected != sha512 => {
            return Err(BuildError::Recipe(format!(
                "{} has the SHA-512 {sha512}, and {expected} is expected. Delete {} and try again; if it stays so, the feed serves another package",
                package.display(),
                root.display()
            )));
        }
        Some(_) => {}
        None => tracing::warn!(
            version,
            sha512,
            "this version of the runtime pack is not pinned in pack.rs: the package is taken as it is"
        ),
    }
    let native = root.join("runtimes/browser-wasm/native");
    let major = version.split('.').next().unwrap_or_default();
    let libraries = root.join(format!("runtimes/browser-wasm/lib/net{major}.0"));
    for needed in [
        native.join("libmonosgen-2.0.a"),
        native.join("src/runtime.c"),
        libraries.join("System.Runtime.dll"),
    ] {
        if !needed.is_file() {
            return Err(BuildError::Recipe(format!(
                "the runtime pack {version} has no {}: its layout is not the one this recipe knows",
                needed.display()
            )));
        }
    }
    Ok(Pack {
        version: version.into(),
        native,
        libraries,
        root,
        sha512,
    })
}

fn download(tools: &Tools, toolchain: &Path, version: &str) -> Result<(), BuildError> {
    let folder = toolchain.join("restore").join(version);
    std::fs::create_dir_all(&folder).at("create", &folder)?;
    let project = folder.join("pack.csproj");
    let text = format!(
        "<Project Sdk=\"Microsoft.NET.Sdk\">\n  <PropertyGroup>\n    <TargetFramework>net10.0</TargetFramework>\n    <DisableImplicitNuGetFallbackFolder>true</DisableImplicitNuGetFallbackFolder>\n  </PropertyGroup>\n  <ItemGroup>\n    <PackageDownload Include=\"{PACKAGE}\" Version=\"[{version}]\" />\n  </ItemGroup>\n</Project>\n"
    );
    std::fs::write(&project, text).at("write", &project)?;
    let mut restore = Command::new(&tools.dotnet);
    restore.arg("restore").arg(&project);
    if let Some(feed) = &tools.feed {
        restore.arg("--source").arg(feed);
    }
    run(
        "restore the runtime pack",
        dotnet_environment(&mut restore, toolchain),
    )?;
    Ok(())
}
