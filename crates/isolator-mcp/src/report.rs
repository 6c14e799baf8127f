//! What tools answer: structured for programs, and as text for models.

use crate::kept::cut;
use crate::work::Undone;
use isolator_host::{RuntimeStats, printable};
use isolator_script::{Diagnostic, Diagnostics, Severity};
use rmcp::model::{CallToolResult, ContentBlock};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;
use std::fmt::Write as _;
use std::time::Duration;

/// Bytes of a diagnostic's id, which code can choose for what it calls obsolete.
const LONGEST_ID: usize = 64;

/// How a piece of code ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// It ran to its end, with exit code 0 if it is a program.
    Completed,
    /// It ran to its end, with another exit code.
    ExitCode,
    /// It does not compile: `diagnostics` says why. Nothing ran.
    CompileError,
    /// It threw an exception that nothing caught.
    Exception,
    /// It was stopped since its time was over.
    Timeout,
    /// It was stopped by another limit, such as that of memory.
    Limit,
    /// It was stopped since the client asked for that.
    Cancelled,
    /// It ended in another way.
    Failed,
}

/// What came of code that was to run.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Execution {
    /// How it ended.
    pub outcome: Outcome,
    /// The exit code of a program; the value of an expression as JSON (bytes as base64, points in time as ISO 8601); null where there is none.
    pub result: Json,
    /// Whether the result is a value, and no exit code.
    #[serde(skip)]
    pub is_value: bool,
    /// What it wrote to standard output. Of much output the beginning and the end, with a mark between them.
    pub stdout: String,
    /// Bytes of standard output that are left out.
    pub stdout_bytes_left_out: u64,
    /// What it wrote to standard error, likewise.
    pub stderr: String,
    /// Bytes of standard error that are left out.
    pub stderr_bytes_left_out: u64,
    /// What went wrong, such as the exception with its stack trace; null if nothing did. Of much of it the beginning and the end, likewise.
    pub error: Option<String>,
    /// What the compiler says: errors, or warnings of what compiled.
    pub diagnostics: Vec<Told>,
    /// How many diagnostics there were beyond these.
    pub more_diagnostics: u64,
    /// What the run used; null if nothing ran.
    pub usage: Option<Usage>,
}

/// What the compiler has to say of some code.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Checked {
    /// Whether it compiles.
    pub compiles: bool,
    /// Errors and warnings.
    pub diagnostics: Vec<Told>,
    /// How many diagnostics there were beyond these.
    pub more_diagnostics: u64,
    /// What kept the compiler from saying more; null if nothing did.
    pub error: Option<String>,
}

/// A session that was made.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Created {
    /// Its name, for `session_execute` and `session_destroy`. Whoever knows it can use the session; null if none was made.
    pub session_id: Option<String>,
    /// Seconds without a call after which it is gone.
    pub idle_seconds: u64,
    /// Why none was made; null if one was.
    pub error: Option<String>,
}

/// A session that is gone.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Destroyed {
    /// Whether there was one of this name.
    pub destroyed: bool,
    /// Why not; null if it is gone.
    pub error: Option<String>,
}

/// One thing that the compiler has to say.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Told {
    /// Such as `CS0103`.
    pub id: String,
    /// `error`, `warning` or `info`.
    pub severity: Level,
    /// The line, counted from 1; 0 if it is about the code as a whole.
    pub line: u32,
    /// The column, counted from 1.
    pub column: u32,
    /// The line where it ends.
    pub end_line: u32,
    /// The column before which it ends.
    pub end_column: u32,
    /// What is wrong.
    pub message: String,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    /// It does not compile.
    Error,
    /// It compiles, and is probably wrong.
    Warning,
    /// Something to know.
    Info,
}

/// What a run used.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Usage {
    /// Milliseconds until the code could run: compilation, or finding what was compiled before.
    pub compile_ms: f64,
    /// Milliseconds that it ran.
    pub wall_ms: f64,
    /// Milliseconds of a processor that it used.
    pub cpu_ms: f64,
    /// Bytes of memory that it had at most, beyond what a fresh runtime has.
    pub peak_memory_bytes: u64,
}

impl Usage {
    /// Of a runtime that was begun after this time of compilation.
    pub fn of(stats: &RuntimeStats, compilation: Duration) -> Self {
        Self::new(compilation, stats.wall, stats.cpu, stats.peak_memory)
    }

