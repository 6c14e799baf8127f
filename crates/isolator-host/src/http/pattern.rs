//! Patterns of addresses, and the one reading of an address that is checked and then used.

use std::fmt;
use std::str::FromStr;
use url::{Host, Position, Url};

/// Which addresses are allowed: `https://api.example.com/v1/*`.
///
/// - The scheme is `https` or `http`.
/// - The host is one name or address; `*.example.com`, any name beneath that one; or `*`, any.
/// - The port is the scheme's unless it is given; `*` is any.
/// - In the path `*` is any one segment, unless a server that decodes it may see something else than one (`%2f`, `;`, `%3f` and the like), and
///   at the end any number of them, none included. Without a path any is allowed.
///
/// What comes after `?` is not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpPattern {
    text: String,
    scheme: String,
    host: HostPattern,
    port: Option<u16>,
    path: Option<Vec<Segment>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum HostPattern {
    Any,
    /// Names that end with this, which begins with a dot.
    Beneath(String),
    One(Host<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Is(String),
    Any,
    /// The last of a pattern.
    Rest,
}

impl HttpPattern {
    /// Whether it allows an address that [`target`] has read.
    pub(crate) fn allows(&self, url: &Url) -> bool {
        let host = match (&self.host, url.host()) {
            (HostPattern::Any, Some(_)) => true,
            (HostPattern::Beneath(end), Some(Host::Domain(name))) => {
                name.len() > end.len() && name.ends_with(&**end)
            }
            (HostPattern::One(one), Some(host)) => *one == host.to_owned(),
            _ => false,
        };
        host && self.scheme == url.scheme()
            && self
                .port
                .is_none_or(|port| url.port_or_known_default() == Some(port))
            && self.allows_path(url.path())
    }

    fn allows_path(&self, path: &str) -> bool {
        let Some(pattern) = &self.path else {
            return true;
        };
        let mut given = path.split('/');
        for segment in pattern {
            match (segment, given.next()) {
                (Segment::Rest, Some(_)) => return true,
                (Segment::Any, Some(any)) if is_one_segment(any) => {}
                (Segment::Is(one), Some(given)) if *one == given => {}
                _ => return false,
            }
        }
        given.next().is_none()
    }
}

impl FromStr for HttpPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| {
            format!(
                "`{}` is no pattern of addresses, such as https://api.example.com/v1/*: {why}",
                crate::printable::line(text)
            )
        };
        if !text.is_ascii() || text.bytes().any(|b| b <= b' ' || b == b'\\' || b == 0x7f) {
            return Err(wrong(
                "it has only printable letters of ASCII, and names of others are written as xn--…",
            ));
        }
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| wrong("it begins with https:// or http://"))?;
        if !matches!(scheme, "https" | "http") {
            return Err(wrong("it begins with https:// or http://"));
        }
        if rest.contains(['?', '#']) {
            return Err(wrong("what comes after ? or # is no part of it"));
        }
        let (authority, path) = match rest.find('/') {
            Some(at) => (&rest[..at], Some(&rest[at..])),
            None => (rest, None),
        };
        if authority.contains('@') {
            return Err(wrong("a name and a password are no part of it"));
        }
        if authority.contains('=') {
            return Err(wrong(
                "a host has no =, and methods are no part of a pattern; on the command line they come behind it, as in https://api.example.com=GET,POST",
            ));
        }
        let (host, port) = split_port(authority);
        let port = match port {
            None => Some(if scheme == "https" { 443 } else { 80 }),
            Some("*") => None,
            Some(port) => match port.parse() {
                Ok(number) if number > 0 && port.bytes().all(|b| b.is_ascii_digit()) => {
                    Some(number)
                }
                _ => return Err(wrong("its port is a number from 1 to 65535, or *")),
            },
        };
        let host = match host {
            "*" => HostPattern::Any,
            _ => match host.strip_prefix("*.") {
                Some(end) => match one_host(end) {
                    Some(Host::Domain(name)) => HostPattern::Beneath(format!(".{name}")),
                    _ => return Err(wrong("after *. comes a name, such as *.example.com")),
                },
                None => HostPattern::One(
                    one_host(host)
                        .ok_or_else(|| wrong("its host is a name, an address, *.NAME or *"))?,
                ),
            },
        };
        let path = match path {
            None => None,
            Some(path) => Some(segments(path).map_err(wrong)?),
        };
        Ok(Self {
            text: text.into(),
            scheme: scheme.into(),
            host,
            port,
            path,
        })
    }
}

