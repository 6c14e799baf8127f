//! The body of a request: what a guest gave whole, or writes while it is sent.
//!
//! The guest's side and the connection's share it. What waits between them is bounded (a guest that writes more waits) and counted, and an
//! end is an end only where the guest said so: whatever is given up before fails the request, so that no server takes a part for the whole.

use super::fault::{HttpFault, HttpFaultKind};
use super::transport::HttpBody;
use bytes::Bytes;
use futures_core::Stream;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Most bytes that are handed to the connection at once, and most that wait for it.
const PIECE: usize = 256 << 10;

/// A place among the exchanges that are under way: the response's reader has it, and so has the body until the connection is done with it.
/// Else a server that answers before it reads would leave the host with any number of bodies.
pub(crate) type Place = Arc<OwnedSemaphorePermit>;

/// The guest's side. Dropped before the body is complete, it fails the request.
pub(crate) struct Upload {
    shared: Arc<Shared>,
    said: Option<u64>,
    most: u64,
    /// What is complete may go on by itself.
    is_left: bool,
}

struct Shared {
    state: Mutex<State>,
    /// Bytes that may be handed over: none before the exchange has its place.
    room: Arc<Semaphore>,
    /// Most of these.
    window: usize,
    /// Bytes that wait, of all exchanges of the runtime.
    waiting: Arc<AtomicU64>,
}

#[derive(Default)]
struct State {
    pieces: VecDeque<Piece>,
    /// Bytes that the guest began to write, and those that came here: the body is complete where these are the same.
    announced: u64,
    given: u64,
    is_finished: bool,
    /// Nobody wants more.
    is_gone: bool,
    fault: Option<HttpFault>,
    place: Option<Place>,
    waker: Option<Waker>,
}

impl State {
    /// Whether nobody wants more, or it has failed.
    fn is_over(&self) -> bool {
        self.is_gone || self.fault.is_some()
    }
}

struct Piece {
    bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, bytes: &Bytes) {
        self.waiting
            .fetch_add(bytes.len() as u64, Ordering::Relaxed);
    }

    fn waits_no_more(&self, bytes: usize) {
        self.waiting.fetch_sub(bytes as u64, Ordering::Relaxed);
    }

    /// Lets go of what waits. It is dropped once the lock is.
    fn clear(&self, state: &mut State) -> VecDeque<Piece> {
        let gone = std::mem::take(&mut state.pieces);
        self.waits_no_more(gone.iter().map(|piece| piece.bytes.len()).sum());
        self.room.close();
        gone
    }

    /// Ends the request with a fault, unless it has ended.
    fn fail(&self, fault: HttpFault) {
        let mut state = self.state();
        if state.is_over() {
            return;
        }
        state.fault = Some(fault);
        let (gone, waker) = (self.clear(&mut state), state.waker.take());
        drop(state);
        drop(gone);
        waker.into_iter().for_each(Waker::wake);
    }

    /// Hands a piece over. Whether it is wanted.
    fn push(&self, bytes: Bytes, room: OwnedSemaphorePermit) -> bool {
        let mut state = self.state();
        if state.is_over() {
            return false;
        }
        state.given += bytes.len() as u64;
        self.wait(&bytes);
        state.pieces.push_back(Piece {
            bytes,
            _room: Some(room),
        });
        let waker = state.waker.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
        true
    }

    /// What the connection takes next.
    fn next(&self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, HttpFault>>> {
        let mut state = self.state();
        // Each time: nobody must take what follows an error for the end.
        if let Some(fault) = &state.fault {
            return Poll::Ready(Some(Err(fault.clone())));
        }
        let Some(mut piece) = state.pieces.pop_front() else {
            if state.is_finished && state.given == state.announced {
                return Poll::Ready(None);
            }
            state.waker = Some(context.waker().clone());
            return Poll::Pending;
        };
        let bytes = part(&mut piece.bytes, PIECE);
        self.waits_no_more(bytes.len());
        if !piece.bytes.is_empty() {
            state.pieces.push_front(piece);
        }
        Poll::Ready(Some(Ok(bytes)))
    }
}

/// The first of these bytes. Copied where they are not all: a part of a large piece would keep all of that.
fn part(bytes: &mut Bytes, most: usize) -> Bytes {
    if bytes.len() <= most {
        return std::mem::take(bytes);
    }
    Bytes::copy_from_slice(&bytes.split_to(most))
}

/// The connection's side.
struct Pieces(Arc<Shared>);

impl Stream for Pieces {
    type Item = Result<Bytes, HttpFault>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.next(context)
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.is_gone = true;
        let (gone, place) = (self.0.clear(&mut state), state.place.take());
        drop(state);
        drop((gone, place));
    }
}

