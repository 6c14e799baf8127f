//! What crosses to the compiler and back: the twin of `Values.cs`.

use crate::compilation::{Compilation, Compiled};
use crate::compiler::Offered;
use crate::completion::Completion;
use crate::diagnostic::{Diagnostic, Diagnostics, MappedPlace, Position, Range, Severity};
use crate::directives::Asked;
use crate::error::{Error, Result};
use crate::globals::Globals;
use crate::hot::Heat;
use crate::loading::Link;
use crate::options::{Kind, Options, Source};
use crate::packages::Package;
use isolator_host::AssemblyImage;
use serde::{Deserialize, Serialize};
use serde_bytes::{ByteBuf, Bytes};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct File<'a> {
    name: &'a str,
    text: &'a str,
}

pub(crate) fn files(sources: &[Source]) -> Vec<File<'_>> {
    sources
        .iter()
        .map(|source| File {
            name: &source.name,
            text: &source.text,
        })
        .collect()
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Global<'a> {
    name: &'a str,
    #[serde(rename = "Type")]
    of: &'a str,
}

pub(crate) fn globals(globals: &Globals) -> Vec<Global<'_>> {
    globals
        .types()
        .map(|(name, of)| Global { name, of })
        .collect()
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Settings<'a> {
    kind: Kind,
    nullable: &'static str,
    check_overflow: bool,
    preprocessor_symbols: &'a [String],
    no_warn: &'a [String],
    /// Whether all warnings are errors, which are, and which are not in any case.
    are_errors: bool,
    errors: &'a [String],
    no_errors: &'a [String],
    #[serde(rename = "Unsafe")]
    allow_unsafe: bool,
    language_version: &'a str,
    implicit_usings: bool,
    usings: &'a [String],
    optimize: bool,
    symbols: bool,
    max_diagnostics: u32,
    /// Of the assembly; empty where nobody minds.
    pub name: String,
    functions: bool,
    libraries: Vec<&'a Bytes>,
    loaded: Vec<File<'a>>,
    links: &'a [Link],
}

/// A submission that ran, as a session is taken up with it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Earlier<'a> {
    text: &'a str,
    preprocessor_symbols: &'a [String],
    loaded: Vec<File<'a>>,
    links: &'a [Link],
}

impl<'a> Earlier<'a> {
    pub fn of(
        text: &'a str,
        preprocessor_symbols: &'a [String],
        loaded: &'a [Source],
        links: &'a [Link],
    ) -> Self {
        Self {
            text,
            preprocessor_symbols,
            loaded: files(loaded),
            links,
        }
    }
}

impl<'a> Settings<'a> {
    /// Options, with the library of the host's functions and with packages.
    pub fn of(
        options: &'a Options,
        functions: Option<&'a AssemblyImage>,
        packages: &'a [Package],
    ) -> Self {
        let packages = packages.iter().flat_map(Package::assemblies);
        let libraries = functions
            .into_iter()
            .chain(packages.map(|(_, image)| image))
            .map(|library| Bytes::new(&library.image));
        Self {
            kind: options.kind,
            nullable: match options.nullable {
                true => "enable",
                false => "disable",
            },
            check_overflow: false,
            preprocessor_symbols: &[],
            no_warn: &[],
            are_errors: false,
            errors: &[],
            no_errors: &[],
            allow_unsafe: options.allow_unsafe,
            language_version: options.language_version.as_deref().unwrap_or_default(),
            implicit_usings: options.implicit_usings,
            usings: &options.usings,
            optimize: options.optimize,
            symbols: options.symbols,
            max_diagnostics: options.max_diagnostics.min(i32::MAX as u32),
            name: String::new(),
            functions: functions.is_some(),
            libraries: libraries.collect(),
            loaded: Vec::new(),
            links: &[],
        }
    }

    /// What sources ask for: options, and the sources that they load.
    pub fn asked(asked: &'a Asked, offered: &'a Offered, packages: &'a [Package]) -> Self {
        let said = &asked.said;
        let settings = Self::of(&asked.options, offered.functions.as_ref(), packages);
        Self {
            nullable: said.nullable.unwrap_or(settings.nullable),
            check_overflow: said.check_overflow,
            preprocessor_symbols: &said.preprocessor_symbols,
            no_warn: &said.no_warn,
            are_errors: said.are_errors,
            errors: &said.errors,
            no_errors: &said.no_errors,
            loaded: files(&asked.loaded),
            links: &asked.links,
            ..settings
        }
    }
}

