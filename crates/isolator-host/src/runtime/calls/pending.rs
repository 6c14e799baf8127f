//! Calls of the host's callbacks that nobody runs, in a runtime that goes on where another one was; and calls of its own.

use crate::callback::{self, CallContext, Callback, PendingCall};
use crate::error::{Error, Result};
use crate::runtime::Calls;
use crate::values::handle::IsolatedTask;
use isolator_abi::wire;
use serde::Serialize;
use std::sync::Arc;

impl Calls<'_> {
    /// Calls of the host's asynchronous callbacks that were under way when this runtime was forked off or suspended, and that nobody runs here. Guest code
    /// waits for each until it is [answered](Self::answer_call), [failed](Self::fail_call) or [begun again](Self::restart_call).
    #[must_use]
    pub fn pending_calls(&self) -> Vec<PendingCall> {
        self.state().outstanding.waiting().cloned().collect()
    }

    /// Gives a call of [`pending_calls`](Self::pending_calls) its result. Guest code goes on with the next turn, as after a callback's own.
    ///
    /// # Errors
    /// [`Error::BadHandle`] if there is none with this number; [`Error::Value`] if the value cannot be serialized.
    pub fn answer_call(&mut self, id: u64, value: impl Serialize) -> Result<()> {
        let value = wire::to_bytes(&value).map_err(|error| Error::Value {
            message: format!("the result of a call of the host's cannot be serialized: {error}"),
        })?;
        self.answer_call_bytes(id, value)
    }

    /// As [`answer_call`](Self::answer_call), with a MessagePack value, or, for a raw call, bytes as they are.
    ///
    /// # Errors
    /// [`Error::BadHandle`] if there is none with this number.
    pub fn answer_call_bytes(&mut self, id: u64, value: Vec<u8>) -> Result<()> {
        self.take_pending(id)?;
        callback::finish(self.state_mut(), id, Ok(value));
        Ok(())
    }

    /// Ends a call of [`pending_calls`](Self::pending_calls) with a failure: guest code gets a `HostCallException` with this text.
    ///
    /// # Errors
    /// [`Error::BadHandle`] if there is none with this number.
    pub fn fail_call(&mut self, id: u64, message: impl Into<String>) -> Result<()> {
        let call = self.take_pending(id)?;
        let failure = callback::given_up(&call.name, message.into());
        callback::finish(self.state_mut(), id, Err(failure));
        Ok(())
    }

    /// Begins a call of [`pending_calls`](Self::pending_calls) again, with the callback that is registered now under its name, and the same arguments.
    ///
    /// # Errors
    /// [`Error::BadHandle`] if there is none with this number, or no callback of its name: the call is then pending as before.
    pub fn restart_call(&mut self, id: u64) -> Result<()> {
        let call = self.take_pending(id)?;
        let (name, callback) = match callback::find(self.state(), &call.name) {
            Ok(found) => found,
            Err(_) => {
                let message = format!(
                    "call {id} cannot be begun again: no callback is registered as `{}`",
                    crate::printable::line(&call.name)
                );
                self.state_mut().outstanding.wait(call);
                return Err(Error::BadHandle { message });
            }
        };
        match &callback {
            Callback::Begin(begin, executor) => {
                callback::begin(self.state_mut(), id, name, begin, executor, call.args);
            }
            Callback::Answer(_) => {
                let outcome = self.run_callback(&name, &callback, &call.args)?;
                callback::finish(self.state_mut(), id, outcome);
            }
        }
        Ok(())
    }

    fn run_callback(
        &mut self,
        name: &str,
        callback: &Callback,
        args: &[u8],
    ) -> Result<std::result::Result<Vec<u8>, Vec<u8>>> {
        self.enter(|entry| {
            let instance = entry.store.data().instance.clone();
            let instance: Arc<_> = instance.ok_or_else(|| Error::Dead {
                why: "it is gone".into(),
            })?;
            let store = wasmtime::AsContextMut::as_context_mut(&mut entry.store);
            let mut context = CallContext::new(store, instance);
            Ok(callback::run(&mut context, name, callback, args))
        })
    }

    fn take_pending(&mut self, id: u64) -> Result<PendingCall> {
        let outstanding = &mut self.state_mut().outstanding;
        outstanding.take_waiting(id).ok_or_else(|| {
            let known: Vec<String> = outstanding
                .waiting()
                .map(|call| format!("{} (`{}`)", call.id, crate::printable::line(&call.name)))
                .collect();
            let known = match &*known {
                [] => "none is".into(),
                known => format!("pending are {}", known.join(", ")),
            };
            Error::BadHandle {
                message: format!("no call of the host's with the number {id} is pending: {known}"),
            }
        })
    }

    /// Numbers of calls of [`into_async`](crate::IsolatedRuntime::into_async)'s that were under way when this runtime was forked off or suspended.
    #[must_use]
    pub fn unfinished_calls(&self) -> Vec<u64> {
        self.state().unfinished.keys().copied().collect()
    }

    /// The task of a call that was under way when this runtime was forked off or suspended: [`wait`](Self::wait) for it here.
    ///
    /// # Errors
    /// [`Error::BadHandle`] if there is none with this number.
    pub fn take_up(&mut self, number: u64) -> Result<IsolatedTask> {
        let unfinished = &mut self.state_mut().unfinished;
        unfinished.get(&number).cloned().ok_or_else(|| {
            let known: Vec<_> = unfinished.keys().map(u64::to_string).collect();
            let known = match &*known {
                [] => "there is none".into(),
                known => format!("there are {}", known.join(", ")),
            };
            Error::BadHandle {
                message: format!("no unfinished call has the number {number}: {known}"),
            }
        })
    }

    /// For drivers of asynchronous calls other than [`into_async`](crate::IsolatedRuntime::into_async)'s: a call is under way, so that whoever goes on
    /// where this runtime is can take it up. None: it is over.
    #[doc(hidden)]
    pub fn note_unfinished(&mut self, number: u64, task: Option<&IsolatedTask>) {
        let unfinished = &mut self.state_mut().unfinished;
        match task {
            Some(task) => unfinished.insert(number, task.clone()),
            None => unfinished.remove(&number),
        };
    }
}
