// RSA: keys, encryption, signatures.
#include "crypto.h"
#include "keys.h"

#include <openssl/bn.h>
#include <openssl/rsa.h>

// .NET's numbers of paddings: the old one is first, OAEP or PSS second.
enum { PKCS1 = 0 };

static EVP_PKEY_CTX *begin(EVP_PKEY *key, int (*init)(EVP_PKEY_CTX *)) {
  ERR_clear_error();
  EVP_PKEY_CTX *context = use_key(key);
  if (context && init(context) > 0) return context;
  EVP_PKEY_CTX_free(context);
  return NULL;
}

EVP_PKEY *CryptoNative_EvpPKeyCreateRsa(RSA *rsa) {
  ERR_clear_error();
  EVP_PKEY *key = rsa ? EVP_PKEY_new() : NULL;
  if (key && EVP_PKEY_set1_RSA(key, rsa)) return key;
  EVP_PKEY_free(key);
  return NULL;
}

EVP_PKEY *CryptoNative_RsaGenerateKey(int32_t bits) {
  ERR_clear_error();
  EVP_PKEY *key = NULL;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
  if (!context || EVP_PKEY_keygen_init(context) != 1 || EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits) != 1 ||
      EVP_PKEY_keygen(context, &key) != 1) {
    EVP_PKEY_free(key);
    key = NULL;
  }
  EVP_PKEY_CTX_free(context);
  return key;
}

// How a message is made as long as the key. Of the old padding, what is wrong is an error: by default OpenSSL gives random bytes then.
static int set_encryption(EVP_PKEY_CTX *context, int32_t padding, const EVP_MD *digest, int decrypts) {
  if (padding != PKCS1)
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) > 0 && EVP_PKEY_CTX_set_rsa_oaep_md(context, digest) > 0;
  if (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) <= 0) return 0;
  return !decrypts || EVP_PKEY_CTX_ctrl_str(context, "rsa_pkcs1_implicit_rejection", "0") > 0;
}

// Both return how many bytes they wrote, -1 for an error.
int32_t CryptoNative_RsaEncrypt(EVP_PKEY *key, void *extra, const uint8_t *bytes, int32_t count, int32_t padding, const EVP_MD *digest,
                                uint8_t *out, int32_t size) {
  (void)extra;
  EVP_PKEY_CTX *context = begin(key, EVP_PKEY_encrypt_init);
  size_t written = (size_t)size;
  int done = context && set_encryption(context, padding, digest, 0) && EVP_PKEY_encrypt(context, out, &written, bytes, (size_t)count) > 0;
  EVP_PKEY_CTX_free(context);
  return done ? (int32_t)written : -1;
}

int32_t CryptoNative_RsaDecrypt(EVP_PKEY *key, void *extra, const uint8_t *bytes, int32_t count, int32_t padding, const EVP_MD *digest,
                                uint8_t *out, int32_t size) {
  (void)extra;
  EVP_PKEY_CTX *context = begin(key, EVP_PKEY_decrypt_init);
  size_t written = (size_t)size;
  int done = context && set_encryption(context, padding, digest, 1) && EVP_PKEY_decrypt(context, out, &written, bytes, (size_t)count) > 0;
  EVP_PKEY_CTX_free(context);
  return done ? (int32_t)written : -1;
}

static int set_signature(EVP_PKEY_CTX *context, int32_t padding, const EVP_MD *digest) {
  if (EVP_PKEY_CTX_set_signature_md(context, digest) <= 0) return 0;
  if (padding == PKCS1) return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) > 0;
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) > 0;
}

int32_t CryptoNative_RsaSignHash(EVP_PKEY *key, void *extra, int32_t padding, const EVP_MD *digest, const uint8_t *hash, int32_t length,
                                 uint8_t *out, int32_t size) {
  (void)extra;
  EVP_PKEY_CTX *context = begin(key, EVP_PKEY_sign_init);
  size_t written = (size_t)size;
  int done = context && set_signature(context, padding, digest) && EVP_PKEY_sign(context, out, &written, hash, (size_t)length) > 0;
  EVP_PKEY_CTX_free(context);
  return done ? (int32_t)written : -1;
}

// 1 for a signature of that hash, 0 for none of it, -1 for an error. A hash of another length has no signature.
int32_t CryptoNative_RsaVerifyHash(EVP_PKEY *key, void *extra, int32_t padding, const EVP_MD *digest, const uint8_t *hash, int32_t length,
                                   const uint8_t *signature, int32_t size) {
  (void)extra;
  EVP_PKEY_CTX *context = begin(key, EVP_PKEY_verify_init);
  int result = -1;
  if (context && set_signature(context, padding, digest))
    result = length != EVP_MD_get_size(digest) ? 0 : EVP_PKEY_verify(context, signature, (size_t)size, hash, (size_t)length);
  EVP_PKEY_CTX_free(context);
  return result;
}

