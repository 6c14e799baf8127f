// mmap and its family, on the one linear memory: wasi-libc's emulation gives unaligned blocks and no partial munmap.
//
// Memory comes zeroed and aligned to a page. Protections cannot be enforced: asking for less than "read and write" is
// granted by mmap, as POSIX allows ("may permit accesses other than those specified"), and refused by mprotect.
// A shared mapping of a file has the file's bytes as they were when it was made, and writes its own back in msync and
// munmap.
#define _WASI_EMULATED_MMAN // its header, for the constants; its functions are replaced
#define _GNU_SOURCE
#include "compat.h"
#include "hooks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 65536 };

// A mapping, or what is left of it: `mapped` has a byte for each page, 1 until it is unmapped. The block is freed with
// its last page. `fd` is a duplicate, kept for writing back a shared mapping of a file, or -1.
struct mapping {
    struct mapping *next;
    uint8_t *start;
    size_t pages, left;
    int fd;
    off_t offset;
    size_t length; // bytes of the file's part, as asked for
    uint8_t mapped[];
};

static struct mapping *mappings;

_Static_assert(PROT_READ == 1 && PROT_WRITE == 2 && PROT_EXEC == 4, "both sides: PROT_");
_Static_assert(MAP_SHARED == 1 && MAP_PRIVATE == 2 && MAP_TYPE == 15 && MAP_FIXED == 16 && MAP_ANON == 32, "MAP_");
_Static_assert(MAP_FIXED_NOREPLACE == 0x100000 && MAP_HUGETLB == 0x40000, "both sides: MAP_");
_Static_assert(MS_ASYNC == 1 && MS_INVALIDATE == 2 && MS_SYNC == 4, "both sides: MS_");

static void *refuse(int number) {
    errno = number;
    return MAP_FAILED;
}

// Reads the file's bytes into the mapping; behind its end they stay zero.
static int fill(uint8_t *to, size_t length, int fd, off_t offset) {
    while (length > 0) {
        ssize_t n = em_pread(fd, to, length, offset);
        if (n <= 0) {
            return (int)n;
        }
        to += n;
        offset += n;
        length -= (size_t)n;
    }
    return 0;
}

void *mmap(void *hint, size_t length, int protection, int flags, int fd, off_t offset) {
    (void)hint;
    int type = flags & MAP_TYPE;
    if (length == 0 || (type != MAP_PRIVATE && type != MAP_SHARED) || offset < 0) {
        return refuse(EINVAL);
    }
    if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_HUGETLB) || protection & PROT_EXEC) {
        return refuse(ENOTSUP); // no place can be chosen, no data can be run
    }
    if (length > SIZE_MAX - PAGE) {
        return refuse(ENOMEM);
    }
    size_t pages = (length + PAGE - 1) / PAGE;
    struct mapping *mapping = calloc(1, sizeof *mapping + pages);
    uint8_t *memory = NULL;
    if (!mapping || posix_memalign((void **)&memory, PAGE, pages * PAGE) != 0) {
        free(mapping);
        return refuse(ENOMEM);
    }
    memset(memory, 0, pages * PAGE);
    memset(mapping->mapped, 1, pages);
    mapping->start = memory;
    mapping->pages = mapping->left = pages;
    mapping->fd = -1;
    mapping->offset = offset;
    mapping->length = length;
    if (!(flags & MAP_ANON)) {
        int error = fill(memory, length, fd, offset) < 0 ? errno : 0;
        if (!error && type == MAP_SHARED && protection & PROT_WRITE) {
            int access = em_fcntl(fd, EM_F_GETFL);
            if (access >= 0 && (access & EM_O_ACCMODE) != EM_O_RDWR) {
                error = EACCES;
            } else {
                mapping->fd = em_fcntl(fd, EM_F_DUPFD, 0);
                error = mapping->fd < 0 ? errno : 0;
            }
        }
        if (error) {
            free(memory);
            free(mapping);
            return refuse(error);
        }
    }
    mapping->next = mappings;
    mappings = mapping;
    return memory;
}

// The mapping a range of pages lies in, or NULL.
static struct mapping *find(const uint8_t *start, size_t pages) {
    for (struct mapping *mapping = mappings; mapping; mapping = mapping->next) {
        if (start >= mapping->start && (size_t)(start - mapping->start) / PAGE + pages <= mapping->pages) {
            return mapping;
        }
    }
    return NULL;
}

