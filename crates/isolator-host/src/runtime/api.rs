//! The calls that a runtime and the context of a callback have in common, written once.
//!
//! Both types have `enter`, which prepares an entry into the guest (stack, start, releases) and runs a closure in it.

use crate::border::batch::{BatchArguments, BatchResults};
use crate::border::entry::Entry;
use crate::border::ops::Place;
use crate::callback::CallContext;
use crate::error::{Error, Result};
use crate::limits::Stop;
use crate::runtime::IsolatedRuntime;
use crate::runtime::handle::sealed::Sealed;
use crate::runtime::handle::{
    Handle, IsolatedAssembly, IsolatedMethod, IsolatedObject, IsolatedStream, IsolatedTask,
    IsolatedType,
};
use crate::stdio::waiting;
use isolator_abi::wire::{GuestStatistics, Inspection, MethodQuery};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::{Duration, Instant};

/// When a guest wants to run next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextRun {
    /// At once: there is more to do.
    Now,
    /// After this time: a timer is due then.
    After(Duration),
    /// Not until something comes from outside: a completion, a new call.
    WhenCalled,
}

impl NextRun {
    pub(crate) fn from_milliseconds(milliseconds: i64) -> Self {
        match u64::try_from(milliseconds) {
            Ok(0) => Self::Now,
            Ok(milliseconds) => Self::After(Duration::from_millis(milliseconds)),
            Err(_) => Self::WhenCalled,
        }
    }
}

/// The handle of an optional target; 0 for none.
pub(crate) fn raw_of(target: Option<&IsolatedObject>, runtime: u64) -> Result<u64> {
    target.map_or(Ok(0), |object| object.raw(runtime))
}

