//! Headers that cross: what guests may set, what they are shown.

use super::fault::{HttpFault, HttpFaultKind};
use super::mask::Mask;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use std::borrow::Cow;
use url::Url;

/// Most headers of a request.
const MOST: usize = 200;
/// Most bytes of a request's headers, names and values together.
const LARGEST: usize = 64 * 1024;

/// What is between two neighbours of a connection, and what the host writes by itself: dropped, since programs set some of it in
/// good faith (`Connection: close`, `Expect`).
const DROPPED: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
];

/// What servers and what stands before them take for the path, the method or the host instead of those that were checked, or for the path
/// of something else that they read: refused, since a program that sets one wants something that was not looked at.
const INSTEAD: &[&str] = &[
    "base-url",
    "forwarded",
    "request-uri",
    "x-envoy-original-path",
    "x-forwarded-host",
    "x-forwarded-method",
    "x-forwarded-path",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-proto",
    "x-forwarded-scheme",
    "x-forwarded-server",
    "x-forwarded-uri",
    "x-host",
    "x-http-destinationurl",
    "x-http-host-override",
    "x-http-method",
    "x-http-method-override",
    "x-http-path-override",
    "x-method-override",
    "x-object-manifest",
    "x-original-host",
    "x-original-method",
    "x-original-uri",
    "x-original-url",
    "x-override-url",
    "x-proxy-url",
    "x-rewrite-uri",
    "x-rewrite-url",
];

/// What names of headers have in them by which stores copy, move or show what lies under another name: each store has a prefix of its own
/// (`X-Amz-`, `X-Ms-`, `X-Oss-`), and some have a word between (`X-Ms-File-Rename-Source`) or behind (`X-Copy-From-Account`).
const SOURCES: &[&str] = &[
    "-copy-from",
    "-copy-source",
    "-fetch-source",
    "-move-from",
    "-move-source",
    "-rename-from",
    "-rename-source",
    "-symlink-target",
];

/// Asks for parts of a content, or for a difference to another one: what a guest puts together by itself is covered nowhere.
const PARTS: &[&str] = &["a-im", "if-range", "range", "request-range"];

/// The header with the second address of a method that has two.
pub(crate) const DESTINATION: &str = "destination";

fn refused(message: String) -> HttpFault {
    HttpFault::new(HttpFaultKind::Refused, message)
}

/// Whether nobody but HTTP's own machinery sets a header.
pub(crate) fn is_the_hosts(name: &HeaderName) -> bool {
    let name = &*plain(name);
    matches!(name, "host" | "upgrade") || DROPPED.contains(&name) || name.starts_with("proxy-")
}

/// Whether servers may do something else by a header than what was looked at.
fn says_something_else(word: &str) -> bool {
    INSTEAD.contains(&word) || SOURCES.iter().any(|part| word.contains(part))
}

/// A name as programs behind gateways know it: to these `X_A` is the same as `X-A`.
fn plain(name: &HeaderName) -> Cow<'_, str> {
    match name.as_str().contains('_') {
        true => Cow::Owned(name.as_str().replace('_', "-")),
        false => Cow::Borrowed(name.as_str()),
    }
}

/// The headers of a request, from names and values by turns. Those that a secret sets, and so are the host's, are left out.
pub(crate) fn of_request(
    given: &[String],
    url: &Url,
    set_by_host: &HeaderMap,
) -> Result<HeaderMap, HttpFault> {
    let bytes: usize = given.iter().map(String::len).sum();
    if given.len() / 2 > MOST || bytes > LARGEST {
        return Err(HttpFault::new(
            HttpFaultKind::Limit,
            format!(
                "The request has {} headers of {bytes} bytes: {MOST} of {LARGEST} bytes are the most.",
                given.len() / 2
            ),
        ));
    }
    let mut headers = HeaderMap::new();
    for pair in given.chunks(2) {
        let [name, value] = pair else {
            return Err(refused("The request has a header without a value.".into()));
        };
        let shown = crate::printable::line(name);
        let name: HeaderName = name.parse().map_err(|_| {
            refused(format!(
                "The request has a header '{shown}', which is no name."
            ))
        })?;
        // A value with a line's end in it is none.
        let value = HeaderValue::from_str(value).map_err(|_| {
            refused(format!(
                "The request's header '{shown}' has a value that cannot be sent."
            ))
        })?;
        let word = &*plain(&name).into_owned();
        if set_by_host.keys().any(|own| plain(own) == word) {
            continue;
        }
        if says_something_else(word) || (word == DESTINATION && name.as_str() != word) {
            return Err(refused(format!(
                "The request's header '{shown}' was not granted: servers may take it for another path, method or host than those of the request, which the host checks, or for something else to read. Ask for the address itself, with the method that is meant."
            )));
        }
        if name.as_str() == "host" {
            check_host(&value, url)?;
        } else if word == "upgrade" {
            return Err(refused(
                "The request asks for another protocol (Upgrade): there are no sockets in an isolated runtime, and so no WebSockets; HTTP requests without it are there.".into(),
            ));
        } else if word == "te" {
            // That headers behind a body are welcome is a word to the server; how bodies are coded is not.
            if value.as_bytes().eq_ignore_ascii_case(b"trailers") {
                headers.insert(name, value);
            }
        } else if !is_the_hosts(&name) {
            headers.append(name, value);
        }
    }
    Ok(headers)
}

