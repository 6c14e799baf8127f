// Preopened directories, the working directory and the environment: what a restored runtime must see instead of the
// build's.
//
// This replaces wasi-libc's preopens.c and chdir.c (same symbols, so that their objects are not linked). The first
// reads the directories in a constructor, which a snapshot freezes, and cannot forget them; here nothing is read before
// a path is looked for, or `isolator_preopens` is called, and each call starts anew. The second cannot go back to "/" and keeps ".." as it is.
//
// The directories above the preopened ones, "/" first of all, exist as far as they lead to them: they can be looked at,
// listed and gone to, but nothing can be made in them.
#include "compat.h"
#include "hooks.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

int __wasilibc_register_preopened_fd(int fd, const char *path);
int __wasilibc_find_abspath(const char *path, const char **prefix, const char **relative);
int __wasilibc_find_relpath(const char *path, const char **prefix, char **relative, size_t size);
int __wasilibc_find_relpath_alloc(const char *path, const char **prefix, char **relative, size_t *size, int can_grow);

char *realpath(const char *restrict path, char *restrict resolved);

extern char *__wasilibc_cwd; // getcwd.o's: starts as the constant "/"

// A directory by its path in the program's eyes, without leading and trailing slashes: "" is the root.
struct preopen {
    struct preopen *next;
    int fd;
    size_t length;
    char path[];
};

static struct preopen *preopens; // last registered first: it wins over an equal one
static bool known;               // the host was asked; not before a runtime needs them

static void need(void) {
    if (!known) {
        isolator_preopens();
    }
}

// Skips the slashes and "." components at the front: the rest is relative to the root.
static const char *skip_root(const char *path) {
    for (;;) {
        if (path[0] == '/') {
            path++;
        } else if (path[0] == '.' && (path[1] == '/' || path[1] == 0)) {
            path++;
        } else {
            return path;
        }
    }
}

int __wasilibc_register_preopened_fd(int fd, const char *path) {
    path = skip_root(path);
    size_t length = strlen(path);
    while (length > 0 && path[length - 1] == '/') {
        length--;
    }
    struct preopen *preopen = malloc(sizeof *preopen + length + 1);
    if (!preopen) {
        return compat_fail(ENOMEM);
    }
    preopen->fd = fd;
    preopen->length = length;
    memcpy(preopen->path, path, length);
    preopen->path[length] = 0;
    preopen->next = preopens;
    preopens = preopen;
    return 0;
}

// The preopened directory with the longest path that leads to `path`, which is taken from the root.
static const struct preopen *find(const char *path) {
    need();
    const struct preopen *best = NULL;
    for (const struct preopen *preopen = preopens; preopen; preopen = preopen->next) {
        size_t length = preopen->length;
        bool covers = length == 0 ||
                      (strncmp(path, preopen->path, length) == 0 && (path[length] == '/' || path[length] == 0));
        if (covers && (!best || length > best->length)) {
            best = preopen;
        }
    }
    return best;
}

int __wasilibc_find_abspath(const char *path, const char **prefix, const char **relative) {
    while (*path == '/') {
        path++;
    }
    const struct preopen *best = find(path);
    if (!best) {
        return compat_fail(ENOENT);
    }
    path += best->length;
    while (*path == '/') {
        path++;
    }
    *prefix = best->path;
    *relative = *path ? path : ".";
    return best->fd;
}

// A path from the working directory or the root, as one from the root. NULL with errno if there is no memory; the
// result is freed by the caller.
static char *absolute(const char *path) {
    size_t length = *path == '/' ? 0 : strlen(__wasilibc_cwd);
    char *result = malloc(length + strlen(path) + 2);
    if (!result) {
        errno = ENOMEM;
        return NULL;
    }
    memcpy(result, __wasilibc_cwd, length);
    result[length] = '/';
    strcpy(result + length + 1, path);
    return result;
}

int __wasilibc_find_relpath_alloc(const char *path, const char **prefix, char **relative, size_t *size, int can_grow) {
    if (!*path) {
        return compat_fail(ENOENT);
    }
    char *whole = absolute(path);
    if (!whole) {
        return -1;
    }
    const char *rest;
    int fd = __wasilibc_find_abspath(skip_root(whole), prefix, &rest);
    if (fd >= 0 && strlen(rest) >= *size) {
        char *grown = can_grow ? realloc(*relative, strlen(rest) + 1) : NULL;
        if (grown) {
            *relative = grown;
            *size = strlen(rest) + 1;
        } else {
            fd = compat_fail(can_grow ? ENOMEM : ERANGE);
        }
    }
    if (fd >= 0) {
        strcpy(*relative, rest);
    }
    free(whole);
    return fd;
}

int __wasilibc_find_relpath(const char *path, const char **prefix, char **relative, size_t size) {
    return __wasilibc_find_relpath_alloc(path, prefix, relative, &size, 0);
}

