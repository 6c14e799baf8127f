// Waiting where there is one thread: whoever waits runs what is queued meanwhile.
//
// All of .NET's waits end in two places: `Monitor.Wait` (tasks, slim events and semaphores) and the PAL's condition
// variable (wait handles, `Thread.Sleep`). Both lead from here to `Isolator.Runtime.Hosting.Waiting`, which decides what
// to run, for how long to rest, and when a wait can never end; what it asks of this side is at the end of the file.
#include "waiting.h"

#include <time.h>
#include <wasi/api.h>

#include <mono/metadata/appdomain.h>
#include <mono/metadata/class.h>
#include <mono/metadata/exception.h>
#include <mono/metadata/loader.h>

#include "bridge.h"
#include "compat/hooks.h"
#include "console.h"

void mono_background_exec(void);
void mono_wasm_execute_timer(void);
// Memory that the collector scans: with what descriptor (none: any word may be a reference), on whose behalf, for what.
void *mono_gc_alloc_fixed(size_t size, void *descriptor, int source, void *key, const char *message);
void mono_gc_free_fixed(void *address);

// X(C name, managed name, number of parameters)
#define WAITS(X)                                                                                                      \
  X(prepare, "Prepare", 0)                                                                                            \
  X(monitor_wait, "MonitorWait", 2)                                                                                   \
  X(monitor_pulse, "MonitorPulse", 1)                                                                                 \
  X(monitor_pulse_all, "MonitorPulseAll", 1)                                                                          \
  X(handle_wait, "HandleWait", 1)                                                                                     \
  X(join, "Join", 2)                                                                                                  \
  X(yield, "Yield", 0)                                                                                                \
  X(clock, "Clock", 0)                                                                                                \
  X(run_pool, "RunPool", 0)                                                                                           \
  X(run_put_off, "RunPutOff", 0)                                                                                      \
  X(start_thread, "StartThread", 1)

enum wait {
#define X(name, managed, parameters) WAIT_##name,
  WAITS(X)
#undef X
  WAIT_COUNT
};

static MonoMethod *waits[WAIT_COUNT];

static int64_t monotonic_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// Calls a managed method. Its result is null for yes, itself (a type) for no, or the exception to be thrown: one that it
// throws has its stack trace already, with frames that are none of the program's.
static bool call(enum wait wait, void **arguments) {
  // Until the managed side is there, which is while the runtime boots, nobody may wait.
  if (!waits[wait]) isolator_panic("the runtime waited while it booted");
  MonoObject *volatile exception = NULL;
  MonoObject *volatile result = mono_runtime_invoke(waits[wait], NULL, arguments, (MonoObject **)&exception);
  if (!exception && result && mono_object_isinst((MonoObject *)result, mono_get_exception_class())) exception = result;
  if (exception) mono_set_pending_exception((MonoException *)exception);
  return !exception && !result;
}

// The runtime's own internal calls, replaced where they are defined, so that compiled code reaches these, too, which calls
// them by their names. Objects come as handles: the address of where the reference is, which the collector knows.
typedef MonoObject *volatile *handle;

MonoBoolean __wrap_ves_icall_System_Threading_Monitor_Monitor_wait_raw(handle object, int32_t milliseconds,
                                                                       MonoBoolean interruptible) {
  (void)interruptible;
  void *arguments[] = {*object, &milliseconds};
  return call(WAIT_monitor_wait, arguments);
}

void __wrap_ves_icall_System_Threading_Monitor_Monitor_pulse_raw(handle object) {
  void *arguments[] = {*object};
  call(WAIT_monitor_pulse, arguments);
}

void __wrap_ves_icall_System_Threading_Monitor_Monitor_pulse_all_raw(handle object) {
  void *arguments[] = {*object};
  call(WAIT_monitor_pulse_all, arguments);
}

MonoBoolean __wrap_ves_icall_System_Threading_Thread_Join_internal_raw(handle thread, int32_t milliseconds) {
  void *arguments[] = {*thread, &milliseconds};
  return call(WAIT_join, arguments);
}

