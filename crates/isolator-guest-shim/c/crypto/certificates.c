// Certificates, their extensions, and lists of revoked ones: read and written. How one is checked: chains.c.
#include "crypto.h"

#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

X509 *CryptoNative_DecodeX509(const uint8_t *bytes, int32_t length) {
  ERR_clear_error();
  return bytes && length ? d2i_X509(NULL, &bytes, length) : NULL;
}

// The encoders return how many bytes there are, and write them where they are given a place.
int32_t CryptoNative_GetX509DerSize(X509 *certificate) {
  ERR_clear_error();
  return i2d_X509(certificate, NULL);
}

int32_t CryptoNative_EncodeX509(X509 *certificate, uint8_t *bytes) {
  ERR_clear_error();
  return i2d_X509(certificate, &bytes);
}

void CryptoNative_X509Destroy(X509 *certificate) { X509_free(certificate); }

X509 *CryptoNative_X509UpRef(X509 *certificate) {
  if (certificate) X509_up_ref(certificate);
  return certificate;
}

X509 *CryptoNative_PemReadX509FromBio(BIO *bio) {
  ERR_clear_error();
  return PEM_read_bio_X509(bio, NULL, NULL, NULL);
}

X509 *CryptoNative_PemReadX509FromBioAux(BIO *bio) {
  ERR_clear_error();
  return PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL);
}

X509 *CryptoNative_ReadX509AsDerFromBio(BIO *bio) {
  ERR_clear_error();
  return d2i_X509_bio(bio, NULL);
}

EVP_PKEY *CryptoNative_GetX509EvpPublicKey(X509 *certificate) {
  ERR_clear_error();
  return X509_get_pubkey(certificate);
}

// 1 and the SHA-1 of the certificate, 0 for an error, minus the length where there is too little room.
int32_t CryptoNative_GetX509Thumbprint(X509 *certificate, uint8_t *bytes, int32_t size) {
  if (!certificate) return 0;
  if (size < SHA_DIGEST_LENGTH) return -SHA_DIGEST_LENGTH;
  ERR_clear_error();
  return X509_digest(certificate, crypto_digest("SHA1"), bytes, NULL);
}

const ASN1_TIME *CryptoNative_GetX509NotBefore(X509 *certificate) { return certificate ? X509_get0_notBefore(certificate) : NULL; }

const ASN1_TIME *CryptoNative_GetX509NotAfter(X509 *certificate) { return certificate ? X509_get0_notAfter(certificate) : NULL; }

// As encoded: 2 for the third version.
int32_t CryptoNative_GetX509Version(X509 *certificate) { return certificate ? (int32_t)X509_get_version(certificate) : -1; }

ASN1_INTEGER *CryptoNative_X509GetSerialNumber(X509 *certificate) { return X509_get_serialNumber(certificate); }

X509_NAME *CryptoNative_X509GetIssuerName(X509 *certificate) { return X509_get_issuer_name(certificate); }

X509_NAME *CryptoNative_X509GetSubjectName(X509 *certificate) { return X509_get_subject_name(certificate); }

uint64_t CryptoNative_X509IssuerNameHash(X509 *certificate) {
  ERR_clear_error();
  return X509_issuer_name_hash(certificate);
}

static X509_ALGOR *key_algorithm(X509 *certificate) {
  X509_ALGOR *algorithm = NULL;
  X509_PUBKEY *key = certificate ? X509_get_X509_PUBKEY(certificate) : NULL;
  return key && X509_PUBKEY_get0_param(NULL, NULL, NULL, &algorithm, key) ? algorithm : NULL;
}

ASN1_OBJECT *CryptoNative_GetX509PublicKeyAlgorithm(X509 *certificate) {
  X509_ALGOR *algorithm = key_algorithm(certificate);
  return algorithm ? algorithm->algorithm : NULL;
}

ASN1_OBJECT *CryptoNative_GetX509SignatureAlgorithm(X509 *certificate) {
  const X509_ALGOR *algorithm = certificate ? X509_get0_tbs_sigalg(certificate) : NULL;
  return algorithm ? algorithm->algorithm : NULL;
}

// 1 and the encoded parameters, 2 for none, 0 for an error, minus the length where there is too little room.
int32_t CryptoNative_GetX509PublicKeyParameterBytes(X509 *certificate, uint8_t *bytes, int32_t size) {
  ERR_clear_error();
  X509_ALGOR *algorithm = key_algorithm(certificate);
  if (!algorithm) return 0;
  if (!algorithm->parameter) return 2;
  int length = i2d_ASN1_TYPE(algorithm->parameter, NULL);
  if (size < length) return -length;
  return i2d_ASN1_TYPE(algorithm->parameter, &bytes) > 0;
}

const ASN1_BIT_STRING *CryptoNative_GetX509PublicKeyBytes(X509 *certificate) {
  return certificate ? X509_get0_pubkey_bitstr(certificate) : NULL;
}