    /// Of these times, and of so much memory.
    pub fn new(compilation: Duration, wall: Duration, cpu: Duration, peak_memory: u64) -> Self {
        Self {
            compile_ms: milliseconds(compilation),
            wall_ms: milliseconds(wall),
            cpu_ms: milliseconds(cpu),
            peak_memory_bytes: peak_memory,
        }
    }
}

/// With three decimals: more are noise.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

impl Told {
    fn of(diagnostic: &Diagnostic) -> Self {
        let range = diagnostic.range;
        let of_code = u32::from(diagnostic.file.is_some());
        Self {
            id: diagnostic.id.clone(),
            severity: match diagnostic.severity {
                Severity::Error => Level::Error,
                Severity::Warning => Level::Warning,
                Severity::Info => Level::Info,
            },
            line: range.start.line + of_code,
            column: range.start.character + of_code,
            end_line: range.end.line + of_code,
            end_column: range.end.character + of_code,
            message: diagnostic.message.clone(),
        }
    }

    /// Those of a list whose messages have so many bytes together, the last of them cut, and how many there are beyond.
    pub fn all(diagnostics: &Diagnostics, shown: usize) -> (Vec<Self>, u64) {
        let (mut room, mut all) = (shown, Vec::new());
        for diagnostic in diagnostics.iter() {
            if room == 0 {
                break;
            }
            let mut told = Self::of(diagnostic);
            let bytes = told.message.len();
            told.id = cut(told.id, LONGEST_ID);
            told.message = cut(told.message, room);
            room = room.saturating_sub(bytes);
            all.push(told);
        }
        let left_out = diagnostics.len() - all.len();
        (all, diagnostics.more + left_out as u64)
    }
}

/// The answer to a call that was not worked on, or not to its end.
pub(crate) trait Undoable {
    /// See the trait.
    fn undone(undone: Undone) -> Self;
}

/// An answer of a tool.
pub(crate) trait Answer: Serialize {
    /// Whether the model has to do something about it.
    fn is_error(&self) -> bool;
    /// The same as text.
    fn text(&self) -> String;
}

/// A text for models. Clients show it in terminals, too, and some of it is the code's: what a terminal would obey, and what nobody would see, is escaped. The structured form has all
/// as it is.
pub(crate) fn shown(text: &str) -> ContentBlock {
    ContentBlock::text(printable::text(text).into_owned())
}

/// The answer as the protocol has it.
pub(crate) fn answer(answer: &impl Answer) -> CallToolResult {
    let content = vec![shown(&answer.text())];
    let mut result = match answer.is_error() {
        true => CallToolResult::error(content),
        false => CallToolResult::success(content),
    };
    // All of these types can be written as JSON: names are text, and there is no infinity.
    result.structured_content = serde_json::to_value(answer).ok();
    result
}

impl Execution {
    /// One that did not come to run.
    pub fn failed(outcome: Outcome, error: impl Into<String>) -> Self {
        Self {
            outcome,
            result: Json::Null,
            is_value: false,
            stdout: String::new(),
            stdout_bytes_left_out: 0,
            stderr: String::new(),
            stderr_bytes_left_out: 0,
            error: Some(error.into()),
            diagnostics: Vec::new(),
            more_diagnostics: 0,
            usage: None,
        }
    }

    /// One that does not compile. Of the diagnostics so many bytes are told.
    pub fn not_compiled(diagnostics: &Diagnostics, shown: usize) -> Self {
        let mut execution = Self::failed(Outcome::CompileError, "the code does not compile");
        (execution.diagnostics, execution.more_diagnostics) = Told::all(diagnostics, shown);
        execution
    }
}

impl Undoable for Execution {
    fn undone(undone: Undone) -> Self {
        let outcome = match undone {
            Undone::Cancelled => Outcome::Cancelled,
            Undone::Busy | Undone::Fault(_) => Outcome::Failed,
        };
        Self::failed(outcome, undone.to_string())
    }
}

impl Answer for Execution {
    fn is_error(&self) -> bool {
        self.outcome != Outcome::Completed
    }

