//! The host of runtimes: a loaded guest image, and what all runtimes of it share.

mod callbacks;
pub(crate) mod grants;

use crate::assemblies::AssemblyFolder;
use crate::assemblies::loader::{AssemblyImage, AssemblyLoader};
use crate::border::imports;
use crate::callback::{
    CallContext, Callback, CallbackFailure, Callbacks, IntoAsyncCallback, IntoCallback,
    IntoFallibleAsyncCallback, IntoFallibleCallback, MAX_CALLBACK_DEPTH, boxed, boxed_async,
    boxed_fallible, boxed_fallible_async, boxed_raw, boxed_raw_async,
};
use crate::engine::copy_on_write;
use crate::engine::instance::Guest;
use crate::engine::state::{Beginning, HostShared, State};
use crate::engine::{DEFAULT_KEEP_RESIDENT, DEFAULT_MAX_RUNTIMES, EngineOptions, new_engine};
use crate::error::{Error, Result};
use crate::image::{GuestImage, LoadOptions};
use crate::limits::{Gate, HostLimits, HostMemory, Limits, Ticker};
use crate::runtime::IsolatedRuntime;
use crate::settings::Setting;
use crate::side::{Compiled, SideModules};
use crate::snapshot::{AppSnapshot, Loading, Suspended, state_stamp};
use crate::stdio::{Stdin, Stdio};
use crate::wasi::{self, Wasi};
use grants::RuntimeBuilder;
use isolator_abi::GuestManifest;
use isolator_abi::side::LARGEST_SIDE_MODULE;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmtime::Linker;

/// Creates isolated runtimes. Cloning it is cheap and gives the same host.
///
/// ```no_run
/// # fn main() -> isolator_host::Result<()> {
/// use isolator_host::IsolatedRuntimeHost;
/// let host = IsolatedRuntimeHost::builder().assembly_directory("bin/Release/net10.0")?.build()?;
/// let mut runtime = host.create_runtime()?;
/// let largest: i32 = runtime.call("System.Private.CoreLib", "System.Math", "Max", (3, 4))?;
/// assert_eq!(largest, 4);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct IsolatedRuntimeHost(Arc<Inner>);

struct Inner {
    guest: Arc<Guest>,
    /// What runtimes start from that are not told otherwise.
    warm: Option<AppSnapshot>,
    shared: Arc<HostShared>,
    image: GuestImage,
}

impl std::fmt::Debug for IsolatedRuntimeHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "IsolatedRuntimeHost(.NET {}, {})",
            self.dotnet_version(),
            self.origin()
        )
    }
}

/// Settings of a host.
#[must_use = "nothing is loaded before `build`"]
pub struct HostBuilder {
    guest: Option<PathBuf>,
    image: Option<GuestImage>,
    load: LoadOptions,
    engine: EngineOptions,
    loaders: Vec<Box<dyn AssemblyLoader>>,
    callbacks: Callbacks,
    callback_details: bool,
    max_callback_depth: u32,
    limits: Limits,
    host_limits: HostLimits,
    compiled: Compiled,
    largest_compiled: u64,
    warm: Option<Prepare>,
}

/// Prepares the runtime that others start from.
type Prepare = Box<dyn FnOnce(&mut IsolatedRuntime) -> Result<()>>;

impl std::fmt::Debug for HostBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostBuilder")
            .field("guest", &self.guest)
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}

impl HostBuilder {
    fn new() -> Self {
        Self {
            guest: None,
            image: None,
            load: LoadOptions::default(),
            engine: EngineOptions::default(),
            loaders: Vec::new(),
            callbacks: Callbacks::new(),
            callback_details: false,
            max_callback_depth: MAX_CALLBACK_DEPTH,
            limits: Limits::default(),
            host_limits: HostLimits::default(),
            compiled: Compiled::default(),
            largest_compiled: LARGEST_SIDE_MODULE,
            warm: None,
        }
    }

