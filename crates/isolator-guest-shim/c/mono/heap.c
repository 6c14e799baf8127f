// The limits of the managed heap: one that is set when a runtime starts, and the memory that the host lets it have.
//
// The host refuses to grow the memory beyond a runtime's limit, without a word about where that is. The collector would find
// out when it needs a block in the middle of a collection, and end the process. So before it takes space it tries whether
// the space is there, with some to spare. Where it is not, it collects; where that does not help, .NET code gets its
// OutOfMemoryException from an allocation.
#include <errno.h>
#include <stdlib.h>

#include <mono/metadata/mono-gc.h>

#include "bridge.h"

// Of the collector's memory governor, which asks this limit before it takes memory for old or large objects, and collects
// where it would be exceeded. Called a second time, it keeps what it has counted so far.
extern size_t sgen_nursery_size;
#if ISOLATOR_DOTNET >= 11
void sgen_memgov_init(size_t max_heap, size_t soft_limit, int32_t debug_allowance, double allowance_ratio);
#define GOVERNOR_INIT(max_heap) sgen_memgov_init(max_heap, 0, 0, 0)
#else
void sgen_memgov_init(size_t max_heap, size_t soft_limit, int32_t debug_allowance, double allowance_ratio,
                      double save_target);
#define GOVERNOR_INIT(max_heap) sgen_memgov_init(max_heap, 0, 0, 0, 0)
#endif

// Limits the heap to this many bytes; 0: not at all. The least is four nurseries, which the collector needs to work.
void isolator_heap_limit(uint64_t bytes) {
  if (bytes == 0 || bytes > SIZE_MAX) return;
  size_t least = 4 * sgen_nursery_size;
  // Ratios of 0 leave the collector's own.
  GOVERNOR_INIT(bytes < least ? least : (size_t)bytes);
}

// What must be left when the collector takes space: for the blocks that it takes at once, and for what the runtime needs to
// make an exception and to unwind.
enum { SPARE = 1 << 20 };

// Space was not there since the last collection of everything.
static bool scarce;

// Whether the allocator has this much, or the host would give it.
static bool there_is(size_t bytes) {
  int error = errno;
  void *volatile probe = bytes > SIZE_MAX - SPARE ? NULL : malloc(bytes + SPARE);
  bool there = probe != NULL;
  free(probe);
  errno = error;
  return there;
}

int32_t __real_sgen_memgov_try_alloc_space(size_t size, int32_t space);
int32_t __real_sgen_need_major_collection(size_t needed, int32_t *forced);
void *__real_sgen_los_alloc_large_inner(void *vtable, size_t size);
void sgen_ensure_free_space(size_t size, int32_t generation);

// Asked before space is taken for old or large objects.
int32_t __wrap_sgen_memgov_try_alloc_space(size_t size, int32_t space) {
  if (!there_is(size)) {
    scarce = true;
    return 0;
  }
  return __real_sgen_memgov_try_alloc_space(size, space);
}

// Asked where the collector could collect.
int32_t __wrap_sgen_need_major_collection(size_t needed, int32_t *forced) {
  int32_t wanted = __real_sgen_need_major_collection(needed, forced);
  if (!scarce) return wanted;
  scarce = false;
  return 1;
}

// A large object. The collector itself tries only once where no section of its own holds it.
void *__wrap_sgen_los_alloc_large_inner(void *vtable, size_t size) {
  enum { OLD = 1 };
  void *object = __real_sgen_los_alloc_large_inner(vtable, size);
  if (object || !scarce) return object;
  sgen_ensure_free_space(size, OLD);
  return __real_sgen_los_alloc_large_inner(vtable, size);
}

// Of a test image: the collector's own option looks at what has no fast path, and arrays and strings have one. They come through these three.
bool isolator_heap_collect_before_arrays;

void *__real_mono_gc_alloc_vector(void *vtable, size_t size, uintptr_t length);
void *__real_mono_gc_alloc_array(void *vtable, size_t size, uintptr_t length, uintptr_t bounds);
void *__real_mono_gc_alloc_string(void *vtable, size_t size, int32_t length);

void *__wrap_mono_gc_alloc_vector(void *vtable, size_t size, uintptr_t length) {
  if (isolator_heap_collect_before_arrays) mono_gc_collect(0);
  return __real_mono_gc_alloc_vector(vtable, size, length);
}

void *__wrap_mono_gc_alloc_array(void *vtable, size_t size, uintptr_t length, uintptr_t bounds) {
  if (isolator_heap_collect_before_arrays) mono_gc_collect(0);
  return __real_mono_gc_alloc_array(vtable, size, length, bounds);
}

void *__wrap_mono_gc_alloc_string(void *vtable, size_t size, int32_t length) {
  if (isolator_heap_collect_before_arrays) mono_gc_collect(0);
  return __real_mono_gc_alloc_string(vtable, size, length);
}
