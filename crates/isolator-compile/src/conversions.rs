//! Conversions of numbers that the compiler gets wrong, said in IL that it gets right.
//!
//! - To `byte` and `ushort` it converts floating-point numbers directly, to 0 or the largest where they are out of range. .NET converts them to `int`
//!   and takes the lowest bits. So each such conversion gets one to `int` before it, which means nothing to integers.
//! - From unsigned numbers to `float` it goes by way of `double`, and rounds twice. What `double` would round away is gathered in one bit before, which
//!   is enough to round right.
//!
//! The compiler reads a copy of the assembly in which the bodies of such methods stand changed behind the rest. The assembly itself, which
//! runs, is as it was. Of what is compiled only handlers of exceptions depend on offsets in a body: the runtime finds them by those. So methods with
//! handlers are not changed, and stay interpreted where a floating-point number may be what they convert.

use crate::error::BuildError;
use crate::il::{self, Instruction, Operand};
use crate::metadata::{Body, METHOD_DEF, STANDALONE, compressed};
use crate::types::Ty;
use crate::universe::{Instance, Universe};
use std::collections::BTreeMap;

const CONV_U2: u16 = 0xd1;
const CONV_U1: u16 = 0xd2;
const CONV_R_UN: u16 = 0x76;
const CONV_R4: u16 = 0x6b;

/// Before a conversion to a small unsigned integer: `conv.i4`.
const NARROW: [u8; 1] = [0x69];

/// Before one of an unsigned number to `float`: where the number has more bits than a `double`, the lowest eleven become one.
const ROUND: [u8; 45] = {
    const LOWEST: u64 = 0x7ff;
    const MOST_OF_DOUBLE: u64 = 1 << 53;
    let mut code = [0; 45];
    // conv.u8, dup, ldc.i8, blt.un.s to the end
    code[0] = 0x6e;
    code[1] = 0x25;
    constant(&mut code, 2, MOST_OF_DOUBLE);
    code[11] = 0x37;
    code[12] = 45 - 13;
    // dup, ldc.i8, and, ldc.i8, add, or
    code[13] = 0x25;
    constant(&mut code, 14, LOWEST);
    code[23] = 0x5f;
    constant(&mut code, 24, LOWEST);
    code[33] = 0x58;
    code[34] = 0x60;
    // ldc.i8, and
    constant(&mut code, 35, !LOWEST);
    code[44] = 0x5f;
    code
};

const fn constant<const N: usize>(code: &mut [u8; N], at: usize, value: u64) {
    code[at] = 0x21;
    let bytes = value.to_le_bytes();
    let mut i = 0;
    while i < 8 {
        code[at + 1 + i] = bytes[i];
        i += 1;
    }
}

/// Most bytes of all changed bodies, beside what the file has.
const LARGEST: usize = 1 << 20;

/// What these need more of the stack.
const MORE_STACK: usize = 2;

/// A copy of the assembly with the changed bodies; none if no method has such a conversion.
///
/// # Errors
/// If the file is laid out in a way that leaves no room for them, or they have no end: methods may share their bodies.
pub fn changed(universe: &Universe<'_>, assembly: usize) -> Result<Option<Vec<u8>>, BuildError> {
    let metadata = universe.metadata(assembly);
    let most = LARGEST.saturating_add(metadata.file().len());
    let mut bodies = Vec::new();
    let mut moved = Vec::new();
    for method in 0..metadata.rows(METHOD_DEF) {
        if bodies.len() > most {
            return Err(BuildError::Recipe(
                "the assembly's methods have more code than its file: many of them share theirs"
                    .into(),
            ));
        }
        if universe.is_late() {
            return Err(BuildError::late());
        }
        if let Some(body) = metadata.body(method)
            && body.handlers.is_empty()
            && let Some(body) = changed_body(metadata.file(), &body)
        {
            bodies.resize(bodies.len().next_multiple_of(4), 0);
            moved.push((method, bodies.len()));
            bodies.extend(body);
        }
    }
    if moved.is_empty() {
        return Ok(None);
    }
    let unknown =
        || BuildError::Recipe("the assembly's file ends in a way that is not known here".into());
    let (mut file, address) = metadata.extended(&bodies).ok_or_else(unknown)?;
    for (method, at) in moved {
        let place = metadata.place(METHOD_DEF, method).ok_or_else(unknown)?;
        let address = u32::try_from(address + at).map_err(|_| unknown())?;
        file[place..place + 4].copy_from_slice(&address.to_le_bytes());
    }
    Ok(Some(file))
}

/// What is said before an instruction.
fn before(instruction: &Instruction, next: Option<&Instruction>) -> &'static [u8] {
    match instruction.code {
        CONV_U1 | CONV_U2 => &NARROW,
        CONV_R_UN if next.is_some_and(|next| next.code == CONV_R4) => &ROUND,
        _ => &[],
    }
}

/// A branch whose target is one byte away, as that to anywhere.
fn long(code: u16) -> u16 {
    const LEAVE: u16 = 0xdd;
    const SHORT_LEAVE: u16 = 0xde;
    match code {
        0x2b..=0x37 => code + 13,
        SHORT_LEAVE => LEAVE,
        _ => code,
    }
}

