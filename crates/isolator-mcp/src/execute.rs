//! Checking and running code, each time in fresh sandboxes.

use crate::arguments::{self, Check, Execute};
use crate::json;
use crate::kept::{Kept, cut};
use crate::report::{Checked, Execution, Outcome, Told, Usage};
use crate::settings::Settings;
use crate::work::{Job, Stage};
use isolator_host::values::Value;
use isolator_host::{
    Error as HostError, IsolatedRuntime, LimitKind, Limits, RuntimeBuilder, RuntimeStats, Stdin,
    printable,
};
use isolator_script::{
    Compilation, Diagnostics, Error as ScriptError, Globals, Kind, Options, ScriptHost, Source,
    Started,
};
use serde_json::Value as Json;
use std::time::{Duration, Instant};

/// What stack traces call the code.
const NAME: &str = "code.cs";
/// Bytes that the value of an expression may take while it crosses. Far more than is shown, and far less than would hurt.
const LARGEST_VALUE: u64 = 4 << 20;
/// The same once it is read: a byte can be many in memory.
const LARGEST_VALUE_MEMORY: u64 = 64 << 20;

/// Says what is wrong with code.
pub(crate) fn check(settings: &Settings, job: &Job, asked: Check) -> Checked {
    job.at(Stage::Compiling);
    let scripts = settings.scripts.with_cancellation(job.cancellation());
    let source = [Source::new(NAME, asked.code)];
    match scripts.check(&source).or_else(told) {
        Ok(found) => Checked::of(&found, settings.shown),
        Err(error) => Checked::failed(compiler_failure(error, settings).1),
    }
}

/// Runs code: a program, or else an expression.
pub(crate) fn execute(settings: &Settings, job: &Job, asked: Execute) -> Execution {
    let began = Instant::now();
    job.at(Stage::Compiling);
    let scripts = settings.scripts.with_cancellation(job.cancellation());
    let program = Options::default().kind(Kind::Program);
    let source = [Source::new(NAME, &*asked.code)];
    let run = Run {
        settings,
        job,
        timeout: arguments::timeout(asked.timeout_ms, settings.timeout),
        stdin: asked.stdin.into_bytes(),
        stdout: Kept::new(settings.shown),
        stderr: Kept::new(settings.shown),
        began,
    };
    match scripts.with_options(program).compile(&source) {
        Ok(compilation) => run.program(&scripts, &compilation, &asked.args),
        Err(ScriptError::Compile(diagnostics)) => {
            // What is no program may be a single expression.
            match scripts.compile_expression(&asked.code, &Globals::new()) {
                Ok(compilation) => run.expression(&scripts, &compilation),
                Err(error) if error.is_cancelled() => not_compiled(error, settings),
                Err(_) => Execution::not_compiled(&diagnostics, settings.shown),
            }
        }
        Err(error) => not_compiled(error, settings),
    }
}

/// What is wrong with the code, if it is that.
///
/// # Errors
/// What else it is.
fn told(error: ScriptError) -> Result<Diagnostics, ScriptError> {
    match error {
        ScriptError::Compile(diagnostics) => Ok(diagnostics),
        ScriptError::Directive {
            file,
            line,
            message,
        } => Ok(Diagnostics::of_directive(file, line, for_models(&message))),
        other => Err(other),
    }
}

/// Code that did not come to run.
pub(crate) fn not_compiled(error: ScriptError, settings: &Settings) -> Execution {
    match told(error) {
        Ok(diagnostics) => Execution::not_compiled(&diagnostics, settings.shown),
        Err(error) => {
            let (outcome, message) = compiler_failure(error, settings);
            Execution::failed(outcome, message)
        }
    }
}

struct Run<'a> {
    settings: &'a Settings,
    job: &'a Job,
    timeout: Duration,
    stdin: Vec<u8>,
    stdout: Kept,
    stderr: Kept,
    began: Instant,
}

