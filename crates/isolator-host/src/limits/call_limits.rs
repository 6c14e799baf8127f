//! What one call may use up, where that is less than what the runtime may.

use super::Meter;
#[cfg(doc)]
use crate::error::Error;
#[cfg(doc)]
use crate::runtime::IsolatedRuntime;
use std::time::Duration;

/// What each call may use up, besides what the runtime's [`Limits`](crate::Limits) say: the smaller one counts. What reaches it, ends as
/// with the runtime's own: with [`Error::Limit`], and a runtime that is dead.
///
/// See [`IsolatedRuntime::set_call_limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[must_use = "limits do nothing until they are set on a runtime"]
pub struct CallLimits {
    pub(super) timeout: Option<Duration>,
    pub(super) fuel: Option<u64>,
}

impl CallLimits {
    /// None.
    pub const fn none() -> Self {
        Self {
            timeout: None,
            fuel: None,
        }
    }

    /// Wall time of a call, as [`Limits::call_timeout`](crate::Limits::call_timeout).
    pub fn timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.timeout = limit.into();
        self
    }

    /// Fuel of a call, which comes off that of the runtime ([`Limits::fuel`](crate::Limits::fuel)). The host must count it.
    pub fn fuel(mut self, limit: impl Into<Option<u64>>) -> Self {
        self.fuel = limit.into();
        self
    }

    /// What [`timeout`](Self::timeout) was set to.
    #[must_use]
    pub fn get_timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// What [`fuel`](Self::fuel) was set to.
    #[must_use]
    pub fn get_fuel(&self) -> Option<u64> {
        self.fuel
    }
}

/// Fuel that was put aside, so that a call has no more than it may.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reserve {
    /// What was put aside.
    aside: u64,
    /// What the call was given.
    pub given: u64,
}

impl Meter {
    /// Wall time of a call.
    pub(crate) fn call_timeout(&self) -> Option<Duration> {
        match (self.limits.call_timeout, self.call.timeout) {
            (Some(always), Some(now)) => Some(always.min(now)),
            (always, now) => always.or(now),
        }
    }

    /// Of so much fuel that is left, what the call that begins may use; none if that is all. The rest is put aside.
    pub(crate) fn put_aside(&mut self, left: u64) -> Option<u64> {
        let allowed = self.call.fuel?;
        let given = allowed.min(left);
        self.reserve = Some(Reserve {
            aside: left - given,
            given: allowed,
        });
        Some(given)
    }

    /// What was put aside, for the store to have again.
    pub(crate) fn take_reserve(&mut self) -> Option<u64> {
        self.reserve.take().map(|reserve| reserve.aside)
    }

    /// Whether a call begins that has a limit of fuel.
    #[inline]
    pub(crate) fn begins_with_fuel(&self) -> bool {
        self.call.fuel.is_some() && self.reserve.is_none()
    }

    /// Whether no call is open any more that had one.
    #[inline]
    pub(crate) fn ended_with_fuel(&self) -> bool {
        self.open == 0 && self.reserve.is_some()
    }
}
