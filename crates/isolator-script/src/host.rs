//! The host of scripts.

use crate::cancellation::Cancellation;
use crate::compilation::Compilation;
use crate::compiler::{Compiler, Offered, digest, parts_of};
use crate::diagnostic::Diagnostics;
use crate::directives::{self, Form};
use crate::error::{Error, Result};
use crate::find;
use crate::functions::{self, Declared, Functions};
use crate::globals::Globals;
use crate::hot::{Hot, Place, SCRIPT};
use crate::kept::Kept;
use crate::loading::Loadable;
use crate::options::{Kind, Options, Source};
use crate::packages::Packages;
use crate::prepare::{ASSEMBLIES, Parts, Shelf};
use crate::run::{Evaluation, Ran, Started};
use crate::running::{find as find_library, libraries};
use crate::session::Session;
use crate::warm;
use isolator_host::{
    AppSnapshot, AssemblyImage, AssemblyRequest, Compiled, HostFunction, IntoAsyncCallback,
    IntoCallback, IntoFallibleAsyncCallback, IntoFallibleCallback, IsolatedRuntime,
    IsolatedRuntimeHost, LARGEST_ASSEMBLY, Limits, MethodQuery, RuntimeBuilder, RuntimeStats,
    Stdio, cache_folder, read_named_file,
};
use serde::de::DeserializeOwned;
use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Memory that a compilation may take, unless something else is said.
const COMPILE_MEMORY: u64 = 512 << 20;
/// Time that it may take.
const COMPILE_TIME: Duration = Duration::from_secs(30);
/// Submissions of a session, unless something else is said.
const MAX_SUBMISSIONS: u32 = 1_000;
/// The folder of the cache in which compiled scripts are kept.
const COMPILED: &str = "scripting/compiled";
/// Bytes of compiled scripts that are remembered.
const REMEMBERED: usize = 32 << 20;
/// The class and the method that an expression is.
const EVALUATION: (&str, &str) = ("Evaluation", "Evaluate");

/// Compiles and runs C#, each in sandboxes of their own. Cloning it is cheap and gives the same host.
#[derive(Clone)]
pub struct ScriptHost {
    inner: Arc<Inner>,
    options: Options,
    cancellation: Option<Cancellation>,
}

struct Inner {
    prepared: Prepared,
    /// How runs begin.
    place: Arc<Place>,
    /// What speeds up scripts that run often.
    hot: Option<Hot>,
    offered: Arc<Offered>,
    functions: Option<Functions>,
    /// What runs submissions.
    runner: AssemblyImage,
    compile_limits: Limits,
    run_limits: Limits,
    max_submissions: u32,
    /// Folders that decide how scripts are compiled.
    never_writable: Vec<PathBuf>,
    compiled: Mutex<Remembered>,
    /// Compilations in the cache.
    kept: Option<Kept>,
}

/// The compiler's snapshot, which is loaded when it is first wanted: what was compiled before wants none.
struct Prepared {
    cache: Option<PathBuf>,
    folder: PathBuf,
    libraries: Vec<AssemblyImage>,
    loaded: Mutex<Option<AppSnapshot>>,
}

impl Prepared {
    fn shelf<'a>(&'a self, host: &'a IsolatedRuntimeHost) -> Shelf<'a> {
        Shelf {
            host,
            cache: self.cache.as_deref(),
        }
    }

    fn parts<'a>(&'a self, host: &'a IsolatedRuntimeHost) -> Parts<'a> {
        Parts {
            shelf: self.shelf(host),
            folder: &self.folder,
            libraries: &self.libraries,
        }
    }

    fn snapshot(&self, host: &IsolatedRuntimeHost) -> Result<AppSnapshot> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(snapshot) = &*loaded {
            return Ok(snapshot.clone());
        }
        let snapshot = self.parts(host).snapshot()?;
        *loaded = Some(snapshot.clone());
        Ok(snapshot)
    }

    /// A runtime in which the compiler is ready.
    fn runtime(&self, host: &IsolatedRuntimeHost, limits: &Limits) -> Result<IsolatedRuntime> {
        let snapshot = self.snapshot(host)?;
        let builder = host.runtime().from(&snapshot);
        Ok(builder.limits(limits.clone()).create()?)
    }

    /// Where compilations are kept; none without a cache.
    fn kept(&self, host: &IsolatedRuntimeHost) -> Result<Option<Kept>> {
        let parts = self.parts(host);
        let digest = parts.digest()?;
        let Ok(folder) = cache_folder(self.cache.as_deref(), COMPILED) else {
            return Ok(None);
        };
        // A compiler that was never prepared is prepared now, and not in the middle of something.
        if !parts.shelf.has(&digest) {
            self.snapshot(host)?;
        }
        Ok(Some(Kept::new(folder, digest.finalize().to_string())))
    }
}

