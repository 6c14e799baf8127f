// The pack's side of the fence: struct layouts and constants as Emscripten's musl headers define them.
//
// The runtime pack's archives were compiled against these; wasi-libc's differ. Everything here was compared for
// Emscripten 3.1.56 (.NET 10's pack) and 6.0.3 (.NET 11's): where the two differ the comment says so, and what is used
// is what the pack that calls the function was built with. Sizes and offsets are asserted, not trusted.
#ifndef ISOLATOR_COMPAT_EMSCRIPTEN_H
#define ISOLATOR_COMPAT_EMSCRIPTEN_H

#include <stddef.h>
#include <stdint.h>

// time_t is 64 bits and long is 32: timespec is the same struct on both sides.
struct em_timespec {
    int64_t tv_sec;
    int32_t tv_nsec;
};
_Static_assert(sizeof(struct em_timespec) == 16, "timespec");

// suseconds_t is an int here and a long long in wasi-libc: same size, but the upper half is padding on this side.
struct em_timeval {
    int64_t tv_sec;
    int32_t tv_usec;
};
_Static_assert(sizeof(struct em_timeval) == 16, "timeval");

struct em_stat {
    uint32_t st_dev;
    uint32_t st_mode;
    uint32_t st_nlink;
    uint32_t st_uid;
    uint32_t st_gid;
    uint32_t st_rdev;
    int64_t st_size;
    int32_t st_blksize;
    int32_t st_blocks;
    struct em_timespec st_atim;
    struct em_timespec st_mtim;
    struct em_timespec st_ctim;
    uint64_t st_ino;
};
_Static_assert(sizeof(struct em_stat) == 96, "stat");
_Static_assert(offsetof(struct em_stat, st_size) == 24, "stat.st_size");
_Static_assert(offsetof(struct em_stat, st_atim) == 40, "stat.st_atim");
_Static_assert(offsetof(struct em_stat, st_ino) == 88, "stat.st_ino");

struct em_dirent {
    uint64_t d_ino;
    int64_t d_off;
    uint16_t d_reclen;
    uint8_t d_type;
    char d_name[256];
};
_Static_assert(sizeof(struct em_dirent) == 280, "dirent");
_Static_assert(offsetof(struct em_dirent, d_type) == 18, "dirent.d_type");
_Static_assert(offsetof(struct em_dirent, d_name) == 19, "dirent.d_name");

struct em_pollfd {
    int fd;
    int16_t events;
    int16_t revents;
};
_Static_assert(sizeof(struct em_pollfd) == 8, "pollfd");

struct em_tm {
    int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst;
    int32_t tm_gmtoff;
    const char *tm_zone;
};
_Static_assert(sizeof(struct em_tm) == 44, "tm");

struct em_rusage {
    struct em_timeval ru_utime;
    struct em_timeval ru_stime;
    int32_t counters[14];
    int32_t reserved[16];
};
_Static_assert(sizeof(struct em_rusage) == 152, "rusage");

struct em_rlimit {
    uint64_t rlim_cur;
    uint64_t rlim_max;
};
_Static_assert(sizeof(struct em_rlimit) == 16, "rlimit");

struct em_flock {
    int16_t l_type;
    int16_t l_whence;
    int64_t l_start;
    int64_t l_len;
    int32_t l_pid;
};
_Static_assert(sizeof(struct em_flock) == 32, "flock");

// 3.1.56's: sigset_t is 128 bytes there and 8 in 6.0.3, whose pack does not call sigaction.
struct em_sigaction {
    uint32_t handler;
    uint8_t mask[128];
    int32_t flags;
    uint32_t restorer;
};
_Static_assert(sizeof(struct em_sigaction) == 140, "sigaction");
_Static_assert(offsetof(struct em_sigaction, flags) == 132, "sigaction.sa_flags");

struct em_siginfo {
    int si_signo, si_errno, si_code;
    int si_pid;
    uint32_t si_uid;
    uint8_t rest[108];
};
_Static_assert(sizeof(struct em_siginfo) == 128, "siginfo_t");

// pthread types: opaque to their users except that all-zero is the static initializer, so only the sizes matter. They
// are what the pack's objects reserve for them.
enum {
    EM_SIZEOF_MUTEX = 24,
    EM_SIZEOF_COND = 48,
    EM_SIZEOF_ATTR = 44,
    EM_SIZEOF_SEM = 16,
    EM_SIZEOF_MUTEXATTR = 4,
    EM_SIZEOF_CONDATTR = 4,
};

