//! The tools that a build needs: where they are looked for, which versions will do, and how to get them.

use crate::error::{BuildError, Context, MissingTool};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Environment variable that names an offline bundle: a folder with a .NET SDK archive and a `nuget` folder feed.
pub const BUNDLE_VARIABLE: &str = "ISOLATOR_OFFLINE_BUNDLE";

/// Debian packages that `--install-deps` installs.
pub const DEBIAN_PACKAGES: &[&str] = &[
    "clang-22",
    "lld-22",
    "libclang-rt-22-dev-wasm32",
    "libc++-22-dev-wasm32",
    "libc++abi-22-dev-wasm32",
    "wasi-libc",
    "make",
    "perl",
];

/// Programs that build OpenSSL's libcrypto, and what each does.
const SCRIPTING: &[(&str, &str)] = &[("perl", "configures"), ("make", "builds")];

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

/// Where tools are looked for.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Folders of `PATH`.
    pub path: Vec<PathBuf>,
    /// `DOTNET_ROOT`.
    pub dotnet_root: Option<PathBuf>,
    /// `WASI_SDK_PATH`.
    pub wasi_sdk: Option<PathBuf>,
    /// The offline bundle.
    pub bundle: Option<PathBuf>,
}

impl Surroundings {
    /// This process' environment.
    #[must_use]
    pub fn of_process(workspace: &Path) -> Self {
        let folder = |name: &str| {
            std::env::var_os(name)
                .filter(|v| !v.is_empty())
                .map(PathBuf::from)
        };
        let beside = workspace
            .parent()
            .map(|parent| parent.join("shared/offline"));
        Self {
            path: std::env::var_os("PATH")
                .map(|path| std::env::split_paths(&path).collect())
                .unwrap_or_default(),
            dotnet_root: folder("DOTNET_ROOT"),
            wasi_sdk: folder("WASI_SDK_PATH"),
            bundle: folder(BUNDLE_VARIABLE)
                .into_iter()
                .chain(beside)
                .find(|dir| dir.is_dir()),
        }
    }

    /// A program on `PATH`.
    #[must_use]
    pub fn which(&self, name: &str) -> Option<PathBuf> {
        let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        self.path
            .iter()
            .map(|dir| dir.join(&name))
            .find(|path| path.is_file())
    }
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
    find_in(
        &Surroundings::of_process(workspace),
        &workspace.join("target/toolchain"),
    )
}

/// As [`find`], in these surroundings; a bundle's SDK is unpacked in `toolchain`.
///
/// # Errors
/// As [`find`].
pub fn find_in(surroundings: &Surroundings, toolchain: &Path) -> Result<Tools, BuildError> {
    let bundle = surroundings.bundle.as_deref();
    let mut missing = Vec::new();
    let dotnet = find_dotnet(surroundings, toolchain).unwrap_or_else(|e| {
        missing.push(e);
        Default::default()
    });
    let clang = find_clang(surroundings, toolchain).unwrap_or_else(|e| {
        missing.push(e);
        Default::default()
    });
    for (program, does) in SCRIPTING {
        if surroundings.which(program).is_none() {
            missing.push(MissingTool {
                name: format!("{program}, which {does} OpenSSL's libcrypto"),
                problem: format!("no {program} on PATH"),
                remedy: format!(
                    "On Debian: `apt-get install {program}`, which `--install-deps` does"
                ),
            });
        }
    }
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
    let surroundings = Surroundings::of_process(workspace);
    let scripting = SCRIPTING
        .iter()
        .all(|(program, _)| surroundings.which(program).is_some());
    if scripting && find_clang(&surroundings, &workspace.join("target/toolchain")).is_ok() {
        return Ok(());
    }
    let remedy =
        "Install wasi-sdk 27 or newer and set WASI_SDK_PATH to its folder; install perl and make";
    install_packages(&surroundings, DEBIAN_PACKAGES, remedy)
}

