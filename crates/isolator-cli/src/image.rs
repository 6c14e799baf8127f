//! What a file is that somebody wants to run: whether it is a .NET assembly, and whether it is a program.
//!
//! The layout is that of ECMA-335, partition II, 25: a PE file whose optional header has a CLI header as its 15th directory.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// What a file's bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageKind {
    /// A .NET assembly with an entry point.
    Program,
    /// A .NET assembly without one.
    Library,
    /// A Windows program or library without .NET in it, such as the `.exe` beside an app's `.dll`.
    NativePe,
    /// A program for Linux or macOS, such as the one without extension beside an app's `.dll`.
    NativeUnix,
    /// A WebAssembly module, such as an app snapshot, or Blazor's Webcil.
    WebAssembly,
    /// It begins like a PE file and is cut off or damaged.
    Damaged,
    /// Anything else.
    Other,
}

/// Whether a file is a WebAssembly module, as app snapshots are. What cannot be read is none: whoever opens it says why.
pub fn is_module(path: &Path) -> bool {
    start_of::<4>(path).is_some_and(|start| kind_of(&start) == ImageKind::WebAssembly)
}

/// What a file begins with; none if it is shorter, or cannot be read.
pub fn start_of<const N: usize>(path: &Path) -> Option<[u8; N]> {
    // A pipe would wait for its other end.
    if !path.is_file() {
        return None;
    }
    let mut start = [0; N];
    File::open(path).ok()?.read_exact(&mut start).ok()?;
    Some(start)
}

/// Looks at a file's bytes.
pub fn kind_of(bytes: &[u8]) -> ImageKind {
    match bytes {
        [b'M', b'Z', ..] => kind_of_pe(bytes).unwrap_or(ImageKind::Damaged),
        [0x7f, b'E', b'L', b'F', ..]
        | [0xcf, 0xfa, 0xed, 0xfe, ..]
        | [0xca, 0xfe, 0xba, 0xbe, ..] => ImageKind::NativeUnix,
        [0, b'a', b's', b'm', ..] => ImageKind::WebAssembly,
        _ => ImageKind::Other,
    }
}

fn kind_of_pe(bytes: &[u8]) -> Option<ImageKind> {
    const SECTION_HEADER: usize = 40;
    let header = usize::try_from(u32_at(bytes, 0x3c)?).ok()?;
    if bytes.get(header..header.checked_add(4)?)? != b"PE\0\0" {
        return None;
    }
    let coff = header.checked_add(4)?;
    let sections = usize::from(u16_at(bytes, coff + 2)?);
    let optional_size = usize::from(u16_at(bytes, coff + 16)?);
    let optional = coff + 20;
    // The directories lie behind fields whose size differs between PE32 and PE32+.
    let directories = match u16_at(bytes, optional)? {
        0x10b => optional + 96,
        0x20b => optional + 112,
        _ => return None,
    };
    let count = u32_at(bytes, directories - 4)?;
    let cli = if count > 14 {
        u32_at(bytes, directories + 14 * 8)?
    } else {
        0
    };
    if cli == 0 {
        return Some(ImageKind::NativePe);
    }
    let table = optional + optional_size;
    for index in 0..sections {
        let section = table + index * SECTION_HEADER;
        let end = u64::from(u32_at(bytes, section + 16)?) + u64::from(u32_at(bytes, section + 20)?);
        if end > bytes.len() as u64 {
            return None;
        }
    }
    let offset = (0..sections).find_map(|index| {
        let section = table + index * SECTION_HEADER;
        let (virtual_size, address) = (u32_at(bytes, section + 8)?, u32_at(bytes, section + 12)?);
        let (raw_size, raw) = (u32_at(bytes, section + 16)?, u32_at(bytes, section + 20)?);
        let inside = cli.checked_sub(address)?;
        (inside < virtual_size.max(raw_size)).then(|| raw.checked_add(inside))?
    })?;
    // In the CLI header, the entry point's token is the sixth word.
    let entry = u32_at(bytes, usize::try_from(offset).ok()?.checked_add(20)?)?;
    Some(if entry == 0 {
        ImageKind::Library
    } else {
        ImageKind::Program
    })
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..at.checked_add(4)?)?
        .try_into()
        .ok()
        .map(u32::from_le_bytes)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes
        .get(at..at.checked_add(2)?)?
        .try_into()
        .ok()
        .map(u16::from_le_bytes)
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// The smallest file that looks like an assembly from outside.
    pub fn pe(cli: bool, entry: u32) -> Vec<u8> {
        let mut bytes = vec![0u8; 0x400];
        let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
        put(0, b"MZ");
        put(0x3c, &0x80u32.to_le_bytes());
        put(0x80, b"PE\0\0");
        put(0x86, &1u16.to_le_bytes());
        put(0x94, &0xe0u16.to_le_bytes());
        put(0x98, &0x10bu16.to_le_bytes());
        put(0x98 + 92, &16u32.to_le_bytes());
        put(
            0x98 + 96 + 14 * 8,
            &(if cli { 0x2008u32 } else { 0 }).to_le_bytes(),
        );
        let section = 0x98 + 0xe0;
        put(section + 8, &0x100u32.to_le_bytes());
        put(section + 12, &0x2000u32.to_le_bytes());
        put(section + 16, &0x200u32.to_le_bytes());
        put(section + 20, &0x200u32.to_le_bytes());
        put(0x208 + 20, &entry.to_le_bytes());
        bytes
    }

    #[test]
    fn files_are_told_apart() {
        assert_eq!(kind_of(&pe(true, 0x0600_0001)), ImageKind::Program);
        assert_eq!(kind_of(&pe(true, 0)), ImageKind::Library);
        assert_eq!(kind_of(&pe(false, 0)), ImageKind::NativePe);
        assert_eq!(kind_of(b"\x7fELF\x02"), ImageKind::NativeUnix);
        assert_eq!(kind_of(b"\0asm\x01"), ImageKind::WebAssembly);
        assert_eq!(kind_of(b"MZ"), ImageKind::Damaged);
        assert_eq!(kind_of(&pe(true, 1)[..0x3ff]), ImageKind::Damaged);
        assert_eq!(kind_of(b""), ImageKind::Other);
        assert_eq!(kind_of(b"hello"), ImageKind::Other);
    }

    #[test]
    fn no_cut_or_flipped_byte_makes_it_panic() {
        let whole = pe(true, 1);
        for length in 0..whole.len() {
            kind_of(&whole[..length]);
        }
        for at in 0..whole.len() {
            for value in [0, 0x7f, 0xff] {
                let mut changed = whole.clone();
                changed[at] = value;
                kind_of(&changed);
            }
        }
    }
}
