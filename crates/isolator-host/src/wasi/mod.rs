//! WASI preview 1 as a guest sees it: everything denied that was not granted, and nothing that needs an async executor.
//!
//! Streams, clocks, random numbers and exit are answered without any context to set up, files only where directories were granted.
//! `wasmtime-wasi` is not used: its synchronous linker calls tokio's `block_on`, which panics on an executor's worker thread; it opens
//! pipes and waits for them, lists a directory anew for each buffer, and does not say what of a disk it takes. Paths beneath a directory
//! are not for us to write, and come from `cap-primitives`, as they do there.
//!
//! No function does more than a step's work without a look at the deadline, and what a guest's numbers make the host do costs fuel
//! ([`Meter::step`](crate::limits::Meter::step)).

#[cfg(test)]
mod border_tests;
mod clock;
mod disk;
#[cfg(test)]
mod disk_tests;
mod errno;
mod files;
#[cfg(test)]
mod files_tests;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod poll;
mod random;
#[cfg(test)]
mod reference_tests;
mod streams;
mod temporary;
#[cfg(test)]
mod testing;

use crate::limits::{Meter, Stop};
use crate::signature::{Core, Spec};
use crate::stdio::{Sink, Source, Stdin, Stdio};
use isolator_abi::contract::WASI_MODULE;
use std::time::{Duration, Instant};
use wasmtime::{Caller, Linker, Memory};

/// What a live runtime has of WASI.
pub(crate) struct Wasi {
    pub stdin: Source,
    pub stdout: Sink,
    pub stderr: Sink,
    /// What was last written to standard error, wherever it went: a runtime that aborts says why there.
    pub last_words: LastWords,
    /// Streams that the guest closed, by bit.
    closed: u8,
    /// A read of standard input says that nothing is there yet instead of waiting.
    impatient_stdin: bool,
    /// Granted directories, temporary files, and what is open of both; none before anything is asked of them where nothing was granted.
    files: Option<Box<Files>>,
    /// There are none any more.
    files_are_gone: bool,
    /// What it has used of them.
    pub disk: Disk,
    /// When it began, and what the monotonic clock showed then.
    began: Instant,
    clock: Duration,
    /// Something was read of standard input.
    has_read: bool,
}

impl Wasi {
    pub(crate) fn new(
        stdin: Stdin,
        stdout: Stdio,
        stderr: Stdio,
        files: Option<Box<Files>>,
    ) -> Self {
        Self {
            stdin: stdin.into(),
            stdout: stdout.into(),
            stderr: stderr.into(),
            last_words: LastWords::default(),
            closed: 0,
            impatient_stdin: false,
            files,
            files_are_gone: false,
            disk: Disk::default(),
            began: Instant::now(),
            clock: Duration::ZERO,
            has_read: false,
        }
    }

    /// What the monotonic clock shows.
    pub(crate) fn monotonic(&self) -> Duration {
        self.clock.saturating_add(self.began.elapsed())
    }

    /// The clock goes on from here: the guest has seen it before.
    pub(crate) fn set_monotonic(&mut self, now: Duration) {
        self.clock = now;
    }

    /// What the guest has that is not in its memory, for people.
    pub(crate) fn stays_behind(&self) -> Vec<String> {
        let mut all = Vec::new();
        if let Some(files) = &self.files {
            all.extend(files.stays_behind());
        }
        if self.has_read {
            all.push("it has read of its standard input".into());
        }
        all
    }

