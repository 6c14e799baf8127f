// The isolator engine behind a C ABI: hosts, runtimes, snapshots, objects, calls, callbacks, tasks and scripts as opaque handles.
//
// `include/isolator.h` is made from this crate by `cargo xtask codegen`. Rules that hold for every function:
//
// - **Pointers.** A pointer parameter is not null and points to a live value of its type, unless its documentation says
//   `nullable`. An `isolator_bytes` may have a null `data` only if its `len` is 0. What is passed in is only read during the
//   call; the callee copies what it keeps. Where a function gives something through `out`, it writes there in every case:
//   null (or zero) if it fails.
// - **Ownership.** What a function gives out belongs to the caller, who gives it back with the `…_free` function of its type.
//   Those take null, and do nothing then. What is given back is not used any more.
// - **Errors.** Functions that can fail return null if they succeed, and otherwise an error, which belongs to the caller.
//   No panic leaves the library: it becomes an error of kind `ISOLATOR_ERROR_PANIC`.
// - **Text** is UTF-8 without a terminating zero.
// - **Values** are MessagePack, in the shapes that `guest-dotnet/README.md` lists. Arguments are an array with one element per
//   argument; no bytes at all are no arguments. Bytes that come from a guest are not checked: trust nothing in them.
// - **Threads.** A host, a handle, an error and a buffer may be used and given back on any thread. A runtime takes one
//   caller at a time, and another thread's call waits. Where the one who is in is in a function of the embedder's for longer than
//   a second, which may itself be waiting, the call is an error of kind `ISOLATOR_ERROR_BUSY`. Code that a runtime calls
//   (a callback) may call that runtime again, on the same thread. Function pointers are called on any thread.
// - **Function pointers** must not unwind into the library (a C++ exception, `longjmp`). Each comes with a `user_data`, which it gets back,
//   and mostly with a nullable `drop`, which is called once with it when the function will not be called any more: also if
//   the function that was given it fails.

#ifndef ISOLATOR_H
#define ISOLATOR_H

/* Made by `cargo xtask codegen` from crates/isolator-capi/src: do not edit. */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

// Version of this interface. A change that breaks callers raises it; additions do not.
#define ISOLATOR_ABI_VERSION 1

// Most parameters of a scalar call.
#define ISOLATOR_MAX_SCALARS 8

// As a limit's value: there is none.
#define ISOLATOR_NO_LIMIT UINT64_MAX

// What went wrong. New kinds may come: treat one that is unknown as `ISOLATOR_ERROR_OTHER`.
enum isolator_error_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // None of the others.
    ISOLATOR_ERROR_OTHER = 0,
    // Guest code threw an exception: `isolator_error_exception` has it.
    ISOLATOR_ERROR_EXCEPTION = 1,
    // No such assembly.
    ISOLATOR_ERROR_ASSEMBLY_NOT_FOUND = 2,
    // The bytes of an assembly are not a .NET image.
    ISOLATOR_ERROR_BAD_IMAGE = 3,
    // No such type.
    ISOLATOR_ERROR_TYPE_NOT_FOUND = 4,
    // No such method, constructor or field, or none that takes these arguments.
    ISOLATOR_ERROR_METHOD_NOT_FOUND = 5,
    // Several methods fit.
    ISOLATOR_ERROR_AMBIGUOUS = 6,
    // An argument cannot be read as its parameter's type, or their number is wrong.
    ISOLATOR_ERROR_ARGUMENT = 7,
    // A value cannot cross.
    ISOLATOR_ERROR_VALUE = 8,
    // A handle was released, or names something of another kind.
    ISOLATOR_ERROR_BAD_HANDLE = 9,
    // A handle belongs to another runtime.
    ISOLATOR_ERROR_FOREIGN_HANDLE = 10,
    // The method returns a task, which this call does not wait for.
    ISOLATOR_ERROR_ASYNC = 11,
    // The task that was waited for can never complete.
    ISOLATOR_ERROR_DEADLOCK = 12,
    // The guest's own machinery is at fault.
    ISOLATOR_ERROR_INTERNAL = 13,
    // The runtime was stopped by a trap. It is dead.
    ISOLATOR_ERROR_TRAP = 14,
    // Guest code ended its process: `isolator_error_code` is the exit code. The runtime is dead.
    ISOLATOR_ERROR_EXIT = 15,
    // The runtime died earlier, or was freed.
    ISOLATOR_ERROR_DEAD = 16,
    // The guest broke the contract. The runtime is dead.
    ISOLATOR_ERROR_BAD_GUEST_BEHAVIOR = 17,
    // Calls nest too deep, or the call came from a place that allows none.
    ISOLATOR_ERROR_NESTING = 18,
    // The guest image cannot be used, or none was found.
    ISOLATOR_ERROR_GUEST_IMAGE = 19,
    // The operating system refused something.
    ISOLATOR_ERROR_IO = 20,
    // The host holds as many runtimes as it may.
    ISOLATOR_ERROR_TOO_MANY_RUNTIMES = 21,
    // A setting or an argument of the interface cannot be used.
    ISOLATOR_ERROR_CONFIG = 22,
    // Another thread is in the runtime, and for longer than a second in a function of the embedder's: one caller at a time.
    ISOLATOR_ERROR_BUSY = 23,
    // The call was cancelled before it began, or the runtime for good.
    ISOLATOR_ERROR_CANCELLED = 24,
    // The library itself is at fault.
    ISOLATOR_ERROR_PANIC = 25,
    // A limit was reached: `isolator_error_code` is its `isolator_limit`.
    ISOLATOR_ERROR_LIMIT = 26,
    // Something of a runtime is not in its memory, and cannot come along when it is copied: the message names it.
    ISOLATOR_ERROR_NOT_FROZEN = 27,
    // A file or bytes are no snapshot of this guest image, or no runtime that was suspended and that fits.
    ISOLATOR_ERROR_BAD_SNAPSHOT = 28,
    // The sources of a script have errors: `isolator_error_diagnostics` has them. Or the compiler cannot bear them.
    ISOLATOR_ERROR_COMPILATION = 29,
    // There is no C# compiler. The message names the places that were looked at.
    ISOLATOR_ERROR_COMPILER_NOT_FOUND = 30,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum isolator_error_kind isolator_error_kind;
#else
typedef int32_t isolator_error_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What a handle names.
enum isolator_handle_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // An object.
    ISOLATOR_HANDLE_OBJECT = 1,
    // A type.
    ISOLATOR_HANDLE_TYPE = 2,
    // A method.
    ISOLATOR_HANDLE_METHOD = 3,
    // An assembly.
    ISOLATOR_HANDLE_ASSEMBLY = 4,
    // A task.
    ISOLATOR_HANDLE_TASK = 5,
    // A stream: an `IAsyncEnumerable<T>` that is being read.
    ISOLATOR_HANDLE_STREAM = 6,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum isolator_handle_kind isolator_handle_kind;
#else
typedef int32_t isolator_handle_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// How important a line is.
enum isolator_log_level
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // Each step.
    ISOLATOR_LOG_TRACE = 0,
    // What helps to find a fault.
    ISOLATOR_LOG_DEBUG = 1,
    // What happens.
    ISOLATOR_LOG_INFORMATION = 2,
    // What may be wrong.
    ISOLATOR_LOG_WARNING = 3,
    // What went wrong: a callback that failed, and why.
    ISOLATOR_LOG_ERROR = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum isolator_log_level isolator_log_level;
#else
typedef uint32_t isolator_log_level;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// How bad it is.
enum isolator_script_severity
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // Something to know.
    ISOLATOR_SCRIPT_INFO = 0,
    // It compiles, and is probably wrong.
    ISOLATOR_SCRIPT_WARNING = 1,
    // It does not compile.
    ISOLATOR_SCRIPT_ERROR = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum isolator_script_severity isolator_script_severity;
#else
typedef int32_t isolator_script_severity;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// How a snapshot holds its memory.
enum isolator_snapshot_form
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // All of it, which each runtime maps and copies page by page as it writes: some tenths of a second to make, and microseconds to start from. The default.
    ISOLATOR_SNAPSHOT_MAPPED = 0,
    // What it differs by from what the prepared runtime began with, the guest image or another snapshot, and which is copied into each runtime: a millisecond
    // to make, and some microseconds more to start from for each ten pages. What the memory has grown by counts against limits of those that start from it.
    // For what was prepared little. `isolator_snapshot_save` writes all of the memory, and what is loaded is mapped.
    ISOLATOR_SNAPSHOT_DELTA = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum isolator_snapshot_form isolator_snapshot_form;
#else
typedef uint32_t isolator_snapshot_form;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Which text of an exception.
enum isolator_exception_text
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // Full name of its type.
    ISOLATOR_EXCEPTION_TYPE = 0,
    // `Exception.Message`.
    ISOLATOR_EXCEPTION_MESSAGE = 1,
    // `Exception.StackTrace`: the guest's frames, one a line; empty if it has none.
    ISOLATOR_EXCEPTION_STACK_TRACE = 2,
    // `Exception.ToString()`: all of it, as .NET prints it.
    ISOLATOR_EXCEPTION_STRING = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum isolator_exception_text isolator_exception_text;
#else
typedef int32_t isolator_exception_text;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What a runtime may use up. The code of an error of kind `ISOLATOR_ERROR_LIMIT` is one of these.
enum isolator_limit
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // With `ISOLATOR_NO_LIMIT` only: removes all limits.
    ISOLATOR_LIMIT_ALL = 0,
    // Memory beyond the snapshot, in bytes.
    ISOLATOR_LIMIT_MEMORY = 1,
    // Wall time of one call, in nanoseconds.
    ISOLATOR_LIMIT_CALL_TIMEOUT = 2,
    // Wall time since the runtime was created, in nanoseconds.
    ISOLATOR_LIMIT_LIFETIME = 3,
    // CPU time of one call, in nanoseconds.
    ISOLATOR_LIMIT_CALL_CPU = 4,
    // CPU time of all calls together, in nanoseconds.
    ISOLATOR_LIMIT_TOTAL_CPU = 5,
    // Fuel of the runtime, in units of the engine, if the host has `ISOLATOR_HOST_METER_FUEL`.
    ISOLATOR_LIMIT_FUEL = 6,
    // Bytes that it writes to standard output and standard error.
    ISOLATOR_LIMIT_OUTPUT = 7,
    // Calls of callbacks.
    ISOLATOR_LIMIT_CALLBACKS = 8,
    // Calls of callbacks in a second.
    ISOLATOR_LIMIT_CALLBACK_RATE = 9,
    // Handles that the host holds.
    ISOLATOR_LIMIT_HANDLES = 10,
    // Bytes of one value, either way.
    ISOLATOR_LIMIT_VALUE = 11,
    // Bytes that the host keeps for the runtime: asynchronous callbacks and their results.
    ISOLATOR_LIMIT_BUFFERS = 12,
    // Bytes that it adds to its directories.
    ISOLATOR_LIMIT_DIRECTORY_BYTES = 13,
    // Files and directories that it makes.
    ISOLATOR_LIMIT_FILES = 14,
    // Files that are open at once.
    ISOLATOR_LIMIT_OPEN_FILES = 15,
    // How deep calls may nest from guest to host.
    ISOLATOR_LIMIT_CALLBACK_DEPTH = 16,
    // Not a limit: the steps in which the guest sees clocks move on, in nanoseconds.
    ISOLATOR_LIMIT_COARSE_CLOCK = 17,
    // Of a host, as the code of an error only: memory of all its runtimes together. `ISOLATOR_HOST_MEMORY` sets it.
    ISOLATOR_LIMIT_HOST_MEMORY = 18,
    // Of a host, as the code of an error only: calls that run at once. `ISOLATOR_HOST_RUNNING_CALLS` sets it.
    ISOLATOR_LIMIT_RUNNING_CALLS = 19,
    // Not a limit: 1 to drop output beyond `ISOLATOR_LIMIT_OUTPUT` without a word to the guest; 0, which is the default, to end the
    // call.
    ISOLATOR_LIMIT_OUTPUT_TRUNCATES = 20,
    // Not a limit: 1 to measure CPU time exactly for the statistics, as with a limit of it; 0, which is the default, to sample it.
    ISOLATOR_LIMIT_MEASURES_CPU = 21,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum isolator_limit isolator_limit;
#else
typedef uint32_t isolator_limit;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What becomes of programs that were compiled ahead (`isolator compile`).
enum isolator_compiled
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // They are interpreted, and no compiled code is looked at.
    ISOLATOR_COMPILED_OFF = 0,
    // Their compiled code is used where it fits the assembly and the guest image; else they are interpreted, and the log says why. The default.
    ISOLATOR_COMPILED_AUTO = 1,
    // An assembly of a loader's is loaded with compiled code that fits, or not at all.
    ISOLATOR_COMPILED_REQUIRE = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum isolator_compiled isolator_compiled;
#else
typedef uint32_t isolator_compiled;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// A setting of a host that is a number.
enum isolator_host_number
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // How many runtimes may live at once; 1000 without this. Each takes 4 GiB of address space, not of memory.
    ISOLATOR_HOST_MAX_RUNTIMES = 1,
    // 1: map each runtime's memory when it is created, rather than reserve room for all. Slower; `ISOLATOR_HOST_MAX_RUNTIMES` does not
    // apply.
    ISOLATOR_HOST_ON_DEMAND_ALLOCATION = 2,
    // Bytes that a runtime wrote and that may stay mapped for the next one when it is dropped.
    ISOLATOR_HOST_KEEP_RESIDENT = 3,
    // Native stack that guest code may use within one call, in bytes; 256 MiB without this. Memory is only what a call touched.
    ISOLATOR_HOST_STACK_SIZE = 4,
    // How deep calls may nest from guest to host; 32 without this.
    ISOLATOR_HOST_MAX_CALLBACK_DEPTH = 5,
    // 1: show guests the messages of failed callbacks, instead of a fixed sentence.
    ISOLATOR_HOST_CALLBACK_ERROR_DETAILS = 6,
    // 1: count fuel, so that runtimes can have `ISOLATOR_LIMIT_FUEL`. Guest code runs slower.
    ISOLATOR_HOST_METER_FUEL = 7,
    // Bytes that all runtimes together may take beyond their snapshots.
    ISOLATOR_HOST_MEMORY = 8,
    // Calls that may run in guests at once.
    ISOLATOR_HOST_RUNNING_CALLS = 9,
    // Nanoseconds that a thread waits where the host is full; 0 without this.
    ISOLATOR_HOST_QUEUE_TIMEOUT = 10,
    // What becomes of programs that were compiled ahead, an `isolator_compiled`; `ISOLATOR_COMPILED_AUTO` without this.
    ISOLATOR_HOST_COMPILED = 11,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum isolator_host_number isolator_host_number;
