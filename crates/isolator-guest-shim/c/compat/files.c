// Files and directories: everything that takes a path, and what describes a file.
#include "compat.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/libc-nocwd.h>

int __real_open(const char *path, int flags, ...);
int __real_stat(const char *path, struct stat *out);
int __real_lstat(const char *path, struct stat *out);
int __real_fstat(int fd, struct stat *out);
DIR *__real_opendir(const char *path);
struct dirent *__real_readdir(DIR *directory);
int __real_closedir(DIR *directory);
int __real_utimensat(int dir, const char *path, const struct timespec times[2], int flags);
int __real_futimens(int fd, const struct timespec times[2]);
int __real_mkdirat(int dir, const char *path, mode_t mode);
int __real_unlinkat(int dir, const char *path, int flags);
int __real_access(const char *path, int mode);
int __real_chdir(const char *path);
int __real_link(const char *from, const char *to);
int __real_mkdir(const char *path, mode_t mode);
ssize_t __real_readlink(const char *restrict path, char *restrict buffer, size_t size);
int __real_rename(const char *from, const char *to);
int __real_rmdir(const char *path);
int __real_symlink(const char *target, const char *path);
int __real_unlink(const char *path);
FILE *__real_fopen(const char *restrict path, const char *restrict mode);

// Both sides spell the file types alike, except that wasi-libc has no FIFO of its own and calls it a socket.
_Static_assert(S_IFDIR == EM_S_IFDIR && S_IFREG == EM_S_IFREG && S_IFLNK == EM_S_IFLNK && S_IFCHR == EM_S_IFCHR &&
                   S_IFBLK == EM_S_IFBLK && S_IFSOCK == EM_S_IFSOCK,
               "file types");
_Static_assert(F_OK == 0 && X_OK == 1 && W_OK == 2 && R_OK == 4, "access modes");

// What a file made here could be done with by its one user, so that copying permissions or asking for them finds what
// is the case. A file system that refuses more says so when it is used.
uint32_t compat_permissions(uint32_t type) {
    switch (type & EM_S_IFMT) {
    case EM_S_IFDIR: return 0755;
    case EM_S_IFLNK: return 0777;
    case EM_S_IFCHR: return 0620;
    default: return 0644;
    }
}

static int32_t clamp(uint64_t value) {
    return value > INT32_MAX ? INT32_MAX : (int32_t)value;
}

