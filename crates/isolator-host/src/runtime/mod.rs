//! One isolated runtime: its life, and how it is entered.

pub(crate) mod api;
pub(crate) mod bytes;
pub(crate) mod grants;
pub(crate) mod handle;
pub(crate) mod inspection;
pub(crate) mod methods;

use crate::CallContext;
use crate::border::entry::Entry;
use crate::callback::{
    IntoAsyncCallback, IntoCallback, IntoFallibleAsyncCallback, IntoFallibleCallback, boxed,
    boxed_async, boxed_fallible, boxed_fallible_async, boxed_raw,
};
use crate::engine::instance::Instance;
use crate::engine::stack;
use crate::engine::state::{Place, Shared, State};
use crate::error::{Error, Result};
use crate::host::IsolatedRuntimeHost;
use crate::limits::{Activity, CancelHandle, LimitKind, Limits, OutputAccount, RuntimeStats};
use crate::settings::Setting;
use crate::wasi::Wasi;
use isolator_abi::wire::StartConfig;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wasmtime::{AsContextMut, Store};

/// Numbers of runtimes, unique in the process.
static NEXT_RUNTIME: AtomicU64 = AtomicU64::new(1);

/// One isolated .NET runtime: its own memory, and nothing that was not granted.
///
/// Calls go one at a time, through `&mut`. It may be sent to another thread between them. Dropping it frees everything
/// inside; handles that are left over then do nothing.
pub struct IsolatedRuntime {
    body: Body,
    shared: Arc<Shared>,
    activity: Arc<Activity>,
}

/// What is there of a runtime.
enum Body {
    Live {
        store: Store<State>,
        instance: Arc<Instance>,
    },
    /// Its memory and code are gone; what it wrote and why it died are left.
    Dead(Box<State>),
    /// Only while the one above is made of the one before.
    Between,
}

impl Body {
    #[inline]
    fn state(&self) -> &State {
        match self {
            Self::Live { store, .. } => store.data(),
            Self::Dead(state) => state,
            Self::Between => unreachable!("a runtime is alive or dead"),
        }
    }

    #[inline]
    fn state_mut(&mut self) -> &mut State {
        match self {
            Self::Live { store, .. } => store.data_mut(),
            Self::Dead(state) => state,
            Self::Between => unreachable!("a runtime is alive or dead"),
        }
    }

    /// Gives back what a dead runtime holds: memory, its place among the runtimes, futures of callbacks.
    #[cold]
    fn bury(&mut self) {
        *self = match std::mem::replace(self, Self::Between) {
            Self::Live { store, instance } => {
                drop(instance);
                let fuel = store.get_fuel().ok();
                let mut state = store.into_data();
                let aside = state.meter.take_reserve().unwrap_or_default();
                state.meter.fuel_left = fuel.map(|left| left.saturating_add(aside));
                state.bury();
                Self::Dead(Box::new(state))
            }
            dead => dead,
        };
    }
}

impl IsolatedRuntime {
    pub(crate) fn create(
        host: &IsolatedRuntimeHost,
        start: StartConfig,
        wasi: Wasi,
        limits: Arc<Limits>,
    ) -> Result<Self> {
        let runtime = NEXT_RUNTIME.fetch_add(1, Ordering::Relaxed);
        let _span = tracing::debug_span!("create", runtime).entered();
        if limits.get_fuel().is_some() && !host.shared().fuel {
            return Err(Error::Config {
                message: format!(
                    "{} was set for a runtime of a host that does not count fuel: build the host with {}",
                    Setting::Fuel,
                    Setting::MeterFuel
                ),
            });
        }
        if limits.of_time() && !host.shared().ticker.is_there() {
            return Err(Error::Engine {
                what: "watch the runtime's limits of time",
                message: "no thread can be started for it".into(),
            });
        }
        let place = Place::take(host.shared())?;
        let mut state = State::new(host.shared().clone(), runtime, start, wasi, limits);
        state.place = Some(place);
        let (store, instance) = host.guest().instantiate(state, host.max_runtimes())?;
        Ok(Self {
            body: Body::Live { store, instance },
            activity: host.shared().ticker.list(),
            shared: host.shared().clone(),
        })
    }

