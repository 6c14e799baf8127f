// Normalization forms KC and KD, of which the pack's ICU data has nothing: characters are replaced by what they are compatible with, by the table that
// src/compatibility.rs writes, and ICU makes form C or D of that.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "compatibility.h"

// .NET's numbers: 1 C, 2 D, 5 KC, 6 KD.
enum { COMPATIBLE = 4 };
enum { HIGH_SURROGATE = 0xd800, LOW_SURROGATE = 0xdc00, SURROGATES = 0x400, BEYOND = 0x10000 };

static const size_t count = sizeof compatibility_from / sizeof *compatibility_from;

// The next character, and how many units it has. Half a surrogate pair is a character that is in no table.
static uint32_t next(const uint16_t *text, int32_t left, int32_t *units) {
  *units = 1;
  uint32_t high = text[0] - (uint32_t)HIGH_SURROGATE;
  if (high >= SURROGATES || left < 2) return text[0];
  uint32_t low = text[1] - (uint32_t)LOW_SURROGATE;
  if (low >= SURROGATES) return text[0];
  *units = 2;
  return BEYOND + high * SURROGATES + low;
}

// What stands for a character; its length is 0 if it stands for itself.
static const uint16_t *replacement(uint32_t character, int32_t *length) {
  *length = 0;
  size_t low = 0, high = count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    uint32_t entry = compatibility_from[middle], found = entry >> COMPATIBILITY_LENGTH_BITS;
    if (found == character) {
      *length = (int32_t)(entry & ((1u << COMPATIBILITY_LENGTH_BITS) - 1));
      return compatibility_text + compatibility_at[middle];
    }
    *(found < character ? &low : &high) = found < character ? middle + 1 : middle;
  }
  return NULL;
}

// Replaces what is to be, in `to` if that is there. The length of the whole; the source's own if nothing was replaced.
static int64_t replace(const uint16_t *text, int32_t length, uint16_t *to, bool *any) {
  int64_t written = 0;
  *any = false;
  for (int32_t at = 0, units; at < length; at += units) {
    int32_t replaced;
    const uint16_t *by = replacement(next(text + at, length - at, &units), &replaced);
    const uint16_t *from = by ? by : text + at;
    int32_t size = by ? replaced : units;
    *any |= by != NULL;
    if (to) memcpy(to + written, from, (size_t)size * sizeof *to);
    written += size;
  }
  return written;
}

int32_t __real_GlobalizationNative_NormalizeString(int32_t form, const uint16_t *text, int32_t length, uint16_t *to, int32_t room);
int32_t __wrap_GlobalizationNative_NormalizeString(int32_t form, const uint16_t *text, int32_t length, uint16_t *to, int32_t room) {
  if (form < COMPATIBLE) return __real_GlobalizationNative_NormalizeString(form, text, length, to, room);
  bool any;
  int64_t size = replace(text, length, NULL, &any);
  if (!any) return __real_GlobalizationNative_NormalizeString(form - COMPATIBLE, text, length, to, room);
  uint16_t *replaced = size <= INT32_MAX ? malloc((size_t)size * sizeof *replaced) : NULL;
  // Whoever calls takes room for as much, and learns that there is no memory.
  if (!replaced) return size < INT32_MAX ? (int32_t)size : INT32_MAX;
  replace(text, length, replaced, &any);
  int32_t normalized = __real_GlobalizationNative_NormalizeString(form - COMPATIBLE, replaced, (int32_t)size, to, room);
  free(replaced);
  return normalized;
}

// 1: it is normalized, 0: it is not, -1: that cannot be told.
int32_t __real_GlobalizationNative_IsNormalized(int32_t form, const uint16_t *text, int32_t length);
int32_t __wrap_GlobalizationNative_IsNormalized(int32_t form, const uint16_t *text, int32_t length) {
  if (form < COMPATIBLE) return __real_GlobalizationNative_IsNormalized(form, text, length);
  bool any;
  replace(text, length, NULL, &any);
  return any ? 0 : __real_GlobalizationNative_IsNormalized(form - COMPATIBLE, text, length);
}
