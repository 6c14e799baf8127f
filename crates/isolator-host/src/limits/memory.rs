//! How much memory a runtime takes beyond its snapshot.

use super::kind::{LimitHit, LimitKind};
use wasmtime::ResourceLimiter;

/// Counts and bounds the growth of a store's memories: the guest's own, and the engine's small heap for exceptions.
#[derive(Debug, Default)]
pub(crate) struct MemoryMeter {
    /// Bytes beyond the snapshot that may be taken.
    allowed: Option<u64>,
    /// Size of the snapshot, once the memory was made.
    snapshot: Option<u64>,
    used: u64,
    peak: u64,
    /// What the last growth added, in case the engine cannot do it after all.
    last: u64,
    /// What would have been used, had the last growth that was refused been granted.
    refused: Option<u64>,
}

impl MemoryMeter {
    pub(crate) fn new(allowed: Option<u64>) -> Self {
        Self {
            allowed,
            ..Self::default()
        }
    }

    /// The most bytes beyond the snapshot so far.
    pub(crate) fn peak(&self) -> u64 {
        self.peak
    }

    /// Forgets that growth was refused: another call begins.
    #[inline]
    pub(crate) fn begin_call(&mut self) {
        self.refused = None;
    }

    /// The limit, if it was reached since the call began.
    pub(crate) fn hit(&self) -> Option<LimitHit> {
        Some(LimitHit {
            kind: LimitKind::Memory,
            allowed: self.allowed?,
            used: self.refused?,
        })
    }

    fn grow(&mut self, current: usize, desired: usize) -> bool {
        let more = desired.saturating_sub(current) as u64;
        if self.snapshot.is_none() {
            // The first is the snapshot's own memory, which is shared.
            self.snapshot = Some(desired as u64);
            self.last = 0;
            return true;
        }
        let wanted = self.used.saturating_add(more);
        if self.allowed.is_some_and(|allowed| wanted > allowed) {
            self.refused = Some(wanted);
            return false;
        }
        self.last = more;
        self.used = wanted;
        self.peak = self.peak.max(wanted);
        true
    }
}

impl ResourceLimiter for MemoryMeter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(self.grow(current, desired))
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.used = self.used.saturating_sub(self.last);
        self.last = 0;
        Ok(())
    }

    fn table_growing(
        &mut self,
        _current: usize,
        _desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // The engine's own limit on tables is small.
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_snapshot_is_free_and_growth_is_counted() {
        let mut meter = MemoryMeter::new(Some(100));
        assert!(meter.grow(0, 1000));
        assert!(meter.grow(1000, 1060));
        assert!(meter.hit().is_none());
        assert!(!meter.grow(1060, 1101));
        let hit = meter.hit().unwrap();
        assert_eq!(
            (hit.kind, hit.allowed, hit.used),
            (LimitKind::Memory, 100, 101)
        );
        meter.begin_call();
        assert!(meter.hit().is_none(), "that was another call");
        assert!(meter.grow(0, 40), "the engine's heap counts, too");
        assert!(!meter.grow(1060, 1061));
        assert_eq!(meter.peak(), 100);
        assert!(MemoryMeter::new(None).grow(0, usize::MAX));
    }

    #[test]
    fn what_the_engine_could_not_do_is_given_back() {
        let mut meter = MemoryMeter::new(Some(100));
        assert!(meter.grow(0, 1000) && meter.grow(1000, 1100));
        meter
            .memory_grow_failed(wasmtime::format_err!("no"))
            .unwrap();
        assert!(meter.grow(1000, 1100));
    }
}
