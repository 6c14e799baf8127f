//! A run: compile, create, load, run, each told with its time.

use crate::Playground;
use crate::check::{in_words_of_the_page, of_line};
use crate::pipe::Pipe;
use bytes::Bytes;
use isolator_host::{
    Error as HostError, LimitKind, RuntimeBuilder, RuntimeStats, Stdin, Stdio, printable,
};
use isolator_script::{Cancellation, Diagnostics, Error, Source, Started};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Runs at once. One more is asked to wait.
pub const RUNS_AT_ONCE: usize = 4;
/// What the source is called.
pub const SOURCE: &str = "script.cs";
/// Most bytes of what is said of an end, such as an exception's text: it comes from the guest.
const LONGEST_MESSAGE: usize = 64 << 10;

/// What the page asks for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The source.
    pub text: String,
    /// Standard input.
    #[serde(default)]
    pub input: String,
    /// Milliseconds that it may take, if that is less than what the command line grants.
    pub time: Option<u64>,
    /// Bytes that it may take, likewise.
    pub memory: Option<u64>,
}

/// A guest's stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What happens in a run, a line of JSON each.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Event {
    /// It has begun, under this number.
    Begin {
        /// For `stop`.
        run: u64,
    },
    /// It compiled, perhaps with warnings.
    Compiled {
        /// How long that took.
        milliseconds: f64,
        /// The warnings.
        diagnostics: Diagnostics,
    },
    /// The sandbox is made, and the program is in it.
    Loaded {
        /// How long it took to make the sandbox.
        create: f64,
        /// How long it took to load the program.
        load: f64,
    },
    /// It wrote something.
    Output {
        /// Where to.
        stream: Stream,
        /// What.
        text: String,
    },
    /// It has ended.
    End(End),
}

impl Event {
    /// As a line.
    pub fn line(&self) -> Bytes {
        // Numbers and texts are all there is: that can always be written.
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        line.into()
    }
}

/// How a run ended.
#[derive(Debug, Serialize)]
pub struct End {
    /// Which kind of end it was.
    pub outcome: Outcome,
    /// The exit code, if it has one.
    pub code: Option<i32>,
    /// What is to be said of it.
    pub message: String,
    /// What is wrong with the source.
    pub diagnostics: Diagnostics,
    /// How long it ran, if it did.
    pub milliseconds: Option<f64>,
    /// What it used.
    pub used: Option<Used>,
}

/// The kinds of ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// To its end, or `Environment.Exit`.
    Exit,
    /// An exception that it let escape.
    Exception,
    /// A limit, of the compiler's or the run's.
    Limit,
    /// Somebody stopped it.
    Stopped,
    /// It did not compile.
    Errors,
    /// Anything else.
    Fault,
}

/// What a run used.
#[derive(Debug, Serialize)]
pub struct Used {
    /// Bytes of memory at most.
    memory: u64,
    /// CPU time.
    cpu: f64,
    /// Bytes of output.
    output: u64,
}

impl Used {
    fn of(stats: &RuntimeStats) -> Self {
        Self {
            memory: stats.peak_memory,
            cpu: milliseconds(stats.cpu),
            output: stats.output_bytes,
        }
    }
}

/// A time as the page shows it, to the microsecond.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_micros() as f64 / 1000.0
}

/// The runs that are under way.
pub struct Runs {
    room: Arc<Semaphore>,
    last: AtomicU64,
    going: Mutex<HashMap<u64, (Cancellation, Pipe)>>,
}

/// A run's place among them, for as long as it goes.
pub struct Place {
    runs: Arc<Runs>,
    _room: OwnedSemaphorePermit,
    /// Its number.
    pub number: u64,
    /// Stops it.
    pub cancellation: Cancellation,
    /// Where it tells what happens.
    pub pipe: Pipe,
}

