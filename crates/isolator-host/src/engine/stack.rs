//! Native stack: what a call needs is there before guest code runs, or the call runs on a stack of ours.
//!
//! The engine stops guest code after `wasm_stack` bytes of native stack, counted from where the call entered. Host
//! functions that the guest calls from down there need some more. A thread with less than both together (1 MiB threads,
//! or a caller that is deep in recursion) would overflow and take the process with it.

use crate::engine::state::State;
use crate::error::{Error, Result};

/// Stack for host frames below guest code: the host's own imports and an embedder's callback, in bytes.
pub(crate) const HOST_RESERVE: usize = 512 << 10;

/// What a new stack has on top of what is needed.
const SLACK: usize = 128 << 10;

/// Runs `f` where it has at least `wasm_stack` + [`HOST_RESERVE`] bytes of stack.
#[inline]
pub(crate) fn with_enough<R>(wasm_stack: usize, f: impl FnOnce() -> R) -> R {
    let needed = wasm_stack.saturating_add(HOST_RESERVE);
    stacker::maybe_grow(needed, needed.saturating_add(SLACK), f)
}

/// About where the stack of this thread is.
#[inline]
fn here() -> usize {
    let marker = 0u8;
    std::hint::black_box(&raw const marker) as usize
}

/// Notes where the stack is as guest code is entered from outside.
#[inline]
pub(crate) fn note_outermost(state: &mut State) {
    state.stack_top = here();
}

/// Checks that a call from within a callback runs on the stack of the call around it, and that there is some left.
///
/// The engine counts the stack from the outermost entry: a nested call from another stack (of another thread, or a
/// segment that the embedder switched to) would escape its limit.
pub(crate) fn check_nested(state: &State) -> Result<()> {
    let whole = state.shared.wasm_stack.saturating_add(HOST_RESERVE);
    // A few frames of the host lie above the point that was noted.
    match state.stack_top.saturating_add(SLACK / 2).checked_sub(here()) {
        Some(used) if used <= whole.saturating_sub(HOST_RESERVE / 4) => Ok(()),
        Some(used) if used <= whole => Err(Error::Nesting {
            message: "the callback cannot call into its runtime: guest and host calls have used up the stack that they share".into(),
        }),
        _ => Err(Error::Nesting {
            message: "the callback cannot call into its runtime from another stack than the one that it was called on".into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_thread_gets_a_bigger_stack() {
        for size in [256 << 10, 1 << 20, 2 << 20, 8 << 20] {
            let remaining = std::thread::Builder::new()
                .stack_size(size)
                .spawn(|| with_enough(1 << 20, || stacker::remaining_stack().unwrap()))
                .unwrap()
                .join()
                .unwrap();
            assert!(
                remaining >= (1 << 20) + HOST_RESERVE - (16 << 10),
                "{remaining} on a thread of {size}"
            );
        }
    }

    #[test]
    fn a_nested_call_from_another_stack_is_refused() {
        let mut state = State::for_tests();
        note_outermost(&mut state);
        assert!(check_nested(&state).is_ok());
        let elsewhere = stacker::grow(64 << 10, || check_nested(&state));
        assert!(
            matches!(elsewhere, Err(Error::Nesting { .. })),
            "{elsewhere:?}"
        );
    }
}
