// The functions that the WIT exports, on top of the managed dispatcher, and the functions that the dispatcher calls.
//
// SGen scans the C stack in linear memory but never wasm locals. So a MonoObject* that must survive a call into the
// runtime is kept in a volatile variable, which lives on that stack.
#include "bridge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mono/metadata/appdomain.h>
#include <mono/metadata/class.h>
#include <mono/metadata/mono-gc.h>

#include "compat/hooks.h"
#include "waiting.h"

void mono_wasm_execute_timer(void);
uint32_t mono_field_get_offset(MonoClassField *field);

static MonoMethod *entries[ENTRY_COUNT];
static const char *const entry_names[ENTRY_COUNT] = {
#define X(name, managed) managed,
    ENTRIES(X)
#undef X
};

// Entry 3 of the table is the function by which code outside the interpreter enters a static method of one argument and no
// result: it takes the argument's place, and the interpreter's own record of the method.
void *mono_jiterp_get_interp_entry_func(int32_t index);
void *mono_interp_get_imethod(MonoMethod *method);
enum { ENTER_STATIC_1 = 3 };

static void (*enter_static)(void *argument, void *interpreted);
static void *call_scalar;  // the record of Entry.CallScalar

_Noreturn void isolator_panic(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  __builtin_trap();
}

void entries_bind(MonoImage *image) {
  MonoClass *owner = mono_class_from_name(image, "Isolator.Runtime", "Entry");
  if (!owner) isolator_panic("Isolator.Runtime.dll has no class Isolator.Runtime.Entry");
  for (int i = 0; i < ENTRY_COUNT; i++) {
    entries[i] = mono_class_get_method_from_name(owner, entry_names[i], 1);
    if (!entries[i]) isolator_panic("Isolator.Runtime.Entry has no method %s(nint)", entry_names[i]);
  }
  MonoMethod *method = mono_class_get_method_from_name(owner, "CallScalar", 1);
  if (!method) isolator_panic("Isolator.Runtime.Entry has no method CallScalar(nint)");
  call_scalar = mono_interp_get_imethod(method);
  enter_static = (void (*)(void *, void *))mono_jiterp_get_interp_entry_func(ENTER_STATIC_1);
}

// A Failure of kind `internal`, by hand: the dispatcher itself could not make one.
static void fail_internal(struct frame *frame, const char *message) {
  static const char head[] = "\x82\xA4Kind\xA8internal\xA7Message\xD9";
  size_t length = strlen(message);
  if (length > 255) length = 255;
  uint8_t *bytes = malloc(sizeof head + length);
  frame->code = CODE_FAILURE;
  frame->result = bytes;
  frame->result_len = 0;
  if (!bytes) return;
  memcpy(bytes, head, sizeof head - 1);
  bytes[sizeof head - 1] = (uint8_t)length;
  memcpy(bytes + sizeof head, message, length);
  frame->result_len = (uint32_t)(sizeof head + length);
}

void enter(enum entry entry, struct frame *frame) {
  intptr_t address = (intptr_t)frame;
  void *arguments[] = {&address};
  MonoObject *volatile exception = NULL;
  mono_runtime_invoke(entries[entry], NULL, arguments, (MonoObject **)&exception);
  if (!exception) return;
  free(frame->result);
  frame->result = NULL;
  // The dispatcher catches everything; what escapes it is what it could not handle, such as a second out of memory.
  char message[256];
  snprintf(message, sizeof message, "the dispatcher failed in %s with a %s.%s", entry_names[entry],
           mono_class_get_namespace(mono_object_get_class((MonoObject *)exception)),
           mono_class_get_name(mono_object_get_class((MonoObject *)exception)));
  fail_internal(frame, message);
}

// ---- exports: frames in, results out. The bytes of parameters are ours to free, see wit-bindgen's ownership rules. ----

typedef exports_isolator_runtime_guest_handle_t handle_t;

// An empty list has an address that is no allocation.
static void take_back(uint8_t *bytes, uint32_t length) {
  if (length > 0) free(bytes);
}

