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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::side::engine_for_tests;
    use std::time::Duration;

    /// Where machine code is to be found, this is given for the module: nothing could be compiled of it.
    const NOTHING: &[u8] = b"no module";

    /// A cache, and a module for it.
    struct Place {
        root: tempfile::TempDir,
        engine: Engine,
        wasm: Vec<u8>,
        digest: String,
    }

    impl Place {
        fn new() -> Self {
            let wasm =
                wat::parse_str(r#"(module (func (export "seven") (result i32) (i32.const 7)))"#)
                    .unwrap();
            Self {
                root: tempfile::tempdir().unwrap(),
                engine: engine_for_tests(),
                digest: blake3::hash(&wasm).to_string(),
                wasm,
            }
        }

        fn cache(&self) -> PathBuf {
            self.root.path().join("cache")
        }

        /// The store of another host, or another process.
        fn store(&self) -> Box<dyn CodeStore> {
            let options = LoadOptions {
                cache: Some(self.cache()),
            };
            options.side_modules(&self.engine)
        }

        fn load(&self, wasm: &[u8]) -> Result<Module> {
            self.store().load(&self.engine, &self.digest, wasm)
        }

        /// Whether what is kept is used, and the module that it is of not needed.
        fn is_used(&self) -> bool {
            let found = self.store().known(&self.engine, &self.digest);
            let loaded = self.load(NOTHING);
            assert_eq!(found.is_some(), loaded.is_ok());
            loaded.is_ok_and(|module| module.get_export("seven").is_some())
        }

        /// The only file of machine code.
        fn file(&self) -> PathBuf {
            let found = std::fs::read_dir(self.cache().join(PROGRAMS.folder)).unwrap();
            let files: Vec<PathBuf> = found
                .map(|found| found.unwrap().path())
                .filter(|path| path.extension().is_some_and(|kind| kind == EXTENSION))
                .collect();
            let [file] = &files[..] else {
                panic!("{files:?}")
            };
            file.clone()
        }

        fn record(&self) -> PathBuf {
            self.file().with_added_extension("json")
        }
    }

    #[test]
    fn a_second_host_makes_no_machine_code() {
        let place = Place::new();
        assert!(!place.is_used(), "there is none");
        place.load(&place.wasm).unwrap();
        let written = || place.file().metadata().unwrap().modified().unwrap();
        let first = written();
        std::thread::sleep(Duration::from_millis(30));
        assert!(place.is_used());
        place.load(&place.wasm).unwrap();
        assert_eq!(written(), first, "it was made once");
        // Other code is none of it.
        let other = place.store().known(&place.engine, &"0".repeat(64));
        assert!(other.is_none());
    }

    #[test]
    fn what_was_damaged_in_the_cache_is_made_again() {
        let place = Place::new();
        place.load(&place.wasm).unwrap();
        let good = std::fs::read(place.file()).unwrap();
        let mut flipped = good.clone();
        flipped[good.len() / 2] ^= 0x55;
        let cut = good[..good.len() / 2].to_vec();
        for (path, content) in [
            (place.file(), Some(flipped)),
            (place.file(), Some(cut)),
            (place.file(), Some(Vec::new())),
            (place.record(), Some(b"{}".to_vec())),
            (place.record(), None),
        ] {
            // Two writes are told apart by their times.
            std::thread::sleep(Duration::from_millis(30));
            match &content {
                Some(content) => std::fs::write(&path, content).unwrap(),
                None => std::fs::remove_file(&path).unwrap(),
            }
            assert!(!place.is_used(), "{}: {content:?}", path.display());
            place.load(&place.wasm).unwrap();
            assert_eq!(std::fs::read(place.file()).unwrap(), good);
            assert!(place.is_used());
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_others_could_have_written_is_not_used() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
        let mode = |path: &Path, mode: u32| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        let place = Place::new();
        place.load(&place.wasm).unwrap();
        let is_root = place.file().metadata().unwrap().uid() == 0;
        let mut bad: Vec<(PathBuf, u32)> = vec![
            (place.file(), 0o646),
            (place.record(), 0o646),
            (place.cache().join(PROGRAMS.folder), 0o757),
        ];
        if is_root {
            // Root's group has others in it, or may have; that of a person may be the person's own.
            bad.extend([(place.file(), 0o664), (place.record(), 0o664)]);
        }
        for (path, bits) in bad {
            assert!(place.is_used());
            mode(&path, bits);
            assert!(!place.is_used(), "{} {bits:o}", path.display());
            // What is made again is this user's alone.
            place.load(&place.wasm).unwrap();
            let now = path.metadata().unwrap().mode();
            assert_eq!(now & 0o022, 0, "{} {now:o}", path.display());
        }
        // Only root can give a file away.
        if is_root {
            for path in [place.file(), place.record()] {
                chown(&path, Some(4321), None).unwrap();
                assert!(!place.is_used(), "{}", path.display());
                place.load(&place.wasm).unwrap();
                assert!(place.is_used());
            }
        }
        // A cache that others may write in counts for nothing, and nothing is put there.
        let good = std::fs::read(place.file()).unwrap();
        mode(&place.cache(), 0o777);
        assert!(!place.is_used());
        place.load(&place.wasm).unwrap();
        assert_eq!(std::fs::read(place.file()).unwrap(), good);
        mode(&place.cache(), 0o700);
        assert!(place.is_used());
    }
}