int32_t CryptoNative_GetX509SubjectPublicKeyInfoDerSize(X509 *certificate) {
  ERR_clear_error();
  return certificate ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), NULL) : 0;
}

int32_t CryptoNative_EncodeX509SubjectPublicKeyInfo(X509 *certificate, uint8_t *bytes) {
  ERR_clear_error();
  return certificate ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &bytes) : 0;
}

// 1 and the encoded name, 0 for an error, minus the length where there is too little room.
int32_t CryptoNative_GetX509NameRawBytes(X509_NAME *name, uint8_t *bytes, int32_t size) {
  ERR_clear_error();
  const unsigned char *encoded;
  size_t length;
  if (!name || size < 0 || !X509_NAME_get0_der(name, &encoded, &length) || length > INT32_MAX) return 0;
  if (!bytes || (size_t)size < length) return -(int32_t)length;
  __builtin_memcpy(bytes, encoded, length);
  return 1;
}

int32_t CryptoNative_X509GetExtCount(X509 *certificate) { return X509_get_ext_count(certificate); }

X509_EXTENSION *CryptoNative_X509GetExt(X509 *certificate, int32_t index) { return X509_get_ext(certificate, index); }

ASN1_OBJECT *CryptoNative_X509ExtensionGetOid(X509_EXTENSION *extension) { return X509_EXTENSION_get_object(extension); }

ASN1_OCTET_STRING *CryptoNative_X509ExtensionGetData(X509_EXTENSION *extension) { return X509_EXTENSION_get_data(extension); }

int32_t CryptoNative_X509ExtensionGetCritical(X509_EXTENSION *extension) { return X509_EXTENSION_get_critical(extension); }

ASN1_OCTET_STRING *CryptoNative_X509FindExtensionData(X509 *certificate, int32_t number) {
  ERR_clear_error();
  if (!certificate || number == NID_undef) return NULL;
  int index = X509_get_ext_by_NID(certificate, number, -1);
  return index < 0 ? NULL : X509_EXTENSION_get_data(X509_get_ext(certificate, index));
}

X509_EXTENSION *CryptoNative_X509ExtensionCreateByObj(ASN1_OBJECT *oid, int32_t is_critical, ASN1_OCTET_STRING *data) {
  ERR_clear_error();
  return X509_EXTENSION_create_by_OBJ(NULL, oid, is_critical, data);
}

// The managed side declares a result and never looks at it.
int32_t CryptoNative_X509ExtensionDestroy(X509_EXTENSION *extension) {
  X509_EXTENSION_free(extension);
  return 1;
}

int32_t CryptoNative_X509V3ExtPrint(BIO *to, X509_EXTENSION *extension) {
  ERR_clear_error();
  return X509V3_EXT_print(to, extension, X509V3_EXT_DEFAULT, 0);
}

X509_CRL *CryptoNative_DecodeX509Crl(const uint8_t *bytes, int32_t length) {
  ERR_clear_error();
  return bytes && length ? d2i_X509_CRL(NULL, &bytes, length) : NULL;
}

void CryptoNative_X509CrlDestroy(X509_CRL *list) { X509_CRL_free(list); }

const ASN1_TIME *CryptoNative_GetX509CrlNextUpdate(X509_CRL *list) { return list ? X509_CRL_get0_nextUpdate(list) : NULL; }

X509_CRL *CryptoNative_PemReadBioX509Crl(BIO *bio) {
  ERR_clear_error();
  return PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
}

int32_t CryptoNative_PemWriteBioX509Crl(BIO *bio, X509_CRL *list) {
  ERR_clear_error();
  return PEM_write_bio_X509_CRL(bio, list);
}

// Certificates in a row.

STACK_OF(X509) *CryptoNative_NewX509Stack(void) {
  ERR_clear_error();
  return sk_X509_new_null();
}

// The stack has the certificate then, and no count of its own of it.
int32_t CryptoNative_PushX509StackField(STACK_OF(X509) *stack, X509 *certificate) {
  ERR_clear_error();
  return stack ? sk_X509_push(stack, certificate) : 0;
}

int32_t CryptoNative_GetX509StackFieldCount(STACK_OF(X509) *stack) { return sk_X509_num(stack); }

X509 *CryptoNative_GetX509StackField(STACK_OF(X509) *stack, int32_t index) { return sk_X509_value(stack, index); }

void CryptoNative_RecursiveFreeX509Stack(STACK_OF(X509) *stack) { sk_X509_pop_free(stack, X509_free); }

int32_t CryptoNative_X509StackAddMultiple(STACK_OF(X509) *to, STACK_OF(X509) *from) {
  if (!to) return -1;
  ERR_clear_error();
  return !from || X509_add_certs(to, from, X509_ADD_FLAG_UP_REF);
}
