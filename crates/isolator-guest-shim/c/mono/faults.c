// What ended the runtime, and need not: questions to which it has no answer here.
#include "faults.h"

#include <stdio.h>
#include <string.h>

#include <mono/metadata/appdomain.h>
#include <mono/metadata/exception.h>
#include <mono/metadata/metadata.h>
#include <mono/metadata/object.h>
#include <mono/metadata/reflection.h>

#include "bridge.h"
#include "console.h"
#include "interpreter.h"

// ---- how deep code may still go ----

extern unsigned char __global_base;

// The part of a stack that is to be left.
enum { PART = 8 };

static bool is_left(const char *at, const char *end, size_t whole) {
  return end > at && (size_t)(end - at) > whole / PART;
}

// Recursion asks for this before it goes deeper (regular expressions, expression trees, parsers). .NET says no when less than 128 KiB are left, which is a
// twelfth of what its threads have.
MonoBoolean __wrap_ves_icall_System_Runtime_CompilerServices_RuntimeHelpers_SufficientExecutionStack(void) {
  struct interpreter *interpreter = mono_jiterp_get_context();
  if (!is_left(interpreter->next, interpreter->end, (size_t)(interpreter->end - interpreter->start))) return 0;
  // The C stack goes down to the beginning of the memory.
  const char *here = __builtin_frame_address(0);
  if (!is_left(NULL, here, (size_t)&__global_base)) return 0;
  // Compiled code has its frames on a stack of the engine's.
  return isolator_runtime_host_stack_left() > 1000 / PART;
}

// What `Thread.Priority` asks and says. There is one thread, which nothing comes before.
int32_t __wrap_pthread_getschedparam(void *thread, int32_t *policy, int32_t *priority) {
  (void)thread;
  *policy = *priority = 0;
  return 0;
}

int32_t __wrap_pthread_setschedparam(void *thread, int32_t policy, const int32_t *priority) {
  (void)thread;
  (void)policy;
  (void)priority;
  return 0;
}

// ---- what exists only where a call of it is compiled ----

void mono_free(void *memory);
MonoMethod *mono_marshal_get_array_accessor_wrapper(MonoMethod *method);

// A delegate or pointer to `Get`, `Set` or `Address` of an array calls a method that has neither code nor a function of the runtime's: the interpreter
// knows what a call of it means where it makes the code of the caller. So here is a method that calls it.
MonoMethod *faults_array_accessor(MonoMethod *method) {
  static const char *const names[] = {"Get", "Set", "Address"};
  if (mono_class_get_rank(mono_method_get_class(method)) == 0) return NULL;
  // A wrapper has code already.
  uint32_t implementation = 0;
  mono_method_get_flags(method, &implementation);
  enum { RUNTIME = 3, INTERNAL_CALL = 0x1000 };
  if ((implementation & RUNTIME) != RUNTIME && !(implementation & INTERNAL_CALL)) return NULL;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(mono_method_get_name(method), names[i]) == 0) return mono_marshal_get_array_accessor_wrapper(method);
  return NULL;
}

// Whether these can be type arguments. An exception is pending where one is no type of values.
bool faults_type_arguments(MonoArray *types) {
  for (uintptr_t i = 0; i < mono_array_length(types); i++) {
    MonoReflectionType *argument = mono_array_get(types, MonoReflectionType *, i);
    MonoType *type = argument ? mono_reflection_type_get_type(argument) : NULL;
    if (!type || !(mono_type_is_byref(type) || mono_type_get_type(type) == MONO_TYPE_VOID || mono_type_get_type(type) == MONO_TYPE_PTR)) continue;
    char text[512], *name = mono_type_get_name(type);
    snprintf(text, sizeof text, "The type '%s' may not be used as a type argument.", name);
    mono_free(name);
    mono_set_pending_exception(mono_exception_from_name_msg(mono_get_corlib(), "System", "ArgumentException", text));
    return false;
  }
  return true;
}

// ---- objects and handles that nobody has made ----

typedef MonoObject *volatile *handle;

static void *refuse(const char *type, const char *text) {
  mono_set_pending_exception(mono_exception_from_name_msg(mono_get_corlib(), "System", type, text));
  return NULL;
}

// A thread that no constructor has seen is one that was not started, as that of a constructor is until it is started: what it has of the runtime's is
// made for it here, since nothing that is asked of a thread looks whether it is there.
MonoObject *__real_ves_icall_System_Runtime_CompilerServices_RuntimeHelpers_GetUninitializedObjectInternal_raw(MonoType *type);
void ves_icall_System_Threading_Thread_InitInternal_raw(handle thread);
MonoObject *__wrap_ves_icall_System_Runtime_CompilerServices_RuntimeHelpers_GetUninitializedObjectInternal_raw(MonoType *type) {
  MonoClass *class = mono_class_from_mono_type(type);
  if (mono_class_get_rank(class) != 0) return refuse("ArgumentException", "Type is not supported.");
  if (class == mono_get_string_class()) return refuse("ArgumentException", "Uninitialized Strings cannot be created.");
  enum { INTERFACE = 0x20, ABSTRACT = 0x80 };
  uint32_t flags = mono_class_get_flags(class);
  if (flags & INTERFACE) return refuse("MemberAccessException", "Cannot create an instance of an interface.");
  if (flags & ABSTRACT) return refuse("MemberAccessException", "Cannot create an abstract class.");
  // A delegate that no constructor has seen calls nothing.
  if (mono_class_is_delegate(class)) return refuse("ArgumentException", "Type is not supported.");
  MonoObject *volatile made = __real_ves_icall_System_Runtime_CompilerServices_RuntimeHelpers_GetUninitializedObjectInternal_raw(type);
  if (made && mono_object_get_class((MonoObject *)made) == mono_get_thread_class()) ves_icall_System_Threading_Thread_InitInternal_raw(&made);
  return (MonoObject *)made;
}

