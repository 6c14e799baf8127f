//! Hosts: a loaded guest image, and what all its runtimes share.

use crate::error::CError;
use crate::forks::into_raw;
use crate::guard::{guard, guard_out, quietly};
use crate::isolator_error;
use crate::limit_numbers::limited;
use crate::runtime::isolator_runtime;
use crate::types::isolator_bytes;
use crate::warm::Preparation;
use ::isolator_host::{Compiled, HostBuilder, HostLimits, IsolatedRuntimeHost, Limits};
use std::ptr;
use std::time::Duration;

/// Settings of a host. Used by one thread at a time.
pub struct isolator_host_builder {
    builder: Option<HostBuilder>,
    limits: Limits,
    host_limits: HostLimits,
    warm: Option<Preparation>,
}

/// Creates runtimes. May be used by any number of threads.
pub struct isolator_host(pub(crate) IsolatedRuntimeHost, pub(crate) Limits);

/// A setting of a host that is a number.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum isolator_host_number {
    /// How many runtimes may live at once; 1000 without this. Each takes 4 GiB of address space, not of memory.
    ISOLATOR_HOST_MAX_RUNTIMES = 1,
    /// 1: map each runtime's memory when it is created, rather than reserve room for all. Slower; `ISOLATOR_HOST_MAX_RUNTIMES` does not
    /// apply.
    ISOLATOR_HOST_ON_DEMAND_ALLOCATION = 2,
    /// Bytes that a runtime wrote and that may stay mapped for the next one when it is dropped.
    ISOLATOR_HOST_KEEP_RESIDENT = 3,
    /// Native stack that guest code may use within one call, in bytes; 256 MiB without this. Memory is only what a call touched.
    ISOLATOR_HOST_STACK_SIZE = 4,
    /// How deep calls may nest from guest to host; 32 without this.
    ISOLATOR_HOST_MAX_CALLBACK_DEPTH = 5,
    /// 1: show guests the messages of failed callbacks, instead of a fixed sentence.
    ISOLATOR_HOST_CALLBACK_ERROR_DETAILS = 6,
    /// 1: count fuel, so that runtimes can have `ISOLATOR_LIMIT_FUEL`. Guest code runs slower.
    ISOLATOR_HOST_METER_FUEL = 7,
    /// Bytes that all runtimes together may take beyond their snapshots.
    ISOLATOR_HOST_MEMORY = 8,
    /// Calls that may run in guests at once.
    ISOLATOR_HOST_RUNNING_CALLS = 9,
    /// Nanoseconds that a thread waits where the host is full; 0 without this.
    ISOLATOR_HOST_QUEUE_TIMEOUT = 10,
    /// What becomes of programs that were compiled ahead, an `isolator_compiled`; `ISOLATOR_COMPILED_AUTO` without this.
    ISOLATOR_HOST_COMPILED = 11,
}

/// What becomes of programs that were compiled ahead (`isolator compile`).
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum isolator_compiled {
    /// They are interpreted, and no compiled code is looked at.
    ISOLATOR_COMPILED_OFF = 0,
    /// Their compiled code is used where it fits the assembly and the guest image; else they are interpreted, and the log says why. The default.
    ISOLATOR_COMPILED_AUTO = 1,
    /// An assembly of a loader's is loaded with compiled code that fits, or not at all.
    ISOLATOR_COMPILED_REQUIRE = 2,
}

/// The kind of that number.
pub(crate) fn compiled(value: u64) -> Result<Compiled, CError> {
    use isolator_compiled::*;
    const AUTO: u64 = ISOLATOR_COMPILED_AUTO as u64;
    const REQUIRE: u64 = ISOLATOR_COMPILED_REQUIRE as u64;
    const OFF: u64 = ISOLATOR_COMPILED_OFF as u64;
    Ok(match value {
        AUTO => Compiled::Auto,
        REQUIRE => Compiled::Require,
        OFF => Compiled::Off,
        _ => return Err(CError::config(format!("{value} is no `isolator_compiled`"))),
    })
}

/// A setting of a host that is a text.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum isolator_host_text {
    /// Directory of the guest image. Without it the image is looked for: the environment variable `ISOLATOR_GUEST`, then
    /// `isolator-guest` beside the executable.
    ISOLATOR_HOST_GUEST = 1,
    /// Directory in which machine code is kept that was made from guest images.
    ISOLATOR_HOST_CACHE_DIRECTORY = 2,
    /// Adds a directory from which assemblies are loaded.
    ISOLATOR_HOST_ASSEMBLY_DIRECTORY = 3,
}

