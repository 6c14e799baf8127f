//! Finding a guest image where none was named.

use super::GuestImage;
use super::trust::{self, Origin};
#[cfg(any(test, not(feature = "embedded-guest")))]
use crate::error::Error;
use crate::error::Result;
use isolator_abi::{DEFAULT_DOTNET_VERSION, MANIFEST_FILE};
use std::cmp::Reverse;
use std::path::{Path, PathBuf};

/// Names the image's directory.
pub(super) const GUEST_VARIABLE: &str = "ISOLATOR_GUEST";
/// Directory that is looked for beside the executable.
const BESIDE: &str = "isolator-guest";

impl GuestImage {
    /// Finds the image: the path if one is given, else the one that `ISOLATOR_GUEST` names, `isolator-guest` beside the
    /// executable or in the directory above it, what `cargo xtask build-guest` left in the target directory that the executable
    /// is in, and the one in the program.
    ///
    /// # Errors
    /// [`Error::GuestNotFound`] with every place that was tried; the errors of [`GuestImage::open`].
    pub fn find(path: Option<&Path>) -> Result<Self> {
        if let Some(path) = path {
            return Self::open(path);
        }
        if let Some(path) = std::env::var_os(GUEST_VARIABLE).filter(|value| !value.is_empty()) {
            return Self::open(PathBuf::from(path));
        }
        let mut looked = vec![format!(
            "the environment variable {GUEST_VARIABLE}, which is not set"
        )];
        let executable = std::env::current_exe().ok();
        let directory = executable.as_deref().and_then(Path::parent);
        if let Some(found) = find_from(directory, &trusted, &mut looked) {
            return Self::open(found);
        }
        #[cfg(debug_assertions)]
        {
            let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/guest");
            if let Some(found) = find_built(&built, &trusted, &mut looked) {
                return Self::open(found);
            }
        }
        embedded(looked)
    }
}

#[cfg(feature = "embedded-guest")]
fn embedded(_: Vec<String>) -> Result<GuestImage> {
    super::embedded::image()
}

#[cfg(not(feature = "embedded-guest"))]
fn embedded(mut looked: Vec<String>) -> Result<GuestImage> {
    looked.push("this program itself, which was built without the feature `embedded-guest`".into());
    Err(Error::GuestNotFound { looked })
}

/// Why an image that nobody named is not used, if somebody could have put it there who should not.
fn trusted(image: &Path) -> Result<(), String> {
    let real = trust::directory(image, Origin::Found)?;
    let manifest = real.join(MANIFEST_FILE);
    let file = std::fs::File::open(&manifest)
        .map_err(|error| format!("its manifest cannot be opened: {error}"))?;
    // The manifest says by digest what else belongs to the image.
    trust::file(&file, &manifest, Origin::Found)
}

/// What is said of an image; none if it may be used.
type Trust<'a> = &'a dyn Fn(&Path) -> Result<(), String>;

/// Whether there is an image that may be used. One that may not is told.
fn is_usable(image: &Path, trusted: Trust<'_>, looked: &mut Vec<String>) -> bool {
    if !image.join(MANIFEST_FILE).is_file() {
        return false;
    }
    let Err(problem) = trusted(image) else {
        return true;
    };
    tracing::warn!(
        image = %image.display(), problem,
        "a guest image is not used that others could have put there. Take the right to write away from them, or name the image \
         if you trust it"
    );
    looked.push(format!(
        "`{}`, which is not used since others could have put it there ({problem}); name it if you trust it",
        image.display()
    ));
    false
}

/// Looks around an executable's directory.
fn find_from(
    directory: Option<&Path>,
    trusted: Trust<'_>,
    looked: &mut Vec<String>,
) -> Option<PathBuf> {
    for beside in directory.into_iter().flat_map(Path::ancestors).take(2) {
        let candidate = beside.join(BESIDE);
        if is_usable(&candidate, trusted, looked) {
            return Some(candidate);
        }
        if !candidate.join(MANIFEST_FILE).is_file() {
            looked.push(format!(
                "`{}`, which has no `{MANIFEST_FILE}`",
                candidate.display()
            ));
        }
    }
    // Cargo marks its target directory, so nothing else that happens to be called `guest` is taken for one.
    let target = directory?
        .ancestors()
        .take(4)
        .find(|ancestor| ancestor.join("CACHEDIR.TAG").is_file())?;
    find_built(&target.join("guest"), trusted, looked)
}

