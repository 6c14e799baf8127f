//! Looks whether the pages of a guest's state are shared by its runtimes.
//!
//! The engine drops the copy-on-write image of a memory without a word when a setting or a limit does not suit it; what
//! follows is three orders of magnitude slower and larger, and works. So it is measured.

use crate::engine::instance::Guest;
use crate::engine::state::State;
use crate::error::Result;
use std::time::Instant;

/// Instantiates the state a few times and looks.
pub(crate) fn measure(guest: &Guest, mut data: impl FnMut() -> State) -> Result<bool> {
    // The first time may set up the image itself.
    drop(guest.instantiate_state(data())?);
    let mut fastest = u128::MAX;
    let mut private = None;
    let mut size = 0;
    for _ in 0..3 {
        let began = Instant::now();
        let (store, memory) = guest.instantiate_state(data())?;
        fastest = fastest.min(began.elapsed().as_nanos());
        size = memory.data_size(&store);
        private = private_bytes(memory.data_ptr(&store) as usize, size);
    }
    Ok(match private {
        Some(private) => private < (size / 16).max(64 << 10),
        // No memory is copied faster than 64 GiB/s.
        None => fastest < (size as u128 / 64).max(20_000),
    })
}

/// Private, written bytes of the mappings within this range of addresses; none where that cannot be told.
#[cfg(target_os = "linux")]
fn private_bytes(from: usize, len: usize) -> Option<usize> {
    let smaps = std::fs::read_to_string("/proc/self/smaps").ok()?;
    let (mut inside, mut seen, mut bytes) = (false, false, 0usize);
    for line in smaps.lines() {
        let first = line.split_whitespace().next()?;
        if let Some((start, end)) = first.split_once('-') {
            let (start, end) = (
                usize::from_str_radix(start, 16).ok()?,
                usize::from_str_radix(end, 16).ok()?,
            );
            inside = start < from + len && end > from;
            seen |= inside;
        } else if inside && first == "Private_Dirty:" {
            bytes += line.split_whitespace().nth(1)?.parse::<usize>().ok()? * 1024;
        }
    }
    seen.then_some(bytes)
}

#[cfg(not(target_os = "linux"))]
fn private_bytes(_: usize, _: usize) -> Option<usize> {
    None
}
