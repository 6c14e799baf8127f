// Pointers by which native code would call managed code: of methods with `UnmanagedCallersOnly`, and of delegates.
//
// Native code that a program brings does not exist here, so whoever calls such a pointer is managed code again. A pointer is the address of an
// entry that says what to call, and where the interpreter is about to call an address that is one it is answered here. Native code of the
// runtime's own that is given one traps: no function of the table has such an address.
#include <stdlib.h>
#include <string.h>

#include <mono/metadata/appdomain.h>
#include <mono/metadata/class.h>
#include <mono/metadata/exception.h>
#include <mono/metadata/loader.h>
#include <mono/metadata/metadata.h>
#include <mono/metadata/mono-gc.h>
#include <mono/metadata/object.h>
#include <mono/metadata/reflection.h>

#include "arguments.h"
#include "bridge.h"
#include "console.h"
#include "interpreter.h"

int32_t mono_type_size(MonoType *type, int *alignment);

typedef MonoObject *volatile *handle;
typedef void *native_entry(MonoMethod *method, void *more);

struct called {
  // A static method, or that of a delegate's type.
  MonoMethod *method;
  // Which delegate, weakly: whoever has the pointer keeps it, as everywhere. NULL: none.
  MonoGCHandle delegate;
  int32_t hash;
  struct called *next;
};

enum { IN_BLOCK = 64, BUCKETS = 256, SLOT = 8 };
struct block {
  struct called entries[IN_BLOCK];
  size_t used;
  struct block *next;
};
static struct block *blocks;
static struct called *buckets[BUCKETS];

static struct called *entry_at(const void *pointer) {
  for (struct block *block = blocks; block; block = block->next)
    if (pointer >= (void *)block->entries && pointer < (void *)(block->entries + block->used))
      return ((uintptr_t)pointer - (uintptr_t)block->entries) % sizeof(struct called) ? NULL : (struct called *)(uintptr_t)pointer;
  return NULL;
}

static struct called *new_entry(MonoMethod *method, MonoGCHandle delegate, int32_t hash) {
  if (!blocks || blocks->used == IN_BLOCK) {
    struct block *block = calloc(1, sizeof *block);
    if (!block) isolator_panic("out of memory while making a function pointer");
    block->next = blocks;
    blocks = block;
  }
  struct called *entry = &blocks->entries[blocks->used++];
  uint32_t bucket = (uint32_t)hash % BUCKETS;
  *entry = (struct called){method, delegate, hash, buckets[bucket]};
  buckets[bucket] = entry;
  return entry;
}

// ---- calls ----

static struct {
  struct called *entry;
  MonoMethodSignature *signature;
  uint8_t *result, *arguments;
} asked;

// What comes of the call that is being answered; a GC handle, for it is thrown once the call is over.
static MonoGCHandle thrown;

static void refuse(const char *type, const char *text) {
  thrown = mono_gchandle_new_v2((MonoObject *)mono_exception_from_name_msg(mono_get_corlib(), "System", type, text), 0);
}

// Whether a value of that type is the same in native code. A bool is not, and is looked after.
static bool is_same(MonoType *type) {
  switch (mono_type_get_type(type)) {
    case MONO_TYPE_STRING:
    case MONO_TYPE_CLASS:
    case MONO_TYPE_OBJECT:
    case MONO_TYPE_SZARRAY:
    case MONO_TYPE_ARRAY:
    case MONO_TYPE_GENERICINST:
      return mono_type_is_byref(type) || mono_type_is_struct(type);
    default:
      return true;
  }
}

static bool is_pointer(MonoType *type) {
  int kind = mono_type_get_type(type);
  return mono_type_is_byref(type) || kind == MONO_TYPE_PTR || kind == MONO_TYPE_FNPTR;
}

enum { MOST = 32 };

