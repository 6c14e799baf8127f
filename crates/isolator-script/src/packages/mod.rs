//! Packages that scripts ask for, with `#:package` or `#r "nuget: …"`: found in folders that the embedder names, if the embedder allows them.

mod archive;
mod framework;
mod version;

use crate::error::{Error, Result};
use archive::Content;
use isolator_host::AssemblyImage;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use version::{Version, VersionRange};

/// Packages that one script may have, with all that they need.
const MOST_PACKAGES: usize = 200;
/// Bytes of all their assemblies.
const LARGEST_SUM: u64 = 256 << 20;
/// Bytes of packages that are remembered.
const REMEMBERED: u64 = 256 << 20;
/// Files of a folder that are looked at.
const MOST_FILES: usize = 200_000;
/// What one search may take.
const LONGEST: Duration = Duration::from_secs(10);
/// Packages that only say what .NET itself has by now: where one is needed and not there, nothing is missing.
const OF_DOTNET: [&str; 7] = [
    "system.",
    "microsoft.netcore.",
    "microsoft.csharp",
    "microsoft.win32.",
    "microsoft.bcl.",
    "netstandard.library",
    "runtime.",
];

/// A package that a script asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PackageRequest {
    pub file: String,
    pub line: usize,
    /// As it stands there.
    pub asked: String,
    pub name: String,
    /// None: the newest release.
    pub version: Option<String>,
}

/// A package, as far as .NET 10 uses it. Cloning it is cheap.
#[derive(Clone)]
pub struct Package(Arc<Content>);

impl Package {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.id
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> String {
        self.0.version.to_string()
    }

    /// Its assemblies, with their names.
    pub fn assemblies(&self) -> impl Iterator<Item = (&str, &AssemblyImage)> {
        self.0
            .assemblies
            .iter()
            .map(|(name, image)| (&**name, image))
    }

    fn size(&self) -> u64 {
        self.assemblies()
            .map(|(_, assembly)| assembly.image.len() as u64)
            .sum()
    }
}

impl fmt::Debug for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.id, self.0.version)
    }
}

/// Where packages come from, and which scripts may ask for.
#[derive(Debug, Default)]
pub(crate) struct Packages {
    folders: Vec<PathBuf>,
    /// By names in lower case: the versions that may be asked for, where not all may.
    allowed: BTreeMap<String, Vec<Version>>,
    /// Whether errors do not say where the folders are.
    hidden: bool,
    read: Mutex<HashMap<PathBuf, Package>>,
}

/// What was chosen so far, by names in lower case.
type Chosen = BTreeMap<String, (Version, Package)>;

/// One search: each folder is listed once, however many packages are needed.
struct Search<'a> {
    packages: &'a Packages,
    /// Of each folder: names in lower case, in order, with their paths.
    listed: Vec<Vec<(String, PathBuf)>>,
    /// Versions that there are, by names in lower case.
    found: HashMap<String, Arc<[(Version, PathBuf)]>>,
    ends: Instant,
}

impl Packages {
    /// Names with or without a version behind `@`.
    ///
    /// # Errors
    /// [`Error::Options`] for a version that is none.
    pub fn new(folders: Vec<PathBuf>, allowed: impl IntoIterator<Item = String>) -> Result<Self> {
        let mut named: BTreeMap<String, Vec<Version>> = BTreeMap::new();
        let mut whole = BTreeSet::new();
        for text in allowed {
            let Some((name, version)) = text.split_once('@') else {
                whole.insert(text.to_ascii_lowercase());
                continue;
            };
            let version = Version::parse(version).ok_or_else(|| Error::Options {
                message: format!(
                    "the package `{text}` cannot be allowed, with `ScriptHostBuilder::allow_package`: `{version}` is no version, such as 1.2.0"
                ),
            })?;
            let versions = named.entry(name.to_ascii_lowercase()).or_default();
            versions.push(version);
        }
        named.extend(whole.into_iter().map(|name| (name, Vec::new())));
        Ok(Self {
            folders,
            allowed: named,
            hidden: false,
            read: Mutex::default(),
        })
    }

    /// The same, whose errors say where the folders are, or do not.
    pub fn naming_folders(self, wanted: bool) -> Self {
        Self {
            hidden: !wanted,
            ..self
        }
    }

