// The algorithms that are meant to outlast quantum computers: ML-KEM, ML-DSA, SLH-DSA.
#include "crypto.h"
#include "keys.h"

// The number of a name in a list, from 1; 0 where a key's algorithm is none of them.
static int number_of(const EVP_PKEY *key, const char *const *names, int count) {
  for (int i = 0; i < count; i++)
    if (EVP_PKEY_is_a(key, names[i])) return i + 1;
  return 0;
}

#define COUNT(array) (int)(sizeof array / sizeof *array)

int ml_kem_number(const EVP_PKEY *key) {
  static const char *const names[] = {"ML-KEM-512", "ML-KEM-768", "ML-KEM-1024"};
  return number_of(key, names, COUNT(names));
}

int ml_dsa_number(const EVP_PKEY *key) {
  static const char *const names[] = {"ML-DSA-44", "ML-DSA-65", "ML-DSA-87"};
  return number_of(key, names, COUNT(names));
}

int slh_dsa_number(const EVP_PKEY *key) {
  static const char *const names[] = {
      "SLH-DSA-SHA2-128s",  "SLH-DSA-SHAKE-128s", "SLH-DSA-SHA2-128f",  "SLH-DSA-SHAKE-128f", "SLH-DSA-SHA2-192s",  "SLH-DSA-SHAKE-192s",
      "SLH-DSA-SHA2-192f",  "SLH-DSA-SHAKE-192f", "SLH-DSA-SHA2-256s",  "SLH-DSA-SHAKE-256s", "SLH-DSA-SHA2-256f",  "SLH-DSA-SHAKE-256f"};
  return number_of(key, names, COUNT(names));
}

// Whether a key has that part.
static int has(const EVP_PKEY *key, const char *part) {
  size_t size = 0;
  int is_there = EVP_PKEY_get_octet_string_param(key, part, NULL, 0, &size);
  ERR_clear_error();
  return is_there;
}

// 1 for a part of just that length, 0 for an error, -1 for a part of another length.
static int export(const EVP_PKEY *key, const char *part, uint8_t *bytes, int32_t length) {
  ERR_clear_error();
  size_t size = 0;
  if (!EVP_PKEY_get_octet_string_param(key, part, bytes, (size_t)length, &size)) return 0;
  return size == (size_t)length ? 1 : -1;
}

// A new key: random, or the one of a seed.
static EVP_PKEY *generate(const char *algorithm, const char *part, const uint8_t *seed, int32_t length) {
  ERR_clear_error();
  EVP_PKEY *key = NULL;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, algorithm, NULL);
  int ready = context && EVP_PKEY_keygen_init(context) == 1;
  if (ready && seed) {
    OSSL_PARAM parameters[] = {bytes_param(part, seed, length), OSSL_PARAM_construct_end()};
    ready = EVP_PKEY_CTX_set_params(context, parameters) == 1;
  }
  if (!ready || EVP_PKEY_keygen(context, &key) != 1) {
    EVP_PKEY_free(key);
    key = NULL;
  }
  EVP_PKEY_CTX_free(context);
  return key;
}

// ML-KEM

int32_t CryptoNative_EvpKemAvailable(const char *algorithm) {
  ERR_clear_error();
  EVP_KEM *kem = EVP_KEM_fetch(NULL, algorithm, NULL);
  EVP_KEM_free(kem);
  return kem != NULL;
}

int32_t CryptoNative_EvpKemGetPalId(const EVP_PKEY *key, int32_t *number, int32_t *has_seed, int32_t *has_secret) {
  ERR_clear_error();
  *number = ml_kem_number(key);
  *has_seed = *number && has(key, OSSL_PKEY_PARAM_ML_KEM_SEED);
  *has_secret = *number && has(key, OSSL_PKEY_PARAM_PRIV_KEY);
  return 1;
}

EVP_PKEY *CryptoNative_EvpKemGeneratePkey(const char *algorithm, const uint8_t *seed, int32_t length) {
  return generate(algorithm, OSSL_PKEY_PARAM_ML_KEM_SEED, length ? seed : NULL, length);
}

