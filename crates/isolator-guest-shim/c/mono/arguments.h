// Native functions with more arguments than the interpreter has room for.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <mono/metadata/metadata.h>

// Whether the interpreter would end the runtime rather than call a function of this signature, and this file calls it instead.
bool arguments_are_many(MonoMethodSignature *signature);

// Calls it. Each argument is in a slot of its own.
void arguments_call(MonoMethodSignature *signature, void *function, uint8_t *result, const uint8_t *arguments);
