//! The metadata of an assembly: its tables and heaps, as ECMA-335 II.22 to II.25 have them.

use std::ops::Range;

/// A column of a table.
#[derive(Clone, Copy)]
enum Column {
    Fixed(usize),
    String,
    Guid,
    Blob,
    /// Row number of a table.
    Row(usize),
    /// A row of one of these tables, and in the lowest so many bits which.
    Coded(u32, &'static [usize]),
}

/// The number of the table `Module`.
pub const MODULE: usize = 0;
/// The number of the table `TypeRef`.
pub const TYPE_REF: usize = 1;
/// The number of the table `TypeDef`.
pub const TYPE_DEF: usize = 2;
/// The number of the table `Field`.
pub const FIELD: usize = 4;
const METHOD_POINTERS: usize = 5;
/// The number of the table `MethodDef`.
pub const METHOD_DEF: usize = 6;
const PARAM: usize = 8;
/// The number of the table `InterfaceImpl`.
pub const INTERFACE: usize = 9;
/// The number of the table `MemberRef`.
pub const MEMBER_REF: usize = 10;
/// The number of the table `CustomAttribute`.
pub const ATTRIBUTE: usize = 12;
/// The number of the table `ClassLayout`.
pub const CLASS_LAYOUT: usize = 15;
/// The number of the table `StandAloneSig`.
pub const STANDALONE: usize = 17;
const EVENT: usize = 20;
const PROPERTY: usize = 23;
/// The number of the table `ModuleRef`.
pub const MODULE_REF: usize = 26;
/// The number of the table `TypeSpec`.
pub const TYPE_SPEC: usize = 27;
/// The number of the table `ImplMap`.
pub const IMPLEMENTED: usize = 28;
/// The number of the table `Assembly`.
pub const ASSEMBLY: usize = 32;
/// The number of the table `AssemblyRef`.
pub const ASSEMBLY_REF: usize = 35;
const FILE: usize = 38;
/// The number of the table `ExportedType`.
pub const EXPORTED: usize = 39;
/// The number of the table `NestedClass`.
pub const NESTED: usize = 41;
/// The number of the table `GenericParam`.
pub const GENERIC_PARAM: usize = 42;
/// The number of the table `MethodSpec`.
pub const METHOD_SPEC: usize = 43;
/// The number of the table `GenericParamConstraint`.
pub const CONSTRAINT: usize = 44;

/// Most bytes of a name.
const LONGEST_NAME: usize = 1023;

const TYPE_DEF_OR_REF: Column = Column::Coded(2, &[TYPE_DEF, TYPE_REF, TYPE_SPEC]);
const METHOD_DEF_OR_REF: Column = Column::Coded(1, &[METHOD_DEF, MEMBER_REF]);
const HAS_CONSTANT: Column = Column::Coded(2, &[FIELD, PARAM, PROPERTY]);
const HAS_SEMANTICS: Column = Column::Coded(1, &[EVENT, PROPERTY]);
const HAS_ATTRIBUTE: Column = Column::Coded(
    5,
    &[
        METHOD_DEF,
        FIELD,
        TYPE_REF,
        TYPE_DEF,
        PARAM,
        INTERFACE,
        MEMBER_REF,
        MODULE,
        14,
        PROPERTY,
        EVENT,
        STANDALONE,
        MODULE_REF,
        TYPE_SPEC,
        ASSEMBLY,
        ASSEMBLY_REF,
        FILE,
        EXPORTED,
        40,
        GENERIC_PARAM,
        CONSTRAINT,
        METHOD_SPEC,
    ],
);

/// The columns of each table.
const TABLES: [&[Column]; 45] = {
    use Column::{Blob, Coded, Fixed, Guid, Row, String};
    let mut tables: [&[Column]; 45] = [&[]; 45];
    tables[MODULE] = &[Fixed(2), String, Guid, Guid, Guid];
    tables[TYPE_REF] = &[
        Coded(2, &[MODULE, MODULE_REF, ASSEMBLY_REF, TYPE_REF]),
        String,
        String,
    ];
    tables[TYPE_DEF] = &[
        Fixed(4),
        String,
        String,
        TYPE_DEF_OR_REF,
        Row(FIELD),
        Row(METHOD_DEF),
    ];
    tables[3] = &[Row(FIELD)];
    tables[FIELD] = &[Fixed(2), String, Blob];
    tables[METHOD_POINTERS] = &[Row(METHOD_DEF)];
    tables[METHOD_DEF] = &[Fixed(4), Fixed(2), Fixed(2), String, Blob, Row(PARAM)];
    tables[7] = &[Row(PARAM)];
    tables[PARAM] = &[Fixed(2), Fixed(2), String];
    tables[INTERFACE] = &[Row(TYPE_DEF), TYPE_DEF_OR_REF];
    tables[MEMBER_REF] = &[
        Coded(3, &[TYPE_DEF, TYPE_REF, MODULE_REF, METHOD_DEF, TYPE_SPEC]),
        String,
        Blob,
    ];
    tables[11] = &[Fixed(2), HAS_CONSTANT, Blob];
    tables[ATTRIBUTE] = &[
        HAS_ATTRIBUTE,
        Coded(3, &[MODULE, MODULE, METHOD_DEF, MEMBER_REF]),
        Blob,
    ];
    tables[13] = &[Coded(1, &[FIELD, PARAM]), Blob];
    tables[14] = &[Fixed(2), Coded(2, &[TYPE_DEF, METHOD_DEF, ASSEMBLY]), Blob];
    tables[CLASS_LAYOUT] = &[Fixed(2), Fixed(4), Row(TYPE_DEF)];
    tables[16] = &[Fixed(4), Row(FIELD)];
    tables[STANDALONE] = &[Blob];
    tables[18] = &[Row(TYPE_DEF), Row(EVENT)];
    tables[19] = &[Row(EVENT)];
    tables[EVENT] = &[Fixed(2), String, TYPE_DEF_OR_REF];
    tables[21] = &[Row(TYPE_DEF), Row(PROPERTY)];
    tables[22] = &[Row(PROPERTY)];
    tables[PROPERTY] = &[Fixed(2), String, Blob];
    tables[24] = &[Fixed(2), Row(METHOD_DEF), HAS_SEMANTICS];
    tables[25] = &[Row(TYPE_DEF), METHOD_DEF_OR_REF, METHOD_DEF_OR_REF];
    tables[MODULE_REF] = &[String];
    tables[TYPE_SPEC] = &[Blob];
    tables[IMPLEMENTED] = &[
        Fixed(2),
        Coded(1, &[FIELD, METHOD_DEF]),
        String,
        Row(MODULE_REF),
    ];
    tables[29] = &[Fixed(4), Row(FIELD)];
    tables[30] = &[Fixed(4), Fixed(4)];
    tables[31] = &[Fixed(4)];
    tables[ASSEMBLY] = &[Fixed(4), Fixed(8), Fixed(4), Blob, String, String];
    tables[33] = &[Fixed(4)];
    tables[34] = &[Fixed(12)];
    tables[ASSEMBLY_REF] = &[Fixed(8), Fixed(4), Blob, String, String, Blob];
    tables[36] = &[Fixed(4), Row(ASSEMBLY_REF)];
    tables[37] = &[Fixed(12), Row(ASSEMBLY_REF)];
    tables[FILE] = &[Fixed(4), String, Blob];
    tables[EXPORTED] = &[
        Fixed(8),
        String,
        String,
        Coded(2, &[FILE, ASSEMBLY_REF, EXPORTED]),
    ];
    tables[40] = &[Fixed(8), String, Coded(2, &[FILE, ASSEMBLY_REF, EXPORTED])];
    tables[NESTED] = &[Row(TYPE_DEF), Row(TYPE_DEF)];
    tables[GENERIC_PARAM] = &[
        Fixed(2),
        Fixed(2),
        Coded(1, &[TYPE_DEF, METHOD_DEF]),
        String,
    ];
    tables[METHOD_SPEC] = &[METHOD_DEF_OR_REF, Blob];
    tables[CONSTRAINT] = &[Row(GENERIC_PARAM), TYPE_DEF_OR_REF];
    tables
};

/// A row of a table, counted from 0.
pub type Token = (usize, usize);

/// The metadata of one assembly. Nothing in it is trusted: what leads outside of the file is `None`.
pub struct Metadata<'a> {
    file: &'a [u8],
    sections: Vec<Section>,
    strings: usize,
    guids: usize,
    blobs: usize,
    rows: [usize; 64],
    starts: [usize; TABLES.len()],
    sizes: [usize; TABLES.len()],
    /// Bits 0 to 2: whether indexes into the heaps of strings, GUIDs and blobs have four bytes.
    wide_heaps: u8,
}

