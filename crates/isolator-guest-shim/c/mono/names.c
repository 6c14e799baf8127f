// Names of languages, countries and currencies, of which the pack's ICU data has none: of the cultures that it has, in English and in their own language.
//
// ICU with data of names is asked itself. Names in a third language (what German is called in French) are English here.
#include "cultures.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <mono/metadata/appdomain.h>
#include <mono/metadata/loader.h>
#include <mono/metadata/object.h>

// What is asked for: the numbers of .NET's `LocaleStringData`, which are Windows'.
enum kind {
  LOCALIZED_DISPLAY = 0x02,
  NATIVE_LANGUAGE = 0x04,
  LOCALIZED_COUNTRY = 0x06,
  NATIVE_COUNTRY = 0x08,
  LOCALIZED_LANGUAGE = 0x6f,
  ENGLISH_DISPLAY = 0x72,
  NATIVE_DISPLAY = 0x73,
  ENGLISH_LANGUAGE = 0x1001,
  ENGLISH_COUNTRY = 0x1002,
  ENGLISH_CURRENCY = 0x1007,
  NATIVE_CURRENCY = 0x1008,
};

struct names {
  const char *culture, *display, *own_display, *language, *own_language, *country, *own_country, *currency, *own_currency;
};

static const struct names all[] = {
#define NAMES(...) {__VA_ARGS__},
#include "names.def"
#undef NAMES
};

static int compare(const void *name, const void *entry) { return strcmp(name, ((const struct names *)entry)->culture); }

// Whether somebody who reads one culture's language reads the other's.
static bool is_own(const char *name, const uint16_t *reader) {
  char other[LONGEST_CULTURE + 1];
  if (!reader || !culture_name(reader, other)) return false;
  size_t length = strcspn(name, "-");
  return length && length == strcspn(other, "-") && strncmp(name, other, length) == 0;
}

static const char *find(const char *name, int32_t kind, const uint16_t *reader) {
  const struct names *found = bsearch(name, all, sizeof all / sizeof *all, sizeof *all, compare);
  if (!found) return NULL;
  switch (kind) {
    case LOCALIZED_DISPLAY: return is_own(name, reader) ? found->own_display : found->display;
    case LOCALIZED_LANGUAGE: return is_own(name, reader) ? found->own_language : found->language;
    case LOCALIZED_COUNTRY: return is_own(name, reader) ? found->own_country : found->country;
    case ENGLISH_DISPLAY: return found->display;
    case NATIVE_DISPLAY: return found->own_display;
    case ENGLISH_LANGUAGE: return found->language;
    case NATIVE_LANGUAGE: return found->own_language;
    case ENGLISH_COUNTRY: return found->country;
    case NATIVE_COUNTRY: return found->own_country;
    case ENGLISH_CURRENCY: return found->currency;
    case NATIVE_CURRENCY: return found->own_currency;
    default: return NULL;
  }
}

// UTF-8 of at most three bytes each, as all names are, into UTF-16. False: there is no room.
static bool widen(const char *text, uint16_t *to, int32_t room) {
  for (; *text; to++, room--) {
    uint32_t byte = (uint8_t)*text++;
    int more = byte >= 0xe0 ? 2 : byte >= 0xc0 ? 1 : 0;
    uint32_t letter = more ? byte & (0x3fu >> more) : byte;
    for (; more; more--) letter = letter << 6 | ((uint8_t)*text++ & 0x3f);
    if (room <= 1) return false;
    *to = (uint16_t)letter;
  }
  if (room <= 0) return false;
  *to = 0;
  return true;
}

int32_t __real_GlobalizationNative_GetLocaleInfoString(const uint16_t *culture, int32_t kind, uint16_t *value, int32_t room, const uint16_t *reader);

// Without data of names ICU gives a language's code.
static bool has_names(void) {
  static enum { UNKNOWN, NO, YES } known;
  if (known == UNKNOWN) {
    static const uint16_t german[] = {'d', 'e', 0};
    uint16_t name[LONGEST_CULTURE + 1] = {0};
    bool is_code = __real_GlobalizationNative_GetLocaleInfoString(german, ENGLISH_LANGUAGE, name, LONGEST_CULTURE, NULL) && name[0] == 'd';
    known = is_code ? NO : YES;
  }
  return known == YES;
}

int32_t __wrap_GlobalizationNative_GetLocaleInfoString(const uint16_t *culture, int32_t kind, uint16_t *value, int32_t room, const uint16_t *reader) {
  char name[LONGEST_CULTURE + 1];
  if (culture && culture_name(culture, name)) {
    const char *found = find(name, kind, reader);
    // What has no name (a language has no country) is ICU's to say, too.
    if (found && *found && !has_names()) return widen(found, value, room);
  }
  return __real_GlobalizationNative_GetLocaleInfoString(culture, kind, value, room, reader);
}

// What a browser is asked of a culture when it is made. Later .NET asks ICU, as elsewhere, for what it was not told then.
static void take_culture(MonoObject *culture) { (void)culture; }

// A culture's name in the words of another one. Without any it is the name by which it was asked for.
static MonoString *name_for(MonoObject *self, MonoString *reader, MonoString *culture) {
  (void)self;
  uint16_t name[4 * LONGEST_CULTURE];
  if (!reader || !culture ||
      !__wrap_GlobalizationNative_GetLocaleInfoString(mono_string_chars(culture), LOCALIZED_DISPLAY, name, 4 * LONGEST_CULTURE, mono_string_chars(reader)))
    return culture;
  int32_t length = 0;
  while (name[length]) length++;
  return mono_string_new_utf16(mono_domain_get(), name, length);
}

void names_register(void) {
  mono_add_internal_call("System.Globalization.CultureData::JSInitLocaleInfo", take_culture);
  mono_add_internal_call("System.Globalization.CultureData::JSGetNativeDisplayName", name_for);
}
