//! A guest image on disk or in the program: finding it, checking it, and turning it into machine code once.

mod beside;
mod cache;
mod embedded;
mod find;
mod side;
mod trust;
mod validate;
mod verify;

use crate::engine::{EngineOptions, Processors, compatibility, compiler};
use crate::error::{Error, Result};
#[doc(hidden)]
pub use cache::{CACHE_VARIABLE, cache_directory, make_private_directory};
use embedded::EmbeddedImage;
use isolator_abi::contract::hex;
use isolator_abi::manifest::{GuestFile, GuestManifest, MANIFEST_FILE, Precompiled};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use trust::Origin;
use validate::code_problems;
pub(crate) use validate::state_problems;
use wasmtime::{Engine, Module};

/// Where machine code may be kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct LoadOptions {
    pub cache: Option<PathBuf>,
}

/// A module's bytes.
type Bytes = Vec<u8>;

/// A guest's modules, compiled.
pub(crate) struct Modules {
    pub code: Module,
    pub state: Module,
}

/// A guest image: what `cargo xtask build-guest` makes.
#[derive(Debug, Clone)]
pub struct GuestImage {
    manifest: GuestManifest,
    source: Source,
    origin: String,
}

#[derive(Debug, Clone)]
enum Source {
    Directory(PathBuf),
    /// Compiled into this program.
    #[cfg_attr(
        not(any(test, feature = "embedded-guest")),
        expect(dead_code, reason = "only made with the feature")
    )]
    Embedded(EmbeddedImage),
}

