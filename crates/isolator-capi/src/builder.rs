//! What a runtime is granted.

use crate::error::CError;
use crate::forks::into_raw;
use crate::guard::{guard, guard_out, quietly};
use crate::host::isolator_host;
use crate::isolator_error;
use crate::limit_numbers::limited;
use crate::runtime::isolator_runtime;
use crate::types::isolator_bytes;
use ::isolator_host::{Access, Limits, RuntimeBuilder};
use std::ptr;

/// What a runtime is granted: without any setting nothing. Used by one thread at a time.
pub struct isolator_runtime_builder {
    builder: Option<RuntimeBuilder>,
    /// Those of the host, unless they were changed.
    limits: Limits,
}

/// A setting of a runtime that is a number.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum isolator_runtime_number {
    /// Most bytes that the managed heap may take.
    ISOLATOR_RUNTIME_HEAP_LIMIT = 1,
    /// 1: the guest writes values that consist of objects as graphs of fields, which is how .NET hosts copy them; 0, the
    /// default: as MessagePack maps. It reads both.
    ISOLATOR_RUNTIME_VALUE_GRAPHS = 2,
    /// What becomes of programs that were compiled ahead, an `isolator_compiled`, instead of what the host says.
    ISOLATOR_RUNTIME_COMPILED = 3,
}

/// A setting of a runtime that is a text.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum isolator_runtime_text {
    /// Adds a command-line argument.
    ISOLATOR_RUNTIME_ARGUMENT = 1,
    /// The guest's working directory; `/` without this.
    ISOLATOR_RUNTIME_WORKING_DIRECTORY = 2,
    /// What the guest sees as its application's directory; `/` without this.
    ISOLATOR_RUNTIME_BASE_DIRECTORY = 3,
    /// The culture, such as `de-CH`; without this the invariant one.
    ISOLATOR_RUNTIME_CULTURE = 4,
    /// The local time zone's IANA name, such as `Europe/Zurich`; without this UTC.
    ISOLATOR_RUNTIME_TIME_ZONE = 5,
}

/// A setting of a runtime that has a name of the embedder's choice.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum isolator_runtime_pair {
    /// An environment variable. None is inherited.
    ISOLATOR_RUNTIME_ENVIRONMENT = 1,
    /// An `AppContext` property.
    ISOLATOR_RUNTIME_PROPERTY = 2,
}

impl isolator_runtime_builder {
    /// What a runtime is granted that has these limits.
    pub(crate) fn new(builder: RuntimeBuilder, limits: Limits) -> Self {
        Self {
            builder: Some(builder),
            limits,
        }
    }

    /// Replaces the builder by what `f` makes of it. If that fails, the builder is used up.
    pub(crate) fn change(
        &mut self,
        f: impl FnOnce(RuntimeBuilder) -> Result<RuntimeBuilder, CError>,
    ) -> Result<(), CError> {
        let builder = self.take()?;
        self.builder = Some(f(builder)?);
        Ok(())
    }

    pub(crate) fn take(&mut self) -> Result<RuntimeBuilder, CError> {
        self.builder.take().ok_or_else(|| {
            CError::config(
                "the runtime's builder is used up: it created a runtime, or refused a setting before",
            )
        })
    }
}

/// Starts to say what a runtime of a host is granted. Never null. The host may be given back before the builder.
///
/// # Safety
/// `host` points to a host of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_builder_new(
    host: *const isolator_host,
) -> *mut isolator_runtime_builder {
    // SAFETY: the caller says so.
    let isolator_host(host, limits) = unsafe { &*host };
    let builder = isolator_runtime_builder::new(host.runtime(), limits.clone());
    Box::into_raw(Box::new(builder))
}

/// Sets a number; `which` is an `isolator_runtime_number`.
///
/// # Safety
/// `builder` points to a builder of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_builder_set_number(
    builder: *mut isolator_runtime_builder,
    which: u32,
    value: u64,
) -> *mut isolator_error {
    const HEAP_LIMIT: u32 = isolator_runtime_number::ISOLATOR_RUNTIME_HEAP_LIMIT as u32;
    const VALUE_GRAPHS: u32 = isolator_runtime_number::ISOLATOR_RUNTIME_VALUE_GRAPHS as u32;
    const COMPILED: u32 = isolator_runtime_number::ISOLATOR_RUNTIME_COMPILED as u32;
    guard(|| {
        // SAFETY: the caller says so.
        let builder = unsafe { &mut *builder };
        builder.change(|builder| {
            Ok(match which {
                COMPILED => builder.compiled(crate::host::compiled(value)?),
                HEAP_LIMIT => builder.heap_limit(value),
                VALUE_GRAPHS => builder.value_graphs(value != 0),
                _ => return Err(CError::config(format!("a runtime has no number {which}"))),
            })
        })
    })
}

