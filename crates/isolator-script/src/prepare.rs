//! The snapshot in which the compiler is loaded and warm: made once, and kept in the user's cache.

use crate::error::{Error, Result};
use isolator_host::{
    AppSnapshot, AssemblyFolder, AssemblyImage, CACHE_VARIABLE, Compiled, IsolatedRuntime,
    IsolatedRuntimeHost, Limits, cache_folder, check_cached,
};
use serde_bytes::Bytes;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// The compiler's assemblies.
pub(crate) const ASSEMBLIES: [&str; 3] = [
    "Isolator.Scripting",
    "Microsoft.CodeAnalysis",
    "Microsoft.CodeAnalysis.CSharp",
];
/// Names under which the snapshot keeps methods.
pub(crate) const CHECK: &str = "check";
pub(crate) const COMPILE: &str = "compile";
pub(crate) const EXPRESSION: &str = "expression";
pub(crate) const COMPLETE: &str = "complete";
pub(crate) const FUNCTIONS: &str = "functions";
pub(crate) const RESTORE_SESSION: &str = "restore-session";
pub(crate) const SUBMISSION: &str = "submission";
pub(crate) const CHECK_SUBMISSION: &str = "check-submission";
pub(crate) const COMPLETE_SUBMISSION: &str = "complete-submission";
pub(crate) const IS_COMPLETE: &str = "is-complete";

const TYPE: &str = "Isolator.Scripting.Compiler";
const SUFFIX: &str = "isolate";
/// The folder of the cache's.
const FOLDER: &str = "scripting";
/// What the compiled code of an assembly has in place of `dll`.
pub(crate) const SIDE_SUFFIX: &str = "isolated.wasm";
/// Snapshots that are kept, the last written ones.
const KEPT: usize = 6;
/// Of the base library, what no script has a use for: the dispatcher, and a browser's own.
const LEFT_OUT: [&str; 2] = [
    "Isolator.Runtime",
    "System.Runtime.InteropServices.JavaScript",
];

/// Where snapshots are kept from one process to the next.
pub(crate) struct Shelf<'a> {
    pub host: &'a IsolatedRuntimeHost,
    /// The cache directory, instead of the user's.
    pub cache: Option<&'a Path>,
}

impl Shelf<'_> {
    /// The beginning of a digest: what decides all that snapshots are made of.
    pub fn digest(&self) -> blake3::Hasher {
        let mut digest = blake3::Hasher::new();
        add_part(&mut digest, env!("CARGO_PKG_VERSION").as_bytes());
        add_part(&mut digest, self.host.manifest().digest.as_bytes());
        add_part(
            &mut digest,
            format!("{:?}", self.host.compiled()).as_bytes(),
        );
        digest
    }

    /// Loads the snapshot of what has this digest, or makes it, and says so in the log.
    ///
    /// # Errors
    /// What `make` fails with.
    pub fn snapshot(
        &self,
        digest: &blake3::Hasher,
        done: &str,
        make: impl FnOnce() -> Result<AppSnapshot>,
    ) -> Result<AppSnapshot> {
        let cache = self.folder();
        let file = cache.as_ref().map(|cache| file_of(cache, digest));
        if let Some(file) = file.as_ref().filter(|file| file.is_file()) {
            let loaded = check_cached(file).and_then(|()| {
                self.host
                    .load_snapshot(file)
                    .map_err(|error| error.to_string())
            });
            match loaded {
                Ok(snapshot) => return Ok(snapshot),
                Err(problem) => {
                    tracing::warn!(file = %file.display(), problem, "what was prepared is thrown away and made again");
                }
            }
        }
        let began = Instant::now();
        let made = {
            // Who shows what takes long listens to this.
            let _span = tracing::info_span!("prepare").entered();
            make()?
        };
        tracing::info!(milliseconds = began.elapsed().as_millis(), "{done}");
        let (Some(cache), Some(file)) = (cache, file) else {
            return Ok(made);
        };
        if let Err(error) = made.save(&file) {
            tracing::warn!(
                file = %file.display(), %error,
                "the prepared compiler cannot be cached: each process prepares it again. Free some space, or name another directory with {CACHE_VARIABLE}"
            );
            return Ok(made);
        }
        prune(&cache, SUFFIX, KEPT, &file);
        // As the next process finds it: so the file is in the engine's form by then.
        Ok(self.host.load_snapshot(&file).unwrap_or(made))
    }

    /// Whether the snapshot of what has this digest is there, as far as its file's name tells.
    pub fn has(&self, digest: &blake3::Hasher) -> bool {
        self.folder()
            .is_some_and(|cache| file_of(&cache, digest).is_file())
    }

    /// A folder of the cache; none where there is none.
    fn folder(&self) -> Option<PathBuf> {
        match cache_folder(self.cache, FOLDER) {
            Ok(folder) => Some(folder),
            Err(problem) => {
                tracing::warn!(
                    problem,
                    "the prepared compiler cannot be cached: each process prepares it again. Name another directory with {CACHE_VARIABLE}"
                );
                None
            }
        }
    }
}

