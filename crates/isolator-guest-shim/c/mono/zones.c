// Time zones by the names without a slash that the tz database keeps beside the others. The pack has the zones that they stand
// for (file `backward` of the database, version 2025b), but not these names.
#include "zones.h"

#include <stdint.h>
#include <stdio.h>
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

const uint8_t *__real_SystemNative_GetTimeZoneData(const char *name, int *length);

// .NET asks with the path that a zone's file has elsewhere, or with its name.
const uint8_t *__wrap_SystemNative_GetTimeZoneData(const char *name, int *length) {
  const uint8_t *found = __real_SystemNative_GetTimeZoneData(name, length);
  if (found || !name) return found;
  static const char folder[] = "/usr/share/zoneinfo/";
  size_t prefix = strncmp(name, folder, sizeof folder - 1) == 0 ? sizeof folder - 1 : 0;
  for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
    if (strcmp(name + prefix, links[i].name) != 0) continue;
    char path[64];
    snprintf(path, sizeof path, "%.*s%s", (int)prefix, folder, links[i].zone);
    return __real_SystemNative_GetTimeZoneData(path, length);
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
