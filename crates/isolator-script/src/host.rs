//! The host of scripts.

use crate::compilation::Compilation;
use crate::compiler::Compiler;
use crate::diagnostic::Diagnostics;
use crate::error::{Error, Result};
use crate::find;
use crate::globals::Globals;
use crate::options::{Kind, Options, Source};
use crate::prepare::Parts;
use crate::run::{Evaluation, Ran, Started};
use isolator_host::{
    AppSnapshot, AssemblyImage, AssemblyRequest, IsolatedRuntimeHost, LARGEST_ASSEMBLY, Limits,
    MethodQuery, RuntimeBuilder, Stdio, read_named_file,
};
use serde::de::DeserializeOwned;
use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Memory that a compilation may take, unless something else is said.
const COMPILE_MEMORY: u64 = 512 << 20;
/// Time that it may take.
const COMPILE_TIME: Duration = Duration::from_secs(30);
/// Bytes of compiled scripts that are remembered.
const REMEMBERED: usize = 32 << 20;
/// The class and the method that an expression is.
const EVALUATION: (&str, &str) = ("Evaluation", "Evaluate");

/// Compiles and runs C#, each in sandboxes of their own. Cloning it is cheap and gives the same host.
#[derive(Clone)]
pub struct ScriptHost {
    inner: Arc<Inner>,
    options: Options,
}

struct Inner {
    host: IsolatedRuntimeHost,
    snapshot: AppSnapshot,
    libraries: Libraries,
    compile_limits: Limits,
    run_limits: Limits,
    compiled: Mutex<Remembered>,
}

impl std::fmt::Debug for ScriptHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScriptHost")
            .field("options", &self.options)
            .field("libraries", &self.inner.libraries.len())
            .finish_non_exhaustive()
    }
}

/// Libraries by name.
type Libraries = Arc<Vec<(String, AssemblyImage)>>;

/// Says what a [`ScriptHost`] is to be.
#[derive(Debug)]
pub struct ScriptHostBuilder {
    host: Option<IsolatedRuntimeHost>,
    compiler: Option<PathBuf>,
    cache: Option<PathBuf>,
    libraries: Vec<AssemblyImage>,
    compile_limits: Limits,
    run_limits: Limits,
    options: Options,
}

impl ScriptHostBuilder {
    fn new() -> Self {
        Self {
            host: None,
            compiler: None,
            cache: None,
            libraries: Vec::new(),
            compile_limits: Limits::default()
                .memory(COMPILE_MEMORY)
                .call_timeout(COMPILE_TIME),
            run_limits: Limits::default(),
            options: Options::default(),
        }
    }

    /// The host in which all runs. Without this one is made with default settings.
    pub fn host(mut self, host: &IsolatedRuntimeHost) -> Self {
        self.host = Some(host.clone());
        self
    }

    /// The folder of the compiler. Without this it is the one that `ISOLATOR_SCRIPTING` names, `isolator-scripting` beside the program, or what
    /// `cargo xtask build-guest` built.
    pub fn compiler(mut self, folder: impl Into<PathBuf>) -> Self {
        self.compiler = Some(folder.into());
        self
    }

    /// Where the prepared compiler is kept, instead of the user's cache (or what `ISOLATOR_CACHE` names).
    pub fn cache_directory(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache = Some(folder.into());
        self
    }

    /// A library that scripts may refer to, beside the base class library. Nothing else can be referred to.
    pub fn library(mut self, library: AssemblyImage) -> Self {
        self.libraries.push(library);
        self
    }

    /// A library from a file, with the symbols that lie beside it.
    ///
    /// # Errors
    /// [`Error::Unreadable`].
    pub fn library_file(self, path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let image = read_named_file(path, LARGEST_ASSEMBLY).map_err(|error| Error::Unreadable {
            path: path.display().to_string(),
            message: error.to_string(),
        })?;
        let mut library = AssemblyImage::new(image);
        library.symbols = read_named_file(&path.with_extension("pdb"), LARGEST_ASSEMBLY).ok();
        Ok(self.library(library))
    }

    /// Limits of each compilation. Without this it may take 512 MiB and 30 seconds.
    pub fn compile_limits(mut self, limits: Limits) -> Self {
        self.compile_limits = limits;
        self
    }

    /// Limits of each run. Without this they are the library's own.
    pub fn run_limits(mut self, limits: Limits) -> Self {
        self.run_limits = limits;
        self
    }

