// Preopened directories, and the environment: what a restored runtime must see instead of the build's.
//
// This replaces wasi-libc's preopens.c (same symbols, so that its object is not linked): that one reads the
// directories in a constructor, which a snapshot freezes, and cannot forget them. Here nothing is read before
// `isolator_preopens` is called, and each call starts anew.
#include "compat.h"
#include "hooks.h"

#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>
#include <wasi/libc-find-relpath.h>
#include <wasi/libc.h>

// A directory by its path in the program's eyes, without leading and trailing slashes: "" is the root.
struct preopen {
    struct preopen *next;
    int fd;
    size_t length;
    char path[];
};

static struct preopen *preopens; // last registered first: it wins over an equal one

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
int __wasilibc_find_abspath(const char *path, const char **prefix, const char **relative) {
    while (*path == '/') {
        path++;
    }
    const struct preopen *best = NULL;
    for (const struct preopen *preopen = preopens; preopen; preopen = preopen->next) {
        size_t length = preopen->length;
        bool covers = length == 0 ||
                      (strncmp(path, preopen->path, length) == 0 && (path[length] == '/' || path[length] == 0));
        if (covers && (!best || length > best->length)) {
            best = preopen;
        }
    }
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

// chdir.o is always linked (the pack calls it), and with it the variant that knows the working directory.
int __wasilibc_find_relpath(const char *path, const char **prefix, char **relative, size_t size) {
    return __wasilibc_find_relpath_alloc(path, prefix, relative, &size, 0);
}

static void forget(void) {
    while (preopens) {
        struct preopen *next = preopens->next;
        free(preopens);
        preopens = next;
    }
}

int isolator_preopens(void) {
    forget();
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
