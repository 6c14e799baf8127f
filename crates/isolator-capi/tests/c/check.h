/* What the C programs share: checks, texts, and the few MessagePack forms that they need. */
#ifndef CHECK_H
#define CHECK_H

#include "isolator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(what)                                                      \
    do {                                                                 \
        if (!(what)) {                                                   \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what); \
            exit(1);                                                     \
        }                                                                \
    } while (0)

/* Nothing went wrong. */
#define OK(call) succeed((call), __FILE__, __LINE__, #call)

/* It went wrong, and so. The error is given back. */
#define FAILS(call, kind, part) fail_with((call), (kind), (part), __FILE__, __LINE__, #call)

/* The bytes are there, and are that text. */
static inline int is(isolator_bytes found, const char *expected) {
    return found.data && found.len == strlen(expected) && memcmp(found.data, expected, found.len) == 0;
}

static inline void succeed(isolator_error *error, const char *file, int line, const char *what) {
    if (error) {
        isolator_bytes message = isolator_error_message(error);
        fprintf(stderr, "%s:%d: %s: %.*s\n", file, line, what, (int)message.len, (const char *)message.data);
        isolator_error_free(error);
        exit(1);
    }
}

static inline int holds(isolator_bytes text, const char *part) {
    size_t len = strlen(part);
    for (size_t at = 0; at + len <= text.len; at++) {
        if (memcmp(text.data + at, part, len) == 0) {
            return 1;
        }
    }
    return 0;
}

static inline void fail_with(isolator_error *error, int kind, const char *part, const char *file, int line, const char *what) {
    if (!error) {
        fprintf(stderr, "%s:%d: %s succeeded\n", file, line, what);
        exit(1);
    }
    isolator_bytes message = isolator_error_message(error);
    if ((int)isolator_error_get_kind(error) != kind || !holds(message, part)) {
        fprintf(stderr, "%s:%d: %s: error %d: %.*s\n", file, line, what, (int)isolator_error_get_kind(error), (int)message.len,
                (const char *)message.data);
        exit(1);
    }
    isolator_error_free(error);
}

static inline isolator_bytes text(const char *text) {
    isolator_bytes bytes = {(const uint8_t *)text, strlen(text)};
    return bytes;
}

/* Bytes of a literal, such as "\x91\x05": the array [5]. */
#define BYTES(literal) ((isolator_bytes){(const uint8_t *)(literal), sizeof(literal) - 1})

static const isolator_bytes NOTHING = {NULL, 0};

static inline int same(isolator_buffer buffer, isolator_bytes bytes) {
    return buffer.len == bytes.len && memcmp(buffer.data, bytes.data, bytes.len) == 0;
}

static inline isolator_handle *find_method(isolator_runtime *runtime, const char *of_type, const char *name, int count) {
    isolator_handle *type_handle, *method;
    isolator_method_query query = {.argument_count = count};
    OK(isolator_runtime_find_type(runtime, text("Calls"), text(of_type), &type_handle));
    OK(isolator_runtime_find_method(runtime, type_handle, text(name), &query, &method));
    isolator_handle_free(type_handle);
    return method;
}

#endif
