// Files: everything that takes a path, and what describes a file. Directories are listed in directories.c.
#include "compat.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/api.h>
#include <wasi/libc-find-relpath.h>
#include <wasi/libc-nocwd.h>

int __real_open(const char *path, int flags, ...);
int __real_stat(const char *path, struct stat *out);
int __real_lstat(const char *path, struct stat *out);
int __real_fstat(int fd, struct stat *out);
int __real_mkdirat(int dir, const char *path, mode_t mode);
int __real_unlinkat(int dir, const char *path, int flags);
int __real_access(const char *path, int mode);
int __real_link(const char *from, const char *to);
int __real_mkdir(const char *path, mode_t mode);
ssize_t __real_readlink(const char *restrict path, char *restrict buffer, size_t size);
int __real_rename(const char *from, const char *to);
int __real_rmdir(const char *path);
int __real_symlink(const char *target, const char *path);
int __real_unlink(const char *path);
int __wasilibc_find_abspath(const char *path, const char **prefix, const char **relative);
char *realpath(const char *restrict path, char *restrict resolved);
FILE *__real_fopen(const char *restrict path, const char *restrict mode);

// Both sides spell the file types alike, except that wasi-libc has no FIFO of its own and calls it a socket.
_Static_assert(S_IFDIR == EM_S_IFDIR && S_IFREG == EM_S_IFREG && S_IFLNK == EM_S_IFLNK && S_IFCHR == EM_S_IFCHR &&
                   S_IFBLK == EM_S_IFBLK && S_IFSOCK == EM_S_IFSOCK,
               "file types");
_Static_assert(F_OK == 0 && X_OK == 1 && W_OK == 2 && R_OK == 4, "access modes");

static int32_t clamp(uint64_t value) {
    return value > INT32_MAX ? INT32_MAX : (int32_t)value;
}

static void stat_to_em(const struct stat *in, struct em_stat *out) {
    *out = (struct em_stat){
        .st_dev = (uint32_t)(in->st_dev ^ in->st_dev >> 32), // folded: what matters is that two devices differ
        .st_mode = in->st_mode | compat_mode(in),
        .st_nlink = (uint32_t)clamp(in->st_nlink),
        .st_uid = COMPAT_UID,
        .st_gid = COMPAT_GID,
        .st_size = in->st_size,
        .st_blksize = 4096,
        .st_blocks = clamp(((uint64_t)in->st_size + 511) / 512),
        .st_atim = {in->st_atim.tv_sec, in->st_atim.tv_nsec},
        .st_mtim = {in->st_mtim.tv_sec, in->st_mtim.tv_nsec},
        .st_ctim = {in->st_ctim.tv_sec, in->st_ctim.tv_nsec},
        .st_ino = in->st_ino,
    };
}

// Ends a function that looks at `path`, with a directory made up if it is one of those above the preopened ones.
static int look(const char *path, int result, struct em_stat *out) {
    if (result == 0 || (errno != ENOTCAPABLE && errno != ENOENT) || !compat_is_above(path)) {
        return compat_path(result);
    }
    uint64_t inode = 14695981039346656037u; // FNV-1a of the path: stable, and differs between two of them
    for (const char *c = path; *c; c++) {
        inode = (inode ^ (uint8_t)*c) * 1099511628211u;
    }
    *out = (struct em_stat){
        .st_mode = EM_S_IFDIR | 0555,
        .st_nlink = 2,
        .st_blksize = 4096,
        .st_ino = inode,
    };
    return 1;
}

int __wrap_stat(const char *path, struct em_stat *out) {
    struct stat real;
    int result = look(path, __real_stat(path, &real), out);
    if (result == 0) {
        stat_to_em(&real, out);
    }
    return result < 0 ? -1 : 0;
}

int __wrap_lstat(const char *path, struct em_stat *out) {
    struct stat real;
    int result = look(path, __real_lstat(path, &real), out);
    if (result == 0) {
        stat_to_em(&real, out);
    }
    return result < 0 ? -1 : 0;
}

int __wrap_fstat(int fd, struct em_stat *out) {
    struct stat real;
    int target = compat_fd(fd);
    int result = target < 0 ? -1 : __real_fstat(target, &real);
    if (result == 0) {
        stat_to_em(&real, out);
    }
    return result;
}

// Looks at a path from a directory or, as most are, from the root or the working directory.
static int look_at(int dir, const char *path, struct stat *status) {
    return dir != AT_FDCWD && path[0] != '/' ? __wasilibc_nocwd_fstatat(dir, path, status, 0) : __real_stat(path, status);
}

