//! Ways from interpreted into compiled code, in assembly: one function for each usual WebAssembly signature, and their table. `thunks.c` gives
//! them to the interpreter.
//!
//! A thunk takes the place of the result, the arguments (a slot of eight bytes each), the function with its last argument, and where to say
//! that an exception came out, as the interpreter calls what its own compiler would have made.

use std::collections::BTreeSet;
use std::fmt::Write;

/// What is passed, as `thunks.c` numbers it: a number, or the address of a struct of so many slots.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Word {
    I32,
    I64,
    F32,
    F64,
    Slot,
    TwoSlots,
    EightSlots,
}

use Word::{EightSlots, F32, F64, I32, I64, Slot, TwoSlots};

/// What is given back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gives {
    Number(Word),
    Nothing,
    /// A struct of so many slots, through an address that is the first argument.
    Struct(u32),
}

const NUMBERS: [Gives; 5] = [
    Gives::Number(I32),
    Gives::Number(I64),
    Gives::Number(F32),
    Gives::Number(F64),
    Gives::Nothing,
];

/// Structs that are given back where none is an argument.
const STRUCTS: [Gives; 4] = [
    Gives::Struct(1),
    Gives::Struct(2),
    Gives::Struct(3),
    Gives::Struct(4),
];

/// A matrix of four by four.
const MATRIX: Gives = Gives::Struct(8);

/// Most arguments of a thunk: of one word each, and where not all are 32-bit integers.
const MOST: usize = 10;
const MOST_MIXED: usize = 4;

impl Word {
    fn name(self) -> &'static str {
        match self {
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            _ => "i32",
        }
    }

    fn slots(self) -> u32 {
        match self {
            Self::TwoSlots => 2,
            Self::EightSlots => 8,
            _ => 1,
        }
    }

    fn is_address(self) -> bool {
        matches!(self, Self::Slot | Self::TwoSlots | Self::EightSlots)
    }
}

impl Gives {
    fn number(self) -> u32 {
        match self {
            Self::Number(word) => word as u32,
            Self::Nothing => 4,
            Self::Struct(slots) => 4 + slots,
        }
    }
}

/// Arguments without structs: nothing but 32-bit integers and pointers, and of up to four arguments those with one other among them or with others only.
fn of_numbers() -> Vec<Vec<Word>> {
    let mut all: Vec<Vec<Word>> = (0..=MOST).map(|count| vec![I32; count]).collect();
    for other in [I64, F32, F64] {
        for count in 1..=MOST_MIXED {
            for at in 0..count {
                let mut one = vec![I32; count];
                one[at] = other;
                all.push(one);
            }
        }
        for count in 2..=MOST_MIXED {
            all.push(vec![other; count]);
            let mut after_this = vec![other; count];
            after_this[0] = I32;
            if count > 2 {
                all.push(after_this);
            }
        }
    }
    all
}

/// All lists of so many words at most, of these alone.
fn mixed(words: &[Word], most: usize) -> Vec<Vec<Word>> {
    let mut all = vec![Vec::new()];
    let mut from = 0;
    for _ in 0..most {
        let longer = all.len();
        for index in from..longer {
            for word in words {
                let mut next: Vec<Word> = all[index].clone();
                next.push(*word);
                all.push(next);
            }
        }
        from = longer;
    }
    all
}

/// The signatures: of numbers and references; with spans and pairs (a slot), decimals and vectors (two), and matrices among them.
fn signatures() -> BTreeSet<(Vec<Word>, Gives)> {
    let mut all = BTreeSet::new();
    let mut add = |arguments: Vec<Word>, results: &[Gives]| {
        for gives in results {
            all.insert((arguments.clone(), *gives));
        }
    };
    for arguments in of_numbers() {
        add(arguments, &NUMBERS);
    }
    for count in 0..=MOST_MIXED {
        add(vec![I32; count], &STRUCTS);
    }
    for number in [I64, F32, F64] {
        for count in 1..=MOST_MIXED {
            add(
                vec![number; count],
                &[Gives::Struct(1), Gives::Struct(2), MATRIX],
            );
        }
    }
    for arguments in mixed(&[I32, Slot], MOST_MIXED) {
        add(arguments, &NUMBERS);
    }
    for arguments in mixed(&[I32, Slot, TwoSlots], 3) {
        add(arguments, &NUMBERS);
    }
    for arguments in mixed(&[I32, Slot], 3) {
        add(arguments, &[Gives::Struct(1), Gives::Struct(2)]);
    }
    for arguments in mixed(&[I32, F32, TwoSlots], 3) {
        add(arguments, &[Gives::Struct(2)]);
    }
    for arguments in mixed(&[I32, F32, EightSlots, TwoSlots], 2) {
        add(
            arguments,
            &[
                Gives::Number(I32),
                Gives::Number(F32),
                Gives::Struct(2),
                MATRIX,
            ],
        );
    }
    for arguments in mixed(&[I32, F32, I64, F64, Slot], 2) {
        add(arguments, &NUMBERS);
    }
    all
}

