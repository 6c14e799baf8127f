//! Snapshots as files: a state module, with what else a snapshot has in a section of its own.

use super::{AppSnapshot, Notes, state_stamp};
use crate::assemblies::symbols::Symbols;
use crate::assemblies::{Opened, Patience, Refusal};
use crate::border::copy;
use crate::engine::frozen::{Clocks, Frozen, Id};
use crate::engine::instance::Guest;
use crate::engine::state::HostShared;
use crate::error::{Error, Result};
use crate::image::state_problems;
use crate::side::{Found, Program};
use crate::values::kept::Names;
use crate::wasi::KeptFiles;
use isolator_abi::{GuestManifest, GuestStamp, STAMP_SECTION};
use isolator_snapshot::state;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;
use std::sync::Arc;
use wasmtime::Module;

/// The section.
const SECTION: &str = "isolator.app";

/// The format that this build writes and reads.
const FORMAT: u32 = 3;

/// Most bytes of such a file: as much as memory can have, and some more.
pub(super) const LARGEST: u64 = 5 << 30;

/// Most bytes of what stands before the memory: compiled programs, most of all.
const MOST_BESIDE: u64 = 1 << 30;

/// What a snapshot has beside its memory.
#[derive(Serialize, Deserialize)]
pub(super) struct Beside {
    format: u32,
    id: Id,
    pub(super) kept: Names,
    pub(super) programs: Vec<SavedProgram>,
    #[serde(default)]
    pub(super) notes: Notes,
    #[serde(with = "serde_bytes_map")]
    symbols: BTreeMap<String, Vec<u8>>,
    clocks: Clocks,
    /// What is in `/tmp`.
    files: Option<KeptFiles>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct SavedProgram {
    #[serde(with = "serde_bytes")]
    pub(super) wasm: Vec<u8>,
    memory_base: u32,
    table_base: u32,
}

impl SavedProgram {
    pub(super) fn of(program: &Program) -> Self {
        Self {
            wasm: program.side.wasm.to_vec(),
            memory_base: program.memory_base,
            table_base: program.table_base,
        }
    }

    /// The program, with its code made or found.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub(super) fn program(&self, shared: &HostShared) -> std::result::Result<Program, String> {
        self.with_code(shared.side.of_snapshot(Cow::Borrowed(&self.wasm)))
    }

    /// The same, without another copy of its bytes.
    ///
    /// # Errors
    /// Why it cannot be used.
    fn into_program(mut self, shared: &HostShared) -> std::result::Result<Program, String> {
        let wasm = std::mem::take(&mut self.wasm);
        self.with_code(shared.side.of_snapshot(Cow::Owned(wasm)))
    }

    fn with_code(&self, found: Found) -> std::result::Result<Program, String> {
        let side =
            found.map_err(|why| format!("one of its compiled programs cannot be used: {why}"))?;
        Ok(Program {
            side,
            memory_base: self.memory_base,
            table_base: self.table_base,
        })
    }
}

pub(super) mod serde_bytes_map {
    use serde::{Deserialize, Deserializer, Serializer};
    use serde_bytes::{ByteBuf, Bytes};
    use std::collections::BTreeMap;

    pub(in crate::snapshot) fn serialize<S: Serializer>(
        map: &BTreeMap<String, Vec<u8>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(map.iter().map(|(name, bytes)| (name, Bytes::new(bytes))))
    }

    pub(in crate::snapshot) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<String, Vec<u8>>, D::Error> {
        let map = BTreeMap::<String, ByteBuf>::deserialize(deserializer)?;
        Ok(map
            .into_iter()
            .map(|(name, bytes)| (name, bytes.into_vec()))
            .collect())
    }
}

pub(super) fn save(frozen: &Frozen, notes: &Notes, path: &Path) -> Result<()> {
    let beside = Beside {
        format: FORMAT,
        notes: notes.clone(),
        id: frozen.id.clone(),
        kept: (*frozen.kept).clone(),
        programs: frozen.programs.iter().map(SavedProgram::of).collect(),
        symbols: frozen
            .symbols
            .iter()
            .map(|(name, bytes)| (name.into(), bytes.to_vec()))
            .collect(),
        clocks: frozen.clocks,
        files: frozen.files.as_ref().map(|(files, _)| files.clone()),
    };
    let beside = rmp_serde::to_vec_named(&beside).map_err(|error| Error::Engine {
        what: "write a snapshot",
        message: error.to_string(),
    })?;
    let sections: [(&str, &[u8]); 2] = [
        (STAMP_SECTION, &frozen.stamp.to_bytes()),
        (SECTION, &beside),
    ];
    let maximum = frozen.guest.state_maximum();
    let wasm = copy::with_memory(frozen, |memory| {
        state::write(memory, maximum, &sections, &[])
    })?;
    write_private(path, &wasm).map_err(Error::io("write the snapshot", path))
}

