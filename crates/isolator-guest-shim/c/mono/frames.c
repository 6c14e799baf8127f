// The current stack, frame by frame: what `new StackTrace()` and `new StackFrame(n)` ask. Below the outermost method of guest
// code there are no frames.
//
// Where there is compiled code, the runtime's own answer is none: it would unwind machine frames, which WebAssembly does not
// show. Its general walk knows the frames of the interpreter, and those of compiled code as far as it notes them. The
// methods of the base library between the asking code and this are always interpreted (`ahead.rs`), since they count.
#include <stdlib.h>
#include <string.h>

#include <mono/metadata/appdomain.h>
#include <mono/metadata/class.h>
#include <mono/metadata/loader.h>
#include <mono/metadata/mono-debug.h>
#include <mono/metadata/reflection.h>

#include "bridge.h"

struct frame_of_method {
  MonoMethod *method;
  int32_t native_offset, il_offset;
};

struct stack {
  struct frame_of_method *frames;
  size_t count, room;
};

// How the runtime calls into managed code: it has no token, and is a method of no type.
static bool is_wrapper(MonoMethod *method) {
  static const char *const names[] = {"runtime_invoke_", "invoke_"};
  if (mono_method_get_token(method) & 0xffffff) return false;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strncmp(mono_method_get_name(method), names[i], strlen(names[i])) == 0) return true;
  return false;
}

static mono_bool note(MonoMethod *method, int32_t native_offset, int32_t il_offset, mono_bool managed, void *data) {
  struct stack *stack = data;
  if (!managed || !method || is_wrapper(method)) return 0;
  if (stack->count == stack->room) {
    size_t room = stack->room ? 2 * stack->room : 64;
    void *larger = realloc(stack->frames, room * sizeof *stack->frames);
    if (!larger) return 1;
    stack->frames = larger;
    stack->room = room;
  }
  stack->frames[stack->count++] = (struct frame_of_method){method, native_offset, il_offset};
  return 0;
}

// The dispatcher, or the reflection by which it calls; as in StackTraces.cs, which does the same to the traces of exceptions.
static bool is_ours(MonoMethod *method) {
  static const char *const reflection[] = {"MethodInvoker",     "MethodInvokerCommon", "MethodBaseInvoker",
                                           "ConstructorInvoker", "RuntimeMethodInfo",   "RuntimeConstructorInfo"};
  // What starts an asynchronous method stands between it and its caller: here that is the dispatcher.
  static const char *const starting[] = {"AsyncMethodBuilderCore", "AsyncTaskMethodBuilder`1"};
  MonoClass *owner = mono_method_get_class(method);
  // A class inside another has no namespace of its own.
  for (MonoClass *outer; (outer = mono_class_get_nesting_type(owner));) owner = outer;
  if (strncmp(mono_method_get_name(method), "InvokeStub_", 11) == 0) return true;
  const char *space = mono_class_get_namespace(owner);
  if (strncmp(space, "Isolator.Runtime", 16) == 0 && (space[16] == 0 || space[16] == '.')) return true;
  const char *name = mono_class_get_name(owner);
  if (strcmp(space, "System.Reflection") == 0)
    for (size_t i = 0; i < sizeof reflection / sizeof *reflection; i++)
      if (strcmp(name, reflection[i]) == 0) return true;
  if (strcmp(space, "System.Runtime.CompilerServices") == 0)
    for (size_t i = 0; i < sizeof starting / sizeof *starting; i++)
      if (strcmp(name, starting[i]) == 0) return true;
  return false;
}

// The method as its assembly has it, without type arguments: which these were is not told of frames in .NET.
static MonoMethod *definition(MonoMethod *method) {
  uint32_t token = mono_method_get_token(method);
  if (!(token & 0xffffff)) return method;
  MonoMethod *found = mono_get_method(mono_class_get_image(mono_method_get_class(method)), token, NULL);
  return found ? found : method;
}

