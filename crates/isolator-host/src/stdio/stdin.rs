//! Reading standard input for no longer than a runtime may wait: on a thread that reads, since a read cannot be interrupted.
//!
//! The process's own input has one such thread, whoever reads of it. What it read for a runtime that is gone is the next one's. A reader of
//! the embedder's has a thread of its own, which ends with its runtime, or when the read that it is in returns.

use crate::limits::Control;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;
use std::time::Instant;

/// Most bytes that one read asks for.
const CHUNK: usize = 64 << 10;

/// Most threads that may be in a read of an embedder's reader for a runtime that is gone, before no other is started.
const MOST_STUCK: usize = 64;

/// Such threads.
static STUCK: AtomicUsize = AtomicUsize::new(0);

/// What those who read and the thread that reads for them share.
#[derive(Default)]
struct Feed {
    state: Mutex<Reading>,
    asked: Condvar,
}

#[derive(Default)]
struct Reading {
    /// Read, and not taken.
    bytes: Vec<u8>,
    /// The last read found the end, or failed, and nobody was told.
    told: Option<io::Result<()>>,
    /// Bytes that are asked for; the thread is in a read, or will be.
    under_way: Option<usize>,
    /// Who waits.
    waiting: Vec<Thread>,
    /// Nobody will ask any more.
    closed: bool,
    /// The reader panicked.
    broken: bool,
    /// The thread is counted in [`STUCK`].
    stuck: bool,
}

impl Feed {
    /// Starts a thread that reads when it is asked to.
    fn start(reader: impl Read + Send + 'static) -> io::Result<Arc<Self>> {
        let feed = Arc::new(Self::default());
        let serve = feed.clone();
        std::thread::Builder::new()
            .name("isolator-stdin".into())
            .stack_size(256 << 10)
            .spawn(move || serve.serve(reader))?;
        Ok(feed)
    }

    fn lock(&self) -> MutexGuard<'_, Reading> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, mut reader: impl Read) {
        let mut state = self.lock();
        loop {
            let most = match state.under_way {
                _ if state.closed => break,
                Some(most) => most,
                None => {
                    let woken = self.asked.wait(state);
                    state = woken.unwrap_or_else(PoisonError::into_inner);
                    continue;
                }
            };
            drop(state);
            let mut bytes = vec![0; most];
            let outcome = catch_unwind(AssertUnwindSafe(|| reader.read(&mut bytes)));
            state = self.lock();
            state.under_way = None;
            match outcome {
                Ok(Ok(0)) => state.told = Some(Ok(())),
                Ok(Ok(read)) => state.bytes.extend(bytes.get(..read).unwrap_or(&bytes)),
                Ok(Err(error)) => state.told = Some(Err(error)),
                Err(_) => state.broken = true,
            }
            for thread in &state.waiting {
                thread.unpark();
            }
            if state.broken {
                break;
            }
        }
        if state.stuck {
            STUCK.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Reads some bytes; none if there were none by then, or somebody cancelled.
    fn read(
        &self,
        into: &mut [u8],
        until: Option<Instant>,
        control: &Control,
    ) -> io::Result<Option<usize>> {
        if into.is_empty() {
            return Ok(Some(0));
        }
        let this = std::thread::current();
        let forget = |state: &mut Reading| {
            if let Some(at) = state.waiting.iter().position(|one| one.id() == this.id()) {
                state.waiting.swap_remove(at);
            }
        };
        control.parking(|| {
            let mut state = self.lock();
            loop {
                if let Some(outcome) = state.take(into) {
                    forget(&mut state);
                    return outcome.map(Some);
                }
                let left = until.map(|until| until.saturating_duration_since(Instant::now()));
                if control.is_cancelled() || left.is_some_and(|left| left.is_zero()) {
                    forget(&mut state);
                    return Ok(None);
                }
                if state.under_way.is_none() {
                    state.under_way = Some(into.len().min(CHUNK));
                    self.asked.notify_one();
                }
                if !state.waiting.iter().any(|one| one.id() == this.id()) {
                    state.waiting.push(this.clone());
                }
                drop(state);
                match left {
                    None => std::thread::park(),
                    Some(left) => std::thread::park_timeout(left),
                }
                state = self.lock();
            }
        })
    }
}

impl Reading {
    /// What there is to take; none if nothing.
    fn take(&mut self, into: &mut [u8]) -> Option<io::Result<usize>> {
        if !self.bytes.is_empty() {
            let read = self.bytes.as_slice().read(into);
            if let Ok(read) = read {
                self.bytes.drain(..read);
            }
            return Some(read);
        }
        if let Some(told) = self.told.take() {
            return Some(told.map(|()| 0));
        }
        self.broken
            .then(|| Err(io::Error::from(io::ErrorKind::BrokenPipe)))
    }
}

/// Reads from this process's own input.
pub(crate) fn read_inherited(
    into: &mut [u8],
    until: Option<Instant>,
    control: &Control,
) -> io::Result<Option<usize>> {
    static OWN: Mutex<Option<Arc<Feed>>> = Mutex::new(None);
    let feed = {
        let mut own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
        match &*own {
            Some(feed) => feed.clone(),
            None => own.insert(Feed::start(io::stdin())?).clone(),
        }
    };
    feed.read(into, until, control)
}

/// A reader of the embedder's on a thread of its own.
pub(crate) struct Patient(Arc<Feed>);

impl Patient {
    /// Starts the thread. The reader comes back if none can be started.
    pub(crate) fn of(
        reader: Box<dyn Read + Send>,
    ) -> Result<Self, (io::Error, Box<dyn Read + Send>)> {
        if STUCK.load(Ordering::Relaxed) >= MOST_STUCK {
            let why = "too many readers of standard input still block for runtimes that ended";
            return Err((io::Error::other(why), reader));
        }
        // The closure that is not run is dropped with what it owns, so the reader is lent until the thread is there.
        let lent = Arc::new(Mutex::new(Some(reader)));
        match Feed::start(Lent(lent.clone(), None)) {
            Ok(feed) => Ok(Self(feed)),
            Err(error) => {
                let reader = lent.lock().unwrap_or_else(PoisonError::into_inner).take();
                Err((error, reader.unwrap_or_else(|| Box::new(io::empty()))))
            }
        }
    }

