// Methods of the base class library that managed code of ours answers in place of their own: see Answers.cs.
#include "answers.h"

#include <stdbool.h>

#include <mono/metadata/appdomain.h>
#include <mono/metadata/class.h>
#include <mono/metadata/exception.h>
#include <mono/metadata/loader.h>

#include "bridge.h"
#include "console.h"
#include "faults.h"

// X(C name, method of the base class library, managed name, number of parameters with the object itself). Of methods with the same name the
// runtime looks for the parameters, too, where it finds none by the name alone.
#define ANSWERS(X)                                                                                                    \
  X(location, "System.Reflection.RuntimeAssembly::get_Location", "Location", 1)                                       \
  X(new_resolver, "System.Runtime.Loader.AssemblyDependencyResolver::.ctor", "NewResolver", 2)                        \
  X(resolve, "System.Runtime.Loader.AssemblyDependencyResolver::ResolveAssemblyToPath", "ResolveAssembly", 2)         \
  X(resolve_native, "System.Runtime.Loader.AssemblyDependencyResolver::ResolveUnmanagedDllToPath", "ResolveNative", 2)  \
  X(process, "System.Diagnostics.Process::GetCurrentProcess", "CurrentProcess", 0)                                     \
  X(process_name, "System.Diagnostics.Process::get_ProcessName", "ProcessName", 1)                                     \
  X(process_text, "System.Diagnostics.Process::ToString", "ProcessText", 1)                                            \
  X(process_start, "System.Diagnostics.Process::get_StartTime", "ProcessStart", 1)                                     \
  X(process_by_id, "System.Diagnostics.Process::GetProcessById(int)", "ProcessById", 1)                                \
  X(process_by_id_at, "System.Diagnostics.Process::GetProcessById(int,string)", "ProcessById", 2)                      \
  X(processes, "System.Diagnostics.Process::GetProcesses()", "Processes", 0)                                           \
  X(processes_at, "System.Diagnostics.Process::GetProcesses(string)", "Processes", 1)                                  \
  X(processes_by_name, "System.Diagnostics.Process::GetProcessesByName(string)", "ProcessesByName", 1)                 \
  X(processes_by_name_at, "System.Diagnostics.Process::GetProcessesByName(string,string)", "ProcessesByName", 2)       \
  X(process_threads, "System.Diagnostics.Process::get_Threads", "ProcessThreads", 1)                                   \
  X(process_thread_at, "System.Diagnostics.ProcessThreadCollection::get_Item", "ProcessThreadAt", 2)                   \
  X(http_handler, "System.Net.Http.HttpConnectionPool::GetSslOptionsForRequest", "HttpHandler", 2)

enum answer {
#define X(name, method, managed, parameters) ANSWER_##name,
  ANSWERS(X)
#undef X
  ANSWER_COUNT
};

static MonoMethod *answers[ANSWER_COUNT];
static MonoMethod *check_method, *check_type;

// Of what is no object the address is given.
static MonoObject *ask(enum answer answer, void *self, void *argument) {
  if (!answers[answer]) isolator_panic("the runtime asked for what a program sees while it booted");
  void *arguments[] = {self, argument};
  MonoObject *volatile exception = NULL;
  MonoObject *result = mono_runtime_invoke(answers[answer], NULL, arguments, (MonoObject **)&exception);
  if (!exception) return result;
  mono_set_pending_exception((MonoException *)exception);
  return NULL;
}

static MonoObject *location(MonoObject *self) { return ask(ANSWER_location, self, NULL); }
static void new_resolver(MonoObject *self, MonoObject *path) { ask(ANSWER_new_resolver, self, path); }
static MonoObject *resolve(MonoObject *self, MonoObject *name) { return ask(ANSWER_resolve, self, name); }
static MonoObject *resolve_native(MonoObject *self, MonoObject *name) { return ask(ANSWER_resolve_native, self, name); }

static MonoObject *process(void) { return ask(ANSWER_process, NULL, NULL); }
static MonoObject *process_name(MonoObject *self) { return ask(ANSWER_process_name, self, NULL); }
static MonoObject *process_text(MonoObject *self) { return ask(ANSWER_process_text, self, NULL); }