    /// How sources are compiled.
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Loads the prepared compiler, or prepares it, which takes some seconds, once for each guest image, compiler and set of libraries.
    ///
    /// # Errors
    /// [`Error::CompilerNotFound`]; [`Error::Host`] for a guest image that cannot be used; a library that is none.
    pub fn build(self) -> Result<ScriptHost> {
        let folder = find::find(self.compiler.as_deref())?;
        let host = match self.host {
            Some(host) => host,
            None => IsolatedRuntimeHost::new()?,
        };
        let mut libraries = Vec::new();
        for library in &self.libraries {
            let name = isolator_compile::name(&library.image).map_err(|error| Error::Options {
                message: format!("a library cannot be used: {error}"),
            })?;
            libraries.push((name, library.clone()));
        }
        let snapshot = Parts {
            host: &host,
            folder: &folder,
            libraries: &self.libraries,
            cache: self.cache.as_deref(),
        }
        .snapshot()?;
        Ok(ScriptHost {
            inner: Arc::new(Inner {
                host,
                snapshot,
                libraries: Arc::new(libraries),
                compile_limits: self.compile_limits,
                run_limits: self.run_limits,
                compiled: Mutex::default(),
            }),
            options: self.options,
        })
    }
}

impl ScriptHost {
    /// One with default settings.
    ///
    /// # Errors
    /// As [`ScriptHostBuilder::build`].
    pub fn new() -> Result<Self> {
        Self::builder().build()
    }

    /// Starts with default settings.
    #[must_use]
    pub fn builder() -> ScriptHostBuilder {
        ScriptHostBuilder::new()
    }

    /// The same host, which compiles with these options.
    #[must_use]
    pub fn with_options(&self, options: Options) -> Self {
        Self {
            inner: self.inner.clone(),
            options,
        }
    }

    /// How it compiles.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The host in which all runs.
    #[must_use]
    pub fn host(&self) -> &IsolatedRuntimeHost {
        &self.inner.host
    }

    /// A compiler that lives on from one call to the next.
    ///
    /// # Errors
    /// [`Error::Host`] if there is no room for one more runtime.
    pub fn compiler(&self) -> Result<Compiler> {
        let inner = &self.inner;
        let runtime = inner
            .host
            .runtime()
            .from(&inner.snapshot)
            .limits(inner.compile_limits.clone())
            .create()?;
        Ok(Compiler::new(runtime, self.options.clone()))
    }

    /// Says what is wrong with sources, in a fresh sandbox.
    ///
    /// # Errors
    /// As [`Compiler::check`].
    pub fn check(&self, sources: &[Source]) -> Result<Diagnostics> {
        self.compiler()?.check(sources)
    }

    /// Compiles sources, in a fresh sandbox. What was compiled lately with the same options is remembered.
    ///
    /// # Errors
    /// As [`Compiler::compile`].
    pub fn compile(&self, sources: &[Source]) -> Result<Compilation> {
        let mut parts = Vec::new();
        for source in sources {
            parts.extend([&*source.name, &*source.text]);
        }
        self.remembered("sources", &parts, || self.compiler()?.compile(sources))
    }

    /// Compiles an expression, in a fresh sandbox. What was compiled lately with the same options and types of globals is remembered.
    ///
    /// # Errors
    /// As [`Compiler::compile_expression`].
    pub fn compile_expression(&self, expression: &str, globals: &Globals) -> Result<Compilation> {
        let mut parts = vec![expression];
        for (name, of) in globals.types() {
            parts.extend([name, of]);
        }
        self.remembered("expression", &parts, || {
            self.compiler()?.compile_expression(expression, globals)
        })
    }

    /// Compiles a program and runs it in a fresh runtime, to its end. `configure` grants what it may have; without more it sees nothing, an empty standard
    /// input, and what it writes is captured.
    ///
    /// # Errors
    /// As [`compile`](Self::compile); [`Error::Host`] if the runtime cannot be created. How the program ended is in [`Ran::result`].
    pub fn run(
        &self,
        sources: &[Source],
        args: &[&str],
        configure: impl FnOnce(RuntimeBuilder) -> RuntimeBuilder,
    ) -> Result<Ran> {
        let program = self.with_options(self.options.clone().kind(Kind::Program));
        let compilation = program.compile(sources)?;
        self.run_compiled(&compilation, args, configure)
    }

