//! Figures of a runtime, by number.

use super::SharedRuntime;
use crate::error::CError;
use ::isolator_host::RuntimeStats;
use std::time::Duration;

/// Which figure of a runtime.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum isolator_statistic {
    /// Bytes in use on the managed heap.
    ISOLATOR_STATISTIC_HEAP_BYTES = 1,
    /// Collections of generation 0 so far.
    ISOLATOR_STATISTIC_COLLECTIONS = 2,
    /// Handles that were not given back, those that are waiting to be released not among them.
    ISOLATOR_STATISTIC_LIVE_HANDLES = 3,
    /// Size of the guest's memory, in bytes; most of it may be shared or never touched. Not from within callbacks.
    ISOLATOR_STATISTIC_MEMORY_BYTES = 4,
    /// The most memory that it had beyond its snapshot, in bytes. This and those that follow are known of dead runtimes, too; not from
    /// within callbacks.
    ISOLATOR_STATISTIC_PEAK_MEMORY = 5,
    /// CPU time in the guest and in callbacks, in nanoseconds; sampled, unless CPU time is limited.
    ISOLATOR_STATISTIC_CPU_TIME = 6,
    /// Time since it was created, or until it died, in nanoseconds.
    ISOLATOR_STATISTIC_WALL_TIME = 7,
    /// Fuel that it used; 0 if the host does not count it.
    ISOLATOR_STATISTIC_FUEL = 8,
    /// Calls from outside.
    ISOLATOR_STATISTIC_CALLS = 9,
    /// Calls of the host by the guest.
    ISOLATOR_STATISTIC_HOST_CALLS = 10,
    /// Bytes that were copied into the guest.
    ISOLATOR_STATISTIC_BYTES_IN = 11,
    /// Bytes that were read from the guest.
    ISOLATOR_STATISTIC_BYTES_OUT = 12,
    /// Bytes that it wrote to standard output and standard error.
    ISOLATOR_STATISTIC_OUTPUT_BYTES = 13,
    /// Bytes that it wrote to files.
    ISOLATOR_STATISTIC_FILE_BYTES = 14,
    /// How many assemblies run compiled; `isolator_runtime_compiled_assembly` tells which.
    ISOLATOR_STATISTIC_COMPILED_ASSEMBLIES = 15,
    /// Requests that it made by HTTP, with those that were refused.
    ISOLATOR_STATISTIC_HTTP_REQUESTS = 16,
    /// Bytes of these requests' bodies.
    ISOLATOR_STATISTIC_HTTP_SENT = 17,
    /// Bytes of the bodies of responses that it read.
    ISOLATOR_STATISTIC_HTTP_RECEIVED = 18,
}

/// A figure; `which` is an [`isolator_statistic`].
pub(super) fn figure(shared: &SharedRuntime, which: u32) -> Result<u64, CError> {
    use isolator_statistic::*;
    const HEAP: u32 = ISOLATOR_STATISTIC_HEAP_BYTES as u32;
    const COLLECTIONS: u32 = ISOLATOR_STATISTIC_COLLECTIONS as u32;
    const HANDLES: u32 = ISOLATOR_STATISTIC_LIVE_HANDLES as u32;
    const MEMORY: u32 = ISOLATOR_STATISTIC_MEMORY_BYTES as u32;
    match which {
        MEMORY => shared.enter_outer(|runtime| Ok(runtime.memory_size() as u64)),
        HEAP | COLLECTIONS | HANDLES => shared.enter(|guest| {
            let statistics = guest.guest_statistics()?;
            Ok(match which {
                HEAP => statistics.heap_bytes,
                COLLECTIONS => statistics.collections,
                _ => statistics.live_handles,
            })
        }),
        _ => shared.enter_outer(|runtime| {
            figure_of(&runtime.stats(), which)
                .ok_or_else(|| CError::config(format!("there is no statistic {which}")))
        }),
    }
}

/// A figure that is known of dead runtimes, too; none if it is not one of them.
pub(crate) fn figure_of(stats: &RuntimeStats, which: u32) -> Option<u64> {
    use isolator_statistic::*;
    const PEAK_MEMORY: u32 = ISOLATOR_STATISTIC_PEAK_MEMORY as u32;
    const CPU_TIME: u32 = ISOLATOR_STATISTIC_CPU_TIME as u32;
    const WALL_TIME: u32 = ISOLATOR_STATISTIC_WALL_TIME as u32;
    const FUEL: u32 = ISOLATOR_STATISTIC_FUEL as u32;
    const CALLS: u32 = ISOLATOR_STATISTIC_CALLS as u32;
    const HOST_CALLS: u32 = ISOLATOR_STATISTIC_HOST_CALLS as u32;
    const BYTES_IN: u32 = ISOLATOR_STATISTIC_BYTES_IN as u32;
    const BYTES_OUT: u32 = ISOLATOR_STATISTIC_BYTES_OUT as u32;
    const OUTPUT_BYTES: u32 = ISOLATOR_STATISTIC_OUTPUT_BYTES as u32;
    const FILE_BYTES: u32 = ISOLATOR_STATISTIC_FILE_BYTES as u32;
    const COMPILED: u32 = ISOLATOR_STATISTIC_COMPILED_ASSEMBLIES as u32;
    const HTTP_REQUESTS: u32 = ISOLATOR_STATISTIC_HTTP_REQUESTS as u32;
    const HTTP_SENT: u32 = ISOLATOR_STATISTIC_HTTP_SENT as u32;
    const HTTP_RECEIVED: u32 = ISOLATOR_STATISTIC_HTTP_RECEIVED as u32;
    let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    Some(match which {
        PEAK_MEMORY => stats.peak_memory,
        CPU_TIME => nanoseconds(stats.cpu),
        WALL_TIME => nanoseconds(stats.wall),
        FUEL => stats.fuel.unwrap_or_default(),
        CALLS => stats.calls,
        HOST_CALLS => stats.host_calls,
        BYTES_IN => stats.bytes_in,
        BYTES_OUT => stats.bytes_out,
        OUTPUT_BYTES => stats.output_bytes,
        FILE_BYTES => stats.file_bytes,
        COMPILED => stats.compiled.len() as u64,
        HTTP_REQUESTS => stats.http_requests,
        HTTP_SENT => stats.http_sent,
        HTTP_RECEIVED => stats.http_received,
        _ => return None,
    })
}

/// The name of an assembly that runs compiled.
pub(super) fn compiled(shared: &SharedRuntime, index: usize) -> Result<String, CError> {
    shared.enter_outer(|runtime| {
        let stats = runtime.stats();
        stats.compiled.get(index).cloned().ok_or_else(|| {
            let count = stats.compiled.len();
            CError::config(format!(
                "there is no compiled assembly {index}: {count} run compiled, and the first is 0"
            ))
        })
    })
}
