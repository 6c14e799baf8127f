//! ICU data that a guest boots with in place of the pack's, which has a third of the cultures.
//!
//! Such data is a package of items with names as `icudt68l/de_CH.res`; the number is ICU's version, and must be that of the ICU in the pack. It comes as a
//! file of its own, or as a symbol `icudt68_dat` in a library or program that has ICU linked in. Of its items those are taken that .NET reads.

use crate::error::{BuildError, Context};
use object::{Object, ObjectSection, ObjectSymbol};
use std::path::Path;

/// What every package begins with, but for the size of its header: a mark, the size of what follows, little endian, ASCII, and its kind.
const MARK: &[u8] = b"\xda\x27\x14\x00\x00\x00\x00\x00\x02\x00CmnD";

/// Where items begin, as all readers of the format expect it.
const ALIGNMENT: usize = 16;

/// The trees and kinds that .NET does not read, or that this guest answers otherwise: converters, dictionaries, names of zones and units, numbers in
/// words, transliteration.
const LEFT: &[&str] = &[
    "zone/",
    "unit/",
    "rbnf/",
    "translit/",
    ".cnv",
    ".dict",
    ".cfu",
    ".spp",
    ".icu",
];

/// An item that is taken all the same: the order of characters.
const ORDER: &str = "coll/ucadata.icu";

/// Items by their names, in order.
struct Package<'a> {
    header: &'a [u8],
    items: Vec<(&'a str, &'a [u8])>,
}

/// The data in `source` that .NET reads, for the ICU whose own data is `of_pack`.
///
/// # Errors
/// If a file cannot be read, has no ICU data, or is of another version.
pub fn select(source: &Path, of_pack: &Path) -> Result<Vec<u8>, BuildError> {
    let (bytes, pack) = (
        std::fs::read(source).at("read", source)?,
        std::fs::read(of_pack).at("read", of_pack)?,
    );
    let fault = |what: &str| {
        BuildError::Recipe(format!(
            "{} {what}. `--icu-data` takes ICU data (`icudt68l.dat`), or a library or program that has it linked in (`libicudata.so.68`)",
            source.display()
        ))
    };
    let wanted = Package::read(&pack)
        .and_then(|package| Some(package.version()?.to_owned()))
        .ok_or_else(|| BuildError::Recipe(format!("{} is no ICU data", of_pack.display())))?;
    let found = find(&bytes).ok_or_else(|| fault("has no ICU data"))?;
    let package = Package::read(found).ok_or_else(|| fault("has ICU data that cannot be read"))?;
    match package.version() {
        Some(version) if version == wanted => Ok(package.write(|name| is_taken(name, &wanted))),
        version => Err(fault(&format!(
            "has data of {}, and this runtime pack's ICU reads {wanted} alone",
            version.unwrap_or("no version")
        ))),
    }
}

/// A package that is the file, or a symbol of it.
fn find(file: &[u8]) -> Option<&[u8]> {
    if file.get(2..2 + MARK.len()) == Some(MARK) {
        return Some(file);
    }
    let object = object::File::parse(file).ok()?;
    let symbol = object
        .symbols()
        .chain(object.dynamic_symbols())
        .find(|symbol| {
            symbol.size() > 0
                && symbol
                    .name()
                    .is_ok_and(|name| name.starts_with("icudt") && name.ends_with("_dat"))
        })?;
    let section = object.section_by_index(symbol.section_index()?).ok()?;
    let start = symbol.address().checked_sub(section.address())? as usize;
    section
        .data()
        .ok()?
        .get(start..start.checked_add(symbol.size() as usize)?)
}

fn is_taken(name: &str, version: &str) -> bool {
    let Some(name) = name
        .strip_prefix(version)
        .and_then(|rest| rest.strip_prefix('/'))
    else {
        return false;
    };
    name == ORDER
        || !LEFT.iter().any(|left| match left.strip_prefix('.') {
            Some(_) => name.ends_with(left),
            None => name.starts_with(left),
        })
}

