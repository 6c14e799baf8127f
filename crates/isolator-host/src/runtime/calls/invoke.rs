//! Calls of methods.

use crate::border::batch::{BatchArguments, BatchResults};
use crate::border::ops::MethodPlace;
use crate::border::packing::Typed;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::runtime::Calls;
use crate::runtime::calls::raw_of;
use crate::values::handle::sealed::Sealed;
use crate::values::handle::{IsolatedMethod, IsolatedObject};
use serde::Serialize;
use serde::de::DeserializeOwned;

impl Calls<'_> {
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
        let _span = tracing::debug_span!("call", runtime = self.id(), assembly, type_name, method)
            .entered();
        self.enter(|entry| {
            let method = entry.method_for(
                MethodPlace::Type {
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
        let _span = tracing::debug_span!("call", runtime = self.id(), ?object, method).entered();
        self.enter(|entry| {
            let target = object.raw(entry.runtime())?;
            let method = entry.method_for(MethodPlace::Object(target), method, &args)?;
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
        args.with(|args| self.invoke_batch_counted(method, target, args, results.into(), &mut 0))
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
            entry.invoke_handle(method, target, &Typed(&args))
        })
    }
}
