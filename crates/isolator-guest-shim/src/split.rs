//! Takes a snapshotted module apart: *code* imports its memory and is compiled once; *state* is a memory and its data.

use crate::error::BuildError;
use crate::mono::{ahead, hot};
use isolator_abi::contract::hex;
use isolator_abi::manifest::EngineNeeds;
use isolator_abi::side::COMPILED_SECTION;
use isolator_abi::{GuestStamp, STAMP_SECTION};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, CustomSection, DataSection, ElementSection, Elements, EntityType, ExportKind,
    ExportSection, FunctionSection, GlobalSection, ImportSection, MemorySection, MemoryType,
    Module, NameMap, NameSection, TableSection, TagSection, TypeSection,
};
use wasmparser::{CustomSectionReader, Parser, Payload};

/// Module and name under which code imports its memory.
pub const MEMORY_IMPORT: (&str, &str) = ("env", "memory");

/// The two modules, stamped.
#[derive(Debug)]
pub struct Pair {
    /// Functions, table, globals; imports its memory.
    pub code: Vec<u8>,
    /// A memory with its data.
    pub state: Vec<u8>,
    /// Size of the state's memory in pages of 64 KiB.
    pub memory_pages: u64,
    /// What the code needs of an engine.
    pub needs: EngineNeeds,
}

/// Splits a module that wizer wrote. The names of functions that were compiled from these assemblies are left out: they are longer than the
/// functions, and a trap's backtrace is to show the runtime's. `keys` say which methods are compiled.
///
/// # Errors
/// If it is not a module of one memory and active data.
pub fn split(
    wasm: &[u8],
    stamp: &GuestStamp,
    compiled: &[String],
    keys: &BTreeSet<u32>,
) -> Result<Pair, BuildError> {
    let mut parts = Parts {
        nameless: compiled.iter().map(|name| ahead::symbols(name)).collect(),
        needs: EngineNeeds {
            table_elements: 0,
            functions: 0,
        },
        ..Default::default()
    };
    parts
        .find_hot(wasm)
        .and_then(|()| parts.read(wasm))
        .map_err(|e| BuildError::Recipe(format!("the snapshot cannot be split: {e}")))?;
    let Some(memory) = parts.memory else {
        return Err(BuildError::Recipe(
            "the snapshot cannot be split: it has not exactly one memory".into(),
        ));
    };
    let stamp_section = |module: &mut Module, stamp: &GuestStamp| {
        module.section(&CustomSection {
            name: STAMP_SECTION.into(),
            data: stamp.to_bytes().into(),
        });
    };

    let mut code = parts.code;
    if !keys.is_empty() {
        let numbers: Vec<u8> = keys.iter().flat_map(|key| key.to_le_bytes()).collect();
        code.section(&CustomSection {
            name: COMPILED_SECTION.into(),
            data: numbers.into(),
        });
    }
    stamp_section(&mut code, stamp);
    let code = code.finish();

    let mut state = Module::new();
    let mut memories = MemorySection::new();
    memories.memory(memory);
    let mut exports = ExportSection::new();
    exports.export(MEMORY_IMPORT.1, ExportKind::Memory, 0);
    state
        .section(&memories)
        .section(&exports)
        .section(&parts.data);
    stamp_section(
        &mut state,
        &GuestStamp {
            code_digest: Some(hex(&Sha256::digest(&code))),
            ..stamp.clone()
        },
    );
    Ok(Pair {
        code,
        state: state.finish(),
        memory_pages: memory.minimum,
        needs: parts.needs,
    })
}

#[derive(Default)]
struct Parts {
    code: Module,
    memory: Option<MemoryType>,
    data: DataSection,
    bodies: CodeSection,
    /// Indices of the functions that `mono/hot_functions.txt` names, in its order.
    hot: Vec<u32>,
    needs: EngineNeeds,
    /// Beginnings of the names of compiled functions.
    nameless: Vec<String>,
}

type ReencodeError = wasm_encoder::reencode::Error<std::convert::Infallible>;

