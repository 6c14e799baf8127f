//! What a connection carries: how much a server may send, and that nobody is kept waiting by it.
//!
//! hyper reads what a server sends beside responses (1xx, pings, settings, pieces of a byte) and counts none of it. So all bytes are counted
//! that come, below encryption, against what the exchanges on the connection may have.

use super::background;
use super::fault::{HttpFault, HttpFaultKind};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What may come while nobody asks: the beginning of encryption, settings, what is read ahead before an exchange is known here.
const UNASKED: u64 = 8 << 20;
/// What may come with a response beside its body: headers before and behind it, and a quarter of the body for how it is divided.
const BESIDE: u64 = 512 << 10;
/// Bytes that are read before others have their turn.
const STEP: u64 = 256 << 10;
/// How long a body is still sent of which the exchange is over.
const GRACE: Duration = Duration::from_secs(10);

/// Most connections of a grant that are kept and that nobody uses: hyper has a limit for those of one host only.
const IDLE: usize = 64;

/// The connections of a grant.
#[derive(Default)]
pub(crate) struct Lines(Mutex<Vec<Weak<Line>>>);

impl Lines {
    /// Another one. The one that nobody has used for the longest time goes, where there are many of these.
    pub(crate) fn add(&self) -> Arc<Line> {
        let line = Line::new();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|line| line.strong_count() > 0);
        let idle: Vec<_> = all
            .iter()
            .filter_map(Weak::upgrade)
            .filter_map(|line| Some((line.idle_since()?, line)))
            .collect();
        all.push(Arc::downgrade(&line));
        drop(all);
        if idle.len() >= IDLE
            && let Some((_, oldest)) = idle.into_iter().min_by_key(|(since, _)| *since)
        {
            oldest.end(HttpFault::new(
                HttpFaultKind::Ended,
                "The connection was closed: others were needed more.",
            ));
        }
        line
    }
}

/// A connection, as its exchanges know it.
pub(crate) struct Line(Mutex<State>);

