// File descriptors: duplicates, which WASI lacks, and the calls that only take a descriptor.
//
// A duplicate is a number of our own (FIRST_ALIAS and up) that stands for a descriptor of WASI's. The descriptor is
// closed when its own number and all its duplicates are. Offset and status flags are shared, as POSIX has it.
#include "compat.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>
#include <wasi/api.h>

enum { FIRST_ALIAS = 1 << 20, ALIASES = 256 };

// An alias stands for aliases[i].target; `used` says the slot is taken. A descriptor whose own number was closed while
// aliases were left is `orphan` in each of them.
static struct {
    bool used;
    bool orphan;
    int target;
} aliases[ALIASES];

int __real_close(int fd);
int __real_fcntl(int fd, int command, ...);
int __real_ioctl(int fd, int request, ...);
int __real_isatty(int fd);
ssize_t __real_read(int fd, void *buffer, size_t size);
ssize_t __real_write(int fd, const void *buffer, size_t size);
ssize_t __real_pread(int fd, void *buffer, size_t size, off_t offset);
ssize_t __real_pwrite(int fd, const void *buffer, size_t size, off_t offset);
ssize_t __real_readv(int fd, const struct iovec *buffers, int count);
ssize_t __real_writev(int fd, const struct iovec *buffers, int count);
off_t __real_lseek(int fd, off_t offset, int whence);
int __real_ftruncate(int fd, off_t length);
int __real_fsync(int fd);
int __real_posix_fadvise(int fd, off_t offset, off_t length, int advice);

static bool is_orphan(int fd) {
    for (int i = 0; i < ALIASES; i++) {
        if (aliases[i].used && aliases[i].orphan && aliases[i].target == fd) {
            return true;
        }
    }
    return false;
}

int compat_fd(int fd) {
    if (fd >= FIRST_ALIAS) {
        int slot = fd - FIRST_ALIAS;
        return slot < ALIASES && aliases[slot].used ? aliases[slot].target : compat_fail(EBADF);
    }
    return fd < 0 || is_orphan(fd) ? compat_fail(EBADF) : fd;
}

// Is it open? -1 with errno if not.
static int check(int fd) {
    __wasi_fdstat_t status;
    __wasi_errno_t error = __wasi_fd_fdstat_get((__wasi_fd_t)fd, &status);
    return error ? compat_fail(error) : 0;
}

int compat_fail_fd(int fd, int number) {
    int target = compat_fd(fd);
    return target < 0 || check(target) < 0 ? -1 : compat_fail(number);
}

static int duplicate(int fd, int lowest) {
    if (lowest < 0 || lowest >= FIRST_ALIAS + ALIASES) {
        return compat_fail(EINVAL);
    }
    int target = compat_fd(fd);
    if (target < 0 || check(target) < 0) {
        return -1;
    }
    for (int slot = lowest > FIRST_ALIAS ? lowest - FIRST_ALIAS : 0; slot < ALIASES; slot++) {
        if (!aliases[slot].used) {
            aliases[slot].orphan = is_orphan(target);
            aliases[slot].used = true;
            aliases[slot].target = target;
            return FIRST_ALIAS + slot;
        }
    }
    return compat_fail(EMFILE);
}

int __wrap_close(int fd) {
    int target = compat_fd(fd);
    if (target < 0) {
        return -1;
    }
    bool orphan = false;
    if (fd >= FIRST_ALIAS) {
        orphan = aliases[fd - FIRST_ALIAS].orphan;
        aliases[fd - FIRST_ALIAS].used = false;
    }
    bool left = false;
    for (int i = 0; i < ALIASES; i++) {
        if (aliases[i].used && aliases[i].target == target) {
            left = true;
            aliases[i].orphan = aliases[i].orphan || fd == target;
        }
    }
    bool last = !left && (fd == target || orphan);
    if (last) {
        compat_unlock(target);
    }
    return last ? __real_close(target) : 0;
}

// Status flags, between Emscripten's and wasi-libc's numbers.
static int status_from_em(int flags) {
    return (flags & EM_O_APPEND ? O_APPEND : 0) | (flags & EM_O_NONBLOCK ? O_NONBLOCK : 0) |
           ((flags & EM_O_SYNC) == EM_O_SYNC ? O_SYNC : flags & EM_O_DSYNC ? O_DSYNC : 0);
}

