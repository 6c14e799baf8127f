//! Runtimes that sleep: one that waits is only memory, and can be written down and go on later, in another process.

use super::file::{LARGEST, SavedProgram, serde_bytes_map, write_private};
use super::live::{Live, not_written};
use crate::assemblies::read_named_file;
use crate::assemblies::symbols::Symbols;
use crate::border::copy;
use crate::callback::{Completion, PendingCall};
use crate::engine::frozen::{Clocks, Frozen, Id};
use crate::engine::instance::Guest;
use crate::engine::state::{HostShared, State};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::runtime::IsolatedRuntime;
use crate::side::Program;
use crate::values::kept::Names;
use crate::wasi::{self, Wasi};
use isolator_snapshot::sleep;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// The format that this build writes and reads.
const FORMAT: u32 = 2;

/// A runtime that was put to sleep, as bytes: [`IsolatedRuntime::suspend`]. They hold all that its memory differs by from what it began with, its
/// environment, arguments and temporary files included: keep them as you would keep the runtime.
///
/// ```no_run
/// # fn main() -> isolator_host::Result<()> {
/// use isolator_host::{IsolatedRuntimeHost, IsolatedTask, Suspended};
/// let host = IsolatedRuntimeHost::builder().assembly_directory("bin")?.build()?;
/// let mut runtime = host.create_runtime()?;
/// let method = runtime.find_method("Shop", "Shop.Order", "Process")?;
/// let order = runtime.start_task(&method, None, ("book",))?; // it awaits a payment
/// runtime.keep("order", &order)?;
/// runtime.suspend()?.save("order.sleep")?;
/// drop(runtime);
///
/// // Days later, in another process:
/// let mut runtime = host.resume(&Suspended::load("order.sleep")?)?;
/// for call in runtime.pending_calls() {
///     runtime.answer_call(call.id, true)?; // it was paid
/// }
/// let order: IsolatedTask = runtime.kept("order")?;
/// let state: String = runtime.wait(&order)?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Suspended {
    bytes: Arc<[u8]>,
    head: Arc<Head>,
}

impl fmt::Debug for Suspended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suspended")
            .field("bytes", &self.bytes.len())
            .field("pending_calls", &self.head.pending.len())
            .field("kept", &self.head.kept.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// What there is beside the memory.
#[derive(Serialize, Deserialize)]
struct Head {
    format: u32,
    /// The guest image.
    image: String,
    /// The snapshot that it began with; none: the image.
    base: Option<Id>,
    kept: Names,
    unfinished: BTreeMap<u64, u64>,
    programs: Vec<Compiled>,
    /// Those that its snapshot has as well have no bytes.
    #[serde(with = "serde_bytes_map")]
    symbols: BTreeMap<String, Vec<u8>>,
    shared_symbols: Vec<String>,
    clocks: Clocks,
    pending: Vec<PendingCall>,
    done: Vec<Completion>,
    wasi: wasi::Kept,
}

/// A program that runs compiled.
#[derive(Serialize, Deserialize)]
enum Compiled {
    /// The one of this number in its snapshot.
    OfBase(usize),
    Whole(SavedProgram),
}

impl Suspended {
    /// All that there is.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What [`as_bytes`](Self::as_bytes) gave, here or in another process. Whether it fits a host, the host looks when it is resumed.
    ///
    /// # Errors
    /// [`Error::BadSuspended`] if it is something else.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self> {
        let bytes: Vec<u8> = bytes.into();
        Self::parse(bytes.into()).map_err(|problem| Error::BadSuspended {
            path: None,
            problems: vec![problem],
        })
    }

    fn parse(bytes: Arc<[u8]>) -> std::result::Result<Self, String> {
        let (head, _) = sleep::read(&bytes).map_err(|error| error.to_string())?;
        let head: Head = rmp_serde::from_slice(head)
            .map_err(|error| format!("what it says of itself cannot be read: {error}"))?;
        if head.format != FORMAT {
            return Err(format!(
                "it has format {}, and this host reads format {FORMAT}",
                head.format
            ));
        }
        // What they would take is looked at where it goes on.
        if let Some(files) = head.wasi.temporary() {
            files.takes()?;
        }
        Ok(Self {
            bytes,
            head: Arc::new(head),
        })
    }

    /// Writes it to a file, which nobody but this user may read.
    ///
    /// # Errors
    /// [`Error::Io`]; nothing is left half-written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        write_private(path, &self.bytes).map_err(Error::io("write the suspended runtime", path))
    }

    /// Reads a file that [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::BadSuspended`] if it is something else.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = read_named_file(path, LARGEST)
            .map_err(Error::io("read the suspended runtime", path))?;
        Self::parse(bytes).map_err(|problem| Error::BadSuspended {
            path: Some(path.into()),
            problems: vec![problem],
        })
    }

    /// What tells the snapshot that it began with from all others; none: it began with the guest image.
    #[must_use]
    pub fn snapshot(&self) -> Option<&str> {
        self.head.base.as_ref().map(|base| &*base.0)
    }

    /// Calls of the host's callbacks that were under way.
    #[must_use]
    pub fn pending_calls(&self) -> &[PendingCall] {
        &self.head.pending
    }

    /// Names under which handles were kept.
    pub fn kept(&self) -> impl Iterator<Item = &str> {
        self.head.kept.keys().map(|name| &**name)
    }
}