// A page-aligned range -> its mapping and pages. False with errno if it isn't one.
static bool range(void *address, size_t length, struct mapping **mapping, size_t *first, size_t *pages) {
    if ((uintptr_t)address % PAGE || length == 0 || length > SIZE_MAX - PAGE) {
        errno = EINVAL;
        return false;
    }
    *pages = (length + PAGE - 1) / PAGE;
    *mapping = find(address, *pages);
    if (!*mapping) {
        errno = ENOMEM;
        return false;
    }
    *first = (size_t)((uint8_t *)address - (*mapping)->start) / PAGE;
    return true;
}

// Writes pages of a shared mapping back to its file, which never grows by it.
static int write_back(struct mapping *mapping, size_t first, size_t pages) {
    struct em_stat status;
    if (mapping->fd < 0) {
        return 0;
    }
    if (em_fstat(mapping->fd, &status) < 0) {
        return -1;
    }
    for (size_t page = first; page < first + pages; page++) {
        size_t at = page * PAGE;
        int64_t in_file = status.st_size - mapping->offset - (int64_t)at;
        size_t size = at < mapping->length ? mapping->length - at : 0;
        size = size > PAGE ? PAGE : size;
        size = in_file < (int64_t)size ? (in_file < 0 ? 0 : (size_t)in_file) : size;
        while (mapping->mapped[page] && size > 0) {
            ssize_t n = em_pwrite(mapping->fd, mapping->start + at, size, mapping->offset + (off_t)at);
            if (n <= 0) {
                return n < 0 ? -1 : compat_fail(EIO);
            }
            at += (size_t)n;
            size -= (size_t)n;
        }
    }
    return 0;
}

int munmap(void *address, size_t length) {
    struct mapping *mapping;
    size_t first, pages;
    if (!range(address, length, &mapping, &first, &pages)) {
        // What is not mapped needs no unmapping; only a malformed range is an error.
        return errno == ENOMEM ? 0 : -1;
    }
    int result = write_back(mapping, first, pages);
    for (size_t page = first; page < first + pages; page++) {
        mapping->left -= mapping->mapped[page];
        mapping->mapped[page] = 0;
    }
    if (mapping->left == 0) {
        for (struct mapping **link = &mappings; *link; link = &(*link)->next) {
            if (*link == mapping) {
                *link = mapping->next;
                break;
            }
        }
        if (mapping->fd >= 0) {
            em_close(mapping->fd);
        }
        free(mapping->start);
        free(mapping);
    }
    return result;
}

int msync(void *address, size_t length, int flags) {
    struct mapping *mapping;
    size_t first, pages;
    if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC) || (flags & MS_ASYNC && flags & MS_SYNC)) {
        return compat_fail(EINVAL);
    }
    return length == 0 ? 0 : range(address, length, &mapping, &first, &pages) ? write_back(mapping, first, pages) : -1;
}

// All memory is always readable and writable and nothing else: granted if that is what is asked for.
int mprotect(void *address, size_t length, int protection) {
    (void)length;
    if ((uintptr_t)address % PAGE) {
        return compat_fail(EINVAL);
    }
    return protection == (PROT_READ | PROT_WRITE) ? 0 : compat_fail(ENOTSUP);
}

int madvise(void *address, size_t length, int advice) {
    enum { NORMAL, RANDOM, SEQUENTIAL, WILLNEED, DONTNEED, DONTFORK = 10, DOFORK = 11, DONTDUMP = 16, DODUMP = 17 };
    struct mapping *mapping;
    size_t first, pages;
    switch (advice) {
    case NORMAL:
    case RANDOM:
    case SEQUENTIAL:
    case WILLNEED: // hints, which may be left
    case DONTFORK:
    case DOFORK:
    case DONTDUMP:
    case DODUMP: // there are no forks and no core dumps
        return (uintptr_t)address % PAGE ? compat_fail(EINVAL) : 0;
    case DONTNEED: // not a hint: the pages read as zero afterwards
        if (length == 0) {
            return 0;
        }
        if (!range(address, length, &mapping, &first, &pages)) {
            return -1;
        }
        if (mapping->fd >= 0) {
            return compat_fail(EINVAL);
        }
        memset(address, 0, pages * PAGE);
        return 0;
    default: return compat_fail(EINVAL);
    }
}

// Whether the host keeps memory resident is the host's business.
int mlock(const void *address, size_t length) {
    (void)address, (void)length;
    return compat_fail(ENOSYS);
}

int munlock(const void *address, size_t length) {
    (void)address, (void)length;
    return compat_fail(ENOSYS);
}

volatile bool isolator_no_more_memory;

void *__real_sbrk(intptr_t bytes);
void *__wrap_sbrk(intptr_t bytes) {
    if (isolator_no_more_memory && bytes > 0) {
        errno = ENOMEM;
        return (void *)-1;
    }
    return __real_sbrk(bytes);
}