impl Runs {
    /// None is under way.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            room: Arc::new(Semaphore::new(RUNS_AT_ONCE)),
            last: AtomicU64::new(0),
            going: Mutex::default(),
        })
    }

    fn going(&self) -> MutexGuard<'_, HashMap<u64, (Cancellation, Pipe)>> {
        self.going.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for one more, if there is one.
    pub fn place(self: &Arc<Self>) -> Option<Place> {
        let room = self.room.clone().try_acquire_owned().ok()?;
        let place = Place {
            runs: self.clone(),
            _room: room,
            number: self.last.fetch_add(1, Ordering::Relaxed) + 1,
            cancellation: Cancellation::new(),
            pipe: Pipe::default(),
        };
        let parts = (place.cancellation.clone(), place.pipe.clone());
        self.going().insert(place.number, parts);
        Some(place)
    }

    /// Stops one; whether it was under way.
    pub fn stop(&self, number: u64) -> bool {
        let found = self.going().get(&number).map(|(stop, _)| stop.clone());
        found.is_some_and(|stop| {
            stop.cancel();
            true
        })
    }

    /// Stops all, whose pages are gone.
    pub fn stop_all(&self) {
        for (stop, pipe) in self.going().values() {
            stop.cancel();
            pipe.close();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.runs.going().remove(&self.number);
        self.pipe.finish();
    }
}

/// The end of a run's connection: without it nobody reads what the run tells, and it is stopped.
pub struct Reader {
    pipe: Pipe,
    cancellation: Cancellation,
}

impl Reader {
    /// The page's end of a run.
    pub fn of(place: &Place) -> Self {
        Self {
            pipe: place.pipe.clone(),
            cancellation: place.cancellation.clone(),
        }
    }

    /// The next line; none at the end.
    pub async fn next(&self) -> Option<Bytes> {
        self.pipe.next().await
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.cancellation.cancel();
        self.pipe.close();
    }
}

impl Playground {
    /// Runs an order to its end. Takes as long as that does.
    pub(crate) fn run(&self, order: &Order, place: &Place) {
        let pipe = &place.pipe;
        pipe.tell(Event::Begin { run: place.number });
        let end = self
            .steps(order, place)
            .unwrap_or_else(|error| End::of_script(&error));
        pipe.tell(Event::End(end));
    }

    fn steps(&self, order: &Order, place: &Place) -> Result<End, Error> {
        let scripts = self.scripts.with_cancellation(&place.cancellation);
        let began = Instant::now();
        let compilation = scripts.compile(&[Source::new(SOURCE, &*order.text)])?;
        place.pipe.tell(Event::Compiled {
            milliseconds: milliseconds(began.elapsed()),
            diagnostics: compilation.diagnostics().clone(),
        });
        // From the memory of what was compiled it comes without looking.
        if place.cancellation.is_cancelled() {
            return Err(Error::Cancelled);
        }

        let mut refused = None;
        let began = Instant::now();
        let Started {
            mut runtime,
            assembly,
        } = scripts.start(&compilation, |builder| match (self.grant)(builder) {
            Ok(builder) => self.limited(builder, order, &place.pipe),
            Err(message) => {
                refused = Some(message);
                scripts.runtime()
            }
        })?;
        if let Some(message) = refused {
            return Ok(End::said(Outcome::Fault, message));
        }
        // It has lived since it was created.
        let load = runtime.stats().wall;
        place.pipe.tell(Event::Loaded {
            create: milliseconds(began.elapsed().saturating_sub(load)),
            load: milliseconds(load),
        });

        let began = Instant::now();
        let ran = runtime.run_main(&assembly, &[]);
        let took = began.elapsed();
        let stats = runtime.stats();
        scripts.note_run(&compilation, &stats, took, &ran);
        let limit = runtime.limits().get_memory();
        // What it wrote last comes before its end.
        drop(runtime);
        let mut end = match ran {
            Ok(code) => End::exit(code),
            Err(error) => End::of_host(&error, limit, &stats),
        };
        end.milliseconds = Some(milliseconds(took));
        end.used = Some(Used::of(&stats));
        Ok(end)
    }

