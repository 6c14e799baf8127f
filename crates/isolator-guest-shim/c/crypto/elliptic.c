// Keys of elliptic curves: made, imported, exported.
#include "crypto.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/objects.h>

// .NET's numbers of kinds of curves (`ECCurve.ECCurveType`).
enum { UNKNOWN = 0, PRIME_WEIERSTRASS = 1, PRIME_MONTGOMERY = 3, BINARY = 4 };

EC_KEY *CryptoNative_EvpPkeyGetEcKey(EVP_PKEY *key) {
  ERR_clear_error();
  return EVP_PKEY_get1_EC_KEY(key);
}

int32_t CryptoNative_EvpPkeySetEcKey(EVP_PKEY *key, EC_KEY *ec) {
  ERR_clear_error();
  return key && ec && EVP_PKEY_set1_EC_KEY(key, ec);
}

void CryptoNative_EcKeyDestroy(EC_KEY *ec) { EC_KEY_free(ec); }

int32_t CryptoNative_EcKeyUpRef(EC_KEY *ec) { return ec && EC_KEY_up_ref(ec); }

EC_KEY *CryptoNative_EcKeyCreateByOid(const char *oid) {
  ERR_clear_error();
  return EC_KEY_new_by_curve_name(OBJ_txt2nid(oid));
}

int32_t CryptoNative_EcKeyGenerateKey(EC_KEY *ec) {
  ERR_clear_error();
  return EC_KEY_generate_key(ec) && EC_KEY_check_key(ec);
}

int32_t CryptoNative_EcKeyGetSize(const EC_KEY *ec, int32_t *bits) {
  const EC_GROUP *group = ec ? EC_KEY_get0_group(ec) : NULL;
  *bits = group ? EC_GROUP_get_degree(group) : 0;
  return group != NULL;
}

int32_t CryptoNative_EcKeyGetCurveName2(const EC_KEY *ec, int32_t *name) {
  const EC_GROUP *group = ec ? EC_KEY_get0_group(ec) : NULL;
  *name = group ? EC_GROUP_get_curve_name(group) : NID_undef;
  return group != NULL;
}

int32_t CryptoNative_EvpPKeyGetEcGroupNid(const EVP_PKEY *key, int32_t *name) {
  *name = NID_undef;
  char text[80];
  if (!key || EVP_PKEY_get_base_id(key) != EVP_PKEY_EC ||
      !EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, text, sizeof text, NULL))
    return 0;
  *name = OBJ_txt2nid(text);
  return 1;
}

// A key from its numbers: the point and, where it is there, the secret; or the secret alone, to which the point is computed. Without either
// it stays empty, for one to be made.
static int set_numbers(EC_KEY *ec, const uint8_t *x, int32_t x_length, const uint8_t *y, int32_t y_length, const uint8_t *d,
                       int32_t d_length) {
  int has_point = x && y, has_secret = d && d_length > 0;
  if (!has_point && (!has_secret || x || y)) return 1;
  const EC_GROUP *group = EC_KEY_get0_group(ec);
  BIGNUM *x_number = has_point ? BN_bin2bn(x, x_length, NULL) : NULL, *y_number = has_point ? BN_bin2bn(y, y_length, NULL) : NULL;
  BIGNUM *secret = has_secret ? BN_bin2bn(d, d_length, NULL) : NULL;
  EC_POINT *point = has_point ? NULL : EC_POINT_new(group);
  int done = !has_secret || secret;
  if (has_point)
    done = done && x_number && y_number && EC_KEY_set_public_key_affine_coordinates(ec, x_number, y_number);
  else
    done = done && point && EC_POINT_mul(group, point, secret, NULL, NULL, NULL) && EC_KEY_set_public_key(ec, point);
  if (done && has_secret) done = EC_KEY_set_private_key(ec, secret);
  if (done) done = EC_KEY_check_key(ec);
  BN_free(x_number);
  BN_free(y_number);
  BN_clear_free(secret);
  EC_POINT_free(point);
  return done;
}

// -1 for a curve that is not known.
int32_t CryptoNative_EcKeyCreateByKeyParameters(EC_KEY **ec, const char *oid, const uint8_t *x, int32_t x_length, const uint8_t *y,
                                                int32_t y_length, const uint8_t *d, int32_t d_length) {
  ERR_clear_error();
  *ec = NULL;
  int name = OBJ_txt2nid(oid);
  EC_KEY *made = name ? EC_KEY_new_by_curve_name(name) : NULL;
  if (!made) return -1;
  if (!set_numbers(made, x, x_length, y, y_length, d, d_length)) {
    EC_KEY_free(made);
    return 0;
  }
  *ec = made;
  return 1;
}

