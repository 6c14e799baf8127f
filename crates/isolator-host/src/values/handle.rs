//! What names things inside a guest: passive values that own what they name.
//!
//! A handle may be kept, cloned, sent to other threads and dropped anywhere. Dropping the last clone only queues a
//! release; the next call into the runtime performs it.

use crate::error::{Error, Result};
use crate::values::scalar::Scalars;
use isolator_abi::wire::HANDLE_EXTENSION;
use serde::ser::{Error as _, Serialize, Serializer};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Releases that wait for the next entry into a runtime.
#[derive(Debug)]
#[doc(hidden)]
pub struct Releases {
    /// Number of the runtime, unique in the process.
    pub(crate) runtime: u64,
    waiting: AtomicBool,
    /// Handles that were made on the host, and those of them that are gone.
    made: AtomicU64,
    gone: AtomicU64,
    handles: Mutex<Option<Vec<u64>>>,
}

impl Releases {
    pub(crate) fn new(runtime: u64) -> Arc<Self> {
        Arc::new(Self {
            runtime,
            waiting: AtomicBool::new(false),
            made: AtomicU64::new(0),
            gone: AtomicU64::new(0),
            handles: Mutex::new(Some(Vec::new())),
        })
    }

    fn push(&self, handle: u64) {
        if let Some(handles) = self
            .handles
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_mut()
        {
            handles.push(handle);
            self.waiting.store(true, Ordering::Release);
        }
    }

    /// How many handles live on the host.
    pub(crate) fn live(&self) -> u64 {
        let gone = self.gone.load(Ordering::Relaxed);
        self.made().saturating_sub(gone)
    }

    /// How many were ever made.
    pub(crate) fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    /// Whether [`Self::take`] would give something. Cheap.
    #[inline]
    pub(crate) fn waiting(&self) -> bool {
        self.waiting.load(Ordering::Acquire)
    }

    pub(crate) fn take(&self) -> Vec<u64> {
        let mut handles = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.store(false, Ordering::Release);
        handles.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The runtime is gone: nothing needs releasing any more.
    pub(crate) fn close(&self) {
        *self.handles.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// A handle and the duty to give it back.
#[derive(Debug)]
pub(crate) struct Owned {
    raw: u64,
    /// How many were made in its runtime before.
    number: u64,
    releases: Arc<Releases>,
}

impl Owned {
    pub(crate) fn new(raw: u64, releases: &Arc<Releases>) -> Self {
        Self {
            raw,
            number: releases.made.fetch_add(1, Ordering::Relaxed),
            releases: releases.clone(),
        }
    }

    /// The raw handle, for the runtime with this number.
    #[inline]
    pub(crate) fn raw(&self, runtime: u64, what: &'static str) -> Result<u64> {
        if self.releases.runtime == runtime {
            Ok(self.raw)
        } else {
            Err(Error::ForeignHandle {
                what,
                expected: runtime,
                found: self.releases.runtime,
            })
        }
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.releases.gone.fetch_add(1, Ordering::Relaxed);
        self.releases.push(self.raw);
    }
}

thread_local! {
    /// The runtime whose arguments this thread is encoding; 0 for none.
    static ENCODING: Cell<u64> = const { Cell::new(0) };
    /// Objects that were serialized, where somebody wants to know.
    static KEPT: RefCell<Option<Vec<IsolatedObject>>> = const { RefCell::new(None) };
}

/// Runs `f`, in which handles of this runtime may be serialized as arguments.
pub(crate) fn encoding_for<R>(runtime: u64, f: impl FnOnce() -> R) -> R {
    struct Reset(u64);
    impl Drop for Reset {
        fn drop(&mut self) {
            ENCODING.set(self.0);
        }
    }
    let _reset = Reset(ENCODING.replace(runtime));
    f()
}

/// Runs `f`, and gives the objects that were serialized in it, too: what is sent later must live until then.
#[cfg(feature = "tokio")]
pub(crate) fn keeping<R>(f: impl FnOnce() -> R) -> (R, Vec<IsolatedObject>) {
    struct Reset(Option<Vec<IsolatedObject>>);
    impl Drop for Reset {
        fn drop(&mut self) {
            KEPT.set(self.0.take());
        }
    }
    let _reset = Reset(KEPT.replace(Some(Vec::new())));
    let result = f();
    (result, KEPT.take().unwrap_or_default())
}

/// Something that a handle can name. Sealed: only the handle types of this crate.
pub trait Handle: sealed::Sealed {}

pub(crate) mod sealed {
    use super::{HandleKind, Releases};
    use std::sync::Arc;

    /// Access to the handle inside.
    pub trait Sealed: Clone + Send + Sync + 'static {
        #[doc(hidden)]
        const KIND: HandleKind;

        #[doc(hidden)]
        fn raw(&self, runtime: u64) -> crate::Result<u64>;

        /// How many handles were made in its runtime before it.
        #[doc(hidden)]
        fn number(&self) -> u64;

        #[doc(hidden)]
        fn of(raw: u64, releases: &Arc<Releases>) -> Self;
    }
}

/// What a handle names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[doc(hidden)]
pub enum HandleKind {
    Object,
    Type,
    Assembly,
    Stream,
    Task,
    Method,
}

impl HandleKind {
    /// For messages.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Object => "an object",
            Self::Type => "a type",
            Self::Assembly => "an assembly",
            Self::Stream => "a stream",
            Self::Task => "a task",
            Self::Method => "a method",
        }
    }
}

