//! The calls into a guest, from outside and from a callback: written once for both.

mod bytes;
mod callbacks;
mod find;
mod invoke;
mod objects;
mod pending;
mod tasks;

#[cfg(feature = "tokio")]
pub use bytes::CallDeadline;
pub use bytes::CallSignal;
pub use tasks::{NextRun, TURN};

use crate::border::entry::Entry;
use crate::border::lift;
use crate::callback::CallContext;
use crate::engine::instance::GuestInstance;
use crate::engine::stack;
use crate::engine::state::State;
use crate::error::Result;
use crate::limits::Stop;
use crate::runtime::IsolatedRuntime;
use crate::runtime::outside::Outside;
use crate::values::handle::sealed::Sealed;
use crate::values::handle::{IsolatedMethod, IsolatedObject};
use isolator_abi::wire::GuestStatistics;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use wasmtime::{AsContextMut, StoreContextMut};

/// What can be done in a runtime: from outside, with an [`IsolatedRuntime`], and from a callback, with a [`CallContext`]. Both lead
/// here, so `runtime.call(…)` and `context.call(…)` are the same.
///
/// Each call enters the guest by itself: it prepares the stack, starts the runtime if that has not been done, gives back the handles
/// that were dropped, and counts against the runtime's [`Limits`](crate::Limits).
pub struct Calls<'a>(Way<'a>);

/// How a guest is entered.
enum Way<'a> {
    Outside(Outside),
    /// From a callback: the guest's frames are further up on this thread's stack.
    Callback {
        store: StoreContextMut<'a, State>,
        instance: Arc<GuestInstance>,
    },
}

impl Calls<'static> {
    pub(in crate::runtime) fn from_outside(outside: Outside) -> Self {
        Self(Way::Outside(outside))
    }
}

impl<'a> Calls<'a> {
    pub(crate) fn from_callback(
        store: StoreContextMut<'a, State>,
        instance: Arc<GuestInstance>,
    ) -> Self {
        Self(Way::Callback { store, instance })
    }
}

impl Calls<'_> {
    /// A number that no other runtime of this process has.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.state().runtime()
    }

    /// What the store holds.
    #[inline]
    pub(crate) fn state(&self) -> &State {
        match &self.0 {
            Way::Outside(outside) => outside.state(),
            Way::Callback { store, .. } => store.data(),
        }
    }

    /// What the store holds.
    #[inline]
    pub(crate) fn state_mut(&mut self) -> &mut State {
        match &mut self.0 {
            Way::Outside(outside) => outside.state_mut(),
            Way::Callback { store, .. } => store.data_mut(),
        }
    }

    /// The guest's memory; empty once the runtime is dead.
    pub(crate) fn guest_memory(&self) -> &[u8] {
        match &self.0 {
            Way::Outside(outside) => outside.memory(),
            Way::Callback { store, instance } => lift::memory(store, instance),
        }
    }

    /// The store and what is in it; none once the runtime is dead.
    pub(crate) fn guest(&mut self) -> Option<(StoreContextMut<'_, State>, &Arc<GuestInstance>)> {
        match &mut self.0 {
            Way::Outside(outside) => outside.guest(),
            Way::Callback { store, instance } => Some((store.as_context_mut(), instance)),
        }
    }

    /// Fuel that is left, where it is counted.
    pub(crate) fn fuel_left(&self) -> Option<u64> {
        match &self.0 {
            Way::Outside(outside) => outside.fuel_left(),
            Way::Callback { store, .. } => store.get_fuel().ok(),
        }
    }

    /// Enters the guest, and runs `f` in it.
    #[inline]
    pub(crate) fn enter<T>(&mut self, f: impl FnOnce(&mut Entry<'_>) -> Result<T>) -> Result<T> {
        match &mut self.0 {
            Way::Outside(outside) => outside.enter(f),
            Way::Callback { store, instance } => {
                let store = store.as_context_mut();
                enter_again(&mut Entry { store, instance }, f)
            }
        }
    }

    /// Runs `f` as one call: what it enters the guest for, and what it waits for between, share the limits of a call. In a callback it is
    /// a part of the call around that.
    pub(crate) fn in_one_call<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        struct Close<'c, 'a>(&'c mut Calls<'a>);
        impl Drop for Close<'_, '_> {
            fn drop(&mut self) {
                if let Way::Outside(outside) = &mut self.0.0 {
                    outside.close_call();
                }
            }
        }
        if let Way::Outside(outside) = &mut self.0 {
            outside.state_mut().meter.open();
        }
        let close = Close(self);
        f(close.0)
    }

    /// Runs the garbage collector for generation 0 to 2, and the finalizers that it made ready.
    ///
    /// # Errors
    /// What ends a runtime.
    pub fn collect(&mut self, generation: u32) -> Result<()> {
        self.enter(|entry| entry.collect(generation))
    }

    /// Heap size, collections, live handles.
    ///
    /// # Errors
    /// What ends a runtime.
    pub fn guest_statistics(&mut self) -> Result<GuestStatistics> {
        self.enter(|entry| entry.statistics())
    }
}

/// Enters the guest from a callback.
#[inline]
fn enter_again<T>(entry: &mut Entry<'_>, f: impl FnOnce(&mut Entry<'_>) -> Result<T>) -> Result<T> {
    if let Some(fatal) = &entry.store.data().fatal {
        return Err(fatal.afterwards());
    }
    stack::check_nested(entry.store.data())?;
    // Guest code sees it at the next tick of the clock. A wait that was just woken for it would begin again before that.
    if entry.store.data().meter.control.is_cancelled() {
        return Err(entry.fatal(Stop::Cancelled.into()));
    }
    entry.release_dropped()?;
    f(entry)
}

impl fmt::Debug for Calls<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Calls(runtime {})", self.id())
    }
}

impl Deref for IsolatedRuntime {
    type Target = Calls<'static>;

    #[inline]
    fn deref(&self) -> &Calls<'static> {
        &self.calls
    }
}

impl DerefMut for IsolatedRuntime {
    #[inline]
    fn deref_mut(&mut self) -> &mut Calls<'static> {
        &mut self.calls
    }
}

impl<'a> Deref for CallContext<'a> {
    type Target = Calls<'a>;

    #[inline]
    fn deref(&self) -> &Calls<'a> {
        &self.calls
    }
}

impl<'a> DerefMut for CallContext<'a> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Calls<'a> {
        &mut self.calls
    }
}

/// The handle of an optional target; 0 for none.
pub(crate) fn raw_of(target: Option<&IsolatedObject>, runtime: u64) -> Result<u64> {
    target.map_or(Ok(0), |object| object.raw(runtime))
}

impl IsolatedMethod {
    /// Invokes a static method: as [`Calls::invoke`](crate::Calls::invoke), the other way round.
    ///
    /// # Errors
    /// As [`Calls::invoke`](crate::Calls::invoke).
    pub fn invoke<R: DeserializeOwned>(
        &self,
        runtime: &mut IsolatedRuntime,
        args: impl Serialize,
    ) -> Result<R> {
        runtime.invoke(self, args)
    }

    /// Invokes an instance method: as [`Calls::invoke_on`](crate::Calls::invoke_on), the other way round.
    ///
    /// # Errors
    /// As [`Calls::invoke_on`](crate::Calls::invoke_on).
    pub fn invoke_on<R: DeserializeOwned>(
        &self,
        runtime: &mut IsolatedRuntime,
        target: &IsolatedObject,
        args: impl Serialize,
    ) -> Result<R> {
        runtime.invoke_on(self, target, args)
    }
}
