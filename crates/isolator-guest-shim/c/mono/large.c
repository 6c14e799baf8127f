// Large values in interpreted code: fields beyond 64 KiB of an object, values of 64 KiB, as many bytes of locals.
//
// The interpreter's instructions have 16 bits for an offset and for a size, and for a variable's place in its frame. What does not fit is written
// in another way here, or refused before any of the method runs:
// - A field that is far away is reached in steps.
// - Locals of many bytes are in a block of their own, which the method takes when it is entered, as `stackalloc` does. Its code is then
//   optimized at once, since a frame of the other kind could not be continued in it.
// - A large value on IL's stack is the address of a copy in that block. Where such an address would be taken for the value (an argument, a
//   result, a field of that type), the method is refused.
#include <stdlib.h>
#include <string.h>

#include <mono/metadata/appdomain.h>
#include <mono/metadata/loader.h>

#include "bridge.h"
#include "codegen.h"
#include "faults.h"

enum {
  SLOT = 8,
  // What an instruction cannot say any more.
  LARGE = 0xffff,
  // How far one instruction reaches, and less.
  STEP = 0xfff0,
  // Of a frame's 64 KiB, what locals may take before they get a block of their own.
  MANY_LOCALS = 40 << 10,
  // The interpreter's number for structs.
  OF_STRUCT = 9,
  NONE = -1,
  ARGUMENTS_OF_CALL = -2,
};

// Flags of a method while its code is made.
enum { HAS_BLOCK = 1 << 0, OPTIMIZED = 1 << 3, AGAIN = 1 << 9 };

struct making {
  struct making *outer;
  struct codegen *codegen;
  // What is refused.
  MonoClass *refused;
  bool of_array;
  // It has what only optimized code can have.
  bool again;
  // Locals in the block: the number of arguments before them, their types, their places or NONE.
  int32_t arguments, locals;
  MonoType **types;
  int32_t *places;
  // The block: the variable that points to it, and its size.
  int32_t block;
  uint32_t size;
  // Variables that hold a large value's address.
  struct address {
    int32_t variable;
    MonoClass *type;
  } *addresses;
  size_t address_count, address_room;
};

static struct making *making;

void __real_mono_interp_transform_method(MonoMethod **interpreted, void *context, void *error);
void __real_interp_method_compute_offsets(struct codegen *codegen, void *interpreted, MonoMethodSignature *signature,
                                          MonoMethodHeader *header, void *error);
int32_t __real_generate_code(struct codegen *codegen, MonoMethod *method, MonoMethodHeader *header, void *context, void *error);
void __real_load_local(struct codegen *codegen, int32_t variable);
void __real_store_local(struct codegen *codegen, int32_t variable);
void __real_push_type_explicit(struct codegen *codegen, int32_t kind, MonoClass *type, int32_t size);
void __real_interp_emit_ldobj(struct codegen *codegen, MonoClass *type);
void __real_interp_emit_stobj(struct codegen *codegen, MonoClass *type, int32_t reverse);
void __wrap_interp_emit_ldobj(struct codegen *codegen, MonoClass *type);
void __wrap_interp_emit_stobj(struct codegen *codegen, MonoClass *type, int32_t reverse);
uint16_t get_data_item_index(struct codegen *codegen, void *item);
MonoClassField *__real_interp_field_from_token(MonoMethod *method, uint32_t token, MonoClass **type, void *context, void *error);
struct instruction *interp_insert_ins_bb(struct codegen *codegen, struct block *block, struct instruction *before, int32_t opcode);
int32_t mono_mint_type(MonoType *type);
int32_t mono_type_size(MonoType *type, int *alignment);
int32_t mono_class_native_size(MonoClass *type, uint32_t *alignment);
void mono_free(void *memory);
void mono_error_set_not_supported(void *error, const char *format, ...);
void mono_error_set_type_load_class(void *error, MonoClass *type, const char *format, ...);

// ---- what is large ----

static bool is_large(MonoClass *type) {
  uint32_t alignment;
  return type && mono_class_is_valuetype(type) && mono_class_value_size(type, &alignment) >= LARGE;
}