static int status_to_em(int flags) {
    int em = (flags & O_APPEND ? EM_O_APPEND : 0) | (flags & O_NONBLOCK ? EM_O_NONBLOCK : 0) |
             (flags & O_SYNC ? EM_O_SYNC : flags & O_DSYNC ? EM_O_DSYNC : 0);
    switch (flags & (O_RDONLY | O_WRONLY)) {
    case O_RDONLY | O_WRONLY: return em | EM_O_RDWR;
    case O_WRONLY: return em | EM_O_WRONLY;
    default: return em;
    }
}

int __wrap_fcntl(int fd, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    int argument = va_arg(arguments, int);
    va_end(arguments);
    int target = compat_fd(fd);
    if (target < 0) {
        return -1;
    }
    switch (command) {
    case EM_F_DUPFD:
    case EM_F_DUPFD_CLOEXEC:
        return duplicate(fd, argument);
    case EM_F_GETFD:
        // Nothing is ever executed in this process's place, so no descriptor survives it: true whatever was set.
        return check(target) < 0 ? -1 : FD_CLOEXEC;
    case EM_F_SETFD:
        return check(target);
    case EM_F_GETFL: {
        int flags = __real_fcntl(target, F_GETFL);
        return flags < 0 ? -1 : status_to_em(flags);
    }
    case EM_F_SETFL:
        return __real_fcntl(target, F_SETFL, status_from_em(argument));
    case EM_F_GETLK:
    case EM_F_SETLK:
    case EM_F_SETLKW:
        return compat_lock_range(fd, command, (struct em_flock *)(uintptr_t)argument);
    case EM_F_OFD_GETLK:
    case EM_F_OFD_SETLK:
    case EM_F_OFD_SETLKW:
        return compat_fail_fd(fd, ENOTSUP);
    default:
        return compat_fail_fd(fd, EINVAL);
    }
}

int __wrap_ioctl(int fd, int request, ...) {
    va_list arguments;
    va_start(arguments, request);
    int *argument = va_arg(arguments, int *);
    va_end(arguments);
    int target = compat_fd(fd);
    if (target < 0) {
        return -1;
    }
    switch (request) {
    case EM_FIONREAD: return __real_ioctl(target, FIONREAD, argument);
    case EM_FIONBIO: return __real_ioctl(target, FIONBIO, argument);
    default: return compat_fail_fd(fd, ENOTTY); // terminals and devices: WASI has none to control
    }
}

int __wrap_isatty(int fd) {
    int target = compat_fd(fd);
    return target < 0 ? 0 : __real_isatty(target);
}

ssize_t __wrap_read(int fd, void *buffer, size_t size) {
    int target = compat_fd(fd);
    return target < 0 ? -1 : __real_read(target, buffer, size);
}

ssize_t __wrap_write(int fd, const void *buffer, size_t size) {
    int target = compat_fd(fd);
    return target < 0 ? -1 : __real_write(target, buffer, size);
}

ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset) {
    int target = compat_fd(fd);
    return target < 0 ? -1 : __real_pread(target, buffer, size, offset);
}

ssize_t __wrap_pwrite(int fd, const void *buffer, size_t size, off_t offset) {
    int target = compat_fd(fd);
    return target < 0 ? -1 : __real_pwrite(target, buffer, size, offset);
}

ssize_t __wrap_readv(int fd, const struct iovec *buffers, int count) {
    int target = compat_fd(fd);
    return target < 0 ? -1 : __real_readv(target, buffers, count);
}

ssize_t __wrap_writev(int fd, const struct iovec *buffers, int count) {
    int target = compat_fd(fd);
    return target < 0 ? -1 : __real_writev(target, buffers, count);
}

_Static_assert(SEEK_SET == 0 && SEEK_CUR == 1 && SEEK_END == 2, "whence");

off_t __wrap_lseek(int fd, off_t offset, int whence) {
    if (whence < SEEK_SET || whence > SEEK_END) {
        return compat_fail(EINVAL); // a host may take it for a broken program and trap
    }
    int target = compat_fd(fd);
    return target < 0 ? -1 : __real_lseek(target, offset, whence);
}

int __wrap_ftruncate(int fd, off_t length) {
    int target = compat_fd(fd);
    return target < 0 ? -1 : __real_ftruncate(target, length);
}

