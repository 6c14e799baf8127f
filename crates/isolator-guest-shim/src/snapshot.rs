//! Boots a linked guest, warms it up and snapshots it under wizer, with a host that gives the same answers every time.

use crate::error::{BuildError, Context};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use wasmtime::{
    Caller, Config, Engine, Extern, ExternType, FuncType, Instance, Linker, Memory, Module, Store,
    Val,
};
use wasmtime_wizer::{InstanceState, SnapshotVal, ValType, Wizer};

/// The export that boots the guest.
const BOOT: &str = "wizer-initialize";

/// The wall clock under wizer, in nanoseconds since 1970: the same in every build. 2026-01-01.
const EPOCH_NANOSECONDS: u64 = 1_767_225_600_000_000_000;

/// What a guest boots from.
#[derive(Debug, Clone, Default)]
pub struct BootFiles {
    /// Assemblies, in order.
    pub assemblies: Vec<PathBuf>,
    /// ICU data.
    pub icu: PathBuf,
    /// Options of the build, read by `c/mono/boot.c`.
    pub options: BTreeMap<String, String>,
}

/// State of the host that a guest boots in.
struct BootHost {
    files: BTreeMap<String, Vec<u8>>,
    clock: u64,
    random: u64,
    output: Vec<u8>,
}

/// Runs the boot and returns the snapshotted module.
///
/// # Errors
/// If a file cannot be read, the module does not fit, or the boot traps; what the guest printed is in the error.
pub fn snapshot(core: &Path, files: &BootFiles) -> Result<Vec<u8>, BuildError> {
    let wasm = std::fs::read(core).at("read", core)?;
    let host = BootHost {
        files: read_files(files)?,
        clock: 0,
        random: 0x9E37_79B9_7F4A_7C15,
        output: Vec::new(),
    };
    let mut wizer = Wizer::new();
    wizer.init_func(BOOT);
    let failed = |what: &str, e: wasmtime::Error| {
        BuildError::Recipe(format!("the guest cannot be snapshotted: {what}: {e:?}"))
    };
    let (context, instrumented) = wizer
        .instrument(&wasm)
        .map_err(|e| BuildError::Recipe(format!("wizer cannot take {}: {e:?}", core.display())))?;

    let mut config = Config::new();
    config.wasm_exceptions(true);
    // The interpreter's C recursion while it warms up is deeper than wasmtime's default of 512 KiB allows.
    config.max_wasm_stack(2 << 20).async_stack_size(4 << 20);
    let engine = Engine::new(&config).map_err(|e| failed("engine", e))?;
    let module = Module::new(&engine, &instrumented).map_err(|e| failed("compile", e))?;
    let linker = linker(&engine, &module).map_err(|e| failed("link", e))?;
    let mut store = Store::new(&engine, host);
    let instance = linker
        .instantiate(&mut store, &module)
        .map_err(|e| failed("instantiate", e))?;
    for name in ["_initialize", BOOT] {
        let booted = instance
            .get_typed_func::<(), ()>(&mut store, name)
            .and_then(|f| f.call(&mut store, ()));
        if let Err(e) = booted {
            let said = String::from_utf8_lossy(&store.data().output).into_owned();
            return Err(BuildError::Recipe(format!(
                "the guest failed in `{name}`: {e:?}\nIt printed:\n{said}"
            )));
        }
    }
    if !store.data().output.is_empty() {
        tracing::warn!(output = %String::from_utf8_lossy(&store.data().output), "the guest printed while it booted");
    }
    zero_stack(&mut store, &instance);
    let mut state = Live { store, instance };
    block_on(wizer.snapshot(&context, &mut state))
        .map_err(|e| BuildError::Recipe(format!("wizer cannot snapshot the guest: {e:?}")))
}

/// Takes away what the boot left on the stack, where nothing is alive: below its pointer.
fn zero_stack(store: &mut Store<BootHost>, instance: &Instance) {
    let pointer = instance.get_global(&mut *store, "__stack_pointer");
    let pointer = pointer.and_then(|global| global.get(&mut *store).i32());
    let memory = instance.get_memory(&mut *store, "memory");
    if let (Some(pointer), Some(memory)) = (pointer, memory) {
        let memory = memory.data_mut(store);
        let end = memory.len().min(pointer.cast_unsigned() as usize);
        memory[..end].fill(0);
    }
}

