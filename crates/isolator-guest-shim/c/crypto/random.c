// Random bytes: all of them are WASI's, from the moment when they are asked for.
//
// OpenSSL would seed a generator once and draw from it. Such a generator would be frozen in the image, and each copy of a runtime would draw
// the same "random" keys. So there is none: OpenSSL's own are built without a source of seeds (`--with-rand-seed=none`), and whoever asks
// for bytes, the library itself or the managed side, gets `random_get`'s. Nothing is kept between two calls.
#include "crypto.h"

#include <openssl/core_dispatch.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <wasi/api.h>

static int fill(unsigned char *bytes, int count) {
  return count >= 0 && __wasi_random_get(bytes, (__wasi_size_t)count) == 0;
}

static int is_ready(void) { return 1; }

// What else a method can have (seeding, cleaning up) there is no use for.
static const RAND_METHOD method = {.bytes = fill, .pseudorand = fill, .status = is_ready};


// Whoever makes a large key also asks a generator how good it is. So there is one by name, which has no state: it is the same function.

static int generator;

static void *new_generator(void *provider, void *parent, const OSSL_DISPATCH *calls) {
  (void)provider, (void)parent, (void)calls;
  return &generator;
}

static void free_generator(void *one) { (void)one; }

static int instantiate(void *one, unsigned strength, int resistant, const unsigned char *text, size_t length, const OSSL_PARAM parameters[]) {
  (void)one, (void)strength, (void)resistant, (void)text, (void)length, (void)parameters;
  return 1;
}

static int end(void *one) {
  (void)one;
  return 1;
}

static int generate(void *one, unsigned char *bytes, size_t count, unsigned strength, int resistant, const unsigned char *text, size_t length) {
  (void)one, (void)strength, (void)resistant, (void)text, (void)length;
  return count <= INT32_MAX && fill(bytes, (int)count);
}

static int get_parameters(void *one, OSSL_PARAM parameters[]) {
  enum { STRENGTH = 256 };
  (void)one;
  OSSL_PARAM *state = OSSL_PARAM_locate(parameters, OSSL_RAND_PARAM_STATE), *strength = OSSL_PARAM_locate(parameters, OSSL_RAND_PARAM_STRENGTH);
  OSSL_PARAM *most = OSSL_PARAM_locate(parameters, OSSL_RAND_PARAM_MAX_REQUEST);
  return (!state || OSSL_PARAM_set_int(state, EVP_RAND_STATE_READY)) && (!strength || OSSL_PARAM_set_uint(strength, STRENGTH)) &&
         (!most || OSSL_PARAM_set_size_t(most, INT32_MAX));
}

static const OSSL_PARAM *gettable(void *one, void *provider) {
  static const OSSL_PARAM all[] = {OSSL_PARAM_int(OSSL_RAND_PARAM_STATE, NULL), OSSL_PARAM_uint(OSSL_RAND_PARAM_STRENGTH, NULL),
                                   OSSL_PARAM_size_t(OSSL_RAND_PARAM_MAX_REQUEST, NULL), OSSL_PARAM_END};
  (void)one, (void)provider;
  return all;
}

typedef void function(void);

static const OSSL_DISPATCH generator_calls[] = {
    {OSSL_FUNC_RAND_NEWCTX, (function *)new_generator},         {OSSL_FUNC_RAND_FREECTX, (function *)free_generator},
    {OSSL_FUNC_RAND_INSTANTIATE, (function *)instantiate},      {OSSL_FUNC_RAND_UNINSTANTIATE, (function *)end},
    {OSSL_FUNC_RAND_GENERATE, (function *)generate},            {OSSL_FUNC_RAND_ENABLE_LOCKING, (function *)end},
    {OSSL_FUNC_RAND_GET_CTX_PARAMS, (function *)get_parameters}, {OSSL_FUNC_RAND_GETTABLE_CTX_PARAMS, (function *)gettable},
    OSSL_DISPATCH_END};

static const OSSL_ALGORITHM generators[] = {{"WASI", "provider=wasi", generator_calls, "the host's random bytes"}, {NULL, NULL, NULL, NULL}};

static const OSSL_ALGORITHM *query(void *provider, int operation, int *changes) {
  (void)provider;
  *changes = 0;
  return operation == OSSL_OP_RAND ? generators : NULL;
}

static const OSSL_DISPATCH provider_calls[] = {{OSSL_FUNC_PROVIDER_QUERY_OPERATION, (function *)query}, OSSL_DISPATCH_END};

static int begin(const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *from, const OSSL_DISPATCH **calls, void **provider) {
  (void)core, (void)from;
  *calls = provider_calls;
  *provider = &generator;
  return 1;
}

int crypto_random_install(void) {
  return OSSL_PROVIDER_add_builtin(NULL, "wasi", begin) && OSSL_PROVIDER_try_load(NULL, "wasi", 1) &&
         RAND_set_DRBG_type(NULL, "WASI", "provider=wasi", NULL, NULL) && RAND_set_rand_method(&method);
}

int32_t CryptoNative_GetRandomBytes(uint8_t *bytes, int32_t count) {
  ERR_clear_error();
  return fill(bytes, count);
}
