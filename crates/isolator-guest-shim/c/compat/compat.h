// What the files of the compatibility layer share.
//
// The pack's archives call libc as Emscripten declares it; this layer answers them on top of wasi-libc. `table.def`
// lists every symbol and how it is answered. Three rules keep it straight:
//  * A function named `__wrap_X` takes and gives Emscripten's layouts, constants and error numbers. `--wrap=X` sends
//    *every* object's calls to X there, ours included, so code compiled against wasi-libc's headers (bridge, this
//    layer itself) must say `__real_X` where table.def has X as `wrap`. wasi-libc's own calls were checked: the only
//    ones that reach a wrapper with something to translate (fcntl in fdopen, clock_nanosleep in sleep) are understood
//    by it.
//  * What does not need wasi-libc's X at all is not wrapped but defined, under a C name of its own where the headers
//    declare X otherwise: see COMPAT_AS.
//  * Inside, errno holds wasi-libc's numbers. They become Emscripten's in `__errno_location`, the one way the pack's
//    objects read errno; functions that return an error number call `compat_errno`.
#ifndef ISOLATOR_COMPAT_H
#define ISOLATOR_COMPAT_H

#include "emscripten.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

// Declares that a function is called X by the linker, whatever it is called in C.
#define COMPAT_AS(x) __asm__(#x)

// The one user there is. Not 0: the runtime must not take itself for privileged.
enum { COMPAT_UID = 1000, COMPAT_GID = 1000 };

// The name this machine goes by; there is no other to tell.
#define COMPAT_HOST_NAME "isolator"

// Bytes from which on memory is copied and filled with the engine's instructions. Those leave the sandbox, so a few bytes
// are copied sooner by a loop.
enum { COMPAT_BULK = 128 };
void compat_move(uint8_t *to, const uint8_t *from, size_t size);
void compat_fill(uint8_t *to, int byte, size_t size);

// Turns one of wasi-libc's error numbers into Emscripten's.
int compat_errno(int number);

// The descriptor WASI knows for one the pack holds (see descriptors.c), or -1 with errno EBADF.
int compat_fd(int fd);
// Gives up the lock that a descriptor of WASI's has.
void compat_unlock(int target);
// fcntl's locks of ranges.
int compat_lock_range(int fd, int command, struct em_flock *range);

// Fails with -1 and this errno.
int compat_fail(int number);

// Fails a call that needs an open descriptor: with EBADF if it isn't one, else with `number`.
int compat_fail_fd(int fd, int number);

// Ends a path function: with `result`, and with ENOENT instead of wasi-libc's ENOTCAPABLE, which it sets when no
// preopened directory covers the path. To the program, such a path does not exist.
int compat_path(int result);

// Whether nothing is at `path` but the way down to a preopened directory: one of the directories above them. "/" always
// is one, if it isn't preopened itself.
bool compat_is_above(const char *path);

// Whether `path` would be right inside such a directory.
bool compat_is_in_above(const char *path);

// Calls `add` for each name in such a directory. 0, or -1 with errno: add's, or that it is too long.
int compat_list_above(const char *path, int (*add)(void *to, const char *name, size_t length), void *to);

// Ends a function that makes `path`: as compat_path does, but with EACCES in a directory in which nothing can be made.
int compat_path_made(const char *path, int result);

// Permission bits of what wasi-libc described, as far as this process knows them: WASI has none. See modes.c.
uint32_t compat_mode(const struct stat *status);
// Whether it may be opened like that.
bool compat_allowed(const struct stat *status, bool reads, bool writes);
// Remembers bits that were asked for: 0, or -1 with errno.
int compat_set_mode(const struct stat *status, uint32_t bits);
// The same for what was just made, from the bits that its maker asked for.
int compat_made_mode(const struct stat *status, uint32_t asked);
// What it describes is gone.
void compat_forget_mode(const struct stat *status);
// Whether something is remembered at all.
bool compat_any_modes(void);
// Whether what is made of this type (S_IFMT bits) with such bits asked for is as usual.
bool compat_usual_mode(uint32_t type, uint32_t asked);

// open() with Emscripten's flags, relative to a directory of wasi-libc's (its AT_FDCWD allowed).
int compat_openat(int dir, const char *path, int flags, uint32_t mode);

// Nanoseconds of the monotonic clock.
uint64_t compat_monotonic(void);

// Emscripten's functions that this layer itself uses.
int em_clock_gettime(int id, struct em_timespec *out) __asm__("__wrap_clock_gettime");
int em_clock_nanosleep(int id, int flags, const struct em_timespec *time, struct em_timespec *left)
    COMPAT_AS(clock_nanosleep);
int em_close(int fd) __asm__("__wrap_close");
int em_fcntl(int fd, int command, ...) __asm__("__wrap_fcntl");
ssize_t em_pread(int fd, void *buffer, size_t size, int64_t offset) __asm__("__wrap_pread");
ssize_t em_pwrite(int fd, const void *buffer, size_t size, int64_t offset) __asm__("__wrap_pwrite");
int em_stat(const char *path, struct em_stat *out) __asm__("__wrap_stat");
int em_lstat(const char *path, struct em_stat *out) __asm__("__wrap_lstat");
int em_fstat(int fd, struct em_stat *out) __asm__("__wrap_fstat");

// Nanoseconds since isolator_clock_restart, or since the first question.
uint64_t compat_since_start(void);

// Writes "isolator: <message>" to standard error and traps: for what would otherwise hang for ever or corrupt memory.
_Noreturn void compat_fatal(const char *message);

#endif
