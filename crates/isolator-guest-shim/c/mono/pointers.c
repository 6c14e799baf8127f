// Function pointers to interpreted methods with many parameters, in a guest with compiled code.
//
// A pointer is a descriptor whose native entry is for compiled callers. It needs a compiled wrapper for the signature, which
// exists for the signatures that compiled code calls. For up to eight parameters the interpreter makes do without; for
// more it ends the process. But code that is interpreted never takes the entry: so where there is no wrapper, and hence no
// compiled caller, the descriptor gets an entry that nobody calls.
#include <stdlib.h>
#include <string.h>

#include <mono/metadata/loader.h>
#include <mono/metadata/metadata.h>

#include "bridge.h"
#include "pointers.h"

// What the interpreter gives the rest of the runtime; only the one entry here is known by its place.
typedef void (*callback)(void);
enum { CREATE_POINTER = 3, CALLBACKS = 40, INTERPRETERS_OWN = 8 };
typedef void *create_pointer(MonoMethod *method, int32_t unbox, void *error);

void __real_mini_install_interp_callbacks(const callback *callbacks);
void *mini_llvmonly_create_ftndesc(MonoMethod *method, void *address, void *argument);
MonoMethod *mini_get_interp_in_wrapper(MonoMethodSignature *signature);
void *mono_aot_get_method(MonoMethod *method, void *error);
void mono_error_init(void *error);
void mono_error_cleanup(void *error);
// In faults.c, whose header names the runtime's errors otherwise.
MonoMethod *faults_array_accessor(MonoMethod *method);

static callback callbacks[CALLBACKS];
static create_pointer *original;

// Descriptors by method and whether it takes a boxed struct: open addressing, never emptied, as methods are not.
struct pointer {
  MonoMethod *method;
  void *descriptor[2];
};
static struct pointer *pointers;
static size_t pointer_count, pointer_room;

static struct pointer *place_of(struct pointer *table, size_t room, MonoMethod *method) {
  size_t at = ((uintptr_t)method >> 3) * 2654435761u & (room - 1);
  while (table[at].method && table[at].method != method) at = (at + 1) & (room - 1);
  return &table[at];
}

static struct pointer *pointer_to(MonoMethod *method) {
  if (2 * pointer_count >= pointer_room) {
    size_t room = pointer_room ? 2 * pointer_room : 64;
    struct pointer *larger = calloc(room, sizeof *larger);
    if (!larger) isolator_panic("out of memory while making a function pointer");
    for (size_t i = 0; i < pointer_room; i++)
      if (pointers[i].method) *place_of(larger, room, pointers[i].method) = pointers[i];
    free(pointers);
    pointers = larger;
    pointer_room = room;
  }
  struct pointer *pointer = place_of(pointers, pointer_room, method);
  pointer_count += !pointer->method;
  pointer->method = method;
  return pointer;
}

static void never(void) { isolator_panic("compiled code called a method that it has no wrapper for"); }

static void *create(MonoMethod *method, int32_t unbox, void *error) {
  MonoMethodSignature *signature = mono_method_signature(method);
  if (!signature || mono_signature_get_param_count(signature) <= INTERPRETERS_OWN)
    return original(method, unbox, error);
  struct pointer *pointer = pointer_to(method);
  void **descriptor = &pointer->descriptor[unbox != 0];
  if (*descriptor) return *descriptor;
  uint64_t looking[32];  // room for a MonoError, whose layout is the runtime's own
  mono_error_init(looking);
  void *compiled = mono_aot_get_method(mini_get_interp_in_wrapper(signature), looking);
  mono_error_cleanup(looking);
  void *made = compiled ? original(method, unbox, error) : mini_llvmonly_create_ftndesc(method, (void *)never, NULL);
  // What was called may have made other pointers, and moved the table.
  pointer_to(method)->descriptor[unbox != 0] = made;
  return made;
}

// Asked for the descriptor of any method. There is none of a method that has neither compiled code nor any that is interpreted: abstract
// ones, and those of delegates that the runtime itself would answer (`BeginInvoke`). Whoever calls it finds out; to have a pointer is no fault.
void *__real_mini_llvmonly_load_method_ftndesc(MonoMethod *method, int32_t shared, int32_t unbox, void *error);
void *__wrap_mini_llvmonly_load_method_ftndesc(MonoMethod *method, int32_t shared, int32_t unbox, void *error) {
  void *made = __real_mini_llvmonly_load_method_ftndesc(method, shared, unbox, error);
  if (made) return made;
  mono_error_cleanup(error);
  mono_error_init(error);
  void **descriptor = &pointer_to(method)->descriptor[unbox != 0];
  if (!*descriptor) *descriptor = mini_llvmonly_create_ftndesc(method, (void *)never, NULL);
  return *descriptor;
}

// There is no compiled code of an array's `Get`, `Set` or `Address`, and who asks for it takes the interpreter's: see faults.c.
void *__real_mono_compile_method_checked(MonoMethod *method, void *error);
void *__wrap_mono_compile_method_checked(MonoMethod *method, void *error) {
  return faults_array_accessor(method) ? NULL : __real_mono_compile_method_checked(method, error);
}

void *pointer_to_interpreted(MonoMethod *method) {
  if (!original) return NULL;
  struct pointer *pointer = pointer_to(method);
  if (pointer->descriptor[0]) return pointer->descriptor[0];
  uint64_t error[32];  // as above
  mono_error_init(error);
  void *made = create(method, 0, error);
  mono_error_cleanup(error);
  pointer_to(method)->descriptor[0] = made;
  return made;
}

// The interpreter's callbacks are a table of functions. `create` asserts that it takes the right one by being called: see the
// test of methods with many parameters.
void __wrap_mini_install_interp_callbacks(const callback *table) {
  memcpy(callbacks, table, sizeof callbacks);
  original = (create_pointer *)(void *)table[CREATE_POINTER];
  callbacks[CREATE_POINTER] = (callback)(void *)create;
  __real_mini_install_interp_callbacks(callbacks);
}
