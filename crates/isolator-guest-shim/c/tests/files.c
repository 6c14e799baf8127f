// Files, directories, links and what describes them. Works in the preopened directory /t, which is empty and writable.
#include "pack.h"

static void write_file(const char *path, const char *text) {
    int fd = open(path, P_O_WRONLY | P_O_CREAT | P_O_TRUNC | P_O_CLOEXEC, 0644);
    CHECK(fd >= 3);
    CHECK(write(fd, text, strlen(text)) == (long)strlen(text));
    CHECK(close(fd) == 0);
}

static bool has(const char *path, const char *text) {
    char buffer[256] = {0};
    int fd = open(path, P_O_RDONLY);
    CHECK(fd >= 3);
    long n = read(fd, buffer, sizeof buffer);
    CHECK(close(fd) == 0);
    return n == (long)strlen(text) && memcmp(buffer, text, (size_t)n) == 0;
}

static void test_open(void) {
    write_file("/t/a", "hello");
    CHECK(has("/t/a", "hello"));
    CHECK(open("/t/a", P_O_WRONLY | P_O_CREAT | P_O_EXCL, 0644) == -1 && ERRNO == P_EEXIST);
    CHECK(open("/t/none", P_O_RDONLY) == -1 && ERRNO == P_ENOENT);
    CHECK(open("/elsewhere/none", P_O_RDONLY) == -1 && ERRNO == P_ENOENT);
    CHECK(open("/t/a", P_O_RDONLY | P_O_DIRECTORY) == -1 && ERRNO == P_ENOTDIR);
    CHECK(open("/t", P_O_WRONLY) == -1 && ERRNO == P_EISDIR);
    CHECK(open("/t/a", P_O_RDONLY | P_O_DIRECT) == -1 && ERRNO == P_EINVAL);
    CHECK(open("/t", P_O_RDWR | P_O_TMPFILE, 0600) == -1 && ERRNO == P_ENOTSUP);
    int fd = open("/t/a", P_O_RDONLY);
    CHECK(write(fd, "x", 1) == -1 && ERRNO == P_EBADF);
    CHECK(close(fd) == 0);
    CHECK(close(fd) == -1 && ERRNO == P_EBADF);
    fd = open("/t/a", P_O_WRONLY);
    char c;
    CHECK(read(fd, &c, 1) == -1 && ERRNO == P_EBADF);
    CHECK(close(fd) == 0);
    fd = open("/t/a", P_O_WRONLY | P_O_APPEND);
    CHECK(write(fd, " you", 4) == 4);
    CHECK(close(fd) == 0);
    CHECK(has("/t/a", "hello you"));
    fd = open("/t/a", P_O_RDWR | P_O_TRUNC);
    CHECK(fd >= 3 && lseek(fd, 0, 2) == 0 && close(fd) == 0);
    OK("open");
}

static void test_at(void) {
    int dir = open("/t", P_O_RDONLY | P_O_DIRECTORY);
    CHECK(dir >= 3);
    CHECK(mkdirat(dir, "sub", 0755) == 0);
    int fd = openat(dir, "sub/x", P_O_RDWR | P_O_CREAT, 0644);
    CHECK(fd >= 3 && close(fd) == 0);
    CHECK(unlinkat(dir, "sub", 0) == -1);
    CHECK(unlinkat(dir, "sub", P_AT_REMOVEDIR) == -1 && ERRNO == P_ENOTEMPTY);
    CHECK(unlinkat(dir, "sub/x", 0) == 0);
    CHECK(unlinkat(P_AT_FDCWD, "/t/sub", P_AT_REMOVEDIR) == 0);
    CHECK(openat(P_AT_FDCWD, "/t/sub/x", P_O_RDONLY) == -1 && ERRNO == P_ENOENT);
    fd = openat(dir, "/t/a", P_O_RDONLY); // an absolute path does not care for the directory
    CHECK(fd >= 3 && close(fd) == 0);
    CHECK(open("/t/a", P_O_PATH) == -1 && ERRNO == P_EINVAL);
    CHECK(openat(1000, "a", P_O_RDONLY) == -1 && ERRNO == P_EBADF);
    CHECK(close(dir) == 0);
    OK("openat, mkdirat, unlinkat");
}

