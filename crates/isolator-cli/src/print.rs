//! A guest's result as JSON, written while it is read: no value is built, so the cost here is that of what is printed.
//!
//! What JSON has no word for is as [`crate::json`] says. Characters that a terminal would obey, or that nobody sees, are escaped
//! (`\u009b`, `\u202e`): JSON means the same by both. A key that comes twice in one map is an error, since readers of JSON disagree
//! about which of the two counts.

use crate::json::{ALPHABET_CHUNK, to_base64};
use crate::msgpack::{Reader, Token, Wrong};
use crate::time::Instant;
use isolator_abi::wire::MAX_DEPTH;
use isolator_host::printable;
use std::fmt::{self, Write};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;

/// Number of bytes that the JSON of a value has. The value is checked on the way: what passes here can be [written](fn@write).
///
/// # Errors
/// What cannot be read, or not be said in JSON.
pub fn measure(bytes: &[u8], indented: bool) -> Result<u64, Wrong> {
    let mut length = Length(0);
    let mut printer = Printer {
        reader: Reader::new(bytes),
        out: &mut length,
        indented,
        keys: Some(RandomState::new()),
    };
    printer.whole()?;
    Ok(length.0)
}

/// Writes the JSON of a value that was [measured](measure), on one line or indented.
///
/// # Errors
/// Where it cannot be written.
pub fn write(bytes: &[u8], indented: bool, out: &mut dyn io::Write) -> io::Result<()> {
    let mut out = Bytes { out, error: None };
    let mut printer = Printer {
        reader: Reader::new(bytes),
        out: &mut out,
        indented,
        keys: None,
    };
    let written = printer.whole();
    match (out.error, written) {
        (Some(error), _) => Err(error),
        (None, written) => written.map_err(io::Error::other),
    }
}

/// Counts what is written.
struct Length(u64);

impl Write for Length {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len() as u64;
        Ok(())
    }
}

/// Passes on what is written, and keeps the error that `fmt` has no room for.
struct Bytes<'a> {
    out: &'a mut dyn io::Write,
    error: Option<io::Error>,
}

impl Write for Bytes<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.out.write_all(text.as_bytes()).map_err(|error| {
            self.error = Some(error);
            fmt::Error
        })
    }
}

/// Writes what comes as the inside of a JSON string.
struct Inside<'a>(&'a mut dyn Write);

impl Write for Inside<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let is_plain = |c: char| c != '"' && c != '\\' && !printable::is_hidden(c);
        let mut rest = text;
        while let Some(at) = rest.find(|c| !is_plain(c)) {
            let (plain, tail) = rest.split_at_checked(at).ok_or(fmt::Error)?;
            self.0.write_str(plain)?;
            let mut chars = tail.chars();
            match chars.next() {
                Some('"') => self.0.write_str("\\\"")?,
                Some('\\') => self.0.write_str("\\\\")?,
                Some('\n') => self.0.write_str("\\n")?,
                Some('\r') => self.0.write_str("\\r")?,
                Some('\t') => self.0.write_str("\\t")?,
                Some(hidden) => {
                    for unit in hidden.encode_utf16(&mut [0; 2]) {
                        write!(self.0, "\\u{unit:04x}")?;
                    }
                }
                None => {}
            }
            rest = chars.as_str();
        }
        self.0.write_str(rest)
    }
}

/// Passes on a key's text, and makes a number of it.
struct Hashing<'a, H> {
    out: &'a mut dyn Write,
    hasher: H,
}

impl<H: Hasher> Write for Hashing<'_, H> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.hasher.write(text.as_bytes());
        self.out.write_str(text)
    }
}

/// Keeps what is written.
#[derive(Default, PartialEq, Eq)]
struct Whole(String);

impl Write for Whole {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push_str(text);
        Ok(())
    }
}

struct Printer<'a, 'b> {
    reader: Reader<'a>,
    out: &'b mut dyn Write,
    indented: bool,
    /// How keys are hashed that must not come twice; none where that was looked at before.
    keys: Option<RandomState>,
}

/// What stands for an error of the output, which knows it better.
fn closed(_: fmt::Error) -> Wrong {
    "the output is closed".into()
}

impl Printer<'_, '_> {
    fn whole(&mut self) -> Result<(), Wrong> {
        self.value(0)?;
        match self.reader.left() {
            0 => Ok(()),
            left => Err(format!("{left} bytes follow the value")),
        }
    }

    fn line(&mut self, depth: usize) -> fmt::Result {
        if self.indented {
            self.out.write_char('\n')?;
            for _ in 0..depth {
                self.out.write_str("  ")?;
            }
        }
        Ok(())
    }

