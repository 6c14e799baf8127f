//! What sources ask for in their first lines: `#:`, which `dotnet run FILE.cs` reads as its project, and what scripts know, `#r` and `#load`.
//!
//! The compiler sees a comment in place of `#r`, since what it names comes with the compilation, and of `#load` in a program, where Roslyn has no word for it.

use crate::compiler::Offered;
use crate::diagnostic::{Diagnostic, Diagnostics, Position, Range, Severity};
use crate::error::{Error, Result};
use crate::loading::{Asked as AskedSource, Link, Loads};
use crate::options::{Options, Source};
use crate::packages::PackageRequest;

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
    /// What is asked for in vain.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// What the compiler has to say, with what is asked for in vain, and as the sources want warnings to be taken.
    pub fn judge(&self, mut diagnostics: Diagnostics) -> Diagnostics {
        let mut list = self.warnings.clone();
        list.append(&mut diagnostics.list);
        diagnostics.list = list;
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
    let mut reader = Reader {
        offered,
        form,
        options: options.clone(),
        packages: Vec::new(),
        loads: Loads::of(sources.first().map_or("", |first| &first.name)),
        loaded: Vec::new(),
        warnings: Vec::new(),
        judged: Judged::default(),
    };
    let mut seen = Vec::new();
    for (number, source) in sources.iter().enumerate() {
        let place = match number {
            0 => Place::First,
            _ => Place::Other(sources.first().map_or("", |first| &first.name)),
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

/// A directive that a source begins with.
#[derive(Debug, PartialEq, Eq)]
struct Found<'a> {
    kind: Kind,
    /// Its line, counted from 1.
    line: usize,
    /// The bytes before it.
    at: usize,
    /// What stands behind its first word, without blanks around it.
    rest: &'a str,
    /// Whether it stands between `#if` and `#endif`.
    is_conditional: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `#:`
    Project,
    /// `#r`
    Reference,
    /// `#load`
    Load,
}

impl Found<'_> {
    /// As it stands there, without its first mark.
    fn shown(&self) -> String {
        match self.kind {
            Kind::Project => format!(":{}", self.rest),
            Kind::Reference => format!("r {}", self.rest),
            Kind::Load => format!("load {}", self.rest),
        }
    }
}

/// The directives before the first line of code.
fn directives(text: &str) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    let mut in_comment = false;
    let mut conditions = 0usize;
    let mut left = text;
    let mut number = 0;
    while !left.is_empty() {
        let start = text.len() - left.len();
        let (whole, after) = first_line(left);
        left = after;
        number += 1;
        let line = whole.trim_start_matches('\u{feff}').trim_start();
        let at = start + whole.len() - line.len();
        let line = line.trim_end();
        if in_comment {
            in_comment = !line.contains("*/");
        } else if let Some(directive) = line.strip_prefix('#') {
            let word = directive.trim_start_matches([' ', '\t']);
            let end = word
                .find(|letter: char| !letter.is_ascii_alphanumeric())
                .unwrap_or(word.len());
            let (word, rest) = word.split_at(end);
            let (kind, rest) = match (word, directive.strip_prefix(':')) {
                (_, Some(rest)) => (Kind::Project, rest),
                ("r", _) => (Kind::Reference, rest),
                ("load", _) => (Kind::Load, rest),
                ("if", _) => {
                    conditions += 1;
                    continue;
                }
                ("endif", _) => {
                    conditions = conditions.saturating_sub(1);
                    continue;
                }
                _ => continue,
            };
            found.push(Found {
                kind,
                line: number,
                at,
                rest: rest.trim(),
                is_conditional: conditions > 0,
            });
        } else if line.starts_with("/*") {
            in_comment = !line.contains("*/");
        } else if !(line.is_empty() || line.starts_with("//")) {
            break;
        }
    }
    found
}

