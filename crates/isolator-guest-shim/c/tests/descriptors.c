// What takes a descriptor: duplicates, flags, offsets, vectors, poll. Works in the preopened directory /t.
#include "pack.h"

static int open_new(const char *path) {
    int fd = open(path, P_O_RDWR | P_O_CREAT | P_O_TRUNC, 0644);
    CHECK(fd >= 3);
    return fd;
}

static void test_duplicates(void) {
    char c;
    int fd = open_new("/t/a");
    int second = fcntl(fd, P_F_DUPFD_CLOEXEC, 0);
    CHECK(second >= 0 && second != fd);
    int third = fcntl(second, P_F_DUPFD, 0);
    CHECK(third >= 0 && third != fd && third != second);
    CHECK(write(fd, "abc", 3) == 3 && write(second, "def", 3) == 3); // one offset
    CHECK(lseek(third, 0, 1) == 6 && pread(third, &c, 1, 4) == 1 && c == 'e');
    // The file stays open until its last number is closed, and each number can be closed once.
    CHECK(close(fd) == 0);
    CHECK(write(fd, "x", 1) == -1 && ERRNO == P_EBADF);
    CHECK(close(fd) == -1 && ERRNO == P_EBADF);
    CHECK(write(second, "ghi", 3) == 3);
    CHECK(close(second) == 0 && close(second) == -1 && ERRNO == P_EBADF);
    CHECK(pread(third, &c, 1, 8) == 1 && c == 'i');
    int fourth = fcntl(third, P_F_DUPFD, 0);
    CHECK(close(third) == 0 && pread(fourth, &c, 1, 0) == 1 && c == 'a' && close(fourth) == 0);
    // Now the number is free again.
    int again = open_new("/t/a");
    CHECK(again == fd && write(again, "x", 1) == 1);
    second = fcntl(again, P_F_DUPFD, 0);
    CHECK(close(second) == 0 && write(again, "y", 1) == 1 && close(again) == 0);
    CHECK(fcntl(1000, P_F_DUPFD, 0) == -1 && ERRNO == P_EBADF);
    CHECK(fcntl(1, P_F_DUPFD, -1) == -1 && ERRNO == P_EINVAL);
    int out = fcntl(1, P_F_DUPFD, 0);
    CHECK(out >= 0 && write(out, "", 0) == 0 && close(out) == 0);
    fd = open_new("/t/a");
    int many[1000], n = 0;
    while (n < 1000 && (many[n] = fcntl(fd, P_F_DUPFD, 0)) >= 0) {
        n++;
    }
    CHECK(n < 1000 && n > 100 && ERRNO == 33); // EMFILE
    while (n > 0) {
        CHECK(close(many[--n]) == 0);
    }
    CHECK(write(fd, "z", 1) == 1 && close(fd) == 0);
    OK("duplicates");
}

static void test_flags(void) {
    int fd = open("/t/a", P_O_WRONLY | P_O_APPEND);
    CHECK(fcntl(fd, P_F_GETFL) == (P_O_WRONLY | P_O_APPEND));
    CHECK(close(fd) == 0);
    fd = open("/t/a", P_O_RDONLY);
    CHECK(fcntl(fd, P_F_GETFL) == P_O_RDONLY);
    CHECK(fcntl(fd, P_F_GETFD) == 1 && fcntl(fd, P_F_SETFD, 1) == 0);
    CHECK(close(fd) == 0);
    CHECK(fcntl(fd, P_F_GETFD) == -1 && ERRNO == P_EBADF);
    CHECK(fcntl(fd, P_F_GETFL) == -1 && ERRNO == P_EBADF);
    fd = open_new("/t/a");
    CHECK(fcntl(fd, P_F_GETFL) == P_O_RDWR);
    CHECK(fcntl(fd, P_F_SETFL, P_O_APPEND) == 0 && fcntl(fd, P_F_GETFL) == (P_O_RDWR | P_O_APPEND));
    CHECK(write(fd, "one", 3) == 3 && lseek(fd, 0, 0) == 0 && write(fd, "two", 3) == 3);
    char text[7] = {0};
    CHECK(pread(fd, text, 6, 0) == 6 && strcmp(text, "onetwo") == 0);
    struct {
        int16_t type, whence;
        int64_t start, length;
        int32_t pid;
    } range = {.type = 1, .length = 10};
    CHECK(fcntl(fd, P_F_SETLK, &range) == 0);
    range.type = 7;
    CHECK(fcntl(fd, P_F_SETLK, &range) == -1 && ERRNO == P_EINVAL);
    CHECK(flock(fd, 2) == 0 && flock(fd, 1) == 0 && flock(fd, 8) == 0);
    CHECK(flock(1000, 2) == -1 && ERRNO == P_EBADF);
    CHECK(fcntl(fd, 4242) == -1 && ERRNO == P_EINVAL);
    CHECK(isatty(fd) == 0 && ERRNO == P_ENOTTY);
    CHECK(ioctl(fd, P_TIOCGWINSZ, text) == -1 && ERRNO == P_ENOTTY);
    CHECK(ioctl(1000, P_TIOCGWINSZ, text) == -1 && ERRNO == P_EBADF);
    CHECK(close(fd) == 0);
    OK("fcntl, flock, ioctl");
}

