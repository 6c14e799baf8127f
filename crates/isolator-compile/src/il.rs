//! The tokens in a method's IL, ECMA-335 III.

use crate::metadata::{
    MEMBER_REF, METHOD_DEF, METHOD_SPEC, STANDALONE, TYPE_DEF, TYPE_REF, TYPE_SPEC, Token,
};

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

/// Goes through the instructions; none if they are cut off or unknown.
pub fn each(il: &[u8], mut look: impl FnMut(Use, Token)) -> Option<()> {
    const LONGER: u8 = 0xfe;
    const SWITCH: u8 = 0x45;
    let mut at = 0;
    while let Some(&code) = il.get(at) {
        at += 1;
        if code == SWITCH {
            let count = usize::try_from(u32_at(il, at)?).ok()?;
            at = at.checked_add(4)?.checked_add(count.checked_mul(4)?)?;
            continue;
        }
        let (size, what) = match code {
            LONGER => {
                let code = *il.get(at)?;
                at += 1;
                longer(code)
            }
            _ => short(code),
        };
        if let Some(what) = what
            && let Some(token) = token(u32_at(il, at)?)
        {
            look(what, token);
        }
        at = at.checked_add(size)?;
    }
    (at == il.len()).then_some(())
}

/// How many bytes follow an instruction, and what the token in them is.
fn short(code: u8) -> (usize, Option<Use>) {
    match code {
        0x27 | 0x28 | 0x6f => (4, Some(Use::Calls)),
        0x29 => (4, Some(Use::CallsPointer)),
        0x73 => (4, Some(Use::Makes)),
        0x8c => (4, Some(Use::Treats)),
        0x0e..=0x13 | 0x1f | 0x2b..=0x37 | 0xde => (1, None),
        0x20
        | 0x22
        | 0x38..=0x44
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
        | 0xd0
        | 0xdd => (4, None),
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
