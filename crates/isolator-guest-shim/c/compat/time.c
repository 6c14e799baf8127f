// Clocks, sleeping, time zones. Emscripten's clock ids are small numbers, wasi-libc's are addresses of objects.
#include "compat.h"
#include "hooks.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wasi/api.h>

enum { NANOSECONDS = 1000000000 };

int __real_clock_gettime(clockid_t clock, struct timespec *out);
int __real_clock_getres(clockid_t clock, struct timespec *out);
struct tm *__real_localtime_r(const time_t *restrict time, struct tm *restrict out);

// ICU's and the runtime's view of the local zone: WASI tells none, so the C library's is UTC. .NET takes its own from
// the TZ variable and the bundled zone data.
int daylight = 0;
long timezone = 0;
char *tzname[2] = {"UTC", "UTC"};

void tzset(void) {}

// When this runtime began, on the monotonic clock: 0 is "not yet", so that a snapshot does not freeze the build's.
static uint64_t started;

uint64_t compat_monotonic(void) {
    __wasi_timestamp_t now = 0;
    return __wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 1, &now) ? 0 : now;
}

void isolator_clock_restart(void) {
    started = compat_monotonic();
}

uint64_t compat_since_start(void) {
    uint64_t now = compat_monotonic();
    // A restored snapshot whose clock was not restarted may be on a machine that has been up for less.
    if (started == 0 || now < started) {
        started = now;
    }
    return now - started;
}

// What a clock id stands for: a WASI clock, or one of the CPU clocks, which WASI has not.
enum clock { CLOCK_NONE, CLOCK_WALL, CLOCK_STEADY, CLOCK_CPU };

static enum clock clock_of(int id) {
    // wasi-libc's own calls (sleep, nanosleep) and libc++'s come here with its ids.
    if (id == (int)(intptr_t)CLOCK_REALTIME) {
        return CLOCK_WALL;
    }
    if (id == (int)(intptr_t)CLOCK_MONOTONIC) {
        return CLOCK_STEADY;
    }
    switch (id) {
    case EM_CLOCK_REALTIME:
    case EM_CLOCK_REALTIME_COARSE: return CLOCK_WALL;
    case EM_CLOCK_MONOTONIC:
    case EM_CLOCK_MONOTONIC_RAW:
    case EM_CLOCK_MONOTONIC_COARSE:
    case EM_CLOCK_BOOTTIME: return CLOCK_STEADY;
    case EM_CLOCK_PROCESS_CPUTIME_ID:
    case EM_CLOCK_THREAD_CPUTIME_ID: return CLOCK_CPU;
    default: return CLOCK_NONE;
    }
}

int em_clock_gettime(int id, struct em_timespec *out) {
    struct timespec now;
    switch (clock_of(id)) {
    case CLOCK_WALL:
    case CLOCK_STEADY:
        if (__real_clock_gettime(clock_of(id) == CLOCK_WALL ? CLOCK_REALTIME : CLOCK_MONOTONIC, &now) < 0) {
            return -1;
        }
        *out = (struct em_timespec){now.tv_sec, now.tv_nsec};
        return 0;
    case CLOCK_CPU: {
        // An upper bound, like wasi-libc's own emulation: the time since the start, as if it had all been computing.
        uint64_t used = compat_since_start();
        *out = (struct em_timespec){(int64_t)(used / NANOSECONDS), (int32_t)(used % NANOSECONDS)};
        return 0;
    }
    default: return compat_fail(EINVAL);
    }
}

int __wrap_clock_getres(int id, struct em_timespec *out) {
    struct timespec resolution;
    enum clock clock = clock_of(id);
    if (clock == CLOCK_NONE) {
        return compat_fail(EINVAL);
    }
    if (__real_clock_getres(clock == CLOCK_WALL ? CLOCK_REALTIME : CLOCK_MONOTONIC, &resolution) < 0) {
        return -1;
    }
    if (out) {
        *out = (struct em_timespec){resolution.tv_sec, resolution.tv_nsec};
    }
    return 0;
}

