//! What a host of scripts is to be.

use super::isolator_script_host;
use crate::error::CError;
use crate::guard::{guard, guard_out, quietly};
use crate::host::isolator_host;
use crate::isolator_error;
use crate::limit_numbers::limited;
use crate::types::isolator_bytes;
use ::isolator_host::{AssemblyImage, Limits};
use isolator_script::{Kind, Options, ScriptHost, ScriptHostBuilder};
use std::ptr;

/// Settings of a host of scripts. Used by one thread at a time.
pub struct isolator_script_host_builder {
    builder: Option<ScriptHostBuilder>,
    options: Options,
    compile_limits: Limits,
    run_limits: Limits,
}

/// A setting of scripts that is a number.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum isolator_script_number {
    /// 0: nullable reference types are not checked; 1 without this.
    ISOLATOR_SCRIPT_NULLABLE = 1,
    /// 1: `unsafe` is allowed. What unsafe code does it does to its own sandbox.
    ISOLATOR_SCRIPT_ALLOW_UNSAFE = 2,
    /// 0: no namespaces are used but those that a source names; 1 without this: those that a new project uses.
    ISOLATOR_SCRIPT_IMPLICIT_USINGS = 3,
    /// 0: code is not optimized; 1 without this.
    ISOLATOR_SCRIPT_OPTIMIZE = 4,
    /// 0: no symbols are made, without which stack traces have no lines; 1 without this.
    ISOLATOR_SCRIPT_SYMBOLS = 5,
    /// Most diagnostics that are told of one compilation; 100 without this.
    ISOLATOR_SCRIPT_MAX_DIAGNOSTICS = 6,
    /// What `isolator_script_compile` makes, an `isolator_script_kind`.
    ISOLATOR_SCRIPT_KIND = 7,
    /// How many submissions a session may have; 1000 without this.
    ISOLATOR_SCRIPT_MAX_SUBMISSIONS = 8,
    /// 0: scripts that run often stay as they are; 1 without this: they are made faster in the background, on a thread of this host's. One that runs for the third
    /// time begins where it is loaded, and one that computes long is compiled ahead where the tools of `isolator compile` are: native programs, which read what the
    /// sandboxed compiler made.
    ISOLATOR_SCRIPT_HOT_SCRIPTS = 9,
}

/// What sources are compiled to.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum isolator_script_kind {
    /// A program if there are top-level statements or a method `Main`, else a library. The default.
    ISOLATOR_SCRIPT_KIND_AUTO = 0,
    /// A program: without an entry point it is an error.
    ISOLATOR_SCRIPT_KIND_PROGRAM = 1,
    /// A library.
    ISOLATOR_SCRIPT_KIND_LIBRARY = 2,
}

/// A setting of scripts that is a text.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum isolator_script_text {
    /// The folder of the compiler. Without it that is looked for: the environment variable `ISOLATOR_SCRIPTING`, then `isolator-scripting` beside the executable.
    ISOLATOR_SCRIPT_COMPILER = 1,
    /// Where the prepared compiler is kept, instead of the user's cache.
    ISOLATOR_SCRIPT_CACHE_DIRECTORY = 2,
    /// Version of the language, as a project file names it: `13`, `latest`, `preview`. The newest without this.
    ISOLATOR_SCRIPT_LANGUAGE_VERSION = 3,
    /// Adds a namespace that is used everywhere.
    ISOLATOR_SCRIPT_USING = 4,
    /// Adds a folder in which packages are looked for that scripts ask for with `#:package NAME@VERSION` or `#r "nuget: NAME, VERSION"`. Nothing is downloaded.
    ISOLATOR_SCRIPT_PACKAGE_FOLDER = 5,
    /// Adds a package that scripts may ask for, by its name, in any version; or as `NAME@VERSION` in that one. What it needs comes with it.
    ISOLATOR_SCRIPT_ALLOW_PACKAGE = 6,
    /// The folder from which a script may load other sources, with `#load "FILE.cs"`: in it and in folders below. Without it nothing can be loaded.
    ISOLATOR_SCRIPT_LOAD_FOLDER = 7,
}

impl isolator_script_host_builder {
    /// Replaces the builder by what `f` makes of it. If that fails, the builder is used up.
    pub(super) fn change(
        &mut self,
        f: impl FnOnce(ScriptHostBuilder) -> Result<ScriptHostBuilder, CError>,
    ) -> Result<(), CError> {
        let builder = self.take()?;
        self.builder = Some(f(builder)?);
        Ok(())
    }

    fn take(&mut self) -> Result<ScriptHostBuilder, CError> {
        self.builder.take().ok_or_else(|| {
            CError::config(
                "the builder of the host of scripts is used up: it built a host, or refused a setting before",
            )
        })
    }

