// Waits of guest code, see waiting.c.
#pragma once

#include <stdbool.h>

#include <mono/metadata/image.h>

// Registers the internal calls behind waits. Before the runtime runs managed code that might wait.
void waiting_register(void);
// Finds the managed side, when its assembly is loaded.
void waiting_bind(MonoImage *image);
// Runs background work that the runtime asked for. False: some is left.
bool waiting_run_background(void);
// Begins a thread that was put off, for the host's turns. False: there is none.
bool waiting_run_put_off(void);
