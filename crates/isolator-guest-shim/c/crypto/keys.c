// Asymmetric keys of all kinds: made, counted, taken from and brought into the two standard encodings.
#include "crypto.h"
#include "keys.h"

#include <openssl/objects.h>
#include <openssl/x509.h>

EVP_PKEY *CryptoNative_EvpPkeyCreate(void) {
  ERR_clear_error();
  return EVP_PKEY_new();
}

void CryptoNative_EvpPkeyDestroy(EVP_PKEY *key, void *extra) {
  (void)extra;
  EVP_PKEY_free(key);
}

int32_t CryptoNative_UpRefEvpPkey(EVP_PKEY *key, void *extra) {
  (void)extra;
  return key ? EVP_PKEY_up_ref(key) : 0;
}

int32_t CryptoNative_EvpPKeyBits(EVP_PKEY *key) { return EVP_PKEY_get_bits(key); }

// By OpenSSL's numbers of algorithms; 0 for another one.
int32_t CryptoNative_EvpPKeyType(EVP_PKEY *key) {
  int id = EVP_PKEY_get_base_id(key);
  switch (id) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_EC:
    case EVP_PKEY_DSA:
      return id;
    case EVP_PKEY_RSA_PSS:
      return EVP_PKEY_RSA;
    case EVP_PKEY_ED25519:
    case EVP_PKEY_ED448:
      return EVP_PKEY_EC;
    default:
      return 0;
  }
}

// By .NET's own numbers (`EvpAlgorithmFamilyId`).
int32_t CryptoNative_EvpPKeyFamily(EVP_PKEY *key) {
  enum { UNKNOWN, RSA_FAMILY, DSA_FAMILY, EC_FAMILY, ML_KEM, SLH_DSA, ML_DSA };
  switch (CryptoNative_EvpPKeyType(key)) {
    case EVP_PKEY_RSA:
      return RSA_FAMILY;
    case EVP_PKEY_DSA:
      return DSA_FAMILY;
    case EVP_PKEY_EC:
      return EC_FAMILY;
  }
  if (ml_kem_number(key)) return ML_KEM;
  if (ml_dsa_number(key)) return ML_DSA;
  return slh_dsa_number(key) ? SLH_DSA : UNKNOWN;
}

EVP_PKEY *CryptoNative_EvpPKeyFromData(const char *algorithm, const uint8_t *bytes, int32_t length, int32_t is_private) {
  ERR_clear_error();
  if (!is_range(bytes, length)) return NULL;
  EVP_PKEY *key = NULL;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, algorithm, NULL);
  OSSL_PARAM parameters[] = {bytes_param(is_private ? OSSL_PKEY_PARAM_PRIV_KEY : OSSL_PKEY_PARAM_PUB_KEY, bytes, length),
                             OSSL_PARAM_construct_end()};
  if (!context || EVP_PKEY_fromdata_init(context) != 1 ||
      EVP_PKEY_fromdata(context, &key, is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
    EVP_PKEY_free(key);
    key = NULL;
  }
  EVP_PKEY_CTX_free(context);
  return key;
}

// Whether a key is of the wanted algorithm (0 for any) and its numbers belong together. `result` is 1 for yes; -2, where there is nothing
// to check, will do.
static int is_sound(EVP_PKEY *key, int32_t algorithm, int is_private) {
  if (algorithm && EVP_PKEY_get_base_id(key) != algorithm) {
    ERR_raise(ERR_LIB_EVP, EVP_R_UNSUPPORTED_ALGORITHM);
    return 0;
  }
  if (algorithm == EVP_PKEY_RSA) {
    // Without the search for small factors of its primes, which takes long.
    int answer = rsa_is_sound(key, is_private);
    if (answer >= 0) return answer;
    ERR_clear_error();
  }
  EVP_PKEY_CTX *context = use_key(key);
  int result = !context ? 0 : is_private ? EVP_PKEY_check(context) : EVP_PKEY_public_check(context);
  EVP_PKEY_CTX_free(context);
  if (result != 1 && result != -2) return 0;
  ERR_clear_error();
  return 1;
}

static EVP_PKEY *only_if_sound(EVP_PKEY *key, int32_t algorithm, int is_private) {
  if (!key || is_sound(key, algorithm, is_private)) return key;
  EVP_PKEY_free(key);
  return NULL;
}

EVP_PKEY *CryptoNative_DecodeSubjectPublicKeyInfo(const uint8_t *bytes, int32_t length, int32_t algorithm) {
  ERR_clear_error();
  return only_if_sound(d2i_PUBKEY(NULL, &bytes, length), algorithm, 0);
}

EVP_PKEY *CryptoNative_DecodePkcs8PrivateKey(const uint8_t *bytes, int32_t length, int32_t algorithm) {
  ERR_clear_error();
  PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &bytes, length);
  EVP_PKEY *key = info ? EVP_PKCS82PKEY(info) : NULL;
  PKCS8_PRIV_KEY_INFO_free(info);
  return only_if_sound(key, algorithm, 1);
}

// 1 and the size; -2 for a key without its private part; -1 for an error.
int32_t CryptoNative_GetPkcs8PrivateKeySize(EVP_PKEY *key, int32_t *size) {
  ERR_clear_error();
  PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
  *size = info ? i2d_PKCS8_PRIV_KEY_INFO(info, NULL) : 0;
  PKCS8_PRIV_KEY_INFO_free(info);
  if (info) return *size < 0 ? -1 : 1;
  if (ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE) return -1;
  ERR_clear_error();
  return -2;
}

// The encoders return how many bytes there are, and write them where they are given a place.
int32_t CryptoNative_EncodePkcs8PrivateKey(EVP_PKEY *key, uint8_t *bytes) {
  ERR_clear_error();
  PKCS8_PRIV_KEY_INFO *info = key ? EVP_PKEY2PKCS8(key) : NULL;
  int length = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &bytes) : -1;
  PKCS8_PRIV_KEY_INFO_free(info);
  return length;
}

int32_t CryptoNative_GetSubjectPublicKeyInfoSize(EVP_PKEY *key) {
  ERR_clear_error();
  return i2d_PUBKEY(key, NULL);
}

int32_t CryptoNative_EncodeSubjectPublicKeyInfo(EVP_PKEY *key, uint8_t *bytes) {
  ERR_clear_error();
  return i2d_PUBKEY(key, &bytes);
}

// Keys in devices and in other programs: there are none.
EVP_PKEY *CryptoNative_LoadPrivateKeyFromEngine(const char *engine, const char *name, int32_t *have_engines) {
  (void)engine, (void)name;
  *have_engines = 0;
  return NULL;
}

EVP_PKEY *CryptoNative_LoadPublicKeyFromEngine(const char *engine, const char *name, int32_t *have_engines) {
  return CryptoNative_LoadPrivateKeyFromEngine(engine, name, have_engines);
}

EVP_PKEY *CryptoNative_LoadKeyFromProvider(const char *provider, const char *uri, void **extra, int32_t *have_providers) {
  (void)provider, (void)uri;
  *extra = NULL;
  *have_providers = 0;
  return NULL;
}
