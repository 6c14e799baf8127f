//! The assemblies that a guest boots from, as its snapshot holds them: what programs are compiled against is what they will run with, to the
//! byte.

use crate::error::BuildError;
use crate::metadata::Metadata;

/// The memory of a state module, as its data segments make it.
///
/// # Errors
/// If it is no state module.
pub fn memory(state: &[u8]) -> Result<Vec<u8>, BuildError> {
    const MOST: u64 = 1 << 32;
    isolator_snapshot::state::read(state, MOST)
        .map(|state| state.memory)
        .map_err(|why| {
            BuildError::Recipe(format!("the guest's state module cannot be read: {why}"))
        })
}

/// The assemblies in a memory: name and bytes, in the order of their addresses. Of two of one name the first counts.
#[must_use]
pub fn assemblies(memory: &[u8]) -> Vec<(String, &[u8])> {
    let mut found: Vec<(String, &[u8])> = Vec::new();
    let mut at = 0;
    while let Some(rest) = memory.get(at..) {
        let Some(next) = rest
            .windows(4)
            .step_by(4)
            .position(|bytes| bytes == [b'M', b'Z', 0x90, 0])
        else {
            break;
        };
        at += next * 4;
        let Some(length) = Metadata::length(&memory[at..]) else {
            at += 4;
            continue;
        };
        let bytes = &memory[at..at + length];
        if let Some(name) =
            Metadata::read(bytes).and_then(|metadata| metadata.name().map(str::to_owned))
            && !found.iter().any(|(known, _)| *known == name)
        {
            found.push((name, bytes));
        }
        at = (at + length).next_multiple_of(4);
    }
    found
}
