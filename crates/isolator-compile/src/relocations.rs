//! The function that writes addresses into a side module's data, in parts.
//!
//! The linker makes one function of it, some twenty bytes for each address: for a library of ten thousand methods more than a host takes in one function.
//! It is one store after another, with nothing kept between two, so it can be cut behind any of them.

use isolator_abi::side::RELOCATE;
use wasm_encoder::{CodeSection, Function, FunctionSection, Instruction};
use wasmparser::{BinaryReaderError, ExternalKind, Operator, Parser, Payload, TypeRef};

/// Bytes after which a part ends.
const PART: usize = 64 << 10;

/// The module with that function in parts, if it is long.
///
/// # Errors
/// If it is no module.
pub fn split(wasm: &[u8]) -> Result<Vec<u8>, BinaryReaderError> {
    let Some(found) = find(wasm)? else {
        return Ok(wasm.to_vec());
    };
    let mut out = wasm_encoder::Module::new();
    let mut code = CodeSection::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::FunctionSection(section) => {
                let mut functions = FunctionSection::new();
                for ty in section {
                    functions.function(ty?);
                }
                for _ in &found.parts {
                    functions.function(found.ty);
                }
                out.section(&functions);
            }
            Payload::CodeSectionEntry(body) => {
                if code.len() == found.number {
                    code.function(&found.calls());
                } else {
                    code.raw(body.as_bytes());
                }
                if code.len() == found.functions {
                    for part in &found.parts {
                        code.raw(part);
                    }
                    out.section(&code);
                }
            }
            Payload::CodeSectionStart { .. } => {}
            other => crate::link::copy(&other, wasm, &mut out),
        }
    }
    Ok(out.finish())
}

/// The function that is cut.
struct Found {
    /// Its number among the module's own functions, of which there are so many.
    number: u32,
    functions: u32,
    /// How many functions are imported, which are numbered first.
    imported: u32,
    ty: u32,
    /// Bodies.
    parts: Vec<Vec<u8>>,
}

impl Found {
    /// The body that runs all parts.
    fn calls(&self) -> Function {
        let mut all = Function::new([]);
        let first = self.imported + self.functions;
        for part in (first..).take(self.parts.len()) {
            all.instruction(&Instruction::Call(part));
        }
        all.instruction(&Instruction::End);
        all
    }
}

/// None if it is not there, is short, or is not what is expected.
fn find(wasm: &[u8]) -> Result<Option<Found>, BinaryReaderError> {
    let (mut imported, mut index) = (0, None);
    let mut types = Vec::new();
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::FunctionSection(section) => {
                types = section.into_iter().collect::<Result<Vec<u32>, _>>()?;
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.name == RELOCATE && export.kind == ExternalKind::Func {
                        index = Some(export.index);
                    }
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body),
            _ => {}
        }
    }
    let Some(number) = index.and_then(|index| index.checked_sub(imported)) else {
        return Ok(None);
    };
    let (Some(ty), Some(body)) = (types.get(number as usize), bodies.get(number as usize)) else {
        return Ok(None);
    };
    let parts = match body.as_bytes().len() > PART {
        true => parts(body)?,
        false => None,
    };
    Ok(parts.map(|parts| Found {
        number,
        functions: u32::try_from(bodies.len()).unwrap_or(u32::MAX),
        imported,
        ty: *ty,
        parts,
    }))
}