// Arguments lie one after the other, each in a slot of its own or, of structs, in as many as it takes.
static int32_t read_arguments(MonoMethodSignature *signature, uint8_t *at, void **arguments, uint8_t *bools) {
  int32_t count = 0;
  void *next = NULL;
  for (MonoType *type; (type = mono_signature_get_params(signature, &next)); count++) {
    if (count == MOST || !is_same(type)) return -1;
    arguments[count] = is_pointer(type) ? *(void **)(void *)at : at;
    if (!mono_type_is_byref(type) && mono_type_get_type(type) == MONO_TYPE_BOOLEAN) {
      bools[count] = *(int32_t *)(void *)at != 0;
      arguments[count] = &bools[count];
    }
    int alignment;
    int32_t size = mono_type_is_struct(type) ? mono_type_size(type, &alignment) : SLOT;
    at += (size + SLOT - 1) & ~(SLOT - 1);
  }
  return count;
}

static void answer(void) {
  __typeof__(asked) call = asked;
  MonoObject *volatile target = NULL;
  if (call.entry->delegate) {
    target = mono_gchandle_get_target_v2(call.entry->delegate);
    if (!target) {
      refuse("InvalidOperationException", "The delegate whose function pointer is called was collected: keep it alive.");
      return;
    }
  }
  MonoMethodSignature *signature = mono_method_signature(call.entry->method);
  void *arguments[MOST];
  uint8_t bools[MOST];
  MonoType *type = mono_signature_get_return_type(signature);
  int32_t count = read_arguments(signature, call.arguments, arguments, bools);
  if (count < 0 || !is_same(type)) {
    refuse("PlatformNotSupportedException",
           "A function pointer of a delegate can be called with numbers, pointers and structs of those. Nothing else is marshalled here.");
    return;
  }
  if (count != (int32_t)mono_signature_get_param_count(call.signature)) {
    refuse("InvalidProgramException", "A function pointer is called with another number of arguments than its method has.");
    return;
  }
  MonoObject *volatile exception = NULL;
  MonoObject *result = mono_runtime_invoke(call.entry->method, (MonoObject *)target, arguments, (MonoObject **)&exception);
  if (exception) thrown = mono_gchandle_new_v2((MonoObject *)exception, 0);
  if (exception || !result) return;
  int alignment, size = mono_type_size(type, &alignment);
  memset(call.result, 0, SLOT);
  memcpy(call.result, mono_object_unbox(result), (size_t)size);
}

void __real_do_icall_wrapper(void *frame, MonoMethodSignature *signature, int32_t kind, void *result, void *arguments, void *pointer,
                             int32_t save_error, void *transitions);

// A frame of the interpreter, and where it is in its code.
struct running {
  uint32_t others[4];
  const uint16_t *at;
};
void interp_throw(struct interpreter *interpreter, MonoObject *exception, void *frame, const uint16_t *at, int32_t again);

// Of an address that is no function's and no entry.
static void refused(void) {
  refuse("PlatformNotSupportedException",
         "This is no pointer to native code, which is what is called here: it leads to managed code, or nowhere. Use `delegate* managed` for a method's "
         "address, or a delegate.");
}

// Calls what an entry says; without one, refuses.
static void call_entry(void *frame, MonoMethodSignature *signature, struct called *entry, void *result, void *arguments, void *transitions) {
  enum { WITHOUT_ANYTHING = 0 };
  asked.entry = entry;
  asked.signature = signature;
  asked.result = result;
  asked.arguments = arguments;
  __real_do_icall_wrapper(frame, signature, WITHOUT_ANYTHING, result, arguments, (void *)(entry ? answer : refused), 0, transitions);
  if (!thrown) return;
  MonoObject *volatile exception = mono_gchandle_get_target_v2(thrown);
  mono_gchandle_free_v2(thrown);
  thrown = NULL;
  interp_throw(mono_jiterp_get_context(), (MonoObject *)exception, frame, ((struct running *)frame)->at, 0);
}

