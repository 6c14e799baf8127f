//! How much memory a runtime takes beyond its snapshot.

use super::LimitHit;
use super::LimitKind;
use super::host::HostMemory;
use std::sync::Arc;
use wasmtime::ResourceLimiter;

/// What the engine's heap for exceptions may take without being counted. It is made at the first exception, which may be the one that
/// says that memory has run out.
const EXCEPTIONS: usize = 1 << 20;

/// Elements that a table may have: a guest's own, which are some ten thousands, with those of compiled programs. An element takes eight bytes.
const TABLE: usize = 1 << 20;

/// Counts and bounds the growth of a store's memories: the guest's own, and what the engine's heap for exceptions takes beyond [`EXCEPTIONS`].
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
    /// The limit that refused the last growth that was refused, and what would have been used.
    refused: Option<LimitHit>,
    /// A growth was refused at some time.
    ever: Option<LimitKind>,
    /// What would have been used with the largest growth that was refused.
    asked: Option<u64>,
    /// What all runtimes of the host have.
    host: Option<Arc<HostMemory>>,
}

impl MemoryMeter {
    pub(crate) fn new(allowed: Option<u64>, host: Option<Arc<HostMemory>>) -> Self {
        Self {
            allowed,
            host,
            ..Self::default()
        }
    }

    /// The most bytes beyond the snapshot so far.
    pub(crate) fn peak(&self) -> u64 {
        self.peak
    }

    /// How many bytes more may be taken; none: as many as there are.
    pub(crate) fn left(&self) -> Option<u64> {
        let own = self
            .allowed
            .map(|allowed| allowed.saturating_sub(self.used));
        let host = self.host.as_ref().map(|host| host.left());
        own.into_iter().chain(host).min()
    }

    /// Forgets that growth was refused: another call begins.
    #[inline]
    pub(crate) fn begin_call(&mut self) {
        self.refused = None;
    }

    /// The limit, if it was reached since the call began.
    pub(crate) fn hit(&self) -> Option<LimitHit> {
        self.refused
    }

    /// The limit that was ever reached.
    pub(crate) fn ever_hit(&self) -> Option<LimitKind> {
        self.ever
    }

    /// What would have been used with the largest growth that was refused.
    pub(crate) fn asked(&self) -> Option<u64> {
        self.asked
    }

    /// The memory is gone.
    pub(crate) fn give_back(&mut self) {
        if let Some(host) = &self.host {
            host.give_back(self.used);
        }
        self.used = 0;
    }

    /// Takes memory of the host's that is the runtime's beside its own. False: so much may not be taken.
    pub(crate) fn take_beside(&mut self, bytes: u64) -> bool {
        self.try_take_beside(bytes).is_ok()
    }

    /// The same, with the limit that there is none for.
    pub(crate) fn try_take_beside(&mut self, bytes: u64) -> Result<(), LimitHit> {
        self.take(bytes, self.allowed)
    }

    /// Takes so much, if with it no more than `allowed` is used, and the host has it.
    fn take(&mut self, bytes: u64, allowed: Option<u64>) -> Result<(), LimitHit> {
        let wanted = self.used.saturating_add(bytes);
        if let Some(allowed) = allowed
            && wanted > allowed
        {
            self.ever = Some(LimitKind::Memory);
            self.asked = self.asked.max(Some(wanted));
            return Err(LimitHit {
                kind: LimitKind::Memory,
                allowed,
                used: wanted,
            });
        }
        if let Some(host) = &self.host
            && let Err(used) = host.take(bytes)
        {
            self.ever = Some(LimitKind::HostMemory);
            return Err(LimitHit {
                kind: LimitKind::HostMemory,
                allowed: host.allowed,
                used,
            });
        }
        self.used = wanted;
        self.peak = self.peak.max(wanted);
        Ok(())
    }

    /// Gives such memory back.
    pub(crate) fn give_back_beside(&mut self, bytes: u64) {
        let bytes = bytes.min(self.used);
        if let Some(host) = &self.host {
            host.give_back(bytes);
        }
        self.used -= bytes;
    }

    #[cfg(test)]
    fn grow(&mut self, current: usize, desired: usize) -> bool {
        self.grow_within(current, desired, None)
    }