#else
typedef uint32_t isolator_host_number;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// A setting of a host that is a text.
enum isolator_host_text
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // Directory of the guest image. Without it the image is looked for: the environment variable `ISOLATOR_GUEST`, then
    // `isolator-guest` beside the executable.
    ISOLATOR_HOST_GUEST = 1,
    // Directory in which machine code is kept that was made from guest images.
    ISOLATOR_HOST_CACHE_DIRECTORY = 2,
    // Adds a directory from which assemblies are loaded.
    ISOLATOR_HOST_ASSEMBLY_DIRECTORY = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum isolator_host_text isolator_host_text;
#else
typedef uint32_t isolator_host_text;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// A setting of a runtime that is a number.
enum isolator_runtime_number
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // Most bytes that the managed heap may take.
    ISOLATOR_RUNTIME_HEAP_LIMIT = 1,
    // 1: the guest writes values that consist of objects as graphs of fields, which is how .NET hosts copy them; 0, the
    // default: as MessagePack maps. It reads both.
    ISOLATOR_RUNTIME_VALUE_GRAPHS = 2,
    // What becomes of programs that were compiled ahead, an `isolator_compiled`, instead of what the host says.
    ISOLATOR_RUNTIME_COMPILED = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum isolator_runtime_number isolator_runtime_number;
#else
typedef uint32_t isolator_runtime_number;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// A setting of a runtime that is a text.
enum isolator_runtime_text
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // Adds a command-line argument.
    ISOLATOR_RUNTIME_ARGUMENT = 1,
    // The guest's working directory; `/` without this.
    ISOLATOR_RUNTIME_WORKING_DIRECTORY = 2,
    // What the guest sees as its application's directory; `/` without this.
    ISOLATOR_RUNTIME_BASE_DIRECTORY = 3,
    // The culture, such as `de-CH`; without this the invariant one.
    ISOLATOR_RUNTIME_CULTURE = 4,
    // The local time zone's IANA name, such as `Europe/Zurich`; without this UTC.
    ISOLATOR_RUNTIME_TIME_ZONE = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum isolator_runtime_text isolator_runtime_text;
#else
typedef uint32_t isolator_runtime_text;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// A setting of a runtime that has a name of the embedder's choice.
enum isolator_runtime_pair
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // An environment variable. None is inherited.
    ISOLATOR_RUNTIME_ENVIRONMENT = 1,
    // An `AppContext` property.
    ISOLATOR_RUNTIME_PROPERTY = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum isolator_runtime_pair isolator_runtime_pair;
#else
typedef uint32_t isolator_runtime_pair;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// A setting of such a grant that is a number.
enum isolator_http_number
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // Most requests of a runtime.
    ISOLATOR_HTTP_MAX_REQUESTS = 1,
    // Most exchanges of a runtime that are under way at once; 16 without this. Others wait.
    ISOLATOR_HTTP_MAX_CONCURRENT = 2,
    // Most bytes of a request's body; 64 MiB without this.
    ISOLATOR_HTTP_MAX_REQUEST = 3,
    // Most bytes of a response's body, before it is decompressed; 64 MiB without this.
    ISOLATOR_HTTP_MAX_RESPONSE = 4,
    // Nanoseconds that an exchange may take; five minutes without this.
    ISOLATOR_HTTP_TIMEOUT = 5,
    // 1: `Set-Cookie` is shown in responses to requests that a secret was put into.
    ISOLATOR_HTTP_SHOW_COOKIES = 6,
    // 1: the values of all secrets are covered where they come back in a response; what is compressed or a part is an error.
    ISOLATOR_HTTP_MASK_SECRETS = 7,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum isolator_http_number isolator_http_number;
#else
typedef uint32_t isolator_http_number;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// A setting of such a grant that has a name.
enum isolator_http_pair
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // Allows requests to a pattern of addresses (the name), such as `https://api.example.com/v1/*`, with methods (the value), such as
    // `GET,POST`.
    ISOLATOR_HTTP_ALLOW = 1,
    // A secret: its name, and its value.
    ISOLATOR_HTTP_SECRET = 2,
    // A header that the host sets in requests to the pattern that was allowed last. In the value `{NAME}` is a secret.
    ISOLATOR_HTTP_HEADER = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum isolator_http_pair isolator_http_pair;
#else
typedef uint32_t isolator_http_pair;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Where an output stream goes.
enum isolator_output
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // Nowhere.
    ISOLATOR_OUTPUT_DISCARD = 0,
    // To this process's own stream.
    ISOLATOR_OUTPUT_INHERIT = 1,
    // Into a buffer: see `isolator_runtime_take_output`. A guest that writes more than `limit` gets an `IOException`; 0 is 64 MiB.
    ISOLATOR_OUTPUT_CAPTURE = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum isolator_output isolator_output;
#else
typedef uint32_t isolator_output;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Which figure of a runtime.
enum isolator_statistic
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // Bytes in use on the managed heap.
    ISOLATOR_STATISTIC_HEAP_BYTES = 1,
    // Collections of generation 0 so far.
    ISOLATOR_STATISTIC_COLLECTIONS = 2,
    // Handles that were not given back, those that are waiting to be released not among them.
    ISOLATOR_STATISTIC_LIVE_HANDLES = 3,
    // Size of the guest's memory, in bytes; most of it may be shared or never touched. Not from within callbacks.
    ISOLATOR_STATISTIC_MEMORY_BYTES = 4,
    // The most memory that it had beyond its snapshot, in bytes. This and those that follow are known of dead runtimes, too; not from
    // within callbacks.
    ISOLATOR_STATISTIC_PEAK_MEMORY = 5,
    // CPU time in the guest and in callbacks, in nanoseconds; sampled, unless CPU time is limited.
    ISOLATOR_STATISTIC_CPU_TIME = 6,
    // Time since it was created, or until it died, in nanoseconds.
    ISOLATOR_STATISTIC_WALL_TIME = 7,
    // Fuel that it used; 0 if the host does not count it.
    ISOLATOR_STATISTIC_FUEL = 8,
    // Calls from outside.
    ISOLATOR_STATISTIC_CALLS = 9,
    // Calls of the host by the guest.
    ISOLATOR_STATISTIC_HOST_CALLS = 10,
    // Bytes that were copied into the guest.
    ISOLATOR_STATISTIC_BYTES_IN = 11,
    // Bytes that were read from the guest.
    ISOLATOR_STATISTIC_BYTES_OUT = 12,
    // Bytes that it wrote to standard output and standard error.
    ISOLATOR_STATISTIC_OUTPUT_BYTES = 13,
    // Bytes that it wrote to files.
    ISOLATOR_STATISTIC_FILE_BYTES = 14,
    // How many assemblies run compiled; `isolator_runtime_compiled_assembly` tells which.
    ISOLATOR_STATISTIC_COMPILED_ASSEMBLIES = 15,
    // Requests that it made by HTTP, with those that were refused.
    ISOLATOR_STATISTIC_HTTP_REQUESTS = 16,
    // Bytes of these requests' bodies.
    ISOLATOR_STATISTIC_HTTP_SENT = 17,
    // Bytes of the bodies of responses that it read.
    ISOLATOR_STATISTIC_HTTP_RECEIVED = 18,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum isolator_statistic isolator_statistic;
#else
typedef uint32_t isolator_statistic;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What sources are compiled to.
enum isolator_script_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // A program if there are top-level statements or a method `Main`, else a library. The default.
    ISOLATOR_SCRIPT_KIND_AUTO = 0,
    // A program: without an entry point it is an error.
    ISOLATOR_SCRIPT_KIND_PROGRAM = 1,
    // A library.
    ISOLATOR_SCRIPT_KIND_LIBRARY = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum isolator_script_kind isolator_script_kind;
#else
typedef uint32_t isolator_script_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// A setting of scripts that is a number.
enum isolator_script_number
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // 0: nullable reference types are not checked; 1 without this.
    ISOLATOR_SCRIPT_NULLABLE = 1,
    // 1: `unsafe` is allowed. What unsafe code does it does to its own sandbox.
    ISOLATOR_SCRIPT_ALLOW_UNSAFE = 2,
    // 0: no namespaces are used but those that a source names; 1 without this: those that a new project uses.
    ISOLATOR_SCRIPT_IMPLICIT_USINGS = 3,
    // 0: code is not optimized; 1 without this.
    ISOLATOR_SCRIPT_OPTIMIZE = 4,
    // 0: no symbols are made, without which stack traces have no lines; 1 without this.
    ISOLATOR_SCRIPT_SYMBOLS = 5,
    // Most diagnostics that are told of one compilation; 100 without this.
    ISOLATOR_SCRIPT_MAX_DIAGNOSTICS = 6,
    // What `isolator_script_compile` makes, an `isolator_script_kind`.
    ISOLATOR_SCRIPT_KIND = 7,
    // How many submissions a session may have; 1000 without this.
    ISOLATOR_SCRIPT_MAX_SUBMISSIONS = 8,
    // 0: scripts that run often stay as they are; 1 without this: they are made faster in the background, on a thread of this host's. One that runs for the third
    // time begins where it is loaded, and one that computes long is compiled ahead where the tools of `isolator compile` are: native programs, which read what the
    // sandboxed compiler made.
    ISOLATOR_SCRIPT_HOT_SCRIPTS = 9,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum isolator_script_number isolator_script_number;
#else
typedef uint32_t isolator_script_number;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// A setting of scripts that is a text.
enum isolator_script_text
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // The folder of the compiler. Without it that is looked for: the environment variable `ISOLATOR_SCRIPTING`, then `isolator-scripting` beside the executable.
    ISOLATOR_SCRIPT_COMPILER = 1,
    // Where the prepared compiler is kept, instead of the user's cache.
    ISOLATOR_SCRIPT_CACHE_DIRECTORY = 2,
    // Version of the language, as a project file names it: `13`, `latest`, `preview`. The newest without this.
    ISOLATOR_SCRIPT_LANGUAGE_VERSION = 3,
    // Adds a namespace that is used everywhere.
    ISOLATOR_SCRIPT_USING = 4,
    // Adds a folder in which packages are looked for that scripts ask for with `#:package NAME@VERSION` or `#r "nuget: NAME, VERSION"`. Nothing is downloaded.
    ISOLATOR_SCRIPT_PACKAGE_FOLDER = 5,
    // Adds a package that scripts may ask for, by its name, in any version; or as `NAME@VERSION` in that one. What it needs comes with it.
    ISOLATOR_SCRIPT_ALLOW_PACKAGE = 6,
    // The folder from which a script may load other sources, with `#load "FILE.cs"`: in it and in folders below. Without it nothing can be loaded.
    ISOLATOR_SCRIPT_LOAD_FOLDER = 7,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum isolator_script_text isolator_script_text;
#else
typedef uint32_t isolator_script_text;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// A folder with assemblies that was opened. It may be used by any number of threads.
//
// Files are read below it: no link is followed, only regular files are read, and what runtimes may write is no source. The folder itself may
// be a link.
typedef struct isolator_assembly_folder isolator_assembly_folder;

// An assembly that a guest asks for. It lives while the loader runs, and is used on its thread only.
typedef struct isolator_assembly_request isolator_assembly_request;

// One call of a callback. It lives while the callback runs, and is used on its thread only.
typedef struct isolator_call isolator_call;

// What sources were compiled to. May be used by any number of threads.
typedef struct isolator_compiled_script isolator_compiled_script;

// A call of an asynchronous callback. It belongs to the callback, which ends it on any thread, now or later, with
// `isolator_completion_succeed` or `isolator_completion_fail`.
typedef struct isolator_completion isolator_completion;

// An error. Read it with the functions below, and give it back with `isolator_error_free`.
typedef struct isolator_error isolator_error;

// An exception of guest code, as part of an error: it lives as long as the error.
typedef struct isolator_exception isolator_exception;

// Names something inside a runtime: an object, a type, a method, an assembly, a task or a stream. It keeps that alive, does
// not keep the runtime alive, and may be given back on any thread, also after the runtime.
typedef struct isolator_handle isolator_handle;

// Creates runtimes. May be used by any number of threads.
typedef struct isolator_host isolator_host;

// Settings of a host. Used by one thread at a time.
typedef struct isolator_host_builder isolator_host_builder;

// What a runtime may ask of the network by `HttpClient`; without one it has none. Used by one thread at a time. It may be given to any number
// of runtimes, which then share its connections.
typedef struct isolator_http_grant isolator_http_grant;

// A list of pending calls.
typedef struct isolator_pending_calls isolator_pending_calls;

// One isolated .NET runtime. One caller at a time; code that it calls may call it again, on the same thread.
typedef struct isolator_runtime isolator_runtime;

// What a runtime is granted: without any setting nothing. Used by one thread at a time.
typedef struct isolator_runtime_builder isolator_runtime_builder;

// Stops what it was given to, from any thread: a compilation, or a run. Made for one piece of work.
typedef struct isolator_script_cancellation isolator_script_cancellation;

// What can stand at a place, the best first.
typedef struct isolator_script_completions isolator_script_completions;

// What the compiler has to say, in the order of files and places; of too many the first errors, then the first warnings.
typedef struct isolator_script_diagnostics isolator_script_diagnostics;

// Compiles and runs C#, each in sandboxes of their own. May be used by any number of threads.
typedef struct isolator_script_host isolator_script_host;

// Settings of a host of scripts. Used by one thread at a time.
typedef struct isolator_script_host_builder isolator_script_host_builder;

// A script, or a submission of a session, that ran to its end, whatever end that was.
typedef struct isolator_script_result isolator_script_result;

// C# one submission after the other, as at a prompt: each finds the variables, methods, types and namespaces of those before it. Any thread may use it; one waits
// for the other. Not from within functions that its submissions call.
typedef struct isolator_script_session isolator_script_session;

// A runtime that was prepared, as others start from it. May be used by any number of threads.
typedef struct isolator_snapshot isolator_snapshot;

// What the file of a snapshot says of itself. May be used by any number of threads.
typedef struct isolator_snapshot_info isolator_snapshot_info;

// A runtime that waits, as bytes. May be used by any number of threads.
typedef struct isolator_suspended isolator_suspended;

// Bytes, or text in UTF-8, that belong to someone else.
typedef struct isolator_bytes {
    // The first byte. Null only if `len` is 0.
    const uint8_t *data;
    // How many.
    size_t len;
} isolator_bytes;

// Bytes that belong to whoever holds them, until `isolator_buffer_free`.
typedef struct isolator_buffer {
    // The first byte. Null if there was nothing to give.
    uint8_t *data;
    // How many.
    size_t len;
    // For the library only.
    size_t capacity;
} isolator_buffer;

