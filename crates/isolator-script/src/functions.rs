//! Functions of the host, as scripts call them.

use crate::compiler::Compiler;
use crate::error::Result;
use crate::options::Source;
use isolator_host::{AssemblyImage, HostFunction, IsolatedRuntime};

/// The library that has them as methods; its name is as long as that of every script.
pub(crate) const LIBRARY: &str = "Isolator.Host.Functions";

/// What is declared of the host.
#[derive(Default)]
pub(crate) struct Declared {
    pub functions: Vec<(String, HostFunction)>,
    pub sources: Vec<Source>,
}

/// Functions of the host, ready for scripts.
#[derive(Debug)]
pub(crate) struct Functions {
    pub library: AssemblyImage,
    registered: Vec<(String, HostFunction)>,
}

impl Declared {
    /// Whether nothing is declared.
    pub fn is_empty(&self) -> bool {
        self.functions.is_empty() && self.sources.is_empty()
    }

    /// Compiles the declarations; none if there are none.
    ///
    /// # Errors
    /// A declaration that is none.
    pub fn compile(self, compiler: impl FnOnce() -> Result<Compiler>) -> Result<Option<Functions>> {
        if self.is_empty() {
            return Ok(None);
        }
        let (declarations, functions): (Vec<String>, Vec<HostFunction>) =
            self.functions.into_iter().unzip();
        let (library, names) =
            compiler()?.compile_functions(&declarations, &self.sources, LIBRARY)?;
        Ok(Some(Functions {
            library,
            registered: names.into_iter().zip(functions).collect(),
        }))
    }
}

impl Functions {
    /// Lets a runtime call them.
    pub fn register(&self, runtime: &mut IsolatedRuntime) {
        for (name, function) in &self.registered {
            runtime.register(&**name, function);
        }
    }
}
