// From an empty module to a warm runtime, once, at build time: what `wizer-initialize` does before the snapshot.
//
// The build hands everything over through `resolve-assembly`, under names that no assembly can have, so that nothing of
// the build machine's file system or environment is frozen: `#files` lists the bundle, `#icu` is the ICU data,
// `#option:NAME` an option of the build.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mono/jit/jit.h>
#include <mono/jit/mono-private-unstable.h>
#include <mono/metadata/assembly.h>
#include <mono/metadata/exception.h>
#include <mono/metadata/mono-debug.h>
#include <mono/metadata/mono-gc.h>
#include <mono/metadata/mono-private-unstable.h>
#include <mono/utils/mono-logger.h>

#include "answers.h"
#include "bridge.h"
#include "codegen.h"
#include "compat/hooks.h"
#include "collector.h"
#include "console.h"
#include "delegates.h"
#include "cultures.h"
#include "filters.h"
#include "interpreter.h"
#include "missing.h"
#include "process.h"
#include "profile.h"
#include "waiting.h"
#include "zones.h"
#include "thunks.h"

MonoDomain *mono_wasm_load_runtime_common(int debug_level, MonoLogCallback log, const char *interpreter_options);
void mono_bundled_resources_add_assembly_resource(const char *id, const char *name, const uint8_t *data, uint32_t size,
                                                  void (*free_data)(void *, void *), void *user_data);
void mono_register_timezones_bundle(void) __attribute__((weak));
// The first in .NET 10, the second in .NET 11.
int mono_wasm_load_icu_data(const void *data) __attribute__((weak));
int wasm_load_icu_data(const void *data) __attribute__((weak));
int mono_jiterp_parse_option(const char *option);
void mono_gc_debug_set(const char *options);
extern uint32_t sgen_tlab_size;
extern const char *mono_interp_opts_string;
enum { SMALLEST_OBJECT = 8 };
int monovm_initialize(int count, const char **keys, const char **values);

int isolator_resolve_assembly(uint8_t *, int32_t, uint8_t *, int32_t, uint8_t **, int32_t *);

static bool build_file(const char *name, uint8_t **bytes, int32_t *length) {
  return isolator_resolve_assembly((uint8_t *)name, (int32_t)strlen(name), NULL, 0, bytes, length);
}

// The value of a build option as a string, NULL if it is not set.
static char *build_option(const char *name) {
  char key[64];
  snprintf(key, sizeof key, "#option:%s", name);
  uint8_t *bytes;
  int32_t length;
  if (!build_file(key, &bytes, &length)) return NULL;
  char *value = malloc((size_t)length + 1);
  if (!value) isolator_panic("out of memory while booting");
  memcpy(value, bytes, (size_t)length);
  value[length] = 0;
  free(bytes);
  return value;
}

// Registers every assembly of the base class library. The runtime keeps the pointers, so the bytes stay.
static void bundle(void) {
  uint8_t *names;
  int32_t length;
  if (!build_file("#files", &names, &length)) isolator_panic("the build gave no list of assemblies");
  int32_t start = 0;
  for (int32_t i = 0; i < length; i++) {
    if (names[i] != '\n') continue;
    char *name = strndup((char *)names + start, (size_t)(i - start));
    start = i + 1;
    uint8_t *image;
    int32_t size;
    if (!name || !build_file(name, &image, &size)) isolator_panic("the build gave no image for %s", name);
    mono_bundled_resources_add_assembly_resource(name, name, image, (uint32_t)size, NULL, NULL);
  }
  free(names);
}

static void log_line(const char *domain, const char *level, const char *message, mono_bool fatal, void *user) {
  (void)user;
  // Environment.FailFast is a warning, and what a program says there is for its user.
  if (!domain && level && strcmp(level, "warning") == 0) fprintf(stderr, "%s\n", message);
  else fprintf(stderr, "[%s %s] %s\n", domain ? domain : "mono", level ? level : "", message);
  if (!fatal) return;
  // The interpreter takes it for its own fault when it is entered with its stack full.
  struct interpreter *interpreter = mono_jiterp_get_context();
  if (interpreter->next >= interpreter->end) fprintf(stderr, "Unhandled Exception:\nSystem.StackOverflowException\n");
  __builtin_trap();
}

