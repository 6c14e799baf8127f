//! What makes the requests that were allowed.

use super::fault::HttpFault;
use bytes::Bytes;
use futures_core::Stream;
use http_body::{Frame, SizeHint};
use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

/// What comes later, on threads of the library's own, on which there is a tokio runtime.
pub type HttpFuture<T> = Pin<Box<dyn Future<Output = Result<T, HttpFault>> + Send>>;

/// Makes requests. What comes here was allowed by the grant, and has its secrets in it.
///
/// It follows no redirect, keeps no cookie and decompresses nothing: a guest does that, and what it asks for then is looked at again.
pub trait HttpTransport: Send + Sync + 'static {
    /// Makes a request; ready when the response's headers are there. Dropped, it is given up.
    fn send(&self, request: http::Request<HttpBody>) -> HttpFuture<http::Response<HttpBody>>;
}

/// Finds the addresses of a name.
pub trait HttpResolver: Send + Sync + 'static {
    /// The addresses, those to be tried first before others. None of them is used that the grant does not allow.
    fn resolve(&self, name: &str) -> HttpFuture<Vec<IpAddr>>;
}

/// In a request's extensions: whether no other version of HTTP than the request's will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ExactVersion(pub bool);

/// Pieces of a body, as they come.
type Pieces = Pin<Box<dyn Stream<Item = Result<Bytes, HttpFault>> + Send>>;

/// A body, in pieces as they come.
pub struct HttpBody {
    pieces: Option<Pieces>,
    length: Option<u64>,
}

impl HttpBody {
    /// No body.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            pieces: None,
            length: Some(0),
        }
    }

    /// Of one piece.
    #[must_use]
    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        if bytes.is_empty() {
            return Self::empty();
        }
        Self {
            length: Some(bytes.len() as u64),
            pieces: Some(Box::pin(Once(Some(bytes)))),
        }
    }

    /// Of pieces that come one after the other; with their length, if that is known.
    pub fn pieces(
        pieces: impl Stream<Item = Result<Bytes, HttpFault>> + Send + 'static,
        length: Option<u64>,
    ) -> Self {
        Self {
            pieces: Some(Box::pin(pieces)),
            length,
        }
    }

    /// The next piece; none at the end.
    pub async fn next(&mut self) -> Option<Result<Bytes, HttpFault>> {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    pub(crate) fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, HttpFault>>> {
        match &mut self.pieces {
            None => Poll::Ready(None),
            Some(pieces) => pieces.as_mut().poll_next(context),
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
        self.poll(context)
            .map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.length
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

struct Once(Option<Bytes>);

impl Stream for Once {
    type Item = Result<Bytes, HttpFault>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.take().map(Ok))
    }
}
