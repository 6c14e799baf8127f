//! `#:property`: what a project file would say.

use super::UNUSED;
use crate::options::Options;

/// What sources say of how they are compiled, for which an embedder has no option.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// What of nullable reference types is there, where that is neither all nor nothing.
    pub nullable: Option<&'static str>,
    pub check_overflow: bool,
    /// Symbols for `#if`.
    pub preprocessor_symbols: Vec<String>,
    /// Warnings that are not told.
    pub no_warn: Vec<String>,
    /// Whether all are errors.
    pub are_errors: bool,
    /// Those that are in any case.
    pub errors: Vec<String>,
    /// Those that are in no case.
    pub no_errors: Vec<String>,
}

impl Said {
    /// Whether a warning is an error.
    pub fn is_error(&self, id: &str) -> bool {
        // What this program has no use for is not wrong.
        id != UNUSED
            && (self.are_errors || is_among(id, &self.errors))
            && !is_among(id, &self.no_errors)
    }
}

/// Whether a warning is among those that are named, of which one name, `nullable`, is that of all about nullable reference types.
pub(super) fn is_among(id: &str, named: &[String]) -> bool {
    named.iter().any(|name| {
        name.eq_ignore_ascii_case(id)
            || name.eq_ignore_ascii_case("nullable") && is_about_nullable(id)
    })
}

fn is_about_nullable(id: &str) -> bool {
    let number = id
        .strip_prefix("CS")
        .and_then(|number| number.parse::<u32>().ok());
    matches!(
        number,
        Some(
            8597
            | 8600..=8655
            | 8667
            | 8669
            | 8670
            | 8714
            | 8762..=8777
            | 8819
            | 8824
            | 8825
            | 8847,
        )
    )
}

/// Properties that have an effect, as messages list them.
pub(super) const EFFECTIVE: &str = "Nullable, AllowUnsafeBlocks, LangVersion, ImplicitUsings, Optimize, CheckForOverflowUnderflow, DefineConstants, TreatWarningsAsErrors, WarningsAsErrors, \
     WarningsNotAsErrors and NoWarn";

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
pub(super) fn property(
    options: &mut Options,
    said: &mut Said,
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
                "warnings" => {
                    said.nullable = Some("warnings");
                    true
                }
                "annotations" => {
                    said.nullable = Some("annotations");
                    true
                }
                _ => return Err(wrong("`enable`, `disable`, `warnings` or `annotations`")),
            }
        }
        "allowunsafeblocks" => options.allow_unsafe = switch()?,
        "implicitusings" => options.implicit_usings = switch()?,
        "optimize" => options.optimize = switch()?,
        "langversion" => options.language_version = Some(value.into()),
        "checkforoverflowunderflow" => said.check_overflow = switch()?,
        "defineconstants" => {
            for symbol in several(value) {
                if !is_symbol(symbol) {
                    return Err(wrong("names with `;` between them, such as `TRACE;MINE`"));
                }
                said.preprocessor_symbols.push(symbol.into());
            }
        }
        "treatwarningsaserrors" => said.are_errors = switch()?,
        "warningsaserrors" => said.errors.extend(ids(value)),
        "warningsnotaserrors" => said.no_errors.extend(ids(value)),
        "nowarn" => said.no_warn.extend(ids(value)),
        "targetframework" if can_run(value) => {}
        "targetframework" => {
            return Err(wrong(
                "`net10.0` or an older one: scripts run on .NET 10, and on no operating system's own libraries",
            ));
        }
        "outputtype"
            if value.eq_ignore_ascii_case("exe") || value.eq_ignore_ascii_case("winexe") => {}
        "outputtype" => return Err(wrong("`Exe`: a script is a program")),
        known if WITHOUT_EFFECT.contains(&known) => {}
        _ => {
            return Ok(Some(format!(
                "the property `{name}` has no effect here. Those that have one are {EFFECTIVE}"
            )));
        }
    }
    Ok(None)
}

/// What a list in a property holds. What it had before, which `$(…)` says, it has in any case.
fn several(value: &str) -> impl Iterator<Item = &str> {
    let parts = value.split([';', ',', ' ', '\t']);
    parts.filter(|part| !part.is_empty() && !part.starts_with("$("))
}

/// The ids of warnings in such a list.
fn ids(value: &str) -> impl Iterator<Item = String> {
    several(value).map(|id| {
        let number = match id.split_at_checked(2) {
            Some((start, rest)) if start.eq_ignore_ascii_case("CS") => rest,
            _ => id,
        };
        // A number alone is one of the compiler's, which writes it so.
        match !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) {
            true => format!("CS{number:0>4}"),
            false => id.to_owned(),
        }
    })
}

/// Whether it can be a symbol for `#if`.
fn is_symbol(text: &str) -> bool {
    let is_letter = |letter: char| letter.is_alphabetic() || letter == '_';
    text.starts_with(is_letter)
        && text
            .chars()
            .all(|letter| is_letter(letter) || letter.is_numeric())
        && !["true", "false"].contains(&text)
}
