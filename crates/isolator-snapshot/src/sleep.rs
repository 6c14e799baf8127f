//! Runtimes that were written down: what they say of themselves, and a [delta](crate::delta).

use crate::Malformed;

const MAGIC: &[u8; 8] = b"isosleep";
const VERSION: u32 = 1;

/// Bytes before what it says of itself.
const FRONT: usize = 8 + 4 + 8;

/// Puts them together.
#[must_use]
pub fn write(head: &[u8], delta: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(FRONT + head.len() + delta.len());
    out.extend(MAGIC);
    out.extend(VERSION.to_le_bytes());
    out.extend((head.len() as u64).to_le_bytes());
    out.extend(head);
    out.extend(delta);
    out
}

/// Takes them apart: what it says of itself, and the delta.
///
/// # Errors
/// [`Malformed`] if it is something else.
pub fn read(bytes: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let front = bytes.first_chunk::<FRONT>();
    let Some([a, b, c, d, e, f, g, h, v0, v1, v2, v3, length @ ..]) = front else {
        return Err(Malformed::new("it is no suspended runtime"));
    };
    if [*a, *b, *c, *d, *e, *f, *g, *h] != *MAGIC {
        return Err(Malformed::new("it is no suspended runtime"));
    }
    let version = u32::from_le_bytes([*v0, *v1, *v2, *v3]);
    if version != VERSION {
        return Err(Malformed::new(format!(
            "it is written in version {version}, and {VERSION} is read here"
        )));
    }
    usize::try_from(u64::from_le_bytes(*length))
        .ok()
        .and_then(|length| bytes.get(FRONT..)?.split_at_checked(length))
        .ok_or_else(|| Malformed::new("it is cut off"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(head in proptest::collection::vec(any::<u8>(), 0..50), delta in proptest::collection::vec(any::<u8>(), 0..50)) {
            let bytes = write(&head, &delta);
            prop_assert_eq!(read(&bytes), Ok((&*head, &*delta)));
            for end in 0..FRONT + head.len() {
                prop_assert!(read(&bytes[..end]).is_err());
            }
        }

        #[test]
        fn nothing_panics(mut bytes in proptest::collection::vec(any::<u8>(), 0..100), magic in any::<bool>()) {
            if magic && bytes.len() >= 12 {
                bytes[..8].copy_from_slice(MAGIC);
                bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
            }
            let _ = read(&bytes);
        }
    }

    #[test]
    fn another_version_is_named() {
        let mut bytes = write(b"head", b"delta");
        bytes[8] = 9;
        assert_eq!(
            read(&bytes).unwrap_err().to_string(),
            "it is written in version 9, and 1 is read here"
        );
    }
}
