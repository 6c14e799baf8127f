//! The tools that do the work: where they are looked for, and how they run.

use crate::confine::{self, Reach};
use crate::error::{BuildError, MissingTool};
use isolator_abi::contract::hex;
use sha2::{Digest, Sha512};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Environment variable that names the folder of the unpacked compiler package, or `tools` in it.
pub const COMPILER_VARIABLE: &str = "ISOLATOR_COMPILER";

/// Oldest clang and linker whose exceptions are the standard ones.
const OLDEST: u32 = 20;

/// What is needed to compile.
#[derive(Debug, Clone)]
pub struct Tools {
    /// .NET's ahead-of-time compiler for WebAssembly.
    pub compiler: PathBuf,
    /// Folder of the shared libraries that it wants.
    pub libraries: PathBuf,
    /// The C compiler.
    pub clang: PathBuf,
    /// The linker.
    pub linker: PathBuf,
}

/// What a tool may use up.
#[derive(Debug, Clone, Copy)]
pub struct ToolLimits {
    /// Time of each.
    pub time: Duration,
    /// Bytes of address space of each; where the system has no such limit, it is none.
    pub memory: u64,
}

impl Default for ToolLimits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(300),
            memory: 4 << 30,
        }
    }
}

/// The name of the compiler's package for this machine, as NuGet has it; none where .NET has no such compiler.
#[must_use]
pub fn package() -> Option<&'static str> {
    Some(match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "Microsoft.NETCore.App.Runtime.AOT.linux-x64.Cross.browser-wasm",
        ("linux", "aarch64") => "Microsoft.NETCore.App.Runtime.AOT.linux-arm64.Cross.browser-wasm",
        ("macos", "x86_64") => "Microsoft.NETCore.App.Runtime.AOT.osx-x64.Cross.browser-wasm",
        ("macos", "aarch64") => "Microsoft.NETCore.App.Runtime.AOT.osx-arm64.Cross.browser-wasm",
        ("windows", "x86_64") => "Microsoft.NETCore.App.Runtime.AOT.win-x64.Cross.browser-wasm",
        _ => return None,
    })
}

/// The versions of that package that were tested, with their SHA-512 in hex. Another is taken as it is.
#[must_use]
pub fn pinned() -> &'static [(&'static str, &'static str)] {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => &[
            (
                "10.0.15",
                "d3938b82bd08f990cfa1b8c373bdaac18b9281a4836efbc078ab9ff5d05122d854f96cb97253f6e4231a2d67d35f53c7620c88f33a40468fd0f8cbf2c7f4aa51",
            ),
            (
                "11.0.0",
                "75cb0eea492349a5002b662f70ad8871fc28f519f68b9ce0e5b61e15f70fe1d38c5e501d643bcdd5e78808fd26dd7021f849e41877acf437bd9255c62d273308",
            ),
        ],
        _ => &[],
    }
}

impl Tools {
    /// Finds them, for a guest with this version of .NET. The compiler is looked for in these folders of NuGet packages, after what
    /// `ISOLATOR_COMPILER` names, and restored with `dotnet` where it is in none.
    ///
    /// # Errors
    /// [`BuildError::Tools`] with all that are missing, and how to get them.
    pub fn find(dotnet_version: &str, packages: &[PathBuf]) -> Result<Self, BuildError> {
        Self::look(dotnet_version, packages, Restoring::Allowed)
    }

    /// Finds those that are here: as [`find`](Self::find), but nothing is restored.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn at_hand(dotnet_version: &str, packages: &[PathBuf]) -> Result<Self, BuildError> {
        Self::look(dotnet_version, packages, Restoring::Forbidden)
    }

    fn look(
        dotnet_version: &str,
        packages: &[PathBuf],
        restoring: Restoring,
    ) -> Result<Self, BuildError> {
        let path: Vec<PathBuf> = std::env::var_os("PATH")
            .map(|path| std::env::split_paths(&path).collect())
            .unwrap_or_default();
        let mut missing = Vec::new();
        let mut note = |result: Result<PathBuf, MissingTool>| {
            result.unwrap_or_else(|tool| {
                missing.push(tool);
                PathBuf::new()
            })
        };
        let compiler = note(compiler(dotnet_version, packages, &path, restoring));
        let clang = note(llvm("clang", "clang", &path));
        let linker = note(llvm("wasm-ld", "lld", &path));
        if !missing.is_empty() {
            return Err(BuildError::Tools(missing));
        }
        Ok(Self {
            libraries: compiler.parent().unwrap_or(Path::new("")).to_owned(),
            compiler,
            clang,
            linker,
        })
    }
}

