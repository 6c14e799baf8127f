//! What a runtime is granted, and the builder that says so.

use crate::assemblies::loader::{AssemblyLoader, Loaders};
use crate::assemblies::{Kept, Sources, check_grant};
use crate::engine::frozen::Frozen;
use crate::engine::state::Beginning;
use crate::error::{Error, Result};
use crate::host::IsolatedRuntimeHost;
use crate::limits::Limits;
use crate::printable;
use crate::runtime::IsolatedRuntime;
use crate::side::Compiled;
use crate::snapshot::{AppSnapshot, SnapshotForm, Suspended, Waking};
use crate::stdio::{Stdin, Stdio};
use crate::wasi::{GrantedDirectory, Wasi, open_directories};
use isolator_abi::wire::StartConfig;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// What a runtime may do with a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// List and read.
    ReadOnly,
    /// List, read, create, write, delete.
    ReadWrite,
}

/// Grants what a runtime may use. Without any grant: nothing.
///
/// ```no_run
/// # fn main() -> isolator_host::Result<()> {
/// use isolator_host::{Access, IsolatedRuntimeHost, Stdio};
/// let host = IsolatedRuntimeHost::new()?;
/// let mut runtime = host
///     .runtime()
///     .stdout(Stdio::Capture)
///     .env("GREETING", "hello")
///     .directory("/srv/input", "/data", Access::ReadOnly)
///     .create()?;
/// # Ok(()) }
/// ```
#[must_use = "nothing is created before `create`"]
pub struct RuntimeBuilder {
    host: IsolatedRuntimeHost,
    start: StartConfig,
    directories: Vec<GrantedDirectory>,
    load_from_writable: bool,
    never_writable: Vec<PathBuf>,
    stdin: Stdin,
    stdout: Stdio,
    stderr: Stdio,
    limits: Option<Limits>,
    loaders: Vec<Box<dyn AssemblyLoader>>,
    compiled: Option<Compiled>,
    snapshot: Option<AppSnapshot>,
    form: SnapshotForm,
    #[cfg(feature = "http")]
    http: Option<crate::http::HttpGrant>,
}

impl fmt::Debug for RuntimeBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuntimeBuilder")
            .field("host", &self.host)
            .field("start", &self.start)
            .field("directories", &self.directories)
            .field("load_from_writable", &self.load_from_writable)
            .field("stdin", &self.stdin)
            .field("stdout", &self.stdout)
            .field("stderr", &self.stderr)
            .field("limits", &self.limits)
            .field("loaders", &self.loaders.len())
            .field("snapshot", &self.snapshot)
            .finish_non_exhaustive()
    }
}

impl RuntimeBuilder {
    pub(crate) fn new(host: IsolatedRuntimeHost) -> Self {
        let (stdin, stdout, stderr) = (Stdin::Empty, Stdio::Discard, Stdio::Discard);
        Self {
            snapshot: host.warmed().cloned(),
            form: SnapshotForm::default(),
            host,
            start: StartConfig::default(),
            directories: Vec::new(),
            load_from_writable: false,
            never_writable: Vec::new(),
            stdin,
            stdout,
            stderr,
            limits: None,
            loaders: Vec::new(),
            compiled: None,
            #[cfg(feature = "http")]
            http: None,
        }
    }

    /// Adds a loader for this runtime alone, such as a closure `Fn(&AssemblyRequest) -> Option<AssemblyImage>`. A runtime's own
    /// loaders are asked before the host's, in order.
    pub fn assembly_loader(mut self, loader: impl AssemblyLoader + 'static) -> Self {
        self.loaders.push(Box::new(loader));
        self
    }