bool large_is_on(const struct stack_place *place) { return place->kind == ON_STACK_STRUCT && is_large(place->type); }

static bool is_large_type(MonoType *type) {
  return !mono_type_is_byref(type) && mono_mint_type(type) == OF_STRUCT && is_large(mono_class_from_mono_type(type));
}

static void refuse(MonoClass *type) {
  if (making && !making->refused) making->refused = type;
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
  struct codegen *codegen = making ? making->codegen : NULL;
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
  refuse(type);
  return SLOT;
}

int32_t isol_class_native_size(MonoClass *type, uint32_t *alignment) {
  int32_t size = mono_class_native_size(type, alignment);
  if (!making || !making->codegen || size < LARGE) return size;
  refuse(type);
  return SLOT;
}

int32_t isol_class_array_element_size(MonoClass *type) {
  int32_t size = mono_class_array_element_size(type);
  if (!making || !making->codegen || size < LARGE) return size;
  refuse(type);
  making->of_array = true;
  return SLOT;
}

// A new variable; of a large value it holds the address.
int32_t large_variable(struct codegen *codegen, MonoType *type, int32_t size) {
  if (!making || making->codegen != codegen || !is_large_type(type)) return __real_interp_create_var_explicit(codegen, type, size);
  if (making->address_count == making->address_room) {
    making->address_room = making->address_room ? 2 * making->address_room : 16;
    making->addresses = realloc(making->addresses, making->address_room * sizeof *making->addresses);
    if (!making->addresses) isolator_panic("out of memory while making a method's code");
  }
  int32_t variable = __real_interp_create_var_explicit(codegen, type, SLOT);
  making->addresses[making->address_count++] = (struct address){variable, mono_class_from_mono_type(type)};
  return variable;
}

// Of which value a variable holds the address.
static MonoClass *address_of(int32_t variable) {
  for (size_t i = 0; i < making->address_count; i++)
    if (making->addresses[i].variable == variable) return making->addresses[i].type;
  return NULL;
}

static void must_be_none(int32_t variable) {
  MonoClass *type = address_of(variable);
  if (type) refuse(type);
}

// ---- the block ----

static uint32_t take(uint32_t size) {
  enum { ALIGNMENT = 16 };
  uint32_t place = making->size;
  making->size += (size + ALIGNMENT - 1) & ~(uint32_t)(ALIGNMENT - 1);
  return place;
}

// Adds the instructions for an address in the block; the last one's result is the caller's to say.
static struct instruction *address_in_block(struct codegen *codegen, uint32_t place) {
  if (making->block == NONE) making->block = codegen_variable(codegen, mono_get_intptr_class());
  int32_t source = making->block;
  for (; place > STEP; place -= STEP) {
    int32_t next = codegen_variable(codegen, mono_get_intptr_class());
    codegen_add(codegen, OP(LDFLDA_UNSAFE), next, source, 0)->data[0] = STEP;
    source = next;
  }
  struct instruction *last = codegen_add(codegen, OP(LDFLDA_UNSAFE), 0, source, 0);
  last->data[0] = (uint16_t)place;
  making->again = true;
  codegen->flags |= HAS_BLOCK;
  return last;
}

static void push_address(struct codegen *codegen, uint32_t place) {
  __real_push_type_explicit(codegen, ON_STACK_POINTER, NULL, SLOT);
  address_in_block(codegen, place)->result = codegen->top[-1].variable;
}

// Where what the method does first ends: the arguments are defined by then, and the locals are empty.
static struct instruction *end_of_entry(struct codegen *codegen) {
  struct instruction *before = NULL;
  for (struct instruction *next = codegen->entry->first; next; next = next->next) {
    uint16_t opcode = next->opcode;
    if (opcode != OP(DEF_ARG) && opcode != OP(INITLOCAL) && opcode != OP(INITLOCALS) && opcode != OP(NOP) && opcode != OP(IL_SEQ_POINT) &&
        opcode != OP(TIER_ENTER_METHOD))
      break;
    before = next;
  }
  return before;
}

