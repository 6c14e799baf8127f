//! Cryptography inside a sandbox gives what it gives natively, bit for bit where it is not random, and refuses what it refuses.

use crate::{compare_programs, native::natively};
use isolator_tests::{host, runtime};

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
    hashes = "hashes",
    hashes_wrong = "hashes-wrong",
    macs = "macs",
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
