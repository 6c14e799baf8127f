//! The component form of the guest, driven by wasmtime's own component model.

use isolator_abi::wire::{self, Failure, MethodQuery, StartConfig};
use isolator_tests::{fixture_file, host, workspace};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::LazyLock;
use wasmtime::component::{Component, HasSelf, Linker, ResourceTable};
use wasmtime::{Config, Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

mod bindings {
    wasmtime::component::bindgen!({ path: "../wit", world: "runtime" });
}

use bindings::exports::isolator::runtime::guest::Guest;
use bindings::isolator::runtime::host::Host;

/// Answers of the host in this form: the fixtures, and one callback.
pub struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    started: Vec<(u64, Vec<u8>)>,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl Host for State {
    fn resolve_assembly(&mut self, name: String, culture: String) -> Option<Vec<u8>> {
        (name == "Calls" && culture.is_empty()).then(|| fixture_file("Calls", "Calls.dll"))
    }
    fn resolve_symbols(&mut self, name: String) -> Option<Vec<u8>> {
        (name == "Calls").then(|| fixture_file("Calls", "Calls.pdb"))
    }
    fn call(&mut self, name: String, args: Vec<u8>) -> Result<Vec<u8>, Vec<u8>> {
        if name != "greet" {
            let failure = Failure { message: format!("There is no callback '{name}'."), kind: wire::FailureKind::Host, ..Default::default() };
            return Err(wire::to_bytes(&failure).unwrap());
        }
        let (who,): (String,) = wire::from_bytes(&args).unwrap();
        Ok(wire::to_bytes(&format!("hello {who}")).unwrap())
    }
    fn start_call(&mut self, id: u64, name: String, args: Vec<u8>) -> Result<(), Vec<u8>> {
        let answer = self.call(name, args)?;
        self.started.push((id, answer));
        Ok(())
    }
    fn cancel_call(&mut self, _: u64) {}
    fn log(&mut self, _: u8, _: String, _: String) {}
}

/// The component of the guest under test.
pub fn path() -> PathBuf {
    let image = std::env::var_os("ISOLATOR_GUEST").map_or_else(
        || workspace().join("target/guest").join(host().dotnet_version()),
        PathBuf::from,
    );
    image.join("component.wasm")
}

/// Compiled once for all tests: it takes seconds.
static COMPONENT: LazyLock<(Engine, Component)> = LazyLock::new(|| {
    let mut config = Config::new();
    config.wasm_exceptions(true).max_wasm_stack(1 << 20).async_stack_size(2 << 20);
    let engine = Engine::new(&config).unwrap();
    let component = Component::from_file(&engine, path()).unwrap();
    (engine, component)
});

/// A started runtime.
pub struct ComponentForm {
    store: Store<State>,
    runtime: bindings::Runtime,
}

/// What a call gives: a value, or the failure.
pub type Outcome<T> = Result<T, Failure>;

fn failure(bytes: Vec<u8>) -> Failure {
    wire::from_bytes(&bytes).unwrap()
}

fn value(bytes: Vec<u8>) -> Value {
    wire::from_bytes(&bytes).unwrap()
}

impl ComponentForm {
    pub fn new() -> Self {
        let (engine, component) = &*COMPONENT;
        let mut linker = Linker::new(engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker).unwrap();
        bindings::isolator::runtime::host::add_to_linker::<_, HasSelf<_>>(&mut linker, |state: &mut State| state).unwrap();
        let state = State { wasi: WasiCtxBuilder::new().build(), table: ResourceTable::new(), started: Vec::new() };
        let mut store = Store::new(engine, state);
        let runtime = bindings::Runtime::instantiate(&mut store, component, &linker).unwrap();
        let mut form = Self { store, runtime };
        let start = wire::to_bytes(&StartConfig { entropy: vec![7; 32], ..Default::default() }).unwrap();
        form.with(|guest, store| guest.call_start(store, &start)).unwrap();
        form
    }

    fn with<T>(&mut self, call: impl FnOnce(&Guest, &mut Store<State>) -> wasmtime::Result<T>) -> T {
        call(self.runtime.isolator_runtime_guest(), &mut self.store).unwrap()
    }

    pub fn load_assembly(&mut self, name: &str) -> Outcome<u64> {
        self.with(|guest, store| guest.call_load_assembly(store, name)).map_err(failure)
    }

    pub fn load_image(&mut self, image: &[u8], symbols: Option<&[u8]>) -> Outcome<u64> {
        let symbols = symbols.map(<[u8]>::to_vec);
        self.with(|guest, store| guest.call_load_image(store, image, symbols.as_deref())).map_err(failure)
    }

    pub fn find_type(&mut self, assembly: u64, name: &str) -> Outcome<u64> {
        self.with(|guest, store| guest.call_find_type(store, assembly, name)).map_err(failure)
    }

    pub fn find_method(&mut self, of_type: u64, name: &str, query: &MethodQuery) -> Outcome<u64> {
        let query = wire::to_bytes(query).unwrap();
        self.with(|guest, store| guest.call_find_method(store, of_type, name, &query)).map_err(failure)
    }

    pub fn get_field(&mut self, of_type: u64, target: u64, name: &str) -> Outcome<Value> {
        self.with(|guest, store| guest.call_get_field(store, of_type, target, name)).map(value).map_err(failure)
    }

    pub fn set_field(&mut self, of_type: u64, target: u64, name: &str, new: &Value) -> Outcome<()> {
        let new = wire::to_bytes(new).unwrap();
        self.with(|guest, store| guest.call_set_field(store, of_type, target, name, &new)).map_err(failure)
    }

    pub fn inspect(&mut self, subject: u64) -> Outcome<wire::Inspection> {
        let bytes = self.with(|guest, store| guest.call_inspect(store, subject)).map_err(failure)?;
        Ok(wire::from_bytes(&bytes).unwrap())
    }

    pub fn create_object(&mut self, of_type: u64, args: &Value) -> Outcome<u64> {
        let args = wire::to_bytes(args).unwrap();
        self.with(|guest, store| guest.call_create_object(store, of_type, &args)).map_err(failure)
    }

    pub fn copy_object(&mut self, of_type: u64, copied: &Value) -> Outcome<u64> {
        let copied = wire::to_bytes(copied).unwrap();
        self.with(|guest, store| guest.call_copy_object(store, of_type, &copied)).map_err(failure)
    }

    pub fn type_of(&mut self, object: u64) -> Outcome<u64> {
        self.with(|guest, store| guest.call_type_of(store, object)).map_err(failure)
    }

    pub fn get_value(&mut self, object: u64) -> Outcome<Value> {
        self.with(|guest, store| guest.call_get_value(store, object)).map(value).map_err(failure)
    }

    pub fn release(&mut self, object: u64) {
        self.with(|guest, store| guest.call_release(store, object));
    }

    pub fn invoke(&mut self, method: u64, target: u64, args: &Value) -> Outcome<Value> {
        let args = wire::to_bytes(args).unwrap();
        self.with(|guest, store| guest.call_invoke(store, method, target, &args)).map(value).map_err(failure)
    }

    pub fn invoke_raw(&mut self, method: u64, bytes: &[u8]) -> Outcome<Vec<u8>> {
        self.with(|guest, store| guest.call_invoke_raw(store, method, 0, bytes)).map_err(failure)
    }

    pub fn invoke_handle(&mut self, method: u64, target: u64, args: &Value) -> Outcome<u64> {
        let args = wire::to_bytes(args).unwrap();
        self.with(|guest, store| guest.call_invoke_handle(store, method, target, &args)).map_err(failure)
    }

    pub fn scalar_signature(&mut self, method: u64) -> Outcome<Option<String>> {
        self.with(|guest, store| guest.call_scalar_signature(store, method)).map_err(failure)
    }

    /// The error is the described exception.
    pub fn invoke_scalar(&mut self, method: u64, a: u64, b: u64) -> Outcome<u64> {
        match self.with(|guest, store| guest.call_invoke_scalar(store, method, 0, a, b, 0, 0, 0, 0, 0, 0)) {
            Ok(bits) => Ok(bits),
            Err(exception) => {
                let described = failure(self.with(|guest, store| guest.call_describe_exception(store, exception)));
                self.release(exception);
                Err(described)
            }
        }
    }

    pub fn invoke_async(&mut self, method: u64, args: &Value) -> Outcome<u64> {
        let args = wire::to_bytes(args).unwrap();
        self.with(|guest, store| guest.call_invoke_async(store, method, 0, &args)).map_err(failure)
    }

    pub fn cancel_task(&mut self, task: u64) {
        self.with(|guest, store| guest.call_cancel_task(store, task));
    }

    /// Drives the guest until a task is done.
    pub fn wait(&mut self, task: u64) -> Outcome<Value> {
        for _ in 0..10_000 {
            if let Some(done) = self.with(|guest, store| guest.call_poll_task(store, task)).map_err(failure)? {
                return Ok(value(done));
            }
            for (id, answer) in std::mem::take(&mut self.store.data_mut().started) {
                self.with(|guest, store| guest.call_complete_call(store, id, Ok(&answer)));
            }
            let next = self.with(|guest, store| guest.call_run_pending(store, 0));
            if next > 0 {
                std::thread::sleep(std::time::Duration::from_millis(next as u64));
            }
        }
        panic!("the task never ended");
    }

    pub fn open_stream(&mut self, source: u64) -> Outcome<u64> {
        self.with(|guest, store| guest.call_open_stream(store, source)).map_err(failure)
    }

    pub fn next_element(&mut self, stream: u64) -> Outcome<Value> {
        let task = self.with(|guest, store| guest.call_next_element(store, stream)).map_err(failure)?;
        self.wait(task)
    }

    pub fn run_main(&mut self, assembly: u64, args: &[&str]) -> Outcome<u64> {
        let args = wire::to_bytes(&args).unwrap();
        self.with(|guest, store| guest.call_run_main(store, assembly, &args)).map_err(failure)
    }

    pub fn collect(&mut self, generation: u32) {
        self.with(|guest, store| guest.call_collect(store, generation));
    }

    pub fn statistics(&mut self) -> wire::GuestStatistics {
        wire::from_bytes(&self.with(|guest, store| guest.call_statistics(store))).unwrap()
    }
}
