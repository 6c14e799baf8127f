#pragma once

// Registers what is said of a culture that there is no data of: cultures.c.
void cultures_register(void);

// Names of cultures: names.c.
void names_register(void);
