//! The tools that a build needs: where they are looked for, which versions will do, and how to get them.

use crate::error::{BuildError, Context, MissingTool};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Environment variable that names an offline bundle: a folder with a .NET SDK archive and a `nuget` folder feed.
pub const BUNDLE_VARIABLE: &str = "ISOLATOR_OFFLINE_BUNDLE";

/// Debian packages that `--install-deps` installs.
pub const DEBIAN_PACKAGES: &[&str] =
    &["clang-22", "lld-22", "libclang-rt-22-dev-wasm32", "libc++-22-dev-wasm32", "libc++abi-22-dev-wasm32", "wasi-libc"];

/// Oldest clang whose assembler knows `try_table`.
const OLDEST_CLANG: u32 = 20;

/// Everything outside the repository that a build uses.
#[derive(Debug, Clone)]
pub struct Tools {
    /// The `dotnet` program.
    pub dotnet: PathBuf,
    /// Version of the SDK, such as `10.0.401`.
    pub sdk_version: String,
    /// The C compiler.
    pub clang: PathBuf,
    /// First line of `clang --version`.
    pub clang_version: String,
    /// Arguments that every call of clang gets: target, sysroot, linker.
    pub clang_arguments: Vec<String>,
    /// A folder feed to restore NuGet packages from, where there is an offline bundle.
    pub feed: Option<PathBuf>,
}

/// Finds the tools for a workspace.
///
/// The SDK is looked for on `PATH`, in `DOTNET_ROOT`, then in the offline bundle that `ISOLATOR_OFFLINE_BUNDLE` names,
/// then in `../shared/offline`; a bundle's SDK is unpacked under `target/toolchain`.
/// The compiler is looked for in `WASI_SDK_PATH`, then on `PATH`.
///
/// # Errors
/// [`BuildError::Tools`] with all that are missing.
pub fn find(workspace: &Path) -> Result<Tools, BuildError> {
    let toolchain = workspace.join("target/toolchain");
    let bundle = offline_bundle(workspace);
    let mut missing = Vec::new();
    let dotnet = find_dotnet(&toolchain, bundle.as_deref()).unwrap_or_else(|e| {
        missing.push(e);
        Default::default()
    });
    let clang = find_clang(&toolchain).unwrap_or_else(|e| {
        missing.push(e);
        Default::default()
    });
    if !missing.is_empty() {
        return Err(BuildError::Tools(missing));
    }
    Ok(Tools {
        dotnet: dotnet.0,
        sdk_version: dotnet.1,
        clang: clang.program,
        clang_version: clang.version,
        clang_arguments: clang.arguments,
        feed: bundle.map(|b| b.join("nuget")).filter(|f| f.is_dir()),
    })
}

/// Installs what Debian's package manager has. Does nothing where the C toolchain is there already.
///
/// # Errors
/// If the package manager fails; its output is in the error. On other systems: what to install by hand.
pub fn install(workspace: &Path) -> Result<(), BuildError> {
    if find_clang(&workspace.join("target/toolchain")).is_ok() {
        return Ok(());
    }
    if which("apt-get").is_none() {
        return Err(BuildError::Tools(vec![MissingTool {
            name: "a package manager".into(),
            problem: "`--install-deps` knows apt-get only, and it is not here".into(),
            remedy: "Install wasi-sdk 27 or newer and set WASI_SDK_PATH to its folder".into(),
        }]));
    }
    let as_root = |program: &str| {
        // Containers run as root and often have no sudo.
        match (is_root(), which("sudo")) {
            (false, Some(sudo)) => {
                let mut command = Command::new(sudo);
                command.arg(program);
                command
            }
            _ => Command::new(program),
        }
    };
    let mut update = as_root("apt-get");
    update.args(["-q", "update"]);
    run("install tools", &mut update)?;
    let mut install = as_root("apt-get");
    install.args(["-q", "-y", "--no-install-recommends", "install"]).args(DEBIAN_PACKAGES).env("DEBIAN_FRONTEND", "noninteractive");
    run("install tools", &mut install)?;
    Ok(())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.trim_ascii() == b"0")
}