    /// The same for a fork: its streams go to the same places, its files are open where they were. What it used is counted anew.
    ///
    /// # Errors
    /// What cannot be shared, for people.
    pub(crate) fn fork(&self) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let files = match self.files.as_ref().map(|files| files.fork()).transpose() {
            Ok(files) => files,
            Err(problem) => {
                problems.push(problem);
                None
            }
        };
        let stdin = self.stdin.fork();
        if stdin.is_none() && self.has_read {
            problems.push("it has read of its standard input, which is a reader".into());
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            stdin: stdin.unwrap_or(Source::Empty),
            stdout: self.stdout.fork(),
            stderr: self.stderr.fork(),
            last_words: LastWords::default(),
            closed: self.closed,
            impatient_stdin: self.impatient_stdin,
            files: files.map(Box::new),
            files_are_gone: false,
            disk: Disk::default(),
            began: Instant::now(),
            clock: self.monotonic(),
            has_read: self.has_read,
        })
    }

    /// What its temporary files take of its runtime's memory.
    pub(crate) fn in_memory(&self) -> u64 {
        self.files.as_ref().map_or(0, |files| files.in_memory())
    }

    /// What is kept of it where its runtime is written down.
    pub(crate) fn kept(&self) -> Kept {
        Kept {
            closed: self.closed,
            impatient_stdin: self.impatient_stdin,
            grants: self.files.as_ref().and_then(|files| files.grants()),
            temporary: self.temporary_files(),
        }
    }

    /// What is in `/tmp`; none if nothing is.
    pub(crate) fn temporary_files(&self) -> Option<KeptFiles> {
        self.files.as_ref()?.kept_temporary()
    }

    /// Whether `/tmp` is the runtime's own.
    pub(crate) fn has_temporary(&self) -> bool {
        let files = self.files.as_ref();
        !self.files_are_gone && files.is_none_or(|files| files.temporary.is_some())
    }

    /// Puts files into `/tmp`, in which nothing is yet. So much memory was taken for them.
    pub(crate) fn put_files(&mut self, kept: &KeptFiles, takes: u64) {
        if let Some((files, _)) = self.files()
            && let Some(temporary) = &mut files.temporary
        {
            temporary.put_back(kept, takes);
        }
    }

    /// Whether that is all that there is of files.
    pub(crate) fn is_kept_whole(&self) -> bool {
        let files = self.files.as_ref();
        files.is_none_or(|files| files.grants().is_some())
    }

    /// Goes on with what was kept: the guest knows its directories by number.
    ///
    /// # Errors
    /// What is granted otherwise than it was, for people.
    pub(crate) fn go_on(&mut self, kept: &Kept) -> Result<(), String> {
        self.closed = kept.closed;
        self.impatient_stdin = kept.impatient_stdin;
        let now = match &self.files {
            Some(files) => files.grants().unwrap_or_default(),
            // Made when it is asked for.
            None => Grants::of_nothing(),
        };
        let then = kept.grants.clone().unwrap_or_else(Grants::of_nothing);
        if now == then {
            return Ok(());
        }
        let words = |grants: &Grants| match &*grants.directories {
            [] => "none".into(),
            all => {
                let each = all.iter().map(|(guest, writable)| {
                    let how = if *writable {
                        "read and write"
                    } else {
                        "read only"
                    };
                    format!("`{}` ({how})", crate::printable::line(guest))
                });
                each.collect::<Vec<_>>().join(", ")
            }
        };
        Err(format!(
            "it goes on with the directories that it had, in the same order: {}. Granted are now: {}",
            words(&then),
            words(&now)
        ))
    }

    /// The files, and what was used of disks. None when the runtime is gone.
    fn files(&mut self) -> Option<(&mut Files, &mut Disk)> {
        if self.files_are_gone {
            return None;
        }
        let files = self
            .files
            .get_or_insert_with(|| Box::new(Files::only_temporary()));
        Some((files, &mut self.disk))
    }

    /// Closes the granted directories and all files in them, and lets go of standard input. What was used stays known, and what was
    /// written is kept.
    pub(crate) fn close(&mut self) {
        self.files = None;
        self.files_are_gone = true;
        self.stdin = Source::Empty;
    }
}

/// What of WASI a runtime that is written down keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Kept {
    closed: u8,
    impatient_stdin: bool,
    grants: Option<Grants>,
    temporary: Option<KeptFiles>,
}

impl Kept {
    /// What was in `/tmp`; none if nothing was.
    pub(crate) fn temporary(&self) -> Option<&KeptFiles> {
        self.temporary.as_ref()
    }
}