static void take_block(struct codegen *codegen) {
  int32_t size = codegen_variable(codegen, mono_get_int32_class());
  struct instruction *constant = interp_insert_ins_bb(codegen, codegen->entry, end_of_entry(codegen), OP(LDC_I4));
  constant->result = size;
  memcpy(constant->data, &making->size, sizeof making->size);
  struct instruction *taken = interp_insert_ins_bb(codegen, codegen->entry, constant, OP(LOCALLOC));
  taken->result = making->block;
  taken->sources[0] = size;
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
  struct making mine = {.outer = making};
  making = &mine;
  // What comes first of an interpreted method is the method.
  MonoMethod *method = *interpreted, *instead = faults_array_accessor(method);
  if (instead) *interpreted = instead;
  __real_mono_interp_transform_method(interpreted, context, error);
  *interpreted = method;
  making = mine.outer;
  free(mine.types);
  free(mine.places);
  free(mine.addresses);
}

// Which locals are in the block: structs, where locals are many.
static void choose(struct making *mine, MonoType **types, int32_t count) {
  uint32_t all = 0;
  int alignment;
  for (int32_t i = 0; i < count; i++) {
    bool is_struct = !mono_type_is_byref(types[i]) && mono_mint_type(types[i]) == OF_STRUCT;
    all += is_struct ? ((uint32_t)mono_type_size(types[i], &alignment) + SLOT - 1) & ~(uint32_t)(SLOT - 1) : SLOT;
  }
  if (all < MANY_LOCALS) return;
  mine->types = malloc((size_t)count * sizeof *mine->types);
  mine->places = malloc((size_t)count * sizeof *mine->places);
  if (!mine->types || !mine->places) isolator_panic("out of memory while making a method's code");
  memcpy(mine->types, types, (size_t)count * sizeof *types);
  mine->locals = count;
  for (int32_t i = 0; i < count; i++) {
    bool is_struct = !mono_type_is_byref(types[i]) && mono_mint_type(types[i]) == OF_STRUCT;
    mine->places[i] = is_struct ? (int32_t)take((uint32_t)mono_type_size(types[i], &alignment)) : NONE;
  }
}

void __wrap_interp_method_compute_offsets(struct codegen *codegen, void *interpreted, MonoMethodSignature *signature,
                                          MonoMethodHeader *header, void *error) {
  struct making *mine = making;
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
    if (is_large_type(type)) refuse(mono_class_from_mono_type(type));
  if (mine->refused) {
    report(mine, error);
    return;
  }
  choose(mine, types, (int32_t)count);
  // A local in the block leaves a place of its own empty.
  for (int32_t i = 0; i < mine->locals; i++)
    if (mine->places[i] != NONE) types[i] = mono_class_get_type(mono_get_intptr_class());
  __real_interp_method_compute_offsets(codegen, interpreted, signature, header, error);
  if (mine->locals) memcpy(types, mine->types, count * sizeof *types);
}

int32_t __wrap_generate_code(struct codegen *codegen, MonoMethod *method, MonoMethodHeader *header, void *context, void *error) {
  struct making *mine = making;
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
  if (made && mine->block != NONE) take_block(codegen);
  return made;
}

static int32_t place_of(struct codegen *codegen, int32_t variable) {
  if (!making || making->codegen != codegen || !making->locals) return NONE;
  int32_t local = variable - making->arguments;
  return local >= 0 && local < making->locals ? making->places[local] : NONE;
}

void __wrap_load_local(struct codegen *codegen, int32_t variable) {
  int32_t place = place_of(codegen, variable);
  if (place == NONE) {
    __real_load_local(codegen, variable);
    return;
  }
  push_address(codegen, (uint32_t)place);
  __wrap_interp_emit_ldobj(codegen, mono_class_from_mono_type(making->types[variable - making->arguments]));
}

void __wrap_store_local(struct codegen *codegen, int32_t variable) {
  int32_t place = place_of(codegen, variable);
  if (place == NONE || codegen->top == codegen->stack) {
    __real_store_local(codegen, variable);
    return;
  }
  push_address(codegen, (uint32_t)place);
  __wrap_interp_emit_stobj(codegen, mono_class_from_mono_type(making->types[variable - making->arguments]), 1);
}

