// What the first use of the library costs, paid before the snapshot: its tables of algorithms, its lists of names, its texts of errors.
//
// Keys and numbers that are made here are thrown away. No random byte outlives the boot: none is kept anywhere, see random.c.
#include "crypto.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>

int32_t CryptoNative_EnsureOpenSslInitialized(void);
int32_t CryptoNative_EvpDigestOneShot(const EVP_MD *digest, const void *bytes, int32_t count, uint8_t *hash, uint32_t *size);
int32_t CryptoNative_HmacOneShot(const EVP_MD *digest, const uint8_t *key, int32_t key_length, const uint8_t *bytes, int32_t count,
                                 uint8_t *code, int32_t *length);
int32_t CryptoNative_Pbkdf2(const char *password, int32_t password_length, const uint8_t *salt, int32_t salt_length, int32_t rounds,
                            const EVP_MD *digest, uint8_t *derived, int32_t length);

static const uint8_t some[64];

static void hash(const char *name) {
  uint8_t out[EVP_MAX_MD_SIZE];
  uint32_t size;
  const EVP_MD *digest = crypto_digest(name);
  CryptoNative_EvpDigestOneShot(digest, some, sizeof some, out, &size);
  int32_t length = (int32_t)size;
  CryptoNative_HmacOneShot(digest, some, sizeof some, some, sizeof some, out, &length);
  CryptoNative_Pbkdf2((const char *)some, sizeof some, some, sizeof some, 2, digest, out, (int32_t)size);
}

static void encrypt(const char *name) {
  EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  uint8_t out[2 * sizeof some];
  int length;
  if (cipher && context && EVP_EncryptInit_ex2(context, cipher, some, some, NULL)) {
    EVP_EncryptUpdate(context, out, &length, some, sizeof some);
    EVP_EncryptFinal_ex(context, out, &length);
  }
  EVP_CIPHER_CTX_free(context);
  EVP_CIPHER_free(cipher);
}

// Signs, checks, and goes once through the encodings of both halves of a key.
static void use(EVP_PKEY *key) {
  uint8_t signature[512];
  size_t length = sizeof signature;
  EVP_PKEY_CTX *context = use_key(key);
  if (context && EVP_PKEY_sign_init(context) > 0 && EVP_PKEY_sign(context, signature, &length, some, 32) > 0 &&
      EVP_PKEY_verify_init(context) > 0)
    EVP_PKEY_verify(context, signature, length, some, 32);
  EVP_PKEY_CTX_free(context);
  unsigned char *encoded = NULL;
  int size = i2d_PUBKEY(key, &encoded);
  const unsigned char *from = encoded;
  if (size > 0) EVP_PKEY_free(d2i_PUBKEY(NULL, &from, size));
  OPENSSL_free(encoded);
  PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
  if (info) EVP_PKEY_free(EVP_PKCS82PKEY(info));
  PKCS8_PRIV_KEY_INFO_free(info);
  EVP_PKEY_free(key);
}

void crypto_warm_up(void) {
  enum { SMALL_KEY = 1024 };
  if (CryptoNative_EnsureOpenSslInitialized()) return;
  static const char *const digests[] = {"MD5", "SHA1", "SHA256", "SHA384", "SHA512", "SHA3-256", "SHA3-384", "SHA3-512"};
  for (size_t i = 0; i < sizeof digests / sizeof *digests; i++) hash(digests[i]);
  static const char *const ciphers[] = {"AES-128-CBC", "AES-256-CBC", "AES-256-ECB", "AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305"};
  for (size_t i = 0; i < sizeof ciphers / sizeof *ciphers; i++) encrypt(ciphers[i]);
  EVP_PKEY *elliptic = EVP_EC_gen("P-256"), *rsa = EVP_RSA_gen(SMALL_KEY);
  if (elliptic) use(elliptic);
  if (rsa) use(rsa);
  // A text of an error makes the table of texts.
  ERR_raise(ERR_LIB_EVP, EVP_R_BAD_DECRYPT);
  char text[256];
  ERR_error_string_n(ERR_peek_last_error(), text, sizeof text);
  ERR_clear_error();
}
