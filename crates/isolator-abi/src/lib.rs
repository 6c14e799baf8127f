//! The contract between host and guest: the WIT text, its version and hash, the stamp that a guest image carries,
//! the wire types and the error model. Shared by the host library and by the recipe that builds a guest.

pub mod contract;
pub mod manifest;
mod reading;
pub mod stamp;
pub mod wire;

pub use contract::{ABI_VERSION, WIT, contract_hash};
pub use manifest::{GuestFile, GuestManifest, MANIFEST_FILE};
pub use stamp::{GuestStamp, STAMP_SECTION, StampError};
