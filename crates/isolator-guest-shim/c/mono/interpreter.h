// The interpreter's state of a thread, as much of it as is needed here. `boot.c` looks whether it is what it is taken for.
#pragma once

#include <stdint.h>

struct interpreter {
  // Whether an exception is on its way to its handler, and what is known of that.
  uint32_t resuming[5];
  char *start, *end, *real_end, *next;
  uint32_t others[6];
  // A bit for each word of the stack: whether the collector is to pass it by.
  uint8_t *no_references;
};
struct interpreter *mono_jiterp_get_context(void);
