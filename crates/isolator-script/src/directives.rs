//! What sources ask for in their first lines: `#:`, which `dotnet run FILE.cs` reads as its project, and what scripts know, `#r` and `#load`.
//!
//! The compiler sees a comment in place of `#r`, since what it names comes with the compilation, and of `#load` in a program, where Roslyn has no word for it.

mod scan;
#[cfg(test)]
mod tests;

use crate::compiler::Offered;
use crate::diagnostic::{Diagnostic, Diagnostics, Position, Range, Severity};
use crate::error::{Error, Result};
use crate::loading::{Asked as AskedSource, Link, Loads};
use crate::options::{Options, Source};
use crate::packages::PackageRequest;
use scan::{Found, Kind, directives};

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
    judged: Judged,
}

/// What sources say of warnings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Judged {
    are_errors: bool,
    /// Those that are not told.
    left_out: Vec<String>,
}

impl Asked {
    /// What the compiler has to say, behind what is asked for in vain.
    pub fn told(&self, mut diagnostics: Diagnostics) -> Diagnostics {
        let warnings = self.warnings.iter().cloned();
        diagnostics.list.splice(..0, warnings);
        diagnostics
    }

    /// The same, as the sources want warnings to be taken.
    pub fn judge(&self, diagnostics: Diagnostics) -> Diagnostics {
        let mut diagnostics = self.told(diagnostics);
        let Judged {
            are_errors,
            left_out,
        } = &self.judged;
        let is_warning = |told: &Diagnostic| told.severity == Severity::Warning;
        diagnostics.list.retain(|told| {
            !is_warning(told) || !left_out.iter().any(|id| told.id.eq_ignore_ascii_case(id))
        });
        if *are_errors {
            for told in &mut diagnostics.list {
                // What this program has no use for is not wrong.
                if is_warning(told) && told.id != UNUSED {
                    told.severity = Severity::Error;
                }
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
        warnings: Vec::new(),
        judged: Judged::default(),
    };
    let mut seen = Vec::new();
    for (number, source) in sources.iter().enumerate() {
        let place = match number {
            0 => Place::First,
            _ => Place::Other(first),
        };
        seen.push(reader.read(source, &place)?);
    }
    // They may become a part of one source, in the middle of which there are no such lines.
    if !reader.loaded.is_empty() && form == Form::Program {
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
        judged: reader.judged,
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
    warnings: Vec<Diagnostic>,
    judged: Judged,
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
                _ if found.is_conditional && found.kind != Kind::Project => {
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
        match directive.strip_prefix("package") {
            Some(rest) if rest.is_empty() || rest.starts_with(char::is_whitespace) => {
                let (name, version) = package(rest.trim())?;
                self.ask(source, found, name, version);
                Ok(())
            }
            _ => {
                if let Some(message) = one(&mut self.options, &mut self.judged, directive)? {
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

/// Takes over what a line says. The result is what there is to say of one that changes nothing.
fn one(
    options: &mut Options,
    judged: &mut Judged,
    directive: &str,
) -> Result<Option<String>, String> {
    let (kind, rest) = directive
        .split_once(char::is_whitespace)
        .unwrap_or((directive, ""));
    let rest = rest.trim();
    match kind {
        "property" => property(options, judged, rest),
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

/// Properties that have an effect, as messages list them.
const EFFECTIVE: &str = "Nullable, AllowUnsafeBlocks, LangVersion, ImplicitUsings, Optimize, TreatWarningsAsErrors and NoWarn";

/// Properties that say how a program is built, published or described, in lower case: a script runs the same with any value of them.
const WITHOUT_EFFECT: &[&str] = &[
    "analysislevel",
    "analysismode",
    "assemblyname",
    "assemblytitle",
    "assemblyversion",
    "authors",
    "company",
    "concurrentgarbagecollection",
    "configuration",
    "copyright",
    "debugsymbols",
    "debugtype",
    "description",
    "deterministic",
    "enableanalyzers",
    "enablenetanalyzers",
    "enforcecodestyleinbuild",
    "eventsourcesupport",
    "experimentalfilebasedprogramenabletransitivedirectives",
    "filebasedprogram",
    "fileversion",
    "generatedocumentationfile",
    "informationalversion",
    "invariantglobalization",
    "isaotcompatible",
    "ispackable",
    "istrimmable",
    "nugetaudit",
    "outputpath",
    "packageid",
    "packageversion",
    "packastool",
    "platformtarget",
    "predefinedculturesonly",
    "product",
    "publishaot",
    "publishdir",
    "publishreadytorun",
    "publishsinglefile",
    "publishtrimmed",
    "rollforward",
    "rootnamespace",
    "runtimeidentifier",
    "runtimeidentifiers",
    "satelliteresourcelanguages",
    "selfcontained",
    "servergarbagecollection",
    "stripsymbols",
    "tieredcompilation",
    "tieredpgo",
    "toolcommandname",
    "trimmode",
    "usesystemresourcekeys",
    "usersecretsid",
    "version",
    "versionprefix",
    "versionsuffix",
    "warninglevel",
];

/// Whether what was written for this framework can run: .NET 10 runs what was for an older one.
fn can_run(framework: &str) -> bool {
    let framework = framework.to_ascii_lowercase();
    let older = ["netstandard", "netcoreapp"];
    older.iter().any(|older| framework.starts_with(older))
        || framework
            .strip_prefix("net")
            .and_then(|version| version.split_once('.'))
            .and_then(|(major, minor)| {
                Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))
            })
            .is_some_and(|version| ((5, 0)..=(10, 0)).contains(&version))
}

/// A property. The result is what there is to say of one that changes nothing and is not known for that.
fn property(
    options: &mut Options,
    judged: &mut Judged,
    text: &str,
) -> Result<Option<String>, String> {
    let (name, value) = text
        .split_once('=')
        .map(|(name, value)| (name.trim(), value.trim()))
        .ok_or_else(|| {
            format!("`#:property {text}` has no `=` between the property's name and its value")
        })?;
    let wrong = |allowed: &str| format!("`#:property {name}={value}`: it is {allowed}");
    // As MSBuild compares: names and values in any case.
    let switch = || match &*value.to_ascii_lowercase() {
        "true" | "enable" => Ok(true),
        "false" | "disable" => Ok(false),
        _ => Err(wrong("`true` or `false`")),
    };
    match &*name.to_ascii_lowercase() {
        "nullable" => {
            options.nullable = match &*value.to_ascii_lowercase() {
                "enable" => true,
                "disable" => false,
                _ => return Err(wrong("`enable` or `disable`")),
            }
        }
        "allowunsafeblocks" => options.allow_unsafe = switch()?,
        "implicitusings" => options.implicit_usings = switch()?,
        "optimize" => options.optimize = switch()?,
        "langversion" => options.language_version = Some(value.into()),
        "treatwarningsaserrors" => judged.are_errors = switch()?,
        "nowarn" => {
            let ids = value.split([';', ',']).map(str::trim);
            let ids = ids.filter(|id| !id.is_empty() && !id.starts_with("$("));
            judged.left_out.extend(ids.map(|id| {
                // A number alone is one of the compiler's.
                match id.bytes().all(|byte| byte.is_ascii_digit()) {
                    true => format!("CS{id:0>4}"),
                    false => id.to_owned(),
                }
            }));
        }
        "targetframework" if can_run(value) => {}
        "targetframework" => {
            return Err(wrong(
                "`net10.0` or an older one: scripts run on .NET 10, and on no operating system's own libraries",
            ));
        }
        "outputtype"
            if value.eq_ignore_ascii_case("exe") || value.eq_ignore_ascii_case("winexe") => {}
        "outputtype" => return Err(wrong("`Exe`: a script is a program")),
        // These change what code does, so that leaving them out would compute something else.
        "checkforoverflowunderflow" => {
            if switch()? {
                return Err(wrong(
                    "`false` here: write `checked { … }` around what is to be checked",
                ));
            }
        }
        "defineconstants" => {
            return Err(format!(
                "`#:property {name}` is not known here: write `#define NAME` before the first line of code"
            ));
        }
        known if WITHOUT_EFFECT.contains(&known) => {}
        _ => {
            return Ok(Some(format!(
                "the property `{name}` has no effect here. Those that have one are {EFFECTIVE}"
            )));
        }
    }
    Ok(None)
}
