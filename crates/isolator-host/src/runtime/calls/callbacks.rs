//! Callbacks of bytes, which bindings to other languages register from anywhere, and the removal of callbacks.

use crate::callback::{
    CallContext, Callback, CallbackFailure, HostFunction, boxed_raw, boxed_raw_async,
};
use crate::runtime::Calls;
#[cfg(doc)]
use crate::runtime::IsolatedRuntime;

impl Calls<'_> {
    /// What every way to register a callback in a runtime comes down to.
    pub(crate) fn put(&mut self, name: impl Into<String>, callback: Callback) {
        let callbacks = &mut self.state_mut().callbacks;
        callbacks.insert(name.into().into(), callback);
    }

    /// Registers a callback of bytes: a MessagePack array of arguments (or, where the guest calls it with `InvokeRaw`, the bytes as they
    /// are) in, one MessagePack value (or bytes) out. What the guest sees of an error is as in
    /// [`register_fallible_callback`](IsolatedRuntime::register_fallible_callback); a [`CallbackFailure`] may say that it was logged.
    pub fn register_raw_callback<E: Into<CallbackFailure>>(
        &mut self,
        name: impl Into<String>,
        callback: impl Fn(&mut CallContext<'_>, &[u8]) -> Result<Vec<u8>, E> + Send + Sync + 'static,
    ) {
        self.put(name, boxed_raw(callback));
    }

    /// As `register_raw_callback`, for a closure that returns a future: see
    /// [`register_async_callback`](IsolatedRuntime::register_async_callback).
    pub fn register_raw_async_callback<F, Fut, E>(&mut self, name: impl Into<String>, callback: F)
    where
        F: Fn(&[u8]) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Vec<u8>, E>> + Send + 'static,
        E: Into<CallbackFailure>,
    {
        self.put(name, boxed_raw_async(callback));
    }

    /// Registers a function that stands by itself, as many runtimes may have it.
    pub fn register(&mut self, name: impl Into<String>, function: &HostFunction) {
        self.put(name, function.0.clone());
    }

    /// Removes a callback of this runtime; one of the host of the same name can be called again. Calls that are under way end as they would
    /// have. False: there was none.
    pub fn unregister_callback(&mut self, name: &str) -> bool {
        self.state_mut().callbacks.remove(name).is_some()
    }
}
