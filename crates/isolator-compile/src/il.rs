//! The tokens in a method's IL, ECMA-335 III.

use crate::metadata::{
    FIELD, MEMBER_REF, METHOD_DEF, METHOD_SPEC, STANDALONE, TYPE_DEF, TYPE_REF, TYPE_SPEC, Token,
};
use std::ops::Range;

/// What an instruction does with the thing that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Calls the method, or takes its address.
    Calls,
    /// Calls a pointer to a method of this signature.
    CallsPointer,
    /// Makes an object with the constructor.
    Makes,
    /// Calls a method of this type, whatever it is (`constrained.`), or boxes it.
    Treats,
}

/// An instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// Where it is.
    pub at: Range<usize>,
    /// Its code; `0xfe…` for those of two bytes.
    pub code: u16,
    pub operand: Operand,
}

/// What follows an instruction's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// Nothing, or something that depends on no place in the code.
    Bytes,
    /// Where it branches to.
    Branch(usize),
    /// Where it may branch to.
    Switch(Vec<usize>),
}

/// The instructions; none if they are cut off.
#[must_use]
pub fn instructions(il: &[u8]) -> Option<Vec<Instruction>> {
    const SWITCH: u16 = 0x45;
    let mut instructions = Vec::new();
    let mut start = 0;
    while let Some(&first) = il.get(start) {
        let (code, operands) = match first {
            LONGER => (u16::from_be_bytes([first, *il.get(start + 1)?]), start + 2),
            _ => (u16::from(first), start + 1),
        };
        let to = |end: usize, far: i32| end.checked_add_signed(far.try_into().ok()?);
        let (end, operand) = match code {
            SWITCH => {
                let count = usize::try_from(u32_at(il, operands)?).ok()?;
                let end = operands
                    .checked_add(4)?
                    .checked_add(count.checked_mul(4)?)?;
                let targets = il.get(operands + 4..end)?.chunks_exact(4);
                let target = |far: &[u8]| to(end, i32::from_le_bytes(far.try_into().ok()?));
                (
                    end,
                    Operand::Switch(targets.map(target).collect::<Option<_>>()?),
                )
            }
            0x2b..=0x37 | 0xde => {
                let far = il.get(operands)?.cast_signed();
                (operands + 1, Operand::Branch(to(operands + 1, far.into())?))
            }
            0x38..=0x44 | 0xdd => {
                let far = u32_at(il, operands)?.cast_signed();
                (operands + 4, Operand::Branch(to(operands + 4, far)?))
            }
            _ => (operands.checked_add(described(code).0)?, Operand::Bytes),
        };
        if end > il.len() {
            return None;
        }
        instructions.push(Instruction {
            at: start..end,
            code,
            operand,
        });
        start = end;
    }
    Some(instructions)
}

/// Goes through the uses of methods and types; none if the instructions are cut off.
pub fn each(il: &[u8], mut look: impl FnMut(Use, Token)) -> Option<()> {
    for instruction in instructions(il)? {
        if let (4, Some(what)) = described(instruction.code)
            && let Some(token) = token_of(il, &instruction)
        {
            look(what, token);
        }
    }
    Some(())
}

/// The token that an instruction ends with.
#[must_use]
pub fn token_of(il: &[u8], instruction: &Instruction) -> Option<Token> {
    token(u32_at(il, instruction.at.end.checked_sub(4)?)?)
}

/// The first byte of instructions whose code has two.
const LONGER: u8 = 0xfe;

fn described(code: u16) -> (usize, Option<Use>) {
    let [first, second] = code.to_be_bytes();
    match first {
        0 => short(second),
        _ => longer(second),
    }
}

/// How many bytes follow an instruction that does not branch, and what the token in them is.
fn short(code: u8) -> (usize, Option<Use>) {
    match code {
        0x27 | 0x28 | 0x6f => (4, Some(Use::Calls)),
        0x29 => (4, Some(Use::CallsPointer)),
        0x73 => (4, Some(Use::Makes)),
        0x8c => (4, Some(Use::Treats)),
        0x0e..=0x13 | 0x1f => (1, None),
        0x20
        | 0x22
        | 0x70..=0x72
        | 0x74
        | 0x75
        | 0x79
        | 0x7b..=0x81
        | 0x8d
        | 0x8f
        | 0xa3..=0xa5
        | 0xc2
        | 0xc6
        | 0xd0 => (4, None),
        0x21 | 0x23 => (8, None),
        _ => (0, None),
    }
}

fn longer(code: u8) -> (usize, Option<Use>) {
    match code {
        0x06 | 0x07 => (4, Some(Use::Calls)),
        0x16 => (4, Some(Use::Treats)),
        0x15 | 0x1c => (4, None),
        0x09..=0x0e => (2, None),
        0x12 | 0x19 => (1, None),
        _ => (0, None),
    }
}

fn token(value: u32) -> Option<Token> {
    let table = usize::try_from(value >> 24).ok()?;
    let row = usize::try_from(value & 0x00ff_ffff).ok()?.checked_sub(1)?;
    [
        FIELD,
        METHOD_DEF,
        METHOD_SPEC,
        MEMBER_REF,
        TYPE_DEF,
        TYPE_REF,
        TYPE_SPEC,
        STANDALONE,
    ]
    .contains(&table)
    .then_some((table, row))
}

fn u32_at(il: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(
        il.get(at..at.checked_add(4)?)?.try_into().ok()?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_found_behind_instructions_of_every_length() {
        let mut il = vec![
            0x00, 0x1f, 0x28, 0x20, 0x28, 0x28, 0x28, 0x28, 0x21, 1, 2, 3, 4, 5, 6, 7, 8, 0x45, 1,
            0, 0, 0, 9, 9, 9, 9,
        ];
        il.extend([
            0x28, 2, 0, 0, 0x0a, 0xfe, 0x16, 1, 0, 0, 0x1b, 0x6f, 3, 0, 0, 6, 0x73, 1, 0, 0, 0x2b,
            0x2a,
        ]);
        let mut found = Vec::new();
        each(&il, |what, token| found.push((what, token))).unwrap();
        assert_eq!(
            found,
            [
                (Use::Calls, (MEMBER_REF, 1)),
                (Use::Treats, (TYPE_SPEC, 0)),
                (Use::Calls, (METHOD_DEF, 2)),
                (Use::Makes, (METHOD_SPEC, 0))
            ]
        );
        for end in [2, 5, 12, 20, il.len() - 3] {
            assert!(
                each(&il[..end], |_, _| {}).is_none() || end == il.len() - 1,
                "{end}"
            );
        }
    }
}
