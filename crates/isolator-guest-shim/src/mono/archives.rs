//! What is changed in the pack's static libraries before they are linked.
//!
//! - Functions that are static in the runtime's sources get names for the linker, so that the C side can stand before them as it
//!   does before others ([`wraps`](super::wraps)).
//! - Conversions from floating-point numbers saturate. C leaves open what comes of a number that is out of range, and the pack
//!   answers as processors of 2010 did; .NET has said since version 9 that the nearest number comes of it.
//!
//! Everything is changed in its place, so no offset moves, and what is not found as it should be fails the build.

use super::objects::{Objects, Signature};
use crate::error::{BuildError, Context};
use object::read::archive::ArchiveFile;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use wasmparser::{
    BinaryReaderError, KnownCustom, Linking, Operator, Parser, Payload, SymbolFlags, SymbolInfo,
};

/// A static function that the C side stands before: its archive, its name, its parameters as the object has them. A compiler may
/// have left some out, and then the build of another pack fails here.
pub struct Opened {
    archive: &'static str,
    /// The name.
    pub name: &'static str,
    cookie: &'static str,
    /// Whether the C side stands before it, or only calls it.
    pub wrapped: bool,
}

const fn of_interpreter(name: &'static str, cookie: &'static str) -> Opened {
    Opened {
        archive: INTERPRETER,
        name,
        cookie,
        wrapped: true,
    }
}

const fn called(name: &'static str, cookie: &'static str) -> Opened {
    Opened {
        wrapped: false,
        ..of_interpreter(name, cookie)
    }
}

const INTERPRETER: &str = "libmono-ee-interp.a";

/// The static functions that the C side stands before.
pub const OPENED: &[Opened] = &[
    // Where the interpreter's code is made: codegen.c.
    of_interpreter("interp_add_ins_explicit", "IIII"),
    of_interpreter("interp_create_var_explicit", "IIII"),
    of_interpreter("interp_add_conv", "VIIII"),
    of_interpreter("interp_handle_box_patterns", "IIIIIII"),
    of_interpreter("interp_method_check_inlining", "IIII"),
    of_interpreter("emit_sri_packedsimd", "IIII"),
    // Casts that fail: casts.c.
    of_interpreter("interp_get_exception_invalid_cast", "III"),
    // Large values: large.c.
    of_interpreter("interp_method_compute_offsets", "VIIIII"),
    of_interpreter("generate_code", "IIIIII"),
    of_interpreter("load_local", "VII"),
    of_interpreter("store_local", "VII"),
    of_interpreter("push_type_explicit", "VIIII"),
    of_interpreter("interp_emit_ldobj", "VII"),
    of_interpreter("interp_emit_stobj", "VIII"),
    of_interpreter("interp_field_from_token", "IIIIII"),
    called("get_data_item_index", "III"),
    // Calls of compiled code: thunks.c.
    of_interpreter("init_jit_call_info", "VII"),
    // Exception filters: filters.c.
    of_interpreter("interp_run_filter", "IIIIII"),
    called("mono_interp_exec_method", "VIII"),
    // Open delegates that are given no object: delegates.c.
    of_interpreter("get_virtual_method", "III"),
    // Pointers to managed code: unmanaged.c.
    of_interpreter("do_icall_wrapper", "VIIIIIIII"),
    called("interp_throw", "VIIIII"),
    of_interpreter("ves_pinvoke_method", "VIIIIIIIIII"),
];

/// Functions of the runtime that one member of an archive has others for, with names as long as theirs: sizes of which the
/// interpreter makes part of an instruction.
const RENAMED: &[(&str, &str)] = &[
    ("mono_class_value_size", "isol_class_value_size"),
    ("mono_class_native_size", "isol_class_native_size"),
    (
        "mono_class_array_element_size",
        "isol_class_array_element_size",
    ),
];

/// The member that makes the interpreter's code, by a function that it alone defines.
const CODEGEN: &str = "generate_code";

/// Archives whose conversions of floating-point numbers are those of managed code, and how many they have at least.
const CONVERTING: &[(&str, usize)] = &[(INTERPRETER, 20), ("libmonosgen-2.0.a", 8)];