int compat_openat(int dir, const char *path, int flags, uint32_t mode) {
    const int known = EM_O_ACCMODE | EM_O_CREAT | EM_O_EXCL | EM_O_NOCTTY | EM_O_TRUNC | EM_O_APPEND | EM_O_NONBLOCK |
                      EM_O_LARGEFILE | EM_O_DIRECTORY | EM_O_NOFOLLOW | EM_O_CLOEXEC | EM_O_SYNC;
    if ((flags & EM_O_TMPFILE) == EM_O_TMPFILE) {
        return compat_fail(ENOTSUP);
    }
    if (flags & ~known || (flags & EM_O_ACCMODE) == EM_O_ACCMODE) {
        return compat_fail(EINVAL); // O_DIRECT, O_ASYNC, O_NOATIME, O_PATH: a promise that could not be kept
    }
    int translated = flags & EM_O_RDWR ? O_RDWR : flags & EM_O_WRONLY ? O_WRONLY : O_RDONLY;
    translated |= (flags & EM_O_CREAT ? O_CREAT : 0) | (flags & EM_O_EXCL ? O_EXCL : 0) |
                  (flags & EM_O_TRUNC ? O_TRUNC : 0) | (flags & EM_O_APPEND ? O_APPEND : 0) |
                  (flags & EM_O_NONBLOCK ? O_NONBLOCK : 0) | (flags & EM_O_DIRECTORY ? O_DIRECTORY : 0) |
                  (flags & EM_O_NOFOLLOW ? O_NOFOLLOW : 0);
    translated |= (flags & EM_O_SYNC) == EM_O_SYNC ? O_SYNC : flags & EM_O_DSYNC ? O_DSYNC : 0;
    // O_CLOEXEC, O_NOCTTY and O_LARGEFILE hold by themselves.
    // Not wasi-libc's openat: for a path from the root or the working directory it calls open, which is ours.
    bool from_dir = dir != AT_FDCWD && path[0] != '/';
    struct stat status;
    bool remembers = flags & EM_O_CREAT && (compat_any_modes() || !compat_usual_mode(EM_S_IFREG, mode));
    bool is_there = (remembers || compat_any_modes()) && look_at(dir, path, &status) == 0;
    bool writes = flags & (EM_O_WRONLY | EM_O_RDWR | EM_O_TRUNC);
    if (is_there && !compat_allowed(&status, !(flags & EM_O_WRONLY), writes)) {
        return compat_fail(EACCES);
    }
    int fd = from_dir ? __wasilibc_nocwd_openat_nomode(dir, path, translated) : __real_open(path, translated);
    if (fd < 0 && errno == ENOTCAPABLE && compat_is_above(path)) {
        errno = EACCES; // a directory that only leads to others
    }
    if (fd >= 0 && remembers && !is_there && __real_fstat(fd, &status) == 0) {
        compat_made_mode(&status, mode);
    }
    return flags & EM_O_CREAT ? compat_path_made(path, fd) : compat_path(fd);
}

// The argument that follows the flags, where a file may be made.
static uint32_t mode_of(int flags, va_list arguments) {
    return flags & EM_O_CREAT ? va_arg(arguments, uint32_t) : 0;
}

int __wrap_open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    int fd = compat_openat(AT_FDCWD, path, flags, mode_of(flags, arguments));
    va_end(arguments);
    return fd;
}

// A directory argument: AT_FDCWD or a descriptor.
static int directory(int fd) {
    return fd == EM_AT_FDCWD ? AT_FDCWD : compat_fd(fd);
}

int __wrap_openat(int dir, const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    uint32_t mode = mode_of(flags, arguments);
    va_end(arguments);
    int target = directory(dir);
    return target == -1 ? -1 : compat_openat(target, path, flags, mode);
}

// A directory was made.
static int made_directory(int dir, const char *path, uint32_t mode, int result) {
    struct stat status;
    if (result == 0 && (compat_any_modes() || !compat_usual_mode(EM_S_IFDIR, mode)) && look_at(dir, path, &status) == 0) {
        compat_made_mode(&status, mode);
    }
    return result;
}

// What is about to be removed or replaced, if its bits are remembered and it has no other name.
static bool find_leaving(int dir, const char *path, struct stat *status) {
    // A link is not what it leads to.
    bool from_dir = dir != AT_FDCWD && path[0] != '/';
    return compat_any_modes() &&
           (from_dir ? __wasilibc_nocwd_fstatat(dir, path, status, AT_SYMLINK_NOFOLLOW) : __real_lstat(path, status)) == 0 &&
           (S_ISDIR(status->st_mode) || status->st_nlink <= 1);
}

static int left(bool found, const struct stat *status, int result) {
    if (found && result == 0) {
        compat_forget_mode(status);
    }
    return result;
}