enum {
    EM_O_WRONLY = 01,
    EM_O_RDWR = 02,
    EM_O_ACCMODE = 03,
    EM_O_CREAT = 0100,
    EM_O_EXCL = 0200,
    EM_O_NOCTTY = 0400,
    EM_O_TRUNC = 01000,
    EM_O_APPEND = 02000,
    EM_O_NONBLOCK = 04000,
    EM_O_DSYNC = 010000,
    EM_O_ASYNC = 020000,
    EM_O_DIRECT = 040000,
    EM_O_LARGEFILE = 0100000,
    EM_O_DIRECTORY = 0200000,
    EM_O_NOFOLLOW = 0400000,
    EM_O_NOATIME = 01000000,
    EM_O_CLOEXEC = 02000000,
    EM_O_SYNC = 04010000,
    EM_O_PATH = 010000000,
    EM_O_TMPFILE = 020200000,
};

enum {
    EM_F_DUPFD = 0,
    EM_F_GETFD = 1,
    EM_F_SETFD = 2,
    EM_F_GETFL = 3,
    EM_F_SETFL = 4,
    EM_F_SETOWN = 8,
    EM_F_GETOWN = 9,
    EM_F_GETLK = 12,
    EM_F_SETLK = 13,
    EM_F_SETLKW = 14,
    EM_F_DUPFD_CLOEXEC = 1030,
    EM_F_SETPIPE_SZ = 1031,
    EM_F_GETPIPE_SZ = 1032,
    EM_F_OFD_GETLK = 36,
    EM_F_OFD_SETLK = 37,
    EM_F_OFD_SETLKW = 38,
};

enum {
    EM_AT_FDCWD = -100,
    EM_AT_SYMLINK_NOFOLLOW = 0x100,
    EM_AT_REMOVEDIR = 0x200,
    EM_AT_EACCESS = 0x200,
    EM_AT_SYMLINK_FOLLOW = 0x400,
};

enum {
    EM_DT_UNKNOWN = 0,
    EM_DT_FIFO = 1,
    EM_DT_CHR = 2,
    EM_DT_DIR = 4,
    EM_DT_BLK = 6,
    EM_DT_REG = 8,
    EM_DT_LNK = 10,
    EM_DT_SOCK = 12,
};

enum {
    EM_S_IFMT = 0170000,
    EM_S_IFSOCK = 0140000,
    EM_S_IFLNK = 0120000,
    EM_S_IFREG = 0100000,
    EM_S_IFBLK = 0060000,
    EM_S_IFDIR = 0040000,
    EM_S_IFCHR = 0020000,
};

enum {
    EM_CLOCK_REALTIME = 0,
    EM_CLOCK_MONOTONIC = 1,
    EM_CLOCK_PROCESS_CPUTIME_ID = 2,
    EM_CLOCK_THREAD_CPUTIME_ID = 3,
    EM_CLOCK_MONOTONIC_RAW = 4,
    EM_CLOCK_REALTIME_COARSE = 5,
    EM_CLOCK_MONOTONIC_COARSE = 6,
    EM_CLOCK_BOOTTIME = 7,
    EM_TIMER_ABSTIME = 1,
    EM_CLOCKS_PER_SEC = 1000000,
};

enum {
    EM_UTIME_NOW = 0x3fffffff,
    EM_UTIME_OMIT = 0x3ffffffe,
};

enum {
    EM_POLLIN = 0x001,
    EM_POLLPRI = 0x002,
    EM_POLLOUT = 0x004,
    EM_POLLERR = 0x008,
    EM_POLLHUP = 0x010,
    EM_POLLNVAL = 0x020,
    EM_POLLRDNORM = 0x040,
    EM_POLLRDBAND = 0x080,
    EM_POLLWRNORM = 0x100,
    EM_POLLWRBAND = 0x200,
};

enum {
    EM_RUSAGE_SELF = 0,
    EM_RUSAGE_CHILDREN = -1,
    EM_RUSAGE_THREAD = 1,
};

enum {
    EM_RLIMIT_STACK = 3,
    EM_RLIMIT_AS = 9,
    EM_RLIMIT_NLIMITS = 16,
};
#define EM_RLIM_INFINITY UINT64_MAX

enum {
    EM_FIONREAD = 0x541b,
    EM_FIONBIO = 0x5421,
};

enum {
    EM_POSIX_FADV_NORMAL = 0,
    EM_POSIX_FADV_RANDOM = 1,
    EM_POSIX_FADV_SEQUENTIAL = 2,
    EM_POSIX_FADV_WILLNEED = 3,
    EM_POSIX_FADV_DONTNEED = 4,
    EM_POSIX_FADV_NOREUSE = 5,
};

enum {
    EM_SA_SIGINFO = 4,
    EM_SA_NODEFER = 0x40000000,
    EM_SIGRTMAX = 64,
    EM_NSIG = 65,
};
#define EM_SA_RESETHAND 0x80000000u
#define EM_SIG_DFL 0u
#define EM_SIG_IGN 0xfffffffeu

// The one errno number that both sides have and number differently; EOPNOTSUPP is the same error on both.
enum { EM_ENOTSUP = 138 };

#endif
