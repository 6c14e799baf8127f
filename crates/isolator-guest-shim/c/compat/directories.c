// Listing directories: struct dirent and the DT_ types differ, and so does what a position in a directory is.
#include "compat.h"

#include <dirent.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

DIR *__real_opendir(const char *path);
struct dirent *__real_readdir(DIR *directory);
int __real_closedir(DIR *directory);

enum { LONGEST_NAME = 3 * 255 };

// A DIR of ours: everything in the directory, read when it is opened. WASI goes on reading from a position, which hosts
// take for a count of entries: whoever deletes what it is given, as a recursive delete does, would miss others.
struct compat_dir {
    size_t used, size, next; // bytes in `names`; where readdir goes on
    char *entries;           // one after the other: struct entry, the name, a NUL
    // Whoever reads it takes the name for a string, however long Emscripten has it: a host writes each byte that is not UTF-8
    // as a character of three.
    union {
        struct em_dirent dirent;
        char bytes[offsetof(struct em_dirent, d_name) + LONGEST_NAME + 1];
    } current;
};

struct entry {
    uint64_t inode;
    uint8_t type;
};

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

// Adds an entry. 0, or -1 with errno.
static int add_entry(struct compat_dir *directory, uint64_t inode, uint8_t type, const char *name, size_t length) {
    if (length > LONGEST_NAME) {
        return compat_fail(EOVERFLOW);
    }
    size_t wanted = directory->used + sizeof(struct entry) + length + 1;
    if (wanted > directory->size) {
        size_t size = wanted * 2;
        char *entries = realloc(directory->entries, size);
        if (!entries) {
            return compat_fail(ENOMEM);
        }
        directory->entries = entries;
        directory->size = size;
    }
    struct entry entry = {.inode = inode, .type = type};
    memcpy(directory->entries + directory->used, &entry, sizeof entry);
    memcpy(directory->entries + directory->used + sizeof entry, name, length);
    directory->entries[directory->used + sizeof entry + length] = 0;
    directory->used = wanted;
    return 0;
}

// Reads all entries. 0, or -1 with errno.
static int read_entries(struct compat_dir *directory, DIR *real) {
    for (;;) {
        errno = 0;
        struct dirent *entry = __real_readdir(real);
        if (!entry) {
            return errno ? -1 : 0;
        }
        // Without "." and "..", as POSIX allows: the runtime looks at each entry to see whether it is a directory, and
        // ".." of a preopened one cannot be looked at, which would make it a file.
        bool dots = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        const char *name = entry->d_name;
        if (!dots && add_entry(directory, entry->d_ino, type_to_em(entry->d_type), name, strlen(name)) < 0) {
            return -1;
        }
    }
}

// The same for a directory above the preopened ones.
static int add_above(void *directory, const char *name, size_t length) {
    return add_entry(directory, 1, EM_DT_DIR, name, length);
}

int __wrap_closedir(struct compat_dir *directory) {
    free(directory->entries);
    free(directory);
    return 0;
}

struct compat_dir *__wrap_opendir(const char *path) {
    int before = errno;
    DIR *real = __real_opendir(path);
    bool above = !real && (errno == ENOTCAPABLE || errno == ENOENT) && compat_is_above(path);
    if (!real && !above) {
        compat_path(-1);
        return NULL;
    }
    struct compat_dir *directory = calloc(1, sizeof *directory);
    int error = ENOMEM;
    if (directory) {
        error = (real ? read_entries(directory, real) : compat_list_above(path, add_above, directory)) < 0 ? errno : 0;
    }
    if (real) {
        __real_closedir(real);
    }
    if (error && directory) {
        __wrap_closedir(directory);
        directory = NULL;
    }
    errno = error ? error : before;
    return directory;
}

struct em_dirent *__wrap_readdir(struct compat_dir *directory) {
    if (directory->next == directory->used) {
        return NULL;
    }
    struct entry entry;
    const char *name = directory->entries + directory->next + sizeof entry;
    memcpy(&entry, name - sizeof entry, sizeof entry);
    directory->next += sizeof entry + strlen(name) + 1;
    struct em_dirent *current = &directory->current.dirent;
    current->d_ino = entry.inode;
    current->d_off++;
    current->d_reclen = sizeof directory->current;
    current->d_type = entry.type;
    strcpy(directory->current.bytes + offsetof(struct em_dirent, d_name), name);
    return current;
}

// What .NET's own listing passes on of an entry; `type` has the values of Emscripten's DT_.
struct pal_entry {
    const char *name;
    int32_t name_length;
    int32_t type;
};

int32_t __real_SystemNative_ReadDir(struct compat_dir *directory, struct pal_entry *entry);

// The pack's says of every entry that its type is unknown, since it was compiled without the extension that DT_ is: .NET would
// ask for the status of each file that it lists.
int32_t __wrap_SystemNative_ReadDir(struct compat_dir *directory, struct pal_entry *entry) {
    int32_t result = __real_SystemNative_ReadDir(directory, entry);
    if (result == 0 && entry->type == EM_DT_UNKNOWN) {
        entry->type = directory->current.dirent.d_type;
    }
    return result;
}