// No function has an address as large as that of anything in memory.
static bool may_be_entry(const void *pointer) {
  extern unsigned char __global_base;
  return (uintptr_t)pointer >= (uintptr_t)&__global_base;
}

void __wrap_do_icall_wrapper(void *frame, MonoMethodSignature *signature, int32_t kind, void *result, void *arguments, void *pointer,
                             int32_t save_error, void *transitions) {
  if (signature && may_be_entry(pointer)) call_entry(frame, signature, entry_at(pointer), result, arguments, transitions);
  else __real_do_icall_wrapper(frame, signature, kind, result, arguments, pointer, save_error, transitions);
}

void __real_ves_pinvoke_method(void *interpreted, MonoMethodSignature *signature, void *pointer, void *context, void *frame, void *result,
                               void *arguments, int32_t save_error, void *cache, void *transitions);
void __wrap_ves_pinvoke_method(void *interpreted, MonoMethodSignature *signature, void *pointer, void *context, void *frame, void *result,
                               void *arguments, int32_t save_error, void *cache, void *transitions) {
  if (may_be_entry(pointer)) call_entry(frame, signature, entry_at(pointer), result, arguments, transitions);
  else if (arguments_are_many(signature)) arguments_call(signature, pointer, result, arguments);
  else
    __real_ves_pinvoke_method(interpreted, signature, pointer, context, frame, result, arguments, save_error, cache, transitions);
}

// ---- where pointers come from ----

static native_entry *of_pack;

static void *of_method(MonoMethod *method, void *more) {
  void *known = of_pack(method, more);
  if (known) return known;
  for (struct called *entry = buckets[0]; entry; entry = entry->next)
    if (entry->method == method && !entry->delegate) return entry;
  return new_entry(method, NULL, 0);
}

void __real_mono_wasm_install_get_native_to_interp_tramp(native_entry *function);
void __wrap_mono_wasm_install_get_native_to_interp_tramp(native_entry *function) {
  of_pack = function;
  __real_mono_wasm_install_get_native_to_interp_tramp(of_method);
}

void *__wrap_ves_icall_System_Runtime_InteropServices_Marshal_GetFunctionPointerForDelegateInternal_raw(handle delegate) {
  MonoClass *type = mono_object_get_class(*delegate);
  if (mono_type_get_type(mono_class_get_type(type)) == MONO_TYPE_GENERICINST) {
    mono_set_pending_exception(mono_get_exception_argument("delegate", "The specified Type must not be a generic type."));
    return NULL;
  }
  int32_t hash = mono_object_hash(*delegate);
  for (struct called *entry = buckets[(uint32_t)hash % BUCKETS]; entry; entry = entry->next)
    if (entry->hash == hash && entry->delegate && mono_gchandle_get_target_v2(entry->delegate) == *delegate) return entry;
  return new_entry(mono_get_delegate_invoke(type), mono_gchandle_new_weakref_v2(*delegate, 0), hash);
}

// The type that is wanted, as managed code hands it over; the delegate goes to where `made` says.
struct type_handle {
  void *kept;
  MonoType *type;
};
void __real_ves_icall_System_Runtime_InteropServices_Marshal_GetDelegateForFunctionPointerInternal_raw(struct type_handle *type, void *pointer,
                                                                                                       handle made);
void __wrap_ves_icall_System_Runtime_InteropServices_Marshal_GetDelegateForFunctionPointerInternal_raw(struct type_handle *type, void *pointer,
                                                                                                       handle made) {
  struct called *entry = may_be_entry(pointer) ? entry_at(pointer) : NULL;
  MonoObject *delegate = entry && entry->delegate ? mono_gchandle_get_target_v2(entry->delegate) : NULL;
  if (delegate && mono_object_get_class(delegate) == mono_class_from_mono_type(type->type)) *made = delegate;
  else __real_ves_icall_System_Runtime_InteropServices_Marshal_GetDelegateForFunctionPointerInternal_raw(type, pointer, made);
}
