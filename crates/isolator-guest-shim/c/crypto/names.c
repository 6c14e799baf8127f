// What a certificate is called: `X509Certificate2.GetNameInfo`.
#include "crypto.h"

#include <string.h>

#include <openssl/x509.h>
#include <openssl/x509v3.h>

// .NET's kinds of names (`X509NameType`).
enum kind { SIMPLE, EMAIL, UPN, DNS, DNS_FROM_ALTERNATIVE, URL };

static BIO *print(const ASN1_STRING *text, unsigned long flags) {
  BIO *to = BIO_new(BIO_s_mem());
  if (to) ASN1_STRING_print_ex(to, text, flags);
  return to;
}

// The last part of a name of that kind, which is the most specific one.
static ASN1_STRING *last_part(const X509_NAME *name, int number) {
  for (int i = X509_NAME_entry_count(name) - 1; i >= 0; i--) {
    X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
    if (OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) == number) return X509_NAME_ENTRY_get_data(entry);
  }
  return NULL;
}

// The first part, in the order of the encoding, of each of these kinds.
static ASN1_STRING *first_part(const X509_NAME *name, int number) {
  int index = X509_NAME_get_index_by_NID(name, number, -1);
  return index < 0 ? NULL : X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index));
}

// Of parts that are of none of the usual kinds the last one.
static ASN1_STRING *other_part(const X509_NAME *name) {
  for (int i = X509_NAME_entry_count(name) - 1; i >= 0; i--) {
    X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
    switch (OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry))) {
      case NID_commonName:
      case NID_organizationalUnitName:
      case NID_organizationName:
      case NID_pkcs9_emailAddress:
        continue;
      default:
        return X509_NAME_ENTRY_get_data(entry);
    }
  }
  return NULL;
}

// The common name; for want of one the unit, the organization or the address, but only of a name that has another part, too (as .NET does).
static ASN1_STRING *simple_name(const X509_NAME *name) {
  ASN1_STRING *common = last_part(name, NID_commonName), *other = other_part(name);
  if (common || !other) return common;
  static const int then[] = {NID_organizationalUnitName, NID_organizationName, NID_pkcs9_emailAddress};
  for (int i = 0; i < 3; i++) {
    ASN1_STRING *part = first_part(name, then[i]);
    if (part) return part;
  }
  return other;
}

static int kind_of_alternative(enum kind kind) {
  switch (kind) {
    case DNS:
    case DNS_FROM_ALTERNATIVE:
      return GEN_DNS;
    case UPN:
      return GEN_OTHERNAME;
    case URL:
      return GEN_URI;
    default:
      return GEN_EMAIL;
  }
}

// The text of an alternative name; of a name of another organization's kind only a user's principal name has one.
static ASN1_STRING *alternative_text(const GENERAL_NAME *name) {
  if (name->type != GEN_OTHERNAME) return name->d.ia5;
  char oid[sizeof "1.3.6.1.4.1.311.20.2.3" + 3];
  const OTHERNAME *other = name->d.otherName;
  OBJ_obj2txt(oid, sizeof oid, other->type_id, 1);
  if (strcmp(oid, "1.3.6.1.4.1.311.20.2.3") || !other->value || other->value->type != V_ASN1_UTF8STRING) return NULL;
  return other->value->value.utf8string;
}

static BIO *alternative_name(X509 *certificate, enum kind kind, int of_issuer) {
  int extension = of_issuer ? NID_issuer_alt_name : NID_subject_alt_name;
  GENERAL_NAMES *names = X509_get_ext_d2i(certificate, extension, NULL, NULL);
  BIO *found = NULL;
  for (int i = 0; !found && i < sk_GENERAL_NAME_num(names); i++) {
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
    if (name->type != kind_of_alternative(kind)) continue;
    ASN1_STRING *text = alternative_text(name);
    if (text) found = print(text, ASN1_STRFLGS_UTF8_CONVERT);
  }
  GENERAL_NAMES_free(names);
  return found;
}

// Memory with the name in it, or NULL.
BIO *CryptoNative_GetX509NameInfo(X509 *certificate, int32_t kind, int32_t of_issuer) {
  ERR_clear_error();
  if (!certificate || kind < SIMPLE || kind > URL) return NULL;
  const X509_NAME *name = of_issuer ? X509_get_issuer_name(certificate) : X509_get_subject_name(certificate);
  if (kind == SIMPLE && name) {
    ASN1_STRING *simple = simple_name(name);
    if (simple) return print(simple, ASN1_STRFLGS_UTF8_CONVERT);
  }
  BIO *alternative = alternative_name(certificate, (enum kind)kind, of_issuer);
  if (alternative || (kind != EMAIL && kind != DNS) || !name) return alternative;
  ASN1_STRING *part = last_part(name, kind == EMAIL ? NID_pkcs9_emailAddress : NID_commonName);
  return part ? print(part, 0) : NULL;
}