MonoBoolean __wrap_ves_icall_System_Threading_Thread_YieldInternal(void) {
  call(WAIT_yield, NULL);
  return 1;
}

// `Thread.StartCore`, which `patches.rs` makes an internal call.
static void start_thread(MonoObject *thread) {
  void *arguments[] = {thread};
  call(WAIT_start_thread, arguments);
}

// `Thread.SpinWait`: whoever spins waits for other code.
static void spin_wait(int32_t iterations) {
  if (iterations > 0) call(WAIT_yield, NULL);
}

// What `Thread.Start` (.NET 10) and every wait (.NET 11) ask first, to be refused.
static void allow(void) {}

void waiting_register(void) {
  mono_add_internal_call("System.Threading.Thread::ThrowIfNoThreadStart", allow);
  mono_add_internal_call("System.Runtime.CompilerServices.RuntimeFeature::ThrowIfMultithreadingIsNotSupported", allow);
  mono_add_internal_call("System.Threading.Thread::StartCore", start_thread);
  mono_add_internal_call("System.Threading.Thread::SpinWait", spin_wait);
}

void waiting_bind(MonoImage *image) {
  MonoClass *owner = mono_class_from_name(image, "Isolator.Runtime.Hosting", "Waiting");
  if (!owner) isolator_panic("Isolator.Runtime.dll has no class Isolator.Runtime.Hosting.Waiting");
#define X(name, managed, parameters)                                                                                  \
  waits[WAIT_##name] = mono_class_get_method_from_name(owner, managed, parameters);                                    \
  if (!waits[WAIT_##name]) isolator_panic("Isolator.Runtime.Hosting.Waiting has no method %s", managed);
  WAITS(X)
#undef X
  MonoObject *volatile exception = NULL;
  mono_runtime_invoke(waits[WAIT_prepare], NULL, NULL, (MonoObject **)&exception);
  if (!exception) return;
  MonoString *text = mono_object_to_string((MonoObject *)exception, NULL);
  isolator_panic("this .NET waits in another way than Isolator.Runtime.Hosting.Waiting knows: %s",
                 text ? mono_string_to_utf8(text) : "it does not say how");
}

// The PAL's condition variable. The mutex is not given up: what is run meanwhile takes it again, since it counts.
// Returning early is allowed: the waiter looks again.

void __wrap_SystemNative_LowLevelMonitor_Wait(void *monitor) {
  (void)monitor;
  int32_t milliseconds = -1;
  void *arguments[] = {&milliseconds};
  call(WAIT_handle_wait, arguments);
}

// 0: the time is over.
int32_t __wrap_SystemNative_LowLevelMonitor_TimedWait(void *monitor, int32_t milliseconds) {
  (void)monitor;
  void *arguments[] = {&milliseconds};
  return call(WAIT_handle_wait, arguments);
}

// ---- clocks ----
//
// A loop that looks at a clock until its time is over, or other code has done something, is a wait, too. Whoever reads clocks
// this often without waiting for anything lets run what is ready.

enum { CLOCK_PATIENCE = 1000 };

static void clock_read(void) {
  static int reads;
  static bool running;
  if (running || !waits[WAIT_clock] || ++reads < CLOCK_PATIENCE) return;
  reads = 0;
  int64_t due = isolator_timer_due();
  if (!isolator_background_wanted() && (due < 0 || due > monotonic_ns())) return;
  running = true;
  call(WAIT_clock, NULL);
  running = false;
}

uint64_t __real_SystemNative_GetTimestamp(void);
uint64_t __wrap_SystemNative_GetTimestamp(void) {
  clock_read();
  return __real_SystemNative_GetTimestamp();
}

int64_t __real_SystemNative_GetLowResolutionTimestamp(void);
int64_t __wrap_SystemNative_GetLowResolutionTimestamp(void) {
  clock_read();
  return __real_SystemNative_GetLowResolutionTimestamp();
}

int64_t __real_SystemNative_GetSystemTimeAsTicks(void);
int64_t __wrap_SystemNative_GetSystemTimeAsTicks(void) {
  clock_read();
  return __real_SystemNative_GetSystemTimeAsTicks();
}

// Where the waiting code stands: the first frame that is neither the base library's core nor ours.
struct site {
  MonoImage *own;
  int64_t key;
};

static mono_bool look_at_frame(MonoMethod *method, int32_t native_offset, int32_t il_offset, mono_bool managed,
                               void *data) {
  (void)il_offset;
  struct site *site = data;
  if (!managed || !method) return 0;
  MonoImage *image = mono_class_get_image(mono_method_get_class(method));
  if (image == mono_get_corlib() || image == site->own) return 0;
  site->key = (int64_t)(uintptr_t)method << 32 | (uint32_t)native_offset;
  return 1;
}

// ---- what the managed side calls (DllImport "isolator") ----

// The timer, if it is due, queues the work of all that are. 0: it is not.
int32_t isolator_run_timer(void) {
  int64_t due = isolator_timer_due();
  if (due < 0 || due > monotonic_ns()) return 0;
  isolator_clear_timer();
  mono_wasm_execute_timer();
  return 1;
}

// Runs background work that the runtime asked for, but for queued work items, and the timer. 0: there was nothing to run.
int32_t isolator_run_ready(void) {
  int32_t worked = 0;
  if (isolator_take_background()) {
    worked = 1;
    waiting_run_background();
  }
  return isolator_run_timer() | worked;
}

// Nanoseconds until the timer is due, 0 if it is; -1: none is set.
int64_t isolator_timer_wait(void) {
  int64_t due = isolator_timer_due();
  if (due < 0) return -1;
  int64_t left = due - monotonic_ns();
  return left > 0 ? left : 0;
}

static bool has_put_off;

// A thread was put off: see Threads.cs.
void isolator_put_off(void) { has_put_off = true; }

bool waiting_run_put_off(void) {
  if (!has_put_off) return false;
  has_put_off = call(WAIT_run_put_off, NULL);
  return has_put_off;
}

bool waiting_run_background(void) {
  // Work items first, where an exception that nobody handles is told as .NET tells it. What is left is none, or not for this turn.
  if (call(WAIT_run_pool, NULL)) return false;
  mono_background_exec();
  return true;
}

// Reads descriptor 0. -1: nothing is there yet, unless the reader is patient; -2: it cannot be read.
int32_t isolator_input(uint8_t *buffer, int32_t length, int32_t patient) {
  static bool is_impatient;
  if (is_impatient != !patient && __wasi_fd_fdstat_set_flags(0, patient ? 0 : __WASI_FDFLAGS_NONBLOCK) == 0) is_impatient = !patient;
  __wasi_iovec_t into = {.buf = buffer, .buf_len = (size_t)length};
  __wasi_size_t read = 0;
  __wasi_errno_t error = __wasi_fd_read(0, &into, 1, &read);
  if (error == __WASI_ERRNO_AGAIN) return -1;
  return error ? -2 : (int32_t)read;
}

// Ends the runtime, as an exception that nobody handled ends a process.
void isolator_unhandled(const char *text, int32_t length) {
  isolator_panic("%.*s", (int)length, text);
}

// What threads keep of their own while they do not run. The collector looks for references in it, as in a stack.
void *isolator_keep(int32_t size) {
  void *kept = mono_gc_alloc_fixed((size_t)size, NULL, 0, NULL, "Thread-statics of a thread that does not run");
  if (!kept) isolator_panic("no memory for the thread-statics of a thread");
  return kept;
}

void isolator_unkeep(void *kept) { mono_gc_free_fixed(kept); }

// A number for the place in the program from which the runtime was asked to wait.
int64_t isolator_wait_site(void) {
  struct site site = {.own = mono_class_get_image(mono_method_get_class(waits[WAIT_yield]))};
  mono_stack_walk_no_il(look_at_frame, &site);
  return site.key;
}

// Rests, with all of the runtime. The host sees it as a wait of WASI's.
void isolator_rest(int64_t nanoseconds) {
  struct timespec left = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = (long)(nanoseconds % 1000000000)};
  nanosleep(&left, NULL);
}
