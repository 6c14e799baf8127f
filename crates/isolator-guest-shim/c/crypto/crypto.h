// What .NET's cryptography calls by name (`CryptoNative_…`), answered over OpenSSL's libcrypto.
//
// The names, the order of arguments and what is returned are those that System.Security.Cryptography.dll for Linux imports; the recipe
// compares every signature here with the assembly's (crypto.rs). Unless a comment says otherwise a function returns 1 for done and 0 for
// not done, and leaves the reason in OpenSSL's queue of errors, where the managed side looks for it. That queue is emptied first.
//
// Where what the guest lacks is asked for (engines, providers as files, TLS), the answer is the one for an OpenSSL that was built without.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

// Answers OpenSSL's every wish for random bytes with WASI's: see random.c.
int crypto_random_install(void);

// Does once what every runtime would do first: looks algorithms up, makes their tables. For the boot, before the snapshot is taken.
void crypto_warm_up(void);

// What `EVP_…_fetch` gave for a name, kept: a name is looked up once in a guest's life, which for most is before the snapshot.
const EVP_MD *crypto_digest(const char *name);

// Whether a pointer and a length are a range of bytes: nothing has no pointer.
static inline int is_range(const void *start, int32_t length) { return length >= 0 && (start || !length); }

static inline OSSL_PARAM bytes_param(const char *key, const void *bytes, int32_t length) {
  return OSSL_PARAM_construct_octet_string(key, (void *)bytes, (size_t)length);
}

static inline OSSL_PARAM text_param(const char *key, const char *text) {
  return OSSL_PARAM_construct_utf8_string(key, (char *)text, 0);
}

// The context in which a key is used. Keys of other providers do not exist here, so that there never is an extra handle.
static inline EVP_PKEY_CTX *use_key(EVP_PKEY *key) { return EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL); }

// Loads the provider of DES and RC2, if it is not there.
void CryptoNative_RegisterLegacyAlgorithms(void);
