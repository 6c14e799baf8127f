//! What came of a run.

use crate::diagnostic::Diagnostics;
use isolator_host::{IsolatedAssembly, IsolatedRuntime, IsolatedTask, RuntimeStats};

/// A script that ran to its end, whatever end that was.
#[derive(Debug)]
#[non_exhaustive]
pub struct Ran {
    /// Its exit code: what `Main` returned, or what `Environment.Exit` was given. Or why it has none: the exception that it let escape, the limit that
    /// stopped it.
    pub result: isolator_host::Result<i32>,
    /// What it wrote to standard output, where nothing else was said.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error, likewise.
    pub stderr: Vec<u8>,
    /// What it used; the compiler not counted.
    pub stats: RuntimeStats,
    /// Warnings of the compiler.
    pub diagnostics: Diagnostics,
}

impl Ran {
    /// What it wrote to standard output, as text.
    #[must_use]
    pub fn stdout_utf8(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// What it wrote to standard error, as text.
    #[must_use]
    pub fn stderr_utf8(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

/// A fresh runtime with a compiled script in it, for [`IsolatedRuntime::run_main`] or calls of its methods.
#[derive(Debug)]
pub struct Started {
    /// The runtime.
    pub runtime: IsolatedRuntime,
    /// The script.
    pub assembly: IsolatedAssembly,
}

/// A fresh runtime in which an expression is being evaluated, for [`wait`](isolator_host::IsolatedRuntime::wait).
#[derive(Debug)]
pub struct Evaluating {
    /// The runtime.
    pub runtime: IsolatedRuntime,
    /// The evaluation.
    pub task: IsolatedTask,
}
