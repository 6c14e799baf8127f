//! What the command line lets a guest ask of the network.

#![allow(rustdoc::bare_urls, reason = "the command line's help has no links")]

use crate::error::{CliError, Result};
use isolator_host::http::{HttpGrant, HttpPattern, Method, known_method};

/// `URL-PATTERN[=METHODS]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRule {
    pattern: String,
    methods: Vec<Method>,
}

impl HttpRule {
    /// Reads the form above.
    ///
    /// # Errors
    /// What is wrong with the pattern or the methods, or that it may be read in two ways.
    pub fn parse(text: &str) -> Result<Self, String> {
        // A path may hold `=`, too.
        let (pattern, methods) = match text.rsplit_once('=') {
            Some((pattern, words)) if are_methods(pattern, words)? => {
                let methods: Result<Vec<Method>, String> = words.split(',').map(method).collect();
                (pattern, methods?)
            }
            _ => (text, vec![Method::GET, Method::HEAD]),
        };
        let _: HttpPattern = pattern.parse()?;
        if let Some(never) = methods
            .iter()
            .find(|m| [Method::CONNECT, Method::TRACE].contains(m))
        {
            return Err(format!("the method {never} cannot be allowed"));
        }
        Ok(Self {
            pattern: pattern.into(),
            methods,
        })
    }
}

/// The method of a name: a known one in letters of any size, another one in capitals.
fn method(name: &str) -> Result<Method, String> {
    match known_method(name) {
        Some(known) => Ok(known),
        None if is_capital(name) => name
            .parse()
            .map_err(|_| format!("`{name}` is no method of HTTP")),
        None => Err(format!(
            "`{name}` is no method that is known: others are written in capitals"
        )),
    }
}

fn is_capital(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_uppercase() || b == b'-')
}

/// Whether the words behind the last `=` are methods, and no part of the path.
fn are_methods(pattern: &str, words: &str) -> Result<bool, String> {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-');
    if !words.split(',').all(is_word) {
        return Ok(false);
    }
    let (_, place) = pattern.split_once("://").unwrap_or(("", pattern));
    let last = place.split_once('/').map_or("", |(_, path)| {
        path.rsplit_once('/').map_or(path, |(_, last)| last)
    });
    // Behind a host, a slash or a `*` there is no path that could go on with `=`, or none that anybody would have.
    if matches!(last, "" | "*") {
        return Ok(true);
    }
    let are_capitals = words.split(',').all(is_capital);
    let is_any_known = words.split(',').any(|word| known_method(word).is_some());
    match (are_capitals, is_any_known) {
        (true, true) => Ok(true),
        (false, false) => Ok(false),
        (true, false) => Err(format!(
            "`={words}` may be a method or a part of the path: write `{pattern}={words}=GET,HEAD` for the path with these methods, or name a known method beside it, such as `{pattern}=GET,{words}`"
        )),
        (false, true) => Err(format!(
            "`={words}` may be methods or a part of the path: write methods in capitals, or `{pattern}={words}=GET,HEAD` for the path with these methods"
        )),
    }
}

/// `NAME=VARIABLE`: a secret, which an environment variable of this process has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    name: String,
    variable: String,
}

impl Secret {
    /// Reads the form above.
    ///
    /// # Errors
    /// What is missing.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, variable)) if !name.is_empty() && !variable.is_empty() => Ok(Self {
                name: name.into(),
                variable: variable.into(),
            }),
            _ => Err("write `NAME=VARIABLE`: the name for --http-header, and the environment variable that has the value".into()),
        }
    }
}

