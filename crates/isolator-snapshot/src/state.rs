//! State modules: one memory, its data, and custom sections.

use crate::Malformed;
use std::io::{self, Read};
use std::ops::Range;
use wasm_encoder::{
    ConstExpr, CustomSection, DataSection, ExportKind, ExportSection, MemorySection, MemoryType,
    Module,
};
use wasmparser::{DataKind, Operator, Parser, Payload};

/// Bytes of a page of WebAssembly.
pub const WASM_PAGE: usize = 64 << 10;

/// The name under which a state exports its memory.
pub const MEMORY: &str = "memory";

/// What is left out of the data at once: a stretch of zeros that is shorter costs less than the segment behind it.
const ZEROS: usize = 64;

/// The most that 32-bit addresses reach.
const MOST: u64 = 1 << 32;

/// A memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// What it holds, in whole pages of WebAssembly.
    pub memory: Vec<u8>,
    /// Pages of WebAssembly that it may grow to, if the module says so.
    pub maximum: Option<u64>,
}

/// Reads the memory of a state module, as its data segments make it.
///
/// # Errors
/// [`Malformed`] if it is none. Its size is checked against `most`, in bytes, before there is room made for it.
pub fn read(wasm: &[u8], most: u64) -> Result<State, Malformed> {
    let mut state = None;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.map_err(broken)? {
            Payload::MemorySection(section) => {
                for ty in section {
                    let ty = ty.map_err(broken)?;
                    let bytes = ty.initial.saturating_mul(WASM_PAGE as u64);
                    if state.is_some() || ty.memory64 || bytes > most.min(MOST) {
                        return Err(Malformed::new(format!(
                            "it has more than one memory, or one that is larger than {most} bytes"
                        )));
                    }
                    state = Some(State {
                        memory: vec![0; usize::try_from(bytes).unwrap_or(0)],
                        maximum: ty.maximum,
                    });
                }
            }
            Payload::DataSection(section) => {
                let state = state
                    .as_mut()
                    .ok_or_else(|| Malformed::new("it has no memory"))?;
                for segment in section {
                    let segment = segment.map_err(broken)?;
                    let DataKind::Active { offset_expr, .. } = &segment.kind else {
                        continue;
                    };
                    let Ok(Operator::I32Const { value }) =
                        offset_expr.get_operators_reader().read()
                    else {
                        return Err(Malformed::new("a data segment begins at no constant"));
                    };
                    state
                        .memory
                        .get_mut(value.cast_unsigned() as usize..)
                        .and_then(|rest| rest.get_mut(..segment.data.len()))
                        .ok_or_else(|| Malformed::new("a data segment is outside the memory"))?
                        .copy_from_slice(segment.data);
                }
            }
            _ => {}
        }
    }
    state.ok_or_else(|| Malformed::new("it has no memory"))
}

fn broken(error: wasmparser::BinaryReaderError) -> Malformed {
    Malformed::new(format!("it is no WebAssembly module: {error}"))
}

/// The content of the first custom section of a name.
///
/// # Errors
/// [`Malformed`] if it is no module.
pub fn section<'a>(wasm: &'a [u8], name: &str) -> Result<Option<&'a [u8]>, Malformed> {
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CustomSection(section) = payload.map_err(broken)?
            && section.name() == name
        {
            return Ok(Some(section.data()));
        }
    }
    Ok(None)
}

/// Custom sections, by name.
pub type Sections = Vec<(String, Vec<u8>)>;

/// The custom sections with which a module begins, without reading any more of it than these, in at most so many bytes.
///
/// # Errors
/// What keeps it from being read; [`Malformed`] inside if it is no module.
pub fn front(module: &mut impl Read, most: u64) -> io::Result<Result<Sections, Malformed>> {
    let mut module = module.take(most);
    let mut head = [0; 8];
    module.read_exact(&mut head)?;
    if head != *b"\0asm\x01\0\0\0" {
        return Ok(Err(Malformed::new("it is no WebAssembly module")));
    }
    let mut sections = Vec::new();
    loop {
        let mut kind = [1];
        // At its end there is none, and it ends with its sections.
        let read = module.read(&mut kind)?;
        if read == 0 || kind != [0] {
            return Ok(Ok(sections));
        }
        let length = number(&mut module)?;
        let mut content = Vec::new();
        if (&mut module)
            .take(length.into())
            .read_to_end(&mut content)?
            != length as usize
        {
            return Ok(Err(Malformed::new("it is cut off")));
        }
        let mut rest = &*content;
        let name = number(&mut rest)? as usize;
        let Some((name, rest)) = rest.split_at_checked(name) else {
            return Ok(Err(Malformed::new("a section's name is longer than it")));
        };
        let name = String::from_utf8_lossy(name).into_owned();
        // In its place: some sections have 20 MB.
        let before = content.len() - rest.len();
        content.drain(..before);
        sections.push((name, content));
    }
}