int32_t __real_mini_parse_debug_option(const char *option);

// `mono_wasm_load_runtime_common` asks the runtime to print every exception that leaves a top-level invoke. Ours go to
// the host as values; printing them would put text on a guest's standard error that it never wrote.
int32_t __wrap_mini_parse_debug_option(const char *option) {
  if (strcmp(option, "top-runtime-invoke-unhandled") == 0) return 1;
  return __real_mini_parse_debug_option(option);
}

// An exception that nothing can catch: a stack overflow, a finalizer's. The runtime has printed it. Its own hook would
// print a line for every frame and leave with a code that could be the program's own.
static void unhandled(MonoObject *exception, void *user) {
  (void)exception;
  (void)user;
  abort();
}

extern char __stack_high, __global_base;  // the linker's

// The interpreter keeps the frames of what it runs in a block of one megabyte, some 20,000 levels of a small method. This is made once, and
// empty while nothing runs, so another one can take its place. What a runtime never touches costs it nothing. There is room for it between the C
// stack and the data: native.rs says why it is there.
static void enlarge_interpreter_stack(void) {
  struct interpreter *context = mono_jiterp_get_context();
  enum { THEIRS = 1 << 20, OURS = 32 << 20, RED_ZONE = 8192 };
  if (context->real_end != context->start + THEIRS || context->end != context->real_end - RED_ZONE ||
      context->next != context->start + FIRST_FRAME)
    isolator_panic("the interpreter's stack is not what it is taken for: see enlarge_interpreter_stack in boot.c");
  char *stack = &__stack_high;
  if (&__global_base - stack < OURS) isolator_panic("there is no room for the interpreter's stack before the data");
  uint8_t *no_references = calloc(1, OURS / sizeof(void *) / 8);
  if (!no_references) isolator_panic("out of memory at boot");
  if (context->no_references) context->no_references = no_references;
  context->start = stack;
  context->real_end = stack + OURS;
  context->end = context->real_end - RED_ZONE;
  context->next = stack + FIRST_FRAME;
}

static void load_runtime(void) {
  bundle();
  char *invariant = build_option("invariant-globalization");
  if (!invariant) {
    uint8_t *icu;
    int32_t length;
    if (!build_file("#icu", &icu, &length)) isolator_panic("the build gave no ICU data");
    int loaded = mono_wasm_load_icu_data ? mono_wasm_load_icu_data(icu) : wasm_load_icu_data ? wasm_load_icu_data(icu) : 0;
    if (!loaded) isolator_panic("the ICU data cannot be loaded");
  }
  if (mono_register_timezones_bundle) mono_register_timezones_bundle();
  char *gc_debug = build_option("gc-debug");
  if (gc_debug) {
    mono_gc_debug_set(gc_debug);
    // Small objects are cut from a block that the collector hands out, past what it does for each allocation. Where such a block
    // has room for the smallest object alone, objects and boxes ask the collector each time, those of compiled code, too. Of arrays
    // and strings it never thinks: heap.c does.
    if (strstr(gc_debug, "collect-before-allocs")) {
      sgen_tlab_size = SMALLEST_OBJECT;
      isolator_heap_collect_before_arrays = true;
    }
  }

  codegen_begin();
  char *interpreter = build_option("interpreter");
  if (interpreter) mono_interp_opts_string = interpreter;

  const char *keys[] = {"APP_CONTEXT_BASE_DIRECTORY", "RUNTIME_IDENTIFIER", "System.Globalization.Invariant"};
  const char *values[] = {"/", "wasi-wasm", invariant ? "true" : "false"};
  monovm_initialize(3, keys, values);
  // Traces need a host that compiles them. Without one an entry point in every loop costs up to 1.75 times its time.
  mono_jiterp_parse_option("--no-jiterpreter-traces-enabled");
  thunks_begin();
  // Keeps where each method's code comes from, so that stack traces have the lines of portable PDBs.
  mono_debug_init(MONO_DEBUG_FORMAT_MONO);
  profile_begin();
  mono_wasm_load_runtime_common(0, log_line, "");
  enlarge_interpreter_stack();
  mono_install_unhandled_exception_hook(unhandled, NULL);
  icalls_register();
  waiting_register();
  missing_register();
  console_register();
  answers_register();
  cultures_register();
  names_register();
  zone_names_register();
  process_register();
}