static bool finish(struct frame *frame, isolator_list_u8_t *err) {
  take_back(frame->p, frame->p_len);
  take_back(frame->q, frame->q_len);
  if (frame->code != CODE_FAILURE) return true;
  err->ptr = frame->result;
  err->len = frame->result_len;
  return false;
}

// ---- what earlier calls left behind ----

// How long it may run before the call that found it, in nanoseconds.
enum { LEFT_BEHIND = 10 * 1000 * 1000 };

static int host_calls;  // calls of the host that are under way: what calls in now is nested
static bool background; // taken from the hooks, not yet run

static int64_t monotonic_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// One round of what is ready. False: nothing was.
static bool run_round(int64_t *now) {
  bool worked = false;
  if (background || isolator_take_background()) {
    worked = true;
    background = !waiting_run_background();
  }
  *now = monotonic_ns();
  int64_t due = isolator_timer_due();
  if (due >= 0 && due <= *now) {
    isolator_clear_timer();
    worked = true;
    mono_wasm_execute_timer();
  }
  background = background || isolator_take_background();
  return worked;
}

// A synchronous call returns while work that it queued and timers that it set are still to run. They run with the next calls, before
// what those do, as they would have on another thread meanwhile.
static void go_on(void) {
  int64_t now = monotonic_ns();
  const int64_t end = now + LEFT_BEHIND;
  while (run_round(&now) && now < end) {
  }
}

static inline void before_call(void) {
  if ((background || isolator_has_work()) && host_calls == 0) go_on();
}

static bool to_handle(enum entry entry, struct frame *frame, handle_t *ret, isolator_list_u8_t *err) {
  enter(entry, frame);
  *ret = frame->value;
  return finish(frame, err);
}

static bool to_bytes(enum entry entry, struct frame *frame, isolator_list_u8_t *ret, isolator_list_u8_t *err) {
  enter(entry, frame);
  if (frame->code != CODE_FAILURE) {
    ret->ptr = frame->result;
    ret->len = frame->result_len;
  }
  return finish(frame, err);
}

static bool to_nothing(enum entry entry, struct frame *frame, isolator_list_u8_t *err) {
  enter(entry, frame);
  if (frame->code != CODE_FAILURE) free(frame->result);
  return finish(frame, err);
}

// For exports that cannot fail: a failure of the dispatcher is dropped.
static void without_error(enum entry entry, struct frame *frame, isolator_list_u8_t *ret) {
  isolator_list_u8_t err = {0}, none = {0};
  if (!to_bytes(entry, frame, ret ? ret : &none, &err)) {
    if (ret) *ret = err;
    else free(err.ptr);
  } else if (!ret) {
    free(none.ptr);
  }
}

#define BYTES_P(x) .p = (x)->ptr, .p_len = (uint32_t)(x)->len
#define BYTES_Q(x) .q = (x)->ptr, .q_len = (uint32_t)(x)->len

// Whether the host reads graphs. Kept here, where setting it costs a start nothing: entering the dispatcher would cost every
// fresh runtime dozens of page faults.
static uint8_t value_graphs;

uint8_t *isolator_value_graphs(void) { return &value_graphs; }

bool exports_isolator_runtime_guest_start(isolator_list_u8_t *config, isolator_list_u8_t *err) {
  // MessagePack's `true`: a configuration that asks for graphs, and for nothing else.
  enum { ONLY_GRAPHS = 0xc3 };
  isolator_clock_restart();
  isolator_preopens_unknown();
  value_graphs = config->len == 1 && *config->ptr == ONLY_GRAPHS;
  if (config->len == 0 || value_graphs) return true;
  struct frame frame = {BYTES_P(config)};
  return to_nothing(ENTRY_start, &frame, err);
}

bool exports_isolator_runtime_guest_load_assembly(isolator_string_t *name, handle_t *ret, isolator_list_u8_t *err) {
  struct frame frame = {BYTES_P(name)};
  return to_handle(ENTRY_load_assembly, &frame, ret, err);
}

