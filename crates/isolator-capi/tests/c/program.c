/* Uses every part of the interface as an embedder in C would: ./program GUEST FIXTURES [leak]. */
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

static atomic_int dropped;

static void count_drop(void *user_data) {
    (void)user_data;
    atomic_fetch_add(&dropped, 1);
}

/* ---- assemblies ---- */

static isolator_bytes read_file(const char *directory, const char *name, const char *extension) {
    char path[4096];
    snprintf(path, sizeof path, "%s/Calls/%s%s", directory, name, extension);
    FILE *file = fopen(path, "rb");
    if (!file) {
        return NOTHING;
    }
    fseek(file, 0, SEEK_END);
    long len = ftell(file);
    fseek(file, 0, SEEK_SET);
    uint8_t *data = malloc((size_t)len);
    CHECK(fread(data, 1, (size_t)len, file) == (size_t)len);
    fclose(file);
    return (isolator_bytes){data, (size_t)len};
}

static void load(void *user_data, isolator_assembly_request *request) {
    isolator_bytes asked = isolator_assembly_request_name(request);
    char name[256];
    if (asked.len >= sizeof name || memchr(asked.data, '/', asked.len) || isolator_assembly_request_culture(request).len) {
        return;
    }
    memcpy(name, asked.data, asked.len);
    name[asked.len] = 0;
    isolator_bytes image = read_file(user_data, name, ".dll");
    isolator_bytes symbols = read_file(user_data, name, ".pdb");
    if (image.len) {
        isolator_assembly_request_found(request, image, symbols);
    }
    free((void *)image.data);
    free((void *)symbols.data);
}

/* ---- callbacks ---- */

static isolator_runtime *current;

/* Adds two integers, and calls back in before it does. */
static void sum(void *user_data, isolator_call *call, isolator_bytes args) {
    CHECK(*(int *)user_data == 42);
    CHECK(isolator_call_runtime_id(call) == isolator_runtime_id(current));
    CHECK(args.len == 3 && args.data[0] == 0x92);
    isolator_handle *add = find_method(current, "Calls.Arithmetic", "Add", 2);
    uint64_t words[2] = {args.data[1], args.data[2]}, result;
    OK(isolator_runtime_invoke_scalar(current, add, NULL, words, 2, &result));
    isolator_handle_free(add);
    uint8_t answer = (uint8_t)result;
    isolator_call_succeed(call, (isolator_bytes){&answer, 1});
}

static void refuse(void *user_data, isolator_call *call, isolator_bytes args) {
    (void)user_data, (void)args;
    isolator_call_fail(call, text("the secret reason"));
}

static void no_answer(void *user_data, isolator_call *call, isolator_bytes args) {
    (void)user_data, (void)call, (void)args;
}

static void callbacks(isolator_runtime *runtime) {
    int value = 42;
    uint64_t result, words[2] = {3, 4};
    current = runtime;
    OK(isolator_runtime_register_callback(runtime, text("sum"), sum, &value, count_drop));
    isolator_handle *method = find_method(runtime, "Calls.Callbacks", "Sum", 2);
    OK(isolator_runtime_invoke_scalar(runtime, method, NULL, words, 2, &result));
    CHECK((int32_t)result == 7);
    isolator_handle_free(method);

    /* The other two take the first one's place. */
    int before = atomic_load(&dropped);
    OK(isolator_runtime_register_callback(runtime, text("sum"), refuse, NULL, count_drop));
    CHECK(atomic_load(&dropped) == before + 1);
    isolator_buffer buffer;
    method = find_method(runtime, "Calls.Callbacks", "Try", 1);
    OK(isolator_runtime_invoke(runtime, method, NULL, BYTES("\x91\xa3sum"), &buffer));
    CHECK(holds((isolator_bytes){buffer.data, buffer.len}, "The call failed. See host console logs for details."));
    isolator_buffer_free(&buffer);
    OK(isolator_runtime_register_callback(runtime, text("sum"), no_answer, NULL, count_drop));
    OK(isolator_runtime_invoke(runtime, method, NULL, BYTES("\x91\xa3sum"), &buffer));
    CHECK(holds((isolator_bytes){buffer.data, buffer.len}, "The call failed."));
    isolator_buffer_free(&buffer);
    OK(isolator_runtime_invoke(runtime, method, NULL, BYTES("\x91\xa4nope"), &buffer));
    CHECK(holds((isolator_bytes){buffer.data, buffer.len}, "nope"));
    isolator_buffer_free(&buffer);
    isolator_buffer_free(&buffer);
    isolator_handle_free(method);
    FAILS(isolator_runtime_register_callback(runtime, text("sum"), NULL, NULL, count_drop), ISOLATOR_ERROR_CONFIG, "null");
    FAILS(isolator_runtime_register_callback(runtime, BYTES("\xff"), sum, NULL, NULL), ISOLATOR_ERROR_CONFIG, "UTF-8");
}

/* ---- objects ---- */

static void objects(isolator_runtime *runtime, isolator_runtime *other) {
    isolator_handle *counter_type, *counter, *copy, *self, *none;
    isolator_buffer buffer;
    OK(isolator_runtime_find_type(runtime, text("Calls"), text("Calls.Counter"), &counter_type));
    CHECK(isolator_handle_get_kind(counter_type) == ISOLATOR_HANDLE_TYPE);
    OK(isolator_runtime_create_object(runtime, counter_type, BYTES("\x91\x0a"), &counter));

    isolator_handle *increment = find_method(runtime, "Calls.Counter", "Increment", 1);
    OK(isolator_runtime_invoke(runtime, increment, counter, BYTES("\x91\x05"), &buffer));
    CHECK(same(buffer, BYTES("\x0f")));
    isolator_buffer_free(&buffer);
    uint64_t word = 1, result;
    OK(isolator_runtime_invoke_scalar(runtime, increment, counter, &word, 1, &result));
    CHECK((int32_t)result == 16);
    FAILS(isolator_runtime_invoke_scalar(runtime, increment, counter, &word, 0, &result), ISOLATOR_ERROR_CONFIG, "scalars");
    uint64_t many[9] = {0};
    FAILS(isolator_runtime_invoke_scalar(runtime, increment, counter, many, 9, &result), ISOLATOR_ERROR_CONFIG, "8 are the most");
    /* Without its object, or with another's, the general form says what is wrong. */
    FAILS(isolator_runtime_invoke_scalar(runtime, increment, NULL, &word, 1, &result), ISOLATOR_ERROR_ARGUMENT, "needs an object");
    char signature[10];
    OK(isolator_runtime_scalar_signature(runtime, increment, (uint8_t *)signature));
    CHECK(strcmp(signature, "ii") == 0);

    /* A copy of a host value, private fields included, and back. */
    OK(isolator_runtime_copy_object(runtime, counter_type, BYTES("\x82\xa6_count\x07\xa4Name\xa3two"), &copy));
    OK(isolator_runtime_get_value(runtime, copy, &buffer));
    CHECK(holds((isolator_bytes){buffer.data, buffer.len}, "two"));
    isolator_buffer_free(&buffer);
    OK(isolator_runtime_get_field(runtime, counter_type, copy, text("_count"), &buffer));
    CHECK(same(buffer, BYTES("\x07")));
    isolator_buffer_free(&buffer);
    OK(isolator_runtime_set_field(runtime, counter_type, copy, text("_count"), BYTES("\x08")));

    /* An object as an argument: an extension of type 80. */
    uint64_t id;
    OK(isolator_handle_object_id(copy, isolator_runtime_id(runtime), &id));
    uint8_t args[11] = {0x91, 0xd7, 80};
    for (int i = 0; i < 8; i++) {
        args[3 + i] = (uint8_t)(id >> (56 - 8 * i));
    }
    isolator_handle *add_other = find_method(runtime, "Calls.Counter", "AddOther", 1);
    OK(isolator_runtime_invoke(runtime, add_other, counter, (isolator_bytes){args, sizeof args}, &buffer));
    CHECK(same(buffer, BYTES("\x18")));
    isolator_buffer_free(&buffer);
    FAILS(isolator_handle_object_id(copy, isolator_runtime_id(other), &id), ISOLATOR_ERROR_FOREIGN_HANDLE, "another runtime");
    FAILS(isolator_runtime_invoke(other, add_other, counter, NOTHING, &buffer), ISOLATOR_ERROR_FOREIGN_HANDLE, "another runtime");
    CHECK(buffer.data == NULL && buffer.len == 0);
    FAILS(isolator_runtime_invoke(runtime, counter, NULL, NOTHING, &buffer), ISOLATOR_ERROR_BAD_HANDLE, "names an object");

    /* Results that stay inside. */
    isolator_handle *self_method = find_method(runtime, "Calls.Counter", "Self", 0);
    OK(isolator_runtime_invoke_object(runtime, self_method, counter, NOTHING, &self));
    CHECK(self && isolator_handle_get_kind(self) == ISOLATOR_HANDLE_OBJECT);
    isolator_handle *none_method = find_method(runtime, "Calls.Counter", "None", 0);
    OK(isolator_runtime_invoke_object(runtime, none_method, counter, NOTHING, &none));
    CHECK(none == NULL);
    isolator_handle *of_self, *clone = isolator_handle_clone(self);
    OK(isolator_runtime_type_of(runtime, clone, &of_self));
    OK(isolator_runtime_inspect(runtime, of_self, &buffer));
    CHECK(holds((isolator_bytes){buffer.data, buffer.len}, "AddOther"));
    isolator_buffer_free(&buffer);

    isolator_handle *all[] = {counter_type, counter, copy, increment, add_other, self_method, none_method, self, clone, of_self, none};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        isolator_handle_free(all[i]);
    }
    uint64_t live;
    OK(isolator_runtime_statistic(runtime, ISOLATOR_STATISTIC_LIVE_HANDLES, &live));
    OK(isolator_runtime_collect(runtime, 2));
    OK(isolator_runtime_statistic(runtime, ISOLATOR_STATISTIC_HEAP_BYTES, &live));
    CHECK(live > 1000);
    FAILS(isolator_runtime_statistic(runtime, 99, &live), ISOLATOR_ERROR_CONFIG, "99");
}