// Called once when an asynchronous call is done, on a thread of the library. Exactly one of both says how: `value`, one MessagePack value, if
// `error` is null. Both belong to the callee: `isolator_buffer_free` for what `value` points to (which itself lives only during the
// call), `isolator_error_free` for `error`. It may call the runtime, and should not wait for other calls of it.
typedef void (*isolator_complete_fn)(void *user_data, struct isolator_buffer *value, struct isolator_error *error);

// Called once when a runtime is free for whoever queued this, on a thread of the library, or of whoever forks or suspends the runtime. If `error` is null, the function is the runtime's caller until
// it returns: it may call the runtime, on this thread, as if it came from outside, and calls that it queues come before all that are queued. Otherwise `error`
// says why nothing will come of it, and belongs to the callee. It should not wait for others who use the runtime.
typedef void (*isolator_turn_fn)(void *user_data, struct isolator_error *error);

// What a batch of calls has for one parameter: a number for each call, one after the other, as C# lays them out.
typedef struct isolator_column {
    // The first number, aligned for its type. Null only for a batch of no calls.
    const void *data;
    // The numbers' type, as a letter of `isolator_runtime_scalar_signature`. A bool is a byte, and 0 is false; a char a 16-bit number.
    uint8_t letter;
} isolator_column;

// Where the results of a batch of calls go: a place for each, one after the other.
typedef struct isolator_result_column {
    // The first place, aligned for its type. Null only for a batch of no calls, and for a method without a result.
    void *data;
    // The results' type, as for `isolator_column`; `v` for a method without one.
    uint8_t letter;
} isolator_result_column;

// Called when nobody wants the result of an asynchronous callback any more.
typedef void (*isolator_cancelled_fn)(void *user_data);

// A callback. `args` are the guest's arguments, a MessagePack array, or for a raw call (`InvokeRaw`) the bytes as they are; they
// live while the callback runs. It answers with `isolator_call_succeed` or `isolator_call_fail` before it returns; no answer is a
// failure. It may call into the runtime that called it, on this thread.
typedef void (*isolator_callback_fn)(void *user_data, struct isolator_call *call, struct isolator_bytes args);

// Called once, when the function that the value was given with will not be called any more.
typedef void (*isolator_drop_fn)(void *user_data);

// An asynchronous callback. It begins the work and returns. `args` live until it returns.
typedef void (*isolator_async_callback_fn)(void *user_data,
                                           struct isolator_completion *completion,
                                           struct isolator_bytes args);

// A loader: it answers with `isolator_assembly_request_found`, or not at all if it does not know the assembly. It must not call the runtime that asks.
typedef void (*isolator_assembly_loader_fn)(void *user_data, struct isolator_assembly_request *request);

// Takes a line of the log. `runtime_id` is 0 where none is concerned. The texts live during the call. Called on any thread, also while a guest runs; it must not call a
// runtime.
typedef void (*isolator_log_fn)(void *user_data,
                                isolator_log_level level,
                                uint64_t runtime_id,
                                struct isolator_bytes category,
                                struct isolator_bytes message);

// How a method is chosen among those of its name.
typedef struct isolator_method_query {
    // Number of arguments that will be passed; negative: any.
    int32_t argument_count;
    // Its metadata token (`MethodBase.MetadataToken`), which alone decides, if it is not 0.
    uint32_t metadata_token;
    // Full names of the parameters' types, as texts; null: any types.
    const struct isolator_bytes *parameter_types;
    // How many of them.
    size_t parameter_types_len;
    // Names of the type arguments of a generic method, as texts: `Namespace.Type, Assembly`; null: none.
    const struct isolator_bytes *generic_arguments;
    // How many of them.
    size_t generic_arguments_len;
} isolator_method_query;

// One of them. What it points to lives as long as the list.
typedef struct isolator_pending_call {
    // Its number in the runtime.
    uint64_t id;
    // Name of the callback.
    struct isolator_bytes name;
    // The arguments, as the callback got them.
    struct isolator_bytes args;
} isolator_pending_call;

// A source: what diagnostics and stack traces call it, and its text.
typedef struct isolator_script_source {
    // Its name, such as `hello.cs`. Nothing is looked for there.
    struct isolator_bytes name;
    // Its text.
    struct isolator_bytes text;
} isolator_script_source;

// One of them. What it points to lives as long as the list. Lines and columns are counted from 0, columns in UTF-16 units.
typedef struct isolator_script_completion {
    // What is to be written.
    struct isolator_bytes text;
    // What it is: `variable`, `method`, `class`, `keyword`…
    struct isolator_bytes kind;
    // Its declaration; null `data` if it has none.
    struct isolator_bytes detail;
    // Where what it replaces begins.
    uint32_t start_line;
    // Where what it replaces begins.
    uint32_t start_column;
    // Where what it replaces ends.
    uint32_t end_line;
    // Where what it replaces ends.
    uint32_t end_column;
} isolator_script_completion;

// One thing that the compiler has to say. Lines and columns are counted from 0, columns in UTF-16 units; the end is not part of it. What it points to lives
// as long as the list. Names and texts of the source are in the message: a stranger's words, if the source is. The place is that in the text that was given,
// whatever a `#line` says: `isolator_script_diagnostics_mapped` has what that makes of it.
typedef struct isolator_script_diagnostic {
    // Such as `CS0103`.
    struct isolator_bytes id;
    // What is wrong.
    struct isolator_bytes message;
    // The name of the source; null `data` if it is about all of them.
    struct isolator_bytes file;
    // How bad it is.
    isolator_script_severity severity;
    // Where it begins.
    uint32_t start_line;
    // Where it begins.
    uint32_t start_column;
    // Where it ends.
    uint32_t end_line;
    // Where it ends.
    uint32_t end_column;
} isolator_script_diagnostic;

// A place that a `#line` of a source names. Lines and columns are counted as those of a diagnostic, and what it points to lives as long.
typedef struct isolator_script_place {
    // The file; null `data` if there is no such place. Nothing is looked for there.
    struct isolator_bytes file;
    // Where it begins.
    uint32_t start_line;
    // Where it begins.
    uint32_t start_column;
    // Where it ends.
    uint32_t end_line;
    // Where it ends.
    uint32_t end_column;
} isolator_script_place;

// A value that an expression finds under a name.
typedef struct isolator_script_global {
    // The name.
    struct isolator_bytes name;
    // The type, as C# writes it: `int`, `string[]`, `System.Collections.Generic.Dictionary<string, decimal>`.
    struct isolator_bytes type_name;
} isolator_script_global;

// A text that an embedder put beside a snapshot.
typedef struct isolator_note {
    // Its name.
    struct isolator_bytes name;
    // The text.
    struct isolator_bytes text;
} isolator_note;

// Takes what a guest writes. Called while the guest runs; it must not call the runtime. False is an error to the guest.
typedef bool (*isolator_write_fn)(void *user_data, struct isolator_bytes bytes);

// Gives a guest what it reads: at most `len` bytes, written to `into`; the result is how many, 0 at the end, negative for an error. Called while the
// guest runs; it must not call the runtime.
typedef int64_t (*isolator_read_fn)(void *user_data, uint8_t *into, size_t len);

// Prepares a runtime, which it does not give back: loads assemblies, makes the calls that fill caches, keeps handles by name. Null if all went well, or else
// an error, which then belongs to the library: one that it got from a function of this library, or one of `isolator_error_new`.
typedef struct isolator_error *(*isolator_prepare_fn)(void *user_data, struct isolator_runtime *runtime);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Version of this interface that the library implements: compare it with `ISOLATOR_ABI_VERSION` before anything else.
uint32_t isolator_abi_version(void);

// Version of the library, such as `0.1.0`. Lives as long as the process.
struct isolator_bytes isolator_library_version(void);

// Calls a method and awaits the task that it returns (a method that returns none is done at once). The call is queued, so the runtime may be in use,
// and this returns without waiting; `done` is called later, exactly once. While the guest waits, no thread is held. If this function gives an error, `done`
// is not called. `out` gets the call's number, for `isolator_runtime_cancel_async`. Objects that `args` pass by reference must live until the call is
// done.
//
// # Safety
// `runtime` points to a runtime of this library, `method` to a handle, `target` (nullable) to one; `args`, the function and its value as the interface says; `out` points
// to a place for the number.
struct isolator_error *isolator_runtime_invoke_async(struct isolator_runtime *runtime,
                                                     const struct isolator_handle *method,
                                                     const struct isolator_handle *target,
                                                     struct isolator_bytes args,
                                                     isolator_complete_fn done,
                                                     void *user_data,
                                                     uint64_t *out);

// Fetches the next element of a stream, as `isolator_runtime_invoke_async` calls a method. The result is an array: the element, or nothing at the
// end.
//
// # Safety
// As `isolator_runtime_invoke_async`.
struct isolator_error *isolator_runtime_next_element_async(struct isolator_runtime *runtime,
                                                           const struct isolator_handle *stream,
                                                           isolator_complete_fn done,
                                                           void *user_data,
                                                           uint64_t *out);

// Ends reading a stream before its end, as `isolator_runtime_invoke_async` calls a method. It is done when the guest has disposed the enumerator, so
// that `finally` blocks have run; an exception of theirs is the error. One whose element is still being fetched ends after that; one that was not opened
// yet ends at once.
//
// # Safety
// As `isolator_runtime_invoke_async`.
struct isolator_error *isolator_runtime_close_stream_async(struct isolator_runtime *runtime,
                                                           const struct isolator_handle *stream,
                                                           isolator_complete_fn done,
                                                           void *user_data,
                                                           uint64_t *out);

// Runs an assembly's entry point, as `isolator_runtime_invoke_async` calls a method. The result is the exit code that `Main` returns; a program that ends with
// `Environment.Exit` is an error of kind `ISOLATOR_ERROR_EXIT`, whose code is that one.
//
// # Safety
// As `isolator_runtime_invoke_async`; `args` (nullable if `args_len` is 0) points to so many texts.
struct isolator_error *isolator_runtime_run_main_async(struct isolator_runtime *runtime,
                                                       const struct isolator_handle *assembly,
                                                       const struct isolator_bytes *args,
                                                       size_t args_len,
                                                       isolator_complete_fn done,
                                                       void *user_data,
                                                       uint64_t *out);

// Begins the asynchronous calls that are queued, on this thread rather than one of the library: so that a copy of the runtime has them. Forks and suspended
// runtimes do so by themselves. Not from within callbacks.
//
// # Safety
// `runtime` points to a runtime of this library.
struct isolator_error *isolator_runtime_begin_queued(struct isolator_runtime *runtime);

// Keeps the task of an asynchronous call that is under way, by its number, under a name (as `isolator_runtime_keep`): in a fork, or a runtime that is resumed, it
// is taken up again by that. One that is queued begins now. An error of kind `ISOLATOR_ERROR_BAD_HANDLE` if the call is over. Not from within callbacks.
//
// # Safety
// `runtime` points to a runtime of this library; `name` is text.
struct isolator_error *isolator_runtime_keep_call(struct isolator_runtime *runtime,
                                                  struct isolator_bytes name,
                                                  uint64_t call);

// Lists the numbers of asynchronous calls that were under way when the runtime was forked or suspended, and that nobody awaits here: at most `capacity` of them.
// `out` gets how many there are.
//
// # Safety
// `runtime` points to a runtime of this library, `numbers` (nullable if `capacity` is 0) to so many places, `out` to one.
struct isolator_error *isolator_runtime_unfinished_calls(struct isolator_runtime *runtime,
                                                         uint64_t *numbers,
                                                         size_t capacity,
                                                         size_t *out);

// Awaits an asynchronous call of `isolator_runtime_unfinished_calls`, as `isolator_runtime_invoke_async` awaits that of a method. Each is taken up once.
//
// # Safety
// `runtime` points to a runtime of this library; the function and its value as the interface says; `out` points to a place for the number that the call has here.
struct isolator_error *isolator_runtime_take_up_async(struct isolator_runtime *runtime,
                                                      uint64_t number,
                                                      isolator_complete_fn done,
                                                      void *user_data,
                                                      uint64_t *out);

// Awaits a task that was kept under a name, as `isolator_runtime_invoke_async` awaits that of a method: a call that was under way when the runtime was forked or
// suspended goes on so.
//
// # Safety
// `runtime` points to a runtime of this library; `name` is text; the function and its value as the interface says; `out` points to a place for the number.
struct isolator_error *isolator_runtime_take_up_kept_async(struct isolator_runtime *runtime,
                                                           struct isolator_bytes name,
                                                           isolator_complete_fn done,
                                                           void *user_data,
                                                           uint64_t *out);

// Has `turn` called when the runtime is free, to do what has to come before asynchronous calls (finding methods, copying objects) without waiting for others
// who use it. This returns at once. `turn` is called later, exactly once; if this function gives an error, it is not called. `out` gets a number for
// `isolator_runtime_abandon_async`.
//
// # Safety
// `runtime` points to a runtime of this library; the function and its value as the interface says; `out` points to a place for the number.
struct isolator_error *isolator_runtime_queue_turn(struct isolator_runtime *runtime,
                                                   isolator_turn_fn turn,
                                                   void *user_data,
                                                   uint64_t *out);

// Signals the `CancellationToken` that the method of an asynchronous call takes, if it takes one. One that has not begun does not begin, and ends
// with an error of kind `ISOLATOR_ERROR_CANCELLED`; any other ends as the method does. The runtime may be in use. A call that is done: nothing happens.
//
// # Safety
// `runtime` points to a runtime of this library.
struct isolator_error *isolator_runtime_cancel_async(struct isolator_runtime *runtime,
                                                     uint64_t call);

// As `isolator_runtime_cancel_async`, and gives up the call (or the turn that was queued): it ends with an error of kind `ISOLATOR_ERROR_CANCELLED` as soon as the
// runtime is free, however the method goes on. What that still awaits goes on with later calls of the runtime; what it computes is cut off by the limits.
//
// # Safety
// `runtime` points to a runtime of this library.
struct isolator_error *isolator_runtime_abandon_async(struct isolator_runtime *runtime,
                                                      uint64_t call);

// Calls a method that has a scalar signature `count` times, with one crossing into the guest for many calls. The columns are of the
// signature's types exactly; the n-th call takes the n-th number of each. The whole batch is one call to the limits of time.
// `done` tells how many calls returned and have their results in place, also if the batch fails: if a call throws, the error is its
// exception, `done` its number, counted from 0, and the calls after it were not made.
//
// # Safety
// `runtime` points to a runtime of this library, `method` to a handle, `target` (nullable) to one; `args` points to `args_len` columns
// (nullable if that is 0) of `count` numbers each, `results.data` to as many initialized places that overlap none of them; `done` points to a
// place for the number.
struct isolator_error *isolator_runtime_invoke_batch(struct isolator_runtime *runtime,
                                                     const struct isolator_handle *method,
                                                     const struct isolator_handle *target,
                                                     const struct isolator_column *args,
                                                     size_t args_len,
                                                     struct isolator_result_column results,
                                                     size_t count,
                                                     size_t *done);

