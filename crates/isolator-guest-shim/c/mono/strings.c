// Strings that managed code makes.
//
// The runtime opens a frame of handles for each and looks its type up again, which takes longer than the allocation. What is short needs neither: it fails only
// where there is no memory, which the runtime then says in its own way.
#include <stdint.h>

#include <mono/metadata/appdomain.h>
#include <mono/metadata/object.h>

MonoVTable *mono_class_vtable(MonoDomain *domain, MonoClass *type);
MonoString *mono_gc_alloc_string(MonoVTable *vtable, size_t size, int32_t length);
MonoString *__real_ves_icall_System_String_FastAllocateString_raw(int32_t length);

MonoString *__wrap_ves_icall_System_String_FastAllocateString_raw(int32_t length) {
  enum { SHORT = 2000, HEADER = 12 };
  static MonoVTable *vtable;
  if ((uint32_t)length > SHORT) return __real_ves_icall_System_String_FastAllocateString_raw(length);
  if (!vtable) vtable = mono_class_vtable(mono_domain_get(), mono_get_string_class());
  // A zero comes behind the last character.
  MonoString *made = mono_gc_alloc_string(vtable, HEADER + sizeof(uint16_t) * ((size_t)length + 1), length);
  return made ? made : __real_ves_icall_System_String_FastAllocateString_raw(length);
}
