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
#include <mono/metadata/attrdefs.h>
#include <mono/metadata/class.h>
#include <mono/metadata/loader.h>
#include <mono/metadata/object.h>

#include "bridge.h"
#include "delegates.h"

static MonoMethod *no_object;  // NoObject.Throw

// What was made of a delegate's type and a method: open addressing, never emptied, as methods are not.
struct made {
  MonoMethod *invoke, *of, *wrapper;
};
static struct made *all;
static size_t count, room;

static struct made *place_of(struct made *table, size_t size, MonoMethod *invoke, MonoMethod *of) {
  size_t at = (((uintptr_t)invoke >> 3) * 2654435761u ^ ((uintptr_t)of >> 3) * 40503u) & (size - 1);
  while (table[at].invoke && (table[at].invoke != invoke || table[at].of != of)) at = (at + 1) & (size - 1);
  return &table[at];
}

static struct made *find(MonoMethod *invoke, MonoMethod *of) {
  if (2 * count >= room) {
    size_t larger = room ? 2 * room : 32;
    struct made *table = calloc(larger, sizeof *table);
    if (!table) isolator_panic("out of memory while making a delegate");
    for (size_t i = 0; i < room; i++)
      if (all[i].invoke) *place_of(table, larger, all[i].invoke, all[i].of) = all[i];
    free(all);
    all = table;
    room = larger;
  }
  struct made *found = place_of(all, room, invoke, of);
  count += !found->invoke;
  found->invoke = invoke;
  found->of = of;
  return found;
}

// Wrappers that only the interpreter runs: in the table as what they are themselves.
static void keep(MonoMethod *wrapper) { find(wrapper, NULL)->wrapper = wrapper; }

static bool is_kept(MonoMethod *method) { return count && place_of(all, room, method, NULL)->invoke; }

void *__real_mono_aot_get_method(MonoMethod *method, void *error);
void *__wrap_mono_aot_get_method(MonoMethod *method, void *error) {
  return is_kept(method) ? NULL : __real_mono_aot_get_method(method, error);
}

// ---- methods of structs ----

// The plain wrapper, where it is not compiled and the interpreter runs it, hands the box to a struct's method, which then takes the head of the box
// for its first field. So what is called then opens the box itself.

static uint32_t target_at, method_at, list_at;  // where a delegate has them

void *mono_mb_new(MonoClass *owner, const char *name, int32_t kind);
void mono_mb_free(void *builder);
void mono_mb_emit_ldarg(void *builder, uint32_t argument);
void mono_mb_emit_ldflda(void *builder, int32_t offset);
void mono_mb_emit_byte(void *builder, uint8_t code);
int32_t mono_mb_emit_branch(void *builder, uint8_t code);
void mono_mb_patch_branch(void *builder, uint32_t at);
void mono_mb_emit_op(void *builder, uint8_t code, void *of);
MonoMethod *mono_mb_create_method(void *builder, MonoMethodSignature *signature, int32_t stack);

enum { DELEGATE_INVOKE = 1 };
enum { BRFALSE = 0x39, CALL = 0x28, LDIND_REF = 0x50, RET = 0x2a, UNBOX = 0x79 };

// The method of a struct, if that is what the delegate calls.
static MonoMethod *of_struct(MonoObject *delegate) {
  MonoMethod *method = *(MonoMethod **)(void *)((char *)delegate + method_at);
  MonoObject *target = *(MonoObject **)(void *)((char *)delegate + target_at);
  bool is_one = method && target && !(mono_method_get_flags(method, NULL) & MONO_METHOD_ATTR_STATIC) &&
                mono_class_is_valuetype(mono_method_get_class(method)) && mono_class_is_valuetype(mono_object_get_class(target));
  return is_one ? method : NULL;
}

static bool is_compiled(MonoMethod *wrapper) {
  uint64_t error[32];  // room for a MonoError, whose layout is the runtime's own
  mono_error_init((MonoError *)(void *)error);
  void *found = __real_mono_aot_get_method(wrapper, error);
  mono_error_cleanup((MonoError *)(void *)error);
  return found;
}

