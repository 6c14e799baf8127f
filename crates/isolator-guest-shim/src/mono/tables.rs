//! The tables that the .NET wasm workload generates for an application, generated here from the pack itself.
//!
//! - `pinvoke-table.h`: which native function a `DllImport` finds, by library and name; and which native function enters
//!   the interpreter for a managed method that native code calls (`UnmanagedCallersOnly`).
//! - `wasm_m2n_invoke.g.h`: one trampoline per wasm signature, by which the interpreter calls native functions.

use super::archives::Archive;
use super::objects::Signature;
use crate::error::{BuildError, Context};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use wasmparser::{Parser, Payload, TypeRef};

/// A managed method that native code calls.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnmanagedEntry {
    /// `Method#parameters:Assembly:Namespace:Type`, the key by which the runtime asks for it.
    pub key: String,
    /// Its wasm signature.
    pub signature: Signature,
}

/// Native functions by the library name that a `DllImport` gives.
pub type Libraries = BTreeMap<String, BTreeSet<String>>;

/// Reads from the pack's own linked module which managed methods native code calls.
///
/// The module's data holds their keys, its symbol map names the functions made for them, its code gives their types.
///
/// # Errors
/// If the files are missing or do not fit each other.
pub fn unmanaged_entries(native: &Path) -> Result<Vec<UnmanagedEntry>, BuildError> {
    let (module, symbols) = (
        native.join("dotnet.native.wasm"),
        native.join("dotnet.native.js.symbols"),
    );
    let wasm = std::fs::read(&module).at("read", &module)?;
    let symbols = std::fs::read_to_string(&symbols).at("read", &symbols)?;
    let (types, strings) = read_linked(&wasm)
        .map_err(|e| BuildError::Recipe(format!("{} is not wasm: {e}", module.display())))?;
    let by_name: BTreeMap<&str, usize> = symbols
        .lines()
        .filter_map(|line| line.split_once(':'))
        .filter(|(_, name)| name.starts_with("wasm_native_to_interp_"))
        .filter_map(|(index, name)| Some((name, index.parse().ok()?)))
        .collect();
    let mut entries = BTreeSet::new();
    for (key, name) in keys(&strings) {
        let Some(index) = by_name.get(name.as_str()) else {
            continue;
        };
        let signature = types.get(*index).cloned().flatten().ok_or_else(|| {
            BuildError::Recipe(format!(
                "{} has no function {index} for {key}",
                module.display()
            ))
        })?;
        entries.insert(UnmanagedEntry { key, signature });
    }
    if entries.len() != by_name.len() {
        return Err(BuildError::Recipe(format!(
            "of the {} managed methods that native code calls in {}, {} were recognised. The pack's naming has changed: see tables.rs",
            by_name.len(),
            module.display(),
            entries.len()
        )));
    }
    for key in exported(&strings, &by_name) {
        if !key.contains("#0:") {
            return Err(BuildError::Recipe(format!(
                "native code calls {key} in {} by a name of its own, so nothing tells its signature: see tables.rs",
                module.display()
            )));
        }
        entries.insert(UnmanagedEntry {
            key,
            signature: Signature::none(),
        });
    }
    Ok(entries.into_iter().collect())
}

/// The keys of methods that have an entry point of their own choice (.NET 11's callbacks of timers and background jobs). Their
/// symbols are that name, which the key does not have. Those that exist take nothing and give nothing.
fn exported(strings: &[u8], by_name: &BTreeMap<&str, usize>) -> Vec<String> {
    strings
        .split(|byte| *byte == 0)
        .filter_map(|bytes| std::str::from_utf8(bytes).ok())
        .filter(|text| symbol_of(text).is_some())
        .filter(|text| {
            // A longer string may end in the key of a method that has a symbol by the rule.
            !keys(text.as_bytes())
                .iter()
                .any(|(_, symbol)| by_name.contains_key(symbol.as_str()))
        })
        .map(str::to_owned)
        .collect()
}

