// The runtime's own copying and filling of memory, which goes word by word, with the engine's instructions for it: see
// compat/bulk.c.
//
// It moves whole words, so that a collector in another thread never sees half a reference. Here is one thread, which does
// not collect in the middle of an instruction.
#include "compat/compat.h"

void __real_mono_gc_memmove_aligned(void *to, const void *from, size_t size);
void __wrap_mono_gc_memmove_aligned(void *to, const void *from, size_t size) {
  if (size < COMPAT_BULK)
    __real_mono_gc_memmove_aligned(to, from, size);
  else
    compat_move(to, from, size);
}

void __real_mono_gc_memmove_atomic(void *to, const void *from, size_t size);
void __wrap_mono_gc_memmove_atomic(void *to, const void *from, size_t size) {
  if (size < COMPAT_BULK)
    __real_mono_gc_memmove_atomic(to, from, size);
  else
    compat_move(to, from, size);
}

void __real_mono_gc_bzero_aligned(void *to, size_t size);
void __wrap_mono_gc_bzero_aligned(void *to, size_t size) {
  if (size < COMPAT_BULK)
    __real_mono_gc_bzero_aligned(to, size);
  else
    compat_fill(to, 0, size);
}

void __real_mono_gc_bzero_atomic(void *to, size_t size);
void __wrap_mono_gc_bzero_atomic(void *to, size_t size) {
  if (size < COMPAT_BULK)
    __real_mono_gc_bzero_atomic(to, size);
  else
    compat_fill(to, 0, size);
}
