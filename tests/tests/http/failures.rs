//! Requests that fail: inside they are the exceptions that they are natively.

use crate::programs::natively;
use crate::server::{AUTHORITY, Server};
use crate::{WEB, runtime, version2};
use isolator_host::http::{
    HttpBody, HttpFault, HttpFaultKind, HttpFuture, HttpGrant, HttpTransport, Method,
};
use isolator_tests::assert_same_text;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn nothing(_: TcpStream) {}

/// Sends more headers than .NET and the host read.
async fn many_headers(mut stream: TcpStream) {
    let line = format!("x: {}\r\n", "a".repeat(1000));
    let lines = format!("{}\r\n", line.repeat(100));
    let _ = stream.write_all(lines.as_bytes()).await;
    // Until the other side has had enough.
    let _ = stream.read(&mut [0; 100]).await;
}

/// What each of these requests comes to, inside and natively: `VERSION POLICY URL`.
fn compare(what: &str, requests: &[String]) {
    let grant = HttpGrant::new()
        .allow("http://*:*", [Method::GET])
        .allow("https://*:*", [Method::GET])
        .address("127.0.0.1")
        .address("::1")
        .root_certificate(AUTHORITY.0.clone());
    let mut args = vec!["failures"];
    args.extend(requests.iter().map(String::as_str));
    let mut runtime = runtime(Some(grant));
    let assembly = runtime.load_assembly(WEB).unwrap();
    let code = runtime.run_main(&assembly, &args);
    let out = runtime.stdout_utf8();
    assert_eq!(code.unwrap(), 0, "{out}{}", runtime.stderr_utf8());
    assert_same_text(what, &natively(&args), &out);
    assert!(
        out.lines()
            .all(|line| line.starts_with("HttpRequestException ")),
        "{what}: {out}"
    );
}

#[test]
fn connections_that_do_not_come_about() {
    compare(
        "connections",
        &[
            // Nothing listens there, and nobody has that name.
            "1.1 0 http://127.0.0.1:1/".to_owned(),
            "1.1 0 http://nowhere.invalid/".to_owned(),
        ],
    );
}

#[test]
fn answers_that_are_none() {
    const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab";
    const NO_CHUNK: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nab\r\n";
    const TRUNCATED: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegun";
    let servers = [
        Server::raw(b"nothing of HTTP\r\n\r\n", nothing),
        Server::raw(b"HTTP/1.1 2x0 OK\r\n\r\n", nothing),
        Server::raw(b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n", nothing),
        Server::raw(b"HTTP/1.1 200 OK\r\n", many_headers),
        Server::raw(b"", nothing),
        Server::raw(TRUNCATED, nothing),
        Server::raw(CHUNKED, nothing),
        Server::raw(NO_CHUNK, nothing),
        // What closes with something unread breaks the connection off.
        Server::own(|mut stream| async move {
            let _ = stream.read(&mut [0]).await;
        }),
    ];
    let requests = servers.each_ref().map(|s| format!("1.1 0 {}", s.url()));
    compare("answers", &requests);
    let reset = version2::resetting();
    compare("a reset", &[format!("2.0 2 {}", reset.url())]);
}

#[test]
fn encryption_that_does_not_come_about() {
    let at = |host: &str, server: &Server| format!("https://{host}:{}/hello", server.port);
    let (unknown, expired) = (Server::unknown(), Server::expired());
    let (good, plain) = (
        Server::encrypted(),
        Server::raw(b"HTTP/1.1 400 Bad Request\r\n\r\n", nothing),
    );
    // One that ends the handshake where it has nothing to choose, and one that goes on with HTTP/1.1.
    let (strict, old) = (
        Server::encrypted_for(&["http/1.1"]),
        Server::encrypted_for(&[]),
    );
    compare(
        "encryption",
        &[
            format!("1.1 0 {}", at("localhost", &unknown)),
            format!("1.1 0 {}", at("localhost", &expired)),
            // The certificate has another name.
            format!("1.1 0 {}", at("127.0.0.1", &good)),
            format!("1.1 0 {}", at("localhost", &plain)),
            format!("2.0 2 {}", at("localhost", &strict)),
            format!("2.0 1 {}", at("localhost", &strict)),
            format!("2.0 2 {}", at("localhost", &old)),
            format!("2.0 1 {}", at("localhost", &old)),
        ],
    );
}

/// What a fault of each kind is to a program. What no server on this machine can do is here, too.
const KINDS: &[(HttpFaultKind, &str)] = &[
    (HttpFaultKind::Refused, "Unknown"),
    (HttpFaultKind::Limit, "ConfigurationLimitExceeded"),
    (HttpFaultKind::Time, "Unknown TimeoutException"),
    (
        HttpFaultKind::Name,
        "NameResolutionError SocketException HostNotFound",
    ),
    (
        HttpFaultKind::NameLater,
        "NameResolutionError SocketException TryAgain",
    ),
    (
        HttpFaultKind::Connection,
        "ConnectionError SocketException ConnectionRefused",
    ),
    (
        HttpFaultKind::Unanswered,
        "ConnectionError SocketException TimedOut",
    ),
    (
        HttpFaultKind::HostUnreachable,
        "ConnectionError SocketException HostUnreachable",
    ),
    (
        HttpFaultKind::NetworkUnreachable,
        "ConnectionError SocketException NetworkUnreachable",
    ),
    (
        HttpFaultKind::Tls,
        "SecureConnectionError AuthenticationException",
    ),
    (HttpFaultKind::Version, "VersionNegotiationError"),
    (HttpFaultKind::Invalid, "InvalidResponse"),
    (
        HttpFaultKind::Protocol,
        "HttpProtocolError HttpProtocolException",
    ),
    (HttpFaultKind::Ended, "ResponseEnded HttpIOException"),
    (HttpFaultKind::Reset, "Unknown IOException ConnectionReset"),
    (HttpFaultKind::Other, "Unknown"),
];

/// Fails as the number in a request's path says.
struct Failing;

impl HttpTransport for Failing {
    fn send(&self, request: http::Request<HttpBody>) -> HttpFuture<http::Response<HttpBody>> {
        let at: usize = request.uri().path().trim_matches('/').parse().unwrap();
        let (kind, _) = KINDS[at];
        Box::pin(async move { Err(HttpFault::new(kind, "it failed")) })
    }
}

#[test]
fn each_kind_of_fault_is_the_exception_that_dotnet_has_for_it() {
    let grant = HttpGrant::new()
        .allow("https://api.test/*", [Method::GET])
        .transport(Failing);
    let mut runtime = runtime(Some(grant));
    for (at, (kind, expected)) in KINDS.iter().enumerate() {
        let url = format!("https://api.test/{at}");
        let told: String = runtime
            .call_task(WEB, "Web.Failures", "OfAsync", (url, "1.1", 0))
            .unwrap();
        assert_eq!(told, format!("HttpRequestException {expected}"), "{kind:?}");
    }
}