    /// As [`Feed::read`].
    pub(crate) fn read(
        &mut self,
        into: &mut [u8],
        until: Option<Instant>,
        control: &Control,
    ) -> io::Result<Option<usize>> {
        self.0.read(into, until, control)
    }
}

/// A reader that is taken when it is first read.
struct Lent(
    Arc<Mutex<Option<Box<dyn Read + Send>>>>,
    Option<Box<dyn Read + Send>>,
);

impl Read for Lent {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.1.is_none() {
            self.1 = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
        self.1.as_mut().map_or(Ok(0), |reader| reader.read(into))
    }
}

impl Drop for Patient {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.closed = true;
        if state.under_way.is_some() && !state.broken {
            state.stuck = true;
            if STUCK.fetch_add(1, Ordering::Relaxed) + 1 == MOST_STUCK {
                tracing::warn!(
                    threads = MOST_STUCK,
                    "so many readers that were given as standard input still block for runtimes that ended: until some return, no other \
                     is read from; let them end when their runtime does"
                );
            }
        }
        self.0.asked.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::time::Duration;

    fn soon() -> Option<Instant> {
        Some(Instant::now() + Duration::from_millis(5))
    }

    fn control() -> Arc<Control> {
        Control::new(Arc::default())
    }

    #[test]
    fn it_reads_what_there_is_and_waits_no_longer_than_it_may() {
        let (reader, mut writer) = io::pipe().unwrap();
        let mut patient = Patient::of(Box::new(reader))
            .map_err(|(error, _)| error)
            .unwrap();
        let control = control();
        let mut bytes = [0; 4];
        assert_eq!(patient.read(&mut bytes, soon(), &control).unwrap(), None);
        writer.write_all(b"hello").unwrap();
        let mut all = Vec::new();
        while all.len() < 5 {
            // The read that was cut off asked for as much as this one.
            let read = patient.read(&mut bytes, None, &control).unwrap().unwrap();
            all.extend_from_slice(&bytes[..read]);
        }
        assert_eq!(all, b"hello");
        drop(writer);
        assert_eq!(patient.read(&mut bytes, None, &control).unwrap(), Some(0));
        assert_eq!(patient.read(&mut bytes, None, &control).unwrap(), Some(0));
    }

