//! Ways from interpreted into compiled code, in assembly: one function for each usual WebAssembly signature, and their table. `thunks.c` gives
//! them to the interpreter.
//!
//! A thunk takes the place of the result, the arguments (a slot of eight bytes each), the function with its last argument, and where to say
//! that an exception came out, as the interpreter calls what its own compiler would have made.

use std::fmt::Write;

/// A type of a signature, as `thunks.c` numbers them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    I32,
    I64,
    F32,
    F64,
}

const WORDS: [Word; 4] = [Word::I32, Word::I64, Word::F32, Word::F64];

/// The number of a result that is none.
const NOTHING: u32 = 4;

/// Most arguments of a thunk: of one word each, and where not all are 32-bit integers.
const MOST: usize = 10;
const MOST_MIXED: usize = 4;

impl Word {
    fn name(self) -> &'static str {
        match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}

/// The signatures: nothing but 32-bit integers and pointers, and of up to four arguments those with one other among them or with others only.
fn signatures() -> Vec<Vec<Word>> {
    let mut all: Vec<Vec<Word>> = (0..=MOST).map(|count| vec![Word::I32; count]).collect();
    for other in [Word::I64, Word::F32, Word::F64] {
        for count in 1..=MOST_MIXED {
            for at in 0..count {
                let mut one = vec![Word::I32; count];
                one[at] = other;
                all.push(one);
            }
        }
        for count in 2..=MOST_MIXED {
            all.push(vec![other; count]);
            let mut after_this = vec![other; count];
            after_this[0] = Word::I32;
            if count > 2 {
                all.push(after_this);
            }
        }
    }
    all
}

/// A signature in a number: what it gives in 3 bits, how many arguments in 4, and 2 bits for each.
fn number(result: u32, arguments: &[Word]) -> u32 {
    let count = u32::try_from(arguments.len()).unwrap_or(u32::MAX);
    let shifted = arguments
        .iter()
        .enumerate()
        .map(|(index, word)| (*word as u32) << (7 + 2 * index));
    shifted.fold(result | count << 3, |all, word| all | word)
}

/// The source of all thunks.
#[must_use]
pub fn assembly() -> String {
    let mut text =
        String::from("\t.globaltype\t__stack_pointer, i32\n\t.tagtype\t__cpp_exception i32\n");
    let mut table = String::new();
    for arguments in signatures() {
        for result in 0..=NOTHING {
            let number = number(result, &arguments);
            let gives = usize::try_from(result)
                .ok()
                .and_then(|result| WORDS.get(result).copied());
            thunk(&mut text, number, gives, &arguments);
            let _ = write!(table, "\t.int32\t{number}\n\t.int32\tisol_thunk_{number}\n");
        }
    }
    let _ = write!(
        text,
        "\t.section\t.rodata.isol_thunks,\"\",@\n\t.globl\tisol_thunks\n\t.p2align\t2\nisol_thunks:\n{table}\t.int32\t-1\n\t.int32\t0\n\
         .Lend:\n\t.size\tisol_thunks, .Lend-isol_thunks\n"
    );
    text
}

fn thunk(text: &mut String, number: u32, result: Option<Word>, arguments: &[Word]) {
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
    line(".local\ti32");
    // Frames that are unwound do not give their stack back: see eh.S.
    line("global.get\t__stack_pointer");
    line("local.set\t4");
    line("block\ti32");
    line("try_table\t(catch __cpp_exception 0)");
    if result.is_some() {
        line("local.get\t0");
    }
    for (index, word) in arguments.iter().enumerate() {
        line("local.get\t1");
        line(&format!("{}.load\t{}", word.name(), 8 * index));
    }
    line("local.get\t2");
    line("i32.load\t4");
    line("local.get\t2");
    line("i32.load\t0");
    let mut types: Vec<&str> = arguments.iter().map(|word| word.name()).collect();
    types.push("i32");
    line(&format!(
        "call_indirect\t__indirect_function_table, ({}) -> ({})",
        types.join(", "),
        result.map_or("", Word::name)
    ));
    if let Some(result) = result {
        line(&format!("{}.store\t0", result.name()));
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
    use std::collections::BTreeSet;

    #[test]
    fn each_signature_has_one_thunk_and_one_number() {
        let all = signatures();
        let numbers: BTreeSet<u32> = all.iter().map(|of| number(NOTHING, of)).collect();
        assert_eq!(numbers.len(), all.len());
        assert!(all.iter().all(|of| of.len() <= MOST));
        // 32-bit integers, and a double behind two of them.
        assert_eq!(number(0, &[Word::I32, Word::I32]), 2 << 3);
        assert_eq!(
            number(3, &[Word::I32, Word::I32, Word::F64]),
            3 | 3 << 3 | 3 << 11
        );
        let text = assembly();
        assert_eq!(text.matches("end_function").count(), 5 * all.len());
    }
}
