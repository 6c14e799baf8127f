//! A runtime whose calls are futures: none of them holds a thread while the guest waits.
//!
//! One task of the executor, the driver, owns the runtime. Calls reach it through a channel; it enters the guest where a
//! thread may be held, and between entries it only waits: for commands, for the guest's next timer, for futures of
//! callbacks. So any number of waiting runtimes share a thread, and several calls of one runtime go on together.

mod call;
mod driver;
mod stream;

pub use call::AsyncCall;
pub use stream::AsyncStream;

use crate::border::ops::MethodPlace;
use crate::border::packing::{Packed, arguments_of, encode_arguments};
use crate::error::{Error, Result};
use crate::limits::CallLimits;
use crate::runtime::IsolatedRuntime;
use crate::values::handle::sealed::Sealed;
use crate::values::handle::{
    IsolatedAssembly, IsolatedMethod, IsolatedObject, IsolatedStream, IsolatedTask, keeping,
};
use crate::values::overloads::Arguments;
use driver::{Command, Driver};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

/// What starts a call once the driver is in the runtime.
type Start = Box<dyn FnOnce(&mut IsolatedRuntime) -> Result<IsolatedTask> + Send>;

/// An isolated runtime that is driven by a tokio runtime: its calls are futures. Cloning gives the same runtime.
///
/// Methods that return `Task`, `Task<T>`, `ValueTask` or `ValueTask<T>` are awaited; any other's result is there at once.
/// While a call waits (for `Task.Delay`, for an asynchronous callback, for another call) it holds no thread. Guest code that
/// runs (computes, sleeps in `Thread.Sleep`, reads files) holds one, but none of the executor's workers unseen: it
/// runs in `block_in_place` on a multi-thread runtime and in `spawn_blocking` on a current-thread one.
///
/// Dropping a call's future before it is done signals the `CancellationToken` that its method takes; the runtime works on.
/// The guest's own timers and tasks run on between calls, as long as a clone of this, a call or a stream lives.
///
/// ```no_run
/// # async fn example() -> isolator_host::Result<()> {
/// use isolator_host::IsolatedRuntimeHost;
/// let host = IsolatedRuntimeHost::builder().assembly_directory("bin/Release/net10.0")?.build()?;
/// let mut runtime = host.create_runtime()?;
/// runtime.register_async_callback("fetch", |key: String| async move { format!("value of {key}") });
/// let runtime = runtime.into_async()?;
/// // Both wait at the same time, in one runtime.
/// let (a, b) = tokio::join!(
///     runtime.call::<String>("App", "App.Service", "LoadAsync", ("a",)),
///     runtime.call::<String>("App", "App.Service", "LoadAsync", ("b",)),
/// );
/// println!("{} {}", a?, b?);
/// // Whatever has no form of its own here:
/// let heap = runtime.with(|runtime| runtime.guest_statistics()).await??.heap_bytes;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct AsyncRuntime {
    shared: Arc<Driven>,
    commands: mpsc::UnboundedSender<Command>,
}

/// As [`AsyncRuntime`], but does not keep the runtime alive: for callbacks registered in the runtime itself.
#[derive(Clone)]
pub struct WeakAsyncRuntime {
    shared: Arc<Driven>,
    commands: mpsc::WeakUnboundedSender<Command>,
}

struct Driven {
    runtime: u64,
    next_call: AtomicU64,
    /// Bytes that a result may take once it is read.
    most_memory: u64,
    /// How often the driver entered the guest.
    turns: Arc<AtomicU64>,
}

impl IsolatedRuntime {
    /// Hands the runtime over to the tokio runtime that this is called in, whose timer must be enabled (`enable_time`).
    ///
    /// # Errors
    /// [`Error::Config`] outside of a tokio runtime.
    pub fn into_async(mut self) -> Result<AsyncRuntime> {
        let Ok(executor) = Handle::try_current() else {
            return Err(Error::Config {
                message: "`into_async` was called outside of a tokio runtime: call it in an `async fn` that one runs, \
                          or in `Handle::enter`"
                    .into(),
            });
        };
        self.state_mut().meter.call = CallLimits::none();
        let turns = Arc::new(AtomicU64::new(0));
        // Those of a runtime that this one goes on from keep their numbers.
        let last = self.unfinished_calls().last().copied().unwrap_or(0);
        let shared = Driven {
            runtime: self.id(),
            next_call: AtomicU64::new(last.saturating_add(1)),
            most_memory: self.limits().most_memory(),
            turns: turns.clone(),
        };
        let (commands, receiver) = mpsc::unbounded_channel();
        let driver = Driver::new(self, turns);
        executor.spawn(driver::drive(driver, receiver, executor.runtime_flavor()));
        Ok(AsyncRuntime {
            shared: Arc::new(shared),
            commands,
        })
    }
}

/// The driver is gone: its executor was shut down, or the runtime was taken back.
fn gone() -> Error {
    Error::Dead {
        why: "nothing drives it any more: its executor was shut down, or `into_blocking` took it back"
            .into(),
    }
}

