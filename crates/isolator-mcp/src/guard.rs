//! Who may call over HTTP: looked at before anything else of a request is.

use crate::error::{Error, Result};
use http::header::{AUTHORIZATION, HOST, HeaderName, ORIGIN};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, StatusCode};
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// Where the protocol is.
pub(crate) const PATH: &str = "/mcp";
/// Bytes of a token. Those with fewer can be guessed.
const SHORTEST_TOKEN: usize = 16;

/// How a server is reached over HTTP, and by whom.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    address: SocketAddr,
    token: Option<Token>,
    hosts: Vec<String>,
}

/// Kept as its hash, which takes as long to compare whatever is sent.
#[derive(Clone)]
struct Token(blake3::Hash);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A request that is turned away: the status, and why.
pub(crate) type Refusal = (StatusCode, &'static str);

impl HttpSettings {
    /// At this address, without a token: for 127.0.0.1 and `[::1]`.
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            token: None,
            hosts: Vec::new(),
        }
    }

    /// Only for who sends this bearer token.
    ///
    /// # Errors
    /// [`Error::Token`] for one with less than 16 characters, or with others than letters, digits and `-._~+/=`.
    pub fn token(mut self, token: &str) -> Result<Self> {
        let wrong = |message: String| Err(Error::Token { message });
        if token.len() < SHORTEST_TOKEN {
            return wrong(format!(
                "it has {} characters, and less than {SHORTEST_TOKEN} can be guessed. Make one with `openssl rand -hex 32`",
                token.len()
            ));
        }
        let fits = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
        if let Some(other) = token.chars().find(|c| !fits(*c)) {
            return wrong(format!(
                "it holds {other:?}, which no bearer token can. There are letters, digits and -._~+/="
            ));
        }
        self.token = Some(Token(blake3::hash(token.as_bytes())));
        Ok(self)
    }

    /// Also under this name, without a port, such as that of a proxy. Requests under other names are turned away: a page in a browser could have its own name lead here.
    #[must_use]
    pub fn host(mut self, name: impl Into<String>) -> Self {
        self.hosts.push(name.into());
        self
    }

    /// The address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether it may be served so.
    pub(crate) fn check(&self) -> Result<()> {
        match self.token.is_some() || self.address.ip().is_loopback() {
            true => Ok(()),
            false => Err(Error::TokenNeeded {
                address: self.address,
            }),
        }
    }

    /// Whether a request may go on.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn admit(&self, request: &Parts) -> Result<(), Refusal> {
        let host = self.named(request)?;
        from_itself(&request.headers, &host)?;
        if let Some(token) = &self.token {
            token.admit(&request.headers)?;
        }
        match request.uri.path() == PATH {
            true => Ok(()),
            false => Err((StatusCode::NOT_FOUND, "the protocol is at /mcp")),
        }
    }

    /// The host that the request says it is for.
    fn named(&self, request: &Parts) -> Result<Authority, Refusal> {
        let text = only(&request.headers, &HOST)
            .map_err(|()| {
                (
                    StatusCode::BAD_REQUEST,
                    "the header Host is there twice, or is no text",
                )
            })?
            .ok_or((StatusCode::BAD_REQUEST, "the header Host is missing"))?;
        let host: Authority = text.parse().map_err(|_| {
            (
                StatusCode::BAD_REQUEST,
                "the header Host is no name of a host",
            )
        })?;
        match self.is_ours(host.host()) {
            true => Ok(host),
            false => Err((
                StatusCode::FORBIDDEN,
                "the server is not known under this host's name",
            )),
        }
    }

    /// Whether a name leads here by the will of who started the server. That of another's page can be made to lead here, but a number is what it is.
    fn is_ours(&self, name: &str) -> bool {
        if name.eq_ignore_ascii_case("localhost") {
            return true;
        }
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        if let Ok(number) = bare.parse::<IpAddr>() {
            return number.is_loopback() || !self.address.ip().is_loopback();
        }
        self.hosts
            .iter()
            .any(|host| host.eq_ignore_ascii_case(name))
    }
}

/// Pages of other origins than the server's own have nothing to say here; programs that are no browsers say no origin.
fn from_itself(headers: &HeaderMap, host: &Authority) -> Result<(), Refusal> {
    const REFUSED: Refusal = (
        StatusCode::FORBIDDEN,
        "pages of other origins are turned away",
    );
    let Some(origin) = only(headers, &ORIGIN).map_err(|()| REFUSED)? else {
        return Ok(());
    };
    let rest = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"));
    match rest.is_some_and(|rest| rest.eq_ignore_ascii_case(host.as_str())) {
        true => Ok(()),
        false => Err(REFUSED),
    }
}

