//! What `run` and `call` are given: an assembly, or an app snapshot, which `isolator snapshot` made of one.

use crate::args::{CompiledArg, Surroundings};
use crate::error::{CliError, Result};
use crate::image::is_module;
use crate::limits::LimitArgs;
use crate::output;
use crate::program::{Program, builder_within, host_within, module_problem};
use isolator_host::{
    AppSnapshot, AssemblyImage, AssemblyLoader, AssemblyRequest, Error, IsolatedAssembly,
    IsolatedRuntime, RuntimeBuilder, SnapshotInfo, printable,
};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The name under which a snapshot keeps its program.
pub const PROGRAM: &str = "isolator.program";
/// The note of its name.
pub const NAME_NOTE: &str = "isolator.program.name";
/// The note of what it found as its directory, if it found one.
pub const BASE_NOTE: &str = "isolator.program.base";

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Run,
    Call,
    Inspect,
    Snapshot,
}

/// What the command line names.
#[derive(Debug)]
pub enum App {
    Program(Box<Program>),
    Snapshot(PathBuf),
}

/// A runtime with the program in it.
#[derive(Debug)]
pub struct Started {
    pub runtime: IsolatedRuntime,
    program: Option<IsolatedAssembly>,
    from: PathBuf,
    absent: Absent,
}

impl App {
    /// Looks at the file's content, whatever its name is.
    ///
    /// # Errors
    /// As [`Program::open`].
    pub fn open(path: &Path, purpose: Purpose) -> Result<Self> {
        match is_module(path) {
            true => Ok(Self::Snapshot(path.into())),
            false => Ok(Self::Program(Box::new(Program::open(path, purpose)?))),
        }
    }

    /// Makes a runtime with what is granted, and the program in it. `configure` says where the standard streams go.
    ///
    /// # Errors
    /// A guest image or a snapshot that cannot be used, a grant that is not possible.
    pub fn start(
        &self,
        surroundings: &Surroundings,
        configure: impl FnOnce(RuntimeBuilder) -> RuntimeBuilder,
    ) -> Result<Started> {
        let started = match self {
            Self::Program(program) => {
                let finder = program.finder(&surroundings.load_from)?;
                let host = program.host(finder, surroundings)?;
                let builder = program.builder(&host, surroundings)?;
                let runtime = configure(builder).create()?;
                Started {
                    runtime,
                    program: None,
                    from: program.path().into(),
                    absent: Absent::default(),
                }
            }
            Self::Snapshot(path) => from_snapshot(path, surroundings, configure)?,
        };
        let mut started = started;
        let allowed = surroundings.limits.max_output;
        output::count(started.runtime.output_account(), allowed);
        if let Self::Program(program) = self {
            let image = program.with_what_lies_beside(surroundings);
            started.program = Some(started.runtime.load_assembly_image(&image)?);
        }
        Ok(started)
    }
}

impl Started {
    /// The program.
    ///
    /// # Errors
    /// If a snapshot has none.
    pub fn program(&self) -> Result<IsolatedAssembly> {
        self.program.clone().ok_or_else(|| {
            CliError::new(format!(
                "`{}` holds no program that could be run or called: it was not made by `isolator snapshot`, and whoever made it kept no assembly \
                 as `{PROGRAM}`",
                self.from.display()
            ))
        })
    }

    /// Ends a run, see [`LimitArgs::conclude`].
    ///
    /// # Errors
    /// As the outcome.
    pub fn conclude<T>(&self, limits: &LimitArgs, outcome: Result<T>) -> Result<T> {
        limits
            .conclude(&self.runtime, outcome)
            .map_err(|error| self.absent.explain(&self.from, error))
    }
}