    /// Names the guest image: its directory, or the `guest.json` in it. Without this it is looked for: in the directory
    /// that the environment variable `ISOLATOR_GUEST` names, in `isolator-guest` beside the executable, in this
    /// project's build output, and in the program itself (feature `embedded-guest`).
    pub fn guest(mut self, path: impl Into<PathBuf>) -> Self {
        self.guest = Some(path.into());
        self
    }

    /// Uses this guest image; [`guest`](Self::guest) then does not count.
    pub fn guest_image(mut self, image: GuestImage) -> Self {
        self.image = Some(image);
        self
    }

    /// Names the directory in which machine code is kept that was made from guest images. Without this it is the one that
    /// the environment variable `ISOLATOR_CACHE` names, or `isolator` in the user's cache directory.
    pub fn cache_directory(mut self, path: impl Into<PathBuf>) -> Self {
        self.load.cache = Some(path.into());
        self
    }

    /// Adds a directory from which `name.dll` is loaded when a guest wants an assembly that the base class library does not
    /// have. Only names of assemblies reach it from guests, never paths. What is read and what is not says [`AssemblyFolder`].
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be opened.
    pub fn assembly_directory(self, path: impl AsRef<Path>) -> Result<Self> {
        Ok(self.assembly_loader(AssemblyFolder::open(path)?))
    }

    /// Adds a loader, such as a closure `Fn(&AssemblyRequest) -> Option<AssemblyImage>`. Loaders are asked in order.
    pub fn assembly_loader(mut self, loader: impl AssemblyLoader + 'static) -> Self {
        self.loaders.push(Box::new(loader));
        self
    }

    /// Registers a callback for every runtime, see [`IsolatedRuntime::register_callback`]. A runtime's own come first.
    pub fn callback<Kind>(
        self,
        name: impl Into<String>,
        callback: impl IntoCallback<Kind>,
    ) -> Self {
        self.put(name, boxed(callback))
    }

    /// Registers a fallible callback for every runtime, see [`IsolatedRuntime::register_fallible_callback`].
    pub fn fallible_callback<Kind>(
        self,
        name: impl Into<String>,
        callback: impl IntoFallibleCallback<Kind>,
    ) -> Self {
        self.put(name, boxed_fallible(callback))
    }

    /// Registers an asynchronous callback for every runtime, see [`IsolatedRuntime::register_async_callback`].
    pub fn async_callback<Kind>(
        self,
        name: impl Into<String>,
        callback: impl IntoAsyncCallback<Kind>,
    ) -> Self {
        self.put(name, boxed_async(callback))
    }

    /// Registers a fallible asynchronous callback for every runtime, see
    /// [`IsolatedRuntime::register_fallible_async_callback`].
    pub fn fallible_async_callback<Kind>(
        self,
        name: impl Into<String>,
        callback: impl IntoFallibleAsyncCallback<Kind>,
    ) -> Self {
        self.put(name, boxed_fallible_async(callback))
    }

