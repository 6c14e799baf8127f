//! The shapes of closures that can be registered as callbacks.

use super::{Answer, Begin, CallContext, CallFuture, Callback, Outcome};
use crate::limits::{DEFAULT_MAX_VALUE, LimitKind};
use crate::stdio::waiting::Executor;
use isolator_abi::wire::{self, Unread};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Display;
use std::marker::PhantomData;
use std::sync::Arc;

/// What can be registered as a callback: closures with 0 to 8 deserializable arguments, optionally after a
/// `&mut CallContext<'_>`, with a serializable result. `Kind` tells their shapes apart and is inferred.
pub trait IntoCallback<Kind>: sealed::Sealed<Kind> {}
impl<F, Kind> IntoCallback<Kind> for F where F: sealed::Sealed<Kind> {}

/// What can be registered as a fallible callback: as [`IntoCallback`], but the result is a `Result` whose error displays.
pub trait IntoFallibleCallback<Kind>: sealed::Fallible<Kind> {}
impl<F, Kind> IntoFallibleCallback<Kind> for F where F: sealed::Fallible<Kind> {}

/// What can be registered as an asynchronous callback: closures with 0 to 8 deserializable arguments that return a future
/// (`async move` blocks and closures do) of a serializable result.
pub trait IntoAsyncCallback<Kind>: sealed::Asynchronous<Kind> {}
impl<F, Kind> IntoAsyncCallback<Kind> for F where F: sealed::Asynchronous<Kind> {}

/// What can be registered as a fallible asynchronous callback: as [`IntoAsyncCallback`], but the future's result is a
/// `Result` whose error displays.
pub trait IntoFallibleAsyncCallback<Kind>: sealed::FallibleAsynchronous<Kind> {}
impl<F, Kind> IntoFallibleAsyncCallback<Kind> for F where F: sealed::FallibleAsynchronous<Kind> {}

mod sealed {
    pub trait Sealed<Kind> {
        #[doc(hidden)]
        fn into_callback(self) -> super::Boxed;
    }
    pub trait Fallible<Kind> {
        #[doc(hidden)]
        fn into_fallible(self) -> super::Boxed;
    }
    pub trait Asynchronous<Kind> {
        #[doc(hidden)]
        fn into_async(self) -> super::BoxedAsync;
    }
    pub trait FallibleAsynchronous<Kind> {
        #[doc(hidden)]
        fn into_fallible_async(self) -> super::BoxedAsync;
    }
}

/// A callback in its general form.
pub struct Boxed(Arc<Answer>);
/// An asynchronous callback in its general form.
pub struct BoxedAsync(Arc<Begin>);

pub(crate) fn boxed<Kind>(callback: impl IntoCallback<Kind>) -> Callback {
    Callback::Answer(callback.into_callback().0)
}

pub(crate) fn boxed_fallible<Kind>(callback: impl IntoFallibleCallback<Kind>) -> Callback {
    Callback::Answer(callback.into_fallible().0)
}

pub(crate) fn boxed_async<Kind>(callback: impl IntoAsyncCallback<Kind>) -> Callback {
    Callback::Begin(callback.into_async().0, Executor::here())
}

pub(crate) fn boxed_fallible_async<Kind>(
    callback: impl IntoFallibleAsyncCallback<Kind>,
) -> Callback {
    Callback::Begin(callback.into_fallible_async().0, Executor::here())
}

pub(crate) fn boxed_raw<E: Display>(
    callback: impl Fn(&mut CallContext<'_>, &[u8]) -> Result<Vec<u8>, E> + Send + Sync + 'static,
) -> Callback {
    Callback::Answer(Arc::new(move |context, bytes| {
        Ok(callback(context, bytes).map_err(shown)?)
    }))
}

fn shown<E: Display>(error: E) -> String {
    format!("{error:#}")
}

fn arguments<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let most = usize::try_from(DEFAULT_MAX_VALUE).unwrap_or(usize::MAX);
    wire::from_bytes_within(bytes, most).map_err(|error| match error {
        Unread::Wrong(error) => {
            format!("the guest's arguments are not of the callback's types: {error}")
        }
        Unread::TooLarge => format!(
            "the guest's arguments would take more than {} of the host's memory: take them as bytes",
            LimitKind::ValueMemory.show(DEFAULT_MAX_VALUE)
        ),
    })
}