/// What an archive is when its changes are made.
#[derive(Debug)]
pub struct Archive {
    /// Where it is.
    pub path: PathBuf,
    /// What is in it.
    pub objects: Objects,
}

/// Reads the archives, by file name. Those that are changed are written to `out` and linked from there.
///
/// # Errors
/// If one cannot be read or written, or is not what is expected.
pub fn prepare(paths: Vec<PathBuf>, out: &Path) -> Result<BTreeMap<String, Archive>, BuildError> {
    let mut all = BTreeMap::new();
    for mut path in paths {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if let Some(changed) = change(&name, &path)? {
            path = out.join(&name);
            std::fs::write(&path, changed).at("write", &path)?;
        }
        let objects = Objects::of_archive(&path)?;
        all.insert(name, Archive { path, objects });
    }
    check(&all)?;
    Ok(all)
}

/// Every function that was opened is there, as it is declared.
fn check(all: &BTreeMap<String, Archive>) -> Result<(), BuildError> {
    for opened in OPENED {
        let found = all
            .get(opened.archive)
            .and_then(|archive| archive.objects.functions.get(opened.name))
            .map(Signature::as_str);
        if found != Some(opened.cookie) {
            return Err(BuildError::Recipe(format!(
                "{} of the runtime pack has {} of type {} where {} is expected. Look at what this version has instead, and adapt `__wrap_{1}` in crates/isolator-guest-shim/c/mono and the list in src/mono/archives.rs",
                opened.archive,
                opened.name,
                found.unwrap_or("none"),
                opened.cookie
            )));
        }
    }
    Ok(())
}

/// The archive with its changes; none if it has none.
fn change(name: &str, path: &Path) -> Result<Option<Vec<u8>>, BuildError> {
    let opened: Vec<&str> = OPENED
        .iter()
        .filter(|opened| opened.archive == name)
        .map(|opened| opened.name)
        .collect();
    let converting = CONVERTING.iter().find(|(archive, _)| *archive == name);
    if opened.is_empty() && converting.is_none() {
        return Ok(None);
    }
    let mut bytes = std::fs::read(path).at("read", path)?;
    let broken = |e: &dyn std::fmt::Display| {
        BuildError::Recipe(format!(
            "{} is not an archive of wasm objects: {e}",
            path.display()
        ))
    };
    let mut saturated = 0;
    for member in members(&bytes).map_err(|e| broken(&e))? {
        let object = &mut bytes[member];
        let found = open(object, |name| opened.contains(&name)).map_err(|e| broken(&e))?;
        if found.iter().any(|name| name == CODEGEN)
            && rename(object).map_err(|e| broken(&e))? != RENAMED.len()
        {
            return Err(BuildError::Recipe(format!(
                "{} does not call what is to be renamed in it: see RENAMED in crates/isolator-guest-shim/src/mono/archives.rs",
                path.display()
            )));
        }
        if converting.is_some() {
            saturated += saturate(object).map_err(|e| broken(&e))?;
        }
    }
    match converting {
        Some((_, least)) if saturated < *least => Err(BuildError::Recipe(format!(
            "{} has {saturated} conversions from floating-point numbers in the form that is known, and should have at least {least}: see crates/isolator-guest-shim/src/mono/archives.rs",
            path.display()
        ))),
        _ => Ok(Some(bytes)),
    }
}

/// Where the wasm objects are in an archive.
pub(super) fn members(bytes: &[u8]) -> Result<Vec<Range<usize>>, object::read::Error> {
    let archive = ArchiveFile::parse(bytes)?;
    let mut ranges = Vec::new();
    for member in archive.members() {
        let (start, length) = member?.file_range();
        let range = start as usize..(start + length) as usize;
        if bytes
            .get(range.clone())
            .is_some_and(|object| object.starts_with(b"\0asm"))
        {
            ranges.push(range);
        }
    }
    Ok(ranges)
}

