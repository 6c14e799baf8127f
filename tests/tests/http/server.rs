//! A server on this machine's own address, for tests: HTTP/1.1 and 2, encrypted or not.

use crate::digest;
use crate::packed::{bomb, packed};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full, channel::Channel};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{HandshakeKind, ServerConfig};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::Barrier;
use tokio_rustls::TlsAcceptor;

/// What a request was, as a server saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub path: String,
    pub headers: Vec<(String, String)>,
}

impl Seen {
    /// The values of a header.
    pub fn header(&self, name: &str) -> Vec<&str> {
        let found = self.headers.iter().filter(|(n, _)| n == name);
        found.map(|(_, value)| &**value).collect()
    }
}

/// A server. It lives as long as the process.
pub struct Server {
    pub port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    handshakes: Arc<Mutex<Vec<HandshakeKind>>>,
    busy: Option<Arc<Busy>>,
}

/// How many requests a server answers at once.
struct Busy {
    now: AtomicUsize,
    most: AtomicUsize,
    /// Lets nobody go on before four are here.
    four: Barrier,
}

/// One of these.
struct One<'a>(&'a Busy);

impl<'a> One<'a> {
    fn of(busy: &'a Busy) -> Self {
        let now = busy.now.fetch_add(1, Ordering::SeqCst) + 1;
        busy.most.fetch_max(now, Ordering::SeqCst);
        Self(busy)
    }
}

impl Drop for One<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

pub type Body = BoxBody<Bytes, std::io::Error>;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// The tests' own authority, and its certificate, DER.
static ROOT: LazyLock<(Vec<u8>, rcgen::Issuer<'static, rcgen::KeyPair>)> = LazyLock::new(authority);

/// An authority, and its certificate, DER.
fn authority() -> (Vec<u8>, rcgen::Issuer<'static, rcgen::KeyPair>) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    // Of another name than the servers': a certificate of its issuer's name is taken for one that signs itself.
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, "authority of tests");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root = params.self_signed(&key).unwrap();
    (root.der().to_vec(), rcgen::Issuer::new(params, key))
}

/// The certificate of the tests' own authority, DER, and what a server shows.
pub static AUTHORITY: LazyLock<(Vec<u8>, Arc<ServerConfig>)> =
    LazyLock::new(|| (ROOT.0.clone(), shown(|_| {})));

/// What a server shows whose certificate was one until 2020.
static EXPIRED: LazyLock<Arc<ServerConfig>> =
    LazyLock::new(|| shown(|params| params.not_after = rcgen::date_time_ymd(2020, 1, 1)));

/// What a server shows whose authority nobody knows.
static UNKNOWN: LazyLock<Arc<ServerConfig>> = LazyLock::new(|| shown_by(&authority().1, |_| {}));

/// A certificate of the authority's, with its key.
fn shown(change: impl FnOnce(&mut rcgen::CertificateParams)) -> Arc<ServerConfig> {
    shown_by(&ROOT.1, change)
}

fn shown_by(
    authority: &rcgen::Issuer<'static, rcgen::KeyPair>,
    change: impl FnOnce(&mut rcgen::CertificateParams),
) -> Arc<ServerConfig> {
    let own = rcgen::KeyPair::generate().unwrap();
    let names = vec!["localhost".to_owned(), "api.test".to_owned()];
    let mut params = rcgen::CertificateParams::new(names).unwrap();
    change(&mut params);
    let certificate = params.signed_by(&own, authority).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.serialize_der())),
        )
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config)
}

impl Server {
    /// One that answers as `routes` says.
    pub fn start() -> Self {
        Self::with(None)
    }

    /// The same, encrypted.
    pub fn encrypted() -> Self {
        Self::with(Some(TlsAcceptor::from(AUTHORITY.1.clone())))
    }

    fn with(tls: Option<TlsAcceptor>) -> Self {
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let handshakes: Arc<Mutex<Vec<HandshakeKind>>> = Arc::default();
        let busy = Arc::new(Busy {
            now: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            four: Barrier::new(4),
        });
        let (log, kinds, counted) = (seen.clone(), handshakes.clone(), busy.clone());
        let port = listen(move |stream| {
            let (log, tls, kinds) = (log.clone(), tls.clone(), kinds.clone());
            let busy = counted.clone();
            async move {
                let service = service_fn(move |request: Request<Incoming>| {
                    note(&log, &request);
                    let busy = busy.clone();
                    async move {
                        let _one = One::of(&busy);
                        Ok::<_, std::io::Error>(answer(request, &busy).await)
                    }
                });
                let builder = Builder::new(TokioExecutor::new());
                let _ = match tls {
                    None => {
                        builder
                            .serve_connection(TokioIo::new(stream), service)
                            .await
                    }
                    Some(tls) => match tls.accept(stream).await {
                        Ok(stream) => {
                            let kind = stream.get_ref().1.handshake_kind();
                            kinds
                                .lock()
                                .unwrap_or_else(PoisonError::into_inner)
                                .extend(kind);
                            builder
                                .serve_connection(TokioIo::new(stream), service)
                                .await
                        }
                        Err(_) => Ok(()),
                    },
                };
            }
        });
        Self {
            port,
            seen,
            handshakes,
            busy: Some(busy),
        }
    }

