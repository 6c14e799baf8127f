//! A directory full of ways out, for attacks on files.

use crate::expect::Grant;
use isolator_host::{Access, RuntimeBuilder};
use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

/// What no attack may learn. It lies outside of what is granted.
const SECRET: &str = "TOP SECRET";

/// A granted directory `in`, and around it what must stay as it is.
pub struct Traps {
    root: TempDir,
    before: BTreeMap<PathBuf, String>,
}

impl Traps {
    pub fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        std::fs::create_dir_all(at("in/sub")).unwrap();
        std::fs::create_dir_all(at("other")).unwrap();
        std::fs::write(at("in/a.txt"), "inside").unwrap();
        std::fs::write(at("in/sub/b.txt"), "deeper").unwrap();
        std::fs::write(at("secret.txt"), SECRET).unwrap();
        std::fs::write(at("other/file.txt"), SECRET).unwrap();
        for (target, link) in [
            ("..", "in/up"),
            ("../secret.txt", "in/relative"),
            ("/etc", "in/etc"),
            ("/proc", "in/proc"),
            ("/dev/zero", "in/zero"),
            ("/dev/null", "in/null"),
            ("/dev/tty", "in/tty"),
            ("sub/../relative", "in/chain"),
            ("loop", "in/loop"),
            ("/dev/zero", "device"),
        ] {
            symlink(target, at(link)).unwrap();
        }
        symlink(root.path().join("secret.txt"), at("in/absolute")).unwrap();
        let before = outside(root.path());
        Self { root, before }
    }

    /// Grants it as `/data`.
    pub fn grant(&self, runtime: RuntimeBuilder, grant: Grant) -> RuntimeBuilder {
        let access = match grant {
            Grant::Ro => Access::ReadOnly,
            Grant::Rw => Access::ReadWrite,
        };
        runtime.directory(self.inside(), "/data", access)
    }

    fn inside(&self) -> PathBuf {
        self.root.path().join("in")
    }

    /// Everything outside the granted directory is as it was.
    pub fn assert_untouched(&self) {
        assert_eq!(
            outside(self.root.path()),
            self.before,
            "something outside was changed"
        );
    }

    /// What the granted directory occupies on disk, in MiB.
    pub fn occupied(&self) -> u64 {
        fn blocks(directory: &Path) -> u64 {
            std::fs::read_dir(directory)
                .unwrap()
                .map(|entry| {
                    let path = entry.unwrap().path();
                    let found = std::fs::symlink_metadata(&path).unwrap();
                    let below = if found.is_dir() { blocks(&path) } else { 0 };
                    found.blocks() + below
                })
                .sum()
        }
        (blocks(&self.inside()) * 512) >> 20
    }

    /// Exchanges `in/swap`, a directory with a decoy, and a link out of the sandbox, and `in/turns`, a file, and a pipe, as fast as it can
    /// until `f` is done.
    pub fn racing<T>(&self, f: impl FnOnce() -> T) -> T {
        let (swap, other) = (self.inside().join("swap"), self.inside().join("swapped"));
        std::fs::create_dir(&swap).unwrap();
        std::fs::write(swap.join("secret.txt"), "decoy").unwrap();
        symlink("..", &other).unwrap();
        let (turns, pipe) = (self.inside().join("turns"), self.inside().join("pipe"));
        std::fs::write(&turns, "a file").unwrap();
        make_pipe(&pipe);
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut exchanges = 0u64;
                while !done.load(Ordering::Relaxed) {
                    exchange(&swap, &other);
                    exchange(&turns, &pipe);
                    exchanges += 1;
                }
                assert!(exchanges > 100, "there was no race: {exchanges} exchanges");
            });
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f));
            done.store(true, Ordering::Relaxed);
            result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

fn make_pipe(at: &Path) {
    let path = std::ffi::CString::new(at.as_os_str().as_encoded_bytes()).unwrap();
    // SAFETY: a NUL-terminated string that outlives the call.
    let failed = unsafe { libc::mkfifo(path.as_ptr(), 0o600) };
    assert_eq!(failed, 0, "{}", std::io::Error::last_os_error());
}

/// Exchanges two names at once.
fn exchange(one: &Path, other: &Path) {
    let path = |path: &Path| std::ffi::CString::new(path.as_os_str().as_encoded_bytes()).unwrap();
    let (one, other) = (path(one), path(other));
    // SAFETY: both are NUL-terminated strings that outlive the call.
    let failed = unsafe {
        libc::renameat2(
            libc::AT_FDCWD,
            one.as_ptr(),
            libc::AT_FDCWD,
            other.as_ptr(),
            libc::RENAME_EXCHANGE,
        )
    };
    assert_eq!(failed, 0, "{}", std::io::Error::last_os_error());
}

/// Names and content of what lies outside of `in`.
fn outside(root: &Path) -> BTreeMap<PathBuf, String> {
    let mut all = BTreeMap::new();
    let mut directories = vec![root.to_path_buf()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            let found = std::fs::symlink_metadata(&path).unwrap();
            if path == root.join("in") {
                continue;
            }
            let content = if found.is_file() {
                std::fs::read_to_string(&path).unwrap()
            } else {
                format!("{:?}", found.file_type())
            };
            if found.is_dir() {
                directories.push(path.clone());
            }
            all.insert(path, content);
        }
    }
    all
}