/// What the compiler answers, or why it has no answer.
pub(crate) trait Answer {
    fn failure(&mut self) -> Option<(String, String)>;
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Told {
    id: String,
    severity: Severity,
    file: Option<String>,
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
    mapped_file: Option<String>,
    mapped_start_line: u32,
    mapped_start_column: u32,
    mapped_end_line: u32,
    mapped_end_column: u32,
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Outcome {
    pub assembly: Option<ByteBuf>,
    pub symbols: Option<ByteBuf>,
    diagnostics: Vec<Told>,
    more: u64,
    is_program: bool,
    is_void: bool,
    pub type_name: Option<String>,
    pub assembly_name: Option<String>,
    pub has_value: bool,
    pub is_empty: bool,
    pub names: Vec<String>,
    failure: Option<String>,
    problem: Option<String>,
}

impl Answer for Outcome {
    fn failure(&mut self) -> Option<(String, String)> {
        Some((
            self.failure.take()?,
            self.problem.take().unwrap_or_default(),
        ))
    }
}

impl Outcome {
    pub fn diagnostics(&mut self) -> Diagnostics {
        let list = std::mem::take(&mut self.diagnostics).into_iter();
        let list = list.map(|told| Diagnostic {
            id: told.id,
            severity: told.severity,
            file: told.file,
            range: range(
                (told.start_line, told.start_column),
                (told.end_line, told.end_column),
            ),
            message: told.message,
            mapped: told.mapped_file.map(|file| MappedPlace {
                file,
                range: range(
                    (told.mapped_start_line, told.mapped_start_column),
                    (told.mapped_end_line, told.mapped_end_column),
                ),
            }),
        });
        Diagnostics {
            list: list.collect(),
            more: self.more,
        }
    }

    /// What was compiled. `judge` says how what there is to say of it is taken.
    pub fn compilation(
        mut self,
        packages: Vec<Package>,
        judge: impl FnOnce(Diagnostics) -> Diagnostics,
    ) -> Result<Compilation> {
        let diagnostics = judge(self.diagnostics());
        let image = match self.image() {
            Some(image) if !diagnostics.has_errors() => image,
            _ => return Err(Error::Compile(diagnostics)),
        };
        Ok(Compilation::new(Compiled {
            heat: Heat::default(),
            image,
            packages,
            diagnostics,
            is_program: self.is_program,
            is_void: self.is_void,
        }))
    }

    /// The assembly with its symbols, if there is one.
    pub fn image(&mut self) -> Option<AssemblyImage> {
        let image = AssemblyImage::new(self.assembly.take()?.into_vec());
        Some(match self.symbols.take() {
            Some(symbols) => image.with_symbols(symbols.into_vec()),
            None => image,
        })
    }
}

fn range(start: (u32, u32), end: (u32, u32)) -> Range {
    let at = |(line, character)| Position { line, character };
    Range {
        start: at(start),
        end: at(end),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    text: String,
    kind: String,
    detail: Option<String>,
    using: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Completions {
    items: Vec<Item>,
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
    failure: Option<String>,
    problem: Option<String>,
}

impl Answer for Completions {
    fn failure(&mut self) -> Option<(String, String)> {
        Some((
            self.failure.take()?,
            self.problem.take().unwrap_or_default(),
        ))
    }
}

impl Completions {
    pub fn list(self) -> Vec<Completion> {
        let replaces = range(
            (self.start_line, self.start_column),
            (self.end_line, self.end_column),
        );
        let items = self.items.into_iter();
        items
            .map(|item| Completion {
                text: item.text,
                kind: item.kind,
                detail: item.detail,
                using: item.using,
                replaces,
            })
            .collect()
    }
}

/// A whole answer that cannot fail.
impl Answer for bool {
    fn failure(&mut self) -> Option<(String, String)> {
        None
    }
}
