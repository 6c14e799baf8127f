//! What can stand at a place in a source.

use crate::diagnostic::Range;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Something that can stand at a place in a source, for an editor to offer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Completion {
    /// What is to be written.
    pub text: String,
    /// What it is: `variable`, `parameter`, `constant`, `field`, `property`, `event`, `method`, `class`, `struct`, `interface`, `enum`, `enummember`, `delegate`,
    /// `typeparameter`, `namespace`, `keyword` or `other`.
    pub kind: String,
    /// Its declaration, such as `string Trim() (+ 2)`; the number says how many more methods have the name. Names of the source are in it.
    pub detail: Option<String>,
    /// What it replaces: the part of the name that is there.
    pub replaces: Range,
    /// The namespace of a type that no `using` brings: write `using NAMESPACE;` where the source begins, too, or the [qualified](Self::qualified) name.
    pub using: Option<String>,
}

impl Completion {
    /// What is to be written where nothing is written elsewhere: with the namespace, if that is not used.
    #[must_use]
    pub fn qualified(&self) -> Cow<'_, str> {
        match &self.using {
            None => Cow::Borrowed(&self.text),
            Some(namespace) => Cow::Owned(format!("{namespace}.{}", self.text)),
        }
    }
}

/// A place in a text, as C# counts: in UTF-16 units. A place in the middle of a character is its start.
pub(crate) fn utf16_position(text: &str, byte: usize) -> usize {
    let before = text.get(..text.floor_char_boundary(byte)).unwrap_or(text);
    before.encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_as_csharp_counts_them() {
        let text = "aä😀b";
        let places: Vec<usize> = (0..=9).map(|byte| utf16_position(text, byte)).collect();
        assert_eq!(places, [0, 1, 1, 2, 2, 2, 2, 4, 5, 5]);
    }
}
