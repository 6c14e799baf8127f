//! Assemblies of the base class library that come from the SDK's own .NET, where the pack has its browser's, which only throw.
//!
//! Such an assembly has the processor's code beside its IL. It is taken without, as are the signature of the file and the headers that tell of both.

use crate::crypto;
use crate::error::{BuildError, Context};
use crate::pack::Pack;
use crate::tools::Tools;
use isolator_compile::metadata::{CLASS_LAYOUT, FIELD, METHOD_DEF, Metadata, TYPE_DEF, compressed};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The assemblies that are taken.
///
/// A browser's `HttpClient` hands requests to JavaScript, and lacks what that does by itself: redirects, cookies, credentials, decompression. The
/// ordinary one has all of it in C#, above a bottom that opens connections, which asks the host here (`mono/patches.rs`). It keeps its settings
/// in types of `System.Net.Security`. What was there before it (`WebRequest`, `WebClient`) is made of it.
pub const TAKEN: &[&str] = &[
    "System.Diagnostics.FileVersionInfo.dll",
    "System.Formats.Tar.dll",
    "System.IO.IsolatedStorage.dll",
    "System.Net.Http.dll",
    "System.Net.Requests.dll",
    "System.Net.Security.dll",
    "System.Net.WebClient.dll",
    crypto::ASSEMBLY,
];

/// The file of that name in the newest .NET of the pack's version that lies with the SDK. None: the SDK brings another version.
///
/// # Errors
/// If a folder cannot be listed.
pub fn find(tools: &Tools, pack: &Pack, name: &str) -> Result<Option<PathBuf>, BuildError> {
    let program = std::fs::canonicalize(&tools.dotnet).at("find", &tools.dotnet)?;
    let root = program.parent().unwrap_or(Path::new("/"));
    let folder = root.join("shared/Microsoft.NETCore.App");
    let mut found: Option<([u32; 2], PathBuf)> = None;
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(_) => return Ok(None),
    };
    for entry in entries {
        let path = entry.at("list", &folder)?.path();
        let version = path.file_name().unwrap_or_default().to_string_lossy();
        let mut numbers = version.split('.');
        if numbers.next() != Some(pack.major()) {
            continue;
        }
        // Previews (`11.0.0-rc.1`) have no number there, and are older than any.
        let number = |part: Option<&str>| part.and_then(|part| part.parse().ok()).unwrap_or(0);
        let version = [number(numbers.next()), number(numbers.next())];
        let file = path.join(name);
        if file.is_file() && found.as_ref().is_none_or(|(best, _)| *best < version) {
            found = Some((version, file));
        }
    }
    Ok(found.map(|(_, file)| file))
}

/// Copies those that there are into `out`, as IL alone.
///
/// # Errors
/// If a file cannot be read or written, or is no assembly.
pub fn take(tools: &Tools, pack: &Pack, out: &Path) -> Result<(), BuildError> {
    for name in TAKEN {
        let to = out.join(name);
        let Some(from) = find(tools, pack, name)? else {
            tracing::warn!(
                assembly = name,
                version = pack.major(),
                "the SDK brings no .NET of the runtime pack's version: the pack's assembly stays, which only throws"
            );
            let _ = std::fs::remove_file(&to);
            continue;
        };
        let mut image = std::fs::read(&from).at("read", &from)?;
        if *name == crypto::ASSEMBLY && crypto::imports(&image).is_empty() {
            tracing::warn!(
                file = %from.display(),
                "the SDK's cryptography is that of another system than Linux: the pack's stays, which has hashes only"
            );
            let _ = std::fs::remove_file(&to);
            continue;
        }
        let image = only_il(&mut image)
            .and_then(|()| without_code(&image))
            .ok_or_else(|| {
                BuildError::Recipe(format!(
                    "{} has other headers than an assembly of .NET",
                    from.display()
                ))
            })?;
        std::fs::write(&to, image).at("write", &to)?;
    }
    Ok(())
}

/// Where the optional header is, behind the beginning of the headers.
const OPTIONAL: usize = 24;
const MACHINE_ANY: u16 = 0x14c;
/// Of the directories of a file: where the managed header is.
const MANAGED: usize = 14;
/// Of the flags of a managed header: there is nothing but IL; the file has code for a processor beside it.
const IL_ONLY: u32 = 1;
const HAS_CODE: u32 = 4;

