//! The transport that there is without another: hyper over rustls, HTTP/1.1 and 2. It takes no proxy from the environment, follows no
//! redirect, and adds no header that was not asked for.

use super::connect::{Connector, OWN_LOOKUPS, Tls};
use super::fault::{HttpFault, HttpFaultKind};
use super::grant::Addresses;
use super::line::{self, Line, Lines};
use super::transport::{self, HttpBody, HttpFuture, HttpResolver, HttpTransport, VersionPolicy};
use bytes::Bytes;
use futures_core::Stream;
use http::{Extensions, Request, Response, Version};
use http_body::{Body, Frame};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::error::Error;
use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// How long a connection is kept that nobody uses.
const IDLE: Duration = Duration::from_secs(60);
/// Most connections of a host that are kept.
const KEPT: usize = 8;
/// Most headers of a response.
const HEADERS: usize = 300;
/// Bytes of a response's headers that are read at most.
const HEADER_BYTES: u32 = 256 << 10;

pub(crate) struct Client {
    /// For version 1.1.
    one: Pool<Connector, HttpBody>,
    /// For what the server prefers.
    any: Pool<Connector, HttpBody>,
    /// For version 2 from the first byte on.
    two: Pool<Connector, HttpBody>,
}

impl Client {
    pub(crate) fn new(
        addresses: Addresses,
        resolver: Option<Arc<dyn HttpResolver>>,
        roots: &[Vec<u8>],
    ) -> Self {
        let tls = Arc::new(Tls::new(roots.to_vec()));
        let lines = Arc::new(Lines::default());
        let pool = |protocols, only_2| {
            Pool::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(IDLE)
                .pool_max_idle_per_host(KEPT)
                .http1_max_headers(HEADERS)
                .http1_max_buf_size(HEADER_BYTES as usize)
                .http2_max_header_list_size(HEADER_BYTES)
                .http2_only(only_2)
                .build(Connector {
                    addresses: addresses.clone(),
                    resolver: resolver.clone(),
                    tls: tls.clone(),
                    lines: lines.clone(),
                    protocols,
                })
        };
        Self {
            one: pool(&[b"http/1.1"], false),
            any: pool(&[b"h2", b"http/1.1"], false),
            two: pool(&[b"h2"], true),
        }
    }
}

impl HttpTransport for Client {
    fn send(&self, mut request: Request<HttpBody>) -> HttpFuture<Response<HttpBody>> {
        let policy = request.extensions().get::<VersionPolicy>().copied();
        let policy = policy.unwrap_or(VersionPolicy::OrLower);
        let encrypted = request.uri().scheme_str() == Some("https");
        let pool = match (request.version(), policy) {
            // Nothing less will do, so without encryption it is spoken from the first byte on.
            (Version::HTTP_2, VersionPolicy::OrHigher | VersionPolicy::Exact) => &self.two,
            (Version::HTTP_2, VersionPolicy::OrLower) if encrypted => &self.any,
            // A server can only say that it speaks more where the connection is encrypted.
            (_, VersionPolicy::OrHigher) if encrypted => &self.any,
            _ => &self.one,
        };
        // The connection says whether it is 1.1 or 2.
        if request.version() != Version::HTTP_10 {
            *request.version_mut() = Version::HTTP_11;
        }
        let own = request.extensions_mut().remove::<transport::Share>();
        let most = own.as_ref().map_or(u64::MAX, |own| own.response);
        let body = request.body_mut().tie();
        let connection = capture_connection(&mut request);
        let mut sending = pool.request(request);
        let exchange = async move {
            let mut share: Option<line::Share> = None;
            // Which connection it is, is known within; and it may become another one, if the first was closed meanwhile.
            let response = std::future::poll_fn(|context| {
                let polled = Pin::new(&mut sending).poll(context);
                if let Some(line) = line_of(&connection)
                    && share.as_ref().is_none_or(|share| !share.is_of(&line))
                {
                    share = Some(line::Share::new(line, most, body.clone()));
                }
                polled
            });
            let response = response
                .await
                .map_err(|error| why(share.as_ref(), &error))?;
            Ok(response.map(|body| {
                let length = body.size_hint().exact();
                // Also where it is empty: its share of the connection ends with it.
                HttpBody::frames(Pieces { body, share }, length)
            }))
        };
        match own {
            Some(own) => Box::pin(OWN_LOOKUPS.scope(own.lookups, exchange)),
            None => Box::pin(exchange),
        }
    }
}

fn line_of(connection: &CaptureConnection) -> Option<Arc<Line>> {
    let connected = connection.connection_metadata();
    let mut extras = Extensions::new();
    connected.as_ref()?.get_extras(&mut extras);
    extras.remove::<Arc<Line>>()
}

struct Pieces {
    body: Incoming,
    share: Option<line::Share>,
}

impl Stream for Pieces {
    type Item = Result<Frame<Bytes>, HttpFault>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = Pin::new(&mut self.body).poll_frame(context);
        next.map_err(|error| why(self.share.as_ref(), &error))
    }
}

/// What is told of an error, where the connection may have been ended for a reason of our own.
fn why(share: Option<&line::Share>, error: &(dyn Error + 'static)) -> HttpFault {
    let own = share.and_then(line::Share::fault);
    own.unwrap_or_else(|| told(error))
}

/// The kind of fault that an error of a connection is, if it is one of those.
fn of_io(error: ErrorKind) -> Option<HttpFaultKind> {
    match error {
        ErrorKind::ConnectionReset => Some(HttpFaultKind::Reset),
        ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => {
            Some(HttpFaultKind::Ended)
        }
        // What hyper says of chunks and trailers that are none.
        ErrorKind::InvalidData | ErrorKind::InvalidInput => Some(HttpFaultKind::Invalid),
        _ => None,
    }
}

/// What is told of an error: ours if one is at its bottom.
fn told(error: &(dyn Error + 'static)) -> HttpFault {
    let mut kind = HttpFaultKind::Other;
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(fault) = error.downcast_ref::<HttpFault>() {
            return fault.clone();
        }
        if let Some(hyper) = error.downcast_ref::<hyper::Error>() {
            if hyper.is_parse_too_large() {
                kind = HttpFaultKind::Limit;
            } else if hyper.is_parse() {
                kind = HttpFaultKind::Invalid;
            } else if hyper.is_incomplete_message() || hyper.is_canceled() || hyper.is_closed() {
                kind = HttpFaultKind::Ended;
            } else if hyper.is_timeout() {
                kind = HttpFaultKind::Time;
            }
        }
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            if let Some(fault) = io.get_ref().and_then(|own| own.downcast_ref::<HttpFault>()) {
                return fault.clone();
            }
            kind = of_io(io.kind()).unwrap_or(kind);
        }
        if let Some(two) = error.downcast_ref::<h2::Error>() {
            kind = match two.get_io() {
                Some(io) => of_io(io.kind()).unwrap_or(kind),
                None => HttpFaultKind::Protocol,
            };
        }
        // The texts of these libraries name no address and no file.
        text = error.to_string();
        next = error.source();
    }
    let what = match kind {
        HttpFaultKind::Invalid => "The server's response is not valid HTTP",
        HttpFaultKind::Protocol => "The server ended the exchange, or broke the rules of HTTP/2",
        HttpFaultKind::Limit => "The response has larger headers than the host allows",
        HttpFaultKind::Ended => "The response ended prematurely",
        HttpFaultKind::Reset => "The server broke the connection off",
        _ => "The exchange with the server failed",
    };
    HttpFault::new(kind, format!("{what}: {}.", crate::printable::line(&text)))
}