// Starts to say what a runtime of a host is granted. Never null. The host may be given back before the builder.
//
// # Safety
// `host` points to a host of this library.
struct isolator_runtime_builder *isolator_runtime_builder_new(const struct isolator_host *host);

// Sets a number; `which` is an `isolator_runtime_number`.
//
// # Safety
// `builder` points to a builder of this library.
struct isolator_error *isolator_runtime_builder_set_number(struct isolator_runtime_builder *builder,
                                                           uint32_t which,
                                                           uint64_t value);

// Sets a text; `which` is an `isolator_runtime_text`.
//
// # Safety
// `builder` points to a builder of this library; `value` is text.
struct isolator_error *isolator_runtime_builder_set_text(struct isolator_runtime_builder *builder,
                                                         uint32_t which,
                                                         struct isolator_bytes value);

// Sets something that has a name; `which` is an `isolator_runtime_pair`.
//
// # Safety
// `builder` points to a builder of this library; `name` and `value` are text.
struct isolator_error *isolator_runtime_builder_set_pair(struct isolator_runtime_builder *builder,
                                                         uint32_t which,
                                                         struct isolator_bytes name,
                                                         struct isolator_bytes value);

// Sets a limit, instead of the host's; `which` is an `isolator_limit`, `value` in its unit or `ISOLATOR_NO_LIMIT`.
//
// # Safety
// `builder` points to a builder of this library.
struct isolator_error *isolator_runtime_builder_set_limit(struct isolator_runtime_builder *builder,
                                                          uint32_t which,
                                                          uint64_t value);

// Grants a directory of this machine, under a path of the guest such as `/data`.
//
// # Safety
// `builder` points to a builder of this library; `host_path` and `guest_path` are text.
struct isolator_error *isolator_runtime_builder_directory(struct isolator_runtime_builder *builder,
                                                          struct isolator_bytes host_path,
                                                          struct isolator_bytes guest_path,
                                                          bool writable);

// Lets the runtime load assemblies from directories that runtimes of this process may write. Without this such a directory is no source of
// assemblies.
//
// # Safety
// `builder` points to a builder of this library.
struct isolator_error *isolator_runtime_builder_load_from_writable(struct isolator_runtime_builder *builder);

// Creates the runtime. The builder is used up, and is still given back with `isolator_runtime_builder_free`.
//
// # Safety
// `builder` points to a builder of this library, `out` to a place for the runtime.
struct isolator_error *isolator_runtime_builder_create(struct isolator_runtime_builder *builder,
                                                       struct isolator_runtime **out);

// Gives a builder back, used up or not.
//
// # Safety
// `builder`, nullable, is a builder of this library that was not given back before.
void isolator_runtime_builder_free(struct isolator_runtime_builder *builder);

// Number of the runtime whose guest calls: see `isolator_runtime_id`.
//
// # Safety
// `call` is that of a callback that is running.
uint64_t isolator_call_runtime_id(const struct isolator_call *call);

// Number of the runtime whose guest calls an asynchronous callback: see `isolator_runtime_id`.
//
// # Safety
// `completion` was not ended before.
uint64_t isolator_completion_runtime_id(const struct isolator_completion *completion);

// Answers a call with one MessagePack value (or, for a raw call, with bytes). The last answer counts.
//
// # Safety
// `call` is that of a callback that is running; `value` as the interface says.
void isolator_call_succeed(struct isolator_call *call, struct isolator_bytes value);

// Answers a call with a failure. The guest gets an exception with a fixed sentence, and this message only if the host was made with
// `ISOLATOR_HOST_CALLBACK_ERROR_DETAILS`; it is logged.
//
// # Safety
// `call` is that of a callback that is running; `message` is text as the interface says.
void isolator_call_fail(struct isolator_call *call,
                        struct isolator_bytes message);

// As `isolator_call_fail`, by an embedder who has logged the failure: it is not logged again. Guest code is told `number`, which is not 0, and may tell it:
// `HostCallException.FailureNumber`.
//
// # Safety
// As `isolator_call_fail`.
void isolator_call_fail_logged(struct isolator_call *call,
                               struct isolator_bytes message,
                               uint64_t number);

// Ends an asynchronous call with one MessagePack value, and gives the completion back. On any thread; not from within
// `isolator_cancelled_fn`.
//
// # Safety
// `completion` was not ended before; `value` as the interface says.
void isolator_completion_succeed(struct isolator_completion *completion, struct isolator_bytes value);

// Ends an asynchronous call with a failure, as `isolator_call_fail` does, and gives the completion back.
//
// # Safety
// `completion` was not ended before; `message` is text as the interface says.
void isolator_completion_fail(struct isolator_completion *completion, struct isolator_bytes message);

// As `isolator_completion_fail`, by an embedder who has logged the failure: see `isolator_call_fail_logged`.
//
// # Safety
// As `isolator_completion_fail`.
void isolator_completion_fail_logged(struct isolator_completion *completion,
                                     struct isolator_bytes message,
                                     uint64_t number);

// Has `function` called, once and on any thread, if the guest gives the call up before it is ended; at once if it did already. It is not
// called any more once the completion is ended, but may be running just then. The completion is ended all the same.
//
// # Safety
// `completion` was not ended before.
void isolator_completion_on_cancel(struct isolator_completion *completion,
                                   isolator_cancelled_fn function,
                                   void *user_data);

// Registers a callback in a runtime, also from within a callback. A name that is taken is taken over.
//
// # Safety
// `runtime` points to a runtime of this library; `name` is text; the function and its value as the interface says.
struct isolator_error *isolator_runtime_register_callback(struct isolator_runtime *runtime,
                                                          struct isolator_bytes name,
                                                          isolator_callback_fn function,
                                                          void *user_data,
                                                          isolator_drop_fn drop);

// Registers an asynchronous callback in a runtime, also from within a callback. A name that is taken is taken over. Guest code
// awaits it with `InvokeAsync`, and holds no thread meanwhile.
//
// # Safety
// `runtime` points to a runtime of this library; `name` is text; the function and its value as the interface says.
struct isolator_error *isolator_runtime_register_async_callback(struct isolator_runtime *runtime,
                                                                struct isolator_bytes name,
                                                                isolator_async_callback_fn function,
                                                                void *user_data,
                                                                isolator_drop_fn drop);

// Registers a callback for every runtime of the host. A runtime's own come first.
//
// # Safety
// `builder` points to a builder of this library; `name` is text; the function and its value as the interface says.
struct isolator_error *isolator_host_builder_callback(struct isolator_host_builder *builder,
                                                      struct isolator_bytes name,
                                                      isolator_callback_fn function,
                                                      void *user_data,
                                                      isolator_drop_fn drop);

// Registers an asynchronous callback for every runtime of the host. A runtime's own come first.
//
// # Safety
// `builder` points to a builder of this library; `name` is text; the function and its value as the interface says.
struct isolator_error *isolator_host_builder_async_callback(struct isolator_host_builder *builder,
                                                            struct isolator_bytes name,
                                                            isolator_async_callback_fn function,
                                                            void *user_data,
                                                            isolator_drop_fn drop);

// Calls a method. `target` is null for a static one. The result is one MessagePack value; nil for `void`.
//
// # Safety
// `runtime` points to a runtime of this library, `method` to a handle, `target` (nullable) to one; `args` as the interface says; `out` points to a
// place for the buffer.
struct isolator_error *isolator_runtime_invoke(struct isolator_runtime *runtime,
                                               const struct isolator_handle *method,
                                               const struct isolator_handle *target,
                                               struct isolator_bytes args,
                                               struct isolator_buffer *out);

// Calls a method with a single `byte[]` (or `ReadOnlySpan<byte>`) parameter and a `byte[]` result, without serialization.
//
// # Safety
// As `isolator_runtime_invoke`.
struct isolator_error *isolator_runtime_invoke_raw(struct isolator_runtime *runtime,
                                                   const struct isolator_handle *method,
                                                   const struct isolator_handle *target,
                                                   struct isolator_bytes bytes,
                                                   struct isolator_buffer *out);

// Calls a method whose result stays in the guest. The handle is null if the result is null, or there is none.
//
// # Safety
// `runtime` points to a runtime of this library, `method` to a handle, `target` (nullable) to one; `args` as the interface says; `out` points to a
// place for the handle.
struct isolator_error *isolator_runtime_invoke_object(struct isolator_runtime *runtime,
                                                      const struct isolator_handle *method,
                                                      const struct isolator_handle *target,
                                                      struct isolator_bytes args,
                                                      struct isolator_handle **out);

// The scalar signature of a method: the result's letter, then one for each parameter, then a zero. `v` void, `z` bool, `c` char, `b` sbyte, `B` byte, `s`
// short, `S` ushort, `i` int, `I` uint, `l` long, `L` ulong, `f` float, `d` double. Empty if the method has other types, too, or more than
// `ISOLATOR_MAX_SCALARS` parameters: `isolator_runtime_invoke_scalar` does not call it then.
//
// # Safety
// `runtime` points to a runtime of this library, `method` to a handle, `out` to a place for 10 bytes.
struct isolator_error *isolator_runtime_scalar_signature(struct isolator_runtime *runtime,
                                                         const struct isolator_handle *method,
                                                         uint8_t *out);

// Calls a method that has a scalar signature, without serialization and without memory from the heap. Each argument is a word: integers
// sign- or zero-extended to 64 bits, a `float` or `double` as its bits (a `float` in the low 32). So is the result, whose bits beyond its type
// say nothing; for `void` it says nothing at all. A method without a scalar signature, another number of arguments, a target that is not valid: an
// error, and nothing was called; it is that of `isolator_runtime_invoke` where that has one.
//
// # Safety
// `runtime` points to a runtime of this library, `method` to a handle, `target` (nullable) to one; `args` points to `args_len` words (nullable if that
// is 0), `out` to a place for the result.
struct isolator_error *isolator_runtime_invoke_scalar(struct isolator_runtime *runtime,
                                                      const struct isolator_handle *method,
                                                      const struct isolator_handle *target,
                                                      const uint64_t *args,
                                                      size_t args_len,
                                                      uint64_t *out);

// An error of yours, of kind `ISOLATOR_ERROR_OTHER`, for functions of yours that return one. What is no text becomes U+FFFD. Never null.
//
// # Safety
// `message` as the interface says.
struct isolator_error *isolator_error_new(struct isolator_bytes message);

// What kind of error it is.
//
// # Safety
// `error` points to an error of this library.
isolator_error_kind isolator_error_get_kind(const struct isolator_error *error);

// What happened, where, and what to do, for people. Lives as long as the error.
//
// # Safety
// `error` points to an error of this library.
struct isolator_bytes isolator_error_message(const struct isolator_error *error);

// A number that belongs to the kind: an exit code, an exception's `HResult`, the operating system's error number, a limit; else 0.
//
// # Safety
// `error` points to an error of this library.
int32_t isolator_error_code(const struct isolator_error *error);

// Whether the runtime is dead from now on.
//
// # Safety
// `error` points to an error of this library.
bool isolator_error_is_fatal(const struct isolator_error *error);

// All that the error knows, as a MessagePack map. Keys, each only where it applies: `Assembly`, `TypeName`, `Member`, `Candidates`
// (array of signatures), `Exception` (map: `TypeName`, `Message`, `StackTrace`, `Text`, `HResult`, `Inner` (array of
// such maps), `Properties` (map)), `ExitCode`, `TrapKind`, `Backtrace`, `Path`,
// `Limit`, `Allowed`, `Used`. Lives as long as the error.
//
// # Safety
// `error` points to an error of this library.
struct isolator_bytes isolator_error_details(const struct isolator_error *error);

// The exception that guest code threw; null if the error is of another kind. Lives as long as the error.
//
// # Safety
// `error` points to an error of this library.
const struct isolator_exception *isolator_error_exception(const struct isolator_error *error);

// A text of an exception; `which` is an `isolator_exception_text`. Lives as long as the error.
//
// # Safety
// `exception` points to an exception of an error that was not given back.
struct isolator_bytes isolator_exception_get_text(const struct isolator_exception *exception, int32_t which);

// How many inner exceptions it has.
//
// # Safety
// `exception` points to an exception of an error that was not given back.
size_t isolator_exception_inner_count(const struct isolator_exception *exception);

// An inner exception; null if there are not so many. Lives as long as the error.
//
// # Safety
// `exception` points to an exception of an error that was not given back.
const struct isolator_exception *isolator_exception_inner(const struct isolator_exception *exception, size_t index);

// Gives an error back.
//
// # Safety
// `error`, nullable, is an error of this library that was not given back before.
void isolator_error_free(struct isolator_error *error);

// Makes a copy of a runtime that goes on from where it is, independently: objects, statics, tasks and timers are there, limits and callbacks are the same, and
// what either changes from now on the other does not see. Functions that it was given (callbacks, loaders, streams) serve both, and each `drop` is called
// when the last of them is gone. Asynchronous calls of yours go on in the runtime itself only; those that were queued have begun before the copy is made. Calls of the
// host's asynchronous callbacks that are under way are pending in the copy: `isolator_runtime_pending_calls`.
//
// An error of kind `ISOLATOR_ERROR_NOT_FROZEN` names what cannot come along. The runtime is as it was in every case. Not from within callbacks.
//
// # Safety
// `runtime` points to a runtime of this library, `out` to a place for the copy.
struct isolator_error *isolator_runtime_fork(struct isolator_runtime *runtime,
                                             struct isolator_runtime **out);

// As `isolator_runtime_fork`, `count` times at once, which takes less than one after the other. All or none are made.
//
// # Safety
// `runtime` points to a runtime of this library, `out` to places for `count` runtimes, which are null if it fails.
struct isolator_error *isolator_runtime_fork_many(struct isolator_runtime *runtime,
                                                  size_t count,
                                                  struct isolator_runtime **out);

// What a handle names in a fork: `handle` is one of the runtime that `child` was forked from, made before that, and `out` gets the child's own. An error of kind
// `ISOLATOR_ERROR_FOREIGN_HANDLE` for one of another runtime, or one that was made later. Not from within callbacks.
//
// # Safety
// `child` points to a runtime of this library, `handle` to a handle, `out` to a place for the handle.
struct isolator_error *isolator_runtime_inherit(struct isolator_runtime *child,
                                                const struct isolator_handle *handle,
                                                struct isolator_handle **out);

// What a handle names.
//
// # Safety
// `handle` points to a handle of this library.
isolator_handle_kind isolator_handle_get_kind(const struct isolator_handle *handle);

