// See training.c.
#pragma once

#include <stdbool.h>

#include <mono/metadata/object.h>

// Whether somebody wants to know.
extern bool training_is_on;
// Code is made of this method.
void training_note(MonoMethod *method);
