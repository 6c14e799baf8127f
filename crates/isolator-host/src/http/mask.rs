//! Secrets that come back in a body are covered, also across the borders of its pieces.

use bytes::{Bytes, BytesMut};

/// What a byte of a secret becomes: as many as there were, so that lengths stay what was said.
const COVER: u8 = b'*';

/// Shorter values are no secrets that could be told from other text.
pub(crate) const SHORTEST: usize = 6;

/// Covers secrets in a stream of bytes.
#[derive(Default)]
pub(crate) struct Mask {
    secrets: Vec<Vec<u8>>,
    /// As it came: its last bytes may be the beginning of a secret.
    held: BytesMut,
    /// Which of these are of a secret that was found.
    found: Vec<bool>,
}

impl Mask {
    /// Of these values.
    pub(crate) fn new(secrets: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let mut secrets: Vec<_> = secrets
            .into_iter()
            .filter(|s| s.len() >= SHORTEST)
            .collect();
        secrets.sort();
        secrets.dedup();
        Self {
            secrets,
            ..Self::default()
        }
    }

    /// Whether it covers nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// Covers what it finds in one whole text.
    pub(crate) fn text(&self, text: &[u8]) -> Vec<u8> {
        covered(text, &self.secrets)
    }

    /// The same of a header's value or the like, as .NET reads it: each byte a letter.
    pub(crate) fn letters(&self, text: &[u8]) -> String {
        letters(self.text(text))
    }

    /// Covers what it finds in the name of a header, which comes in small letters however the server wrote it.
    pub(crate) fn name(&self, name: &str) -> String {
        let secrets = self.secrets.iter().map(|s| s.to_ascii_lowercase());
        letters(covered(name.as_bytes(), secrets))
    }

    /// The next piece, less what has to wait for the one after it.
    pub(crate) fn next(&mut self, piece: &Bytes) -> Bytes {
        let Some(longest) = self.secrets.iter().map(Vec::len).max() else {
            return piece.clone();
        };
        self.held.extend_from_slice(piece);
        self.found.resize(self.held.len(), false);
        for secret in &self.secrets {
            for at in places(&self.held, secret) {
                self.found[at..at + secret.len()].fill(true);
            }
        }
        // One that begins before the last so many bytes also ends in what is held, and was found.
        self.give(self.held.len().saturating_sub(longest - 1))
    }

    /// What is left at the end.
    pub(crate) fn end(&mut self) -> Bytes {
        self.give(self.held.len())
    }

    fn give(&mut self, number: usize) -> Bytes {
        let mut given = self.held.split_to(number);
        for (byte, found) in given.iter_mut().zip(self.found.drain(..number)) {
            if found {
                *byte = COVER;
            }
        }
        given.freeze()
    }
}

/// A text in which these secrets are covered.
fn covered(text: &[u8], secrets: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Vec<u8> {
    let mut whole = text.to_vec();
    for secret in secrets {
        let secret = secret.as_ref();
        for at in places(text, secret) {
            whole[at..at + secret.len()].fill(COVER);
        }
    }
    whole
}

fn letters(bytes: Vec<u8>) -> String {
    bytes.into_iter().map(char::from).collect()
}

fn places<'a>(text: &'a [u8], secret: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    text.windows(secret.len())
        .enumerate()
        .filter(move |(_, window)| *window == secret)
        .map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn through(secrets: &[&str], pieces: &[&[u8]]) -> Vec<u8> {
        let mut mask = Mask::new(secrets.iter().map(|s| s.as_bytes().to_vec()));
        let mut out = Vec::new();
        for piece in pieces {
            out.extend(mask.next(&Bytes::copy_from_slice(piece)));
        }
        out.extend(mask.end());
        out
    }

    #[test]
    fn secrets_are_covered_across_pieces() {
        assert_eq!(
            through(&["hunter22"], &[b"a hun", b"te", b"r22 b"]),
            b"a ******** b"
        );
        assert_eq!(through(&["short"], &[b"short"]), b"short");
        assert_eq!(through(&[], &[b"any", b"thing"]), b"anything");
        // One inside another, and two that overlap.
        assert_eq!(
            through(&["abcdefgh", "cdefgh"], &[b"xabcdefghx"]),
            b"x********x"
        );
        assert_eq!(
            through(&["abcdef", "defghi"], &[b"abcd", b"efg", b"hi"]),
            b"*********"
        );
    }

    proptest! {
        #[test]
        fn pieces_are_as_the_whole(
            text in "[ab]{0,60}",
            secrets in proptest::collection::vec("[ab]{6,9}", 1..3),
            cuts in proptest::collection::vec(1usize..9, 0..20),
        ) {
            let whole = Mask::new(secrets.iter().map(|s| s.clone().into_bytes())).text(text.as_bytes());
            let mut rest = text.as_bytes();
            let mut pieces = Vec::new();
            for cut in cuts {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                pieces.push(piece);
                rest = after;
            }
            pieces.push(rest);
            let secrets: Vec<&str> = secrets.iter().map(|s| &**s).collect();
            prop_assert_eq!(through(&secrets, &pieces), whole);
        }
    }
}
