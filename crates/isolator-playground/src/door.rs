//! Who may come in: the token, the names under which the server is spoken to, and the origin of who speaks.

use http::header::{self, HeaderName};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};

/// Bytes of randomness in a token.
const STRENGTH: usize = 18;
/// The names of loopback. A page of another site that has its own name lead here (DNS rebinding) says that name.
const NAMES: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What who may come in knows.
pub struct Token {
    text: String,
    digest: blake3::Hash,
}

impl Token {
    /// A fresh one.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn fresh() -> std::io::Result<Self> {
        let mut random = [0; STRENGTH];
        getrandom::fill(&mut random)
            .map_err(|error| std::io::Error::other(format!("no random numbers: {error}")))?;
        Ok(Self::of(
            random.iter().map(|byte| format!("{byte:02x}")).collect(),
        ))
    }

    fn of(text: String) -> Self {
        Self {
            digest: blake3::hash(text.as_bytes()),
            text,
        }
    }

    /// Its text, which is safe in a path.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is this one. How long that takes says nothing: digests are compared, and that in constant time.
    fn is(&self, text: &str) -> bool {
        blake3::hash(text.as_bytes()) == self.digest
    }

    /// What a path names below the token, if it has the token.
    pub fn below<'a>(&self, path: &'a str) -> Option<&'a str> {
        let rest = path.strip_prefix('/')?;
        let (token, below) = rest.split_once('/')?;
        self.is(token).then_some(below)
    }
}

/// Whether a request comes from this machine's browser, or another program of its user's, and not from a page of somebody else's.
///
/// # Errors
/// What is wrong with it.
pub fn check(request: &Parts) -> Result<(), (StatusCode, &'static str)> {
    if request.uri.authority().is_some() {
        return Err((StatusCode::BAD_REQUEST, "this is no proxy"));
    }
    let host = single(&request.headers, &header::HOST)
        .ok()
        .flatten()
        .filter(|host| is_loopback(host))
        .ok_or((
            StatusCode::MISDIRECTED_REQUEST,
            "the request is for another host: this server answers to 127.0.0.1 and localhost only",
        ))?;
    let foreign = (
        StatusCode::FORBIDDEN,
        "the request comes from a page of another origin",
    );
    match single(&request.headers, &header::ORIGIN) {
        Ok(None) => {}
        Ok(Some(origin)) if origin.strip_prefix("http://") == Some(host) => {}
        _ => return Err(foreign),
    }
    // A link may lead to the page from anywhere, if it has the token. Nothing else is asked for by other sites.
    match single(&request.headers, &FETCH_SITE) {
        Ok(None | Some("same-origin" | "none")) => Ok(()),
        Ok(Some(_)) if request.method == Method::GET && is_navigation(&request.headers) => Ok(()),
        _ => Err(foreign),
    }
}

fn is_navigation(headers: &HeaderMap) -> bool {
    let is = |name, expected| single(headers, &HeaderName::from_static(name)) == Ok(Some(expected));
    is("sec-fetch-mode", "navigate") && is("sec-fetch-dest", "document")
}

/// A header that is there once at most.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ()),
        _ => Err(()),
    }
}

/// Whether a `Host` names loopback. Any port will do: it is another one where it was forwarded, and one cannot be told to say a name that is not its own.
fn is_loopback(host: &str) -> bool {
    NAMES.iter().any(|name| match host.strip_prefix(name) {
        Some("") => true,
        Some(rest) => rest
            .strip_prefix(':')
            .is_some_and(|port| port.parse::<u16>().is_ok()),
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn outcome(headers: &[(&str, &str)]) -> u16 {
        let mut request = Request::get("/x/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        check(&parts).map_or_else(|(status, _)| status.as_u16(), |()| 200)
    }

    #[test]
    fn the_token_is_the_first_part_of_the_path() {
        let token = Token::of("abc".into());
        assert_eq!(token.below("/abc/run"), Some("run"));
        assert_eq!(token.below("/abc/"), Some(""));
        for path in [
            "/abc",
            "/ab/run",
            "/abcd/run",
            "//abc/run",
            "abc/run",
            "/ABC/",
            "/%61bc/",
            "/",
        ] {
            assert_eq!(token.below(path), None, "{path}");
        }
    }

    #[test]
    fn tokens_are_long_and_differ() {
        let (one, two) = (Token::fresh().unwrap(), Token::fresh().unwrap());
        assert_eq!(one.text().len(), 2 * STRENGTH);
        assert_ne!(one.text(), two.text());
    }

    #[test]
    fn other_hosts_are_refused() {
        for host in ["127.0.0.1", "127.0.0.1:7247", "localhost:1", "[::1]:7247"] {
            assert_eq!(outcome(&[("host", host)]), 200, "{host}");
        }
        for host in [
            "",
            "evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.1:x",
            "127.0.0.1:80:80",
            "127.0.0.1:+1x",
            "127.0.0.2",
            "evil@127.0.0.1",
            "localhost.evil",
            "0.0.0.0:7247",
        ] {
            assert_eq!(outcome(&[("host", host)]), 421, "{host}");
        }
        assert_eq!(outcome(&[]), 421);
        assert_eq!(
            outcome(&[("host", "localhost"), ("host", "localhost")]),
            421
        );
    }

    #[test]
    fn other_origins_are_refused() {
        let host = ("host", "127.0.0.1:7247");
        assert_eq!(outcome(&[host, ("origin", "http://127.0.0.1:7247")]), 200);
        for origin in [
            "null",
            "http://localhost:7247",
            "http://127.0.0.1:7248",
            "https://127.0.0.1:7247",
            "http://evil.example",
            "http://127.0.0.1:7247.evil.example",
        ] {
            assert_eq!(outcome(&[host, ("origin", origin)]), 403, "{origin}");
        }
        let same = ("origin", "http://127.0.0.1:7247");
        assert_eq!(outcome(&[host, same, same]), 403);
    }

    #[test]
    fn other_sites_may_lead_to_the_page_and_no_more() {
        let host = ("host", "127.0.0.1:7247");
        let site = |value| ("sec-fetch-site", value);
        assert_eq!(outcome(&[host, site("same-origin")]), 200);
        assert_eq!(outcome(&[host, site("none")]), 200);
        assert_eq!(outcome(&[host, site("cross-site")]), 403);
        assert_eq!(outcome(&[host, site("same-site")]), 403);
        let to_page = [
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ];
        assert_eq!(
            outcome(&[host, site("cross-site"), to_page[0], to_page[1]]),
            200
        );
        let framed = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
        assert_eq!(
            outcome(&[host, site("cross-site"), framed[0], framed[1]]),
            403
        );
    }
}
