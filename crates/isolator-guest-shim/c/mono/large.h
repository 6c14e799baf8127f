// What the parts of large.c share: the method whose code is being made, what is large, and the block for locals.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mono/metadata/class.h>

#include "codegen.h"

enum {
  SLOT = 8,
  // What an instruction cannot say any more.
  LARGE = 0xffff,
  // How far one instruction reaches, and less.
  STEP = 0xfff0,
  // The interpreter's number for structs.
  OF_STRUCT = 9,
  NONE = -1,
};

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

// NULL outside of that.
extern struct making *large_making;

int32_t mono_mint_type(MonoType *type);
int32_t mono_type_size(MonoType *type, int *alignment);
uint16_t get_data_item_index(struct codegen *codegen, void *item);

bool large_is(MonoClass *type);
bool large_is_type(MonoType *type);
// The method is refused, for this type.
void large_refuse(MonoClass *type);

// The block: large_locals.c.
// Which locals are in it: structs, where locals are many.
void large_choose(struct making *mine, MonoType **types, int32_t count);
// Has the method take it when it is entered.
void large_take_block(struct codegen *codegen);
