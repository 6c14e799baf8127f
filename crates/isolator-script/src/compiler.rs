//! A compiler that lives: a runtime of its own, begun from the snapshot.

use crate::compilation::Compilation;
use crate::completion::{Completion, utf16_position};
use crate::diagnostic::Diagnostics;
use crate::directives::{self, Asked, Form};
use crate::error::{Error, Result};
use crate::globals::Globals;
use crate::loading::Loadable;
use crate::options::{Options, Source};
use crate::packages::Packages;
use crate::prepare::{CHECK, COMPILE, COMPLETE, EXPRESSION, FUNCTIONS, add_part, references};
use crate::wire::{Answer, Completions, Outcome, Settings, files, globals};
use isolator_host::{
    AssemblyImage, CancelHandle, Error as HostError, IsolatedMethod, IsolatedRuntime,
    IsolatedRuntimeHost, LimitKind, RuntimeStats, TrapKind,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::{Arc, OnceLock};

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
    /// Names of the libraries that the compiler was prepared with.
    pub libraries: Vec<String>,
    pub loadable: Loadable,
    /// In whose image the base library is.
    pub host: Option<IsolatedRuntimeHost>,
    /// Names of its assemblies, once somebody asks.
    pub base: OnceLock<Vec<String>>,
}

impl Offered {
    /// Whether sources can refer to a library of this name: one of the host's, or of the base library.
    ///
    /// # Errors
    /// A guest image that cannot be read any more.
    pub fn has_library(&self, name: &str) -> Result<bool, String> {
        let is_it = |known: &String| known.eq_ignore_ascii_case(name);
        if self.libraries.iter().any(is_it) {
            return Ok(true);
        }
        let Some(host) = &self.host else {
            return Ok(false);
        };
        let base = match self.base.get() {
            Some(base) => base,
            None => {
                let names = references(host).map_err(|error| error.to_string())?;
                self.base.get_or_init(|| names)
            }
        };
        Ok(base.iter().any(is_it))
    }

    /// The host's libraries, behind that there is no other one; empty if there are none.
    pub fn shown_libraries(&self) -> String {
        let names = self.libraries.iter().map(|name| format!("`{name}`"));
        let names: Vec<String> = names.collect();
        match names.is_empty() {
            true => String::new(),
            false => format!(", but to {}", names.join(", ")),
        }
    }
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
        let offered = self.offered.clone();
        let asked = directives::apply(&self.options, sources, &offered, Form::Program)?;
        let packages = offered.packages.resolve(&asked.packages)?;
        let settings = Settings::asked(&asked, &offered, &packages);
        let mut outcome: Outcome = self.call(CHECK, (files(&asked.sources), settings))?;
        Ok(asked.judge(outcome.diagnostics()))
    }

    /// Compiles sources.
    ///
    /// # Errors
    /// As [`check`](Self::check); [`Error::Compile`] with what is wrong with the sources.
    pub fn compile(&mut self, sources: &[Source]) -> Result<Compilation> {
        let offered = self.offered.clone();
        let asked = directives::apply(&self.options, sources, &offered, Form::Program)?;
        self.compile_asked(sources, &asked)
    }

    /// Compiles sources, of which was read what they ask for.
    pub(crate) fn compile_asked(
        &mut self,
        sources: &[Source],
        asked: &Asked,
    ) -> Result<Compilation> {
        let offered = self.offered.clone();
        let packages = offered.packages.resolve(&asked.packages)?;
        let mut settings = Settings::asked(asked, &offered, &packages);
        settings.name = assembly_name(&self.options, parts_of(sources, asked));
        let outcome: Outcome = self.call(COMPILE, (files(&asked.sources), settings))?;
        outcome.compilation(packages, |diagnostics| asked.judge(diagnostics))
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
        let offered = self.offered.clone();
        let source = [Source::new(EXPRESSION, expression)];
        let asked = directives::apply(&self.options, &source, &offered, Form::Expression)?;
        let packages = offered.packages.resolve(&asked.packages)?;
        let mut settings = Settings::asked(&asked, &offered, &packages);
        let types = values.types().flat_map(|(name, of)| [name, of]);
        settings.name = assembly_name(&self.options, [expression].into_iter().chain(types));
        let args = (asked.text(), globals(values), settings);
        let outcome: Outcome = self.call(EXPRESSION, args)?;
        outcome.compilation(packages, |diagnostics| asked.judge(diagnostics))
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
        let offered = self.offered.clone();
        let asked = directives::apply(&self.options, sources, &offered, Form::Program)?;
        let packages = offered.packages.resolve(&asked.packages)?;
        let settings = Settings::asked(&asked, &offered, &packages);
        let position = utf16_position(&source.text, position);
        let args = (files(&asked.sources), file, position, settings);
        let found: Completions = self.call(COMPLETE, args)?;
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

/// All that decides what sources are compiled to, beside options.
pub(crate) fn parts_of<'a>(
    sources: &'a [Source],
    asked: &'a Asked,
) -> impl Iterator<Item = &'a str> {
    let all = sources.iter().chain(&asked.loaded);
    all.flat_map(|source| [&*source.name, &*source.text])
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
