// Conversions of floating-point numbers that the runtime has functions for: of a number that is out of range comes the nearest one, of none
// comes zero. The other conversions are single instructions: see src/mono/archives.rs and codegen.c.
#include <stdint.h>

#define SATURATES __attribute__((target("nontrapping-fptoint")))

SATURATES uint32_t __wrap_mono_fconv_u4(double value) { return __builtin_wasm_trunc_saturate_u_i32_f64(value); }
SATURATES uint32_t __wrap_mono_rconv_u4(float value) { return __builtin_wasm_trunc_saturate_u_i32_f32(value); }
SATURATES uint64_t __wrap_mono_fconv_u8(double value) { return __builtin_wasm_trunc_saturate_u_i64_f64(value); }
SATURATES uint64_t __wrap_mono_rconv_u8(float value) { return __builtin_wasm_trunc_saturate_u_i64_f32(value); }
