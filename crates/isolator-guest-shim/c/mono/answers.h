// What managed code answers in place of the base class library, see answers.c.
#pragma once

#include <mono/metadata/image.h>

// Registers the internal calls. Before the runtime runs managed code that might ask.
void answers_register(void);
// Finds the managed side, when its assembly is loaded.
void answers_bind(MonoImage *image);