static MonoObject *process_by_id(int32_t id) { return ask(ANSWER_process_by_id, &id, NULL); }
static MonoObject *processes(void) { return ask(ANSWER_processes, NULL, NULL); }
static MonoObject *processes_by_name(MonoObject *name) { return ask(ANSWER_processes_by_name, name, NULL); }
static MonoObject *process_by_id_at(int32_t id, MonoObject *machine) { return ask(ANSWER_process_by_id_at, &id, machine); }
static MonoObject *processes_at(MonoObject *machine) { return ask(ANSWER_processes_at, machine, NULL); }
static MonoObject *processes_by_name_at(MonoObject *name, MonoObject *machine) { return ask(ANSWER_processes_by_name_at, name, machine); }
static MonoObject *process_threads(MonoObject *self) { return ask(ANSWER_process_threads, self, NULL); }
static MonoObject *process_thread_at(MonoObject *self, int32_t index) { return ask(ANSWER_process_thread_at, self, &index); }

static MonoObject *http_handler(MonoObject *pool, MonoObject *request) { return ask(ANSWER_http_handler, pool, request); }

// A `DateTime`: a field of one number, which is how it is returned.
static int64_t process_start(MonoObject *self) {
  MonoObject *time = ask(ANSWER_process_start, self, NULL);
  return time ? *(int64_t *)mono_object_unbox(time) : 0;
}

// Whether managed code has nothing against it; what it has is thrown. While the runtime boots, nobody asks.
static bool allowed(MonoMethod *check, MonoObject *of, MonoObject *types) {
  if (!check || !of || !types) return true;
  void *arguments[] = {of, types};
  MonoObject *volatile exception = NULL;
  mono_runtime_invoke(check, NULL, arguments, (MonoObject **)&exception);
  if (exception) mono_set_pending_exception((MonoException *)exception);
  return !exception;
}

// The runtime's own internal calls, replaced where they are defined: see waiting.c, which says what a handle is, too.
typedef MonoObject *volatile *handle;

void *__real_ves_icall_RuntimeMethodInfo_MakeGenericMethod_impl_raw(handle method, handle types);
void *__wrap_ves_icall_RuntimeMethodInfo_MakeGenericMethod_impl_raw(handle method, handle types) {
  if (!allowed(check_method, *method, *types) || !faults_type_arguments((MonoArray *)*types)) return NULL;
  return __real_ves_icall_RuntimeMethodInfo_MakeGenericMethod_impl_raw(method, types);
}

void __real_ves_icall_RuntimeType_MakeGenericType_raw(handle type, handle types, handle result);
void __wrap_ves_icall_RuntimeType_MakeGenericType_raw(handle type, handle types, handle result) {
  if (allowed(check_type, *type, *types)) __real_ves_icall_RuntimeType_MakeGenericType_raw(type, types, result);
}

void answers_register(void) {
#define X(name, method, managed, parameters) mono_add_internal_call(method, name);
  ANSWERS(X)
#undef X
}

void answers_bind(MonoImage *image) {
  MonoClass *owner = mono_class_from_name(image, "Isolator.Runtime.Hosting", "Answers");
  if (!owner) isolator_panic("Isolator.Runtime.dll has no class Isolator.Runtime.Hosting.Answers");
#define X(name, method, managed, parameters)                                                                          \
  answers[ANSWER_##name] = mono_class_get_method_from_name(owner, managed, parameters);                                \
  if (!answers[ANSWER_##name]) isolator_panic("Isolator.Runtime.Hosting.Answers has no method %s", managed);
  ANSWERS(X)
#undef X
  MonoClass *constraints = mono_class_from_name(image, "Isolator.Runtime.Hosting", "Constraints");
  if (!constraints) isolator_panic("Isolator.Runtime.dll has no class Isolator.Runtime.Hosting.Constraints");
  check_method = mono_class_get_method_from_name(constraints, "OfMethod", 2);
  check_type = mono_class_get_method_from_name(constraints, "OfType", 2);
  if (!check_method || !check_type) isolator_panic("Isolator.Runtime.Hosting.Constraints lacks a method");
}
