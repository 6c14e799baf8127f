//! What all runtimes of a host may use up together.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What all runtimes of a host together may use up: [`HostBuilder::host_limits`](crate::HostBuilder::host_limits). Without this there
/// is one limit, [`max_runtimes`](crate::HostBuilder::max_runtimes).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use = "limits do nothing until they are set on a host"]
pub struct HostLimits {
    pub(crate) memory: Option<u64>,
    pub(crate) running_calls: Option<u32>,
    pub(crate) queue_timeout: Duration,
}

impl HostLimits {
    /// Memory that all runtimes together may take beyond their snapshot, in bytes. One that wants more fares as with its own
    /// [`Limits::memory`](crate::Limits::memory); where it dies of that, the error is [`LimitKind::HostMemory`](crate::LimitKind::HostMemory).
    pub fn memory(mut self, bytes: impl Into<Option<u64>>) -> Self {
        self.memory = bytes.into();
        self
    }

    /// Calls from outside that may run in guests at once, such as the number of cores. One more waits, see
    /// [`queue_timeout`](Self::queue_timeout), and then is [`LimitKind::RunningCalls`](crate::LimitKind::RunningCalls); its runtime lives on.
    /// A call that waits for a task or a callback's future between its entries does not count meanwhile.
    pub fn running_calls(mut self, number: impl Into<Option<u32>>) -> Self {
        self.running_calls = number.into();
        self
    }

    /// How long a thread waits where the host is full: to create a runtime when there are as many as may be, or to run a call. Zero
    /// by default: it is told at once.
    pub fn queue_timeout(mut self, time: Duration) -> Self {
        self.queue_timeout = time;
        self
    }
}

/// Memory that the runtimes of a host have taken beyond their snapshots.
#[derive(Debug)]
pub(crate) struct HostMemory {
    pub allowed: u64,
    used: AtomicU64,
}

impl HostMemory {
    pub(crate) fn new(allowed: u64) -> Self {
        Self {
            allowed,
            used: AtomicU64::new(0),
        }
    }

    /// Takes some; an error with what would be used if that is too much.
    pub(crate) fn take(&self, bytes: u64) -> Result<(), u64> {
        let more = |used: u64| {
            let used = used.saturating_add(bytes);
            (used <= self.allowed).then_some(used)
        };
        let taken = self
            .used
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        taken.map(drop).map_err(|used| used.saturating_add(bytes))
    }

    /// What may still be taken.
    pub(crate) fn left(&self) -> u64 {
        self.allowed
            .saturating_sub(self.used.load(Ordering::Acquire))
    }

    pub(crate) fn give_back(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_taken_and_given_back() {
        let memory = HostMemory::new(100);
        assert_eq!(memory.take(60), Ok(()));
        assert_eq!(memory.take(41), Err(101));
        assert_eq!(memory.left(), 40);
        memory.give_back(1);
        assert_eq!(memory.take(41), Ok(()));
        assert_eq!(memory.take(u64::MAX), Err(u64::MAX));
    }
}