/// The body with what is missing before its conversions; none if nothing is, or it cannot be read.
fn changed_body(file: &[u8], body: &Body) -> Option<Vec<u8>> {
    let il = &file[body.il.clone()];
    let instructions = il::instructions(il)?;
    let inserted = |at: usize| before(&instructions[at], instructions.get(at + 1));
    (0..instructions.len())
        .any(|at| !inserted(at).is_empty())
        .then_some(())?;

    let mut places = BTreeMap::new();
    let mut end = 0;
    for (i, instruction) in instructions.iter().enumerate() {
        places.insert(instruction.at.start, end);
        end += inserted(i).len()
            + match instruction.operand {
                Operand::Branch(_) => 5,
                _ => instruction.at.len(),
            };
    }
    places.insert(il.len(), end);
    let place = |old: usize| places.get(&old).copied();

    let mut code = Vec::with_capacity(end);
    for (i, instruction) in instructions.iter().enumerate() {
        code.extend(inserted(i));
        let jump = |code: &mut Vec<u8>, to: usize, from: usize| {
            let far = i32::try_from(place(to)?.cast_signed() - from.cast_signed()).ok()?;
            code.extend(far.to_le_bytes());
            Some(())
        };
        match &instruction.operand {
            Operand::Bytes => code.extend(&il[instruction.at.clone()]),
            Operand::Branch(to) => {
                code.push(u8::try_from(long(instruction.code)).ok()?);
                let from = code.len() + 4;
                jump(&mut code, *to, from)?;
            }
            Operand::Switch(targets) => {
                let at = &il[instruction.at.clone()];
                code.extend(&at[..5]);
                let from = code.len() + 4 * targets.len();
                for to in targets {
                    jump(&mut code, *to, from)?;
                }
            }
        }
    }
    debug_assert_eq!(code.len(), end);
    with_header(body, &code)
}

/// A fat header and the code, ECMA-335 II.25.4.
fn with_header(body: &Body, code: &[u8]) -> Option<Vec<u8>> {
    const FAT: u16 = 0x3003;
    const INITIALIZES: u16 = 0x10;
    let flags = match body.initializes {
        true => FAT | INITIALIZES,
        false => FAT,
    };
    let stack = u16::try_from(body.stack + MORE_STACK).unwrap_or(u16::MAX);
    let mut out = flags.to_le_bytes().to_vec();
    out.extend(stack.to_le_bytes());
    out.extend(u32::try_from(code.len()).ok()?.to_le_bytes());
    out.extend(body.locals.to_le_bytes());
    out.extend(code);
    Some(out)
}

/// Whether what the compiler makes of a method's conversions may be wrong: it has some that are not changed, and knows floating-point numbers.
#[must_use]
pub fn are_wrong(universe: &Universe<'_>, instance: &Instance, body: &Body, is_own: bool) -> bool {
    if is_own && body.handlers.is_empty() {
        return false;
    }
    let assembly = instance.owner.assembly;
    let il = &universe.metadata(assembly).file()[body.il.clone()];
    let Some(instructions) = il::instructions(il) else {
        return false;
    };
    let next = |at: usize| instructions.get(at + 1);
    let mut all = instructions.iter().enumerate();
    all.any(|(at, one)| !before(one, next(at)).is_empty())
        && knows_floats(universe, instance, body, &instructions).unwrap_or(true)
}