impl fmt::Display for HttpPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Host and port of what stands between `://` and the path.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        // A colon in brackets is one of an address of version 6.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn one_host(text: &str) -> Option<Host<String>> {
    // Others than these are letters of no name: two hosts with a comma between them would be one that nobody has.
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let is_name = !text.is_empty() && text.chars().all(is_letter);
    (is_name || text.starts_with('['))
        .then(|| Host::parse(text).ok())
        .flatten()
}

/// The segments of a pattern's path, in the form that those of addresses have.
fn segments(path: &str) -> Result<Vec<Segment>, &'static str> {
    let url = Url::parse(&format!("http://host{path}")).map_err(|_| "its path cannot be read")?;
    if url.path() != path || is_plain(path).is_err() {
        return Err("its path has . or .. in it, or what must be written as %…");
    }
    let mut all: Vec<Segment> = path
        .split('/')
        .map(|segment| match segment {
            "*" => Ok(Segment::Any),
            one if one.contains('*') => Err("* is a whole segment of its path"),
            one => Ok(Segment::Is(one.into())),
        })
        .collect::<Result<_, _>>()?;
    if let Some(last @ Segment::Any) = all.last_mut() {
        *last = Segment::Rest;
    }
    Ok(all)
}

/// Longest address that is read.
const LONGEST: usize = 16 * 1024;

