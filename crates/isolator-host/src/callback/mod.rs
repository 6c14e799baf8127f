//! Host functions that guests call by name, and the context that lets them call back in.

mod closures;
mod failure;
mod function;
mod outstanding;
mod pending;

pub use closures::{
    IntoAsyncCallback, IntoCallback, IntoFallibleAsyncCallback, IntoFallibleCallback,
};
pub(crate) use closures::{
    boxed, boxed_async, boxed_fallible, boxed_fallible_async, boxed_raw, boxed_raw_async,
};
pub use failure::CallbackFailure;
pub use function::HostFunction;
pub(crate) use outstanding::{Outstanding, finish, poll_woken};
pub use pending::PendingCall;

use crate::engine::instance::GuestInstance;
use crate::engine::state::State;
use crate::error::{Error, Result};
use crate::limits::log::cut;
use crate::nearest::nearest;
use crate::runtime::Calls;
use crate::stdio::waiting::{self, Executor};
use isolator_abi::wire::{self, Failure, FailureKind};
use std::any::Any;
use std::collections::HashMap;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use wasmtime::StoreContextMut;

/// How deep host calls may nest (guest, host, guest, host…), unless the host was built with another
/// [`max_callback_depth`](crate::HostBuilder::max_callback_depth).
pub const MAX_CALLBACK_DEPTH: u32 = 32;

/// What a guest is shown where a callback failed, unless the embedder opts in to details.
pub(crate) const SAFE_SENTENCE: &str = "The call failed. See host console logs for details.";

/// What a callback makes of its arguments: the bytes of its result, or the truth about why there is none.
pub(crate) type Outcome = Result<Vec<u8>, CallbackFailure>;

/// A callback that answers at once: MessagePack array (or raw bytes) in, MessagePack value (or raw bytes) out.
pub(crate) type Answer = dyn Fn(&mut CallContext<'_>, &[u8]) -> Outcome + Send + Sync;

/// A callback that takes its time: MessagePack array in, a future of a MessagePack value out.
pub(crate) type Begin = dyn Fn(&[u8]) -> Result<CallFuture, String> + Send + Sync;

/// A call under way. Dropping it gives it up.
pub(crate) type CallFuture = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// A registered host function.
#[derive(Clone)]
pub(crate) enum Callback {
    Answer(Arc<Answer>),
    /// With the executor on which it was registered, which its futures may need.
    Begin(Arc<Begin>, Executor),
}

/// A call that a guest started and that is done. The error is a `Failure` that guest code may see.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct Completion {
    pub id: u64,
    pub outcome: Result<Vec<u8>, Vec<u8>>,
}

/// What a callback gets to call back into the runtime that called it: its [`Calls`].
pub struct CallContext<'a> {
    pub(crate) calls: Calls<'a>,
    /// The guest's frames are on this thread's stack, so the context stays on it.
    this_thread: PhantomData<*mut ()>,
}

impl<'a> CallContext<'a> {
    pub(crate) fn new(store: StoreContextMut<'a, State>, instance: Arc<GuestInstance>) -> Self {
        Self {
            calls: Calls::from_callback(store, instance),
            this_thread: PhantomData,
        }
    }
}

impl std::fmt::Debug for CallContext<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CallContext(runtime {})", self.id())
    }
}

/// Why a callback gave no result.
enum Truth {
    Error(CallbackFailure),
    Panic(Box<dyn Any + Send>),
}

/// The failure that guest code gets for a call that was not made.
#[cold]
fn refusal(kind: FailureKind, name: &str, message: String) -> Vec<u8> {
    let failure = Failure {
        kind,
        message,
        member: Some(name.to_owned()),
        ..Default::default()
    };
    wire::to_bytes(&failure).unwrap_or_default()
}

/// The failure for something that a limit keeps from crossing.
#[cold]
pub(crate) fn refused(state: &mut State, error: &Error) -> Vec<u8> {
    let message = match error {
        Error::Limit {
            limit,
            allowed,
            used,
        } => {
            state.meter.note_reached(*limit);
            limit.fact(*allowed, *used)
        }
        other => other.to_string(),
    };
    let failure = Failure {
        kind: FailureKind::Host,
        message,
        ..Default::default()
    };
    wire::to_bytes(&failure).unwrap_or_default()
}

