//! A guest image on disk or in the program: finding it, checking it, and turning it into machine code once.

mod cache;
mod embedded;
mod find;
mod trust;
mod validate;
mod verify;

use crate::engine::{EngineOptions, compatibility, new_engine};
use crate::error::{Error, Result};
use isolator_abi::contract::hex;
use isolator_abi::manifest::{GuestFile, GuestManifest, MANIFEST_FILE, Precompiled};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use trust::Place;
use validate::{code_problems, state_problems};
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
        not(feature = "embedded-guest"),
        expect(dead_code, reason = "only made with the feature")
    )]
    Embedded,
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

    /// The code module's bytes, as the manifest has them.
    fn code(&self) -> Result<Bytes> {
        self.module(&self.manifest.code, embedded::code)
    }

    /// The state module's bytes.
    fn state(&self) -> Result<Bytes> {
        self.module(&self.manifest.state, embedded::state)
    }

    fn module(&self, file: &GuestFile, embedded: fn() -> Result<Vec<u8>>) -> Result<Bytes> {
        let bytes = match &self.source {
            Source::Embedded => embedded()?,
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

    /// The image's modules in this engine: from machine code beside the image, from the cache, or compiled now and cached.
    ///
    /// # Errors
    /// [`Error::BadGuest`], [`Error::Io`], [`Error::Engine`].
    pub(crate) fn load(&self, engine: &Engine, options: &LoadOptions) -> Result<Modules> {
        let compatibility = compatibility(engine);
        if let (Source::Directory(directory), Some(precompiled)) =
            (&self.source, &self.manifest.precompiled)
        {
            if precompiled.engine == compatibility {
                if let Some(modules) = load_precompiled(engine, directory, precompiled) {
                    return Ok(modules);
                }
            } else {
                tracing::debug!(
                    image = self.origin,
                    "the machine code beside the image is for another engine or processor"
                );
            }
        }
        cache::load_or_compile(self, engine, &compatibility, options)
    }

    /// Where machine code of the image is, or would be, looked for.
    pub(crate) fn machine_code(&self, options: &LoadOptions) -> Vec<PathBuf> {
        let beside = match &self.source {
            Source::Directory(directory) => Some(directory.clone()),
            Source::Embedded => None,
        };
        beside
            .into_iter()
            .chain(cache::directory(options))
            .collect()
    }

    /// Compiles the image for this machine and writes the machine code beside it (`code.cwasm`, `state.cwasm`), recorded in its
    /// manifest, so that hosts only map it. Does nothing if what is there is good.
    ///
    /// # Errors
    /// [`Error::BadGuest`], [`Error::Io`] (nothing is left half-written), [`Error::Engine`]; [`Error::Config`] for an
    /// embedded image, which has no directory.
    pub fn precompile(&mut self) -> Result<()> {
        let Source::Directory(directory) = &self.source else {
            return Err(Error::Config {
                message:
                    "an embedded guest image cannot be precompiled in place: it has no directory"
                        .into(),
            });
        };
        let (engine, _) = new_engine(EngineOptions {
            pooled: false,
            ..Default::default()
        })?;
        let compatibility = compatibility(&engine);
        if let Some(there) = &self.manifest.precompiled
            && there.engine == compatibility
            && load_precompiled(&engine, directory, there).is_some()
        {
            return Ok(());
        }
        let (code, state) = self.checked_modules()?;
        let write = |name: &str, module: &[u8]| -> Result<GuestFile> {
            let machine_code = engine
                .precompile_module(module)
                .map_err(Error::engine("compile the guest"))?;
            let path = directory.join(name);
            verify::write_verified(&path, &machine_code)
                .map_err(Error::io("write the compiled guest", path))
        };
        let precompiled = Precompiled {
            engine: compatibility,
            code: write("code.cwasm", &code)?,
            state: write("state.cwasm", &state)?,
        };
        let manifest = GuestManifest {
            precompiled: Some(precompiled),
            ..self.manifest.clone()
        };
        let path = directory.join(MANIFEST_FILE);
        verify::write_atomically(&path, &manifest.to_json())
            .map_err(Error::io("write the guest's manifest", path))?;
        self.manifest = manifest;
        Ok(())
    }
}

/// Everything that keeps a code and a state module from being a guest of this host; empty if nothing does.
#[must_use]
pub fn validate_guest(code: &[u8], state: &[u8]) -> Vec<String> {
    let mut problems = code_problems(code);
    problems.extend(state_problems(state, &hex(&Sha256::digest(code))));
    problems
}

/// Machine code beside the image, if it is what the manifest says, and nobody could have written either who should not.
fn load_precompiled(
    engine: &Engine,
    directory: &Path,
    precompiled: &Precompiled,
) -> Option<Modules> {
    let unused = |problem: String| {
        tracing::warn!(
            image = %directory.display(), problem,
            "the machine code beside the guest image is not used; the image is compiled instead, once for each cache"
        );
    };
    let trusted = trust::directory(directory, Place::Named).and_then(|real| {
        let manifest = real.join(MANIFEST_FILE);
        let file = std::fs::File::open(&manifest)
            .map_err(|error| format!("its manifest cannot be opened: {error}"))?;
        trust::file(&file, &manifest, Place::Named)?;
        Ok(real)
    });
    let directory = match trusted {
        Ok(real) => real,
        Err(problem) => {
            unused(problem);
            return None;
        }
    };
    let load = |file: &GuestFile| {
        let path = directory.join(&file.file);
        let opened = verify::open_verified(&path, Some(&file.sha256), Place::Named)
            .map_err(|problem| unused(format!("`{}`: {problem}", path.display())))
            .ok()?;
        // Made for another engine or another processor: nothing is wrong with it.
        cache::map(engine, opened)
            .map_err(|problem| {
                tracing::info!(path = %path.display(), problem, "the compiled guest beside the image is not used");
            })
            .ok()
    };
    Some(Modules {
        code: load(&precompiled.code)?,
        state: load(&precompiled.state)?,
    })
}

#[cfg(test)]
mod tests;
