// The way from interpreted into compiled code.
//
// The interpreter calls a compiled method through three functions and a wrapper for its signature, and writes the address of each argument down for them. It
// has a place for something shorter, which its own compiler of traces fills in a browser. Here that is one of the functions in src/mono/thunks.rs, for
// signatures of numbers and references; where a struct is passed or returned, and for rare signatures, the general way stays.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mono/metadata/class.h>
#include <mono/metadata/metadata.h>

#include "thunks.h"

int32_t mono_mint_type(MonoType *type);
extern int32_t mono_opt_jiterpreter_jit_call_trampoline_hit_count;

// A signature in a number, as src/mono/thunks.rs writes it, and the function for it. The last one has none.
struct thunk {
  uint32_t signature;
  void (*function)(void *result, void *stack, void *function, int32_t *thrown);
};
extern const struct thunk isol_thunks[];

enum word { I32, I64, F32, F64, NOTHING, OTHER };
enum {
  MOST = 10,
  // How often a method was called before the call at which the interpreter asks, for which it is counted already.
  BEFORE = 0,
};

// What the interpreter knows of a compiled method.
struct call_info {
  void *address, *argument, *wrapper;
  MonoMethodSignature *signature;
  void *arguments;
  int32_t result_size, result_type;
  // It takes addresses for all arguments itself, as what is shared by all structs does.
  int32_t without_wrapper;
  int32_t calls;
  void *thunk;
};

static enum word word_of(MonoType *type) {
  // The interpreter's own numbers, of which the small integers come first.
  enum { LAST_OF_32 = 4, OF_64 = 5, OF_FLOAT = 6, OF_DOUBLE = 7, OF_REFERENCE = 8, OF_VOID = 10 };
  if (mono_type_is_byref(type)) return I32;
  switch (mono_mint_type(type)) {
    case OF_64: return I64;
    case OF_FLOAT: return F32;
    case OF_DOUBLE: return F64;
    case OF_REFERENCE: return I32;
    case OF_VOID: return NOTHING;
    default: return mono_mint_type(type) <= LAST_OF_32 ? I32 : OTHER;
  }
}

// The number of a signature; -1: it has no thunk.
static uint32_t number_of(MonoMethodSignature *signature) {
  enum word result = word_of(mono_signature_get_return_type(signature));
  if (result == OTHER) return UINT32_MAX;
  uint32_t count = 0, words = 0;
  // The address of the object, or of the struct.
  if (mono_signature_is_instance(signature)) count++;
  void *next = NULL;
  for (MonoType *type; (type = mono_signature_get_params(signature, &next));) {
    enum word word = word_of(type);
    if (word >= NOTHING || count == MOST) return UINT32_MAX;
    words |= (uint32_t)word << (7 + 2 * count++);
  }
  return (uint32_t)result | count << 3 | words;
}

static void give_thunk(struct call_info *info) {
  if (info->thunk || info->without_wrapper) return;
  uint32_t wanted = number_of(info->signature);
  for (const struct thunk *thunk = isol_thunks; thunk->function; thunk++)
    if (thunk->signature == wanted) info->thunk = (void *)thunk->function;
}

// Where a method's own structure has what is known of calling it: told by the first call of all.
enum { UNKNOWN, WORDS = 32 };
static uint32_t place;

// A compiled method is called for the first time. What the general way leaves on the stack of arguments, which is searched for references, would
// stay there for all that comes the short way, so it is not taken once.
void __real_init_jit_call_info(struct call_info **interpreted, void *error);
void __wrap_init_jit_call_info(struct call_info **interpreted, void *error) {
  __real_init_jit_call_info(interpreted, error);
  if (place != UNKNOWN && interpreted[place]) give_thunk(interpreted[place]);
}

// It has none yet. The interpreter's counter is found to be where it is taken to be, or there is none.
void mono_interp_jit_wasm_jit_call_trampoline(void *method, struct call_info **interpreted, struct call_info *info, void *offsets,
                                              int32_t catches) {
  (void)method, (void)offsets, (void)catches;
  if (info->calls != BEFORE + 1) return;
  for (uint32_t i = 1; place == UNKNOWN && i < WORDS; i++)
    if (interpreted[i] == info) place = i;
  give_thunk(info);
}

// Frames that an exception left are still in memory, with references to all that they worked with, and what is called next lies over them with
// gaps. The collector takes what is in a gap for a reference, which it must not where memory has run out: the nearest frames are cleared.
static void forget_frames(uintptr_t end) {
  enum { MOST = 16 << 10, OWN = 64 };
  uintptr_t top = end - OWN, size = top < MOST ? top : MOST;
  __builtin_memset((void *)(top - size), 0, size);
}

void mono_interp_invoke_wasm_jit_call_trampoline(void *thunk, void *result, void *stack, void *function, int32_t *thrown) {
  ((void (*)(void *, void *, void *, int32_t *))thunk)(result, stack, function, thrown);
  if (*thrown) forget_frames((uintptr_t)__builtin_frame_address(0));
}

void thunks_begin(void) { mono_opt_jiterpreter_jit_call_trampoline_hit_count = BEFORE; }
