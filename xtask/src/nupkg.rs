//! NuGet packages as files: what the SDK made is written anew, so that the same content gives the same bytes, and packages for which it has no kind of
//! project are written from nothing.

use crate::repository::Repository;
use anyhow::{Context, Result};
use isolator_abi::contract::hex;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Cursor, Read, Write};
use std::path::Path;
use std::process::Command;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// Where packages describe themselves a second time, under a name that the SDK draws by lot.
const PROPERTIES: &str = "package/services/metadata/core-properties/";
const RELATIONS: &str = "_rels/.rels";
const TYPES: &str = "[Content_Types].xml";

/// A file of a package.
pub struct PackageFile {
    /// Its path, with slashes.
    pub name: String,
    /// What it holds.
    pub content: Vec<u8>,
}

impl PackageFile {
    /// A file with this content.
    pub fn new(name: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.into(),
            content: content.into(),
        }
    }

    /// A file with the content of another.
    pub fn read(name: impl Into<String>, path: &Path) -> Result<Self> {
        let content = std::fs::read(path).with_context(|| format!("read {}", path.display()))?;
        Ok(Self::new(name, content))
    }
}

/// What a package's manifest says.
pub struct Manifest<'a> {
    /// Its id.
    pub id: &'a str,
    /// What it is called.
    pub title: &'a str,
    /// What it is for.
    pub description: &'a str,
    /// Words by which it is found.
    pub tags: &'a str,
    /// An SPDX expression.
    pub license: &'a str,
    /// More elements.
    pub more: &'a str,
    /// Where its sources are.
    pub repository: Option<&'a Repository>,
}

impl Manifest<'_> {
    /// The manifest of this version.
    pub fn file(&self) -> PackageFile {
        let Self {
            id,
            title,
            description,
            tags,
            license,
            more,
            repository,
        } = self;
        let version = env!("CARGO_PKG_VERSION");
        let repository = repository.map_or_else(String::new, |Repository { url, commit }| {
            format!("\n    <repository type=\"git\" url=\"{url}\" commit=\"{commit}\" />")
        });
        let text = format!(
            r#"<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
  <metadata>
    <id>{id}</id>
    <version>{version}</version>
    <title>{title}</title>
    <authors>Isolator contributors</authors>
    <license type="expression">{license}</license>
    <readme>README.md</readme>
    <description>{description}</description>
    <tags>{tags}</tags>{repository}
    {more}
  </metadata>
</package>
"#
        );
        PackageFile::new(format!("{id}.nuspec"), text)
    }

    /// Writes the package of these files into a folder, with the licences and the readme.
    pub fn write(
        &self,
        workspace: &Path,
        readme: &str,
        mut files: Vec<PackageFile>,
        out: &Path,
        date: DateTime,
    ) -> Result<()> {
        for name in ["LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY-NOTICES.md"] {
            files.push(PackageFile::read(name, &workspace.join(name))?);
        }
        files.push(PackageFile::new("README.md", readme));
        let path = out.join(format!("{}.{}.nupkg", self.id, env!("CARGO_PKG_VERSION")));
        create(&path, self.file(), files, date)
    }
}

/// Writes the package at a path anew: entries by name, one date, nothing drawn by lot.
pub fn settle(path: &Path, date: DateTime) -> Result<()> {
    let mut entries = read(path)?;
    entries.retain(|entry| entry.name != RELATIONS);
    let mut properties = None;
    for entry in &mut entries {
        if entry.name.starts_with(PROPERTIES) {
            entry.name = format!(
                "{PROPERTIES}{}.psmdcp",
                &hex(&Sha256::digest(&entry.content))[..32]
            );
            properties = Some(entry.name.clone());
        }
    }
    let manifest = entries
        .iter()
        .find(|entry| entry.name.ends_with(".nuspec") && !entry.name.contains('/'))
        .with_context(|| format!("{} has no manifest", path.display()))?
        .name
        .clone();
    entries.push(PackageFile::new(
        RELATIONS,
        relations(&manifest, properties.as_deref()),
    ));
    write(path, entries, date)
}

/// Writes a package that consists of a manifest and files.
fn create(
    path: &Path,
    manifest: PackageFile,
    mut files: Vec<PackageFile>,
    date: DateTime,
) -> Result<()> {
    files.push(PackageFile::new(RELATIONS, relations(&manifest.name, None)));
    files.push(manifest);
    let types = types(&files);
    files.push(PackageFile::new(TYPES, types));
    write(path, files, date)
}