static void test_stat(void) {
    GUARDED(struct p_stat) s;
    write_file("/t/a", "123456789");
    GUARD(s);
    CHECK(stat("/t/a", &s.value) == 0);
    CHECK(guard_intact(s.guard));
    CHECK((s.value.st_mode & P_S_IFMT) == P_S_IFREG && (s.value.st_mode & 0600) == 0600);
    CHECK(s.value.st_size == 9 && s.value.st_nlink == 1 && s.value.st_ino != 0 && s.value.st_rdev == 0);
    CHECK(s.value.st_uid == geteuid() && s.value.st_blocks >= 1 && s.value.st_blksize > 0);
    long long now = time(NULL);
    CHECK(s.value.st_mtim.tv_sec > now - 1000 && s.value.st_mtim.tv_sec < now + 1000);
    CHECK(s.value.st_mtim.tv_nsec >= 0 && s.value.st_mtim.tv_nsec < 1000000000);
    unsigned long long inode = s.value.st_ino;
    unsigned device = s.value.st_dev;

    GUARD(s);
    int fd = open("/t/a", P_O_RDONLY);
    CHECK(fstat(fd, &s.value) == 0 && guard_intact(s.guard));
    CHECK(s.value.st_ino == inode && s.value.st_dev == device && s.value.st_size == 9);
    CHECK(close(fd) == 0);

    GUARD(s);
    CHECK(stat("/t", &s.value) == 0 && guard_intact(s.guard));
    CHECK((s.value.st_mode & P_S_IFMT) == P_S_IFDIR && (s.value.st_mode & 0700) == 0700);

    CHECK(symlink("a", "/t/l") == 0);
    GUARD(s);
    CHECK(lstat("/t/l", &s.value) == 0 && guard_intact(s.guard));
    CHECK((s.value.st_mode & P_S_IFMT) == P_S_IFLNK);
    CHECK(stat("/t/l", &s.value) == 0 && s.value.st_ino == inode);
    CHECK(unlink("/t/l") == 0);

    CHECK(stat("/t/none", &s.value) == -1 && ERRNO == P_ENOENT);
    CHECK(stat("/elsewhere", &s.value) == -1 && ERRNO == P_ENOENT);
    CHECK(stat("/t/a/b", &s.value) == -1 && ERRNO == P_ENOTDIR);
    CHECK(fstat(1000, &s.value) == -1 && ERRNO == P_EBADF);
    OK("stat, lstat, fstat");
}

