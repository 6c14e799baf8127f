//! What goes on of a live runtime in another one: a fork, or the same one after it slept.

use crate::assemblies::symbols::Symbols;
use crate::border::copy;
use crate::callback::{Completion, PendingCall};
use crate::engine::frozen::{Clocks, Frozen};
use crate::engine::instance::Guest;
use crate::engine::state::{Beginning, HostShared, State};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::runtime::IsolatedRuntime;
use crate::side::Program;
use crate::values::handle::IsolatedTask;
use crate::values::handle::sealed::Sealed;
use crate::values::kept::{Kept, Names};
use crate::wasi::Wasi;
use isolator_snapshot::delta::Delta;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// A runtime between two calls, when nothing of .NET is on a stack: what its memory differs by from what it began with, and what the host has of it.
pub(super) struct Live {
    pub shared: Arc<HostShared>,
    /// What it began with.
    pub guest: Arc<Guest>,
    /// The snapshot that this is of, if it is none of the guest image's own.
    pub base: Option<Arc<Frozen>>,
    pub delta: Delta,
    pub kept: Arc<Names>,
    /// Tasks of calls that are under way, by the calls' numbers.
    pub unfinished: BTreeMap<u64, u64>,
    pub programs: Vec<Program>,
    pub symbols: Symbols,
    pub clocks: Clocks,
    /// Calls of the host's whose result is not there.
    pub pending: Vec<PendingCall>,
    /// Results that the guest has not taken.
    pub done: Vec<Completion>,
}

impl Live {
    /// Takes a runtime down as it is. It works on as before.
    ///
    /// # Errors
    /// What ends a runtime; [`Error::Engine`].
    pub(super) fn of(runtime: &mut IsolatedRuntime) -> Result<Self> {
        let (guest, unused) = at_rest(runtime, false)?;
        let id = runtime.id();
        let state = runtime.state();
        let shared = state.shared.clone();
        let probe = || State::for_probes(&shared);
        let delta = copy::differences(&guest, runtime.guest_memory(), probe, &unused)?;
        let unfinished = state.unfinished.iter();
        Ok(Self {
            guest,
            base: state.base.clone(),
            delta,
            kept: Arc::new(state.kept.names()),
            unfinished: unfinished
                .map(|(number, task)| Ok((*number, task.raw(id)?)))
                .collect::<Result<_>>()?,
            programs: state.programs.clone(),
            symbols: state.symbols.clone(),
            clocks: Clocks::now(state.wasi.monotonic()),
            pending: state.outstanding.pending(),
            done: state.outstanding.done().cloned().collect(),
            shared,
        })
    }

    /// Makes a runtime that goes on here.
    ///
    /// # Errors
    /// [`Error::TooManyRuntimes`]; [`Error::Limit`] if it may not have the memory that it has.
    pub(super) fn create(&self, wasi: Wasi, limits: Arc<Limits>) -> Result<IsolatedRuntime> {
        let (guest, shared) = (&self.guest, &self.shared);
        // What its snapshot has beside the memory is here as it is by now.
        let mut runtime =
            IsolatedRuntime::create(guest, shared, None, Beginning::GoOn, wasi, limits)?;
        runtime.overwrite(&self.delta)?;
        let state = runtime.state_mut();
        state.base.clone_from(&self.base);
        state.kept = Kept::of(self.kept.clone());
        state.symbols = self.symbols.clone();
        state.unlinked.clone_from(&self.programs);
        state.wasi.set_monotonic(self.clocks.gone_on());
        let releases = state.releases.clone();
        for (number, raw) in &self.unfinished {
            let task: IsolatedTask = state.kept.found(*raw, &releases);
            state.unfinished.insert(*number, task);
        }
        state
            .outstanding
            .go_on(self.pending.clone(), self.done.clone());
        Ok(runtime)
    }
}

/// Makes a runtime's memory ready to be copied, for runtimes that begin `anew` or go on. The result is what it is an instance of, and stretches of its memory
/// whose content nobody needs.
///
/// # Errors
/// What ends a runtime.
pub(super) fn at_rest(
    runtime: &mut IsolatedRuntime,
    anew: bool,
) -> Result<(Arc<Guest>, [Range<usize>; 2])> {
    let (from, to) = runtime.enter(|entry| entry.freeze(anew))?;
    let unused = [runtime.unused_stack(), from as usize..to as usize];
    let (_, instance) = runtime.guest().ok_or_else(|| Error::Dead {
        why: "it is gone".into(),
    })?;
    Ok((instance.guest().clone(), unused))
}

/// What of a runtime that is written down would not come along.
pub(super) fn not_written(state: &State) -> Vec<String> {
    let mut problems = state.wasi.stays_behind();
    if problems.is_empty() && !state.wasi.is_kept_whole() {
        problems.push("guest code closed one of the directories that it was granted, or opened them in another order".into());
    }
    problems
}