    /// Finds packages, and all that they need.
    ///
    /// # Errors
    /// [`Error::Directive`] with what is not allowed, not there, or broken.
    pub fn resolve(&self, requests: &[PackageRequest]) -> Result<Vec<Package>> {
        let mut chosen = Chosen::new();
        let mut search = Search::new(self);
        for request in requests {
            search
                .add(request, &mut chosen)
                .map_err(|problem| Error::Directive {
                    file: request.file.clone(),
                    line: request.line,
                    message: format!("`{}`: {problem}", request.asked),
                })?;
        }
        Ok(chosen.into_values().map(|(_, package)| package).collect())
    }

    fn read(&self, path: &Path) -> Result<Package, String> {
        let locked = || self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = locked().get(path) {
            return Ok(known.clone());
        }
        let content = Content::read(path)
            .map_err(|problem| format!("`{}` cannot be used: {problem}", self.called(path)))?;
        let package = Package(Arc::new(content));
        let mut read = locked();
        let size: u64 = read.values().map(Package::size).sum();
        if size + package.size() > REMEMBERED {
            read.clear();
        }
        read.insert(path.into(), package.clone());
        Ok(package)
    }

    /// A file in a folder.
    fn called(&self, path: &Path) -> String {
        let name = path.file_name().filter(|_| self.hidden);
        name.map_or_else(
            || path.display().to_string(),
            |name| name.to_string_lossy().into_owned(),
        )
    }

    fn shown(&self) -> String {
        if self.hidden {
            return "the folders of packages that there are".into();
        }
        let folders: Vec<String> = self
            .folders
            .iter()
            .map(|folder| {
                let shown = format!("`{}`", folder.display());
                match std::fs::metadata(folder) {
                    Ok(found) if found.is_dir() => shown,
                    Ok(_) => shown + " (which is no folder)",
                    Err(_) => shown + " (where there is no folder, or none that can be read)",
                }
            })
            .collect();
        folders.join(", ")
    }
}

impl<'a> Search<'a> {
    fn new(packages: &'a Packages) -> Self {
        Self {
            packages,
            listed: Vec::new(),
            found: HashMap::new(),
            ends: Instant::now() + LONGEST,
        }
    }

    fn add(&mut self, request: &PackageRequest, chosen: &mut Chosen) -> Result<(), String> {
        if !is_name(&request.name) {
            return Err("that is no package's name".into());
        }
        let key = request.name.to_ascii_lowercase();
        // First of all: where nothing is allowed, nobody needs a folder.
        let Some(only) = self.packages.allowed.get(&key) else {
            return Err(format!(
                "`{}` is not among the packages that scripts may use. `ScriptHostBuilder::allow_package` allows it",
                request.name
            ));
        };
        if self.packages.folders.is_empty() {
            return Err(
                "there is no folder of packages. Name one, with `ScriptHostBuilder::package_folder`"
                    .into(),
            );
        }
        let range = match request.version.as_deref() {
            None | Some("*") => VersionRange::default(),
            Some(version) => VersionRange::floating(version)
                .or_else(|| {
                    VersionRange::parse(&format!("[{version}]"))
                        .filter(|_| Version::parse(version).is_some())
                })
                .ok_or_else(|| {
                    format!(
                        "`{version}` is no version: write one such as 1.2.0, `1.*` for the newest that begins so, or `*`"
                    )
                })?,
        };
        let asked = request.version.as_deref().and_then(Version::parse);
        if let Some(version) = asked.filter(|version| !is_among(version, only)) {
            let versions: Vec<String> = only.iter().map(ToString::to_string).collect();
            return Err(format!(
                "scripts may use it in version {}, and not in {version}. `ScriptHostBuilder::allow_package` allows it",
                versions.join(" or ")
            ));
        }
        if let Some((version, _)) = chosen.get(&key) {
            return match range.has(version) && is_among(version, only) {
                true => Ok(()),
                false => Err(format!("version {version} of it is asked for, too")),
            };
        }
        // The newest where none is named, as for a new project.
        self.choose(&request.name, &range, Some(only), chosen)?;
        self.complete(chosen)
    }