static void test_directory(void) {
    CHECK(mkdir("/t/d", 0755) == 0);
    CHECK(mkdir("/t/d", 0755) == -1 && ERRNO == P_EEXIST);
    CHECK(mkdir("/elsewhere", 0755) == -1 && ERRNO == P_EACCES);
    CHECK(mkdir("/t/d/sub", 0755) == 0);
    CHECK(symlink("f000", "/t/d/link") == 0);
    // More than one buffer of entries, with names of different lengths up to the longest.
    char path[300], longest[256];
    memset(longest, 'n', 255);
    longest[255] = 0;
    snprintf(path, sizeof path, "/t/d/%s", longest);
    write_file(path, "");
    for (int i = 0; i < 200; i++) {
        snprintf(path, sizeof path, "/t/d/f%03d%.*s", i, i % 40, longest);
        write_file(path, "");
    }
    void *dir = opendir("/t/d");
    CHECK(dir);
    int files = 0, directories = 0, links = 0, dots = 0, longs = 0;
    struct p_dirent *entry;
    ERRNO = 0;
    while ((entry = readdir(dir))) {
        dots += entry->d_name[0] == '.';
        files += entry->d_type == P_DT_REG;
        directories += entry->d_type == P_DT_DIR && strcmp(entry->d_name, "sub") == 0;
        links += entry->d_type == P_DT_LNK && strcmp(entry->d_name, "link") == 0;
        longs += strcmp(entry->d_name, longest) == 0;
        CHECK(entry->d_ino != 0);
    }
    CHECK(ERRNO == 0);
    CHECK(files == 201 && directories == 1 && links == 1 && longs == 1 && dots == 0);
    CHECK(closedir(dir) == 0);
    CHECK(opendir("/t/none") == NULL && ERRNO == P_ENOENT);
    CHECK(opendir("/elsewhere") == NULL && ERRNO == P_ENOENT);
    CHECK(opendir("/t/a") == NULL && ERRNO == P_ENOTDIR);
    CHECK(rmdir("/t/d") == -1 && ERRNO == P_ENOTEMPTY);

    dir = opendir("/t/d");
    while ((entry = readdir(dir))) {
        snprintf(path, sizeof path, "/t/d/%s", entry->d_name);
        CHECK((entry->d_type == P_DT_DIR ? rmdir(path) : unlink(path)) == 0);
    }
    CHECK(closedir(dir) == 0);
    CHECK(rmdir("/t/d") == 0);
    OK("opendir, readdir, closedir");
}

static void test_paths(void) {
    char buffer[4096];
    write_file("/t/a", "a");
    CHECK(rename("/t/a", "/t/b") == 0 && has("/t/b", "a"));
    CHECK(rename("/t/a", "/t/c") == -1 && ERRNO == P_ENOENT);
    CHECK(link("/t/b", "/t/c") == 0 && unlink("/t/b") == 0 && has("/t/c", "a"));
    CHECK(unlink("/t/b") == -1 && ERRNO == P_ENOENT);
    CHECK(access("/t/c", 0) == 0 && access("/t/c", 4) == 0 && access("/t/c", 2) == 0);
    CHECK(access("/t/none", 0) == -1 && ERRNO == P_ENOENT);
    CHECK(symlink("c", "/t/l") == 0);
    memset(buffer, 'z', sizeof buffer);
    CHECK(readlink("/t/l", buffer, sizeof buffer) == 1 && buffer[0] == 'c' && buffer[1] == 'z');
    CHECK(readlink("/t/c", buffer, sizeof buffer) == -1 && ERRNO == P_EINVAL);

    CHECK(mkdir("/t/d", 0755) == 0 && symlink("../d", "/t/d/up") == 0);
    CHECK(realpath("/t/./d/up/../l", buffer) == buffer && strcmp(buffer, "/t/c") == 0);
    CHECK(chdir("/t/d") == 0 && getcwd(buffer, sizeof buffer) && strcmp(buffer, "/t/d") == 0);
    CHECK(realpath("up//up/", buffer) && strcmp(buffer, "/t/d") == 0);
    CHECK(realpath("/", buffer) && strcmp(buffer, "/") == 0);
    CHECK(realpath("/t/c/", buffer) == NULL && ERRNO == P_ENOTDIR);
    CHECK(realpath("/t/none/x", buffer) == NULL && ERRNO == P_ENOENT);
    CHECK(realpath("/elsewhere", buffer) == NULL && ERRNO == P_ENOENT);
    CHECK(symlink("loop", "/t/loop") == 0 && realpath("/t/loop", buffer) == NULL && ERRNO == P_ELOOP);
    char *allocated = realpath("/t/c", NULL);
    CHECK(allocated && strcmp(allocated, "/t/c") == 0);
    free(allocated);
    write_file("here", "relative");
    CHECK(has("/t/d/here", "relative") && has("./here", "relative"));
    CHECK(chdir("/elsewhere") == -1 && ERRNO == P_ENOENT);
    CHECK(chdir("/t/c") == -1 && ERRNO == P_ENOTDIR);
    CHECK(getcwd(buffer, 3) == NULL && ERRNO == P_ERANGE);
    CHECK(chdir("/") == 0);
    CHECK(unlink("/t/loop") == 0 && unlink("/t/d/up") == 0 && unlink("/t/d/here") == 0 && rmdir("/t/d") == 0);
    CHECK(unlink("/t/l") == 0 && unlink("/t/c") == 0);
    FILE *file = fopen("/t/f", "w");
    CHECK(file && fputs("stdio", file) >= 0 && fclose(file) == 0 && has("/t/f", "stdio"));
    file = fopen("/t/f", "a");
    CHECK(file && fputs("!", file) >= 0 && fclose(file) == 0 && has("/t/f", "stdio!"));
    CHECK(fopen("/elsewhere/f", "r") == NULL && ERRNO == P_ENOENT);
    CHECK(unlink("/t/f") == 0);
    OK("rename, link, symlink, realpath, chdir, fopen");
}

