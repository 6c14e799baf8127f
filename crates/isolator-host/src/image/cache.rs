//! The user's cache of machine code: one entry per guest image and engine.

use super::trust::{self, Origin};
use super::verify::{open_verified, write_verified};
use super::{GuestImage, LoadOptions, Modules};
use crate::error::{Error, Result};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use wasmtime::{Engine, Module};

/// Names the cache directory, instead of the user's.
pub const CACHE_VARIABLE: &str = "ISOLATOR_CACHE";
/// Entries that are kept, the last written ones: each is some 150 MB.
const KEPT: usize = 6;
const CODE: &str = "code.cwasm";
const STATE: &str = "state.cwasm";

/// The cache directory: the one that is named, that the environment names, or the user's. None if the platform has none.
#[must_use]
pub fn cache_directory(named: Option<&Path>) -> Option<PathBuf> {
    named
        .map(Path::to_path_buf)
        .or_else(|| {
            std::env::var_os(CACHE_VARIABLE)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        })
        .or_else(|| {
            directories::ProjectDirs::from("", "", "isolator")
                .map(|dirs| dirs.cache_dir().to_path_buf())
        })
}

/// The module in a file of machine code, an image's or a program's.
pub(super) fn map(engine: &Engine, file: File) -> Result<Module, String> {
    // SAFETY: the file holds what this engine's compiler wrote: it is beside an image that the user named, or in the user's
    // cache, and its content was just verified by `open_verified` against the digest recorded when it was written.
    // Nobody but this user and root can write it or its directories (`trust.rs`), and they can run code as the user anyway. The
    // mapping is private.
    unsafe { Module::deserialize_open_file(engine, file) }
        .map_err(|error| format!("the engine cannot load it: {error:#}"))
}

/// Loads the image's machine code from the cache, or makes it and puts it there. `embedded`: whether machine code in this program, if there is
/// any, was made by a compiler like this engine's.
pub(super) fn load_or_make(
    image: &GuestImage,
    engine: &Engine,
    compatibility: &str,
    embedded: bool,
    options: &LoadOptions,
) -> Result<Modules> {
    let make = || make_code(image, engine, embedded);
    let Some(root) = cache_directory(options.cache.as_deref()) else {
        tracing::info!(
            "there is no cache directory: the guest is compiled each time. Name one with {CACHE_VARIABLE}"
        );
        return make().and_then(|(code, state)| in_memory(engine, &code, &state));
    };
    if let Err(error) = make_private_directory(&root) {
        let (code, state) = make()?;
        unusable(&root, &error);
        return in_memory(engine, &code, &state);
    }
    // The path without links from here on: what was looked at is what is used.
    let root = match trust::directory(&root, Origin::Cache) {
        Ok(root) => root,
        Err(problem) => {
            tracing::warn!(
                cache = %root.display(), problem,
                "the cache of compiled guests is not used, since others could write machine code there: each process compiles the \
                 guest again. Take the right to write away from them, or name a directory of your own with {CACHE_VARIABLE}"
            );
            return make().and_then(|(code, state)| in_memory(engine, &code, &state));
        }
    };
    let digest = &image.manifest().digest;
    let entry = root.join(format!(
        "{}-{compatibility}",
        digest.get(..32).unwrap_or(digest)
    ));
    if let Some(modules) = load(engine, &entry) {
        tracing::info!(entry = %entry.display(), "the guest's machine code in the cache is used");
        return Ok(modules);
    }
    // One compiles, the others wait and find it done; within this process, and among processes as far as locks work.
    static COMPILING: Mutex<()> = Mutex::new(());
    let _one = COMPILING.lock().unwrap_or_else(PoisonError::into_inner);
    let prepared = lock(&root);
    if let Some(modules) = load(engine, &entry) {
        return Ok(modules);
    }
    let (code, state) = make()?;
    let written = prepared.and_then(|lock| {
        renew(&entry)?;
        write_verified(&entry.join(CODE), &code)?;
        write_verified(&entry.join(STATE), &state)?;
        Ok(lock)
    });
    match written {
        Ok(lock) => {
            prune(&root, &entry);
            drop(lock);
            match load(engine, &entry) {
                Some(modules) => Ok(modules),
                None => in_memory(engine, &code, &state),
            }
        }
        Err(error) => {
            unusable(&root, &error);
            in_memory(engine, &code, &state)
        }
    }
}

/// A folder of the cache's for something else, if the cache can be used. The error says why it cannot.
pub(super) fn own_folder(named: Option<&Path>, name: &str) -> Result<PathBuf, String> {
    let root = cache_directory(named).ok_or("there is none on this platform")?;
    let failed = |error: io::Error| format!("`{}`: {error}", root.display());
    make_private_directory(&root).map_err(failed)?;
    // The path without links from here on: what was looked at is what is used.
    let folder = trust::directory(&root, Origin::Cache)?.join(name);
    renew(&folder).map_err(failed)?;
    Ok(folder)
}

