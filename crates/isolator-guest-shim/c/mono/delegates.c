// How delegates are called whose first argument is the object (open ones), and how compiled code calls delegates at all.
//
// Compiled code calls a delegate by the wrapper of its type, which calls the method at the delegate's target. Two kinds of delegates have wrappers
// of their own: open ones, whose first argument is the object that a virtual method is looked up in, and those of static methods that are closed
// over their first argument. The runtime asks for the right one. But where the delegate's type is generic it looks for compiled code by the type
// alone, finds that of the plain wrapper, and calls the method that was named and not the one that overrides it; one of an interface ends
// the process. So these wrappers are left to the interpreter.
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <mono/metadata/appdomain.h>
#include <mono/metadata/class.h>
#include <mono/metadata/loader.h>
#include <mono/metadata/object.h>

#include "bridge.h"
#include "delegates.h"

int32_t mono_marshal_get_delegate_invoke_subtype(MonoMethod *invoke, MonoObject *delegate);
MonoMethod *__real_mono_marshal_get_delegate_invoke(MonoMethod *invoke, MonoObject *delegate);
void *__real_mono_aot_get_method(MonoMethod *method, void *error);

// The wrappers, a set by open addressing: there is one for each type and kind.
static MonoMethod **wrappers;
static size_t count, room;

static MonoMethod **place_of(MonoMethod **table, size_t size, MonoMethod *method) {
  size_t at = ((uintptr_t)method >> 3) * 2654435761u & (size - 1);
  while (table[at] && table[at] != method) at = (at + 1) & (size - 1);
  return &table[at];
}

static void keep(MonoMethod *method) {
  if (2 * count >= room) {
    size_t larger = room ? 2 * room : 32;
    MonoMethod **table = calloc(larger, sizeof *table);
    if (!table) isolator_panic("out of memory while making a delegate");
    for (size_t i = 0; i < room; i++)
      if (wrappers[i]) *place_of(table, larger, wrappers[i]) = wrappers[i];
    free(wrappers);
    wrappers = table;
    room = larger;
  }
  MonoMethod **place = place_of(wrappers, room, method);
  count += !*place;
  *place = method;
}

// Whether a wrapper is being made that only the interpreter runs.
static bool interpreted;

MonoMethod *__wrap_mono_marshal_get_delegate_invoke(MonoMethod *invoke, MonoObject *delegate) {
  interpreted = delegate && mono_marshal_get_delegate_invoke_subtype(invoke, delegate);
  bool is_kept = interpreted;
  MonoMethod *wrapper = __real_mono_marshal_get_delegate_invoke(invoke, delegate);
  interpreted = false;
  if (is_kept) keep(wrapper);
  return wrapper;
}

// The instruction that looks the method up is given the place of the object by the wrapper. Compiled code takes it for that; the
// interpreter takes it for the object.
void __real_mono_mb_emit_ldarg_addr(void *builder, uint32_t argument);
void mono_mb_emit_ldarg(void *builder, uint32_t argument);
void __wrap_mono_mb_emit_ldarg_addr(void *builder, uint32_t argument) {
  (interpreted ? mono_mb_emit_ldarg : __real_mono_mb_emit_ldarg_addr)(builder, argument);
}

void *__wrap_mono_aot_get_method(MonoMethod *method, void *error) {
  if (count && *place_of(wrappers, room, method)) return NULL;
  return __real_mono_aot_get_method(method, error);
}

// ---- an open delegate that is given no object ----

// The interpreter looks for the method in the type of the object, which it does not expect to be missing: the type of the object at address 0.
static MonoMethod *no_object;  // NoObject.Throw

void *mono_interp_get_imethod(MonoMethod *method);
void *__real_get_virtual_method(void *method, void *type);
void *__wrap_get_virtual_method(void *method, void *type) {
  return type || !no_object ? __real_get_virtual_method(method, type) : mono_interp_get_imethod(no_object);
}

void delegates_bind(MonoImage *image) {
  MonoClass *owner = mono_class_from_name(image, "Isolator.Runtime.Hosting", "NoObject");
  if (!owner) isolator_panic("Isolator.Runtime.dll has no class Isolator.Runtime.Hosting.NoObject");
  no_object = mono_class_get_method_from_name(owner, "Throw", 0);
  if (!no_object) isolator_panic("Isolator.Runtime.Hosting.NoObject has no method Throw");
}