static void test_times(void) {
    struct p_stat s;
    write_file("/t/a", "");
    struct p_timespec times[2] = {{1000000000, 5}, {1100000000, 999999999}};
    CHECK(utimensat(P_AT_FDCWD, "/t/a", times, 0) == 0 && stat("/t/a", &s) == 0);
    CHECK(s.st_atim.tv_sec == 1000000000 && s.st_mtim.tv_sec == 1100000000 && s.st_mtim.tv_nsec == 999999999);
    times[0] = (struct p_timespec){0, P_UTIME_OMIT};
    times[1] = (struct p_timespec){0, P_UTIME_NOW};
    CHECK(utimensat(P_AT_FDCWD, "/t/a", times, 0) == 0 && stat("/t/a", &s) == 0);
    CHECK(s.st_atim.tv_sec == 1000000000 && s.st_mtim.tv_sec > 1700000000);
    times[0] = (struct p_timespec){0, P_UTIME_NOW};
    times[1] = (struct p_timespec){1200000000, 0};
    int fd = open("/t/a", P_O_RDWR);
    CHECK(futimens(fd, times) == 0 && fstat(fd, &s) == 0);
    CHECK(s.st_atim.tv_sec > 1700000000 && s.st_mtim.tv_sec == 1200000000);
    CHECK(futimens(fd, NULL) == 0 && fstat(fd, &s) == 0 && s.st_mtim.tv_sec > 1700000000);
    times[1].tv_nsec = 1000000000;
    CHECK(futimens(fd, times) == -1 && ERRNO == P_EINVAL);
    times[1].tv_nsec = -1; // wasi-libc's UTIME_NOW
    CHECK(futimens(fd, times) == -1 && ERRNO == P_EINVAL);
    CHECK(close(fd) == 0);
    CHECK(symlink("a", "/t/l") == 0);
    times[0] = times[1] = (struct p_timespec){1300000000, 0};
    CHECK(utimensat(P_AT_FDCWD, "/t/l", times, P_AT_SYMLINK_NOFOLLOW) == 0);
    CHECK(lstat("/t/l", &s) == 0 && s.st_mtim.tv_sec == 1300000000);
    CHECK(stat("/t/a", &s) == 0 && s.st_mtim.tv_sec > 1700000000);
    CHECK(utimensat(P_AT_FDCWD, "/t/none", times, 0) == -1 && ERRNO == P_ENOENT);
    CHECK(unlink("/t/l") == 0 && unlink("/t/a") == 0);
    OK("utimensat, futimens");
}

