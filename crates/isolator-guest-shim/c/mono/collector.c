// What programs ask the garbage collector, in .NET's terms of three generations. Mono's has two: the nursery, and the old one.
#include "collector.h"

#include <stdint.h>

#include <mono/metadata/appdomain.h>
#include <mono/metadata/exception.h>
#include <mono/metadata/loader.h>
#include <mono/metadata/mono-gc.h>

#include "bridge.h"
#include "console.h"

enum { OLDEST = 2, OLD = 1, NURSERY = 0 };
enum latency { BATCH, INTERACTIVE, LOW_LATENCY, SUSTAINED, NO_COLLECTION };
enum { HIGH_LOAD_PERCENT = 90 };  // where a collector would begin to hurry, as .NET has it
enum { NOT_APPLICABLE = 4 };  // GCNotificationStatus: nobody can wait for a collection while one runs

static int32_t middle;  // collections of the middle generation that were asked for: of the nursery, here
static int32_t latency = INTERACTIVE;
static bool without_collection;

int32_t __wrap_ves_icall_System_GC_GetMaxGeneration(void) { return OLDEST; }

// A collection of a generation is one of all that are younger, too.
int32_t __wrap_ves_icall_System_GC_GetCollectionCount(int32_t generation) {
  int32_t old = mono_gc_collection_count(OLD);
  switch (generation) {
    case 0: return mono_gc_collection_count(NURSERY) + old;
    case 1: return old + middle;
    case 2: return old;
    default: return 0;
  }
}

int32_t __real_ves_icall_System_GC_GetGeneration_raw(MonoObject *volatile *object);
int32_t __wrap_ves_icall_System_GC_GetGeneration_raw(MonoObject *volatile *object) {
  return __real_ves_icall_System_GC_GetGeneration_raw(object) == NURSERY ? 0 : OLDEST;
}

void __real_ves_icall_System_GC_InternalCollect(int32_t generation);
void __wrap_ves_icall_System_GC_InternalCollect(int32_t generation) {
  middle += generation == 1;
  __real_ves_icall_System_GC_InternalCollect(generation < 0 || generation >= OLDEST ? OLD : NURSERY);
}

// The collector asks the host for memory when it needs it, so a region without collections needs nothing set aside; one that has
// to be is one of the program's limit.
static MonoBoolean start_without_collection(int64_t size, MonoBoolean has_large, int64_t large, MonoBoolean disallow) {
  (void)size, (void)has_large, (void)large, (void)disallow;
  if (without_collection) {
    set_pending_invalid("The NoGCRegion mode was already in progress.");
    return 0;
  }
  without_collection = true;
  return 1;
}

static void end_without_collection(void) {
  if (!without_collection) set_pending_invalid("NoGCRegion mode must be set.");
  without_collection = false;
}

// What may still be had of memory is asked of the host: a runtime's limits are not the guest's to know before.
void __real_ves_icall_System_GC_GetGCMemoryInfo(int64_t *threshold, int64_t *load, int64_t *available, int64_t *committed, int64_t *heap,
                                                int64_t *fragmented);
void __wrap_ves_icall_System_GC_GetGCMemoryInfo(int64_t *threshold, int64_t *load, int64_t *available, int64_t *committed, int64_t *heap,
                                                int64_t *fragmented) {
  __real_ves_icall_System_GC_GetGCMemoryInfo(threshold, load, available, committed, heap, fragmented);
  *load = (int64_t)__builtin_wasm_memory_size(0) << 16;
  // What the program's configuration allows stands, where it is less.
  int64_t there_is = *load + (int64_t)isolator_runtime_host_memory_left();
  if (*available <= 0 || *available > there_is) *available = there_is;
  *threshold = *available / 100 * HIGH_LOAD_PERCENT;
}

static void refresh_limit(void) {}

static void no_region_callback(int64_t size, MonoObject *callback) {
  (void)size, (void)callback;
  set_pending_invalid("NoGCRegion mode must be set.");
}

static MonoBoolean notify(int32_t one, int32_t other) {
  (void)one, (void)other;
  return 1;
}
static MonoBoolean cancel_notification(void) { return 1; }
static int32_t not_applicable(int32_t milliseconds) {
  (void)milliseconds;
  return NOT_APPLICABLE;
}

static int32_t get_latency(void) { return without_collection ? NO_COLLECTION : latency; }
static int32_t set_latency(int32_t mode) {
  if (without_collection) return 1;  // SetLatencyModeStatus.NoGCInProgress
  latency = mode;
  return 0;
}

static MonoBoolean set_least_threads(int32_t workers, int32_t others) { return workers >= 0 && others >= 0; }
static MonoBoolean set_most_threads(int32_t workers, int32_t others) { return workers > 0 && others > 0; }

void collector_register(void) {
  mono_add_internal_call("System.GC::StartNoGCRegion", start_without_collection);
  mono_add_internal_call("System.GC::EndNoGCRegion", end_without_collection);
  mono_add_internal_call("System.GC::RegisterNoGCRegionCallback", no_region_callback);
  mono_add_internal_call("System.GC::RefreshMemoryLimit", refresh_limit);
  mono_add_internal_call("System.GC::_RegisterForFullGCNotification", notify);
  mono_add_internal_call("System.GC::_CancelFullGCNotification", cancel_notification);
  mono_add_internal_call("System.GC::_WaitForFullGCApproach", not_applicable);
  mono_add_internal_call("System.GC::_WaitForFullGCComplete", not_applicable);
  mono_add_internal_call("System.Runtime.GCSettings::get_LatencyMode", get_latency);
  mono_add_internal_call("System.Runtime.GCSettings::SetGCLatencyMode", set_latency);
  mono_add_internal_call("System.Threading.ThreadPool::SetMinThreads", set_least_threads);
  mono_add_internal_call("System.Threading.ThreadPool::SetMaxThreads", set_most_threads);
}