    fn set_options(&mut self, f: impl FnOnce(Options) -> Options) {
        self.options = f(std::mem::take(&mut self.options));
    }
}

/// Starts with default settings. `host` is where all runs, and whose limits runs have unless others are set; it may be given back before the builder. Null: one
/// with default settings is made. Never null.
///
/// # Safety
/// `host`, nullable, points to a host of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_host_builder_new(
    host: *const isolator_host,
) -> *mut isolator_script_host_builder {
    let mut builder = ScriptHost::builder();
    let mut run_limits = Limits::default();
    // SAFETY: the caller says so.
    if let Some(isolator_host(host, limits)) = unsafe { host.as_ref() } {
        builder = builder.host(host);
        run_limits = limits.clone();
    }
    Box::into_raw(Box::new(isolator_script_host_builder {
        builder: Some(builder),
        options: Options::default(),
        compile_limits: ScriptHost::default_compile_limits(),
        run_limits,
    }))
}

/// Sets a number; `which` is an `isolator_script_number`.
///
/// # Safety
/// `builder` points to a builder of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_host_builder_set_number(
    builder: *mut isolator_script_host_builder,
    which: u32,
    value: u64,
) -> *mut isolator_error {
    use isolator_script_number::*;
    const NULLABLE: u32 = ISOLATOR_SCRIPT_NULLABLE as u32;
    const UNSAFE: u32 = ISOLATOR_SCRIPT_ALLOW_UNSAFE as u32;
    const USINGS: u32 = ISOLATOR_SCRIPT_IMPLICIT_USINGS as u32;
    const OPTIMIZE: u32 = ISOLATOR_SCRIPT_OPTIMIZE as u32;
    const SYMBOLS: u32 = ISOLATOR_SCRIPT_SYMBOLS as u32;
    const DIAGNOSTICS: u32 = ISOLATOR_SCRIPT_MAX_DIAGNOSTICS as u32;
    const KIND: u32 = ISOLATOR_SCRIPT_KIND as u32;
    const SUBMISSIONS: u32 = ISOLATOR_SCRIPT_MAX_SUBMISSIONS as u32;
    const HOT: u32 = ISOLATOR_SCRIPT_HOT_SCRIPTS as u32;
    guard(|| {
        // SAFETY: the caller says so.
        let builder = unsafe { &mut *builder };
        let most = u32::try_from(value).unwrap_or(u32::MAX);
        if which == SUBMISSIONS {
            return builder.change(|builder| Ok(builder.max_submissions(most)));
        }
        let on = || match value {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(CError::config(format!(
                "the number {which} of scripts is 0 or 1, and not {value}"
            ))),
        };
        if which == HOT {
            let wanted = on()?;
            return builder.change(|builder| Ok(builder.hot_scripts(wanted)));
        }
        let options = builder.options.clone();
        builder.options = match which {
            NULLABLE => options.nullable(on()?),
            UNSAFE => options.allow_unsafe(on()?),
            USINGS => options.implicit_usings(on()?),
            OPTIMIZE => options.optimize(on()?),
            SYMBOLS => options.symbols(on()?),
            DIAGNOSTICS => options.max_diagnostics(most),
            KIND => options.kind(kind(value)?),
            _ => return Err(CError::config(format!("scripts have no number {which}"))),
        };
        Ok(())
    })
}

/// The kind of that number.
fn kind(value: u64) -> Result<Kind, CError> {
    use isolator_script_kind::*;
    const AUTO: u64 = ISOLATOR_SCRIPT_KIND_AUTO as u64;
    const PROGRAM: u64 = ISOLATOR_SCRIPT_KIND_PROGRAM as u64;
    const LIBRARY: u64 = ISOLATOR_SCRIPT_KIND_LIBRARY as u64;
    Ok(match value {
        AUTO => Kind::Auto,
        PROGRAM => Kind::Program,
        LIBRARY => Kind::Library,
        _ => {
            return Err(CError::config(format!(
                "{value} is no `isolator_script_kind`"
            )));
        }
    })
}