static void test_modes(void) {
    struct p_stat s;
    write_file("/t/a", "");
    CHECK(stat("/t/a", &s) == 0);
    CHECK((s.st_mode & 07777) == 0644 && chmod("/t/a", 0644) == 0);
    CHECK(chmod("/t/a", 0400) == 0 && stat("/t/a", &s) == 0 && (s.st_mode & 07777) == 0400);
    CHECK(open("/t/a", P_O_RDWR) == -1 && ERRNO == P_EACCES);
    CHECK(chmod("/t/a", 04751) == 0 && stat("/t/a", &s) == 0 && (s.st_mode & 07777) == 04751);
    int fd = open("/t/a", P_O_RDWR);
    CHECK(fchmod(fd, 0200) == 0 && fstat(fd, &s) == 0 && (s.st_mode & 07777) == 0200);
    CHECK(open("/t/a", P_O_RDONLY) == -1 && ERRNO == P_EACCES);
    CHECK(fchmod(1000, 0) == -1 && ERRNO == P_EBADF);
    CHECK(close(fd) == 0 && unlink("/t/a") == 0);
    CHECK(chmod("/t/a", 0644) == -1 && ERRNO == P_ENOENT);
    // Those that it is made with, less the mask; and what has its place later is another file.
    fd = open("/t/b", P_O_RDWR | P_O_CREAT, 0777);
    CHECK(fd >= 0 && fstat(fd, &s) == 0 && (s.st_mode & 07777) == 0755 && close(fd) == 0);
    fd = open("/t/b", P_O_RDWR | P_O_CREAT, 0600);
    CHECK(fd >= 0 && fstat(fd, &s) == 0 && (s.st_mode & 07777) == 0755 && close(fd) == 0);
    CHECK(rename("/t/b", "/t/c") == 0 && stat("/t/c", &s) == 0 && (s.st_mode & 07777) == 0755);
    CHECK(unlink("/t/c") == 0);
    write_file("/t/c", "");
    CHECK(stat("/t/c", &s) == 0 && (s.st_mode & 07777) == 0644 && unlink("/t/c") == 0);
    CHECK(mkdir("/t/d", 0700) == 0 && stat("/t/d", &s) == 0 && (s.st_mode & 07777) == 0700 && rmdir("/t/d/") == 0);
    CHECK(rmdir("/t/d//") == -1 && ERRNO == P_ENOENT);
    CHECK(mkfifo("/t/p", 0600) == -1 && ERRNO == P_EPERM);
    CHECK(statfs("/t", &s) == -1 && ERRNO == P_ENOSYS);
    CHECK(setmntent("/proc/mounts", "r") == NULL && ERRNO == P_ENOENT);
    OK("chmod, fchmod and what WASI cannot do");
}

static void test_temporary(void) {
    struct p_stat s;
    char one[] = "/t/XXXXXX", two[] = "/t/XXXXXX.txt", three[] = "/t/dXXXXXX", four[] = "/t/XXXXX";
    int fd = mkstemp(one);
    CHECK(fd >= 3 && strcmp(one, "/t/XXXXXX") != 0 && write(fd, "x", 1) == 1 && close(fd) == 0);
    CHECK(stat(one, &s) == 0 && s.st_size == 1 && unlink(one) == 0);
    fd = mkstemps(two, 4);
    CHECK(fd >= 3 && close(fd) == 0 && strcmp(two + 9, ".txt") == 0 && unlink(two) == 0);
    CHECK(mkdtemp(three) == three && stat(three, &s) == 0 && (s.st_mode & P_S_IFMT) == P_S_IFDIR && rmdir(three) == 0);
    CHECK(mkstemp(four) == -1 && ERRNO == P_EINVAL);
    char five[] = "/t/none/XXXXXX";
    CHECK(mkstemp(five) == -1 && ERRNO == P_ENOENT && strcmp(five, "/t/none/XXXXXX") == 0);
    OK("mkstemp, mkstemps, mkdtemp");
}

int main(void) {
    CHECK(isolator_preopens() == 1);
    test_open();
    test_at();
    test_stat();
    CHECK(unlink("/t/a") == 0);
    write_file("/t/a", "");
    test_directory();
    test_paths();
    test_times();
    test_modes();
    test_temporary();
    void *dir = opendir("/t");
    CHECK(dir && readdir(dir) == NULL && closedir(dir) == 0);
    OK("nothing left behind");
    return 0;
}
