//! Checks a guest's modules against the contract, and lists everything that is wrong at once.

use crate::border::contract::{
    Core, EXPORTS, FUNCTION_TABLE, HOST_INTERFACE, IMPORTS, MEMORY_EXPORT, MEMORY_IMPORT, REALLOC,
    Spec, WASI_MODULE, export_name, post_name,
};
use crate::wasi::WASI_IMPORTS;
use isolator_abi::stamp::{GuestStamp, STAMP_SECTION, StampError};
use std::collections::HashMap;
use wasmparser::{ExternalKind, Parser, Payload, TypeRef, ValType};

/// What a module's sections say, as far as the contract cares.
#[derive(Default)]
struct Shape {
    types: Vec<Option<wasmparser::FuncType>>,
    /// Type index of every function, imported ones first.
    functions: Vec<u32>,
    imports: Vec<(String, String, Imported)>,
    exports: HashMap<String, (ExternalKind, u32)>,
    stamp: Option<Vec<u8>>,
}

enum Imported {
    Function(u32),
    Memory,
    Other,
}

impl Shape {
    fn read(wasm: &[u8]) -> Result<Self, String> {
        let mut shape = Self::default();
        let text =
            |e: wasmparser::BinaryReaderError| format!("it is no valid WebAssembly module: {e}");
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.map_err(text)? {
                Payload::Version {
                    encoding: wasmparser::Encoding::Component,
                    ..
                } => {
                    return Err("it is a component, and a core module is needed".into());
                }
                Payload::TypeSection(section) => {
                    for group in section {
                        for ty in group.map_err(text)?.into_types() {
                            shape.types.push(match ty.composite_type.inner {
                                wasmparser::CompositeInnerType::Func(func) => Some(func),
                                _ => None,
                            });
                        }
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import.map_err(text)?;
                        let kind = match import.ty {
                            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                                shape.functions.push(ty);
                                Imported::Function(ty)
                            }
                            TypeRef::Memory(_) => Imported::Memory,
                            _ => Imported::Other,
                        };
                        shape
                            .imports
                            .push((import.module.into(), import.name.into(), kind));
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        shape.functions.push(ty.map_err(text)?);
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export.map_err(text)?;
                        shape
                            .exports
                            .insert(export.name.into(), (export.kind, export.index));
                    }
                }
                Payload::CustomSection(section) if section.name() == STAMP_SECTION => {
                    shape.stamp = Some(section.data().to_vec());
                }
                _ => {}
            }
        }
        Ok(shape)
    }

    fn function_type(&self, ty: u32) -> Option<&wasmparser::FuncType> {
        self.types.get(ty as usize)?.as_ref()
    }

    fn exported_function(&self, name: &str) -> Option<Option<&wasmparser::FuncType>> {
        let (kind, index) = self.exports.get(name)?;
        Some(match kind {
            ExternalKind::Func => self
                .functions
                .get(*index as usize)
                .and_then(|ty| self.function_type(*ty)),
            _ => None,
        })
    }

    fn stamp(&self) -> Result<GuestStamp, StampError> {
        let stamp = GuestStamp::parse(self.stamp.as_ref().ok_or(StampError::Missing)?)?;
        stamp.check()?;
        Ok(stamp)
    }
}

fn is(ty: &wasmparser::FuncType, params: &[Core], results: &[Core]) -> bool {
    let same = |found: &[ValType], wanted: &[Core]| {
        found.len() == wanted.len()
            && found
                .iter()
                .zip(wanted)
                .all(|(found, wanted)| match wanted {
                    Core::I32 => *found == ValType::I32,
                    Core::I64 => *found == ValType::I64,
                })
    };
    same(ty.params(), params) && same(ty.results(), results)
}

fn signature(params: &[Core], results: &[Core]) -> String {
    let names = |types: &[Core]| {
        types
            .iter()
            .map(|t| if *t == Core::I32 { "i32" } else { "i64" })
            .collect::<Vec<_>>()
            .join(" ")
    };
    format!("({}) -> ({})", names(params), names(results))
}

fn found(ty: &wasmparser::FuncType) -> String {
    let names = |types: &[ValType]| {
        types
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    };
    format!("({}) -> ({})", names(ty.params()), names(ty.results()))
}