/// What WASI asks of the data of a guest's store.
pub(crate) trait WasiHost: Sized + 'static {
    /// The guest's memory; none before it has one.
    fn guest_memory(&self) -> Option<Memory>;

    /// Whether the engine counts fuel.
    fn counts_fuel(&self) -> bool;

    /// What its functions work with.
    fn parts(&mut self) -> Parts<'_>;

    /// Runs `f`, which a guest called, where functions of the host run.
    fn on_host<T>(caller: &mut Caller<'_, Self>, f: impl FnOnce(&mut Caller<'_, Self>) -> T) -> T;
}

/// What WASI's functions work with, besides the guest's memory.
pub(crate) struct Parts<'a> {
    pub wasi: &'a mut Wasi,
    pub meter: &'a mut Meter,
}

/// The guest called `proc_exit`. Unwinds all guest frames.
#[derive(Debug)]
pub(crate) struct ExitRequest(pub i32);

impl std::fmt::Display for ExitRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the guest ended its process with exit code {}", self.0)
    }
}
impl std::error::Error for ExitRequest {}

/// The end of what was written to a stream.
#[derive(Default)]
pub(crate) struct LastWords(Vec<u8>);

impl LastWords {
    /// How much is kept, in bytes.
    const KEPT: usize = 2048;

    fn add(&mut self, data: &[u8]) {
        let tail = data
            .get(data.len().saturating_sub(Self::KEPT)..)
            .unwrap_or(data);
        self.0.extend_from_slice(tail);
        if self.0.len() > 2 * Self::KEPT {
            self.0.drain(..self.0.len() - Self::KEPT);
        }
    }

    /// The last lines, at most so many bytes of them.
    pub(crate) fn text(&self) -> String {
        let tail = self
            .0
            .get(self.0.len().saturating_sub(Self::KEPT)..)
            .unwrap_or(&self.0);
        String::from_utf8_lossy(tail).trim().to_owned()
    }
}

/// The guest's memory, its bytes split from the rest of the store.
fn memory<'a, S: WasiHost>(
    caller: &'a mut Caller<'_, S>,
) -> wasmtime::Result<(&'a mut [u8], Parts<'a>)> {
    let memory: Memory = caller
        .data()
        .guest_memory()
        .ok_or_else(|| wasmtime::format_err!("the guest called WASI before it had its memory"))?;
    let (bytes, host): (&'a mut [u8], &'a mut S) = memory.data_and_store_mut(caller);
    Ok((bytes, host.parts()))
}

/// `len` bytes at `at`.
fn slice(memory: &mut [u8], at: u32, len: u32) -> Result<&mut [u8], Errno> {
    let end = u64::from(at) + u64::from(len);
    let end = usize::try_from(end).map_err(|_| Errno::Fault)?;
    memory.get_mut(at as usize..end).ok_or(Errno::Fault)
}

fn write<const N: usize>(memory: &mut [u8], at: u32, bytes: [u8; N]) -> Result<(), Errno> {
    let to = slice(memory, at, u32::try_from(N).map_err(|_| Errno::Fault)?)?;
    to.copy_from_slice(&bytes);
    Ok(())
}

fn read_u32(memory: &mut [u8], at: u32) -> Result<u32, Errno> {
    slice(memory, at, 4)?
        .try_into()
        .map(u32::from_le_bytes)
        .map_err(|_| Errno::Fault)
}

fn read_u64(memory: &mut [u8], at: u32) -> Result<u64, Errno> {
    slice(memory, at, 8)?
        .try_into()
        .map(u64::from_le_bytes)
        .map_err(|_| Errno::Fault)
}

/// Why a function did not do what it was asked for.
#[derive(Debug)]
enum Trouble {
    /// The guest is told.
    Errno(Errno),
    /// The guest is stopped.
    Stop(Stop),
}

impl From<Errno> for Trouble {
    fn from(errno: Errno) -> Self {
        Self::Errno(errno)
    }
}