fn program(folder: &Path, name: &str) -> Option<PathBuf> {
    let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    path.is_file().then_some(path)
}

fn in_package(folder: &Path) -> Option<PathBuf> {
    const NAME: &str = "mono-aot-cross";
    program(folder, NAME).or_else(|| program(&folder.join("tools"), NAME))
}

/// Whether a package that is not there may be restored, by a program that is not confined and asks the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Restoring {
    Allowed,
    Forbidden,
}

fn compiler(
    version: &str,
    packages: &[PathBuf],
    path: &[PathBuf],
    restoring: Restoring,
) -> Result<PathBuf, MissingTool> {
    let missing = |problem: String, remedy: String| MissingTool {
        name: format!("the ahead-of-time compiler for .NET {version}"),
        problem,
        remedy,
    };
    if let Some(named) = std::env::var_os(COMPILER_VARIABLE).filter(|value| !value.is_empty()) {
        let folder = PathBuf::from(named);
        return in_package(&folder).ok_or_else(|| {
            missing(
                format!(
                    "{COMPILER_VARIABLE} names `{}`, in which it is not",
                    folder.display()
                ),
                "Name the folder that the package is unpacked in".into(),
            )
        });
    }
    let Some(id) = package() else {
        return Err(missing(
            "there is none for this kind of machine".into(),
            "Compile on Linux, macOS or Windows, and bring the files here: they are the same"
                .into(),
        ));
    };
    let home = std::env::var_os("NUGET_PACKAGES")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".nuget/packages")));
    let at = |folder: &Path| {
        let root = folder.join(id.to_lowercase()).join(version);
        in_package(&root).map(|program| (root, program))
    };
    let checked = |(root, program): (PathBuf, PathBuf)| match check(&root, id, version, pinned()) {
        Ok(()) => Ok(program),
        Err(problem) => Err(missing(
            problem,
            format!(
                "Delete {} and try again: it is restored then. If it stays so, the feed serves another package; whoever wants that one sets {COMPILER_VARIABLE} to \
                 its folder",
                root.display()
            ),
        )),
    };
    let mut all = packages.iter().chain(&home);
    if let Some(found) = all.find_map(|folder| at(folder)) {
        return checked(found);
    }
    let remedy = format!(
        "Install a .NET SDK, with which it is restored, or unpack the NuGet package {id} {version} and set {COMPILER_VARIABLE} to its folder"
    );
    if restoring == Restoring::Forbidden {
        return Err(missing(
            format!("the package {id} is not among the NuGet packages"),
            "`isolator compile` restores it, where there is a .NET SDK".into(),
        ));
    }
    let dotnet = path.iter().find_map(|folder| program(folder, "dotnet"));
    let (Some(dotnet), Some(home)) = (dotnet, home) else {
        return Err(missing(
            format!(
                "the package {id} is not among the NuGet packages, and there is no `dotnet` to restore it"
            ),
            remedy,
        ));
    };
    restore(&dotnet, id, version, &home).map_err(|problem| missing(problem, remedy.clone()))?;
    let found = at(&home).ok_or_else(|| {
        missing(
            "the restored package has another layout than is known here".into(),
            remedy,
        )
    })?;
    checked(found)
}

/// Compares an unpacked package, beside which NuGet leaves the package's own file, with the known one of that version.
fn check(root: &Path, id: &str, version: &str, known: &[(&str, &str)]) -> Result<(), String> {
    let Some((_, expected)) = known.iter().find(|(known, _)| *known == version) else {
        tracing::info!(
            version,
            package = id,
            "this version is not pinned: the package is taken as it is"
        );
        return Ok(());
    };
    let file = root.join(format!("{}.{version}.nupkg", id.to_lowercase()));
    let bytes = std::fs::read(&file).map_err(|error| {
        format!(
            "it cannot be checked: {} cannot be read: {error}",
            file.display()
        )
    })?;
    let sha512 = hex(&Sha512::digest(&bytes));
    match sha512 == *expected {
        true => Ok(()),
        false => Err(format!(
            "{} has the SHA-512 {sha512}, and {expected} is expected",
            file.display()
        )),
    }
}

