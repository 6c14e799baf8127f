//! What a run has to tell, on its way to the page: bounded, in order, and neither end waits for ever.
//!
//! The run is on a thread of its own, and writes; the connection reads. Pieces of output that nobody took yet are joined, so that a guest that writes byte by
//! byte costs no event for each of them.

use crate::run::{Event, Stream};
use bytes::Bytes;
use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Bytes of output that wait for the page. A guest that writes more waits.
const ROOM: usize = 256 << 10;
/// Most bytes in one event.
const PIECE: usize = 32 << 10;
/// So long a guest waits for a page that takes nothing; then its writing fails.
const PATIENCE: Duration = Duration::from_secs(10);
/// So long after its time a guest that waits is woken, to be ended by its limit of time and no other reason.
const AFTER: Duration = Duration::from_millis(50);

/// Both ends.
#[derive(Clone, Default)]
pub struct Pipe(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Something was taken, or it is closed.
    room: Condvar,
    /// Something is there, or it is finished.
    news: Notify,
}

#[derive(Default)]
struct State {
    events: VecDeque<Event>,
    /// Bytes of output in `events`.
    waiting: usize,
    /// When the guest's time is over.
    until: Option<Instant>,
    /// Nobody takes any more.
    closed: bool,
    /// Nothing more comes.
    finished: bool,
}

impl Pipe {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells something that is no output: there is always room for it.
    pub fn tell(&self, event: Event) {
        let mut state = self.state();
        if !state.closed {
            state.events.push_back(event);
        }
        drop(state);
        self.0.news.notify_one();
    }

    /// Has whoever waits for room be woken when this time is over.
    pub fn expire(&self, time: Duration) {
        self.state().until = Instant::now().checked_add(time.saturating_add(AFTER));
    }

    /// Says that nothing more comes.
    pub fn finish(&self) {
        self.state().finished = true;
        self.0.news.notify_one();
    }