struct Section {
    address: usize,
    size: usize,
    offset: usize,
}

/// A method's body.
#[derive(Debug, Clone)]
pub struct Body {
    /// Its IL, in the file.
    pub il: Range<usize>,
    /// How many values its stack may hold.
    pub stack: usize,
    /// The token of its locals' types, or 0.
    pub locals: u32,
    /// Whether locals are zeroed.
    pub initializes: bool,
    /// What handles exceptions.
    pub handlers: Vec<Handler>,
}

impl Body {
    /// Whether a handler has a filter (`catch … when`).
    #[must_use]
    pub fn filters(&self) -> bool {
        self.handlers.contains(&Handler::Filter)
    }
}

/// What handles exceptions in a part of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handler {
    /// Code says what it catches (`catch … when`).
    Filter,
    /// It catches a type, or runs in any case.
    Other,
}

impl<'a> Metadata<'a> {
    /// Reads the headers. `None` if this is no assembly, or one of edit-and-continue.
    #[must_use]
    pub fn read(file: &'a [u8]) -> Option<Self> {
        let (pe, sections) = sections(file)?;
        let optional = pe + 24;
        // PE32+ has wider fields before the directories.
        let directories = optional
            + if u16_at(file, optional)? == 0x20b {
                112
            } else {
                96
            };
        let mut metadata = Self {
            file,
            sections,
            strings: 0,
            guids: 0,
            blobs: 0,
            rows: [0; 64],
            starts: [0; TABLES.len()],
            sizes: [0; TABLES.len()],
            wide_heaps: 0,
        };
        let cli = metadata.offset(u32_at(file, directories + 14 * 8)?)?;
        let root = metadata.offset(u32_at(file, cli + 8)?)?;
        let tables = metadata.streams(root)?;
        metadata.tables(tables)?;
        let pointers = [3, METHOD_POINTERS, 7, 19, 22];
        (metadata.rows(METHOD_DEF) < 1 << 24
            && pointers.iter().all(|table| metadata.rows[*table] == 0)
            && metadata.shares_no_members())
        .then_some(metadata)
    }

