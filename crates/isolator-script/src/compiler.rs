//! A compiler that lives: a runtime of its own, begun from the snapshot.

use crate::compilation::Compilation;
use crate::completion::{Completion, utf16_position};
use crate::diagnostic::Diagnostics;
use crate::directives;
use crate::error::{Error, Result};
use crate::globals::Globals;
use crate::options::{Options, Source};
use crate::packages::Packages;
use crate::prepare::{CHECK, COMPILE, COMPLETE, EXPRESSION, FUNCTIONS, add_part};
use crate::wire::{Answer, Completions, Outcome, Settings, files, globals};
use isolator_host::{
    AssemblyImage, CancelHandle, Error as HostError, IsolatedMethod, IsolatedRuntime, LimitKind,
    RuntimeStats, TrapKind,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// A compiler in a sandbox of its own, which lives on from one call to the next: for an editor that checks the same sources again and again, and to be
/// [cancelled](Self::cancel_handle). A source that the compiler cannot bear may end it; then each later call is [`Error::CompilerEnded`], which says why.
///
/// [`ScriptHost::check`](crate::ScriptHost::check) and its like begin one for each call, so that no source meets what another one left.
#[derive(Debug)]
pub struct Compiler {
    runtime: IsolatedRuntime,
    options: Options,
    offered: Arc<Offered>,
    /// What ended it.
    ended: Option<String>,
}

/// What sources find beside the libraries that the compiler was prepared with.
#[derive(Debug, Default)]
pub(crate) struct Offered {
    /// The library of the host's functions.
    pub functions: Option<AssemblyImage>,
    pub packages: Packages,
}

impl Compiler {
    pub(crate) fn new(runtime: IsolatedRuntime, options: Options) -> Self {
        Self {
            runtime,
            options,
            offered: Arc::default(),
            ended: None,
        }
    }

    /// With more that sources find.
    pub(crate) fn offering(mut self, offered: Arc<Offered>) -> Self {
        self.offered = offered;
        self
    }

    pub(crate) fn into_runtime(self) -> IsolatedRuntime {
        self.runtime
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
    /// [`Error::Directive`], [`Error::Options`]; [`Error::CompileLimit`], [`Error::TooDeep`], [`Error::Cancelled`]; [`Error::CompilerEnded`] after one that ended it. Errors in the
    /// sources are none.
    pub fn check(&mut self, sources: &[Source]) -> Result<Diagnostics> {
        let asked = directives::apply(&self.options, sources)?;
        let offered = self.offered.clone();
        let packages = offered.packages.resolve(&asked.packages)?;
        let settings = Settings::of(&asked.options, offered.functions.as_ref(), &packages);
        let mut outcome: Outcome = self.call(CHECK, (files(sources), settings))?;
        Ok(outcome.diagnostics())
    }

    /// Compiles sources.
    ///
    /// # Errors
    /// As [`check`](Self::check); [`Error::Compile`] with what is wrong with the sources.
    pub fn compile(&mut self, sources: &[Source]) -> Result<Compilation> {
        let asked = directives::apply(&self.options, sources)?;
        let offered = self.offered.clone();
        let packages = offered.packages.resolve(&asked.packages)?;
        let mut settings = Settings::of(&asked.options, offered.functions.as_ref(), &packages);
        let parts = sources
            .iter()
            .flat_map(|source| [&*source.name, &*source.text]);
        settings.name = assembly_name(&self.options, parts);
        let outcome: Outcome = self.call(COMPILE, (files(sources), settings))?;
        outcome.compilation(packages)
    }

    /// Compiles an expression, for [`ScriptHost::evaluation`](crate::ScriptHost::evaluation).
    ///
    /// # Errors
    /// As [`compile`](Self::compile).
    pub fn compile_expression(
        &mut self,
        expression: &str,
        values: &Globals,
    ) -> Result<Compilation> {
        let options = self.options.clone();
        let offered = self.offered.clone();
        let mut settings = Settings::of(&options, offered.functions.as_ref(), &[]);
        let types = values.types().flat_map(|(name, of)| [name, of]);
        settings.name = assembly_name(&options, [expression].into_iter().chain(types));
        let args = (expression, globals(values), settings);
        let outcome: Outcome = self.call(EXPRESSION, args)?;
        outcome.compilation(Vec::new())
    }

    /// Says what can stand at a place in one of some sources: the bytes of its text before that place are `position`.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn complete(
        &mut self,
        sources: &[Source],
        file: usize,
        position: usize,
    ) -> Result<Vec<Completion>> {
        let Some(source) = sources.get(file) else {
            return Ok(Vec::new());
        };
        let asked = directives::apply(&self.options, sources)?;
        let offered = self.offered.clone();
        let packages = offered.packages.resolve(&asked.packages)?;
        let settings = Settings::of(&asked.options, offered.functions.as_ref(), &packages);
        let position = utf16_position(&source.text, position);
        let found: Completions = self.call(COMPLETE, (files(sources), file, position, settings))?;
        Ok(found.list())
    }

    /// Compiles the library of the host's functions. The result is that, and their names.
    pub(crate) fn compile_functions(
        &mut self,
        declarations: &[String],
        sources: &[Source],
        name: &str,
    ) -> Result<(AssemblyImage, Vec<String>)> {
        let options = self.options.clone().symbols(false);
        let mut settings = Settings::of(&options, None, &[]);
        settings.name = name.into();
        let args = (declarations, files(sources), settings);
        let mut outcome: Outcome = self.call(FUNCTIONS, args)?;
        let diagnostics = outcome.diagnostics();
        match outcome.image() {
            Some(image) => Ok((image, outcome.names)),
            None => Err(Error::Compile(diagnostics)),
        }
    }

    /// How it compiles.
    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.runtime.is_alive()
    }

    pub(crate) fn call<T: Answer + DeserializeOwned>(
        &mut self,
        method: &str,
        args: impl Serialize,
    ) -> Result<T> {
        if let Some(why) = &self.ended {
            return Err(Error::CompilerEnded { why: why.clone() });
        }
        let method: IsolatedMethod = self.runtime.kept(method)?;
        let mut answer: T = match self.runtime.invoke(&method, args) {
            Ok(answer) => answer,
            Err(error) => {
                let error = self.fault(error);
                if !self.is_alive() {
                    self.ended = Some(error.to_string());
                }
                return Err(error);
            }
        };
        match answer.failure() {
            None => Ok(answer),
            Some((failure, message)) => Err(match &*failure {
                "options" => Error::Options { message },
                "depth" => Error::TooDeep { message },
                "memory" => self.out_of_memory(),
                _ => Error::CompilerFault { message },
            }),
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

/// A name for what is compiled of these parts with these options, as long as the compiler wants it.
fn assembly_name<'a>(options: &Options, parts: impl IntoIterator<Item = &'a str>) -> String {
    const DIGITS: usize = 16;
    let digest = digest(options, parts).to_hex();
    format!("Script_{}", &digest[..DIGITS])
}

/// A digest of parts, and of how they are compiled.
pub(crate) fn digest<'a>(
    options: &Options,
    parts: impl IntoIterator<Item = &'a str>,
) -> blake3::Hash {
    let mut digest = blake3::Hasher::new();
    add_part(&mut digest, format!("{options:?}").as_bytes());
    for part in parts {
        add_part(&mut digest, part.as_bytes());
    }
    digest.finalize()
}