    // A value nests no deeper than `MAX_DEPTH`, so this recursion is bounded.
    fn value(&mut self, depth: usize) -> Result<(), Wrong> {
        let token = self.reader.next()?;
        match token {
            Token::Array(count) => {
                let inside = deeper(depth)?;
                self.out.write_char('[').map_err(closed)?;
                for position in 0..count {
                    self.separate(position, inside).map_err(closed)?;
                    self.value(inside)?;
                }
                self.close(count, depth, ']').map_err(closed)
            }
            Token::Map(count) => {
                let inside = deeper(depth)?;
                let start = self.reader.clone();
                let mut hashes = Vec::new();
                if self.keys.is_some() {
                    // A length is easily forged; a pair takes two bytes at least.
                    hashes.reserve((count as usize).min(start.left() / 2));
                }
                self.out.write_char('{').map_err(closed)?;
                for position in 0..count {
                    self.separate(position, inside).map_err(closed)?;
                    self.out.write_char('"').map_err(closed)?;
                    let hasher = self.keys.as_ref().map(BuildHasher::build_hasher);
                    let mut escaped = Inside(self.out);
                    match hasher {
                        None => key(&mut self.reader, inside, &mut escaped)?,
                        Some(hasher) => {
                            let mut hashing = Hashing {
                                out: &mut escaped,
                                hasher,
                            };
                            key(&mut self.reader, inside, &mut hashing)?;
                            hashes.push(hashing.hasher.finish());
                        }
                    }
                    let colon = if self.indented { "\": " } else { "\":" };
                    self.out.write_str(colon).map_err(closed)?;
                    self.value(inside)?;
                }
                if let Some(hasher) = &self.keys {
                    once(&mut hashes, hasher, start, count, inside)?;
                }
                self.close(count, depth, '}').map_err(closed)
            }
            scalar => quoted(scalar, self.out).map_err(closed),
        }
    }

    fn separate(&mut self, position: u32, depth: usize) -> fmt::Result {
        if position > 0 {
            self.out.write_char(',')?;
        }
        self.line(depth)
    }

    fn close(&mut self, count: u32, depth: usize, bracket: char) -> fmt::Result {
        if count > 0 {
            self.line(depth)?;
        }
        self.out.write_char(bracket)
    }
}

fn deeper(depth: usize) -> Result<usize, Wrong> {
    if depth >= MAX_DEPTH {
        return Err(format!("it nests deeper than {MAX_DEPTH} levels"));
    }
    Ok(depth + 1)
}

/// Whether no key of a map comes twice, by the hashes of all of them, which are sorted for that.
fn once(
    hashes: &mut [u64],
    hasher: &RandomState,
    start: Reader<'_>,
    count: u32,
    depth: usize,
) -> Result<(), Wrong> {
    hashes.sort_unstable();
    for pair in hashes.windows(2) {
        let [one, other] = pair else { continue };
        if one != other {
            continue;
        }
        // Two keys, or one number for two different ones: only their texts tell.
        let mut reader = start.clone();
        let mut first: Option<Whole> = None;
        for _ in 0..count {
            let mut text = Whole::default();
            key(&mut reader, depth, &mut text)?;
            let mut of_key = hasher.build_hasher();
            of_key.write(text.0.as_bytes());
            if of_key.finish() == *one {
                match &first {
                    Some(first) if *first == text => {
                        return Err(format!(
                            "a map in it has the key \"{}\" twice, which JSON cannot say",
                            shorten(&text.0)
                        ));
                    }
                    Some(_) => {}
                    None => first = Some(text),
                }
            }
            skip(&mut reader)?;
        }
    }
    Ok(())
}