    /// Adds what is needed, until nothing is missing.
    fn complete(&mut self, chosen: &mut Chosen) -> Result<(), String> {
        loop {
            if chosen.len() > MOST_PACKAGES {
                return Err(format!("it needs more than {MOST_PACKAGES} packages"));
            }
            let size: u64 = chosen.values().map(|(_, package)| package.size()).sum();
            if size > LARGEST_SUM {
                return Err(format!(
                    "the packages' assemblies have more than {LARGEST_SUM} bytes"
                ));
            }
            let needed: Vec<(String, String, VersionRange)> = chosen
                .values()
                .flat_map(|(_, package)| {
                    let needs = package.0.dependencies.iter();
                    needs.map(|(id, range)| (package.0.id.clone(), id.clone(), range.clone()))
                })
                .collect();
            let mut is_done = true;
            for (by, id, range) in needed {
                let key = id.to_ascii_lowercase();
                match chosen.get(&key) {
                    Some((version, _)) if range.has(version) => {}
                    Some((version, _)) => {
                        let known = version.clone();
                        chosen.remove(&key);
                        self.choose(&id, &range, None, chosen)
                            .map_err(|problem| format!("{by} needs it: {problem}"))?;
                        // A newer one serves those who wanted the older: they said at least. Never back again.
                        match chosen.get(&key) {
                            Some((version, _)) if *version > known => {}
                            _ => {
                                return Err(format!(
                                    "{by} needs {id} {range}, and another package {known}: no version is both"
                                ));
                            }
                        }
                        is_done = false;
                    }
                    None if is_of_dotnet(&key) && self.is_nowhere(&id)? => {}
                    None => {
                        self.choose(&id, &range, None, chosen)
                            .map_err(|problem| format!("{by} needs it: {problem}"))?;
                        is_done = false;
                    }
                }
            }
            if is_done {
                return Ok(());
            }
        }
    }

    /// Chooses a version: the newest of those that may be asked for, or as NuGet does the oldest that fits.
    fn choose(
        &mut self,
        name: &str,
        range: &VersionRange,
        asked: Option<&[Version]>,
        chosen: &mut Chosen,
    ) -> Result<(), String> {
        if !is_name(name) {
            return Err("a package is needed whose name is none".into());
        }
        let there = self.versions(name)?;
        let fits = |(version, _): &&(Version, PathBuf)| {
            range.has(version) && (!version.is_before_release() || range.is_before_release())
        };
        let found = match asked {
            // One that is named may be a version before a release.
            Some(only @ [_, ..]) => there
                .iter()
                .rev()
                .find(|(version, _)| range.has(version) && only.contains(version)),
            Some([]) => there.iter().rev().find(fits),
            None => there.iter().find(fits),
        };
        let Some((version, path)) = found else {
            return Err(match &*there {
                [] => format!("there is no package `{name}` in {}", self.packages.shown()),
                there => {
                    let versions: Vec<String> = there
                        .iter()
                        .rev()
                        .take(10)
                        .map(|(version, _)| version.to_string())
                        .collect();
                    format!(
                        "of `{name}` there is no version {range} in {}, but {}",
                        self.packages.shown(),
                        versions.join(", ")
                    )
                }
            });
        };
        let package = self.packages.read(path)?;
        if !package.0.id.eq_ignore_ascii_case(name) || package.0.version != *version {
            return Err(format!(
                "`{}` cannot be used: it says that it is {} {}",
                self.packages.called(path),
                package.0.id,
                package.0.version
            ));
        }
        chosen.insert(name.to_ascii_lowercase(), (version.clone(), package));
        Ok(())
    }

    fn is_nowhere(&mut self, name: &str) -> Result<bool, String> {
        Ok(!is_name(name) || self.versions(name)?.is_empty())
    }

