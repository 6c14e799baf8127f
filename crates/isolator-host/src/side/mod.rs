//! Side modules: programs that were compiled ahead. What is taken for one, and its machine code.
//!
//! A side module is a tenant's input, as the assembly is that it belongs to. So it is checked (`check.rs`) before the engine's compiler sees
//! it, and what it may do then is what guest code may do: it gets the memory, the table and some functions of its own guest
//! (`border/side.rs`), never one of the host's.

mod check;

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use check::check;
pub(crate) use check::{Import, Plan};

use crate::assemblies::loader::AssemblyImage;
use crate::error::{Error, Result};
use isolator_abi::side::LARGEST_SIDE_MODULE;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use wasmtime::{Engine, Module, ModuleExport};

/// Most side modules of one runtime.
pub(crate) const MOST_MODULES: u32 = 32;

/// Elements of the function table that all side modules of a runtime may have together.
pub(crate) const MOST_ELEMENTS: u32 = 200_000;

/// Side modules whose machine code a host keeps at hand, the last used ones.
const KEPT: usize = 256;

/// Most bytes of the reason for which a side module does not fit that are kept.
const LONGEST_REASON: usize = 1000;

/// What becomes of programs that were compiled ahead (`isolator compile`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compiled {
    /// The compiled code of an assembly is used where there is some that fits it and the guest image. Else the assembly is interpreted, and the
    /// log says why. This is the default.
    #[default]
    Auto,
    /// An assembly that a loader gives is loaded with compiled code that fits, or not at all. Satellites have no code.
    Require,
    /// All programs are interpreted, and no compiled code is looked at.
    Off,
}

/// Where machine code of side modules is kept from one process to the next.
pub(crate) trait CodeStore: Send + Sync {
    /// The machine code of that side module, whose BLAKE3 this is: from where it is kept, or made now and put there.
    fn load(&self, engine: &Engine, digest: &str, wasm: &[u8]) -> Result<Module>;

    /// The machine code of what has this BLAKE3, if it is kept.
    fn known(&self, _engine: &Engine, _digest: &str) -> Option<Module> {
        None
    }

    /// The BLAKE3 of a file's content, if that was looked at before and nobody wrote to the file since.
    fn seen(&self, _file: &File) -> Option<String> {
        None
    }

    /// A file's content has this BLAKE3, and was read since the system said this of it.
    fn note_seen(&self, _file: &File, _before: &Metadata, _digest: &str) {}
}

/// Keeps none: each process, and each host in it, compiles again.
pub(crate) struct InMemory;

impl CodeStore for InMemory {
    fn load(&self, engine: &Engine, _: &str, wasm: &[u8]) -> Result<Module> {
        Module::new(engine, wasm).map_err(Error::engine("compile a side module"))
    }
}

/// A side module that can be linked.
pub(crate) struct SideModule {
    pub module: Module,
    pub plan: Plan,
    /// As it came, for who writes it down.
    pub wasm: Box<[u8]>,
    /// What its imports are in its host's guest, and the number of that guest's code: found and compared once for all runtimes.
    pub bindings: OnceLock<(u64, Bindings)>,
}

/// What an import is in a guest's code.
#[derive(Clone, Copy)]
pub(crate) enum Binding {
    /// It is nothing of the code's: a runtime's memory, its table, a number.
    Own,
    /// What the code exports there.
    Export(ModuleExport),
    /// The address of a variable, which is the same in all runtimes.
    Address(u32),
}

/// Bindings of all imports, in their order, or why the code has none for one of them.
pub(crate) type Bindings = std::result::Result<Arc<[Binding]>, Arc<str>>;

/// A side module that a runtime is linked with, and where.
#[derive(Clone)]
pub(crate) struct Program {
    pub side: Arc<SideModule>,
    pub memory_base: u32,
    pub table_base: u32,
}

/// What a content turned out to be: a module, or why it is none.
pub(crate) type Found = std::result::Result<Arc<SideModule>, Arc<str>>;

/// The side modules of a host.
pub(crate) struct SideModules {
    engine: Engine,
    /// Digest of the guest image.
    image: String,
    /// Most bytes of one.
    most: u64,
    code: Box<dyn CodeStore>,
    /// By content: the same file is compiled once, whoever brings it.
    known: Mutex<Known<blake3::Hash, OnceLock<Found>>>,
    /// Those that are of other assemblies, by both contents: each is told so at once.
    misfits: Mutex<Known<(blake3::Hash, blake3::Hash), Arc<str>>>,
}

/// The last used ones of what is known.
struct Known<K, V> {
    entries: HashMap<K, (u64, Arc<V>)>,
    clock: u64,
}

impl<K, V> Default for Known<K, V> {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            clock: 0,
        }
    }
}

impl<K: Copy + Eq + Hash, V> Known<K, V> {
    /// What is there. It was used now.
    fn get(&mut self, key: &K) -> Option<Arc<V>> {
        self.clock += 1;
        let (used, value) = self.entries.get_mut(key)?;
        *used = self.clock;
        Some(value.clone())
    }