/// Runs a command to its end and returns its standard output.
///
/// # Errors
/// [`BuildError::Command`] with all that it printed.
pub fn run(step: &str, command: &mut Command) -> Result<String, BuildError> {
    let shown = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|a| a.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ");
    tracing::debug!(step, command = %shown, "run");
    let failed = |status: String, output: String| BuildError::Command {
        step: step.into(),
        // A link line has hundreds of arguments; its beginning says which one it was.
        command: if shown.len() > 400 { format!("{}…", shown.chars().take(400).collect::<String>()) } else { shown.clone() },
        status,
        output,
    };
    let output = command.stdin(std::process::Stdio::null()).output().map_err(|e| failed("not started".into(), e.to_string()))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(failed(output.status.to_string(), format!("{}{}", text(&output.stdout), text(&output.stderr))))
    }
}

/// A program on `PATH`.
fn which(name: &str) -> Option<PathBuf> {
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&std::env::var_os("PATH")?).map(|dir| dir.join(&name)).find(|path| path.is_file())
}

fn offline_bundle(workspace: &Path) -> Option<PathBuf> {
    let named = std::env::var_os(BUNDLE_VARIABLE).map(PathBuf::from);
    let beside = workspace.parent().map(|parent| parent.join("shared/offline"));
    named.into_iter().chain(beside).find(|dir| dir.is_dir())
}

/// Sets what `dotnet` needs to run quietly, offline too, and without ICU.
pub fn dotnet_environment<'a>(command: &'a mut Command, toolchain: &Path) -> &'a mut Command {
    command
        .env("DOTNET_CLI_TELEMETRY_OPTOUT", "1")
        .env("DOTNET_NOLOGO", "1")
        .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")
        .env("DOTNET_CLI_UI_LANGUAGE", "en")
        .env("NUGET_CERT_REVOCATION_MODE", "offline")
        .env("NUGET_PACKAGES", toolchain.join("nuget-packages"))
        // A compiler server or build node left behind would outlive the build and hold its files.
        .env("MSBUILDDISABLENODEREUSE", "1")
        .env("UseSharedCompilation", "false")
}

/// An SDK's program and version, if it is one of .NET 10 or newer.
fn usable_sdk(dotnet: &Path) -> Result<String, String> {
    let output = Command::new(dotnet)
        .arg("--list-sdks")
        .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")
        .output()
        .map_err(|e| format!("{} does not start: {e}", dotnet.display()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let versions: Vec<&str> = text.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let major = |v: &str| v.split('.').next().and_then(|m| m.parse::<u32>().ok()).unwrap_or(0);
    versions
        .iter()
        .rev()
        .find(|v| major(v) >= 10)
        .map(|v| (*v).to_owned())
        .ok_or_else(|| format!("{} has only the SDKs [{}]", dotnet.display(), versions.join(", ")))
}

fn find_dotnet(toolchain: &Path, bundle: Option<&Path>) -> Result<(PathBuf, String), MissingTool> {
    let program = format!("dotnet{}", std::env::consts::EXE_SUFFIX);
    let unpacked = toolchain.join("dotnet").join(&program);
    let in_root = std::env::var_os("DOTNET_ROOT").map(|root| PathBuf::from(root).join(&program));
    let mut problem = String::from("not on PATH, not in DOTNET_ROOT, and no offline bundle has it");
    let candidates = which("dotnet").into_iter().chain(in_root).chain(Some(unpacked.clone()));
    for candidate in candidates.filter(|c| c.is_file()) {
        match usable_sdk(&candidate) {
            Ok(version) => return Ok((candidate, version)),
            Err(e) => problem = e,
        }
    }
    if let Some(archive) = bundle.and_then(sdk_archive) {
        let unpacking = unpack_sdk(&archive, toolchain).map_err(|e| e.to_string());
        match unpacking.and_then(|()| usable_sdk(&unpacked)) {
            Ok(version) => return Ok((unpacked, version)),
            Err(e) => problem = e,
        }
    }
    Err(MissingTool {
        name: ".NET SDK 10 or newer".into(),
        problem,
        remedy: format!(
            "Install it with Microsoft's `dotnet-install.sh --channel 10.0` or your package manager, or set {BUNDLE_VARIABLE} to a folder that holds dotnet-sdk-10*.tar.zst"
        ),
    })
}

/// The newest `dotnet-sdk-*.tar.zst` in a bundle for this machine.
fn sdk_archive(bundle: &Path) -> Option<PathBuf> {
    let arch = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    let mut found: Vec<PathBuf> = std::fs::read_dir(bundle)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            name.starts_with("dotnet-sdk-") && name.ends_with(&format!("-{arch}.tar.zst"))
        })
        .collect();
    found.sort();
    found.pop()
}