    /// Whether all types together have no more members than there are: otherwise each of many types could have all of them.
    fn shares_no_members(&self) -> bool {
        let all = |of: fn(&Self, usize) -> Range<usize>| -> usize {
            (0..self.rows(TYPE_DEF))
                .map(|row| of(self, row).len())
                .sum()
        };
        all(Self::methods_of) <= self.rows(METHOD_DEF) && all(Self::fields_of) <= self.rows(FIELD)
    }

    /// How many bytes an assembly has that begins here, and what follows is something else. `None` if none begins here.
    #[must_use]
    pub fn length(file: &[u8]) -> Option<usize> {
        let (_, sections) = sections(file)?;
        let length = sections
            .iter()
            .map(|section| section.offset.checked_add(section.size))
            .try_fold(0, |most: usize, end| Some(most.max(end?)))?;
        Metadata::read(file.get(..length)?).map(|_| length)
    }

    /// The whole file.
    #[must_use]
    pub fn file(&self) -> &'a [u8] {
        self.file
    }

    /// The number of rows of a table.
    #[must_use]
    pub fn rows(&self, table: usize) -> usize {
        self.rows.get(table).copied().unwrap_or(0)
    }

    /// The assembly's simple name.
    #[must_use]
    pub fn name(&self) -> Option<&'a str> {
        self.text(ASSEMBLY, 0, 4)
    }

    /// The module's version id, as Mono writes it.
    #[must_use]
    pub fn mvid(&self) -> Option<String> {
        use std::fmt::Write;
        let number = self.cell(MODULE, 0, 2)?.checked_sub(1)?;
        let at = self.guids.checked_add(number.checked_mul(16)?)?;
        let bytes = self.file.get(at..at.checked_add(16)?)?;
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

    /// Where a row of a table is in the file.
    #[must_use]
    pub fn place(&self, table: usize, row: usize) -> Option<usize> {
        (row < self.rows(table)).then(|| self.starts[table] + row * self.sizes[table])
    }

    /// A number in a table.
    #[must_use]
    pub fn cell(&self, table: usize, row: usize, column: usize) -> Option<usize> {
        let place = self.place(table, row)?;
        let columns = TABLES[table];
        let before: usize = columns[..column].iter().map(|c| self.size(*c)).sum();
        let at = place + before;
        if self.size(columns[column]) == 2 {
            u16_at(self.file, at)
        } else {
            u32_at(self.file, at)
        }
    }

    /// A text in a table; none if it is longer than .NET has names.
    #[must_use]
    pub fn text(&self, table: usize, row: usize, column: usize) -> Option<&'a str> {
        let at = self.strings.checked_add(self.cell(table, row, column)?)?;
        let rest = self.file.get(at..)?;
        // Many rows may have the same text, which then would be written down for each.
        let rest = rest.get(..=LONGEST_NAME).unwrap_or(rest);
        let end = rest.iter().position(|byte| *byte == 0)?;
        std::str::from_utf8(&rest[..end]).ok()
    }

    /// A block of bytes in a table.
    #[must_use]
    pub fn blob(&self, table: usize, row: usize, column: usize) -> Option<&'a [u8]> {
        let at = self.blobs.checked_add(self.cell(table, row, column)?)?;
        let mut rest = self.file.get(at..)?;
        let length = compressed(&mut rest)?;
        rest.get(..length)
    }

    /// A row of another table in a table; none if it says none.
    #[must_use]
    pub fn row(&self, table: usize, row: usize, column: usize) -> Option<Token> {
        let value = self.cell(table, row, column)?;
        match TABLES[table][column] {
            Column::Row(of) => Some((of, value.checked_sub(1)?)),
            Column::Coded(bits, of) => {
                let which = value & ((1 << bits) - 1);
                Some((*of.get(which)?, (value >> bits).checked_sub(1)?))
            }
            _ => None,
        }
    }

    /// The rows of a type's methods.
    #[must_use]
    pub fn methods_of(&self, row: usize) -> Range<usize> {
        self.members_of(row, 5, METHOD_DEF)
    }

    /// The rows of a type's fields.
    #[must_use]
    pub fn fields_of(&self, row: usize) -> Range<usize> {
        self.members_of(row, 4, FIELD)
    }

    /// The rows of a table that a type has, from the first that this column says to the next type's.
    fn members_of(&self, row: usize, column: usize, table: usize) -> Range<usize> {
        let first = |row: usize| {
            self.cell(TYPE_DEF, row, column)
                .map(|x| x.saturating_sub(1))
        };
        let all = self.rows(table);
        let end = first(row + 1).unwrap_or(all).min(all);
        let start = first(row).unwrap_or(end);
        start.min(end)..end
    }

    /// A method's body; none if it has none, or it cannot be read.
    #[must_use]
    pub fn body(&self, method: usize) -> Option<Body> {
        const KIND: usize = 3;
        const TINY: usize = 2;
        const MORE_SECTIONS: usize = 8;
        const INITIALIZES: usize = 0x10;
        /// What one with a tiny header may use.
        const TINY_STACK: usize = 8;
        let address = self
            .cell(METHOD_DEF, method, 0)
            .filter(|address| *address != 0)?;
        let at = self.offset(address)?;
        let header = usize::from(*self.file.get(at)?);
        // A tiny header has the length in its upper six bits; a fat one is twelve bytes long.
        if header & KIND == TINY {
            let il = at + 1..at + 1 + (header >> 2);
            self.file.get(il.clone())?;
            return Some(Body {
                il,
                stack: TINY_STACK,
                locals: 0,
                initializes: false,
                handlers: Vec::new(),
            });
        }
        let il = at + 12
            ..at.checked_add(12)?
                .checked_add(u32_at(self.file, at + 4)?)?;
        self.file.get(il.clone())?;
        let handlers = match header & MORE_SECTIONS != 0 {
            true => self.handlers(il.end)?,
            false => Vec::new(),
        };
        Some(Body {
            stack: u16_at(self.file, at + 2)?,
            locals: u32::try_from(u32_at(self.file, at + 8)?).ok()?,
            initializes: header & INITIALIZES != 0,
            handlers,
            il,
        })
    }

    /// The handlers in the sections behind a body, ECMA-335 II.25.4.5 and 6.
    fn handlers(&self, end: usize) -> Option<Vec<Handler>> {
        const HANDLERS: u8 = 1;
        const WIDE: u8 = 0x40;
        const ANOTHER: u8 = 0x80;
        const FILTER: usize = 1;
        let mut handlers = Vec::new();
        let mut at = end;
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
                    handlers.push(match flags {
                        FILTER => Handler::Filter,
                        _ => Handler::Other,
                    });
                }
            }
            if kind & ANOTHER == 0 || size == 0 {
                return Some(handlers);
            }
            at += size;
        }
    }

    /// The file with every method marked as one that is not to be inlined: what is compiled with it holds for other builds of the assembly, too.
    #[must_use]
    pub fn never_inlined(&self) -> Vec<u8> {
        /// `ImplFlags`, and the bit in it (ECMA-335 II.23.1.10).
        const FLAGS: usize = 4;
        const NO_INLINING: u8 = 8;
        let mut file = self.file.to_vec();
        for method in 0..self.rows(METHOD_DEF) {
            if let Some(flags) = self
                .place(METHOD_DEF, method)
                .and_then(|place| file.get_mut(place + FLAGS))
            {
                *flags |= NO_INLINING;
            }
        }
        file
    }

    /// The file with more bytes in its last section, and their address. `None` if that section is not the last in memory, too.
    #[must_use]
    pub fn extended(&self, bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
        let (pe, _) = sections(self.file)?;
        let headers = pe + 24 + u16_at(self.file, pe + 20)?;
        let number = (0..self.sections.len()).max_by_key(|i| self.sections[*i].address)?;
        let last = &self.sections[number];
        let ends = |section: &Section| section.offset.checked_add(section.size);
        let is_last = self.sections.iter().all(|other| ends(other) <= ends(last));
        is_last.then_some(())?;

        let mut file = self.file.to_vec();
        file.resize(file.len().next_multiple_of(4), 0);
        let address = last
            .address
            .checked_add(file.len().checked_sub(last.offset)?)?;
        file.extend(bytes);
        file.resize(file.len().next_multiple_of(512), 0);
        let size = file.len() - last.offset;
        let mut put = |at: usize, value: usize| {
            let value = u32::try_from(value).ok()?.to_le_bytes();
            file.get_mut(at..at + 4)?.copy_from_slice(&value);
            Some(())
        };
        // Both of the section's sizes, and that of the whole in memory.
        put(headers + 40 * number + 8, size)?;
        put(headers + 40 * number + 16, size)?;
        put(pe + 24 + 56, (last.address + size).next_multiple_of(0x2000))?;
        Some((file, address))
    }

    fn offset(&self, address: usize) -> Option<usize> {
        self.sections
            .iter()
            .find(|s| address >= s.address && address - s.address < s.size)
            .map(|s| address - s.address + s.offset)
    }

    /// Finds the streams; returns where that of the tables is.
    fn streams(&mut self, root: usize) -> Option<usize> {
        let version = u32_at(self.file, root + 12)?;
        let mut at = root.checked_add(16)?.checked_add(version)?.checked_add(4)?;
        let mut tables = None;
        for _ in 0..u16_at(self.file, at - 2)? {
            let start = root + u32_at(self.file, at)?;
            let rest = self.file.get(at + 8..)?;
            let name = &rest[..rest.iter().position(|byte| *byte == 0)?];
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
        for (table, columns) in TABLES.iter().enumerate() {
            self.starts[table] = next;
            self.sizes[table] = columns.iter().map(|column| self.size(*column)).sum();
            next = next.checked_add(self.rows[table].checked_mul(self.sizes[table])?)?;
        }
        (next <= self.file.len()).then_some(())
    }

    fn size(&self, column: Column) -> usize {
        let wide = |wide: bool| if wide { 4 } else { 2 };
        match column {
            Column::Fixed(size) => size,
            Column::String => wide(self.wide_heaps & 1 != 0),
            Column::Guid => wide(self.wide_heaps & 2 != 0),
            Column::Blob => wide(self.wide_heaps & 4 != 0),
            Column::Row(table) => wide(self.rows[table] >= 1 << 16),
            Column::Coded(bits, tables) => {
                wide(tables.iter().any(|t| self.rows[*t] >= 1 << (16 - bits)))
            }
        }
    }
}

