//! What a memory differs by from the one that it came from, in pages.

use crate::Malformed;

/// Bytes of a page.
pub const PAGE: usize = 4 << 10;

const MAGIC: &[u8; 8] = b"isodelta";
const VERSION: u32 = 1;

/// Bytes that are the same between two that differ, and are written all the same: fewer than what tells of another stretch.
const SAME: usize = 8;

/// The pages that differ, and how long the memory is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delta {
    length: usize,
    numbers: Vec<u32>,
    content: Vec<u8>,
}

impl Delta {
    /// What `memory` differs by from `base`, which is no longer, as far as these pages hold differences. `candidates` are numbers of pages in ascending order.
    #[must_use]
    pub fn of(base: &[u8], memory: &[u8], candidates: impl IntoIterator<Item = u32>) -> Self {
        /// Pages that room is made for at once: what a small runtime has written.
        const FEW: usize = 256;
        let candidates = candidates.into_iter();
        let most = candidates.size_hint().1.unwrap_or(FEW).min(FEW);
        let mut delta = Self {
            length: memory.len(),
            numbers: Vec::with_capacity(most),
            content: Vec::with_capacity(most * PAGE),
        };
        for number in candidates {
            let Some(page) = page(memory, number) else {
                continue;
            };
            let same = match self::page(base, number) {
                Some(before) => before == page,
                None => page.iter().all(|byte| *byte == 0),
            };
            if !same {
                delta.numbers.push(number);
                delta.content.extend_from_slice(page);
            }
        }
        delta
    }

    /// As [`of`](Self::of), looking at all pages.
    #[must_use]
    pub fn between(base: &[u8], memory: &[u8]) -> Self {
        let pages = u32::try_from(memory.len() / PAGE).unwrap_or(u32::MAX);
        Self::of(base, memory, 0..pages)
    }

    /// Bytes of the memory that has them.
    #[must_use]
    pub fn length(&self) -> usize {
        self.length
    }

    /// Bytes of the pages that differ.
    #[must_use]
    pub fn size(&self) -> usize {
        self.content.len()
    }

    /// The pages that differ: where each is in the memory, and what it holds.
    pub fn pages(&self) -> impl Iterator<Item = (usize, &[u8])> {
        self.numbers
            .iter()
            .map(|number| *number as usize * PAGE)
            .zip(self.content.chunks_exact(PAGE))
    }

    /// Writes the pages into a memory that is what they were compared with, and as long as [`length`](Self::length) says.
    ///
    /// # Errors
    /// [`Malformed`] if it is shorter; then some may be written.
    pub fn apply(&self, memory: &mut [u8]) -> Result<(), Malformed> {
        for (at, page) in self.pages() {
            memory
                .get_mut(at..at + PAGE)
                .ok_or_else(|| Malformed::new("a page is outside the memory"))?
                .copy_from_slice(page);
        }
        Ok(())
    }

    /// What comes of these differences and of later ones, which are from the same base: of a page in both, the later one.
    #[must_use]
    pub fn then(&self, later: &Self) -> Self {
        let mut both = Self {
            length: later.length,
            ..Self::default()
        };
        for number in both_numbers(self, later) {
            if let Some(page) = later.page(number).or_else(|| self.page(number)) {
                both.numbers.push(number);
                both.content.extend_from_slice(page);
            }
        }
        both
    }

    /// What the memory with these differences differs by from that with `others`, which are from the same base.
    #[must_use]
    pub fn rebased(&self, base: &[u8], others: &Self) -> Self {
        const ZEROS: [u8; PAGE] = [0; PAGE];
        let mut rebased = Self {
            length: self.length,
            ..Self::default()
        };
        for number in both_numbers(self, others) {
            let of_base = page(base, number).unwrap_or(&ZEROS);
            let content = self.page(number).unwrap_or(of_base);
            if content != others.page(number).unwrap_or(of_base) {
                rebased.numbers.push(number);
                rebased.content.extend_from_slice(content);
            }
        }
        rebased
    }

    /// The page of this number, if it is one that differs.
    fn page(&self, number: u32) -> Option<&[u8]> {
        let at = self.numbers.binary_search(&number).ok()?;
        self.content.get(at * PAGE..(at + 1) * PAGE)
    }

    /// As bytes, small: of each page only what differs.
    #[must_use]
    pub fn to_bytes(&self, base: &[u8]) -> Vec<u8> {
        self.write(|number| page(base, number))
    }

