//! Where the methods of a .NET assembly are in its file: as much of ECMA-335 as changing a method in place takes.

use std::fmt::Write;
use std::ops::Range;

/// Tables that come before the methods', in the order of their numbers, with what a row of each consists of.
const TABLES: [&[Column]; 7] = {
    use Column::{Blob, Fixed, Guid, Index, Scope, String, TypeDefOrRef};
    [
        &[Fixed(2), String, Guid, Guid, Guid],
        &[Scope, String, String],
        &[Fixed(4), String, String, TypeDefOrRef, Index(4), Index(6)],
        &[Index(4)],
        &[Fixed(2), String, Blob],
        &[Index(6)],
        &[Fixed(4), Fixed(2), Fixed(2), String, Blob, Index(8)],
    ]
};
const MODULE: usize = 0;
const TYPE_REF: usize = 1;
const TYPE_DEF: usize = 2;
const METHOD_POINTERS: usize = 5;
const METHOD_DEF: usize = 6;

/// A column of a table, ECMA-335 II.22.
#[derive(Clone, Copy)]
enum Column {
    Fixed(usize),
    String,
    Guid,
    Blob,
    /// Row number of a table.
    Index(usize),
    /// `TypeDefOrRef`: a row of table 2, 1 or 27, and two bits that say which.
    TypeDefOrRef,
    /// `ResolutionScope`: a row of table 0, 26, 35 or 1, and two bits.
    Scope,
}

/// A method in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// Its metadata token.
    pub token: u32,
    /// Where its row is in the file: the address of its body (4 bytes), `ImplFlags` (2), `Flags` (2).
    pub row: usize,
    /// Where its IL is in the file; none if it has no body.
    pub il: Option<Range<usize>>,
}

/// A method by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedMethod<'a> {
    /// The namespace of its type; none if that is inside another type.
    pub namespace: &'a str,
    /// The name of its type.
    pub owner: &'a str,
    /// Its own.
    pub name: &'a str,
    /// How many parameters it has.
    pub parameters: usize,
    /// Whether one of its handlers has a filter (`catch … when`).
    pub filters: bool,
}

/// The metadata of an assembly.
pub struct Metadata<'a> {
    file: &'a [u8],
    sections: Vec<Section>,
    strings: usize,
    guids: usize,
    blobs: usize,
    rows: [usize; 64],
    /// Offset of each of [`TABLES`].
    starts: [usize; TABLES.len()],
    /// Bits 0 to 2: whether indexes into the heaps of strings, GUIDs and blobs have four bytes.
    wide_heaps: u8,
}

struct Section {
    address: usize,
    size: usize,
    offset: usize,
}

impl<'a> Metadata<'a> {
    /// Reads the headers. `None` if this is not an assembly.
    #[must_use]
    pub fn read(file: &'a [u8]) -> Option<Self> {
        let pe = u32_at(file, 0x3c)?;
        if file.get(pe..pe + 4)? != b"PE\0\0" {
            return None;
        }
        let optional = pe + 24;
        // PE32+ has wider fields before the directories.
        let directories = optional
            + if u16_at(file, optional)? == 0x20b {
                112
            } else {
                96
            };
        let first_section = optional + u16_at(file, pe + 20)?;
        let sections = (0..u16_at(file, pe + 6)?)
            .map(|i| first_section + i * 40)
            .map(|at| {
                Some(Section {
                    address: u32_at(file, at + 12)?,
                    size: u32_at(file, at + 16)?,
                    offset: u32_at(file, at + 20)?,
                })
            })
            .collect::<Option<Vec<_>>>()?;
        let mut metadata = Self {
            file,
            sections,
            strings: 0,
            guids: 0,
            blobs: 0,
            rows: [0; 64],
            starts: [0; TABLES.len()],
            wide_heaps: 0,
        };
        let cli = metadata.offset(u32_at(file, directories + 14 * 8)?)?;
        let root = metadata.offset(u32_at(file, cli + 8)?)?;
        let tables = metadata.streams(root)?;
        metadata.tables(tables)?;
        Some(metadata)
    }