impl Run<'_> {
    fn program(
        mut self,
        scripts: &ScriptHost,
        compilation: &Compilation,
        args: &[String],
    ) -> Execution {
        let started = self.granted(|configure| scripts.start(compilation, configure));
        let Started {
            mut runtime,
            assembly,
        } = match started {
            Ok(started) => started,
            Err((outcome, message)) => return Execution::failed(outcome, message),
        };
        let compiled = self.running();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let began = Instant::now();
        let ran = runtime.run_main(&assembly, &args);
        scripts.note_run(compilation, &runtime.stats(), began.elapsed(), &ran);
        let outcome = match ran {
            Ok(0) => Outcome::Completed,
            _ => Outcome::ExitCode,
        };
        let ran = ran.map(|code| (outcome, Json::from(code)));
        self.conclude(runtime, compilation, compiled, ran)
    }

    fn expression(mut self, scripts: &ScriptHost, compilation: &Compilation) -> Execution {
        let globals = Globals::new();
        let started =
            self.granted(|configure| scripts.evaluation(compilation, &globals, configure));
        let mut evaluation = match started {
            Ok(evaluation) => evaluation,
            Err((outcome, message)) => return Execution::failed(outcome, message),
        };
        let compiled = self.running();
        let began = Instant::now();
        let value = evaluation.value::<Value>();
        let stats = evaluation.runtime.stats();
        scripts.note_run(compilation, &stats, began.elapsed(), &value);
        let value = value.map(|value| (Outcome::Completed, json::of(value)));
        let has_value = !compilation.is_void();
        let mut execution = self.conclude(evaluation.runtime, compilation, compiled, value);
        execution.is_value = has_value && execution.outcome == Outcome::Completed;
        execution
    }

    /// Says that the code runs from now on; how long it took until then.
    fn running(&self) -> Duration {
        self.job.at(Stage::Running);
        self.began.elapsed()
    }

    /// Starts a runtime with what the server grants.
    fn granted<T>(
        &mut self,
        start: impl FnOnce(
            &mut dyn FnMut(RuntimeBuilder) -> RuntimeBuilder,
        ) -> isolator_script::Result<T>,
    ) -> Result<T, (Outcome, String)> {
        let mut refused = None;
        let stdin = std::mem::take(&mut self.stdin);
        let mut stdin = Some(Stdin::Bytes(stdin));
        let (settings, stdout, stderr) = (self.settings, &self.stdout, &self.stderr);
        let limits = limited_value(settings.run_limits(self.timeout));
        let started = start(&mut |builder| {
            settings
                .granted(builder, &mut refused)
                .limits(limits.clone())
                .stdin(stdin.take().unwrap_or_default())
                .stdout(stdout.stream())
                .stderr(stderr.stream())
        });
        if let Some(error) = refused {
            return Err((Outcome::Failed, error));
        }
        started.map_err(|error| compiler_failure(error, settings))
    }

    fn conclude(
        self,
        runtime: IsolatedRuntime,
        compilation: &Compilation,
        compiled: Duration,
        ran: Result<(Outcome, Json), HostError>,
    ) -> Execution {
        let stats = runtime.stats();
        drop(runtime);
        let (outcome, result, error) = match ran {
            Ok((outcome, result)) => fitting(outcome, result, self.settings.shown),
            Err(error) => {
                let (outcome, message) = failure(&error, &stats, self.settings);
                (outcome, Json::Null, Some(message))
            }
        };
        let (stdout, stdout_bytes_left_out) = self.stdout.take();
        let (stderr, stderr_bytes_left_out) = self.stderr.take();
        let (diagnostics, more_diagnostics) =
            Told::all(compilation.diagnostics(), self.settings.shown);
        Execution {
            outcome,
            result,
            is_value: false,
            stdout,
            stdout_bytes_left_out,
            stderr,
            stderr_bytes_left_out,
            error,
            diagnostics,
            more_diagnostics,
            usage: Some(Usage::of(&stats, compiled)),
        }
    }
}

/// A result, if it is not longer than is shown.
pub(crate) fn fitting(
    outcome: Outcome,
    result: Json,
    shown: usize,
) -> (Outcome, Json, Option<String>) {
    let bytes = result.to_string().len();
    if bytes <= shown {
        return (outcome, result, None);
    }
    let message = format!(
        "the result is left out: it has {bytes} bytes as JSON, and {shown} are shown. Ask for less of it, such as with Take or Count"
    );
    (Outcome::Limit, Json::Null, Some(message))
}

/// Limits with one of values that is fit for what is shown.
pub(crate) fn limited_value(limits: Limits) -> Limits {
    limits
        .max_value(LARGEST_VALUE)
        .max_value_memory(LARGEST_VALUE_MEMORY)
}

