//! The tools, as clients and their models are told of them.

use crate::arguments::{Check, Execute, SessionCreate, SessionDestroy, SessionExecute};
use crate::report::{Checked, Created, Destroyed, Execution};
use crate::settings::Settings;
use isolator_host::LimitKind;
use rmcp::model::{Tool, ToolAnnotations};
use schemars::JsonSchema;

/// Names.
pub(crate) const EXECUTE: &str = "execute_csharp";
pub(crate) const CHECK: &str = "check_csharp";
pub(crate) const CREATE: &str = "session_create";
pub(crate) const SUBMIT: &str = "session_execute";
pub(crate) const DESTROY: &str = "session_destroy";

/// What the server says of itself.
pub(crate) fn instructions(settings: &Settings) -> String {
    let mut text = format!(
        "Runs C# (.NET 10, the newest language version) in sandboxes, to compute, to test an idea, to process data. {EXECUTE} runs a program or an expression in a fresh sandbox; {CHECK} only says \
         what the compiler says of it.",
    );
    if settings.sessions > 0 {
        text += &format!(
            " A session ({CREATE}, {SUBMIT}, {DESTROY}) keeps variables, methods and types from one piece of code to the next, for work in steps."
        );
    }
    text += " The base class library can be used. There is no network, no NuGet package but those that are named here, and no threads that run at once (tasks, async and timers work)";
    if settings.notes.is_empty() {
        text += ", no files but those that the code makes in /tmp, which end with its sandbox.";
    } else {
        text += ". ";
        text += &settings.notes.join(" ");
    }
    text += &format!(
        " A call may run for {:?}{}; of its output {} are shown.",
        settings.timeout,
        memory(settings),
        LimitKind::Memory.show(settings.shown as u64),
    );
    text
}

fn memory(settings: &Settings) -> String {
    settings
        .limits
        .get_memory()
        .map_or_else(String::new, |bytes| {
            format!(" and take {} of memory", LimitKind::Memory.show(bytes))
        })
}

/// All tools that the server has.
pub(crate) fn all(settings: &Settings) -> Vec<Tool> {
    let mut tools = fresh(settings);
    if settings.sessions > 0 {
        tools.extend(of_sessions(settings));
    }
    tools
}

fn fresh(settings: &Settings) -> Vec<Tool> {
    let time = settings.timeout;
    vec![
        tool::<Execute, Execution>(
            EXECUTE,
            "Run C#",
            format!(
                "Compiles and runs C# code in a fresh sandbox, and returns what it printed. The code is a whole program: top-level statements (the usual `using`s such as System, System.Linq and \
                 System.Collections.Generic are there, others have to be written), or a class with Main; local functions and types may follow the statements. Print results with Console.WriteLine. \
                 A single expression without a semicolon is evaluated, and its value returned as JSON. Nothing is kept from one call to the next. A call may run for {time:?}. An exception, an \
                 error of the compiler's, an exit code other than 0 and a limit that was reached come back as an error with its reason: correct the code and call again."
            ),
        )
        .with_annotations(running("Run C#")),
        tool::<Check, Checked>(
            CHECK,
            "Check C#",
            "Compiles C# code without running it, and returns the compiler's errors and warnings with lines and columns, counted from 1. Use it for code that should not run, or would take long; \
             execute_csharp reports the same errors by itself."
                .into(),
        )
        .with_annotations(
            ToolAnnotations::with_title("Check C#")
                .read_only(true)
                .destructive(false)
                .idempotent(true)
                .open_world(false),
        ),
    ]
}

fn of_sessions(settings: &Settings) -> Vec<Tool> {
    let (most, idle) = (settings.sessions, settings.session_idle.as_secs());
    let time = settings.timeout;
    vec![
        tool::<SessionCreate, Created>(
            CREATE,
            "Begin a C# session",
            format!(
                "Begins a session of C# with a sandbox of its own, and returns its session_id, for session_execute. There may be {most} sessions at once; one that is not used for {idle} seconds is \
                 gone. Destroy it with session_destroy when it is no longer needed."
            ),
        )
        .with_annotations(
            ToolAnnotations::with_title("Begin a C# session")
                .read_only(false)
                .destructive(false)
                .idempotent(false)
                .open_world(false),
        ),
        tool::<SessionExecute, Execution>(
            SUBMIT,
            "Run C# in a session",
            format!(
                "Runs C# in a session: statements, declarations or an expression, as at a C# prompt. Variables, methods, types and usings of earlier calls are there. The value of a last expression \
                 without a semicolon comes back as result, printed text as stdout. await works anywhere. Code that does not compile changes nothing; after an exception the session goes on with what \
                 ran until then. A call may run for {time:?}; one that is stopped, by a limit or Environment.Exit, ends the session."
            ),
        )
        .with_annotations(running("Run C# in a session")),
        tool::<SessionDestroy, Destroyed>(
            DESTROY,
            "End a C# session",
            "Ends a session and drops all that it holds. What it runs is stopped.".into(),
        )
        .with_annotations(
            ToolAnnotations::with_title("End a C# session")
                .read_only(false)
                .destructive(true)
                .idempotent(true)
                .open_world(false),
        ),
    ]
}

/// What code does reaches no further than what was granted, where it may change and delete files.
fn running(title: &str) -> ToolAnnotations {
    ToolAnnotations::with_title(title)
        .read_only(false)
        .destructive(true)
        .idempotent(false)
        .open_world(false)
}

fn tool<I: JsonSchema + 'static, O: JsonSchema + 'static>(
    name: &'static str,
    title: &str,
    description: String,
) -> Tool {
    Tool::new(name, description, rmcp::model::JsonObject::new())
        .with_title(title)
        .with_input_schema::<I>()
        .with_output_schema::<O>()
}
