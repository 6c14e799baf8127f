// Symmetric ciphers: block ciphers in the modes that .NET has, and those that authenticate.
#include "crypto.h"

#include <openssl/objects.h>

// Fetched once each, when first asked for.
#define CIPHER(function, name)                                          \
  const EVP_CIPHER *CryptoNative_##function(void) {                     \
    static EVP_CIPHER *fetched;                                         \
    if (!fetched) fetched = EVP_CIPHER_fetch(NULL, name, NULL);         \
    return fetched;                                                     \
  }

// The managed side asks for these before it asks for their provider.
#define LEGACY_CIPHER(function, name)                                   \
  const EVP_CIPHER *CryptoNative_##function(void) {                     \
    static EVP_CIPHER *fetched;                                         \
    if (fetched) return fetched;                                        \
    CryptoNative_RegisterLegacyAlgorithms();                            \
    return fetched = EVP_CIPHER_fetch(NULL, name, NULL);                \
  }

#define AES(bits)                                       \
  CIPHER(EvpAes##bits##Ecb, "AES-" #bits "-ECB")        \
  CIPHER(EvpAes##bits##Cbc, "AES-" #bits "-CBC")        \
  CIPHER(EvpAes##bits##Cfb8, "AES-" #bits "-CFB8")      \
  CIPHER(EvpAes##bits##Cfb128, "AES-" #bits "-CFB")     \
  CIPHER(EvpAes##bits##Gcm, "AES-" #bits "-GCM")        \
  CIPHER(EvpAes##bits##Ccm, "AES-" #bits "-CCM")

AES(128)
AES(192)
AES(256)
LEGACY_CIPHER(EvpDesEcb, "DES-ECB")
LEGACY_CIPHER(EvpDesCbc, "DES-CBC")
LEGACY_CIPHER(EvpDesCfb8, "DES-CFB8")
CIPHER(EvpDes3Ecb, "DES-EDE3-ECB")
CIPHER(EvpDes3Cbc, "DES-EDE3-CBC")
CIPHER(EvpDes3Cfb8, "DES-EDE3-CFB8")
CIPHER(EvpDes3Cfb64, "DES-EDE3-CFB")
LEGACY_CIPHER(EvpRC2Ecb, "RC2-ECB")
LEGACY_CIPHER(EvpRC2Cbc, "RC2-CBC")
CIPHER(EvpChaCha20Poly1305, "ChaCha20-Poly1305")

enum { KEEP_DIRECTION = -1 };

// With the cipher, and neither key nor direction yet.
EVP_CIPHER_CTX *CryptoNative_EvpCipherCreatePartial(const EVP_CIPHER *cipher) {
  ERR_clear_error();
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  if (context && EVP_CipherInit_ex2(context, cipher, NULL, NULL, 0, NULL) == 1) return context;
  EVP_CIPHER_CTX_free(context);
  return NULL;
}

// Whether a cipher takes keys of that many bits. RC2 is told the number of bits apart, since a key may be worth less than its bytes.
static int set_key_bits(EVP_CIPHER_CTX *context, const EVP_CIPHER *cipher, int32_t bits) {
  if (bits > 0 && EVP_CIPHER_CTX_set_key_length(context, bits / 8) != 1) return 0;
  int is_rc2 = EVP_CIPHER_is_a(cipher, "RC2-ECB") || EVP_CIPHER_is_a(cipher, "RC2-CBC");
  return !is_rc2 || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_SET_RC2_KEY_BITS, bits, NULL) > 0;
}

EVP_CIPHER_CTX *CryptoNative_EvpCipherCreate2(const EVP_CIPHER *cipher, const uint8_t *key, int32_t key_bits, const uint8_t *iv,
                                              int32_t encrypt) {
  EVP_CIPHER_CTX *context = CryptoNative_EvpCipherCreatePartial(cipher);
  if (!context) return NULL;
  if (set_key_bits(context, cipher, key_bits) && EVP_CipherInit_ex2(context, NULL, key, iv, encrypt, NULL) == 1) return context;
  EVP_CIPHER_CTX_free(context);
  return NULL;
}

void CryptoNative_EvpCipherDestroy(EVP_CIPHER_CTX *context) { EVP_CIPHER_CTX_free(context); }

int32_t CryptoNative_EvpCipherSetKeyAndIV(EVP_CIPHER_CTX *context, const uint8_t *key, const uint8_t *iv, int32_t encrypt) {
  ERR_clear_error();
  return context && EVP_CipherInit_ex2(context, NULL, key, iv, encrypt, NULL);
}

// Ready for another message under the same key.
int32_t CryptoNative_EvpCipherReset(EVP_CIPHER_CTX *context, const uint8_t *iv, int32_t iv_length) {
  ERR_clear_error();
  return context && EVP_CipherInit_ex2(context, NULL, NULL, iv_length ? iv : NULL, KEEP_DIRECTION, NULL);
}

int32_t CryptoNative_EvpCipherCtxSetPadding(EVP_CIPHER_CTX *context, int32_t padding) {
  return context && EVP_CIPHER_CTX_set_padding(context, padding);
}

int32_t CryptoNative_EvpCipherUpdate(EVP_CIPHER_CTX *context, uint8_t *out, int32_t *written, const uint8_t *in, int32_t count) {
  ERR_clear_error();
  int length = 0;
  int done = EVP_CipherUpdate(context, out, &length, in, count);
  if (done == 1) *written = length;
  return done;
}

int32_t CryptoNative_EvpCipherFinalEx(EVP_CIPHER_CTX *context, uint8_t *out, int32_t *written) {
  ERR_clear_error();
  int length = 0;
  int done = EVP_CipherFinal_ex(context, out, &length);
  if (done == 1) *written = length;
  return done;
}

#define NONCE_LENGTH(function, control)                                                 \
  int32_t CryptoNative_##function(EVP_CIPHER_CTX *context, int32_t length) {            \
    ERR_clear_error();                                                                  \
    return EVP_CIPHER_CTX_ctrl(context, control, length, NULL);                         \
  }

NONCE_LENGTH(EvpCipherSetGcmNonceLength, EVP_CTRL_GCM_SET_IVLEN)
NONCE_LENGTH(EvpCipherSetCcmNonceLength, EVP_CTRL_CCM_SET_IVLEN)

#define TAG(function, control)                                                          \
  int32_t CryptoNative_##function(EVP_CIPHER_CTX *context, uint8_t *tag, int32_t length) { \
    ERR_clear_error();                                                                  \
    return EVP_CIPHER_CTX_ctrl(context, control, length, tag);                          \
  }

TAG(EvpCipherGetGcmTag, EVP_CTRL_GCM_GET_TAG)
TAG(EvpCipherSetGcmTag, EVP_CTRL_GCM_SET_TAG)
TAG(EvpCipherGetCcmTag, EVP_CTRL_CCM_GET_TAG)
TAG(EvpCipherSetCcmTag, EVP_CTRL_CCM_SET_TAG)
TAG(EvpCipherGetAeadTag, EVP_CTRL_AEAD_GET_TAG)
TAG(EvpCipherSetAeadTag, EVP_CTRL_AEAD_SET_TAG)
