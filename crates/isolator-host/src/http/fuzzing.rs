//! What the fuzz target of this module checks.

use super::headers;
use super::mask::Mask;
use super::pattern::{HttpPattern, as_sent, target};
use bytes::Bytes;
use http::header::HeaderMap;

/// A pattern, an address and a rest, each on a line.
pub(crate) fn all(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.splitn(3, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (pattern, address, rest) = (line(), line(), line());
    let url = target(address);
    if let (Ok(pattern), Ok(url)) = (pattern.parse::<HttpPattern>(), &url)
        && pattern.allows(url)
    {
        // Read again it is the same, and as much allowed: what was checked is what is sent.
        let again = target(&as_sent(address, url));
        assert_eq!(again.as_ref(), Ok(url), "{address}");
        assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
        assert!(url.as_str().is_ascii());
    }
    let given: Vec<String> = rest.split('\n').map(str::to_owned).collect();
    if let Ok(url) = &url
        && let Ok(headers) = headers::of_request(&given, url, &HeaderMap::new())
    {
        for (name, value) in &headers {
            assert!(!headers::is_the_hosts(name) || (name == "te" && value == "trailers"));
            assert!(
                !value
                    .as_bytes()
                    .iter()
                    .any(|b| matches!(b, b'\r' | b'\n' | 0))
            );
        }
    }
    masked(pattern, rest.as_bytes());
}

/// In pieces of any sizes a secret is covered as in one.
fn masked(secret: &str, text: &[u8]) {
    let secrets = || [secret.as_bytes().to_vec()];
    let whole = Mask::new(secrets()).text(text);
    assert_eq!(whole.len(), text.len());
    let mut mask = Mask::new(secrets());
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(usize::from(rest[0] % 7 + 1).min(rest.len()));
        pieces.extend(mask.next(&Bytes::copy_from_slice(piece)));
        rest = after;
    }
    pieces.extend(mask.end());
    assert_eq!(pieces, whole);
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_checked_holds() {
        for input in [
            "https://api.example.com/v1/*\nhttps://api.example.com/v1/a?b#c\nA\nb",
            "https://*/*\nhttps://\u{fc}.example/\u{fc}\n",
            "secretsecret\n\nsecretsecretsecretsecret",
            "",
        ] {
            super::all(input.as_bytes());
        }
    }
}
