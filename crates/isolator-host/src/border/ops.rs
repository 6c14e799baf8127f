//! The contract's functions as operations on an entered guest.

use crate::assemblies::loader::AssemblyImage;
use crate::border::entry::Entry;
use crate::border::inspection::read_inspection;
use crate::border::lift::{Fault, read_failure, shape};
use crate::border::lower::Lowered;
use crate::border::packing::{Input, Output, Read, Typed, arguments_of, unreadable};
use crate::border::side::{self, Unlinked};
use crate::callback;
use crate::engine::state::{Beginning, Fatal};
use crate::error::{Error, Result};
use crate::values::handle::{IsolatedMethod, IsolatedObject, IsolatedTask};
use crate::values::overloads::{Arguments, MethodKey};
use crate::values::scalar::{Result64, Scalars};
use isolator_abi::wire::{self, Failure, FailureKind, MethodQuery};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What the log calls an assembly whose name nobody said.
const GIVEN: &str = "(given as bytes)";

impl Entry<'_> {
    /// Number of the runtime.
    #[inline]
    pub(crate) fn runtime(&self) -> u64 {
        self.store.data().runtime()
    }

    /// Bytes that a value may take once it is read.
    fn most_memory(&self) -> u64 {
        self.store.data().meter.limits.most_memory()
    }

    /// Gives back what was dropped since the last entry.
    #[inline]
    pub(crate) fn release_dropped(&mut self) -> Result<()> {
        if self.store.data().releases.waiting() {
            for handle in self.store.data().releases.clone().take() {
                self.release(handle)?;
            }
        }
        Ok(())
    }

    pub(crate) fn release(&mut self, handle: u64) -> Result<()> {
        let instance = self.instance;
        self.call(&instance.exports.release, (handle,))
    }

    /// Runs `start`, if it has not run yet.
    #[inline]
    pub(crate) fn ensure_started(&mut self) -> Result<()> {
        match self.store.data_mut().start.take() {
            None => Ok(()),
            Some(Beginning::GoOn) => self.link_again(),
            Some(Beginning::Start(config)) => {
                self.link_again()?;
                let config = config.to_bytes().map_err(|error| Error::Config {
                    message: error.to_string(),
                })?;
                let config = self.lower(&config)?;
                let instance = self.instance;
                self.call_for(
                    &instance.exports.start,
                    (config.at, config.len),
                    shape::unit,
                )
                .map_err(|error| {
                    self.fatal(Fatal::NotStarted(format!("it did not start: {error}")));
                    error
                })
            }
        }
    }

    /// Links the programs that the memory was linked with, in the runtime that it is from.
    fn link_again(&mut self) -> Result<()> {
        for program in std::mem::take(&mut self.store.data_mut().unlinked) {
            let why = match side::link_again(&mut self.store, self.instance, &program) {
                Ok(()) => continue,
                Err(Unlinked::Unfit(why)) => why,
                Err(Unlinked::Ended(ended)) => return Err(self.unlowered(ended)),
            };
            let name = crate::printable::line(&program.side.plan.stamp.assembly).into_owned();
            let why = format!("the compiled code of {name} in its snapshot does not fit: {why}");
            self.fatal(Fatal::NotStarted(why.clone()));
            return Err(Error::Dead { why: why.into() });
        }
        Ok(())
    }

    /// Makes the memory ready to be copied, for runtimes that begin `anew` or go on. The result is a stretch of it whose content nobody needs.
    pub(crate) fn freeze(&mut self, anew: bool) -> Result<(u32, u32)> {
        let instance = self.instance;
        let unused = self.call_for(&instance.exports.freeze, (u32::from(anew),), shape::handle)?;
        Ok(((unused >> 32) as u32, unused as u32))
    }

    /// A call's arguments, in guest memory.
    pub(crate) fn arguments(&mut self, args: &impl Input) -> Result<Lowered> {
        self.lower(&args.arguments(self.runtime())?)
    }

    /// One value, in guest memory.
    fn value(&mut self, value: &impl Input) -> Result<Lowered> {
        self.lower(&value.value(self.runtime())?)
    }

    pub(crate) fn load_assembly(&mut self, name: &str) -> Result<u64> {
        let name = self.lower(name.as_bytes())?;
        let instance = self.instance;
        self.call_for_handle(&instance.exports.load_assembly, (name.at, name.len))
    }

    /// Makes an assembly's compiled code known to the guest that gets the assembly next.
    pub(crate) fn offer_compiled(&mut self, assembly: Option<&AssemblyImage>) -> Result<()> {
        match side::offer(&mut self.store, self.instance, GIVEN, assembly) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => Err(Error::BadImage {
                message: format!("the assembly is not loaded, since it is to run compiled: {why}"),
            }),
            Err(ended) => Err(self.unlowered(ended)),
        }
    }

    /// The assembly was there already, or could not be loaded: its code is not for the next one of its name.
    pub(crate) fn forget_compiled(&mut self) -> Result<()> {
        side::forget(&mut self.store, self.instance).map_err(|ended| self.unlowered(ended))
    }

    pub(crate) fn load_image(&mut self, image: &[u8], symbols: Option<&[u8]>) -> Result<u64> {
        let image = self.lower(image)?;
        let (some, symbols) = match symbols {
            None => (0, Lowered::default()),
            Some(symbols) => (1, self.lower(symbols)?),
        };
        let instance = self.instance;
        self.call_for_handle(
            &instance.exports.load_image,
            (image.at, image.len, some, symbols.at, symbols.len),
        )
    }

    pub(crate) fn find_type(&mut self, assembly: u64, name: &str) -> Result<u64> {
        let name = self.lower(name.as_bytes())?;
        let instance = self.instance;
        self.call_for_handle(&instance.exports.find_type, (assembly, name.at, name.len))
    }

    /// Finds a type by names only, giving the assembly's handle back.
    pub(crate) fn find_type_by_name(&mut self, assembly: &str, name: &str) -> Result<u64> {
        let assembly = self.load_assembly(assembly)?;
        let found = self.find_type(assembly, name);
        self.give_back(assembly, found)
    }

    /// Releases a handle that was needed for `outcome`, which counts more.
    fn give_back<T>(&mut self, handle: u64, outcome: Result<T>) -> Result<T> {
        if self.store.data().fatal.is_none() {
            self.release(handle)?;
        }
        outcome
    }

    pub(crate) fn find_method(
        &mut self,
        of_type: u64,
        name: &str,
        query: &MethodQuery,
    ) -> Result<u64> {
        let name = self.lower(name.as_bytes())?;
        let query = wire::to_bytes(query).map_err(|error| Error::Config {
            message: error.to_string(),
        })?;
        let query = self.lower(&query)?;
        let instance = self.instance;
        self.call_for_handle(
            &instance.exports.find_method,
            (of_type, name.at, name.len, query.at, query.len),
        )
    }

    /// Finds the overload for these arguments: by their number, and among those that take it by what their types suggest.
    pub(crate) fn find_overload(
        &mut self,
        of_type: u64,
        name: &str,
        arguments: &Arguments,
    ) -> Result<u64> {
        let query = MethodQuery {
            argument_count: Some(arguments.count),
            parameter_types: arguments.types(),
            ..Default::default()
        };
        self.find_method(of_type, name, &query)
    }

    /// The method that a call by name means; remembered.
    pub(crate) fn method_for<A: Serialize>(
        &mut self,
        place: MethodPlace<'_>,
        name: &str,
        args: &A,
    ) -> Result<IsolatedMethod> {
        self.method_for_arguments(place, name, arguments_of(args)?)
    }

    /// As [`method_for`](Self::method_for), for arguments that were looked at before.
    pub(crate) fn method_for_arguments(
        &mut self,
        place: MethodPlace<'_>,
        name: &str,
        arguments: Arguments,
    ) -> Result<IsolatedMethod> {
        let (assembly, of_type, object) = match place {
            MethodPlace::Type { assembly, name } => (assembly, name, 0),
            MethodPlace::Object(object) => ("", "", object),
        };
        let key = MethodKey {
            assembly,
            of_type,
            object,
            name,
            arguments,
        };
        if let Some(method) = self.store.data().methods.get(&key) {
            return Ok(method.clone());
        }
        let of_type = match place {
            MethodPlace::Type { assembly, name } => self.find_type_by_name(assembly, name)?,
            MethodPlace::Object(object) => self.type_of(object)?,
        };
        let found = self.find_overload(of_type, name, &arguments);
        let raw = self.give_back(of_type, found)?;
        let state = self.store.data_mut();
        let method = IsolatedMethod::new(raw, &state.releases);
        state.methods.insert(&key, method.clone());
        Ok(method)
    }

    pub(crate) fn type_of(&mut self, object: u64) -> Result<u64> {
        let instance = self.instance;
        self.call_for_handle(&instance.exports.type_of, (object,))
    }

    pub(crate) fn create_object(&mut self, of_type: u64, args: &impl Input) -> Result<u64> {
        let args = self.arguments(args)?;
        let instance = self.instance;
        self.call_for_handle(
            &instance.exports.create_object,
            (of_type, args.at, args.len),
        )
    }

    pub(crate) fn copy_object(&mut self, of_type: u64, value: &impl Input) -> Result<u64> {
        let value = self.value(value)?;
        let instance = self.instance;
        self.call_for_handle(
            &instance.exports.copy_object,
            (of_type, value.at, value.len),
        )
    }

    pub(crate) fn get_value<O: Output>(&mut self, object: u64) -> Result<O> {
        let most = self.most_memory();
        let instance = self.instance;
        self.call_for(
            &instance.exports.get_value,
            (object,),
            shape::value(|bytes| O::read(bytes, most)),
        )
    }

    pub(crate) fn get_field<O: Output>(
        &mut self,
        of_type: u64,
        target: u64,
        name: &str,
    ) -> Result<O> {
        let name = self.lower(name.as_bytes())?;
        let most = self.most_memory();
        let instance = self.instance;
        self.call_for(
            &instance.exports.get_field,
            (of_type, target, name.at, name.len),
            shape::value(|bytes| O::read(bytes, most)),
        )
    }

    pub(crate) fn set_field(
        &mut self,
        of_type: u64,
        target: u64,
        name: &str,
        value: &impl Input,
    ) -> Result<()> {
        let name = self.lower(name.as_bytes())?;
        let value = self.value(value)?;
        let instance = self.instance;
        self.call_for(
            &instance.exports.set_field,
            (of_type, target, name.at, name.len, value.at, value.len),
            shape::unit,
        )
    }

    pub(crate) fn inspect(&mut self, subject: u64) -> Result<wire::Inspection> {
        let instance = self.instance;
        self.call_for(
            &instance.exports.inspect,
            (subject,),
            shape::value(read_inspection),
        )
    }

    /// The method's scalar signature; asked for once.
    #[inline]
    pub(crate) fn scalars_of(&mut self, method: &IsolatedMethod) -> Result<Option<Scalars>> {
        match method.inner().scalars.get() {
            Some(scalars) => Ok(*scalars),
            None => {
                let raw = method.inner().raw(self.runtime())?;
                self.ask_scalars(method, raw)
            }
        }
    }

    #[cold]
    fn ask_scalars(&mut self, method: &IsolatedMethod, raw: u64) -> Result<Option<Scalars>> {
        let instance = self.instance;
        let signature = self.call_for(
            &instance.exports.scalar_signature,
            (raw,),
            shape::optional(|bytes| Ok(std::str::from_utf8(bytes).ok().and_then(Scalars::parse))),
        )?;
        let scalars = match signature {
            None => None,
            Some(Some(scalars)) => Some(scalars),
            Some(None) => {
                let problem =
                    Fault("its signature has letters that the contract does not know".into());
                return Err(self.broke(instance.exports.scalar_signature.export, problem));
            }
        };
        Ok(*method.inner().scalars.get_or_init(|| scalars))
    }

    /// Calls a method: without serialization if its signature is all numbers, else through MessagePack.
    #[inline]
    pub(crate) fn invoke<A: Serialize, R: DeserializeOwned>(
        &mut self,
        method: &IsolatedMethod,
        target: u64,
        args: &A,
    ) -> Result<R> {
        let raw = method.inner().raw(self.runtime())?;
        let scalars = self.scalars_of(method)?;
        if let Some(scalars) = scalars
            && let Some(words) = scalars.encode(args)
            && let Some(word) = self.invoke_scalar(raw, target, words)?
        {
            return R::deserialize(Result64 {
                letter: scalars.result,
                word,
            })
            .map_err(|error| unreadable::<R>(&error));
        }
        let _span = tracing::trace_span!("invoke", runtime = self.runtime()).entered();
        let Read(result) = self.invoke_packed(raw, target, &Typed(args))?;
        Ok(result)
    }

    /// Calls a method through MessagePack.
    pub(crate) fn invoke_packed<O: Output>(
        &mut self,
        method: u64,
        target: u64,
        args: &impl Input,
    ) -> Result<O> {
        let args = self.arguments(args)?;
        let most = self.most_memory();
        let instance = self.instance;
        self.call_for(
            &instance.exports.invoke,
            (method, target, args.at, args.len),
            shape::value(|bytes| O::read(bytes, most)),
        )
    }

    /// None: the guest did not call the method, since a handle is not valid or of another type. The serialized form of
    /// the call says which.
    #[inline]
    pub(crate) fn invoke_scalar(
        &mut self,
        method: u64,
        target: u64,
        words: [u64; 8],
    ) -> Result<Option<u64>> {
        let instance = self.instance;
        let [a, b, c, d, e, f, g, h] = words;
        let slot = &instance.exports.invoke_scalar;
        let at = self.call(slot, (method, target, a, b, c, d, e, f, g, h))?;
        match shape::scalar(instance.memory.data(&self.store), at) {
            Ok(Ok(word)) => Ok(Some(word)),
            Ok(Err(0)) => Ok(None),
            Ok(Err(exception)) => Err(self.scalar_error(exception)),
            Err(fault) => Err(self.broke(slot.export, fault)),
        }
    }

    /// The error for the exception that a scalar call threw.
    #[cold]
    pub(crate) fn scalar_error(&mut self, exception: u64) -> Error {
        let instance = self.instance;
        let described = self.call_for(
            &instance.exports.describe_exception,
            (exception,),
            shape::plain(read_failure),
        );
        match described.and_then(|error| self.release(exception).map(|()| error)) {
            Ok(error) | Err(error) => error,
        }
    }

    pub(crate) fn invoke_raw(&mut self, method: u64, target: u64, args: &[u8]) -> Result<Vec<u8>> {
        let args = self.lower(args)?;
        let instance = self.instance;
        self.call_for(
            &instance.exports.invoke_raw,
            (method, target, args.at, args.len),
            shape::value(|bytes| Ok(bytes.to_vec())),
        )
    }

    /// Calls a method whose result stays inside. None: it returned null, or nothing.
    pub(crate) fn invoke_handle(
        &mut self,
        method: u64,
        target: u64,
        args: &impl Input,
    ) -> Result<Option<IsolatedObject>> {
        let args = self.arguments(args)?;
        let instance = self.instance;
        let raw = self.call_for_handle(
            &instance.exports.invoke_handle,
            (method, target, args.at, args.len),
        )?;
        Ok((raw != 0).then(|| IsolatedObject::new(raw, &self.store.data().releases)))
    }

    /// Starts a method that returns a task.
    pub(crate) fn invoke_async(
        &mut self,
        method: u64,
        target: u64,
        args: &impl Input,
    ) -> Result<IsolatedTask> {
        let args = self.arguments(args)?;
        let instance = self.instance;
        let raw = self.call_for_handle(
            &instance.exports.invoke_async,
            (method, target, args.at, args.len),
        )?;
        Ok(IsolatedTask::new(raw, &self.store.data().releases))
    }

    pub(crate) fn poll_task<O: Output>(&mut self, task: u64) -> Result<Option<O>> {
        let most = self.most_memory();
        let instance = self.instance;
        self.call_for(
            &instance.exports.poll_task,
            (task,),
            shape::optional(|bytes| O::read(bytes, most)),
        )
    }

    pub(crate) fn cancel_task(&mut self, task: u64) -> Result<()> {
        let instance = self.instance;
        self.call(&instance.exports.cancel_task, (task,))
    }

    pub(crate) fn open_stream(&mut self, source: u64) -> Result<u64> {
        let instance = self.instance;
        self.call_for_handle(&instance.exports.open_stream, (source,))
    }

    pub(crate) fn next_element(&mut self, stream: u64) -> Result<u64> {
        let instance = self.instance;
        self.call_for_handle(&instance.exports.next_element, (stream,))
    }

    pub(crate) fn run_main(&mut self, assembly: u64, args: &[&str]) -> Result<u64> {
        let args = self.value(&Typed(&args))?;
        let instance = self.instance;
        self.call_for_handle(&instance.exports.run_main, (assembly, args.at, args.len))
    }

    /// Polls calls of the host that were woken, and hands over those that are done. Whether there were any.
    pub(crate) fn deliver_completions(&mut self) -> Result<bool> {
        callback::poll_woken(self.store.data_mut());
        let mut any = false;
        while let Some(mut completion) = self.store.data_mut().outstanding.take_done() {
            let len = completion.outcome.as_ref().map_or(0, Vec::len) as u64;
            if let Some(error) = self.store.data().too_large(len) {
                let failure = Failure {
                    kind: FailureKind::Host,
                    message: error.to_string(),
                    ..Default::default()
                };
                completion.outcome = Err(wire::to_bytes(&failure).unwrap_or_default());
            }
            let (tag, payload) = match &completion.outcome {
                Ok(payload) => (0, payload),
                Err(payload) => (1, payload),
            };
            let payload = self.lower(payload)?;
            let instance = self.instance;
            self.call(
                &instance.exports.complete_call,
                (completion.id, tag, payload.at, payload.len),
            )?;
            any = true;
        }
        Ok(any)
    }

    pub(crate) fn run_pending(&mut self, microseconds: u64) -> Result<i64> {
        self.deliver_completions()?;
        let instance = self.instance;
        self.call(&instance.exports.run_pending, (microseconds,))
            .map(u64::cast_signed)
    }

    pub(crate) fn collect(&mut self, generation: u32) -> Result<()> {
        let instance = self.instance;
        self.call(&instance.exports.collect, (generation,))
    }

    pub(crate) fn statistics(&mut self) -> Result<wire::GuestStatistics> {
        let instance = self.instance;
        let read = |bytes: &[u8]| {
            wire::from_bytes(bytes)
                .map_err(|error| Fault(format!("its statistics cannot be read: {error}")))
        };
        self.call_for(&instance.exports.statistics, (), shape::plain(read))
    }
}

/// Where a method is looked for.
#[derive(Clone, Copy)]
pub(crate) enum MethodPlace<'a> {
    Type {
        assembly: &'a str,
        name: &'a str,
    },
    /// The type of the object with this handle.
    Object(u64),
}
