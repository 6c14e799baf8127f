// Whether a certificate is to be trusted: the chain from it to a root that the caller names.
#include "crypto.h"

#include <stdlib.h>
#include <time.h>

#include <openssl/ocsp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "../mono/zones.h"

// Where systems keep the roots that they trust. A guest has them only where the embedder granted such a folder.
static const char *path_of(const char *variable, const char *usual, uint8_t *is_usual) {
  const char *path = getenv(variable);
  *is_usual = !path;
  return path ? path : usual;
}

const char *CryptoNative_GetX509RootStorePath(uint8_t *is_usual) {
  return path_of(X509_get_default_cert_dir_env(), X509_get_default_cert_dir(), is_usual);
}

const char *CryptoNative_GetX509RootStoreFile(uint8_t *is_usual) {
  return path_of(X509_get_default_cert_file_env(), X509_get_default_cert_file(), is_usual);
}

// .NET's numbers of what is asked after (`X509RevocationFlag`): the first is the certificate alone.
int32_t CryptoNative_X509StoreSetRevocationFlag(X509_STORE *store, int32_t of_what) {
  return store && X509_STORE_set_flags(store, of_what ? X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL : X509_V_FLAG_CRL_CHECK);
}

static int add_all(X509_STORE *store, STACK_OF(X509) *certificates) {
  for (int i = 0; i < sk_X509_num(certificates); i++)
    if (!X509_STORE_add_cert(store, sk_X509_value(certificates, i))) return 0;
  return 1;
}

// Trusts these; either may be missing.
X509_STORE *CryptoNative_X509ChainNew(STACK_OF(X509) *system, STACK_OF(X509) *user) {
  ERR_clear_error();
  X509_STORE *store = X509_STORE_new();
  if (store && add_all(store, system) && add_all(store, user)) return store;
  X509_STORE_free(store);
  return NULL;
}

void CryptoNative_X509StoreDestroy(X509_STORE *store) { X509_STORE_free(store); }

int32_t CryptoNative_X509StoreAddCrl(X509_STORE *store, X509_CRL *list) {
  ERR_clear_error();
  return X509_STORE_add_crl(store, list);
}

// The time at which the chain has to hold, in local time: of a zone that .NET knows and the C library does not.
int32_t CryptoNative_X509StoreSetVerifyTime(X509_STORE *store, int32_t year, int32_t month, int32_t day, int32_t hour, int32_t minute,
                                            int32_t second, int32_t is_summer_time) {
  ERR_clear_error();
  if (!store) return 0;
  // Managed code tells it by the zone's rules.
  (void)is_summer_time;
  struct tm when = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = minute, .tm_sec = second};
  X509_VERIFY_PARAM *parameters = X509_STORE_get0_param(store);
  if (!parameters) return 0;
  X509_VERIFY_PARAM_set_time(parameters, zones_universal(timegm(&when)));
  return 1;
}

X509_STORE_CTX *CryptoNative_X509StoreCtxCreate(void) {
  ERR_clear_error();
  return X509_STORE_CTX_new();
}

void CryptoNative_X509StoreCtxDestroy(X509_STORE_CTX *context) { X509_STORE_CTX_free(context); }

// A root's own signature is checked, too.
int32_t CryptoNative_X509StoreCtxInit(X509_STORE_CTX *context, X509_STORE *store, X509 *certificate, STACK_OF(X509) *untrusted) {
  ERR_clear_error();
  int done = X509_STORE_CTX_init(context, store, certificate, untrusted);
  if (done) X509_STORE_CTX_set_flags(context, X509_V_FLAG_CHECK_SS_SIGNATURE);
  return done;
}

int32_t CryptoNative_X509VerifyCert(X509_STORE_CTX *context) {
  ERR_clear_error();
  return X509_verify_cert(context);
}

int32_t CryptoNative_X509StoreCtxReset(X509_STORE_CTX *context) {
  X509 *certificate = X509_STORE_CTX_get0_cert(context);
  STACK_OF(X509) *untrusted = X509_STORE_CTX_get0_untrusted(context);
  X509_STORE *store = X509_STORE_CTX_get0_store(context);
  X509_STORE_CTX_cleanup(context);
  return CryptoNative_X509StoreCtxInit(context, store, certificate, untrusted);
}

