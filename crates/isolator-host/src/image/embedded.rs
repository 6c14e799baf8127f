//! The guest image inside the program, with the feature `embedded-guest`: compressed by build.rs.

use crate::error::Result;

/// What a program brings of an image, unpacked when it is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct EmbeddedImage {
    /// The code module.
    pub code: fn() -> Result<Vec<u8>>,
    /// The state module.
    pub state: fn() -> Result<Vec<u8>>,
    /// Machine code of the code module, if the image had any when the program was built.
    pub machine_code: fn() -> Result<Option<Vec<u8>>>,
}

#[cfg(feature = "embedded-guest")]
mod packed {
    use super::EmbeddedImage;
    use crate::error::{Error, Result};
    use crate::image::{GuestImage, Source};
    use std::io::Read;

    const MANIFEST: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/guest.json"));
    const CODE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/code.wasm.xz"));
    const STATE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/state.wasm.xz"));
    /// Empty if the image had none.
    const MACHINE_CODE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/code.cwasm.xz"));

    const PACKED: EmbeddedImage = EmbeddedImage {
        code: || unpack(CODE),
        state: || unpack(STATE),
        machine_code: || match MACHINE_CODE {
            [] => Ok(None),
            packed => unpack(packed).map(Some),
        },
    };

    pub(in crate::image) fn image() -> Result<GuestImage> {
        GuestImage::checked(MANIFEST, Source::Embedded(PACKED), "embedded".into())
    }

    fn unpack(bytes: &[u8]) -> Result<Vec<u8>> {
        let mut unpacked = Vec::new();
        liblzma::read::XzDecoder::new(bytes)
            .read_to_end(&mut unpacked)
            .map_err(Error::io("unpack the guest embedded in", "this program"))?;
        Ok(unpacked)
    }
}

#[cfg(feature = "embedded-guest")]
pub(super) use packed::image;
