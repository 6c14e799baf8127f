//! From what the linker made to a side module: what it needs is there, and it says what it belongs to.

use crate::error::BuildError;
use isolator_abi::side::{
    COMPILED_SECTION, COMPUTE, ENV, GOT_FUNCTIONS, LARGEST_SIDE_FUNCTION, LARGEST_SIDE_MODULE,
    REGISTER, SIDE_SECTION, SideStamp, TABLES, may_call,
};
use std::collections::BTreeSet;
use wasm_encoder::{CustomSection, ExportKind, ExportSection, RawSection, Section};
use wasmparser::{ExternalKind, Operator, Parser, Payload, TypeRef};

/// What a guest's code has for side modules.
#[derive(Debug, Default)]
pub struct Offer {
    /// Functions that they may call; none if it takes no side modules.
    pub functions: BTreeSet<String>,
    /// The keys of methods that are compiled in it, sorted.
    pub compiled: Vec<u32>,
}

/// Reads that.
///
/// # Errors
/// If it is no module.
pub fn offer(code: &[u8]) -> Result<Offer, BuildError> {
    let broken =
        |error| BuildError::Recipe(format!("the guest's code module cannot be read: {error}"));
    let mut offer = Offer::default();
    let mut registers = false;
    for payload in Parser::new(0).parse_all(code) {
        match payload.map_err(broken)? {
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.map_err(broken)?;
                    registers |= export.name == REGISTER;
                    if export.kind == ExternalKind::Func && may_call(export.name) {
                        offer.functions.insert(export.name.to_owned());
                    }
                }
            }
            Payload::CustomSection(section) if section.name() == COMPILED_SECTION => {
                let numbers = section.data().as_chunks::<4>().0;
                offer.compiled = numbers
                    .iter()
                    .map(|bytes| u32::from_le_bytes(*bytes))
                    .collect();
            }
            _ => {}
        }
    }
    if !registers {
        offer.functions.clear();
    }
    Ok(offer)
}

/// The variable in which the compiler puts the address of an assembly's tables.
#[must_use]
pub fn tables(assembly: &str) -> String {
    let symbol: String = assembly
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    format!("{}{symbol}{}", TABLES.0, TABLES.1)
}

/// Checks what the module imports, and puts the stamp into it.
///
/// # Errors
/// If it needs a function that the guest does not have for it, or is too large.
pub fn finish(
    wasm: &[u8],
    functions: &BTreeSet<String>,
    stamp: &SideStamp,
) -> Result<Vec<u8>, BuildError> {
    let broken = |error| BuildError::Recipe(format!("the linker made no module: {error}"));
    let mut missing = BTreeSet::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.map_err(broken)? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.map_err(broken)?;
                    let is_function = matches!(import.ty, TypeRef::Func(_)) && import.module == ENV;
                    if (is_function || import.module == GOT_FUNCTIONS)
                        && !functions.contains(import.name)
                    {
                        missing.insert(import.name.to_owned());
                    }
                }
            }
            Payload::CodeSectionEntry(body) => {
                let bytes = body.range().end.saturating_sub(body.range().start);
                if bytes > LARGEST_SIDE_FUNCTION {
                    return Err(BuildError::Recipe(format!(
                        "one function of the compiled code of {} has {bytes} bytes, and {LARGEST_SIDE_FUNCTION} are the most that a host takes. Very long \
                         methods make such, or very many",
                        stamp.assembly
                    )));
                }
            }
            _ => {}
        }
    }
    if !missing.is_empty() {
        return Err(BuildError::Recipe(format!(
            "the compiled code of {} needs functions that the guest image has none of for it: {}. This is a bug of this tool, please report it",
            stamp.assembly,
            missing.into_iter().collect::<Vec<_>>().join(", ")
        )));
    }
    let mut out = plain(wasm).map_err(broken)?;
    CustomSection {
        name: SIDE_SECTION.into(),
        data: stamp.to_bytes().into(),
    }
    .append_to(&mut out);
    if out.len() as u64 > LARGEST_SIDE_MODULE {
        return Err(BuildError::Recipe(format!(
            "the compiled code of {} has {} bytes, and {LARGEST_SIDE_MODULE} are the most that a host takes",
            stamp.assembly,
            out.len()
        )));
    }
    Ok(out)
}