fn read_files(files: &BootFiles) -> Result<BTreeMap<String, Vec<u8>>, BuildError> {
    let mut map = BTreeMap::new();
    let mut names = String::new();
    for path in &files.assemblies {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let image = std::fs::read(path).at("read", path)?;
        map.insert(name.clone(), image);
        names.push_str(&name);
        names.push('\n');
    }
    map.insert("#files".into(), names.into_bytes());
    map.insert(
        "#icu".into(),
        std::fs::read(&files.icu).at("read", &files.icu)?,
    );
    for (name, value) in &files.options {
        map.insert(format!("#option:{name}"), value.clone().into_bytes());
    }
    Ok(map)
}

/// Every import of the module: those that a boot uses, and an error for the rest.
fn linker(engine: &Engine, module: &Module) -> wasmtime::Result<Linker<BootHost>> {
    let mut linker = Linker::new(engine);
    linker.func_wrap(
        isolator_abi::contract::HOST_INTERFACE,
        "resolve-assembly",
        resolve,
    )?;
    linker.func_wrap(isolator_abi::contract::HOST_INTERFACE, "stack-left", || {
        1000_u32
    })?;
    linker.func_wrap(
        isolator_abi::contract::HOST_INTERFACE,
        "memory-left",
        || 0_u64,
    )?;
    let wasi = isolator_abi::contract::WASI_MODULE;
    linker.func_wrap(
        wasi,
        "clock_time_get",
        |mut caller: Caller<'_, BootHost>, _id: i32, _precision: i64, out: i32| {
            caller.data_mut().clock += 1000;
            let now = EPOCH_NANOSECONDS + caller.data().clock;
            write(&mut caller, out, &now.to_le_bytes()).map(|()| 0)
        },
    )?;
    linker.func_wrap(
        wasi,
        "random_get",
        |mut caller: Caller<'_, BootHost>, out: i32, length: i32| {
            let bytes: Vec<u8> = (0..length)
                .map(|_| next_random(&mut caller.data_mut().random))
                .collect();
            write(&mut caller, out, &bytes).map(|()| 0)
        },
    )?;
    linker.func_wrap(
        wasi,
        "environ_sizes_get",
        |mut caller: Caller<'_, BootHost>, count: i32, bytes: i32| {
            write(&mut caller, count, &[0; 4])?;
            write(&mut caller, bytes, &[0; 4]).map(|()| 0)
        },
    )?;
    linker.func_wrap(wasi, "environ_get", |_: i32, _: i32| 0)?;
    linker.func_wrap(wasi, "fd_write", fd_write)?;
    linker.func_wrap(
        wasi,
        "fd_fdstat_get",
        |mut caller: Caller<'_, BootHost>, fd: i32, out: i32| {
            // Standard streams are character devices with all rights; nothing else is open.
            let mut stat = [0xffu8; 24];
            stat[..8].copy_from_slice(&[2, 0, 0, 0, 0, 0, 0, 0]);
            if (0..3).contains(&fd) {
                write(&mut caller, out, &stat).map(|()| 0)
            } else {
                Ok(ERRNO_BADF)
            }
        },
    )?;
    linker.func_wrap(wasi, "fd_prestat_get", |_: i32, _: i32| ERRNO_BADF)?;
    for import in module.imports() {
        let ExternType::Func(ty) = import.ty() else {
            continue;
        };
        if linker
            .get(
                &mut Store::new(engine, BootHost::empty()),
                import.module(),
                import.name(),
            )
            .is_err()
        {
            refuse(&mut linker, import.module(), import.name(), ty)?;
        }
    }
    Ok(linker)
}

const ERRNO_BADF: i32 = 8;
const ERRNO_NOSYS: i32 = 52;

/// Anything else: a WASI function says ENOSYS; a host function ends the boot, since it would freeze an answer.
fn refuse(
    linker: &mut Linker<BootHost>,
    module: &str,
    name: &str,
    ty: FuncType,
) -> wasmtime::Result<()> {
    let (is_wasi, full) = (
        module == isolator_abi::contract::WASI_MODULE,
        format!("{module}#{name}"),
    );
    linker.func_new(module, name, ty, move |_, _, results| match results {
        [result] if is_wasi => {
            *result = Val::I32(ERRNO_NOSYS);
            Ok(())
        }
        _ => Err(wasmtime::format_err!(
            "the guest called {full} while it booted"
        )),
    })?;
    Ok(())
}

