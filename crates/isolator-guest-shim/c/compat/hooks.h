// What the runtime asks of its surroundings and the pump in mono/bridge.c answers: a timer, background work.
#ifndef ISOLATOR_COMPAT_HOOKS_H
#define ISOLATOR_COMPAT_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

// Whether background work was scheduled since the last time this was asked; asking takes it.
bool isolator_take_background(void);
// Whether background work was scheduled; asking changes nothing.
bool isolator_background_wanted(void);
// Whether background work is wanted, or a timer is set.
bool isolator_has_work(void);

// When the timer is due, in nanoseconds of the monotonic clock; -1 if none is set.
int64_t isolator_timer_due(void);

// Forgets the timer. To be called when it is about to be executed: executing it may set the next.
void isolator_clear_timer(void);

// Makes the CPU clocks (process time, rusage, clock) start from here. For the restore step: a snapshot holds the
// build's start.
void isolator_clock_restart(void);

// Registers the preopened directories, forgetting any registered before. Returns their number, or -1 with errno.
int isolator_preopens(void);

// The preopened directories are others than those that were registered: they are asked for when a path is looked for.
void isolator_preopens_unknown(void);

// As isolator_preopens_unknown, and nothing is kept of them until then.
void isolator_preopens_forget(void);

// While it is set the allocator gets no more memory of the host, and answers from what it has.
// Volatile: the compiler takes it that no allocation looks at it.
extern volatile bool isolator_no_more_memory;

// Sets a variable of the C environment. 0, or -1 with errno.
int isolator_setenv(const char *name, const char *value);

#endif
