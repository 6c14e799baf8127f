//! What of WASI reads pointers and structures of a guest, as one function over any memory.

use super::{Errno, LastWords, Trouble, Wasi, WasiHost, poll, slice, streams};
use crate::engine::state::State;
use crate::stdio::{Stdin, Stdio};

/// Calls a function that the first byte chooses, with arguments that follow it, over a memory that is the rest.
pub(crate) fn call(state: &mut State, input: &[u8]) {
    let Some((arguments, rest)) = input.split_at_checked(17) else {
        return;
    };
    let mut memory = rest.to_vec();
    let argument = |index: usize| {
        let at = 1 + 4 * index;
        arguments
            .get(at..at + 4)
            .and_then(|bytes| bytes.try_into().ok())
            .map_or(0, u32::from_le_bytes)
    };
    let [a, b, c, d] = [argument(0), argument(1), argument(2), argument(3)];
    state.wasi = Wasi::new(
        Stdin::Bytes(vec![7; 300]),
        Stdio::CaptureUpTo(1000),
        Stdio::lines(|_| ()),
        None,
    );
    let before = memory.clone();
    let parts = &mut state.parts();
    let which = arguments.first().copied().unwrap_or_default();
    let result = match which % 8 {
        0 => streams::fd_write(&mut memory, parts, a % 4, b, c, d).map_err(number),
        1 => streams::fd_read(&mut memory, parts, a % 4, b, c, d).map_err(number),
        2 => streams::fd_fdstat_get(&mut memory, parts, a % 3, d),
        3 => streams::fd_filestat_get(&mut memory, parts, a % 3, d),
        4 if !sleeps(&mut memory, a, c) => {
            poll::poll_oneoff(&mut memory, parts, a, b, c, d).map_err(number)
        }
        5 => slice(&mut memory, a, b).map(|_| ()),
        _ => {
            let mut words = LastWords::default();
            rest.chunks(1 + a as usize % 3000)
                .for_each(|part| words.add(part));
            assert!(words.text().len() <= 3 * LastWords::KEPT);
            Ok(())
        }
    };
    if result == Err(Errno::Fault) && memory.len() < 4 {
        assert_eq!(
            memory, before,
            "a fault wrote into a memory that is too small for anything"
        );
    }
    assert_eq!(memory.len(), before.len());
    assert!(state.wasi.stdout.captured().len() <= 1000);
}

fn number(trouble: Trouble) -> Errno {
    match trouble {
        Trouble::Errno(errno) => errno,
        Trouble::Stop(_) => Errno::Io,
    }
}

/// Whether a poll would do nothing but wait.
fn sleeps(memory: &mut [u8], input: u32, count: u32) -> bool {
    let kind = |index: u32| {
        let at = input.checked_add(index.checked_mul(48)?)?.checked_add(8)?;
        slice(memory, at, 1).ok()?.first().copied()
    };
    let mut kinds = (0..count.min(100)).map(kind);
    kinds.all(|kind| kind == Some(0))
}
