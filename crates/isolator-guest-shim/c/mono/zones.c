// Time zones by the names without a slash that the tz database keeps beside the others. The pack has the zones that they stand
// for (file `backward` of the database, version 2025b), but not these names. And the list of zones: the pack's leaves out those that have been the same as another one
// since 1970 (it is the database's `zone1970.tab`), so that Stockholm can be found and is not among `TimeZoneInfo.GetSystemTimeZones()`.
#include "zones.h"

#include "compact_zones.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mono/metadata/appdomain.h>
#include <mono/metadata/class.h>
#include <mono/metadata/object.h>

static const struct {
  const char *name, *zone;
} links[] = {
    {"CET", "Europe/Brussels"},
    {"CST6CDT", "America/Chicago"},
    {"Cuba", "America/Havana"},
    {"EET", "Europe/Athens"},
    {"EST", "America/Panama"},
    {"EST5EDT", "America/New_York"},
    {"Egypt", "Africa/Cairo"},
    {"Eire", "Europe/Dublin"},
    {"Factory", "Etc/UTC"},
    {"GB", "Europe/London"},
    {"GB-Eire", "Europe/London"},
    {"GMT", "Etc/GMT"},
    {"GMT+0", "Etc/GMT"},
    {"GMT-0", "Etc/GMT"},
    {"GMT0", "Etc/GMT"},
    {"Greenwich", "Etc/GMT"},
    {"HST", "Pacific/Honolulu"},
    {"Hongkong", "Asia/Hong_Kong"},
    {"Iceland", "Atlantic/Reykjavik"},
    {"Iran", "Asia/Tehran"},
    {"Israel", "Asia/Jerusalem"},
    {"Jamaica", "America/Jamaica"},
    {"Japan", "Asia/Tokyo"},
    {"Kwajalein", "Pacific/Kwajalein"},
    {"Libya", "Africa/Tripoli"},
    {"MET", "Europe/Brussels"},
    {"MST", "America/Phoenix"},
    {"MST7MDT", "America/Denver"},
    {"NZ", "Pacific/Auckland"},
    {"NZ-CHAT", "Pacific/Chatham"},
    {"Navajo", "America/Denver"},
    {"PRC", "Asia/Shanghai"},
    {"PST8PDT", "America/Los_Angeles"},
    {"Poland", "Europe/Warsaw"},
    {"Portugal", "Europe/Lisbon"},
    {"ROC", "Asia/Taipei"},
    {"ROK", "Asia/Seoul"},
    {"Singapore", "Asia/Singapore"},
    {"Turkey", "Europe/Istanbul"},
    {"UCT", "Etc/UTC"},
    {"UTC", "Etc/UTC"},
    {"Universal", "Etc/UTC"},
    {"W-SU", "Europe/Moscow"},
    {"WET", "Europe/Lisbon"},
    {"Zulu", "Etc/UTC"},
};

// What `zone.tab` has beside `zone1970.tab`.
static const char *const also_listed[] = {
    "Africa/Accra", "Africa/Addis_Ababa", "Africa/Asmara", "Africa/Bamako", "Africa/Bangui", "Africa/Banjul", "Africa/Blantyre", "Africa/Brazzaville",
    "Africa/Bujumbura", "Africa/Conakry", "Africa/Dakar", "Africa/Dar_es_Salaam", "Africa/Djibouti", "Africa/Douala", "Africa/Freetown",
    "Africa/Gaborone", "Africa/Harare", "Africa/Kampala", "Africa/Kigali", "Africa/Kinshasa", "Africa/Libreville", "Africa/Lome", "Africa/Luanda",
    "Africa/Lubumbashi", "Africa/Lusaka", "Africa/Malabo", "Africa/Maseru", "Africa/Mbabane", "Africa/Mogadishu", "Africa/Niamey",
    "Africa/Nouakchott", "Africa/Ouagadougou", "Africa/Porto-Novo", "America/Anguilla", "America/Antigua", "America/Aruba", "America/Atikokan",
    "America/Blanc-Sablon", "America/Cayman", "America/Creston", "America/Curacao", "America/Dominica", "America/Grenada", "America/Guadeloupe",
    "America/Kralendijk", "America/Lower_Princes", "America/Marigot", "America/Montserrat", "America/Nassau", "America/Port_of_Spain",
    "America/St_Barthelemy", "America/St_Kitts", "America/St_Lucia", "America/St_Thomas", "America/St_Vincent", "America/Tortola",
    "Antarctica/DumontDUrville", "Antarctica/McMurdo", "Antarctica/Syowa", "Arctic/Longyearbyen", "Asia/Aden", "Asia/Bahrain", "Asia/Brunei",
    "Asia/Kuala_Lumpur", "Asia/Kuwait", "Asia/Muscat", "Asia/Phnom_Penh", "Asia/Vientiane", "Atlantic/Reykjavik", "Atlantic/St_Helena",
    "Europe/Amsterdam", "Europe/Bratislava", "Europe/Busingen", "Europe/Copenhagen", "Europe/Guernsey", "Europe/Isle_of_Man", "Europe/Jersey",
    "Europe/Ljubljana", "Europe/Luxembourg", "Europe/Mariehamn", "Europe/Monaco", "Europe/Oslo", "Europe/Podgorica", "Europe/San_Marino",
    "Europe/Sarajevo", "Europe/Skopje", "Europe/Stockholm", "Europe/Vaduz", "Europe/Vatican", "Europe/Zagreb", "Indian/Antananarivo",
    "Indian/Christmas", "Indian/Cocos", "Indian/Comoro", "Indian/Kerguelen", "Indian/Mahe", "Indian/Mayotte", "Indian/Reunion", "Pacific/Chuuk",
    "Pacific/Funafuti", "Pacific/Majuro", "Pacific/Midway", "Pacific/Pohnpei", "Pacific/Saipan", "Pacific/Wake", "Pacific/Wallis",
};

