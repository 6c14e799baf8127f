//! The WebAssembly engine: every knob in one place, each with its reason.

use crate::error::{Error, Result};
use crate::side::{MOST_ELEMENTS, MOST_MODULES};
use isolator_abi::manifest::EngineNeeds;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig,
};

/// Runtimes of one host that may live at once, unless the builder says otherwise.
pub const DEFAULT_MAX_RUNTIMES: u32 = 1000;

/// Native stack that guest code may use in one call, in bytes: address space, of which only what was touched is memory. Recursion that
/// alternates between interpreted and compiled code takes kilobytes of it a level.
pub const DEFAULT_WASM_STACK: usize = 256 << 20;

/// Bytes that a dropped runtime wrote and that stay mapped for the next one, unless the builder says otherwise and where the
/// kernel lists written pages. A call writes some 20 pages; this is room for programs of some size.
pub const DEFAULT_KEEP_RESIDENT: usize = 2 << 20;

/// Elements that a function table may grow by: a guest's own compiled code wants slots.
const TABLE_GROWTH: usize = 24_000;

/// Bytes of an instance's context for each function that has a reference in it, and for all else: imports, globals, table.
const CONTEXT: (usize, usize) = (32, 256 << 10);

/// Address space per memory: with 4 GiB and a guard behind it, no 32-bit address can leave it, so no access needs a check.
const RESERVATION: u64 = 4 << 30;

/// What machine code of this platform's common processors may use, in the compiler's words: none is what every processor of the
/// architecture has. Level 2 of x86-64 is what those of 2009 and later have, and what today's distributions ask for.
const COMMON: Option<&str> = if cfg!(target_arch = "x86_64") {
    Some("x86-64-v2")
} else {
    None
};

/// The processors that machine code is made for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Processors {
    /// This machine's, with all that it can do.
    #[default]
    This,
    /// The common ones of this platform, so that the code can be taken to other machines: level 2 of x86-64, and what every processor
    /// has of other architectures.
    Common,
}

impl Processors {
    /// A name for logs and manifests, such as `x86-64-v2`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::This => "this processor",
            Self::Common => COMMON.unwrap_or(std::env::consts::ARCH),
        }
    }
}

/// What of the engine can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EngineOptions {
    pub max_runtimes: u32,
    pub wasm_stack: usize,
    /// Whether slots for all runtimes are reserved up front. Otherwise each memory is mapped when it is wanted: slower to
    /// create, but nothing is reserved.
    pub pooled: bool,
    /// Bytes that a runtime wrote and that stay mapped when it is dropped, restored by the engine. 0: the kernel takes all
    /// back. None: the default, if the kernel lists written pages, else 0.
    pub keep_resident: Option<usize>,
    /// Whether guest code counts the fuel that it uses.
    pub fuel: bool,
    /// What the engine compiles for. One that compiles for common processors is there to compile, not to run.
    pub processors: Processors,
    /// What the image's code needs room for.
    pub needs: EngineNeeds,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            max_runtimes: DEFAULT_MAX_RUNTIMES,
            wasm_stack: DEFAULT_WASM_STACK,
            pooled: true,
            keep_resident: None,
            fuel: false,
            processors: Processors::This,
            needs: EngineNeeds::default(),
        }
    }
}

