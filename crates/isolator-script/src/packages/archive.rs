//! What is in a package's file. Whoever made it chose all that is in it: names, sizes, texts. Nothing is written to a disk.

use super::framework::nearness;
use super::version::{Version, VersionRange};
use isolator_host::{AssemblyImage, read_named_file};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use zip::ZipArchive;

/// Bytes of a package's file.
const LARGEST_FILE: u64 = 256 << 20;
/// Entries of one.
const MOST_ENTRIES: usize = 20_000;
/// Bytes of its specification.
const LARGEST_SPECIFICATION: u64 = 1 << 20;
const MOST_NODES: u32 = 50_000;
/// Bytes of an assembly, and of all that are taken from a package.
const LARGEST_ASSEMBLY: u64 = 64 << 20;
const LARGEST_CONTENT: u64 = 128 << 20;
const MOST_DEPENDENCIES: usize = 500;

/// What a package has for .NET 10.
#[derive(Debug)]
pub struct Content {
    pub id: String,
    pub version: Version,
    pub dependencies: Vec<(String, VersionRange)>,
    /// By their names.
    pub assemblies: Vec<(String, AssemblyImage)>,
}

impl Content {
    /// Reads a package's file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(path: &Path) -> Result<Self, String> {
        let bytes = read_named_file(path, LARGEST_FILE).map_err(|error| error.to_string())?;
        Self::of(bytes)
    }

    /// As [`read`](Self::read), of its bytes.
    ///
    /// # Errors
    /// As there.
    pub fn of(bytes: Arc<[u8]>) -> Result<Self, String> {
        if entries_told(&bytes) > MOST_ENTRIES {
            return Err(format!("it has more than {MOST_ENTRIES} entries"));
        }
        let mut archive = ZipArchive::new(Cursor::new(bytes))
            .map_err(|error| format!("it is no archive: {error}"))?;
        if archive.len() > MOST_ENTRIES {
            return Err(format!("it has more than {MOST_ENTRIES} entries"));
        }
        let names: Vec<String> = archive.file_names().map(str::to_owned).collect();
        let specification = names
            .iter()
            .find(|name| !name.contains(['/', '\\']) && has_suffix(name, ".nuspec"))
            .ok_or("it has no specification (`.nuspec`)")?;
        let text = entry(&mut archive, specification, LARGEST_SPECIFICATION)?;
        let text = String::from_utf8(text)
            .map_err(|_| format!("its specification `{specification}` is not UTF-8 text"))?;
        let mut content = specified(&text)
            .map_err(|problem| format!("its specification `{specification}`: {problem}"))?;
        let mut left = LARGEST_CONTENT;
        for name in chosen(&names)? {
            let bytes = entry(&mut archive, name, LARGEST_ASSEMBLY.min(left))?;
            left -= bytes.len() as u64;
            let own = isolator_compile::name(&bytes)
                .map_err(|_| format!("`{name}` in it is no .NET assembly"))?;
            content.assemblies.push((own, AssemblyImage::new(bytes)));
        }
        Ok(content)
    }
}

/// How many entries an archive says that it has, before anything is made for each: the most that any record says that could be its last one.
fn entries_told(bytes: &[u8]) -> usize {
    const END: &[u8] = b"PK\x05\x06";
    const TOTAL: usize = 10;
    let told = |at: usize| {
        let field = bytes.get(at + TOTAL..at + TOTAL + 2)?;
        Some(usize::from(u16::from_le_bytes(field.try_into().ok()?)))
    };
    bytes
        .windows(END.len())
        .enumerate()
        .filter(|(_, window)| *window == END)
        .filter_map(|(at, _)| told(at))
        .max()
        .unwrap_or(0)
}

