//! The same calls with MessagePack bytes in place of Rust values, for bindings to other languages that have a serializer of
//! their own.
//!
//! Arguments are a MessagePack array with one element per argument. An extension value of type 80, eight bytes, big-endian, is a
//! handle ([`IsolatedObject::id`]): an object that is passed by reference must live until the call is made. What comes back is as
//! the guest wrote it, unchecked: whoever reads it trusts nothing in it.

use crate::border::batch::{BatchColumn, BatchResults};
use crate::border::entry::{Entry, shape};
use crate::border::scalar::MAX_PARAMETERS;
use crate::callback::{CallContext, CallFuture, Callback, CallbackFailure, Woken, boxed_raw};
use crate::engine::state::State;
use crate::error::{Error, Result};
use crate::runtime::IsolatedRuntime;
use crate::runtime::api::raw_of;
use crate::runtime::handle::sealed::Sealed;
use crate::runtime::handle::{
    IsolatedAssembly, IsolatedMethod, IsolatedObject, IsolatedStream, IsolatedTask, IsolatedType,
};
use crate::stdio::waiting::Executor;
use isolator_abi::wire::MAX_DEPTH;
use std::fmt::Display;
use std::sync::Arc;
use std::task::{Context, Poll};
#[cfg(feature = "tokio")]
use std::time::{Duration, Instant};

const _: () = assert!(MAX_PARAMETERS == 8, "`invoke_words` takes as many");
const _: () = assert!(
    MAX_DEPTH <= 128,
    "documented so for those who write the bytes"
);

/// Tells whether futures of a runtime's asynchronous callbacks want to be polled, without the runtime itself.
#[derive(Clone)]
pub struct CallSignal(Arc<Woken>);

impl CallSignal {
    /// Ready once a call of [`IsolatedRuntime::run_pending`] would deliver something.
    #[cfg(feature = "tokio")]
    pub fn poll(&self, context: &Context<'_>) -> Poll<()> {
        self.0.poll(context)
    }
}

impl std::fmt::Debug for CallSignal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CallSignal({})", Arc::strong_count(&self.0))
    }
}

/// Arguments as they came: an array.
fn array(args: &[u8]) -> Result<&[u8]> {
    match args.first() {
        None => Ok(&[0x90]),
        Some(0x90..=0x9f | 0xdc | 0xdd) => Ok(args),
        Some(first) => Err(Error::Value {
            message: format!(
                "the arguments of a call are a MessagePack array with one element per argument, and these bytes begin with {first:#04x}"
            ),
        }),
    }
}

fn copy(bytes: &[u8]) -> Result<Vec<u8>> {
    Ok(bytes.to_vec())
}

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

impl Entry<'_> {
    fn invoke_bytes(&mut self, method: u64, target: u64, args: &[u8]) -> Result<Vec<u8>> {
        let args = self.lower(array(args)?)?;
        let instance = self.instance;
        self.call_for(
            &instance.exports.invoke,
            (method, target, args.at, args.len),
            shape::value(copy),
        )
    }

    fn create_object_bytes(&mut self, of_type: u64, args: &[u8]) -> Result<u64> {
        let args = self.lower(array(args)?)?;
        let instance = self.instance;
        self.call_for_handle(
            &instance.exports.create_object,
            (of_type, args.at, args.len),
        )
    }

    fn copy_object_bytes(&mut self, of_type: u64, value: &[u8]) -> Result<u64> {
        let value = self.lower(value)?;
        let instance = self.instance;
        self.call_for_handle(
            &instance.exports.copy_object,
            (of_type, value.at, value.len),
        )
    }

    fn get_value_bytes(&mut self, object: u64) -> Result<Vec<u8>> {
        let instance = self.instance;
        self.call_for(&instance.exports.get_value, (object,), shape::value(copy))
    }

    fn get_field_bytes(&mut self, of_type: u64, target: u64, name: &str) -> Result<Vec<u8>> {
        let name = self.lower(name.as_bytes())?;
        let instance = self.instance;
        self.call_for(
            &instance.exports.get_field,
            (of_type, target, name.at, name.len),
            shape::value(copy),
        )
    }

    fn set_field_bytes(
        &mut self,
        of_type: u64,
        target: u64,
        name: &str,
        value: &[u8],
    ) -> Result<()> {
        let name = self.lower(name.as_bytes())?;
        let value = self.lower(value)?;
        let instance = self.instance;
        self.call_for(
            &instance.exports.set_field,
            (of_type, target, name.at, name.len, value.at, value.len),
            shape::unit,
        )
    }

    fn poll_task_bytes(&mut self, task: u64) -> Result<Option<Vec<u8>>> {
        let instance = self.instance;
        self.call_for(&instance.exports.poll_task, (task,), shape::optional(copy))
    }
}

