//! Loading assemblies, finding types and methods, looking into them.

use crate::error::CError;
use crate::guard::guard_out;
use crate::guest::{Subject, inspect_any};
use crate::handle::{self, Named, isolator_handle};
use crate::isolator_error;
use crate::runtime::{isolator_runtime, shared};
use crate::types::{isolator_buffer, isolator_bytes};
use ::isolator_host::{AssemblyImage, MethodQuery};
use std::ptr;

/// How a method is chosen among those of its name.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct isolator_method_query {
    /// Number of arguments that will be passed; negative: any.
    pub argument_count: i32,
    /// Its metadata token (`MethodBase.MetadataToken`), which alone decides, if it is not 0.
    pub metadata_token: u32,
    /// Full names of the parameters' types, as texts; null: any types.
    pub parameter_types: *const isolator_bytes,
    /// How many of them.
    pub parameter_types_len: usize,
    /// Names of the type arguments of a generic method, as texts: `Namespace.Type, Assembly`; null: none.
    pub generic_arguments: *const isolator_bytes,
    /// How many of them.
    pub generic_arguments_len: usize,
}

impl isolator_method_query {
    /// The query.
    ///
    /// # Safety
    /// `query`, nullable, points to one whose lists hold as many texts as it says.
    unsafe fn read(query: *const Self) -> Result<MethodQuery, CError> {
        // SAFETY: the caller says so.
        let Some(query) = (unsafe { query.as_ref() }) else {
            return Ok(MethodQuery::default());
        };
        let names = |list: *const isolator_bytes, len, what| -> Result<_, CError> {
            if list.is_null() {
                return Ok(None);
            }
            // SAFETY: the caller says so.
            let names = unsafe { isolator_bytes::texts(list, len, what)? };
            Ok(Some(names.into_iter().map(str::to_owned).collect()))
        };
        Ok(MethodQuery {
            argument_count: u32::try_from(query.argument_count).ok(),
            metadata_token: (query.metadata_token != 0).then_some(query.metadata_token),
            parameter_types: names(
                query.parameter_types,
                query.parameter_types_len,
                "a parameter's type",
            )?,
            generic_arguments: names(
                query.generic_arguments,
                query.generic_arguments_len,
                "a type argument",
            )?,
        })
    }
}

/// Loads an assembly by its simple or full name: the base class library first, then the host's loaders.
///
/// # Safety
/// `runtime` points to a runtime of this library; `name` is text; `out` points to a place for the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_load_assembly(
    runtime: *mut isolator_runtime,
    name: isolator_bytes,
    out: *mut *mut isolator_handle,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let name = name.text("the assembly's name")?;
            let assembly = shared(runtime).enter(|guest| Ok(guest.load_assembly(name)?))?;
            Ok(Named::Assembly(assembly).into_raw())
        })
    }
}

/// Loads an assembly from the content of a `.dll`, and of the portable `.pdb` that belongs to it (`len` 0: none). One that is loaded
/// already is the result then.
///
/// # Safety
/// `runtime` points to a runtime of this library; the bytes as the interface says; `out` points to a place for the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_load_image(
    runtime: *mut isolator_runtime,
    image: isolator_bytes,
    symbols: isolator_bytes,
    out: *mut *mut isolator_handle,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let (image, symbols) = (image.get(), symbols.get());
            let symbols = (!symbols.is_empty()).then_some(symbols);
            let assembly = shared(runtime).enter(|guest| Ok(guest.load_image(image, symbols)?))?;
            Ok(Named::Assembly(assembly).into_raw())
        })
    }
}

