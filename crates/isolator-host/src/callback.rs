//! Host functions that guests call by name, and the context that lets them call back in.

use crate::error::{Error, Result};
use crate::instance::Instance;
use crate::state::State;
use isolator_abi::wire::{self, Failure, FailureKind};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use wasmtime::StoreContextMut;

/// How deep host calls may nest: guest, host, guest, host…
pub const MAX_CALLBACK_DEPTH: u32 = 32;

/// What a guest is shown where a callback failed, unless the embedder opts in to details.
pub(crate) const SAFE_SENTENCE: &str = "The call failed. See host console logs for details.";

/// A registered host function: MessagePack array (or raw bytes) in, MessagePack value (or raw bytes) out.
pub(crate) type Callback =
    Arc<dyn Fn(&mut CallContext<'_>, &[u8]) -> Result<Vec<u8>, String> + Send + Sync>;

/// A call that a guest started and that is done.
pub(crate) struct Completion {
    pub id: u64,
    pub outcome: Result<Vec<u8>, Vec<u8>>,
}

/// What a callback gets to call back into the runtime that called it. It has the same calls as
/// [`IsolatedRuntime`](crate::IsolatedRuntime).
pub struct CallContext<'a> {
    pub(crate) store: StoreContextMut<'a, State>,
    pub(crate) instance: Arc<Instance>,
    /// The guest's frames are on this thread's stack, so the context stays on it.
    this_thread: PhantomData<*mut ()>,
}

impl<'a> CallContext<'a> {
    pub(crate) fn new(store: StoreContextMut<'a, State>, instance: Arc<Instance>) -> Self {
        Self {
            store,
            instance,
            this_thread: PhantomData,
        }
    }
}

impl std::fmt::Debug for CallContext<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CallContext(runtime {})", self.store.data().runtime())
    }
}

/// Runs the callback `name`. The error is a `Failure` that guest code may see.
pub(crate) fn run(
    context: &mut CallContext<'_>,
    name: &str,
    args: &[u8],
) -> Result<Vec<u8>, Vec<u8>> {
    let state = context.store.data_mut();
    let failure = |message: String| {
        let failure = Failure {
            kind: FailureKind::Host,
            message,
            member: Some(name.to_owned()),
            ..Default::default()
        };
        wire::to_bytes(&failure).unwrap_or_default()
    };
    if state.depth >= MAX_CALLBACK_DEPTH {
        return Err(failure(format!(
            "Calls between host and guest nest deeper than {MAX_CALLBACK_DEPTH}."
        )));
    }
    let Some(callback) = state
        .callbacks
        .get(name)
        .or_else(|| state.shared.callbacks.get(name))
        .cloned()
    else {
        return Err(failure(format!(
            "No callback is registered under the name '{name}'."
        )));
    };
    let (runtime, details) = (state.runtime(), state.shared.callback_details);
    state.depth += 1;
    // A panic must neither cross the guest's frames nor end the embedder's thread because of what a guest passed.
    let outcome = catch_unwind(AssertUnwindSafe(|| callback(context, args)));
    let state = context.store.data_mut();
    state.depth = state.depth.saturating_sub(1);
    let truth = match outcome {
        Ok(Ok(bytes)) => return Ok(bytes),
        Ok(Err(truth)) => {
            tracing::error!(runtime, callback = name, error = truth, "a callback failed");
            truth
        }
        Err(panic) => {
            let text = panic
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_else(|| "a panic without a text".into());
            tracing::error!(
                runtime,
                callback = name,
                panic = text,
                "a callback panicked"
            );
            format!("panic: {text}")
        }
    };
    Err(failure(if details { truth } else { SAFE_SENTENCE.into() }))
}

/// What can be registered as a callback: closures with 0 to 8 deserializable arguments, optionally after a
/// `&mut CallContext<'_>`, with a serializable result. `Kind` tells their shapes apart and is inferred.
pub trait IntoCallback<Kind>: sealed::Sealed<Kind> {}
impl<F, Kind> IntoCallback<Kind> for F where F: sealed::Sealed<Kind> {}

/// What can be registered as a fallible callback: as [`IntoCallback`], but the result is a `Result` whose error displays.
pub trait IntoFallibleCallback<Kind>: sealed::Fallible<Kind> {}
impl<F, Kind> IntoFallibleCallback<Kind> for F where F: sealed::Fallible<Kind> {}

mod sealed {
    pub trait Sealed<Kind> {
        #[doc(hidden)]
        fn into_callback(self) -> super::Boxed;
    }
    pub trait Fallible<Kind> {
        #[doc(hidden)]
        fn into_fallible(self) -> super::Boxed;
    }
}

/// A callback in its general form.
pub struct Boxed(Callback);

pub(crate) fn boxed<Kind>(callback: impl IntoCallback<Kind>) -> Callback {
    callback.into_callback().0
}

pub(crate) fn boxed_fallible<Kind>(callback: impl IntoFallibleCallback<Kind>) -> Callback {
    callback.into_fallible().0
}

pub(crate) fn boxed_raw<E: std::fmt::Display>(
    callback: impl Fn(&mut CallContext<'_>, &[u8]) -> Result<Vec<u8>, E> + Send + Sync + 'static,
) -> Callback {
    Arc::new(move |context, bytes| callback(context, bytes).map_err(|error| format!("{error:#}")))
}

fn arguments<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    wire::from_bytes(bytes)
        .map_err(|error| format!("the guest's arguments are not of the callback's types: {error}"))
}

