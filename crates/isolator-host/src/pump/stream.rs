//! An asynchronous sequence as a stream.

use super::driver::Command;
use super::{AsyncCall, AsyncRuntime, Open, Start};
use crate::error::Result;
use crate::runtime::handle::sealed::Sealed;
use crate::runtime::handle::{IsolatedStream, IsolatedTask};
use futures_core::Stream;
use serde::de::DeserializeOwned;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

/// The elements of an `IAsyncEnumerable<T>`: a [`Stream`]. After an error or the end there are none more.
///
/// Each element is fetched when it is asked for. Dropping the stream before its end signals the token of the enumeration and
/// disposes its enumerator, so that `finally` blocks run.
///
/// ```no_run
/// # async fn example(runtime: isolator_host::AsyncRuntime) -> isolator_host::Result<()> {
/// let mut lines = runtime.call_stream::<String>("App", "App.Log", "FollowAsync", ("today",));
/// while let Some(line) = lines.next().await {
///     println!("{}", line?);
/// }
/// # Ok(()) }
/// ```
#[must_use = "nothing is fetched before the stream is polled"]
pub struct AsyncStream<T> {
    runtime: AsyncRuntime,
    open: Option<Open>,
    /// Set by the driver.
    opened: Arc<OnceLock<IsolatedStream>>,
    fetching: Option<AsyncCall<Vec<T>>>,
    is_over: bool,
}

impl<T: DeserializeOwned> AsyncStream<T> {
    pub(super) fn new(runtime: &AsyncRuntime, open: Open) -> Self {
        Self {
            runtime: runtime.clone(),
            open: Some(open),
            opened: Arc::default(),
            fetching: None,
            is_over: false,
        }
    }

    /// The next element; none at the end.
    pub async fn next(&mut self) -> Option<Result<T>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    fn fetch(&mut self) -> AsyncCall<Vec<T>> {
        let (open, opened) = (self.open.take(), self.opened.clone());
        let start: Start = Box::new(move |runtime| {
            let stream = match (opened.get(), open) {
                (Some(stream), _) => stream,
                (None, Some(open)) => {
                    let stream = open(runtime)?;
                    opened.get_or_init(|| stream)
                }
                (None, None) => return Err(super::gone()),
            };
            runtime.enter(|entry| {
                let raw = entry.next_element(stream.raw(entry.runtime())?)?;
                Ok(IsolatedTask::new(raw, &entry.store.data().releases))
            })
        });
        self.runtime.start(Ok(start))
    }
}

impl<T: DeserializeOwned> Stream for AsyncStream<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        if self.fetching.is_none() {
            self.fetching = Some(self.fetch());
        }
        let Some(fetching) = &mut self.fetching else {
            return Poll::Ready(None);
        };
        let fetched = ready!(Pin::new(fetching).poll(context));
        self.fetching = None;
        let next = match fetched {
            Ok(elements) => elements.into_iter().next().map(Ok),
            Err(error) => Some(Err(error)),
        };
        self.is_over = !matches!(next, Some(Ok(_)));
        Poll::Ready(next)
    }
}

impl<T> Unpin for AsyncStream<T> {}

impl<T> Drop for AsyncStream<T> {
    fn drop(&mut self) {
        if self.is_over || (self.open.is_some() && self.fetching.is_none()) {
            return;
        }
        // Gives up the element that is being fetched, before the stream.
        self.fetching = None;
        let opened = self.opened.clone();
        let close = move |runtime: &mut crate::IsolatedRuntime| {
            if let Some(stream) = opened.get() {
                // A runtime that is dead has nothing left to close.
                let _ = runtime.close_stream(stream);
            }
        };
        let _ = self.runtime.commands.send(Command::With(Box::new(close)));
    }
}

impl<T> fmt::Debug for AsyncStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AsyncStream({:?})", self.runtime)
    }
}