    /// Registers a callback of bytes for every runtime, see [`Calls::register_raw_callback`](crate::Calls::register_raw_callback).
    pub fn raw_callback<E: Into<CallbackFailure>>(
        self,
        name: impl Into<String>,
        callback: impl Fn(&mut CallContext<'_>, &[u8]) -> Result<Vec<u8>, E> + Send + Sync + 'static,
    ) -> Self {
        self.put(name, boxed_raw(callback))
    }

    /// Registers an asynchronous callback of bytes for every runtime, see
    /// [`Calls::register_raw_async_callback`](crate::Calls::register_raw_async_callback).
    pub fn raw_async_callback<F, Fut, E>(self, name: impl Into<String>, callback: F) -> Self
    where
        F: Fn(&[u8]) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Vec<u8>, E>> + Send + 'static,
        E: Into<CallbackFailure>,
    {
        self.put(name, boxed_raw_async(callback))
    }

    fn put(mut self, name: impl Into<String>, callback: Callback) -> Self {
        self.callbacks.insert(name.into().into(), callback);
        self
    }

    /// How deep calls may nest from guest to host (guest, host, guest, host…); 32 without this. One that goes deeper throws
    /// a `HostCallException` with the reason `TooDeep` in the guest. 0 forbids callbacks altogether.
    ///
    /// Your callbacks of all levels lie on the calling thread's stack, and what the guest does between them on one of its own
    /// ([`stack_size`](Self::stack_size)). Where either has no room left, the next level is refused.
    pub fn max_callback_depth(mut self, depth: u32) -> Self {
        self.max_callback_depth = depth;
        self
    }

    /// Whether guests are shown the text of errors and panics in callbacks. Without this they see a fixed sentence, since
    /// such texts may tell about the host what a guest should not know.
    pub fn callback_error_details(mut self, show: bool) -> Self {
        self.callback_details = show;
        self
    }

    /// Limits of every runtime that is not given others ([`RuntimeBuilder::limits`]); [`Limits::default`] without this.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// What all runtimes together may use up.
    pub fn host_limits(mut self, limits: HostLimits) -> Self {
        self.host_limits = limits;
        self
    }

    /// Counts fuel, so that runtimes can be given [`Limits::fuel`] and report what they used. Guest code is then compiled another
    /// way (once, and cached like the other), and slower: see the project's benchmarks. Implied where [`limits`](Self::limits) has fuel.
    pub fn meter_fuel(mut self) -> Self {
        self.engine.fuel = true;
        self
    }

    /// What becomes of programs that were compiled ahead (`isolator compile`); [`Compiled::Auto`] without this. A runtime can be told
    /// otherwise: [`RuntimeBuilder::compiled`].
    pub fn compiled(mut self, mode: Compiled) -> Self {
        self.compiled = mode;
        self
    }

    /// Prepares a runtime when the host is built, and has every runtime of the host start from it that is not told otherwise
    /// ([`RuntimeBuilder::from`]): its assemblies are loaded, its caches full. See [`AppSnapshot`].
    pub fn warm(
        mut self,
        prepare: impl FnOnce(&mut IsolatedRuntime) -> Result<()> + 'static,
    ) -> Self {
        self.warm = Some(Box::new(prepare));
        self
    }

    /// Most bytes of one assembly's compiled code; 32 MiB, the most there can be, without this. What is larger is left alone. The time that the engine's
    /// compiler takes for it, once, grows with its size: some 15 ms for a program of some hundred lines (30 KB).
    pub fn largest_compiled(mut self, bytes: u64) -> Self {
        self.largest_compiled = bytes;
        self
    }

    /// How many runtimes may live at once; 1000 without this. Room for all is reserved when the host is built: 8 GiB of address space (not of
    /// memory) each. Where a process has not so much, as with a dozen hosts of this size, runtimes are mapped when they are created, as with
    /// [`on_demand_allocation`](Self::on_demand_allocation); see [`reserves_room`](IsolatedRuntimeHost::reserves_room).
    pub fn max_runtimes(mut self, number: u32) -> Self {
        self.engine.max_runtimes = number;
        self
    }

    /// Maps each runtime's memory when it is created rather than reserving room for all: nothing is reserved, but creating
    /// a runtime takes several times as long, and `max_runtimes` does not apply.
    pub fn on_demand_allocation(mut self) -> Self {
        self.engine.pooled = false;
        self
    }

    /// Lets up to this many bytes that a runtime wrote stay mapped when it is dropped, for the next one in its place. Without
    /// this it is 2 MiB where the kernel can list written pages (Linux 6.7 and newer), and 0 elsewhere.
    ///
    /// The engine then puts the snapshot's content back into each page that was written, where otherwise the kernel takes the
    /// pages and hands out new ones. Creating and calling fresh runtimes becomes several times faster, since they meet no page
    /// faults; at most 100 places of dropped runtimes stay mapped. That nothing is left of the one before is then the engine's
    /// work rather than the kernel's: with 0 it is the kernel's.
    pub fn keep_resident(mut self, bytes: usize) -> Self {
        self.engine.keep_resident = Some(bytes);
        self
    }

    /// Native stack that guest code may use within one call, in bytes, 64 KiB to 1 GiB; 256 MiB without this.
    ///
    /// It is no part of the calling thread's stack: each thread that makes calls keeps one for guest code. That is address space; memory is
    /// only what a call touched, all of it while a call recurses, and 256 KiB of it within 64 calls of the thread's (at once after a call that took
    /// a millisecond, or failed). It is not counted as
    /// [`Limits::memory`]. Your callbacks run on the calling thread's own stack, which is enlarged for the call if it has less than a megabyte.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.engine.wasm_stack = bytes;
        self
    }

