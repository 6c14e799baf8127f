#pragma once

// Registers the internal calls of process.c.
void process_register(void);
