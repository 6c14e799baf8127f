// Programs whose code was compiled ahead, beside the guest: the host has put it into this memory and this table, and says where its
// tables are, before it hands the assembly over.
//
// The runtime finds such code by the assembly's name alone, when it loads an assembly, and uses it once. Code that was made known and not
// used, since the assembly was there already, would be found for another assembly of this name, and that ends the process. So a
// name is taken away again with the next one, or when the host says so: nothing is left of the text that it is known under.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bridge.h"

void mono_aot_register_module(void **tables);

// The name that is known, in the tables' own memory.
static char *known;

void isolator_forget_compiled(void) {
  if (known) *known = 0;
  known = NULL;
}

// The text `name` among the first words of the tables, which are pointers or numbers; whatever these are, nothing outside the memory is read.
static char *find_name(void **tables, const char *name, size_t length) {
  enum { WORDS = 64 };
  uintptr_t size = (uintptr_t)__builtin_wasm_memory_size(0) << 16;
  if ((uintptr_t)tables > size || size - (uintptr_t)tables < WORDS * sizeof *tables) return NULL;
  for (size_t i = 0; i < WORDS; i++) {
    uintptr_t at = (uintptr_t)tables[i];
    if (at < size && size - at > length && memcmp((char *)at, name, length) == 0 && !((char *)at)[length]) return (char *)at;
  }
  return NULL;
}

// `tables`: the address of the assembly's tables; `name`: what the assembly is called, without a zero at its end. That is the guest's.
int32_t isolator_register_compiled(void **tables, char *name, size_t length) {
  isolator_forget_compiled();
  if (length == 0) return 0;
  char *found = find_name(tables, name, length);
  free(name);
  if (!found) return 0;
  mono_aot_register_module(tables);
  known = found;
  return 1;
}
