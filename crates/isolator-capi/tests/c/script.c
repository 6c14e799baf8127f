/* Compiles and runs C# as an embedder in C would: ./script GUEST COMPILER CACHE. */
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static isolator_script_source source(const char *name, const char *code) {
    return (isolator_script_source){text(name), text(code)};
}

static isolator_script_host *host_of_scripts(isolator_host *host, const char *compiler, const char *cache) {
    isolator_script_host_builder *builder = isolator_script_host_builder_new(host);
    OK(isolator_script_host_builder_set_text(builder, ISOLATOR_SCRIPT_COMPILER, text(compiler)));
    OK(isolator_script_host_builder_set_text(builder, ISOLATOR_SCRIPT_CACHE_DIRECTORY, text(cache)));
    OK(isolator_script_host_builder_set_text(builder, ISOLATOR_SCRIPT_USING, text("System.Text")));
    OK(isolator_script_host_builder_set_number(builder, ISOLATOR_SCRIPT_MAX_DIAGNOSTICS, 3));
    FAILS(isolator_script_host_builder_set_number(builder, ISOLATOR_SCRIPT_NULLABLE, 2), ISOLATOR_ERROR_CONFIG, "0 or 1, and not 2");
    FAILS(isolator_script_host_builder_set_number(builder, ISOLATOR_SCRIPT_HOT_SCRIPTS, 2), ISOLATOR_ERROR_CONFIG, "0 or 1, and not 2");
    FAILS(isolator_script_host_builder_set_number(builder, ISOLATOR_SCRIPT_KIND, 9), ISOLATOR_ERROR_CONFIG, "isolator_script_kind");
    FAILS(isolator_script_host_builder_set_number(builder, 99, 1), ISOLATOR_ERROR_CONFIG, "no number 99");
    OK(isolator_script_host_builder_set_text(builder, ISOLATOR_SCRIPT_LOAD_FOLDER, text(cache)));
    FAILS(isolator_script_host_builder_set_text(builder, 99, text("")), ISOLATOR_ERROR_CONFIG, "no text 99");
    FAILS(isolator_script_host_builder_set_text(builder, ISOLATOR_SCRIPT_USING, BYTES("\xff")), ISOLATOR_ERROR_CONFIG, "UTF-8");
    OK(isolator_script_host_builder_set_compile_limit(builder, ISOLATOR_LIMIT_CALL_TIMEOUT, 60000000000));
    OK(isolator_script_host_builder_set_run_limit(builder, ISOLATOR_LIMIT_CALL_TIMEOUT, 20000000000));
    isolator_script_host *scripts, *none;
    OK(isolator_script_host_builder_build(builder, &scripts));
    FAILS(isolator_script_host_builder_build(builder, &none), ISOLATOR_ERROR_CONFIG, "used up");
    CHECK(none == NULL);
    isolator_script_host_builder_free(builder);
    return scripts;
}

static void missing_compiler(isolator_host *host, const char *cache) {
    isolator_script_host_builder *builder = isolator_script_host_builder_new(host);
    OK(isolator_script_host_builder_set_text(builder, ISOLATOR_SCRIPT_COMPILER, text(cache)));
    isolator_script_host *scripts;
    FAILS(isolator_script_host_builder_build(builder, &scripts), ISOLATOR_ERROR_COMPILER_NOT_FOUND, "or `ISOLATOR_SCRIPT_COMPILER`");
    CHECK(scripts == NULL);
    isolator_script_host_builder_free(builder);
    isolator_script_host_builder_free(NULL);
    isolator_script_host_free(NULL);
}

