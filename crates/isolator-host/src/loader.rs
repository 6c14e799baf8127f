//! Where assemblies come from that are not part of the base class library.

use crate::error::{Error, Result};
use crate::guest_log::LogBudget;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// What a guest looks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct AssemblyRequest {
    /// Simple name, without extension, such as `Newtonsoft.Json`.
    pub name: String,
    /// Culture of a satellite assembly, such as `de-CH`; none for an ordinary one.
    pub culture: Option<String>,
}

impl AssemblyRequest {
    /// A request for an ordinary assembly.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            culture: None,
        }
    }

    /// The same for a satellite assembly of this culture.
    #[must_use]
    pub fn with_culture(mut self, culture: impl Into<String>) -> Self {
        self.culture = Some(culture.into());
        self
    }

    /// Whether its names are file names and nothing else.
    pub(crate) fn is_plain(&self) -> bool {
        is_plain(&self.name) && self.culture.as_deref().is_none_or(is_plain)
    }
}

/// An assembly's bytes.
#[derive(Clone)]
#[non_exhaustive]
pub struct AssemblyImage {
    /// The PE image (the content of the `.dll`).
    pub image: Arc<[u8]>,
    /// The portable PDB, for file names and line numbers in stack traces.
    pub symbols: Option<Arc<[u8]>>,
}

impl AssemblyImage {
    /// An image without symbols.
    pub fn new(image: impl Into<Arc<[u8]>>) -> Self {
        Self {
            image: image.into(),
            symbols: None,
        }
    }

    /// The same with its portable PDB.
    #[must_use]
    pub fn with_symbols(mut self, symbols: impl Into<Arc<[u8]>>) -> Self {
        self.symbols = Some(symbols.into());
        self
    }
}

impl AssemblyImage {
    fn same(&self, other: &Self) -> bool {
        self.image == other.image && self.symbols == other.symbols
    }
}

impl std::fmt::Debug for AssemblyImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "AssemblyImage({} bytes, {} bytes of symbols)",
            self.image.len(),
            self.symbols.as_ref().map_or(0, |s| s.len())
        )
    }
}

/// Finds assemblies. Closures `Fn(&AssemblyRequest) -> Option<AssemblyImage>` are loaders too.
///
/// Loaders are asked in the order in which the builder got them, for what the base class library does not have.
pub trait AssemblyLoader: Send + Sync {
    /// The assembly, or none if this loader does not know it. The request comes from guest code: trust nothing in it.
    fn load(&self, request: &AssemblyRequest) -> Option<AssemblyImage>;
}

impl<F> AssemblyLoader for F
where
    F: Fn(&AssemblyRequest) -> Option<AssemblyImage> + Send + Sync,
{
    fn load(&self, request: &AssemblyRequest) -> Option<AssemblyImage> {
        self(request)
    }
}

/// The loaders of one runtime. A clone is the same ones.
#[derive(Clone, Default)]
pub(crate) struct Loaders(Arc<Vec<Box<dyn AssemblyLoader>>>);

impl Loaders {
    pub(crate) fn new(loaders: Vec<Box<dyn AssemblyLoader>>) -> Self {
        Self(Arc::new(loaders))
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Box<dyn AssemblyLoader>> {
        self.0.iter()
    }
}

/// A file as it was when it was read.
struct Cached {
    path: PathBuf,
    modified: Option<SystemTime>,
    image: AssemblyImage,
}

/// Loads `name.dll` (or `culture/name.resources.dll`) from a directory, with the `.pdb` beside it. Files are read once.
pub(crate) struct DirectoryLoader {
    directory: PathBuf,
    /// What was read, by its path in lower case. A guest says how a name is spelled: where the file system does not tell the case of
    /// letters, each spelling is a path of the same file, and only the first is kept.
    read: Mutex<HashMap<String, Vec<Cached>>>,
    /// Guests choose what is looked for, and so how often something cannot be read.
    log: LogBudget,
}

impl DirectoryLoader {
    /// # Errors
    /// [`Error::Io`] if it is no directory.
    pub(crate) fn new(directory: &Path) -> Result<Self> {
        let found = std::fs::metadata(directory)
            .map_err(Error::io("read the assembly directory", directory))?;
        if !found.is_dir() {
            return Err(Error::io("read the assembly directory", directory)(
                std::io::ErrorKind::NotADirectory.into(),
            ));
        }
        Ok(Self {
            directory: directory.to_path_buf(),
            read: Mutex::default(),
            log: LogBudget::default(),
        })
    }

