//! The .NET runtime pack.

use crate::error::BuildError;
use crate::package::{Package, Restored, is_version};
use crate::tools::Tools;
use std::path::{Path, PathBuf};

pub use isolator_abi::DEFAULT_DOTNET_VERSION as DEFAULT_VERSION;

/// The package.
pub const PACKAGE: Package = Package {
    id: "Microsoft.NETCore.App.Runtime.Mono.browser-wasm",
    what: "the runtime pack",
    known: &[
        (
            "10.0.15",
            "7fce864dd1215aea4f1491c3a1e65d72a220f020255fb339ed411fc840776d634ef37bd9410b4f8ab3a1747c4ce77dd1551b64b7fce3b4fa9a4c3cd9f8459358",
        ),
        (
            "11.0.0",
            "96f86cec018905006c31788d864a5c003d850d0a144a49e5ab3f2622a58d624c9f74dda3a1eae7d39ea57e82815759ec02378c90527a0c9f28cbfea27c34d194",
        ),
    ],
};

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
    if !is_version(version) {
        return Err(BuildError::Recipe(format!(
            "`{version}` is not a version of a runtime pack, such as {DEFAULT_VERSION}"
        )));
    }
    let Restored { root, sha512 } = PACKAGE.restore(tools, workspace, version)?;
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
