//! Lowering: the canonical ABI's way into guest memory. Arguments of exports and results of imports are written here alike.

use crate::engine::instance::GuestInstance;
use crate::engine::stack;
use crate::engine::state::State;
use crate::error::Error;
use wasmtime::StoreContextMut;

/// The guest's function that gives memory for what comes in.
pub(crate) const ALLOCATOR: &str = "cabi_realloc";

/// Bytes that cross into the guest: pointer and length.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Lowered {
    pub at: u32,
    pub len: u32,
}

/// Why nothing was written.
#[derive(Debug)]
pub(crate) enum Unlowered {
    /// The guest's allocator ended: a trap, a limit, an exit.
    Guest(wasmtime::Error),
    /// The guest broke the contract.
    Fault(String),
    /// It cannot be called now.
    Refused(Error),
}

/// Fills so many bytes of guest memory, which the guest allocates and owns then.
pub(crate) fn bytes(
    store: &mut StoreContextMut<'_, State>,
    instance: &GuestInstance,
    len: u32,
    fill: impl FnOnce(&mut [u8]),
) -> Result<Lowered, Unlowered> {
    if len == 0 {
        // A pointer that is neither null (which would be "none") nor read.
        return Ok(Lowered { at: 1, len: 0 });
    }
    let meter = &mut store.data_mut().meter;
    meter.bytes_in = meter.bytes_in.saturating_add(len.into());
    let realloc = instance.realloc(store).map_err(Unlowered::Guest)?;
    let at = stack::in_guest(store, |store| realloc.call(store, (0, 0, 1, len)))
        .map_err(Unlowered::Refused)?
        .map_err(Unlowered::Guest)?;
    let memory = instance.memory.data_mut(store);
    match memory.get_mut(at as usize..at as usize + len as usize) {
        Some(to) if at != 0 => {
            fill(to);
            Ok(Lowered { at, len })
        }
        _ => Err(Unlowered::Fault(format!(
            "its allocator gave {at:#x} for {len} bytes"
        ))),
    }
}

/// Writes a tag and the words after it to where the guest wants a result.
pub(crate) fn words<const N: usize>(
    memory: &mut [u8],
    out: u32,
    tag: u8,
    words: &[u32; N],
) -> Result<(), Unlowered> {
    let area = memory
        .get_mut(out as usize..)
        .and_then(|area| area.get_mut(..4 + 4 * N));
    let Some((first, rest)) = area.and_then(|area| area.split_at_mut_checked(4)) else {
        return Err(Unlowered::Fault(format!(
            "it wants the result at {out:#x}, outside its memory"
        )));
    };
    if let Some(first) = first.first_mut() {
        *first = tag;
    }
    for (to, word) in rest.chunks_exact_mut(4).zip(words) {
        to.copy_from_slice(&word.to_le_bytes());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_written_inside_the_memory_or_not_at_all() {
        let mut memory = [7u8; 16];
        words(&mut memory, 4, 1, &[0x0102_0304, 5]).unwrap();
        assert_eq!(
            memory,
            [7, 7, 7, 7, 1, 7, 7, 7, 4, 3, 2, 1, 5, 0, 0, 0],
            "padding stays"
        );
        let before = memory;
        for out in [5, 16, u32::MAX] {
            let failed = words(&mut memory, out, 0, &[0, 0]).unwrap_err();
            assert!(matches!(failed, Unlowered::Fault(_)), "{failed:?}");
        }
        assert_eq!(memory, before);
    }
}