impl BootHost {
    fn empty() -> Self {
        Self {
            files: BTreeMap::new(),
            clock: 0,
            random: 0,
            output: Vec::new(),
        }
    }
}

/// xorshift64*: the snapshot needs bytes that are the same in every build, not unpredictable ones; `start` reseeds.
fn next_random(state: &mut u64) -> u8 {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    (state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 56) as u8
}

fn memory(caller: &mut Caller<'_, BootHost>) -> wasmtime::Result<Memory> {
    caller
        .get_export("memory")
        .and_then(Extern::into_memory)
        .ok_or_else(|| wasmtime::format_err!("the guest exports no memory"))
}

fn write(caller: &mut Caller<'_, BootHost>, at: i32, bytes: &[u8]) -> wasmtime::Result<()> {
    memory(caller)?.write(caller, at as u32 as usize, bytes)?;
    Ok(())
}

fn read(caller: &mut Caller<'_, BootHost>, at: i32, length: i32) -> wasmtime::Result<Vec<u8>> {
    let memory = memory(caller)?;
    let range = at as u32 as usize..(at as u32 as usize) + length as u32 as usize;
    memory
        .data(&caller)
        .get(range)
        .map(<[u8]>::to_vec)
        .ok_or_else(|| wasmtime::format_err!("the guest passed a pointer outside of its memory"))
}

/// `resolve-assembly` in the canonical ABI: the option's discriminant, pointer and length go to `out`.
fn resolve(
    mut caller: Caller<'_, BootHost>,
    name: i32,
    name_length: i32,
    _culture: i32,
    _culture_length: i32,
    out: i32,
) -> wasmtime::Result<()> {
    let name = String::from_utf8_lossy(&read(&mut caller, name, name_length)?).into_owned();
    let Some(bytes) = caller.data().files.get(&name).cloned() else {
        return write(&mut caller, out, &[0; 12]);
    };
    let allocate = caller
        .get_export("cabi_realloc")
        .and_then(Extern::into_func)
        .ok_or_else(|| wasmtime::format_err!("the guest exports no cabi_realloc"))?;
    let pointer = allocate
        .typed::<(i32, i32, i32, i32), i32>(&caller)?
        .call(&mut caller, (0, 0, 1, bytes.len() as i32))?;
    write(&mut caller, pointer, &bytes)?;
    let mut answer = [0; 12];
    answer[0] = 1;
    answer[4..8].copy_from_slice(&pointer.to_le_bytes());
    answer[8..].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
    write(&mut caller, out, &answer)
}

fn fd_write(
    mut caller: Caller<'_, BootHost>,
    fd: i32,
    iovs: i32,
    count: i32,
    out: i32,
) -> wasmtime::Result<i32> {
    if fd != 1 && fd != 2 {
        return Ok(ERRNO_BADF);
    }
    let mut written = 0u32;
    for i in 0..count {
        let iov = read(&mut caller, iovs + i * 8, 8)?;
        let field = |range: std::ops::Range<usize>| {
            i32::from_le_bytes(iov[range].try_into().unwrap_or_default())
        };
        let bytes = read(&mut caller, field(0..4), field(4..8))?;
        written += bytes.len() as u32;
        caller.data_mut().output.extend_from_slice(&bytes);
    }
    write(&mut caller, out, &written.to_le_bytes()).map(|()| 0)
}

/// The instance that wizer reads.
struct Live {
    store: Store<BootHost>,
    instance: Instance,
}

impl InstanceState for Live {
    async fn global_get(&mut self, name: &str, _: ValType) -> SnapshotVal {
        // Wizer asks only for globals that it exported itself, and a guest's are of these types.
        match self
            .instance
            .get_global(&mut self.store, name)
            .map(|g| g.get(&mut self.store))
        {
            Some(Val::I32(x)) => SnapshotVal::I32(x),
            Some(Val::I64(x)) => SnapshotVal::I64(x),
            Some(Val::F32(x)) => SnapshotVal::F32(x),
            Some(Val::F64(x)) => SnapshotVal::F64(x),
            other => unreachable!("a guest has no global {name} of the kind {other:?}"),
        }
    }

    async fn memory_contents(&mut self, name: &str, contents: impl FnOnce(&[u8]) + Send) {
        if let Some(memory) = self.instance.get_memory(&mut self.store, name) {
            contents(memory.data(&self.store));
        }
    }
}

/// Runs wizer's futures, which never wait for anything.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        std::thread::yield_now();
    }
}
