//! Where assemblies come from that are not part of the base class library.

use crate::assemblies::{Patience, is_culture, is_device};
use crate::limits::log::LogBudget;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

/// What a guest looks for. Two are equal if they name the same assembly, whoever asks.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AssemblyRequest {
    /// Simple name, without extension, such as `Newtonsoft.Json`.
    pub name: String,
    /// Culture of a satellite assembly, such as `de-CH`; none for an ordinary one.
    pub culture: Option<String>,
    pub(crate) circumstances: Circumstances,
}

/// Who asks, as far as that decides what is read.
#[derive(Clone, Default)]
pub(crate) struct Circumstances {
    /// Most bytes of an assembly that the runtime can take; none where no runtime asks.
    pub most: Option<u64>,
    /// Most bytes of compiled code that is looked at; none where none is wanted.
    pub compiled: Option<u64>,
    /// The embedder said that it may load from where runtimes may write.
    pub from_writable: bool,
    pub patience: Patience,
    pub log: Option<LogBudget>,
}

impl std::fmt::Debug for Circumstances {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Circumstances")
            .field("most", &self.most)
            .field("from_writable", &self.from_writable)
            .finish_non_exhaustive()
    }
}

impl PartialEq for AssemblyRequest {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.culture) == (&other.name, &other.culture)
    }
}

impl Eq for AssemblyRequest {}

impl Hash for AssemblyRequest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.name, &self.culture).hash(state);
    }
}

impl AssemblyRequest {
    /// A request for an ordinary assembly.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            culture: None,
            circumstances: Circumstances::default(),
        }
    }

    /// The same for a satellite assembly of this culture.
    #[must_use]
    pub fn with_culture(mut self, culture: impl Into<String>) -> Self {
        self.culture = Some(culture.into());
        self
    }

    /// Whether its name is a file name and nothing else, and its culture one that there is.
    pub(crate) fn is_plain(&self) -> bool {
        is_plain(&self.name) && self.culture.as_deref().is_none_or(is_culture)
    }

    /// The path below a folder at which such an assembly lies: `NAME.dll` or `CULTURE/NAME.dll`. None if the name is no plain file
    /// name, or the culture not the name of one: both come from guest code.
    #[must_use]
    pub fn file(&self) -> Option<String> {
        let name = &self.name;
        self.is_plain().then(|| match &self.culture {
            None => format!("{name}.dll"),
            // `App.resources` is the satellite's own name; its file carries it too.
            Some(culture) => format!("{culture}/{name}.dll"),
        })
    }

    /// Most bytes that the assembly may have which is the answer, and its symbols: what the runtime that asks may take beyond its
    /// snapshot ([`Limits::memory`](crate::Limits::memory)). A larger answer is refused.
    #[must_use]
    pub fn largest_assembly(&self) -> u64 {
        self.circumstances.most.unwrap_or(u64::MAX)
    }
}

/// The BLAKE3 of a content, made when it is first asked for, for all clones of what holds both.
#[derive(Clone, Default)]
pub(crate) struct Digest(Arc<OnceLock<(Arc<[u8]>, blake3::Hash)>>);

impl Digest {
    /// The digest of this content, which may be another than before: whoever holds an assembly may exchange its bytes.
    pub(crate) fn of(&self, content: &Arc<[u8]>) -> blake3::Hash {
        let make = || (content.clone(), blake3::hash(content));
        let (hashed, digest) = self.0.get_or_init(make);
        match Arc::ptr_eq(hashed, content) {
            true => *digest,
            false => blake3::hash(content),
        }
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
    /// The side module that `isolator compile` made of the assembly. One that does not fit it, or the guest image, is left alone.
    pub compiled: Option<Arc<[u8]>>,
    /// That of `image`, and that of `compiled`.
    pub(crate) digest: Digest,
    pub(crate) compiled_digest: Digest,
}

impl AssemblyImage {
    /// An image without symbols.
    pub fn new(image: impl Into<Arc<[u8]>>) -> Self {
        Self {
            image: image.into(),
            symbols: None,
            compiled: None,
            digest: Digest::default(),
            compiled_digest: Digest::default(),
        }
    }

    /// The same with its portable PDB.
    #[must_use]
    pub fn with_symbols(mut self, symbols: impl Into<Arc<[u8]>>) -> Self {
        self.symbols = Some(symbols.into());
        self
    }

    /// The same with its compiled code, see [`Compiled`](crate::Compiled).
    #[must_use]
    pub fn with_compiled(mut self, compiled: impl Into<Arc<[u8]>>) -> Self {
        self.compiled = Some(compiled.into());
        self
    }
}

impl std::fmt::Debug for AssemblyImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "AssemblyImage({} bytes, {} bytes of symbols, {} bytes compiled)",
            self.image.len(),
            self.symbols.as_ref().map_or(0, |s| s.len()),
            self.compiled.as_ref().map_or(0, |c| c.len())
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
        && !is_device(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_parts_of_paths_only_if_they_are_plain() {
        let file = |name: &str, culture: &str| {
            let request = AssemblyRequest::new(name);
            match culture {
                "" => request.file(),
                culture => request.with_culture(culture).file(),
            }
        };
        assert_eq!(file("App", "").as_deref(), Some("App.dll"));
        assert_eq!(
            file("App.resources", "de-CH").as_deref(),
            Some("de-CH/App.resources.dll")
        );
        for name in [
            "",
            ".",
            "..",
            "../Secret",
            "..\\Secret",
            "/Secret",
            "C:Secret",
            "App\0",
            "App\n",
            ".hidden",
            "App.",
            "App ",
            "NUL",
            "com1.x",
            "a*",
            &"a".repeat(256),
        ] {
            assert_eq!(file(name, ""), None, "{name:?}");
        }
        for culture in ["..", ".", "data", "bin", "de/..", "de\0", "NUL"] {
            assert_eq!(file("App.resources", culture), None, "{culture:?}");
        }
    }

    #[test]
    fn a_digest_is_made_once_for_all_clones_and_never_of_other_bytes() {
        let image = AssemblyImage::new(*b"one").with_compiled(*b"code");
        let mut clone = image.clone();
        let first = image.digest.of(&image.image);
        assert_eq!(first, blake3::hash(b"one"));
        let known = clone.digest.0.get().map(|(_, digest)| *digest);
        assert_eq!(known, Some(first), "the clone has it");
        assert_eq!(clone.compiled_digest.0.get(), None);
        clone.image = Arc::from(*b"two");
        assert_eq!(clone.digest.of(&clone.image), blake3::hash(b"two"));
        assert_eq!(image.digest.of(&image.image), first);
    }

    #[test]
    fn requests_are_equal_by_what_they_name() {
        let mut request = AssemblyRequest::new("App").with_culture("de");
        let same = request.clone();
        request.circumstances.most = Some(1);
        assert_eq!(request, same);
        assert_eq!(std::collections::HashSet::from([request, same]).len(), 1);
        assert_ne!(AssemblyRequest::new("App"), AssemblyRequest::new("app"));
    }
}