// The number of an object inside the runtime with the number `runtime_id` (`isolator_runtime_id`). In arguments, a MessagePack
// extension value of type 80 with these eight bytes, big-endian, passes the object by reference. The handle must live until
// the call is made (for an asynchronous call: until it is done). An object of another runtime is an error of kind
// `ISOLATOR_ERROR_FOREIGN_HANDLE`.
//
// # Safety
// `handle` points to a handle of this library, `out` to a place for the number.
struct isolator_error *isolator_handle_object_id(const struct isolator_handle *handle,
                                                 uint64_t runtime_id,
                                                 uint64_t *out);

// Another handle for the same: each is given back for itself.
//
// # Safety
// `handle` points to a handle of this library.
struct isolator_handle *isolator_handle_clone(const struct isolator_handle *handle);

// Gives a handle back, on any thread. What it names may then be collected, once the runtime is next called.
//
// # Safety
// `handle`, nullable, is a handle of this library that was not given back before.
void isolator_handle_free(struct isolator_handle *handle);

// Starts with default settings. Never null.
struct isolator_host_builder *isolator_host_builder_new(void);

// Sets a number; `which` is an `isolator_host_number`.
//
// # Safety
// `builder` points to a builder of this library.
struct isolator_error *isolator_host_builder_set_number(struct isolator_host_builder *builder,
                                                        uint32_t which,
                                                        uint64_t value);

// Sets a text; `which` is an `isolator_host_text`.
//
// # Safety
// `builder` points to a builder of this library; `value` is text.
struct isolator_error *isolator_host_builder_set_text(struct isolator_host_builder *builder,
                                                      uint32_t which,
                                                      struct isolator_bytes value);

// Sets a limit of every runtime that is not given another; `which` is an `isolator_limit`, `value` in its unit or `ISOLATOR_NO_LIMIT`.
// Without this a runtime has 256 MiB beyond its snapshot, and a call 60 seconds.
//
// # Safety
// `builder` points to a builder of this library.
struct isolator_error *isolator_host_builder_set_limit(struct isolator_host_builder *builder,
                                                       uint32_t which,
                                                       uint64_t value);

// Finds and loads the guest image. The builder is used up, and is still given back with `isolator_host_builder_free`.
//
// # Safety
// `builder` points to a builder of this library, `out` to a place for the host.
struct isolator_error *isolator_host_builder_build(struct isolator_host_builder *builder, struct isolator_host **out);

// Gives a builder back, used up or not.
//
// # Safety
// `builder`, nullable, is a builder of this library that was not given back before.
void isolator_host_builder_free(struct isolator_host_builder *builder);

// Creates a runtime to which nothing is granted.
//
// # Safety
// `host` points to a host of this library, `out` to a place for the runtime.
struct isolator_error *isolator_host_create_runtime(const struct isolator_host *host, struct isolator_runtime **out);

// Version of .NET inside, such as `10.0.15`. Lives as long as the host.
//
// # Safety
// `host` points to a host of this library.
struct isolator_bytes isolator_host_dotnet_version(const struct isolator_host *host);

// Where the guest image came from: its directory, or `embedded`. Lives as long as the host.
//
// # Safety
// `host` points to a host of this library.
struct isolator_bytes isolator_host_origin(const struct isolator_host *host);

// How many runtimes of the host live now.
//
// # Safety
// `host` points to a host of this library.
uint32_t isolator_host_live_runtimes(const struct isolator_host *host);

// Gives a host back. Its runtimes live on.
//
// # Safety
// `host`, nullable, is a host of this library that was not given back before.
void isolator_host_free(struct isolator_host *host);

// Registers a callback for every runtime of a host, those that live already included. A runtime's own of the same name comes first; a name of
// the host that is taken is taken over. `isolator_call_runtime_id` says which runtime calls. On any thread.
//
// # Safety
// `host` points to a host of this library; `name` is text; the function and its value as the interface says.
struct isolator_error *isolator_host_register_callback(const struct isolator_host *host,
                                                       struct isolator_bytes name,
                                                       isolator_callback_fn function,
                                                       void *user_data,
                                                       isolator_drop_fn drop);

// Registers an asynchronous callback for every runtime of a host, as `isolator_host_register_callback` does.
// `isolator_completion_runtime_id` says which runtime calls.
//
// # Safety
// As `isolator_host_register_callback`.
struct isolator_error *isolator_host_register_async_callback(const struct isolator_host *host,
                                                             struct isolator_bytes name,
                                                             isolator_async_callback_fn function,
                                                             void *user_data,
                                                             isolator_drop_fn drop);

// Removes a callback of a host; `out` says whether there was one. A guest that calls it later is told that there is none. Calls that
// are under way end as they would have. On any thread.
//
// # Safety
// `host` points to a host of this library; `name` is text; `out` points to a place for the answer.
struct isolator_error *isolator_host_unregister_callback(const struct isolator_host *host,
                                                         struct isolator_bytes name,
                                                         bool *out);

// Removes a callback of a runtime, also from within a callback; `out` says whether there was one. The host's callback of the same name, if
// there is one, can be called again. Calls that are under way end as they would have.
//
// # Safety
// `runtime` points to a runtime of this library; `name` is text; `out` points to a place for the answer.
struct isolator_error *isolator_runtime_unregister_callback(struct isolator_runtime *runtime,
                                                            struct isolator_bytes name,
                                                            bool *out);

// Starts to say what a runtime may ask of the network: nothing yet. Never null.
struct isolator_http_grant *isolator_http_grant_new(void);

// Sets a number; `which` is an `isolator_http_number`.
//
// # Safety
// `grant` points to a grant of this library.
struct isolator_error *isolator_http_grant_set_number(struct isolator_http_grant *grant,
                                                      uint32_t which,
                                                      uint64_t value);

// Sets something that has a name; `which` is an `isolator_http_pair`. What makes no sense is an error of the function that creates the
// runtime.
//
// # Safety
// `grant` points to a grant of this library; `name` and `value` are text.
struct isolator_error *isolator_http_grant_set_pair(struct isolator_http_grant *grant,
                                                    uint32_t which,
                                                    struct isolator_bytes name,
                                                    struct isolator_bytes value);

// Lets requests go to an address that is not of the public network, or a range of them: `127.0.0.1`, `10.0.0.0/8`.
//
// # Safety
// `grant` points to a grant of this library; `range` is text.
struct isolator_error *isolator_http_grant_address(struct isolator_http_grant *grant, struct isolator_bytes range);

// Trusts servers whose certificates lead to this one (DER), beside the system's roots.
//
// # Safety
// `grant` points to a grant of this library.
struct isolator_error *isolator_http_grant_root_certificate(struct isolator_http_grant *grant,
                                                            struct isolator_bytes der);

// Grants it to a runtime. The grant stays the caller's.
//
// # Safety
// `builder` points to a builder of this library, `grant` to a grant.
struct isolator_error *isolator_runtime_builder_http(struct isolator_runtime_builder *builder,
                                                     const struct isolator_http_grant *grant);

// Gives a grant back. Runtimes that it was given to keep it.
//
// # Safety
// `grant`, nullable, is a grant of this library that was not given back before.
void isolator_http_grant_free(struct isolator_http_grant *grant);

// Stops a runtime for good, from any thread, also while a call is running in it: that and all later ones end with an error of kind
// `ISOLATOR_ERROR_CANCELLED`. A synchronous callback cannot be interrupted: the error comes when it returns.
//
// # Safety
// `runtime` points to a runtime of this library.
struct isolator_error *isolator_runtime_cancel(struct isolator_runtime *runtime);

// Limits each call that begins from now on, until this is called again: wall time in nanoseconds, and fuel, or `ISOLATOR_NO_LIMIT` for none
// besides the runtime's own. Of both the smaller one counts. A call that reaches one ends as with the runtime's own limits, and the
// runtime with it. Asynchronous calls have the time that was set when they were queued, and no fuel of their own. The runtime may be in use.
//
// # Safety
// `runtime` points to a runtime of this library.
struct isolator_error *isolator_runtime_set_call_limits(struct isolator_runtime *runtime,
                                                        uint64_t timeout,
                                                        uint64_t fuel);

// The assembly's simple name. It comes from guest code: trust nothing in it. Lives while the loader runs.
//
// # Safety
// `request` is that of a loader that is running.
struct isolator_bytes isolator_assembly_request_name(const struct isolator_assembly_request *request);

// The culture of a satellite assembly, such as `de-CH`; empty for an ordinary one. Lives while the loader runs.
//
// # Safety
// `request` is that of a loader that is running.
struct isolator_bytes isolator_assembly_request_culture(const struct isolator_assembly_request *request);

// Answers with the content of a `.dll`, and of the portable `.pdb` that belongs to it (`len` 0: none).
//
// # Safety
// `request` is that of a loader that is running; the bytes as the interface says.
void isolator_assembly_request_found(struct isolator_assembly_request *request,
                                     struct isolator_bytes image,
                                     struct isolator_bytes symbols);

// Adds compiled code to the answer so far: what `isolator compile` made of the assembly. One that does not fit is left alone.
//
// # Safety
// `request` is that of a loader that is running; the bytes as the interface says.
void isolator_assembly_request_compiled(struct isolator_assembly_request *request,
                                        struct isolator_bytes compiled);

// Takes an answer back: there is no such assembly.
//
// # Safety
// `request` is that of a loader that is running.
void isolator_assembly_request_forget(struct isolator_assembly_request *request);

// Most bytes that the answer may have: what the runtime that asks can take. A larger one is refused.
//
// # Safety
// `request` is that of a loader that is running.
uint64_t isolator_assembly_request_most_bytes(const struct isolator_assembly_request *request);

// The image of the answer so far; empty if there is none. Lives until the request is answered again, and no longer than the loader runs.
//
// # Safety
// `request` is that of a loader that is running.
struct isolator_bytes isolator_assembly_request_image(const struct isolator_assembly_request *request);

// Opens a folder with assemblies.
//
// # Safety
// `path` is text; `out` points to a place for the folder.
struct isolator_error *isolator_assembly_folder_open(struct isolator_bytes path, struct isolator_assembly_folder **out);

// Answers a request with what a folder has for it, `NAME.dll` or `CULTURE/NAME.dll` with the `.pdb` beside it. Whether it has something; if not,
// the answer so far stays.
//
// # Safety
// `folder` points to a folder of this library; `request` is that of a loader that is running.
bool isolator_assembly_folder_answer(const struct isolator_assembly_folder *folder,
                                     struct isolator_assembly_request *request);

// Gives a folder back. No loader may use it any more.
//
// # Safety
// `folder`, nullable, is a folder of this library that was not given back before.
void isolator_assembly_folder_free(struct isolator_assembly_folder *folder);

// Adds a loader. Loaders are asked in their order, for what the base class library does not have, on any thread and also several times at once.
//
// # Safety
// `builder` points to a builder of this library; the function and its value as the interface says.
struct isolator_error *isolator_host_builder_assembly_loader(struct isolator_host_builder *builder,
                                                             isolator_assembly_loader_fn function,
                                                             void *user_data,
                                                             isolator_drop_fn drop);

// Adds a loader for one runtime alone. A runtime's own loaders are asked before the host's, in their order.
//
// # Safety
// `builder` points to a builder of this library; the function and its value as the interface says.
struct isolator_error *isolator_runtime_builder_assembly_loader(struct isolator_runtime_builder *builder,
                                                                isolator_assembly_loader_fn function,
                                                                void *user_data,
                                                                isolator_drop_fn drop);

// Has a function take the log's lines that are at least so important, for the whole process; null ends that. False if another part of the process
// takes the log of Rust code already: then nothing changes.
//
// # Safety
// The function and its value as the interface says. A line may still come while this runs.
bool isolator_set_log(isolator_log_fn function,
                      void *user_data,
                      isolator_drop_fn drop,
                      uint32_t least);

// Loads an assembly by its simple or full name: the base class library first, then the host's loaders.
//
// # Safety
// `runtime` points to a runtime of this library; `name` is text; `out` points to a place for the handle.
struct isolator_error *isolator_runtime_load_assembly(struct isolator_runtime *runtime,
                                                      struct isolator_bytes name,
                                                      struct isolator_handle **out);

// Loads an assembly from the content of a `.dll`, and of the portable `.pdb` that belongs to it (`len` 0: none). One that is loaded
// already is the result then.
//
// # Safety
// `runtime` points to a runtime of this library; the bytes as the interface says; `out` points to a place for the handle.
struct isolator_error *isolator_runtime_load_image(struct isolator_runtime *runtime,
                                                   struct isolator_bytes image,
                                                   struct isolator_bytes symbols,
                                                   struct isolator_handle **out);

// As `isolator_runtime_load_image`, with the assembly's compiled code (`len` 0: none), as `isolator compile` makes it.
//
// # Safety
// `runtime` points to a runtime of this library; the bytes as the interface says; `out` points to a place for the handle.
struct isolator_error *isolator_runtime_load_compiled_image(struct isolator_runtime *runtime,
                                                            struct isolator_bytes image,
                                                            struct isolator_bytes symbols,
                                                            struct isolator_bytes compiled,
                                                            struct isolator_handle **out);

// Finds a type, public or not, in the assembly with this name. `name` is as `System.Type.GetType` takes it: `Namespace.Outer+Inner`, type arguments in
// brackets.
//
// # Safety
// `runtime` points to a runtime of this library; the names are text; `out` points to a place for the handle.
struct isolator_error *isolator_runtime_find_type(struct isolator_runtime *runtime,
                                                  struct isolator_bytes assembly,
                                                  struct isolator_bytes name,
                                                  struct isolator_handle **out);

// As `isolator_runtime_find_type`, in an assembly that is loaded.
//
// # Safety
// `runtime` points to a runtime of this library, `assembly` to a handle; `name` is text; `out` points to a place for the handle.
struct isolator_error *isolator_runtime_find_type_in(struct isolator_runtime *runtime,
                                                     const struct isolator_handle *assembly,
                                                     struct isolator_bytes name,
                                                     struct isolator_handle **out);

// Finds a method of a type or of what it inherits, public or not, static or instance. Properties are their `get_` and `set_`
// methods, operators their `op_` ones, constructors `.ctor`.
//
// # Safety
// `runtime` points to a runtime of this library, `of_type` to a handle; `name` is text; `query`, nullable, points to a query whose
// lists hold as many texts as it says; `out` points to a place for the handle.
struct isolator_error *isolator_runtime_find_method(struct isolator_runtime *runtime,
                                                    const struct isolator_handle *of_type,
                                                    struct isolator_bytes name,
                                                    const struct isolator_method_query *query,
                                                    struct isolator_handle **out);

// What an assembly, a type or a method consists of, as a MessagePack map: `Name`, `Kind`, `Signature`, `DocumentationId`, `IsPublic`,
// `Members` (array of such maps).
//
// # Safety
// `runtime` points to a runtime of this library, `subject` to a handle, `out` to a place for the buffer.
struct isolator_error *isolator_runtime_inspect(struct isolator_runtime *runtime,
                                                const struct isolator_handle *subject,
                                                struct isolator_buffer *out);

