//! The custom section that says which contract a guest module was built for, and which .NET it holds.

use crate::contract::{ABI_VERSION, contract_hash};
use serde::{Deserialize, Serialize};

/// Name of the custom section in the code module, in the state module and in the component.
pub const STAMP_SECTION: &str = "isolator";

/// Content of the [`STAMP_SECTION`], as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestStamp {
    /// Version of the contract, [`ABI_VERSION`] of the build.
    pub abi_version: String,
    /// Hash of the contract, [`contract_hash`] of the build.
    pub contract_hash: String,
    /// Version of the .NET runtime pack, such as `10.0.15`.
    pub dotnet_version: String,
    /// In a state: SHA-256 (hex) of the code module that it belongs to. None in a code module.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_digest: Option<String>,
}

/// Why a stamp is not one that this build can work with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StampError {
    /// The section is missing: the module is no guest of this project.
    #[error("it has no `{STAMP_SECTION}` section, so it was not made by `cargo xtask build-guest`")]
    Missing,
    /// The section's content is not a [`GuestStamp`].
    #[error("its `{STAMP_SECTION}` section cannot be read: {0}")]
    Unreadable(String),
    /// Built for another version of the contract.
    #[error("it was built for contract version {found}, and this host speaks version {expected}")]
    Version {
        /// The guest's version.
        found: String,
        /// The host's version.
        expected: String,
    },
    /// Built for another text of the same version.
    #[error(
        "its contract has the hash {found}, and this host's has {expected} (both call themselves version {ABI_VERSION})"
    )]
    Hash {
        /// The guest's hash.
        found: String,
        /// The host's hash.
        expected: String,
    },
}

impl GuestStamp {
    /// The stamp of a code module built now.
    #[must_use]
    pub fn new(dotnet_version: &str) -> Self {
        Self {
            abi_version: ABI_VERSION.into(),
            contract_hash: contract_hash().into(),
            dotnet_version: dotnet_version.into(),
            code_digest: None,
        }
    }

    /// Reads a section's content. Unknown fields are ignored.
    ///
    /// # Errors
    /// [`StampError::Unreadable`] if it is not the JSON of a stamp.
    pub fn parse(section: &[u8]) -> Result<Self, StampError> {
        serde_json::from_slice(section).map_err(|e| StampError::Unreadable(e.to_string()))
    }

    /// The section's content.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Whether this host can drive a guest with this stamp.
    ///
    /// # Errors
    /// [`StampError::Version`] or [`StampError::Hash`], with both values.
    pub fn check(&self) -> Result<(), StampError> {
        if self.abi_version != ABI_VERSION {
            return Err(StampError::Version {
                found: self.abi_version.clone(),
                expected: ABI_VERSION.into(),
            });
        }
        if self.contract_hash != contract_hash() {
            return Err(StampError::Hash {
                found: self.contract_hash.clone(),
                expected: contract_hash().into(),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_survives_its_section() {
        let stamp = GuestStamp {
            code_digest: Some("00".into()),
            ..GuestStamp::new("10.0.15")
        };
        assert_eq!(GuestStamp::parse(&stamp.to_bytes()), Ok(stamp.clone()));
        assert_eq!(stamp.check(), Ok(()));
    }

    #[test]
    fn another_version_or_hash_is_refused_with_both_values() {
        let mut stamp = GuestStamp::new("10.0.15");
        stamp.abi_version = "9.9.9".into();
        let message = stamp.check().unwrap_err().to_string();
        assert!(
            message.contains("9.9.9") && message.contains(ABI_VERSION),
            "{message}"
        );
        let mut stamp = GuestStamp::new("10.0.15");
        stamp.contract_hash = "abc".into();
        let message = stamp.check().unwrap_err().to_string();
        assert!(
            message.contains("abc") && message.contains(contract_hash()),
            "{message}"
        );
    }

    #[test]
    fn rubbish_is_named() {
        assert!(matches!(
            GuestStamp::parse(b"{"),
            Err(StampError::Unreadable(_))
        ));
    }
}
