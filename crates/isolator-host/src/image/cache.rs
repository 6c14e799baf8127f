//! The user's cache of machine code: one entry per guest image and engine.

use super::verify::{open_verified, write_verified};
use super::{GuestImage, LoadOptions, Modules};
use crate::error::{Error, Result};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use wasmtime::{Engine, Module};

/// Names the cache directory, instead of the user's.
const CACHE_VARIABLE: &str = "ISOLATOR_CACHE";
/// Entries that are kept, the last written ones: each is some 70 MB.
const KEPT: usize = 6;
const CODE: &str = "code.cwasm";
const STATE: &str = "state.cwasm";

/// The cache directory; none if the platform has none.
fn directory(options: &LoadOptions) -> Option<PathBuf> {
    options
        .cache
        .clone()
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

/// The module in a file of machine code.
pub(super) fn map(engine: &Engine, file: File) -> Result<Module, String> {
    // SAFETY: the file holds what this engine's compiler wrote: it is beside an image that the user named, or in the user's
    // cache, and its content was just verified by `open_verified` against the digest recorded when it was written.
    // The mapping is private; whoever can write to the user's files meanwhile can run code as the user anyway.
    unsafe { Module::deserialize_open_file(engine, file) }
        .map_err(|error| format!("the engine cannot load it: {error:#}"))
}

/// Loads the image's machine code from the cache, or makes it and puts it there.
pub(super) fn load_or_compile(
    image: &GuestImage,
    engine: &Engine,
    compatibility: &str,
    options: &LoadOptions,
) -> Result<Modules> {
    let Some(root) = directory(options) else {
        tracing::info!(
            "there is no cache directory: the guest is compiled each time. Name one with {CACHE_VARIABLE}"
        );
        return compile(image, engine).and_then(|(code, state)| in_memory(engine, &code, &state));
    };
    let digest = &image.manifest().digest;
    let entry = root.join(format!(
        "{}-{compatibility}",
        digest.get(..32).unwrap_or(digest)
    ));
    if let Some(modules) = load(engine, &entry) {
        return Ok(modules);
    }
    // One compiles, the others wait and find it done; within this process, and among processes as far as locks work.
    static COMPILING: Mutex<()> = Mutex::new(());
    let _one = COMPILING.lock().unwrap_or_else(PoisonError::into_inner);
    let prepared = prepare(&root);
    if let Some(modules) = load(engine, &entry) {
        return Ok(modules);
    }
    let (code, state) = compile(image, engine)?;
    let written = prepared.and_then(|lock| {
        std::fs::create_dir_all(&entry)?;
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
            tracing::info!(
                cache = %root.display(), %error,
                "the compiled guest cannot be cached and is kept in memory: each process compiles it again. \
                 Free some space, or name another directory with {CACHE_VARIABLE}"
            );
            in_memory(engine, &code, &state)
        }
    }
}

/// Makes the cache directory, private to the user, and locks it.
fn prepare(root: &Path) -> io::Result<File> {
    if !root.is_dir() {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(root)?;
    }
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
    let load = |name: &str| {
        let path = entry.join(name);
        if !path.exists() {
            return None;
        }
        match open_verified(&path, None).and_then(|file| map(engine, file)) {
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

fn compile(image: &GuestImage, engine: &Engine) -> Result<(Vec<u8>, Vec<u8>)> {
    let _span = tracing::info_span!("compile", image = image.origin()).entered();
    let began = std::time::Instant::now();
    let (code, state) = image.checked_modules()?;
    let compile = |module: &[u8]| {
        engine
            .precompile_module(module)
            .map_err(|error| Error::bad_guest(image.path(), format!("{error:#}")))
    };
    let compiled = (compile(&code)?, compile(&state)?);
    tracing::info!(
        milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        "guest compiled"
    );
    Ok(compiled)
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
