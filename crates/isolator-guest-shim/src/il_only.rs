//! Assemblies that carry machine code beside their IL, as those of a shared framework do, made into assemblies of IL alone.
//!
//! Nothing moves: what stays keeps its address, and the addresses of machine code are in no section any more. So a third of such a file is left.

use isolator_compile::metadata::{METHOD_DEF, Metadata};
use std::ops::Range;

const HEADER: usize = 0x200;
const PAGE: u32 = 0x1000;
const SECTION: usize = 40;
const OPTIONAL: usize = 0xe0;
const CLI_HEADER: u32 = 72;
/// `COMIMAGE_FLAGS_ILONLY`.
const FLAGS: u32 = 1;
const CLI_DIRECTORY: usize = 14;

/// A part of a file that is mapped to an address.
struct Section {
    address: u32,
    offset: u32,
    size: u32,
}

/// The assembly without machine code. None: it is no assembly of the kind that has some.
#[must_use]
pub fn il_only(file: &[u8]) -> Option<Vec<u8>> {
    let pe = u32_at(file, 0x3c)? as usize;
    let optional = pe + 24;
    let wide = u16_at(file, optional)? == 0x20b;
    let directories = optional + if wide { 112 } else { 96 };
    let sections = sections(file, pe)?;
    let cli = u32_at(file, directories + CLI_DIRECTORY * 8)?;
    let cli_at = offset(&sections, cli)?;
    let directory = |at: usize| -> Option<Range<u32>> {
        let start = u32_at(file, cli_at + at)?;
        Some(start..start.checked_add(u32_at(file, cli_at + at + 4)?)?)
    };
    let (metadata, resources) = (directory(8)?, directory(24)?);
    let mut kept = vec![metadata, cli..cli + CLI_HEADER];
    if !resources.is_empty() {
        kept.push(resources);
    }
    kept.extend(bodies(file, &sections)?);
    kept.extend(fields(file));
    write(file, &sections, cli, pages(kept))
}

/// Where methods' bodies are, as addresses.
fn bodies(file: &[u8], sections: &[Section]) -> Option<Vec<Range<u32>>> {
    /// Handlers behind a body, of which `Body` does not tell where they end: those of the largest are shorter.
    const HANDLERS: u32 = PAGE;
    let metadata = Metadata::read(file)?;
    let mut found = Vec::new();
    for method in 0..metadata.rows(METHOD_DEF) {
        let Some(body) = metadata.body(method) else {
            continue;
        };
        let start = u32::try_from(metadata.cell(METHOD_DEF, method, 0)?).ok()?;
        let at = u32::try_from(body.il.end).ok()?;
        let more = if body.handlers.is_empty() {
            0
        } else {
            HANDLERS
        };
        found.push(start..address(sections, at)?.checked_add(more)?);
    }
    Some(found)
}

/// Where the content of fields is whose bytes are in the file. How long it is their types say: a page is more than any has here, or it is
/// followed by others.
fn fields(file: &[u8]) -> Vec<Range<u32>> {
    const FIELD_RVA: usize = 29;
    let Some(metadata) = Metadata::read(file) else {
        return Vec::new();
    };
    (0..metadata.rows(FIELD_RVA))
        .filter_map(|row| u32::try_from(metadata.cell(FIELD_RVA, row, 0)?).ok())
        .map(|start| start..start.saturating_add(PAGE))
        .collect()
}

/// Whole pages, in order, those that touch as one.
fn pages(mut ranges: Vec<Range<u32>>) -> Vec<Range<u32>> {
    ranges.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<u32>> = Vec::new();
    for range in ranges {
        let (start, end) = (range.start / PAGE * PAGE, range.end.next_multiple_of(PAGE));
        match merged.last_mut() {
            Some(last) if start <= last.end => last.end = last.end.max(end),
            _ => merged.push(start..end),
        }
    }
    merged
}

/// A file of sections with these addresses.
fn write(file: &[u8], from: &[Section], cli: u32, kept: Vec<Range<u32>>) -> Option<Vec<u8>> {
    let head = (0x80 + 24 + OPTIONAL + kept.len() * SECTION).next_multiple_of(HEADER);
    let mut out = vec![0; head];
    let mut put = |at: usize, bytes: &[u8]| out[at..at + bytes.len()].copy_from_slice(bytes);
    let optional = 0x80 + 24;
    put(0, b"MZ");
    put(0x3c, &0x80u32.to_le_bytes());
    put(0x80, b"PE\0\0\x4c\x01");
    put(0x86, &u16::try_from(kept.len()).ok()?.to_le_bytes());
    put(0x94, &u16::try_from(OPTIONAL).ok()?.to_le_bytes());
    // An executable image, and a library.
    put(0x96, &0x2102u16.to_le_bytes());
    put(optional, &0x10bu16.to_le_bytes());
    put(optional + 28, &0x40_0000u32.to_le_bytes());
    put(optional + 32, &PAGE.to_le_bytes());
    put(optional + 36, &0x200u32.to_le_bytes());
    put(optional + 40, &4u16.to_le_bytes());
    put(optional + 48, &4u16.to_le_bytes());
    put(optional + 56, &kept.last()?.end.to_le_bytes());
    put(optional + 60, &u32::try_from(head).ok()?.to_le_bytes());
    put(optional + 68, &3u16.to_le_bytes());
    put(optional + 92, &16u32.to_le_bytes());
    put(optional + 96 + CLI_DIRECTORY * 8, &cli.to_le_bytes());
    put(
        optional + 96 + CLI_DIRECTORY * 8 + 4,
        &CLI_HEADER.to_le_bytes(),
    );
    let mut cli_at = None;
    for (number, range) in kept.iter().enumerate() {
        let (content, start) = content(file, from, range)?;
        let (at, size) = (out.len(), content.len());
        let row = optional + OPTIONAL + number * SECTION;
        let mut put = |at: usize, bytes: &[u8]| out[at..at + bytes.len()].copy_from_slice(bytes);
        put(row, b".il");
        put(row + 8, &u32::try_from(size).ok()?.to_le_bytes());
        put(row + 12, &start.to_le_bytes());
        put(row + 16, &u32::try_from(size).ok()?.to_le_bytes());
        put(row + 20, &u32::try_from(at).ok()?.to_le_bytes());
        // Initialized data that may be read.
        put(row + 36, &0x4000_0040u32.to_le_bytes());
        out.extend(content);
        if (start..range.end).contains(&cli) {
            cli_at = Some(at + (cli - start) as usize);
        }
    }
    let cli_at = cli_at?;
    out[cli_at + 16..cli_at + 20].copy_from_slice(&FLAGS.to_le_bytes());
    // The signature, which is of the whole file, and the head of what is left out.
    out[cli_at + 32..cli_at + 40].fill(0);
    out[cli_at + 64..cli_at + 72].fill(0);
    Some(out)
}

