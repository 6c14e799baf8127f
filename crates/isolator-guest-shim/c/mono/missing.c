// What is said of an assembly, a type or a member that is not there: the sentences that .NET has everywhere else.
#include "missing.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mono/metadata/appdomain.h>
#include <mono/metadata/assembly.h>
#include <mono/metadata/class.h>
#include <mono/metadata/debug-helpers.h>
#include <mono/metadata/loader.h>
#include <mono/metadata/metadata.h>
#include <mono/metadata/object.h>

#include "bridge.h"

void mono_error_set_file_not_found(void *error, const char *file, const char *format, ...);

// A reference of an assembly, or a type that is in another one: the runtime knows the assembly's whole name.
void __wrap_mono_error_set_simple_file_not_found(void *error, const char *file) {
  mono_error_set_file_not_found(
      error, file, "Could not load file or assembly '%s'. The system cannot find the file specified.\n", file);
}

// ---- members ----

void mono_free(void *memory);
void mono_error_set_generic_error(void *error, const char *name_space, const char *name, const char *format, ...);

enum { ROOM = 2048 };

// The runtime names basic types as IL does; .NET names these by their types' own names, and all others with their namespaces.
static void append_word(char *to, const char *word, size_t length) {
  static const char *const words[][2] = {
      {"void", "Void"},     {"bool", "Boolean"},  {"char", "Char"},     {"sbyte", "SByte"},  {"byte", "Byte"},     {"int16", "Int16"},
      {"uint16", "UInt16"}, {"int", "Int32"},     {"uint", "UInt32"},   {"long", "Int64"},   {"ulong", "UInt64"},  {"single", "Single"},
      {"double", "Double"}, {"intptr", "IntPtr"}, {"uintptr", "UIntPtr"}, {"string", "System.String"}, {"object", "System.Object"},
  };
  size_t used = strlen(to);
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (strlen(words[i][0]) != length || strncmp(words[i][0], word, length) != 0) continue;
    snprintf(to + used, ROOM - used, "%s", words[i][1]);
    return;
  }
  snprintf(to + used, ROOM - used, "%.*s", (int)length, word);
}

static void append_type(char *to, MonoType *type) {
  char *name = mono_type_full_name(type);
  for (const char *at = name; *at;) {
    size_t length = strcspn(at, "<>,[]&*");
    if (length > 0) append_word(to, at, length);
    at += length;
    if (!*at) break;
    size_t used = strlen(to);
    if (*at == '&') snprintf(to + used, ROOM - used, " ByRef");
    else snprintf(to + used, ROOM - used, "%c", *at);
    at++;
  }
  mono_free(name);
}

static void append(char *to, const char *text) {
  size_t used = strlen(to);
  snprintf(to + used, ROOM - used, "%s", text);
}

static void append_class(char *to, MonoClass *type) {
  char *name = type ? mono_type_get_name_full(mono_class_get_type(type), MONO_TYPE_NAME_FORMAT_REFLECTION) : NULL;
  append(to, name ? name : "<unknown type>");
  if (name) mono_free(name);
}

void __wrap_mono_error_set_method_missing(void *error, MonoClass *type, const char *method, MonoMethodSignature *signature, const char *reason, ...) {
  (void)reason;
  char text[ROOM] = "";
  if (signature) {
    append_type(text, mono_signature_get_return_type(signature));
    append(text, " ");
  }
  append_class(text, type);
  append(text, ".");
  append(text, method ? method : "<unknown method>");
  if (signature) {
    const char *before = "(";
    void *next = NULL;
    for (MonoType *each; (each = mono_signature_get_params(signature, &next)); before = ", ") {
      append(text, before);
      append_type(text, each);
    }
    append(text, *before == '(' ? "()" : ")");
  }
  mono_error_set_generic_error(error, "System", "MissingMethodException", "Method not found: '%s'.", text);
}

void __wrap_mono_error_set_field_missing(void *error, MonoClass *type, const char *field, MonoType *of, const char *reason, ...) {
  (void)of;
  (void)reason;
  char text[ROOM] = "";
  append_class(text, type);
  append(text, ".");
  append(text, field ? field : "<unknown field>");
  mono_error_set_generic_error(error, "System", "MissingFieldException", "Field not found: '%s'.", text);
}

// ---- types ----

// The last that was not found. The interpreter forgets why it has no type where it makes the code of a cast.
static char *last_type, *last_assembly;

static void remember(char **kept, const char *text) {
  free(*kept);
  *kept = text ? strdup(text) : NULL;
}

// Whether an assembly of that name is loaded, in whichever context; its whole name then.
struct looked_for {
  const char *name;
  size_t length;
  char *whole;
};

static void look_at(void *assembly, void *looking) {
  struct looked_for *wanted = looking;
  MonoAssemblyName *name = mono_assembly_get_name(assembly);
  const char *simple = mono_assembly_name_get_name(name);
  if (!wanted->whole && strlen(simple) == wanted->length && strncmp(simple, wanted->name, wanted->length) == 0)
    wanted->whole = mono_stringify_assembly_name(name);
}