/// Sets a text; `which` is an `isolator_script_text`.
///
/// # Safety
/// `builder` points to a builder of this library; `value` is text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_host_builder_set_text(
    builder: *mut isolator_script_host_builder,
    which: u32,
    value: isolator_bytes,
) -> *mut isolator_error {
    use isolator_script_text::*;
    const COMPILER: u32 = ISOLATOR_SCRIPT_COMPILER as u32;
    const CACHE: u32 = ISOLATOR_SCRIPT_CACHE_DIRECTORY as u32;
    const VERSION: u32 = ISOLATOR_SCRIPT_LANGUAGE_VERSION as u32;
    const USING: u32 = ISOLATOR_SCRIPT_USING as u32;
    const FOLDER: u32 = ISOLATOR_SCRIPT_PACKAGE_FOLDER as u32;
    const ALLOW: u32 = ISOLATOR_SCRIPT_ALLOW_PACKAGE as u32;
    const LOAD: u32 = ISOLATOR_SCRIPT_LOAD_FOLDER as u32;
    guard(|| {
        // SAFETY: the caller says so.
        let (builder, value) = unsafe { (&mut *builder, value.text("the setting of scripts")?) };
        match which {
            COMPILER => builder.change(|builder| Ok(builder.compiler(value)))?,
            CACHE => builder.change(|builder| Ok(builder.cache_directory(value)))?,
            FOLDER => builder.change(|builder| Ok(builder.package_folder(value)))?,
            ALLOW => builder.change(|builder| Ok(builder.allow_package(value)))?,
            LOAD => builder.change(|builder| Ok(builder.load_folder(value)))?,
            VERSION => builder.set_options(|options| options.language_version(value)),
            USING => builder.set_options(|options| options.using(value)),
            _ => return Err(CError::config(format!("scripts have no text {which}"))),
        }
        Ok(())
    })
}

/// Adds a library that scripts may refer to, beside the base class library: an assembly, and its symbols if `symbols` has any bytes. Nothing else can be referred
/// to.
///
/// # Safety
/// `builder` points to a builder of this library; `image` and `symbols` as the interface says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_host_builder_library(
    builder: *mut isolator_script_host_builder,
    image: isolator_bytes,
    symbols: isolator_bytes,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let (builder, image, symbols) = unsafe { (&mut *builder, image.get(), symbols.get()) };
        let mut library = AssemblyImage::new(image.to_vec());
        if !symbols.is_empty() {
            library = library.with_symbols(symbols.to_vec());
        }
        builder.change(|builder| Ok(builder.library(library)))
    })
}

/// Sets a limit of each compilation; `which` is an `isolator_limit`, `value` in its unit or `ISOLATOR_NO_LIMIT`. Without this one may take 512 MiB and 30 seconds.
///
/// # Safety
/// `builder` points to a builder of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_host_builder_set_compile_limit(
    builder: *mut isolator_script_host_builder,
    which: u32,
    value: u64,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let builder = unsafe { &mut *builder };
        builder.compile_limits = limited(builder.compile_limits.clone(), which, value)?;
        Ok(())
    })
}

/// Sets a limit of each run and evaluation that is given no other; `which` is an `isolator_limit`, `value` in its unit or `ISOLATOR_NO_LIMIT`. Without this they
/// have those of the host.
///
/// # Safety
/// `builder` points to a builder of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_host_builder_set_run_limit(
    builder: *mut isolator_script_host_builder,
    which: u32,
    value: u64,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let builder = unsafe { &mut *builder };
        builder.run_limits = limited(builder.run_limits.clone(), which, value)?;
        Ok(())
    })
}

/// Loads the prepared compiler, or prepares it, which takes some seconds, once for each guest image, compiler and set of libraries; the cache keeps it. An error
/// of kind `ISOLATOR_ERROR_COMPILER_NOT_FOUND` names every place that was looked at. The builder is used up, and is still given back with
/// `isolator_script_host_builder_free`.
///
/// # Safety
/// `builder` points to a builder of this library, `out` to a place for the host.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_host_builder_build(
    builder: *mut isolator_script_host_builder,
    out: *mut *mut isolator_script_host,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let builder = &mut *builder;
            let host = builder
                .take()?
                .options(builder.options.clone())
                .compile_limits(builder.compile_limits.clone())
                .run_limits(builder.run_limits.clone())
                .build()?;
            Ok(Box::into_raw(Box::new(isolator_script_host(host))))
        })
    }
}

/// Gives a builder back, used up or not.
///
/// # Safety
/// `builder`, nullable, is a builder of this library that was not given back before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_host_builder_free(
    builder: *mut isolator_script_host_builder,
) {
    if !builder.is_null() {
        // SAFETY: it came from `Box::into_raw`.
        let builder = unsafe { Box::from_raw(builder) };
        quietly((), || drop(builder));
    }
}

/// Gives a host of scripts back. What was compiled lives on.
///
/// # Safety
/// `scripts`, nullable, is a host of this library that was not given back before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_host_free(scripts: *mut isolator_script_host) {
    if !scripts.is_null() {
        // SAFETY: it came from `Box::into_raw`.
        let scripts = unsafe { Box::from_raw(scripts) };
        quietly((), || drop(scripts));
    }
}
