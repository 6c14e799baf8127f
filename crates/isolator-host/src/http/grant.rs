//! What a runtime may ask of the network.

use super::address::{AddressRange, is_public};
use super::client::Client;
use super::mask::Mask;
use super::method::known_method;
use super::pattern::HttpPattern;
use super::transport::{HttpResolver, HttpTransport};
use crate::error::{Error, Result};
use http::Method;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use url::Url;

/// What a runtime may ask of the network through `HttpClient`: addresses and methods, with secrets that the host puts in and the
/// runtime never sees. Without a grant there is no network.
///
/// ```no_run
/// # fn main() -> isolator_host::Result<()> {
/// use isolator_host::http::{HttpGrant, Method};
/// let host = isolator_host::IsolatedRuntimeHost::new()?;
/// let grant = HttpGrant::new()
///     .secret("github", std::env::var("GITHUB_TOKEN").unwrap_or_default())
///     .allow("https://api.github.com/repos/*", [Method::GET, Method::POST])
///     .header_secret("Authorization", "Bearer {github}")
///     .max_response(10 << 20)
///     .max_requests(100);
/// let mut runtime = host.runtime().http(grant).create()?;
/// # Ok(()) }
/// ```
///
/// The first rule whose pattern and methods fit a request is the one that counts, redirects included: each is a request of its own, so
/// secrets do not follow one to where they are not granted. Whatever the name, only addresses of the public network are connected to,
/// unless [`address`](Self::address) says otherwise.
///
/// Connections are kept by the grant: clone one rather than make it again for each runtime.
#[derive(Clone)]
pub struct HttpGrant {
    rules: Vec<Rule>,
    secrets: BTreeMap<String, String>,
    addresses: Vec<AddressRange>,
    roots: Vec<Vec<u8>>,
    transport: Option<Arc<dyn HttpTransport>>,
    resolver: Option<Arc<dyn HttpResolver>>,
    show_cookies: bool,
    mask: bool,
    pub(crate) limits: HttpLimits,
    /// What was wrong, told when a runtime is created.
    wrong: Option<String>,
    /// What became of it when it was first looked at, for its clones, too.
    made: Arc<OnceLock<Arc<Granted>>>,
}

/// What is asked for at most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HttpLimits {
    pub requests: Option<u64>,
    pub concurrent: usize,
    pub request: u64,
    pub response: u64,
    pub headers: usize,
    pub time: Duration,
}

/// One of a grant's rules.
#[derive(Clone)]
pub(crate) struct Rule {
    pattern: HttpPattern,
    methods: Vec<Method>,
    /// Names of headers and what their values are made of.
    headers: Vec<(HeaderName, String)>,
}