/// Everything that keeps `wasm` from being the code of a guest; empty if nothing does.
pub(crate) fn code_problems(wasm: &[u8]) -> Vec<String> {
    let shape = match Shape::read(wasm) {
        Ok(shape) => shape,
        Err(problem) => return vec![format!("code: {problem}")],
    };
    let mut problems = Vec::new();
    if let Err(error) = shape.stamp() {
        problems.push(format!("code: {error}"));
    }
    let mut function =
        |name: &str, params: &[Core], results: &[Core]| match shape.exported_function(name) {
            None => problems.push(format!("code: it does not export `{name}`")),
            Some(None) => problems.push(format!("code: its export `{name}` is not a function")),
            Some(Some(ty)) if !is(ty, params, results) => problems.push(format!(
                "code: its export `{name}` has the signature {}, and the contract says {}",
                found(ty),
                signature(params, results)
            )),
            Some(Some(_)) => {}
        };
    for spec in EXPORTS {
        function(&export_name(spec), spec.params, spec.results);
        if spec.post {
            function(&post_name(spec), &[Core::I32], &[]);
        }
    }
    function(REALLOC.name, REALLOC.params, REALLOC.results);
    if !matches!(
        shape.exports.get(FUNCTION_TABLE),
        Some((ExternalKind::Table, _))
    ) {
        problems.push(format!(
            "code: it does not export its function table as `{FUNCTION_TABLE}`"
        ));
    }
    let mut has_memory = false;
    for (module, name, kind) in &shape.imports {
        match kind {
            Imported::Memory if (module.as_str(), name.as_str()) == MEMORY_IMPORT => {
                has_memory = true
            }
            Imported::Function(ty) => {
                let table: &[Spec] = match module.as_str() {
                    WASI_MODULE => WASI_IMPORTS,
                    HOST_INTERFACE => IMPORTS,
                    _ => &[],
                };
                match (table.iter().find(|spec| spec.name == name), shape.function_type(*ty)) {
                    (None, _) => problems.push(format!("code: it imports `{module}` `{name}`, which the host does not have")),
                    (Some(spec), Some(ty)) if is(ty, spec.params, spec.results) => {}
                    (Some(spec), ty) => problems.push(format!(
                        "code: it imports `{module}` `{name}` with the signature {}, and the host's is {}",
                        ty.map_or_else(|| "of no function".into(), found),
                        signature(spec.params, spec.results)
                    )),
                }
            }
            _ => problems.push(format!(
                "code: it imports `{module}` `{name}`, which is neither a function nor its memory"
            )),
        }
    }
    if !has_memory {
        let (module, name) = MEMORY_IMPORT;
        problems.push(format!(
            "code: it does not import its memory as `{module}` `{name}`"
        ));
    }
    problems
}

/// Everything that keeps `wasm` from being a state of the code with this digest (hex of SHA-256); empty if nothing does.
pub(crate) fn state_problems(wasm: &[u8], code_digest: &str) -> Vec<String> {
    let shape = match Shape::read(wasm) {
        Ok(shape) => shape,
        Err(problem) => return vec![format!("state: {problem}")],
    };
    let mut problems = Vec::new();
    match shape.stamp() {
        Err(error) => problems.push(format!("state: {error}")),
        Ok(stamp) => match stamp.code_digest.as_deref() {
            Some(digest) if digest == code_digest => {}
            Some(digest) => {
                problems.push(format!("state: it belongs to the code with digest {digest}, and this code has digest {code_digest}"));
            }
            None => problems.push("state: its stamp does not say which code it belongs to".into()),
        },
    }
    if !matches!(
        shape.exports.get(MEMORY_EXPORT),
        Some((ExternalKind::Memory, _))
    ) {
        problems.push(format!(
            "state: it does not export its memory as `{MEMORY_EXPORT}`"
        ));
    }
    if !shape.imports.is_empty() || !shape.functions.is_empty() {
        problems
            .push("state: it has imports or functions, and should be a memory and its data".into());
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test_guest::TestGuest;

    #[test]
    fn a_good_guest_has_no_problems() {
        let guest = TestGuest::echo();
        assert_eq!(code_problems(&guest.code), Vec::<String>::new());
        assert_eq!(
            state_problems(&guest.state, &guest.code_digest()),
            Vec::<String>::new()
        );
    }

    #[test]
    fn everything_that_is_wrong_is_listed() {
        let wasm = wat::parse_str(
            r#"(module
                (import "wasi_snapshot_preview1" "sock_open" (func (param i32)))
                (import "wasi_snapshot_preview1" "fd_close" (func (param i64) (result i32)))
                (import "env" "emscripten_memcpy_js" (func))
                (func (export "isolator:runtime/guest@0.1.0#run-pending") (param i32) (result i64) unreachable)
                (global (export "isolator:runtime/guest@0.1.0#collect") i32 (i32.const 0)))"#,
        )
        .unwrap();
        let problems = code_problems(&wasm).join("\n");
        for expected in [
            "no `isolator` section",
            "imports `wasi_snapshot_preview1` `sock_open`, which the host does not have",
            "imports `wasi_snapshot_preview1` `fd_close` with the signature (i64) -> (i32), and the host's is (i32) -> (i32)",
            "imports `env` `emscripten_memcpy_js`, which the host does not have",
            "#run-pending` has the signature (i32) -> (i64), and the contract says (i64) -> (i64)",
            "#collect` is not a function",
            "does not export `isolator:runtime/guest@0.1.0#start`",
            "does not export `cabi_post_isolator:runtime/guest@0.1.0#start`",
            "does not export `cabi_realloc`",
            "`__indirect_function_table`",
            "does not import its memory",
        ] {
            assert!(
                problems.contains(expected),
                "{expected} is missing in:\n{problems}"
            );
        }
    }

    #[test]
    fn rubbish_and_components_are_named() {
        assert!(
            code_problems(b"MZ")
                .join("")
                .contains("no valid WebAssembly")
        );
        let component = wat::parse_str("(component)").unwrap();
        assert!(code_problems(&component).join("").contains("component"));
        let problems = state_problems(&TestGuest::echo().state, "00").join("");
        assert!(problems.contains("digest 00"), "{problems}");
    }
}