    /// Sets an environment variable. None is inherited.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.start.environment.insert(name.into(), value.into());
        self
    }

    /// Sets environment variables.
    pub fn envs<K: Into<String>, V: Into<String>>(
        mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.start.environment.extend(
            variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into())),
        );
        self
    }

    /// Adds a command-line argument, as `Environment.GetCommandLineArgs` gives them after the program's name.
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.start.arguments.push(argument.into());
        self
    }

    /// Adds command-line arguments.
    pub fn args<S: Into<String>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.start
            .arguments
            .extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Grants a directory of the host, under a path of the guest such as `/data`. Not for writing where machine code lies that the host runs
    /// (the guest image, the [cache](crate::HostBuilder::cache_directory)), nor above it.
    pub fn directory(
        mut self,
        host: impl Into<PathBuf>,
        guest: impl Into<String>,
        access: Access,
    ) -> Self {
        self.directories.push(GrantedDirectory {
            host: host.into(),
            guest: guest.into(),
            writable: access == Access::ReadWrite,
        });
        self
    }

    /// Lets the runtime load assemblies from directories that it, or another runtime of this process, may write. Without this such a
    /// directory is no source of assemblies, nor is one in it: who writes there would choose what runs here. It concerns directories that are
    /// loaders ([`HostBuilder::assembly_directory`](crate::HostBuilder::assembly_directory), [`AssemblyFolder`](crate::AssemblyFolder)).
    pub fn load_from_writable(mut self) -> Self {
        self.load_from_writable = true;
        self
    }

    /// Refuses grants for writing there, or above: what is in these folders decides what runs later. For other crates of this product.
    #[doc(hidden)]
    pub fn never_writable(mut self, paths: impl IntoIterator<Item = PathBuf>) -> Self {
        self.never_writable.extend(paths);
        self
    }

    /// Sets the guest's working directory. Without one it is `/`.
    pub fn working_directory(mut self, path: impl Into<String>) -> Self {
        self.start.working_directory = path.into();
        self
    }

    /// Sets what the guest sees as its application's directory (`AppContext.BaseDirectory`). Without one it is `/`.
    pub fn base_directory(mut self, path: impl Into<String>) -> Self {
        self.start.base_directory = path.into();
        self
    }

    /// Sets an `AppContext` property, such as those of a `runtimeconfig.json`.
    pub fn property(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.start.properties.insert(name.into(), value.into());
        self
    }

    /// Sets the culture, such as `de-CH`. Without one it is the invariant culture. A name that the guest image does not know is an error
    /// of the first call, before guest code runs; one that cannot be is an error of [`create`](Self::create).
    pub fn culture(mut self, name: impl Into<String>) -> Self {
        self.start.culture = Some(name.into());
        self
    }

    /// Sets the local time zone by its IANA name, such as `Europe/Zurich`. Without one it is UTC. Names are checked as those of cultures.
    pub fn time_zone(mut self, name: impl Into<String>) -> Self {
        self.start.time_zone = Some(name.into());
        self
    }

    /// Limits the managed heap, in bytes. Without a limit it ends where guest memory does, at 4 GiB.
    pub fn heap_limit(mut self, bytes: u64) -> Self {
        self.start.heap_limit = bytes;
        self
    }

    /// Lets the guest write values in the form of the C# library, graphs of fields, which [`Value`](crate::Value) does not read.
    #[doc(hidden)]
    pub fn value_graphs(mut self, wanted: bool) -> Self {
        self.start.value_graphs = wanted;
        self
    }

    /// Sets what the runtime may use up, instead of what the host was built with.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// What becomes of programs that were compiled ahead, instead of what the host was built with.
    pub fn compiled(mut self, mode: Compiled) -> Self {
        self.compiled = Some(mode);
        self
    }

    /// Lets the runtime make requests by `HttpClient`, as the grant says. Without one it has no network.
    #[cfg(feature = "http")]
    pub fn http(mut self, grant: crate::http::HttpGrant) -> Self {
        self.http = Some(grant);
        self
    }

    /// Starts from a snapshot of this host: as the runtime was that was prepared for it. Grants, limits and streams are this builder's alone. A culture
    /// or time zone that is not set here is the prepared runtime's.
    pub fn from(mut self, snapshot: &AppSnapshot) -> Self {
        self.snapshot = Some(snapshot.clone());
        self
    }

    /// What it starts from so far; none: the guest image alone.
    #[must_use]
    pub fn begins_with(&self) -> Option<&AppSnapshot> {
        self.snapshot.as_ref()
    }

    /// What [`compiled`](Self::compiled) said so far; none: what the host says.
    #[must_use]
    pub fn compiled_mode(&self) -> Option<Compiled> {
        self.compiled
    }

    /// Starts from the guest image alone, in a host whose runtimes start from a snapshot ([`HostBuilder::warm`](crate::HostBuilder::warm)).
    pub fn cold(mut self) -> Self {
        self.snapshot = None;
        self
    }

    /// Says where standard input comes from. Without this it is empty.
    pub fn stdin(mut self, stdin: Stdin) -> Self {
        self.stdin = stdin;
        self
    }

    /// Says where standard output goes. Without this it is discarded.
    pub fn stdout(mut self, stdout: Stdio) -> Self {
        self.stdout = stdout;
        self
    }

    /// Says where standard error goes. Without this it is discarded.
    pub fn stderr(mut self, stderr: Stdio) -> Self {
        self.stderr = stderr;
        self
    }

    /// Lets the runtime use this process's standard input, output and error.
    pub fn inherit_stdio(self) -> Self {
        self.stdin(Stdin::Inherit)
            .stdout(Stdio::Inherit)
            .stderr(Stdio::Inherit)
    }

    /// Says how [`snapshot`](Self::snapshot) holds the memory: mapped, unless this says something else.
    pub fn snapshot_form(mut self, form: SnapshotForm) -> Self {
        self.form = form;
        self
    }

    /// Creates the runtime, prepares it, and makes a snapshot of it. What this builder grants (environment, arguments, directories, streams) is the
    /// preparing runtime's alone, and no part of the snapshot, unless guest code read and kept it.
    ///
    /// # Errors
    /// What `prepare` returned; [`Error::NotFrozen`]; those of [`create`](Self::create).
    pub fn snapshot(
        self,
        prepare: impl FnOnce(&mut IsolatedRuntime) -> Result<()>,
    ) -> Result<AppSnapshot> {
        let form = self.form;
        let mut runtime = self.create()?;
        prepare(&mut runtime)?;
        runtime.into_snapshot_as(form)
    }

    /// Lets a runtime that was suspended go on: see [`IsolatedRuntime::suspend`]. Directories are granted again, with the same paths of the guest, in the
    /// same order. Limits, streams, loaders and callbacks are this builder's; environment, arguments, culture and the like are what they were.
    ///
    /// # Errors
    /// [`Error::BadSuspended`] if it was suspended with another guest image, snapshot or other directories, or is broken; [`Error::Config`] for what
    /// cannot be set any more; [`Error::Limit`] if it has more memory than its limit allows; those of [`create`](Self::create).
    pub fn resume(self, suspended: &Suspended) -> Result<IsolatedRuntime> {
        let StartConfig {
            environment,
            arguments,
            working_directory,
            culture,
            time_zone,
            properties,
            ..
        } = &self.start;
        let set = [
            ("environment variables", !environment.is_empty()),
            ("arguments", !arguments.is_empty()),
            ("a working directory", !working_directory.is_empty()),
            ("a culture", culture.is_some()),
            ("a time zone", time_zone.is_some()),
            ("properties", !properties.is_empty()),
        ];
        let set: Vec<&str> = set
            .iter()
            .filter(|(_, set)| *set)
            .map(|(name, _)| *name)
            .collect();
        if !set.is_empty() {
            return Err(Error::Config {
                message: format!(
                    "a runtime that was suspended goes on with what it had, and cannot be given {} any more",
                    set.join(", ")
                ),
            });
        }
        self.begin(|granted| {
            let waking = Waking {
                shared: granted.host.shared(),
                guest: granted.host.guest(),
                base: granted.frozen,
            };
            waking.resume(suspended, granted.wasi, granted.limits)
        })
    }

    /// Creates the runtime. Guest code first runs with its first call.
    ///
    /// # Errors
    /// [`Error::Config`] for a setting that cannot be, [`Error::Io`] for a granted directory that cannot be opened,
    /// [`Error::TooManyRuntimes`].
    pub fn create(self) -> Result<IsolatedRuntime> {
        self.begin(|granted| {
            let Granted {
                host,
                frozen,
                start,
                wasi,
                limits,
            } = granted;
            let start = Beginning::Start(Box::new(start));
            IsolatedRuntime::create(host.guest(), host.shared(), frozen, start, wasi, limits)
        })
    }

    /// Looks at what was granted, makes the runtime of it, and gives it what it has beside.
    fn begin(
        self,
        make: impl FnOnce(Granted<'_>) -> Result<IsolatedRuntime>,
    ) -> Result<IsolatedRuntime> {
        let Self {
            host,
            mut start,
            directories,
            load_from_writable,
            never_writable,
            stdin,
            stdout,
            stderr,
            limits,
            loaders,
            compiled,
            snapshot,
            form: _,
            #[cfg(feature = "http")]
            http,
        } = self;
        #[cfg(feature = "http")]
        let http = http
            .map(|grant| crate::http::Session::new(&grant))
            .transpose()?;
        if let Some(snapshot) = &snapshot {
            host.check_own(snapshot)?;
        }
        let frozen = snapshot.as_ref().map(AppSnapshot::frozen);
        let limits = match limits {
            Some(limits) => {
                limits.check()?;
                Arc::new(limits)
            }
            None => host.shared().limits.clone(),
        };
        check(&start, &directories)?;
        let files = open_directories(&directories)?;
        start.has_directories = files.is_some();
        let writable = || directories.iter().filter(|directory| directory.writable);
        for directory in writable() {
            check_grant(
                &directory.host,
                &host.shared().machine_code,
                Kept::MachineCode,
            )?;
            check_grant(&directory.host, &never_writable, Kept::Compiler)?;
        }
        let sources = Sources::new(
            writable().map(|directory| &*directory.host),
            load_from_writable,
        )?;
        let mut runtime = make(Granted {
            host: &host,
            frozen,
            start,
            wasi: Wasi::new(stdin, stdout, stderr, files),
            limits,
        })?;
        // No guest code has run yet.
        runtime.state_mut().sources = sources;
        #[cfg(feature = "http")]
        {
            runtime.state_mut().http = http;
        }
        if let Some(mode) = compiled {
            runtime.state_mut().compiled_mode = mode;
        }
        if !loaders.is_empty() {
            runtime.state_mut().loaders = Loaders::new(loaders);
        }
        Ok(runtime)
    }
}

