//! App snapshots: a runtime that was prepared once, and from which others start as it was.
//!
//! What a runtime is lies in its memory, nearly all of it: between two calls nothing of .NET is on a stack. Beside it a snapshot has what the host
//! keeps of a runtime: programs that run compiled, symbols, handles by name, the clock, files in `/tmp`. Code is the host's own, shared by all.

mod file;
mod fork;
mod info;
mod live;
mod sleep;

pub(crate) use file::Loading;
pub use info::SnapshotInfo;
pub use sleep::Suspended;
pub(crate) use sleep::Waking;

use crate::border::copy;
use crate::engine::frozen::{Clocks, Frozen, Id};
use crate::engine::state::State;
use crate::error::{Error, Result};
use crate::runtime::IsolatedRuntime;
use crate::values::handle::Handle;
use crate::wasi::KeptFiles;
use isolator_abi::{GuestManifest, GuestStamp, STAMP_SECTION};
use isolator_snapshot::state;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use wasmtime::Module;

/// A runtime that was prepared, as others start from it: `host.runtime().from(&snapshot)`.
///
/// Its assemblies are loaded, its statics have their values, its methods are translated, so that the first call of a fresh runtime takes what the
/// repeated call of a live one does. Cloning it is cheap and gives the same snapshot.
///
/// ```no_run
/// # fn main() -> isolator_host::Result<()> {
/// use isolator_host::{IsolatedMethod, IsolatedRuntimeHost};
/// let host = IsolatedRuntimeHost::builder().assembly_directory("plugins")?.build()?;
/// let snapshot = host.snapshot(|runtime| {
///     let parse = runtime.find_method("App", "App.Orders", "Parse")?;
///     let _warm: u32 = runtime.invoke(&parse, ("{}",))?;
///     runtime.keep("parse", &parse)
/// })?;
/// let mut runtime = host.runtime().from(&snapshot).create()?; // microseconds
/// let parse: IsolatedMethod = runtime.kept("parse")?;
/// let count: u32 = runtime.invoke(&parse, (r#"{"lines":[]}"#,))?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct AppSnapshot(Arc<Frozen>, Arc<Notes>);

/// How an [`AppSnapshot`] holds its memory, see [`RuntimeBuilder::snapshot_form`](crate::RuntimeBuilder::snapshot_form).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SnapshotForm {
    /// All of it, which each runtime maps and copies page by page as it writes: some tenths of a second to make, and microseconds to start from.
    #[default]
    Mapped,
    /// What it differs by from what the prepared runtime began with, the guest image or another snapshot, and which is copied into each runtime: a
    /// millisecond to make, and some microseconds more to start from for each ten pages. What the memory has grown by counts against limits of those
    /// that start from it. For what was prepared little: a program loaded, an object made.
    ///
    /// [`save`](AppSnapshot::save) writes all of the memory, and what is loaded is mapped.
    Delta,
}

/// Texts of the embedder's own, by name.
type Notes = BTreeMap<String, String>;

impl fmt::Debug for AppSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppSnapshot")
            .field("kept", &self.0.kept.keys().collect::<Vec<_>>())
            .field("memory", &self.0.guest.state_bytes())
            .finish_non_exhaustive()
    }
}

impl AppSnapshot {
    /// What others start from.
    pub(crate) fn frozen(&self) -> &Arc<Frozen> {
        &self.0
    }

    /// What tells it from all others, in every process: [`Suspended::snapshot`] names it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id.0
    }

    /// Names under which handles were kept.
    pub fn kept(&self) -> impl Iterator<Item = &str> {
        self.0.kept.keys().map(|name| &**name)
    }

    /// Size of the memory that runtimes start with, in bytes. They share what they do not write, and none of it counts against their limits, but for what
    /// [`SnapshotForm::Delta`] adds.
    #[must_use]
    pub fn memory_size(&self) -> u64 {
        match &self.0.delta {
            Some(delta) => delta.length() as u64,
            None => self.0.guest.state_bytes(),
        }
    }

    /// How it holds the memory.
    #[must_use]
    pub fn form(&self) -> SnapshotForm {
        match &self.0.delta {
            Some(_) => SnapshotForm::Delta,
            None => SnapshotForm::Mapped,
        }
    }

    /// Bytes that are copied into each runtime: none if all of the memory is mapped.
    #[must_use]
    pub fn copied(&self) -> u64 {
        self.0.delta.as_ref().map_or(0, |delta| delta.size() as u64)
    }

    /// Names of the assemblies that run compiled.
    pub fn compiled(&self) -> impl Iterator<Item = &str> {
        let programs = self.0.programs.iter();
        programs.map(|program| &*program.side.plan.stamp.assembly)
    }

    /// Adds a text of yours, such as a version, that its file has beside it. Runtimes know nothing of it.
    #[must_use]
    pub fn with_note(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.1).insert(name.into(), text.into());
        self
    }

    /// What was added, by name.
    #[must_use]
    pub fn notes(&self) -> &BTreeMap<String, String> {
        &self.1
    }

    /// Writes it to a file, which [`load_snapshot`](crate::IsolatedRuntimeHost::load_snapshot) reads. It holds all of the runtime's memory, and what was in
    /// its `/tmp`: whatever guest code read and kept, too.
    ///
    /// # Errors
    /// [`Error::Io`]; nothing is left half-written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        file::save(&self.0, &self.1, path.as_ref())
    }
}

