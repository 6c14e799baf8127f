// The way from interpreted into compiled code.
//
// The interpreter calls a compiled method through three functions and a wrapper for its signature, and writes the address of each argument down for them. It
// has a place for something shorter, which its own compiler of traces fills in a browser. Here that is one of the functions in src/mono/thunks.rs, for
// usual signatures of numbers, references and small structs; for rare signatures the general way stays.
//
// Compiled code takes a struct of one number as that number, any other by its address, and gives one back through an address that comes first.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mono/metadata/class.h>
#include <mono/metadata/metadata.h>

#include "thunks.h"

int32_t mono_mint_type(MonoType *type);
int32_t mono_interp_type_size(MonoType *type, int32_t kind, int32_t *alignment);
int32_t mini_wasm_is_scalar_vtype(MonoType *type, MonoType **of);
extern int32_t mono_opt_jiterpreter_jit_call_trampoline_hit_count;

// A signature in a number, as src/mono/thunks.rs writes it, and the function for it: by number.
struct thunk {
  uint32_t signature;
  void (*function)(void *result, void *stack, void *function, int32_t *thrown);
};
extern const struct thunk isol_thunks[];
extern const uint32_t isol_thunk_count;

// Structs by their size in slots.
enum word { I32, I64, F32, F64, SLOT, TWO_SLOTS, EIGHT_SLOTS, OTHER };
enum { NOTHING = 4, STRUCT = 5, MOST_SLOTS = 8 };
enum {
  MOST = 10,
  // Behind these are only 32-bit words.
  MOST_TOLD = 8,
  SLOT_SIZE = 8,
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

// The interpreter's own numbers, of which the small integers come first.
enum { LAST_OF_32 = 4, OF_64 = 5, OF_FLOAT = 6, OF_DOUBLE = 7, OF_REFERENCE = 8, OF_STRUCT = 9, OF_VOID = 10 };

static enum word word_of(MonoType *type) {
  if (mono_type_is_byref(type)) return I32;
  switch (mono_mint_type(type)) {
    case OF_64: return I64;
    case OF_FLOAT: return F32;
    case OF_DOUBLE: return F64;
    case OF_REFERENCE: return I32;
    default: return mono_mint_type(type) <= LAST_OF_32 ? I32 : OTHER;
  }
}

static bool is_struct(MonoType *type) { return !mono_type_is_byref(type) && mono_mint_type(type) == OF_STRUCT; }

// What a struct of one number is passed as. Behind one that is smaller than 32 bits there is anything in its slot.
static enum word word_in(MonoType *number) {
  int32_t kind = mono_mint_type(number);
  return kind < LAST_OF_32 ? OTHER : word_of(number);
}

// A struct on the interpreter's stack. Vectors lie at multiples of 16, which is no place of their own where they come first.
static enum word word_of_struct(MonoType *type, uint32_t *slots) {
  MonoType *number = NULL;
  int32_t alignment = 0, size = mono_interp_type_size(type, OF_STRUCT, &alignment);
  if (*slots * SLOT_SIZE % (uint32_t)alignment != 0) return OTHER;
  *slots += (uint32_t)size / SLOT_SIZE;
  if (mini_wasm_is_scalar_vtype(type, &number)) return alignment > SLOT_SIZE ? OTHER : word_in(number);
  switch (size / SLOT_SIZE) {
    case 1: return SLOT;
    case 2: return TWO_SLOTS;
    case MOST_SLOTS: return EIGHT_SLOTS;
    default: return OTHER;
  }
}

enum { NO_RESULT = -1 };

static int32_t result_of(MonoType *type) {
  if (!mono_type_is_byref(type) && mono_mint_type(type) == OF_VOID) return NOTHING;
  MonoType *number = NULL;
  enum word word = OTHER;
  if (!is_struct(type)) {
    word = word_of(type);
  } else {
    int32_t alignment = 0, size = mono_interp_type_size(type, OF_STRUCT, &alignment);
    if (!mini_wasm_is_scalar_vtype(type, &number)) return size / SLOT_SIZE <= MOST_SLOTS && size > 0 ? STRUCT - 1 + size / SLOT_SIZE : NO_RESULT;
    if (alignment <= SLOT_SIZE) word = word_in(number);
  }
  return word == OTHER ? NO_RESULT : (int32_t)word;
}

// The number of a signature; -1: it has no thunk.
static uint32_t number_of(MonoMethodSignature *signature) {
  int32_t result = result_of(mono_signature_get_return_type(signature));
  if (result == NO_RESULT) return UINT32_MAX;
  uint32_t count = 0, slots = 0, words = 0;
  // The address of the object, or of the struct.
  if (mono_signature_is_instance(signature)) count++, slots++;
  void *next = NULL;
  for (MonoType *type; (type = mono_signature_get_params(signature, &next));) {
    enum word word = is_struct(type) ? word_of_struct(type, &slots) : word_of(type);
    if (!is_struct(type)) slots++;
    if (word == OTHER || count == MOST || (count >= MOST_TOLD && word != I32)) return UINT32_MAX;
    if (word != I32) words |= (uint32_t)word << (8 + 3 * count);
    count++;
  }
  return (uint32_t)result | count << 4 | words;
}

static void give_thunk(struct call_info *info) {
  if (info->thunk || info->without_wrapper) return;
  uint32_t wanted = number_of(info->signature);
  uint32_t from = 0, to = isol_thunk_count;
  while (from < to) {
    uint32_t middle = from + (to - from) / 2;
    if (isol_thunks[middle].signature < wanted) from = middle + 1;
    else to = middle;
  }
  if (from < isol_thunk_count && isol_thunks[from].signature == wanted) info->thunk = (void *)isol_thunks[from].function;
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
