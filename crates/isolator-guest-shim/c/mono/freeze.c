// Makes a runtime ready for its memory to be copied: what is garbage is collected, and what is free is zero. So a copy holds nothing that nobody
// has any more, and what is zero takes no room in it.
#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <mono/metadata/mono-gc.h>

#include "bridge.h"
#include "interpreter.h"
#include "compat/hooks.h"

// ---- what the collector has free ----

// New objects are cut from the gaps between those that survived the last collection. The collector marks each gap as an array of nothing, and leaves
// in it what it held.
static bool zeroing;

int32_t __real_sgen_client_array_fill_range(char *start, size_t size);
int32_t __wrap_sgen_client_array_fill_range(char *start, size_t size) {
  int32_t is_array = __real_sgen_client_array_fill_range(start, size);
  enum { HEAD = 16 };  // of an array: its type, a lock, bounds, a length
  if (zeroing && size > HEAD) memset(start + HEAD, 0, size - HEAD);
  return is_array;
}
void sgen_clear_nursery_fragments(void);

// ---- what the allocator has free ----

// Takes all that the allocator has, the largest blocks first, and gives it back.
static void zero_free_blocks(void) {
  struct block {
    struct block *next;
  } *all = NULL;
  int error = errno;
  isolator_no_more_memory = true;
  enum { LARGEST = 1 << 28 };
  for (size_t size = LARGEST; size >= sizeof(struct block); size /= 2) {
    struct block *block;
    while ((block = malloc(size))) {
      block->next = all;
      all = block;
    }
  }
  isolator_no_more_memory = false;
  while (all) {
    struct block *block = all;
    all = block->next;
    // It may have more than was asked for, where the rest of a free block is too small for a block of its own.
    memset(block, 0, malloc_usable_size(block));
    // The compiler knows that nobody reads it.
    __asm__ volatile("" : : "r"(block) : "memory");
    free(block);
  }
  errno = error;
}

// ---- what the interpreter has free ----

static void zero_stack_blocks(void) {
  struct stack_block *current = mono_jiterp_get_context()->current;
  for (struct stack_block *block = current; block; block = block->next) {
    uint8_t *from = block == current ? block->next_free : (uint8_t *)block->data;
    memset(from, 0, (size_t)(block->end - from));
  }
}

// Zeroes whatever is free but the interpreter's stack.
static void zero_what_is_free(void) {
  zeroing = true;
  sgen_clear_nursery_fragments();
  zeroing = false;
  zero_free_blocks();
  zero_stack_blocks();
}

// The same before the snapshot that every runtime begins with, where there is no host to leave out what lies beyond the frames. The last collection was before what it
// left to do: after another one each runtime would run the base library's own finalizers with its first call.
void freeze_at_boot(void) {
  zero_what_is_free();
  struct interpreter *interpreter = mono_jiterp_get_context();
  memset(interpreter->next, 0, (size_t)(interpreter->real_end - interpreter->next));
}

bool exports_isolator_runtime_guest_freeze(bool anew, uint64_t *ret, isolator_list_u8_t *err) {
  struct frame frame = {.value = anew};
  enter(ENTRY_freeze, &frame);
  if (frame.code == CODE_FAILURE) {
    err->ptr = frame.result;
    err->len = frame.result_len;
    return false;
  }
  free(frame.result);
  if (anew) {
    isolator_preopens_forget();
    mono_gc_collect(mono_gc_max_generation());
    zero_what_is_free();
  }
  // What lies beyond the frames on the interpreter's stack, of which none is left behind an export. What precedes the first one is never written.
  struct interpreter *interpreter = mono_jiterp_get_context();
  char *from = interpreter->next == interpreter->start + FIRST_FRAME ? interpreter->start : interpreter->next;
  *ret = (uint64_t)(uintptr_t)from << 32 | (uintptr_t)interpreter->real_end;
  return true;
}
