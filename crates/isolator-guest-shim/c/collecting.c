// The test image that collects before every allocation (`build-guest --gc-debug collect-before-allocs`).
//
// The collector's own option asks before it takes space. But most allocations take none: a thread has a piece of the
// nursery, from which strings, arrays and whatever compiled code makes are cut without asking. So in that image the piece is
// dropped after each allocation, as a collection drops it, and every one has to ask.
#include <stddef.h>
#include <stdint.h>

extern int32_t sgen_collect_before_allocs;
void sgen_clear_tlabs(void);

static void *dropping(void *object) {
  if (sgen_collect_before_allocs) sgen_clear_tlabs();
  return object;
}

void *__real_mono_gc_alloc_obj(void *vtable, size_t size);
void *__real_mono_gc_alloc_vector(void *vtable, size_t size, uintptr_t length);
void *__real_mono_gc_alloc_array(void *vtable, size_t size, uintptr_t length, uintptr_t bounds);
void *__real_mono_gc_alloc_string(void *vtable, size_t size, int32_t length);

void *__wrap_mono_gc_alloc_obj(void *vtable, size_t size) { return dropping(__real_mono_gc_alloc_obj(vtable, size)); }

void *__wrap_mono_gc_alloc_vector(void *vtable, size_t size, uintptr_t length) {
  return dropping(__real_mono_gc_alloc_vector(vtable, size, length));
}

void *__wrap_mono_gc_alloc_array(void *vtable, size_t size, uintptr_t length, uintptr_t bounds) {
  return dropping(__real_mono_gc_alloc_array(vtable, size, length, bounds));
}

void *__wrap_mono_gc_alloc_string(void *vtable, size_t size, int32_t length) {
  return dropping(__real_mono_gc_alloc_string(vtable, size, length));
}
