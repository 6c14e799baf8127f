// Cultures that other guests have data of, and this one has not.
//
// ICU makes something of every name: without data of a culture it takes that of the language, and without that its root's, which looks English. So
// where a culture is made whose name ICU knows when it has all its data, and of which there is none here, it is told that there is no such culture, and the
// exception's text says why. Names that nobody has data of (`de-XX`, `x-own`) are taken as everywhere.
#include "cultures.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mono/metadata/appdomain.h>
#include <mono/metadata/loader.h>
#include <mono/metadata/object.h>

// The names, in order: see cultures.def.
static const char *const known[] = {
#define CULTURE(name) name,
#include "cultures.def"
#undef CULTURE
};

static int compare(const void *name, const void *other) { return strcmp(name, *(const char *const *)other); }

static bool is_known(const char *name) {
  return bsearch(name, known, sizeof known / sizeof *known, sizeof *known, compare) != NULL;
}

int32_t GlobalizationNative_IsPredefinedLocale(const uint16_t *name);

static bool has_data(const char *name) {
  uint16_t wide[LONGEST_CULTURE + 1];
  size_t length = strlen(name);
  for (size_t i = 0; i <= length; i++) wide[i] = (uint8_t)name[i];
  return GlobalizationNative_IsPredefinedLocale(wide);
}

bool culture_name(const uint16_t *wide, char *name) {
  size_t length = 0;
  // What follows an at sign says how it sorts.
  for (; wide[length] && wide[length] != '@'; length++) {
    if (length == LONGEST_CULTURE || wide[length] > 0x7f) return false;
    char letter = (char)wide[length];
    name[length] = letter == '_' ? '-' : letter >= 'A' && letter <= 'Z' ? (char)(letter + 'a' - 'A') : letter;
  }
  name[length] = 0;
  return true;
}

// The culture that there is no data of; empty: none was asked for since the last exception.
static char refused[LONGEST_CULTURE + 1];

// Whether the culture, or the nearest above it that ICU knows, is one without data here.
static bool lacks_data(const uint16_t *wide) {
  char name[LONGEST_CULTURE + 1];
  if (!culture_name(wide, name)) return false;
  while (*name) {
    if (is_known(name)) {
      if (has_data(name)) return false;
      strcpy(refused, name);
      return true;
    }
    char *last = strrchr(name, '-');
    *(last ? last : name) = 0;
  }
  return false;
}

// What .NET asks first of a culture: its name as ICU has it. 0: there is no such culture.
int32_t __real_GlobalizationNative_GetLocaleName(const uint16_t *name, uint16_t *value, int32_t room);
int32_t __wrap_GlobalizationNative_GetLocaleName(const uint16_t *name, uint16_t *value, int32_t room) {
  *refused = 0;
  return name && lacks_data(name) ? 0 : __real_GlobalizationNative_GetLocaleName(name, value, room);
}

static MonoString *not_supported(void) {
  char text[512] = "Culture is not supported.";
  if (*refused)
    snprintf(text, sizeof text,
             "Culture is not supported: this guest image has no data of '%s', and would format as another culture does. CultureInfo.GetCultures tells "
             "which it has; an image that is built with `--icu-data` has those of its file.",
             refused);
  *refused = 0;
  return mono_string_new(mono_domain_get(), text);
}

void cultures_register(void) {
  mono_add_internal_call("System.Globalization.CultureInfo::GetCultureNotSupportedExceptionMessage", not_supported);
}
