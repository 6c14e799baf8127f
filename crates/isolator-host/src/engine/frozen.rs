//! What a runtime may start from beside the guest image: the memory of another one, and what else that was.

use crate::assemblies::symbols::Symbols;
use crate::engine::instance::Guest;
use crate::engine::state::HostShared;
use crate::error::{Error, Result};
use crate::side::Program;
use crate::values::kept::Names;
use crate::wasi::KeptFiles;
use isolator_abi::GuestStamp;
use isolator_snapshot::delta::Delta;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// A runtime between two calls, when nothing of .NET is on a stack.
pub(crate) struct Frozen {
    /// What tells it from others.
    pub id: Id,
    /// The host that it is of.
    pub shared: Arc<HostShared>,
    /// The host's code, with this state, or with the one that `delta` is the difference from.
    pub guest: Arc<Guest>,
    /// Pages that are copied into each runtime: none where all of the memory is the guest's state.
    pub delta: Option<Delta>,
    /// What states of that code say of themselves.
    pub stamp: GuestStamp,
    /// Handles by name.
    pub kept: Arc<Names>,
    pub programs: Vec<Program>,
    pub symbols: Symbols,
    pub clocks: Clocks,
    /// What is in `/tmp`, and what that takes of a runtime's memory; none if nothing is.
    pub files: Option<(KeptFiles, u64)>,
}

/// What tells a snapshot from all others: a random number, in hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Id(pub String);

impl Id {
    /// # Errors
    /// [`Error::Engine`] where the system has no random numbers.
    pub(crate) fn new() -> Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| Error::Engine {
            what: "name a snapshot",
            message: error.to_string(),
        })?;
        Ok(Self(format!("{:032x}", u128::from_ne_bytes(bytes))))
    }
}

/// What the clocks of a runtime showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Clocks {
    pub monotonic: Duration,
    /// Since 1970.
    pub wall: Duration,
}

impl Clocks {
    /// With what the monotonic clock shows.
    pub(crate) fn now(monotonic: Duration) -> Self {
        Self {
            monotonic,
            wall: wall(),
        }
    }

    /// What the monotonic clock shows now: it went on meanwhile, as far as the wall clock tells, which may have been put back.
    pub(crate) fn gone_on(self) -> Duration {
        let meanwhile = wall().saturating_sub(self.wall);
        self.monotonic.saturating_add(meanwhile)
    }
}

fn wall() -> Duration {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_monotonic_clock_goes_on_and_never_back() {
        let second = Duration::from_secs(1);
        let before = Clocks {
            monotonic: second,
            wall: wall() - 3600 * second,
        };
        assert!(before.gone_on() >= 3601 * second);
        let of_the_future = Clocks {
            wall: wall() + 3600 * second,
            ..before
        };
        assert_eq!(of_the_future.gone_on(), second);
        let broken = Clocks {
            monotonic: Duration::MAX,
            wall: Duration::ZERO,
        };
        assert_eq!(broken.gone_on(), Duration::MAX);
    }
}
