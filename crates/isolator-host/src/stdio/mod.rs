//! Where a guest's standard streams go.

pub(crate) mod stdin;
pub(crate) mod waiting;

use crate::limits::Control;
use std::fmt;
use std::io::{self, IsTerminal, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use stdin::{Patient, read_inherited};

/// Bytes that [`Stdio::Capture`] keeps, before writing fails with "no space left".
pub const DEFAULT_CAPTURE_LIMIT: usize = 64 << 20;

/// Where standard output or standard error goes. The default is [`Stdio::Discard`].
#[derive(Default)]
#[non_exhaustive]
pub enum Stdio {
    /// Nowhere. Writing succeeds.
    #[default]
    Discard,
    /// To this process's own stream.
    Inherit,
    /// Into a buffer that the host reads, of at most [`DEFAULT_CAPTURE_LIMIT`] bytes. A guest that writes more gets an `IOException`.
    Capture,
    /// As [`Stdio::Capture`], of at most this many bytes.
    CaptureUpTo(usize),
    /// To a writer. A guest gets its errors as `IOException`. Called while the guest runs: it must not block for long. Forks of the runtime write to
    /// the same one.
    Writer(Box<dyn Write + Send>),
}

impl Stdio {
    /// Calls `each` with every line that the guest writes, without its line end. Text that is not UTF-8 has its wrong
    /// bytes replaced; a line longer than 64 KiB comes in pieces; a last line without an end comes when the runtime is dropped.
    pub fn lines(each: impl FnMut(&str) + Send + 'static) -> Self {
        Self::Writer(Box::new(Lines {
            each: Box::new(each),
            line: Vec::new(),
        }))
    }

    /// To a writer, see [`Stdio::Writer`].
    pub fn writer(writer: impl Write + Send + 'static) -> Self {
        Self::Writer(Box::new(writer))
    }
}

impl fmt::Debug for Stdio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Discard => f.write_str("Discard"),
            Self::Inherit => f.write_str("Inherit"),
            Self::Capture => f.write_str("Capture"),
            Self::CaptureUpTo(limit) => write!(f, "CaptureUpTo({limit})"),
            Self::Writer(_) => f.write_str("Writer(…)"),
        }
    }
}

/// Where standard input comes from. The default is [`Stdin::Empty`].
#[derive(Default)]
#[non_exhaustive]
pub enum Stdin {
    /// At its end from the start.
    #[default]
    Empty,
    /// This process's own. Reading blocks the calling thread. One thread of the process reads for all runtimes, a chunk when one asks for
    /// it; what it has read for one that has ended is the next one's.
    Inherit,
    /// These bytes.
    Bytes(Vec<u8>),
    /// A reader. Reading blocks the calling thread for as long as it does, and no longer than the runtime may wait: with a limit of
    /// time, a thread of its own reads. Where the runtime ends first, that thread stays until the read returns, so let yours end
    /// when its runtime does. Of such threads there are 64 in a process at most; until one returns, guests get an `IOException` for
    /// reading other readers.
    Reader(Box<dyn Read + Send>),
}

impl fmt::Debug for Stdin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Inherit => f.write_str("Inherit"),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::Reader(_) => f.write_str("Reader(…)"),
        }
    }
}

struct Lines {
    each: Box<dyn FnMut(&str) + Send>,
    line: Vec<u8>,
}

const LONGEST_LINE: usize = 64 << 10;

impl Lines {
    fn finish(&mut self) {
        let line = std::mem::take(&mut self.line);
        (self.each)(&String::from_utf8_lossy(
            line.strip_suffix(b"\r").unwrap_or(&line),
        ));
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            if *byte == b'\n' {
                self.finish();
            } else {
                if self.line.len() >= LONGEST_LINE {
                    self.finish();
                }
                self.line.push(*byte);
            }
        }
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        if !self.line.is_empty() {
            self.finish();
        }
    }
}

/// An output stream of a live runtime.
pub(crate) enum Sink {
    Discard,
    Inherit,
    Capture { bytes: Vec<u8>, limit: usize },
    Writer(Arc<Mutex<Box<dyn Write + Send>>>),
}

impl From<Stdio> for Sink {
    fn from(stdio: Stdio) -> Self {
        match stdio {
            Stdio::Discard => Self::Discard,
            Stdio::Inherit => Self::Inherit,
            Stdio::Capture => Self::Capture {
                bytes: Vec::new(),
                limit: DEFAULT_CAPTURE_LIMIT,
            },
            Stdio::CaptureUpTo(limit) => Self::Capture {
                bytes: Vec::new(),
                limit,
            },
            Stdio::Writer(writer) => Self::Writer(Arc::new(Mutex::new(writer))),
        }
    }
}

impl Sink {
    /// One that goes to the same place. What this one captured stays its own.
    pub(crate) fn fork(&self) -> Self {
        match self {
            Self::Discard => Self::Discard,
            Self::Inherit => Self::Inherit,
            Self::Capture { limit, .. } => Self::Capture {
                bytes: Vec::new(),
                limit: *limit,
            },
            Self::Writer(writer) => Self::Writer(writer.clone()),
        }
    }