/// The start of a text, for an error.
fn shorten(text: &str) -> String {
    const MOST: usize = 80;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Passes over a value. Its form was checked before, and it may nest as it likes.
fn skip(reader: &mut Reader<'_>) -> Result<(), Wrong> {
    let mut left = 1u64;
    while left > 0 {
        left -= 1;
        match reader.next()? {
            Token::Array(count) => left += u64::from(count),
            Token::Map(count) => left += 2 * u64::from(count),
            _ => {}
        }
    }
    Ok(())
}

/// A key's text. What is written here is escaped once more as a whole, so nothing in it may be escaped for each level that it nests:
/// a few bytes of a guest's, maps with maps as their keys, would double with each.
fn key(reader: &mut Reader<'_>, depth: usize, out: &mut dyn Write) -> Result<(), Wrong> {
    match reader.clone().next()? {
        Token::Array(_) | Token::Map(_) => inside_key(reader, depth, out),
        token => {
            reader.next()?;
            match token {
                Token::Extension(..) if time(token).is_none() => quoted(token, out),
                token => bare(token, out),
            }
            .map_err(closed)
        }
    }
}

/// Like JSON, but for the keys of maps, which are written as what they are.
fn inside_key(reader: &mut Reader<'_>, depth: usize, out: &mut dyn Write) -> Result<(), Wrong> {
    let token = reader.next()?;
    let (count, open, close) = match token {
        Token::Array(count) => (count, '[', ']'),
        Token::Map(count) => (count, '{', '}'),
        scalar => return quoted(scalar, out).map_err(closed),
    };
    let inside = deeper(depth)?;
    out.write_char(open).map_err(closed)?;
    for position in 0..count {
        if position > 0 {
            out.write_char(',').map_err(closed)?;
        }
        inside_key(reader, inside, out)?;
        if matches!(token, Token::Map(_)) {
            out.write_char(':').map_err(closed)?;
            inside_key(reader, inside, out)?;
        }
    }
    out.write_char(close).map_err(closed)
}

/// A scalar as JSON.
fn quoted(token: Token<'_>, out: &mut dyn Write) -> fmt::Result {
    let is_text = match token {
        Token::Nil | Token::Bool(_) | Token::Int(_) | Token::UInt(_) => false,
        Token::Single(value) => !value.is_finite(),
        Token::Double(value) => !value.is_finite(),
        Token::Extension(kind, bytes) if time(token).is_none() => {
            write!(out, "{{\"$extension\":{kind},\"$bytes\":\"")?;
            base64(bytes, out)?;
            return out.write_str("\"}");
        }
        _ => true,
    };
    if !is_text {
        return bare(token, out);
    }
    out.write_char('"')?;
    bare(token, &mut Inside(out))?;
    out.write_char('"')
}

/// A scalar as its text alone.
fn bare(token: Token<'_>, out: &mut dyn Write) -> fmt::Result {
    match token {
        Token::Bool(value) => write!(out, "{value}"),
        Token::Int(value) => write!(out, "{value}"),
        Token::UInt(value) => write!(out, "{value}"),
        Token::Single(value) if value.is_finite() => number(&value, out),
        Token::Double(value) if value.is_finite() => number(&value, out),
        Token::Single(value) => out.write_str(not_finite(f64::from(value))),
        Token::Double(value) => out.write_str(not_finite(value)),
        Token::Text(text) => out.write_str(text),
        Token::Bytes(bytes) => base64(bytes, out),
        Token::Extension(_, bytes) => match time(token) {
            Some(time) => write!(out, "{time}"),
            None => base64(bytes, out),
        },
        Token::Nil | Token::Array(_) | Token::Map(_) => out.write_str("null"),
    }
}

fn time(token: Token<'_>) -> Option<Instant> {
    match token {
        Token::Extension(kind, bytes) => Instant::from_extension(kind, bytes),
        _ => None,
    }
}

/// A finite number as JSON writes it: with the fewest digits that mean it.
fn number<T: serde::Serialize>(value: &T, out: &mut dyn Write) -> fmt::Result {
    out.write_str(&serde_json::to_string(value).map_err(|_| fmt::Error)?)
}

fn not_finite(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

/// In parts, so that nothing as long as the bytes is made.
fn base64(bytes: &[u8], out: &mut dyn Write) -> fmt::Result {
    for part in bytes.chunks(ALPHABET_CHUNK) {
        out.write_str(&to_base64(part))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use isolator_abi::wire::to_bytes;
    use isolator_host::values::{Extension, Value};

    fn json_of(bytes: &[u8], indented: bool) -> Result<String, Wrong> {
        let length = measure(bytes, indented)?;
        let mut out = Vec::new();
        write(bytes, indented, &mut out).unwrap();
        assert_eq!(
            out.len() as u64,
            length,
            "what is measured is what is written"
        );
        Ok(String::from_utf8(out).unwrap())
    }

    fn json(value: &Value, indented: bool) -> String {
        json_of(&to_bytes(value).unwrap(), indented).unwrap()
    }

    #[test]
    fn results_say_what_json_has_no_word_for() {
        let value = Value::Map(vec![
            (Value::String("z".into()), Value::Float(f64::NAN)),
            (Value::Int(1), Value::Float(f64::NEG_INFINITY)),
            (Value::Bool(true), Value::Bytes(vec![1, 2, 3, 4])),
            (Value::Nil, Value::Float(1.1)),
            (
                Value::String("t".into()),
                crate::time::Instant::parse("2026-01-01T00:00:00Z")
                    .unwrap()
                    .into(),
            ),
            (
                Value::String("e".into()),
                Value::Extension(Extension {
                    kind: 5,
                    bytes: vec![0],
                }),
            ),
        ]);
        assert_eq!(
            json(&value, false),
            r#"{"z":"NaN","1":"-Infinity","true":"AQIDBA==","null":1.1,"t":"2026-01-01T00:00:00Z","e":{"$extension":5,"$bytes":"AA=="}}"#
        );
        assert_eq!(json(&Value::Array(vec![Value::Int(1)]), true), "[\n  1\n]");
        let single = to_bytes(&(1.1f32, f32::NEG_INFINITY)).unwrap();
        assert_eq!(json_of(&single, false).unwrap(), r#"[1.1,"-Infinity"]"#);
    }

    #[test]
    fn keys_that_are_no_scalars_stay_small() {
        let map = |key: Value| Value::Map(vec![(key, Value::Nil)]);
        let key = Value::Array(vec![
            Value::String("a\"b".into()),
            Value::Int(1),
            Value::Bytes(vec![1]),
            map(Value::Int(2)),
            Value::Extension(Extension {
                kind: 5,
                bytes: vec![0],
            }),
        ]);
        assert_eq!(
            json(&map(key), false),
            r#"{"[\"a\\\"b\",1,\"AQ==\",{2:null},{\"$extension\":5,\"$bytes\":\"AA==\"}]":null}"#
        );
        // A byte of a guest's each: what a level adds must not be multiplied by the levels around it.
        let mut deep = Value::Nil;
        for _ in 0..20 {
            deep = map(deep);
        }
        let (line, indented) = (json(&deep, false), json(&deep, true));
        assert!(line.len() < 200, "{} bytes", line.len());
        assert!(indented.len() < 250, "{} bytes", indented.len());
        assert!(line.starts_with(r#"{"{{{"#), "{line}");
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_means_the_same() {
        let text = "\u{1b}[2J\u{9b}\u{7f}\u{202e}\u{2066}\u{e0041}\"\\\n\té🎉";
        let value = Value::Map(vec![(
            Value::String(text.into()),
            Value::Array(vec![Value::String(text.into())]),
        )]);
        for indented in [false, true] {
            let written = json(&value, indented);
            let escaped = r#"\u001b[2J\u009b\u007f\u202e\u2066\udb40\udc41\"\\\n\té🎉"#;
            assert_eq!(written.matches(escaped).count(), 2, "{written}");
            assert_eq!(
                serde_json::from_str::<serde_json::Value>(&written).unwrap(),
                serde_json::json!({ text: [text] })
            );
        }
    }

    #[test]
    fn a_key_comes_once_or_not_at_all() {
        let map =
            |keys: Vec<Value>| Value::Map(keys.into_iter().map(|key| (key, Value::Nil)).collect());
        let text = |text: &str| Value::String(text.into());
        for (keys, twice) in [
            (vec![text("a"), text("b"), text("a")], "\"a\" twice"),
            (vec![Value::Int(1), text("1")], "\"1\" twice"),
            (vec![Value::Nil, text("null")], "\"null\" twice"),
            (
                vec![Value::Array(vec![Value::Int(1)]), text("[1]")],
                "\"[1]\" twice",
            ),
            (vec![Value::Float(1.5), text("1.5")], "\"1.5\" twice"),
            (vec![text(&"k".repeat(500)); 2], "kkk…\" twice"),
        ] {
            let wrong = json_of(&to_bytes(&map(keys)).unwrap(), false).unwrap_err();
            assert!(wrong.contains(twice), "{wrong}");
        }
        let fine = map((0..5000).map(Value::Int).chain([text("")]).collect());
        assert_eq!(json(&fine, false).matches(":null").count(), 5001);
        // Another map's keys are others.
        let nested = Value::Map(vec![(text("a"), map(vec![text("a")]))]);
        assert_eq!(json(&nested, false), r#"{"a":{"a":null}}"#);
    }

    #[test]
    fn what_cannot_be_read_is_told_and_nothing_recurses_without_end() {
        for (bytes, expected) in [
            (&[][..], "cut off"),
            (&[0x92, 1], "cut off"),
            (&[1, 2], "1 bytes follow"),
            (&[0xc1], "stands for nothing"),
            (&[0xdd, 0xff, 0xff, 0xff, 0xff], "cut off"),
            (&[0xdf, 0xff, 0xff, 0xff, 0xff], "cut off"),
        ] {
            let wrong = measure(bytes, false).unwrap_err();
            assert!(wrong.contains(expected), "{wrong}");
        }
        for marker in [0x91u8, 0x81] {
            let wrong = measure(&vec![marker; 1_000_000], true).unwrap_err();
            assert!(wrong.contains("deeper than 128"), "{wrong}");
        }
        let mut deepest = vec![0x91u8; MAX_DEPTH];
        deepest.push(0xc0);
        assert!(measure(&deepest, false).is_ok());
    }

    #[test]
    fn an_output_that_is_closed_is_told() {
        struct Closed;
        impl io::Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let error = write(&[0x91, 1], false, &mut Closed).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