/// The one argument of a callback: an array of one, which `(T,)` reads.
fn result<T: Serialize>(value: &T) -> Result<Vec<u8>, String> {
    wire::to_bytes(value)
        .map_err(|error| format!("the callback's result cannot be serialized: {error}"))
}

/// Marks closures that take a context first.
pub struct WithContext<A>(PhantomData<A>);
/// Marks closures that take arguments only.
pub struct Plain<A>(PhantomData<A>);

/// No arguments at all: an empty array.
struct Nothing;
impl<'de> serde::Deserialize<'de> for Nothing {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <[(); 0]>::deserialize(deserializer).map(|_| Self)
    }
}

macro_rules! closures {
    ($($arg:ident)*) => {
        impl<F, R, $($arg),*> sealed::Sealed<Plain<fn($($arg),*) -> R>> for F
        where F: Fn($($arg),*) -> R + Send + Sync + 'static, R: Serialize, $($arg: DeserializeOwned),*
        {
            #[allow(non_snake_case, reason = "the type parameters' names serve as names of the arguments")]
            fn into_callback(self) -> Boxed {
                Boxed(Arc::new(move |_, bytes| {
                    closures!(@read bytes $($arg)*);
                    result(&self($($arg),*))
                }))
            }
        }
        impl<F, R, $($arg),*> sealed::Sealed<WithContext<fn($($arg),*) -> R>> for F
        where F: Fn(&mut CallContext<'_>, $($arg),*) -> R + Send + Sync + 'static, R: Serialize, $($arg: DeserializeOwned),*
        {
            #[allow(non_snake_case, reason = "the type parameters' names serve as names of the arguments")]
            fn into_callback(self) -> Boxed {
                Boxed(Arc::new(move |context, bytes| {
                    closures!(@read bytes $($arg)*);
                    result(&self(context, $($arg),*))
                }))
            }
        }
        impl<F, R, E, $($arg),*> sealed::Fallible<Plain<fn($($arg),*) -> Result<R, E>>> for F
        where F: Fn($($arg),*) -> Result<R, E> + Send + Sync + 'static, R: Serialize, E: std::fmt::Display, $($arg: DeserializeOwned),*
        {
            #[allow(non_snake_case, reason = "the type parameters' names serve as names of the arguments")]
            fn into_fallible(self) -> Boxed {
                Boxed(Arc::new(move |_, bytes| {
                    closures!(@read bytes $($arg)*);
                    self($($arg),*).map_err(|error| format!("{error:#}")).and_then(|value| result(&value))
                }))
            }
        }
        impl<F, R, E, $($arg),*> sealed::Fallible<WithContext<fn($($arg),*) -> Result<R, E>>> for F
        where F: Fn(&mut CallContext<'_>, $($arg),*) -> Result<R, E> + Send + Sync + 'static, R: Serialize, E: std::fmt::Display, $($arg: DeserializeOwned),*
        {
            #[allow(non_snake_case, reason = "the type parameters' names serve as names of the arguments")]
            fn into_fallible(self) -> Boxed {
                Boxed(Arc::new(move |context, bytes| {
                    closures!(@read bytes $($arg)*);
                    self(context, $($arg),*).map_err(|error| format!("{error:#}")).and_then(|value| result(&value))
                }))
            }
        }
    };
    (@read $bytes:ident) => { let Nothing = arguments($bytes)?; };
    (@read $bytes:ident $($arg:ident)+) => { let ($($arg,)+) = arguments($bytes)?; };
}
closures!();
closures!(A1);
closures!(A1 A2);
closures!(A1 A2 A3);
closures!(A1 A2 A3 A4);
closures!(A1 A2 A3 A4 A5);
closures!(A1 A2 A3 A4 A5 A6);
closures!(A1 A2 A3 A4 A5 A6 A7);
closures!(A1 A2 A3 A4 A5 A6 A7 A8);

/// What of a nested call's error the embedder's closure may well pass on.
impl From<Error> for String {
    fn from(error: Error) -> Self {
        error.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts<Kind>(callback: impl IntoCallback<Kind>) -> Callback {
        boxed(callback)
    }

    #[test]
    fn closures_of_every_shape_are_callbacks() {
        accepts(|| 1);
        accepts(|name: String| format!("hello {name}"));
        accepts(|a: i32, b: Option<f64>, c: Vec<u8>| (a, b, c));
        accepts(|_: &mut CallContext<'_>| ());
        accepts(|_: &mut CallContext<'_>, a: i32| a);
        boxed_fallible(|a: i32| if a > 0 { Ok(a) } else { Err("negative") });
        boxed_fallible(|_: &mut CallContext<'_>, a: i32| -> Result<i32> { Ok(a) });
        boxed_raw(|_, bytes| Ok::<_, Error>(bytes.to_vec()));
    }

    #[test]
    fn arguments_must_fit_in_number_and_type() {
        let args = |value: &dyn Fn() -> Vec<u8>| value();
        assert_eq!(
            arguments::<(i32,)>(&args(&|| wire::to_bytes(&(1,)).unwrap())),
            Ok((1,))
        );
        assert!(arguments::<(i32,)>(&wire::to_bytes(&(1, 2)).unwrap()).is_err());
        assert!(arguments::<(i32, i32)>(&wire::to_bytes(&(1,)).unwrap()).is_err());
        assert!(arguments::<(i32,)>(&wire::to_bytes(&("a",)).unwrap()).is_err());
        assert!(arguments::<Nothing>(&[0x90]).is_ok());
        assert!(arguments::<Nothing>(&[0x91, 1]).is_err());
    }
}
