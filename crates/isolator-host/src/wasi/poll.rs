//! `poll_oneoff`: sleeping, and whether a descriptor is ready.

use super::{
    Errno, Parts, Trouble, WASI_MODULE, WasiHost, answer, clock, read_u32, read_u64, slice,
};
use crate::signature::{Core, Spec};
use std::time::Duration;
use wasmtime::{Caller, Linker};

pub(super) const POLL: &[Spec] = &[Spec {
    name: "poll_oneoff",
    params: &[Core::I32, Core::I32, Core::I32, Core::I32],
    results: &[Core::I32],
    post: false,
}];

/// Most subscriptions at once.
const MOST: u32 = 4096;
const SUBSCRIPTION_BYTES: u32 = 48;
const EVENT_BYTES: usize = 32;

#[derive(Clone, Copy)]
enum Wanted {
    /// Nanoseconds from now.
    Clock(u64),
    /// A descriptor. Streams and files never make a poller wait: reads and writes themselves do, for as long as they need.
    Ready,
    Wrong(Errno),
}

fn subscription(memory: &mut [u8], parts: &Parts<'_>, at: u32) -> Result<(u64, u8, Wanted), Errno> {
    let field = |offset: u32| at.checked_add(offset).ok_or(Errno::Fault);
    let user_data = read_u64(memory, at)?;
    let kind = slice(memory, field(8)?, 1)?
        .first()
        .copied()
        .unwrap_or(u8::MAX);
    let wanted = match kind {
        0 => {
            let id = read_u32(memory, field(16)?)?;
            let timeout = read_u64(memory, field(24)?)?;
            let absolute = read_u32(memory, field(40)?)? & 1 == 1;
            match clock::now(parts, id) {
                Ok(now) if absolute => Wanted::Clock(timeout.saturating_sub(now)),
                Ok(_) => Wanted::Clock(timeout),
                Err(errno) => Wanted::Wrong(errno),
            }
        }
        1 | 2 => {
            let fd = read_u32(memory, field(16)?)?;
            let files = parts.wasi.files.as_deref();
            let known = match fd {
                0..=2 => parts.wasi.closed & (1 << fd) == 0,
                file => files.is_some_and(|files| files.has(file)),
            };
            if known {
                Wanted::Ready
            } else {
                Wanted::Wrong(Errno::Badf)
            }
        }
        _ => return Err(Errno::Inval),
    };
    Ok((user_data, kind, wanted))
}

pub(super) fn poll_oneoff(
    memory: &mut [u8],
    parts: &mut Parts<'_>,
    input: u32,
    output: u32,
    count: u32,
    out: u32,
) -> Result<(), Trouble> {
    if count == 0 || count > MOST {
        return Err(Errno::Inval.into());
    }
    parts
        .meter
        .step(u64::from(count).saturating_mul(SUBSCRIPTION_BYTES.into()))?;
    let mut wanted = Vec::with_capacity(count as usize);
    for index in 0..count {
        let at = input
            .checked_add(index.saturating_mul(SUBSCRIPTION_BYTES))
            .ok_or(Errno::Fault)?;
        wanted.push(subscription(memory, parts, at)?);
    }
    let at_once = wanted
        .iter()
        .any(|(_, _, wanted)| !matches!(wanted, Wanted::Clock(_)));
    let soonest = wanted
        .iter()
        .filter_map(|(_, _, wanted)| {
            if let Wanted::Clock(ns) = wanted {
                Some(*ns)
            } else {
                None
            }
        })
        .min();
    let slept = match soonest {
        Some(ns) if !at_once => {
            parts.meter.sleep(Duration::from_nanos(ns));
            ns
        }
        _ => 0,
    };
    let mut events = 0u32;
    for (user_data, kind, wanted) in wanted {
        let error = match wanted {
            Wanted::Clock(ns) if ns <= slept => Errno::Success,
            Wanted::Clock(_) => continue,
            Wanted::Ready => Errno::Success,
            Wanted::Wrong(errno) => errno,
        };
        let mut event = [0u8; EVENT_BYTES];
        event[0..8].copy_from_slice(&user_data.to_le_bytes());
        event[8..10].copy_from_slice(&(error as u16).to_le_bytes());
        event[10] = kind;
        if kind != 0 {
            event[16..24].copy_from_slice(&1u64.to_le_bytes());
        }
        let at = output
            .checked_add(events.saturating_mul(EVENT_BYTES as u32))
            .ok_or(Errno::Fault)?;
        super::write(memory, at, event)?;
        events += 1;
    }
    Ok(super::write(memory, out, events.to_le_bytes())?)
}

pub(super) fn link_poll<S: WasiHost>(linker: &mut Linker<S>) -> wasmtime::Result<()> {
    linker.func_wrap(
        WASI_MODULE,
        "poll_oneoff",
        |mut caller: Caller<'_, S>,
         input: u32,
         output: u32,
         count: u32,
         out: u32|
         -> wasmtime::Result<u32> {
            let polled = answer(&mut caller, |memory, parts| {
                poll_oneoff(memory, parts, input, output, count, out)
            });
            caller.data_mut().parts().meter.check_after_waiting()?;
            polled
        },
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::state::State;

    fn clock_subscription(user_data: u64, clock: u32, timeout: u64, absolute: bool) -> [u8; 48] {
        let mut bytes = [0; 48];
        bytes[0..8].copy_from_slice(&user_data.to_le_bytes());
        bytes[16..20].copy_from_slice(&clock.to_le_bytes());
        bytes[24..32].copy_from_slice(&timeout.to_le_bytes());
        bytes[40] = absolute.into();
        bytes
    }

    #[test]
    fn the_soonest_clock_wakes_and_only_it() {
        let mut state = State::for_tests();
        let mut memory = vec![0u8; 1024];
        memory[0..48].copy_from_slice(&clock_subscription(7, 1, 20_000_000, false));
        memory[48..96].copy_from_slice(&clock_subscription(8, 1, 60_000_000_000, false));
        let began = std::time::Instant::now();
        poll_oneoff(&mut memory, &mut state.parts(), 0, 512, 2, 1000).unwrap();
        assert!((15..5_000).contains(&began.elapsed().as_millis()));
        assert_eq!(read_u32(&mut memory, 1000), Ok(1));
        assert_eq!(read_u64(&mut memory, 512), Ok(7));
    }

    #[test]
    fn a_time_that_has_passed_does_not_sleep_and_a_strange_clock_is_an_event() {
        let mut state = State::for_tests();
        let mut memory = vec![0u8; 1024];
        memory[0..48].copy_from_slice(&clock_subscription(7, 0, 1, true));
        memory[48..96].copy_from_slice(&clock_subscription(8, 9, 1, false));
        poll_oneoff(&mut memory, &mut state.parts(), 0, 512, 2, 1000).unwrap();
        assert_eq!(read_u32(&mut memory, 1000), Ok(2), "both are ready at once");
        assert_eq!(
            (memory[512 + 8], memory[512 + 32 + 8]),
            (0, Errno::Inval as u8)
        );
    }

    #[test]
    fn pointers_and_counts_are_checked() {
        let mut state = State::for_tests();
        let mut memory = vec![0u8; 64];
        for (input, count, wanted) in [
            (0, 0, Errno::Inval),
            (0, u32::MAX, Errno::Inval),
            (32, 1, Errno::Fault),
        ] {
            let refused = poll_oneoff(&mut memory, &mut state.parts(), input, 0, count, 0);
            assert!(
                matches!(refused, Err(Trouble::Errno(errno)) if errno == wanted),
                "{refused:?}"
            );
        }
    }
}
