//! The same calls, made here and to `wasmtime-wasi`, must have the same answers, but where the two differ on purpose.

use super::testing::*;
use super::*;
use crate::engine::contract::Core;
use crate::limits::Limits;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use wasmtime::{Instance, Module, Store, Val};
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

/// The other implementation, called through a module, since it looks for the caller's memory.
struct Reference {
    store: Store<WasiP1Ctx>,
    instance: Instance,
    directory: tempfile::TempDir,
}

fn trampolines() -> String {
    let mut text = "(module (memory (export \"memory\") 3)".to_owned();
    let mut functions = String::new();
    for spec in WASI_IMPORTS.iter().filter(|spec| !spec.results.is_empty()) {
        let (name, mut params, mut passed) = (spec.name, String::new(), String::new());
        for (index, core) in spec.params.iter().enumerate() {
            params += match core {
                Core::I32 => " i32",
                Core::I64 => " i64",
            };
            write!(passed, " local.get {index}").unwrap();
        }
        let ty = match params.as_str() {
            "" => "(result i32)".to_owned(),
            params => format!("(param{params}) (result i32)"),
        };
        write!(
            text,
            "(import \"{WASI_MODULE}\" \"{name}\" (func ${name} {ty}))"
        )
        .unwrap();
        write!(
            functions,
            "(func (export \"{name}\") {ty}{passed} call ${name})"
        )
        .unwrap();
    }
    // Imports come first.
    let memory = text.split_off("(module ".len());
    let (memory, imports) = memory.split_at(memory.find("(import").unwrap());
    text + imports + memory + &functions + ")"
}

impl Reference {
    fn new() -> Self {
        let (engine, _) = test_linker();
        let directory = tempfile::tempdir().unwrap();
        let mut context = WasiCtxBuilder::new();
        context
            .allow_blocking_current_thread(true)
            .preopened_dir(directory.path(), "/d", FsPerms::ReadWrite)
            .unwrap();
        let mut store = Store::new(&engine, context.build_p1());
        store.set_epoch_deadline(1 << 60);
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p1::add_to_linker_sync(&mut linker, |context| context).unwrap();
        let module = Module::new(&engine, wat::parse_str(trampolines()).unwrap()).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        Self {
            store,
            instance,
            directory,
        }
    }
}

/// What both can.
trait Side {
    fn ask(&mut self, name: &str, args: &[u64]) -> u32;
    fn set(&mut self, at: u64, bytes: &[u8]);
    fn seen(&mut self, at: u64, len: usize) -> Vec<u8>;
}

impl Side for PlayedGuest {
    fn ask(&mut self, name: &str, args: &[u64]) -> u32 {
        self.call(name, args)
    }
    fn set(&mut self, at: u64, bytes: &[u8]) {
        self.put(at, bytes);
    }
    fn seen(&mut self, at: u64, len: usize) -> Vec<u8> {
        self.bytes(at, len)
    }
}

impl Side for Reference {
    fn ask(&mut self, name: &str, args: &[u64]) -> u32 {
        let function = self.instance.get_func(&mut self.store, name).unwrap();
        let types: Vec<_> = function.ty(&self.store).params().collect();
        assert_eq!(types.len(), args.len(), "{name}");
        let args: Vec<Val> = types
            .iter()
            .zip(args)
            .map(|(ty, arg)| match ty {
                wasmtime::ValType::I64 => Val::I64(arg.cast_signed()),
                _ => Val::I32(u32::try_from(*arg).unwrap().cast_signed()),
            })
            .collect();
        let mut results = [Val::I32(-1)];
        function.call(&mut self.store, &args, &mut results).unwrap();
        results[0].unwrap_i32().cast_unsigned()
    }
    fn set(&mut self, at: u64, bytes: &[u8]) {
        let memory = self.instance.get_memory(&mut self.store, "memory").unwrap();
        memory.write(&mut self.store, at as usize, bytes).unwrap();
    }
    fn seen(&mut self, at: u64, len: usize) -> Vec<u8> {
        let memory = self.instance.get_memory(&mut self.store, "memory").unwrap();
        let mut bytes = vec![0; len];
        memory.read(&self.store, at as usize, &mut bytes).unwrap();
        bytes
    }
}