static int wrong(int library, int reason) {
  ERR_raise(library, reason);
  return 0;
}

// The numbers of a key with two primes; those that it does not have are NULL.
struct numbers {
  const BIGNUM *n, *e, *d, *p, *q, *dp, *dq, *inverse;
};

// Whether e and d undo each other: their product is 1 by the smallest number that both primes less one divide.
static int exponents_fit(const struct numbers *of, const BIGNUM *p1, const BIGNUM *q1, BN_CTX *scratch) {
  BIGNUM *product = BN_CTX_get(scratch), *divisor = BN_CTX_get(scratch), *least = BN_CTX_get(scratch), *rest = BN_CTX_get(scratch);
  if (!rest || !BN_mul(product, p1, q1, scratch) || !BN_gcd(divisor, p1, q1, scratch) ||
      !BN_div(least, NULL, product, divisor, scratch) || !BN_mod_mul(rest, of->d, of->e, least, scratch))
    return 0;
  return BN_is_one(rest) ? 1 : wrong(ERR_LIB_RSA, RSA_R_D_E_NOT_CONGRUENT_TO_1);
}

// Whether the three numbers that make decryption faster are what the others say.
static int remainders_fit(const struct numbers *of, const BIGNUM *p1, const BIGNUM *q1, BN_CTX *scratch) {
  if (!of->dp || !of->dq || !of->inverse) return 1;
  BIGNUM *rest = BN_CTX_get(scratch);
  if (!rest || !BN_mod(rest, of->d, p1, scratch)) return 0;
  if (BN_cmp(rest, of->dp)) return wrong(ERR_LIB_RSA, RSA_R_DMP1_NOT_CONGRUENT_TO_D);
  if (!BN_mod(rest, of->d, q1, scratch)) return 0;
  if (BN_cmp(rest, of->dq)) return wrong(ERR_LIB_RSA, RSA_R_DMQ1_NOT_CONGRUENT_TO_D);
  if (!BN_mod_inverse(rest, of->q, of->p, scratch)) return 0;
  return BN_cmp(rest, of->inverse) ? wrong(ERR_LIB_RSA, RSA_R_IQMP_NOT_INVERSE_OF_Q) : 1;
}

static int private_fits(const struct numbers *of, BN_CTX *scratch) {
  if (BN_cmp(of->d, of->n) >= 0) return wrong(ERR_LIB_EVP, EVP_R_DECODE_ERROR);
  BIGNUM *product = BN_CTX_get(scratch), *p1 = BN_CTX_get(scratch), *q1 = BN_CTX_get(scratch);
  if (!q1 || !BN_mul(product, of->p, of->q, scratch)) return 0;
  if (BN_cmp(product, of->n)) return wrong(ERR_LIB_RSA, RSA_R_N_DOES_NOT_EQUAL_P_Q);
  if (!BN_sub(p1, of->p, BN_value_one()) || !BN_sub(q1, of->q, BN_value_one())) return 0;
  return exponents_fit(of, p1, q1, scratch) && remainders_fit(of, p1, q1, scratch);
}

int rsa_is_sound(EVP_PKEY *key, int is_private) {
  const RSA *rsa = EVP_PKEY_get0_RSA(key);
  if (!rsa) return -1;
  struct numbers of;
  RSA_get0_key(rsa, &of.n, &of.e, &of.d);
  RSA_get0_factors(rsa, &of.p, &of.q);
  RSA_get0_crt_params(rsa, &of.dp, &of.dq, &of.inverse);
  if (!of.n || !of.e) return wrong(ERR_LIB_RSA, RSA_R_VALUE_MISSING);
  if (BN_is_zero(of.n)) return wrong(ERR_LIB_EVP, EVP_R_DECODE_ERROR);
  if (BN_num_bits(of.n) > OPENSSL_RSA_MAX_MODULUS_BITS) return wrong(ERR_LIB_RSA, RSA_R_MODULUS_TOO_LARGE);
  if (BN_is_one(of.e) || !BN_is_odd(of.e)) return wrong(ERR_LIB_RSA, RSA_R_BAD_E_VALUE);
  if (!is_private) return 1;
  if (RSA_get_multi_prime_extra_count(rsa) || !of.d || !of.p || !of.q) return -1;
  BN_CTX *scratch = BN_CTX_secure_new();
  if (!scratch) return 0;
  BN_CTX_start(scratch);
  int fits = private_fits(&of, scratch);
  BN_CTX_end(scratch);
  BN_CTX_free(scratch);
  return fits;
}