/// Unpacks beside the destination and renames, so that a build that was stopped leaves no half SDK.
fn unpack_sdk(archive: &Path, toolchain: &Path) -> Result<(), BuildError> {
    std::fs::create_dir_all(toolchain).at("create", toolchain)?;
    let file = std::fs::File::open(archive).at("open", archive)?;
    let decoder = zstd::Decoder::new(file).at("read", archive)?;
    let place = tempfile::tempdir_in(toolchain).at("create a folder in", toolchain)?;
    tar::Archive::new(decoder).unpack(place.path()).at("unpack", archive)?;
    let target = toolchain.join("dotnet");
    let _ = std::fs::remove_dir_all(&target);
    std::fs::rename(place.path().join("dotnet"), &target).at("rename the unpacked SDK to", &target)
}

#[derive(Default)]
struct Clang {
    program: PathBuf,
    version: String,
    arguments: Vec<String>,
}

fn find_clang(toolchain: &Path) -> Result<Clang, MissingTool> {
    let mut problem = String::from("no clang on PATH, and WASI_SDK_PATH is not set");
    let sdk = std::env::var_os("WASI_SDK_PATH").map(PathBuf::from);
    let mut candidates: Vec<(PathBuf, Vec<String>)> = Vec::new();
    if let Some(sdk) = sdk {
        let sysroot = sdk.join("share/wasi-sysroot");
        candidates.push((sdk.join("bin/clang"), vec!["--target=wasm32-wasi".into(), format!("--sysroot={}", sysroot.display())]));
    }
    for version in (OLDEST_CLANG..=30).rev() {
        if let Some(clang) = which(&format!("clang-{version}")) {
            let mut arguments = vec!["--target=wasm32-wasi".into()];
            arguments.extend(which(&format!("wasm-ld-{version}")).map(|ld| format!("-fuse-ld={}", ld.display())));
            candidates.push((clang, arguments));
        }
    }
    candidates.extend(which("clang").map(|clang| (clang, vec!["--target=wasm32-wasi".into()])));
    for (program, arguments) in candidates {
        match try_clang(&program, &arguments, toolchain) {
            Ok(version) => return Ok(Clang { program, version, arguments }),
            Err(e) => problem = e,
        }
    }
    Err(MissingTool {
        name: format!("clang {OLDEST_CLANG} or newer for wasm32-wasi, with wasm-ld, wasi-libc and libc++abi"),
        problem,
        remedy: format!(
            "On Debian: `apt-get install {}`, which `--install-deps` does; elsewhere install wasi-sdk 27 or newer and set WASI_SDK_PATH",
            DEBIAN_PACKAGES.join(" ")
        ),
    })
}

/// Whether a clang links a C program for WASI: the only answer that does not depend on how it was packaged.
fn try_clang(clang: &Path, arguments: &[String], toolchain: &Path) -> Result<String, String> {
    let output = Command::new(clang).arg("--version").output().map_err(|e| format!("{} does not start: {e}", clang.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.lines().next().unwrap_or_default().to_owned();
    let major: u32 = version
        .split("version ")
        .nth(1)
        .and_then(|rest| rest.split('.').next())
        .and_then(|major| major.parse().ok())
        .unwrap_or(0);
    if major < OLDEST_CLANG {
        return Err(format!("{} is `{version}`", clang.display()));
    }
    std::fs::create_dir_all(toolchain).map_err(|e| e.to_string())?;
    let place = tempfile::tempdir_in(toolchain).map_err(|e| e.to_string())?;
    let source = place.path().join("probe.c");
    std::fs::write(&source, "#include <stdlib.h>\nint main(void) { abort(); }\n").map_err(|e| e.to_string())?;
    let probe = Command::new(clang)
        .args(arguments)
        .args(["--no-wasm-opt", "-lc++", "-lc++abi", "-o"])
        .arg(place.path().join("probe.wasm"))
        .arg(&source)
        .output()
        .map_err(|e| e.to_string())?;
    if probe.status.success() {
        return Ok(version);
    }
    let said = String::from_utf8_lossy(&probe.stderr);
    Err(format!("{} cannot link a program for WASI: {}", clang.display(), said.lines().next().unwrap_or("it says nothing")))
}