fn file_of(cache: &Path, digest: &blake3::Hasher) -> PathBuf {
    let name: String = digest.finalize().to_hex().chars().take(32).collect();
    cache.join(format!("{name}.{SUFFIX}"))
}

/// Adds a part to a digest, so that no other parts have the same one.
pub(crate) fn add_part(digest: &mut blake3::Hasher, part: &[u8]) {
    digest.update(&(part.len() as u64).to_le_bytes());
    digest.update(part);
}

/// What the compiler's snapshot is made of.
pub(crate) struct Parts<'a> {
    pub shelf: Shelf<'a>,
    /// The compiler's folder.
    pub folder: &'a Path,
    pub libraries: &'a [AssemblyImage],
}

impl Parts<'_> {
    /// Loads the snapshot that an earlier process made of the same parts, or makes it.
    ///
    /// # Errors
    /// If the compiler cannot be loaded, or does not work in this guest.
    pub fn snapshot(&self) -> Result<AppSnapshot> {
        let folder = AssemblyFolder::open(self.folder)?;
        let digest = self.digest()?;
        self.shelf
            .snapshot(&digest, "the C# compiler was prepared", || {
                self.make(folder)
            })
    }

    fn make(&self, folder: AssemblyFolder) -> Result<AppSnapshot> {
        const MEMORY: u64 = 2 << 30;
        const TIME: Duration = Duration::from_secs(600);
        let host = self.shelf.host;
        let references = references(host)?;
        let snapshot = host
            .runtime()
            .cold()
            .limits(Limits::default().memory(MEMORY).call_timeout(TIME))
            .assembly_loader(folder)
            .snapshot(|runtime| {
                let thoroughly = self.is_compiled();
                prepare(runtime, &references, self.libraries, thoroughly)
            })?;
        Ok(snapshot)
    }

    /// Whether the compiler itself is compiled ahead, as far as files tell.
    fn is_compiled(&self) -> bool {
        self.shelf.host.compiled() != Compiled::Off
            && ASSEMBLIES.iter().all(|name| {
                let file = format!("{name}.{SIDE_SUFFIX}");
                self.folder.join(file).is_file()
            })
    }

    /// The digest of all that decides what the snapshot is.
    ///
    /// # Errors
    /// If the compiler cannot be read.
    pub fn digest(&self) -> Result<blake3::Hasher> {
        let mut digest = self.shelf.digest();
        for name in ASSEMBLIES {
            let path = self.folder.join(format!("{name}.dll"));
            let found = identity(&path).map_err(|error| Error::Unreadable {
                path: path.display().to_string(),
                message: error.to_string(),
            })?;
            add_part(&mut digest, &found);
            let compiled = path.with_extension(SIDE_SUFFIX);
            add_part(&mut digest, &identity(&compiled).unwrap_or_default());
        }
        for library in self.libraries {
            add_part(&mut digest, &library.image);
        }
        Ok(digest)
    }
}

