//! JSON on the command line: arguments in, results out.
//!
//! What JSON has no word for: bytes are a base64 string in results, and `{"$bytes": "AQID"}` (or an array of numbers) in
//! arguments; a point in time is an ISO 8601 string in results, and `{"$time": "2026-01-31T12:00:00Z"}` in arguments;
//! `NaN`, `Infinity` and `-Infinity` are strings in results, and cannot be passed. Keys that are no strings become strings,
//! and arrays and maps in them are written as they are, not as the JSON of JSON. Results are written by [`crate::print`].

use isolator_host::printable;
use isolator_host::values::Value;
use std::borrow::Cow;
use std::fmt::Write as _;

/// The arguments of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Arguments(pub Vec<Value>);

/// Reads a JSON array of arguments.
///
/// # Errors
/// What is wrong and where, with the place marked.
pub fn parse_arguments(text: &str) -> Result<Arguments, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| mark(text, &error))?;
    match untag(value)? {
        Value::Array(values) => Ok(Arguments(values)),
        other => Err(format!(
            "the arguments are a JSON array with one element per argument, such as '[1, \"two\"]', and this is {}; put it in brackets",
            kind(&other)
        )),
    }
}

/// What a value is, for messages.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Nil => "null",
        Value::Bool(_) => "a boolean",
        Value::Int(_) | Value::UInt(_) | Value::Float(_) => "a number",
        Value::String(_) => "a string",
        Value::Bytes(_) => "bytes",
        Value::Array(_) => "an array",
        Value::Map(_) => "an object",
        Value::Extension(_) => "an extension value",
    }
}

/// The error, with the line it is in and a mark under the place.
fn mark(text: &str, error: &serde_json::Error) -> String {
    const WIDEST: usize = 60;
    let message = error.to_string();
    // The position is said once, by us.
    let what = message.split(" at line ").next().unwrap_or(&message);
    let line = text
        .lines()
        .nth(error.line().saturating_sub(1))
        .unwrap_or_default();
    // serde_json counts bytes from 1; 0 is the end of the line before.
    let column = line
        .get(..error.column().saturating_sub(1))
        .unwrap_or(line)
        .chars()
        .count();
    let from = column.saturating_sub(WIDEST / 2);
    let shown: String = line.chars().skip(from).take(WIDEST).collect();
    let place = if text.lines().nth(1).is_some() {
        format!("line {}, column {}", error.line(), column + 1)
    } else {
        format!("column {}", column + 1)
    };
    format!(
        "not JSON: {what} ({place})\n    {shown}\n    {}^",
        " ".repeat(column - from)
    )
}

/// Turns `{"$bytes": …}` and `{"$time": …}` into what they mean. JSON nests no deeper than its reader allows.
fn untag(value: Value) -> Result<Value, String> {
    Ok(match value {
        Value::Array(values) => {
            Value::Array(values.into_iter().map(untag).collect::<Result<_, _>>()?)
        }
        Value::Map(entries) => {
            if let [(Value::String(tag), Value::String(text))] = &*entries {
                match &**tag {
                    "$bytes" => {
                        return from_base64(text)
                            .map(Value::Bytes)
                            .ok_or_else(|| format!("`{text}` in \"$bytes\" is not base64"));
                    }
                    "$time" => return crate::time::Instant::parse(text).map(Value::from),
                    _ => {}
                }
            }
            Value::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| untag(value).map(|value| (key, value)))
                    .collect::<Result<_, _>>()?,
            )
        }
        other => other,
    })
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes that become base64 without padding: parts of this size can be written one after the other.
pub const ALPHABET_CHUNK: usize = 3 * 1024;

/// JSON that others wrote, with what a terminal would obey escaped: outside of strings there is nothing of the kind but line feeds.
pub fn harmless(json: &str) -> Cow<'_, str> {
    let hidden = |c: char| c != '\n' && printable::is_hidden(c);
    if !json.contains(hidden) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a `String` cannot fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

