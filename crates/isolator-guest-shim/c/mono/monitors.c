// How many monitors the code holds that runs now. To a monitor all code here is one thread, so a sleep that ran other code
// would let it into what the sleeping code has locked. The functions are those that interpreted and compiled code call; that
// managed code does not do without them is a patch.
#include <stdint.h>

#include <mono/metadata/object.h>

// Objects come as handles: see waiting.c.
typedef MonoObject *volatile *handle;

static int32_t locks;

static void unlocked(void) {
  if (locks > 0) locks--;
}

void __real_ves_icall_System_Threading_Monitor_Monitor_Enter_raw(handle object);
void __wrap_ves_icall_System_Threading_Monitor_Monitor_Enter_raw(handle object) {
  __real_ves_icall_System_Threading_Monitor_Monitor_Enter_raw(object);
  locks++;
}

void __real_ves_icall_System_Threading_Monitor_Monitor_try_enter_with_atomic_var_raw(handle object, uint32_t milliseconds,
                                                                                     MonoBoolean interruptible,
                                                                                     MonoBoolean *taken);
void __wrap_ves_icall_System_Threading_Monitor_Monitor_try_enter_with_atomic_var_raw(handle object, uint32_t milliseconds,
                                                                                     MonoBoolean interruptible,
                                                                                     MonoBoolean *taken) {
  __real_ves_icall_System_Threading_Monitor_Monitor_try_enter_with_atomic_var_raw(object, milliseconds, interruptible, taken);
  if (*taken) locks++;
}

MonoBoolean __real_mono_monitor_enter_internal(MonoObject *object);
MonoBoolean __wrap_mono_monitor_enter_internal(MonoObject *object) {
  MonoBoolean entered = __real_mono_monitor_enter_internal(object);
  locks += entered != 0;
  return entered;
}

uint32_t __real_mono_monitor_enter_fast(MonoObject *object);
uint32_t __wrap_mono_monitor_enter_fast(MonoObject *object) {
  uint32_t entered = __real_mono_monitor_enter_fast(object);
  locks += entered != 0;
  return entered;
}

void __real_mono_monitor_enter_v4_internal(MonoObject *object, MonoBoolean *taken);
void __wrap_mono_monitor_enter_v4_internal(MonoObject *object, MonoBoolean *taken) {
  __real_mono_monitor_enter_v4_internal(object, taken);
  if (*taken) locks++;
}

uint32_t __real_mono_monitor_enter_v4_fast(MonoObject *object, MonoBoolean *taken);
uint32_t __wrap_mono_monitor_enter_v4_fast(MonoObject *object, MonoBoolean *taken) {
  uint32_t entered = __real_mono_monitor_enter_v4_fast(object, taken);
  locks += entered != 0;
  return entered;
}

void __real_mono_monitor_exit_icall_raw(handle object);
void __wrap_mono_monitor_exit_icall_raw(handle object) {
  unlocked();
  __real_mono_monitor_exit_icall_raw(object);
}

// ---- what the managed side calls (DllImport "isolator") ----

// How many locks the running code holds; sets it, if it is not to stay.
int32_t isolator_locks(int32_t set) {
  int32_t held = locks;
  if (set >= 0) locks = set;
  return held;
}
