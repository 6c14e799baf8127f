// Processes, signals, users, limits: there is one process, one user, and nobody to send a signal but the program
// itself.
#define _WASI_EMULATED_SIGNAL // its header, for the numbers
#define _WASI_EMULATED_GETPID
#include "compat.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Signals. Actions are kept, and delivered by kill() to oneself, at once; nothing else ever raises one.

_Static_assert(SIGKILL == 9 && SIGCHLD == 17 && SIGCONT == 18 && SIGSTOP == 19 && SIGTSTP == 20 && SIGTTIN == 21 &&
                   SIGTTOU == 22 && SIGURG == 23 && SIGWINCH == 28,
               "both sides number signals alike");

static struct em_sigaction actions[EM_NSIG];

static bool is_signal(int signal) {
    return signal > 0 && signal < EM_NSIG;
}

int sigaction(int signal, const struct em_sigaction *action, struct em_sigaction *old) {
    if (!is_signal(signal) || ((signal == SIGKILL || signal == SIGSTOP) && action)) {
        return compat_fail(EINVAL);
    }
    if (old) {
        *old = actions[signal];
    }
    if (action) {
        actions[signal] = *action;
    }
    return 0;
}

static void deliver(int signal) {
    struct em_sigaction action = actions[signal];
    if (action.handler == EM_SIG_IGN) {
        return;
    }
    if (action.handler == EM_SIG_DFL) {
        switch (signal) {
        case SIGCHLD:
        case SIGCONT:
        case SIGURG:
        case SIGWINCH: return;
        case SIGSTOP:
        case SIGTSTP:
        case SIGTTIN:
        case SIGTTOU: compat_fatal("stopped by a signal that nobody could continue it from");
        default: compat_fatal("ended by a signal it sent to itself");
        }
    }
    if ((uint32_t)action.flags & EM_SA_RESETHAND) {
        actions[signal].handler = EM_SIG_DFL;
    }
    if (action.flags & EM_SA_SIGINFO) {
        struct em_siginfo info = {.si_signo = signal, .si_pid = getpid(), .si_uid = COMPAT_UID};
        ((void (*)(int, struct em_siginfo *, void *))action.handler)(signal, &info, NULL);
    } else {
        ((void (*)(int))action.handler)(signal);
    }
}

int kill(int process, int signal) {
    if (signal != 0 && !is_signal(signal)) {
        return compat_fail(EINVAL);
    }
    int self = getpid();
    // 0 and -self are the process group, -1 everything there is: all the same one process.
    if (process != self && process != 0 && process != -1 && process != -self) {
        return compat_fail(ESRCH);
    }
    if (signal != 0) {
        deliver(signal);
    }
    return 0;
}

int __libc_current_sigrtmax(void) {
    return EM_SIGRTMAX;
}

// Children: there are none to wait for.

int waitpid(int process, int *status, int options) {
    (void)process, (void)status, (void)options;
    return compat_fail(ECHILD);
}

int waitid(int type, uint32_t id, void *info, int options) {
    (void)type, (void)id, (void)info, (void)options;
    return compat_fail(ECHILD);
}

int getsid(int process) {
    int self = getpid();
    return process == 0 || process == self ? self : compat_fail(ESRCH);
}

// Whether `who` names this process, user or group in getpriority and setpriority.
static bool is_self(int which, uint32_t who) {
    return who == 0 || (which < 2 ? who == (uint32_t)getpid() : who == COMPAT_UID);
}

int getpriority(int which, uint32_t who) {
    if (which < 0 || which > 2) {
        return compat_fail(EINVAL);
    }
    return is_self(which, who) ? 0 : compat_fail(ESRCH);
}

// How the host schedules this runtime cannot be changed from inside.
int setpriority(int which, uint32_t who, int priority) {
    if (which < 0 || which > 2) {
        return compat_fail(EINVAL);
    }
    return !is_self(which, who) ? compat_fail(ESRCH) : priority == 0 ? 0 : compat_fail(EACCES);
}

// Limits. The host's are its own secret; what is known here is the address space and the stack.

extern char __heap_base, __stack_low, __stack_high;

static uint64_t limit(int resource) {
    switch (resource) {
    case EM_RLIMIT_STACK: return (uint64_t)(&__stack_high - &__stack_low);
    case EM_RLIMIT_AS: return (uint64_t)1 << 32;
    default: return EM_RLIM_INFINITY;
    }
}

int getrlimit(int resource, struct em_rlimit *out) {
    if (resource < 0 || resource >= EM_RLIMIT_NLIMITS) {
        return compat_fail(EINVAL);
    }
    out->rlim_cur = out->rlim_max = limit(resource);
    return 0;
}

int setrlimit(int resource, const struct em_rlimit *wanted) {
    if (resource < 0 || resource >= EM_RLIMIT_NLIMITS || wanted->rlim_cur > wanted->rlim_max) {
        return compat_fail(EINVAL);
    }
    uint64_t now = limit(resource);
    return wanted->rlim_cur == now && wanted->rlim_max == now ? 0 : compat_fail(EPERM);
}

// CPU time is an upper bound (see clock_gettime); memory is what the linear memory has grown to; the rest is not known.
int em_getrusage(int who, struct em_rusage *out) COMPAT_AS(getrusage);
int em_getrusage(int who, struct em_rusage *out) {
    if (who != EM_RUSAGE_SELF && who != EM_RUSAGE_CHILDREN && who != EM_RUSAGE_THREAD) {
        return compat_fail(EINVAL);
    }
    *out = (struct em_rusage){0};
    if (who != EM_RUSAGE_CHILDREN) {
        uint64_t used = compat_since_start();
        out->ru_utime = (struct em_timeval){(int64_t)(used / 1000000000), (int32_t)(used / 1000 % 1000000)};
        out->counters[0] = (int32_t)(__builtin_wasm_memory_size(0) * 64); // ru_maxrss, in KiB
    }
    return 0;
}

// Users and groups: one of each, and no database to look others up in. "Not found" is no error: 0, with no result.

struct em_passwd {
    const char *name, *password;
    uint32_t user, group;
    const char *about, *home, *shell;
};

// The user has no name, and the root for home: there .NET looks for stores of certificates, and finds none.
int getpwuid_r(uint32_t uid, void *out, char *buffer, size_t size, void **result) {
    (void)buffer, (void)size;
    *(struct em_passwd *)out = (struct em_passwd){.name = "", .password = "", .user = uid, .about = "", .home = "/", .shell = ""};
    *result = out;
    return 0;
}

int getpwnam_r(const char *name, void *out, char *buffer, size_t size, void **result) {
    (void)name, (void)out, (void)buffer, (void)size;
    *result = NULL;
    return 0;
}

int getgrgid_r(uint32_t gid, void *out, char *buffer, size_t size, void **result) {
    (void)gid, (void)out, (void)buffer, (void)size;
    *result = NULL;
    return 0;
}

void setgrent(void) {}

void endgrent(void) {}

void *getgrent(void) {
    return NULL;
}

// No supplementary groups.
int getgroups(int size, uint32_t *groups) {
    (void)groups;
    return size < 0 ? compat_fail(EINVAL) : 0;
}

uint32_t getuid(void) {
    return COMPAT_UID;
}

uint32_t geteuid(void) {
    return COMPAT_UID;
}

uint32_t getgid(void) {
    return COMPAT_GID;
}

uint32_t getegid(void) {
    return COMPAT_GID;
}

int seteuid(uint32_t uid) {
    return uid == COMPAT_UID ? 0 : compat_fail(EPERM);
}
