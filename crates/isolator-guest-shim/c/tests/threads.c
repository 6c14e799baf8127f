// pthreads and semaphores with one thread; the C++ pieces ICU needs.
#include "pack.h"

static void nothing(void *value) {
    (void)value;
}

static void *start(void *argument) {
    return argument;
}

static void test_mutexes(void) {
    p_mutex plain = {{0}}; // PTHREAD_MUTEX_INITIALIZER
    CHECK(pthread_mutex_unlock(&plain) == P_EPERM);
    CHECK(pthread_mutex_lock(&plain) == 0 && pthread_mutex_lock(&plain) == P_EDEADLK);
    CHECK(pthread_mutex_trylock(&plain) == P_EBUSY && pthread_mutex_destroy(&plain) == P_EBUSY);
    CHECK(pthread_mutex_unlock(&plain) == 0 && pthread_mutex_trylock(&plain) == 0);
    CHECK(pthread_mutex_unlock(&plain) == 0 && pthread_mutex_destroy(&plain) == 0);
    p_mutexattr attributes;
    GUARDED(p_mutex) recursive;
    GUARD(recursive);
    CHECK(pthread_mutexattr_init(&attributes) == 0 && pthread_mutexattr_settype(&attributes, 1) == 0);
    CHECK(pthread_mutexattr_settype(&attributes, 3) == P_EINVAL);
    CHECK(pthread_mutex_init(&recursive.value, &attributes) == 0 && guard_intact(recursive.guard));
    CHECK(pthread_mutexattr_destroy(&attributes) == 0);
    CHECK(pthread_mutex_lock(&recursive.value) == 0 && pthread_mutex_lock(&recursive.value) == 0);
    CHECK(pthread_mutex_trylock(&recursive.value) == 0);
    for (int i = 0; i < 3; i++) {
        CHECK(pthread_mutex_unlock(&recursive.value) == 0);
    }
    CHECK(pthread_mutex_unlock(&recursive.value) == P_EPERM);
    OK("mutexes");
}

static void test_conditions(void) {
    for (int clock = 0; clock < 2; clock++) {
        p_condattr attributes;
        GUARDED(p_cond) condition;
        p_mutex mutex = {{0}};
        GUARD(condition);
        CHECK(pthread_condattr_init(&attributes) == 0 && pthread_condattr_setclock(&attributes, clock) == 0);
        CHECK(pthread_condattr_setclock(&attributes, 2) == P_EINVAL);
        CHECK(pthread_cond_init(&condition.value, &attributes) == 0 && guard_intact(condition.guard));
        CHECK(pthread_cond_signal(&condition.value) == 0);
        struct p_timespec now, until;
        CHECK(clock_gettime(clock, &now) == 0);
        until = now;
        until.tv_nsec += 30000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        CHECK(pthread_cond_timedwait(&condition.value, &mutex, &until) == P_EPERM);
        CHECK(pthread_mutex_lock(&mutex) == 0);
        CHECK(pthread_cond_timedwait(&condition.value, &mutex, &until) == P_ETIMEDOUT);
        CHECK(clock_gettime(clock, &now) == 0); // it really waited, by the condition's own clock
        CHECK(now.tv_sec > until.tv_sec || (now.tv_sec == until.tv_sec && now.tv_nsec >= until.tv_nsec));
        CHECK(pthread_cond_timedwait(&condition.value, &mutex, &until) == P_ETIMEDOUT); // long past: at once
        until.tv_nsec = 1000000000;
        CHECK(pthread_cond_timedwait(&condition.value, &mutex, &until) == P_EINVAL);
        CHECK(pthread_mutex_unlock(&mutex) == 0);
    }
    OK("conditions");
}

static void test_threads(void) {
    GUARDED(p_attr) attributes;
    void *thread = NULL;
    GUARD(attributes);
    CHECK(pthread_attr_init(&attributes.value) == 0 && guard_intact(attributes.guard));
    CHECK(pthread_attr_setstacksize(&attributes.value, 100) == P_EINVAL);
    CHECK(pthread_attr_setstacksize(&attributes.value, 1 << 20) == 0 && guard_intact(attributes.guard));
    CHECK(pthread_attr_setdetachstate(&attributes.value, 1) == 0);
    CHECK(pthread_attr_setdetachstate(&attributes.value, 2) == P_EINVAL);
    CHECK(pthread_create(&thread, &attributes.value, start, NULL) == P_EAGAIN);
    CHECK(pthread_self() != NULL && pthread_self() == pthread_self());
    OK("threads");
}

