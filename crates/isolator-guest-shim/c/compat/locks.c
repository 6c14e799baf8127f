// Locks of files, among what this process has open: whether somebody may open a file is asked by .NET with `flock`.
//
// The host and other runtimes that are granted the same directory are kept out of nothing: WASI has no locks.
#include "compat.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHARED = 1, EXCLUSIVE = 2, NONBLOCKING = 4, UNLOCK = 8 };

int __real_fstat(int fd, struct stat *out);

// A descriptor's lock. Duplicates share it, as they share the descriptor.
struct lock {
    struct lock *next;
    uint64_t device, inode;
    int fd;
    bool exclusive;
};

static struct lock *locks;

void compat_unlock(int target) {
    for (struct lock **at = &locks; *at; at = &(*at)->next) {
        if ((*at)->fd == target) {
            struct lock *gone = *at;
            *at = gone->next;
            free(gone);
            return;
        }
    }
}

int flock(int fd, int operation) {
    int target = compat_fd(fd);
    if (target < 0) {
        return -1;
    }
    struct stat status;
    if (__real_fstat(target, &status) < 0) {
        return -1;
    }
    int kind = operation & ~NONBLOCKING;
    if (kind == UNLOCK) {
        compat_unlock(target);
        return 0;
    }
    if (kind != SHARED && kind != EXCLUSIVE) {
        return compat_fail(EINVAL);
    }
    struct lock *own = NULL;
    for (struct lock *lock = locks; lock; lock = lock->next) {
        if (lock->fd == target) {
            own = lock;
        } else if (lock->device == status.st_dev && lock->inode == status.st_ino &&
                   (lock->exclusive || kind == EXCLUSIVE)) {
            // Whoever waited for it would wait for this process's own thread.
            return compat_fail(operation & NONBLOCKING ? EAGAIN : EDEADLK);
        }
    }
    if (!own) {
        own = malloc(sizeof *own);
        if (!own) {
            return compat_fail(ENOMEM);
        }
        *own = (struct lock){.next = locks, .device = status.st_dev, .inode = status.st_ino, .fd = target};
        locks = own;
    }
    own->exclusive = kind == EXCLUSIVE;
    return 0;
}

// Locks of ranges are a process's: it never keeps itself out.
int compat_lock_range(int fd, int command, struct em_flock *range) {
    enum { READ_LOCK = 0, WRITE_LOCK = 1, NO_LOCK = 2 };
    int target = compat_fd(fd);
    struct stat status;
    if (target < 0 || __real_fstat(target, &status) < 0) {
        return -1;
    }
    if (range->l_type < READ_LOCK || range->l_type > NO_LOCK || range->l_whence < 0 || range->l_whence > 2) {
        return compat_fail(EINVAL);
    }
    if (command == EM_F_GETLK) {
        range->l_type = NO_LOCK;
    }
    return 0;
}
