//! What the meters of a runtime ask of the engine: its clock, its fuel.

use crate::engine::state::State;
use wasmtime::{Caller, StoreContextMut, UpdateDeadline};

/// What a store does when the epoch moves on while guest code runs in it.
pub(crate) fn tick(mut store: StoreContextMut<'_, State>) -> wasmtime::Result<UpdateDeadline> {
    match store.data_mut().meter.tick() {
        Ok(()) => Ok(UpdateDeadline::Continue(1)),
        Err(stop) => Err(wasmtime::Error::new(stop)),
    }
}

/// Takes fuel for work that a guest makes the host do elsewhere.
pub(crate) fn charge(caller: &mut Caller<'_, State>, fuel: u64) -> wasmtime::Result<()> {
    if !caller.data().shared.fuel {
        return Ok(());
    }
    let left = caller.get_fuel()?.checked_sub(fuel);
    caller.set_fuel(left.unwrap_or_default())?;
    match left {
        Some(_) => Ok(()),
        None => Err(wasmtime::Trap::OutOfFuel.into()),
    }
}
