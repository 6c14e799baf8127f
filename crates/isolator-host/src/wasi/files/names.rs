//! Names of files, between a host where they are bytes and a guest where they are text.
//!
//! A name that is not UTF-8 is shown with each wrong byte `0x80..=0xff` as a character `U+EF80..=U+EFFF` (private use). So is each byte of
//! such a character that a name already has: therefore no two names look alike, and what is shown names the file when it comes back.

use super::super::{Errno, slice};
use super::FileCall;
use std::ffi::OsStr;
use std::path::PathBuf;

/// Longest path that is looked at, in bytes; the file system allows no longer ones.
const LONGEST_PATH: u32 = 4096;

/// A path of the guest's.
pub(super) fn path(call: &mut FileCall<'_>, at: u32, len: u32) -> Result<PathBuf, Errno> {
    if len > LONGEST_PATH {
        return Err(Errno::Nametoolong);
    }
    let bytes = slice(call.memory, at, len)?;
    named(std::str::from_utf8(bytes).map_err(|_| Errno::Ilseq)?)
}

#[cfg(any(unix, test))]
const FIRST: u32 = 0xef80;
#[cfg(any(unix, test))]
const LAST: u32 = 0xefff;

/// The name that text from a guest means.
#[cfg(unix)]
fn named(text: &str) -> Result<PathBuf, Errno> {
    use std::os::unix::ffi::OsStringExt;
    Ok(std::ffi::OsString::from_vec(bytes_of(text)).into())
}

#[cfg(any(unix, test))]
fn bytes_of(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        match u32::from(character) {
            // The lower byte: 0x80 to 0xff.
            code @ FIRST..=LAST => bytes.push(code as u8),
            _ => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

/// A name as it is shown to guests.
#[cfg(unix)]
pub(super) fn shown(name: &OsStr) -> Option<String> {
    use std::os::unix::ffi::OsStrExt;
    Some(text_of(name.as_bytes()))
}

#[cfg(any(unix, test))]
fn text_of(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    let escape = |text: &mut String, bytes: &[u8]| {
        let escaped = bytes
            .iter()
            .filter_map(|byte| char::from_u32(FIRST - 0x80 + u32::from(*byte)));
        text.extend(escaped);
    };
    for chunk in name.utf8_chunks() {
        for character in chunk.valid().chars() {
            if (FIRST..=LAST).contains(&u32::from(character)) {
                escape(&mut text, character.encode_utf8(&mut [0; 4]).as_bytes());
            } else {
                text.push(character);
            }
        }
        escape(&mut text, chunk.invalid());
    }
    text
}

#[cfg(not(unix))]
fn named(text: &str) -> Result<PathBuf, Errno> {
    Ok(text.into())
}

/// Names that are no text have no form that comes back the same: they are left out.
#[cfg(not(unix))]
pub(super) fn shown(name: &OsStr) -> Option<String> {
    name.to_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_names_are_as_they_are() {
        for name in ["a", "ä", "日本", "🦀", "\u{ef7f}\u{f000}", "a b\n", ""] {
            assert_eq!(text_of(name.as_bytes()), name);
            assert_eq!(bytes_of(name), name.as_bytes());
        }
        assert_eq!(text_of(b"caf\xe9.txt"), "caf\u{efe9}.txt");
        assert_eq!(
            text_of("\u{ef80}".as_bytes()),
            "\u{efee}\u{efbe}\u{ef80}",
            "no two names look alike"
        );
    }

    proptest! {
        #[test]
        fn every_name_comes_back(name in proptest::collection::vec(any::<u8>(), 0..32)) {
            prop_assert_eq!(bytes_of(&text_of(&name)), name);
        }

        #[test]
        fn names_near_the_escapes_come_back(codes in proptest::collection::vec(0xef70u32..0xf010, 0..8)) {
            let name: String = codes.into_iter().filter_map(char::from_u32).collect();
            prop_assert_eq!(bytes_of(&text_of(name.as_bytes())), name.as_bytes());
        }
    }
}