int __wrap_mkdirat(int dir, const char *path, uint32_t mode) {
    int target = directory(dir);
    return target == -1 ? -1 : compat_path_made(path, made_directory(target, path, mode, __real_mkdirat(target, path, mode)));
}

// Hosts refuse to remove a directory whose name ends in a slash. NULL: there is no memory for the name without.
static char *without_slash(const char *path) {
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') {
        length--;
    }
    return strndup(path, length);
}

int __wrap_rmdir(const char *path) {
    char *bare = without_slash(path);
    if (!bare) {
        return compat_fail(ENOMEM);
    }
    struct stat status;
    bool found = find_leaving(AT_FDCWD, bare, &status);
    int result = left(found, &status, __real_rmdir(bare));
    free(bare);
    return compat_path(result);
}

int __wrap_unlinkat(int dir, const char *path, int flags) {
    if (flags & ~EM_AT_REMOVEDIR) {
        return compat_fail(EINVAL);
    }
    int target = directory(dir);
    if (target == -1) {
        return -1;
    }
    char *bare = flags ? without_slash(path) : strdup(path);
    if (!bare) {
        return compat_fail(ENOMEM);
    }
    struct stat status;
    bool found = find_leaving(target, bare, &status);
    int result = left(found, &status, __real_unlinkat(target, bare, flags ? AT_REMOVEDIR : 0));
    free(bare);
    return compat_path(result);
}

// The path functions whose arguments agree: only "no preopened directory" must become "no such file".
int __wrap_access(const char *path, int mode) {
    int result = __real_access(path, mode);
    if (result < 0 && (errno == ENOTCAPABLE || errno == ENOENT) && compat_is_above(path)) {
        return mode & W_OK ? compat_fail(EACCES) : 0;
    }
    return compat_path(result);
}
int __wrap_link(const char *from, const char *to) {
    return compat_path_made(to, __real_link(from, to));
}
int __wrap_mkdir(const char *path, uint32_t mode) {
    int result = made_directory(AT_FDCWD, path, mode, __real_mkdir(path, mode));
    return result < 0 && errno == ENOTCAPABLE && compat_is_above(path) ? compat_fail(EEXIST) : compat_path_made(path, result);
}
ssize_t __wrap_readlink(const char *restrict path, char *restrict buffer, size_t size) {
    return compat_path(__real_readlink(path, buffer, size));
}
int __wrap_rename(const char *from, const char *to) {
    struct stat status, moved;
    bool found = find_leaving(AT_FDCWD, to, &status);
    // Another name of the same file stays.
    found = found && look_at(AT_FDCWD, from, &moved) == 0 && (moved.st_dev != status.st_dev || moved.st_ino != status.st_ino);
    return compat_path_made(to, left(found, &status, __real_rename(from, to)));
}
// What leads from where `path` is to a target from the root, in the same preopened directory: hosts follow no other way, as
// the root is another one to them. NULL: there is none.
static char *relative_target(const char *target, const char *path) {
    const char *prefix, *rest = "";
    const char *slash = strrchr(path, '/');
    char *parent = slash == path ? strdup("/") : slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
    char *place = parent ? realpath(parent, NULL) : NULL;
    free(parent);
    int from = place ? __wasilibc_find_abspath(place, &prefix, &rest) : -1;
    size_t levels = 0;
    for (const char *at = rest; from >= 0 && *at; at += strspn(at, "/")) {
        size_t size = strcspn(at, "/");
        levels += !(size == 1 && *at == '.');
        at += size;
    }
    free(place);
    const char *to_rest;
    if (from < 0 || __wasilibc_find_abspath(target, &prefix, &to_rest) != from) {
        return NULL;
    }
    char *result = malloc(levels * 3 + strlen(to_rest) + 1);
    if (result) {
        for (size_t level = 0; level < levels; level++) {
            memcpy(result + 3 * level, "../", 3);
        }
        strcpy(result + 3 * levels, to_rest);
    }
    return result;
}

int __wrap_symlink(const char *target, const char *path) {
    char *relative = *target == '/' ? relative_target(target, path) : NULL;
    int result = compat_path_made(path, __real_symlink(relative ? relative : target, path));
    free(relative);
    return result;
}
int __wrap_unlink(const char *path) {
    struct stat status;
    bool found = find_leaving(AT_FDCWD, path, &status);
    return compat_path(left(found, &status, __real_unlink(path)));
}
FILE *__wrap_fopen(const char *restrict path, const char *restrict mode) {
    FILE *file = __real_fopen(path, mode);
    compat_path_made(path, file ? 0 : -1);
    return file;
}

// Times to set, as WASI takes them.
struct times {
    __wasi_timestamp_t time[2]; // last access, last change
    __wasi_fstflags_t flags;
};