/// A signature in a number: what it gives in 4 bits, how many arguments in 4, and 3 bits for each of eight.
fn number(gives: Gives, arguments: &[Word]) -> u32 {
    let count = u32::try_from(arguments.len()).unwrap_or(u32::MAX);
    let shifted = arguments
        .iter()
        .enumerate()
        .filter(|(_, word)| **word != I32)
        .map(|(index, word)| (*word as u32) << (8 + 3 * index));
    shifted.fold(gives.number() | count << 4, |all, word| all | word)
}

/// The source of all thunks, with their table by number.
#[must_use]
pub fn assembly() -> String {
    let mut text =
        String::from("\t.globaltype\t__stack_pointer, i32\n\t.tagtype\t__cpp_exception i32\n");
    let mut numbers = BTreeSet::new();
    for (arguments, gives) in signatures() {
        let number = number(gives, &arguments);
        thunk(&mut text, number, gives, &arguments);
        numbers.insert(number);
    }
    let mut table = String::new();
    for number in &numbers {
        let _ = write!(table, "\t.int32\t{number}\n\t.int32\tisol_thunk_{number}\n");
    }
    let _ = write!(
        text,
        "\t.section\t.rodata.isol_thunks,\"\",@\n\t.globl\tisol_thunks\n\t.p2align\t2\nisol_thunks:\n{table}\
         .Lend:\n\t.size\tisol_thunks, .Lend-isol_thunks\n\
         \t.globl\tisol_thunk_count\nisol_thunk_count:\n\t.int32\t{}\n.Lcount:\n\t.size\tisol_thunk_count, .Lcount-isol_thunk_count\n",
        numbers.len()
    );
    text
}

fn thunk(text: &mut String, number: u32, gives: Gives, arguments: &[Word]) {
    let name = format!("isol_thunk_{number}");
    let mut line = |written: &str| {
        text.push('\t');
        text.push_str(written);
        text.push('\n');
    };
    line(&format!(".section\t.text.{name},\"\",@"));
    line(&format!(".type\t{name},@function"));
    line(&format!("\n{name}:"));
    line(&format!(".functype\t{name} (i32, i32, i32, i32) -> ()"));
    line(".local\ti32, i32");
    // Frames that are unwound do not give their stack back: see eh.S.
    line("global.get\t__stack_pointer");
    line("local.set\t4");
    // The place of the result may be that of an argument, so a struct is made apart.
    if let Gives::Struct(slots) = gives {
        line("local.get\t4");
        line(&format!("i32.const\t{}", (8 * slots).next_multiple_of(16)));
        line("i32.sub");
        line("local.tee\t5");
        line("global.set\t__stack_pointer");
    }
    line("block\ti32");
    line("try_table\t(catch __cpp_exception 0)");
    let mut types = Vec::new();
    match gives {
        Gives::Number(_) => line("local.get\t0"),
        Gives::Nothing => {}
        Gives::Struct(_) => {
            line("local.get\t5");
            types.push("i32");
        }
    }
    let mut slot = 0;
    for word in arguments {
        line("local.get\t1");
        if word.is_address() {
            line(&format!("i32.const\t{}", 8 * slot));
            line("i32.add");
        } else {
            line(&format!("{}.load\t{}", word.name(), 8 * slot));
        }
        types.push(word.name());
        slot += word.slots();
    }
    line("local.get\t2");
    line("i32.load\t4");
    line("local.get\t2");
    line("i32.load\t0");
    types.push("i32");
    line(&format!(
        "call_indirect\t__indirect_function_table, ({}) -> ({})",
        types.join(", "),
        match gives {
            Gives::Number(word) => word.name(),
            _ => "",
        }
    ));
    match gives {
        Gives::Number(word) => line(&format!("{}.store\t0", word.name())),
        Gives::Nothing => {}
        Gives::Struct(slots) => {
            for slot in 0..slots {
                line("local.get\t0");
                line("local.get\t5");
                line(&format!("i64.load\t{}", 8 * slot));
                line(&format!("i64.store\t{}", 8 * slot));
            }
            line("local.get\t4");
            line("global.set\t__stack_pointer");
        }
    }
    for written in [
        "end_try_table",
        "return",
        "end_block",
        "drop",
        "local.get\t4",
        "global.set\t__stack_pointer",
        "local.get\t3",
        "i32.const\t1",
        "i32.store\t0",
        "end_function",
    ] {
        line(written);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_signature_has_one_thunk_and_one_number() {
        let all = signatures();
        let numbers: BTreeSet<u32> = all.iter().map(|(of, gives)| number(*gives, of)).collect();
        assert_eq!(numbers.len(), all.len());
        assert!(all.iter().all(|(of, _)| of.len() <= MOST));
        // What is not told of the last arguments is that they are 32-bit integers.
        assert!(
            all.iter()
                .all(|(of, _)| of.iter().skip(8).all(|word| *word == I32))
        );
        // 32-bit integers, and a double behind two of them.
        assert_eq!(number(Gives::Number(I32), &[I32, I32]), 2 << 4);
        assert_eq!(
            number(Gives::Number(F64), &[I32, I32, F64]),
            3 | 3 << 4 | 3 << 14
        );
        // A struct of two slots behind a span.
        assert_eq!(number(Gives::Struct(2), &[Slot]), 6 | 1 << 4 | 4 << 8);
        let text = assembly();
        assert_eq!(text.matches("end_function").count(), all.len());
    }
}