static void checks(isolator_script_host *scripts) {
    isolator_script_source wrong = source("a.cs", "int x = 1;\nint y = x + wrong;\n");
    isolator_script_diagnostics *told;
    OK(isolator_script_check(scripts, NULL, &wrong, 1, &told));
    CHECK(isolator_script_diagnostics_len(told) == 1 && isolator_script_diagnostics_more(told) == 0);
    isolator_script_diagnostic first = isolator_script_diagnostics_get(told, 0);
    CHECK(is(first.id, "CS0103") && is(first.file, "a.cs") && first.severity == ISOLATOR_SCRIPT_ERROR);
    CHECK(is(first.message, "The name 'wrong' does not exist in the current context"));
    CHECK(first.start_line == 1 && first.start_column == 12 && first.end_line == 1 && first.end_column == 17);
    isolator_script_diagnostic none = isolator_script_diagnostics_get(told, 1);
    CHECK(none.id.data == NULL && none.message.len == 0 && none.end_line == 0);
    isolator_script_place place = isolator_script_diagnostics_mapped(told, 0);
    CHECK(place.file.data == NULL && place.end_line == 0);
    CHECK(isolator_script_diagnostics_mapped(told, 1).file.data == NULL);
    isolator_script_diagnostics_free(told);

    isolator_script_source mapped = source("a.cs", "#line 42 \"page.txt\"\nint x = wrong;\n");
    OK(isolator_script_check(scripts, NULL, &mapped, 1, &told));
    first = isolator_script_diagnostics_get(told, 0);
    CHECK(is(first.file, "a.cs") && first.start_line == 1 && first.start_column == 8);
    place = isolator_script_diagnostics_mapped(told, 0);
    CHECK(is(place.file, "page.txt") && place.start_line == 41 && place.start_column == 8 && place.end_line == 41 && place.end_column == 13);
    isolator_script_diagnostics_free(told);
    isolator_script_diagnostics_free(NULL);

    FAILS(isolator_script_check(scripts, NULL, NULL, 0, &told), ISOLATOR_ERROR_CONFIG, "no source");
    isolator_script_source bytes = {text("a.cs"), BYTES("int \xff;")};
    FAILS(isolator_script_check(scripts, NULL, &bytes, 1, &told), ISOLATOR_ERROR_CONFIG, "UTF-8");

    isolator_compiled_script *compiled;
    isolator_error *error = isolator_script_compile(scripts, NULL, &wrong, 1, &compiled);
    CHECK(error && compiled == NULL && isolator_error_get_kind(error) == ISOLATOR_ERROR_COMPILATION && !isolator_error_is_fatal(error));
    CHECK(is(isolator_error_message(error), "a.cs(2,13): error CS0103: The name 'wrong' does not exist in the current context"));
    CHECK(isolator_script_diagnostics_len(isolator_error_diagnostics(error)) == 1);
    isolator_error_free(error);

    /* An error of another kind has no diagnostics. */
    error = isolator_script_check(scripts, NULL, NULL, 0, &told);
    CHECK(error && isolator_error_diagnostics(error) == NULL);
    isolator_error_free(error);
}

