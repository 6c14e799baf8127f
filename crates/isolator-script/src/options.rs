//! Sources, and how they are compiled.

use serde::Serialize;

/// A source: what diagnostics and stack traces call it, and its text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Source {
    /// Its name, such as `hello.cs`. Nothing is looked for there.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl Source {
    /// A source of this name.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
        }
    }
}

/// What sources are compiled to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A program if there are top-level statements or a method `Main`, else a library.
    #[default]
    Auto,
    /// A program: without an entry point it is an error.
    Program,
    /// A library.
    Library,
}

/// How sources are compiled. The default is what a new project has.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Options {
    /// What they are compiled to.
    pub kind: Kind,
    /// Whether nullable reference types are checked.
    pub nullable: bool,
    /// Whether `unsafe` is allowed. What unsafe code does it does to its own sandbox.
    pub allow_unsafe: bool,
    /// Version of the language, as a project file names it: `13`, `latest`, `preview`. None is the newest.
    pub language_version: Option<String>,
    /// Whether `System`, `System.Collections.Generic`, `System.IO`, `System.Linq`, `System.Net.Http`, `System.Threading` and `System.Threading.Tasks` are used everywhere.
    pub implicit_usings: bool,
    /// More namespaces that are used everywhere.
    pub usings: Vec<String>,
    /// Whether code is optimized.
    pub optimize: bool,
    /// Whether symbols are made, without which stack traces have no lines.
    pub symbols: bool,
    /// Most diagnostics that are told of one compilation.
    pub max_diagnostics: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            kind: Kind::Auto,
            nullable: true,
            allow_unsafe: false,
            language_version: None,
            implicit_usings: true,
            usings: Vec::new(),
            optimize: true,
            symbols: true,
            max_diagnostics: 100,
        }
    }
}

impl Options {
    /// To this kind.
    #[must_use]
    pub fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// With or without checks of nullable reference types.
    #[must_use]
    pub fn nullable(mut self, wanted: bool) -> Self {
        self.nullable = wanted;
        self
    }

    /// With or without `unsafe`.
    #[must_use]
    pub fn allow_unsafe(mut self, allowed: bool) -> Self {
        self.allow_unsafe = allowed;
        self
    }

    /// In this version of the language.
    #[must_use]
    pub fn language_version(mut self, version: impl Into<String>) -> Self {
        self.language_version = Some(version.into());
        self
    }

    /// With one more namespace that is used everywhere.
    #[must_use]
    pub fn using(mut self, namespace: impl Into<String>) -> Self {
        self.usings.push(namespace.into());
        self
    }

    /// With or without the namespaces that a new project uses.
    #[must_use]
    pub fn implicit_usings(mut self, wanted: bool) -> Self {
        self.implicit_usings = wanted;
        self
    }

    /// With or without optimization.
    #[must_use]
    pub fn optimize(mut self, wanted: bool) -> Self {
        self.optimize = wanted;
        self
    }

    /// With or without symbols.
    #[must_use]
    pub fn symbols(mut self, wanted: bool) -> Self {
        self.symbols = wanted;
        self
    }

    /// With so many diagnostics at most.
    #[must_use]
    pub fn max_diagnostics(mut self, most: u32) -> Self {
        self.max_diagnostics = most;
        self
    }
}
