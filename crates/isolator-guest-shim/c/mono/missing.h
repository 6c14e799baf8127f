// What is said of an assembly that is not there.
#pragma once

#include <mono/metadata/image.h>

// Registers what the base class library asks for.
void missing_register(void);
// Finds the managed side in Isolator.Runtime.dll.
void missing_bind(MonoImage *image);
