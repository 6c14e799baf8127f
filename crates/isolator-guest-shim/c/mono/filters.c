// Exception filters: one that throws has said no.
//
// The interpreter runs a filter on top of the frame that it belongs to, with that frame as its caller: so an exception that leaves it would find its
// handler below, where that of the exception which the filter was asked about is looked for, or the same filter again, until no stack is left. Here the
// filter's caller is a managed method (`Isolator.Runtime.Hosting.Filters`) that nothing leaves.
#include "filters.h"

#include <stdlib.h>
#include <string.h>

#include <mono/metadata/appdomain.h>
#include <mono/metadata/class.h>
#include <mono/metadata/loader.h>

#include "bridge.h"
#include "interpreter.h"

_Static_assert(sizeof(void *) == 4, "offsets are those of wasm32");

// A frame, as the runtime walks the stack.
struct walked_frame {
  uint32_t others[9];
  struct interpreted_frame *interpreted;
};

// What part of a method is to be run.
struct part {
  const void *from, *to;
  struct interpreted_frame *frame;
  void *none;
};

struct asked {
  struct interpreted_frame *of;
  MonoObject *exception;
  int32_t clause;
  const void *from, *to;
  int32_t answer;
};

void mono_interp_exec_method(struct interpreted_frame *frame, struct interpreter *interpreter, struct part *part);
int32_t __real_interp_run_filter(struct walked_frame *frame, MonoObject *exception, int32_t clause, const void *from, const void *to);

static MonoMethod *run;  // Filters.Run

// Methods as their filters' frames have them: without clauses. A filter lies in the region of the `finally` around it, which is none of its own.
struct without_clauses {
  struct interpreted_method *of;
  struct interpreted_method method;
  struct code_info code;
  struct without_clauses *next;
};

static struct interpreted_method *without_clauses(struct interpreted_method *method) {
  static struct without_clauses *all;
  struct without_clauses *found = all;
  while (found && found->of != method) found = found->next;
  if (!found) {
    found = malloc(sizeof *found);
    if (!found) isolator_panic("out of memory while asking an exception filter");
    found->of = method;
    found->next = all;
    all = found;
  }
  found->method = *method;
  found->code = *method->code;
  found->code.clauses &= ~0x7fffu;
  found->method.code = &found->code;
  return &found->method;
}

// What `Filters.Run` calls. The filter sees a copy of its frame's variables, and what it changes of them is written back, also when it throws: the copy
// is at the end of the stack, which then belongs to nobody any more, but nothing has been written there yet.
static void run_here(struct asked *asked) {
  struct interpreter *interpreter = mono_jiterp_get_context();
  struct interpreted_method *method = asked->of->method;
  uint64_t result = 0;
  struct interpreted_frame frame = {.method = without_clauses(method), .result = &result, .stack = (uint8_t *)interpreter->next};
  // No stack is left for it.
  if (interpreter->next + method->all >= interpreter->end) return;
  memcpy(frame.stack, asked->of->stack, method->locals);
  *(MonoObject **)(void *)(frame.stack + method->places_of_exceptions[asked->clause]) = asked->exception;
  interpreter->next += method->all;
  struct part part = {.from = asked->from, .to = asked->to, .frame = &frame};
  mono_interp_exec_method(&frame, interpreter, &part);
  memcpy(asked->of->stack, frame.stack, method->locals);
  interpreter->next = (char *)frame.stack;
  // An exception that left it: whoever called this code sees it in the interpreter's state.
  if (!interpreter->resuming[0]) asked->answer = (int32_t)result;
}

int32_t __wrap_interp_run_filter(struct walked_frame *frame, MonoObject *exception, int32_t clause, const void *from, const void *to) {
  if (!run) return __real_interp_run_filter(frame, exception, clause, from, to);
  struct asked asked = {.of = frame->interpreted, .exception = exception, .clause = clause, .from = from, .to = to};
  struct asked *pointer = &asked;
  void *arguments[] = {&pointer};
  MonoObject *volatile thrown = NULL;
  mono_runtime_invoke(run, NULL, arguments, (MonoObject **)&thrown);
  return !thrown && asked.answer;
}

void filters_bind(MonoImage *image) {
  mono_add_internal_call("Isolator.Runtime.Hosting.Filters::RunHere", run_here);
  MonoClass *owner = mono_class_from_name(image, "Isolator.Runtime.Hosting", "Filters");
  if (!owner) isolator_panic("Isolator.Runtime.dll has no class Isolator.Runtime.Hosting.Filters");
  run = mono_class_get_method_from_name(owner, "Run", 1);
  if (!run) isolator_panic("Isolator.Runtime.Hosting.Filters has no method Run");
}