static void runs(isolator_script_host *scripts) {
    isolator_script_source program = source("p.cs", "Console.Write($\"hello {args[0]}\"); Console.Error.Write(\"err\"); return 3;");
    isolator_bytes args[] = {text("world")};
    isolator_script_result *result;
    OK(isolator_script_run(scripts, NULL, &program, 1, args, 1, NULL, &result));
    CHECK(isolator_script_result_error(result) == NULL && isolator_script_result_exit_code(result) == 3);
    CHECK(is(isolator_script_result_stdout(result), "hello world") && is(isolator_script_result_stderr(result), "err"));
    CHECK(isolator_script_diagnostics_len(isolator_script_result_diagnostics(result)) == 0);
    uint64_t value;
    OK(isolator_script_result_statistic(result, ISOLATOR_STATISTIC_OUTPUT_BYTES, &value));
    CHECK(value == 14);
    FAILS(isolator_script_result_statistic(result, ISOLATOR_STATISTIC_HEAP_BYTES, &value), ISOLATOR_ERROR_CONFIG, "no statistic");
    CHECK(value == 0);
    isolator_script_result_free(result);
    isolator_script_result_free(NULL);

    /* Compiled once, run with what a builder grants. */
    isolator_script_source reads = source("r.cs", "Console.Write(Environment.GetEnvironmentVariable(\"MODE\") + Console.ReadLine()); throw new Exception(\"no\");");
    isolator_compiled_script *compiled;
    OK(isolator_script_compile(scripts, NULL, &reads, 1, &compiled));
    CHECK(isolator_compiled_script_is_program(compiled));
    isolator_bytes assembly = isolator_compiled_script_assembly(compiled);
    CHECK(assembly.len > 512 && assembly.data[0] == 'M' && assembly.data[1] == 'Z' && isolator_compiled_script_symbols(compiled).len > 0);
    CHECK(isolator_compiled_script_diagnostics(compiled) != NULL);
    isolator_runtime_builder *builder = isolator_script_host_runtime_builder(scripts);
    OK(isolator_runtime_builder_set_pair(builder, ISOLATOR_RUNTIME_ENVIRONMENT, text("MODE"), text("test")));
    OK(isolator_runtime_builder_input_bytes(builder, text(" line\n")));
    OK(isolator_script_run_compiled(scripts, NULL, compiled, NULL, 0, builder, &result));
    CHECK(is(isolator_script_result_stdout(result), "test line"));
    const isolator_error *error = isolator_script_result_error(result);
    CHECK(error && isolator_error_get_kind(error) == ISOLATOR_ERROR_EXCEPTION);
    CHECK(is(isolator_exception_get_text(isolator_error_exception(error), ISOLATOR_EXCEPTION_MESSAGE), "no"));
    isolator_script_result_free(result);
    FAILS(isolator_script_run_compiled(scripts, NULL, compiled, NULL, 0, builder, &result), ISOLATOR_ERROR_CONFIG, "used up");
    isolator_runtime_builder_free(builder);
    isolator_compiled_script_free(compiled);
    isolator_compiled_script_free(NULL);

    /* Limits of a run. */
    isolator_script_source endless = source("e.cs", "while (true) { }");
    builder = isolator_script_host_runtime_builder(scripts);
    OK(isolator_runtime_builder_set_limit(builder, ISOLATOR_LIMIT_CALL_TIMEOUT, 200000000));
    OK(isolator_script_run(scripts, NULL, &endless, 1, NULL, 0, builder, &result));
    error = isolator_script_result_error(result);
    CHECK(error && isolator_error_get_kind(error) == ISOLATOR_ERROR_LIMIT && isolator_error_code(error) == ISOLATOR_LIMIT_CALL_TIMEOUT);
    isolator_script_result_free(result);
    isolator_runtime_builder_free(builder);

    /* A library has nothing to run. */
    isolator_script_source library = source("l.cs", "public class L { }");
    OK(isolator_script_compile(scripts, NULL, &library, 1, &compiled));
    CHECK(!isolator_compiled_script_is_program(compiled));
    FAILS(isolator_script_run_compiled(scripts, NULL, compiled, NULL, 0, NULL, &result), ISOLATOR_ERROR_CONFIG, "it is a library");
    isolator_compiled_script_free(compiled);
}

static void evaluations(isolator_script_host *scripts) {
    isolator_buffer value;
    OK(isolator_script_evaluate(scripts, NULL, text("6 * 7"), NULL, 0, BYTES("\x90"), NULL, &value));
    CHECK(same(value, BYTES("\x2a")));
    isolator_buffer_free(&value);
    isolator_script_global globals[] = {{text("numbers"), text("int[]")}, {text("name"), text("string")}};
    /* [[1, 2, 3], "x"] */
    isolator_bytes values = BYTES("\x92\x93\x01\x02\x03\xa1x");
    OK(isolator_script_evaluate(scripts, NULL, text("new { Name = name, Sum = numbers.Sum() }"), globals, 2, values, NULL, &value));
    CHECK(same(value, BYTES("\x82\xa4Name\xa1x\xa3Sum\x06")));
    isolator_buffer_free(&value);
    /* A void one has no value. */
    OK(isolator_script_evaluate(scripts, NULL, text("Console.WriteLine()"), NULL, 0, BYTES("\x90"), NULL, &value));
    CHECK(same(value, BYTES("\xc0")));
    isolator_buffer_free(&value);
    FAILS(isolator_script_evaluate(scripts, NULL, text("int.Parse(name)"), globals, 2, values, NULL, &value), ISOLATOR_ERROR_EXCEPTION, "FormatException");
    FAILS(isolator_script_evaluate(scripts, NULL, text("1 +"), NULL, 0, BYTES("\x90"), NULL, &value), ISOLATOR_ERROR_COMPILATION, "CS1733");
    isolator_error *error = isolator_script_evaluate(scripts, NULL, text("\nint.Parse(name)"), globals, 2, values, NULL, &value);
    CHECK(error && isolator_error_get_kind(error) == ISOLATOR_ERROR_EXCEPTION);
    CHECK(holds(isolator_exception_get_text(isolator_error_exception(error), ISOLATOR_EXCEPTION_STACK_TRACE), " in expression:line 2"));
    isolator_error_free(error);
    error = isolator_script_evaluate(scripts, NULL, text("name"), globals, 2, BYTES("\x91\x01"), NULL, &value);
    CHECK(error && value.data == NULL);
    isolator_error_free(error);
    globals[1].name = globals[0].name;
    FAILS(isolator_script_evaluate(scripts, NULL, text("1"), globals, 2, values, NULL, &value), ISOLATOR_ERROR_CONFIG, "two globals");
    globals[1].name = text("a b");
    FAILS(isolator_script_evaluate(scripts, NULL, text("1"), globals, 2, values, NULL, &value), ISOLATOR_ERROR_CONFIG, "no name in C#");
}

