// What the runtime expects from the JavaScript around it: entropy, scheduling, the process id, the jiterpreter.
//
// .NET 10's names and .NET 11's (`SystemJS_*`) are both here; a pack calls the one or the other.
#include "hooks.h"
#define _WASI_EMULATED_GETPID
#define _WASI_EMULATED_SIGNAL
#include "compat.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// Timer and background work are only recorded: the runtime is inside a call when it asks, and the host's next entry
// or the pump runs them.

static bool background_wanted;
static int64_t timer_due = -1;

bool isolator_take_background(void) {
    bool wanted = background_wanted;
    background_wanted = false;
    return wanted;
}

bool isolator_background_wanted(void) {
    return background_wanted;
}

bool isolator_has_work(void) {
    return background_wanted || timer_due >= 0;
}

int64_t isolator_timer_due(void) {
    return timer_due;
}

void isolator_clear_timer(void) {
    timer_due = -1;
}

// One timer: a new one replaces the old, as the runtime expects.
void mono_wasm_schedule_timer(int milliseconds) {
    int64_t wait = milliseconds < 0 ? 0 : milliseconds;
    timer_due = (int64_t)compat_monotonic() + wait * 1000000;
}

void SystemJS_ScheduleTimerImpl(int milliseconds) {
    mono_wasm_schedule_timer(milliseconds);
}

void schedule_background_exec(void) {
    background_wanted = true;
}

void SystemJS_ScheduleBackgroundJobImpl(void) {
    background_wanted = true;
}

// Entropy from the host, all or nothing: 0, or -1 if there is none.
int mono_wasm_browser_entropy(uint8_t *buffer, int size) {
    while (size > 0) {
        int part = size > 256 ? 256 : size; // getentropy's limit
        if (getentropy(buffer, (size_t)part) < 0) {
            return -1;
        }
        buffer += part;
        size -= part;
    }
    return 0;
}

int SystemJS_RandomBytes(uint8_t *buffer, int size) {
    return mono_wasm_browser_entropy(buffer, size);
}

int mono_wasm_process_current_pid(void) {
    return getpid();
}

int SystemJS_GetCurrentProcessId(void) {
    return getpid();
}

// The jiterpreter: in the browser, hot traces are handed to JavaScript to be compiled. Whoever brings a compiler
// overrides this weak function. 1 says "no code for this trace" and makes its entry a no-operation; 0 would keep the
// interpreter asking at each pass, which costs more than the trace.
__attribute__((weak)) int mono_interp_tier_prepare_jiterpreter(void *frame, void *method, void *ip, int trace,
                                                              void *start, int size, int preset, void *unused) {
    (void)frame, (void)method, (void)ip, (void)trace, (void)start, (void)size, (void)preset, (void)unused;
    return 1;
}

// Counts calls of an interpreter entry, to compile it when hot: nobody would.
__attribute__((weak)) void mono_interp_record_interp_entry(void *entry) {
    (void)entry;
}

// 0: keep the generic entry.
__attribute__((weak)) void *mono_interp_jit_wasm_entry_trampoline(void *method, void *frame, int arguments, void *types,
                                                                 int has_return, int has_this, void *name,
                                                                 void *fallback) {
    (void)method, (void)frame, (void)arguments, (void)types, (void)has_return, (void)has_this, (void)name;
    (void)fallback;
    return NULL;
}

// Short ways into compiled code are made at once: see mono/thunks.c.
__attribute__((weak)) void mono_interp_flush_jitcall_queue(void) {}

// A method is freed: nothing was kept about it.
__attribute__((weak)) void mono_wasm_free_method_data(void *method, void *info, int trace) {
    (void)method, (void)info, (void)trace;
}

// EM_ASM: runs JavaScript, in the one case the packs have (printing its stack). There is none.
int emscripten_asm_const_int(const char *code, const char *signature, void *arguments) {
    (void)code, (void)signature, (void)arguments;
    fputs("isolator: no native stack trace is available\n", stderr);
    return 0;
}

// Parts of the runtime that the browser build leaves undefined, because no live code reaches them there.

void *mono_arch_ip_from_context(void *context) {
    (void)context;
    return NULL;
}

void mono_dump_native_crash_info(const char *signal, void *context, void *info) {
    (void)context, (void)info;
    fprintf(stderr, "isolator: the runtime crashed: %s\n", signal ? signal : "unknown");
}

void mono_post_native_crash_handler(const char *signal, void *context, int can_dump, void *info) {
    (void)signal, (void)context, (void)can_dump, (void)info;
    abort();
}

int mono_threads_suspend_get_suspend_signal(void) {
    return -1;
}

int mono_threads_suspend_get_restart_signal(void) {
    return -1;
}

// .NET 11: a signal as PosixSignal numbers it; 0, and the number as it is, for the others. In pal_signal.c, which the
// browser's pack leaves out.
__attribute__((weak)) int TryConvertSignalCodeToPosixSignal(int code, int *signal) {
    static const struct {
        int code, posix;
    } known[] = {{SIGHUP, -1},  {SIGINT, -2},   {SIGQUIT, -3}, {SIGTERM, -4}, {SIGCHLD, -5},
                 {SIGCONT, -6}, {SIGWINCH, -7}, {SIGTTIN, -8}, {SIGTTOU, -9}, {SIGTSTP, -10}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].code == code) {
            *signal = known[i].posix;
            return 1;
        }
    }
    *signal = code;
    return 0;
}
