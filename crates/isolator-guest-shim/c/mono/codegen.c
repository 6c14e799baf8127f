// What the interpreter makes of IL, where the pack's makes something wrong of it. These functions are static in the runtime's sources: see
// src/mono/archives.rs.
#include "codegen.h"

#include <string.h>

#include <mono/metadata/appdomain.h>
#include <mono/metadata/debug-helpers.h>
#include <mono/metadata/loader.h>

#include "bridge.h"

const char *mono_interp_opname(int32_t opcode);
int32_t mono_class_is_nullable(MonoClass *type);
void mono_free(void *memory);

uint16_t codegen_opcodes[OPCODE_COUNT];

void codegen_begin(void) {
#define NAMED(name, text) text,
  static const char *const names[] = {OPCODES(NAMED)};
#undef NAMED
  // The table has no end mark; there are some 700. Past its end are offsets of other texts in the same memory.
  enum { LAST = 1024 };
  for (int i = 0; i < OPCODE_COUNT; i++) {
    uint16_t found = 0;
    for (uint16_t opcode = 1; opcode < LAST && !found; opcode++)
      if (strcmp(mono_interp_opname(opcode), names[i]) == 0) found = opcode;
    if (!found) isolator_panic("the interpreter has no instruction %s: see codegen.h", names[i]);
    codegen_opcodes[i] = found;
  }
}

struct instruction *codegen_add(struct codegen *codegen, uint16_t opcode, int32_t result, int32_t source, int32_t second) {
  struct instruction *added = __real_interp_add_ins_explicit(codegen, opcode, mono_interp_oplen[opcode]);
  added->result = result;
  added->sources[0] = source;
  added->sources[1] = second;
  return added;
}

enum { SLOT = 8 };

int32_t codegen_variable(struct codegen *codegen, MonoClass *type) {
  return __real_interp_create_var_explicit(codegen, mono_class_get_type(type), SLOT);
}

// ---- new string(...) in methods that throw within a try ----
//
// The first argument of a string's constructor is a variable that nothing defines. Where variables are renamed an instruction is added that
// defines it, and told its name; elsewhere none is added, and the one before is told that name: so what that made, an argument, is lost.

static struct {
  struct instruction *last;
  int32_t result;
} before_variable;

int32_t __wrap_interp_create_var_explicit(struct codegen *codegen, MonoType *type, int32_t size) {
  before_variable.last = codegen->last;
  if (codegen->last) before_variable.result = codegen->last->result;
  return large_variable(codegen, type, size);
}

struct instruction *__wrap_interp_add_ins_explicit(struct codegen *codegen, int32_t opcode, int32_t length) {
  struct instruction *last = codegen->last;
  if (opcode == OP(NEWOBJ_STRING) && last && last == before_variable.last && last->result != before_variable.result) {
    int32_t nothing = last->result;
    last->result = before_variable.result;
    codegen_add(codegen, OP(DEF), nothing, 0, 0);
  }
  // The pointer to the method of a handle that nobody has made: the interpreter takes it for one without a look.
  // What loads it is the instruction before, since only the method that takes it out of the handle asks for its pointer.
  if (opcode == OP(LDFTN_DYNAMIC) && last)
    codegen_add(codegen, OP(CKNULL), codegen_variable(codegen, mono_get_object_class()), last->result, 0);
  // A large value is boxed from where it is: see large.c.
  if (opcode == OP(BOX_VT) && large_is_on(codegen->top)) opcode = OP(BOX_PTR);
  return __real_interp_add_ins_explicit(codegen, opcode, length);
}

// ---- conversions ----

// The instruction from a 32-bit integer, where a conversion from a floating-point number is by way of one: (byte)(-1.0) is 255.
static uint16_t by_way_of_int(uint16_t opcode, uint16_t *first) {
  static const struct {
    uint8_t from_float, from_double, from_int;
  } ways[] = {
      {OP_CONV_I1_R4, OP_CONV_I1_R8, OP_CONV_I1_I4},
      {OP_CONV_U1_R4, OP_CONV_U1_R8, OP_CONV_U1_I4},
      {OP_CONV_I2_R4, OP_CONV_I2_R8, OP_CONV_I2_I4},
      {OP_CONV_U2_R4, OP_CONV_U2_R8, OP_CONV_U2_I4},
  };
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    *first = opcode == codegen_opcodes[ways[i].from_float] ? OP(CONV_I4_R4) : OP(CONV_I4_R8);
    if (opcode == codegen_opcodes[ways[i].from_float] || opcode == codegen_opcodes[ways[i].from_double])
      return codegen_opcodes[ways[i].from_int];
  }
  return 0;
}

