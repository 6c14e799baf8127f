//! Tests of WASI's functions as a guest calls them: through the linker, with a memory and a granted directory.

use super::*;
use crate::limits::{Limits, Meter, Stop};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use wasmtime::{MemoryType, Store, Val, ValType};

/// Stands for a guest.
struct Guest {
    store: Store<State>,
    linker: Linker<State>,
    memory: Memory,
    directory: tempfile::TempDir,
}

/// The granted directory's descriptor.
const GRANTED: u64 = 3;

// Where things lie in the guest's memory.
const OUT: u64 = 0;
const PATH: u64 = 1024;
const BUFFERS: u64 = 16 << 10;
const DATA: u64 = 64 << 10;
const DATA_LEN: u64 = 128 << 10;

impl Guest {
    fn new(limits: Limits, stdout: Stdio) -> Self {
        let (engine, linker) = test_linker();
        let directory = tempfile::tempdir().unwrap();
        let files = open_directories(&[Directory {
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

    fn try_call(&mut self, name: &str, args: &[u64]) -> wasmtime::Result<u32> {
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

    fn call(&mut self, name: &str, args: &[u64]) -> u32 {
        self.try_call(name, args).unwrap()
    }

    fn put(&mut self, at: u64, bytes: &[u8]) {
        self.memory
            .write(&mut self.store, usize::try_from(at).unwrap(), bytes)
            .unwrap();
    }

    fn out(&mut self) -> u32 {
        let mut word = [0; 4];
        self.memory.read(&self.store, 0, &mut word).unwrap();
        u32::from_le_bytes(word)
    }

    /// Opens a file, and makes it if it is not there.
    fn open(&mut self, path: &str) -> Result<u32, u32> {
        const READ_AND_WRITE: u64 = 1 << 1 | 1 << 6;
        self.put(PATH, path.as_bytes());
        let (len, create) = (path.len() as u64, 1);
        let args = [
            GRANTED,
            0,
            PATH,
            len,
            create,
            READ_AND_WRITE,
            READ_AND_WRITE,
            0,
            OUT,
        ];
        match self.call("path_open", &args) {
            0 => Ok(self.out()),
            errno => Err(errno),
        }
    }

    /// Empty buffers, and then one of so many bytes. How many these are.
    fn buffers(&mut self, empty: u64, bytes: u32) -> u64 {
        for index in 0..empty {
            self.put(BUFFERS + 8 * index, &[0; 8]);
        }
        self.buffer(empty, bytes);
        empty + 1
    }

    fn buffer(&mut self, index: u64, bytes: u32) {
        let data = u32::try_from(DATA).unwrap();
        self.put(BUFFERS + 8 * index, &data.to_le_bytes());
        self.put(BUFFERS + 8 * index + 4, &bytes.to_le_bytes());
    }
}

const OPEN_ERROR: &str = "the file can be opened";

#[test]
fn giving_a_descriptor_its_own_number_closes_nothing() {
    let mut guest = Guest::new(Limits::none().max_open_files(2), Stdio::Discard);
    let first = u64::from(guest.open("a").expect(OPEN_ERROR));
    let second = u64::from(guest.open("a").expect(OPEN_ERROR));
    assert_eq!(guest.open("a"), Err(Errno::Mfile as u32));
    for _ in 0..3 {
        assert_eq!(guest.call("fd_renumber", &[first, first]), 0);
    }
    assert_eq!(guest.open("a"), Err(Errno::Mfile as u32));
    // That of another closes one.
    assert_eq!(guest.call("fd_renumber", &[first, second]), 0);
    assert!(guest.open("a").is_ok());
    assert_eq!(guest.open("a"), Err(Errno::Mfile as u32));
}

#[test]
fn what_is_not_counted_is_not_written() {
    let mut guest = Guest::new(Limits::none().directory_bytes(1000), Stdio::Discard);
    let file = u64::from(guest.open("a").expect(OPEN_ERROR));
    let size = |guest: &Guest| guest.directory.path().join("a").metadata().unwrap().len();
    let most = guest.buffers(1024, 100_000);
    assert_eq!(
        guest.call("fd_write", &[file, BUFFERS, most, OUT]),
        Errno::Inval as u32
    );
    assert_eq!(
        guest.call("fd_pwrite", &[file, BUFFERS, most, 0, OUT]),
        Errno::Inval as u32
    );
    assert_eq!(size(&guest), 0);
    let most = guest.buffers(1023, 100_000);
    assert_eq!(
        guest.call("fd_write", &[file, BUFFERS, most, OUT]),
        Errno::Nospc as u32
    );
    assert_eq!(size(&guest), 0);
    let most = guest.buffers(1023, 500);
    assert_eq!(guest.call("fd_write", &[file, BUFFERS, most, OUT]), 0);
    assert_eq!((size(&guest), guest.out()), (500, 500));
}

#[test]
fn the_target_of_a_link_is_written_too() {
    let mut guest = Guest::new(Limits::none().directory_bytes(1000), Stdio::Discard);
    let mut link = |name: &str, target: &str| {
        guest.put(PATH, name.as_bytes());
        guest.put(DATA, target.as_bytes());
        let (len, target_len) = (name.len() as u64, target.len() as u64);
        guest.call("path_symlink", &[DATA, target_len, GRANTED, PATH, len])
    };
    assert_eq!(link("one", &"a/".repeat(300)), 0);
    assert_eq!(link("two", &"a/".repeat(300)), Errno::Nospc as u32);
    assert_eq!(link("two", &"a/".repeat(200)), 0);
    assert_eq!(guest.store.data().stats().file_bytes, 1000);
}

#[test]
fn a_path_that_no_file_system_has_is_not_read() {
    let mut guest = Guest::new(Limits::none(), Stdio::Discard);
    // Nothing lies there: whoever reads it fails otherwise.
    let nowhere = 1 << 30;
    let (at, d) = (nowhere, GRANTED);
    guest.put(PATH, b"a");
    let directory = guest.directory.path().to_owned();
    let entries = |directory: &Path| directory.read_dir().unwrap().count();
    for len in [4097, 100 << 20] {
        let calls: [(&str, &[u64]); 13] = [
            ("path_create_directory", &[d, at, len]),
            ("path_filestat_get", &[d, 0, at, len, OUT]),
            ("path_filestat_set_times", &[d, 0, at, len, 0, 0, 0]),
            ("path_open", &[d, 0, at, len, 1, 2, 2, 0, OUT]),
            ("path_readlink", &[d, at, len, DATA, 10, OUT]),
            ("path_remove_directory", &[d, at, len]),
            ("path_unlink_file", &[d, at, len]),
            ("path_link", &[d, 0, at, len, d, PATH, 1]),
            ("path_link", &[d, 0, PATH, 1, d, at, len]),
            ("path_rename", &[d, at, len, d, PATH, 1]),
            ("path_rename", &[d, PATH, 1, d, at, len]),
            ("path_symlink", &[at, len, d, PATH, 1]),
            ("path_symlink", &[PATH, 1, d, at, len]),
        ];
        for (name, args) in calls {
            assert_eq!(
                guest.try_call(name, args).ok(),
                Some(Errno::Nametoolong as u32),
                "{name}, {len} bytes"
            );
        }
    }
    assert_eq!(entries(&directory), 0);
    // The longest that there is.
    guest
        .open(&format!("{}a", "./".repeat(2000)))
        .expect(OPEN_ERROR);
    assert_eq!(entries(&directory), 1);
}

#[test]
fn every_function_of_paths_has_its_lengths_looked_at() {
    let of_paths = WASI_IMPORTS
        .iter()
        .filter(|spec| spec.name.starts_with("path_"));
    assert_eq!(of_paths.clone().count(), 10);
    for spec in of_paths {
        assert!(!quota::path_lengths(spec.name).is_empty(), "{}", spec.name);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_dead_runtime_holds_no_files() {
    let mut guest = Guest::new(Limits::none(), Stdio::Discard);
    let directory = guest.directory.path().canonicalize().unwrap();
    let open = || {
        std::fs::read_dir("/proc/self/fd")
            .unwrap()
            .filter_map(|entry| entry.ok()?.path().read_link().ok())
            .filter(|target| target.starts_with(&directory))
            .count()
    };
    for name in ["a", "b", "c"] {
        guest.open(name).expect(OPEN_ERROR);
    }
    assert_eq!(open(), 4, "the directory, too");
    guest.store.data_mut().bury();
    assert_eq!(open(), 0);
}

#[test]
fn one_write_to_a_stream_is_a_short_one() {
    let lines = Arc::new(AtomicUsize::new(0));
    let seen = lines.clone();
    let stdout = Stdio::lines(move |_| {
        seen.fetch_add(1, Ordering::Relaxed);
    });
    let mut guest = Guest::new(Limits::none().max_output(1 << 20), stdout);
    guest.put(DATA, &vec![b'\n'; usize::try_from(DATA_LEN).unwrap()]);
    let len = u32::try_from(DATA_LEN).unwrap();
    for index in 0..1024 {
        guest.buffer(index, len);
    }
    for round in 1..=3 {
        for count in [1, 1024] {
            let before = lines.load(Ordering::Relaxed);
            assert_eq!(guest.call("fd_write", &[1, BUFFERS, count, OUT]), 0);
            let written = guest.out() as usize;
            assert_eq!(written, 64 << 10, "round {round}, {count} buffers");
            assert_eq!(lines.load(Ordering::Relaxed) - before, written);
        }
    }
    assert_eq!(guest.store.data().stats().output_bytes, 6 * (64 << 10));
    // Many that fit are taken whole.
    for index in 0..1024 {
        guest.buffer(index, 3);
    }
    assert_eq!(guest.call("fd_write", &[1, BUFFERS, 1024, OUT]), 0);
    assert_eq!(guest.out(), 3 * 1024);
}

#[test]
fn a_deadline_ends_a_guest_that_only_writes() {
    let stdout = Stdio::lines(|_| std::thread::sleep(Duration::from_millis(60)));
    let limits = Limits::none().call_timeout(Duration::from_millis(50));
    let mut guest = Guest::new(limits, stdout);
    guest.put(DATA, b"\n");
    guest.buffer(0, 1);
    let stopped = guest.try_call("fd_write", &[1, BUFFERS, 1, OUT]);
    let stopped = stopped.unwrap_err();
    assert!(
        matches!(stopped.downcast_ref(), Some(Stop::Limit(_))),
        "{stopped:?}"
    );
}
