// DSA.
#include "crypto.h"

#include <openssl/bn.h>
#include <openssl/dsa.h>

DSA *CryptoNative_EvpPkeyGetDsa(EVP_PKEY *key) {
  ERR_clear_error();
  return EVP_PKEY_get1_DSA(key);
}

int32_t CryptoNative_EvpPkeySetDsa(EVP_PKEY *key, DSA *dsa) {
  ERR_clear_error();
  return key && dsa && EVP_PKEY_set1_DSA(key, dsa);
}

int32_t CryptoNative_DsaUpRef(DSA *dsa) { return dsa && DSA_up_ref(dsa); }

void CryptoNative_DsaDestroy(DSA *dsa) { DSA_free(dsa); }

int32_t CryptoNative_DsaGenerateKey(DSA **dsa, int32_t bits) {
  ERR_clear_error();
  *dsa = DSA_new();
  if (*dsa && DSA_generate_parameters_ex(*dsa, bits, NULL, 0, NULL, NULL, NULL) && DSA_generate_key(*dsa)) return 1;
  DSA_free(*dsa);
  *dsa = NULL;
  return 0;
}

int32_t CryptoNative_DsaSizeSignature(DSA *dsa) { return DSA_size(dsa); }

static int32_t size_of(const BIGNUM *number) { return number ? BN_num_bytes(number) : -1; }

int32_t CryptoNative_DsaSizeP(DSA *dsa) { return dsa ? size_of(DSA_get0_p(dsa)) : -1; }

int32_t CryptoNative_DsaSizeQ(DSA *dsa) { return dsa ? size_of(DSA_get0_q(dsa)) : -1; }

int32_t CryptoNative_DsaSign(DSA *dsa, const uint8_t *hash, int32_t hash_length, uint8_t *signature, int32_t *length) {
  ERR_clear_error();
  *length = 0;
  if (!DSA_get0_priv_key(dsa)) {
    ERR_raise(ERR_LIB_DSA, DSA_R_MISSING_PRIVATE_KEY);
    return 0;
  }
  unsigned written = 0;
  int done = DSA_sign(0, hash, hash_length, signature, &written, dsa);
  if (done) *length = (int32_t)written;
  return done;
}

int32_t CryptoNative_DsaVerify(DSA *dsa, const uint8_t *hash, int32_t hash_length, const uint8_t *signature, int32_t length) {
  int fits = DSA_verify(0, hash, hash_length, signature, length, dsa);
  // Bytes that are no signature are none of this hash; nobody asks why.
  ERR_clear_error();
  return fits == 1;
}

static void give(const BIGNUM *number, const BIGNUM **to, int32_t *size) {
  *to = number;
  *size = number ? BN_num_bytes(number) : 0;
}

// The numbers stay the key's.
int32_t CryptoNative_GetDsaParameters(const DSA *dsa, const BIGNUM **p, int32_t *p_size, const BIGNUM **q, int32_t *q_size,
                                      const BIGNUM **g, int32_t *g_size, const BIGNUM **y, int32_t *y_size, const BIGNUM **x,
                                      int32_t *x_size) {
  give(DSA_get0_p(dsa), p, p_size);
  give(DSA_get0_q(dsa), q, q_size);
  give(DSA_get0_g(dsa), g, g_size);
  give(DSA_get0_pub_key(dsa), y, y_size);
  give(DSA_get0_priv_key(dsa), x, x_size);
  return 1;
}

static BIGNUM *number(const uint8_t *bytes, int32_t length) { return bytes && length ? BN_bin2bn(bytes, length, NULL) : NULL; }

// What was made stays in `dsa` when this fails, too: the caller frees it.
int32_t CryptoNative_DsaKeyCreateByExplicitParameters(DSA **dsa, const uint8_t *p, int32_t p_length, const uint8_t *q, int32_t q_length,
                                                      const uint8_t *g, int32_t g_length, const uint8_t *y, int32_t y_length,
                                                      const uint8_t *x, int32_t x_length) {
  ERR_clear_error();
  *dsa = DSA_new();
  if (!*dsa) return 0;
  BIGNUM *numbers[] = {number(p, p_length), number(q, q_length), number(g, g_length), number(y, y_length), number(x, x_length)};
  // Each of the two takes its numbers, unless it fails.
  int taken = 0;
  if (DSA_set0_pqg(*dsa, numbers[0], numbers[1], numbers[2])) taken = 3;
  if (taken && DSA_set0_key(*dsa, numbers[3], numbers[4])) taken = 5;
  for (int i = taken; i < 5; i++) BN_clear_free(numbers[i]);
  return taken == 5;
}
