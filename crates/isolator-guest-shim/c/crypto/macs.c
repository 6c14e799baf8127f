// Message authentication: HMAC over a hash, and what OpenSSL calls by name (KMAC).
#include "crypto.h"

// HMAC is one algorithm with a hash for parameter, fetched once.
static EVP_MAC *hmac(void) {
  static EVP_MAC *fetched;
  if (!fetched) fetched = EVP_MAC_fetch(NULL, "HMAC", NULL);
  return fetched;
}

EVP_MAC_CTX *CryptoNative_HmacCreate(const uint8_t *key, int32_t length, const EVP_MD *digest) {
  ERR_clear_error();
  if (!is_range(key, length) || !digest) return NULL;
  EVP_MAC *mac = hmac();
  EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
  // No pointer would mean the key that is there already.
  static const uint8_t none;
  OSSL_PARAM parameters[] = {text_param(OSSL_MAC_PARAM_DIGEST, EVP_MD_get0_name(digest)), OSSL_PARAM_construct_end()};
  if (context && EVP_MAC_init(context, key ? key : &none, (size_t)length, parameters)) return context;
  EVP_MAC_CTX_free(context);
  return NULL;
}

void CryptoNative_HmacDestroy(EVP_MAC_CTX *context) { EVP_MAC_CTX_free(context); }

EVP_MAC_CTX *CryptoNative_HmacCopy(const EVP_MAC_CTX *context) {
  ERR_clear_error();
  return EVP_MAC_CTX_dup(context);
}

int32_t CryptoNative_HmacReset(EVP_MAC_CTX *context) {
  ERR_clear_error();
  return context && EVP_MAC_init(context, NULL, 0, NULL);
}

int32_t CryptoNative_HmacUpdate(EVP_MAC_CTX *context, const uint8_t *bytes, int32_t count) {
  ERR_clear_error();
  return context && is_range(bytes, count) && EVP_MAC_update(context, bytes, (size_t)count);
}

int32_t CryptoNative_HmacFinal(EVP_MAC_CTX *context, uint8_t *code, int32_t *length) {
  ERR_clear_error();
  if (!context || *length < 0) return 0;
  size_t written = 0;
  int done = EVP_MAC_final(context, code, &written, (size_t)*length);
  *length = (int32_t)written;
  return done;
}

int32_t CryptoNative_HmacCurrent(const EVP_MAC_CTX *context, uint8_t *code, int32_t *length) {
  EVP_MAC_CTX *copy = CryptoNative_HmacCopy(context);
  int done = copy ? CryptoNative_HmacFinal(copy, code, length) : 0;
  EVP_MAC_CTX_free(copy);
  return done;
}

int32_t CryptoNative_HmacOneShot(const EVP_MD *digest, const uint8_t *key, int32_t key_length, const uint8_t *bytes, int32_t count,
                                 uint8_t *code, int32_t *length) {
  EVP_MAC_CTX *context = CryptoNative_HmacCreate(key, key_length, digest);
  int done = context && CryptoNative_HmacUpdate(context, bytes, count) && CryptoNative_HmacFinal(context, code, length);
  EVP_MAC_CTX_free(context);
  return done;
}

// Below, -1 is for arguments that no caller gives, -3 for a code of another length.

EVP_MAC *CryptoNative_EvpMacFetch(const char *name, int32_t *is_there) {
  ERR_clear_error();
  *is_there = 1;
  return EVP_MAC_fetch(NULL, name, NULL);
}

void CryptoNative_EvpMacFree(EVP_MAC *mac) { EVP_MAC_free(mac); }

EVP_MAC_CTX *CryptoNative_EvpMacCtxNew(EVP_MAC *mac) {
  ERR_clear_error();
  return mac ? EVP_MAC_CTX_new(mac) : NULL;
}

EVP_MAC_CTX *CryptoNative_EvpMacCtxDup(const EVP_MAC_CTX *context) {
  ERR_clear_error();
  return EVP_MAC_CTX_dup(context);
}

void CryptoNative_EvpMacCtxFree(EVP_MAC_CTX *context) { EVP_MAC_CTX_free(context); }

int32_t CryptoNative_EvpMacInit(EVP_MAC_CTX *context, const uint8_t *key, int32_t key_length, const uint8_t *custom,
                                int32_t custom_length, int32_t any_length) {
  ERR_clear_error();
  if (!context || !is_range(key, key_length) || !is_range(custom, custom_length)) return -1;
  OSSL_PARAM parameters[] = {bytes_param(OSSL_MAC_PARAM_KEY, key, key_length), OSSL_PARAM_construct_int32(OSSL_MAC_PARAM_XOF, &any_length),
                             OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end()};
  if (custom_length) parameters[2] = bytes_param(OSSL_MAC_PARAM_CUSTOM, custom, custom_length);
  return EVP_MAC_init(context, NULL, 0, parameters);
}

int32_t CryptoNative_EvpMacReset(EVP_MAC_CTX *context) {
  ERR_clear_error();
  return context ? EVP_MAC_init(context, NULL, 0, NULL) : -1;
}

int32_t CryptoNative_EvpMacUpdate(EVP_MAC_CTX *context, const uint8_t *bytes, int32_t count) {
  ERR_clear_error();
  if (!context || !is_range(bytes, count)) return -1;
  return count ? EVP_MAC_update(context, bytes, (size_t)count) : 1;
}

int32_t CryptoNative_EvpMacFinal(EVP_MAC_CTX *context, uint8_t *code, int32_t length) {
  ERR_clear_error();
  if (!context || !is_range(code, length)) return -1;
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_int32(OSSL_MAC_PARAM_SIZE, &length), OSSL_PARAM_construct_end()};
  size_t written = 0;
  if (!EVP_MAC_CTX_set_params(context, parameters) || !EVP_MAC_final(context, code, &written, (size_t)length)) return 0;
  return written == (size_t)length ? 1 : -3;
}

int32_t CryptoNative_EvpMacCurrent(EVP_MAC_CTX *context, uint8_t *code, int32_t length) {
  EVP_MAC_CTX *copy = CryptoNative_EvpMacCtxDup(context);
  int done = copy ? CryptoNative_EvpMacFinal(copy, code, length) : 0;
  EVP_MAC_CTX_free(copy);
  return done;
}

int32_t CryptoNative_EvpMacOneShot(EVP_MAC *mac, const uint8_t *key, int32_t key_length, const uint8_t *custom, int32_t custom_length,
                                   const uint8_t *bytes, int32_t count, uint8_t *code, int32_t length, int32_t any_length) {
  if (!mac || !is_range(bytes, count) || !is_range(code, length)) return -1;
  if (!length) return 1;
  EVP_MAC_CTX *context = CryptoNative_EvpMacCtxNew(mac);
  int done = context ? CryptoNative_EvpMacInit(context, key, key_length, custom, custom_length, any_length) : 0;
  if (done == 1) done = CryptoNative_EvpMacUpdate(context, bytes, count);
  if (done == 1) done = CryptoNative_EvpMacFinal(context, code, length);
  EVP_MAC_CTX_free(context);
  return done;
}