/// The first line of a text as C# counts lines, without its end, and what stands behind that.
fn first_line(text: &str) -> (&str, &str) {
    let Some(end) = text.find(['\r', '\n', '\u{85}', '\u{2028}', '\u{2029}']) else {
        return (text, "");
    };
    let (line, after) = text.split_at(end);
    let mut next = after.chars();
    let behind = match next.next() {
        Some('\r') => next.as_str().strip_prefix('\n').unwrap_or(next.as_str()),
        _ => next.as_str(),
    };
    (line, behind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loading::Loadable;

    fn asked_of(text: &str, offered: &Offered, form: Form) -> Result<Asked, String> {
        apply(
            &Options::default(),
            &[Source::new("a.cs", text)],
            offered,
            form,
        )
        .map_err(|error| error.to_string())
    }

    fn applied(text: &str) -> Result<Options, String> {
        asked_of(text, &Offered::default(), Form::Program).map(|asked| asked.options)
    }

    #[test]
    fn properties_are_options() {
        let text = "#!/usr/bin/env isolator run\n// first\n/* a\n#:property Nullable=enable */\n#:property Nullable=disable\n#:sdk Microsoft.NET.Sdk\n\
                    #:property allowunsafeblocks = TRUE\n#:property LangVersion=13\nConsole.WriteLine();\n#:package Late@1\n";
        let options = Options::default()
            .nullable(false)
            .allow_unsafe(true)
            .language_version("13");
        assert_eq!(applied(text), Ok(options));
        assert_eq!(applied("int x = 1;"), Ok(Options::default()));
    }

    #[test]
    fn what_changes_nothing_is_taken_and_what_is_not_known_is_a_warning() {
        let text = "#:property PublishAot=false\n#:property TargetFramework=net10.0\n#:property TargetFramework=netstandard2.0\n#:property OutputType=Exe\n\
                    #:property RootNamespace=Shop\n#:property UserSecretsId=1\n#:property Version = 1.2.3\n";
        let asked = asked_of(text, &Offered::default(), Form::Program).unwrap();
        assert_eq!(asked.judge(Diagnostics::default()), Diagnostics::default());
        assert_eq!(asked.options, Options::default());
        let asked = asked_of(
            "\n#:property Colour=red",
            &Offered::default(),
            Form::Program,
        )
        .unwrap();
        assert_eq!(
            asked.judge(Diagnostics::default()).to_string(),
            "a.cs(2,1): warning ISOLATOR1: the property `Colour` has no effect here. Those that have one are Nullable, AllowUnsafeBlocks, LangVersion, \
             ImplicitUsings, Optimize, TreatWarningsAsErrors and NoWarn"
        );
        for (text, expected) in [
            ("TargetFramework=net11.0", "it is `net10.0` or an older one"),
            ("TargetFramework=net48", "it is `net10.0` or an older one"),
            (
                "TargetFramework=net10.0-windows",
                "it is `net10.0` or an older one",
            ),
            ("OutputType=Library", "it is `Exe`: a script is a program"),
            ("CheckForOverflowUnderflow=true", "it is `false` here"),
            ("DefineConstants=X", "write `#define NAME`"),
        ] {
            let message = applied(&format!("#:property {text}")).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn warnings_are_taken_as_the_source_says() {
        let told = |id: &str, severity| Diagnostic {
            id: id.into(),
            severity,
            file: None,
            range: Range::default(),
            message: "m".into(),
        };
        let judged = |text: &str| {
            let asked = asked_of(text, &Offered::default(), Form::Program).unwrap();
            let diagnostics = Diagnostics {
                list: vec![
                    told("CS0168", Severity::Warning),
                    told("CS8600", Severity::Warning),
                ],
                more: 0,
            };
            asked.judge(diagnostics).to_string()
        };
        assert_eq!(judged(""), "warning CS0168: m\nwarning CS8600: m");
        assert_eq!(
            judged("#:property NoWarn=$(NoWarn);168"),
            "warning CS8600: m"
        );
        assert_eq!(
            judged("#:property TreatWarningsAsErrors=true\n#:property NoWarn=cs8600"),
            "error CS0168: m"
        );
    }

    #[test]
    fn packages_are_asked_for_by_name_and_version() {
        let text =
            "#:package Newtonsoft.Json@13.0.3\n\n#:package  Humanizer \n#:package A @ *\nint x;";
        let asked = asked_of(text, &Offered::default(), Form::Program).unwrap();
        let packages: Vec<_> = asked
            .packages
            .iter()
            .map(|asked| (asked.line, &*asked.name, asked.version.as_deref()))
            .collect();
        assert_eq!(
            packages,
            [
                (1, "Newtonsoft.Json", Some("13.0.3")),
                (3, "Humanizer", None),
                (4, "A", Some("*"))
            ]
        );
    }

    #[test]
    fn what_there_is_not_is_named_with_its_line() {
        for (text, expected) in [
            (
                "\n#:package Newtonsoft.Json@\n",
                "a.cs(2,1): error: `#:package Newtonsoft.Json@` has no name, or no version behind `@`: write `#:package NAME@VERSION`",
            ),
            (
                "#:packages x",
                "a.cs(1,1): error: `#:packages` is not known. There are `#:package NAME@VERSION`, and `#:property NAME=VALUE` with Nullable, AllowUnsafeBlocks, \
                 LangVersion, ImplicitUsings, Optimize, TreatWarningsAsErrors and NoWarn",
            ),
            (
                "#:property Nullable=perhaps",
                "a.cs(1,1): error: `#:property Nullable=perhaps`: it is `enable` or `disable`",
            ),
            (
                "#:property Nullable",
                "a.cs(1,1): error: `#:property Nullable` has no `=` between the property's name and its value",
            ),
            (
                "#:sdk Microsoft.NET.Sdk.Web",
                "a.cs(1,1): error: `#:sdk Microsoft.NET.Sdk.Web`: a script has Microsoft.NET.Sdk, and no other one",
            ),
        ] {
            assert_eq!(applied(text), Err(expected.into()), "{text}");
        }
        let second = [
            Source::new("a.cs", "int x;"),
            Source::new("b.cs", "#:property Nullable=enable"),
        ];
        let message = apply(
            &Options::default(),
            &second,
            &Offered::default(),
            Form::Program,
        )
        .unwrap_err()
        .to_string();
        assert_eq!(
            message,
            "b.cs(1,1): error: `#:property Nullable=enable` stands in a source that is not the first one. Put it there, `a.cs`"
        );
    }

    #[test]
    fn what_scripts_know_of_packages_is_the_same() {
        let text = "#r \"nuget: Newtonsoft.Json, 13.0.3\"\n#r\"NuGet:Humanizer\" // later\n# r \"nuget:A,*\"\nint x;\n#r \"nuget: Late\"";
        let asked = asked_of(text, &Offered::default(), Form::Program).unwrap();
        let packages: Vec<_> = asked
            .packages
            .iter()
            .map(|asked| (asked.line, &*asked.name, asked.version.as_deref()))
            .collect();
        assert_eq!(
            packages,
            [
                (1, "Newtonsoft.Json", Some("13.0.3")),
                (2, "Humanizer", None),
                (3, "A", Some("*"))
            ]
        );
        assert_eq!(asked.packages[1].asked, "#r \"NuGet:Humanizer\" // later");
        // The compiler sees comments, and each column where it was.
        assert_eq!(
            asked.sources[0].text,
            "// \"nuget: Newtonsoft.Json, 13.0.3\"\n//\"NuGet:Humanizer\" // later\n//r \"nuget:A,*\"\nint x;\n#r \"nuget: Late\""
        );
    }

    #[test]
    fn libraries_are_those_that_the_host_has() {
        let offered = Offered {
            libraries: vec!["Shop".into()],
            ..Offered::default()
        };
        for name in [
            "Shop",
            "shop.dll",
            "../bin/Shop.DLL",
            "lib\\Shop.exe",
            "Shop, Version=1.0.0.0, Culture=neutral",
        ] {
            let text = format!("#r \"{name}\"\n");
            assert!(
                asked_of(&text, &offered, Form::Submission).is_ok(),
                "{name}"
            );
        }
        assert_eq!(
            asked_of("\n#r \"lib/Other.dll\"", &offered, Form::Program).unwrap_err(),
            "a.cs(2,1): error: `#r \"lib/Other.dll\"`: scripts may not refer to a library `Other`, but to `Shop`. One is given with `ScriptHostBuilder::library`"
        );
        assert_eq!(
            asked_of("#r \"Other\"", &Offered::default(), Form::Program).unwrap_err(),
            "a.cs(1,1): error: `#r \"Other\"`: scripts may not refer to a library `Other`. One is given with `ScriptHostBuilder::library`"
        );
    }

    #[test]
    fn lines_are_csharps() {
        for end in ["\n", "\r\n", "\r", "\u{85}", "\u{2028}"] {
            let text = format!("#!{end}// a{end}\t #r \"nuget: A\"{end}int x;{end}#r \"x\"");
            let asked = asked_of(&text, &Offered::default(), Form::Program).unwrap();
            assert_eq!(asked.packages[0].line, 3, "{end:?}");
        }
        let text = "\u{feff}#r \"nuget: A\"";
        let asked = asked_of(text, &Offered::default(), Form::Program).unwrap();
        assert_eq!(asked.sources[0].text, "\u{feff}// \"nuget: A\"");
    }

    #[test]
    fn what_is_no_directive_of_these_is_let_alone() {
        let text = "#region r\n#nullable enable\n#regular \"x\"\n#loader \"y\"\n#endregion\n/* #r \"x\"\n#load \"y\" */\nint x;";
        let asked = asked_of(text, &Offered::default(), Form::Program).unwrap();
        assert_eq!(asked.sources[0].text, text);
        assert!(asked.packages.is_empty() && asked.loaded.is_empty());
    }

    fn folder() -> (tempfile::TempDir, Offered) {
        let folder = tempfile::tempdir().unwrap();
        let offered = Offered {
            loadable: Loadable::new(Some(folder.path().into())),
            ..Offered::default()
        };
        (folder, offered)
    }

    #[test]
    fn sources_are_loaded_each_once_after_what_they_load() {
        let (folder, offered) = folder();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(
            "lib/one.cs",
            "\u{feff}#load \"two.cs\"\n#load \"../lib/../three.csx\"\n#r \"nuget: A, 1.0\"\nint one;",
        );
        write("lib/two.cs", "#load \"one.cs\"\nint two;");
        write("three.csx", "#load \"lib/two.cs\"\nint three;");
        let text = "#!/usr/bin/env isolator\n#:property Nullable=disable\n#load \"lib/one.cs\"\n#load \"three.csx\"\nint x;";
        let source = [Source::new("scripts/a.cs", text)];
        let loaded = |form| apply(&Options::default(), &source, &offered, form).unwrap();
        let asked = loaded(Form::Program);
        let texts: Vec<(&str, &str)> = asked
            .loaded
            .iter()
            .map(|source| (&*source.name, &*source.text))
            .collect();
        assert_eq!(
            texts,
            [
                ("scripts/lib/two.cs", "//oad \"one.cs\"\nint two;"),
                ("scripts/three.csx", "//oad \"lib/two.cs\"\nint three;"),
                (
                    "scripts/lib/one.cs",
                    "//oad \"two.cs\"\n//oad \"../lib/../three.csx\"\n// \"nuget: A, 1.0\"\nint one;"
                ),
            ]
        );
        assert_eq!(
            asked.sources[0].text,
            "///usr/bin/env isolator\n//property Nullable=disable\n//oad \"lib/one.cs\"\n//oad \"three.csx\"\nint x;"
        );
        assert_eq!((asked.packages.len(), asked.options.nullable), (1, false));
        assert_eq!(asked.packages[0].file, "scripts/lib/one.cs");
        // Roslyn knows it in scripts, and is told where it leads.
        let asked = loaded(Form::Submission);
        assert_eq!(asked.sources[0].text, text);
        assert_eq!(asked.loaded[0].text, "#load \"one.cs\"\nint two;");
        let links: Vec<(&str, &str, &str)> = asked
            .links
            .iter()
            .map(|link| (&*link.from, &*link.path, &*link.name))
            .collect();
        assert!(links.contains(&("", "three.csx", "scripts/three.csx")));
        assert!(links.contains(&("scripts/lib/two.cs", "one.cs", "scripts/lib/one.cs")));
        assert_eq!(links.len(), 6);
    }

    #[test]
    fn what_cannot_be_loaded_says_where_and_why() {
        let (folder, offered) = folder();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("folder.cs")).unwrap();
        std::fs::write(path("text.cs"), b"ab\xff").unwrap();
        let large = std::fs::File::create(path("large.cs")).unwrap();
        large.set_len((16 << 20) + 1).unwrap();
        std::fs::write(path("half.cs"), "x".repeat(9 << 20)).unwrap();
        std::fs::write(path("other.cs"), "x".repeat(9 << 20)).unwrap();
        std::fs::write(path("project.cs"), "\n#:property Nullable=disable").unwrap();
        std::fs::write(path("deep.cs"), "//\n#load \"none.cs\"").unwrap();
        let message = |text: &str| asked_of(text, &offered, Form::Program).unwrap_err();
        for (text, expected) in [
            (
                "#load \"none.cs\"",
                "a.cs(1,1): error: `#load \"none.cs\"`: there is no such file",
            ),
            (
                "\n#load \"deep.cs\"",
                "deep.cs(2,1): error: `#load \"none.cs\"`: ",
            ),
            ("#load \"../a.cs\"", "it leads out of the folder"),
            ("#load \"folder.cs\"", "directory"),
            (
                "#load \"text.cs\"",
                "it is not UTF-8 text, from byte 2 on. Save it as UTF-8",
            ),
            (
                "#load \"large.cs\"",
                "it has 16777217 bytes, and 16777216 are the most here",
            ),
            (
                "#load \"half.cs\"\n#load \"other.cs\"",
                "a.cs(2,1): error: `#load \"other.cs\"`: with it, what is loaded has more than 16777216 bytes",
            ),
            (
                "#load \"project.cs\"",
                "project.cs(2,1): error: `#:property Nullable=disable` stands in a source that another one loads. Put it where the program begins",
            ),
            (
                "#load none.cs",
                "`#load none.cs` is not understood: write `#load \"FILE.cs\"`",
            ),
            ("#load \"none.cs\" x", "is not understood"),
            (
                "#r \"a",
                "is not understood: write `#r \"nuget: NAME, VERSION\"` or `#r \"NAME.dll\"`",
            ),
            (
                "#r \"nuget: , 1\"",
                "has no name, or no version behind the comma",
            ),
            (
                "#r \"nuget: A,\"",
                "has no name, or no version behind the comma",
            ),
            (
                "#if X\n#load \"none.cs\"\n#endif",
                "a.cs(2,1): error: `#load \"none.cs\"` stands behind `#if`",
            ),
        ] {
            let told = message(text);
            assert!(told.contains(expected), "{text}: {told}");
        }
        assert!(asked_of("#if X\n#endif\n#r \"nuget: A\"", &offered, Form::Program).is_ok());
        let told = asked_of("#load \"none.cs\"", &offered, Form::Expression).unwrap_err();
        assert!(told.contains("an expression loads nothing"), "{told}");
        let told = asked_of("#load \"none.cs\"", &Offered::default(), Form::Program).unwrap_err();
        assert_eq!(
            told,
            "a.cs(1,1): error: `#load \"none.cs\"`: there is no folder that sources may be loaded from. Name one, with `ScriptHostBuilder::load_folder`"
        );
    }

    #[test]
    fn so_many_sources_and_no_more_are_loaded() {
        let (folder, offered) = folder();
        for number in 0..=200 {
            let text = format!("#load \"{}.cs\"", number + 1);
            std::fs::write(folder.path().join(format!("{number}.cs")), text).unwrap();
        }
        let told = asked_of("#load \"0.cs\"", &offered, Form::Program).unwrap_err();
        assert_eq!(
            told,
            "199.cs(1,1): error: `#load \"200.cs\"`: more than 200 sources would be loaded"
        );
        std::fs::write(folder.path().join("199.cs"), "").unwrap();
        let asked = asked_of("#load \"0.cs\"", &offered, Form::Program).unwrap();
        assert_eq!(asked.loaded.len(), 200);
    }

    #[cfg(unix)]
    #[test]
    fn no_link_and_no_pipe_is_loaded() {
        use std::os::unix::fs::symlink;
        let (folder, offered) = folder();
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret.cs"), "int secret;").unwrap();
        let path = |name: &str| folder.path().join(name);
        symlink(outside.path().join("secret.cs"), path("link.cs")).unwrap();
        symlink(outside.path(), path("linked")).unwrap();
        symlink(".", path("here")).unwrap();
        symlink("loop.cs", path("loop.cs")).unwrap();
        let made = std::process::Command::new("mkfifo")
            .arg(path("pipe.cs"))
            .status();
        assert!(made.unwrap().success());
        for (name, expected) in [
            ("link.cs", "is a link"),
            ("linked/secret.cs", "is a link"),
            ("here/link.cs", "is a link"),
            ("loop.cs", "is a link"),
            ("pipe.cs", "it is a pipe"),
        ] {
            let text = format!("#load \"{name}\"");
            let told = asked_of(&text, &offered, Form::Program).unwrap_err();
            assert!(told.contains(expected), "{name}: {told}");
            assert!(!told.contains("secret;"), "{told}");
        }
    }
}
