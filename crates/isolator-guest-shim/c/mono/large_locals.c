// Locals of many bytes in interpreted code, and copies of large values on IL's stack: in a block of their own, which the method takes when it is
// entered, since an instruction has 16 bits for a variable's place in its frame. See large.c.
#include <stdlib.h>
#include <string.h>

#include <mono/metadata/appdomain.h>
#include <mono/metadata/loader.h>

#include "bridge.h"
#include "codegen.h"
#include "large.h"

enum {
  // Of a frame's 64 KiB, what locals may take before they get a block of their own.
  MANY_LOCALS = 40 << 10,
  // Flag of a method while its code is made.
  HAS_BLOCK = 1 << 0,
};

void __real_load_local(struct codegen *codegen, int32_t variable);
void __real_store_local(struct codegen *codegen, int32_t variable);
void __real_push_type_explicit(struct codegen *codegen, int32_t kind, MonoClass *type, int32_t size);
void __real_interp_emit_ldobj(struct codegen *codegen, MonoClass *type);
void __real_interp_emit_stobj(struct codegen *codegen, MonoClass *type, int32_t reverse);
void __wrap_interp_emit_ldobj(struct codegen *codegen, MonoClass *type);
void __wrap_interp_emit_stobj(struct codegen *codegen, MonoClass *type, int32_t reverse);
struct instruction *interp_insert_ins_bb(struct codegen *codegen, struct block *block, struct instruction *before, int32_t opcode);

// ---- the block ----

static uint32_t take(uint32_t size) {
  enum { ALIGNMENT = 16 };
  uint32_t place = large_making->size;
  large_making->size += (size + ALIGNMENT - 1) & ~(uint32_t)(ALIGNMENT - 1);
  return place;
}

// Adds the instructions for an address in the block; the last one's result is the caller's to say.
static struct instruction *address_in_block(struct codegen *codegen, uint32_t place) {
  if (large_making->block == NONE) large_making->block = codegen_variable(codegen, mono_get_intptr_class());
  int32_t source = large_making->block;
  for (; place > STEP; place -= STEP) {
    int32_t next = codegen_variable(codegen, mono_get_intptr_class());
    codegen_add(codegen, OP(LDFLDA_UNSAFE), next, source, 0)->data[0] = STEP;
    source = next;
  }
  struct instruction *last = codegen_add(codegen, OP(LDFLDA_UNSAFE), 0, source, 0);
  last->data[0] = (uint16_t)place;
  large_making->again = true;
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

void large_take_block(struct codegen *codegen) {
  int32_t size = codegen_variable(codegen, mono_get_int32_class());
  struct instruction *constant = interp_insert_ins_bb(codegen, codegen->entry, end_of_entry(codegen), OP(LDC_I4));
  constant->result = size;
  memcpy(constant->data, &large_making->size, sizeof large_making->size);
  struct instruction *taken = interp_insert_ins_bb(codegen, codegen->entry, constant, OP(LOCALLOC));
  taken->result = large_making->block;
  taken->sources[0] = size;
}

void large_choose(struct making *mine, MonoType **types, int32_t count) {
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

// ---- the code generator's functions ----

static int32_t place_of(struct codegen *codegen, int32_t variable) {
  if (!large_making || large_making->codegen != codegen || !large_making->locals) return NONE;
  int32_t local = variable - large_making->arguments;
  return local >= 0 && local < large_making->locals ? large_making->places[local] : NONE;
}

void __wrap_load_local(struct codegen *codegen, int32_t variable) {
  int32_t place = place_of(codegen, variable);
  if (place == NONE) {
    __real_load_local(codegen, variable);
    return;
  }
  push_address(codegen, (uint32_t)place);
  __wrap_interp_emit_ldobj(codegen, mono_class_from_mono_type(large_making->types[variable - large_making->arguments]));
}

void __wrap_store_local(struct codegen *codegen, int32_t variable) {
  int32_t place = place_of(codegen, variable);
  if (place == NONE || codegen->top == codegen->stack) {
    __real_store_local(codegen, variable);
    return;
  }
  push_address(codegen, (uint32_t)place);
  __wrap_interp_emit_stobj(codegen, mono_class_from_mono_type(large_making->types[variable - large_making->arguments]), 1);
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
  if (!large_making || !large_is(type)) {
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
  if (!large_making || !large_is(type)) {
    __real_interp_emit_stobj(codegen, type, reverse);
    return;
  }
  codegen->top -= 2;
  int32_t first = codegen->top[0].variable, second = codegen->top[1].variable;
  codegen_add(codegen, OP(CPOBJ_VT), 0, reverse ? second : first, reverse ? first : second)->data[0] =
      get_data_item_index(codegen, type);
}
