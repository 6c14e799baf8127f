//! Forks: runtimes that go on from where a live one is.

use super::live::Live;
use crate::engine::state::Parent;
use crate::error::{Error, Result};
use crate::limits::LimitKind;
use crate::runtime::IsolatedRuntime;
use crate::values::handle::Handle;

impl IsolatedRuntime {
    /// Makes a runtime that goes on from where this one is, on its own: what either does from then on, the other does not see. Its memory is copied as
    /// far as it was written since this one began, so that a runtime that has done little is forked in microseconds.
    ///
    /// - Objects, statics, timers and tasks are as they are here. `Random.Shared`, `Guid` and the like give other numbers, and clocks go on.
    /// - Limits are this one's; what was used is counted anew. It has this one's callbacks, loaders and directories; files that are open are open there as
    ///   well. Standard output and error go where this one's go (what is captured, each captures for itself); standard input goes on where it is, and
    ///   is at its end if it is a reader.
    /// - Handles name nothing there: see [`inherit`](Self::inherit) and [`kept`](Self::kept).
    /// - Calls of the host's asynchronous callbacks that are under way go on here alone: see [`pending_calls`](crate::Calls::pending_calls).
    ///
    /// # Errors
    /// [`Error::NotFrozen`] if guest code is in the middle of reading a directory, or of standard input that is a reader;
    /// [`Error::TooManyRuntimes`]; what ends a runtime.
    pub fn fork(&mut self) -> Result<Self> {
        let forks = Forks::of(self)?;
        forks.make(self)
    }

    /// Makes as many forks as `count` says, all from where this runtime is now: as [`fork`](Self::fork), and cheaper than one after the other.
    ///
    /// # Errors
    /// As [`fork`](Self::fork), and then there are none.
    pub fn fork_many(&mut self, count: usize) -> Result<Vec<Self>> {
        let forks = Forks::of(self)?;
        (0..count).map(|_| forks.make(self)).collect()
    }

    /// What a handle of the runtime that this one is a fork of names here. It was made before the fork.
    ///
    /// # Errors
    /// [`Error::ForeignHandle`] if it is a handle of another runtime; [`Error::BadHandle`] if it was made later: it names nothing here.
    pub fn inherit<H: Handle>(&mut self, handle: &H) -> Result<H> {
        let own = self.id();
        let state = self.state_mut();
        let Some(parent) = state.parent else {
            return handle.raw(own).map(|_| handle.clone());
        };
        let raw = match handle.raw(parent.runtime) {
            Ok(raw) => raw,
            // Its own.
            Err(_) => return handle.raw(own).map(|_| handle.clone()),
        };
        if handle.number() >= parent.handles {
            return Err(Error::BadHandle {
                message: format!(
                    "it was made in runtime {} after runtime {own} was forked from it, so it names nothing here",
                    parent.runtime
                ),
            });
        }
        let releases = state.releases.clone();
        Ok(state.kept.found(raw, &releases))
    }
}

/// What all forks of one moment are made of.
struct Forks {
    live: Live,
    parent: Parent,
}

impl Forks {
    fn of(runtime: &mut IsolatedRuntime) -> Result<Self> {
        let live = Live::of(runtime)?;
        let state = runtime.state();
        let parent = Parent {
            runtime: state.runtime(),
            handles: state.releases.made(),
        };
        Ok(Self { live, parent })
    }

    fn make(&self, runtime: &IsolatedRuntime) -> Result<IsolatedRuntime> {
        let parent = runtime.state();
        let wasi = parent
            .wasi
            .fork()
            .map_err(|problems| Error::NotFrozen { problems })?;
        let files = wasi.in_memory();
        let mut fork = self.live.create(wasi, parent.meter.limits.clone())?;
        let state = fork.state_mut();
        state.parent = Some(self.parent);
        state.callbacks.clone_from(&parent.callbacks);
        state.loaders = parent.loaders.clone();
        #[cfg(feature = "http")]
        {
            state.http = parent.http.as_ref().map(|http| http.anew());
        }
        state.sources = parent.sources.clone();
        state.compiled_mode = parent.compiled_mode;
        if !state.meter.memory.take_beside(files) {
            return Err(Error::Limit {
                limit: LimitKind::Memory,
                allowed: parent.meter.limits.get_memory().unwrap_or(u64::MAX),
                used: files,
            });
        }
        Ok(fork)
    }
}