static void *cancel_soon(void *cancellation) {
    usleep(300000);
    isolator_script_cancellation_cancel(cancellation);
    return NULL;
}

static void cancellations(isolator_script_host *scripts) {
    isolator_script_result *result;
    isolator_script_cancellation *cancellation = isolator_script_cancellation_new();
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, cancel_soon, cancellation) == 0);
    isolator_script_source endless = source("e.cs", "while (true) { }");
    FAILS(isolator_script_run(scripts, cancellation, &endless, 1, NULL, 0, NULL, &result), ISOLATOR_ERROR_CANCELLED, "cancelled");
    CHECK(result == NULL);
    CHECK(pthread_join(thread, NULL) == 0);
    /* What begins later is stopped, too; without it all goes on. */
    isolator_script_source other = source("o.cs", "return 1;");
    FAILS(isolator_script_run(scripts, cancellation, &other, 1, NULL, 0, NULL, &result), ISOLATOR_ERROR_CANCELLED, "cancelled");
    isolator_script_cancellation_free(cancellation);
    isolator_script_cancellation_free(NULL);
    OK(isolator_script_run(scripts, NULL, &other, 1, NULL, 0, NULL, &result));
    CHECK(isolator_script_result_exit_code(result) == 1);
    isolator_script_result_free(result);
}

/* ---- scripts that run often ---- */

static void run_often(isolator_script_host *scripts, isolator_compiled_script *compiled, int times) {
    for (int i = 0; i < times; i++) {
        isolator_bytes args[] = {text("a"), text("b")};
        isolator_script_result *result;
        OK(isolator_script_run_compiled(scripts, NULL, compiled, args, 2, NULL, &result));
        CHECK(isolator_script_result_error(result) == NULL && is(isolator_script_result_stdout(result), "42 2"));
        isolator_script_result_free(result);
    }
}

static void hot_scripts(isolator_host *host, const char *compiler, const char *cache) {
    isolator_script_source often = source("o.cs", "Counter.N++; Console.Write($\"{Counter.N} {args.Length}\"); static class Counter { public static int N = 41; }");
    for (uint64_t wanted = 0; wanted < 2; wanted++) {
        isolator_script_host_builder *builder = isolator_script_host_builder_new(host);
        OK(isolator_script_host_builder_set_text(builder, ISOLATOR_SCRIPT_COMPILER, text(compiler)));
        OK(isolator_script_host_builder_set_text(builder, ISOLATOR_SCRIPT_CACHE_DIRECTORY, text(cache)));
        OK(isolator_script_host_builder_set_number(builder, ISOLATOR_SCRIPT_HOT_SCRIPTS, wanted));
        isolator_script_host *scripts;
        OK(isolator_script_host_builder_build(builder, &scripts));
        isolator_script_host_builder_free(builder);
        isolator_compiled_script *compiled;
        OK(isolator_script_compile(scripts, NULL, &often, 1, &compiled));
        CHECK(!isolator_compiled_script_is_hot(compiled));
        run_often(scripts, compiled, 4);
        /* In the background. */
        for (int waited = 0; wanted && !isolator_compiled_script_is_hot(compiled); waited++) {
            CHECK(waited < 6000);
            usleep(20000);
        }
        /* It does what it did. */
        run_often(scripts, compiled, 4);
        CHECK(isolator_compiled_script_is_hot(compiled) == (wanted == 1));
        isolator_compiled_script_free(compiled);
        isolator_script_host_free(scripts);
    }
}

