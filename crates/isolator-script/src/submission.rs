//! What came of a submission.

use crate::diagnostic::Diagnostics;
use isolator_host::RuntimeStats;
use isolator_host::values::Value;
use std::time::Duration;

/// A submission of a [`Session`](crate::Session) that was compiled, and ran to its end, whatever end that was.
#[derive(Debug)]
#[non_exhaustive]
pub struct Submission {
    /// Its name, in diagnostics and stack traces: `submission3`.
    pub name: String,
    /// Its value as JSON: that of its last expression, if no semicolon stands behind it. None if it has none, or one that JSON has no word for. Or why it did not
    /// come to its end: the exception that it let escape, the limit that stopped it; [`Session::is_alive`](crate::Session::is_alive) says whether the session
    /// goes on.
    pub result: isolator_host::Result<Option<serde_json::Value>>,
    /// The value as it came, if it can come out of the sandbox: with bytes, times and numbers that JSON does not have.
    pub value: Option<Value>,
    /// The value as C# writes it, in its first ten thousand characters; none if there is no value. What a stranger wrote may be in it.
    pub value_text: Option<String>,
    /// What it wrote to standard output, where nothing else was said.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error, likewise.
    pub stderr: Vec<u8>,
    /// Warnings of the compiler.
    pub diagnostics: Diagnostics,
    /// What the session has used so far, all its submissions together; the compiler not counted.
    pub stats: RuntimeStats,
    /// Time that it took to compile.
    pub compiling: Duration,
    /// Time that it ran.
    pub running: Duration,
}

impl Submission {
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
