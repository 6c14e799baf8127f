//! A bare wasmtime instance with a memory as large as a guest's: the floor under creation and calls.

use super::stats::{Row, sample, sample_batches, scaled};
use anyhow::{Result, anyhow};
use wasmtime::{Config, Engine, Linker, Module, PoolingAllocationConfig, Store};

/// Measures instantiation and an addition in wasm.
pub fn rows(memory_pages: u64, samples: usize) -> Result<Vec<Row>> {
    let error = |e: wasmtime::Error| anyhow!("bare instance: {e:?}");
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .concurrency_support(false)
        .memory_reservation(4 << 30)
        .memory_guaranteed_dense_image_size(4 << 30);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(20)
        .total_memories(20)
        .total_tables(20)
        .max_memory_size(4 << 30)
        .linear_memory_keep_resident(0);
    config.allocation_strategy(pool);
    let engine = Engine::new(&config).map_err(error)?;
    let module = Module::new(&engine, bare(memory_pages)).map_err(error)?;
    let pre = Linker::<()>::new(&engine)
        .instantiate_pre(&module)
        .map_err(error)?;
    let create = || {
        let mut store = Store::new(&engine, ());
        store.set_epoch_deadline(1 << 60);
        let instance = pre.instantiate(&mut store).map_err(error)?;
        Ok((store, instance))
    };
    let created = sample(samples, create)?;
    let (mut store, instance) = create()?;
    let add = instance
        .get_typed_func::<(i32, i32), i32>(&mut store, "add")
        .map_err(error)?;
    let calls = sample_batches(samples, 1000, || {
        let sum = add.call(&mut store, (1, 2)).map_err(error)?;
        anyhow::ensure!(sum == 3, "add gave {sum}");
        Ok(())
    })?;
    Ok(vec![
        Row::of(
            "bare_create_us",
            "bare wasmtime instance of the same memory: create",
            "µs",
            created,
        ),
        Row::of(
            "bare_call_ns",
            "bare wasmtime instance: (int, int) → int call",
            "ns",
            scaled(calls, 1000.0),
        ),
    ])
}

/// A module with a memory, some data in it, and an addition.
fn bare(memory_pages: u64) -> Vec<u8> {
    use wasm_encoder::{
        CodeSection, ConstExpr, DataSection, ExportKind, ExportSection, Function, FunctionSection,
        MemorySection, MemoryType, Module, TypeSection, ValType,
    };
    let mut types = TypeSection::new();
    types
        .ty()
        .function([ValType::I32, ValType::I32], [ValType::I32]);
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: memory_pages,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut exports = ExportSection::new();
    exports
        .export("add", ExportKind::Func, 0)
        .export("memory", ExportKind::Memory, 0);
    let mut code = CodeSection::new();
    let mut add = Function::new([]);
    add.instructions().local_get(0).local_get(1).i32_add().end();
    code.function(&add);
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(65536), [1u8; 4096]);
    let mut module = Module::new();
    module
        .section(&types)
        .section(&functions)
        .section(&memories)
        .section(&exports)
        .section(&code)
        .section(&data);
    module.finish()
}