impl From<Stop> for Trouble {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

/// Answers a call of a function that takes its time: what it uses of the guest's fuel is taken, and its deadline may end it.
fn answer<S: WasiHost>(
    caller: &mut Caller<'_, S>,
    run: impl FnOnce(&mut [u8], &mut Parts<'_>) -> Result<(), Trouble>,
) -> wasmtime::Result<u32> {
    S::on_host(caller, |caller| answer_here(caller, run))
}

fn answer_here<S: WasiHost>(
    caller: &mut Caller<'_, S>,
    run: impl FnOnce(&mut [u8], &mut Parts<'_>) -> Result<(), Trouble>,
) -> wasmtime::Result<u32> {
    let counts_fuel = caller.data().counts_fuel();
    if counts_fuel {
        let fuel = caller.get_fuel()?;
        caller.data_mut().parts().meter.fuel = Some(fuel);
    }
    let (memory, mut parts) = memory(caller)?;
    let outcome = run(memory, &mut parts);
    if counts_fuel && let Some(left) = caller.data_mut().parts().meter.fuel.take() {
        caller.set_fuel(left)?;
    }
    match outcome {
        Ok(()) => Ok(Errno::Success as u32),
        Err(Trouble::Errno(errno)) => Ok(errno as u32),
        Err(Trouble::Stop(stop)) => Err(wasmtime::Error::new(stop)),
    }
}

fn errno(result: Result<(), Errno>) -> u32 {
    match result {
        Ok(()) => Errno::Success as u32,
        Err(errno) => errno as u32,
    }
}

/// Declares WASI functions: their entry in the signature table and in the linker.
macro_rules! functions {
    ($table:ident, $link:ident; $($name:ident($($arg:ident: $core:ident),*) -> $body:expr;)*) => {
        const $table: &[Spec] = &[$(Spec {
            name: stringify!($name),
            params: &[$(Core::$core),*],
            results: &[Core::I32],
            post: false,
        }),*];

        fn $link<S: WasiHost>(linker: &mut Linker<S>) -> wasmtime::Result<()> {
            $(
                linker.func_wrap(WASI_MODULE, stringify!($name), |mut caller: Caller<'_, S> $(, $arg: functions!(@ty $core))*| -> wasmtime::Result<u32> {
                    let (memory, mut parts) = memory(&mut caller)?;
                    let run: fn(&mut [u8], &mut Parts<'_> $(, functions!(@ty $core))*) -> Result<(), Errno> = $body;
                    Ok(errno(run(memory, &mut parts $(, $arg)*)))
                })?;
            )*
            Ok(())
        }
    };
    (@ty I32) => { u32 };
    (@ty I64) => { u64 };
}
use functions;

functions! { PLAIN, link_plain;
    // Arguments and environment reach the guest with `start`: a snapshot must not have read the build's.
    args_get(_argv: I32, _buffer: I32) -> |_, _, _, _| Ok(());
    args_sizes_get(count: I32, size: I32) -> |memory, _, count, size| { write(memory, count, [0; 4])?; write(memory, size, [0; 4]) };
    environ_get(_environ: I32, _buffer: I32) -> |_, _, _, _| Ok(());
    environ_sizes_get(count: I32, size: I32) -> |memory, _, count, size| { write(memory, count, [0; 4])?; write(memory, size, [0; 4]) };
    sched_yield() -> |_, _| { std::thread::yield_now(); Ok(()) };
    // There are no signals and no sockets.
    proc_raise(_signal: I32) -> |_, _, _| Err(Errno::Notsup);
    sock_accept(_fd: I32, _flags: I32, _out: I32) -> |_, _, _, _, _| Err(Errno::Notsup);
    sock_recv(_fd: I32, _data: I32, _count: I32, _flags: I32, _len: I32, _out: I32) -> |_, _, _, _, _, _, _, _| Err(Errno::Notsup);
    sock_send(_fd: I32, _data: I32, _count: I32, _flags: I32, _len: I32) -> |_, _, _, _, _, _, _| Err(Errno::Notsup);
    sock_shutdown(_fd: I32, _how: I32) -> |_, _, _, _| Err(Errno::Notsup);
}

const EXIT: &[Spec] = &[Spec {
    name: "proc_exit",
    params: &[Core::I32],
    results: &[],
    post: false,
}];

/// Every function that a guest may import from WASI.
pub(crate) const WASI_IMPORTS: &[Spec] = &{
    const PARTS: [&[Spec]; 7] = [
        PLAIN,
        EXIT,
        clock::CLOCKS,
        poll::POLL,
        streams::STREAMS,
        files::FILES,
        random::RANDOM,
    ];
    const COUNT: usize = {
        let (mut part, mut count) = (0, 0);
        while part < PARTS.len() {
            count += PARTS[part].len();
            part += 1;
        }
        count
    };
    let mut all = [EXIT[0]; COUNT];
    let (mut part, mut next) = (0, 0);
    while part < PARTS.len() {
        let mut item = 0;
        while item < PARTS[part].len() {
            all[next] = PARTS[part][item];
            next += 1;
            item += 1;
        }
        part += 1;
    }
    all
};

/// Adds all of WASI to a linker.
pub(crate) fn add_to_linker<S: WasiHost>(linker: &mut Linker<S>) -> wasmtime::Result<()> {
    link_plain(linker)?;
    linker.func_wrap(
        WASI_MODULE,
        "proc_exit",
        |code: i32| -> wasmtime::Result<()> { Err(wasmtime::Error::new(ExitRequest(code))) },
    )?;
    clock::link_clocks(linker)?;
    poll::link_poll(linker)?;
    streams::link_streams(linker)?;
    files::link_files(linker)?;
    random::link_random(linker)
}

pub(crate) use disk::Disk;
use errno::{Errno, errno_of};
use files::Grants;
pub(crate) use files::{Files, GrantedDirectory, open_directories};
pub(crate) use temporary::KeptFiles;

#[cfg(test)]
mod tests {
    use super::testing::test_linker;
    use super::*;
    use crate::engine::instance::function_type;
    use crate::engine::state::State;

    #[test]
    fn the_table_is_what_the_linker_has_and_what_wasi_is() {
        let (engine, linker) = test_linker();
        let mut reference: Linker<wasmtime_wasi::p1::WasiP1Ctx> = Linker::new(&engine);
        wasmtime_wasi::p1::add_to_linker_async(&mut reference, |ctx| ctx).unwrap();
        let mut store = wasmtime::Store::new(&engine, State::for_tests());
        let mut other =
            wasmtime::Store::new(&engine, wasmtime_wasi::WasiCtxBuilder::new().build_p1());
        for spec in WASI_IMPORTS {
            let ours = linker
                .get(&mut store, WASI_MODULE, spec.name)
                .ok()
                .and_then(wasmtime::Extern::into_func)
                .unwrap();
            let wanted = function_type(&engine, spec);
            assert!(
                wasmtime::FuncType::eq(&ours.ty(&store), &wanted),
                "{}",
                spec.name
            );
            let theirs = reference
                .get(&mut other, WASI_MODULE, spec.name)
                .ok()
                .and_then(wasmtime::Extern::into_func)
                .unwrap();
            assert!(
                wasmtime::FuncType::eq(&theirs.ty(&other), &wanted),
                "{}",
                spec.name
            );
        }
        assert_eq!(
            reference.iter(&mut other).count(),
            WASI_IMPORTS.len(),
            "none is missing"
        );
    }

    #[test]
    fn memory_is_checked_at_its_end() {
        let mut memory = [0u8; 16];
        assert!(slice(&mut memory, 8, 8).is_ok());
        assert_eq!(slice(&mut memory, 9, 8), Err(Errno::Fault));
        assert_eq!(slice(&mut memory, u32::MAX, u32::MAX), Err(Errno::Fault));
        assert_eq!(read_u64(&mut memory, 12), Err(Errno::Fault));
    }
}