/// Reads an address as a browser would, which is the one reading that is checked and used: host in small letters and ASCII, addresses of
/// version 4 from every form, `.` and `..` resolved, backslashes as slashes.
///
/// # Errors
/// In words for guest code, if it is none of HTTP, or one that a server may read in another way than the pattern does.
pub(crate) fn target(text: &str) -> Result<Url, String> {
    if text.len() > LONGEST {
        return Err(format!(
            "the address has {} bytes, and {LONGEST} are the most",
            text.len()
        ));
    }
    let mut url =
        Url::parse(text).map_err(|error| format!("the address cannot be read: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!(
            "the address has the scheme '{}', and there are only https and http",
            crate::printable::line(url.scheme())
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the address has a name or password in it".into());
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("the address has no host".into());
    }
    is_plain(url.path())?;
    url.set_fragment(None);
    Ok(url)
}

/// What is sent of an address that was read: all of it as it was read, but apostrophes in what follows `?` as they were written, as .NET sends
/// them; browsers, whose reading this is, encode them. No rule looks there.
pub(crate) fn as_sent(text: &str, url: &Url) -> String {
    let read = url.as_str();
    let given = text.split('#').next().and_then(|text| text.split_once('?'));
    match (given, url.query()) {
        (Some((_, given)), Some(query))
            if given.bytes().all(|b| b.is_ascii_graphic())
                && given.replace('\'', "%27") == query =>
        {
            format!("{}?{given}", &url[..Position::AfterPath])
        }
        _ => read.to_owned(),
    }
}

/// How often a server may decode a path: whoever encodes more often hides something.
const DECODED: usize = 4;

/// What a server may make of a path, or of a part of it: itself, and what comes of decoding it, as often as it may. None if that is no text, or
/// goes on.
fn readings(text: &str) -> Option<Vec<String>> {
    let mut all = vec![text.to_owned()];
    for _ in 0..=DECODED {
        let last = all.last()?;
        let decoded = String::from_utf8(decode(last.as_bytes())).ok()?;
        if decoded == *last {
            return Some(all);
        }
        all.push(folded(&decoded));
    }
    None
}

/// Text with what some servers take for a letter of ASCII as that, and without what is not seen.
fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{2024}' | '\u{fe52}' => out.push('.'),
            '\u{2025}' => out.push_str(".."),
            '\u{2026}' => out.push_str("..."),
            '\u{2044}' | '\u{2215}' | '\u{29f8}' => out.push('/'),
            '\u{2216}' | '\u{29f5}' | '\u{29f9}' | '\u{fe68}' => out.push('\\'),
            '\u{fe54}' => out.push(';'),
            '\u{fe56}' => out.push('?'),
            '\u{fe5f}' => out.push('#'),
            '\u{fe6a}' => out.push('%'),
            // The wide forms of ASCII.
            '\u{ff01}'..='\u{ff5e}' => out.extend(char::from_u32(c as u32 - 0xfee0)),
            // Controls stay: they are looked for.
            c if crate::printable::is_hidden(c) && !c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Says why a server may read a path in another way than it stands there.
fn is_plain(path: &str) -> Result<(), String> {
    let readings = readings(path).ok_or(
        "the address has a path that is not UTF-8, or is encoded again and again, so that a server may read it in another way",
    )?;
    for reading in &readings {
        if has_steps(reading) {
            return Err(
                "the address has `..` or `.` in its path, written so that a server may take it as a step".into(),
            );
        }
        if reading.contains(char::is_control) {
            return Err("the address has a control character in its path".into());
        }
    }
    Ok(())
}

/// Whether a path has segments that are steps up, or here: with backslashes as slashes, what follows `;`, `?`, `#` or a zero left out, and blanks,
/// too.
fn has_steps(path: &str) -> bool {
    path.split(['/', '\\']).any(|segment| {
        let name = segment
            .split([';', '?', '#', '\0'])
            .next()
            .unwrap_or_default();
        let name = name.trim_matches(|c: char| c.is_whitespace() || c.is_control());
        !name.is_empty() && name.chars().all(|c| c == '.')
    })
}

/// Whether a segment is one, and all of one, however a server reads it.
fn is_one_segment(segment: &str) -> bool {
    let ends = |c: char| matches!(c, '/' | '\\' | '?' | '#' | ';') || c.is_control();
    !segment.is_empty()
        && readings(segment).is_some_and(|all| !all.iter().any(|reading| reading.contains(ends)))
}

/// Decodes once: `%2e`, and `%u002e`, as some servers know it.
fn decode(text: &[u8]) -> Vec<u8> {
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        if *byte == b'%'
            && let Some(byte) = number(at + 1, at + 3).and_then(|n| u8::try_from(n).ok())
        {
            out.push(byte);
            at += 3;
        } else if *byte == b'%'
            && matches!(text.get(at + 1), Some(b'u' | b'U'))
            && let Some(wide) = number(at + 2, at + 6).and_then(char::from_u32)
        {
            out.extend(wide.encode_utf8(&mut [0; 4]).bytes());
            at += 6;
        } else {
            out.push(*byte);
            at += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn allows(pattern: &str, address: &str) -> bool {
        let pattern: HttpPattern = pattern.parse().unwrap();
        target(address).is_ok_and(|url| pattern.allows(&url))
    }

    #[test]
    fn what_a_pattern_allows() {
        for (pattern, address) in [
            (
                "https://api.example.com/v1/*",
                "https://api.example.com/v1/",
            ),
            (
                "https://api.example.com/v1/*",
                "https://API.Example.com:443/v1/a/b?c=/../d",
            ),
            (
                "https://api.example.com/v1/*",
                "https://api.example.com/v2/../v1/a",
            ),
            (
                "https://api.example.com/v1/*",
                "https://api.example.com\\v1\\a",
            ),
            (
                "https://api.example.com",
                "https://api.example.com/any/path",
            ),
            ("https://api.example.com/", "https://api.example.com"),
            ("https://*.example.com/*", "https://a.b.example.com/x"),
            ("https://*/x", "https://anything.test/x"),
            ("http://127.0.0.1:8080/*", "http://0x7f.1:8080/"),
            ("http://127.0.0.1:8080/*", "http://2130706433:8080/a"),
            ("http://[::1]:*/*", "http://[0:0:0:0:0:0:0:1]:99/a"),
            (
                "https://xn--bcher-kva.example/*",
                "https://b\u{fc}cher.example/a",
            ),
            (
                "https://host/repos/*/issues",
                "https://host/repos/one/issues",
            ),
            ("https://host/a%20b/*", "https://host/a%20b/c"),
            ("https://host/a%20b/*", "https://host/a b/c"),
            ("https://host/repos/*/x", "https://host/repos/a...b%20c/x"),
            ("https://host/repos/*/x", "https://host/repos/100%/x"),
            (
                "https://host/repos/*/x",
                "https://host/repos/caf%C3%A9=1,2/x",
            ),
            ("https://host/repos/*", "https://host/repos/a%2fb;c=d"),
        ] {
            assert!(allows(pattern, address), "{pattern} {address}");
        }
    }

    #[test]
    fn what_a_pattern_does_not_allow() {
        for (pattern, address) in [
            ("https://api.example.com/v1/*", "https://api.example.com/v1"),
            (
                "https://api.example.com/v1/*",
                "https://api.example.com/v10/a",
            ),
            (
                "https://api.example.com/v1/*",
                "https://api.example.com/V1/a",
            ),
            (
                "https://api.example.com/v1/*",
                "http://api.example.com/v1/a",
            ),
            (
                "https://api.example.com/v1/*",
                "https://api.example.com:444/v1/a",
            ),
            (
                "https://api.example.com/v1/*",
                "https://api.example.com./v1/a",
            ),
            (
                "https://api.example.com/v1/*",
                "https://api.example.com.evil.test/v1/a",
            ),
            (
                "https://api.example.com/v1/*",
                "https://evil.test/https://api.example.com/v1/a",
            ),
            (
                "https://api.example.com/v1/*",
                "https://api.example.com@evil.test/v1/a",
            ),
            (
                "https://api.example.com/v1/*",
                "https://user@api.example.com/v1/a",
            ),
            (
                "https://api.example.com/v1/*",
                "https://api.example.com/v1/../v2",
            ),
            (
                "https://api.example.com/v1/*",
                "https://api.example.com/v1/%2e%2e/v2",
            ),
            (
                "https://api.example.com/v1/*",
                "https://api.example.com/v1/..%2fv2",
            ),
            (
                "https://api.example.com/v1/*",
                "https://api.example.com/v1/..%5cv2",
            ),
            (
                "https://api.example.com/v1/*",
                "https://api.example.com/v1/%252e%252e/v2",
            ),
            (
                "https://api.example.com/v1/*",
                "https://api.example.com/v1/..;/v2",
            ),
            (
                "https://api.example.com/v1/*",
                "https://api.example.com/v1/..%00/v2",
            ),
            (
                "https://api.example.com/v1/*",
                "https://api.example.com/v1/a%00",
            ),
            (
                "https://api.example.com/v1/*",
                "https://api.example.com/%761/a",
            ),
            ("https://api.example.com/v1/*", "ftp://api.example.com/v1/a"),
            ("https://api.example.com/v1/*", "/v1/a"),
            ("https://*.example.com/*", "https://example.com/"),
            ("https://*.example.com/*", "https://badexample.com/"),
            ("https://host/repos/*/issues", "https://host/repos//issues"),
            (
                "https://host/repos/*/issues",
                "https://host/repos/a/b/issues",
            ),
            (
                "https://host/repos/*/issues",
                "https://host/repos/a/issues/1",
            ),
            ("http://*.1/*", "http://127.0.0.1/"),
            // More than one segment, or less, to a server that decodes it.
            ("https://host/repos/*/x", "https://host/repos/a%2fb/x"),
            ("https://host/repos/*/x", "https://host/repos/a%252fb/x"),
            ("https://host/repos/*/x", "https://host/repos/a%5cb/x"),
            ("https://host/repos/*/x", "https://host/repos/a%3fb/x"),
            ("https://host/repos/*/x", "https://host/repos/a%253fb/x"),
            ("https://host/repos/*/x", "https://host/repos/a%23b/x"),
            ("https://host/repos/*/x", "https://host/repos/a;b/x"),
            ("https://host/repos/*/x", "https://host/repos/a%3bb/x"),
            ("https://host/repos/*/x", "https://host/repos/a%0ab/x"),
            ("https://host/repos/*/x", "https://host/repos/a%ef%bc%8fb/x"),
            ("https://host/repos/*/x", "https://host/repos/a%u2215b/x"),
            // Steps, to some server.
            ("https://host/v1/*", "https://host/v1/..%20/x"),
            ("https://host/v1/*", "https://host/v1/%20../x"),
            ("https://host/v1/*", "https://host/v1/..%09/x"),
            ("https://host/v1/*", "https://host/v1/..%3f/x"),
            ("https://host/v1/*", "https://host/v1/..%23/x"),
            ("https://host/v1/*", "https://host/v1/..%253f/x"),
            ("https://host/v1/*", "https://host/v1/%c0%ae%c0%ae/x"),
            (
                "https://host/v1/*",
                "https://host/v1/%25c0%25ae%25c0%25ae/x",
            ),
            ("https://host/v1/*", "https://host/v1/\u{ff0e}\u{ff0e}/x"),
            ("https://host/v1/*", "https://host/v1/\u{2025}/x"),
            ("https://host/v1/*", "https://host/v1/.%e2%80%8b./x"),
            ("https://host/v1/*", "https://host/v1/%u002e%u002e/x"),
            ("https://host/v1/*", "https://host/v1/..%c2%a0/x"),
            ("https://host/v1/*", "https://host/v1/.../x"),
            ("https://host/v1/*", "https://host/v1/%2525252525252e/x"),
            ("https://host/v1/*", "https://host/v1/a%0d%0ab"),
            ("https://host/v1/*", "https://host/v1/a%ff"),
        ] {
            let parsed: Result<HttpPattern, _> = pattern.parse();
            let allowed = parsed.is_ok_and(|p| target(address).is_ok_and(|url| p.allows(&url)));
            assert!(!allowed, "{pattern} {address}");
        }
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        for (pattern, why) in [
            ("api.example.com", "begins with https://"),
            ("ftp://host/", "begins with https://"),
            ("HTTPS://host/", "begins with https://"),
            ("https://", "its host is"),
            ("https:///path", "its host is"),
            ("https://user@host/", "a name and a password"),
            ("https://host:0/", "its port"),
            ("https://host:99999/", "its port"),
            ("https://host:/", "its port"),
            ("https://a*b.example.com/", "its host is"),
            ("https://*.*.example.com/", "after *. comes"),
            ("https://*.10.0.0.1/", "after *. comes"),
            ("https://host=get", "a host has no ="),
            ("https://host:443=GET/v1", "a host has no ="),
            ("https://a.test,b.test/", "its host is"),
            ("https://a.test;b/", "its host is"),
            ("https://{host}/", "its host is"),
            ("https://*.a.test,b.test/", "after *. comes"),
            ("https://host/a?b", "after ?"),
            ("https://host/a*", "whole segment"),
            ("https://host/../a", "its path"),
            ("https://host/%2e%2e/a", "its path"),
            ("https://h\u{f6}st/", "ASCII"),
            ("https://host\\a", "ASCII"),
            ("https://ho st/", "ASCII"),
        ] {
            let error = pattern.parse::<HttpPattern>().unwrap_err();
            assert!(
                error.contains(why) && error.contains("is no pattern"),
                "{pattern}: {error}"
            );
        }
    }

    #[test]
    fn what_is_sent_is_what_was_read_but_for_apostrophes_behind_the_path() {
        for (address, sent) in [
            ("https://host/a?b='c'&d=%27", "https://host/a?b='c'&d=%27"),
            ("https://host/a?b=c#d'e", "https://host/a?b=c"),
            ("https://host/a'b?c'?d'", "https://host/a'b?c'?d'"),
            ("https://HOST:443/x/../a?'", "https://host/a?'"),
            ("https://host?'", "https://host/?'"),
            ("https://host/a", "https://host/a"),
            ("https://host/a?", "https://host/a?"),
            ("https://host/a#b?c'", "https://host/a"),
            // Where more would differ, it is as browsers have it.
            ("https://host/a?b='\"'", "https://host/a?b=%27%22%27"),
            ("https://host/a?b='\u{fc}'", "https://host/a?b=%27%C3%BC%27"),
            ("https://host/a?b=' '", "https://host/a?b=%27%20%27"),
            ("https://host/a?b='\n'", "https://host/a?b=%27%27"),
            (" https://host/a?b=' ", "https://host/a?b=%27"),
        ] {
            let url = target(address).unwrap();
            let found = as_sent(address, &url);
            assert_eq!(found, sent, "{address}");
            assert!(found.parse::<http::Uri>().is_ok(), "{address}");
            assert_eq!(target(&found).as_ref(), Ok(&url), "{address}");
        }
    }

    proptest! {
        /// What is allowed is under the prefix by the plainest reading of the address that is sent, however it was written.
        #[test]
        fn what_is_allowed_is_there_however_it_is_written(
            host in "(api\\.example\\.com|API\\.EXAMPLE\\.COM|evil\\.test|api\\.example\\.com\\.evil\\.test|api\\.example\\.com@evil\\.test|api\\.example\\.com\\.)",
            path in "(/|\\\\|v1|\\.|\\.\\.|%2e|%2E|%2f|%5c|%25|%20|%3f|%23|%c0%ae|%u002e|\u{ff0e}|;|%00|a|@|:|\\?|'|#|%){0,12}",
        ) {
            let pattern: HttpPattern = "https://api.example.com/v1/*".parse().unwrap();
            if let Ok(url) = target(&format!("https://{host}/{path}")) && pattern.allows(&url) {
                prop_assert!(url.as_str().starts_with("https://api.example.com/v1/"), "{url}");
                prop_assert_eq!(url.fragment(), None);
                // Read again it is the same: nothing that is sent has another meaning.
                let again = target(&as_sent(&format!("https://{host}/{path}"), &url)).unwrap();
                prop_assert_eq!(&again, &url);
                // And a server that decodes it finds no step up.
                let mut path = url.path().as_bytes().to_vec();
                for _ in 0..5 {
                    let text = String::from_utf8_lossy(&path).replace('\\', "/");
                    prop_assert!(!text.split('/').any(|s| s == ".."), "{text}");
                    path = decode(&path);
                }
            }
        }

        #[test]
        fn nothing_that_is_read_panics(pattern in "\\PC{0,60}", address in "\\PC{0,60}") {
            let parsed = pattern.parse::<HttpPattern>();
            if let (Ok(pattern), Ok(url)) = (parsed, target(&address)) {
                let _ = pattern.allows(&url);
            }
        }
    }
}
