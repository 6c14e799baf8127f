//! The functions that most runtimes call by pointer come first in the function table.
//!
//! The engine fills an entry of the table, and a record for its function, when the function is first called that way. A first call
//! makes some 70 such calls; where they lie is decided by the linker, which numbers functions in the order in which it meets their
//! addresses. Scattered, each touches a page of the table and another of the records: 200 KB a runtime. So the first object that is linked is a list of
//! them, `hot_functions.txt`, and nothing else. Most are local to their objects; here they get a name that others see.

use super::archives;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;
use wasmparser::{
    CompositeInnerType, CustomSectionReader, ElementItems, ElementKind, FuncType, KnownCustom,
    Linking, LinkingSectionReader, Name, Naming, Operator, Parser, Payload, SymbolFlags,
    SymbolInfo, TypeRef, ValType,
};

/// The list, one name a line.
const LIST: &str = include_str!("hot_functions.txt");

/// The names of the list, in its order.
pub fn names() -> impl Iterator<Item = &'static str> {
    LIST.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Listed functions that objects define, by name.
#[derive(Debug, Default)]
pub struct Found {
    /// With the type; none if it is one that the list cannot have.
    types: BTreeMap<String, Option<String>>,
    /// Those that several objects define for themselves: a name does not say which is meant.
    ambiguous: BTreeSet<String>,
}

impl Found {
    /// Notes which listed functions an object or an archive of objects defines.
    ///
    /// # Errors
    /// If one is not well-formed wasm.
    pub fn look(&mut self, file: &[u8]) -> Result<(), wasmparser::BinaryReaderError> {
        let wanted: HashSet<&str> = names().collect();
        for object in objects(file) {
            self.search(&file[object], &wanted)?;
        }
        Ok(())
    }

    /// Makes the listed functions that are local to an object, or to one of an archive, known to all that are linked. Everything must have been looked
    /// at before. Whether there were any.
    ///
    /// # Errors
    /// If it is not well-formed wasm.
    pub fn publish(&self, file: &mut [u8]) -> Result<bool, wasmparser::BinaryReaderError> {
        let mut any = false;
        for object in objects(file) {
            let opened = archives::open(&mut file[object], |name| self.is_one(name))?;
            any |= !opened.is_empty();
        }
        Ok(any)
    }

    /// Whether exactly one object has it, and its type can be written down.
    fn is_one(&self, name: &str) -> bool {
        matches!(self.types.get(name), Some(Some(_))) && !self.ambiguous.contains(name)
    }