int __wrap_fsync(int fd) {
    int target = compat_fd(fd);
    return target < 0 ? -1 : __real_fsync(target);
}

int __wrap_posix_fadvise(int fd, off_t offset, off_t length, int advice) {
    static const int translated[] = {
        [EM_POSIX_FADV_NORMAL] = POSIX_FADV_NORMAL,
        [EM_POSIX_FADV_RANDOM] = POSIX_FADV_RANDOM,
        [EM_POSIX_FADV_SEQUENTIAL] = POSIX_FADV_SEQUENTIAL,
        [EM_POSIX_FADV_WILLNEED] = POSIX_FADV_WILLNEED,
        [EM_POSIX_FADV_DONTNEED] = POSIX_FADV_DONTNEED,
        [EM_POSIX_FADV_NOREUSE] = POSIX_FADV_NOREUSE,
    };
    int target = compat_fd(fd);
    if (target < 0) {
        return EBADF;
    }
    if (advice < 0 || advice > EM_POSIX_FADV_NOREUSE) {
        return EINVAL;
    }
    return compat_errno(__real_posix_fadvise(target, offset, length, translated[advice]));
}

// Written on poll_oneoff itself: wasi-libc's poll refuses a descriptor with no events and times by the wall clock.
int em_poll(struct em_pollfd *fds, size_t count, int timeout) COMPAT_AS(poll);
int em_poll(struct em_pollfd *fds, size_t count, int timeout) {
    if (count > (size_t)FIRST_ALIAS + ALIASES) {
        return compat_fail(EINVAL);
    }
    const int wants_read = EM_POLLIN | EM_POLLRDNORM, wants_write = EM_POLLOUT | EM_POLLWRNORM;
    __wasi_subscription_t *wanted = calloc(2 * count + 1, sizeof *wanted);
    __wasi_event_t *events = calloc(2 * count + 1, sizeof *events);
    if (!wanted || !events) {
        free(wanted);
        free(events);
        return compat_fail(ENOMEM);
    }
    size_t n = 0;
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        fds[i].revents = 0;
        if (fds[i].fd < 0) {
            continue;
        }
        int target = compat_fd(fds[i].fd);
        if (target < 0 || check(target) < 0) {
            fds[i].revents = EM_POLLNVAL;
            found = true;
            continue;
        }
        for (int write = 0; write < 2; write++) {
            if (fds[i].events & (write ? wants_write : wants_read)) {
                wanted[n].userdata = i;
                wanted[n].u.tag = write ? __WASI_EVENTTYPE_FD_WRITE : __WASI_EVENTTYPE_FD_READ;
                wanted[n].u.u.fd_read.file_descriptor = (__wasi_fd_t)target;
                n++;
            }
        }
    }
    if (timeout >= 0 || found) {
        wanted[n].userdata = UINT64_MAX;
        wanted[n].u.tag = __WASI_EVENTTYPE_CLOCK;
        wanted[n].u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
        wanted[n].u.u.clock.timeout = found ? 0 : (uint64_t)timeout * 1000000;
        n++;
    }
    size_t happened = 0;
    // Nothing to wait for and no timeout would sleep for ever with nobody to end it.
    __wasi_errno_t error = n == 0 ? __WASI_ERRNO_DEADLK : __wasi_poll_oneoff(wanted, events, n, &happened);
    for (size_t i = 0; !error && i < happened; i++) {
        if (events[i].userdata >= count) {
            continue;
        }
        struct em_pollfd *fd = &fds[events[i].userdata];
        bool write = events[i].type == __WASI_EVENTTYPE_FD_WRITE;
        if (events[i].error == __WASI_ERRNO_PIPE) {
            fd->revents |= EM_POLLHUP;
        } else if (events[i].error) {
            fd->revents |= EM_POLLERR;
        } else {
            bool hangup = events[i].fd_readwrite.flags & __WASI_EVENTRWFLAGS_FD_READWRITE_HANGUP;
            fd->revents |= hangup ? EM_POLLHUP : 0;
            fd->revents |= write ? (hangup ? 0 : fd->events & wants_write) : fd->events & wants_read;
        }
    }
    free(wanted);
    free(events);
    if (error) {
        return compat_fail(error);
    }
    int ready = 0;
    for (size_t i = 0; i < count; i++) {
        ready += fds[i].revents != 0;
    }
    return ready;
}
