//! What sources ask for in their first lines: `#:`, which `dotnet run FILE.cs` reads as its project, and what scripts know, `#r` and `#load`.
//!
//! The compiler sees a comment in place of `#r`, since what it names comes with the compilation, and of `#load` in a program, where Roslyn has no word for it.

mod properties;
mod scan;
#[cfg(test)]
mod tests;

use crate::compiler::Offered;
use crate::diagnostic::{Diagnostic, Diagnostics, Position, Range, Severity};
use crate::error::{Error, Result};
use crate::loading::{Asked as AskedSource, Link, Loads};
use crate::options::{Options, Source};
use crate::packages::PackageRequest;
use properties::{EFFECTIVE, Said, is_among, property};
use scan::{Found, Kind, directives};

/// Lines of this kind that all sources together may have.
const MOST: usize = 500;
/// Characters of one.
const LONGEST: usize = 4096;

/// What sources ask for.
#[derive(Debug)]
pub(crate) struct Asked {
    pub options: Options,
    pub packages: Vec<PackageRequest>,
    /// The sources, as the compiler is to see them.
    pub sources: Vec<Source>,
    /// What the first of them loads, each after those that it loads itself.
    pub loaded: Vec<Source>,
    pub links: Vec<Link>,
    /// What is asked for in vain.
    warnings: Vec<Diagnostic>,
    pub said: Said,
}

impl Asked {
    /// What the compiler has to say, behind what is asked for in vain, as the sources want warnings to be taken.
    pub fn judge(&self, mut diagnostics: Diagnostics) -> Diagnostics {
        let warnings = self.warnings.iter().cloned();
        diagnostics.list.splice(..0, warnings);
        let is_warning = |told: &Diagnostic| told.severity == Severity::Warning;
        diagnostics
            .list
            .retain(|told| !is_warning(told) || !is_among(&told.id, &self.said.no_warn));
        for told in &mut diagnostics.list {
            if is_warning(told) && self.said.is_error(&told.id) {
                told.severity = Severity::Error;
            }
        }
        diagnostics
    }

    /// The text of the only source.
    pub fn text(&self) -> &str {
        self.sources.first().map_or("", |source| &source.text)
    }
}

/// What sources are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Of a program or a library.
    Program,
    /// The submission of a session.
    Submission,
    /// An expression, which loads nothing.
    Expression,
}

/// What the first source's lines say, on top of these options.
///
/// # Errors
/// What is asked for that there is not, with its line.
pub(crate) fn apply(
    options: &Options,
    sources: &[Source],
    offered: &Offered,
    form: Form,
) -> Result<Asked> {
    let first = sources.first().map_or("", |first| &*first.name);
    let mut reader = Reader {
        offered,
        form,
        options: options.clone(),
        packages: Vec::new(),
        loads: Loads::of(first),
        loaded: Vec::new(),
        read: 0,
        known: Vec::new(),
        warnings: Vec::new(),
        said: Said::default(),
    };
    let mut seen = Vec::new();
    for (number, source) in sources.iter().enumerate() {
        let place = match number {
            0 => Place::First,
            _ => Place::Other(first),
        };
        seen.push(reader.read(source, &place)?);
    }
    // They may become a part of one source, in the middle of which there are no such lines; and an expression is one.
    if form == Form::Expression || form == Form::Program && !reader.loaded.is_empty() {
        for source in &mut seen {
            source.text = without_project(&source.text);
        }
    }
    Ok(Asked {
        options: reader.options,
        packages: reader.packages,
        sources: seen,
        loaded: reader.loaded,
        links: reader.loads.links,
        warnings: reader.warnings,
        said: reader.said,
    })
}

/// Where a source stands among the others.
enum Place<'a> {
    First,
    /// With the name of the first one.
    Other(&'a str),
    /// It was loaded, and lies in this folder below that of the first one.
    Loaded(Vec<String>),
}

struct Reader<'a> {
    offered: &'a Offered,
    form: Form,
    options: Options,
    packages: Vec<PackageRequest>,
    loads: Loads,
    loaded: Vec<Source>,
    /// How many lines were read.
    read: usize,
    /// What `#:` lines are about, with their lines.
    known: Vec<(String, usize)>,
    warnings: Vec<Diagnostic>,
    said: Said,
}

