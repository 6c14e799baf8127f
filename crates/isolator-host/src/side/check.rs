//! Checks a side module before anything is compiled: what it imports, exports and reserves. Whether its code is valid says the engine.

use isolator_abi::side::{
    COMPUTE, CONSTANTS, CONSTRUCT, ENV, GOT_FUNCTIONS, GOT_MEMORY, LARGEST_SIDE_FUNCTION,
    MEMORY_BASE, MOST_SIDE_ELEMENTS, MOST_SIDE_MEMORY, RELOCATE, SIDE_SECTION, STACK_POINTER,
    SideStamp, TABLE_BASE, TAG, is_tables, may_call,
};
use std::collections::HashMap;
use std::ops::Range;
use wasm_encoder::Encode;
use wasmparser::{
    ConstExpr, DataKind, Dylink0Subsection, ElementItems, ElementKind, ExternalKind, KnownCustom,
    Operator, Parser, Payload, TypeRef, ValType,
};

/// Most imports, exports, globals, segments and types of each kind: a program of some size has hundreds.
const MOST_ENTRIES: u32 = 20_000;
/// Most functions.
const MOST_FUNCTIONS: u32 = 200_000;
/// The largest power of two that data may have to be aligned to.
const MOST_ALIGNMENT: u32 = 12;

/// The guest's memory and table, by the names that side modules have for them.
pub(crate) const MEMORY: &str = "memory";
pub(crate) const TABLE: &str = "__indirect_function_table";

/// What a side module imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Import {
    Memory,
    Table,
    StackPointer,
    MemoryBase,
    TableBase,
    Tag,
    /// A function of the guest.
    Function(String),
    /// The address of a variable of the guest.
    Address(String),
    /// The place in the table of a function of the guest.
    Element(String),
}

/// How it is linked.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub stamp: SideStamp,
    /// Bytes of its data, and what their address is a multiple of.
    pub memory: u32,
    pub alignment: u32,
    /// Elements of the table.
    pub elements: u32,
    /// In the order of the module's own.
    pub imports: Vec<Import>,
    /// The export that tells where the address of the assembly's tables is.
    pub tables: String,
    /// Functions to call once it is there, in this order.
    pub begin: Vec<&'static str>,
    /// What its data segments hold, and where that belongs in its memory. The host writes it: code is compiled without, so that it can be linked with a
    /// memory that has it already.
    pub data: Vec<(u32, Vec<u8>)>,
    /// Stretches of its memory for which there are no data: they are zero.
    pub gaps: Vec<Range<u32>>,
}

impl Plan {
    /// Writes what its memory begins with, over whatever is there; false if that is not as large as it has to be.
    pub(crate) fn fill(&self, memory: &mut [u8]) -> bool {
        for gap in &self.gaps {
            let Some(gap) = memory.get_mut(gap.start as usize..gap.end as usize) else {
                return false;
            };
            gap.fill(0);
        }
        for (offset, bytes) in &self.data {
            let to = memory.get_mut(*offset as usize..);
            let Some(to) = to.and_then(|rest| rest.get_mut(..bytes.len())) else {
                return false;
            };
            to.copy_from_slice(bytes);
        }
        true
    }
}

type Checked<T> = Result<T, String>;

/// What a side module says of itself.
pub(super) fn stamp(wasm: &[u8]) -> Checked<SideStamp> {
    let mut found = None;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.map_err(broken)? {
            Payload::CustomSection(section) if section.name() == SIDE_SECTION => {
                found = Some(SideStamp::parse(section.data())?);
            }
            Payload::Version {
                encoding: wasmparser::Encoding::Component,
                ..
            } => return Err("it is a component".into()),
            _ => {}
        }
    }
    found.ok_or_else(|| {
        format!("it has no `{SIDE_SECTION}` section, so it was not made by `isolator compile`")
    })
}

fn broken(error: wasmparser::BinaryReaderError) -> String {
    format!("it is no valid WebAssembly module: {error}")
}

/// Checks all of it.
pub(crate) fn check(wasm: &[u8]) -> Checked<Plan> {
    let stamp = stamp(wasm)?;
    let mut shape = Shape::default();
    for payload in Parser::new(0).parse_all(wasm) {
        shape.look(payload.map_err(broken)?)?;
    }
    shape.plan(stamp)
}