// A reference to a value, with its type. One that was not made has none.
struct typed_reference {
  MonoType *type;
  void *value;
  MonoClass *class;
};
MonoObject *__real_ves_icall_System_TypedReference_ToObject_raw(struct typed_reference *reference);
MonoObject *__wrap_ves_icall_System_TypedReference_ToObject_raw(struct typed_reference *reference) {
  if (!reference->type) return refuse("ArgumentNullException", "Type in TypedReference cannot be null. (Parameter 'value')");
  return __real_ves_icall_System_TypedReference_ToObject_raw(reference);
}

const void *__real_ves_icall_System_Runtime_CompilerServices_RuntimeHelpers_GetSpanDataFrom_raw(MonoClassField *field, MonoType *type, int32_t *count);
const void *__wrap_ves_icall_System_Runtime_CompilerServices_RuntimeHelpers_GetSpanDataFrom_raw(MonoClassField *field, MonoType *type,
                                                                                               int32_t *count) {
  if (!field) return refuse("ArgumentException", "The handle is invalid.");
  return __real_ves_icall_System_Runtime_CompilerServices_RuntimeHelpers_GetSpanDataFrom_raw(field, type, count);
}

// A delegate of no method.
static bool has_method(const void *pointer) {
  if (!pointer) refuse("ArgumentNullException", "Value cannot be null. (Parameter 'method')");
  return pointer != NULL;
}

void __real_ves_icall_mono_delegate_ctor(MonoObject *self, MonoObject *target, void *pointer);
void __wrap_ves_icall_mono_delegate_ctor(MonoObject *self, MonoObject *target, void *pointer) {
  if (has_method(pointer)) __real_ves_icall_mono_delegate_ctor(self, target, pointer);
}

void __real_ves_icall_mono_delegate_ctor_interp(MonoObject *self, MonoObject *target, void *pointer);
void __wrap_ves_icall_mono_delegate_ctor_interp(MonoObject *self, MonoObject *target, void *pointer) {
  if (has_method(pointer)) __real_ves_icall_mono_delegate_ctor_interp(self, target, pointer);
}

// Whether attributes can be looked for there: a parameter that no method has has no place.
static bool has_place(MonoObject *of) {
  static MonoClass *parameters;
  if (!parameters) parameters = mono_class_from_name(mono_get_corlib(), "System.Reflection", "ParameterInfo");
  if (!of || !mono_class_is_subclass_of(mono_object_get_class(of), parameters, 0)) return true;
  MonoObject *member = NULL;
  mono_field_get_value(of, mono_class_get_field_from_name(parameters, "MemberImpl"), &member);
  if (!member) refuse("ArgumentException", "The ParameterInfo object is not valid. (Parameter 'element')");
  return member != NULL;
}

MonoArray *__real_ves_icall_MonoCustomAttrs_GetCustomAttributesInternal_raw(handle of, handle type, MonoBoolean made_up);
MonoArray *__wrap_ves_icall_MonoCustomAttrs_GetCustomAttributesInternal_raw(handle of, handle type, MonoBoolean made_up) {
  return has_place(*of) ? __real_ves_icall_MonoCustomAttrs_GetCustomAttributesInternal_raw(of, type, made_up) : NULL;
}

MonoArray *__real_ves_icall_MonoCustomAttrs_GetCustomAttributesDataInternal_raw(handle of);
MonoArray *__wrap_ves_icall_MonoCustomAttrs_GetCustomAttributesDataInternal_raw(handle of) {
  return has_place(*of) ? __real_ves_icall_MonoCustomAttrs_GetCustomAttributesDataInternal_raw(of) : NULL;
}

MonoBoolean __real_ves_icall_MonoCustomAttrs_IsDefinedInternal_raw(handle of, handle type);
MonoBoolean __wrap_ves_icall_MonoCustomAttrs_IsDefinedInternal_raw(handle of, handle type) {
  return has_place(*of) && __real_ves_icall_MonoCustomAttrs_IsDefinedInternal_raw(of, type);
}

// Only in a guest with compiled code: reflection would run a delegate's constructor by compiled code that takes it for an ordinary method. So it is refused here.
static bool is_constructor_of_delegate(MonoMethod *method) {
  return mono_class_is_delegate(mono_method_get_class(method)) && strcmp(mono_method_get_name(method), ".ctor") == 0;
}

MonoObject *__real_mono_runtime_try_invoke_byrefs(MonoMethod *method, void *self, void **places, MonoObject **exception, void *error);
MonoObject *__wrap_mono_runtime_try_invoke_byrefs(MonoMethod *method, void *self, void **places, MonoObject **exception, void *error) {
  if (!is_constructor_of_delegate(method)) return __real_mono_runtime_try_invoke_byrefs(method, self, places, exception, error);
  bool none = !*(void **)places[1];
  MonoException *refused = mono_exception_from_name_msg(
      mono_get_corlib(), "System", none ? "ArgumentNullException" : "PlatformNotSupportedException",
      none ? "Value cannot be null. (Parameter 'method')"
           : "Reflection makes no delegates of function pointers here: use MethodInfo.CreateDelegate, or Marshal.GetDelegateForFunctionPointer.");
  // Who does not want to know of it meets it when the internal call returns.
  if (exception) *exception = (MonoObject *)refused;
  else mono_set_pending_exception(refused);
  return NULL;
}