    /// Runs a compiled program in a fresh runtime, see [`run`](Self::run).
    ///
    /// # Errors
    /// [`Error::Host`] if the runtime cannot be created. How the program ended is in [`Ran::result`].
    pub fn run_compiled(
        &self,
        compilation: &Compilation,
        args: &[&str],
        configure: impl FnOnce(RuntimeBuilder) -> RuntimeBuilder,
    ) -> Result<Ran> {
        let captured = |builder: RuntimeBuilder| {
            configure(builder.stdout(Stdio::Capture).stderr(Stdio::Capture))
        };
        let Started {
            mut runtime,
            assembly,
        } = self.start(compilation, captured)?;
        let result = runtime.run_main(&assembly, args);
        Ok(Ran {
            result,
            stdout: runtime.take_stdout(),
            stderr: runtime.take_stderr(),
            stats: runtime.stats(),
            diagnostics: compilation.diagnostics().clone(),
        })
    }

    /// Loads what was compiled into a fresh runtime, which knows nothing of the compiler.
    ///
    /// # Errors
    /// [`Error::Host`] if the runtime cannot be created.
    pub fn start(
        &self,
        compilation: &Compilation,
        configure: impl FnOnce(RuntimeBuilder) -> RuntimeBuilder,
    ) -> Result<Started> {
        let inner = &self.inner;
        let mut builder = inner.host.runtime().limits(inner.run_limits.clone());
        if !inner.libraries.is_empty() {
            let libraries = inner.libraries.clone();
            builder = builder.assembly_loader(move |request: &AssemblyRequest| {
                let mut libraries = libraries.iter();
                let found = libraries.find(|(name, _)| *name == request.name)?;
                request.culture.is_none().then(|| found.1.clone())
            });
        }
        let mut runtime = configure(builder).create()?;
        let assembly = runtime.load_assembly_image(&compilation.image())?;
        Ok(Started { runtime, assembly })
    }

    /// Compiles an expression and evaluates it in a fresh runtime to which nothing is granted. One that awaits is awaited.
    ///
    /// # Errors
    /// As [`compile_expression`](Self::compile_expression); [`Error::Host`] with the exception that it threw, the limit that stopped it, or a value that is
    /// no `T`.
    pub fn eval<T: DeserializeOwned>(&self, expression: &str, globals: &Globals) -> Result<T> {
        let compilation = self.compile_expression(expression, globals)?;
        let mut evaluation = self.evaluation(&compilation, globals, |builder| builder)?;
        Ok(evaluation.value()?)
    }

    /// Loads a compiled expression into a fresh runtime, for its evaluation with these globals.
    ///
    /// # Errors
    /// [`Error::Host`] if the runtime cannot be created, or what was compiled is no expression.
    pub fn evaluation(
        &self,
        compilation: &Compilation,
        globals: &Globals,
        configure: impl FnOnce(RuntimeBuilder) -> RuntimeBuilder,
    ) -> Result<Evaluation> {
        let Started {
            mut runtime,
            assembly,
        } = self.start(compilation, configure)?;
        let (of_type, method) = EVALUATION;
        let of_type = runtime.find_type_in(&assembly, of_type)?;
        let method = runtime.find_method_of(&of_type, method, &MethodQuery::default())?;
        Ok(Evaluation {
            runtime,
            method,
            values: globals.values(),
        })
    }

    fn remembered(
        &self,
        what: &str,
        parts: &[&str],
        make: impl FnOnce() -> Result<Compilation>,
    ) -> Result<Compilation> {
        let mut key = blake3::Hasher::new();
        let options = format!("{:?}", self.options);
        for part in [what, &options].into_iter().chain(parts.iter().copied()) {
            key.update(&(part.len() as u64).to_le_bytes());
            key.update(part.as_bytes());
        }
        let key = *key.finalize().as_bytes();
        let locked = || {
            self.inner
                .compiled
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(known) = locked().known.get(&key) {
            return Ok(known.clone());
        }
        let made = make()?;
        locked().add(key, made.clone());
        Ok(made)
    }
}

/// What was compiled lately.
#[derive(Default)]
struct Remembered {
    known: HashMap<[u8; 32], Compilation>,
    /// In the order in which they came.
    order: VecDeque<[u8; 32]>,
    bytes: usize,
}

impl Remembered {
    fn add(&mut self, key: [u8; 32], compilation: Compilation) {
        let size = compilation.size();
        if self.known.insert(key, compilation).is_none() {
            self.order.push_back(key);
            self.bytes += size;
        }
        while self.bytes > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            if let Some(gone) = self.known.remove(&oldest) {
                self.bytes -= gone.size();
            }
        }
    }
}
