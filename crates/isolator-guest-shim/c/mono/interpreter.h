// The interpreter's state of a thread, as much of it as is needed here. `boot.c` looks whether it is what it is taken for.
#pragma once

#include <stdint.h>

struct stack_block {
  uint8_t *next_free, *end;
  struct stack_block *next;
  double data[];
};
struct interpreter {
  // Whether an exception is on its way to its handler, and what is known of that.
  uint32_t resuming[5];
  char *start, *end, *real_end, *next;
  // Blocks for what frames allocate on the stack (`stackalloc`): all, and the one that is in use.
  struct stack_block *first, *current;
  uint32_t others[4];
  // A bit for each word of the stack: whether the collector is to pass it by.
  uint8_t *no_references;
};
struct interpreter *mono_jiterp_get_context(void);
// Where the first frame is on a stack.
enum { FIRST_FRAME = 16 };

// A frame of the interpreter.
struct interpreted_frame {
  struct interpreted_frame *caller;
  struct interpreted_method *method;
  void *result;
  uint8_t *stack;
  const uint16_t *at;
  uint32_t other;
};

// A method of the interpreter, as much of it as is needed here, and what the runtime knows of its code.
struct code_info {
  uint32_t others[5];
  // 15 bits: how many clauses follow.
  uint32_t clauses;
  uint32_t more[10];
};
struct interpreted_method {
  uint32_t others[5];
  // What instructions name by number: classes and the like.
  void **data;
  uint32_t places[2];
  const uint32_t *places_of_exceptions;
  uint32_t more[5];
  struct code_info *code;
  uint32_t rest[3];
  uint32_t locals, all;
  uint32_t others_still[44];
};