    fn search(
        &mut self,
        object: &[u8],
        wanted: &HashSet<&str>,
    ) -> Result<(), wasmparser::BinaryReaderError> {
        let mut types: Vec<Option<String>> = Vec::new();
        let mut functions: Vec<u32> = Vec::new();
        for payload in Parser::new(0).parse_all(object) {
            match payload? {
                Payload::TypeSection(section) => {
                    for group in section {
                        types.extend(group?.into_types().map(
                            |ty| match &ty.composite_type.inner {
                                CompositeInnerType::Func(ty) => text(ty),
                                _ => None,
                            },
                        ));
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        if let TypeRef::Func(ty) = import?.ty {
                            functions.push(ty);
                        }
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        functions.push(ty?);
                    }
                }
                Payload::CustomSection(section) => {
                    if let KnownCustom::Linking(linking) = section.as_known() {
                        let type_of = |index: u32| {
                            let ty = functions.get(index as usize)?;
                            types.get(*ty as usize)?.clone()
                        };
                        self.symbols(linking, wanted, type_of)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn symbols(
        &mut self,
        linking: LinkingSectionReader<'_>,
        wanted: &HashSet<&str>,
        type_of: impl Fn(u32) -> Option<String>,
    ) -> Result<(), wasmparser::BinaryReaderError> {
        for subsection in linking.subsections() {
            let Linking::SymbolTable(symbols) = subsection? else {
                continue;
            };
            for symbol in symbols {
                let SymbolInfo::Func {
                    flags,
                    index,
                    name: Some(name),
                } = symbol?
                else {
                    continue;
                };
                if flags.contains(SymbolFlags::UNDEFINED) || !wanted.contains(name) {
                    continue;
                }
                if self.types.insert(name.to_owned(), type_of(index)).is_some() {
                    self.ambiguous.insert(name.to_owned());
                }
            }
        }
        Ok(())
    }

    /// The object that is linked first, as assembly: the addresses of what was found, in the list's order.
    #[must_use]
    pub fn assembly(&self) -> String {
        use std::fmt::Write;
        let mut types = String::new();
        let mut addresses = String::new();
        let mut count = 0;
        for name in names() {
            if let Some(Some(ty)) = self.types.get(name)
                && self.is_one(name)
            {
                let _ = writeln!(types, ".functype {name} {ty}");
                let _ = writeln!(addresses, ".int32 {name}");
                count += 4;
            }
        }
        // "R": kept, though nothing refers to it.
        format!(
            "{types}.section .data.isolator_hot,\"R\",@\n.p2align 2\nisolator_hot:\n{addresses}.size isolator_hot, {count}\n"
        )
    }

    /// The names that no object has, or more than one: their places are where the linker puts them.
    pub fn missing(&self) -> impl Iterator<Item = &'static str> + '_ {
        names().filter(|name| !self.is_one(name))
    }
}

/// Goes through the names of functions in a section; another section has none.
pub(crate) fn each_function_name<'a>(
    section: &CustomSectionReader<'a>,
    mut look: impl FnMut(Naming<'a>),
) -> Result<(), wasmparser::BinaryReaderError> {
    let KnownCustom::Name(names) = section.as_known() else {
        return Ok(());
    };
    for subsection in names {
        if let Name::Function(names) = subsection? {
            for naming in names {
                look(naming?);
            }
        }
    }
    Ok(())
}

/// The names of a module's functions, by their places in its table.
///
/// # Errors
/// If it is not well-formed wasm.
pub fn table(wasm: &[u8]) -> Result<BTreeMap<u32, String>, wasmparser::BinaryReaderError> {
    let mut places: BTreeMap<u32, u32> = BTreeMap::new();
    let mut names: BTreeMap<u32, String> = BTreeMap::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ElementSection(section) => {
                for element in section {
                    let element = element?;
                    let ElementKind::Active { offset_expr, .. } = element.kind else {
                        continue;
                    };
                    let start = match offset_expr.get_operators_reader().read()? {
                        Operator::I32Const { value } => value.cast_unsigned(),
                        _ => continue,
                    };
                    if let ElementItems::Functions(functions) = element.items {
                        for (place, function) in (start..).zip(functions) {
                            places.insert(place, function?);
                        }
                    }
                }
            }
            Payload::CustomSection(section) => each_function_name(&section, |naming| {
                names.insert(naming.index, naming.name.to_owned());
            })?,
            _ => {}
        }
    }
    Ok(places
        .into_iter()
        .filter_map(|(place, function)| Some((place, names.get(&function)?.clone())))
        .collect())
}

/// Where the wasm objects of a file are: the whole of it, or the members of an archive.
fn objects(file: &[u8]) -> Vec<Range<usize>> {
    archives::members(file).unwrap_or_else(|_| std::iter::once(0..file.len()).collect())
}

/// A type in the assembler's words.
fn text(ty: &FuncType) -> Option<String> {
    let list = |types: &[ValType]| {
        let names: Option<Vec<_>> = types
            .iter()
            .map(|ty| match ty {
                ValType::I32 => Some("i32"),
                ValType::I64 => Some("i64"),
                ValType::F32 => Some("f32"),
                ValType::F64 => Some("f64"),
                ValType::V128 => Some("v128"),
                ValType::Ref(_) => None,
            })
            .collect();
        names.map(|names| names.join(", "))
    };
    Some(format!(
        "({}) -> ({})",
        list(ty.params())?,
        list(ty.results())?
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mono::objects::Objects;
    use wasm_encoder::{
        CodeSection, Function, FunctionSection, LinkingSection, Module, SymbolTable, TypeSection,
    };

    /// An object that has these functions for itself.
    fn object(names: &[&str]) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function(
            [wasm_encoder::ValType::I32, wasm_encoder::ValType::V128],
            [wasm_encoder::ValType::I64],
        );
        let mut functions = FunctionSection::new();
        let mut code = CodeSection::new();
        let mut symbols = SymbolTable::new();
        for (i, name) in (0..).zip(names) {
            functions.function(0);
            let mut body = Function::new([]);
            body.instructions().i64_const(0).end();
            code.function(&body);
            symbols.function(SymbolTable::WASM_SYM_BINDING_LOCAL, i, Some(name));
        }
        let mut linking = LinkingSection::new();
        linking.symbol_table(&symbols);
        let mut module = Module::new();
        module
            .section(&types)
            .section(&functions)
            .section(&code)
            .section(&linking);
        module.finish()
    }

    fn of_others(object: &[u8]) -> Vec<String> {
        Objects::of_object(object)
            .unwrap()
            .functions
            .into_keys()
            .collect()
    }

    #[test]
    fn a_listed_function_is_named_for_the_linker_with_its_type() {
        let listed = names().next().unwrap();
        let mut first = object(&["before", listed, "after"]);
        assert_eq!(of_others(&first), [""; 0]);
        let mut found = Found::default();
        found.look(&first).unwrap();
        assert!(found.publish(&mut first).unwrap());
        // A type with vectors is none of those that the interpreter calls, so only the flags tell.
        let again = archives::open(&mut first, |_| true).unwrap();
        assert_eq!(again, ["before", "after"], "it is local still");
        let text = found.assembly();
        assert!(
            text.starts_with(&format!(".functype {listed} (i32, v128) -> (i64)\n")),
            "{text}"
        );
        assert!(text.contains(&format!(".int32 {listed}\n.size isolator_hot, 4")));
        assert_eq!(found.missing().count(), names().count() - 1);
    }

    #[test]
    fn one_that_two_objects_have_stays_where_it_is() {
        let listed = names().next().unwrap();
        let mut objects = [object(&[listed]), object(&["other", listed])];
        let mut found = Found::default();
        for object in &objects {
            found.look(object).unwrap();
        }
        for object in &mut objects {
            assert!(!found.publish(object).unwrap());
        }
        assert!(!found.assembly().contains(listed));
    }

    #[test]
    fn the_list_names_each_once() {
        let all: Vec<_> = names().collect();
        let once: BTreeSet<_> = all.iter().collect();
        assert_eq!(all.len(), once.len());
    }
}