bool exports_isolator_runtime_guest_load_image(isolator_list_u8_t *image, isolator_list_u8_t *maybe_symbols,
                                               handle_t *ret, isolator_list_u8_t *err) {
  struct frame frame = {BYTES_P(image)};
  if (maybe_symbols) {
    frame.q = maybe_symbols->ptr;
    frame.q_len = (uint32_t)maybe_symbols->len;
  }
  return to_handle(ENTRY_load_image, &frame, ret, err);
}

bool exports_isolator_runtime_guest_find_type(handle_t assembly, isolator_string_t *name, handle_t *ret,
                                              isolator_list_u8_t *err) {
  struct frame frame = {.a = assembly, BYTES_P(name)};
  return to_handle(ENTRY_find_type, &frame, ret, err);
}

bool exports_isolator_runtime_guest_find_method(handle_t of_type, isolator_string_t *name, isolator_list_u8_t *query,
                                                handle_t *ret, isolator_list_u8_t *err) {
  struct frame frame = {.a = of_type, BYTES_P(name), BYTES_Q(query)};
  return to_handle(ENTRY_find_method, &frame, ret, err);
}

bool exports_isolator_runtime_guest_get_field(handle_t of_type, handle_t target, isolator_string_t *name,
                                              isolator_list_u8_t *ret, isolator_list_u8_t *err) {
  before_call();
  struct frame frame = {.a = of_type, .b = target, BYTES_P(name)};
  return to_bytes(ENTRY_get_field, &frame, ret, err);
}

bool exports_isolator_runtime_guest_set_field(handle_t of_type, handle_t target, isolator_string_t *name,
                                              isolator_list_u8_t *value, isolator_list_u8_t *err) {
  struct frame frame = {.a = of_type, .b = target, BYTES_P(name), BYTES_Q(value)};
  return to_nothing(ENTRY_set_field, &frame, err);
}

bool exports_isolator_runtime_guest_inspect(handle_t subject, isolator_list_u8_t *ret, isolator_list_u8_t *err) {
  struct frame frame = {.a = subject};
  return to_bytes(ENTRY_inspect, &frame, ret, err);
}

bool exports_isolator_runtime_guest_create_object(handle_t of_type, isolator_list_u8_t *args, handle_t *ret,
                                                  isolator_list_u8_t *err) {
  before_call();
  struct frame frame = {.a = of_type, BYTES_P(args)};
  return to_handle(ENTRY_create_object, &frame, ret, err);
}

bool exports_isolator_runtime_guest_copy_object(handle_t of_type, isolator_list_u8_t *value, handle_t *ret,
                                                isolator_list_u8_t *err) {
  struct frame frame = {.a = of_type, BYTES_P(value)};
  return to_handle(ENTRY_copy_object, &frame, ret, err);
}

bool exports_isolator_runtime_guest_type_of(handle_t object, handle_t *ret, isolator_list_u8_t *err) {
  struct frame frame = {.a = object};
  return to_handle(ENTRY_type_of, &frame, ret, err);
}

bool exports_isolator_runtime_guest_get_value(handle_t object, isolator_list_u8_t *ret, isolator_list_u8_t *err) {
  before_call();
  struct frame frame = {.a = object};
  return to_bytes(ENTRY_get_value, &frame, ret, err);
}

void exports_isolator_runtime_guest_release(handle_t object) { isolator_handle_release(object); }

bool exports_isolator_runtime_guest_invoke(handle_t method, handle_t target, isolator_list_u8_t *args,
                                           isolator_list_u8_t *ret, isolator_list_u8_t *err) {
  before_call();
  struct frame frame = {.a = method, .b = target, BYTES_P(args)};
  return to_bytes(ENTRY_invoke, &frame, ret, err);
}

bool exports_isolator_runtime_guest_invoke_raw(handle_t method, handle_t target, isolator_list_u8_t *args,
                                               isolator_list_u8_t *ret, isolator_list_u8_t *err) {
  before_call();
  struct frame frame = {.a = method, .b = target, BYTES_P(args)};
  return to_bytes(ENTRY_invoke_raw, &frame, ret, err);
}

