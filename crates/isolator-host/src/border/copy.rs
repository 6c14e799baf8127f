//! Memories of runtimes that go on elsewhere: what one differs by from what it began with, and back.

use crate::border::lift;
use crate::engine::frozen::Frozen;
use crate::engine::instance::{Guest, GuestInstance};
use crate::engine::state::{Fatal, State};
use crate::engine::written;
use crate::error::{Error, Result};
use isolator_snapshot::Malformed;
use isolator_snapshot::delta::{Delta, PAGE};
use isolator_snapshot::state::WASM_PAGE;
use std::ops::Range;
use wasmtime::StoreContextMut;

/// Pages by which a runtime's memory differs from what its guest begins with, but for what is `unused`.
///
/// # Errors
/// [`Error::Engine`] if there is no room for what it is compared with.
pub(crate) fn differences(
    guest: &Guest,
    memory: &[u8],
    data: impl FnOnce() -> State,
    unused: &[Range<usize>],
) -> Result<Delta> {
    guest.with_base(data, |store, base| {
        let base = lift::at_rest(store, base);
        compare(base, memory, written::pages(memory), unused)
    })
}

/// Does something with the memory that runtimes of a snapshot start with.
///
/// # Errors
/// [`Error::Engine`] if there is no room for another one.
pub(crate) fn with_memory<T>(frozen: &Frozen, look: impl FnOnce(&[u8]) -> T) -> Result<T> {
    let data = State::for_probes(&frozen.shared);
    let (store, memory) = frozen.guest.instantiate_state(data)?;
    let state = lift::at_rest(&store, memory);
    let Some(delta) = &frozen.delta else {
        return Ok(look(state));
    };
    let mut whole = Vec::with_capacity(delta.length());
    whole.extend_from_slice(state);
    drop(store);
    whole.resize(delta.length(), 0);
    delta.apply(&mut whole).map_err(|error| Error::Engine {
        what: "put a snapshot together",
        message: error.to_string(),
    })?;
    Ok(look(&whole))
}

/// Compares the pages that may have been written, or all where nobody can tell, but for what is `unused`.
fn compare(
    base: &[u8],
    memory: &[u8],
    written: Option<Vec<u32>>,
    unused: &[Range<usize>],
) -> Delta {
    let needed = |page: &u32| {
        let at = *page as usize * PAGE;
        !unused
            .iter()
            .any(|unused| unused.start <= at && at + PAGE <= unused.end)
    };
    match written {
        Some(pages) => Delta::of(base, memory, pages.into_iter().filter(needed)),
        None => {
            let all = u32::try_from(memory.len() / PAGE).unwrap_or(u32::MAX);
            Delta::of(base, memory, (0..all).filter(needed))
        }
    }
}

/// The differences as bytes, small: from what the guest begins with, or, where that is a snapshot of the form that copies, from what that one makes of it.
///
/// # Errors
/// As [`differences`].
pub(crate) fn to_bytes(
    guest: &Guest,
    delta: &Delta,
    of_base: Option<&Delta>,
    data: impl FnOnce() -> State,
) -> Result<Vec<u8>> {
    guest.with_base(data, |store, base| {
        let base = lift::at_rest(store, base);
        match of_base {
            Some(others) => delta.to_bytes_over(base, others),
            None => delta.to_bytes(base),
        }
    })
}

/// The differences from what the guest begins with, from what [`to_bytes`] gave, of a memory of at most so many bytes.
///
/// # Errors
/// As [`differences`]; inside, why they are none.
pub(crate) fn from_bytes(
    guest: &Guest,
    bytes: &[u8],
    of_base: Option<&Delta>,
    most: u64,
    data: impl FnOnce() -> State,
) -> Result<std::result::Result<Delta, Malformed>> {
    guest.with_base(data, |store, base| {
        let base = lift::at_rest(store, base);
        let (delta, rest) = match of_base {
            Some(others) => Delta::from_bytes_over(bytes, base, others, most)?,
            None => Delta::from_bytes(bytes, base, most)?,
        };
        match rest {
            [] => Ok(delta),
            rest => Err(Malformed::new(format!(
                "{} bytes follow its memory",
                rest.len()
            ))),
        }
    })
}

/// Makes a memory that is as its guest begins the one that the differences were taken of. What it grows by counts as growth.
///
/// # Errors
/// [`Error::Limit`] if it may not have so much; [`Error::BadSuspended`] if the differences are of another memory.
pub(crate) fn apply(
    store: &mut StoreContextMut<'_, State>,
    instance: &GuestInstance,
    delta: &Delta,
) -> Result<()> {
    let wrong = |problem: String| Error::BadSuspended {
        path: None,
        problems: vec![problem],
    };
    let memory = instance.memory;
    let pages = delta.length() / WASM_PAGE;
    let now = memory.data_size(&*store) / WASM_PAGE;
    let more = pages
        .checked_sub(now)
        .ok_or_else(|| wrong("its memory is smaller than what it began with".into()))?;
    if more > 0 && memory.grow(&mut *store, more as u64).is_err() {
        return Err(match store.data().meter.memory.hit() {
            Some(hit) => Fatal::Limit(hit).error(),
            None => wrong(format!("its memory cannot have {} bytes", delta.length())),
        });
    }
    delta
        .apply(memory.data_mut(&mut *store))
        .map_err(|error| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memory_is_compared_where_nobody_tells() {
        let base = vec![7; 16 * PAGE];
        let mut memory = base.clone();
        memory.resize(32 * PAGE, 0);
        let written = [1, 5, 6, 9, 20];
        for page in written {
            memory[page * PAGE + page] = 1;
        }
        let told = |pages: &[usize]| Some(pages.iter().map(|page| *page as u32).collect());
        // The last of it is not all of a page.
        let unused = [5 * PAGE..6 * PAGE, 9 * PAGE..9 * PAGE + 100];
        let pages =
            |delta: &Delta| -> Vec<usize> { delta.pages().map(|(at, _)| at / PAGE).collect() };
        let all = compare(&base, &memory, None, &unused);
        assert_eq!(pages(&all), [1, 6, 9, 20]);
        // One that was written, and is as it was.
        let some = compare(&base, &memory, told(&[0, 1, 5, 6, 9, 20, 31]), &unused);
        assert_eq!(some, all);
    }
}
