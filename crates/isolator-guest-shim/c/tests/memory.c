// mmap and its family. Works in the preopened directory /t.
#include "pack.h"

enum { PAGE = 65536 };

static void test_anonymous(void) {
    unsigned char *memory = mmap(NULL, 3 * PAGE, 3, P_MAP_PRIVATE | P_MAP_ANON, -1, 0);
    CHECK(memory != P_MAP_FAILED && (uintptr_t)memory % PAGE == 0);
    for (int i = 0; i < 3 * PAGE; i += 997) {
        CHECK(memory[i] == 0);
    }
    memset(memory, 1, 3 * PAGE);
    CHECK(madvise(memory, PAGE, 4) == 0 && memory[0] == 0 && memory[PAGE - 1] == 0 && memory[PAGE] == 1);
    CHECK(madvise(memory, PAGE, 10) == 0 && madvise(memory, PAGE, 0) == 0);
    CHECK(madvise(memory, PAGE, 4242) == -1 && ERRNO == P_EINVAL);
    CHECK(mprotect(memory, PAGE, 3) == 0);
    CHECK(mprotect(memory, PAGE, 1) == -1 && ERRNO == P_ENOTSUP);
    CHECK(mprotect(memory + 1, PAGE, 3) == -1 && ERRNO == P_EINVAL);
    // In parts: what is left stays as it is.
    CHECK(munmap(memory, PAGE) == 0 && memory[PAGE] == 1 && memory[3 * PAGE - 1] == 1);
    CHECK(munmap(memory + 2 * PAGE, PAGE) == 0 && memory[PAGE] == 1);
    CHECK(munmap(memory, 3 * PAGE) == 0);
    CHECK(munmap(memory, PAGE) == 0); // nothing there: no error
    CHECK(munmap(memory + 1, PAGE) == -1 && ERRNO == P_EINVAL);
    OK("anonymous mappings");
}

// Mapping and unmapping again and again takes no more memory than once.
static void test_reuse(void) {
    for (int i = 0; i < 10; i++) {
        CHECK(munmap(mmap(NULL, 4 << 20, 3, P_MAP_PRIVATE | P_MAP_ANON, -1, 0), 4 << 20) == 0);
    }
    size_t before = __builtin_wasm_memory_size(0);
    for (int i = 0; i < 1000; i++) {
        CHECK(munmap(mmap(NULL, 4 << 20, 3, P_MAP_PRIVATE | P_MAP_ANON, -1, 0), 4 << 20) == 0);
    }
    CHECK(__builtin_wasm_memory_size(0) == before);
    OK("unmapped memory is used again");
}

// Of every length, and nothing beside it.
static void test_filling(void) {
    unsigned char bytes[400];
    for (size_t size = 0; size <= 300; size++) {
        for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = 7;
        CHECK(memset(bytes + 50 + size % 5, 0xe1, size) == bytes + 50 + size % 5);
        for (size_t i = 0; i < sizeof bytes; i++) {
            CHECK(bytes[i] == (i - 50 - size % 5 < size ? 0xe1 : 7));
        }
    }
    OK("filling");
}

static void test_refused(void) {
    CHECK(mmap(NULL, 0, 3, P_MAP_PRIVATE | P_MAP_ANON, -1, 0) == P_MAP_FAILED && ERRNO == P_EINVAL);
    CHECK(mmap(NULL, PAGE, 3, P_MAP_ANON, -1, 0) == P_MAP_FAILED && ERRNO == P_EINVAL);
    CHECK(mmap(NULL, PAGE, 7, P_MAP_PRIVATE | P_MAP_ANON, -1, 0) == P_MAP_FAILED && ERRNO == P_ENOTSUP);
    CHECK(mmap((void *)PAGE, PAGE, 3, P_MAP_PRIVATE | P_MAP_ANON | P_MAP_FIXED, -1, 0) == P_MAP_FAILED);
    CHECK(ERRNO == P_ENOTSUP);
    CHECK(mmap(NULL, 0xf0000000, 3, P_MAP_PRIVATE | P_MAP_ANON, -1, 0) == P_MAP_FAILED && ERRNO == P_ENOMEM);
    CHECK(mmap(NULL, SIZE_MAX, 3, P_MAP_PRIVATE | P_MAP_ANON, -1, 0) == P_MAP_FAILED && ERRNO == P_ENOMEM);
    CHECK(mmap(NULL, PAGE, 3, P_MAP_PRIVATE, 1000, 0) == P_MAP_FAILED && ERRNO == P_EBADF);
    OK("refused mappings");
}

static void test_files(void) {
    int fd = open("/t/m", P_O_RDWR | P_O_CREAT | P_O_TRUNC, 0644);
    CHECK(ftruncate(fd, PAGE + 10) == 0 && pwrite(fd, "first", 5, 0) == 5 && pwrite(fd, "second", 6, PAGE) == 6);
    char *private = mmap(NULL, PAGE + 10, 3, P_MAP_PRIVATE, fd, 0);
    CHECK(private != P_MAP_FAILED && memcmp(private, "first", 5) == 0 && memcmp(private + PAGE, "second", 6) == 0);
    CHECK(private[PAGE + 10] == 0);
    private[0] = 'F';
    CHECK(msync(private, PAGE + 10, 4) == 0 && munmap(private, PAGE + 10) == 0);
    char c = 0;
    CHECK(pread(fd, &c, 1, 0) == 1 && c == 'f'); // private stays private

    char *shared = mmap(NULL, PAGE + 10, 3, P_MAP_SHARED, fd, 0);
    CHECK(shared != P_MAP_FAILED);
    CHECK(close(fd) == 0); // a mapping outlives its descriptor
    shared[0] = 'S';
    shared[PAGE] = 'T';
    CHECK(msync(shared, PAGE, 4) == 0);
    fd = open("/t/m", P_O_RDWR);
    CHECK(pread(fd, &c, 1, 0) == 1 && c == 'S' && pread(fd, &c, 1, PAGE) == 1 && c == 's');
    CHECK(munmap(shared, PAGE + 10) == 0 && pread(fd, &c, 1, PAGE) == 1 && c == 'T');
    CHECK(lseek(fd, 0, 2) == PAGE + 10); // and never makes the file grow
    CHECK(msync(shared, PAGE, 4) == -1 && ERRNO == P_ENOMEM);
    CHECK(msync(shared, PAGE, 5) == -1 && ERRNO == P_EINVAL);

    char *second = mmap(NULL, 6, 1, P_MAP_SHARED, fd, PAGE);
    CHECK(second != P_MAP_FAILED && memcmp(second, "Tecond", 6) == 0 && munmap(second, 6) == 0);
    CHECK(close(fd) == 0);
    fd = open("/t/m", P_O_RDONLY);
    CHECK(mmap(NULL, PAGE, 3, P_MAP_SHARED, fd, 0) == P_MAP_FAILED && ERRNO == P_EACCES);
    CHECK(close(fd) == 0 && unlink("/t/m") == 0);
    OK("mapped files");
}

int main(void) {
    CHECK(isolator_preopens() == 1);
    test_anonymous();
    test_reuse();
    test_filling();
    test_refused();
    test_files();
    CHECK(sysconf(30) == PAGE && sysconf(83) == 1 && sysconf(84) == 1);
    CHECK(sysconf(85) > 0 && sysconf(86) > 0 && sysconf(86) < sysconf(85));
    CHECK((uint64_t)sysconf(85) * PAGE <= UINT32_MAX); // fits the runtime's size_t
    OK("sysconf");
    return 0;
}
