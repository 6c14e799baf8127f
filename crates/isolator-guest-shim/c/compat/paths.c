// realpath and the mk*temp family, which wasi-libc leaves out.
#include "compat.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

ssize_t __real_readlink(const char *restrict path, char *restrict buffer, size_t size);
int __wrap_mkdir(const char *path, uint32_t mode);

enum { MAX_LINKS = 40 };

// Pushes `text` before what is left to resolve (`rest`, which fills the end of its buffer from *start).
static int push_front(char rest[PATH_MAX], size_t *start, const char *text, size_t length) {
    if (length + 1 > *start) {
        return compat_fail(ENAMETOOLONG);
    }
    *start -= 1;
    rest[*start] = '/';
    *start -= length;
    memcpy(rest + *start, text, length);
    return 0;
}

// Resolves into `out` (PATH_MAX bytes): component by component, so that ".." is taken from where a link led.
static int resolve(const char *path, char *out) {
    char rest[PATH_MAX], link[PATH_MAX];
    size_t start = sizeof rest - 1;
    rest[start] = 0;
    size_t length = 0; // of out, without a trailing slash: "" is the root
    if (push_front(rest, &start, path, strlen(path)) < 0) {
        return -1;
    }
    if (*path != '/') {
        if (!getcwd(out, PATH_MAX)) {
            return -1;
        }
        length = strlen(out);
        while (length && out[length - 1] == '/') {
            length--;
        }
    }
    int links = 0;
    while (rest[start]) {
        size_t size = strcspn(rest + start, "/");
        char *name = rest + start;
        start += size + (rest[start + size] == '/');
        if (size == 0 || (size == 1 && name[0] == '.')) {
            continue;
        }
        if (size == 2 && name[0] == '.' && name[1] == '.') {
            while (length && out[--length] != '/') {
            }
            continue;
        }
        if (length + size + 2 > PATH_MAX) {
            return compat_fail(ENAMETOOLONG);
        }
        out[length] = '/';
        memcpy(out + length + 1, name, size);
        out[length + 1 + size] = 0;
        ssize_t target = __real_readlink(out, link, sizeof link);
        if (target >= 0) {
            if (++links > MAX_LINKS) {
                return compat_fail(ELOOP);
            }
            if (target == 0) {
                return compat_fail(ENOENT);
            }
            if ((size_t)target == sizeof link || push_front(rest, &start, link, (size_t)target) < 0) {
                return compat_fail(ENAMETOOLONG);
            }
            if (link[0] == '/') {
                length = 0;
            }
            continue;
        }
        // EINVAL: it is there and no link. ENOTCAPABLE: above every preopened directory, so not to be looked at, but
        // it may lead to one; whether the whole path exists is asked in the end. ENOENT: the same, where another one covers it.
        if (errno != EINVAL && errno != ENOTCAPABLE && !(errno == ENOENT && compat_is_above(out))) {
            return -1;
        }
        length += 1 + size;
    }
    if (length == 0) {
        out[length++] = '/';
        out[length] = 0;
        return 0;
    }
    out[length] = 0;
    struct em_stat status;
    if (em_lstat(out, &status) < 0) {
        return -1;
    }
    size_t given = strlen(path);
    return given && path[given - 1] == '/' && (status.st_mode & EM_S_IFMT) != EM_S_IFDIR ? compat_fail(ENOTDIR) : 0;
}

char *realpath(const char *restrict path, char *restrict resolved) {
    char out[PATH_MAX];
    if (!path || !*path) {
        errno = path ? ENOENT : EINVAL;
        return NULL;
    }
    if (resolve(path, out) < 0) {
        return NULL;
    }
    return resolved ? strcpy(resolved, out) : strdup(out);
}

// Fills in the six X before the suffix and tries until the name is new. Returns what `make` returns.
static int make_temporary(char *template, int suffix, int (*make)(const char *path)) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    size_t length = strlen(template);
    if (suffix < 0 || length < 6 || length - 6 < (size_t)suffix) {
        return compat_fail(EINVAL);
    }
    char *place = template + length - 6 - (size_t)suffix;
    if (memcmp(place, "XXXXXX", 6) != 0) {
        return compat_fail(EINVAL);
    }
    for (int attempt = 0; attempt < 100; attempt++) {
        unsigned char random[6];
        if (getentropy(random, sizeof random) < 0) {
            break;
        }
        for (int i = 0; i < 6; i++) {
            place[i] = letters[random[i] % (sizeof letters - 1)];
        }
        int result = make(template);
        if (result >= 0 || errno != EEXIST) {
            if (result < 0) {
                memcpy(place, "XXXXXX", 6);
            }
            return result;
        }
    }
    memcpy(place, "XXXXXX", 6);
    return -1;
}

static int make_file(const char *path) {
    return compat_openat(AT_FDCWD, path, EM_O_RDWR | EM_O_CREAT | EM_O_EXCL, 0600);
}

static int make_directory(const char *path) {
    return __wrap_mkdir(path, 0700);
}

int mkstemps(char *template, int suffix) {
    return make_temporary(template, suffix, make_file);
}

int mkstemp(char *template) {
    return make_temporary(template, 0, make_file);
}

char *mkdtemp(char *template) {
    return make_temporary(template, 0, make_directory) < 0 ? NULL : template;
}