static char *whole_name(const char *assembly) {
  struct looked_for wanted = {assembly, strcspn(assembly, ","), NULL};
  mono_assembly_foreach(look_at, &wanted);
  return wanted.whole;
}

// Takes both names.
void __real_mono_error_set_type_load_name(void *error, const char *type, const char *assembly, const char *format, ...);
void __wrap_mono_error_set_type_load_name(void *error, const char *type, const char *assembly, const char *format, ...) {
  if (type) {
    remember(&last_type, type);
    remember(&last_assembly, assembly);
  }
  bool by_token = strncmp(format, "Could not resolve type with token", strlen("Could not resolve type with token")) == 0;
  if (type && assembly && by_token) {
    __real_mono_error_set_type_load_name(error, type, assembly, "Could not load type '%s' from assembly '%s'.", last_type, last_assembly);
    return;
  }
  // Asked for by its name.
  if (type && assembly && !*format) {
    char *whole = whole_name(assembly);
    if (whole) {
      __real_mono_error_set_type_load_name(error, type, assembly, "Could not resolve type '%s' in assembly '%s'.", last_type, whole);
      mono_free(whole);
      return;
    }
    char file[ROOM];
    snprintf(file, sizeof file, "%s%s", assembly, strchr(assembly, ',') ? "" : ", Culture=neutral, PublicKeyToken=null");
    mono_error_set_file_not_found(error, file, "Could not load file or assembly '%s'. The system cannot find the file specified.\n", file);
    mono_free((void *)type);
    mono_free((void *)assembly);
    return;
  }
  char text[ROOM];
  va_list values;
  va_start(values, format);
  vsnprintf(text, sizeof text, format, values);
  va_end(values);
  __real_mono_error_set_type_load_name(error, type, assembly, "%s", text);
}

// Where there is no class at all, the runtime ended.
void __real_mono_error_set_for_class_failure(void *error, const MonoClass *type);
void __wrap_mono_error_set_for_class_failure(void *error, const MonoClass *type) {
  if (type) {
    __real_mono_error_set_for_class_failure(error, type);
    return;
  }
  const char *name = last_type ? last_type : "<unknown type>", *assembly = last_assembly ? last_assembly : "<unknown assembly>";
  // The runtime's error owns what it is given.
  __real_mono_error_set_type_load_name(error, strdup(name), strdup(assembly), "Could not load type '%s' from assembly '%s'.", name, assembly);
}

// A method of an interface or an abstract class that a type does not have.
int32_t __real_mono_class_set_type_load_failure(MonoClass *type, const char *format, ...);
int32_t __wrap_mono_class_set_type_load_failure(MonoClass *type, const char *format, ...) {
  char text[ROOM] = "";
  va_list values;
  va_start(values, format);
  if (strncmp(format, "no implementation for interface method", strlen("no implementation for interface method")) == 0) {
    (void)va_arg(values, const char *);
    const char *method = va_arg(values, const char *);
    char *assembly = mono_stringify_assembly_name(mono_assembly_get_name(mono_image_get_assembly(mono_class_get_image(type))));
    append(text, "Method '");
    append(text, method);
    append(text, "' in type '");
    append_class(text, type);
    append(text, "' from assembly '");
    append(text, assembly);
    append(text, "' does not have an implementation.");
    mono_free(assembly);
  } else {
    vsnprintf(text, sizeof text, format, values);
  }
  va_end(values);
  return __real_mono_class_set_type_load_failure(type, "%s", text);
}

// ---- what is no assembly ----

void __real_mono_error_set_bad_image_by_name(void *error, const char *name, const char *format, ...);
void __wrap_mono_error_set_bad_image_by_name(void *error, const char *name, const char *format, ...) {
  // Bytes have no name, and their address is nobody's business.
  if (name && strcmp(name, "In memory assembly") == 0) {
    mono_error_set_generic_error(error, "System", "BadImageFormatException", "Bad IL format.");
    return;
  }
  char text[ROOM];
  va_list values;
  va_start(values, format);
  vsnprintf(text, sizeof text, format, values);
  va_end(values);
  __real_mono_error_set_bad_image_by_name(error, name, "%s", text);
}

// ---- native functions ----

void __real_mono_error_set_generic_error(void *error, const char *name_space, const char *name, const char *format, ...);
void __wrap_mono_error_set_generic_error(void *error, const char *name_space, const char *name, const char *format, ...) {
  // The runtime says no more than the name of the library or of the function.
  static const char *const sentences[][2] = {
      {"DllNotFoundException", "Unable to load shared library '%s' or one of its dependencies."},
      {"EntryPointNotFoundException", "Unable to find an entry point named '%s' in shared library."},
  };
  if (strcmp(format, "%s") == 0)
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++)
      if (strcmp(name, sentences[i][0]) == 0) format = sentences[i][1];
  char text[ROOM];
  va_list values;
  va_start(values, format);
  vsnprintf(text, sizeof text, format, values);
  va_end(values);
  __real_mono_error_set_generic_error(error, name_space, name, "%s", text);
}

// ---- assemblies that are loaded by name ----

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