    /// A number that no other runtime of this process has.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.state().runtime()
    }

    /// Whether the runtime can still be used, and if not, why.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.state().fatal.is_none()
    }

    /// What the runtime may use up.
    pub fn limits(&self) -> &Limits {
        &self.state().meter.limits
    }

    /// What the runtime has used so far, or had used when it died.
    #[must_use]
    pub fn stats(&self) -> RuntimeStats {
        let mut stats = self.state().stats();
        if let Body::Live { store, .. } = &self.body
            && let Ok(left) = store.get_fuel()
        {
            let given = self.limits().get_fuel().unwrap_or(u64::MAX);
            stats.fuel = Some(given.saturating_sub(left));
        }
        stats
    }

    /// What stops the runtime from any thread.
    #[must_use]
    pub fn cancel_handle(&mut self) -> CancelHandle {
        let meter = &mut self.state_mut().meter;
        meter.watch();
        CancelHandle::new(meter.control.clone(), meter.ticker.clone())
    }

    /// Runs the guest's start-up now rather than in the first call.
    ///
    /// # Errors
    /// What start-up failed with, such as an unknown culture.
    pub fn start(&mut self) -> Result<()> {
        self.enter(|_| Ok(()))
    }

    /// Registers a closure with 0 to 8 arguments, optionally after a `&mut CallContext<'_>` that can call back in, under
    /// a name. Guest code calls it with `DotNetIsolatorHost.Invoke`. A name that is taken is taken over.
    pub fn register_callback<Kind>(
        &mut self,
        name: impl Into<String>,
        callback: impl IntoCallback<Kind>,
    ) {
        self.state_mut()
            .callbacks
            .insert(name.into().into(), boxed(callback));
    }

    /// As `register_callback`, for a closure that returns a `Result`. What the guest sees of an error is a fixed sentence,
    /// unless the host was built with `callback_error_details`; the error itself is logged.
    pub fn register_fallible_callback<Kind>(
        &mut self,
        name: impl Into<String>,
        callback: impl IntoFallibleCallback<Kind>,
    ) {
        self.state_mut()
            .callbacks
            .insert(name.into().into(), boxed_fallible(callback));
    }

    /// Registers a closure that returns a future, with 0 to 8 arguments. Guest code calls it with
    /// `DotNetIsolatorHost.InvokeAsync` and goes on with other work meanwhile; a token that it passes drops the future.
    ///
    /// The future is polled by whoever drives the runtime: [`into_async`](Self::into_async)'s driver, or a call such as
    /// [`wait`](Self::wait) or [`run_pending`](Self::run_pending). What it needs of tokio (timers, sockets) is that of the
    /// executor on which the callback was registered. It does not run while guest code of its runtime runs.
    ///
    /// Guest code may also call it synchronously (`DotNetIsolatorHost.Invoke`): the thread then waits for the future, where it may
    /// wait. On a thread of a current-thread executor it may not, and the guest gets a `HostCallException` that says so; the
    /// runtime of `into_async`, and [`allow_blocking`](crate::allow_blocking) in a `spawn_blocking`, are ways out.
    ///
    /// ```no_run
    /// # fn main() -> isolator_host::Result<()> {
    /// # let mut runtime = isolator_host::IsolatedRuntimeHost::new()?.create_runtime()?;
    /// runtime.register_async_callback("fetch", |url: String| async move {
    ///     // Ask the network here.
    ///     format!("the page at {url}")
    /// });
    /// # Ok(()) }
    /// ```
    pub fn register_async_callback<Kind>(
        &mut self,
        name: impl Into<String>,
        callback: impl IntoAsyncCallback<Kind>,
    ) {
        self.state_mut()
            .callbacks
            .insert(name.into().into(), boxed_async(callback));
    }

    /// As `register_async_callback`, for a future of a `Result`. What the guest sees of an error is as in
    /// [`register_fallible_callback`](Self::register_fallible_callback).
    pub fn register_fallible_async_callback<Kind>(
        &mut self,
        name: impl Into<String>,
        callback: impl IntoFallibleAsyncCallback<Kind>,
    ) {
        self.state_mut()
            .callbacks
            .insert(name.into().into(), boxed_fallible_async(callback));
    }

    /// Registers a closure that takes and returns bytes as they are. Guest code calls it with `DotNetIsolatorHost.InvokeRaw`.
    pub fn register_raw_callback<E: std::fmt::Display>(
        &mut self,
        name: impl Into<String>,
        callback: impl Fn(&mut CallContext<'_>, &[u8]) -> Result<Vec<u8>, E> + Send + Sync + 'static,
    ) {
        self.state_mut()
            .callbacks
            .insert(name.into().into(), boxed_raw(callback));
    }

    /// What counts against [`Limits::max_output`]: an embedder that prints more because of the guest than its standard streams (lines of
    /// the log, texts of exceptions, results) adds that here.
    #[must_use]
    pub fn output_account(&self) -> OutputAccount {
        self.state().meter.output.clone()
    }

    /// What the guest wrote to standard output, if it is captured.
    #[must_use]
    pub fn stdout(&self) -> &[u8] {
        self.state().wasi.stdout.captured()
    }

    /// What the guest wrote to standard output as text, wrong bytes replaced.
    #[must_use]
    pub fn stdout_utf8(&self) -> String {
        String::from_utf8_lossy(self.stdout()).into_owned()
    }

    /// What the guest wrote to standard error, if it is captured.
    #[must_use]
    pub fn stderr(&self) -> &[u8] {
        self.state().wasi.stderr.captured()
    }

    /// What the guest wrote to standard error as text, wrong bytes replaced.
    #[must_use]
    pub fn stderr_utf8(&self) -> String {
        String::from_utf8_lossy(self.stderr()).into_owned()
    }

    /// Takes what was captured of standard output, and makes room for more.
    pub fn take_stdout(&mut self) -> Vec<u8> {
        self.state_mut().wasi.stdout.take_captured()
    }

    /// Takes what was captured of standard error, and makes room for more.
    pub fn take_stderr(&mut self) -> Vec<u8> {
        self.state_mut().wasi.stderr.take_captured()
    }

    /// The end of what the guest wrote to standard error, wherever that went: at most 2 KiB. A runtime that aborts or
    /// exits because of a fault says there what it was.
    #[must_use]
    pub fn last_words(&self) -> String {
        self.state().wasi.last_words.text()
    }

    /// The guest's memory, for tests and measurements of this project: what it holds is no promise.
    #[doc(hidden)]
    #[must_use]
    pub fn memory(&self) -> &[u8] {
        match &self.body {
            Body::Live { store, instance } => instance.memory.data(store),
            _ => &[],
        }
    }

    /// Size of the guest's memory, in bytes; most of it may be shared with other runtimes or never touched. 0 once the runtime is
    /// dead.
    #[must_use]
    pub fn memory_size(&self) -> usize {
        self.memory().len()
    }

    /// Number of entries in the guest's function table.
    pub fn function_table_size(&mut self) -> u64 {
        let Body::Live { store, instance } = &mut self.body else {
            return 0;
        };
        let mut store = store.as_context_mut();
        instance
            .function_table(&mut store)
            .map_or(0, |table| table.size(&store))
    }

    /// What the store holds.
    pub(crate) fn state(&self) -> &State {
        self.body.state()
    }

    /// What the store holds.
    pub(crate) fn state_mut(&mut self) -> &mut State {
        self.body.state_mut()
    }

    /// Runs `f` as one call: what it enters the guest for, and what it waits for between, share the limits of a call.
    pub(crate) fn in_one_call<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        struct Close<'a>(&'a mut IsolatedRuntime);
        impl Drop for Close<'_> {
            fn drop(&mut self) {
                self.0.state_mut().meter.close();
                self.0.end_call();
            }
        }
        self.state_mut().meter.open();
        let close = Close(self);
        f(close.0)
    }

    /// Gives back what was put aside for the call that ended.
    fn end_call(&mut self) {
        if let Body::Live { store, instance } = &mut self.body
            && store.data().meter.ended_with_fuel()
        {
            let mut entry = Entry {
                store: store.as_context_mut(),
                instance,
            };
            entry.unlimit_fuel();
        }
    }

    /// Whether there is a thread that watches limits of time.
    pub(crate) fn check_ticker(&self) -> Result<()> {
        if self.shared.ticker.is_there() {
            return Ok(());
        }
        Err(Error::Engine {
            what: "watch the runtime's limits of time",
            message: "no thread can be started for it".into(),
        })
    }

    /// Enters the guest from outside.
    #[inline]
    pub(crate) fn enter<T>(&mut self, f: impl FnOnce(&mut Entry<'_>) -> Result<T>) -> Result<T> {
        let Body::Live { store, instance } = &mut self.body else {
            return Err(self.why_dead());
        };
        let _running = match &self.shared.running {
            None => None,
            Some(gate) => match gate.pass() {
                Some(passed) => Some(passed),
                None => {
                    return Err(Error::Limit {
                        limit: LimitKind::RunningCalls,
                        allowed: gate.max.into(),
                        used: u64::from(gate.taken()) + 1,
                    });
                }
            },
        };
        let watched = store.data().meter.watched();
        let _ticking = watched.then(|| self.shared.ticker.run(&self.activity));
        let outcome = stack::with_enough(self.shared.wasm_stack, || {
            stack::note_outermost(store.data_mut());
            let mut inside = Inside(Entry {
                store: store.as_context_mut(),
                instance,
            });
            let entry = &mut inside.0;
            entry.begin()?;
            entry.ensure_started()?;
            entry.release_dropped()?;
            f(entry)
        });
        if self.state().fatal.is_some() {
            self.body.bury();
        }
        outcome
    }

    #[cold]
    fn why_dead(&self) -> Error {
        match &self.state().fatal {
            Some(fatal) => fatal.afterwards(),
            None => Error::Dead {
                why: "it is gone".into(),
            },
        }
    }
}

/// An entry from outside; leaving it, in whatever way, closes the account.
struct Inside<'a>(Entry<'a>);

impl Drop for Inside<'_> {
    #[inline]
    fn drop(&mut self) {
        let meter = &mut self.0.store.data_mut().meter;
        meter.close();
        if meter.ended_with_fuel() {
            self.0.unlimit_fuel();
        }
    }
}

impl std::fmt::Debug for IsolatedRuntime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "IsolatedRuntime({}, {})",
            self.id(),
            if self.is_alive() { "alive" } else { "dead" }
        )
    }
}