// 1, 0 for an error, -1 for lengths that are not the algorithm's.
int32_t CryptoNative_EvpKemEncapsulate(EVP_PKEY *key, void *extra, uint8_t *wrapped, int32_t wrapped_length, uint8_t *secret,
                                       int32_t secret_length) {
  (void)extra;
  ERR_clear_error();
  EVP_PKEY_CTX *context = use_key(key);
  size_t wrapped_size = (size_t)wrapped_length, secret_size = (size_t)secret_length;
  int done = context && EVP_PKEY_encapsulate_init(context, NULL) == 1 &&
             EVP_PKEY_encapsulate(context, wrapped, &wrapped_size, secret, &secret_size) == 1;
  EVP_PKEY_CTX_free(context);
  if (!done) return 0;
  return wrapped_size == (size_t)wrapped_length && secret_size == (size_t)secret_length ? 1 : -1;
}

int32_t CryptoNative_EvpKemDecapsulate(EVP_PKEY *key, void *extra, const uint8_t *wrapped, int32_t wrapped_length, uint8_t *secret,
                                       int32_t secret_length) {
  (void)extra;
  ERR_clear_error();
  EVP_PKEY_CTX *context = use_key(key);
  size_t secret_size = (size_t)secret_length;
  int done = context && EVP_PKEY_decapsulate_init(context, NULL) == 1 &&
             EVP_PKEY_decapsulate(context, secret, &secret_size, wrapped, (size_t)wrapped_length) == 1;
  EVP_PKEY_CTX_free(context);
  if (!done) return 0;
  return secret_size == (size_t)secret_length ? 1 : -1;
}

int32_t CryptoNative_EvpKemExportPrivateSeed(const EVP_PKEY *key, uint8_t *bytes, int32_t length) {
  return export(key, OSSL_PKEY_PARAM_ML_KEM_SEED, bytes, length);
}

int32_t CryptoNative_EvpKemExportDecapsulationKey(const EVP_PKEY *key, uint8_t *bytes, int32_t length) {
  return export(key, OSSL_PKEY_PARAM_PRIV_KEY, bytes, length);
}

int32_t CryptoNative_EvpKemExportEncapsulationKey(const EVP_PKEY *key, uint8_t *bytes, int32_t length) {
  return export(key, OSSL_PKEY_PARAM_PUB_KEY, bytes, length);
}

// Signatures

int32_t CryptoNative_IsSignatureAlgorithmAvailable(const char *algorithm) {
  ERR_clear_error();
  EVP_SIGNATURE *signature = EVP_SIGNATURE_fetch(NULL, algorithm, NULL);
  EVP_SIGNATURE_free(signature);
  ERR_clear_error();
  return signature != NULL;
}

// 1, 0 where it cannot be signed, -1 where the key cannot sign so.
static int sign(EVP_PKEY *key, const OSSL_PARAM *parameters, const uint8_t *message, int32_t count, uint8_t *out, int32_t size) {
  ERR_clear_error();
  EVP_PKEY_CTX *context = use_key(key);
  int result = -1;
  size_t written = (size_t)size;
  if (context && EVP_PKEY_sign_message_init(context, NULL, parameters) > 0)
    result = EVP_PKEY_sign(context, out, &written, message, (size_t)count) == 1;
  if (result == 1 && written != (size_t)size) result = -1;
  EVP_PKEY_CTX_free(context);
  return result;
}

// 1 for a signature of the message, 0 for none of it, -1 where the key cannot check one so.
static int verify(EVP_PKEY *key, const OSSL_PARAM *parameters, const uint8_t *message, int32_t count, const uint8_t *signature,
                  int32_t size) {
  ERR_clear_error();
  EVP_PKEY_CTX *context = use_key(key);
  int result = -1;
  if (context && EVP_PKEY_verify_message_init(context, NULL, parameters) > 0)
    result = EVP_PKEY_verify(context, signature, (size_t)size, message, (size_t)count) == 1;
  EVP_PKEY_CTX_free(context);
  return result;
}

// A message with the context that it is signed in.
#define PURE(algorithm)                                                                                                             \
  int32_t CryptoNative_##algorithm##SignPure(EVP_PKEY *key, void *extra, const uint8_t *message, int32_t count,                     \
                                             const uint8_t *context, int32_t length, uint8_t *out, int32_t size) {                  \
    (void)extra;                                                                                                                    \
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end()};                                             \
    if (context) parameters[0] = bytes_param(OSSL_SIGNATURE_PARAM_CONTEXT_STRING, context, length);                                 \
    return sign(key, parameters, message, count, out, size);                                                                        \
  }                                                                                                                                 \
  int32_t CryptoNative_##algorithm##VerifyPure(EVP_PKEY *key, void *extra, const uint8_t *message, int32_t count,                   \
                                               const uint8_t *context, int32_t length, const uint8_t *signature, int32_t size) {    \
    (void)extra;                                                                                                                    \
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end()};                                             \
    if (context) parameters[0] = bytes_param(OSSL_SIGNATURE_PARAM_CONTEXT_STRING, context, length);                                 \
    return verify(key, parameters, message, count, signature, size);                                                                \
  }

