//! The guest image inside the program, with the feature `embedded-guest`: compressed by build.rs.

#[cfg(not(feature = "embedded-guest"))]
use crate::error::Result;

#[cfg(feature = "embedded-guest")]
mod packed {
    use crate::error::{Error, Result};
    use crate::image::{GuestImage, Source};
    use std::io::Read;

    const MANIFEST: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/guest.json"));
    const CODE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/code.wasm.xz"));
    const STATE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/state.wasm.xz"));
    /// Empty if the image had none.
    const MACHINE_CODE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/code.cwasm.xz"));

    pub(in crate::image) fn image() -> Result<GuestImage> {
        GuestImage::checked(MANIFEST, Source::Embedded, "embedded".into())
    }

    fn unpack(bytes: &[u8]) -> Result<Vec<u8>> {
        let mut unpacked = Vec::new();
        liblzma::read::XzDecoder::new(bytes)
            .read_to_end(&mut unpacked)
            .map_err(Error::io("unpack the guest embedded in", "this program"))?;
        Ok(unpacked)
    }

    pub(in crate::image) fn code() -> Result<Vec<u8>> {
        unpack(CODE)
    }

    pub(in crate::image) fn state() -> Result<Vec<u8>> {
        unpack(STATE)
    }

    pub(in crate::image) fn machine_code() -> Result<Option<Vec<u8>>> {
        if MACHINE_CODE.is_empty() {
            return Ok(None);
        }
        unpack(MACHINE_CODE).map(Some)
    }
}

#[cfg(feature = "embedded-guest")]
pub(super) use packed::{code, image, machine_code, state};

#[cfg(not(feature = "embedded-guest"))]
fn none() -> Result<Vec<u8>> {
    Err(crate::error::Error::Config {
        message: "this program was built without the feature `embedded-guest`".into(),
    })
}

#[cfg(not(feature = "embedded-guest"))]
pub(super) fn code() -> Result<Vec<u8>> {
    none()
}

#[cfg(not(feature = "embedded-guest"))]
pub(super) fn state() -> Result<Vec<u8>> {
    none()
}

#[cfg(not(feature = "embedded-guest"))]
pub(super) fn machine_code() -> Result<Option<Vec<u8>>> {
    Ok(None)
}
