// What a program asks of its own process, `Process.GetCurrentProcess()`, which is the only one. Its names are answered in managed code: see answers.c.
#include "process.h"
#include <stdbool.h>
#include <stdint.h>

#include <mono/metadata/appdomain.h>
#include <mono/metadata/loader.h>
#include <mono/metadata/object.h>
#include <wasi/api.h>

#include "compat/compat.h"

int32_t SystemNative_GetPid(void);

enum { NANOSECONDS_PER_TICK = 100 };

static int32_t id(MonoObject *self) {
  (void)self;
  return SystemNative_GetPid();
}

static MonoString *machine(MonoObject *self) {
  (void)self;
  return mono_string_new(mono_domain_get(), ".");
}

static MonoBoolean no(MonoObject *self) {
  (void)self;
  return 0;
}

// Memory is never given back, so what is there is the most that was.
static int64_t all_memory(void) { return (int64_t)__builtin_wasm_memory_size(0) << 16; }

static int64_t memory(MonoObject *self) {
  (void)self;
  return all_memory();
}

// `TimeSpan`s: fields of one number, which is how they are returned. The guest counts no CPU time, so that is what has passed at most.
static int64_t used(MonoObject *self) {
  (void)self;
  return (int64_t)(compat_since_start() / NANOSECONDS_PER_TICK);
}

static int64_t none(MonoObject *self) {
  (void)self;
  return 0;
}

static int32_t zero(MonoObject *self) {
  (void)self;
  return 0;
}

// Files and directories that are open. The host gives each the smallest number that is free, so that behind so many closed ones in a row nothing comes any more.
enum { CLOSED_IN_A_ROW = 1024 };

static int32_t handles(MonoObject *self) {
  (void)self;
  int32_t count = 0;
  for (uint32_t fd = 0, closed = 0; closed < CLOSED_IN_A_ROW; fd++) {
    __wasi_fdstat_t status;
    bool is_open = __wasi_fd_fdstat_get((__wasi_fd_t)fd, &status) == 0;
    count += is_open;
    closed = is_open ? 0 : closed + 1;
  }
  return count;
}

// A program is in no file that could be started, as `Environment.ProcessPath` has it.
static MonoObject *no_module(MonoObject *self) {
  (void)self;
  return NULL;
}

static MonoBoolean yes(MonoObject *self) {
  (void)self;
  return 1;
}

// `ProcessPriorityClass.Normal`.
static int32_t normal(MonoObject *self) {
  (void)self;
  return 0x20;
}

static MonoString *no_title(MonoObject *self) {
  (void)self;
  return mono_string_new(mono_domain_get(), "");
}

static void nothing(MonoObject *self) { (void)self; }

static void dispose(MonoObject *self, MonoBoolean by_program) {
  (void)self;
  (void)by_program;
}

void process_register(void) {
  mono_add_internal_call("System.Environment::get_WorkingSet", all_memory);
  mono_add_internal_call("System.Diagnostics.Process::get_Id", id);
  mono_add_internal_call("System.Diagnostics.Process::get_MachineName", machine);
  mono_add_internal_call("System.Diagnostics.Process::get_HasExited", no);
  mono_add_internal_call("System.Diagnostics.Process::get_WorkingSet64", memory);
  mono_add_internal_call("System.Diagnostics.Process::get_PeakWorkingSet64", memory);
  mono_add_internal_call("System.Diagnostics.Process::get_PrivateMemorySize64", memory);
  mono_add_internal_call("System.Diagnostics.Process::get_VirtualMemorySize64", memory);
  mono_add_internal_call("System.Diagnostics.Process::get_PagedMemorySize64", memory);
  mono_add_internal_call("System.Diagnostics.Process::get_PeakPagedMemorySize64", memory);
  mono_add_internal_call("System.Diagnostics.Process::get_PeakVirtualMemorySize64", memory);
  mono_add_internal_call("System.Diagnostics.Process::get_TotalProcessorTime", used);
  mono_add_internal_call("System.Diagnostics.Process::get_UserProcessorTime", used);
  mono_add_internal_call("System.Diagnostics.Process::get_PrivilegedProcessorTime", none);
  mono_add_internal_call("System.Diagnostics.Process::get_Responding", yes);
  mono_add_internal_call("System.Diagnostics.Process::get_SessionId", zero);
  mono_add_internal_call("System.Diagnostics.Process::get_BasePriority", zero);
  mono_add_internal_call("System.Diagnostics.Process::get_PriorityClass", normal);
  mono_add_internal_call("System.Diagnostics.Process::get_MainWindowTitle", no_title);
  mono_add_internal_call("System.Diagnostics.Process::get_MainWindowHandle", zero);
  mono_add_internal_call("System.Diagnostics.Process::get_EnableRaisingEvents", no);
  mono_add_internal_call("System.Diagnostics.Process::get_HandleCount", handles);
  mono_add_internal_call("System.Diagnostics.Process::get_MainModule", no_module);
  mono_add_internal_call("System.Diagnostics.ProcessThread::get_Id", id);
  mono_add_internal_call("System.Diagnostics.Process::Refresh", nothing);
  mono_add_internal_call("System.Diagnostics.Process::Close", nothing);
  mono_add_internal_call("System.Diagnostics.Process::Dispose", dispose);
}
