//! Cryptography inside a sandbox gives what it gives natively, bit for bit where it is not random, and refuses what it refuses.

use crate::{compare_programs, isolated, native::natively};
use isolator_tests::{assert_same_text, host, runtime};

const FIXTURE: &str = "Cryptography";

macro_rules! programs {
    ($($name:ident = $argument:literal),* $(,)?) => {
        $(#[test]
        fn $name() {
            compare_programs(host(), FIXTURE, $argument);
        })*

        #[test]
        fn every_program_has_a_test() {
            let listed: Vec<_> = natively(FIXTURE).keys().cloned().collect();
            assert_eq!(listed, [$($argument),*]);
        }
    };
}

programs! {
    agreements = "agreements",
    authenticated = "authenticated",
    broken = "broken",
    certificates = "certificates",
    certificates_made = "certificates-made",
    chains = "chains",
    ciphers = "ciphers",
    ciphers_wrong = "ciphers-wrong",
    containers = "containers",
    curves = "curves",
    derivation = "derivation",
    dsa = "dsa",
    encodings = "encodings",
    foreign = "foreign",
    hashes = "hashes",
    hashes_wrong = "hashes-wrong",
    macs = "macs",
    messages = "messages",
    random = "random",
    revocation = "revocation",
    rsa = "rsa",
    rsa_wrong = "rsa-wrong",
    streams = "streams",
}

const LATTICES: &str = "Cryptography.Lattices";

fn ask<A: serde::Serialize, R: serde::de::DeserializeOwned>(method: &str, arguments: A) -> R {
    runtime()
        .call(FIXTURE, LATTICES, method, arguments)
        .unwrap_or_else(|error| panic!("{method}: {error}"))
}

/// The digests are those that another implementation has of the same seeds, bytes 0 to 63.
#[test]
fn ml_kem_gives_the_keys_of_a_seed() {
    assert_eq!(ask::<_, Vec<bool>>("Supported", ()), [true, true, true]);
    for (which, keys) in [
        "3ae268dccc5456ac 17fb29b8c4baf74f",
        "0b7934c83125c788 dac268bde6a8dd23",
        "c7b8fa0aa471d5ae 3a2a676c5a242ee6",
    ]
    .iter()
    .enumerate()
    {
        assert_eq!(
            ask::<_, String>("Kem", (which,)),
            format!("{keys} True False True 32")
        );
    }
}

/// As above; the last word of the first row says that a signature of that implementation holds.
#[test]
fn ml_dsa_gives_the_keys_of_a_seed_and_knows_signatures() {
    for (which, (keys, rest)) in [
        (
            "9f107644c1084526 04bf6b9f579166a6",
            "2420 True False False True",
        ),
        (
            "d666806e11cee19a 9f1e24f47795fe50",
            "3309 True False False False",
        ),
        (
            "91dc389cfaa01470 764d3e223ed90c07",
            "4627 True False False False",
        ),
    ]
    .iter()
    .enumerate()
    {
        assert_eq!(ask::<_, String>("Dsa", (which,)), format!("{keys} {rest}"));
    }
}

#[test]
fn slh_dsa_knows_its_signatures() {
    assert_eq!(ask::<_, String>("Hashed", ()), "17088 True False");
}

#[test]
fn a_hash_without_an_end_is_read_in_pieces() {
    let answer: String = ask("Squeezed", ());
    assert!(answer.starts_with("True "), "{answer}");
}

#[test]
fn keys_in_devices_do_not_exist() {
    let answers: Vec<String> = ask("Devices", ());
    assert_eq!(answers, DEVICES);
}

const DEVICES: &[&str] = &[
    "CryptographicException: OpenSSL ENGINE is not available on this platform.",
    "PlatformNotSupportedException: OpenSSL providers are not supported on this platform.",
];

/// Native and inside could be wrong in the same way: what must come of what OpenSSL made is written down, too.
#[test]
fn what_openssl_made_is_read() {
    let read = isolated(host(), FIXTURE, "foreign");
    assert_same_text("what was read", FOREIGN, &read.stdout);
}

const FOREIGN: &str = "\
pss-sha1: True False
pss-sha256: True False
pss-sha384: True False
pss-sha512: True False
pss-sha3-256: True False
pss-sha3-512: True False
pss-short-salt: False False
pkcs1-sha1: True False
pkcs1-sha256: True False
pkcs1-sha512: True False
pkcs1-sha3-384: True False
oaep-sha1: 'The quick brown fox jumps over the lazy dog'
oaep-sha256: 'The quick brown fox jumps over the lazy dog'
oaep-sha384: 'The quick brown fox jumps over the lazy dog'
oaep-sha512: 'The quick brown fox jumps over the lazy dog'
oaep-label: CryptographicException
oaep-other-mask: CryptographicException
encrypted-pkcs1: 'The quick brown fox jumps over the lazy dog'
encrypted-nothing: ''
dsa-sha1: True False
dsa-sha256: True False
dsa2048-sha256: True False
ecdsa-p256-sha256: True False
ecdsa-p384-sha384: True False
ecdsa-p521-sha512: True False
ecdsa-p521-sha3-256: True False
ecdsa-brainpool-sha256: True False
ecdh-p256: True 32
ecdh-p384: True 48
ecdh-p521: True 66
pkcs8-aes128: 2ceddc76f9aaa80b234e58ded91e4bddb2b17919e0130da1e3d7223d718ecdca
pkcs8-aes192: 2ceddc76f9aaa80b234e58ded91e4bddb2b17919e0130da1e3d7223d718ecdca
pkcs8-aes256: 2ceddc76f9aaa80b234e58ded91e4bddb2b17919e0130da1e3d7223d718ecdca
pkcs8-des3: 2ceddc76f9aaa80b234e58ded91e4bddb2b17919e0130da1e3d7223d718ecdca
pkcs8-pbe-des3: 2ceddc76f9aaa80b234e58ded91e4bddb2b17919e0130da1e3d7223d718ecdca
pkcs8-pbe-rc2: 2ceddc76f9aaa80b234e58ded91e4bddb2b17919e0130da1e3d7223d718ecdca
pkcs8-pbe-md5-des: 2ceddc76f9aaa80b234e58ded91e4bddb2b17919e0130da1e3d7223d718ecdca
pkcs8-scrypt: CryptographicException
pfx-usual: Made by OpenSSL 4D 654BC90F66EF8E1A942E5E04508E3FFF4FD0D29E 63a2cb30766af876d1f14389732ac43fb1463713bbfaa20d23eb3cf7bcd457299d3c3fb8379fc9035df71b48676b0874
pfx-sha512: Made by OpenSSL 4D 654BC90F66EF8E1A942E5E04508E3FFF4FD0D29E 63a2cb30766af876d1f14389732ac43fb1463713bbfaa20d23eb3cf7bcd457299d3c3fb8379fc9035df71b48676b0874
pfx-legacy: Made by OpenSSL 4D 654BC90F66EF8E1A942E5E04508E3FFF4FD0D29E 63a2cb30766af876d1f14389732ac43fb1463713bbfaa20d23eb3cf7bcd457299d3c3fb8379fc9035df71b48676b0874
pfx-open-certificate: Made by OpenSSL 4D 654BC90F66EF8E1A942E5E04508E3FFF4FD0D29E 63a2cb30766af876d1f14389732ac43fb1463713bbfaa20d23eb3cf7bcd457299d3c3fb8379fc9035df71b48676b0874
certificate-pss: True False
";
