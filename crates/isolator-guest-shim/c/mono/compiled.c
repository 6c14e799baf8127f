// Programs whose code was compiled ahead, beside the guest: the host has put it into this memory and this table, and says where its
// tables are, before it hands the assembly over.
//
// The runtime finds such code by the assembly's name, when it loads one. Names are no more than that: another assembly of this name may
// come later, another version or one that is interpreted, and what the runtime would find for it then is not for it. So a name is made
// known for one assembly and taken away with the next.
#include <stddef.h>

#include "bridge.h"

void mono_aot_register_module(void **tables);

// `tables`: the address of the assembly's tables.
void isolator_register_compiled(void **tables) { mono_aot_register_module(tables); }