int em_gettimeofday(struct em_timeval *out, void *zone) COMPAT_AS(gettimeofday);
int em_gettimeofday(struct em_timeval *out, void *zone) {
    (void)zone;
    struct em_timespec now;
    if (em_clock_gettime(EM_CLOCK_REALTIME, &now) < 0) {
        return -1;
    }
    *out = (struct em_timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

// Emscripten's clock_t is 32 bits of microseconds: it wraps after 36 minutes there too.
int em_clock(void) COMPAT_AS(clock);
int em_clock(void) {
    return (int)(uint32_t)(compat_since_start() / (NANOSECONDS / EM_CLOCKS_PER_SEC));
}

// Waits, by the monotonic clock. Returns an error number of wasi-libc's.
static int wait(uint64_t nanoseconds) {
    __wasi_subscription_t wanted = {
        .u.tag = __WASI_EVENTTYPE_CLOCK,
        .u.u.clock.id = __WASI_CLOCKID_MONOTONIC,
        .u.u.clock.timeout = nanoseconds,
    };
    __wasi_event_t event;
    size_t happened;
    __wasi_errno_t error = __wasi_poll_oneoff(&wanted, &event, 1, &happened);
    return error ? error : event.error;
}

// The nanoseconds of a time, no later than the far end of the clock. False if it isn't a valid time.
static bool nanoseconds_of(const struct em_timespec *time, uint64_t *out) {
    if (time->tv_sec < 0 || time->tv_nsec < 0 || time->tv_nsec >= NANOSECONDS) {
        return false;
    }
    if (__builtin_mul_overflow((uint64_t)time->tv_sec, (uint64_t)NANOSECONDS, out) ||
        __builtin_add_overflow(*out, (uint64_t)time->tv_nsec, out)) {
        *out = UINT64_MAX;
    }
    return true;
}

// Returns its error number. No signal can end a sleep, so `left` is never needed.
int em_clock_nanosleep(int id, int flags, const struct em_timespec *time, struct em_timespec *left) {
    (void)left;
    enum clock clock = clock_of(id);
    uint64_t wanted;
    bool absolute = flags == EM_TIMER_ABSTIME;
    if (clock == CLOCK_NONE || (flags & ~EM_TIMER_ABSTIME)) {
        return EINVAL;
    }
    if (clock == CLOCK_CPU) {
        return EM_ENOTSUP;
    }
    if (!nanoseconds_of(time, &wanted)) {
        // A moment before the epoch has passed already; any other time out of range is a mistake.
        return absolute && time->tv_sec < 0 && time->tv_nsec >= 0 && time->tv_nsec < NANOSECONDS ? 0 : EINVAL;
    }
    if (absolute) {
        // Waited for as a difference: hosts need not take absolute times, and the wall clock's least of all.
        struct em_timespec now;
        uint64_t past = 0;
        if (em_clock_gettime(id, &now) < 0 || !nanoseconds_of(&now, &past)) {
            return compat_errno(errno);
        }
        wanted = wanted > past ? wanted - past : 0;
    }
    return wanted == 0 ? 0 : compat_errno(wait(wanted));
}

int em_nanosleep(const struct em_timespec *time, struct em_timespec *left) COMPAT_AS(nanosleep);
int em_nanosleep(const struct em_timespec *time, struct em_timespec *left) {
    int error = em_clock_nanosleep(EM_CLOCK_MONOTONIC, 0, time, left);
    return error ? compat_fail(error) : 0;
}

// wasi-libc's struct tm has a member more at its end, which must not be written behind Emscripten's.
struct em_tm *__wrap_localtime_r(const int64_t *time, struct em_tm *out) {
    struct tm real;
    time_t when = *time;
    if (!__real_localtime_r(&when, &real)) {
        return NULL;
    }
    _Static_assert(offsetof(struct tm, tm_isdst) == offsetof(struct em_tm, tm_isdst), "tm.tm_isdst");
    _Static_assert(offsetof(struct tm, __tm_gmtoff) == offsetof(struct em_tm, tm_gmtoff), "tm.tm_gmtoff");
    _Static_assert(offsetof(struct tm, __tm_zone) == offsetof(struct em_tm, tm_zone), "tm.tm_zone");
    memcpy(out, &real, sizeof *out);
    return out;
}
