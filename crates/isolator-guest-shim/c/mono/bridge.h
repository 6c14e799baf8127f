// What the parts of the bridge share: the handle table, scalar calls, and the call into the managed dispatcher.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <mono/metadata/object.h>

#include "isolator.h"
#include "numbers.h"

// Kinds of handles, as in guest-dotnet/README.md.
enum isolator_kind {
  KIND_NONE = 0,
  KIND_OBJECT = 1,
  KIND_TYPE = 2,
  KIND_METHOD = 3,
  KIND_ASSEMBLY = 4,
  KIND_TASK = 5,
  KIND_ENUMERATOR = 6,
};

// How to call a method without serialization.
struct scalar_method {
  MonoMethod *method;
  MonoClass *owner;
  void *function;  // what the managed CallScalar calls; NULL: only mono_runtime_invoke does it right
  uint8_t arguments;
  bool is_instance;
  bool is_virtual;
  char result;
};

// The GC handle behind a handle of that kind, or NULL.
void *handle_target(uint64_t handle, enum isolator_kind kind);
// What `isolator_scalar_set` said of a method handle, or NULL.
const struct scalar_method *handle_scalar(uint64_t handle);
// Table functions that the managed side calls too.
uint64_t isolator_handle_new(void *gc_handle, int32_t kind);
void *isolator_handle_get(uint64_t handle, int32_t *kind);
void isolator_handle_release(uint64_t handle);
uint32_t isolator_handle_count(void);
void isolator_scalar_set(uint64_t handle, void *method, void *function, const char *signature);
void *isolator_override(uint64_t target, void *method);

// What passes between an export and its managed method; guest-dotnet/README.md gives the offsets.
struct frame {
  uint64_t a, b;
  uint8_t *p;
  uint32_t p_len;
  uint8_t *q;
  uint32_t q_len;
  uint64_t value;
  uint8_t *result;
  uint32_t result_len;
  int32_t code;
};
enum { CODE_OK = 0, CODE_FAILURE = 1, CODE_NONE = 2 };
_Static_assert(__builtin_offsetof(struct frame, value) == 32, "the managed side knows this offset");
_Static_assert(__builtin_offsetof(struct frame, code) == 48, "the managed side knows this offset");

// What passes between invoke-scalar and its managed method.
struct scalar_frame {
  uint64_t arguments[MAX_SCALARS];
  uint64_t result;
  uint64_t exception;  // a handle, 0: none
  void *function;
  MonoObject *volatile *self;  // NULL: a static method
  int32_t count;
};
_Static_assert(__builtin_offsetof(struct scalar_frame, function) == 80, "the managed side knows this offset");

// The managed methods, one per export (without those that C answers itself). X(C name, managed name)
#define ENTRIES(X)                                                                                                    \
  X(start, "Start")                                                                                                   \
  X(load_assembly, "LoadAssembly")                                                                                    \
  X(load_image, "LoadImage")                                                                                          \
  X(find_type, "FindType")                                                                                            \
  X(find_method, "FindMethod")                                                                                        \
  X(get_field, "GetField")                                                                                            \
  X(set_field, "SetField")                                                                                            \
  X(inspect, "Inspect")                                                                                               \
  X(create_object, "CreateObject")                                                                                    \
  X(copy_object, "CopyObject")                                                                                        \
  X(type_of, "TypeOf")                                                                                                \
  X(get_value, "GetValue")                                                                                            \
  X(invoke, "Invoke")                                                                                                 \
  X(invoke_raw, "InvokeRaw")                                                                                          \
  X(invoke_handle, "InvokeHandle")                                                                                    \
  X(scalar_signature, "ScalarSignature")                                                                              \
  X(invoke_batch, "InvokeBatch")                                                                                      \
  X(describe_exception, "DescribeException")                                                                          \
  X(invoke_async, "InvokeAsync")                                                                                      \
  X(poll_task, "PollTask")                                                                                            \
  X(cancel_task, "CancelTask")                                                                                        \
  X(open_stream, "OpenStream")                                                                                        \
  X(next_element, "NextElement")                                                                                      \
  X(run_main, "RunMain")                                                                                              \
  X(complete_call, "CompleteCall")                                                                                    \
  X(collect, "Collect")                                                                                               \
  X(statistics, "Statistics")                                                                                         \
  X(freeze, "Freeze")                                                                                                 \
  X(boot, "Boot")                                                                                                     \
  X(before_snapshot, "BeforeSnapshot")

enum entry {
#define X(name, managed) ENTRY_##name,
  ENTRIES(X)
#undef X
  ENTRY_COUNT
};

// Finds the managed methods. Ends the process if one is missing: then guest and shim are not of one build.
void entries_bind(MonoImage *image);
// Calls one. Whatever it throws becomes a failure in the frame.
void enter(enum entry entry, struct frame *frame);

// Registers the internal calls that a browser would answer.
void icalls_register(void);

// Prints a message and ends the instance with a trap. For what must not happen before a snapshot is taken.
_Noreturn void isolator_panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Whether a collection comes before each array and string: for a test image. See heap.c.
extern bool isolator_heap_collect_before_arrays;

// Collects and zeroes what is free, before the snapshot: freeze.c.
void freeze_at_boot(void);
