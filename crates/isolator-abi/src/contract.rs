//! The WIT text, its version, and the hash by which host and guest recognise each other.

use sha2::{Digest, Sha256};
use std::sync::OnceLock;

/// The contract, `wit/isolator.wit`, as text.
pub const WIT: &str = include_str!("../wit/isolator.wit");

/// Version of the contract: the version of the WIT package.
pub const ABI_VERSION: &str = "0.1.0";

/// Module name under which the guest imports the host's functions.
pub const HOST_INTERFACE: &str = "isolator:runtime/host@0.1.0";

/// Prefix of the guest's core exports, followed by `#` and the function's name.
pub const GUEST_INTERFACE: &str = "isolator:runtime/guest@0.1.0";

/// Version of WASI that a guest imports.
pub const WASI_MODULE: &str = "wasi_snapshot_preview1";

/// SHA-256, in lower-case hex, of the contract without comments and with white space collapsed.
///
/// Two texts that differ only in documentation have the same hash.
#[must_use]
pub fn contract_hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| hash_of(WIT))
}

/// The hash of any contract text, see [`contract_hash`].
#[must_use]
pub fn hash_of(wit: &str) -> String {
    let mut hasher = Sha256::new();
    for line in wit.lines() {
        // WIT has no string literals, so `//` always starts a comment. Block comments are not used in the contract.
        let code = line.split("//").next().unwrap_or_default();
        for word in code.split_whitespace() {
            hasher.update(word.as_bytes());
            hasher.update(b" ");
        }
    }
    hex(&hasher.finalize())
}

/// Lower-case hex of some bytes.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documentation_is_not_part_of_the_hash() {
        let a = hash_of("interface x {\n  /// One.\n  f: func();\n}");
        assert_eq!(a, hash_of("// Two\ninterface x { f: func(); } // three"));
        assert_ne!(a, hash_of("interface x { f: func() -> u32; }"));
    }

    #[test]
    fn the_version_is_the_packages() {
        assert!(WIT.contains(&format!("package isolator:runtime@{ABI_VERSION};")));
        assert!(!WIT.contains("/*"), "block comments would be hashed");
    }

    #[test]
    fn names_of_interfaces_carry_the_version() {
        for name in [HOST_INTERFACE, GUEST_INTERFACE] {
            assert!(name.ends_with(&format!("@{ABI_VERSION}")), "{name}");
        }
    }
}
