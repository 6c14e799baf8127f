//! The pair of instances that is a runtime, and its functions, resolved when they are first wanted.
//!
//! Everything that a later snapshot, a fork of a live runtime or compiled guest code needs (memory, function table,
//! both instances) is reachable here and nowhere else.

use crate::engine::contract::{
    EXPORTS, Export, FUNCTION_TABLE, MEMORY_EXPORT, MEMORY_IMPORT, REALLOC, STACK_POINTER,
    export_name, for_each_export, post_name,
};
use crate::engine::meters;
use crate::engine::places::{self, Places};
use crate::engine::stack;
use crate::engine::state::State;
use crate::error::{Error, Result};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use wasmtime::{
    AsContextMut, Engine, Extern, InstancePre, Linker, Memory, Module, ModuleExport, Store,
    StoreContextMut, Table, TypedFunc, WasmParams, WasmResults,
};

/// Numbers of guests' code, unique in the process.
static NEXT_CODE: AtomicU64 = AtomicU64::new(1);

/// A loaded guest: compiled code, state, and where things are in them. Shared by all runtimes of a host.
pub(crate) struct Guest {
    pub engine: Engine,
    code: Module,
    /// Tells that code from all other, whatever states it has.
    code_number: u64,
    state: InstancePre<State>,
    linker: Arc<Linker<State>>,
    /// What `code` imports, in order; none for its memory.
    imports: Vec<Option<(String, String)>>,
    /// Which of the linker's definitions, in its own order, they are: looking up fifty names takes a fifth of making a runtime.
    positions: Arc<OnceLock<Vec<Option<usize>>>>,
    exports: Vec<ModuleExport>,
    posts: Vec<Option<ModuleExport>>,
    realloc: ModuleExport,
    /// The memory that runtimes begin with, for comparisons.
    base: Mutex<Option<(Store<State>, Memory)>>,
    /// Where its runtimes were.
    pub places: Places,
}

