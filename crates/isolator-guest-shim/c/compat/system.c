// What is left of the operating system: dynamic libraries, the machine's name and size, the log, terminals, printf.
#include "compat.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

// Dynamic libraries: everything is linked in, and the P/Invoke table finds it; there is nothing to open.

static const char *load_error;

void *dlopen(const char *name, int flags) {
    (void)name, (void)flags;
    load_error = "Native libraries can't be loaded in the sandbox";
    return NULL;
}

void *dlsym(void *library, const char *name) {
    (void)library, (void)name;
    load_error = "Symbol not found: native libraries can't be loaded in the sandbox";
    return NULL;
}

int dlclose(void *library) {
    (void)library;
    load_error = "Not an open library";
    return -1;
}

int dladdr(const void *address, void *out) {
    (void)address, (void)out;
    return 0; // "in no loaded object"
}

const char *dlerror(void) {
    const char *error = load_error;
    load_error = NULL;
    return error;
}

// The machine.

int __real_uname(struct utsname *out);
long __real_sysconf(int name);

// struct utsname is the same on both sides.
_Static_assert(sizeof(struct utsname) == 390, "utsname");

int __wrap_uname(struct utsname *out) {
    if (__real_uname(out) < 0) {
        return -1;
    }
    strcpy(out->nodename, COMPAT_HOST_NAME);
    return 0;
}

int gethostname(char *name, size_t size) {
    if (size < sizeof COMPAT_HOST_NAME) {
        return compat_fail(ENAMETOOLONG);
    }
    memcpy(name, COMPAT_HOST_NAME, sizeof COMPAT_HOST_NAME);
    return 0;
}

// sysconf's names agree; wasi-libc answers the two about memory with nonsense, having nothing to ask.
_Static_assert(_SC_PAGESIZE == 30 && _SC_NPROCESSORS_CONF == 83 && _SC_NPROCESSORS_ONLN == 84 &&
                   _SC_PHYS_PAGES == 85 && _SC_AVPHYS_PAGES == 86 && _SC_CLK_TCK == 2 && _SC_OPEN_MAX == 4,
               "sysconf names");

long __wrap_sysconf(int name) {
    // A page less than the address space: pages times page size must fit 32 bits.
    const long pages = 65535;
    switch (name) {
    case _SC_PHYS_PAGES: return pages;
    case _SC_AVPHYS_PAGES: {
        long used = (long)__builtin_wasm_memory_size(0);
        return used < pages ? pages - used : 0;
    }
    default: return __real_sysconf(name);
    }
}

// The system log is standard error.

void openlog(const char *identity, int options, int facility) {
    (void)identity, (void)options, (void)facility;
}

void closelog(void) {}

void syslog(int priority, const char *format, ...) {
    va_list arguments;
    (void)priority;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

// Terminals: none to set.

int tcgetattr(int fd, void *out) {
    (void)out;
    return compat_fail_fd(fd, ENOTTY);
}

int tcsetattr(int fd, int when, const void *in) {
    (void)when, (void)in;
    return compat_fail_fd(fd, ENOTTY);
}

// The compiler calls these instead of the full printf where it sees no floating point (i) or no long double (small)
// among the arguments; the full one does what they do.

#define PRINT_TO_FILE(name)                                                                                           \
    int name(FILE *file, const char *format, ...) {                                                                   \
        va_list arguments;                                                                                            \
        va_start(arguments, format);                                                                                  \
        int result = vfprintf(file, format, arguments);                                                               \
        va_end(arguments);                                                                                            \
        return result;                                                                                                \
    }
#define PRINT_TO_STRING(name)                                                                                         \
    int name(char *buffer, const char *format, ...) {                                                                 \
        va_list arguments;                                                                                            \
        va_start(arguments, format);                                                                                  \
        int result = vsnprintf(buffer, INT_MAX, format, arguments);                                                   \
        va_end(arguments);                                                                                            \
        return result;                                                                                                \
    }
PRINT_TO_FILE(fiprintf)
PRINT_TO_FILE(__small_fprintf)
PRINT_TO_STRING(siprintf)
PRINT_TO_STRING(__small_sprintf)
