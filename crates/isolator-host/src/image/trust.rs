//! Who could have written what is about to be run as machine code, or was found without being named: owner and mode of the file, of its
//! directory and of those above, as ssh looks at its keys.
//!
//! What belongs to root, to this user or to the owner of this very program is theirs to change anyway. Nobody else may be able to write
//! there. A directory like /tmp, in which everybody may make files and only their owner remove them, may be somewhere above, since what
//! lies in it belongs to whom it says; it may not be the directory that was looked in.

use std::path::{Path, PathBuf};

/// How what is looked at was come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The cache of machine code: this program wrote it, as this user.
    Cache,
    /// A guest image that was named, for the machine code in it.
    Named,
    /// A guest image that was found beside the program, and may have been put there by whoever can write there.
    Found,
    /// A guest image that was installed with this program: [`is_installed`].
    Installed,
}

/// Looks at a directory and those above. Gives its path without links; the error says what is wrong with which directory.
pub(super) fn directory(path: &Path, origin: Origin) -> Result<PathBuf, String> {
    let real = std::fs::canonicalize(path)
        .map_err(|error| format!("`{}` cannot be looked at: {error}", path.display()))?;
    system::directories(&real, origin)?;
    Ok(real)
}

/// Whether an image's directory, without links, is a part of this program's installation: it lies where the executable or the library that this code
/// is in does, and nobody can write it who cannot write that.
pub(super) fn is_installed(image: &Path) -> bool {
    let files = system::files_of_this_program();
    files.iter().any(|file| lies_with(image, file))
        && system::directories(image, Origin::Installed).is_ok()
}

/// Whether a directory lies in the folder of a file, or in one of the three above it: packages have libraries in `runtimes/linux-x64/native`.
fn lies_with(directory: &Path, file: &Path) -> bool {
    let folders = file.ancestors().skip(1).take(4);
    let parent = directory.parent();
    folders.into_iter().any(|folder| Some(folder) == parent)
}

/// Looks at a file that was opened.
pub(super) fn file(file: &std::fs::File, path: &Path, origin: Origin) -> Result<(), String> {
    let found = file
        .metadata()
        .map_err(|error| format!("its metadata cannot be read: {error}"))?;
    system::entry(&found, path, origin)
}

#[cfg(unix)]
mod system {
    use super::Origin;
    use std::fs::Metadata;
    use std::os::unix::fs::MetadataExt;
    use std::path::{Path, PathBuf};
    use std::sync::LazyLock;

    const OTHERS_WRITE: u32 = 0o002;
    const GROUP_WRITES: u32 = 0o020;
    const STICKY: u32 = 0o1000;
    /// The first number of a person's account, by convention. Below are those of the system.
    const FIRST_PERSON: u32 = 1000;

    fn this_user() -> u32 {
        // SAFETY: it takes nothing, and always succeeds.
        unsafe { libc::geteuid() }
    }

