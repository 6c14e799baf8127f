//! What sources were compiled to.

use crate::diagnostic::Diagnostics;
use isolator_host::AssemblyImage;
use std::sync::Arc;

/// What sources were compiled to. Cloning it is cheap.
#[derive(Debug, Clone)]
pub struct Compilation(Arc<Compiled>);

/// See [`Compilation`].
#[derive(Debug)]
pub(crate) struct Compiled {
    pub assembly: Arc<[u8]>,
    pub symbols: Option<Arc<[u8]>>,
    pub diagnostics: Diagnostics,
    pub is_program: bool,
    pub is_void: bool,
}

impl Compilation {
    pub(crate) fn new(compiled: Compiled) -> Self {
        Self(Arc::new(compiled))
    }

    /// The assembly's bytes.
    #[must_use]
    pub fn assembly(&self) -> &Arc<[u8]> {
        &self.0.assembly
    }

    /// Its symbols, a portable PDB; none if [`Options::symbols`](crate::Options::symbols) says so.
    #[must_use]
    pub fn symbols(&self) -> Option<&Arc<[u8]>> {
        self.0.symbols.as_ref()
    }

    /// Warnings.
    #[must_use]
    pub fn diagnostics(&self) -> &Diagnostics {
        &self.0.diagnostics
    }

    /// Whether it has an entry point.
    #[must_use]
    pub fn is_program(&self) -> bool {
        self.0.is_program
    }

    /// Whether it is an expression without a value, such as a call of a `void` method.
    #[must_use]
    pub fn is_void(&self) -> bool {
        self.0.is_void
    }

    /// The assembly with its symbols, as a runtime loads it.
    #[must_use]
    pub fn image(&self) -> AssemblyImage {
        let image = AssemblyImage::new(self.0.assembly.clone());
        match &self.0.symbols {
            Some(symbols) => image.with_symbols(symbols.clone()),
            None => image,
        }
    }

    /// Bytes that it holds.
    pub(crate) fn size(&self) -> usize {
        self.0.assembly.len() + self.0.symbols.as_ref().map_or(0, |symbols| symbols.len())
    }
}
