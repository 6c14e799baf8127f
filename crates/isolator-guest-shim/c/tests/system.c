// Errors, processes, signals, users, limits, the network, dynamic libraries, the machine, printf.
#include "pack.h"

static void test_errors(void) {
    char text[64];
    CHECK(strcmp(strerror(P_ENOTSUP), "Not supported") == 0);
    CHECK(strcmp(strerror(P_ENOENT), "No such file or directory") == 0);
    CHECK(strerror_r(P_ENOTSUP, text, sizeof text) == 0 && strcmp(text, strerror(P_ENOTSUP)) == 0);
    CHECK(strerror_r(P_ENOENT, text, 4) == P_ERANGE);
    ERRNO = 0;
    CHECK(ERRNO == 0);
    ERRNO = P_ENOTSUP;
    CHECK(ERRNO == P_ENOTSUP);
    OK("errors");
}

static int handled, handled_with;

static void on_signal(int number) {
    handled++;
    handled_with = number;
}

static void on_signal_info(int number, void *info, void *context) {
    int *words = info;
    handled++;
    handled_with = words[0] == number && words[3] == getpid() && context == NULL ? number : -1;
}

static void test_signals(void) {
    GUARDED(struct p_sigaction) old;
    struct p_sigaction action = {.handler = on_signal};
    GUARD(old);
    CHECK(sigaction(10, &action, &old.value) == 0 && guard_intact(old.guard));
    CHECK(old.value.handler == NULL && old.value.sa_flags == 0);
    CHECK(kill(getpid(), 10) == 0 && handled == 1 && handled_with == 10);
    CHECK(kill(0, 10) == 0 && handled == 2);
    CHECK(sigaction(10, NULL, &old.value) == 0 && old.value.handler == on_signal);
    action.action = on_signal_info;
    action.sa_flags = 4 | (int)0x80000000; // SA_SIGINFO, SA_RESETHAND
    CHECK(sigaction(12, &action, NULL) == 0 && kill(getpid(), 12) == 0 && handled == 3 && handled_with == 12);
    CHECK(sigaction(12, NULL, &old.value) == 0 && old.value.handler == NULL); // reset
    action = (struct p_sigaction){.handler = (void (*)(int))-2}; // SIG_IGN
    CHECK(sigaction(15, &action, NULL) == 0 && kill(getpid(), 15) == 0 && handled == 3);
    CHECK(kill(getpid(), 17) == 0 && kill(getpid(), 28) == 0); // SIGCHLD, SIGWINCH: ignored unless handled
    CHECK(kill(getpid(), 0) == 0);
    CHECK(kill(12345, 0) == -1 && ERRNO == P_ESRCH);
    CHECK(kill(getpid(), 65) == -1 && ERRNO == P_EINVAL);
    CHECK(sigaction(9, &action, NULL) == -1 && ERRNO == P_EINVAL);
    CHECK(sigaction(0, NULL, NULL) == -1 && ERRNO == P_EINVAL);
    OK("signals");
}

static void test_processes(void) {
    GUARDED(struct p_rlimit) limit;
    CHECK(getpid() > 0 && getsid(0) == getpid());
    CHECK(getsid(12345) == -1 && ERRNO == P_ESRCH);
    CHECK(waitpid(-1, NULL, 1) == -1 && ERRNO == P_ECHILD);
    ERRNO = 0;
    CHECK(getpriority(0, 0) == 0 && ERRNO == 0 && setpriority(0, 0, 0) == 0);
    CHECK(setpriority(0, 0, -5) == -1 && ERRNO == P_EACCES);
    CHECK(getpriority(9, 0) == -1 && ERRNO == P_EINVAL);
    GUARD(limit);
    CHECK(getrlimit(3, &limit.value) == 0 && guard_intact(limit.guard)); // RLIMIT_STACK
    CHECK(limit.value.rlim_cur >= 65536 && limit.value.rlim_cur <= 64 << 20);
    CHECK(limit.value.rlim_max == limit.value.rlim_cur);
    CHECK(setrlimit(3, &limit.value) == 0);
    limit.value.rlim_cur--;
    CHECK(setrlimit(3, &limit.value) == -1 && ERRNO == P_EPERM);
    CHECK(getrlimit(7, &limit.value) == 0 && limit.value.rlim_cur == UINT64_MAX);
    CHECK(getrlimit(16, &limit.value) == -1 && ERRNO == P_EINVAL);
    OK("processes and limits");

    void *user = &user;
    unsigned group;
    CHECK(geteuid() != 0 && seteuid(geteuid()) == 0 && seteuid(0) == -1 && ERRNO == P_EPERM);
    struct {
        const char *name, *password;
        unsigned user, group;
        const char *about, *home, *shell;
    } entry;
    CHECK(getpwuid_r(geteuid(), &entry, NULL, 0, &user) == 0 && user == &entry && entry.user == geteuid() && strcmp(entry.home, "/") == 0);
    CHECK(getgroups(1, &group) == 0);
    OK("users");
}

static void test_network(void) {
    void *list;
    CHECK(socket(2, 1, 0) == -1 && ERRNO == P_EAFNOSUPPORT);
    CHECK(bind(1, NULL, 0) == -1 && ERRNO == P_ENOTSOCK);
    CHECK(bind(1000, NULL, 0) == -1 && ERRNO == P_EBADF);
    CHECK(send(1, "x", 1, 0) == -1 && ERRNO == P_ENOTSOCK);
    int error = getaddrinfo("localhost", NULL, NULL, &list);
    CHECK(error < 0 && strlen(gai_strerror(error)) > 0);
    OK("network");
}

static void test_machine(void) {
    GUARDED(struct p_utsname) name;
    char host[64];
    GUARD(name);
    CHECK(uname(&name.value) == 0 && guard_intact(name.guard));
    CHECK(gethostname(host, sizeof host) == 0 && strcmp(host, name.value.nodename) == 0);
    CHECK(strcmp(name.value.machine, "wasm32") == 0);
    CHECK(gethostname(host, 2) == -1);
    CHECK(dlopen("libm.so", 0) == NULL && dlerror() != NULL && dlerror() == NULL);
    CHECK(isolator_setenv("ISOLATOR_TEST", "value") == 0 && strcmp(getenv("ISOLATOR_TEST"), "value") == 0);
    CHECK(isolator_setenv("", "value") == -1 && ERRNO == P_EINVAL);
    OK("machine");

    char text[64];
    CHECK(siprintf(text, "%d %s %08x", -5, "five", 0xbeef) == 16 && strcmp(text, "-5 five 0000beef") == 0);
    CHECK(__small_sprintf(text, "%.2f %lld", 2.5, 1LL << 40) == 18 && strcmp(text, "2.50 1099511627776") == 0);
    CHECK(fiprintf(stderr, "%s", "") == 0);
    OK("printf");
}

int main(void) {
    test_errors();
    test_signals();
    test_processes();
    test_network();
    test_machine();
    return 0;
}
