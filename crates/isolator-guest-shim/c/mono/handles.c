// The handle table: the one list of what the host holds in this runtime. It lives in linear memory, so it is part of
// every snapshot. A handle is an index and a generation; the generation goes up when a slot is given back, so a stale
// or forged handle is told from a live one.
#include <stdlib.h>
#include <string.h>

#include <mono/metadata/class.h>
#include <mono/metadata/metadata.h>

#include "bridge.h"

struct slot {
  uint32_t generation;
  uint32_t next_free;  // only in a free slot
  int32_t kind;        // KIND_NONE: free
  MonoGCHandle target;
  struct scalar_method *scalar;
};

static struct slot *slots;
static uint32_t slot_count;  // used or free; slot 0 is never given out
static uint32_t slot_capacity;
static uint32_t first_free;  // 0: none
static uint32_t live;

static struct slot *find(uint64_t handle) {
  uint32_t index = (uint32_t)handle;
  if (index == 0 || index >= slot_count) return NULL;
  struct slot *slot = &slots[index];
  return slot->kind != KIND_NONE && slot->generation == (uint32_t)(handle >> 32) ? slot : NULL;
}

uint64_t isolator_handle_new(void *gc_handle, int32_t kind) {
  uint32_t index = first_free;
  if (index != 0) {
    first_free = slots[index].next_free;
  } else {
    if (slot_count == slot_capacity) {
      uint32_t capacity = slot_capacity ? slot_capacity * 2 : 64;
      struct slot *grown = realloc(slots, capacity * sizeof *grown);
      if (!grown) return 0;
      memset(grown + slot_capacity, 0, (capacity - slot_capacity) * sizeof *grown);
      slots = grown;
      slot_capacity = capacity;
      if (slot_count == 0) slot_count = 1;
    }
    index = slot_count++;
    slots[index].generation = 1;
  }
  struct slot *slot = &slots[index];
  slot->kind = kind;
  slot->target = gc_handle;
  slot->scalar = NULL;
  live++;
  return (uint64_t)slot->generation << 32 | index;
}

void *isolator_handle_get(uint64_t handle, int32_t *kind) {
  struct slot *slot = find(handle);
  if (kind) *kind = slot ? slot->kind : KIND_NONE;
  return slot ? slot->target : NULL;
}

void *handle_target(uint64_t handle, enum isolator_kind kind) {
  struct slot *slot = find(handle);
  return slot && slot->kind == (int32_t)kind ? slot->target : NULL;
}

const struct scalar_method *handle_scalar(uint64_t handle) {
  struct slot *slot = find(handle);
  return slot ? slot->scalar : NULL;
}

void isolator_handle_release(uint64_t handle) {
  struct slot *slot = find(handle);
  if (!slot) return;
  mono_gchandle_free_v2(slot->target);
  free(slot->scalar);
  slot->scalar = NULL;
  slot->target = NULL;
  slot->kind = KIND_NONE;
  // A slot whose generation would come round again is retired: no two handles in a runtime's life are equal.
  if (++slot->generation != 0) {
    slot->next_free = first_free;
    first_free = (uint32_t)handle;
  }
  live--;
}

uint32_t isolator_handle_count(void) { return live; }

void isolator_scalar_set(uint64_t handle, void *method, void *function, const char *signature) {
  struct slot *slot = find(handle);
  if (!slot || slot->kind != KIND_METHOD) return;
  struct scalar_method *scalar = calloc(1, sizeof *scalar);
  if (!scalar) return;  // the method stays callable by `invoke`
  scalar->is_instance = *signature == '#';
  if (scalar->is_instance) signature++;
  size_t length = strlen(signature);
  if (length == 0 || length > 1 + MAX_SCALARS) {
    free(scalar);
    return;
  }
  scalar->result = signature[0];
  scalar->arguments = (uint8_t)(length - 1);
  scalar->method = method;
  scalar->function = function;
  scalar->owner = mono_method_get_class(method);
  scalar->is_virtual = (mono_method_get_flags(method, NULL) & 0x0040 /* METHOD_ATTRIBUTE_VIRTUAL */) != 0;
  free(slot->scalar);
  slot->scalar = scalar;
}