/// The engine's settings. `pagemap`: whether it lets the kernel list the pages that a dropped runtime wrote.
fn engine_config(
    options: EngineOptions,
    keep_resident: usize,
    pagemap: Enabled,
) -> wasmtime::Result<Config> {
    let mut config = Config::new();
    if options.processors == Processors::Common {
        // A target that is named is one of which nothing is assumed, also if it is this machine's.
        config.target(env!("ISOLATOR_TARGET"))?;
        if let Some(level) = COMMON {
            // SAFETY: it only lets the compiler use instructions; code that does is refused by processors that lack them, when it is loaded.
            unsafe { config.cranelift_flag_enable(level) };
        }
    }
    // Mono unwinds through two C++ entry points, which the guest has as `try_table` and `throw`. It brings in `gc`.
    config.wasm_exceptions(true);
    // Limits interrupt a guest at loop heads and function entries. Compiled in from the start: it is part of the machine code.
    config.epoch_interruption(true);
    // Costs much more than epochs: only where it is asked for.
    config.consume_fuel(options.fuel);
    // One call at a time per store: the bookkeeping for concurrent component calls is not needed, and costs at creation.
    config.concurrency_support(false);
    // See the constant: elides bounds checks.
    config.memory_reservation(RESERVATION);
    config.memory_init_cow(true);
    // At its default (16 MiB) the engine silently drops the copy-on-write image of a memory as large and sparse as a
    // guest's, and creating a runtime becomes a copy of tens of megabytes. `IsolatedRuntimeHost::copy_on_write` looks.
    config.memory_guaranteed_dense_image_size(RESERVATION);
    // `stack.rs` has a stack of that size for it.
    config.max_wasm_stack(options.wasm_stack);
    // Never used for calls (they are all synchronous), but the engine insists that it holds the wasm stack.
    config.async_stack_size(options.wasm_stack + (1 << 20));
    config.cranelift_opt_level(OptLevel::Speed);
    // The names of functions in a trap's message need no table of addresses, and there is no DWARF to use it for.
    config.generate_address_map(false);
    // No native unwinder ever walks guest frames (the engine catches panics of host functions itself), and registering the
    // tables of so large a module takes longer than all the rest of loading it. Windows keeps them: its ABI wants them.
    if !cfg!(windows) {
        config.native_unwind_info(false);
    }
    if options.pooled {
        let instances = options.max_runtimes.saturating_mul(2).saturating_add(16);
        // Compiled programs are an instance each, without memory or table of their own: nothing is reserved for them.
        let compiled = options.max_runtimes.saturating_mul(MOST_MODULES);
        let mut pool = PoolingAllocationConfig::new();
        // A runtime is two instances (code and state). It has one memory, and a second slot when it throws: the engine keeps
        // exceptions in a heap per store, which takes a memory's slot. A few more are for the host's own probes, and for
        // what copies of live runtimes are compared with.
        pool.total_core_instances(instances.saturating_add(compiled));
        pool.total_memories(instances);
        pool.total_tables(options.max_runtimes.saturating_add(4));
        pool.total_gc_heaps(instances);
        pool.total_stacks(0);
        pool.max_memory_size(usize::try_from(RESERVATION).unwrap_or(usize::MAX));
        let EngineNeeds {
            table_elements,
            functions,
        } = options.needs;
        pool.table_elements(table_elements as usize + TABLE_GROWTH + MOST_ELEMENTS as usize);
        pool.max_core_instance_size(CONTEXT.1 + CONTEXT.0 * functions as usize);
        // Most of what a fresh call costs otherwise is page faults, and unmapping costs as much again. So pages that a
        // runtime wrote stay mapped, and the engine puts the snapshot's content back into each, as the kernel lists them.
        pool.linear_memory_keep_resident(keep_resident);
        pool.table_keep_resident(keep_resident);
        pool.pagemap_scan(pagemap);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    }
    Ok(config)
}

/// Address space that the pools of all hosts of this process may reserve together: three quarters of what a process has (47 bits). The
/// rest is for everything else, and for runtimes that are mapped when they are created.
const POOLS: u64 = 96 << 40;

/// What one place of a pool takes: a memory and its guard pages, for the runtime and for its exceptions.
const PLACE: u64 = 2 * (RESERVATION + (32 << 20));

static RESERVED: AtomicU64 = AtomicU64::new(0);

/// A part of [`POOLS`], until it is dropped.
#[derive(Debug)]
pub(crate) struct Pool(u64);

impl Pool {
    fn take(runtimes: u32) -> Option<Self> {
        let bytes = PLACE.saturating_mul(u64::from(runtimes) + 8);
        RESERVED
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |reserved| {
                reserved.checked_add(bytes).filter(|all| *all <= POOLS)
            })
            .ok()
            .map(|_| Self(bytes))
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        RESERVED.fetch_sub(self.0, Ordering::Relaxed);
    }
}

