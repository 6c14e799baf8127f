// Waits of guest code, see waiting.c.
#pragma once

#include <mono/metadata/image.h>

// Registers the internal calls behind waits. Before the runtime runs managed code that might wait.
void waiting_register(void);
// Finds the managed side, when its assembly is loaded.
void waiting_bind(MonoImage *image);