impl std::fmt::Debug for ScriptHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScriptHost")
            .field("options", &self.options)
            .field("libraries", &self.inner.place.libraries.len())
            .finish_non_exhaustive()
    }
}

/// Says what a [`ScriptHost`] is to be.
pub struct ScriptHostBuilder {
    host: Option<IsolatedRuntimeHost>,
    compiler: Option<PathBuf>,
    cache: Option<PathBuf>,
    libraries: Vec<AssemblyImage>,
    declared: Declared,
    package_folders: Vec<PathBuf>,
    allowed_packages: Vec<String>,
    name_folders: bool,
    load_folder: Option<PathBuf>,
    compile_limits: Limits,
    run_limits: Limits,
    max_submissions: u32,
    keep_compiled: bool,
    hot_scripts: bool,
    options: Options,
}

impl std::fmt::Debug for ScriptHostBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScriptHostBuilder")
            .field("options", &self.options)
            .field("libraries", &self.libraries.len())
            .field("functions", &self.declared.functions.len())
            .field("allowed_packages", &self.allowed_packages)
            .finish_non_exhaustive()
    }
}

impl ScriptHostBuilder {
    fn new() -> Self {
        Self {
            host: None,
            compiler: None,
            cache: None,
            libraries: Vec::new(),
            declared: Declared::default(),
            package_folders: Vec::new(),
            allowed_packages: Vec::new(),
            name_folders: true,
            load_folder: None,
            compile_limits: ScriptHost::default_compile_limits(),
            run_limits: Limits::default(),
            max_submissions: MAX_SUBMISSIONS,
            keep_compiled: false,
            hot_scripts: true,
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

    /// A library that scripts may refer to, beside the base class library; they need not say so, with `#r "NAME.dll"`, but may. Nothing else can be referred to.
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
        let mut library = AssemblyImage::new(read_library(path)?);
        library.symbols = read_named_file(&path.with_extension("pdb"), LARGEST_ASSEMBLY).ok();
        Ok(self.library(library))
    }

    /// A function of the host that scripts call as a method: a declaration in C#, and what answers. Scripts, expressions and sessions see it, with its types, and so
    /// do completion and diagnostics. Values cross as they do with [`isolator_host`]'s callbacks.
    ///
    /// ```no_run
    /// # fn main() -> isolator_script::Result<()> {
    /// # use isolator_script::{Globals, ScriptHost, Source};
    /// let scripts = ScriptHost::builder()
    ///     .prelude(Source::new("shop.cs", "public record Item(string Sku, int Count);"))
    ///     .function("decimal Price(string sku)", |sku: String| if sku == "lamp" { "40.50" } else { "9.95" })
    ///     .async_function("Task<int> StockAsync(string sku)", |_: String| async { 3 })
    ///     .build()?;
    /// let sum: String = scripts.eval("(Price(\"lamp\") * await StockAsync(\"lamp\")).ToString()", &Globals::new())?;
    /// assert_eq!(sum, "121.50");
    /// # Ok(()) }
    /// ```
    pub fn function<Kind>(
        self,
        declaration: impl Into<String>,
        function: impl IntoCallback<Kind>,
    ) -> Self {
        self.host_function(declaration, HostFunction::new(function))
    }

    /// As [`function`](Self::function), for a closure that may fail: scripts get a `DotNetIsolator.HostCallException`.
    pub fn fallible_function<Kind>(
        self,
        declaration: impl Into<String>,
        function: impl IntoFallibleCallback<Kind>,
    ) -> Self {
        self.host_function(declaration, HostFunction::fallible(function))
    }

    /// As [`function`](Self::function), for a closure that returns a future. Where the declaration's result is a task, scripts await it.
    pub fn async_function<Kind>(
        self,
        declaration: impl Into<String>,
        function: impl IntoAsyncCallback<Kind>,
    ) -> Self {
        self.host_function(declaration, HostFunction::asynchronous(function))
    }

    /// As [`async_function`](Self::async_function), for a future that may fail.
    pub fn fallible_async_function<Kind>(
        self,
        declaration: impl Into<String>,
        function: impl IntoFallibleAsyncCallback<Kind>,
    ) -> Self {
        self.host_function(declaration, HostFunction::fallible_asynchronous(function))
    }

    /// What the others come down to.
    pub fn host_function(mut self, declaration: impl Into<String>, function: HostFunction) -> Self {
        self.declared.functions.push((declaration.into(), function));
        self
    }

    /// Types that scripts, and declarations of functions, find: records of the embedder's, say. It is compiled once, as a library.
    pub fn prelude(mut self, source: Source) -> Self {
        self.declared.sources.push(source);
        self
    }

    /// A folder in which packages are looked for that scripts ask for with `#:package NAME@VERSION` or `#r "nuget: NAME, VERSION"`: with files `NAME.VERSION.nupkg`, or NuGet's own of restored
    /// packages. Nothing is downloaded.
    pub fn package_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.package_folders.push(folder.into());
        self
    }