/// Standard base64 with padding.
pub fn to_base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk
            .iter()
            .fold(0u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = ALPHABET[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    text
}

/// The bytes that standard base64 stands for; padding may be left out.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    let letters = text.trim_end_matches('=').as_bytes();
    let padding = text.len() - letters.len();
    if letters.len() % 4 == 1 || padding > 2 || padding > 0 && !text.len().is_multiple_of(4) {
        return None;
    }
    let mut bytes = Vec::with_capacity(letters.len() * 3 / 4);
    for chunk in letters.chunks(4) {
        let mut bits = 0u32;
        for letter in chunk {
            bits =
                bits << 6 | u32::try_from(ALPHABET.iter().position(|each| each == letter)?).ok()?;
        }
        let spare = 4 - chunk.len();
        bits <<= 6 * spare;
        bytes.extend(bits.to_be_bytes().iter().skip(1).take(3 - spare));
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(text: &str) -> Vec<Value> {
        parse_arguments(text).unwrap().0
    }

    #[test]
    fn arguments_keep_their_kinds() {
        assert_eq!(
            arguments(
                r#"[1, -1, 18446744073709551615, 1.0, "two", null, true, [], {"b": 1, "a": 2}]"#
            ),
            [
                Value::Int(1),
                Value::Int(-1),
                Value::UInt(u64::MAX),
                Value::Float(1.0),
                Value::String("two".into()),
                Value::Nil,
                Value::Bool(true),
                Value::Array(vec![]),
                Value::Map(vec![
                    (Value::String("b".into()), Value::Int(1)),
                    (Value::String("a".into()), Value::Int(2))
                ]),
            ]
        );
        assert_eq!(
            arguments(r#"[{"$bytes": "AQI="}]"#),
            [Value::Bytes(vec![1, 2])]
        );
        assert!(matches!(
            arguments(r#"[{"$time": "2026-01-01T00:00:00Z"}]"#)[..],
            [Value::Extension(_)]
        ));
    }

    #[test]
    fn depth_is_limited() {
        assert!(parse_arguments(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let cases = [
            (
                r#"[1 "two"]"#,
                "not JSON: expected `,` or `]` (column 4)\n    [1 \"two\"]\n       ^",
            ),
            ("", "not JSON: EOF while parsing a value"),
            ("[1,\n 2,\n x]", "line 3, column 2"),
            ("5", "this is a number; put it in brackets"),
            (r#"{"a": 1}"#, "this is an object"),
            (r#"[{"$bytes": "?"}]"#, "`?` in \"$bytes\" is not base64"),
            (r#"[{"$time": "soon"}]"#, "`soon` is not a time"),
        ];
        for (text, expected) in cases {
            let message = parse_arguments(text).unwrap_err();
            assert!(message.contains(expected), "{text}: {message}");
        }
        let long = format!("[{}x]", "1,".repeat(200));
        assert!(
            parse_arguments(&long)
                .unwrap_err()
                .lines()
                .all(|line| line.len() < 80),
            "long lines are cut around the place"
        );
    }

    #[test]
    fn json_of_others_is_made_harmless() {
        assert_eq!(
            harmless("{\n  \"a\u{9b}\u{7f}\": \"\u{202e}\u{e0041}é\"\n}"),
            "{\n  \"a\\u009b\\u007f\": \"\\u202e\\udb40\\udc41é\"\n}"
        );
    }

    #[test]
    fn base64_both_ways() {
        for (bytes, text) in [
            (&b""[..], ""),
            (b"f", "Zg=="),
            (b"fo", "Zm8="),
            (b"foo", "Zm9v"),
            (&[0xfb, 0xff], "+/8="),
        ] {
            assert_eq!(to_base64(bytes), text);
            assert_eq!(from_base64(text).as_deref(), Some(bytes));
            assert_eq!(
                from_base64(text.trim_end_matches('=')).as_deref(),
                Some(bytes)
            );
        }
        for text in ["A", "A===", "AA=", "A!==", "é"] {
            assert_eq!(from_base64(text), None, "{text}");
        }
    }
}