fn result<T: Serialize>(value: &T) -> Outcome {
    wire::to_bytes(value)
        .map_err(|error| format!("the callback's result cannot be serialized: {error}").into())
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

/// Closures with these arguments. A generic parameter's name serves as the argument's, too.
macro_rules! closures {
    ($($arg:ident)*) => {
        closures!(@sync [$($arg)*] Sealed, into_callback, Plain, (), R, R,
            |closure, _context, bytes| { closures!(@read bytes $($arg)*); result(&closure($($arg),*)) });
        closures!(@sync [$($arg)*] Sealed, into_callback, WithContext, (&mut CallContext<'_>,), R, R,
            |closure, context, bytes| { closures!(@read bytes $($arg)*); result(&closure(context, $($arg),*)) });
        closures!(@sync [$($arg)* ; E] Fallible, into_fallible, Plain, (), R, Result<R, E>,
            |closure, _context, bytes| { closures!(@read bytes $($arg)*); result(&closure($($arg),*).map_err(shown)?) });
        closures!(@sync [$($arg)* ; E] Fallible, into_fallible, WithContext, (&mut CallContext<'_>,), R, Result<R, E>,
            |closure, context, bytes| { closures!(@read bytes $($arg)*); result(&closure(context, $($arg),*).map_err(shown)?) });

        impl<F, Fut, $($arg),*> sealed::Asynchronous<fn($($arg),*) -> Fut> for F
        where
            F: Fn($($arg),*) -> Fut + Send + Sync + 'static,
            Fut: Future<Output: Serialize> + Send + 'static,
            $($arg: DeserializeOwned),*
        {
            #[allow(non_snake_case, reason = "the type parameters' names serve as names of the arguments")]
            fn into_async(self) -> BoxedAsync {
                BoxedAsync(Arc::new(move |bytes| {
                    closures!(@read bytes $($arg)*);
                    let future = self($($arg),*);
                    Ok(Box::pin(async move { result(&future.await) }) as CallFuture)
                }))
            }
        }
        impl<F, Fut, R, E, $($arg),*> sealed::FallibleAsynchronous<fn($($arg),*) -> (Fut, R, E)> for F
        where
            F: Fn($($arg),*) -> Fut + Send + Sync + 'static,
            Fut: Future<Output = Result<R, E>> + Send + 'static,
            R: Serialize,
            E: Display,
            $($arg: DeserializeOwned),*
        {
            #[allow(non_snake_case, reason = "the type parameters' names serve as names of the arguments")]
            fn into_fallible_async(self) -> BoxedAsync {
                BoxedAsync(Arc::new(move |bytes| {
                    closures!(@read bytes $($arg)*);
                    let future = self($($arg),*);
                    Ok(Box::pin(async move { result(&future.await.map_err(shown)?) }) as CallFuture)
                }))
            }
        }
    };
    (@sync [$($arg:ident)* $(; $error:ident)?] $trait:ident, $into:ident, $marker:ident, ($($first:ty,)?), $value:ident, $returned:ty,
        |$closure:ident, $context:ident, $bytes:ident| $body:block) => {
        impl<F, R, $($error,)? $($arg),*> sealed::$trait<$marker<fn($($arg),*) -> $returned>> for F
        where
            F: Fn($($first,)? $($arg),*) -> $returned + Send + Sync + 'static,
            R: Serialize,
            $($error: Display,)?
            $($arg: DeserializeOwned),*
        {
            #[allow(non_snake_case, reason = "the type parameters' names serve as names of the arguments")]
            fn $into(self) -> Boxed {
                let $closure = self;
                Boxed(Arc::new(move |$context, $bytes| $body))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

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
        boxed_fallible(|_: &mut CallContext<'_>, a: i32| -> crate::Result<i32> { Ok(a) });
        boxed_raw(|_, bytes| Ok::<_, Error>(bytes.to_vec()));
    }

    #[test]
    fn futures_of_every_shape_are_callbacks() {
        boxed_async(|| async { 1 });
        boxed_async(async |name: String| format!("hello {name}"));
        boxed_async(|a: i32, b: Option<f64>, c: Vec<u8>| async move { (a, b, c) });
        boxed_async(
            |a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8| async move {
                [a, b, c, d, e, f, g, h]
            },
        );
        boxed_fallible_async(|a: i32| async move { if a > 0 { Ok(a) } else { Err("negative") } });
        boxed_fallible_async(|| std::future::ready(Err::<(), _>(Error::Deadlock)));
    }

    #[test]
    fn arguments_must_fit_in_number_and_type() {
        assert_eq!(
            arguments::<(i32,)>(&wire::to_bytes(&(1,)).unwrap()),
            Ok((1,))
        );
        assert!(arguments::<(i32,)>(&wire::to_bytes(&(1, 2)).unwrap()).is_err());
        assert!(arguments::<(i32, i32)>(&wire::to_bytes(&(1,)).unwrap()).is_err());
        assert!(arguments::<(i32,)>(&wire::to_bytes(&("a",)).unwrap()).is_err());
        let long = wire::to_bytes(&"\u{1}".repeat(1 << 20)).unwrap();
        let error = arguments::<(i32,)>(&long).unwrap_err();
        assert!(error.len() < 5000, "{} bytes", error.len());
        assert!(arguments::<Nothing>(&[0x90]).is_ok());
        assert!(arguments::<Nothing>(&[0x91, 1]).is_err());
    }
}