/// The bytes of addresses, as many as the file has of them, and the first of these addresses. They lie in one section.
fn content(file: &[u8], from: &[Section], range: &Range<u32>) -> Option<(Vec<u8>, u32)> {
    let section = from
        .iter()
        .find(|s| s.address < range.end && range.start < s.address.saturating_add(s.size))?;
    let start = range.start.max(section.address);
    let end = range.end.min(section.address.checked_add(section.size)?);
    let at = (section.offset + (start - section.address)) as usize;
    let mut bytes = file.get(at..at + (end - start) as usize)?.to_vec();
    bytes.resize(bytes.len().next_multiple_of(HEADER), 0);
    Some((bytes, start))
}

fn sections(file: &[u8], pe: usize) -> Option<Vec<Section>> {
    if file.get(..2)? != b"MZ" || file.get(pe..pe + 4)? != b"PE\0\0" {
        return None;
    }
    let first = pe + 24 + usize::from(u16_at(file, pe + 20)?);
    (0..usize::from(u16_at(file, pe + 6)?))
        .map(|number| {
            let row = first + number * SECTION;
            Some(Section {
                address: u32_at(file, row + 12)?,
                offset: u32_at(file, row + 20)?,
                size: u32_at(file, row + 16)?,
            })
        })
        .collect()
}

fn offset(sections: &[Section], address: u32) -> Option<usize> {
    sections.iter().find_map(|s| {
        let within = address.checked_sub(s.address)?;
        (within < s.size).then(|| (s.offset + within) as usize)
    })
}

fn address(sections: &[Section], offset: u32) -> Option<u32> {
    sections.iter().find_map(|s| {
        let within = offset.checked_sub(s.offset)?;
        (within <= s.size).then(|| s.address + within)
    })
}

fn u16_at(file: &[u8], at: usize) -> Option<u16> {
    let bytes = file.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

fn u32_at(file: &[u8], at: usize) -> Option<u32> {
    let bytes = file.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{il_only, pages};
    use crate::metadata::Metadata;

    #[test]
    fn what_is_no_assembly_is_none() {
        assert_eq!(il_only(b""), None);
        assert_eq!(il_only(b"MZ"), None);
        assert_eq!(il_only(&[0; 4096]), None);
    }

    #[test]
    fn pages_that_touch_are_one() {
        let ranges = vec![0x3000..0x3001, 0x10..0x20, 0xfff..0x1001, 0x2000..0x2001];
        assert_eq!(pages(ranges), [0..0x4000]);
        assert_eq!(
            pages(vec![0x5000..0x5004, 0..4]),
            [0..0x1000, 0x5000..0x6000]
        );
    }

    /// Of the framework that this machine's SDK has, if tests are told where that is.
    #[test]
    fn every_method_keeps_its_il() {
        let Some(dotnet) = std::env::var_os("ISOLATOR_DOTNET") else {
            return;
        };
        let folder = crate::managed::framework(dotnet.as_ref(), "10").unwrap();
        for name in crate::managed::OF_THE_FRAMEWORK {
            let file = std::fs::read(folder.join(name)).unwrap();
            let lean = il_only(&file).unwrap();
            assert!(lean.len() < file.len() * 2 / 3, "{name}: {}", lean.len());
            let (before, after) = (
                Metadata::read(&file).unwrap(),
                Metadata::read(&lean).unwrap(),
            );
            assert_eq!(before.mvid(), after.mvid());
            let il = |metadata: &Metadata<'_>, file: &[u8]| -> Vec<Vec<u8>> {
                metadata
                    .all_methods()
                    .flat_map(|m| {
                        let full = format!("{}.{}", m.namespace, m.owner);
                        metadata.methods(&full, m.name)
                    })
                    .filter_map(|m| m.il.map(|il| file[il].to_vec()))
                    .collect()
            };
            assert_eq!(il(&before, &file), il(&after, &lean), "{name}");
        }
    }
}