// Creates an object with the constructor that fits the arguments.
//
// # Safety
// `runtime` points to a runtime of this library, `of_type` to a handle; `args` as the interface says; `out` points to a place for the handle.
struct isolator_error *isolator_runtime_create_object(struct isolator_runtime *runtime,
                                                      const struct isolator_handle *of_type,
                                                      struct isolator_bytes args,
                                                      struct isolator_handle **out);

// Makes an object of a type from one MessagePack value: a copy inside, private fields included.
//
// # Safety
// `runtime` points to a runtime of this library, `of_type` to a handle; `value` as the interface says; `out` points to a place for the handle.
struct isolator_error *isolator_runtime_copy_object(struct isolator_runtime *runtime,
                                                    const struct isolator_handle *of_type,
                                                    struct isolator_bytes value,
                                                    struct isolator_handle **out);

// A copy of an object's value, as one MessagePack value.
//
// # Safety
// `runtime` points to a runtime of this library, `object` to a handle, `out` to a place for the buffer.
struct isolator_error *isolator_runtime_get_value(struct isolator_runtime *runtime,
                                                  const struct isolator_handle *object,
                                                  struct isolator_buffer *out);

// The type of an object.
//
// # Safety
// `runtime` points to a runtime of this library, `object` to a handle, `out` to a place for the handle.
struct isolator_error *isolator_runtime_type_of(struct isolator_runtime *runtime,
                                                const struct isolator_handle *object,
                                                struct isolator_handle **out);

// Reads a field, public or not, as one MessagePack value. `target` is null for a static one.
//
// # Safety
// `runtime` points to a runtime of this library, `of_type` to a handle, `target` (nullable) to one; `name` is text; `out` points to
// a place for the buffer.
struct isolator_error *isolator_runtime_get_field(struct isolator_runtime *runtime,
                                                  const struct isolator_handle *of_type,
                                                  const struct isolator_handle *target,
                                                  struct isolator_bytes name,
                                                  struct isolator_buffer *out);

// Writes a field, public or not, from one MessagePack value. `target` is null for a static one.
//
// # Safety
// `runtime` points to a runtime of this library, `of_type` to a handle, `target` (nullable) to one; `name` is text; `value` as the interface says.
struct isolator_error *isolator_runtime_set_field(struct isolator_runtime *runtime,
                                                  const struct isolator_handle *of_type,
                                                  const struct isolator_handle *target,
                                                  struct isolator_bytes name,
                                                  struct isolator_bytes value);

// Lists the calls of the host's asynchronous callbacks that were under way when a runtime was forked or suspended, and that nobody runs here: each is answered,
// failed, or begun again.
//
// # Safety
// `runtime` points to a runtime of this library, `out` to a place for the list.
struct isolator_error *isolator_runtime_pending_calls(struct isolator_runtime *runtime,
                                                      struct isolator_pending_calls **out);

// How many there are.
//
// # Safety
// `calls` points to a list of this library.
size_t isolator_pending_calls_len(const struct isolator_pending_calls *calls);

// One of them. `index` is less than `isolator_pending_calls_len`; otherwise it is zeros.
//
// # Safety
// `calls` points to a list of this library.
struct isolator_pending_call isolator_pending_calls_get(const struct isolator_pending_calls *calls, size_t index);

// Gives a list back.
//
// # Safety
// `calls`, nullable, is a list of this library that was not given back before.
void isolator_pending_calls_free(struct isolator_pending_calls *calls);

// Gives a pending call its result: one MessagePack value. The guest goes on where asynchronous calls of yours are under
// way, a task is waited for, or with `isolator_runtime_run_pending`.
//
// # Safety
// `runtime` points to a runtime of this library; `value` as the interface says.
struct isolator_error *isolator_runtime_answer_call(struct isolator_runtime *runtime,
                                                    uint64_t id,
                                                    struct isolator_bytes value);

// Ends a pending call with a failure, as `isolator_call_fail` does.
//
// # Safety
// `runtime` points to a runtime of this library; `message` is text.
struct isolator_error *isolator_runtime_fail_call(struct isolator_runtime *runtime,
                                                  uint64_t id,
                                                  struct isolator_bytes message);

// Begins a pending call again, with the same arguments: by the callback that is registered now under its name.
//
// # Safety
// `runtime` points to a runtime of this library.
struct isolator_error *isolator_runtime_restart_call(struct isolator_runtime *runtime, uint64_t id);

// A number that no other runtime of this process has. The runtime may be in use.
//
// # Safety
// `runtime` points to a runtime of this library.
uint64_t isolator_runtime_id(const struct isolator_runtime *runtime);

// Gives a runtime back, on any thread. If a call is running in it, it ends with that call. Handles that are left over do
// nothing any more; asynchronous calls that are under way end with an error of kind `ISOLATOR_ERROR_DEAD`.
//
// # Safety
// `runtime`, nullable, is a runtime of this library that was not given back before, and no call starts with it any more.
void isolator_runtime_free(struct isolator_runtime *runtime);

// Runs the guest's start-up now rather than in the first call.
//
// # Safety
// `runtime` points to a runtime of this library.
struct isolator_error *isolator_runtime_start(struct isolator_runtime *runtime);

// Whether the runtime can still be used: false once it trapped, exited or broke the contract. An error if it is in use.
//
// # Safety
// `runtime` points to a runtime of this library, `out` to a place for the answer.
struct isolator_error *isolator_runtime_is_alive(struct isolator_runtime *runtime, bool *out);

// Takes what a captured stream holds (1: standard output, 2: standard error), and makes room for more. Empty if the stream is not
// captured.
//
// # Safety
// `runtime` points to a runtime of this library, `out` to a place for the buffer.
struct isolator_error *isolator_runtime_take_output(struct isolator_runtime *runtime,
                                                    uint32_t stream,
                                                    struct isolator_buffer *out);

// The end of what the guest wrote to standard error, wherever that went: at most 2 KiB.
//
// # Safety
// `runtime` points to a runtime of this library, `out` to a place for the buffer.
struct isolator_error *isolator_runtime_last_words(struct isolator_runtime *runtime, struct isolator_buffer *out);

// A figure of the runtime; `which` is an `isolator_statistic`.
//
// # Safety
// `runtime` points to a runtime of this library, `out` to a place for the number.
struct isolator_error *isolator_runtime_statistic(struct isolator_runtime *runtime, uint32_t which, uint64_t *out);

// The name of an assembly that runs compiled, as its compiled code says it. `index` counts from 0, in the order in which they were loaded;
// `ISOLATOR_STATISTIC_COMPILED_ASSEMBLIES` says how many there are. Known of dead runtimes, too; not from within callbacks.
//
// # Safety
// `runtime` points to a runtime of this library, `out` to a place for the buffer.
struct isolator_error *isolator_runtime_compiled_assembly(struct isolator_runtime *runtime,
                                                          size_t index,
                                                          struct isolator_buffer *out);

// Runs the garbage collector for generation 0 to 2, and the finalizers that it made ready.
//
// # Safety
// `runtime` points to a runtime of this library.
struct isolator_error *isolator_runtime_collect(struct isolator_runtime *runtime, uint32_t generation);

// Runs an assembly's entry point to its end. The result is its exit code: what `Main` returned, or what it passed to
// `Environment.Exit`, after which the runtime is dead. An asynchronous `Main` is awaited.
//
// # Safety
// `runtime` points to a runtime of this library, `assembly` to a handle, `args` (nullable if `args_len` is 0) to so many
// texts, `out` to a place for the exit code.
struct isolator_error *isolator_runtime_run_main(struct isolator_runtime *runtime,
                                                 const struct isolator_handle *assembly,
                                                 const struct isolator_bytes *args,
                                                 size_t args_len,
                                                 int32_t *out);

// Starts with default settings. `host` is where all runs, and whose limits runs have unless others are set; it may be given back before the builder. Null: one
// with default settings is made. Never null.
//
// # Safety
// `host`, nullable, points to a host of this library.
struct isolator_script_host_builder *isolator_script_host_builder_new(const struct isolator_host *host);

// Sets a number; `which` is an `isolator_script_number`.
//
// # Safety
// `builder` points to a builder of this library.
struct isolator_error *isolator_script_host_builder_set_number(struct isolator_script_host_builder *builder,
                                                               uint32_t which,
                                                               uint64_t value);

// Sets a text; `which` is an `isolator_script_text`.
//
// # Safety
// `builder` points to a builder of this library; `value` is text.
struct isolator_error *isolator_script_host_builder_set_text(struct isolator_script_host_builder *builder,
                                                             uint32_t which,
                                                             struct isolator_bytes value);

// Adds a library that scripts may refer to, beside the base class library: an assembly, and its symbols if `symbols` has any bytes. Nothing else can be referred
// to.
//
// # Safety
// `builder` points to a builder of this library; `image` and `symbols` as the interface says.
struct isolator_error *isolator_script_host_builder_library(struct isolator_script_host_builder *builder,
                                                            struct isolator_bytes image,
                                                            struct isolator_bytes symbols);

// Sets a limit of each compilation; `which` is an `isolator_limit`, `value` in its unit or `ISOLATOR_NO_LIMIT`. Without this one may take 512 MiB and 30 seconds.
//
// # Safety
// `builder` points to a builder of this library.
struct isolator_error *isolator_script_host_builder_set_compile_limit(struct isolator_script_host_builder *builder,
                                                                      uint32_t which,
                                                                      uint64_t value);

// Sets a limit of each run and evaluation that is given no other; `which` is an `isolator_limit`, `value` in its unit or `ISOLATOR_NO_LIMIT`. Without this they
// have those of the host.
//
// # Safety
// `builder` points to a builder of this library.
struct isolator_error *isolator_script_host_builder_set_run_limit(struct isolator_script_host_builder *builder,
                                                                  uint32_t which,
                                                                  uint64_t value);

// Loads the prepared compiler, or prepares it, which takes some seconds, once for each guest image, compiler and set of libraries; the cache keeps it. An error
// of kind `ISOLATOR_ERROR_COMPILER_NOT_FOUND` names every place that was looked at. The builder is used up, and is still given back with
// `isolator_script_host_builder_free`.
//
// # Safety
// `builder` points to a builder of this library, `out` to a place for the host.
struct isolator_error *isolator_script_host_builder_build(struct isolator_script_host_builder *builder,
                                                          struct isolator_script_host **out);

// Gives a builder back, used up or not.
//
// # Safety
// `builder`, nullable, is a builder of this library that was not given back before.
void isolator_script_host_builder_free(struct isolator_script_host_builder *builder);

// Gives a host of scripts back. What was compiled lives on.
//
// # Safety
// `scripts`, nullable, is a host of this library that was not given back before.
void isolator_script_host_free(struct isolator_script_host *scripts);

// One that stops nothing yet. Never null.
struct isolator_script_cancellation *isolator_script_cancellation_new(void);

// Stops what it was given to: that ends with an error of kind `ISOLATOR_ERROR_CANCELLED`, also if it only begins later. On any thread, more than once. A
// function of the embedder's that the work is in cannot be interrupted: the error comes when it returns.
//
// # Safety
// `cancellation` points to a cancellation of this library.
void isolator_script_cancellation_cancel(const struct isolator_script_cancellation *cancellation);

// Gives one back. What it was given to goes on.
//
// # Safety
// `cancellation`, nullable, is a cancellation of this library that was not given back before.
void isolator_script_cancellation_free(struct isolator_script_cancellation *cancellation);

// Says what is wrong with sources, in a fresh sandbox; nothing of them runs. Errors in the sources are no error of the call.
//
// # Safety
// `scripts` points to a host of this library, `cancellation`, nullable, to a cancellation, `list` to `len` sources, `out` to a place for the diagnostics.
struct isolator_error *isolator_script_check(const struct isolator_script_host *scripts,
                                             const struct isolator_script_cancellation *cancellation,
                                             const struct isolator_script_source *list,
                                             size_t len,
                                             struct isolator_script_diagnostics **out);

// Compiles sources, in a fresh sandbox. What was compiled lately by this host is remembered. What is wrong with them is an error of kind
// `ISOLATOR_ERROR_COMPILATION`; a limit that the compiler reached one of kind `ISOLATOR_ERROR_LIMIT`, after which the host is as usable as before.
//
// # Safety
// `scripts` points to a host of this library, `cancellation`, nullable, to a cancellation, `list` to `len` sources, `out` to a place for the result.
struct isolator_error *isolator_script_compile(const struct isolator_script_host *scripts,
                                               const struct isolator_script_cancellation *cancellation,
                                               const struct isolator_script_source *list,
                                               size_t len,
                                               struct isolator_compiled_script **out);

// The assembly's bytes, which any runtime can load. Lives as long as the compiled script.
//
// # Safety
// `compiled` points to a compiled script of this library.
struct isolator_bytes isolator_compiled_script_assembly(const struct isolator_compiled_script *compiled);

// Its symbols, a portable PDB; null `data` if none were asked for. Lives as long as the compiled script.
//
// # Safety
// `compiled` points to a compiled script of this library.
struct isolator_bytes isolator_compiled_script_symbols(const struct isolator_compiled_script *compiled);

// Whether it has an entry point.
//
// # Safety
// `compiled` points to a compiled script of this library.
bool isolator_compiled_script_is_program(const struct isolator_compiled_script *compiled);

// Whether runs of it begin where it is loaded, since there were some (`ISOLATOR_SCRIPT_HOT_SCRIPTS`).
//
// # Safety
// `compiled` points to a compiled script of this library.
bool isolator_compiled_script_is_hot(const struct isolator_compiled_script *compiled);

// Warnings. Never null. Lives as long as the compiled script.
//
// # Safety
// `compiled` points to a compiled script of this library.
const struct isolator_script_diagnostics *isolator_compiled_script_diagnostics(const struct isolator_compiled_script *compiled);

// Gives a compiled script back.
//
// # Safety
// `compiled`, nullable, is a compiled script of this library that was not given back before.
void isolator_compiled_script_free(struct isolator_compiled_script *compiled);

// How many there are.
//
// # Safety
// `completions` points to a list of this library.
size_t isolator_script_completions_len(const struct isolator_script_completions *completions);

// One of them. `index` is less than `isolator_script_completions_len`; otherwise it is zeros.
//
// # Safety
// `completions` points to a list of this library.
struct isolator_script_completion isolator_script_completions_get(const struct isolator_script_completions *completions,
                                                                  size_t index);

// Gives a list back.
//
// # Safety
// `completions`, nullable, is a list of this library that was not given back before.
void isolator_script_completions_free(struct isolator_script_completions *completions);

