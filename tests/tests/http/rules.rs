//! What a grant allows, and what it does not.

use crate::server::{AUTHORITY, Server};
use crate::{HOST, WEB, all_of, ask, runtime};
use isolator_host::http::{
    HttpBody, HttpFault, HttpFaultKind, HttpFuture, HttpGrant, HttpResolver, HttpTransport, Method,
};
use isolator_host::{Error, IsolatedRuntime};
use rustls::HandshakeKind;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const SECRET: &str = "hunter22-is-secret";

#[test]
fn without_a_grant_the_exception_says_so() {
    let mut runtime = runtime(None);
    let told = ask(&mut runtime, "http://127.0.0.1/path?query", &[]);
    assert_eq!(
        told,
        "HttpRequestException: HTTP to http://127.0.0.1/path was not granted: the host gave this runtime no HTTP at all. Whoever runs it has to allow the address: HttpGrant::allow in Rust, --allow-http on the command line, options.Http.Allow in C#."
    );
    assert_eq!(runtime.stats().http_requests, 0);
}

#[test]
fn only_what_is_allowed_is_asked() {
    let server = Server::start();
    let grant = HttpGrant::new()
        .allow(&format!("{}echo", server.url()), [Method::POST])
        .allow(&format!("{}hello", server.url()), [Method::GET])
        .address("127.0.0.1");
    let mut runtime = runtime(Some(grant));
    let url = server.url();
    assert_eq!(
        ask(&mut runtime, &format!("{url}hello"), &[]),
        "200 hello w\u{f6}rld"
    );
    for (path, why) in [
        ("large", "no address that the host allows is like it"),
        ("hello/", "no address that the host allows is like it"),
        ("hello%2f..%2flarge", "take it as a step"),
        ("..%3f/hello", "take it as a step"),
        ("hello%0d%0a", "a control character"),
        ("hello%ff", "not UTF-8"),
        ("echo", "there the host allows POST only"),
    ] {
        // `Uri` of .NET leaves such paths as they are.
        let told = ask(&mut runtime, &format!("{url}{path}"), &[]);
        assert!(
            told.starts_with("HttpRequestException: HTTP to http://127.0.0.1:")
                && told.contains(why),
            "{path}: {told}"
        );
    }
    let other = ask(&mut runtime, "http://localhost:1/hello", &[]);
    assert!(other.contains("was not granted"), "{other}");
    let stats = runtime.stats();
    assert_eq!((stats.http_requests, stats.http_received), (9, 12));
    assert_eq!(server.seen().len(), 1, "nothing else went out");
}

#[test]
fn addresses_that_are_not_public_need_a_grant_of_their_own() {
    let server = Server::start();
    let pattern = format!("http://*:{}/*", server.port);
    let mut runtime = runtime(Some(HttpGrant::new().allow(&pattern, [Method::GET])));
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "2130706433",
        "0x7f000001",
        "0",
        "[::ffff:127.0.0.1]",
        "169.254.169.254",
    ] {
        let told = ask(
            &mut runtime,
            &format!("http://{host}:{}/hello", server.port),
            &[],
        );
        assert!(
            told.contains("was not granted: its address is not one of the public network"),
            "{host}: {told}"
        );
    }
    assert!(server.seen().is_empty());
}

/// Says one address after the other.
struct Changing(Vec<IpAddr>, Arc<AtomicU32>);

impl HttpResolver for Changing {
    fn resolve(&self, _: &str) -> HttpFuture<Vec<IpAddr>> {
        let at = self.1.fetch_add(1, Ordering::SeqCst) as usize;
        let address = self.0[at % self.0.len()];
        Box::pin(async move { Ok(vec![address]) })
    }
}

#[test]
fn a_name_is_looked_up_once_and_that_address_is_used() {
    let server = Server::start();
    let asked = Arc::new(AtomicU32::new(0));
    // First an address that is allowed and where nobody is, then the server's, which is not.
    let resolver = Changing(
        vec!["127.0.0.2".parse().unwrap(), "127.0.0.1".parse().unwrap()],
        asked.clone(),
    );
    let grant = HttpGrant::new()
        .allow(
            &format!("http://rebind.test:{}/*", server.port),
            [Method::GET],
        )
        .address("127.0.0.2")
        .resolver(resolver);
    let mut runtime = runtime(Some(grant));
    let url = format!("http://rebind.test:{}/hello", server.port);
    let first = ask(&mut runtime, &url, &[]);
    assert!(first.contains("No connection to rebind.test"), "{first}");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    let second = ask(&mut runtime, &url, &[]);
    assert!(second.contains("was not granted"), "{second}");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert!(server.seen().is_empty());
}