    /// The methods of that name of a type that is not nested, by its full name.
    #[must_use]
    pub fn methods(&self, of_type: &str, name: &str) -> Vec<Method> {
        let (namespace, simple) = of_type.rsplit_once('.').unwrap_or(("", of_type));
        let is_it = |row: &usize| {
            self.text(TYPE_DEF, *row, 1) == Some(simple.as_bytes())
                && self.text(TYPE_DEF, *row, 2) == Some(namespace.as_bytes())
        };
        let Some(row) = (0..self.rows[TYPE_DEF]).find(is_it) else {
            return Vec::new();
        };
        self.methods_of(row)
            .filter(|row| self.text(METHOD_DEF, *row, 3) == Some(name.as_bytes()))
            .filter_map(|row| self.method(row))
            .collect()
    }

    /// The module's version id, as Mono writes it.
    #[must_use]
    pub fn mvid(&self) -> Option<String> {
        let number = self.cell(MODULE, 0, 2)?.checked_sub(1)?;
        let at = self.guids + number * 16;
        let bytes = self.file.get(at..at + 16)?;
        // The first three parts are numbers, in the order of little-endian machines.
        let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
        let mut text = String::new();
        for (i, from) in order.into_iter().enumerate() {
            if [4, 6, 8, 10].contains(&i) {
                text.push('-');
            }
            let _ = write!(text, "{:02X}", bytes[from]);
        }
        Some(text)
    }