bool exports_isolator_runtime_guest_invoke_handle(handle_t method, handle_t target, isolator_list_u8_t *args,
                                                  handle_t *ret, isolator_list_u8_t *err) {
  before_call();
  struct frame frame = {.a = method, .b = target, BYTES_P(args)};
  return to_handle(ENTRY_invoke_handle, &frame, ret, err);
}

bool exports_isolator_runtime_guest_scalar_signature(handle_t method, isolator_option_string_t *ret,
                                                     isolator_list_u8_t *err) {
  struct frame frame = {.a = method};
  enter(ENTRY_scalar_signature, &frame);
  ret->is_some = frame.code == CODE_OK;
  ret->val.ptr = frame.result;
  ret->val.len = frame.result_len;
  return finish(&frame, err);
}

bool exports_isolator_runtime_guest_invoke_batch(handle_t method, handle_t target, uint32_t count,
                                                 isolator_list_u8_t *words, isolator_list_u8_t *ret,
                                                 isolator_list_u8_t *err) {
  struct frame frame = {.a = method, .b = target, BYTES_P(words), .value = count};
  return to_bytes(ENTRY_invoke_batch, &frame, ret, err);
}

void exports_isolator_runtime_guest_describe_exception(handle_t exception, isolator_list_u8_t *ret) {
  struct frame frame = {.a = exception};
  without_error(ENTRY_describe_exception, &frame, ret);
}

bool exports_isolator_runtime_guest_invoke_async(handle_t method, handle_t target, isolator_list_u8_t *args,
                                                 handle_t *ret, isolator_list_u8_t *err) {
  struct frame frame = {.a = method, .b = target, BYTES_P(args)};
  return to_handle(ENTRY_invoke_async, &frame, ret, err);
}

bool exports_isolator_runtime_guest_poll_task(handle_t task, isolator_option_list_u8_t *ret, isolator_list_u8_t *err) {
  struct frame frame = {.a = task};
  enter(ENTRY_poll_task, &frame);
  ret->is_some = frame.code == CODE_OK;
  ret->val.ptr = frame.result;
  ret->val.len = frame.result_len;
  return finish(&frame, err);
}

void exports_isolator_runtime_guest_cancel_task(handle_t task) {
  struct frame frame = {.a = task};
  without_error(ENTRY_cancel_task, &frame, NULL);
}

bool exports_isolator_runtime_guest_open_stream(handle_t source, handle_t *ret, isolator_list_u8_t *err) {
  struct frame frame = {.a = source};
  return to_handle(ENTRY_open_stream, &frame, ret, err);
}

bool exports_isolator_runtime_guest_next_element(handle_t enumerator, handle_t *ret, isolator_list_u8_t *err) {
  struct frame frame = {.a = enumerator};
  return to_handle(ENTRY_next_element, &frame, ret, err);
}

bool exports_isolator_runtime_guest_run_main(handle_t assembly, isolator_list_u8_t *args, handle_t *ret,
                                             isolator_list_u8_t *err) {
  struct frame frame = {.a = assembly, BYTES_P(args)};
  return to_handle(ENTRY_run_main, &frame, ret, err);
}

void exports_isolator_runtime_guest_complete_call(uint64_t id,
                                                  exports_isolator_runtime_guest_result_list_u8_list_u8_t *outcome) {
  isolator_list_u8_t *payload = outcome->is_err ? &outcome->val.err : &outcome->val.ok;
  struct frame frame = {.a = id, .b = outcome->is_err, BYTES_P(payload)};
  without_error(ENTRY_complete_call, &frame, NULL);
}

void exports_isolator_runtime_guest_collect(uint32_t generation) {
  struct frame frame = {.a = generation};
  without_error(ENTRY_collect, &frame, NULL);
}

void exports_isolator_runtime_guest_statistics(isolator_list_u8_t *ret) {
  struct frame frame = {0};
  without_error(ENTRY_statistics, &frame, ret);
}

// ---- scalar calls ----

