// Time zones in the compact form that the tz database is shipped in.
#pragma once

#include <stdint.h>

// A zone's data with the change back to standard time that its compact form leaves to the rule at its end, where .NET would take another time for the zone's standard; else `data`.
// Made once for each zone, and kept. `length` is that of what is given and of what is returned.
const uint8_t *compact_zone_completed(const uint8_t *data, int *length);