// Something else than a message, told by a number: one that is encoded already, or the hash that a message is signed by.
#define OTHER(algorithm, what, parameter, value)                                                                                    \
  int32_t CryptoNative_##algorithm##Sign##what(EVP_PKEY *key, void *extra, const uint8_t *message, int32_t count, uint8_t *out,     \
                                               int32_t size) {                                                                      \
    (void)extra;                                                                                                                    \
    int number = value;                                                                                                             \
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_int(parameter, &number), OSSL_PARAM_construct_end()};                           \
    return sign(key, parameters, message, count, out, size);                                                                        \
  }                                                                                                                                 \
  int32_t CryptoNative_##algorithm##Verify##what(EVP_PKEY *key, void *extra, const uint8_t *message, int32_t count,                 \
                                                 const uint8_t *signature, int32_t size) {                                          \
    (void)extra;                                                                                                                    \
    int number = value;                                                                                                             \
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_int(parameter, &number), OSSL_PARAM_construct_end()};                           \
    return verify(key, parameters, message, count, signature, size);                                                                \
  }

PURE(MLDsa)
OTHER(MLDsa, PreEncoded, OSSL_SIGNATURE_PARAM_MESSAGE_ENCODING, 0)
OTHER(MLDsa, ExternalMu, OSSL_SIGNATURE_PARAM_MU, 1)
PURE(SlhDsa)
OTHER(SlhDsa, PreEncoded, OSSL_SIGNATURE_PARAM_MESSAGE_ENCODING, 0)

int32_t CryptoNative_MLDsaGetPalId(const EVP_PKEY *key, int32_t *number, int32_t *has_seed, int32_t *has_secret) {
  ERR_clear_error();
  *number = ml_dsa_number(key);
  *has_seed = *number && has(key, OSSL_PKEY_PARAM_ML_DSA_SEED);
  *has_secret = *number && has(key, OSSL_PKEY_PARAM_PRIV_KEY);
  return 1;
}

EVP_PKEY *CryptoNative_MLDsaGenerateKey(const char *algorithm, const uint8_t *seed, int32_t length) {
  enum { SEED = 32 };
  ERR_clear_error();
  if (seed && length != SEED) return NULL;
  return generate(algorithm, OSSL_PKEY_PARAM_ML_DSA_SEED, seed, length);
}

int32_t CryptoNative_MLDsaExportSeed(const EVP_PKEY *key, uint8_t *bytes, int32_t length) {
  return export(key, OSSL_PKEY_PARAM_ML_DSA_SEED, bytes, length);
}

int32_t CryptoNative_MLDsaExportSecretKey(const EVP_PKEY *key, uint8_t *bytes, int32_t length) {
  return export(key, OSSL_PKEY_PARAM_PRIV_KEY, bytes, length);
}

int32_t CryptoNative_MLDsaExportPublicKey(const EVP_PKEY *key, uint8_t *bytes, int32_t length) {
  return export(key, OSSL_PKEY_PARAM_PUB_KEY, bytes, length);
}

int32_t CryptoNative_SlhDsaGetPalId(const EVP_PKEY *key, int32_t *number) {
  ERR_clear_error();
  *number = slh_dsa_number(key);
  return 1;
}

EVP_PKEY *CryptoNative_SlhDsaGenerateKey(const char *algorithm) { return generate(algorithm, "", NULL, 0); }

int32_t CryptoNative_SlhDsaExportSecretKey(const EVP_PKEY *key, uint8_t *bytes, int32_t length) {
  return export(key, OSSL_PKEY_PARAM_PRIV_KEY, bytes, length);
}

int32_t CryptoNative_SlhDsaExportPublicKey(const EVP_PKEY *key, uint8_t *bytes, int32_t length) {
  return export(key, OSSL_PKEY_PARAM_PUB_KEY, bytes, length);
}
