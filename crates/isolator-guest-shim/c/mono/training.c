// A training run: of which methods the interpreter makes code is noted, while a host wants to know it. large.c stands where that is made, and
// Training.cs says what was noted. Where nobody wants to know, it costs a comparison for each method whose code is made.
#include "training.h"

#include <stdint.h>
#include <stdlib.h>

#include <mono/metadata/class.h>
#include <mono/metadata/loader.h>

// A method, and the type that it is of. Training.cs knows this layout.
struct noted {
  MonoMethod *method;
  MonoType *of;
};

bool training_is_on;

static struct noted *all;
static uint32_t count, room;

void training_note(MonoMethod *method) {
  enum { FIRST = 1024 };
  // What the runtime made by itself has no token (wrappers), and neither has what it may free again (dynamic methods).
  if (!(mono_method_get_token(method) & 0xffffff)) return;
  if (count == room) {
    uint32_t more = room ? 2 * room : FIRST;
    struct noted *larger = realloc(all, more * sizeof *larger);
    // What there is no memory for stays interpreted.
    if (!larger) return;
    all = larger;
    room = more;
  }
  all[count++] = (struct noted){method, mono_class_get_type(mono_method_get_class(method))};
}

void isolator_training_begin(void) {
  count = 0;
  training_is_on = true;
}

// Nothing more is noted, so that what is given stays where it is.
const struct noted *isolator_training_end(uint32_t *length) {
  training_is_on = false;
  *length = count;
  return all;
}

// What was noted stays.
void isolator_training_resume(void) { training_is_on = true; }
