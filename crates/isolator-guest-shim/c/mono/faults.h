// What ended the runtime, and need not: see faults.c.
#pragma once

#include <mono/metadata/class.h>

// The method that calls this method of an array; NULL for all others.
MonoMethod *faults_array_accessor(MonoMethod *method);
