// What ended the runtime, and need not: see faults.c.
#pragma once

#include <stdbool.h>

#include <mono/metadata/class.h>
#include <mono/metadata/object.h>

// The method that calls this method of an array; NULL for all others.
MonoMethod *faults_array_accessor(MonoMethod *method);

// Whether these types can be type arguments; an exception is pending if not.
bool faults_type_arguments(MonoArray *types);