void __wrap_push_type_explicit(struct codegen *codegen, int32_t kind, MonoClass *type, int32_t size) {
  struct instruction *last = codegen->last;
  // The address of a local that is in the block.
  if (last && last->opcode == OP(LDLOCA_S) && kind == ON_STACK_POINTER) {
    int32_t place = place_of(codegen, last->sources[0]);
    if (place != NONE) {
      last->opcode = OP(NOP);
      address_in_block(codegen, (uint32_t)place);
    }
  }
  __real_push_type_explicit(codegen, kind, type, size);
}

void __wrap_interp_emit_ldobj(struct codegen *codegen, MonoClass *type) {
  if (!making || !is_large(type)) {
    __real_interp_emit_ldobj(codegen, type);
    return;
  }
  uint32_t alignment;
  codegen->top--;
  int32_t source = codegen->top->variable;
  __real_push_type_explicit(codegen, ON_STACK_STRUCT, type, SLOT);
  int32_t copy = codegen->top[-1].variable;
  address_in_block(codegen, take((uint32_t)mono_class_value_size(type, &alignment)))->result = copy;
  codegen_add(codegen, OP(CPOBJ_VT), 0, copy, source)->data[0] = get_data_item_index(codegen, type);
}

void __wrap_interp_emit_stobj(struct codegen *codegen, MonoClass *type, int32_t reverse) {
  if (!making || !is_large(type)) {
    __real_interp_emit_stobj(codegen, type, reverse);
    return;
  }
  codegen->top -= 2;
  int32_t first = codegen->top[0].variable, second = codegen->top[1].variable;
  codegen_add(codegen, OP(CPOBJ_VT), 0, reverse ? second : first, reverse ? first : second)->data[0] =
      get_data_item_index(codegen, type);
}

// The object in which IL asks for a field, as the field is about to be looked up.
static struct stack_place *owner_of_field(struct codegen *codegen) {
  enum { LDFLD = 0x7b, LDFLDA = 0x7c, STFLD = 0x7d };
  ptrdiff_t height = codegen->top - codegen->stack;
  switch (*codegen->ip) {
    case LDFLD:
    case LDFLDA:
      return height >= 1 ? codegen->top - 1 : NULL;
    case STFLD:
      return height >= 2 ? codegen->top - 2 : NULL;
    default:
      return NULL;
  }
}

MonoClassField *__wrap_interp_field_from_token(MonoMethod *method, uint32_t token, MonoClass **type, void *context, void *error) {
  enum { STATIC = 0x10, HEADER = 8 };
  MonoClassField *field = __real_interp_field_from_token(method, token, type, context, error);
  if (!field || !making || !making->codegen) return field;
  struct codegen *codegen = making->codegen;
  bool is_address = *codegen->ip == 0x7c || *codegen->ip == 0x7f;
  if (!is_address && is_large_type(mono_field_get_type(field))) refuse(mono_class_from_mono_type(mono_field_get_type(field)));
  struct stack_place *owner = owner_of_field(codegen);
  if (!owner || mono_field_get_flags(field) & STATIC) return field;
  if (owner->kind == ON_STACK_STRUCT && is_large(owner->type)) owner->kind = ON_STACK_POINTER;
  uint32_t header = mono_class_is_valuetype(*type) ? HEADER : 0, offset = mono_field_get_offset(field) - header;
  if (offset <= LARGE) return field;
  if (owner->kind == ON_STACK_STRUCT) {
    refuse(*type);
    return field;
  }
  // The first step looks whether there is an object, the rest is said by a field that is nearer. It is looked at before the next one is.
  static struct {
    void *type;
    const char *name;
    void *owner;
    uint32_t offset;
  } nearer;
  memcpy(&nearer, field, sizeof nearer);
  if (nearer.offset != mono_field_get_offset(field)) isolator_panic("a field is not what it is taken for: see large.c");
  uint16_t step = OP(LDFLDA);
  for (; offset > LARGE; offset -= STEP, step = OP(LDFLDA_UNSAFE)) {
    __real_interp_add_conv(codegen, owner, ON_STACK_POINTER, step);
    codegen->last->data[0] = STEP;
  }
  nearer.offset = offset + header;
  return (MonoClassField *)(void *)&nearer;
}
