// pthreads and semaphores for a process with one thread.
//
// Locks are real: they count, know their owner's state and report misuse. What only another thread could end would
// never end, so it does not begin: locking a mutex twice returns EDEADLK, and an untimed wait ends the program with a
// message (a trap to the host) instead of hanging until a limit strikes. Timed waits wait, then return ETIMEDOUT.
#include "compat.h"

#include <stdlib.h>
#include <string.h>

enum { NORMAL = 0, RECURSIVE = 1, ERRORCHECK = 2 };
enum { KEYS = 128, MIN_STACK = 2048 };

struct em_mutex {
    int type;
    int locked; // times
    int unused[4];
};
_Static_assert(sizeof(struct em_mutex) == EM_SIZEOF_MUTEX, "pthread_mutex_t");

struct em_cond {
    int clock;
    int unused[11];
};
_Static_assert(sizeof(struct em_cond) == EM_SIZEOF_COND, "pthread_cond_t");

struct em_attr {
    uint32_t stack_size;
    int detached;
    int unused[9];
};
_Static_assert(sizeof(struct em_attr) == EM_SIZEOF_ATTR, "pthread_attr_t");

struct em_sem {
    int value;
    int unused[3];
};
_Static_assert(sizeof(struct em_sem) == EM_SIZEOF_SEM, "sem_t");

// Mutexes.

int pthread_mutexattr_init(int *attributes) {
    *attributes = NORMAL;
    return 0;
}

int pthread_mutexattr_destroy(int *attributes) {
    (void)attributes;
    return 0;
}

int pthread_mutexattr_settype(int *attributes, int type) {
    if (type < NORMAL || type > ERRORCHECK) {
        return EINVAL;
    }
    *attributes = type;
    return 0;
}

int pthread_mutex_init(struct em_mutex *mutex, const int *attributes) {
    *mutex = (struct em_mutex){.type = attributes ? *attributes : NORMAL};
    return 0;
}

int pthread_mutex_destroy(struct em_mutex *mutex) {
    return mutex->locked ? EBUSY : 0;
}

int pthread_mutex_trylock(struct em_mutex *mutex) {
    if (mutex->locked && mutex->type != RECURSIVE) {
        return EBUSY;
    }
    if (mutex->locked == INT32_MAX) {
        return EAGAIN;
    }
    mutex->locked++;
    return 0;
}

int pthread_mutex_lock(struct em_mutex *mutex) {
    int error = pthread_mutex_trylock(mutex);
    return error == EBUSY ? EDEADLK : error;
}

int pthread_mutex_unlock(struct em_mutex *mutex) {
    if (!mutex->locked) {
        return EPERM;
    }
    mutex->locked--;
    return 0;
}

// Condition variables.

int pthread_condattr_init(int *attributes) {
    *attributes = EM_CLOCK_REALTIME;
    return 0;
}

int pthread_condattr_destroy(int *attributes) {
    (void)attributes;
    return 0;
}

int pthread_condattr_setclock(int *attributes, int clock) {
    if (clock != EM_CLOCK_REALTIME && clock != EM_CLOCK_MONOTONIC) {
        return EINVAL;
    }
    *attributes = clock;
    return 0;
}

int pthread_cond_init(struct em_cond *condition, const int *attributes) {
    *condition = (struct em_cond){.clock = attributes ? *attributes : EM_CLOCK_REALTIME};
    return 0;
}

int pthread_cond_destroy(struct em_cond *condition) {
    (void)condition;
    return 0;
}

// Nobody can be waiting: the only thread is here.
int pthread_cond_signal(struct em_cond *condition) {
    (void)condition;
    return 0;
}

int pthread_cond_broadcast(struct em_cond *condition) {
    (void)condition;
    return 0;
}

int pthread_cond_wait(struct em_cond *condition, struct em_mutex *mutex) {
    (void)condition, (void)mutex;
    compat_fatal("a wait that nothing can end: the only thread waits for a signal from another one");
}

// The mutex is not given up meanwhile: nobody is there to take it.
int pthread_cond_timedwait(struct em_cond *condition, struct em_mutex *mutex, const struct em_timespec *until) {
    if (!mutex->locked) {
        return EPERM;
    }
    int error = em_clock_nanosleep(condition->clock, EM_TIMER_ABSTIME, until, NULL);
    return error ? error : ETIMEDOUT;
}

// Threads.

int pthread_attr_init(struct em_attr *attributes) {
    *attributes = (struct em_attr){.stack_size = 64 * 1024};
    return 0;
}

int pthread_attr_destroy(struct em_attr *attributes) {
    (void)attributes;
    return 0;
}

int pthread_attr_setdetachstate(struct em_attr *attributes, int state) {
    if (state != 0 && state != 1) {
        return EINVAL;
    }
    attributes->detached = state;
    return 0;
}

int pthread_attr_setstacksize(struct em_attr *attributes, size_t size) {
    if (size < MIN_STACK) {
        return EINVAL;
    }
    attributes->stack_size = size;
    return 0;
}

// POSIX's "the system lacks the necessary resources to create another thread".
int pthread_create(void **thread, const struct em_attr *attributes, void *(*start)(void *), void *argument) {
    (void)thread, (void)attributes, (void)start, (void)argument;
    return EAGAIN;
}

// A pthread_t is a pointer there; any that is not NULL and not shared with anything else names the only thread.
static int the_thread;

void *pthread_self(void) {
    return &the_thread;
}

// Thread-specific data. Destructors run when a thread ends; the only one ends with the process, which, as POSIX has it,
// runs none.

static struct {
    bool used;
    const void *value;
} keys[KEYS];

int pthread_key_create(uint32_t *key, void (*destructor)(void *)) {
    (void)destructor;
    for (uint32_t i = 0; i < KEYS; i++) {
        if (!keys[i].used) {
            keys[i].used = true;
            keys[i].value = NULL;
            *key = i;
            return 0;
        }
    }
    return EAGAIN;
}

int pthread_key_delete(uint32_t key) {
    if (key >= KEYS || !keys[key].used) {
        return EINVAL;
    }
    keys[key].used = false;
    return 0;
}

void *pthread_getspecific(uint32_t key) {
    return key < KEYS && keys[key].used ? (void *)keys[key].value : NULL;
}

int pthread_setspecific(uint32_t key, const void *value) {
    if (key >= KEYS || !keys[key].used) {
        return EINVAL;
    }
    keys[key].value = value;
    return 0;
}

// Semaphores.

int sem_init(struct em_sem *semaphore, int shared, uint32_t value) {
    (void)shared; // between processes: there is one
    if (value > INT32_MAX) {
        return compat_fail(EINVAL);
    }
    *semaphore = (struct em_sem){.value = (int)value};
    return 0;
}

int sem_destroy(struct em_sem *semaphore) {
    (void)semaphore;
    return 0;
}

int sem_post(struct em_sem *semaphore) {
    if (semaphore->value == INT32_MAX) {
        return compat_fail(EOVERFLOW);
    }
    semaphore->value++;
    return 0;
}

int sem_trywait(struct em_sem *semaphore) {
    if (semaphore->value == 0) {
        return compat_fail(EAGAIN);
    }
    semaphore->value--;
    return 0;
}

int sem_wait(struct em_sem *semaphore) {
    if (sem_trywait(semaphore) < 0) {
        compat_fatal("a wait that nothing can end: the only thread waits for a semaphore that another one would post");
    }
    return 0;
}
