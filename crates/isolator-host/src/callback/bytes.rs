//! Callbacks of bytes: what bindings to other languages register, and what each other callback comes down to.

use crate::callback::{CallContext, CallFuture, Callback, CallbackFailure, boxed_raw};
use crate::runtime::Calls;
#[cfg(doc)]
use crate::runtime::IsolatedRuntime;
use crate::stdio::waiting::Executor;
use std::fmt::Display;
use std::sync::Arc;

/// A callback of bytes whose result comes later.
pub(crate) fn boxed_raw_async<F, Fut, E>(callback: F) -> Callback
where
    F: Fn(&[u8]) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Vec<u8>, E>> + Send + 'static,
    E: Display,
{
    boxed_foreign_async(move |bytes| {
        let future = callback(bytes);
        async move {
            let result = future.await;
            result.map_err(|error| CallbackFailure::new(format!("{error:#}")))
        }
    })
}

/// As [`boxed_raw_async`], with failures as they are.
pub(crate) fn boxed_foreign_async<F, Fut>(callback: F) -> Callback
where
    F: Fn(&[u8]) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Vec<u8>, CallbackFailure>> + Send + 'static,
{
    let begin = move |bytes: &[u8]| Ok(Box::pin(callback(bytes)) as CallFuture);
    Callback::Begin(Arc::new(begin), Executor::here())
}

impl Calls<'_> {
    /// Registers a callback of bytes: a MessagePack array of arguments (or, where the guest calls it with `InvokeRaw`,
    /// the bytes as they are) in, one MessagePack value (or bytes) out. What the guest sees of an error is as in
    /// [`register_fallible_callback`](IsolatedRuntime::register_fallible_callback).
    pub fn register_bytes_callback<E: Display>(
        &mut self,
        name: impl Into<String>,
        callback: impl Fn(&mut CallContext<'_>, &[u8]) -> Result<Vec<u8>, E> + Send + Sync + 'static,
    ) {
        let callbacks = &mut self.state_mut().callbacks;
        callbacks.insert(name.into().into(), boxed_raw(callback));
    }

    /// As `register_bytes_callback`, with a failure that may say that it was logged.
    pub fn register_foreign_callback(
        &mut self,
        name: impl Into<String>,
        callback: impl Fn(&mut CallContext<'_>, &[u8]) -> Result<Vec<u8>, CallbackFailure>
        + Send
        + Sync
        + 'static,
    ) {
        let callbacks = &mut self.state_mut().callbacks;
        callbacks.insert(name.into().into(), Callback::Answer(Arc::new(callback)));
    }

    /// As `register_bytes_async_callback`, with a failure that may say that it was logged.
    pub fn register_foreign_async_callback<F, Fut>(&mut self, name: impl Into<String>, callback: F)
    where
        F: Fn(&[u8]) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Vec<u8>, CallbackFailure>> + Send + 'static,
    {
        let callbacks = &mut self.state_mut().callbacks;
        callbacks.insert(name.into().into(), boxed_foreign_async(callback));
    }

    /// As `register_bytes_callback`, for a closure that returns a future: see
    /// [`register_async_callback`](IsolatedRuntime::register_async_callback).
    pub fn register_bytes_async_callback<F, Fut, E>(&mut self, name: impl Into<String>, callback: F)
    where
        F: Fn(&[u8]) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Vec<u8>, E>> + Send + 'static,
        E: Display,
    {
        let callbacks = &mut self.state_mut().callbacks;
        callbacks.insert(name.into().into(), boxed_raw_async(callback));
    }
}
