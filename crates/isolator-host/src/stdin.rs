//! Reading standard input for no longer than a runtime may wait: on a thread of its own, since a read cannot be interrupted.

use crate::limits::Control;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::Thread;
use std::time::Instant;

/// Most bytes that one read asks for.
const CHUNK: usize = 64 << 10;

/// What was read of the process's own input for runtimes that are gone.
static LEFT_OVER: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// A thread that reads when it is asked to. It ends with its owner, once a read that it is in returns.
pub(crate) struct Patient {
    requests: Sender<(usize, Thread)>,
    answers: Receiver<io::Result<Vec<u8>>>,
    /// Read, and more than was asked for.
    left: Vec<u8>,
    /// A read that was asked for has not been answered yet.
    under_way: bool,
}

impl Patient {
    /// Reads from this process's own input, which other runtimes may go on to read.
    pub(crate) fn inherited() -> io::Result<Self> {
        Self::start(io::stdin(), |unwanted| {
            let mut left = LEFT_OVER.lock().unwrap_or_else(PoisonError::into_inner);
            left.extend(unwanted);
        })
    }

    /// Reads from a reader of the embedder.
    pub(crate) fn of(reader: Box<dyn Read + Send>) -> io::Result<Self> {
        Self::start(reader, drop)
    }

    fn start(
        mut reader: impl Read + Send + 'static,
        unwanted: impl Fn(Vec<u8>) + Send + 'static,
    ) -> io::Result<Self> {
        let (requests, asked) = channel::<(usize, Thread)>();
        let (answer, answers) = channel();
        let read = move || {
            while let Ok((most, waiting)) = asked.recv() {
                let mut bytes = vec![0; most];
                let outcome = reader.read(&mut bytes).map(|read| {
                    bytes.truncate(read);
                    bytes
                });
                if let Err(returned) = answer.send(outcome) {
                    if let Ok(bytes) = returned.0 {
                        unwanted(bytes);
                    }
                    return;
                }
                waiting.unpark();
            }
        };
        std::thread::Builder::new()
            .name("isolator-stdin".into())
            .stack_size(256 << 10)
            .spawn(read)?;
        Ok(Self {
            requests,
            answers,
            left: Vec::new(),
            under_way: false,
        })
    }

    /// Reads some bytes; none if there were none by then, or somebody cancelled.
    pub(crate) fn read(
        &mut self,
        into: &mut [u8],
        until: Option<Instant>,
        control: &Control,
    ) -> io::Result<Option<usize>> {
        if self.left.is_empty() {
            let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
            if !self.under_way {
                let request = (into.len().min(CHUNK), std::thread::current());
                self.requests.send(request).map_err(|_| gone())?;
                self.under_way = true;
            }
            let answer = control.parking(|| {
                loop {
                    match self.answers.try_recv() {
                        Ok(answer) => return Some(answer),
                        Err(TryRecvError::Disconnected) => return Some(Err(gone())),
                        Err(TryRecvError::Empty) if control.is_cancelled() => return None,
                        Err(TryRecvError::Empty) => {}
                    }
                    match until.map(|until| until.saturating_duration_since(Instant::now())) {
                        None => std::thread::park(),
                        Some(left) if left.is_zero() => return None,
                        Some(left) => std::thread::park_timeout(left),
                    }
                }
            });
            let Some(answer) = answer else {
                return Ok(None);
            };
            self.under_way = false;
            self.left = answer?;
        }
        let mut from = self.left.as_slice();
        let read = from.read(into)?;
        self.left.drain(..read);
        Ok(Some(read))
    }
}

/// Takes what an earlier runtime asked for and did not live to get.
pub(crate) fn take_left_over(into: &mut [u8]) -> usize {
    let mut left = LEFT_OVER.lock().unwrap_or_else(PoisonError::into_inner);
    let read = left.len().min(into.len());
    if let (Some(to), Some(from)) = (into.get_mut(..read), left.get(..read)) {
        to.copy_from_slice(from);
    }
    left.drain(..read);
    read
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::Duration;

    #[test]
    fn it_reads_what_there_is_and_waits_no_longer_than_it_may() {
        let (reader, mut writer) = io::pipe().unwrap();
        let mut patient = Patient::of(Box::new(reader)).unwrap();
        let control = Control::new(Arc::default());
        let mut bytes = [0; 4];
        let until = Instant::now() + Duration::from_millis(5);
        assert_eq!(
            patient.read(&mut bytes, Some(until), &control).unwrap(),
            None
        );
        io::Write::write_all(&mut writer, b"hello").unwrap();
        let mut all = Vec::new();
        while all.len() < 5 {
            // The read that was cut off asked for as much as this one.
            let read = patient.read(&mut bytes, None, &control).unwrap().unwrap();
            all.extend_from_slice(&bytes[..read]);
        }
        assert_eq!(all, b"hello");
        drop(writer);
        assert_eq!(patient.read(&mut bytes, None, &control).unwrap(), Some(0));
    }
}