/// Where an assembly's headers begin, and its directories. `None` if it has none of an assembly.
fn header_places(file: &[u8]) -> Option<(usize, usize)> {
    let at = read(file, 0x3c)? as usize;
    if file.get(at..at + 4)? != b"PE\0\0" {
        return None;
    }
    let optional = at + OPTIONAL;
    let directories = match half(file, optional)? {
        0x10b => optional + 96,
        0x20b => optional + 112,
        _ => return None,
    };
    Some((at, directories))
}

/// Says in the headers of an assembly that there is nothing but IL. `None` if it has none of an assembly.
fn only_il(file: &mut [u8]) -> Option<()> {
    let (at, directories) = header_places(file)?;
    file.get_mut(at + 4..at + 6)?
        .copy_from_slice(&MACHINE_ANY.to_le_bytes());
    let managed = place(file, at, read(file, directories + 8 * MANAGED)?)?;
    let flags = read(file, managed + 16)?;
    write(file, managed + 16, flags & !HAS_CODE | IL_ONLY)?;
    for word in [64, 68] {
        write(file, managed + word, 0)?;
    }
    Some(())
}

/// Where an address lies in the file, by the sections that follow the headers at `at`.
fn place(file: &[u8], at: usize, address: u32) -> Option<usize> {
    let sections = at + OPTIONAL + usize::from(half(file, at + 20)?);
    (0..usize::from(half(file, at + 6)?)).find_map(|number| {
        let section = sections + 40 * number;
        let (from, size) = (read(file, section + 12)?, read(file, section + 16)?);
        let inside = address.checked_sub(from).filter(|inside| *inside < size)?;
        Some((read(file, section + 20)? + inside) as usize)
    })
}

fn half(file: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(file.get(at..at + 2)?.try_into().ok()?))
}

fn read(file: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(file.get(at..at + 4)?.try_into().ok()?))
}

fn write(file: &mut [u8], at: usize, value: u32) -> Option<()> {
    file.get_mut(at..at + 4)?
        .copy_from_slice(&value.to_le_bytes());
    Some(())
}

/// The file without what lies between the parts that managed code is made of: the processor's code, most of it. Addresses stay: each part becomes a
/// section of its own. `None` if it has other headers than an assembly of .NET.
fn without_code(file: &[u8]) -> Option<Vec<u8>> {
    let (at, directories) = header_places(file)?;
    let optional = at + OPTIONAL;
    let managed = read(file, directories + 8 * MANAGED)?;
    let mut parts = Vec::new();
    parts.push(managed..managed.checked_add(read(file, directories + 8 * MANAGED + 4)?)?);
    let header = place(file, at, managed)?;
    // Of a managed header: its metadata and its resources.
    for field in [8, 24] {
        let start = read(file, header + field)?;
        parts.push(start..start.checked_add(read(file, header + field + 4)?)?);
    }
    let metadata = Metadata::read(file)?;
    for method in 0..metadata.rows(METHOD_DEF) {
        if let Some(start) = address_of(&metadata, METHOD_DEF, method) {
            let from = place(file, at, start)?;
            parts.push(start..start.checked_add(u32::try_from(body_length(file, from)?).ok()?)?);
        }
    }
    for field in 0..metadata.rows(FIELD_DATA) {
        let start = address_of(&metadata, FIELD_DATA, field)?;
        parts.push(start..start.checked_add(data_length(&metadata, field)?)?);
    }
    let parts = joined(parts);

    // The headers end with a table of the sections, which has another length now.
    let table = optional + usize::from(half(file, at + 20)?);
    let headers = (table + 40 * parts.len()).next_multiple_of(FILE_ALIGNMENT);
    let mut out = file.get(..table)?.to_vec();
    out.resize(headers, 0);
    out.get_mut(at + 6..at + 8)?
        .copy_from_slice(&u16::try_from(parts.len()).ok()?.to_le_bytes());
    write(&mut out, optional + 60, u32::try_from(headers).ok()?)?;
    for directory in (0..16).filter(|directory| *directory != MANAGED) {
        write(&mut out, directories + 8 * directory, 0)?;
        write(&mut out, directories + 8 * directory + 4, 0)?;
    }
    for (number, part) in parts.iter().enumerate() {
        let from = place(file, at, part.start)?;
        let length = (part.end - part.start) as usize;
        let to = out.len();
        out.extend(file.get(from..from + length)?);
        out.resize(out.len().next_multiple_of(FILE_ALIGNMENT), 0);
        let section = table + 40 * number;
        out.get_mut(section..section + 5)?.copy_from_slice(b".text");
        for (field, value) in [
            (8, part.end - part.start),
            (12, part.start),
            (16, u32::try_from(length).ok()?),
            (20, u32::try_from(to).ok()?),
            (36, READABLE_CODE),
        ] {
            write(&mut out, section + field, value)?;
        }
    }
    Metadata::read(&out)?;
    Some(out)
}