    /// One that sends these bytes to whoever connects and has sent something, then what `then` does with the connection.
    pub fn raw<F>(
        bytes: &'static [u8],
        then: impl Fn(TcpStream) -> F + Clone + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::own(move |mut stream| {
            let then = then.clone();
            async move {
                let mut request = [0; 10_000];
                let _ = stream.read(&mut request).await;
                if stream.write_all(bytes).await.is_ok() {
                    then(stream).await;
                }
            }
        })
    }

    /// One that does what `each` does with whoever connects.
    pub fn own<F>(each: impl Fn(TcpStream) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self {
            port: listen(each),
            seen: Arc::default(),
            handshakes: Arc::default(),
            busy: None,
        }
    }

    /// Encrypted, with a certificate whose time is over.
    pub fn expired() -> Self {
        Self::with(Some(TlsAcceptor::from(EXPIRED.clone())))
    }

    /// Encrypted, with a certificate of an authority that nobody knows.
    pub fn unknown() -> Self {
        Self::with(Some(TlsAcceptor::from(UNKNOWN.clone())))
    }

    /// Encrypted, with a choice of these protocols; with none of them it does not choose at all.
    pub fn encrypted_for(protocols: &[&str]) -> Self {
        let mut config = ServerConfig::clone(&AUTHORITY.1);
        config.alpn_protocols = protocols.iter().map(|p| p.as_bytes().to_vec()).collect();
        Self::with(Some(TlsAcceptor::from(Arc::new(config))))
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Most requests that it was answering at once.
    pub fn most(&self) -> usize {
        let busy = self.busy.as_ref();
        busy.map_or(0, |busy| busy.most.load(Ordering::SeqCst))
    }

    /// How connections were begun so far.
    pub fn handshakes(&self) -> Vec<HandshakeKind> {
        self.handshakes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// What was asked so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn listen<F>(each: impl Fn(TcpStream) -> F + Send + Sync + 'static) -> u16
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    RUNTIME.spawn(async move {
        let listener = TcpListener::from_std(listener).unwrap();
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(each(stream));
        }
    });
    port
}

fn note(log: &Mutex<Vec<Seen>>, request: &Request<Incoming>) {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = request.headers().iter();
    let seen = Seen {
        path: request
            .uri()
            .path_and_query()
            .map_or("", |p| p.as_str())
            .to_owned(),
        headers: headers
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect(),
    };
    log.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(seen);
}

fn full(text: impl Into<Bytes>) -> Body {
    Full::new(text.into())
        .map_err(|never| match never {})
        .boxed()
}

fn text(text: impl Into<Bytes>) -> Response<Body> {
    Response::builder()
        .header("content-type", "text/plain; charset=utf-8")
        .body(full(text))
        .unwrap()
}

fn to(status: u16, location: &str) -> Response<Body> {
    Response::builder()
        .status(status)
        .header("location", location)
        .body(Empty::new().map_err(|never| match never {}).boxed())
        .unwrap()
}

/// What comes behind the body of `/trailers`.
const TRAILERS: &[(&str, &str)] = &[
    ("x-sum", "17"),
    ("x-several", "one"),
    ("x-several", "two, three"),
    ("etag", "\"late\""),
    ("grpc-status", "0"),
];

/// The body of `/large`.
pub fn large() -> Vec<u8> {
    (0..3_000_000u32).map(|i| (i % 251) as u8).collect()
}

async fn answer(request: Request<Incoming>, busy: &Busy) -> Response<Body> {
    let path = request.uri().path().trim_start_matches('/').to_owned();
    let header = |name: &str| -> Option<String> {
        let value = request.headers().get(name)?;
        Some(value.to_str().unwrap_or_default().to_owned())
    };
    match path.split_once('/').unwrap_or((&path, "")) {
        ("hello", _) => text("hello w\u{f6}rld"),
        ("status", number) => Response::builder()
            .status(number.parse::<u16>().unwrap())
            .body(full(""))
            .unwrap(),
        ("number", number) => {
            tokio::time::sleep(Duration::from_millis(20)).await;
            text(number.to_owned())
        }
        ("later", _) => {
            tokio::time::sleep(Duration::from_millis(700)).await;
            text("later")
        }
        ("closing", _) => Response::builder()
            .header("connection", "close")
            .body(full("closed"))
            .unwrap(),
        ("headers", _) => Response::builder()
            .header("x-several", "one")
            .header("x-several", "two, three")
            .header("x-empty", "")
            .header("x-odd", http::HeaderValue::from_bytes(b"caf\xe9").unwrap())
            .header("etag", "\"tag\"")
            .header("last-modified", "Thu, 01 Jan 1970 00:00:00 GMT")
            .header("cache-control", "no-store, max-age=0")
            .body(full("x"))
            .unwrap(),
        ("json", _) => Response::builder()
            .header("content-type", "application/json")
            .body(full(r#"{"name":"thing","number":3}"#))
            .unwrap(),
        ("json-list", _) => Response::builder()
            .header("content-type", "application/json")
            .body(full(r#"[{"name":"a","number":1},{"name":"b","number":2}]"#))
            .unwrap(),
        ("redirect", "0" | "") => text("arrived"),
        ("redirect", number) => {
            let next = number.parse::<u32>().unwrap() - 1;
            to(302, &format!("/redirect/{next}"))
        }
        ("redirect-post", _) => to(307, "/echo"),
        ("redirect-as", status) => {
            let status = status.parse().unwrap();
            let location = request.uri().query().unwrap_or_default().to_owned();
            // All of it: a server that closes with something unread breaks the connection off.
            let _ = request.into_body().collect().await;
            to(status, &location)
        }
        ("redirect-to", _) => to(302, request.uri().query().unwrap_or_default()),
        ("loop", _) => to(302, "/loop"),
        ("cookies", "set") => {
            let mut response = to(302, "/cookies/get");
            response
                .headers_mut()
                .append("set-cookie", "a=1; Path=/".parse().unwrap());
            response
                .headers_mut()
                .append("set-cookie", "b=2; Path=/; HttpOnly".parse().unwrap());
            response
        }
        ("cookies", "set-only") => Response::builder()
            .header("set-cookie", "c=3")
            .header("set-cookie", "d=4")
            .body(full(""))
            .unwrap(),
        ("cookies", _) => text(header("cookie").unwrap_or_else(|| "none".into())),
        ("gzip", _) => {
            if !header("accept-encoding")
                .unwrap_or_default()
                .contains("gzip")
            {
                return text("plain ".repeat(1000));
            }
            encoded(packed("gzip"))
        }
        ("packed", "stuck") => {
            let (words, mut begun) = packed("gzip");
            begun.truncate(20);
            Response::builder()
                .header("content-encoding", words)
                .body(stuck(begun))
                .unwrap()
        }
        ("packed", kind) => encoded(packed(kind)),
        ("bomb", kind) => encoded(bomb(kind)),
        ("basic", _) => match header("authorization") {
            Some(value) if value == "Basic dXNlcjp3b3Jk" => text("welcome"),
            _ => Response::builder()
                .status(401)
                .header("www-authenticate", "Basic realm=\"here\"")
                .body(full(""))
                .unwrap(),
        },
        ("digest", kind) => {
            let kind = kind.to_owned();
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map(|body| body.to_bytes());
            if digest::is_right(&kind, &parts, &body.unwrap_or_default()) {
                return text("welcome");
            }
            let mut response = Response::builder().status(401);
            for challenge in digest::challenge(&kind) {
                response = response.header("www-authenticate", challenge);
            }
            response.body(full("")).unwrap()
        }
        ("trailers", _) => {
            let (mut sender, body) = Channel::<Bytes, std::io::Error>::new(1);
            tokio::spawn(async move {
                for piece in ["first ", "second"] {
                    let _ = sender.send_data(piece.into()).await;
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                let mut trailers = http::HeaderMap::new();
                for (name, value) in TRAILERS {
                    trailers.append(*name, http::HeaderValue::from_static(value));
                }
                let _ = sender.send_trailers(trailers).await;
            });
            let names: Vec<&str> = TRAILERS.iter().map(|(name, _)| *name).collect();
            Response::builder()
                .header("trailer", names.join(", "))
                .body(body.boxed())
                .unwrap()
        }
        ("secret-trailer", _) => {
            let value = header("authorization").unwrap_or_else(|| "none".into());
            let (mut sender, body) = Channel::<Bytes, std::io::Error>::new(1);
            tokio::spawn(async move {
                let _ = sender.send_data("body".into()).await;
                let mut trailers = http::HeaderMap::new();
                trailers.append("x-echo", format!("got {value}").parse().unwrap());
                trailers.append("x-authorization", value.parse().unwrap());
                let _ = sender.send_trailers(trailers).await;
            });
            Response::builder()
                .header("trailer", "x-echo, x-authorization")
                .body(body.boxed())
                .unwrap()
        }
        ("secret", _) => {
            let value = header("authorization").unwrap_or_else(|| "none".into());
            let cookies = header("cookie").unwrap_or_default();
            Response::builder()
                .header("x-echo", format!("got {value}"))
                .header("authorization", value.clone())
                .header("set-cookie", "session=as-good-as-a-secret")
                .body(pieces(
                    value
                        .bytes()
                        .map(|b| vec![b])
                        .chain([cookies.into_bytes()])
                        .collect(),
                    1,
                ))
                .unwrap()
        }
        ("large", _) => Response::builder().body(full(large())).unwrap(),
        ("pieces", _) => {
            let lines = (0..5).map(|i| format!("line {i}\n").into_bytes()).collect();
            Response::builder().body(pieces(lines, 20)).unwrap()
        }
        ("never", _) => {
            tokio::time::sleep(Duration::from_secs(600)).await;
            text("at last")
        }
        ("stuck", _) => Response::builder().body(stuck(b"begun".to_vec())).unwrap(),
        ("together", _) => {
            busy.four.wait().await;
            text("all are here")
        }
        ("cut", _) => {
            let (mut sender, body) = Channel::<Bytes, std::io::Error>::new(1);
            tokio::spawn(async move {
                let _ = sender.send_data("begun".into()).await;
                tokio::time::sleep(Duration::from_millis(20)).await;
                sender.abort(std::io::Error::other("cut"));
            });
            Response::builder()
                .header("content-length", "100")
                .body(body.boxed())
                .unwrap()
        }
        ("query", _) => text(
            request
                .uri()
                .path_and_query()
                .map_or("", |p| p.as_str())
                .to_owned(),
        ),
        ("version", _) => text(format!("{:?}", request.version())),
        ("count", _) => {
            let (mut body, mut count) = (request.into_body(), 0);
            while let Some(Ok(frame)) = body.frame().await {
                count += frame.data_ref().map_or(0, Bytes::len);
            }
            text(count.to_string())
        }
        ("sum", _) => match request.into_body().collect().await {
            Ok(body) => {
                let bytes = body.to_bytes();
                let sum = bytes.iter().fold(7u64, |sum, b| {
                    sum.wrapping_mul(31).wrapping_add(u64::from(*b))
                });
                text(format!("{} {sum}", bytes.len()))
            }
            Err(_) => Response::builder().status(400).body(full("")).unwrap(),
        },
        ("echo", _) => echo(request).await,
        _ => Response::builder()
            .status(StatusCode::NOT_FOUND)
            .body(full("not found"))
            .unwrap(),
    }
}

fn encoded((words, body): (&'static str, Vec<u8>)) -> Response<Body> {
    Response::builder()
        .header("content-encoding", words)
        .body(full(body))
        .unwrap()
}

/// Begins, and goes on with nothing.
fn stuck(begun: Vec<u8>) -> Body {
    let (mut sender, body) = Channel::<Bytes, std::io::Error>::new(1);
    tokio::spawn(async move {
        let _ = sender.send_data(begun.into()).await;
        tokio::time::sleep(Duration::from_secs(600)).await;
    });
    body.boxed()
}

fn pieces(pieces: Vec<Vec<u8>>, pause: u64) -> Body {
    let (mut sender, body) = Channel::<Bytes, std::io::Error>::new(1);
    tokio::spawn(async move {
        for piece in pieces {
            if !piece.is_empty() && sender.send_data(piece.into()).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
    });
    body.boxed()
}

/// Says what was asked: the line, the headers that programs set, and the body.
async fn echo(request: Request<Incoming>) -> Response<Body> {
    let mut told = format!("{} {}\n", request.method(), request.uri().path());
    let mut headers: Vec<String> = request
        .headers()
        .iter()
        .filter(|(name, _)| {
            !matches!(
                name.as_str(),
                "host" | "connection" | "traceparent" | "transfer-encoding"
            )
        })
        .map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    headers.sort();
    told.extend(headers);
    if let Ok(body) = request.into_body().collect().await {
        let body = body.to_bytes();
        told.push_str(&format!("{} bytes: {}\n", body.len(), body.escape_ascii()));
    }
    text(told)
}
