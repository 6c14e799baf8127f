// A block of SHA-256, of SHA-384 and of SHA-512, as FIPS 180-4 has them.
//
// A browser's .NET computes them in C#, with a call or a look at a bound for each of a round's parts, at a third of the speed of this. The rest of the
// hashes (what is buffered, how they end) stays the library's.
#include "hashes.h"

#include <stdint.h>
#include <string.h>

#include <mono/metadata/loader.h>

enum { WORDS = 16, STATE = 8, ROUNDS_32 = 64, ROUNDS_64 = 80 };

// The first bits of the fractional parts of the cube roots of the first primes.
static const uint32_t constants_32[ROUNDS_32] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static const uint64_t constants_64[ROUNDS_64] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
    0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
    0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
    0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
    0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
    0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
    0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
    0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
    0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
    0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

static inline uint32_t right_32(uint32_t word, int bits) { return word >> bits | word << (32 - bits); }

static inline uint64_t right_64(uint64_t word, int bits) { return word >> bits | word << (64 - bits); }

// One function for each length of a word: they differ in that, in the number of rounds and in how far bits are turned.
#define BLOCK(bits, S0, S1, S2, E0, E1, E2, s0, s1, s2, e0, e1, e2)                                                           \
  static void block_##bits(void *expanded, uint##bits##_t *state, const uint8_t *data) {                                      \
    (void)expanded; /* where the library keeps all words of the schedule: sixteen are enough */                               \
    uint##bits##_t words[WORDS], all[STATE];                                                                                  \
    memcpy(words, data, sizeof words);                                                                                        \
    for (int i = 0; i < WORDS; i++) words[i] = __builtin_bswap##bits(words[i]);                                               \
    memcpy(all, state, sizeof all);                                                                                           \
    uint##bits##_t a = all[0], b = all[1], c = all[2], d = all[3], e = all[4], f = all[5], g = all[6], h = all[7];            \
    for (int first = 0; first < ROUNDS_##bits; first += WORDS) {                                                              \
      _Pragma("clang loop unroll(full)") /* each word of the schedule is a variable then */                                   \
      for (int i = 0; i < WORDS; i++) {                                                                                       \
        uint##bits##_t word = words[i];                                                                                       \
        if (first) {                                                                                                          \
          uint##bits##_t early = words[(i + 1) % WORDS], late = words[(i + 14) % WORDS];                                      \
          word += words[(i + 9) % WORDS] + (right_##bits(early, s0) ^ right_##bits(early, s1) ^ early >> s2) +                \
                  (right_##bits(late, e0) ^ right_##bits(late, e1) ^ late >> e2);                                             \
          words[i] = word;                                                                                                    \
        }                                                                                                                     \
        uint##bits##_t one = h + (right_##bits(e, E0) ^ right_##bits(e, E1) ^ right_##bits(e, E2)) + (g ^ (e & (f ^ g))) +    \
                             constants_##bits[first + i] + word;                                                              \
        uint##bits##_t two = (right_##bits(a, S0) ^ right_##bits(a, S1) ^ right_##bits(a, S2)) + ((a & b) | (c & (a | b)));   \
        h = g, g = f, f = e, e = d + one, d = c, c = b, b = a, a = one + two;                                                 \
      }                                                                                                                       \
    }                                                                                                                         \
    uint##bits##_t last[STATE] = {a, b, c, d, e, f, g, h};                                                                    \
    for (int i = 0; i < STATE; i++) state[i] = all[i] + last[i];                                                              \
  }

BLOCK(32, 2, 13, 22, 6, 11, 25, 7, 18, 3, 17, 19, 10)
BLOCK(64, 28, 34, 39, 14, 18, 41, 1, 8, 7, 19, 61, 6)

void hashes_register(void) {
  mono_add_internal_call("System.Security.Cryptography.SHAManagedHashProvider/SHA256ManagedImplementation::SHATransform", block_32);
  mono_add_internal_call("System.Security.Cryptography.SHAManagedHashProvider/SHA384ManagedImplementation::SHATransform", block_64);
  mono_add_internal_call("System.Security.Cryptography.SHAManagedHashProvider/SHA512ManagedImplementation::SHATransform", block_64);
}
