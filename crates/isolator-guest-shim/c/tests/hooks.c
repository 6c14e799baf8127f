// The runtime's questions to its surroundings: timer, background work, entropy, the process id, traces.
#include "pack.h"

void mono_wasm_schedule_timer(int milliseconds);
void SystemJS_ScheduleTimerImpl(int milliseconds);
void schedule_background_exec(void);
void SystemJS_ScheduleBackgroundJobImpl(void);
int mono_wasm_browser_entropy(unsigned char *buffer, int size);
int SystemJS_RandomBytes(unsigned char *buffer, int size);
int mono_wasm_process_current_pid(void);
int SystemJS_GetCurrentProcessId(void);
int mono_interp_tier_prepare_jiterpreter(void *, void *, void *, int, void *, int, int, void *);

static int64_t now(void) {
    struct p_timespec time;
    CHECK(clock_gettime(P_CLOCK_MONOTONIC, &time) == 0);
    return time.tv_sec * 1000000000 + time.tv_nsec;
}

int main(void) {
    CHECK(isolator_timer_due() == -1 && !isolator_take_background());
    void (*timers[])(int) = {mono_wasm_schedule_timer, SystemJS_ScheduleTimerImpl};
    for (int i = 0; i < 2; i++) {
        int64_t before = now();
        timers[i](50);
        CHECK(isolator_timer_due() >= before + 50000000 && isolator_timer_due() <= now() + 50000000);
        timers[i](1000); // replaces
        CHECK(isolator_timer_due() >= before + 1000000000);
        timers[i](0);
        CHECK(isolator_timer_due() >= before && isolator_timer_due() <= now());
        isolator_clear_timer();
        CHECK(isolator_timer_due() == -1);
    }
    OK("timer");

    schedule_background_exec();
    schedule_background_exec();
    CHECK(isolator_take_background() && !isolator_take_background());
    SystemJS_ScheduleBackgroundJobImpl();
    CHECK(isolator_take_background() && !isolator_take_background());
    OK("background work");

    // More than getentropy gives at a time, and nothing beyond.
    static unsigned char one[1001], two[1001];
    CHECK(mono_wasm_browser_entropy(one, 1000) == 0 && SystemJS_RandomBytes(two, 1000) == 0);
    CHECK(memcmp(one, two, 1000) != 0 && one[1000] == 0 && two[1000] == 0);
    int zeros = 0;
    for (int i = 900; i < 1000; i++) {
        zeros += one[i] == 0;
    }
    CHECK(zeros < 20);
    OK("entropy");

    CHECK(mono_wasm_process_current_pid() == getpid() && SystemJS_GetCurrentProcessId() == getpid());
    CHECK(mono_interp_tier_prepare_jiterpreter(NULL, NULL, NULL, 0, NULL, 0, 0, NULL) == 1);
    OK("process id, traces");
    return 0;
}