    /// Who owns this program's files: the executable, and the library that this code is in.
    fn owners_of_this_program() -> &'static [u32] {
        static OWNERS: LazyLock<Vec<u32>> = LazyLock::new(|| {
            let owner = |path: &PathBuf| Some(std::fs::metadata(path).ok()?.uid());
            files_of_this_program().iter().filter_map(owner).collect()
        });
        &OWNERS
    }

    /// The executable, and the library that this code is in, without links.
    pub(super) fn files_of_this_program() -> &'static [PathBuf] {
        static FILES: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
            let files = [std::env::current_exe().ok(), this_library()];
            let real = |path: PathBuf| std::fs::canonicalize(path).ok();
            files.into_iter().flatten().filter_map(real).collect()
        });
        &FILES
    }

    fn this_library() -> Option<std::path::PathBuf> {
        use std::os::unix::ffi::OsStrExt;
        let mut found = std::mem::MaybeUninit::<libc::Dl_info>::zeroed();
        let here: fn() -> u32 = this_user;
        // SAFETY: the address is that of a function, and there is a place for the answer.
        let known = unsafe { libc::dladdr(here as *const libc::c_void, found.as_mut_ptr()) };
        // SAFETY: it was filled, or is zero, which is a value of all its fields.
        let name = unsafe { found.assume_init() }.dli_fname;
        if known == 0 || name.is_null() {
            return None;
        }
        // SAFETY: the loader's own text, which lives as long as this code.
        let name = unsafe { std::ffi::CStr::from_ptr(name) };
        let path = Path::new(std::ffi::OsStr::from_bytes(name.to_bytes()));
        // That of the executable may be whatever it was started as.
        path.is_absolute().then(|| path.to_path_buf())
    }

    /// Whether a group has no member but the user of the same number: so many systems make one for each person, and let it write.
    fn is_private(group: u32, user: u32) -> bool {
        if group != user || user < FIRST_PERSON {
            return false;
        }
        let Ok(groups) = std::fs::read_to_string("/etc/group") else {
            return false;
        };
        only_its_own(&groups, group)
    }

    /// Looks into `/etc/group`: name, password, number, members.
    fn only_its_own(groups: &str, group: u32) -> bool {
        groups.lines().any(|line| {
            let mut parts = line.split(':');
            let (name, number, members) = (parts.next(), parts.nth(1), parts.next());
            number.and_then(|number| number.parse().ok()) == Some(group)
                && members.is_none_or(|members| members.is_empty() || Some(members) == name)
        })
    }

    /// What others may do who should not; none if nothing.
    fn problem(found: &Metadata, origin: Origin) -> Option<String> {
        let (owner, mode) = (found.uid(), found.mode());
        let known = match origin {
            Origin::Cache => owner == this_user(),
            Origin::Named | Origin::Found => {
                owner == this_user() || owners_of_this_program().contains(&owner)
            }
            Origin::Installed => owners_of_this_program().contains(&owner),
        };
        if owner != 0 && !known {
            return Some(format!(
                "belongs to the user {owner}, who is neither root nor the user {} that runs this",
                this_user()
            ));
        }
        let who = if mode & OTHERS_WRITE != 0 {
            "everybody"
        } else if mode & GROUP_WRITES != 0 && !is_private(found.gid(), owner) {
            "its group"
        } else {
            return None;
        };
        Some(format!(
            "may be written by {who} (mode {:04o})",
            mode & 0o7777
        ))
    }

    pub(super) fn entry(found: &Metadata, path: &Path, origin: Origin) -> Result<(), String> {
        match problem(found, origin) {
            None => Ok(()),
            Some(problem) => Err(format!(
                "the file `{}` {problem}: `chmod go-w` takes such a right away",
                path.display()
            )),
        }
    }

    pub(super) fn directories(real: &Path, origin: Origin) -> Result<(), String> {
        // Where an image was looked for matters as much as the image.
        let strict = if origin == Origin::Found { 2 } else { 1 };
        for (index, path) in real.ancestors().enumerate() {
            let found = std::fs::metadata(path)
                .map_err(|error| format!("`{}` cannot be looked at: {error}", path.display()))?;
            let Some(problem) = problem(&found, origin) else {
                continue;
            };
            let owned = found.uid() == 0 || found.uid() == this_user();
            if index >= strict && owned && found.mode() & STICKY != 0 {
                continue;
            }
            return Err(format!(
                "the directory `{}` {problem}: `chmod go-w` takes such a right away",
                path.display()
            ));
        }
        Ok(())
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::image::trust;
        use std::os::unix::fs::PermissionsExt;

        fn mode(path: &Path, mode: u32) {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        }

        #[test]
        fn what_others_may_write_is_named_with_its_mode() {
            let root = tempfile::tempdir().unwrap();
            let at = root.path().join("a/b");
            std::fs::create_dir_all(&at).unwrap();
            let a = root.path().join("a");
            let origins = [Origin::Cache, Origin::Named, Origin::Found];
            for path in [root.path(), &a, &at] {
                mode(path, 0o755);
            }
            for origin in origins {
                assert!(trust::directory(&at, origin).is_ok(), "{origin:?}");
            }
            for (path, bits) in [(&at, 0o757), (&at, 0o777), (&a, 0o777), (&at, 0o1777)] {
                mode(path, bits);
                for origin in origins {
                    let problem = trust::directory(&at, origin).unwrap_err();
                    let said = format!("everybody (mode {bits:04o})");
                    let named = format!("`{}`", std::fs::canonicalize(path).unwrap().display());
                    assert!(
                        problem.contains(&said) && problem.contains(&named),
                        "{problem}"
                    );
                }
                mode(path, 0o755);
            }
            // Somewhere above it may be like /tmp; but an image is not looked for there.
            mode(&a, 0o1777);
            assert!(trust::directory(&at, Origin::Cache).is_ok());
            assert!(trust::directory(&at, Origin::Named).is_ok());
            assert!(trust::directory(&at, Origin::Found).is_err());
            mode(&a, 0o755);
        }

        #[test]
        fn a_group_may_write_only_if_it_is_ones_own() {
            let groups =
                "root:x:0:\nann:x:1000:\nbob:x:1001:bob\ncat:x:1002:ann\ndon:x:1003:don,ann\n";
            let private: Vec<u32> = (999..1005).filter(|id| only_its_own(groups, *id)).collect();
            assert_eq!(private, [1000, 1001]);
            assert!(!is_private(0, 0) && !is_private(1000, 1001));
            let root = tempfile::tempdir().unwrap();
            let found = std::fs::metadata(root.path()).unwrap();
            mode(root.path(), 0o775);
            let refused = trust::directory(root.path(), Origin::Cache).is_err();
            assert_eq!(refused, !is_private(found.gid(), found.uid()));
        }

        #[test]
        fn a_file_that_others_may_write_or_that_is_theirs_is_told() {
            let root = tempfile::tempdir().unwrap();
            let path = root.path().join("code.cwasm");
            std::fs::write(&path, b"code").unwrap();
            let check = |origin| trust::file(&std::fs::File::open(&path).unwrap(), &path, origin);
            mode(&path, 0o644);
            assert_eq!(check(Origin::Cache), Ok(()));
            mode(&path, 0o646);
            assert!(check(Origin::Cache).unwrap_err().contains("mode 0646"));
            mode(&path, 0o644);
            // Only root can give a file away.
            if this_user() == 0 {
                std::os::unix::fs::chown(&path, Some(4321), None).unwrap();
                for origin in [Origin::Cache, Origin::Named, Origin::Found] {
                    assert!(check(origin).unwrap_err().contains("the user 4321"));
                }
            }
        }

        #[test]
        fn an_image_is_installed_that_lies_with_the_program_and_is_its_owners() {
            let program = std::env::current_exe().unwrap();
            let beside = tempfile::tempdir_in(program.parent().unwrap()).unwrap();
            let image = std::fs::canonicalize(beside.path()).unwrap();
            mode(&image, 0o755);
            assert!(trust::is_installed(&image));
            let within = image.join("isolator-guest");
            std::fs::create_dir(&within).unwrap();
            assert!(!trust::is_installed(&within), "the program is not above it");
            mode(&image, 0o757);
            assert!(!trust::is_installed(&image));
            mode(&image, 0o755);
            if this_user() == 0 {
                std::os::unix::fs::chown(&image, Some(4321), None).unwrap();
                assert!(!trust::is_installed(&image));
            }
            let elsewhere = tempfile::tempdir().unwrap();
            assert!(!trust::is_installed(elsewhere.path()));
        }

        #[test]
        fn libraries_of_packages_lie_deep_below_the_image() {
            let lies =
                |image: &str, file: &str| trust::lies_with(Path::new(image), Path::new(file));
            assert!(lies("/app/isolator-guest", "/app/lib.so"));
            assert!(lies(
                "/app/isolator-guest",
                "/app/runtimes/linux-x64/native/lib.so"
            ));
            assert!(!lies(
                "/app/isolator-guest",
                "/app/a/runtimes/linux-x64/native/lib.so"
            ));
            assert!(!lies("/other/isolator-guest", "/app/lib.so"));
            assert!(!lies("/app/isolator-guest", "/lib.so"));
        }

        #[test]
        fn the_program_s_own_files_are_known() {
            let me = std::fs::metadata(std::env::current_exe().unwrap())
                .unwrap()
                .uid();
            assert!(owners_of_this_program().contains(&me));
        }
    }
}

#[cfg(not(unix))]
mod system {
    use super::Origin;
    use std::path::{Path, PathBuf};

    /// Whether whoever writes an image could write this program is not known here.
    pub(super) fn files_of_this_program() -> &'static [PathBuf] {
        &[]
    }

    // Users' directories are private there without anybody's doing, and rights are lists that the standard library does not show.
    pub(super) fn entry(_: &std::fs::Metadata, _: &Path, _: Origin) -> Result<(), String> {
        Ok(())
    }

    pub(super) fn directories(_: &Path, _: Origin) -> Result<(), String> {
        Ok(())
    }
}