/// What a program may ask of the network.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct HttpArgs {
    /// Allow HTTP requests: an address, such as https://api.example.com/v1/*=GET,POST. May be repeated.
    ///
    /// `*.example.com` is any name beneath that one, `*` in a path any one segment, and at its end any number of them. Without methods
    /// GET and HEAD are allowed. Behind a host, a slash or a `*` known methods may be in small letters, all others are in capitals. The first of these options that fits a
    /// request counts, for redirects as well.
    #[arg(id = "allow-http", long = "allow-http", value_name = "URL-PATTERN[=METHODS]", value_parser = HttpRule::parse, help_heading = "Grants")]
    allowed: Vec<HttpRule>,

    /// Give a secret a name; its value is that of an environment variable of this process. May be repeated.
    ///
    /// The program never sees it: --http-header puts it into requests on their way out. A server may send it back: see --mask-secrets.
    #[arg(long = "secret", value_name = "NAME=VARIABLE", value_parser = Secret::parse, help_heading = "Grants")]
    secrets: Vec<Secret>,

    /// Cover the values of all secrets, of six bytes or more, where they come back in responses.
    ///
    /// Servers that tell what they were sent do that, in bodies, headers and errors. Requests then ask for no compression and no part of a
    /// content, and a response that is either is an error. A form of the value that a server made of it, such as Base64, is not found.
    #[arg(long = "mask-secrets", help_heading = "Grants")]
    mask: bool,

    /// Set a header of the requests that an --allow-http lets through: URL-PATTERN=HEADER: VALUE, where {NAME} is a secret. May be repeated.
    ///
    /// For example 'https://api.example.com/v1/*=Authorization: Bearer {github}'. The pattern is that of the --allow-http, letter for letter.
    #[arg(
        long = "http-header",
        value_name = "URL-PATTERN=HEADER: VALUE",
        help_heading = "Grants"
    )]
    headers: Vec<String>,

    /// Let HTTP requests go to addresses that are not of the public network, such as 127.0.0.1 or 10.0.0.0/8. May be repeated.
    #[arg(
        long = "allow-address",
        value_name = "ADDRESS[/BITS]",
        help_heading = "Grants"
    )]
    addresses: Vec<String>,
}

impl HttpArgs {
    /// What is allowed, for who writes code. Names of secrets and addresses of this network are not for them.
    pub fn notes(&self) -> Vec<String> {
        let rules = self.allowed.iter();
        rules
            .map(|HttpRule { pattern, methods }| {
                let methods: Vec<&str> = methods.iter().map(Method::as_str).collect();
                format!(
                    "HttpClient can send requests to `{pattern}` with {}.",
                    methods.join(" or ")
                )
            })
            .collect()
    }

    /// With these rules, and nothing else.
    #[cfg(test)]
    pub fn of(rules: &[&str]) -> Self {
        Self {
            allowed: rules
                .iter()
                .map(|rule| HttpRule::parse(rule).expect("a rule of a test"))
                .collect(),
            ..Self::default()
        }
    }

