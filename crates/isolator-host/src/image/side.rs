//! Machine code of side modules, in the cache where that of guest images is.

use super::cache;
use super::trust::Origin;
use super::verify::{Record, Stamp, note, noted, open_verified, stamp, write_verified};
use super::{LoadOptions, compatibility};
use crate::error::{Error, Result};
use crate::side::{CodeStore, InMemory};
use std::fs::{File, Metadata};
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
/// What files elsewhere hold, and of how many that is noted.
const SEEN: &str = "seen";
const MOST_SEEN: usize = 256;
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
        let Some(folder) = self.folder() else {
            return InMemory.load(engine, digest, wasm);
        };
        let path = self.path(folder, digest);
        if let Some(module) = find(engine, &path) {
            return Ok(module);
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

    fn known(&self, engine: &Engine, digest: &str) -> Option<Module> {
        find(engine, &self.path(self.folder()?, digest))
    }

    fn seen(&self, file: &File) -> Option<String> {
        let stamp = stamp(&file.metadata().ok()?)?;
        let record = noted(&seen_path(self.folder()?, &stamp))?;
        (record.stamp == Some(stamp)).then_some(record.blake3)
    }

    fn note_seen(&self, file: &File, before: &Metadata, digest: &str) {
        let found = file.metadata().ok().and_then(|found| stamp(&found));
        if let (Some(folder), Some(stamp)) = (self.folder(), found)
            // Somebody wrote to it meanwhile.
            && self::stamp(before) == found
        {
            let record = Record {
                blake3: digest.into(),
                stamp: Some(stamp),
            };
            // Without it the next load reads all of it again.
            let _ = note(&seen_path(folder, &stamp), &record);
        }
    }
}

/// Where is noted what a file of a state holds, that lies elsewhere.
fn seen_path(folder: &Path, stamp: &Stamp) -> PathBuf {
    folder.join(format!("{:x}-{:x}.{SEEN}", stamp.device, stamp.inode))
}

/// What is kept there, if it can be used.
fn find(engine: &Engine, path: &Path) -> Option<Module> {
    if !path.is_file() {
        return None;
    }
    match kept(engine, path) {
        Ok(module) => Some(module),
        Err(problem) => {
            tracing::debug!(path = %path.display(), problem, "machine code of a program in the cache is not used");
            None
        }
    }
}

fn kept(engine: &Engine, path: &Path) -> Result<Module, String> {
    let file = open_verified(path, None, Origin::Cache)?;
    cache::map(engine, file)
}

impl Files {
    fn folder(&self) -> Option<&Path> {
        self.folder
            .get_or_init(|| {
                cache::own_folder(self.options.cache.as_deref(), self.shelf.folder).ok()
            })
            .as_deref()
    }

    fn path(&self, folder: &Path, digest: &str) -> PathBuf {
        // Both are hexadecimal digits.
        folder.join(format!(
            "{}-{}.{EXTENSION}",
            digest.get(..32).unwrap_or(digest),
            self.compatibility
        ))
    }

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
        let paths: Vec<_> = found.flatten().map(|found| found.path()).collect();
        for (kind, most) in [(EXTENSION, self.shelf.most), (SEEN, MOST_SEEN)] {
            let mut files: Vec<_> = paths
                .iter()
                .filter(|path| path.extension().is_some_and(|e| e == kind))
                .filter_map(|path| Some((path.metadata().ok()?.modified().ok()?, path)))
                .collect();
            files.sort();
            for (_, path) in files.iter().rev().skip(most) {
                let mut record = path.as_os_str().to_owned();
                record.push(".json");
                let _ = std::fs::remove_file(path);
                let _ = std::fs::remove_file(record);
            }
        }
    }
}
