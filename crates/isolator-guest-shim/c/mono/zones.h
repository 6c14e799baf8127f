// Time zones.
#pragma once

#include <stdint.h>

// The Unix time of a moment that clocks in the local zone show as that Unix time.
int64_t zones_universal(int64_t local);

// Their names: zone_names.c.
void zone_names_register(void);