impl Token {
    fn admit(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        const REFUSED: Refusal = (
            StatusCode::UNAUTHORIZED,
            "the header Authorization has to be `Bearer` and the server's token",
        );
        let header = only(headers, &AUTHORIZATION)
            .map_err(|()| REFUSED)?
            .ok_or(REFUSED)?;
        let (scheme, token) = header.split_once(' ').ok_or(REFUSED)?;
        let same = blake3::hash(token.trim().as_bytes()) == self.0;
        match scheme.eq_ignore_ascii_case("bearer") && same {
            true => Ok(()),
            false => Err(REFUSED),
        }
    }
}

/// The only value of a header; none if it is not there.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(name).iter();
    let Some(first) = values.next() else {
        return Ok(None);
    };
    match values.next() {
        Some(_) => Err(()),
        None => first.to_str().map(Some).map_err(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    fn at(address: &str) -> HttpSettings {
        HttpSettings::new(address.parse().unwrap())
    }

    fn status(settings: &HttpSettings, headers: &[(&str, &str)]) -> u16 {
        let mut request = http::Request::builder().uri(PATH);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        settings
            .admit(&parts)
            .map_or_else(|(status, _)| status.as_u16(), |()| 200)
    }

    #[test]
    fn on_loopback_only_its_own_names_lead_in() {
        let settings = at("127.0.0.1:8722").host("mcp.example");
        for (host, expected) in [
            ("127.0.0.1:8722", 200),
            ("localhost:8722", 200),
            ("LOCALHOST", 200),
            ("[::1]:8722", 200),
            ("mcp.example", 200),
            ("MCP.example:443", 200),
            ("evil.example", 403),
            ("evil.example:8722", 403),
            ("localhost.evil.example", 403),
            ("127.0.0.1.evil.example", 403),
            ("10.0.0.7:8722", 403),
            ("", 400),
            ("a b", 400),
        ] {
            assert_eq!(status(&settings, &[("host", host)]), expected, "{host}");
        }
        assert_eq!(status(&settings, &[]), 400);
        let twice = [("host", "localhost"), ("host", "evil.example")];
        assert_eq!(status(&settings, &twice), 400);
    }

    #[test]
    fn pages_of_other_origins_are_turned_away() {
        let settings = at("127.0.0.1:8722");
        for (origin, expected) in [
            ("http://localhost:8722", 200),
            ("https://localhost:8722", 200),
            ("http://localhost:3000", 403),
            ("http://evil.example", 403),
            ("http://localhost:8722.evil.example", 403),
            ("null", 403),
            ("", 403),
            ("file://", 403),
        ] {
            let headers = [("host", "localhost:8722"), ("origin", origin)];
            assert_eq!(status(&settings, &headers), expected, "{origin}");
        }
    }

    #[test]
    fn beyond_loopback_a_token_is_needed() {
        assert!(matches!(
            at("0.0.0.0:1").check(),
            Err(Error::TokenNeeded { .. })
        ));
        assert!(matches!(
            at("[::]:1").check(),
            Err(Error::TokenNeeded { .. })
        ));
        assert!(at("127.0.0.1:1").check().is_ok() && at("[::1]:1").check().is_ok());
        let settings = at("0.0.0.0:1").token(TOKEN).unwrap();
        assert!(settings.check().is_ok());
        let with = |token: &str| {
            status(
                &settings,
                &[("host", "10.0.0.7:1"), ("authorization", token)],
            )
        };
        assert_eq!(with(&format!("Bearer {TOKEN}")), 200);
        assert_eq!(with(&format!("bearer  {TOKEN}")), 200);
        for wrong in [
            "",
            "Bearer",
            "Bearer ",
            TOKEN,
            "Basic 0123456789abcdef",
            "Bearer 0123456789abcdeF",
        ] {
            assert_eq!(with(wrong), 401, "{wrong}");
        }
        assert_eq!(status(&settings, &[("host", "10.0.0.7:1")]), 401);
        assert_eq!(status(&settings, &[("host", "evil.example")]), 403);
    }

    #[test]
    fn tokens_that_can_be_guessed_or_not_sent_are_refused() {
        for (token, part) in [
            ("short", "5 characters"),
            ("0123456789abcde f", "' '"),
            ("0123456789abcdef\n", "'\\n'"),
            ("0123456789abcdé0", "'é'"),
        ] {
            let message = at("127.0.0.1:1").token(token).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
        let shown = format!("{:?}", at("127.0.0.1:1").token(TOKEN).unwrap());
        assert!(!shown.contains(TOKEN), "{shown}");
    }
}
