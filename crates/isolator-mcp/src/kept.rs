//! What is kept of a guest's output: its beginning and its end.

use isolator_host::Stdio;
use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A stream of which the first half of a number of bytes is kept, and the last half, however much is written.
#[derive(Debug, Clone)]
pub(crate) struct Kept(Arc<Mutex<Parts>>);

#[derive(Debug)]
struct Parts {
    /// Of each part.
    most: usize,
    first: Vec<u8>,
    last: VecDeque<u8>,
    left_out: u64,
}

impl Kept {
    /// Keeps so many bytes.
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Mutex::new(Parts {
            most: most / 2,
            first: Vec::new(),
            last: VecDeque::new(),
            left_out: 0,
        })))
    }

    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A guest's stream that ends here.
    pub fn stream(&self) -> Stdio {
        Stdio::writer(self.clone())
    }

    /// What was written, and how many bytes of it are left out; then a mark stands in their place. What is not UTF-8 is replaced.
    pub fn take(&self) -> (String, u64) {
        let mut parts = self.parts();
        let first = std::mem::take(&mut parts.first);
        let last: Vec<u8> = std::mem::take(&mut parts.last).into();
        let left_out = std::mem::take(&mut parts.left_out);
        if left_out == 0 {
            let whole = [first, last].concat();
            return (String::from_utf8_lossy(&whole).into_owned(), 0);
        }
        let (first, last) = (whole_end(&first), whole_start(&last));
        (
            format!(
                "{}\n… {left_out} bytes left out …\n{}",
                String::from_utf8_lossy(first),
                String::from_utf8_lossy(last)
            ),
            left_out,
        )
    }
}

/// A text; of one that is longer than so many bytes what is kept of a stream.
pub(crate) fn cut(text: String, most: usize) -> String {
    if text.len() <= most {
        return text;
    }
    let kept = Kept::new(most);
    kept.parts().add(text.as_bytes());
    kept.take().0
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.parts().add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Parts {
    fn add(&mut self, bytes: &[u8]) {
        let room = self.most - self.first.len();
        let (first, rest) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
        self.first.extend_from_slice(first);
        // Of what is longer than there is room for, only the end can stay.
        let skipped = rest.len().saturating_sub(self.most);
        self.left_out += skipped as u64;
        let rest = rest.get(skipped..).unwrap_or_default();
        let over = (self.last.len() + rest.len()).saturating_sub(self.most);
        self.left_out += over as u64;
        self.last.drain(..over.min(self.last.len()));
        self.last.extend(rest);
    }
}

/// Without the beginning of a character that was cut.
fn whole_end(bytes: &[u8]) -> &[u8] {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => {
            bytes.get(..error.valid_up_to()).unwrap_or(bytes)
        }
        _ => bytes,
    }
}

/// Without the end of a character that was cut.
fn whole_start(bytes: &[u8]) -> &[u8] {
    let continues = |byte: &&u8| **byte & 0xc0 == 0x80;
    let cut = bytes.iter().take(3).take_while(continues).count();
    bytes.get(cut..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(most: usize, writes: &[&str]) -> (String, u64) {
        let mut kept = Kept::new(most);
        for write in writes {
            kept.write_all(write.as_bytes()).unwrap();
        }
        kept.take()
    }

    #[test]
    fn all_is_kept_that_there_is_room_for() {
        assert_eq!(after(8, &[]), (String::new(), 0));
        assert_eq!(after(8, &["abcd", "efgh"]), ("abcdefgh".into(), 0));
        assert_eq!(after(8, &["ab", "cdefg", "h"]), ("abcdefgh".into(), 0));
        assert_eq!(after(8, &["é", "é", "é", "é"]), ("éééé".into(), 0));
    }

    #[test]
    fn of_more_the_beginning_and_the_end_are_kept() {
        let cut = |first: &str, number: u64, last: &str| {
            (
                format!("{first}\n… {number} bytes left out …\n{last}"),
                number,
            )
        };
        assert_eq!(after(8, &["abcdefghi"]), cut("abcd", 1, "fghi"));
        assert_eq!(after(8, &["abcdef", "ghi"]), cut("abcd", 1, "fghi"));
        assert_eq!(
            after(8, &["ab", "0123456789", "yz"]),
            cut("ab01", 6, "89yz")
        );
        let many: Vec<&str> = std::iter::repeat_n("0123456789", 1000).collect();
        assert_eq!(after(8, &many), cut("0123", 9992, "6789"));
        // Characters of two bytes, cut in the middle on both sides.
        assert_eq!(after(6, &["éééééé"]), cut("é", 6, "é"));
        assert_eq!(after(0, &["ab"]), cut("", 2, ""));
    }

    #[test]
    fn texts_are_cut_as_streams_are() {
        assert_eq!(cut("abcdefgh".into(), 8), "abcdefgh");
        assert_eq!(cut("abc".into(), 3), "abc");
        let expected = "abcd\n… 1 bytes left out …\nfghi";
        assert_eq!(cut("abcdefghi".into(), 8), expected);
    }

    #[test]
    fn what_is_not_utf8_is_replaced() {
        let mut kept = Kept::new(8);
        kept.write_all(b"a\xffb").unwrap();
        assert_eq!(kept.take(), ("a\u{fffd}b".into(), 0));
    }
}