/// As `isolator_runtime_load_image`, with the assembly's compiled code (`len` 0: none), as `isolator compile` makes it.
///
/// # Safety
/// `runtime` points to a runtime of this library; the bytes as the interface says; `out` points to a place for the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_load_compiled_image(
    runtime: *mut isolator_runtime,
    image: isolator_bytes,
    symbols: isolator_bytes,
    compiled: isolator_bytes,
    out: *mut *mut isolator_handle,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let mut assembly = AssemblyImage::new(image.get());
            let (symbols, compiled) = (symbols.get(), compiled.get());
            assembly.symbols = (!symbols.is_empty()).then(|| symbols.into());
            assembly.compiled = (!compiled.is_empty()).then(|| compiled.into());
            let assembly =
                shared(runtime).enter(|guest| Ok(guest.load_assembly_image(&assembly)?))?;
            Ok(Named::Assembly(assembly).into_raw())
        })
    }
}

/// Finds a type, public or not, in the assembly with this name. `name` is as `System.Type.GetType` takes it: `Namespace.Outer+Inner`, type arguments in
/// brackets.
///
/// # Safety
/// `runtime` points to a runtime of this library; the names are text; `out` points to a place for the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_find_type(
    runtime: *mut isolator_runtime,
    assembly: isolator_bytes,
    name: isolator_bytes,
    out: *mut *mut isolator_handle,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let assembly = assembly.text("the assembly's name")?;
            let name = name.text("the type's name")?;
            let found = shared(runtime).enter(|guest| Ok(guest.find_type(assembly, name)?))?;
            Ok(Named::Type(found).into_raw())
        })
    }
}

/// As `isolator_runtime_find_type`, in an assembly that is loaded.
///
/// # Safety
/// `runtime` points to a runtime of this library, `assembly` to a handle; `name` is text; `out` points to a place for the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_find_type_in(
    runtime: *mut isolator_runtime,
    assembly: *const isolator_handle,
    name: isolator_bytes,
    out: *mut *mut isolator_handle,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let assembly = handle::assembly(assembly)?;
            let name = name.text("the type's name")?;
            let found = shared(runtime).enter(|guest| Ok(guest.find_type_in(assembly, name)?))?;
            Ok(Named::Type(found).into_raw())
        })
    }
}

/// Finds a method of a type or of what it inherits, public or not, static or instance. Properties are their `get_` and `set_`
/// methods, operators their `op_` ones, constructors `.ctor`.
///
/// # Safety
/// `runtime` points to a runtime of this library, `of_type` to a handle; `name` is text; `query`, nullable, points to a query whose
/// lists hold as many texts as it says; `out` points to a place for the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_find_method(
    runtime: *mut isolator_runtime,
    of_type: *const isolator_handle,
    name: isolator_bytes,
    query: *const isolator_method_query,
    out: *mut *mut isolator_handle,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let of_type = handle::type_handle(of_type)?;
            let name = name.text("the method's name")?;
            let query = isolator_method_query::read(query)?;
            let found =
                shared(runtime).enter(|guest| Ok(guest.find_method_of(of_type, name, &query)?))?;
            Ok(Named::Method(found).into_raw())
        })
    }
}

/// What an assembly, a type or a method consists of, as a MessagePack map: `Name`, `Kind`, `Signature`, `DocumentationId`, `IsPublic`,
/// `Members` (array of such maps).
///
/// # Safety
/// `runtime` points to a runtime of this library, `subject` to a handle, `out` to a place for the buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_inspect(
    runtime: *mut isolator_runtime,
    subject: *const isolator_handle,
    out: *mut isolator_buffer,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, isolator_buffer::EMPTY, || {
            let subject = match &(*subject).0 {
                Named::Assembly(assembly) => Subject::Assembly(assembly),
                Named::Type(of_type) => Subject::Type(of_type),
                Named::Method(method) => Subject::Method(method),
                _ => {
                    return Err(CError::bad_handle(
                        "only assemblies, types and methods can be inspected",
                    ));
                }
            };
            let inspection = shared(runtime).enter(|guest| Ok(inspect_any(guest, &subject)?))?;
            let bytes = rmp_serde::to_vec_named(&inspection)
                .map_err(|error| CError::config(error.to_string()))?;
            Ok(bytes.into())
        })
    }
}
