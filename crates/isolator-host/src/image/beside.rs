//! Machine code that lies beside an image and is recorded in its manifest: made by [`GuestImage::precompile`], or brought by a package.

use super::trust::{self, Origin};
use super::{GuestImage, Modules, Source, cache, verify};
use crate::engine::{EngineOptions, Processors, compatibility, compiler};
use crate::error::{Error, Result};
use isolator_abi::manifest::{GuestManifest, MANIFEST_FILE, MachineCode, Precompiled};
use std::path::{Path, PathBuf};
use std::time::Instant;
use wasmtime::Engine;

/// The modules, if there is machine code beside the image that may be used. What may not is told.
pub(super) fn load(image: &GuestImage, engine: &Engine) -> Option<Modules> {
    let (Source::Directory(directory), Some(made)) = (&image.source, &image.manifest.precompiled)
    else {
        return None;
    };
    let began = Instant::now();
    match map(engine, directory, made) {
        Ok(modules) => {
            tracing::info!(
                image = %directory.display(), processors = made.processors,
                microseconds = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
                "the machine code that came with the guest image is used"
            );
            Some(modules)
        }
        Err(Unused::Left(file)) => {
            tracing::info!(file = %file.display(), "the guest image came without its machine code");
            None
        }
        Err(Unused::Bad(problem)) => {
            tracing::warn!(
                image = %directory.display(), problem,
                "the machine code beside the guest image is not used; the image is compiled instead, once for each cache"
            );
            None
        }
        Err(Unused::Unfit(problem)) => {
            tracing::info!(
                image = %directory.display(), problem,
                "the machine code beside the guest image does not fit this machine"
            );
            None
        }
    }
}

/// Why machine code is not used.
enum Unused {
    /// It was left out where the image was copied to: nothing is wrong.
    Left(PathBuf),
    /// Somebody could have written it who should not, or it is not what the manifest says.
    Bad(String),
    /// The engine refuses it: this processor lacks something.
    Unfit(String),
}

fn map(engine: &Engine, directory: &Path, made: &Precompiled) -> Result<Modules, Unused> {
    let real = trust::directory(directory, Origin::Named).map_err(Unused::Bad)?;
    let installed = trust::is_installed(&real);
    let origin = match installed {
        true => Origin::Installed,
        false => Origin::Named,
    };
    let manifest = real.join(MANIFEST_FILE);
    std::fs::File::open(&manifest)
        .map_err(|error| format!("its manifest cannot be opened: {error}"))
        .and_then(|file| trust::file(&file, &manifest, origin))
        .map_err(Unused::Bad)?;
    let load = |file: &MachineCode| {
        let path = real.join(&file.file);
        if !path.exists() {
            return Err(Unused::Left(path));
        }
        let opened = match &file.pieces {
            Some(pieces) if installed => verify::open_installed(&path, pieces),
            _ => verify::open_verified(&path, Some(&file.blake3), origin),
        };
        let opened =
            opened.map_err(|problem| Unused::Bad(format!("`{}`: {problem}", path.display())))?;
        cache::map(engine, opened).map_err(Unused::Unfit)
    };
    Ok(Modules {
        code: load(&made.code)?,
        state: load(&made.state)?,
    })
}

/// Compiles an image in a directory, and records the machine code in its manifest.
pub(super) fn make(image: &mut GuestImage, processors: Processors) -> Result<()> {
    let Source::Directory(directory) = &image.source else {
        return Err(Error::Config {
            message: "an embedded guest image cannot be precompiled in place: it has no directory"
                .into(),
        });
    };
    let engine = compiler(EngineOptions::default(), processors)?;
    let compatibility = compatibility(&engine);
    if let Some(there) = &image.manifest.precompiled
        && there.engine == compatibility
        && map(&engine, directory, there).is_ok()
    {
        return Ok(());
    }
    let (code, state) = image.checked_modules()?;
    let write = |name: &str, module: &[u8]| -> Result<MachineCode> {
        let machine_code = engine
            .precompile_module(module)
            .map_err(Error::engine("compile the guest"))?;
        let path = directory.join(name);
        verify::write_verified(&path, &machine_code)
            .map_err(Error::io("write the compiled guest", path))
    };
    let precompiled = Precompiled {
        engine: compatibility,
        processors: processors.name().into(),
        code: write("code.cwasm", &code)?,
        state: write("state.cwasm", &state)?,
    };
    let manifest = GuestManifest {
        precompiled: Some(precompiled),
        ..image.manifest.clone()
    };
    let path = directory.join(MANIFEST_FILE);
    verify::write_atomically(&path, &manifest.to_json())
        .map_err(Error::io("write the guest's manifest", path))?;
    image.manifest = manifest;
    Ok(())
}