/* ---- errors ---- */

static void errors(isolator_runtime *runtime) {
    isolator_handle *handle;
    FAILS(isolator_runtime_load_assembly(runtime, text("Nowhere"), &handle), ISOLATOR_ERROR_ASSEMBLY_NOT_FOUND,
          "Could not load assembly 'Nowhere'");
    CHECK(handle == NULL);
    FAILS(isolator_runtime_load_image(runtime, text("MZ, but no more"), NOTHING, &handle), ISOLATOR_ERROR_BAD_IMAGE, "");
    FAILS(isolator_runtime_find_type(runtime, text("Calls"), text("Calls.Nothing"), &handle), ISOLATOR_ERROR_TYPE_NOT_FOUND,
          "Could not find type 'Calls.Nothing' in assembly 'Calls'");
    isolator_handle *overloads;
    OK(isolator_runtime_find_type(runtime, text("Calls"), text("Calls.Overloads"), &overloads));
    isolator_method_query one = {.argument_count = 1};
    FAILS(isolator_runtime_find_method(runtime, overloads, text("Take"), &one, &handle), ISOLATOR_ERROR_AMBIGUOUS, "string");
    isolator_error *error = isolator_runtime_find_method(runtime, overloads, text("Tale"), NULL, &handle);
    CHECK(isolator_error_get_kind(error) == ISOLATOR_ERROR_METHOD_NOT_FOUND);
    CHECK(holds(isolator_error_details(error), "TypeName") && !isolator_error_is_fatal(error));
    CHECK(isolator_error_exception(error) == NULL);
    isolator_error_free(error);
    isolator_bytes string = text("string");
    isolator_method_query typed = {.argument_count = -1, .parameter_types = &string, .parameter_types_len = 1};
    OK(isolator_runtime_find_method(runtime, overloads, text("Take"), &typed, &handle));
    isolator_handle_free(handle);
    isolator_handle_free(overloads);

    isolator_buffer buffer;
    isolator_handle *deep = find_method(runtime, "Calls.Failing", "Nested", 0);
    error = isolator_runtime_invoke(runtime, deep, NULL, NOTHING, &buffer);
    CHECK(error && isolator_error_get_kind(error) == ISOLATOR_ERROR_EXCEPTION);
    const isolator_exception *exception = isolator_error_exception(error);
    CHECK(holds(isolator_exception_get_text(exception, ISOLATOR_EXCEPTION_TYPE), "Exception"));
    CHECK(holds(isolator_exception_get_text(exception, ISOLATOR_EXCEPTION_STACK_TRACE), "Calls.Failing"));
    CHECK(holds(isolator_exception_get_text(exception, ISOLATOR_EXCEPTION_STRING), "Calls.Failing"));
    CHECK(isolator_exception_get_text(exception, 77).len == 0);
    CHECK(isolator_exception_inner_count(exception) == 1);
    CHECK(isolator_exception_inner(exception, 0) && !isolator_exception_inner(exception, 1));
    CHECK(holds(isolator_error_details(error), "Inner"));
    isolator_error_free(error);
    isolator_handle_free(deep);
    isolator_error_free(NULL);
    isolator_handle_free(NULL);
    isolator_buffer_free(NULL);
}

/* ---- threads ---- */

struct other_thread {
    isolator_runtime *runtime;
    isolator_handle *method;
    int kind;
};

static void *call_meanwhile(void *argument) {
    struct other_thread *other = argument;
    uint64_t words[2] = {1, 2}, result;
    isolator_error *error = isolator_runtime_invoke_scalar(other->runtime, other->method, NULL, words, 2, &result);
    other->kind = error ? (int)isolator_error_get_kind(error) : -1;
    isolator_error_free(error);
    return NULL;
}

static void from_another_thread(void *user_data, isolator_call *call, isolator_bytes args) {
    (void)args;
    pthread_t thread;
    pthread_create(&thread, NULL, call_meanwhile, user_data);
    pthread_join(thread, NULL);
    isolator_call_succeed(call, BYTES("\x01"));
}

static void threads(isolator_runtime *runtime) {
    struct other_thread other = {runtime, find_method(runtime, "Calls.Arithmetic", "Add", 2), 0};
    OK(isolator_runtime_register_callback(runtime, text("sum"), from_another_thread, &other, NULL));
    isolator_handle *method = find_method(runtime, "Calls.Callbacks", "Sum", 2);
    uint64_t words[2] = {3, 4}, result;
    OK(isolator_runtime_invoke_scalar(runtime, method, NULL, words, 2, &result));
    CHECK(other.kind == ISOLATOR_ERROR_BUSY);
    /* Afterwards it is free for the other thread. */
    call_meanwhile(&other);
    CHECK(other.kind == -1);
    isolator_handle_free(other.method);
    isolator_handle_free(method);
}

/* ---- batches ---- */

static void batches(isolator_runtime *runtime) {
    int32_t a[3] = {1, -2, INT32_MAX}, b[3] = {10, 2, 0}, sums[3] = {7, 7, 7};
    isolator_column args[2] = {{a, 'i'}, {b, 'i'}};
    isolator_result_column into = {sums, 'i'};
    size_t done = 9;
    isolator_handle *add = find_method(runtime, "Calls.Arithmetic", "Add", 2);
    OK(isolator_runtime_invoke_batch(runtime, add, NULL, args, 2, into, 3, &done));
    CHECK(done == 3 && sums[0] == 11 && sums[1] == 0 && sums[2] == INT32_MAX);
    OK(isolator_runtime_invoke_batch(runtime, add, NULL, args, 2, (isolator_result_column){NULL, 'i'}, 0, &done));
    CHECK(done == 0);

    isolator_handle *divide = find_method(runtime, "Calls.Arithmetic", "Divide", 2);
    isolator_error *error = isolator_runtime_invoke_batch(runtime, divide, NULL, args, 2, into, 3, &done);
    CHECK(error && isolator_error_get_kind(error) == ISOLATOR_ERROR_EXCEPTION && holds(isolator_error_message(error), "DivideByZero"));
    CHECK(holds(isolator_error_details(error), "System.DivideByZeroException"));
    isolator_error_free(error);
    CHECK(done == 2 && sums[0] == 0 && sums[1] == -1 && sums[2] == INT32_MAX);

    /* A bool is any byte going in, and one of two coming out. */
    uint8_t flags[3] = {0, 1, 200}, not[3];
    memset(not, 9, sizeof not);
    isolator_handle *negate = find_method(runtime, "Calls.Arithmetic", "Not", 1);
    OK(isolator_runtime_invoke_batch(runtime, negate, NULL, &(isolator_column){flags, 'z'}, 1, (isolator_result_column){not, 'z'}, 3, &done));
    CHECK(not[0] == 1 && not[1] == 0 && not[2] == 0);
    isolator_handle *nothing = find_method(runtime, "Calls.Arithmetic", "Nothing", 1);
    OK(isolator_runtime_invoke_batch(runtime, nothing, NULL, args, 1, (isolator_result_column){NULL, 'v'}, 3, &done));
    CHECK(done == 3);

    FAILS(isolator_runtime_invoke_batch(runtime, add, NULL, args, 1, into, 3, &done), ISOLATOR_ERROR_ARGUMENT, "takes 2 arguments");
    CHECK(done == 0);
    args[1].letter = 'f';
    FAILS(isolator_runtime_invoke_batch(runtime, add, NULL, args, 2, into, 3, &done), ISOLATOR_ERROR_ARGUMENT, "type float");
    args[1].letter = '?';
    FAILS(isolator_runtime_invoke_batch(runtime, add, NULL, args, 2, into, 3, &done), ISOLATOR_ERROR_CONFIG, "'?'");
    isolator_column many[9];
    FAILS(isolator_runtime_invoke_batch(runtime, add, NULL, many, 9, into, 3, &done), ISOLATOR_ERROR_CONFIG, "8 are the most");
    isolator_handle *text_method = find_method(runtime, "Calls.Callbacks", "Try", 1);
    FAILS(isolator_runtime_invoke_batch(runtime, text_method, NULL, args, 1, into, 3, &done), ISOLATOR_ERROR_ARGUMENT, "batches");
    isolator_handle_free(text_method);
    isolator_handle_free(nothing);
    isolator_handle_free(negate);
    isolator_handle_free(divide);
    isolator_handle_free(add);
}

