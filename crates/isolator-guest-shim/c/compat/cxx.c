// The C++ library symbols that ICU needs and libc++ for WASI does not have: its namespace is std::__1, Emscripten's is
// std::__2, and without threads it has no mutexes. Names are mangled; destructors return `this` on this target.
#include "compat.h"

#include <stdlib.h>
#include <string.h>

struct em_mutex;
struct em_cond;
int pthread_mutex_lock(struct em_mutex *mutex);
int pthread_mutex_unlock(struct em_mutex *mutex);
int pthread_cond_broadcast(struct em_cond *condition);
int pthread_cond_wait(struct em_cond *condition, struct em_mutex *mutex);

// std::mutex is a pthread_mutex_t.

void _ZNSt3__25mutex4lockEv(struct em_mutex *mutex) {
    if (pthread_mutex_lock(mutex)) {
        compat_fatal("std::mutex::lock: the only thread holds this mutex already"); // C++ throws system_error
    }
}

void _ZNSt3__25mutex6unlockEv(struct em_mutex *mutex) {
    pthread_mutex_unlock(mutex);
}

void *_ZNSt3__25mutexD1Ev(void *mutex) {
    return mutex;
}

// std::condition_variable is a pthread_cond_t; std::unique_lock<std::mutex> a pointer and whether it is locked.
struct unique_lock {
    struct em_mutex *mutex;
    bool owns;
};

void _ZNSt3__218condition_variable10notify_allEv(struct em_cond *condition) {
    pthread_cond_broadcast(condition);
}

void _ZNSt3__218condition_variable4waitERNS_11unique_lockINS_5mutexEEE(struct em_cond *condition,
                                                                       struct unique_lock *lock) {
    pthread_cond_wait(condition, lock->mutex);
}

void *_ZNSt3__218condition_variableD1Ev(void *condition) {
    return condition;
}

// std::call_once: 0 not yet, 1 under way, ~0 done.
void _ZNSt3__211__call_onceERVmPvPFvS2_E(volatile unsigned long *flag, void *argument, void (*call)(void *)) {
    if (*flag == 1) {
        compat_fatal("std::call_once: called again from within itself");
    }
    if (*flag == 0) {
        *flag = 1;
        call(argument);
        *flag = ~0ul;
    }
}

// std::string with Emscripten's layout (libc++ ABI version 2): a long string is {data, size, capacity with the top bit
// set}; a short one has its characters at the start and its size in the last byte, whose top bit is clear.
struct string {
    union {
        struct {
            char *data;
            size_t size;
            size_t capacity; // bytes allocated, top bit set
        } big;
        struct {
            char data[11];
            uint8_t size;
        } small;
    };
};
_Static_assert(sizeof(struct string) == 12, "std::string");

enum { SHORT_MAX = 10 };
#define LONG_BIT_32 0x80000000u

void *_Znwm(size_t size);
void _ZdlPv(void *memory);

// void basic_string::__init(const char *characters, size_t size)
void _ZNSt3__212basic_stringIcNS_11char_traitsIcEENS_9allocatorIcEEE6__initEPKcm(struct string *string,
                                                                                const char *characters, size_t size) {
    char *to = string->small.data;
    if (size <= SHORT_MAX) {
        string->small.size = (uint8_t)size;
    } else {
        if (size >= LONG_BIT_32 - 16) {
            compat_fatal("std::string: longer than the memory"); // C++ throws length_error
        }
        size_t capacity = (size + 16) & ~(size_t)15; // with the terminator, in 16s
        to = _Znwm(capacity);
        string->big.data = to;
        string->big.size = size;
        string->big.capacity = capacity | LONG_BIT_32;
    }
    memcpy(to, characters, size);
    to[size] = 0;
}

// basic_string::~basic_string()
void *_ZNSt3__212basic_stringIcNS_11char_traitsIcEENS_9allocatorIcEEED2Ev(struct string *string) {
    if (string->small.size & 0x80) {
        _ZdlPv(string->big.data);
    }
    return string;
}