/// The entries of a package.
pub fn read(path: &Path) -> Result<Vec<PackageFile>> {
    let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
    let mut archive =
        ZipArchive::new(file).with_context(|| format!("{} is no package", path.display()))?;
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        let mut content = Vec::new();
        file.read_to_end(&mut content)?;
        entries.push(PackageFile::new(file.name(), content));
    }
    Ok(entries)
}

fn write(path: &Path, mut entries: Vec<PackageFile>, date: DateTime) -> Result<()> {
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(date)
        .unix_permissions(0o644);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for entry in entries {
        archive.start_file(entry.name, options)?;
        archive.write_all(&entry.content)?;
    }
    let bytes = archive.finish()?.into_inner();
    std::fs::write(path, bytes).with_context(|| format!("write {}", path.display()))
}

fn relations(manifest: &str, properties: Option<&str>) -> String {
    let manifest = format!(
        r#"<Relationship Type="http://schemas.microsoft.com/packaging/2010/07/manifest" Target="/{manifest}" Id="R1" />"#
    );
    let properties = properties.map_or_else(String::new, |name| {
        format!(
            r#"<Relationship Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="/{name}" Id="R2" />"#
        )
    });
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{manifest}{properties}</Relationships>"#
    )
}

/// What each file is, by its extension or, without one, by its name.
fn types(files: &[PackageFile]) -> String {
    let mut lines = std::collections::BTreeSet::new();
    for file in files {
        let name = file.name.rsplit('/').next().unwrap_or(&file.name);
        lines.insert(match name.rsplit_once('.') {
            Some((_, "rels")) => r#"<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml" />"#.to_owned(),
            Some((_, extension)) => {
                format!(r#"<Default Extension="{extension}" ContentType="application/octet" />"#)
            }
            None => format!(
                r#"<Override PartName="/{}" ContentType="application/octet" />"#,
                file.name
            ),
        });
    }
    let lines: String = lines.into_iter().collect();
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{lines}</Types>"#
    )
}

/// The date of the commit that is packed. Builds copy what is newer than what is there, so two versions must not have the same.
pub fn date(workspace: &Path) -> DateTime {
    let git = Command::new("git")
        .current_dir(workspace)
        .args([
            "log",
            "-1",
            "--format=%cd",
            "--date=format-local:%Y %m %d %H %M %S",
        ])
        .env("TZ", "UTC")
        .output();
    git.ok()
        .filter(|output| output.status.success())
        .and_then(|output| parse_date(&String::from_utf8_lossy(&output.stdout)))
        .unwrap_or_default()
}

fn parse_date(text: &str) -> Option<DateTime> {
    let mut parts = text.split_whitespace();
    let year = parts.next()?.parse().ok()?;
    let mut part = || parts.next()?.parse::<u8>().ok();
    DateTime::from_date_and_time(year, part()?, part()?, part()?, part()?, part()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A package as the SDK makes it, with another name drawn by lot each time.
    fn made(path: &Path, lot: &str, day: u8) {
        let manifest = "<package />";
        let mut entries = vec![
            PackageFile::new("lib/A.dll", "code"),
            PackageFile::new("A.nuspec", manifest),
            PackageFile::new(format!("{PROPERTIES}{lot}.psmdcp"), "<coreProperties />"),
            PackageFile::new(RELATIONS, format!("<Relationships>{lot}</Relationships>")),
        ];
        if day.is_multiple_of(2) {
            entries.swap(0, 1);
        }
        write(
            path,
            entries,
            DateTime::from_date_and_time(2026, 1, day, 0, 0, 0).unwrap(),
        )
        .unwrap();
    }

    #[test]
    fn the_same_content_gives_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let date = parse_date("2026 11 29 01 02 04\n").unwrap();
        let bytes: Vec<_> = [("one", 1), ("two", 2)]
            .into_iter()
            .map(|(lot, day)| {
                let path = folder.path().join(lot);
                made(&path, lot, day);
                settle(&path, date).unwrap();
                std::fs::read(&path).unwrap()
            })
            .collect();
        assert_eq!(bytes[0], bytes[1]);
        let entries = read(&folder.path().join("one")).unwrap();
        let properties = &entries
            .iter()
            .find(|entry| entry.name.starts_with(PROPERTIES))
            .unwrap()
            .name;
        let relations = entries
            .iter()
            .find(|entry| entry.name == RELATIONS)
            .unwrap();
        let relations = String::from_utf8_lossy(&relations.content);
        assert!(
            relations.contains(&format!("\"/{properties}\""))
                && relations.contains("\"/A.nuspec\""),
            "{relations}"
        );
    }
}
