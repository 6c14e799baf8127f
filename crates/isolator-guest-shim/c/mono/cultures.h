#pragma once

#include <stdbool.h>
#include <stdint.h>

// Letters of a culture's name.
enum { LONGEST_CULTURE = 85 };

// A culture's name in small letters, without how it sorts, with room for the longest and its end. False: it is longer, or has letters that no name has.
bool culture_name(const uint16_t *wide, char *name);

// Registers what is said of a culture that there is no data of: cultures.c.
void cultures_register(void);

// Names of cultures: names.c.
void names_register(void);