/// Under another name first, so that nobody finds half of it; private to the user, as it holds a runtime's memory. What is no file stays: a device that
/// one took the place of would be gone for the whole machine.
pub(super) fn write_private(path: &Path, content: &[u8]) -> std::io::Result<()> {
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(std::io::Error::other(
            "what is there is no file, and only files are replaced",
        ));
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// What a file has beside its memory.
///
/// # Errors
/// Why it is no snapshot that this build reads.
pub(super) fn beside(wasm: &[u8]) -> std::result::Result<Beside, String> {
    let section = state::section(wasm, SECTION)
        .map_err(|why| why.to_string())?
        .ok_or_else(|| format!("it has no section `{SECTION}`, so it is no app snapshot"))?;
    parse_beside(section)
}

fn parse_beside(section: &[u8]) -> std::result::Result<Beside, String> {
    let beside: Beside = rmp_serde::from_slice(section)
        .map_err(|error| format!("its section `{SECTION}` cannot be read: {error}"))?;
    if beside.format != FORMAT {
        return Err(format!(
            "it has format {}, and this host reads format {FORMAT}",
            beside.format
        ));
    }
    // What they would take is looked at where a runtime begins with them.
    if let Some(files) = &beside.files {
        files.takes()?;
    }
    Ok(beside)
}

/// What was read, or all that is wrong.
type Parsed<T> = std::result::Result<T, Vec<String>>;

/// What a file is loaded with.
pub(crate) struct Loading<'a> {
    pub shared: &'a Arc<HostShared>,
    pub guest: &'a Arc<Guest>,
    pub manifest: &'a GuestManifest,
}

impl Loading<'_> {
    /// Loads a snapshot. Nothing in it is trusted: it is a memory, and what is in it runs in a sandbox.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::BadSnapshot`] with everything that is wrong.
    pub(crate) fn load(&self, path: &Path) -> Result<AppSnapshot> {
        let bad = |problems: Vec<String>| Error::BadSnapshot {
            path: path.into(),
            problems,
        };
        let io = |error: Refusal| Error::io("read the snapshot", path)(error.into());
        let opened = Opened::named(path).map_err(io)?;
        let (frozen, notes) = match self.known(opened.file()) {
            Some(known) => known,
            None => {
                let file = opened.file().try_clone();
                let file = file.map_err(|error| io(error.into()))?;
                let before = file.metadata().map_err(|error| io(error.into()))?;
                let wasm = opened.read(LARGEST, &Patience::default()).map_err(io)?;
                let (digest, loaded) = self.parse(&wasm).map_err(bad)?;
                self.shared.states.note_seen(&file, &before, &digest);
                loaded
            }
        };
        Ok(AppSnapshot(Arc::new(frozen), Arc::new(notes)))
    }

    /// A snapshot whose file was loaded before: of its content only what stands before the memory is read, and the memory is where the cache keeps it in the
    /// engine's form.
    fn known(&self, file: &File) -> Option<(Frozen, Notes)> {
        let digest = self.shared.states.seen(file)?;
        let mut file = file;
        let front = state::front(&mut file, MOST_BESIDE);
        // Whoever reads it again begins at its beginning.
        let rewound = file.rewind();
        let (Ok(Ok(front)), Ok(())) = (front, rewound) else {
            return None;
        };
        let section = |wanted: &str| {
            let found = front.iter().find(|(name, _)| name == wanted);
            found.map(|(_, content)| &**content)
        };
        // Seen it may have been for another guest image.
        let stamp = GuestStamp::parse(section(STAMP_SECTION)?).ok()?;
        if stamp != state_stamp(self.manifest) {
            return None;
        }
        let beside = parse_beside(section(SECTION)?).ok()?;
        let module = self.shared.states.known(&self.guest.engine, &digest)?;
        self.put_together(beside, &module).ok()
    }

    /// The digest of a file, and the snapshot in it.
    fn parse(&self, wasm: &[u8]) -> Parsed<(String, (Frozen, Notes))> {
        let one = |problem: String| vec![problem];
        let beside = beside(wasm).map_err(one)?;
        let problems = state_problems(wasm, &self.manifest.code.sha256);
        if !problems.is_empty() {
            return Err(problems);
        }
        let digest = blake3::hash(wasm).to_string();
        let module = self
            .shared
            .states
            .load(&self.guest.engine, &digest, wasm)
            .map_err(|error| one(error.to_string()))?;
        Ok((digest, self.put_together(beside, &module)?))
    }

    fn put_together(&self, beside: Beside, module: &Module) -> Parsed<(Frozen, Notes)> {
        let one = |problem: String| vec![problem];
        let programs = beside
            .programs
            .into_iter()
            .map(|saved| saved.into_program(self.shared).map_err(one))
            .collect::<Parsed<_>>()?;
        let guest = self
            .guest
            .with_state(module)
            .map_err(|error| one(error.to_string()))?;
        let mut symbols = Symbols::default();
        for (name, bytes) in beside.symbols {
            symbols.insert(name, bytes.into(), usize::MAX);
        }
        let files = beside.files.map(KeptFiles::with_takes).transpose();
        let frozen = Frozen {
            id: beside.id,
            shared: self.shared.clone(),
            guest: Arc::new(guest),
            delta: None,
            stamp: state_stamp(self.manifest),
            kept: Arc::new(beside.kept),
            programs,
            symbols,
            clocks: beside.clocks,
            files: files.map_err(one)?,
        };
        Ok((frozen, beside.notes))
    }
}