// An unsigned long as a float, rounded once: half of it where the highest bit is set, with the lowest bit of both halves, and then the double of
// that. IL has two conversions for it, by way of a double, which the just-in-time compilers take for one.
static void float_of_ulong(struct codegen *codegen, struct stack_place *place) {
  struct instruction *conversion = codegen->last;
  MonoClass *integer = mono_get_int64_class(), *single = mono_get_single_class();
  int32_t value = codegen_variable(codegen, integer);
  conversion->opcode = OP(MOV_8);
  conversion->result = value;
  int32_t bits = codegen_variable(codegen, mono_get_int32_class()), highest = codegen_variable(codegen, integer);
  int32_t lowest = codegen_variable(codegen, integer), shifted = codegen_variable(codegen, integer);
  struct instruction *constant = codegen_add(codegen, OP(LDC_I4), bits, 0, 0);
  memcpy(constant->data, &(int32_t){63}, sizeof(int32_t));
  codegen_add(codegen, OP(SHR_UN_I8), highest, value, bits);
  codegen_add(codegen, OP(AND_I8), lowest, value, highest);
  codegen_add(codegen, OP(SHR_UN_I8), shifted, value, highest);
  int32_t sticky = codegen_variable(codegen, integer), rounded = codegen_variable(codegen, single);
  codegen_add(codegen, OP(OR_I8), sticky, shifted, lowest);
  codegen_add(codegen, OP(CONV_R4_I8), rounded, sticky, 0);
  int32_t factor = codegen_variable(codegen, single), unit = codegen_variable(codegen, single);
  int32_t times = codegen_variable(codegen, single), result = codegen_variable(codegen, single);
  codegen_add(codegen, OP(CONV_R4_I8), factor, highest, 0);
  constant = codegen_add(codegen, OP(LDC_R4), unit, 0, 0);
  memcpy(constant->data, &(float){1}, sizeof(float));
  codegen_add(codegen, OP(ADD_R4), times, factor, unit);
  codegen_add(codegen, OP(MUL_R4), result, rounded, times);
  place->variable = result;
  __real_interp_add_conv(codegen, place, ON_STACK_R4, OP(MOV_4));
}

void __wrap_interp_add_conv(struct codegen *codegen, struct stack_place *place, int32_t kind, int32_t opcode) {
  uint16_t first, second = by_way_of_int((uint16_t)opcode, &first);
  struct instruction *last = codegen->last;
  if (second) {
    __real_interp_add_conv(codegen, place, ON_STACK_I4, first);
    opcode = second;
  } else if (opcode == OP(CONV_R4_R8) && last && last->opcode == OP(CONV_R_UN_I8) && last->result == place->variable) {
    float_of_ulong(codegen, place);
    return;
  }
  __real_interp_add_conv(codegen, place, kind, opcode);
}

// ---- boxes ----

// `box` and `GetType` become the type that is boxed, which a nullable is not.
int32_t __real_interp_handle_box_patterns(struct codegen *codegen, MonoClass *boxed, const uint8_t *end, MonoImage *image, void *context,
                                          void *error);
int32_t __wrap_interp_handle_box_patterns(struct codegen *codegen, MonoClass *boxed, const uint8_t *end, MonoImage *image, void *context,
                                          void *error) {
  if (mono_class_is_nullable(boxed)) return 0;
  return __real_interp_handle_box_patterns(codegen, boxed, end, image, context, error);
}

// ---- what is called by reflection ----

// Reflection calls a method by way of one that is made for it, by the runtime, and by the base library from the second call on. There it is not
// inlined, since a trace would not name it then.
int32_t __real_interp_method_check_inlining(struct codegen *codegen, MonoMethod *method, MonoMethodSignature *signature);
int32_t __wrap_interp_method_check_inlining(struct codegen *codegen, MonoMethod *method, MonoMethodSignature *signature) {
  static const char *const prefixes[] = {"runtime_invoke", "InvokeStub_"};
  const char *name = mono_method_get_name(codegen->method);
  for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
    if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0) return 0;
  return __real_interp_method_check_inlining(codegen, method, signature);
}

// ---- vectors ----

// Comparisons of unsigned longs, for which there are no instructions: the interpreter's code for one ended the runtime. Now they are methods as any other, and
// those only throw (src/mono/patches.rs).
int32_t __real_emit_sri_packedsimd(struct codegen *codegen, MonoMethod *method, MonoMethodSignature *signature);
int32_t __wrap_emit_sri_packedsimd(struct codegen *codegen, MonoMethod *method, MonoMethodSignature *signature) {
  static const char *const prefixes[] = {"CompareLess", "CompareGreater"};
  const char *name = mono_method_get_name(method);
  for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
    if (strncmp(name, prefixes[i], strlen(prefixes[i])) != 0) continue;
    char *parameters = mono_signature_get_desc(signature, 1);
    bool is_without = strstr(parameters, "<ulong>") != NULL;
    mono_free(parameters);
    if (is_without) return 0;
  }
  return __real_emit_sri_packedsimd(codegen, method, signature);
}
