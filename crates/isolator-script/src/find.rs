//! Where the compiler is.

use crate::error::{Error, Result};
use crate::prepare::{ASSEMBLIES, SIDE_SUFFIX};
use isolator_host::check_found;
use std::path::{Path, PathBuf};

/// Names the compiler's folder.
const VARIABLE: &str = "ISOLATOR_SCRIPTING";
/// Folder that is looked for beside the executable.
const BESIDE: &str = "isolator-scripting";
/// What is built is in cargo's target directory.
const BUILT: &str = "scripting";

/// The folder: the one that is named, else the one of the environment, beside the executable or in the directory above it, or what
/// `cargo xtask build-guest` left in the target directory that the executable is in.
///
/// # Errors
/// [`Error::CompilerNotFound`] with every place.
pub(crate) fn find(named: Option<&Path>) -> Result<PathBuf> {
    let variable = || std::env::var_os(VARIABLE).filter(|value| !value.is_empty());
    let mut looked = Vec::new();
    if let Some(path) = named
        .map(Path::to_path_buf)
        .or_else(|| variable().map(PathBuf::from))
    {
        return match is_there(&path, &mut looked) {
            true => Ok(path),
            false => Err(Error::CompilerNotFound { looked }),
        };
    }
    looked.push(format!(
        "the environment variable {VARIABLE}, which is not set"
    ));
    let executable = std::env::current_exe().ok();
    let directory = executable.as_deref().and_then(Path::parent);
    let beside = directory
        .into_iter()
        .flat_map(Path::ancestors)
        .take(2)
        .map(|folder| folder.join(BESIDE));
    // Cargo marks its target directory.
    let target = directory.and_then(|directory| {
        directory
            .ancestors()
            .take(4)
            .find(|folder| folder.join("CACHEDIR.TAG").is_file())
    });
    #[cfg(debug_assertions)]
    let source = Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"));
    #[cfg(not(debug_assertions))]
    let source: Option<PathBuf> = None;
    let built = target.map(Path::to_path_buf).or(source);
    beside
        .chain(built.map(|target| target.join(BUILT)))
        .find(|folder| is_there(folder, &mut looked) && is_trusted(folder, &mut looked))
        .ok_or(Error::CompilerNotFound { looked })
}

/// What decides how scripts are compiled: the folder that this program's own compiler is in, if there is one.
#[doc(hidden)]
#[must_use]
pub fn compiler_folder() -> Option<PathBuf> {
    find(None).ok()
}

/// Whether nobody else could have put a compiler there that nobody named: what it makes of a script runs with what the script is granted.
fn is_trusted(folder: &Path, looked: &mut Vec<String>) -> bool {
    let files: Vec<String> = ASSEMBLIES
        .iter()
        .flat_map(|name| [format!("{name}.dll"), format!("{name}.{SIDE_SUFFIX}")])
        .collect();
    let files: Vec<&str> = files.iter().map(|name| &**name).collect();
    let Err(problem) = check_found(folder, &files) else {
        return true;
    };
    tracing::warn!(
        folder = %folder.display(), problem,
        "a C# compiler is not used that others could have put there. Take the right to write away from them, or name its folder with {VARIABLE} if you trust it"
    );
    looked.push(format!(
        "`{}`, which is not used since others could have put it there ({problem}); name it if you trust it",
        folder.display()
    ));
    false
}

fn is_there(folder: &Path, looked: &mut Vec<String>) -> bool {
    let missing = ASSEMBLIES
        .iter()
        .map(|name| format!("{name}.dll"))
        .find(|file| !folder.join(file).is_file());
    if let Some(file) = &missing {
        looked.push(format!("`{}`, which has no `{file}`", folder.display()));
    }
    missing.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_folder_is_the_only_one_and_what_it_lacks_is_said() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("Isolator.Scripting.dll"), "").unwrap();
        let message = find(Some(folder.path())).unwrap_err().to_string();
        assert!(
            message.contains("which has no `Microsoft.CodeAnalysis.dll`"),
            "{message}"
        );
        assert!(message.contains("cargo xtask build-guest"), "{message}");
        for name in ASSEMBLIES {
            std::fs::write(folder.path().join(format!("{name}.dll")), "").unwrap();
        }
        assert_eq!(find(Some(folder.path())).unwrap(), folder.path());
    }

    #[test]
    #[cfg(unix)]
    fn a_compiler_that_others_could_have_put_there_is_found_by_name_alone() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join(BESIDE);
        std::fs::create_dir(&folder).unwrap();
        let mode = |path: &Path, mode: u32| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        mode(&folder, 0o755);
        for name in ASSEMBLIES {
            let file = folder.join(format!("{name}.dll"));
            std::fs::write(&file, "").unwrap();
            mode(&file, 0o644);
        }
        let mut looked = Vec::new();
        assert!(is_trusted(&folder, &mut looked), "{looked:?}");
        for path in [&folder, &folder.join("Microsoft.CodeAnalysis.dll")] {
            let before = path.metadata().unwrap().permissions().mode() & 0o777;
            mode(path, 0o777);
            assert!(!is_trusted(&folder, &mut looked));
            let told = looked.pop().unwrap();
            assert!(told.contains("may be written by everybody"), "{told}");
            assert!(find(Some(&folder)).is_ok());
            mode(path, before);
        }
    }
}