int32_t CryptoNative_X509StoreCtxRebuildChain(X509_STORE_CTX *context) {
  return CryptoNative_X509StoreCtxReset(context) ? X509_verify_cert(context) : -1;
}

STACK_OF(X509) *CryptoNative_X509StoreCtxGetChain(X509_STORE_CTX *context) {
  ERR_clear_error();
  return X509_STORE_CTX_get1_chain(context);
}

X509 *CryptoNative_X509StoreCtxGetCurrentCert(X509_STORE_CTX *context) {
  X509 *certificate = context ? X509_STORE_CTX_get_current_cert(context) : NULL;
  if (certificate) X509_up_ref(certificate);
  return certificate;
}

STACK_OF(X509) *CryptoNative_X509StoreCtxGetSharedUntrusted(X509_STORE_CTX *context) {
  return context ? X509_STORE_CTX_get0_untrusted(context) : NULL;
}

int32_t CryptoNative_X509StoreCtxGetError(X509_STORE_CTX *context) { return X509_STORE_CTX_get_error(context); }

int32_t CryptoNative_X509StoreCtxGetErrorDepth(X509_STORE_CTX *context) { return X509_STORE_CTX_get_error_depth(context); }

const char *CryptoNative_X509VerifyCertErrorString(int32_t error) { return X509_verify_cert_error_string(error); }

// The callback is managed code: see `CALLBACK` in crypto.rs.
int32_t CryptoNative_X509StoreCtxSetVerifyCallback(X509_STORE_CTX *context, X509_STORE_CTX_verify_cb callback, void *data) {
  ERR_clear_error();
  if (!context) return 0;
  X509_STORE_CTX_set_verify_cb(context, callback);
  return X509_STORE_CTX_set_app_data(context, data);
}

void *CryptoNative_X509StoreCtxGetAppData(X509_STORE_CTX *context) { return X509_STORE_CTX_get_app_data(context); }

int32_t CryptoNative_X509CheckPurpose(X509 *certificate, int32_t purpose, int32_t as_authority) {
  ERR_clear_error();
  return X509_check_purpose(certificate, purpose, as_authority);
}

static void empty(STACK_OF(X509) *stack) {
  for (X509 *one; (one = sk_X509_pop(stack));) X509_free(one);
}

// What was found becomes what is looked through: the chain without the certificate that it is for, and nothing else.
int32_t CryptoNative_X509StoreCtxCommitToChain(X509_STORE_CTX *context) {
  ERR_clear_error();
  if (!context) return -1;
  STACK_OF(X509) *chain = X509_STORE_CTX_get1_chain(context);
  if (!chain) return 0;
  STACK_OF(X509) *untrusted = X509_STORE_CTX_get0_untrusted(context);
  X509 *certificate = X509_STORE_CTX_get0_cert(context);
  empty(untrusted);
  int done = 1;
  for (X509 *one; (one = sk_X509_pop(chain));)
    if (one == certificate || !done || !sk_X509_push(untrusted, one)) {
      done = done && one == certificate;
      X509_free(one);
    }
  sk_X509_free(chain);
  return done;
}

// Whether the chain's last certificate is one of the trusted ones.
static int ends_in_trust(X509_STORE_CTX *context, X509 *last) {
  X509 *root = NULL;
  if (X509_STORE_CTX_get1_issuer(&root, context, last) <= 0) return 0;
  int is_it = root == last;
  X509_free(root);
  return is_it;
}

// A copy of a certificate knows nothing of what was found out about the first.
static X509_STORE *store_of_copy(X509 *certificate) {
  X509_STORE *store = X509_STORE_new();
  X509 *copy = X509_dup(certificate);
  int done = store && copy && X509_STORE_add_cert(store, copy);
  X509_free(copy);
  if (done) return store;
  X509_STORE_free(store);
  return NULL;
}