// How a curve is computed with is part of what .NET calls its kind.
static const EC_METHOD *method_of(int32_t kind) {
  switch (kind) {
    case PRIME_WEIERSTRASS:
      return EC_GFp_simple_method();
    case PRIME_MONTGOMERY:
      return EC_GFp_mont_method();
    case BINARY:
      return EC_GF2m_simple_method();
    default:
      return NULL;
  }
}

static int32_t kind_of(const EC_GROUP *group) {
  if (EC_GROUP_get_field_type(group) == NID_X9_62_characteristic_two_field) return BINARY;
  switch (EC_GROUP_get_curve_name(group)) {
    // These two have methods of their own for 64-bit processors, and are called by the other name everywhere else.
    case NID_X9_62_prime256v1:
    case NID_secp521r1:
      return PRIME_WEIERSTRASS;
    default:
      return EC_GROUP_method_of(group) == EC_GFp_mont_method() ? PRIME_MONTGOMERY : PRIME_WEIERSTRASS;
  }
}

static EC_GROUP *new_curve(int32_t kind, const BIGNUM *p, const BIGNUM *a, const BIGNUM *b) {
  const EC_METHOD *method = method_of(kind);
  EC_GROUP *group = method ? EC_GROUP_new(method) : NULL;
  if (group && EC_GROUP_set_curve(group, p, a, b, NULL)) return group;
  EC_GROUP_free(group);
  return NULL;
}

// The curve's numbers, in the order of the arguments.
enum { P, A, B, GENERATOR_X, GENERATOR_Y, ORDER, COFACTOR, NUMBERS };

static EC_GROUP *explicit_curve(int32_t kind, BIGNUM *const *number, const uint8_t *seed, int32_t seed_length) {
  for (int i = 0; i < NUMBERS; i++)
    if (!number[i]) return NULL;
  EC_GROUP *group = new_curve(kind, number[P], number[A], number[B]);
  EC_POINT *generator = group ? EC_POINT_new(group) : NULL;
  int done = generator && EC_POINT_set_affine_coordinates(group, generator, number[GENERATOR_X], number[GENERATOR_Y], NULL) &&
             EC_GROUP_set_generator(group, generator, number[ORDER], number[COFACTOR]) &&
             (!seed || seed_length <= 0 || EC_GROUP_set_seed(group, seed, (size_t)seed_length)) && EC_GROUP_check(group, NULL);
  EC_POINT_free(generator);
  if (done) return group;
  EC_GROUP_free(group);
  return NULL;
}

EC_KEY *CryptoNative_EcKeyCreateByExplicitParameters(
    int32_t kind, const uint8_t *x, int32_t x_length, const uint8_t *y, int32_t y_length, const uint8_t *d, int32_t d_length,
    const uint8_t *p, int32_t p_length, const uint8_t *a, int32_t a_length, const uint8_t *b, int32_t b_length, const uint8_t *gx,
    int32_t gx_length, const uint8_t *gy, int32_t gy_length, const uint8_t *order, int32_t order_length, const uint8_t *cofactor,
    int32_t cofactor_length, const uint8_t *seed, int32_t seed_length) {
  ERR_clear_error();
  if (!p || !a || !b || !gx || !gy || !order || !cofactor) return NULL;
  BIGNUM *number[NUMBERS] = {BN_bin2bn(p, p_length, NULL),         BN_bin2bn(a, a_length, NULL),   BN_bin2bn(b, b_length, NULL),
                             BN_bin2bn(gx, gx_length, NULL),       BN_bin2bn(gy, gy_length, NULL), BN_bin2bn(order, order_length, NULL),
                             BN_bin2bn(cofactor, cofactor_length, NULL)};
  EC_GROUP *group = explicit_curve(kind, number, seed, seed_length);
  EC_KEY *ec = group ? EC_KEY_new() : NULL;
  if (ec && !(EC_KEY_set_group(ec, group) && set_numbers(ec, x, x_length, y, y_length, d, d_length))) {
    EC_KEY_free(ec);
    ec = NULL;
  }
  EC_GROUP_free(group);
  for (int i = 0; i < NUMBERS; i++) BN_free(number[i]);
  return ec;
}

// A number for the caller, who frees it; none has no bytes.
static void give(BIGNUM *number, BIGNUM **to, int32_t *size) {
  *to = number;
  *size = number ? BN_num_bytes(number) : 0;
}

static void give_nothing(BIGNUM **to, int32_t *size) { give(NULL, to, size); }