impl Reader<'_> {
    /// Reads a source's lines, and what it loads. The result is what the compiler sees of it.
    fn read(&mut self, source: &Source, place: &Place<'_>) -> Result<Source> {
        let mut seen = source.clone();
        for found in directives(&source.text) {
            let refused = |message: String| Error::Directive {
                file: source.name.clone(),
                line: found.line,
                message,
            };
            self.read += 1;
            if self.read > MOST {
                return Err(refused(format!(
                    "it is one line too many that says what sources need: there may be {MOST} of `#:`, `#r` and `#load`"
                )));
            }
            if found.rest.len() > LONGEST {
                return Err(refused(format!(
                    "the line has {} bytes, and may have {LONGEST}",
                    found.rest.len()
                )));
            }
            match (found.kind, place) {
                (_, Place::Other(first)) => {
                    return Err(refused(format!(
                        "`#{}` stands in a source that is not the first one. Put it there, `{first}`",
                        found.shown()
                    )));
                }
                (Kind::Project, Place::Loaded(_)) => {
                    return Err(refused(format!(
                        "`#{}` stands in a source that another one loads. Put it where the program begins",
                        found.shown()
                    )));
                }
                _ if found.is_conditional => {
                    return Err(refused(format!(
                        "`#{}` stands behind `#if`, where it cannot be: what a source asks for depends on no symbol",
                        found.shown()
                    )));
                }
                (Kind::Project, Place::First) => {
                    self.project(source, &found, found.rest).map_err(refused)?;
                }
                (Kind::Reference, _) => {
                    let name = quoted("r", found.rest).map_err(refused)?;
                    self.reference(source, &found, name).map_err(refused)?;
                    comment_out(&mut seen.text, found.at);
                }
                (Kind::Load, _) => {
                    let path = quoted("load", found.rest).map_err(refused)?;
                    self.load(source, place, path, &refused)?;
                    // In scripts Roslyn knows it.
                    if self.form != Form::Submission {
                        comment_out(&mut seen.text, found.at);
                    }
                }
            }
        }
        Ok(seen)
    }

    fn project(
        &mut self,
        source: &Source,
        found: &Found<'_>,
        directive: &str,
    ) -> Result<(), String> {
        let topic = topic(directive);
        if let Some((_, line)) = self.known.iter().find(|(known, _)| *known == topic) {
            return Err(format!(
                "`#:{directive}`: line {line} is about the same. Leave one of them out"
            ));
        }
        self.known.push((topic, found.line));
        match directive.strip_prefix("package") {
            Some(rest) if rest.is_empty() || rest.starts_with(char::is_whitespace) => {
                let (name, version) = package(rest.trim())?;
                self.ask(source, found, name, version);
                Ok(())
            }
            _ => {
                if let Some(message) = one(&mut self.options, &mut self.said, directive)? {
                    self.warnings.push(in_vain(source, found, message));
                }
                Ok(())
            }
        }
    }

    /// `#r`: a package, or a library that there is in any case.
    fn reference(&mut self, source: &Source, found: &Found<'_>, text: &str) -> Result<(), String> {
        const NUGET: &str = "nuget:";
        let is_package = text
            .get(..NUGET.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(NUGET));
        if is_package {
            let (name, version) = of_nuget(text.get(NUGET.len()..).unwrap_or_default())
                .ok_or_else(|| {
                    format!("`#r \"{text}\"` has no name, or no version behind the comma: write `#r \"nuget: NAME, VERSION\"`")
                })?;
            self.ask(source, found, name, version);
            return Ok(());
        }
        let name = library(text);
        match self.offered.has_library(name)? {
            true => Ok(()),
            false => Err(format!(
                "`#r \"{text}\"`: scripts may not refer to a library `{name}`{}. One is given with `ScriptHostBuilder::library`",
                self.offered.shown_libraries()
            )),
        }
    }

    fn ask(&mut self, source: &Source, found: &Found<'_>, name: String, version: Option<String>) {
        self.packages.push(PackageRequest {
            file: source.name.clone(),
            line: found.line,
            asked: format!("#{}", found.shown()),
            name,
            version,
        });
    }

    /// `#load`, with all that this loads itself.
    fn load(
        &mut self,
        source: &Source,
        place: &Place<'_>,
        path: &str,
        refused: &dyn Fn(String) -> Error,
    ) -> Result<()> {
        let refused = |why: &str| refused(format!("`#load \"{path}\"`: {why}"));
        if self.form == Form::Expression {
            return Err(refused("an expression loads nothing. Write a script"));
        }
        let (from, folder): (&str, &[String]) = match place {
            Place::Loaded(folder) => (&source.name, folder),
            _ => ("", &[]),
        };
        let loadable = &self.offered.loadable;
        let asked = loadable.load(&mut self.loads, from, folder, path);
        match asked.map_err(|why| refused(&why))? {
            AskedSource::Known => Ok(()),
            AskedSource::New(folder, other) => {
                let other = self.read(&other, &Place::Loaded(folder))?;
                self.loaded.push(other);
                Ok(())
            }
        }
    }
}

