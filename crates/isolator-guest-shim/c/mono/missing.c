// What is said of an assembly that is not there: the sentence that .NET has everywhere else.
#include "missing.h"

#include <stdint.h>

#include <mono/metadata/appdomain.h>
#include <mono/metadata/class.h>
#include <mono/metadata/loader.h>
#include <mono/metadata/object.h>

#include "bridge.h"

void mono_error_set_file_not_found(void *error, const char *file, const char *format, ...);

// A reference of an assembly, or a type that is in another one: the runtime knows the assembly's whole name.
void __wrap_mono_error_set_simple_file_not_found(void *error, const char *file) {
  mono_error_set_file_not_found(
      error, file, "Could not load file or assembly '%s'. The system cannot find the file specified.\n", file);
}

static MonoMethod *message;  // Assemblies.LoadMessage

// What the exceptions of loading put together where nobody gave them a text.
static MonoString *load_message(MonoString *file, int32_t result) {
  if (!message) return NULL;
  MonoString *volatile kept = file;
  void *arguments[] = {(MonoString *)kept, &result};
  MonoObject *volatile exception = NULL;
  MonoObject *text = mono_runtime_invoke(message, NULL, arguments, (MonoObject **)&exception);
  return exception ? NULL : (MonoString *)text;
}

void missing_register(void) {
  mono_add_internal_call("System.IO.FileLoadException::FormatFileLoadExceptionMessage", load_message);
}

void missing_bind(MonoImage *image) {
  MonoClass *owner = mono_class_from_name(image, "Isolator.Runtime.Hosting", "Assemblies");
  if (!owner) isolator_panic("Isolator.Runtime.dll has no class Isolator.Runtime.Hosting.Assemblies");
  message = mono_class_get_method_from_name(owner, "LoadMessage", 2);
  if (!message) isolator_panic("Isolator.Runtime.Hosting.Assemblies has no method LoadMessage");
}