    /// The versions that there are, each once, the oldest first: `NAME.VERSION.nupkg` in a folder, or `NAME/VERSION/NAME.VERSION.nupkg` below it, as
    /// restored packages lie.
    fn versions(&mut self, name: &str) -> Result<Arc<[(Version, PathBuf)]>, String> {
        if Instant::now() > self.ends {
            return Err(format!(
                "looking for all that is needed takes more than {} seconds",
                LONGEST.as_secs()
            ));
        }
        let name = name.to_ascii_lowercase();
        if let Some(known) = self.found.get(&name) {
            return Ok(known.clone());
        }
        if self.listed.is_empty() {
            let listed = self.packages.folders.iter().map(|folder| {
                let mut files: Vec<_> = entries(folder).collect();
                files.sort();
                files
            });
            self.listed = listed.collect();
        }
        let mut found: Vec<(Version, PathBuf)> = Vec::new();
        let mut add = |version: Version, path: PathBuf| {
            if !found.iter().any(|(known, _)| *known == version) {
                found.push((version, path));
            }
        };
        let begin = format!("{name}.");
        for files in &self.listed {
            let first = files.partition_point(|(file, _)| *file < begin);
            let named = files[first..]
                .iter()
                .map(|(file, path)| (file.strip_prefix(&*begin), path));
            for (rest, path) in named.take_while(|(rest, _)| rest.is_some()) {
                let version = rest.and_then(|rest| rest.strip_suffix(".nupkg"));
                if let Some(version) = version.and_then(Version::parse) {
                    add(version, path.clone());
                }
            }
            let below = files.binary_search_by(|(file, _)| file.as_str().cmp(&name));
            let below = below.ok().map(|index| &files[index].1);
            for (text, path) in below.into_iter().flat_map(|folder| entries(folder)) {
                if let Some(version) = Version::parse(&text) {
                    add(version, path.join(format!("{name}.{text}.nupkg")));
                }
            }
        }
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        let found: Arc<[_]> = found.into();
        self.found.insert(name, found.clone());
        Ok(found)
    }
}

/// Reads bytes as a package's file, and looks at all that came of it: for the fuzz targets.
#[doc(hidden)]
pub fn fuzz_package(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Some(version) = Version::parse(text) {
            assert_eq!(Version::parse(&version.to_string()), Some(version));
        }
        if let Some(range) = VersionRange::parse(text) {
            assert!(!range.to_string().is_empty());
        }
        let _ = framework::nearness(text);
    }
    let Ok(content) = Content::of(bytes.into()) else {
        return;
    };
    let version = Version::parse(&content.version.to_string());
    assert_eq!(version.as_ref(), Some(&content.version));
    for (name, image) in &content.assemblies {
        assert!(isolator_compile::name(&image.image).is_ok_and(|own| own == *name));
    }
}

/// Names in a folder, in lower case, with their paths.
fn entries(folder: &Path) -> impl Iterator<Item = (String, PathBuf)> {
    std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .take(MOST_FILES)
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().to_str()?.to_ascii_lowercase();
            Some((name, entry.path()))
        })
}