// ---- warm-up: what every runtime would do again is done once, through the very functions that the host calls ----

static isolator_list_u8_t owned(const char *bytes, size_t length) {
  uint8_t *copy = malloc(length ? length : 1);
  if (!copy) isolator_panic("out of memory while warming up");
  memcpy(copy, bytes, length);
  return (isolator_list_u8_t){.ptr = copy, .len = length};
}

static isolator_string_t owned_text(const char *text) {
  isolator_list_u8_t list = owned(text, strlen(text));
  return (isolator_string_t){.ptr = list.ptr, .len = list.len};
}

static _Noreturn void warm_up_failed(const char *what, const isolator_list_u8_t *err) {
  isolator_panic("warm-up: %s failed: %.*s", what, (int)err->len, (const char *)err->ptr);
}

static uint64_t warm_type(const char *assembly, const char *type) {
  isolator_string_t name = owned_text(assembly);
  isolator_list_u8_t err = {0};
  uint64_t assembly_handle, type_handle;
  if (!exports_isolator_runtime_guest_load_assembly(&name, &assembly_handle, &err)) warm_up_failed(assembly, &err);
  name = owned_text(type);
  if (!exports_isolator_runtime_guest_find_type(assembly_handle, &name, &type_handle, &err)) warm_up_failed(type, &err);
  exports_isolator_runtime_guest_release(assembly_handle);
  return type_handle;
}

static uint64_t warm_method(uint64_t type, const char *method, uint8_t arguments) {
  char query[] = "\x81\xAD" "ArgumentCount\x00";
  query[sizeof query - 2] = (char)arguments;
  isolator_string_t name = owned_text(method);
  isolator_list_u8_t q = owned(query, sizeof query - 1), err = {0};
  uint64_t handle;
  if (!exports_isolator_runtime_guest_find_method(type, &name, &q, &handle, &err)) warm_up_failed(method, &err);
  return handle;
}

static void warm_invoke(uint64_t method, uint64_t target, const char *args, size_t length, bool fails) {
  isolator_list_u8_t a = owned(args, length), ok = {0}, err = {0};
  if (exports_isolator_runtime_guest_invoke(method, target, &a, &ok, &err)) free(ok.ptr);
  else if (fails) free(err.ptr);
  else warm_up_failed("a sample call", &err);
}

static void warm_scalar(uint64_t method, uint64_t target, uint64_t a, uint64_t b) {
  isolator_option_string_t signature = {0};
  isolator_list_u8_t err = {0};
  if (!exports_isolator_runtime_guest_scalar_signature(method, &signature, &err)) warm_up_failed("a signature", &err);
  if (!signature.is_some) isolator_panic("warm-up: a sample method has no scalar signature");
  free(signature.val.ptr);
  uint64_t result, exception;
  exports_isolator_runtime_guest_invoke_scalar(method, target, a, b, 0, 0, 0, 0, 0, 0, &result, &exception);
  if (exception) {
    isolator_list_u8_t described = {0};
    exports_isolator_runtime_guest_describe_exception(exception, &described);
    free(described.ptr);
    exports_isolator_runtime_guest_release(exception);
  }
}

