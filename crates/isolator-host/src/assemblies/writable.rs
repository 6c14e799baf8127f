//! Directories that runtimes may write: no source of assemblies.
//!
//! A runtime that could write where its assemblies come from would choose what is loaded; and one that could write where its neighbour's
//! come from would choose what the neighbour runs. So every directory that was ever granted for writing to a runtime of this process is
//! remembered, by what the system calls it and not by its path, as long as it is there. A folder is a source for a runtime only if
//! neither it nor a directory above it is among them, nor one on the way from it to the file.

use super::door::Refusal;
use super::system::{Directory, Identity, identity};
use crate::error::{Error, Result};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// Entries beyond which those are looked for whose directory is gone.
const MANY: usize = 1024;

#[derive(Debug)]
struct Known {
    path: PathBuf,
    /// Runtimes that may write it now.
    live: usize,
}

#[derive(Debug)]
struct Register {
    entries: HashMap<Identity, Known>,
    /// Entries at which the next look is taken.
    look_at: usize,
}

static REGISTER: LazyLock<Mutex<Register>> = LazyLock::new(|| {
    Mutex::new(Register {
        entries: HashMap::new(),
        look_at: MANY,
    })
});

/// Whether the entry's directory is still where it was. One that is gone has given its number back, perhaps to another.
fn is_there(path: &Path, of: &Identity) -> bool {
    identity(path).is_ok_and(|found| found == *of)
}

fn register<T>(f: impl FnOnce(&mut Register) -> T) -> T {
    f(&mut REGISTER.lock().unwrap_or_else(PoisonError::into_inner))
}

/// A directory that a living runtime may write.
#[derive(Debug)]
struct Granted(Identity);

impl Granted {
    fn new(path: &Path) -> Result<Self> {
        let id = identity(path).map_err(Error::io("open the directory", path))?;
        let many = register(|register| {
            let entry = register.entries.entry(id.clone()).or_insert(Known {
                path: PathBuf::new(),
                live: 0,
            });
            // The latest path is the likeliest to stay.
            entry.path = path.to_path_buf();
            entry.live += 1;
            (register.entries.len() >= register.look_at).then(|| {
                register.look_at = usize::MAX;
                let old = register.entries.iter().filter(|(_, entry)| entry.live == 0);
                old.map(|(id, entry)| (id.clone(), entry.path.clone()))
                    .collect::<Vec<_>>()
            })
        });
        if let Some(old) = many {
            // The file system is asked while nobody waits for the lock.
            let gone = old.into_iter().filter(|(id, path)| !is_there(path, id));
            let gone: Vec<_> = gone.collect();
            register(|register| {
                for (id, path) in &gone {
                    forget(register, id, path);
                }
                register.look_at = MANY.max(register.entries.len() * 2);
            });
        }
        Ok(Self(id))
    }
}

fn forget(register: &mut Register, id: &Identity, path: &Path) {
    if let Some(entry) = register.entries.get(id)
        && entry.live == 0
        && entry.path == path
    {
        register.entries.remove(id);
    }
}

impl Drop for Granted {
    fn drop(&mut self) {
        register(|register| {
            if let Some(entry) = register.entries.get_mut(&self.0) {
                entry.live -= 1;
            }
        });
    }
}

/// Whether a runtime may, or could, write the directory itself.
fn is_writable(id: &Identity) -> bool {
    let Some((live, path)) = register(|register| {
        let entry = register.entries.get(id)?;
        Some((entry.live > 0, entry.path.clone()))
    }) else {
        return false;
    };
    if live || is_there(&path, id) {
        return true;
    }
    register(|register| forget(register, id, &path));
    false
}

/// Refuses a folder and the directories on the way from it to a file, if runtimes may write there.
pub(super) fn check(folder: &Directory, passed: &[Directory]) -> std::result::Result<(), Refusal> {
    if register(|register| register.entries.is_empty()) {
        return Ok(());
    }
    for directory in passed.iter().rev().chain([folder]) {
        if is_writable(&directory.identity()?) {
            return Err(Refusal::Writable(directory.path().to_path_buf()));
        }
    }
    if folder.above()?.iter().any(is_writable) {
        return Err(Refusal::Writable(folder.path().to_path_buf()));
    }
    Ok(())
}

/// What a runtime may write, and whether it may load from what may be written.
#[derive(Debug, Default, Clone)]
pub(crate) struct Sources {
    #[expect(dead_code, reason = "they count while they are held")]
    granted: Arc<[Granted]>,
    pub from_writable: bool,
}

impl Sources {
    /// # Errors
    /// [`Error::Io`] for a directory that is not there.
    pub(crate) fn new<'a>(
        writable: impl IntoIterator<Item = &'a Path>,
        from_writable: bool,
    ) -> Result<Self> {
        Ok(Self {
            granted: writable
                .into_iter()
                .map(Granted::new)
                .collect::<Result<_>>()?,
            from_writable,
        })
    }
}

/// What is kept in folders where no runtime may write.
#[derive(Clone, Copy)]
pub(crate) enum Kept {
    /// The guest image and the cache.
    MachineCode,
    /// What other programs are compiled with.
    Compiler,
}

impl Kept {
    /// What it is, and what to do beside granting it read-only.
    fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::MachineCode => (
                "machine code that runs outside of the sandbox is kept in",
                ", or let the guest image and the cache (the environment variable ISOLATOR_CACHE) be elsewhere",
            ),
            Self::Compiler => (
                "later scripts are compiled with what is in",
                ", or let the compiler and the packages be elsewhere",
            ),
        }
    }
}

