//! What was compiled, kept in the cache from one process to the next.

use crate::compilation::{Compilation, Compiled};
use crate::diagnostic::Diagnostics;
use crate::hot::Heat;
use crate::prepare::prune;
use isolator_host::{AssemblyImage, check_cached, make_private_directory, read_named_file};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::{Path, PathBuf};

const SUFFIX: &str = "script";
/// Compilations that are kept, the last written ones.
const MOST: usize = 256;
/// Bytes of the largest one.
const LARGEST: u64 = 8 << 20;

/// A folder of compilations.
#[derive(Debug)]
pub(crate) struct Kept {
    folder: PathBuf,
    /// What the compiler is, and all that it refers to.
    compiler: String,
}

/// What a file says before the assembly and its symbols: a line of JSON.
#[derive(Serialize, Deserialize)]
struct Front {
    /// Of all that comes after the line.
    blake3: String,
    assembly: usize,
    symbols: Option<usize>,
    diagnostics: Diagnostics,
    is_program: bool,
    is_void: bool,
}

impl Kept {
    pub fn new(folder: PathBuf, compiler: String) -> Self {
        Self { folder, compiler }
    }

    /// What sources and options with this digest were compiled to, if it is there and whole.
    pub fn load(&self, digest: &[u8]) -> Option<Compilation> {
        let path = self.path(digest);
        // It runs with what its script is granted, so nobody else may have put it there.
        check_cached(&path).ok()?;
        let content = read_named_file(&path, LARGEST).ok()?;
        let end = content.iter().position(|byte| *byte == b'\n')?;
        let (front, rest) = (content.get(..end)?, content.get(end + 1..)?);
        let front: Front = serde_json::from_slice(front).ok()?;
        if blake3::hash(rest).to_string() != front.blake3 {
            return None;
        }
        let (assembly, symbols) = rest.split_at_checked(front.assembly)?;
        let image = AssemblyImage::new(assembly.to_vec());
        let image = match front.symbols {
            None => image,
            Some(length) if length == symbols.len() => image.with_symbols(symbols.to_vec()),
            Some(_) => return None,
        };
        Some(Compilation::new(Compiled {
            heat: Heat::default(),
            image,
            packages: Vec::new(),
            diagnostics: front.diagnostics,
            is_program: front.is_program,
            is_void: front.is_void,
        }))
    }

    /// Keeps a compilation, unless it has packages, whose files may change. Where it cannot, nothing is lost.
    pub fn save(&self, digest: &[u8], made: &Compilation) {
        if !made.packages().is_empty() || made.size() as u64 > LARGEST / 2 {
            return;
        }
        if let Err(error) = self.write(&self.path(digest), made) {
            tracing::debug!(folder = %self.folder.display(), %error, "what was compiled cannot be cached");
        }
    }

    fn write(&self, path: &Path, made: &Compilation) -> std::io::Result<()> {
        make_private_directory(&self.folder)?;
        let symbols = made.symbols().map(|symbols| &**symbols);
        let rest = [&**made.assembly(), symbols.unwrap_or_default()].concat();
        let front = Front {
            blake3: blake3::hash(&rest).to_string(),
            assembly: made.assembly().len(),
            symbols: symbols.map(<[u8]>::len),
            diagnostics: made.diagnostics().clone(),
            is_program: made.is_program(),
            is_void: made.is_void(),
        };
        // Under another name first, so that nobody finds half of it; private to the user.
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        serde_json::to_writer(&mut file, &front)?;
        file.write_all(b"\n")?;
        file.write_all(&rest)?;
        file.persist(path).map_err(|error| error.error)?;
        prune(&self.folder, SUFFIX, MOST, path);
        Ok(())
    }

    fn path(&self, digest: &[u8]) -> PathBuf {
        let mut name = blake3::Hasher::new();
        name.update(self.compiler.as_bytes()).update(digest);
        let name: String = name.finalize().to_hex().chars().take(32).collect();
        self.folder.join(format!("{name}.{SUFFIX}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compilation(symbols: Option<&[u8]>) -> Compilation {
        let image = AssemblyImage::new(b"assembly".to_vec());
        Compilation::new(Compiled {
            heat: Heat::default(),
            image: match symbols {
                Some(symbols) => image.with_symbols(symbols.to_vec()),
                None => image,
            },
            packages: Vec::new(),
            diagnostics: Diagnostics {
                list: Vec::new(),
                more: 3,
            },
            is_program: true,
            is_void: false,
        })
    }

    #[test]
    fn what_is_kept_is_found_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("compiled");
        let kept = Kept::new(place.clone(), "one".into());
        assert!(kept.load(b"digest").is_none());
        for symbols in [None, Some(&b"symbols"[..])] {
            kept.save(b"digest", &compilation(symbols));
            let found = kept.load(b"digest").unwrap();
            assert_eq!(&**found.assembly(), b"assembly");
            assert_eq!(found.symbols().map(|bytes| &**bytes), symbols);
            assert_eq!(found.diagnostics().more, 3);
            assert!(found.is_program() && !found.is_void());
        }
        // Another compiler's, and another source's.
        assert!(
            Kept::new(place.clone(), "two".into())
                .load(b"digest")
                .is_none()
        );
        assert!(kept.load(b"other").is_none());
        let path = kept.path(b"digest");
        let whole = std::fs::read(&path).unwrap();
        for broken in [
            &whole[..whole.len() - 1],
            &whole[..10],
            b"",
            b"{}\nassembly",
        ] {
            std::fs::write(&path, broken).unwrap();
            assert!(kept.load(b"digest").is_none());
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::write(&path, &whole).unwrap();
            assert!(kept.load(b"digest").is_some());
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
            assert!(kept.load(b"digest").is_none());
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        let mut changed = whole.clone();
        *changed.last_mut().unwrap() ^= 1;
        std::fs::write(&path, changed).unwrap();
        assert!(kept.load(b"digest").is_none());
    }

    #[test]
    fn the_last_written_ones_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::new(folder.path().into(), "one".into());
        for number in 0..MOST + 8 {
            kept.save(&number.to_le_bytes(), &compilation(None));
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), MOST);
        let last = MOST + 7;
        assert!(kept.load(&last.to_le_bytes()).is_some());
    }
}