    fn text(&self) -> String {
        let mut text = Text::default();
        text.plain(&self.stdout);
        text.part("stderr", &self.stderr);
        // That a program ended as programs should is not worth a line.
        if self.is_value {
            text.part("result", &self.result.to_string());
        } else if self.outcome == Outcome::ExitCode {
            text.part("exit code", &self.result.to_string());
        }
        if let Some(error) = &self.error {
            text.part("error", error);
        }
        text.diagnostics(&self.diagnostics, self.more_diagnostics);
        text.or("(no output)")
    }
}

impl Checked {
    /// What the compiler says. Of that so many bytes are told.
    pub fn of(found: &Diagnostics, shown: usize) -> Self {
        let (diagnostics, more_diagnostics) = Told::all(found, shown);
        Self {
            compiles: !found.has_errors(),
            diagnostics,
            more_diagnostics,
            error: None,
        }
    }

    /// Code that the compiler did not look at, or not to its end.
    pub fn failed(error: impl Into<String>) -> Self {
        Self {
            compiles: false,
            diagnostics: Vec::new(),
            more_diagnostics: 0,
            error: Some(error.into()),
        }
    }
}

impl Undoable for Checked {
    fn undone(undone: Undone) -> Self {
        Self::failed(undone.to_string())
    }
}

impl Answer for Checked {
    fn is_error(&self) -> bool {
        !self.compiles
    }

    fn text(&self) -> String {
        let mut text = Text::default();
        if let Some(error) = &self.error {
            text.part("error", error);
        }
        text.diagnostics(&self.diagnostics, self.more_diagnostics);
        text.or("The code compiles.")
    }
}

impl Created {
    /// One that was made.
    pub fn named(id: String, idle: Duration) -> Self {
        Self {
            session_id: Some(id),
            idle_seconds: idle.as_secs(),
            error: None,
        }
    }

    /// One that was not.
    pub fn refused(error: String) -> Self {
        Self {
            session_id: None,
            idle_seconds: 0,
            error: Some(error),
        }
    }
}

impl Answer for Created {
    fn is_error(&self) -> bool {
        self.session_id.is_none()
    }

    fn text(&self) -> String {
        match (&self.session_id, &self.error) {
            (Some(id), _) => format!(
                "session_id: {id}\nIt is gone after {} s without a call.",
                self.idle_seconds
            ),
            (None, error) => error.clone().unwrap_or_default(),
        }
    }
}

impl Answer for Destroyed {
    fn is_error(&self) -> bool {
        !self.destroyed
    }

    fn text(&self) -> String {
        match &self.error {
            None => "The session is gone.".into(),
            Some(error) => error.clone(),
        }
    }
}

/// Parts of a text, each from a new line.
#[derive(Default)]
struct Text(String);

impl Text {
    fn plain(&mut self, text: &str) {
        if !self.0.is_empty() && !self.0.ends_with('\n') {
            self.0.push('\n');
        }
        self.0.push_str(text);
    }

    fn part(&mut self, name: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        let gap = if text.contains('\n') { '\n' } else { ' ' };
        self.plain(&format!("[{name}]{gap}{text}"));
    }

    fn diagnostics(&mut self, diagnostics: &[Told], more: u64) {
        for told in diagnostics {
            let mut line = String::new();
            if told.line > 0 {
                // Writing to a `String` cannot fail.
                let _ = write!(line, "({},{}): ", told.line, told.column);
            }
            let level = match told.severity {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Info => "info",
            };
            self.plain(&format!("{line}{level} {}: {}", told.id, told.message));
        }
        if more > 0 {
            self.plain(&format!("… and {more} more diagnostics"));
        }
    }

