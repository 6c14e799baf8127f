//! What sources were compiled to.

use crate::diagnostic::Diagnostics;
use crate::hot::Heat;
use crate::packages::Package;
use isolator_host::AssemblyImage;
use std::sync::{Arc, Weak};

/// What sources were compiled to. Cloning it is cheap.
#[derive(Debug, Clone)]
pub struct Compilation(Arc<Compiled>);

/// See [`Compilation`].
#[derive(Debug)]
pub(crate) struct Compiled {
    pub image: AssemblyImage,
    /// What it refers to beside the libraries of all scripts.
    pub packages: Vec<Package>,
    pub diagnostics: Diagnostics,
    pub is_program: bool,
    pub is_void: bool,
    pub heat: Heat,
}

impl Compilation {
    pub(crate) fn new(compiled: Compiled) -> Self {
        Self(Arc::new(compiled))
    }

    /// The assembly's bytes. Its name is its own: made of the sources and of how they were compiled.
    #[must_use]
    pub fn assembly(&self) -> &Arc<[u8]> {
        &self.0.image.image
    }

    /// Its symbols, a portable PDB; none if [`Options::symbols`](crate::Options::symbols) says so.
    #[must_use]
    pub fn symbols(&self) -> Option<&Arc<[u8]>> {
        self.0.image.symbols.as_ref()
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
        self.0.image.clone()
    }

    /// Whether runs of it begin in a runtime in which it is loaded, since there were some:
    /// [`ScriptHostBuilder::hot_scripts`](crate::ScriptHostBuilder::hot_scripts).
    #[must_use]
    pub fn is_hot(&self) -> bool {
        self.0.heat.is_loaded()
    }

    pub(crate) fn heat(&self) -> &Heat {
        &self.0.heat
    }

    pub(crate) fn downgrade(&self) -> Weak<Compiled> {
        Arc::downgrade(&self.0)
    }

    /// Packages that the sources asked for, with all that these need.
    #[must_use]
    pub fn packages(&self) -> &[Package] {
        &self.0.packages
    }

    /// Bytes that it holds; packages are held elsewhere.
    pub(crate) fn size(&self) -> usize {
        /// What a diagnostic takes beside its texts.
        const EACH: usize = 200;
        let told = self.diagnostics().list.iter().map(|one| {
            let file = one.file.as_ref().map_or(0, String::len);
            let mapped = one.mapped.as_ref().map_or(0, |place| place.file.len());
            EACH + one.id.len() + one.message.len() + file + mapped
        });
        let symbols = self.symbols().map_or(0, |symbols| symbols.len());
        self.assembly().len() + symbols + told.sum::<usize>()
    }
}