/// What tells a file from every other one, and from itself with another content. It is read where the system does not say that: these are 20 MB, which no
/// start of a process should wait for.
fn identity(path: &Path) -> std::io::Result<Vec<u8>> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let found = std::fs::metadata(path)?;
        let numbers = [
            found.dev().cast_signed(),
            found.ino().cast_signed(),
            found.size().cast_signed(),
            found.mtime(),
            found.mtime_nsec(),
            found.ctime(),
            found.ctime_nsec(),
        ];
        Ok(numbers.into_iter().flat_map(i64::to_le_bytes).collect())
    }
    #[cfg(not(unix))]
    std::fs::read(path).map(|content| blake3::hash(&content).as_bytes().to_vec())
}

/// Makes the compiler ready in a runtime that is given its assemblies; thoroughly where it is compiled itself, which takes long otherwise and gains less.
pub(crate) fn prepare(
    runtime: &mut IsolatedRuntime,
    references: &[String],
    libraries: &[AssemblyImage],
    thoroughly: bool,
) -> isolator_host::Result<()> {
    let libraries: Vec<&Bytes> = libraries
        .iter()
        .map(|library| Bytes::new(&library.image))
        .collect();
    let [own, ..] = ASSEMBLIES;
    runtime.call::<()>(own, TYPE, "Prepare", (references, &libraries, thoroughly))?;
    for (name, method) in [
        (CHECK, "Check"),
        (COMPILE, "Compile"),
        (EXPRESSION, "CompileExpression"),
        (COMPLETE, "Complete"),
        (FUNCTIONS, "CompileFunctions"),
        (RESTORE_SESSION, "RestoreSession"),
        (SUBMISSION, "CompileSubmission"),
        (CHECK_SUBMISSION, "CheckSubmission"),
        (COMPLETE_SUBMISSION, "CompleteSubmission"),
        (IS_COMPLETE, "IsCompleteSubmission"),
    ] {
        let method = runtime.find_method(own, TYPE, method)?;
        runtime.keep(name, &method)?;
    }
    Ok(())
}

/// Names of the base library's assemblies in the guest image, as its snapshot holds them.
pub(crate) fn references(host: &IsolatedRuntimeHost) -> Result<Vec<String>> {
    let (_, state) = host.image().read_modules()?;
    let memory = isolator_compile::state::memory(&state).map_err(|error| Error::CompilerFault {
        message: error.to_string(),
    })?;
    let mut names: Vec<String> = isolator_compile::state::assemblies(&memory)
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| !LEFT_OUT.contains(&&**name))
        .collect();
    names.sort();
    Ok(names)
}

/// Removes all files with this suffix but so many: the one that is in use now, and those that were written last.
pub(crate) fn prune(folder: &Path, suffix: &str, most: usize, used: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let written = |path: &Path| {
        std::fs::metadata(path)
            .and_then(|found| found.modified())
            .unwrap_or(SystemTime::UNIX_EPOCH)
    };
    let mut others: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path != used && path.extension().is_some_and(|found| found == suffix))
        .collect();
    others.sort_by_cached_key(|path| std::cmp::Reverse(written(path)));
    for old in others.into_iter().skip(most - 1) {
        if let Err(error) = std::fs::remove_file(&old) {
            tracing::debug!(file = %old.display(), %error, "an old file of the cache cannot be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_written_snapshots_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for age in 0..8 {
            let file = path(&format!("{age}.isolate"));
            std::fs::write(&file, "").unwrap();
            let written = SystemTime::now() - Duration::from_secs(age * 60);
            std::fs::File::options()
                .write(true)
                .open(&file)
                .unwrap()
                .set_modified(written)
                .unwrap();
        }
        std::fs::write(path("other.txt"), "").unwrap();
        prune(folder.path(), SUFFIX, KEPT, &path("7.isolate"));
        let mut left: Vec<String> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(
            left,
            [
                "0.isolate",
                "1.isolate",
                "2.isolate",
                "3.isolate",
                "4.isolate",
                "7.isolate",
                "other.txt"
            ]
        );
    }
}
