// Preopened directories: nothing is known before they are registered, and registering starts anew.
#include "pack.h"

int __wasilibc_register_preopened_fd(int fd, const char *path);

// The directories above the preopened ones: there to be seen and passed, not to be written in.
static void test_above(void) {
    GUARDED(struct p_stat) s;
    char path[256];
    GUARD(s);
    CHECK(stat("/", &s.value) == 0 && guard_intact(s.guard) && (s.value.st_mode & P_S_IFMT) == P_S_IFDIR);
    CHECK(lstat("/t/..", &s.value) == -1); // the host's to answer: it is inside a preopened directory
    int t = open("/t", P_O_RDONLY | P_O_DIRECTORY);
    CHECK(__wasilibc_register_preopened_fd(t, "/deep/down/here") == 0);
    CHECK(__wasilibc_register_preopened_fd(t, "/deep/down/there") == 0);
    CHECK(stat("/deep", &s.value) == 0 && stat("/deep/down/", &s.value) == 0 && stat("/deep/down/here", &s.value) == 0);
    CHECK(stat("/dee", &s.value) == -1 && ERRNO == P_ENOENT);
    CHECK(stat("/deep/x", &s.value) == -1 && ERRNO == P_ENOENT);
    CHECK(access("/deep", 4) == 0 && access("/deep", 2) == -1 && ERRNO == P_EACCES);
    CHECK(open("/deep", P_O_RDONLY) == -1 && ERRNO == P_EACCES);
    CHECK(open("/deep/x", P_O_RDONLY) == -1 && ERRNO == P_ENOENT);
    CHECK(open("/deep/x", P_O_WRONLY | P_O_CREAT, 0644) == -1 && ERRNO == P_EACCES);
    CHECK(mkdir("/x", 0755) == -1 && ERRNO == P_EACCES);
    CHECK(mkdir("/deep", 0755) == -1 && ERRNO == P_EEXIST);
    CHECK(mkdir("/none/x", 0755) == -1 && ERRNO == P_ENOENT);
    CHECK(fopen("/x", "w") == NULL && ERRNO == P_EACCES);

    void *dir = opendir("/");
    struct p_dirent *entry;
    int names = 0, right = 0;
    CHECK(dir);
    while ((entry = readdir(dir))) {
        names++;
        right += entry->d_type == P_DT_DIR && (strcmp(entry->d_name, "t") == 0 || strcmp(entry->d_name, "deep") == 0);
    }
    CHECK(names == 2 && right == 2 && closedir(dir) == 0);
    dir = opendir("/deep/down");
    CHECK(dir && readdir(dir) && readdir(dir) && !readdir(dir) && closedir(dir) == 0);

    CHECK(chdir("/deep/down") == 0 && getcwd(path, sizeof path) && strcmp(path, "/deep/down") == 0);
    CHECK(stat("here", &s.value) == 0 && stat("nowhere", &s.value) == -1 && ERRNO == P_ENOENT);
    CHECK(chdir("..") == 0 && getcwd(path, sizeof path) && strcmp(path, "/deep") == 0);
    CHECK(chdir("../../..") == 0 && getcwd(path, sizeof path) && strcmp(path, "/") == 0);
    CHECK(chdir("") == -1 && ERRNO == P_ENOENT);
    CHECK(close(t) == 0 && isolator_preopens() == 1 && stat("/deep", &s.value) == -1);
    OK("the directories above");
}

int main(void) {
    struct p_stat s;
    char path[256];
    CHECK(stat("/t", &s) == 0); // asked for when a path is looked for
    CHECK(stat("/", &s) == 0 && chdir("/") == 0);
    CHECK(isolator_preopens() == 1 && stat("/t", &s) == 0);
    CHECK(isolator_preopens() == 1 && stat("/t/", &s) == 0 && stat("//t//.", &s) == 0);
    CHECK(stat("/tt", &s) == -1 && ERRNO == P_ENOENT); // whole names only
    OK("registered");

    // The longest path wins, then the last registered; the next restore forgets both.
    CHECK(mkdir("/t/one", 0755) == 0 && mkdir("/t/two", 0755) == 0);
    int fd = open("/t/one/mark", P_O_WRONLY | P_O_CREAT, 0644);
    CHECK(fd >= 3 && close(fd) == 0);
    int one = open("/t/one", P_O_RDONLY | P_O_DIRECTORY), two = open("/t/two", P_O_RDONLY | P_O_DIRECTORY);
    CHECK(__wasilibc_register_preopened_fd(one, "/t/inner") == 0);
    CHECK(stat("/t/inner/mark", &s) == 0 && stat("/t/one/mark", &s) == 0);
    CHECK(__wasilibc_register_preopened_fd(two, "t/inner/") == 0);
    CHECK(stat("/t/inner/mark", &s) == -1 && ERRNO == P_ENOENT);
    CHECK(__wasilibc_register_preopened_fd(one, ".") == 0); // the root
    CHECK(stat("/mark", &s) == 0 && stat("/t/one/mark", &s) == 0);
    CHECK(chdir("/t/inner") == 0 && getcwd(path, sizeof path) && strcmp(path, "/t/inner") == 0);
    CHECK(chdir("/") == 0 && stat("mark", &s) == 0);
    CHECK(isolator_preopens() == 1);
    CHECK(stat("/mark", &s) == -1 && stat("/t/inner", &s) == -1 && stat("/t/one/mark", &s) == 0);
    CHECK(unlink("/t/one/mark") == 0 && rmdir("/t/one") == 0 && rmdir("/t/two") == 0);
    OK("precedence and starting anew");
    test_above();
    return 0;
}