/// Whether one of its parameters, locals, or of what it reads and calls is a floating-point number; none if that cannot be told.
fn knows_floats(
    universe: &Universe<'_>,
    instance: &Instance,
    body: &Body,
    instructions: &[Instruction],
) -> Option<bool> {
    const LOCALS: usize = 0x11;
    let assembly = instance.owner.assembly;
    let metadata = universe.metadata(assembly);
    let il = &metadata.file()[body.il.clone()];
    let here = |ty: &Ty| ty.with(&instance.of_type, &instance.of_method);
    let mut types: Vec<Ty> = Vec::new();

    let signature = universe.signature(assembly, instance.method)?;
    for ty in &signature.parameters {
        types.push(here(ty)?);
    }
    if body.locals as usize >> 24 == LOCALS {
        let row = (body.locals as usize & 0x00ff_ffff).checked_sub(1)?;
        let mut blob = metadata.blob(STANDALONE, row, 0)?.get(1..)?;
        for _ in 0..compressed(&mut blob)? {
            types.push(here(&Ty::read(universe, assembly, &mut blob)?)?);
        }
    }
    for one in instructions {
        match one.code {
            // Constants, and what says itself what it is.
            0x22 | 0x23 | 0x4e | 0x4f | 0x6b | 0x6c | 0x76 | 0x98 | 0x99 => return Some(true),
            0x28 | 0x6f => {
                let token = il::token_of(il, one)?;
                let called =
                    universe.method(assembly, token, &instance.of_type, &instance.of_method)?;
                let signature = universe.signature(called.owner.assembly, called.method)?;
                types.push(signature.result.with(&called.of_type, &called.of_method)?);
            }
            0x29 => return None,
            0x7b | 0x7e => {
                types.push(here(
                    &universe.field_type(assembly, il::token_of(il, one)?)?,
                )?);
            }
            0x71 | 0xa3 | 0xa5 => {
                let ty = Ty::of_token(universe, assembly, il::token_of(il, one)?)?;
                types.push(here(&ty)?);
            }
            _ => {}
        }
    }
    Some(types.iter().any(Ty::is_float))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The changed body's IL.
    fn change(il: &[u8]) -> Option<Vec<u8>> {
        let body = Body {
            il: 0..il.len(),
            stack: 5,
            locals: 0x1100_0001,
            initializes: true,
            handlers: Vec::new(),
        };
        let changed = changed_body(il, &body)?;
        let word = |at: usize| u32::from_le_bytes(changed[at..at + 4].try_into().unwrap());
        assert_eq!(word(0), 7 << 16 | 0x3013);
        assert_eq!(word(8), body.locals);
        assert_eq!(word(4) as usize, changed.len() - 12);
        Some(changed[12..].to_vec())
    }

    #[test]
    fn conversions_to_small_numbers_go_by_way_of_int() {
        // ldarg.0, conv.u1, ldarg.1, conv.u2, add, ret
        let il = change(&[0x02, 0xd2, 0x03, 0xd1, 0x58, 0x2a]).unwrap();
        assert_eq!(il, [0x02, 0x69, 0xd2, 0x03, 0x69, 0xd1, 0x58, 0x2a]);
        // conv.u1 in another's operand, conv.i1, conv.u4, conv.r.un to double
        let nothing = [0x1f, 0xd2, 0x67, 0x6d, 0x76, 0x6c, 0x2a];
        assert_eq!(change(&nothing), None);
    }

    #[test]
    fn branches_find_what_they_led_to() {
        let il = [
            0x02, // 0: ldarg.0
            0x45, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, // 1: switch to 14 and 17
            0x2b, 5, 0x00, // 14: br.s 21, nop
            0xd2, // 17: conv.u1
            0xde, 1, 0x00, // 18: leave.s 21, nop
            0x38, 0xe7, 0xff, 0xff, 0xff, // 21: br 1
            0x2a, // 26: ret
        ];
        let changed = change(&il).unwrap();
        let instructions = il::instructions(&changed).unwrap();
        let shown: Vec<_> = instructions
            .iter()
            .map(|one| (one.at.start, one.code, one.operand.clone()))
            .collect();
        assert_eq!(
            shown,
            [
                (0, 0x02, Operand::Bytes),
                (1, 0x45, Operand::Switch(vec![14, 20])),
                (14, 0x38, Operand::Branch(28)),
                (19, 0x00, Operand::Bytes),
                (20, 0x69, Operand::Bytes),
                (21, 0xd2, Operand::Bytes),
                (22, 0xdd, Operand::Branch(28)),
                (27, 0x00, Operand::Bytes),
                (28, 0x38, Operand::Branch(1)),
                (33, 0x2a, Operand::Bytes),
            ]
        );
    }

    /// What the code before a conversion to `float` makes of a number.
    fn rounded(value: u64) -> u64 {
        let mut stack = vec![value];
        let mut at = 0;
        let instructions = il::instructions(&ROUND).unwrap();
        while let Some(one) = instructions.iter().find(|one| one.at.start == at) {
            at = one.at.end;
            let mut pop = || stack.pop().unwrap();
            match one.code {
                0x6e => {}
                0x25 => {
                    let top = pop();
                    stack.extend([top, top]);
                }
                0x21 => {
                    let constant = ROUND[one.at.start + 1..one.at.end].try_into().unwrap();
                    stack.push(u64::from_le_bytes(constant));
                }
                0x37 => {
                    let (right, left) = (pop(), pop());
                    if left < right {
                        let Operand::Branch(to) = one.operand else {
                            panic!("{one:?}")
                        };
                        at = to;
                    }
                }
                code => {
                    let (right, left) = (pop(), pop());
                    stack.push(match code {
                        0x5f => left & right,
                        0x60 => left | right,
                        0x58 => left.wrapping_add(right),
                        _ => panic!("{code:x}"),
                    });
                }
            }
        }
        assert_eq!(at, ROUND.len());
        let [result] = stack[..] else {
            panic!("{stack:?}")
        };
        result
    }

    #[test]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "the rounding is what is looked at"
    )]
    fn unsigned_numbers_are_rounded_once() {
        let near =
            |bit: u32| (0..64).flat_map(move |low| [(1 << bit) | (1 << low), (1 << bit) - 1 - low]);
        let halves = (24..64).map(|bit| u64::MAX >> (63 - bit) & (u64::MAX << (bit - 24)));
        for value in (10..64).flat_map(near).chain(halves).chain([0, u64::MAX]) {
            for value in [value.wrapping_sub(1), value, value.wrapping_add(1)] {
                assert_eq!(rounded(value) as f64 as f32, value as f32, "{value:x}");
            }
        }
        // Which without it are not.
        assert_ne!(
            0x8000_0080_0000_0001_u64 as f64 as f32,
            0x8000_0080_0000_0001_u64 as f32
        );
    }
}
