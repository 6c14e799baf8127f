//! The compatibility decompositions of Unicode, of which the pack's ICU data has none, as a table for `c/mono/normalization.c`.
//!
//! A text in form KD is one in form D whose characters were replaced by what they are compatible with, and in KC one in C; so the table
//! has those characters alone that decompose in another way by compatibility than canonically.

use icu_normalizer::DecomposingNormalizerBorrowed;
use std::collections::HashMap;
use std::fmt::Write;

/// Bits of an entry that say how long a replacement is; those above are the character.
const LENGTH_BITS: u32 = 8;

/// The characters of the table with what stands for them, in UTF-16, in order.
fn replacements() -> Vec<(char, Vec<u16>)> {
    let canonical = DecomposingNormalizerBorrowed::new_nfd();
    let compatible = DecomposingNormalizerBorrowed::new_nfkd();
    let mut text = [0; 4];
    ('\u{80}'..=char::MAX)
        .filter_map(|character| {
            let text = &*character.encode_utf8(&mut text);
            let replacement = compatible.normalize(text);
            (replacement != canonical.normalize(text))
                .then(|| (character, replacement.encode_utf16().collect()))
        })
        .collect()
}

/// The table as C: of each character where its replacement begins in the text of all.
#[must_use]
pub fn header() -> String {
    let mut places: HashMap<Vec<u16>, usize> = HashMap::new();
    let (mut from, mut at, mut all) = (String::new(), String::new(), Vec::new());
    for (character, replacement) in replacements() {
        let length = replacement.len();
        let place = *places.entry(replacement).or_insert_with_key(|replacement| {
            let place = all.len();
            all.extend_from_slice(replacement);
            place
        });
        let entry = u32::from(character) << LENGTH_BITS | length as u32;
        // Writing to a string does not fail.
        let _ = write!(from, "{entry:#x},");
        let _ = write!(at, "{place},");
    }
    let text: String = all.iter().map(|unit| format!("{unit:#x},")).collect();
    format!(
        "// Written by src/compatibility.rs.\n\
         enum {{ COMPATIBILITY_LENGTH_BITS = {LENGTH_BITS} }};\n\
         static const uint32_t compatibility_from[] = {{{from}}};\n\
         static const uint16_t compatibility_at[] = {{{at}}};\n\
         static const uint16_t compatibility_text[] = {{{text}}};\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_compatibility_decomposes_is_in_the_table() {
        let all = replacements();
        let of = |character: char| {
            let found = all.iter().find(|(from, _)| *from == character)?;
            Some(String::from_utf16(&found.1).unwrap())
        };
        assert_eq!(of('\u{fb01}').as_deref(), Some("fi"));
        assert_eq!(of('\u{1d400}').as_deref(), Some("A"));
        assert_eq!(of('\u{1e9b}').as_deref(), Some("s\u{307}"));
        assert_eq!(of('\u{fdfa}').unwrap().chars().count(), 18);
        // A canonical one, a Hangul syllable, and characters that are as they are.
        for other in ['\u{e9}', '\u{ac00}', '\u{f900}', 'a', '\u{4e00}'] {
            assert_eq!(of(other), None);
        }
        assert!(all.is_sorted_by_key(|(from, _)| *from));
        assert!(all.iter().all(|(_, to)| to.len() < 1 << LENGTH_BITS));
        let units: usize = all.iter().map(|(_, to)| to.len()).sum();
        assert!(units < 1 << 16, "{units}");
    }
}