    /// Finds and loads the guest image.
    ///
    /// # Errors
    /// [`Error::GuestNotFound`], [`Error::BadGuest`], [`Error::IncompatibleGuest`], [`Error::Io`], [`Error::Engine`].
    pub fn build(mut self) -> Result<IsolatedRuntimeHost> {
        let _span = tracing::info_span!("load").entered();
        if self.engine.max_runtimes == 0 {
            return Err(Error::Config {
                message: format!(
                    "{} was given 0: a host that may hold no runtime is of no use",
                    Setting::MaxRuntimes
                ),
            });
        }
        if !(64 << 10..=1 << 30).contains(&self.engine.wasm_stack) {
            return Err(Error::Config {
                message: format!(
                    "{} was given {}: it is between 64 KiB and 1 GiB",
                    Setting::StackSize,
                    self.engine.wasm_stack
                ),
            });
        }
        self.engine.fuel |= self.limits.get_fuel().is_some();
        self.limits.check()?;
        let patience = self.host_limits.queue_timeout;
        let image = match self.image {
            Some(image) => image,
            None => GuestImage::find(self.guest.as_deref())?,
        };
        self.engine.needs = image.manifest().needs;
        let (engine, pool) = new_engine(self.engine)?;
        let modules = image.load(&engine, self.engine, &self.load)?;
        let mut linker = Linker::new(&engine);
        wasi::add_to_linker(&mut linker)
            .and_then(|()| imports::add_to_linker(&mut linker))
            .map_err(Error::engine("link the host's functions"))?;
        let guest =
            Guest::new(&engine, modules.code, &modules.state, linker).map_err(|problems| {
                Error::BadGuest {
                    path: image.path().to_path_buf(),
                    problems,
                }
            })?;
        let shared = HostShared {
            loaders: self.loaders,
            machine_code: image.machine_code(&self.load),
            side: Arc::new(SideModules::new(
                &engine,
                &image.manifest().digest,
                self.largest_compiled,
                self.load.side_modules(&engine),
            )),
            states: self.load.states(&engine),
            state_stamp: state_stamp(image.manifest()),
            compiled: self.compiled,
            callbacks: self.callbacks.into(),
            callback_details: self.callback_details,
            max_callback_depth: self.max_callback_depth,
            wasm_stack: self.engine.wasm_stack,
            runtimes: Gate::new(
                if self.engine.pooled {
                    self.engine.max_runtimes
                } else {
                    u32::MAX
                },
                patience,
            ),
            running: self
                .host_limits
                .running_calls
                .map(|number| Gate::new(number, patience)),
            memory: self
                .host_limits
                .memory
                .map(|bytes| Arc::new(HostMemory::new(bytes))),
            fuel: self.engine.fuel,
            keep_resident: match &pool {
                Some(_) => self.engine.keep_resident.unwrap_or(DEFAULT_KEEP_RESIDENT),
                None => 0,
            },
            pool,
            limits: Arc::new(self.limits),
            ticker: Arc::new(Ticker::new(&engine)),
        };
        tracing::info!(
            origin = image.origin(),
            digest = image.manifest().digest,
            dotnet = image.manifest().dotnet_version,
            "guest loaded"
        );
        let inner = Inner {
            guest: Arc::new(guest),
            warm: None,
            shared: Arc::new(shared),
            image,
        };
        let Some(prepare) = self.warm else {
            return Ok(IsolatedRuntimeHost(Arc::new(inner)));
        };
        let cold = IsolatedRuntimeHost(Arc::new(inner));
        let warm = cold.snapshot(prepare)?;
        cold.starting_from(&warm)
    }
}

