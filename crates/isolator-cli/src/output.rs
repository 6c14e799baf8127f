//! What this program prints because of a guest: how much that may be, and for how long it may take.
//!
//! `--max-output` bounds all of it together: what the guest writes itself (the library counts it), lines of the log, texts of
//! exceptions, results. What the program says in words of its own is not counted: which limit was reached can always be told.

use crate::error::{CliError, Result, TIME};
use crate::limits::line;
use isolator_host::{Error, LimitKind, OutputAccount, printable};
use std::io::Write;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// What was printed for the guest of this process, and how much may be.
static ACCOUNT: Mutex<Option<(OutputAccount, u64)>> = Mutex::new(None);

/// Counts from now on, if there is a limit: what one runtime causes, until another one takes its place.
pub fn count(account: OutputAccount, allowed: Option<u64>) {
    if let Some(allowed) = allowed {
        *ACCOUNT.lock().unwrap_or_else(PoisonError::into_inner) = Some((account, allowed));
    }
}

fn account() -> Option<(OutputAccount, u64)> {
    ACCOUNT
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

/// Takes the room for so many bytes.
///
/// # Errors
/// If there is not as much.
pub fn take(bytes: u64) -> Result<(), Error> {
    let Some((account, allowed)) = account() else {
        return Ok(());
    };
    let used = account.add(bytes);
    if used <= allowed {
        return Ok(());
    }
    Err(Error::Limit {
        limit: LimitKind::Output,
        allowed,
        used,
    })
}

/// Whether more was to be printed than may be.
pub fn is_full() -> bool {
    account().is_some_and(|(account, allowed)| account.used() > allowed)
}

/// What of a failure is printed: all of it, or as much as there is room for, and then why it ends there.
pub fn shown(error: &CliError) -> String {
    let whole = error.to_string();
    let whole = printable::text(&whole);
    if error.is_limit() {
        return whole.into_owned();
    }
    let room = account().map(|(account, allowed)| allowed.saturating_sub(account.used()));
    match (take(whole.len() as u64), room) {
        (
            Err(Error::Limit {
                limit,
                allowed,
                used,
            }),
            Some(room),
        ) => {
            let room = usize::try_from(room).unwrap_or(usize::MAX);
            let start = whole
                .get(..whole.floor_char_boundary(room))
                .unwrap_or_default();
            let gap = if start.is_empty() { "" } else { "…\n" };
            format!("{start}{gap}{}", line(limit, allowed, used))
        }
        _ => whole.into_owned(),
    }
}

/// Does something that may take long for a reason that is not ours: what reads our output may not read on. If it is not done in
/// time, the process ends as it does when guest code is stopped by `--timeout`.
pub fn within<T>(allowed: Option<Duration>, used: Duration, work: impl FnOnce() -> T) -> T {
    let Some(allowed) = allowed else {
        return work();
    };
    let left = allowed.saturating_sub(used);
    let late = move || {
        let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let text = line(
            LimitKind::Lifetime,
            nanoseconds(allowed),
            nanoseconds(used + left),
        );
        // Standard error may be what nobody reads: that must not keep the process, either.
        std::thread::spawn(move || {
            let _ = writeln!(std::io::stderr(), "{text}");
            std::process::exit(TIME);
        });
        std::thread::sleep(Duration::from_millis(200));
        std::process::exit(TIME)
    };
    watched(left, late, work).0
}

/// Does something, and beside it something else as soon as the first takes too long. The thread that waits for that comes with the result.
pub fn watched<T>(
    most: Duration,
    late: impl FnOnce() + Send + 'static,
    work: impl FnOnce() -> T,
) -> (T, JoinHandle<()>) {
    let (done, ended) = mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        if ended.recv_timeout(most) == Err(RecvTimeoutError::Timeout) {
            late();
        }
    });
    let result = work();
    drop(done);
    (result, watch)
}
