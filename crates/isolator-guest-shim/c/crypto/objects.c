// OpenSSL's small things: object identifiers, numbers, octet strings, memory that is written and read like a file.
#include "crypto.h"

#include <stdio.h>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/objects.h>

// Text that is a dotted number only: a name is not one.
ASN1_OBJECT *CryptoNative_ObjTxt2Obj(const char *text) {
  ERR_clear_error();
  return OBJ_txt2obj(text, 1);
}

int32_t CryptoNative_ObjTxt2Nid(const char *text) {
  ERR_clear_error();
  return OBJ_txt2nid(text);
}

const ASN1_OBJECT *CryptoNative_ObjNid2Obj(int32_t number) {
  ERR_clear_error();
  return OBJ_nid2obj(number);
}

// Returns the length of the whole text, whatever of it there was room for.
int32_t CryptoNative_ObjObj2Txt(char *text, int32_t size, const ASN1_OBJECT *object) {
  ERR_clear_error();
  return OBJ_obj2txt(text, size, object, 1);
}

void CryptoNative_Asn1ObjectFree(ASN1_OBJECT *object) { ASN1_OBJECT_free(object); }

// By the long name or the short one.
const ASN1_OBJECT *CryptoNative_GetObjectDefinitionByName(const char *name) {
  ERR_clear_error();
  int number = OBJ_ln2nid(name);
  if (number == NID_undef) number = OBJ_sn2nid(name);
  return number == NID_undef ? NULL : OBJ_nid2obj(number);
}

// 1 and the name; 0 for text that is no dotted number, or one without a name; -1 for an error, -2 for arguments that nobody gives.
int32_t CryptoNative_LookupFriendlyNameByOid(const char *oid, const char **name) {
  ERR_clear_error();
  if (!oid || !name) return -2;
  if (a2d_ASN1_OBJECT(NULL, 0, oid, -1) <= 0) return 0;
  ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
  if (!object) return -1;
  int number = OBJ_obj2nid(object);
  ASN1_OBJECT_free(object);
  const char *found = number == NID_undef ? NULL : OBJ_nid2ln(number);
  if (found) *name = found;
  return found != NULL;
}

ASN1_OCTET_STRING *CryptoNative_Asn1OctetStringNew(void) {
  ERR_clear_error();
  return ASN1_OCTET_STRING_new();
}

int32_t CryptoNative_Asn1OctetStringSet(ASN1_OCTET_STRING *string, const uint8_t *bytes, int32_t length) {
  ERR_clear_error();
  return string && is_range(bytes, length) && ASN1_OCTET_STRING_set(string, bytes, length);
}

void CryptoNative_Asn1OctetStringFree(ASN1_OCTET_STRING *string) { ASN1_OCTET_STRING_free(string); }

// Of every kind of string, of integers and of times, which are all one type. 1 and the bytes, 0 for none, minus the length where there is too
// little room.
int32_t CryptoNative_GetAsn1StringBytes(const ASN1_STRING *string, uint8_t *bytes, int32_t size) {
  if (!string || size < 0) return 0;
  int length = ASN1_STRING_length(string);
  if (length < 0) return 0;
  if (!bytes || size < length) return -length;
  if (length) __builtin_memcpy(bytes, ASN1_STRING_get0_data(string), (size_t)length);
  return 1;
}

int32_t CryptoNative_GetAsn1IntegerDerSize(const ASN1_INTEGER *number) {
  ERR_clear_error();
  return i2d_ASN1_INTEGER(number, NULL);
}

int32_t CryptoNative_EncodeAsn1Integer(const ASN1_INTEGER *number, uint8_t *bytes) {
  ERR_clear_error();
  return i2d_ASN1_INTEGER(number, &bytes);
}

// A number may be a secret: its memory is cleared.
void CryptoNative_BigNumDestroy(BIGNUM *number) { BN_clear_free(number); }

int32_t CryptoNative_BigNumToBinary(const BIGNUM *number, uint8_t *bytes) { return BN_bn2bin(number, bytes); }

int32_t CryptoNative_GetBigNumBytes(const BIGNUM *number) { return BN_num_bytes(number); }

BIO *CryptoNative_CreateMemoryBio(void) {
  ERR_clear_error();
  return BIO_new(BIO_s_mem());
}

// A file, read as a whole. Nothing is written into files: what would be are caches of what was downloaded, and nothing is.
BIO *CryptoNative_BioNewFile(const char *path, const char *mode) {
  ERR_clear_error();
  FILE *file = mode[0] == 'r' ? fopen(path, "rb") : NULL;
  BIO *memory = file ? BIO_new(BIO_s_mem()) : NULL;
  char part[4096];
  for (size_t count; memory && (count = fread(part, 1, sizeof part, file));) {
    if (BIO_write(memory, part, (int)count) == (int)count) continue;
    BIO_free(memory);
    memory = NULL;
  }
  if (memory && ferror(file)) {
    BIO_free(memory);
    memory = NULL;
  }
  if (file) fclose(file);
  if (!memory) ERR_raise(ERR_LIB_BIO, BIO_R_NO_SUCH_FILE);
  return memory;
}

int32_t CryptoNative_BioDestroy(BIO *bio) { return BIO_free(bio); }

int32_t CryptoNative_BioGets(BIO *bio, char *text, int32_t size) {
  ERR_clear_error();
  return BIO_gets(bio, text, size);
}

int32_t CryptoNative_BioWrite(BIO *bio, const void *bytes, int32_t count) {
  ERR_clear_error();
  return BIO_write(bio, bytes, count);
}

int32_t CryptoNative_GetMemoryBioSize(BIO *bio) { return (int32_t)BIO_get_mem_data(bio, NULL); }

int32_t CryptoNative_BioTell(BIO *bio) { return bio ? BIO_tell(bio) : -1; }

int32_t CryptoNative_BioSeek(BIO *bio, int32_t position) { return bio ? BIO_seek(bio, position) : -1; }