// Reads a boxed scalar as 64 bits, extended as the WIT says.
static uint64_t scalar_bits(char letter, const void *boxed) {
  switch (letter) {
    case 'z': return *(const uint8_t *)boxed != 0;
    case 'b': return (uint64_t)(int64_t) * (const int8_t *)boxed;
    case 'B': return *(const uint8_t *)boxed;
    case 's': return (uint64_t)(int64_t) * (const int16_t *)boxed;
    case 'c':
    case 'S': return *(const uint16_t *)boxed;
    case 'i': return (uint64_t)(int64_t) * (const int32_t *)boxed;
    case 'I':
    case 'f': return *(const uint32_t *)boxed;
    default: return *(const uint64_t *)boxed;
  }
}

bool exports_isolator_runtime_guest_invoke_scalar(handle_t handle, handle_t target, uint64_t a0, uint64_t a1,
                                                  uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6,
                                                  uint64_t a7, uint64_t *ret, handle_t *err) {
  *err = 0;
  before_call();
  const struct scalar_method *scalar = handle_scalar(handle);
  if (!scalar) return false;
  MonoMethod *method = scalar->method;
  char result = scalar->result;  // a callback may release the method while it runs
  MonoObject *volatile self = NULL;
  if (scalar->is_instance) {
    MonoGCHandle target_handle = handle_target(target, KIND_OBJECT);
    if (target_handle) self = mono_gchandle_get_target_v2(target_handle);
    if (!self || !mono_object_isinst((MonoObject *)self, scalar->owner)) return false;
    if (scalar->is_virtual) method = mono_object_get_virtual_method((MonoObject *)self, method);
  }
  if (scalar->function) {
    struct scalar_frame frame = {
        .arguments = {a0, a1, a2, a3, a4, a5, a6, a7},
        .function = scalar->function,
        .self = scalar->is_instance ? &self : NULL,
        .count = scalar->arguments,
    };
    intptr_t address = (intptr_t)&frame;
    enter_static(&address, call_scalar);
    *err = frame.exception;
    *ret = result == 'v' ? 0 : scalar_bits(result, &frame.result);
    return frame.exception == 0;
  }
  // A value narrower than 64 bits is in the low bytes, which is where its address points on a little-endian machine.
  uint64_t values[MAX_SCALARS] = {a0, a1, a2, a3, a4, a5, a6, a7};
  void *arguments[MAX_SCALARS];
  for (int i = 0; i < MAX_SCALARS; i++) arguments[i] = &values[i];
  MonoObject *volatile exception = NULL;
  // A struct's method, which an interface led to, takes the address of the struct.
  void *on = (MonoObject *)self;
  if (on && mono_class_is_valuetype(mono_method_get_class(method))) on = mono_object_unbox((MonoObject *)self);
  MonoObject *boxed = mono_runtime_invoke(method, on, arguments, (MonoObject **)&exception);
  if (exception) {
    *err = isolator_handle_new(mono_gchandle_new_v2((MonoObject *)exception, 0), KIND_OBJECT);
    return false;
  }
  *ret = result == 'v' ? 0 : scalar_bits(result, mono_object_unbox(boxed));
  return true;
}

// ---- the pump ----

int64_t exports_isolator_runtime_guest_run_pending(uint64_t budget) {
  const int64_t nanoseconds = budget > INT64_MAX / 4000 ? INT64_MAX / 4 : (int64_t)budget * 1000;
  const int64_t end = monotonic_ns() + nanoseconds;
  int64_t now;
  while ((run_round(&now) || (isolator_timer_due() < 0 && waiting_run_put_off())) && now < end) {
  }
  if (background) return 0;
  int64_t due = isolator_timer_due();
  if (due < 0) return -1;
  // Rounded up: a host that comes back one millisecond early would only be sent away again.
  return due <= now ? 0 : (due - now + 999999) / 1000000;
}

// ---- what the dispatcher calls (DllImport "isolator") ----

static isolator_string_t text(uint8_t *bytes, int32_t length) {
  return (isolator_string_t){.ptr = bytes, .len = (size_t)length};
}

