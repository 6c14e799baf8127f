//! A call as a future.

use super::driver::Command;
use super::{Start, gone};
use crate::border::packing::read_value;
use crate::error::{Error, Result};
use serde::de::DeserializeOwned;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use tokio::sync::{mpsc, oneshot};
use tracing::Span;

/// A call of an [`AsyncRuntime`](super::AsyncRuntime): a future of what the method returns, or the task that it returns
/// ends with.
///
/// Dropping it once it was polled and before it is done signals the `CancellationToken` that the method takes, if it takes one;
/// the method runs on until it looks. Where no future is left that wants anything of the runtime, and its code computes on for a second
/// without giving way, it is stopped: the runtime is then dead, as after [`CancelHandle::cancel`](crate::CancelHandle::cancel).
///
/// A call has the time that [`Limits::call_timeout`](crate::Limits::call_timeout) allows, from when it is started.
#[must_use = "nothing is called before the future is polled"]
pub struct AsyncCall<R> {
    commands: mpsc::UnboundedSender<Command>,
    id: u64,
    stage: Stage,
    dropped: Arc<AtomicBool>,
    /// Bytes that the result may take once it is read.
    most_memory: u64,
    /// From when it is made to when it is dropped.
    span: Span,
    result: PhantomData<fn() -> R>,
}

enum Stage {
    /// Not sent yet.
    Fresh(Start),
    /// It cannot even be sent.
    Refused(Error),
    Pending(oneshot::Receiver<Result<Vec<u8>>>),
    Over,
}

impl<R> AsyncCall<R> {
    pub(super) fn new(
        commands: mpsc::UnboundedSender<Command>,
        id: u64,
        most_memory: u64,
        start: Result<Start>,
        span: Span,
    ) -> Self {
        Self {
            commands,
            id,
            stage: match start {
                Ok(start) => Stage::Fresh(start),
                Err(error) => Stage::Refused(error),
            },
            dropped: Arc::default(),
            most_memory,
            span,
            result: PhantomData,
        }
    }

    /// What it is known by in its runtime, and in one that goes on from there: see [`AsyncRuntime::take_up`](super::AsyncRuntime::take_up).
    #[must_use]
    pub fn number(&self) -> u64 {
        self.id
    }

    /// Says in the span what is called.
    pub(super) fn named(self, method: &str) -> Self {
        self.span.record("method", method);
        self
    }
}

impl<R: DeserializeOwned> Future for AsyncCall<R> {
    type Output = Result<R>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<R>> {
        let outcome = {
            let _entered = self.span.clone().entered();
            self.poll_result(context)
        };
        if let Poll::Ready(Err(_)) = outcome {
            self.span.record("otel.status_code", "ERROR");
        }
        outcome
    }
}

impl<R: DeserializeOwned> AsyncCall<R> {
    fn poll_result(&mut self, context: &mut Context<'_>) -> Poll<Result<R>> {
        loop {
            match std::mem::replace(&mut self.stage, Stage::Over) {
                Stage::Fresh(start) => {
                    let (done, result) = oneshot::channel();
                    let id = self.id;
                    let sent = self.commands.send(Command::Start {
                        id,
                        start,
                        dropped: self.dropped.clone(),
                        done,
                    });
                    if sent.is_err() {
                        return Poll::Ready(Err(gone()));
                    }
                    self.stage = Stage::Pending(result);
                }
                Stage::Refused(error) => return Poll::Ready(Err(error)),
                Stage::Pending(mut result) => {
                    let polled = Pin::new(&mut result).poll(context);
                    if polled.is_pending() {
                        self.stage = Stage::Pending(result);
                    }
                    let outcome = ready!(polled).unwrap_or_else(|_| Err(gone()));
                    return Poll::Ready(
                        outcome.and_then(|bytes| read_value(&bytes, self.most_memory)),
                    );
                }
                Stage::Over => panic!("`AsyncCall` was polled after it was done"),
            }
        }
    }
}

impl<R> Drop for AsyncCall<R> {
    fn drop(&mut self) {
        if matches!(self.stage, Stage::Pending(_)) {
            self.dropped.store(true, Ordering::Relaxed);
            // Without a driver there is nothing to cancel.
            let _ = self.commands.send(Command::Cancel(self.id));
        }
    }
}

impl<R> fmt::Debug for AsyncCall<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.stage {
            Stage::Fresh(_) => "not started",
            Stage::Refused(_) => "refused",
            Stage::Pending(_) => "pending",
            Stage::Over => "over",
        };
        write!(f, "AsyncCall({}, {stage})", self.id)
    }
}