/// Makes the engine, with a pool where that is wanted and there is address space for it.
///
/// # Errors
/// [`Error::Engine`] if the engine does not start.
pub(crate) fn new_engine(options: EngineOptions) -> Result<(Engine, Option<Pool>)> {
    let wanted = if options.pooled {
        Pool::take(options.max_runtimes)
    } else {
        None
    };
    if let Some(pool) = wanted
        && let Ok(engine) = try_new_engine(options)
    {
        return Ok((engine, Some(pool)));
    }
    if options.pooled {
        tracing::info!(
            max_runtimes = options.max_runtimes,
            "this process has not enough address space to reserve room for all runtimes of the host: each is mapped when it is created"
        );
    }
    let on_demand = EngineOptions {
        pooled: false,
        ..options
    };
    match try_new_engine(on_demand) {
        Ok(engine) => Ok((engine, None)),
        Err(error) => Err(Error::engine("start the WebAssembly engine")(error)),
    }
}

fn try_new_engine(options: EngineOptions) -> wasmtime::Result<Engine> {
    match options.keep_resident {
        None => {
            let fast = engine_config(options, DEFAULT_KEEP_RESIDENT, Enabled::Yes)?;
            // The engine refuses where the kernel cannot list written pages (before Linux 6.7, other systems). Keeping pages
            // would then mean copying all of the limit each time.
            Engine::new(&fast).or_else(|_| Engine::new(&engine_config(options, 0, Enabled::No)?))
        }
        Some(0) => Engine::new(&engine_config(options, 0, Enabled::No)?),
        Some(bytes) => Engine::new(&engine_config(options, bytes, Enabled::Auto)?),
    }
}

/// An engine that compiles for these processors what engines with these options run.
///
/// # Errors
/// [`Error::Engine`] if the engine does not start.
pub(crate) fn compiler(options: EngineOptions, processors: Processors) -> Result<Engine> {
    let options = EngineOptions {
        pooled: false,
        processors,
        ..options
    };
    try_new_engine(options).map_err(Error::engine("start the compiler"))
}

/// What machine code must have in common with an engine to run in it, in hex.
pub(crate) fn compatibility(engine: &Engine) -> String {
    // FNV-1a in two directions: `DefaultHasher` may change between Rust versions, and this hash is written to disk.
    struct Fnv(u64, u64);
    impl Hasher for Fnv {
        fn write(&mut self, bytes: &[u8]) {
            for byte in bytes {
                self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
                self.1 =
                    (self.1.rotate_left(5) ^ u64::from(*byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            }
        }
        fn finish(&self) -> u64 {
            self.0
        }
    }
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325, 0);
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{:016x}{:016x}", hasher.0, hasher.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(pooled: bool, max_runtimes: u32) -> EngineOptions {
        EngineOptions {
            pooled,
            max_runtimes,
            ..Default::default()
        }
    }

    #[test]
    fn the_hash_is_stable_and_does_not_depend_on_the_pool() {
        let a = compatibility(&new_engine(options(true, 4)).unwrap().0);
        let b = compatibility(&new_engine(options(false, 9)).unwrap().0);
        assert_eq!(
            a, b,
            "one precompiled guest serves every host of this machine"
        );
        assert_eq!(a.len(), 32);
        let fuel = EngineOptions {
            fuel: true,
            ..options(false, 4)
        };
        assert_ne!(
            compatibility(&new_engine(fuel).unwrap().0),
            a,
            "code that counts fuel is other code"
        );
    }

    #[test]
    fn what_a_process_has_no_room_for_is_mapped_when_it_is_wanted() {
        for more_than_there_is in [1 << 20, u32::MAX] {
            let (_, pool) = new_engine(options(true, more_than_there_is)).unwrap();
            assert!(pool.is_none());
        }
        let (_, pool) = new_engine(options(false, 4)).unwrap();
        assert!(pool.is_none());
        let (engine, pool) = new_engine(options(true, 4)).unwrap();
        assert!(pool.is_some());
        drop((engine, pool));
    }
}