impl<'a> Package<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let number =
            |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize);
        let start = u16::from_le_bytes(bytes.get(..2)?.try_into().ok()?) as usize;
        let count = number(start)?;
        let mut places = Vec::new();
        for at in (start + 4..bytes.len()).step_by(8).take(count) {
            let name = bytes.get(start + number(at)?..)?;
            let name = &name[..name.iter().position(|byte| *byte == 0)?];
            places.push((std::str::from_utf8(name).ok()?, start + number(at + 4)?));
        }
        let ends = places
            .iter()
            .skip(1)
            .map(|(_, at)| *at)
            .chain([bytes.len()]);
        let items = places.iter().zip(ends);
        let items = items.map(|((name, from), to)| Some((*name, bytes.get(*from..to)?)));
        Some(Self {
            header: bytes.get(..start)?,
            items: items.collect::<Option<_>>()?,
        })
    }

    /// What all its names begin with.
    fn version(&self) -> Option<&'a str> {
        self.items.first()?.0.split('/').next()
    }

    /// A package of some of the items.
    fn write(&self, taken: impl Fn(&str) -> bool) -> Vec<u8> {
        let items: Vec<_> = self.items.iter().filter(|(name, _)| taken(name)).collect();
        let (mut names, mut data) = (Vec::new(), Vec::new());
        let names_at = 4 + 8 * items.len();
        let names_length: usize = items.iter().map(|(name, _)| name.len() + 1).sum();
        // The header's size counts, too: the package is aligned as a whole.
        let data_at = (self.header.len() + names_at + names_length).next_multiple_of(ALIGNMENT)
            - self.header.len();
        let mut table = (items.len() as u32).to_le_bytes().to_vec();
        for (name, content) in items {
            table.extend(((names_at + names.len()) as u32).to_le_bytes());
            table.extend(((data_at + data.len()) as u32).to_le_bytes());
            names.extend(name.bytes().chain([0]));
            data.extend_from_slice(content);
            data.resize(data.len().next_multiple_of(ALIGNMENT), 0);
        }
        let mut all = [self.header, &table, &names].concat();
        all.resize(self.header.len() + data_at, 0);
        all.extend(data);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A package of items that hold their own names, as ICU's tools write it.
    fn package(version: &str, names: &[&str]) -> Vec<u8> {
        let names: Vec<String> = names
            .iter()
            .map(|name| format!("{version}/{name}"))
            .collect();
        let mut header = vec![32, 0];
        header.extend(MARK);
        header.resize(32, 0);
        Package {
            header: &header,
            items: names
                .iter()
                .map(|name| (name.as_str(), name.as_bytes()))
                .collect(),
        }
        .write(|_| true)
    }

    fn selected(source: &[u8], of_pack: &[u8]) -> Result<Vec<u8>, BuildError> {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        std::fs::write(&a, source).unwrap();
        std::fs::write(&b, of_pack).unwrap();
        select(&a, &b)
    }

    #[test]
    fn what_dotnet_reads_is_taken_and_stays_as_it_is() {
        let all = package(
            "icudt68l",
            &[
                "brkitr/burmesedict.dict",
                "coll/de.res",
                "coll/ucadata.icu",
                "de.res",
                "ibm-37.cnv",
                "zone/de.res",
            ],
        );
        let taken = selected(&all, &package("icudt68l", &["de.res"])).unwrap();
        let read = Package::read(&taken).unwrap();
        let names: Vec<&str> = read.items.iter().map(|(name, _)| *name).collect();
        assert_eq!(
            names,
            [
                "icudt68l/coll/de.res",
                "icudt68l/coll/ucadata.icu",
                "icudt68l/de.res"
            ]
        );
        for (name, content) in read.items {
            assert_eq!(&content[..name.len()], name.as_bytes());
            assert_eq!(
                (content.as_ptr() as usize - taken.as_ptr() as usize) % ALIGNMENT,
                0
            );
        }
    }

    #[test]
    fn data_of_another_version_or_none_is_refused() {
        let pack = package("icudt68l", &["de.res"]);
        let other = selected(&package("icudt72l", &["de.res"]), &pack)
            .unwrap_err()
            .to_string();
        assert!(
            other
                .contains("has data of icudt72l, and this runtime pack's ICU reads icudt68l alone"),
            "{other}"
        );
        let none = selected(b"nothing of the kind", &pack)
            .unwrap_err()
            .to_string();
        assert!(none.contains("has no ICU data"), "{none}");
        let cut = selected(&package("icudt68l", &["de.res"])[..40], &pack)
            .unwrap_err()
            .to_string();
        assert!(cut.contains("has ICU data that cannot be read"), "{cut}");
    }
}
