//! Functions of the runtime and of the C library that the C side stands before, by the linker's `--wrap`.

use super::archives::{self, Archive};
use crate::error::{BuildError, Context};
use std::collections::BTreeMap;
use std::path::Path;

/// Functions of the runtime. Compiled code calls them by these names, so an internal call that is only added under a method's
/// name would hold for interpreted callers alone.
const RUNTIME: &[&str] = &[
    // The runtime's own start-up asks for a report of every exception that leaves a top-level call. Here the caller gets it.
    "mini_parse_debug_option",
    // Where waits end: waiting.c.
    "SystemNative_LowLevelMonitor_Wait",
    "SystemNative_LowLevelMonitor_TimedWait",
    "ves_icall_System_Threading_Monitor_Monitor_wait_raw",
    "ves_icall_System_Threading_Monitor_Monitor_pulse_raw",
    "ves_icall_System_Threading_Monitor_Monitor_pulse_all_raw",
    "ves_icall_System_Threading_Thread_Join_internal_raw",
    "ves_icall_System_Threading_Thread_YieldInternal",
    // What locks the running code holds: monitors.c; clocks that are read in a loop: waiting.c.
    "ves_icall_System_Threading_Monitor_Monitor_Enter_raw",
    "ves_icall_System_Threading_Monitor_Monitor_try_enter_with_atomic_var_raw",
    "mono_monitor_enter_internal",
    "mono_monitor_enter_fast",
    "mono_monitor_enter_v4_internal",
    "mono_monitor_enter_v4_fast",
    "mono_monitor_exit_icall_raw",
    "SystemNative_GetTimestamp",
    "SystemNative_GetLowResolutionTimestamp",
    "SystemNative_GetSystemTimeAsTicks",
    // What .NET hears of an entry of a directory: compat/directories.c.
    "SystemNative_ReadDir",
    // The current stack, and the frames of an exception's trace: frames.c.
    "ves_icall_System_Diagnostics_StackFrame_GetFrameInfo",
    "ves_icall_System_Diagnostics_StackTrace_GetTrace",
    // Generations as .NET counts them: collector.c.
    "ves_icall_System_GC_GetMaxGeneration",
    "ves_icall_System_GC_GetCollectionCount",
    "ves_icall_System_GC_GetGCMemoryInfo",
    "ves_icall_System_GC_GetGeneration_raw",
    "ves_icall_System_GC_InternalCollect",
    // Whether types may be arguments of what is generic: answers.c.
    "ves_icall_RuntimeMethodInfo_MakeGenericMethod_impl_raw",
    "ves_icall_RuntimeType_MakeGenericType_raw",
    // Time zones by names without a slash: zones.c.
    "SystemNative_GetTimeZoneData",
    // Cultures without data: cultures.c.
    "GlobalizationNative_GetLocaleName",
    // Names of cultures: names.c.
    "GlobalizationNative_GetLocaleInfoString",
    // Compatibility forms: normalization.c.
    "GlobalizationNative_IsNormalized",
    "GlobalizationNative_NormalizeString",
    // Finalizers have no thread: icalls.c.
    "ves_icall_System_GC_WaitForPendingFinalizers",
    // Function pointers to synchronized methods: icalls.c.
    "ves_icall_RuntimeMethodHandle_GetFunctionPointer_raw",
    // Parameters of constructors: icalls.c.
    "ves_icall_System_Reflection_MonoMethodInfo_get_parameter_info_raw",
    // The runtime's words for what is not there: missing.c.
    "mono_error_set_simple_file_not_found",
    "mono_error_set_method_missing",
    "mono_error_set_field_missing",
    "mono_error_set_type_load_name",
    "mono_error_set_for_class_failure",
    "mono_class_set_type_load_failure",
    "mono_error_set_bad_image_by_name",
    "mono_error_set_generic_error",
    // The runtime's own loops, which copy word by word: bulk.c.
    "mono_gc_memmove_aligned",
    "mono_gc_memmove_atomic",
    "mono_gc_bzero_aligned",
    "mono_gc_bzero_atomic",
    // What ended the runtime, and need not; how deep code may still go: faults.c.
    "ves_icall_System_Runtime_CompilerServices_RuntimeHelpers_SufficientExecutionStack",
    "pthread_getschedparam",
    "pthread_setschedparam",
    "ves_icall_System_Runtime_CompilerServices_RuntimeHelpers_GetUninitializedObjectInternal_raw",
    "ves_icall_System_TypedReference_ToObject_raw",
    "ves_icall_System_Runtime_CompilerServices_RuntimeHelpers_GetSpanDataFrom_raw",
    "ves_icall_mono_delegate_ctor",
    "ves_icall_mono_delegate_ctor_interp",
    "ves_icall_MonoCustomAttrs_GetCustomAttributesInternal_raw",
    "ves_icall_MonoCustomAttrs_GetCustomAttributesDataInternal_raw",
    "ves_icall_MonoCustomAttrs_IsDefinedInternal_raw",
    // Texts of casts that fail: casts.c.
    "mono_object_castclass_with_cache",
    "mono_object_castclass_unbox",
    // Pointers to managed code: unmanaged.c.
    "mono_wasm_install_get_native_to_interp_tramp",
    "ves_icall_System_Runtime_InteropServices_Marshal_GetFunctionPointerForDelegateInternal_raw",
    "ves_icall_System_Runtime_InteropServices_Marshal_GetDelegateForFunctionPointerInternal_raw",
    // Large values in interpreted code: large.c. What training runs note: training.c, which that calls.
    "mono_interp_transform_method",
    // Conversions of floating-point numbers: conversions.c.
    "mono_fconv_u4",
    "mono_rconv_u4",
    "mono_fconv_u8",
    "mono_rconv_u8",
    // How strings are made: strings.c.
    "ves_icall_System_String_FastAllocateString_raw",
    // Where the collector takes memory: heap.c.
    "sgen_memgov_try_alloc_space",
    "sgen_need_major_collection",
    "sgen_los_alloc_large_inner",
    // What is left of objects that were collected: freeze.c.
    "sgen_client_array_fill_range",
    // What the image for the collector's stress collects before: heap.c.
    "mono_gc_alloc_vector",
    "mono_gc_alloc_array",
    "mono_gc_alloc_string",
];

