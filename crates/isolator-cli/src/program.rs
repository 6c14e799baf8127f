//! Opens the assembly that the command line names, with everything that lies around it.

use crate::app::Purpose;
use crate::args::{CompiledArg, GuestArgs, Surroundings};
use crate::config::RuntimeConfig;
use crate::deps::Dependencies;
use crate::error::{CliError, Result};
use crate::image::{ImageKind, is_module, kind_of};
use crate::snapshot::SUFFIX;
use isolator_abi::side::{LARGEST_SIDE_MODULE, SIDE_SUFFIX};
use isolator_host::{
    AssemblyFolder, AssemblyImage, AssemblyLoader, AssemblyRequest, Compiled, HostBuilder,
    IsolatedRuntime, IsolatedRuntimeHost, LARGEST_ASSEMBLY, Limits, RuntimeBuilder, SnapshotInfo,
    read_named_file,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An assembly on disk, checked from outside.
#[derive(Debug)]
pub struct Program {
    path: PathBuf,
    /// The directory that it is in, as its path says.
    folder: Arc<AssemblyFolder>,
    bytes: Arc<[u8]>,
    symbols: Option<Arc<[u8]>>,
    config: RuntimeConfig,
}

impl Program {
    /// Reads the file and what is beside it. The user named the file: it may be a link. What is beside it may not.
    ///
    /// # Errors
    /// What the file is instead of what it should be, and what to do.
    pub fn open(path: &Path, purpose: Purpose) -> Result<Self> {
        let refused = |problem: String| {
            CliError::new(format!(
                "`{}` cannot be {}: {problem}",
                path.display(),
                match purpose {
                    Purpose::Run => "run",
                    Purpose::Inspect => "inspected",
                    Purpose::Call | Purpose::Snapshot => "used",
                }
            ))
        };
        if is_module(path) {
            return Err(refused(module(path, purpose)));
        }
        let bytes =
            read_named_file(path, LARGEST_ASSEMBLY).map_err(|error| cannot_read(path, &error))?;
        if let Some(problem) = problem(path, kind_of(&bytes), purpose) {
            return Err(refused(problem));
        }
        let folder = Arc::new(AssemblyFolder::open(
            path.parent().unwrap_or(Path::new("")),
        )?);
        Ok(Self {
            path: path.into(),
            bytes,
            symbols: beside(path, &folder, ("symbols are", "pdb"), LARGEST_ASSEMBLY / 2),
            config: RuntimeConfig::beside(path, &folder)?,
            folder,
        })
    }

    /// The assembly's bytes.
    pub fn image(&self) -> &[u8] {
        &self.bytes
    }

    /// Loads a guest image and makes a runtime that may nothing but read what the assembly's own loaders find: the assembly itself is
    /// not loaded.
    ///
    /// # Errors
    /// A guest image that cannot be used.
    pub fn start_reader(&self, guest: &GuestArgs, limits: Limits) -> Result<IsolatedRuntime> {
        let host = host_builder(guest)
            .assembly_loader(self.finder(&[])?)
            .build()?;
        Ok(host.runtime().limits(limits).create()?)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The directory that it is in.
    pub fn folder(&self) -> &Arc<AssemblyFolder> {
        &self.folder
    }

    /// Where the program's assemblies come from: what its `.deps.json` lists, then its folder, then those that the command line names.
    ///
    /// # Errors
    /// A `.deps.json` or a folder that cannot be read.
    pub fn finder(&self, more: &[PathBuf]) -> Result<Finder> {
        let listed = Dependencies::beside(&self.path, &self.folder, &self.config.probing_paths)?;
        let listed = Arc::new(listed);
        let mut folders = vec![self.folder.clone()];
        for folder in more {
            folders.push(Arc::new(AssemblyFolder::open(folder)?));
        }
        Ok(Finder { listed, folders })
    }

    /// The compiled code that lies beside an assembly in the program's folder.
    pub fn compiled_of(&self, name: &str) -> Option<Arc<[u8]>> {
        let path = self.path.with_file_name(format!("{name}.dll"));
        compiled_beside(&path, &self.folder)
    }

    /// Loads a guest image for it.
    ///
    /// # Errors
    /// A guest image that cannot be used, or a framework that it does not hold.
    pub fn host(&self, finder: Finder, surroundings: &Surroundings) -> Result<IsolatedRuntimeHost> {
        let host = own_host(surroundings).assembly_loader(finder).build()?;
        self.config.check(&self.path, host.dotnet_version())?;
        Ok(host)
    }

    /// Starts a runtime with what is granted, and what the files beside the program set.
    ///
    /// # Errors
    /// A grant that is not possible.
    pub fn builder(
        &self,
        host: &IsolatedRuntimeHost,
        surroundings: &Surroundings,
    ) -> Result<RuntimeBuilder> {
        let mut builder = builder_within(host.runtime(), surroundings)?;
        for (name, value) in &self.config.properties {
            builder = builder.property(name, value);
        }
        if let Some(bytes) = self.config.heap_limit() {
            builder = builder.heap_limit(bytes);
        }
        if let Some(inside) = self.base_directory(surroundings) {
            builder = builder.base_directory(inside);
        }
        Ok(builder)
    }

    /// Where the program sees its directory, if that is granted.
    pub fn base_directory(&self, surroundings: &Surroundings) -> Option<String> {
        surroundings.grants.path_inside(self.folder.path())
    }

    /// The assembly, with its symbols, and with its compiled code where that is wanted.
    pub fn with_what_lies_beside(&self, surroundings: &Surroundings) -> AssemblyImage {
        let mut image = AssemblyImage::new(self.bytes.clone());
        image.symbols.clone_from(&self.symbols);
        if mode(surroundings) != Compiled::Off {
            image.compiled = compiled_beside(&self.path, &self.folder);
        }
        image
    }
}

fn mode(surroundings: &Surroundings) -> Compiled {
    match surroundings.compiled {
        None => Compiled::default(),
        Some(CompiledArg::Auto) => Compiled::Auto,
        Some(CompiledArg::Require) => Compiled::Require,
        Some(CompiledArg::Off) => Compiled::Off,
    }
}

fn own_host(surroundings: &Surroundings) -> HostBuilder {
    let host = host_builder(&surroundings.guest).compiled(mode(surroundings));
    match surroundings.limits.fuel {
        Some(_) => host.meter_fuel(),
        None => host,
    }
}

/// Looks for a program's assemblies.
#[derive(Debug, Clone)]
pub struct Finder {
    listed: Arc<Dependencies>,
    folders: Vec<Arc<AssemblyFolder>>,
}

impl AssemblyLoader for Finder {
    fn load(&self, request: &AssemblyRequest) -> Option<AssemblyImage> {
        let in_folders = || self.folders.iter().find_map(|folder| folder.load(request));
        self.listed.load(request).or_else(in_folders)
    }
}

/// A host for what brings its program along.
///
/// # Errors
/// A folder that cannot be opened.
pub fn host_within(surroundings: &Surroundings) -> Result<HostBuilder> {
    let mut host = own_host(surroundings);
    for folder in &surroundings.load_from {
        host = host.assembly_directory(folder)?;
    }
    Ok(host)
}

/// Gives a runtime what the command line does.
///
/// # Errors
/// A grant that is not possible.
pub fn builder_within(
    builder: RuntimeBuilder,
    surroundings: &Surroundings,
) -> Result<RuntimeBuilder> {
    let mut builder = surroundings.grants.apply(builder)?;
    builder = builder.limits(surroundings.limits.limits());
    if let Some(directory) = &surroundings.cwd {
        builder = builder.working_directory(directory);
    }
    if let Some(name) = &surroundings.culture {
        builder = builder.culture(name);
    }
    if let Some(name) = &surroundings.time_zone {
        builder = builder.time_zone(name);
    }
    Ok(builder)
}

/// What lies beside a program: its symbols, without which stack traces have no lines, or its compiled code.
fn beside(
    path: &Path,
    folder: &AssemblyFolder,
    (what, extension): (&str, &str),
    most: u64,
) -> Option<Arc<[u8]>> {
    let beside = path.with_extension(extension);
    let name = beside.file_name()?.to_str()?;
    match folder.read(name, most) {
        Ok(content) => content,
        Err(error) => {
            tracing::warn!("the program's {what} not used: {error}");
            None
        }
    }
}

fn compiled_beside(path: &Path, folder: &AssemblyFolder) -> Option<Arc<[u8]>> {
    let what = ("compiled code is", SIDE_SUFFIX);
    beside(path, folder, what, LARGEST_SIDE_MODULE)
}

/// A host for a single runtime.
pub fn host_builder(guest: &GuestArgs) -> HostBuilder {
    let builder = IsolatedRuntimeHost::builder().max_runtimes(1);
    match &guest.guest {
        Some(path) => builder.guest(path),
        None => builder,
    }
}

fn cannot_read(path: &Path, error: &std::io::Error) -> CliError {
    if path.is_dir() {
        return CliError::new(format!(
            "cannot read `{}`. It is a directory: name the .dll in it",
            path.display()
        ));
    }
    let beside = path.with_extension("dll");
    let hint = if path.extension().is_none_or(|extension| extension != "dll") && beside.is_file() {
        format!(". Did you mean `{}`?", beside.display())
    } else if path
        .extension()
        .is_some_and(|extension| extension == SUFFIX)
        && error.kind() == std::io::ErrorKind::NotFound
    {
        ". `isolator snapshot APP.dll` makes such a file".to_owned()
    } else if error.kind() == std::io::ErrorKind::NotFound {
        ". Name the .dll that `dotnet build` made, such as bin/Debug/net10.0/App.dll".to_owned()
    } else {
        String::new()
    };
    CliError::new(format!("cannot read `{}`: {error}{hint}", path.display()))
}

/// What a WebAssembly module is that is no app snapshot, as far as its name tells.
pub fn module_problem(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let assembly = name.strip_suffix(&format!(".{SIDE_SUFFIX}"))?;
    Some(format!(
        "it is the compiled code of an assembly. Name that, `{assembly}.dll`: what lies beside it is found"
    ))
}

/// Why a WebAssembly module is not what was asked for.
fn module(path: &Path, purpose: Purpose) -> String {
    if let Some(problem) = module_problem(path) {
        return problem;
    }
    // For all else, who can use a snapshot took it before.
    match purpose == Purpose::Snapshot && SnapshotInfo::read(path).is_ok() {
        true => "it is an app snapshot already. Name the .dll that it was made of, with all calls that shall be made".into(),
        false => "it is a WebAssembly module, and not the .NET assembly that it may hold. Name the .dll that `dotnet build` made".into(),
    }
}

/// Why a file cannot be used, if it cannot.
fn problem(path: &Path, kind: ImageKind, purpose: Purpose) -> Option<String> {
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let library = || {
        let dll = path.with_extension("dll");
        if dll != path && dll.is_file() {
            format!("`{}`, beside it", dll.display())
        } else {
            "the .dll of the same name, beside it".into()
        }
    };
    match kind {
        ImageKind::Program => None,
        ImageKind::Library if purpose != Purpose::Run => None,
        ImageKind::Library => Some("it is a library: it has no `Main`. Call one of its methods with `isolator call`".into()),
        ImageKind::NativePe | ImageKind::NativeUnix => Some(format!(
            "it is a native program, probably the launcher that `dotnet build` puts beside the app. Name {}",
            library()
        )),
        ImageKind::WebAssembly => Some(module(path, purpose)),
        ImageKind::Damaged => Some("it begins like an assembly, but is cut off or damaged. Build or copy it again".into()),
        ImageKind::Other if matches!(&*extension, "csproj" | "fsproj" | "vbproj" | "sln" | "slnx") => {
            Some("it is a project file. Build it with `dotnet build`, and name the .dll that this makes".into())
        }
        ImageKind::Other if matches!(&*extension, "cs" | "csx" | "fs" | "vb") => {
            Some("it is source code. Build it with `dotnet build`, and name the .dll that this makes".into())
        }
        ImageKind::Other => Some(
            "it is not a .NET assembly. Name the .dll that `dotnet build` made, or a C# script, whose name ends in `.cs` or `.csx`, or which begins with `#!`".into(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::tests::pe;

    #[test]
    fn what_cannot_be_run_is_told_apart() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = root.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let open = |path: PathBuf, purpose| {
            Program::open(&path, purpose)
                .map(|_| ())
                .map_err(|error| error.to_string())
        };
        write("App.dll", &pe(true, 1));
        let cases = [
            (write("Lib.dll", &pe(true, 0)), "has no `Main`"),
            (write("App", b"\x7fELF"), "App.dll`, beside it"),
            (write("App.exe", &pe(false, 0)), "App.dll`, beside it"),
            (
                write("Other.exe", &pe(false, 0)),
                "the .dll of the same name",
            ),
            (write("App.csproj", b"<Project/>"), "`dotnet build`"),
            (write("App.cs", b"class A;"), "source code"),
            (write("note.txt", b"text"), "not a .NET assembly"),
            (write("script", b"int x;"), "ends in `.cs`"),
            (write("script.csx", b"int x;"), "source code"),
            (write("Cut.dll", b"MZ"), "cut off or damaged"),
            (
                root.path().join("Missing.dll"),
                "there is no such file. Name the .dll that `dotnet build` made",
            ),
            (root.path().join("App.dl"), "Did you mean"),
            (
                root.path().join("missing.isolate"),
                "`isolator snapshot APP.dll`",
            ),
            (root.path().to_path_buf(), "It is a directory"),
        ];
        for (path, expected) in cases {
            let message = open(path, Purpose::Run).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
        assert_eq!(open(root.path().join("App.dll"), Purpose::Run), Ok(()));
        assert_eq!(open(root.path().join("Lib.dll"), Purpose::Call), Ok(()));
    }
}
