//! What the store of a runtime holds besides the instance.

use crate::assemblies::Sources;
use crate::assemblies::loader::{AssemblyLoader, Loaders};
use crate::assemblies::symbols::Symbols;
use crate::callback::{Callbacks, Outstanding};
use crate::engine::frozen::Frozen;
use crate::engine::instance::GuestInstance;
use crate::engine::stack::{Stacks, on_host};
use crate::error::Error;
use crate::error::TrapKind;
use crate::limits::log::LogBudget;
use crate::limits::{
    Control, Gate, HostMemory, LimitHit, LimitKind, Limits, Meter, RuntimeStats, Stop, Ticker,
};
use crate::side::{CodeStore, Compiled, Program, SideModules};
use crate::stdio::{Stdin, Stdio};
use crate::values::handle::{IsolatedTask, Releases};
use crate::values::kept::Kept;
use crate::values::overloads::MethodCache;
use crate::wasi::{Parts, Wasi, WasiHost};
use isolator_abi::GuestStamp;
use isolator_abi::wire::StartConfig;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, RwLock};
use wasmtime::{Caller, Memory};

/// What all runtimes of a host share.
pub(crate) struct HostShared {
    pub loaders: Vec<Box<dyn AssemblyLoader>>,
    /// Where machine code lies: no runtime may write there.
    pub machine_code: Vec<PathBuf>,
    /// Programs that were compiled ahead.
    pub side: Arc<SideModules>,
    /// Where states of snapshots are kept that were loaded, in the engine's form.
    pub states: Box<dyn CodeStore>,
    /// What they say of themselves.
    pub state_stamp: GuestStamp,
    /// What becomes of programs that were compiled ahead in runtimes that are not told otherwise.
    pub compiled: Compiled,
    /// Callbacks of every runtime, which may come and go while runtimes live.
    pub callbacks: RwLock<Callbacks>,
    /// Whether guests are shown what went wrong in a callback.
    pub callback_details: bool,
    /// How deep host calls may nest.
    pub max_callback_depth: u32,
    /// Native stack that guest code may use, in bytes.
    pub wasm_stack: usize,
    /// How many runtimes may live at once, and how many do.
    pub runtimes: Gate,
    /// How many calls may run at once, if that is limited.
    pub running: Option<Gate>,
    pub memory: Option<Arc<HostMemory>>,
    /// Fuel is counted.
    pub fuel: bool,
    /// Bytes that a dropped runtime wrote and that stay mapped, at most.
    pub keep_resident: usize,
    /// Address space that is reserved for runtimes; none if each is mapped when it is created.
    pub pool: Option<crate::engine::Pool>,
    /// Limits of runtimes that are not given others.
    pub limits: Arc<Limits>,
    pub ticker: Arc<Ticker>,
}

/// One of the runtimes that may live at once.
pub(crate) struct Seat(Arc<HostShared>);

impl Seat {
    /// Takes a place; an error if there is none.
    pub(crate) fn take(shared: &Arc<HostShared>) -> Result<Self, Error> {
        if shared.runtimes.take() {
            Ok(Self(shared.clone()))
        } else {
            Err(Error::TooManyRuntimes {
                max: shared.runtimes.max,
            })
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.runtimes.give_back();
    }
}

/// How a guest begins.
pub(crate) enum Beginning {
    /// `start` is given this.
    Start(Box<StartConfig>),
    /// It goes on where another runtime was.
    GoOn,
}

/// The runtime that another is a fork of.
#[derive(Clone, Copy)]
pub(crate) struct Parent {
    pub runtime: u64,
    /// How many handles it had made by then.
    pub handles: u64,
}

/// Data of a runtime's store.
pub(crate) struct State {
    pub shared: Arc<HostShared>,
    pub releases: Arc<Releases>,
    pub memory: Option<Memory>,
    pub instance: Option<Arc<GuestInstance>>,
    /// How the guest begins with its first call; none once it has.
    pub start: Option<Beginning>,
    /// Why the runtime is dead, if it is.
    pub fatal: Option<Arc<Fatal>>,
    /// Where guest and host are on their stacks.
    pub stacks: Stacks,
    /// Callbacks that are running inside one another.
    pub depth: u32,
    pub callbacks: Callbacks,
    /// Loaders of this runtime alone, asked before those of the host.
    pub loaders: Loaders,
    /// Calls that the guest started.
    pub outstanding: Outstanding,
    /// Symbols of assemblies that were handed over and whose symbols were not asked for yet.
    pub symbols: Symbols,
    /// Where assemblies may not come from.
    pub sources: Sources,
    pub methods: MethodCache,
    /// Whether compiled code of assemblies is used.
    pub compiled_mode: Compiled,
    /// Handles that are kept by name.
    pub kept: Kept,
    /// Calls of `into_async`'s that are under way, by number: their tasks.
    pub unfinished: BTreeMap<u64, IsolatedTask>,
    /// What it began with, if that was a snapshot.
    pub base: Option<Arc<Frozen>>,
    /// Whose fork it is.
    pub parent: Option<Parent>,
    /// Programs that the memory is linked with, and whose code is not there yet.
    pub unlinked: Vec<Program>,
    /// Programs that run compiled.
    pub programs: Vec<Program>,
    /// What their code takes of the function table.
    pub compiled_elements: u32,
    /// Side modules that were linked, those among them that turned out not to fit: each is an instance until the runtime ends.
    pub compiled_modules: u32,
    pub wasi: Wasi,
    /// What it may ask of the network, if anything.
    #[cfg(feature = "http")]
    pub http: Option<Arc<crate::http::Session>>,
    /// Lines of the log that the guest may cause.
    pub log: LogBudget,
    /// None for the host's own probes.
    pub place: Option<Seat>,
    pub meter: Meter,
}

impl State {
    /// Number of the runtime.
    pub(crate) fn runtime(&self) -> u64 {
        self.releases.runtime
    }

