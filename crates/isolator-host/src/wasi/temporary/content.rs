//! What a file in memory holds: blocks, of which those that nothing was written to are not there.

use std::collections::BTreeMap;

/// Bytes that are taken at once.
pub(super) const BLOCK: usize = 4096;

/// What a block takes: its bytes, and what is kept about it.
pub(super) const BLOCK_TAKES: u64 = BLOCK as u64 + 64;

/// No file is longer, holes included.
pub(super) const LONGEST: u64 = 1 << 40;

#[derive(Debug, Default, Clone)]
pub(super) struct Blocks {
    len: u64,
    blocks: BTreeMap<u64, Box<[u8]>>,
}

/// A part of a block.
struct Part {
    block: u64,
    from: usize,
    len: usize,
}

/// The parts that so many bytes at a position fall into.
fn parts(at: u64, len: usize) -> impl Iterator<Item = Part> {
    let mut done = 0usize;
    std::iter::from_fn(move || {
        let here = at.checked_add(done as u64)?;
        let from = usize::try_from(here % BLOCK as u64).ok()?;
        let part = (BLOCK - from).min(len.checked_sub(done)?);
        done += part;
        (part > 0).then_some(Part {
            block: here / BLOCK as u64,
            from,
            len: part,
        })
    })
}

impl Blocks {
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// How many blocks there are.
    pub(super) fn count(&self) -> u64 {
        self.blocks.len() as u64
    }

    /// Blocks that are not there yet and that so many bytes would be written to.
    pub(super) fn missing(&self, at: u64, len: usize) -> u64 {
        parts(at, len)
            .filter(|part| !self.blocks.contains_key(&part.block))
            .count() as u64
    }

    /// Of this length, with these blocks; of those that are shorter the rest is zero.
    pub(super) fn of<'a>(len: u64, blocks: impl Iterator<Item = (u64, &'a [u8])>) -> Self {
        let whole = |content: &[u8]| {
            let mut block = vec![0; BLOCK].into_boxed_slice();
            if let Some(to) = block.get_mut(..content.len()) {
                to.copy_from_slice(content);
            }
            block
        };
        let mut made = Self {
            len: u64::MAX,
            blocks: blocks
                .map(|(number, content)| (number, whole(content)))
                .collect(),
        };
        // Nothing is beyond its end.
        made.set_len(len);
        made
    }

    /// The blocks, each without the zeros at its end.
    pub(super) fn all(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.blocks.iter().map(|(number, block)| {
            let last = block.iter().rposition(|byte| *byte != 0);
            let used = last.map_or(0, |last| last + 1);
            (*number, block.get(..used).unwrap_or(block))
        })
    }

    /// How many bytes were read.
    pub(super) fn read(&self, at: u64, into: &mut [u8]) -> usize {
        let left = usize::try_from(self.len.saturating_sub(at)).unwrap_or(usize::MAX);
        let most = into.len().min(left);
        let mut done = 0;
        for part in parts(at, most) {
            let Some(to) = into.get_mut(done..done + part.len) else {
                break;
            };
            let block = self.blocks.get(&part.block);
            match block.and_then(|block| block.get(part.from..part.from + part.len)) {
                Some(from) => to.copy_from_slice(from),
                None => to.fill(0),
            }
            done += part.len;
        }
        done
    }

    pub(super) fn write(&mut self, at: u64, data: &[u8]) {
        let mut done = 0;
        for part in parts(at, data.len()) {
            let block = self
                .blocks
                .entry(part.block)
                .or_insert_with(|| vec![0; BLOCK].into_boxed_slice());
            if let (Some(to), Some(from)) = (
                block.get_mut(part.from..part.from + part.len),
                data.get(done..done + part.len),
            ) {
                to.copy_from_slice(from);
            }
            done += part.len;
        }
        self.len = self.len.max(at.saturating_add(done as u64));
    }

    /// Makes it so long. What is beyond is gone, and what is new is zero.
    pub(super) fn set_len(&mut self, len: u64) {
        if len < self.len {
            drop(self.blocks.split_off(&len.div_ceil(BLOCK as u64)));
            let kept = usize::try_from(len % BLOCK as u64).unwrap_or_default();
            if kept > 0
                && let Some(block) = self.blocks.get_mut(&(len / BLOCK as u64))
                && let Some(beyond) = block.get_mut(kept..)
            {
                beyond.fill(0);
            }
        }
        self.len = len;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone)]
    enum Step {
        Write(u64, Vec<u8>),
        SetLen(u64),
        Read(u64, usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        let at = || 0u64..20_000;
        prop_oneof![
            (at(), proptest::collection::vec(any::<u8>(), 0..9000))
                .prop_map(|(at, data)| Step::Write(at, data)),
            at().prop_map(Step::SetLen),
            (at(), 0usize..9000).prop_map(|(at, len)| Step::Read(at, len)),
        ]
    }

    proptest! {
        #[test]
        fn it_is_what_a_vector_is(steps in proptest::collection::vec(step(), 1..20)) {
            let (mut blocks, mut bytes) = (Blocks::default(), Vec::<u8>::new());
            for step in steps {
                match step {
                    Step::Write(at, data) => {
                        let missing = blocks.missing(at, data.len());
                        let before = blocks.count();
                        blocks.write(at, &data);
                        prop_assert_eq!(blocks.count(), before + missing);
                        let end = at as usize + data.len();
                        if !data.is_empty() {
                            bytes.resize(bytes.len().max(end), 0);
                            bytes[at as usize..end].copy_from_slice(&data);
                        } else {
                            bytes.resize(bytes.len().max(blocks.len() as usize), 0);
                        }
                    }
                    Step::SetLen(len) => {
                        blocks.set_len(len);
                        bytes.resize(len as usize, 0);
                    }
                    Step::Read(at, len) => {
                        let mut into = vec![1; len];
                        let read = blocks.read(at, &mut into);
                        let wanted = bytes.get((at as usize).min(bytes.len())..).unwrap();
                        prop_assert_eq!(&into[..read], &wanted[..len.min(wanted.len())]);
                    }
                }
                prop_assert_eq!(blocks.len(), bytes.len() as u64);
            }
            let again = Blocks::of(blocks.len(), blocks.all());
            prop_assert_eq!((again.len, again.blocks), (blocks.len, blocks.blocks));
        }
    }
}