/// Function types by index, and the bytes of all data segments.
fn read_linked(
    wasm: &[u8],
) -> Result<(Vec<Option<Signature>>, Vec<u8>), wasmparser::BinaryReaderError> {
    let (mut types, mut functions, mut data) = (Vec::new(), Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::TypeSection(section) => {
                for group in section {
                    types.extend(
                        group?
                            .into_types()
                            .map(|ty| match &ty.composite_type.inner {
                                wasmparser::CompositeInnerType::Func(ty) => Signature::of(ty),
                                _ => None,
                            }),
                    );
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
            Payload::DataSection(section) => {
                for segment in section {
                    data.extend_from_slice(segment?.data);
                    data.push(0);
                }
            }
            _ => {}
        }
    }
    Ok((
        functions
            .into_iter()
            .map(|ty| types.get(ty as usize).cloned().flatten())
            .collect(),
        data,
    ))
}

/// What may be a key (`Method#2:Assembly:Namespace:Type`), and the symbol that would belong to it.
///
/// The linker merges strings with equal ends, so a key may be the tail of another.
fn keys(data: &[u8]) -> Vec<(String, String)> {
    data.split(|b| *b == 0)
        .filter_map(|bytes| std::str::from_utf8(bytes).ok())
        .filter(|text| symbol_of(text).is_some())
        .flat_map(|text| text.char_indices().map(|(start, _)| &text[start..]))
        .filter_map(|tail| Some((tail.to_owned(), symbol_of(tail)?)))
        .collect()
}

/// The name that the workload gives the function for a key.
fn symbol_of(key: &str) -> Option<String> {
    let (method, rest) = key.split_once('#')?;
    let mut parts = rest.split(':');
    let (count, assembly, namespace, class) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    count.parse::<u32>().ok()?;
    if parts.next().is_some() || method.is_empty() {
        return None;
    }
    let name = format!("wasm_native_to_interp_{assembly}_{namespace}_{class}_{method}");
    Some(
        name.chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect(),
    )
}

/// Which native functions the base class library may call, by library.
///
/// A `libSystem.X.Native.a` is the library `libSystem.X.Native`; an archive whose name goes on after that
/// (`libSystem.Native.TimeZoneData.a`) belongs to it. Its functions are those with the `_` of an entry-point prefix
/// (`SystemNative_Read`). The compression library also exposes the codecs that are archives of their own.
#[must_use]
pub fn libraries(archives: &BTreeMap<String, Archive>) -> Libraries {
    let names = archives
        .keys()
        .filter_map(|archive| archive.strip_suffix(".a"));
    let mut libraries: Libraries = names
        .filter(|name| name.starts_with("libSystem.") && name.ends_with("Native"))
        .map(|name| (name.to_owned(), BTreeSet::new()))
        .collect();
    for (name, archive) in archives {
        let name = name.strip_suffix(".a").unwrap_or(name);
        let owner = libraries
            .iter_mut()
            .filter(|(library, _)| name == *library || name.starts_with(&format!("{library}.")))
            .last();
        let Some((_, functions)) = owner else {
            continue;
        };
        let entry_points = archive.objects.functions.keys().filter(|name| {
            name.split_once('_')
                .is_some_and(|(prefix, _)| prefix.ends_with("Native"))
        });
        functions.extend(entry_points.cloned());
    }
    let codecs = archives
        .values()
        .flat_map(|archive| archive.objects.functions.keys())
        .filter(|name| {
            ["BrotliDecoder", "BrotliEncoder", "ZSTD_"]
                .iter()
                .any(|prefix| name.starts_with(prefix))
        });
    if let Some(compression) = libraries.get_mut("libSystem.IO.Compression.Native") {
        compression.extend(codecs.cloned());
    }
    libraries
}

/// The text of `pinvoke-table.h`.
#[must_use]
pub fn pinvoke_table(libraries: &Libraries, entries: &[UnmanagedEntry]) -> String {
    let mut out = String::from(
        "// Generated by `cargo xtask build-guest` from the runtime pack's objects. Do not edit.\n\
         void *bsearch(const void *, const void *, unsigned long, unsigned long, int (*)(const void *, const void *));\n\
         void mono_wasm_marshal_get_managed_wrapper(const char *, const char *, const char *, const char *, uint32_t, int);\n",
    );
    // Only their addresses are taken; the trampolines cast them to the signature in question.
    for name in libraries.values().flatten().collect::<BTreeSet<_>>() {
        let _ = writeln!(out, "extern void {name}();");
    }
    for (i, functions) in libraries.values().enumerate() {
        let _ = writeln!(out, "static PinvokeImport library_{i}[] = {{");
        for name in functions {
            let _ = writeln!(out, "  {{\"{name}\", (void *){name}}},");
        }
        out.push_str("};\n");
    }
    out.push_str("PinvokeTable pinvoke_tables[] = {\n");
    for (i, (library, functions)) in libraries.iter().enumerate() {
        let _ = writeln!(
            out,
            "  {{\"{library}\", library_{i}, {}}},",
            functions.len()
        );
    }
    out.push_str("};\n");

    let _ = writeln!(
        out,
        "InterpFtnDesc wasm_native_to_interp_ftndescs[{}];",
        entries.len().max(1)
    );
    for (i, entry) in entries.iter().enumerate() {
        entry_function(&mut out, i, entry);
    }
    out.push_str("UnmanagedExport wasm_native_to_interp_table[] = {\n");
    for (i, entry) in entries.iter().enumerate() {
        let _ = writeln!(out, "  {{\"{}\", 0, (void *)enter_{i}}},", entry.key);
    }
    out.push_str("};\n");
    out
}

/// A native function that enters the interpreter: it passes the addresses of result and arguments.
fn entry_function(out: &mut String, index: usize, entry: &UnmanagedEntry) {
    let result = entry.signature.result();
    let parameters: Vec<&str> = entry.signature.parameters().collect();
    let list = parameters
        .iter()
        .enumerate()
        .map(|(i, ty)| format!("{ty} a{i}"))
        .collect::<Vec<_>>()
        .join(", ");
    let (method, rest) = entry.key.split_once('#').unwrap_or((&entry.key, ""));
    let mut rest = rest.split(':').skip(1);
    let mut part = || rest.next().unwrap_or_default();
    let (assembly, namespace, class) = (part(), part(), part());
    let _ = writeln!(
        out,
        "static {result} enter_{index}({}) {{",
        if list.is_empty() { "void" } else { &list }
    );
    let mut addresses: Vec<String> = (0..parameters.len()).map(|i| format!("&a{i}")).collect();
    if result != "void" {
        let _ = writeln!(out, "  {result} result = 0;");
        addresses.insert(0, "&result".into());
    }
    let descriptor = format!("wasm_native_to_interp_ftndescs[{index}]");
    addresses.push(format!("{descriptor}.arg"));
    let pointers = vec!["void *"; addresses.len()].join(", ");
    // Before the first use the runtime has not filled the descriptor.
    let _ = writeln!(
        out,
        "  if (!{descriptor}.func) mono_wasm_marshal_get_managed_wrapper(\"{assembly}\", \"{namespace}\", \"{class}\", \"{method}\", 0, {});\n  \
         ((void (*)({pointers})){descriptor}.func)({});",
        parameters.len(),
        addresses.join(", ")
    );
    if result != "void" {
        out.push_str("  return result;\n");
    }
    out.push_str("}\n");
}

/// The text of `wasm_m2n_invoke.g.h`.
#[must_use]
pub fn trampolines(signatures: &BTreeSet<Signature>) -> String {
    let mut out = String::from(
        "// Generated by `cargo xtask build-guest` from the runtime pack's objects. Do not edit.\n\
         #include \"pinvoke.h\"\n#include <stdlib.h>\n#include <string.h>\n",
    );
    for signature in signatures {
        trampoline(&mut out, signature);
    }
    out.push_str("static const struct trampoline {\n  const char *signature;\n  void *function;\n} trampolines[] = {\n");
    for signature in signatures {
        let s = signature.as_str();
        let _ = writeln!(out, "  {{\"{s}\", (void *)invoke_{s}}},");
    }
    out.push_str(
        "};\n\
         static int compare_trampoline(const void *key, const void *entry) {\n  \
           return strcmp(key, ((const struct trampoline *)entry)->signature);\n}\n\
         static void *mono_wasm_interp_to_native_callback(char *signature) {\n  \
           const struct trampoline *found = bsearch(signature, trampolines, sizeof trampolines / sizeof *trampolines,\n    \
             sizeof *trampolines, compare_trampoline);\n  \
           return found ? found->function : NULL;\n}\n",
    );
    out
}

/// One trampoline: takes the arguments out of the interpreter's frame. A 64-bit integer fills two of its integer slots.
fn trampoline(out: &mut String, signature: &Signature) {
    let (mut integers, mut floats) = (0, 0);
    let mut arguments = Vec::new();
    for ty in signature.parameters() {
        let (getter, slot) = match ty {
            "int32_t" => ("iarg", post_increment(&mut integers, 1)),
            "int64_t" => ("larg", post_increment(&mut integers, 2)),
            "float" => ("farg", post_increment(&mut floats, 1)),
            _ => ("darg", post_increment(&mut floats, 1)),
        };
        arguments.push(format!(
            "mono_wasm_interp_method_args_get_{getter}(m, {slot})"
        ));
    }
    let types: Vec<&str> = signature.parameters().collect();
    let result = signature.result();
    let call = format!(
        "(({result} (*)({}))f)({})",
        if types.is_empty() {
            "void".into()
        } else {
            types.join(", ")
        },
        arguments.join(", ")
    );
    let body = if result == "void" {
        format!("{call};")
    } else {
        format!("*({result} *)mono_wasm_interp_method_args_get_retval(m) = {call};")
    };
    let _ = writeln!(
        out,
        "static void invoke_{}(void *f, MonoInterpMethodArguments *m) {{ (void)m; {body} }}",
        signature.as_str()
    );
}

fn post_increment(value: &mut u32, by: u32) -> u32 {
    let old = *value;
    *value += by;
    old
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_its_symbol() {
        assert_eq!(
            symbol_of("TimerHandler#0:System.Private.CoreLib:System.Threading:TimerQueue")
                .as_deref(),
            Some(
                "wasm_native_to_interp_System_Private_CoreLib_System_Threading_TimerQueue_TimerHandler"
            )
        );
        for other in ["a#b:c:d:e", "a#1:b:c", "#1:a:b:c", "a#1:b:c:d:e", "plain"] {
            assert_eq!(symbol_of(other), None, "{other}");
        }
    }

    #[test]
    fn a_key_may_be_the_tail_of_another() {
        let found = keys(b"x\0LoadAndGet#1:A:N:T\0y");
        assert!(
            found.contains(&(
                "Get#1:A:N:T".into(),
                "wasm_native_to_interp_A_N_T_Get".into()
            )),
            "{found:?}"
        );
    }

    #[test]
    fn a_method_with_an_entry_point_of_its_own_is_known_by_its_key() {
        let names = BTreeMap::from([("wasm_native_to_interp_A_N_T_Get", 1)]);
        assert_eq!(
            exported(b"x\0LoadAndGet#1:A:N:T\0Handler#0:A:N:Timer\0y", &names),
            ["Handler#0:A:N:Timer"]
        );
    }

    #[test]
    fn long_arguments_take_two_integer_slots() {
        let mut out = String::new();
        let ty = wasmparser::FuncType::new(
            [
                wasmparser::ValType::I64,
                wasmparser::ValType::I32,
                wasmparser::ValType::F64,
            ],
            [wasmparser::ValType::I32],
        );
        trampoline(&mut out, &Signature::of(&ty).unwrap());
        assert!(
            out.contains("get_larg(m, 0)")
                && out.contains("get_iarg(m, 2)")
                && out.contains("get_darg(m, 0)"),
            "{out}"
        );
    }
}
