//! Functions that are larger than a host takes, and the methods that they are: these stay interpreted.

use crate::methods::MethodName;
use crate::universe::Universe;
use isolator_abi::side::LARGEST_SIDE_FUNCTION;
use wasmparser::{BinaryReaderError, KnownCustom, Name, Parser, Payload, TypeRef};

/// A function that is too large.
#[derive(Debug, PartialEq, Eq)]
pub struct Large {
    /// As the linker has it; empty if it has none.
    pub name: String,
    pub bytes: u64,
}

/// Those of a module that has its names.
///
/// # Errors
/// If it is no module.
pub fn functions(wasm: &[u8]) -> Result<Vec<Large>, BinaryReaderError> {
    let (mut next, mut found) = (0, Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    next += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => {
                let bytes = body.range().end.saturating_sub(body.range().start);
                if bytes > LARGEST_SIDE_FUNCTION {
                    found.push((next, bytes));
                }
                next += 1;
            }
            // It stands behind the code.
            Payload::CustomSection(section) if !found.is_empty() => {
                if let KnownCustom::Name(names) = section.as_known() {
                    return named(names, &found);
                }
            }
            _ => {}
        }
    }
    let nameless = |(_, bytes)| Large {
        name: String::new(),
        bytes,
    };
    Ok(found.into_iter().map(nameless).collect())
}

fn named(
    names: wasmparser::NameSectionReader<'_>,
    found: &[(u32, u64)],
) -> Result<Vec<Large>, BinaryReaderError> {
    let mut large = Vec::new();
    for name in names {
        let Name::Function(functions) = name? else {
            continue;
        };
        for function in functions {
            let function = function?;
            if let Some((_, bytes)) = found.iter().find(|(index, _)| *index == function.index) {
                large.push(Large {
                    name: function.name.to_owned(),
                    bytes: *bytes,
                });
            }
        }
    }
    Ok(large)
}

/// Which of these methods the compiler has given that name: of several that it may be, the one with the longest body. The name is that of the
/// assembly that was compiled, of the type, of the method, and of the parameters, with `_` for all that is neither letter nor digit.
#[must_use]
pub fn method(universe: &Universe<'_>, name: &str, methods: &[MethodName]) -> Option<usize> {
    let body = |method: &MethodName| {
        let found = universe.methods_named(method);
        let lengths = found.iter().filter_map(|instance| {
            let metadata = universe.metadata(instance.owner.assembly);
            Some(metadata.body(instance.method)?.il.len())
        });
        lengths.max()
    };
    let candidates = methods.iter().enumerate().filter(|(_, method)| {
        let owner = plain(method.owner.name.trim_start_matches('.'));
        name.split_once(&owner)
            .is_some_and(|(_, rest)| rest.contains(&plain(&method.name)))
    });
    candidates
        .max_by_key(|(_, method)| body(method))
        .map(|(number, _)| number)
}

fn plain(name: &str) -> String {
    let sign = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    name.chars().map(sign).collect()
}

/// A method's name for people.
#[must_use]
pub fn printed(method: &MethodName) -> String {
    let owner = method.owner.name.trim_start_matches('.').replace('/', ".");
    format!("{owner}.{}", method.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        CodeSection, Function, FunctionSection, Instruction, Module, NameMap, NameSection,
        TypeSection,
    };

    /// Two functions, of which the second has so many instructions of one byte.
    fn module(instructions: usize) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut functions = FunctionSection::new();
        functions.function(0).function(0);
        let mut code = CodeSection::new();
        for count in [1, instructions] {
            let mut body = Function::new([]);
            for _ in 0..count {
                body.instruction(&Instruction::Nop);
            }
            body.instruction(&Instruction::End);
            code.function(&body);
        }
        let mut names = NameMap::new();
        names.append(0, "App_App_Short_Run");
        names.append(1, "App_App_Long_Run_int");
        let mut section = NameSection::new();
        section.functions(&names);
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&code);
        module.section(&section);
        module.finish()
    }

    #[test]
    fn what_is_larger_than_a_host_takes_is_found_with_its_name() {
        // Beside the instructions: the number of locals, and the end.
        let most = LARGEST_SIDE_FUNCTION as usize - 2;
        assert_eq!(functions(&module(most)).unwrap(), []);
        let expected = Large {
            name: "App_App_Long_Run_int".into(),
            bytes: LARGEST_SIDE_FUNCTION + 1,
        };
        assert_eq!(functions(&module(most + 1)).unwrap(), [expected]);
    }
}
