//! `cargo xtask pack`: the NuGet packages. `Isolator.DotNet` has the C# library, its native part and the guest image with its machine code,
//! `Isolator.DotNet.Guest` what guest code refers to, `Isolator.DotNet.Scripting` the C# compiler of scripts, `Isolator.DotNet.Tool` the command line.

use crate::guest::BuildGuest;
use crate::managed::Sdk;
use crate::repository::Repository;
use crate::{nupkg, sample, scripting_package, tool};
use anyhow::{Context, Result, ensure};
use clap::Args;
use isolator_guest_shim::tools;
use isolator_host::{GuestImage, Processors};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The native library's file.
pub const LIBRARY: &str = "libisolator_capi.so";

/// The project of what guest code refers to, in the workspace.
pub const GUEST_PROJECT: &str = "guest-dotnet/DotNetIsolator.Guest/DotNetIsolator.Guest.csproj";

/// What NuGet calls the platform that native parts are built for.
const PLATFORM: &str = "linux-x64";

/// The guest image, the same for all platforms.
const IMAGE: &[&str] = &[
    "guest.json",
    "code.wasm",
    "state.wasm",
    "dotnet-LICENSE.TXT",
    "dotnet-THIRD-PARTY-NOTICES.TXT",
    "openssl-LICENSE.txt",
];

/// Its machine code, for one platform.
const CODE: &[&str] = &["code.cwasm", "state.cwasm"];

/// What is packed, and how many bytes it may have. Who adds to it says so here.
const PACKAGES: &[(&str, u64)] = &[
    ("Isolator.DotNet.0.1.0.nupkg", 66_000_000),
    ("Isolator.DotNet.0.1.0.snupkg", 1_000_000),
    ("Isolator.DotNet.Guest.0.1.0.nupkg", 100_000),
    ("Isolator.DotNet.Guest.0.1.0.snupkg", 100_000),
    ("Isolator.DotNet.Scripting.0.1.0.nupkg", 12_000_000),
    ("Isolator.DotNet.Tool.0.1.0.nupkg", 100_000),
    ("Isolator.DotNet.Tool.linux-x64.0.1.0.nupkg", 92_000_000),
];

/// Arguments of `pack`.
#[derive(Args)]
pub struct Pack {
    /// Where the packages go, instead of `target/packages`.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Take the native library and the command line from this folder, instead of building them in release.
    #[arg(long, value_name = "FOLDER")]
    built: Option<PathBuf>,
    /// Also build the samples that use the packages, and run them, and install the tool.
    #[arg(long)]
    check: bool,
}

/// What goes into the packages besides what the SDK compiles.
pub struct Parts {
    /// Folder of the native library and the command line.
    pub built: PathBuf,
    /// The guest image.
    pub guest: PathBuf,
    /// Folder of the C# compiler of scripts.
    pub compiler: PathBuf,
}