/* ---- asynchronous calls ---- */

struct outcome {
    atomic_int done;
    int kind;
    uint8_t value[64];
    size_t len;
};

static void complete(void *user_data, isolator_buffer *value, isolator_error *error) {
    struct outcome *outcome = user_data;
    outcome->kind = error ? (int)isolator_error_get_kind(error) : -1;
    outcome->len = value->len < sizeof outcome->value ? value->len : sizeof outcome->value;
    if (outcome->len) {
        memcpy(outcome->value, value->data, outcome->len);
    }
    isolator_buffer_free(value);
    isolator_error_free(error);
    atomic_store(&outcome->done, 1);
}

static void await(struct outcome *outcome) {
    for (int i = 0; i < 60000 && !atomic_load(&outcome->done); i++) {
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    CHECK(atomic_load(&outcome->done) == 1);
}

static void *finish(void *completion) {
    nanosleep(&(struct timespec){0, 5000000}, NULL);
    isolator_completion_succeed(completion, BYTES("\xa4page"));
    return NULL;
}

static void fetch(void *user_data, isolator_completion *completion, isolator_bytes args) {
    (void)user_data, (void)args;
    pthread_t thread;
    pthread_create(&thread, NULL, finish, completion);
    pthread_detach(thread);
}

static atomic_int cancelled;
static isolator_completion *never_ended;

static void note_cancel(void *user_data) {
    (void)user_data;
    atomic_fetch_add(&cancelled, 1);
}

static void never(void *user_data, isolator_completion *completion, isolator_bytes args) {
    (void)user_data, (void)args;
    never_ended = completion;
    isolator_completion_on_cancel(completion, note_cancel, NULL);
}

static void asynchronous(isolator_runtime *runtime) {
    uint64_t call;
    struct outcome outcome = {0};
    OK(isolator_runtime_register_async_callback(runtime, text("fetch"), fetch, NULL, count_drop));
    OK(isolator_runtime_register_async_callback(runtime, text("never"), never, NULL, count_drop));
    isolator_handle *method = find_method(runtime, "Calls.Awaiting", "Fetch", 1);
    OK(isolator_runtime_invoke_async(runtime, method, NULL, BYTES("\x91\xa1k"), complete, &outcome, &call));
    await(&outcome);
    CHECK(outcome.kind == -1 && outcome.len == 5 && memcmp(outcome.value, "\xa4page", 5) == 0);

    /* A library has no program to run. */
    isolator_handle *library;
    struct outcome no_main = {0};
    OK(isolator_runtime_load_assembly(runtime, text("Calls"), &library));
    OK(isolator_runtime_run_main_async(runtime, library, NULL, 0, complete, &no_main, &call));
    await(&no_main);
    int exit_code;
    isolator_error *refused = isolator_runtime_run_main(runtime, library, NULL, 0, &exit_code);
    CHECK(refused && no_main.kind == (int)isolator_error_get_kind(refused));
    isolator_error_free(refused);
    FAILS(isolator_runtime_run_main_async(runtime, library, NULL, 0, NULL, NULL, &call), ISOLATOR_ERROR_CONFIG, "null");
    isolator_handle_free(library);

    /* The same by hand, on this thread. */
    isolator_handle *task;
    isolator_buffer buffer;
    bool done;
    OK(isolator_runtime_start_task(runtime, method, NULL, BYTES("\x91\xa1k"), &task));
    OK(isolator_runtime_poll_task(runtime, task, &done, &buffer));
    CHECK(!done && buffer.data == NULL);
    OK(isolator_runtime_wait_task(runtime, task, &buffer));
    CHECK(same(buffer, BYTES("\xa4page")));
    isolator_buffer_free(&buffer);
    isolator_handle_free(task);
    isolator_handle_free(method);

    /* A token that is signalled. */
    struct outcome ended = {0};
    method = find_method(runtime, "Calls.Awaiting", "FetchOrCancel", 0);
    OK(isolator_runtime_invoke_async(runtime, method, NULL, NOTHING, complete, &ended, &call));
    while (!never_ended) {
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    OK(isolator_runtime_cancel_async(runtime, call));
    await(&ended);
    CHECK(ended.kind == ISOLATOR_ERROR_EXCEPTION && atomic_load(&cancelled) == 1);
    isolator_completion_fail(never_ended, text("too late"));
    isolator_handle_free(method);

    /* An error comes as one, and a call without a function does not begin. */
    struct outcome failed = {0};
    method = find_method(runtime, "Calls.Arithmetic", "Add", 2);
    OK(isolator_runtime_invoke_async(runtime, method, NULL, BYTES("\x91\x01"), complete, &failed, &call));
    await(&failed);
    CHECK(failed.kind == ISOLATOR_ERROR_ARGUMENT);
    FAILS(isolator_runtime_invoke_async(runtime, method, NULL, NOTHING, NULL, NULL, &call), ISOLATOR_ERROR_CONFIG, "null");
    isolator_handle_free(method);
}

/* ---- what a runtime is granted ---- */

static atomic_int written;

static bool take(void *user_data, isolator_bytes bytes) {
    CHECK(*(int *)user_data == 7);
    atomic_fetch_add(&written, (int)bytes.len);
    return true;
}

static int64_t give(void *user_data, uint8_t *into, size_t len) {
    int *left = user_data;
    if (*left == 0 || len == 0) {
        return 0;
    }
    *left = 0;
    memcpy(into, "typed\n", 6);
    return 6;
}

static void surroundings(isolator_host *host) {
    int seven = 7, left = 1;
    isolator_runtime *runtime, *no_runtime;
    isolator_buffer buffer;
    isolator_runtime_builder *builder = isolator_runtime_builder_new(host);
    OK(isolator_runtime_builder_set_pair(builder, ISOLATOR_RUNTIME_ENVIRONMENT, text("GREETING"), text("hello")));
    OK(isolator_runtime_builder_set_text(builder, ISOLATOR_RUNTIME_CULTURE, text("de-CH")));
    OK(isolator_runtime_builder_set_number(builder, ISOLATOR_RUNTIME_HEAP_LIMIT, 512 << 20));
    OK(isolator_runtime_builder_output(builder, 1, ISOLATOR_OUTPUT_CAPTURE, 0));
    OK(isolator_runtime_builder_output_to(builder, 2, take, &seven, count_drop));
    OK(isolator_runtime_builder_input_from(builder, give, &left, count_drop));
    OK(isolator_runtime_builder_create(builder, &runtime));
    FAILS(isolator_runtime_builder_create(builder, &no_runtime), ISOLATOR_ERROR_CONFIG, "used up");
    isolator_runtime_builder_free(builder);
    builder = isolator_runtime_builder_new(host);
    FAILS(isolator_runtime_builder_set_number(builder, 99, 1), ISOLATOR_ERROR_CONFIG, "99");
    FAILS(isolator_runtime_builder_create(builder, &no_runtime), ISOLATOR_ERROR_CONFIG, "used up");
    isolator_runtime_builder_free(builder);
    isolator_handle *method = find_method(runtime, "Calls.Surroundings", "Environment", 0);
    OK(isolator_runtime_invoke(runtime, method, NULL, NOTHING, &buffer));
    CHECK(holds((isolator_bytes){buffer.data, buffer.len}, "GREETING"));
    isolator_buffer_free(&buffer);
    isolator_handle_free(method);
    method = find_method(runtime, "Calls.Surroundings", "Print", 1);
    OK(isolator_runtime_invoke(runtime, method, NULL, BYTES("\x91\xa3out"), &buffer));
    isolator_buffer_free(&buffer);
    OK(isolator_runtime_take_output(runtime, 1, &buffer));
    CHECK(same(buffer, BYTES("out")));
    isolator_buffer_free(&buffer);
    isolator_handle_free(method);
    method = find_method(runtime, "Calls.Surroundings", "PrintError", 1);
    OK(isolator_runtime_invoke(runtime, method, NULL, BYTES("\x91\xa3""err"), &buffer));
    isolator_buffer_free(&buffer);
    isolator_handle_free(method);
    CHECK(atomic_load(&written) == 3);
    OK(isolator_runtime_last_words(runtime, &buffer));
    CHECK(same(buffer, BYTES("err")));
    isolator_buffer_free(&buffer);
    method = find_method(runtime, "Calls.Surroundings", "ReadLine", 0);
    OK(isolator_runtime_invoke(runtime, method, NULL, NOTHING, &buffer));
    CHECK(same(buffer, BYTES("\xa5typed")));
    isolator_buffer_free(&buffer);
    isolator_handle_free(method);

    /* The end of a runtime. */
    bool alive;
    method = find_method(runtime, "Calls.Surroundings", "Exit", 1);
    isolator_error *error = isolator_runtime_invoke(runtime, method, NULL, BYTES("\x91\x05"), &buffer);
    CHECK(isolator_error_get_kind(error) == ISOLATOR_ERROR_EXIT && isolator_error_code(error) == 5 && isolator_error_is_fatal(error));
    isolator_error_free(error);
    OK(isolator_runtime_is_alive(runtime, &alive));
    CHECK(!alive);
    FAILS(isolator_runtime_invoke(runtime, method, NULL, BYTES("\x91\x05"), &buffer), ISOLATOR_ERROR_DEAD, "exit code 5");
    /* A handle may outlive its runtime. */
    isolator_runtime_free(runtime);
    isolator_handle_free(method);
}

/* ---- limits, and the end from another thread or from inside ---- */

static void limits(isolator_host *host) {
    isolator_runtime *runtime;
    isolator_buffer buffer;
    isolator_runtime_builder *builder = isolator_runtime_builder_new(host);
    FAILS(isolator_runtime_builder_set_limit(builder, 99, 1), ISOLATOR_ERROR_CONFIG, "99");
    OK(isolator_runtime_builder_set_limit(builder, ISOLATOR_LIMIT_CALL_TIMEOUT, 300000000));
    OK(isolator_runtime_builder_create(builder, &runtime));
    isolator_runtime_builder_free(builder);
    OK(isolator_runtime_register_async_callback(runtime, text("fetch"), never, NULL, count_drop));
    isolator_handle *method = find_method(runtime, "Calls.Awaiting", "Fetch", 1), *task;
    OK(isolator_runtime_start_task(runtime, method, NULL, BYTES("\x91\xa1k"), &task));
    isolator_error *error = isolator_runtime_wait_task(runtime, task, &buffer);
    CHECK(error && isolator_error_get_kind(error) == ISOLATOR_ERROR_LIMIT);
    CHECK(isolator_error_code(error) == ISOLATOR_LIMIT_CALL_TIMEOUT && isolator_error_is_fatal(error));
    CHECK(holds(isolator_error_details(error), "Allowed"));
    isolator_error_free(error);
    uint64_t number;
    OK(isolator_runtime_statistic(runtime, ISOLATOR_STATISTIC_WALL_TIME, &number));
    CHECK(number > 300000000);
    OK(isolator_runtime_statistic(runtime, ISOLATOR_STATISTIC_HOST_CALLS, &number));
    CHECK(number == 1);
    CHECK(atomic_load(&cancelled) == 2);
    isolator_completion_succeed(never_ended, NOTHING);
    isolator_handle_free(method);
    isolator_handle_free(task);
    isolator_runtime_free(runtime);

    /* A call's own time; without it, as this host is set up, there is no end. */
    OK(isolator_host_create_runtime(host, &runtime));
    FAILS(isolator_runtime_set_call_limits(runtime, ISOLATOR_NO_LIMIT, 1000), ISOLATOR_ERROR_CONFIG, "fuel");
    OK(isolator_runtime_set_call_limits(runtime, 300000000, ISOLATOR_NO_LIMIT));
    method = find_method(runtime, "Calls.Limits", "Spin", 0);
    error = isolator_runtime_invoke_scalar(runtime, method, NULL, NULL, 0, &number);
    CHECK(error && isolator_error_get_kind(error) == ISOLATOR_ERROR_LIMIT && isolator_error_code(error) == ISOLATOR_LIMIT_CALL_TIMEOUT);
    isolator_error_free(error);
    isolator_handle_free(method);
    isolator_runtime_free(runtime);

    OK(isolator_host_create_runtime(host, &runtime));
    OK(isolator_runtime_start(runtime));
    OK(isolator_runtime_cancel(runtime));
    FAILS(isolator_runtime_collect(runtime, 0), ISOLATOR_ERROR_CANCELLED, "cancelled");
    isolator_runtime_free(runtime);
}

static void free_own_runtime(void *user_data, isolator_call *call, isolator_bytes args) {
    (void)args;
    isolator_runtime_free(*(isolator_runtime **)user_data);
    isolator_call_succeed(call, BYTES("\x09"));
}

static void freed_inside(isolator_host *host) {
    isolator_runtime *runtime;
    int before = atomic_load(&dropped);
    uint32_t live = isolator_host_live_runtimes(host);
    OK(isolator_host_create_runtime(host, &runtime));
    CHECK(isolator_host_live_runtimes(host) == live + 1);
    OK(isolator_runtime_register_callback(runtime, text("sum"), free_own_runtime, &runtime, count_drop));
    isolator_handle *method = find_method(runtime, "Calls.Callbacks", "Sum", 2);
    uint64_t words[2] = {3, 4}, result;
    OK(isolator_runtime_invoke_scalar(runtime, method, NULL, words, 2, &result));
    CHECK((int32_t)result == 9);
    /* It ended with the call. */
    CHECK(isolator_host_live_runtimes(host) == live && atomic_load(&dropped) == before + 1);
    isolator_handle_free(method);
}

/* ---- the log ---- */

static atomic_int logged;

static void take_log(void *user_data, isolator_log_level level, uint64_t runtime_id, isolator_bytes category, isolator_bytes message) {
    (void)user_data, (void)runtime_id, (void)category;
    if (level == ISOLATOR_LOG_ERROR && holds(message, "the secret reason")) {
        atomic_fetch_add(&logged, 1);
    }
}

/* ---- callbacks of a living host, loaders of a runtime, streams ---- */

/* Adds two integers and what it came with. */
static void plus(void *user_data, isolator_call *call, isolator_bytes args) {
    CHECK(args.len == 3 && args.data[0] == 0x92);
    CHECK(isolator_call_runtime_id(call) == isolator_runtime_id(current));
    uint8_t answer = (uint8_t)(args.data[1] + args.data[2] + *(int *)user_data);
    isolator_call_succeed(call, (isolator_bytes){&answer, 1});
}

static void plus_later(void *user_data, isolator_completion *completion, isolator_bytes args) {
    CHECK(isolator_completion_runtime_id(completion) == isolator_runtime_id(current));
    uint8_t answer = (uint8_t)(args.data[1] + args.data[2] + *(int *)user_data);
    isolator_completion_succeed(completion, (isolator_bytes){&answer, 1});
}

static uint64_t sum_in(isolator_runtime *runtime) {
    uint64_t result, words[2] = {3, 4};
    isolator_handle *method = find_method(runtime, "Calls.Callbacks", "Sum", 2);
    current = runtime;
    OK(isolator_runtime_invoke_scalar(runtime, method, NULL, words, 2, &result));
    isolator_handle_free(method);
    return result;
}

static void host_callbacks(isolator_host *host) {
    int tens = 10, hundreds = 100;
    bool removed;
    isolator_runtime *before, *after;
    OK(isolator_host_create_runtime(host, &before));
    OK(isolator_host_register_callback(host, text("sum"), plus, &tens, count_drop));
    OK(isolator_host_create_runtime(host, &after));
    CHECK(sum_in(before) == 17 && sum_in(after) == 17);
    OK(isolator_runtime_register_callback(after, text("sum"), plus, &hundreds, count_drop));
    CHECK(sum_in(before) == 17 && sum_in(after) == 107);
    OK(isolator_runtime_unregister_callback(after, text("sum"), &removed));
    CHECK(removed);
    OK(isolator_runtime_unregister_callback(after, text("sum"), &removed));
    CHECK(!removed && sum_in(after) == 17);
    int dropped_before = atomic_load(&dropped);
    OK(isolator_host_register_async_callback(host, text("sum"), plus_later, &hundreds, count_drop));
    CHECK(atomic_load(&dropped) == dropped_before + 1);
    CHECK(sum_in(before) == 107 && sum_in(after) == 107);
    OK(isolator_host_unregister_callback(host, text("sum"), &removed));
    CHECK(removed && atomic_load(&dropped) == dropped_before + 2);
    OK(isolator_host_unregister_callback(host, text("sum"), &removed));
    CHECK(!removed);
    isolator_handle *method = find_method(after, "Calls.Callbacks", "Try", 1);
    isolator_buffer buffer;
    OK(isolator_runtime_invoke(after, method, NULL, BYTES("\x91\xa3sum"), &buffer));
    CHECK(holds((isolator_bytes){buffer.data, buffer.len}, "No callback is registered under the name 'sum'"));
    isolator_buffer_free(&buffer);
    isolator_handle_free(method);
    FAILS(isolator_host_register_callback(host, text("sum"), NULL, NULL, count_drop), ISOLATOR_ERROR_CONFIG, "null");
    FAILS(isolator_host_register_async_callback(host, BYTES("\xff"), plus_later, NULL, NULL), ISOLATOR_ERROR_CONFIG, "UTF-8");
    isolator_runtime_free(before);
    isolator_runtime_free(after);
}

static void count_request(void *user_data, isolator_assembly_request *request) {
    if (holds(isolator_assembly_request_name(request), "Calls")) {
        atomic_fetch_add((atomic_int *)user_data, 1);
    }
}

static void own_loader(isolator_host *host) {
    atomic_int asked = 0;
    isolator_runtime *runtime;
    isolator_runtime_builder *builder = isolator_runtime_builder_new(host);
    OK(isolator_runtime_builder_assembly_loader(builder, count_request, &asked, count_drop));
    OK(isolator_runtime_builder_create(builder, &runtime));
    isolator_runtime_builder_free(builder);
    isolator_handle_free(find_method(runtime, "Calls.Arithmetic", "Add", 2));
    CHECK(atomic_load(&asked) == 1);
    int before = atomic_load(&dropped);
    isolator_runtime_free(runtime);
    CHECK(atomic_load(&dropped) == before + 1);
    builder = isolator_runtime_builder_new(host);
    FAILS(isolator_runtime_builder_assembly_loader(builder, NULL, NULL, NULL), ISOLATOR_ERROR_CONFIG, "null");
    isolator_runtime_builder_free(builder);
}

static void next(isolator_runtime *runtime, isolator_handle *stream, isolator_bytes expected) {
    uint64_t call;
    struct outcome outcome = {0};
    OK(isolator_runtime_next_element_async(runtime, stream, complete, &outcome, &call));
    await(&outcome);
    CHECK(outcome.kind == -1 && outcome.len == expected.len && memcmp(outcome.value, expected.data, expected.len) == 0);
}

static void close_stream(isolator_runtime *runtime, isolator_handle *stream) {
    uint64_t call;
    struct outcome outcome = {0};
    OK(isolator_runtime_close_stream_async(runtime, stream, complete, &outcome, &call));
    await(&outcome);
    CHECK(outcome.kind == -1 && outcome.len == 1 && outcome.value[0] == 0x90);
}

static void streams(isolator_runtime *runtime) {
    isolator_handle *method = find_method(runtime, "Calls.Awaiting", "Ticks", 2), *stream;
    OK(isolator_stream_of_call(method, NULL, BYTES("\x92\x02\x01"), &stream));
    CHECK(isolator_handle_get_kind(stream) == ISOLATOR_HANDLE_STREAM);
    next(runtime, stream, BYTES("\x91\x00"));
    next(runtime, stream, BYTES("\x91\x01"));
    next(runtime, stream, BYTES("\x90"));
    next(runtime, stream, BYTES("\x90"));
    isolator_handle_free(stream);

    /* Left in the middle, and before it began. */
    OK(isolator_stream_of_call(method, NULL, BYTES("\x92\x64\x01"), &stream));
    next(runtime, stream, BYTES("\x91\x00"));
    close_stream(runtime, stream);
    next(runtime, stream, BYTES("\x90"));
    isolator_handle_free(stream);
    OK(isolator_stream_of_call(method, NULL, BYTES("\x92\x02\x01"), &stream));
    close_stream(runtime, stream);
    uint64_t call;
    struct outcome outcome = {0};
    OK(isolator_runtime_next_element_async(runtime, stream, complete, &outcome, &call));
    await(&outcome);
    CHECK(outcome.kind == ISOLATOR_ERROR_BAD_HANDLE);
    isolator_handle_free(stream);

    /* Of an object, by hand. */
    isolator_handle *source, *task;
    isolator_buffer buffer;
    OK(isolator_runtime_invoke_object(runtime, method, NULL, BYTES("\x92\x01\x01"), &source));
    OK(isolator_stream_of_object(source, &stream));
    OK(isolator_runtime_next_element(runtime, stream, &task));
    OK(isolator_runtime_wait_task(runtime, task, &buffer));
    CHECK(same(buffer, BYTES("\x91\x00")));
    isolator_buffer_free(&buffer);
    OK(isolator_runtime_close_stream(runtime, stream));
    isolator_handle_free(task);
    isolator_handle_free(stream);
    FAILS(isolator_stream_of_object(method, &stream), ISOLATOR_ERROR_BAD_HANDLE, "object");
    CHECK(stream == NULL);
    isolator_handle_free(source);
    isolator_handle_free(method);
}

/* ---- snapshots, forks, sleep ---- */

static uint64_t number_of(isolator_runtime *runtime, isolator_handle *method, isolator_handle *target, uint64_t word, size_t words) {
    uint64_t result;
    OK(isolator_runtime_invoke_scalar(runtime, method, target, &word, words, &result));
    return (uint32_t)result;
}

static isolator_runtime *from_snapshot(isolator_host *host, isolator_snapshot *snapshot) {
    isolator_runtime *runtime;
    isolator_runtime_builder *builder = isolator_runtime_builder_new(host);
    OK(isolator_runtime_builder_from(builder, snapshot));
    OK(isolator_runtime_builder_create(builder, &runtime));
    isolator_runtime_builder_free(builder);
    return runtime;
}

static void freeze_inside(void *user_data, isolator_call *call, isolator_bytes args) {
    (void)user_data, (void)args;
    isolator_snapshot *none;
    isolator_runtime *no_runtime;
    isolator_suspended *nothing;
    FAILS(isolator_runtime_freeze(current, &none), ISOLATOR_ERROR_NESTING, "callback");
    FAILS(isolator_runtime_fork(current, &no_runtime), ISOLATOR_ERROR_NESTING, "callback");
    FAILS(isolator_runtime_suspend(current, &nothing), ISOLATOR_ERROR_NESTING, "callback");
    CHECK(!none && !no_runtime && !nothing);
    isolator_call_succeed(call, BYTES("\x05"));
}

static void snapshots(isolator_host *host, isolator_host *other, const char *path) {
    isolator_runtime *runtime;
    isolator_snapshot *snapshot, *none;
    isolator_handle *handle;
    OK(isolator_host_create_runtime(host, &runtime));
    isolator_handle *set = find_method(runtime, "Calls.State", "Set", 1), *get = find_method(runtime, "Calls.State", "Get", 0);
    isolator_handle *counter_type, *counter;
    OK(isolator_runtime_find_type(runtime, text("Calls"), text("Calls.Counter"), &counter_type));
    OK(isolator_runtime_create_object(runtime, counter_type, BYTES("\x91\x0a"), &counter));
    CHECK(number_of(runtime, set, NULL, 77, 1) == 77);
    OK(isolator_runtime_keep(runtime, text("get"), get));
    OK(isolator_runtime_keep(runtime, text("counter"), counter));
    FAILS(isolator_runtime_keep(runtime, BYTES("\xff"), get), ISOLATOR_ERROR_CONFIG, "UTF-8");
    OK(isolator_runtime_register_callback(runtime, text("sum"), freeze_inside, NULL, count_drop));
    CHECK(sum_in(runtime) == 5);
    int before = atomic_load(&dropped);
    OK(isolator_runtime_freeze(runtime, &snapshot));
    /* It has ended, and with it what its callback came with. */
    CHECK(atomic_load(&dropped) == before + 1);
    FAILS(isolator_runtime_collect(runtime, 0), ISOLATOR_ERROR_DEAD, "when a snapshot was made of it");
    FAILS(isolator_runtime_freeze(runtime, &none), ISOLATOR_ERROR_DEAD, "when a snapshot was made of it");
    isolator_runtime_free(runtime);
    isolator_handle_free(set);
    isolator_handle_free(get);
    isolator_handle_free(counter);
    isolator_handle_free(counter_type);
    CHECK(isolator_snapshot_memory_size(snapshot) > 1 << 20);
    CHECK(isolator_snapshot_kept_name(snapshot, 0).len == 7 && isolator_snapshot_kept_name(snapshot, 1).len == 3);
    CHECK(isolator_snapshot_kept_name(snapshot, 2).data == NULL);

    /* What one writes, no other sees. */
    isolator_runtime *runtimes[2] = {from_snapshot(host, snapshot), from_snapshot(host, snapshot)};
    for (uint64_t i = 0; i < 2; i++) {
        isolator_handle *kept_get, *kept_counter;
        OK(isolator_runtime_kept(runtimes[i], text("get"), ISOLATOR_HANDLE_METHOD, &kept_get));
        OK(isolator_runtime_kept(runtimes[i], text("counter"), ISOLATOR_HANDLE_OBJECT, &kept_counter));
        CHECK(number_of(runtimes[i], kept_get, NULL, 0, 0) == 77);
        isolator_handle *increment = find_method(runtimes[i], "Calls.Counter", "Increment", 1);
        set = find_method(runtimes[i], "Calls.State", "Set", 1);
        CHECK(number_of(runtimes[i], increment, kept_counter, i + 1, 1) == 11 + i);
        CHECK(number_of(runtimes[i], set, NULL, i, 1) == i);
        FAILS(isolator_runtime_kept(runtimes[i], text("get"), ISOLATOR_HANDLE_OBJECT, &handle), ISOLATOR_ERROR_BAD_HANDLE, "is a method");
        FAILS(isolator_runtime_kept(runtimes[i], text("gett"), ISOLATOR_HANDLE_OBJECT, &handle), ISOLATOR_ERROR_BAD_HANDLE, "there is `counter`, `get`");
        FAILS(isolator_runtime_kept(runtimes[i], text("get"), 99, &handle), ISOLATOR_ERROR_CONFIG, "99");
        CHECK(handle == NULL);
        isolator_handle_free(increment);
        isolator_handle_free(set);
        isolator_handle_free(kept_counter);
        isolator_handle_free(kept_get);
    }

    /* A file, which another host loads. */
    OK(isolator_snapshot_save(snapshot, text(path)));
    isolator_runtime_builder *builder = isolator_runtime_builder_new(other);
    OK(isolator_runtime_builder_from(builder, snapshot));
    FAILS(isolator_runtime_builder_create(builder, &runtime), ISOLATOR_ERROR_CONFIG, "another host");
    isolator_runtime_builder_free(builder);
    isolator_snapshot_free(snapshot);
    OK(isolator_host_load_snapshot(other, text(path), &snapshot));
    runtime = from_snapshot(other, snapshot);
    isolator_snapshot_free(snapshot);
    OK(isolator_runtime_kept(runtime, text("get"), ISOLATOR_HANDLE_METHOD, &get));
    CHECK(number_of(runtime, get, NULL, 0, 0) == 77);
    isolator_handle_free(get);
    isolator_runtime_free(runtime);
    isolator_runtime_free(runtimes[0]);
    isolator_runtime_free(runtimes[1]);
    FAILS(isolator_host_load_snapshot(other, text("/nowhere/at/all"), &none), ISOLATOR_ERROR_IO, "/nowhere/at/all");
    FILE *file = fopen(path, "wb");
    fputs("no snapshot", file);
    fclose(file);
    FAILS(isolator_host_load_snapshot(other, text(path), &none), ISOLATOR_ERROR_BAD_SNAPSHOT, path);
    CHECK(none == NULL);

    /* What cannot come along. */
    OK(isolator_host_create_runtime(host, &runtime));
    OK(isolator_runtime_register_async_callback(runtime, text("fetch"), never, NULL, NULL));
    isolator_handle *method = find_method(runtime, "Calls.Awaiting", "Fetch", 1), *task;
    OK(isolator_runtime_start_task(runtime, method, NULL, BYTES("\x91\xa1k"), &task));
    FAILS(isolator_runtime_freeze(runtime, &none), ISOLATOR_ERROR_NOT_FROZEN, "`fetch` is under way");
    isolator_completion_succeed(never_ended, NOTHING);
    isolator_handle_free(task);
    isolator_handle_free(method);
    isolator_runtime_free(runtime);
    isolator_snapshot_free(NULL);
}

/* What a runtime of a snapshot has in the static that was set before. */
static uint64_t kept_number(isolator_host *host, isolator_snapshot *snapshot) {
    isolator_runtime *runtime = from_snapshot(host, snapshot);
    isolator_handle *get;
    OK(isolator_runtime_kept(runtime, text("get"), ISOLATOR_HANDLE_METHOD, &get));
    uint64_t number = number_of(runtime, get, NULL, 0, 0);
    isolator_handle *set = find_method(runtime, "Calls.State", "Set", 1);
    CHECK(number_of(runtime, set, NULL, 1, 1) == 1);
    isolator_handle_free(set);
    isolator_handle_free(get);
    isolator_runtime_free(runtime);
    return number;
}

static void snapshot_forms(isolator_host *host, isolator_host *other, const char *path) {
    isolator_runtime *runtime;
    isolator_snapshot *delta, *mapped, *loaded, *none;
    OK(isolator_host_create_runtime(host, &runtime));
    isolator_handle *set = find_method(runtime, "Calls.State", "Set", 1), *get = find_method(runtime, "Calls.State", "Get", 0);
    CHECK(number_of(runtime, set, NULL, 41, 1) == 41);
    OK(isolator_runtime_keep(runtime, text("get"), get));
    /* A form that there is not changes nothing. */
    FAILS(isolator_runtime_freeze_as(runtime, 7, &none), ISOLATOR_ERROR_CONFIG, "7 is no `isolator_snapshot_form`");
    CHECK(none == NULL && number_of(runtime, get, NULL, 0, 0) == 41);
    OK(isolator_runtime_freeze_as(runtime, ISOLATOR_SNAPSHOT_DELTA, &delta));
    FAILS(isolator_runtime_freeze_as(runtime, ISOLATOR_SNAPSHOT_DELTA, &none), ISOLATOR_ERROR_DEAD, "when a snapshot was made of it");
    isolator_runtime_free(runtime);
    isolator_handle_free(set);
    isolator_handle_free(get);
    CHECK(isolator_snapshot_get_form(delta) == ISOLATOR_SNAPSHOT_DELTA);
    CHECK(isolator_snapshot_copied(delta) > 0 && isolator_snapshot_copied(delta) < 4 << 20);
    CHECK(isolator_snapshot_memory_size(delta) > 1 << 20);
    /* What one writes, the next one does not see. */
    CHECK(kept_number(host, delta) == 41 && kept_number(host, delta) == 41);

    /* Of one that began with it, all of the memory. */
    runtime = from_snapshot(host, delta);
    OK(isolator_runtime_freeze_as(runtime, ISOLATOR_SNAPSHOT_MAPPED, &mapped));
    isolator_runtime_free(runtime);
    CHECK(isolator_snapshot_get_form(mapped) == ISOLATOR_SNAPSHOT_MAPPED && isolator_snapshot_copied(mapped) == 0);
    CHECK(kept_number(host, mapped) == 41);

    /* In a file there is all of it, too. */
    OK(isolator_snapshot_save(delta, text(path)));
    OK(isolator_host_load_snapshot(other, text(path), &loaded));
    CHECK(isolator_snapshot_get_form(loaded) == ISOLATOR_SNAPSHOT_MAPPED && isolator_snapshot_copied(loaded) == 0);
    CHECK(isolator_snapshot_memory_size(loaded) == isolator_snapshot_memory_size(delta));
    CHECK(kept_number(other, loaded) == 41);
    isolator_snapshot_free(loaded);
    isolator_snapshot_free(mapped);

    /* Notes: each is another snapshot, and the first one stays as it was. */
    isolator_snapshot *noted, *twice, *changed;
    OK(isolator_snapshot_with_note(delta, text("version"), text("1.2"), &noted));
    OK(isolator_snapshot_with_note(noted, text("made by"), text("a test"), &twice));
    OK(isolator_snapshot_with_note(twice, text("version"), NOTHING, &changed));
    FAILS(isolator_snapshot_with_note(delta, BYTES("\xff"), text(""), &none), ISOLATOR_ERROR_CONFIG, "the note's name is not UTF-8");
    FAILS(isolator_snapshot_with_note(delta, text("a"), BYTES("\xff"), &none), ISOLATOR_ERROR_CONFIG, "the note is not UTF-8");
    CHECK(none == NULL && isolator_snapshot_note(delta, 0).name.data == NULL);
    CHECK(is(isolator_snapshot_note(noted, 0).name, "version") && is(isolator_snapshot_note(noted, 0).text, "1.2"));
    CHECK(isolator_snapshot_note(noted, 1).name.data == NULL && isolator_snapshot_note(noted, 1).text.data == NULL);
    CHECK(is(isolator_snapshot_note(twice, 0).name, "made by") && is(isolator_snapshot_note(twice, 1).text, "1.2"));
    CHECK(is(isolator_snapshot_note(changed, 1).name, "version") && is(isolator_snapshot_note(changed, 1).text, ""));
    isolator_snapshot_free(changed);
    isolator_snapshot_free(noted);

    /* What the file says, without a guest image; what was loaded says the same. */
    OK(isolator_snapshot_save(twice, text(path)));
    OK(isolator_host_load_snapshot(other, text(path), &loaded));
    CHECK(is(isolator_snapshot_note(loaded, 0).text, "a test") && is(isolator_snapshot_note(loaded, 1).text, "1.2"));
    isolator_snapshot_info *info, *no_info;
    OK(isolator_snapshot_info_read(text(path), &info));
    isolator_bytes version = isolator_host_dotnet_version(host), found = isolator_snapshot_info_dotnet_version(info);
    CHECK(version.len == found.len && memcmp(version.data, found.data, found.len) == 0);
    CHECK(isolator_snapshot_info_code_digest(info).len == 64);
    CHECK(isolator_snapshot_info_memory_size(info) == isolator_snapshot_memory_size(loaded));
    FILE *file = fopen(path, "rb");
    CHECK(file && fseek(file, 0, SEEK_END) == 0);
    CHECK(isolator_snapshot_info_file_size(info) == (uint64_t)ftell(file));
    fclose(file);
    CHECK(is(isolator_snapshot_info_kept_name(info, 0), "get") && isolator_snapshot_info_kept_name(info, 1).data == NULL);
    CHECK(isolator_snapshot_info_compiled(info, 0).data == NULL);
    CHECK(is(isolator_snapshot_info_note(info, 0).name, "made by") && is(isolator_snapshot_info_note(info, 0).text, "a test"));
    CHECK(is(isolator_snapshot_info_note(info, 1).name, "version") && isolator_snapshot_info_note(info, 2).name.data == NULL);
    isolator_snapshot_info_free(info);
    isolator_snapshot_info_free(NULL);
    FAILS(isolator_snapshot_info_read(text("/nowhere/at/all"), &no_info), ISOLATOR_ERROR_IO, "/nowhere/at/all");
    file = fopen(path, "wb");
    fputs("no snapshot", file);
    fclose(file);
    FAILS(isolator_snapshot_info_read(text(path), &no_info), ISOLATOR_ERROR_BAD_SNAPSHOT, path);
    CHECK(no_info == NULL);
    isolator_snapshot_free(loaded);
    isolator_snapshot_free(twice);
    isolator_snapshot_free(delta);
}

/* ---- hosts that are warmed when they are built ---- */

static isolator_error *prepare(void *user_data, isolator_runtime *runtime) {
    isolator_handle *set = find_method(runtime, "Calls.State", "Set", 1), *get = find_method(runtime, "Calls.State", "Get", 0);
    uint64_t number = (uint64_t)*(int *)user_data;
    CHECK(number_of(runtime, set, NULL, number, 1) == number);
    OK(isolator_runtime_keep(runtime, text("get"), get));
    isolator_handle_free(set);
    isolator_handle_free(get);
    return NULL;
}

static isolator_error *prepare_what_is_not_there(void *user_data, isolator_runtime *runtime) {
    (void)user_data;
    isolator_handle *none;
    return isolator_runtime_load_assembly(runtime, text("Nowhere"), &none);
}

static isolator_error *refuse_to_prepare(void *user_data, isolator_runtime *runtime) {
    (void)user_data, (void)runtime;
    return isolator_error_new(text("not on a Sunday"));
}

static isolator_error *freeze_what_is_prepared(void *user_data, isolator_runtime *runtime) {
    (void)user_data;
    isolator_snapshot *snapshot;
    OK(isolator_runtime_freeze(runtime, &snapshot));
    isolator_snapshot_free(snapshot);
    return NULL;
}

static isolator_host_builder *warm_builder(char **argv, isolator_prepare_fn function, void *user_data) {
    isolator_host_builder *builder = isolator_host_builder_new();
    OK(isolator_host_builder_set_text(builder, ISOLATOR_HOST_GUEST, text(argv[1])));
    OK(isolator_host_builder_set_number(builder, ISOLATOR_HOST_ON_DEMAND_ALLOCATION, 1));
    OK(isolator_host_builder_assembly_loader(builder, load, argv[2], NULL));
    OK(isolator_host_builder_warm(builder, function, user_data, count_drop));
    return builder;
}

static void warmed_hosts(isolator_host *cold, char **argv) {
    int number = 55, before = atomic_load(&dropped);
    isolator_host *host, *none;
    isolator_host_builder *builder = warm_builder(argv, prepare, &number);
    CHECK(atomic_load(&dropped) == before);
    OK(isolator_host_builder_build(builder, &host));
    CHECK(atomic_load(&dropped) == before + 1);
    FAILS(isolator_host_builder_warm(builder, prepare, &number, count_drop), ISOLATOR_ERROR_CONFIG, "used up");
    FAILS(isolator_host_builder_warm(builder, NULL, &number, count_drop), ISOLATOR_ERROR_CONFIG, "is null");
    CHECK(atomic_load(&dropped) == before + 3);
    isolator_host_builder_free(builder);
    CHECK(isolator_host_is_warm(host) && !isolator_host_is_warm(cold));
    CHECK(isolator_host_live_runtimes(host) == 0);

    /* By either way, and not where it is told otherwise. */
    isolator_runtime *runtimes[3];
    OK(isolator_host_create_runtime(host, &runtimes[0]));
    for (int i = 1; i < 3; i++) {
        isolator_runtime_builder *granted = isolator_runtime_builder_new(host);
        if (i == 2) {
            OK(isolator_runtime_builder_cold(granted));
        }
        OK(isolator_runtime_builder_create(granted, &runtimes[i]));
        FAILS(isolator_runtime_builder_cold(granted), ISOLATOR_ERROR_CONFIG, "used up");
        isolator_runtime_builder_free(granted);
    }
    isolator_handle *get;
    for (int i = 0; i < 2; i++) {
        OK(isolator_runtime_kept(runtimes[i], text("get"), ISOLATOR_HANDLE_METHOD, &get));
        CHECK(number_of(runtimes[i], get, NULL, 0, 0) == 55);
        isolator_handle_free(get);
    }
    FAILS(isolator_runtime_kept(runtimes[2], text("get"), ISOLATOR_HANDLE_METHOD, &get), ISOLATOR_ERROR_BAD_HANDLE, "`get`");
    get = find_method(runtimes[2], "Calls.State", "Get", 0);
    CHECK(number_of(runtimes[2], get, NULL, 0, 0) != 55);
    isolator_handle_free(get);
    for (int i = 0; i < 3; i++) {
        isolator_runtime_free(runtimes[i]);
    }
    isolator_host_free(host);

    /* What goes wrong there is what goes wrong with the host. */
    before = atomic_load(&dropped);
    builder = warm_builder(argv, prepare_what_is_not_there, NULL);
    FAILS(isolator_host_builder_build(builder, &none), ISOLATOR_ERROR_ASSEMBLY_NOT_FOUND, "'Nowhere'");
    isolator_host_builder_free(builder);
    builder = warm_builder(argv, refuse_to_prepare, NULL);
    FAILS(isolator_host_builder_build(builder, &none), ISOLATOR_ERROR_OTHER, "not on a Sunday");
    isolator_host_builder_free(builder);
    builder = warm_builder(argv, freeze_what_is_prepared, NULL);
    FAILS(isolator_host_builder_build(builder, &none), ISOLATOR_ERROR_DEAD, "when a snapshot was made of it");
    isolator_host_builder_free(builder);
    CHECK(none == NULL && atomic_load(&dropped) == before + 3);

    /* One that is never called, and one whose place another takes. */
    builder = warm_builder(argv, refuse_to_prepare, NULL);
    OK(isolator_host_builder_warm(builder, prepare, &number, count_drop));
    CHECK(atomic_load(&dropped) == before + 4);
    isolator_host_builder_free(builder);
    CHECK(atomic_load(&dropped) == before + 5);
}

static void forks(isolator_host *host) {
    int hundred = 100;
    isolator_runtime *runtime, *fork, *many[3];
    OK(isolator_host_create_runtime(host, &runtime));
    int before = atomic_load(&dropped);
    OK(isolator_runtime_register_callback(runtime, text("sum"), plus, &hundred, count_drop));
    isolator_handle *set = find_method(runtime, "Calls.State", "Set", 1), *get = find_method(runtime, "Calls.State", "Get", 0);
    CHECK(number_of(runtime, set, NULL, 7, 1) == 7);
    OK(isolator_runtime_fork(runtime, &fork));
    OK(isolator_runtime_fork_many(runtime, 3, many));
    CHECK(isolator_runtime_id(fork) != isolator_runtime_id(runtime));

    /* Handles are each runtime's own. */
    uint64_t result;
    isolator_handle *here, *later;
    FAILS(isolator_runtime_invoke_scalar(fork, get, NULL, NULL, 0, &result), ISOLATOR_ERROR_FOREIGN_HANDLE, "another runtime");
    OK(isolator_runtime_inherit(fork, get, &here));
    CHECK(number_of(runtime, set, NULL, 8, 1) == 8);
    CHECK(number_of(fork, here, NULL, 0, 0) == 7 && number_of(runtime, get, NULL, 0, 0) == 8);
    isolator_handle *after = find_method(runtime, "Calls.Counter", "Self", 0);
    FAILS(isolator_runtime_inherit(fork, after, &later), ISOLATOR_ERROR_BAD_HANDLE, "after runtime");
    FAILS(isolator_runtime_inherit(runtime, here, &later), ISOLATOR_ERROR_FOREIGN_HANDLE, "another runtime");
    CHECK(later == NULL);

    /* The callback is everybody's, and is dropped after the last of them. */
    CHECK(sum_in(runtime) == 107 && sum_in(fork) == 107);
    isolator_runtime_free(runtime);
    CHECK(sum_in(fork) == 107 && sum_in(many[2]) == 107);
    isolator_runtime_free(fork);
    isolator_runtime_free(many[0]);
    isolator_runtime_free(many[1]);
    CHECK(atomic_load(&dropped) == before);
    isolator_runtime_free(many[2]);
    CHECK(atomic_load(&dropped) == before + 1);
    isolator_handle_free(set);
    isolator_handle_free(get);
    isolator_handle_free(here);
    isolator_handle_free(after);
}

static void sleep_and_wake(isolator_host *host, isolator_host *other, const char *path) {
    isolator_runtime *runtime, *copy;
    isolator_suspended *suspended, *again, *none;
    isolator_pending_calls *pending;
    uint64_t call, number;
    struct outcome left = {0};
    OK(isolator_host_create_runtime(host, &runtime));
    OK(isolator_runtime_register_async_callback(runtime, text("fetch"), never, NULL, NULL));
    isolator_handle *method = find_method(runtime, "Calls.Awaiting", "Fetch", 1);
    OK(isolator_runtime_invoke_async(runtime, method, NULL, BYTES("\x91\xa1k"), complete, &left, &call));
    OK(isolator_runtime_keep_call(runtime, text("fetching"), call));
    FAILS(isolator_runtime_keep_call(runtime, text("nothing"), call + 7), ISOLATOR_ERROR_BAD_HANDLE, "it is over");
    OK(isolator_runtime_suspend(runtime, &suspended));
    CHECK(!atomic_load(&left.done));
    /* The runtime is as it was. */
    isolator_completion_succeed(never_ended, BYTES("\xa3one"));
    await(&left);
    CHECK(left.kind == -1 && left.len == 4 && memcmp(left.value, "\xa3one", 4) == 0);
    FAILS(isolator_runtime_keep_call(runtime, text("nothing"), call), ISOLATOR_ERROR_BAD_HANDLE, "it is over");
    isolator_handle_free(method);
    isolator_runtime_free(runtime);

    OK(isolator_suspended_save(suspended, text(path)));
    isolator_bytes bytes = isolator_suspended_bytes(suspended);
    CHECK(bytes.len > 1000);
    OK(isolator_suspended_from_bytes(bytes, &again));
    isolator_suspended_free(suspended);
    OK(isolator_suspended_load(text(path), &suspended));
    FAILS(isolator_suspended_from_bytes(text("nothing that sleeps"), &none), ISOLATOR_ERROR_BAD_SNAPSHOT, "");
    FAILS(isolator_suspended_load(text("/nowhere/at/all"), &none), ISOLATOR_ERROR_IO, "/nowhere/at/all");
    CHECK(none == NULL);

    /* Each copy goes on for itself: by an answer, by a failure, by the callback. */
    OK(isolator_host_resume(other, suspended, &runtime));
    OK(isolator_runtime_pending_calls(runtime, &pending));
    CHECK(isolator_pending_calls_len(pending) == 1);
    isolator_pending_call first = isolator_pending_calls_get(pending, 0);
    CHECK(holds(first.name, "fetch") && first.args.len == 3 && memcmp(first.args.data, "\x91\xa1k", 3) == 0);
    CHECK(isolator_pending_calls_get(pending, 1).name.data == NULL);
    struct outcome taken = {0};
    OK(isolator_runtime_take_up_kept_async(runtime, text("fetching"), complete, &taken, &number));
    OK(isolator_runtime_answer_call(runtime, first.id, BYTES("\xa3two")));
    await(&taken);
    CHECK(taken.kind == -1 && taken.len == 4 && memcmp(taken.value, "\xa3two", 4) == 0);
    FAILS(isolator_runtime_answer_call(runtime, first.id, BYTES("\xa3two")), ISOLATOR_ERROR_BAD_HANDLE, "pending");
    struct outcome wrong = {0};
    OK(isolator_runtime_take_up_kept_async(runtime, text("fetched"), complete, &wrong, &number));
    await(&wrong);
    CHECK(wrong.kind == ISOLATOR_ERROR_BAD_HANDLE);
    isolator_runtime_free(runtime);

    /* By the number that the call had. */
    isolator_runtime_builder *builder = isolator_runtime_builder_new(other);
    OK(isolator_runtime_builder_resume(builder, again, &runtime));
    isolator_runtime_builder_free(builder);
    isolator_suspended_free(again);
    size_t count;
    OK(isolator_runtime_unfinished_calls(runtime, NULL, 0, &count));
    CHECK(count == 1);
    OK(isolator_runtime_unfinished_calls(runtime, &number, 1, &count));
    CHECK(count == 1 && number == call);
    OK(isolator_runtime_fork(runtime, &copy));
    struct outcome failed = {0}, begun = {0};
    OK(isolator_runtime_take_up_async(runtime, call, complete, &failed, &number));
    CHECK(number > call);
    OK(isolator_runtime_fail_call(runtime, first.id, text("not today")));
    await(&failed);
    CHECK(failed.kind == ISOLATOR_ERROR_EXCEPTION);
    OK(isolator_runtime_unfinished_calls(runtime, NULL, 0, &count));
    CHECK(count == 0);
    OK(isolator_runtime_take_up_async(copy, call, complete, &begun, &number));
    FAILS(isolator_runtime_restart_call(copy, first.id), ISOLATOR_ERROR_BAD_HANDLE, "no callback is registered as `fetch`");
    OK(isolator_runtime_register_async_callback(copy, text("fetch"), fetch, NULL, NULL));
    OK(isolator_runtime_restart_call(copy, first.id));
    await(&begun);
    CHECK(begun.kind == -1 && begun.len == 5 && memcmp(begun.value, "\xa4page", 5) == 0);
    isolator_pending_calls_free(pending);
    isolator_pending_calls_free(NULL);
    isolator_runtime_free(copy);
    isolator_runtime_free(runtime);
    isolator_suspended_free(suspended);
    isolator_suspended_free(NULL);
}

static isolator_host *another_host(char **argv) {
    isolator_host *host;
    isolator_host_builder *builder = isolator_host_builder_new();
    OK(isolator_host_builder_set_text(builder, ISOLATOR_HOST_GUEST, text(argv[1])));
    OK(isolator_host_builder_set_number(builder, ISOLATOR_HOST_ON_DEMAND_ALLOCATION, 1));
    OK(isolator_host_builder_build(builder, &host));
    isolator_host_builder_free(builder);
    return host;
}

static void copies(isolator_host *host, char **argv) {
    char path[] = "/tmp/isolator-program-XXXXXX";
    int file = mkstemp(path);
    CHECK(file >= 0);
    close(file);
    isolator_host *other = another_host(argv);
    snapshots(host, other, path);
    snapshot_forms(host, other, path);
    warmed_hosts(host, argv);
    forks(host);
    sleep_and_wake(host, other, path);
    isolator_host_free(other);
    remove(path);
}

int main(int argc, char **argv) {
    CHECK(argc >= 3);
    CHECK(isolator_abi_version() == ISOLATOR_ABI_VERSION);
    CHECK(isolator_library_version().len > 0);
    CHECK(isolator_set_log(take_log, NULL, count_drop, ISOLATOR_LOG_ERROR));

    isolator_host *host, *no_host;
    isolator_host_builder *builder = isolator_host_builder_new();
    OK(isolator_host_builder_set_text(builder, ISOLATOR_HOST_GUEST, text("/nowhere")));
    FAILS(isolator_host_builder_build(builder, &no_host), ISOLATOR_ERROR_GUEST_IMAGE, "/nowhere");
    isolator_host_builder_free(builder);

    builder = isolator_host_builder_new();
    OK(isolator_host_builder_set_text(builder, ISOLATOR_HOST_GUEST, text(argv[1])));
    OK(isolator_host_builder_set_number(builder, ISOLATOR_HOST_ON_DEMAND_ALLOCATION, 1));
    OK(isolator_host_builder_assembly_loader(builder, load, argv[2], count_drop));
    OK(isolator_host_builder_set_limit(builder, ISOLATOR_LIMIT_CALL_TIMEOUT, ISOLATOR_NO_LIMIT));
    OK(isolator_host_builder_build(builder, &host));
    FAILS(isolator_host_builder_build(builder, &no_host), ISOLATOR_ERROR_CONFIG, "used up");
    CHECK(no_host == NULL);
    isolator_host_builder_free(builder);
    CHECK(holds(isolator_host_dotnet_version(host), ".") && isolator_host_origin(host).len > 0);

    isolator_runtime *runtime, *other;
    OK(isolator_host_create_runtime(host, &runtime));
    OK(isolator_host_create_runtime(host, &other));
    OK(isolator_runtime_start(runtime));
    objects(runtime, other);
    callbacks(runtime);
    errors(runtime);
    threads(runtime);
    batches(runtime);
    asynchronous(runtime);
    streams(runtime);
    isolator_runtime_free(other);
    surroundings(host);
    limits(host);
    freed_inside(host);
    host_callbacks(host);
    own_loader(host);
    copies(host, argv);
    CHECK(atomic_load(&logged) == 1);

    /* The host may go first. */
    isolator_host_free(host);
    uint64_t bytes;
    OK(isolator_runtime_statistic(runtime, ISOLATOR_STATISTIC_MEMORY_BYTES, &bytes));
    CHECK(bytes > 1 << 20);
    if (argc > 3) {
        /* Asked to lose something: the error is not given back. */
        isolator_handle *nothing;
        CHECK(isolator_runtime_load_assembly(runtime, text("Nowhere"), &nothing) != NULL);
    }
    isolator_runtime_free(runtime);
    isolator_runtime_free(NULL);
    isolator_host_free(NULL);
    CHECK(isolator_set_log(NULL, NULL, NULL, 0));
    printf("all is well, %d values dropped\n", atomic_load(&dropped));
    return 0;
}