impl isolator_host_builder {
    /// Replaces the builder by what `f` makes of it. If that fails, the builder is used up.
    pub(crate) fn change(
        &mut self,
        f: impl FnOnce(HostBuilder) -> Result<HostBuilder, CError>,
    ) -> Result<(), CError> {
        let builder = self.take()?;
        self.builder = Some(f(builder)?);
        Ok(())
    }

    /// Says what prepares the runtime from which the host's others start.
    pub(crate) fn prepare(&mut self, warm: Preparation) -> Result<(), CError> {
        // One that is used up builds nothing any more.
        self.change(Ok)?;
        self.warm = Some(warm);
        Ok(())
    }

    fn take(&mut self) -> Result<HostBuilder, CError> {
        self.builder.take().ok_or_else(|| {
            CError::config(
                "the host's builder is used up: it built a host, or refused a setting before",
            )
        })
    }
}

/// Starts with default settings. Never null.
#[unsafe(no_mangle)]
pub extern "C" fn isolator_host_builder_new() -> *mut isolator_host_builder {
    Box::into_raw(Box::new(isolator_host_builder {
        builder: Some(IsolatedRuntimeHost::builder()),
        limits: Limits::default(),
        host_limits: HostLimits::default(),
        warm: None,
    }))
}

/// Sets a number; `which` is an `isolator_host_number`.
///
/// # Safety
/// `builder` points to a builder of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_host_builder_set_number(
    builder: *mut isolator_host_builder,
    which: u32,
    value: u64,
) -> *mut isolator_error {
    use isolator_host_number::*;
    const MAX_RUNTIMES: u32 = ISOLATOR_HOST_MAX_RUNTIMES as u32;
    const ON_DEMAND: u32 = ISOLATOR_HOST_ON_DEMAND_ALLOCATION as u32;
    const KEEP_RESIDENT: u32 = ISOLATOR_HOST_KEEP_RESIDENT as u32;
    const STACK_SIZE: u32 = ISOLATOR_HOST_STACK_SIZE as u32;
    const DEPTH: u32 = ISOLATOR_HOST_MAX_CALLBACK_DEPTH as u32;
    const DETAILS: u32 = ISOLATOR_HOST_CALLBACK_ERROR_DETAILS as u32;
    const METER_FUEL: u32 = ISOLATOR_HOST_METER_FUEL as u32;
    const MEMORY: u32 = ISOLATOR_HOST_MEMORY as u32;
    const RUNNING_CALLS: u32 = ISOLATOR_HOST_RUNNING_CALLS as u32;
    const QUEUE_TIMEOUT: u32 = ISOLATOR_HOST_QUEUE_TIMEOUT as u32;
    const COMPILED: u32 = ISOLATOR_HOST_COMPILED as u32;
    guard(|| {
        // SAFETY: the caller says so.
        let builder = unsafe { &mut *builder };
        let large = || {
            CError::config(format!(
                "{value} is too large for the host's number {which}"
            ))
        };
        let word = || u32::try_from(value).map_err(|_| large());
        let size = || usize::try_from(value).map_err(|_| large());
        let limits = &mut builder.host_limits;
        let changed = limits.clone();
        match which {
            MEMORY => *limits = changed.memory(value),
            RUNNING_CALLS => *limits = changed.running_calls(word()?),
            QUEUE_TIMEOUT => *limits = changed.queue_timeout(Duration::from_nanos(value)),
            _ => {}
        }
        builder.change(|builder| {
            Ok(match which {
                MEMORY | RUNNING_CALLS | QUEUE_TIMEOUT => builder,
                COMPILED => builder.compiled(compiled(value)?),
                METER_FUEL if value != 0 => builder.meter_fuel(),
                METER_FUEL => builder,
                MAX_RUNTIMES => builder.max_runtimes(word()?),
                ON_DEMAND if value != 0 => builder.on_demand_allocation(),
                ON_DEMAND => builder,
                KEEP_RESIDENT => builder.keep_resident(size()?),
                STACK_SIZE => builder.stack_size(size()?),
                DEPTH => builder.max_callback_depth(word()?),
                DETAILS => builder.callback_error_details(value != 0),
                _ => return Err(CError::config(format!("a host has no number {which}"))),
            })
        })
    })
}