// -1 for a key without its secret, where that is asked for.
int32_t CryptoNative_GetECKeyParameters(const EC_KEY *ec, int32_t with_secret, BIGNUM **x, int32_t *x_size, BIGNUM **y, int32_t *y_size,
                                        const BIGNUM **d, int32_t *d_size) {
  ERR_clear_error();
  give_nothing(x, x_size);
  give_nothing(y, y_size);
  *d = NULL;
  *d_size = 0;
  const EC_GROUP *group = EC_KEY_get0_group(ec);
  const EC_POINT *point = EC_KEY_get0_public_key(ec);
  if (!group || !point) return 0;
  const BIGNUM *secret = EC_KEY_get0_private_key(ec);
  if (with_secret && !secret) return -1;
  BIGNUM *x_number = BN_new(), *y_number = BN_new();
  if (!x_number || !y_number || !EC_POINT_get_affine_coordinates(group, point, x_number, y_number, NULL)) {
    BN_free(x_number);
    BN_free(y_number);
    return 0;
  }
  give(x_number, x, x_size);
  give(y_number, y, y_size);
  if (with_secret) {
    // This one stays the key's.
    *d = secret;
    *d_size = BN_num_bytes(secret);
  }
  return 1;
}

// What a curve is made of, each number the caller's then.
struct curve {
  int32_t kind;
  BIGNUM *number[NUMBERS], *seed;
};

static int read_curve(const EC_GROUP *group, struct curve *curve) {
  for (int i = 0; i < NUMBERS; i++)
    if (!(curve->number[i] = BN_new())) return 0;
  BIGNUM **number = curve->number;
  curve->kind = kind_of(group);
  const EC_POINT *generator = EC_GROUP_get0_generator(group);
  if (!generator || !EC_GROUP_get_curve(group, number[P], number[A], number[B], NULL) ||
      !EC_POINT_get_affine_coordinates(group, generator, number[GENERATOR_X], number[GENERATOR_Y], NULL) ||
      !EC_GROUP_get_order(group, number[ORDER], NULL) || !EC_GROUP_get_cofactor(group, number[COFACTOR], NULL))
    return 0;
  const unsigned char *seed = EC_GROUP_get0_seed(group);
  if (seed) curve->seed = BN_bin2bn(seed, (int)EC_GROUP_get_seed_len(group), NULL);
  return 1;
}

// Writes a curve, or nothing of it, to the places of the two functions below.
#define GIVE_CURVE(curve)                                        \
  do {                                                           \
    *kind = (curve).kind;                                        \
    give((curve).number[P], p, p_size);                          \
    give((curve).number[A], a, a_size);                          \
    give((curve).number[B], b, b_size);                          \
    give((curve).number[GENERATOR_X], gx, gx_size);              \
    give((curve).number[GENERATOR_Y], gy, gy_size);              \
    give((curve).number[ORDER], order, order_size);              \
    give((curve).number[COFACTOR], cofactor, cofactor_size);     \
    give((curve).seed, seed, seed_size);                         \
  } while (0)

static struct curve none_of(struct curve *curve) {
  for (int i = 0; i < NUMBERS; i++) BN_free(curve->number[i]);
  return (struct curve){.kind = UNKNOWN};
}

int32_t CryptoNative_GetECCurveParameters(const EC_KEY *ec, int32_t with_secret, int32_t *kind, BIGNUM **x, int32_t *x_size, BIGNUM **y,
                                          int32_t *y_size, const BIGNUM **d, int32_t *d_size, BIGNUM **p, int32_t *p_size, BIGNUM **a,
                                          int32_t *a_size, BIGNUM **b, int32_t *b_size, BIGNUM **gx, int32_t *gx_size, BIGNUM **gy,
                                          int32_t *gy_size, BIGNUM **order, int32_t *order_size, BIGNUM **cofactor,
                                          int32_t *cofactor_size, BIGNUM **seed, int32_t *seed_size) {
  struct curve curve = {.kind = UNKNOWN};
  int done = CryptoNative_GetECKeyParameters(ec, with_secret, x, x_size, y, y_size, d, d_size);
  if (done == 1 && !read_curve(EC_KEY_get0_group(ec), &curve)) {
    BN_free(*x);
    BN_free(*y);
    give_nothing(x, x_size);
    give_nothing(y, y_size);
    *d = NULL;
    *d_size = 0;
    curve = none_of(&curve);
    done = 0;
  }
  GIVE_CURVE(curve);
  return done;
}

static int get_number(const EVP_PKEY *key, const char *name, BIGNUM **to, int32_t *size) {
  BIGNUM *number = NULL;
  int done = EVP_PKEY_get_bn_param(key, name, &number);
  give(done ? number : NULL, to, size);
  return done;
}

