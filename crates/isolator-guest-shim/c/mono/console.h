// The console of guest code, see console.c.
#pragma once

#include <mono/metadata/image.h>
#include <mono/metadata/object.h>

// Of the runtime: the exception that the caller of an internal call meets when it returns.
void mono_set_pending_exception(MonoException *exception);
// The same with an InvalidOperationException.
void set_pending_invalid(const char *why);

// Registers the internal calls.
void console_register(void);
// Finds the managed side, when its assembly is loaded.
void console_bind(MonoImage *image);
