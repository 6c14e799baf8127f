// What programs ask the garbage collector, see collector.c.
#pragma once

#include <stdbool.h>

// Registers the internal calls.
void collector_register(void);