fn parts(body: &wasmparser::FunctionBody<'_>) -> Result<Option<Vec<Vec<u8>>>, BinaryReaderError> {
    const NO_LOCALS: u8 = 0;
    const END: u8 = 0x0b;
    if body.get_locals_reader()?.get_count() != 0 {
        return Ok(None);
    }
    let bytes = body.as_bytes();
    let from = body.range().start;
    let mut operators = body.get_operators_reader()?;
    let at = |position: u64| usize::try_from(position - from).unwrap_or(usize::MAX);
    let mut begin = at(operators.original_position());
    let mut parts = Vec::new();
    let mut take = |begin: &mut usize, end: usize| {
        let mut part = vec![NO_LOCALS];
        part.extend(bytes.get(*begin..end).unwrap_or_default());
        part.push(END);
        parts.push(part);
        *begin = end;
    };
    while !operators.eof() {
        let start = at(operators.original_position());
        match operators.read()? {
            Operator::I32Store { .. } => {
                let end = at(operators.original_position());
                if end - begin >= PART {
                    take(&mut begin, end);
                }
            }
            Operator::GlobalGet { .. } | Operator::I32Const { .. } | Operator::I32Add => {}
            Operator::End if start + 1 == bytes.len() => take(&mut begin, start),
            _ => return Ok(None),
        }
    }
    Ok(Some(parts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        ConstExpr, ExportKind, ExportSection, GlobalSection, GlobalType, MemArg, MemArgTarget,
        MemorySection, MemoryType, Module, TypeSection, ValType,
    };

    fn module(stores: i32) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        types.ty().function([], [ValType::I32]);
        let mut functions = FunctionSection::new();
        functions.function(1).function(0).function(1);
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: 16,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut globals = GlobalSection::new();
        let of = GlobalType {
            val_type: ValType::I32,
            mutable: false,
            shared: false,
        };
        globals.global(of, &ConstExpr::i32_const(64));
        let mut exports = ExportSection::new();
        exports.export(RELOCATE, ExportKind::Func, 1);
        let mut code = CodeSection::new();
        let constant = |value| {
            let mut body = Function::new([]);
            body.instruction(&Instruction::I32Const(value));
            body.instruction(&Instruction::End);
            body
        };
        code.function(&constant(1));
        let mut body = Function::new([]);
        for number in 0..stores {
            body.instruction(&Instruction::GlobalGet(0));
            body.instruction(&Instruction::I32Const(number * 4));
            body.instruction(&Instruction::I32Add);
            body.instruction(&Instruction::I32Const(number + 7));
            body.instruction(&Instruction::I32Store(MemArg {
                offset: 0,
                align: 2,
                target: MemArgTarget::Memory(0),
                ordering: None,
            }));
        }
        body.instruction(&Instruction::End);
        code.function(&body);
        code.function(&constant(2));
        let mut module = Module::new();
        module
            .section(&types)
            .section(&functions)
            .section(&memories);
        module.section(&globals).section(&exports).section(&code);
        module.finish()
    }

    /// The stores of all parts in the order in which they run, and the size of the largest function.
    fn stores(wasm: &[u8]) -> (Vec<i32>, usize) {
        let bodies: Vec<_> = Parser::new(0)
            .parse_all(wasm)
            .filter_map(|payload| match payload.unwrap() {
                Payload::CodeSectionEntry(body) => Some(body),
                _ => None,
            })
            .collect();
        let (mut found, mut waiting) = (Vec::new(), vec![1]);
        while let Some(number) = waiting.pop() {
            let mut called = Vec::new();
            let mut last = 0;
            for operator in bodies[number as usize].get_operators_reader().unwrap() {
                match operator.unwrap() {
                    Operator::Call { function_index } => called.push(function_index),
                    Operator::I32Const { value } => last = value,
                    Operator::I32Store { .. } => found.push(last),
                    _ => {}
                }
            }
            waiting.extend(called.into_iter().rev());
        }
        let largest = bodies.iter().map(|body| body.as_bytes().len()).max();
        (found, largest.unwrap())
    }

    #[test]
    fn a_long_one_is_cut_and_does_the_same() {
        const STORES: i32 = 40_000;
        let whole = module(STORES);
        let parts = split(&whole).unwrap();
        wasmparser::validate(&parts).unwrap();
        let expected: Vec<i32> = (0..STORES).map(|number| number + 7).collect();
        let (found, largest) = stores(&parts);
        assert_eq!(found, expected);
        assert!(largest < PART + 64, "{largest}");
        assert!(stores(&whole).1 > 4 * PART, "the test tests nothing");
        assert_eq!(split(&whole).unwrap(), parts);
    }

    #[test]
    fn a_short_one_stays_as_it_is() {
        let whole = module(3);
        assert_eq!(split(&whole).unwrap(), whole);
    }
}
