// Copying and filling memory with the engine's instructions for it, where libc and the runtime have loops.
//
// Their loops take half a millisecond per megabyte in a sandbox, the instructions a tenth of it. A few bytes are copied
// sooner by the loop, since the engine leaves the sandbox for an instruction.
//
// The runtime's functions move whole words, so that a collector in another thread never sees half a reference. Here is one
// thread, which does not collect in the middle of an instruction.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
  LEAST = 128,    // bytes from which on the instruction is used
  STEP = 1 << 20, // bytes at once: an instruction cannot be interrupted, the loop around it can
};

static void fill(uint8_t *to, int byte, size_t size) {
  while (size > 0) {
    size_t step = size < STEP ? size : STEP;
    __builtin_memset(to, byte, step);
    to += step;
    size -= step;
  }
}

// In steps from the end that keeps what is still to be read, where the two overlap.
static void move(uint8_t *to, const uint8_t *from, size_t size) {
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
  if (size < LEAST) return __real_memcpy(to, from, size);
  move(to, from, size);
  return to;
}

void *__real_memmove(void *to, const void *from, size_t size);
void *__wrap_memmove(void *to, const void *from, size_t size) {
  if (size < LEAST) return __real_memmove(to, from, size);
  move(to, from, size);
  return to;
}

void *__real_memset(void *to, int byte, size_t size);
void *__wrap_memset(void *to, int byte, size_t size) {
  if (size < LEAST) return __real_memset(to, byte, size);
  fill(to, byte, size);
  return to;
}

void __real_mono_gc_memmove_aligned(void *to, const void *from, size_t size);
void __wrap_mono_gc_memmove_aligned(void *to, const void *from, size_t size) {
  if (size < LEAST)
    __real_mono_gc_memmove_aligned(to, from, size);
  else
    move(to, from, size);
}

void __real_mono_gc_memmove_atomic(void *to, const void *from, size_t size);
void __wrap_mono_gc_memmove_atomic(void *to, const void *from, size_t size) {
  if (size < LEAST)
    __real_mono_gc_memmove_atomic(to, from, size);
  else
    move(to, from, size);
}

void __real_mono_gc_bzero_aligned(void *to, size_t size);
void __wrap_mono_gc_bzero_aligned(void *to, size_t size) {
  if (size < LEAST)
    __real_mono_gc_bzero_aligned(to, size);
  else
    fill(to, 0, size);
}

void __real_mono_gc_bzero_atomic(void *to, size_t size);
void __wrap_mono_gc_bzero_atomic(void *to, size_t size) {
  if (size < LEAST)
    __real_mono_gc_bzero_atomic(to, size);
  else
    fill(to, 0, size);
}
