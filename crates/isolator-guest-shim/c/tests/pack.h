// The C library as the runtime pack's objects were compiled to see it: Emscripten's declarations, copied by hand from
// reading its musl headers (3.1.56 and 6.0.3), spelled in its own types and independent of ../compat/emscripten.h, so
// that the two can disagree. No header of wasi-libc that declares one of these may be included beside this one.
#ifndef ISOLATOR_TESTS_PACK_H
#define ISOLATOR_TESTS_PACK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Checks and reports. A test program prints a line for each thing it found right; the first thing wrong ends it.

static inline void check_failed(const char *file, int line, const char *what);
#define CHECK(condition)                                                                                              \
    do {                                                                                                              \
        if (!(condition)) {                                                                                           \
            check_failed(__FILE__, __LINE__, #condition);                                                             \
        }                                                                                                             \
    } while (0)
#define OK(name) printf("ok %s\n", name)

// A value with bytes behind it that must not be written: what is too big for its place lands there.
#define GUARDED(type)                                                                                                 \
    struct {                                                                                                          \
        type value;                                                                                                   \
        unsigned char guard[64];                                                                                      \
    }
#define GUARD(guarded) memset(&(guarded), 0xa5, sizeof(guarded))
static inline bool guard_intact(const unsigned char guard[64]) {
    for (int i = 0; i < 64; i++) {
        if (guard[i] != 0xa5) {
            return false;
        }
    }
    return true;
}

#define AT_OFFSET(type, member, offset) _Static_assert(offsetof(type, member) == (offset), #type "." #member)
#define OF_SIZE(type, size) _Static_assert(sizeof(type) == (size), #type)

// errno

int *__errno_location(void);
#define ERRNO (*__errno_location())
#define P_EACCES 2
#define P_EAGAIN 6
#define P_EAFNOSUPPORT 5
#define P_EBADF 8
#define P_EBUSY 10
#define P_ECHILD 12
#define P_EDEADLK 16
#define P_EEXIST 20
#define P_EINVAL 28
#define P_EISDIR 31
#define P_ELOOP 32
#define P_ENOENT 44
#define P_ENOMEM 48
#define P_ENOSYS 52
#define P_ENOTDIR 54
#define P_ENOTEMPTY 55
#define P_ENOTSOCK 57
#define P_ENOTTY 59
#define P_EPERM 63
#define P_ERANGE 68
#define P_ESPIPE 70
#define P_ESRCH 71
#define P_ETIMEDOUT 73
#define P_ENOTSUP 138

static inline void check_failed(const char *file, int line, const char *what) {
    printf("%s:%d: not so: %s (errno %d)\n", file, line, what, ERRNO);
    fflush(stdout);
    exit(1);
}

// types

struct p_timespec {
    long long tv_sec;
    long tv_nsec;
};
OF_SIZE(struct p_timespec, 16);
AT_OFFSET(struct p_timespec, tv_nsec, 8);

struct p_timeval {
    long long tv_sec;
    int tv_usec;
};
OF_SIZE(struct p_timeval, 16);

struct p_stat {
    unsigned st_dev;
    unsigned st_mode;
    unsigned long st_nlink;
    unsigned st_uid;
    unsigned st_gid;
    unsigned st_rdev;
    long long st_size;
    int st_blksize;
    int st_blocks;
    struct p_timespec st_atim, st_mtim, st_ctim;
    unsigned long long st_ino;
};
OF_SIZE(struct p_stat, 96);
AT_OFFSET(struct p_stat, st_mode, 4);
AT_OFFSET(struct p_stat, st_nlink, 8);
AT_OFFSET(struct p_stat, st_uid, 12);
AT_OFFSET(struct p_stat, st_size, 24);
AT_OFFSET(struct p_stat, st_blocks, 36);
AT_OFFSET(struct p_stat, st_mtim, 56);
AT_OFFSET(struct p_stat, st_ino, 88);

struct p_dirent {
    unsigned long long d_ino;
    long long d_off;
    unsigned short d_reclen;
    unsigned char d_type;
    char d_name[256];
};
OF_SIZE(struct p_dirent, 280);
AT_OFFSET(struct p_dirent, d_type, 18);
AT_OFFSET(struct p_dirent, d_name, 19);

struct p_pollfd {
    int fd;
    short events, revents;
};
OF_SIZE(struct p_pollfd, 8);

struct p_tm {
    int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst;
    long tm_gmtoff;
    const char *tm_zone;
};
OF_SIZE(struct p_tm, 44);

struct p_rusage {
    struct p_timeval ru_utime, ru_stime;
    long ru_maxrss, ru_more[13];
    long reserved[16];
};
OF_SIZE(struct p_rusage, 152);
AT_OFFSET(struct p_rusage, ru_maxrss, 32);

struct p_rlimit {
    unsigned long long rlim_cur, rlim_max;
};
OF_SIZE(struct p_rlimit, 16);

struct p_utsname {
    char sysname[65], nodename[65], release[65], version[65], machine[65], domainname[65];
};
OF_SIZE(struct p_utsname, 390);

struct p_sigaction { // 3.1.56
    union {
        void (*handler)(int);
        void (*action)(int, void *, void *);
    };
    unsigned long sa_mask[32];
    int sa_flags;
    void (*sa_restorer)(void);
};
OF_SIZE(struct p_sigaction, 140);
AT_OFFSET(struct p_sigaction, sa_mask, 4);
AT_OFFSET(struct p_sigaction, sa_flags, 132);

struct p_iovec {
    void *iov_base;
    size_t iov_len;
};

typedef struct { int i[6]; } p_mutex;
typedef struct { int i[12]; } p_cond;
typedef struct { int i[11]; } p_attr;
typedef struct { int i[4]; } p_sem;
typedef struct { unsigned attr; } p_mutexattr, p_condattr;
OF_SIZE(p_mutex, 24);
OF_SIZE(p_cond, 48);
OF_SIZE(p_attr, 44);
OF_SIZE(p_sem, 16);

// files

#define P_O_RDONLY 0
#define P_O_WRONLY 1
#define P_O_RDWR 2
#define P_O_CREAT 0100
#define P_O_EXCL 0200
#define P_O_TRUNC 01000
#define P_O_APPEND 02000
#define P_O_NONBLOCK 04000
#define P_O_SYNC 04010000
#define P_O_DIRECT 040000
#define P_O_DIRECTORY 0200000
#define P_O_NOFOLLOW 0400000
#define P_O_CLOEXEC 02000000
#define P_O_PATH 010000000
#define P_O_TMPFILE 020200000
#define P_AT_FDCWD (-100)
#define P_AT_SYMLINK_NOFOLLOW 0x100
#define P_AT_REMOVEDIR 0x200
#define P_S_IFMT 0170000
#define P_S_IFDIR 0040000
#define P_S_IFCHR 0020000
#define P_S_IFREG 0100000
#define P_S_IFLNK 0120000
#define P_DT_DIR 4
#define P_DT_REG 8
#define P_DT_LNK 10
#define P_F_DUPFD 0
#define P_F_GETFD 1
#define P_F_SETFD 2
#define P_F_GETFL 3
#define P_F_SETFL 4
#define P_F_SETLK 13
#define P_F_DUPFD_CLOEXEC 1030
#define P_UTIME_NOW 0x3fffffff
#define P_UTIME_OMIT 0x3ffffffe
#define P_FIONREAD 0x541B
#define P_TIOCGWINSZ 0x5413

int open(const char *, int, ...);
int openat(int, const char *, int, ...);
int close(int);
int fcntl(int, int, ...);
int flock(int, int);
int ioctl(int, int, ...);
int isatty(int);
long read(int, void *, size_t);
long write(int, const void *, size_t);
long pread(int, void *, size_t, long long);
long pwrite(int, const void *, size_t, long long);
long readv(int, const struct p_iovec *, int);
long writev(int, const struct p_iovec *, int);
long long lseek(int, long long, int);
int ftruncate(int, long long);
int fsync(int);
int posix_fadvise(int, long long, long long, int);
int poll(struct p_pollfd *, unsigned long, int);
int stat(const char *, struct p_stat *);
int lstat(const char *, struct p_stat *);
int fstat(int, struct p_stat *);
int mkdirat(int, const char *, unsigned);
int unlinkat(int, const char *, int);
void *opendir(const char *);
struct p_dirent *readdir(void *);
int closedir(void *);
int utimensat(int, const char *, const struct p_timespec[2], int);
int futimens(int, const struct p_timespec[2]);
int access(const char *, int);
int chdir(const char *);
char *getcwd(char *, size_t);
int link(const char *, const char *);
int symlink(const char *, const char *);
long readlink(const char *, char *, size_t);
int mkdir(const char *, unsigned);
int rmdir(const char *);
int rename(const char *, const char *);
int unlink(const char *);
int chmod(const char *, unsigned);
int fchmod(int, unsigned);
int mkfifo(const char *, unsigned);
char *realpath(const char *, char *);
int mkstemp(char *);
int mkstemps(char *, int);
char *mkdtemp(char *);
int statfs(const char *, void *);
void *setmntent(const char *, const char *);

// time

#define P_CLOCK_REALTIME 0
#define P_CLOCK_MONOTONIC 1
#define P_CLOCK_PROCESS_CPUTIME_ID 2
#define P_CLOCK_MONOTONIC_COARSE 6
#define P_TIMER_ABSTIME 1

int clock_gettime(int, struct p_timespec *);
int clock_getres(int, struct p_timespec *);
int clock_nanosleep(int, int, const struct p_timespec *, struct p_timespec *);
int nanosleep(const struct p_timespec *, struct p_timespec *);
unsigned sleep(unsigned);
int usleep(unsigned);
int gettimeofday(struct p_timeval *, void *);
int clock(void);
long long time(long long *);
struct p_tm *localtime_r(const long long *, struct p_tm *);
size_t strftime(char *, size_t, const char *, const struct p_tm *);
void tzset(void);
int getrusage(int, struct p_rusage *);

// memory

#define P_MAP_FAILED ((void *)-1)
#define P_MAP_SHARED 1
#define P_MAP_PRIVATE 2
#define P_MAP_FIXED 0x10
#define P_MAP_ANON 0x20

void *mmap(void *, size_t, int, int, int, long long);
int munmap(void *, size_t);
int msync(void *, size_t, int);
int mprotect(void *, size_t, int);
int madvise(void *, size_t, int);

// threads

int pthread_mutexattr_init(p_mutexattr *);
int pthread_mutexattr_settype(p_mutexattr *, int);
int pthread_mutexattr_destroy(p_mutexattr *);
int pthread_mutex_init(p_mutex *, const p_mutexattr *);
int pthread_mutex_lock(p_mutex *);
int pthread_mutex_trylock(p_mutex *);
int pthread_mutex_unlock(p_mutex *);
int pthread_mutex_destroy(p_mutex *);
int pthread_condattr_init(p_condattr *);
int pthread_condattr_setclock(p_condattr *, int);
int pthread_cond_init(p_cond *, const p_condattr *);
int pthread_cond_signal(p_cond *);
int pthread_cond_wait(p_cond *, p_mutex *);
int pthread_cond_timedwait(p_cond *, p_mutex *, const struct p_timespec *);
int pthread_attr_init(p_attr *);
int pthread_attr_setstacksize(p_attr *, size_t);
int pthread_attr_setdetachstate(p_attr *, int);
int pthread_create(void **, const p_attr *, void *(*)(void *), void *);
void *pthread_self(void);
int pthread_key_create(unsigned *, void (*)(void *));
int pthread_key_delete(unsigned);
int pthread_setspecific(unsigned, const void *);
void *pthread_getspecific(unsigned);
int sem_init(p_sem *, int, unsigned);
int sem_post(p_sem *);
int sem_wait(p_sem *);
int sem_trywait(p_sem *);

// the rest

int sigaction(int, const struct p_sigaction *, struct p_sigaction *);
int kill(int, int);
int getpid(void);
int getsid(int);
int waitpid(int, int *, int);
int getpriority(int, unsigned);
int setpriority(int, unsigned, int);
int getrlimit(int, struct p_rlimit *);
int setrlimit(int, const struct p_rlimit *);
unsigned geteuid(void);
int seteuid(unsigned);
int getpwuid_r(unsigned, void *, char *, size_t, void **);
int getgroups(int, unsigned *);
int socket(int, int, int);
int bind(int, const void *, unsigned);
long send(int, const void *, size_t, int);
int getaddrinfo(const char *, const char *, const void *, void **);
const char *gai_strerror(int);
void *dlopen(const char *, int);
char *dlerror(void);
int uname(struct p_utsname *);
int gethostname(char *, size_t);
long sysconf(int);
char *strerror(int);
int strerror_r(int, char *, size_t);
int fiprintf(FILE *, const char *, ...);
int siprintf(char *, const char *, ...);
int __small_sprintf(char *, const char *, ...);
char *getenv(const char *);

// ours

#include "../compat/hooks.h"

#endif