impl IsolatedRuntime {
    /// Writes the runtime down as it is, to go on later ([`resume`](crate::IsolatedRuntimeHost::resume)), here or in another process of a host with the
    /// same guest image. It is meant for one that waits: with tasks pending on calls of the host's, on timers, streams half read. What it
    /// differs by from what it began with is written, so one that has done little takes some ten kilobytes.
    ///
    /// This one works on as before: drop it, unless you want to have both.
    ///
    /// - **Calls of the host's** that are under way are listed by the runtime that goes on: [`pending_calls`](crate::Calls::pending_calls).
    /// - **Timers** that are due by then fire at once.
    /// - **Handles** are found by name ([`keep`](Self::keep)), calls of [`into_async`](Self::into_async)'s by number
    ///   ([`take_up`](crate::Calls::take_up)).
    /// - **Environment, arguments, culture** and the files in `/tmp` come along. Directories are granted again: the same paths of the guest, in the same
    ///   order. Limits and streams are those of whoever resumes it.
    ///
    /// # Errors
    /// [`Error::NotFrozen`] with what cannot come along: open files, standard input that was read; what ends a runtime.
    pub fn suspend(&mut self) -> Result<Suspended> {
        let problems = not_written(self.state());
        if !problems.is_empty() {
            return Err(Error::NotFrozen { problems });
        }
        let live = Live::of(self)?;
        let head = Head {
            format: FORMAT,
            image: live.shared.side.image().into(),
            base: live.base.as_ref().map(|base| base.id.clone()),
            kept: (*live.kept).clone(),
            unfinished: live.unfinished.clone(),
            programs: live
                .programs
                .iter()
                .map(|program| saved(program, live.base.as_deref()))
                .collect(),
            symbols: own_symbols(&live),
            shared_symbols: shared_symbols(&live),
            clocks: live.clocks,
            pending: live.pending.clone(),
            done: live.done.clone(),
            wasi: self.state().wasi.kept(),
        };
        let written = rmp_serde::to_vec_named(&head).map_err(|error| Error::Engine {
            what: "write a runtime down",
            message: error.to_string(),
        })?;
        let probe = || State::for_probes(&live.shared);
        let of_base = live.base.as_ref().and_then(|base| base.delta.as_ref());
        let delta = copy::to_bytes(&live.guest, &live.delta, of_base, probe)?;
        Ok(Suspended {
            bytes: sleep::write(&written, &delta).into(),
            head: Arc::new(head),
        })
    }
}

#[cfg(feature = "tokio")]
impl crate::pump::AsyncRuntime {
    /// Writes the runtime down as it is: see [`IsolatedRuntime::suspend`]. Calls that are under way are found again by their
    /// [numbers](crate::AsyncCall::number).
    ///
    /// # Errors
    /// As [`IsolatedRuntime::suspend`].
    pub async fn suspend(&self) -> Result<Suspended> {
        self.with(IsolatedRuntime::suspend).await?
    }
}

fn saved(program: &Program, base: Option<&Frozen>) -> Compiled {
    let of_base = base.and_then(|base| {
        base.programs.iter().position(|other| {
            Arc::ptr_eq(&other.side, &program.side)
                && (other.memory_base, other.table_base)
                    == (program.memory_base, program.table_base)
        })
    });
    match of_base {
        Some(number) => Compiled::OfBase(number),
        None => Compiled::Whole(SavedProgram::of(program)),
    }
}

/// Whether a runtime's symbols of a name are those of its snapshot.
fn is_shared(live: &Live, name: &str, symbols: &Arc<[u8]>) -> bool {
    let of_base = live.base.as_ref().and_then(|base| base.symbols.get(name));
    of_base.is_some_and(|base| Arc::ptr_eq(base, symbols))
}