/// The failure that guest code gets for a call that went wrong. The truth goes to the log.
#[cold]
fn failure(state: &State, name: &str, truth: Truth) -> Vec<u8> {
    let runtime = state.runtime();
    let mut number = 0;
    let truth = match truth {
        Truth::Error(truth) => {
            number = truth.number();
            let truth = truth.into_message();
            // One that has a number was logged by whoever gave it that.
            if number == 0 && state.log.allows() {
                tracing::error!(
                    runtime,
                    callback = name,
                    error = &*cut(&truth),
                    "a callback failed"
                );
            }
            truth
        }
        Truth::Panic(panic) => {
            let text = panic
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_else(|| "a panic without a text".into());
            if state.log.allows() {
                tracing::error!(
                    runtime,
                    callback = name,
                    panic = &*cut(&text),
                    "a callback panicked"
                );
            }
            format!("panic: {text}")
        }
    };
    let shown = if state.shared.callback_details {
        truth
    } else {
        SAFE_SENTENCE.into()
    };
    let failure = Failure {
        kind: FailureKind::Host,
        message: shown,
        member: Some(name.to_owned()),
        number,
        ..Default::default()
    };
    wire::to_bytes(&failure).unwrap_or_default()
}

/// Runs what the embedder wrote. A panic must neither cross the guest's frames nor end the embedder's thread because of
/// what a guest passed.
fn guarded<T, E: Into<CallbackFailure>>(f: impl FnOnce() -> Result<T, E>) -> Result<T, Truth> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(truth)) => Err(Truth::Error(truth.into())),
        Err(panic) => Err(Truth::Panic(panic)),
    }
}

/// A callback and the name that it was registered under, or a `Failure`.
pub(crate) type Found = Result<(Arc<str>, Callback), Vec<u8>>;

/// Callbacks by name.
pub(crate) type Callbacks = HashMap<Arc<str>, Callback>;

/// The host's callbacks, to look one up.
pub(crate) fn read(callbacks: &RwLock<Callbacks>) -> RwLockReadGuard<'_, Callbacks> {
    callbacks.read().unwrap_or_else(PoisonError::into_inner)
}

/// What is registered under a name.
fn named(callbacks: &Callbacks, name: &str) -> Option<(Arc<str>, Callback)> {
    let (name, callback) = callbacks.get_key_value(name)?;
    Some((name.clone(), callback.clone()))
}

/// Finds the callback `name`, and the name as it was registered. The error is a `Failure` that guest code may see.
pub(crate) fn find(state: &State, name: &str) -> Found {
    let own = state.meter.limits.get_max_callback_depth();
    let most = state.shared.max_callback_depth.min(own.unwrap_or(u32::MAX));
    let depth = state.depth;
    if depth >= most {
        return Err(refusal(
            FailureKind::CallbackDepth,
            name,
            format!("Calls between host and guest nest deeper than {most}."),
        ));
    }
    #[cfg(feature = "http")]
    if let Some(found) = of_http(state, name) {
        return found;
    }
    named(&state.callbacks, name)
        .or_else(|| named(&read(&state.shared.callbacks), name))
        .ok_or_else(|| {
            let of_host = read(&state.shared.callbacks);
            let known = state.callbacks.keys().chain(of_host.keys());
            let near = nearest(name, known.map(|known| &**known));
            let meant = match &*near {
                [] => String::new(),
                near => format!(" Did you mean '{}'?", near.join("' or '")),
            };
            refusal(
                FailureKind::UnknownCallback,
                name,
                format!("No callback is registered under the name '{name}'.{meant}"),
            )
        })
}

