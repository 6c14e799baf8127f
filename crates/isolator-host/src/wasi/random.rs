//! Random bytes.

use super::{Errno, Trouble, answer, slice};
use crate::border::contract::{Core, Spec, WASI_MODULE};
use crate::engine::state::State;
use crate::limits::Meter;
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

pub(super) fn link_random(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.func_wrap(
        WASI_MODULE,
        "random_get",
        |mut caller: Caller<'_, State>, buffer: u32, len: u32| {
            answer(&mut caller, |memory, state| {
                fill(memory, &mut state.meter, buffer, len)
            })
        },
    )?;
    Ok(())
}
