// What is needed of the interpreter's code generator: its structures, as far as they are the same in all versions that the recipe knows, and
// its functions. `codegen_check` looks at boot whether the structures are what they are taken for.
#ifndef ISOLATOR_CODEGEN_H
#define ISOLATOR_CODEGEN_H
#include <stdbool.h>
#include <stdint.h>

#include <mono/metadata/class.h>
#include <mono/metadata/metadata.h>

// A place of IL's stack.
struct stack_place {
  MonoClass *type;
  uint8_t kind, flags;
  int32_t variable, offset, size;
};

enum stack_kind { ON_STACK_I4, ON_STACK_I8, ON_STACK_R4, ON_STACK_R8, ON_STACK_OBJECT, ON_STACK_STRUCT, ON_STACK_POINTER };

struct instruction {
  uint16_t opcode;
  struct instruction *next, *previous;
  int32_t il_offset;
  uint32_t flags;
  int32_t result, sources[3];
  void *more;
  uint16_t data[];
};

// A method while its code is made.
struct codegen {
  MonoMethod *method, *inlined;
  MonoMethodHeader *header;
  void *interpreted;
  const uint8_t *il, *ip, *start;
  struct instruction *last;
  int32_t code_size;
  int32_t *offsets;
  int32_t il_offset;
  uint16_t *code, *code_end;
  uint32_t largest_code;
  struct stack_place *stack, *top;
  uint32_t others[32];
  struct block *entry;
  uint32_t more[21];
  uint16_t flags;
};

struct block {
  int32_t il_offset;
  void *points[2];
  struct instruction *first, *last;
  struct block *next;
};

// Opcodes, by their names in the interpreter's own table.
#define OPCODES(OPCODE)                                                                                                                \
  OPCODE(DEF, "def")                                                                                                                   \
  OPCODE(LDFTN_DYNAMIC, "ldftn.dynamic")                                                                                               \
  OPCODE(CKNULL, "cknull")                                                                                                             \
  OPCODE(NEWOBJ_STRING, "newobj_string")                                                                                               \
  OPCODE(CONV_I1_R4, "conv.i1.r4")                                                                                                     \
  OPCODE(CONV_I1_R8, "conv.i1.r8")                                                                                                     \
  OPCODE(CONV_U1_R4, "conv.u1.r4")                                                                                                     \
  OPCODE(CONV_U1_R8, "conv.u1.r8")                                                                                                     \
  OPCODE(CONV_I2_R4, "conv.i2.r4")                                                                                                     \
  OPCODE(CONV_I2_R8, "conv.i2.r8")                                                                                                     \
  OPCODE(CONV_U2_R4, "conv.u2.r4")                                                                                                     \
  OPCODE(CONV_U2_R8, "conv.u2.r8")                                                                                                     \
  OPCODE(CONV_I4_R4, "conv.i4.r4")                                                                                                     \
  OPCODE(CONV_I4_R8, "conv.i4.r8")                                                                                                     \
  OPCODE(CONV_I1_I4, "conv.i1.i4")                                                                                                     \
  OPCODE(CONV_U1_I4, "conv.u1.i4")                                                                                                     \
  OPCODE(CONV_I2_I4, "conv.i2.i4")                                                                                                     \
  OPCODE(CONV_U2_I4, "conv.u2.i4")                                                                                                     \
  OPCODE(CONV_R4_R8, "conv.r4.r8")                                                                                                     \
  OPCODE(CONV_R4_I8, "conv.r4.i8")                                                                                                     \
  OPCODE(CONV_R_UN_I8, "conv.r.un.i8")                                                                                                 \
  OPCODE(MOV_8, "mov.8")                                                                                                               \
  OPCODE(MOV_4, "mov.4")                                                                                                         \
  OPCODE(LDC_R4, "ldc.r4")                                                                                                             \
  OPCODE(LDC_I4, "ldc.i4")                                                                                                             \
  OPCODE(SHR_UN_I8, "shr.un.i8")                                                                                                       \
  OPCODE(AND_I8, "and.i8")                                                                                                             \
  OPCODE(OR_I8, "or.i8")                                                                                                               \
  OPCODE(ADD_R4, "add.r4")                                                                                                             \
  OPCODE(MUL_R4, "mul.r4")                                                                                                             \
  OPCODE(LDFLDA, "ldflda")                                                                                                             \
  OPCODE(LDFLDA_UNSAFE, "ldflda.unsafe")                                                                                               \
  OPCODE(NOP, "nop")                                                                                                                   \
  OPCODE(ZEROBLK_IMM, "zeroblk_imm")                                                                                                   \
  OPCODE(INITBLK, "initblk")                                                                                                           \
  OPCODE(CPOBJ_VT, "cpobj.vt")                                                                                                         \
  OPCODE(CPOBJ_VT_NOREF, "cpobj.vt.noref")                                                                                             \
  OPCODE(BOX_VT, "box.vt")                                                                                                             \
  OPCODE(BOX_PTR, "box.ptr")                                                                                                           \
  OPCODE(MOV_VT, "mov.vt")                                                                                                             \
  OPCODE(LDLOCA_S, "ldloca.s")                                                                                                         \
  OPCODE(LOCALLOC, "localloc")                                                                                                         \
  OPCODE(DEF_ARG, "def_arg")                                                                                                           \
  OPCODE(INITLOCAL, "initlocal")                                                                                                       \
  OPCODE(INITLOCALS, "initlocals")                                                                                                     \
  OPCODE(IL_SEQ_POINT, "il_seq_point")                                                                                                 \
  OPCODE(TIER_ENTER_METHOD, "tier_enter_method")                                                                                       \
  OPCODE(CASTCLASS, "castclass")                                                                                                       \
  OPCODE(CASTCLASS_COMMON, "castclass.common")                                                                                         \
  OPCODE(CASTCLASS_INTERFACE, "castclass.interface")                                                                                   \
  OPCODE(UNBOX, "unbox")

#define NAMED(name, text) OP_##name,
enum opcode_index { OPCODES(NAMED) OPCODE_COUNT };
#undef NAMED
extern uint16_t codegen_opcodes[OPCODE_COUNT];
#define OP(name) codegen_opcodes[OP_##name]

extern const uint8_t mono_interp_oplen[];
extern const int32_t mono_interp_op_dregs[], mono_interp_op_sregs[];

// Finds the opcodes; panics where one is missing. Before any code is made.
void codegen_begin(void);

struct instruction *__real_interp_add_ins_explicit(struct codegen *codegen, int32_t opcode, int32_t length);
int32_t __real_interp_create_var_explicit(struct codegen *codegen, MonoType *type, int32_t size);
void __real_interp_add_conv(struct codegen *codegen, struct stack_place *place, int32_t kind, int32_t opcode);

// Adds an instruction.
struct instruction *codegen_add(struct codegen *codegen, uint16_t opcode, int32_t result, int32_t source, int32_t second);
// A new variable for one that the code generator wants: see large.c.
int32_t large_variable(struct codegen *codegen, MonoType *type, int32_t size);
// Whether what is there is the address of a large value.
bool large_is_on(const struct stack_place *place);
// A new variable of these.
int32_t codegen_variable(struct codegen *codegen, MonoClass *type);
#endif
