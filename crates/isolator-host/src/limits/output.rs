//! What was printed for a runtime, by itself and by others.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of output that count against [`Limits::max_output`](crate::Limits::max_output): what the guest writes to its standard streams, and
/// what the embedder prints because of it (lines of the log, texts of exceptions, results), if the embedder [adds](Self::add) that.
///
/// [`IsolatedRuntime::output_account`](crate::IsolatedRuntime::output_account) gives it; clones are the same account, on whatever thread.
#[derive(Debug, Clone, Default)]
pub struct OutputAccount(Arc<AtomicU64>);

impl OutputAccount {
    /// Counts bytes. Returns what there is then. A guest that goes on to write is stopped if that is more than it may.
    pub fn add(&self, bytes: u64) -> u64 {
        // The previous value comes back; nothing counts to 2^64.
        self.0
            .fetch_add(bytes, Ordering::Relaxed)
            .saturating_add(bytes)
    }

    /// Bytes so far.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
