// Fields beyond 64 KiB of an object, in interpreted code: reached in steps, since an instruction has 16 bits for an offset. See large.c.
#include <string.h>

#include <mono/metadata/loader.h>

#include "bridge.h"
#include "codegen.h"
#include "large.h"

MonoClassField *__real_interp_field_from_token(MonoMethod *method, uint32_t token, MonoClass **type, void *context, void *error);

// The object in which IL asks for a field, as the field is about to be looked up.
static struct stack_place *owner_of_field(struct codegen *codegen) {
  enum { LDFLD = 0x7b, LDFLDA = 0x7c, STFLD = 0x7d };
  ptrdiff_t height = codegen->top - codegen->stack;
  switch (*codegen->ip) {
    case LDFLD:
    case LDFLDA:
      return height >= 1 ? codegen->top - 1 : NULL;
    case STFLD:
      return height >= 2 ? codegen->top - 2 : NULL;
    default:
      return NULL;
  }
}

MonoClassField *__wrap_interp_field_from_token(MonoMethod *method, uint32_t token, MonoClass **type, void *context, void *error) {
  enum { STATIC = 0x10, HEADER = 8 };
  MonoClassField *field = __real_interp_field_from_token(method, token, type, context, error);
  if (!field || !large_making || !large_making->codegen) return field;
  struct codegen *codegen = large_making->codegen;
  bool is_address = *codegen->ip == 0x7c || *codegen->ip == 0x7f;
  if (!is_address && large_is_type(mono_field_get_type(field))) large_refuse(mono_class_from_mono_type(mono_field_get_type(field)));
  struct stack_place *owner = owner_of_field(codegen);
  if (!owner || mono_field_get_flags(field) & STATIC) return field;
  if (owner->kind == ON_STACK_STRUCT && large_is(owner->type)) owner->kind = ON_STACK_POINTER;
  uint32_t header = mono_class_is_valuetype(*type) ? HEADER : 0, offset = mono_field_get_offset(field) - header;
  if (offset <= LARGE) return field;
  if (owner->kind == ON_STACK_STRUCT) {
    large_refuse(*type);
    return field;
  }
  // The first step looks whether there is an object, the rest is said by a field that is nearer. It is looked at before the next one is.
  static struct {
    void *type;
    const char *name;
    void *owner;
    uint32_t offset;
  } nearer;
  memcpy(&nearer, field, sizeof nearer);
  if (nearer.offset != mono_field_get_offset(field)) isolator_panic("a field is not what it is taken for: see large_fields.c");
  uint16_t step = OP(LDFLDA);
  for (; offset > LARGE; offset -= STEP, step = OP(LDFLDA_UNSAFE)) {
    __real_interp_add_conv(codegen, owner, ON_STACK_POINTER, step);
    codegen->last->data[0] = STEP;
  }
  nearer.offset = offset + header;
  return (MonoClassField *)(void *)&nearer;
}