int em_chdir(const char *path) COMPAT_AS(chdir);
int em_chdir(const char *path) {
    char *target = realpath(path, NULL);
    if (!target) {
        return -1;
    }
    struct em_stat status;
    if (em_stat(target, &status) < 0 || (status.st_mode & EM_S_IFMT) != EM_S_IFDIR) {
        free(target);
        return compat_fail(ENOTDIR);
    }
    static char *last; // what was allocated here; the first one was not
    free(last);
    __wasilibc_cwd = last = target;
    return 0;
}

// Takes "." and ".." out of a path and leaves the slashes at its ends out, without looking at anything. False if it is
// too long.
static bool tidy(const char *path, char out[PATH_MAX]) {
    char *whole = absolute(path);
    size_t length = 0;
    bool fits = whole != NULL;
    for (const char *at = whole; fits && *at;) {
        size_t size = strcspn(at, "/");
        if (size == 2 && at[0] == '.' && at[1] == '.') {
            while (length > 0 && out[--length] != '/') {
            }
        } else if (size > 0 && !(size == 1 && at[0] == '.')) {
            fits = length + size + 2 <= PATH_MAX;
            if (fits) {
                if (length > 0) {
                    out[length++] = '/';
                }
                memcpy(out + length, at, size);
                length += size;
            }
        }
        at += size + (at[size] == '/');
    }
    free(whole);
    out[length] = 0;
    return fits;
}

// What comes after `path` in the path of a preopened directory above which it is; NULL if it isn't.
static const char *below(const struct preopen *preopen, const char *path) {
    size_t length = strlen(path);
    if (length == 0) {
        return preopen->length > 0 ? preopen->path : NULL;
    }
    bool above = strncmp(preopen->path, path, length) == 0 && preopen->path[length] == '/';
    return above ? preopen->path + length + 1 : NULL;
}

bool compat_is_above(const char *path) {
    char tidied[PATH_MAX];
    need();
    if (!*path || !tidy(path, tidied)) {
        return false;
    }
    // Also where another one covers it, which need not have what leads to one below.
    for (const struct preopen *preopen = preopens; preopen; preopen = preopen->next) {
        if (below(preopen, tidied)) {
            return true;
        }
    }
    return !*tidied && !find(tidied);
}

bool compat_is_in_above(const char *path) {
    char parent[PATH_MAX], whole[PATH_MAX];
    if (!tidy(path, whole) || !*whole) {
        return false;
    }
    parent[0] = '/';
    memcpy(parent + 1, whole, strlen(whole)); // at most PATH_MAX - 1
    char *slash = parent + strlen(whole);
    while (*slash != '/') {
        slash--;
    }
    slash[slash == parent] = 0;
    return compat_is_above(parent);
}

int compat_list_above(const char *path, int (*add)(void *to, const char *name, size_t length), void *to) {
    char tidied[PATH_MAX];
    need();
    if (!tidy(path, tidied)) {
        return compat_fail(ENAMETOOLONG);
    }
    for (const struct preopen *preopen = preopens; preopen; preopen = preopen->next) {
        const char *name = below(preopen, tidied);
        size_t length = name ? strcspn(name, "/") : 0;
        bool seen = !name;
        for (const struct preopen *other = preopens; other != preopen && !seen; other = other->next) {
            const char *earlier = below(other, tidied);
            seen = earlier && strcspn(earlier, "/") == length && memcmp(earlier, name, length) == 0;
        }
        if (!seen && add(to, name, length) < 0) {
            return -1;
        }
    }
    return 0;
}

static void forget(void) {
    while (preopens) {
        struct preopen *next = preopens->next;
        free(preopens);
        preopens = next;
    }
}

void isolator_preopens_unknown(void) {
    known = false;
}

void isolator_preopens_forget(void) {
    forget();
    known = false;
}

int isolator_preopens(void) {
    forget();
    known = true;
    int count = 0;
    // Behind standard input, output and error, up to the first number that is not open.
    for (__wasi_fd_t fd = 3;; fd++) {
        __wasi_prestat_t about;
        __wasi_errno_t error = __wasi_fd_prestat_get(fd, &about);
        if (error == __WASI_ERRNO_BADF) {
            return count;
        }
        if (error) {
            return compat_fail(error);
        }
        if (about.tag != __WASI_PREOPENTYPE_DIR) {
            continue;
        }
        size_t length = about.u.dir.pr_name_len;
        char *path = calloc(length + 1, 1);
        if (!path) {
            return compat_fail(ENOMEM);
        }
        error = __wasi_fd_prestat_dir_name(fd, (uint8_t *)path, length);
        int result = error ? compat_fail(error) : __wasilibc_register_preopened_fd((int)fd, path);
        free(path);
        if (result < 0) {
            return -1;
        }
        count++;
    }
}

int isolator_setenv(const char *name, const char *value) {
    return setenv(name, value, 1);
}
