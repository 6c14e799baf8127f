//! The WebAssembly engine: its configuration, the store and the instance in it, copy-on-write memory, the stack, traps.

mod config;
pub(crate) mod contract;
pub(crate) mod copy_on_write;
pub(crate) mod frozen;
pub(crate) mod instance;
pub(crate) mod meters;
mod places;
pub(crate) mod stack;
pub(crate) mod state;
pub(crate) mod trap;
pub(crate) mod written;

pub(crate) use config::{
    DEFAULT_KEEP_RESIDENT, EngineOptions, Pool, compatibility, compiler, new_engine,
};
pub use config::{DEFAULT_MAX_RUNTIMES, DEFAULT_WASM_STACK, Processors};