impl GuestImage {
    /// Opens the image in a directory (or the one that a `guest.json` is in): reads the manifest and checks that it was
    /// built for this host's contract. Modules are read when they are needed.
    ///
    /// # Errors
    /// [`Error::GuestNotFound`], [`Error::Io`], [`Error::BadGuest`], [`Error::IncompatibleGuest`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let directory = match path.file_name() {
            Some(name) if name == MANIFEST_FILE => path.parent().unwrap_or(Path::new("")),
            _ => path,
        };
        if directory.is_file() {
            return Err(Error::bad_guest(
                path,
                format!(
                    "it is a file, and a guest image is a directory with a `{MANIFEST_FILE}` in it"
                ),
            ));
        }
        let file = directory.join(MANIFEST_FILE);
        if !file.exists() {
            return Err(Error::GuestNotFound {
                looked: vec![match directory.is_dir() {
                    true => format!("`{}`, which has no `{MANIFEST_FILE}`", directory.display()),
                    false => format!("`{}`, which does not exist", directory.display()),
                }],
            });
        }
        let json = std::fs::read(&file).map_err(Error::io("read the guest's manifest", file))?;
        Self::checked(
            &json,
            Source::Directory(directory.to_path_buf()),
            directory.display().to_string(),
        )
    }

    /// The image inside this program.
    ///
    /// # Errors
    /// [`Error::IncompatibleGuest`] if it was packed for another contract.
    #[cfg(feature = "embedded-guest")]
    pub fn embedded() -> Result<Self> {
        embedded::image()
    }

    fn checked(json: &[u8], source: Source, origin: String) -> Result<Self> {
        let manifest =
            GuestManifest::parse(json).map_err(|problem| Error::bad_guest(&origin, problem))?;
        manifest
            .stamp
            .check()
            .map_err(|problem| Error::IncompatibleGuest {
                path: (&origin).into(),
                problem,
            })?;
        Ok(Self {
            manifest,
            source,
            origin,
        })
    }

    /// What the image says of itself.
    #[must_use]
    pub fn manifest(&self) -> &GuestManifest {
        &self.manifest
    }

    /// The image's directory; `embedded` if it is in the program.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The image's directory, for messages.
    pub(crate) fn path(&self) -> &Path {
        Path::new(&self.origin)
    }

    /// The bytes of its code and of its state, verified, for tools that compile for it.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::BadGuest`].
    pub fn read_modules(&self) -> Result<(Vec<u8>, Vec<u8>)> {
        Ok((self.code()?, self.state()?))
    }

    /// The code module's bytes, as the manifest has them.
    fn code(&self) -> Result<Bytes> {
        self.module(&self.manifest.code, |packed| (packed.code)())
    }

    /// The state module's bytes.
    fn state(&self) -> Result<Bytes> {
        self.module(&self.manifest.state, |packed| (packed.state)())
    }

    /// Machine code of the code module that this program brings along.
    fn embedded_machine_code(&self) -> Result<Option<Bytes>> {
        match self.source {
            Source::Embedded(packed) => (packed.machine_code)(),
            Source::Directory(_) => Ok(None),
        }
    }

    fn module(
        &self,
        file: &GuestFile,
        embedded: fn(&EmbeddedImage) -> Result<Bytes>,
    ) -> Result<Bytes> {
        let bytes = match &self.source {
            Source::Embedded(packed) => embedded(packed)?,
            Source::Directory(directory) => {
                let path = directory.join(&file.file);
                std::fs::read(&path).map_err(Error::io("read the guest's module", path))?
            }
        };
        let digest = hex(&Sha256::digest(&bytes));
        if digest != file.sha256 {
            return Err(Error::bad_guest(
                self.path().join(&file.file),
                format!(
                    "its SHA-256 is {digest} ({} bytes), and the manifest says {} ({} bytes)",
                    bytes.len(),
                    file.sha256,
                    file.bytes
                ),
            ));
        }
        Ok(bytes)
    }

    /// Reads both modules and checks them against the manifest and the contract.
    ///
    /// # Errors
    /// [`Error::BadGuest`] with everything that is wrong; [`Error::Io`].
    fn checked_modules(&self) -> Result<(Bytes, Bytes)> {
        let (code, state) = (self.code()?, self.state()?);
        let problems = validate_guest(&code, &state);
        if problems.is_empty() {
            Ok((code, state))
        } else {
            Err(Error::BadGuest {
                path: self.path().into(),
                problems,
            })
        }
    }

    /// The image's modules in this engine, which has these options: from machine code beside the image, from the cache, or made now
    /// (unpacked from the program, or compiled) and cached. The log says which.
    ///
    /// # Errors
    /// [`Error::BadGuest`], [`Error::Io`], [`Error::Engine`].
    pub(crate) fn load(
        &self,
        engine: &Engine,
        with: EngineOptions,
        options: &LoadOptions,
    ) -> Result<Modules> {
        let own = compatibility(engine);
        let fits = match &self.manifest.precompiled {
            Some(made) => self.fits(made, &own, with)?,
            None => false,
        };
        if fits && let Some(modules) = beside::load(self, engine) {
            return Ok(modules);
        }
        cache::load_or_make(self, engine, &own, fits, options)
    }

    /// Whether machine code was made by a compiler like ours: for this processor, or for common ones. Whether this processor has what
    /// the code uses, the engine looks at when it loads it.
    fn fits(&self, made: &Precompiled, own: &str, with: EngineOptions) -> Result<bool> {
        if made.engine == own || made.engine == compatibility(&compiler(with, Processors::Common)?)
        {
            return Ok(true);
        }
        tracing::info!(
            image = self.origin,
            processors = made.processors,
            "the machine code that came with the guest image is for another engine, other settings or another processor"
        );
        Ok(false)
    }

    /// Where machine code of the image is, or would be, looked for.
    pub(crate) fn machine_code(&self, options: &LoadOptions) -> Vec<PathBuf> {
        let beside = match &self.source {
            Source::Directory(directory) => Some(directory.clone()),
            Source::Embedded(_) => None,
        };
        beside
            .into_iter()
            .chain(cache_directory(options.cache.as_deref()))
            .collect()
    }

    /// Compiles the image for these processors and writes the machine code beside it (`code.cwasm`, `state.cwasm`), recorded in its
    /// manifest, so that hosts only map it. Does nothing if what is there is good.
    ///
    /// # Errors
    /// [`Error::BadGuest`], [`Error::Io`] (nothing is left half-written), [`Error::Engine`]; [`Error::Config`] for an
    /// embedded image, which has no directory.
    pub fn precompile(&mut self, processors: Processors) -> Result<()> {
        beside::make(self, processors)
    }
}

/// A folder of the cache's, which nobody else can write; the error says why there is none. For other crates of this product.
#[doc(hidden)]
pub fn cache_folder(named: Option<&Path>, name: &str) -> Result<PathBuf, String> {
    cache::own_folder(named, name)
}

/// Looks whether nobody but this user could have written a file of the cache's.
#[doc(hidden)]
pub fn check_cached(path: &Path) -> Result<(), String> {
    check_file(path, Origin::Cache)
}

/// Looks whether nobody else could have put these files into a folder that nobody named.
#[doc(hidden)]
pub fn check_found(folder: &Path, files: &[&str]) -> Result<(), String> {
    let real = trust::directory(folder, Origin::Found)?;
    files
        .iter()
        .map(|name| real.join(name))
        .filter(|path| path.exists())
        .try_for_each(|path| check_file(&path, Origin::Found))
}

fn check_file(path: &Path, origin: Origin) -> Result<(), String> {
    let file = std::fs::File::open(path)
        .map_err(|error| format!("`{}` cannot be opened: {error}", path.display()))?;
    trust::file(&file, path, origin)
}

/// Everything that keeps a code and a state module from being a guest of this host; empty if nothing does.
#[must_use]
pub fn validate_guest(code: &[u8], state: &[u8]) -> Vec<String> {
    let mut problems = code_problems(code);
    problems.extend(state_problems(state, &hex(&Sha256::digest(code))));
    problems
}

#[cfg(test)]
mod tests;
