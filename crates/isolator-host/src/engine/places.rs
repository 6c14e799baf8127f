//! Places of a pool, of which what dropped runtimes wrote stays mapped (`border/resident.rs`).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// After how many runtimes in one place the place is looked at again.
const AGAIN: u32 = 16;

/// The places in which runtimes of a guest were.
#[derive(Default)]
pub(crate) struct Places {
    /// How many were dropped there since it was looked at, by the memory's address.
    since: Mutex<HashMap<usize, u32>>,
}

impl Places {
    /// A runtime is about to be dropped there: whether to look at it.
    pub(crate) fn is_due(&self, address: usize) -> bool {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        let since = since.entry(address).or_insert(0);
        let due = since.is_multiple_of(AGAIN);
        *since = since.wrapping_add(1);
        due
    }
}

/// What to say of an error to map memory where the system allows the process no more mappings, as Linux does by default at some 65,000: a runtime has
/// about three.
pub(crate) fn too_many_mappings() -> Option<String> {
    let mappings = std::fs::read_to_string("/proc/self/maps").ok()?;
    let allowed = std::fs::read_to_string("/proc/sys/vm/max_map_count").ok()?;
    words(mappings.lines().count(), allowed.trim().parse().ok()?)
}

fn words(mappings: usize, allowed: usize) -> Option<String> {
    /// What the engine may have wanted at once.
    const SOME: usize = 16;
    (mappings.saturating_add(SOME) >= allowed).then(|| {
        format!(
            ". This process has {mappings} mappings of memory, and the system allows {allowed}: raise it (`sysctl vm.max_map_count`), or let fewer runtimes live at once"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_are_named_where_they_are_too_many() {
        assert_eq!(words(100, 65_530), None);
        let words = words(65_520, 65_530).unwrap();
        assert!(
            words.contains("65520 mappings") && words.contains("vm.max_map_count"),
            "{words}"
        );
        if cfg!(target_os = "linux") {
            assert_eq!(too_many_mappings(), None, "there are few here");
        }
    }

    #[test]
    fn each_place_is_looked_at_at_first_and_now_and_then() {
        let places = Places::default();
        for address in [1, 2] {
            let due: Vec<u32> = (0..40).filter(|_| places.is_due(address)).collect();
            assert_eq!(due, [0, 16, 32]);
        }
    }
}