/// Functions that only a guest with compiled code has others for.
const IF_COMPILED: &[&str] = &[
    // Function pointers: pointers.c.
    "mini_install_interp_callbacks",
    "mini_llvmonly_load_method_ftndesc",
    // How compiled code calls delegates: delegates.c.
    "mono_marshal_get_delegate_invoke",
    "mono_aot_get_method",
    "mono_mb_emit_ldarg_addr",
    "mono_compile_method_checked",
    "mono_runtime_try_invoke_byrefs",
];

/// The runtime's functions that are replaced.
pub fn names(compiled: bool) -> impl Iterator<Item = &'static str> {
    RUNTIME
        .iter()
        .copied()
        .chain(
            archives::OPENED
                .iter()
                .filter(|opened| opened.wrapped)
                .map(|opened| opened.name),
        )
        .chain(IF_COMPILED.iter().copied().filter(move |_| compiled))
}

/// The linker says nothing of a name that it is to wrap and that nothing has.
///
/// # Errors
/// If the pack lacks one of the functions.
pub fn check(archives: &BTreeMap<String, Archive>) -> Result<(), BuildError> {
    let is_there = |name: &str| {
        archives
            .values()
            .any(|archive| archive.objects.functions.contains_key(name))
    };
    match names(true).find(|name| !is_there(name)) {
        None => Ok(()),
        Some(name) => Err(BuildError::Recipe(format!(
            "the runtime pack has no function {name}, which the guest replaces. Look at what this version has instead, and adapt `__wrap_{name}` in crates/isolator-guest-shim/c/mono and the list in src/mono/wraps.rs"
        ))),
    }
}

/// Names that the linker replaces by `__wrap_NAME`, from the compatibility layer's table.
///
/// # Errors
/// If the table is missing or a line of it cannot be read.
pub fn of_compat(c: &Path) -> Result<Vec<String>, BuildError> {
    let path = c.join("compat/table.def");
    let text = std::fs::read_to_string(&path).at("read", &path)?;
    let mut names = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let Some(row) = line.trim().strip_prefix("COMPAT(") else {
            continue;
        };
        let columns: Vec<&str> = row.splitn(4, ',').map(str::trim).collect();
        match columns[..] {
            [name, _, "wrap", _] => names.push(name.to_owned()),
            [_, _, _, _] => {}
            _ => {
                return Err(BuildError::Recipe(format!(
                    "{}:{}: a row has four columns: COMPAT(symbol, class, how, \"note\")",
                    path.display(),
                    number + 1
                )));
            }
        }
    }
    Ok(names)
}