/// The same side module for another guest image, whose [`key`](crate::Guest::key) is that of the one it was made for.
///
/// # Errors
/// If it is none.
pub fn stamped_for(module: &[u8], image: &str) -> Result<Vec<u8>, BuildError> {
    let broken = |error| BuildError::Recipe(format!("this is no side module: {error}"));
    let mut out = wasm_encoder::Module::new();
    let mut stamp = None;
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.map_err(broken)?;
        match &payload {
            Payload::CustomSection(section) if section.name() == SIDE_SECTION => {
                stamp = Some(SideStamp::parse(section.data()).map_err(BuildError::Recipe)?);
            }
            _ => copy(&payload, module, &mut out),
        }
    }
    let stamp = SideStamp {
        image: image.into(),
        ..stamp
            .ok_or_else(|| BuildError::Recipe("this is no side module: it has no stamp".into()))?
    };
    let mut out = out.finish();
    CustomSection {
        name: SIDE_SECTION.into(),
        data: stamp.to_bytes().into(),
    }
    .append_to(&mut out);
    Ok(out)
}

/// Takes a section over as it is.
pub(crate) fn copy(payload: &Payload<'_>, from: &[u8], into: &mut wasm_encoder::Module) {
    if let Some((id, range)) = payload.as_section() {
        let data = from.get(range.start as usize..range.end as usize);
        into.section(&RawSection {
            id,
            data: data.unwrap_or_default(),
        });
    }
}

/// What is needed of a start function. The linker's calls a function that zeroes memory, which hosts give zeroed, and one that computes globals. Only that
/// one may be called again over a memory that was in use.
fn computes(wasm: &[u8], start: u32) -> Result<Option<u32>, wasmparser::BinaryReaderError> {
    let mut imported = 0;
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body),
            _ => {}
        }
    }
    let body = |function: u32| bodies.get(function.checked_sub(imported)? as usize);
    let Some(of_start) = body(start) else {
        return Ok(Some(start));
    };
    let mut called = Vec::new();
    for operator in of_start.get_operators_reader()? {
        match operator? {
            Operator::Call { function_index } => called.push(function_index),
            Operator::End => {}
            _ => return Ok(Some(start)),
        }
    }
    let mut computing = Vec::new();
    for function in called {
        let Some(body) = body(function) else {
            return Ok(Some(start));
        };
        let mut zeroes = false;
        for operator in body.get_operators_reader()? {
            zeroes |= matches!(operator?, Operator::MemoryFill { .. });
        }
        if !zeroes {
            computing.push(function);
        }
    }
    Ok(match computing[..] {
        [] => None,
        [one] => Some(one),
        _ => Some(start),
    })
}

/// The module with its start function exported instead: a host calls it, under its own clock, once all is in place. Of what is no part of the code only
/// the linker's own section is left: not the names.
fn plain(wasm: &[u8]) -> Result<Vec<u8>, wasmparser::BinaryReaderError> {
    const LINKING: &str = "dylink.0";
    let mut start = None;
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::StartSection { func, .. } = payload? {
            start = computes(wasm, func)?;
        }
    }
    let mut module = wasm_encoder::Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::StartSection { .. } => {}
            Payload::CustomSection(section) if section.name() != LINKING => {}
            Payload::ExportSection(section) => {
                let mut exports = ExportSection::new();
                for export in section {
                    let export = export?;
                    let kind = match export.kind {
                        ExternalKind::Func | ExternalKind::FuncExact => ExportKind::Func,
                        ExternalKind::Table => ExportKind::Table,
                        ExternalKind::Memory => ExportKind::Memory,
                        ExternalKind::Global => ExportKind::Global,
                        ExternalKind::Tag => ExportKind::Tag,
                    };
                    exports.export(export.name, kind, export.index);
                }
                if let Some(start) = start {
                    exports.export(COMPUTE, ExportKind::Func, start);
                }
                module.section(&exports);
            }
            other => copy(&other, wasm, &mut module),
        }
    }
    Ok(module.finish())
}
