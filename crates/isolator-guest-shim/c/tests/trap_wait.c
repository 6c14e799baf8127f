// Must trap, after a line on standard error that says why: an untimed wait that only another thread could end.
#include "pack.h"

int main(void) {
    p_cond condition = {{0}};
    p_mutex mutex = {{0}};
    CHECK(pthread_mutex_lock(&mutex) == 0);
    pthread_cond_wait(&condition, &mutex);
    puts("not so: the wait came back");
    return 0;
}
