//! Opens the assembly that the command line names, with everything that lies around it.

use crate::args::{GuestArgs, Surroundings};
use crate::config::RuntimeConfig;
use crate::deps::Dependencies;
use crate::failure::{Failure, Result};
use crate::image::{ImageKind, kind_of};
use crate::output;
use isolator_host::{
    IsolatedAssembly, IsolatedRuntime, IsolatedRuntimeHost, Limits, RuntimeBuilder,
};
use std::path::{Path, PathBuf};

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
    bytes: Vec<u8>,
    symbols: Option<Vec<u8>>,
    config: RuntimeConfig,
}

impl Program {
    /// Reads the file and what is beside it.
    ///
    /// # Errors
    /// What the file is instead of what it should be, and what to do.
    pub fn open(path: &Path, purpose: Purpose) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|error| cannot_read(path, &error))?;
        if let Some(problem) = problem(path, kind_of(&bytes), purpose) {
            return Err(Failure::new(format!(
                "`{}` cannot be {}: {problem}",
                path.display(),
                if purpose == Purpose::Run {
                    "run"
                } else {
                    "used"
                }
            )));
        }
        let symbols = std::fs::read(path.with_extension("pdb")).ok();
        Ok(Self {
            path: path.into(),
            bytes,
            symbols,
            config: RuntimeConfig::beside(path)?,
        })
    }

    /// The directory that it is in.
    fn directory(&self) -> &Path {
        self.path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new("."))
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
            .assembly_loader(Dependencies::beside(
                &self.path,
                &self.config.probing_paths,
            )?)
            .assembly_directory(self.directory())?
            .build()?;
        Ok(host.runtime().limits(limits).create()?)
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
        let dependencies = Dependencies::beside(&self.path, &self.config.probing_paths)?;
        let mut host = host_builder(&surroundings.guest);
        if surroundings.limits.fuel.is_some() {
            host = host.meter_fuel();
        }
        let host = host
            .assembly_loader(dependencies)
            .assembly_directory(self.directory())?
            .build()?;
        self.config.check(&self.path, host.dotnet_version())?;

        let mut builder = surroundings.grants.apply(host.runtime())?;
        builder = builder.limits(surroundings.limits.limits());
        for (name, value) in &self.config.properties {
            builder = builder.property(name, value);
        }
        if let Some(bytes) = self.config.heap_limit() {
            builder = builder.heap_limit(bytes);
        }
        if let Some(inside) = surroundings.grants.path_inside(self.directory()) {
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
        let assembly = runtime.load_image(&self.bytes, self.symbols.as_deref())?;
        Ok((runtime, assembly))
    }
}

/// A host for a single runtime.
pub fn host_builder(guest: &GuestArgs) -> isolator_host::HostBuilder {
    let builder = IsolatedRuntimeHost::builder().max_runtimes(1);
    match &guest.guest {
        Some(path) => builder.guest(path),
        None => builder,
    }
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Failure {
    let beside = path.with_extension("dll");
    let hint = if path.is_dir() {
        ". It is a directory: name the .dll in it".to_owned()
    } else if path.extension().is_none_or(|extension| extension != "dll") && beside.is_file() {
        format!(". Did you mean `{}`?", beside.display())
    } else if error.kind() == std::io::ErrorKind::NotFound {
        ". Name the .dll that `dotnet build` made, such as bin/Debug/net10.0/App.dll".to_owned()
    } else {
        String::new()
    };
    Failure::new(format!("cannot read `{}`: {error}{hint}", path.display()))
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
                .map_err(|failure| failure.to_string())
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