impl Parts {
    /// Looks up the hot functions in the name section, which comes last.
    fn find_hot(&mut self, wasm: &[u8]) -> Result<(), ReencodeError> {
        let mut indices = HashMap::new();
        for payload in Parser::new(0).parse_all(wasm) {
            let Payload::CustomSection(section) = payload.map_err(ReencodeError::ParseError)?
            else {
                continue;
            };
            hot::each_function_name(&section, |naming| {
                indices.insert(naming.name, naming.index);
            })
            .map_err(ReencodeError::ParseError)?;
        }
        self.hot = hot::names()
            .filter_map(|name| indices.get(name).copied())
            .collect();
        Ok(())
    }

    /// The names of functions that are kept.
    fn names(&self, section: &CustomSectionReader<'_>) -> Result<NameSection, ReencodeError> {
        let mut kept = NameMap::new();
        hot::each_function_name(section, |naming| {
            // The entry of a struct's method that takes the struct boxed has a sign before its name.
            let name = naming.name.strip_prefix("ut_").unwrap_or(naming.name);
            if !self.nameless.iter().any(|start| name.starts_with(start)) {
                kept.append(naming.index, naming.name);
            }
        })
        .map_err(ReencodeError::ParseError)?;
        let mut names = NameSection::new();
        names.functions(&kept);
        Ok(names)
    }

    fn read(&mut self, wasm: &[u8]) -> Result<(), ReencodeError> {
        let mut r = RoundtripReencoder;
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.map_err(ReencodeError::ParseError)? {
                Payload::TypeSection(s) => {
                    let mut t = TypeSection::new();
                    r.parse_type_section(&mut t, s)?;
                    self.code.section(&t);
                }
                Payload::ImportSection(s) => {
                    self.needs.functions += s.count();
                    let mut t = ImportSection::new();
                    r.parse_import_section(&mut t, s)?;
                    // Any memory that a state brings is large enough: its size is the state's business.
                    let any = MemoryType {
                        minimum: 0,
                        maximum: None,
                        memory64: false,
                        shared: false,
                        page_size_log2: None,
                    };
                    t.import(MEMORY_IMPORT.0, MEMORY_IMPORT.1, EntityType::Memory(any));
                    self.code.section(&t);
                }
                Payload::FunctionSection(s) => {
                    self.needs.functions += s.count();
                    let mut t = FunctionSection::new();
                    r.parse_function_section(&mut t, s)?;
                    self.code.section(&t);
                }
                Payload::TableSection(s) => {
                    for table in s.clone() {
                        let table = table.map_err(ReencodeError::ParseError)?;
                        let elements = u32::try_from(table.ty.initial).unwrap_or(u32::MAX);
                        self.needs.table_elements = self.needs.table_elements.max(elements);
                    }
                    let mut t = TableSection::new();
                    r.parse_table_section(&mut t, s)?;
                    self.code.section(&t);
                }
                Payload::MemorySection(s) if s.count() == 1 => {
                    for memory in s {
                        self.memory =
                            Some(r.memory_type(memory.map_err(ReencodeError::ParseError)?)?);
                    }
                }
                Payload::TagSection(s) => {
                    let mut t = TagSection::new();
                    r.parse_tag_section(&mut t, s)?;
                    self.code.section(&t);
                }
                Payload::GlobalSection(s) => {
                    let mut t = GlobalSection::new();
                    r.parse_global_section(&mut t, s)?;
                    self.code.section(&t);
                }
                Payload::ExportSection(s) => {
                    let mut t = ExportSection::new();
                    r.parse_export_section(&mut t, s)?;
                    self.code.section(&t);
                }
                Payload::ElementSection(s) => {
                    let mut t = ElementSection::new();
                    // Declares what the table's own segments hold anyway: it only sets the order of first mention.
                    t.declared(Elements::Functions(self.hot.as_slice().into()));
                    r.parse_element_section(&mut t, s)?;
                    self.code.section(&t);
                }
                Payload::CodeSectionEntry(body) => {
                    self.bodies.raw(body.as_bytes());
                }
                Payload::DataSection(s) => {
                    self.code.section(&std::mem::take(&mut self.bodies));
                    r.parse_data_section(&mut self.data, s)?;
                }
                // Function names make traps readable. Nothing else of the custom sections means anything at run time.
                Payload::CustomSection(s) if s.name() == "name" => {
                    let names = self.names(&s)?;
                    self.code.section(&names);
                }
                _ => {}
            }
        }
        Ok(())
    }
}
