//! The server's side of Digest authentication, as RFC 7616 and, without a quality, RFC 2069 have it.

use http::request::Parts;
use isolator_abi::contract::hex;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

const NONCE: &str = "c29tZSBub25jZQ==";
const OPAQUE: &str = "b3BhcXVl";
const USER: &str = "user";
const WORD: &str = "word";
const REALM: &str = "a realm, with a comma";

/// What is asked of who comes without a word.
pub fn challenge(kind: &str) -> Vec<String> {
    let digest = |rest: &str| {
        format!("Digest realm=\"{REALM}\", nonce=\"{NONCE}\", opaque=\"{OPAQUE}\"{rest}")
    };
    match kind {
        "old" => vec![digest("")],
        "int" => vec![digest(", algorithm=MD5, qop=\"auth-int\"")],
        "either" => vec![
            "Basic realm=\"here\"".to_owned(),
            digest(", algorithm=SHA-256, qop=\"auth,auth-int\""),
        ],
        "unknown" => vec![digest(", algorithm=SHA-777, qop=\"auth\"")],
        algorithm => vec![digest(&format!(
            ", algorithm={algorithm}, qop=\"auth\", stale=false"
        ))],
    }
}

/// Whether somebody knows the word.
pub fn is_right(kind: &str, request: &Parts, body: &[u8]) -> bool {
    let Some(given) = request.headers.get("authorization") else {
        return false;
    };
    let given = given.to_str().unwrap_or_default();
    let Some(fields) = given.strip_prefix("Digest ").map(fields) else {
        return false;
    };
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let hash = |text: &[u8]| match kind {
        "SHA-256" | "either" => hex(&Sha256::digest(text)),
        _ => hex(&md5(text)),
    };
    let path = request.uri.path_and_query().map_or("/", |p| p.as_str());
    let known = [("username", USER), ("realm", REALM), ("nonce", NONCE)];
    if known.iter().any(|(name, value)| field(name) != *value)
        || field("opaque") != OPAQUE
        || field("uri") != path
    {
        return false;
    }
    let (nonce, cnonce, quality) = (field("nonce"), field("cnonce"), field("qop"));
    let mut who = hash(format!("{USER}:{REALM}:{WORD}").as_bytes());
    if kind == "MD5-sess" {
        who = hash(format!("{who}:{nonce}:{cnonce}").as_bytes());
    }
    let mut what = format!("{}:{path}", request.method);
    if quality == "auth-int" {
        what = format!("{what}:{}", hash(body));
    }
    let what = hash(what.as_bytes());
    let wanted = match kind {
        "old" => hash(format!("{who}:{nonce}:{what}").as_bytes()),
        _ => {
            let count = field("nc");
            hash(format!("{who}:{nonce}:{count}:{cnonce}:{quality}:{what}").as_bytes())
        }
    };
    field("response") == wanted && (kind == "old") == quality.is_empty()
}

/// `name=value, name="value"`. What is escaped in quotes stays so, as it goes into hashes.
fn fields(text: &str) -> HashMap<String, String> {
    let (mut all, mut rest) = (HashMap::new(), text);
    while let Some((name, value)) = rest.trim_start_matches([' ', ',']).split_once('=') {
        let end = match value.strip_prefix('"') {
            Some(inner) => {
                let mut escaped = false;
                let end = inner.find(|c| {
                    let ends = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    ends
                });
                end.map_or(value.len(), |end| end + 2)
            }
            None => value.find(',').unwrap_or(value.len()),
        };
        let (value, after) = value.split_at(end);
        let value = value.trim();
        let plain = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
        all.insert(name.to_owned(), plain.unwrap_or(value).to_owned());
        rest = after;
    }
    all
}

/// RFC 1321, for servers that still ask for it.
fn md5(text: &[u8]) -> [u8; 16] {
    const SHIFTS: [[u32; 4]; 4] = [
        [7, 12, 17, 22],
        [5, 9, 14, 20],
        [4, 11, 16, 23],
        [6, 10, 15, 21],
    ];
    let mut padded = text.to_vec();
    padded.push(0x80);
    padded.resize((padded.len() + 8).next_multiple_of(64) - 8, 0);
    padded.extend((text.len() as u64 * 8).to_le_bytes());
    let mut state: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for block in padded.chunks(64) {
        let word = |at: usize| u32::from_le_bytes(block[at * 4..at * 4 + 4].try_into().unwrap());
        let [mut a, mut b, mut c, mut d] = state;
        for step in 0..64usize {
            let (mixed, at) = match step / 16 {
                0 => ((b & c) | (!b & d), step),
                1 => ((d & b) | (!d & c), (5 * step + 1) % 16),
                2 => (b ^ c ^ d, (3 * step + 5) % 16),
                _ => (c ^ (b | !d), (7 * step) % 16),
            };
            let constant = (((step + 1) as f64).sin().abs() * 4_294_967_296.0) as u32;
            let sum = a
                .wrapping_add(mixed)
                .wrapping_add(constant)
                .wrapping_add(word(at));
            let turned = sum.rotate_left(SHIFTS[step / 16][step % 4]);
            (a, d, c, b) = (d, c, b, b.wrapping_add(turned));
        }
        for (kept, new) in state.iter_mut().zip([a, b, c, d]) {
            *kept = kept.wrapping_add(new);
        }
    }
    let mut all = [0; 16];
    for (to, word) in all.chunks_mut(4).zip(state) {
        to.copy_from_slice(&word.to_le_bytes());
    }
    all
}

#[test]
fn hashes_are_the_standards() {
    assert_eq!(hex(&md5(b"")), "d41d8cd98f00b204e9800998ecf8427e");
    assert_eq!(
        hex(&md5(b"message digest")),
        "f96b697d7cb7938d525a2f31aaf161d0"
    );
}
