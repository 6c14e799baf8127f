//! One isolated runtime: its life, and how it is entered.

mod call_limits;
pub(crate) mod calls;
mod inspection;
mod outside;

pub use calls::Calls;

use crate::border::copy;
use crate::callback::{
    IntoAsyncCallback, IntoCallback, IntoFallibleAsyncCallback, IntoFallibleCallback, boxed,
    boxed_async, boxed_fallible, boxed_fallible_async,
};
use crate::engine::frozen::Frozen;
use crate::engine::instance::Guest;
use crate::engine::state::{Beginning, Fatal, HostShared, Seat, State};
use crate::error::{Error, Result};
use crate::limits::{CancelHandle, Limits, OutputAccount, RuntimeStats};
use crate::settings::Setting;
use crate::values::kept::Kept;
use crate::wasi::{KeptFiles, Wasi};
use isolator_snapshot::delta::Delta;
use outside::Outside;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Numbers of runtimes, unique in the process.
static NEXT_RUNTIME: AtomicU64 = AtomicU64::new(1);

/// One isolated .NET runtime: its own memory, and nothing that was not granted.
///
/// Calls go one at a time, through `&mut`. It may be sent to another thread between them. Dropping it frees everything
/// inside; handles that are left over then do nothing.
pub struct IsolatedRuntime {
    calls: Calls<'static>,
}

impl IsolatedRuntime {
    pub(crate) fn create(
        guest: &Arc<Guest>,
        shared: &Arc<HostShared>,
        frozen: Option<&Arc<Frozen>>,
        start: Beginning,
        wasi: Wasi,
        limits: Arc<Limits>,
    ) -> Result<Self> {
        let runtime = NEXT_RUNTIME.fetch_add(1, Ordering::Relaxed);
        let _span = tracing::debug_span!("create", runtime).entered();
        if limits.get_fuel().is_some() && !shared.fuel {
            return Err(Error::Config {
                message: format!(
                    "{} was set for a runtime of a host that does not count fuel: build the host with {}",
                    Setting::Fuel,
                    Setting::MeterFuel
                ),
            });
        }
        if limits.of_time() && !shared.ticker.is_there() {
            return Err(Error::Engine {
                what: "watch the runtime's limits of time",
                message: "no thread can be started for it".into(),
            });
        }
        let place = Seat::take(shared)?;
        let mut state = State::new(shared.clone(), runtime, start, wasi, limits);
        state.place = Some(place);
        let mut guest = guest;
        if let Some(frozen) = frozen {
            guest = &frozen.guest;
            state.kept = Kept::of(frozen.kept.clone());
            state.symbols = frozen.symbols.clone();
            state.unlinked.clone_from(&frozen.programs);
            state.wasi.set_monotonic(frozen.clocks.gone_on());
            state.base = Some(frozen.clone());
        }
        let (store, instance) = guest.instantiate(state, shared.runtimes.max)?;
        let outside = Outside::new(store, instance, shared.clone());
        let mut created = Self {
            calls: Calls::from_outside(outside),
        };
        if let Some(delta) = frozen.and_then(|frozen| frozen.delta.as_ref()) {
            created.overwrite(delta)?;
        }
        if let Some((files, takes)) = frozen.and_then(|frozen| frozen.files.as_ref()) {
            created.put_files(files, *takes)?;
        }
        Ok(created)
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
        self.state().stats_with(self.fuel_left())
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
        self.put(name, boxed(callback));
    }

    /// As `register_callback`, for a closure that returns a `Result`. What the guest sees of an error is a fixed sentence,
    /// unless the host was built with `callback_error_details`; the error itself is logged.
    pub fn register_fallible_callback<Kind>(
        &mut self,
        name: impl Into<String>,
        callback: impl IntoFallibleCallback<Kind>,
    ) {
        self.put(name, boxed_fallible(callback));
    }

    /// Registers a closure that returns a future, with 0 to 8 arguments. Guest code calls it with
    /// `DotNetIsolatorHost.InvokeAsync` and goes on with other work meanwhile; a token that it passes drops the future.
    ///
    /// The future is polled by whoever drives the runtime: [`into_async`](Self::into_async)'s driver, or a call such as
    /// [`wait`](Calls::wait) or [`run_pending`](Calls::run_pending). What it needs of tokio (timers, sockets) is that of the
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
        self.put(name, boxed_async(callback));
    }

    /// As `register_async_callback`, for a future of a `Result`. What the guest sees of an error is as in
    /// [`register_fallible_callback`](Self::register_fallible_callback).
    pub fn register_fallible_async_callback<Kind>(
        &mut self,
        name: impl Into<String>,
        callback: impl IntoFallibleAsyncCallback<Kind>,
    ) {
        self.put(name, boxed_fallible_async(callback));
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
        self.guest_memory()
    }

    /// Size of the guest's memory, in bytes; most of it may be shared with other runtimes or never touched. 0 once the runtime is
    /// dead.
    #[must_use]
    pub fn memory_size(&self) -> usize {
        self.memory().len()
    }

    /// Makes the memory, which is as the guest begins, the one that the differences were taken of.
    ///
    /// # Errors
    /// [`Error::Limit`] if the runtime may not have so much; [`Error::BadSuspended`].
    pub(crate) fn overwrite(&mut self, delta: &Delta) -> Result<()> {
        match self.guest() {
            Some((mut store, instance)) => copy::apply(&mut store, &instance.clone(), delta),
            None => Ok(()),
        }
    }

    /// Puts files, which take so much, into its `/tmp`, in which nothing is yet, unless a granted directory took the place of that. They count as its memory.
    ///
    /// # Errors
    /// [`Error::Limit`] if the runtime may not have so much.
    pub(crate) fn put_files(&mut self, files: &KeptFiles, takes: u64) -> Result<()> {
        let state = self.state_mut();
        if state.wasi.has_temporary() {
            let taken = state.meter.memory.try_take_beside(takes);
            taken.map_err(|hit| Fatal::Limit(hit).error())?;
            state.wasi.put_files(files, takes);
        }
        Ok(())
    }

    /// What the guest's C code has of its stack and does not need between two calls.
    pub(crate) fn unused_stack(&mut self) -> std::ops::Range<usize> {
        let pointer = self
            .guest()
            .and_then(|(mut store, instance)| instance.stack_pointer(&mut store));
        0..pointer.unwrap_or(0) as usize
    }

    /// Number of entries in the guest's function table.
    pub fn function_table_size(&mut self) -> u64 {
        let Some((mut store, instance)) = self.guest() else {
            return 0;
        };
        instance
            .function_table(&mut store)
            .map_or(0, |table| table.size(&store))
    }

    /// Whether there is a thread that watches limits of time.
    pub(crate) fn check_ticker(&self) -> Result<()> {
        if self.state().shared.ticker.is_there() {
            return Ok(());
        }
        Err(Error::Engine {
            what: "watch the runtime's limits of time",
            message: "no thread can be started for it".into(),
        })
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