static void test_keys(void) {
    unsigned keys[200], n = 0;
    while (n < 200 && pthread_key_create(&keys[n], nothing) == 0) {
        CHECK(pthread_getspecific(keys[n]) == NULL && pthread_setspecific(keys[n], &keys[n]) == 0);
        n++;
    }
    CHECK(n == 128 && pthread_key_create(&keys[n], NULL) == P_EAGAIN);
    for (unsigned i = 0; i < n; i++) {
        CHECK(pthread_getspecific(keys[i]) == &keys[i]);
    }
    CHECK(pthread_key_delete(keys[5]) == 0 && pthread_key_delete(keys[5]) == P_EINVAL);
    CHECK(pthread_setspecific(keys[5], "x") == P_EINVAL && pthread_getspecific(keys[5]) == NULL);
    CHECK(pthread_key_create(&keys[5], NULL) == 0 && pthread_getspecific(keys[5]) == NULL);
    CHECK(pthread_getspecific(100000) == NULL && pthread_setspecific(100000, "x") == P_EINVAL);
    OK("thread-specific data");
}

static void test_semaphores(void) {
    GUARDED(p_sem) semaphore;
    GUARD(semaphore);
    CHECK(sem_init(&semaphore.value, 0, 2) == 0 && guard_intact(semaphore.guard));
    CHECK(sem_wait(&semaphore.value) == 0 && sem_trywait(&semaphore.value) == 0);
    CHECK(sem_trywait(&semaphore.value) == -1 && ERRNO == P_EAGAIN);
    CHECK(sem_post(&semaphore.value) == 0 && sem_wait(&semaphore.value) == 0);
    CHECK(sem_init(&semaphore.value, 0, 0x80000000) == -1 && ERRNO == P_EINVAL);
    OK("semaphores");
}

void _ZNSt3__25mutex4lockEv(p_mutex *);
void _ZNSt3__25mutex6unlockEv(p_mutex *);
void *_ZNSt3__25mutexD1Ev(p_mutex *);
void _ZNSt3__211__call_onceERVmPvPFvS2_E(volatile unsigned long *, void *, void (*)(void *));
void _ZNSt3__212basic_stringIcNS_11char_traitsIcEENS_9allocatorIcEEE6__initEPKcm(void *, const char *, size_t);
void *_ZNSt3__212basic_stringIcNS_11char_traitsIcEENS_9allocatorIcEEED2Ev(void *);

static void count(void *counter) {
    ++*(int *)counter;
}

static void test_cxx(void) {
    p_mutex mutex = {{0}};
    _ZNSt3__25mutex4lockEv(&mutex);
    CHECK(pthread_mutex_trylock(&mutex) == P_EBUSY);
    _ZNSt3__25mutex6unlockEv(&mutex);
    CHECK(_ZNSt3__25mutexD1Ev(&mutex) == &mutex);
    volatile unsigned long flag = 0;
    int calls = 0;
    for (int i = 0; i < 3; i++) {
        _ZNSt3__211__call_onceERVmPvPFvS2_E(&flag, &calls, count);
    }
    CHECK(calls == 1 && flag == ~0ul);
    // A short string: characters in place, the size in the last byte. A long one: pointer, size, capacity.
    typedef unsigned char string[12];
    GUARDED(string) s;
    GUARD(s);
    _ZNSt3__212basic_stringIcNS_11char_traitsIcEENS_9allocatorIcEEE6__initEPKcm(s.value, "0123456789", 10);
    CHECK(guard_intact(s.guard) && memcmp(s.value, "0123456789", 11) == 0 && s.value[11] == 10);
    CHECK(_ZNSt3__212basic_stringIcNS_11char_traitsIcEENS_9allocatorIcEEED2Ev(s.value) == s.value);
    GUARD(s);
    _ZNSt3__212basic_stringIcNS_11char_traitsIcEENS_9allocatorIcEEE6__initEPKcm(s.value, "0123456789a", 11);
    uint32_t words[3];
    memcpy(words, s.value, 12);
    CHECK(guard_intact(s.guard) && strcmp((char *)words[0], "0123456789a") == 0 && words[1] == 11);
    CHECK(words[2] >> 31 == 1 && (words[2] & 0x7fffffff) >= 12);
    CHECK(_ZNSt3__212basic_stringIcNS_11char_traitsIcEENS_9allocatorIcEEED2Ev(s.value) == s.value);
    OK("C++ mutex, call_once, string");
}

int main(void) {
    test_mutexes();
    test_conditions();
    test_threads();
    test_keys();
    test_semaphores();
    test_cxx();
    return 0;
}