impl Default for HttpGrant {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for HttpGrant {
    /// Without the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = self.rules.iter().map(|rule| {
            let methods: Vec<&str> = rule.methods.iter().map(Method::as_str).collect();
            format!("{} {}", methods.join(","), rule.pattern)
        });
        f.debug_struct("HttpGrant")
            .field("rules", &rules.collect::<Vec<_>>())
            .field("secrets", &self.secrets.keys().collect::<Vec<_>>())
            .field("addresses", &self.addresses)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl HttpGrant {
    /// Grants nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            rules: Vec::new(),
            secrets: BTreeMap::new(),
            addresses: Vec::new(),
            roots: Vec::new(),
            transport: None,
            resolver: None,
            show_cookies: false,
            mask: false,
            limits: HttpLimits {
                requests: None,
                concurrent: 16,
                request: 64 << 20,
                response: 64 << 20,
                headers: 64 << 10,
                time: Duration::from_secs(300),
            },
            wrong: None,
            made: Arc::default(),
        }
    }

    /// Allows requests to what a [pattern](HttpPattern) says, with these methods; [known ones](super::known_method) in letters of any size.
    #[must_use]
    pub fn allow(mut self, pattern: &str, methods: impl IntoIterator<Item = Method>) -> Self {
        self.made = Arc::default();
        let methods = methods.into_iter();
        let methods: Vec<Method> = methods
            .map(|method| known_method(method.as_str()).unwrap_or(method))
            .collect();
        let never = [Method::CONNECT, Method::TRACE];
        if methods.is_empty() {
            self.note(format!(
                "`{pattern}` is allowed with no method at all: name them, such as GET"
            ));
        } else if let Some(method) = methods.iter().find(|method| never.contains(method)) {
            self.note(format!("the method {method} cannot be allowed"));
        }
        match pattern.parse() {
            Ok(pattern) => self.rules.push(Rule {
                pattern,
                methods,
                headers: Vec::new(),
            }),
            Err(why) => self.note(why),
        }
        self
    }

    /// Gives a secret a name, by which [`header_secret`](Self::header_secret) puts it in.
    #[must_use]
    pub fn secret(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.made = Arc::default();
        self.secrets.insert(name.into(), value.into());
        self
    }

    /// Has the host set a header in each request that the rule made last by [`allow`](Self::allow) lets through, whatever the guest sets
    /// there. In the value `{NAME}` is a secret.
    #[must_use]
    pub fn header_secret(mut self, header: &str, value: &str) -> Self {
        self.made = Arc::default();
        let shown = crate::printable::line(header);
        match (header.parse::<HeaderName>(), self.rules.last_mut()) {
            (Ok(name), _) if super::headers::is_the_hosts(&name) => {
                self.note(format!("the header '{shown}' cannot be set: HTTP's own machinery sets it"));
            }
            (Ok(name), Some(rule)) => rule.headers.push((name, value.to_owned())),
            (Ok(_), None) => self.note(format!(
                "the header '{shown}' belongs to no address: allow one first, and then set its headers"
            )),
            (Err(_), _) => self.note(format!("'{shown}' is no name of a header")),
        }
        self
    }

    /// Lets connections go to an address, or a range of them, that is not of the public network: `127.0.0.1`, `10.0.0.0/8`.
    #[must_use]
    pub fn address(mut self, range: &str) -> Self {
        self.made = Arc::default();
        match range.parse() {
            Ok(range) => self.addresses.push(range),
            Err(why) => self.note(why),
        }
        self
    }

    /// Trusts certificates that lead to this one (DER), beside the system's roots: where it has none, those of Mozilla that come with this crate.
    #[must_use]
    pub fn root_certificate(mut self, der: impl Into<Vec<u8>>) -> Self {
        self.made = Arc::default();
        self.roots.push(der.into());
        self
    }

    /// Makes the requests another way. What is allowed is looked at before; addresses of names are the transport's own matter then.
    #[must_use]
    pub fn transport(mut self, transport: impl HttpTransport) -> Self {
        self.made = Arc::default();
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Finds the addresses of names another way. What it finds is checked as ever.
    #[must_use]
    pub fn resolver(mut self, resolver: impl HttpResolver) -> Self {
        self.made = Arc::default();
        self.resolver = Some(Arc::new(resolver));
        self
    }

    /// Shows the guest `Set-Cookie` of responses to requests that a secret was put into. Without this such cookies, which may be as
    /// good as the secret, are left out; those of other responses are shown.
    #[must_use]
    pub fn show_cookies(mut self) -> Self {
        self.made = Arc::default();
        self.show_cookies = true;
        self
    }

    /// Covers the values of all secrets of the grant (of six bytes or more) where they come back in a response, with as many asterisks: in
    /// its body, its headers, those behind the body, its reason. Requests ask for no compression and for no part of a content (`Range`), and a
    /// response that is compressed or a part is an error.
    #[must_use]
    pub fn mask_secrets(mut self) -> Self {
        self.made = Arc::default();
        self.mask = true;
        self
    }

    /// Most requests that a runtime may make; no limit without this.
    #[must_use]
    pub fn max_requests(mut self, number: u64) -> Self {
        self.made = Arc::default();
        self.limits.requests = Some(number);
        self
    }

    /// Most exchanges that a runtime may have under way at once; 16 without this. Others wait.
    #[must_use]
    pub fn max_concurrent(mut self, number: u32) -> Self {
        self.made = Arc::default();
        if number == 0 {
            self.note("no exchange at all may be under way at once".into());
        }
        self.limits.concurrent = usize::try_from(number).unwrap_or(usize::MAX);
        self
    }

    /// Most bytes of a request's body; 64 MiB without this.
    #[must_use]
    pub fn max_request(mut self, bytes: u64) -> Self {
        self.made = Arc::default();
        self.limits.request = bytes;
        self
    }

    /// Most bytes of a response's body, as it comes, so before it is decompressed inside; 64 MiB without this.
    #[must_use]
    pub fn max_response(mut self, bytes: u64) -> Self {
        self.made = Arc::default();
        self.limits.response = bytes;
        self
    }

    /// The time that an exchange may take, from its beginning to the end of the response's body; five minutes without this.
    #[must_use]
    pub fn timeout(mut self, time: Duration) -> Self {
        self.made = Arc::default();
        self.limits.time = time;
        self
    }

    fn note(&mut self, wrong: String) {
        self.wrong.get_or_insert(wrong);
    }

    /// Looks at all of it, and makes the client.
    pub(crate) fn check(&self) -> Result<Arc<Granted>> {
        if let Some(made) = self.made.get() {
            return Ok(made.clone());
        }
        let made = Arc::new(self.make()?);
        Ok(self.made.get_or_init(|| made).clone())
    }

    fn make(&self) -> Result<Granted> {
        let config = |message: String| Error::Config { message };
        if let Some(wrong) = &self.wrong {
            return Err(config(wrong.clone()));
        }
        let mut rules = Vec::new();
        for rule in &self.rules {
            rules.push(self.filled(rule).map_err(config)?);
        }
        let addresses = Addresses(self.addresses.clone());
        let transport = match &self.transport {
            Some(transport) => transport.clone(),
            None => {
                let resolver = self.resolver.clone();
                Arc::new(Client::new(addresses.clone(), resolver, &self.roots))
            }
        };
        Ok(Granted {
            rules,
            addresses,
            transport,
            show_cookies: self.show_cookies,
            covered: match self.mask {
                true => self
                    .secrets
                    .values()
                    .map(|s| s.clone().into_bytes())
                    .collect(),
                false => Vec::new(),
            },
            limits: self.limits,
        })
    }

    /// A rule with the values of its headers.
    fn filled(&self, rule: &Rule) -> Result<GrantedRule, String> {
        let mut headers = HeaderMap::new();
        for (name, template) in &rule.headers {
            let value = self.fill(template)?;
            // The error must not show it.
            let mut value = HeaderValue::from_str(&value)
                .map_err(|_| format!("the value of the header '{name}' cannot be sent: it has a line's end or the like in it"))?;
            value.set_sensitive(true);
            headers.append(name.clone(), value);
        }
        Ok(GrantedRule {
            pattern: rule.pattern.clone(),
            methods: rule.methods.clone(),
            headers,
        })
    }

    fn fill(&self, template: &str) -> Result<String, String> {
        let mut value = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            value.push_str(before);
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| format!("`{template}` has a {{ without a }}"))?;
            let secret = self.secrets.get(name).ok_or_else(|| {
                format!("`{template}` names the secret '{name}', and there is none of that name")
            })?;
            if secret.is_empty() {
                return Err(format!("the secret '{name}' is empty"));
            }
            value.push_str(secret);
            rest = after;
        }
        value.push_str(rest);
        Ok(value)
    }
}

