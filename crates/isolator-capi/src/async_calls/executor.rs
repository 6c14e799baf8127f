//! The threads of the library that drive asynchronous calls.

use crate::error::CError;
use crate::guard::text_of;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, OnceLock, PoisonError};
use tokio::runtime::{Builder, Runtime};

/// Stack of the library's threads, in bytes: the embedder's callbacks run on it.
const STACK: usize = 8 << 20;

/// The library's own executor. Its threads live as long as the process.
pub(super) fn executor() -> Result<&'static Runtime, CError> {
    static EXECUTOR: OnceLock<Runtime> = OnceLock::new();
    static STARTING: Mutex<()> = Mutex::new(());
    executor_in(&EXECUTOR, &STARTING, || {
        Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("isolator")
            .thread_stack_size(STACK)
            .enable_time()
            .build()
    })
}

/// The executor in a cell, which is built if there is none yet. Building panics where the system gives no threads; a later call tries again.
fn executor_in<'a>(
    cell: &'a OnceLock<Runtime>,
    starting: &Mutex<()>,
    build: impl FnOnce() -> std::io::Result<Runtime>,
) -> Result<&'a Runtime, CError> {
    if let Some(executor) = cell.get() {
        return Ok(executor);
    }
    let starting = starting.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(executor) = cell.get() {
        return Ok(executor);
    }
    let why = match catch_unwind(AssertUnwindSafe(build)) {
        Ok(Ok(built)) => {
            let executor = cell.get_or_init(|| built);
            drop(starting);
            return Ok(executor);
        }
        Ok(Err(error)) => error.to_string(),
        Err(panic) => text_of(&*panic),
    };
    Err(CError::config(format!(
        "the threads that drive asynchronous calls cannot be started: {why}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_executor_without_threads_is_an_error_and_the_next_try_may_succeed() {
        let (cell, starting) = (OnceLock::new(), Mutex::new(()));
        let said = |error: CError| format!("{error:?}");
        let panics = || panic!("OS can't spawn worker thread");
        let error = said(executor_in(&cell, &starting, panics).unwrap_err());
        assert!(error.contains("OS can't spawn"), "{error}");
        let fails = || Err(std::io::Error::other("no epoll"));
        let error = said(executor_in(&cell, &starting, fails).unwrap_err());
        assert!(error.contains("no epoll"), "{error}");
        let build = || Builder::new_current_thread().build();
        assert!(executor_in(&cell, &starting, build).is_ok());
        assert!(executor_in(&cell, &starting, || panic!("it is there")).is_ok());
    }
}