    pub(crate) fn new(
        shared: Arc<HostShared>,
        runtime: u64,
        start: Beginning,
        wasi: Wasi,
        limits: Arc<Limits>,
    ) -> Self {
        let log = LogBudget::of(runtime);
        let outstanding = Outstanding::new(log.clone());
        let control = Control::new(outstanding.woken());
        Self {
            meter: Meter::new(
                limits,
                control,
                shared.ticker.clone(),
                shared.memory.clone(),
            ),
            compiled_mode: shared.compiled,
            kept: Kept::default(),
            unfinished: BTreeMap::new(),
            base: None,
            parent: None,
            unlinked: Vec::new(),
            programs: Vec::new(),
            compiled_elements: 0,
            compiled_modules: 0,
            shared,
            releases: Releases::new(runtime),
            memory: None,
            instance: None,
            start: Some(start),
            fatal: None,
            stacks: Stacks::default(),
            depth: 0,
            callbacks: HashMap::new(),
            loaders: Loaders::default(),
            outstanding,
            symbols: Symbols::default(),
            sources: Sources::default(),
            methods: MethodCache::default(),
            wasi,
            #[cfg(feature = "http")]
            http: None,
            log,
            place: None,
        }
    }

    /// Of the host's own looks at a state, in which nothing runs.
    pub(crate) fn for_probes(shared: &Arc<HostShared>) -> Self {
        let wasi = Wasi::new(Stdin::Empty, Stdio::Discard, Stdio::Discard, None);
        let limits = shared.limits.clone();
        Self::new(shared.clone(), 0, Beginning::GoOn, wasi, limits)
    }

    /// What the runtime has used, where the store is not at hand, which knows of fuel.
    pub(crate) fn stats(&self) -> RuntimeStats {
        self.stats_with(self.meter.fuel_left)
    }

    /// What the runtime has used, if so much fuel is left.
    pub(crate) fn stats_with(&self, fuel_left: Option<u64>) -> RuntimeStats {
        let mut stats = self.meter.stats();
        stats.handles = self.releases.live();
        stats.file_bytes = self.wasi.disk.written;
        #[cfg(feature = "http")]
        if let Some(http) = &self.http {
            http.count(&mut stats);
        }
        let names = self.programs.iter();
        stats.compiled = names
            .map(|program| program.side.plan.stamp.assembly.clone())
            .collect();
        if let (true, Some(left)) = (self.shared.fuel, fuel_left) {
            let given = self.meter.limits.get_fuel().unwrap_or(u64::MAX);
            stats.fuel = Some(given.saturating_sub(left));
        }
        stats
    }

    /// Refuses a value that is too large to cross. None: it may.
    pub(crate) fn too_large(&self, bytes: u64) -> Option<Error> {
        let allowed = self.meter.limits.largest_value();
        (bytes > allowed).then_some(Error::Limit {
            limit: LimitKind::Value,
            allowed,
            used: bytes,
        })
    }