// False if one is not a time WASI can hold: its clock starts at the epoch.
static bool times_from_em(const struct em_timespec *in, struct times *out) {
    static const __wasi_fstflags_t set[] = {__WASI_FSTFLAGS_ATIM, __WASI_FSTFLAGS_MTIM};
    static const __wasi_fstflags_t now[] = {__WASI_FSTFLAGS_ATIM_NOW, __WASI_FSTFLAGS_MTIM_NOW};
    *out = (struct times){0};
    for (int i = 0; i < 2; i++) {
        if (!in || in[i].tv_nsec == EM_UTIME_NOW) {
            out->flags |= now[i];
        } else if (in[i].tv_nsec != EM_UTIME_OMIT) {
            if (in[i].tv_sec < 0 || in[i].tv_nsec < 0 || in[i].tv_nsec > 999999999 ||
                __builtin_mul_overflow((uint64_t)in[i].tv_sec, 1000000000u, &out->time[i]) ||
                __builtin_add_overflow(out->time[i], (uint64_t)in[i].tv_nsec, &out->time[i])) {
                return false;
            }
            out->flags |= set[i];
        }
    }
    return true;
}

// On WASI itself: wasi-libc as Debian has it refuses to leave the time of the last change alone, or to set it to now.
int __wrap_utimensat(int dir, const char *path, const struct em_timespec in[2], int flags) {
    static char *relative;
    static size_t size;
    struct times times;
    const char *prefix;
    int target = directory(dir);
    if (target == -1) {
        return -1;
    }
    if (flags & ~EM_AT_SYMLINK_NOFOLLOW || !times_from_em(in, &times)) {
        return compat_fail(EINVAL);
    }
    const char *name = path;
    if (target == AT_FDCWD || *path == '/') {
        target = __wasilibc_find_relpath_alloc(path, &prefix, &relative, &size, 1);
        name = relative;
        if (target < 0) {
            return compat_is_above(path) ? compat_fail(EACCES) : -1;
        }
    }
    __wasi_errno_t error = __wasi_path_filestat_set_times((__wasi_fd_t)target,
                                                          flags ? 0 : __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, name,
                                                          times.time[0], times.time[1], times.flags);
    return error ? compat_fail(error) : 0;
}

int em_futimens(int fd, const struct em_timespec in[2]) COMPAT_AS(futimens);
int em_futimens(int fd, const struct em_timespec in[2]) {
    struct times times;
    int target = compat_fd(fd);
    if (target < 0) {
        return -1;
    }
    if (!times_from_em(in, &times)) {
        return compat_fail(EINVAL);
    }
    __wasi_errno_t error =
        __wasi_fd_filestat_set_times((__wasi_fd_t)target, times.time[0], times.time[1], times.flags);
    return error ? compat_fail(error) : 0;
}

int chmod(const char *path, uint32_t mode) {
    struct stat status;
    return compat_path(__real_stat(path, &status)) < 0 ? -1 : compat_set_mode(&status, mode);
}

int fchmod(int fd, uint32_t mode) {
    struct stat status;
    int target = compat_fd(fd);
    return target < 0 || __real_fstat(target, &status) < 0 ? -1 : compat_set_mode(&status, mode);
}

int mkfifo(const char *path, uint32_t mode) {
    (void)path, (void)mode;
    return compat_fail(EPERM);
}

int mknod(const char *path, uint32_t mode, uint32_t device) {
    (void)path, (void)mode, (void)device;
    return compat_fail(EPERM);
}

int pipe2(int fds[2], int flags) {
    (void)fds, (void)flags;
    return compat_fail(ENOSYS);
}

int statfs(const char *path, void *out) {
    (void)path, (void)out;
    return compat_fail(ENOSYS);
}

// What kind of file system it is, which .NET asks before it takes a lock: one that has them. Nothing else of it is known, and nobody
// asks.
int fstatfs(int fd, void *out) {
    enum { TMPFS = 0x01021994 };
    struct em_stat status;
    if (__wrap_fstat(fd, &status) < 0) {
        return -1;
    }
    *(uint32_t *)out = TMPFS;
    return 0;
}

// WASI has no "write everything": data goes to the host as it is written, and is made durable by fsync, per file.
void sync(void) {}

// There is no table of mounted file systems to open.
void *setmntent(const char *path, const char *mode) {
    (void)path, (void)mode;
    errno = ENOENT;
    return NULL;
}

void *getmntent_r(void *table, void *out, char *buffer, int size) {
    (void)table, (void)out, (void)buffer, (void)size;
    return NULL;
}

int endmntent(void *table) {
    (void)table;
    return 1; // its only result
}
