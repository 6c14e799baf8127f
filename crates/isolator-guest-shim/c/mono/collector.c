// What programs ask the garbage collector, in .NET's terms of three generations. Mono's has two: the nursery, and the old one.
#include "collector.h"

#include <stdint.h>

#include <mono/metadata/appdomain.h>
#include <mono/metadata/class.h>
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

// What may be allocated without a collection, in a region that a program asked for; 0: there is none. Whether something is to be called in it.
static int64_t region;
static bool region_calls;

// Methods of Isolator.Runtime.Hosting.Collector, which throw what .NET throws for such arguments.
static MonoMethod *check_region, *check_callback, *memory_info;

// What a method of these returns; NULL where that is nothing, and where it threw.
static MonoObject *ask(MonoMethod *method, void **arguments, bool *has_thrown) {
  if (!method) isolator_panic("the collector was asked for something while the runtime booted");
  MonoObject *volatile exception = NULL;
  MonoObject *result = mono_runtime_invoke(method, NULL, arguments, (MonoObject **)&exception);
  if (exception) mono_set_pending_exception((MonoException *)exception);
  *has_thrown = exception;
  return exception ? NULL : result;
}

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

// What is allocated without a collection has to have its place in what is there or may still be had.
static bool has_room(int64_t size) {
  int64_t unused = mono_gc_get_heap_size() - mono_gc_get_used_size();
  return size <= unused + (int64_t)isolator_runtime_host_memory_left();
}

// The collector asks the host for memory when it needs it, so a region without collections needs nothing set aside.
static MonoBoolean start_without_collection(int64_t size, MonoBoolean has_large, int64_t large, MonoBoolean disallow) {
  (void)disallow;
  bool has_thrown;
  ask(check_region, (void *[]){&size, &has_large, &large, &region}, &has_thrown);
  if (has_thrown || !has_room(size)) return 0;
  // As much of small objects as of large ones, where the program does not tell them apart.
  region = has_large ? size : 2 * size;
  region_calls = false;
  return 1;
}

static void end_without_collection(void) {
  if (!region) set_pending_invalid("NoGCRegion mode must be set.");
  region = 0;
}

static uint32_t place_of_field(MonoClass *owner, const char *name) {
  MonoClassField *field = owner ? mono_class_get_field_from_name(owner, name) : NULL;
  if (!field) isolator_panic("System.GCMemoryInfoData has no field %s: see collector.c", name);
  return mono_field_get_offset(field);
}

// The places that the numbers are written to are fields of one object, which has others that Mono does not know of: how many collections
// there were is the number of the last one.
static void tell_number(int64_t *first) {
  static uint32_t first_at, number_at;
  if (!number_at) {
    MonoClass *owner = mono_class_from_name(mono_get_corlib(), "System", "GCMemoryInfoData");
    first_at = place_of_field(owner, "_highMemoryLoadThresholdBytes");
    number_at = place_of_field(owner, "_index");
  }
  *(int64_t *)((char *)first - first_at + number_at) = __wrap_ves_icall_System_GC_GetCollectionCount(0);
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
  tell_number(threshold);
}

// Of one kind of collection, which is told of as the last one, of whatever kind. A `GCMemoryInfo` has one field, the object with the
// numbers, which is how it is returned.
static MonoObject *memory_info_of_kind(int32_t kind) {
  bool has_thrown;
  MonoObject *info = ask(memory_info, (void *[]){&kind}, &has_thrown);
  return info ? *(MonoObject **)mono_object_unbox(info) : NULL;
}

static void refresh_limit(void) {}

// Nobody counts what is allocated, so what is to be called then is not called.
static void region_callback(int64_t size, MonoObject *callback) {
  bool has_thrown;
  MonoBoolean is_registered = region_calls;
  ask(check_callback, (void *[]){&size, callback, &region, &is_registered}, &has_thrown);
  if (!has_thrown) region_calls = true;
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

static int32_t get_latency(void) { return region ? NO_COLLECTION : latency; }
static int32_t set_latency(int32_t mode) {
  if (region) return 1;  // SetLatencyModeStatus.NoGCInProgress
  latency = mode;
  return 0;
}

static MonoBoolean set_least_threads(int32_t workers, int32_t others) { return workers >= 0 && others >= 0; }
static MonoBoolean set_most_threads(int32_t workers, int32_t others) { return workers > 0 && others > 0; }

void collector_register(void) {
  mono_add_internal_call("System.GC::StartNoGCRegion", start_without_collection);
  mono_add_internal_call("System.GC::EndNoGCRegion", end_without_collection);
  mono_add_internal_call("System.GC::RegisterNoGCRegionCallback", region_callback);
  mono_add_internal_call("System.GC::RefreshMemoryLimit", refresh_limit);
  mono_add_internal_call("System.GC::GetGCMemoryInfo", memory_info_of_kind);
  mono_add_internal_call("System.GC::_RegisterForFullGCNotification", notify);
  mono_add_internal_call("System.GC::_CancelFullGCNotification", cancel_notification);
  mono_add_internal_call("System.GC::_WaitForFullGCApproach", not_applicable);
  mono_add_internal_call("System.GC::_WaitForFullGCComplete", not_applicable);
  mono_add_internal_call("System.Runtime.GCSettings::get_LatencyMode", get_latency);
  mono_add_internal_call("System.Runtime.GCSettings::SetGCLatencyMode", set_latency);
  mono_add_internal_call("System.Threading.ThreadPool::SetMinThreads", set_least_threads);
  mono_add_internal_call("System.Threading.ThreadPool::SetMaxThreads", set_most_threads);
}

void collector_bind(MonoImage *image) {
  MonoClass *owner = mono_class_from_name(image, "Isolator.Runtime.Hosting", "Collector");
  if (!owner) isolator_panic("Isolator.Runtime.dll has no class Isolator.Runtime.Hosting.Collector");
  check_region = mono_class_get_method_from_name(owner, "CheckRegion", 4);
  check_callback = mono_class_get_method_from_name(owner, "CheckCallback", 4);
  memory_info = mono_class_get_method_from_name(owner, "MemoryInfo", 1);
  if (!check_region || !check_callback || !memory_info) isolator_panic("Isolator.Runtime.Hosting.Collector lacks a method");
}