    pub(crate) fn path(&self, request: &AssemblyRequest) -> Option<PathBuf> {
        // Names come from guest code: only plain ones may become part of a path.
        if !request.is_plain() {
            return None;
        }
        match request.culture.as_deref() {
            None => Some(self.directory.join(format!("{}.dll", request.name))),
            Some(culture) => {
                // `App.resources` is the satellite's own name; its file carries it too.
                Some(
                    self.directory
                        .join(culture)
                        .join(format!("{}.dll", request.name)),
                )
            }
        }
    }
}

impl AssemblyLoader for DirectoryLoader {
    fn load(&self, request: &AssemblyRequest) -> Option<AssemblyImage> {
        let path = self.path(request)?;
        let modified = std::fs::metadata(&path).ok()?.modified().ok();
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let spelled = path.to_string_lossy().to_lowercase();
        let known = |cached: &&Cached| cached.path == path && cached.modified == modified;
        if let Some(cached) = read.get(&spelled).and_then(|all| all.iter().find(known)) {
            return Some(cached.image.clone());
        }
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                if self.log.allows() {
                    tracing::warn!(path = %path.display(), %error, "an assembly cannot be read");
                }
                return None;
            }
        };
        let mut image = AssemblyImage::new(bytes);
        if let Ok(symbols) = std::fs::read(path.with_extension("pdb")) {
            image = image.with_symbols(symbols);
        }
        let all = read.entry(spelled).or_default();
        all.retain(|cached| cached.path != path);
        if let Some(cached) = all.iter().find(|cached| cached.image.same(&image)) {
            return Some(cached.image.clone());
        }
        all.push(Cached {
            path,
            modified,
            image: image.clone(),
        });
        Some(image)
    }
}

/// Whether a name is one path component and nothing else, on every platform.
fn is_plain(name: &str) -> bool {
    let bad = |c: char| {
        c.is_control() || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
    };
    !name.is_empty()
        && name.len() <= 255
        && !name.starts_with('.')
        && !name.ends_with(['.', ' '])
        && !name.contains(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_gives_what_is_in_it_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let bin = root.path().join("bin");
        std::fs::create_dir_all(bin.join("de")).unwrap();
        std::fs::write(root.path().join("Secret.dll"), b"secret").unwrap();
        std::fs::write(bin.join("App.dll"), b"app").unwrap();
        std::fs::write(bin.join("App.pdb"), b"pdb").unwrap();
        std::fs::write(bin.join("de/App.resources.dll"), b"german").unwrap();
        let loader = DirectoryLoader::new(&bin).unwrap();
        let load = |name: &str| loader.load(&AssemblyRequest::new(name));
        let app = load("App").unwrap();
        assert_eq!(
            (&*app.image, app.symbols.as_deref()),
            (&b"app"[..], Some(&b"pdb"[..]))
        );
        let german = loader
            .load(&AssemblyRequest::new("App.resources").with_culture("de"))
            .unwrap();
        assert_eq!(&*german.image, b"german");
        let secret = root.path().join("Secret");
        for name in [
            "../Secret",
            "..\\Secret",
            "",
            ".",
            "..",
            "Missing",
            "App\0",
            secret.to_str().unwrap(),
            "C:Secret",
        ] {
            assert!(load(name).is_none(), "{name:?}");
        }
        assert!(
            loader
                .load(&AssemblyRequest::new("Secret").with_culture(".."))
                .is_none()
        );
        assert!(matches!(
            DirectoryLoader::new(&bin.join("nothing")),
            Err(Error::Io { .. })
        ));
    }

    #[test]
    fn a_file_is_kept_once_however_its_name_is_spelled() {
        let root = tempfile::tempdir().unwrap();
        // What a file system shows that does not tell the case of letters.
        for name in ["App", "APP", "aPP"] {
            std::fs::write(root.path().join(format!("{name}.dll")), b"app").unwrap();
            std::fs::write(root.path().join(format!("{name}.pdb")), b"pdb").unwrap();
        }
        let loader = DirectoryLoader::new(root.path()).unwrap();
        let load = |name: &str| loader.load(&AssemblyRequest::new(name)).unwrap();
        let app = load("App");
        for name in ["APP", "aPP", "App"] {
            let same = load(name);
            assert!(Arc::ptr_eq(&app.image, &same.image), "{name}");
            assert!(
                Arc::ptr_eq(&app.symbols.clone().unwrap(), &same.symbols.unwrap()),
                "{name}"
            );
        }
        // Others stay others.
        std::fs::write(root.path().join("aPp.dll"), b"other").unwrap();
        for _ in 0..2 {
            assert_eq!(&*load("aPp").image, b"other");
            assert_eq!(&*load("App").image, b"app");
        }
    }

    #[test]
    fn a_changed_file_is_read_again() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("App.dll");
        std::fs::write(&path, b"one").unwrap();
        let loader = DirectoryLoader::new(root.path()).unwrap();
        assert_eq!(
            &*loader.load(&AssemblyRequest::new("App")).unwrap().image,
            b"one"
        );
        std::fs::write(&path, b"two").unwrap();
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() + std::time::Duration::from_secs(5))
            .unwrap();
        assert_eq!(
            &*loader.load(&AssemblyRequest::new("App")).unwrap().image,
            b"two"
        );
    }
}