/// What a warning of a line that changes nothing is called.
const UNUSED: &str = "ISOLATOR1";

/// A warning of a line that changes nothing.
fn in_vain(source: &Source, found: &Found<'_>, message: String) -> Diagnostic {
    let line = u32::try_from(found.line.saturating_sub(1)).unwrap_or(u32::MAX);
    let at = |character| Position { line, character };
    let length = found.shown().encode_utf16().count() + 1;
    Diagnostic {
        id: UNUSED.into(),
        severity: Severity::Warning,
        file: Some(source.name.clone()),
        range: Range {
            start: at(0),
            end: at(u32::try_from(length).unwrap_or(u32::MAX)),
        },
        message,
        mapped: None,
    }
}

/// Has the compiler see a comment in place of a directive, of which all columns stay.
fn comment_out(text: &mut String, at: usize) {
    // `#` and a letter, a blank, or the mark behind it: two bytes, and so two columns.
    text.replace_range(at..at + 2, "//");
}

/// The same for lines that only a first source has, `#:` and `#!`.
fn without_project(text: &str) -> String {
    let mut seen = text.to_owned();
    for found in directives(text) {
        if found.kind == Kind::Project {
            comment_out(&mut seen, found.at);
        }
    }
    if text.starts_with("#!") {
        comment_out(&mut seen, 0);
    }
    seen
}

/// What stands between quotation marks, and alone in its line.
fn quoted<'a>(directive: &str, rest: &'a str) -> Result<&'a str, String> {
    let wrong = || {
        let example = match directive {
            "r" => "#r \"nuget: NAME, VERSION\"` or `#r \"NAME.dll\"",
            _ => "#load \"FILE.cs\"",
        };
        format!("`#{directive} {rest}` is not understood: write `{example}`")
    };
    let (text, behind) = rest
        .strip_prefix('"')
        .and_then(|rest| rest.split_once('"'))
        .ok_or_else(wrong)?;
    let behind = behind.trim();
    match behind.is_empty() || behind.starts_with("//") {
        true => Ok(text),
        false => Err(wrong()),
    }
}

/// A package's name and version, which may be missing, behind `nuget:`.
fn of_nuget(text: &str) -> Option<(String, Option<String>)> {
    let (name, version) = match text.split_once(',') {
        Some((name, version)) => (name.trim(), Some(version.trim().to_owned())),
        None => (text.trim(), None),
    };
    (!name.is_empty() && version.as_deref() != Some("")).then(|| (name.to_owned(), version))
}

/// The name of a library in a path to it, or in its full name.
fn library(text: &str) -> &str {
    let name = text.split(',').next().unwrap_or_default().trim();
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = name.rsplit_once('.').filter(|(_, suffix)| {
        suffix.eq_ignore_ascii_case("dll") || suffix.eq_ignore_ascii_case("exe")
    });
    stem.map_or(name, |(stem, _)| stem)
}

/// What a line is about, behind `#:`: its first word, and the name that comes next.
fn topic(directive: &str) -> String {
    let (kind, rest) = directive
        .split_once(char::is_whitespace)
        .unwrap_or((directive, ""));
    let name = rest.split(['=', '@']).next().unwrap_or_default().trim();
    format!("{kind} {}", name.to_ascii_lowercase())
}

/// Takes over what a line says. The result is what there is to say of one that changes nothing.
fn one(options: &mut Options, said: &mut Said, directive: &str) -> Result<Option<String>, String> {
    let (kind, rest) = directive
        .split_once(char::is_whitespace)
        .unwrap_or((directive, ""));
    let rest = rest.trim();
    match kind {
        "property" => property(options, said, rest),
        "project" => Err(format!(
            "`#:project {rest}`: projects are not built here. Build it, and offer its assembly to scripts with `ScriptHostBuilder::library`"
        )),
        "sdk" if rest == "Microsoft.NET.Sdk" => Ok(None),
        "sdk" => Err(format!(
            "`#:sdk {rest}`: a script has Microsoft.NET.Sdk, and no other one"
        )),
        _ => Err(format!(
            "`#:{kind}` is not known. There are `#:package NAME@VERSION`, and `#:property NAME=VALUE` with {EFFECTIVE}"
        )),
    }
}

/// A package's name and version, which may be missing.
fn package(text: &str) -> Result<(String, Option<String>), String> {
    let (name, version) = match text.split_once('@') {
        Some((name, version)) => (name.trim(), Some(version.trim().to_owned())),
        None => (text, None),
    };
    match name.is_empty() || version.as_deref() == Some("") {
        true => Err(format!(
            "`#:package {text}` has no name, or no version behind `@`: write `#:package NAME@VERSION`"
        )),
        false => Ok((name.to_owned(), version)),
    }
}