macro_rules! handle {
    ($(#[$doc:meta])* $name:ident, $kind:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Arc<Owned>);

        impl $name {
            pub(crate) fn new(raw: u64, releases: &Arc<Releases>) -> Self {
                Self(Arc::new(Owned::new(raw, releases)))
            }
        }

        impl sealed::Sealed for $name {
            const KIND: HandleKind = HandleKind::$kind;

            fn raw(&self, runtime: u64) -> Result<u64> {
                self.0.raw(runtime, $what)
            }

            fn number(&self) -> u64 {
                self.0.number
            }

            fn of(raw: u64, releases: &Arc<Releases>) -> Self {
                Self::new(raw, releases)
            }
        }
        impl Handle for $name {}

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:#x} of runtime {})"), self.0.raw, self.0.releases.runtime)
            }
        }
    };
}

handle!(
    /// An object inside a runtime, kept alive until the last clone is dropped. Passed as an argument, it passes by reference.
    IsolatedObject, Object, "the object"
);
handle!(
    /// A type inside a runtime.
    IsolatedType, Type, "the type"
);
handle!(
    /// An assembly that a runtime has loaded.
    IsolatedAssembly, Assembly, "the assembly"
);
handle!(
    /// An asynchronous sequence inside a runtime that is being read (`IAsyncEnumerable<T>`).
    IsolatedStream, Stream, "the stream"
);
handle!(
    /// A task inside a runtime, running or finished.
    IsolatedTask, Task, "the task"
);

impl Serialize for IsolatedObject {
    /// As an argument of a call into the same runtime, an object passes by reference. Anywhere else it cannot be serialized.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let runtime = ENCODING.get();
        if runtime == 0 {
            return Err(S::Error::custom(
                "an `IsolatedObject` can only be serialized as an argument of a call into its runtime",
            ));
        }
        let raw = self
            .0
            .raw(runtime, "the object")
            .map_err(S::Error::custom)?;
        KEPT.with_borrow_mut(|kept| {
            if let Some(kept) = kept {
                kept.push(self.clone());
            }
        });
        // `rmp-serde` writes this newtype as an extension value: its type, then its bytes.
        serializer.serialize_newtype_struct(
            rmp_serde::MSGPACK_EXT_STRUCT_NAME,
            &(
                HANDLE_EXTENSION,
                serde_bytes::Bytes::new(&raw.to_be_bytes()),
            ),
        )
    }
}

/// A method of a type inside a runtime: found once, invoked many times.
#[derive(Clone)]
pub struct IsolatedMethod(Arc<Method>);

pub(crate) struct Method {
    owned: Owned,
    /// The scalar signature, once it was asked for; none if it has none.
    pub scalars: OnceLock<Option<Scalars>>,
}

impl IsolatedMethod {
    pub(crate) fn new(raw: u64, releases: &Arc<Releases>) -> Self {
        Self(Arc::new(Method {
            owned: Owned::new(raw, releases),
            scalars: OnceLock::new(),
        }))
    }

    #[inline]
    pub(crate) fn inner(&self) -> &Method {
        &self.0
    }
}

impl Method {
    #[inline]
    pub(crate) fn raw(&self, runtime: u64) -> Result<u64> {
        self.owned.raw(runtime, "the method")
    }
}

impl sealed::Sealed for IsolatedMethod {
    const KIND: HandleKind = HandleKind::Method;

    fn raw(&self, runtime: u64) -> Result<u64> {
        self.0.raw(runtime)
    }

    fn number(&self) -> u64 {
        self.0.owned.number
    }

    fn of(raw: u64, releases: &Arc<Releases>) -> Self {
        Self::new(raw, releases)
    }
}
impl Handle for IsolatedMethod {}

impl fmt::Debug for IsolatedMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "IsolatedMethod({:#x} of runtime {})",
            self.0.owned.raw, self.0.owned.releases.runtime
        )
    }
}

#[cfg(test)]
mod tests {
    use super::sealed::Sealed;
    use super::*;

    #[test]
    fn dropping_the_last_clone_queues_one_release_from_any_thread() {
        let releases = Releases::new(7);
        let object = IsolatedObject::new(42, &releases);
        let clone = object.clone();
        drop(object);
        assert!(!releases.waiting());
        std::thread::spawn(move || drop(clone)).join().unwrap();
        assert!(releases.waiting());
        assert_eq!(releases.take(), [42]);
        assert!(!releases.waiting());
        releases.close();
        drop(IsolatedType::new(1, &releases));
        assert!(!releases.waiting(), "a closed queue takes nothing more");
    }

    #[test]
    fn a_handle_is_an_extension_in_its_own_runtime_only() {
        let object = IsolatedObject::new(0x0102, &Releases::new(7));
        let encode = || rmp_serde::to_vec_named(&(&object,));
        let bytes = encoding_for(7, encode).unwrap();
        assert_eq!(bytes, [0x91, 0xd7, 80, 0, 0, 0, 0, 0, 0, 1, 2]);
        assert!(
            encoding_for(8, encode)
                .unwrap_err()
                .to_string()
                .contains("another runtime")
        );
        assert!(encode().unwrap_err().to_string().contains("argument"));
        assert!(matches!(
            object.raw(8),
            Err(Error::ForeignHandle {
                expected: 8,
                found: 7,
                ..
            })
        ));
    }
}
