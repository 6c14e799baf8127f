//! Limits of single calls.

use crate::error::{Error, Result};
use crate::limits::CallLimits;
use crate::runtime::IsolatedRuntime;

impl IsolatedRuntime {
    /// Limits each call from now on, until they are set again; the result is what was set before. [`into_async`](Self::into_async) forgets
    /// them, since many calls run there at once.
    ///
    /// # Errors
    /// [`Error::Config`] for fuel where the host does not count it; [`Error::Engine`] if no thread can watch the time.
    pub fn set_call_limits(&mut self, limits: CallLimits) -> Result<CallLimits> {
        if limits.get_fuel().is_some() && !self.counts_fuel() {
            return Err(Error::Config {
                message: "`CallLimits::fuel` was set for a runtime of a host that does not count fuel: build the host with \
                          `IsolatedRuntimeHost::builder().meter_fuel()`"
                    .into(),
            });
        }
        if limits.get_timeout().is_some() {
            self.check_ticker()?;
            self.state_mut().meter.watch();
        }
        let meter = &mut self.state_mut().meter;
        Ok(std::mem::replace(&mut meter.call, limits))
    }

    /// Runs `f`, whose calls are limited, each for itself.
    ///
    /// # Errors
    /// As [`set_call_limits`](Self::set_call_limits); then `f` did not run.
    ///
    /// ```no_run
    /// # fn main() -> isolator_host::Result<()> {
    /// # use isolator_host::{CallLimits, IsolatedRuntimeHost};
    /// # use std::time::Duration;
    /// # let mut runtime = IsolatedRuntimeHost::new()?.create_runtime()?;
    /// let quick = CallLimits::none().timeout(Duration::from_millis(50));
    /// let sum: i32 = runtime
    ///     .with_call_limits(quick, |runtime| runtime.call("App", "App.Math", "Sum", (1, 2)))??;
    /// # Ok(()) }
    /// ```
    pub fn with_call_limits<T>(
        &mut self,
        limits: CallLimits,
        f: impl FnOnce(&mut Self) -> T,
    ) -> Result<T> {
        struct Restore<'a>(&'a mut IsolatedRuntime, CallLimits);
        impl Drop for Restore<'_> {
            fn drop(&mut self) {
                self.0.state_mut().meter.call = self.1;
            }
        }
        let before = self.set_call_limits(limits)?;
        let restore = Restore(self, before);
        Ok(f(restore.0))
    }

    /// Whether the host counts fuel.
    #[must_use]
    pub fn counts_fuel(&self) -> bool {
        self.state().shared.fuel
    }
}
