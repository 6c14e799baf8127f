//! Sources that come as JSON, and hold what no text can.

/// Escapes of a UTF-16 unit have so many bytes: `\ud800`.
const ESCAPE: usize = 6;
const REPLACEMENT: &[u8; ESCAPE] = b"\\ufffd";

/// Puts U+FFFD in the place of each escape that is half of a pair without its other half, such as `\ud800`, in the strings of a text of JSON, whether it is one or not.
///
/// JSON can write such halves, and what makes JSON of strings in JavaScript or Python does; but a text of Rust has none, so that its readers refuse the whole.
///
/// ```
/// let mut json = br#"{"whole": "\ud83d\ude00", "half": "\ud83d", "none": "\\ud83d"}"#.to_vec();
/// isolator_script::replace_lone_surrogates(&mut json);
/// assert_eq!(json, br#"{"whole": "\ud83d\ude00", "half": "\ufffd", "none": "\\ud83d"}"#);
/// ```
pub fn replace_lone_surrogates(json: &mut [u8]) {
    let (mut at, mut in_string) = (0, false);
    while let Some(&byte) = json.get(at) {
        at += match byte {
            b'"' => {
                in_string = !in_string;
                1
            }
            b'\\' if in_string => match unit(json, at) {
                Some(0xd800..=0xdbff)
                    if matches!(unit(json, at + ESCAPE), Some(0xdc00..=0xdfff)) =>
                {
                    2 * ESCAPE
                }
                Some(0xd800..=0xdfff) => {
                    if let Some(escape) = json.get_mut(at..at + ESCAPE) {
                        escape.copy_from_slice(REPLACEMENT);
                    }
                    ESCAPE
                }
                Some(_) => ESCAPE,
                // What is escaped by one character, such as another backslash, escapes nothing itself.
                None => 2,
            },
            _ => 1,
        };
    }
}

/// The unit that an escape stands for; none if there is no such escape here.
fn unit(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at + ESCAPE)?.strip_prefix(b"\\u")?;
    // A sign, which numbers may have, is none of them.
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn replaced(json: &str, expected: &str) {
        let mut bytes = json.as_bytes().to_vec();
        replace_lone_surrogates(&mut bytes);
        assert_eq!(String::from_utf8(bytes).unwrap(), expected, "{json}");
    }

    #[test]
    fn halves_without_the_other_half_are_replaced() {
        for (json, expected) in [
            (r#""\ud800""#, r#""\ufffd""#),
            (r#""\uDFFF""#, r#""\ufffd""#),
            (r#""a\udbffb""#, r#""a\ufffdb""#),
            // The second of two firsts has its other half.
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ude00\ud83d""#, r#""\ufffd\ufffd""#),
            (r#""\ud83d \ude00""#, r#""\ufffd \ufffd""#),
            (r#""\ud83d\n\ude00""#, r#""\ufffd\n\ufffd""#),
            (r#""\ud83d\u0041""#, r#""\ufffd\u0041""#),
            (r#"{"\ud800":["\udc00",1]}"#, r#"{"\ufffd":["\ufffd",1]}"#),
            (r#""\\\ud800""#, r#""\\\ufffd""#),
            (r#""\"\ud800""#, r#""\"\ufffd""#),
        ] {
            replaced(json, expected);
        }
    }

    #[test]
    fn all_else_stays() {
        for json in [
            r#""\ud83d\ude00\uD83D\uDE00""#,
            r#""\u0000\ud7ff\ue000\uffff""#,
            r#""\\ud800\\\\udc00""#,
            r#""\\","\\ud800""#,
            // No JSON, or none that is whole.
            r#"\ud800"#,
            r#""\ud80"#,
            r#""\ud80g""#,
            r#""\u+800""#,
            r#""\ud8é""#,
            r#""\"#,
            "",
        ] {
            replaced(json, json);
        }
    }

    #[test]
    fn what_was_refused_is_read() {
        let mut json = br#"["\ud800", "\ud83d\ude00", "\u0000"]"#.to_vec();
        assert!(serde_json::from_slice::<Vec<String>>(&json).is_err());
        replace_lone_surrogates(&mut json);
        let read: Vec<String> = serde_json::from_slice(&json).unwrap();
        assert_eq!(read, ["\u{fffd}", "\u{1f600}", "\0"]);
    }
}
