// Certificates together: PKCS #7, and a folder of PKCS #12 files. What is in a PKCS #12 file otherwise the managed side reads itself.
#include "crypto.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>

PKCS7 *CryptoNative_DecodePkcs7(const uint8_t *bytes, int32_t length) {
  ERR_clear_error();
  return bytes && length ? d2i_PKCS7(NULL, &bytes, length) : NULL;
}

PKCS7 *CryptoNative_D2IPkcs7Bio(BIO *bio) {
  ERR_clear_error();
  return d2i_PKCS7_bio(bio, NULL);
}

PKCS7 *CryptoNative_PemReadBioPkcs7(BIO *bio) {
  ERR_clear_error();
  return PEM_read_bio_PKCS7(bio, NULL, NULL, NULL);
}

// Signed by nobody: a bag of certificates.
PKCS7 *CryptoNative_Pkcs7CreateCertificateCollection(STACK_OF(X509) *certificates) {
  ERR_clear_error();
  return PKCS7_sign(NULL, NULL, certificates, NULL, PKCS7_PARTIAL);
}

void CryptoNative_Pkcs7Destroy(PKCS7 *bag) { PKCS7_free(bag); }

// The certificates stay the bag's.
int32_t CryptoNative_GetPkcs7Certificates(PKCS7 *bag, STACK_OF(X509) **certificates) {
  if (!bag || !certificates) return 0;
  int kind = OBJ_obj2nid(bag->type);
  if (kind == NID_pkcs7_signed && bag->d.sign)
    *certificates = bag->d.sign->cert;
  else if (kind == NID_pkcs7_signedAndEnveloped && bag->d.signed_and_enveloped)
    *certificates = bag->d.signed_and_enveloped->cert;
  else
    return 0;
  return 1;
}

int32_t CryptoNative_GetPkcs7DerSize(PKCS7 *bag) {
  ERR_clear_error();
  return i2d_PKCS7(bag, NULL);
}

int32_t CryptoNative_EncodePkcs7(PKCS7 *bag, uint8_t *bytes) {
  ERR_clear_error();
  return i2d_PKCS7(bag, &bytes);
}

BIO *CryptoNative_BioNewFile(const char *path, const char *mode);

// wasi-libc's own: others of these names know entries as the runtime's objects do (compat/directories.c).
DIR *__real_opendir(const char *path);
struct dirent *__real_readdir(DIR *folder);
int __real_closedir(DIR *folder);

// The certificate of a file without a password, or NULL.
static X509 *certificate_of(const char *path) {
  BIO *file = CryptoNative_BioNewFile(path, "rb");
  PKCS12 *container = file ? d2i_PKCS12_bio(file, NULL) : NULL;
  EVP_PKEY *key = NULL;
  X509 *certificate = NULL;
  if (container && !PKCS12_parse(container, NULL, &key, &certificate, NULL)) certificate = NULL;
  EVP_PKEY_free(key);
  PKCS12_free(container);
  BIO_free(file);
  return certificate;
}

static int is_container(const char *name) {
  size_t length = strlen(name);
  return length > 4 && !strcasecmp(name + length - 4, ".pfx");
}

// Adds the certificates of a user's store, where there is such a folder.
int32_t CryptoNative_X509StackAddDirectoryStore(STACK_OF(X509) *stack, const char *folder) {
  if (!stack || !folder) return -1;
  DIR *open = __real_opendir(folder);
  if (!open) return 1;
  int done = 1;
  for (struct dirent *entry; done && (entry = __real_readdir(open));) {
    char path[4096];
    if (!is_container(entry->d_name) || snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= (int)sizeof path) continue;
    X509 *certificate = certificate_of(path);
    if (certificate && !sk_X509_push(stack, certificate)) {
      X509_free(certificate);
      done = 0;
    }
  }
  __real_closedir(open);
  // A file that is none of these is no error.
  if (done) ERR_clear_error();
  return done;
}
