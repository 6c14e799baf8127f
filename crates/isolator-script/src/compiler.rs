//! A compiler that lives: a runtime of its own, begun from the snapshot.

use crate::compilation::{Compilation, Compiled};
use crate::diagnostic::{Diagnostic, Diagnostics, Position, Range, Severity};
use crate::directives;
use crate::error::{Error, Result};
use crate::globals::Globals;
use crate::options::{Kind, Options, Source};
use crate::prepare::{CHECK, COMPILE, EXPRESSION};
use isolator_host::{
    CancelHandle, Error as HostError, IsolatedMethod, IsolatedRuntime, LimitKind, RuntimeStats,
    TrapKind,
};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// A compiler in a sandbox of its own, which lives on from one call to the next: for an editor that checks the same sources again and again, and to be
/// [cancelled](Self::cancel_handle). A source that the compiler cannot bear may end it; then each later call says so.
///
/// [`ScriptHost::check`](crate::ScriptHost::check) and its like begin one for each call, so that no source meets what another one left.
#[derive(Debug)]
pub struct Compiler {
    runtime: IsolatedRuntime,
    options: Options,
}

impl Compiler {
    pub(crate) fn new(runtime: IsolatedRuntime, options: Options) -> Self {
        Self { runtime, options }
    }

    /// Stops it from any thread, also in the middle of a compilation, which is [`Error::Cancelled`] then.
    pub fn cancel_handle(&mut self) -> CancelHandle {
        self.runtime.cancel_handle()
    }

    /// What it has used so far.
    #[must_use]
    pub fn stats(&self) -> RuntimeStats {
        self.runtime.stats()
    }

    /// Says what is wrong with sources.
    ///
    /// # Errors
    /// [`Error::Directive`], [`Error::Options`]; [`Error::CompileLimit`], [`Error::TooDeep`], [`Error::Cancelled`]. Errors in the sources are none.
    pub fn check(&mut self, sources: &[Source]) -> Result<Diagnostics> {
        let options = directives::apply(&self.options, sources)?;
        let outcome = self.call(CHECK, (&files(sources), &Settings::of(&options)))?;
        Ok(outcome.diagnostics())
    }

    /// Compiles sources.
    ///
    /// # Errors
    /// As [`check`](Self::check); [`Error::Compile`] with what is wrong with the sources.
    pub fn compile(&mut self, sources: &[Source]) -> Result<Compilation> {
        let options = directives::apply(&self.options, sources)?;
        let outcome = self.call(COMPILE, (&files(sources), &Settings::of(&options)))?;
        outcome.compilation()
    }

    /// Compiles an expression, for [`ScriptHost::evaluation`](crate::ScriptHost::evaluation).
    ///
    /// # Errors
    /// As [`compile`](Self::compile).
    pub fn compile_expression(
        &mut self,
        expression: &str,
        globals: &Globals,
    ) -> Result<Compilation> {
        let globals: Vec<Global<'_>> = globals
            .types()
            .map(|(name, of)| Global { name, of })
            .collect();
        let options = self.options.clone();
        let settings = Settings::of(&options);
        let outcome = self.call(EXPRESSION, (expression, &globals, &settings))?;
        outcome.compilation()
    }

    fn call(&mut self, method: &str, args: impl Serialize) -> Result<Outcome> {
        let method: IsolatedMethod = self.runtime.kept(method)?;
        let outcome: Outcome = match self.runtime.invoke(&method, args) {
            Ok(outcome) => outcome,
            Err(error) => return Err(self.fault(error)),
        };
        match outcome.failure.as_deref() {
            None => Ok(outcome),
            Some(failure) => {
                let message = outcome.problem.unwrap_or_default();
                Err(match failure {
                    "options" => Error::Options { message },
                    "depth" => Error::TooDeep { message },
                    "memory" => self.out_of_memory(),
                    _ => Error::CompilerFault { message },
                })
            }
        }
    }

    fn fault(&self, error: HostError) -> Error {
        match error {
            HostError::Limit {
                limit,
                allowed,
                used,
            } => Error::CompileLimit {
                limit,
                allowed,
                used,
            },
            HostError::Cancelled => Error::Cancelled,
            HostError::Trap {
                kind: TrapKind::StackOverflow,
                message,
                ..
            } => Error::TooDeep { message },
            HostError::Trap {
                kind: TrapKind::OutOfMemory,
                ..
            } => self.out_of_memory(),
            error => match error.exception().map(|exception| &*exception.type_name) {
                Some("System.OutOfMemoryException") => self.out_of_memory(),
                Some("System.InsufficientExecutionStackException") => Error::TooDeep {
                    message: "the source nests too deep for the compiler".into(),
                },
                _ => Error::Host(error),
            },
        }
    }

    fn out_of_memory(&self) -> Error {
        let used = self.runtime.stats().peak_memory;
        Error::CompileLimit {
            limit: LimitKind::Memory,
            allowed: self.runtime.limits().get_memory().unwrap_or(used),
            used,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct File<'a> {
    name: &'a str,
    text: &'a str,
}

fn files(sources: &[Source]) -> Vec<File<'_>> {
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
struct Global<'a> {
    name: &'a str,
    #[serde(rename = "Type")]
    of: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Settings<'a> {
    kind: Kind,
    nullable: bool,
    #[serde(rename = "Unsafe")]
    allow_unsafe: bool,
    language_version: &'a str,
    implicit_usings: bool,
    usings: &'a [String],
    optimize: bool,
    symbols: bool,
    max_diagnostics: u32,
}

impl<'a> Settings<'a> {
    fn of(options: &'a Options) -> Self {
        Self {
            kind: options.kind,
            nullable: options.nullable,
            allow_unsafe: options.allow_unsafe,
            language_version: options.language_version.as_deref().unwrap_or_default(),
            implicit_usings: options.implicit_usings,
            usings: &options.usings,
            optimize: options.optimize,
            symbols: options.symbols,
            max_diagnostics: options.max_diagnostics.min(i32::MAX as u32),
        }
    }
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
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Outcome {
    assembly: Option<ByteBuf>,
    symbols: Option<ByteBuf>,
    diagnostics: Vec<Told>,
    more: u64,
    is_program: bool,
    is_void: bool,
    failure: Option<String>,
    problem: Option<String>,
}

impl Outcome {
    fn diagnostics(self) -> Diagnostics {
        told(self.diagnostics, self.more)
    }

    fn compilation(self) -> Result<Compilation> {
        let diagnostics = told(self.diagnostics, self.more);
        let Some(assembly) = self.assembly else {
            return Err(Error::Compile(diagnostics));
        };
        Ok(Compilation::new(Compiled {
            assembly: assembly.into_vec().into(),
            symbols: self.symbols.map(|symbols| symbols.into_vec().into()),
            diagnostics,
            is_program: self.is_program,
            is_void: self.is_void,
        }))
    }
}

fn told(list: Vec<Told>, more: u64) -> Diagnostics {
    let at = |line, character| Position { line, character };
    let list = list.into_iter().map(|told| Diagnostic {
        id: told.id,
        severity: told.severity,
        file: told.file,
        range: Range {
            start: at(told.start_line, told.start_column),
            end: at(told.end_line, told.end_column),
        },
        message: told.message,
    });
    Diagnostics {
        list: list.collect(),
        more,
    }
}