    /// Drops what waits, and has whoever writes fail from now on.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.events.clear();
        state.waiting = 0;
        drop(state);
        self.0.room.notify_all();
    }

    /// A guest's stream.
    pub fn writer(&self, stream: Stream) -> impl Write + Send + use<> {
        Writer {
            pipe: self.clone(),
            stream,
            rest: Vec::new(),
        }
    }

    fn output(&self, stream: Stream, text: &str) -> io::Result<()> {
        let mut state = self.state();
        let patience = Instant::now() + PATIENCE;
        let until = state.until.map_or(patience, |until| until.min(patience));
        while state.waiting >= ROOM && !state.closed {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            let waited = self.0.room.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if state.closed {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        state.waiting += text.len();
        match state.events.back_mut() {
            Some(Event::Output {
                stream: last,
                text: before,
            }) if *last == stream && before.len() + text.len() <= PIECE => before.push_str(text),
            _ => state.events.push_back(Event::Output {
                stream,
                text: text.into(),
            }),
        }
        drop(state);
        self.0.news.notify_one();
        Ok(())
    }

    /// The next event, as a line of JSON; none at the end.
    pub async fn next(&self) -> Option<Bytes> {
        loop {
            {
                let mut state = self.state();
                if let Some(event) = state.events.pop_front() {
                    if let Event::Output { text, .. } = &event {
                        state.waiting = state.waiting.saturating_sub(text.len());
                    }
                    drop(state);
                    self.0.room.notify_all();
                    return Some(event.line());
                }
                if state.finished || state.closed {
                    return None;
                }
            }
            self.0.news.notified().await;
        }
    }
}

/// A guest's stream: bytes in, text out.
struct Writer {
    pipe: Pipe,
    stream: Stream,
    /// The beginning of a character whose end is not there yet.
    rest: Vec<u8>,
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in bytes.chunks(PIECE) {
            self.rest.extend_from_slice(part);
            let (text, rest) = decode(&self.rest);
            let rest = rest.to_vec();
            if !text.is_empty() {
                self.pipe.output(self.stream, &text)?;
            }
            self.rest = rest;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.rest.is_empty() {
            // The page may be gone, and then nobody misses it.
            let _ = self.pipe.output(self.stream, "\u{fffd}");
        }
    }
}

/// Text, and the beginning of a character that is cut off at the end. What is no UTF-8 is replaced.
fn decode(bytes: &[u8]) -> (String, &[u8]) {
    let mut text = String::new();
    let mut chunks = bytes.utf8_chunks().peekable();
    let mut at = 0;
    while let Some(chunk) = chunks.next() {
        text.push_str(chunk.valid());
        at += chunk.valid().len();
        let invalid = chunk.invalid();
        if chunks.peek().is_none() && is_beginning(invalid) {
            return (text, bytes.get(at..).unwrap_or_default());
        }
        if !invalid.is_empty() {
            text.push('\u{fffd}');
        }
        at += invalid.len();
    }
    (text, &[])
}

/// Whether bytes could become a character.
fn is_beginning(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pipe: &Pipe) -> Vec<String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut all = Vec::new();
            while let Some(line) = pipe.next().await {
                all.push(String::from_utf8(line.to_vec()).unwrap());
            }
            all
        })
    }

    #[test]
    fn pieces_that_nobody_took_are_one_and_streams_keep_their_order() {
        let pipe = Pipe::default();
        let (mut out, mut err) = (pipe.writer(Stream::Stdout), pipe.writer(Stream::Stderr));
        for byte in "añ😀".as_bytes() {
            out.write_all(&[*byte]).unwrap();
        }
        err.write_all(b"e\xff").unwrap();
        out.write_all(b"<b>\n\"\x00\xe2\x82").unwrap();
        drop((out, err));
        pipe.finish();
        let expected = [
            r#"{"event":"output","stream":"stdout","text":"añ😀"}"#,
            r#"{"event":"output","stream":"stderr","text":"e"#,
        ];
        let told = lines(&pipe);
        assert_eq!(told[0].trim_end(), expected[0]);
        assert_eq!(told[1], format!("{}\u{fffd}\"}}\n", expected[1]));
        assert_eq!(
            told[2],
            "{\"event\":\"output\",\"stream\":\"stdout\",\"text\":\"<b>\\n\\\"\\u0000\u{fffd}\"}\n"
        );
        assert_eq!(told.len(), 3);
    }

    #[test]
    fn a_guest_waits_for_room_and_is_woken_by_the_end() {
        let pipe = Pipe::default();
        let mut out = pipe.writer(Stream::Stdout);
        out.write_all(&vec![b'x'; ROOM]).unwrap();
        let closing = pipe.clone();
        let closer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            closing.close();
        });
        let error = out.write_all(b"y").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        closer.join().unwrap();
        pipe.tell(Event::Begin { run: 1 });
        assert_eq!(lines(&pipe), Vec::<String>::new());
    }

    #[test]
    fn what_is_taken_makes_room() {
        let pipe = Pipe::default();
        let writing = pipe.clone();
        let writer = std::thread::spawn(move || {
            let mut out = writing.writer(Stream::Stdout);
            out.write_all(&vec![b'@'; 3 * ROOM]).unwrap();
            drop(out);
            writing.finish();
        });
        let all: usize = lines(&pipe)
            .iter()
            .map(|line| line.matches('@').count())
            .sum();
        writer.join().unwrap();
        assert_eq!(all, 3 * ROOM);
    }

    #[test]
    fn cut_characters_wait_and_wrong_ones_are_replaced() {
        assert_eq!(decode(b"ab"), ("ab".into(), &[][..]));
        assert_eq!(
            decode("é".as_bytes().get(..1).unwrap()),
            (String::new(), &b"\xc3"[..])
        );
        assert_eq!(decode(b"\xc3a\xff"), ("\u{fffd}a\u{fffd}".into(), &[][..]));
        assert_eq!(decode(b"a\xf0\x9f\x98"), ("a".into(), &b"\xf0\x9f\x98"[..]));
        assert_eq!(decode(b"\xed\xa0\x80").0, "\u{fffd}\u{fffd}\u{fffd}");
    }
}
