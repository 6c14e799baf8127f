//! The guest as a WASI component, in any engine's ordinary way: generated bindings, preview 2, no code of the host library.

use crate::both::{Batch, Form, Named, Outcome, Told};
use isolator_abi::wire::{self, Failure, FailureKind, GuestStatistics, StartConfig};
use isolator_host::MethodQuery;
use isolator_tests::{Value, fixtures, host};
use std::sync::LazyLock;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

wasmtime::component::bindgen!({ path: "../crates/isolator-abi/wit", world: "runtime" });

use exports::isolator::runtime::guest::Guest;
use isolator::runtime::host::Host;

/// What a callback answers: a value, or a failure.
type Answer = Result<Vec<u8>, Vec<u8>>;

/// What the component imports: a loader of fixtures, and the callbacks that the scenario's guest code calls.
pub struct Imports {
    table: ResourceTable,
    wasi: WasiCtx,
    started: Vec<(u64, Answer)>,
    pub log: Vec<String>,
}

impl WasiView for Imports {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

/// The callbacks, as the host library's side of the scenario registers them, too.
fn callback(name: &str, args: &[u8]) -> Result<Vec<u8>, Vec<u8>> {
    let fail = |message: &str| {
        let failure = Failure {
            kind: FailureKind::Host,
            message: message.into(),
            member: Some(name.into()),
            ..Default::default()
        };
        Err(wire::to_bytes(&failure).unwrap())
    };
    match name {
        "sum" => {
            let (a, b): (i32, i32) = wire::from_bytes(args).unwrap();
            Ok(wire::to_bytes(&(a + b)).unwrap())
        }
        "raw" => Ok(args.iter().rev().copied().collect()),
        "fail" => fail("The call failed. See host console logs for details."),
        _ => fail(&format!(
            "No callback is registered under the name '{name}'."
        )),
    }
}

impl Host for Imports {
    fn resolve_assembly(&mut self, name: String, culture: String) -> Option<Vec<u8>> {
        assert!(!name.contains('/'), "{name}");
        if culture.is_empty() {
            std::fs::read(fixtures().join(&name).join(format!("{name}.dll"))).ok()
        } else {
            None
        }
    }
    fn resolve_symbols(&mut self, name: String) -> Option<Vec<u8>> {
        std::fs::read(fixtures().join(&name).join(format!("{name}.pdb"))).ok()
    }
    fn call(&mut self, name: String, args: Vec<u8>) -> Result<Vec<u8>, Vec<u8>> {
        callback(&name, &args)
    }
    fn start_call(&mut self, id: u64, name: String, args: Vec<u8>) -> Result<(), Vec<u8>> {
        self.started.push((id, callback(&name, &args)));
        Ok(())
    }
    fn cancel_call(&mut self, _: u64) {}
    fn await_calls(&mut self, _: u64) -> u32 {
        2
    }
    fn stack_left(&mut self) -> u32 {
        1000
    }
    fn memory_left(&mut self) -> u64 {
        0
    }
    fn log(&mut self, _: u8, category: String, message: String) {
        self.log.push(format!("{category}: {message}"));
    }
}

/// The component, instantiated and started.
pub struct ComponentForm {
    store: Store<Imports>,
    bindings: Runtime,
    kept: Vec<u64>,
}

static COMPILED: LazyLock<(Engine, Component)> = LazyLock::new(|| {
    let mut config = Config::new();
    config.wasm_exceptions(true).concurrency_support(false);
    let engine = Engine::new(&config).unwrap();
    let file = host()
        .manifest()
        .component
        .clone()
        .expect("the image has its component form");
    let path = std::path::Path::new(host().origin()).join(file.file);
    let component = Component::from_file(&engine, &path).unwrap();
    (engine, component)
});

impl ComponentForm {
    pub fn start() -> Self {
        let (engine, component) = &*COMPILED;
        let mut linker = Linker::new(engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker).unwrap();
        isolator::runtime::host::add_to_linker::<_, wasmtime::component::HasSelf<_>>(
            &mut linker,
            |imports: &mut Imports| imports,
        )
        .unwrap();
        let imports = Imports {
            table: ResourceTable::new(),
            wasi: WasiCtx::builder().build(),
            started: Vec::new(),
            log: Vec::new(),
        };
        let mut store = Store::new(engine, imports);
        let bindings = Runtime::instantiate(&mut store, component, &linker).unwrap();
        let config = StartConfig::default();
        let mut this = Self {
            store,
            bindings,
            kept: Vec::new(),
        };
        this.call(|guest, store| guest.call_start(store, &wire::to_bytes(&config).unwrap()))
            .unwrap();
        this
    }

    /// Calls an export that may fail.
    fn call<T>(
        &mut self,
        f: impl FnOnce(&Guest, &mut Store<Imports>) -> wasmtime::Result<Result<T, Vec<u8>>>,
    ) -> Outcome<T> {
        let outcome = f(self.bindings.isolator_runtime_guest(), &mut self.store)
            .unwrap_or_else(|error| panic!("{error:?}"));
        outcome.map_err(|failure| wire::from_bytes::<Failure>(&failure).unwrap().into())
    }