/// Sets a text; `which` is an `isolator_host_text`.
///
/// # Safety
/// `builder` points to a builder of this library; `value` is text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_host_builder_set_text(
    builder: *mut isolator_host_builder,
    which: u32,
    value: isolator_bytes,
) -> *mut isolator_error {
    use isolator_host_text::*;
    const GUEST: u32 = ISOLATOR_HOST_GUEST as u32;
    const CACHE: u32 = ISOLATOR_HOST_CACHE_DIRECTORY as u32;
    const ASSEMBLIES: u32 = ISOLATOR_HOST_ASSEMBLY_DIRECTORY as u32;
    guard(|| {
        // SAFETY: the caller says so.
        let (builder, value) = unsafe { (&mut *builder, value.text("the host's setting")?) };
        builder.change(|builder| {
            Ok(match which {
                GUEST => builder.guest(value),
                CACHE => builder.cache_directory(value),
                ASSEMBLIES => builder.assembly_directory(value)?,
                _ => return Err(CError::config(format!("a host has no text {which}"))),
            })
        })
    })
}

/// Sets a limit of every runtime that is not given another; `which` is an `isolator_limit`, `value` in its unit or `ISOLATOR_NO_LIMIT`.
/// Without this a runtime has 256 MiB beyond its snapshot, and a call 60 seconds.
///
/// # Safety
/// `builder` points to a builder of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_host_builder_set_limit(
    builder: *mut isolator_host_builder,
    which: u32,
    value: u64,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let builder = unsafe { &mut *builder };
        builder.limits = limited(builder.limits.clone(), which, value)?;
        Ok(())
    })
}

/// Finds and loads the guest image. The builder is used up, and is still given back with `isolator_host_builder_free`.
///
/// # Safety
/// `builder` points to a builder of this library, `out` to a place for the host.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_host_builder_build(
    builder: *mut isolator_host_builder,
    out: *mut *mut isolator_host,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let builder = &mut *builder;
            let limits = builder.limits.clone();
            let mut host = builder
                .take()?
                .limits(limits.clone())
                .host_limits(builder.host_limits.clone())
                .build()?;
            if let Some(warm) = builder.warm.take() {
                host = warm.warm(&host)?;
            }
            Ok(Box::into_raw(Box::new(isolator_host(host, limits))))
        })
    }
}

/// Gives a builder back, used up or not.
///
/// # Safety
/// `builder`, nullable, is a builder of this library that was not given back before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_host_builder_free(builder: *mut isolator_host_builder) {
    if !builder.is_null() {
        // SAFETY: it came from `Box::into_raw`.
        let builder = unsafe { Box::from_raw(builder) };
        quietly((), || drop(builder));
    }
}

/// Creates a runtime to which nothing is granted.
///
/// # Safety
/// `host` points to a host of this library, `out` to a place for the runtime.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_host_create_runtime(
    host: *const isolator_host,
    out: *mut *mut isolator_runtime,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            Ok(into_raw((*host).0.create_runtime()?))
        })
    }
}

/// Version of .NET inside, such as `10.0.15`. Lives as long as the host.
///
/// # Safety
/// `host` points to a host of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_host_dotnet_version(
    host: *const isolator_host,
) -> isolator_bytes {
    // SAFETY: the caller says so.
    let host = unsafe { &(*host).0 };
    isolator_bytes::of(host.dotnet_version().as_bytes())
}

/// Where the guest image came from: its directory, or `embedded`. Lives as long as the host.
///
/// # Safety
/// `host` points to a host of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_host_origin(host: *const isolator_host) -> isolator_bytes {
    // SAFETY: the caller says so.
    let host = unsafe { &(*host).0 };
    isolator_bytes::of(host.origin().as_bytes())
}

/// How many runtimes of the host live now.
///
/// # Safety
/// `host` points to a host of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_host_live_runtimes(host: *const isolator_host) -> u32 {
    // SAFETY: the caller says so.
    unsafe { (*host).0.live_runtimes() }
}

/// Gives a host back. Its runtimes live on.
///
/// # Safety
/// `host`, nullable, is a host of this library that was not given back before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_host_free(host: *mut isolator_host) {
    if !host.is_null() {
        // SAFETY: it came from `Box::into_raw`.
        let host = unsafe { Box::from_raw(host) };
        quietly((), || drop(host));
    }
}