fn from_snapshot(
    path: &Path,
    surroundings: &Surroundings,
    configure: impl FnOnce(RuntimeBuilder) -> RuntimeBuilder,
) -> Result<Started> {
    let absent = Absent::default();
    let host = host_within(surroundings)?
        .assembly_loader(absent.clone())
        .build()?;
    let snapshot = host
        .load_snapshot(path)
        .map_err(|error| explain(path, error))?;
    check_compiled(path, &snapshot, surroundings.compiled)?;
    let mut builder = builder_within(host.runtime().from(&snapshot), surroundings)?;
    // A directory that the prepared program found may be in its memory in other forms, too.
    if !snapshot.notes().contains_key(BASE_NOTE) {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        if let Some(inside) = surroundings.grants.path_inside(folder) {
            builder = builder.base_directory(inside);
        }
    }
    let mut runtime = configure(builder).create()?;
    let program = match snapshot.kept().any(|name| name == PROGRAM) {
        true => Some(runtime.kept(PROGRAM)?),
        false => None,
    };
    Ok(Started {
        runtime,
        program,
        from: path.into(),
        absent,
    })
}

/// What runs compiled in a snapshot was decided when it was made.
fn check_compiled(path: &Path, snapshot: &AppSnapshot, wanted: Option<CompiledArg>) -> Result<()> {
    let path = path.display();
    let compiled: Vec<&str> = snapshot.compiled().collect();
    let name = snapshot.notes().get(NAME_NOTE);
    match (wanted, name) {
        (Some(CompiledArg::Off), _) if !compiled.is_empty() => Err(CliError::new(format!(
            "{} in `{path}`: what is in a snapshot cannot be interpreted instead. Make it again with `--compiled off`",
            match &*compiled {
                [one] => format!("`{}` runs compiled", printable::line(one)),
                all => format!("{} assemblies run compiled", all.len()),
            }
        ))),
        (Some(CompiledArg::Require), Some(name)) if !compiled.contains(&&**name) => {
            Err(CliError::new(format!(
                "`{}` is interpreted in `{path}`. Make it again with `--compile`",
                printable::line(name)
            )))
        }
        _ => Ok(()),
    }
}

/// Why a file is no snapshot that can be used, and what else to do than what the library says.
fn explain(path: &Path, error: Error) -> CliError {
    if !matches!(error, Error::BadSnapshot { .. }) {
        return error.into();
    }
    if let Some(problem) = module_problem(path) {
        return CliError::new(format!("`{}` cannot be used: {problem}", path.display()));
    }
    match SnapshotInfo::read(path) {
        Ok(info) => CliError::from(error).noted(format!(
            "It belongs to an image of .NET {} whose code has the digest {}: that one can be named with --guest",
            info.dotnet_version, info.code_digest
        )),
        Err(_) => error.into(),
    }
}

/// Names of assemblies that were looked for in vain.
#[derive(Debug, Clone, Default)]
struct Absent(Arc<Mutex<BTreeSet<String>>>);

impl AssemblyLoader for Absent {
    fn load(&self, request: &AssemblyRequest) -> Option<AssemblyImage> {
        /// Most names that are remembered: who asks is a guest.
        const MOST: usize = 20;
        const LONGEST: usize = 200;
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-_+".contains(c);
        // No other could be named on a command line, and translations are looked for without being needed.
        if request.culture.is_none()
            && request.name.len() <= LONGEST
            && request.name.chars().all(plain)
        {
            tracing::info!(
                assembly = &*printable::line(&request.name),
                "it was not loaded when the snapshot was made, and is not there"
            );
            let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if names.len() < MOST {
                names.insert(request.name.clone());
            }
        }
        None
    }
}

impl Absent {
    /// Says what to do, where a failure names one of them.
    fn explain(&self, snapshot: &Path, error: CliError) -> CliError {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.is_empty() {
            return error;
        }
        let text = error.to_string();
        match names.iter().find(|name| text.contains(&***name)) {
            Some(name) => error.noted(format!(
                "`{name}` was not loaded when `{}` was made: make it again with `--preload {name}`, or name the folder that it lies in with --load-from",
                snapshot.display()
            )),
            None => error,
        }
    }
}
