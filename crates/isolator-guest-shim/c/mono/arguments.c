// Native functions with more arguments than the interpreter has room for: it ends the runtime at the thirteenth. Compiled code calls them itself.
//
// Such functions take the numbers of a curve apart and put them together; their arguments and results are addresses and 32-bit numbers.
#include "arguments.h"

enum { CURVE_IN = 23, CURVE_OUT = 25, SLOT = 8 };

bool arguments_are_many(MonoMethodSignature *signature) {
  uint32_t count = mono_signature_get_param_count(signature);
  return count == CURVE_IN || count == CURVE_OUT;
}

#define ONE int32_t
#define FIVE ONE, ONE, ONE, ONE, ONE
typedef int32_t curve_in(FIVE, FIVE, FIVE, FIVE, ONE, ONE, ONE);
typedef int32_t curve_out(FIVE, FIVE, FIVE, FIVE, FIVE);

#define AT(i) (*(const int32_t *)(const void *)(arguments + (i) * SLOT))
#define FIVE_FROM(i) AT(i), AT(i + 1), AT(i + 2), AT(i + 3), AT(i + 4)

void arguments_call(MonoMethodSignature *signature, void *function, uint8_t *result, const uint8_t *arguments) {
  int32_t answer;
  if (mono_signature_get_param_count(signature) == CURVE_IN)
    answer = ((curve_in *)function)(FIVE_FROM(0), FIVE_FROM(5), FIVE_FROM(10), FIVE_FROM(15), AT(20), AT(21), AT(22));
  else
    answer = ((curve_out *)function)(FIVE_FROM(0), FIVE_FROM(5), FIVE_FROM(10), FIVE_FROM(15), FIVE_FROM(20));
  *(int32_t *)(void *)result = answer;
}