    /// As bytes against the memory with `others`, which are from the same base.
    #[must_use]
    pub fn to_bytes_over(&self, base: &[u8], others: &Self) -> Vec<u8> {
        let own = self.rebased(base, others);
        own.write(|number| others.page(number).or_else(|| page(base, number)))
    }

    fn write<'b>(&self, of_base: impl Fn(u32) -> Option<&'b [u8]>) -> Vec<u8> {
        const ZEROS: [u8; PAGE] = [0; PAGE];
        let mut out = MAGIC.to_vec();
        out.extend(VERSION.to_le_bytes());
        out.extend((self.length as u64).to_le_bytes());
        out.extend((self.numbers.len() as u32).to_le_bytes());
        for (number, content) in self.numbers.iter().zip(self.content.chunks_exact(PAGE)) {
            let before = of_base(*number).unwrap_or(&ZEROS);
            out.extend(number.to_le_bytes());
            let count = out.len();
            out.extend([0; 2]);
            let mut stretches = 0_u16;
            for stretch in stretches_of(before, content) {
                out.extend((stretch.start as u16).to_le_bytes());
                out.extend((stretch.len() as u16).to_le_bytes());
                out.extend(&content[stretch]);
                stretches += 1;
            }
            out[count..count + 2].copy_from_slice(&stretches.to_le_bytes());
        }
        out
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote, against the same base, of memories of at most `most` bytes; and what follows it.
    ///
    /// # Errors
    /// [`Malformed`] if it is something else.
    pub fn from_bytes<'a>(
        bytes: &'a [u8],
        base: &[u8],
        most: u64,
    ) -> Result<(Self, &'a [u8]), Malformed> {
        Self::read(bytes, |number| page(base, number), most)
    }

    /// Reads what [`to_bytes_over`](Self::to_bytes_over) wrote, as the differences from the base.
    ///
    /// # Errors
    /// As [`from_bytes`](Self::from_bytes).
    pub fn from_bytes_over<'a>(
        bytes: &'a [u8],
        base: &[u8],
        others: &Self,
        most: u64,
    ) -> Result<(Self, &'a [u8]), Malformed> {
        let of_base = |number| others.page(number).or_else(|| page(base, number));
        let (own, rest) = Self::read(bytes, of_base, most)?;
        Ok((others.then(&own), rest))
    }

    fn read<'a, 'b>(
        mut bytes: &'a [u8],
        of_base: impl Fn(u32) -> Option<&'b [u8]>,
        most: u64,
    ) -> Result<(Self, &'a [u8]), Malformed> {
        let at = &mut bytes;
        if take(at, 8)? != MAGIC || u32::from_le_bytes(array(at)?) != VERSION {
            return Err(Malformed::new("it is no delta of this version"));
        }
        let length = u64::from_le_bytes(array(at)?);
        if length > most || !length.is_multiple_of(PAGE as u64) {
            return Err(Malformed::new(format!(
                "its memory has {length} bytes, and may have whole pages up to {most}"
            )));
        }
        let length = usize::try_from(length).map_err(|_| Malformed::new("it is too large"))?;
        let mut delta = Self {
            length,
            ..Self::default()
        };
        for _ in 0..u32::from_le_bytes(array(at)?) {
            let number = u32::from_le_bytes(array(at)?);
            let ascends = delta.numbers.last().is_none_or(|last| *last < number);
            if !ascends || number as usize >= length / PAGE {
                return Err(Malformed::new(
                    "its pages are out of order, or outside the memory",
                ));
            }
            let start = delta.content.len();
            match of_base(number) {
                Some(before) => delta.content.extend_from_slice(before),
                None => delta.content.resize(start + PAGE, 0),
            }
            delta.numbers.push(number);
            for _ in 0..u16::from_le_bytes(array(at)?) {
                let offset = usize::from(u16::from_le_bytes(array(at)?));
                let content = {
                    let length = u16::from_le_bytes(array(at)?);
                    take(at, length.into())?
                };
                delta.content[start..]
                    .get_mut(offset..offset + content.len())
                    .ok_or_else(|| Malformed::new("a stretch is outside its page"))?
                    .copy_from_slice(content);
            }
        }
        Ok((delta, bytes))
    }
}

/// Numbers of the pages of both, in ascending order, each once.
fn both_numbers(one: &Delta, other: &Delta) -> std::collections::BTreeSet<u32> {
    one.numbers.iter().chain(&other.numbers).copied().collect()
}

fn page(memory: &[u8], number: u32) -> Option<&[u8]> {
    memory
        .get((number as usize).checked_mul(PAGE)?..)?
        .get(..PAGE)
}