impl Pack {
    /// Builds what is native in release, and packs.
    pub fn run(&self, workspace: &Path) -> Result<()> {
        let guest = BuildGuest::ordinary(false).run(workspace)?.folder;
        let built = match &self.built {
            Some(built) => std::path::absolute(built)?,
            None => release_library(workspace)?
                .parent()
                .context("the library is in a folder")?
                .to_owned(),
        };
        let sdk = Sdk::find(workspace)?;
        let out = match &self.out {
            Some(out) => std::path::absolute(out)?,
            None => workspace.join("target/packages"),
        };
        let compiler = scripting_package::folder(workspace);
        let parts = Parts {
            built,
            guest,
            compiler,
        };
        for package in pack(&sdk, workspace, &parts, &out)? {
            let bytes = std::fs::metadata(&package)?.len();
            println!("{} ({:.1} MB)", package.display(), bytes as f64 / 1e6);
        }
        if self.check {
            sample::run(&sdk, workspace, &out)?;
            sample::scripts(&sdk, workspace, &out)?;
            sample::install(&sdk, workspace, &out)?;
            sample::compile_ahead(&sdk, workspace, &parts, &out)?;
            println!("the samples run with them, and the tool is installed");
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

/// Packs. What was in the folder before is gone. The same commit, sources, parts and address of the repository give the same bytes.
pub fn pack(sdk: &Sdk, workspace: &Path, parts: &Parts, out: &Path) -> Result<Vec<PathBuf>> {
    check_machine_code(&parts.guest)?;
    let files = tempfile::tempdir()?;
    let native = files.path().join("runtimes").join(PLATFORM).join("native");
    let image = files.path().join("isolator-guest");
    let code = files.path().join("isolator-code").join(PLATFORM);
    for folder in [&native, &image, &code] {
        std::fs::create_dir_all(folder)?;
    }
    strip(&parts.built.join(LIBRARY), &native.join(LIBRARY))?;
    for (names, folder) in [(IMAGE, &image), (CODE, &code)] {
        for name in names {
            copy(&parts.guest.join(name), &folder.join(name))?;
        }
    }
    if out.exists() {
        std::fs::remove_dir_all(out).with_context(|| format!("empty {}", out.display()))?;
    }
    std::fs::create_dir_all(out)?;
    let repository = Repository::find(workspace)?;
    match &repository {
        Some(Repository { url, commit }) => eprintln!("packing {commit} of {url}"),
        None => eprintln!("packing; the packages do not say where their sources are"),
    }
    for project in [
        "bindings/dotnet/DotNetIsolator/DotNetIsolator.csproj",
        GUEST_PROJECT,
    ] {
        let project = workspace.join(project);
        pack_project(sdk, &project, files.path(), out, repository.as_ref())?;
    }
    let date = nupkg::date(workspace);
    for entry in std::fs::read_dir(out)? {
        nupkg::settle(&entry?.path(), date)?;
    }

    let compiler = scripting_package::files(workspace, &parts.compiler)?;
    scripting_package::pack(workspace, &compiler, out, date, repository.as_ref())?;

    let program = files.path().join("isolator");
    strip(&parts.built.join("isolator"), &program)?;
    let mut beside = vec![("isolator".to_owned(), program)];
    for name in IMAGE.iter().chain(CODE) {
        beside.push((format!("isolator-guest/{name}"), parts.guest.join(name)));
    }
    beside.extend(compiler);
    tool::pack(workspace, PLATFORM, beside, out, date, repository.as_ref())?;
    check_packages(out)
}

/// Has the SDK pack a project. `files` is the folder of what its package has besides the assembly.
pub fn pack_project(
    sdk: &Sdk,
    project: &Path,
    files: &Path,
    out: &Path,
    repository: Option<&Repository>,
) -> Result<()> {
    let mut command = sdk.command("pack", project);
    command
        .args(["-c", "Release", "-v", "quiet", "--nologo", "-o"])
        .arg(out)
        .arg(format!("-p:IsolatorPackageFiles={}", files.display()));
    if let Some(repository) = repository {
        command.arg(format!("-p:IsolatorRepositoryUrl={}", repository.url));
    }
    tools::run("pack C#", &mut command).with_context(|| format!("pack {}", project.display()))?;
    Ok(())
}

/// Every package is there, no other, and none is larger than it may be.
fn check_packages(out: &Path) -> Result<Vec<PathBuf>> {
    let mut found: Vec<String> = std::fs::read_dir(out)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_>>()?;
    found.sort();
    let mut expected: Vec<_> = PACKAGES.iter().map(|(name, _)| *name).collect();
    expected.sort_unstable();
    ensure!(
        found == expected,
        "{} should have {expected:?}, and has {found:?}",
        out.display()
    );
    PACKAGES
        .iter()
        .map(|(name, most)| {
            let path = out.join(name);
            let bytes = std::fs::metadata(&path)?.len();
            ensure!(
                bytes <= *most,
                "{name} has {bytes} bytes, and may have {most}: make it smaller, or say in xtask/src/pack.rs that it may be larger"
            );
            Ok(path)
        })
        .collect()
}

/// Machine code of this processor alone would be of no use elsewhere.
fn check_machine_code(guest: &Path) -> Result<()> {
    let image = GuestImage::open(guest)?;
    let made = image
        .manifest()
        .precompiled
        .as_ref()
        .map(|made| &*made.processors);
    ensure!(
        made == Some(Processors::Common.name()),
        "the machine code beside {} is for {made:?}, and packages have that for {}: run `cargo xtask build-guest`",
        guest.display(),
        Processors::Common.name()
    );
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::copy(from, to).with_context(|| format!("copy {}", from.display()))?;
    Ok(())
}

/// Copies a library or program without its debug information, if the system has what takes it away.
fn strip(from: &Path, to: &Path) -> Result<()> {
    let stripped = Command::new("strip")
        .arg("--strip-debug")
        .arg("-o")
        .arg(to)
        .arg(from)
        .status();
    if !stripped.is_ok_and(|status| status.success()) {
        copy(from, to)?;
    }
    Ok(())
}