fn unusable(root: &Path, error: &io::Error) {
    tracing::warn!(
        cache = %root.display(), %error,
        "the compiled guest cannot be cached and is kept in memory: each process compiles it again. \
         Free some space, or name another directory with {CACHE_VARIABLE}"
    );
}

/// Makes a directory, if it is not there, with those above: private to the user, whatever files are made with otherwise.
///
/// # Errors
/// The system's.
pub fn make_private_directory(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes an entry's directory. What is there instead, or was made when others could write in it, is removed.
fn renew(entry: &Path) -> io::Result<()> {
    let is_link = std::fs::symlink_metadata(entry).is_ok_and(|found| !found.is_dir());
    if is_link {
        std::fs::remove_file(entry)?;
    } else if entry.exists() && trust::directory(entry, Origin::Cache).is_err() {
        std::fs::remove_dir_all(entry)?;
    }
    make_private_directory(entry)
}

/// Locks the cache directory.
fn lock(root: &Path) -> io::Result<File> {
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(root.join("lock"))?;
    if let Err(error) = lock.lock() {
        tracing::debug!(%error, "the cache cannot be locked");
    }
    Ok(lock)
}

/// The entry's modules; none if it is missing or not what was written.
fn load(engine: &Engine, entry: &Path) -> Option<Modules> {
    // An entry is a directory of ours; a link is none, whatever it leads to.
    if !std::fs::symlink_metadata(entry).is_ok_and(|found| found.is_dir()) {
        return None;
    }
    if let Err(problem) = trust::directory(entry, Origin::Cache) {
        tracing::warn!(path = %entry.display(), problem, "a cached guest is not used");
        return None;
    }
    let load = |name: &str| {
        let path = entry.join(name);
        if !path.exists() {
            return None;
        }
        match open_verified(&path, None, Origin::Cache).and_then(|file| map(engine, file)) {
            Ok(module) => Some(module),
            Err(problem) => {
                tracing::info!(path = %path.display(), problem, "a cached guest is thrown away and made again");
                None
            }
        }
    };
    Some(Modules {
        code: load(CODE)?,
        state: load(STATE)?,
    })
}

/// Machine code of both modules: what the program brings, or else compiled.
fn make_code(image: &GuestImage, engine: &Engine, embedded: bool) -> Result<(Vec<u8>, Vec<u8>)> {
    if embedded && let Some(made) = unpack(image, engine)? {
        return Ok(made);
    }
    let _span = tracing::info_span!("compile", image = image.origin()).entered();
    let began = Instant::now();
    let (code, state) = image.checked_modules()?;
    let compiled = (
        compile(image, engine, &code)?,
        compile(image, engine, &state)?,
    );
    tracing::info!(
        milliseconds = milliseconds(began),
        "the guest was compiled for this machine"
    );
    Ok(compiled)
}

fn compile(image: &GuestImage, engine: &Engine, module: &[u8]) -> Result<Vec<u8>> {
    engine
        .precompile_module(module)
        .map_err(|error| Error::bad_guest(image.path(), format!("{error:#}")))
}

/// The machine code inside this program, if there is any and it fits this processor. The snapshot's is little more than the snapshot,
/// and is made from it.
fn unpack(image: &GuestImage, engine: &Engine) -> Result<Option<(Vec<u8>, Vec<u8>)>> {
    let began = Instant::now();
    let Some(code) = image.embedded_machine_code()? else {
        return Ok(None);
    };
    // SAFETY: it is part of this program, put there by its build from what the compiler had made.
    if let Err(error) = unsafe { Module::deserialize(engine, &code) } {
        tracing::info!(
            problem = format!("{error:#}"),
            "the machine code inside this program does not fit this machine"
        );
        return Ok(None);
    }
    let state = compile(image, engine, &image.state()?)?;
    tracing::info!(
        milliseconds = milliseconds(began),
        "the machine code inside this program was unpacked"
    );
    Ok(Some((code, state)))
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn in_memory(engine: &Engine, code: &[u8], state: &[u8]) -> Result<Modules> {
    let load = |bytes: &[u8]| {
        // SAFETY: these bytes are what this engine's compiler returned a moment ago.
        unsafe { Module::deserialize(engine, bytes) }
            .map_err(Error::engine("load the compiled guest"))
    };
    Ok(Modules {
        code: load(code)?,
        state: load(state)?,
    })
}

/// Removes all but the entries that were written last. What a process has mapped stays readable to it.
fn prune(root: &Path, entry: &Path) {
    let Ok(found) = std::fs::read_dir(root) else {
        return;
    };
    let mut entries: Vec<_> = found
        .flatten()
        .map(|found| found.path())
        .filter(|path| path != entry && path.join(CODE).is_file())
        .filter_map(|path| Some((path.metadata().ok()?.modified().ok()?, path)))
        .collect();
    entries.sort();
    for (_, path) in entries.iter().rev().skip(KEPT - 1) {
        if let Err(error) = std::fs::remove_dir_all(path) {
            tracing::debug!(path = %path.display(), %error, "an old cache entry cannot be removed");
        }
    }
}