macro_rules! bytes_api {
    ($ty:ty) => {
        impl $ty {
            /// As [`invoke`](Self::invoke), with MessagePack bytes. `target` is none for a static method.
            ///
            /// # Errors
            /// As `invoke`; [`Error::Value`] if the arguments are no array.
            pub fn invoke_bytes(
                &mut self,
                method: &IsolatedMethod,
                target: Option<&IsolatedObject>,
                args: &[u8],
            ) -> Result<Vec<u8>> {
                self.enter(|entry| {
                    let runtime = entry.runtime();
                    let (method, target) = (method.raw(runtime)?, raw_of(target, runtime)?);
                    entry.invoke_bytes(method, target, args)
                })
            }

            /// As [`invoke_object`](Self::invoke_object), with MessagePack bytes.
            ///
            /// # Errors
            /// As `invoke_object`; [`Error::Value`] if the arguments are no array.
            pub fn invoke_object_bytes(
                &mut self,
                method: &IsolatedMethod,
                target: Option<&IsolatedObject>,
                args: &[u8],
            ) -> Result<Option<IsolatedObject>> {
                self.enter(|entry| {
                    let runtime = entry.runtime();
                    let (method, target) = (method.raw(runtime)?, raw_of(target, runtime)?);
                    let args = entry.lower(array(args)?)?;
                    entry.invoke_handle_lowered(method, target, args)
                })
            }

            /// As [`start_task`](Self::start_task), with MessagePack bytes.
            ///
            /// # Errors
            /// As `start_task`; [`Error::Value`] if the arguments are no array.
            pub fn start_task_bytes(
                &mut self,
                method: &IsolatedMethod,
                target: Option<&IsolatedObject>,
                args: &[u8],
            ) -> Result<IsolatedTask> {
                self.enter(|entry| {
                    let runtime = entry.runtime();
                    let (method, target) = (method.raw(runtime)?, raw_of(target, runtime)?);
                    let args = entry.lower(array(args)?)?;
                    let raw = entry.invoke_async_lowered(method, target, args)?;
                    Ok(IsolatedTask::new(raw, &entry.store.data().releases))
                })
            }

            /// The scalar signature of a method: the result's letter, then one for each parameter, as the contract defines them
            /// (`i` int, `l` long, `d` double, `z` bool, `v` void…). None: it has other types, too, or more than 8 parameters.
            /// Asked of the guest once.
            ///
            /// # Errors
            /// [`Error::BadHandle`].
            pub fn scalar_signature(&mut self, method: &IsolatedMethod) -> Result<Option<String>> {
                self.enter(|entry| Ok(entry.scalars_of(method)?.map(|scalars| scalars.text())))
            }

            /// Invokes a method that has a [`scalar_signature`](Self::scalar_signature), without serialization. Each argument is a
            /// word: integers sign- or zero-extended, a `float` or `double` as its bits; those that are not needed are 0. So is the
            /// result, whose bits beyond its type say nothing. None: the guest did not call it, since it has no such signature,
            /// another number of parameters, or a handle is not valid; [`invoke_bytes`](Self::invoke_bytes) says why.
            ///
            /// # Errors
            /// [`Error::GuestException`] if it throws.
            #[inline]
            pub fn invoke_words(
                &mut self,
                method: &IsolatedMethod,
                target: Option<&IsolatedObject>,
                count: usize,
                words: [u64; 8],
            ) -> Result<Option<u64>> {
                self.enter(|entry| {
                    let runtime = entry.runtime();
                    let (raw, target) = (method.inner().raw(runtime)?, raw_of(target, runtime)?);
                    match entry.scalars_of(method)? {
                        Some(scalars) if scalars.count() == count => {
                            entry.invoke_scalar(raw, target, words)
                        }
                        _ => Ok(None),
                    }
                })
            }

            /// As [`invoke_batch`](Self::invoke_batch), for types that are known at run time only. `done` is how many calls returned and
            /// have their results in place, also if the batch fails.
            ///
            /// # Errors
            /// As `invoke_batch`.
            pub fn invoke_batch_counted(
                &mut self,
                method: &IsolatedMethod,
                target: Option<&IsolatedObject>,
                args: &[BatchColumn<'_>],
                mut results: BatchResults<'_>,
                done: &mut usize,
            ) -> Result<()> {
                *done = 0;
                self.enter(|entry| {
                    let target = raw_of(target, entry.runtime())?;
                    entry.invoke_batch(method, target, args, &mut results, done)
                })
            }

            /// As [`create_object_of`](Self::create_object_of), with MessagePack bytes.
            ///
            /// # Errors
            /// As `create_object_of`; [`Error::Value`] if the arguments are no array.
            pub fn create_object_bytes(
                &mut self,
                of_type: &IsolatedType,
                args: &[u8],
            ) -> Result<IsolatedObject> {
                self.enter(|entry| {
                    let raw = entry.create_object_bytes(of_type.raw(entry.runtime())?, args)?;
                    Ok(IsolatedObject::new(raw, &entry.store.data().releases))
                })
            }

            /// As [`copy_object`](Self::copy_object), with one MessagePack value.
            ///
            /// # Errors
            /// As `copy_object`.
            pub fn copy_object_bytes(
                &mut self,
                of_type: &IsolatedType,
                value: &[u8],
            ) -> Result<IsolatedObject> {
                self.enter(|entry| {
                    let raw = entry.copy_object_bytes(of_type.raw(entry.runtime())?, value)?;
                    Ok(IsolatedObject::new(raw, &entry.store.data().releases))
                })
            }

            /// As [`value_of`](Self::value_of), as MessagePack bytes.
            ///
            /// # Errors
            /// [`Error::Value`] if it cannot cross.
            pub fn value_bytes_of(&mut self, object: &IsolatedObject) -> Result<Vec<u8>> {
                self.enter(|entry| {
                    let object = object.raw(entry.runtime())?;
                    entry.get_value_bytes(object)
                })
            }

            /// As [`get_field`](Self::get_field), as MessagePack bytes.
            ///
            /// # Errors
            /// As `get_field`.
            pub fn get_field_bytes(
                &mut self,
                of_type: &IsolatedType,
                target: Option<&IsolatedObject>,
                name: &str,
            ) -> Result<Vec<u8>> {
                self.enter(|entry| {
                    let runtime = entry.runtime();
                    let (of_type, target) = (of_type.raw(runtime)?, raw_of(target, runtime)?);
                    entry.get_field_bytes(of_type, target, name)
                })
            }

            /// As [`set_field`](Self::set_field), with one MessagePack value.
            ///
            /// # Errors
            /// As `set_field`.
            pub fn set_field_bytes(
                &mut self,
                of_type: &IsolatedType,
                target: Option<&IsolatedObject>,
                name: &str,
                value: &[u8],
            ) -> Result<()> {
                self.enter(|entry| {
                    let runtime = entry.runtime();
                    let (of_type, target) = (of_type.raw(runtime)?, raw_of(target, runtime)?);
                    entry.set_field_bytes(of_type, target, name, value)
                })
            }

            /// As [`poll_task`](Self::poll_task), as MessagePack bytes.
            ///
            /// # Errors
            /// What the task failed with.
            pub fn poll_task_bytes(&mut self, task: &IsolatedTask) -> Result<Option<Vec<u8>>> {
                self.enter(|entry| {
                    let task = task.raw(entry.runtime())?;
                    entry.poll_task_bytes(task)
                })
            }

            /// Starts an assembly's entry point, as [`run_main`](Self::run_main) runs it. The task's result is the exit code; where the
            /// program ends with `Environment.Exit`, the task fails with [`Error::Exit`].
            ///
            /// # Errors
            /// As `run_main`.
            pub fn start_main(
                &mut self,
                assembly: &IsolatedAssembly,
                args: &[&str],
            ) -> Result<IsolatedTask> {
                self.enter(|entry| {
                    let raw = entry.run_main(assembly.raw(entry.runtime())?, args)?;
                    Ok(IsolatedTask::new(raw, &entry.store.data().releases))
                })
            }

            /// As [`wait`](Self::wait), for MessagePack bytes.
            ///
            /// # Errors
            /// As `wait`.
            pub fn wait_bytes(&mut self, task: &IsolatedTask) -> Result<Vec<u8>> {
                self.in_one_call(|this| this.wait_until(|guest| guest.poll_task_bytes(task)))
            }

            /// Starts to fetch the next element of a stream. The task's result is an array: the element, or nothing at the end.
            ///
            /// # Errors
            /// [`Error::BadHandle`].
            pub fn start_next_element(&mut self, stream: &IsolatedStream) -> Result<IsolatedTask> {
                self.enter(|entry| {
                    let raw = entry.next_element(stream.raw(entry.runtime())?)?;
                    Ok(IsolatedTask::new(raw, &entry.store.data().releases))
                })
            }

            /// Registers a callback of bytes: a MessagePack array of arguments (or, where the guest calls it with `InvokeRaw`,
            /// the bytes as they are) in, one MessagePack value (or bytes) out. What the guest sees of an error is as in
            /// [`register_fallible_callback`](IsolatedRuntime::register_fallible_callback).
            pub fn register_bytes_callback<E: Display>(
                &mut self,
                name: impl Into<String>,
                callback: impl Fn(&mut CallContext<'_>, &[u8]) -> Result<Vec<u8>, E>
                + Send
                + Sync
                + 'static,
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
            pub fn register_foreign_async_callback<F, Fut>(
                &mut self,
                name: impl Into<String>,
                callback: F,
            ) where
                F: Fn(&[u8]) -> Fut + Send + Sync + 'static,
                Fut: Future<Output = Result<Vec<u8>, CallbackFailure>> + Send + 'static,
            {
                let callbacks = &mut self.state_mut().callbacks;
                callbacks.insert(name.into().into(), boxed_foreign_async(callback));
            }

            /// As `register_bytes_callback`, for a closure that returns a future: see
            /// [`register_async_callback`](IsolatedRuntime::register_async_callback).
            pub fn register_bytes_async_callback<F, Fut, E>(
                &mut self,
                name: impl Into<String>,
                callback: F,
            ) where
                F: Fn(&[u8]) -> Fut + Send + Sync + 'static,
                Fut: Future<Output = Result<Vec<u8>, E>> + Send + 'static,
                E: Display,
            {
                let callbacks = &mut self.state_mut().callbacks;
                callbacks.insert(name.into().into(), boxed_raw_async(callback));
            }

            /// Tells when asynchronous callbacks have something to deliver.
            #[must_use]
            pub fn call_signal(&self) -> CallSignal {
                CallSignal(self.state().outstanding.woken())
            }

            /// Whether asynchronous callbacks have something to deliver with the next
            /// [`run_pending`](IsolatedRuntime::run_pending).
            #[must_use]
            pub fn has_deliveries(&self) -> bool {
                self.state().outstanding.any_done()
            }
        }
    };
}

bytes_api!(IsolatedRuntime);
bytes_api!(CallContext<'_>);

/// When an asynchronous call must be over: for drivers other than [`IsolatedRuntime::into_async`]'s.
#[cfg(feature = "tokio")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallDeadline(Instant, Duration);

#[cfg(feature = "tokio")]
impl CallDeadline {
    /// The time.
    #[must_use]
    pub fn at(&self) -> Instant {
        self.0
    }
}

#[cfg(feature = "tokio")]
impl IsolatedRuntime {
    /// When a call that begins now must be over by the runtime's limits, and by one of its own.
    #[must_use]
    pub fn call_deadline(&mut self, own: Option<Duration>) -> Option<CallDeadline> {
        let due = self.state_mut().meter.call_due();
        let own = own.and_then(|own| Some((Instant::now().checked_add(own)?, own)));
        if own.is_some() {
            self.state_mut().meter.watch();
        }
        let (at, allowed) = due.into_iter().chain(own).min()?;
        Some(CallDeadline(at, allowed))
    }

    /// When the runtime must be over by its limits.
    #[must_use]
    pub fn life_deadline(&mut self) -> Option<Instant> {
        self.state_mut().meter.life_due()
    }

    /// Runs `f`; guest code in it must be over by `due`, although it is only a part of a call, or of several: so the limits of single
    /// calls are those that `due` was made with, and no others.
    pub fn until<T>(&mut self, due: Option<CallDeadline>, f: impl FnOnce(&mut Self) -> T) -> T {
        let due = due.map(|CallDeadline(at, allowed)| (at, allowed));
        let meter = &mut self.state_mut().meter;
        meter.run_for(due, Vec::new());
        let single = std::mem::take(&mut meter.call);
        let result = f(self);
        let meter = &mut self.state_mut().meter;
        meter.run_for(None, Vec::new());
        meter.call = single;
        result
    }
}

impl CallContext<'_> {
    fn state(&self) -> &State {
        self.store.data()
    }

    fn state_mut(&mut self) -> &mut State {
        self.store.data_mut()
    }

    /// Number of the runtime that calls: [`IsolatedRuntime::id`].
    #[must_use]
    pub fn id(&self) -> u64 {
        self.store.data().runtime()
    }
}

impl IsolatedObject {
    /// The object's name inside its runtime, as it goes into arguments that are written as bytes. It is valid as long as this
    /// handle or a clone of it lives.
    ///
    /// # Errors
    /// [`Error::ForeignHandle`] if it is not of the runtime with this [number](IsolatedRuntime::id).
    pub fn id(&self, runtime: u64) -> Result<u64> {
        self.raw(runtime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_an_array() {
        assert_eq!(array(&[]).unwrap(), [0x90]);
        assert_eq!(array(&[0x91, 1]).unwrap(), [0x91, 1]);
        assert!(array(&[0xdd, 0, 0, 0, 0]).is_ok());
        let error = array(&[0x80]).unwrap_err();
        assert!(error.to_string().contains("0x80"), "{error}");
    }
}