/// A call, with what of the memory is its answer.
struct Step {
    name: &'static str,
    args: Vec<u64>,
    paths: [String; 2],
    answer: Answer,
}

#[derive(Clone, Copy)]
enum Answer {
    Nothing,
    /// Not the number of a descriptor: which of those that are free it is, is up to each.
    Opened,
    Word,
    Long,
    /// Bytes that were read.
    Data,
    /// Type, names and size of a status.
    Status,
    /// Names and types of a listing.
    Names,
    /// Type and flags of a descriptor.
    Flags,
}

/// Where the second path lies.
const OTHER: u64 = PATH + 512;

fn take(side: &mut impl Side, step: &Step) -> (u32, Vec<Vec<u8>>) {
    side.set(PATH, step.paths[0].as_bytes());
    side.set(OTHER, step.paths[1].as_bytes());
    let data: Vec<u8> = (0..200).collect();
    side.set(DATA, &data);
    side.set(BUFFERS, &(DATA as u32).to_le_bytes());
    side.set(OUT, &[0; 64]);
    let errno = side.ask(step.name, &step.args);
    if errno != 0 {
        return (errno, Vec::new());
    }
    let word = |side: &mut dyn FnMut(u64, usize) -> Vec<u8>| {
        u32::from_le_bytes(side(OUT, 4).try_into().unwrap()) as usize
    };
    let mut seen = |at, len| side.seen(at, len);
    let answer = match step.answer {
        Answer::Nothing | Answer::Opened => Vec::new(),
        Answer::Word => vec![seen(OUT, 4)],
        Answer::Long => vec![seen(OUT, 8)],
        Answer::Data => {
            let read = word(&mut seen);
            vec![seen(OUT, 4), seen(DATA, read)]
        }
        Answer::Status => vec![seen(OUT + 16, 1), seen(OUT + 24, 16)],
        Answer::Flags => vec![seen(OUT, 4)],
        Answer::Names => {
            let used = word(&mut seen);
            let bytes = seen(DATA + 1024, used);
            let (mut rest, mut names) = (bytes.as_slice(), BTreeSet::new());
            while rest.len() >= 24 {
                let len = rest[16] as usize;
                names.insert([&rest[20..21], &rest[24..24 + len]].concat());
                rest = &rest[24 + len..];
            }
            names.into_iter().collect()
        }
    };
    (errno, answer)
}

/// Numbers that look random.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// What is open: its number here and there, and whether the guest asked to write it. The other one lets through more.
type Open = (u32, u32, bool);

/// The first argument of a call that takes a descriptor is a place among those that are open, beyond this.
const PLACE: u64 = 1000;

