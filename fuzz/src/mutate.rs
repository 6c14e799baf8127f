//! New inputs from old ones.

/// Numbers that look random and are the same for the same seed (SplitMix64).
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next number.
    pub fn next_word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number below `limit`; 0 if that is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next_word() % limit.max(1) as u64) as usize
    }
}

/// Numbers at which readers go wrong: ends of ranges, and one beside them.
const EDGES: [u64; 14] = [
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    i64::MAX as u64,
    u64::MAX,
];

/// Makes inputs.
#[derive(Debug)]
pub struct Mutator<'a> {
    /// Where its decisions come from.
    pub random: Random,
    /// Pieces of the format that chance would not find.
    pub dictionary: &'a [&'a [u8]],
    /// Longest input, in bytes.
    pub longest: usize,
}

impl Mutator<'_> {
    /// Changes an input in a few places. `other` is one from which pieces may come.
    pub fn mutate(&mut self, input: &mut Vec<u8>, other: &[u8]) {
        for _ in 0..1 + self.random.below(5) {
            self.once(input, other);
        }
        input.truncate(self.longest);
    }

    fn once(&mut self, input: &mut Vec<u8>, other: &[u8]) {
        let random = &mut self.random;
        let at = random.below(input.len() + 1);
        let end = (at + 1 + random.below(16)).min(input.len());
        let piece = |random: &mut Random, from: &[u8]| {
            let start = random.below(from.len() + 1);
            let end = (start + 1 + random.below(32)).min(from.len());
            from.get(start..end).unwrap_or_default().to_vec()
        };
        let insert = match random.below(10) {
            0 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
                return;
            }
            1 | 2 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte = random.next_word() as u8;
                }
                return;
            }
            3 => {
                input.drain(at.min(end)..end);
                return;
            }
            4 => {
                let edge = EDGES[random.below(EDGES.len())];
                let width = 1 << random.below(4);
                let bytes = if random.below(2) == 0 {
                    edge.to_le_bytes()
                } else {
                    edge.rotate_left(64 - 8 * width as u32 % 64).to_be_bytes()
                };
                bytes[..width].to_vec()
            }
            5 => piece(random, &input.clone()),
            6 => piece(random, other),
            7 if !self.dictionary.is_empty() => {
                self.dictionary[random.below(self.dictionary.len())].to_vec()
            }
            8 => vec![random.next_word() as u8; 1 + random.below(20)],
            _ => vec![random.next_word() as u8],
        };
        if random.below(2) == 0 {
            let end = (at + insert.len()).min(input.len());
            input.splice(at..end.max(at), insert);
        } else {
            input.splice(at..at, insert);
        }
    }
}