/// The number of the table `FieldRVA`.
const FIELD_DATA: usize = 29;
const FILE_ALIGNMENT: usize = 512;
/// A section of code that may be read.
const READABLE_CODE: u32 = 0x6000_0020;

/// The address in the first column of a row, if there is one.
fn address_of(metadata: &Metadata<'_>, table: usize, row: usize) -> Option<u32> {
    let address = metadata.cell(table, row, 0)?;
    u32::try_from(address).ok().filter(|address| *address != 0)
}

/// The length of a method's body, with what handles exceptions in it: ECMA-335 II.25.4.
fn body_length(file: &[u8], at: usize) -> Option<usize> {
    let first = usize::from(*file.get(at)?);
    if first & 3 == 2 {
        return Some(1 + (first >> 2));
    }
    let mut end = at + 12 + read(file, at + 4)? as usize;
    let mut more = first & 8 != 0;
    while more {
        end = end.next_multiple_of(4);
        let kind = *file.get(end)?;
        let size = match kind & 0x40 {
            0 => usize::from(*file.get(end + 1)?),
            _ => (read(file, end)? >> 8) as usize,
        };
        if size == 0 {
            return None;
        }
        end += size;
        more = kind & 0x80 != 0;
    }
    Some(end - at)
}

/// How many bytes a field has whose value is in the file: what its type says, which has that size, or is a number.
fn data_length(metadata: &Metadata<'_>, row: usize) -> Option<u32> {
    const NUMBER: u32 = 8;
    const VALUE_TYPE: usize = 0x11;
    let (_, field) = metadata.row(FIELD_DATA, row, 1)?;
    let mut signature = metadata.blob(FIELD, field, 2)?;
    compressed(&mut signature)?;
    if compressed(&mut signature)? != VALUE_TYPE {
        return Some(NUMBER);
    }
    // A row of `TypeDef`, in which the lowest two bits are 0.
    let owner = (compressed(&mut signature)? >> 2).checked_sub(1)?;
    (0..metadata.rows(CLASS_LAYOUT))
        .find(|row| metadata.row(CLASS_LAYOUT, *row, 2) == Some((TYPE_DEF, owner)))
        .and_then(|row| u32::try_from(metadata.cell(CLASS_LAYOUT, row, 1)?).ok())
}

/// The ranges in their order, those as one that lie close to each other.
fn joined(mut parts: Vec<Range<u32>>) -> Vec<Range<u32>> {
    const CLOSE: u32 = 4096;
    parts.retain(|part| !part.is_empty());
    parts.sort_by_key(|part| part.start);
    let mut joined: Vec<Range<u32>> = Vec::new();
    for part in parts {
        match joined.last_mut() {
            Some(last) if part.start <= last.end.saturating_add(CLOSE) => {
                last.end = last.end.max(part.end);
            }
            _ => joined.push(part),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tools(dotnet: PathBuf) -> Tools {
        Tools {
            dotnet,
            sdk_version: String::new(),
            clang: PathBuf::new(),
            clang_version: String::new(),
            clang_arguments: Vec::new(),
            feed: None,
        }
    }

    fn pack(version: &str) -> Pack {
        Pack {
            version: version.into(),
            native: PathBuf::new(),
            libraries: PathBuf::new(),
            root: PathBuf::new(),
            sha512: String::new(),
        }
    }

    #[test]
    fn the_newest_of_the_packs_version_is_taken() {
        let root = tempfile::tempdir().unwrap();
        let dotnet = root.path().join("dotnet");
        std::fs::write(&dotnet, "").unwrap();
        let tools = tools(dotnet);
        assert_eq!(find(&tools, &pack("10.0.15"), "A.dll").unwrap(), None);
        for version in ["9.0.99", "10.0.2", "10.0.12", "10.0.9", "11.0.0"] {
            let folder = root
                .path()
                .join("shared/Microsoft.NETCore.App")
                .join(version);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("A.dll"), "").unwrap();
        }
        let found = find(&tools, &pack("10.0.15"), "A.dll").unwrap().unwrap();
        assert!(found.ends_with("10.0.12/A.dll"), "{}", found.display());
        assert_eq!(find(&tools, &pack("12.0.0"), "A.dll").unwrap(), None);
    }

    #[test]
    fn what_is_no_assembly_is_refused() {
        assert_eq!(only_il(&mut b"nothing of the kind".to_vec()), None);
        assert_eq!(only_il(&mut [0; 4096]), None);
    }
}
