//! The component form of the same guest, driven by wasmtime's own component model: what the core form is compared with.

use super::stats::{Row, sample, sample_batches, scaled};
use anyhow::{Result, anyhow};
use isolator_abi::manifest::EngineNeeds;
use std::path::Path;
use wasmtime::component::{Component, HasSelf, Linker, ResourceTable};
use wasmtime::{Config, Engine, PoolingAllocationConfig, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

mod bindings {
    wasmtime::component::bindgen!({ path: "../crates/isolator-abi/wit", world: "runtime" });
}

use bindings::isolator::runtime::host::Host;

struct State {
    wasi: WasiCtx,
    table: ResourceTable,
}

impl State {
    fn new() -> Self {
        Self {
            wasi: WasiCtxBuilder::new().build(),
            table: ResourceTable::new(),
        }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

/// A host that knows nothing: the benches call the base class library only.
impl Host for State {
    fn resolve_assembly(&mut self, _: String, _: String) -> Option<Vec<u8>> {
        None
    }
    fn resolve_symbols(&mut self, _: String) -> Option<Vec<u8>> {
        None
    }
    fn call(&mut self, _: String, _: Vec<u8>) -> Result<Vec<u8>, Vec<u8>> {
        Err(Vec::new())
    }
    fn start_call(&mut self, _: u64, _: String, _: Vec<u8>) -> Result<(), Vec<u8>> {
        Err(Vec::new())
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
    fn log(&mut self, _: u8, _: String, _: String) {}
}

/// Measures instantiation and a scalar call.
pub fn rows(image: &Path, needs: EngineNeeds, samples: usize) -> Result<Vec<Row>> {
    let error = |e: wasmtime::Error| anyhow!("component form: {e:?}");
    let mut config = Config::new();
    config
        .wasm_exceptions(true)
        .concurrency_support(false)
        .memory_reservation(4 << 30)
        .memory_guaranteed_dense_image_size(4 << 30);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(20)
        .total_core_instances(100)
        .total_memories(40)
        .total_tables(100)
        .total_gc_heaps(100);
    pool.max_memory_size(4 << 30)
        .table_elements(needs.table_elements as usize)
        .linear_memory_keep_resident(0)
        .max_core_instance_size(4 << 20);
    pool.max_component_instance_size(4 << 20);
    config.allocation_strategy(pool);
    let engine = Engine::new(&config).map_err(error)?;
    let component = Component::from_file(&engine, image.join("component.wasm")).map_err(error)?;
    let mut linker = Linker::<State>::new(&engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker).map_err(error)?;
    bindings::isolator::runtime::host::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)
        .map_err(error)?;
    let pre = bindings::RuntimePre::new(linker.instantiate_pre(&component).map_err(error)?)
        .map_err(error)?;
    let create = || {
        let mut store = Store::new(&engine, State::new());
        let runtime = pre.instantiate(&mut store).map_err(error)?;
        Ok((store, runtime))
    };
    let mut rows = vec![Row::of(
        "component_create_us",
        "component form: create",
        "µs",
        sample(samples, create)?,
    )];

    let (mut store, runtime) = create()?;
    let guest = runtime.isolator_runtime_guest();
    let failed = |bytes: Vec<u8>| anyhow!("component form: {}", String::from_utf8_lossy(&bytes));
    let config = isolator_abi::wire::to_bytes(&isolator_abi::wire::StartConfig::default())?;
    guest
        .call_start(&mut store, &config)
        .map_err(error)?
        .map_err(failed)?;
    let assembly = guest
        .call_load_assembly(&mut store, "Isolator.Runtime")
        .map_err(error)?
        .map_err(failed)?;
    let class = guest
        .call_find_type(&mut store, assembly, "Isolator.Runtime.WarmUp")
        .map_err(error)?
        .map_err(failed)?;
    let query = isolator_abi::wire::to_bytes(&isolator_abi::wire::MethodQuery::default())?;
    let add = guest
        .call_find_method(&mut store, class, "Add", &query)
        .map_err(error)?
        .map_err(failed)?;
    guest
        .call_scalar_signature(&mut store, add)
        .map_err(error)?
        .map_err(failed)?;
    let calls = sample_batches(samples, 1000, || {
        let sum = guest
            .call_invoke_scalar(&mut store, add, 0, 1, 2, 0, 0, 0, 0, 0, 0)
            .map_err(error)?;
        anyhow::ensure!(sum == Ok(3), "Add(1, 2) gave {sum:?}");
        Ok(())
    })?;
    rows.push(Row::of(
        "component_scalar_call_ns",
        "component form: (int, int) → int call",
        "ns",
        scaled(calls, 1000.0),
    ));
    Ok(rows)
}
