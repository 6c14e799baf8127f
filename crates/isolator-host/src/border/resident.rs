//! Pages of a dropped runtime that stay mapped for the next one in its place.
//!
//! The engine restores what a runtime wrote when its memory goes back to the pool, as the kernel lists it, but only the first stretches of pages: all that
//! lies beyond these is unmapped, and the next runtime meets it by page faults. A program of some size writes here and there. So where the stretches are
//! too many, the gaps between those that are near each other are made part of them: their pages are written with what they hold. That is done once
//! for each place, since what stays mapped is listed again.

use crate::engine::instance::GuestInstance;
use crate::engine::state::State;
use crate::engine::written;
use isolator_snapshot::delta::PAGE;
use std::ops::Range;
use wasmtime::Store;

/// Stretches that the engine restores.
const STRETCHES: usize = 32;

/// How many there are to be, as far as there is room: the next runtime may write elsewhere, too.
const WANTED: usize = 22;

/// A runtime is about to be dropped, of which so many bytes may stay mapped.
pub(crate) fn leave(store: &mut Store<State>, instance: &GuestInstance, most: usize) {
    let memory = instance.memory.data_mut(&mut *store);
    if most > 0 && instance.guest().places.is_due(memory.as_ptr() as usize) {
        join(memory, most);
    }
}

fn join(memory: &mut [u8], most: usize) {
    let Some(stretches) = written::stretches(memory) else {
        return;
    };
    for gap in gaps(&stretches, most / PAGE) {
        for page in gap {
            if let Some(byte) = memory.get_mut(page as usize * PAGE) {
                // A store that the compiler cannot leave out.
                *byte = std::hint::black_box(*byte);
            }
        }
    }
}

/// The gaps to fill so that the stretches are few, and have at most so many pages together. None if they are, or cannot be.
fn gaps(stretches: &[Range<u32>], most: usize) -> Vec<Range<u32>> {
    if stretches.len() <= STRETCHES {
        return Vec::new();
    }
    let mut gaps: Vec<Range<u32>> = stretches
        .windows(2)
        .filter_map(|pair| match pair {
            [one, other] => Some(one.end..other.start),
            _ => None,
        })
        .collect();
    gaps.sort_by_key(ExactSizeIterator::len);
    let mut pages: usize = stretches.iter().map(ExactSizeIterator::len).sum();
    let mut filled = 0;
    for gap in gaps.iter().take(stretches.len() - WANTED) {
        pages += gap.len();
        if pages > most {
            break;
        }
        filled += 1;
    }
    // Those that would still be too many are as good as more of them.
    if stretches.len() - filled > STRETCHES {
        filled = 0;
    }
    gaps.truncate(filled);
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_gaps_are_filled_until_few_stretches_are_left() {
        // Gaps of 1, 2, 3… pages.
        let mut at = 0;
        let stretches: Vec<Range<u32>> = (0..40)
            .map(|number| {
                at += number;
                at += 1;
                at - 1..at
            })
            .collect();
        let lengths = |most| -> Vec<usize> {
            let filled = gaps(&stretches, most);
            filled.iter().map(ExactSizeIterator::len).collect()
        };
        let all: Vec<usize> = (1..=18).collect();
        assert_eq!(lengths(1000), all);
        // Fewer where more would be too many pages, and none where that is not enough.
        assert_eq!(lengths(40 + all.iter().sum::<usize>() - 1), all[..17]);
        assert_eq!(lengths(40 + all[..8].iter().sum::<usize>()), all[..8]);
        assert!(lengths(40 + all[..8].iter().sum::<usize>() - 1).is_empty());
        assert!(gaps(&stretches[..STRETCHES], 1000).is_empty());
        assert!(gaps(&[], 1000).is_empty());
    }

    #[test]
    fn what_is_filled_holds_what_it_held() {
        let mut memory: Vec<u8> = (0..8 * PAGE).map(|at| (at % 251) as u8).collect();
        let before = memory.clone();
        join(&mut memory, 1 << 20);
        assert!(memory == before);
    }
}