fn step(dice: &mut Dice, open: &[Open]) -> Step {
    const PATHS: [&str; 11] = [
        "a", "b", "d", "d/a", "d/e", "d/e/f", "l", "l/a", "d/../a", "../a", "",
    ];
    let paths = [0; 2].map(|_| PATHS[dice.roll(PATHS.len() as u64) as usize].to_owned());
    let [one, other] = paths.each_ref().map(|path| path.len() as u64);
    let (d, p, o) = (GRANTED, PATH, OTHER);
    let fd = PLACE + dice.roll(6);
    let follow = dice.roll(2);
    let writes = open.get(dice.roll(6) as usize).filter(|open| open.2);
    let writes = writes.map_or(PLACE + 99, |writes| {
        PLACE + open.iter().position(|open| open == writes).unwrap_or(99) as u64
    });
    let offset = dice.roll(5000);
    let (name, args, answer) = match dice.roll(24) {
        0..=3 => {
            let rights = [READ, WRITE, READ | WRITE, READ][dice.roll(4) as usize];
            let (flags, append) = (dice.roll(16), dice.roll(2));
            // What is to be a directory is not made, which both refuse in another order.
            let flags = if flags & 2 == 0 { flags } else { 2 };
            let args = vec![d, follow, p, one, flags, rights, rights, append, OUT];
            ("path_open", args, Answer::Opened)
        }
        4 => ("fd_close", vec![fd], Answer::Nothing),
        5 => ("fd_read", vec![fd, BUFFERS, 1, OUT], Answer::Data),
        6 => ("fd_pread", vec![fd, BUFFERS, 1, offset, OUT], Answer::Data),
        7 | 8 => ("fd_write", vec![writes, BUFFERS, 1, OUT], Answer::Word),
        9 => (
            "fd_pwrite",
            vec![writes, BUFFERS, 1, offset, OUT],
            Answer::Word,
        ),
        10 => {
            let whence = dice.roll(3);
            ("fd_seek", vec![fd, offset, whence, OUT], Answer::Long)
        }
        11 => ("fd_tell", vec![fd, OUT], Answer::Long),
        12 => (
            "fd_filestat_set_size",
            vec![writes, offset],
            Answer::Nothing,
        ),
        13 => ("fd_filestat_get", vec![fd, OUT], Answer::Status),
        14 => ("fd_fdstat_get", vec![fd, OUT], Answer::Flags),
        15 => ("path_create_directory", vec![d, p, one], Answer::Nothing),
        16 => ("path_remove_directory", vec![d, p, one], Answer::Nothing),
        17 => ("path_unlink_file", vec![d, p, one], Answer::Nothing),
        18 => ("path_rename", vec![d, p, one, d, o, other], Answer::Nothing),
        19 => ("path_symlink", vec![p, one, d, o, other], Answer::Nothing),
        20 => (
            "path_link",
            vec![d, 0, p, one, d, o, other],
            Answer::Nothing,
        ),
        21 => (
            "path_readlink",
            vec![d, p, one, DATA, 100, OUT],
            Answer::Data,
        ),
        22 => (
            "path_filestat_get",
            vec![d, follow, p, one, OUT],
            Answer::Status,
        ),
        _ => (
            "fd_readdir",
            vec![d, DATA + 1024, 8000, 0, OUT],
            Answer::Names,
        ),
    };
    Step {
        name,
        args,
        paths,
        answer,
    }
}

#[test]
fn both_answer_alike() {
    for seed in 0..40 {
        let mut ours = PlayedGuest::new(Limits::none(), Stdio::Discard);
        let mut theirs = Reference::new();
        let mut dice = Dice(seed);
        let mut open: Vec<Open> = Vec::new();
        ours.buffer(0, 200);
        theirs.set(BUFFERS + 4, &200u32.to_le_bytes());
        for number in 0..400 {
            let mut step = step(&mut dice, &open);
            let place = step.args[0].checked_sub(PLACE).map(|place| place as usize);
            let found = place.map(|place| open.get(place).copied().unwrap_or((99, 99, false)));
            if let Some((here, _, _)) = found {
                step.args[0] = here.into();
            }
            let here = take(&mut ours, &step);
            if let Some((_, there, _)) = found {
                step.args[0] = there.into();
            }
            let there = take(&mut theirs, &step);
            assert_eq!(
                here, there,
                "seed {seed}, call {number}: {} {:?} {:?}",
                step.name, step.args, step.paths
            );
            let word = |bytes: Vec<u8>| u32::from_le_bytes(bytes.try_into().unwrap());
            match (step.name, here.0) {
                ("path_open", 0) => {
                    let here = word(ours.seen(OUT, 4));
                    let there = word(theirs.seen(OUT, 4));
                    open.push((here, there, step.args[5] & WRITE != 0));
                }
                ("fd_close", 0) => {
                    open.remove(place.unwrap());
                }
                _ => {}
            }
        }
        let names = |directory: &tempfile::TempDir| -> BTreeSet<_> {
            let entries = directory.path().read_dir().unwrap();
            entries.map(|entry| entry.unwrap().file_name()).collect()
        };
        assert_eq!(names(&ours.directory), names(&theirs.directory));
    }
}
