// Error numbers: Emscripten takes its errno.h from WASI, so the numbers agree, with two exceptions translated here.
#include "compat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The numbers both sides are compiled with. Emscripten's were read from its bits/errno.h (3.1.56 and 6.0.3 agree);
// those only Emscripten has (100 and up) never come out of WASI.
#define SAME(name, number) _Static_assert(name == number, #name)
SAME(E2BIG, 1); SAME(EACCES, 2); SAME(EADDRINUSE, 3); SAME(EADDRNOTAVAIL, 4); SAME(EAFNOSUPPORT, 5);
SAME(EAGAIN, 6); SAME(EWOULDBLOCK, 6); SAME(EALREADY, 7); SAME(EBADF, 8); SAME(EBADMSG, 9); SAME(EBUSY, 10);
SAME(ECANCELED, 11); SAME(ECHILD, 12); SAME(ECONNABORTED, 13); SAME(ECONNREFUSED, 14); SAME(ECONNRESET, 15);
SAME(EDEADLK, 16); SAME(EDESTADDRREQ, 17); SAME(EDOM, 18); SAME(EDQUOT, 19); SAME(EEXIST, 20); SAME(EFAULT, 21);
SAME(EFBIG, 22); SAME(EHOSTUNREACH, 23); SAME(EIDRM, 24); SAME(EILSEQ, 25); SAME(EINPROGRESS, 26); SAME(EINTR, 27);
SAME(EINVAL, 28); SAME(EIO, 29); SAME(EISCONN, 30); SAME(EISDIR, 31); SAME(ELOOP, 32); SAME(EMFILE, 33);
SAME(EMLINK, 34); SAME(EMSGSIZE, 35); SAME(EMULTIHOP, 36); SAME(ENAMETOOLONG, 37); SAME(ENETDOWN, 38);
SAME(ENETRESET, 39); SAME(ENETUNREACH, 40); SAME(ENFILE, 41); SAME(ENOBUFS, 42); SAME(ENODEV, 43); SAME(ENOENT, 44);
SAME(ENOEXEC, 45); SAME(ENOLCK, 46); SAME(ENOLINK, 47); SAME(ENOMEM, 48); SAME(ENOMSG, 49); SAME(ENOPROTOOPT, 50);
SAME(ENOSPC, 51); SAME(ENOSYS, 52); SAME(ENOTCONN, 53); SAME(ENOTDIR, 54); SAME(ENOTEMPTY, 55);
SAME(ENOTRECOVERABLE, 56); SAME(ENOTSOCK, 57); SAME(ENOTTY, 59); SAME(ENXIO, 60); SAME(EOVERFLOW, 61);
SAME(EOWNERDEAD, 62); SAME(EPERM, 63); SAME(EPIPE, 64); SAME(EPROTO, 65); SAME(EPROTONOSUPPORT, 66);
SAME(EPROTOTYPE, 67); SAME(ERANGE, 68); SAME(EROFS, 69); SAME(ESPIPE, 70); SAME(ESRCH, 71); SAME(ESTALE, 72);
SAME(ETIMEDOUT, 73); SAME(ETXTBSY, 74); SAME(EXDEV, 75);
// The exceptions: 138 on Emscripten's side; and a WASI notion that nothing on that side has heard of.
SAME(ENOTSUP, 58); SAME(EOPNOTSUPP, 58); SAME(ENOTCAPABLE, 76);

char *__real_strerror(int number);
int __real_strerror_r(int number, char *buffer, size_t size);

int compat_errno(int number) {
    switch (number) {
    case ENOTSUP: return EM_ENOTSUP;
    case ENOTCAPABLE: return EACCES; // a right the descriptor was not given
    default: return number;
    }
}

int compat_fail(int number) {
    errno = number;
    return -1;
}

int compat_path(int result) {
    if (result < 0 && errno == ENOTCAPABLE) {
        errno = ENOENT;
    }
    return result;
}

int compat_path_made(const char *path, int result) {
    if (result < 0 && errno == ENOTCAPABLE) {
        errno = compat_is_in_above(path) ? EACCES : ENOENT;
    }
    return result;
}

// The pack's objects read and write errno through this pointer only, so this is where its number becomes theirs.
int *__errno_location(void) {
    errno = compat_errno(errno);
    return &errno;
}

static int ours(int number) {
    return number == EM_ENOTSUP ? ENOTSUP : number;
}

char *__wrap_strerror(int number) {
    return __real_strerror(ours(number));
}

int __wrap_strerror_r(int number, char *buffer, size_t size) {
    return __real_strerror_r(ours(number), buffer, size);
}

void compat_fatal(const char *message) {
    fprintf(stderr, "isolator: %s\n", message);
    abort();
}
