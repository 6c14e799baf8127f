//! Machine code of side modules, in the cache where that of guest images is.

use super::cache;
use super::trust::Origin;
use super::verify::{open_verified, write_verified};
use super::{LoadOptions, compatibility};
use crate::error::{Error, Result};
use crate::side::{CodeStore, InMemory};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use wasmtime::{Engine, Module};

/// What is kept: the folder in the cache, and how many files, the last written ones.
#[derive(Clone, Copy)]
struct Shelf {
    folder: &'static str,
    most: usize,
}

/// Most are some 100 KB.
const PROGRAMS: Shelf = Shelf {
    folder: "programs",
    most: 512,
};
/// Each is as large as the memory of a guest image, or larger.
const STATES: Shelf = Shelf {
    folder: "snapshots",
    most: 16,
};
const EXTENSION: &str = "cwasm";
/// After how many written files those that are too many are looked for.
const LOOK: usize = 32;

impl LoadOptions {
    /// Where machine code of side modules for this engine is kept.
    pub(crate) fn side_modules(&self, engine: &Engine) -> Box<dyn CodeStore> {
        self.files(engine, PROGRAMS)
    }

    /// Where states of snapshots for this engine are kept, in its form.
    pub(crate) fn states(&self, engine: &Engine) -> Box<dyn CodeStore> {
        self.files(engine, STATES)
    }

    fn files(&self, engine: &Engine, shelf: Shelf) -> Box<dyn CodeStore> {
        Box::new(Files {
            shelf,
            options: self.clone(),
            folder: OnceLock::new(),
            compatibility: compatibility(engine),
            written: std::sync::atomic::AtomicUsize::new(0),
        })
    }
}

/// One file for each content and engine.
struct Files {
    shelf: Shelf,
    options: LoadOptions,
    /// Made when the first side module is compiled: most hosts have none. None where the cache cannot be used.
    folder: OnceLock<Option<PathBuf>>,
    compatibility: String,
    written: std::sync::atomic::AtomicUsize,
}

impl CodeStore for Files {
    fn load(&self, engine: &Engine, digest: &str, wasm: &[u8]) -> Result<Module> {
        let folder = self
            .folder
            .get_or_init(|| cache::own_folder(&self.options, self.shelf.folder));
        let Some(folder) = folder else {
            return InMemory.load(engine, digest, wasm);
        };
        // Both are hexadecimal digits.
        let name = format!(
            "{}-{}.{EXTENSION}",
            digest.get(..32).unwrap_or(digest),
            self.compatibility
        );
        let path = folder.join(name);
        if path.is_file() {
            match kept(engine, &path) {
                Ok(module) => return Ok(module),
                Err(problem) => {
                    tracing::debug!(path = %path.display(), problem, "machine code of a program in the cache is not used");
                }
            }
        }
        let code = engine
            .precompile_module(wasm)
            .map_err(Error::engine("compile a side module"))?;
        match write_verified(&path, &code) {
            Ok(_) => self.prune(folder),
            Err(error) => {
                tracing::debug!(path = %path.display(), %error, "machine code of a program cannot be cached");
            }
        }
        // SAFETY: these bytes are what this engine's compiler returned a moment ago.
        unsafe { Module::deserialize(engine, &code) }
            .map_err(Error::engine("load a compiled side module"))
    }
}

fn kept(engine: &Engine, path: &Path) -> Result<Module, String> {
    let file = open_verified(path, None, Origin::Cache)?;
    cache::map(engine, file)
}

impl Files {
    /// Removes all but the files that were written last, now and then.
    fn prune(&self, folder: &Path) {
        let written = self
            .written
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if !written.is_multiple_of(LOOK) {
            return;
        }
        let Ok(found) = std::fs::read_dir(folder) else {
            return;
        };
        let mut files: Vec<_> = found
            .flatten()
            .map(|found| found.path())
            .filter(|path| path.extension().is_some_and(|e| e == EXTENSION))
            .filter_map(|path| Some((path.metadata().ok()?.modified().ok()?, path)))
            .collect();
        files.sort();
        for (_, path) in files.iter().rev().skip(self.shelf.most) {
            let mut record = path.clone().into_os_string();
            record.push(".json");
            let _ = std::fs::remove_file(path);
            let _ = std::fs::remove_file(record);
        }
    }
}
