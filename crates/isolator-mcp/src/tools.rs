//! The tools, as clients and their models are told of them.

use crate::arguments::{Check, Execute, SessionCreate, SessionDestroy, SessionExecute};
use crate::report::{Checked, Created, Destroyed, Execution};
use crate::settings::{Settings, Topic};
use isolator_host::LimitKind;
use rmcp::model::{Tool, ToolAnnotations};
use schemars::JsonSchema;
use std::time::Duration;

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
    text += " Threads do not run at once; tasks, async and timers work.";
    for sentence in [files(settings), network(settings), libraries(settings)] {
        text.push(' ');
        text += &sentence;
    }
    if let Some(others) = settings.told(Topic::Other) {
        text.push(' ');
        text += &others;
    }
    text.push(' ');
    text += &limits(settings);
    text
}

fn files(settings: &Settings) -> String {
    match settings.told(Topic::Files) {
        None => {
            "There are no files but those that the code makes in /tmp, which end with its sandbox."
                .into()
        }
        Some(granted) => format!(
            "{granted} There are no other files but those that the code makes in /tmp, which end with its sandbox unless one of these directories holds them."
        ),
    }
}

fn network(settings: &Settings) -> String {
    match settings.told(Topic::Network) {
        None => "There is no network.".into(),
        Some(granted) => format!("{granted} There is no other network."),
    }
}

fn libraries(settings: &Settings) -> String {
    match settings.told(Topic::Libraries) {
        None => "The base class library can be used, and no other library or NuGet package.".into(),
        Some(granted) => format!(
            "The base class library can be used. {granted} There is no other library or NuGet package."
        ),
    }
}

fn limits(settings: &Settings) -> String {
    let limits = &settings.limits;
    let memory = match limits.get_memory() {
        Some(bytes) => format!("{} of memory", LimitKind::Memory.show(bytes)),
        None => "memory without a limit".into(),
    };
    let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    let others = [
        (LimitKind::TotalCpu, limits.get_total_cpu().map(nanoseconds)),
        (LimitKind::Fuel, limits.get_fuel()),
        (LimitKind::Output, limits.get_max_output()),
        (LimitKind::DirectoryBytes, limits.get_directory_bytes()),
    ];
    let others: String = others
        .iter()
        .filter_map(|(kind, most)| Some(format!("; {kind}: {}", kind.show((*most)?))))
        .collect();
    let of_sessions = match settings.sessions {
        0 => "",
        _ => " A session has that for all of its calls together, but the time for each.",
    };
    format!(
        "The code of a call may run for {:?} and take {memory}{others}.{of_sessions} Of its standard output, its standard error, its result and what went wrong {} each are shown.",
        settings.timeout,
        LimitKind::Memory.show(settings.shown as u64),
    )
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
                 A single expression without a semicolon is evaluated, and its value returned as JSON. No variable and no file in /tmp is kept from one call to the next. A call may run for {time:?}. An exception, an \
                 error of the compiler's, an exit code other than 0 and a limit that was reached come back as an error with its reason: correct the code and call again."
            ),
        )
        .with_annotations(running("Run C#", settings)),
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
        .with_annotations(running("Run C# in a session", settings)),
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

/// What code does reaches no further than what was granted, where it may change and delete files, or ask the network.
fn running(title: &str, settings: &Settings) -> ToolAnnotations {
    ToolAnnotations::with_title(title)
        .read_only(false)
        .destructive(true)
        .idempotent(false)
        .open_world(settings.told(Topic::Network).is_some())
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
