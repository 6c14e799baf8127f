//! A guest that a test plays: it calls WASI's functions through the linker, with a memory and a granted directory.

use super::*;
use crate::engine::state::State;
use crate::engine::{EngineOptions, new_engine};
use crate::limits::Limits;
use std::sync::Arc;
use wasmtime::{MemoryType, Store, Val, ValType};

/// Stands for a guest.
pub(super) struct PlayedGuest {
    pub store: Store<State>,
    linker: Linker<State>,
    pub memory: Memory,
    pub directory: tempfile::TempDir,
}

/// An engine, and WASI's functions on it.
pub(super) fn test_linker() -> (wasmtime::Engine, Linker<State>) {
    let (engine, _) = new_engine(EngineOptions {
        pooled: false,
        ..Default::default()
    })
    .unwrap();
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker).unwrap();
    (engine, linker)
}

/// The granted directory's descriptor.
pub(super) const GRANTED: u64 = 3;

pub(super) const FOLLOW: u64 = 1;
pub(super) const CREATE: u64 = 1;
pub(super) const EXCLUSIVE: u64 = 1 << 2;
pub(super) const TRUNCATE: u64 = 1 << 3;
pub(super) const READ: u64 = 1 << 1;
pub(super) const WRITE: u64 = 1 << 6;

// Where things lie in the guest's memory.
pub(super) const OUT: u64 = 0;
pub(super) const PATH: u64 = 1024;
pub(super) const BUFFERS: u64 = 16 << 10;
pub(super) const DATA: u64 = 64 << 10;
pub(super) const DATA_LEN: u64 = 128 << 10;

impl PlayedGuest {
    pub fn new(limits: Limits, stdout: Stdio) -> Self {
        Self::with(limits, stdout, tempfile::tempdir().unwrap())
    }

    /// One with this directory.
    pub fn with(limits: Limits, stdout: Stdio, directory: tempfile::TempDir) -> Self {
        let (engine, linker) = test_linker();
        let files = open_directories(&[GrantedDirectory {
            host: directory.path().to_path_buf(),
            guest: "/d".into(),
            writable: true,
        }]);
        let mut state = State::for_tests();
        let (control, ticker) = (state.meter.control.clone(), state.shared.ticker.clone());
        state.meter = Meter::new(Arc::new(limits), control, ticker, None);
        state.meter.open();
        state.meter.note_time();
        state.wasi = Wasi::new(Stdin::Empty, stdout, Stdio::Discard, files.unwrap());
        let mut store = Store::new(&engine, state);
        let memory = Memory::new(&mut store, MemoryType::new(3, None)).unwrap();
        store.data_mut().memory = Some(memory);
        Self {
            store,
            linker,
            memory,
            directory,
        }
    }

    pub fn try_call(&mut self, name: &str, args: &[u64]) -> wasmtime::Result<u32> {
        let function = self.linker.get(&mut self.store, WASI_MODULE, name);
        let function = function.unwrap().into_func().unwrap();
        let types = function.ty(&self.store);
        assert_eq!(types.params().len(), args.len(), "{name}");
        let params: Vec<Val> = types
            .params()
            .zip(args)
            .map(|(ty, arg)| match ty {
                ValType::I64 => Val::I64(arg.cast_signed()),
                _ => Val::I32(u32::try_from(*arg).unwrap().cast_signed()),
            })
            .collect();
        let mut results = [Val::I32(-1)];
        function.call(&mut self.store, &params, &mut results)?;
        Ok(results[0].unwrap_i32().cast_unsigned())
    }

    pub fn call(&mut self, name: &str, args: &[u64]) -> u32 {
        self.try_call(name, args).unwrap()
    }

    pub fn put(&mut self, at: u64, bytes: &[u8]) {
        self.memory
            .write(&mut self.store, usize::try_from(at).unwrap(), bytes)
            .unwrap();
    }

    pub fn out(&mut self) -> u32 {
        let mut word = [0; 4];
        self.memory.read(&self.store, 0, &mut word).unwrap();
        u32::from_le_bytes(word)
    }

    /// Opens a file to read and write, and makes it if it is not there.
    pub fn open(&mut self, path: &str) -> Result<u32, u32> {
        self.open_with(path, FOLLOW, CREATE, READ | WRITE)
    }

    pub fn open_with(
        &mut self,
        path: &str,
        look: u64,
        flags: u64,
        rights: u64,
    ) -> Result<u32, u32> {
        let len = self.path(path);
        let args = [GRANTED, look, PATH, len, flags, rights, rights, 0, OUT];
        match self.call("path_open", &args) {
            0 => Ok(self.out()),
            errno => Err(errno),
        }
    }

    /// Puts a path where paths lie. How long it is.
    pub fn path(&mut self, path: &str) -> u64 {
        self.put(PATH, path.as_bytes());
        path.len() as u64
    }

    /// Makes a call with one path in the granted directory.
    pub fn on_path(&mut self, name: &str, path: &str) -> u32 {
        let len = self.path(path);
        self.call(name, &[GRANTED, PATH, len])
    }

    /// Writes so many bytes at a position.
    pub fn write_at(&mut self, file: u32, bytes: u32, at: u64) -> u32 {
        self.buffer(0, bytes);
        self.call("fd_pwrite", &[file.into(), BUFFERS, 1, at, OUT])
    }

    pub fn bytes(&self, at: u64, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.memory
            .read(&self.store, usize::try_from(at).unwrap(), &mut bytes)
            .unwrap();
        bytes
    }

    /// Gives the guest so much fuel, as the functions of the host count it.
    pub fn fuel(&mut self, fuel: u64) {
        self.store.data_mut().meter.fuel = Some(fuel);
    }

    /// What of that is left.
    pub fn fuel_left(&self) -> u64 {
        self.store.data().meter.fuel.unwrap()
    }

    /// What the granted directory takes on disk below itself, in bytes.
    #[cfg(unix)]
    pub fn taken(&self) -> u64 {
        fn below(directory: &std::path::Path) -> u64 {
            use std::os::unix::fs::MetadataExt;
            let entries = directory.read_dir().unwrap().map(|entry| entry.unwrap());
            entries
                .map(|entry| {
                    let found = entry.metadata().unwrap();
                    let inside = if found.is_dir() {
                        below(&entry.path())
                    } else {
                        0
                    };
                    found.blocks() * 512 + inside
                })
                .sum()
        }
        below(self.directory.path())
    }

    /// Empty buffers, and then one of so many bytes. How many these are.
    pub fn buffers(&mut self, empty: u64, bytes: u32) -> u64 {
        for index in 0..empty {
            self.put(BUFFERS + 8 * index, &[0; 8]);
        }
        self.buffer(empty, bytes);
        empty + 1
    }

    pub fn buffer(&mut self, index: u64, bytes: u32) {
        let data = u32::try_from(DATA).unwrap();
        self.put(BUFFERS + 8 * index, &data.to_le_bytes());
        self.put(BUFFERS + 8 * index + 4, &bytes.to_le_bytes());
    }
}

pub(super) const OPEN_ERROR: &str = "the file can be opened";