    fn keep(&mut self, handle: u64) -> Named {
        self.kept.push(handle);
        Named(self.kept.len() - 1)
    }

    fn raw(&self, named: Named) -> u64 {
        self.kept[named.0]
    }

    fn target(&self, target: Option<Named>) -> u64 {
        target.map_or(0, |target| self.raw(target))
    }

    fn named(
        &mut self,
        f: impl FnOnce(&Guest, &mut Store<Imports>) -> wasmtime::Result<Result<u64, Vec<u8>>>,
    ) -> Outcome<Named> {
        let handle = self.call(f)?;
        Ok(self.keep(handle))
    }

    fn finish(&mut self, task: u64) -> Outcome<Value> {
        loop {
            if let Some(bytes) = self.call(|guest, store| guest.call_poll_task(store, task))? {
                return Ok(Value::read(&bytes));
            }
            self.run_pending();
        }
    }

    /// A handle that was never given out, or was released.
    pub fn forged(&mut self, raw: u64) -> Told {
        self.call(|guest, store| guest.call_get_value(store, raw))
            .unwrap_err()
    }

    pub fn raw_handle(&self, named: Named) -> u64 {
        self.raw(named)
    }
}

fn args(values: &[Value]) -> Vec<u8> {
    Value::List(values.to_vec()).bytes()
}

impl Form for ComponentForm {
    fn load_assembly(&mut self, name: &str) -> Outcome<Named> {
        self.named(|guest, store| guest.call_load_assembly(store, name))
    }
    fn load_image(&mut self, image: &[u8], symbols: Option<&[u8]>) -> Outcome<Named> {
        self.named(|guest, store| guest.call_load_image(store, image, symbols))
    }
    fn find_type(&mut self, assembly: Named, name: &str) -> Outcome<Named> {
        let assembly = self.raw(assembly);
        self.named(|guest, store| guest.call_find_type(store, assembly, name))
    }
    fn find_method(&mut self, of_type: Named, name: &str, query: &MethodQuery) -> Outcome<Named> {
        let of_type = self.raw(of_type);
        self.named(|guest, store| {
            guest.call_find_method(store, of_type, name, &wire::to_bytes(query).unwrap())
        })
    }
    fn get_field(&mut self, of_type: Named, target: Option<Named>, name: &str) -> Outcome<Value> {
        let (of_type, target) = (self.raw(of_type), self.target(target));
        self.call(|guest, store| guest.call_get_field(store, of_type, target, name))
            .map(|bytes| Value::read(&bytes))
    }
    fn set_field(
        &mut self,
        of_type: Named,
        target: Option<Named>,
        name: &str,
        value: &Value,
    ) -> Outcome<()> {
        let (of_type, target) = (self.raw(of_type), self.target(target));
        self.call(|guest, store| guest.call_set_field(store, of_type, target, name, &value.bytes()))
    }
    fn inspect(&mut self, subject: Named) -> Outcome<isolator_host::Inspection> {
        let subject = self.raw(subject);
        self.call(|guest, store| guest.call_inspect(store, subject))
            .map(|bytes| wire::from_bytes(&bytes).unwrap())
    }
    fn create_object(&mut self, of_type: Named, values: &[Value]) -> Outcome<Named> {
        let of_type = self.raw(of_type);
        self.named(|guest, store| guest.call_create_object(store, of_type, &args(values)))
    }
    fn copy_object(&mut self, of_type: Named, value: &Value) -> Outcome<Named> {
        let of_type = self.raw(of_type);
        self.named(|guest, store| guest.call_copy_object(store, of_type, &value.bytes()))
    }
    fn type_of(&mut self, object: Named) -> Outcome<Named> {
        let object = self.raw(object);
        self.named(|guest, store| guest.call_type_of(store, object))
    }
    fn get_value(&mut self, object: Named) -> Outcome<Value> {
        let object = self.raw(object);
        self.call(|guest, store| guest.call_get_value(store, object))
            .map(|bytes| Value::read(&bytes))
    }
    fn release(&mut self, handle: Named) {
        let handle = self.raw(handle);
        self.call(|guest, store| guest.call_release(store, handle).map(Ok))
            .unwrap();
    }
    fn invoke(&mut self, method: Named, target: Option<Named>, values: &[Value]) -> Outcome<Value> {
        let (method, target) = (self.raw(method), self.target(target));
        self.call(|guest, store| guest.call_invoke(store, method, target, &args(values)))
            .map(|bytes| Value::read(&bytes))
    }
    fn invoke_raw(
        &mut self,
        method: Named,
        target: Option<Named>,
        bytes: &[u8],
    ) -> Outcome<Vec<u8>> {
        let (method, target) = (self.raw(method), self.target(target));
        self.call(|guest, store| guest.call_invoke_raw(store, method, target, bytes))
    }
    fn invoke_handle(
        &mut self,
        method: Named,
        target: Option<Named>,
        values: &[Value],
    ) -> Outcome<Option<Named>> {
        let (method, target) = (self.raw(method), self.target(target));
        let handle = self
            .call(|guest, store| guest.call_invoke_handle(store, method, target, &args(values)))?;
        Ok((handle != 0).then(|| self.keep(handle)))
    }
    fn invoke_scalar(&mut self, method: Named, a: i32, b: i32) -> Outcome<i32> {
        let method = self.raw(method);
        let signature = self.call(|guest, store| guest.call_scalar_signature(store, method))?;
        assert_eq!(signature.as_deref(), Some("iii"));
        let extend = |value: i32| i64::from(value).cast_unsigned();
        let guest = self.bindings.isolator_runtime_guest();
        let outcome = guest
            .call_invoke_scalar(
                &mut self.store,
                method,
                0,
                extend(a),
                extend(b),
                0,
                0,
                0,
                0,
                0,
                0,
            )
            .unwrap();
        match outcome {
            Ok(word) => Ok(i32::try_from(word.cast_signed()).unwrap()),
            Err(exception) => {
                let described = guest
                    .call_describe_exception(&mut self.store, exception)
                    .unwrap();
                guest.call_release(&mut self.store, exception).unwrap();
                Err(wire::from_bytes::<Failure>(&described).unwrap().into())
            }
        }
    }
    fn invoke_batch(&mut self, method: Named, pairs: &[(i32, i32)]) -> Outcome<Batch> {
        let method = self.raw(method);
        let words: Vec<u8> = pairs
            .iter()
            .flat_map(|(a, b)| [*a, *b])
            .flat_map(|number| i64::from(number).to_le_bytes())
            .collect();
        let count = u32::try_from(pairs.len()).unwrap();
        let bytes =
            self.call(|guest, store| guest.call_invoke_batch(store, method, 0, count, &words))?;
        let (words, rest) = bytes.as_chunks::<8>();
        assert!(rest.is_empty(), "{bytes:?}");
        let exception = u64::from_le_bytes(words[1]);
        assert_eq!(u64::from_le_bytes(words[0]), words.len() as u64 - 2);
        let low = |word: &[u8; 8]| i32::from_le_bytes(*word.first_chunk().unwrap());
        let results = words[2..].iter().map(low).collect();
        let thrown = (exception != 0).then(|| {
            let guest = self.bindings.isolator_runtime_guest();
            let described = guest
                .call_describe_exception(&mut self.store, exception)
                .unwrap();
            guest.call_release(&mut self.store, exception).unwrap();
            wire::from_bytes::<Failure>(&described).unwrap().into()
        });
        Ok((results, thrown))
    }
    fn invoke_async(&mut self, method: Named, values: &[Value]) -> Outcome<Named> {
        let method = self.raw(method);
        self.named(|guest, store| guest.call_invoke_async(store, method, 0, &args(values)))
    }
    fn poll_task(&mut self, task: Named) -> Outcome<Option<Value>> {
        let task = self.raw(task);
        self.call(|guest, store| guest.call_poll_task(store, task))
            .map(|found| found.map(|bytes| Value::read(&bytes)))
    }
    fn cancel_task(&mut self, task: Named) {
        let task = self.raw(task);
        self.call(|guest, store| guest.call_cancel_task(store, task).map(Ok))
            .unwrap();
    }
    fn open_stream(&mut self, source: Named) -> Outcome<Named> {
        let source = self.raw(source);
        self.named(|guest, store| guest.call_open_stream(store, source))
    }
    fn next_element(&mut self, enumerator: Named) -> Outcome<Option<Value>> {
        let enumerator = self.raw(enumerator);
        let task = self.call(|guest, store| guest.call_next_element(store, enumerator))?;
        match self.finish(task)? {
            Value::List(mut values) if values.len() < 2 => Ok(values.pop()),
            other => panic!("an element is an array of at most one: {other:?}"),
        }
    }
    fn run_main(&mut self, assembly: Named, arguments: &[&str]) -> Outcome<i32> {
        let assembly = self.raw(assembly);
        let task = self.call(|guest, store| {
            guest.call_run_main(store, assembly, &wire::to_bytes(&arguments).unwrap())
        })?;
        match self.finish(task)? {
            Value::Int(code) => Ok(i32::try_from(code).unwrap()),
            other => panic!("an exit code is a number: {other:?}"),
        }
    }
    fn run_pending(&mut self) -> bool {
        for (id, outcome) in std::mem::take(&mut self.store.data_mut().started) {
            let outcome = outcome.as_ref().map(Vec::as_slice).map_err(Vec::as_slice);
            self.bindings
                .isolator_runtime_guest()
                .call_complete_call(&mut self.store, id, outcome)
                .unwrap();
        }
        self.bindings
            .isolator_runtime_guest()
            .call_run_pending(&mut self.store, 0)
            .unwrap()
            >= 0
    }
    fn collect(&mut self, generation: u32) {
        self.bindings
            .isolator_runtime_guest()
            .call_collect(&mut self.store, generation)
            .unwrap();
    }
    fn live_handles(&mut self) -> u64 {
        let bytes = self
            .bindings
            .isolator_runtime_guest()
            .call_statistics(&mut self.store)
            .unwrap();
        wire::from_bytes::<GuestStatistics>(&bytes)
            .unwrap()
            .live_handles
    }
}