    #[test]
    fn what_was_read_for_one_that_is_gone_is_the_next_ones() {
        let (reader, mut writer) = io::pipe().unwrap();
        let feed = Feed::start(reader).unwrap();
        let mut bytes = [0; 16];
        for _ in 0..300 {
            let until = Some(Instant::now() + Duration::from_micros(100));
            assert_eq!(feed.read(&mut bytes, until, &control()).unwrap(), None);
        }
        writer.write_all(b"a line").unwrap();
        let (first, rest) = bytes.split_at_mut(2);
        assert_eq!(feed.read(first, None, &control()).unwrap(), Some(2));
        assert_eq!(feed.read(rest, None, &control()).unwrap(), Some(4));
        assert_eq!(&bytes[..6], b"a line");
        // Several that wait at once get all of it between them.
        let readers: Vec<_> = (0..8)
            .map(|_| {
                let feed = feed.clone();
                std::thread::spawn(move || {
                    let mut byte = [0];
                    let read = feed.read(&mut byte, None, &control()).unwrap();
                    (read, byte[0])
                })
            })
            .collect();
        writer.write_all(b"01234567").unwrap();
        let mut seen: Vec<_> = readers.into_iter().map(|one| one.join().unwrap()).collect();
        seen.sort_unstable();
        assert_eq!(
            seen,
            (b'0'..=b'7')
                .map(|byte| (Some(1), byte))
                .collect::<Vec<_>>()
        );
        assert!(feed.lock().waiting.is_empty());
        // The end comes to whoever asks.
        drop(writer);
        for _ in 0..3 {
            assert_eq!(feed.read(&mut bytes, None, &control()).unwrap(), Some(0));
        }
    }

    #[test]
    fn a_cancelled_runtime_stops_waiting() {
        let (reader, _writer) = io::pipe().unwrap();
        let feed = Feed::start(reader).unwrap();
        let control = control();
        let other = control.clone();
        let cancelling = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(10));
            other.cancel();
        });
        assert_eq!(feed.read(&mut [0], None, &control).unwrap(), None);
        cancelling.join().unwrap();
    }

    /// Says that it is read, and blocks until its sender is dropped.
    struct Blocking(std::sync::mpsc::Sender<()>, std::sync::mpsc::Receiver<()>);

    impl Read for Blocking {
        fn read(&mut self, _into: &mut [u8]) -> io::Result<usize> {
            self.0.send(()).unwrap();
            let _ = self.1.recv();
            Ok(0)
        }
    }

    #[test]
    fn readers_that_block_for_ever_are_bounded() {
        let mut kept = Vec::new();
        let mut refused = None;
        for _ in 0..MOST_STUCK + 1 {
            let (sender, receiver) = std::sync::mpsc::channel();
            let (read, is_read) = std::sync::mpsc::channel();
            kept.push(sender);
            match Patient::of(Box::new(Blocking(read, receiver))) {
                Ok(mut patient) => {
                    assert_eq!(patient.read(&mut [0], soon(), &control()).unwrap(), None);
                    is_read.recv().unwrap();
                }
                Err((error, reader)) => refused = Some((error, reader)),
            }
        }
        let (error, _reader) = refused.expect("the last is refused");
        assert!(error.to_string().contains("still block"), "{error}");
        // When they return, others may be.
        kept.clear();
        let began = Instant::now();
        while STUCK.load(Ordering::Relaxed) > 0 {
            assert!(began.elapsed() < Duration::from_secs(60));
            std::thread::yield_now();
        }
        assert!(Patient::of(Box::new(io::empty())).is_ok());
    }

    #[test]
    fn a_reader_that_panics_is_a_broken_one() {
        struct Panics;
        impl Read for Panics {
            fn read(&mut self, _into: &mut [u8]) -> io::Result<usize> {
                panic!("the embedder's mistake");
            }
        }
        let mut patient = Patient::of(Box::new(Panics))
            .map_err(|(error, _)| error)
            .unwrap();
        for _ in 0..2 {
            let read = patient.read(&mut [0], None, &control());
            assert_eq!(read.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        }
    }
}
