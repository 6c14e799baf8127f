// The library itself: made ready once, its version, its errors, its legacy algorithms.
#include "crypto.h"

#include <openssl/crypto.h>
#include <openssl/core.h>
#include <openssl/provider.h>

// 0 for ready.
int32_t CryptoNative_EnsureOpenSslInitialized(void) {
  static int32_t failed = 1;
  if (!failed) return 0;
  // No file is read: what the guest can open is the program's, not the library's. Nothing runs at the end either, when all memory goes.
  uint64_t options = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT | OPENSSL_INIT_LOAD_CRYPTO_STRINGS |
                     OPENSSL_INIT_ADD_ALL_CIPHERS | OPENSSL_INIT_ADD_ALL_DIGESTS;
  failed = !(OPENSSL_init_crypto(options, NULL) && crypto_random_install());
  return failed;
}

int32_t CryptoNative_OpenSslAvailable(void) { return 1; }

int64_t CryptoNative_OpenSslVersionNumber(void) { return (int64_t)OpenSSL_version_num(); }

// RC2 and DES with one key are the legacy provider's, which is linked in.
OSSL_provider_init_fn ossl_legacy_provider_init;

void CryptoNative_RegisterLegacyAlgorithms(void) {
  static OSSL_PROVIDER *legacy;
  if (!legacy && OSSL_PROVIDER_add_builtin(NULL, "isolator-legacy", ossl_legacy_provider_init))
    legacy = OSSL_PROVIDER_try_load(NULL, "isolator-legacy", 1);
  ERR_clear_error();
}

// The managed side declares a result and never looks at it.
uint64_t CryptoNative_ErrClearError(void) {
  ERR_clear_error();
  return 0;
}

// The last error, which is the most general one, is the exception's; the others go with it.
uint64_t CryptoNative_ErrGetExceptionError(int32_t *is_out_of_memory) {
  unsigned long error = ERR_peek_last_error();
  *is_out_of_memory = ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
  ERR_clear_error();
  return error;
}

uint64_t CryptoNative_ErrPeekLastError(void) { return ERR_peek_last_error(); }

void CryptoNative_ErrErrorStringN(uint64_t error, char *text, int32_t size) {
  if (text && size > 0) ERR_error_string_n((unsigned long)error, text, (size_t)size);
}

// .NET's own accounting of the library's memory, which a variable of the environment switches on elsewhere: nothing is counted.
void CryptoNative_EnableMemoryTracking(int32_t enable) { (void)enable; }

void CryptoNative_ForEachTrackedAllocation(void *callback, void *context) { (void)callback, (void)context; }

void CryptoNative_GetMemoryUse(int64_t *bytes, int64_t *allocations) { *bytes = *allocations = 0; }