/// What makes requests of the network, under a name that is kept for that. A runtime to which none is granted has no such function.
#[cfg(feature = "http")]
fn of_http(state: &State, name: &str) -> Option<Found> {
    use crate::http::{Operation, RESERVED};
    let operation = Operation::named(name.strip_prefix(RESERVED)?);
    let granted = operation.zip(state.http.clone());
    Some(match granted {
        Some((Operation::Close, session)) => {
            let close =
                move |_: &mut CallContext<'_>, args: &[u8]| -> Outcome { Ok(session.close(args)) };
            Ok((name.into(), Callback::Answer(Arc::new(close))))
        }
        Some((operation, session)) => {
            let buffers = state.meter.limits.get_max_buffers();
            let begin = move |args: &[u8]| -> Result<CallFuture, String> {
                let answer = session.begin(operation, args, buffers);
                Ok(Box::pin(async move { Ok(answer.await) }) as CallFuture)
            };
            let begin: Arc<Begin> = Arc::new(begin);
            Ok((name.into(), Callback::Begin(begin, Executor::default())))
        }
        None => Err(refusal(
            FailureKind::UnknownCallback,
            name,
            "HTTP is not granted.".into(),
        )),
    })
}

/// Runs a callback to its end. The error is a `Failure` that guest code may see.
pub(crate) fn run(
    context: &mut CallContext<'_>,
    name: &str,
    callback: &Callback,
    args: &[u8],
) -> Result<Vec<u8>, Vec<u8>> {
    let state = context.state_mut();
    state.depth += 1;
    let outcome = match callback {
        Callback::Answer(answer) => guarded(|| answer(context, args)),
        Callback::Begin(begin, executor) => {
            let begun = guarded(|| executor.enter(|| begin(args)));
            let meter = &mut context.state_mut().meter;
            let (until, control) = (meter.deadline(), meter.control.clone());
            let ended = begun.map(|future| {
                // Where the time is over there is no result, and the call that wants it is stopped.
                let wait = || {
                    let outcome = waiting::block_on(executor, future, until, &control);
                    outcome.unwrap_or_else(|| Ok(Vec::new()))
                };
                waiting::where_allowed(|| guarded(wait))
            });
            match ended {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(waiting::NotHere)) => {
                    context.state_mut().depth -= 1;
                    return Err(blocked(context.state(), name));
                }
                Err(truth) => Err(truth),
            }
        }
    };
    let state = context.state_mut();
    state.depth = state.depth.saturating_sub(1);
    outcome.map_err(|truth| failure(state, name, truth))
}

/// The failure of a call that the embedder gave up, with what guest code is told of it.
pub(crate) fn given_up(name: &str, message: String) -> Vec<u8> {
    refusal(FailureKind::Host, name, message)
}

/// Begins an asynchronous callback, as the call with this id. One that cannot be begun is done at once.
pub(crate) fn begin(
    state: &mut State,
    id: u64,
    name: Arc<str>,
    begin: &Arc<Begin>,
    executor: &Executor,
    args: Vec<u8>,
) {
    match guarded(|| executor.enter(|| begin(&args))) {
        Ok(future) => {
            let executor = executor.clone();
            state.outstanding.start(id, name, future, executor, args);
        }
        Err(truth) => {
            let failure = failure(state, &name, truth);
            finish(state, id, Err(failure));
        }
    }
}

/// An asynchronous callback was called synchronously where nothing can wait for it.
#[cold]
fn blocked(state: &State, name: &str) -> Vec<u8> {
    if state.log.allows() {
        tracing::error!(
            runtime = state.runtime(),
            callback = name,
            "guest code called an asynchronous callback synchronously, on a thread of a current-thread executor, \
             which alone could finish it. Drive the runtime with `into_async`, or call it inside \
             `tokio::task::spawn_blocking(|| isolator_host::allow_blocking(…))`"
        );
    }
    let message = format!(
        "The host's function '{name}' is asynchronous, and the host's thread that runs this code must not wait for it. \
         Call it with DotNetIsolatorHost.InvokeAsync and await the result."
    );
    refusal(FailureKind::CallbackBlocked, name, message)
}

/// What of a nested call's error the embedder's closure may well pass on.
impl From<Error> for String {
    fn from(error: Error) -> Self {
        error.to_string()
    }
}
