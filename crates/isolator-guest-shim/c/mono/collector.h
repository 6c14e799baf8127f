// What programs ask the garbage collector, see collector.c.
#pragma once

#include <mono/metadata/image.h>

// Registers the internal calls.
void collector_register(void);
// Finds the managed side, when its assembly is loaded.
void collector_bind(MonoImage *image);