macro_rules! guest_api {
    ($ty:ty) => {
        impl $ty {
            /// Loads an assembly by its simple or full name: the base class library first, then the host's loaders.
            ///
            /// # Errors
            /// [`Error::AssemblyNotFound`], [`Error::BadImage`].
            pub fn load_assembly(&mut self, name: &str) -> Result<IsolatedAssembly> {
                self.enter(|entry| {
                    let raw = entry.load_assembly(name)?;
                    Ok(IsolatedAssembly::new(raw, &entry.store.data().releases))
                })
            }

            /// Loads an assembly from its PE image (the content of a `.dll`), with its portable PDB if there is one.
            ///
            /// # Errors
            /// [`Error::BadImage`].
            pub fn load_image(
                &mut self,
                image: &[u8],
                symbols: Option<&[u8]>,
            ) -> Result<IsolatedAssembly> {
                self.enter(|entry| {
                    let raw = entry.load_image(image, symbols)?;
                    Ok(IsolatedAssembly::new(raw, &entry.store.data().releases))
                })
            }

            /// Finds a type, public or not. `name` is as `System.Type.GetType` takes it: `Namespace.Outer+Inner`,
            /// type arguments in brackets.
            ///
            /// # Errors
            /// [`Error::AssemblyNotFound`], [`Error::TypeNotFound`].
            pub fn find_type(&mut self, assembly: &str, name: &str) -> Result<IsolatedType> {
                self.enter(|entry| {
                    let raw = entry.find_type_by_name(assembly, name)?;
                    Ok(IsolatedType::new(raw, &entry.store.data().releases))
                })
            }

            /// As `find_type`, in an assembly that is loaded.
            ///
            /// # Errors
            /// [`Error::TypeNotFound`].
            pub fn find_type_in(
                &mut self,
                assembly: &IsolatedAssembly,
                name: &str,
            ) -> Result<IsolatedType> {
                self.enter(|entry| {
                    let raw = entry.find_type(assembly.raw(entry.runtime())?, name)?;
                    Ok(IsolatedType::new(raw, &entry.store.data().releases))
                })
            }

            /// Finds the only method of that name, public or not, static or instance, of the type or what it inherits.
            ///
            /// # Errors
            /// [`Error::AssemblyNotFound`], [`Error::TypeNotFound`], [`Error::MethodNotFound`], and [`Error::Ambiguous`]
            /// where there are overloads: use `find_method_with`.
            pub fn find_method(
                &mut self,
                assembly: &str,
                type_name: &str,
                name: &str,
            ) -> Result<IsolatedMethod> {
                self.find_method_with(assembly, type_name, name, &MethodQuery::default())
            }

            /// As `find_method`, among overloads.
            ///
            /// # Errors
            /// As `find_method`.
            pub fn find_method_with(
                &mut self,
                assembly: &str,
                type_name: &str,
                name: &str,
                query: &MethodQuery,
            ) -> Result<IsolatedMethod> {
                let of_type = self.find_type(assembly, type_name)?;
                self.find_method_of(&of_type, name, query)
            }

            /// As `find_method_with`, of a type that was found.
            ///
            /// # Errors
            /// [`Error::MethodNotFound`], [`Error::Ambiguous`].
            pub fn find_method_of(
                &mut self,
                of_type: &IsolatedType,
                name: &str,
                query: &MethodQuery,
            ) -> Result<IsolatedMethod> {
                self.enter(|entry| {
                    let raw = entry.find_method(of_type.raw(entry.runtime())?, name, query)?;
                    Ok(IsolatedMethod::new(raw, &entry.store.data().releases))
                })
            }

            /// Calls a static method. `args` is a tuple with one element per argument. Among overloads, the number of
            /// arguments decides, then the C# types that the arguments' Rust types suggest (`i32`: `int`, `&str`: `string`…).
            /// What is found is remembered.
            ///
            /// # Errors
            /// What finding and invoking the method can give.
            pub fn call<R: DeserializeOwned>(
                &mut self,
                assembly: &str,
                type_name: &str,
                method: &str,
                args: impl Serialize,
            ) -> Result<R> {
                let _span = tracing::debug_span!("call", assembly, type_name, method).entered();
                self.enter(|entry| {
                    let method = entry.method_for(
                        Place::Type {
                            assembly,
                            name: type_name,
                        },
                        method,
                        &args,
                    )?;
                    entry.invoke(&method, 0, &args)
                })
            }

            /// Calls a method of an object, as `call` does.
            ///
            /// # Errors
            /// As `call`.
            pub fn call_on<R: DeserializeOwned>(
                &mut self,
                object: &IsolatedObject,
                method: &str,
                args: impl Serialize,
            ) -> Result<R> {
                let _span = tracing::debug_span!("call", ?object, method).entered();
                self.enter(|entry| {
                    let target = object.raw(entry.runtime())?;
                    let method = entry.method_for(Place::Object(target), method, &args)?;
                    entry.invoke(&method, target, &args)
                })
            }

            /// Invokes a static method that was found. Where its parameters and result are numbers, `bool` or `char`, nothing
            /// is serialized.
            ///
            /// # Errors
            /// [`Error::GuestException`] if it throws; [`Error::Argument`], [`Error::Value`], [`Error::Async`].
            #[inline]
            pub fn invoke<R: DeserializeOwned>(
                &mut self,
                method: &IsolatedMethod,
                args: impl Serialize,
            ) -> Result<R> {
                self.enter(|entry| entry.invoke(method, 0, &args))
            }

            /// Invokes an instance method that was found.
            ///
            /// # Errors
            /// As `invoke`.
            #[inline]
            pub fn invoke_on<R: DeserializeOwned>(
                &mut self,
                method: &IsolatedMethod,
                target: &IsolatedObject,
                args: impl Serialize,
            ) -> Result<R> {
                self.enter(|entry| {
                    let target = target.raw(entry.runtime())?;
                    entry.invoke(method, target, &args)
                })
            }

            /// Invokes a method with a single `byte[]` (or `ReadOnlySpan<byte>`) parameter and a `byte[]` result, without
            /// serialization. `target` is none for a static method.
            ///
            /// # Errors
            /// As `invoke`.
            pub fn invoke_raw(
                &mut self,
                method: &IsolatedMethod,
                target: Option<&IsolatedObject>,
                bytes: &[u8],
            ) -> Result<Vec<u8>> {
                self.enter(|entry| {
                    let (method, target) = (
                        method.raw(entry.runtime())?,
                        raw_of(target, entry.runtime())?,
                    );
                    entry.invoke_raw(method, target, bytes)
                })
            }

            /// Invokes a method of numbers once for each place in `results`, with one crossing into the guest for many calls.
            /// `args` is a tuple with a slice of numbers for each parameter: the calls take the first of each, then the second,
            /// and so on. The types are those of the C# method exactly: `&[i32]` for `int`. `target` is none for a static method.
            ///
            /// The whole batch is one call to the limits of time. If a call throws, the results of those before it are there.
            ///
            /// ```no_run
            /// # use isolator_host::{IsolatedRuntime, IsolatedMethod};
            /// # fn example(runtime: &mut IsolatedRuntime, add: &IsolatedMethod) -> isolator_host::Result<()> {
            /// let mut sums = [0; 3];
            /// runtime.invoke_batch(add, None, (&[1, 2, 3], &[10, 20, 30]), &mut sums)?;
            /// assert_eq!(sums, [11, 22, 33]);
            /// # Ok(())
            /// # }
            /// ```
            ///
            /// # Errors
            /// [`Error::InBatch`] if a call throws; [`Error::Argument`] if the method is not one of numbers, or types or lengths do not
            /// fit: then nothing was called.
            pub fn invoke_batch<'r>(
                &mut self,
                method: &IsolatedMethod,
                target: Option<&IsolatedObject>,
                args: impl BatchArguments,
                results: impl Into<BatchResults<'r>>,
            ) -> Result<()> {
                args.with(|args| {
                    self.invoke_batch_counted(method, target, args, results.into(), &mut 0)
                })
            }

            /// Invokes a method whose result stays in the guest. None: it returned null, or nothing.
            ///
            /// # Errors
            /// As `invoke`.
            pub fn invoke_object(
                &mut self,
                method: &IsolatedMethod,
                target: Option<&IsolatedObject>,
                args: impl Serialize,
            ) -> Result<Option<IsolatedObject>> {
                self.enter(|entry| {
                    let (method, target) = (
                        method.raw(entry.runtime())?,
                        raw_of(target, entry.runtime())?,
                    );
                    entry.invoke_handle(method, target, &args)
                })
            }

            /// Creates an object with its parameterless constructor.
            ///
            /// # Errors
            /// [`Error::AssemblyNotFound`], [`Error::TypeNotFound`], [`Error::MethodNotFound`]; [`Error::GuestException`] if the
            /// constructor throws.
            pub fn create_object(
                &mut self,
                assembly: &str,
                type_name: &str,
            ) -> Result<IsolatedObject> {
                self.create_object_with(assembly, type_name, ())
            }

            /// Creates an object with the constructor that fits the arguments, a tuple.
            ///
            /// # Errors
            /// As `create_object`, and [`Error::Ambiguous`].
            pub fn create_object_with(
                &mut self,
                assembly: &str,
                type_name: &str,
                args: impl Serialize,
            ) -> Result<IsolatedObject> {
                let of_type = self.find_type(assembly, type_name)?;
                self.create_object_of(&of_type, args)
            }

            /// As `create_object_with`, of a type that was found.
            ///
            /// # Errors
            /// As `create_object_with`.
            pub fn create_object_of(
                &mut self,
                of_type: &IsolatedType,
                args: impl Serialize,
            ) -> Result<IsolatedObject> {
                self.enter(|entry| {
                    let raw = entry.create_object(of_type.raw(entry.runtime())?, &args)?;
                    Ok(IsolatedObject::new(raw, &entry.store.data().releases))
                })
            }

            /// Makes an object of a type from a value of the host: a copy inside.
            ///
            /// # Errors
            /// [`Error::Value`] if the type cannot be made from it.
            pub fn copy_object(
                &mut self,
                of_type: &IsolatedType,
                value: impl Serialize,
            ) -> Result<IsolatedObject> {
                self.enter(|entry| {
                    let raw = entry.copy_object(of_type.raw(entry.runtime())?, &value)?;
                    Ok(IsolatedObject::new(raw, &entry.store.data().releases))
                })
            }

            /// A copy of an object's value outside.
            ///
            /// # Errors
            /// [`Error::Value`] if it cannot cross, or is no `R`.
            pub fn value_of<R: DeserializeOwned>(&mut self, object: &IsolatedObject) -> Result<R> {
                self.enter(|entry| {
                    let object = object.raw(entry.runtime())?;
                    entry.get_value(object)
                })
            }

            /// The type of an object.
            ///
            /// # Errors
            /// [`Error::BadHandle`].
            pub fn type_of(&mut self, object: &IsolatedObject) -> Result<IsolatedType> {
                self.enter(|entry| {
                    let raw = entry.type_of(object.raw(entry.runtime())?)?;
                    Ok(IsolatedType::new(raw, &entry.store.data().releases))
                })
            }

            /// Reads a field, public or not. `target` is none for a static one.
            ///
            /// # Errors
            /// [`Error::MethodNotFound`] if there is none of that name; [`Error::Value`].
            pub fn get_field<R: DeserializeOwned>(
                &mut self,
                of_type: &IsolatedType,
                target: Option<&IsolatedObject>,
                name: &str,
            ) -> Result<R> {
                self.enter(|entry| {
                    let (of_type, target) = (
                        of_type.raw(entry.runtime())?,
                        raw_of(target, entry.runtime())?,
                    );
                    entry.get_field(of_type, target, name)
                })
            }

            /// Writes a field, public or not. `target` is none for a static one.
            ///
            /// # Errors
            /// As `get_field`.
            pub fn set_field(
                &mut self,
                of_type: &IsolatedType,
                target: Option<&IsolatedObject>,
                name: &str,
                value: impl Serialize,
            ) -> Result<()> {
                self.enter(|entry| {
                    let (of_type, target) = (
                        of_type.raw(entry.runtime())?,
                        raw_of(target, entry.runtime())?,
                    );
                    entry.set_field(of_type, target, name, &value)
                })
            }

            /// Lists what an assembly, a type or a method consists of. No code of theirs runs for it, attributes and static
            /// constructors included. An assembly that is not to be loaded at all lists
            /// [`inspect_image`](crate::IsolatedRuntime::inspect_image).
            ///
            /// # Errors
            /// [`Error::BadHandle`].
            pub fn inspect(&mut self, subject: &impl Handle) -> Result<Inspection> {
                self.enter(|entry| {
                    let subject = subject.raw(entry.runtime())?;
                    entry.inspect(subject)
                })
            }

            /// Calls a static method that returns a task (or anything else), and waits on this thread until it is done.
            /// Timers and continuations of the guest run meanwhile.
            ///
            /// # Errors
            /// As `call`; [`Error::Deadlock`] if nothing could ever complete it.
            pub fn call_task<R: DeserializeOwned>(
                &mut self,
                assembly: &str,
                type_name: &str,
                method: &str,
                args: impl Serialize,
            ) -> Result<R> {
                let _span = tracing::debug_span!("call", assembly, type_name, method).entered();
                self.in_one_call(|this| {
                    let task = this.enter(|entry| {
                        let place = Place::Type {
                            assembly,
                            name: type_name,
                        };
                        let method = entry.method_for(place, method, &args)?;
                        let raw = entry.invoke_async(method.raw(entry.runtime())?, 0, &args)?;
                        Ok(IsolatedTask::new(raw, &entry.store.data().releases))
                    })?;
                    this.wait_for(&task)
                })
            }

            /// Invokes a method that returns a task, without waiting. `target` is none for a static method.
            ///
            /// # Errors
            /// As `invoke`.
            pub fn start_task(
                &mut self,
                method: &IsolatedMethod,
                target: Option<&IsolatedObject>,
                args: impl Serialize,
            ) -> Result<IsolatedTask> {
                self.enter(|entry| {
                    let (method, target) = (
                        method.raw(entry.runtime())?,
                        raw_of(target, entry.runtime())?,
                    );
                    let raw = entry.invoke_async(method, target, &args)?;
                    Ok(IsolatedTask::new(raw, &entry.store.data().releases))
                })
            }

            /// The outcome of a task; none while it is pending.
            ///
            /// # Errors
            /// What the task failed with.
            pub fn poll_task<R: DeserializeOwned>(
                &mut self,
                task: &IsolatedTask,
            ) -> Result<Option<R>> {
                self.enter(|entry| {
                    let task = task.raw(entry.runtime())?;
                    entry.poll_task(task)
                })
            }

            /// Signals a task's cancellation token, if it has one.
            ///
            /// # Errors
            /// [`Error::ForeignHandle`].
            pub fn cancel_task(&mut self, task: &IsolatedTask) -> Result<()> {
                self.enter(|entry| {
                    let task = task.raw(entry.runtime())?;
                    entry.cancel_task(task)
                })
            }

            /// Waits on this thread until a task is done, running what the guest has to run meanwhile: on tokio's
            /// multi-thread runtime as `block_in_place` does. Calls that do not hold a thread are those of
            /// [`into_async`](crate::IsolatedRuntime::into_async).
            ///
            /// # Errors
            /// What the task failed with; [`Error::Deadlock`] if nothing could ever complete it; [`Error::MustNotWait`] if it
            /// waits for a future of the host, on the only thread of an executor.
            pub fn wait<R: DeserializeOwned>(&mut self, task: &IsolatedTask) -> Result<R> {
                self.in_one_call(|this| this.wait_for(task))
            }

            fn wait_for<R: DeserializeOwned>(&mut self, task: &IsolatedTask) -> Result<R> {
                self.wait_until(|guest| guest.poll_task(task))
            }

            /// Waits as `wait` does, for what `poll` gives.
            pub(crate) fn wait_until<T>(
                &mut self,
                poll: impl Fn(&mut Self) -> Result<Option<T>>,
            ) -> Result<T> {
                loop {
                    if let Some(value) = poll(self)? {
                        return Ok(value);
                    }
                    let next = self.run_pending(PUMP_BUDGET)?;
                    if next == NextRun::Now {
                        continue;
                    }
                    // What ran just now may have finished the task: a timer that is far away is then no reason to wait.
                    if let Some(value) = poll(self)? {
                        return Ok(value);
                    }
                    let (done, running, woken, deadline) = self.enter(|entry| {
                        let state = entry.store.data_mut();
                        let outstanding = &state.outstanding;
                        let (done, running) = (outstanding.any_done(), outstanding.any_running());
                        Ok((done, running, outstanding.woken(), state.meter.deadline()))
                    })?;
                    let time = match next {
                        _ if done => continue,
                        NextRun::Now => continue,
                        NextRun::After(time) => Some(time),
                        NextRun::WhenCalled if running => None,
                        NextRun::WhenCalled => return Err(Error::Deadlock),
                    };
                    // The next entry says that the time of the call is over.
                    let left =
                        deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
                    let most = match (time, left) {
                        (Some(time), Some(left)) => Some(time.min(left)),
                        (time, left) => time.or(left),
                    };
                    if waiting::where_allowed(|| woken.wait(most)).is_err() {
                        // A timer of the guest needs no executor. A future of the host may need the one that this thread is.
                        match time {
                            Some(_) => woken.wait(most),
                            None => return Err(Error::MustNotWait),
                        }
                    }
                }
            }

            /// Starts to read an `IAsyncEnumerable<T>`.
            ///
            /// # Errors
            /// [`Error::Argument`] or [`Error::BadHandle`] if the object is none.
            pub fn open_stream(&mut self, source: &IsolatedObject) -> Result<IsolatedStream> {
                self.enter(|entry| {
                    let raw = entry.open_stream(source.raw(entry.runtime())?)?;
                    Ok(IsolatedStream::new(raw, &entry.store.data().releases))
                })
            }

            /// Waits on this thread for the next element of a stream; none at its end.
            ///
            /// # Errors
            /// What the sequence failed with; [`Error::Deadlock`].
            pub fn next_element<R: DeserializeOwned>(
                &mut self,
                stream: &IsolatedStream,
            ) -> Result<Option<R>> {
                self.in_one_call(|this| {
                    let task = this.enter(|entry| {
                        let raw = entry.next_element(stream.raw(entry.runtime())?)?;
                        Ok(IsolatedTask::new(raw, &entry.store.data().releases))
                    })?;
                    this.wait_for::<Vec<R>>(&task)
                        .map(|elements| elements.into_iter().next())
                })
            }

            /// Ends reading a stream before its end: its token is signalled, and what its `finally` blocks do is done with the
            /// next calls or [`run_pending`](Self::run_pending). Only dropping the handle does not run them.
            ///
            /// # Errors
            /// [`Error::ForeignHandle`].
            pub fn close_stream(&mut self, stream: &IsolatedStream) -> Result<()> {
                self.enter(|entry| {
                    let stream = stream.raw(entry.runtime())?;
                    entry.cancel_task(stream)
                })
            }

            /// Runs what is ready in the guest (work items, continuations, timers that are due) for about `budget` at most
            /// (zero: one round), and says when it wants to run again.
            ///
            /// # Errors
            /// What ends a runtime.
            pub fn run_pending(&mut self, budget: Duration) -> Result<NextRun> {
                let microseconds = u64::try_from(budget.as_micros()).unwrap_or(u64::MAX);
                self.enter(|entry| entry.run_pending(microseconds))
                    .map(NextRun::from_milliseconds)
            }

            /// Runs an assembly's entry point to its end and returns its exit code: what `Main` returned, or what it passed
            /// to `Environment.Exit`, after which the runtime can no longer be used. An asynchronous `Main` is awaited.
            ///
            /// # Errors
            /// [`Error::GuestException`] for an exception that `Main` let escape; [`Error::Deadlock`].
            pub fn run_main(&mut self, assembly: &IsolatedAssembly, args: &[&str]) -> Result<i32> {
                let _span = tracing::debug_span!("main", ?assembly).entered();
                let ran = self.in_one_call(|this| {
                    let task = this.enter(|entry| {
                        let raw = entry.run_main(assembly.raw(entry.runtime())?, args)?;
                        Ok(IsolatedTask::new(raw, &entry.store.data().releases))
                    })?;
                    this.wait_for(&task)
                });
                match ran {
                    Err(Error::Exit { code }) => Ok(code),
                    other => other,
                }
            }

            /// Runs the garbage collector for generation 0 to 2, and the finalizers that it made ready.
            ///
            /// # Errors
            /// What ends a runtime.
            pub fn collect(&mut self, generation: u32) -> Result<()> {
                self.enter(|entry| entry.collect(generation))
            }

            /// Heap size, collections, live handles.
            ///
            /// # Errors
            /// What ends a runtime.
            pub fn statistics(&mut self) -> Result<GuestStatistics> {
                self.enter(|entry| entry.statistics())
            }
        }
    };
}

