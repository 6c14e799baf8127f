// libc's copying and filling of memory with the engine's instructions for it, where wasi-libc has loops.
//
// Those take half a millisecond per megabyte in a sandbox, the instructions a tenth of it. A few bytes are copied
// sooner by the loop, since the engine leaves the sandbox for an instruction.
#include "compat.h"

#include <string.h>
#include <wasm_simd128.h>

// Bytes at once: an instruction cannot be interrupted, the loop around it can.
enum { STEP = 1 << 20 };

void compat_fill(uint8_t *to, int byte, size_t size) {
    while (size > 0) {
        size_t step = size < STEP ? size : STEP;
        __builtin_memset(to, byte, step);
        to += step;
        size -= step;
    }
}

// In steps from the end that keeps what is still to be read, where the two overlap.
void compat_move(uint8_t *to, const uint8_t *from, size_t size) {
    if (to <= from || to >= from + size) {
        while (size > 0) {
            size_t step = size < STEP ? size : STEP;
            __builtin_memmove(to, from, step);
            to += step;
            from += step;
            size -= step;
        }
        return;
    }
    while (size > 0) {
        size_t step = size < STEP ? size : STEP;
        size -= step;
        __builtin_memmove(to + size, from + size, step);
    }
}

void *__real_memcpy(void *restrict to, const void *restrict from, size_t size);
void *__wrap_memcpy(void *restrict to, const void *restrict from, size_t size) {
    if (size < COMPAT_BULK) return __real_memcpy(to, from, size);
    compat_move(to, from, size);
    return to;
}

void *__real_memmove(void *to, const void *from, size_t size);
void *__wrap_memmove(void *to, const void *from, size_t size) {
    if (size < COMPAT_BULK) return __real_memmove(to, from, size);
    compat_move(to, from, size);
    return to;
}

// The interpreter clears some 40 bytes whenever it calls compiled code.
static void fill_few(uint8_t *to, int byte, size_t size) {
    v128_t bytes = wasm_i8x16_splat((int8_t)byte);
    for (size_t at = 0; at + sizeof bytes <= size; at += sizeof bytes) wasm_v128_store(to + at, bytes);
    wasm_v128_store(to + size - sizeof bytes, bytes);
}

void *__real_memset(void *to, int byte, size_t size);
void *__wrap_memset(void *to, int byte, size_t size) {
    enum { FEW = 128 };
    if (size >= sizeof(v128_t) && size <= FEW) {
        fill_few(to, byte, size);
        return to;
    }
    if (size < COMPAT_BULK) return __real_memset(to, byte, size);
    compat_fill(to, byte, size);
    return to;
}