impl Guest {
    /// Puts a guest together from its modules.
    ///
    /// # Errors
    /// Everything that the contract wants and the modules lack.
    pub(crate) fn new(
        engine: &Engine,
        code: Module,
        state: &Module,
        linker: Linker<State>,
    ) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let mut find = |name: String| {
            let export = code.get_export_index(&name);
            if export.is_none() {
                problems.push(format!("code: it does not export `{name}`"));
            }
            export
        };
        let exports: Vec<_> = EXPORTS
            .iter()
            .filter_map(|spec| find(export_name(spec)))
            .collect();
        let posts: Vec<_> = EXPORTS
            .iter()
            .map(|spec| {
                if spec.post {
                    find(post_name(spec))
                } else {
                    None
                }
            })
            .collect();
        let realloc = find(REALLOC.name.into());
        let imports = code
            .imports()
            .map(|import| {
                let name = (import.module(), import.name());
                (name != MEMORY_IMPORT).then(|| (name.0.to_owned(), name.1.to_owned()))
            })
            .collect();
        if state.get_export_index(MEMORY_EXPORT).is_none() {
            problems.push(format!(
                "state: it does not export its memory as `{MEMORY_EXPORT}`"
            ));
        }
        let (Some(realloc), true) = (realloc, problems.is_empty()) else {
            return Err(problems);
        };
        let state = Linker::new(engine)
            .instantiate_pre(state)
            .map_err(|error| vec![format!("state: {error:#}")])?;
        Ok(Self {
            engine: engine.clone(),
            code,
            code_number: NEXT_CODE.fetch_add(1, Ordering::Relaxed),
            state,
            linker: Arc::new(linker),
            imports,
            positions: Arc::default(),
            exports,
            posts,
            realloc,
            base: Mutex::default(),
            places: Places::default(),
        })
    }

    /// The same code with another state.
    ///
    /// # Errors
    /// [`Error::Engine`] if it is no state.
    pub(crate) fn with_state(&self, state: &Module) -> Result<Self> {
        let state = Linker::new(&self.engine)
            .instantiate_pre(state)
            .map_err(Error::engine("link a snapshot"))?;
        Ok(Self {
            engine: self.engine.clone(),
            code: self.code.clone(),
            code_number: self.code_number,
            state,
            linker: self.linker.clone(),
            imports: self.imports.clone(),
            positions: self.positions.clone(),
            exports: self.exports.clone(),
            posts: self.posts.clone(),
            realloc: self.realloc,
            base: Mutex::default(),
            places: Places::default(),
        })
    }

    fn state_memory(&self) -> Option<wasmtime::MemoryType> {
        self.state
            .module()
            .get_export(MEMORY_EXPORT)
            .and_then(|export| export.memory().cloned())
    }

    /// Size of the memory that runtimes begin with, in bytes.
    pub(crate) fn state_bytes(&self) -> u64 {
        self.state_memory()
            .map_or(0, |memory| memory.minimum().saturating_mul(64 << 10))
    }

    /// Pages that the memory may grow to, if the state says so.
    pub(crate) fn state_maximum(&self) -> Option<u64> {
        self.state_memory().and_then(|memory| memory.maximum())
    }

    /// What `code` imports, for an instance in this store.
    fn imports(&self, store: &mut Store<State>, memory: Memory) -> wasmtime::Result<Vec<Extern>> {
        let definitions: Vec<(&str, &str, Extern)> = self.linker.iter(&mut *store).collect();
        let positions = self.positions.get_or_init(|| {
            let position = |import: &Option<(String, String)>| {
                let (module, name) = import.as_ref()?;
                definitions
                    .iter()
                    .position(|definition| (definition.0, definition.1) == (module, name))
            };
            self.imports.iter().map(position).collect()
        });
        let mut imports = Vec::with_capacity(self.imports.len());
        for (import, position) in self.imports.iter().zip(positions) {
            let found = position.and_then(|position| definitions.get(position));
            imports.push(match (import, found) {
                (None, _) => memory.into(),
                (Some(_), Some((_, _, definition))) => definition.clone(),
                (Some((module, name)), None) => {
                    wasmtime::bail!("the guest imports `{name}` of `{module}`, which is not there")
                }
            });
        }
        Ok(imports)
    }

    /// Makes a store with a fresh instance in it. Nothing of the guest has run yet.
    pub(crate) fn instantiate(
        self: &Arc<Self>,
        data: State,
        max: u32,
    ) -> Result<(Store<State>, Arc<GuestInstance>)> {
        let mut store =
            Store::try_new(&self.engine, data).map_err(Error::engine("make a store"))?;
        // Far away, not never: an entry that is watched sets it, and every store must have one or it is interrupted at once.
        store.set_epoch_deadline(1 << 60);
        store.epoch_deadline_callback(meters::tick);
        store.limiter(|state| &mut state.meter.memory);
        if store.data().shared.fuel {
            let fuel = store.data().meter.limits.get_fuel();
            store
                .set_fuel(fuel.unwrap_or(u64::MAX))
                .map_err(Error::engine("set the fuel of a runtime"))?;
        }
        let create = |error: wasmtime::Error| {
            if error.is::<wasmtime::PoolConcurrencyLimitError>() {
                Error::TooManyRuntimes { max }
            } else {
                let mut message = format!("{error:#}");
                if let Some(why) = places::too_many_mappings() {
                    message.push_str(&why);
                }
                Error::Engine {
                    what: "instantiate the guest",
                    message,
                }
            }
        };
        let state = self.state.instantiate(&mut store).map_err(create)?;
        let memory = state
            .get_memory(&mut store, MEMORY_EXPORT)
            .ok_or(Error::Engine {
                what: "instantiate the guest",
                message: "the state has no memory".into(),
            })?;
        store.data_mut().memory = Some(memory);
        let imports = self.imports(&mut store, memory).map_err(create)?;
        // A start function of the module's would be guest code.
        let code = stack::in_guest(&mut store.as_context_mut(), |store| {
            wasmtime::Instance::new(store, &self.code, &imports)
        })?;
        let code = code.map_err(create)?;
        let instance = Arc::new(GuestInstance::new(self.clone(), memory, code));
        store.data_mut().instance = Some(instance.clone());
        Ok((store, instance))
    }

    /// Shows the memory that runtimes begin with. It is mapped once, for all who ask.
    ///
    /// # Errors
    /// [`Error::Engine`] if there is no room for it.
    pub(crate) fn with_base<T>(
        &self,
        data: impl FnOnce() -> State,
        look: impl FnOnce(&Store<State>, Memory) -> T,
    ) -> Result<T> {
        let mut base = self.base.lock().unwrap_or_else(PoisonError::into_inner);
        let (store, memory) = match &mut *base {
            Some(base) => base,
            None => base.insert(self.instantiate_state(data())?),
        };
        Ok(look(store, *memory))
    }

    /// Only the state, in a store of its own, for probing how its memory is made.
    pub(crate) fn instantiate_state(&self, data: State) -> Result<(Store<State>, Memory)> {
        let mut store = Store::new(&self.engine, data);
        store.set_epoch_deadline(1 << 60);
        let state = self
            .state
            .instantiate(&mut store)
            .map_err(Error::engine("instantiate the guest's state"))?;
        let memory = state
            .get_memory(&mut store, MEMORY_EXPORT)
            .ok_or(Error::Engine {
                what: "instantiate the guest's state",
                message: "it has no memory".into(),
            })?;
        Ok((store, memory))
    }
}