/// Refuses to let a runtime write where something lies that this program, or another one of the user, runs outside of the runtime: it would be out
/// of the sandbox with the next start.
pub(crate) fn check_grant(grant: &Path, kept: &[PathBuf], what: Kept) -> Result<()> {
    let failed = || Error::io("open the directory", grant);
    let granted = Directory::named(grant).map_err(failed())?;
    let (id, above) = (
        granted.identity().map_err(failed())?,
        granted.above().map_err(failed())?,
    );
    for path in kept {
        // What is not there yet a guest could make.
        let absolute = std::path::absolute(path).map_err(failed())?;
        let mut there = absolute.ancestors();
        let Some((at, directory)) = there.find_map(|at| Some((at, Directory::named(at).ok()?)))
        else {
            continue;
        };
        let code = directory.identity().map_err(failed())?;
        let holds = id == code || directory.above().map_err(failed())?.contains(&id);
        let lies_in = at == absolute && above.contains(&code);
        if holds || lies_in {
            let (why, else_do) = what.told();
            return Err(Error::Config {
                message: format!(
                    "the directory `{}` cannot be granted for writing, since {why} `{}`: grant it read-only, grant another one{else_do}",
                    grant.display(),
                    path.display()
                ),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machine_code_is_nowhere_where_a_runtime_may_write() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        std::fs::create_dir_all(at("home/.cache/isolator/entry")).unwrap();
        std::fs::create_dir_all(at("home/data")).unwrap();
        std::fs::create_dir_all(at("other/data")).unwrap();
        let kept = [at("home/.cache/isolator"), at("other/.cache/isolator")];
        for (path, allowed) in [
            ("home/data", true),
            ("other/data", true),
            ("home/.cache/isolator/entry", false),
            ("home/.cache/isolator", false),
            ("home/.cache", false),
            ("home", false),
            // Nothing is there yet, but it would be looked for.
            ("other", false),
            (".", false),
        ] {
            let outcome = check_grant(&at(path), &kept, Kept::MachineCode);
            assert_eq!(outcome.is_ok(), allowed, "{path}: {outcome:?}");
        }
        let message = check_grant(&at("home"), &kept, Kept::MachineCode)
            .unwrap_err()
            .to_string();
        assert!(
            message.contains(".cache/isolator") && message.contains("ISOLATOR_CACHE"),
            "{message}"
        );
        let message = check_grant(&at("home"), &kept, Kept::Compiler)
            .unwrap_err()
            .to_string();
        assert!(message.contains("later scripts are compiled"), "{message}");
    }

    fn refused(folder: &Path, parts: &[&str]) -> bool {
        let folder = Directory::named(folder).unwrap();
        let passed = super::super::door::descend(&folder, parts).unwrap();
        match check(&folder, &passed) {
            Ok(()) => false,
            Err(Refusal::Writable(_)) => true,
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn what_is_granted_for_writing_is_no_source_nor_what_lies_in_it() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        std::fs::create_dir_all(at("app/bin/de/deep")).unwrap();
        std::fs::create_dir_all(at("app/bin/fr")).unwrap();
        std::fs::create_dir_all(at("other")).unwrap();
        let bin = at("app/bin");
        let grant = |path: &str| Sources::new([&*at(path)], false).unwrap();

        let all = |expected: [bool; 3]| {
            let found = [&[][..], &["de"], &["fr"]].map(|parts| refused(&bin, parts));
            assert_eq!(found, expected);
        };
        all([false; 3]);
        let other = grant("other");
        all([false; 3]);
        drop(other);
        let one = grant("app/bin/de");
        all([false, true, false]);
        let deeper = grant("app/bin/de/deep");
        drop((one, deeper));
        // What was written stays when the writer is gone.
        all([false, true, false]);
        let above = grant("app");
        all([true; 3]);
        drop(above);
        all([true; 3]);
    }

    #[test]
    fn a_grant_of_a_directory_further_down_taints_nothing_above_it() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("de/deep");
        std::fs::create_dir_all(&deep).unwrap();
        let _grant = Sources::new([&*deep], false).unwrap();
        assert!(!refused(root.path(), &["de"]));
        assert!(refused(root.path(), &["de", "deep"]));
    }

    #[cfg(unix)]
    #[test]
    fn another_path_to_it_is_the_same_directory() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        std::fs::create_dir_all(at("real/bin")).unwrap();
        std::os::unix::fs::symlink("real", at("link")).unwrap();
        let _grant = Sources::new([&*at("link/bin")], false).unwrap();
        assert!(refused(&at("real/bin"), &[]));
        assert!(refused(&at("link/bin"), &[]));
        assert!(!refused(&at("link"), &[]));
    }

    #[test]
    fn a_directory_that_is_gone_is_forgotten() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("scratch");
        std::fs::create_dir(&path).unwrap();
        let id = identity(&path).unwrap();
        let grant = Sources::new([&*path], false).unwrap();
        std::fs::rename(&path, root.path().join("moved")).unwrap();
        assert!(is_writable(&id), "it is held, wherever it is");
        drop(grant);
        assert!(!is_writable(&id));
        assert!(register(|register| !register.entries.contains_key(&id)));
    }

    #[test]
    fn directories_that_come_and_go_do_not_pile_up() {
        let root = tempfile::tempdir().unwrap();
        for index in 0..3 * MANY {
            let path = root.path().join(index.to_string());
            std::fs::create_dir(&path).unwrap();
            drop(Sources::new([&*path], false).unwrap());
            std::fs::remove_dir(&path).unwrap();
        }
        // Other tests have some, too.
        assert!(register(|register| register.entries.len()) < 2 * MANY);
    }
}