#[derive(Default)]
struct Shape {
    reserved: Option<(u32, u32, u32)>,
    types: Vec<Option<wasmparser::FuncType>>,
    /// Type of each function, imported ones first.
    functions: Vec<u32>,
    imports: Vec<Import>,
    /// Numbers of the imported globals that hold the bases.
    memory_base: Option<u32>,
    table_base: Option<u32>,
    /// Number of globals that are imported, and the types of all.
    globals: Vec<wasmparser::GlobalType>,
    exports: HashMap<String, (ExternalKind, u32)>,
    data: Vec<(u32, Vec<u8>)>,
}

impl Shape {
    fn look(&mut self, payload: Payload<'_>) -> Checked<()> {
        match payload {
            Payload::CustomSection(section) => self.custom(section.as_known()),
            Payload::TypeSection(section) => {
                few("types", section.count(), MOST_ENTRIES)?;
                for group in section {
                    for ty in group.map_err(broken)?.into_types() {
                        self.types.push(match ty.composite_type.inner {
                            wasmparser::CompositeInnerType::Func(ty) => Some(ty),
                            _ => return Err("it has types that are not of functions".into()),
                        });
                    }
                }
                Ok(())
            }
            Payload::ImportSection(section) => {
                few("imports", section.count(), MOST_ENTRIES)?;
                for import in section.into_imports() {
                    let import = import.map_err(broken)?;
                    self.import(import.module, import.name, import.ty)?;
                    few("imports", self.imports.len() as u32, MOST_ENTRIES)?;
                }
                Ok(())
            }
            Payload::FunctionSection(section) => {
                few("functions", section.count(), MOST_FUNCTIONS)?;
                for ty in section {
                    self.functions.push(ty.map_err(broken)?);
                }
                Ok(())
            }
            Payload::GlobalSection(section) => {
                few("globals", section.count(), MOST_ENTRIES)?;
                for global in section {
                    self.globals.push(global.map_err(broken)?.ty);
                }
                Ok(())
            }
            Payload::ExportSection(section) => {
                few("exports", section.count(), MOST_ENTRIES)?;
                for export in section {
                    let export = export.map_err(broken)?;
                    self.exports
                        .insert(export.name.into(), (export.kind, export.index));
                }
                Ok(())
            }
            Payload::ElementSection(section) => {
                few("element segments", section.count(), MOST_ENTRIES)?;
                section
                    .into_iter()
                    .try_for_each(|segment| self.element(&segment.map_err(broken)?))
            }
            Payload::DataSection(section) => {
                few("data segments", section.count(), MOST_ENTRIES)?;
                section
                    .into_iter()
                    .try_for_each(|segment| self.data(&segment.map_err(broken)?))
            }
            Payload::CodeSectionEntry(body) => {
                let bytes = body.range().end.saturating_sub(body.range().start);
                if bytes > LARGEST_SIDE_FUNCTION {
                    return Err(format!(
                        "one of its functions has {bytes} bytes, and {LARGEST_SIDE_FUNCTION} are the most"
                    ));
                }
                Ok(())
            }
            Payload::StartSection { .. } => Err("it has a start function".into()),
            Payload::MemorySection(_) => Err("it has a memory of its own".into()),
            Payload::TableSection(_) => Err("it has a table of its own".into()),
            Payload::TagSection(_) => Err("it has an exception tag of its own".into()),
            Payload::Version { .. }
            | Payload::CodeSectionStart { .. }
            | Payload::DataCountSection { .. }
            | Payload::End(_) => Ok(()),
            _ => Err("it has a section that no side module has".into()),
        }
    }

