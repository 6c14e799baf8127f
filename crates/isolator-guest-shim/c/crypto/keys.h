// What one file asks of another about keys.
#pragma once

#include <openssl/evp.h>

// Whether an RSA key's numbers belong together: 1 yes, 0 no and the reason in the queue, -1 not known (several primes, a part missing).
int rsa_is_sound(EVP_PKEY *key, int is_private);

// Which one of a family of algorithms a key is of, by .NET's numbers; 0 for none of them.
int ml_kem_number(const EVP_PKEY *key);
int ml_dsa_number(const EVP_PKEY *key);
int slh_dsa_number(const EVP_PKEY *key);
