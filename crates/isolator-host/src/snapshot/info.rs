//! What a snapshot's file says of itself, without a guest image.

use super::file::{Beside, LARGEST, beside};
use crate::assemblies::read_named_file;
use crate::error::{Error, Result};
use isolator_abi::side::{SIDE_SECTION, SideStamp};
use isolator_abi::{GuestStamp, STAMP_SECTION};
use isolator_snapshot::state::{WASM_PAGE, section};
use std::collections::BTreeMap;
use std::path::Path;
use wasmparser::{Parser, Payload};

/// What a snapshot's file says of itself. None of it was tried: whoever wrote the file chose it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnapshotInfo {
    /// Version of .NET in the guest image that it belongs to.
    pub dotnet_version: String,
    /// Digest of the code of that image: [`GuestManifest::code`](isolator_abi::GuestManifest) has it.
    pub code_digest: String,
    /// Size of the file, in bytes.
    pub file_size: u64,
    /// Size of the memory that runtimes start with, in bytes.
    pub memory_size: u64,
    /// Names under which handles were kept.
    pub kept: Vec<String>,
    /// Names of the assemblies that run compiled.
    pub compiled: Vec<String>,
    /// [Notes](crate::AppSnapshot::with_note), by name.
    pub notes: BTreeMap<String, String>,
}

impl SnapshotInfo {
    /// Reads it from a file that [`AppSnapshot::save`](crate::AppSnapshot::save) wrote, for whichever guest image.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::BadSnapshot`] if it is none.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let wasm = read_named_file(path, LARGEST).map_err(Error::io("read the snapshot", path))?;
        parse(&wasm).map_err(|problem| Error::BadSnapshot {
            path: path.into(),
            problems: vec![problem],
        })
    }
}

fn parse(wasm: &[u8]) -> std::result::Result<SnapshotInfo, String> {
    let Beside {
        kept,
        programs,
        notes,
        ..
    } = beside(wasm)?;
    let stamp = section(wasm, STAMP_SECTION)
        .map_err(|why| why.to_string())?
        .ok_or_else(|| format!("it has no section `{STAMP_SECTION}`"))?;
    let stamp = GuestStamp::parse(stamp).map_err(|error| format!("its stamp is wrong: {error}"))?;
    let name = |wasm: &[u8]| {
        let stamp = section(wasm, SIDE_SECTION).map_err(|why| why.to_string())?;
        let stamp = SideStamp::parse(stamp.unwrap_or_default())?;
        Ok(stamp.assembly)
    };
    let compiled = programs
        .iter()
        .map(|program| name(&program.wasm))
        .collect::<std::result::Result<_, String>>()
        .map_err(|why| format!("one of its compiled programs cannot be used: {why}"))?;
    Ok(SnapshotInfo {
        dotnet_version: stamp.dotnet_version,
        code_digest: stamp.code_digest.unwrap_or_default(),
        file_size: wasm.len() as u64,
        memory_size: memory_size(wasm)?,
        kept: kept.into_keys().collect(),
        compiled,
        notes,
    })
}

/// What its memory begins with, in bytes. All sections are walked over, so that a file that is cut off is told.
fn memory_size(wasm: &[u8]) -> std::result::Result<u64, String> {
    let broken =
        |error: wasmparser::BinaryReaderError| format!("it is no WebAssembly module: {error}");
    let mut pages = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::MemorySection(memories) = payload.map_err(broken)? {
            for memory in memories {
                pages = memory.map_err(broken)?.initial;
            }
        }
    }
    Ok(pages.saturating_mul(WASM_PAGE as u64))
}
