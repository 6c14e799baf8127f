//! The contract between host and guest: the WIT text, its version and hash, the stamp that a guest image carries,
//! the wire types and the error model. Shared by the host library and by the recipe that builds a guest.

/// The .NET version that a guest image is built with, and looked for, unless another is asked for.
pub const DEFAULT_DOTNET_VERSION: &str = include_str!("dotnet-version.txt");

pub mod contract;
pub mod limits;
pub mod manifest;
pub mod numbers;
mod reading;
pub mod side;
pub mod stamp;
pub mod wire;

pub use contract::{ABI_VERSION, WIT, contract_hash};
pub use manifest::{GuestFile, GuestManifest, MANIFEST_FILE};
pub use stamp::{GuestStamp, STAMP_SECTION, StampError};
