//! The assemblies that a guest boots from, as its snapshot holds them: what programs are compiled against is what they will run with, to the
//! byte.

use crate::error::BuildError;
use crate::metadata::Metadata;
use wasmparser::{DataKind, Parser, Payload};

/// The memory of a state module, as its data segments make it.
///
/// # Errors
/// If it is no state module.
pub fn memory(state: &[u8]) -> Result<Vec<u8>, BuildError> {
    const MOST: u64 = 1 << 32;
    let broken =
        |why: String| BuildError::Recipe(format!("the guest's state module cannot be read: {why}"));
    let mut memory = Vec::new();
    for payload in Parser::new(0).parse_all(state) {
        match payload.map_err(|error| broken(error.to_string()))? {
            Payload::MemorySection(section) => {
                for ty in section {
                    let ty = ty.map_err(|error| broken(error.to_string()))?;
                    let bytes = ty.initial.saturating_mul(64 << 10);
                    if bytes > MOST {
                        return Err(broken("its memory is too large".into()));
                    }
                    memory = vec![0; usize::try_from(bytes).unwrap_or(0)];
                }
            }
            Payload::DataSection(section) => {
                for segment in section {
                    let segment = segment.map_err(|error| broken(error.to_string()))?;
                    let DataKind::Active { offset_expr, .. } = &segment.kind else {
                        continue;
                    };
                    let mut operators = offset_expr.get_operators_reader();
                    let Ok(wasmparser::Operator::I32Const { value }) = operators.read() else {
                        return Err(broken("a data segment begins at no constant".into()));
                    };
                    let start = value.cast_unsigned() as usize;
                    memory
                        .get_mut(start..)
                        .and_then(|rest| rest.get_mut(..segment.data.len()))
                        .ok_or_else(|| broken("a data segment is outside the memory".into()))?
                        .copy_from_slice(segment.data);
                }
            }
            _ => {}
        }
    }
    Ok(memory)
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