    /// What is there, or this, for which the one makes room that was not used for longest.
    fn get_or(&mut self, key: K, make: impl FnOnce() -> V) -> Arc<V> {
        if let Some(there) = self.get(&key) {
            return there;
        }
        if self.entries.len() >= KEPT {
            let oldest = self.entries.iter().min_by_key(|(_, (used, _))| *used);
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                self.entries.remove(&oldest);
            }
        }
        let value = Arc::new(make());
        self.entries.insert(key, (self.clock, value.clone()));
        value
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SideModules {
    pub(crate) fn new(engine: &Engine, image: &str, most: u64, code: Box<dyn CodeStore>) -> Self {
        Self {
            engine: engine.clone(),
            image: image.into(),
            most: most.min(LARGEST_SIDE_MODULE),
            code,
            known: Mutex::default(),
            misfits: Mutex::default(),
        }
    }

    /// Most bytes of a side module.
    pub(crate) fn most(&self) -> u64 {
        self.most
    }

    /// The side module that was given with an assembly, if it fits that and the guest image. What was found out of both contents is known the next
    /// time.
    ///
    /// # Errors
    /// Why it is left alone.
    pub(crate) fn get(&self, assembly: &AssemblyImage) -> Found {
        let Some(wasm) = &assembly.compiled else {
            return Err("there is no compiled code beside it".into());
        };
        if wasm.len() as u64 > self.most {
            let (bytes, most) = (wasm.len(), self.most);
            return Err(format!("it has {bytes} bytes, and {most} are the most here").into());
        }
        let digest = assembly.compiled_digest.of(wasm);
        let of = assembly.digest.of(&assembly.image);
        if let Some(why) = lock(&self.misfits).get(&(digest, of)) {
            return Err((*why).clone());
        }
        let known = lock(&self.known).get(&digest);
        let fits = match known.as_deref().and_then(OnceLock::get) {
            Some(Ok(side)) => side.plan.stamp.check(&of.to_string(), &self.image),
            Some(Err(why)) => return Err(why.clone()),
            // Before anything of it is looked at closely: most that do not fit are those of an assembly that was built again.
            None => check::stamp(wasm).and_then(|stamp| stamp.check(&of.to_string(), &self.image)),
        };
        if let Err(why) = fits {
            let why: Arc<str> = why.into();
            // What it says of itself may be as long as it is.
            if why.len() <= LONGEST_REASON {
                lock(&self.misfits).get_or((digest, of), || why.clone());
            }
            return Err(why);
        }
        self.find(digest, Cow::Borrowed(&**wasm))
    }

    /// Digest of the guest image.
    pub(crate) fn image(&self) -> &str {
        &self.image
    }

    /// As [`get`](Self::get), of an assembly that is loaded already, as a snapshot says.
    ///
    /// # Errors
    /// Why it is left alone.
    pub(crate) fn of_snapshot(&self, wasm: Cow<'_, [u8]>) -> Found {
        if wasm.len() as u64 > self.most {
            return Err("it is too large".into());
        }
        let stamp = check::stamp(&wasm)?;
        stamp.check(&stamp.assembly_blake3, &self.image)?;
        self.find(blake3::hash(&wasm), wasm)
    }

    /// What has this digest.
    fn find(&self, digest: blake3::Hash, wasm: Cow<'_, [u8]>) -> Found {
        let slot = lock(&self.known).get_or(digest, OnceLock::new);
        slot.get_or_init(|| self.make(wasm)).clone()
    }

    fn make(&self, wasm: Cow<'_, [u8]>) -> Found {
        let plan = check::check(&wasm)?;
        let began = std::time::Instant::now();
        // Of 20 MB another copy is only made where it is to be compiled.
        let mut digest = blake3::Hasher::new();
        check::each_but_data(&wasm, |bytes| {
            digest.update(bytes);
        })?;
        let digest = digest.finalize().to_string();
        let module = match self.code.known(&self.engine, &digest) {
            Some(module) => module,
            None => {
                let mut code = Vec::with_capacity(wasm.len());
                check::each_but_data(&wasm, |bytes| code.extend_from_slice(bytes))?;
                let module = self.code.load(&self.engine, &digest, &code);
                module.map_err(|error| match error {
                    Error::Engine { message, .. } => message,
                    other => other.to_string(),
                })?
            }
        };
        tracing::debug!(
            assembly = &*crate::printable::line(&plan.stamp.assembly),
            bytes = wasm.len(),
            microseconds = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
            "the machine code of a compiled assembly is there"
        );
        Ok(Arc::new(SideModule {
            module,
            plan,
            wasm: wasm.into_owned().into(),
            bindings: OnceLock::new(),
        }))
    }
}

/// An engine that compiles what a host's does.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn engine_for_tests() -> Engine {
    let mut config = wasmtime::Config::new();
    config.wasm_exceptions(true);
    Engine::new(&config).unwrap_or_default()
}

#[cfg(test)]
mod tests;