/// A number as WebAssembly writes its lengths.
fn number(from: &mut impl Read) -> io::Result<u32> {
    let mut number = 0_u32;
    for shift in (0..35).step_by(7) {
        let mut byte = [0];
        from.read_exact(&mut byte)?;
        let bits = u32::from(byte[0] & 0x7f);
        if shift == 28 && bits > 0xf {
            break;
        }
        number |= bits << shift;
        if byte[0] & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidData,
        "a length has more than 32 bits",
    ))
}

/// A state module of this memory, which is whole pages of WebAssembly long, with these custom sections, by name. What is in the stretches that are
/// `unused` is left out, and so is zero.
#[must_use]
pub fn write(
    memory: &[u8],
    maximum: Option<u64>,
    sections: &[(&str, &[u8])],
    unused: &[Range<usize>],
) -> Vec<u8> {
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: memory.len().div_ceil(WASM_PAGE) as u64,
        maximum,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut exports = ExportSection::new();
    exports.export(MEMORY, ExportKind::Memory, 0);
    let mut data = DataSection::new();
    for stretch in stretches(memory, unused) {
        // Addresses beyond 2 GiB are written as negative numbers.
        let at = i64::try_from(stretch.start).unwrap_or_default() as u32;
        data.active(
            0,
            &ConstExpr::i32_const(at.cast_signed()),
            memory[stretch].iter().copied(),
        );
    }
    let mut module = Module::new();
    // First, for who wants no more of it: `front`.
    for (name, content) in sections {
        module.section(&CustomSection {
            name: (*name).into(),
            data: (*content).into(),
        });
    }
    module.section(&memories).section(&exports).section(&data);
    module.finish()
}

/// What is not zero, without long stretches of zeros. Blocks of [`ZEROS`] bytes are looked at as a whole.
fn stretches(memory: &[u8], unused: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut all: Vec<Range<usize>> = Vec::new();
    for (number, block) in memory.chunks(ZEROS).enumerate() {
        let at = number * ZEROS;
        if unused
            .iter()
            .any(|unused| unused.start <= at && at + block.len() <= unused.end)
        {
            continue;
        }
        if block.iter().fold(0, |all, byte| all | byte) == 0 {
            continue;
        }
        let (start, end) = (at, at + block.len());
        match all.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ => all.push(start..end),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(
            pages in 1..4_usize,
            writes in proptest::collection::vec((any::<proptest::sample::Index>(), proptest::collection::vec(any::<u8>(), 1..300)), 0..20),
            maximum in proptest::option::of(4..100_u64),
        ) {
            let mut memory = vec![0; pages * WASM_PAGE];
            for (at, bytes) in writes {
                let at = at.index(memory.len());
                let end = (at + bytes.len()).min(memory.len());
                memory[at..end].copy_from_slice(&bytes[..end - at]);
            }
            let wasm = write(&memory, maximum, &[("one", b"first"), ("two", &[])], &[]);
            prop_assert_eq!(read(&wasm, MOST), Ok(State { memory, maximum }));
            prop_assert_eq!(section(&wasm, "one"), Ok(Some(&b"first"[..])));
            prop_assert_eq!(section(&wasm, "two"), Ok(Some(&[][..])));
            prop_assert_eq!(section(&wasm, "three"), Ok(None));
            let sections = front(&mut &*wasm, u64::MAX).unwrap().unwrap();
            prop_assert_eq!(&sections, &[("one".into(), b"first".to_vec()), ("two".into(), vec![])]);
            for end in 0..30 {
                let _ = front(&mut &wasm[..end], u64::MAX);
                if let Ok(Ok(some)) = front(&mut &*wasm, end as u64) {
                    prop_assert!(sections.starts_with(&some));
                }
            }
            for end in [wasm.len() / 2, wasm.len() - 1] {
                let _ = read(&wasm[..end], MOST);
            }
        }

        #[test]
        fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut wasm = b"\0asm\x01\0\0\0".to_vec();
            wasm.extend(bytes);
            let _ = read(&wasm, 1 << 20);
            let _ = section(&wasm, "");
            let _ = front(&mut &*wasm, u64::MAX);
        }
    }

    #[test]
    fn what_is_unused_is_zero() {
        let memory = vec![1; WASM_PAGE];
        let wasm = write(&memory, None, &[], &[0..1000, 2000..2000, 4096..WASM_PAGE]);
        let read = read(&wasm, MOST).unwrap().memory;
        // Whole blocks.
        assert!(read[..960].iter().all(|byte| *byte == 0));
        assert!(read[960..4096].iter().all(|byte| *byte == 1));
        assert!(read[4096..].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn a_memory_is_no_larger_than_allowed() {
        let wasm = write(&vec![1; 2 * WASM_PAGE], None, &[], &[]);
        assert!(read(&wasm, 2 * WASM_PAGE as u64).is_ok());
        let error = read(&wasm, WASM_PAGE as u64).unwrap_err().to_string();
        assert!(error.contains("larger than 65536 bytes"), "{error}");
        assert!(read(b"\0asm\x01\0\0\0", MOST).is_err());
        assert!(read(b"no module", MOST).is_err());
    }
}
