//! One way of talking about both forms of a guest: the component, and the core module that the host library drives.

use isolator_abi::wire::{Failure, FailureKind};
use isolator_host::{
    Error, IsolatedAssembly, IsolatedMethod, IsolatedObject, IsolatedRuntime, IsolatedStream,
    IsolatedTask, IsolatedType, MethodQuery, NextRun,
};
use isolator_tests::Value;
use std::time::Duration;

/// What went wrong, as far as both forms tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub kind: &'static str,
    pub message: String,
    pub candidates: Vec<String>,
    /// Type, message and stack of the exception, if there was one.
    pub exception: Option<(String, String, Option<String>)>,
}

pub type Outcome<T> = Result<T, Told>;

/// Position of a handle in a form's own list: the numbers in the guest may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named(pub usize);

/// Results of a batch, and what the call after them threw.
pub type Batch = (Vec<i32>, Option<Told>);

/// Every function that a guest exports, with values instead of bytes.
pub trait Form {
    fn load_assembly(&mut self, name: &str) -> Outcome<Named>;
    fn load_image(&mut self, image: &[u8], symbols: Option<&[u8]>) -> Outcome<Named>;
    fn find_type(&mut self, assembly: Named, name: &str) -> Outcome<Named>;
    fn find_method(&mut self, of_type: Named, name: &str, query: &MethodQuery) -> Outcome<Named>;
    fn get_field(&mut self, of_type: Named, target: Option<Named>, name: &str) -> Outcome<Value>;
    fn set_field(
        &mut self,
        of_type: Named,
        target: Option<Named>,
        name: &str,
        value: &Value,
    ) -> Outcome<()>;
    fn inspect(&mut self, subject: Named) -> Outcome<isolator_host::Inspection>;
    fn create_object(&mut self, of_type: Named, args: &[Value]) -> Outcome<Named>;
    fn copy_object(&mut self, of_type: Named, value: &Value) -> Outcome<Named>;
    fn type_of(&mut self, object: Named) -> Outcome<Named>;
    fn get_value(&mut self, object: Named) -> Outcome<Value>;
    fn release(&mut self, handle: Named);
    fn invoke(&mut self, method: Named, target: Option<Named>, args: &[Value]) -> Outcome<Value>;
    fn invoke_raw(
        &mut self,
        method: Named,
        target: Option<Named>,
        bytes: &[u8],
    ) -> Outcome<Vec<u8>>;
    fn invoke_handle(
        &mut self,
        method: Named,
        target: Option<Named>,
        args: &[Value],
    ) -> Outcome<Option<Named>>;
    /// `scalar-signature`, `invoke-scalar` and `describe-exception`.
    fn invoke_scalar(&mut self, method: Named, a: i32, b: i32) -> Outcome<i32>;
    /// `invoke-batch`, and `describe-exception` for the call that ended it: how many returned, their results, and why no more.
    fn invoke_batch(&mut self, method: Named, pairs: &[(i32, i32)]) -> Outcome<Batch>;
    fn invoke_async(&mut self, method: Named, args: &[Value]) -> Outcome<Named>;
    fn poll_task(&mut self, task: Named) -> Outcome<Option<Value>>;
    fn cancel_task(&mut self, task: Named);
    fn open_stream(&mut self, source: Named) -> Outcome<Named>;
    /// `next-element`, run until it is there; none at the end.
    fn next_element(&mut self, enumerator: Named) -> Outcome<Option<Value>>;
    fn run_main(&mut self, assembly: Named, args: &[&str]) -> Outcome<i32>;
    /// Whether the guest wants to run again at once or later.
    fn run_pending(&mut self) -> bool;
    fn collect(&mut self, generation: u32);
    fn live_handles(&mut self) -> u64;
}

impl From<Failure> for Told {
    fn from(failure: Failure) -> Self {
        let kind = match failure.kind {
            FailureKind::Exception => "exception",
            FailureKind::AssemblyNotFound => "assembly",
            FailureKind::BadImage => "image",
            FailureKind::TypeNotFound => "type",
            FailureKind::MemberNotFound => "member",
            FailureKind::Ambiguous => "ambiguous",
            FailureKind::Argument => "argument",
            FailureKind::Value => "value",
            FailureKind::BadHandle => "handle",
            FailureKind::Async => "async",
            _ => "other",
        };
        let exception = failure
            .exception
            .map(|e| (e.type_name, e.message, e.stack_trace));
        let message = if kind == "exception" {
            String::new()
        } else {
            failure.message
        };
        Self {
            kind,
            message,
            candidates: failure.candidates,
            exception,
        }
    }
}