fn own_symbols(live: &Live) -> BTreeMap<String, Vec<u8>> {
    live.symbols
        .iter()
        .filter(|(name, symbols)| !is_shared(live, name, symbols))
        .map(|(name, symbols)| (name.into(), symbols.to_vec()))
        .collect()
}

fn shared_symbols(live: &Live) -> Vec<String> {
    live.symbols
        .iter()
        .filter(|(name, symbols)| is_shared(live, name, symbols))
        .map(|(name, _)| name.into())
        .collect()
}

/// What a suspended runtime goes on with.
pub(crate) struct Waking<'a> {
    pub shared: &'a Arc<HostShared>,
    /// What the host's runtimes begin with.
    pub guest: &'a Arc<Guest>,
    pub base: Option<&'a Arc<Frozen>>,
}

impl Waking<'_> {
    /// Makes the runtime. Nothing in the bytes is trusted: it is a memory, and what is in it runs in a sandbox.
    ///
    /// # Errors
    /// [`Error::BadSuspended`] with everything that is wrong; [`Error::TooManyRuntimes`]; [`Error::Limit`] if it may not have the memory that
    /// it has.
    pub(crate) fn resume(
        &self,
        suspended: &Suspended,
        mut wasi: Wasi,
        limits: Arc<Limits>,
    ) -> Result<IsolatedRuntime> {
        let bad = |problems: Vec<String>| Error::BadSuspended {
            path: None,
            problems,
        };
        let head = &*suspended.head;
        let mut problems = Vec::new();
        let image = self.shared.side.image();
        if head.image != image {
            problems.push(format!(
                "it is of the guest image {}, and this host has {image}",
                crate::printable::line(&head.image)
            ));
        }
        let wanted = head.base.as_ref();
        match (wanted, self.base.map(|base| &base.id)) {
            (wanted, given) if wanted == given => {}
            (None, Some(_)) => problems.push(
                "it began with the guest image, and a snapshot was given to go on from: resume it without one (`cold`)"
                    .into(),
            ),
            (Some(_), None) => problems.push(
                "it began with a snapshot: give that to the builder (`from`), saved and loaded if it was made in another process".into(),
            ),
            (_, Some(_)) | (None, None) => problems.push(
                "it began with another snapshot than the one that was given to go on from".into(),
            ),
        }
        if let Err(problem) = wasi.go_on(&head.wasi) {
            problems.push(problem);
        }
        if !problems.is_empty() {
            return Err(bad(problems));
        }
        let guest = self.base.map_or(self.guest, |base| &base.guest);
        let (_, delta) =
            sleep::read(&suspended.bytes).map_err(|error| bad(vec![error.to_string()]))?;
        // No more than the runtime may have is made room for.
        let most = limits.get_memory().unwrap_or(u64::MAX);
        let most = guest.state_bytes().saturating_add(most).min(4 << 30);
        let probe = || State::for_probes(self.shared);
        let of_base = self.base.and_then(|base| base.delta.as_ref());
        let delta = copy::from_bytes(guest, delta, of_base, most, probe)?
            .map_err(|error| bad(vec![error.to_string()]))?;
        let live = Live {
            shared: self.shared.clone(),
            guest: guest.clone(),
            base: self.base.cloned(),
            delta,
            kept: Arc::new(head.kept.clone()),
            unfinished: head.unfinished.clone(),
            programs: self.programs(head).map_err(|problem| bad(vec![problem]))?,
            symbols: self.symbols(head),
            clocks: head.clocks,
            pending: head.pending.clone(),
            done: head.done.clone(),
        };
        let mut runtime = live.create(wasi, limits)?;
        if let Some(files) = head.wasi.temporary() {
            let takes = files.takes().map_err(|problem| bad(vec![problem]))?;
            runtime.put_files(files, takes)?;
        }
        Ok(runtime)
    }

    fn programs(&self, head: &Head) -> std::result::Result<Vec<Program>, String> {
        head.programs
            .iter()
            .map(|program| match program {
                Compiled::OfBase(number) => self
                    .base
                    .and_then(|base| base.programs.get(*number).cloned())
                    .ok_or_else(|| "its snapshot has not so many compiled programs".into()),
                Compiled::Whole(saved) => saved.program(self.shared),
            })
            .collect()
    }

    fn symbols(&self, head: &Head) -> Symbols {
        let mut symbols = Symbols::default();
        for (name, bytes) in &head.symbols {
            symbols.insert(name.clone(), bytes.as_slice().into(), usize::MAX);
        }
        for name in &head.shared_symbols {
            if let Some(bytes) = self.base.and_then(|base| base.symbols.get(name)) {
                symbols.insert(name.clone(), bytes.clone(), usize::MAX);
            }
        }
        symbols
    }
}