/// Where two pages differ.
fn stretches_of(before: &[u8], after: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut all: Vec<std::ops::Range<usize>> = Vec::new();
    for at in (0..PAGE).filter(|at| before[*at] != after[*at]) {
        match all.last_mut() {
            Some(last) if at - last.end < SAME => last.end = at + 1,
            _ => all.push(at..at + 1),
        }
    }
    all
}

fn take<'a>(at: &mut &'a [u8], length: usize) -> Result<&'a [u8], Malformed> {
    let (taken, rest) = at
        .split_at_checked(length)
        .ok_or_else(|| Malformed::new("it is cut off"))?;
    *at = rest;
    Ok(taken)
}

fn array<const N: usize>(at: &mut &[u8]) -> Result<[u8; N], Malformed> {
    take(at, N)?
        .try_into()
        .map_err(|_| Malformed::new("it is cut off"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn changed() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
        let base = proptest::collection::vec(any::<u8>(), 1..4)
            .prop_map(|pages| pages.iter().flat_map(|byte| [*byte; PAGE]).collect());
        let writes = proptest::collection::vec(
            (any::<proptest::sample::Index>(), any::<u8>(), 1..40_usize),
            0..20,
        );
        (base, 0..3_usize, writes).prop_map(|(base, more, writes): (Vec<u8>, _, _)| {
            let mut memory = base.clone();
            memory.resize(base.len() + more * PAGE, 0);
            for (at, byte, length) in writes {
                let at = at.index(memory.len());
                let end = (at + length).min(memory.len());
                memory[at..end].fill(byte);
            }
            (base, memory)
        })
    }

    proptest! {
        #[test]
        fn applied_and_written_and_read_it_gives_the_memory((base, memory) in changed()) {
            let delta = Delta::between(&base, &memory);
            let mut copy = base.clone();
            copy.resize(delta.length(), 0);
            delta.apply(&mut copy).unwrap();
            prop_assert!(copy == memory);

            let mut bytes = delta.to_bytes(&base);
            prop_assert!(bytes.len() <= 24 + 2 * delta.size());
            bytes.extend(b"rest");
            let (read, rest) = Delta::from_bytes(&bytes, &base, 1 << 20).unwrap();
            prop_assert_eq!(rest, b"rest");
            prop_assert_eq!(read, delta);
            for end in 0..bytes.len() - 4 {
                prop_assert!(Delta::from_bytes(&bytes[..end], &base, 1 << 20).is_err());
            }
        }

        #[test]
        fn differences_follow_each_other_and_are_told_apart(
            (base, first) in changed(),
            writes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..8),
        ) {
            let mut second = first.clone();
            second.resize(first.len() + PAGE, 0);
            for (at, byte) in writes {
                let at = at.index(second.len());
                second[at] = byte;
            }
            let of_first = Delta::between(&base, &first);
            let of_second = Delta::between(&base, &second);
            let between = Delta::between(&first, &second);
            prop_assert_eq!(&of_second.rebased(&base, &of_first), &between);
            // A page that is again what the base has stays in it.
            let mut copy = base.clone();
            copy.resize(second.len(), 0);
            of_first.then(&between).apply(&mut copy).unwrap();
            prop_assert!(copy == second);
            prop_assert_eq!(of_first.then(&between).length(), second.len());
            // Written over the first, it is what is written from the first, and is read from the base.
            let bytes = of_second.to_bytes_over(&base, &of_first);
            prop_assert_eq!(&bytes, &between.to_bytes(&first));
            let (read, rest) = Delta::from_bytes_over(&bytes, &base, &of_first, 1 << 20).unwrap();
            prop_assert!(rest.is_empty());
            prop_assert_eq!(read, of_first.then(&between));
        }

        #[test]
        fn what_is_flipped_is_an_error_or_another_delta((base, memory) in changed(), at in any::<proptest::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = Delta::between(&base, &memory).to_bytes(&base);
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok((delta, _)) = Delta::from_bytes(&bytes, &base, 1 << 20) {
                let mut copy = base.clone();
                copy.resize(delta.length(), 0);
                delta.apply(&mut copy).unwrap();
            }
        }
    }

    #[test]
    fn only_candidates_are_looked_at() {
        let (base, memory) = (vec![0; 3 * PAGE], vec![1; 3 * PAGE]);
        let delta = Delta::of(&base, &memory, [0, 2, 7]);
        assert_eq!(
            delta.pages().map(|(at, _)| at).collect::<Vec<_>>(),
            [0, 2 * PAGE]
        );
        assert_eq!(delta.size(), 2 * PAGE);
    }
}