impl IsolatedRuntimeHost {
    /// Loads the guest image that is found, with default settings.
    ///
    /// # Errors
    /// As [`HostBuilder::build`].
    pub fn new() -> Result<Self> {
        Self::builder().build()
    }

    /// Starts with default settings.
    pub fn builder() -> HostBuilder {
        HostBuilder::new()
    }

    /// Creates a runtime to which nothing is granted.
    ///
    /// # Errors
    /// [`Error::TooManyRuntimes`].
    pub fn create_runtime(&self) -> Result<IsolatedRuntime> {
        IsolatedRuntime::create(
            &self.0.guest,
            &self.0.shared,
            self.0.warm.as_ref().map(AppSnapshot::frozen),
            Beginning::Start(Box::default()),
            Wasi::new(Stdin::Empty, Stdio::Discard, Stdio::Discard, None),
            self.0.shared.limits.clone(),
        )
    }

    /// Prepares a runtime to which nothing is granted, and makes a snapshot of it, from which others start: see [`AppSnapshot`].
    ///
    /// The runtime may do anything that takes time once: load assemblies, call what fills caches, create objects and
    /// [keep](IsolatedRuntime::keep) handles. Nothing may be under way when `prepare` returns: no call of the host's, no open file. Timers and tasks
    /// come along. [`RuntimeBuilder::snapshot`] prepares one with grants, of which the snapshot holds none.
    ///
    /// # Errors
    /// What `prepare` returned; [`Error::NotFrozen`]; those of [`create_runtime`](Self::create_runtime).
    pub fn snapshot(
        &self,
        prepare: impl FnOnce(&mut IsolatedRuntime) -> Result<()>,
    ) -> Result<AppSnapshot> {
        self.runtime().snapshot(prepare)
    }

    /// Loads a snapshot that [`AppSnapshot::save`] wrote, with this guest image. The first time its memory is put into the engine's form, which the
    /// [cache](HostBuilder::cache_directory) keeps.
    ///
    /// The file is checked, and what is in it runs in a sandbox, whoever wrote it.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::BadSnapshot`] if it is none, or of another guest image.
    pub fn load_snapshot(&self, path: impl AsRef<Path>) -> Result<AppSnapshot> {
        let loading = Loading {
            shared: &self.0.shared,
            guest: &self.0.guest,
            manifest: self.0.image.manifest(),
        };
        loading.load(path.as_ref())
    }

    /// This host, but that its runtimes start from a snapshot that are not told otherwise ([`RuntimeBuilder::from`], [`RuntimeBuilder::cold`]): as
    /// [`HostBuilder::warm`], for a snapshot that was loaded, or prepared with grants. Both are one host: their runtimes, limits and callbacks are the same.
    ///
    /// # Errors
    /// [`Error::Config`] if the snapshot was made in another host.
    pub fn starting_from(&self, snapshot: &AppSnapshot) -> Result<Self> {
        self.check_own(snapshot)?;
        Ok(Self(Arc::new(Inner {
            guest: self.0.guest.clone(),
            warm: Some(snapshot.clone()),
            shared: self.0.shared.clone(),
            image: self.0.image.clone(),
        })))
    }

    /// Whether a snapshot was made in this host, or loaded by it.
    pub(crate) fn check_own(&self, snapshot: &AppSnapshot) -> Result<()> {
        if Arc::ptr_eq(&snapshot.frozen().shared, &self.0.shared) {
            return Ok(());
        }
        Err(Error::Config {
            message:
                "the snapshot was made in another host: save it there, and load it in this one"
                    .into(),
        })
    }

    /// Lets a runtime that was suspended go on, with nothing granted: see [`IsolatedRuntime::suspend`]. One that began with a snapshot needs that, and
    /// one that was granted directories needs these: [`RuntimeBuilder::resume`].
    ///
    /// # Errors
    /// As [`RuntimeBuilder::resume`].
    pub fn resume(&self, suspended: &Suspended) -> Result<IsolatedRuntime> {
        self.runtime().resume(suspended)
    }