    /// Takes as much of `data` as it can, at least one byte of it.
    pub(crate) fn write(&mut self, data: &[u8], error_stream: bool) -> io::Result<usize> {
        match self {
            Self::Discard => Ok(data.len()),
            // Written straight through: the guest has its own buffering, and mixes with what the host prints.
            Self::Inherit if error_stream => {
                io::stderr().lock().write_all(data).map(|()| data.len())
            }
            Self::Inherit => {
                let mut out = io::stdout().lock();
                out.write_all(data)
                    .and_then(|()| out.flush())
                    .map(|()| data.len())
            }
            Self::Capture { bytes, limit } => {
                let room = limit.saturating_sub(bytes.len()).min(data.len());
                if room == 0 && !data.is_empty() {
                    return Err(io::ErrorKind::StorageFull.into());
                }
                bytes.extend_from_slice(data.get(..room).unwrap_or_default());
                Ok(room)
            }
            Self::Writer(writer) => {
                let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
                writer
                    .write_all(data)
                    .and_then(|()| writer.flush())
                    .map(|()| data.len())
            }
        }
    }

    pub(crate) fn captured(&self) -> &[u8] {
        match self {
            Self::Capture { bytes, .. } => bytes,
            _ => &[],
        }
    }

    pub(crate) fn take_captured(&mut self) -> Vec<u8> {
        match self {
            Self::Capture { bytes, .. } => std::mem::take(bytes),
            _ => Vec::new(),
        }
    }

    pub(crate) fn is_terminal(&self, error_stream: bool) -> bool {
        matches!(self, Self::Inherit)
            && if error_stream {
                io::stderr().is_terminal()
            } else {
                io::stdout().is_terminal()
            }
    }
}

/// The input stream of a live runtime.
pub(crate) enum Source {
    Empty,
    Inherit,
    Bytes(io::Cursor<Vec<u8>>),
    Reader(Box<dyn Read + Send>),
    /// One of those that block, on a thread of its own.
    Patient(Patient),
}

impl From<Stdin> for Source {
    fn from(stdin: Stdin) -> Self {
        match stdin {
            Stdin::Empty => Self::Empty,
            Stdin::Inherit => Self::Inherit,
            Stdin::Bytes(bytes) => Self::Bytes(io::Cursor::new(bytes)),
            Stdin::Reader(reader) => Self::Reader(reader),
        }
    }
}

impl Source {
    /// What another runtime goes on reading; none of a reader, which one alone can read.
    pub(crate) fn fork(&self) -> Option<Self> {
        match self {
            Self::Empty => Some(Self::Empty),
            Self::Inherit => Some(Self::Inherit),
            Self::Bytes(bytes) => Some(Self::Bytes(bytes.clone())),
            Self::Reader(_) | Self::Patient(_) => None,
        }
    }

    /// Reads some bytes, however long that takes.
    pub(crate) fn read(&mut self, into: &mut [u8], control: &Control) -> io::Result<usize> {
        match self {
            Self::Reader(reader) => reader.read(into),
            // None comes only of a deadline or a cancellation.
            source => source
                .read_until(into, None, control)
                .map(Option::unwrap_or_default),
        }
    }

    /// As `read`, for so long at most; none if there was nothing by then, or somebody cancelled.
    pub(crate) fn read_until(
        &mut self,
        into: &mut [u8],
        until: Option<Instant>,
        control: &Control,
    ) -> io::Result<Option<usize>> {
        if matches!(self, Self::Reader(_))
            && let Self::Reader(reader) = std::mem::replace(self, Self::Empty)
        {
            match Patient::of(reader) {
                Ok(patient) => *self = Self::Patient(patient),
                Err((error, reader)) => {
                    *self = Self::Reader(reader);
                    return Err(error);
                }
            }
        }
        match self {
            Self::Empty => Ok(Some(0)),
            Self::Inherit => read_inherited(into, until, control),
            Self::Bytes(bytes) => bytes.read(into).map(Some),
            Self::Patient(patient) => patient.read(into, until, control),
            // It was just taken.
            Self::Reader(reader) => reader.read(into).map(Some),
        }
    }

    pub(crate) fn is_terminal(&self) -> bool {
        matches!(self, Self::Inherit) && io::stdin().is_terminal()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[test]
    fn a_capture_takes_what_it_may_and_then_refuses() {
        let mut sink = Sink::from(Stdio::CaptureUpTo(3));
        assert_eq!(sink.write(b"abcd", false).unwrap(), 3);
        assert_eq!(
            sink.write(b"d", false).unwrap_err().kind(),
            io::ErrorKind::StorageFull
        );
        assert_eq!(sink.captured(), b"abc");
        assert_eq!(sink.take_captured(), b"abc");
        assert_eq!(
            sink.write(b"d", false).unwrap(),
            1,
            "what was taken makes room"
        );
    }

    #[test]
    fn lines_come_whole_and_the_last_at_the_end() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let copy = seen.clone();
        let mut sink = Sink::from(Stdio::lines(move |line| {
            copy.lock().unwrap().push(line.to_owned())
        }));
        sink.write(b"one\r\ntw", false).unwrap();
        sink.write(b"o\n\nthree", false).unwrap();
        assert_eq!(*seen.lock().unwrap(), ["one", "two", ""]);
        drop(sink);
        assert_eq!(*seen.lock().unwrap(), ["one", "two", "", "three"]);
    }
}