    /// The runtime is dead: lets go of all that it held but what it wrote.
    pub(crate) fn bury(&mut self) {
        self.releases.close();
        self.meter.note_death();
        self.instance = None;
        self.memory = None;
        self.start = None;
        self.place = None;
        self.outstanding.give_up();
        self.symbols.clear();
        // The process has only so many descriptors, and whoever keeps dead runtimes has no use for theirs.
        self.wasi.close();
        #[cfg(feature = "http")]
        if let Some(http) = &self.http {
            http.end();
        }
        self.sources = Sources::default();
        self.methods = MethodCache::default();
        self.kept = Kept::default();
        self.unfinished.clear();
        self.loaders = Loaders::default();
    }

    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn for_tests() -> Self {
        let shared = HostShared {
            loaders: Vec::new(),
            machine_code: Vec::new(),
            side: Arc::new(SideModules::new(
                &wasmtime::Engine::default(),
                "",
                u64::MAX,
                Box::new(crate::side::InMemory),
            )),
            states: Box::new(crate::side::InMemory),
            state_stamp: GuestStamp::new(""),
            compiled: Compiled::default(),
            callbacks: RwLock::default(),
            callback_details: false,
            max_callback_depth: crate::callback::MAX_CALLBACK_DEPTH,
            wasm_stack: 1 << 20,
            runtimes: Gate::new(1, std::time::Duration::ZERO),
            running: None,
            memory: None,
            fuel: false,
            keep_resident: 0,
            pool: None,
            limits: Arc::new(Limits::none()),
            ticker: Arc::new(Ticker::new(&wasmtime::Engine::default())),
        };
        let wasi = Wasi::new(Stdin::Empty, Stdio::Discard, Stdio::Discard, None);
        let limits = shared.limits.clone();
        Self::new(
            Arc::new(shared),
            1,
            Beginning::Start(Box::default()),
            wasi,
            limits,
        )
    }
}

impl WasiHost for State {
    fn guest_memory(&self) -> Option<Memory> {
        self.memory
    }

    fn counts_fuel(&self) -> bool {
        self.shared.fuel
    }

    #[inline]
    fn parts(&mut self) -> Parts<'_> {
        Parts {
            wasi: &mut self.wasi,
            meter: &mut self.meter,
        }
    }

    #[inline]
    fn on_host<T>(caller: &mut Caller<'_, Self>, f: impl FnOnce(&mut Caller<'_, Self>) -> T) -> T {
        on_host(caller, f)
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // What handles still name is gone with the memory: their drop has nothing to queue any more.
        self.releases.close();
        if !tracing::event_enabled!(tracing::Level::DEBUG) {
            return;
        }
        let stats = self.stats();
        tracing::debug!(
            runtime = self.runtime(),
            peak_memory = stats.peak_memory,
            cpu_us = u64::try_from(stats.cpu.as_micros()).unwrap_or(u64::MAX),
            wall_us = u64::try_from(stats.wall.as_micros()).unwrap_or(u64::MAX),
            fuel = stats.fuel,
            calls = stats.calls,
            host_calls = stats.host_calls,
            bytes_in = stats.bytes_in,
            bytes_out = stats.bytes_out,
            output_bytes = stats.output_bytes,
            "a runtime ended"
        );
    }
}

/// Why a runtime is dead.
#[derive(Debug, Clone)]
pub(crate) enum Fatal {
    Trap {
        kind: TrapKind,
        message: String,
        backtrace: String,
    },
    Exit(i32),
    BadGuest {
        function: &'static str,
        problem: String,
    },
    /// `start` failed.
    NotStarted(String),
    Limit(LimitHit),
    Cancelled,
}

impl From<Stop> for Fatal {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Limit(hit) => Self::Limit(hit),
            Stop::Cancelled => Self::Cancelled,
        }
    }
}

impl Fatal {
    /// The error for the call that it ended.
    pub(crate) fn error(&self) -> Error {
        match self {
            Self::Trap {
                kind,
                message,
                backtrace,
            } => Error::Trap {
                kind: *kind,
                message: message.clone(),
                backtrace: backtrace.clone(),
            },
            Self::Exit(code) => Error::Exit { code: *code },
            Self::BadGuest { function, problem } => Error::BadGuestBehavior {
                function,
                problem: problem.clone(),
            },
            Self::NotStarted(why) => Error::Dead {
                why: why.as_str().into(),
            },
            Self::Limit(LimitHit {
                kind,
                allowed,
                used,
            }) => Error::Limit {
                limit: *kind,
                allowed: *allowed,
                used: *used,
            },
            Self::Cancelled => Error::Cancelled,
        }
    }

    /// The error for calls after that.
    pub(crate) fn afterwards(&self) -> Error {
        let why = match self {
            Self::Trap { message, .. } => format!("it trapped ({message})"),
            Self::Exit(code) => format!("it ended its process with exit code {code}"),
            Self::BadGuest { function, problem } => {
                format!("it broke the contract in `{function}` ({problem})")
            }
            Self::NotStarted(why) => why.clone(),
            Self::Limit(LimitHit {
                kind,
                allowed,
                used,
            }) => format!(
                "it reached a limit ({kind}: {} allowed, {} used or asked for)",
                kind.show(*allowed),
                kind.show(*used)
            ),
            Self::Cancelled => "it was cancelled".into(),
        };
        Error::Dead { why: why.into() }
    }
}