#[derive(Default)]
struct State {
    read: u64,
    allowed: u64,
    exchanges: u64,
    /// Since when there are none.
    idle: Option<Instant>,
    since_turn: u64,
    /// What ended it.
    fault: Option<HttpFault>,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Line {
    fn new() -> Arc<Self> {
        let state = State {
            allowed: UNASKED,
            idle: Some(Instant::now()),
            ..State::default()
        };
        Arc::new(Self(Mutex::new(state)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why it was ended here, if it was.
    pub(crate) fn fault(&self) -> Option<HttpFault> {
        self.state().fault.clone()
    }

    /// Ends it.
    fn end(&self, fault: HttpFault) {
        let mut state = self.state();
        state.fault.get_or_insert(fault);
        let wakers = [state.reader.take(), state.writer.take()];
        drop(state);
        wakers.into_iter().flatten().for_each(Waker::wake);
    }

    /// Since when nobody uses it; none if somebody does, or it was ended.
    fn idle_since(&self) -> Option<Instant> {
        let state = self.state();
        state.idle.filter(|_| state.fault.is_none())
    }

    fn begin(&self, allowed: u64) {
        let mut state = self.state();
        state.idle = None;
        if state.exchanges == 0 {
            state.allowed = state.read;
        }
        state.exchanges += 1;
        state.allowed = state.allowed.saturating_add(allowed);
    }

    fn over(&self) {
        let mut state = self.state();
        state.exchanges = state.exchanges.saturating_sub(1);
        if state.exchanges == 0 {
            state.idle = Some(Instant::now());
            state.allowed = state.read.saturating_add(UNASKED);
        }
    }

    /// Counts what came.
    fn count(&self, bytes: usize) -> io::Result<()> {
        let mut state = self.state();
        state.read = state.read.saturating_add(bytes as u64);
        state.since_turn = state.since_turn.saturating_add(bytes as u64);
        if state.read <= state.allowed {
            return Ok(());
        }
        let fault = HttpFault::new(
            HttpFaultKind::Limit,
            "The server sends more than the host allows: a response, what comes before and behind it, and how it is divided have a limit together.",
        );
        Err(io::Error::other(state.fault.get_or_insert(fault).clone()))
    }

    /// Whether something may be read now: not where the line was ended, nor where others have not had their turn.
    fn may_read(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.state();
        if let Some(fault) = &state.fault {
            return Poll::Ready(Err(io::Error::other(fault.clone())));
        }
        if state.since_turn >= STEP {
            state.since_turn = 0;
            drop(state);
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        keep(&mut state.reader, context);
        Poll::Ready(Ok(()))
    }

    fn may_write(&self, context: &mut Context<'_>) -> io::Result<()> {
        let mut state = self.state();
        if let Some(fault) = &state.fault {
            return Err(io::Error::other(fault.clone()));
        }
        keep(&mut state.writer, context);
        Ok(())
    }
}

fn keep(kept: &mut Option<Waker>, context: &Context<'_>) {
    match kept {
        Some(waker) => waker.clone_from(context.waker()),
        None => *kept = Some(context.waker().clone()),
    }
}

/// An exchange's share of a line. Dropped when it is over; a request's body that is then still being sent is for some time.
pub(crate) struct Share {
    line: Arc<Line>,
    /// What the request's body holds as long as it is there.
    body: Weak<()>,
}

impl Share {
    /// Of an exchange whose response may have so many bytes.
    pub(crate) fn new(line: Arc<Line>, response: u64, body: Weak<()>) -> Self {
        line.begin(response.saturating_add(response / 4).saturating_add(BESIDE));
        Self { line, body }
    }

    /// Whether it is one of this line.
    pub(crate) fn is_of(&self, line: &Arc<Line>) -> bool {
        Arc::ptr_eq(&self.line, line)
    }

    /// Why the line was ended here, if it was.
    pub(crate) fn fault(&self) -> Option<HttpFault> {
        self.line.fault()
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.line.over();
        if self.body.strong_count() == 0 {
            return;
        }
        let (line, body) = (self.line.clone(), self.body.clone());
        background::detach(async move {
            tokio::time::sleep(GRACE).await;
            if body.strong_count() > 0 {
                line.end(HttpFault::new(
                    HttpFaultKind::Ended,
                    "The server takes nothing of a request whose exchange is over.",
                ));
            }
        });
    }
}

/// A connection whose bytes are counted.
pub(crate) struct Counted<T> {
    pub io: T,
    pub line: Arc<Line>,
}

impl<T: AsyncRead + Unpin> AsyncRead for Counted<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        std::task::ready!(self.line.may_read(context))?;
        let before = to.filled().len();
        std::task::ready!(Pin::new(&mut self.io).poll_read(context, to))?;
        Poll::Ready(self.line.count(to.filled().len().saturating_sub(before)))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Counted<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.line.may_write(context)?;
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.line.may_write(context)?;
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.line.may_write(context)?;
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.line.may_write(context)?;
        Pin::new(&mut self.io).poll_write_vectored(context, parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::Wake;

    /// Has always more to read.
    struct Flood;

    impl AsyncRead for Flood {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            to: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let room = to.remaining();
            to.put_slice(&vec![0; room]);
            Poll::Ready(Ok(()))
        }
    }

    #[derive(Default)]
    struct Wakes(AtomicU32);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Reads until something else comes of it.
    fn read(flood: &mut Counted<Flood>, context: &mut Context<'_>) -> (u64, Poll<io::Result<()>>) {
        let mut bytes = vec![0; 64 << 10];
        let mut read = 0;
        loop {
            let mut to = ReadBuf::new(&mut bytes);
            match Pin::new(&mut *flood).poll_read(context, &mut to) {
                Poll::Ready(Ok(())) => read += 64 << 10,
                other => return (read, other),
            }
        }
    }

    #[test]
    fn a_flood_lets_others_have_their_turn_and_ends() {
        let wakes = Arc::new(Wakes::default());
        let waker = wakes.clone().into();
        let mut context = Context::from_waker(&waker);
        let line = Line::new();
        let mut flood = Counted {
            io: Flood,
            line: line.clone(),
        };
        let share = Share::new(line.clone(), 4 << 20, Weak::new());
        let mut all = 0;
        let error = loop {
            let before = wakes.0.load(Ordering::SeqCst);
            let (read, outcome) = read(&mut flood, &mut context);
            all += read;
            match outcome {
                Poll::Ready(outcome) => break outcome.unwrap_err(),
                Poll::Pending => {
                    assert!(read <= STEP, "{read}");
                    assert_eq!(
                        wakes.0.load(Ordering::SeqCst),
                        before + 1,
                        "it is asked again"
                    );
                }
            }
        };
        assert!(
            error.to_string().contains("more than the host allows"),
            "{error}"
        );
        assert_eq!(all, (5 << 20) + BESIDE);
        assert_eq!(share.fault().unwrap().kind, HttpFaultKind::Limit);
    }

    #[test]
    fn who_begins_has_all_of_its_share() {
        let line = Line::new();
        line.count(UNASKED as usize - 1).unwrap();
        let first = Share::new(line.clone(), 0, Weak::new());
        let second = Share::new(line.clone(), 0, Weak::new());
        line.count(2 * BESIDE as usize).unwrap();
        drop(first);
        line.count(1).unwrap_err();
        drop(second);
    }

    #[test]
    fn of_many_that_nobody_uses_the_oldest_goes() {
        let lines = Lines::default();
        let used = lines.add();
        let _share = Share::new(used.clone(), 0, Weak::new());
        let all: Vec<_> = (0..IDLE).map(|_| lines.add()).collect();
        assert!(all.iter().all(|line| line.fault().is_none()));
        // The first was used meanwhile.
        drop(Share::new(all[0].clone(), 0, Weak::new()));
        let _more = lines.add();
        let ended: Vec<_> = all.iter().map(|line| line.fault().is_some()).collect();
        assert_eq!(ended.iter().filter(|ended| **ended).count(), 1);
        assert!(!ended[0] && used.fault().is_none());
    }

    #[test]
    fn an_ended_line_wakes_who_waits_for_it() {
        let wakes = Arc::new(Wakes::default());
        let waker = wakes.clone().into();
        let mut context = Context::from_waker(&waker);
        let line = Line::new();
        assert!(line.may_read(&mut context).is_ready());
        line.may_write(&mut context).unwrap();
        line.end(HttpFault::new(HttpFaultKind::Ended, "over"));
        assert_eq!(wakes.0.load(Ordering::SeqCst), 2);
        assert!(line.may_write(&mut context).is_err());
    }
}