static MonoMethod *opening(MonoMethod *invoke, MonoMethod *method, MonoMethod *plain) {
  struct made *made = find(invoke, method);
  if (made->wrapper) return made->wrapper;
  MonoMethodSignature *signature = mono_method_signature(invoke);
  uint32_t parameters = mono_signature_get_param_count(signature);
  void *builder = mono_mb_new(mono_method_get_class(invoke), "invoke_of_struct", DELEGATE_INVOKE);
  mono_mb_emit_ldarg(builder, 0);
  mono_mb_emit_ldflda(builder, (int32_t)list_at);
  mono_mb_emit_byte(builder, LDIND_REF);
  int32_t single = mono_mb_emit_branch(builder, BRFALSE);
  for (uint32_t i = 0; i <= parameters; i++) mono_mb_emit_ldarg(builder, i);
  mono_mb_emit_op(builder, CALL, plain);
  mono_mb_emit_byte(builder, RET);
  mono_mb_patch_branch(builder, (uint32_t)single);
  mono_mb_emit_ldarg(builder, 0);
  mono_mb_emit_ldflda(builder, (int32_t)target_at);
  mono_mb_emit_byte(builder, LDIND_REF);
  mono_mb_emit_op(builder, UNBOX, mono_method_get_class(method));
  for (uint32_t i = 1; i <= parameters; i++) mono_mb_emit_ldarg(builder, i);
  mono_mb_emit_op(builder, CALL, method);
  mono_mb_emit_byte(builder, RET);
  MonoMethod *wrapper = mono_mb_create_method(builder, signature, (int32_t)parameters + 4);
  mono_mb_free(builder);
  keep(wrapper);
  // What was called may have moved the table.
  find(invoke, method)->wrapper = wrapper;
  return wrapper;
}

// ---- which wrapper ----

// Whether a wrapper is being made that only the interpreter runs.
static bool interpreted;

int32_t mono_marshal_get_delegate_invoke_subtype(MonoMethod *invoke, MonoObject *delegate);
MonoMethod *__real_mono_marshal_get_delegate_invoke(MonoMethod *invoke, MonoObject *delegate);
MonoMethod *__wrap_mono_marshal_get_delegate_invoke(MonoMethod *invoke, MonoObject *delegate) {
  bool is_special = delegate && mono_marshal_get_delegate_invoke_subtype(invoke, delegate);
  interpreted = is_special;
  MonoMethod *wrapper = __real_mono_marshal_get_delegate_invoke(invoke, delegate);
  interpreted = false;
  if (is_special) keep(wrapper);
  if (!delegate || is_special || !no_object) return wrapper;
  MonoMethod *method = of_struct(delegate);
  return method && !is_compiled(wrapper) ? opening(invoke, method, wrapper) : wrapper;
}

// The instruction that looks the method up is given the place of the object by the wrapper. Compiled code takes it for that; the
// interpreter takes it for the object.
void __real_mono_mb_emit_ldarg_addr(void *builder, uint32_t argument);
void __wrap_mono_mb_emit_ldarg_addr(void *builder, uint32_t argument) {
  (interpreted ? mono_mb_emit_ldarg : __real_mono_mb_emit_ldarg_addr)(builder, argument);
}

// ---- an open delegate that is given no object ----

// The interpreter looks for the method in the type of the object, which it does not expect to be missing: the type of the object at address 0.
void *mono_interp_get_imethod(MonoMethod *method);
void *__real_get_virtual_method(void *method, void *type);
void *__wrap_get_virtual_method(void *method, void *type) {
  return type || !no_object ? __real_get_virtual_method(method, type) : mono_interp_get_imethod(no_object);
}

static uint32_t place_of_field(const char *type, const char *name) {
  MonoClass *owner = mono_class_from_name(mono_get_corlib(), "System", type);
  MonoClassField *field = owner ? mono_class_get_field_from_name(owner, name) : NULL;
  if (!field) isolator_panic("System.%s has no field %s: see delegates.c", type, name);
  return mono_field_get_offset(field);
}

void delegates_bind(MonoImage *image) {
  target_at = place_of_field("Delegate", "_target");
  method_at = place_of_field("Delegate", "method");
  list_at = place_of_field("MulticastDelegate", "delegates");
  MonoClass *owner = mono_class_from_name(image, "Isolator.Runtime.Hosting", "NoObject");
  if (!owner) isolator_panic("Isolator.Runtime.dll has no class Isolator.Runtime.Hosting.NoObject");
  no_object = mono_class_get_method_from_name(owner, "Throw", 0);
  if (!no_object) isolator_panic("Isolator.Runtime.Hosting.NoObject has no method Throw");
}