/// Lets an exchange's body begin, and knows how it went.
pub(crate) struct Opening(Arc<Shared>);

impl Opening {
    /// The exchange has its place.
    pub(crate) fn open(&self, place: Place) {
        let mut state = self.0.state();
        if !state.is_gone {
            state.place = Some(place);
        }
        drop(state);
        self.0.room.add_permits(self.0.window);
    }

    /// Why the body has no end, where that is so: a connection of version 2 only knows that it was told to stop.
    pub(crate) fn fault(&self) -> Option<HttpFault> {
        self.0.state().fault.clone()
    }
}

/// A piece on its way to the connection. Given up before all of it is there, it fails the request: what the guest writes next would not
/// be what comes next.
pub(crate) struct Writing {
    shared: Arc<Shared>,
    rest: Bytes,
}

impl Writing {
    /// Whether the connection wants more.
    pub(crate) async fn go(mut self) -> bool {
        while !self.rest.is_empty() {
            let next = self.rest.len().min(self.shared.window);
            let room = self.shared.room.clone();
            let room = room
                .acquire_many_owned(u32::try_from(next).unwrap_or(u32::MAX))
                .await;
            let taken = match room {
                Ok(room) => {
                    let piece = part(&mut self.rest, next);
                    self.shared.push(piece, room)
                }
                Err(_) => false,
            };
            if !taken {
                self.rest.clear();
                return false;
            }
        }
        !self.shared.room.is_closed()
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if !self.rest.is_empty() {
            self.shared.fail(given_up());
        }
    }
}

impl Upload {
    fn with(
        state: State,
        window: usize,
        (said, most): (Option<u64>, u64),
        waiting: Arc<AtomicU64>,
    ) -> (Self, HttpBody) {
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            room: Arc::new(Semaphore::new(0)),
            window: window.clamp(1, PIECE),
            waiting,
        });
        let body = HttpBody::pieces(Pieces(shared.clone()), said);
        let upload = Self {
            shared,
            said,
            most,
            is_left: false,
        };
        (upload, body)
    }

    /// Of so many bytes, if that is said, and no more than these, of which `window` may wait; and the body that they become.
    pub(crate) fn new(
        said: Option<u64>,
        most: u64,
        window: usize,
        waiting: Arc<AtomicU64>,
    ) -> (Self, HttpBody) {
        Self::with(State::default(), window, (said, most), waiting)
    }

    /// Of all these bytes.
    pub(crate) fn whole(bytes: Bytes, waiting: Arc<AtomicU64>) -> (Self, HttpBody) {
        let length = bytes.len() as u64;
        let piece = Piece { bytes, _room: None };
        let state = State {
            pieces: VecDeque::from([piece]),
            announced: length,
            given: length,
            is_finished: true,
            ..State::default()
        };
        waiting.fetch_add(length, Ordering::Relaxed);
        Self::with(state, PIECE, (Some(length), length), waiting)
    }

    /// What lets the body begin.
    pub(crate) fn opening(&self) -> Opening {
        Opening(self.shared.clone())
    }

    /// Begins to write a piece. None: nobody wants more.
    pub(crate) fn write(&self, bytes: Bytes) -> Option<Result<Writing, HttpFault>> {
        let mut state = self.shared.state();
        if state.is_over() || state.is_finished {
            return None;
        }
        state.announced = state.announced.saturating_add(bytes.len() as u64);
        let written = state.announced;
        drop(state);
        let fault = if written > self.most {
            too_large(self.most)
        } else if self.said.is_some_and(|said| written > said) {
            self.other_length(written)
        } else {
            return Some(Ok(Writing {
                shared: self.shared.clone(),
                rest: bytes,
            }));
        };
        self.shared.fail(fault.clone());
        Some(Err(fault))
    }

    /// Ends the body: the guest has written all of it.
    pub(crate) fn finish(&self) -> Result<(), HttpFault> {
        let mut state = self.shared.state();
        if state.is_over() {
            return Ok(());
        }
        let written = state.announced;
        if self.said.is_some_and(|said| said != written) {
            drop(state);
            let fault = self.other_length(written);
            self.shared.fail(fault.clone());
            return Err(fault);
        }
        state.is_finished = true;
        let waker = state.waker.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
        Ok(())
    }

    /// Whether the guest has still to write some of it, and somebody wants that.
    pub(crate) fn is_under_way(&self) -> bool {
        let state = self.shared.state();
        !state.is_over() && !state.is_finished
    }

    /// The exchange is over, and was not given up: a body that is complete goes on to the server, for as long as the connection is kept for it.
    pub(crate) fn leave(mut self) {
        self.is_left = self.shared.state().is_finished;
    }

    fn other_length(&self, written: u64) -> HttpFault {
        HttpFault::new(
            HttpFaultKind::Refused,
            format!(
                "The request's Content-Length says {} bytes, and its content has {}{}.",
                self.said.unwrap_or_default(),
                written,
                if self.said.is_some_and(|said| written > said) {
                    " or more"
                } else {
                    ""
                }
            ),
        )
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.is_left {
            self.shared.fail(given_up());
        }
    }
}