/// Which addresses may be connected to.
#[derive(Debug, Clone)]
pub(crate) struct Addresses(Vec<AddressRange>);

impl Addresses {
    pub(crate) fn allow(&self, address: IpAddr) -> bool {
        is_public(address) || self.0.iter().any(|range| range.contains(address))
    }
}

/// A grant that was looked at.
pub(crate) struct Granted {
    rules: Vec<GrantedRule>,
    pub addresses: Addresses,
    pub transport: Arc<dyn HttpTransport>,
    pub show_cookies: bool,
    /// The secrets that are covered in what comes back, whichever rule put one in: a server that got one by one rule may tell it by another.
    covered: Vec<Vec<u8>>,
    pub limits: HttpLimits,
}

/// A rule with its secrets.
pub(crate) struct GrantedRule {
    pattern: HttpPattern,
    methods: Vec<Method>,
    /// What the host sets.
    pub headers: HeaderMap,
}

impl Granted {
    /// What covers the secrets in one response; nothing, unless that is asked for.
    pub(crate) fn mask(&self) -> Mask {
        Mask::new(self.covered.iter().cloned())
    }

    /// The rule for a request; else, in words for guest code, why there is none.
    pub(crate) fn rule(&self, method: &Method, url: &Url) -> Result<&GrantedRule, String> {
        let mut others: Vec<&str> = Vec::new();
        for rule in self.rules.iter().filter(|rule| rule.pattern.allows(url)) {
            if rule.methods.contains(method) {
                return Ok(rule);
            }
            others.extend(rule.methods.iter().map(Method::as_str));
        }
        others.sort_unstable();
        others.dedup();
        Err(match &*others {
            [] => "no address that the host allows is like it".into(),
            others => format!("there the host allows {} only", others.join(", ")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(grant: HttpGrant) -> String {
        grant
            .check()
            .err()
            .map(|e| e.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn what_is_wrong_is_told_when_a_runtime_is_made() {
        let get = || [Method::GET];
        for (grant, why) in [
            (
                HttpGrant::new().allow("example.com", get()),
                "begins with https://",
            ),
            (
                HttpGrant::new().allow("https://a.test/*", []),
                "no method at all",
            ),
            (
                HttpGrant::new().allow("https://a.test/*", [Method::CONNECT]),
                "cannot be allowed",
            ),
            (
                HttpGrant::new().allow("https://a.test/*", ["trace".parse().unwrap()]),
                "cannot be allowed",
            ),
            (
                HttpGrant::new().allow("https://a.test=get", get()),
                "a host has no =",
            ),
            (
                HttpGrant::new().header_secret("A", "b"),
                "belongs to no address",
            ),
            (
                HttpGrant::new()
                    .allow("https://a.test/*", get())
                    .header_secret("A B", "b"),
                "no name of a header",
            ),
            (
                HttpGrant::new()
                    .allow("https://a.test/*", get())
                    .header_secret("Host", "b"),
                "own machinery",
            ),
            (
                HttpGrant::new()
                    .allow("https://a.test/*", get())
                    .header_secret("A", "{b}"),
                "names the secret 'b'",
            ),
            (
                HttpGrant::new()
                    .allow("https://a.test/*", get())
                    .header_secret("A", "{b"),
                "without a }",
            ),
            (
                HttpGrant::new()
                    .secret("b", "")
                    .allow("https://a.test/*", get())
                    .header_secret("A", "{b}"),
                "is empty",
            ),
            (HttpGrant::new().address("localhost"), "no address"),
            (HttpGrant::new().max_concurrent(0), "no exchange at all"),
        ] {
            let error = wrong(grant);
            assert!(error.contains(why), "{why}: {error}");
        }
    }

    #[test]
    fn a_secret_is_in_no_text_of_ours() {
        let grant = HttpGrant::new()
            .secret("key", "hunter22\n")
            .allow("https://a.test/*", [Method::GET])
            .header_secret("Authorization", "Bearer {key}");
        assert!(!format!("{grant:?}").contains("hunter22"));
        let error = wrong(grant);
        assert!(
            error.contains("'authorization'") && !error.contains("hunter22"),
            "{error}"
        );
    }

    #[test]
    fn known_methods_are_allowed_in_letters_of_any_size() {
        let methods = ["get", "Post", "propfind", "M-SEARCH", "Own"];
        let grant = HttpGrant::new()
            .allow("https://a.test/*", methods.map(|m| m.parse().unwrap()))
            .check()
            .unwrap();
        let url = super::super::pattern::target("https://a.test/").unwrap();
        let allowed = |method: &str| grant.rule(&method.parse().unwrap(), &url).is_ok();
        for method in ["GET", "POST", "PROPFIND", "M-SEARCH", "Own"] {
            assert!(allowed(method), "{method}");
        }
        // What a guest sends by itself is as it is sent.
        for method in ["get", "own", "PUT"] {
            assert!(!allowed(method), "{method}");
        }
    }

    #[test]
    fn the_first_rule_that_fits_counts() {
        let grant = HttpGrant::new()
            .secret("key", "hunter22")
            .allow("https://a.test/v1/*", [Method::GET])
            .header_secret("Authorization", "Bearer {key}")
            .allow("https://a.test/*", [Method::GET, Method::POST])
            .check()
            .unwrap();
        let rule = |method: Method, url: &str| {
            let url = super::super::pattern::target(url).unwrap();
            grant.rule(&method, &url).map(|rule| rule.headers.len())
        };
        assert_eq!(rule(Method::GET, "https://a.test/v1/a"), Ok(1));
        assert_eq!(rule(Method::POST, "https://a.test/v1/a"), Ok(0));
        assert_eq!(rule(Method::GET, "https://a.test/v2"), Ok(0));
        let error = rule(Method::DELETE, "https://a.test/v1/a").unwrap_err();
        assert!(error.contains("GET, POST only"), "{error}");
        assert!(
            rule(Method::GET, "https://b.test/")
                .unwrap_err()
                .contains("no address")
        );
    }
}