    /// A package that scripts may ask for, by its name, in any version; or as `NAME@VERSION` in that one. What it needs comes with it.
    pub fn allow_package(mut self, name: impl Into<String>) -> Self {
        self.allowed_packages.push(name.into());
        self
    }

    /// Whether errors of packages name the folders, as they do without this. Those who write the scripts may be strangers, who are to learn nothing of this machine.
    pub fn name_folders(mut self, wanted: bool) -> Self {
        self.name_folders = wanted;
        self
    }

    /// The folder from which a script may load other sources, with `#load "FILE.cs"`: files that end in `.cs` or `.csx`, in it and in folders below. No link in it is followed, and no
    /// path leads out of it. Without this nothing can be loaded.
    ///
    /// It may be granted to scripts, to write, too: what lies there is compiled and run as they are, with their grants and no more. So who shares such a folder among scripts of people who
    /// do not trust each other, lets them choose what the others run.
    pub fn load_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.load_folder = Some(folder.into());
        self
    }

    /// How many submissions a [`Session`] may have, 1000 without this: the compiler keeps what each declared.
    pub fn max_submissions(mut self, most: u32) -> Self {
        self.max_submissions = most;
        self
    }

    /// Whether what was compiled is kept in the cache, for other processes: the last 256 compilations, each with its diagnostics. A process that runs a script
    /// which was compiled before does not even load the compiler then. It is off without this, since a cache on a disk has the compiled form of all
    /// scripts. What uses packages, or functions of the host, is not kept.
    pub fn keep_compiled(mut self, wanted: bool) -> Self {
        self.keep_compiled = wanted;
        self
    }

    /// Whether scripts that run often are made faster, in the background, on threads of this host's own; they are without this. One that runs for the third time begins in
    /// a runtime in which it is loaded, and one whose runs took a second of a processor, or that ran two hundred times, is compiled ahead, as `isolator compile` does,
    /// where the tools for that are at hand. Its next runs use what is ready by then, and differ in nothing else, but that traces of compiled code have no lines: one that
    /// lets an exception escape is interpreted again from then on. It takes one of the host's runtimes
    /// for some milliseconds, and some hundred kilobytes for each such script, 64 MiB at most. The tools of `isolator compile` are native programs, which
    /// read what the sandboxed compiler made of the script: see `docs/security.md`.
    pub fn hot_scripts(mut self, wanted: bool) -> Self {
        self.hot_scripts = wanted;
        self
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
        let names = libraries.iter().map(|(name, _)| name.clone()).collect();
        let prepared = Prepared {
            cache: self.cache,
            folder: folder.clone(),
            libraries: self.libraries,
            loaded: Mutex::default(),
        };
        let kept = match self.keep_compiled && self.declared.is_empty() {
            true => prepared.kept(&host)?,
            false => None,
        };
        if kept.is_none() {
            prepared.snapshot(&host)?;
        }
        // What an embedder has prepared in its host is what runs begin with.
        let warm = match host.is_warm() {
            true => None,
            false => Some(warm::snapshot(&prepared.shelf(&host), || {
                let snapshot = prepared.snapshot(&host)?;
                let runtime = host.runtime().from(&snapshot).create()?;
                Compiler::new(runtime, Options::default()).compile(&[warm::source()])
            })?),
        };
        let own = folder.join(format!("{}.dll", ASSEMBLIES[0]));
        let runner = AssemblyImage::new(read_library(&own)?);
        let compiler = || {
            let runtime = prepared.runtime(&host, &self.compile_limits)?;
            Ok(Compiler::new(runtime, self.options.clone()))
        };
        let functions = self.declared.compile(compiler)?;
        let library = functions.as_ref().map(|all| all.library.clone());
        libraries.extend(
            library
                .iter()
                .map(|library| (functions::LIBRARY.to_owned(), library.clone())),
        );
        let never_writable = self
            .package_folders
            .iter()
            .chain([&folder])
            .cloned()
            .collect();
        let offered = Arc::new(Offered {
            functions: library,
            packages: Packages::new(self.package_folders, self.allowed_packages)?
                .naming_folders(self.name_folders),
            libraries: names,
            loadable: Loadable::new(self.load_folder),
            host: Some(host.clone()),
            ..Offered::default()
        });
        let place = Arc::new(Place {
            host,
            warm,
            libraries: Arc::new(libraries),
        });
        let inner = Inner {
            prepared,
            hot: self.hot_scripts.then(|| Hot::new(&place)),
            place,
            offered,
            functions,
            runner,
            compile_limits: self.compile_limits,
            run_limits: self.run_limits,
            max_submissions: self.max_submissions,
            never_writable,
            compiled: Mutex::default(),
            kept,
        };
        Ok(ScriptHost {
            inner: Arc::new(inner),
            options: self.options,
            cancellation: None,
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
            options,
            ..self.clone()
        }
    }

    /// The same host, whose compilations and runs that one stops. What was remembered, and needs no compilation, is found all the same.
    #[must_use]
    pub fn with_cancellation(&self, cancellation: &Cancellation) -> Self {
        Self {
            cancellation: Some(cancellation.clone()),
            ..self.clone()
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
        &self.inner.place.host
    }

    /// A compiler that lives on from one call to the next.
    ///
    /// # Errors
    /// [`Error::Host`] if there is no room for one more runtime.
    pub fn compiler(&self) -> Result<Compiler> {
        let inner = &self.inner;
        let mut runtime = inner
            .prepared
            .runtime(&inner.place.host, &inner.compile_limits)?;
        self.attach(&mut runtime)?;
        let offered = self.inner.offered.clone();
        Ok(Compiler::new(runtime, self.options.clone()).offering(offered))
    }

    /// Says what is wrong with sources, in a fresh sandbox.
    ///
    /// # Errors
    /// As [`Compiler::check`].
    pub fn check(&self, sources: &[Source]) -> Result<Diagnostics> {
        self.compiler()?.check(sources)
    }

    /// Compiles sources, in a fresh sandbox. What was compiled lately with the same options is remembered, and with
    /// [`keep_compiled`](ScriptHostBuilder::keep_compiled) by other processes, too.
    ///
    /// # Errors
    /// As [`Compiler::compile`].
    pub fn compile(&self, sources: &[Source]) -> Result<Compilation> {
        let offered = &self.inner.offered;
        let asked = directives::apply(&self.options, sources, offered, Form::Program)?;
        let parts: Vec<&str> = parts_of(sources, &asked).collect();
        self.remembered("sources", &parts, || {
            self.compiler()?.compile_asked(sources, &asked)
        })
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
        let began = Instant::now();
        let result = runtime.run_main(&assembly, args);
        let stats = runtime.stats();
        self.note_run(compilation, &stats, began.elapsed(), &result);
        Ok(Ran {
            result,
            stdout: runtime.take_stdout(),
            stderr: runtime.take_stderr(),
            stats,
            diagnostics: compilation.diagnostics().clone(),
        })
    }

    /// Notes what a run took that was begun with [`start`](Self::start), or an evaluation, and how it ended: [`ScriptHostBuilder::hot_scripts`]. `took` counts
    /// where the runtime's limits do not measure the processor's time.
    pub fn note_run<T>(
        &self,
        compilation: &Compilation,
        stats: &RuntimeStats,
        took: Duration,
        ended: &isolator_host::Result<T>,
    ) {
        let Some(hot) = &self.inner.hot else {
            return;
        };
        let threw = matches!(ended, Err(error) if error.exception().is_some());
        let measured = (!stats.cpu.is_zero()).then_some(stats.cpu);
        hot.ran(compilation, measured.unwrap_or(took), threw);
    }

    /// What each fresh runtime begins as, before its own `configure`: with the limits of runs and the libraries.
    pub fn runtime(&self) -> RuntimeBuilder {
        self.guarded(self.usual())
    }

    /// The same before it is [`guarded`](Self::guarded), for who guards what `configure` makes of it.
    pub(crate) fn usual(&self) -> RuntimeBuilder {
        let inner = &self.inner;
        inner.place.runtime().limits(inner.run_limits.clone())
    }

    /// What a compilation may take unless something else is said: 512 MiB and 30 seconds.
    pub fn default_compile_limits() -> Limits {
        Limits::default()
            .memory(COMPILE_MEMORY)
            .call_timeout(COMPILE_TIME)
    }

    /// Limits of each run that is given no others.
    pub fn run_limits(&self) -> &Limits {
        &self.inner.run_limits
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
        let packages = libraries(compilation.packages());
        // After `configure`, which may give another builder.
        let usual = self.usual();
        let began = usual.begins_with().map(|snapshot| snapshot.id().to_owned());
        let builder = self.guarded(configure(usual));
        let builder = match &*packages {
            [] => builder,
            _ => builder
                .assembly_loader(move |request: &AssemblyRequest| find_library(&packages, request)),
        };
        // Whoever configures may begin with a snapshot of theirs, or want no compiled code, or nothing else.
        let begins = builder.begins_with().map(AppSnapshot::id);
        let compiled = builder
            .compiled_mode()
            .unwrap_or(inner.place.host.compiled());
        let is_usual = begins == began.as_deref() && compiled == Compiled::Auto;
        let hot = inner.hot.as_ref().filter(|_| is_usual);
        let ready = hot.map(|hot| hot.begin(compilation)).unwrap_or_default();
        let builder = match &ready.loaded {
            Some(loaded) => builder.from(loaded),
            None => builder,
        };
        let mut runtime = self.begin(builder)?;
        let assembly = match &ready.loaded {
            Some(_) => runtime.kept(SCRIPT)?,
            None => {
                let image = ready.image.unwrap_or_else(|| compilation.image());
                runtime.load_assembly_image(&image)?
            }
        };
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
        let began = Instant::now();
        let value = evaluation.value();
        let stats = evaluation.runtime.stats();
        self.note_run(&compilation, &stats, began.elapsed(), &value);
        Ok(value?)
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

    /// Begins a session: C# one submission after the other. `configure` grants what submissions may have; without more they see nothing, an empty standard input, and
    /// what they write is captured. Limits of time for calls are those of each submission, limits of memory those of all together. It takes two runtimes more than one
    /// that runs: the compiler's, and one to begin anew from.
    ///
    /// # Errors
    /// [`Error::Host`] if the runtimes cannot be created.
    pub fn session(
        &self,
        configure: impl FnOnce(RuntimeBuilder) -> RuntimeBuilder,
    ) -> Result<Session> {
        Session::new(self.clone(), configure)
    }

    pub(crate) fn offered(&self) -> Arc<Offered> {
        self.inner.offered.clone()
    }

    pub(crate) fn runner(&self) -> &AssemblyImage {
        &self.inner.runner
    }

    pub(crate) fn max_submissions(&self) -> u32 {
        self.inner.max_submissions
    }

    /// A runtime that may not write what decides how scripts are compiled, whoever made its builder.
    pub(crate) fn guarded(&self, builder: RuntimeBuilder) -> RuntimeBuilder {
        builder.never_writable(self.inner.never_writable.clone())
    }

    /// Creates a runtime that can be cancelled, and call the host's functions.
    pub(crate) fn begin(&self, builder: RuntimeBuilder) -> Result<IsolatedRuntime> {
        let mut runtime = builder.create()?;
        self.attach(&mut runtime)?;
        if let Some(functions) = &self.inner.functions {
            functions.register(&mut runtime);
        }
        Ok(runtime)
    }

    /// Has the host's cancellation, if it has one, stop a runtime of it.
    pub(crate) fn attach(&self, runtime: &mut IsolatedRuntime) -> Result<()> {
        self.cancellation
            .as_ref()
            .map_or(Ok(()), |cancellation| cancellation.attach(runtime))
    }

    fn remembered(
        &self,
        what: &str,
        parts: &[&str],
        make: impl FnOnce() -> Result<Compilation>,
    ) -> Result<Compilation> {
        let all = [what].into_iter().chain(parts.iter().copied());
        let key = *digest(&self.options, all).as_bytes();
        let locked = || {
            self.inner
                .compiled
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(known) = locked().known.get(&key) {
            return Ok(known.clone());
        }
        let kept = self.inner.kept.as_ref();
        let made = match kept.and_then(|kept| kept.load(&key)) {
            Some(made) => made,
            None => {
                let made = make()?;
                if let Some(kept) = kept {
                    kept.save(&key, &made);
                }
                made
            }
        };
        locked().add(key, made.clone());
        Ok(made)
    }
}

fn read_library(path: &Path) -> Result<Arc<[u8]>> {
    read_named_file(path, LARGEST_ASSEMBLY).map_err(|error| Error::Unreadable {
        path: path.display().to_string(),
        message: error.to_string(),
    })
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
