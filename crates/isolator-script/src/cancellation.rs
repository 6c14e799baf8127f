//! Stopping a piece of work from another thread, whichever sandbox it is in.

use crate::error::{Error, Result};
use isolator_host::{CancelHandle, IsolatedRuntime};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Stops a piece of work from any thread: the compilation that is under way and what it compiles, the run after it. Made for one piece, and given with
/// [`ScriptHost::with_cancellation`](crate::ScriptHost::with_cancellation). Clones are the same one.
///
/// ```no_run
/// # fn main() -> isolator_script::Result<()> {
/// use isolator_script::{Cancellation, Error, Globals, ScriptHost};
/// # let scripts = ScriptHost::new()?;
/// let cancellation = Cancellation::new();
/// let other = cancellation.clone();
/// std::thread::spawn(move || other.cancel());
/// let ended = scripts.with_cancellation(&cancellation).eval::<i32>("new Func<int>(() => { while (true); })()", &Globals::new());
/// assert!(ended.is_err_and(|error| error.is_cancelled()));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Cancellation(Arc<Mutex<Stage>>);

#[derive(Debug, Default)]
struct Stage {
    cancelled: bool,
    /// Of the runtimes that the work has begun.
    begun: Vec<CancelHandle>,
}

impl Cancellation {
    /// One that stops nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops what is under way; what begins from now on is stopped before it does. More than once is as once.
    pub fn cancel(&self) {
        let mut stage = self.stage();
        stage.cancelled = true;
        for runtime in stage.begun.drain(..) {
            runtime.cancel();
        }
    }

    /// Whether [`cancel`](Self::cancel) was called.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.stage().cancelled
    }

    /// Stops a runtime with the rest.
    ///
    /// # Errors
    /// [`Error::Cancelled`] if that is asked for already.
    pub fn attach(&self, runtime: &mut IsolatedRuntime) -> Result<()> {
        let mut stage = self.stage();
        if stage.cancelled {
            return Err(Error::Cancelled);
        }
        stage.begun.push(runtime.cancel_handle());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_are_the_same_one() {
        let one = Cancellation::new();
        let other = one.clone();
        assert!(!other.is_cancelled());
        one.cancel();
        one.cancel();
        assert!(other.is_cancelled());
    }
}