/// What a builder has looked at.
struct Granted<'a> {
    host: &'a IsolatedRuntimeHost,
    frozen: Option<&'a Arc<Frozen>>,
    start: StartConfig,
    wasi: Wasi,
    limits: Arc<Limits>,
}

/// Longest name of a culture or time zone.
const LONGEST_NAME: usize = 100;

/// Whether a name consists of letters, digits and these others, without a way up.
fn is_name(name: &str, others: &[char]) -> bool {
    name.len() <= LONGEST_NAME
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || others.contains(&c))
        && !name.starts_with('/')
        && name.split('/').all(|part| part != "..")
}

/// What is shown of a name that somebody gave: quoted, escaped, and not all of it.
fn shown(name: &str) -> String {
    let end = name.floor_char_boundary(LONGEST_NAME);
    let more = if end < name.len() { "…" } else { "" };
    format!(
        "'{}{more}'",
        printable::line(name.get(..end).unwrap_or_default())
    )
}

/// Settings that no guest could work with.
fn check(start: &StartConfig, directories: &[GrantedDirectory]) -> Result<()> {
    let refuse = |message: String| Err(Error::Config { message });
    // What has the form and does not exist is told by the guest, which knows those that do.
    if let Some(name) = &start.culture
        && !is_name(name, &['-', '_'])
    {
        return refuse(format!(
            "{} is no name of a culture: it consists of letters, digits and hyphens, such as de-CH",
            shown(name)
        ));
    }
    if let Some(name) = &start.time_zone
        && !is_name(name, &['/', '_', '-', '+', ' ', '.', '(', ')'])
    {
        return refuse(format!(
            "{} is no name of a time zone: it is one of IANA's, such as Europe/Zurich",
            shown(name)
        ));
    }
    for (name, value) in &start.environment {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            return refuse(format!(
                "the environment variable {name:?} cannot be set: names are not empty, without `=`, and nothing holds a NUL"
            ));
        }
    }
    if let Some(argument) = start
        .arguments
        .iter()
        .find(|argument| argument.contains('\0'))
    {
        return refuse(format!(
            "the argument {argument:?} cannot be passed: it holds a NUL"
        ));
    }
    for directory in directories {
        if !directory.guest.starts_with('/')
            || directory.guest.contains('\0')
            || directory.guest.split('/').any(|part| part == "..")
        {
            return refuse(format!(
                "the directory `{}` cannot be granted as {:?}: a path of the guest is absolute, such as `/data`, without `..`",
                directory.host.display(),
                directory.guest
            ));
        }
    }
    Ok(())
}