/// Sets a text; `which` is an `isolator_runtime_text`.
///
/// # Safety
/// `builder` points to a builder of this library; `value` is text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_builder_set_text(
    builder: *mut isolator_runtime_builder,
    which: u32,
    value: isolator_bytes,
) -> *mut isolator_error {
    use isolator_runtime_text::*;
    const ARGUMENT: u32 = ISOLATOR_RUNTIME_ARGUMENT as u32;
    const WORKING_DIRECTORY: u32 = ISOLATOR_RUNTIME_WORKING_DIRECTORY as u32;
    const BASE_DIRECTORY: u32 = ISOLATOR_RUNTIME_BASE_DIRECTORY as u32;
    const CULTURE: u32 = ISOLATOR_RUNTIME_CULTURE as u32;
    const TIME_ZONE: u32 = ISOLATOR_RUNTIME_TIME_ZONE as u32;
    guard(|| {
        // SAFETY: the caller says so.
        let (builder, value) = unsafe { (&mut *builder, value.text("the runtime's setting")?) };
        builder.change(|builder| {
            Ok(match which {
                ARGUMENT => builder.arg(value),
                WORKING_DIRECTORY => builder.working_directory(value),
                BASE_DIRECTORY => builder.base_directory(value),
                CULTURE => builder.culture(value),
                TIME_ZONE => builder.time_zone(value),
                _ => return Err(CError::config(format!("a runtime has no text {which}"))),
            })
        })
    })
}

/// Sets something that has a name; `which` is an `isolator_runtime_pair`.
///
/// # Safety
/// `builder` points to a builder of this library; `name` and `value` are text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_builder_set_pair(
    builder: *mut isolator_runtime_builder,
    which: u32,
    name: isolator_bytes,
    value: isolator_bytes,
) -> *mut isolator_error {
    use isolator_runtime_pair::*;
    const ENVIRONMENT: u32 = ISOLATOR_RUNTIME_ENVIRONMENT as u32;
    const PROPERTY: u32 = ISOLATOR_RUNTIME_PROPERTY as u32;
    guard(|| {
        // SAFETY: the caller says so.
        let builder = unsafe { &mut *builder };
        // SAFETY: as above.
        let (name, value) = unsafe { (name.text("the name")?, value.text("the value")?) };
        builder.change(|builder| {
            Ok(match which {
                ENVIRONMENT => builder.env(name, value),
                PROPERTY => builder.property(name, value),
                _ => return Err(CError::config(format!("a runtime has no pairs {which}"))),
            })
        })
    })
}

/// Sets a limit, instead of the host's; `which` is an `isolator_limit`, `value` in its unit or `ISOLATOR_NO_LIMIT`.
///
/// # Safety
/// `builder` points to a builder of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_builder_set_limit(
    builder: *mut isolator_runtime_builder,
    which: u32,
    value: u64,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let builder = unsafe { &mut *builder };
        builder.limits = limited(builder.limits.clone(), which, value)?;
        let limits = builder.limits.clone();
        builder.change(|builder| Ok(builder.limits(limits)))
    })
}

/// Grants a directory of this machine, under a path of the guest such as `/data`.
///
/// # Safety
/// `builder` points to a builder of this library; `host_path` and `guest_path` are text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_builder_directory(
    builder: *mut isolator_runtime_builder,
    host_path: isolator_bytes,
    guest_path: isolator_bytes,
    writable: bool,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let builder = unsafe { &mut *builder };
        // SAFETY: as above.
        let (host_path, guest_path) = unsafe {
            (
                host_path.text("the directory's path")?,
                guest_path.text("the path of the guest")?,
            )
        };
        let access = if writable {
            Access::ReadWrite
        } else {
            Access::ReadOnly
        };
        builder.change(|builder| Ok(builder.directory(host_path, guest_path, access)))
    })
}

/// Lets the runtime load assemblies from directories that runtimes of this process may write. Without this such a directory is no source of
/// assemblies.
///
/// # Safety
/// `builder` points to a builder of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_builder_load_from_writable(
    builder: *mut isolator_runtime_builder,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let builder = unsafe { &mut *builder };
        builder.change(|builder| Ok(builder.load_from_writable()))
    })
}

/// Creates the runtime. The builder is used up, and is still given back with `isolator_runtime_builder_free`.
///
/// # Safety
/// `builder` points to a builder of this library, `out` to a place for the runtime.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_builder_create(
    builder: *mut isolator_runtime_builder,
    out: *mut *mut isolator_runtime,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            Ok(into_raw((*builder).take()?.create()?))
        })
    }
}

/// Gives a builder back, used up or not.
///
/// # Safety
/// `builder`, nullable, is a builder of this library that was not given back before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_builder_free(builder: *mut isolator_runtime_builder) {
    if !builder.is_null() {
        // SAFETY: it came from `Box::into_raw`.
        let builder = unsafe { Box::from_raw(builder) };
        quietly((), || drop(builder));
    }
}