static void test_offsets(void) {
    int fd = open_new("/t/a");
    struct p_iovec parts[2] = {{(char *)"vec", 3}, {(char *)"tors", 4}};
    // A host may take or give less than all at a time.
    long n = writev(fd, parts, 2);
    CHECK(n == 3 || n == 7);
    CHECK(pwrite(fd, "vectors", 7, 0) == 7);
    CHECK(lseek(fd, -4, 2) == 3 && lseek(fd, 1, 1) == 4);
    CHECK(lseek(fd, 0, 9) == -1 && ERRNO == P_EINVAL);
    char one[3] = {0}, two[8] = {0};
    parts[0] = (struct p_iovec){one, 2};
    parts[1] = (struct p_iovec){two, 7};
    CHECK(lseek(fd, 0, 0) == 0);
    n = readv(fd, parts, 2);
    CHECK((n == 2 || n == 7) && strcmp(one, "ve") == 0 && strcmp(two, n == 7 ? "ctors" : "") == 0);
    // Beyond 32 bits: the offsets are 64 wide.
    CHECK(ftruncate(fd, 5000000000) == 0 && lseek(fd, 0, 2) == 5000000000);
    CHECK(pwrite(fd, "x", 1, 4999999999) == 1 && pread(fd, one, 1, 4999999999) == 1 && one[0] == 'x');
    CHECK(ftruncate(fd, 3) == 0 && lseek(fd, 0, 2) == 3);
    CHECK(ftruncate(fd, -1) == -1 && ERRNO == P_EINVAL);
    CHECK(fsync(fd) == 0 && fsync(1000) == -1 && ERRNO == P_EBADF);
    for (int advice = 0; advice <= 5; advice++) {
        CHECK(posix_fadvise(fd, 0, 0, advice) == 0);
    }
    CHECK(posix_fadvise(fd, 0, 0, 6) == P_EINVAL && posix_fadvise(1000, 0, 0, 0) == P_EBADF);
    CHECK(close(fd) == 0);
    OK("lseek, ftruncate, vectors, posix_fadvise");
}

static void test_poll(void) {
    int fd = open_new("/t/a");
    struct p_pollfd fds[4] = {{fd, 4, -1}, {1000, 1, -1}, {-1, 1, -1}, {fd, 0x140, -1}};
    CHECK(poll(fds, 4, -1) == 3);
    CHECK(fds[0].revents == 4 && fds[1].revents == 0x20 && fds[2].revents == 0);
    CHECK(fds[3].revents & 0x100 && !(fds[3].revents & 4));
    struct p_timespec before, after;
    CHECK(clock_gettime(1, &before) == 0 && poll(NULL, 0, 30) == 0 && clock_gettime(1, &after) == 0);
    CHECK((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec >= 29000000);
    CHECK(poll(NULL, 0, -1) == -1 && ERRNO == P_EDEADLK);
    int second = fcntl(fd, P_F_DUPFD, 0);
    fds[0] = (struct p_pollfd){second, 4, 0};
    CHECK(poll(fds, 1, 0) == 1 && fds[0].revents == 4);
    fds[0] = (struct p_pollfd){fd, 0, 0x7fff};
    CHECK(poll(fds, 1, 0) == 0 && fds[0].revents == 0);
    CHECK(close(second) == 0 && close(fd) == 0 && unlink("/t/a") == 0);
    OK("poll");
}

int main(void) {
    CHECK(isolator_preopens() == 1);
    test_duplicates();
    test_flags();
    test_offsets();
    test_poll();
    return 0;
}
