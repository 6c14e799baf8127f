// What is said of a cast that fails: from which type, to which.
#include <stdio.h>
#include <string.h>

#include <mono/metadata/appdomain.h>
#include <mono/metadata/class.h>
#include <mono/metadata/exception.h>
#include <mono/metadata/object.h>

#include "codegen.h"
#include "console.h"
#include "interpreter.h"

void mono_free(void *memory);

// .NET names types with their namespaces, and those inside others by their own names alone. The runtime puts the outer ones and a plus sign before these.
static void without_outer(char *name) {
  char *to = name, *begin = name;
  for (const char *from = name; *from; from++) {
    if (*from == '+') {
      to = begin;
      continue;
    }
    *to++ = *from;
    if (strchr("[],&*", *from)) begin = to;
  }
  *to = 0;
}

static MonoException *failed(MonoClass *from, MonoClass *to) {
  char *names[] = {
      mono_type_get_name_full(mono_class_get_type(from), MONO_TYPE_NAME_FORMAT_REFLECTION),
      mono_type_get_name_full(mono_class_get_type(to), MONO_TYPE_NAME_FORMAT_REFLECTION),
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) without_outer(names[i]);
  char text[2048];
  snprintf(text, sizeof text, "Unable to cast object of type '%s' to type '%s'.", names[0], names[1]);
  mono_free(names[0]);
  mono_free(names[1]);
  return mono_exception_from_name_msg(mono_get_corlib(), "System", "InvalidCastException", text);
}

// ---- interpreted ----

// The instruction names the place of the object first but for its result, and then the class.
enum { OBJECT = 2, CLASS = 3 };

MonoException *__real_interp_get_exception_invalid_cast(struct interpreted_frame *frame, const uint16_t *at);
MonoException *__wrap_interp_get_exception_invalid_cast(struct interpreted_frame *frame, const uint16_t *at) {
  bool known = *at == OP(CASTCLASS) || *at == OP(CASTCLASS_COMMON) || *at == OP(CASTCLASS_INTERFACE) || *at == OP(UNBOX);
  // It says where the frame is, too.
  MonoException *plain = __real_interp_get_exception_invalid_cast(frame, at);
  MonoObject *object = known ? *(MonoObject **)(void *)(frame->stack + at[OBJECT]) : NULL;
  return object ? failed(mono_object_get_class(object), frame->method->data[at[CLASS]]) : plain;
}

// ---- compiled ----

// `cache` is where the last type that was asked for is kept.
MonoObject *__real_mono_object_castclass_with_cache(MonoObject *object, MonoClass *to, uintptr_t *cache);
MonoObject *__wrap_mono_object_castclass_with_cache(MonoObject *object, MonoClass *to, uintptr_t *cache) {
  MonoObject *volatile kept = object;
  if (!object || mono_object_isinst(object, to)) return __real_mono_object_castclass_with_cache((MonoObject *)kept, to, cache);
  mono_set_pending_exception(failed(mono_object_get_class((MonoObject *)kept), to));
  return NULL;
}

MonoObject *__real_mono_object_castclass_unbox(MonoObject *object, MonoClass *to);
MonoObject *__wrap_mono_object_castclass_unbox(MonoObject *object, MonoClass *to) {
  MonoObject *volatile kept = object;
  if (!object || mono_object_isinst(object, to)) return __real_mono_object_castclass_unbox((MonoObject *)kept, to);
  mono_set_pending_exception(failed(mono_object_get_class((MonoObject *)kept), to));
  return NULL;
}