/// How code ended that did not end well, in words for the model. Of the code's own words no more than is shown.
pub(crate) fn failure(
    error: &HostError,
    stats: &RuntimeStats,
    settings: &Settings,
) -> (Outcome, String) {
    match error {
        HostError::Cancelled => (Outcome::Cancelled, "the call was cancelled".into()),
        HostError::Limit {
            limit,
            allowed,
            used,
        } => limited(*limit, *allowed, *used, settings.timeout),
        HostError::GuestException(exception) => {
            let text = printable::without_runner(&exception.to_string());
            let text = cut(text, settings.shown);
            let of_memory = exception.type_name == "System.OutOfMemoryException"
                && stats.reached.contains(&LimitKind::Memory);
            match of_memory {
                true => (
                    Outcome::Limit,
                    format!(
                        "{text}\nThe limit of memory was reached: {} used or asked for",
                        LimitKind::Memory.show(stats.refused_memory.unwrap_or(stats.peak_memory))
                    ),
                ),
                false => (Outcome::Exception, text),
            }
        }
        HostError::Trap { message, .. } => (
            Outcome::Failed,
            format!(
                "the program was stopped inside its sandbox: {}",
                cut(message.clone(), settings.shown)
            ),
        ),
        HostError::Exit { code } => (
            Outcome::ExitCode,
            format!("the code ended its process with exit code {code}"),
        ),
        other => (Outcome::Failed, cut(of_host(other), settings.shown)),
    }
}

/// What the host says, without a path of its machine: who starts the server reads that in the log.
fn of_host(error: &HostError) -> String {
    match error {
        HostError::Io { what, source, .. } => {
            tracing::error!("{error}");
            format!("the server cannot {what} that it was started with: {source}")
        }
        other => other.to_string(),
    }
}

/// A limit that ended code. One of time is the call's own, or the server's.
fn limited(limit: LimitKind, allowed: u64, used: u64, granted: Duration) -> (Outcome, String) {
    let (may, did) = (limit.show(allowed), limit.show(used));
    if limit.is_time() {
        let of_call = limit == LimitKind::Lifetime && Duration::from_nanos(allowed) < granted;
        let whose = match of_call {
            true => "this call's `timeout_ms`",
            false => "all that the server grants",
        };
        return (
            Outcome::Timeout,
            format!(
                "stopped by the limit of time ({limit}): {may} allowed, which is {whose}; {did} used"
            ),
        );
    }
    (
        Outcome::Limit,
        format!(
            "stopped by a limit of the server's ({limit}): {may} allowed, {did} used or asked for"
        ),
    )
}

/// Why the compiler did not do its work, or what it made could not begin.
pub(crate) fn compiler_failure(error: ScriptError, settings: &Settings) -> (Outcome, String) {
    match error {
        ScriptError::Cancelled | ScriptError::Host(HostError::Cancelled) => {
            (Outcome::Cancelled, "the call was cancelled".into())
        }
        ScriptError::CompileLimit {
            limit,
            allowed,
            used,
        } => {
            let outcome = match limit.is_time() {
                true => Outcome::Timeout,
                false => Outcome::Limit,
            };
            let (allowed, used) = (limit.show(allowed), limit.show(used));
            (
                outcome,
                format!(
                    "the compiler was stopped by its limit ({limit}): {allowed} allowed, {used} used or asked for. Give it less to compile"
                ),
            )
        }
        ScriptError::TooDeep { .. } => (
            Outcome::CompileError,
            cut(error.to_string(), settings.shown),
        ),
        ScriptError::TooManySubmissions { most } => (
            Outcome::Limit,
            format!(
                "the session has had {most} submissions, which is the most. Make a new one with session_create"
            ),
        ),
        ScriptError::Host(error) => (Outcome::Failed, cut(of_host(&error), settings.shown)),
        ScriptError::Unreadable { message, .. } => (
            Outcome::Failed,
            format!("the server cannot read a file of its own: {message}"),
        ),
        other => (Outcome::Failed, cut(other.to_string(), settings.shown)),
    }
}

/// What is said to who writes Rust, for who writes a script.
fn for_models(text: &str) -> String {
    const SETTINGS: [&str; 3] = [
        "`ScriptHostBuilder::package_folder`",
        "`ScriptHostBuilder::allow_package`",
        "`ScriptHostBuilder::library`",
    ];
    let text = text
        .replace(
            ". Name one, with `ScriptHostBuilder::load_folder`",
            ": put all of the code into the call",
        )
        .replace(
            ". `ScriptHostBuilder::allow_package` allows it",
            ", by the server's settings",
        );
    SETTINGS.iter().fold(text, |text, setting| {
        text.replace(setting, "the server's settings")
    })
}
