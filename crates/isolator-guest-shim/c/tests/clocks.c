// Clocks, sleeping, local time, resource use.
#include "pack.h"

static long long nanoseconds(int clock) {
    GUARDED(struct p_timespec) now;
    GUARD(now);
    CHECK(clock_gettime(clock, &now.value) == 0 && guard_intact(now.guard));
    CHECK(now.value.tv_nsec >= 0 && now.value.tv_nsec < 1000000000);
    return now.value.tv_sec * 1000000000 + now.value.tv_nsec;
}

int main(void) {
    isolator_clock_restart();

    long long wall = nanoseconds(P_CLOCK_REALTIME) / 1000000000;
    CHECK(wall > 1700000000 && time(NULL) - wall <= 1);
    GUARDED(struct p_timeval) day;
    GUARD(day);
    CHECK(gettimeofday(&day.value, NULL) == 0 && guard_intact(day.guard));
    CHECK(day.value.tv_sec - wall <= 1 && day.value.tv_usec >= 0 && day.value.tv_usec < 1000000);
    struct p_timespec resolution;
    CHECK(clock_getres(P_CLOCK_MONOTONIC, &resolution) == 0 && clock_getres(P_CLOCK_REALTIME, NULL) == 0);
    CHECK(resolution.tv_sec == 0 && resolution.tv_nsec > 0);
    CHECK(clock_gettime(42, &resolution) == -1 && ERRNO == P_EINVAL);
    CHECK(clock_getres(-1, &resolution) == -1 && ERRNO == P_EINVAL);
    OK("clock_gettime, clock_getres, gettimeofday");

    long long start = nanoseconds(P_CLOCK_MONOTONIC);
    struct p_timespec nap = {0, 20000000};
    CHECK(nanosleep(&nap, NULL) == 0);
    CHECK(usleep(20000) == 0);
    CHECK(clock_nanosleep(P_CLOCK_MONOTONIC, 0, &nap, NULL) == 0);
    long long slept = nanoseconds(P_CLOCK_MONOTONIC) - start;
    CHECK(slept >= 59000000 && slept < 10000000000);
    long long until = nanoseconds(P_CLOCK_MONOTONIC) + 20000000;
    struct p_timespec moment = {until / 1000000000, (long)(until % 1000000000)};
    CHECK(clock_nanosleep(P_CLOCK_MONOTONIC, P_TIMER_ABSTIME, &moment, NULL) == 0);
    CHECK(nanoseconds(P_CLOCK_MONOTONIC) >= until);
    until = nanoseconds(P_CLOCK_REALTIME) + 20000000;
    moment = (struct p_timespec){until / 1000000000, (long)(until % 1000000000)};
    CHECK(clock_nanosleep(P_CLOCK_REALTIME, P_TIMER_ABSTIME, &moment, NULL) == 0);
    CHECK(nanoseconds(P_CLOCK_REALTIME) >= until);
    CHECK(clock_nanosleep(P_CLOCK_REALTIME, P_TIMER_ABSTIME, &(struct p_timespec){1, 0}, NULL) == 0); // long past
    CHECK(clock_nanosleep(P_CLOCK_REALTIME, 0, &(struct p_timespec){0, 1000000000}, NULL) == P_EINVAL);
    CHECK(clock_nanosleep(42, 0, &nap, NULL) == P_EINVAL);
    CHECK(nanosleep(&(struct p_timespec){-1, 0}, NULL) == -1 && ERRNO == P_EINVAL);
    CHECK(sleep(0) == 0);
    OK("nanosleep, clock_nanosleep, usleep, sleep");

    long long cpu = nanoseconds(P_CLOCK_PROCESS_CPUTIME_ID);
    CHECK(cpu >= 80000000 && cpu < 100000000000);
    CHECK(clock() >= 80000 && clock() < 100000000); // microseconds
    GUARDED(struct p_rusage) used;
    GUARD(used);
    CHECK(getrusage(0, &used.value) == 0 && guard_intact(used.guard));
    CHECK(used.value.ru_utime.tv_sec < 100 && used.value.ru_utime.tv_usec < 1000000);
    CHECK(used.value.ru_utime.tv_sec * 1000000 + used.value.ru_utime.tv_usec >= 80000);
    CHECK(used.value.ru_stime.tv_sec == 0 && used.value.ru_maxrss >= 64 && used.value.ru_more[12] == 0);
    CHECK(getrusage(-1, &used.value) == 0 && used.value.ru_utime.tv_sec == 0 && used.value.ru_utime.tv_usec == 0);
    CHECK(getrusage(2, &used.value) == -1 && ERRNO == P_EINVAL); // wasi-libc's RUSAGE_CHILDREN
    isolator_clock_restart();
    CHECK(nanoseconds(P_CLOCK_PROCESS_CPUTIME_ID) < 60000000);
    OK("CPU clocks, getrusage");

    GUARDED(struct p_tm) local;
    GUARD(local);
    long long when = 1000000000; // 2001-09-09 01:46:40 UTC
    CHECK(localtime_r(&when, &local.value) == &local.value && guard_intact(local.guard));
    CHECK(local.value.tm_year == 101 && local.value.tm_mon == 8 && local.value.tm_mday == 9);
    CHECK(local.value.tm_hour == 1 && local.value.tm_min == 46 && local.value.tm_sec == 40);
    CHECK(local.value.tm_gmtoff == 0 && local.value.tm_isdst == 0 && strcmp(local.value.tm_zone, "UTC") == 0);
    char text[64];
    CHECK(strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S%z", &local.value) > 0);
    CHECK(strcmp(text, "2001-09-09T01:46:40+0000") == 0);
    tzset();
    extern long timezone;
    extern char *tzname[2];
    CHECK(timezone == 0 && strcmp(tzname[0], "UTC") == 0);
    OK("localtime_r, strftime, time zone");
    return 0;
}
