//! The body of a request that a guest writes while it is sent.

use super::fault::{HttpFault, HttpFaultKind};
use super::transport::HttpBody;
use bytes::Bytes;
use futures_core::Stream;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Pieces that wait to be sent: a guest that writes more waits.
const WAITING: usize = 4;

pub(crate) type Piece = Result<Bytes, HttpFault>;

/// Where a guest's pieces go.
pub(crate) struct Upload {
    to: Sender<Piece>,
    said: Option<u64>,
    written: u64,
    most: u64,
}

struct Pieces(Receiver<Piece>);

impl Stream for Pieces {
    type Item = Piece;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Piece>> {
        self.0.poll_recv(context)
    }
}

impl Upload {
    /// Of so many bytes, if that is said, and no more than these; and the body that they become.
    pub(crate) fn new(said: Option<u64>, most: u64) -> (Self, HttpBody) {
        let (to, from) = channel(WAITING);
        let upload = Self {
            to,
            said,
            written: 0,
            most,
        };
        (upload, HttpBody::pieces(Pieces(from), said))
    }

    /// Counts a piece. What comes has to be sent to the channel: the piece, or the fault that ends the request.
    pub(crate) fn piece(&mut self, bytes: Bytes) -> (Sender<Piece>, Piece) {
        self.written = self.written.saturating_add(bytes.len() as u64);
        let piece = if self.written > self.most {
            Err(too_large(self.most))
        } else if self.said.is_some_and(|said| self.written > said) {
            Err(self.other_length())
        } else {
            Ok(bytes)
        };
        (self.to.clone(), piece)
    }

    /// Ends the body. What comes is to be sent: its length is not what was said.
    pub(crate) fn end(self) -> Option<(Sender<Piece>, Piece)> {
        let wrong = self.said.is_some_and(|said| said != self.written);
        wrong.then(|| (self.to.clone(), Err(self.other_length())))
    }

    fn other_length(&self) -> HttpFault {
        HttpFault::new(
            HttpFaultKind::Refused,
            format!(
                "The request's Content-Length says {} bytes, and its content has {}{}.",
                self.said.unwrap_or_default(),
                self.written,
                if self.said.is_some_and(|said| self.written > said) {
                    " or more"
                } else {
                    ""
                }
            ),
        )
    }
}

/// The fault of a body that is larger than the grant allows.
pub(crate) fn too_large(most: u64) -> HttpFault {
    HttpFault::new(
        HttpFaultKind::Limit,
        format!("The request's content has more than the {most} bytes that the host allows."),
    )
}
