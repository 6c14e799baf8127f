// A zone's data lists its changes, and has at its end a rule for those to come (RFC 9636). Its compact form ends the list where the rule begins to hold: Lisbon's with the change
// to summer time of March 1996, after four years on Central European Time. .NET takes for `BaseUtcOffset` what the last listed change to standard time gave, which there is that of
// 1992. So the change that comes next by the rule is put behind the others, as the form that systems have installed lists it.
#include "compact_zones.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

// The sizes of the parts, in bytes. The first block has moments of four bytes, for readers of before 2005, and the second one of eight.
enum { MAGIC = 4, COUNTS_AT = 20, COUNT = 4, HEADER = 44, OLD_TIME = 4, TIME = 8, TYPE = 6, OLD_LEAP = 8, LEAP = 12 };

enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR, WEEK = 7 };

typedef struct {
  size_t universal, standard, leaps, times, types, names;
} Counts;

static int64_t number(const uint8_t *bytes, size_t size) {
  uint64_t value = bytes[0] & 0x80 ? UINT64_MAX : 0;
  for (size_t i = 0; i < size; i++) value = value << 8 | bytes[i];
  return (int64_t)value;
}

static void put_number(uint8_t *bytes, size_t size, int64_t value) {
  for (size_t i = 0; i < size; i++) bytes[i] = (uint8_t)((uint64_t)value >> 8 * (size - 1 - i));
}

static Counts counts_of(const uint8_t *header) {
  size_t counts[6];
  for (size_t i = 0; i < 6; i++) counts[i] = (size_t)number(header + COUNTS_AT + i * COUNT, COUNT);
  return (Counts){counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]};
}

static size_t block_size(Counts counts, size_t time, size_t leap) {
  return HEADER + counts.times * (time + 1) + counts.types * TYPE + counts.names + counts.leaps * leap + counts.standard + counts.universal;
}

// The parts of a rule, each of which leaves `*text` behind it; `false` where it is something else.

static bool skip_name(const char **text) {
  const char *end = *text;
  if (*end == '<') {
    end = strchr(end, '>');
    if (!end) return false;
    end++;
  } else {
    while ((*end >= 'A' && *end <= 'Z') || (*end >= 'a' && *end <= 'z')) end++;
  }
  bool some = end != *text;
  *text = end;
  return some;
}

static bool take_digits(const char **text, int *value) {
  const char *start = *text;
  enum { LARGE = 1000 };
  for (*value = 0; **text >= '0' && **text <= '9' && *value < LARGE; (*text)++) *value = *value * 10 + (**text - '0');
  return *text != start;
}

// `[+-]hours[:minutes[:seconds]]`, in seconds.
static bool take_seconds(const char **text, int *seconds) {
  int sign = **text == '-' ? -1 : 1;
  if (**text == '-' || **text == '+') (*text)++;
  int part;
  if (!take_digits(text, &part)) return false;
  int total = part * HOUR;
  for (int unit = MINUTE; **text == ':' && unit > 0; unit /= MINUTE) {
    (*text)++;
    if (!take_digits(text, &part)) return false;
    total += part * unit;
  }
  *seconds = sign * total;
  return true;
}

typedef struct {
  int month, week, weekday, time;
} YearlyChange;

// `,Mmonth.week.weekday[/time]`. Other forms are days of years, which no zone uses that changes its clocks.
static bool take_change(const char **text, YearlyChange *change) {
  if ((*text)[0] != ',' || (*text)[1] != 'M') return false;
  *text += 2;
  int *parts[] = {&change->month, &change->week, &change->weekday};
  for (size_t i = 0; i < 3; i++) {
    if (i > 0 && *(*text)++ != '.') return false;
    if (!take_digits(text, parts[i])) return false;
  }
  change->time = 2 * HOUR;
  if (**text != '/') return change->month >= 1 && change->month <= 12;
  (*text)++;
  return change->month >= 1 && change->month <= 12 && take_seconds(text, &change->time);
}

// Days from the beginning of 1970 to that of a year.
static int64_t days_to(int64_t year) {
  int64_t before = year - 1;
  return 365 * (year - 1970) + (before / 4 - before / 100 + before / 400) - (1969 / 4 - 1969 / 100 + 1969 / 400);
}

