//! What can go wrong while a guest is built, each with what to do about it.

use std::path::{Path, PathBuf};

/// Why a guest could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Tools are missing or too old. All of them are listed at once.
    #[error("tools are missing:\n{}", .0.iter().map(|t| format!("  - {t}")).collect::<Vec<_>>().join("\n"))]
    Tools(Vec<MissingTool>),
    /// A file could not be read or written.
    #[error("could not {what} {}: {source}", path.display())]
    Io {
        /// What was tried, such as `read`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A tool ran and failed.
    #[error("{step}: `{command}` failed ({status})\n{output}")]
    Command {
        /// Step of the recipe.
        step: String,
        /// Command line.
        command: String,
        /// Its exit status.
        status: String,
        /// What it printed.
        output: String,
    },
    /// Something in the recipe's input is not as it must be.
    #[error("{0}")]
    Recipe(String),
}

impl BuildError {
    /// An assembly takes too long to be read.
    pub(crate) fn late() -> Self {
        Self::Recipe(
            "the assembly is not read within the time that a tool may take. Give the tools more time if it is a good one".into(),
        )
    }
}

/// A tool that is not there, and how to get it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {problem}. {remedy}")]
pub struct MissingTool {
    /// What it is.
    pub name: String,
    /// Not found, or found in which version.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

/// Adds what was tried on which file to an I/O result.
pub trait Context<T> {
    /// See [`BuildError::Io`].
    ///
    /// # Errors
    /// The same error, told in full.
    fn at(self, what: &'static str, path: &Path) -> Result<T, BuildError>;
}

impl<T> Context<T> for std::io::Result<T> {
    fn at(self, what: &'static str, path: &Path) -> Result<T, BuildError> {
        self.map_err(|source| BuildError::Io {
            what,
            path: path.to_owned(),
            source,
        })
    }
}
