//! Random bytes.

use super::{Errno, Trouble, WASI_MODULE, WasiHost, answer, slice};
use crate::limits::Meter;
use crate::signature::{Core, Spec};
use wasmtime::{Caller, Linker};

pub(super) const RANDOM: &[Spec] = &[Spec {
    name: "random_get",
    params: &[Core::I32, Core::I32],
    results: &[Core::I32],
    post: false,
}];

/// In parts: all of a guest's memory takes seconds.
const STEP: usize = 1 << 20;

fn fill(memory: &mut [u8], meter: &mut Meter, buffer: u32, len: u32) -> Result<(), Trouble> {
    for part in slice(memory, buffer, len)?.chunks_mut(STEP) {
        meter.step(part.len() as u64)?;
        getrandom::fill(part).map_err(|_| Errno::Io)?;
    }
    Ok(())
}

pub(super) fn link_random<S: WasiHost>(linker: &mut Linker<S>) -> wasmtime::Result<()> {
    linker.func_wrap(
        WASI_MODULE,
        "random_get",
        |mut caller: Caller<'_, S>, buffer: u32, len: u32| {
            answer(&mut caller, |memory, parts| {
                fill(memory, parts.meter, buffer, len)
            })
        },
    )?;
    Ok(())
}