// Begins again after a signature was found wrong, with copies of the certificates up to that place. Where that is the root, it goes into a
// store of its own, which the caller frees.
int32_t CryptoNative_X509StoreCtxResetForSignatureError(X509_STORE_CTX *context, X509_STORE **own_store) {
  if (!context || !own_store) return -1;
  ERR_clear_error();
  *own_store = NULL;
  int depth = X509_STORE_CTX_get_error_depth(context);
  STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(context), *untrusted = X509_STORE_CTX_get0_untrusted(context);
  X509_STORE *store = X509_STORE_CTX_get0_store(context);
  int length = sk_X509_num(chain);
  if (length - 1 == depth && ends_in_trust(context, sk_X509_value(chain, depth))) {
    *own_store = store = store_of_copy(sk_X509_value(chain, depth));
    if (!store) return 0;
    length--;
  }
  empty(untrusted);
  for (int i = length - 1; i > 0; i--) {
    X509 *one = sk_X509_value(chain, i);
    if (i <= depth)
      one = X509_dup(one);
    else
      X509_up_ref(one);
    if (!one || !sk_X509_push(untrusted, one)) {
      X509_free(one);
      return 0;
    }
  }
  X509 *copy = X509_dup(X509_STORE_CTX_get0_cert(context));
  if (!copy) return 0;
  X509_STORE_CTX_cleanup(context);
  return CryptoNative_X509StoreCtxInit(context, store, copy, untrusted);
}

// Asking a server whether a certificate was revoked (OCSP). Requests are made, since the managed side then tries to send them; there is no
// network, so no answer ever comes to be checked, and what is asked for it is "no list of revoked ones could be had".

static int of_chain(X509_STORE_CTX *context, int depth, X509 **subject, X509 **issuer) {
  STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(context);
  int length = chain ? sk_X509_num(chain) : 0;
  if (depth < 0 || depth >= length) return 0;
  *subject = sk_X509_value(chain, depth);
  *issuer = sk_X509_value(chain, depth + 1 < length ? depth + 1 : depth);
  return 1;
}

OCSP_REQUEST *CryptoNative_X509ChainBuildOcspRequest(X509_STORE_CTX *context, int32_t depth) {
  ERR_clear_error();
  X509 *subject, *issuer;
  if (!context || !of_chain(context, depth, &subject, &issuer)) return NULL;
  // SHA-1 is what servers know.
  OCSP_CERTID *id = OCSP_cert_to_id(crypto_digest("SHA1"), subject, issuer);
  OCSP_REQUEST *request = OCSP_REQUEST_new();
  if (id && request && OCSP_request_add0_id(request, id)) return request;
  OCSP_CERTID_free(id);
  OCSP_REQUEST_free(request);
  return NULL;
}

void CryptoNative_OcspRequestDestroy(OCSP_REQUEST *request) { OCSP_REQUEST_free(request); }

int32_t CryptoNative_GetOcspRequestDerSize(OCSP_REQUEST *request) {
  ERR_clear_error();
  return i2d_OCSP_REQUEST(request, NULL);
}

int32_t CryptoNative_EncodeOcspRequest(OCSP_REQUEST *request, uint8_t *bytes) {
  ERR_clear_error();
  return i2d_OCSP_REQUEST(request, &bytes);
}

OCSP_RESPONSE *CryptoNative_DecodeOcspResponse(const uint8_t *bytes, int32_t length) {
  ERR_clear_error();
  return bytes && length ? d2i_OCSP_RESPONSE(NULL, &bytes, length) : NULL;
}

void CryptoNative_OcspResponseDestroy(OCSP_RESPONSE *response) { OCSP_RESPONSE_free(response); }

int32_t CryptoNative_X509ChainGetCachedOcspStatus(X509_STORE_CTX *context, const char *folder, int32_t depth) {
  (void)context, (void)folder, (void)depth;
  return X509_V_ERR_UNABLE_TO_GET_CRL;
}

int32_t CryptoNative_X509ChainHasStapledOcsp(X509_STORE_CTX *context) {
  (void)context;
  return 0;
}

int32_t CryptoNative_X509ChainVerifyOcsp(X509_STORE_CTX *context, OCSP_REQUEST *request, OCSP_RESPONSE *response, const char *folder,
                                         int32_t depth) {
  (void)request, (void)response;
  return CryptoNative_X509ChainGetCachedOcspStatus(context, folder, depth);
}