// What an error of kind `ISOLATOR_ERROR_COMPILATION` says is wrong with the sources; null where the compiler could not bear them, and for errors of another
// kind. Lives as long as the error.
//
// # Safety
// `error` points to an error of this library.
const struct isolator_script_diagnostics *isolator_error_diagnostics(const struct isolator_error *error);

// How many there are in the list.
//
// # Safety
// `diagnostics` points to a list of this library.
size_t isolator_script_diagnostics_len(const struct isolator_script_diagnostics *diagnostics);

// How many there were beyond those.
//
// # Safety
// `diagnostics` points to a list of this library.
uint64_t isolator_script_diagnostics_more(const struct isolator_script_diagnostics *diagnostics);

// One of them. `index` is less than `isolator_script_diagnostics_len`; otherwise it is zeros.
//
// # Safety
// `diagnostics` points to a list of this library.
struct isolator_script_diagnostic isolator_script_diagnostics_get(const struct isolator_script_diagnostics *diagnostics,
                                                                  size_t index);

// Where a `#line` of the source says that one of them is, which is what `dotnet build` prints; zeros if none says so. `index` is as with
// `isolator_script_diagnostics_get`.
//
// # Safety
// `diagnostics` points to a list of this library.
struct isolator_script_place isolator_script_diagnostics_mapped(const struct isolator_script_diagnostics *diagnostics,
                                                                size_t index);

// Gives a list back that `isolator_script_check` gave; others belong to what they were asked of.
//
// # Safety
// `diagnostics`, nullable, is such a list that was not given back before.
void isolator_script_diagnostics_free(struct isolator_script_diagnostics *diagnostics);

// Evaluates an expression in a fresh runtime; one that awaits is awaited. The value is one MessagePack value, nil for an expression without one. What it writes
// to the standard streams is lost, unless the builder says where it goes.
//
// An error is one of `isolator_script_compile`, the exception that it threw, or the limit that stopped it.
//
// # Safety
// `scripts` points to a host of this library, `cancellation`, nullable, to a cancellation; `expression` is text; `globals` (nullable if `globals_len` is 0)
// points to so many globals; `values`, a MessagePack array with an element for each of them, as the interface says; `builder`, nullable, points to a builder
// that `isolator_script_host_runtime_builder` gave for this host, which is used up; `out` points to a place for the buffer.
struct isolator_error *isolator_script_evaluate(const struct isolator_script_host *scripts,
                                                const struct isolator_script_cancellation *cancellation,
                                                struct isolator_bytes expression,
                                                const struct isolator_script_global *globals,
                                                size_t globals_len,
                                                struct isolator_bytes values,
                                                struct isolator_runtime_builder *builder,
                                                struct isolator_buffer *out);

// Declares a function of the embedder that scripts call as a method, such as `decimal Price(string sku)`; compiler and completion know it. The function gets the
// arguments as a callback does, and answers with one MessagePack value. Scripts choose the arguments: trust nothing in them. Where the declaration cannot be
// compiled, `isolator_script_host_builder_build` says so.
//
// # Safety
// `builder` points to a builder of this library; `declaration` is text; the function and its value as the interface says.
struct isolator_error *isolator_script_host_builder_function(struct isolator_script_host_builder *builder,
                                                             struct isolator_bytes declaration,
                                                             isolator_callback_fn function,
                                                             void *user_data,
                                                             isolator_drop_fn drop);

// Declares an asynchronous function of the embedder, such as `Task<int> StockAsync(string sku)`, which scripts await. It begins the work and returns.
//
// # Safety
// As `isolator_script_host_builder_function`.
struct isolator_error *isolator_script_host_builder_async_function(struct isolator_script_host_builder *builder,
                                                                   struct isolator_bytes declaration,
                                                                   isolator_async_callback_fn function,
                                                                   void *user_data,
                                                                   isolator_drop_fn drop);

// Adds a source with types that scripts, and declarations of functions, find: records of the embedder's, say. It is compiled once, as a library.
//
// # Safety
// `builder` points to a builder of this library; what is in `source` is text.
struct isolator_error *isolator_script_host_builder_prelude(struct isolator_script_host_builder *builder,
                                                            struct isolator_script_source source);

// The value of a submission, as one MessagePack value; null `data` if it has none, or one that stays inside, and for programs. Lives as long as the result.
//
// # Safety
// `result` points to a result of this library.
struct isolator_bytes isolator_script_result_value(const struct isolator_script_result *result);

// The value of a submission as C# writes it, in its first ten thousand characters; null `data` if it has none, and for programs. What a stranger wrote may be in
// it. Lives as long as the result.
//
// # Safety
// `result` points to a result of this library.
struct isolator_bytes isolator_script_result_value_text(const struct isolator_script_result *result);

// Why it did not come to its end: the exception that it let escape, the limit that stopped it; null if it did. Lives as long as the result.
//
// # Safety
// `result` points to a result of this library.
const struct isolator_error *isolator_script_result_error(const struct isolator_script_result *result);

// Its exit code: what `Main` returned, or what `Environment.Exit` was given; 0 where it has none.
//
// # Safety
// `result` points to a result of this library.
int32_t isolator_script_result_exit_code(const struct isolator_script_result *result);

// What it wrote to standard output, unless that went elsewhere. Lives as long as the result.
//
// # Safety
// `result` points to a result of this library.
struct isolator_bytes isolator_script_result_stdout(const struct isolator_script_result *result);

// What it wrote to standard error, unless that went elsewhere. Lives as long as the result.
//
// # Safety
// `result` points to a result of this library.
struct isolator_bytes isolator_script_result_stderr(const struct isolator_script_result *result);

// Warnings of the compiler. Never null. Lives as long as the result.
//
// # Safety
// `result` points to a result of this library.
const struct isolator_script_diagnostics *isolator_script_result_diagnostics(const struct isolator_script_result *result);

// A figure of the run (of a session: of all its submissions so far), the compiler not counted; `which` is an `isolator_statistic`, from `ISOLATOR_STATISTIC_PEAK_MEMORY` on.
//
// # Safety
// `result` points to a result of this library, `out` to a place for the number.
struct isolator_error *isolator_script_result_statistic(const struct isolator_script_result *result,
                                                        uint32_t which,
                                                        uint64_t *out);

// The name of an assembly that ran compiled, as its compiled code says it; empty if there are not so many. `index` counts from 0, in the order in which they
// were loaded; `ISOLATOR_STATISTIC_COMPILED_ASSEMBLIES` says how many there are. Lives as long as the result.
//
// # Safety
// `result` points to a result of this library.
struct isolator_bytes isolator_script_result_compiled_assembly(const struct isolator_script_result *result,
                                                               size_t index);

// Gives a result back.
//
// # Safety
// `result`, nullable, is a result of this library that was not given back before.
void isolator_script_result_free(struct isolator_script_result *result);

// Starts to say what the runtime of a script is granted, with the functions of builders; it is given to `isolator_script_run` and its like instead of
// `isolator_runtime_builder_create`. It has the limits of runs and the libraries of the host, and what the script writes is captured, unless that is changed.
// Never null. Given back with `isolator_runtime_builder_free`.
//
// # Safety
// `scripts` points to a host of this library.
struct isolator_runtime_builder *isolator_script_host_runtime_builder(const struct isolator_script_host *scripts);

// Compiles a program, top-level statements or a class with `Main`, and runs it in a fresh runtime, to its end. What was compiled lately is not compiled again. An
// error is one of `isolator_script_compile`, or says that the runtime cannot be created; how the program ended is in the result.
//
// # Safety
// `scripts` points to a host of this library, `cancellation`, nullable, to a cancellation, `list` to `len` sources, `args` (nullable if `args_len` is 0) to so
// many texts, `builder`, nullable, to a builder that `isolator_script_host_runtime_builder` gave for this host, which is used up; `out` points to a place for the
// result.
struct isolator_error *isolator_script_run(const struct isolator_script_host *scripts,
                                           const struct isolator_script_cancellation *cancellation,
                                           const struct isolator_script_source *list,
                                           size_t len,
                                           const struct isolator_bytes *args,
                                           size_t args_len,
                                           struct isolator_runtime_builder *builder,
                                           struct isolator_script_result **out);

// Runs a compiled program in a fresh runtime: as `isolator_script_run`.
//
// # Safety
// As `isolator_script_run`; `compiled` points to a compiled script of this library.
struct isolator_error *isolator_script_run_compiled(const struct isolator_script_host *scripts,
                                                    const struct isolator_script_cancellation *cancellation,
                                                    const struct isolator_compiled_script *compiled,
                                                    const struct isolator_bytes *args,
                                                    size_t args_len,
                                                    struct isolator_runtime_builder *builder,
                                                    struct isolator_script_result **out);

// Begins a session. It lives on when the host is given back.
//
// # Safety
// `scripts` points to a host of this library, `builder`, nullable, to a builder that `isolator_script_host_runtime_builder` gave for this host, which is used up;
// `out` points to a place for the session.
struct isolator_error *isolator_script_session_new(const struct isolator_script_host *scripts,
                                                   struct isolator_runtime_builder *builder,
                                                   struct isolator_script_session **out);

// Compiles a submission and runs it. Where its last expression has no semicolon, it has a value; `await` may stand anywhere in it. How it ran is in the result. After an
// error of the call nothing has changed: of kind `ISOLATOR_ERROR_COMPILATION` for a submission that does not compile, `ISOLATOR_ERROR_DEAD` for a session that has
// ended, `ISOLATOR_ERROR_CANCELLED`.
//
// # Safety
// `session` points to a session of this library; `source` is text; `out` points to a place for the result.
struct isolator_error *isolator_script_session_execute(const struct isolator_script_session *session,
                                                       struct isolator_bytes source,
                                                       struct isolator_script_result **out);

// Says what is wrong with a submission, which does not run.
//
// # Safety
// `session` points to a session of this library; `source` is text; `out` points to a place for the diagnostics.
struct isolator_error *isolator_script_session_check(const struct isolator_script_session *session,
                                                     struct isolator_bytes source,
                                                     struct isolator_script_diagnostics **out);

// Whether a text is a submission, and not the beginning of one that needs more lines. What is wrong in any case counts as one.
//
// # Safety
// `session` points to a session of this library; `source` is text; `out` points to a place for the answer.
struct isolator_error *isolator_script_session_is_complete(const struct isolator_script_session *session,
                                                           struct isolator_bytes source,
                                                           bool *out);

// Says what can stand at a place in a submission: `position` bytes of its text are before it. The best come first.
//
// # Safety
// `session` points to a session of this library; `source` is text; `out` points to a place for the list.
struct isolator_error *isolator_script_session_complete(const struct isolator_script_session *session,
                                                        struct isolator_bytes source,
                                                        size_t position,
                                                        struct isolator_script_completions **out);

// Stops what the session does just now, from any thread: a compilation, after which it goes on, or a run, which ends it. Where it does nothing, nothing happens.
//
// # Safety
// `session` points to a session of this library.
void isolator_script_session_cancel(const struct isolator_script_session *session);

// Begins anew, with the same grants: nothing is left of the submissions.
//
// # Safety
// `session` points to a session of this library.
struct isolator_error *isolator_script_session_reset(const struct isolator_script_session *session);

// Whether submissions can run. If not, `isolator_script_session_reset` helps. Waits for what is under way.
//
// # Safety
// `session` points to a session of this library.
bool isolator_script_session_is_alive(const struct isolator_script_session *session);

// Gives a session back, in which nothing is under way.
//
// # Safety
// `session`, nullable, is a session of this library that was not given back before.
void isolator_script_session_free(struct isolator_script_session *session);

// Reads what a file says of itself that `isolator_snapshot_save` wrote, for whichever guest image. None of it was tried: whoever wrote the file chose it. One
// that is no snapshot is an error of kind `ISOLATOR_ERROR_BAD_SNAPSHOT`.
//
// # Safety
// `path` is text; `out` points to a place for what it gives.
struct isolator_error *isolator_snapshot_info_read(struct isolator_bytes path,
                                                   struct isolator_snapshot_info **out);

// Version of .NET in the guest image that it belongs to. Lives as long as the info.
//
// # Safety
// `info` points to an info of this library.
struct isolator_bytes isolator_snapshot_info_dotnet_version(const struct isolator_snapshot_info *info);

// Digest of the code of that guest image, in hexadecimal digits. Lives as long as the info.
//
// # Safety
// `info` points to an info of this library.
struct isolator_bytes isolator_snapshot_info_code_digest(const struct isolator_snapshot_info *info);

// Size of the file, in bytes.
//
// # Safety
// `info` points to an info of this library.
uint64_t isolator_snapshot_info_file_size(const struct isolator_snapshot_info *info);

// Size of the memory that runtimes start with, in bytes.
//
// # Safety
// `info` points to an info of this library.
uint64_t isolator_snapshot_info_memory_size(const struct isolator_snapshot_info *info);

// The name of number `index` under which a handle was kept, in the order of names. Lives as long as the info; null `data` if there are not so many.
//
// # Safety
// `info` points to an info of this library.
struct isolator_bytes isolator_snapshot_info_kept_name(const struct isolator_snapshot_info *info,
                                                       size_t index);

// The name of number `index` of an assembly that runs compiled. Lives as long as the info; null `data` if there are not so many.
//
// # Safety
// `info` points to an info of this library.
struct isolator_bytes isolator_snapshot_info_compiled(const struct isolator_snapshot_info *info,
                                                      size_t index);

// The note of number `index` (`isolator_snapshot_with_note`), in the order of names. Lives as long as the info; null `data` if there are not so many.
//
// # Safety
// `info` points to an info of this library.
struct isolator_note isolator_snapshot_info_note(const struct isolator_snapshot_info *info,
                                                 size_t index);

// Gives an info back.
//
// # Safety
// `info`, nullable, is an info of this library that was not given back before.
void isolator_snapshot_info_free(struct isolator_snapshot_info *info);

// Makes a snapshot of a runtime, which ends with that: assemblies, statics, objects, tasks and timers that wait come along, and are there in each runtime
// that starts from it. What the runtime was granted is no part of it, unless guest code read and kept that; neither are its callbacks. The runtime is still
// given back with `isolator_runtime_free`.
//
// An error of kind `ISOLATOR_ERROR_NOT_FROZEN` names what cannot come along: asynchronous calls of yours or of the guest's, open files. After an error of
// kind `ISOLATOR_ERROR_BUSY` or `ISOLATOR_ERROR_NESTING` the runtime is as it was; after any other it has ended as well.
//
// # Safety
// `runtime` points to a runtime of this library, `out` to a place for the snapshot.
struct isolator_error *isolator_runtime_freeze(struct isolator_runtime *runtime,
                                               struct isolator_snapshot **out);