/// A host of its own would reach another site behind the same address.
fn check_host(value: &HeaderValue, url: &Url) -> Result<(), HttpFault> {
    let host = url.host_str().unwrap_or_default();
    let with_port = |port: u16| format!("{host}:{port}");
    let given = value.to_str().unwrap_or_default().to_ascii_lowercase();
    let known = url.port_or_known_default().map(with_port);
    if (url.port().is_none() && given == host) || Some(&given) == known.as_ref() {
        return Ok(());
    }
    Err(refused(format!(
        "The request has a Host header of its own ('{}'): the host is that of the address, {host}.",
        crate::printable::line(&given)
    )))
}

/// Has a request ask for what secrets can be covered in: the whole content, as it is.
pub(crate) fn ask_for_what_can_be_covered(headers: &mut HeaderMap) {
    let parts: Vec<HeaderName> = headers
        .keys()
        .filter(|name| PARTS.contains(&&*plain(name)))
        .cloned()
        .collect();
    for name in parts {
        headers.remove(name);
    }
    headers.insert(
        http::header::ACCEPT_ENCODING,
        HeaderValue::from_static("identity"),
    );
}

/// Whether a header that is a list says nothing but this word, and that at most once, in all of its lines.
pub(crate) fn says_only(headers: &HeaderMap, name: HeaderName, word: &str) -> bool {
    let lines = headers.get_all(name).into_iter();
    let mut words = lines
        .flat_map(|line| line.as_bytes().split(|b| *b == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|said| !said.is_empty());
    words
        .next()
        .is_none_or(|said| said.eq_ignore_ascii_case(word.as_bytes()))
        && words.next().is_none()
}

/// What a guest is shown of a response's headers: names and values by turns.
pub(crate) fn of_response(
    headers: &HeaderMap,
    set_by_host: &HeaderMap,
    show_cookies: bool,
    mask: &Mask,
) -> Vec<String> {
    let mut shown = Vec::with_capacity(headers.len() * 2);
    for (name, value) in headers {
        let is_cookie = matches!(name.as_str(), "set-cookie" | "set-cookie2");
        if (is_cookie && !show_cookies) || set_by_host.contains_key(name) {
            continue;
        }
        shown.push(mask.name(name.as_str()));
        shown.push(mask.letters(value.as_bytes()));
    }
    shown
}

/// Bytes of headers, names and values together.
pub(crate) fn size(headers: &HeaderMap) -> usize {
    let sizes = headers.iter().map(|(n, v)| n.as_str().len() + v.len());
    sizes.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(given: &[&str]) -> Result<Vec<(String, String)>, String> {
        let url = Url::parse("https://api.example.com/a").unwrap();
        let mut own = HeaderMap::new();
        own.insert("authorization", HeaderValue::from_static("Bearer secret"));
        let given: Vec<String> = given.iter().map(|s| (*s).to_owned()).collect();
        let headers = of_request(&given, &url, &own).map_err(|fault| fault.message)?;
        let text = |v: &HeaderValue| v.to_str().unwrap().to_owned();
        Ok(headers
            .iter()
            .map(|(n, v)| (n.to_string(), text(v)))
            .collect())
    }

    #[test]
    fn what_is_the_hosts_to_set_is_dropped() {
        let kept = request(&[
            "X-One",
            "1",
            "Connection",
            "close",
            "Proxy-Authorization",
            "Basic x",
            "Transfer-Encoding",
            "chunked",
            "Authorization",
            "Bearer mine",
            "AUTHORIZATION",
            "Bearer mine",
            "Content-Length",
            "7",
            "Host",
            "api.example.com",
            "Expect",
            "100-continue",
            "TE",
            "trailers",
            "TE",
            "gzip, trailers",
            "x-one",
            "2",
            // As gateways know them.
            "Transfer_Encoding",
            "chunked",
            "Host_",
            "kept",
            "proxy_connection",
            "close",
        ]);
        let pair = |n: &str, v: &str| (n.to_owned(), v.to_owned());
        assert_eq!(
            kept,
            Ok(vec![
                pair("x-one", "1"),
                pair("x-one", "2"),
                pair("te", "trailers"),
                pair("host_", "kept"),
            ])
        );
    }

    #[test]
    fn what_would_say_something_else_is_refused() {
        for (given, why) in [
            (&["Host", "other.example.com"][..], "Host header of its own"),
            (&["Host", "api.example.com:444"], "Host header of its own"),
            (&["Upgrade", "websocket"], "WebSockets"),
            (&["A", "b\r\nC: d"], "cannot be sent"),
            (&["A", "b\nC: d"], "cannot be sent"),
            (&["A", "b\0"], "cannot be sent"),
            (&["A\r\nB", "c"], "no name"),
            (&["A B", "c"], "no name"),
            (&["", "c"], "no name"),
            (&["A:", "c"], "no name"),
            (&["A"], "without a value"),
            (
                &["X-Original-URL", "/admin"],
                "another path, method or host",
            ),
            (&["x-rewrite-url", "/admin"], "another path, method or host"),
            (&["X-HTTP-Method-Override", "DELETE"], "another path"),
            (&["X_HTTP_Method_Override", "DELETE"], "another path"),
            (&["X-HTTP-Method", "DELETE"], "another path"),
            (&["X-Method-Override", "DELETE"], "another path"),
            (&["X-Forwarded-Host", "other.test"], "another path"),
            (&["Forwarded", "host=other.test"], "another path"),
        ] {
            let error = request(given).unwrap_err();
            assert!(
                error.contains(why) && !error.contains('\n'),
                "{given:?}: {error}"
            );
        }
        for name in [
            "X-Copy-From",
            "X_Copy_From",
            "X-Copy-From-Account",
            "X-Fresh-Copy-From",
            "x-amz-copy-source",
            "x-amz-copy-source-range",
            "x-amz-rename-source",
            "x-bce-copy-source",
            "x-bce-fetch-source",
            "x-cos-copy-source",
            "x-goog-copy-source",
            "x-kss-copy-source",
            "x-ms-copy-source",
            "x-ms-copy-source-authorization",
            "x-ms-file-rename-source",
            "x-ms-rename-source",
            "x-obs-copy-source",
            "x-oss-copy-source",
            "x-oss-symlink-target",
            "x-qs-fetch-source",
            "x-qs-move-source",
            "x-tos-copy-source",
            "x-upyun-move-source",
            "X-Symlink-Target",
            "X-Symlink-Target-Account",
            "X-Object-Manifest",
        ] {
            let error = request(&[name, "/bucket/key"]).unwrap_err();
            assert!(
                error.contains("was not granted") && error.contains("something else to read"),
                "{name}: {error}"
            );
        }
        // Words that only resemble these.
        let kept = request(&["X-Copy", "1", "X-Source", "2", "If-Unmodified-Since", "3"]);
        assert_eq!(kept.unwrap().len(), 3);
        assert!(request(&["a"; 402]).unwrap_err().contains("201 headers"));
        assert!(
            request(&["a", &"b".repeat(70_000)])
                .unwrap_err()
                .contains("are the most")
        );
    }

    #[test]
    fn what_came_of_a_secret_is_not_shown() {
        let mut own = HeaderMap::new();
        own.insert("authorization", HeaderValue::from_static("Bearer hunter22"));
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("set-cookie", "session=1"),
            ("authorization", "Bearer hunter22"),
            ("x-echo", "you sent hunter22"),
            ("x-hunter22", "a name"),
        ] {
            headers.append(name, HeaderValue::from_static(value));
        }
        let mask = Mask::new([b"hunter22".to_vec()]);
        assert_eq!(
            of_response(&headers, &own, false, &mask),
            ["x-echo", "you sent ********", "x-********", "a name"]
        );
        let all = of_response(&headers, &HeaderMap::new(), true, &Mask::default());
        assert_eq!(all.len(), 8);
    }

    #[test]
    fn a_header_that_the_host_sets_is_no_guests_in_any_spelling() {
        let url = Url::parse("https://api.example.com/a").unwrap();
        let mut own = HeaderMap::new();
        own.insert("x-api-key", HeaderValue::from_static("hunter22"));
        own.insert("x-http-method-override", HeaderValue::from_static("PATCH"));
        let given = ["X_Api_Key", "mine", "x-http-method-override", "DELETE"];
        let given: Vec<String> = given.map(str::to_owned).to_vec();
        assert!(of_request(&given, &url, &own).unwrap().is_empty());
    }

    #[test]
    fn lists_are_read_in_all_of_their_lines() {
        let says = |lines: &[&str], word: &str| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("content-encoding", line.parse().unwrap());
            }
            says_only(&headers, http::header::CONTENT_ENCODING, word)
        };
        assert!(says(&[], "identity"));
        assert!(says(&["Identity"], "identity"));
        assert!(says(&["", " , chunked"], "chunked"));
        assert!(!says(&["identity", "gzip"], "identity"));
        assert!(!says(&["gzip, identity"], "identity"));
        assert!(!says(&["gzip, chunked"], "chunked"));
        assert!(!says(&["chunked", "chunked"], "chunked"));
    }

    #[test]
    fn parts_are_not_asked_for_where_secrets_are_covered() {
        let mut headers = HeaderMap::new();
        for name in ["range", "if-range", "a-im", "accept", "accept-encoding"] {
            headers.append(name, HeaderValue::from_static("x"));
        }
        ask_for_what_can_be_covered(&mut headers);
        assert_eq!(headers.len(), 2);
        assert_eq!(headers["accept-encoding"], "identity");
    }
}
