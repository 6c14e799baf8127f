//! What came of a run.

use crate::diagnostic::Diagnostics;
use isolator_host::values::Value;
use isolator_host::{IsolatedAssembly, IsolatedMethod, IsolatedRuntime, RuntimeStats};
use serde::de::DeserializeOwned;

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

/// A fresh runtime with a compiled script in it, for [`run_main`](isolator_host::Calls::run_main) or calls of its methods.
#[derive(Debug)]
pub struct Started {
    /// The runtime.
    pub runtime: IsolatedRuntime,
    /// The script.
    pub assembly: IsolatedAssembly,
}

/// A compiled expression in a fresh runtime, before it is evaluated.
#[derive(Debug)]
pub struct Evaluation {
    /// The runtime.
    pub runtime: IsolatedRuntime,
    pub(crate) method: IsolatedMethod,
    pub(crate) values: Vec<Value>,
}

impl Evaluation {
    /// Evaluates it. One that awaits is awaited.
    ///
    /// # Errors
    /// The exception that it threw, the limit that stopped it, or a value that is no `T`.
    pub fn value<T: DeserializeOwned>(&mut self) -> isolator_host::Result<T> {
        let task = self.runtime.start_task(&self.method, None, &self.values)?;
        self.runtime.wait(&task)
    }

    /// The same, with the value as the MessagePack that it crosses as.
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub fn value_bytes(&mut self) -> isolator_host::Result<Vec<u8>> {
        let task = self.runtime.start_task(&self.method, None, &self.values)?;
        self.runtime.wait_bytes(&task)
    }
    /// The same, with values that were serialized already instead of the globals': one MessagePack array with an element for each of them, in their order.
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub fn value_bytes_with(&mut self, values: &[u8]) -> isolator_host::Result<Vec<u8>> {
        let task = self.runtime.start_task_bytes(&self.method, None, values)?;
        self.runtime.wait_bytes(&task)
    }
}
