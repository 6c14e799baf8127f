// Sockets and name resolution: WASI preview 1 cannot make a socket, so none of a program's descriptors is one.
//
// The functions on sockets are weak: .NET 11's pack defines some of them itself, .NET 10's calls libc.
#include "compat.h"

#include <stdlib.h>
#include <sys/types.h>

enum { EM_EAI_FAIL = -4, EM_EAI_NONAME = -2, EM_EAI_AGAIN = -3 };

__attribute__((weak)) int socket(int domain, int type, int protocol) {
    (void)domain, (void)type, (void)protocol;
    return compat_fail(EAFNOSUPPORT);
}

// Each of these takes a socket: EBADF for what is not open, ENOTSOCK for what is.
#define NOT_A_SOCKET(result, name, ...)                                                                               \
    __attribute__((weak)) result name(int fd, __VA_ARGS__) {                                                          \
        return compat_fail_fd(fd, ENOTSOCK);                                                                          \
    }

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wunused-parameter"
NOT_A_SOCKET(int, bind, const void *address, uint32_t size)
NOT_A_SOCKET(int, connect, const void *address, uint32_t size)
NOT_A_SOCKET(int, listen, int backlog)
NOT_A_SOCKET(int, getsockname, void *address, uint32_t *size)
NOT_A_SOCKET(int, getpeername, void *address, uint32_t *size)
NOT_A_SOCKET(int, setsockopt, int level, int name, const void *value, uint32_t size)
NOT_A_SOCKET(ssize_t, sendmsg, const void *message, int flags)
NOT_A_SOCKET(ssize_t, recvmsg, void *message, int flags)
NOT_A_SOCKET(int, accept4, void *address, uint32_t *size, int flags)
NOT_A_SOCKET(int, getsockopt, int level, int name, void *value, uint32_t *size)
NOT_A_SOCKET(ssize_t, send, const void *data, size_t size, int flags)
NOT_A_SOCKET(ssize_t, recv, void *data, size_t size, int flags)
NOT_A_SOCKET(int, shutdown, int how)
#pragma clang diagnostic pop

// No resolver: "non-recoverable failure in name resolution", which says it will not get better by trying again.
int getaddrinfo(const char *node, const char *service, const void *hints, void **result) {
    (void)node, (void)service, (void)hints, (void)result;
    return EM_EAI_FAIL;
}

// Nothing was ever allocated.
void freeaddrinfo(void *list) {
    (void)list;
}

int getnameinfo(const void *address, uint32_t size, char *host, uint32_t host_size, char *service,
                uint32_t service_size, int flags) {
    (void)address, (void)size, (void)host, (void)host_size, (void)service, (void)service_size, (void)flags;
    return EM_EAI_FAIL;
}

const char *gai_strerror(int error) {
    switch (error) {
    case EM_EAI_NONAME: return "Name does not resolve";
    case EM_EAI_AGAIN: return "Try again";
    case EM_EAI_FAIL: return "Name resolution is not available in the sandbox";
    default: return "Unknown error";
    }
}

// Interfaces: the list of none.
int getifaddrs(void **list) {
    *list = NULL;
    return 0;
}

void freeifaddrs(void *list) {
    (void)list;
}

uint32_t if_nametoindex(const char *name) {
    (void)name;
    errno = ENODEV;
    return 0;
}

char *if_indextoname(uint32_t index, char *name) {
    (void)index, (void)name;
    errno = ENXIO;
    return NULL;
}