/// The bytes of an entry, whatever it says of its size.
fn entry(
    archive: &mut ZipArchive<Cursor<Arc<[u8]>>>,
    name: &str,
    most: u64,
) -> Result<Vec<u8>, String> {
    let cannot = |error: &dyn std::fmt::Display| format!("`{name}` in it cannot be read: {error}");
    let file = archive.by_name(name).map_err(|error| cannot(&error))?;
    let mut bytes = Vec::new();
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| cannot(&error))?;
    match bytes.len() as u64 <= most {
        true => Ok(bytes),
        false => Err(format!("`{name}` in it has more than {most} bytes")),
    }
}

/// The assemblies for .NET 10 among the entries.
fn chosen(names: &[String]) -> Result<Vec<&str>, String> {
    let mut frameworks: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in names {
        // An entry without a framework's folder is for all of them.
        let (framework, file) = match *name.split('/').collect::<Vec<_>>() {
            ["lib", framework, file] => (framework, file),
            ["lib", file] => ("", file),
            _ => continue,
        };
        let files = frameworks.entry(framework).or_default();
        if has_suffix(file, ".dll") && !file.contains(['\\', ':']) {
            files.push(name);
        }
    }
    let nearest = frameworks
        .keys()
        .filter_map(|framework| Some((nearness(framework)?, *framework)))
        .max();
    match nearest {
        Some((_, framework)) => Ok(frameworks.remove(framework).unwrap_or_default()),
        None if frameworks.is_empty() => Ok(Vec::new()),
        None => {
            let some: Vec<&str> = frameworks.keys().copied().take(5).collect();
            Err(format!(
                "it has no assemblies for .NET 10, an older .NET or .NET Standard, but for {}",
                some.join(", ")
            ))
        }
    }
}

fn has_suffix(name: &str, suffix: &str) -> bool {
    let start = name.len().saturating_sub(suffix.len());
    name.get(start..)
        .is_some_and(|end| end.eq_ignore_ascii_case(suffix))
}

/// What a specification says.
fn specified(text: &str) -> Result<Content, String> {
    let options = roxmltree::ParsingOptions {
        nodes_limit: MOST_NODES,
        ..Default::default()
    };
    let text = text.trim_start_matches('\u{feff}');
    let document = roxmltree::Document::parse_with_options(text, options)
        .map_err(|error| error.to_string())?;
    // Its namespace has changed over the years.
    let child = |node: roxmltree::Node<'_, '_>, name: &str| {
        node.children()
            .find(|child| child.tag_name().name() == name)
            .map(|child| child.id())
    };
    let node = |id| document.get_node(id);
    let metadata = child(document.root_element(), "metadata")
        .and_then(node)
        .ok_or("it has no `metadata`")?;
    let word = |name: &str| {
        let found = child(metadata, name).and_then(node)?;
        Some(found.text()?.trim().to_owned())
    };
    let id = word("id").ok_or("it has no `id`")?;
    let version = word("version").unwrap_or_default();
    let version =
        Version::parse(&version).ok_or_else(|| format!("its version `{version}` is none"))?;
    let mut content = Content {
        id,
        version,
        dependencies: Vec::new(),
        assemblies: Vec::new(),
    };
    let Some(listed) = child(metadata, "dependencies").and_then(node) else {
        return Ok(content);
    };
    let groups = listed
        .children()
        .filter(|child| child.tag_name().name() == "group");
    let nearest = groups
        .filter_map(|group| {
            let framework = group.attribute("targetFramework").unwrap_or_default();
            Some((nearness(framework)?, group))
        })
        .max_by_key(|(nearness, _)| *nearness);
    let list = nearest.map_or(listed, |(_, group)| group);
    for dependency in list
        .children()
        .filter(|child| child.tag_name().name() == "dependency")
    {
        if content.dependencies.len() == MOST_DEPENDENCIES {
            return Err(format!("it names more than {MOST_DEPENDENCIES} packages"));
        }
        let id = dependency
            .attribute("id")
            .ok_or("it names a package without its `id`")?;
        let range = dependency.attribute("version").unwrap_or_default();
        let range = VersionRange::parse(range)
            .ok_or_else(|| format!("the version `{range}` of `{id}` is none"))?;
        content.dependencies.push((id.to_owned(), range));
    }
    Ok(content)
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