MonoBoolean __wrap_ves_icall_System_Diagnostics_StackFrame_GetFrameInfo(int32_t skip, MonoBoolean with_source,
                                                                        MonoObject *volatile *method,
                                                                        MonoObject *volatile *file, int32_t *il_offset,
                                                                        int32_t *native_offset, int32_t *line,
                                                                        int32_t *column) {
  struct stack stack = {0};
  mono_stack_walk(note, &stack);
  while (stack.count > 0 && is_ours(stack.frames[stack.count - 1].method)) stack.count--;
  // Callers count this call itself as a frame. The walk has that only where the caller is interpreted without a compiled wrapper.
  bool has_itself = stack.count > 0 && strcmp(mono_method_get_name(stack.frames[0].method), "GetFrameInfo") == 0;
  if (!has_itself) skip--;
  bool found = skip >= 0 && (size_t)skip < stack.count;
  struct frame_of_method frame = found ? stack.frames[skip] : (struct frame_of_method){0};
  free(stack.frames);
  if (!found) return 0;
  MonoDomain *domain = mono_domain_get();
  *il_offset = frame.il_offset;
  *native_offset = frame.native_offset;
  *method = (MonoObject *)mono_method_get_object(domain, definition(frame.method), NULL);
  *line = *column = 0;
  if (!with_source) return 1;
  MonoDebugSourceLocation *place =
      mono_debug_lookup_source_location(frame.method, (uint32_t)frame.native_offset, domain);
  if (!place) return 1;
  if (place->source_file) *file = (MonoObject *)mono_string_new(domain, place->source_file);
  *line = (int32_t)place->row;
  *column = (int32_t)place->column;
  mono_debug_free_source_location(place);
  return 1;
}

// Puts a frame's method as its assembly has it in its place. It allocates, so objects may move: the frame is in the trace.
static void set_definition(MonoObject *frame, MonoClassField *field, MonoObject *method) {
  MonoObject *volatile of = frame;
  MonoClassField *handle = mono_class_get_field_from_name(mono_object_get_class(method), "mhandle");
  MonoMethod *found = NULL;
  if (!handle) return;
  mono_field_get_value(method, handle, &found);
  if (!found || definition(found) == found) return;
  MonoObject *object = (MonoObject *)mono_method_get_object(mono_domain_get(), definition(found), NULL);
  mono_field_set_value((MonoObject *)of, field, object);
}

// Where compiled code calls a delegate of interpreted code, the interpreter's frame for that is a wrapper, which no program has written.
// The frames of a trace come without a method then, and are left out here.
void __real_ves_icall_System_Diagnostics_StackTrace_GetTrace(void *exception, MonoArray *volatile *result, int32_t skip,
                                                             MonoBoolean with_source);
void __wrap_ves_icall_System_Diagnostics_StackTrace_GetTrace(void *exception, MonoArray *volatile *result, int32_t skip,
                                                             MonoBoolean with_source) {
  __real_ves_icall_System_Diagnostics_StackTrace_GetTrace(exception, result, skip, with_source);
  MonoArray *all = *result;
  if (!all) return;
  uintptr_t length = mono_array_length(all), kept = 0;
  if (length == 0) return;
  MonoClass *frame = mono_class_get_element_class(mono_object_get_class((MonoObject *)all));
  MonoClassField *method = mono_class_get_field_from_name(frame, "methodBase");
  if (!method) return;
  bool *has_method = calloc(length, sizeof *has_method);
  if (!has_method) return;
  for (uintptr_t i = 0; i < length; i++) {
    MonoObject *value = NULL;
    MonoObject *one = mono_array_get(all, MonoObject *, i);
    if (one) mono_field_get_value(one, method, &value);
    has_method[i] = value != NULL;
    kept += has_method[i];
    if (value) set_definition(one, method, value);
    all = *result;
  }
  if (kept < length) {
    MonoArray *some = mono_array_new(mono_domain_get(), frame, kept);
    // The allocation may have moved the old one.
    all = *result;
    for (uintptr_t i = 0, at = 0; i < length; i++)
      if (has_method[i]) mono_array_setref(some, at++, mono_array_get(all, MonoObject *, i));
    *result = some;
  }
  free(has_method);
}