static void stat_to_em(const struct stat *in, struct em_stat *out) {
    *out = (struct em_stat){
        .st_dev = (uint32_t)(in->st_dev ^ in->st_dev >> 32), // folded: what matters is that two devices differ
        .st_mode = in->st_mode | compat_permissions(in->st_mode),
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

int __wrap_stat(const char *path, struct em_stat *out) {
    struct stat real;
    int result = compat_path(__real_stat(path, &real));
    if (result == 0) {
        stat_to_em(&real, out);
    }
    return result;
}

int __wrap_lstat(const char *path, struct em_stat *out) {
    struct stat real;
    int result = compat_path(__real_lstat(path, &real));
    if (result == 0) {
        stat_to_em(&real, out);
    }
    return result;
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

int compat_openat(int dir, const char *path, int flags) {
    const int known = EM_O_ACCMODE | EM_O_CREAT | EM_O_EXCL | EM_O_NOCTTY | EM_O_TRUNC | EM_O_APPEND | EM_O_NONBLOCK |
                      EM_O_LARGEFILE | EM_O_DIRECTORY | EM_O_NOFOLLOW | EM_O_CLOEXEC | EM_O_SYNC | EM_O_PATH;
    if ((flags & EM_O_TMPFILE) == EM_O_TMPFILE) {
        return compat_fail(ENOTSUP);
    }
    if (flags & ~known || (flags & EM_O_ACCMODE) == EM_O_ACCMODE) {
        return compat_fail(EINVAL); // O_DIRECT, O_ASYNC, O_NOATIME: a promise that could not be kept
    }
    int translated;
    if (flags & EM_O_PATH) {
        translated = O_SEARCH;
        flags &= EM_O_DIRECTORY | EM_O_NOFOLLOW; // as POSIX systems do, the rest is ignored with it
    } else {
        translated = flags & EM_O_RDWR ? O_RDWR : flags & EM_O_WRONLY ? O_WRONLY : O_RDONLY;
    }
    translated |= (flags & EM_O_CREAT ? O_CREAT : 0) | (flags & EM_O_EXCL ? O_EXCL : 0) |
                  (flags & EM_O_TRUNC ? O_TRUNC : 0) | (flags & EM_O_APPEND ? O_APPEND : 0) |
                  (flags & EM_O_NONBLOCK ? O_NONBLOCK : 0) | (flags & EM_O_DIRECTORY ? O_DIRECTORY : 0) |
                  (flags & EM_O_NOFOLLOW ? O_NOFOLLOW : 0);
    translated |= (flags & EM_O_SYNC) == EM_O_SYNC ? O_SYNC : flags & EM_O_DSYNC ? O_DSYNC : 0;
    // O_CLOEXEC, O_NOCTTY and O_LARGEFILE hold by themselves. The mode of a new file has nowhere to go.
    // Not wasi-libc's openat: for a path from the root or the working directory it calls open, which is ours.
    bool from_dir = dir != AT_FDCWD && path[0] != '/';
    return compat_path(from_dir ? __wasilibc_nocwd_openat_nomode(dir, path, translated) : __real_open(path, translated));
}

int __wrap_open(const char *path, int flags, ...) {
    return compat_openat(AT_FDCWD, path, flags);
}

// A directory argument: AT_FDCWD or a descriptor.
static int directory(int fd) {
    return fd == EM_AT_FDCWD ? AT_FDCWD : compat_fd(fd);
}

int __wrap_openat(int dir, const char *path, int flags, ...) {
    int target = directory(dir);
    return target == -1 ? -1 : compat_openat(target, path, flags);
}

int __wrap_mkdirat(int dir, const char *path, uint32_t mode) {
    int target = directory(dir);
    return target == -1 ? -1 : compat_path(__real_mkdirat(target, path, mode));
}

int __wrap_unlinkat(int dir, const char *path, int flags) {
    if (flags & ~EM_AT_REMOVEDIR) {
        return compat_fail(EINVAL);
    }
    int target = directory(dir);
    return target == -1 ? -1 : compat_path(__real_unlinkat(target, path, flags ? AT_REMOVEDIR : 0));
}

// The path functions whose arguments agree: only "no preopened directory" must become "no such file".
int __wrap_access(const char *path, int mode) {
    return compat_path(__real_access(path, mode));
}
int __wrap_chdir(const char *path) {
    return compat_path(__real_chdir(path));
}
int __wrap_link(const char *from, const char *to) {
    return compat_path(__real_link(from, to));
}
int __wrap_mkdir(const char *path, uint32_t mode) {
    return compat_path(__real_mkdir(path, mode));
}
ssize_t __wrap_readlink(const char *restrict path, char *restrict buffer, size_t size) {
    return compat_path(__real_readlink(path, buffer, size));
}
int __wrap_rename(const char *from, const char *to) {
    return compat_path(__real_rename(from, to));
}
int __wrap_rmdir(const char *path) {
    return compat_path(__real_rmdir(path));
}
int __wrap_symlink(const char *target, const char *path) {
    return compat_path(__real_symlink(target, path));
}
int __wrap_unlink(const char *path) {
    return compat_path(__real_unlink(path));
}
FILE *__wrap_fopen(const char *restrict path, const char *restrict mode) {
    FILE *file = __real_fopen(path, mode);
    compat_path(file ? 0 : -1);
    return file;
}

// A DIR of ours: the real one, and the entry last given out, which must live until the next.
struct compat_dir {
    DIR *real;
    struct em_dirent entry;
};

struct compat_dir *__wrap_opendir(const char *path) {
    struct compat_dir *directory = malloc(sizeof *directory);
    if (!directory) {
        errno = ENOMEM;
        return NULL;
    }
    directory->real = __real_opendir(path);
    if (!directory->real) {
        compat_path(-1);
        free(directory);
        return NULL;
    }
    directory->entry.d_off = 0;
    return directory;
}

static uint8_t type_to_em(unsigned char type) {
    switch (type) {
    case DT_BLK: return EM_DT_BLK;
    case DT_CHR: return EM_DT_CHR;
    case DT_DIR: return EM_DT_DIR;
    case DT_LNK: return EM_DT_LNK;
    case DT_REG: return EM_DT_REG;
    case DT_FIFO: return EM_DT_SOCK; // wasi-libc's name for a WASI stream socket
    default: return EM_DT_UNKNOWN;
    }
}

struct em_dirent *__wrap_readdir(struct compat_dir *directory) {
    struct dirent *real = __real_readdir(directory->real);
    if (!real) {
        return NULL;
    }
    size_t length = strlen(real->d_name);
    if (length >= sizeof directory->entry.d_name) {
        errno = EOVERFLOW;
        return NULL;
    }
    struct em_dirent *entry = &directory->entry;
    entry->d_ino = real->d_ino;
    entry->d_off++;
    entry->d_reclen = sizeof *entry;
    // A host may not say what ".." of a preopened directory is, which cannot be looked at.
    bool dots = strcmp(real->d_name, ".") == 0 || strcmp(real->d_name, "..") == 0;
    entry->d_type = dots ? EM_DT_DIR : type_to_em(real->d_type);
    memcpy(entry->d_name, real->d_name, length + 1);
    return entry;
}

int __wrap_closedir(struct compat_dir *directory) {
    int result = __real_closedir(directory->real);
    free(directory);
    return result;
}

static const struct timespec *times_from_em(const struct em_timespec *in, struct timespec out[2]) {
    for (int i = 0; in && i < 2; i++) {
        out[i].tv_sec = in[i].tv_sec;
        out[i].tv_nsec = in[i].tv_nsec == EM_UTIME_NOW    ? UTIME_NOW
                         : in[i].tv_nsec == EM_UTIME_OMIT ? UTIME_OMIT
                                                          : in[i].tv_nsec;
        // wasi-libc's UTIME_NOW and UTIME_OMIT are numbers that are plain errors here.
        if (in[i].tv_nsec < 0) {
            out[i].tv_nsec = LONG_MAX;
        }
    }
    return in ? out : NULL;
}

int __wrap_utimensat(int dir, const char *path, const struct em_timespec times[2], int flags) {
    struct timespec real[2];
    if (flags & ~EM_AT_SYMLINK_NOFOLLOW) {
        return compat_fail(EINVAL);
    }
    int target = directory(dir);
    return target == -1 ? -1
                        : compat_path(__real_utimensat(target, path, times_from_em(times, real),
                                                       flags ? AT_SYMLINK_NOFOLLOW : 0));
}

int __wrap_futimens(int fd, const struct em_timespec times[2]) {
    struct timespec real[2];
    int target = compat_fd(fd);
    return target < 0 ? -1 : __real_futimens(target, times_from_em(times, real));
}

// Permissions cannot be changed, so asking for those a file has is granted and any others are not.
static int change_mode(uint32_t type, uint32_t mode) {
    return (mode & 07777) == compat_permissions(type) ? 0 : compat_fail(EPERM);
}

int chmod(const char *path, uint32_t mode) {
    struct em_stat status;
    return __wrap_stat(path, &status) < 0 ? -1 : change_mode(status.st_mode, mode);
}

int fchmod(int fd, uint32_t mode) {
    struct em_stat status;
    return __wrap_fstat(fd, &status) < 0 ? -1 : change_mode(status.st_mode, mode);
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

int fstatfs(int fd, void *out) {
    (void)out;
    return compat_fail_fd(fd, ENOSYS);
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