    /// Starts to say what a runtime may use.
    pub fn runtime(&self) -> RuntimeBuilder {
        RuntimeBuilder::new(self.clone())
    }

    /// Version of .NET inside, such as `10.0.15`.
    #[must_use]
    pub fn dotnet_version(&self) -> &str {
        &self.manifest().dotnet_version
    }

    /// The image's manifest: digests, sizes, versions.
    #[must_use]
    pub fn manifest(&self) -> &GuestManifest {
        self.0.image.manifest()
    }

    /// Where the image came from: its directory, or `embedded`.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.0.image.origin()
    }

    /// Whether its runtimes start from a snapshot: [`HostBuilder::warm`], [`starting_from`](Self::starting_from).
    #[must_use]
    pub fn is_warm(&self) -> bool {
        self.0.warm.is_some()
    }

    /// What becomes of programs that were compiled ahead, where a runtime is told nothing else.
    #[must_use]
    pub fn compiled(&self) -> Compiled {
        self.0.shared.compiled
    }

    /// The image itself, for tools that compile programs for it.
    #[must_use]
    pub fn image(&self) -> &GuestImage {
        &self.0.image
    }

    /// Makes the machine code of an assembly's compiled code ([`AssemblyImage::with_compiled`]) now, and keeps it as the first runtime would
    /// that loads the assembly, so that none has to wait for it. It takes up to seconds, on all processors: do it where nobody waits, and for
    /// code that [`HostBuilder::compiled`] will use.
    ///
    /// # Errors
    /// [`Error::BadImage`] if there is no compiled code, or it would be left alone, with the reason.
    pub fn prepare_compiled(&self, assembly: &AssemblyImage) -> Result<()> {
        let Err(why) = self.0.shared.side.get(assembly) else {
            return Ok(());
        };
        Err(Error::BadImage {
            message: format!(
                "the compiled code of an assembly cannot be used: {}",
                crate::printable::line(&why)
            ),
        })
    }

    /// How many runtimes may live at once.
    #[must_use]
    pub fn max_runtimes(&self) -> u32 {
        self.0.shared.runtimes.max
    }

    /// Whether room for all runtimes was reserved when the host was built. If not (there was not enough address space, or
    /// [`on_demand_allocation`](HostBuilder::on_demand_allocation) was wanted), creating a runtime takes several times as long.
    #[must_use]
    pub fn reserves_room(&self) -> bool {
        self.0.shared.pool.is_some()
    }

    /// How many runtimes live now.
    #[must_use]
    pub fn live_runtimes(&self) -> u32 {
        self.0.shared.runtimes.taken()
    }

    /// Whether runtimes share the pages of the image that they have not written: measured on a fresh one, by the memory that it
    /// takes for itself (Linux) or by the time that it takes to make it. False means a copy of tens of megabytes for each.
    ///
    /// # Errors
    /// [`Error::TooManyRuntimes`] if there is no room for one more.
    pub fn copy_on_write(&self) -> Result<bool> {
        copy_on_write::measure(&self.0.guest, || State::for_probes(&self.0.shared))
    }

    pub(crate) fn warmed(&self) -> Option<&AppSnapshot> {
        self.0.warm.as_ref()
    }

    pub(crate) fn guest(&self) -> &Arc<Guest> {
        &self.0.guest
    }

    pub(crate) fn shared(&self) -> &Arc<HostShared> {
        &self.0.shared
    }
}

const _: () = {
    const fn send<T: Send>() {}
    const fn send_and_sync<T: Send + Sync>() {}
    send_and_sync::<IsolatedRuntimeHost>();
    send_and_sync::<crate::IsolatedObject>();
    send_and_sync::<crate::IsolatedMethod>();
    send_and_sync::<Error>();
    send::<IsolatedRuntime>();
    assert!(DEFAULT_MAX_RUNTIMES > 0);
};