/// A function of the guest, resolved when it is first called.
pub(crate) struct Slot<P, R> {
    pub export: Export,
    function: OnceLock<TypedFunc<P, R>>,
}

impl<P: WasmParams, R: WasmResults> Slot<P, R> {
    const fn new(export: Export) -> Self {
        Self {
            export,
            function: OnceLock::new(),
        }
    }

    /// The function. An error means that the guest has it with another signature.
    #[inline]
    pub(crate) fn get(
        &self,
        store: &mut StoreContextMut<'_, State>,
        instance: &GuestInstance,
    ) -> wasmtime::Result<&TypedFunc<P, R>> {
        match self.function.get() {
            Some(function) => Ok(function),
            None => {
                let export = instance.guest.exports.get(self.export as usize);
                let function = resolve(store, &instance.code, export, self.export.name())?;
                Ok(self.function.get_or_init(|| function))
            }
        }
    }
}

fn resolve<P: WasmParams, R: WasmResults>(
    store: &mut StoreContextMut<'_, State>,
    instance: &wasmtime::Instance,
    export: Option<&ModuleExport>,
    name: &str,
) -> wasmtime::Result<TypedFunc<P, R>> {
    export
        .and_then(|export| instance.get_module_export(store.as_context_mut(), export))
        .and_then(Extern::into_func)
        .ok_or_else(|| wasmtime::format_err!("the guest has no function `{name}`"))?
        .typed(store.as_context_mut())
}

macro_rules! exports {
    ($($field:ident = $name:literal ($($param:ident)*) -> $($result:ident)? $(, $post:ident)?;)*) => {
        /// One slot for each function that a guest exports.
        pub(crate) struct Exports { $(pub $field: Slot<($(exports!(@ty $param),)*), exports!(@result $($result)?)>),* }
        impl Exports {
            const fn new() -> Self { Self { $($field: Slot::new(Export::$field)),* } }
        }
    };
    (@ty I32) => { u32 };
    (@ty I64) => { u64 };
    (@result) => { () };
    (@result $result:ident) => { exports!(@ty $result) };
}
for_each_export!(exports);

/// The guest's allocator: old pointer, old length, alignment, new length.
type Realloc = TypedFunc<(u32, u32, u32, u32), u32>;

/// A live guest.
pub(crate) struct GuestInstance {
    guest: Arc<Guest>,
    pub memory: Memory,
    code: wasmtime::Instance,
    pub exports: Exports,
    posts: [OnceLock<TypedFunc<(u32,), ()>>; EXPORTS.len()],
    realloc: OnceLock<Realloc>,
}