    fn or(self, nothing: &str) -> String {
        match self.0.is_empty() {
            true => nothing.into(),
            false => self.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use isolator_script::{Position, Range};

    fn ran(outcome: Outcome, result: Json, stdout: &str) -> Execution {
        Execution {
            outcome,
            is_value: outcome == Outcome::Completed && result != 0,
            result,
            stdout: stdout.into(),
            error: None,
            ..Execution::failed(outcome, "")
        }
    }

    fn diagnostics() -> Diagnostics {
        let at = |line, character| Position { line, character };
        Diagnostics {
            list: vec![
                Diagnostic {
                    id: "CS0103".into(),
                    severity: Severity::Error,
                    file: Some("code.cs".into()),
                    range: Range {
                        start: at(2, 4),
                        end: at(2, 9),
                    },
                    message: "The name 'wrong' does not exist".into(),
                    mapped: None,
                },
                Diagnostic {
                    id: "CS5001".into(),
                    severity: Severity::Error,
                    file: None,
                    range: Range::default(),
                    message: "No Main".into(),
                    mapped: None,
                },
            ],
            more: 3,
        }
    }

    #[test]
    fn what_completed_reads_as_its_output() {
        let text = |outcome, result, stdout| ran(outcome, result, stdout).text();
        assert_eq!(text(Outcome::Completed, 0.into(), "a\nb\n"), "a\nb\n");
        assert_eq!(text(Outcome::Completed, 0.into(), ""), "(no output)");
        assert_eq!(text(Outcome::Completed, Json::Null, ""), "[result] null");
        assert_eq!(text(Outcome::Completed, 42.into(), "a"), "a\n[result] 42");
        assert_eq!(text(Outcome::ExitCode, 3.into(), "a\n"), "a\n[exit code] 3");
    }

    #[test]
    fn what_went_wrong_stands_behind_the_output() {
        let mut execution = ran(Outcome::Exception, Json::Null, "before\n");
        execution.stderr = "careful\n".into();
        execution.error = Some("System.Exception: no\n   at Program".into());
        assert_eq!(
            execution.text(),
            "before\n[stderr]\ncareful\n[error]\nSystem.Exception: no\n   at Program"
        );
        assert!(execution.is_error());
    }

    #[test]
    fn diagnostics_are_counted_from_one() {
        let execution = Execution::not_compiled(&diagnostics(), 1000);
        assert_eq!(
            execution.text(),
            "[error] the code does not compile\n(3,5): error CS0103: The name 'wrong' does not exist\nerror CS5001: No Main\n… and 3 more diagnostics"
        );
        let first = &execution.diagnostics[0];
        assert_eq!(
            (first.line, first.column, first.end_line, first.end_column),
            (3, 5, 3, 10)
        );
        assert_eq!(execution.diagnostics[1].line, 0);
        assert_eq!(execution.more_diagnostics, 3);
    }

    #[test]
    fn of_much_that_the_compiler_says_the_first_is_told() {
        let told = |shown| {
            let execution = Execution::not_compiled(&diagnostics(), shown);
            let messages = execution.diagnostics.into_iter().map(|told| told.message);
            (messages.collect::<Vec<_>>(), execution.more_diagnostics)
        };
        let (first, second) = ("The name 'wrong' does not exist", "No Main");
        assert_eq!(told(38), (vec![first.into(), second.into()], 3));
        let cut = "No\n… 3 bytes left out …\nin".to_owned();
        assert_eq!(told(35), (vec![first.into(), cut], 3));
        assert_eq!(told(31), (vec![first.into()], 4));
        let cut = "The \n… 23 bytes left out …\nxist".to_owned();
        assert_eq!(told(8), (vec![cut], 4));
        assert_eq!(told(0), (Vec::new(), 5));
        let mut found = diagnostics();
        found.list[0].id = "x".repeat(100);
        let (all, _) = Told::all(&found, 1000);
        let half = "x".repeat(32);
        assert_eq!(all[0].id, format!("{half}\n… 36 bytes left out …\n{half}"));
    }

    #[test]
    fn a_text_commands_no_terminal_and_the_structured_form_has_all() {
        let output = "a\x1b[2J\tb\r\nc\u{202e}d\u{e0041}\n";
        let result = answer(&ran(Outcome::Completed, 0.into(), output));
        let text = serde_json::to_value(&result.content).unwrap();
        assert_eq!(text[0]["text"], "a\\u001b[2J\tb\nc\\u202ed\\U000e0041\n");
        assert_eq!(result.structured_content.unwrap()["stdout"], output);
    }

    #[test]
    fn an_answer_has_both_forms() {
        let result = answer(&ran(Outcome::Completed, 42.into(), ""));
        assert_eq!(result.is_error, Some(false));
        let structured = result.structured_content.unwrap();
        assert_eq!(structured["outcome"], "completed");
        assert_eq!(structured["result"], 42);
        assert_eq!(structured["usage"], Json::Null);
        let failed = answer(&Execution::failed(Outcome::Timeout, "too long"));
        assert_eq!(failed.is_error, Some(true));
        assert_eq!(failed.structured_content.unwrap()["outcome"], "timeout");
    }
}