    /// Within what the page asks for, if that is less than what may be had.
    fn limited(&self, builder: RuntimeBuilder, order: &Order, pipe: &Pipe) -> RuntimeBuilder {
        let mut limits = self.limits.clone().measure_cpu(true);
        limits = match order.memory {
            Some(wanted) => {
                let most = limits.get_memory().unwrap_or(u64::MAX);
                limits.memory(wanted.min(most))
            }
            None => limits,
        };
        limits = match order.time {
            Some(wanted) => {
                let most = limits.get_lifetime().unwrap_or(Duration::MAX);
                limits.lifetime(Duration::from_millis(wanted).min(most))
            }
            None => limits,
        };
        if let Some(time) = limits.get_lifetime() {
            pipe.expire(time);
        }
        builder
            .limits(limits)
            .stdin(Stdin::Bytes(order.input.clone().into_bytes()))
            .stdout(Stdio::writer(pipe.writer(Stream::Stdout)))
            .stderr(Stdio::writer(pipe.writer(Stream::Stderr)))
    }
}

impl End {
    fn said(outcome: Outcome, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if message.len() > LONGEST_MESSAGE {
            message.truncate(message.floor_char_boundary(LONGEST_MESSAGE));
            message.push('…');
        }
        Self {
            outcome,
            code: None,
            message,
            diagnostics: Diagnostics::default(),
            milliseconds: None,
            used: None,
        }
    }

    fn exit(code: i32) -> Self {
        Self {
            code: Some(code),
            ..Self::said(Outcome::Exit, format!("ended with exit code {code}"))
        }
    }

    fn limit(what: &str, limit: LimitKind, allowed: u64, used: u64) -> Self {
        let (allowed, used) = (limit.show(allowed), limit.show(used));
        let message =
            format!("{what} by its limit ({limit}): {allowed} allowed, {used} used or asked for");
        Self::said(Outcome::Limit, message)
    }

    /// What ended a compilation, or kept a run from beginning.
    pub fn of_script(error: &Error) -> Self {
        match error {
            Error::Compile(diagnostics) => Self {
                diagnostics: diagnostics.clone(),
                ..Self::said(Outcome::Errors, "it does not compile")
            },
            Error::CompileLimit {
                limit,
                allowed,
                used,
            } => Self::limit("the compiler was stopped", *limit, *allowed, *used),
            Error::Cancelled | Error::Host(HostError::Cancelled) => {
                Self::said(Outcome::Stopped, "stopped")
            }
            Error::Host(HostError::Limit {
                limit,
                allowed,
                used,
            }) => Self::limit("stopped", *limit, *allowed, *used),
            Error::Directive { .. } | Error::TooDeep { .. } | Error::Options { .. } => Self {
                diagnostics: of_line(error, usize::MAX).unwrap_or_default(),
                ..Self::said(Outcome::Errors, in_words_of_the_page(&error.to_string()))
            },
            error => Self::said(Outcome::Fault, error.to_string()),
        }
    }

    /// What ended a run.
    fn of_host(error: &HostError, memory: Option<u64>, stats: &RuntimeStats) -> Self {
        match error {
            HostError::Exit { code } => Self::exit(*code),
            HostError::Cancelled => Self::said(Outcome::Stopped, "stopped"),
            HostError::Limit {
                limit,
                allowed,
                used,
            } => Self::limit("stopped", *limit, *allowed, *used),
            HostError::GuestException(exception) => {
                // What .NET could tell the guest of its limit of memory.
                let of_memory = exception.type_name == "System.OutOfMemoryException"
                    && stats.reached.contains(&LimitKind::Memory);
                match memory.filter(|_| of_memory) {
                    Some(allowed) => {
                        Self::limit("stopped", LimitKind::Memory, allowed, stats.peak_memory)
                    }
                    None => Self::said(
                        Outcome::Exception,
                        printable::without_runner(&exception.to_string()),
                    ),
                }
            }
            HostError::Trap { message, .. } => Self::said(
                Outcome::Fault,
                format!("it was stopped inside its sandbox: {message}"),
            ),
            error => Self::said(Outcome::Fault, error.to_string()),
        }
    }
}
