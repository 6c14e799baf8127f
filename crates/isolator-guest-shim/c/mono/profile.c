// The guest that training programs run in: it notes which methods ran, for the list of those that are compiled ahead.
#include "profile.h"

#include <errno.h>
#include <stdio.h>

// Only the training guest has it: libmono-profiler-aot.a.
void mono_profiler_init_aot(const char *options) __attribute__((weak));

// Before the runtime is loaded. When the training calls `Stop`, what was noted is given to `Dump`.
void profile_begin(void) {
  if (mono_profiler_init_aot)
    mono_profiler_init_aot("aot:write-at-method=Training.Profile:WriteTrainingProfile,send-to-method=Training.Profile:Dump");
}

// The profiler can write into a program's input. There are no programs here.
FILE *popen(const char *command, const char *mode) {
  (void)command;
  (void)mode;
  errno = ENOSYS;
  return NULL;
}

int pclose(FILE *stream) {
  (void)stream;
  errno = ENOSYS;
  return -1;
}
