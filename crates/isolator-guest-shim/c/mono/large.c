// Large values in interpreted code: fields beyond 64 KiB of an object, values of 64 KiB, as many bytes of locals.
//
// The interpreter's instructions have 16 bits for an offset and for a size, and for a variable's place in its frame. What does not fit is written
// in another way here, or refused before any of the method runs:
// - A field that is far away is reached in steps (large_fields.c).
// - Locals of many bytes are in a block of their own, which the method takes when it is entered, as `stackalloc` does. Its code is then
//   optimized at once, since a frame of the other kind could not be continued in it (large_locals.c).
// - A large value on IL's stack is the address of a copy in that block. Where such an address would be taken for the value (an argument, a
//   result, a field of that type), the method is refused.
#include <stdlib.h>
#include <string.h>

#include <mono/metadata/appdomain.h>
#include <mono/metadata/loader.h>

#include "bridge.h"
#include "codegen.h"
#include "faults.h"
#include "large.h"
#include "training.h"

enum { ARGUMENTS_OF_CALL = -2 };

// Flags of a method while its code is made.
enum { OPTIMIZED = 1 << 3, AGAIN = 1 << 9 };

struct making *large_making;

void __real_mono_interp_transform_method(MonoMethod **interpreted, void *context, void *error);
void __real_interp_method_compute_offsets(struct codegen *codegen, void *interpreted, MonoMethodSignature *signature,
                                          MonoMethodHeader *header, void *error);
int32_t __real_generate_code(struct codegen *codegen, MonoMethod *method, MonoMethodHeader *header, void *context, void *error);
int32_t mono_class_native_size(MonoClass *type, uint32_t *alignment);
void mono_free(void *memory);
void mono_error_set_not_supported(void *error, const char *format, ...);
void mono_error_set_type_load_class(void *error, MonoClass *type, const char *format, ...);

// ---- what is large ----

bool large_is(MonoClass *type) {
  uint32_t alignment;
  return type && mono_class_is_valuetype(type) && mono_class_value_size(type, &alignment) >= LARGE;
}

bool large_is_on(const struct stack_place *place) { return place->kind == ON_STACK_STRUCT && large_is(place->type); }

bool large_is_type(MonoType *type) {
  return !mono_type_is_byref(type) && mono_mint_type(type) == OF_STRUCT && large_is(mono_class_from_mono_type(type));
}

void large_refuse(MonoClass *type) {
  if (large_making && !large_making->refused) large_making->refused = type;
}

static void report(struct making *mine, void *error) {
  MonoClass *type = mine->refused;
  uint32_t alignment;
  char *name = mono_type_get_name(mono_class_get_type(type));
  if (mine->of_array)
    mono_error_set_type_load_class(error, type, "Array of type '%s' cannot be created because base value type is too large.", name);
  else
    mono_error_set_not_supported(error,
                                 "A value of the type %s has %d bytes, and interpreted code can neither pass nor return nor store one of %d bytes and "
                                 "more as a whole. Pass it by reference, or keep the data in an array.",
                                 name, mono_class_value_size(type, &alignment), LARGE);
  mono_free(name);
}

// The sizes of which the code generator makes part of an instruction: it is told another where that cannot be. src/mono/archives.rs gives it these in the
// place of the runtime's functions.
int32_t isol_class_value_size(MonoClass *type, uint32_t *alignment) {
  int32_t size = mono_class_value_size(type, alignment);
  struct codegen *codegen = large_making ? large_making->codegen : NULL;
  if (!codegen || size < LARGE || !mono_class_is_valuetype(type)) return size;
  struct instruction *last = codegen->last;
  if (last && last->opcode == OP(ZEROBLK_IMM)) {
    int32_t zero = codegen_variable(codegen, mono_get_int32_class()), all = codegen_variable(codegen, mono_get_int32_class());
    memcpy(codegen_add(codegen, OP(LDC_I4), zero, 0, 0)->data, &(int32_t){0}, sizeof(int32_t));
    memcpy(codegen_add(codegen, OP(LDC_I4), all, 0, 0)->data, &size, sizeof size);
    // The size is written into the last instruction, so it needs room for it.
    struct instruction *fill = __real_interp_add_ins_explicit(codegen, OP(INITBLK), mono_interp_oplen[OP(INITBLK)] + 1);
    fill->sources[0] = last->sources[0];
    fill->sources[1] = zero;
    fill->sources[2] = all;
    last->opcode = OP(NOP);
    return 0;
  }
  if (last && last->opcode == OP(CPOBJ_VT_NOREF)) {
    last->opcode = OP(CPOBJ_VT);
    return get_data_item_index(codegen, type);
  }
  large_refuse(type);
  return SLOT;
}

int32_t isol_class_native_size(MonoClass *type, uint32_t *alignment) {
  int32_t size = mono_class_native_size(type, alignment);
  if (!large_making || !large_making->codegen || size < LARGE) return size;
  large_refuse(type);
  return SLOT;
}

int32_t isol_class_array_element_size(MonoClass *type) {
  int32_t size = mono_class_array_element_size(type);
  if (!large_making || !large_making->codegen || size < LARGE) return size;
  large_refuse(type);
  large_making->of_array = true;
  return SLOT;
}