/// How long the guest runs before the host looks whether what it waits for is done.
const PUMP_BUDGET: Duration = Duration::from_millis(10);

guest_api!(IsolatedRuntime);
guest_api!(CallContext<'_>);

impl CallContext<'_> {
    /// Runs `f`, which is a part of the call around the callback.
    pub(crate) fn in_one_call<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        f(self)
    }

    /// Enters the guest from a callback.
    #[inline]
    pub(crate) fn enter<T>(&mut self, f: impl FnOnce(&mut Entry<'_>) -> Result<T>) -> Result<T> {
        if let Some(fatal) = &self.store.data().fatal {
            return Err(fatal.afterwards());
        }
        crate::engine::stack::check_nested(self.store.data())?;
        let instance = self.instance.clone();
        let mut entry = Entry {
            store: wasmtime::AsContextMut::as_context_mut(&mut self.store),
            instance: &instance,
        };
        // Guest code sees it at the next tick of the clock. A wait that was just woken for it would begin again before that.
        if entry.store.data().meter.control.is_cancelled() {
            return Err(entry.fatal(Stop::Cancelled.into()));
        }
        entry.release_dropped()?;
        f(&mut entry)
    }
}

impl IsolatedMethod {
    /// Invokes a static method: as [`IsolatedRuntime::invoke`], the other way round.
    ///
    /// # Errors
    /// As [`IsolatedRuntime::invoke`].
    pub fn invoke<R: DeserializeOwned>(
        &self,
        runtime: &mut IsolatedRuntime,
        args: impl Serialize,
    ) -> Result<R> {
        runtime.invoke(self, args)
    }

    /// Invokes an instance method: as [`IsolatedRuntime::invoke_on`], the other way round.
    ///
    /// # Errors
    /// As [`IsolatedRuntime::invoke_on`].
    pub fn invoke_on<R: DeserializeOwned>(
        &self,
        runtime: &mut IsolatedRuntime,
        target: &IsolatedObject,
        args: impl Serialize,
    ) -> Result<R> {
        runtime.invoke_on(self, target, args)
    }
}