// The pack's list with those behind it, in lines that have a place's country and coordinates before two tabs, which nobody reads. Made when it is first asked for, and kept;
// .NET copies it.
static const uint8_t *whole_list(const uint8_t *list, int *length) {
  static char *whole;
  static int whole_length;
  if (!whole) {
    enum { TABS = 2, END = 1 };
    size_t size = (size_t)*length + END;
    for (size_t i = 0; i < sizeof also_listed / sizeof *also_listed; i++) size += TABS + strlen(also_listed[i]) + END;
    char *text = malloc(size + 1);
    if (!text) return list;
    memcpy(text, list, (size_t)*length);
    size_t used = (size_t)*length;
    text[used++] = '\n';
    for (size_t i = 0; i < sizeof also_listed / sizeof *also_listed; i++)
      used += (size_t)snprintf(text + used, size + 1 - used, "\t\t%s\n", also_listed[i]);
    whole = text;
    whole_length = (int)used;
  }
  *length = whole_length;
  return (const uint8_t *)whole;
}

const uint8_t *__real_SystemNative_GetTimeZoneData(const char *name, int *length);

// .NET asks with the path that a zone's file has elsewhere, or with its name.
const uint8_t *__wrap_SystemNative_GetTimeZoneData(const char *name, int *length) {
  const uint8_t *found = __real_SystemNative_GetTimeZoneData(name, length);
  if (!name) return found;
  static const char folder[] = "/usr/share/zoneinfo/";
  size_t prefix = strncmp(name, folder, sizeof folder - 1) == 0 ? sizeof folder - 1 : 0;
  if (found) return strcmp(name + prefix, "zone.tab") == 0 ? whole_list(found, length) : compact_zone_completed(found, length);
  for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
    if (strcmp(name + prefix, links[i].name) != 0) continue;
    char path[64];
    snprintf(path, sizeof path, "%.*s%s", (int)prefix, folder, links[i].zone);
    found = __real_SystemNative_GetTimeZoneData(path, length);
    return found ? compact_zone_completed(found, length) : NULL;
  }
  return NULL;
}

int64_t zones_universal(int64_t local) {
  enum { TICKS = 10000000 };
  // A DateTime counts tenths of microseconds from the year 1; what kind of time it is, its upper two bits say: none here, which is taken for local.
  const int64_t epoch = 62135596800;
  const uint64_t kind = 3ull << 62;
  uint64_t time = (uint64_t)(local + epoch) * TICKS;
  MonoClass *type = mono_class_from_name(mono_get_corlib(), "System", "DateTime");
  MonoMethod *method = mono_class_get_method_from_name(type, "ToUniversalTime", 0);
  MonoObject *exception = NULL;
  MonoObject *universal = mono_runtime_invoke(method, &time, NULL, &exception);
  if (exception || !universal) return local;
  return (int64_t)((*(uint64_t *)mono_object_unbox(universal) & ~kind) / TICKS) - epoch;
}