/// Installs packages of Debian's.
///
/// # Errors
/// If the package manager fails; its output is in the error. On other systems: what to do instead.
pub fn install_packages(
    surroundings: &Surroundings,
    packages: &[&str],
    elsewhere: &str,
) -> Result<(), BuildError> {
    if surroundings.which("apt-get").is_none() {
        return Err(BuildError::Tools(vec![MissingTool {
            name: "a package manager".into(),
            problem: "`--install-deps` knows apt-get only, and it is not here".into(),
            remedy: elsewhere.into(),
        }]));
    }
    let as_root = |program: &str| {
        // Containers run as root and often have no sudo.
        match (is_root(), surroundings.which("sudo")) {
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
    install
        .args(["-q", "-y", "--no-install-recommends", "install"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive");
    run("install tools", &mut install)?;
    Ok(())
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|o| o.stdout.trim_ascii() == b"0")
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
        command: if shown.len() > 400 {
            format!("{}…", shown.chars().take(400).collect::<String>())
        } else {
            shown.clone()
        },
        status,
        output,
    };
    let output = command
        .stdin(std::process::Stdio::null())
        .output()
        .map_err(|e| failed("not started".into(), e.to_string()))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(failed(
            output.status.to_string(),
            format!("{}{}", text(&output.stdout), text(&output.stderr)),
        ))
    }
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
    let versions: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let major = |v: &str| {
        v.split('.')
            .next()
            .and_then(|m| m.parse::<u32>().ok())
            .unwrap_or(0)
    };
    versions
        .iter()
        .rev()
        .find(|v| major(v) >= 10)
        .map(|v| (*v).to_owned())
        .ok_or_else(|| {
            format!(
                "{} has only the SDKs [{}]",
                dotnet.display(),
                versions.join(", ")
            )
        })
}

fn find_dotnet(
    surroundings: &Surroundings,
    toolchain: &Path,
) -> Result<(PathBuf, String), MissingTool> {
    let program = format!("dotnet{}", std::env::consts::EXE_SUFFIX);
    let unpacked = toolchain.join("dotnet").join(&program);
    let in_root = surroundings
        .dotnet_root
        .as_ref()
        .map(|root| root.join(&program));
    let mut problem = String::from("not on PATH, not in DOTNET_ROOT, and no offline bundle has it");
    let candidates = surroundings
        .which("dotnet")
        .into_iter()
        .chain(in_root)
        .chain(Some(unpacked.clone()));
    for candidate in candidates.filter(|c| c.is_file()) {
        match usable_sdk(&candidate) {
            Ok(version) => return Ok((candidate, version)),
            Err(e) => problem = e,
        }
    }
    if let Some(archive) = surroundings.bundle.as_deref().and_then(sdk_archive) {
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
    let arch = if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "x64"
    };
    let mut found: Vec<PathBuf> = std::fs::read_dir(bundle)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
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
    tar::Archive::new(decoder)
        .unpack(place.path())
        .at("unpack", archive)?;
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

fn find_clang(surroundings: &Surroundings, toolchain: &Path) -> Result<Clang, MissingTool> {
    let mut problem = String::from("no clang on PATH, and WASI_SDK_PATH is not set");
    let mut candidates: Vec<(PathBuf, Vec<String>)> = Vec::new();
    if let Some(sdk) = &surroundings.wasi_sdk {
        let sysroot = sdk.join("share/wasi-sysroot");
        candidates.push((
            sdk.join("bin/clang"),
            vec![
                "--target=wasm32-wasi".into(),
                format!("--sysroot={}", sysroot.display()),
            ],
        ));
    }
    for version in (OLDEST_CLANG..=30).rev() {
        if let Some(clang) = surroundings.which(&format!("clang-{version}")) {
            let mut arguments = vec!["--target=wasm32-wasi".into()];
            arguments.extend(
                surroundings
                    .which(&format!("wasm-ld-{version}"))
                    .map(|ld| format!("-fuse-ld={}", ld.display())),
            );
            candidates.push((clang, arguments));
        }
    }
    candidates.extend(
        surroundings
            .which("clang")
            .map(|clang| (clang, vec!["--target=wasm32-wasi".into()])),
    );
    for (program, arguments) in candidates {
        match try_clang(&program, &arguments, toolchain) {
            Ok(version) => {
                return Ok(Clang {
                    program,
                    version,
                    arguments,
                });
            }
            Err(e) => problem = e,
        }
    }
    Err(MissingTool {
        name: format!(
            "clang {OLDEST_CLANG} or newer for wasm32-wasi, with wasm-ld, wasi-libc and libc++abi"
        ),
        problem,
        remedy: format!(
            "On Debian: `apt-get install {}`, which `--install-deps` does; elsewhere install wasi-sdk 27 or newer and set WASI_SDK_PATH",
            DEBIAN_PACKAGES.join(" ")
        ),
    })
}

/// Whether a clang links a C program for WASI: the only answer that does not depend on how it was packaged.
fn try_clang(clang: &Path, arguments: &[String], toolchain: &Path) -> Result<String, String> {
    let output = Command::new(clang)
        .arg("--version")
        .output()
        .map_err(|e| format!("{} does not start: {e}", clang.display()))?;
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
    std::fs::write(
        &source,
        "#include <stdlib.h>\nint main(void) { abort(); }\n",
    )
    .map_err(|e| e.to_string())?;
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
    Err(format!(
        "{} cannot link a program for WASI: {}",
        clang.display(),
        said.lines().next().unwrap_or("it says nothing")
    ))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// A program that prints some lines, whatever it is asked.
    fn program(folder: &Path, name: &str, says: &str) {
        let path = folder.join(name);
        std::fs::write(&path, format!("#!/bin/sh\nprintf '%s\\n' '{says}'\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn missing(surroundings: &Surroundings) -> Vec<MissingTool> {
        let toolchain = tempfile::tempdir().unwrap();
        match find_in(surroundings, toolchain.path()) {
            Err(BuildError::Tools(missing)) => missing,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn all_missing_tools_are_named_at_once_with_what_to_do() {
        let missing = missing(&Surroundings::default());
        let programs =
            ["perl", "make"].map(|name| missing.iter().any(|m| m.name.starts_with(name)));
        assert_eq!((missing.len(), programs), (4, [true, true]));
        assert!(
            missing[0].name.contains(".NET SDK") && missing[0].remedy.contains("dotnet-install.sh"),
            "{:?}",
            missing[0]
        );
        assert!(
            missing[1].name.contains("clang") && missing[1].remedy.contains("--install-deps"),
            "{:?}",
            missing[1]
        );
    }

    #[test]
    fn versions_that_are_too_old_are_told() {
        let bin = tempfile::tempdir().unwrap();
        program(bin.path(), "dotnet", "8.0.100 [/somewhere]");
        program(bin.path(), "clang", "clang version 14.0.6");
        let surroundings = Surroundings {
            path: vec![bin.path().into()],
            ..Default::default()
        };
        let missing = missing(&surroundings);
        assert!(missing[0].problem.contains("8.0.100"), "{:?}", missing[0]);
        assert!(missing[1].problem.contains("14.0.6"), "{:?}", missing[1]);
    }

    #[test]
    fn a_clang_that_cannot_link_for_wasi_is_told() {
        let bin = tempfile::tempdir().unwrap();
        let path = bin.path().join("clang-22");
        std::fs::write(&path, "#!/bin/sh\n[ \"$1\" = --version ] && echo 'clang version 22.1.0' && exit\necho 'no sysroot' >&2\nexit 1\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let surroundings = Surroundings {
            path: vec![bin.path().into()],
            ..Default::default()
        };
        let clang = missing(&surroundings).remove(1);
        assert!(
            clang.problem.contains("cannot link") && clang.problem.contains("no sysroot"),
            "{clang:?}"
        );
    }

    #[test]
    fn a_bundle_with_a_broken_archive_is_told() {
        let bundle = tempfile::tempdir().unwrap();
        let arch = if cfg!(target_arch = "aarch64") {
            "arm64"
        } else {
            "x64"
        };
        std::fs::write(
            bundle
                .path()
                .join(format!("dotnet-sdk-10.0.401-linux-{arch}.tar.zst")),
            "no archive",
        )
        .unwrap();
        let surroundings = Surroundings {
            bundle: Some(bundle.path().into()),
            ..Default::default()
        };
        let sdk = missing(&surroundings).remove(0);
        assert!(sdk.problem.contains("dotnet-sdk-10.0.401"), "{sdk:?}");
    }
}