    /// The grant; none if nothing is allowed.
    ///
    /// # Errors
    /// A variable that is not set, or a header that belongs to no address.
    pub fn grant(&self) -> Result<Option<HttpGrant>> {
        let unused = [
            ("--secret", self.secrets.is_empty()),
            ("--mask-secrets", !self.mask),
            ("--http-header", self.headers.is_empty()),
            ("--allow-address", self.addresses.is_empty()),
        ];
        if self.allowed.is_empty() {
            return match unused.iter().find(|(_, empty)| !empty) {
                Some((option, _)) => Err(CliError::new(format!(
                    "`{option}` is of no use without `--allow-http`, which says where requests may go"
                ))),
                None => Ok(None),
            };
        }
        if self.mask && self.secrets.is_empty() {
            return Err(CliError::new(
                "`--mask-secrets` is of no use without `--secret`, which says what there is to cover",
            ));
        }
        let mut grant = HttpGrant::new();
        if self.mask {
            grant = grant.mask_secrets();
        }
        for Secret { name, variable } in &self.secrets {
            let value = std::env::var(variable).map_err(|_| {
                CliError::new(format!(
                    "the secret `{name}` has no value: the environment variable `{variable}` is not set here, or is not Unicode"
                ))
            })?;
            grant = grant.secret(name, value);
        }
        let mut left = self.headers.clone();
        for HttpRule { pattern, methods } in &self.allowed {
            grant = grant.allow(pattern, methods.iter().cloned());
            let own = format!("{pattern}=");
            for header in left.extract_if(.., |header| header.starts_with(&own)) {
                let (name, value) = header[own.len()..].split_once(':').ok_or_else(|| {
                    CliError::new(format!(
                        "`--http-header {header}` has no header: write `{own}NAME: VALUE`"
                    ))
                })?;
                grant = grant.header_secret(name.trim(), value.trim());
            }
        }
        if let Some(header) = left.first() {
            return Err(CliError::new(format!(
                "`--http-header {header}` does not begin with the pattern of an `--allow-http` and `=`"
            )));
        }
        for address in &self.addresses {
            grant = grant.address(address);
        }
        Ok(Some(grant))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_with_and_without_methods() {
        let parsed = |text| {
            HttpRule::parse(text).map(|rule| {
                let methods: Vec<String> = rule.methods.iter().map(ToString::to_string).collect();
                (rule.pattern, methods.join(","))
            })
        };
        for (text, pattern, methods) in [
            ("https://a.test/*", "https://a.test/*", "GET,HEAD"),
            ("https://a.test/*=POST", "https://a.test/*", "POST"),
            (
                "https://a.test/b=c/*=GET,POST",
                "https://a.test/b=c/*",
                "GET,POST",
            ),
            ("https://a.test/b=c", "https://a.test/b=c", "GET,HEAD"),
            ("https://a.test/b=C1", "https://a.test/b=C1", "GET,HEAD"),
            ("https://a.test=get", "https://a.test", "GET"),
            (
                "https://a.test:8443=get,M-SEARCH",
                "https://a.test:8443",
                "GET,M-SEARCH",
            ),
            ("https://a.test/v1=POST", "https://a.test/v1", "POST"),
            ("https://a.test/v1/*=post", "https://a.test/v1/*", "POST"),
            (
                "https://a.test/v1/=Propfind",
                "https://a.test/v1/",
                "PROPFIND",
            ),
            (
                "https://a.test/action=delete=GET",
                "https://a.test/action=delete",
                "GET",
            ),
            (
                "https://a.test/*=version-control",
                "https://a.test/*",
                "VERSION-CONTROL",
            ),
            ("https://a.test/*=MY-OWN", "https://a.test/*", "MY-OWN"),
            ("https://a.test=OWN", "https://a.test", "OWN"),
            ("https://a.test/id=GET,OWN", "https://a.test/id", "GET,OWN"),
            (
                "https://a.test/id=ABC=GET,HEAD",
                "https://a.test/id=ABC",
                "GET,HEAD",
            ),
            (
                "https://a.test/a=b/c=d",
                "https://a.test/a=b/c=d",
                "GET,HEAD",
            ),
        ] {
            assert_eq!(parsed(text), Ok((pattern.into(), methods.into())), "{text}");
        }
        // What would mean something else than it looks like.
        for (text, why) in [
            (
                "https://a.test/id=ABC",
                "`=ABC` may be a method or a part of the path",
            ),
            (
                "https://a.test/id=M-OWN,ABC",
                "may be a method or a part of the path",
            ),
            (
                "https://a.test/jobs/action=delete",
                "`=delete` may be methods or a part of the path",
            ),
            (
                "https://a.test/id=GET,own",
                "may be methods or a part of the path",
            ),
            ("https://a.test=geet", "`geet` is no method that is known"),
            ("https://a.test/*=geet", "`geet` is no method that is known"),
            ("https://a.test/=geet", "`geet` is no method that is known"),
            (
                "https://a.test/*=GET,geet",
                "`geet` is no method that is known",
            ),
            ("https://a.test/*=trace", "cannot be allowed"),
            ("https://a.test=1", "a host has no ="),
            ("https://a.test=", "a host has no ="),
            ("https://a.test=GET,", "a host has no ="),
            ("https://a.test=x=GET", "a host has no ="),
        ] {
            let error = parsed(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert!(
            parsed("a.test")
                .unwrap_err()
                .contains("begins with https://")
        );
        assert!(
            parsed("https://a.test/=CONNECT")
                .unwrap_err()
                .contains("cannot be allowed")
        );
    }

    #[test]
    fn what_fits_nowhere_is_said() {
        let allowed = vec![HttpRule::parse("https://a.test/*").unwrap()];
        let told = |args: HttpArgs| args.grant().map(|_| ()).unwrap_err().to_string();
        let secret = |text| Secret::parse(text).unwrap();
        let only = HttpArgs {
            secrets: vec![secret("a=PATH")],
            ..HttpArgs::default()
        };
        assert!(told(only).contains("`--secret` is of no use without `--allow-http`"));
        let nothing = HttpArgs {
            allowed: allowed.clone(),
            mask: true,
            ..HttpArgs::default()
        };
        assert!(told(nothing).contains("`--mask-secrets` is of no use without `--secret`"));
        let nowhere = HttpArgs {
            mask: true,
            ..HttpArgs::default()
        };
        assert!(told(nowhere).contains("`--mask-secrets` is of no use without `--allow-http`"));
        let unset = HttpArgs {
            allowed: allowed.clone(),
            secrets: vec![secret("a=NO_SUCH_VARIABLE_HERE")],
            ..HttpArgs::default()
        };
        assert!(told(unset).contains("`NO_SUCH_VARIABLE_HERE` is not set"));
        let headers = |header: &str| HttpArgs {
            allowed: allowed.clone(),
            headers: vec![header.into()],
            ..HttpArgs::default()
        };
        assert!(told(headers("https://b.test/*=A: b")).contains("does not begin with the pattern"));
        assert!(told(headers("https://a.test/*=A")).contains("has no header"));
        assert!(headers("https://a.test/*=A: b").grant().unwrap().is_some());
        assert!(HttpArgs::default().grant().unwrap().is_none());
        assert!(Secret::parse("a").is_err() && Secret::parse("=b").is_err());
    }
}
