//! Opens the assembly that the command line names, with everything that lies around it.

use crate::args::{CompiledArg, GuestArgs, Surroundings};
use crate::config::RuntimeConfig;
use crate::deps::Dependencies;
use crate::error::{CliError, Result};
use crate::image::{ImageKind, kind_of};
use crate::output;
use isolator_abi::side::{LARGEST_SIDE_MODULE, SIDE_SUFFIX};
use isolator_host::{
    AssemblyFolder, AssemblyImage, AssemblyLoader, AssemblyRequest, Compiled, HostBuilder,
    IsolatedAssembly, IsolatedRuntime, IsolatedRuntimeHost, LARGEST_ASSEMBLY, Limits,
    RuntimeBuilder, read_named_file,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What an assembly is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Run,
    Call,
}

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
        let bytes =
            read_named_file(path, LARGEST_ASSEMBLY).map_err(|error| cannot_read(path, &error))?;
        if let Some(problem) = problem(path, kind_of(&bytes), purpose) {
            return Err(CliError::new(format!(
                "`{}` cannot be {}: {problem}",
                path.display(),
                if purpose == Purpose::Run {
                    "run"
                } else {
                    "used"
                }
            )));
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
        let host = self.loaders(host_builder(guest))?.build()?;
        Ok(host.runtime().limits(limits).create()?)
    }

    /// Where the program's assemblies come from: what its `.deps.json` lists, then its folder.
    fn loaders(&self, host: HostBuilder) -> Result<HostBuilder> {
        let listed = Dependencies::beside(&self.path, &self.folder, &self.config.probing_paths)?;
        let folder = self.folder.clone();
        Ok(host
            .assembly_loader(listed)
            .assembly_loader(move |request: &AssemblyRequest| folder.load(request)))
    }

    /// Loads a guest image and makes a runtime with what is granted. `configure` says where the standard streams go.
    ///
    /// # Errors
    /// A guest image that cannot be used, a framework that it does not hold, a grant that is not possible.
    pub fn start(
        &self,
        surroundings: &Surroundings,
        configure: impl FnOnce(RuntimeBuilder) -> RuntimeBuilder,
    ) -> Result<(IsolatedRuntime, IsolatedAssembly)> {
        let mut host = host_builder(&surroundings.guest);
        let mode = match surroundings.compiled {
            Some(CompiledArg::Auto) => Compiled::Auto,
            Some(CompiledArg::Require) => Compiled::Require,
            Some(CompiledArg::Off) | None => Compiled::Off,
        };
        host = host.compiled(mode);
        if surroundings.limits.fuel.is_some() {
            host = host.meter_fuel();
        }
        let host = self.loaders(host)?.build()?;
        self.config.check(&self.path, host.dotnet_version())?;

        let mut builder = surroundings.grants.apply(host.runtime())?;
        builder = builder.limits(surroundings.limits.limits());
        for (name, value) in &self.config.properties {
            builder = builder.property(name, value);
        }
        if let Some(bytes) = self.config.heap_limit() {
            builder = builder.heap_limit(bytes);
        }
        if let Some(inside) = surroundings.grants.path_inside(self.folder.path()) {
            builder = builder.base_directory(inside);
        }
        if let Some(directory) = &surroundings.cwd {
            builder = builder.working_directory(directory);
        }
        if let Some(name) = &surroundings.culture {
            builder = builder.culture(name);
        }
        if let Some(name) = &surroundings.time_zone {
            builder = builder.time_zone(name);
        }
        let mut runtime = configure(builder).create()?;
        if let Some(allowed) = surroundings.limits.max_output {
            output::count(runtime.output_account(), allowed);
        }
        let mut image = AssemblyImage::new(self.bytes.clone());
        image.symbols.clone_from(&self.symbols);
        if mode != Compiled::Off {
            let what = ("compiled code is", SIDE_SUFFIX);
            image.compiled = beside(&self.path, &self.folder, what, LARGEST_SIDE_MODULE);
        }
        let assembly = runtime.load_assembly_image(&image)?;
        Ok((runtime, assembly))
    }
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
    } else if error.kind() == std::io::ErrorKind::NotFound {
        ". Name the .dll that `dotnet build` made, such as bin/Debug/net10.0/App.dll".to_owned()
    } else {
        String::new()
    };
    CliError::new(format!("cannot read `{}`: {error}{hint}", path.display()))
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
        ImageKind::Library if purpose == Purpose::Call => None,
        ImageKind::Library => Some("it is a library: it has no `Main`. Call one of its methods with `isolator call`".into()),
        ImageKind::NativePe | ImageKind::NativeUnix => Some(format!(
            "it is a native program, probably the launcher that `dotnet build` puts beside the app. Name {}",
            library()
        )),
        ImageKind::WebAssembly => Some("it is a WebAssembly module, and not the .NET assembly that it may hold. Name the .dll that `dotnet build` made".into()),
        ImageKind::Damaged => Some("it begins like an assembly, but is cut off or damaged. Build or copy it again".into()),
        ImageKind::Other if matches!(&*extension, "csproj" | "fsproj" | "vbproj" | "sln" | "slnx") => {
            Some("it is a project file. Build it with `dotnet build`, and name the .dll that this makes".into())
        }
        ImageKind::Other if matches!(&*extension, "cs" | "fs" | "vb") => {
            Some("it is source code. Build it with `dotnet build`, and name the .dll that this makes".into())
        }
        ImageKind::Other => Some("it is not a .NET assembly. Name the .dll that `dotnet build` made".into()),
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
            (write("Cut.dll", b"MZ"), "cut off or damaged"),
            (
                root.path().join("Missing.dll"),
                "Name the .dll that `dotnet build` made",
            ),
            (root.path().join("App.dl"), "Did you mean"),
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
