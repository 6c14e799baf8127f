//! Wall and monotonic clock.

use super::{Errno, Parts, WASI_MODULE, WasiHost, errno, functions, memory, write};
use crate::signature::{Core, Spec};
use std::time::SystemTime;
use wasmtime::{Caller, Linker};

/// Clock numbers of WASI preview 1.
pub(super) const REALTIME: u32 = 0;
pub(super) const MONOTONIC: u32 = 1;

/// Nanoseconds that a clock shows.
pub(super) fn now(parts: &Parts<'_>, clock: u32) -> Result<u64, Errno> {
    let since = match clock {
        REALTIME => SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default(),
        // Since the runtime was created: how long this process or machine runs is not the guest's business.
        MONOTONIC => parts.wasi.monotonic(),
        _ => return Err(Errno::Inval),
    };
    let now = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
    let step = resolution(parts);
    Ok(now - now % step)
}

/// Nanoseconds from one time that a clock shows to the next.
fn resolution(parts: &Parts<'_>) -> u64 {
    let coarse = parts.meter.limits.get_coarse_clock().unwrap_or_default();
    u64::try_from(coarse.as_nanos()).unwrap_or(u64::MAX).max(1)
}

functions! { CLOCK_TABLE, link_clock_table;
    clock_res_get(clock: I32, out: I32) -> |memory, parts, clock, out| match clock {
        REALTIME | MONOTONIC => write(memory, out, resolution(parts).to_le_bytes()),
        _ => Err(Errno::Inval),
    };
    clock_time_get(clock: I32, _precision: I64, out: I32) -> |memory, parts, clock, _, out| {
        write(memory, out, now(parts, clock)?.to_le_bytes())
    };
}
pub(super) const CLOCKS: &[Spec] = CLOCK_TABLE;

pub(super) fn link_clocks<S: WasiHost>(linker: &mut Linker<S>) -> wasmtime::Result<()> {
    link_clock_table(linker)
}