// A new variable; of a large value it holds the address.
int32_t large_variable(struct codegen *codegen, MonoType *type, int32_t size) {
  if (!large_making || large_making->codegen != codegen || !large_is_type(type)) return __real_interp_create_var_explicit(codegen, type, size);
  if (large_making->address_count == large_making->address_room) {
    large_making->address_room = large_making->address_room ? 2 * large_making->address_room : 16;
    large_making->addresses = realloc(large_making->addresses, large_making->address_room * sizeof *large_making->addresses);
    if (!large_making->addresses) isolator_panic("out of memory while making a method's code");
  }
  int32_t variable = __real_interp_create_var_explicit(codegen, type, SLOT);
  large_making->addresses[large_making->address_count++] = (struct address){variable, mono_class_from_mono_type(type)};
  return variable;
}

// Of which value a variable holds the address.
static MonoClass *address_of(int32_t variable) {
  for (size_t i = 0; i < large_making->address_count; i++)
    if (large_making->addresses[i].variable == variable) return large_making->addresses[i].type;
  return NULL;
}

static void must_be_none(int32_t variable) {
  MonoClass *type = address_of(variable);
  if (type) large_refuse(type);
}

// An address that is used as if it were the value.
static void find_misuse(struct codegen *codegen) {
  for (struct block *block = codegen->entry; block; block = block->next)
    for (struct instruction *next = block->first; next; next = next->next) {
      uint16_t opcode = next->opcode;
      bool moves = opcode == OP(MOV_VT);
      bool reads = moves || opcode == OP(CPOBJ_VT) || opcode == OP(LDFLDA) || opcode == OP(LDFLDA_UNSAFE) || opcode == OP(BOX_PTR);
      bool writes = moves || opcode == OP(LDFLDA_UNSAFE);
      int sources = opcode == OP(LDLOCA_S) ? 1 : mono_interp_op_sregs[opcode];
      for (int i = 0; i < sources; i++) {
        if (next->sources[i] == ARGUMENTS_OF_CALL) {
          const int32_t *argument = next->more ? *(const int32_t *const *)next->more : NULL;
          for (; argument && *argument != NONE; argument++) must_be_none(*argument);
        } else if (!reads) {
          must_be_none(next->sources[i]);
        }
      }
      if (mono_interp_op_dregs[opcode] && !writes) must_be_none(next->result);
    }
}

// ---- the code generator's functions ----

void __wrap_mono_interp_transform_method(MonoMethod **interpreted, void *context, void *error) {
  struct making mine = {.outer = large_making};
  large_making = &mine;
  // What comes first of an interpreted method is the method.
  MonoMethod *method = *interpreted, *instead = faults_array_accessor(method);
  if (training_is_on) training_note(method);
  if (instead) *interpreted = instead;
  __real_mono_interp_transform_method(interpreted, context, error);
  *interpreted = method;
  large_making = mine.outer;
  free(mine.types);
  free(mine.places);
  free(mine.addresses);
}

void __wrap_interp_method_compute_offsets(struct codegen *codegen, void *interpreted, MonoMethodSignature *signature,
                                          MonoMethodHeader *header, void *error) {
  struct making *mine = large_making;
  if (!mine) {
    __real_interp_method_compute_offsets(codegen, interpreted, signature, header, error);
    return;
  }
  free(mine->types);
  free(mine->places);
  free(mine->addresses);
  *mine = (struct making){.outer = mine->outer, .codegen = codegen, .block = NONE};
  uint32_t count;
  mono_bool initialized;
  MonoType **types = mono_method_header_get_locals(header, &count, &initialized);
  mine->arguments = (int32_t)mono_signature_get_param_count(signature) + (mono_signature_is_instance(signature) != 0);
  void *next = NULL;
  for (MonoType *type; (type = mono_signature_get_params(signature, &next));)
    if (large_is_type(type)) large_refuse(mono_class_from_mono_type(type));
  if (mine->refused) {
    report(mine, error);
    return;
  }
  large_choose(mine, types, (int32_t)count);
  // A local in the block leaves a place of its own empty.
  for (int32_t i = 0; i < mine->locals; i++)
    if (mine->places[i] != NONE) types[i] = mono_class_get_type(mono_get_intptr_class());
  __real_interp_method_compute_offsets(codegen, interpreted, signature, header, error);
  if (mine->locals) memcpy(types, mine->types, count * sizeof *types);
}

int32_t __wrap_generate_code(struct codegen *codegen, MonoMethod *method, MonoMethodHeader *header, void *context, void *error) {
  struct making *mine = large_making;
  bool inlined = !mine || mine->codegen != codegen || method != codegen->method;
  struct making before = mine ? *mine : (struct making){0};
  if (!inlined && mine->size) mine->again = true;
  int32_t made = __real_generate_code(codegen, method, header, context, error);
  if (!mine) return made;
  if (inlined) {
    if (made && mine->refused == before.refused) return made;
    // It is called then, and says so itself. Variables that were made for it are given to others.
    mine->refused = before.refused;
    mine->of_array = before.of_array;
    mine->block = before.block;
    mine->address_count = before.address_count;
    return 0;
  }
  if (made && mine->again && !(codegen->flags & OPTIMIZED)) {
    codegen->flags |= AGAIN;
    return 0;
  }
  // An address that was inlined away is no misuse: only what is left is looked at.
  if (made && mine->address_count) find_misuse(codegen);
  if (mine->refused && mono_error_ok((MonoError *)error)) report(mine, error);
  if (mine->refused) return 0;
  if (made && mine->block != NONE) large_take_block(codegen);
  return made;
}