/// Gives imports other names, and says how many.
fn rename(object: &mut [u8]) -> Result<usize, BinaryReaderError> {
    let mut places = Vec::new();
    for payload in Parser::new(0).parse_all(object) {
        let Payload::ImportSection(section) = payload? else {
            continue;
        };
        let range = section.range();
        let bytes = &object[range.start as usize..range.end as usize];
        for (from, to) in RENAMED {
            // The length before the name and the kind after it make it whole.
            let mut whole = vec![from.len() as u8];
            whole.extend(from.bytes());
            whole.push(0);
            let found = bytes.windows(whole.len()).position(|at| at == whole);
            places.extend(found.map(|at| (range.start as usize + at + 1, *to)));
        }
    }
    for (place, to) in &places {
        object[*place..place + to.len()].copy_from_slice(to.as_bytes());
    }
    Ok(places.len())
}

/// Makes functions of an object known to the linker that are static in it and wanted, and says which these are.
pub(super) fn open(
    object: &mut [u8],
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<String>, BinaryReaderError> {
    let (mut flags, mut found) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(object) {
        let Payload::CustomSection(section) = payload? else {
            continue;
        };
        let KnownCustom::Linking(linking) = section.as_known() else {
            continue;
        };
        for subsection in linking.subsections() {
            let Linking::SymbolTable(symbols) = subsection? else {
                continue;
            };
            for symbol in symbols.into_iter_with_offsets() {
                let (offset, symbol) = symbol?;
                if let SymbolInfo::Func {
                    flags: had,
                    name: Some(name),
                    ..
                } = symbol
                    && had.contains(SymbolFlags::BINDING_LOCAL)
                    && wanted(name)
                {
                    found.push(name.to_owned());
                    // The kind comes first.
                    flags.push(offset as usize + 1);
                }
            }
        }
    }
    for place in flags {
        object[place] &= !(SymbolFlags::BINDING_LOCAL.bits() as u8);
        object[place] |= SymbolFlags::VISIBILITY_HIDDEN.bits() as u8;
    }
    Ok(found)
}

/// Replaces `if (in range) convert` by a conversion that saturates, and says how many there were.
///
/// clang writes `i32.eqz, br_if 0, local.get n, trunc` after the comparison; the same room has `drop, nop, local.get n, trunc_sat`.
fn saturate(object: &mut [u8]) -> Result<usize, BinaryReaderError> {
    let mut places = Vec::new();
    for payload in Parser::new(0).parse_all(object) {
        let Payload::CodeSectionEntry(body) = payload? else {
            continue;
        };
        let mut window: [usize; 3] = [0; 3];
        let mut matched = 0;
        for operator in body.get_operators_reader()?.into_iter_with_offsets() {
            let (operator, offset) = operator?;
            let offset = offset as usize;
            matched = match (&operator, matched) {
                (Operator::I32Eqz, _) => 1,
                (Operator::BrIf { relative_depth: 0 }, 1) | (Operator::LocalGet { .. }, 2) => {
                    matched + 1
                }
                (operator, 3) if saturating(operator).is_some() => {
                    places.push((window, offset, saturating(operator).unwrap_or_default()));
                    0
                }
                _ => 0,
            };
            if matched > 0 {
                window[matched - 1] = offset;
            }
        }
    }
    let count = places.len();
    for ([eqz, _, get], trunc, code) in places {
        let local: Vec<u8> = object[get..trunc].to_vec();
        let mut new = vec![0x1a, 0x01];
        new.extend(local);
        new.extend([0xfc, code]);
        object[eqz..=trunc].copy_from_slice(&new);
    }
    Ok(count)
}

/// The second byte of the instruction that does the same and saturates.
fn saturating(operator: &Operator<'_>) -> Option<u8> {
    Some(match operator {
        Operator::I32TruncF32S => 0,
        Operator::I32TruncF32U => 1,
        Operator::I32TruncF64S => 2,
        Operator::I32TruncF64U => 3,
        Operator::I64TruncF32S => 4,
        Operator::I64TruncF32U => 5,
        Operator::I64TruncF64S => 6,
        Operator::I64TruncF64U => 7,
        _ => return None,
    })
}