/* ---- functions ---- */

static int dropped;

static void count_drop(void *user_data) {
    (void)user_data;
    dropped++;
}

/* The length of a text, by its MessagePack form. */
static void length(void *user_data, isolator_call *call, isolator_bytes args) {
    CHECK(*(int *)user_data == 42 && args.len >= 2 && args.data[0] == 0x91);
    uint8_t answer = args.data[1] & 0x1f;
    isolator_call_succeed(call, (isolator_bytes){&answer, 1});
}

static void half(void *user_data, isolator_completion *completion, isolator_bytes args) {
    (void)user_data;
    CHECK(args.len == 2 && args.data[0] == 0x91);
    uint8_t answer = args.data[1] / 2;
    isolator_completion_succeed(completion, (isolator_bytes){&answer, 1});
}

static void functions(isolator_host *host, const char *compiler, const char *cache) {
    int value = 42;
    isolator_script_host_builder *builder = isolator_script_host_builder_new(host);
    OK(isolator_script_host_builder_set_text(builder, ISOLATOR_SCRIPT_COMPILER, text(compiler)));
    OK(isolator_script_host_builder_set_text(builder, ISOLATOR_SCRIPT_CACHE_DIRECTORY, text(cache)));
    OK(isolator_script_host_builder_function(builder, text("int Length(string text)"), length, &value, count_drop));
    OK(isolator_script_host_builder_async_function(builder, text("Task<int> HalfAsync(int n)"), half, NULL, NULL));
    OK(isolator_script_host_builder_prelude(builder, source("shop.cs", "public record Item(string Name);")));
    FAILS(isolator_script_host_builder_prelude(builder, (isolator_script_source){text("a"), BYTES("\xff")}), ISOLATOR_ERROR_CONFIG, "UTF-8");
    FAILS(isolator_script_host_builder_function(builder, text("int F()"), NULL, NULL, count_drop), ISOLATOR_ERROR_CONFIG, "null");
    CHECK(dropped == 1);
    isolator_script_host *scripts;
    OK(isolator_script_host_builder_build(builder, &scripts));
    isolator_script_host_builder_free(builder);
    isolator_buffer answer;
    OK(isolator_script_evaluate(scripts, NULL, text("Length(new Item(\"lamp\").Name) * 100 + await HalfAsync(14)"), NULL, 0, BYTES("\x90"), NULL, &answer));
    CHECK(same(answer, BYTES("\xcd\x01\x97")));
    isolator_buffer_free(&answer);
    FAILS(isolator_script_evaluate(scripts, NULL, text("Length(5)"), NULL, 0, BYTES("\x90"), NULL, &answer), ISOLATOR_ERROR_COMPILATION, "CS1503");
    isolator_script_host_free(scripts);
    CHECK(dropped == 2);

    builder = isolator_script_host_builder_new(host);
    OK(isolator_script_host_builder_set_text(builder, ISOLATOR_SCRIPT_COMPILER, text(compiler)));
    OK(isolator_script_host_builder_set_text(builder, ISOLATOR_SCRIPT_CACHE_DIRECTORY, text(cache)));
    OK(isolator_script_host_builder_function(builder, text("int Length("), length, &value, count_drop));
    FAILS(isolator_script_host_builder_build(builder, &scripts), ISOLATOR_ERROR_CONFIG, "no declaration of a method");
    isolator_script_host_builder_free(builder);
    CHECK(dropped == 3);
}

/* ---- sessions ---- */

static atomic_int wrote;

static bool tell(void *user_data, isolator_bytes bytes) {
    (void)user_data, (void)bytes;
    atomic_store(&wrote, 1);
    return true;
}

/* Once it runs, and is compiled no more. */
static void *cancel_session(void *session) {
    while (!atomic_load(&wrote)) {
        usleep(1000);
    }
    isolator_script_session_cancel(session);
    return NULL;
}