/// Restores a package into the user's folder of packages.
fn restore(dotnet: &Path, id: &str, version: &str, home: &Path) -> Result<(), String> {
    // Not where others write: files above a project take part in its build.
    std::fs::create_dir_all(home).map_err(|error| error.to_string())?;
    let place = tempfile::tempdir_in(home).map_err(|error| error.to_string())?;
    for name in [
        "Directory.Build.props",
        "Directory.Build.targets",
        "Directory.Packages.props",
    ] {
        std::fs::write(place.path().join(name), "<Project />\n")
            .map_err(|error| error.to_string())?;
    }
    let project = place.path().join("compiler.csproj");
    let text = format!(
        "<Project Sdk=\"Microsoft.NET.Sdk\">\n  <PropertyGroup>\n    <TargetFramework>net10.0</TargetFramework>\n  </PropertyGroup>\n  <ItemGroup>\n    <PackageDownload Include=\"{id}\" Version=\"[{version}]\" />\n  </ItemGroup>\n</Project>\n"
    );
    std::fs::write(&project, text).map_err(|error| error.to_string())?;
    let mut command = Command::new(dotnet);
    command
        .arg("restore")
        .arg(&project)
        .env("DOTNET_CLI_TELEMETRY_OPTOUT", "1")
        .env("DOTNET_NOLOGO", "1")
        .env("DOTNET_CLI_UI_LANGUAGE", "en");
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!(
            "`dotnet restore` of {id} failed: {}",
            String::from_utf8_lossy(&output.stdout).trim()
        )),
    }
}

/// A tool of LLVM's, new enough.
fn llvm(name: &str, debian: &str, path: &[PathBuf]) -> Result<PathBuf, MissingTool> {
    let mut problem = format!("no {name} is on PATH, and WASI_SDK_PATH is not set");
    let sdk = std::env::var_os("WASI_SDK_PATH").map(|sdk| PathBuf::from(sdk).join("bin"));
    let on_path = |name: &str| path.iter().find_map(|folder| program(folder, name));
    let candidates = sdk
        .and_then(|folder| program(&folder, name))
        .into_iter()
        .chain(
            (OLDEST..=30)
                .rev()
                .filter_map(|version| on_path(&format!("{name}-{version}"))),
        )
        .chain(on_path(name));
    for candidate in candidates {
        match version(&candidate) {
            Some(version) if version >= OLDEST => return Ok(candidate),
            Some(version) => problem = format!("{} is version {version}", candidate.display()),
            None => problem = format!("{} does not say its version", candidate.display()),
        }
    }
    Err(MissingTool {
        name: format!("{name} {OLDEST} or newer"),
        problem,
        remedy: format!(
            "On Debian: `apt-get install {debian}-22`; elsewhere install LLVM, or wasi-sdk 27 or newer and set WASI_SDK_PATH"
        ),
    })
}

fn version(program: &Path) -> Option<u32> {
    let output = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text
        .lines()
        .find(|line| line.contains("LLD") || line.contains("version"))?;
    line.split(|c: char| !c.is_ascii_digit() && c != '.')
        .find(|word| word.contains('.'))?
        .split('.')
        .next()?
        .parse()
        .ok()
}