    /// Every method that there is. Of a type inside another only its own name is told.
    pub fn all_methods(&self) -> impl Iterator<Item = NamedMethod<'a>> {
        (0..self.rows[TYPE_DEF]).flat_map(move |row| {
            self.methods_of(row).filter_map(move |method| {
                Some(NamedMethod {
                    namespace: utf8(self.text(TYPE_DEF, row, 2)?)?,
                    owner: utf8(self.text(TYPE_DEF, row, 1)?)?,
                    name: utf8(self.text(METHOD_DEF, method, 3)?)?,
                    parameters: self.parameters(method)?,
                    filters: self.filters(method).unwrap_or(false),
                })
            })
        })
    }

    /// Every type that is a struct or an enum: its namespace (none if it is inside another type) and its name.
    pub fn value_types(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        (0..self.rows[TYPE_DEF])
            .filter(|row| self.is_value_type(*row).unwrap_or(false))
            .filter_map(|row| {
                Some((
                    utf8(self.text(TYPE_DEF, row, 2)?)?,
                    utf8(self.text(TYPE_DEF, row, 1)?)?,
                ))
            })
    }

    /// Whether a type's base is `ValueType` or `Enum`; these two themselves are classes, and the one is the other's base.
    fn is_value_type(&self, row: usize) -> Option<bool> {
        let base = self.cell(TYPE_DEF, row, 3)?;
        // Two bits say in which table the base is: here, or in another assembly.
        let table = match base & 3 {
            0 => TYPE_DEF,
            1 => TYPE_REF,
            _ => return Some(false),
        };
        // In both tables the name is the second column.
        let name = self.text(table, (base >> 2).checked_sub(1)?, 1)?;
        let itself = self.text(TYPE_DEF, row, 1)?;
        Some(matches!(name, b"ValueType" | b"Enum") && itself != b"Enum")
    }

    /// The rows of a type's methods.
    fn methods_of(&self, row: usize) -> Range<usize> {
        // Assemblies with pointer tables are edit-and-continue's; their method lists would have to be looked up in them.
        if self.rows[METHOD_POINTERS] > 0 {
            return 0..0;
        }
        let first = |row: usize| self.cell(TYPE_DEF, row, 5).map(|x| x.saturating_sub(1));
        let end = first(row + 1)
            .filter(|_| row + 1 < self.rows[TYPE_DEF])
            .unwrap_or(self.rows[METHOD_DEF]);
        first(row).unwrap_or(end)..end.min(self.rows[METHOD_DEF])
    }

    /// The number of parameters in a method's signature, ECMA-335 II.23.2.1.
    fn parameters(&self, method: usize) -> Option<usize> {
        const GENERIC: usize = 0x10;
        let mut blob = self
            .file
            .get(self.blobs + self.cell(METHOD_DEF, method, 4)?..)?;
        let _length = compressed(&mut blob)?;
        let convention = compressed(&mut blob)?;
        if convention & GENERIC != 0 {
            compressed(&mut blob)?;
        }
        compressed(&mut blob)
    }

    /// How many methods have their IL there.
    #[must_use]
    pub fn methods_at(&self, il: &Range<usize>) -> usize {
        (0..self.rows[METHOD_DEF])
            .filter_map(|row| self.method(row))
            .filter(|method| method.il.as_ref() == Some(il))
            .count()
    }

    /// Whether a handler of the method's has a filter, ECMA-335 II.25.4.5 and 6. None if it has no body.
    fn filters(&self, method: usize) -> Option<bool> {
        const FAT: usize = 3;
        const MORE_SECTIONS: usize = 8;
        const HANDLERS: u8 = 1;
        const WIDE: u8 = 0x40;
        const ANOTHER: u8 = 0x80;
        const FILTER: usize = 1;
        let header = self.offset(self.address(method)?)?;
        let flags = u16_at(self.file, header)?;
        if flags & 3 != FAT || flags & MORE_SECTIONS == 0 {
            return Some(false);
        }
        let mut at = self.il(method)??.end;
        loop {
            at = at.next_multiple_of(4);
            let kind = *self.file.get(at)?;
            let wide = kind & WIDE != 0;
            let (size, row) = match wide {
                true => (u32_at(self.file, at)? >> 8, 24),
                false => (usize::from(*self.file.get(at + 1)?), 12),
            };
            if kind & HANDLERS != 0 {
                for row in (at + 4..at + size).step_by(row) {
                    let flags = match wide {
                        true => u32_at(self.file, row)?,
                        false => u16_at(self.file, row)?,
                    };
                    if flags == FILTER {
                        return Some(true);
                    }
                }
            }
            if kind & ANOTHER == 0 || size == 0 {
                return Some(false);
            }
            at += size;
        }
    }

    /// Where a method's body begins, as loaded; none if it has none.
    fn address(&self, row: usize) -> Option<usize> {
        self.cell(METHOD_DEF, row, 0)
            .filter(|address| *address != 0)
    }

    /// Where a method's IL is in the file; `Some(None)` if it has no body.
    #[expect(
        clippy::option_option,
        reason = "no body is not the same as one that cannot be read"
    )]
    fn il(&self, row: usize) -> Option<Option<Range<usize>>> {
        let Some(address) = self.address(row) else {
            return Some(None);
        };
        let at = self.offset(address)?;
        let header = *self.file.get(at)?;
        // A tiny header has the length in its upper six bits; a fat one is twelve bytes long.
        let (start, length) = if header & 3 == 2 {
            (at + 1, usize::from(header >> 2))
        } else {
            (at + 12, u32_at(self.file, at + 4)?)
        };
        self.file.get(start..start.checked_add(length)?)?;
        Some(Some(start..start + length))
    }

    fn method(&self, row: usize) -> Option<Method> {
        let il = self.il(row)?;
        Some(Method {
            token: 0x0600_0000 | u32::try_from(row + 1).ok()?,
            row: self.starts[METHOD_DEF] + row * self.row_size(METHOD_DEF),
            il,
        })
    }

    fn offset(&self, address: usize) -> Option<usize> {
        self.sections
            .iter()
            .find(|s| (s.address..s.address + s.size).contains(&address))
            .map(|s| address - s.address + s.offset)
    }

    /// Finds the streams; returns where that of the tables is.
    fn streams(&mut self, root: usize) -> Option<usize> {
        let version = u32_at(self.file, root + 12)?;
        let mut at = root + 16 + version + 4;
        let mut tables = None;
        for _ in 0..u16_at(self.file, at - 2)? {
            let start = root + u32_at(self.file, at)?;
            let name = until_nul(self.file.get(at + 8..)?)?;
            match name {
                b"#~" => tables = Some(start),
                b"#Strings" => self.strings = start,
                b"#GUID" => self.guids = start,
                b"#Blob" => self.blobs = start,
                _ => {}
            }
            at += 8 + (name.len() + 4) / 4 * 4;
        }
        tables
    }

    fn tables(&mut self, at: usize) -> Option<()> {
        self.wide_heaps = *self.file.get(at + 6)?;
        let valid = u64::from_le_bytes(self.file.get(at + 8..at + 16)?.try_into().ok()?);
        let mut next = at + 24;
        for table in (0..64).filter(|table| valid >> table & 1 != 0) {
            self.rows[table] = u32_at(self.file, next)?;
            next += 4;
        }
        for table in 0..TABLES.len() {
            self.starts[table] = next;
            next += self.rows[table] * self.row_size(table);
        }
        Some(())
    }

    fn row_size(&self, table: usize) -> usize {
        TABLES[table].iter().map(|column| self.size(*column)).sum()
    }

    fn size(&self, column: Column) -> usize {
        let wide = |wide: bool| if wide { 4 } else { 2 };
        let coded = |tables: &[usize]| wide(tables.iter().any(|t| self.rows[*t] >= 1 << 14));
        match column {
            Column::Fixed(size) => size,
            Column::String => wide(self.wide_heaps & 1 != 0),
            Column::Guid => wide(self.wide_heaps & 2 != 0),
            Column::Blob => wide(self.wide_heaps & 4 != 0),
            Column::Index(table) => wide(self.rows[table] >= 1 << 16),
            Column::TypeDefOrRef => coded(&[2, 1, 27]),
            Column::Scope => coded(&[0, 26, 35, 1]),
        }
    }

    fn cell(&self, table: usize, row: usize, column: usize) -> Option<usize> {
        let columns = TABLES[table];
        let before: usize = columns[..column].iter().map(|c| self.size(*c)).sum();
        let at = self.starts[table] + row * self.row_size(table) + before;
        if self.size(columns[column]) == 2 {
            u16_at(self.file, at)
        } else {
            u32_at(self.file, at)
        }
    }

    fn text(&self, table: usize, row: usize, column: usize) -> Option<&'a [u8]> {
        until_nul(
            self.file
                .get(self.strings + self.cell(table, row, column)?..)?,
        )
    }
}

/// A number of one, two or four bytes, ECMA-335 II.23.2.
fn compressed(blob: &mut &[u8]) -> Option<usize> {
    let first = usize::from(*blob.first()?);
    let (length, value) = match first >> 5 {
        0..=3 => (1, first),
        4 | 5 => (2, first & 0x3f),
        6 => (4, first & 0x1f),
        _ => return None,
    };
    let rest = blob.get(1..length)?;
    *blob = &blob[length..];
    Some(
        rest.iter()
            .fold(value, |value, byte| value << 8 | usize::from(*byte)),
    )
}

fn utf8(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

fn until_nul(bytes: &[u8]) -> Option<&[u8]> {
    bytes
        .iter()
        .position(|byte| *byte == 0)
        .map(|end| &bytes[..end])
}

fn u16_at(file: &[u8], at: usize) -> Option<usize> {
    let bytes = file.get(at..at + 2)?.try_into().ok()?;
    Some(usize::from(u16::from_le_bytes(bytes)))
}

fn u32_at(file: &[u8], at: usize) -> Option<usize> {
    let bytes = file.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(bytes)).ok()
}
