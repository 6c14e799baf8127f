// Function pointers in a guest with compiled code.
#pragma once

#include <mono/metadata/loader.h>

// A pointer to a method that the interpreter runs, whether or not there is compiled code of it. NULL in a guest without any.
void *pointer_to_interpreted(MonoMethod *method);