/// Runs a tool to its end, within limits, and gives what it wrote. It inherits nothing but the environment variables that it needs, and on Linux it
/// reaches nothing but what is named here and the system's programs. What it started ends with it.
///
/// # Errors
/// [`BuildError::Command`] with what it printed.
pub fn run(
    step: &str,
    command: &mut Command,
    limits: ToolLimits,
    reach: &Reach,
) -> Result<String, BuildError> {
    let shown = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|part| part.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ");
    tracing::debug!(step, command = %shown, "run");
    let failed = |status: String, output: String| BuildError::Command {
        step: step.into(),
        command: shown.chars().take(400).collect(),
        status,
        output,
    };
    let not_started = |error: std::io::Error| failed("not started".into(), error.to_string());
    // Into files: a pipe that nobody empties would stop the tool.
    let output = tempfile::tempfile().map_err(not_started)?;
    let clone = |file: &std::fs::File| file.try_clone().map(Stdio::from);
    command
        .stdin(Stdio::null())
        .stdout(clone(&output).map_err(not_started)?)
        .stderr(clone(&output).map_err(not_started)?);
    confine::confine(command, limits, reach).map_err(not_started)?;
    let mut child = command.spawn().map_err(not_started)?;
    let status = wait(&mut child, limits.time).map_err(not_started)?;
    let said = said(output);
    match status {
        Some(status) if status.success() => Ok(said),
        Some(status) => Err(failed(status.to_string(), said)),
        None => Err(failed(
            format!("stopped after {} s", limits.time.as_secs()),
            said,
        )),
    }
}

/// Waits for a tool's end, and no longer than this: none if it had to be ended. In the end none of its processes is left.
fn wait(child: &mut Child, time: Duration) -> std::io::Result<Option<ExitStatus>> {
    let began = Instant::now();
    let ended = loop {
        match confine::has_ended(child) {
            Ok(false) if began.elapsed() <= time => {
                // Short at first: most tools take some 50 ms.
                std::thread::sleep(Duration::from_millis(2).max(began.elapsed() / 20));
            }
            ended => break ended,
        }
    };
    confine::end(child);
    let status = child.wait()?;
    Ok(ended?.then_some(status))
}

/// What a tool wrote, the end of it.
fn said(mut file: std::fs::File) -> String {
    use std::io::{Read, Seek, SeekFrom};
    const MOST: u64 = 1 << 20;
    let mut bytes = Vec::new();
    let length = file.metadata().map_or(0, |found| found.len());
    let _ = file
        .seek(SeekFrom::Start(length.saturating_sub(MOST)))
        .and_then(|_| file.take(MOST).read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "Some.Package";
    /// Of `abc`, as the standard has it.
    const KNOWN: &[(&str, &str)] = &[(
        "1.0.0",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    )];

    #[test]
    fn a_package_is_the_known_one_or_refused() {
        let root = tempfile::tempdir().unwrap();
        let check = |version: &str| check(root.path(), ID, version, KNOWN);
        let file = root.path().join("some.package.1.0.0.nupkg");
        assert!(check("1.0.0").unwrap_err().contains("cannot be read"));
        std::fs::write(&file, "abc").unwrap();
        assert_eq!(check("1.0.0"), Ok(()));
        std::fs::write(&file, "abd").unwrap();
        let refused = check("1.0.0").unwrap_err();
        assert!(
            refused.contains("has the SHA-512") && refused.contains(KNOWN[0].1),
            "{refused}"
        );
        assert_eq!(check("2.0.0"), Ok(()), "nobody knows that one");
    }

    #[test]
    fn another_package_in_the_place_of_the_compilers_is_not_used() {
        let (Some(id), Some((version, _))) = (package(), pinned().first()) else {
            eprintln!("skipped: no version is pinned for this kind of machine");
            return;
        };
        if std::env::var_os(COMPILER_VARIABLE).is_some_and(|value| !value.is_empty()) {
            eprintln!("skipped: {COMPILER_VARIABLE} names a compiler");
            return;
        }
        let packages = tempfile::tempdir().unwrap();
        let id = id.to_lowercase();
        let root = packages.path().join(&id).join(version);
        std::fs::create_dir_all(root.join("tools")).unwrap();
        let program = format!("tools/mono-aot-cross{}", std::env::consts::EXE_SUFFIX);
        std::fs::write(root.join(program), "").unwrap();
        std::fs::write(root.join(format!("{id}.{version}.nupkg")), "another").unwrap();
        let found = compiler(
            version,
            &[packages.path().to_owned()],
            &[],
            Restoring::Forbidden,
        );
        let refused = found.unwrap_err();
        assert!(refused.problem.contains("has the SHA-512"), "{refused}");
        assert!(refused.remedy.contains(COMPILER_VARIABLE), "{refused}");
    }
}