    fn custom(&mut self, section: KnownCustom<'_>) -> Checked<()> {
        let KnownCustom::Dylink0(parts) = section else {
            return Ok(());
        };
        for part in parts {
            match part.map_err(broken)? {
                Dylink0Subsection::MemInfo(info) => {
                    if self.reserved.is_some() {
                        return Err("it says twice what it reserves".into());
                    }
                    few("bytes of memory", info.memory_size, MOST_SIDE_MEMORY)?;
                    few("elements of the table", info.table_size, MOST_SIDE_ELEMENTS)?;
                    few("bits of alignment", info.memory_alignment, MOST_ALIGNMENT)?;
                    few("bits of the table's alignment", info.table_alignment, 0)?;
                    self.reserved = Some((
                        info.memory_size,
                        1 << info.memory_alignment,
                        info.table_size,
                    ));
                }
                Dylink0Subsection::Needed(others) if !others.is_empty() => {
                    return Err("it needs another module".into());
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn import(&mut self, module: &str, name: &str, ty: TypeRef) -> Checked<()> {
        let wrong = || format!("it imports `{module}` `{name}` with another type than that has");
        let unknown =
            || format!("it imports `{module}` `{name}`, which is nothing that it may have");
        let import = match (module, name) {
            (ENV, MEMORY) => match ty {
                TypeRef::Memory(ty)
                    if !ty.memory64
                        && !ty.shared
                        && ty.page_size_log2.is_none()
                        && ty.maximum.is_none() =>
                {
                    Import::Memory
                }
                _ => return Err(wrong()),
            },
            (ENV, TABLE) => match ty {
                TypeRef::Table(ty)
                    if ty.element_type == wasmparser::RefType::FUNCREF
                        && !ty.table64
                        && !ty.shared
                        && ty.maximum.is_none() =>
                {
                    Import::Table
                }
                _ => return Err(wrong()),
            },
            (ENV, TAG) => match ty {
                TypeRef::Tag(tag)
                    if self.signature(tag.func_type_idx) == Some((&[ValType::I32], &[])) =>
                {
                    Import::Tag
                }
                _ => return Err(wrong()),
            },
            (ENV, STACK_POINTER) => self
                .global(ty, true)
                .map(|_| Import::StackPointer)
                .ok_or_else(wrong)?,
            (ENV, MEMORY_BASE) => {
                self.memory_base = Some(self.global(ty, false).ok_or_else(wrong)?);
                Import::MemoryBase
            }
            (ENV, TABLE_BASE) => {
                self.table_base = Some(self.global(ty, false).ok_or_else(wrong)?);
                Import::TableBase
            }
            (ENV, name) if may_call(name) => match ty {
                TypeRef::Func(ty) => {
                    self.functions.push(ty);
                    Import::Function(name.into())
                }
                _ => return Err(wrong()),
            },
            (GOT_MEMORY, name) if CONSTANTS.contains(&name) => {
                self.global(ty, true).ok_or_else(wrong)?;
                Import::Address(name.into())
            }
            (GOT_FUNCTIONS, name) if may_call(name) => {
                self.global(ty, true).ok_or_else(wrong)?;
                Import::Element(name.into())
            }
            _ => return Err(unknown()),
        };
        self.imports.push(import);
        Ok(())
    }

    /// The number of an imported global, if it is of this kind.
    fn global(&mut self, ty: TypeRef, mutable: bool) -> Option<u32> {
        let TypeRef::Global(ty) = ty else {
            return None;
        };
        let number = u32::try_from(self.globals.len()).ok()?;
        self.globals.push(ty);
        (ty.content_type == ValType::I32 && ty.mutable == mutable && !ty.shared).then_some(number)
    }

    fn signature(&self, ty: u32) -> Option<(&[ValType], &[ValType])> {
        let ty = self.types.get(ty as usize)?.as_ref()?;
        Some((ty.params(), ty.results()))
    }

    /// Where a segment begins, from this base; none if that cannot be told.
    fn offset(base: Option<u32>, expression: &ConstExpr<'_>) -> Option<u32> {
        let mut operators = expression.get_operators_reader();
        let mut next = || operators.read().ok();
        match next()? {
            Operator::GlobalGet { global_index } if Some(global_index) == base => {}
            _ => return None,
        }
        match (next()?, next(), next(), next()) {
            (Operator::End, None, None, None) => Some(0),
            (Operator::I32Const { value }, Some(Operator::I32Add), Some(Operator::End), None) => {
                u32::try_from(value).ok()
            }
            _ => None,
        }
    }

    fn data(&mut self, segment: &wasmparser::Data<'_>) -> Checked<()> {
        let DataKind::Active {
            memory_index: 0,
            offset_expr,
        } = &segment.kind
        else {
            return Err("one of its data segments is not written when it is linked".into());
        };
        let reserved = self.reserved.map_or(0, |(memory, ..)| memory);
        let offset = Self::offset(self.memory_base, offset_expr);
        let end = offset.and_then(|at| at.checked_add(u32::try_from(segment.data.len()).ok()?));
        match (offset, end) {
            (Some(offset), Some(end)) if end <= reserved => {
                self.data.push((offset, segment.data.to_vec()));
                Ok(())
            }
            _ => Err("one of its data segments is not in the memory that it reserves".into()),
        }
    }

    fn element(&self, segment: &wasmparser::Element<'_>) -> Checked<()> {
        let count = match &segment.items {
            ElementItems::Functions(items) => items.count(),
            ElementItems::Expressions(_, items) => items.count(),
        };
        few("elements", count, MOST_FUNCTIONS)?;
        let ElementKind::Active {
            table_index: None | Some(0),
            offset_expr,
        } = &segment.kind
        else {
            // It declares functions whose reference is taken.
            return Ok(());
        };
        let reserved = self.reserved.map_or(0, |(_, _, elements)| elements);
        let end =
            Self::offset(self.table_base, offset_expr).and_then(|offset| offset.checked_add(count));
        match end {
            Some(end) if end <= reserved => Ok(()),
            _ => {
                Err("one of its element segments is not in the table space that it reserves".into())
            }
        }
    }

    fn plan(self, stamp: SideStamp) -> Checked<Plan> {
        let Some((memory, alignment, elements)) = self.reserved else {
            return Err("it does not say what it reserves (`dylink.0`)".into());
        };
        for (what, once) in [("memory", Import::Memory), ("table", Import::Table)] {
            // With two of one of them, what is checked for one would not hold for the other.
            if self
                .imports
                .iter()
                .filter(|import| **import == once)
                .count()
                > 1
            {
                return Err(format!("it imports its guest's {what} twice"));
            }
        }
        let mut tables = self.exports.keys().filter(|name| is_tables(name));
        let (Some(tables), None) = (tables.next().cloned(), tables.next()) else {
            return Err(
                "it does not export where its tables are, or exports more than one place".into(),
            );
        };
        let constant = |name: &str| match self.exports.get(name) {
            Some((ExternalKind::Global, index)) => self
                .globals
                .get(*index as usize)
                .is_some_and(|ty| ty.content_type == ValType::I32 && !ty.mutable),
            _ => false,
        };
        if !constant(&tables) {
            return Err(format!("its export `{tables}` is no constant"));
        }
        let mut begin = Vec::new();
        for name in [COMPUTE, RELOCATE, CONSTRUCT] {
            match self.exports.get(name) {
                None => {}
                Some((ExternalKind::Func, index))
                    if self
                        .functions
                        .get(*index as usize)
                        .and_then(|ty| self.signature(*ty))
                        == Some((&[], &[])) =>
                {
                    begin.push(name);
                }
                Some(_) => {
                    return Err(format!(
                        "its export `{name}` is no function without parameters and result"
                    ));
                }
            }
        }
        Ok(Plan {
            gaps: gaps(memory, &self.data),
            stamp,
            memory,
            alignment,
            elements,
            imports: self.imports,
            tables,
            begin,
            data: self.data,
        })
    }
}

/// What of so many bytes no segment covers, in order. Segments may lie over one another, and in any order.
fn gaps(memory: u32, data: &[(u32, Vec<u8>)]) -> Vec<Range<u32>> {
    let end = |at: u32, length: usize| at.saturating_add(u32::try_from(length).unwrap_or(u32::MAX));
    let mut covered: Vec<(u32, u32)> = data
        .iter()
        .map(|(at, bytes)| (*at, end(*at, bytes.len())))
        .collect();
    covered.sort_unstable();
    let mut gaps = Vec::new();
    let mut at = 0;
    for (begin, end) in covered.into_iter().chain([(memory, memory)]) {
        if begin > at {
            gaps.push(at..begin);
        }
        at = at.max(end);
    }
    gaps
}

/// The pieces of the module without its data. Nothing in it may name a segment: one that is written when it is linked cannot be written again.
pub(super) fn each_but_data(wasm: &[u8], mut with: impl FnMut(&[u8])) -> Checked<()> {
    const DATA: u8 = 11;
    const DATA_COUNT: u8 = 12;
    with(&wasm_encoder::Module::HEADER);
    for payload in Parser::new(0).parse_all(wasm) {
        if let Some((id, range)) = payload.map_err(broken)?.as_section()
            && ![DATA, DATA_COUNT].contains(&id)
        {
            let data = wasm
                .get(range.start as usize..range.end as usize)
                .unwrap_or_default();
            let mut head = vec![id];
            data.len().encode(&mut head);
            with(&head);
            with(data);
        }
    }
    Ok(())
}

fn few(what: &str, count: u32, most: u32) -> Checked<()> {
    match count > most {
        true => Err(format!(
            "it has or reserves {count} {what}, and {most} are the most"
        )),
        false => Ok(()),
    }
}