impl AsyncRuntime {
    /// A number that no other runtime of this process has.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.shared.runtime
    }

    /// Calls a static method, as [`Calls::call`](crate::Calls::call) does, and awaits what it returns. Nothing happens before the
    /// future is first polled.
    pub fn call<R: DeserializeOwned>(
        &self,
        assembly: &str,
        type_name: &str,
        method: &str,
        args: impl Serialize,
    ) -> AsyncCall<R> {
        let (assembly, type_name) = (assembly.to_owned(), type_name.to_owned());
        self.by_name(method, &args, move |start| {
            let name = &type_name;
            let assembly = &assembly;
            start(MethodPlace::Type { assembly, name }, 0)
        })
    }

    /// Calls a method of an object, as [`Calls::call_on`](crate::Calls::call_on) does, and awaits what it returns.
    pub fn call_on<R: DeserializeOwned>(
        &self,
        object: &IsolatedObject,
        method: &str,
        args: impl Serialize,
    ) -> AsyncCall<R> {
        let (object, runtime) = (object.clone(), self.id());
        self.by_name(method, &args, move |start| {
            let target = object.raw(runtime)?;
            start(MethodPlace::Object(target), target)
        })
    }

    /// Invokes a static method that was found, and awaits what it returns.
    pub fn invoke<R: DeserializeOwned>(
        &self,
        method: &IsolatedMethod,
        args: impl Serialize,
    ) -> AsyncCall<R> {
        self.found(method, None, &args)
    }

    /// Invokes an instance method that was found, and awaits what it returns.
    pub fn invoke_on<R: DeserializeOwned>(
        &self,
        method: &IsolatedMethod,
        target: &IsolatedObject,
        args: impl Serialize,
    ) -> AsyncCall<R> {
        self.found(method, Some(target.clone()), &args)
    }

    /// Reads an `IAsyncEnumerable<T>`. Dropping the stream before its end ends the enumeration inside.
    pub fn stream<T: DeserializeOwned>(&self, source: &IsolatedObject) -> AsyncStream<T> {
        let source = source.clone();
        AsyncStream::new(self, Box::new(move |runtime| runtime.open_stream(&source)))
    }

    /// Calls a static method that returns an `IAsyncEnumerable<T>`, and reads that.
    pub fn call_stream<T: DeserializeOwned>(
        &self,
        assembly: &str,
        type_name: &str,
        method: &str,
        args: impl Serialize,
    ) -> AsyncStream<T> {
        let arguments = self.encode(&args);
        let names = [assembly, type_name, method].map(str::to_owned);
        let open = move |runtime: &mut IsolatedRuntime| {
            let Encoded {
                arguments, bytes, ..
            } = &arguments?;
            let [assembly, name, method] = &names;
            let place = MethodPlace::Type { assembly, name };
            let source = runtime.enter(|entry| {
                let method = entry.method_for_arguments(place, method, *arguments)?;
                let method = method.raw(entry.runtime())?;
                entry.invoke_handle(method, 0, &Packed(bytes))
            })?;
            match source {
                Some(source) => runtime.open_stream(&source),
                None => Err(Error::Value {
                    message: format!("`{name}.{method}` returned null, which is no stream"),
                }),
            }
        };
        AsyncStream::new(self, Box::new(open))
    }

    /// Runs an assembly's entry point to its end, as [`Calls::run_main`](crate::Calls::run_main) does.
    ///
    /// # Errors
    /// [`Error::GuestException`] for an exception that `Main` let escape.
    pub async fn run_main(&self, assembly: &IsolatedAssembly, args: &[&str]) -> Result<i32> {
        let assembly = assembly.clone();
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let start: Start = Box::new(move |runtime| {
            runtime.enter(|entry| {
                let args: Vec<&str> = args.iter().map(String::as_str).collect();
                let raw = entry.run_main(assembly.raw(entry.runtime())?, &args)?;
                Ok(IsolatedTask::new(raw, &entry.store.data().releases))
            })
        });
        match self.start(Ok(start)).await {
            Err(Error::Exit { code }) => Ok(code),
            other => other,
        }
    }

    /// Runs a closure with the runtime, where it may hold a thread: for all that has no form of its own here. It runs even
    /// if the future is dropped once it was polled. A panic of it goes on in the caller; the runtime is as it was left.
    ///
    /// # Errors
    /// [`Error::Dead`] if the driver is gone.
    pub async fn with<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut IsolatedRuntime) -> T + Send + 'static,
    ) -> Result<T> {
        let (done, result) = oneshot::channel();
        let run = move |runtime: &mut IsolatedRuntime| {
            // Nobody may want it any more.
            let _ = done.send(catch_unwind(AssertUnwindSafe(|| f(runtime))));
        };
        let sent = self.commands.send(Command::With(Box::new(run)));
        sent.map_err(|_| gone())?;
        match result.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => Err(gone()),
        }
    }

    /// A call that was under way when the runtime that this one goes on from was suspended or forked, by its [number](AsyncCall::number).
    pub fn take_up<R: DeserializeOwned>(&self, number: u64) -> AsyncCall<R> {
        let start: Start = Box::new(move |runtime| runtime.take_up(number));
        self.start_as(number, Ok(start))
    }

    /// Takes the runtime back from its driver. Calls that are pending, and other clones of this, are of no more use.
    ///
    /// # Errors
    /// [`Error::Dead`] if the driver is gone.
    pub async fn into_blocking(self) -> Result<IsolatedRuntime> {
        let (done, result) = oneshot::channel();
        let sent = self.commands.send(Command::GiveBack(done));
        sent.map_err(|_| gone())?;
        result.await.map_err(|_| gone())
    }

    /// A reference that does not keep the runtime alive. A callback that is registered in the runtime and calls it (from a
    /// task of its own) holds one of these: with a clone it would keep the runtime alive for ever.
    #[must_use]
    pub fn downgrade(&self) -> WeakAsyncRuntime {
        WeakAsyncRuntime {
            shared: self.shared.clone(),
            commands: self.commands.downgrade(),
        }
    }

    /// How often the driver entered the guest: for tests and measurements of this project.
    #[doc(hidden)]
    #[must_use]
    pub fn turns(&self) -> u64 {
        self.shared.turns.load(Ordering::Relaxed)
    }

    fn found<R: DeserializeOwned>(
        &self,
        method: &IsolatedMethod,
        target: Option<IsolatedObject>,
        args: &impl Serialize,
    ) -> AsyncCall<R> {
        let method = method.clone();
        let start = self.encode(args).map(|encoded| {
            let start = move |runtime: &mut IsolatedRuntime| {
                runtime.enter(|entry| {
                    let target = crate::runtime::calls::raw_of(target.as_ref(), entry.runtime())?;
                    let method = method.raw(entry.runtime())?;
                    entry.invoke_async(method, target, &Packed(&encoded.bytes))
                })
            };
            Box::new(start) as Start
        });
        self.start(start)
    }

    /// A call by a method's name. `with_place` gets a function that makes it, and gives it the place and the target.
    fn by_name<R, F>(&self, method: &str, args: &impl Serialize, with_place: F) -> AsyncCall<R>
    where
        R: DeserializeOwned,
        F: FnOnce(
                &mut dyn FnMut(MethodPlace<'_>, u64) -> Result<IsolatedTask>,
            ) -> Result<IsolatedTask>
            + Send
            + 'static,
    {
        let (method, called) = (method.to_owned(), method.to_owned());
        let start = self.encode(args).map(|encoded| {
            let start = move |runtime: &mut IsolatedRuntime| {
                runtime.enter(|entry| {
                    with_place(&mut |place, target| {
                        let arguments = encoded.arguments;
                        let method = entry.method_for_arguments(place, &method, arguments)?;
                        let method = method.raw(entry.runtime())?;
                        entry.invoke_async(method, target, &Packed(&encoded.bytes))
                    })
                })
            };
            Box::new(start) as Start
        });
        self.start(start).named(&called)
    }

    fn encode(&self, args: &impl Serialize) -> Result<Encoded> {
        let arguments = arguments_of(args)?;
        let (bytes, kept) = keeping(|| encode_arguments(self.id(), args));
        Ok(Encoded {
            arguments,
            bytes: bytes?,
            _kept: kept,
        })
    }

    fn start<R: DeserializeOwned>(&self, start: Result<Start>) -> AsyncCall<R> {
        let id = self.shared.next_call.fetch_add(1, Ordering::Relaxed);
        self.start_as(id, start)
    }

    fn start_as<R: DeserializeOwned>(&self, id: u64, start: Result<Start>) -> AsyncCall<R> {
        // It may be awaited anywhere, and belongs to whoever makes it.
        let span = tracing::debug_span!(
            "call",
            runtime = self.id(),
            method = tracing::field::Empty,
            otel.status_code = tracing::field::Empty
        );
        AsyncCall::new(
            self.commands.clone(),
            id,
            self.shared.most_memory,
            start,
            span,
        )
    }
}

impl WeakAsyncRuntime {
    /// The runtime, if anyone still holds it.
    #[must_use]
    pub fn upgrade(&self) -> Option<AsyncRuntime> {
        Some(AsyncRuntime {
            shared: self.shared.clone(),
            commands: self.commands.upgrade()?,
        })
    }
}

impl fmt::Debug for AsyncRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AsyncRuntime({})", self.id())
    }
}

impl fmt::Debug for WeakAsyncRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WeakAsyncRuntime({})", self.shared.runtime)
    }
}

/// The arguments of a call that is made later.
struct Encoded {
    arguments: Arguments,
    bytes: Vec<u8>,
    /// Objects among them: the caller may drop its handles before.
    _kept: Vec<IsolatedObject>,
}

/// What opens a stream once the driver is in the runtime.
type Open = Box<dyn FnOnce(&mut IsolatedRuntime) -> Result<IsolatedStream> + Send>;
