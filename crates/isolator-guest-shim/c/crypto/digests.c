// Hashes, and hashes whose length is chosen (SHAKE).
#include "crypto.h"

#include <string.h>

// Fetched once each. MD5 is wanted even where rules forbid it elsewhere, as .NET does.
static struct fetched {
  const char *name;
  EVP_MD *digest;
} digests[] = {{.name = "MD5"},      {.name = "SHA1"},     {.name = "SHA256"},   {.name = "SHA384"},    {.name = "SHA512"},
               {.name = "SHA3-256"}, {.name = "SHA3-384"}, {.name = "SHA3-512"}, {.name = "SHAKE-128"}, {.name = "SHAKE-256"}};

const EVP_MD *crypto_digest(const char *name) {
  for (size_t i = 0; i < sizeof digests / sizeof *digests; i++) {
    struct fetched *one = &digests[i];
    if (strcmp(one->name, name)) continue;
    if (!one->digest) one->digest = EVP_MD_fetch(NULL, name, NULL);
    return one->digest;
  }
  return NULL;
}

#define DIGEST(function, name) \
  const EVP_MD *CryptoNative_##function(void) { return crypto_digest(name); }

DIGEST(EvpMd5, "MD5")
DIGEST(EvpSha1, "SHA1")
DIGEST(EvpSha256, "SHA256")
DIGEST(EvpSha384, "SHA384")
DIGEST(EvpSha512, "SHA512")
DIGEST(EvpSha3_256, "SHA3-256")
DIGEST(EvpSha3_384, "SHA3-384")
DIGEST(EvpSha3_512, "SHA3-512")
DIGEST(EvpShake128, "SHAKE-128")
DIGEST(EvpShake256, "SHAKE-256")

int32_t CryptoNative_EvpMdSize(const EVP_MD *digest) { return EVP_MD_get_size(digest); }

int32_t CryptoNative_GetMaxMdSize(void) { return EVP_MAX_MD_SIZE; }

EVP_MD_CTX *CryptoNative_EvpMdCtxCreate(const EVP_MD *digest) {
  ERR_clear_error();
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  if (context && EVP_DigestInit_ex2(context, digest, NULL) == 1) return context;
  EVP_MD_CTX_free(context);
  return NULL;
}

void CryptoNative_EvpMdCtxDestroy(EVP_MD_CTX *context) { EVP_MD_CTX_free(context); }

EVP_MD_CTX *CryptoNative_EvpMdCtxCopyEx(const EVP_MD_CTX *context) {
  ERR_clear_error();
  return context ? EVP_MD_CTX_dup(context) : NULL;
}

int32_t CryptoNative_EvpDigestReset(EVP_MD_CTX *context, const EVP_MD *digest) {
  ERR_clear_error();
  return EVP_DigestInit_ex2(context, digest, NULL);
}

int32_t CryptoNative_EvpDigestUpdate(EVP_MD_CTX *context, const void *bytes, int32_t count) {
  return count < 0 ? 0 : EVP_DigestUpdate(context, bytes, (size_t)count);
}

int32_t CryptoNative_EvpDigestFinalEx(EVP_MD_CTX *context, uint8_t *hash, uint32_t *size) {
  ERR_clear_error();
  unsigned written = 0;
  int done = EVP_DigestFinal_ex(context, hash, &written);
  if (done == 1) *size = written;
  return done;
}

int32_t CryptoNative_EvpDigestFinalXOF(EVP_MD_CTX *context, uint8_t *hash, uint32_t length) {
  ERR_clear_error();
  if (!hash && length) return -1;
  // A hash of no bytes ends the context all the same.
  uint8_t none;
  return EVP_DigestFinalXOF(context, length ? hash : &none, length);
}

// Of what was hashed so far; more may follow.
int32_t CryptoNative_EvpDigestCurrent(const EVP_MD_CTX *context, uint8_t *hash, uint32_t *size) {
  EVP_MD_CTX *copy = CryptoNative_EvpMdCtxCopyEx(context);
  int done = copy ? CryptoNative_EvpDigestFinalEx(copy, hash, size) : 0;
  EVP_MD_CTX_free(copy);
  return done;
}

int32_t CryptoNative_EvpDigestCurrentXOF(const EVP_MD_CTX *context, uint8_t *hash, uint32_t length) {
  EVP_MD_CTX *copy = CryptoNative_EvpMdCtxCopyEx(context);
  int done = copy ? CryptoNative_EvpDigestFinalXOF(copy, hash, length) : 0;
  EVP_MD_CTX_free(copy);
  return done;
}

// The next bytes of a hash that never ends.
int32_t CryptoNative_EvpDigestSqueeze(EVP_MD_CTX *context, uint8_t *hash, uint32_t length, int32_t *is_there) {
  ERR_clear_error();
  *is_there = 1;
  if (!context || (!hash && length)) return 0;
  return EVP_DigestSqueeze(context, hash, length);
}

int32_t CryptoNative_EvpDigestOneShot(const EVP_MD *digest, const void *bytes, int32_t count, uint8_t *hash, uint32_t *size) {
  ERR_clear_error();
  if (!digest || !hash || !size || count < 0) return 0;
  unsigned written = 0;
  int done = EVP_Digest(bytes, (size_t)count, hash, &written, digest, NULL);
  if (done == 1) *size = written;
  return done;
}

int32_t CryptoNative_EvpDigestXOFOneShot(const EVP_MD *digest, const void *bytes, int32_t count, uint8_t *hash, uint32_t length) {
  ERR_clear_error();
  if (!digest || count < 0 || (!hash && length)) return 0;
  EVP_MD_CTX *context = CryptoNative_EvpMdCtxCreate(digest);
  int done = context && EVP_DigestUpdate(context, bytes, (size_t)count) == 1 && CryptoNative_EvpDigestFinalXOF(context, hash, length) == 1;
  EVP_MD_CTX_free(context);
  return done;
}
