//! What makes the requests that were allowed.

use super::fault::HttpFault;
use bytes::Bytes;
use futures_core::Stream;
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

/// What comes later, on threads of the library's own, on which there is a tokio runtime.
pub type HttpFuture<T> = Pin<Box<dyn Future<Output = Result<T, HttpFault>> + Send>>;

/// Makes requests. What comes here was allowed by the grant, and has its secrets in it.
///
/// It follows no redirect, keeps no cookie and decompresses nothing: a guest does that, and what it asks for then is looked at again.
pub trait HttpTransport: Send + Sync + 'static {
    /// Makes a request; ready when the response's headers are there. Dropped, it is given up. Where the request's body ends with an error it
    /// has no end, and the server must not be told one.
    fn send(&self, request: http::Request<HttpBody>) -> HttpFuture<http::Response<HttpBody>>;
}

/// Finds the addresses of a name.
pub trait HttpResolver: Send + Sync + 'static {
    /// The addresses, those to be tried first before others. None of them is used that the grant does not allow.
    fn resolve(&self, name: &str) -> HttpFuture<Vec<IpAddr>>;
}

/// In a request's extensions: which other versions of HTTP than the request's will do, as `HttpVersionPolicy` of .NET has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VersionPolicy {
    OrLower,
    OrHigher,
    Exact,
}

impl VersionPolicy {
    /// By .NET's number.
    pub(crate) fn numbered(number: i32) -> Self {
        match number {
            1 => Self::OrHigher,
            2 => Self::Exact,
            _ => Self::OrLower,
        }
    }
}

/// In a request's extensions: what the exchange has of its runtime's.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    /// Most bytes of the response's body.
    pub response: u64,
    /// The runtime's places to look names up.
    pub lookups: Arc<tokio::sync::Semaphore>,
}

/// What a body consists of, as it comes.
type Frames = Pin<Box<dyn Stream<Item = Result<Frame<Bytes>, HttpFault>> + Send>>;

/// A body, in pieces as they come, and the headers behind it.
pub struct HttpBody {
    frames: Option<Frames>,
    length: Option<u64>,
    trailers: Option<HeaderMap>,
    /// There as long as the body is.
    tie: Option<Arc<()>>,
}

impl HttpBody {
    /// No body.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            frames: None,
            length: Some(0),
            trailers: None,
            tie: None,
        }
    }

    /// Of one piece.
    #[must_use]
    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        if bytes.is_empty() {
            return Self::empty();
        }
        let length = Some(bytes.len() as u64);
        Self::frames(Once(Some(bytes)), length)
    }

    /// Of pieces that come one after the other; with their length, if that is known.
    pub fn pieces(
        pieces: impl Stream<Item = Result<Bytes, HttpFault>> + Send + 'static,
        length: Option<u64>,
    ) -> Self {
        Self::frames(Data(Box::pin(pieces)), length)
    }

    /// Of pieces that come one after the other, and headers behind them (trailers); with the pieces' length, if that is known.
    pub fn frames(
        frames: impl Stream<Item = Result<Frame<Bytes>, HttpFault>> + Send + 'static,
        length: Option<u64>,
    ) -> Self {
        Self {
            frames: Some(Box::pin(frames)),
            length,
            trailers: None,
            tie: None,
        }
    }

    /// The next piece; none at the end.
    pub async fn next(&mut self) -> Option<Result<Bytes, HttpFault>> {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    /// The headers that came behind the body, once it was read to its end.
    pub fn take_trailers(&mut self) -> Option<HeaderMap> {
        self.trailers.take()
    }

    /// What says whether the body is still there, wherever it went.
    pub(crate) fn tie(&mut self) -> Weak<()> {
        Arc::downgrade(self.tie.get_or_insert_default())
    }

    pub(crate) fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, HttpFault>>> {
        loop {
            match std::task::ready!(self.poll_next(context)) {
                None => return Poll::Ready(None),
                Some(Err(fault)) => return Poll::Ready(Some(Err(fault))),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(bytes) => return Poll::Ready(Some(Ok(bytes))),
                    Err(frame) => {
                        self.trailers = frame.into_trailers().ok().or(self.trailers.take())
                    }
                },
            }
        }
    }

    fn poll_next(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpFault>>> {
        match &mut self.frames {
            None => Poll::Ready(None),
            Some(frames) => frames.as_mut().poll_next(context),
        }
    }
}

impl fmt::Debug for HttpBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpBody({:?})", self.length)
    }
}

impl http_body::Body for HttpBody {
    type Data = Bytes;
    type Error = HttpFault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpFault>>> {
        self.poll_next(context)
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.length
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

struct Once(Option<Bytes>);

impl Stream for Once {
    type Item = Result<Frame<Bytes>, HttpFault>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// Pieces with nothing behind them.
struct Data<S>(Pin<Box<S>>);

impl<S: Stream<Item = Result<Bytes, HttpFault>>> Stream for Data<S> {
    type Item = Result<Frame<Bytes>, HttpFault>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.0.as_mut().poll_next(context);
        next.map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}