/// Says all of its addresses.
struct Several(Vec<IpAddr>);

impl HttpResolver for Several {
    fn resolve(&self, _: &str) -> HttpFuture<Vec<IpAddr>> {
        let all = self.0.clone();
        Box::pin(async move { Ok(all) })
    }
}

#[test]
fn of_a_names_addresses_only_those_that_may_be_are_connected_to() {
    let server = Server::start();
    let url = format!("http://mixed.test:{}/hello", server.port);
    let told = |addresses: &[&str], allowed: &str| {
        let all = addresses.iter().map(|one| one.parse().unwrap()).collect();
        let grant = HttpGrant::new()
            .allow(
                &format!("http://mixed.test:{}/*", server.port),
                [Method::GET],
            )
            .address(allowed)
            .resolver(Several(all));
        ask(&mut runtime(Some(grant)), &url, &[])
    };
    // The server's is not among them, first or last. Nobody is at the other one.
    for addresses in [["127.0.0.1", "127.0.0.2"], ["127.0.0.2", "127.0.0.1"]] {
        let told = told(&addresses, "127.0.0.2");
        assert!(told.contains("No connection to mixed.test"), "{told}");
    }
    let none = told(
        &["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1"],
        "127.0.0.2",
    );
    assert!(none.contains("was not granted"), "{none}");
    assert!(server.seen().is_empty());
    // Where it is, the others are passed over.
    for addresses in [
        ["10.0.0.1", "127.0.0.1", "169.254.169.254"],
        ["127.0.0.1", "::1", "192.168.0.1"],
    ] {
        assert_eq!(told(&addresses, "127.0.0.1"), "200 hello w\u{f6}rld");
    }
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn redirects_between_encrypted_and_plain_servers_have_the_secrets_of_where_they_lead() {
    let (plain, encrypted) = (Server::start(), Server::encrypted());
    let url = format!("https://localhost:{}/", encrypted.port);
    let grant = HttpGrant::new()
        .secret("key", SECRET)
        .allow(&format!("{url}*"), [Method::GET])
        .header_secret("Authorization", "Bearer {key}")
        .allow(&format!("{}*", plain.url()), [Method::GET])
        .address("127.0.0.1")
        .address("::1")
        .root_certificate(AUTHORITY.0.clone());
    let mut runtime = runtime(Some(grant));
    let down = format!("{url}redirect-to?{}echo", plain.url());
    // .NET follows none that leads from https to http.
    assert_eq!(ask(&mut runtime, &down, &[]), "302 ");
    assert!(plain.seen().is_empty());
    // A program that does so itself has no secret there.
    let told = ask(&mut runtime, &format!("{}echo", plain.url()), &[]);
    assert!(told.starts_with("200 GET /echo"), "{told}");
    assert!(plain.seen()[0].header("authorization").is_empty());
    let up = format!("{}redirect-to?{url}hello", plain.url());
    assert_eq!(ask(&mut runtime, &up, &[]), "200 hello w\u{f6}rld");
    let secret = [format!("Bearer {SECRET}")];
    for seen in encrypted.seen() {
        assert_eq!(seen.header("authorization"), secret, "{}", seen.path);
    }
    assert_eq!((encrypted.seen().len(), plain.seen().len()), (2, 2));
    assert!(plain.seen()[1].header("authorization").is_empty());
}

#[test]
fn redirects_are_checked_and_lose_the_secrets() {
    let (server, other) = (Server::start(), Server::start());
    let grant = HttpGrant::new()
        .secret("key", SECRET)
        .allow(&format!("{}*", server.url()), [Method::GET])
        .header_secret("Authorization", "Bearer {key}")
        .allow(&format!("{}echo", other.url()), [Method::GET])
        .address("127.0.0.1");
    let mut runtime = runtime(Some(grant));
    let url = server.url();
    let at = |to: &str| format!("{url}redirect-to?{to}");
    let same = ask(&mut runtime, &at("/hello"), &[]);
    assert_eq!(same, "200 hello w\u{f6}rld");
    let elsewhere = ask(&mut runtime, &at(&format!("{}echo", other.url())), &[]);
    assert!(
        elsewhere.starts_with("200 GET /echo") && !elsewhere.contains("authorization"),
        "{elsewhere}"
    );
    for to in [
        format!("{}hello", other.url()),
        "http://169.254.169.254/latest/meta-data".into(),
    ] {
        let told = ask(&mut runtime, &at(&to), &[]);
        assert!(told.contains("was not granted"), "{to}: {told}");
    }
    for seen in server.seen() {
        assert_eq!(
            seen.header("authorization"),
            [format!("Bearer {SECRET}")],
            "{}",
            seen.path
        );
    }
    assert_eq!(other.seen().len(), 1);
    assert!(other.seen()[0].header("authorization").is_empty());
}

#[test]
fn a_secret_is_put_in_and_never_shown() {
    let server = Server::start();
    let grant = all_of(&server)
        .secret("key", SECRET)
        .header_secret("Authorization", "Bearer {key}")
        .mask_secrets();
    let mut runtime = runtime(Some(grant.clone()));
    let url = format!("{}secret", server.url());
    // The guest's own header is the host's to set.
    let told = ask(&mut runtime, &url, &["Authorization", "Bearer forged"]);
    let covered = "*".repeat(SECRET.len());
    assert_eq!(told, format!("200 Bearer {covered}"));
    assert_eq!(
        server.seen()[0].header("authorization"),
        [format!("Bearer {SECRET}")]
    );
    assert_eq!(server.seen()[0].header("accept-encoding"), ["identity"]);
    let headers: Vec<String> = runtime.call(WEB, "Web.Asking", "Headers", (&url,)).unwrap();
    assert!(
        headers.contains(&format!("x-echo: got Bearer {covered}")),
        "{headers:?}"
    );
    assert!(
        !headers
            .iter()
            .any(|h| h.starts_with("set-cookie") || h.starts_with("authorization")),
        "{headers:?}"
    );
    // Cookies where they are asked for; not covered where that is not asked for.
    let mut open = crate::runtime(Some(
        all_of(&server)
            .secret("key", SECRET)
            .header_secret("Authorization", "Bearer {key}")
            .show_cookies(),
    ));
    let headers: Vec<String> = open.call(WEB, "Web.Asking", "Headers", (&url,)).unwrap();
    assert!(
        headers.iter().any(|h| h.starts_with("set-cookie: session")),
        "{headers:?}"
    );
    assert_eq!(
        ask(&mut open, &url, &[]),
        format!("200 Bearer {SECRET}session=as-good-as-a-secret")
    );
    assert!(!format!("{grant:?}").contains(SECRET));
}

#[test]
fn headers_that_are_the_hosts_are_dropped_or_refused() {
    let server = Server::start();
    let mut runtime = runtime(Some(all_of(&server)));
    let url = format!("{}echo", server.url());
    let told = ask(
        &mut runtime,
        &url,
        &[
            "Proxy-Authorization",
            "Basic x",
            "Connection",
            "keep-alive, x",
            "TE",
            "trailers",
            "Keep-Alive",
            "1",
            "Expect",
            "100-continue",
            "Proxy-Connection",
            "keep-alive",
            "Trailer",
            "x-sum",
            "X-Mine",
            "1",
        ],
    );
    assert_eq!(
        told,
        "200 GET /echo\naccept-encoding: gzip, deflate, br\nte: trailers\nx-mine: 1\n0 bytes: \n"
    );
    let told = ask(&mut runtime, &url, &["Host", "other.test"]);
    assert!(told.contains("Host header of its own"), "{told}");
    let told = ask(&mut runtime, &url, &["Upgrade", "websocket"]);
    assert!(told.contains("no WebSockets"), "{told}");
    for header in [
        "X-Original-URL",
        "X_HTTP_Method_Override",
        "X-Forwarded-Host",
    ] {
        let told = ask(&mut runtime, &url, &[header, "/admin"]);
        assert!(
            told.contains(&format!("The request's header '{header}' was not granted")),
            "{told}"
        );
    }
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(
        seen[0].header("host"),
        [format!("127.0.0.1:{}", server.port)]
    );
}

fn limited(server: &Server, limit: impl FnOnce(HttpGrant) -> HttpGrant) -> IsolatedRuntime {
    runtime(Some(limit(all_of(server))))
}

#[test]
fn requests_and_bytes_have_their_limits() {
    let server = Server::start();
    let url = |path: &str| format!("{}{path}", server.url());
    let mut few = limited(&server, |grant| grant.max_requests(2));
    assert!(ask(&mut few, &url("hello"), &[]).starts_with("200"));
    assert!(ask(&mut few, &url("hello"), &[]).starts_with("200"));
    assert_eq!(
        ask(&mut few, &url("hello"), &[]),
        "HttpRequestException: The host allows 2 requests, and they are made."
    );
    let mut small = limited(&server, |grant| grant.max_response(100_000));
    let told = ask(&mut small, &url("large"), &[]);
    assert!(
        told.contains("more than the 100000 bytes that the host allows"),
        "{told}"
    );
    assert!(ask(&mut small, &url("hello"), &[]).starts_with("200"));
    let mut little = limited(&server, |grant| grant.max_request(100_000));
    for known in [true, false] {
        for method in ["Upload", "UploadAsync"] {
            let args = (url("sum"), 100_000, known);
            let sum = |runtime: &mut IsolatedRuntime, args: (String, i32, bool)| -> String {
                if method == "Upload" {
                    return runtime.call(WEB, "Web.Asking", method, args).unwrap();
                }
                runtime.call_task(WEB, "Web.Asking", method, args).unwrap()
            };
            assert_eq!(sum(&mut little, args), "200");
            let told = sum(&mut little, (url("sum"), 200_000, known));
            assert!(
                told.contains("more than the 100000 bytes that the host allows"),
                "{known} {method} {told}"
            );
        }
    }
}

#[test]
fn an_exchange_has_its_time() {
    let server = Server::start();
    let mut runtime = limited(&server, |grant| grant.timeout(Duration::from_millis(300)));
    let begun = std::time::Instant::now();
    for path in ["never", "stuck"] {
        let told = ask(&mut runtime, &format!("{}{path}", server.url()), &[]);
        assert!(told.contains("took longer than the"), "{path}: {told}");
    }
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn exchanges_beyond_the_most_wait_for_others() {
    for most in [1, 4] {
        let server = Server::start();
        let mut runtime = limited(&server, |grant| grant.max_concurrent(most));
        let assembly = runtime.load_assembly(WEB).unwrap();
        let code = runtime.run_main(&assembly, &["many", &server.url()]);
        assert_eq!(code.unwrap(), 0);
        let all: Vec<String> = (0..50).map(|i| i.to_string()).collect();
        assert_eq!(runtime.stdout_utf8().trim(), all.join(" "));
        assert_eq!(server.most(), most as usize, "at once");
    }
}

#[test]
fn a_synchronous_upload_is_as_large_as_the_grant_says() {
    let server = Server::start();
    let length = 100 << 20;
    let mut runtime = limited(&server, |grant| grant.max_request(200 << 20));
    let pour = |runtime: &mut IsolatedRuntime, length: i32| -> String {
        let args = (format!("{}count", server.url()), length);
        runtime.call(WEB, "Web.Asking", "Pour", args).unwrap()
    };
    assert_eq!(pour(&mut runtime, length), format!("200 {length}"));
    assert_eq!(runtime.stats().http_sent, 100 << 20);
    let told = pour(&mut runtime, (200 << 20) + 1);
    assert!(
        told.contains("more than the 209715200 bytes that the host allows"),
        "{told}"
    );
}

#[test]
fn encrypted_servers_prove_who_they_are() {
    let server = Server::encrypted();
    let url = format!("https://localhost:{}/hello", server.port);
    let grant = HttpGrant::new()
        .allow(&format!("https://*:{}/*", server.port), [Method::GET])
        .address("127.0.0.0/8")
        .address("::1");
    let told = ask(&mut runtime(Some(grant.clone())), &url, &[]);
    assert!(
        told.starts_with(
            "HttpRequestException: The SSL connection to localhost could not be established"
        ),
        "{told}"
    );
    let mut trusting = runtime(Some(grant.root_certificate(AUTHORITY.0.clone())));
    assert_eq!(ask(&mut trusting, &url, &[]), "200 hello w\u{f6}rld");
    // Another name than the certificate's.
    let told = ask(
        &mut trusting,
        &format!("https://127.0.0.1:{}/hello", server.port),
        &[],
    );
    assert!(told.contains("could not be established"), "{told}");
    for (version, policy, spoken) in [
        ("1.1", 0, "1.1"),
        ("2.0", 0, "2.0"),
        ("2.0", 1, "2.0"),
        ("2.0", 2, "2.0"),
        ("1.1", 1, "2.0"),
        ("1.1", 2, "1.1"),
        ("3.0", 0, "2.0"),
    ] {
        let told: String = trusting
            .call_task(WEB, "Web.Asking", "VersionAsync", (&url, version, policy))
            .unwrap();
        assert_eq!(
            told,
            format!("{spoken} hello w\u{f6}rld"),
            "{version} {policy}"
        );
    }
}

#[test]
fn who_comes_back_to_a_server_has_a_short_handshake_within_a_grant() {
    let server = Server::encrypted();
    let url = |host: &str| format!("https://{host}:{}/closing", server.port);
    let grant = || {
        HttpGrant::new()
            .allow(&format!("https://*:{}/*", server.port), [Method::GET])
            .address("127.0.0.0/8")
            .resolver(Changing(vec!["127.0.0.1".parse().unwrap()], Arc::default()))
            .root_certificate(AUTHORITY.0.clone())
    };
    let shared = grant();
    let (mut first, mut second) = (runtime(Some(shared.clone())), runtime(Some(shared)));
    let mut other = runtime(Some(grant()));
    let asks = |runtime: &mut IsolatedRuntime, host: &str| {
        assert_eq!(ask(runtime, &url(host), &[]), "200 closed");
    };
    asks(&mut first, "localhost");
    asks(&mut second, "localhost");
    // Another name, and another grant.
    asks(&mut second, "api.test");
    asks(&mut other, "localhost");
    let expected = [
        HandshakeKind::Full,
        HandshakeKind::Resumed,
        HandshakeKind::Full,
        HandshakeKind::Full,
    ];
    assert_eq!(server.handshakes(), expected);
}

#[test]
fn headers_behind_a_body_are_headers() {
    let server = Server::start();
    let grant = all_of(&server)
        .secret("key", SECRET)
        .header_secret("X-Authorization", "Bearer {key}")
        .header_secret("Authorization", "Bearer {key}")
        .mask_secrets();
    let mut runtime = runtime(Some(grant));
    let url = format!("{}secret-trailer", server.url());
    let told: String = runtime
        .call_task(WEB, "Web.Trailers", "OfAsync", (url,))
        .unwrap();
    let covered = "*".repeat(SECRET.len());
    assert_eq!(told, format!("body: x-echo=got Bearer {covered}"));
}

#[test]
fn version_2_is_spoken_without_encryption_where_that_is_asked_for() {
    let server = Server::start();
    let mut runtime = runtime(Some(all_of(&server)));
    let url = format!("{}hello", server.url());
    for (version, policy, spoken) in [
        ("2.0", 0, "1.1"),
        ("2.0", 1, "2.0"),
        ("2.0", 2, "2.0"),
        ("1.1", 0, "1.1"),
        ("1.1", 1, "1.1"),
        ("1.0", 0, "1.0"),
        ("3.0", 0, "1.1"),
    ] {
        let told: String = runtime
            .call_task(WEB, "Web.Asking", "VersionAsync", (&url, version, policy))
            .unwrap();
        assert_eq!(
            told,
            format!("{spoken} hello w\u{f6}rld"),
            "{version} {policy}"
        );
    }
    // Nobody speaks the third one here.
    for policy in [1, 2] {
        let told: String = runtime
            .call_task(WEB, "Web.Asking", "VersionAsync", (&url, "3.0", policy))
            .unwrap();
        assert!(told.contains("speaks no HTTP/3"), "{told}");
    }
}

#[test]
fn a_secret_that_is_a_cookie_stands_for_those_of_a_program() {
    let server = Server::start();
    let grant = all_of(&server)
        .secret("key", SECRET)
        .header_secret("Cookie", "session={key}")
        .mask_secrets();
    let mut runtime = runtime(Some(grant));
    let url = format!("{}secret", server.url());
    let told: String = runtime
        .call_task(WEB, "Web.Asking", "CookieAsync", (&url,))
        .unwrap();
    // The container's own is not sent, and the server's new one is not shown.
    let covered = "*".repeat(SECRET.len());
    assert_eq!(told, format!("nonesession={covered} 1"));
    ask(&mut runtime, &url, &["Cookie", "mine=1"]);
    for seen in server.seen() {
        assert_eq!(seen.header("cookie"), [format!("session={SECRET}")]);
    }
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn a_name_in_other_letters_is_asked_for_in_those_of_the_network() {
    let server = Server::start();
    let grant = HttpGrant::new()
        .allow(
            &format!("http://xn--bcher-kva.test:{}/*", server.port),
            [Method::GET],
        )
        .address("127.0.0.1")
        .resolver(Several(vec!["127.0.0.1".parse().unwrap()]));
    let mut runtime = runtime(Some(grant));
    for host in ["b\u{fc}cher.test", "B\u{dc}CHER.test", "xn--bcher-kva.test"] {
        let url = format!("http://{host}:{}/hello", server.port);
        assert_eq!(
            ask(&mut runtime, &url, &[]),
            "200 hello w\u{f6}rld",
            "{host}"
        );
    }
    for seen in server.seen() {
        let host = format!("xn--bcher-kva.test:{}", server.port);
        assert_eq!(seen.header("host"), [host]);
    }
    // One that only looks like it.
    let url = format!("http://bucher.test:{}/hello", server.port);
    let told = ask(&mut runtime, &url, &[]);
    assert!(told.contains("was not granted"), "{told}");
}

#[test]
fn encodings_of_headers_are_refused() {
    let server = Server::start();
    let mut runtime = runtime(Some(all_of(&server)));
    let url = format!("{}hello", server.url());
    for is_of_request in [true, false] {
        let args = (&url, is_of_request);
        let told: String = runtime
            .call_task(WEB, "Web.Asking", "EncodingAsync", args)
            .unwrap();
        assert!(
            told.starts_with("PlatformNotSupportedException: Encodings of headers"),
            "{told}"
        );
    }
    assert!(server.seen().is_empty());
}

/// Answers by itself.
struct Own;

impl HttpTransport for Own {
    fn send(&self, mut request: http::Request<HttpBody>) -> HttpFuture<http::Response<HttpBody>> {
        Box::pin(async move {
            if request.uri().path() == "/fails" {
                return Err(HttpFault::new(HttpFaultKind::Name, "no such name"));
            }
            let mut body = Vec::new();
            while let Some(piece) = request.body_mut().next().await {
                body.extend_from_slice(&piece?);
            }
            let key = request
                .headers()
                .get("x-key")
                .map(|v| v.to_str().unwrap_or_default().to_owned());
            let text = format!(
                "{} {} {key:?} {}",
                request.method(),
                request.uri(),
                body.len()
            );
            Ok(http::Response::new(HttpBody::whole(text)))
        })
    }
}

#[test]
fn an_embedder_puts_its_own_client_in_place() {
    let grant = HttpGrant::new()
        .secret("key", SECRET)
        .allow("https://api.test/*", [Method::GET, Method::POST])
        .header_secret("X-Key", "{key}")
        .transport(Own);
    let mut runtime = runtime(Some(grant));
    assert_eq!(
        ask(&mut runtime, "https://api.test/a?b", &[]),
        format!("200 GET https://api.test/a?b Some(\"{SECRET}\") 0")
    );
    assert_eq!(
        ask(&mut runtime, "https://api.test/fails", &[]),
        "HttpRequestException: no such name <- SocketException"
    );
    assert!(ask(&mut runtime, "https://other.test/", &[]).contains("was not granted"));
}

#[test]
fn a_grant_that_makes_no_sense_is_an_error_of_creation() {
    let create = |grant| HOST.runtime().http(grant).create().map(|_| ()).unwrap_err();
    let error = create(HttpGrant::new().allow("example.com", [Method::GET]));
    assert!(matches!(error, Error::Config { .. }), "{error}");
    assert!(
        error.to_string().contains("is no pattern of addresses"),
        "{error}"
    );
}

#[test]
fn a_waiting_guest_holds_no_thread_of_a_current_thread_executor() {
    let server = Server::start();
    // Nobody is answered before four have asked: where one waits for the other, the time is over first.
    let url = format!("{}together", server.url());
    let grant = all_of(&server).timeout(Duration::from_secs(20));
    let executor = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let asks = async || {
        let runtime = runtime(Some(grant.clone())).into_async().unwrap();
        let args = ("GET", &url, Vec::<String>::new());
        let call = runtime.call::<String>(WEB, "Web.Asking", "AskAsync", args);
        call.await.unwrap()
    };
    let told = executor.block_on(async { tokio::join!(asks(), asks(), asks(), asks()) });
    let here = || "200 all are here".to_owned();
    assert_eq!(told, (here(), here(), here(), here()));
    assert_eq!(server.most(), 4);
}