// Gives an assembly's image, as a host gives an application's. This one is loaded already, which is known once the image was
// read: so the path is warm, and nothing was loaded that a guest would see.
static void warm_image(void) {
  static const char name[] = "Isolator.Runtime.dll";
  isolator_list_u8_t image = {0}, err = {0};
  int32_t length;
  if (!build_file(name, &image.ptr, &length)) isolator_panic("the build gave no image for %s", name);
  image.len = (size_t)length;
  uint64_t assembly;
  if (!exports_isolator_runtime_guest_load_image(&image, NULL, &assembly, &err)) warm_up_failed(name, &err);
  exports_isolator_runtime_guest_release(assembly);
}

// Only where libcrypto is linked.
__attribute__((weak)) void crypto_warm_up(void);

static void warm_up(void) {
  if (crypto_warm_up) crypto_warm_up();
  static const char sample[] =
      "\x91\x85\xA2Id\x07\xA4Name\xA4" "name\xA5Price\xCB\x3F\xF8\0\0\0\0\0\0\xA4" "Flag\xC3\xA5Stamp\xCD\x03\xE8";
  for (int round = 0; round < 3; round++) {
    warm_image();
    uint64_t math = warm_type("System.Private.CoreLib", "System.Math");
    uint64_t type = warm_type("Isolator.Runtime", "Isolator.Runtime.WarmUp");
    uint64_t add = warm_method(type, "Add", 2), echo = warm_method(type, "Echo", 1);
    uint64_t throws = warm_method(type, "Throw", 0), run = warm_method(type, "Run", 0);
    warm_invoke(run, 0, "\x90", 1, false);
    warm_invoke(add, 0, "\x92\x01\x02", 3, false);
    warm_scalar(add, 0, 1, 2);
    warm_scalar(throws, 0, 0, 0);
    warm_invoke(echo, 0, sample, sizeof sample - 1, false);
    warm_invoke(throws, 0, "\x90", 1, true);
    uint64_t used[] = {math, type, add, echo, throws, run};
    for (size_t i = 0; i < sizeof used / sizeof *used; i++) exports_isolator_runtime_guest_release(used[i]);
    exports_isolator_runtime_guest_run_pending(0);
  }
}

__attribute__((export_name("wizer-initialize"))) void isolator_boot(void) {
  load_runtime();
  MonoImageOpenStatus status;
  MonoAssemblyName *name = mono_assembly_name_new("Isolator.Runtime");
  MonoAssembly *assembly = mono_assembly_load(name, NULL, &status);
  mono_assembly_name_free(name);
  if (!assembly) isolator_panic("Isolator.Runtime cannot be loaded (status %d)", (int)status);
  entries_bind(mono_assembly_get_image(assembly));
  waiting_bind(mono_assembly_get_image(assembly));
  missing_bind(mono_assembly_get_image(assembly));
  console_bind(mono_assembly_get_image(assembly));
  filters_bind(mono_assembly_get_image(assembly));
  delegates_bind(mono_assembly_get_image(assembly));
  answers_bind(mono_assembly_get_image(assembly));
  collector_bind(mono_assembly_get_image(assembly));

  struct frame frame = {0};
  enter(ENTRY_boot, &frame);
  isolator_list_u8_t err = {.ptr = frame.result, .len = frame.result_len};
  if (frame.code == CODE_FAILURE) warm_up_failed("boot", &err);
  char *cold = build_option("cold");
  if (!cold) warm_up();
  // Timers run out, also those that were cancelled: one that the snapshot froze would be due at a time of the build's clock,
  // which a runtime's never reaches, and the host would take a guest that waits for nothing for one that waits for a timer.
  for (int round = 0; exports_isolator_runtime_guest_run_pending(0) >= 0; round++)
    if (round > 1000000) isolator_panic("the warm-up leaves a timer behind");
  free(cold);
  frame = (struct frame){0};
  enter(ENTRY_before_snapshot, &frame);
  if (frame.code == CODE_FAILURE) isolator_panic("the dispatcher cannot prepare the snapshot");
  mono_gc_collect(mono_gc_max_generation());
  // What is left to do (finalizers of what was collected, say) would be done again by every runtime that pumps.
  for (int i = 0; i < 100 && exports_isolator_runtime_guest_run_pending(1000) == 0; i++) {
  }
  freeze_at_boot();
}