static isolator_list_u8_t list(uint8_t *bytes, int32_t length) {
  return (isolator_list_u8_t){.ptr = bytes, .len = (size_t)length};
}

static void give(isolator_list_u8_t *from, uint8_t **bytes, int32_t *length) {
  *bytes = from->len ? from->ptr : NULL;
  *length = (int32_t)from->len;
}

int32_t isolator_resolve_assembly(uint8_t *name, int32_t name_length, uint8_t *culture, int32_t culture_length,
                                  uint8_t **bytes, int32_t *length) {
  isolator_string_t n = text(name, name_length), c = text(culture, culture_length);
  isolator_list_u8_t image = {0};
  bool found = isolator_runtime_host_resolve_assembly(&n, &c, &image);
  give(&image, bytes, length);
  return found;
}

int32_t isolator_resolve_symbols(uint8_t *name, int32_t name_length, uint8_t **bytes, int32_t *length) {
  isolator_string_t n = text(name, name_length);
  isolator_list_u8_t symbols = {0};
  bool found = isolator_runtime_host_resolve_symbols(&n, &symbols);
  give(&symbols, bytes, length);
  return found;
}

int32_t isolator_host_call(uint8_t *name, int32_t name_length, uint8_t *args, int32_t args_length, uint8_t **bytes,
                           int32_t *length) {
  isolator_string_t n = text(name, name_length);
  isolator_list_u8_t a = list(args, args_length), ok = {0}, err = {0};
  host_calls++;
  bool succeeded = isolator_runtime_host_call(&n, &a, &ok, &err);
  host_calls--;
  give(succeeded ? &ok : &err, bytes, length);
  return succeeded ? 0 : 1;
}

int32_t isolator_host_start_call(uint64_t id, uint8_t *name, int32_t name_length, uint8_t *args, int32_t args_length,
                                 uint8_t **bytes, int32_t *length) {
  isolator_string_t n = text(name, name_length);
  isolator_list_u8_t a = list(args, args_length), err = {0};
  bool started = isolator_runtime_host_start_call(id, &n, &a, &err);
  give(&err, bytes, length);
  return started ? 0 : 1;
}

void isolator_host_cancel_call(uint64_t id) { isolator_runtime_host_cancel_call(id); }

// Rests until a call of the host is complete, for so many nanoseconds at most (-1: for ever). What it says is in the contract.
int32_t isolator_await_calls(int64_t nanoseconds) {
  host_calls++;
  uint32_t outcome = isolator_runtime_host_await_calls((uint64_t)nanoseconds);
  host_calls--;
  return (int32_t)outcome;
}

void isolator_host_log(int32_t level, uint8_t *category, int32_t category_length, uint8_t *message,
                       int32_t message_length) {
  isolator_string_t c = text(category, category_length), m = text(message, message_length);
  isolator_runtime_host_log((uint8_t)level, &c, &m);
}

void isolator_free(void *bytes) { free(bytes); }

// The method that a call of a virtual `method` on that object reaches. NULL for a handle that names none, and for a method of
// a struct, whose object is passed by address.
void *isolator_override(uint64_t target, void *method) {
  MonoGCHandle handle = handle_target(target, KIND_OBJECT);
  MonoObject *volatile object = handle ? mono_gchandle_get_target_v2(handle) : NULL;
  if (!object) return NULL;
  MonoMethod *reached = mono_object_get_virtual_method((MonoObject *)object, method);
  return reached && !mono_class_is_valuetype(mono_method_get_class(reached)) ? reached : NULL;
}

int32_t isolator_field_offset(void *field) { return (int32_t)mono_field_get_offset(field); }

// Sets what `Environment.GetCommandLineArgs` gives: `count` strings, each ended by a NUL. The runtime copies them.
void isolator_arguments(char *strings, int32_t count) {
  char **arguments = calloc((size_t)count + 1, sizeof *arguments);
  if (!arguments) isolator_panic("no memory for the command line");
  for (int32_t i = 0; i < count; i++, strings += strlen(strings) + 1) arguments[i] = strings;
  mono_runtime_set_main_args(count, arguments);
  free(arguments);
}