/// Makes a snapshot of a runtime, which ends with that.
///
/// # Errors
/// [`Error::NotFrozen`] with what cannot come along; [`Error::Engine`].
fn freeze(mut runtime: IsolatedRuntime, form: SnapshotForm) -> Result<AppSnapshot> {
    let state = runtime.state_mut();
    // Those that only the host's own cache has are given back before.
    state.methods = Default::default();
    let problems = stays_behind(state);
    if !problems.is_empty() {
        return Err(Error::NotFrozen { problems });
    }
    let (guest, unused) = live::at_rest(&mut runtime, true)?;
    let clocks = Clocks::now(runtime.state().wasi.monotonic());
    let stamp = runtime.state().shared.state_stamp.clone();
    let (guest, delta) = match form {
        SnapshotForm::Mapped => {
            let maximum = guest.state_maximum();
            let sections: [(&str, &[u8]); 1] = [(STAMP_SECTION, &stamp.to_bytes())];
            let wasm = state::write(runtime.guest_memory(), maximum, &sections, &unused);
            let module =
                Module::new(&guest.engine, &wasm).map_err(Error::engine("map a snapshot"))?;
            drop(wasm);
            (Arc::new(guest.with_state(&module)?), None)
        }
        SnapshotForm::Delta => {
            let shared = runtime.state().shared.clone();
            let probe = || State::for_probes(&shared);
            let delta = copy::differences(&guest, runtime.guest_memory(), probe, &unused)?;
            (guest, Some(delta))
        }
    };
    let files = runtime.state().wasi.temporary_files();
    let files = files.map(KeptFiles::with_takes).transpose();
    let files = files.map_err(|problem| Error::NotFrozen {
        problems: vec![problem],
    })?;
    let state = runtime.state_mut();
    let frozen = Frozen {
        id: Id::new()?,
        shared: state.shared.clone(),
        guest,
        delta,
        stamp,
        kept: Arc::new(state.kept.names()),
        programs: std::mem::take(&mut state.programs),
        symbols: std::mem::take(&mut state.symbols),
        clocks,
        files,
    };
    Ok(AppSnapshot(Arc::new(frozen), Arc::default()))
}

/// What states of an image's code say of themselves.
pub(crate) fn state_stamp(manifest: &GuestManifest) -> GuestStamp {
    GuestStamp {
        code_digest: Some(manifest.code.sha256.clone()),
        ..manifest.stamp.clone()
    }
}

/// What of a runtime is not in its memory, and cannot come along.
fn stays_behind(state: &State) -> Vec<String> {
    let calls = state.outstanding.names();
    let mut problems: Vec<String> = calls
        .map(|name| format!("a call of the host's `{name}` is under way"))
        .collect();
    if state.outstanding.any_done() {
        problems.push("the result of a call of the host's was not taken yet".into());
    }
    problems.extend(state.wasi.stays_behind());
    problems
}

impl IsolatedRuntime {
    /// Makes a snapshot of the runtime, which ends with that: what [`RuntimeBuilder::snapshot`](crate::RuntimeBuilder::snapshot) does once it is prepared.
    ///
    /// # Errors
    /// [`Error::NotFrozen`] with what cannot come along; [`Error::Engine`].
    pub fn into_snapshot(self) -> Result<AppSnapshot> {
        freeze(self, SnapshotForm::Mapped)
    }

    /// The same, in this form.
    ///
    /// # Errors
    /// As [`into_snapshot`](Self::into_snapshot).
    pub fn into_snapshot_as(self, form: SnapshotForm) -> Result<AppSnapshot> {
        freeze(self, form)
    }

    /// Keeps what a handle names under a name, under which every runtime that starts from this one's snapshot finds it: [`kept`](Self::kept). A name
    /// that is taken is taken over.
    ///
    /// # Errors
    /// [`Error::ForeignHandle`].
    pub fn keep<H: Handle>(&mut self, name: impl Into<String>, handle: &H) -> Result<()> {
        let raw = handle.raw(self.id())?;
        self.state_mut().kept.insert(name.into(), raw, handle);
        Ok(())
    }

    /// What was kept under a name, here or in the runtime that was prepared for this one's snapshot.
    ///
    /// # Errors
    /// [`Error::BadHandle`] if there is nothing of that name, or of another kind; [`Error::Dead`] if the runtime is.
    pub fn kept<H: Handle>(&mut self, name: &str) -> Result<H> {
        let state = self.state_mut();
        if let Some(fatal) = &state.fatal {
            return Err(fatal.afterwards());
        }
        let releases = state.releases.clone();
        state.kept.get(name, &releases)
    }
}