impl From<Error> for Told {
    fn from(error: Error) -> Self {
        let plain = |kind, message| Self {
            kind,
            message,
            candidates: Vec::new(),
            exception: None,
        };
        match error {
            Error::GuestException(e) => {
                let exception = Some((e.type_name, e.message, e.stack_trace));
                Self {
                    exception,
                    ..plain("exception", String::new())
                }
            }
            Error::AssemblyNotFound { message, .. } => plain("assembly", message),
            Error::BadImage { message } => plain("image", message),
            Error::TypeNotFound { message, .. } => plain("type", message),
            Error::MethodNotFound {
                message,
                candidates,
                ..
            } => Self {
                candidates,
                ..plain("member", message)
            },
            Error::Ambiguous {
                message,
                candidates,
                ..
            } => Self {
                candidates,
                ..plain("ambiguous", message)
            },
            Error::Argument {
                message,
                candidates,
            } => Self {
                candidates,
                ..plain("argument", message)
            },
            Error::Value { message } => plain("value", message),
            Error::BadHandle { message } => plain("handle", message),
            Error::Async { message } => plain("async", message),
            other => plain("other", other.to_string()),
        }
    }
}

enum Kept {
    Assembly(IsolatedAssembly),
    Type(IsolatedType),
    Method(IsolatedMethod),
    Object(IsolatedObject),
    Task(IsolatedTask),
    Stream(IsolatedStream),
    Released,
}

/// The core module, driven by the host library.
pub struct Core {
    pub runtime: IsolatedRuntime,
    kept: Vec<Kept>,
}

macro_rules! kept {
    ($self:ident, $named:expr, $kind:ident) => {
        match &$self.kept[$named.0] {
            Kept::$kind(handle) => handle.clone(),
            _ => panic!("the scenario uses a handle as what it is not"),
        }
    };
}

impl Core {
    pub fn new(runtime: IsolatedRuntime) -> Self {
        Self {
            runtime,
            kept: Vec::new(),
        }
    }

    fn keep(&mut self, handle: Kept) -> Named {
        self.kept.push(handle);
        Named(self.kept.len() - 1)
    }

    fn target(&self, target: Option<Named>) -> Option<IsolatedObject> {
        target.map(|target| kept!(self, target, Object))
    }
}

