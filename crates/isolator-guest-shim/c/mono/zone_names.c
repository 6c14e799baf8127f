// Names of time zones: those in English, and those by which Windows knows them. A browser's .NET knows none; elsewhere it asks ICU, whose data for browsers has
// none either.
#include "zones.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mono/metadata/appdomain.h>
#include <mono/metadata/class.h>
#include <mono/metadata/loader.h>
#include <mono/metadata/object.h>
#include <mono/utils/mono-publib.h>

struct zone {
  const char *windows, *zone;
};

struct names {
  const char *zone, *windows, *standard, *daylight, *shown;
};

struct place {
  const char *windows, *country, *zone;
};

static const struct zone usual[] = {
#define WINDOWS(windows, zone) {windows, zone},
#define WINDOWS_IN(windows, country, zone)
#define ZONE(...)
#include "zone_names.def"
#undef WINDOWS
#undef WINDOWS_IN
#undef ZONE
};

static const struct place in_country[] = {
#define WINDOWS(windows, zone)
#define WINDOWS_IN(windows, country, zone) {windows, country, zone},
#define ZONE(...)
#include "zone_names.def"
#undef WINDOWS
#undef WINDOWS_IN
#undef ZONE
};

static const struct names zones[] = {
#define WINDOWS(windows, zone)
#define WINDOWS_IN(windows, country, zone)
#define ZONE(...) {__VA_ARGS__},
#include "zone_names.def"
#undef WINDOWS
#undef WINDOWS_IN
#undef ZONE
};

// Names are ASCII, and none is longer.
enum { LONGEST = 64 };

static bool narrow(MonoString *text, char *to) {
  if (!text) return false;
  int length = mono_string_length(text);
  if (length > LONGEST) return false;
  const mono_unichar2 *letters = mono_string_chars(text);
  for (int i = 0; i < length; i++) {
    if (!letters[i] || letters[i] > 0x7f) return false;
    to[i] = (char)letters[i];
  }
  to[length] = 0;
  return true;
}

static int by_windows(const void *name, const void *entry) { return strcmp(name, ((const struct zone *)entry)->windows); }
static int by_zone(const void *name, const void *entry) { return strcmp(name, ((const struct names *)entry)->zone); }

static int by_place(const void *wanted, const void *entry) {
  const struct place *one = wanted, *other = entry;
  int order = strcmp(one->windows, other->windows);
  return order ? order : strcmp(one->country, other->country);
}

static MonoBoolean give(const char *name, MonoBoolean wanted, MonoString **to) {
  mono_gc_wbarrier_generic_store(to, name && wanted ? (MonoObject *)mono_string_new(mono_domain_get(), name) : NULL);
  return name != NULL;
}

// Of a country the zone that is usual there, if it is another than elsewhere.
static const char *zone_of(const char *windows, const char *country) {
  struct place wanted = {windows, country, NULL};
  const struct place *there =
      bsearch(&wanted, in_country, sizeof in_country / sizeof *in_country, sizeof *in_country, by_place);
  if (there) return there->zone;
  const struct zone *found = bsearch(windows, usual, sizeof usual / sizeof *usual, sizeof *usual, by_windows);
  return found ? found->zone : NULL;
}

static MonoBoolean to_zone(MonoString *windows, MonoString *country, MonoBoolean wanted, MonoString **zone) {
  char name[LONGEST + 1], place[LONGEST + 1];
  bool is_name = narrow(windows, name);
  if (!narrow(country, place)) *place = 0;
  return give(is_name ? zone_of(name, place) : NULL, wanted, zone);
}

static const struct names *names_of(MonoString *zone) {
  char name[LONGEST + 1];
  return narrow(zone, name) ? bsearch(name, zones, sizeof zones / sizeof *zones, sizeof *zones, by_zone) : NULL;
}

static MonoBoolean to_windows(MonoString *zone, MonoBoolean wanted, MonoString **windows) {
  const struct names *found = names_of(zone);
  return give(found && *found->windows ? found->windows : NULL, wanted, windows);
}

// The name of a zone under which it may be found whose own name is unknown. That is no name of the tz database's.
static MonoString *alternative(MonoString *windows, MonoBoolean *is_zone) {
  char name[LONGEST + 1];
  *is_zone = 0;
  const char *zone = narrow(windows, name) ? zone_of(name, "") : NULL;
  return zone ? mono_string_new(mono_domain_get(), zone) : NULL;
}

static MonoString *text(MonoObject *zone, const char *field) {
  MonoString *value = NULL;
  mono_field_get_value(zone, mono_class_get_field_from_name(mono_object_get_class(zone), field), &value);
  return value;
}

static MonoString *of_utf8(const char *text) { return mono_string_new(mono_domain_get(), text); }

// Where a zone has no name here, it is what the tz database writes beside its clock ("CET").
static MonoString *standard_name(MonoObject *zone) {
  const struct names *found = names_of(text(zone, "_id"));
  return found ? of_utf8(found->standard) : text(zone, "_standardAbbrevName");
}

static MonoString *daylight_name(MonoObject *zone) {
  const struct names *found = names_of(text(zone, "_id"));
  if (found) return of_utf8(found->daylight);
  MonoString *short_name = text(zone, "_daylightAbbrevName");
  return short_name ? short_name : text(zone, "_standardAbbrevName");
}

// "(UTC+01:00) Central European Time (Berlin)"
static MonoString *shown_name(MonoObject *zone) {
  enum { TICKS_OF_MINUTE = 600000000, HOUR = 60 };
  MonoString *id = text(zone, "_id");
  const struct names *found = names_of(id);
  int64_t ticks = 0;
  mono_field_get_value(zone, mono_class_get_field_from_name(mono_object_get_class(zone), "_baseUtcOffset"), &ticks);
  int minutes = abs((int)(ticks / TICKS_OF_MINUTE));
  char offset[32] = "(UTC) ";
  if (!found || strcmp(found->windows, "UTC") != 0 || strcmp(found->standard, "Coordinated Universal Time") != 0)
    snprintf(offset, sizeof offset, "(UTC%c%02d:%02d) ", ticks < 0 ? '-' : '+', minutes / HOUR, minutes % HOUR);
  // Another's name is written as it is, whatever letters it has.
  char name[4 * (LONGEST + 1)] = "";
  char *own = found ? NULL : mono_string_to_utf8(id);
  snprintf(name, sizeof name, "%s%s", offset, own ? own : found->shown);
  mono_free(own);
  return of_utf8(name);
}

void zone_names_register(void) {
  mono_add_internal_call("System.TimeZoneInfo::PopulateStandardDisplayName", standard_name);
  mono_add_internal_call("System.TimeZoneInfo::PopulateDaylightDisplayName", daylight_name);
  mono_add_internal_call("System.TimeZoneInfo::PopulateDisplayName", shown_name);
  mono_add_internal_call("System.TimeZoneInfo::TryConvertWindowsIdToIanaId", to_zone);
  mono_add_internal_call("System.TimeZoneInfo::TryConvertIanaIdToWindowsId", to_windows);
  mono_add_internal_call("System.TimeZoneInfo::GetAlternativeId", alternative);
}