// As `isolator_runtime_freeze`, in another form: `form` is an `isolator_snapshot_form`. After one that there is not, the runtime is as it was.
//
// # Safety
// As `isolator_runtime_freeze`.
struct isolator_error *isolator_runtime_freeze_as(struct isolator_runtime *runtime,
                                                  uint32_t form,
                                                  struct isolator_snapshot **out);

// Loads a snapshot that `isolator_snapshot_save` wrote, with this guest image. The file is checked, and what is in it runs in a sandbox, whoever wrote it;
// one that cannot be used is an error of kind `ISOLATOR_ERROR_BAD_SNAPSHOT`.
//
// # Safety
// `host` points to a host of this library; `path` is text; `out` points to a place for the snapshot.
struct isolator_error *isolator_host_load_snapshot(const struct isolator_host *host,
                                                   struct isolator_bytes path,
                                                   struct isolator_snapshot **out);

// Writes a snapshot to a file. It holds all of the runtime's memory: whatever guest code read and kept, too. Nothing is left half-written.
//
// # Safety
// `snapshot` points to a snapshot of this library; `path` is text.
struct isolator_error *isolator_snapshot_save(const struct isolator_snapshot *snapshot,
                                              struct isolator_bytes path);

// Size of the memory that runtimes start with, in bytes. They share what they do not write, and none of it counts against their limits, but for what
// `ISOLATOR_SNAPSHOT_DELTA` adds.
//
// # Safety
// `snapshot` points to a snapshot of this library.
uint64_t isolator_snapshot_memory_size(const struct isolator_snapshot *snapshot);

// How it holds the memory.
//
// # Safety
// `snapshot` points to a snapshot of this library.
isolator_snapshot_form isolator_snapshot_get_form(const struct isolator_snapshot *snapshot);

// Bytes that are copied into each runtime: none if all of the memory is mapped.
//
// # Safety
// `snapshot` points to a snapshot of this library.
uint64_t isolator_snapshot_copied(const struct isolator_snapshot *snapshot);

// The name of number `index` under which a handle was kept (`isolator_runtime_keep`), in the order of names. Lives as long as the snapshot; null `data` if
// there are not so many.
//
// # Safety
// `snapshot` points to a snapshot of this library.
struct isolator_bytes isolator_snapshot_kept_name(const struct isolator_snapshot *snapshot,
                                                  size_t index);

// The same snapshot, which has a text of yours beside it, such as a version, and its file with it; a name that is taken is taken over. Runtimes know nothing
// of it. Both are given back, each for itself.
//
// # Safety
// `snapshot` points to a snapshot of this library; `name` and `note` are text; `out` points to a place for the snapshot.
struct isolator_error *isolator_snapshot_with_note(const struct isolator_snapshot *snapshot,
                                                   struct isolator_bytes name,
                                                   struct isolator_bytes note,
                                                   struct isolator_snapshot **out);

// The note of number `index`, in the order of names. Lives as long as the snapshot; null `data` if there are not so many.
//
// # Safety
// `snapshot` points to a snapshot of this library.
struct isolator_note isolator_snapshot_note(const struct isolator_snapshot *snapshot,
                                            size_t index);

// Gives a snapshot back. Runtimes that started from it live on.
//
// # Safety
// `snapshot`, nullable, is a snapshot of this library that was not given back before.
void isolator_snapshot_free(struct isolator_snapshot *snapshot);

// Lets the runtime start from a snapshot of this host: as the runtime was that was prepared for it. Grants, limits, streams and callbacks are those that it is
// given here. A culture or time zone that is not set here is the prepared runtime's. The snapshot may be given back before the builder.
//
// # Safety
// `builder` points to a builder of this library, `snapshot` to a snapshot.
struct isolator_error *isolator_runtime_builder_from(struct isolator_runtime_builder *builder,
                                                     const struct isolator_snapshot *snapshot);

// Keeps what a handle names under a name, by which every runtime that starts from a snapshot of this one finds it. A name that is taken is taken over. A stream
// that was not opened yet is opened. Not from within callbacks.
//
// # Safety
// `runtime` points to a runtime of this library, `handle` to a handle; `name` is text.
struct isolator_error *isolator_runtime_keep(struct isolator_runtime *runtime,
                                             struct isolator_bytes name,
                                             const struct isolator_handle *handle);

// What was kept under a name, here or in the runtime that was prepared for this one's snapshot; `kind` is the `isolator_handle_kind` that it has. An error of
// kind `ISOLATOR_ERROR_BAD_HANDLE` if there is nothing of that name, or of another kind. Not from within callbacks.
//
// # Safety
// `runtime` points to a runtime of this library; `name` is text; `out` points to a place for the handle.
struct isolator_error *isolator_runtime_kept(struct isolator_runtime *runtime,
                                             struct isolator_bytes name,
                                             int32_t kind,
                                             struct isolator_handle **out);

// Says where standard output (`stream` 1) or standard error (2) goes; `to` is an `isolator_output`. Without this it is discarded.
//
// # Safety
// `builder` points to a builder of this library.
struct isolator_error *isolator_runtime_builder_output(struct isolator_runtime_builder *builder,
                                                       uint32_t stream,
                                                       uint32_t to,
                                                       uint64_t limit);

// Has a function take what the guest writes to standard output (`stream` 1) or standard error (2).
//
// # Safety
// `builder` points to a builder of this library; the function and its value as the interface says.
struct isolator_error *isolator_runtime_builder_output_to(struct isolator_runtime_builder *builder,
                                                          uint32_t stream,
                                                          isolator_write_fn function,
                                                          void *user_data,
                                                          isolator_drop_fn drop);

// Lets the runtime read this process's standard input. Without any of these functions it is empty.
//
// # Safety
// `builder` points to a builder of this library.
struct isolator_error *isolator_runtime_builder_input_inherit(struct isolator_runtime_builder *builder);

// Makes standard input these bytes.
//
// # Safety
// `builder` points to a builder of this library; `bytes` as the interface says.
struct isolator_error *isolator_runtime_builder_input_bytes(struct isolator_runtime_builder *builder,
                                                            struct isolator_bytes bytes);

// Has a function give what the guest reads from standard input.
//
// # Safety
// `builder` points to a builder of this library; the function and its value as the interface says.
struct isolator_error *isolator_runtime_builder_input_from(struct isolator_runtime_builder *builder,
                                                           isolator_read_fn function,
                                                           void *user_data,
                                                           isolator_drop_fn drop);

// A stream of what a method gives: its `IAsyncEnumerable<T>` or `IEnumerable<T>`. The method is called when the first element is fetched, so no runtime is
// needed here. The arguments are copied; objects that they pass by reference must live until then.
//
// # Safety
// `method` points to a handle, `target` (nullable) to one; `args` as the interface says; `out` points to a place for the handle.
struct isolator_error *isolator_stream_of_call(const struct isolator_handle *method,
                                               const struct isolator_handle *target,
                                               struct isolator_bytes args,
                                               struct isolator_handle **out);

// A stream of what an object gives, an `IAsyncEnumerable<T>` or `IEnumerable<T>`: as `isolator_runtime_open_stream`, but the object is asked for its enumerator
// when the first element is fetched.
//
// # Safety
// `source` points to an object's handle, `out` to a place for the handle.
struct isolator_error *isolator_stream_of_object(const struct isolator_handle *source,
                                                 struct isolator_handle **out);

// Writes down a runtime as it is, for this process or another one to go on from (`isolator_host_resume`). The runtime itself stays as it is: give it back if
// it is to go on only there. What was granted to it and its callbacks are no part of that. Your asynchronous calls that were queued have begun
// before; those that were given a name (`isolator_runtime_keep_call`) can be taken up again.
//
// An error of kind `ISOLATOR_ERROR_NOT_FROZEN` names what cannot come along, such as open files. Not from within callbacks.
//
// # Safety
// `runtime` points to a runtime of this library, `out` to a place for what it gives.
struct isolator_error *isolator_runtime_suspend(struct isolator_runtime *runtime,
                                                struct isolator_suspended **out);

// The bytes. They live as long as what they are of.
//
// # Safety
// `suspended` points to a suspended runtime of this library.
struct isolator_bytes isolator_suspended_bytes(const struct isolator_suspended *suspended);

// Takes bytes for a suspended runtime, which are copied. What they hold runs in a sandbox, whoever made them; those that are none are an error of kind
// `ISOLATOR_ERROR_BAD_SNAPSHOT`, here or when they are resumed.
//
// # Safety
// `bytes` as the interface says; `out` points to a place for what it gives.
struct isolator_error *isolator_suspended_from_bytes(struct isolator_bytes bytes,
                                                     struct isolator_suspended **out);

// Writes a suspended runtime to a file. It holds all of the runtime's memory. Nothing is left half-written.
//
// # Safety
// `suspended` points to a suspended runtime of this library; `path` is text.
struct isolator_error *isolator_suspended_save(const struct isolator_suspended *suspended, struct isolator_bytes path);

// Reads a file that `isolator_suspended_save` wrote.
//
// # Safety
// `path` is text; `out` points to a place for what it gives.
struct isolator_error *isolator_suspended_load(struct isolator_bytes path, struct isolator_suspended **out);

// Gives a suspended runtime back. Those that were resumed from it live on.
//
// # Safety
// `suspended`, nullable, is a suspended runtime of this library that was not given back before.
void isolator_suspended_free(struct isolator_suspended *suspended);

// Makes a runtime that goes on from where a suspended one was, to which nothing is granted. It may be done any number of times. It has the host's callbacks; others
// are registered again.
//
// # Safety
// `host` points to a host of this library, `suspended` to a suspended runtime, `out` to a place for the runtime.
struct isolator_error *isolator_host_resume(const struct isolator_host *host,
                                            const struct isolator_suspended *suspended,
                                            struct isolator_runtime **out);

// As `isolator_host_resume`, with the grants, limits and streams of a builder, which is used up, and is still given back with `isolator_runtime_builder_free`.
//
// # Safety
// `builder` points to a builder of this library, `suspended` to a suspended runtime, `out` to a place for the runtime.
struct isolator_error *isolator_runtime_builder_resume(struct isolator_runtime_builder *builder,
                                                       const struct isolator_suspended *suspended,
                                                       struct isolator_runtime **out);

// Calls a method that returns a task (or anything else), without waiting. A `CancellationToken` that `args` leaves out is one that
// `isolator_runtime_cancel_task` signals.
//
// # Safety
// `runtime` points to a runtime of this library, `method` to a handle, `target` (nullable) to one; `args` as the interface says; `out` points to a
// place for the handle.
struct isolator_error *isolator_runtime_start_task(struct isolator_runtime *runtime,
                                                   const struct isolator_handle *method,
                                                   const struct isolator_handle *target,
                                                   struct isolator_bytes args,
                                                   struct isolator_handle **out);

// Whether a task is done, and its result as one MessagePack value. What it failed with is the error.
//
// # Safety
// `runtime` points to a runtime of this library, `task` to a handle, `done` to a place for the answer, `out` to one for the buffer.
struct isolator_error *isolator_runtime_poll_task(struct isolator_runtime *runtime,
                                                  const struct isolator_handle *task,
                                                  bool *done,
                                                  struct isolator_buffer *out);

// Waits on this thread until a task is done; timers and continuations of the guest run meanwhile. The result is one MessagePack value.
//
// # Safety
// `runtime` points to a runtime of this library, `task` to a handle, `out` to a place for the buffer.
struct isolator_error *isolator_runtime_wait_task(struct isolator_runtime *runtime,
                                                  const struct isolator_handle *task,
                                                  struct isolator_buffer *out);

// Signals a task's cancellation token, if it has one.
//
// # Safety
// `runtime` points to a runtime of this library, `task` to a handle.
struct isolator_error *isolator_runtime_cancel_task(struct isolator_runtime *runtime,
                                                    const struct isolator_handle *task);

// Runs what is ready in the guest (work items, continuations, timers that are due) for about so many microseconds at most, 0: one round.
// The result says when it wants to run again, in milliseconds: 0 at once, -1 not until it is called.
//
// # Safety
// `runtime` points to a runtime of this library, `out` to a place for the time.
struct isolator_error *isolator_runtime_run_pending(struct isolator_runtime *runtime,
                                                    uint64_t microseconds,
                                                    int64_t *out);

// Starts to read an `IAsyncEnumerable<T>` or `IEnumerable<T>`.
//
// # Safety
// `runtime` points to a runtime of this library, `source` to an object's handle, `out` to a place for the handle.
struct isolator_error *isolator_runtime_open_stream(struct isolator_runtime *runtime,
                                                    const struct isolator_handle *source,
                                                    struct isolator_handle **out);

// Starts to fetch the next element of a stream. The task's result is an array: the element, or nothing at the end.
//
// # Safety
// `runtime` points to a runtime of this library, `stream` to a handle, `out` to a place for the handle.
struct isolator_error *isolator_runtime_next_element(struct isolator_runtime *runtime,
                                                     const struct isolator_handle *stream,
                                                     struct isolator_handle **out);

// Ends reading a stream before its end.
//
// # Safety
// `runtime` points to a runtime of this library, `stream` to a handle.
struct isolator_error *isolator_runtime_close_stream(struct isolator_runtime *runtime,
                                                     const struct isolator_handle *stream);

// Gives the content of a buffer back, and empties the buffer: a second time does nothing.
//
// # Safety
// `buffer`, nullable, points to a buffer that the library filled, or to one of zeros.
void isolator_buffer_free(struct isolator_buffer *buffer);

// Has a runtime prepared when the host is built, and every runtime of the host start from it that is not told otherwise
// (`isolator_runtime_builder_from`, `isolator_runtime_builder_cold`): its assemblies are loaded, its caches full. The runtime is granted nothing, and what is
// no part of a snapshot (`isolator_runtime_freeze`) is none of this. An error of the function is that of `isolator_host_builder_build`, which calls it on its
// thread. A second function takes the first one's place.
//
// # Safety
// `builder` points to a builder of this library; the function and its value as the interface says.
struct isolator_error *isolator_host_builder_warm(struct isolator_host_builder *builder,
                                                  isolator_prepare_fn prepare,
                                                  void *user_data,
                                                  isolator_drop_fn drop);

// Whether runtimes of the host start from one that was prepared.
//
// # Safety
// `host` points to a host of this library.
bool isolator_host_is_warm(const struct isolator_host *host);

// Lets the runtime start from the guest image alone, whatever the host prepared (`isolator_host_builder_warm`).
//
// # Safety
// `builder` points to a builder of this library.
struct isolator_error *isolator_runtime_builder_cold(struct isolator_runtime_builder *builder);

// The names of settings as messages of errors and of the log spell them (between backticks), for bindings that put their own language's in
// their place: the name of number `index`, which lives as long as the process; empty if there are not so many.
struct isolator_bytes isolator_setting_name(size_t index);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* ISOLATOR_H */