/// Whether a name can be a package's: it becomes part of paths.
fn is_name(name: &str) -> bool {
    const LONGEST: usize = 100;
    !name.is_empty()
        && name.len() <= LONGEST
        && !name.starts_with('.')
        && !name.contains("..")
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// Whether a version is one of these, of which none means all.
fn is_among(version: &Version, only: &[Version]) -> bool {
    only.is_empty() || only.contains(version)
}

fn is_of_dotnet(name: &str) -> bool {
    OF_DOTNET.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_their_folder() {
        for name in ["A", "Newtonsoft.Json", "a-b_c.1"] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "",
            ".",
            "..",
            "a..b",
            ".a",
            "a/b",
            "a\\b",
            "ä",
            "a b",
            "a\0",
            &"a".repeat(101),
        ] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn a_search_lists_a_folder_once_and_has_an_end() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("some.thing/2.0.0")).unwrap();
        for name in [
            "Some.Thing.1.2.0.nupkg",
            "Some.Thing.Else.1.0.0.nupkg",
            "some.nupkg",
            "Some.10.0.0.nupkg",
            "some.9.0.0.nupkg.txt",
        ] {
            std::fs::write(at(name), "").unwrap();
        }
        let packages = Packages::new(vec![folder.path().into()], []).unwrap();
        let mut search = Search::new(&packages);
        let mut versions = |name: &str| -> Vec<String> {
            let found = search.versions(name).unwrap();
            found
                .iter()
                .map(|(version, _)| version.to_string())
                .collect()
        };
        assert_eq!(versions("some.THING"), ["1.2.0", "2.0.0"]);
        std::fs::write(at("some.11.0.0.nupkg"), "").unwrap();
        assert_eq!(versions("some"), ["10.0.0"]);
        assert_eq!(versions("thing"), [""; 0]);
        search.ends = Instant::now();
        std::thread::sleep(Duration::from_millis(1));
        assert!(
            search
                .versions("some")
                .unwrap_err()
                .contains("more than 10 seconds")
        );
    }

    #[test]
    fn what_is_refused_says_why() {
        let ask = |packages: &Packages, name: &str, version: Option<&str>| {
            let request = PackageRequest {
                file: "a.cs".into(),
                line: 3,
                asked: format!("#:package {name}"),
                name: name.into(),
                version: version.map(Into::into),
            };
            packages.resolve(&[request]).unwrap_err().to_string()
        };
        assert_eq!(
            ask(&Packages::default(), "Some.Package", Some("1.0")),
            "a.cs(3,1): error: `#:package Some.Package`: `Some.Package` is not among the packages that scripts may use. `ScriptHostBuilder::allow_package` allows it"
        );
        let nowhere = Packages::new(Vec::new(), ["Some.Package".into()]).unwrap();
        assert_eq!(
            ask(&nowhere, "Some.Package", Some("1.0")),
            "a.cs(3,1): error: `#:package Some.Package`: there is no folder of packages. Name one, with `ScriptHostBuilder::package_folder`"
        );
        let folder = tempfile::tempdir().unwrap();
        let packages = Packages::new(
            vec![folder.path().into()],
            [
                "some.PACKAGE".into(),
                "Pinned@1.0".into(),
                "pinned@3.0.0-rc.1".into(),
            ],
        )
        .unwrap();
        assert!(ask(&packages, "Pinned", Some("2.0.0")).ends_with(
            "scripts may use it in version 1.0.0 or 3.0.0-rc.1, and not in 2.0.0. `ScriptHostBuilder::allow_package` allows it"
        ));
        assert!(ask(&packages, "Pinned", Some("1.0")).contains("there is no package `Pinned`"));
        let wrong = Packages::new(Vec::new(), ["A@x".into()]).unwrap_err();
        assert!(wrong.to_string().contains("`x` is no version"), "{wrong}");
        assert!(
            ask(&packages, "Other", None)
                .contains("`Other` is not among the packages that scripts may use")
        );
        assert!(ask(&packages, "../x", None).ends_with("that is no package's name"));
        assert!(
            ask(&packages, "Some.Package", Some("1.x"))
                .contains("`1.x` is no version: write one such as 1.2.0")
        );
        assert!(
            ask(&packages, "Some.Package", Some("1.0],[2.0"))
                .contains("is no version: write one such as 1.2.0")
        );
        assert!(
            ask(&packages, "Some.Package", Some("1.*"))
                .contains("there is no package `Some.Package`")
        );
        let nowhere = format!(
            "there is no package `Some.Package` in `{}`",
            folder.path().display()
        );
        assert!(ask(&packages, "Some.Package", None).ends_with(&nowhere));
        std::fs::write(
            folder.path().join("Some.Package.1.0.0.nupkg"),
            b"no archive",
        )
        .unwrap();
        assert!(
            ask(&packages, "Some.Package", Some("2.0"))
                .contains("of `Some.Package` there is no version 2.0.0 in")
        );
        assert!(ask(&packages, "Some.Package", None).contains("cannot be used: it is no archive"));
        // For strangers.
        let packages = packages.naming_folders(false);
        assert!(ask(&packages, "Some.Package", None).contains(
            "`#:package Some.Package`: `Some.Package.1.0.0.nupkg` cannot be used: it is no archive"
        ));
        for (name, version, expected) in [
            (
                "Some.Package",
                Some("2.0"),
                "of `Some.Package` there is no version 2.0.0 in the folders of packages that there are, but 1.0.0",
            ),
            (
                "Pinned",
                Some("1.0"),
                "there is no package `Pinned` in the folders of packages that there are",
            ),
        ] {
            let refused = ask(&packages, name, version);
            assert!(refused.ends_with(expected), "{refused}");
        }
    }
}
