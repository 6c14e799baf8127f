//! Callbacks of every runtime of a host, registered and removed while it lives; and the removal of a runtime's own.

use super::{
    CallContext, Callback, Callbacks, IntoAsyncCallback, IntoCallback, IntoFallibleAsyncCallback,
    IntoFallibleCallback, boxed, boxed_async, boxed_fallible, boxed_fallible_async, boxed_raw,
};
use crate::host::IsolatedRuntimeHost;
use crate::runtime::IsolatedRuntime;
use crate::runtime::bytes::boxed_raw_async;
use std::fmt::Display;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

/// The host's callbacks, to look one up.
pub(crate) fn read(callbacks: &RwLock<Callbacks>) -> RwLockReadGuard<'_, Callbacks> {
    callbacks.read().unwrap_or_else(PoisonError::into_inner)
}

/// Callbacks that every runtime of the host can call, those that live already included. A runtime's own of the same name comes first.
impl IsolatedRuntimeHost {
    fn put(&self, name: String, callback: Callback) {
        let callbacks = &self.shared().callbacks;
        let replaced = callbacks
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.into(), callback);
        // Outside of the lock: what is dropped is the embedder's, and may come back here.
        drop(replaced);
    }

    /// As [`IsolatedRuntime::register_callback`], for every runtime of the host.
    pub fn register_callback<Kind>(
        &self,
        name: impl Into<String>,
        callback: impl IntoCallback<Kind>,
    ) {
        self.put(name.into(), boxed(callback));
    }

    /// As [`IsolatedRuntime::register_fallible_callback`], for every runtime of the host.
    pub fn register_fallible_callback<Kind>(
        &self,
        name: impl Into<String>,
        callback: impl IntoFallibleCallback<Kind>,
    ) {
        self.put(name.into(), boxed_fallible(callback));
    }

    /// As [`IsolatedRuntime::register_async_callback`], for every runtime of the host.
    pub fn register_async_callback<Kind>(
        &self,
        name: impl Into<String>,
        callback: impl IntoAsyncCallback<Kind>,
    ) {
        self.put(name.into(), boxed_async(callback));
    }

    /// As [`IsolatedRuntime::register_fallible_async_callback`], for every runtime of the host.
    pub fn register_fallible_async_callback<Kind>(
        &self,
        name: impl Into<String>,
        callback: impl IntoFallibleAsyncCallback<Kind>,
    ) {
        self.put(name.into(), boxed_fallible_async(callback));
    }

    /// As [`IsolatedRuntime::register_raw_callback`] and
    /// [`register_bytes_callback`](IsolatedRuntime::register_bytes_callback), for every runtime of the host.
    pub fn register_bytes_callback<E: Display>(
        &self,
        name: impl Into<String>,
        callback: impl Fn(&mut CallContext<'_>, &[u8]) -> Result<Vec<u8>, E> + Send + Sync + 'static,
    ) {
        self.put(name.into(), boxed_raw(callback));
    }

    /// As [`IsolatedRuntime::register_bytes_async_callback`], for every runtime of the host.
    pub fn register_bytes_async_callback<F, Fut, E>(&self, name: impl Into<String>, callback: F)
    where
        F: Fn(&[u8]) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Vec<u8>, E>> + Send + 'static,
        E: Display,
    {
        self.put(name.into(), boxed_raw_async(callback));
    }

    /// Removes a callback of the host; guests that call it later get a `HostCallException` with the reason `UnknownName`. Calls that
    /// are under way end as they would have. False: there was none.
    pub fn unregister_callback(&self, name: &str) -> bool {
        let callbacks = &self.shared().callbacks;
        let removed = callbacks
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(name);
        // As above.
        removed.is_some()
    }
}

impl IsolatedRuntime {
    /// Removes a callback of this runtime; one of the host of the same name can be called again. Calls that are under way end as they would
    /// have. False: there was none.
    pub fn unregister_callback(&mut self, name: &str) -> bool {
        self.state_mut().callbacks.remove(name).is_some()
    }
}

impl CallContext<'_> {
    /// As [`IsolatedRuntime::unregister_callback`].
    pub fn unregister_callback(&mut self, name: &str) -> bool {
        self.store.data_mut().callbacks.remove(name).is_some()
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::test_guest::TestGuest;
    use crate::{Error, IsolatedRuntime};
    use std::sync::Arc;

    fn call(runtime: &mut IsolatedRuntime, name: &str) -> Result<Vec<u8>, Error> {
        let method = runtime.find_method("A", "T", "Call").unwrap();
        runtime.invoke_raw(&method, None, name.as_bytes())
    }

    fn answer(
        text: &'static str,
    ) -> impl Fn(&mut crate::CallContext<'_>, &[u8]) -> Result<Vec<u8>, Error> {
        move |_, _| Ok(text.into())
    }

    #[test]
    fn callbacks_of_a_living_host_come_and_go_for_all_its_runtimes() {
        let (_root, host) = TestGuest::echo().host_with(|builder| builder);
        let (mut before, mut other) = (
            host.create_runtime().unwrap(),
            host.create_runtime().unwrap(),
        );
        host.register_bytes_callback("who", answer("host"));
        let mut after = host.create_runtime().unwrap();
        for runtime in [&mut before, &mut other, &mut after] {
            assert_eq!(call(runtime, "who").unwrap(), b"host");
        }
        other.register_bytes_callback("who", answer("own"));
        assert_eq!(call(&mut other, "who").unwrap(), b"own");
        assert_eq!(call(&mut before, "who").unwrap(), b"host");
        assert!(other.unregister_callback("who"));
        assert!(!other.unregister_callback("who"));
        assert_eq!(call(&mut other, "who").unwrap(), b"host");
        host.register_bytes_callback("who", answer("new"));
        assert_eq!(call(&mut after, "who").unwrap(), b"new");
        assert!(host.unregister_callback("who"));
        assert!(!host.unregister_callback("who"));
        for runtime in [&mut before, &mut other, &mut after] {
            let error = call(runtime, "who").unwrap_err().to_string();
            assert!(error.contains("No callback is registered"), "{error}");
        }
    }

    #[test]
    fn a_callback_may_remove_itself_and_what_it_held_is_dropped() {
        let (_root, host) = TestGuest::echo().host_with(|builder| builder);
        let mut runtime = host.create_runtime().unwrap();
        let held = Arc::new(());
        let (of_host, of_runtime) = (held.clone(), held.clone());
        let own_host = host.clone();
        host.register_bytes_callback("host", move |_, _| {
            let _held = &of_host;
            Ok::<_, Error>(vec![u8::from(own_host.unregister_callback("host"))])
        });
        runtime.register_bytes_callback("own", move |context, _| {
            let _held = &of_runtime;
            Ok::<_, Error>(vec![u8::from(context.unregister_callback("own"))])
        });
        assert_eq!(Arc::strong_count(&held), 3);
        assert_eq!(call(&mut runtime, "host").unwrap(), [1]);
        assert_eq!(call(&mut runtime, "own").unwrap(), [1]);
        assert_eq!(Arc::strong_count(&held), 1);
        assert!(call(&mut runtime, "host").is_err() && call(&mut runtime, "own").is_err());
    }
}