impl Form for Core {
    fn load_assembly(&mut self, name: &str) -> Outcome<Named> {
        let handle = self.runtime.load_assembly(name)?;
        Ok(self.keep(Kept::Assembly(handle)))
    }
    fn load_image(&mut self, image: &[u8], symbols: Option<&[u8]>) -> Outcome<Named> {
        let handle = self.runtime.load_image(image, symbols)?;
        Ok(self.keep(Kept::Assembly(handle)))
    }
    fn find_type(&mut self, assembly: Named, name: &str) -> Outcome<Named> {
        let handle = self
            .runtime
            .find_type_in(&kept!(self, assembly, Assembly), name)?;
        Ok(self.keep(Kept::Type(handle)))
    }
    fn find_method(&mut self, of_type: Named, name: &str, query: &MethodQuery) -> Outcome<Named> {
        let handle = self
            .runtime
            .find_method_of(&kept!(self, of_type, Type), name, query)?;
        Ok(self.keep(Kept::Method(handle)))
    }
    fn get_field(&mut self, of_type: Named, target: Option<Named>, name: &str) -> Outcome<Value> {
        let target = self.target(target);
        Ok(self
            .runtime
            .get_field(&kept!(self, of_type, Type), target.as_ref(), name)?)
    }
    fn set_field(
        &mut self,
        of_type: Named,
        target: Option<Named>,
        name: &str,
        value: &Value,
    ) -> Outcome<()> {
        let target = self.target(target);
        Ok(self
            .runtime
            .set_field(&kept!(self, of_type, Type), target.as_ref(), name, value)?)
    }
    fn inspect(&mut self, subject: Named) -> Outcome<isolator_host::Inspection> {
        Ok(match &self.kept[subject.0] {
            Kept::Assembly(handle) => self.runtime.inspect(handle)?,
            Kept::Type(handle) => self.runtime.inspect(handle)?,
            Kept::Method(handle) => self.runtime.inspect(handle)?,
            _ => panic!("the scenario inspects what cannot be"),
        })
    }
    fn create_object(&mut self, of_type: Named, args: &[Value]) -> Outcome<Named> {
        let handle = self
            .runtime
            .create_object_of(&kept!(self, of_type, Type), args)?;
        Ok(self.keep(Kept::Object(handle)))
    }
    fn copy_object(&mut self, of_type: Named, value: &Value) -> Outcome<Named> {
        let handle = self
            .runtime
            .copy_object(&kept!(self, of_type, Type), value)?;
        Ok(self.keep(Kept::Object(handle)))
    }
    fn type_of(&mut self, object: Named) -> Outcome<Named> {
        let handle = self.runtime.type_of(&kept!(self, object, Object))?;
        Ok(self.keep(Kept::Type(handle)))
    }
    fn get_value(&mut self, object: Named) -> Outcome<Value> {
        Ok(self.runtime.value_of(&kept!(self, object, Object))?)
    }
    fn release(&mut self, handle: Named) {
        self.kept[handle.0] = Kept::Released;
    }
    fn invoke(&mut self, method: Named, target: Option<Named>, args: &[Value]) -> Outcome<Value> {
        let method = kept!(self, method, Method);
        Ok(match self.target(target) {
            Some(target) => self.runtime.invoke_on(&method, &target, args)?,
            None => self.runtime.invoke(&method, args)?,
        })
    }
    fn invoke_raw(
        &mut self,
        method: Named,
        target: Option<Named>,
        bytes: &[u8],
    ) -> Outcome<Vec<u8>> {
        let target = self.target(target);
        Ok(self
            .runtime
            .invoke_raw(&kept!(self, method, Method), target.as_ref(), bytes)?)
    }
    fn invoke_handle(
        &mut self,
        method: Named,
        target: Option<Named>,
        args: &[Value],
    ) -> Outcome<Option<Named>> {
        let target = self.target(target);
        let handle =
            self.runtime
                .invoke_object(&kept!(self, method, Method), target.as_ref(), args)?;
        Ok(handle.map(|handle| self.keep(Kept::Object(handle))))
    }
    fn invoke_scalar(&mut self, method: Named, a: i32, b: i32) -> Outcome<i32> {
        Ok(self.runtime.invoke(&kept!(self, method, Method), (a, b))?)
    }
    fn invoke_batch(&mut self, method: Named, pairs: &[(i32, i32)]) -> Outcome<Batch> {
        let (a, b): (Vec<i32>, Vec<i32>) = pairs.iter().copied().unzip();
        let mut results = vec![0; pairs.len()];
        let method = kept!(self, method, Method);
        let outcome = self
            .runtime
            .invoke_batch(&method, None, (&a, &b), &mut results);
        match outcome {
            Ok(()) => Ok((results, None)),
            Err(Error::InBatch { element, error }) => {
                results.truncate(element);
                Ok((results, Some((*error).into())))
            }
            Err(error) => Err(error.into()),
        }
    }
    fn invoke_async(&mut self, method: Named, args: &[Value]) -> Outcome<Named> {
        let handle = self
            .runtime
            .start_task(&kept!(self, method, Method), None, args)?;
        Ok(self.keep(Kept::Task(handle)))
    }
    fn poll_task(&mut self, task: Named) -> Outcome<Option<Value>> {
        Ok(self.runtime.poll_task(&kept!(self, task, Task))?)
    }
    fn cancel_task(&mut self, task: Named) {
        self.runtime.cancel_task(&kept!(self, task, Task)).unwrap();
    }
    fn open_stream(&mut self, source: Named) -> Outcome<Named> {
        let handle = self.runtime.open_stream(&kept!(self, source, Object))?;
        Ok(self.keep(Kept::Stream(handle)))
    }
    fn next_element(&mut self, enumerator: Named) -> Outcome<Option<Value>> {
        Ok(self
            .runtime
            .next_element(&kept!(self, enumerator, Stream))?)
    }
    fn run_main(&mut self, assembly: Named, args: &[&str]) -> Outcome<i32> {
        Ok(self
            .runtime
            .run_main(&kept!(self, assembly, Assembly), args)?)
    }
    fn run_pending(&mut self) -> bool {
        self.runtime.run_pending(Duration::ZERO).unwrap() != NextRun::WhenCalled
    }
    fn collect(&mut self, generation: u32) {
        self.runtime.collect(generation).unwrap();
    }
    fn live_handles(&mut self) -> u64 {
        self.runtime.guest_statistics().unwrap().live_handles
    }
}
