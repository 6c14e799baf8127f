// Permission bits, which WASI has no place for: what this process gave its files and directories is remembered as long as it lasts, and nobody else
// is told. Writing and reading without the bit for it is refused here.
#include "compat.h"

#include <errno.h>
#include <stdlib.h>

enum { UMASK = 022, PERMISSIONS = 07777, OWNER_READS = 0400, OWNER_WRITES = 0200 };
enum { BUCKETS = 1024 };

struct mode {
    struct mode *next;
    uint64_t device, inode;
    uint32_t bits;
};

static struct mode *buckets[BUCKETS];
static size_t known;

static struct mode **find(const struct stat *status) {
    struct mode **at = &buckets[(status->st_ino ^ status->st_ino >> 10 ^ status->st_dev) % BUCKETS];
    while (*at && ((*at)->device != status->st_dev || (*at)->inode != status->st_ino)) {
        at = &(*at)->next;
    }
    return at;
}

// What a file made here could be done with by its one user, so that copying permissions or asking for them finds what
// is the case. A file system that refuses more says so when it is used.
static uint32_t usual(uint32_t type) {
    switch (type & EM_S_IFMT) {
    case EM_S_IFDIR: return 0755;
    case EM_S_IFLNK: return 0777;
    case EM_S_IFCHR: return 0620;
    default: return 0644;
    }
}

bool compat_any_modes(void) {
    return known > 0;
}

uint32_t compat_mode(const struct stat *status) {
    const struct mode *mode = known ? *find(status) : NULL;
    return mode ? mode->bits : usual(status->st_mode);
}

void compat_forget_mode(const struct stat *status) {
    struct mode **at = find(status), *gone = *at;
    if (gone) {
        *at = gone->next;
        free(gone);
        known--;
    }
}

int compat_set_mode(const struct stat *status, uint32_t bits) {
    bits &= PERMISSIONS;
    if (bits == usual(status->st_mode)) {
        compat_forget_mode(status);
        return 0;
    }
    struct mode **at = find(status);
    if (!*at) {
        struct mode *made = malloc(sizeof *made);
        if (!made) {
            return compat_fail(ENOMEM);
        }
        *made = (struct mode){.device = status->st_dev, .inode = status->st_ino};
        *at = made;
        known++;
    }
    (*at)->bits = bits;
    return 0;
}

bool compat_allowed(const struct stat *status, bool reads, bool writes) {
    uint32_t bits = compat_mode(status);
    return (!reads || bits & OWNER_READS) && (!writes || bits & OWNER_WRITES);
}

bool compat_usual_mode(uint32_t type, uint32_t asked) {
    return ((asked & PERMISSIONS) & ~(uint32_t)UMASK) == usual(type);
}

// What was just made, which an entry may be left of in whose place it is.
int compat_made_mode(const struct stat *status, uint32_t asked) {
    return compat_set_mode(status, asked & ~(uint32_t)UMASK);
}