    /// Whether a memory may grow. `maximum` is what it can ever have, limits or none.
    fn grow_within(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> bool {
        let mut more = desired.saturating_sub(current) as u64;
        let Some(snapshot) = self.snapshot else {
            // The first is the snapshot's own memory, which is shared.
            self.snapshot = Some(desired as u64);
            self.last = 0;
            return true;
        };
        // The guest's memory is never smaller than its snapshot, and the engine's heap never gets as large.
        if (current as u64) < snapshot {
            more = desired.saturating_sub(current.max(EXCEPTIONS)) as u64;
        }
        // What the guest's own memory can have beyond its snapshot is a limit as well, where no lower one is set.
        let possible = maximum
            .filter(|maximum| current as u64 >= snapshot && desired > *maximum)
            .map(|maximum| (maximum as u64).saturating_sub(snapshot));
        let allowed = self.allowed.into_iter().chain(possible).min();
        match self.take(more, allowed) {
            Ok(()) => {
                self.last = more;
                true
            }
            Err(hit) => {
                self.refused = Some(hit);
                false
            }
        }
    }
}

impl ResourceLimiter for MemoryMeter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(self.grow_within(current, desired, maximum))
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.used = self.used.saturating_sub(self.last);
        if let Some(host) = &self.host {
            host.give_back(self.last);
        }
        self.last = 0;
        Ok(())
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // Where runtimes are mapped when they are created, the engine has no limit of its own.
        Ok(desired <= TABLE)
    }
}

impl Drop for MemoryMeter {
    fn drop(&mut self) {
        self.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_snapshot_is_free_and_growth_is_counted() {
        let mut meter = MemoryMeter::new(Some(100), None);
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
        assert!(meter.grow(1060, 1100));
        assert!(!meter.grow(1100, 1101));
        assert_eq!(meter.peak(), 100);
        assert!(MemoryMeter::new(None, None).grow(0, usize::MAX));
    }

    #[test]
    fn what_a_memory_can_have_is_a_limit_too() {
        let mut meter = MemoryMeter::new(None, None);
        assert!(meter.grow_within(0, 1000, Some(1100)));
        assert!(meter.grow_within(1000, 1060, Some(1100)));
        assert_eq!(meter.asked(), None);
        assert!(!meter.grow_within(1060, 1101, Some(1100)));
        let hit = meter.hit().unwrap();
        assert_eq!(
            (hit.kind, hit.allowed, hit.used),
            (LimitKind::Memory, 100, 101)
        );
        assert!(!meter.grow_within(1060, 1200, Some(1100)));
        assert_eq!((meter.peak(), meter.asked()), (60, Some(200)));
    }

    #[test]
    fn an_exception_can_be_thrown_where_memory_has_run_out() {
        let mut meter = MemoryMeter::new(Some(100), None);
        assert!(meter.grow(0, 10 * EXCEPTIONS));
        assert!(meter.grow(10 * EXCEPTIONS, 10 * EXCEPTIONS + 100));
        assert!(meter.grow(0, EXCEPTIONS / 2));
        assert!(meter.grow(EXCEPTIONS / 2, EXCEPTIONS));
        assert_eq!(meter.peak(), 100);
        assert!(
            !meter.grow(EXCEPTIONS, EXCEPTIONS + 1),
            "more of the engine's heap counts"
        );
    }

    #[test]
    fn a_table_grows_so_far_and_no_farther() {
        let mut meter = MemoryMeter::new(None, None);
        assert!(meter.table_growing(100, TABLE, None).unwrap());
        assert!(!meter.table_growing(100, TABLE + 1, None).unwrap());
    }

    #[test]
    fn what_the_engine_could_not_do_is_given_back() {
        let mut meter = MemoryMeter::new(Some(100), None);
        assert!(meter.grow(0, 1000) && meter.grow(1000, 1100));
        meter
            .memory_grow_failed(wasmtime::format_err!("no"))
            .unwrap();
        assert!(meter.grow(1000, 1100));
    }

    #[test]
    fn what_is_taken_beside_counts_with_the_rest() {
        let host = Arc::new(HostMemory::new(1000));
        let mut meter = MemoryMeter::new(Some(100), Some(host.clone()));
        assert!(meter.grow(0, 1000) && meter.grow(1000, 1060));
        assert!(meter.try_take_beside(40).is_ok());
        let hit = meter.try_take_beside(1).unwrap_err();
        assert_eq!(
            (hit.kind, hit.allowed, hit.used),
            (LimitKind::Memory, 100, 101)
        );
        let mut other = MemoryMeter::new(None, Some(host));
        let hit = other.try_take_beside(901).unwrap_err();
        assert_eq!(
            (hit.kind, hit.allowed, hit.used),
            (LimitKind::HostMemory, 1000, 1001)
        );
        meter.give_back_beside(40);
        assert!(other.try_take_beside(901).is_ok());
        assert_eq!((meter.peak(), other.peak()), (100, 901));
    }

    #[test]
    fn runtimes_share_what_their_host_has() {
        let host = Arc::new(HostMemory::new(100));
        let mut one = MemoryMeter::new(None, Some(host.clone()));
        let mut other = MemoryMeter::new(None, Some(host));
        assert!(one.grow(0, 1000) && other.grow(0, 1000));
        assert!(one.grow(1000, 1080));
        assert!(!other.grow(1000, 1030));
        let hit = other.hit().unwrap();
        assert_eq!(
            (hit.kind, hit.allowed, hit.used),
            (LimitKind::HostMemory, 100, 110)
        );
        drop(one);
        assert!(other.grow(1000, 1030));
    }
}