impl GuestInstance {
    fn new(guest: Arc<Guest>, memory: Memory, code: wasmtime::Instance) -> Self {
        Self {
            guest,
            memory,
            code,
            exports: Exports::new(),
            posts: [const { OnceLock::new() }; EXPORTS.len()],
            realloc: OnceLock::new(),
        }
    }

    /// What it is an instance of.
    pub(crate) fn guest(&self) -> &Arc<Guest> {
        &self.guest
    }

    /// How far the guest's C code has gone down its stack, which begins at address 0: what lies below, nobody needs while no guest code runs.
    pub(crate) fn stack_pointer(&self, store: &mut StoreContextMut<'_, State>) -> Option<u32> {
        self.code
            .get_global(store.as_context_mut(), STACK_POINTER)
            .and_then(|global| global.get(store.as_context_mut()).i32())
            .map(i32::cast_unsigned)
    }

    /// The function that takes a result's memory back; none if the result holds none.
    pub(crate) fn post(
        &self,
        store: &mut StoreContextMut<'_, State>,
        export: Export,
    ) -> wasmtime::Result<Option<&TypedFunc<(u32,), ()>>> {
        let (Some(slot), Some(Some(index))) = (
            self.posts.get(export as usize),
            self.guest.posts.get(export as usize),
        ) else {
            return Ok(None);
        };
        if let Some(function) = slot.get() {
            return Ok(Some(function));
        }
        let function = resolve(store, &self.code, Some(index), export.name())?;
        Ok(Some(slot.get_or_init(|| function)))
    }

    /// The guest's allocator.
    pub(crate) fn realloc(
        &self,
        store: &mut StoreContextMut<'_, State>,
    ) -> wasmtime::Result<&Realloc> {
        if let Some(function) = self.realloc.get() {
            return Ok(function);
        }
        let function = resolve(store, &self.code, Some(&self.guest.realloc), REALLOC.name)?;
        Ok(self.realloc.get_or_init(|| function))
    }

    /// Whether the guest's C code has used up its stack, so that an access outside the memory is what came of that.
    pub(crate) fn has_used_up_its_stack(&self, store: &mut StoreContextMut<'_, State>) -> bool {
        /// What a function that calls none may use without saying so.
        const RED_ZONE: usize = 128;
        let pointer = self.stack_pointer(store);
        let size = self.memory.data_size(&*store);
        // Below the bottom a 32-bit number begins again from its top.
        pointer.is_some_and(|pointer| !(RED_ZONE..=size).contains(&(pointer as usize)))
    }

    /// What else the guest's code exports: for compiled programs.
    pub(crate) fn code_export(
        &self,
        store: &mut StoreContextMut<'_, State>,
        name: &str,
    ) -> Option<Extern> {
        self.code.get_export(store.as_context_mut(), name)
    }

    /// The guest's code, and a number that no other code has.
    pub(crate) fn code_module(&self) -> (&Module, u64) {
        (&self.guest.code, self.guest.code_number)
    }

    /// What the guest's code exports there; none if that is of other code.
    pub(crate) fn export_at(
        &self,
        store: &mut StoreContextMut<'_, State>,
        export: &ModuleExport,
    ) -> Option<Extern> {
        self.code.get_module_export(store.as_context_mut(), export)
    }

    /// The table that function pointers of the guest live in.
    pub(crate) fn function_table(&self, store: &mut StoreContextMut<'_, State>) -> Option<Table> {
        self.code.get_table(store.as_context_mut(), FUNCTION_TABLE)
    }
}

/// The signature of a table entry as the engine's types, for tests and validation of linkers.
#[cfg(test)]
pub(crate) fn function_type(
    engine: &Engine,
    spec: &crate::engine::contract::Spec,
) -> wasmtime::FuncType {
    use crate::engine::contract::Core;
    let types = |list: &'static [Core]| {
        list.iter().map(|core| match core {
            Core::I32 => wasmtime::ValType::I32,
            Core::I64 => wasmtime::ValType::I64,
        })
    };
    wasmtime::FuncType::new(engine, types(spec.params), types(spec.results))
}
