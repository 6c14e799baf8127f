//! Callbacks of bytes: what bindings to other languages register, and what each other callback comes down to.

use crate::callback::{CallFuture, Callback, CallbackFailure, boxed_raw};
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
