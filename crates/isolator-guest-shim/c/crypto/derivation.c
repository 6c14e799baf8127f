// Keys from passwords and from other keys.
#include "crypto.h"

#include <openssl/kdf.h>

EVP_KDF *CryptoNative_EvpKdfFetch(const char *name, int32_t *is_there) {
  ERR_clear_error();
  EVP_KDF *kdf = EVP_KDF_fetch(NULL, name, NULL);
  // An algorithm that exists may fail to be fetched for another reason, which is an error then.
  *is_there = kdf || ERR_GET_REASON(ERR_peek_error()) != ERR_R_UNSUPPORTED;
  return kdf;
}

void CryptoNative_EvpKdfFree(EVP_KDF *kdf) { EVP_KDF_free(kdf); }

static int derive(EVP_KDF *kdf, const OSSL_PARAM *parameters, uint8_t *key, int32_t length) {
  ERR_clear_error();
  EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
  int done = context && length >= 0 && EVP_KDF_derive(context, key, (size_t)length, parameters) > 0;
  EVP_KDF_CTX_free(context);
  return done;
}

// SP 800-108 in counter mode, with HMAC.
int32_t CryptoNative_KbkdfHmacOneShot(EVP_KDF *kdf, const uint8_t *key, int32_t key_length, const char *digest, const uint8_t *label,
                                      int32_t label_length, const uint8_t *context, int32_t context_length, uint8_t *derived,
                                      int32_t length) {
  // An empty key is refused; HMAC fills keys up with zeros, so that one zero is the same key.
  static const uint8_t zero;
  if (!key_length) key = &zero, key_length = 1;
  OSSL_PARAM parameters[] = {text_param(OSSL_KDF_PARAM_DIGEST, digest),
                             text_param(OSSL_KDF_PARAM_MAC, "HMAC"),
                             bytes_param(OSSL_KDF_PARAM_KEY, key, key_length),
                             bytes_param(OSSL_KDF_PARAM_SALT, label, label_length),
                             bytes_param(OSSL_KDF_PARAM_INFO, context, context_length),
                             OSSL_PARAM_construct_end()};
  return derive(kdf, parameters, derived, length);
}

static int hkdf(EVP_KDF *kdf, int mode, const uint8_t *key, int32_t key_length, const char *digest, const uint8_t *salt,
                int32_t salt_length, const uint8_t *info, int32_t info_length, uint8_t *derived, int32_t length) {
  OSSL_PARAM parameters[6], *next = parameters;
  *next++ = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode);
  *next++ = bytes_param(OSSL_KDF_PARAM_KEY, key, key_length);
  *next++ = text_param(OSSL_KDF_PARAM_DIGEST, digest);
  if (salt && salt_length > 0) *next++ = bytes_param(OSSL_KDF_PARAM_SALT, salt, salt_length);
  if (info && info_length > 0) *next++ = bytes_param(OSSL_KDF_PARAM_INFO, info, info_length);
  *next = OSSL_PARAM_construct_end();
  return derive(kdf, parameters, derived, length);
}

int32_t CryptoNative_HkdfDeriveKey(EVP_KDF *kdf, const uint8_t *key, int32_t key_length, const char *digest, const uint8_t *salt,
                                   int32_t salt_length, const uint8_t *info, int32_t info_length, uint8_t *derived, int32_t length) {
  return hkdf(kdf, EVP_KDF_HKDF_MODE_EXTRACT_AND_EXPAND, key, key_length, digest, salt, salt_length, info, info_length, derived, length);
}

int32_t CryptoNative_HkdfExpand(EVP_KDF *kdf, const uint8_t *key, int32_t key_length, const char *digest, const uint8_t *info,
                                int32_t info_length, uint8_t *derived, int32_t length) {
  return hkdf(kdf, EVP_KDF_HKDF_MODE_EXPAND_ONLY, key, key_length, digest, NULL, 0, info, info_length, derived, length);
}

int32_t CryptoNative_HkdfExtract(EVP_KDF *kdf, const uint8_t *key, int32_t key_length, const char *digest, const uint8_t *salt,
                                 int32_t salt_length, uint8_t *derived, int32_t length) {
  return hkdf(kdf, EVP_KDF_HKDF_MODE_EXTRACT_ONLY, key, key_length, digest, salt, salt_length, NULL, 0, derived, length);
}

// -1 for arguments that no caller gives.
int32_t CryptoNative_Pbkdf2(const char *password, int32_t password_length, const uint8_t *salt, int32_t salt_length, int32_t rounds,
                            const EVP_MD *digest, uint8_t *derived, int32_t length) {
  if (!is_range(password, password_length) || !is_range(salt, salt_length) || rounds <= 0 || !digest || !derived || length < 0) return -1;
  ERR_clear_error();
  static const uint8_t none;
  return PKCS5_PBKDF2_HMAC(password ? password : "", password_length, salt ? salt : &none, salt_length, rounds, digest, length, derived);
}