/// Where the PE header begins, and the sections of the file.
fn sections(file: &[u8]) -> Option<(usize, Vec<Section>)> {
    let pe = u32_at(file, 0x3c)?;
    if file.get(..2)? != b"MZ" || file.get(pe..pe.checked_add(4)?)? != b"PE\0\0" {
        return None;
    }
    let first = pe + 24 + u16_at(file, pe + 20)?;
    let sections = (0..u16_at(file, pe + 6)?)
        .map(|i| first + i * 40)
        .map(|at| {
            Some(Section {
                address: u32_at(file, at + 12)?,
                size: u32_at(file, at + 16)?,
                offset: u32_at(file, at + 20)?,
            })
        })
        .collect::<Option<Vec<_>>>()?;
    Some((pe, sections))
}

/// A number of one, two or four bytes, ECMA-335 II.23.2.
pub fn compressed(blob: &mut &[u8]) -> Option<usize> {
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

fn u16_at(file: &[u8], at: usize) -> Option<usize> {
    let bytes = file.get(at..at.checked_add(2)?)?.try_into().ok()?;
    Some(usize::from(u16::from_le_bytes(bytes)))
}

fn u32_at(file: &[u8], at: usize) -> Option<usize> {
    let bytes = file.get(at..at.checked_add(4)?)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(bytes)).ok()
}
