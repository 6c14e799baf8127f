// The limit of the managed heap, set when a runtime starts.
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