static void sessions(isolator_script_host *scripts) {
    isolator_script_session *session;
    isolator_script_result *result;
    OK(isolator_script_session_new(scripts, NULL, &session));
    OK(isolator_script_session_execute(session, text("int x = 20;"), &result));
    CHECK(isolator_script_result_value(result).data == NULL && isolator_script_result_value_text(result).data == NULL);
    isolator_script_result_free(result);
    OK(isolator_script_session_execute(session, text("Console.Write(\"out\"); x + 1"), &result));
    isolator_bytes value = isolator_script_result_value(result);
    CHECK(value.len == 1 && value.data[0] == 21 && is(isolator_script_result_value_text(result), "21"));
    CHECK(is(isolator_script_result_stdout(result), "out") && isolator_script_result_error(result) == NULL);
    isolator_script_result_free(result);

    FAILS(isolator_script_session_execute(session, text("wrong"), &result), ISOLATOR_ERROR_COMPILATION, "CS0103");
    FAILS(isolator_script_session_execute(session, BYTES("\xff"), &result), ISOLATOR_ERROR_CONFIG, "UTF-8");
    isolator_script_diagnostics *told;
    OK(isolator_script_session_check(session, text("wrong"), &told));
    CHECK(isolator_script_diagnostics_len(told) == 1);
    isolator_script_diagnostics_free(told);
    bool complete;
    OK(isolator_script_session_is_complete(session, text("if (true) {"), &complete));
    CHECK(!complete);
    isolator_script_completions *found;
    OK(isolator_script_session_complete(session, text("x.CompareT"), 10, &found));
    CHECK(isolator_script_completions_len(found) >= 1);
    isolator_script_completion first = isolator_script_completions_get(found, 0);
    CHECK(is(first.text, "CompareTo") && is(first.kind, "method") && first.start_column == 2 && first.end_column == 10);
    CHECK(isolator_script_completions_get(found, 9999).text.data == NULL);
    isolator_script_completions_free(found);
    isolator_script_completions_free(NULL);

    /* An exception leaves the session. */
    OK(isolator_script_session_execute(session, text("throw new Exception(\"no\");"), &result));
    CHECK(isolator_error_get_kind(isolator_script_result_error(result)) == ISOLATOR_ERROR_EXCEPTION);
    isolator_script_result_free(result);
    CHECK(isolator_script_session_is_alive(session));
    isolator_script_session_cancel(session);
    isolator_script_session_free(session);

    /* A cancellation ends it. */
    isolator_runtime_builder *builder = isolator_script_host_runtime_builder(scripts);
    OK(isolator_runtime_builder_output_to(builder, 1, tell, NULL, NULL));
    OK(isolator_script_session_new(scripts, builder, &session));
    isolator_runtime_builder_free(builder);
    OK(isolator_script_session_execute(session, text("int x = 1;"), &result));
    isolator_script_result_free(result);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, cancel_session, session) == 0);
    FAILS(isolator_script_session_execute(session, text("Console.Write(1); while (true) { }"), &result), ISOLATOR_ERROR_CANCELLED, "cancelled");
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(!isolator_script_session_is_alive(session));
    FAILS(isolator_script_session_execute(session, text("x"), &result), ISOLATOR_ERROR_DEAD, "isolator_script_session_reset");
    OK(isolator_script_session_reset(session));
    CHECK(isolator_script_session_is_alive(session));
    FAILS(isolator_script_session_execute(session, text("x"), &result), ISOLATOR_ERROR_COMPILATION, "CS0103");
    isolator_script_session_free(session);
    isolator_script_session_free(NULL);
}

int main(int argc, char **argv) {
    CHECK(argc >= 4);
    CHECK(isolator_abi_version() == ISOLATOR_ABI_VERSION);
    isolator_host_builder *builder = isolator_host_builder_new();
    OK(isolator_host_builder_set_text(builder, ISOLATOR_HOST_GUEST, text(argv[1])));
    isolator_host *host;
    OK(isolator_host_builder_build(builder, &host));
    isolator_host_builder_free(builder);

    missing_compiler(host, argv[3]);
    isolator_script_host *scripts = host_of_scripts(host, argv[2], argv[3]);
    functions(host, argv[2], argv[3]);
    hot_scripts(host, argv[2], argv[3]);
    isolator_host_free(host);
    checks(scripts);
    runs(scripts);
    evaluations(scripts);
    cancellations(scripts);
    sessions(scripts);
    isolator_script_host_free(scripts);
    printf("all is well\n");
    return 0;
}