static bool is_leap(int64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

// The day of a change in a year, in days from the beginning of 1970.
static int64_t day_of(YearlyChange change, int64_t year) {
  static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int64_t first = days_to(year);
  for (int month = 1; month < change.month; month++) first += lengths[month - 1] + (month == 2 && is_leap(year));
  int length = lengths[change.month - 1] + (change.month == 2 && is_leap(year));
  enum { THURSDAY = 4 };
  int weekday = (int)((first + THURSDAY) % WEEK);
  int day = (change.weekday - weekday + WEEK) % WEEK + (change.week - 1) * WEEK;
  // Week five is the last one.
  while (day >= length) day -= WEEK;
  return first + day;
}

// The first change to standard time after `after`, by the rule, and how many seconds that time is before universal time.
static bool next_standard(const char *rule, int64_t after, int64_t *moment, int *offset) {
  int standard, daylight;
  YearlyChange begins, ends;
  if (!skip_name(&rule) || !take_seconds(&rule, &standard) || !skip_name(&rule)) return false;
  daylight = standard - HOUR;
  if (*rule != ',' && !take_seconds(&rule, &daylight)) return false;
  if (!take_change(&rule, &begins) || !take_change(&rule, &ends) || *rule) return false;
  // In the rule an offset is what has to be added for universal time.
  *offset = -standard;
  int64_t year = 1970 + after / (365 * (int64_t)DAY) - 1;
  do *moment = day_of(ends, year++) * DAY + ends.time + daylight;
  while (*moment <= after);
  return true;
}

static const uint8_t *completed(const uint8_t *data, size_t *length) {
  if (*length < HEADER || memcmp(data, "TZif", MAGIC) != 0 || data[MAGIC] < '2') return NULL;
  size_t second = block_size(counts_of(data), OLD_TIME, OLD_LEAP);
  if (second + HEADER > *length) return NULL;
  Counts counts = counts_of(data + second);
  size_t rule = second + block_size(counts, TIME, LEAP) + 1;
  enum { LONGEST_RULE = 64 };
  if (!counts.times || rule >= *length || *length - rule > LONGEST_RULE) return NULL;

  const uint8_t *times = data + second + HEADER, *kinds = times + counts.times * TIME, *types = kinds + counts.times;
  const uint8_t *last = types + kinds[counts.times - 1] * TYPE;
  // What stands behind an offset: whether it is daylight saving time.
  if (!last[COUNT]) return NULL;
  int64_t listed = INT64_MIN;
  for (size_t i = counts.times; i-- > 0 && listed == INT64_MIN;) {
    const uint8_t *type = types + kinds[i] * TYPE;
    if (!type[COUNT]) listed = number(type, COUNT);
  }

  char text[LONGEST_RULE + 1];
  size_t end = *length - rule - 1;
  memcpy(text, data + rule, end);
  text[end] = 0;
  int64_t moment;
  int offset;
  if (!next_standard(text, number(times + (counts.times - 1) * TIME, TIME), &moment, &offset) || offset == listed) return NULL;
  size_t kind = 0;
  while (kind < counts.types && (types[kind * TYPE + COUNT] || number(types + kind * TYPE, COUNT) != offset)) kind++;
  if (kind == counts.types) return NULL;

  uint8_t *whole = malloc(*length + TIME + 1);
  if (!whole) return NULL;
  uint8_t *at = whole;
  size_t before = (size_t)(kinds - data);
  memcpy(at, data, before);
  enum { TIMES = 3 };
  put_number(whole + second + COUNTS_AT + TIMES * COUNT, COUNT, (int64_t)counts.times + 1);
  put_number(at += before, TIME, moment);
  memcpy(at += TIME, kinds, counts.times);
  *(at += counts.times) = (uint8_t)kind;
  memcpy(at + 1, types, *length - (size_t)(types - data));
  *length += TIME + 1;
  return whole;
}

const uint8_t *compact_zone_completed(const uint8_t *data, int *length) {
  // A handful of zones are like that.
  enum { MOST = 32 };
  static struct {
    const uint8_t *data, *whole;
    int length;
  } kept[MOST];
  static size_t count;
  for (size_t i = 0; i < count; i++) {
    if (kept[i].data != data) continue;
    *length = kept[i].length;
    return kept[i].whole;
  }
  size_t size = (size_t)*length;
  const uint8_t *whole = count < MOST ? completed(data, &size) : NULL;
  if (!whole) return data;
  *length = (int)size;
  kept[count].data = data;
  kept[count].whole = whole;
  kept[count++].length = *length;
  return whole;
}