// As of a key of the older kind, but that the secret is the caller's, too.
int32_t CryptoNative_EvpPKeyGetEcKeyParameters(const EVP_PKEY *key, int32_t with_secret, BIGNUM **x, int32_t *x_size, BIGNUM **y,
                                               int32_t *y_size, BIGNUM **d, int32_t *d_size) {
  ERR_clear_error();
  give_nothing(x, x_size);
  give_nothing(y, y_size);
  give_nothing(d, d_size);
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && get_number(key, OSSL_PKEY_PARAM_EC_PUB_X, x, x_size) &&
      get_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, y, y_size) && (!with_secret || get_number(key, OSSL_PKEY_PARAM_PRIV_KEY, d, d_size)))
    return 1;
  BN_free(*x);
  BN_free(*y);
  give_nothing(x, x_size);
  give_nothing(y, y_size);
  return 0;
}

int32_t CryptoNative_EvpPKeyGetEcCurveParameters(const EVP_PKEY *key, int32_t with_secret, int32_t *kind, BIGNUM **x, int32_t *x_size,
                                                 BIGNUM **y, int32_t *y_size, BIGNUM **d, int32_t *d_size, BIGNUM **p, int32_t *p_size,
                                                 BIGNUM **a, int32_t *a_size, BIGNUM **b, int32_t *b_size, BIGNUM **gx, int32_t *gx_size,
                                                 BIGNUM **gy, int32_t *gy_size, BIGNUM **order, int32_t *order_size, BIGNUM **cofactor,
                                                 int32_t *cofactor_size, BIGNUM **seed, int32_t *seed_size) {
  struct curve curve = {.kind = UNKNOWN};
  int done = CryptoNative_EvpPKeyGetEcKeyParameters(key, with_secret, x, x_size, y, y_size, d, d_size);
  const EC_KEY *ec = done == 1 ? EVP_PKEY_get0_EC_KEY(key) : NULL;
  if (done == 1 && !(ec && read_curve(EC_KEY_get0_group(ec), &curve))) {
    BN_free(*x);
    BN_free(*y);
    BN_clear_free(*d);
    give_nothing(x, x_size);
    give_nothing(y, y_size);
    give_nothing(d, d_size);
    curve = none_of(&curve);
    done = 0;
  }
  // Of such keys how it is computed with is not told.
  if (curve.kind == PRIME_MONTGOMERY) curve.kind = PRIME_WEIERSTRASS;
  GIVE_CURVE(curve);
  return done;
}

// Signatures and agreements. Signing returns the signature's length, -1 for an error.
int32_t CryptoNative_EcDsaSignHash(EVP_PKEY *key, void *extra, const uint8_t *hash, int32_t length, uint8_t *out, int32_t size) {
  (void)extra;
  ERR_clear_error();
  EVP_PKEY_CTX *context = use_key(key);
  size_t written = (size_t)size;
  int done = context && EVP_PKEY_sign_init(context) > 0 && EVP_PKEY_sign(context, out, &written, hash, (size_t)length) > 0;
  EVP_PKEY_CTX_free(context);
  return done ? (int32_t)written : -1;
}

// Bytes that are no signature are none of this hash: 0. -1 where the key cannot check one.
int32_t CryptoNative_EcDsaVerifyHash(EVP_PKEY *key, void *extra, const uint8_t *hash, int32_t length, const uint8_t *signature,
                                     int32_t size) {
  (void)extra;
  ERR_clear_error();
  EVP_PKEY_CTX *context = use_key(key);
  int result = -1;
  if (context && EVP_PKEY_verify_init(context) > 0)
    result = EVP_PKEY_verify(context, signature, (size_t)size, hash, (size_t)length) == 1;
  EVP_PKEY_CTX_free(context);
  return result;
}

// Returns the length of the secret that two keys have in common, 0 for an error.
int32_t CryptoNative_EvpPKeyDeriveSecretAgreement(EVP_PKEY *key, void *extra, EVP_PKEY *peer, uint8_t *secret, uint32_t size) {
  (void)extra;
  ERR_clear_error();
  if (!key || !peer || !secret || !size) return 0;
  EVP_PKEY_CTX *context = use_key(key);
  size_t written = size;
  int done = context && EVP_PKEY_derive_init(context) == 1 && EVP_PKEY_derive_set_peer(context, peer) == 1 &&
             EVP_PKEY_derive(context, secret, &written) == 1;
  EVP_PKEY_CTX_free(context);
  return done ? (int32_t)written : 0;
}
