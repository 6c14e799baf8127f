// The exception glue (mono/eh.S): throwing, nesting, throwing again, and the stack pointer afterwards.
#include "pack.h"

void mono_llvm_cpp_throw_exception(void);
void mono_llvm_cpp_catch_exception(void (*function)(void *), void *argument, int *thrown);

// Where the next frame would be: moves if the stack was not given back.
static uintptr_t stack(void) {
    uintptr_t pointer;
    __asm__ volatile(".globaltype __stack_pointer, i32\n global.get __stack_pointer\n local.set %0" : "=r"(pointer));
    return pointer;
}

static __attribute__((noinline)) int deep(int depth) {
    volatile char space[1000];
    space[depth % 1000] = 1;
    if (depth > 0) {
        return deep(depth - 1) + space[0];
    }
    mono_llvm_cpp_throw_exception();
    return 1;
}

static void quiet(void *argument) {
    *(int *)argument = 7;
}

static void throwing(void *argument) {
    deep(*(int *)argument);
}

static void rethrowing(void *argument) {
    int thrown = -1;
    mono_llvm_cpp_catch_exception(throwing, argument, &thrown);
    CHECK(thrown == 1);
    mono_llvm_cpp_throw_exception();
}

static void recovering(void *argument) {
    int thrown = -1;
    mono_llvm_cpp_catch_exception(throwing, argument, &thrown);
    CHECK(thrown == 1);
    ++*(int *)argument;
}

static void descend(void *argument) {
    int *depth = argument;
    int thrown = -1;
    if (--*depth == 0) {
        mono_llvm_cpp_throw_exception();
    }
    mono_llvm_cpp_catch_exception(descend, argument, &thrown);
    CHECK(thrown == 1);
    mono_llvm_cpp_throw_exception();
}

int main(void) {
    int thrown = -1, value = 0;
    mono_llvm_cpp_catch_exception(quiet, &value, &thrown);
    CHECK(thrown == 0 && value == 7);
    OK("nothing thrown");

    uintptr_t before = stack();
    for (int i = 0; i < 100000; i++) { // would use up the stack if a frame were left behind each time
        value = i % 20;
        mono_llvm_cpp_catch_exception(throwing, &value, &thrown);
        CHECK(thrown == 1);
    }
    CHECK(stack() == before);
    OK("thrown and caught, the stack given back");

    value = 10;
    mono_llvm_cpp_catch_exception(rethrowing, &value, &thrown);
    CHECK(thrown == 1 && stack() == before);
    mono_llvm_cpp_catch_exception(recovering, &value, &thrown);
    CHECK(thrown == 0 && value == 11 && stack() == before);
    value = 200;
    mono_llvm_cpp_catch_exception(descend, &value, &thrown);
    CHECK(thrown == 1 && stack() == before);
    OK("nested and thrown again");
    return 0;
}