fn given_up() -> HttpFault {
    HttpFault::new(
        HttpFaultKind::Ended,
        "The request was given up before all of its content was written.",
    )
}

/// The fault of a body that is larger than the grant allows.
pub(crate) fn too_large(most: u64) -> HttpFault {
    HttpFault::new(
        HttpFaultKind::Limit,
        format!("The request's content has more than the {most} bytes that the host allows."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        let places = Arc::new(Semaphore::new(1));
        Arc::new(places.try_acquire_owned().unwrap())
    }

    fn now<T>(future: impl Future<Output = T>) -> Poll<T> {
        std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop()))
    }

    fn write(upload: &Upload, bytes: usize) -> Writing {
        upload.write(vec![b'a'; bytes].into()).unwrap().unwrap()
    }

    #[test]
    fn nothing_waits_before_there_is_a_place_and_little_then() {
        let waiting = Arc::new(AtomicU64::new(0));
        let (upload, mut body) = Upload::new(None, u64::MAX, 1000, waiting.clone());
        let counted = || waiting.load(Ordering::Relaxed);
        let mut large = Box::pin(write(&upload, 2500).go());
        assert!(now(large.as_mut()).is_pending());
        assert_eq!(counted(), 0, "there is no place");
        upload.opening().open(place());
        assert!(now(large.as_mut()).is_pending());
        assert_eq!(counted(), 1000);
        for (length, waits) in [(1000, 1000), (1000, 500)] {
            let Poll::Ready(Some(Ok(piece))) = now(body.next()) else {
                panic!("there is a piece");
            };
            assert_eq!(piece.len(), length);
            let _ = now(large.as_mut());
            assert_eq!(counted(), waits);
        }
        // What waits is gone with the connection, and nobody wants more.
        drop(body);
        assert_eq!(counted(), 0);
        assert!(upload.write(Bytes::new()).is_none());
    }

    #[test]
    fn only_what_was_finished_ends() {
        let new = || Upload::new(None, u64::MAX, PIECE, Arc::default());
        let fails = |body: &mut HttpBody| {
            for _ in 0..2 {
                assert!(matches!(now(body.next()), Poll::Ready(Some(Err(_)))));
            }
        };
        let (upload, mut body) = new();
        upload.opening().open(place());
        assert_eq!(now(write(&upload, 3).go()), Poll::Ready(true));
        drop(upload);
        fails(&mut body);

        let (upload, mut body) = new();
        upload.opening().open(place());
        assert_eq!(now(write(&upload, 3).go()), Poll::Ready(true));
        upload.finish().unwrap();
        upload.leave();
        assert!(matches!(now(body.next()), Poll::Ready(Some(Ok(_)))));
        assert!(matches!(now(body.next()), Poll::Ready(None)));

        // A piece that was given up is missing, whatever the guest says then.
        let (upload, mut body) = new();
        drop(write(&upload, 3));
        upload.finish().unwrap();
        fails(&mut body);

        // It is no end while one is on its way.
        let (upload, mut body) = new();
        let piece = write(&upload, 3);
        upload.finish().unwrap();
        assert!(now(body.next()).is_pending());
        upload.opening().open(place());
        assert_eq!(now(piece.go()), Poll::Ready(true));
        assert!(matches!(now(body.next()), Poll::Ready(Some(Ok(_)))));
        assert!(matches!(now(body.next()), Poll::Ready(None)));

        // Left before the end, it has none.
        let (upload, mut body) = new();
        upload.leave();
        fails(&mut body);
    }

    #[test]
    fn a_place_is_taken_until_the_connection_lets_go_of_the_body() {
        let places = Arc::new(Semaphore::new(1));
        let waiting = Arc::new(AtomicU64::new(0));
        let (upload, mut body) = Upload::whole(vec![0; PIECE + 1].into(), waiting.clone());
        let place = Arc::new(places.clone().try_acquire_owned().unwrap());
        upload.opening().open(place);
        upload.leave();
        let Poll::Ready(Some(Ok(first))) = now(body.next()) else {
            panic!("there is a piece");
        };
        assert_eq!((first.len(), waiting.load(Ordering::Relaxed)), (PIECE, 1));
        assert_eq!(places.available_permits(), 0);
        drop(body);
        assert_eq!(places.available_permits(), 1);
        assert_eq!(waiting.load(Ordering::Relaxed), 0);
    }
}
