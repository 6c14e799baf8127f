//! `cargo xtask pack`: the NuGet packages `DotNetIsolator` and `DotNetIsolator.Guest`.

use crate::guest::BuildGuest;
use crate::managed::Sdk;
use crate::sample;
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use isolator_guest_shim::tools;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The native library's file.
const LIBRARY: &str = "libisolator_capi.so";

/// What NuGet calls the platform that the library is built for.
const PLATFORM: &str = "linux-x64";

/// What of a guest image an application needs: machine code is made where it runs.
const IMAGE: &[&str] = &[
    "guest.json",
    "code.wasm",
    "state.wasm",
    "dotnet-LICENSE.TXT",
    "dotnet-THIRD-PARTY-NOTICES.TXT",
];

/// Arguments of `pack`.
#[derive(Args)]
pub struct Pack {
    /// Where the packages go, instead of `target/packages`.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Pack this native library, instead of one that is built in release.
    #[arg(long, value_name = "FILE")]
    library: Option<PathBuf>,
    /// Also build the sample that uses the packages, and run it.
    #[arg(long)]
    check: bool,
}

impl Pack {
    /// Builds the library in release, and packs.
    pub fn run(&self, workspace: &Path) -> Result<()> {
        let guest = BuildGuest::ordinary(false).run(workspace)?;
        let library = match &self.library {
            Some(library) => library.clone(),
            None => release_library(workspace)?,
        };
        let sdk = Sdk::find(workspace)?;
        let out = match &self.out {
            Some(out) => std::path::absolute(out)?,
            None => workspace.join("target/packages"),
        };
        for package in pack(&sdk, workspace, &library, &guest.folder, &out)? {
            let bytes = std::fs::metadata(&package)?.len();
            println!("{} ({:.1} MB)", package.display(), bytes as f64 / 1e6);
        }
        if self.check {
            sample::run(&sdk, workspace, &out)?;
            println!("the sample runs with them");
        }
        Ok(())
    }
}

/// Builds the native library in release, together with the command line and this program: cargo gives all that is built at once the same
/// features, so that `cargo build --release --workspace --bin isolator` and this share one build of the engine.
pub fn release_library(workspace: &Path) -> Result<PathBuf> {
    eprintln!("building the native library in release (some minutes the first time)");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace).args([
        "build",
        "--release",
        "--quiet",
        "--workspace",
        "--lib",
        "--bin",
        "isolator",
        "--bin",
        "xtask",
    ]);
    ensure!(
        cargo.status()?.success(),
        "the native library's build failed"
    );
    let library = workspace.join("target/release").join(LIBRARY);
    ensure!(library.is_file(), "{} was not built", library.display());
    Ok(library)
}

/// Packs both packages with this library and this guest image. What was in the folder before is gone.
pub fn pack(
    sdk: &Sdk,
    workspace: &Path,
    library: &Path,
    guest: &Path,
    out: &Path,
) -> Result<Vec<PathBuf>> {
    let files = tempfile::tempdir()?;
    let native = files.path().join("runtimes").join(PLATFORM).join("native");
    let image = files.path().join("isolator-guest");
    std::fs::create_dir_all(&native)?;
    std::fs::create_dir_all(&image)?;
    strip(library, &native.join(LIBRARY))?;
    for name in IMAGE {
        let from = guest.join(name);
        std::fs::copy(&from, image.join(name))
            .with_context(|| format!("copy {}", from.display()))?;
    }
    if out.exists() {
        std::fs::remove_dir_all(out).with_context(|| format!("empty {}", out.display()))?;
    }
    eprintln!("packing");
    for project in [
        "bindings/dotnet/DotNetIsolator/DotNetIsolator.csproj",
        "guest-dotnet/DotNetIsolator.Guest/DotNetIsolator.Guest.csproj",
    ] {
        let mut command = sdk.command("pack", &workspace.join(project));
        command
            .args(["-c", "Release", "-v", "quiet", "--nologo", "-o"])
            .arg(out)
            .arg(format!(
                "-p:IsolatorPackageFiles={}",
                files.path().display()
            ));
        tools::run("pack C#", &mut command).with_context(|| format!("pack {project}"))?;
    }
    let mut packages: Vec<PathBuf> = std::fs::read_dir(out)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    packages.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "nupkg")
    });
    packages.sort();
    if packages.len() != 2 {
        bail!(
            "two packages were expected in {}, and there are {packages:?}",
            out.display()
        );
    }
    Ok(packages)
}

/// Copies a library without its debug information, if the system has what takes it away.
fn strip(library: &Path, to: &Path) -> Result<()> {
    let stripped = Command::new("strip")
        .arg("--strip-debug")
        .arg("-o")
        .arg(to)
        .arg(library)
        .status();
    if !stripped.is_ok_and(|status| status.success()) {
        std::fs::copy(library, to).with_context(|| format!("copy {}", library.display()))?;
    }
    Ok(())
}