/// The preferred version, else the newest, of those that were built in a directory.
fn find_built(directory: &Path, trusted: Trust<'_>, looked: &mut Vec<String>) -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(directory)
        .map(|entries| {
            entries
                .flatten()
                .map(|entry| entry.path())
                .filter(|path| path.join(MANIFEST_FILE).is_file())
                .collect()
        })
        .unwrap_or_default();
    found.sort_by_key(|path| {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let version: Vec<u64> = name
            .split(['.', '-'])
            .map(|part| part.parse().unwrap_or_default())
            .collect();
        Reverse((name == DEFAULT_DOTNET_VERSION, version))
    });
    if found.is_empty() {
        looked.push(format!(
            "`{}`, in which no guest was built",
            directory.display()
        ));
    }
    found
        .into_iter()
        .find(|image| is_usable(image, trusted, looked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_place_without_a_guest_is_an_error_that_says_what_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let empty = GuestImage::find(Some(dir.path())).unwrap_err().to_string();
        assert!(empty.contains("has no `guest.json`"), "{empty}");
        let missing = dir.path().join("none");
        let missing = GuestImage::find(Some(&missing)).unwrap_err().to_string();
        assert!(missing.contains("none`, which does not exist"), "{missing}");
        assert!(missing.contains("cargo xtask build-guest"), "{missing}");
    }

    fn guest(path: &Path) {
        std::fs::create_dir_all(path).unwrap();
        std::fs::write(path.join(MANIFEST_FILE), "{}").unwrap();
    }

    #[test]
    fn beside_the_executable_comes_before_what_was_built() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("target");
        let deps = target.join("debug/deps");
        std::fs::create_dir_all(&deps).unwrap();
        let mut looked = Vec::new();
        assert_eq!(find_from(Some(&deps), &|_| Ok(()), &mut looked), None);
        assert_eq!(looked.len(), 2, "{looked:?}");

        guest(&target.join("guest/11.0.0"));
        guest(&target.join("guest/9.0.9"));
        assert_eq!(
            find_from(Some(&deps), &|_| Ok(()), &mut looked),
            None,
            "not without cargo's mark"
        );
        std::fs::write(target.join("CACHEDIR.TAG"), "").unwrap();
        assert_eq!(
            find_from(Some(&deps), &|_| Ok(()), &mut looked),
            Some(target.join("guest/11.0.0"))
        );
        guest(&target.join("guest/10.0.15"));
        assert_eq!(
            find_from(Some(&deps), &|_| Ok(()), &mut looked),
            Some(target.join("guest/10.0.15"))
        );
        guest(&target.join("debug/isolator-guest"));
        assert_eq!(
            find_from(Some(&deps), &|_| Ok(()), &mut looked),
            Some(target.join("debug/isolator-guest"))
        );
    }

    #[test]
    fn every_place_is_named() {
        let root = tempfile::tempdir().unwrap();
        let mut looked = Vec::new();
        find_built(&root.path().join("guest"), &|_| Ok(()), &mut looked);
        let error = Error::GuestNotFound { looked }.to_string();
        assert!(
            error.contains("guest`, in which no guest was built")
                && error.contains("cargo xtask build-guest"),
            "{error}"
        );
    }

    #[test]
    fn what_others_could_have_put_there_is_passed_over_and_named() {
        let root = tempfile::tempdir().unwrap();
        let bin = root.path().join("bin");
        guest(&bin.join("isolator-guest"));
        guest(&root.path().join("isolator-guest"));
        let mut looked = Vec::new();
        let not_in_bin = |image: &Path| match image.starts_with(&bin) {
            true => Err("the directory `x` may be written by everybody (mode 0777)".into()),
            false => Ok(()),
        };
        assert_eq!(
            find_from(Some(&bin), &not_in_bin, &mut looked),
            Some(root.path().join("isolator-guest"))
        );
        let error = Error::GuestNotFound { looked }.to_string();
        assert!(
            error.contains("bin/isolator-guest`, which is not used") && error.contains("mode 0777"),
            "{error}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn an_image_in_a_directory_of_everybodys_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let image = root.path().join("bin/isolator-guest");
        guest(&image);
        let mode = |path: &Path, mode: u32| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        let manifest = image.join(MANIFEST_FILE);
        let bin = root.path().join("bin");
        for path in [root.path(), &bin, &image] {
            mode(path, 0o755);
        }
        mode(&manifest, 0o644);
        assert_eq!(trusted(&image), Ok(()));
        for (path, bad, good) in [
            (&manifest, 0o666, 0o644),
            (&image, 0o777, 0o755),
            (&bin, 0o777, 0o755),
            (&bin, 0o1777, 0o755),
        ] {
            mode(path, bad);
            let problem = trusted(&image).unwrap_err();
            assert!(problem.contains(&format!("mode {bad:04o}")), "{problem}");
            mode(path, good);
        }
    }
}
