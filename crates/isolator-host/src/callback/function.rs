//! Functions of the host that stand by themselves.

use super::{
    CallContext, Callback, CallbackFailure, IntoAsyncCallback, IntoCallback,
    IntoFallibleAsyncCallback, IntoFallibleCallback, boxed, boxed_async, boxed_fallible,
    boxed_fallible_async, boxed_raw, boxed_raw_async,
};
use std::fmt;

/// A function of the host by itself, for [registration](crate::Calls::register) in many runtimes. Cloning it is cheap, and gives the same one.
#[derive(Clone)]
pub struct HostFunction(pub(crate) Callback);

impl HostFunction {
    /// See [`HostBuilder::callback`](crate::HostBuilder::callback).
    pub fn new<Kind>(function: impl IntoCallback<Kind>) -> Self {
        Self(boxed(function))
    }

    /// See [`HostBuilder::fallible_callback`](crate::HostBuilder::fallible_callback).
    pub fn fallible<Kind>(function: impl IntoFallibleCallback<Kind>) -> Self {
        Self(boxed_fallible(function))
    }

    /// See [`HostBuilder::async_callback`](crate::HostBuilder::async_callback).
    pub fn asynchronous<Kind>(function: impl IntoAsyncCallback<Kind>) -> Self {
        Self(boxed_async(function))
    }

    /// See [`HostBuilder::fallible_async_callback`](crate::HostBuilder::fallible_async_callback).
    pub fn fallible_asynchronous<Kind>(function: impl IntoFallibleAsyncCallback<Kind>) -> Self {
        Self(boxed_fallible_async(function))
    }

    /// See [`HostBuilder::raw_callback`](crate::HostBuilder::raw_callback).
    pub fn raw<E: Into<CallbackFailure>>(
        function: impl Fn(&mut CallContext<'_>, &[u8]) -> Result<Vec<u8>, E> + Send + Sync + 'static,
    ) -> Self {
        Self(boxed_raw(function))
    }

    /// See [`HostBuilder::raw_async_callback`](crate::HostBuilder::raw_async_callback).
    pub fn raw_asynchronous<F, Fut, E>(function: F) -> Self
    where
        F: Fn(&[u8]) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Vec<u8>, E>> + Send + 'static,
        E: Into<CallbackFailure>,
    {
        Self(boxed_raw_async(function))
    }
}

impl fmt::Debug for HostFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Callback::Answer(_) => "HostFunction",
            Callback::Begin(..) => "HostFunction(asynchronous)",
        })
    }
}
